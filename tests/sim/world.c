#include "tests/sim/world.h"

#include "crypto/base/assert.h"
#include "tests/sim/faults.h"
#include "tests/sim/oracles.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    CALM_MS = 30 * 1000,
    END_MS = 120 * 1000, /* a silent link is given up after 45 s, a store in trouble for 30 s */
    WRITE_MIN_MS = 200,
    WRITE_MAX_MS = 3000,
    BUSY_MEMBERS = 7,
    THEFT_MS = 1000,
    LIE_MS = 2500,
};

void sim_world_later(struct sim_world *world, int64_t in_ms, unsigned kind, size_t whom,
                     uint64_t what)
{
    sim_queue_add(&world->queue,
                  (struct sim_event){
                      .at_ms = world->now_ms + in_ms, .kind = kind, .whom = whom, .what = what });
}

void sim_world_count(struct sim_world *world, enum sim_counter counter)
{
    world->counters.of[counter]++;
}

size_t sim_world_member(const struct sim_world *world, const char *department)
{
    size_t who = 0;

    while (who < world->member_count &&
           strcmp(world->members->list[who].department, department) != 0) {
        who++;
    }
    lh_assert(who < world->member_count);
    return who;
}

void sim_world_origin(const struct sim_world *world, size_t who, uint32_t generation,
                      char out[LH_ORIGIN_MAX + 1])
{
    struct lh_origin origin = { .generation = generation };

    (void)snprintf(origin.network, sizeof origin.network, "%s", lh_genesis_network(world->genesis));
    (void)snprintf(origin.department, sizeof origin.department, "%s",
                   world->members->list[who].department);
    lh_origin_format(out, &origin);
}

void sim_world_fail(struct sim_world *world, const char *rule, const char *format, ...)
{
    char text[192];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    sim_trace_say(&world->trace, "%s does not hold: %s", rule, text);
    if (world->failure[0] == '\0') {
        (void)snprintf(world->failure, sizeof world->failure, "%s: %s", rule, text);
    }
}

/* 80 % of the cities have 4 to 7 departments, the others 10 to 20. */
static size_t draw_size(struct lh_seeded *stream)
{
    return (size_t)(sim_chance(stream, 800) ? sim_between(stream, 4, 7)
                                            : sim_between(stream, 10, SIM_MEMBERS_MAX));
}

static void populate(struct sim_world *world)
{
    struct lh_seeded stream = sim_stream(world->options.seed, "city", 0);

    world->member_count = draw_size(&stream);
    if (world->options.member_count != 0) {
        world->member_count = world->options.member_count;
    }
    world->machine_count = world->member_count;
    world->genesis = sim_members_genesis(world->members, world->member_count);
    sim_council_init(world);
    world->nodes = calloc(SIM_MACHINES_MAX, sizeof world->nodes[0]);
    lh_assert(world->nodes != NULL);
    for (size_t i = 0; i < world->machine_count; i++) {
        sim_node_init(&world->nodes[i], world, i, i);
        sim_world_later(world, sim_between(&stream, 0, 1000), SIM_START, i, 0);
        sim_world_later(world, sim_between(&stream, 0, WRITE_MAX_MS), SIM_WRITE, i, 0);
    }
    sim_world_later(world, CALM_MS, SIM_CALM, 0, 0);
    sim_world_later(world, END_MS, SIM_END, 0, 0);
}

/* What a block costs everybody grows with the square of the city: a large one writes as much in all
 * as one of seven, not as much each. */
static int64_t write_ms(struct sim_world *world)
{
    int64_t ms = sim_between(&world->faults, WRITE_MIN_MS, WRITE_MAX_MS);
    int64_t count = (int64_t)world->member_count;

    return count > BUSY_MEMBERS ? ms * count / BUSY_MEMBERS : ms;
}

static void want_entry(struct sim_world *world, size_t who)
{
    if (!world->is_calm && world->books[who].asked < SIM_ASKED_MAX) {
        world->books[who].asked++;
        sim_world_later(world, write_ms(world), SIM_WRITE, who, 0);
    }
}

static void on_wire(struct sim_world *world, const struct sim_event *event)
{
    const struct sim_conn *conn = &world->wire.conns[event->whom];
    struct sim_node *node = &world->nodes[conn->machines[event->what]];

    if (!conn->is_open[event->what]) {
        return;
    }
    switch ((enum sim_wire_event)event->kind) {
    case SIM_WIRE_CAME:
        if (node->is_up) {
            sim_links_came(node, event->whom);
        } else {
            sim_wire_close(&world->wire, event->whom, (unsigned)event->what, false);
        }
        break;
    case SIM_WIRE_BYTES:
        sim_links_bytes(node, event->whom);
        break;
    case SIM_WIRE_GONE:
        sim_links_gone(node, event->whom);
        break;
    case SIM_WIRE_KINDS:
        break;
    }
}

static void on_event(struct sim_world *world, const struct sim_event *event)
{
    struct sim_node *node = &world->nodes[event->whom];

    if (event->kind < SIM_WIRE_KINDS) {
        on_wire(world, event);
        return;
    }
    switch ((enum sim_world_event)event->kind) {
    case SIM_TICK:
        if (node->is_up && node->life == event->what) {
            sim_node_tick(node);
        }
        break;
    case SIM_START:
        sim_node_start(node);
        break;
    case SIM_WRITE:
        want_entry(world, event->whom);
        break;
    case SIM_FAULT:
        sim_faults_strike(world);
        break;
    case SIM_THEFT:
        sim_theft_tick(world);
        sim_world_later(world, THEFT_MS, SIM_THEFT, 0, 0);
        break;
    case SIM_LIE:
        if (sim_slander_tick(world)) {
            sim_world_later(world, LIE_MS, SIM_LIE, 0, 0);
        }
        break;
    case SIM_RARE:
        sim_faults_strike_rare(world, (unsigned)event->what);
        break;
    case SIM_CALM:
        world->is_calm = true;
        sim_trace_say(&world->trace, "calm");
        sim_faults_end(world);
        break;
    case SIM_END:
        sim_oracles_judge(world);
        break;
    }
}

void sim_world_run(struct sim_world *out, struct sim_members *members,
                   const struct sim_options *options)
{
    struct sim_event event = { .kind = SIM_FAULT };

    *out = (struct sim_world){ .options = *options, .members = members };
    out->faults = sim_stream(options->seed, "faults", 0);
    out->lies = sim_stream(options->seed, "lies", 0);
    sim_trace_init(&out->trace, options->out);
    sim_wire_init(&out->wire, &out->queue, options->seed);
    populate(out);
    sim_faults_init(out);
    while (event.kind != SIM_END && out->failure[0] == '\0' &&
           sim_queue_next(&out->queue, &event)) {
        out->now_ms = out->wire.now_ms = out->trace.now_ms = event.at_ms;
        out->events++;
        on_event(out, &event);
    }
}

void sim_world_clear(struct sim_world *world)
{
    for (size_t i = 0; i < SIM_MACHINES_MAX; i++) {
        sim_node_clear(&world->nodes[i]);
    }
    free(world->nodes);
    for (size_t i = 0; i < SIM_MEMBERS_MAX; i++) {
        sim_book_clear(&world->books[i]);
    }
    sim_council_clear(&world->council);
    sim_slander_clear(&world->slander);
    sim_wire_clear(&world->wire);
    sim_queue_clear(&world->queue);
}
