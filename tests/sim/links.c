#include "tests/sim/links.h"

#include "crypto/base/assert.h"
#include "tests/sim/world.h"

#include <string.h>

enum {
    DIAL_MIN_MS = 300,
    DIAL_MAX_MS = 3000,
    OUTPUT_MAX = 32 * 1024 /* what waits for the wire before more is asked for */
};

static const struct lh_pubkey *find_witness(void *arg, const char *department)
{
    const struct sim_world *world = arg;
    const struct lh_enrolment *found =
        lh_genesis_find(world->genesis, lh_bytes_of_text(department));

    return found == NULL ? NULL : &found->witness;
}

/* Stands for the exporter of TLS: both ends of a connection have the same, no two connections do.
 */
static struct lh_hash channel_of(const struct sim_world *world, size_t conn)
{
    uint8_t number[8];

    lh_put_u64(number, conn);
    return lh_hash_tagged(world->members->suite, "sim/channel", lh_bytes_of(number, sizeof number));
}

static struct sim_link *free_link(struct sim_node *node)
{
    for (size_t i = 0; i < SIM_LINKS_MAX; i++) {
        if (!node->links.list[i].is_used) {
            return &node->links.list[i];
        }
    }
    return NULL;
}

static struct sim_link *link_of(struct sim_node *node, size_t conn)
{
    for (size_t i = 0; i < SIM_LINKS_MAX; i++) {
        if (node->links.list[i].is_used && node->links.list[i].conn == conn) {
            return &node->links.list[i];
        }
    }
    return NULL;
}

struct sim_link *sim_links_find(struct sim_node *node, size_t who)
{
    for (size_t i = 0; i < SIM_LINKS_MAX; i++) {
        struct sim_link *link = &node->links.list[i];

        if (link->is_used && link->is_up && link->peer == who) {
            return link;
        }
    }
    return NULL;
}

/* ---- what goes out ---- */

static void flush(struct sim_node *node, struct sim_link *link)
{
    struct lh_bytes out = lh_session_output(link->session);

    if (out.len > 0) {
        lh_session_written(link->session,
                           sim_wire_write(&node->world->wire, link->conn, link->end, out));
    }
}

static void end_link(struct sim_node *node, struct sim_link *link, bool is_silent)
{
    flush(node, link);
    sim_wire_close(&node->world->wire, link->conn, link->end, is_silent);
    lh_session_free(link->session);
    if (link->is_up && node->is_up) {
        sim_exchange_leave(node, link->peer);
        sim_witnessing_leave(node, link->peer);
    }
    *link = (struct sim_link){ .is_used = false };
}

static void note_end(struct sim_node *node, const struct sim_link *link, const struct lh_err *err)
{
    enum lh_session_bye bye = lh_session_bye(link->session);

    sim_trace_say(&node->world->trace, "m%zu link %zu ends, code %d: %s", node->machine, link->conn,
                  (int)bye, err->text);
    if (bye == LH_BYE_OURSELVES) {
        sim_world_count(node->world, SIM_SESSION_OURSELVES);
    }
}

static bool begin(struct sim_node *node, size_t conn, unsigned end, const char *expected)
{
    struct sim_world *world = node->world;
    struct sim_link *link = free_link(node);
    struct lh_session_options options = {
        .suite = world->members->suite,
        .witness = world->members->list[node->who].witness,
        .network_id = *lh_genesis_network_id(world->genesis),
        .generation = lh_ledger_generation(node->sealing.ledger),
        .channel = channel_of(world, conn),
        .is_dialled = end == 1,
        .find = find_witness,
        .arg = world,
    };

    if (link == NULL) {
        return false;
    }
    memcpy(options.department, world->members->list[node->who].department,
           sizeof options.department);
    memcpy(options.start, node->links.start, sizeof options.start);
    (void)snprintf(options.expected, sizeof options.expected, "%s", expected);
    *link = (struct sim_link){ .is_used = true, .conn = conn, .end = end };
    enum lh_code rc = lh_session_new(&link->session, &options, world->now_ms, NULL);
    lh_assert(rc == LH_OK);
    flush(node, link);
    return true;
}

/* ---- what comes in ---- */

