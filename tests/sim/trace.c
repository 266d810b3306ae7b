#include "tests/sim/trace.h"

#include <inttypes.h>
#include <stdarg.h>

void sim_trace_init(struct sim_trace *trace, FILE *out)
{
    *trace = (struct sim_trace){ .hash = UINT64_C(0xcbf29ce484222325), .out = out };
}

void sim_trace_bytes(struct sim_trace *trace, struct lh_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        trace->hash = (trace->hash ^ bytes.data[i]) * UINT64_C(0x100000001b3);
    }
}

void sim_trace_say(struct sim_trace *trace, const char *format, ...)
{
    char line[512];
    va_list args;
    int start = snprintf(line, sizeof line, "%8" PRId64 " ", trace->now_ms);

    va_start(args, format);
    (void)vsnprintf(line + start, sizeof line - (size_t)start, format, args);
    va_end(args);
    sim_trace_bytes(trace, lh_bytes_of_text(line));
    trace->lines++;
    if (trace->out != NULL) {
        fprintf(trace->out, "%s\n", line);
    }
}
