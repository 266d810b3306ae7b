#include "node/peers_internal.h"

#include "crypto/base/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { JUDGE_MS = 10 * 1000 };

static int64_t now_ms(const struct lh_peers *peers)
{
    return peers->options.clock.mono_ms(peers->options.clock.arg);
}

/* ---- members ----------------------------------------------------------------------------------
 */

size_t lh_peers_member_count(const struct lh_peers *peers)
{
    return peers->member_count;
}

const char *lh_peers_department_at(const struct lh_peers *peers, size_t place)
{
    return lh_epochs_department(lh_governance_epochs(peers->governance), place);
}

const struct lh_enrolment *lh_peers_member(const struct lh_peers *peers, size_t place)
{
    const struct lh_epochs *epochs = lh_governance_epochs(peers->governance);
    const struct lh_member *member =
        lh_members_find(lh_epochs_newest(epochs), lh_epochs_department(epochs, place));

    return member != NULL ? &member->enrolment : NULL;
}

enum lh_code lh_peers_grow(struct lh_peers *peers, struct lh_err *err)
{
    size_t count = lh_epochs_place_count(lh_governance_epochs(peers->governance));
    struct lh_peers_member *members;

    if (peers->member_count >= count) {
        return LH_OK;
    }
    members = realloc(peers->members, count * sizeof members[0]);
    if (members == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "the members");
    }
    memset(members + peers->member_count, 0, (count - peers->member_count) * sizeof members[0]);
    peers->members = members;
    peers->member_count = count;
    return LH_OK;
}

/* Not below the count: of no department that has a place here. */
static size_t find_place(const struct lh_peers *peers, const char *department)
{
    return lh_epochs_place(lh_governance_epochs(peers->governance), department);
}

/* spec network.md 5: "the newest epoch that we know says who is a member, and with which witness
 * key" */
const struct lh_pubkey *lh_peers_find_witness(void *arg, const char *department)
{
    const struct lh_peers *peers = arg;
    size_t place = find_place(peers, department);
    const struct lh_enrolment *member =
        place < peers->member_count ? lh_peers_member(peers, place) : NULL;

    return member != NULL ? &member->witness : NULL;
}

/* The mesh lets in members only. */
static size_t place_of(const struct lh_peers *peers, const char *department)
{
    size_t place = find_place(peers, department);

    lh_assert(place < lh_peers_member_count(peers));
    return place;
}

struct lh_copies *lh_peers_copies(struct lh_peers *peers)
{
    return peers != NULL ? peers->parts.copies : NULL;
}

const char *lh_peers_department(const struct lh_peers *peers)
{
    return peers->department;
}

static void pump_soon(struct lh_peers *peers)
{
    event_active(peers->pump_event, EV_TIMEOUT, 0);
}

/* ---- moving frames ----------------------------------------------------------------------------
 */

static void cut_with(struct lh_peers *peers, const char *department, enum lh_session_bye code,
                     const struct lh_err *why)
{
    lh_log_write(peers->options.log, LH_LOG_WARN, "peer.cut", "department=%s reason=\"%s\"",
                 department, why->text);
    lh_peers_note_parting(peers, place_of(peers, department), why);
    peers->members[place_of(peers, department)].is_cut = true;
    lh_mesh_part(peers->mesh, department, code, 0);
}

static void cut(struct lh_peers *peers, const char *department, const struct lh_err *why)
{
    cut_with(peers, department, LH_BYE_PROTOCOL, why);
}

/* The next frame that is owed to one peer: of replication, of its heads, of ours. */
static enum lh_code next_frame(struct lh_peers *peers, const char *department, struct lh_frame *out,
                               struct lh_err *err)
{
    const struct lh_clock *clock = &peers->options.clock;
    uint64_t wall_s = (uint64_t)clock->wall_unix_ms(clock->arg) / 1000;
    size_t credit[LH_CLASS_COUNT];
    enum lh_code rc;

    for (int i = 0; i < LH_CLASS_COUNT; i++) {
        credit[i] = lh_mesh_credit(peers->mesh, department, (enum lh_session_class)i);
    }
    rc = lh_gossip_next(peers->gossip, department, credit, now_ms(peers), out, err);
    if (rc == LH_AGAIN) {
        rc = lh_pledge_next(peers->pledge, department, credit, wall_s, out, err);
    }
    if (rc == LH_AGAIN) {
        rc = lh_nomination_next(peers->nomination, department, credit, now_ms(peers), out, err);
    }
    if (rc == LH_AGAIN) {
        rc = lh_governance_next(peers->governance, department, credit, now_ms(peers), out, err);
    }
    if (rc == LH_AGAIN && peers->recovery != NULL) {
        rc = lh_recovery_next(peers->recovery, department, credit, now_ms(peers), out, err);
    }
    return rc;
}

