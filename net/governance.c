#include "net/governance.h"

#include "net/governance_internal.h"

#include "crypto/base/assert.h"

#include <stdlib.h>
#include <string.h>

enum { WANTED_AGAIN_MS = 10 * 1000, ASKED_AGAIN_MS = 30 * 1000, JUDGED_WINDOW_MS = 60 * 1000 };

/* No origin looks like it. */
static const char PROPOSALS_KEY[] = "proposals";

const struct lh_members *lh_governance_newest(const struct lh_governance *governance)
{
    return lh_epochs_newest(governance->epochs);
}

static struct lh_governance_peer *find_peer(struct lh_governance *governance,
                                            const char *department)
{
    size_t place = lh_epochs_place(governance->epochs, department);

    return place < governance->peer_count ? &governance->peers[place] : NULL;
}

/* Room for everybody who is known by now: at the beginning, and with every epoch. */
static enum lh_code grow_peers(struct lh_governance *governance, struct lh_err *err)
{
    size_t count = lh_epochs_place_count(governance->epochs);
    struct lh_governance_peer *peers;

    if (governance->peer_count >= count) {
        return LH_OK;
    }
    peers = realloc(governance->peers, count * sizeof peers[0]);
    if (peers == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "the peers");
    }
    memset(peers + governance->peer_count, 0, (count - governance->peer_count) * sizeof peers[0]);
    governance->peers = peers;
    governance->peer_count = count;
    return LH_OK;
}

struct lh_governance_held *lh_governance_find_held(struct lh_governance *governance,
                                                   const struct lh_hash *hash)
{
    for (size_t i = 0; i < governance->held_count; i++) {
        if (lh_hash_is_equal(&governance->held[i].hash, hash)) {
            return &governance->held[i];
        }
    }
    return NULL;
}

static struct lh_hash hash_of(const struct lh_governance *governance, struct lh_bytes proposal)
{
    return lh_proposal_hash(lh_replica_suite(governance->replica), proposal);
}

/* ---- notes: "epoch/N": the proposal that was certified as epoch N; "proposals": those that are
 * kept about the next, each behind its length as u16, its first byte 1 for one of our own people
 * ----
 */

static enum lh_code put_note(struct lh_governance *governance, const char *key,
                             struct lh_bytes note, struct lh_err *err)
{
    return lh_replica_put_note(governance->replica, key, LH_REPLICA_GOVERNANCE, note, err);
}

static enum lh_code get_note(struct lh_governance *governance, const char *key, struct lh_err *err)
{
    return lh_replica_get_note(governance->replica, key, LH_REPLICA_GOVERNANCE, &governance->note,
                               err);
}

static enum lh_code keep_proposals(struct lh_governance *governance, struct lh_err *err)
{
    enum lh_code rc;

    lh_buf_reset(&governance->note);
    for (size_t i = 0; i < governance->held_count; i++) {
        const struct lh_governance_held *held = &governance->held[i];

        lh_buf_add_u16(&governance->note, (uint16_t)(1 + held->bytes.len));
        lh_buf_add_u8(&governance->note, held->is_ours ? 1 : 0);
        lh_buf_add(&governance->note, lh_buf_bytes(&held->bytes));
    }
    rc = lh_buf_check(&governance->note, err);
    return rc == LH_OK ? put_note(governance, PROPOSALS_KEY, lh_buf_bytes(&governance->note), err)
                       : rc;
}

/* ---- the proposals that are kept ---- */

static void drop(struct lh_governance *governance, struct lh_governance_held *held)
{
    size_t at = (size_t)(held - governance->held);
    size_t behind = governance->held_count - 1 - at;

    lh_election_forget(governance->election, &held->hash);
    lh_buf_clear(&held->bytes);
    memmove(held, held + 1, behind * sizeof *held);
    for (size_t i = 0; i < governance->peer_count; i++) {
        bool *knows = &governance->peers[i].knows[at];

        memmove(knows, knows + 1, behind * sizeof *knows);
        knows[behind] = false;
    }
    governance->held_count--;
}

