#include "tests/sim/slander.h"

#include "crypto/base/assert.h"
#include "net/evidence.h"
#include "net/message.h"
#include "tests/sim/world.h"

#include <inttypes.h>

enum { STOP_MS = 100 * 1000, ROWS_MAX = 16, FLOOD_PER_MILLE = 250 };

void sim_slander_begin(struct sim_world *world)
{
    for (size_t i = 0; i < world->member_count; i++) {
        if (world->council.roles[i] != SIM_ROLE_HONEST) {
            world->slander.is_on = true;
            world->slander.who = i;
            return;
        }
    }
}

void sim_slander_clear(struct sim_slander *slander)
{
    for (size_t i = 0; i < SIM_HEARD_MAX; i++) {
        lh_buf_clear(&slander->heard[i].payload);
    }
}

bool sim_slander_is_by(const struct sim_world *world, size_t who)
{
    return world->slander.is_on && world->slander.who == who;
}

/* Nobody's nomination: whoever cosigns all that is sealed would answer to the wrong one. */
void sim_slander_hear(struct sim_node *node, const struct lh_frame *frame)
{
    struct sim_slander *slander = &node->world->slander;
    size_t place = slander->heard_count % SIM_HEARD_MAX;

    if (!sim_slander_is_by(node->world, node->who) || frame->type == LH_FRAME_NOMINATE ||
        lh_session_class_of(frame->type, frame->request) == LH_CLASS_FREE) {
        return;
    }
    lh_buf_reset(&slander->heard[place].payload);
    lh_buf_add(&slander->heard[place].payload, frame->payload);
    slander->heard[place].type = frame->type;
    slander->heard[place].request = frame->request;
    slander->heard_count++;
}

/* ---- lies ---- */

static bool send(struct sim_world *world, const struct sim_link *link, uint16_t type,
                 uint32_t request, const struct lh_buf *payload)
{
    struct lh_frame frame = { .type = type, .request = request, .payload = lh_buf_bytes(payload) };

    if (lh_session_send(link->session, &frame, NULL) != LH_OK) {
        return false; /* no credit */
    }
    sim_world_count(world, SIM_LIED);
    return true;
}

/* A ledger of which the liar holds a head. */
static const struct lh_replica_ledger *any_held(struct sim_world *world,
                                                const struct sim_node *node)
{
    const struct lh_replica *replica = node->exchange.replica;
    size_t count = lh_replica_count(replica);
    const struct lh_replica_ledger *held =
        count == 0 ? NULL : lh_replica_at(replica, lh_seeded_below(&world->lies, count));

    return held != NULL && held->chain.tree.size > 0 ? held : NULL;
}

static void replay(struct sim_world *world, const struct sim_link *link)
{
    struct sim_slander *slander = &world->slander;
    size_t count = slander->heard_count < SIM_HEARD_MAX ? slander->heard_count : SIM_HEARD_MAX;

    if (count > 0) {
        size_t place = lh_seeded_below(&world->lies, count);
        (void)send(world, link, slander->heard[place].type, slander->heard[place].request,
                   &slander->heard[place].payload);
    }
}

/* Its head with a byte of the seal's line, or of the text, changed. */
static void show_false_row(struct sim_world *world, const struct sim_node *node,
                           const struct sim_link *link)
{
    const struct lh_replica_ledger *held = any_held(world, node);
    struct lh_buf payload = LH_BUF_EMPTY;

    if (held != NULL) {
        lh_part_add(&payload, lh_buf_bytes(&held->checkpoint));
        payload.data[2 + lh_seeded_below(&world->lies, held->checkpoint.len)] ^= 1;
        (void)send(world, link, LH_FRAME_HAVE, 0, &payload);
    }
    lh_buf_clear(&payload);
}

static void add_witness(const struct sim_world *world, size_t who, const struct lh_bytes text,
                        struct lh_buf *note)
{
    const struct sim_member *member = &world->members->list[who];
    const struct lh_enrolment *enrolment =
        lh_genesis_find(world->genesis, lh_bytes_of_text(member->department));
    struct lh_note_key key;
    enum lh_code rc = lh_genesis_witness_key(&key, world->genesis, enrolment, NULL);

    lh_assert(rc == LH_OK);
    rc = lh_note_add_line(note, text, &key, member->witness, 1, NULL);
    lh_assert(rc == LH_OK);
}

/* A head with too few lines of witnesses on it. The rule that is broken: with the keys of all. */
static void show_unwitnessed_row(struct sim_world *world, const struct sim_node *node,
                                 const struct sim_link *link)
{
    const struct lh_replica_ledger *held = any_held(world, node);
    struct lh_buf payload = LH_BUF_EMPTY;
    struct lh_buf row = LH_BUF_EMPTY;
    struct lh_note note;

    if (held != NULL) {
        enum lh_code rc = lh_note_parse(&note, lh_buf_bytes(&held->checkpoint), NULL);
        lh_assert(rc == LH_OK);
        lh_buf_add(&row, lh_buf_bytes(&held->checkpoint));
        for (size_t i = 0; i < world->member_count; i++) {
            if (i == node->who || world->options.broken == SIM_BREAK_KEYS) {
                add_witness(world, i, note.text, &row);
            }
        }
        lh_part_add(&payload, lh_buf_bytes(&row));
        (void)send(world, link, LH_FRAME_HAVE, 0, &payload);
    }
    lh_buf_clear(&payload);
    lh_buf_clear(&row);
}