/* Everything that is owed to one peer and that it has credit for. */
static void send_owed(struct lh_peers *peers, const char *department)
{
    struct lh_err err = LH_ERR_NONE;
    struct lh_frame frame;
    enum lh_code rc;

    while ((rc = next_frame(peers, department, &frame, &err)) == LH_OK) {
        rc = lh_mesh_send(peers->mesh, department, &frame, &err);
        if (rc != LH_OK) {
            break;
        }
    }
    if (rc == LH_ERR_NOMEM) {
        cut(peers, department, &err);
    } else if (rc != LH_AGAIN) {
        lh_log_write(peers->options.log, LH_LOG_WARN, "peer.trouble", "department=%s reason=\"%s\"",
                     department, err.text);
    }
}

static void set_tick(struct lh_peers *peers)
{
    int64_t due = lh_gossip_due_ms(peers->gossip);
    int64_t nomination_due = lh_nomination_due_ms(peers->nomination);
    int64_t governance_due = lh_governance_due_ms(peers->governance);
    int64_t now = now_ms(peers);
    int64_t wait;
    struct timeval tv;

    due = nomination_due < due ? nomination_due : due;
    due = governance_due < due ? governance_due : due;
    due = peers->judge_ms < due ? peers->judge_ms : due;
    due = lh_peers_restore_due_ms(peers) < due ? lh_peers_restore_due_ms(peers) : due;
    due = lh_peers_show_due_ms(peers) < due ? lh_peers_show_due_ms(peers) : due;
    if (due == INT64_MAX) {
        (void)event_del(peers->tick_event);
        return;
    }
    wait = due <= now ? 1 : due - now; /* what is due at once may be due at INT64_MIN */
    tv = (struct timeval){ .tv_sec = (time_t)(wait / 1000),
                           .tv_usec = (suseconds_t)(wait % 1000 * 1000) };
    (void)event_add(peers->tick_event, &tv);
}

/*
 * The session of a member may be one that a HELLO would not begin any more.
 *
 * spec network.md 5: "10 s after an epoch became known, in which the other side comes to know it
 * too, live sessions are judged by it as HELLO is: that of a member which it removed ends with code
 * 4, one under a witness key that it ended with code 5."
 */
static void judge_session(struct lh_peers *peers, size_t place)
{
    const char *department = lh_peers_department_at(peers, place);
    const struct lh_enrolment *member = lh_peers_member(peers, place);
    struct lh_err why = LH_ERR_NONE;

    if (member == NULL) {
        (void)lh_err_set(&why, LH_ERR_DENIED, "it is no member any more");
        cut_with(peers, department, LH_BYE_MEMBER, &why);
    } else if (!lh_pubkey_is_equal(&member->witness, &peers->members[place].witness)) {
        (void)lh_err_set(&why, LH_ERR_DENIED, "its witness key was ended by an epoch");
        cut_with(peers, department, LH_BYE_FORGED, &why);
    }
}

static void judge_sessions(struct lh_peers *peers)
{
    peers->judge_ms = INT64_MAX;
    for (size_t i = 0; i < peers->member_count; i++) {
        if (peers->members[i].is_up && !peers->members[i].is_cut) {
            judge_session(peers, i);
        }
    }
}

static void enter_epoch(struct lh_peers *peers)
{
    size_t count = lh_epochs_count(lh_governance_epochs(peers->governance));
    struct lh_err err = LH_ERR_NONE;

    if (now_ms(peers) >= peers->judge_ms) {
        judge_sessions(peers);
    }
    if (peers->epoch_count == count) {
        return;
    }
    if (lh_peers_grow(peers, &err) != LH_OK || lh_peers_find_wards(peers, &err) != LH_OK ||
        lh_peers_dial(peers, &err) != LH_OK) {
        lh_log_write(peers->options.log, LH_LOG_WARN, "peers.trouble", "reason=\"%s\"", err.text);
        return; /* at the next turn again */
    }
    peers->epoch_count = count;
    if (peers->judge_ms == INT64_MAX) {
        peers->judge_ms = now_ms(peers) + JUDGE_MS;
    }
}

