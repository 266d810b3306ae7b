#include "net/recovery.h"

#include "net/message.h"
#include "net/promise.h"
#include "net/tally.h"

#include "crypto/base/assert.h"

#include <stdlib.h>
#include <string.h>

enum { ANSWER_MS = 10 * 1000, AGAIN_MS = 1000, REFUSED_MS = 30 * 1000, SETTLE_MS = 10 * 1000 };

/* What stands between us and one member. */
struct asked {
    const char *department;
    bool is_here;
    bool is_asked;
    bool has_answered; /* since it is here */
    uint32_t request;
    int64_t asked_ms;
    int64_t again_ms;
    bool has_promised;
    bool is_sealed; /* and its head bears the seal, or there is none */
    struct lh_promise promise;
    struct lh_buf payload; /* as it came */
};

struct lh_recovery {
    struct lh_replica *replica;
    struct lh_prepare prepare;
    struct lh_tally tally;
    struct lh_buf act;
    struct asked *asked; /* the founders, by their places */
    size_t count;
    uint32_t request;      /* our last one */
    int64_t quorum_ms;     /* when enough had promised; INT64_MAX: not yet */
    struct lh_buf settled; /* the promises */
    struct lh_recovery_state state;
};

/* NULL: no founder. spec network.md 9: "Founders are asked, and nobody else" */
static struct asked *find(const struct lh_recovery *recovery, const char *department)
{
    for (size_t i = 0; i < recovery->count; i++) {
        if (strcmp(recovery->asked[i].department, department) == 0) {
            return &recovery->asked[i];
        }
    }
    return NULL;
}

/* ---- counting ---- */

static bool is_designated(const struct lh_recovery *recovery, const char *department)
{
    for (size_t i = 0; i < recovery->tally.count; i++) {
        if (strcmp(recovery->tally.witnesses[i].department, department) == 0) {
            return true;
        }
    }
    return false;
}

static uint32_t generation_of(const struct lh_checkpoint *head)
{
    struct lh_origin origin;
    enum lh_code rc = lh_origin_parse(&origin, lh_bytes_of_text(head->origin), NULL);

    lh_assert(rc == LH_OK); /* it was decoded */
    return origin.generation;
}

/* spec network.md 9: "The head to go on from is the highest of those promised: of the highest
 * generation, the largest." */
static bool is_higher(const struct lh_checkpoint *a, const struct lh_checkpoint *b)
{
    if (a->size == 0 || b->size == 0) {
        return a->size > b->size;
    }
    uint32_t of_a = generation_of(a);
    uint32_t of_b = generation_of(b);

    return of_a > of_b || (of_a == of_b && a->size > b->size);
}

static void add_up(struct lh_recovery_state *state, const struct lh_recovery *recovery,
                   const struct lh_promise *promise)
{
    if (is_designated(recovery, promise->department)) {
        state->promise_count++;
    } else {
        state->other_count++;
    }
    if (is_higher(&promise->head, &state->head)) {
        state->head = promise->head;
    }
}

static void count(struct lh_recovery *recovery)
{
    struct lh_recovery_state *state = &recovery->state;

    state->promise_count = 0;
    state->other_count = 0;
    state->head.size = 0;
    for (size_t i = 0; i < recovery->count; i++) {
        if (recovery->asked[i].has_promised && recovery->asked[i].is_sealed) {
            add_up(state, recovery, &recovery->asked[i].promise);
        }
    }
}

/* Designated witnesses that promised this head or a higher one. */
static unsigned count_at_least(const struct lh_recovery *recovery, const struct lh_checkpoint *head)
{
    struct lh_bytes rest = lh_buf_bytes(&recovery->settled);
    struct lh_promise_bytes bytes;
    struct lh_promise promise;
    unsigned found = 0;

    while (lh_promises_next(&rest, &promise, &bytes, NULL) == LH_OK) {
        found += is_designated(recovery, promise.department) && !is_higher(head, &promise.head);
    }
    return found;
}

