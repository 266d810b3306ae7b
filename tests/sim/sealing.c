#include "tests/sim/sealing.h"

#include "crypto/base/assert.h"
#include "tests/sim/world.h"

#include <inttypes.h>

enum { OFFICERS_MIN_MS = 1000, OFFICERS_MAX_MS = 6000 };

static struct sim_seal seal_of(const struct sim_node *node)
{
    struct lh_ledger *ledger = node->sealing.ledger;
    struct lh_ledger_head head;

    lh_ledger_head(ledger, &head);
    return (struct sim_seal){ .machine = node->machine,
                              .generation = lh_ledger_generation(ledger),
                              .size = head.size,
                              .root = head.root };
}

static bool must_not_fail(struct sim_node *node, enum lh_code rc, const struct lh_err *err)
{
    if (rc == LH_ERR_IO) {
        sim_node_fail(node, err);
        return false;
    }
    if (rc != LH_OK) {
        sim_world_fail(node->world, "O4", "m%zu: %s", node->machine, err->text);
    }
    return rc == LH_OK;
}

/* ---- start ---- */

static bool has_had(const struct sim_node *node, const struct sim_seal *seal)
{
    unsigned branches = sim_book_branches(&node->world->books[node->who], node->who, seal);

    return (branches & (node->machine == node->who ? 1U : 2U)) != 0;
}

/* O2: what was released is there after any crash, or the node knows that it may be not. */
static void check_head(struct sim_node *node)
{
    struct sim_world *world = node->world;
    struct sim_seal last = sim_book_last(&world->books[node->who]);
    struct sim_seal found = seal_of(node);

    if (world->books[node->who].is_doubled) {
        if (found.size > 0 && !has_had(node, &found)) {
            sim_book_release(world, node->who, &found);
        }
        return;
    }
    int order = found.size == 0 && last.size == 0 ? 0 : sim_seal_compare(&found, &last);
    if (order < 0 || (order == 0 && !lh_hash_is_equal(&found.root, &last.root) && last.size > 0)) {
        sim_world_fail(world, "O2", "m%zu lost a released head: %" PRIu64 " of %" PRIu64,
                       node->machine, found.size, last.size);
    } else if (order > 0) {
        sim_world_count(world, SIM_UNRELEASED_BLOCK);
        sim_book_release(world, node->who, &found);
    }
}

static enum lh_code open_ledger(struct sim_node *node, uint32_t generation, bool is_next,
                                struct lh_err *err)
{
    const struct sim_member *member = &node->world->members->list[node->who];
    struct lh_ledger_options options = { .store = node->disk.store,
                                         .guard = node->disk.guard,
                                         .genesis = node->world->genesis,
                                         .department = member->department,
                                         .generation = generation,
                                         .is_next = is_next,
                                         .seal = member->seals[generation - 1] };

    if (sim_asking_is_on(node)) {
        options.marker = lh_bytes_of_text("restored");
    }

    return lh_ledger_open(&node->sealing.ledger, &options, NULL, err);
}

void sim_sealing_start(struct sim_node *node)
{
    struct sim_world *world = node->world;
    const char *department = world->members->list[node->who].department;
    struct lh_err err = LH_ERR_NONE;
    uint32_t generation = 0;

    node->sealing = (struct sim_sealing){ .ledger = NULL };
    enum lh_code rc =
        lh_ledger_newest(&generation, node->disk.store, world->genesis, department, &err);
    if (rc == LH_OK) {
        rc = open_ledger(node, generation == 0 ? 1 : generation, false, &err);
    }
    if (!must_not_fail(node, rc, &err)) {
        return;
    }
    sim_asking_look(node);
    if (lh_ledger_generation(node->sealing.ledger) <
        sim_book_last(&world->books[node->who]).generation) {
        sim_world_count(world, SIM_GENERATION_MISSING);
    }
    enum lh_ledger_state state = lh_ledger_state(node->sealing.ledger);
    sim_trace_say(&world->trace, "m%zu starts as %s", node->machine, lh_ledger_state_name(state));
    if (sim_asking_is_on(node)) {
        return;
    }
    if (state == LH_LEDGER_SUSPECT) {
        sim_world_count(world, SIM_RESTORED_SUSPECT);
        node->sealing.officers_ms =
            world->now_ms + sim_between(&node->stream, OFFICERS_MIN_MS, OFFICERS_MAX_MS);
    } else {
        check_head(node);
    }
}

