/*
 * Evidence: made of two heads that exclude each other or of a block that breaks a rule, or taken
 * from a peer, and sent to every peer once.
 */
#include "net/gossip_internal.h"

#include "ledger/generation.h"

/* The first leaf of a ledger, at the front of `store`. */
static enum lh_code read_generation(struct lh_gossip *gossip, const char *origin,
                                    struct lh_buf *store, struct lh_bytes *out, struct lh_err *err)
{
    struct lh_bytes rest;
    enum lh_code rc =
        lh_replica_leaves(gossip->replica, origin, 0, LH_FRAME_PAYLOAD_MAX, store, err);

    rest = lh_buf_bytes(store);
    if (rc == LH_OK && !lh_part_next(&rest, out)) {
        rc = lh_err_set(err, LH_ERR_CORRUPT, "%s without its first leaf", origin);
    }
    return rc;
}

static void tell_taint(struct lh_gossip *gossip, size_t place, struct lh_bytes text)
{
    if (gossip->listener.on_tainted != NULL) {
        gossip->listener.on_tainted(gossip->listener.arg, lh_replica_at(gossip->replica, place),
                                    text);
    }
}

/* Keep what we found ourselves; that something is kept already is as good. */
static enum lh_code convict(struct lh_gossip *gossip, struct lh_bytes text, struct lh_err *err)
{
    size_t place;
    enum lh_code rc = lh_replica_convict(gossip->replica, text, &place, err);

    if (rc == LH_OK) {
        tell_taint(gossip, place, text);
    }
    return rc == LH_AGAIN ? LH_OK : rc;
}

/*
 * spec network.md 3: "Of a ledger whose first leaf two officers of the genesis file did not sign no
 * evidence can be made yet"
 */
static enum lh_code check_provable(struct lh_gossip *gossip, const char *origin,
                                   struct lh_bytes generation, struct lh_err *err)
{
    struct lh_note_key seal;
    struct lh_err why = LH_ERR_NONE;
    enum lh_code rc =
        lh_generation_seal(&seal, lh_replica_suite(gossip->replica),
                           lh_replica_genesis(gossip->replica), origin, generation, &why);

    if (rc == LH_OK || rc == LH_ERR_NOMEM) {
        return rc;
    }
    return lh_err_set(err, LH_ERR_NOT_FOUND,
                      "it contradicts itself, and no evidence of that can "
                      "be made: %s",
                      why.text);
}

enum lh_code lh_gossip_accuse(struct lh_gossip *gossip, const char *origin,
                              struct lh_evidence *evidence, struct lh_err *err)
{
    const struct lh_replica_ledger *ledger = lh_replica_find(gossip->replica, origin);
    struct lh_buf store = LH_BUF_EMPTY;
    struct lh_buf notes[2] = { LH_BUF_EMPTY, LH_BUF_EMPTY };
    struct lh_buf text = LH_BUF_EMPTY;
    enum lh_code rc = read_generation(gossip, origin, &store, &evidence->generation, err);

    if (rc == LH_OK) {
        rc = check_provable(gossip, origin, evidence->generation, err);
    }
    if (rc == LH_OK) {
        rc = lh_checkpoint_keep_seal(&notes[0], evidence->first, &ledger->chain.seal, err);
    }
    if (rc == LH_OK) {
        rc = lh_checkpoint_keep_seal(&notes[1], evidence->second, &ledger->chain.seal, err);
    }
    if (rc == LH_OK) {
        evidence->genesis = lh_genesis_bytes(lh_replica_genesis(gossip->replica));
        evidence->first = lh_buf_bytes(&notes[0]);
        evidence->second = lh_buf_bytes(&notes[1]);
        rc = lh_evidence_format(&text, evidence, err);
    }
    if (rc == LH_OK) {
        rc = convict(gossip, lh_buf_bytes(&text), err);
    }
    lh_buf_clear(&text);
    lh_buf_clear(&notes[0]);
    lh_buf_clear(&notes[1]);
    lh_buf_clear(&store);
    return rc;
}

enum lh_code lh_gossip_accuse_block(struct lh_gossip *gossip, const char *origin,
                                    const struct lh_block *block, struct lh_err *err)
{
    struct lh_buf text = LH_BUF_EMPTY;
    enum lh_code rc = lh_replica_accuse(gossip->replica, origin, block, &text, err);

    if (rc == LH_OK) {
        rc = convict(gossip, lh_buf_bytes(&text), err);
    }
    lh_buf_clear(&text);
    return rc;
}

enum lh_code lh_gossip_take_evidence(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                     struct lh_bytes text, struct lh_err *err)
{
    size_t place = SIZE_MAX;
    enum lh_code rc = lh_replica_convict(gossip->replica, text, &place, err);

    if (rc == LH_OK || rc == LH_AGAIN) {
        bool is_news = rc == LH_OK;

        rc = lh_gossip_grow_rows(gossip, peer, err);
        if (rc == LH_OK) {
            peer->rows[place].has_evidence = true;
        }
        if (is_news) {
            tell_taint(gossip, place, text);
        }
        return rc;
    }
    if (lh_gossip_is_blame(rc) || rc == LH_ERR_NOMEM) {
        return rc;
    }
    if (rc != LH_ERR_UNKNOWN) { /* of a newer version: for who can read it */
        lh_gossip_trouble(gossip, "", err);
    }
    return LH_OK;
}

enum lh_code lh_gossip_next_evidence(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                     const size_t credit[LH_CLASS_COUNT], struct lh_frame *out,
                                     struct lh_err *err)
{
    for (size_t i = 0; i < peer->row_count; i++) {
        const struct lh_replica_ledger *ledger = lh_replica_at(gossip->replica, i);
        enum lh_code rc;

        if (!ledger->is_tainted || peer->rows[i].has_evidence) {
            continue;
        }
        rc = lh_replica_get_note(gossip->replica, ledger->origin, LH_REPLICA_EVIDENCE,
                                 &gossip->payload, err);
        if (rc != LH_OK) { /* not to be had: the peer hears of it from others */
            lh_gossip_trouble(gossip, ledger->origin, err);
            peer->rows[i].has_evidence = true;
            continue;
        }
        rc = lh_gossip_frame(gossip, out, LH_FRAME_EVIDENCE, 0, credit, err);
        if (rc == LH_OK) {
            peer->rows[i].has_evidence = true;
        }
        return rc;
    }
    return LH_AGAIN;
}