/* A link to a department takes the place of the one before. */
static void come_up(struct sim_node *node, struct sim_link *link)
{
    size_t peer = sim_world_member(node->world, lh_session_peer(link->session)->department);
    struct sim_link *before = sim_links_find(node, peer);

    if (before != NULL) {
        sim_world_count(node->world, SIM_SESSION_REPLACED);
        lh_session_close(before->session, LH_BYE_PEACE, 0);
        end_link(node, before, false);
    }
    link->is_up = true;
    link->peer = peer;
    sim_world_count(node->world, SIM_SESSION_LIVE);
    sim_trace_say(&node->world->trace, "m%zu link %zu up with %s", node->machine, link->conn,
                  lh_session_peer(link->session)->department);
    sim_exchange_join(node, link);
    if (node->is_up) {
        sim_witnessing_join(node, peer);
    }
}

/* O3: nobody in these cities breaks the protocol, so nobody is cut. */
static void cut(struct sim_node *node, struct sim_link *link, const struct lh_err *err)
{
    const char *department = node->world->members->list[link->peer].department;

    bool is_liar =
        sim_slander_is_by(node->world, link->peer) || sim_slander_is_by(node->world, node->who);

    if (is_liar) {
        sim_world_count(node->world, SIM_LIAR_CUT);
    } else if (((node->world->theft.used >> link->peer) & 1) == 0) {
        sim_world_fail(node->world, "O3", "m%zu cuts %s, which did nothing wrong: %s",
                       node->machine, department, err->text);
    }
    lh_session_close(link->session, LH_BYE_PROTOCOL, 0);
    end_link(node, link, false);
}

/* One that is silent does not hear what it is asked. */
static bool is_withheld(const struct sim_node *node, uint16_t type)
{
    return node->world->council.roles[node->who] == SIM_ROLE_SILENT &&
           (type == LH_FRAME_NOMINATE || (type == LH_FRAME_GET && !node->world->is_calm));
}

/* The rule that is broken. */
static bool is_overlooked(const struct sim_node *node, uint16_t type)
{
    return node->world->options.broken == SIM_BREAK_EVIDENCE && type == LH_FRAME_EVIDENCE;
}

/* False: the process ended over it, or the link. */
static bool take_frame(struct sim_node *node, struct sim_link *link, const struct lh_frame *frame)
{
    size_t conn = link->conn;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = LH_OK;

    sim_slander_hear(node, frame);
    if (is_withheld(node, frame->type)) {
        sim_world_count(node->world, SIM_WITHHELD);
    } else if (is_overlooked(node, frame->type)) {
        return true;
    } else if (lh_gossip_is_concerned(frame->type)) {
        rc = sim_exchange_take(node, link, frame, &err);
    } else if (sim_witnessing_is_concerned(frame->type)) {
        rc = sim_witnessing_take(node, link, frame, &err);
    }
    if (sim_library_has_failed(node)) {
        sim_node_fail(node, &err);
    } else if (rc != LH_OK) {
        cut(node, link, &err);
    }
    return link->is_used && link->conn == conn;
}

/* LH_AGAIN: what came was dealt with; anything else ends the link, or has ended it. */
static enum lh_code take_frames(struct sim_node *node, struct sim_link *link, struct lh_err *err)
{
    struct lh_frame frame;
    enum lh_code rc;

    while ((rc = lh_session_next(link->session, &frame, node->world->now_ms, err)) == LH_OK) {
        struct lh_frame dealt_with = { .type = frame.type,
                                       .request = frame.request,
                                       .payload = { .len = frame.payload.len } };

        if (!link->is_up) {
            come_up(node, link);
        }
        if (!link->is_used || !take_frame(node, link, &frame)) {
            return LH_OK;
        }
        lh_session_done(link->session, &dealt_with);
    }
    if (rc == LH_AGAIN && !link->is_up && lh_session_state(link->session) == LH_SESSION_LIVE) {
        come_up(node, link);
    }
    return rc;
}

static void take_bytes(struct sim_node *node, struct sim_link *link)
{
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = take_frames(node, link, &err);

    if (rc != LH_AGAIN && rc != LH_OK) {
        note_end(node, link, &err);
        end_link(node, link, false);
    }
    sim_links_settle(node);
}

/* The next frame that is owed to a peer; false: none, or the process is over. */
static bool next_frame(struct sim_node *node, const struct sim_link *link, struct lh_frame *out)
{
    struct lh_err err = LH_ERR_NONE;
    size_t credit[LH_CLASS_COUNT];

    for (int i = 0; i < LH_CLASS_COUNT; i++) {
        credit[i] = lh_session_credit(link->session, (enum lh_session_class)i);
    }
    enum lh_code rc = sim_exchange_next(node, link->peer, credit, out, &err);
    if (rc == LH_AGAIN) {
        rc = sim_witnessing_next(node, link->peer, credit, out, &err);
    }
    return sim_exchange_is_fine(node, rc == LH_AGAIN ? LH_OK : rc, &err) && rc == LH_OK;
}

