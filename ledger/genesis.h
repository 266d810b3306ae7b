#ifndef LH_LEDGER_GENESIS_H
#define LH_LEDGER_GENESIS_H

/*
 * What founds a network. A department presents itself in an enrolment file; the genesis file
 * lists the founders' enrolments; the hash of its bytes is the network id, which every signature
 * binds. Both files are the canonical bytes of bounded messages.  Spec: specs/trust.md 1, 2.
 */

#include "crypto/note.h"
#include "ledger/entry.h"
#include "ledger/origin.h"

#include "trust.pb.h"

enum {
    LH_OFFICERS_MIN = 2,
    LH_OFFICERS_MAX = 8,
    LH_ENROLMENT_KEYS_MAX = LH_OFFICERS_MAX + 4,
    LH_FOUNDERS_MAX = 48,
    LH_ENROLMENT_MAX = 1152,
    LH_GENESIS_MAX = 80 * 1024
};

struct lh_officer {
    char label[49];
    struct lh_pubkey key;
};

struct lh_enrolment {
    char department[LH_CODE_MAX + 1];
    char name[65];
    char group[LH_CODE_MAX + 1];
    size_t officer_count;
    struct lh_officer officers[LH_OFFICERS_MAX];
    struct lh_pubkey recorder;
    struct lh_pubkey witness;
    struct lh_pubkey mirror;
    struct lh_pubkey governance;
};

struct lh_genesis; /* opaque: up to 48 founding members */

/** Its keys in order: officers, recorder, witness, mirror, governance; NULL behind the last. */
const struct lh_pubkey *lh_enrolment_key(const struct lh_enrolment *enrolment, size_t index);
bool lh_enrolment_shares_key(const struct lh_enrolment *a, const struct lh_enrolment *b);

/** Canonical bytes; LH_ERR_INVALID names what is wrong (two officers at least, all keys different,
 * ...). */
enum lh_code lh_enrolment_encode(struct lh_buf *out, const struct lh_enrolment *enrolment,
                                 enum lh_suite_id suite, struct lh_err *err) LH_MUST_CHECK;
/** LH_ERR_UNKNOWN: of a newer schema; LH_ERR_INVALID names what is wrong. */
enum lh_code lh_enrolment_decode(struct lh_enrolment *out, struct lh_bytes bytes,
                                 enum lh_suite_id suite, struct lh_err *err) LH_MUST_CHECK;

/** What people compare an enrolment file by: H("liuhen/enrolment/v1" NUL || bytes). */
struct lh_hash lh_enrolment_fingerprint(struct lh_suite *suite, struct lh_bytes bytes);

/** Write a genesis from enrolment bytes (sorted here by department). */
enum lh_code lh_genesis_encode(struct lh_buf *out, const char *network, enum lh_suite_id suite,
                               int64_t created_unix_ms, const struct lh_bytes *enrolments,
                               size_t count, struct lh_err *err) LH_MUST_CHECK;
/** Read a genesis file. LH_ERR_UNKNOWN: it, or an enrolment in it, is of a newer schema;
 * LH_ERR_INVALID names what is wrong. */
enum lh_code lh_genesis_new(struct lh_genesis **out, struct lh_bytes bytes,
                            struct lh_err *err) LH_MUST_CHECK;
void lh_genesis_free(struct lh_genesis *genesis);
const char *lh_genesis_network(const struct lh_genesis *genesis);
enum lh_suite_id lh_genesis_suite(const struct lh_genesis *genesis);
int64_t lh_genesis_created_unix_ms(const struct lh_genesis *genesis);
/** H("liuhen/genesis/v1" NUL || bytes). */
const struct lh_hash *lh_genesis_network_id(const struct lh_genesis *genesis);
struct lh_bytes lh_genesis_bytes(const struct lh_genesis *genesis);
size_t lh_genesis_count(const struct lh_genesis *genesis);
const struct lh_enrolment *lh_genesis_member(const struct lh_genesis *genesis, size_t index);
/** NULL when the department is not a member. */
const struct lh_enrolment *lh_genesis_find(const struct lh_genesis *genesis,
                                           struct lh_bytes department);

/** Under what name and key a member cosigns heads of others: "<network>/<department>/witness". */
enum lh_code lh_genesis_witness_key(struct lh_note_key *out, const struct lh_genesis *genesis,
                                    const struct lh_enrolment *member,
                                    struct lh_err *err) LH_MUST_CHECK;
/** And that it holds every leaf below them: "<network>/<department>/mirror". */
enum lh_code lh_genesis_mirror_key(struct lh_note_key *out, const struct lh_genesis *genesis,
                                   const struct lh_enrolment *member,
                                   struct lh_err *err) LH_MUST_CHECK;

#endif
