/*
 * The tokens of one person, for an auditor to search with: made where the index key lies, handed
 * over as a file, named in a WARRANT by their digest. The person's number comes from a file or from
 * standard input, and goes nowhere.
 */
#include "cli/cmds.h"

#include "cli/api.h"
#include "cli/files.h"
#include "cli/place.h"
#include "cli/timespec.h"
#include "crypto/text.h"
#include "ledger/subject.h"
#include "ledger/tokens.h"

#include <stdio.h>
#include <string.h>

enum { SUBJECT_FILE_MAX = 256, INDEX_KEY_SIZE = 32 };

const struct lh_option lh_tokens_options[] = {
    { "subject-file", 0, "FILE", { "the person's number is in there", "内有当事人号码的文件" } },
    { "subject-stdin",
      0,
      NULL,
      { "the person's number is on standard input", "从标准输入读取当事人号码" } },
    { "type",
      't',
      "TYPE",
      { "resident (default), uscc, passport, newborn, network, case",
        "号码类型: resident (默认), uscc, passport, newborn, network, case" } },
    { "since", 'S', "TIME", { "from the month of then on", "起始时间所在月" } },
    { "until", 'U', "TIME", { "to the month of then", "截止时间所在月" } },
    { "output", 'o', "FILE", { "where the tokens go", "令牌写入的文件" } },
    { .name = NULL },
};

/* Without what an editor or echo puts behind it. */
static struct lh_bytes first_line(struct lh_bytes text)
{
    while (text.len > 0 && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r')) {
        text.len--;
    }
    return text;
}

static enum lh_code read_subject(char out[LH_SUBJECT_ID_MAX + 1], uint32_t *out_type,
                                 const struct lh_cli *cli, struct lh_err *err)
{
    const char *path = lh_cli_value(cli, "subject-file");
    const char *type = lh_cli_value(cli, "type");
    struct lh_buf text = LH_BUF_EMPTY;
    enum lh_code rc;

    *out_type = LH_SUBJECT_RESIDENT;
    if (type != NULL && lh_subject_type_parse(out_type, lh_bytes_of_text(type), err) != LH_OK) {
        return lh_err_wrap(err, LH_ERR_INVALID, "--type");
    }
    rc = lh_file_read(&text, path != NULL ? path : "-", SUBJECT_FILE_MAX, err);
    if (rc == LH_OK) {
        rc = lh_subject_canonical(out, *out_type, first_line(lh_buf_bytes(&text)), err);
    }
    if (text.data != NULL) {
        lh_wipe(text.data, text.len);
    }
    lh_buf_clear(&text);
    return rc;
}

static enum lh_code read_key(struct lh_secret *out, const struct lh_cli *cli, struct lh_err *err)
{
    struct lh_buf path = LH_BUF_EMPTY;
    enum lh_code rc;

    lh_buf_add_format(&path, "%s/keys/index.key", lh_cli_data(cli));
    rc = lh_buf_check(&path, err);
    if (rc == LH_OK) {
        rc = lh_secret_read(out, lh_buf_text(&path), INDEX_KEY_SIZE, err);
    }
    lh_buf_clear(&path);
    return rc;
}

static enum lh_code make(struct lh_tokens *out, struct lh_cli *cli, const struct lh_place *place,
                         struct lh_err *err)
{
    int64_t now_unix_ms = cli->clock.wall_unix_ms(cli->clock.arg);
    struct lh_secret key = LH_SECRET_EMPTY;
    char id[LH_SUBJECT_ID_MAX + 1];
    uint32_t type;
    int64_t since;
    int64_t until;
    enum lh_code rc;

