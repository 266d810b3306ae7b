/*
 * What a header that names another epoch does to the roster: whom the epoch brought in, and whom it
 * ended.
 */
#include "ledger/roster_internal.h"

#include "crypto/base/assert.h"

/* The keys of an enrolment that sign entries: officers, then the recorder. NULL: no more. */
static const struct lh_pubkey *signing_key(const struct lh_enrolment *enrolment, size_t at,
                                           enum lh_signer_kind *out_kind)
{
    *out_kind = at < enrolment->officer_count ? LH_SIGNER_OFFICER : LH_SIGNER_RECORDER;
    if (at < enrolment->officer_count) {
        return &enrolment->officers[at].key;
    }
    return at == enrolment->officer_count ? &enrolment->recorder : NULL;
}

static bool has_key(const struct lh_enrolment *enrolment, const struct lh_pubkey *wanted,
                    enum lh_signer_kind wanted_kind)
{
    const struct lh_pubkey *key;
    enum lh_signer_kind kind;

    for (size_t i = 0; (key = signing_key(enrolment, i, &kind)) != NULL; i++) {
        if (kind == wanted_kind && lh_pubkey_is_equal(key, wanted)) {
            return true;
        }
    }
    return false;
}

static struct lh_roster_row *row_of_key(const struct lh_roster *roster, struct lh_suite *suite,
                                        const struct lh_pubkey *key, enum lh_signer_kind kind)
{
    struct lh_key_id id = lh_key_id_of(suite, key);
    struct lh_roster_row *row = lh_roster_row_find(roster, &roster->by_id, id.bytes);

    return row != NULL && row->key.kind == kind ? row : NULL;
}

/* spec trust.md 5.3: "a key that the epoch ended signs none of these" */
static void end_keys(struct lh_roster *roster, struct lh_suite *suite,
                     const struct lh_enrolment *from, const struct lh_enrolment *to)
{
    const struct lh_pubkey *key;
    enum lh_signer_kind kind;

    for (size_t i = 0; (key = signing_key(from, i, &kind)) != NULL; i++) {
        struct lh_roster_row *row = row_of_key(roster, suite, key, kind);

        if (row != NULL && !has_key(to, key, kind)) {
            row->key.is_ended = true;
        }
    }
}

/* spec trust.md 5.3: "In the member's own ledger that header enrols the officers and the recorder
 * whom the epoch brought in, for the leaves behind it" */
static enum lh_code bring_key(struct lh_roster *roster, struct lh_suite *suite,
                              const struct lh_pubkey *key, enum lh_signer_kind kind, uint64_t index,
                              struct lh_err *err)
{
    struct lh_roster_row row = lh_roster_row_make(suite, key, kind, index);
    struct lh_roster_row *taken = row_of_key(roster, suite, key, kind);

    if (taken != NULL) {
        taken->key.is_ended = false; /* a key may come again */
    }
    return lh_roster_find(roster, &row.key.id) != NULL ? LH_OK
                                                       : lh_roster_row_add(roster, &row, err);
}

enum lh_code lh_roster_enter(struct lh_roster *roster, struct lh_suite *suite,
                             const struct lh_members *from, const struct lh_members *to,
                             uint64_t index, struct lh_err *err)
{
    const struct lh_member *before = lh_members_find(from, roster->department);
    const struct lh_member *after = lh_members_find(to, roster->department);
    const struct lh_pubkey *key;
    enum lh_signer_kind kind;
    enum lh_code rc = LH_OK;

    lh_assert(after != NULL); /* else the header breaks B06 */
    if (before != NULL) {
        end_keys(roster, suite, &before->enrolment, &after->enrolment);
    }
    for (size_t i = 0; rc == LH_OK && (key = signing_key(&after->enrolment, i, &kind)) != NULL;
         i++) {
        rc = bring_key(roster, suite, key, kind, index, err);
    }
    return rc;
}
