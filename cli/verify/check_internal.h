#ifndef LH_CLI_VERIFY_CHECK_INTERNAL_H
#define LH_CLI_VERIFY_CHECK_INTERNAL_H

/* How each kind of file is judged. Each fills in `out`, whose kind is set. */

#include "cli/verify/check.h"
#include "cli/verify/input.h"

/** What was found out, and why it is not verified. */
void lh_check_conclude(struct lh_file_report *out, enum lh_result result, const char *reason);
/** Trouble of our own: it says nothing about the file. */
void lh_check_trouble(struct lh_file_report *out, enum lh_code rc, const char *reason);

/* ---- check_text.c ---- */

void lh_check_receipt(struct lh_file_report *out, struct lh_input *input,
                      const struct lh_trust *trust);
void lh_check_journal(struct lh_file_report *out, struct lh_input *input,
                      const struct lh_trust *trust, const struct lh_promises *promises);
void lh_check_checkpoint(struct lh_file_report *out, struct lh_input *input,
                         const struct lh_trust *trust);
void lh_check_evidence(struct lh_file_report *out, struct lh_input *input,
                       const struct lh_trust *trust);
void lh_check_consent(struct lh_file_report *out, struct lh_input *input,
                      const struct lh_trust *trust);

#endif