/* spec network.md 9: "What was witnessed, more than f of them hold" */
static void find_enough(struct lh_recovery *recovery)
{
    struct lh_bytes rest = lh_buf_bytes(&recovery->settled);
    struct lh_checkpoint *enough = &recovery->state.enough;
    struct lh_promise_bytes bytes;
    struct lh_promise promise;

    while (lh_promises_next(&rest, &promise, &bytes, NULL) == LH_OK) {
        if (is_higher(&promise.head, enough) &&
            count_at_least(recovery, &promise.head) > recovery->tally.quorum.fault_count) {
            *enough = promise.head;
        }
    }
}

/* ---- life ---- */

static bool is_about(const struct lh_recovery *recovery, const struct lh_promise *promise)
{
    return strcmp(promise->origin, recovery->prepare.origin) == 0 &&
           lh_hash_is_equal(&promise->prepare, &recovery->prepare.hash);
}

/* What was settled before this process. */
static enum lh_code read_settled(struct lh_recovery *recovery, struct lh_err *err)
{
    struct lh_recovery_state *state = &recovery->state;
    const struct lh_genesis *genesis = lh_replica_genesis(recovery->replica);
    struct lh_bytes rest = lh_buf_bytes(&recovery->settled);
    struct lh_promise_bytes bytes;
    struct lh_promise promise;
    enum lh_code rc = LH_OK;

    while (rc == LH_OK) {
        rc = lh_promises_next(&rest, &promise, &bytes, err);
        if (rc == LH_OK) {
            rc = lh_promise_verify(&promise, &bytes, genesis, err);
        }
        if (rc == LH_OK && !is_about(recovery, &promise)) {
            rc = lh_err_set(err, LH_ERR_CORRUPT, "promises about something else");
        }
        if (rc == LH_OK) {
            add_up(state, recovery, &promise);
        } else if (rc == LH_ERR_NOT_FOUND && rest.len == 0) {
            break;
        }
    }
    if (rc != LH_ERR_NOT_FOUND || state->promise_count < state->needed) {
        return rc == LH_ERR_NOMEM ? rc
                                  : lh_err_wrap(err, LH_ERR_CORRUPT, "the promises for %s",
                                                recovery->prepare.origin);
    }
    state->digest =
        lh_promises_digest(lh_replica_suite(recovery->replica), lh_buf_bytes(&recovery->settled));
    state->is_settled = true;
    find_enough(recovery);
    return LH_OK;
}

static enum lh_code recall(struct lh_recovery *recovery, struct lh_err *err)
{
    enum lh_code rc = lh_replica_get_note(recovery->replica, recovery->prepare.origin,
                                          LH_REPLICA_PROMISES, &recovery->settled, err);

    if (rc == LH_ERR_NOT_FOUND) {
        lh_buf_reset(&recovery->settled);
        return LH_OK;
    }
    return rc == LH_OK ? read_settled(recovery, err) : rc;
}

static enum lh_code read_act(struct lh_recovery *recovery, struct lh_bytes act, struct lh_err *err)
{
    const struct lh_genesis *genesis = lh_replica_genesis(recovery->replica);
    struct lh_suite *suite = lh_replica_suite(recovery->replica);
    const char *department = lh_replica_department(recovery->replica);
    enum lh_code rc = lh_prepare_read(&recovery->prepare, suite, genesis, act, err);

    if (rc == LH_OK && strcmp(recovery->prepare.department, department) != 0) {
        rc = lh_err_set(err, LH_ERR_INVALID, "a PREPARE of %s", recovery->prepare.department);
    }
    if (rc == LH_OK) {
        rc = lh_tally_init_founders(&recovery->tally, suite, genesis, department, err);
    }
    lh_buf_add(&recovery->act, act);
    return rc == LH_OK ? lh_buf_check(&recovery->act, err) : rc;
}

enum lh_code lh_recovery_new(struct lh_recovery **out, struct lh_replica *replica,
                             struct lh_bytes act, struct lh_err *err)
{
    const struct lh_genesis *genesis = lh_replica_genesis(replica);
    struct lh_recovery *recovery = calloc(1, sizeof *recovery);
    enum lh_code rc;

