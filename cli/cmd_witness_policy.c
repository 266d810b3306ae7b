#include "cli/cmds.h"

#include "cli/api.h"
#include "cli/files.h"
#include "cli/pin.h"
#include "cli/place.h"
#include "crypto/text.h"
#include "ledger/generation.h"
#include "net/tally.h"

#include <string.h>

/*
 * witness policy: who must have cosigned a ledger's heads to make them witnessed, as a C2SP
 * tlog-policy, so that tools that know nothing of our networks can judge. It follows from the
 * genesis file alone (specs/network.md 1), and so does whose seal counts: the one that the first
 * entry of the ledger names under two officers of it.
 */

const struct lh_option lh_witness_policy_options[] = {
    { "ledger", 0, "DEPT", { "whose ledger (the node's own)", "哪个部门的账本 (默认本节点)" } },
    { "genesis",
      0,
      "FILE",
      { "a genesis file; no node is asked, and no log line is written",
        "创世文件; 不询问节点, 也不写 log 行" } },
    { "output", 'o', "FILE", { "where it goes (stdout)", "输出文件 (默认标准输出)" } },
    { .name = NULL },
};

struct work {
    struct lh_cli *cli;
    struct lh_genesis *genesis;
    char department[LH_CODE_MAX + 1];
    struct lh_buf text;
};

/* ---- whose ledger, in which network ---- */

static enum lh_code set_department(struct work *work, const char *department, struct lh_err *err)
{
    const struct lh_enrolment *member =
        lh_genesis_find(work->genesis, lh_bytes_of_text(department));

    if (member == NULL) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "no department of this code is in the network");
    }
    memcpy(work->department, member->department, sizeof work->department);
    return LH_OK;
}

static enum lh_code open_file(struct work *work, const char *path, struct lh_err *err)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    const char *ledger = lh_cli_value(work->cli, "ledger");
    enum lh_code rc = lh_file_read(&bytes, path, LH_GENESIS_MAX, err);

    if (rc == LH_OK) {
        rc = lh_genesis_new(&work->genesis, lh_buf_bytes(&bytes), err);
        rc = rc == LH_OK ? rc : lh_err_wrap(err, rc, "%s", path);
    }
    if (rc == LH_OK && ledger == NULL) {
        rc = lh_err_set(err, LH_ERR_INVALID, "a genesis file names many ledgers: use --ledger");
    }
    if (rc == LH_OK) {
        rc = set_department(work, ledger, err);
    }
    lh_buf_clear(&bytes);
    return rc;
}

/* ---- the seal ---- */

static void add_log(struct work *work, const struct lh_note_key *seal)
{
    lh_buf_add_text(&work->text, "log ");
    lh_note_key_format(&work->text, seal);
    lh_buf_add_u8(&work->text, '\n');
}

/* The newest generation that the node knows of the ledger; "" when there is none. */
static enum lh_code find_origin(struct work *work, const json_t *status, struct lh_buf *out,
                                struct lh_err *err)
{
    json_t *peers = NULL;
    const json_t *peer;
    enum lh_code rc = LH_OK;
    size_t i;

    if (strcmp(lh_api_text(status, "department"), work->department) == 0) {
        lh_buf_add_text(out,
                        lh_api_number(status, "size") > 0 ? lh_api_text(status, "origin") : "");
    } else {
        rc = lh_api_get_json(work->cli, &peers, "/v1/peers", err);
        json_array_foreach(json_object_get(peers, "peers"), i, peer)
        {
            if (strcmp(lh_api_text(peer, "department"), work->department) == 0) {
                lh_buf_add_text(out, lh_api_text(json_object_get(peer, "head"), "origin"));
            }
        }
    }
    json_decref(peers);
    return rc == LH_OK ? lh_buf_check(out, err) : rc;
}

/* The network that was pinned, where one was, is the one of this genesis file. */
static enum lh_code check_network(struct work *work, const json_t *status, struct lh_err *err)
{
    struct lh_pin pin;
    enum lh_code rc;

    if (lh_api_number(status, "size") == 0) {
        return LH_OK; /* a node that has sealed nothing has shown nothing */
    }
    rc = lh_pin_open(&pin, work->cli, lh_api_text(status, "origin"), err);
    if (rc == LH_OK && pin.trust.has_network &&
        !lh_hash_is_equal(&pin.trust.network_id, lh_genesis_network_id(work->genesis))) {
        rc = lh_err_set(err, LH_ERR_FORGED, "the node is of another network than is trusted");
    }
    lh_pin_clear(&pin);
    return rc;
}

