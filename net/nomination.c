#include "net/nomination.h"

#include "net/panel.h"
#include "net/witness.h"

#include "crypto/base/assert.h"

#include <stdlib.h>
#include <string.h>

enum { ANSWER_MS = 10 * 1000, AGAIN_MS = 1000 };

/* What stands between us and one witness. */
struct asked {
    char department[LH_CODE_MAX + 1];
    bool is_here;
    bool is_designated; /* has a seat in the panel */
    unsigned seat;
    struct lh_panel_line line; /* how it cosigned */
    uint64_t old;              /* size of the head that it cosigned last, as far as we know */
    bool is_asked;
    uint32_t request;
    uint64_t size; /* of the head that it was asked about */
    int64_t asked_ms;
    int64_t again_ms;
    struct lh_nomination_witness said;
    uint64_t taken;      /* the highest generation of ours that it says was begun or promised */
    struct lh_buf lines; /* of the nominated head */
};

/* A head that reached a level, with its lines. */
struct reached {
    uint64_t size;
    struct lh_buf note;
};

struct lh_nomination {
    struct lh_replica *replica;
    struct lh_nomination_state state;
    struct lh_panel panel; /* of the nominated head; before the first one, of the newest epoch */
    struct lh_panel_sum sum;
    struct asked *asked[LH_MEMBERS_MAX]; /* who is here, or was ever asked */
    size_t asked_count;
    struct lh_buf note; /* the nominated head, with our seal */
    int64_t begun_ms;
    uint64_t transition; /* the head that comes before all later ones; 0: none */
    uint64_t passed;     /* that it is witnessed was learned of the witnesses; 0: of nobody */
    uint32_t request;    /* our last one */
    char reached_origin[LH_ORIGIN_MAX + 1];
    struct reached witnessed;
    struct reached final;
    struct lh_buf payload;
};

static struct asked *find(struct lh_nomination *nomination, const char *department)
{
    for (size_t i = 0; i < nomination->asked_count; i++) {
        if (strcmp(nomination->asked[i]->department, department) == 0) {
            return nomination->asked[i];
        }
    }
    return NULL;
}

static enum lh_code want_asked(struct lh_nomination *nomination, const char *department,
                               struct asked **out, struct lh_err *err)
{
    struct asked *asked = find(nomination, department);

    if (asked == NULL) {
        lh_assert(strlen(department) <= LH_CODE_MAX);
        asked = nomination->asked_count < LH_MEMBERS_MAX ? calloc(1, sizeof *asked) : NULL;
        if (asked == NULL) {
            return lh_err_set(err, LH_ERR_NOMEM, "whom to ask");
        }
        memcpy(asked->department, department, strlen(department) + 1);
        asked->again_ms = INT64_MIN;
        nomination->asked[nomination->asked_count++] = asked;
    }
    *out = asked;
    return LH_OK;
}

/* Who has a seat is asked from now on. */
static enum lh_code seat_all(struct lh_nomination *nomination, const struct lh_panel *panel,
                             struct lh_err *err)
{
    struct asked *asked;

    for (unsigned i = 0; i < panel->count; i++) {
        enum lh_code rc = want_asked(nomination, panel->seats[i].witness.department, &asked, err);

        if (rc != LH_OK) {
            return rc;
        }
    }
    for (size_t i = 0; i < nomination->asked_count; i++) {
        nomination->asked[i]->is_designated = false;
    }
    for (unsigned i = 0; i < panel->count; i++) {
        asked = find(nomination, panel->seats[i].witness.department);
        asked->is_designated = true;
        asked->seat = i;
    }
    nomination->panel = *panel;
    return LH_OK;
}

/* ---- levels ---- */