/* Among the list alone: the election keeps its own. */
static enum lh_code hold(struct lh_governance *governance, const struct lh_hash *hash,
                         struct lh_bytes proposal, struct lh_err *err)
{
    struct lh_governance_held held = { .hash = *hash, .bytes = LH_BUF_EMPTY, .sender = SIZE_MAX };
    enum lh_code rc;

    lh_assert(governance->held_count < LH_ELECTION_PROPOSALS_MAX);
    lh_buf_add(&held.bytes, proposal);
    rc = lh_buf_check(&held.bytes, err);
    if (rc == LH_OK) {
        rc = lh_election_propose(governance->election, proposal, err);
    }
    if (rc != LH_OK) {
        lh_buf_clear(&held.bytes);
        return rc;
    }
    governance->held[governance->held_count++] = held;
    return LH_OK;
}

static bool is_wanted(const struct lh_governance *governance, const struct lh_hash *hash)
{
    const struct lh_hash *wanted = lh_election_wanted(governance->election);

    return wanted != NULL && lh_hash_is_equal(wanted, hash);
}

/* Whose place may be given away: the newest that nobody voted for. For the one that is certified
 * any other: none but it counts now. */
static struct lh_governance_held *find_victim(struct lh_governance *governance, bool for_wanted)
{
    for (size_t i = governance->held_count; i > 0; i--) {
        struct lh_governance_held *held = &governance->held[i - 1];

        if (for_wanted ||
            (!held->is_ours && lh_election_votes(governance->election, &held->hash) == 0)) {
            return held;
        }
    }
    return NULL;
}

static size_t share_of(const struct lh_governance *governance, size_t sender)
{
    size_t count = 0;

    for (size_t i = 0; i < governance->held_count; i++) {
        count += governance->held[i].sender == sender;
    }
    return count;
}

/* Keep a proposal that is not here. LH_ERR_LIMIT: there is no room for it. */
static enum lh_code keep(struct lh_governance *governance, const struct lh_hash *hash,
                         struct lh_bytes proposal, size_t sender, struct lh_err *err)
{
    bool for_wanted = is_wanted(governance, hash);
    bool is_ours = sender == SIZE_MAX;
    bool is_full = governance->held_count == LH_ELECTION_PROPOSALS_MAX;
    struct lh_governance_held *victim = NULL;
    struct lh_members *outcome = NULL;
    enum lh_code rc;

    if (!for_wanted && !is_ours &&
        (is_full || share_of(governance, sender) >= LH_GOVERNANCE_SHARE)) {
        return lh_err_set(err, LH_ERR_LIMIT, "more proposals than are kept");
    }
    if (is_full) {
        victim = find_victim(governance, for_wanted);
        /* nobody loses its place to what does not fit */
        rc = lh_members_apply(&outcome, lh_governance_newest(governance), proposal, err);
        lh_members_free(outcome);
        if (rc == LH_OK && victim == NULL) {
            rc = lh_err_set(err, LH_ERR_LIMIT, "more proposals than are kept");
        }
        if (rc != LH_OK) {
            return rc;
        }
        lh_assert(victim != NULL);
        drop(governance, victim);
    }
    rc = hold(governance, hash, proposal, err);
    if (rc != LH_OK) {
        return rc;
    }
    governance->held[governance->held_count - 1].is_ours = is_ours;
    governance->held[governance->held_count - 1].sender = sender;
    rc = keep_proposals(governance, err);
    if (rc != LH_OK) {
        drop(governance, &governance->held[governance->held_count - 1]);
    } else if (governance->listener.on_proposed != NULL) {
        governance->listener.on_proposed(governance->listener.arg, hash);
    }
    return rc;
}

/* ---- life ---- */

enum lh_code lh_governance_open(struct lh_governance *governance, struct lh_err *err)
{
    struct lh_election *election = NULL;
    enum lh_code rc = grow_peers(governance, err);

