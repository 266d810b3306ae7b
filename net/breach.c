/*
 * What a head and one or two leaves show.
 *
 *  1. Every check is true of no leaves of a ledger that keeps the rules, whichever of them are
 *     shown: a header says itself where its block begins, and what it says is what is compared.
 *  2. A leaf counts only where its proof leads to the head.
 *  3. How the leaves were cut into blocks when they travelled is nowhere looked at: blocks under
 *     the seal of a later one are good.
 */
#include "net/breach.h"

#include "ledger/generation.h"

#include "crypto/base/assert.h"

#include <stdlib.h>
#include <string.h>

/* A leaf read: neither entry nor header where its bytes are not canonical. */
struct read_leaf {
    uint64_t index;
    struct lh_hash hash;
    bool is_canonical;
    const lhpb_BlockHeader *header; /* NULL: it is none */
    lhpb_Leaf leaf;
};

/* What is shown: the leaf that breaks a rule, and one below it. */
struct shown {
    const struct lh_checkpoint *head;
    struct lh_hash network_id;
    struct read_leaf at;
    struct read_leaf below;
    bool has_prev;         /* the lower leaf is the first of the ledger and names */
    struct lh_hash prev;   /* what stands before the first header */
    struct lh_hash before; /* the root of what stands before `at`, where it is the head's last */
};

/* ---- one leaf ---- */

static bool is_last(const struct shown *shown)
{
    return shown->at.index == shown->head->size - 1;
}

static bool is_not_canonical(const struct shown *shown)
{
    return !shown->at.is_canonical;
}

static bool ends_with_an_entry(const struct shown *shown)
{
    return shown->at.is_canonical && shown->at.header == NULL && is_last(shown);
}

static bool has_bad_count(const struct shown *shown)
{
    const lhpb_BlockHeader *header = shown->at.header;

    return header != NULL && (header->count < 1 || header->count > LH_BLOCK_ENTRIES_MAX);
}

static bool is_of_another_network(const struct shown *shown)
{
    const lhpb_BlockHeader *header = shown->at.header;

    return header != NULL &&
           memcmp(header->network_id, shown->network_id.bytes, sizeof header->network_id) != 0;
}

static bool is_of_another_ledger(const struct shown *shown)
{
    const lhpb_BlockHeader *header = shown->at.header;

    return header != NULL && strcmp(header->origin, shown->head->origin) != 0;
}

static bool begins_after_itself(const struct shown *shown)
{
    const lhpb_BlockHeader *header = shown->at.header;

    return header != NULL && header->first > shown->at.index;
}

static bool counts_wrong(const struct shown *shown)
{
    const lhpb_BlockHeader *header = shown->at.header;

    return header != NULL && header->first <= shown->at.index &&
           header->count != shown->at.index - header->first;
}

static bool begins_at_another_height(const struct shown *shown)
{
    const lhpb_BlockHeader *header = shown->at.header;

    return header != NULL && header->first == 0 && header->height != 1;
}

static bool has_another_root_before(const struct shown *shown)
{
    const lhpb_BlockHeader *header = shown->at.header;

    return header != NULL && is_last(shown) &&
           memcmp(header->pre_root, shown->before.bytes, sizeof header->pre_root) != 0;
}

static bool has_no_time(const struct shown *shown)
{
    const lhpb_BlockHeader *header = shown->at.header;

    return header != NULL && (header->time_ms == 0 || header->time_ms > INT64_MAX);
}

static bool has_bad_heads(const struct shown *shown)
{
    const lhpb_BlockHeader *header = shown->at.header;

    return header != NULL &&
           lh_chain_heads_fault(header->heads, header->heads_count, shown->head->origin) != NULL;
}

/* ---- two leaves, of which the higher is a header ---- */

/* The lower leaf is the last before the block. */
static bool is_right_before(const struct shown *shown)
{
    return shown->at.header->first == shown->below.index + 1;
}

