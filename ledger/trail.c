/*
 * Trails.
 *
 *  1. What comes out is in record order whatever the driver is: the streams of the driver's values
 *     are merged by index.
 *  2. Time is indexed by day (UTC+8) and within a day by index: a window is the streams of its
 *     days, not a scan of its entries in another order.
 *  3. The driver decides what is looked at, never what matches: every filter is judged on the row.
 */
#include "ledger/trail_internal.h"

#include <string.h>

enum {
    DRIVE_DAYS_MAX = 1500, /* a longer window is walked in record order */
    RANGE_DAYS_MAX = 92,   /* a window that short bounds the walk of another driver */
    LIMIT_DEFAULT = 100,
    BUDGET_DEFAULT = 1000000,
};

/* ---- choosing the driver ---- */

static bool has_window(const struct lh_trail_query *query)
{
    return query->since_unix_ms > 0 || query->until_unix_ms != INT64_MAX;
}

/* The day of the first key at or after (day, 0); false when the dimension has no more. */
static bool next_day(const struct lh_walk *walk, enum lh_dimension dimension,
                     struct lh_store_iter *iter, uint32_t *day)
{
    struct lh_store_key all = lh_keys_index_prefix(walk->shelf.number, dimension, LH_BYTES_EMPTY);
    struct lh_store_key key = lh_trail_day_prefix(walk->shelf.number, dimension, *day);
    struct lh_bytes found;
    struct lh_reader rest;

    lh_store_iter_seek(iter, lh_store_key_bytes(&key));
    if (!lh_store_iter_is_valid(iter)) {
        return false;
    }
    found = lh_store_iter_key(iter);
    if (found.len != key.len + 8 || memcmp(found.data, all.bytes, all.len) != 0) {
        return false;
    }
    rest = lh_reader_of(lh_bytes_of(found.data + all.len, 4));
    *day = lh_read_u32(&rest);
    return true;
}

/* A stream for every day of the window that has entries; no more than `room` days, or else none and
 * *out_is_complete false. */
static enum lh_code open_days(struct lh_walk *walk, size_t room, bool *out_is_complete,
                              struct lh_err *err)
{
    const struct lh_trail_query *query = walk->query;
    enum lh_dimension dimension =
        query->by_recorded ? LH_DIMENSION_RECORDED_DAY : LH_DIMENSION_EVENT_DAY;
    uint32_t last_day = lh_trail_day(query->until_unix_ms - 1);
    struct lh_store_iter *iter = NULL;
    enum lh_code rc = lh_walk_make_room(walk, room, err);

    *out_is_complete = true;
    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_store_iter_new(&iter, walk->shelf.store, LH_TABLE_INDEX, err);
    if (rc != LH_OK) {
        return rc;
    }
    for (uint32_t day = lh_trail_day(query->since_unix_ms);
         next_day(walk, dimension, iter, &day) && day <= last_day; day++) {
        struct lh_store_key prefix = lh_trail_day_prefix(walk->shelf.number, dimension, day);

        if (walk->stream_count == room) {
            walk->stream_count = 0;
            *out_is_complete = false;
            break;
        }
        rc = lh_walk_add(walk, dimension, &prefix, err);
        if (rc != LH_OK || day == UINT32_MAX) {
            break;
        }
    }
    if (rc == LH_OK) {
        rc = lh_store_iter_check(iter, err);
    }
    lh_store_iter_free(iter);
    return rc;
}

/* Narrow [from, below) to where entries of a short window stand at all. */
static enum lh_code bound_by_window(struct lh_walk *walk, struct lh_err *err)
{
    const struct lh_trail_query *asked = walk->query;
    struct lh_trail_query turned = *asked;
    const struct lh_stream *found;
    bool is_complete = false;
    uint64_t rival;
    enum lh_code rc;

    turned.newest_first = false;
    walk->query = &turned;
    rc = open_days(walk, RANGE_DAYS_MAX, &is_complete, err);
    if (rc != LH_OK || !is_complete) {
        goto out;
    }
    found = lh_walk_first(walk, &rival);
    walk->from = found == NULL ? walk->below : found->at;
    turned.newest_first = true;
    rc = open_days(walk, RANGE_DAYS_MAX, &is_complete, err);
    if (rc != LH_OK) {
        goto out;
    }
    found = lh_walk_first(walk, &rival);
    walk->below = found == NULL ? walk->from : found->at + 1;
out:
    walk->query = asked;
    return rc;
}

static enum lh_code open_values(struct lh_walk *walk, enum lh_dimension dimension, size_t count,
                                const void *values, size_t size, struct lh_err *err)
{
    enum lh_code rc = lh_walk_make_room(walk, count, err);

    for (size_t i = 0; rc == LH_OK && i < count; i++) {
        const uint8_t *value = (const uint8_t *)values + i * size;
        struct lh_bytes bytes = dimension == LH_DIMENSION_ITEM
                                    ? lh_bytes_of_text((const char *)value)
                                    : lh_bytes_of(value, size);
        struct lh_store_key prefix = lh_keys_index_prefix(walk->shelf.number, dimension, bytes);
        rc = lh_walk_add(walk, dimension, &prefix, err);
    }
    return rc;
}

