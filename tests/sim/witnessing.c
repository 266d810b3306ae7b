#include "tests/sim/witnessing.h"

#include "crypto/base/assert.h"
#include "ledger/origin.h"
#include "net/message.h"
#include "net/promise.h"
#include "net/witness.h"
#include "tests/sim/world.h"

#include <string.h>

static const char *name_of(const struct sim_node *node, size_t who)
{
    return node->world->members->list[who].department;
}

/* ---- life ---- */

void sim_witnessing_start(struct sim_node *node)
{
    const struct sim_member *member = &node->world->members->list[node->who];
    struct sim_witnessing *witnessing = &node->witnessing;
    bool is_restored = sim_library_is_restored(node);
    struct lh_pledge_options options = {
        .gossip = node->exchange.gossip,
        .replica = node->exchange.replica,
        .witness = member->witness,
        .mirror = member->mirror,
        .is_restored = is_restored && node->world->options.broken != SIM_BREAK_FLOOR,
    };
    struct lh_err err = LH_ERR_NONE;

    *witnessing = (struct sim_witnessing){ .pledge = NULL };
    enum lh_code rc = lh_pledge_new(&witnessing->pledge, &options, &err);
    if (rc == LH_OK) {
        rc = lh_nomination_new(&witnessing->nomination, node->exchange.replica, &err);
    }
    (void)sim_exchange_is_fine(node, rc, &err);
    if (is_restored) {
        sim_world_count(node->world, SIM_WITNESS_RESTORED);
    }
}

void sim_witnessing_stop(struct sim_node *node)
{
    lh_nomination_free(node->witnessing.nomination);
    lh_pledge_free(node->witnessing.pledge);
    node->witnessing = (struct sim_witnessing){ .pledge = NULL };
}

void sim_witnessing_join(struct sim_node *node, size_t who)
{
    lh_nomination_join(node->witnessing.nomination, name_of(node, who));
    sim_asking_join(node, who);
}

void sim_witnessing_leave(struct sim_node *node, size_t who)
{
    lh_pledge_leave(node->witnessing.pledge, name_of(node, who));
    lh_nomination_leave(node->witnessing.nomination, name_of(node, who));
    sim_asking_leave(node, who);
    node->witnessing.asked[who].request = 0;
}

/* Who may have been set back promises nothing. */
void sim_witnessing_tick(struct sim_node *node)
{
    struct sim_witnessing *witnessing = &node->witnessing;
    struct lh_err err = LH_ERR_NONE;

    lh_pledge_hold(witnessing->pledge, lh_ledger_state(node->sealing.ledger) == LH_LEDGER_SUSPECT);
    enum lh_code rc = lh_nomination_tick(witnessing->nomination, node->world->now_ms, &err);
    (void)sim_exchange_is_fine(node, rc, &err);
}

static uint64_t promised(const struct sim_node *node, const char *origin)
{
    struct lh_checkpoint last;

    return lh_pledge_last(node->witnessing.pledge, origin, &last, NULL) == LH_OK ? last.size : 0;
}

void sim_witnessing_recall(struct sim_node *node, struct lh_bytes bytes)
{
    struct lh_checkpoint head;
    struct lh_note note;

    if (lh_note_parse(&note, bytes, NULL) != LH_OK ||
        lh_checkpoint_parse(&head, note.text, NULL) != LH_OK) {
        return;
    }
    uint64_t before = promised(node, head.origin);
    enum lh_code rc = lh_pledge_recall(node->witnessing.pledge, bytes, NULL);
    if (rc == LH_OK && promised(node, head.origin) > before) {
        sim_world_count(node->world, SIM_PROMISE_RECALLED);
    }
}

/* ---- who was asked, and who lies ---- */

/* Authors are honest: what they send is whole. */
static void note_asked(struct sim_node *node, size_t who, const struct lh_frame *frame)
{
    struct lh_witness_request request;
    struct lh_note note;
    enum lh_code rc = lh_witness_request_parse(&request, frame->payload, NULL);

    lh_assert(rc == LH_OK);
    rc = lh_note_parse(&note, request.note, NULL);
    lh_assert(rc == LH_OK);
    rc = lh_checkpoint_parse(&node->witnessing.asked[who].head, note.text, NULL);
    lh_assert(rc == LH_OK);
    node->witnessing.asked[who].request = frame->request;
}

/* A witness that lies, or that has lost its rule, cosigns whatever is sealed. */
static bool takes_all(const struct sim_node *node)
{
    return node->world->council.roles[node->who] == SIM_ROLE_YES ||
           node->world->options.broken == SIM_BREAK_FORK;
}

/* Likewise it promises whatever is asked. */
static bool promises_all(const struct sim_node *node)
{
    return node->world->council.roles[node->who] == SIM_ROLE_YES ||
           node->world->options.broken == SIM_BREAK_PREPARE;
}

