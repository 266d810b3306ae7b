/*
 * Promises to a department that was restored: no generation before the one that it asks for is
 * cosigned any more, and here is what is held of it.
 */
#include "net/pledge_internal.h"

#include "crypto/base/assert.h"
#include "net/promise.h"
#include "net/tally.h"

#include <stdio.h>
#include <string.h>

enum { FLOOR_SIZE = 4 + LH_HASH_SIZE, UNBEGUN_MAX = 64 };

/* ---- floors ---- */

/* spec network.md 9: "That is on disk before the promise leaves, and never goes back." */
static void floor_key(char out[LH_ORIGIN_MAX + 1], const struct lh_pledge *pledge,
                      const char *department)
{
    (void)snprintf(out, LH_ORIGIN_MAX + 1, "%s/%s",
                   lh_genesis_network(lh_replica_genesis(pledge->options.replica)), department);
}

enum lh_code lh_pledge_load_floor(const struct lh_pledge *pledge, const char *department,
                                  struct lh_pledge_floor *out, struct lh_err *err)
{
    char key[LH_ORIGIN_MAX + 1];
    struct lh_buf note = LH_BUF_EMPTY;
    enum lh_code rc;

    floor_key(key, pledge, department);
    rc = lh_replica_get_note(pledge->options.replica, key, LH_REPLICA_FLOOR, &note, err);
    if (rc == LH_OK && note.len != FLOOR_SIZE) {
        rc = lh_err_set(err, LH_ERR_CORRUPT, "what was promised about %s", department);
    }
    if (rc == LH_OK) {
        struct lh_reader in = lh_reader_of(lh_buf_bytes(&note));

        out->generation = lh_read_u32(&in);
        memcpy(out->prepare.bytes, in.rest.data, sizeof out->prepare.bytes);
    }
    lh_buf_clear(&note);
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}

static enum lh_code keep_floor(const struct lh_pledge *pledge, const char *department,
                               const struct lh_pledge_floor *floor, struct lh_err *err)
{
    char key[LH_ORIGIN_MAX + 1];
    struct lh_buf note = LH_BUF_EMPTY;
    enum lh_code rc;

    floor_key(key, pledge, department);
    lh_buf_add_u32(&note, floor->generation);
    lh_buf_add(&note, lh_hash_bytes(&floor->prepare));
    rc = lh_buf_check(&note, err);
    if (rc == LH_OK) {
        rc = lh_replica_put_note(pledge->options.replica, key, LH_REPLICA_FLOOR,
                                 lh_buf_bytes(&note), err);
    }
    lh_buf_clear(&note);
    return rc;
}

/* ---- judging ---- */

/* The ledgers of a department before a generation, as far as they are held. */
struct held {
    const struct lh_replica_ledger *newest; /* before it; NULL: none */
    uint32_t highest;                       /* generation that has begun, this one or above; or 0 */
};

static struct held find_held(const struct lh_pledge *pledge, const struct lh_prepare *prepare)
{
    const struct lh_replica *replica = pledge->options.replica;
    struct held held = { .newest = NULL };

    for (size_t i = 0; i < lh_replica_count(replica); i++) {
        const struct lh_replica_ledger *ledger = lh_replica_at(replica, i);

        if (strcmp(ledger->department, prepare->department) != 0 || ledger->chain.tree.size == 0) {
            continue;
        }
        if (ledger->generation >= prepare->generation) {
            held.highest = ledger->generation > held.highest ? ledger->generation : held.highest;
        } else if (held.newest == NULL || ledger->generation > held.newest->generation) {
            held.newest = ledger;
        }
    }
    return held;
}