static void count(struct lh_nomination *nomination)
{
    struct lh_panel_sum sum = { .now = { .witness_count = 0 } };

    for (size_t i = 0; i < nomination->asked_count; i++) {
        const struct asked *asked = nomination->asked[i];

        if (asked->is_designated && asked->said.is_cosigner) {
            lh_panel_add(&nomination->panel.seats[asked->seat], &asked->line, &sum);
        }
    }
    nomination->sum = sum;
    nomination->state.sum = sum.now;
}

static bool is_witnessed(const struct lh_nomination *nomination)
{
    return lh_panel_is_witnessed(&nomination->panel, &nomination->sum);
}

static enum lh_code reach(struct lh_nomination *nomination, struct reached *reached,
                          enum lh_replica_note kind, struct lh_err *err)
{
    const struct lh_checkpoint *head = &nomination->state.head;
    struct lh_buf note = LH_BUF_EMPTY;
    enum lh_code rc;

    lh_buf_add(&note, lh_buf_bytes(&nomination->note));
    for (size_t i = 0; i < nomination->asked_count; i++) {
        lh_buf_add(&note, lh_buf_bytes(&nomination->asked[i]->lines));
    }
    rc = lh_buf_check(&note, err);
    if (rc == LH_OK) {
        rc = lh_replica_put_note(nomination->replica, head->origin, kind, lh_buf_bytes(&note), err);
    }
    if (rc == LH_OK) {
        struct lh_buf old = reached->note;

        reached->note = note;
        reached->size = head->size;
        note = old;
        memcpy(nomination->reached_origin, head->origin, sizeof nomination->reached_origin);
    }
    lh_buf_clear(&note);
    return rc;
}

/* ---- life ---- */

static enum lh_code recall(struct lh_nomination *nomination, const char *origin,
                           struct reached *reached, enum lh_replica_note kind, struct lh_err *err)
{
    struct lh_checkpoint head;
    enum lh_code rc = lh_replica_get_note(nomination->replica, origin, kind, &reached->note, err);

    if (rc == LH_OK) {
        rc = lh_replica_verify(nomination->replica, &head, origin, lh_buf_bytes(&reached->note),
                               err);
        rc = rc == LH_ERR_FORGED || rc == LH_ERR_INVALID
                 ? lh_err_wrap(err, LH_ERR_CORRUPT, "the cosigned checkpoint")
                 : rc;
    }
    if (rc == LH_OK) {
        reached->size = head.size;
        memcpy(nomination->reached_origin, head.origin, sizeof nomination->reached_origin);
    }
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}

/* Who cosigned what was reached before, and when; a line that we kept and that does not verify any
 * more is as good as none. */
static void recall_witnesses(struct lh_nomination *nomination, const struct reached *reached)
{
    struct lh_note note;

    if (lh_note_parse(&note, lh_buf_bytes(&reached->note), NULL) != LH_OK) {
        return; /* nothing was reached */
    }
    for (unsigned i = 0; i < nomination->panel.count; i++) {
        const struct lh_tally_witness *witness = &nomination->panel.seats[i].witness;
        struct lh_nomination_witness *said = &find(nomination, witness->department)->said;
        uint64_t time_s;

        if (reached->size > said->size &&
            lh_note_verify(&note, &witness->witness_key, &time_s, NULL) == LH_OK) {
            said->size = reached->size;
            said->time_s = time_s;
        }
    }
}

/* Of what was reached, if it is of a ledger and an epoch that are here; else of the newest epoch.
 */
static enum lh_code recall_panel(const struct lh_nomination *nomination,
                                 const struct lh_replica_ledger *own, struct lh_panel *out,
                                 struct lh_err *err)
{
    if (own != NULL && nomination->witnessed.size > 0 &&
        lh_panel_of_head(out, nomination->replica, own, nomination->witnessed.size, NULL) ==
            LH_OK) {
        return LH_OK;
    }
    return lh_panel_of_newest(out, nomination->replica, lh_replica_department(nomination->replica),
                              err);
}

