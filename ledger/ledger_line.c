/*
 * The line of generations that a store holds of one ledger.
 *
 *  1. Each generation owns the one it continues, opened for reading only.
 *  2. A generation continues exactly the head of the one before that the store has: opening refuses
 *     a store in which that is not so.
 *  3. It goes on with the people and keys of the one before.
 */
#include "ledger/ledger_internal.h"

#include "crypto/base/assert.h"
#include "ledger/keys.h"

#include <inttypes.h>
#include <string.h>

/* ---- which ones there are ---- */

enum lh_code lh_ledger_newest(uint32_t *out, struct lh_store *store,
                              const struct lh_genesis *genesis, const char *department,
                              struct lh_err *err)
{
    struct lh_store_key start = lh_keys_meta("ledger/");
    struct lh_store_iter *iter = NULL;
    uint32_t newest = 0;
    enum lh_code rc = lh_store_iter_new(&iter, store, LH_TABLE_META, err);

    if (rc != LH_OK) {
        return rc;
    }
    lh_store_iter_seek(iter, lh_store_key_bytes(&start));
    for (; lh_store_iter_is_valid(iter); lh_store_iter_next(iter)) {
        struct lh_bytes key = lh_store_iter_key(iter);
        struct lh_origin origin;

        if (key.len < start.len || memcmp(key.data, start.bytes, start.len) != 0) {
            break;
        }
        if (lh_origin_parse(&origin, lh_bytes_of(key.data + start.len, key.len - start.len),
                            NULL) == LH_OK &&
            strcmp(origin.network, lh_genesis_network(genesis)) == 0 &&
            strcmp(origin.department, department) == 0 && origin.generation > newest) {
            newest = origin.generation;
        }
    }
    rc = lh_store_iter_check(iter, err);
    lh_store_iter_free(iter);
    if (rc == LH_OK) {
        *out = newest;
    }
    return rc;
}

uint32_t lh_ledger_generation(const struct lh_ledger *ledger)
{
    return ledger->options.generation;
}

unsigned lh_ledger_reason(const struct lh_ledger *ledger)
{
    return ledger->reason;
}

struct lh_ledger *lh_ledger_prev(const struct lh_ledger *ledger)
{
    return ledger->prev;
}

struct lh_ledger *lh_ledger_find(struct lh_ledger *ledger, uint32_t generation)
{
    while (ledger != NULL && ledger->options.generation != generation) {
        ledger = ledger->prev;
    }
    return ledger;
}

struct lh_ledger *lh_ledger_find_shelf(struct lh_ledger *ledger, uint32_t number)
{
    while (ledger != NULL && ledger->shelf.number != number) {
        ledger = ledger->prev;
    }
    return ledger;
}

bool lh_ledger_is_marker_answered(const struct lh_ledger *ledger)
{
    return ledger->is_marker_answered;
}

/* ---- the one before ---- */

static enum lh_code open_generation(struct lh_ledger *ledger, uint32_t generation,
                                    struct lh_err *err)
{
    struct lh_ledger_options options = { .store = ledger->options.store,
                                         .genesis = ledger->options.genesis,
                                         .department = ledger->department,
                                         .generation = generation };

    enum lh_code rc = lh_ledger_open(&ledger->prev, &options, NULL, err);

    if (rc == LH_OK) {
        ledger->prev->next = ledger;
    }
    return rc;
}

/* The newest generation of the store, which a new one will continue. */
static enum lh_code open_newest(struct lh_ledger *ledger, struct lh_err *err)
{
    uint32_t newest = 0;
    enum lh_code rc = lh_ledger_newest(&newest, ledger->options.store, ledger->options.genesis,
                                       ledger->department, err);

    if (rc != LH_OK || newest == 0) {
        return rc;
    }
    if (newest >= ledger->options.generation) {
        return lh_err_set(err, LH_ERR_CONFLICT, "the store has generation %" PRIu32 " already",
                          newest);
    }
    return open_generation(ledger, newest, err);
}

static bool is_head_named(const struct lh_ledger *prev, const lhpb_Generation *generation)
{
    return generation->has_prev_root && generation->has_prev_header &&
           generation->prev_size == prev->chain.tree.size &&
           memcmp(generation->prev_root, prev->head.root.bytes, LH_HASH_SIZE) == 0 &&
           memcmp(generation->prev_header, prev->chain.prev.bytes, LH_HASH_SIZE) == 0;
}

/* The generation that the first leaf names. One of another network left nothing to go on with. */
static enum lh_code open_named(struct lh_ledger *ledger, const lhpb_Generation *generation,
                               struct lh_err *err)
{
    struct lh_origin origin;
    enum lh_code rc = LH_OK;