    if (recovery != NULL) {
        recovery->count = lh_genesis_count(genesis);
        recovery->asked = calloc(recovery->count, sizeof recovery->asked[0]);
    }
    if (recovery == NULL || recovery->asked == NULL) {
        free(recovery);
        return lh_err_set(err, LH_ERR_NOMEM, "a recovery");
    }
    recovery->replica = replica;
    recovery->quorum_ms = INT64_MAX;
    for (size_t i = 0; i < recovery->count; i++) {
        recovery->asked[i].department = lh_genesis_member(genesis, i)->department;
    }
    rc = read_act(recovery, act, err);
    if (rc == LH_OK) {
        recovery->state.witness_count = recovery->tally.quorum.witness_count;
        recovery->state.needed = recovery->tally.quorum.promise_count;
        rc = recall(recovery, err);
    }
    if (rc != LH_OK) {
        lh_recovery_free(recovery);
        return rc;
    }
    *out = recovery;
    return LH_OK;
}

void lh_recovery_free(struct lh_recovery *recovery)
{
    if (recovery != NULL) {
        for (size_t i = 0; i < recovery->count; i++) {
            lh_buf_clear(&recovery->asked[i].payload);
        }
        free(recovery->asked);
        lh_buf_clear(&recovery->settled);
        lh_buf_clear(&recovery->act);
        free(recovery);
    }
}

const struct lh_prepare *lh_recovery_prepare(const struct lh_recovery *recovery)
{
    return &recovery->prepare;
}

void lh_recovery_join(struct lh_recovery *recovery, const char *department)
{
    struct asked *asked = find(recovery, department);

    if (asked != NULL) {
        asked->is_here = true;
        asked->is_asked = false;
        asked->has_answered = false;
        asked->again_ms = INT64_MIN;
    }
}

void lh_recovery_leave(struct lh_recovery *recovery, const char *department)
{
    struct asked *asked = find(recovery, department);

    if (asked != NULL) {
        asked->is_here = false;
    }
}

/* ---- answers ---- */

/* Does its head bear the seal? That is not known before the first leaf of that ledger is held. */
static enum lh_code judge_head(const struct lh_recovery *recovery, struct asked *asked,
                               struct lh_err *err)
{
    struct lh_checkpoint head;
    struct lh_promise_bytes bytes;
    struct lh_promise promise;
    enum lh_code rc;

    if (asked->promise.head.size == 0) {
        asked->is_sealed = true;
        return LH_OK;
    }
    rc = lh_promise_decode(&promise, &bytes, lh_buf_bytes(&asked->payload), err);
    lh_assert(rc == LH_OK); /* it was, when it came */
    rc = lh_replica_verify(recovery->replica, &head, promise.head.origin, bytes.note, err);
    asked->is_sealed = rc == LH_OK;
    /* spec network.md 9: "A seal that does not hold makes the promise worth nothing." */
    if (rc == LH_ERR_FORGED || rc == LH_ERR_INVALID) {
        asked->has_promised = false;
        return LH_ERR_FORGED;
    }
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}

static enum lh_code keep_payload(struct asked *asked, struct lh_bytes payload, struct lh_err *err)
{
    lh_buf_reset(&asked->payload);
    lh_buf_add(&asked->payload, payload);
    return lh_buf_check(&asked->payload, err);
}

static enum lh_code take_promise(struct lh_recovery *recovery, struct asked *asked,
                                 struct lh_bytes payload, struct lh_err *err)
{
    struct lh_promise_bytes bytes;
    struct lh_promise promise;
    enum lh_code rc = lh_promise_decode(&promise, &bytes, payload, err);

    if (rc == LH_OK &&
        (strcmp(promise.department, asked->department) != 0 || !is_about(recovery, &promise))) {
        rc = lh_err_set(err, LH_ERR_INVALID, "a promise about something else");
    }
    if (rc == LH_OK) {
        rc = lh_promise_verify(&promise, &bytes, lh_replica_genesis(recovery->replica), err);
    }
    /* spec network.md 9: "takes no promise after that" */
    if (rc != LH_OK || recovery->state.is_settled) {
        return rc;
    }
    rc = keep_payload(asked, payload, err);
    if (rc == LH_OK) {
        asked->promise = promise;
        asked->has_promised = true;
        rc = judge_head(recovery, asked, err);
    }
    return rc;
}