static void add_line(struct sim_node *node, struct lh_buf *out, const struct lh_buf *text,
                     const struct lh_note_key *key, struct lh_signer *signer)
{
    uint64_t time_s = (uint64_t)sim_node_wall_ms(node) / 1000;
    enum lh_code rc = lh_note_add_line(out, lh_buf_bytes(text), key, signer, time_s, NULL);

    lh_assert(rc == LH_OK);
}

static void say_yes(struct sim_node *node, const struct sim_link *link, uint32_t request)
{
    struct sim_world *world = node->world;
    const struct sim_member *member = &world->members->list[node->who];
    const struct lh_enrolment *us =
        lh_genesis_find(world->genesis, lh_bytes_of_text(member->department));
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_buf lines = LH_BUF_EMPTY;
    struct lh_note_key witness;
    struct lh_note_key mirror;

    enum lh_code rc = lh_genesis_witness_key(&witness, world->genesis, us, NULL);
    lh_assert(rc == LH_OK);
    rc = lh_genesis_mirror_key(&mirror, world->genesis, us, NULL);
    lh_assert(rc == LH_OK);
    lh_checkpoint_format(&text, &node->witnessing.asked[link->peer].head);
    add_line(node, &lines, &text, &witness, member->witness);
    add_line(node, &lines, &text, &mirror, member->mirror);
    struct lh_frame frame = { .type = LH_FRAME_COSIGNATURE,
                              .request = request,
                              .payload = lh_buf_bytes(&lines) };
    if (lh_session_send(link->session, &frame, NULL) == LH_OK) { /* else it is asked again */
        sim_witnessing_sent(node, link->peer, &frame);
    }
    lh_buf_clear(&text);
    lh_buf_clear(&lines);
}

/* The newest ledger before the one that is asked for, as far as it is held; NULL: none. */
static const struct lh_replica_ledger *newest_before(const struct sim_node *node,
                                                     const struct lh_prepare *prepare)
{
    const struct lh_replica *replica = node->exchange.replica;
    const struct lh_replica_ledger *newest = NULL;

    for (size_t i = 0; i < lh_replica_count(replica); i++) {
        const struct lh_replica_ledger *at = lh_replica_at(replica, i);

        if (strcmp(at->department, prepare->department) == 0 && at->chain.tree.size > 0 &&
            at->generation < prepare->generation &&
            (newest == NULL || at->generation > newest->generation)) {
            newest = at;
        }
    }
    return newest;
}

/* It promises, and goes on to cosign what it said that it would not. One that lies says besides
 * that it holds nothing. */
static void promise_nothing(struct sim_node *node, const struct sim_link *link,
                            const struct lh_frame *frame)
{
    struct sim_world *world = node->world;
    const struct lh_replica_ledger *held;
    struct lh_promise promise = { .head = { .size = 0 } };
    struct lh_bytes note = LH_BYTES_EMPTY;
    struct lh_buf payload = LH_BUF_EMPTY;
    struct lh_prepare prepare;

    enum lh_code rc =
        lh_prepare_read(&prepare, world->members->suite, world->genesis, frame->payload, NULL);
    lh_assert(rc == LH_OK);
    held = newest_before(node, &prepare);
    memcpy(promise.department, name_of(node, node->who), sizeof promise.department);
    memcpy(promise.origin, prepare.origin, sizeof promise.origin);
    promise.prepare = prepare.hash;
    if (held != NULL && world->council.roles[node->who] == SIM_ROLE_HONEST) {
        memcpy(promise.head.origin, held->origin, sizeof promise.head.origin);
        promise.head.size = held->chain.tree.size;
        promise.head.root = held->root;
        note = lh_buf_bytes(&held->checkpoint);
    }
    rc = lh_promise_encode(&payload, &promise, note, lh_genesis_network_id(world->genesis),
                           world->members->list[node->who].witness, NULL);
    lh_assert(rc == LH_OK);
    struct lh_frame answer = { .type = LH_FRAME_PROMISE,
                               .request = frame->request,
                               .payload = lh_buf_bytes(&payload) };
    if (lh_session_send(link->session, &answer, NULL) == LH_OK) { /* else it is asked again */
        sim_world_count(world, SIM_PROMISED_FALSELY);
    }
    lh_buf_clear(&payload);
}

/* ---- frames ---- */

bool sim_witnessing_is_concerned(uint16_t type)
{
    return type == LH_FRAME_NOMINATE || type == LH_FRAME_COSIGNATURE || type == LH_FRAME_DECLINE ||
           type == LH_FRAME_PREPARE || type == LH_FRAME_PROMISE;
}

