/*
 * What a member that is a peer may say, frame after frame, to a node that holds some of its ledger
 * and witnesses it. Whatever comes: what is held bears the ledger's seal and only grows, and nobody
 * is convicted but by evidence that stands.
 */
#include "net/gossip.h"

#include "net/governance.h"
#include "net/nomination.h"
#include "net/pledge.h"
#include "tests/support/replica_mem.h"
#include "tests/support/town.h"

#include "crypto/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { GAJ, MZJ, BLOCKS = 3, FRAMES_MAX = 64, INPUT_MAX = 65536 };

static struct lh_town *town;
static const struct lh_town_block *blocks[BLOCKS];

struct node {
    struct lh_replica_mem *mem;
    struct lh_replica *replica;
    struct lh_gossip *gossip;
    struct lh_pledge *pledge;
    struct lh_nomination *nomination;
    struct lh_governance *governance;
    int64_t now_ms;
};

static void must(enum lh_code rc)
{
    lh_assert(rc == LH_OK);
}

static void on_cosigned(void *arg, struct lh_bytes note)
{
    struct node *node = arg;

    must(lh_pledge_recall(node->pledge, note, NULL));
}

static void join(struct node *node)
{
    must(lh_gossip_join(node->gossip, lh_town_department(GAJ), node->now_ms, NULL));
    lh_nomination_join(node->nomination, lh_town_department(GAJ));
    lh_assert(lh_governance_join(node->governance, lh_town_department(GAJ), NULL) == LH_OK);
}

static void leave(struct node *node)
{
    lh_gossip_leave(node->gossip, lh_town_department(GAJ));
    lh_pledge_leave(node->pledge, lh_town_department(GAJ));
    lh_nomination_leave(node->nomination, lh_town_department(GAJ));
    lh_governance_leave(node->governance, lh_town_department(GAJ));
}

static void start(struct node *node, size_t block_count)
{
    struct lh_replica_options options = { .suite = lh_town_suite(town),
                                          .genesis = lh_town_genesis(town),
                                          .department = lh_town_department(MZJ) };
    struct lh_gossip_listener listener = { .arg = node, .on_cosigned = on_cosigned };
    struct lh_pledge_options pledge = { .witness = lh_town_witness(town, MZJ),
                                        .mirror = lh_town_mirror(town, MZJ) };

    node->mem = lh_replica_mem_new(LH_SUITE_W);
    for (size_t i = 0; i < block_count; i++) {
        lh_replica_mem_put(node->mem, &blocks[i]->block, &blocks[i]->next);
    }
    options.store = lh_replica_mem_store(node->mem);
    must(lh_replica_new(&node->replica, &options, NULL));
    must(lh_gossip_new(&node->gossip, node->replica, &listener, NULL));
    pledge.gossip = node->gossip;
    pledge.replica = node->replica;
    must(lh_pledge_new(&node->pledge, &pledge, NULL));
    must(lh_nomination_new(&node->nomination, node->replica, NULL));
    must(lh_governance_new(&node->governance, node->replica, &(struct lh_governance_listener){ 0 },
                           NULL));
    join(node);
}

static void stop(struct node *node)
{
    lh_governance_free(node->governance);
    lh_nomination_free(node->nomination);
    lh_pledge_free(node->pledge);
    lh_gossip_free(node->gossip);
    lh_replica_free(node->replica);
    lh_replica_mem_free(node->mem);
}

static enum lh_code take(struct node *node, const struct lh_frame *frame)
{
    const char *from = lh_town_department(GAJ);

    if (lh_gossip_is_concerned(frame->type)) {
        return lh_gossip_take(node->gossip, from, frame, node->now_ms, NULL);
    }
    if (lh_governance_is_concerned(frame->type)) {
        return lh_governance_take(node->governance, from, frame, node->now_ms, NULL);
    }
    switch (frame->type) {
    case LH_FRAME_NOMINATE:
        return lh_pledge_take(node->pledge, from, frame, NULL);
    case LH_FRAME_PREPARE:
        return lh_pledge_prepare(node->pledge, from, frame, NULL);
    case LH_FRAME_COSIGNATURE:
    case LH_FRAME_DECLINE:
        return lh_nomination_take(node->nomination, from, frame, node->now_ms, NULL);
    default:
        return LH_OK;
    }
}

static void answer(struct node *node)
{
    static const size_t credit[LH_CLASS_COUNT] = { SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX };
    const char *to = lh_town_department(GAJ);
    struct lh_frame frame;
    size_t count = 0;

    while (lh_gossip_next(node->gossip, to, credit, node->now_ms, &frame, NULL) == LH_OK ||
           lh_governance_next(node->governance, to, credit, node->now_ms, &frame, NULL) == LH_OK ||
           lh_pledge_next(node->pledge, to, credit, 1, &frame, NULL) == LH_OK ||
           lh_nomination_next(node->nomination, to, credit, node->now_ms, &frame, NULL) == LH_OK) {
        lh_assert(frame.payload.len <= lh_frame_limit(frame.type));
        lh_assert(++count < FRAMES_MAX);
    }
}

static void check(struct node *node, uint64_t *held)
{
    for (size_t i = 0; i < lh_replica_count(node->replica); i++) {
        const struct lh_replica_ledger *ledger = lh_replica_at(node->replica, i);
        struct lh_buf text = LH_BUF_EMPTY;
        struct lh_checkpoint head;

        if (ledger->is_begun) {
            must(lh_replica_verify(node->replica, &head, ledger->origin,
                                   lh_buf_bytes(&ledger->checkpoint), NULL));
            lh_assert(head.size == ledger->chain.tree.size);
            lh_assert(lh_hash_is_equal(&head.root, &ledger->root));
        }
        if (i == 0) {
            lh_assert(ledger->chain.tree.size >= *held);
            *held = ledger->chain.tree.size;
        }
        if (ledger->is_tainted) {
            must(lh_replica_get_note(node->replica, ledger->origin, LH_REPLICA_EVIDENCE, &text,
                                     NULL));
            lh_assert(lh_evidence_is_start(lh_buf_bytes(&text)));
        }
        lh_buf_clear(&text);
    }
}

/* The first byte says how much is held at first; then frames, and a second passes with each. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lh_bytes rest;
    struct node node = { .now_ms = 0 };
    struct lh_frame frame;
    uint64_t held = 0;

    if (town == NULL) {
        town = lh_town_new(LH_SUITE_W, 3);
        for (size_t i = 0; i < BLOCKS; i++) {
            blocks[i] = lh_town_seal(town, GAJ, 0, 2);
        }
    }
    if (size == 0 || size > INPUT_MAX) {
        return 0;
    }
    start(&node, data[0] % (BLOCKS + 1));
    rest = lh_bytes_of(data + 1, size - 1);
    answer(&node);
    while (lh_frame_next(&frame, &rest, NULL) == LH_OK) {
        node.now_ms += 1000;
        lh_gossip_tick(node.gossip, node.now_ms);
        lh_governance_tick(node.governance, node.now_ms);
        must(lh_nomination_tick(node.nomination, node.now_ms, NULL));
        if (take(&node, &frame) != LH_OK) {
            leave(&node);
            join(&node);
        }
        answer(&node);
        check(&node, &held);
    }
    stop(&node);
    return 0;
}
