#ifndef LH_TESTS_TOWN_H
#define LH_TESTS_TOWN_H

/*
 * Departments of one network that seal blocks on demand, on up to two branches each: a genesis from
 * fixed keys, then GENERATION and entries that nobody judges. Failures are assertions.
 */

#include "crypto/signer.h"
#include "ledger/approval.h"
#include "ledger/chain.h"
#include "ledger/genesis.h"

enum { LH_TOWN_MAX = 6 };

struct lh_town;

/** `count` departments: gaj, mzj, rsj, ybj, zrj, sjj. */
struct lh_town *lh_town_new(enum lh_suite_id suite, size_t count);
/** The same, of whom the first `founder_count` stand in the genesis. */
struct lh_town *lh_town_new_of(enum lh_suite_id suite, size_t founder_count, size_t count);
/** How a department presents itself. */
void lh_town_enrolment(const struct lh_town *town, size_t who, struct lh_enrolment *out);
void lh_town_free(struct lh_town *town);
struct lh_suite *lh_town_suite(const struct lh_town *town);
const struct lh_genesis *lh_town_genesis(const struct lh_town *town);
const char *lh_town_department(size_t who);
const char *lh_town_origin(const struct lh_town *town, size_t who);
/** The witness and mirror keys of a department. */
struct lh_signer *lh_town_witness(const struct lh_town *town, size_t who);
struct lh_signer *lh_town_mirror(const struct lh_town *town, size_t who);

struct lh_town_block {
    struct lh_block block;
    struct lh_chain next; /* the head after it */
};

/** The next block of a branch (0, or 1 once it was split off), of entries of `entry_len` bytes. It
 * stays until the town is freed. */
const struct lh_town_block *lh_town_seal_sized(struct lh_town *town, size_t who, unsigned branch,
                                               size_t entry_count, size_t entry_len);
const struct lh_town_block *lh_town_seal(struct lh_town *town, size_t who, unsigned branch,
                                         size_t entry_count);
struct lh_town_vote {
    struct lh_approval_claim claim;
    unsigned officer_count; /* of two who sign it */
    unsigned copy_count;    /* entries before it that say the same, signed by one; mostly 0 */
};
/** The next block of a branch, with one APPROVAL; the first block of a ledger begins it as well. */
const struct lh_town_block *lh_town_seal_vote(struct lh_town *town, size_t who, unsigned branch,
                                              const struct lh_town_vote *vote);
/** From the next block on headers name this epoch. */
void lh_town_enter(struct lh_town *town, size_t who, const struct lh_hash *epoch);
/** The next block begins another generation, behind the head of a branch; `reason` as in
 * GENERATION, not the first. */
void lh_town_begin(struct lh_town *town, size_t who, unsigned branch, unsigned reason);
/** Its first leaf, if that is of a restore, names these promises. */
void lh_town_name_promises(struct lh_town *town, size_t who, const struct lh_hash *digest);
/** The same with the promises of others, behind branch 0. */
void lh_town_begin_next(struct lh_town *town, size_t who);
/** The act in which two officers ask for promises about a generation with seal key `seal` (0-9);
 * appended. */
void lh_town_prepare(const struct lh_town *town, size_t who, uint32_t generation, uint8_t seal,
                     struct lh_buf *out);
/** Branch 1 goes on from where branch 0 is. */
void lh_town_split(struct lh_town *town, size_t who);
/** Sign a head of a ledger, whatever it says. */
void lh_town_sign(const struct lh_town *town, size_t who, const struct lh_checkpoint *head,
                  struct lh_buf *out);

#endif
