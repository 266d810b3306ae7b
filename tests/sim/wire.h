#ifndef LH_SIM_WIRE_H
#define LH_SIM_WIRE_H

/*
 * Connections between simulated machines: bytes that arrive late, in pieces, in order, or not at
 * all, as with TCP. A lost packet is a delay; a closed or reset connection loses what is under way.
 *
 *   dial --SIM_WIRE_CAME at the other machine--> both ends write and read
 *   close or reset of one end --SIM_WIRE_GONE at the other, unless the way there is cut--> over
 *
 * What arrives is told by events of the queue: `whom` is the connection, `what` the end (0: who
 * dialled). Ends of a connection are numbered 0 and 1; machines are numbers of the caller.
 */

#include "crypto/base/buf.h"
#include "tests/sim/queue.h"
#include "tests/sim/stream.h"

enum { SIM_MACHINES_MAX = 24, SIM_WINDOW = 64 * 1024, SIM_NO_CONN = -1 };

/* Kinds of events; the world's own begin at SIM_WIRE_KINDS. */
enum sim_wire_event {
    SIM_WIRE_CAME,
    SIM_WIRE_BYTES,
    SIM_WIRE_GONE,
    SIM_WIRE_KINDS,
};

/* One way from a machine to another. */
struct sim_way {
    int64_t latency_ms;
    int64_t jitter_ms;
    unsigned loss_per_mille; /* of pieces that come late */
    bool is_cut;
};

struct sim_piece {
    struct sim_piece *next;
    int64_t at_ms;
    size_t len;
    uint8_t bytes[];
};

struct sim_pipe {
    struct sim_piece *first;
    struct sim_piece *last;
    size_t under_way; /* bytes */
    int64_t free_ms;  /* pieces never overtake each other: the next one comes no sooner */
    int64_t look_ms;  /* while the way is cut: when to look whether it is open again */
};

struct sim_conn {
    size_t machines[2];
    bool is_open[2];
    struct sim_pipe pipes[2]; /* [end]: to that end */
};

struct sim_wire {
    struct sim_queue *queue;
    struct lh_seeded stream;
    int64_t now_ms;
    struct sim_way ways[SIM_MACHINES_MAX][SIM_MACHINES_MAX];
    int64_t piece_ms[SIM_MACHINES_MAX]; /* that a machine takes for a piece; slow readers */
    struct sim_conn *conns;
    size_t count;
    size_t capacity;
};

void sim_wire_init(struct sim_wire *wire, struct sim_queue *queue, uint64_t seed);
void sim_wire_clear(struct sim_wire *wire);
/** A new connection, or SIM_NO_CONN: no way there or back. */
long sim_wire_dial(struct sim_wire *wire, size_t from, size_t to);
/** The end writes; how many bytes were taken. */
size_t sim_wire_write(struct sim_wire *wire, size_t conn, unsigned end, struct lh_bytes bytes);
/** Append what has come by now; false: nothing, or the end is closed. */
bool sim_wire_read(struct sim_wire *wire, size_t conn, unsigned end, struct lh_buf *out);
/** The end closes. `is_silent`: the other end never hears of it. */
void sim_wire_close(struct sim_wire *wire, size_t conn, unsigned end, bool is_silent);

#endif
