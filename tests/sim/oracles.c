#include "tests/sim/oracles.h"

#include "tests/sim/world.h"

#include <inttypes.h>
#include <stdio.h>

enum { REASON_FIRST = 1, REASON_RESTORE = 2, REASON_UNSAFE = 6 }; /* of GENERATION */

/* O5: every entry that was acknowledged is in the ledger, or officers have named it as lost; what
 * was asked for is acknowledged by now, unless the department may not seal. */
static void judge_entries(struct sim_world *world, struct sim_node *node)
{
    const struct sim_book *book = &world->books[node->who];
    const char *department = world->members->list[node->who].department;

    if (lh_ledger_state(node->sealing.ledger) == LH_LEDGER_SUSPECT || sim_asking_is_on(node) ||
        book->is_doubled) {
        return;
    }
    if (book->written < book->asked) {
        sim_world_fail(world, "O5", "%s has written %" PRIu64 " of %" PRIu64 " entries", department,
                       book->written, book->asked);
    }
    for (uint64_t i = 1; i <= book->written; i++) {
        struct lh_buf source = LH_BUF_EMPTY;
        struct lh_buf id = LH_BUF_EMPTY;
        struct lh_ledger_event place;

        lh_buf_add_format(&source, "urn:simcity:%s:window", department);
        lh_buf_add_format(&id, "e-%" PRIu64, i);
        if (lh_ledger_find_event(node->sealing.ledger, lh_buf_bytes(&source), lh_buf_bytes(&id),
                                 &place, NULL) != LH_OK &&
            !sim_book_is_lost(book, i)) {
            sim_world_fail(world, "O5", "%s lost entry %" PRIu64, department, i);
        }
        lh_buf_clear(&source);
        lh_buf_clear(&id);
    }
}

/* O4 of the own ledger: it proves itself, byte for byte. */
static void judge_ledger(struct sim_world *world, struct sim_node *node)
{
    struct lh_err err = LH_ERR_NONE;
    uint64_t index = 0;

    if (lh_ledger_verify(node->sealing.ledger, world->members->suite, &index, NULL, NULL, &err) !=
        LH_OK) {
        sim_world_fail(world, "O4", "the ledger of m%zu at %" PRIu64 ": %s", node->machine, index,
                       err.text);
    }
}

/* O9 of the links: everybody is linked to everybody. */
static void judge_links(struct sim_world *world, struct sim_node *node)
{
    for (size_t who = 0; who < world->member_count; who++) {
        if (who != node->who && sim_links_find(node, who) == NULL) {
            sim_world_fail(world, "O9", "m%zu has no link to %s", node->machine,
                           world->members->list[who].department);
        }
    }
}

/* O9: everybody holds what the author has; of a generation that was restored they may hold more. */
static void judge_copies(struct sim_world *world, struct sim_node *author)
{
    struct lh_ledger *newest = author->sealing.ledger;

    for (struct lh_ledger *ledger = newest; ledger != NULL; ledger = lh_ledger_prev(ledger)) {
        struct lh_ledger_head head;

        lh_ledger_head(ledger, &head);
        for (size_t i = 0; head.size > 0 && i < world->member_count; i++) {
            const struct lh_replica_ledger *held =
                lh_replica_find(world->nodes[i].exchange.replica, lh_ledger_origin(ledger));
            uint64_t size = held == NULL ? 0 : held->chain.tree.size;
            bool is_same = size == head.size && lh_hash_is_equal(&held->root, &head.root);

            if (!is_same && (ledger == newest || size <= head.size)) {
                sim_world_fail(world, "O9", "m%zu holds %" PRIu64 " of %" PRIu64 " leaves of %s", i,
                               size, head.size, lh_ledger_origin(ledger));
            }
        }
    }
}

