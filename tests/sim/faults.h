#ifndef LH_SIM_FAULTS_H
#define LH_SIM_FAULTS_H

/*
 * What goes wrong. Each seed knows a part of the kinds only, so that rare ones are not always
 * hidden behind frequent ones.
 */

#include <stdbool.h>

struct sim_world;

/** How the ways are, which kinds this seed knows, when the first one comes. */
void sim_faults_init(struct sim_world *world);
/** Add the kind of this name ("kill", "put-images") to a set; false: there is none. */
bool sim_faults_find(unsigned *kinds, const char *name);
/** One fault, and the time of the next. */
void sim_faults_strike(struct sim_world *world);
/** One of those that happen once, in some cities. */
void sim_faults_strike_rare(struct sim_world *world, unsigned kind);
/** No faults from now on: ways are open, machines read well, everybody is started,
 * but for twins, which are stopped. */
void sim_faults_end(struct sim_world *world);

#endif