enum lh_code lh_nomination_new(struct lh_nomination **out, struct lh_replica *replica,
                               struct lh_err *err)
{
    struct lh_nomination *nomination = calloc(1, sizeof *nomination);
    const struct lh_replica_ledger *own = lh_replica_own(replica);
    struct lh_panel panel;
    enum lh_code rc;

    if (nomination == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "nominations");
    }
    nomination->replica = replica;
    nomination->begun_ms = INT64_MIN / 2;
    rc = LH_OK;
    if (rc == LH_OK && own != NULL) {
        rc = recall(nomination, own->origin, &nomination->witnessed, LH_REPLICA_WITNESSED, err);
    }
    if (rc == LH_OK && own != NULL) {
        rc = recall(nomination, own->origin, &nomination->final, LH_REPLICA_FINAL, err);
    }
    if (rc == LH_OK) {
        rc = recall_panel(nomination, own, &panel, err);
    }
    if (rc == LH_OK) {
        rc = seat_all(nomination, &panel, err);
    }
    if (rc != LH_OK) {
        lh_nomination_free(nomination);
        return rc;
    }
    recall_witnesses(nomination, &nomination->witnessed);
    recall_witnesses(nomination, &nomination->final);
    *out = nomination;
    return LH_OK;
}

void lh_nomination_free(struct lh_nomination *nomination)
{
    if (nomination != NULL) {
        for (size_t i = 0; i < nomination->asked_count; i++) {
            lh_buf_clear(&nomination->asked[i]->lines);
            free(nomination->asked[i]);
        }
        lh_buf_clear(&nomination->note);
        lh_buf_clear(&nomination->witnessed.note);
        lh_buf_clear(&nomination->final.note);
        lh_buf_clear(&nomination->payload);
        free(nomination);
    }
}

void lh_nomination_join(struct lh_nomination *nomination, const char *department)
{
    struct asked *asked = NULL;

    /* without memory it is not asked, as if it were away, until it comes again */
    if (want_asked(nomination, department, &asked, NULL) == LH_OK) {
        asked->is_here = true;
        asked->is_asked = false;
        asked->said.is_cosigner &= !asked->line.is_old; /* it may have its new keys by now */
        asked->again_ms = INT64_MIN;
    }
}

void lh_nomination_leave(struct lh_nomination *nomination, const char *department)
{
    struct asked *asked = find(nomination, department);

    if (asked != NULL) {
        asked->is_here = false;
        asked->is_asked = false;
    }
}

/* ---- nominating ---- */

static void forget_reached(struct reached *reached)
{
    lh_buf_clear(&reached->note);
    reached->size = 0;
}

/* The signed checkpoint and the root of a head of ours. */
static enum lh_code read_head(const struct lh_nomination *nomination,
                              const struct lh_replica_ledger *ledger, uint64_t size,
                              struct lh_buf *out, struct lh_hash *out_root, struct lh_err *err)
{
    uint64_t sealed = size;
    enum lh_code rc = LH_OK;

    if (size == ledger->chain.tree.size) {
        lh_buf_add(out, lh_buf_bytes(&ledger->checkpoint));
        *out_root = ledger->root;
    } else {
        rc =
            lh_replica_block_seal(nomination->replica, ledger->origin, size - 1, out, &sealed, err);
        if (rc == LH_OK) {
            rc = lh_replica_root(nomination->replica, ledger->origin, size, out_root, err);
        }
    }
    if (rc == LH_OK && sealed != size) {
        rc = lh_err_set(err, LH_ERR_CORRUPT, "the seal of another head of %s", ledger->origin);
    }
    return rc == LH_OK ? lh_buf_check(out, err) : rc;
}

static enum lh_code nominate(struct lh_nomination *nomination,
                             const struct lh_replica_ledger *ledger, uint64_t size, int64_t now_ms,
                             struct lh_err *err)
{
    struct lh_checkpoint *head = &nomination->state.head;
    bool is_next_generation = head->size > 0 && strcmp(head->origin, ledger->origin) != 0;
    struct lh_buf note = LH_BUF_EMPTY;
    struct lh_panel panel;
    struct lh_hash root;
    enum lh_code rc = read_head(nomination, ledger, size, &note, &root, err);