/* Nobody is on a row: these streams hold what matches, so there is nothing to be judged on it. */
static enum lh_code open_subject(struct lh_walk *walk, struct lh_err *err)
{
    const struct lh_trail_query *query = walk->query;
    enum lh_code rc = lh_walk_make_room(walk, query->token_count, err);

    for (size_t i = 0; rc == LH_OK && i < query->token_count; i++) {
        struct lh_store_key prefix = lh_keys_subject_prefix(
            walk->shelf.number, lh_bytes_of(query->tokens[i], sizeof query->tokens[i]));
        rc = lh_walk_add(walk, LH_DIMENSION_SUBJECT, &prefix, err);
    }
    return rc;
}

static enum lh_code open_record(struct lh_walk *walk, struct lh_err *err)
{
    struct lh_store_key prefix =
        lh_keys_index_prefix(walk->shelf.number, LH_DIMENSION_RECORD, LH_BYTES_EMPTY);
    enum lh_code rc = lh_walk_make_room(walk, 1, err);

    return rc == LH_OK ? lh_walk_add(walk, LH_DIMENSION_RECORD, &prefix, err) : rc;
}

/* spec ledger.md 9.2: "The rows of a query are found through the values of one filter (person, else
 * case, else exchange, else staff, else item, else the days of the window, else record order);
 * every filter is then judged on the row, so the choice changes the cost and never the answer." */
static enum lh_code open_driver(struct lh_walk *walk, struct lh_err *err)
{
    const struct lh_trail_query *query = walk->query;
    bool is_complete = false;
    enum lh_code rc = LH_OK;

    if (query->token_count > 0) {
        return open_subject(walk, err);
    }
    if (query->case_count > 0) {
        return open_values(walk, LH_DIMENSION_CASE, query->case_count, query->cases,
                           sizeof query->cases[0], err);
    }
    if (query->exchange_count > 0) {
        return open_values(walk, LH_DIMENSION_EXCHANGE, query->exchange_count, query->exchanges,
                           sizeof query->exchanges[0], err);
    }
    if (query->staff_count > 0 || query->item_count > 0) {
        rc = has_window(query) ? bound_by_window(walk, err) : LH_OK;
        if (rc != LH_OK) {
            return rc;
        }
        return query->staff_count > 0 ? open_values(walk, LH_DIMENSION_STAFF, query->staff_count,
                                                    query->staff, sizeof query->staff[0], err)
                                      : open_values(walk, LH_DIMENSION_ITEM, query->item_count,
                                                    query->items, sizeof query->items[0], err);
    }
    if (has_window(query)) {
        rc = open_days(walk, DRIVE_DAYS_MAX, &is_complete, err);
    }
    return rc != LH_OK || is_complete ? rc : open_record(walk, err);
}

/* ---- judging rows ---- */

