#include "cli/results.h"

#include "cli/exhibit.h"
#include "cli/files.h"
#include "cli/journaled.h"
#include "cli/refusals.h"
#include "cli/render.h"
#include "crypto/text.h"

#include <string.h>

void lh_results_init(struct lh_results *results, struct lh_cli *cli)
{
    *results = (struct lh_results){ .cli = cli };
    lh_proven_init(&results->proven, cli, false);
}

void lh_results_clear(struct lh_results *results)
{
    lh_proven_clear(&results->proven);
}

/* Rule 4. A node that cannot be asked will not take anything either. */
static enum lh_code ask_state(struct lh_results *results, struct lh_err *err)
{
    json_t *status = NULL;
    enum lh_code rc = lh_api_get_status(results->cli, &status, err);

    results->is_suspect = rc == LH_OK && strcmp(lh_api_text(status, "state"), "suspect") == 0;
    if (results->is_suspect) {
        lh_cli_note(results->cli, LH_MSG_NODE_SUSPECT, lh_api_text(status, "why"), NULL);
    }
    json_decref(status);
    return rc;
}

enum lh_code lh_results_open(struct lh_results *results, struct lh_err *err)
{
    enum lh_code rc = ask_state(results, err);

    if (rc != LH_OK || results->is_suspect) {
        return rc;
    }
    rc = lh_proven_head(&results->proven, err);
    results->is_doubted = rc == LH_ERR_FORGED || rc == LH_ERR_CONFLICT;
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}

/* ---- the form of an answer ---- */

static bool is_success(const char *status)
{
    return strcmp(status, "recorded") == 0 || strcmp(status, "duplicate") == 0 ||
           strcmp(status, "journaled") == 0;
}

static enum lh_code check_result(const json_t *result, size_t n, struct lh_err *err)
{
    const json_t *number = json_object_get(result, "n");
    const char *status = lh_api_text(result, "status");

    if (!json_is_integer(number) || json_integer_value(number) != (json_int_t)n) {
        return lh_err_set(err, LH_ERR_FORGED,
                          "result %zu of the node's answer is not about event "
                          "%zu",
                          n + 1, n + 1);
    }
    if (!is_success(status) && strcmp(status, "rejected") != 0) {
        return lh_err_set(err, LH_ERR_FORGED, "the node says \"%.40s\" to event %zu", status,
                          n + 1);
    }
    if (is_success(status) == json_is_object(json_object_get(result, "problem"))) {
        return lh_err_set(err, LH_ERR_FORGED, "the node says \"%s\" to event %zu %s a problem",
                          status, n + 1, is_success(status) ? "with" : "without");
    }
    return LH_OK;
}

enum lh_code lh_results_parse(json_t **out, const struct lh_client_reply *reply, size_t count,
                              struct lh_err *err)
{
    bool is_problem = reply->status < 200 || reply->status >= 300;
    json_t *answer = NULL;
    json_t *list = NULL;
    enum lh_code rc = LH_OK;

    if (lh_api_parse(&answer, lh_buf_bytes(&reply->body), NULL) == LH_OK) {
        list = json_object_get(answer, "results");
    }
    if (!json_is_array(list)) {
        rc = is_problem ? lh_api_problem(reply, err)
                        : lh_err_set(err, LH_ERR_FORGED, "the node's answer holds no results");
    } else if (json_array_size(list) != count) {
        rc = lh_err_set(err, LH_ERR_FORGED, "the node answered with %zu results to %zu events",
                        json_array_size(list), count);
    }
    for (size_t n = 0; rc == LH_OK && n < count; n++) {
        rc = check_result(json_array_get(list, n), n, err);
    }
    if (rc == LH_OK) {
        *out = json_incref(list);
    }
    json_decref(answer);
    return rc;
}

/* ---- one result ---- */

/* Rule 2. */
static enum lh_code prove(struct lh_results *results, struct lh_exhibit *out, const json_t *result,
                          const struct lh_handed *handed, struct lh_err *err)
{
    const char *entry = lh_api_text(result, "entry");
    enum lh_code rc;

    rc = lh_exhibit_take(out, &results->proven, entry, lh_api_text(result, "receipt"), err);
    if (rc == LH_OK) {
        rc = lh_handed_check(handed, out->item, err);
    }
    return rc;
}