    if (rc == LH_OK) {
        rc = lh_panel_of_head(&panel, nomination->replica, ledger, size, err);
    }
    if (rc == LH_OK) {
        rc = seat_all(nomination, &panel, err);
    }
    if (rc != LH_OK) {
        lh_buf_clear(&note);
        return rc;
    }
    lh_buf_clear(&nomination->note);
    nomination->note = note;
    if (is_next_generation) {
        forget_reached(&nomination->witnessed);
        forget_reached(&nomination->final);
        nomination->state.is_taken = false;
    }
    for (size_t i = 0; i < nomination->asked_count; i++) {
        struct asked *asked = nomination->asked[i];

        if (is_next_generation) { /* what is still to be answered is not about this one */
            asked->old = 0;
            asked->is_asked = false;
            asked->said = (struct lh_nomination_witness){ .size = 0 };
        }
        asked->said.is_cosigner = false;
        asked->said.is_mirror = false;
        asked->said.is_declined = false;
        asked->again_ms = INT64_MIN;
        lh_buf_reset(&asked->lines);
    }
    *head = (struct lh_checkpoint){ .size = size, .root = root };
    memcpy(head->origin, ledger->origin, sizeof head->origin);
    nomination->begun_ms = now_ms;
    count(nomination);
    return LH_OK;
}

/* spec network.md 8: "A transition head is nominated itself, and no later one until it is
 * witnessed" */
static enum lh_code find_transition(struct lh_nomination *nomination,
                                    const struct lh_replica_ledger *own, struct lh_err *err)
{
    const struct lh_checkpoint *head = &nomination->state.head;

    if (head->size == 0 || strcmp(own->origin, head->origin) != 0) {
        nomination->passed = 0;
    }
    return lh_replica_pending(nomination->replica, &nomination->transition, own->origin,
                              nomination->passed, err);
}

/* So many who are asked may lie, of both epochs. */
static unsigned faults(const struct lh_nomination *nomination)
{
    const struct lh_panel *panel = &nomination->panel;

    return panel->now.quorum.fault_count +
           (panel->is_transition ? panel->before.quorum.fault_count : 0);
}

/* spec network.md 8: "so if more than f of them answer DECLINE 1 with a larger size, it is" */
static void look_passed(struct lh_nomination *nomination)
{
    const struct lh_checkpoint *head = &nomination->state.head;
    unsigned later_count = 0;

    for (size_t i = 0; i < nomination->asked_count; i++) {
        later_count +=
            nomination->asked[i]->is_designated && nomination->asked[i]->old > head->size;
    }
    if (nomination->transition == head->size && later_count > faults(nomination)) {
        nomination->passed = head->size;
    }
}

/* What is nominated is a transition head that is not witnessed: no newer head covers it. */
static bool is_kept(const struct lh_nomination *nomination)
{
    const struct lh_checkpoint *head = &nomination->state.head;

    return head->size > 0 && nomination->transition == head->size && !is_witnessed(nomination) &&
           nomination->passed < head->size;
}

/* When the head that we have may be nominated; INT64_MAX: it is, or there is none. */
static int64_t nominate_ms(const struct lh_nomination *nomination)
{
    const struct lh_replica_ledger *own = lh_replica_own(nomination->replica);
    const struct lh_checkpoint *head = &nomination->state.head;

    if (own == NULL || own->is_tainted || own->chain.tree.size == 0 ||
        (strcmp(own->origin, head->origin) == 0 &&
         (own->chain.tree.size <= head->size || is_kept(nomination)))) {
        return INT64_MAX;
    }
    return nomination->begun_ms + (head->size == 0 || is_witnessed(nomination)
                                       ? LH_NOMINATION_PERIOD_MS
                                       : LH_NOMINATION_WAIT_MS);
}

