#include "tests/sim/wire.h"

#include "crypto/base/assert.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE_MAX = 16 * 1024, AGAIN_MIN_MS = 200, AGAIN_MAX_MS = 1600, CUT_POLL_MS = 50 };

void sim_wire_init(struct sim_wire *wire, struct sim_queue *queue, uint64_t seed)
{
    *wire = (struct sim_wire){ .queue = queue, .stream = sim_stream(seed, "wire", 0) };
}

static void drop_all(struct sim_pipe *pipe)
{
    while (pipe->first != NULL) {
        struct sim_piece *next = pipe->first->next;

        free(pipe->first);
        pipe->first = next;
    }
    *pipe = (struct sim_pipe){ .under_way = 0 };
}

void sim_wire_clear(struct sim_wire *wire)
{
    for (size_t i = 0; i < wire->count; i++) {
        drop_all(&wire->conns[i].pipes[0]);
        drop_all(&wire->conns[i].pipes[1]);
    }
    free(wire->conns);
    *wire = (struct sim_wire){ .count = 0 };
}

static int64_t travel_ms(struct sim_wire *wire, const struct sim_way *way)
{
    int64_t ms = way->latency_ms + sim_between(&wire->stream, 0, way->jitter_ms);

    if (sim_chance(&wire->stream, way->loss_per_mille)) {
        ms += sim_between(&wire->stream, AGAIN_MIN_MS, AGAIN_MAX_MS);
    }
    return ms;
}

static const struct sim_way *way_to(const struct sim_wire *wire, size_t conn, unsigned end)
{
    const struct sim_conn *at = &wire->conns[conn];

    return &wire->ways[at->machines[1 - end]][at->machines[end]];
}

static void tell(struct sim_wire *wire, enum sim_wire_event kind, size_t conn, unsigned end,
                 int64_t at_ms)
{
    sim_queue_add(wire->queue,
                  (struct sim_event){ .at_ms = at_ms, .kind = kind, .whom = conn, .what = end });
}

long sim_wire_dial(struct sim_wire *wire, size_t from, size_t to)
{
    if (wire->ways[from][to].is_cut || wire->ways[to][from].is_cut) {
        return SIM_NO_CONN;
    }
    if (wire->count == wire->capacity) {
        wire->capacity = wire->capacity == 0 ? 64 : 2 * wire->capacity;
        wire->conns = realloc(wire->conns, wire->capacity * sizeof wire->conns[0]);
        lh_assert(wire->conns != NULL);
    }
    size_t conn = wire->count++;
    wire->conns[conn] = (struct sim_conn){ .machines = { from, to }, .is_open = { true, true } };
    int64_t came_ms = wire->now_ms + travel_ms(wire, &wire->ways[from][to]);
    wire->conns[conn].pipes[1].free_ms = came_ms; /* nothing arrives before the connection does */
    tell(wire, SIM_WIRE_CAME, conn, 1, came_ms);
    return (long)conn;
}

static void add_piece(struct sim_wire *wire, size_t conn, unsigned end, struct lh_bytes bytes)
{
    struct sim_pipe *pipe = &wire->conns[conn].pipes[end];
    struct sim_piece *piece = malloc(sizeof *piece + bytes.len);
    int64_t at_ms = wire->now_ms + travel_ms(wire, way_to(wire, conn, end));

    lh_assert(piece != NULL);
    at_ms = at_ms > pipe->free_ms ? at_ms : pipe->free_ms;
    pipe->free_ms = at_ms + wire->piece_ms[wire->conns[conn].machines[end]];
    *piece = (struct sim_piece){ .at_ms = at_ms, .len = bytes.len };
    memcpy(piece->bytes, bytes.data, bytes.len);
    if (pipe->last == NULL) {
        pipe->first = piece;
    } else {
        pipe->last->next = piece;
    }
    pipe->last = piece;
    pipe->under_way += bytes.len;
    tell(wire, SIM_WIRE_BYTES, conn, end, at_ms);
}

size_t sim_wire_write(struct sim_wire *wire, size_t conn, unsigned end, struct lh_bytes bytes)
{
    struct sim_conn *at = &wire->conns[conn];
    size_t done = 0;

    if (!at->is_open[end]) {
        return bytes.len;
    }
    while (done < bytes.len && at->pipes[1 - end].under_way < SIM_WINDOW) {
        size_t len = 1 + lh_seeded_below(&wire->stream, PIECE_MAX);

        len = len < bytes.len - done ? len : bytes.len - done;
        if (at->is_open[1 - end]) {
            add_piece(wire, conn, 1 - end, lh_bytes_of(bytes.data + done, len));
        }
        done += len;
    }
    return done;
}

/* Bytes sent over a way that is cut wait until it is open again. */
static bool is_held_back(struct sim_wire *wire, size_t conn, unsigned end)
{
    struct sim_pipe *pipe = &wire->conns[conn].pipes[end];
    bool is_cut = way_to(wire, conn, end)->is_cut;

    if (is_cut && pipe->first != NULL && pipe->look_ms <= wire->now_ms) {
        pipe->look_ms = wire->now_ms + CUT_POLL_MS;
        tell(wire, SIM_WIRE_BYTES, conn, end, pipe->look_ms);
    }
    return is_cut;
}

bool sim_wire_read(struct sim_wire *wire, size_t conn, unsigned end, struct lh_buf *out)
{
    struct sim_conn *at = &wire->conns[conn];
    struct sim_pipe *pipe = &at->pipes[end];
    bool is_any = false;

    if (!at->is_open[end] || is_held_back(wire, conn, end)) {
        return false;
    }
    while (pipe->first != NULL && pipe->first->at_ms <= wire->now_ms) {
        struct sim_piece *piece = pipe->first;

        lh_buf_add(out, lh_bytes_of(piece->bytes, piece->len));
        pipe->first = piece->next;
        pipe->last = pipe->first == NULL ? NULL : pipe->last;
        pipe->under_way -= piece->len;
        free(piece);
        is_any = true;
    }
    return is_any;
}

void sim_wire_close(struct sim_wire *wire, size_t conn, unsigned end, bool is_silent)
{
    struct sim_conn *at = &wire->conns[conn];
    const struct sim_way *way = way_to(wire, conn, 1 - end);
    const struct sim_piece *last = at->pipes[1 - end].last;
    int64_t at_ms = wire->now_ms + way->latency_ms + way->jitter_ms;

    at->is_open[end] = false;
    drop_all(&at->pipes[end]);
    if (is_silent || way->is_cut) {
        drop_all(&at->pipes[1 - end]);
    } else {
        tell(wire, SIM_WIRE_GONE, conn, 1 - end,
             last != NULL && last->at_ms > at_ms ? last->at_ms : at_ms);
    }
}
