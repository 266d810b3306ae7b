#include "tests/support/breaker.h"

#include "crypto/base/assert.h"

#include <string.h>

/* A block while it is being broken. */
struct draft {
    const struct lh_chain *after;
    struct lh_buf leaves[LH_BREAKER_LEAVES_MAX];
    size_t count; /* the header, the last of them, included */
    lhpb_Leaf header;
};

/* `edit` changes leaves or the header; `seal` changes the header once its pre-root is right. */
struct way {
    const char *name;
    const char *rule;
    size_t shown;
    void (*edit)(struct draft *draft);
    void (*seal)(lhpb_BlockHeader *header);
};

static void must(enum lh_code rc)
{
    lh_assert(rc == LH_OK);
}

static void put_leaf(struct draft *draft, size_t at, struct lh_bytes bytes)
{
    lh_buf_reset(&draft->leaves[at]);
    lh_buf_add(&draft->leaves[at], bytes);
}

static lhpb_BlockHeader *header_of(struct draft *draft)
{
    return &draft->header.kind.header;
}

/* ---- leaves ---- */

static void lengthen_a_leaf(struct draft *draft)
{
    lh_buf_add_u8(&draft->leaves[1], 0);
}

static void garble_the_header(struct draft *draft)
{
    put_leaf(draft, draft->count - 1, lh_bytes_of_text("no leaf at all"));
    draft->header.which_kind = 0;
}

static void drop_the_header(struct draft *draft)
{
    draft->count--;
    draft->header.which_kind = 0;
}

/* A header that closes a good block, among the entries of the next header. */
static void close_twice(struct draft *draft)
{
    static lhpb_Leaf copy;

    copy = draft->header;
    copy.kind.header.count = 1;
    lh_buf_reset(&draft->leaves[1]);
    must(lh_leaf_encode(&draft->leaves[1], &copy, NULL));
}

static void repeat_the_header(struct draft *draft)
{
    lh_buf_reset(&draft->leaves[1]);
    must(lh_leaf_encode(&draft->leaves[1], &draft->header, NULL));
}

static void drop_the_entries(struct draft *draft)
{
    put_leaf(draft, 0, lh_buf_bytes(&draft->leaves[draft->count - 1]));
    draft->count = 1;
    header_of(draft)->count = 0;
}

/* ---- headers ---- */

static void count_too_many(struct draft *draft)
{
    header_of(draft)->count = LH_BLOCK_ENTRIES_MAX + 1;
}

static void other_network(struct draft *draft)
{
    header_of(draft)->network_id[3] ^= 1;
}

static void other_origin(struct draft *draft)
{
    strcpy(header_of(draft)->origin, "jinhua/sjj/9");
}

static void other_epoch(struct draft *draft)
{
    header_of(draft)->epoch_hash[0] ^= 1;
}

static void first_beyond_all(struct draft *draft)
{
    header_of(draft)->first += draft->count;
}

static void first_too_high(struct draft *draft)
{
    header_of(draft)->first++;
    header_of(draft)->count--;
}

static void first_too_low(struct draft *draft)
{
    header_of(draft)->first--;
    header_of(draft)->count++;
}

static void first_is_zero(struct draft *draft)
{
    header_of(draft)->count += (uint32_t)header_of(draft)->first;
    header_of(draft)->first = 0;
}

static void count_too_low(struct draft *draft)
{
    header_of(draft)->count--;
}

static void height_skips(struct draft *draft)
{
    header_of(draft)->height++;
}

static void other_prev(struct draft *draft)
{
    header_of(draft)->prev[31] ^= 1;
}

static void other_pre_root(lhpb_BlockHeader *header)
{
    header->pre_root[9] ^= 1;
}

static void time_stands(struct draft *draft)
{
    header_of(draft)->time_ms = draft->after->time_unix_ms;
}

static void time_beyond_all(struct draft *draft)
{
    header_of(draft)->time_ms = (uint64_t)INT64_MAX + 1;
}

static void add_head(struct draft *draft, const char *origin, uint64_t size)
{
    lhpb_BlockHeader *header = header_of(draft);
    lhpb_Head *head = &header->heads[header->heads_count++];

    strcpy(head->origin, origin);
    head->size = size;
    memset(head->root, 7, sizeof head->root);
}

static void heads_hold_own(struct draft *draft)
{
    add_head(draft, draft->after->origin, 3);
}

static void heads_hold_empty(struct draft *draft)
{
    add_head(draft, "jinhua/zrj/1", 0);
}

static void heads_descend(struct draft *draft)
{
    add_head(draft, "jinhua/zrj/1", 3);
    add_head(draft, "jinhua/ybj/1", 3);
}

/* ---- the ways ---- */

