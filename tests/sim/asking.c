#include "tests/sim/asking.h"

#include "crypto/base/assert.h"
#include "ledger/origin.h"
#include "node/restoring.h"
#include "tests/sim/world.h"

#include <inttypes.h>

enum { ABOVE_MS = 30 * 1000 }; /* that what is held above is waited for (network.md 9) */

static const char *name_of(const struct sim_node *node, size_t who)
{
    return node->world->members->list[who].department;
}

bool sim_asking_is_on(const struct sim_node *node)
{
    return node->disk.prepare.len > 0;
}

void sim_asking_order(struct sim_node *node, uint32_t generation)
{
    struct sim_world *world = node->world;

    if (generation > SIM_GENERATIONS_MAX) {
        return;
    }
    lh_buf_reset(&node->disk.prepare);
    sim_members_ask(world->members, world->genesis, node->who, generation, sim_node_wall_ms(node),
                    &node->disk.prepare);
    sim_world_count(world, SIM_RESTORE_ASKED);
    sim_trace_say(&world->trace, "officers of m%zu ask for generation %" PRIu32, node->machine,
                  generation);
    sim_node_restart(node, "officers ask");
}

/* ---- life ---- */

void sim_asking_take_back(struct sim_node *node)
{
    struct sim_world *world = node->world;
    struct lh_err err = LH_ERR_NONE;
    uint64_t blocks = 0;

    node->asking = (struct sim_asking){ .recovery = NULL };
    if (!sim_asking_is_on(node)) {
        return;
    }
    enum lh_code rc = lh_restoring_adopt(node->disk.store, sim_shelf_copy(&node->disk.copies),
                                         world->genesis, name_of(node, node->who), &blocks, &err);
    if (rc == LH_ERR_IO) {
        sim_node_fail(node, &err);
    }
    node->asking.is_unfit = rc != LH_OK;
    if (blocks > 0) {
        sim_world_count(world, SIM_BLOCKS_CAME_BACK);
    }
    /* what an unsafe restore left behind is with the others still, and does not fit */
    if (rc != LH_OK && rc != LH_ERR_IO && !world->books[node->who].is_doubled &&
        !world->books[node->who].is_unasked) {
        sim_world_fail(world, "O4", "m%zu cannot take back its own ledger: %s", node->machine,
                       err.text);
    }
}

void sim_asking_look(struct sim_node *node)
{
    struct sim_world *world = node->world;
    struct lh_prepare prepare;

    if (!sim_asking_is_on(node)) {
        return;
    }
    enum lh_code rc = lh_prepare_read(&prepare, world->members->suite, world->genesis,
                                      lh_buf_bytes(&node->disk.prepare), NULL);
    lh_assert(rc == LH_OK);
    if (lh_ledger_generation(node->sealing.ledger) >= prepare.generation) {
        lh_buf_reset(&node->disk.prepare);
    }
}

void sim_asking_start(struct sim_node *node)
{
    struct lh_err err = LH_ERR_NONE;

    if (sim_asking_is_on(node)) {
        enum lh_code rc = lh_recovery_new(&node->asking.recovery, node->exchange.replica,
                                          lh_buf_bytes(&node->disk.prepare), &err);
        (void)sim_exchange_is_fine(node, rc, &err);
    }
}

void sim_asking_stop(struct sim_node *node)
{
    lh_recovery_free(node->asking.recovery);
    node->asking.recovery = NULL;
}

void sim_asking_join(struct sim_node *node, size_t who)
{
    if (node->asking.recovery != NULL) {
        lh_recovery_join(node->asking.recovery, name_of(node, who));
    }
}

void sim_asking_leave(struct sim_node *node, size_t who)
{
    if (node->asking.recovery != NULL) {
        lh_recovery_leave(node->asking.recovery, name_of(node, who));
    }
}

enum lh_code sim_asking_take(struct sim_node *node, const struct sim_link *link,
                             const struct lh_frame *frame, struct lh_err *err)
{
    if (frame->type == LH_FRAME_COSIGNATURE) {
        return LH_OK;
    }
    return lh_recovery_take(node->asking.recovery, name_of(node, link->peer), frame,
                            node->world->now_ms, err);
}

enum lh_code sim_asking_next(struct sim_node *node, size_t who, const size_t credit[LH_CLASS_COUNT],
                             struct lh_frame *out, struct lh_err *err)
{
    if (node->asking.recovery == NULL) {
        return LH_AGAIN;
    }
    return lh_recovery_next(node->asking.recovery, name_of(node, who), credit, node->world->now_ms,
                            out, err);
}

/* ---- going on ---- */

static uint32_t generation_of(const char *text)
{
    struct lh_origin origin;
    enum lh_code rc = lh_origin_parse(&origin, lh_bytes_of_text(text), NULL);

    lh_assert(rc == LH_OK);
    return origin.generation;
}

/* Does the store hold this head of one of our ledgers, or a later one? */
static bool reaches(const struct lh_ledger_facts *facts, const struct lh_checkpoint *head)
{
    uint32_t own = facts->prev_size == 0 ? 0 : generation_of(facts->prev_origin);
    uint32_t other = head->size == 0 ? 0 : generation_of(head->origin);

    return own > other || (own == other && facts->prev_size >= head->size);
}

/* The rule that is broken: one promise is enough, and nothing has to be held. */
static bool is_hasty(const struct sim_node *node, const struct lh_recovery_state *state)
{
    return node->world->options.broken == SIM_BREAK_PROMISES && state->promise_count > 0 &&
           !state->is_settled;
}

static void go_on(struct sim_node *node, const struct lh_hash *digest)
{
    const struct lh_prepare *prepare = lh_recovery_prepare(node->asking.recovery);
    struct lh_ledger_facts facts;

    lh_ledger_facts(node->sealing.ledger, node->world->members->suite, &facts);
    if (facts.next > prepare->generation) {
        sim_asking_order(node, facts.next);
        return;
    }
    facts.next = prepare->generation;
    sim_sealing_begin_asked(node, &facts, digest);
}

void sim_asking_tick(struct sim_node *node)
{
    struct sim_world *world = node->world;
    struct lh_recovery_state state;
    struct lh_ledger_facts facts;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = lh_recovery_tick(node->asking.recovery, world->now_ms, &err);

    if (!sim_exchange_is_fine(node, rc, &err)) {
        return;
    }
    lh_recovery_state(node->asking.recovery, &state);
    if (state.taken >= lh_recovery_prepare(node->asking.recovery)->generation) {
        sim_asking_order(node, state.taken + 1);
        return;
    }
    if (is_hasty(node, &state)) {
        state.digest = lh_hash_tagged(world->members->suite, "sim/hasty", LH_BYTES_EMPTY);
        go_on(node, &state.digest);
        return;
    }
    if (!state.is_settled || !state.is_enough || node->asking.is_unfit) {
        return;
    }
    if (node->asking.enough_ms == 0) {
        node->asking.enough_ms = world->now_ms;
    }
    if (!state.is_whole && world->now_ms < node->asking.enough_ms + ABOVE_MS) {
        return;
    }
    lh_ledger_facts(node->sealing.ledger, world->members->suite, &facts);
    if (!reaches(&facts, state.is_whole ? &state.head : &state.enough)) {
        sim_node_restart(node, "it takes back what the others gave");
        return;
    }
    go_on(node, &state.digest);
}
