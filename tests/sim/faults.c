#include "tests/sim/faults.h"

#include "tests/sim/world.h"

#include <string.h>

enum {
    NEXT_MIN_MS = 200,
    NEXT_MAX_MS = 2000,
    SLOW_PIECE_MS = 120,
    STORE_CALLS = 60,
    COPIES_CALLS = 300,
    PROMISES_CALLS = 40,
    RENEWED_PER_MILLE = 300,
    RESTORED_PER_MILLE = 350,
    LOST_PER_MILLE = 300,
    RARE_MIN_MS = 8000,
    RARE_MAX_MS = 25000
};

static struct sim_node *any_node(struct sim_world *world)
{
    return &world->nodes[lh_seeded_below(&world->faults, world->machine_count)];
}

static void kill(struct sim_world *world)
{
    struct sim_node *node = any_node(world);

    if (node->is_up) {
        sim_world_count(world, SIM_CRASH);
        sim_node_kill(node, "killed");
    }
}

static void fail_part(struct sim_world *world, enum sim_disk_part part, size_t calls)
{
    sim_disk_fail_at(&any_node(world)->disk, part, 1 + lh_seeded_below(&world->faults, calls),
                     sim_chance(&world->faults, 500));
}

static void fail_store(struct sim_world *world)
{
    fail_part(world, SIM_DISK_STORE, STORE_CALLS);
}

static void fail_copies(struct sim_world *world)
{
    fail_part(world, SIM_DISK_COPIES, COPIES_CALLS);
}

static void fail_promises(struct sim_world *world)
{
    fail_part(world, SIM_DISK_PROMISES, PROMISES_CALLS);
}

static void fail_guard(struct sim_world *world)
{
    fail_part(world, SIM_DISK_GUARD, 1);
}

static struct sim_way *any_way(struct sim_world *world)
{
    size_t from = lh_seeded_below(&world->faults, world->machine_count);

    return &world->wire.ways[from][lh_seeded_below(&world->faults, world->machine_count)];
}

static void cut_way(struct sim_world *world)
{
    any_way(world)->is_cut = true;
    sim_world_count(world, SIM_WAY_CUT);
}

static void cut_between(struct sim_world *world)
{
    for (size_t i = 0; i < world->machine_count; i++) {
        for (size_t j = 0; j < world->machine_count; j++) {
            world->wire.ways[i][j].is_cut = ((world->side >> i) & 1) != ((world->side >> j) & 1);
        }
    }
}

/* One machine, or some of them, apart from the others. */
static void part(struct sim_world *world)
{
    world->side = lh_seeded_next(&world->faults);
    cut_between(world);
    sim_world_count(world, SIM_WAY_CUT);
}

static void heal(struct sim_world *world)
{
    world->side = 0;
    for (size_t i = 0; i < SIM_MACHINES_MAX; i++) {
        for (size_t j = 0; j < SIM_MACHINES_MAX; j++) {
            world->wire.ways[i][j].is_cut = false;
        }
    }
}

static void end_conn(struct sim_world *world, bool is_half)
{
    struct sim_conn *conn;

    if (world->wire.count == 0) {
        return;
    }
    size_t at = lh_seeded_below(&world->faults, world->wire.count);
    conn = &world->wire.conns[at];
    if (!conn->is_open[0] || !conn->is_open[1]) {
        return;
    }
    sim_world_count(world, is_half ? SIM_CONN_HALF_OPEN : SIM_CONN_RESET);
    sim_links_gone(&world->nodes[conn->machines[0]], at);
    if (!is_half) {
        sim_links_gone(&world->nodes[conn->machines[1]], at);
    }
}

static void reset_conn(struct sim_world *world)
{
    end_conn(world, false);
}

static void half_open(struct sim_world *world)
{
    end_conn(world, true);
}

static void slow_reader(struct sim_world *world)
{
    world->wire.piece_ms[any_node(world)->machine] = sim_between(&world->faults, 0, SLOW_PIECE_MS);
    sim_world_count(world, SIM_SLOW_READER);
}

static void jump_clock(struct sim_world *world)
{
    struct sim_node *node = any_node(world);
    int64_t by_ms = sim_between(&world->faults, -60 * 1000, 60 * 1000);

    node->clock_ms += by_ms;
    if (by_ms < 0) {
        sim_world_count(world, SIM_CLOCK_BACK);
    }
}

/* Some machines make a new backup; the others keep the one they have, however old. */
static void take_images(struct sim_world *world)
{
    for (size_t i = 0; i < world->machine_count; i++) {
        struct sim_disk *disk = &world->nodes[i].disk;

        if (disk->image_commits == 0 || sim_chance(&world->faults, RENEWED_PER_MILLE)) {
            sim_disk_take_image(disk);
        }
    }
}