static enum lh_code take_decline(struct lh_recovery *recovery, struct asked *asked,
                                 const struct lh_decline *decline, int64_t now_ms,
                                 struct lh_err *err)
{
    struct lh_recovery_state *state = &recovery->state;

    asked->again_ms = now_ms + REFUSED_MS;
    switch (decline->reason) {
    case LH_DECLINE_LATER:
        asked->again_ms = now_ms + AGAIN_MS;
        return LH_OK;
    case LH_DECLINE_NEVER:
        state->is_tainted = true;
        return LH_OK;
    case LH_DECLINE_UNSAFE:
        state->is_left_behind = true;
        return LH_OK;
    case LH_DECLINE_TAKEN:
        if (decline->size > state->taken && decline->size <= UINT32_MAX) {
            state->taken = (uint32_t)decline->size;
        }
        return LH_OK;
    case LH_DECLINE_LAST:
    case LH_DECLINE_NOT_HELD:
        break;
    }
    return lh_err_set(err, LH_ERR_INVALID, "a DECLINE that answers no PREPARE");
}

enum lh_code lh_recovery_take(struct lh_recovery *recovery, const char *department,
                              const struct lh_frame *frame, int64_t now_ms, struct lh_err *err)
{
    struct asked *asked = find(recovery, department);
    struct lh_decline decline = { .size = 0 };
    enum lh_code rc = LH_OK;

    if (frame->type == LH_FRAME_DECLINE) {
        rc = lh_decline_decode(&decline, frame->payload, err);
        if (rc != LH_OK || strcmp(decline.origin, recovery->prepare.origin) != 0) {
            return rc; /* of a head that was nominated */
        }
    } else {
        lh_assert(frame->type == LH_FRAME_PROMISE);
    }
    if (asked == NULL || frame->request == 0 || frame->request != asked->request) {
        return lh_err_set(err, LH_ERR_INVALID, "an answer to no PREPARE");
    }
    asked->is_asked = false;
    asked->has_answered = true;
    rc = frame->type == LH_FRAME_PROMISE ? take_promise(recovery, asked, frame->payload, err)
                                         : take_decline(recovery, asked, &decline, now_ms, err);
    if (rc == LH_OK && !recovery->state.is_settled) {
        count(recovery);
    }
    return rc;
}

/* ---- asking ---- */

enum lh_code lh_recovery_next(struct lh_recovery *recovery, const char *department,
                              const size_t credit[LH_CLASS_COUNT], int64_t now_ms,
                              struct lh_frame *out, struct lh_err *err)
{
    struct asked *asked = find(recovery, department);

    (void)err;
    if (asked == NULL || recovery->state.is_settled || !asked->is_here || asked->has_promised ||
        now_ms < asked->again_ms || (asked->is_asked && now_ms < asked->asked_ms + ANSWER_MS) ||
        LH_FRAME_HEADER_SIZE + recovery->act.len > credit[LH_CLASS_CONTROL]) {
        return LH_AGAIN;
    }
    asked->is_asked = true;
    asked->asked_ms = now_ms;
    asked->request = ++recovery->request;
    *out = (struct lh_frame){ .type = LH_FRAME_PREPARE,
                              .request = asked->request,
                              .payload = lh_buf_bytes(&recovery->act) };
    return LH_OK;
}

/* ---- settling ---- */

static enum lh_code keep_promises(struct lh_recovery *recovery, struct lh_err *err)
{
    struct lh_buf promises = LH_BUF_EMPTY;
    struct lh_promise_bytes bytes;
    struct lh_promise promise;
    enum lh_code rc = LH_OK;

    for (size_t i = 0; i < recovery->count; i++) { /* members ascend by department */
        const struct asked *asked = &recovery->asked[i];

        if (asked->has_promised && asked->is_sealed) {
            rc = lh_promise_decode(&promise, &bytes, lh_buf_bytes(&asked->payload), err);
            lh_assert(rc == LH_OK);
            lh_promises_add(&promises, &bytes);
        }
    }
    rc = lh_buf_check(&promises, err);
    if (rc == LH_OK) {
        rc = lh_replica_put_note(recovery->replica, recovery->prepare.origin, LH_REPLICA_PROMISES,
                                 lh_buf_bytes(&promises), err);
    }
    if (rc == LH_OK) {
        struct lh_buf old = recovery->settled;

        recovery->settled = promises;
        promises = old;
        recovery->state.digest = lh_promises_digest(lh_replica_suite(recovery->replica),
                                                    lh_buf_bytes(&recovery->settled));
        recovery->state.is_settled = true;
        find_enough(recovery);
    }
    lh_buf_clear(&promises);
    return rc;
}

