/*
 * Asking the other departments before a ledger goes on from a restore: drafts the act that two
 * officers sign, and puts the signed one where the node finds it.
 *
 *  1. Nothing needs the node or its store: they may be lost. The keys are there.
 *  2. What is put there was judged as the peers will judge it. The mark that the store is not to be
 *     trusted stands before it.
 */
#include "cli/cmds.h"

#include "cli/acts.h"
#include "cli/files.h"
#include "cli/next_seal.h"
#include "crypto/text.h"
#include "ledger/prepare.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASON_RESTORE = 2 };

const struct lh_option lh_restore_ask_options[] = {
    { "output", 'o', "FILE", { "the act (DIR/prepare-N.lh)", "文件 (默认 DIR/prepare-N.lh)" } },
    { "generation",
      0,
      "N",
      { "number of the generation to begin (one above the highest seal key)",
        "待启用的代编号 (默认为现有封印密钥最高编号加一)" } },
    { .name = NULL },
};

struct asking {
    struct lh_cli *cli;
    struct lh_place place;
    uint32_t generation;
    char origin[LH_ORIGIN_MAX + 1]; /* of that generation */
    char prev[LH_ORIGIN_MAX + 1];   /* of the one before */
    struct lh_pubkey seal;
    struct lh_err *err;
};

static void seal_path(struct lh_buf *out, const struct asking *work, uint32_t generation)
{
    lh_buf_reset(out);
    lh_buf_add_format(out, "%s/keys/seal-%" PRIu32 ".pem", lh_cli_data(work->cli), generation);
}

/* ---- drafting ---- */

static enum lh_code take_number(struct asking *work)
{
    const char *text = lh_cli_value(work->cli, "generation");
    struct lh_buf path = LH_BUF_EMPTY;
    struct lh_origin origin = { .generation = 0 };
    uint64_t number = 2;
    enum lh_code rc = LH_OK;

    if (text != NULL) {
        rc = lh_decimal_parse(&number, lh_bytes_of_text(text), NULL);
    } else {
        do {
            seal_path(&path, work, (uint32_t)number);
            rc = lh_buf_check(&path, work->err);
        } while (rc == LH_OK && lh_file_exists(lh_buf_text(&path)) && ++number < UINT32_MAX);
    }
    lh_buf_clear(&path);
    if (rc == LH_ERR_NOMEM) {
        return rc;
    }
    if (rc != LH_OK || number < 2 || number > UINT32_MAX) {
        return lh_err_set(work->err, LH_ERR_INVALID, "--generation: a number from 2 on");
    }
    work->generation = (uint32_t)number;
    (void)snprintf(origin.network, sizeof origin.network, "%s",
                   lh_genesis_network(work->place.genesis));
    (void)snprintf(origin.department, sizeof origin.department, "%s", work->place.department);
    origin.generation = work->generation;
    lh_origin_format(work->origin, &origin);
    origin.generation--;
    lh_origin_format(work->prev, &origin);
    return LH_OK;
}

static enum lh_code write_act(const struct asking *work)
{
    const char *output = lh_cli_value(work->cli, "output");
    struct lh_clock clock = work->cli->clock;
    struct lh_buf path = LH_BUF_EMPTY;
    lhpb_Body *body = malloc(sizeof *body);
    enum lh_code rc;

    if (body == NULL) {
        return lh_err_set(work->err, LH_ERR_NOMEM, "out of memory");
    }
    if (output != NULL) {
        lh_buf_add_text(&path, output);
    } else {
        lh_buf_add_format(&path, "%s/prepare-%" PRIu32 ".lh", lh_cli_data(work->cli),
                          work->generation);
    }
    lh_act_draft(body, &work->place, lhpb_EntryType_GENERATION, clock.wall_unix_ms(clock.arg));
    (void)snprintf(body->id, sizeof body->id, "prepare/%s/%s/%" PRIu32,
                   lh_genesis_network(work->place.genesis), work->place.department,
                   work->generation);
    body->which_detail = lhpb_Body_generation_tag;
    body->detail.generation.number = work->generation;
    body->detail.generation.reason = REASON_RESTORE;
    body->detail.generation.has_seal_key = true;
    lh_pubkey_to_wire(&body->detail.generation.seal_key, &work->seal);
    rc = lh_act_set_text(body->detail.generation.prev_origin,
                         sizeof body->detail.generation.prev_origin, "prev_origin", work->prev,
                         work->err);
    if (rc == LH_OK) {
        rc = lh_buf_check(&path, work->err);
    }
    if (rc == LH_OK) {
        rc = lh_act_save(&work->place, body, lh_buf_text(&path), work->err);
    }
    if (rc == LH_OK) {
        lh_cli_note(work->cli, LH_MSG_ASK_DRAFTED, lh_buf_text(&path), work->origin,
                    lh_cli_data(work->cli), NULL);
    }
    lh_buf_clear(&path);
    free(body);
    return rc;
}