/* Time has passed, or our ledger has grown. Who may have been set back promises nothing. */
static void advance(struct lh_peers *peers)
{
    struct lh_nomination_state state;
    struct lh_err err = LH_ERR_NONE;

    lh_gossip_tick(peers->gossip, now_ms(peers));
    lh_pledge_hold(peers->pledge, lh_ledger_state(peers->options.ledger) == LH_LEDGER_SUSPECT);
    if (lh_nomination_tick(peers->nomination, now_ms(peers), &err) != LH_OK) {
        lh_log_write(peers->options.log, LH_LOG_WARN, "nomination.trouble", "reason=\"%s\"",
                     err.text);
    }
    lh_governance_tick(peers->governance, now_ms(peers));
    enter_epoch(peers);
    lh_nomination_state(peers->nomination, &state);
    if (state.is_taken) {
        atomic_store(&peers->doubt, "a later generation of this ledger was begun, or promised "
                                    "about: this is an older copy");
    }
    if (lh_gossip_is_enough_told(peers->gossip)) { /* after what they told was looked at */
        atomic_store(&peers->has_heard, true);
    }
    lh_peers_restore_tick(peers);
}

void lh_peers_on_pump(evutil_socket_t fd, short what, void *arg)
{
    struct lh_peers *peers = arg;

    (void)fd;
    (void)what;
    advance(peers);
    for (size_t i = 0; i < lh_peers_member_count(peers); i++) {
        if (peers->members[i].is_up) {
            send_owed(peers, lh_peers_department_at(peers, i));
        }
    }
    lh_peers_show(peers);
    set_tick(peers);
}

void lh_peers_on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct lh_peers *peers = arg;

    (void)fd;
    (void)what;
    pump_soon(peers);
}

/* ---- what the mesh tells ----------------------------------------------------------------------
 */

static void on_up(void *arg, const struct lh_session_peer *peer)
{
    struct lh_peers *peers = arg;
    size_t place = place_of(peers, peer->department);
    struct lh_err err = LH_ERR_NONE;

    peers->members[place].is_cut = false;
    lh_log_write(peers->options.log, LH_LOG_INFO, "peer.up", "department=%s generation=%u",
                 peer->department, (unsigned)peer->generation);
    if (lh_gossip_join(peers->gossip, peer->department, now_ms(peers), &err) == LH_OK &&
        lh_governance_join(peers->governance, peer->department, &err) == LH_OK) {
        lh_nomination_join(peers->nomination, peer->department);
        if (peers->recovery != NULL) {
            lh_recovery_join(peers->recovery, peer->department);
        }
        peers->members[place].witness = *lh_peers_find_witness(peers, peer->department);
        peers->members[place].is_up = true;
        pump_soon(peers);
    } else {
        cut(peers, peer->department, &err);
    }
}

static void on_down(void *arg, const char *department, const struct lh_err *why)
{
    struct lh_peers *peers = arg;
    size_t place = place_of(peers, department);

    lh_log_write(peers->options.log, LH_LOG_INFO, "peer.down", "department=%s reason=\"%s\"",
                 department, why->text);
    if (!peers->members[place].is_cut) {
        lh_peers_note_parting(peers, place, why);
    }
    lh_gossip_leave(peers->gossip, department);
    lh_pledge_leave(peers->pledge, department);
    lh_nomination_leave(peers->nomination, department);
    lh_governance_leave(peers->governance, department);
    if (peers->recovery != NULL) {
        lh_recovery_leave(peers->recovery, department);
    }
    peers->members[place].is_up = false;
    pump_soon(peers);
}

/* A department says that it was set back: people should know. */
static enum lh_code take_prepare(struct lh_peers *peers, const char *department,
                                 const struct lh_frame *frame, struct lh_err *err)
{
    uint32_t before = lh_pledge_floor(peers->pledge, department);
    enum lh_code rc = lh_pledge_prepare(peers->pledge, department, frame, err);
    uint32_t floor = lh_pledge_floor(peers->pledge, department);

    if (rc == LH_OK && floor != before) {
        lh_log_write(peers->options.log, LH_LOG_WARN, "restore.promised",
                     "department=%s generation=%u reason=\"it was set back; no older generation of "
                     "it is cosigned any more\"",
                     department, (unsigned)floor);
    }
    return rc;
}

