#include "node/trail_merge.h"

#include "crypto/base/assert.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 32 }; /* rows that are read ahead of one department */

/* A department on its way through its generations. */
struct lane {
    size_t first; /* its parts: [first, end) */
    size_t end;
    size_t at; /* the part that is read next, from `after` on */
    uint64_t after;
    bool is_dry;     /* nothing is behind `after` */
    bool is_blocked; /* the step is used up without a row: what comes next is not known */
    size_t rows_part;
    size_t row_count;
    size_t row_at;
    struct lh_row *rows; /* CHUNK of them */
};

struct run {
    const struct lh_merge *merge;
    struct lh_trail_query query;
    size_t lane_count;
    struct lane *lanes;
    struct lh_row *rows; /* of all lanes */
};

/* ---- lanes and cursors ---- */

/* Where a part begins in the order asked for: 0 is "everything" newest first, so the size it is. */
static uint64_t start_of(const struct run *run, size_t part)
{
    return run->query.newest_first ? run->merge->parts[part].size : 0;
}

static enum lh_code make_lanes(struct run *run, struct lh_err *err)
{
    const struct lh_merge *merge = run->merge;

    for (size_t i = 0; i < merge->part_count; i++) {
        run->lane_count +=
            i == 0 || strcmp(merge->parts[i].department, merge->parts[i - 1].department) != 0;
    }
    if (run->lane_count > LH_MERGE_DEPARTMENTS_MAX) {
        return lh_err_set(err, LH_ERR_LIMIT, "ledgers of more than %d departments",
                          LH_MERGE_DEPARTMENTS_MAX);
    }
    run->lanes = calloc(run->lane_count + 1, sizeof *run->lanes);
    run->rows = calloc((run->lane_count + 1) * CHUNK, sizeof *run->rows);
    if (run->lanes == NULL || run->rows == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "rows of a trail");
    }
    for (size_t i = 0, lane = 0; i < merge->part_count; lane++) {
        size_t end = i + 1;

        while (end < merge->part_count &&
               strcmp(merge->parts[end].department, merge->parts[i].department) == 0) {
            end++;
        }
        run->lanes[lane] = (struct lane){ .first = i,
                                          .end = end,
                                          .at = run->query.newest_first ? end - 1 : i,
                                          .rows = run->rows + lane * CHUNK };
        run->lanes[lane].after = start_of(run, run->lanes[lane].at);
        i = end;
    }
    return LH_OK;
}

/* spec ledger.md 9.3: "A department that the cursor does not name begins at its start; one that it
 * names and that is not held any more is left out." */
static enum lh_code move_lane(struct run *run, const struct lh_entry_name *name, struct lh_err *err)
{
    const struct lh_merge_part *parts = run->merge->parts;

    for (size_t i = 0; i < run->lane_count; i++) {
        struct lane *lane = &run->lanes[i];

        if (strcmp(parts[lane->first].department, name->department) != 0) {
            continue;
        }
        for (size_t part = lane->first; part < lane->end; part++) {
            if (parts[part].generation == name->generation) {
                lane->at = part;
                lane->after = name->index;
                return LH_OK;
            }
        }
        return lh_err_set(err, LH_ERR_INVALID, "the cursor names a generation that is not here");
    }
    return LH_OK;
}

static enum lh_code read_cursor(struct run *run, struct lh_err *err)
{
    const char *rest = run->merge->after;
    enum lh_code rc = LH_OK;

    if (rest == NULL) {
        return LH_OK;
    }
    if (strlen(rest) > LH_MERGE_CURSOR_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "the cursor is too long");
    }
    while (rc == LH_OK) {
        size_t len = strcspn(rest, ",");
        struct lh_entry_name name;

        rc = lh_entry_name_parse(&name, lh_bytes_of(rest, len), err);
        if (rc == LH_OK) {
            rc = move_lane(run, &name, err);
        }
        if (rest[len] == '\0') {
            break;
        }
        rest += len + 1;
    }
    return rc == LH_OK ? rc : lh_err_wrap(err, LH_ERR_INVALID, "after");
}

/* Behind what was handed on. */
static void add_place(const struct run *run, const struct lane *lane, struct lh_buf *out)
{
    bool has_row = lane->row_at < lane->row_count;
    const struct lh_merge_part *part = &run->merge->parts[has_row ? lane->rows_part : lane->at];
    uint64_t after =
        has_row ? lane->rows[lane->row_at].index + run->query.newest_first : lane->after;

    lh_buf_add_format(out, "%s%s/%" PRIu32 "/%" PRIu64, out->len > 0 ? "," : "", part->department,
                      part->generation, after);
}

/* ---- rows ---- */

static enum lh_code look(const struct run *run, const struct lh_merge_part *part,
                         struct lh_row *rows, struct lh_trail_page *page, struct lh_err *err)
{
    return part->own != NULL
               ? lh_trail_run(part->own, &run->query, LH_MERGE_STEP, rows, &page->count,
                              &page->next, &page->has_more, err)
               : lh_copy_view_trail(part->view, &run->query, LH_MERGE_STEP, rows, page, err);
}

