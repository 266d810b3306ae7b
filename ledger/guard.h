#ifndef LH_LEDGER_GUARD_H
#define LH_LEDGER_GUARD_H

/*
 * The guard: a small file in another place than the store that remembers the newest released head.
 * A store restored from an old image disagrees with it. Two slots of 512 bytes, 4096 apart (so that
 * no sector of a device holds both), alternately written and fdatasynced, each with a sequence
 * number and a checksum; the valid slot with the higher sequence counts. A torn write damages one
 * slot and never both.
 *   slot = "LHGUARD1" || u64 sequence || u16 origin len || origin || u64 size || root[32]
 *          || u64 witness tick || zeros || first 16 bytes of SHA-256 over all before
 * Sequence n stands in slot n % 2; a new guard holds sequence 0, which says "never written".
 * Spec: specs/ledger.md 8.3.
 */

#include "crypto/suite.h"
#include "ledger/origin.h"

struct lh_guard;

struct lh_guard_head {
    char origin[LH_ORIGIN_MAX + 1];
    uint64_t size;
    struct lh_hash root;
    uint64_t witness_tick;
};

/** Make a new guard file (mode 0600, synced, directory synced). LH_ERR_CONFLICT if it exists. */
enum lh_code lh_guard_create(const char *path, struct lh_err *err) LH_MUST_CHECK;
/** Open and lock one. LH_ERR_NOT_FOUND; LH_ERR_CONFLICT: another process holds it. */
enum lh_code lh_guard_open(struct lh_guard **out, const char *path,
                           struct lh_err *err) LH_MUST_CHECK;
void lh_guard_close(struct lh_guard *guard);
/** Newest valid slot. LH_ERR_NOT_FOUND: never written; LH_ERR_CORRUPT: no slot is valid. */
enum lh_code lh_guard_read(struct lh_guard *guard, struct lh_guard_head *out,
                           struct lh_err *err) LH_MUST_CHECK;
/** Write the other slot and fdatasync. On LH_ERR_IO the process must end. */
enum lh_code lh_guard_write(struct lh_guard *guard, const struct lh_guard_head *head,
                            struct lh_err *err) LH_MUST_CHECK;
/** Read without locking, for tools. */
enum lh_code lh_guard_peek(const char *path, struct lh_guard_head *out,
                           struct lh_err *err) LH_MUST_CHECK;

#endif