static const struct way LATER[] = {
    { "a leaf of a byte too many", "B01", 1, lengthen_a_leaf, NULL },
    { "a last leaf that is none", "B01", 1, garble_the_header, NULL },
    { "no header", "B02", 1, drop_the_header, NULL },
    { "a header among the entries", "B02", 2, close_twice, NULL },
    { "the header among the entries", "B08", 1, repeat_the_header, NULL },
    { "no entries", "B03", 1, drop_the_entries, NULL },
    { "a count above 4096", "B03", 1, count_too_many, NULL },
    { "another network", "B04", 1, other_network, NULL },
    { "another ledger", "B05", 1, other_origin, NULL },
    { "another epoch", NULL, 0, other_epoch, NULL },
    { "a block that begins behind its header", "B07", 1, first_beyond_all, NULL },
    { "a block that begins behind an entry", "B07", 2, first_too_high, NULL },
    { "a block that begins with the header before", "B02", 2, first_too_low, NULL },
    { "a count too low", "B08", 1, count_too_low, NULL },
    { "a later block that calls itself the first", "B09", 1, first_is_zero, NULL },
    { "a height that skips", "B09", 2, height_skips, NULL },
    { "another header before", "B10", 2, other_prev, NULL },
    { "another root before", "B11", 1, NULL, other_pre_root },
    { "a time that stands", "B12", 2, time_stands, NULL },
    { "a time beyond all", "B12", 1, time_beyond_all, NULL },
    { "a head of its own", "B13", 1, heads_hold_own, NULL },
    { "a head of no leaves", "B13", 1, heads_hold_empty, NULL },
    { "heads in another order", "B13", 1, heads_descend, NULL },
};

static const struct way FIRST[] = {
    { "the first block without a header", "B02", 1, drop_the_header, NULL },
    { "a height above 1", "B09", 1, height_skips, NULL },
    { "another beginning than its GENERATION names", "B10", 2, other_prev, NULL },
    { "another root before", "B11", 1, NULL, other_pre_root },
    { "a count too low", "B08", 1, count_too_low, NULL },
};

size_t lh_breaker_count(bool is_first)
{
    return is_first ? sizeof FIRST / sizeof FIRST[0] : sizeof LATER / sizeof LATER[0];
}

/* ---- sealing ---- */

static void take_apart(struct draft *out, const struct lh_chain *after, const struct lh_block *good)
{
    lh_assert(good->entry_count < LH_BREAKER_LEAVES_MAX);
    memset(out, 0, sizeof *out);
    out->after = after;
    out->count = good->entry_count + 1;
    for (size_t i = 0; i < out->count; i++) {
        put_leaf(out, i, good->leaves[i]);
    }
    must(lh_leaf_decode(&out->header, good->leaves[good->entry_count], NULL));
}

static void append_leaf(struct lh_tree *tree, struct lh_suite *suite, const struct lh_buf *leaf)
{
    struct lh_hash hash = lh_hash_leaf(suite, lh_buf_bytes(leaf));

    lh_tree_append(tree, suite, &hash, NULL);
}

/* The header over the leaves as they are now, and the tree that ends with it. */
static void close_block(struct draft *draft, struct lh_suite *suite, const struct way *way,
                        struct lh_tree *tree)
{
    struct lh_buf *last = &draft->leaves[draft->count - 1];

    for (size_t i = 0; i + 1 < draft->count; i++) {
        append_leaf(tree, suite, &draft->leaves[i]);
    }
    if (draft->header.which_kind == lhpb_Leaf_header_tag) {
        struct lh_hash root = lh_tree_root(tree, suite);

        memcpy(header_of(draft)->pre_root, root.bytes, sizeof root.bytes);
        if (way->seal != NULL) {
            way->seal(header_of(draft));
        }
        lh_buf_reset(last);
        must(lh_leaf_encode(last, &draft->header, NULL));
    }
    append_leaf(tree, suite, last);
}

void lh_breaker_make(struct lh_broken *out, const struct lh_town *town, size_t who,
                     const struct lh_chain *after, const struct lh_block *good, size_t which)
{
    const struct way *way = after->tree.size == 0 ? &FIRST[which] : &LATER[which];
    struct lh_suite *suite = lh_town_suite(town);
    struct lh_tree tree = after->tree;
    static struct draft draft;
    size_t start = 0;

    lh_assert(which < lh_breaker_count(after->tree.size == 0));
    memset(out, 0, sizeof *out);
    out->name = way->name;
    out->rule = way->rule;
    out->shown = way->shown;
    take_apart(&draft, after, good);
    if (way->edit != NULL) {
        way->edit(&draft);
    }
    close_block(&draft, suite, way, &tree);
    for (size_t i = 0; i < draft.count; i++) {
        lh_buf_add(&out->bytes, lh_buf_bytes(&draft.leaves[i]));
    }
    for (size_t i = 0; i < draft.count; i++) {
        out->leaves[i] = lh_bytes_of(out->bytes.data + start, draft.leaves[i].len);
        start += draft.leaves[i].len;
    }
    memcpy(out->head.origin, after->origin, sizeof out->head.origin);
    out->head.size = tree.size;
    out->head.root = lh_tree_root(&tree, suite);
    lh_town_sign(town, who, &out->head, &out->checkpoint);
    out->made.block = (struct lh_block){ .leaves = out->leaves,
                                         .entry_count = draft.count - 1,
                                         .checkpoint = lh_buf_bytes(&out->checkpoint) };
    out->made.next = *after;
    out->made.next.height++;
    out->made.next.time_unix_ms++;
    out->made.next.prev = lh_hash_leaf(suite, out->leaves[draft.count - 1]);
    out->made.next.tree = tree;
    for (size_t i = 0; i < LH_BREAKER_LEAVES_MAX; i++) {
        lh_buf_clear(&draft.leaves[i]);
    }
}

void lh_broken_clear(struct lh_broken *broken)
{
    lh_buf_clear(&broken->bytes);
    lh_buf_clear(&broken->checkpoint);
}
