/* What is read of replicas, and what is proven against them. */
#include "net/replica_internal.h"

#include "crypto/base/assert.h"

#include <string.h>

/* ---- reading ---- */

enum lh_code lh_replica_verify(const struct lh_replica *replica, struct lh_checkpoint *out,
                               const char *origin, struct lh_bytes note, struct lh_err *err)
{
    const struct lh_replica_kept *ledger = lh_replica_ledger_of(replica, origin);

    if (ledger == NULL || !ledger->seen.is_begun) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "the seal of %s is not known", origin);
    }
    return lh_checkpoint_verify(out, note, &ledger->seen.chain.seal, err);
}

struct reading {
    const struct lh_replica_store *store;
    const char *origin;
};

static enum lh_code read_node(void *arg, struct lh_hash *out, unsigned level, uint64_t index,
                              struct lh_err *err)
{
    struct reading *reading = arg;

    return reading->store->node(reading->store->arg, reading->origin, out, level, index, err);
}

static enum lh_code check_held(const struct lh_replica *replica, const char *origin, uint64_t size,
                               struct lh_err *err)
{
    const struct lh_replica_kept *ledger = lh_replica_ledger_of(replica, origin);

    if (ledger == NULL || size > ledger->seen.chain.tree.size) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "so much of %s is not held", origin);
    }
    return LH_OK;
}

enum lh_code lh_replica_root(const struct lh_replica *replica, const char *origin, uint64_t size,
                             struct lh_hash *out, struct lh_err *err)
{
    struct reading reading = { .store = &replica->options.store, .origin = origin };
    struct lh_tree_source source = { .node = read_node, .arg = &reading };
    struct lh_tree tree;
    enum lh_code rc = check_held(replica, origin, size, err);

    if (rc == LH_OK) {
        const struct lh_tree *whole = &lh_replica_find(replica, origin)->chain.tree;

        if (whole->size == size) { /* the head that is asked for most, and it is here */
            *out = lh_tree_root(whole, replica->options.suite);
            return LH_OK;
        }
        rc = lh_tree_load(&tree, &source, size, err);
    }
    if (rc == LH_OK) {
        *out = lh_tree_root(&tree, replica->options.suite);
    }
    return rc;
}

enum lh_code lh_replica_prove(const struct lh_replica *replica, const char *origin, uint64_t old,
                              uint64_t size, struct lh_proof *out, struct lh_err *err)
{
    struct reading reading = { .store = &replica->options.store, .origin = origin };
    struct lh_tree_source source = { .node = read_node, .arg = &reading };
    enum lh_code rc = check_held(replica, origin, size, err);

    return rc == LH_OK
               ? lh_tree_prove_consistency(replica->options.suite, out, &source, old, size, err)
               : rc;
}

enum lh_code lh_replica_leaves(const struct lh_replica *replica, const char *origin, uint64_t index,
                               size_t room, struct lh_buf *out, struct lh_err *err)
{
    const struct lh_replica_store *store = &replica->options.store;
    enum lh_code rc = check_held(replica, origin, index + 1, err);

    return rc == LH_OK ? store->leaves(store->arg, origin, index, room, out, err) : rc;
}

enum lh_code lh_replica_block_seal(const struct lh_replica *replica, const char *origin,
                                   uint64_t index, struct lh_buf *out, uint64_t *out_size,
                                   struct lh_err *err)
{
    const struct lh_replica_store *store = &replica->options.store;
    enum lh_code rc = check_held(replica, origin, index + 1, err);

    return rc == LH_OK ? store->seal(store->arg, origin, index, out, out_size, err) : rc;
}

enum lh_code lh_replica_put_note(struct lh_replica *replica, const char *origin,
                                 enum lh_replica_note kind, struct lh_bytes note,
                                 struct lh_err *err)
{
    const struct lh_replica_store *store = &replica->options.store;
    struct lh_replica_kept *ledger = lh_replica_ledger_of(replica, origin);
    enum lh_code rc = store->put_note(store->arg, origin, kind, note, err);

    if (rc == LH_OK && kind == LH_REPLICA_WITNESSED && ledger != NULL) {
        rc = lh_replica_read_size(&ledger->seen.witnessed_size, note, err);
    }
    return rc;
}

