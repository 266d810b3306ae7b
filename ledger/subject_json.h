#ifndef LH_LEDGER_SUBJECT_JSON_H
#define LH_LEDGER_SUBJECT_JSON_H

/*
 * Whom an event in JSON is about. Beside lh_event: for the node, which signs for a system that
 * cannot, and for a client that signs itself.  Spec: specs/privacy.md 4, specs/api.yaml "Event".
 */

#include "crypto/secret.h"
#include "ledger/subject.h"

#include "private.pb.h"

#include <jansson.h>

/**
 * Read the members "subjects" ([{"role", "type", "id"}]), "case_number" and "reason" of an event.
 * Ids are made canonical; salt and openings are drawn. `*out_has` is false (and nothing read) when
 * there are no subjects. LH_ERR_INVALID with a JSON pointer; never repeats an id.
 */
enum lh_code lh_subjects_from_json(lhpb_SubjectPost *out, bool *out_has, const json_t *event,
                                   const struct lh_random *random,
                                   struct lh_err *err) LH_MUST_CHECK;

#endif
