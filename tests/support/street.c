#include "tests/support/street.h"

#include "crypto/base/assert.h"
#include "net/message.h"

#include <stdio.h>
#include <string.h>

enum { FRAMES_MAX = 20000 };

static void on_grown(void *arg, const struct lh_replica_ledger *ledger)
{
    struct street_node *node = arg;

    lh_assert(!ledger->is_own);
    node->grown_count++;
}

static void on_tainted(void *arg, const struct lh_replica_ledger *ledger, struct lh_bytes evidence)
{
    struct street_node *node = arg;

    lh_assert(ledger->is_tainted);
    lh_assert(lh_evidence_is_start(evidence));
    node->tainted_count++;
}

static void on_ahead(void *arg, const struct lh_checkpoint *head)
{
    struct street_node *node = arg;

    lh_assert(strcmp(head->origin, lh_town_origin(node->street->town, node->who)) == 0);
    node->ahead_count++;
}

static void on_cosigned(void *arg, struct lh_bytes note)
{
    struct street_node *node = arg;

    if (node->pledge != NULL) {
        struct lh_err err = LH_ERR_NONE;

        lh_assert(lh_pledge_recall(node->pledge, note, &err) == LH_OK);
    }
}

static void on_trouble(void *arg, const char *origin, const struct lh_err *why)
{
    struct street_node *node = arg;

    (void)origin;
    lh_assert(why->text[0] != '\0');
    node->trouble_count++;
}

static void on_proposed(void *arg, const struct lh_hash *proposal)
{
    struct street_node *node = arg;

    (void)proposal;
    node->proposed_count++;
}

static void on_certified(void *arg, const struct lh_members *members)
{
    struct street_node *node = arg;

    lh_assert(lh_members_number(members) > 0);
    node->certified_count++;
}

static void on_governance_trouble(void *arg, const struct lh_err *why)
{
    on_trouble(arg, "", why);
}

static void start_witness(struct street *street, size_t who)
{
    struct street_node *node = &street->nodes[who];
    struct lh_pledge_options options = { .gossip = node->gossip,
                                         .replica = node->replica,
                                         .witness = lh_town_witness(street->town, who),
                                         .mirror = lh_town_mirror(street->town, who),
                                         .is_restored = node->is_restored };
    enum lh_code rc = lh_pledge_new(&node->pledge, &options, NULL);

    lh_assert(rc == LH_OK);
    rc = lh_nomination_new(&node->nomination, node->replica, NULL);
    lh_assert(rc == LH_OK);
}

static void start(struct street *street, size_t who)
{
    struct street_node *node = &street->nodes[who];
    struct lh_replica_options options = { .suite = lh_town_suite(street->town),
                                          .genesis = lh_town_genesis(street->town),
                                          .department = lh_town_department(who),
                                          .is_restoring = node->is_restoring,
                                          .store = lh_replica_mem_store(node->mem) };
    struct lh_gossip_listener listener = { .arg = node,
                                           .on_grown = on_grown,
                                           .on_tainted = on_tainted,
                                           .on_ahead = on_ahead,
                                           .on_cosigned = on_cosigned,
                                           .on_trouble = on_trouble };
    struct lh_governance_listener governance = { .arg = node,
                                                 .on_proposed = on_proposed,
                                                 .on_certified = on_certified,
                                                 .on_trouble = on_governance_trouble };
    enum lh_code rc = lh_replica_new(&node->replica, &options, NULL);

    lh_assert(rc == LH_OK);
    rc = lh_gossip_new(&node->gossip, node->replica, &listener, NULL);
    lh_assert(rc == LH_OK);
    rc = lh_governance_new(&node->governance, node->replica, &governance, NULL);
    lh_assert(rc == LH_OK);
    if (street->has_witnesses) {
        start_witness(street, who);
    }
}

static void stop(struct street_node *node)
{
    lh_governance_free(node->governance);
    lh_nomination_free(node->nomination);
    lh_pledge_free(node->pledge);
    lh_gossip_free(node->gossip);
    lh_replica_free(node->replica);
}

void street_add_witnesses(struct street *street)
{
    street->has_witnesses = true;
    for (size_t i = 0; i < street->count; i++) {
        start_witness(street, i);
    }
}

void street_init(struct street *street, enum lh_suite_id suite, size_t count)
{
    street_init_of(street, suite, count, count);
}

void street_init_of(struct street *street, enum lh_suite_id suite, size_t founder_count,
                    size_t count)
{
    memset(street, 0, sizeof *street);
    street->town = lh_town_new_of(suite, founder_count, count);
    street->count = count;
    for (size_t i = 0; i < count; i++) {
        struct street_node *node = &street->nodes[i];

        node->street = street;
        node->who = i;
        node->mem = lh_replica_mem_new(suite);
        for (size_t class = 0; class < LH_CLASS_COUNT; class ++) {
            node->credit[class] = SIZE_MAX;
        }
        start(street, i);
    }
}