/* The seal that the first entry names, under the officers of the genesis file. */
static enum lh_code prove_seal(struct work *work, struct lh_suite *suite, const char *origin_text,
                               struct lh_note_key *out, struct lh_err *err)
{
    struct lh_buf target = LH_BUF_EMPTY;
    struct lh_buf leaf = LH_BUF_EMPTY;
    struct lh_origin origin;
    json_t *entry = NULL;
    enum lh_code rc = lh_origin_parse(&origin, lh_bytes_of_text(origin_text), err);

    if (rc == LH_OK) {
        lh_buf_add_format(&target, "/v1/entries/%s/%u/0", origin.department,
                          (unsigned)origin.generation);
        rc = lh_api_get_json(work->cli, &entry, lh_buf_text(&target), err);
    }
    if (rc == LH_OK) {
        rc = lh_api_bytes(entry, "leaf", &leaf, err);
    }
    if (rc == LH_OK) {
        rc = lh_generation_seal(out, suite, work->genesis, origin_text, lh_buf_bytes(&leaf), err);
        rc = rc == LH_OK ? rc : lh_err_wrap(err, rc, "the first entry of %s", origin_text);
    }
    json_decref(entry);
    lh_buf_clear(&leaf);
    lh_buf_clear(&target);
    return rc;
}

static enum lh_code add_seal(struct work *work, struct lh_suite *suite, struct lh_err *err)
{
    struct lh_buf origin = LH_BUF_EMPTY;
    struct lh_note_key seal;
    json_t *status = NULL;
    enum lh_code rc = lh_api_get_status(work->cli, &status, err);

    if (rc == LH_OK) {
        rc = check_network(work, status, err);
    }
    if (rc == LH_OK) {
        rc = find_origin(work, status, &origin, err);
    }
    if (rc == LH_OK && origin.len > 0) {
        rc = prove_seal(work, suite, lh_buf_text(&origin), &seal, err);
        if (rc == LH_OK) {
            add_log(work, &seal);
        }
    }
    json_decref(status);
    lh_buf_clear(&origin);
    return rc;
}

/* ---- the file ---- */

static enum lh_code add_witnesses(struct work *work, struct lh_suite *suite, struct lh_err *err)
{
    struct lh_tally tally;
    enum lh_code rc = lh_tally_init_founders(&tally, suite, work->genesis, work->department, err);

    return rc == LH_OK ? lh_tally_policy(&tally, &work->text, err) : rc;
}

static enum lh_code write_policy(struct work *work, bool is_asking, struct lh_err *err)
{
    const char *output = lh_cli_value(work->cli, "output");
    struct lh_suite *suite = NULL;
    char hex[2 * LH_HASH_SIZE + 1];
    enum lh_code rc = lh_suite_new(&suite, lh_genesis_suite(work->genesis), err);

    lh_hex_format(hex, lh_hash_bytes(lh_genesis_network_id(work->genesis)));
    lh_buf_add_format(&work->text, "# who makes heads of %s/%s witnessed, in the network %s\n",
                      lh_genesis_network(work->genesis), work->department, hex);
    if (rc == LH_OK && is_asking) {
        rc = add_seal(work, suite, err);
    }
    if (rc == LH_OK) {
        rc = add_witnesses(work, suite, err);
    }
    if (rc == LH_OK) {
        rc = lh_file_replace(output != NULL ? output : "-", lh_buf_bytes(&work->text), 0644, err);
    }
    lh_suite_free(suite);
    return rc;
}

static enum lh_code run(struct work *work, struct lh_err *err)
{
    const char *file = lh_cli_value(work->cli, "genesis");
    const char *ledger = lh_cli_value(work->cli, "ledger");
    struct lh_place place = { .genesis = NULL };
    enum lh_code rc;

    if (file != NULL) {
        rc = open_file(work, file, err);
    } else {
        rc = lh_place_open(&place, work->cli, err);
        work->genesis = place.genesis;
        place.genesis = NULL;
        if (rc == LH_OK) {
            rc = set_department(work, ledger != NULL ? ledger : place.department, err);
        }
        lh_place_close(&place);
    }
    return rc == LH_OK ? write_policy(work, file == NULL, err) : rc;
}

int lh_cmd_witness_policy(struct lh_cli *cli)
{
    struct work work = { .cli = cli, .text = LH_BUF_EMPTY };
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = run(&work, &err);

    lh_genesis_free(work.genesis);
    lh_buf_clear(&work.text);
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}
