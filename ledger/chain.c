/*
 * The rules of appending.
 *
 *  1. What a block says about itself is compared with what its bytes are: positions, sizes and
 *     roots are always computed from the head and the leaves, never taken from the block.
 *  2. So no rule stands on another one: leaving one out lets its own mistake through and no other
 *     (tests/unit/ledger/test_chain.c shows this for each).
 *  3. A leaf that cannot be read leaves zeros where its header would be, and zeros break rules.
 *  4. No clock, setting or quota of the judge enters the verdict. What he knows of the epochs does:
 *     who knows less may be unable to tell, and never tells the opposite.
 */
#include "ledger/chain.h"

#include "ledger/chain_internal.h"

#include "crypto/base/assert.h"
#include "ledger/epochs.h"

#include <string.h>

/* The first byte of a leaf is the tag of its kind. */
enum { TAG_ENTRY = 0x0a, TAG_HEADER = 0x12 };

static const lhpb_BlockHeader NO_HEADER; /* zeros */

/* A block with everything that can be computed from it and the head it should follow. */
struct judging {
    const struct lh_chain *chain;
    const struct lh_block *block;
    uint64_t header_index;          /* where the header belongs */
    const char *odd_leaf;           /* why a leaf is not canonical; NULL: all are */
    uint64_t odd_index;             /* the first such leaf */
    bool is_misplaced;              /* a leaf is not of the kind its place wants */
    uint64_t misplaced_index;       /* the first such leaf */
    const lhpb_BlockHeader *header; /* zeros when the last leaf is none */
    bool is_epoch_unknown;          /* that the header names */
    const char *odd_epoch;          /* why the epoch is wrong; NULL: it is not, or is unknown */
    struct lh_hash header_hash;
    struct lh_hash pre_root;
    struct lh_hash root;
    struct lh_tree tree;        /* header included */
    const struct lh_note *note; /* NULL: the checkpoint is none */
    bool has_checkpoint;
    struct lh_checkpoint checkpoint; /* zeros when the note has no such text */
    struct lh_err note_err;          /* why there is no note or checkpoint */
    enum lh_code seal;               /* what its seal is worth, where that is asked */
    struct lh_err seal_err;
};

struct rule {
    struct lh_chain_rule named;
    bool (*holds)(const struct judging *judging, struct lh_err *err);
};

static struct lh_bytes text_of(const char *text)
{
    return lh_bytes_of_text(text);
}

static bool refuse(struct lh_err *err, const char *words)
{
    (void)lh_err_set(err, LH_ERR_FORGED, "%s", words);
    return false;
}

static bool is_number(struct lh_err *err, const char *what, uint64_t got, uint64_t want)
{
    if (got != want) {
        (void)lh_err_set(err, LH_ERR_FORGED, "%s is %llu, not %llu", what, (unsigned long long)got,
                         (unsigned long long)want);
    }
    return got == want;
}

static bool is_hash(struct lh_err *err, const char *what, const uint8_t got[LH_HASH_SIZE],
                    const struct lh_hash *want)
{
    if (memcmp(got, want->bytes, LH_HASH_SIZE) != 0) {
        (void)lh_err_set(err, LH_ERR_FORGED, "%s is another hash", what);
        return false;
    }
    return true;
}

/* spec ledger.md 4: "Every leaf is the canonical bytes of a Leaf." */
static bool leaves_are_canonical(const struct judging *judging, struct lh_err *err)
{
    return judging->odd_leaf == NULL || refuse(err, judging->odd_leaf);
}

/* spec ledger.md 4: "The last leaf is a header and every leaf before it is an entry." */
static bool kinds_fit(const struct judging *judging, struct lh_err *err)
{
    if (!judging->is_misplaced) {
        return true;
    }
    return refuse(err, judging->misplaced_index == judging->header_index
                           ? "the last leaf is no header"
                           : "a header stands where an entry belongs");
}

/* spec ledger.md 4: "A block has 1 to 4,096 entries." */
static bool entry_count_is_allowed(const struct judging *judging, struct lh_err *err)
{
    size_t count = judging->block->entry_count;

    if (count < 1 || count > LH_BLOCK_ENTRIES_MAX) {
        (void)lh_err_set(err, LH_ERR_FORGED, "%zu entries; 1 to %d are allowed", count,
                         LH_BLOCK_ENTRIES_MAX);
        return false;
    }
    return true;
}

