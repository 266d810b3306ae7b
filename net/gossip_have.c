/*
 * Who has what. A row of HAVE is a signed checkpoint, so it proves itself; where it is not that of
 * what we hold, the two heads are evidence.
 */
#include "net/gossip_internal.h"

#include "crypto/base/assert.h"
#include "net/panel.h"

#include <stdlib.h>
#include <string.h>

/* ---- hearing ---- */

static enum lh_code hear_stranger(struct lh_gossip_peer *peer, const struct lh_checkpoint *head,
                                  struct lh_err *err)
{
    for (size_t i = 0; i < peer->stranger_count; i++) {
        if (strcmp(peer->strangers[i].origin, head->origin) == 0) {
            peer->strangers[i].heard = head->size;
            return LH_OK;
        }
    }
    if (peer->stranger_count == LH_GOSSIP_STRANGERS_MAX) {
        return LH_OK; /* it will say so again */
    }
    if (peer->stranger_count == peer->stranger_capacity) {
        size_t capacity = peer->stranger_capacity == 0 ? 8 : 2 * peer->stranger_capacity;
        struct lh_gossip_stranger *strangers =
            realloc(peer->strangers, capacity * sizeof strangers[0]);

        if (strangers == NULL) {
            return lh_err_set(err, LH_ERR_NOMEM, "what a peer has");
        }
        peer->strangers = strangers;
        peer->stranger_capacity = capacity;
    }
    struct lh_gossip_stranger *stranger = &peer->strangers[peer->stranger_count++];

    *stranger = (struct lh_gossip_stranger){ .heard = head->size };
    memcpy(stranger->origin, head->origin, sizeof stranger->origin);
    return LH_OK;
}

/* The peer has so much of what we hold; who is at our head may be pushed to again. */
static void note_heard(struct lh_gossip_row *row, const struct lh_replica_ledger *ledger,
                       uint64_t size)
{
    row->heard = size > row->heard ? size : row->heard;
    if (row->heard >= ledger->chain.tree.size) {
        row->is_pulling = false;
    }
}

/* A head of a ledger that is not the one we have at that size. */
static enum lh_code hear_contradiction(struct lh_gossip *gossip, struct lh_gossip_row *row,
                                       const struct lh_replica_ledger *ledger,
                                       const struct lh_checkpoint *head, struct lh_bytes note,
                                       const struct lh_hash *root, struct lh_err *err)
{
    uint64_t size = ledger->chain.tree.size;
    struct lh_evidence evidence = { .kind = head->size == size ? LH_EVIDENCE_TWO_ROOTS
                                                               : LH_EVIDENCE_TWO_HISTORIES,
                                    .root = *root,
                                    .first = note,
                                    .second = lh_buf_bytes(&ledger->checkpoint) };
    enum lh_code rc = LH_OK;

    row->is_elsewhere = true;
    row->heard = 0;
    if (ledger->is_tainted) {
        return LH_OK;
    }
    if (evidence.kind == LH_EVIDENCE_TWO_HISTORIES) {
        rc = lh_replica_prove(gossip->replica, ledger->origin, head->size, size, &evidence.proof,
                              err);
    }
    if (rc == LH_OK) {
        rc = lh_gossip_accuse(gossip, ledger->origin, &evidence, err);
    }
    if (rc == LH_ERR_NOT_FOUND) {
        lh_gossip_trouble(gossip, ledger->origin, err);
        return LH_OK; /* its branch is left alone, and people are told */
    }
    return rc;
}

/* A head that we know the seal of. */
static enum lh_code hear_head(struct lh_gossip *gossip, struct lh_gossip_row *row,
                              const struct lh_replica_ledger *ledger,
                              const struct lh_checkpoint *head, struct lh_bytes note,
                              struct lh_err *err)
{
    bool is_longer = head->size > ledger->chain.tree.size;
    struct lh_checkpoint verified;
    struct lh_hash root;
    enum lh_code rc;

    if (!is_longer) {
        rc = lh_replica_root(gossip->replica, ledger->origin, head->size, &root, err);
        if (rc != LH_OK) {
            return rc;
        }
        if (lh_hash_is_equal(&root, &head->root)) {
            note_heard(row, ledger, head->size);
            return LH_OK;
        }
    } else if (head->size == row->heard || row->is_elsewhere) {
        return LH_OK; /* nothing new */
    }
    /* spec network.md 7: "A row that does not verify
     * ends the session." */
    rc = lh_replica_verify(gossip->replica, &verified, ledger->origin, note, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (ledger->is_own && gossip->listener.on_ahead != NULL) {
        gossip->listener.on_ahead(gossip->listener.arg, &verified);
    }
    if (!is_longer) {
        return hear_contradiction(gossip, row, ledger, &verified, note, &root, err);
    }
    note_heard(row, ledger, head->size);
    return LH_OK;
}

/* ---- cosignatures ---- */

/* A checkpoint of what we hold bears lines of cosigners: is it witnessed, and news? */
static enum lh_code hear_cosigned(struct lh_gossip *gossip, const struct lh_replica_ledger *ledger,
                                  const struct lh_note *note, struct lh_bytes bytes,
                                  struct lh_err *err)
{
    struct lh_buf lines = LH_BUF_EMPTY;
    struct lh_checkpoint head;
    struct lh_panel_sum sum;
    struct lh_panel panel;
    enum lh_code rc = lh_replica_verify(gossip->replica, &head, ledger->origin, bytes, err);

