#include "cli/cmds.h"

#include "cli/events.h"
#include "cli/files.h"
#include "cli/recording.h"
#include "crypto/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct lh_option lh_session_open_options[] = {
    { "key", 'k', "FILE.pem", { "the staff member's private key", "工作人员私钥" } },
    { "output", 'o', "FILE.pem", { "where the session's key goes", "会话私钥文件" } },
    { "hours", 0, "N", { "how long it lasts, up to 8 (8)", "有效小时数, 至多 8 (默认 8)" } },
    { "terminal", 0, "CODE", { "terminal", "终端代码" } },
    { "auth", 0, "LIST", { "how the person logged in (token)", "认证方式 (默认 token)" } },
    { "face-provider", 0, "CODE", { "who passed the face scan", "人脸核验通过的提供方" } },
    { "assurance", 0, "N", { "1 to 3 (2)", "认证等级 1-3 (默认 2)" } },
    { .name = NULL },
};

const struct lh_option lh_session_end_options[] = {
    { "key", 'k', "FILE.pem", { "the session's private key", "会话私钥" } },
    { .name = NULL },
};

enum { SESSION_HOURS_MAX = 8, SESSION_ID_SIZE = 16 };

/* A decimal option with a default and a most. */
static enum lh_code number_of(const struct lh_cli *cli, const char *option, uint64_t fallback,
                              uint64_t most, uint64_t *out, struct lh_err *err)
{
    const char *text = lh_cli_value(cli, option);
    enum lh_code rc = LH_OK;

    *out = fallback;
    if (text != NULL) {
        rc = lh_decimal_parse(out, lh_bytes_of_text(text), err);
    }
    if (rc == LH_OK && (*out == 0 || *out > most)) {
        rc = lh_err_set(err, LH_ERR_INVALID, "1 to %llu", (unsigned long long)most);
    }
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "--%s", option);
}

static json_t *list_of(const char *text)
{
    json_t *list = json_array();

    while (*text != '\0') {
        size_t len = strcspn(text, ",");

        (void)json_array_append_new(list, json_stringn(text, len));
        text += len + (text[len] == ',' ? 1 : 0);
    }
    return list;
}