/* spec ledger.md 4: "The header names the network id of the genesis file." */
static bool network_fits(const struct judging *judging, struct lh_err *err)
{
    return is_hash(err, "the network id", judging->header->network_id, &judging->chain->network_id);
}

/* spec ledger.md 4: "The header names the origin of the ledger it stands in." */
static bool origin_fits(const struct judging *judging, struct lh_err *err)
{
    return strcmp(judging->header->origin, judging->chain->origin) == 0 ||
           refuse(err, "the header is of another ledger");
}

/* spec ledger.md 4: "The header names the epoch of the header before, or one that follows it." */
static bool epoch_fits(const struct judging *judging, struct lh_err *err)
{
    return judging->odd_epoch == NULL || refuse(err, judging->odd_epoch);
}

/* spec ledger.md 4: "The first index is the size of the tree before the block." */
static bool first_fits(const struct judging *judging, struct lh_err *err)
{
    return is_number(err, "the first index", judging->header->first, judging->chain->tree.size);
}

/* spec ledger.md 4: "The count is the number of entries before the header." */
static bool count_fits(const struct judging *judging, struct lh_err *err)
{
    return is_number(err, "the count", judging->header->count, judging->block->entry_count);
}

/* spec ledger.md 4: "The height is one more than the height of the block before; the first is 1."
 */
static bool height_fits(const struct judging *judging, struct lh_err *err)
{
    return is_number(err, "the height", judging->header->height, judging->chain->height + 1);
}

/* spec ledger.md 4: "The previous hash is the leaf hash of the header before; at height 1 it is the
 * network id, or in a later generation the last header of the generation it continues." */
static bool prev_fits(const struct judging *judging, struct lh_err *err)
{
    return is_hash(err, "the previous header", judging->header->prev, &judging->chain->prev);
}

/* spec ledger.md 4: "The pre-root is the root of the tree of every leaf before the header." */
static bool pre_root_fits(const struct judging *judging, struct lh_err *err)
{
    return is_hash(err, "the root over everything before the header", judging->header->pre_root,
                   &judging->pre_root);
}

/* spec ledger.md 4: "The time is above the time of the header before and below 2^63." */
static bool time_rises(const struct judging *judging, struct lh_err *err)
{
    uint64_t time_ms = judging->header->time_ms;

    return (time_ms > judging->chain->time_unix_ms && time_ms <= INT64_MAX) ||
           refuse(err, "the time does not lie after that of the block before");
}

const char *lh_chain_heads_fault(const lhpb_Head *heads, size_t count, const char *origin)
{
    if (count > LH_BLOCK_HEADS_MAX) {
        return "more than 64 heads";
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(heads[i].origin, origin) == 0) {
            return "a head of its own ledger";
        }
        if (heads[i].size == 0) {
            return "a head of size 0";
        }
        if (i > 0 &&
            lh_bytes_compare(text_of(heads[i - 1].origin), text_of(heads[i].origin)) >= 0) {
            return "the heads are not in ascending order";
        }
    }
    return NULL;
}

/* spec ledger.md 4: "The heads are at most 64, strictly ascending by origin, never of its own
 * ledger and never of size 0." */
static bool heads_are_allowed(const struct judging *judging, struct lh_err *err)
{
    const char *fault = lh_chain_heads_fault(judging->header->heads, judging->header->heads_count,
                                             judging->chain->origin);

    return fault == NULL || refuse(err, fault);
}

/* spec ledger.md 4: "The checkpoint is a signed note whose text is three canonical lines, and names
 * this origin." */
static bool checkpoint_is_ours(const struct judging *judging, struct lh_err *err)
{
    if (!judging->has_checkpoint) {
        return refuse(err, judging->note_err.text);
    }
    return strcmp(judging->checkpoint.origin, judging->chain->origin) == 0 ||
           refuse(err, "the checkpoint is of another ledger");
}

/* spec ledger.md 4: "The size of the checkpoint is first + count + 1." */
static bool checkpoint_size_fits(const struct judging *judging, struct lh_err *err)
{
    return is_number(err, "the checkpoint's size", judging->checkpoint.size, judging->tree.size);
}

/* spec ledger.md 4: "The root of the checkpoint is the root of the tree that ends with the header."
 */
