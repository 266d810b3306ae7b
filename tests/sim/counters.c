#include "tests/sim/counters.h"

const char *sim_counter_text(enum sim_counter counter)
{
    static const char *const texts[] = {
#define X(name, text) [SIM_##name] = (text),
        SIM_COUNTERS(X)
#undef X
    };

    return texts[counter];
}

void sim_counters_add(struct sim_counters *to, const struct sim_counters *from)
{
    for (unsigned i = 0; i < SIM_COUNTER_COUNT; i++) {
        to->of[i] += from->of[i];
    }
}
