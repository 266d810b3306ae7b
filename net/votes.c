#include "net/votes.h"

#include "crypto/base/assert.h"
#include "ledger/generation.h"
#include "net/message.h"

#include <stdlib.h>
#include <string.h>

/* A note is written when a vote was found, and after so many leaves without one. */
enum { KEEP_EVERY = 16384, READ_MAX = 256 * 1024, ROW_SIZE = 8 + 4 + 2 * LH_HASH_SIZE };

/* What was found in one ledger. */
struct found {
    bool is_recalled; /* the note was read, if there is one */
    uint64_t seen;
    uint64_t kept;    /* `seen` as the note says it */
    uint64_t checked; /* a witnessed size that is of the branch that is held */
    bool has_before;  /* it goes on from a ledger of this network */
    bool is_begun;    /* its GENERATION was read: `before` is set, if it has one */
    char before[LH_ORIGIN_MAX + 1];
    uint64_t before_size;
    struct lh_hash before_root;
    size_t count;
    size_t capacity;
    struct lh_vote *all;
};

struct lh_votes {
    struct lh_replica *replica;
    size_t count;
    struct found *ledgers; /* by place in the replica */
    struct lh_buf leaves;
    struct lh_buf note;
};

enum lh_code lh_votes_new(struct lh_votes **out, struct lh_replica *replica, struct lh_err *err)
{
    struct lh_votes *votes = calloc(1, sizeof *votes);

    if (votes == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "the votes");
    }
    votes->replica = replica;
    *out = votes;
    return LH_OK;
}

void lh_votes_free(struct lh_votes *votes)
{
    if (votes != NULL) {
        for (size_t i = 0; i < votes->count; i++) {
            free(votes->ledgers[i].all);
        }
        free(votes->ledgers);
        lh_buf_clear(&votes->leaves);
        lh_buf_clear(&votes->note);
        free(votes);
    }
}

/* Room for each ledger that is known by now. */
static enum lh_code grow(struct lh_votes *votes, struct lh_err *err)
{
    size_t count = lh_replica_count(votes->replica);
    struct found *ledgers;

    if (count == votes->count) {
        return LH_OK;
    }
    ledgers = realloc(votes->ledgers, count * sizeof ledgers[0]);
    if (ledgers == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "the votes");
    }
    memset(ledgers + votes->count, 0, (count - votes->count) * sizeof ledgers[0]);
    votes->ledgers = ledgers;
    votes->count = count;
    return LH_OK;
}

static enum lh_code add(struct found *found, const struct lh_vote *vote, struct lh_err *err)
{
    if (found->count == LH_VOTES_MAX) {
        return LH_OK;
    }
    if (found->count == found->capacity) {
        size_t capacity = found->capacity == 0 ? 8 : 2 * found->capacity;
        struct lh_vote *all = realloc(found->all, capacity * sizeof all[0]);

        if (all == NULL) {
            return lh_err_set(err, LH_ERR_NOMEM, "the votes");
        }
        found->all = all;
        found->capacity = capacity;
    }
    found->all[found->count++] = *vote;
    return LH_OK;
}

/* ---- the note: u64 seen || hash root || (u64 index || u32 round || parent || proposal)* ---- */

static enum lh_code keep(struct lh_votes *votes, const struct lh_replica_ledger *ledger,
                         struct found *found, struct lh_err *err)
{
    struct lh_hash root;
    enum lh_code rc = lh_replica_root(votes->replica, ledger->origin, found->seen, &root, err);

    if (rc != LH_OK) {
        return rc;
    }
    lh_buf_reset(&votes->note);
    lh_buf_add_u64(&votes->note, found->seen);
    lh_buf_add(&votes->note, lh_hash_bytes(&root));
    for (size_t i = 0; i < found->count; i++) {
        lh_buf_add_u64(&votes->note, found->all[i].index);
        lh_buf_add_u32(&votes->note, found->all[i].claim.round);
        lh_buf_add(&votes->note, lh_hash_bytes(&found->all[i].claim.parent));
        lh_buf_add(&votes->note, lh_hash_bytes(&found->all[i].claim.proposal));
    }
    rc = lh_buf_check(&votes->note, err);
    if (rc == LH_OK) {
        rc = lh_replica_put_note(votes->replica, ledger->origin, LH_REPLICA_GOVERNANCE,
                                 lh_buf_bytes(&votes->note), err);
    }
    if (rc == LH_OK) {
        found->kept = found->seen;
    }
    return rc;
}