enum lh_code lh_nomination_tick(struct lh_nomination *nomination, int64_t now_ms,
                                struct lh_err *err)
{
    const struct lh_replica_ledger *own;
    enum lh_code rc;

    for (size_t i = 0; i < nomination->asked_count; i++) {
        struct asked *asked = nomination->asked[i];

        if (asked->is_asked && now_ms - asked->asked_ms >= ANSWER_MS) {
            asked->is_asked = false; /* asked anew; a late answer is none */
        }
    }
    look_passed(nomination);
    if (now_ms < nominate_ms(nomination)) {
        return LH_OK;
    }
    own = lh_replica_own(nomination->replica);
    rc = find_transition(nomination, own, err);
    if (rc == LH_OK) {
        rc = nominate(nomination, own,
                      nomination->transition > 0 ? nomination->transition : own->chain.tree.size,
                      now_ms, err);
    }
    if (rc != LH_OK) {
        nomination->begun_ms = now_ms; /* a store in trouble is not asked all the time */
    }
    return rc;
}

static bool is_wanted(const struct lh_nomination *nomination, const struct asked *asked)
{
    const struct lh_checkpoint *head = &nomination->state.head;

    return asked->is_here && asked->is_designated && !asked->is_asked && !asked->said.is_cosigner &&
           head->size > 0 && asked->old <= head->size;
}

int64_t lh_nomination_due_ms(const struct lh_nomination *nomination)
{
    int64_t due_ms = nominate_ms(nomination);

    for (size_t i = 0; i < nomination->asked_count; i++) {
        const struct asked *asked = nomination->asked[i];
        int64_t asked_ms = asked->is_asked                ? asked->asked_ms + ANSWER_MS
                           : is_wanted(nomination, asked) ? asked->again_ms
                                                          : INT64_MAX;
        due_ms = asked_ms < due_ms ? asked_ms : due_ms;
    }
    return due_ms;
}

/* spec network.md 8: "NOMINATE is the body of `add-checkpoint`" */
static enum lh_code write_nomination(struct lh_nomination *nomination, const struct asked *asked,
                                     struct lh_err *err)
{
    const struct lh_checkpoint *head = &nomination->state.head;
    struct lh_witness_request request = { .old = asked->old,
                                          .note = lh_buf_bytes(&nomination->note) };
    enum lh_code rc = lh_replica_prove(nomination->replica, head->origin, asked->old, head->size,
                                       &request.proof, err);

    lh_buf_reset(&nomination->payload);
    if (rc == LH_OK) {
        lh_witness_request_format(&nomination->payload, &request);
        rc = lh_buf_check(&nomination->payload, err);
    }
    return rc;
}

enum lh_code lh_nomination_next(struct lh_nomination *nomination, const char *department,
                                const size_t credit[LH_CLASS_COUNT], int64_t now_ms,
                                struct lh_frame *out, struct lh_err *err)
{
    struct asked *asked = find(nomination, department);
    enum lh_code rc;

    if (asked == NULL || !is_wanted(nomination, asked) || now_ms < asked->again_ms) {
        return LH_AGAIN;
    }
    rc = write_nomination(nomination, asked, err);
    if (rc != LH_OK) {
        asked->again_ms = now_ms + AGAIN_MS;
        return rc;
    }
    if (LH_FRAME_HEADER_SIZE + nomination->payload.len > credit[LH_CLASS_CONTROL]) {
        return LH_AGAIN;
    }
    asked->is_asked = true;
    asked->asked_ms = now_ms;
    asked->size = nomination->state.head.size;
    asked->request = ++nomination->request;
    *out = (struct lh_frame){ .type = LH_FRAME_NOMINATE,
                              .request = asked->request,
                              .payload = lh_buf_bytes(&nomination->payload) };
    return LH_OK;
}