/* "gaj/1/5" -> DIR/receipt-gaj-1-5.tlog-proof. */
static enum lh_code save_receipt(const struct lh_results *results, const struct lh_exhibit *exhibit,
                                 struct lh_err *err)
{
    struct lh_buf path = LH_BUF_EMPTY;
    enum lh_code rc;

    if (results->receipt_dir == NULL) {
        return LH_OK;
    }
    lh_buf_add_format(&path, "%s/receipt-", results->receipt_dir);
    for (const char *at = exhibit->item->name; *at != '\0'; at++) {
        lh_buf_add_u8(&path, *at == '/' ? (uint8_t)'-' : (uint8_t)*at);
    }
    lh_buf_add_text(&path, ".tlog-proof");
    rc = lh_buf_check(&path, err);
    if (rc == LH_OK) {
        rc = lh_file_replace(lh_buf_text(&path), lh_buf_bytes(&exhibit->text), 0644, err);
    }
    lh_buf_clear(&path);
    return rc;
}

/* As lh_api_problem maps a status. */
static enum lh_code code_of(const json_t *problem)
{
    const char *code = lh_api_text(problem, "code");

    if (strcmp(code, "event.conflict") == 0) {
        return LH_ERR_CONFLICT;
    }
    if (strncmp(code, "auth.", 5) == 0 || strncmp(code, "key.", 4) == 0 ||
        strcmp(code, "signature.bad") == 0 || strcmp(code, "authority.denied") == 0) {
        return LH_ERR_DENIED;
    }
    return strcmp(code, "internal") == 0 ? LH_ERR_CORRUPT : LH_ERR_LIMIT;
}

static void add_problem(struct lh_buf *out, const json_t *problem, enum lh_lang lang)
{
    const char *pointer = lh_api_text(problem, "pointer");
    struct lh_bytes code = lh_bytes_of_text(lh_api_text(problem, "code"));
    const char *zh = lang == LH_LANG_ZH ? lh_refusal_find(code) : NULL;

    lh_render_add_safe(out, code);
    if (zh != NULL) {
        lh_buf_add_format(out, " (%s)", zh);
    }
    lh_buf_add_text(out, pointer[0] != '\0' ? " " : "");
    lh_render_add_safe(out, lh_bytes_of_text(pointer));
    lh_buf_add_text(out, ": ");
    lh_render_add_safe(out, lh_bytes_of_text(lh_api_text(problem, "detail")));
}

/* The level that the receipt shows, in place of what the node says. */
static enum lh_code judge_level(const struct lh_results *results, const struct lh_exhibit *exhibit,
                                json_t *result, struct lh_err *err)
{
    enum lh_level level;
    enum lh_code rc;

    if (results->leveled == NULL || !results->leveled->is_asked) {
        return LH_OK;
    }
    rc = lh_leveled_take(results->leveled, &exhibit->receipt, &level, err);
    if (rc == LH_OK) {
        (void)json_object_set_new(result, "level", json_string(lh_level_name(level)));
    }
    return rc;
}

static void keep_reason(struct lh_results *results, const json_t *problem)
{
    struct lh_buf text = LH_BUF_EMPTY;

    add_problem(&text, problem, results->cli->lang);
    (void)snprintf(results->why, sizeof results->why, "%s", lh_buf_text(&text));
    lh_buf_clear(&text);
    results->rejected++;
    results->worst = code_of(problem);
}

/* The members of a result that its receipt proves are cut from there. */
static enum lh_code print_json(const struct lh_cli *cli, json_t *result, size_t number,
                               const struct lh_item *item, struct lh_err *err)
{
    char hash[2 * LH_HASH_SIZE + 1];
    char time[LH_TIME_TEXT_SIZE];

    (void)json_object_set_new(result, "n", json_integer((json_int_t)number));
    if (item != NULL) {
        lh_hex_format(hash, lh_hash_bytes(&item->leaf_hash));
        lh_time_format_utc(time, item->row.recorded_unix_ms);
        (void)json_object_set_new(result, "entry", json_string(item->name));
        (void)json_object_set_new(result, "leaf_hash", json_string(hash));
        (void)json_object_set_new(result, "recorded_at", json_string(time));
    }
    return lh_api_print_line(cli, result, err);
}

