#ifndef LH_CLI_ACTS_H
#define LH_CLI_ACTS_H

/* Officer acts as files: drafted here, cosigned by two officers, submitted to the node. */

#include "cli/place.h"
#include "ledger/act.h"
#include "ledger/epochs.h"

enum { LH_ACT_FILE_MAX = 16 * 1024 };

/** A body of `type` with what every officer act has. The caller fills id and detail. */
void lh_act_draft(lhpb_Body *out, const struct lh_place *place, lhpb_EntryType type,
                  int64_t now_unix_ms);
/** Copy text into a field of a body. LH_ERR_LIMIT with `what` when it is too long. */
enum lh_code lh_act_set_text(char *field, size_t room, const char *what, const char *text,
                             struct lh_err *err) LH_MUST_CHECK;
/** Write the act of a body to a new file. LH_ERR_CONFLICT if it exists, LH_ERR_INVALID. */
enum lh_code lh_act_save(const struct lh_place *place, const lhpb_Body *body, const char *path,
                         struct lh_err *err) LH_MUST_CHECK;
/** Read one; the caller clears it. */
enum lh_code lh_act_load(struct lh_act *out, const char *path, struct lh_err *err) LH_MUST_CHECK;

/*
 * Who may sign an act: the officers whom the genesis file of its network names for its department,
 * and the epochs behind it that --epochs gives. The act names the network by the hash of that file,
 * so whatever file fits is the right one, wherever it came from.
 */
struct lh_act_office {
    struct lh_place place;
    struct lh_epochs *epochs;
    const struct lh_enrolment *department; /* in the newest of them; NULL: not known */
};

/**
 * From --data or the node, when one is named and is of the act's network; otherwise `out` knows
 * nothing, and `why` says why not. Close it in every case. LH_ERR_FORGED: the department is no
 * member of the network. Of --epochs as lh_epochs_add, and of reading.
 */
enum lh_code lh_act_office_open(struct lh_act_office *out, struct lh_cli *cli,
                                const struct lh_act *act, struct lh_err *why,
                                struct lh_err *err) LH_MUST_CHECK;
void lh_act_office_close(struct lh_act_office *office);
/** The officer whose key it is; NULL: nobody's. */
const struct lh_officer *lh_act_office_find(const struct lh_act_office *office,
                                            const struct lh_key_id *id);
/** Verify every signature that is there. LH_ERR_FORGED: false, or of no officer. */
enum lh_code lh_act_office_verify(const struct lh_act_office *office, const struct lh_act *act,
                                  struct lh_err *err) LH_MUST_CHECK;
/** Append the act for people: what it says, and who has signed as far as the office knows. */
enum lh_code lh_act_describe(struct lh_buf *out, const struct lh_cli *cli,
                             const struct lh_act_office *office, const struct lh_act *act,
                             struct lh_err *err) LH_MUST_CHECK;
/** The usual last words after drafting one: where it is and what comes next. */
void lh_act_tell(const struct lh_cli *cli, const char *path);

#endif