static void sign_head(const struct sim_world *world, size_t who, uint8_t root, struct lh_buf *out)
{
    struct lh_signer *seal = world->members->list[who].seals[0];
    struct lh_checkpoint head = { .size = 2, .root = { .bytes = { root } } };
    struct lh_note_key key;

    sim_world_origin(world, who, 1, head.origin);
    enum lh_code rc =
        lh_note_key_init(&key, head.origin, LH_NOTE_LOG, lh_signer_pubkey(seal), NULL);
    lh_assert(rc == LH_OK);
    rc = lh_checkpoint_sign(out, &head, &key, seal, NULL);
    lh_assert(rc == LH_OK);
}

/* Evidence that is good in another city of the same name, which founded itself with the same keys.
 */
static void show_foreign_evidence(struct sim_world *world, const struct sim_link *link)
{
    size_t who = lh_seeded_below(&world->lies, world->member_count);
    const struct lh_genesis *other = sim_members_genesis(
        world->members,
        world->member_count == SIM_MEMBERS_MAX ? SIM_MEMBERS_MAX - 1 : world->member_count + 1);
    struct lh_evidence evidence = { .kind = LH_EVIDENCE_TWO_ROOTS,
                                    .genesis = lh_genesis_bytes(other) };
    struct lh_evidence_report report;
    struct lh_buf first = LH_BUF_EMPTY;
    struct lh_buf second = LH_BUF_EMPTY;
    struct lh_buf text = LH_BUF_EMPTY;
    struct sim_entry entry;

    if (lh_genesis_find(other, lh_bytes_of_text(world->members->list[who].department)) == NULL) {
        return;
    }
    sim_members_found(world->members, other, who, NULL, NULL, lh_genesis_created_unix_ms(other) + 1,
                      &entry);
    sign_head(world, who, 1, &first);
    sign_head(world, who, 2, &second);
    evidence.generation = lh_buf_bytes(&entry.bytes);
    evidence.first = lh_buf_bytes(&first);
    evidence.second = lh_buf_bytes(&second);
    enum lh_code rc = lh_evidence_format(&text, &evidence, NULL);
    lh_assert(rc == LH_OK);
    rc = lh_evidence_verify(&report, &evidence, NULL);
    lh_assert(rc == LH_OK); /* it is good, where it is from */
    (void)send(world, link, LH_FRAME_EVIDENCE, 0, &text);
    sim_entry_clear(&entry);
    lh_buf_clear(&first);
    lh_buf_clear(&second);
    lh_buf_clear(&text);
}

/* The same true rows, as often as there is credit for them. */
static void flood(struct sim_world *world, const struct sim_node *node, const struct sim_link *link)
{
    const struct lh_replica_ledger *held = any_held(world, node);
    struct lh_buf payload = LH_BUF_EMPTY;

    for (size_t i = 0; held != NULL && i < ROWS_MAX; i++) {
        lh_part_add(&payload, lh_buf_bytes(&held->checkpoint));
    }
    while (held != NULL && send(world, link, LH_FRAME_HAVE, 0, &payload)) {
    }
    if (held != NULL) {
        sim_world_count(world, SIM_FLOODED);
    }
    lh_buf_clear(&payload);
}

bool sim_slander_tick(struct sim_world *world)
{
    enum lie { REPLAY, FALSE_ROW, UNWITNESSED, FOREIGN, FLOOD, LIE_COUNT };
    struct sim_slander *slander = &world->slander;
    struct sim_node *node = &world->nodes[slander->who];
    size_t to = lh_seeded_below(&world->lies, world->member_count);
    enum lie lie = (enum lie)lh_seeded_below(&world->lies, LIE_COUNT);
    const struct sim_link *link = node->is_up ? sim_links_find(node, to) : NULL;

    if (world->now_ms >= STOP_MS || !slander->is_on) {
        return false;
    }
    if (link == NULL || sim_asking_is_on(node)) {
        return true;
    }
    switch (lie) {
    case REPLAY:
        replay(world, link);
        break;
    case FALSE_ROW:
        show_false_row(world, node, link);
        break;
    case UNWITNESSED:
        show_unwitnessed_row(world, node, link);
        break;
    case FOREIGN:
        show_foreign_evidence(world, link);
        break;
    case FLOOD:
        if (sim_chance(&world->lies, FLOOD_PER_MILLE)) {
            flood(world, node, link);
        }
        break;
    case LIE_COUNT:
        break;
    }
    return true;
}

/* ---- what must hold ---- */

void sim_slander_watch(struct sim_node *node)
{
    struct sim_world *world = node->world;
    const struct lh_replica *replica = node->exchange.replica;

    for (size_t i = 0; world->slander.is_on && i < lh_replica_count(replica); i++) {
        const struct lh_replica_ledger *held = lh_replica_at(replica, i);
        size_t who = sim_world_member(world, held->department);

        if (held->witnessed_size > 0 &&
            !sim_council_has_witnessed(&world->council, who, held->generation,
                                       held->witnessed_size)) {
            sim_world_fail(world, "O7",
                           "m%zu keeps head %" PRIu64 " of %s as witnessed, and it is not",
                           node->machine, held->witnessed_size, held->origin);
        }
    }
}
