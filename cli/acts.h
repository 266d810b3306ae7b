#ifndef LH_CLI_ACTS_H
#define LH_CLI_ACTS_H

/* Officer acts as files: drafted here, cosigned by two officers, submitted to the node. */

#include "cli/place.h"
#include "ledger/act.h"

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
/** Append the act for people: what it says and who has signed. */
enum lh_code lh_act_describe(struct lh_buf *out, const struct lh_cli *cli, const struct lh_act *act,
                             struct lh_err *err) LH_MUST_CHECK;
/** The usual last words after drafting one: where it is and what comes next. */
void lh_act_tell(const struct lh_cli *cli, const char *path);

#endif
