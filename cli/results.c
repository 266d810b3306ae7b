#include "cli/results.h"

#include "cli/files.h"
#include "cli/render.h"

#include <string.h>

/* "gaj/1/5" -> DIR/receipt-gaj-1-5.tlog-proof. */
static enum lh_code save_receipt(const struct lh_results *results, const char *entry,
                                 const char *receipt, struct lh_err *err)
{
    struct lh_entry_name name;
    struct lh_buf path = LH_BUF_EMPTY;
    enum lh_code rc;

    if (results->receipt_dir == NULL || receipt[0] == '\0') {
        return LH_OK;
    }
    /* What the node says becomes a file's name only if it is an entry's name. */
    rc = lh_entry_name_parse(&name, lh_bytes_of_text(entry), err);
    if (rc != LH_OK) {
        return rc;
    }
    lh_buf_add_format(&path, "%s/receipt-", results->receipt_dir);
    for (const char *at = entry; *at != '\0'; at++) {
        lh_buf_add_u8(&path, *at == '/' ? (uint8_t)'-' : (uint8_t)*at);
    }
    lh_buf_add_text(&path, ".tlog-proof");
    rc = lh_buf_check(&path, err);
    if (rc == LH_OK) {
        rc = lh_file_replace(lh_buf_text(&path), lh_bytes_of_text(receipt), 0644, err);
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

static void add_problem(struct lh_buf *out, const json_t *problem)
{
    const char *pointer = lh_api_text(problem, "pointer");

    lh_render_add_safe(out, lh_bytes_of_text(lh_api_text(problem, "code")));
    lh_buf_add_text(out, pointer[0] != '\0' ? " " : "");
    lh_render_add_safe(out, lh_bytes_of_text(pointer));
    lh_buf_add_text(out, ": ");
    lh_render_add_safe(out, lh_bytes_of_text(lh_api_text(problem, "detail")));
}

static enum lh_code print_result(struct lh_results *results, const struct lh_cli *cli,
                                 json_t *result, size_t number, struct lh_err *err)
{
    const char *status = lh_api_text(result, "status");
    const char *entry = lh_api_text(result, "entry");
    const json_t *problem = json_object_get(result, "problem");
    struct lh_buf line = LH_BUF_EMPTY;
    enum lh_code rc = LH_OK;

    if (problem != NULL || strcmp(status, "rejected") == 0) {
        results->rejected++;
        results->worst = code_of(problem);
    } else {
        results->done++;
        rc = save_receipt(results, entry, lh_api_text(result, "receipt"), err);
    }
    if (rc != LH_OK) {
        goto out;
    }
    if (cli->json) {
        (void)json_object_set_new(result, "n", json_integer((json_int_t)number));
        rc = lh_api_print_line(cli, result, err);
        goto out;
    }
    lh_buf_add_format(&line, "%zu\t", number);
    lh_render_add_safe(&line, lh_bytes_of_text(status));
    lh_buf_add_u8(&line, '\t');
    if (problem != NULL) {
        add_problem(&line, problem);
    } else {
        lh_render_add_safe(&line, lh_bytes_of_text(entry));
    }
    rc = lh_buf_check(&line, err);
    if (rc == LH_OK) {
        (void)fprintf(cli->out, "%s\n", lh_buf_text(&line));
    }
out:
    lh_buf_clear(&line);
    return rc;
}

enum lh_code lh_results_print(struct lh_results *results, const struct lh_cli *cli,
                              const struct lh_client_reply *reply, size_t first, struct lh_err *err)
{
    json_t *answer = NULL;
    json_t *list;
    enum lh_code rc;

    if (lh_api_parse(&answer, lh_buf_bytes(&reply->body), NULL) != LH_OK) {
        return lh_api_problem(reply, err);
    }
    list = json_object_get(answer, "results");
    if (!json_is_array(list)) {
        rc = lh_api_problem(reply, err);
        goto out;
    }
    rc = LH_OK;
    for (size_t i = 0; rc == LH_OK && i < json_array_size(list); i++) {
        rc = print_result(results, cli, json_array_get(list, i), first + i, err);
    }
out:
    json_decref(answer);
    return rc;
}

int lh_results_exit(const struct lh_results *results)
{
    if (results->rejected == 0) {
        return LH_EXIT_OK;
    }
    return results->done > 0 ? LH_EXIT_PARTIAL : lh_cli_exit_of(results->worst);
}