static bool have_all_answered(const struct lh_recovery *recovery)
{
    for (size_t i = 0; i < recovery->count; i++) {
        const struct asked *asked = &recovery->asked[i];

        if (asked->is_here &&
            (!asked->has_answered || (asked->has_promised && !asked->is_sealed))) {
            return false;
        }
    }
    return true;
}

/* spec network.md 9: "A node that has them waits until every peer that is here has answered, at
 * most 10 s more, and takes no promise after that." */
static enum lh_code settle(struct lh_recovery *recovery, int64_t now_ms, struct lh_err *err)
{
    enum lh_code rc = LH_OK;

    for (size_t i = 0; rc == LH_OK && i < recovery->count; i++) {
        if (recovery->asked[i].has_promised && !recovery->asked[i].is_sealed) {
            rc = judge_head(recovery, &recovery->asked[i], err);
            rc = rc == LH_ERR_FORGED ? LH_OK : rc; /* it counts for nothing from now on */
        }
    }
    count(recovery);
    if (rc != LH_OK || recovery->state.promise_count < recovery->state.needed) {
        recovery->quorum_ms = INT64_MAX;
        return rc;
    }
    recovery->quorum_ms = recovery->quorum_ms == INT64_MAX ? now_ms : recovery->quorum_ms;
    return have_all_answered(recovery) || now_ms >= recovery->quorum_ms + SETTLE_MS
               ? keep_promises(recovery, err)
               : LH_OK;
}

static enum lh_code is_held(const struct lh_recovery *recovery, const struct lh_checkpoint *head,
                            bool *out, struct lh_err *err)
{
    struct lh_hash root;
    enum lh_code rc = LH_OK;

    if (head->size == 0) {
        *out = true;
        return LH_OK;
    }
    rc = lh_replica_root(recovery->replica, head->origin, head->size, &root, err);
    *out = rc == LH_OK && lh_hash_is_equal(&root, &head->root);
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}

/* Is what was promised here by now? */
static enum lh_code look_up(struct lh_recovery *recovery, struct lh_err *err)
{
    struct lh_recovery_state *state = &recovery->state;
    enum lh_code rc = LH_OK;

    if (!state->is_enough) {
        rc = is_held(recovery, &state->enough, &state->is_enough, err);
    }
    return rc == LH_OK ? is_held(recovery, &state->head, &state->is_whole, err) : rc;
}

enum lh_code lh_recovery_tick(struct lh_recovery *recovery, int64_t now_ms, struct lh_err *err)
{
    enum lh_code rc = LH_OK;

    if (!recovery->state.is_settled) {
        rc = settle(recovery, now_ms, err);
    }
    if (rc == LH_OK && recovery->state.is_settled && !recovery->state.is_whole) {
        rc = look_up(recovery, err);
    }
    return rc;
}

int64_t lh_recovery_due_ms(const struct lh_recovery *recovery)
{
    int64_t due = INT64_MAX;

    if (recovery->state.is_settled) {
        return INT64_MAX;
    }
    if (recovery->quorum_ms != INT64_MAX) {
        due = recovery->quorum_ms + SETTLE_MS;
    }
    for (size_t i = 0; i < recovery->count; i++) {
        const struct asked *asked = &recovery->asked[i];
        int64_t at = asked->is_asked ? asked->asked_ms + ANSWER_MS : asked->again_ms;

        if (asked->is_here && !asked->has_promised && at < due) {
            due = at;
        }
    }
    return due;
}

void lh_recovery_state(const struct lh_recovery *recovery, struct lh_recovery_state *out)
{
    *out = recovery->state;
}

struct lh_bytes lh_recovery_promises(const struct lh_recovery *recovery)
{
    return lh_buf_bytes(&recovery->settled);
}