static enum lh_code draft(struct asking *work)
{
    enum lh_code rc = take_number(work);

    if (rc == LH_OK) {
        rc = lh_next_seal_make(work->cli, work->place.genesis, work->generation, &work->seal,
                               work->err);
    }
    if (rc == LH_OK) {
        rc = lh_next_seal_trust(work->cli, work->origin, &work->seal, work->err);
    }
    return rc == LH_OK ? write_act(work) : rc;
}

/* ---- putting it there ---- */

static enum lh_code check_seal(const struct asking *work, const struct lh_prepare *prepare)
{
    struct lh_signer *signer = NULL;
    struct lh_buf path = LH_BUF_EMPTY;
    enum lh_code rc;

    seal_path(&path, work, prepare->generation);
    rc = lh_buf_check(&path, work->err);
    if (rc == LH_OK) {
        rc = lh_signer_open(&signer, lh_buf_text(&path), work->err);
    }
    if (rc == LH_OK && !lh_pubkey_is_equal(lh_signer_pubkey(signer), &prepare->seal)) {
        rc = lh_err_set(work->err, LH_ERR_INVALID, "it names another seal key than %s",
                        lh_buf_text(&path));
    }
    lh_signer_free(signer);
    lh_buf_clear(&path);
    return rc;
}

/* The mark before the act: a store that asks is one that is not to be trusted. */
static enum lh_code put_files(const struct asking *work, struct lh_bytes act, const char *origin)
{
    struct lh_buf path = LH_BUF_EMPTY;
    struct lh_buf mark = LH_BUF_EMPTY;
    enum lh_code rc;

    lh_buf_add_format(&path, "%s/RESTORED", lh_cli_data(work->cli));
    lh_buf_add_format(&mark, "The other departments are asked for promises before %s begins.\n",
                      origin);
    rc = lh_buf_check(&path, work->err);
    if (rc == LH_OK) {
        rc = lh_buf_check(&mark, work->err);
    }
    if (rc == LH_OK && !lh_file_exists(lh_buf_text(&path))) {
        rc = lh_file_write_new(lh_buf_text(&path), lh_buf_bytes(&mark), 0644, work->err);
    }
    if (rc == LH_OK) {
        lh_buf_reset(&path);
        lh_buf_add_format(&path, "%s/prepare.lh", lh_cli_data(work->cli));
        rc = lh_buf_check(&path, work->err);
    }
    if (rc == LH_OK) {
        rc = lh_file_replace(lh_buf_text(&path), act, 0644, work->err);
    }
    lh_buf_clear(&mark);
    lh_buf_clear(&path);
    return rc;
}

static enum lh_code put(struct asking *work, const char *path)
{
    struct lh_buf act = LH_BUF_EMPTY;
    struct lh_prepare prepare;
    enum lh_code rc = lh_file_read(&act, path, LH_PREPARE_MAX, work->err);

    if (rc == LH_OK) {
        rc = lh_prepare_read(&prepare, work->place.suite, work->place.genesis, lh_buf_bytes(&act),
                             work->err);
        rc = rc == LH_OK ? rc : lh_err_wrap(work->err, rc, "%s", path);
    }
    if (rc == LH_OK && strcmp(prepare.department, work->place.department) != 0) {
        rc = lh_err_set(work->err, LH_ERR_INVALID, "%s: of %s, and this is %s", path,
                        prepare.department, work->place.department);
    }
    if (rc == LH_OK) {
        rc = check_seal(work, &prepare);
    }
    if (rc == LH_OK) {
        rc = put_files(work, lh_buf_bytes(&act), prepare.origin);
    }
    if (rc == LH_OK) {
        lh_cli_note(work->cli, LH_MSG_ASK_PUT, lh_cli_data(work->cli), NULL);
    }
    lh_buf_clear(&act);
    return rc;
}

int lh_cmd_restore_ask(struct lh_cli *cli)
{
    struct lh_err err = LH_ERR_NONE;
    struct asking work = { .cli = cli, .err = &err };
    enum lh_code rc;

    if (lh_cli_data(cli) == NULL) {
        return lh_cli_usage(cli, LH_MSG_OPTION_MISSING_NAMED, "data", "");
    }
    rc = lh_place_open(&work.place, cli, &err);
    if (rc == LH_OK) {
        rc = cli->args.operand_count > 0 ? put(&work, cli->args.operands[0]) : draft(&work);
    }
    lh_place_close(&work.place);
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}