/* Someone restores a part of the machines from the backups. */
static void put_images(struct sim_world *world)
{
    for (size_t i = 0; i < world->machine_count; i++) {
        struct sim_node *node = &world->nodes[i];

        if (sim_disk_has_image(&node->disk) && sim_chance(&world->faults, RESTORED_PER_MILLE)) {
            sim_node_kill(node, "its disk is restored");
            sim_council_set_back(world, node->who, true);
            sim_disk_put_image(&node->disk, world->options.broken == SIM_BREAK_GUARD);
            sim_levels_forget(node);
        }
    }
}

static void lose(struct sim_node *node, bool are_promises)
{
    struct sim_world *world = node->world;

    sim_node_kill(node, "what it held of others is lost");
    sim_shelf_lose(&node->disk.copies);
    if (are_promises) {
        sim_shelf_lose(&node->disk.promises);
        sim_levels_forget(node);
    }
    sim_council_set_back(world, node->who, are_promises);
    sim_world_count(world, are_promises ? SIM_PROMISES_LOST : SIM_COPIES_LOST);
}

/* Copies of others' ledgers do not open on some machines: they are put away and filled anew. */
static void lose_copies(struct sim_world *world)
{
    for (size_t i = 0; i < world->machine_count; i++) {
        if (sim_chance(&world->faults, LOST_PER_MILLE)) {
            lose(&world->nodes[i], false);
        }
    }
}

/* On one machine what was promised is gone as well, which it sees. */
static void lose_promises(struct sim_world *world)
{
    lose(any_node(world), true);
}

/* A machine comes up again in the other part of the city, without what it held or promised. */
static void cross_over(struct sim_world *world)
{
    struct sim_node *node = any_node(world);

    if (world->side != 0) {
        world->side ^= UINT64_C(1) << node->machine;
        cut_between(world);
        lose(node, sim_chance(&world->faults, 500));
        sim_world_count(world, SIM_CROSSED_OVER);
    }
}

/* The disk is copied as it is, guard and all, and a second machine starts from it. */
static void double_start(struct sim_world *world)
{
    struct sim_node *node = any_node(world);
    size_t twin = world->machine_count;

    if (twin > world->member_count || world->books[node->who].count == 0 ||
        sim_asking_is_on(node) || sim_theft_is_of(world, node->who)) {
        return; /* one twin is enough */
    }
    world->machine_count++;
    sim_book_double(&world->books[node->who]);
    sim_world_count(world, SIM_DOUBLE_START);
    sim_node_init(&world->nodes[twin], world, twin, node->who);
    sim_disk_copy(&world->nodes[twin].disk, &node->disk);
    sim_node_start(&world->nodes[twin]);
}

/* ---- what happens once ---- */

/* A machine is gone with its backups; the guard may lie in another place. Officers ask. */
static void lose_store(struct sim_world *world)
{
    struct sim_node *node = &world->nodes[lh_seeded_below(&world->rare, world->member_count)];
    struct sim_seal last = sim_book_last(&world->books[node->who]);
    bool is_all = sim_chance(&world->rare, 500);

    if (!sim_council_is_begun(&world->council, node->who)) {
        return; /* nobody else may know that it ever was there */
    }
    sim_node_kill(node, "its store is lost");
    sim_council_set_back(world, node->who, true);
    sim_disk_lose_store(&node->disk, is_all);
    sim_levels_forget(node);
    sim_asking_order(node, last.generation + 1);
    sim_world_count(world, SIM_STORE_LOST);
}

/* From here on officers who find a restored image ask the others, and do not go on by themselves.
 */
static void ask(struct sim_world *world)
{
    world->is_asking = true;
}

/* Of a department that runs one machine: what contradicts it is the thief's. */
static void steal_key(struct sim_world *world)
{
    size_t who = lh_seeded_below(&world->rare, world->member_count);

    if (world->books[who].count > 0 && !world->books[who].is_doubled) {
        sim_theft_begin(world, who);
        sim_world_later(world, 0, SIM_THEFT, 0, 0);
    }
}

static void slander(struct sim_world *world)
{
    sim_slander_begin(world);
    sim_world_later(world, 0, SIM_LIE, 0, 0);
}

/* ---- which, and when ---- */

typedef void strike_fn(struct sim_world *world);

static const struct {
    const char *name;
    strike_fn *strike;
} KINDS[] = {
    { "kill", kill },
    { "fail-store", fail_store },
    { "fail-copies", fail_copies },
    { "fail-promises", fail_promises },
    { "fail-guard", fail_guard },
    { "cut-way", cut_way },
    { "part", part },
    { "heal", heal },
    { "reset", reset_conn },
    { "half-open", half_open },
    { "slow-reader", slow_reader },
    { "clock", jump_clock },
    { "take-images", take_images },
    { "put-images", put_images },
    { "lose-copies", lose_copies },
    { "lose-promises", lose_promises },
    { "cross-over", cross_over },
    { "double-start", double_start },
};

