#include "cli/walk.h"

#include <string.h>

enum { PAGE_MAX = 500 };

struct state {
    struct lh_walk *walk;
    struct lh_item *item;
    bool has_last;
    uint64_t last_index;
};

static void add_target(struct lh_buf *out, const struct lh_walk *walk, const char *cursor)
{
    uint64_t left = walk->limit > 0 ? walk->limit - walk->count : PAGE_MAX;

    lh_buf_add_text(out, "/v1/trail?");
    lh_query_add(out, walk->query);
    lh_buf_add_format(out, "order=%s&limit=%llu&proof=1", walk->newest_first ? "desc" : "asc",
                      (unsigned long long)(left < PAGE_MAX ? left : PAGE_MAX));
    if (cursor[0] != '\0') {
        lh_buf_add_text(out, "&after=");
        lh_client_add_escaped(out, cursor);
    }
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
    if (rc == LH_OK) {
        rc = walk->on_item(walk->arg, state->item, err);
    }
    state->has_last = true;
    state->last_index = state->item->index;
    walk->count += rc == LH_OK;
    return rc;
}

/* One page; `cursor` becomes the next one's, "" at the end. */
static enum lh_code take_page(struct state *state, struct lh_cli *cli, char *cursor,
                              size_t cursor_size, struct lh_err *err)
{
    struct lh_buf target = LH_BUF_EMPTY;
    json_t *answer = NULL;
    const json_t *items;
    enum lh_code rc;

    add_target(&target, state->walk, cursor);
    rc = lh_buf_check(&target, err);
    if (rc == LH_OK) {
        rc = lh_api_get_json(cli, &answer, lh_buf_text(&target), err);
    }
    if (rc == LH_OK) {
        rc = lh_proven_checkpoint(state->walk->proven,
                                  lh_bytes_of_text(lh_api_text(answer, "checkpoint")), err);
    }
    items = json_object_get(answer, "items");
    for (size_t i = 0; rc == LH_OK && i < json_array_size(items); i++) {
        if (state->walk->limit == 0 || state->walk->count < state->walk->limit) {
            rc = take_item(state, json_array_get(items, i), err);
        }
    }
    if (rc == LH_OK) {
        const char *next = lh_api_text(answer, "next");

        if (strlen(next) >= cursor_size || (next[0] != '\0' && strcmp(next, cursor) == 0)) {
            rc = lh_err_set(err, LH_ERR_FORGED, "the node's cursor leads nowhere");
        } else {
            memcpy(cursor, next, strlen(next) + 1);
        }
    }
    json_decref(answer);
    lh_buf_clear(&target);
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