/* One that was restored hears of heads that it cosigned before it holds them again. */
/* spec network.md 9: "what it cosigned it holds" */
static enum lh_code holds_what_it_cosigned(const struct lh_pledge *pledge,
                                           const struct lh_prepare *prepare,
                                           const struct held *held, bool *out, struct lh_err *err)
{
    uint32_t first = held->newest != NULL ? held->newest->generation : 1;
    struct lh_origin origin;
    struct lh_checkpoint last;
    char text[LH_ORIGIN_MAX + 1];
    enum lh_code rc = lh_origin_parse(&origin, lh_bytes_of_text(prepare->origin), err);

    *out = true;
    for (uint32_t i = 0; rc == LH_OK && *out && i < UNBEGUN_MAX; i++) {
        if (first + i >= prepare->generation) {
            break;
        }
        origin.generation = first + i;
        lh_origin_format(text, &origin);
        rc = lh_pledge_last(pledge, text, &last, err);
        if (rc == LH_OK) {
            *out = i == 0 && held->newest != NULL && last.size <= held->newest->chain.tree.size;
        }
        rc = rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
    }
    return rc;
}

static enum lh_code refuse(struct lh_pledge_vow *vow, enum lh_decline_reason reason, uint64_t size)
{
    vow->decline.reason = reason;
    vow->decline.size = size;
    return LH_OK;
}

/*
 * Promises are counted by the founders: q of those who witness in epoch 0 share an honest one with
 * k of the same, and with nobody else's.
 *
 * spec network.md 9: "with 3 where its newest epoch has other members witness the ledger than epoch
 * 0"
 */
static enum lh_code is_for_founders(const struct lh_pledge *pledge, const char *department,
                                    bool *out, struct lh_err *err)
{
    const struct lh_replica *replica = pledge->options.replica;
    const struct lh_members *newest = lh_epochs_newest(lh_replica_epochs(replica));
    struct lh_suite *suite = lh_replica_suite(replica);
    struct lh_tally first;
    struct lh_tally now;
    enum lh_code rc;

    *out = false;
    if (lh_members_find(newest, department) == NULL) {
        return LH_OK;
    }
    rc = lh_tally_init_founders(&first, suite, lh_replica_genesis(replica), department, err);
    if (rc == LH_OK) {
        rc = lh_tally_init(&now, suite, newest, department, err);
    }
    if (rc == LH_OK) {
        *out = first.count == now.count;
        for (unsigned i = 0; *out && i < now.count; i++) {
            *out = strcmp(first.witnesses[i].department, now.witnesses[i].department) == 0;
        }
    }
    return rc;
}

static enum lh_code judge_prepare(struct lh_pledge *pledge, struct lh_pledge_vow *vow,
                                  struct lh_err *err)
{
    const struct lh_prepare *prepare = &vow->prepare;
    struct lh_pledge_floor *floor = &lh_pledge_member(pledge, prepare->department)->floor;
    struct lh_pledge_floor next = { .generation = prepare->generation, .prepare = prepare->hash };
    struct held held = find_held(pledge, prepare);
    bool is_same =
        floor->generation == next.generation && lh_hash_is_equal(&floor->prepare, &next.prepare);
    bool is_whole = false;
    bool is_left = false;
    bool is_counted = false;
    enum lh_code rc;

    if (lh_pledge_is_barred(pledge) || !lh_pledge_has_first_keys(pledge)) {
        return refuse(vow, LH_DECLINE_LATER, 0);
    }
    rc = is_for_founders(pledge, prepare->department, &is_counted, err);
    if (rc != LH_OK || !is_counted) {
        return rc != LH_OK ? rc : refuse(vow, LH_DECLINE_LATER, 0);
    }
    if (held.highest != 0 || (floor->generation >= next.generation && !is_same)) {
        return refuse(vow, LH_DECLINE_TAKEN,
                      held.highest > floor->generation ? held.highest : floor->generation);
    }
    if (held.newest != NULL && held.newest->is_tainted) {
        return refuse(vow, LH_DECLINE_NEVER, 0);
    }
    rc = holds_what_it_cosigned(pledge, prepare, &held, &is_whole, err);
    if (rc == LH_OK && !is_whole) {
        return refuse(vow, LH_DECLINE_LATER, 0);
    }
    if (rc == LH_OK && held.newest != NULL) {
        rc = lh_pledge_find_left(pledge, held.newest->origin, &is_left, err);
    }
    if (rc == LH_OK && is_left) {
        return refuse(vow, LH_DECLINE_UNSAFE, 0);
    }
    if (rc == LH_OK && !is_same) {
        rc = keep_floor(pledge, prepare->department, &next, err);
    }
    if (rc != LH_OK) {
        return rc == LH_ERR_NOMEM ? rc : refuse(vow, LH_DECLINE_LATER, 0);
    }
    *floor = next;
    vow->is_promised = true;
    return LH_OK;
}