static enum lh_code read_rows(struct found *found, struct lh_reader *in, struct lh_err *err)
{
    enum lh_code rc = LH_OK;

    while (rc == LH_OK && !in->failed && in->rest.len > 0) {
        struct lh_vote vote = { .index = lh_read_u64(in) };

        vote.claim.round = lh_read_u32(in);
        lh_read_into(in, vote.claim.parent.bytes, LH_HASH_SIZE);
        lh_read_into(in, vote.claim.proposal.bytes, LH_HASH_SIZE);
        rc = add(found, &vote, err);
    }
    return rc;
}

/* What was found before we were started, unless it was on another branch than the one that is held,
 * or does not hold together: then everything is looked at again. */
static enum lh_code recall(struct lh_votes *votes, const struct lh_replica_ledger *ledger,
                           struct found *found, struct lh_err *err)
{
    struct lh_hash noted;
    struct lh_hash root;
    struct lh_reader in;
    uint64_t seen;
    bool is_whole;
    enum lh_code rc = lh_replica_get_note(votes->replica, ledger->origin, LH_REPLICA_GOVERNANCE,
                                          &votes->note, err);

    if (rc != LH_OK) {
        found->is_recalled = rc == LH_ERR_NOT_FOUND;
        return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
    }
    in = lh_reader_of(lh_buf_bytes(&votes->note));
    seen = lh_read_u64(&in);
    lh_read_into(&in, noted.bytes, LH_HASH_SIZE);
    is_whole = !in.failed && in.rest.len % ROW_SIZE == 0;
    if (is_whole && seen <= ledger->chain.tree.size) {
        rc = lh_replica_root(votes->replica, ledger->origin, seen, &root, err);
        if (rc == LH_OK && lh_hash_is_equal(&root, &noted)) {
            rc = read_rows(found, &in, err);
            found->seen = seen;
            found->kept = seen;
        }
    }
    if (rc != LH_OK) { /* all of it, or nothing */
        found->count = 0;
        found->seen = 0;
        return rc;
    }
    found->is_recalled = true;
    return LH_OK;
}

/* ---- how far ---- */

/* The witnessed head is one of the branch that is held: a copy may have been filled anew. */
static enum lh_code check_witnessed(struct lh_votes *votes, const struct lh_replica_ledger *ledger,
                                    struct found *found, struct lh_err *err)
{
    struct lh_checkpoint head;
    struct lh_hash root;
    struct lh_note note;
    enum lh_code rc;

    if (ledger->witnessed_size <= found->checked ||
        ledger->witnessed_size > ledger->chain.tree.size) {
        return LH_OK;
    }
    rc = lh_replica_get_note(votes->replica, ledger->origin, LH_REPLICA_WITNESSED, &votes->note,
                             err);
    if (rc == LH_OK) {
        rc = lh_note_parse(&note, lh_buf_bytes(&votes->note), err);
    }
    if (rc == LH_OK) {
        rc = lh_checkpoint_parse(&head, note.text, err);
    }
    if (rc == LH_OK) {
        rc = lh_replica_root(votes->replica, ledger->origin, head.size, &root, err);
    }
    if (rc == LH_OK && lh_hash_is_equal(&root, &head.root)) {
        found->checked = head.size;
    }
    return rc;
}

/* One leaf; it borrows from `store`. */
static enum lh_code read_leaf(const struct lh_votes *votes, const char *origin, uint64_t index,
                              struct lh_buf *store, struct lh_bytes *out, struct lh_err *err)
{
    struct lh_bytes rest;
    enum lh_code rc;

    lh_buf_reset(store);
    rc = lh_replica_leaves(votes->replica, origin, index, 2 + LH_LEAF_MAX, store, err);
    rest = lh_buf_bytes(store);
    return rc == LH_OK && !lh_part_next(&rest, out)
               ? lh_err_set(err, LH_ERR_CORRUPT, "%s without leaf %llu", origin,
                            (unsigned long long)index)
               : rc;
}