/* O10: if two machines hold heads that exclude each other, or one has evidence, all have it. */
static void judge_evidence(struct sim_world *world, size_t who)
{
    const struct sim_book *book = &world->books[who];
    char origin[LH_ORIGIN_MAX + 1];
    unsigned branches = 3;
    size_t tainted = 0;

    sim_world_origin(world, who, 1, origin);
    for (size_t i = 0; i < world->member_count; i++) {
        const struct lh_replica_ledger *held =
            lh_replica_find(world->nodes[i].exchange.replica, origin);

        if (held != NULL && held->chain.tree.size > 0) {
            struct sim_seal seal = { .generation = 1,
                                     .size = held->chain.tree.size,
                                     .root = held->root };
            branches &= sim_book_branches(book, who, &seal);
        }
        tainted += held != NULL && held->is_tainted;
    }
    if ((branches == 0 || tainted > 0) && tainted < world->member_count) {
        sim_world_fail(world, "O10", "%zu of %zu machines have evidence against %s", tainted,
                       world->member_count, origin);
    }
}

/* How many of its witnesses promise: not those that may have been set back themselves. With
 * `cosigns` those alone that cosign as well: one that is silent promises, and never cosigns. */
static unsigned count_able(const struct sim_world *world, size_t who, bool cosigns)
{
    unsigned count = 0;

    for (size_t i = 0; i < world->member_count; i++) {
        const struct sim_node *node = &world->nodes[i];
        bool is_able = !sim_asking_is_on(node) &&
                       lh_ledger_state(node->sealing.ledger) != LH_LEDGER_SUSPECT &&
                       !(cosigns && world->council.roles[i] == SIM_ROLE_SILENT);

        count += is_able && sim_council_is_designated(&world->council, who, i);
    }
    return count;
}

/* O9 of restore: who asked was answered, unless it once went on unasked, more of its witnesses than
 * the quorum bears have lost what they cosigned, or too many of them ask themselves: then they wait
 * for each other, and people have to decide. */
static void judge_asking(struct sim_world *world, const struct sim_node *node)
{
    if (!world->books[node->who].is_unasked && !sim_theft_is_of(world, node->who) &&
        !sim_council_is_beyond(world, node->who) &&
        count_able(world, node->who, false) >= world->council.quorum.promise_count) {
        sim_world_fail(world, "O9", "m%zu still asks for promises", node->machine);
    }
}

/* O9 of witnessing: with everybody there the newest head is final. One that went on from a restore
 * by itself, or whose ledger contradicts itself, has no right to that. */
static bool has_gone_on_unasked(const struct lh_ledger *newest)
{
    for (const struct lh_ledger *at = newest; at != NULL; at = lh_ledger_prev(at)) {
        if (lh_ledger_reason(at) == REASON_UNSAFE) {
            return true;
        }
    }
    return false;
}

static void judge_level(struct sim_world *world, struct sim_node *author)
{
    struct lh_ledger *ledger = author->sealing.ledger;
    struct lh_ledger_head head;

    lh_ledger_head(ledger, &head);
    bool has_right = lh_ledger_reason(ledger) == REASON_FIRST ||
                     (lh_ledger_reason(ledger) == REASON_RESTORE && !has_gone_on_unasked(ledger));

    if (sim_asking_is_on(author)) {
        judge_asking(world, author);
    } else if (has_right && !sim_theft_is_of(world, author->who) &&
               count_able(world, author->who, true) >= world->council.quorum.cosigner_count &&
               lh_nomination_level(author->witnessing.nomination, head.size) != LH_LEVEL_FINAL) {
        sim_world_fail(world, "O9", "the newest head of m%zu is not final: %" PRIu64,
                       author->machine, head.size);
    }
}

static void judge_replicas(struct sim_world *world)
{
    sim_theft_judge(world);
    for (size_t i = 0; i < world->member_count; i++) {
        if (world->books[i].is_doubled) {
            judge_evidence(world, i);
        } else {
            judge_level(world, &world->nodes[i]);
            if (!sim_asking_is_on(&world->nodes[i])) {
                judge_copies(world, &world->nodes[i]);
            }
        }
    }
}

void sim_oracles_judge(struct sim_world *world)
{
    for (size_t i = 0; i < world->member_count; i++) {
        struct sim_node *node = &world->nodes[i];

        if (!node->is_up) {
            sim_world_fail(world, "O9", "m%zu is down in the end", i);
            continue;
        }
        judge_ledger(world, node);
        judge_entries(world, node);
        judge_links(world, node);
    }
    if (world->failure[0] == '\0') {
        judge_replicas(world);
    }
}
