#include "tests/sim/council.h"

#include "crypto/base/assert.h"
#include "tests/sim/world.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void designate(struct sim_world *world)
{
    struct sim_council *council = &world->council;
    struct lh_quorum_member members[SIM_MEMBERS_MAX];

    council->quorum = lh_quorum_of(world->member_count);
    for (size_t i = 0; i < world->member_count; i++) {
        members[i] = (struct lh_quorum_member){ .department = lh_bytes_of_text(
                                                    world->members->list[i].department) };
    }
    for (size_t i = 0; i < world->member_count; i++) {
        enum lh_code rc = lh_quorum_designate(
            &council->witnesses[i], world->members->suite, lh_genesis_network_id(world->genesis),
            members[i].department, members, world->member_count, NULL);
        lh_assert(rc == LH_OK);
    }
}

void sim_council_init(struct sim_world *world)
{
    struct lh_seeded stream = sim_stream(world->options.seed, "council", 0);

    designate(world);
    for (unsigned i = 0; i < world->council.quorum.fault_count; i++) {
        static const enum sim_role bad[] = { SIM_ROLE_YES, SIM_ROLE_FORGET, SIM_ROLE_SILENT };

        world->council.roles[lh_seeded_below(&stream, world->member_count)] =
            bad[lh_seeded_below(&stream, sizeof bad / sizeof bad[0])];
    }
}

void sim_council_clear(struct sim_council *council)
{
    free(council->votes);
    council->votes = NULL;
    council->count = council->capacity = 0;
}

bool sim_council_is_designated(const struct sim_council *council, size_t author, size_t witness)
{
    const struct lh_designation *designation = &council->witnesses[author];

    for (unsigned i = 0; i < designation->count; i++) {
        if (designation->members[i] == witness) {
            return true;
        }
    }
    return false;
}

static struct sim_votes *find(const struct sim_council *council, size_t who,
                              const struct sim_seal *seal)
{
    for (size_t i = 0; i < council->count; i++) {
        struct sim_votes *at = &council->votes[i];

        if (at->who == who && sim_seal_compare(&at->seal, seal) == 0 &&
            lh_hash_is_equal(&at->seal.root, &seal->root)) {
            return at;
        }
    }
    return NULL;
}

static struct sim_votes *votes_of(struct sim_council *council, size_t who,
                                  const struct sim_seal *seal)
{
    struct sim_votes *votes = find(council, who, seal);

    if (votes != NULL) {
        return votes;
    }
    if (council->count == council->capacity) {
        council->capacity = council->capacity == 0 ? 64 : 2 * council->capacity;
        council->votes = realloc(council->votes, council->capacity * sizeof council->votes[0]);
        lh_assert(council->votes != NULL);
    }
    votes = &council->votes[council->count++];
    *votes = (struct sim_votes){ .who = who, .seal = *seal };
    return votes;
}

/* Two heads of a generation exclude each other unless one machine has had both. */
static bool is_excluded(const struct sim_world *world, const struct sim_votes *a,
                        const struct sim_votes *b)
{
    const struct sim_book *book = &world->books[a->who];

    return a->who == b->who && a->seal.generation == b->seal.generation &&
           (sim_book_branches(book, a->who, &a->seal) &
            sim_book_branches(book, b->who, &b->seal)) == 0;
}

static void check_split(struct sim_world *world, const struct sim_votes *votes)
{
    for (size_t i = 0; i < world->council.count; i++) {
        const struct sim_votes *other = &world->council.votes[i];

        if (other->is_witnessed && is_excluded(world, other, votes)) {
            sim_world_fail(
                world, "O2",
                "two heads of %s are witnessed that exclude each other: %" PRIu64 " and %" PRIu64,
                world->members->list[votes->who].department, other->seal.size, votes->seal.size);
            return;
        }
    }
}

static unsigned count_bits(unsigned bits)
{
    unsigned count = 0;

    for (; bits != 0; bits &= bits - 1) {
        count++;
    }
    return count;
}

bool sim_council_is_beyond(const struct sim_world *world, size_t who)
{
    const struct sim_council *council = &world->council;
    unsigned count = 0;

    for (size_t i = 0; i < world->member_count; i++) {
        bool is_bad = council->roles[i] != SIM_ROLE_HONEST || ((council->set_back >> i) & 1) != 0 ||
                      world->books[i].is_doubled;
        count += is_bad && sim_council_is_designated(council, who, i);
    }
    return count > council->quorum.fault_count;
}

/* O2r */
static void check_left(struct sim_world *world, const struct sim_votes *votes)
{
    for (uint32_t i = votes->seal.generation + 1; i <= SIM_GENERATIONS_MAX; i++) {
        const struct sim_step *step = &world->council.steps[votes->who][i];
        bool is_above = step->from == votes->seal.generation ? votes->seal.size > step->size
                                                             : step->from < votes->seal.generation;

        if (step->is_taken && is_above && votes->is_witnessed &&
            !sim_council_is_beyond(world, votes->who)) {
            sim_world_fail(world, "O2r",
                           "%s went on from head %" PRIu64 " of generation %" PRIu32
                           ", and head %" PRIu64 " of %" PRIu32 " is witnessed",
                           world->members->list[votes->who].department, step->size, step->from,
                           votes->seal.size, votes->seal.generation);
        }
    }
}

