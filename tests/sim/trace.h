#ifndef LH_SIM_TRACE_H
#define LH_SIM_TRACE_H

/*
 * What happened, a line each. All lines go into one hash: two runs of a seed that differ in
 * anything differ there. With `out` they are printed as well.
 */

#include "crypto/base/bytes.h"
#include "crypto/base/err.h"

#include <stdio.h>

struct sim_trace {
    uint64_t hash; /* FNV-1a */
    uint64_t lines;
    FILE *out; /* NULL: only the hash */
    int64_t now_ms;
};

void sim_trace_init(struct sim_trace *trace, FILE *out);
/** One line, with the time in front. */
void sim_trace_say(struct sim_trace *trace, const char *format, ...) LH_PRINTF(2, 3);
/** Bytes that go into the hash only. */
void sim_trace_bytes(struct sim_trace *trace, struct lh_bytes bytes);

#endif