static void drain_link(struct sim_node *node, struct sim_link *link)
{
    struct lh_frame frame;

    while (lh_session_output(link->session).len < OUTPUT_MAX && next_frame(node, link, &frame)) {
        enum lh_code rc = lh_session_send(link->session, &frame, NULL);

        lh_assert(rc == LH_OK);
        sim_witnessing_sent(node, link->peer, &frame);
    }
}

/* Everything that there is to say goes out. */
void sim_links_settle(struct sim_node *node)
{
    for (size_t who = 0; who < node->world->member_count && node->is_up; who++) {
        struct sim_link *link = sim_links_find(node, who);

        if (link != NULL) {
            drain_link(node, link);
        }
    }
    for (size_t i = 0; i < SIM_LINKS_MAX; i++) {
        if (node->links.list[i].is_used) {
            flush(node, &node->links.list[i]);
        }
    }
}

void sim_links_bytes(struct sim_node *node, size_t conn)
{
    struct sim_link *link = link_of(node, conn);
    struct lh_buf bytes = LH_BUF_EMPTY;

    if (link == NULL) {
        return;
    }
    if (sim_wire_read(&node->world->wire, conn, link->end, &bytes)) {
        sim_trace_bytes(&node->world->trace, lh_buf_bytes(&bytes));
        enum lh_code rc = lh_session_put(link->session, lh_buf_bytes(&bytes), NULL);
        lh_assert(rc == LH_OK);
        take_bytes(node, link);
    }
    lh_buf_clear(&bytes);
}

void sim_links_came(struct sim_node *node, size_t conn)
{
    if (!begin(node, conn, 1, "")) {
        sim_wire_close(&node->world->wire, conn, 1, false);
    }
}

void sim_links_gone(struct sim_node *node, size_t conn)
{
    struct sim_link *link = link_of(node, conn);

    if (link != NULL) {
        end_link(node, link, true);
    }
}

/* ---- time ---- */

static void dial(struct sim_node *node, size_t who)
{
    struct sim_world *world = node->world;
    long conn = sim_wire_dial(&world->wire, node->machine, who);

    node->links.dial_ms[who] = world->now_ms + sim_between(&node->stream, DIAL_MIN_MS, DIAL_MAX_MS);
    if (conn != SIM_NO_CONN &&
        !begin(node, (size_t)conn, 0, world->members->list[who].department)) {
        sim_wire_close(&world->wire, (size_t)conn, 0, false);
    }
}

static void dial_missing(struct sim_node *node)
{
    bool is_twin = node->machine != node->who;

    for (size_t who = 0; who < node->world->member_count; who++) {
        bool is_ours = is_twin || who > node->who; /* the lower one dials; a twin, everybody */

        if (is_ours && node->links.dial_ms[who] <= node->world->now_ms &&
            sim_links_find(node, who) == NULL) {
            dial(node, who);
        }
    }
}

void sim_links_tick(struct sim_node *node)
{
    for (size_t i = 0; i < SIM_LINKS_MAX; i++) {
        struct sim_link *link = &node->links.list[i];
        struct lh_err err = LH_ERR_NONE;

        if (!link->is_used) {
            continue;
        }
        if (lh_session_tick(link->session, node->world->now_ms, &err) != LH_OK) {
            sim_world_count(node->world, SIM_SESSION_SILENT);
            note_end(node, link, &err);
            end_link(node, link, false);
        }
    }
    dial_missing(node);
    sim_links_settle(node);
}

void sim_links_init(struct sim_node *node)
{
    node->links = (struct sim_links){ .start = { 0 } };
    lh_seeded_fill(&node->stream, node->links.start, sizeof node->links.start);
    for (size_t who = 0; who < SIM_MEMBERS_MAX; who++) {
        node->links.dial_ms[who] = node->world->now_ms + sim_between(&node->stream, 0, DIAL_MIN_MS);
    }
}

void sim_links_clear(struct sim_node *node, bool is_silent)
{
    for (size_t i = 0; i < SIM_LINKS_MAX; i++) {
        if (node->links.list[i].is_used) {
            end_link(node, &node->links.list[i], is_silent);
        }
    }
}
