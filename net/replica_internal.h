#ifndef LH_NET_REPLICA_INTERNAL_H
#define LH_NET_REPLICA_INTERNAL_H

/* What the files of replicas share: replica.c loads them and lets them grow, replica_read.c reads
 * them and takes evidence, replica_accuse.c makes it of a block, replica_epoch.c says by which
 * epochs their heads are judged. */

#include "net/replica.h"

struct lh_replica_kept {
    struct lh_replica_ledger seen;
    struct lh_verifier *verifier; /* of the seal; the chain borrows it */
    uint64_t looked;              /* transition heads were looked for up to this head */
    uint64_t transition;          /* the smallest of them that was not passed; 0: none */
};

struct lh_replica {
    struct lh_replica_options options;
    char department[LH_CODE_MAX + 1];
    struct lh_epochs *founded;      /* the genesis file alone */
    const struct lh_epochs *epochs; /* those that are known: `founded`, or others' */
    struct lh_replica_kept **ledgers;
    size_t count;
    size_t capacity;
};

/** NULL: not known. */
struct lh_replica_kept *lh_replica_ledger_of(const struct lh_replica *replica, const char *origin);
/** A ledger of which nothing is known but its name; there is room for it in the list. */
enum lh_code lh_replica_ledger_make(struct lh_replica *replica, struct lh_replica_kept **out,
                                    const char *origin, struct lh_err *err) LH_MUST_CHECK;
void lh_replica_ledger_add(struct lh_replica *replica, LH_TAKES struct lh_replica_kept *ledger);
void lh_replica_ledger_free(struct lh_replica_kept *ledger);
/** The size that a signed checkpoint says; nothing is verified. LH_ERR_INVALID. */
enum lh_code lh_replica_read_size(uint64_t *out, struct lh_bytes bytes,
                                  struct lh_err *err) LH_MUST_CHECK;

#endif
