#include "tests/sim/levels.h"

#include "tests/sim/world.h"

#include <inttypes.h>

/* The head that is called witnessed: have so many witnesses cosigned it? */
static void check_witnessed(struct sim_node *node, uint32_t generation, uint64_t size)
{
    struct sim_world *world = node->world;
    struct lh_bytes bytes =
        lh_nomination_checkpoint(node->witnessing.nomination, LH_LEVEL_WITNESSED);
    struct lh_checkpoint head = { .size = 0 };
    struct lh_note note;
    bool is_good = lh_note_parse(&note, bytes, NULL) == LH_OK &&
                   lh_checkpoint_parse(&head, note.text, NULL) == LH_OK && head.size == size;
    struct sim_seal seal = { .generation = generation, .size = head.size, .root = head.root };

    if (!is_good || !sim_council_is_witnessed(&world->council, node->who, &seal)) {
        sim_world_fail(world, "O7", "m%zu calls head %" PRIu64 " witnessed, and it is not",
                       node->machine, size);
    }
}

void sim_levels_watch(struct sim_node *node)
{
    uint32_t generation;
    struct sim_levels *told = &node->levels;
    struct lh_nomination_state state;

    if (sim_asking_is_on(node)) {
        return; /* it nominates nothing, and tells nothing */
    }
    generation = lh_ledger_generation(node->sealing.ledger);
    lh_nomination_state(node->witnessing.nomination, &state);
    if (told->generation != generation) {
        *told = (struct sim_levels){ .generation = generation };
    }
    if (state.witnessed_size < told->witnessed_size || state.final_size < told->final_size) {
        sim_world_fail(node->world, "O7",
                       "a level of m%zu fell: witnessed %" PRIu64 " of %" PRIu64 ", final %" PRIu64
                       " of %" PRIu64,
                       node->machine, state.witnessed_size, told->witnessed_size, state.final_size,
                       told->final_size);
    }
    if (state.witnessed_size > told->witnessed_size) {
        check_witnessed(node, generation, state.witnessed_size);
        sim_world_count(node->world, SIM_LEVEL_WITNESSED);
    }
    if (state.final_size > told->final_size) {
        sim_world_count(node->world, SIM_LEVEL_FINAL);
    }
    told->witnessed_size = state.witnessed_size;
    told->final_size = state.final_size;
}

void sim_levels_forget(struct sim_node *node)
{
    node->levels = (struct sim_levels){ .generation = 0 };
}