static bool holds_a_header(const struct shown *shown)
{
    return shown->below.header != NULL && shown->at.header->first <= shown->below.index;
}

static bool begins_behind_an_entry(const struct shown *shown)
{
    return is_right_before(shown) && shown->below.header == NULL;
}

static bool has_another_height(const struct shown *shown)
{
    return is_right_before(shown) && shown->below.header != NULL &&
           shown->at.header->height != shown->below.header->height + 1;
}

static bool has_another_prev(const struct shown *shown)
{
    const lhpb_BlockHeader *header = shown->at.header;

    if (is_right_before(shown)) {
        return memcmp(header->prev, shown->below.hash.bytes, sizeof header->prev) != 0;
    }
    return shown->has_prev && memcmp(header->prev, shown->prev.bytes, sizeof header->prev) != 0;
}

static bool is_not_later(const struct shown *shown)
{
    return is_right_before(shown) && shown->below.header != NULL &&
           shown->at.header->time_ms <= shown->below.header->time_ms;
}

/* ---- the table ---- */

struct showing {
    const char *id;
    bool (*by_one)(const struct shown *shown); /* NULL: one leaf never shows it */
    bool (*by_two)(const struct shown *shown);
};

/* In the order of the rules; the same as the table of network.md 3. */
static const struct showing SHOWINGS[] = {
    { "B01", is_not_canonical, NULL },     { "B02", ends_with_an_entry, holds_a_header },
    { "B03", has_bad_count, NULL },        { "B04", is_of_another_network, NULL },
    { "B05", is_of_another_ledger, NULL }, { "B07", begins_after_itself, begins_behind_an_entry },
    { "B08", counts_wrong, NULL },         { "B09", begins_at_another_height, has_another_height },
    { "B10", NULL, has_another_prev },     { "B11", has_another_root_before, NULL },
    { "B12", has_no_time, is_not_later },  { "B13", has_bad_heads, NULL },
};
enum { SHOWING_COUNT = sizeof SHOWINGS / sizeof SHOWINGS[0] };

static const struct lh_chain_rule *rule_of(const char *id)
{
    const struct lh_chain_rule *rule = NULL;

    for (size_t i = 0; i < lh_chain_rule_count() && rule == NULL; i++) {
        rule = strcmp(lh_chain_rule_at(i)->id, id) == 0 ? lh_chain_rule_at(i) : NULL;
    }
    lh_assert(rule != NULL);
    return rule;
}

const struct lh_chain_rule *lh_breach_find_rule(struct lh_bytes id)
{
    for (size_t i = 0; i < SHOWING_COUNT; i++) {
        if (lh_bytes_is_equal(id, lh_bytes_of_text(SHOWINGS[i].id))) {
            return rule_of(SHOWINGS[i].id);
        }
    }
    return NULL;
}

/* ---- reading what is shown ---- */

static enum lh_code read_leaf(struct read_leaf *out, struct lh_suite *suite,
                              const struct lh_checkpoint *head, const struct lh_shown_leaf *leaf,
                              struct lh_err *err)
{
    struct lh_err odd = LH_ERR_NONE;
    enum lh_code rc;

    out->index = leaf->index;
    out->hash = lh_hash_leaf(suite, leaf->bytes);
    if (leaf->index >= head->size) {
        return lh_err_set(err, LH_ERR_FORGED, "a leaf that the head does not hold");
    }
    rc = lh_tree_verify_inclusion(suite, &out->hash, leaf->index, head->size, &leaf->proof,
                                  &head->root, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_leaf_decode(&out->leaf, leaf->bytes, &odd);
    if (rc != LH_OK && rc != LH_ERR_INVALID) {
        return lh_err_set(err, rc, "%s", odd.text);
    }
    out->is_canonical = rc == LH_OK;
    if (rc == LH_OK && out->leaf.which_kind == lhpb_Leaf_header_tag) {
        out->header = &out->leaf.kind.header;
    }
    return LH_OK;
}

/* The path of the last leaf of a tree is the right edge of the tree without it. */
static struct lh_hash root_before(struct lh_suite *suite, const struct lh_shown_leaf *last)
{
    struct lh_tree tree = { .size = last->index };

