#include "tests/sim/theft.h"

#include "crypto/base/assert.h"
#include "net/message.h"
#include "tests/sim/world.h"

void sim_theft_begin(struct sim_world *world, size_t who)
{
    struct sim_theft *theft = &world->theft;

    *theft = (struct sim_theft){ .who = who,
                                 .generation = sim_book_last(&world->books[who]).generation };
    sim_world_origin(world, who, theft->generation, theft->origin);
    sim_world_count(world, SIM_KEY_STOLEN);
}

bool sim_theft_is_of(const struct sim_world *world, size_t who)
{
    return world->theft.generation != 0 && world->theft.who == who;
}

/* A head that the machine holds, with another root, under the seal. */
static void forge(const struct sim_world *world, const struct lh_replica_ledger *held,
                  struct lh_buf *out)
{
    const struct sim_theft *theft = &world->theft;
    const struct sim_member *member = &world->members->list[theft->who];
    struct lh_checkpoint head = { .size = held->chain.tree.size };
    struct lh_buf note = LH_BUF_EMPTY;
    struct lh_note_key key;

    (void)snprintf(head.origin, sizeof head.origin, "%s", theft->origin);
    head.root = lh_hash_tagged(world->members->suite, "sim/theft", lh_hash_bytes(&held->root));
    enum lh_code rc =
        lh_note_key_init(&key, theft->origin, LH_NOTE_LOG,
                         lh_signer_pubkey(member->seals[theft->generation - 1]), NULL);
    lh_assert(rc == LH_OK);
    rc = lh_checkpoint_sign(&note, &head, &key, member->seals[theft->generation - 1], NULL);
    lh_assert(rc == LH_OK);
    lh_part_add(out, lh_buf_bytes(&note));
    lh_buf_clear(&note);
}

/* One machine shows it to another that holds the ledger. False: not yet. */
static bool show(struct sim_world *world, size_t from, size_t to)
{
    struct sim_node *node = &world->nodes[from];
    struct sim_node *other = &world->nodes[to];
    const struct sim_link *link = node->is_up ? sim_links_find(node, to) : NULL;
    const struct lh_replica_ledger *held =
        other->is_up ? lh_replica_find(other->exchange.replica, world->theft.origin) : NULL;
    struct lh_buf payload = LH_BUF_EMPTY;

    if (link == NULL || held == NULL || held->chain.tree.size == 0) {
        return false;
    }
    forge(world, held, &payload);
    struct lh_frame frame = { .type = LH_FRAME_HAVE, .payload = lh_buf_bytes(&payload) };
    enum lh_code rc = lh_session_send(link->session, &frame, NULL); /* no credit: later */
    lh_buf_clear(&payload);
    if (rc == LH_OK) {
        sim_trace_say(&world->trace, "a thief shows m%zu another head of %s", to,
                      world->theft.origin);
    }
    world->theft.used |= rc == LH_OK ? 1U << from : 0;
    return rc == LH_OK;
}

static bool is_known(const struct sim_world *world, size_t who)
{
    const struct sim_node *node = &world->nodes[who];
    const struct lh_replica_ledger *held =
        node->is_up ? lh_replica_find(node->exchange.replica, world->theft.origin) : NULL;

    return held != NULL && held->is_tainted;
}

void sim_theft_tick(struct sim_world *world)
{
    size_t count = world->member_count;

    for (size_t i = 0; i < count; i++) {
        if (is_known(world, i)) {
            return; /* it goes on from there */
        }
    }
    for (size_t tries = 0; tries < count; tries++) {
        size_t from = lh_seeded_below(&world->rare, count);
        size_t to = lh_seeded_below(&world->rare, count);

        if (from != to && from != world->theft.who && to != world->theft.who &&
            show(world, from, to)) {
            return;
        }
    }
}

void sim_theft_judge(struct sim_world *world)
{
    size_t count = 0;

    for (size_t i = 0; i < world->member_count; i++) {
        count += is_known(world, i);
    }
    if (world->theft.generation != 0 && count < world->member_count) {
        sim_world_fail(world, "O10", "%zu of %zu machines know of the theft of %s", count,
                       world->member_count, world->theft.origin);
    }
}