enum lh_code sim_witnessing_take(struct sim_node *node, const struct sim_link *link,
                                 const struct lh_frame *frame, struct lh_err *err)
{
    const char *department = name_of(node, link->peer);

    if (frame->type == LH_FRAME_PREPARE && promises_all(node)) {
        promise_nothing(node, link, frame);
        return LH_OK;
    }
    if (frame->type == LH_FRAME_PREPARE) {
        return lh_pledge_prepare(node->witnessing.pledge, department, frame, err);
    }
    if (frame->type != LH_FRAME_NOMINATE && sim_asking_is_on(node)) {
        return sim_asking_take(node, link, frame, err); /* it nominates nothing */
    }
    if (frame->type != LH_FRAME_NOMINATE) {
        return lh_nomination_take(node->witnessing.nomination, department, frame,
                                  node->world->now_ms, err);
    }
    note_asked(node, link->peer, frame);
    if (takes_all(node)) {
        say_yes(node, link, frame->request);
        return LH_OK;
    }
    return lh_pledge_take(node->witnessing.pledge, department, frame, err);
}

enum lh_code sim_witnessing_next(struct sim_node *node, size_t who,
                                 const size_t credit[LH_CLASS_COUNT], struct lh_frame *out,
                                 struct lh_err *err)
{
    uint64_t time_s = (uint64_t)sim_node_wall_ms(node) / 1000;
    enum lh_code rc =
        lh_pledge_next(node->witnessing.pledge, name_of(node, who), credit, time_s, out, err);

    if (rc == LH_AGAIN) {
        rc = sim_asking_next(node, who, credit, out, err);
    }
    return rc == LH_AGAIN ? lh_nomination_next(node->witnessing.nomination, name_of(node, who),
                                               credit, node->world->now_ms, out, err)
                          : rc;
}

/* What leaves is our line over the head that was asked about. */
static bool is_cosigned(struct sim_node *node, const struct lh_checkpoint *head,
                        struct lh_bytes lines)
{
    const struct lh_genesis *genesis = node->world->genesis;
    const struct lh_enrolment *us =
        lh_genesis_find(genesis, lh_bytes_of_text(name_of(node, node->who)));
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_note_key key;
    struct lh_note note;

    lh_checkpoint_format(&bytes, head);
    lh_buf_add_u8(&bytes, '\n');
    lh_buf_add(&bytes, lines);
    bool is_good = lh_genesis_witness_key(&key, genesis, us, NULL) == LH_OK &&
                   lh_note_parse(&note, lh_buf_bytes(&bytes), NULL) == LH_OK &&
                   lh_note_verify(&note, &key, NULL, NULL) == LH_OK;
    lh_buf_clear(&bytes);
    return is_good;
}

static void count_decline(struct sim_node *node, const struct lh_frame *frame)
{
    struct lh_decline decline;
    enum lh_code rc = lh_decline_decode(&decline, frame->payload, NULL);

    lh_assert(rc == LH_OK);
    switch (decline.reason) {
    case LH_DECLINE_LAST:
        sim_world_count(node->world, SIM_DECLINED_LAST);
        break;
    case LH_DECLINE_NOT_HELD:
        sim_world_count(node->world, SIM_DECLINED_NOT_HELD);
        break;
    case LH_DECLINE_LATER:
        sim_world_count(node->world, SIM_DECLINED_LATER);
        break;
    case LH_DECLINE_NEVER:
        sim_world_count(node->world, SIM_DECLINED_NEVER);
        break;
    case LH_DECLINE_UNSAFE:
        sim_world_count(node->world, SIM_DECLINED_UNSAFE);
        break;
    case LH_DECLINE_TAKEN:
        sim_world_count(node->world, SIM_DECLINED_TAKEN);
        break;
    }
}

static void note_cosigned(struct sim_node *node, size_t who, const struct lh_frame *frame)
{
    struct sim_world *world = node->world;
    const struct lh_checkpoint *head = &node->witnessing.asked[who].head;
    struct sim_seal seal = { .size = head->size, .root = head->root };
    struct lh_origin origin;

    enum lh_code rc = lh_origin_parse(&origin, lh_bytes_of_text(head->origin), NULL);
    lh_assert(rc == LH_OK);
    seal.generation = origin.generation;
    sim_trace_say(&world->trace, "m%zu cosigns %s %llu", node->machine, head->origin,
                  (unsigned long long)head->size);
    if (frame->request != node->witnessing.asked[who].request ||
        !is_cosigned(node, head, frame->payload)) {
        sim_world_fail(world, "O2w", "m%zu cosigns what nobody asked about", node->machine);
    }
    sim_council_vote(world, who, node->who, &seal);
}

void sim_witnessing_sent(struct sim_node *node, size_t who, const struct lh_frame *frame)
{
    if (frame->type == LH_FRAME_COSIGNATURE) {
        note_cosigned(node, who, frame);
    } else if (frame->type == LH_FRAME_PROMISE) {
        sim_world_count(node->world, SIM_PROMISED);
    } else if (frame->type == LH_FRAME_DECLINE) {
        count_decline(node, frame);
    }
}
