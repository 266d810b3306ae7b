#include "net/problem.h"

#include "crypto/base/assert.h"
#include "net/json_more.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct problem_kind {
    const char *name;
    unsigned status;
    unsigned retry_after_s;
    const char *title;
    const char *hint; /* "" when there is nothing useful to say */
};

static const struct problem_kind kinds[LH_PROBLEM_COUNT] = {
    [LH_PROBLEM_NONE] = { "none", 200, 0, "No problem", "" },
    [LH_PROBLEM_MALFORMED] = { "request.malformed", 400, 0, "The request cannot be read", "" },
    [LH_PROBLEM_TOO_LARGE] = { "request.too_large", 413, 0, "The request is too large",
                               "send at most 1000 events and 8 MiB at a time" },
    [LH_PROBLEM_TIMEOUT] = { "request.timeout", 408, 0, "The request did not arrive in time", "" },
    [LH_PROBLEM_MEDIA_TYPE] = { "request.media_type", 415, 0, "Media type not taken here",
                                "see Content-Type in specs/api.yaml" },
    [LH_PROBLEM_NOT_FOUND] = { "request.not_found", 404, 0, "No such thing", "" },
    [LH_PROBLEM_METHOD] = { "request.method", 405, 0, "Method not allowed here", "" },
    [LH_PROBLEM_SCHEMA_INVALID] = { "schema.invalid", 422, 0, "A member is not as it should be",
                                    "" },
    [LH_PROBLEM_SCHEMA_REQUIRED] = { "schema.required", 422, 0, "A member is missing", "" },
    [LH_PROBLEM_RAW_IDENTIFIER] = { "privacy.raw_identifier", 422, 0,
                                    "A personal number stands where everybody can read it",
                                    "personal numbers belong into subjects, never into a header" },
    [LH_PROBLEM_RESTRICTED] = { "privacy.restricted", 403, 0, "This entry is restricted", "" },
    [LH_PROBLEM_ERASED] = { "privacy.erased", 404, 0, "The private part was erased",
                            "the entry and its proofs stay as they were" },
    [LH_PROBLEM_EVENT_CONFLICT] = { "event.conflict", 409, 0, "Recorded already with other content",
                                    "use a new id for a new event; nothing was changed" },
    [LH_PROBLEM_EVENT_LATE] = { "event.late", 422, 0, "The event is too old",
                                "add the flag late, within the limit of its type" },
    [LH_PROBLEM_EVENT_FUTURE] = { "event.future", 422, 0, "The event lies in the future",
                                  "check the clock of the sending system" },
    [LH_PROBLEM_AUTH_UNKNOWN_CLIENT] = { "auth.unknown_client", 403, 0,
                                         "This client is not known here",
                                         "add a client line to the configuration" },
    [LH_PROBLEM_AUTH_SOURCE] = { "auth.source", 403, 0, "This client may not report this source",
                                 "" },
    [LH_PROBLEM_AUTH_TYPE] = { "auth.type", 403, 0, "This client may not report this type", "" },
    [LH_PROBLEM_AUTH_LEVEL] = { "auth.level", 403, 0, "This client may not report at this level",
                                "" },
    [LH_PROBLEM_AUTH_ROLE] = { "auth.role", 403, 0, "This client has no role that reads this",
                               "liuhend.conf(5), roles=" },
    [LH_PROBLEM_AUTH_WARRANT] = { "auth.warrant", 403, 0, "No warrant covers this", "" },
    [LH_PROBLEM_KEY_UNKNOWN] = { "key.unknown", 422, 0, "The signing key is not enrolled",
                                 "enrol it by a STAFF or SESSION entry and wait for its receipt" },
    [LH_PROBLEM_KEY_REVOKED] = { "key.revoked", 422, 0, "The signing key has ended", "" },
    [LH_PROBLEM_SIGNATURE_BAD] = { "signature.bad", 422, 0, "A signature does not verify", "" },
    [LH_PROBLEM_AUTHORITY_DENIED] = { "authority.denied", 422, 0,
                                      "The signers may not make this entry",
                                      "specs/entries.md lists who signs which type" },
    [LH_PROBLEM_WITNESS_FORGED] = { "witness.forged", 403, 0,
                                    "The log's own signature does not hold", "" },
    [LH_PROBLEM_WITNESS_UNPROVEN] = { "witness.unproven", 422, 0,
                                      "The head does not extend the one cosigned last", "" },
    [LH_PROBLEM_WITNESS_FORK] = { "witness.fork", 422, 0, "The log has two heads of this size",
                                  "both are kept" },
    [LH_PROBLEM_WITNESS_BUSY] = { "witness.busy", 503, 1,
                                  "Another head of this log is being stored",
                                  "send it again later" },
    [LH_PROBLEM_LEVEL_UNREACHABLE] = { "level.unreachable", 422, 0,
                                       "This network is too small for that level",
                                       "wait for a lower level; nothing was recorded" },
    [LH_PROBLEM_PROPOSAL_UNFIT] = { "proposal.unfit", 422, 0,
                                    "The proposal does not fit the members",
                                    "specs/trust.md 5.1; nothing was kept" },
    [LH_PROBLEM_PROPOSAL_PARENT] = { "proposal.parent", 409, 0,
                                     "It does not follow the newest epoch",
                                     "GET /v1/network says which that is; nothing was kept" },
    [LH_PROBLEM_STATE_NEW] = { "state.new", 503, 0, "The ledger has no first entry yet",
                               "two officers sign the GENERATION act, then POST it to /v1/acts" },
    [LH_PROBLEM_STATE_SUSPECT] = { "state.suspect", 503, 0,
                                   "The ledger may have been set back; nothing is sealed",
                                   "GET /v1/status says why; two officers sign what `liuhen "
                                   "restore "
                                   "finish` drafts" },
    [LH_PROBLEM_STATE_WAITING] = { "state.waiting", 503, 1,
                                   "The node has started, and asks its peers before it seals",
                                   "keys change once they have answered, at the latest after "
                                   "start.wait_peers; send it again later" },
    [LH_PROBLEM_CLOCK_STEPPED] = { "clock.stepped", 503, 30, "The node's clock jumped",
                                   "an operator checks the time, then sends SIGUSR1" },
    [LH_PROBLEM_QUEUE_FULL] = { "busy.queue_full", 503, 1, "Too much at once; nothing was recorded",
                                "send it again later" },
    [LH_PROBLEM_STOPPING] = { "busy.stopping", 503, 5, "The node is stopping", "" },
    [LH_PROBLEM_INTERNAL] = { "internal", 500, 0, "The node failed",
                              "the log names this request_id" },
};