    if (rc == LH_OK) {
        rc = lh_election_new(&election, lh_governance_newest(governance), err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    lh_election_free(governance->election);
    governance->election = election;
    governance->opened = lh_epochs_count(governance->epochs);
    for (size_t i = 0; i < governance->held_count; i++) {
        lh_buf_clear(&governance->held[i].bytes);
    }
    governance->held_count = 0;
    for (size_t i = 0; i < governance->peer_count; i++) {
        memset(governance->peers[i].knows, 0, sizeof governance->peers[i].knows);
    }
    for (size_t i = 0; i < governance->cast_count; i++) {
        governance->cast[i] = 0;
    }
    return LH_OK;
}

/* Those that were kept about an epoch that has a successor by now are over: they do not fit. */
static enum lh_code recall_proposals(struct lh_governance *governance, struct lh_err *err)
{
    struct lh_bytes rest;
    struct lh_bytes part;
    enum lh_code rc = get_note(governance, PROPOSALS_KEY, err);

    rest = rc == LH_OK ? lh_buf_bytes(&governance->note) : LH_BYTES_EMPTY;
    while (rc == LH_OK && lh_part_next(&rest, &part)) {
        struct lh_reader in = lh_reader_of(part);
        bool is_ours = lh_read_u8(&in) == 1;
        struct lh_hash hash = hash_of(governance, in.rest);

        if (in.failed || governance->held_count == LH_ELECTION_PROPOSALS_MAX) {
            return lh_err_set(err, LH_ERR_CORRUPT, "%s", PROPOSALS_KEY);
        }
        rc = hold(governance, &hash, in.rest, err);
        if (rc == LH_OK) {
            governance->held[governance->held_count - 1].is_ours = is_ours;
        }
        rc = rc == LH_ERR_CONFLICT ? LH_OK : rc;
    }
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}

enum lh_code lh_governance_new(struct lh_governance **out, struct lh_replica *replica,
                               const struct lh_governance_listener *listener, struct lh_err *err)
{
    const struct lh_genesis *genesis = lh_replica_genesis(replica);
    struct lh_governance *governance = calloc(1, sizeof *governance);
    enum lh_code rc;

    if (governance == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "governance");
    }
    governance->replica = replica;
    governance->listener = *listener;
    rc = lh_votes_new(&governance->votes, replica, err);
    if (rc == LH_OK) {
        rc = lh_epochs_new(&governance->epochs, genesis, err);
    }
    if (rc == LH_OK) {
        rc = lh_governance_recall(governance, err);
    }
    if (rc == LH_OK) {
        rc = lh_governance_open(governance, err);
    }
    if (rc == LH_OK) {
        rc = recall_proposals(governance, err);
    }
    if (rc != LH_OK) {
        lh_governance_free(governance);
        return rc;
    }
    lh_replica_set_epochs(replica, governance->epochs);
    *out = governance;
    return LH_OK;
}

void lh_governance_free(struct lh_governance *governance)
{
    if (governance != NULL) {
        lh_replica_set_epochs(governance->replica, NULL);
        for (size_t i = 0; i < governance->held_count; i++) {
            lh_buf_clear(&governance->held[i].bytes);
        }
        lh_election_free(governance->election);
        lh_epochs_free(governance->epochs);
        lh_votes_free(governance->votes);
        free(governance->cast);
        free(governance->peers);
        lh_buf_clear(&governance->payload);
        lh_buf_clear(&governance->note);
        free(governance);
    }
}

enum lh_code lh_governance_join(struct lh_governance *governance, const char *department,
                                struct lh_err *err)
{
    enum lh_code rc = grow_peers(governance, err);
    struct lh_governance_peer *peer = find_peer(governance, department);

