#include "tests/sim/world.h"

#include "crypto/base/assert.h"

#include <inttypes.h>
#include <stdlib.h>

void sim_book_clear(struct sim_book *book)
{
    free(book->seals);
    lh_buf_clear(&book->first);
    book->seals = NULL;
    book->count = book->capacity = 0;
}

int sim_seal_compare(const struct sim_seal *a, const struct sim_seal *b)
{
    if (a->generation != b->generation) {
        return a->generation < b->generation ? -1 : 1;
    }
    return a->size == b->size ? 0 : a->size < b->size ? -1 : 1;
}

struct sim_seal sim_book_last(const struct sim_book *book)
{
    return book->count == 0 ? (struct sim_seal){ .size = 0 } : book->seals[book->count - 1];
}

void sim_book_release(struct sim_world *world, size_t who, const struct sim_seal *seal)
{
    struct sim_book *book = &world->books[who];
    struct sim_seal last = sim_book_last(book);

    if (sim_seal_compare(seal, &last) <= 0 && !book->is_doubled) {
        sim_world_fail(world, "O1",
                       "%s released head %" PRIu64 " of generation %" PRIu32 " after %" PRIu64
                       " of %" PRIu32,
                       world->members->list[who].department, seal->size, seal->generation,
                       last.size, last.generation);
    }
    if (book->count == book->capacity) {
        book->capacity = book->capacity == 0 ? 64 : 2 * book->capacity;
        book->seals = realloc(book->seals, book->capacity * sizeof book->seals[0]);
        lh_assert(book->seals != NULL);
    }
    book->seals[book->count++] = *seal;
}

void sim_book_acknowledge(struct sim_book *book, uint64_t number, struct sim_place place)
{
    book->places[number] = place;
    book->written = number > book->written ? number : book->written;
}

void sim_book_lose(struct sim_book *book, const struct sim_lost *lost)
{
    lh_assert(book->lost_count < SIM_LOST_MAX);
    book->lost[book->lost_count++] = *lost;
}

void sim_book_double(struct sim_book *book)
{
    book->is_doubled = true;
    book->doubled_from = book->count;
}

unsigned sim_book_branches(const struct sim_book *book, size_t who, const struct sim_seal *seal)
{
    unsigned branches = 0;

    for (size_t i = 0; i < book->count; i++) {
        const struct sim_seal *at = &book->seals[i];

        if (sim_seal_compare(at, seal) == 0 && lh_hash_is_equal(&at->root, &seal->root)) {
            bool is_common = !book->is_doubled || i < book->doubled_from;
            branches |= is_common ? 3U : at->machine == who ? 1U : 2U;
        }
    }
    return branches;
}

bool sim_book_is_lost(const struct sim_book *book, uint64_t number)
{
    const struct sim_place *place = &book->places[number];

    for (size_t i = 0; i < book->lost_count; i++) {
        const struct sim_lost *lost = &book->lost[i];

        if (place->generation == lost->generation && place->index >= lost->from &&
            place->index <= lost->until) {
            return true;
        }
    }
    return false;
}