/* An older generation of the same department, in this network: of no other does it say anything. */
static bool is_before(const struct lh_replica_ledger *ledger, const char *origin)
{
    struct lh_origin own;
    struct lh_origin before;

    return lh_origin_parse(&own, lh_bytes_of_text(ledger->origin), NULL) == LH_OK &&
           lh_origin_parse(&before, lh_bytes_of_text(origin), NULL) == LH_OK &&
           strcmp(before.network, own.network) == 0 &&
           strcmp(before.department, own.department) == 0 && before.generation < own.generation;
}

/* What the ledger's GENERATION goes on from, if it is of this network. */
static enum lh_code read_before(struct lh_votes *votes, const struct lh_replica_ledger *ledger,
                                struct found *found, struct lh_err *err)
{
    struct lh_generation before;
    struct lh_bytes leaf;
    enum lh_code rc;

    if (found->is_begun) {
        return LH_OK;
    }
    rc = read_leaf(votes, ledger->origin, 0, &votes->leaves, &leaf, err);
    if (rc == LH_OK) {
        rc = lh_generation_read(&before, leaf, err);
    }
    if (rc == LH_OK) {
        found->is_begun = true;
        found->has_before = before.prev_size > 0 && is_before(ledger, before.prev_origin);
        found->before_size = before.prev_size;
        found->before_root = before.prev_root;
        memcpy(found->before, before.prev_origin, sizeof found->before);
    }
    return rc;
}

static size_t place_of(const struct lh_votes *votes, const char *origin)
{
    size_t place = 0;

    while (place < votes->count &&
           strcmp(lh_replica_at(votes->replica, place)->origin, origin) != 0) {
        place++;
    }
    return place;
}

/* A witnessed head of the next generation covers what its GENERATION names of this one. */
static enum lh_code cover_before(struct lh_votes *votes, const struct found *next,
                                 struct lh_err *err)
{
    size_t place = place_of(votes, next->before);
    struct found *found = &votes->ledgers[place];
    struct lh_hash root;
    enum lh_code rc;

    if (next->checked == 0 || place == votes->count || found->checked >= next->before_size ||
        lh_replica_at(votes->replica, place)->chain.tree.size < next->before_size) {
        return LH_OK;
    }
    rc = lh_replica_root(votes->replica, next->before, next->before_size, &root, err);
    if (rc == LH_OK && lh_hash_is_equal(&root, &next->before_root)) {
        found->checked = next->before_size;
    }
    return rc;
}

/* spec trust.md 5.2: "Of one department the votes of a ledger come behind those of the one that its
 * GENERATION goes on from, up to the size that it names" */
static bool is_next(const struct lh_votes *votes, const struct found *found)
{
    size_t place = found->has_before ? place_of(votes, found->before) : 0;

    return !found->has_before ||
           (place < votes->count && votes->ledgers[place].seen >= found->before_size);
}

/* ---- looking ---- */

/* The leaves of one read, up to `end`. */
static enum lh_code look_at_leaves(struct lh_votes *votes, const struct lh_replica_ledger *ledger,
                                   struct found *found, uint64_t end, struct lh_err *err)
{
    struct lh_bytes rest;
    struct lh_bytes leaf;
    enum lh_code rc;

    lh_buf_reset(&votes->leaves);
    rc = lh_replica_leaves(votes->replica, ledger->origin, found->seen, READ_MAX, &votes->leaves,
                           err);
    rest = lh_buf_bytes(&votes->leaves);
    while (rc == LH_OK && found->seen < end && lh_part_next(&rest, &leaf)) {
        struct lh_vote vote = { .index = found->seen };

        rc = lh_approval_claim(&vote.claim, leaf, ledger->department, err);
        if (rc == LH_OK) {
            rc = add(found, &vote, err);
        } else if (rc == LH_ERR_INVALID) {
            rc = LH_OK; /* no vote, as most leaves */
        }
        found->seen += rc == LH_OK;
    }
    return rc;
}