static bool checkpoint_root_fits(const struct judging *judging, struct lh_err *err)
{
    return is_hash(err, "the checkpoint's root", judging->checkpoint.root.bytes, &judging->root);
}

/* spec ledger.md 4: "The generation's seal key has signed the checkpoint." */
static bool seal_verifies(const struct judging *judging, struct lh_err *err)
{
    if (judging->note == NULL) {
        return refuse(err, judging->note_err.text);
    }
    return judging->seal == LH_OK || refuse(err, judging->seal_err.text);
}

/* In the order in which they are judged: what a block is, what its header says, what is sealed. */
static const struct rule RULES[] = {
    { { "B01", "leaves are canonical bytes", "叶子字节规范" }, leaves_are_canonical },
    { { "B02", "entries, then one header", "先条目后块头，块头唯一且在末位" }, kinds_fit },
    { { "B03", "1 to 4096 entries", "每块 1 至 4096 条" }, entry_count_is_allowed },
    { { "B04", "header names this network", "块头属于本网络" }, network_fits },
    { { "B05", "header names this ledger", "块头属于本账本" }, origin_fits },
    { { "B06", "epoch is that of the header before or follows it", "纪元与前一块头相同或在其后" },
      epoch_fits },
    { { "B07", "first index follows the block before", "起始序号紧接上一块" }, first_fits },
    { { "B08", "count is the number of entries", "条数与实际相符" }, count_fits },
    { { "B09", "height rises by one", "块高加一" }, height_fits },
    { { "B10", "previous header is the one before", "前块哈希相符" }, prev_fits },
    { { "B11", "root before the header fits the leaves", "块头前的树根相符" }, pre_root_fits },
    { { "B12", "time rises", "时间递增" }, time_rises },
    { { "B13", "heads of other ledgers, in order", "他方账本头有序且不含自身" },
      heads_are_allowed },
    { { "B14", "checkpoint is canonical and of this ledger", "检查点规范且属于本账本" },
      checkpoint_is_ours },
    { { "B15", "checkpoint size ends with the header", "检查点大小止于块头" },
      checkpoint_size_fits },
    { { "B16", "checkpoint root fits the leaves", "检查点树根相符" }, checkpoint_root_fits },
    { { "B17", "seal verifies", "封印签名有效" }, seal_verifies },
};

enum { RULE_COUNT = sizeof RULES / sizeof RULES[0] };

size_t lh_chain_rule_count(void)
{
    return RULE_COUNT;
}

const struct lh_chain_rule *lh_chain_rule_at(size_t index)
{
    lh_assert(index < RULE_COUNT);
    return &RULES[index].named;
}

const struct lh_chain_rule *lh_chain_rule_find(const char *id)
{
    const struct lh_chain_rule *found = NULL;

    for (size_t i = 0; i < RULE_COUNT && found == NULL; i++) {
        found = strcmp(RULES[i].named.id, id) == 0 ? &RULES[i].named : NULL;
    }
    lh_assert(found != NULL);
    return found;
}

enum lh_code lh_chain_init(struct lh_chain *chain, const struct lh_hash *network_id,
                           const char *origin, const struct lh_pubkey *seal_key,
                           const struct lh_hash *prev, struct lh_err *err)
{
    struct lh_chain made = { .network_id = *network_id, .epoch_hash = *network_id, .prev = *prev };
    struct lh_origin parsed;

    enum lh_code rc = lh_origin_parse(&parsed, lh_bytes_of_text(origin), err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_note_key_init(&made.seal, origin, LH_NOTE_LOG, seal_key, err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "seal key of %s", origin);
    }
    lh_origin_format(made.origin, &parsed);
    lh_tree_init(&made.tree);
    *chain = made;
    return LH_OK;
}

static void put_hash(uint8_t out[LH_HASH_SIZE], const struct lh_hash *hash)
{
    memcpy(out, hash->bytes, LH_HASH_SIZE);
}

/* The head after a block whose header leaf has this hash and these claims. */
static void advance(struct lh_chain *out, const struct lh_chain *chain, const struct lh_hash *epoch,
                    const struct lh_tree *tree, const struct lh_hash *header_hash, uint64_t time_ms)
{
    out->network_id = chain->network_id;
    out->epoch_hash = *epoch;
    out->epochs = chain->epochs;
    memcpy(out->origin, chain->origin, sizeof out->origin);
    out->seal = chain->seal;
    out->seal_verifier = chain->seal_verifier;
    out->height = chain->height + 1;
    out->prev = *header_hash;
    out->time_unix_ms = time_ms;
    out->tree = *tree;
}