static enum lh_code make_event(json_t **out, const struct lh_cli *cli, const char *session_hex,
                               const struct lh_pubkey *key, struct lh_err *err)
{
    int64_t now = cli->clock.wall_unix_ms(cli->clock.arg);
    const char *auth = lh_cli_value(cli, "auth");
    const char *face = lh_cli_value(cli, "face-provider");
    const char *terminal = lh_cli_value(cli, "terminal");
    struct lh_buf key_text = LH_BUF_EMPTY;
    char expires[LH_TIME_TEXT_SIZE];
    uint64_t hours;
    uint64_t assurance;
    json_t *detail;
    enum lh_code rc;

    rc = number_of(cli, "hours", SESSION_HOURS_MAX, SESSION_HOURS_MAX, &hours, err);
    if (rc == LH_OK) {
        rc = number_of(cli, "assurance", 2, 3, &assurance, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    lh_time_format_utc(expires, now + (int64_t)hours * 3600 * 1000);
    lh_pubkey_format(&key_text, key);
    detail = json_pack("{s:s, s:s, s:s}", "session_id", session_hex, "key", lh_buf_text(&key_text),
                       "expires", expires);
    lh_buf_clear(&key_text);
    if (terminal != NULL) {
        (void)json_object_set_new(detail, "terminal", json_string(terminal));
    }
    if (face != NULL) {
        (void)json_object_set_new(detail, "face_provider", json_string(face));
        (void)json_object_set_new(detail, "face_verdict", json_integer(1));
    }
    *out = json_pack("[{s:s, s:s, s:s+, s:s, s:o, s:I, s:o}]", "type", "SESSION", "source",
                     "liuhen", "id", "session/", session_hex, "channel", "COUNTER", "auth_methods",
                     list_of(auth != NULL ? auth : "token"), "assurance", (json_int_t)assurance,
                     "detail", detail);
    if (*out == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    /* One moment for both: the session must not outlast 8 hours by a millisecond. */
    return lh_events_fill(json_array_get(*out, 0), "", now, err);
}

/* Certainly not on record; an answer that was lost or is not to be believed leaves that open. */
static bool is_refused(const struct lh_recording *recording, enum lh_code rc)
{
    if (rc == LH_OK) {
        return recording->results.done == 0;
    }
    return !recording->is_handed || rc == LH_ERR_DENIED || rc == LH_ERR_LIMIT;
}

static enum lh_code open_session(struct lh_recording *recording, const char *output,
                                 struct lh_err *err)
{
    struct lh_signer *session = NULL;
    uint8_t id[SESSION_ID_SIZE];
    char hex[2 * SESSION_ID_SIZE + 1];
    json_t *events = NULL;
    enum lh_code rc;

    rc = lh_random_fill(&recording->random, id, sizeof id, err);
    if (rc == LH_OK) {
        rc = lh_signer_generate(
            &session,
            lh_genesis_suite(recording->place.genesis) == LH_SUITE_G ? LH_ALG_SM2 : LH_ALG_P256,
            err);
    }
    if (rc == LH_OK) {
        lh_hex_format(hex, lh_bytes_of(id, sizeof id));
        rc = make_event(&events, recording->cli, hex, lh_signer_pubkey(session), err);
    }
    /* The key first: a session on record whose key is lost helps nobody. One without a session
     * helps nobody either and goes again. */
    if (rc == LH_OK) {
        rc = lh_signer_save(session, output, err);
    }
    if (rc == LH_OK) {
        rc = lh_recording_run(recording, events, err);
        if (is_refused(recording, rc)) {
            (void)unlink(output);
        }
    }
    json_decref(events);
    lh_signer_free(session);
    return rc;
}

int lh_cmd_session_open(struct lh_cli *cli)
{
    const char *key = lh_cli_value(cli, "key");
    const char *output = lh_cli_value(cli, "output");
    struct lh_recording recording;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;
    int code;

    if (key == NULL || output == NULL) {
        return lh_cli_usage(cli, LH_MSG_OPTION_MISSING,
                            key == NULL ? "--key FILE.pem" : "--output FILE.pem", "");
    }
    lh_recording_init(&recording, cli);
    rc = lh_recording_open_key(&recording, key, &err);
    if (rc == LH_OK) {
        rc = open_session(&recording, output, &err);
    }
    code = rc == LH_OK ? lh_results_exit(&recording.results)
                       : lh_results_fail(&recording.results, rc, &err);
    lh_recording_clear(&recording);
    return code;
}

int lh_cmd_session_end(struct lh_cli *cli)
{
    const char *key = lh_cli_value(cli, "key");
    struct lh_recording recording;
    struct lh_err err = LH_ERR_NONE;
    json_t *events = json_pack("[{s:s, s:s, s:s, s:{s:i}}]", "type", "SESSION_END", "source",
                               "liuhen", "channel", "COUNTER", "detail", "reason", 1);
    json_t *event = json_array_get(events, 0);
    enum lh_code rc;
    int code;

    if (key == NULL) {
        json_decref(events);
        return lh_cli_usage(cli, LH_MSG_OPTION_MISSING, "--key FILE.pem", "");
    }
    lh_recording_init(&recording, cli);
    rc = lh_recording_open_key(&recording, key, &err);
    if (rc == LH_OK) {
        rc = lh_recording_fill(&recording, event, &err);
    }
    if (rc == LH_OK && recording.session[0] == '\0') {
        rc = lh_err_set(&err, LH_ERR_INVALID, "%s is no session's key", key);
    }
    if (rc == LH_OK) {
        (void)json_object_set_new(event, "id", json_sprintf("session-end/%s", recording.session));
        (void)json_object_set_new(json_object_get(event, "detail"), "session_id",
                                  json_string(recording.session));
        rc = lh_recording_run(&recording, events, &err);
    }
    json_decref(events);
    code = rc == LH_OK ? lh_results_exit(&recording.results)
                       : lh_results_fail(&recording.results, rc, &err);
    lh_recording_clear(&recording);
    return code;
}
