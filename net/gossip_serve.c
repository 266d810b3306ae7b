/*
 * Answering and pushing. What goes out is read at the moment it goes: of an answer we keep a place
 * in a ledger, of a push nothing but what the peer has.
 */
#include "net/gossip_internal.h"

#include <string.h>

enum { FRAME_FULL = LH_FRAME_HEADER_SIZE + LH_FRAME_PAYLOAD_MAX };

/* ---- questions ---- */

enum lh_code lh_gossip_take_question(struct lh_gossip_peer *peer, const struct lh_frame *frame,
                                     struct lh_err *err)
{
    struct lh_gossip_answer answer = { .request = frame->request };
    struct lh_prove prove;
    struct lh_get get;
    enum lh_code rc;

    if (frame->request == 0) {
        return lh_err_set(err, LH_ERR_INVALID, "%s without a request", lh_frame_name(frame->type));
    }
    if (frame->type == LH_FRAME_GET) {
        rc = lh_get_decode(&get, frame->payload, err);
        answer.kind = LH_PULL_BLOCKS;
        if (rc == LH_OK) {
            answer.next = get.from;
            answer.until = get.until;
            memcpy(answer.origin, get.origin, sizeof answer.origin);
        }
    } else {
        rc = lh_prove_decode(&prove, frame->payload, err);
        answer.kind = LH_PULL_PROOF;
        if (rc == LH_OK) {
            answer.next = prove.old;
            answer.until = prove.size;
            memcpy(answer.origin, prove.origin, sizeof answer.origin);
        }
    }
    /* spec network.md 7: "A question takes the place of the one before it, answered or not." */
    if (rc == LH_OK) {
        peer->answer = answer;
    }
    return rc;
}

/* ---- answers ---- */

static enum lh_code end_answer(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                               enum lh_missing_reason reason, const size_t credit[LH_CLASS_COUNT],
                               struct lh_frame *out, struct lh_err *err)
{
    const struct lh_replica_ledger *ledger = lh_replica_find(gossip->replica, peer->answer.origin);
    struct lh_missing missing = { .reason = reason,
                                  .size = ledger != NULL ? ledger->chain.tree.size : 0 };
    enum lh_code rc;

    memcpy(missing.origin, peer->answer.origin, sizeof missing.origin);
    lh_buf_reset(&gossip->payload);
    rc = lh_missing_encode(&gossip->payload, &missing, err);
    if (rc == LH_OK) {
        rc = lh_gossip_frame(gossip, out, LH_FRAME_MISSING, peer->answer.request, credit, err);
    }
    if (rc == LH_OK) {
        peer->answer.kind = LH_PULL_NONE;
    }
    return rc;
}

/* What a peer's question met in our store is no fault of the peer. */
static enum lh_code give_up(struct lh_gossip *gossip, struct lh_gossip_peer *peer, enum lh_code rc,
                            const size_t credit[LH_CLASS_COUNT], struct lh_frame *out,
                            struct lh_err *err)
{
    if (rc == LH_ERR_NOT_FOUND) {
        return end_answer(gossip, peer, LH_MISSING_END, credit, out, err);
    }
    if (rc == LH_ERR_NOMEM || rc == LH_AGAIN) {
        return rc;
    }
    lh_gossip_trouble(gossip, peer->answer.origin, err);
    return end_answer(gossip, peer, LH_MISSING_LATER, credit, out, err);
}

static enum lh_code answer_proof(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                 const size_t credit[LH_CLASS_COUNT], struct lh_frame *out,
                                 struct lh_err *err)
{
    const struct lh_gossip_answer *answer = &peer->answer;
    struct lh_proven_growth growth = { .of = { .old = answer->next, .size = answer->until } };
    enum lh_code rc =
        lh_replica_root(gossip->replica, answer->origin, answer->next, &growth.root, err);