    if (rc == LH_OK && peer == NULL) {
        rc = lh_err_set(err, LH_ERR_NOT_FOUND, "\"%s\" is no member", department);
    }
    if (rc == LH_OK) {
        *peer = (struct lh_governance_peer){
            .is_here = true, .asked_ms = INT64_MIN, .wanted_ms = INT64_MIN, .judged_ms = INT64_MIN
        };
    }
    return rc;
}

void lh_governance_leave(struct lh_governance *governance, const char *department)
{
    struct lh_governance_peer *peer = find_peer(governance, department);

    if (peer != NULL) {
        peer->is_here = false;
    }
}

/* ---- frames that come ---- */

bool lh_governance_is_concerned(uint16_t type)
{
    return type == LH_FRAME_PROPOSAL || type == LH_FRAME_WANT;
}

/* Judging costs: a peer has a share of it. */
static bool may_judge(struct lh_governance_peer *peer, int64_t now_ms)
{
    if (peer->judged_ms == INT64_MIN || now_ms - peer->judged_ms >= JUDGED_WINDOW_MS) {
        peer->judged_ms = now_ms;
        peer->judged_count = 0;
    }
    return peer->judged_count++ < LH_GOVERNANCE_JUDGED_MAX;
}

void lh_governance_tell_trouble(struct lh_governance *governance, const struct lh_err *why)
{
    if (governance->listener.on_trouble != NULL) {
        governance->listener.on_trouble(governance->listener.arg, why);
    }
}

/* spec network.md 10: "What is no proposal ends the session; what fits nothing that we know is
 * skipped." */
static enum lh_code check_form(struct lh_bytes proposal, struct lh_err *err)
{
    lhpb_Proposal *wire = malloc(sizeof *wire);
    enum lh_code rc = wire != NULL ? lh_proposal_decode(wire, proposal, err)
                                   : lh_err_set(err, LH_ERR_NOMEM, "a proposal");

    free(wire);
    return rc;
}

static enum lh_code take_proposal(struct lh_governance *governance, struct lh_governance_peer *peer,
                                  struct lh_bytes proposal, int64_t now_ms, struct lh_err *err)
{
    struct lh_hash hash = hash_of(governance, proposal);
    struct lh_governance_held *held = lh_governance_find_held(governance, &hash);
    size_t place = (size_t)(peer - governance->peers);
    enum lh_code rc;

    if (held != NULL) {
        peer->knows[held - governance->held] = true;
        return LH_OK;
    }
    if (lh_epochs_find(governance->epochs, &hash) != NULL || !may_judge(peer, now_ms)) {
        return LH_OK;
    }
    rc = check_form(proposal, err);
    if (rc == LH_OK) {
        rc = keep(governance, &hash, proposal, place, err);
        if (rc == LH_OK) {
            peer->knows[governance->held_count - 1] = true;
        } else if (rc == LH_ERR_INVALID) {
            rc = LH_ERR_CONFLICT; /* well-formed: it may fit what others know */
        }
    }
    if (rc == LH_ERR_INVALID || rc == LH_ERR_NOMEM) {
        return rc;
    }
    if (rc == LH_ERR_IO || rc == LH_ERR_CORRUPT) {
        lh_governance_tell_trouble(governance, err);
    }
    return LH_OK; /* kept, no room, of a newer schema, or it fits nothing that we know */
}

enum lh_code lh_governance_take(struct lh_governance *governance, const char *department,
                                const struct lh_frame *frame, int64_t now_ms, struct lh_err *err)
{
    struct lh_governance_peer *peer = find_peer(governance, department);
    struct lh_err trouble = LH_ERR_NONE; /* told in words, whether the caller wants any or not */
    enum lh_code rc;

    lh_assert(peer != NULL);
    lh_assert(peer->is_here);
    lh_assert(lh_governance_is_concerned(frame->type));
    if (frame->type == LH_FRAME_PROPOSAL) {
        return take_proposal(governance, peer, frame->payload, now_ms,
                             err != NULL ? err : &trouble);
    }
    rc = lh_want_decode(&peer->want, frame->payload, err);
    peer->has_want = rc == LH_OK;
    peer->told_heads = 0;
    return rc;
}

enum lh_code lh_governance_propose(struct lh_governance *governance, struct lh_bytes proposal,
                                   struct lh_err *err)
{
    struct lh_hash hash;
    struct lh_governance_held *held;

    if (proposal.len > LH_PROPOSAL_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "longer than a proposal may be");
    }
    hash = hash_of(governance, proposal);
    held = lh_governance_find_held(governance, &hash);
    if (held != NULL) {
        held->is_ours = true;
        return keep_proposals(governance, err);
    }
    return lh_epochs_find(governance->epochs, &hash) != NULL
               ? LH_OK
               : keep(governance, &hash, proposal, SIZE_MAX, err);
}

