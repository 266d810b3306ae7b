#ifndef LH_NET_PROBLEM_H
#define LH_NET_PROBLEM_H

/*
 * What a client is told when something is refused: a problem document (RFC 9457) with a stable
 * code. Code, HTTP status and title are one table; the words in `detail` are for people and may
 * change.  Spec: specs/api.yaml "Problem".
 */

#include "crypto/base/err.h"
#include "crypto/base/json.h"

enum lh_problem_code {
    LH_PROBLEM_NONE = 0,
    LH_PROBLEM_MALFORMED,
    LH_PROBLEM_TOO_LARGE,
    LH_PROBLEM_TIMEOUT,
    LH_PROBLEM_MEDIA_TYPE,
    LH_PROBLEM_NOT_FOUND,
    LH_PROBLEM_METHOD,
    LH_PROBLEM_SCHEMA_INVALID,
    LH_PROBLEM_SCHEMA_REQUIRED,
    LH_PROBLEM_RAW_IDENTIFIER,
    LH_PROBLEM_RESTRICTED,
    LH_PROBLEM_ERASED,
    LH_PROBLEM_EVENT_CONFLICT,
    LH_PROBLEM_EVENT_LATE,
    LH_PROBLEM_EVENT_FUTURE,
    LH_PROBLEM_AUTH_UNKNOWN_CLIENT,
    LH_PROBLEM_AUTH_SOURCE,
    LH_PROBLEM_AUTH_TYPE,
    LH_PROBLEM_AUTH_LEVEL,
    LH_PROBLEM_AUTH_ROLE,
    LH_PROBLEM_AUTH_WARRANT,
    LH_PROBLEM_KEY_UNKNOWN,
    LH_PROBLEM_KEY_REVOKED,
    LH_PROBLEM_SIGNATURE_BAD,
    LH_PROBLEM_AUTHORITY_DENIED,
    LH_PROBLEM_WITNESS_FORGED,
    LH_PROBLEM_WITNESS_UNPROVEN,
    LH_PROBLEM_WITNESS_FORK,
    LH_PROBLEM_WITNESS_BUSY,
    LH_PROBLEM_LEVEL_UNREACHABLE,
    LH_PROBLEM_PROPOSAL_UNFIT,
    LH_PROBLEM_PROPOSAL_PARENT,
    LH_PROBLEM_STATE_NEW,
    LH_PROBLEM_STATE_SUSPECT,
    LH_PROBLEM_STATE_WAITING,
    LH_PROBLEM_CLOCK_STEPPED,
    LH_PROBLEM_QUEUE_FULL,
    LH_PROBLEM_STOPPING,
    LH_PROBLEM_INTERNAL,
    LH_PROBLEM_COUNT
};

enum { LH_PROBLEM_DETAIL_MAX = 512, LH_PROBLEM_POINTER_MAX = 96, LH_REQUEST_ID_SIZE = 25 };

struct lh_problem {
    enum lh_problem_code code;
    char detail[LH_PROBLEM_DETAIL_MAX];
    char pointer[LH_PROBLEM_POINTER_MAX]; /* JSON pointer to the member at fault; "" if none */
};

#define LH_PROBLEM_EMPTY                                                                           \
    {                                                                                              \
        .code = LH_PROBLEM_NONE, .detail = "", .pointer = ""                                       \
    }

/** "schema.invalid"; never NULL. */
const char *lh_problem_name(enum lh_problem_code code);
unsigned lh_problem_status(enum lh_problem_code code);
/** Seconds for Retry-After; 0: the header is left out. */
unsigned lh_problem_retry_after_s(enum lh_problem_code code);

/** Fill a problem; long words are cut. */
void lh_problem_set(struct lh_problem *out, enum lh_problem_code code, const char *format, ...)
    LH_PRINTF(3, 4);
/**
 * Fill one from an error that names a field first: "/detail/verdict: wants ..." or "purpose:
 * required for QUERY" give the pointers "/detail/verdict" and "/purpose". Other words become the
 * detail.
 */
void lh_problem_from_field(struct lh_problem *out, enum lh_problem_code code,
                           const struct lh_err *err);
/** Add the document as a value. `name` as in crypto/base/json.h; `request_id` may be NULL. */
void lh_problem_add(struct lh_json *json, const char *name, const struct lh_problem *problem,
                    const char *request_id);
/** Reason phrase of a status we use: "Created". Never NULL. */
const char *lh_http_reason(unsigned status);

#endif