void sim_council_go_on(struct sim_world *world, size_t who, const struct lh_ledger_facts *facts)
{
    struct sim_council *council = &world->council;
    struct sim_step step = { .is_taken = true, .size = facts->prev_size };
    struct lh_origin origin;

    if (facts->prev_size > 0) {
        enum lh_code rc = lh_origin_parse(&origin, lh_bytes_of_text(facts->prev_origin), NULL);
        lh_assert(rc == LH_OK);
        step.from = origin.generation;
    }
    council->steps[who][facts->next] = step;
    for (size_t i = 0; i < council->count; i++) {
        if (council->votes[i].who == who) {
            check_left(world, &council->votes[i]);
        }
    }
}

bool sim_council_is_begun(const struct sim_council *council, size_t who)
{
    for (size_t i = 0; i < council->count; i++) {
        if (council->votes[i].who == who && council->votes[i].is_witnessed) {
            return true;
        }
    }
    return false;
}

/* Was it set back since it cosigned, and need not have heard of that from the others? */
static bool is_excused(const struct sim_world *world, size_t witness, const struct sim_votes *votes)
{
    unsigned bit = 1U << witness;
    unsigned unheard = (unsigned)(world->member_count - 2) / 3;
    unsigned holders = votes->members & ~votes->lost & ~bit;

    for (size_t i = 0; i < world->member_count; i++) {
        if (world->council.roles[i] != SIM_ROLE_HONEST) {
            holders &= ~(1U << i);
        }
    }
    return (votes->forgotten & bit) != 0 &&
           ((votes->unknown & bit) != 0 || count_bits(holders) <= unheard);
}

/* O2w. One that lies, or of which there are two, is held to nothing. */
static void check_witness(struct sim_world *world, size_t witness, const struct sim_votes *votes)
{
    if (world->council.roles[witness] != SIM_ROLE_HONEST || world->books[witness].is_doubled) {
        return;
    }
    for (size_t i = 0; i < world->council.count; i++) {
        const struct sim_votes *other = &world->council.votes[i];

        if (((other->members >> witness) & 1) != 0 && is_excluded(world, other, votes) &&
            !is_excused(world, witness, other)) {
            sim_world_fail(
                world, "O2w",
                "%s cosigned two heads of %s that exclude each other: %" PRIu64 " and %" PRIu64,
                world->members->list[witness].department,
                world->members->list[votes->who].department, other->seal.size, votes->seal.size);
            return;
        }
    }
}

void sim_council_set_back(struct sim_world *world, size_t witness, bool is_forgetful)
{
    world->council.set_back |= 1U << witness;
    for (size_t i = 0; i < world->council.count; i++) {
        struct sim_votes *votes = &world->council.votes[i];
        unsigned bit = votes->members & (1U << witness);

        votes->lost |= bit;
        votes->forgotten |= is_forgetful ? bit : 0;
        votes->unknown |= is_forgetful && !votes->is_witnessed ? bit : 0;
    }
}

void sim_council_vote(struct sim_world *world, size_t author, size_t witness,
                      const struct sim_seal *seal)
{
    struct sim_council *council = &world->council;
    struct sim_votes *votes = votes_of(council, author, seal);
    unsigned enough = council->quorum.cosigner_count;

    if (world->options.broken == SIM_BREAK_QUORUM && enough > 1) {
        enough--;
    }
    if (sim_book_branches(&world->books[author], author, seal) == 0) {
        sim_world_fail(world, "O4", "%s cosigned a head of %s that was not released: %" PRIu64,
                       world->members->list[witness].department,
                       world->members->list[author].department, seal->size);
    }
    votes->members |= 1U << witness;
    votes->lost &= ~(1U << witness);
    votes->forgotten &= ~(1U << witness);
    votes->unknown &= ~(1U << witness);
    check_witness(world, witness, votes);
    if (!votes->is_witnessed && count_bits(votes->members) >= enough) {
        votes->is_witnessed = true;
        sim_world_count(world, SIM_HEAD_WITNESSED);
        sim_trace_say(&world->trace, "%s head %" PRIu64 " is witnessed",
                      world->members->list[author].department, seal->size);
        check_split(world, votes);
        check_left(world, votes);
    }
}

bool sim_council_is_witnessed(const struct sim_council *council, size_t author,
                              const struct sim_seal *seal)
{
    const struct sim_votes *votes = find(council, author, seal);

    return votes != NULL && votes->is_witnessed;
}

bool sim_council_has_witnessed(const struct sim_council *council, size_t who, uint32_t generation,
                               uint64_t size)
{
    for (size_t i = 0; i < council->count; i++) {
        const struct sim_votes *at = &council->votes[i];

        if (at->who == who && at->seal.generation == generation && at->seal.size == size &&
            at->is_witnessed) {
            return true;
        }
    }
    return false;
}