/* Our own ledger may have grown since its size was taken: what is new is for the next page. */
static void cut_new(struct lh_trail_page *page, const struct lh_row *rows, uint64_t size)
{
    while (page->count > 0 && rows[page->count - 1].index >= size) {
        page->next = rows[--page->count].index;
        page->has_more = false;
    }
}

/* To the generation behind this one; at the last it stays where it is. */
static void go_on(struct run *run, struct lane *lane)
{
    if (run->query.newest_first ? lane->at == lane->first : lane->at + 1 == lane->end) {
        lane->is_dry = true;
        return;
    }
    lane->at += run->query.newest_first ? -(size_t)1 : 1;
    lane->after = start_of(run, lane->at);
}

/* One look into the part that is next. */
static enum lh_code look_on(struct run *run, struct lane *lane, struct lh_err *err)
{
    const struct lh_merge_part *part = &run->merge->parts[lane->at];
    struct lh_trail_page page = { .count = 0, .next = lane->after };
    enum lh_code rc = LH_OK;

    run->query.after = lane->after;
    lane->row_at = 0;
    lane->row_count = 0;
    lane->rows_part = lane->at;
    if (!(run->query.newest_first && lane->after == 0)) {
        rc = look(run, part, lane->rows, &page, err);
    }
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "%s/%" PRIu32, part->department, part->generation);
    }
    if (!run->query.newest_first) {
        cut_new(&page, lane->rows, part->size);
    }
    lane->row_count = page.count;
    lane->after = page.next;
    lane->is_blocked = page.count == 0 && page.has_more;
    if (!page.has_more) {
        go_on(run, lane);
    }
    return LH_OK;
}

static enum lh_code fill(struct run *run, struct lane *lane, struct lh_err *err)
{
    enum lh_code rc = LH_OK;

    while (rc == LH_OK && lane->row_at == lane->row_count && !lane->is_dry && !lane->is_blocked) {
        rc = look_on(run, lane, err);
    }
    return rc;
}

/* spec ledger.md 9.3: "Of the departments' next rows that comes first which was recorded first,
 * newest first which was recorded last; between equal times the code decides." */
static struct lane *choose(const struct run *run)
{
    struct lane *best = NULL;

    for (size_t i = 0; i < run->lane_count; i++) {
        struct lane *lane = &run->lanes[i];
        int64_t time;
        int64_t first;

        if (lane->row_at == lane->row_count) {
            continue;
        }
        time = lane->rows[lane->row_at].recorded_unix_ms;
        first = best != NULL ? best->rows[best->row_at].recorded_unix_ms : time;
        if (best == NULL || (run->query.newest_first ? time >= first : time < first)) {
            best = lane;
        }
    }
    return best;
}

static bool is_blocked(const struct run *run)
{
    for (size_t i = 0; i < run->lane_count; i++) {
        if (run->lanes[i].is_blocked && run->lanes[i].row_at == run->lanes[i].row_count) {
            return true;
        }
    }
    return false;
}

/* Rows until there are enough, there are none, or what comes next is not known. `out_has_more`: it
 * was not the end. */
static enum lh_code merge_rows(struct run *run, size_t limit, struct lh_merged_row *rows,
                               size_t *out_count, bool *out_has_more, struct lh_err *err)
{
    size_t count = 0;
    enum lh_code rc = LH_OK;

    *out_has_more = false;
    for (size_t i = 0; rc == LH_OK && i < run->lane_count; i++) {
        rc = fill(run, &run->lanes[i], err);
    }
    while (rc == LH_OK) {
        struct lane *lane = choose(run);

        if (is_blocked(run) || (lane != NULL && count == limit)) {
            *out_has_more = true;
            break;
        }
        if (lane == NULL) {
            break;
        }
        rows[count++] =
            (struct lh_merged_row){ .part = lane->rows_part, .row = lane->rows[lane->row_at++] };
        rc = fill(run, lane, err);
    }
    *out_count = count;
    return rc;
}

enum lh_code lh_merge_run(const struct lh_merge *merge, struct lh_merged_row *rows,
                          size_t *out_count, struct lh_buf *next, struct lh_err *err)
{
    struct run run = { .merge = merge, .query = *merge->query };
    bool has_more = false;
    size_t count = 0;
    enum lh_code rc;

    if (merge->query->limit < 1 || merge->query->limit > LH_TRAIL_PAGE_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "a page takes 1 to %d rows", LH_TRAIL_PAGE_MAX);
    }
    run.query.limit = merge->query->limit < CHUNK ? merge->query->limit : CHUNK;
    lh_buf_reset(next);
    rc = make_lanes(&run, err);
    if (rc == LH_OK) {
        rc = read_cursor(&run, err);
    }
    if (rc == LH_OK) {
        rc = merge_rows(&run, merge->query->limit, rows, &count, &has_more, err);
    }
    for (size_t i = 0; rc == LH_OK && has_more && i < run.lane_count; i++) {
        add_place(&run, &run.lanes[i], next);
    }
    if (rc == LH_OK) {
        rc = lh_buf_check(next, err);
    }
    if (rc == LH_OK) {
        *out_count = count;
    }
    free(run.rows);
    free(run.lanes);
    return rc;
}
