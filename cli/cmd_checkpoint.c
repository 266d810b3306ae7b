#include "cli/cmds.h"

#include "cli/files.h"
#include "cli/proven.h"
#include "crypto/text.h"

#include <string.h>

const struct lh_option lh_checkpoint_show_options[] = {
    { "size",
      0,
      "N",
      { "the checkpoint of that size (the newest)", "指定大小的检查点 (默认最新)" } },
    { "output", 'o', "FILE", { "where it goes (stdout)", "输出文件 (默认标准输出)" } },
    { .name = NULL },
};

static enum lh_code add_target(struct lh_buf *out, const char *size, struct lh_err *err)
{
    uint64_t number;
    enum lh_code rc;

    lh_buf_add_text(out, "/v1/checkpoint");
    if (size != NULL) {
        rc = lh_decimal_parse(&number, lh_bytes_of_text(size), err);
        if (rc != LH_OK) {
            return lh_err_wrap(err, rc, "--size");
        }
        lh_buf_add_format(out, "?size=%llu", (unsigned long long)number);
    }
    return lh_buf_check(out, err);
}

static enum lh_code print_checkpoint(const struct lh_cli *cli, const struct lh_proven *proven,
                                     struct lh_bytes note, struct lh_err *err)
{
    const char *output = lh_cli_value(cli, "output");
    char root[2 * LH_HASH_SIZE + 1];
    json_t *answer;
    enum lh_code rc;

    if (!cli->json) {
        return lh_file_replace(output != NULL ? output : "-", note, 0644, err);
    }
    lh_hex_format(root, lh_hash_bytes(&proven->checkpoint.root));
    answer = json_pack("{s:s, s:s, s:I, s:s, s:s%}", "schema", "liuhen.checkpoint/1", "origin",
                       proven->checkpoint.origin, "size", (json_int_t)proven->checkpoint.size,
                       "root", root, "note", (const char *)note.data, note.len);
    rc = answer != NULL ? lh_api_print(cli, answer, err)
                        : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    json_decref(answer);
    return rc;
}

int lh_cmd_checkpoint_show(struct lh_cli *cli)
{
    struct lh_client_reply reply = LH_CLIENT_REPLY_EMPTY;
    struct lh_buf target = LH_BUF_EMPTY;
    struct lh_buf seen = LH_BUF_EMPTY;
    struct lh_proven proven;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;
    int code = LH_EXIT_OK;

    lh_proven_init(&proven, cli, false);
    rc = add_target(&target, lh_cli_value(cli, "size"), &err);
    if (rc == LH_OK) {
        rc = lh_api_get(cli, &reply, lh_buf_text(&target), &err);
    }
    if (rc == LH_OK) {
        rc = lh_proven_checkpoint(&proven, lh_buf_bytes(&reply.body), &err);
    }
    if (rc == LH_OK) {
        rc = print_checkpoint(cli, &proven, lh_buf_bytes(&reply.body), &err);
    }
    if (rc == LH_OK) {
        lh_buf_add_format(&seen, "%llu", (unsigned long long)proven.seen_size);
        lh_cli_note(cli, proven.seen_size > 0 ? LH_MSG_CHECKPOINT_EXTENDS : LH_MSG_CHECKPOINT_FIRST,
                    lh_cli_sign(cli, LH_OK), lh_buf_text(&seen), NULL);
    } else {
        code = lh_proven_fail(&proven, rc, &err);
    }
    lh_buf_clear(&seen);
    lh_buf_clear(&target);
    lh_client_reply_clear(&reply);
    lh_proven_clear(&proven);
    return code;
}

/* ---- diff ---- */

struct sealed {
    struct lh_buf note;
    struct lh_checkpoint checkpoint;
};

static enum lh_code read_checkpoint(struct sealed *out, const char *path, struct lh_err *err)
{
    struct lh_note note;
    enum lh_code rc;

    rc = lh_file_read(&out->note, path, LH_FILE_SMALL_MAX, err);
    if (rc == LH_OK) {
        rc = lh_note_parse(&note, lh_buf_bytes(&out->note), err);
    }
    if (rc == LH_OK) {
        rc = lh_checkpoint_parse(&out->checkpoint, note.text, err);
    }
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "%s", path);
}

/* Only what was sealed says anything. */
static enum lh_code check_seals(struct lh_cli *cli, const struct sealed *a, const struct sealed *b,
                                struct lh_suite **out_suite, struct lh_err *err)
{
    const struct lh_note_key *seal;
    struct lh_checkpoint checkpoint;
    struct lh_pin pin;
    enum lh_code rc;

    if (strcmp(a->checkpoint.origin, b->checkpoint.origin) != 0) {
        return lh_err_set(err, LH_ERR_INVALID, "they are of two ledgers: %s and %s",
                          a->checkpoint.origin, b->checkpoint.origin);
    }
    rc = lh_pin_open(&pin, cli, a->checkpoint.origin, err);
    seal = rc == LH_OK ? lh_pin_find(&pin, a->checkpoint.origin) : NULL;
    if (rc == LH_OK) {
        rc = lh_suite_new(out_suite, seal->key.alg == LH_ALG_SM2 ? LH_SUITE_G : LH_SUITE_W, err);
    }
    if (rc == LH_OK) {
        rc = lh_checkpoint_verify(&checkpoint, lh_buf_bytes(&a->note), seal, err);
    }
    if (rc == LH_OK) {
        rc = lh_checkpoint_verify(&checkpoint, lh_buf_bytes(&b->note), seal, err);
    }
    lh_pin_clear(&pin);
    return rc;
}

static int tell(const struct lh_cli *cli, enum lh_code rc, const struct lh_err *err)
{
    switch (lh_cli_exit_of(rc)) {
    case LH_EXIT_OK:
        lh_cli_print(cli, LH_MSG_DIFF_CONSISTENT, NULL);
        return LH_EXIT_OK;
    case LH_EXIT_FORGED:
        lh_cli_print(cli, LH_MSG_DIFF_FORGED, err->text, NULL);
        return LH_EXIT_FORGED;
    case LH_EXIT_USAGE:
        return lh_cli_fail(cli, rc, err);
    default:
        lh_cli_print(cli, LH_MSG_DIFF_UNKNOWN, err->text, NULL);
        return LH_EXIT_UNKNOWN;
    }
}

int lh_cmd_checkpoint_diff(struct lh_cli *cli)
{
    struct sealed sealed[2] = { { .note = LH_BUF_EMPTY }, { .note = LH_BUF_EMPTY } };
    const struct sealed *older = &sealed[0];
    const struct sealed *newer = &sealed[1];
    struct lh_suite *suite = NULL;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = LH_OK;
    int code;

    for (size_t i = 0; rc == LH_OK && i < 2; i++) {
        rc = read_checkpoint(&sealed[i], cli->args.operands[i], &err);
    }
    if (rc == LH_OK) {
        rc = check_seals(cli, &sealed[0], &sealed[1], &suite, &err);
    }
    if (rc == LH_OK) {
        if (sealed[0].checkpoint.size > sealed[1].checkpoint.size) {
            older = &sealed[1];
            newer = &sealed[0];
        }
        rc = lh_pin_check_growth(cli, suite, &older->checkpoint, &newer->checkpoint, &err);
    }
    if (rc == LH_ERR_CONFLICT) {
        lh_cli_print(cli, LH_MSG_DIFF_FORK, err.text, NULL);
        code = LH_EXIT_FORK;
    } else {
        code = tell(cli, rc, &err);
    }
    lh_suite_free(suite);
    lh_buf_clear(&sealed[0].note);
    lh_buf_clear(&sealed[1].note);
    return code;
}
