#include "cli/api.h"

#include "crypto/text.h"

#include <stdlib.h>
#include <string.h>

enum { JSON_FLAGS = JSON_REJECT_DUPLICATES };

static enum lh_code code_of_status(long status)
{
    switch (status) {
    case 401:
    case 403:
        return LH_ERR_DENIED;
    case 404:
        return LH_ERR_NOT_FOUND;
    case 409:
        return LH_ERR_CONFLICT;
    case 400:
    case 405:
    case 413:
    case 415:
    case 422:
    case 429:
    case 503:
        return LH_ERR_LIMIT;
    default:
        return LH_ERR_CORRUPT;
    }
}

enum lh_code lh_api_parse(json_t **out, struct lh_bytes bytes, struct lh_err *err)
{
    json_error_t where;
    json_t *value = json_loadb(bytes.data != NULL ? (const char *)bytes.data : "", bytes.len,
                               JSON_FLAGS, &where);

    if (value == NULL) {
        return lh_err_set(err, LH_ERR_INVALID, "line %d, column %d: not JSON", where.line,
                          where.column);
    }
    if (!json_is_object(value)) {
        json_decref(value);
        return lh_err_set(err, LH_ERR_INVALID, "not a JSON object");
    }
    *out = value;
    return LH_OK;
}

enum lh_code lh_api_problem(const struct lh_client_reply *reply, struct lh_err *err)
{
    enum lh_code rc = code_of_status(reply->status);
    json_t *problem = NULL;
    const char *detail;

    if (lh_api_parse(&problem, lh_buf_bytes(&reply->body), NULL) != LH_OK) {
        return lh_err_set(err, rc, "the node answered with status %ld", reply->status);
    }
    detail = lh_api_text(problem, "detail");
    detail = detail[0] != '\0' ? detail : lh_api_text(problem, "title");
    (void)lh_err_set(
        err, rc, "%s: %s%s%s%s%s", lh_api_text(problem, "code"), detail,
        lh_api_text(problem, "pointer")[0] != '\0' ? " at " : "", lh_api_text(problem, "pointer"),
        lh_api_text(problem, "hint")[0] != '\0' ? "; " : "", lh_api_text(problem, "hint"));
    json_decref(problem);
    return rc;
}

enum lh_code lh_api_get(struct lh_cli *cli, struct lh_client_reply *out, const char *target,
                        struct lh_err *err)
{
    struct lh_client *client;
    enum lh_code rc;

    rc = lh_cli_client(cli, &client, err);
    if (rc == LH_OK) {
        rc = lh_client_get(client, out, target, err);
    }
    if (rc == LH_OK && out->status != 200) {
        rc = lh_api_problem(out, err);
    }
    return rc;
}

/* The body of a 200 as one JSON object. */
static enum lh_code take_json(json_t **out, const struct lh_client_reply *reply, const char *target,
                              struct lh_err *err)
{
    enum lh_code rc = lh_api_parse(out, lh_buf_bytes(&reply->body), err);

    if (rc != LH_OK) {
        (void)lh_err_wrap(err, rc, "the node's answer to %s", target);
        rc = rc == LH_ERR_INVALID ? LH_ERR_IO : rc;
    }
    return rc;
}

enum lh_code lh_api_get_json(struct lh_cli *cli, json_t **out, const char *target,
                             struct lh_err *err)
{
    struct lh_client_reply reply = LH_CLIENT_REPLY_EMPTY;
    enum lh_code rc;

    rc = lh_api_get(cli, &reply, target, err);
    if (rc == LH_OK) {
        rc = take_json(out, &reply, target, err);
    }
    lh_client_reply_clear(&reply);
    return rc;
}