void street_clear(struct street *street)
{
    for (size_t i = 0; i < street->count; i++) {
        stop(&street->nodes[i]);
        lh_replica_mem_free(street->nodes[i].mem);
    }
    lh_town_free(street->town);
}

void street_link(struct street *street, size_t a, size_t b)
{
    enum lh_code rc;

    lh_assert(!street->nodes[a].is_linked[b]);
    rc = lh_gossip_join(street->nodes[a].gossip, lh_town_department(b), street->now_ms, NULL);
    lh_assert(rc == LH_OK);
    rc = lh_gossip_join(street->nodes[b].gossip, lh_town_department(a), street->now_ms, NULL);
    lh_assert(rc == LH_OK);
    street->nodes[a].is_linked[b] = true;
    street->nodes[b].is_linked[a] = true;
    rc = lh_governance_join(street->nodes[a].governance, lh_town_department(b), NULL);
    lh_assert(rc == LH_OK);
    rc = lh_governance_join(street->nodes[b].governance, lh_town_department(a), NULL);
    lh_assert(rc == LH_OK);
    if (street->has_witnesses) {
        lh_nomination_join(street->nodes[a].nomination, lh_town_department(b));
        lh_nomination_join(street->nodes[b].nomination, lh_town_department(a));
    }
}

void street_link_all(struct street *street)
{
    for (size_t a = 0; a < street->count; a++) {
        for (size_t b = a + 1; b < street->count; b++) {
            street_link(street, a, b);
        }
    }
}

void street_unlink(struct street *street, size_t a, size_t b)
{
    lh_gossip_leave(street->nodes[a].gossip, lh_town_department(b));
    lh_gossip_leave(street->nodes[b].gossip, lh_town_department(a));
    street->nodes[a].is_linked[b] = false;
    street->nodes[b].is_linked[a] = false;
    lh_governance_leave(street->nodes[a].governance, lh_town_department(b));
    lh_governance_leave(street->nodes[b].governance, lh_town_department(a));
    if (street->has_witnesses) {
        lh_pledge_leave(street->nodes[a].pledge, lh_town_department(b));
        lh_pledge_leave(street->nodes[b].pledge, lh_town_department(a));
        lh_nomination_leave(street->nodes[a].nomination, lh_town_department(b));
        lh_nomination_leave(street->nodes[b].nomination, lh_town_department(a));
    }
}

void street_restart(struct street *street, size_t who)
{
    for (size_t i = 0; i < street->count; i++) {
        if (street->nodes[who].is_linked[i]) {
            street_unlink(street, who, i);
        }
    }
    stop(&street->nodes[who]);
    start(street, who);
}

static void release(struct street_node *node, const struct lh_town_block *made)
{
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    lh_replica_mem_put(node->mem, &made->block, &made->next);
    rc = lh_gossip_seal(node->gossip, made->next.origin, &made->block, &err);
    if (rc != LH_OK) {
        fprintf(stderr, "%s: %s\n", made->next.origin, err.text);
    }
    lh_assert(rc == LH_OK);
}

const struct lh_town_block *street_seal(struct street *street, size_t who, size_t entry_count)
{
    struct street_node *node = &street->nodes[who];
    const struct lh_town_block *made = lh_town_seal(street->town, who, node->branch, entry_count);

    release(node, made);
    return made;
}

const struct lh_town_block *street_seal_vote(struct street *street, size_t who,
                                             const struct lh_town_vote *vote)
{
    struct street_node *node = &street->nodes[who];
    const struct lh_town_block *made = lh_town_seal_vote(street->town, who, node->branch, vote);

    release(node, made);
    return made;
}

static enum lh_code next_frame(struct street *street, struct street_node *sender, const char *to,
                               struct lh_frame *out)
{
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = lh_gossip_next(sender->gossip, to, sender->credit, street->now_ms, out, &err);

    if (rc == LH_AGAIN) {
        rc = lh_governance_next(sender->governance, to, sender->credit, street->now_ms, out, &err);
    }
    if (rc == LH_AGAIN && street->has_witnesses) {
        rc = lh_pledge_next(sender->pledge, to, sender->credit, 1 + (uint64_t)street->now_ms / 1000,
                            out, &err);
    }
    if (rc == LH_AGAIN && street->has_witnesses) {
        rc = lh_nomination_next(sender->nomination, to, sender->credit, street->now_ms, out, &err);
        if (rc != LH_OK && rc != LH_AGAIN) { /* its store */
            on_trouble(sender, "", &err);
            rc = LH_AGAIN;
        }
    }
    return rc;
}

