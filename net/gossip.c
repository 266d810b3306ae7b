#include "net/gossip.h"

#include "net/gossip_internal.h"

#include "crypto/base/assert.h"

#include <stdlib.h>
#include <string.h>

/* ---- peers ---- */

static struct lh_gossip_peer *find_peer(const struct lh_gossip *gossip, const char *department)
{
    size_t place = lh_epochs_place(lh_replica_epochs(gossip->replica), department);

    return place < gossip->peer_count ? &gossip->peers[place] : NULL;
}

/* Room for everybody who is known by now. Peers move: nobody keeps a pointer to one. */
static enum lh_code grow_peers(struct lh_gossip *gossip, struct lh_err *err)
{
    const struct lh_epochs *epochs = lh_replica_epochs(gossip->replica);
    size_t count = lh_epochs_place_count(epochs);
    struct lh_gossip_peer *peers;

    if (gossip->peer_count >= count) {
        return LH_OK;
    }
    peers = realloc(gossip->peers, count * sizeof peers[0]);
    if (peers == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "the peers");
    }
    for (size_t i = gossip->peer_count; i < count; i++) {
        peers[i] = (struct lh_gossip_peer){ .department = lh_epochs_department(epochs, i) };
    }
    gossip->peers = peers;
    gossip->peer_count = count;
    return LH_OK;
}

enum lh_code lh_gossip_grow_rows(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                 struct lh_err *err)
{
    size_t count = lh_replica_count(gossip->replica);
    struct lh_gossip_row *rows;

    if (peer->row_count == count) {
        return LH_OK;
    }
    rows = realloc(peer->rows, count * sizeof rows[0]);
    if (rows == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "what a peer has");
    }
    memset(rows + peer->row_count, 0, (count - peer->row_count) * sizeof rows[0]);
    peer->rows = rows;
    peer->row_count = count;
    return LH_OK;
}

/* A peer that is here, with room for all that is known by now. */
static enum lh_code find_here(struct lh_gossip *gossip, const char *department,
                              struct lh_gossip_peer **out, struct lh_err *err)
{
    enum lh_code rc = grow_peers(gossip, err);

    if (rc != LH_OK) {
        return rc;
    }
    *out = find_peer(gossip, department);
    lh_assert(*out != NULL);
    lh_assert((*out)->is_here);
    return lh_gossip_grow_rows(gossip, *out, err);
}

struct lh_gossip_row *lh_gossip_row_of(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                       const char *origin)
{
    for (size_t i = 0; i < peer->row_count; i++) {
        if (strcmp(lh_replica_at(gossip->replica, i)->origin, origin) == 0) {
            return &peer->rows[i];
        }
    }
    return NULL;
}

static void forget(struct lh_gossip_peer *peer)
{
    const char *department = peer->department;

    free(peer->rows);
    free(peer->strangers);
    lh_buf_clear(&peer->pull.ours);
    lh_buf_clear(&peer->pull.theirs);
    lh_buf_clear(&peer->pulled.parts);
    lh_buf_clear(&peer->pushed.parts);
    memset(peer, 0, sizeof *peer);
    peer->department = department;
}

/* ---- life ---- */

enum lh_code lh_gossip_new(struct lh_gossip **out, struct lh_replica *replica,
                           const struct lh_gossip_listener *listener, struct lh_err *err)
{
    struct lh_gossip *gossip = calloc(1, sizeof *gossip);
    enum lh_code rc;

    if (gossip == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "gossip");
    }
    gossip->replica = replica;
    gossip->listener = *listener;
    rc = grow_peers(gossip, err);
    if (rc != LH_OK) {
        lh_gossip_free(gossip);
        return rc;
    }
    *out = gossip;
    return LH_OK;
}

void lh_gossip_free(struct lh_gossip *gossip)
{
    if (gossip != NULL) {
        for (size_t i = 0; i < gossip->peer_count; i++) {
            forget(&gossip->peers[i]);
        }
        lh_buf_clear(&gossip->note);
        lh_buf_clear(&gossip->payload);
        free(gossip->peers);
        free(gossip);
    }
}

enum lh_code lh_gossip_join(struct lh_gossip *gossip, const char *department, int64_t now_ms,
                            struct lh_err *err)
{
    enum lh_code rc = grow_peers(gossip, err);
    struct lh_gossip_peer *peer = find_peer(gossip, department);