    if (rc == LH_OK) {
        rc = lh_panel_of_head(&panel, gossip->replica, ledger, head.size, err);
        if (rc == LH_AGAIN || rc == LH_ERR_NOT_FOUND) {
            return LH_OK; /* of an epoch that is not known yet, or no head of its department */
        }
    }
    if (rc == LH_OK) {
        rc = lh_panel_read(&panel, note, &sum, &lines, err);
    }
    if (rc == LH_OK && lh_panel_is_witnessed(&panel, &sum)) {
        lh_buf_reset(&gossip->note);
        rc = lh_checkpoint_keep_seal(&gossip->note, bytes, &ledger->chain.seal, err);
        lh_buf_add(&gossip->note, lh_buf_bytes(&lines));
        if (rc == LH_OK) {
            rc = lh_buf_check(&gossip->note, err);
        }
        if (rc == LH_OK) {
            rc = lh_replica_put_note(gossip->replica, ledger->origin, LH_REPLICA_WITNESSED,
                                     lh_buf_bytes(&gossip->note), err);
        }
        if (rc == LH_OK && gossip->listener.on_witnessed != NULL) {
            gossip->listener.on_witnessed(gossip->listener.arg, ledger);
        }
    }
    lh_buf_clear(&lines);
    return rc;
}

enum lh_code lh_gossip_hear_note(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                 struct lh_bytes bytes, struct lh_err *err)
{
    const struct lh_replica_ledger *ledger;
    struct lh_gossip_row *row;
    struct lh_checkpoint head;
    struct lh_note note;
    enum lh_code rc = lh_note_parse(&note, bytes, err);

    if (rc == LH_OK) {
        rc = lh_checkpoint_parse(&head, note.text, err);
    }
    if (rc == LH_OK && head.size == 0) {
        rc = lh_err_set(err, LH_ERR_INVALID, "a head without leaves");
    }
    if (rc != LH_OK || !lh_replica_is_possible(gossip->replica, head.origin)) {
        return rc;
    }
    if (note.line_count > 1 && gossip->listener.on_cosigned != NULL) {
        gossip->listener.on_cosigned(gossip->listener.arg, bytes);
    }
    ledger = lh_replica_find(gossip->replica, head.origin);
    if (ledger == NULL || !ledger->is_begun) {
        /* ours, and we never began it: that is not taken from others while we write */
        return lh_replica_is_written(gossip->replica, head.origin)
                   ? LH_OK
                   : hear_stranger(peer, &head, err);
    }
    row = lh_gossip_row_of(gossip, peer, head.origin);
    rc = hear_head(gossip, row, ledger, &head, bytes, err);
    if (rc == LH_OK && note.line_count > 1 && !row->is_elsewhere && !ledger->is_own &&
        head.size <= ledger->chain.tree.size && head.size > ledger->witnessed_size) {
        rc = hear_cosigned(gossip, ledger, &note, bytes, err);
    }
    if (rc != LH_OK && rc != LH_ERR_NOMEM && !lh_gossip_is_blame(rc)) {
        lh_gossip_trouble(gossip, head.origin, err);
        rc = LH_OK;
    }
    return rc;
}

enum lh_code lh_gossip_take_have(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                 struct lh_bytes payload, struct lh_err *err)
{
    struct lh_bytes rest = payload;
    struct lh_bytes row;
    enum lh_code rc = LH_OK;

