/*
 * Asking for what others have and taking the blocks that come, asked for or not. A block is judged
 * and kept before anything else is done with it; what its seal proves is the department's doing,
 * everything else is the doing of who sent it.
 */
#include "net/gossip_internal.h"

#include "crypto/base/assert.h"

#include <stdlib.h>
#include <string.h>

static void reset_assembly(struct lh_gossip_assembly *assembly)
{
    lh_buf_clear(&assembly->parts); /* a block is large: its room is not kept */
    assembly->count = 0;
}

void lh_gossip_end_pull(struct lh_gossip_peer *peer)
{
    peer->pull.kind = LH_PULL_NONE;
    lh_buf_clear(&peer->pull.ours);
    lh_buf_clear(&peer->pull.theirs);
    reset_assembly(&peer->pulled);
}

/* ---- asking ---- */

/* Is this ledger asked for already, or are as many as may be? */
static bool may_ask(const struct lh_gossip *gossip, const char *origin)
{
    size_t count = 0;

    for (size_t i = 0; i < gossip->peer_count; i++) {
        const struct lh_gossip_pull *pull = &gossip->peers[i].pull;

        if (pull->kind == LH_PULL_NONE) {
            continue;
        }
        count++;
        if (strcmp(pull->origin, origin) == 0) {
            return false;
        }
    }
    return count < LH_GOSSIP_PULLS_MAX;
}

static bool is_wanted(const struct lh_gossip *gossip, const struct lh_gossip_row *row,
                      const struct lh_replica_ledger *ledger, int64_t now_ms)
{
    return !ledger->is_own && !row->is_elsewhere && row->heard > ledger->chain.tree.size &&
           now_ms >= row->again_ms && may_ask(gossip, ledger->origin);
}

static void plan(struct lh_gossip_pull *out, const char *origin, uint64_t from, uint64_t heard)
{
    out->kind = LH_PULL_BLOCKS;
    out->from = from;
    out->until = heard - from > LH_GOSSIP_ASK_MAX ? from + LH_GOSSIP_ASK_MAX : heard;
    memcpy(out->origin, origin, strlen(origin) + 1);
}

/* Ledgers that we know by now are rows. */
static void settle_strangers(struct lh_gossip *gossip, struct lh_gossip_peer *peer)
{
    size_t kept = 0;

    for (size_t i = 0; i < peer->stranger_count; i++) {
        const struct lh_gossip_stranger *stranger = &peer->strangers[i];
        const struct lh_replica_ledger *ledger = lh_replica_find(gossip->replica, stranger->origin);

        if (ledger == NULL || !ledger->is_begun) {
            peer->strangers[kept++] = *stranger;
            continue;
        }
        struct lh_gossip_row *row = lh_gossip_row_of(gossip, peer, stranger->origin);

        row->heard = stranger->heard > row->heard ? stranger->heard : row->heard;
    }
    peer->stranger_count = kept;
}

/* Something that the peer has and we lack; a ledger after the other gets its turn. */
static bool find_wanted(struct lh_gossip *gossip, struct lh_gossip_peer *peer, int64_t now_ms,
                        struct lh_gossip_pull *out)
{
    settle_strangers(gossip, peer);
    for (size_t i = 0; i < peer->stranger_count; i++) {
        const struct lh_gossip_stranger *stranger = &peer->strangers[i];

        if (now_ms >= stranger->again_ms && may_ask(gossip, stranger->origin)) {
            plan(out, stranger->origin, 0, stranger->heard);
            return true;
        }
    }
    for (size_t i = 0; i < peer->row_count; i++) {
        size_t place = (gossip->next_place + i) % peer->row_count;
        const struct lh_replica_ledger *ledger = lh_replica_at(gossip->replica, place);

        if (is_wanted(gossip, &peer->rows[place], ledger, now_ms)) {
            gossip->next_place = place + 1;
            plan(out, ledger->origin, ledger->chain.tree.size, peer->rows[place].heard);
            return true;
        }
    }
    return false;
}