static const struct problem_kind *kind_of(enum lh_problem_code code)
{
    lh_assert((unsigned)code < LH_PROBLEM_COUNT);
    return &kinds[code];
}

const char *lh_problem_name(enum lh_problem_code code)
{
    return kind_of(code)->name;
}

unsigned lh_problem_status(enum lh_problem_code code)
{
    return kind_of(code)->status;
}

unsigned lh_problem_retry_after_s(enum lh_problem_code code)
{
    return kind_of(code)->retry_after_s;
}

void lh_problem_set(struct lh_problem *out, enum lh_problem_code code, const char *format, ...)
{
    va_list args;

    *out = (struct lh_problem)LH_PROBLEM_EMPTY;
    out->code = code;
    va_start(args, format);
    (void)vsnprintf(out->detail, sizeof out->detail, format, args);
    va_end(args);
}

void lh_problem_from_field(struct lh_problem *out, enum lh_problem_code code,
                           const struct lh_err *err)
{
    const char *colon = strstr(err->text, ": ");
    size_t len = colon != NULL ? (size_t)(colon - err->text) : 0;
    bool has_slash = err->text[0] == '/';

    *out = (struct lh_problem)LH_PROBLEM_EMPTY;
    out->code = code;
    if (len == 0 || len + 2 > sizeof out->pointer || memchr(err->text, ' ', len) != NULL) {
        (void)snprintf(out->detail, sizeof out->detail, "%s", err->text);
        return;
    }
    (void)snprintf(out->pointer, sizeof out->pointer, "%s%.*s", has_slash ? "" : "/", (int)len,
                   err->text);
    for (char *at = out->pointer; *at != '\0'; at++) {
        *at = *at == '.' && !has_slash ? '/' : *at;
    }
    (void)snprintf(out->detail, sizeof out->detail, "%s", colon + 2);
}

void lh_problem_add(struct lh_json *json, const char *name, const struct lh_problem *problem,
                    const char *request_id)
{
    const struct problem_kind *kind = kind_of(problem->code);

    lh_json_begin_object(json, name);
    lh_json_add_string(json, "type", "about:blank");
    lh_json_add_string(json, "title", kind->title);
    lh_json_add_u64(json, "status", kind->status);
    lh_json_add_string(json, "code", kind->name);
    if (problem->detail[0] != '\0') {
        lh_json_add_string(json, "detail", problem->detail);
    }
    if (problem->pointer[0] != '\0') {
        lh_json_add_string(json, "pointer", problem->pointer);
    }
    if (kind->hint[0] != '\0') {
        lh_json_add_string(json, "hint", kind->hint);
    }
    if (request_id != NULL) {
        lh_json_add_string(json, "request_id", request_id);
    }
    lh_json_end_object(json);
}

const char *lh_http_reason(unsigned status)
{
    static const struct {
        unsigned status;
        const char *reason;
    } reasons[] = {
        { 200, "OK" },
        { 201, "Created" },
        { 207, "Multi-Status" },
        { 400, "Bad Request" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 408, "Request Timeout" },
        { 409, "Conflict" },
        { 413, "Content Too Large" },
        { 415, "Unsupported Media Type" },
        { 422, "Unprocessable Content" },
        { 500, "Internal Server Error" },
        { 503, "Service Unavailable" },
    };

    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].status == status) {
            return reasons[i].reason;
        }
    }
    return "Status";
}