/* What is wrong with a block that we are about to write; NULL when nothing is. */
static const char *build_fault(const struct lh_chain *chain, size_t entry_count,
                               int64_t time_unix_ms, const lhpb_Head *heads, size_t head_count)
{
    if (entry_count < 1 || entry_count > LH_BLOCK_ENTRIES_MAX) {
        return "a block takes 1 to 4096 entries";
    }
    if (time_unix_ms <= 0 || (uint64_t)time_unix_ms <= chain->time_unix_ms) {
        return "the time does not lie after that of the block before";
    }
    if (chain->tree.size >= LH_TREE_SIZE_MAX - entry_count - 1) {
        return "the ledger is full";
    }
    return lh_chain_heads_fault(heads, head_count, chain->origin);
}

enum lh_code lh_chain_build(const struct lh_chain *chain, struct lh_suite *suite,
                            struct lh_buf *out_header, struct lh_chain *out_next,
                            const struct lh_hash *epoch, const struct lh_bytes *entries,
                            size_t entry_count, int64_t time_unix_ms, const lhpb_Head *heads,
                            size_t head_count, struct lh_err *err)
{
    lhpb_Leaf leaf = { .which_kind = lhpb_Leaf_header_tag };
    lhpb_BlockHeader *header = &leaf.kind.header;
    struct lh_tree tree = chain->tree;
    size_t start = out_header->len;

    lh_assert(out_next != chain);
    const char *fault = build_fault(chain, entry_count, time_unix_ms, heads, head_count);
    if (fault != NULL) {
        return lh_err_set(err, LH_ERR_INVALID, "%s", fault);
    }
    for (size_t i = 0; i < entry_count; i++) {
        struct lh_hash hash = lh_hash_leaf(suite, entries[i]);
        lh_tree_append(&tree, suite, &hash, NULL);
    }
    struct lh_hash pre_root = lh_tree_root(&tree, suite);
    epoch = epoch != NULL ? epoch : &chain->epoch_hash;
    put_hash(header->network_id, &chain->network_id);
    memcpy(header->origin, chain->origin, sizeof header->origin);
    put_hash(header->epoch_hash, epoch);
    header->height = chain->height + 1;
    put_hash(header->prev, &chain->prev);
    header->first = chain->tree.size;
    header->count = (uint32_t)entry_count;
    put_hash(header->pre_root, &pre_root);
    header->time_ms = (uint64_t)time_unix_ms;
    header->heads_count = (pb_size_t)head_count;
    if (head_count > 0) {
        memcpy(header->heads, heads, head_count * sizeof heads[0]);
    }
    enum lh_code rc = lh_leaf_encode(out_header, &leaf, err);
    if (rc != LH_OK) {
        return rc;
    }
    struct lh_hash hash =
        lh_hash_leaf(suite, lh_bytes_of(out_header->data + start, out_header->len - start));
    lh_tree_append(&tree, suite, &hash, NULL);
    advance(out_next, chain, epoch, &tree, &hash, header->time_ms);
    return LH_OK;
}

void lh_chain_checkpoint(const struct lh_chain *chain, struct lh_suite *suite,
                         struct lh_checkpoint *out)
{
    *out = (struct lh_checkpoint){ .size = chain->tree.size };
    memcpy(out->origin, chain->origin, sizeof out->origin);
    out->root = lh_tree_root(&chain->tree, suite);
}

static void note_misplaced(struct judging *judging, uint64_t index)
{
    if (!judging->is_misplaced) {
        judging->is_misplaced = true;
        judging->misplaced_index = index;
    }
}

/*
 * Read one leaf: note whether it is canonical and of the kind its place wants. A leaf that is not
 * canonical still shows its kind in its first byte. LH_ERR_INVALID never leaves from here.
 */
static enum lh_code read_leaf(struct judging *judging, lhpb_Leaf *scratch, uint64_t index,
                              struct lh_bytes bytes, const struct lh_chain_listener *listener,
                              struct lh_err *err)
{
    bool is_last = index == judging->header_index;
    struct lh_err local = LH_ERR_NONE;

