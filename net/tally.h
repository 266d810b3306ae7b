#ifndef LH_NET_TALLY_H
#define LH_NET_TALLY_H

/*
 * Whose cosignatures count on the heads of one department, and which of them stand on a signed
 * checkpoint. Pure arithmetic over the members of one epoch and bytes: everyone comes to the same
 * sum.  Spec: specs/network.md 1, 8, specs/trust.md 5.1.
 */

#include "ledger/level.h"
#include "ledger/members.h"
#include "net/quorum.h"

/** A designated witness: two keys of one member. */
struct lh_tally_witness {
    char department[LH_CODE_MAX + 1];
    struct lh_note_key witness_key;
    struct lh_note_key mirror_key;
};

struct lh_tally {
    struct lh_quorum quorum;
    bool is_diverse; /* as in struct lh_designation */
    unsigned count;
    struct lh_tally_witness witnesses[LH_WITNESSES_MAX];
};

/** What stands on a checkpoint. */
struct lh_tally_sum {
    unsigned witness_count;
    unsigned mirror_count; /* of those witnesses */
};

/** Who is designated in an epoch for a department's ledgers. LH_ERR_NOMEM. */
enum lh_code lh_tally_init(struct lh_tally *out, struct lh_suite *suite,
                           const struct lh_members *members, const char *department,
                           struct lh_err *err) LH_MUST_CHECK;
/** The same in epoch 0. LH_ERR_NOMEM. */
enum lh_code lh_tally_init_founders(struct lh_tally *out, struct lh_suite *suite,
                                    const struct lh_genesis *genesis, const char *department,
                                    struct lh_err *err) LH_MUST_CHECK;
/**
 * Append the lines of one witness that stand on a note, each verified; `out_time_s` (may be NULL):
 * when it cosigned by its own clock. LH_ERR_NOT_FOUND: it did not cosign; LH_ERR_FORGED: a line of
 * it does not verify; LH_ERR_NOMEM. Cost: two signatures.
 */
enum lh_code lh_tally_take(const struct lh_tally_witness *witness, const struct lh_note *note,
                           struct lh_buf *out, bool *out_is_mirror, uint64_t *out_time_s,
                           struct lh_err *err) LH_MUST_CHECK;
/** Add up a note and append the lines that count. LH_ERR_FORGED, LH_ERR_NOMEM as above. */
enum lh_code lh_tally_read(const struct lh_tally *tally, const struct lh_note *note,
                           struct lh_tally_sum *out, struct lh_buf *out_lines,
                           struct lh_err *err) LH_MUST_CHECK;

/** k designated witnesses cosigned. */
bool lh_tally_is_witnessed(const struct lh_tally *tally, const struct lh_tally_sum *sum);
/** And two of them hold every leaf. */
bool lh_tally_is_final(const struct lh_tally *tally, const struct lh_tally_sum *sum);
/** Of a sealed head: LH_LEVEL_SEALED, LH_LEVEL_WITNESSED or LH_LEVEL_FINAL. */
enum lh_level lh_tally_level(const struct lh_tally *tally, const struct lh_tally_sum *sum);

/** What a receipt's checkpoint says to someone who knows the epoch that its header names. */
struct lh_tally_report {
    struct lh_quorum quorum;
    struct lh_tally_sum sum;
    unsigned other_count; /* members that cosigned, of whom nobody asked it: they do not count */
    bool is_own;          /* the author cosigned: that never counts */
    enum lh_level level;
};

/**
 * Judge the cosignatures on a sealed checkpoint of `department` by the witnesses of one epoch.
 * LH_ERR_FORGED: a line of a designated witness does not verify; LH_ERR_NOT_FOUND: the department
 * is no member in it; LH_ERR_NOMEM. Cost: two signatures for each designated witness, one for each
 * other member with a line.
 */
enum lh_code lh_tally_judge(struct lh_tally_report *out, struct lh_suite *suite,
                            const struct lh_members *members, const char *department,
                            const struct lh_note *note, struct lh_err *err) LH_MUST_CHECK;
/** The same by the witnesses of epoch 0. */
enum lh_code lh_tally_judge_founders(struct lh_tally_report *out, struct lh_suite *suite,
                                     const struct lh_genesis *genesis, const char *department,
                                     const struct lh_note *note, struct lh_err *err) LH_MUST_CHECK;

/** The level can be reached at all by so many members. */
bool lh_tally_can_reach(const struct lh_tally *tally, enum lh_level level);
/**
 * Append the designated witnesses as lines of a C2SP tlog-policy, whose quorum is reached by what
 * is witnessed; where nobody ever witnesses, there is none. Named `gaj`, and `gaj/mirror`, which is
 * in no group. LH_ERR_NOMEM.
 */
enum lh_code lh_tally_policy(const struct lh_tally *tally, struct lh_buf *out,
                             struct lh_err *err) LH_MUST_CHECK;

#endif
