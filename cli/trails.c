#include "cli/trails.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_MAX = 500, LEDGERS_MAX = 2048 };

/* ---- ledgers ---- */

static void copy(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text);
}

/* The one of this row of `ledgers`; it is new when it was not there on the page before. */
static struct lh_trails_ledger *find(struct lh_trails *trails, const char *department,
                                     const char *origin)
{
    for (size_t i = 0; i < trails->ledger_count; i++) {
        struct lh_trails_ledger *ledger = trails->ledgers[i];

        if (strcmp(ledger->department, department) == 0 && strcmp(ledger->origin, origin) == 0) {
            return ledger;
        }
    }
    return NULL;
}

static enum lh_code add_ledger(struct lh_trails *trails, struct lh_trails_ledger **out,
                               const char *department, const char *origin, struct lh_err *err)
{
    struct lh_trails_ledger *ledger = calloc(1, sizeof *ledger);
    struct lh_trails_ledger **list =
        realloc(trails->ledgers, (trails->ledger_count + 1) * sizeof(struct lh_trails_ledger *));

    if (list != NULL) {
        trails->ledgers = list;
    }
    if (list == NULL || ledger == NULL) {
        free(ledger);
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    list[trails->ledger_count++] = ledger;
    copy(ledger->department, sizeof ledger->department, department);
    copy(ledger->origin, sizeof ledger->origin, origin);
    lh_proven_init(&ledger->proven, trails->cli, trails->is_off);
    *out = ledger;
    return LH_OK;
}

static void free_ledger(struct lh_trails_ledger *ledger)
{
    lh_proven_clear(&ledger->proven);
    free(ledger);
}

/* What was missing on the page before may have come. */
static void forget_missing(struct lh_trails *trails)
{
    size_t kept = 0;

    for (size_t i = 0; i < trails->ledger_count; i++) {
        if (trails->ledgers[i]->origin[0] != '\0') {
            trails->ledgers[kept++] = trails->ledgers[i];
        } else {
            free_ledger(trails->ledgers[i]);
        }
    }
    trails->ledger_count = kept;
}

/* A head under its origin, which names the department. */
static enum lh_code take_head(struct lh_trails_ledger *ledger, const char *note, struct lh_err *err)
{
    struct lh_origin origin;
    enum lh_code rc = strcmp(ledger->state, "own") == 0
                          ? lh_proven_checkpoint(&ledger->proven, lh_bytes_of_text(note), err)
                          : lh_proven_checkpoint_held(&ledger->proven, lh_bytes_of_text(note), err);

    if (rc != LH_OK) {
        return rc;
    }
    if (strcmp(ledger->proven.checkpoint.origin, ledger->origin) != 0 ||
        lh_origin_parse(&origin, lh_bytes_of_text(ledger->origin), NULL) != LH_OK ||
        strcmp(origin.department, ledger->department) != 0) {
        return lh_err_set(err, LH_ERR_FORGED, "the node shows a head of %s as one of %.128s",
                          ledger->proven.checkpoint.origin, ledger->origin);
    }
    return LH_OK;
}

static enum lh_code take_ledger(struct lh_trails *trails, const json_t *row, struct lh_err *err)
{
    const char *department = lh_api_text(row, "department");
    const char *origin = lh_api_text(row, "origin");
    struct lh_trails_ledger *ledger = find(trails, department, origin);
    enum lh_code rc = LH_OK;

    if (ledger == NULL && trails->ledger_count == LEDGERS_MAX) {
        return lh_err_set(err, LH_ERR_LIMIT, "the node names too many ledgers");
    }
    if (ledger == NULL) {
        rc = add_ledger(trails, &ledger, department, origin, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    copy(ledger->state, sizeof ledger->state, lh_api_text(row, "state"));
    copy(ledger->time, sizeof ledger->time, lh_api_text(row, "time"));
    ledger->behind = lh_api_number(row, "behind");
    ledger->is_up = json_is_true(json_object_get(row, "up"));
    ledger->is_tainted = json_is_true(json_object_get(row, "tainted"));
    return origin[0] != '\0' ? take_head(ledger, lh_api_text(row, "checkpoint"), err) : LH_OK;
}

/* ---- rows ---- */

/* The ledger that an entry's name says it is of. */
static struct lh_trails_ledger *ledger_of(struct lh_trails *trails, const char *entry)
{
    for (size_t i = 0; i < trails->ledger_count; i++) {
        struct lh_trails_ledger *ledger = trails->ledgers[i];

        if (ledger->origin[0] != '\0' &&
            lh_proven_check_name(&ledger->proven, entry, NULL) == LH_OK) {
            return ledger;
        }
    }
    return NULL;
}

static enum lh_code check_place(const struct lh_trails *trails,
                                const struct lh_trails_ledger *ledger, const struct lh_item *item,
                                struct lh_err *err)
{
    bool is_behind =
        trails->newest_first ? item->index < ledger->last_index : item->index > ledger->last_index;

    if (ledger->has_last && !is_behind) {
        return lh_err_set(err, LH_ERR_FORGED, "the node's answer is out of order at %s",
                          item->name);
    }
    if (!item->is_opaque && !lh_query_matches(trails->query, &item->row)) {
        return lh_err_set(err, LH_ERR_FORGED, "the node answered with %s, which was not asked for",
                          item->name);
    }
    return LH_OK;
}

static enum lh_code take_item(struct lh_trails *trails, struct lh_item *item, const json_t *element,
                              struct lh_err *err)
{
    const char *entry = lh_api_text(element, "entry");
    struct lh_trails_ledger *ledger = ledger_of(trails, entry);
    enum lh_code rc;

    if (ledger == NULL) {
        return lh_err_set(err, LH_ERR_FORGED, "%.100s is of no ledger that the node named", entry);
    }
    rc = lh_proven_item(&ledger->proven, item, element, err);
    if (rc == LH_OK && !trails->is_off) {
        rc = check_place(trails, ledger, item, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    ledger->has_last = true;
    ledger->last_index = item->index;
    if (!item->is_opaque && lh_query_excludes(trails->query, &item->row)) {
        return LH_OK;
    }
    rc = trails->on_item(trails->arg, ledger, item, err);
    trails->count += rc == LH_OK;
    return rc;
}

/* ---- pages ---- */

static enum lh_code get_page(struct lh_trails *trails, json_t **out, uint64_t limit,
                             struct lh_err *err)
{
    struct lh_buf target = LH_BUF_EMPTY;
    enum lh_code rc;

    lh_buf_add_text(&target, "/v1/trail?ledger=");
    lh_client_add_escaped(&target, trails->ledger);
    lh_buf_add_u8(&target, '&');
    lh_query_add(&target, trails->query);
    lh_buf_add_format(&target, "order=%s&limit=%llu&proof=1", trails->newest_first ? "desc" : "asc",
                      (unsigned long long)limit);
    if (trails->next.len > 0) {
        lh_buf_add_text(&target, "&after=");
        lh_client_add_escaped(&target, lh_buf_text(&trails->next));
    }
    if (trails->access[0] != '\0') {
        lh_buf_add_text(&target, "&access=");
        lh_client_add_escaped(&target, trails->access);
    }
    rc = lh_buf_check(&target, err);
    if (rc == LH_OK) {
        rc = lh_api_get_json(trails->cli, out, lh_buf_text(&target), err);
    }
    lh_buf_clear(&target);
    return rc;
}

/* Later pages go on under the ACCESS of the first. */
static void keep_access(struct lh_trails *trails, const json_t *answer)
{
    const char *access = lh_api_text(answer, "access");

    if (access[0] != '\0' && trails->access[0] == '\0' && strlen(access) < sizeof trails->access) {
        copy(trails->access, sizeof trails->access, access);
        lh_cli_note(trails->cli, LH_MSG_ACCESS, access, NULL);
    }
}

static enum lh_code move_cursor(struct lh_trails *trails, const json_t *answer, struct lh_err *err)
{
    const char *next = lh_api_text(answer, "next");

    if (next[0] != '\0' && trails->next.len > 0 && strcmp(next, lh_buf_text(&trails->next)) == 0) {
        return lh_err_set(err, LH_ERR_FORGED, "the node's cursor leads nowhere");
    }
    lh_buf_reset(&trails->next);
    lh_buf_add_text(&trails->next, next);
    return lh_buf_check(&trails->next, err);
}

/* All rows of a page are wanted: its limit is what is left, and exclusions only make it less. */
static enum lh_code take_page(struct lh_trails *trails, struct lh_item *item, struct lh_err *err)
{
    uint64_t left = trails->limit > 0 ? trails->limit - trails->count : PAGE_MAX;
    json_t *answer = NULL;
    const json_t *row;
    size_t i;
    enum lh_code rc = get_page(trails, &answer, left < PAGE_MAX ? left : PAGE_MAX, err);

    if (rc != LH_OK) {
        return rc;
    }
    keep_access(trails, answer);
    forget_missing(trails);
    json_array_foreach(json_object_get(answer, "ledgers"), i, row)
    {
        rc = rc == LH_OK ? take_ledger(trails, row, err) : rc;
    }
    json_array_foreach(json_object_get(answer, "items"), i, row)
    {
        rc = rc == LH_OK ? take_item(trails, item, row, err) : rc;
    }
    if (rc == LH_OK) {
        rc = move_cursor(trails, answer, err);
    }
    json_decref(answer);
    return rc;
}

enum lh_code lh_trails_run(struct lh_trails *trails, struct lh_err *err)
{
    struct lh_item *item = NULL;
    enum lh_code rc = lh_item_new(&item, err);

    lh_buf_add_text(&trails->next, trails->after != NULL ? trails->after : "");
    while (rc == LH_OK) {
        rc = take_page(trails, item, err);
        if (trails->next.len == 0 || (trails->limit > 0 && trails->count >= trails->limit)) {
            break;
        }
    }
    lh_item_free(item);
    return rc;
}

void lh_trails_clear(struct lh_trails *trails)
{
    for (size_t i = 0; i < trails->ledger_count; i++) {
        free_ledger(trails->ledgers[i]);
    }
    free(trails->ledgers);
    lh_buf_clear(&trails->next);
}