/* ---- frames that go ---- */

static enum lh_code frame(struct lh_governance *governance, struct lh_frame *out, uint16_t type,
                          const size_t credit[LH_CLASS_COUNT], struct lh_err *err)
{
    enum lh_code rc = lh_buf_check(&governance->payload, err);

    if (rc != LH_OK) {
        return rc;
    }
    if (LH_FRAME_HEADER_SIZE + governance->payload.len > credit[lh_session_class_of(type, 0)]) {
        return LH_AGAIN;
    }
    *out = (struct lh_frame){ .type = type, .payload = lh_buf_bytes(&governance->payload) };
    return LH_OK;
}

static enum lh_code frame_proposal(struct lh_governance *governance, struct lh_bytes proposal,
                                   struct lh_frame *out, const size_t credit[LH_CLASS_COUNT],
                                   struct lh_err *err)
{
    lh_buf_reset(&governance->payload);
    lh_buf_add(&governance->payload, proposal);
    return frame(governance, out, LH_FRAME_PROPOSAL, credit, err);
}

static enum lh_code frame_want(struct lh_governance *governance, const struct lh_hash *proposal,
                               struct lh_frame *out, const size_t credit[LH_CLASS_COUNT],
                               struct lh_err *err)
{
    struct lh_want want = { .parent = *lh_members_epoch(lh_governance_newest(governance)),
                            .has_proposal = proposal != NULL };
    enum lh_code rc;

    if (proposal != NULL) {
        want.proposal = *proposal;
    }
    lh_buf_reset(&governance->payload);
    rc = lh_want_encode(&governance->payload, &want, err);
    return rc == LH_OK ? frame(governance, out, LH_FRAME_WANT, credit, err) : rc;
}

/* What we lack: what follows our newest epoch, and the one that is certified and not here. */
static enum lh_code next_want(struct lh_governance *governance, struct lh_governance_peer *peer,
                              const size_t credit[LH_CLASS_COUNT], int64_t now_ms,
                              struct lh_frame *out, struct lh_err *err)
{
    const struct lh_hash *wanted = lh_election_wanted(governance->election);
    size_t count = lh_epochs_count(governance->epochs);
    enum lh_code rc = LH_AGAIN;

    if (peer->asked_count < count || now_ms >= peer->asked_ms) {
        rc = frame_want(governance, NULL, out, credit, err);
        if (rc == LH_OK) {
            peer->asked_count = count;
            peer->asked_ms = now_ms + ASKED_AGAIN_MS;
        }
    } else if (wanted != NULL && now_ms >= peer->wanted_ms) {
        rc = frame_want(governance, wanted, out, credit, err);
        if (rc == LH_OK) {
            peer->wanted_ms = now_ms + WANTED_AGAIN_MS;
        }
    }
    return rc;
}

/* What a peer asked for, if it is to be had. */
static struct lh_bytes find_answer(struct lh_governance *governance, const struct lh_want *want)
{
    const struct lh_members *parent = lh_epochs_find(governance->epochs, &want->parent);
    size_t next = parent != NULL ? lh_members_number(parent) + 1 : SIZE_MAX;

    if (want->has_proposal) {
        return lh_governance_find(governance, &want->proposal);
    }
    return next < lh_epochs_count(governance->epochs)
               ? lh_epochs_proposal(governance->epochs, next)
               : LH_BYTES_EMPTY; /* what is kept about the newest epoch goes out by itself */
}

/* The heads under which it was certified, as many rows as a frame takes. LH_AGAIN: all are out, or
 * there is no credit; `out_is_done` says which. */
static enum lh_code next_heads(struct lh_governance *governance, struct lh_governance_peer *peer,
                               const size_t credit[LH_CLASS_COUNT], bool *out_is_done,
                               struct lh_frame *out, struct lh_err *err)
{
    const struct lh_members *parent = lh_epochs_find(governance->epochs, &peer->want.parent);
    struct lh_bytes rest;
    struct lh_bytes row;
    enum lh_code rc;

