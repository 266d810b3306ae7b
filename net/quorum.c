#include "net/quorum.h"

#include <stdlib.h>
#include <string.h>

struct lh_quorum lh_quorum_of(size_t member_count)
{
    struct lh_quorum quorum = { .witness_count = 0 };

    if (member_count < 2) {
        return quorum;
    }
    unsigned n = member_count - 1 < LH_WITNESSES_MAX ? (unsigned)(member_count - 1)
                                                     : (unsigned)LH_WITNESSES_MAX;
    unsigned f = (n - 1) / 3;
    unsigned k = (n + f) / 2 + 1;

    quorum.witness_count = n;
    quorum.fault_count = f;
    quorum.cosigner_count = k;
    quorum.promise_count = n + f - k + 1;
    return quorum;
}

size_t lh_quorum_approvals(size_t member_count)
{
    return member_count == 0 ? 0 : (member_count + (member_count - 1) / 3) / 2 + 1;
}

/* ---- designation ---- */

struct candidate {
    struct lh_hash score;
    size_t member;
    bool is_taken;
};

static struct lh_hash score_of(struct lh_suite *suite, const struct lh_hash *network_id,
                               struct lh_bytes author, struct lh_bytes department)
{
    static const char tag[] = "liuhen/witness/v1";
    static const char nul[] = "";
    struct lh_bytes parts[] = {
        lh_bytes_of(tag, sizeof tag),
        lh_hash_bytes(network_id),
        author,
        lh_bytes_of(nul, sizeof nul),
        department,
    };

    return lh_hash_parts(suite, parts, sizeof parts / sizeof parts[0]);
}

static int compare_scores(const void *a, const void *b)
{
    const struct candidate *left = a;
    const struct candidate *right = b;

    return memcmp(right->score.bytes, left->score.bytes, LH_HASH_SIZE); /* the highest first */
}

/* How many of those designated are of `member`'s group. */
static unsigned count_of_group(const struct lh_designation *designation,
                               const struct lh_quorum_member *members, size_t member)
{
    unsigned count = 0;

    if (members[member].group.len == 0) {
        return 0;
    }
    for (unsigned i = 0; i < designation->count; i++) {
        count += lh_bytes_is_equal(members[designation->members[i]].group, members[member].group);
    }
    return count;
}

/* One walk down the scores; takes who is free and whose group has fewer than `group_max`. */
static void take(struct lh_designation *out, unsigned wanted, unsigned group_max,
                 struct candidate *candidates, size_t count, const struct lh_quorum_member *members)
{
    for (size_t i = 0; i < count && out->count < wanted; i++) {
        size_t member = candidates[i].member;

        if (!candidates[i].is_taken && count_of_group(out, members, member) < group_max) {
            candidates[i].is_taken = true;
            out->members[out->count++] = member;
        }
    }
}

enum lh_code lh_quorum_designate(struct lh_designation *out, struct lh_suite *suite,
                                 const struct lh_hash *network_id, struct lh_bytes author,
                                 const struct lh_quorum_member *members, size_t count,
                                 struct lh_err *err)
{
    struct lh_designation designation = { .count = 0 };
    struct candidate *candidates = calloc(count > 0 ? count : 1, sizeof *candidates);
    size_t others = 0;

    if (candidates == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "choosing witnesses");
    }
    for (size_t i = 0; i < count; i++) {
        if (!lh_bytes_is_equal(members[i].department, author)) {
            candidates[others].score = score_of(suite, network_id, author, members[i].department);
            candidates[others++].member = i;
        }
    }
    qsort(candidates, others, sizeof *candidates, compare_scores);

    unsigned wanted = lh_quorum_of(others + 1).witness_count;
    /* spec network.md 1: "of one group at most a third of n, rounded up, are taken" */
    take(&designation, wanted, (wanted + 2) / 3, candidates, others, members);
    designation.is_diverse = designation.count == wanted;
    take(&designation, wanted, wanted, candidates, others, members);
    free(candidates);
    *out = designation;
    return LH_OK;
}