static enum lh_code write_question(struct lh_gossip *gossip, const struct lh_gossip_pull *pull,
                                   struct lh_err *err)
{
    lh_buf_reset(&gossip->payload);
    if (pull->kind == LH_PULL_BLOCKS) {
        struct lh_get get = { .from = pull->from, .until = pull->until };

        memcpy(get.origin, pull->origin, sizeof get.origin);
        return lh_get_encode(&gossip->payload, &get, err);
    }
    struct lh_prove prove = { .old = pull->from, .size = pull->until };

    memcpy(prove.origin, pull->origin, sizeof prove.origin);
    return lh_prove_encode(&gossip->payload, &prove, err);
}

enum lh_code lh_gossip_next_question(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                     const size_t credit[LH_CLASS_COUNT], int64_t now_ms,
                                     struct lh_frame *out, struct lh_err *err)
{
    struct lh_gossip_pull plan = { .kind = LH_PULL_NONE };
    struct lh_gossip_pull *pull = &peer->pull;
    enum lh_code rc;

    if (pull->kind != LH_PULL_NONE ? pull->is_sent : now_ms < peer->again_ms) {
        return LH_AGAIN;
    }
    if (pull->kind == LH_PULL_NONE && !find_wanted(gossip, peer, now_ms, &plan)) {
        return LH_AGAIN;
    }
    rc = write_question(gossip, pull->kind != LH_PULL_NONE ? pull : &plan, err);
    if (rc == LH_OK) {
        rc = lh_gossip_frame(gossip, out,
                             pull->kind == LH_PULL_PROOF ? LH_FRAME_PROVE : LH_FRAME_GET,
                             peer->request + 1, credit, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    if (pull->kind == LH_PULL_NONE) {
        *pull = plan;
    }
    pull->request = ++peer->request;
    pull->is_sent = true;
    pull->heard_ms = now_ms;
    return LH_OK;
}

/* ---- assembling a block ---- */

static enum lh_code add_leaves(struct lh_gossip_assembly *assembly, const struct lh_leaves *leaves,
                               struct lh_err *err)
{
    if (assembly->count == 0) {
        memcpy(assembly->origin, leaves->origin, sizeof assembly->origin);
        assembly->first = leaves->first;
    } else if (strcmp(assembly->origin, leaves->origin) != 0 ||
               leaves->first != assembly->first + assembly->count) {
        return lh_err_set(err, LH_ERR_INVALID, "LEAVES that do not follow each other");
    }
    if (leaves->count > LH_BLOCK_ENTRIES_MAX + 1 - assembly->count ||
        leaves->parts.len > LH_GOSSIP_BLOCK_MAX - assembly->parts.len) {
        return lh_err_set(err, LH_ERR_LIMIT, "more leaves than a block may have");
    }
    lh_buf_add(&assembly->parts, leaves->parts);
    assembly->count += leaves->count;
    return lh_buf_check(&assembly->parts, err);
}

/* The seal must be of just these leaves' end, else its sender mixed things up. On another branch
 * they may be the end of a block only. */
static enum lh_code check_seal_fits(const struct lh_gossip_assembly *assembly,
                                    struct lh_bytes bytes, struct lh_err *err)
{
    struct lh_checkpoint head;
    struct lh_note note;
    enum lh_code rc = lh_note_parse(&note, bytes, err);

    if (rc == LH_OK) {
        rc = lh_checkpoint_parse(&head, note.text, err);
    }
    if (rc == LH_OK && (assembly->count == 0 || strcmp(head.origin, assembly->origin) != 0 ||
                        head.size != assembly->first + assembly->count)) {
        rc = lh_err_set(err, LH_ERR_INVALID, "a SEAL that is not of the leaves before it");
    }
    return rc;
}

static bool is_tainted(const struct lh_gossip *gossip, const char *origin)
{
    const struct lh_replica_ledger *ledger = lh_replica_find(gossip->replica, origin);

    return ledger != NULL && ledger->is_tainted;
}

/* LH_ERR_UNKNOWN: sealed, and no block; where that can be shown, the ledger is tainted by now. */
static enum lh_code append(struct lh_gossip *gossip, const struct lh_gossip_assembly *assembly,
                           struct lh_bytes note, struct lh_err *err)
{
    struct lh_bytes rest = lh_buf_bytes(&assembly->parts);
    struct lh_bytes *leaves = calloc(assembly->count, sizeof leaves[0]);
    struct lh_block block = { .leaves = leaves,
                              .entry_count = assembly->count - 1,
                              .checkpoint = note };
    struct lh_err unshown = LH_ERR_NONE;
    enum lh_code rc;

    if (leaves == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "the leaves of a block");
    }
    for (uint64_t i = 0; i < assembly->count; i++) {
        bool is_there = lh_part_next(&rest, &leaves[i]);

        lh_assert(is_there); /* they were counted when they came */
    }
    rc = lh_replica_append(gossip->replica, assembly->origin, &block, err);
    if (rc == LH_ERR_UNKNOWN && !is_tainted(gossip, assembly->origin) &&
        lh_gossip_accuse_block(gossip, assembly->origin, &block, &unshown) != LH_OK) {
        lh_gossip_trouble(gossip, assembly->origin, &unshown);
    }
    free(leaves);
    if (rc == LH_OK && gossip->listener.on_grown != NULL) {
        gossip->listener.on_grown(gossip->listener.arg,
                                  lh_replica_find(gossip->replica, assembly->origin));
    }
    return rc;
}

/* It has this much, and knows that we do. */
static enum lh_code note_both_have(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                   const char *origin, uint64_t size, struct lh_err *err)
{
    struct lh_gossip_row *row;
    enum lh_code rc = lh_gossip_grow_rows(gossip, peer, err);