void sim_sealing_stop(struct sim_node *node)
{
    lh_ledger_close(node->sealing.ledger);
    node->sealing.ledger = NULL;
}

/* ---- blocks ---- */

static bool append(struct sim_node *node, struct sim_entry *entries, struct lh_ledger_item *items,
                   size_t count)
{
    struct sim_world *world = node->world;
    struct lh_ledger *ledger = node->sealing.ledger;
    struct lh_buf checkpoint = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    for (size_t i = 0; i < count; i++) {
        items[i] = sim_entry_item(&entries[i]);
        enum lh_code judged =
            lh_roster_judge(lh_ledger_roster(ledger), world->members->suite, items[i].entry,
                            items[i].body, false, &items[i].level, &err);
        lh_assert(judged == LH_OK);
    }
    enum lh_code rc = lh_ledger_append(ledger, world->members->suite, items, count,
                                       sim_node_wall_ms(node), NULL, &checkpoint, &err);
    lh_buf_clear(&checkpoint);
    if (!must_not_fail(node, rc, &err)) {
        return false;
    }
    struct sim_seal seal = seal_of(node);
    sim_trace_say(&world->trace, "m%zu seals %" PRIu32 "/%" PRIu64 " %02x%02x", node->machine,
                  seal.generation, seal.size, seal.root.bytes[0], seal.root.bytes[1]);
    sim_world_count(world, SIM_BLOCK_SEALED);
    sim_book_release(world, node->who, &seal);
    if (!sim_asking_is_on(node)) {
        sim_exchange_seal(node);
    }
    return node->is_up;
}

/* Was the entry written by a process that could not say so any more? False: it has a place. */
static bool is_new(struct sim_node *node, const struct sim_entry *entry, struct sim_place *out)
{
    struct lh_ledger_event event;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc =
        lh_ledger_find_event(node->sealing.ledger, lh_bytes_of_text(entry->body.source),
                             lh_bytes_of_text(entry->body.id), &event, &err);

    if (rc == LH_ERR_NOT_FOUND) {
        return true;
    }
    if (must_not_fail(node, rc, &err)) {
        *out = (struct sim_place){ .generation = lh_ledger_generation(event.ledger),
                                   .index = event.index };
        sim_world_count(node->world, SIM_RETRIED_ENTRY);
    }
    return false;
}

/* Who asked for an entry asks until it is acknowledged: only the newest ones can be there already.
 */
static void write_entries(struct sim_node *node)
{
    struct sim_world *world = node->world;
    struct sim_book *book = &world->books[node->who];
    struct sim_entry entries[SIM_BLOCK_ENTRIES_MAX];
    struct lh_ledger_item items[SIM_BLOCK_ENTRIES_MAX];
    uint64_t first = book->written + 1;
    size_t count = 0;

    while (first + count <= book->asked && count < SIM_BLOCK_ENTRIES_MAX && node->is_up) {
        struct sim_place place = { .index = 0 };

        sim_members_write(world->members, world->genesis, node->who, first + count,
                          sim_node_wall_ms(node), &entries[count]);
        if (is_new(node, &entries[count], &place)) {
            count++;
            continue;
        }
        sim_entry_clear(&entries[count]);
        if (node->is_up) {
            lh_assert(count == 0);
            sim_book_acknowledge(book, first++, place);
        }
    }
    if (node->is_up && count > 0 && append(node, entries, items, count)) {
        for (size_t i = 0; i < count; i++) {
            sim_book_acknowledge(
                book, first + i,
                (struct sim_place){ .generation = lh_ledger_generation(node->sealing.ledger),
                                    .index = items[i].index });
        }
    }
    for (size_t i = 0; i < count; i++) {
        sim_entry_clear(&entries[i]);
    }
}

