#ifndef LH_CLI_EVENTS_H
#define LH_CLI_EVENTS_H

/* Events as people and systems write them: one JSON object, an array of them, or one a line. */

#include "cli/cli.h"
#include "ledger/entry.h"

#include <jansson.h>

/** Read a whole file ("-": standard input) into a new array of objects. LH_ERR_INVALID says where.
 */
enum lh_code lh_events_read(json_t **out, const char *path, struct lh_err *err) LH_MUST_CHECK;
/** The same from bytes. */
enum lh_code lh_events_parse(json_t **out, struct lh_bytes bytes, struct lh_err *err) LH_MUST_CHECK;
/** Set a text member unless the event has one. */
enum lh_code lh_events_default(json_t *event, const char *name, const char *value,
                               struct lh_err *err) LH_MUST_CHECK;
/** Fill what the command line knows: department and, when it is absent, event_time. */
enum lh_code lh_events_fill(json_t *event, const char *department, int64_t now_unix_ms,
                            struct lh_err *err) LH_MUST_CHECK;
/** To a body whose schema is ours, checked. Members that name people are left out. */
enum lh_code lh_events_to_body(lhpb_Body *out, const json_t *event,
                               struct lh_err *err) LH_MUST_CHECK;
/** As intake does: LH_ERR_INVALID, naming the member, when a text holds a resident's number. */
enum lh_code lh_events_check_personal(const lhpb_Body *body, struct lh_err *err) LH_MUST_CHECK;

#endif