    if (rc == LH_OK) {
        row = lh_gossip_row_of(gossip, peer, origin);
        row->heard = size > row->heard ? size : row->heard;
        row->told = size > row->told ? size : row->told;
    }
    return rc;
}

/* ---- what was asked for ---- */

/* Not to be asked for this ledger for a while. */
static void shun(struct lh_gossip *gossip, struct lh_gossip_peer *peer, const char *origin,
                 int64_t now_ms)
{
    struct lh_gossip_row *row = lh_gossip_row_of(gossip, peer, origin);

    if (row != NULL) {
        row->again_ms = now_ms + LH_GOSSIP_AGAIN_MS;
    }
    for (size_t i = 0; i < peer->stranger_count; i++) {
        if (strcmp(peer->strangers[i].origin, origin) == 0) {
            peer->strangers[i].again_ms = now_ms + LH_GOSSIP_AGAIN_MS;
        }
    }
}

/* What the peer has of a tainted ledger is not what we hold: it is not asked for it again, or where
 * nothing of it is held not for a while. */
static void leave_branch(struct lh_gossip *gossip, struct lh_gossip_peer *peer, int64_t now_ms)
{
    struct lh_gossip_row *row = lh_gossip_row_of(gossip, peer, peer->pull.origin);

    shun(gossip, peer, peer->pull.origin, now_ms);
    if (row != NULL) {
        row->is_elsewhere = true;
        row->heard = 0;
    }
    lh_gossip_end_pull(peer);
}

/* The seal is good and the block does not follow: the peer has to show how its head came about. */
static enum lh_code doubt(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                          struct lh_bytes note, int64_t now_ms, struct lh_err *err)
{
    const struct lh_replica_ledger *ledger = lh_replica_find(gossip->replica, peer->pull.origin);
    struct lh_gossip_pull *pull = &peer->pull;
    enum lh_code rc;

    if (ledger->is_tainted) {
        leave_branch(gossip, peer, now_ms);
        return LH_OK;
    }
    pull->kind = LH_PULL_PROOF;
    pull->is_sent = false;
    pull->until = peer->pulled.first + peer->pulled.count;
    lh_buf_add(&pull->ours, lh_buf_bytes(&ledger->checkpoint));
    lh_buf_add(&pull->theirs, note);
    rc = lh_buf_check(&pull->ours, err);
    if (rc == LH_OK) {
        rc = lh_buf_check(&pull->theirs, err);
    }
    reset_assembly(&peer->pulled);
    return rc;
}

static enum lh_code take_pulled_seal(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                     struct lh_bytes note, int64_t now_ms, struct lh_err *err)
{
    struct lh_gossip_pull *pull = &peer->pull;
    struct lh_gossip_assembly *block = &peer->pulled;
    const struct lh_replica_ledger *ledger = lh_replica_find(gossip->replica, pull->origin);
    uint64_t held = ledger != NULL ? ledger->chain.tree.size : 0;
    uint64_t end = block->first + block->count;
    enum lh_code rc = check_seal_fits(block, note, err);