    rc = lh_timespec_parse(&since, lh_cli_value(cli, "since"), now_unix_ms, LH_TIMESPEC_SINCE, err);
    if (rc == LH_OK) {
        rc = lh_timespec_parse(&until, lh_cli_value(cli, "until"), now_unix_ms, LH_TIMESPEC_UNTIL,
                               err);
    }
    if (rc == LH_OK) {
        rc = read_key(&key, cli, err);
    }
    if (rc == LH_OK) {
        rc = read_subject(id, &type, cli, err);
    }
    if (rc == LH_OK) {
        rc = lh_tokens_make(place->suite, out, &key, lh_bytes_of_text(place->department),
                            (uint8_t)type, lh_bytes_of_text(id), since, until, err);
    }
    lh_wipe(id, sizeof id);
    lh_secret_clear(&key);
    return rc;
}

static enum lh_code save(const struct lh_tokens *tokens, const char *path, struct lh_err *err)
{
    struct lh_buf text = LH_BUF_EMPTY;
    enum lh_code rc;

    lh_tokens_format(&text, tokens);
    rc = lh_buf_check(&text, err);
    if (rc == LH_OK) {
        rc = lh_file_write_new(path, lh_buf_bytes(&text), 0600, err);
    }
    if (text.data != NULL) {
        lh_wipe(text.data, text.len);
    }
    lh_buf_clear(&text);
    return rc;
}

static enum lh_code tell(const struct lh_cli *cli, const struct lh_tokens *tokens,
                         struct lh_suite *suite, struct lh_err *err)
{
    struct lh_hash digest = lh_tokens_digest(suite, tokens);
    char hex[2 * LH_HASH_SIZE + 1];
    char count[24];
    char first[24];
    json_t *answer;
    enum lh_code rc;

    lh_hex_format(hex, lh_hash_bytes(&digest));
    (void)snprintf(count, sizeof count, "%zu", tokens->count);
    (void)snprintf(first, sizeof first, "%u", (unsigned)tokens->first_month);
    if (!cli->json) {
        lh_cli_print(cli, LH_MSG_TOKENS_MADE, hex, count, first, NULL);
        return LH_OK;
    }
    answer = json_pack("{s:s, s:s, s:I, s:I}", "schema", "liuhen.tokens/1", "token_digest", hex,
                       "first_month", (json_int_t)tokens->first_month, "months",
                       (json_int_t)tokens->count);
    rc = answer != NULL ? lh_api_print(cli, answer, err)
                        : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    json_decref(answer);
    return rc;
}

/* The option that is needed and not there; NULL: none. */
static const char *missing(const struct lh_cli *cli)
{
    static const char *const needed[] = { "since", "until", "output" };

    if (lh_cli_data(cli) == NULL) {
        return "data";
    }
    if (lh_cli_value(cli, "subject-file") == NULL && !lh_cli_has(cli, "subject-stdin")) {
        return "subject-file";
    }
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (lh_cli_value(cli, needed[i]) == NULL) {
            return needed[i];
        }
    }
    return NULL;
}

int lh_cmd_tokens(struct lh_cli *cli)
{
    const char *lacking = missing(cli);
    struct lh_place place = { .genesis = NULL };
    struct lh_tokens tokens = { .count = 0 };
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    if (lacking != NULL) {
        return lh_cli_usage(cli, LH_MSG_OPTION_MISSING_NAMED, lacking, "");
    }
    if (lh_cli_value(cli, "subject-file") != NULL && lh_cli_has(cli, "subject-stdin")) {
        return lh_cli_usage(cli, LH_MSG_OPTION_EXCLUDES, "subject-file", "subject-stdin");
    }
    rc = lh_place_open(&place, cli, &err);
    if (rc == LH_OK) {
        rc = make(&tokens, cli, &place, &err);
    }
    if (rc == LH_OK) {
        rc = save(&tokens, lh_cli_value(cli, "output"), &err);
    }
    if (rc == LH_OK) {
        rc = tell(cli, &tokens, place.suite, &err);
    }
    lh_tokens_clear(&tokens);
    lh_place_close(&place);
    if (rc != LH_OK) {
        return lh_cli_fail(cli, rc, &err);
    }
    lh_cli_note(cli, LH_MSG_NOT_LOGGED, NULL);
    return LH_EXIT_OK;
}