static enum lh_code take(struct lh_peers *peers, const char *department,
                         const struct lh_frame *frame, struct lh_err *err)
{
    enum lh_code rc;

    if (lh_gossip_is_concerned(frame->type)) {
        return lh_gossip_take(peers->gossip, department, frame, now_ms(peers), err);
    }
    if (lh_governance_is_concerned(frame->type)) {
        return lh_governance_take(peers->governance, department, frame, now_ms(peers), err);
    }
    if (frame->type == LH_FRAME_NOMINATE) {
        return lh_pledge_take(peers->pledge, department, frame, err);
    }
    if (frame->type == LH_FRAME_PREPARE) {
        return take_prepare(peers, department, frame, err);
    }
    /* who asks has no ledger of its own to nominate a head of: what is declined is what it asked */
    if (peers->recovery != NULL &&
        (frame->type == LH_FRAME_PROMISE || frame->type == LH_FRAME_DECLINE)) {
        return lh_recovery_take(peers->recovery, department, frame, now_ms(peers), err);
    }
    if (frame->type != LH_FRAME_COSIGNATURE && frame->type != LH_FRAME_DECLINE) {
        return LH_OK;
    }
    rc = lh_nomination_take(peers->nomination, department, frame, now_ms(peers), err);
    if (rc != LH_OK && rc != LH_ERR_INVALID && rc != LH_ERR_FORGED) {
        /* our own store, and no fault of the peer's */
        lh_log_write(peers->options.log, LH_LOG_WARN, "nomination.trouble", "reason=\"%s\"",
                     err->text);
        return LH_OK;
    }
    return rc;
}

static void on_frame(void *arg, const char *department, const struct lh_frame *frame)
{
    struct lh_peers *peers = arg;
    struct lh_err err = LH_ERR_NONE;

    if (peers->members[place_of(peers, department)].is_up &&
        take(peers, department, frame, &err) != LH_OK) {
        cut(peers, department, &err);
    }
    pump_soon(peers);
}

static void on_room(void *arg, const char *department)
{
    (void)department;
    pump_soon(arg);
}

static void on_failed(void *arg, const char *who, const struct lh_err *why)
{
    struct lh_peers *peers = arg;
    size_t place = find_place(peers, who); /* an address is no department */

    lh_log_write(peers->options.log, LH_LOG_DEBUG, "peer.failed", "who=%s reason=\"%s\"", who,
                 why->text);
    if (place < lh_peers_member_count(peers) && !peers->members[place].is_up) {
        lh_peers_note_parting(peers, place, why);
        pump_soon(peers);
    }
}

/* ---- what the machine tells -------------------------------------------------------------------
 */

static bool is_newest(const struct lh_peers *peers, const char *origin)
{
    return strcmp(origin, lh_ledger_origin(peers->options.ledger)) == 0;
}

const char *lh_peers_doubt(const struct lh_peers *peers)
{
    return peers != NULL ? atomic_load(&peers->doubt) : NULL;
}

bool lh_peers_has_heard(const struct lh_peers *peers)
{
    return peers == NULL || atomic_load(&peers->has_heard);
}

static void on_tainted(void *arg, const struct lh_replica_ledger *ledger, struct lh_bytes evidence)
{
    struct lh_peers *peers = arg;
    char path[LH_EVIDENCE_PATH_SIZE];

    lh_peers_write_evidence(peers, ledger->origin, evidence);
    lh_peers_add_conviction(peers, ledger, evidence);
    lh_evidence_file_path(path, peers->options.config->data, ledger->origin);
    lh_log_write(peers->options.log, LH_LOG_ERROR, "ledger.tainted",
                 "origin=%s evidence=%s reason=\"it contradicts itself or breaks a rule, proven by "
                 "evidence\"",
                 ledger->origin, path);
    if (is_newest(peers, ledger->origin)) {
        atomic_store(&peers->doubt, "there is evidence that this ledger contradicts itself");
    }
}

/* What bears our line was promised, whether we remember it or not. */
static void on_cosigned(void *arg, struct lh_bytes note)
{
    struct lh_peers *peers = arg;
    struct lh_err err = LH_ERR_NONE;

    if (lh_pledge_recall(peers->pledge, note, &err) != LH_OK) {
        lh_log_write(peers->options.log, LH_LOG_ERROR, "promise.unwritten", "reason=\"%s\"",
                     err.text);
    }
}

static void on_ahead(void *arg, const struct lh_checkpoint *head)
{
    struct lh_peers *peers = arg;

    lh_log_write(peers->options.log, LH_LOG_ERROR, "ledger.behind",
                 "origin=%s size=%llu reason=\"a peer holds a head of ours that we do not have\"",
                 head->origin, (unsigned long long)head->size);
    if (is_newest(peers, head->origin)) {
        atomic_store(&peers->doubt, "a peer holds a head of this ledger that is not here");
    }
}

