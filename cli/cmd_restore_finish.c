/*
 * The way out of state SUSPECT, as far as the machine can go alone: the next generation's seal key
 * and the act in which two officers say what is continued and what is lost.
 *
 *  1. What the act says is what the node says of its store and its guard; only what is known to
 *     be lost beyond that comes from the words.
 *  2. Nothing is overwritten: a key that is there is used, so whoever is ended in between says the
 *     same words again.
 */
#include "cli/cmds.h"

#include "cli/acts.h"
#include "cli/api.h"
#include "cli/next_seal.h"
#include "crypto/text.h"
#include "ledger/origin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASON_RESTORE = 2, REASON_UNSAFE_RESTORE = 6 };

const struct lh_option lh_restore_finish_options[] = {
    { "output",
      'o',
      "FILE",
      { "the act (DIR/generation-N.lh)", "文件 (默认 DIR/generation-N.lh)" } },
    { "lost",
      0,
      "FROM-UNTIL",
      { "entries known to be lost, when the guard does not tell",
        "已知缺失的条目范围, 防回滚标记未记载时填写" } },
    { "generation",
      0,
      "N",
      { "its number, when a higher one was in use", "新一代编号, 曾用过更高编号时填写" } },
    { .name = NULL },
};

struct finishing {
    struct lh_cli *cli;
    struct lh_place place;
    json_t *status;
    const json_t *facts;    /* `recovery` of status */
    const json_t *promises; /* `restore` of status; NULL: nothing is asked of the peers */
    uint32_t generation;
    char origin[LH_ORIGIN_MAX + 1]; /* of the next generation */
    struct lh_pubkey seal;
    struct lh_err *err;
};

/* ---- what the node says ---- */

static enum lh_code ask(struct finishing *work)
{
    enum lh_code rc = lh_api_get_status(work->cli, &work->status, work->err);

    if (rc != LH_OK) {
        return rc;
    }
    work->facts = json_object_get(work->status, "recovery");
    if (strcmp(lh_api_text(work->status, "state"), "suspect") != 0 ||
        !json_is_object(work->facts)) {
        return lh_err_set(work->err, LH_ERR_CONFLICT,
                          "the node is %s: there is no restore to finish",
                          lh_api_text(work->status, "state"));
    }
    work->promises = json_object_get(work->status, "restore");
    if (work->promises != NULL && !json_is_true(json_object_get(work->promises, "held"))) {
        return lh_err_set(work->err, LH_ERR_CONFLICT,
                          "the peers were asked: %" PRIu64 " of %" PRIu64
                          " promises are here, and what they name is not held yet (liuhen status); "
                          "to go on without them, take %s/prepare.lh away and start the node anew",
                          lh_api_number(work->promises, "promises"),
                          lh_api_number(work->promises, "needed"), lh_cli_data(work->cli));
    }
    return LH_OK;
}

static enum lh_code take_number(struct finishing *work)
{
    uint64_t next = lh_api_number(work->facts, "next_generation");
    uint64_t number = work->promises != NULL ? lh_api_number(work->promises, "generation") : next;
    const char *text = lh_cli_value(work->cli, "generation");
    struct lh_origin origin;

    if (text != NULL &&
        (lh_decimal_parse(&number, lh_bytes_of_text(text), NULL) != LH_OK || number < next)) {
        return lh_err_set(work->err, LH_ERR_INVALID, "--generation: a number from %" PRIu64 " on",
                          next);
    }
    if (number < 2 || number > UINT32_MAX ||
        lh_origin_parse(&origin, lh_bytes_of_text(lh_api_text(work->facts, "prev_origin")),
                        work->err) != LH_OK ||
        strcmp(origin.department, work->place.department) != 0) {
        return lh_err_set(work->err, LH_ERR_CORRUPT, "the node's facts are none of this ledger");
    }
    work->generation = (uint32_t)number;
    origin.generation = work->generation;
    lh_origin_format(work->origin, &origin);
    return LH_OK;
}

/* ---- the act ---- */

static enum lh_code take_hash(const struct finishing *work, const json_t *from, bool *out_has,
                              uint8_t *out, const char *name)
{
    enum lh_code rc =
        lh_hex_parse(out, LH_HASH_SIZE, lh_bytes_of_text(lh_api_text(from, name)), work->err);

    *out_has = rc == LH_OK;
    return rc == LH_OK ? rc : lh_err_wrap(work->err, LH_ERR_CORRUPT, "the node's %s", name);
}

static enum lh_code take_lost(const struct finishing *work, lhpb_Generation *out)
{
    const char *text = lh_cli_value(work->cli, "lost");
    const char *dash = text != NULL ? strchr(text, '-') : NULL;

    out->lost_from = lh_api_number(work->facts, "lost_from");
    out->lost_until = lh_api_number(work->facts, "lost_until");
    if (text == NULL) {
        return LH_OK;
    }
    if (dash == NULL ||
        lh_decimal_parse(&out->lost_from, lh_bytes_of(text, (size_t)(dash - text)), NULL) !=
            LH_OK ||
        lh_decimal_parse(&out->lost_until, lh_bytes_of_text(dash + 1), NULL) != LH_OK ||
        out->lost_from == 0 || out->lost_from > out->lost_until) {
        return lh_err_set(work->err, LH_ERR_INVALID,
                          "--lost: the first and the last lost entry, like 120-131");
    }
    return LH_OK;
}