    if (rc != LH_OK) {
        return rc;
    }
    if (peer == NULL) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "\"%s\" is no member", department);
    }
    if (strcmp(department, lh_replica_department(gossip->replica)) == 0) {
        return lh_err_set(err, LH_ERR_DENIED, "our own department is no peer");
    }
    lh_assert(!peer->is_here);
    peer->is_here = true;
    peer->have_ms = now_ms;
    peer->whole_ms = now_ms;
    return LH_OK;
}

void lh_gossip_leave(struct lh_gossip *gossip, const char *department)
{
    struct lh_gossip_peer *peer = find_peer(gossip, department);

    if (peer != NULL) {
        forget(peer);
    }
}

uint64_t lh_gossip_heard(const struct lh_gossip *gossip, const char *department, const char *origin)
{
    const struct lh_gossip_peer *peer = find_peer(gossip, department);

    for (size_t i = 0; peer != NULL && i < peer->row_count; i++) {
        if (strcmp(lh_replica_at(gossip->replica, i)->origin, origin) == 0) {
            return peer->rows[i].heard;
        }
    }
    for (size_t i = 0; peer != NULL && i < peer->stranger_count; i++) {
        if (strcmp(peer->strangers[i].origin, origin) == 0) {
            return peer->strangers[i].heard;
        }
    }
    return 0;
}

size_t lh_gossip_told_count(const struct lh_gossip *gossip)
{
    size_t count = 0;

    for (size_t i = 0; i < gossip->peer_count; i++) {
        count += gossip->peers[i].has_told_all;
    }
    return count;
}

/* spec network.md 8: "of N members it has heard N - 1 - F others to the end of their vectors, with
 * F = (N - 2) / 3 rounded down" */
bool lh_gossip_is_enough_told(const struct lh_gossip *gossip)
{
    const struct lh_members *newest = lh_epochs_newest(lh_replica_epochs(gossip->replica));
    size_t others = lh_members_count(newest) - 1;

    return others == 0 || lh_gossip_told_count(gossip) >= others - (others - 1) / 3;
}

/* ---- what the files share ---- */

void lh_gossip_trouble(struct lh_gossip *gossip, const char *origin, const struct lh_err *why)
{
    if (gossip->listener.on_trouble != NULL) {
        gossip->listener.on_trouble(gossip->listener.arg, origin, why);
    }
}

bool lh_gossip_is_blame(enum lh_code rc)
{
    return rc == LH_ERR_FORGED || rc == LH_ERR_INVALID || rc == LH_ERR_LIMIT;
}

enum lh_code lh_gossip_frame(struct lh_gossip *gossip, struct lh_frame *out, uint16_t type,
                             uint32_t request, const size_t credit[LH_CLASS_COUNT],
                             struct lh_err *err)
{
    enum lh_code rc = lh_buf_check(&gossip->payload, err);
    size_t cost = LH_FRAME_HEADER_SIZE + gossip->payload.len;

    if (rc != LH_OK) {
        return rc;
    }
    if (cost > credit[lh_session_class_of(type, request)]) {
        return LH_AGAIN;
    }
    *out = (struct lh_frame){ .type = type,
                              .request = request,
                              .payload = lh_buf_bytes(&gossip->payload) };
    return LH_OK;
}

/* ---- frames ---- */

bool lh_gossip_is_concerned(uint16_t type)
{
    switch (type) {
    case LH_FRAME_HAVE:
    case LH_FRAME_GET:
    case LH_FRAME_LEAVES:
    case LH_FRAME_SEAL:
    case LH_FRAME_MISSING:
    case LH_FRAME_EVIDENCE:
    case LH_FRAME_PROVE:
    case LH_FRAME_PROOF:
        return true;
    default:
        return false;
    }
}

static enum lh_code take(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                         const struct lh_frame *frame, int64_t now_ms, struct lh_err *err)
{
    switch (frame->type) {
    case LH_FRAME_HAVE:
        return lh_gossip_take_have(gossip, peer, frame->payload, err);
    case LH_FRAME_EVIDENCE:
        return lh_gossip_take_evidence(gossip, peer, frame->payload, err);
    case LH_FRAME_GET:
    case LH_FRAME_PROVE:
        return lh_gossip_take_question(peer, frame, err);
    default:
        return lh_gossip_take_answer(gossip, peer, frame, now_ms, err);
    }
}