    for (size_t i = 0; i < last->proof.count; i++) {
        tree.peaks[i] = last->proof.path[last->proof.count - 1 - i];
    }
    return lh_tree_root(&tree, suite);
}

/* What the first leaf of a ledger says stands before its first header, if it is one that the
 * officers signed. */
static enum lh_code read_beginning(struct shown *shown, struct lh_suite *suite,
                                   const struct lh_genesis *genesis,
                                   const struct lh_shown_leaf *first, struct lh_err *err)
{
    struct lh_err none = LH_ERR_NONE;
    struct lh_chain chain;
    enum lh_code rc =
        lh_generation_chain(&chain, suite, genesis, shown->head->origin, first->bytes, &none);

    if (rc == LH_ERR_NOMEM) {
        return lh_err_set(err, rc, "%s", none.text);
    }
    shown->has_prev = rc == LH_OK;
    if (rc == LH_OK) {
        shown->prev = chain.prev;
    }
    return LH_OK;
}

static enum lh_code read_shown(struct shown *out, struct lh_suite *suite,
                               const struct lh_genesis *genesis, const struct lh_checkpoint *head,
                               const struct lh_shown_leaf *leaves, size_t count, struct lh_err *err)
{
    const struct lh_shown_leaf *at = &leaves[count - 1];
    enum lh_code rc = read_leaf(&out->at, suite, head, at, err);

    out->head = head;
    out->network_id = *lh_genesis_network_id(genesis);
    if (rc == LH_OK && is_last(out)) {
        out->before = root_before(suite, at);
    }
    if (rc != LH_OK || count == 1) {
        return rc;
    }
    rc = read_leaf(&out->below, suite, head, &leaves[0], err);
    if (rc == LH_OK &&
        (out->at.header == NULL || !out->below.is_canonical || out->below.index >= out->at.index)) {
        rc = lh_err_set(err, LH_ERR_FORGED, "two leaves that show nothing together");
    }
    if (rc == LH_OK && out->below.index == 0 && out->at.header->first == 0) {
        rc = read_beginning(out, suite, genesis, &leaves[0], err);
    }
    return rc;
}

/* spec network.md 3: "The first rule of this table that they break is the one that is named." */
static const char *find_broken(const struct shown *shown, bool is_two)
{
    for (size_t i = 0; i < SHOWING_COUNT; i++) {
        bool (*breaks)(const struct shown *) = is_two ? SHOWINGS[i].by_two : SHOWINGS[i].by_one;

        if (breaks != NULL && breaks(shown)) {
            return SHOWINGS[i].id;
        }
    }
    return NULL;
}

enum lh_code lh_breach_judge(const struct lh_chain_rule **out, struct lh_suite *suite,
                             const struct lh_genesis *genesis, const struct lh_checkpoint *head,
                             const struct lh_shown_leaf *leaves, size_t count, struct lh_err *err)
{
    struct shown *shown = calloc(1, sizeof *shown);
    const char *broken = NULL;
    enum lh_code rc;

    lh_assert(count >= 1);
    lh_assert(count <= LH_BREACH_LEAVES_MAX);
    if (shown == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "the leaves that are shown");
    }
    rc = read_shown(shown, suite, genesis, head, leaves, count, err);
    if (rc == LH_OK) {
        broken = find_broken(shown, count == 2);
        rc =
            broken != NULL ? LH_OK : lh_err_set(err, LH_ERR_FORGED, "what is shown breaks no rule");
    }
    if (rc == LH_OK) {
        *out = rule_of(broken);
    }
    free(shown);
    return rc;
}