enum lh_code lh_pledge_prepare(struct lh_pledge *pledge, const char *department,
                               const struct lh_frame *frame, struct lh_err *err)
{
    const struct lh_replica *replica = pledge->options.replica;
    struct lh_pledge_vow vow = { .is_owed = true, .request = frame->request };
    enum lh_code rc;

    lh_assert(frame->type == LH_FRAME_PREPARE);
    if (frame->request == 0) {
        return lh_err_set(err, LH_ERR_INVALID, "PREPARE without a request");
    }
    rc = lh_pledge_grow(pledge, err);
    if (rc == LH_OK) {
        rc = lh_prepare_read(&vow.prepare, lh_replica_suite(replica), lh_replica_genesis(replica),
                             frame->payload, err);
    }
    /* spec network.md 9: "Nobody asks but the ledger's own department." */
    if (rc == LH_OK && strcmp(vow.prepare.department, department) != 0) {
        rc = lh_err_set(err, LH_ERR_INVALID, "a PREPARE of another department");
    }
    if (rc == LH_OK) {
        memcpy(vow.decline.origin, vow.prepare.origin, sizeof vow.decline.origin);
        rc = judge_prepare(pledge, &vow, err);
    }
    if (rc == LH_OK) {
        lh_pledge_member(pledge, department)->vow = vow;
    }
    return rc;
}

/* ---- answering ---- */

/* What is held is said as it is by now. */
static enum lh_code promise(struct lh_pledge *pledge, const struct lh_prepare *prepare,
                            struct lh_err *err)
{
    const struct lh_replica *replica = pledge->options.replica;
    struct held held = find_held(pledge, prepare);
    struct lh_promise promise = { .prepare = prepare->hash };
    struct lh_bytes note = LH_BYTES_EMPTY;
    const char *department = lh_replica_department(replica);

    memcpy(promise.department, department, strlen(department) + 1);
    memcpy(promise.origin, prepare->origin, sizeof promise.origin);
    if (held.newest != NULL) {
        memcpy(promise.head.origin, held.newest->origin, sizeof promise.head.origin);
        promise.head.size = held.newest->chain.tree.size;
        promise.head.root = held.newest->root;
        note = lh_buf_bytes(&held.newest->checkpoint);
    }
    return lh_promise_encode(&pledge->payload, &promise, note,
                             lh_genesis_network_id(lh_replica_genesis(replica)),
                             pledge->options.witness, err);
}

enum lh_code lh_pledge_next_vow(struct lh_pledge *pledge, struct lh_pledge_vow *vow,
                                const size_t credit[LH_CLASS_COUNT], struct lh_frame *out,
                                struct lh_err *err)
{
    enum lh_code rc;

    if (!vow->is_owed) {
        return LH_AGAIN;
    }
    lh_buf_reset(&pledge->payload);
    rc = vow->is_promised ? promise(pledge, &vow->prepare, err)
                          : lh_decline_encode(&pledge->payload, &vow->decline, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (LH_FRAME_HEADER_SIZE + pledge->payload.len > credit[LH_CLASS_CONTROL]) {
        return LH_AGAIN;
    }
    vow->is_owed = false;
    *out = (struct lh_frame){ .type = vow->is_promised ? LH_FRAME_PROMISE : LH_FRAME_DECLINE,
                              .request = vow->request,
                              .payload = lh_buf_bytes(&pledge->payload) };
    return LH_OK;
}