    if (rc != LH_OK) {
        return rc;
    }
    if (held >= end) { /* it came another way meanwhile */
        rc = LH_OK;
    } else if (held != block->first) {
        lh_gossip_end_pull(peer);
        return LH_OK;
    } else {
        rc = append(gossip, block, note, err);
    }
    if (rc == LH_ERR_CONFLICT) {
        return doubt(gossip, peer, note, now_ms, err);
    }
    if (rc == LH_ERR_UNKNOWN && is_tainted(gossip, pull->origin)) {
        leave_branch(gossip, peer, now_ms);
        return LH_OK;
    }
    if (rc != LH_OK) {
        if (!lh_gossip_is_blame(rc) && rc != LH_ERR_NOMEM) {
            lh_gossip_trouble(gossip, pull->origin, err);
            shun(gossip, peer, pull->origin, now_ms);
            lh_gossip_end_pull(peer);
            rc = LH_OK;
        }
        return rc;
    }
    reset_assembly(block);
    pull->from = end;
    rc = note_both_have(gossip, peer, pull->origin, end, err);
    if (end >= pull->until) {
        lh_gossip_end_pull(peer);
    }
    return rc;
}

static enum lh_code take_pulled_leaves(struct lh_gossip_peer *peer, const struct lh_leaves *leaves,
                                       struct lh_err *err)
{
    if (strcmp(leaves->origin, peer->pull.origin) != 0 ||
        leaves->first != peer->pull.from + peer->pulled.count) {
        return lh_err_set(err, LH_ERR_INVALID, "LEAVES that were not asked for");
    }
    return add_leaves(&peer->pulled, leaves, err);
}

static enum lh_code take_missing(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                 struct lh_bytes payload, int64_t now_ms, struct lh_err *err)
{
    struct lh_gossip_row *row;
    struct lh_missing missing;
    enum lh_code rc = lh_missing_decode(&missing, payload, err);

    if (rc == LH_OK && strcmp(missing.origin, peer->pull.origin) != 0) {
        rc = lh_err_set(err, LH_ERR_INVALID, "MISSING is of another ledger");
    }
    if (rc != LH_OK) {
        return rc;
    }
    row = lh_gossip_row_of(gossip, peer, missing.origin);
    if (row != NULL && missing.reason == LH_MISSING_END && missing.size < row->heard) {
        row->heard = missing.size;
    }
    shun(gossip, peer, missing.origin, now_ms);
    lh_gossip_end_pull(peer);
    return LH_OK;
}

static enum lh_code take_proof(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                               struct lh_bytes payload, int64_t now_ms, struct lh_err *err)
{
    struct lh_gossip_pull *pull = &peer->pull;
    struct lh_evidence evidence = { .kind = LH_EVIDENCE_TWO_HISTORIES,
                                    .first = lh_buf_bytes(&pull->ours),
                                    .second = lh_buf_bytes(&pull->theirs) };
    struct lh_proven_growth growth;
    struct lh_gossip_row *row;
    enum lh_code rc = lh_proven_growth_decode(&growth, payload, err);

    if (rc == LH_OK && (strcmp(growth.of.origin, pull->origin) != 0 ||
                        growth.of.old != pull->from || growth.of.size != pull->until)) {
        rc = lh_err_set(err, LH_ERR_INVALID, "a PROOF that was not asked for");
    }
    if (rc != LH_OK) {
        return rc;
    }
    evidence.root = growth.root;
    evidence.proof = growth.proof;
    rc = lh_gossip_accuse(gossip, pull->origin, &evidence, err);
    row = lh_gossip_row_of(gossip, peer, pull->origin);
    if (rc == LH_OK) {
        row->is_elsewhere = true;
        row->heard = 0;
    } else if (!lh_gossip_is_blame(rc) && rc != LH_ERR_NOMEM) {
        lh_gossip_trouble(gossip, pull->origin, err);
        shun(gossip, peer, pull->origin, now_ms);
        rc = LH_OK;
    }
    lh_gossip_end_pull(peer);
    return rc;
}

static enum lh_code take_pulled(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                const struct lh_frame *frame, int64_t now_ms, struct lh_err *err)
{
    bool is_blocks = peer->pull.kind == LH_PULL_BLOCKS;
    struct lh_leaves leaves;
    enum lh_code rc;

