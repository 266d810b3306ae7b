/*
 * Streams: the entries of one value of one dimension, in record order, either way.
 *
 *  1. A stream stands at its next entry (`at`) inside a run [first, first + count); rows that are
 *     no runs are runs of one.
 *  2. Streams share cursors when there are many of them. A cursor knows whose position it has; a
 *     stream that finds another one's there seeks to its own place again.
 *  3. A stream that leaves [from, below) is dry. Runs of a day that lie outside the window asked
 *     for are passed over without looking at their entries.
 */
#include "ledger/trail_internal.h"

#include "crypto/base/assert.h"

#include <inttypes.h>
#include <stdlib.h>

/* A walk by subject has no streams but those, so its cursors never change their table. */
static enum lh_code open_cursor(const struct lh_walk *walk, struct lh_cursor *cursor,
                                enum lh_dimension dimension, struct lh_err *err)
{
    enum lh_table table = dimension == LH_DIMENSION_SUBJECT ? LH_TABLE_VAULT : LH_TABLE_INDEX;

    cursor->user = NULL;
    if (cursor->iter != NULL) {
        return LH_OK;
    }
    return lh_store_iter_new(&cursor->iter, walk->shelf.store, table, err);
}

/* How many entries the run under the cursor stands for, and whether any can lie in the window. */
static void read_run(const struct lh_walk *walk, struct lh_stream *stream, struct lh_bytes value)
{
    const struct lh_trail_query *query = walk->query;
    struct lh_reader in = lh_reader_of(value);

    stream->count = 1;
    stream->is_outside = false;
    if (stream->dimension == LH_DIMENSION_RECORD) {
        stream->count = lh_read_u8(&in);
    } else if (lh_dimension_is_run(stream->dimension)) {
        stream->count = lh_read_u32(&in);
        int64_t earliest = (int64_t)lh_read_u64(&in);
        int64_t latest = (int64_t)lh_read_u64(&in);
        stream->is_outside = latest < query->since_unix_ms || earliest >= query->until_unix_ms;
    }
    if (in.failed) {
        stream->count = 0;
    }
}

/* Take the run under the cursor; false when the cursor has left the stream. */
static bool take_run(struct lh_walk *walk, struct lh_stream *stream)
{
    struct lh_store_iter *iter = stream->cursor->iter;

    stream->cursor->user = stream;
    if (!lh_store_iter_is_valid(iter) ||
        !lh_keys_position(&stream->first, lh_store_iter_key(iter), &stream->prefix)) {
        return false;
    }
    read_run(walk, stream, lh_store_iter_value(iter));
    if (stream->count == 0) {
        walk->is_damaged = true;
        return false;
    }
    return true;
}

/* The run under the cursor, or the next one that can hold entries of the window. */
static bool skip_forth(struct lh_walk *walk, struct lh_stream *stream)
{
    while (stream->is_outside) {
        lh_store_iter_next(stream->cursor->iter);
        if (!take_run(walk, stream)) {
            return false;
        }
    }
    return true;
}

static bool skip_back(struct lh_walk *walk, struct lh_stream *stream)
{
    while (stream->is_outside) {
        lh_store_iter_prev(stream->cursor->iter);
        if (!take_run(walk, stream)) {
            return false;
        }
    }
    return true;
}

/* To the last run that starts at or before `index`. */
static bool seek_run_back(struct lh_walk *walk, struct lh_stream *stream, uint64_t index)
{
    struct lh_store_key key = lh_keys_index(&stream->prefix, index);

    lh_store_iter_seek_back(stream->cursor->iter, lh_store_key_bytes(&key));
    return take_run(walk, stream);
}

static bool seek_run(struct lh_walk *walk, struct lh_stream *stream, uint64_t index)
{
    struct lh_store_key key = lh_keys_index(&stream->prefix, index);

    lh_store_iter_seek(stream->cursor->iter, lh_store_key_bytes(&key));
    return take_run(walk, stream);
}

static void keep_in_range(const struct lh_walk *walk, struct lh_stream *stream)
{
    if (stream->at >= walk->below || stream->at < walk->from) {
        stream->at = LH_TRAIL_DRY;
    }
}

/* To the first entry >= bound. */
static void seek_forth(struct lh_walk *walk, struct lh_stream *stream, uint64_t bound)
{
    bool is_found = lh_dimension_is_run(stream->dimension) && seek_run_back(walk, stream, bound) &&
                    bound - stream->first < stream->count;

    if ((is_found || seek_run(walk, stream, bound)) && skip_forth(walk, stream)) {
        stream->at = stream->first > bound ? stream->first : bound;
    } else {
        stream->at = LH_TRAIL_DRY;
    }
    keep_in_range(walk, stream);
}

