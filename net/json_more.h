#ifndef LH_NET_JSON_MORE_H
#define LH_NET_JSON_MORE_H

/* What replies need besides crypto/base/json.h: hex, base64, times, long texts of our own. */

#include "crypto/base/json.h"

void lh_json_add_string(struct lh_json *json, const char *name, const char *text);
void lh_json_add_hex(struct lh_json *json, const char *name, struct lh_bytes bytes);
void lh_json_add_base64(struct lh_json *json, const char *name, struct lh_bytes bytes);
/** "2026-11-24T09:00:00.000Z". */
void lh_json_add_time(struct lh_json *json, const char *name, int64_t unix_ms);
/** Text that we wrote ourselves (a receipt, a checkpoint): known to be good UTF-8, copied in runs.
 */
void lh_json_add_own_text(struct lh_json *json, const char *name, struct lh_bytes text);
/** A value that is JSON already. */
void lh_json_add_raw(struct lh_json *json, const char *name, struct lh_bytes value);

#endif
