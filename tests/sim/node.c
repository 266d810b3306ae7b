#include "tests/sim/node.h"

#include "crypto/base/assert.h"
#include "tests/sim/world.h"

enum {
    TICK_MS = 250,
    FORGET_PER_MILLE = 20,
    AWAY_MIN_MS = 500,
    AWAY_MAX_MS = 5000,
    START_CALLS = 40 /* of the store, about as many as a start makes */
};

int64_t sim_node_wall_ms(const struct sim_node *node)
{
    return lh_genesis_created_unix_ms(node->world->genesis) + 1 + node->world->now_ms +
           node->clock_ms;
}

void sim_node_init(struct sim_node *node, struct sim_world *world, size_t machine, size_t who)
{
    *node = (struct sim_node){ .world = world,
                               .machine = machine,
                               .who = who,
                               .is_there = true,
                               .stream = sim_stream(world->options.seed, "node", machine) };
    sim_disk_init(&node->disk);
}

static void stop(struct sim_node *node)
{
    sim_asking_stop(node);
    sim_witnessing_stop(node);
    sim_exchange_stop(node);
    sim_sealing_stop(node);
}

void sim_node_clear(struct sim_node *node)
{
    if (node->is_there) {
        sim_links_clear(node, true);
        stop(node);
        sim_disk_clear(&node->disk);
    }
}

static void end(struct sim_node *node, const char *why, bool is_silent)
{
    struct sim_world *world = node->world;

    sim_trace_say(&world->trace, "m%zu dies: %s", node->machine, why);
    node->is_up = false;
    sim_links_clear(node, is_silent);
    stop(node);
    sim_world_later(world, sim_between(&node->stream, AWAY_MIN_MS, AWAY_MAX_MS), SIM_START,
                    node->machine, 0);
}

void sim_node_kill(struct sim_node *node, const char *why)
{
    if (node->is_up) {
        end(node, why, sim_chance(&node->stream, 300));
    }
}

void sim_node_restart(struct sim_node *node, const char *why)
{
    if (node->is_up) {
        end(node, why, false);
    }
}

void sim_node_fail(struct sim_node *node, const struct lh_err *err)
{
    bool is_store = sim_library_has_failed(node);

    sim_world_count(node->world, is_store ? SIM_CRASH_AT_STORE : SIM_CRASH_AT_GUARD);
    sim_node_kill(node, err->text);
}

/* ---- the process ---- */

void sim_node_start(struct sim_node *node)
{
    struct sim_world *world = node->world;

    if (node->is_up || (world->is_calm && node->machine != node->who)) {
        return;
    }
    sim_disk_restart(&node->disk);
    node->is_up = true;
    node->life++;
    if (!world->is_calm && sim_chance(&node->stream, 100)) {
        sim_disk_fail_at(&node->disk, SIM_DISK_STORE,
                         1 + lh_seeded_below(&node->stream, START_CALLS),
                         sim_chance(&node->stream, 500));
    }
    sim_links_init(node);
    sim_asking_take_back(node);
    if (node->is_up) {
        sim_sealing_start(node);
    }
    if (node->is_up) {
        sim_exchange_start(node);
    }
    if (node->is_up) {
        sim_witnessing_start(node);
    }
    if (node->is_up) {
        sim_asking_start(node);
    }
    if (node->is_up) {
        sim_world_later(world, 0, SIM_TICK, node->machine, node->life);
    }
}

/* A bad witness: what it promised and what it held is gone, and it goes on as if nothing were. */
static void forget(struct sim_node *node)
{
    sim_world_count(node->world, SIM_WITNESS_FORGOT);
    sim_node_kill(node, "it forgets");
    sim_shelf_lose(&node->disk.copies);
    sim_shelf_lose(&node->disk.promises);
    sim_levels_forget(node);
    node->disk.promises.is_made = true;
}

void sim_node_tick(struct sim_node *node)
{
    const struct sim_world *world = node->world;

    sim_sealing_tick(node);
    if (node->is_up && world->council.roles[node->who] == SIM_ROLE_FORGET && !world->is_calm &&
        sim_chance(&node->stream, FORGET_PER_MILLE)) {
        forget(node);
    }
    if (node->is_up) {
        sim_exchange_tick(node);
    }
    if (node->is_up) {
        sim_witnessing_tick(node);
    }
    if (node->is_up) {
        sim_levels_watch(node);
        sim_slander_watch(node);
    }
    if (node->is_up) {
        sim_links_tick(node);
    }
    if (node->is_up) {
        sim_world_later(node->world, TICK_MS, SIM_TICK, node->machine, node->life);
    }
}