/* To the last entry < bound. */
static void seek_back(struct lh_walk *walk, struct lh_stream *stream, uint64_t bound)
{
    if (bound > 0 && seek_run_back(walk, stream, bound - 1) && skip_back(walk, stream)) {
        uint64_t last = stream->first + stream->count - 1;
        stream->at = last < bound ? last : bound - 1;
    } else {
        stream->at = LH_TRAIL_DRY;
    }
    keep_in_range(walk, stream);
}

static void step_forth(struct lh_walk *walk, struct lh_stream *stream)
{
    uint64_t end = stream->first + stream->count;

    if (stream->at + 1 < end) {
        stream->at++;
    } else if (stream->cursor->user != stream) {
        seek_forth(walk, stream, end);
        return;
    } else {
        lh_store_iter_next(stream->cursor->iter);
        stream->at =
            take_run(walk, stream) && skip_forth(walk, stream) ? stream->first : LH_TRAIL_DRY;
    }
    keep_in_range(walk, stream);
}

static void step_back(struct lh_walk *walk, struct lh_stream *stream)
{
    if (stream->at > stream->first) {
        stream->at--;
    } else if (stream->cursor->user != stream) {
        seek_back(walk, stream, stream->first);
        return;
    } else {
        lh_store_iter_prev(stream->cursor->iter);
        stream->at = take_run(walk, stream) && skip_back(walk, stream)
                         ? stream->first + stream->count - 1
                         : LH_TRAIL_DRY;
    }
    keep_in_range(walk, stream);
}

static void start_stream(struct lh_walk *walk, struct lh_stream *stream)
{
    if (walk->query->newest_first) {
        seek_back(walk, stream, walk->below);
    } else {
        seek_forth(walk, stream, walk->from);
    }
}

enum lh_code lh_walk_add(struct lh_walk *walk, enum lh_dimension dimension,
                         const struct lh_store_key *prefix, struct lh_err *err)
{
    size_t at = walk->stream_count;

    lh_assert(at < walk->stream_room);
    struct lh_cursor *cursor = &walk->cursors[at % LH_TRAIL_CURSORS];
    enum lh_code rc = open_cursor(walk, cursor, dimension, err);
    if (rc != LH_OK) {
        return rc;
    }
    walk->streams[at] =
        (struct lh_stream){ .prefix = *prefix, .dimension = dimension, .cursor = cursor };
    walk->stream_count++;
    start_stream(walk, &walk->streams[at]);
    return LH_OK;
}

enum lh_code lh_walk_make_room(struct lh_walk *walk, size_t count, struct lh_err *err)
{
    walk->stream_count = 0;
    if (count <= walk->stream_room) {
        return LH_OK;
    }
    free(walk->streams);
    walk->streams = calloc(count, sizeof *walk->streams);
    walk->stream_room = walk->streams == NULL ? 0 : count;
    return walk->streams != NULL ? LH_OK : lh_err_set(err, LH_ERR_NOMEM, "no memory for a trail");
}

/* Does entry `a` come before entry `b`? LH_TRAIL_DRY comes last. */
bool lh_walk_is_before(const struct lh_walk *walk, uint64_t a, uint64_t b)
{
    if (a == LH_TRAIL_DRY || b == LH_TRAIL_DRY) {
        return a != LH_TRAIL_DRY;
    }
    return walk->query->newest_first ? a > b : a < b;
}

/* The stream whose next entry comes first; NULL when all are dry. `out_rival`: the second one's. */
struct lh_stream *lh_walk_first(const struct lh_walk *walk, uint64_t *out_rival)
{
    struct lh_stream *best = NULL;
    uint64_t best_at = LH_TRAIL_DRY;

    *out_rival = LH_TRAIL_DRY;
    for (size_t i = 0; i < walk->stream_count; i++) {
        struct lh_stream *stream = &walk->streams[i];

        if (lh_walk_is_before(walk, stream->at, best_at)) {
            *out_rival = best_at;
            best_at = stream->at;
            best = stream;
        } else if (lh_walk_is_before(walk, stream->at, *out_rival)) {
            *out_rival = stream->at;
        }
    }
    return best;
}