/* ---- answers ---- */

/* The lines of one witness under our head: its own, and perhaps the mirror's. */
static enum lh_code read_lines(const struct lh_nomination *nomination, const struct asked *asked,
                               struct lh_bytes lines, struct lh_buf *out,
                               struct lh_panel_line *out_line, struct lh_err *err)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_note note;
    enum lh_code rc;

    lh_checkpoint_format(&bytes, &nomination->state.head);
    lh_buf_add_u8(&bytes, '\n');
    lh_buf_add(&bytes, lines);
    rc = lh_buf_check(&bytes, err);
    if (rc == LH_OK) {
        rc = lh_note_parse(&note, lh_buf_bytes(&bytes), err);
    }
    if (rc == LH_OK) {
        rc = lh_panel_take(&nomination->panel.seats[asked->seat], &note, out, out_line, err);
        rc = rc == LH_ERR_NOT_FOUND ? LH_ERR_INVALID : rc;
    }
    lh_buf_clear(&bytes);
    return rc;
}

/* spec network.md 8: "A level that was reached is on disk before it is told, and never falls." */
static enum lh_code reach_levels(struct lh_nomination *nomination, struct lh_err *err)
{
    enum lh_code rc = LH_OK;

    if (is_witnessed(nomination)) {
        rc = reach(nomination, &nomination->witnessed, LH_REPLICA_WITNESSED, err);
    }
    if (rc == LH_OK && lh_panel_is_final(&nomination->panel, &nomination->sum)) {
        rc = reach(nomination, &nomination->final, LH_REPLICA_FINAL, err);
    }
    return rc;
}

static enum lh_code take_cosignature(struct lh_nomination *nomination, struct asked *asked,
                                     struct lh_bytes payload, int64_t now_ms, struct lh_err *err)
{
    struct lh_buf lines = LH_BUF_EMPTY;
    struct lh_panel_line line;
    enum lh_code rc;

    asked->old = asked->size;
    if (asked->size != nomination->state.head.size) {
        return LH_OK; /* of a head that waits no longer */
    }
    rc = read_lines(nomination, asked, payload, &lines, &line, err);
    if (rc != LH_OK) {
        lh_buf_clear(&lines);
        return rc;
    }
    lh_buf_clear(&asked->lines);
    asked->lines = lines;
    asked->line = line;
    asked->said = (struct lh_nomination_witness){
        .is_cosigner = true, .is_mirror = line.is_mirror, .size = asked->size, .time_s = line.time_s
    };
    count(nomination);
    rc = reach_levels(nomination, err);
    if (rc != LH_OK) { /* not kept, so it does not count: it is asked for again */
        lh_buf_reset(&asked->lines);
        asked->said.is_cosigner = false;
        asked->said.is_mirror = false;
        asked->again_ms = now_ms + AGAIN_MS;
        count(nomination);
    }
    return rc;
}

/*
 * spec network.md 9: "when more than f of its designated witnesses decline with 5 and a number
 * above its own"
 */
static bool is_taken(const struct lh_nomination *nomination, uint32_t generation)
{
    unsigned count = 0;

    for (size_t i = 0; i < nomination->asked_count; i++) {
        count += nomination->asked[i]->is_designated && nomination->asked[i]->taken > generation;
    }
    return count > faults(nomination);
}

static enum lh_code take_decline(struct lh_nomination *nomination, struct asked *asked,
                                 struct lh_bytes payload, int64_t now_ms, struct lh_err *err)
{
    const struct lh_checkpoint *head = &nomination->state.head;
    const struct lh_replica_ledger *own = lh_replica_own(nomination->replica);
    struct lh_decline decline;
    enum lh_code rc = lh_decline_decode(&decline, payload, err);

