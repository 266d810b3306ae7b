#include "ledger/epochs.h"

#include "crypto/base/assert.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct epoch {
    struct lh_members *members;
    struct lh_buf proposal;
    size_t place; /* of the first of its newcomers: members in no epoch before it */
    size_t newcomer_count;
    const char **newcomers; /* their codes stand in `members` */
};

struct lh_epochs {
    struct lh_suite *suite; /* of who adds */
    atomic_size_t count;    /* raised once what it counts is there */
    struct epoch list[LH_EPOCHS_MAX];
};

static void clear_epoch(struct epoch *epoch)
{
    lh_members_free(epoch->members);
    lh_buf_clear(&epoch->proposal);
    free(epoch->newcomers);
}

/* Whom the next epoch brings places: rule 3. */
static enum lh_code find_newcomers(struct epoch *next, const struct lh_epochs *epochs, size_t count,
                                   struct lh_err *err)
{
    size_t member_count = lh_members_count(next->members);

    next->place =
        count > 0 ? epochs->list[count - 1].place + epochs->list[count - 1].newcomer_count : 0;
    next->newcomers = calloc(member_count, sizeof next->newcomers[0]);
    if (next->newcomers == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < member_count; i++) {
        const char *department = lh_members_at(next->members, i)->enrolment.department;

        if (count == 0 || lh_epochs_place(epochs, department) == SIZE_MAX) {
            next->newcomers[next->newcomer_count++] = department;
        }
    }
    return LH_OK;
}

enum lh_code lh_epochs_new(struct lh_epochs **out, const struct lh_genesis *genesis,
                           struct lh_err *err)
{
    struct lh_epochs *epochs = calloc(1, sizeof *epochs);
    enum lh_code rc;

    if (epochs == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    rc = lh_suite_new(&epochs->suite, lh_genesis_suite(genesis), err);
    if (rc == LH_OK) {
        rc = lh_members_new(&epochs->list[0].members, genesis, err);
    }
    if (rc == LH_OK) {
        rc = find_newcomers(&epochs->list[0], epochs, 0, err);
    }
    if (rc != LH_OK) {
        lh_epochs_free(epochs);
        return rc;
    }
    atomic_init(&epochs->count, 1);
    *out = epochs;
    return LH_OK;
}

void lh_epochs_free(struct lh_epochs *epochs)
{
    if (epochs != NULL) {
        for (size_t i = 0; i < LH_EPOCHS_MAX && epochs->list[i].members != NULL; i++) {
            clear_epoch(&epochs->list[i]);
        }
        lh_suite_free(epochs->suite);
        free(epochs);
    }
}

enum lh_code lh_epochs_add(struct lh_epochs *epochs, struct lh_bytes proposal, struct lh_err *err)
{
    struct lh_hash hash = lh_proposal_hash(epochs->suite, proposal);
    struct epoch next = { .proposal = LH_BUF_EMPTY };
    size_t count = lh_epochs_count(epochs);
    enum lh_code rc;

    if (lh_epochs_find(epochs, &hash) != NULL) {
        return LH_OK;
    }
    if (count == LH_EPOCHS_MAX) {
        return lh_err_set(err, LH_ERR_LIMIT, "more than %d epochs", LH_EPOCHS_MAX);
    }
    lh_buf_add(&next.proposal, proposal);
    rc = lh_buf_check(&next.proposal, err);
    if (rc == LH_OK) {
        rc = lh_members_apply(&next.members, lh_epochs_newest(epochs), proposal, err);
    }
    if (rc == LH_OK) {
        rc = find_newcomers(&next, epochs, count, err);
    }
    if (rc != LH_OK) {
        clear_epoch(&next);
        return rc;
    }
    epochs->list[count] = next;
    atomic_store(&epochs->count, count + 1);
    return LH_OK;
}

size_t lh_epochs_count(const struct lh_epochs *epochs)
{
    return atomic_load(&epochs->count);
}

const struct lh_members *lh_epochs_at(const struct lh_epochs *epochs, size_t number)
{
    lh_assert(number < lh_epochs_count(epochs));
    return epochs->list[number].members;
}

const struct lh_members *lh_epochs_newest(const struct lh_epochs *epochs)
{
    return lh_epochs_at(epochs, lh_epochs_count(epochs) - 1);
}

const struct lh_members *lh_epochs_find(const struct lh_epochs *epochs, const struct lh_hash *hash)
{
    for (size_t i = lh_epochs_count(epochs); i > 0; i--) { /* mostly the newest is asked for */
        const struct lh_members *members = epochs->list[i - 1].members;

        if (lh_hash_is_equal(lh_members_epoch(members), hash)) {
            return members;
        }
    }
    return NULL;
}

struct lh_bytes lh_epochs_proposal(const struct lh_epochs *epochs, size_t number)
{
    lh_assert(number < lh_epochs_count(epochs));
    return lh_buf_bytes(&epochs->list[number].proposal);
}

bool lh_epochs_is_later(const struct lh_epochs *epochs, const struct lh_hash *later,
                        const struct lh_hash *earlier)
{
    const struct lh_members *a = lh_epochs_find(epochs, earlier);
    const struct lh_members *b = lh_epochs_find(epochs, later);

    return a != NULL && b != NULL && lh_members_number(b) > lh_members_number(a);
}

/* ---- places ---- */

size_t lh_epochs_place_count(const struct lh_epochs *epochs)
{
    const struct epoch *newest = &epochs->list[lh_epochs_count(epochs) - 1];

    return newest->place + newest->newcomer_count;
}

const char *lh_epochs_department(const struct lh_epochs *epochs, size_t place)
{
    const struct epoch *epoch = &epochs->list[lh_epochs_count(epochs) - 1];

    lh_assert(place < lh_epochs_place_count(epochs));
    while (place < epoch->place) {
        epoch--;
    }
    return epoch->newcomers[place - epoch->place];
}

size_t lh_epochs_place(const struct lh_epochs *epochs, const char *department)
{
    for (size_t i = 0; i < lh_epochs_count(epochs); i++) {
        const struct epoch *epoch = &epochs->list[i];

        for (size_t at = 0; at < epoch->newcomer_count; at++) {
            if (strcmp(epoch->newcomers[at], department) == 0) {
                return epoch->place + at;
            }
        }
    }
    return SIZE_MAX;
}

const struct lh_members *lh_epochs_first_with(const struct lh_epochs *epochs,
                                              const char *department)
{
    for (size_t i = 0; i < lh_epochs_count(epochs); i++) {
        if (lh_members_find(epochs->list[i].members, department) != NULL) {
            return epochs->list[i].members;
        }
    }
    return NULL;
}

const struct lh_members *lh_epochs_last_with(const struct lh_epochs *epochs, const char *department)
{
    for (size_t i = lh_epochs_count(epochs); i > 0; i--) {
        if (lh_members_find(epochs->list[i - 1].members, department) != NULL) {
            return epochs->list[i - 1].members;
        }
    }
    return NULL;
}