    *out_is_done = true;
    if (peer->want.has_proposal || parent == NULL ||
        lh_governance_heads(governance, lh_members_number(parent) + 1, &governance->note, err) !=
            LH_OK) {
        return LH_AGAIN; /* the proposal alone is of use too */
    }
    rest = lh_buf_bytes(&governance->note);
    rest = lh_bytes_of(rest.data + peer->told_heads, rest.len - peer->told_heads);
    lh_buf_reset(&governance->payload);
    while (governance->payload.len + 2 + LH_HAVE_ROW_MAX <= lh_frame_limit(LH_FRAME_HAVE) &&
           lh_part_next(&rest, &row)) {
        lh_part_add(&governance->payload, row);
    }
    if (governance->payload.len == 0) {
        return LH_AGAIN;
    }
    *out_is_done = false;
    rc = frame(governance, out, LH_FRAME_HAVE, credit, err);
    peer->told_heads += rc == LH_OK ? governance->payload.len : 0;
    return rc;
}

static enum lh_code next_answer(struct lh_governance *governance, struct lh_governance_peer *peer,
                                const size_t credit[LH_CLASS_COUNT], struct lh_frame *out,
                                struct lh_err *err)
{
    struct lh_bytes answer;
    bool is_done = false;
    enum lh_code rc;

    if (!peer->has_want) {
        return LH_AGAIN;
    }
    answer = find_answer(governance, &peer->want);
    if (answer.len == 0) {
        peer->has_want = false;
        return LH_AGAIN;
    }
    rc = next_heads(governance, peer, credit, &is_done, out, err);
    if (!is_done) {
        return rc;
    }
    rc = frame_proposal(governance, answer, out, credit, err);
    peer->has_want = rc != LH_OK;
    return rc;
}

static enum lh_code next_proposal(struct lh_governance *governance, struct lh_governance_peer *peer,
                                  const size_t credit[LH_CLASS_COUNT], struct lh_frame *out,
                                  struct lh_err *err)
{
    for (size_t i = 0; i < governance->held_count; i++) {
        if (!peer->knows[i]) {
            enum lh_code rc = frame_proposal(governance, lh_buf_bytes(&governance->held[i].bytes),
                                             out, credit, err);

            peer->knows[i] = rc == LH_OK;
            return rc;
        }
    }
    return LH_AGAIN;
}

enum lh_code lh_governance_next(struct lh_governance *governance, const char *department,
                                const size_t credit[LH_CLASS_COUNT], int64_t now_ms,
                                struct lh_frame *out, struct lh_err *err)
{
    struct lh_governance_peer *peer = find_peer(governance, department);
    enum lh_code rc;

    lh_assert(peer != NULL);
    lh_assert(peer->is_here);
    rc = next_want(governance, peer, credit, now_ms, out, err);
    if (rc == LH_AGAIN) {
        rc = next_answer(governance, peer, credit, out, err);
    }
    return rc == LH_AGAIN ? next_proposal(governance, peer, credit, out, err) : rc;
}

/* ---- what is known ---- */

const struct lh_epochs *lh_governance_epochs(const struct lh_governance *governance)
{
    return governance->epochs;
}

const struct lh_election *lh_governance_election(const struct lh_governance *governance)
{
    return governance->election;
}

size_t lh_governance_count(const struct lh_governance *governance)
{
    return governance->held_count;
}

struct lh_bytes lh_governance_proposal(const struct lh_governance *governance, size_t index,
                                       struct lh_hash *out_hash)
{
    lh_assert(index < governance->held_count);
    *out_hash = governance->held[index].hash;
    return lh_buf_bytes(&governance->held[index].bytes);
}

struct lh_bytes lh_governance_find(const struct lh_governance *governance,
                                   const struct lh_hash *proposal)
{
    const struct lh_members *epoch = lh_epochs_find(governance->epochs, proposal);

    for (size_t i = 0; i < governance->held_count; i++) {
        if (lh_hash_is_equal(&governance->held[i].hash, proposal)) {
            return lh_buf_bytes(&governance->held[i].bytes);
        }
    }
    return epoch != NULL && lh_members_number(epoch) > 0
               ? lh_epochs_proposal(governance->epochs, lh_members_number(epoch))
               : LH_BYTES_EMPTY;
}