    memcpy(growth.of.origin, answer->origin, sizeof growth.of.origin);
    if (rc == LH_OK) {
        rc = lh_replica_prove(gossip->replica, answer->origin, answer->next, answer->until,
                              &growth.proof, err);
    }
    if (rc == LH_OK) {
        lh_buf_reset(&gossip->payload);
        rc = lh_proven_growth_encode(&gossip->payload, &growth, err);
    }
    if (rc != LH_OK) {
        return give_up(gossip, peer, rc, credit, out, err);
    }
    rc = lh_gossip_frame(gossip, out, LH_FRAME_PROOF, answer->request, credit, err);
    if (rc == LH_OK) {
        peer->answer.kind = LH_PULL_NONE;
    }
    return rc;
}

/* LEAVES from `first` on, in `payload`; how many there are is counted behind their head. */
static enum lh_code write_leaves(struct lh_gossip *gossip, const char *origin, uint64_t first,
                                 uint64_t *out_count, struct lh_err *err)
{
    struct lh_leaves leaves;
    enum lh_code rc;

    lh_buf_reset(&gossip->payload);
    rc = lh_leaves_begin(&gossip->payload, origin, first, err);
    if (rc == LH_OK) {
        rc = lh_replica_leaves(gossip->replica, origin, first,
                               LH_FRAME_PAYLOAD_MAX - gossip->payload.len, &gossip->payload, err);
    }
    if (rc == LH_OK) {
        rc = lh_buf_check(&gossip->payload, err);
    }
    if (rc == LH_OK && lh_leaves_decode(&leaves, lh_buf_bytes(&gossip->payload), err) != LH_OK) {
        rc = lh_err_wrap(err, LH_ERR_CORRUPT, "what the store has of %s", origin);
    }
    if (rc == LH_OK) {
        *out_count = leaves.count;
    }
    return rc;
}

static enum lh_code write_seal(struct lh_gossip *gossip, const char *origin, uint64_t index,
                               uint64_t *out_size, struct lh_err *err)
{
    lh_buf_reset(&gossip->payload);
    return lh_replica_block_seal(gossip->replica, origin, index, &gossip->payload, out_size, err);
}

static void note_sent(struct lh_gossip *gossip, struct lh_gossip_peer *peer, const char *origin,
                      uint64_t size)
{
    struct lh_gossip_row *row = lh_gossip_row_of(gossip, peer, origin);

    if (row != NULL) {
        row->heard = size > row->heard ? size : row->heard;
        row->told = size > row->told ? size : row->told;
        if (row->heard >= lh_replica_find(gossip->replica, origin)->chain.tree.size) {
            row->is_pulling = false;
        }
    }
}

static enum lh_code answer_seal(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                const size_t credit[LH_CLASS_COUNT], struct lh_frame *out,
                                struct lh_err *err)
{
    struct lh_gossip_answer *answer = &peer->answer;
    uint64_t size;
    enum lh_code rc = write_seal(gossip, answer->origin, answer->next - 1, &size, err);

    if (rc != LH_OK) {
        return give_up(gossip, peer, rc, credit, out, err);
    }
    rc = lh_gossip_frame(gossip, out, LH_FRAME_SEAL, answer->request, credit, err);
    if (rc != LH_OK) {
        return rc;
    }
    note_sent(gossip, peer, answer->origin, size);
    answer->block_end = 0;
    if (answer->next >= answer->until) {
        answer->kind = LH_PULL_NONE;
    }
    return LH_OK;
}

static enum lh_code answer_leaves(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                  const size_t credit[LH_CLASS_COUNT], struct lh_frame *out,
                                  struct lh_err *err)
{
    struct lh_gossip_answer *answer = &peer->answer;
    uint64_t count = 0;
    enum lh_code rc = LH_OK;

    if (answer->block_end == 0) {
        rc = write_seal(gossip, answer->origin, answer->next, &answer->block_end, err);
    }
    if (rc == LH_OK) {
        rc = write_leaves(gossip, answer->origin, answer->next, &count, err);
    }
    if (rc != LH_OK) {
        return give_up(gossip, peer, rc, credit, out, err);
    }
    rc = lh_gossip_frame(gossip, out, LH_FRAME_LEAVES, answer->request, credit, err);
    if (rc == LH_OK) {
        answer->next += count;
    }
    return rc;
}

