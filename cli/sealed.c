#include "cli/sealed.h"

#include "crypto/base/assert.h"

#include <stdlib.h>
#include <string.h>

enum { LEAVES_MAX = LH_BLOCK_ENTRIES_MAX + 1 };

/* Where in a buffer a piece stands; the buffer may still move. */
struct span {
    size_t start;
    size_t len;
};

struct lh_sealed {
    uint64_t first; /* index of the first leaf */
    size_t leaf_count;
    bool is_whole;
    struct lh_buf bytes; /* leaves, one behind the other */
    struct lh_buf parts;
    struct lh_buf checkpoint;
    struct span leaves[LEAVES_MAX];
    struct span spans[LH_BLOCK_ENTRIES_MAX]; /* in `parts`, by entry; len 0: none */
    struct lh_bytes leaf_views[LEAVES_MAX];
    struct lh_bytes part_views[LH_BLOCK_ENTRIES_MAX];
};

enum lh_code lh_sealed_new(struct lh_sealed **out, struct lh_err *err)
{
    struct lh_sealed *sealed = calloc(1, sizeof *sealed);

    if (sealed == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory for a block");
    }
    *out = sealed;
    return LH_OK;
}

void lh_sealed_free(struct lh_sealed *sealed)
{
    if (sealed == NULL) {
        return;
    }
    lh_buf_clear(&sealed->bytes);
    lh_buf_clear(&sealed->parts);
    lh_buf_clear(&sealed->checkpoint);
    free(sealed);
}

static void empty(struct lh_sealed *sealed, uint64_t first)
{
    sealed->first = first;
    sealed->leaf_count = 0;
    sealed->is_whole = false;
    lh_buf_reset(&sealed->bytes);
    lh_buf_reset(&sealed->parts);
    lh_buf_reset(&sealed->checkpoint);
    memset(sealed->spans, 0, sizeof sealed->spans);
}

void lh_sealed_begin(struct lh_sealed *sealed)
{
    empty(sealed, 0);
}

void lh_sealed_next(struct lh_sealed *sealed)
{
    empty(sealed, sealed->first + sealed->leaf_count);
}

enum lh_code lh_sealed_add_leaf(struct lh_sealed *sealed, struct lh_bytes leaf, struct lh_err *err)
{
    lh_assert(!sealed->is_whole);
    if (sealed->leaf_count == LEAVES_MAX) {
        return lh_err_set(err, LH_ERR_LIMIT, "a block of more than 4096 entries");
    }
    sealed->leaves[sealed->leaf_count++] =
        (struct span){ .start = sealed->bytes.len, .len = leaf.len };
    lh_buf_add(&sealed->bytes, leaf);
    return lh_buf_check(&sealed->bytes, err);
}

enum lh_code lh_sealed_close(struct lh_sealed *sealed, struct lh_bytes checkpoint,
                             struct lh_err *err)
{
    lh_assert(!sealed->is_whole);
    sealed->is_whole = true;
    lh_buf_add(&sealed->checkpoint, checkpoint);
    return lh_buf_check(&sealed->checkpoint, err);
}

enum lh_code lh_sealed_add_private(struct lh_sealed *sealed, struct lh_bytes content,
                                   struct lh_err *err)
{
    struct lh_reader in = lh_reader_of(content);
    uint64_t index = lh_read_u64(&in);
    uint64_t at = index - sealed->first;

    if (in.failed || !sealed->is_whole || index < sealed->first || at + 1 >= sealed->leaf_count) {
        return lh_err_set(err, LH_ERR_FORGED, "a private part of no entry of its block");
    }
    if (sealed->spans[at].len > 0) {
        return LH_OK;
    }
    sealed->spans[at] = (struct span){ .start = sealed->parts.len, .len = in.rest.len };
    lh_buf_add(&sealed->parts, in.rest);
    return lh_buf_check(&sealed->parts, err);
}

bool lh_sealed_is_whole(const struct lh_sealed *sealed)
{
    return sealed->is_whole;
}

static struct lh_bytes view(const struct lh_buf *buf, struct span span)
{
    return span.len == 0 ? LH_BYTES_EMPTY : lh_bytes_of(buf->data + span.start, span.len);
}

void lh_sealed_get(struct lh_sealed *sealed, struct lh_ledger_sealed *out)
{
    lh_assert(sealed->is_whole);
    lh_assert(sealed->leaf_count > 0);
    for (size_t i = 0; i < sealed->leaf_count; i++) {
        sealed->leaf_views[i] = view(&sealed->bytes, sealed->leaves[i]);
    }
    for (size_t i = 0; i + 1 < sealed->leaf_count; i++) {
        sealed->part_views[i] = view(&sealed->parts, sealed->spans[i]);
    }
    *out = (struct lh_ledger_sealed){
        .block = { .leaves = sealed->leaf_views,
                   .entry_count = sealed->leaf_count - 1,
                   .checkpoint = lh_buf_bytes(&sealed->checkpoint) },
        .private_parts = sealed->part_views,
    };
}
