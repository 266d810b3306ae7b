#include "tests/sim/exchange.h"

#include "crypto/base/assert.h"
#include "tests/sim/world.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *name_of(const struct sim_node *node, size_t who)
{
    return node->world->members->list[who].department;
}

/* ---- what the machine tells ---- */

/* O4: what is held of another department is what it released. */
static void on_grown(void *arg, const struct lh_replica_ledger *ledger)
{
    struct sim_node *node = arg;
    struct sim_world *world = node->world;
    size_t who = sim_world_member(world, ledger->department);
    struct sim_seal seal = { .generation = ledger->generation,
                             .size = ledger->chain.tree.size,
                             .root = ledger->root };

    sim_world_count(world, SIM_REPLICA_GREW);
    if (sim_book_branches(&world->books[who], who, &seal) == 0) {
        sim_world_fail(world, "O4", "m%zu holds a head of %s that was not released: %" PRIu64,
                       node->machine, ledger->origin, seal.size);
    }
}

/* O3: evidence is never against who did nothing wrong. */
static void on_tainted(void *arg, const struct lh_replica_ledger *ledger, struct lh_bytes evidence)
{
    struct sim_node *node = arg;
    struct sim_world *world = node->world;

    (void)evidence;
    sim_world_count(world, SIM_LEDGER_TAINTED);
    sim_trace_say(&world->trace, "m%zu has evidence against %s", node->machine, ledger->origin);
    bool is_stolen =
        world->theft.generation != 0 && strcmp(ledger->origin, world->theft.origin) == 0;
    if (!is_stolen && !world->books[sim_world_member(world, ledger->department)].is_doubled) {
        sim_world_fail(world, "O3", "%s is convicted and did nothing wrong", ledger->origin);
    }
}

/* What bears our line was promised, whether it is remembered or not. */
static void on_cosigned(void *arg, struct lh_bytes note)
{
    sim_witnessing_recall(arg, note);
}

static void on_ahead(void *arg, const struct lh_checkpoint *head)
{
    struct sim_node *node = arg;

    sim_world_count(node->world, SIM_PEER_AHEAD);
    sim_trace_say(&node->world->trace, "m%zu hears of a head of its own: %s %" PRIu64,
                  node->machine, head->origin, head->size);
}

/* ---- driving it ---- */

bool sim_exchange_is_fine(struct sim_node *node, enum lh_code rc, const struct lh_err *err)
{
    if (sim_library_has_failed(node)) {
        sim_node_fail(node, err);
        return false;
    }
    if (rc != LH_OK) {
        sim_world_fail(node->world, "O4", "m%zu: %s", node->machine, err->text);
    }
    return rc == LH_OK;
}

void sim_exchange_start(struct sim_node *node)
{
    struct sim_world *world = node->world;
    struct sim_exchange *exchange = &node->exchange;
    struct lh_replica_options options = { .suite = world->members->suite,
                                          .genesis = world->genesis,
                                          .department = name_of(node, node->who),
                                          .is_restoring = sim_asking_is_on(node),
                                          .store = sim_library_store(node) };
    struct lh_gossip_listener listener = { .arg = node,
                                           .on_grown = on_grown,
                                           .on_tainted = on_tainted,
                                           .on_cosigned = on_cosigned,
                                           .on_ahead = on_ahead };
    struct lh_err err = LH_ERR_NONE;

    if (!sim_library_start(node)) {
        return;
    }
    enum lh_code rc = lh_replica_new(&exchange->replica, &options, &err);
    if (rc == LH_OK) {
        rc = lh_gossip_new(&exchange->gossip, exchange->replica, &listener, &err);
    }
    (void)sim_exchange_is_fine(node, rc, &err);
}

void sim_exchange_stop(struct sim_node *node)
{
    lh_gossip_free(node->exchange.gossip);
    lh_replica_free(node->exchange.replica);
    node->exchange = (struct sim_exchange){ .gossip = NULL };
    sim_library_stop(node);
}

void sim_exchange_join(struct sim_node *node, const struct sim_link *link)
{
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc =
        lh_gossip_join(node->exchange.gossip, name_of(node, link->peer), node->world->now_ms, &err);

    (void)sim_exchange_is_fine(node, rc, &err);
}

void sim_exchange_leave(struct sim_node *node, size_t who)
{
    lh_gossip_leave(node->exchange.gossip, name_of(node, who));
}

enum lh_code sim_exchange_take(struct sim_node *node, const struct sim_link *link,
                               const struct lh_frame *frame, struct lh_err *err)
{
    return lh_gossip_take(node->exchange.gossip, name_of(node, link->peer), frame,
                          node->world->now_ms, err);
}

static enum lh_code read_block(struct lh_ledger *ledger, struct lh_ledger_block *block,
                               struct lh_buf *leaves, struct lh_err *err)
{
    struct lh_ledger_head head;

    lh_ledger_head(ledger, &head);
    enum lh_code rc = lh_ledger_block_at(ledger, head.height, block, err);
    for (size_t i = 0; rc == LH_OK && i <= block->entry_count; i++) {
        rc = lh_ledger_leaf(ledger, block->first + i, &leaves[i], err);
    }
    return rc;
}

void sim_exchange_seal(struct sim_node *node)
{
    struct lh_ledger *ledger = node->sealing.ledger;
    struct lh_ledger_block sealed = { .checkpoint = LH_BUF_EMPTY };
    struct lh_buf leaves[SIM_BLOCK_ENTRIES_MAX + 1] = { LH_BUF_EMPTY };
    struct lh_bytes views[SIM_BLOCK_ENTRIES_MAX + 1];
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = read_block(ledger, &sealed, leaves, &err);

    for (size_t i = 0; i <= SIM_BLOCK_ENTRIES_MAX; i++) {
        views[i] = lh_buf_bytes(&leaves[i]);
    }
    if (rc == LH_OK) {
        struct lh_block block = { .leaves = views,
                                  .entry_count = sealed.entry_count,
                                  .checkpoint = lh_buf_bytes(&sealed.checkpoint) };
        rc = lh_gossip_seal(node->exchange.gossip, lh_ledger_origin(ledger), &block, &err);
    }
    for (size_t i = 0; i <= SIM_BLOCK_ENTRIES_MAX; i++) {
        lh_buf_clear(&leaves[i]);
    }
    lh_buf_clear(&sealed.checkpoint);
    (void)sim_exchange_is_fine(node, rc, &err);
}

void sim_exchange_tick(struct sim_node *node)
{
    lh_gossip_tick(node->exchange.gossip, node->world->now_ms);
    (void)sim_exchange_is_fine(node, LH_OK, &(struct lh_err)LH_ERR_NONE);
}

enum lh_code sim_exchange_next(struct sim_node *node, size_t who,
                               const size_t credit[LH_CLASS_COUNT], struct lh_frame *out,
                               struct lh_err *err)
{
    return lh_gossip_next(node->exchange.gossip, name_of(node, who), credit, node->world->now_ms,
                          out, err);
}