static enum lh_code print_line(const struct lh_cli *cli, const json_t *result, size_t number,
                               const struct lh_item *item, struct lh_err *err)
{
    struct lh_buf line = LH_BUF_EMPTY;
    enum lh_code rc;

    lh_buf_add_format(&line, "%zu\t%s\t", number, lh_api_text(result, "status"));
    if (item != NULL) {
        lh_buf_add_text(&line, item->name);
    } else {
        add_problem(&line, json_object_get(result, "problem"), cli->lang);
    }
    rc = lh_buf_check(&line, err);
    if (rc == LH_OK) {
        (void)fprintf(cli->out, "%s\n", lh_buf_text(&line));
    }
    lh_buf_clear(&line);
    return rc;
}

/* Rule 4: the receipt is the recorder's. */
static enum lh_code take_journaled(struct lh_results *results, json_t *result,
                                   const struct lh_handed *handed, size_t number,
                                   struct lh_err *err)
{
    struct lh_journaled journaled;
    enum lh_code rc = lh_journaled_take(&journaled, results->cli, result, handed, err);

    if (rc != LH_OK) {
        results->is_doubted = rc == LH_ERR_FORGED;
        return lh_err_wrap(err, rc, "event %zu", number);
    }
    results->done++;
    if (results->leveled != NULL) {
        lh_leveled_take_journaled(results->leveled);
    }
    results->last[0] = '\0';
    rc = lh_journaled_save(&journaled, results->receipt_dir, result, err);
    if (rc == LH_OK && results->is_silent) {
        return LH_OK;
    }
    if (rc == LH_OK && results->cli->json) {
        return print_json(results->cli, result, number, NULL, err);
    }
    if (rc == LH_OK) {
        (void)fprintf(results->cli->out, "%zu\tjournaled\t%s\n", number, journaled.name);
    }
    return rc;
}

enum lh_code lh_results_take(struct lh_results *results, json_t *result,
                             const struct lh_handed *handed, size_t number, struct lh_err *err)
{
    struct lh_exhibit exhibit = LH_EXHIBIT_EMPTY;
    enum lh_code rc = LH_OK;

    if (strcmp(lh_api_text(result, "status"), "journaled") == 0) {
        return take_journaled(results, result, handed, number, err);
    }
    if (!is_success(lh_api_text(result, "status"))) {
        keep_reason(results, json_object_get(result, "problem"));
    } else {
        rc = prove(results, &exhibit, result, handed, err);
        if (rc == LH_OK) {
            rc = judge_level(results, &exhibit, result, err);
        }
        if (rc != LH_OK) {
            results->is_doubted = true;
            (void)lh_err_wrap(err, rc, "event %zu", number);
            goto out;
        }
        results->done++;
        memcpy(results->last, exhibit.item->name, sizeof results->last);
        rc = save_receipt(results, &exhibit, err);
    }
    if (rc == LH_OK && !results->is_silent) {
        rc = results->cli->json ? print_json(results->cli, result, number, exhibit.item, err)
                                : print_line(results->cli, result, number, exhibit.item, err);
    }
out:
    lh_exhibit_clear(&exhibit);
    return rc;
}

enum lh_code lh_results_print(struct lh_results *results, const struct lh_client_reply *reply,
                              const struct lh_handed *handed, size_t count, size_t first,
                              struct lh_err *err)
{
    json_t *list = NULL;
    enum lh_code rc;

    rc = lh_results_parse(&list, reply, count, err);
    results->is_doubted = rc == LH_ERR_FORGED;
    for (size_t i = 0; rc == LH_OK && i < count; i++) {
        rc = lh_results_take(results, json_array_get(list, i), &handed[i], first + i, err);
    }
    json_decref(list);
    return rc;
}

int lh_results_exit(const struct lh_results *results)
{
    if (results->rejected == 0) {
        return LH_EXIT_OK;
    }
    return results->done > 0 ? LH_EXIT_PARTIAL : lh_cli_exit_of(results->worst);
}

int lh_results_fail(const struct lh_results *results, enum lh_code rc, const struct lh_err *err)
{
    return results->is_doubted ? lh_proven_fail(&results->proven, rc, err)
                               : lh_cli_fail(results->cli, rc, err);
}