    enum lh_code rc = lh_leaf_decode(scratch, bytes, &local);
    if (rc == LH_ERR_INVALID) {
        if (judging->odd_leaf == NULL) {
            judging->odd_leaf = "the bytes of a leaf are not canonical";
            judging->odd_index = index;
        }
        /* A header that cannot be read is none: its fields are not there to be judged. */
        if (is_last || bytes.len == 0 || bytes.data[0] != TAG_ENTRY) {
            note_misplaced(judging, index);
        }
        return LH_OK;
    }
    if (rc != LH_OK) {
        return lh_err_set(err, rc, "%s", local.text);
    }
    if ((scratch->which_kind == lhpb_Leaf_header_tag) != is_last) {
        note_misplaced(judging, index);
    } else if (is_last) {
        judging->header = &scratch->kind.header;
    }
    if (scratch->which_kind == lhpb_Leaf_entry_tag && listener != NULL) {
        listener->entry(listener->arg, index, &scratch->kind.entry);
    }
    return LH_OK;
}

/* Decode and hash every leaf; afterwards tree, roots and header are those of the block's bytes. */
static enum lh_code read_leaves(struct judging *judging, lhpb_Leaf *scratch, struct lh_suite *suite,
                                const struct lh_chain_listener *listener,
                                const struct lh_tree_sink *sink, struct lh_err *err)
{
    const struct lh_block *block = judging->block;
    uint64_t first = judging->chain->tree.size;

    for (size_t i = 0; i <= block->entry_count; i++) {
        enum lh_code rc = read_leaf(judging, scratch, first + i, block->leaves[i], listener, err);
        if (rc != LH_OK) {
            return rc;
        }
        if (i == block->entry_count) {
            judging->pre_root = lh_tree_root(&judging->tree, suite);
        }
        judging->header_hash = lh_hash_leaf(suite, block->leaves[i]);
        lh_tree_append(&judging->tree, suite, &judging->header_hash, sink);
    }
    judging->root = lh_tree_root(&judging->tree, suite);
    return LH_OK;
}

static void read_checkpoint(struct judging *judging, struct lh_note *note)
{
    if (lh_note_parse(note, judging->block->checkpoint, &judging->note_err) != LH_OK) {
        return;
    }
    judging->note = note;
    judging->has_checkpoint =
        lh_checkpoint_parse(&judging->checkpoint, note->text, &judging->note_err) == LH_OK;
}

/* The leaf a broken rule points at: the one that is odd itself, or else the header. */
static uint64_t index_of_fault(const struct judging *judging, const struct rule *rule)
{
    if (rule->holds == leaves_are_canonical) {
        return judging->odd_index;
    }
    if (rule->holds == kinds_fit) {
        return judging->misplaced_index;
    }
    return judging->header_index;
}

static bool is_member(const struct lh_members *members, const char *origin_text)
{
    struct lh_origin origin;

    return lh_origin_parse(&origin, lh_bytes_of_text(origin_text), NULL) == LH_OK &&
           lh_members_find(members, origin.department) != NULL;
}

/* What the epoch that the header names is worth. The one of the header before was judged there. */
static void read_epoch(struct judging *judging)
{
    const struct lh_chain *chain = judging->chain;
    const struct lh_members *members = NULL;
    struct lh_hash named;

    memcpy(named.bytes, judging->header->epoch_hash, sizeof named.bytes);
    bool is_same = lh_hash_is_equal(&named, &chain->epoch_hash);
    if (is_same && chain->height > 0) {
        return;
    }
    if (chain->epochs != NULL) {
        members = lh_epochs_find(chain->epochs, &named);
    }
    if (members == NULL) {
        judging->is_epoch_unknown = !is_same;
    } else if (!is_same && !lh_epochs_is_later(chain->epochs, &named, &chain->epoch_hash)) {
        judging->odd_epoch = "the epoch does not follow that of the header before";
    } else if (!is_member(members, chain->origin)) {
        judging->odd_epoch = "the department is no member in the epoch";
    }
}

/* What the seal is worth. Fails only where that cannot be told. */
static enum lh_code check_seal(struct judging *judging, struct lh_err *err)
{
    const struct lh_chain *chain = judging->chain;