/* The value under a stream's cursor, which another stream may have borrowed meanwhile. */
static struct lh_bytes stream_value(struct lh_walk *walk, struct lh_stream *stream)
{
    if (stream->cursor->user != stream) {
        seek_run(walk, stream, stream->first);
    }
    return lh_store_iter_is_valid(stream->cursor->iter) ? lh_store_iter_value(stream->cursor->iter)
                                                        : LH_BYTES_EMPTY;
}

/* The packed rows around `index`. */
static enum lh_code find_record(struct lh_walk *walk, uint64_t index, struct lh_err *err)
{
    struct lh_stream *record = &walk->record_stream;

    if (walk->record.user == record && index >= record->first &&
        index - record->first < record->count) {
        return LH_OK;
    }
    if (walk->record.iter == NULL) {
        enum lh_code rc = open_cursor(walk, &walk->record, LH_DIMENSION_RECORD, err);
        if (rc != LH_OK) {
            return rc;
        }
        *record = (struct lh_stream){ .dimension = LH_DIMENSION_RECORD, .cursor = &walk->record };
        record->prefix =
            lh_keys_index_prefix(walk->shelf.number, LH_DIMENSION_RECORD, LH_BYTES_EMPTY);
    }
    if (!seek_run_back(walk, record, index) || index - record->first >= record->count) {
        walk->is_damaged = true;
    }
    return LH_OK;
}

enum lh_code lh_walk_check(const struct lh_walk *walk, struct lh_err *err)
{
    for (size_t i = 0; i < LH_TRAIL_CURSORS; i++) {
        enum lh_code rc =
            walk->cursors[i].iter == NULL ? LH_OK : lh_store_iter_check(walk->cursors[i].iter, err);
        if (rc != LH_OK) {
            return rc;
        }
    }
    return walk->record.iter == NULL ? LH_OK : lh_store_iter_check(walk->record.iter, err);
}

/* Where the index carries no rows. */
static enum lh_code cut_row(struct lh_walk *walk, uint64_t index, struct lh_row *out,
                            struct lh_err *err)
{
    enum lh_code rc = lh_shelf_leaf(&walk->shelf, index, &walk->leaf, err);

    return rc == LH_OK ? lh_row_cut(out, index, lh_buf_bytes(&walk->leaf), err) : rc;
}

enum lh_code lh_walk_row(struct lh_walk *walk, struct lh_stream *stream, struct lh_row *out,
                         struct lh_err *err)
{
    struct lh_bytes bytes = LH_BYTES_EMPTY;
    uint64_t index = stream->at;
    enum lh_code rc = LH_OK;

    if (walk->is_bare) {
        return cut_row(walk, index, out, err);
    }
    if (lh_dimension_is_covering(stream->dimension)) {
        bytes = stream_value(walk, stream);
    } else if (stream->dimension == LH_DIMENSION_RECORD) {
        walk->is_damaged |=
            !lh_trail_find_packed(stream_value(walk, stream), index - stream->first, &bytes);
    } else {
        rc = find_record(walk, index, err);
        walk->is_damaged |= rc == LH_OK && !walk->is_damaged &&
                            !lh_trail_find_packed(stream_value(walk, &walk->record_stream),
                                                  index - walk->record_stream.first, &bytes);
    }
    if (rc != LH_OK) {
        return rc;
    }
    if (walk->is_damaged || lh_row_decode(out, bytes, NULL) != LH_OK) {
        rc = lh_walk_check(walk, err); /* a failing disk looks like a missing row */
        if (rc != LH_OK) {
            return rc;
        }
        return lh_err_set(err, LH_ERR_CORRUPT, "the index row of entry %" PRIu64 " is damaged",
                          index);
    }
    out->index = index;
    return LH_OK;
}

static void step(struct lh_walk *walk, struct lh_stream *stream)
{
    if (walk->query->newest_first) {
        step_back(walk, stream);
    } else {
        step_forth(walk, stream);
    }
}

/* Past the entry that was looked at, in every stream that has it: a value may be asked for twice.
 */
void lh_walk_advance(struct lh_walk *walk, struct lh_stream *stream, uint64_t rival)
{
    uint64_t taken = stream->at;

    step(walk, stream);
    for (size_t i = 0; rival == taken && i < walk->stream_count; i++) {
        if (walk->streams[i].at == taken) {
            step(walk, &walk->streams[i]);
        }
    }
}

void lh_walk_clear(struct lh_walk *walk)
{
    for (size_t i = 0; i < LH_TRAIL_CURSORS; i++) {
        lh_store_iter_free(walk->cursors[i].iter);
    }
    lh_store_iter_free(walk->record.iter);
    lh_buf_clear(&walk->leaf);
    free(walk->streams);
}