    peer->pull.heard_ms = now_ms;
    if (frame->type == LH_FRAME_MISSING) {
        return take_missing(gossip, peer, frame->payload, now_ms, err);
    }
    if (is_blocks && frame->type == LH_FRAME_SEAL) {
        return take_pulled_seal(gossip, peer, frame->payload, now_ms, err);
    }
    if (is_blocks && frame->type == LH_FRAME_LEAVES) {
        rc = lh_leaves_decode(&leaves, frame->payload, err);
        return rc == LH_OK ? take_pulled_leaves(peer, &leaves, err) : rc;
    }
    if (!is_blocks && frame->type == LH_FRAME_PROOF) {
        return take_proof(gossip, peer, frame->payload, now_ms, err);
    }
    return lh_err_set(err, LH_ERR_INVALID, "%s does not answer what was asked",
                      lh_frame_name(frame->type));
}

/* ---- what comes by itself ---- */

/* spec network.md 7: "Nobody but its department sends a ledger unasked, and a block that way is one
 * LEAVES and one SEAL." */
static enum lh_code take_pushed_leaves(struct lh_gossip_peer *peer, struct lh_bytes payload,
                                       struct lh_err *err)
{
    struct lh_leaves leaves;
    struct lh_origin origin;
    enum lh_code rc = lh_leaves_decode(&leaves, payload, err);

    if (rc == LH_OK) {
        rc = lh_origin_parse(&origin, lh_bytes_of_text(leaves.origin), err);
    }
    if (rc == LH_OK &&
        (peer->pushed.count > 0 || strcmp(origin.department, peer->department) != 0)) {
        rc = lh_err_set(err, LH_ERR_INVALID, "LEAVES that nobody asked for");
    }
    return rc == LH_OK ? add_leaves(&peer->pushed, &leaves, err) : rc;
}

static enum lh_code take_pushed_seal(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                     struct lh_bytes note, struct lh_err *err)
{
    struct lh_gossip_assembly *block = &peer->pushed;
    const struct lh_replica_ledger *ledger = lh_replica_find(gossip->replica, block->origin);
    uint64_t held = ledger != NULL ? ledger->chain.tree.size : 0;
    enum lh_code rc = check_seal_fits(block, note, err);

    if (rc != LH_OK) {
        return rc;
    }
    rc = LH_ERR_CONFLICT;
    if (block->first == held && lh_replica_is_possible(gossip->replica, block->origin)) {
        rc = append(gossip, block, note, err);
    }
    if (rc == LH_OK) {
        rc = note_both_have(gossip, peer, block->origin, block->first + block->count, err);
    } else if (rc == LH_ERR_CONFLICT) { /* too late, too early, or another branch: its head says */
        rc = lh_gossip_hear_note(gossip, peer, note, err);
    } else if (rc == LH_ERR_UNKNOWN && is_tainted(gossip, block->origin)) {
        rc = LH_OK;
    } else if (!lh_gossip_is_blame(rc) && rc != LH_ERR_NOMEM) {
        lh_gossip_trouble(gossip, block->origin, err);
        rc = LH_OK;
    }
    reset_assembly(block);
    return rc;
}

enum lh_code lh_gossip_take_answer(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                   const struct lh_frame *frame, int64_t now_ms, struct lh_err *err)
{
    if (frame->request == 0 && frame->type == LH_FRAME_LEAVES) {
        return take_pushed_leaves(peer, frame->payload, err);
    }
    if (frame->request == 0 && frame->type == LH_FRAME_SEAL) {
        return take_pushed_seal(gossip, peer, frame->payload, err);
    }
    if (frame->request == 0 || frame->request > peer->request) {
        return lh_err_set(err, LH_ERR_INVALID, "%s without a question", lh_frame_name(frame->type));
    }
    if (peer->pull.kind == LH_PULL_NONE || !peer->pull.is_sent ||
        frame->request != peer->pull.request) {
        return LH_OK; /* an answer that was given up */
    }
    return take_pulled(gossip, peer, frame, now_ms, err);
}