    if (judging->note == NULL) {
        return LH_OK;
    }
    judging->seal = chain->seal_verifier != NULL
                        ? lh_note_verify_with(judging->note, &chain->seal, chain->seal_verifier,
                                              NULL, &judging->seal_err)
                        : lh_note_verify(judging->note, &chain->seal, NULL, &judging->seal_err);
    if (judging->seal != LH_OK && judging->seal != LH_ERR_FORGED &&
        judging->seal != LH_ERR_NOT_FOUND && judging->seal != LH_ERR_INVALID) {
        return lh_err_set(err, judging->seal, "%s", judging->seal_err.text);
    }
    return LH_OK;
}

static bool is_rule(size_t index, bool (*holds)(const struct judging *, struct lh_err *))
{
    return index < RULE_COUNT && RULES[index].holds == holds;
}

static enum lh_code judge(const struct lh_chain *chain, struct lh_suite *suite,
                          const struct lh_block *block, enum lh_seal_check seal, size_t skip_rule,
                          const struct lh_chain_listener *listener, const struct lh_tree_sink *sink,
                          struct lh_chain *out_next, struct lh_chain_verdict *out_verdict,
                          struct lh_err *err)
{
    struct judging judging = { .chain = chain, .block = block, .header = &NO_HEADER };
    lhpb_Leaf scratch; /* each leaf in turn, the header last */
    struct lh_note note;

    lh_assert(out_next != chain);
    if (chain->tree.size >= LH_TREE_SIZE_MAX - block->entry_count - 1) {
        return lh_err_set(err, LH_ERR_LIMIT, "the ledger is full");
    }
    judging.header_index = chain->tree.size + block->entry_count;
    judging.tree = chain->tree;
    enum lh_code rc = read_leaves(&judging, &scratch, suite, listener, sink, err);
    if (rc != LH_OK) {
        return rc;
    }
    read_epoch(&judging);
    read_checkpoint(&judging, listener != NULL ? listener->note : &note);
    rc = seal == LH_SEAL_VERIFY ? check_seal(&judging, err) : LH_OK;
    if (rc != LH_OK) {
        return rc;
    }
    for (size_t i = 0; i < RULE_COUNT; i++) {
        const struct rule *rule = &RULES[i];
        bool is_left_out = i == skip_rule || (seal == LH_SEAL_SKIP && rule->holds == seal_verifies);
        if (is_left_out || rule->holds(&judging, err)) {
            continue;
        }
        out_verdict->rule = &rule->named;
        out_verdict->index = index_of_fault(&judging, rule);
        return lh_err_wrap(err, LH_ERR_FORGED, "%s (%s), leaf %llu", rule->named.id,
                           rule->named.title, (unsigned long long)out_verdict->index);
    }
    *out_verdict = (struct lh_chain_verdict){ .rule = NULL, .index = 0 };
    bool is_unknown = judging.is_epoch_unknown && !is_rule(skip_rule, epoch_fits);
    if (listener != NULL) {
        *listener->is_epoch_unknown = is_unknown;
    } else if (is_unknown) {
        /* spec ledger.md 4: "A judge who does not know the epoch that a header names cannot tell"
         */
        return lh_err_set(err, LH_ERR_UNKNOWN, "the epoch of leaf %llu is not known",
                          (unsigned long long)judging.header_index);
    }
    if (out_next != NULL) {
        struct lh_hash epoch;

        memcpy(epoch.bytes, judging.header->epoch_hash, sizeof epoch.bytes);
        advance(out_next, chain, &epoch, &judging.tree, &judging.header_hash,
                judging.header->time_ms);
    }
    return LH_OK;
}

enum lh_code lh_chain_judge(const struct lh_chain *chain, struct lh_suite *suite,
                            const struct lh_block *block, enum lh_seal_check seal, size_t skip_rule,
                            const struct lh_tree_sink *sink, struct lh_chain *out_next,
                            struct lh_chain_verdict *out_verdict, struct lh_err *err)
{
    return judge(chain, suite, block, seal, skip_rule, NULL, sink, out_next, out_verdict, err);
}

enum lh_code lh_chain_judge_heard(const struct lh_chain *chain, struct lh_suite *suite,
                                  const struct lh_block *block, enum lh_seal_check seal,
                                  const struct lh_chain_listener *listener,
                                  struct lh_chain *out_next, struct lh_chain_verdict *out_verdict,
                                  struct lh_err *err)
{
    return judge(chain, suite, block, seal, SIZE_MAX, listener, NULL, out_next, out_verdict, err);
}
