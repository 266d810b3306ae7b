#ifndef LH_SIM_SLANDER_H
#define LH_SIM_SLANDER_H

/*
 * A department that lies to the others about heads and evidence, says again what it heard, and says
 * it as often as its credit lets it. It is to be cut for it, and nobody else is to be convicted,
 * cut or held up. What it does of its own accord it does besides what every node does.
 */

#include "crypto/base/buf.h"
#include "net/frame.h"

struct sim_world;
struct sim_node;

enum { SIM_HEARD_MAX = 8 };

struct sim_slander {
    bool is_on;
    size_t who;
    size_t heard_count; /* frames that it heard; the last ones are kept */
    struct {
        uint16_t type;
        uint32_t request;
        struct lh_buf payload;
    } heard[SIM_HEARD_MAX];
};

/** One of those that are bad anyway begins to lie, if there is one. */
void sim_slander_begin(struct sim_world *world);
void sim_slander_clear(struct sim_slander *slander);
/** Is it this member that lies? It may be cut. */
bool sim_slander_is_by(const struct sim_world *world, size_t who);
/** A machine heard this. */
void sim_slander_hear(struct sim_node *node, const struct lh_frame *frame);
/** It tells a lie to somebody. False: it has stopped. */
bool sim_slander_tick(struct sim_world *world);
/** O7 of what is held, in a city in which somebody lies: what a machine keeps as witnessed is. */
void sim_slander_watch(struct sim_node *node);

#endif