static enum lh_code take(struct street *street, struct street_node *node, const char *from,
                         const struct lh_frame *frame, struct lh_err *err)
{
    enum lh_code rc;

    if (lh_gossip_is_concerned(frame->type)) {
        return lh_gossip_take(node->gossip, from, frame, street->now_ms, err);
    }
    if (lh_governance_is_concerned(frame->type)) {
        return lh_governance_take(node->governance, from, frame, street->now_ms, err);
    }
    if (frame->type == LH_FRAME_NOMINATE) {
        return lh_pledge_take(node->pledge, from, frame, err);
    }
    if (frame->type == LH_FRAME_PREPARE) {
        return lh_pledge_prepare(node->pledge, from, frame, err);
    }
    rc = lh_nomination_take(node->nomination, from, frame, street->now_ms, err);
    if (rc == LH_ERR_IO) {
        on_trouble(node, "", err);
        return LH_OK;
    }
    return rc;
}

/* What `from` has for `to`; true: something went. */
static bool pass_on(struct street *street, size_t from, size_t to)
{
    struct street_node *sender = &street->nodes[from];
    struct lh_frame frame;
    enum lh_code rc;

    if (!sender->is_linked[to]) {
        return false;
    }
    rc = next_frame(street, sender, lh_town_department(to), &frame);
    lh_assert(rc == LH_OK || rc == LH_AGAIN);
    if (rc == LH_AGAIN) {
        return false;
    }
    lh_assert(frame.payload.len <= lh_frame_limit(frame.type));
    sender->sent[frame.type]++;
    rc = take(street, &street->nodes[to], lh_town_department(from), &frame, &street->cut_why);
    if (rc != LH_OK) {
        street->cut_count++;
        street_unlink(street, from, to);
    }
    return true;
}

void street_settle(struct street *street)
{
    size_t frames = 0;
    bool is_moving = true;

    while (is_moving) {
        is_moving = false;
        for (size_t a = 0; a < street->count; a++) {
            for (size_t b = 0; b < street->count; b++) {
                is_moving |= pass_on(street, a, b);
            }
        }
        frames++;
        lh_assert(frames < FRAMES_MAX);
    }
}

static void tick_witness(struct street *street, size_t who)
{
    if (street->has_witnesses) {
        enum lh_code rc = lh_nomination_tick(street->nodes[who].nomination, street->now_ms, NULL);

        lh_assert(rc == LH_OK);
    }
}

void street_wait(struct street *street, int64_t ms)
{
    int64_t until_ms = street->now_ms + ms;

    while (street->now_ms < until_ms) {
        street->now_ms += until_ms - street->now_ms < 1000 ? until_ms - street->now_ms : 1000;
        for (size_t i = 0; i < street->count; i++) {
            lh_gossip_tick(street->nodes[i].gossip, street->now_ms);
            lh_governance_tick(street->nodes[i].governance, street->now_ms);
            tick_witness(street, i);
        }
        street_settle(street);
    }
}

enum lh_code street_inject(struct street *street, size_t to, size_t from, uint16_t type,
                           uint32_t request, struct lh_bytes payload, struct lh_err *err)
{
    struct lh_frame frame = { .type = type, .request = request, .payload = payload };

    return take(street, &street->nodes[to], lh_town_department(from), &frame, err);
}

enum lh_code street_send_block(struct street *street, size_t to, size_t from,
                               const struct lh_town_block *made, uint32_t request, size_t spoil,
                               struct lh_err *err)
{
    uint64_t first = made->next.tree.size - made->block.entry_count - 1;
    struct lh_buf payload = LH_BUF_EMPTY;
    enum lh_code rc = lh_leaves_begin(&payload, made->next.origin, first, NULL);
    size_t leaf = payload.len + 2;

    lh_assert(rc == LH_OK);
    for (size_t i = 0; i <= made->block.entry_count; i++) {
        lh_part_add(&payload, made->block.leaves[i]);
    }
    if (spoil != SIZE_MAX) {
        payload.data[leaf + spoil] ^= 1;
    }
    rc = street_inject(street, to, from, LH_FRAME_LEAVES, request, lh_buf_bytes(&payload), err);
    if (rc == LH_OK) {
        rc = street_inject(street, to, from, LH_FRAME_SEAL, request, made->block.checkpoint, err);
    }
    lh_buf_clear(&payload);
    return rc;
}

const struct lh_replica_ledger *street_ledger(const struct street *street, size_t who, size_t whose)
{
    return lh_replica_find(street->nodes[who].replica, lh_town_origin(street->town, whose));
}

uint64_t street_held(const struct street *street, size_t who, size_t whose)
{
    const struct lh_replica_ledger *ledger = street_ledger(street, who, whose);

    return ledger != NULL ? ledger->chain.tree.size : 0;
}