static bool is_among(const void *values, size_t count, size_t size, const void *value)
{
    for (size_t i = 0; i < count; i++) {
        if (memcmp((const uint8_t *)values + i * size, value, size) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_text_among(const char *values, size_t count, size_t size, const char *value)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(values + i * size, value) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_type_among(const struct lh_trail_query *query, lhpb_EntryType type)
{
    for (size_t i = 0; i < query->type_count; i++) {
        if (query->types[i] == type) {
            return true;
        }
    }
    return false;
}

#define MATCHES_TEXT(count, values, value)                                                         \
    ((count) == 0 || is_text_among((values)[0], count, sizeof(values)[0], value))

static bool is_match(const struct lh_trail_query *query, const struct lh_row *row)
{
    int64_t time = query->by_recorded ? row->recorded_unix_ms : row->event_time_unix_ms;

    if (time < query->since_unix_ms ||
        (query->until_unix_ms != INT64_MAX && time >= query->until_unix_ms)) {
        return false;
    }
    if (query->staff_count > 0 && !(row->has_staff && is_among(query->staff, query->staff_count,
                                                               sizeof row->staff, row->staff))) {
        return false;
    }
    if (query->case_count > 0 && !(row->has_case && is_among(query->cases, query->case_count,
                                                             sizeof row->case_id, row->case_id))) {
        return false;
    }
    if (query->exchange_count > 0 &&
        !(row->has_exchange && is_among(query->exchanges, query->exchange_count,
                                        sizeof row->exchange_id, row->exchange_id))) {
        return false;
    }
    if (query->type_count > 0 && !is_type_among(query, row->type)) {
        return false;
    }
    return MATCHES_TEXT(query->item_count, query->items, row->item) &&
           MATCHES_TEXT(query->counterparty_count, query->counterparties, row->counterparty) &&
           MATCHES_TEXT(query->purpose_count, query->purposes, row->purpose);
}

/* ---- the walk ---- */

/* spec ledger.md 9.1: "A cursor is a number: ascending, the page holds rows with index >= cursor;
 * newest first, rows with index < cursor." */
static uint64_t cursor_at(const struct lh_trail_query *query, uint64_t index)
{
    return query->newest_first ? index + 1 : index;
}

struct page {
    struct lh_row *rows;
    size_t count;
    bool has_more;
    uint64_t next;
};

static enum lh_code fill_page(struct lh_walk *walk, size_t budget, struct page *page,
                              struct lh_err *err)
{
    const struct lh_trail_query *query = walk->query;
    struct lh_stream *stream;
    uint64_t rival;

    stream = lh_walk_first(walk, &rival);
    while (stream != NULL) {
        struct lh_row row;

        if (budget == 0) {
            break;
        }
        budget--;
        enum lh_code rc = lh_walk_row(walk, stream, &row, err);
        if (rc != LH_OK) {
            return rc;
        }
        if (is_match(query, &row)) {
            if (page->count == query->limit) {
                break;
            }
            page->rows[page->count++] = row;
        }
        lh_walk_advance(walk, stream, rival);
        if (!lh_walk_is_before(walk, stream->at, rival)) {
            stream = lh_walk_first(walk, &rival);
        }
    }
    page->has_more = stream != NULL;
    if (stream != NULL) {
        page->next = cursor_at(query, stream->at);
    } else {
        page->next = query->newest_first ? 0 : walk->end;
    }
    enum lh_code rc = lh_walk_check(walk, err);
    if (rc == LH_OK && walk->is_damaged) {
        rc = lh_err_set(err, LH_ERR_CORRUPT, "a row of the index is damaged");
    }
    return rc;
}

static enum lh_code check_query(const struct lh_trail_query *query, struct lh_err *err)
{
    const size_t counts[] = { query->staff_count, query->case_count,         query->exchange_count,
                              query->item_count,  query->counterparty_count, query->purpose_count,
                              query->type_count };

    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        if (counts[i] > LH_TRAIL_VALUES_MAX) {
            return lh_err_set(err, LH_ERR_INVALID, "a filter takes at most %d values",
                              LH_TRAIL_VALUES_MAX);
        }
    }
    for (size_t i = 0; i < query->item_count; i++) {
        if (query->items[i][0] == 0) {
            return lh_err_set(err, LH_ERR_INVALID, "an item to look for has no code");
        }
    }
    if (query->limit < 1 || query->limit > LH_TRAIL_PAGE_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "a page takes 1 to %d rows", LH_TRAIL_PAGE_MAX);
    }
    return LH_OK;
}

static void start_range(struct lh_walk *walk, uint64_t size)
{
    const struct lh_trail_query *query = walk->query;

    walk->below = size;
    walk->end = query->after > size ? query->after : size;
    if (!query->newest_first) {
        walk->from = query->after;
    } else if (query->after > 0 && query->after < size) {
        walk->below = query->after;
    }
}

void lh_trail_query_init(struct lh_trail_query *query)
{
    memset(query, 0, sizeof *query);
    query->until_unix_ms = INT64_MAX;
    query->limit = LIMIT_DEFAULT;
}

/* A page of the first `size` leaves; `walk` has the shelf. */
static enum lh_code run(struct lh_walk *walk, uint64_t size, const struct lh_trail_query *query,
                        size_t budget, struct lh_row *rows, struct lh_trail_page *out,
                        struct lh_err *err)
{
    struct page page = { .rows = rows };
    enum lh_code rc = check_query(query, err);

    if (rc != LH_OK) {
        return rc;
    }
    walk->query = query;
    start_range(walk, size);
    if (walk->from < walk->below &&
        (!has_window(query) || query->since_unix_ms < query->until_unix_ms)) {
        rc = open_driver(walk, err);
    }
    if (rc == LH_OK) {
        rc = fill_page(walk, budget == 0 ? BUDGET_DEFAULT : budget, &page, err);
    }
    if (rc == LH_OK) {
        *out = (struct lh_trail_page){ .count = page.count,
                                       .next = page.next,
                                       .has_more = page.has_more };
    }
    lh_walk_clear(walk);
    return rc;
}

enum lh_code lh_trail_run(struct lh_ledger *ledger, const struct lh_trail_query *query,
                          size_t budget, struct lh_row *rows, size_t *out_count, uint64_t *out_next,
                          bool *out_has_more, struct lh_err *err)
{
    struct lh_walk walk = { .shelf = ledger->shelf };
    struct lh_trail_page page;
    struct lh_ledger_head head;
    enum lh_code rc;

    lh_ledger_head(ledger, &head);
    rc = run(&walk, head.size, query, budget, rows, &page, err);
    if (rc == LH_OK) {
        *out_count = page.count;
        *out_next = page.next;
        *out_has_more = page.has_more;
    }
    return rc;
}

/* spec privacy.md 8: "A person is found in the own ledger alone: tags and their key never leave the
 * department." */
enum lh_code lh_copy_view_trail(const struct lh_copy_view *view, const struct lh_trail_query *query,
                                size_t budget, struct lh_row *rows, struct lh_trail_page *out,
                                struct lh_err *err)
{
    struct lh_walk walk = { .shelf = lh_copy_view_shelf(view), .is_bare = true };

    if (query->token_count > 0) {
        return lh_err_set(err, LH_ERR_INVALID, "no copy of a ledger can be searched by person");
    }
    return run(&walk, view->size, query, budget, rows, out, err);
}