static enum lh_code look_at(struct lh_votes *votes, const struct lh_replica_ledger *ledger,
                            struct found *found, size_t *leaves_left, struct lh_err *err)
{
    size_t before = found->count;
    uint64_t from;
    enum lh_code rc = LH_OK;

    while (rc == LH_OK && *leaves_left > 0 && found->seen < found->checked) {
        from = found->seen;
        rc = look_at_leaves(votes, ledger, found, found->checked, err);
        *leaves_left -= found->seen - from < *leaves_left ? found->seen - from : *leaves_left;
        if (rc == LH_OK && found->seen == from) {
            rc = lh_err_set(err, LH_ERR_CORRUPT, "%s without leaf %llu", ledger->origin,
                            (unsigned long long)from);
        }
    }
    if (rc == LH_OK && (found->count > before || found->seen - found->kept >= KEEP_EVERY)) {
        rc = keep(votes, ledger, found, err);
    }
    return rc;
}

static enum lh_code prepare(struct lh_votes *votes, const struct lh_replica_ledger *ledger,
                            struct found *found, struct lh_err *err)
{
    enum lh_code rc = read_before(votes, ledger, found, err);

    if (rc == LH_OK && !found->is_recalled) {
        rc = recall(votes, ledger, found, err);
    }
    if (rc == LH_OK) {
        rc = check_witnessed(votes, ledger, found, err);
    }
    return rc == LH_OK && found->has_before ? cover_before(votes, found, err) : rc;
}

enum lh_code lh_votes_look(struct lh_votes *votes, size_t leaves_max, bool *out_is_done,
                           struct lh_err *err)
{
    size_t left = leaves_max;
    bool is_moving = true;
    enum lh_code worst = grow(votes, err);

    *out_is_done = true;
    if (worst != LH_OK) {
        return worst;
    }
    /* a ledger that cannot be read holds up no other */
    for (size_t i = 0; i < votes->count; i++) {
        const struct lh_replica_ledger *ledger = lh_replica_at(votes->replica, i);
        enum lh_code rc = LH_OK;

        if (ledger->chain.tree.size > 0) {
            rc = prepare(votes, ledger, &votes->ledgers[i], err);
        }
        worst = rc != LH_OK ? rc : worst;
    }
    while (is_moving && left > 0) { /* one may be what another waits for */
        is_moving = false;
        for (size_t i = 0; i < votes->count; i++) {
            struct found *found = &votes->ledgers[i];
            uint64_t seen = found->seen;
            enum lh_code rc = LH_OK;

            if (found->is_recalled && is_next(votes, found)) {
                rc = look_at(votes, lh_replica_at(votes->replica, i), found, &left, err);
            }
            worst = rc != LH_OK ? rc : worst;
            is_moving |= found->seen > seen;
        }
    }
    *out_is_done = left > 0;
    return worst;
}

/* ---- what was found ---- */

size_t lh_votes_count(const struct lh_votes *votes, size_t place)
{
    return place < votes->count ? votes->ledgers[place].count : 0;
}

const struct lh_vote *lh_votes_at(const struct lh_votes *votes, size_t place, size_t number)
{
    lh_assert(number < lh_votes_count(votes, place));
    return &votes->ledgers[place].all[number];
}

uint64_t lh_votes_seen(const struct lh_votes *votes, size_t place)
{
    return place < votes->count ? votes->ledgers[place].seen : 0;
}

enum lh_code lh_votes_leaf(const struct lh_votes *votes, size_t place, size_t number,
                           struct lh_buf *out, struct lh_err *err)
{
    const char *origin = lh_replica_at(votes->replica, place)->origin;
    uint64_t index = lh_votes_at(votes, place, number)->index;
    struct lh_buf parts = LH_BUF_EMPTY;
    struct lh_bytes leaf;
    enum lh_code rc = read_leaf(votes, origin, index, &parts, &leaf, err);

    if (rc == LH_OK) {
        lh_buf_reset(out);
        lh_buf_add(out, leaf);
        rc = lh_buf_check(out, err);
    }
    lh_buf_clear(&parts);
    return rc;
}