    if (!lh_parts_are_whole(payload, NULL)) {
        return lh_err_set(err, LH_ERR_INVALID, "a HAVE that is not whole");
    }
    peer->has_spoken = true;
    peer->has_told_all |= payload.len == 0;
    while (rc == LH_OK && lh_part_next(&rest, &row)) {
        rc = row.len <= LH_HAVE_ROW_MAX
                 ? lh_gossip_hear_note(gossip, peer, row, err)
                 : lh_err_set(err, LH_ERR_LIMIT, "a row of HAVE that is too long");
    }
    return rc;
}

/* ---- saying ---- */

bool lh_gossip_may_push(const struct lh_gossip_peer *peer, const struct lh_gossip_row *row,
                        const struct lh_replica_ledger *ledger)
{
    uint64_t size = ledger->chain.tree.size;

    return ledger->is_own && peer->has_spoken && !row->is_elsewhere && !row->is_pulling &&
           row->heard < size && size - row->heard <= LH_GOSSIP_PUSH_MAX &&
           !(peer->answer.kind == LH_PULL_BLOCKS &&
             strcmp(peer->answer.origin, ledger->origin) == 0);
}

/* The peer can judge our newest witnessed checkpoint, and was not told of it. */
static bool owes_witnessed(const struct lh_gossip_row *row, const struct lh_replica_ledger *ledger)
{
    return ledger->is_own && row->told_witnessed < ledger->witnessed_size &&
           row->heard >= ledger->witnessed_size;
}

/* A new head of ours that will not be pushed is told at once. */
static bool is_urgent(const struct lh_gossip *gossip, const struct lh_gossip_peer *peer)
{
    for (size_t i = 0; i < peer->row_count; i++) {
        const struct lh_replica_ledger *ledger = lh_replica_at(gossip->replica, i);
        const struct lh_gossip_row *row = &peer->rows[i];
        bool is_untold = ledger->is_own && row->told < ledger->chain.tree.size &&
                         row->heard < ledger->chain.tree.size &&
                         !lh_gossip_may_push(peer, row, ledger);

        /* spec network.md 7: "Between whole vectors only its department says it, at once when a
         * level is reached, to every peer that holds so much." */
        if (peer->has_spoken && (is_untold || owes_witnessed(row, ledger))) {
            return true;
        }
    }
    return false;
}

static void begin_saying(const struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                         int64_t now_ms)
{
    if (now_ms < peer->have_ms && !is_urgent(gossip, peer)) {
        return;
    }
    peer->is_saying = true;
    peer->is_saying_all = now_ms >= peer->whole_ms;
    peer->have_place = 0;
    if (now_ms >= peer->have_ms) {
        peer->have_ms = now_ms + LH_GOSSIP_HAVE_MS;
    }
    if (peer->is_saying_all) {
        peer->whole_ms = now_ms + LH_GOSSIP_WHOLE_MS;
    }
}

/* The checkpoint of a place that is witnessed, if the peer is to be told of it; else empty. */
static struct lh_bytes witnessed_row(struct lh_gossip *gossip, const struct lh_gossip_peer *peer,
                                     size_t place)
{
    const struct lh_replica_ledger *ledger = lh_replica_at(gossip->replica, place);
    struct lh_err err = LH_ERR_NONE;

    if (ledger->witnessed_size == 0 ||
        (!peer->is_saying_all && !owes_witnessed(&peer->rows[place], ledger))) {
        return LH_BYTES_EMPTY;
    }
    if (lh_replica_get_note(gossip->replica, ledger->origin, LH_REPLICA_WITNESSED, &gossip->note,
                            &err) != LH_OK) {
        lh_gossip_trouble(gossip, ledger->origin, &err);
        return LH_BYTES_EMPTY;
    }
    return lh_buf_bytes(&gossip->note);
}

static void add_row(struct lh_gossip *gossip, struct lh_bytes note)
{
    if (note.len > 0) {
        lh_assert(note.len <= LH_HAVE_ROW_MAX);
        lh_part_add(&gossip->payload, note);
    }
}

/* Rows from `have_place` on, as many as a frame takes; returns the place behind them. */
static size_t add_rows(struct lh_gossip *gossip, const struct lh_gossip_peer *peer)
{
    size_t place = peer->have_place;

    for (; place < peer->row_count; place++) {
        const struct lh_replica_ledger *ledger = lh_replica_at(gossip->replica, place);
        struct lh_bytes head = lh_buf_bytes(&ledger->checkpoint);

        if (gossip->payload.len + 2 * (2 + LH_HAVE_ROW_MAX) > lh_frame_limit(LH_FRAME_HAVE)) {
            break;
        }
        if (peer->is_saying_all || peer->rows[place].told < ledger->chain.tree.size) {
            add_row(gossip, head);
        }
        add_row(gossip, witnessed_row(gossip, peer, place));
    }
    return place;
}

static void note_told(const struct lh_gossip *gossip, struct lh_gossip_peer *peer, size_t end)
{
    for (; peer->have_place < end; peer->have_place++) {
        const struct lh_replica_ledger *ledger = lh_replica_at(gossip->replica, peer->have_place);

        struct lh_gossip_row *row = &peer->rows[peer->have_place];

        row->told = ledger->chain.tree.size;
        if (row->heard >= ledger->witnessed_size) { /* else it could not judge it */
            row->told_witnessed = ledger->witnessed_size;
        }
    }
}

enum lh_code lh_gossip_next_have(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                 const size_t credit[LH_CLASS_COUNT], int64_t now_ms,
                                 struct lh_frame *out, struct lh_err *err)
{
    size_t end;
    enum lh_code rc;

    if (!peer->is_saying) {
        begin_saying(gossip, peer, now_ms);
    }
    if (!peer->is_saying) {
        return LH_AGAIN;
    }
    lh_buf_reset(&gossip->payload);
    end = add_rows(gossip, peer);
    /* spec network.md 7: "A HAVE without rows ends a vector of all that is held." */
    if (gossip->payload.len == 0 && !peer->is_saying_all) {
        peer->is_saying = false;
        return LH_AGAIN;
    }
    rc = lh_gossip_frame(gossip, out, LH_FRAME_HAVE, 0, credit, err);
    if (rc == LH_OK) {
        note_told(gossip, peer, end);
        peer->is_saying = out->payload.len > 0 && (peer->is_saying_all || end < peer->row_count);
    }
    return rc;
}