    if (rc != LH_OK || strcmp(decline.origin, head->origin) != 0) {
        return rc; /* of a generation that is over */
    }
    if (asked->size == head->size) {
        asked->said.is_declined = true;
        asked->said.decline = decline;
    }
    switch (decline.reason) {
    case LH_DECLINE_LAST:
        asked->again_ms = decline.size == asked->old ? now_ms + AGAIN_MS : now_ms;
        asked->old = decline.size;
        nomination->state.is_ahead |= own != NULL && decline.size > own->chain.tree.size;
        break;
    case LH_DECLINE_NOT_HELD:
    case LH_DECLINE_LATER:
        asked->again_ms = now_ms + AGAIN_MS;
        break;
    case LH_DECLINE_TAKEN:
        asked->again_ms = INT64_MAX;
        asked->taken = decline.size > asked->taken ? decline.size : asked->taken;
        nomination->state.is_taken = own != NULL && is_taken(nomination, own->generation);
        break;
    case LH_DECLINE_NEVER:
    case LH_DECLINE_UNSAFE:
        asked->again_ms = INT64_MAX; /* until another head is nominated */
        break;
    }
    return LH_OK;
}

enum lh_code lh_nomination_take(struct lh_nomination *nomination, const char *department,
                                const struct lh_frame *frame, int64_t now_ms, struct lh_err *err)
{
    struct asked *asked = find(nomination, department);

    if (asked == NULL || frame->request == 0 || frame->request > nomination->request) {
        return lh_err_set(err, LH_ERR_INVALID, "%s without a nomination",
                          lh_frame_name(frame->type));
    }
    if (!asked->is_asked || frame->request != asked->request) {
        return LH_OK; /* given up */
    }
    asked->is_asked = false;
    return frame->type == LH_FRAME_COSIGNATURE
               ? take_cosignature(nomination, asked, frame->payload, now_ms, err)
               : take_decline(nomination, asked, frame->payload, now_ms, err);
}

/* ---- what was reached ---- */

/* How far a level reaches in our newest generation: what was reached before says nothing of it. */
static uint64_t size_of(const struct lh_nomination *nomination, const struct reached *reached)
{
    const struct lh_replica_ledger *own = lh_replica_own(nomination->replica);

    return own != NULL && strcmp(own->origin, nomination->reached_origin) == 0 ? reached->size : 0;
}

void lh_nomination_state(const struct lh_nomination *nomination, struct lh_nomination_state *out)
{
    *out = nomination->state;
    out->quorum = nomination->panel.now.quorum;
    out->is_diverse = nomination->panel.now.is_diverse;
    out->witnessed_size = size_of(nomination, &nomination->witnessed);
    out->final_size = size_of(nomination, &nomination->final);
}

bool lh_nomination_witness(const struct lh_nomination *nomination, const char *department,
                           struct lh_nomination_witness *out)
{
    for (size_t i = 0; i < nomination->asked_count; i++) {
        const struct asked *asked = nomination->asked[i];

        if (asked->is_designated && strcmp(asked->department, department) == 0) {
            *out = asked->said;
            return true;
        }
    }
    return false;
}

enum lh_level lh_nomination_level(const struct lh_nomination *nomination, uint64_t size)
{
    lh_assert(size > 0);
    return size <= size_of(nomination, &nomination->final)       ? LH_LEVEL_FINAL
           : size <= size_of(nomination, &nomination->witnessed) ? LH_LEVEL_WITNESSED
                                                                 : LH_LEVEL_SEALED;
}

struct lh_bytes lh_nomination_checkpoint(const struct lh_nomination *nomination,
                                         enum lh_level level)
{
    switch (level) {
    case LH_LEVEL_RECORDED:
    case LH_LEVEL_SEALED:
        return lh_buf_bytes(&nomination->note);
    case LH_LEVEL_WITNESSED:
        return lh_buf_bytes(&nomination->witnessed.note);
    case LH_LEVEL_FINAL:
        break;
    }
    return lh_buf_bytes(&nomination->final.note);
}