enum lh_code lh_replica_get_note(const struct lh_replica *replica, const char *origin,
                                 enum lh_replica_note kind, struct lh_buf *out, struct lh_err *err)
{
    const struct lh_replica_store *store = &replica->options.store;

    return store->get_note(store->arg, origin, kind, out, err);
}

enum lh_code lh_replica_read_size(uint64_t *out, struct lh_bytes bytes, struct lh_err *err)
{
    struct lh_checkpoint head;
    struct lh_note note;
    enum lh_code rc = lh_note_parse(&note, bytes, err);

    if (rc == LH_OK) {
        rc = lh_checkpoint_parse(&head, note.text, err);
    }
    if (rc == LH_OK) {
        *out = head.size;
    }
    return rc;
}

/* ---- evidence ---- */

/* Whom the first head accuses; nothing is verified. */
static enum lh_code read_accused(char out[LH_ORIGIN_MAX + 1], const struct lh_evidence *evidence,
                                 struct lh_err *err)
{
    struct lh_checkpoint head;
    struct lh_note note;
    enum lh_code rc = lh_note_parse(&note, evidence->first, err);

    if (rc == LH_OK) {
        rc = lh_checkpoint_parse(&head, note.text, err);
    }
    if (rc == LH_OK) {
        memcpy(out, head.origin, sizeof head.origin);
    }
    return rc;
}

static enum lh_code verify_evidence(const struct lh_replica *replica,
                                    const struct lh_evidence *evidence, struct lh_err *err)
{
    struct lh_evidence_report report;
    enum lh_code rc = lh_evidence_verify(&report, evidence, err);

    if (rc == LH_OK &&
        !lh_hash_is_equal(&report.network_id, lh_genesis_network_id(replica->options.genesis))) {
        rc = lh_err_set(err, LH_ERR_FORGED, "evidence of another network");
    }
    /* Not the officers' leaf, or of nobody: what is shown is not there. */
    return rc == LH_ERR_DENIED || rc == LH_ERR_NOT_FOUND ? LH_ERR_FORGED : rc;
}

static size_t place_of(const struct lh_replica *replica, const char *origin)
{
    size_t place = 0;

    while (place < replica->count && strcmp(replica->ledgers[place]->seen.origin, origin) != 0) {
        place++;
    }
    return place;
}

static enum lh_code taint(struct lh_replica *replica, const char *origin, struct lh_bytes text,
                          struct lh_err *err)
{
    struct lh_replica_kept *ledger = lh_replica_ledger_of(replica, origin);
    struct lh_replica_kept *fresh = NULL;
    enum lh_code rc = LH_OK;

    if (ledger == NULL) {
        rc = lh_replica_ledger_make(replica, &fresh, origin, err);
        ledger = fresh;
    }
    if (rc == LH_OK) {
        rc = lh_replica_put_note(replica, origin, LH_REPLICA_EVIDENCE, text, err);
    }
    if (rc != LH_OK) {
        lh_replica_ledger_free(fresh);
        return rc;
    }
    lh_assert(ledger != NULL); /* found or made */
    ledger->seen.is_tainted = true;
    if (fresh != NULL) {
        lh_replica_ledger_add(replica, fresh);
    }
    return LH_OK;
}

enum lh_code lh_replica_convict(struct lh_replica *replica, struct lh_bytes text, size_t *out_place,
                                struct lh_err *err)
{
    struct lh_buf store = LH_BUF_EMPTY;
    const struct lh_replica_kept *known;
    struct lh_evidence evidence;
    char origin[LH_ORIGIN_MAX + 1] = "";
    enum lh_code rc = lh_evidence_parse(&evidence, &store, text, err);

    if (rc == LH_OK) {
        rc = read_accused(origin, &evidence, err);
    }
    known = lh_replica_ledger_of(replica, origin);
    if (rc == LH_OK && known != NULL && known->seen.is_tainted) {
        rc = lh_err_set(err, LH_AGAIN, "evidence against %s is kept already", origin);
    }
    if (rc == LH_OK) {
        rc = verify_evidence(replica, &evidence, err);
    }
    if (rc == LH_OK) {
        rc = taint(replica, origin, text, err);
    }
    if (rc == LH_OK || rc == LH_AGAIN) {
        *out_place = place_of(replica, origin);
    }
    lh_buf_clear(&store);
    return rc;
}
