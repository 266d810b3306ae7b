#include "cli/walk.h"

#include "ledger/tokens.h"

#include <string.h>

enum { PAGE_MAX = 500 };

struct state {
    struct lh_walk *walk;
    struct lh_item *item;
    bool has_last;
    uint64_t last_index;
};

static void add_target(struct lh_buf *out, const struct lh_walk *walk, const char *cursor,
                       uint64_t limit)
{
    lh_buf_add_text(out, walk->tokens.len > 0 ? "/v1/search?" : "/v1/trail?");
    if (walk->generation[0] != '\0') {
        lh_buf_add_format(out, "generation=%s&", walk->generation);
    }
    lh_query_add(out, walk->query);
    lh_buf_add_format(out, "order=%s&limit=%llu&proof=1", walk->newest_first ? "desc" : "asc",
                      (unsigned long long)limit);
    if (cursor[0] != '\0') {
        lh_buf_add_text(out, "&after=");
        lh_client_add_escaped(out, cursor);
    }
    if (walk->access[0] != '\0') {
        lh_buf_add_text(out, "&access=");
        lh_client_add_escaped(out, walk->access);
    }
}

/* As many rows as are wanted; where some of them will be left out here, as many as there can be. */
static uint64_t page_limit(const struct lh_walk *walk)
{
    uint64_t left = walk->limit > 0 ? walk->limit - walk->count : PAGE_MAX;

    return left < PAGE_MAX && !lh_query_has_exclusions(walk->query) ? left : PAGE_MAX;
}

static enum lh_code check_place(const struct state *state, struct lh_err *err)
{
    const struct lh_item *item = state->item;
    bool is_after = state->walk->newest_first ? item->index < state->last_index
                                              : item->index > state->last_index;

    if (state->has_last && !is_after) {
        return lh_err_set(err, LH_ERR_FORGED, "the node's answer is out of order at %s",
                          item->name);
    }
    if (!item->is_opaque && !lh_query_matches(state->walk->query, &item->row)) {
        return lh_err_set(err, LH_ERR_FORGED, "the node answered with %s, which was not asked for",
                          item->name);
    }
    return LH_OK;
}

static enum lh_code take_item(struct state *state, const json_t *element, struct lh_err *err)
{
    struct lh_walk *walk = state->walk;
    enum lh_code rc;

    rc = lh_proven_item(walk->proven, state->item, element, err);
    if (rc == LH_OK && !walk->proven->is_off) {
        rc = check_place(state, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    state->has_last = true;
    state->last_index = state->item->index;
    if (!state->item->is_opaque && lh_query_excludes(walk->query, &state->item->row)) {
        return LH_OK;
    }
    rc = walk->on_item(walk->arg, state->item, err);
    walk->count += rc == LH_OK;
    return rc;
}

/* Later pages go on under the ACCESS of the first. */
static void keep_access(struct lh_walk *walk, struct lh_cli *cli, const json_t *answer)
{
    const char *access = lh_api_text(answer, "access");

    if (access[0] != '\0' && walk->access[0] == '\0' && strlen(access) < sizeof walk->access) {
        memcpy(walk->access, access, strlen(access) + 1);
        lh_cli_note(cli, LH_MSG_ACCESS, access, NULL);
    }
}

static enum lh_code get_page(struct lh_walk *walk, struct lh_cli *cli, json_t **out,
                             const char *cursor, uint64_t limit, struct lh_err *err)
{
    struct lh_buf target = LH_BUF_EMPTY;
    enum lh_code rc;

    add_target(&target, walk, cursor, limit);
    rc = lh_buf_check(&target, err);
    if (rc == LH_OK) {
        rc = walk->tokens.len > 0 ? lh_api_post_json(cli, out, lh_buf_text(&target),
                                                     LH_TOKENS_MEDIA, walk->tokens, err)
                                  : lh_api_get_json(cli, out, lh_buf_text(&target), err);
    }
    if (rc == LH_OK) {
        keep_access(walk, cli, *out);
    }
    lh_buf_clear(&target);
    return rc;
}

static enum lh_code move_cursor(char *cursor, size_t cursor_size, const json_t *answer,
                                struct lh_err *err)
{
    const char *next = lh_api_text(answer, "next");

    if (strlen(next) >= cursor_size || (next[0] != '\0' && strcmp(next, cursor) == 0)) {
        return lh_err_set(err, LH_ERR_FORGED, "the node's cursor leads nowhere");
    }
    memcpy(cursor, next, strlen(next) + 1);
    return LH_OK;
}

/* The rows of a page, until there are enough; `out_used` of them were looked at. */
static enum lh_code take_items(struct state *state, const json_t *items, size_t *out_used,
                               struct lh_err *err)
{
    const struct lh_walk *walk = state->walk;
    enum lh_code rc = LH_OK;
    size_t i = 0;

    while (rc == LH_OK && i < json_array_size(items) &&
           (walk->limit == 0 || walk->count < walk->limit)) {
        rc = take_item(state, json_array_get(items, i++), err);
    }
    *out_used = i;
    return rc;
}

/* One page; `cursor` becomes the next one's, "" at the end. */
static enum lh_code take_page(struct state *state, struct lh_cli *cli, char *cursor,
                              size_t cursor_size, struct lh_err *err)
{
    json_t *answer = NULL;
    size_t used = 0;
    enum lh_code rc;

    rc = get_page(state->walk, cli, &answer, cursor, page_limit(state->walk), err);
    if (rc == LH_OK) {
        rc = lh_proven_checkpoint(state->walk->proven,
                                  lh_bytes_of_text(lh_api_text(answer, "checkpoint")), err);
    }
    if (rc == LH_OK) {
        rc = take_items(state, json_object_get(answer, "items"), &used, err);
    }
    /* There were enough within the page: only the node knows the cursor of that place. */
    if (rc == LH_OK && used > 0 && used < json_array_size(json_object_get(answer, "items"))) {
        json_decref(answer);
        answer = NULL;
        rc = get_page(state->walk, cli, &answer, cursor, used, err);
    }
    if (rc == LH_OK) {
        state->walk->withheld += lh_api_number(answer, "withheld");
    }
    if (rc == LH_OK) {
        rc = move_cursor(cursor, cursor_size, answer, err);
    }
    json_decref(answer);
    return rc;
}

enum lh_code lh_walk_run(struct lh_walk *walk, struct lh_cli *cli, struct lh_err *err)
{
    struct state state = { .walk = walk };
    char cursor[sizeof walk->next] = "";
    enum lh_code rc;

    if (walk->after != NULL && strlen(walk->after) >= sizeof cursor) {
        return lh_err_set(err, LH_ERR_INVALID, "--after: that is no cursor");
    }
    if (walk->after != NULL) {
        memcpy(cursor, walk->after, strlen(walk->after) + 1);
    }
    rc = lh_item_new(&state.item, err);
    walk->count = 0;
    while (rc == LH_OK) {
        rc = take_page(&state, cli, cursor, sizeof cursor, err);
        if (cursor[0] == '\0' || (walk->limit > 0 && walk->count >= walk->limit)) {
            break;
        }
    }
    memcpy(walk->next, cursor, sizeof cursor);
    lh_item_free(state.item);
    return rc;
}