static void on_trouble(void *arg, const char *origin, const struct lh_err *why)
{
    struct lh_peers *peers = arg;

    lh_log_write(peers->options.log, LH_LOG_WARN, "replica.trouble", "origin=%s reason=\"%s\"",
                 origin, why->text);
}

/* ---- our own ledger ---------------------------------------------------------------------------
 */

/* A block as bytes. */
struct own_block {
    struct lh_ledger_block info;
    struct lh_buf bytes;
    struct lh_bytes *leaves;
};

static void clear_block(struct own_block *block)
{
    lh_buf_clear(&block->info.checkpoint);
    lh_buf_clear(&block->bytes);
    free(block->leaves);
}

static enum lh_code load_block(struct own_block *out, struct lh_ledger *ledger, uint64_t height,
                               struct lh_err *err)
{
    struct lh_buf leaf = LH_BUF_EMPTY;
    enum lh_code rc = lh_ledger_block_at(ledger, height, &out->info, err);
    size_t count = rc == LH_OK ? (size_t)out->info.entry_count + 1 : 0;

    if (rc == LH_OK) {
        out->leaves = calloc(count, sizeof *out->leaves);
        rc = out->leaves != NULL ? LH_OK : lh_err_set(err, LH_ERR_NOMEM, "a block");
    }
    for (size_t i = 0; rc == LH_OK && i < count; i++) {
        lh_buf_reset(&leaf);
        rc = lh_ledger_leaf(ledger, out->info.first + i, &leaf, err);
        out->leaves[i].len = leaf.len;
        lh_buf_add(&out->bytes, lh_buf_bytes(&leaf));
    }
    if (rc == LH_OK) {
        rc = lh_buf_check(&out->bytes, err);
    }
    for (size_t i = 0, at = 0; rc == LH_OK && i < count; i++) {
        out->leaves[i].data = out->bytes.data + at;
        at += out->leaves[i].len;
    }
    lh_buf_clear(&leaf);
    return rc;
}

static enum lh_code tell_block(struct lh_peers *peers, uint64_t height, struct lh_err *err)
{
    struct own_block own = { .info = { .checkpoint = LH_BUF_EMPTY }, .bytes = LH_BUF_EMPTY };
    struct lh_ledger *ledger = peers->options.ledger;
    enum lh_code rc = load_block(&own, ledger, height, err);

    if (rc == LH_OK) {
        struct lh_block block = { .leaves = own.leaves,
                                  .entry_count = own.info.entry_count,
                                  .checkpoint = lh_buf_bytes(&own.info.checkpoint) };

        rc = lh_gossip_seal(peers->gossip, lh_ledger_origin(ledger), &block, err);
    }
    clear_block(&own);
    return rc;
}

/* The blocks that were sealed since the last look. */
void lh_peers_follow_own(struct lh_peers *peers)
{
    const char *origin = lh_ledger_origin(peers->options.ledger);
    const struct lh_replica_ledger *known = lh_replica_find(peers->replica, origin);
    uint64_t height = known != NULL ? known->chain.height : 0;
    struct lh_ledger_head head;
    struct lh_err err = LH_ERR_NONE;

    lh_ledger_head(peers->options.ledger, &head);
    while (peers->recovery == NULL && height < head.height) {
        if (tell_block(peers, ++height, &err) != LH_OK) {
            on_trouble(peers, origin, &err);
            break;
        }
    }
    pump_soon(peers);
}

void lh_peers_on_wake(evutil_socket_t fd, short what, void *arg)
{
    struct lh_peers *peers = arg;
    uint64_t count;

    (void)what;
    (void)!read(fd, &count, sizeof count);
    if (atomic_load(&peers->is_stopping)) {
        (void)event_base_loopbreak(peers->base);
    } else {
        lh_peers_run_errands(peers, peers->governance);
        lh_peers_follow_own(peers);
    }
}

void lh_peers_on_sealed(struct lh_peers *peers)
{
    static const uint64_t one = 1;

    if (peers != NULL) {
        (void)!write(peers->wake_fd, &one, sizeof one);
    }
}

void lh_peers_listen_to_mesh(struct lh_mesh_options *options)
{
    options->on_up = on_up;
    options->on_frame = on_frame;
    options->on_room = on_room;
    options->on_down = on_down;
    options->on_failed = on_failed;
}

void lh_peers_listen_to_gossip(struct lh_gossip_listener *listener)
{
    listener->on_tainted = on_tainted;
    listener->on_cosigned = on_cosigned;
    listener->on_ahead = on_ahead;
    listener->on_trouble = on_trouble;
}