enum lh_code lh_gossip_take(struct lh_gossip *gossip, const char *department,
                            const struct lh_frame *frame, int64_t now_ms, struct lh_err *err)
{
    struct lh_gossip_peer *peer = NULL;
    struct lh_err trouble = LH_ERR_NONE; /* is told in words, whether the caller wants any or not */
    enum lh_code rc = find_here(gossip, department, &peer, err);

    lh_assert(lh_gossip_is_concerned(frame->type));
    return rc == LH_OK ? take(gossip, peer, frame, now_ms, err != NULL ? err : &trouble) : rc;
}

/* What is owed first comes first: evidence, questions, heads, then blocks, fresh ones before old.
 */
static enum lh_code next(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                         const size_t credit[LH_CLASS_COUNT], int64_t now_ms, struct lh_frame *out,
                         struct lh_err *err)
{
    enum lh_code rc = lh_gossip_next_evidence(gossip, peer, credit, out, err);

    if (rc == LH_AGAIN) {
        rc = lh_gossip_next_question(gossip, peer, credit, now_ms, out, err);
    }
    if (rc == LH_AGAIN) {
        rc = lh_gossip_next_push(gossip, peer, credit, out, err);
    }
    if (rc == LH_AGAIN) {
        rc = lh_gossip_next_have(gossip, peer, credit, now_ms, out, err);
    }
    if (rc == LH_AGAIN) {
        rc = lh_gossip_next_answer(gossip, peer, credit, out, err);
    }
    return rc;
}

enum lh_code lh_gossip_next(struct lh_gossip *gossip, const char *department,
                            const size_t credit[LH_CLASS_COUNT], int64_t now_ms,
                            struct lh_frame *out, struct lh_err *err)
{
    struct lh_gossip_peer *peer = NULL;
    struct lh_err trouble = LH_ERR_NONE;
    enum lh_code rc = find_here(gossip, department, &peer, err);

    return rc == LH_OK ? next(gossip, peer, credit, now_ms, out, err != NULL ? err : &trouble) : rc;
}

enum lh_code lh_gossip_hear(struct lh_gossip *gossip, const char *department, struct lh_bytes note,
                            struct lh_err *err)
{
    struct lh_gossip_peer *peer = NULL;
    struct lh_err trouble = LH_ERR_NONE;
    enum lh_code rc = find_here(gossip, department, &peer, err);

    return rc == LH_OK ? lh_gossip_hear_note(gossip, peer, note, err != NULL ? err : &trouble) : rc;
}

/* ---- our own ledger, and time ---- */

enum lh_code lh_gossip_seal(struct lh_gossip *gossip, const char *origin,
                            const struct lh_block *block, struct lh_err *err)
{
    return lh_replica_seal(gossip->replica, origin, block, err);
}

void lh_gossip_tick(struct lh_gossip *gossip, int64_t now_ms)
{
    for (size_t i = 0; i < gossip->peer_count; i++) {
        struct lh_gossip_peer *peer = &gossip->peers[i];
        struct lh_gossip_pull *pull = &peer->pull;

        if (!peer->is_here || pull->kind == LH_PULL_NONE || !pull->is_sent ||
            now_ms - pull->heard_ms < LH_GOSSIP_ANSWER_MS) {
            continue;
        }
        peer->again_ms = now_ms + LH_GOSSIP_AGAIN_MS;
        lh_gossip_end_pull(peer);
    }
}

int64_t lh_gossip_due_ms(const struct lh_gossip *gossip)
{
    int64_t due_ms = INT64_MAX;

    for (size_t i = 0; i < gossip->peer_count; i++) {
        const struct lh_gossip_peer *peer = &gossip->peers[i];
        int64_t peer_ms = peer->have_ms;

        if (!peer->is_here) {
            continue;
        }
        if (peer->pull.kind != LH_PULL_NONE && peer->pull.is_sent &&
            peer->pull.heard_ms + LH_GOSSIP_ANSWER_MS < peer_ms) {
            peer_ms = peer->pull.heard_ms + LH_GOSSIP_ANSWER_MS;
        }
        due_ms = peer_ms < due_ms ? peer_ms : due_ms;
    }
    return due_ms;
}
