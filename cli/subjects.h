#ifndef LH_CLI_SUBJECTS_H
#define LH_CLI_SUBJECTS_H

/* Whom an event is about, or a search. For events that are signed here: only a salted digest goes
 * into the body, the ids travel beside it to the node's private part. */

#include "cli/cli.h"
#include "ledger/private.h"

#include <jansson.h>

/**
 * Read "subjects" ([{"role", "type", "id"}]), "case_number" and "reason" of an event, draw salt and
 * openings, and set body->subject_digest. `*out_has` is false when there are no subjects.
 * LH_ERR_INVALID with a JSON pointer; never repeats an id.
 */
enum lh_code lh_cli_subjects(lhpb_SubjectPost *out, bool *out_has, lhpb_Body *body,
                             struct lh_suite *suite, const json_t *event,
                             const struct lh_random *random, struct lh_err *err) LH_MUST_CHECK;
/**
 * The file of --tokens, ready to be handed in; nothing without that option. Only what tokens are
 * travels: another file may hold a person's number. LH_ERR_INVALID.
 */
enum lh_code lh_cli_tokens(struct lh_buf *out, const struct lh_cli *cli,
                           struct lh_err *err) LH_MUST_CHECK;

#endif