enum lh_code lh_api_post_json(struct lh_cli *cli, json_t **out, const char *target,
                              const char *type, struct lh_bytes body, struct lh_err *err)
{
    struct lh_client_reply reply = LH_CLIENT_REPLY_EMPTY;
    struct lh_client *client;
    enum lh_code rc = lh_cli_client(cli, &client, err);

    if (rc == LH_OK) {
        rc = lh_client_post(client, &reply, target, type, body, err);
    }
    if (rc == LH_OK && reply.status != 200) {
        rc = lh_api_problem(&reply, err);
    }
    if (rc == LH_OK) {
        rc = take_json(out, &reply, target, err);
    }
    lh_client_reply_clear(&reply);
    return rc;
}

static enum lh_code check_status(const json_t *status, struct lh_err *err)
{
    static const char *const texts[] = { "version", "department", "state",
                                         "origin",  "network_id", "suite" };
    static const char *const numbers[] = { "size",     "height",     "uptime_ms", "recorded",
                                           "rejected", "duplicates", "queue" };
    const char *missing = NULL;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        missing = lh_api_text(status, texts[i])[0] == '\0' ? texts[i] : missing;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        missing = !json_is_integer(json_object_get(status, numbers[i])) ? numbers[i] : missing;
    }
    return missing == NULL
               ? LH_OK
               : lh_err_set(err, LH_ERR_CORRUPT,
                            "what the node answers is no status: no \"%s\" in it", missing);
}

enum lh_code lh_api_get_status(struct lh_cli *cli, json_t **out, struct lh_err *err)
{
    json_t *status = NULL;
    enum lh_code rc;

    rc = lh_api_get_json(cli, &status, "/v1/status", err);
    if (rc == LH_OK) {
        rc = check_status(status, err);
    }
    if (rc != LH_OK) {
        json_decref(status);
        return rc;
    }
    *out = status;
    return LH_OK;
}

const char *lh_api_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}

uint64_t lh_api_number(const json_t *object, const char *name)
{
    json_int_t value = json_integer_value(json_object_get(object, name));

    return value > 0 ? (uint64_t)value : 0;
}

enum lh_code lh_api_bytes(const json_t *object, const char *name, struct lh_buf *out,
                          struct lh_err *err)
{
    const json_t *member = json_object_get(object, name);
    enum lh_code rc;

    if (!json_is_string(member)) {
        return lh_err_set(err, LH_ERR_INVALID, "%s: not there", name);
    }
    rc = lh_base64_decode(out, lh_bytes_of_text(json_string_value(member)), err);
    if (rc != LH_OK) {
        (void)lh_err_wrap(err, rc, "%s", name);
    }
    return rc;
}

enum lh_code lh_api_proof(const json_t *object, const char *name, struct lh_proof *out,
                          struct lh_err *err)
{
    const json_t *list = json_object_get(object, name);
    size_t count = json_array_size(list);

    if (!json_is_array(list) || count > LH_PROOF_MAX) {
        return lh_err_set(err, LH_ERR_FORGED, "what the node calls a proof is none");
    }
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(list, i));

        if (text == NULL || lh_base64_parse(out->path[i].bytes, LH_HASH_SIZE,
                                            lh_bytes_of_text(text), NULL) != LH_OK) {
            return lh_err_set(err, LH_ERR_FORGED, "what the node calls a proof is none");
        }
    }
    out->count = count;
    return LH_OK;
}

static enum lh_code print(const struct lh_cli *cli, const json_t *value, size_t flags,
                          struct lh_err *err)
{
    if (json_dumpf(value, cli->out, flags) != 0 || fputc('\n', cli->out) == EOF) {
        return lh_err_set(err, LH_ERR_IO, "writing the answer");
    }
    return LH_OK;
}

enum lh_code lh_api_print(const struct lh_cli *cli, const json_t *value, struct lh_err *err)
{
    return print(cli, value, JSON_INDENT(2) | JSON_PRESERVE_ORDER, err);
}

enum lh_code lh_api_print_line(const struct lh_cli *cli, const json_t *value, struct lh_err *err)
{
    return print(cli, value, JSON_COMPACT | JSON_PRESERVE_ORDER, err);
}
