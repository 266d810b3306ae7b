/* The ledger as a C2SP tlog-tiles log, read-only: other people's tools verify it. Suite W. */

#include "node/api_internal.h"

#include "ledger/tile.h"

#include <string.h>

/* A full tile never changes; the head does, and a partial tile is soon one of a wider tree. */
static const char FOR_EVER[] = "private, max-age=31536000, immutable";
static const char ASK_AGAIN[] = "no-cache";

static enum lh_code read_entries(struct lh_api_call *call, const struct lh_tile *tile,
                                 struct lh_err *err)
{
    struct lh_buf leaf = LH_BUF_EMPTY;
    enum lh_code rc = LH_OK;

    for (uint64_t i = 0; rc == LH_OK && i < tile->width; i++) {
        rc = lh_ledger_leaf(call->ledger, tile->index * LH_TILE_WIDTH + i, &leaf, err);
        if (rc == LH_OK) {
            rc = lh_tile_add_entry(&call->body, lh_buf_bytes(&leaf), err);
        }
    }
    lh_buf_clear(&leaf);
    return rc;
}

static void answer_tile(struct lh_api_call *call, const char *path)
{
    struct lh_tree_source nodes = lh_ledger_nodes(call->ledger);
    struct lh_err err = LH_ERR_NONE;
    struct lh_ledger_head head;
    struct lh_tile tile;
    enum lh_code rc = lh_tile_path_parse(&tile, lh_bytes_of_text(path), &err);

    lh_ledger_head(call->ledger, &head);
    if (rc != LH_OK || !lh_tile_exists(&tile, head.size)) {
        lh_problem_set(&call->problem, LH_PROBLEM_NOT_FOUND, "no such tile");
        return;
    }
    rc = tile.kind == LH_TILE_ENTRIES ? read_entries(call, &tile, &err)
                                      : lh_tile_read(&call->body, &tile, &nodes, head.size, &err);
    if (rc != LH_OK) {
        lh_api_call_fail(call, rc, "the tile", &err);
    }
    call->content_type = "application/octet-stream";
    call->cache = tile.width == LH_TILE_WIDTH ? FOR_EVER : ASK_AGAIN;
}

void lh_api_tile(struct lh_api_call *call, struct lh_worker *worker)
{
    const char *path = call->rest + strlen(lh_ledger_origin(call->ledger)) + 1;
    static const char *const names[] = { NULL };
    uint64_t size;

    (void)worker;
    if (!lh_api_check_query(call, names)) {
        return;
    }
    if (call->node->rules.suite != LH_SUITE_W) {
        lh_problem_set(&call->problem, LH_PROBLEM_NOT_FOUND, "only suite W speaks this protocol");
    } else if (strcmp(path, "checkpoint") == 0) {
        call->content_type = "text/plain; charset=utf-8";
        call->cache = ASK_AGAIN;
        (void)lh_api_head(call, &size, &call->body);
    } else {
        answer_tile(call, path);
    }
}