static void begin(struct sim_node *node, const struct lh_ledger_facts *facts,
                  const struct lh_hash *promises)
{
    struct sim_world *world = node->world;
    struct lh_ledger_item item;
    struct sim_entry entry;

    sim_members_found(world->members, world->genesis, node->who, facts, promises,
                      sim_node_wall_ms(node), &entry);
    if (facts == NULL) {
        lh_buf_reset(&world->books[node->who].first);
        lh_buf_add(&world->books[node->who].first, lh_buf_bytes(&entry.bytes));
    }
    (void)append(node, &entry, &item, 1);
    sim_entry_clear(&entry);
}

/* Nothing says how far the ledger was: what is not there is lost, however much that is. */
static bool is_guard_lost(const struct lh_ledger_facts *facts)
{
    return !facts->has_guard || facts->guard.size == 0;
}

/* The range that the GENERATION names. An image from before an earlier restore lacks generations:
 * then their numbers are left out, which says that they are lost, and so is what stood behind the
 * image in the one that is continued. */
static void note_lost(struct sim_node *node, uint32_t generation,
                      const struct lh_ledger_facts *facts)
{
    struct sim_book *book = &node->world->books[node->who];
    struct sim_lost lost = { .generation = generation,
                             .from = facts->lost_from,
                             .until = facts->lost_until };

    if (facts->next > generation + 1 || is_guard_lost(facts)) {
        lost.from = facts->prev_size;
        lost.until = UINT64_MAX;
    }
    if (lost.until > 0) {
        sim_book_lose(book, &lost);
    }
    for (uint32_t i = generation + 1; i < facts->next; i++) {
        sim_book_lose(book, &(struct sim_lost){ .generation = i, .until = UINT64_MAX });
    }
    for (uint64_t i = 1; i <= book->written; i++) {
        if (sim_book_is_lost(book, i)) {
            sim_world_count(node->world, SIM_ENTRY_LOST);
        }
    }
}

/* Two officers have looked at what was restored and go on with it. */
static void go_on(struct sim_node *node)
{
    struct sim_world *world = node->world;
    uint32_t generation = lh_ledger_generation(node->sealing.ledger);
    struct lh_err err = LH_ERR_NONE;
    struct lh_ledger_facts facts;

    lh_ledger_facts(node->sealing.ledger, world->members->suite, &facts);
    if (facts.next > SIM_GENERATIONS_MAX) {
        return;
    }
    if (world->is_asking) {
        sim_asking_order(node, facts.next);
        return;
    }
    world->books[node->who].is_unasked = true;
    sim_sealing_stop(node);
    enum lh_code rc = open_ledger(node, facts.next, true, &err);
    sim_library_follow(node);
    if (must_not_fail(node, rc, &err)) {
        note_lost(node, generation, &facts); /* it is signed, whether the process lives or not */
        begin(node, &facts, NULL);
    }
    if (node->is_up) {
        sim_world_count(world, SIM_GENERATION_BEGUN);
    }
}

/* The ledger that this was opened for has to be the last one, so the process starts anew. */
void sim_sealing_begin_asked(struct sim_node *node, const struct lh_ledger_facts *facts,
                             const struct lh_hash *promises)
{
    struct sim_world *world = node->world;
    uint32_t generation = lh_ledger_generation(node->sealing.ledger);
    struct lh_err err = LH_ERR_NONE;

    sim_sealing_stop(node);
    enum lh_code rc = open_ledger(node, facts->next, true, &err);
    if (must_not_fail(node, rc, &err)) {
        note_lost(node, generation, facts);
        sim_council_go_on(world, node->who, facts);
        begin(node, facts, promises);
    }
    if (node->is_up) {
        sim_world_count(world, SIM_GENERATION_ASKED);
        sim_node_restart(node, "the generation that was asked for has begun");
    }
}

void sim_sealing_tick(struct sim_node *node)
{
    if (sim_asking_is_on(node)) {
        sim_asking_tick(node);
        return;
    }
    switch (lh_ledger_state(node->sealing.ledger)) {
    case LH_LEDGER_NEW:
        begin(node, NULL, NULL);
        break;
    case LH_LEDGER_CONTINUOUS:
        write_entries(node);
        break;
    case LH_LEDGER_SUSPECT:
        if (node->world->now_ms >= node->sealing.officers_ms) {
            go_on(node);
        }
        break;
    }
}