static enum lh_code fill(const struct finishing *work, lhpb_Body *body)
{
    struct lh_clock clock = work->cli->clock;
    lhpb_Generation *generation = &body->detail.generation;
    enum lh_code rc;

    lh_act_draft(body, &work->place, lhpb_EntryType_GENERATION, clock.wall_unix_ms(clock.arg));
    rc = lh_act_set_text(generation->prev_origin, sizeof generation->prev_origin, "prev_origin",
                         lh_api_text(work->facts, "prev_origin"), work->err);
    (void)snprintf(body->id, sizeof body->id, "generation/%s/%s/%" PRIu32,
                   lh_genesis_network(work->place.genesis), work->place.department,
                   work->generation);
    body->which_detail = lhpb_Body_generation_tag;
    generation->number = work->generation;
    generation->reason = REASON_UNSAFE_RESTORE;
    if (rc == LH_OK && work->promises != NULL) {
        generation->reason = REASON_RESTORE;
        rc = take_hash(work, work->promises, &generation->has_promises_digest,
                       generation->promises_digest, "promises_digest");
    }
    generation->has_seal_key = true;
    lh_pubkey_to_wire(&generation->seal_key, &work->seal);
    generation->prev_size = lh_api_number(work->facts, "prev_size");
    if (rc == LH_OK && generation->prev_size > 0) {
        rc = take_hash(work, work->facts, &generation->has_prev_root, generation->prev_root,
                       "prev_root");
    }
    if (rc == LH_OK && generation->prev_size > 0) {
        rc = take_hash(work, work->facts, &generation->has_prev_header, generation->prev_header,
                       "prev_header");
    }
    return rc == LH_OK ? take_lost(work, generation) : rc;
}

static void tell(const struct finishing *work, const lhpb_Generation *generation, const char *path)
{
    char size[24];
    char from[24];
    char until[24];
    char journal[24];

    (void)snprintf(size, sizeof size, "%" PRIu64, generation->prev_size);
    (void)snprintf(from, sizeof from, "%" PRIu64, generation->lost_from);
    (void)snprintf(until, sizeof until, "%" PRIu64, generation->lost_until);
    (void)snprintf(journal, sizeof journal, "%" PRIu64, lh_api_number(work->status, "journal"));
    lh_cli_note(work->cli,
                work->promises != NULL ? LH_MSG_FINISH_PROMISED : LH_MSG_FINISH_CONTINUES,
                work->origin, generation->prev_origin, size, journal, NULL);
    if (generation->lost_from != 0) {
        lh_cli_note(work->cli, LH_MSG_FINISH_LOST, from, until, NULL);
    } else {
        lh_cli_note(work->cli, LH_MSG_FINISH_LOST_UNKNOWN, NULL);
    }
    lh_act_tell(work->cli, path);
}

static enum lh_code write_act(const struct finishing *work)
{
    const char *output = lh_cli_value(work->cli, "output");
    struct lh_buf path = LH_BUF_EMPTY;
    lhpb_Body *body = malloc(sizeof *body);
    enum lh_code rc;

    if (body == NULL) {
        return lh_err_set(work->err, LH_ERR_NOMEM, "out of memory");
    }
    if (output != NULL) {
        lh_buf_add_text(&path, output);
    } else {
        lh_buf_add_format(&path, "%s/generation-%" PRIu32 ".lh", lh_cli_data(work->cli),
                          work->generation);
    }
    rc = lh_buf_check(&path, work->err);
    if (rc == LH_OK) {
        rc = fill(work, body);
    }
    if (rc == LH_OK) {
        rc = lh_act_save(&work->place, body, lh_buf_text(&path), work->err);
    }
    if (rc == LH_OK) {
        tell(work, &body->detail.generation, lh_buf_text(&path));
    }
    lh_buf_clear(&path);
    free(body);
    return rc;
}

int lh_cmd_restore_finish(struct lh_cli *cli)
{
    struct lh_err err = LH_ERR_NONE;
    struct finishing work = { .cli = cli, .err = &err };
    enum lh_code rc;

    if (lh_cli_data(cli) == NULL) {
        return lh_cli_usage(cli, LH_MSG_OPTION_MISSING_NAMED, "data", "");
    }
    rc = lh_place_open(&work.place, cli, &err);
    if (rc == LH_OK) {
        rc = ask(&work);
    }
    if (rc == LH_OK) {
        rc = take_number(&work);
    }
    if (rc == LH_OK) {
        rc = lh_next_seal_make(cli, work.place.genesis, work.generation, &work.seal, &err);
    }
    if (rc == LH_OK) {
        rc = lh_next_seal_trust(cli, work.origin, &work.seal, &err);
    }
    if (rc == LH_OK) {
        rc = write_act(&work);
    }
    json_decref(work.status);
    lh_place_close(&work.place);
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}
