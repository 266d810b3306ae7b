/* By which epochs heads of ledgers are judged: what their headers name. */
#include "net/replica_internal.h"

#include "net/message.h"

#include <string.h>

/* What a header says of its block and of when it was sealed. */
struct header {
    uint64_t first;
    struct lh_hash epoch;
};

/* The header that the leaves below `size` end with. */
static enum lh_code read_header(const struct lh_replica *replica, struct header *out,
                                const char *origin, uint64_t size, struct lh_err *err)
{
    struct lh_buf parts = LH_BUF_EMPTY;
    struct lh_bytes bytes = LH_BYTES_EMPTY;
    struct lh_bytes rest;
    lhpb_Leaf leaf;
    enum lh_code rc =
        size == 0 ? lh_err_set(err, LH_ERR_NOT_FOUND, "no block ends before the first leaf")
                  : lh_replica_leaves(replica, origin, size - 1, 2 + LH_LEAF_MAX, &parts, err);

    rest = lh_buf_bytes(&parts);
    if (rc == LH_OK &&
        (!lh_part_next(&rest, &bytes) || lh_leaf_decode(&leaf, bytes, err) != LH_OK)) {
        rc = lh_err_set(err, LH_ERR_CORRUPT, "leaf %llu of %s", (unsigned long long)size - 1,
                        origin);
    }
    if (rc == LH_OK && leaf.which_kind != lhpb_Leaf_header_tag) {
        rc = lh_err_set(err, LH_ERR_NOT_FOUND, "no block of %s ends at %llu", origin,
                        (unsigned long long)size);
    }
    if (rc == LH_OK && leaf.kind.header.first >= size - 1) {
        rc = lh_err_set(err, LH_ERR_CORRUPT, "header %llu of %s", (unsigned long long)size - 1,
                        origin);
    }
    if (rc == LH_OK) {
        out->first = leaf.kind.header.first;
        memcpy(out->epoch.bytes, leaf.kind.header.epoch_hash, sizeof out->epoch.bytes);
    }
    lh_buf_clear(&parts);
    return rc;
}

static enum lh_code find_members(const struct lh_replica *replica, const struct lh_members **out,
                                 const struct lh_hash *epoch, struct lh_err *err)
{
    *out = lh_epochs_find(replica->epochs, epoch);
    return *out != NULL ? LH_OK
                        : lh_err_set(err, LH_AGAIN, "a header names an epoch that is not known");
}

/* spec trust.md 5.3: "Every head is judged by the epoch that its header names" */
enum lh_code lh_replica_epoch_of(const struct lh_replica *replica, struct lh_replica_epoch *out,
                                 const char *origin, uint64_t size, struct lh_err *err)
{
    struct lh_replica_epoch epoch = { .before = NULL };
    struct header header;
    struct header before;
    enum lh_code rc = read_header(replica, &header, origin, size, err);

    if (rc == LH_OK) {
        epoch.first = header.first;
        rc = find_members(replica, &epoch.members, &header.epoch, err);
    }
    if (rc == LH_OK && header.first > 0) {
        rc = read_header(replica, &before, origin, header.first, err);
        if (rc == LH_OK && !lh_hash_is_equal(&before.epoch, &header.epoch)) {
            rc = find_members(replica, &epoch.before, &before.epoch, err);
        }
    }
    if (rc == LH_OK) {
        *out = epoch;
    }
    return rc;
}

/* A header names the epoch of the header before, or a later one: where the newest names that of the
 * head below, none between names another. */
enum lh_code lh_replica_transition(const struct lh_replica *replica, uint64_t *out,
                                   const char *origin, uint64_t above, struct lh_err *err)
{
    const struct lh_replica_ledger *ledger = lh_replica_find(replica, origin);
    uint64_t size = ledger != NULL ? ledger->chain.tree.size : 0;
    struct header below = { .first = 0 };
    struct header header;
    uint64_t found = 0;
    enum lh_code rc = above > 0 ? read_header(replica, &below, origin, above, err) : LH_OK;

    if (rc == LH_OK && size > above) {
        rc = read_header(replica, &header, origin, size, err);
    }
    while (rc == LH_OK && size > above && header.first > 0 &&
           (above == 0 || !lh_hash_is_equal(&header.epoch, &below.epoch))) {
        struct header before;

        rc = read_header(replica, &before, origin, header.first, err);
        if (rc == LH_OK && !lh_hash_is_equal(&before.epoch, &header.epoch)) {
            found = size;
        }
        size = header.first;
        header = before;
    }
    if (rc == LH_OK) {
        *out = found;
    }
    return rc;
}

enum lh_code lh_replica_pending(struct lh_replica *replica, uint64_t *out, const char *origin,
                                uint64_t passed, struct lh_err *err)
{
    struct lh_replica_kept *ledger = lh_replica_ledger_of(replica, origin);
    enum lh_code rc = LH_OK;
    uint64_t above;

    if (ledger == NULL) {
        *out = 0;
        return LH_OK;
    }
    above = ledger->seen.witnessed_size > passed ? ledger->seen.witnessed_size : passed;
    if (above > ledger->seen.chain.tree.size) { /* witnessed, and held anew from the start */
        *out = 0;
        return LH_OK;
    }
    if (ledger->transition <= above) { /* passed, or there was none */
        ledger->looked = ledger->transition > ledger->looked ? ledger->transition : ledger->looked;
        ledger->looked = above > ledger->looked ? above : ledger->looked;
        ledger->transition = 0;
    }
    if (ledger->transition == 0 && ledger->seen.chain.tree.size > ledger->looked) {
        rc = lh_replica_transition(replica, &ledger->transition, origin, ledger->looked, err);
        if (rc == LH_OK && ledger->transition == 0) {
            ledger->looked = ledger->seen.chain.tree.size;
        }
    }
    if (rc == LH_OK) {
        *out = ledger->transition;
    }
    return rc;
}