/* What happens once, in so many cities of a thousand. */
static const struct {
    const char *name;
    unsigned per_mille;
    bool is_rule; /* it holds from the start on */
    strike_fn *strike;
} RARE[] = {
    { "ask", 200, true, ask },
    { "lose-store", 150, false, lose_store },
    { "steal-key", 100, false, steal_key },
    { "slander", 120, true, slander },
};

enum {
    KIND_COUNT = sizeof KINDS / sizeof KINDS[0],
    RARE_COUNT = sizeof RARE / sizeof RARE[0],
    FREQUENT = (1 << KIND_COUNT) - 1
};

static void next(struct sim_world *world)
{
    sim_world_later(world, sim_between(&world->faults, NEXT_MIN_MS, NEXT_MAX_MS), SIM_FAULT, 0, 0);
}

/* They have a stream of their own: what else goes wrong is the same with them and without. */
static void draw_rare(struct sim_world *world)
{
    unsigned chosen = world->options.fault_kinds >> KIND_COUNT;

    world->rare = sim_stream(world->options.seed, "rare", 0);
    for (unsigned i = 0; i < RARE_COUNT; i++) {
        bool is_drawn = sim_chance(&world->rare, RARE[i].per_mille);
        int64_t in_ms = sim_between(&world->rare, RARE_MIN_MS, RARE_MAX_MS);

        if (world->options.fault_kinds != 0 ? ((chosen >> i) & 1) != 0 : is_drawn) {
            sim_world_later(world, RARE[i].is_rule ? 0 : in_ms, SIM_RARE, 0, i);
        }
    }
}

void sim_faults_init(struct sim_world *world)
{
    int64_t far_ms = sim_between(&world->faults, 1, 80);
    unsigned loss = (unsigned)lh_seeded_below(&world->faults, 100);

    for (size_t i = 0; i < SIM_MACHINES_MAX; i++) {
        for (size_t j = 0; j < SIM_MACHINES_MAX; j++) {
            world->wire.ways[i][j] =
                (struct sim_way){ .latency_ms = sim_between(&world->faults, 1, far_ms),
                                  .jitter_ms = sim_between(&world->faults, 0, far_ms),
                                  .loss_per_mille = loss };
        }
    }
    world->fault_kinds = (unsigned)lh_seeded_next(&world->faults) & ((1U << KIND_COUNT) - 1);
    if (world->options.fault_kinds != 0) {
        world->fault_kinds = world->options.fault_kinds;
    } else if (world->fault_kinds == 0) {
        world->fault_kinds = 1;
    }
    draw_rare(world);
    if ((world->fault_kinds & FREQUENT) != 0) {
        next(world);
    }
}

/* One of those that this seed knows. */
static size_t draw_kind(struct sim_world *world)
{
    size_t kind = lh_seeded_below(&world->faults, KIND_COUNT);

    while (((world->fault_kinds >> kind) & 1) == 0) {
        kind = (kind + 1) % KIND_COUNT;
    }
    return kind;
}

void sim_faults_strike(struct sim_world *world)
{
    if (world->is_calm) {
        return;
    }
    size_t kind = draw_kind(world);
    sim_trace_say(&world->trace, "fault: %s", KINDS[kind].name);
    KINDS[kind].strike(world);
    next(world);
}

void sim_faults_strike_rare(struct sim_world *world, unsigned kind)
{
    sim_trace_say(&world->trace, "fault: %s", RARE[kind].name);
    RARE[kind].strike(world);
}

bool sim_faults_find(unsigned *kinds, const char *name)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (strcmp(KINDS[i].name, name) == 0) {
            *kinds |= 1U << i;
            return true;
        }
    }
    for (size_t i = 0; i < RARE_COUNT; i++) {
        if (strcmp(RARE[i].name, name) == 0) {
            *kinds |= 1U << (KIND_COUNT + i);
            return true;
        }
    }
    return false;
}

void sim_faults_end(struct sim_world *world)
{
    heal(world);
    for (size_t i = 0; i < world->machine_count; i++) {
        struct sim_node *node = &world->nodes[i];

        world->wire.piece_ms[i] = 0;
        if (i >= world->member_count) {
            sim_node_kill(node, "it should not be there");
        } else {
            sim_disk_fail_at(&node->disk, SIM_DISK_STORE, 0, false);
            sim_disk_fail_at(&node->disk, SIM_DISK_COPIES, 0, false);
            sim_disk_fail_at(&node->disk, SIM_DISK_PROMISES, 0, false);
            sim_disk_fail_at(&node->disk, SIM_DISK_GUARD, 0, false);
            sim_node_start(node);
        }
    }
}