enum lh_code lh_gossip_next_answer(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                   const size_t credit[LH_CLASS_COUNT], struct lh_frame *out,
                                   struct lh_err *err)
{
    const struct lh_gossip_answer *answer = &peer->answer;

    switch (answer->kind) {
    case LH_PULL_NONE:
        return LH_AGAIN;
    case LH_PULL_PROOF:
        return answer_proof(gossip, peer, credit, out, err);
    case LH_PULL_BLOCKS:
        break;
    }
    if (answer->block_end != 0 && answer->next == answer->block_end) {
        return answer_seal(gossip, peer, credit, out, err);
    }
    /* Nothing is read that could not go out. */
    return credit[LH_CLASS_BULK] < FRAME_FULL ? LH_AGAIN
                                              : answer_leaves(gossip, peer, credit, out, err);
}

/* ---- pushing ---- */

/* A store that fails, or a block that is too large, leaves the peer to ask by itself. */
static enum lh_code push_leaves(struct lh_gossip *gossip, struct lh_gossip_row *row,
                                const struct lh_replica_ledger *ledger,
                                const size_t credit[LH_CLASS_COUNT], struct lh_frame *out,
                                struct lh_err *err)
{
    uint64_t count = 0;
    uint64_t end = 0;
    enum lh_code rc = write_seal(gossip, ledger->origin, row->heard, &end, err);

    if (rc == LH_OK) {
        rc = write_leaves(gossip, ledger->origin, row->heard, &count, err);
    }
    if (rc == LH_OK && count == end - row->heard) {
        rc = lh_gossip_frame(gossip, out, LH_FRAME_LEAVES, 0, credit, err);
        if (rc == LH_OK) {
            return rc;
        }
    }
    if (rc != LH_OK && rc != LH_AGAIN && rc != LH_ERR_NOMEM) {
        lh_gossip_trouble(gossip, ledger->origin, err);
    }
    row->is_pulling = true;
    return rc == LH_ERR_NOMEM ? rc : LH_AGAIN;
}

static enum lh_code push_seal(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                              const size_t credit[LH_CLASS_COUNT], struct lh_frame *out,
                              struct lh_err *err)
{
    const struct lh_replica_ledger *ledger = lh_replica_at(gossip->replica, peer->push_place);
    struct lh_gossip_row *row = &peer->rows[peer->push_place];
    uint64_t size;
    enum lh_code rc = write_seal(gossip, ledger->origin, peer->push_first, &size, err);

    if (rc == LH_OK) {
        rc = lh_gossip_frame(gossip, out, LH_FRAME_SEAL, 0, credit, err);
    }
    if (rc == LH_OK) {
        peer->is_sealing = false;
        note_sent(gossip, peer, ledger->origin, size);
    } else if (rc != LH_AGAIN && rc != LH_ERR_NOMEM) { /* tried again at the next round */
        lh_gossip_trouble(gossip, ledger->origin, err);
        row->is_pulling = true;
        rc = LH_AGAIN;
    }
    return rc;
}

enum lh_code lh_gossip_next_push(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                 const size_t credit[LH_CLASS_COUNT], struct lh_frame *out,
                                 struct lh_err *err)
{
    if (peer->is_sealing) {
        return push_seal(gossip, peer, credit, out, err);
    }
    for (size_t i = 0; i < peer->row_count; i++) {
        struct lh_gossip_row *row = &peer->rows[i];
        const struct lh_replica_ledger *ledger = lh_replica_at(gossip->replica, i);
        enum lh_code rc = LH_AGAIN;

        if (lh_gossip_may_push(peer, row, ledger)) {
            rc = push_leaves(gossip, row, ledger, credit, out, err);
        }
        if (rc == LH_OK) {
            peer->is_sealing = true;
            peer->push_place = i;
            peer->push_first = row->heard;
        }
        if (rc != LH_AGAIN) {
            return rc;
        }
    }
    return LH_AGAIN;
}
