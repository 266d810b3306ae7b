#ifndef LH_SIM_ORACLES_H
#define LH_SIM_ORACLES_H

/* What must hold once the city is calm: README.md names the rules. */

struct sim_world;

void sim_oracles_judge(struct sim_world *world);

#endif
