#ifndef LH_LEDGER_EVENT_H
#define LH_LEDGER_EVENT_H

/*
 * Entries as JSON, both ways, over one reflective table of the generated messages' fields (made
 * from nanopb's own FIELDLIST macros), so that a field that exists in proto exists in JSON under
 * the same name. Conventions: fields ending in _ms appear without the suffix as RFC 3339 UTC; bytes
 * are lower-case hex; enums are their names; 64-bit numbers are JSON integers; `case_id` is `case`,
 * `exchange_id` is `exchange`; public keys are "p256:<base64>"; the detail is an object `detail`;
 * flags, roles and auth_methods are arrays of names. Defaults are left out.  This is the one place
 * of the ledger room that knows jansson; the verifier does not link it.  Spec: specs/api.yaml
 * "Event".
 */

#include "ledger/entry.h"

#include <jansson.h>

/** New reference; NULL only when out of memory. `body` passes lh_body_check. */
json_t *lh_event_from_body(const lhpb_Body *body);
/**
 * Fill a body from JSON. Unknown members, wrong types and out-of-range values are LH_ERR_INVALID
 * with a JSON pointer first in the text: "/detail/verdict: ...". Members listed in `ignored`
 * (NULL-terminated, may be NULL) are left to the caller ("subjects", "reason"). Does not run
 * lh_body_check. On failure `out` holds anything. No value ever stands in an error.
 */
enum lh_code lh_event_to_body(lhpb_Body *out, const json_t *event, const char *const *ignored,
                              struct lh_err *err) LH_MUST_CHECK;

#endif
