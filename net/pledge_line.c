/*
 * Where a ledger goes on from. One that its own officers began after a restore without asking
 * anybody (UNSAFE_RESTORE) may have left behind what was witnessed: it is not cosigned, and neither
 * is what is built on it, until the others were asked.
 */
#include "net/pledge_internal.h"

#include "ledger/generation.h"

#include <string.h>

enum { LEAF_ROOM = 2 + LH_ENTRY_LEAF_MAX };

static enum lh_code read_first(const struct lh_pledge *pledge, const char *origin,
                               struct lh_generation *out, struct lh_err *err)
{
    struct lh_buf parts = LH_BUF_EMPTY;
    struct lh_bytes rest;
    struct lh_bytes leaf = LH_BYTES_EMPTY;
    enum lh_code rc = lh_replica_leaves(pledge->options.replica, origin, 0, LEAF_ROOM, &parts, err);

    rest = lh_buf_bytes(&parts);
    if (rc == LH_OK && !lh_part_next(&rest, &leaf)) {
        rc = lh_err_set(err, LH_ERR_CORRUPT, "the first leaf of %s", origin);
    }
    if (rc == LH_OK) {
        rc = lh_generation_read(out, leaf, err);
    }
    lh_buf_clear(&parts);
    return rc;
}

/* spec network.md 8: "It ends at a first generation, at one that joined from another network, and
 * at one of reason 2, about which the others were asked." */
static bool is_line_end(const struct lh_generation *generation)
{
    return generation->reason == LH_GENERATION_FIRST ||
           generation->reason == LH_GENERATION_RESTORE ||
           generation->reason == LH_GENERATION_JOINED || generation->prev_size == 0;
}

/* Each generation names an earlier one: it comes to an end. */
enum lh_code lh_pledge_judge_line(const struct lh_pledge *pledge, const char *origin,
                                  enum lh_pledge_line *out, struct lh_err *err)
{
    struct lh_generation at;
    enum lh_code rc;

    for (;;) {
        const struct lh_replica_ledger *ledger = lh_replica_find(pledge->options.replica, origin);

        if (ledger == NULL || ledger->chain.tree.size == 0) {
            *out = LH_PLEDGE_LINE_UNKNOWN;
            return LH_OK;
        }
        rc = read_first(pledge, ledger->origin, &at, err);
        if (rc != LH_OK) {
            return rc;
        }
        if (at.reason == LH_GENERATION_UNSAFE_RESTORE || is_line_end(&at)) {
            *out = at.reason == LH_GENERATION_UNSAFE_RESTORE ? LH_PLEDGE_LINE_UNSAFE
                                                             : LH_PLEDGE_LINE_VOUCHED;
            return LH_OK;
        }
        origin = at.prev_origin;
    }
}

/* ---- what an unsafe generation left behind ---- */

/* Did we cosign of `ledger`, which is before the unsafe one, what that does not go on from? */
static enum lh_code is_left(const struct lh_pledge *pledge, const struct lh_replica_ledger *ledger,
                            const struct lh_generation *unsafe, bool *out, struct lh_err *err)
{
    struct lh_checkpoint last;
    struct lh_hash root;
    bool is_prev = strcmp(ledger->origin, unsafe->prev_origin) == 0;
    enum lh_code rc = lh_pledge_last(pledge, ledger->origin, &last, err);

    if (rc == LH_ERR_NOT_FOUND) {
        return LH_OK; /* nothing */
    }
    if (rc == LH_OK && (!is_prev || last.size > unsafe->prev_size)) {
        *out = true;
        return LH_OK;
    }
    /* what it names may be more than anybody holds: its last block was never released */
    if (rc == LH_OK && ledger->chain.tree.size >= unsafe->prev_size) {
        rc =
            lh_replica_root(pledge->options.replica, ledger->origin, unsafe->prev_size, &root, err);
        *out |= rc == LH_OK && !lh_hash_is_equal(&root, &unsafe->prev_root);
    }
    return rc;
}

/* Of the ledgers from the one that it names on, up to it. */
static enum lh_code judge_unsafe(const struct lh_pledge *pledge,
                                 const struct lh_replica_ledger *unsafe_ledger,
                                 const struct lh_generation *unsafe, bool *out, struct lh_err *err)
{
    const struct lh_replica *replica = pledge->options.replica;
    struct lh_origin prev;
    enum lh_code rc = lh_origin_parse(&prev, lh_bytes_of_text(unsafe->prev_origin), err);

    for (size_t i = 0; rc == LH_OK && i < lh_replica_count(replica); i++) {
        const struct lh_replica_ledger *ledger = lh_replica_at(replica, i);

        if (strcmp(ledger->department, unsafe_ledger->department) == 0 &&
            ledger->generation >= prev.generation &&
            ledger->generation < unsafe_ledger->generation) {
            rc = is_left(pledge, ledger, unsafe, out, err);
        }
    }
    return rc;
}

enum lh_code lh_pledge_find_left(const struct lh_pledge *pledge, const char *origin, bool *out,
                                 struct lh_err *err)
{
    struct lh_generation at;
    enum lh_code rc = LH_OK;

    *out = false;
    while (rc == LH_OK && !*out) {
        const struct lh_replica_ledger *ledger = lh_replica_find(pledge->options.replica, origin);

        if (ledger == NULL || ledger->chain.tree.size == 0) {
            return LH_OK; /* what it cosigned it holds */
        }
        rc = read_first(pledge, ledger->origin, &at, err);
        if (rc == LH_OK && at.reason == LH_GENERATION_UNSAFE_RESTORE) {
            rc = judge_unsafe(pledge, ledger, &at, out, err);
        }
        if (rc == LH_OK && is_line_end(&at)) {
            break;
        }
        origin = at.prev_origin;
    }
    return rc;
}
