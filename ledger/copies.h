#ifndef LH_LEDGER_COPIES_H
#define LH_LEDGER_COPIES_H

/*
 * Ledgers of other departments, kept beside our own in a store of their own: leaves, blocks with
 * their seals, tree nodes, and notes of the network's protocol. Whoever appends has judged.
 *
 *   1. An append is on disk, whole, when it returns LH_OK; then the head is the new one.
 *   2. There is no guard and nothing private, and nothing here is the only copy: a store that does
 *      not open is put away and filled anew. So nothing here stops a node.
 *   3. One thread changes it; the same reads it. Others read through a view.
 *   4. Each block brings its rows of the trail's index in its own batch. A store from before there
 *      were such rows, or with rows of another version, gets them when it is opened.
 *
 * Spec: specs/ledger.md 8.1, specs/network.md 7.
 */

#include "ledger/chain.h"
#include "ledger/ledger.h"
#include "ledger/store.h"

enum {
    LH_COPIES_MAX = 1024,   /* ledgers */
    LH_COPIES_NOTE_MAX = 8, /* kinds of notes */
};

struct lh_copies;

/** Load what the store has, and index what has no rows of the trail yet (rule 4; cost: every leaf
 * once). LH_ERR_CORRUPT when it does not hold together; LH_ERR_IO, LH_ERR_NOMEM. */
enum lh_code lh_copies_open(struct lh_copies **out, LH_TAKES struct lh_store *store,
                            LH_KEEPS struct lh_suite *suite, const struct lh_hash *network_id,
                            struct lh_err *err) LH_MUST_CHECK;
void lh_copies_close(struct lh_copies *copies);
size_t lh_copies_count(const struct lh_copies *copies);
/** The head at this place, in the order in which the ledgers came. */
const struct lh_chain *lh_copies_at(const struct lh_copies *copies, size_t place);
/** NULL: no block of it is here. */
const struct lh_chain *lh_copies_find(const struct lh_copies *copies, const char *origin);

/**
 * Keep a block that was judged: `next` is the head after it. LH_ERR_INVALID: it does not follow the
 * head that is here; LH_ERR_LIMIT: LH_COPIES_MAX ledgers are here; LH_ERR_IO and the store is out
 * of use; LH_ERR_NOMEM.
 */
enum lh_code lh_copies_append(struct lh_copies *copies, const struct lh_block *block,
                              const struct lh_chain *next, struct lh_err *err) LH_MUST_CHECK;

/** One leaf. LH_ERR_NOT_FOUND: the copy does not reach so far. */
enum lh_code lh_copies_leaf(const struct lh_copies *copies, const char *origin, uint64_t index,
                            struct lh_buf *out, struct lh_err *err) LH_MUST_CHECK;
/** The block that holds a leaf: its signed checkpoint (appended) and the size that seals. */
enum lh_code lh_copies_seal(const struct lh_copies *copies, const char *origin, uint64_t index,
                            struct lh_buf *out, uint64_t *out_size,
                            struct lh_err *err) LH_MUST_CHECK;
/** A complete node of the tree. */
enum lh_code lh_copies_node(const struct lh_copies *copies, const char *origin, struct lh_hash *out,
                            unsigned level, uint64_t index, struct lh_err *err) LH_MUST_CHECK;

/* A ledger as it was held at one moment. What lies below its head never changes, so any thread may
 * read it for as long as the copies are open. */
struct lh_copy_view {
    const struct lh_copies *copies;
    uint32_t number;
    char origin[LH_ORIGIN_MAX + 1];
    uint64_t size;
    uint64_t height; /* at least 1 */
};

/** The ledger at this place, in the order in which they came; false: no more. Any thread. */
bool lh_copies_view(struct lh_copies *copies, size_t place, struct lh_copy_view *out);
/** One leaf; LH_ERR_NOT_FOUND: it was not held. Any thread. */
enum lh_code lh_copy_view_leaf(const struct lh_copy_view *view, uint64_t index, struct lh_buf *out,
                               struct lh_err *err) LH_MUST_CHECK;
/** The block at `height`, counted from 1, or the one that holds leaf `index`; the caller clears its
 * checkpoint. LH_ERR_NOT_FOUND: it was not held. Any thread. */
enum lh_code lh_copy_view_block_at(const struct lh_copy_view *view, uint64_t height,
                                   struct lh_ledger_block *out, struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_copy_view_block_of(const struct lh_copy_view *view, uint64_t index,
                                   struct lh_ledger_block *out, struct lh_err *err) LH_MUST_CHECK;
/** How leaf `index` stands in the first view->size leaves; `suite` is the calling thread's.
 * LH_ERR_NOT_FOUND: it was not held. Any thread. */
enum lh_code lh_copy_view_prove(const struct lh_copy_view *view, struct lh_suite *suite,
                                struct lh_proof *out, uint64_t index,
                                struct lh_err *err) LH_MUST_CHECK;

/** Keep a note of a ledger, whether it is here or not, in place of the one of its kind. */
enum lh_code lh_copies_put_note(struct lh_copies *copies, const char *origin, unsigned kind,
                                struct lh_bytes note, struct lh_err *err) LH_MUST_CHECK;
/** Read it into `out` (replaced). LH_ERR_NOT_FOUND. */
enum lh_code lh_copies_get_note(const struct lh_copies *copies, const char *origin, unsigned kind,
                                struct lh_buf *out, struct lh_err *err) LH_MUST_CHECK;

#endif
