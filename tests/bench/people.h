#ifndef LH_BENCH_PEOPLE_H
#define LH_BENCH_PEOPLE_H

/*
 * Who records in a benchmark: one department of a one-member network with fresh keys, and the
 * entries its people make. Everyday entries are QUERY bodies of the size that real ones have
 * (leaf 300 to 400 bytes), on request with a private part about one person.
 */

#include "crypto/base/time.h"
#include "crypto/signer.h"
#include "ledger/genesis.h"
#include "ledger/private.h"

enum { PEOPLE_OFFICERS = 2, PEOPLE_STAFF_MAX = 64 };

#define PEOPLE_NETWORK "jinhua"
#define PEOPLE_DEPARTMENT "gaj"

struct people {
    enum lh_suite_id suite_id;
    enum lh_alg staff_alg;
    struct lh_suite *suite; /* of the thread that made them */
    struct lh_signer *officers[PEOPLE_OFFICERS];
    struct lh_signer *recorder;
    struct lh_signer *seal;
    struct lh_signer *witness;
    struct lh_signer *mirror;
    struct lh_signer *governance;
    size_t staff_count;
    struct lh_signer *staff[PEOPLE_STAFF_MAX];
    struct lh_key_id staff_ids[PEOPLE_STAFF_MAX];
    struct lh_buf enrolment;
    struct lh_genesis *genesis;
};

/** Make keys and a genesis. `staff_alg` must sign in `suite`. Dies on failure. */
void people_init(struct people *out, enum lh_suite_id suite, enum lh_alg staff_alg,
                 size_t staff_count);
void people_clear(struct people *people);

/* Bodies; `now_unix_ms` is the event time, `serial` makes id, exchange and case unique. */
void people_generation(const struct people *people, lhpb_Body *out, int64_t now_unix_ms);
void people_enrol(const struct people *people, lhpb_Body *out, size_t staff, int64_t now_unix_ms);
void people_query(const struct people *people, lhpb_Body *out, size_t staff, uint64_t serial,
                  int64_t now_unix_ms);
/** The pseudonym of staff member `number`. */
void people_pseudonym(uint8_t out[8], size_t number);
/** Name one person in `body`: fills `out` and sets body->subject_digest. */
void people_name_subject(const struct people *people, lhpb_SubjectPost *out, lhpb_Body *body,
                         uint64_t serial);

/** Sign body bytes as both officers / as a staff member; `out` has room for two / one. */
size_t people_sign_as_officers(const struct people *people, lhpb_Signature *out,
                               struct lh_bytes body);
size_t people_sign_as_staff(const struct people *people, lhpb_Signature *out, size_t staff,
                            struct lh_bytes body);

/** Append an Act with both officers' signatures. */
void people_act(const struct people *people, struct lh_buf *out, const lhpb_Body *body);
/** Append one line of JSON: the same query as people_query makes, for the recorder to attest. */
void people_query_json(struct lh_buf *out, size_t staff, uint64_t serial, int64_t now_unix_ms);

#endif