    ledger->reason = generation->reason;
    if (generation->prev_origin[0] == '\0' || generation->prev_size == 0) {
        return LH_OK;
    }
    if (lh_origin_parse(&origin, lh_bytes_of_text(generation->prev_origin), err) != LH_OK ||
        strcmp(origin.network, lh_genesis_network(ledger->options.genesis)) != 0) {
        return LH_OK;
    }
    if (strcmp(origin.department, ledger->department) != 0 ||
        origin.generation >= ledger->options.generation) {
        return lh_err_set(err, LH_ERR_CORRUPT, "it continues no earlier generation of its own");
    }
    rc = open_generation(ledger, origin.generation, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (!is_head_named(ledger->prev, generation)) {
        return lh_err_set(err, LH_ERR_CORRUPT,
                          "%s does not end in the store where the generation behind it begins",
                          ledger->prev->origin);
    }
    return LH_OK;
}

enum lh_code lh_ledger_open_line(struct lh_ledger *ledger, struct lh_err *err)
{
    struct lh_roster *roster = NULL;
    lhpb_Body body;
    enum lh_code rc;

    if (ledger->is_shelved && ledger->options.is_next) {
        rc = lh_err_set(err, LH_ERR_CONFLICT, "this generation has begun already");
    } else if (ledger->is_shelved) {
        rc = lh_ledger_load_generation(ledger, &body, err);
        if (rc == LH_OK) {
            rc = open_named(ledger, &body.detail.generation, err);
        }
    } else {
        rc = ledger->options.is_next ? open_newest(ledger, err) : LH_OK;
    }
    if (rc != LH_OK || ledger->prev == NULL) {
        return rc;
    }
    rc = lh_roster_copy(&roster, ledger->prev->roster, err);
    if (rc == LH_OK) {
        lh_roster_free(ledger->roster);
        ledger->roster = roster;
    }
    return rc;
}

/* ---- what a GENERATION has to say ---- */

/* The number behind every generation that store and guard have heard of. */
static uint32_t next_number(const struct lh_ledger *ledger)
{
    struct lh_origin seen;
    uint32_t newest = ledger->options.generation;

    if (ledger->has_guard_head &&
        lh_origin_parse(&seen, lh_bytes_of_text(ledger->guard_head.origin), NULL) == LH_OK &&
        strcmp(seen.network, lh_genesis_network(ledger->options.genesis)) == 0 &&
        strcmp(seen.department, ledger->department) == 0 && seen.generation > newest) {
        newest = seen.generation;
    }
    return newest + 1;
}

void lh_ledger_facts(const struct lh_ledger *ledger, struct lh_suite *suite,
                     struct lh_ledger_facts *out)
{
    const struct lh_guard_head *guard = &ledger->guard_head;
    uint64_t size = ledger->chain.tree.size;

    *out = (struct lh_ledger_facts){ .next = next_number(ledger),
                                     .prev_size = size,
                                     .has_guard = ledger->has_guard_head };
    memcpy(out->prev_origin, ledger->origin, sizeof out->prev_origin);
    if (size > 0) {
        out->prev_root = lh_tree_root(&ledger->chain.tree, suite);
        out->prev_header = ledger->chain.prev;
    }
    if (ledger->has_guard_head) {
        out->guard = *guard;
    }
    if (ledger->has_guard_head && strcmp(guard->origin, ledger->origin) == 0 &&
        guard->size > size && guard->size > 1) {
        out->lost_from = size > 0 ? size : 1; /* a lost range never holds index 0 */
        out->lost_until = guard->size - 1;
    }
}

static bool is_continued(const struct lh_ledger_facts *facts, const lhpb_Generation *generation)
{
    if (facts->prev_size == 0) {
        return generation->prev_size == 0 && !generation->has_prev_root &&
               !generation->has_prev_header;
    }
    return generation->prev_size == facts->prev_size && generation->has_prev_root &&
           memcmp(generation->prev_root, facts->prev_root.bytes, LH_HASH_SIZE) == 0 &&
           generation->has_prev_header &&
           memcmp(generation->prev_header, facts->prev_header.bytes, LH_HASH_SIZE) == 0;
}

enum lh_code lh_ledger_check_facts(const struct lh_ledger_facts *facts,
                                   const lhpb_Generation *generation, struct lh_err *err)
{
    /* spec ledger.md 8.4: "by a GENERATION of a number above that of every generation that store
     * and guard have heard of" */
    if (generation->number < facts->next) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "the next generation is %" PRIu32 ", or a higher one", facts->next);
    }
    if (strcmp(generation->prev_origin, facts->prev_origin) != 0 ||
        !is_continued(facts, generation)) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "it does not continue the %" PRIu64 " leaves of %s that the store holds",
                          facts->prev_size, facts->prev_origin);
    }
    if (generation->lost_from != 0 && generation->lost_from < facts->prev_size) {
        return lh_err_set(err, LH_ERR_INVALID, "it names leaves as lost that it continues");
    }
    if (generation->lost_until < facts->lost_until ||
        (facts->lost_from != 0 && generation->lost_from != facts->lost_from)) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "the guard remembers leaves %" PRIu64 " to %" PRIu64
                          " that the store lacks: they are to be named as lost",
                          facts->lost_from, facts->lost_until);
    }
    return LH_OK;
}
