#ifndef LH_CLI_READABLE_H
#define LH_CLI_READABLE_H

/* Entries in words: what a person reads before signing, and what `show` prints. */

#include "cli/cli.h"
#include "ledger/entry.h"

#include <jansson.h>

/** "有结果" / "hit"; "" for unspecified. */
const char *lh_readable_outcome(lhpb_Outcome outcome, enum lh_lang lang);
/** "数据共享查询" / "QUERY". An unknown type is "?". */
const char *lh_readable_type(lhpb_EntryType type, enum lh_lang lang);
/** Append "2026-11-24 10:58:28.123", UTC+8; nothing for 0. */
void lh_readable_add_time(struct lh_buf *out, int64_t unix_ms);
/** Append a duration: "12d 4h", "3m 20s". */
void lh_readable_add_duration(struct lh_buf *out, uint64_t ms);
/** Append a member's line: its label in the language, padded, and the (safe) text. */
void lh_readable_add_line(struct lh_buf *out, enum lh_lang lang, const char *member,
                          const char *text);
/** Append every member of an event, one a line; times in UTC+8. */
void lh_readable_add_event(struct lh_buf *out, enum lh_lang lang, json_t *event);
/** The same from a body, and in sentences what a GENERATION or an APPROVAL declares. LH_ERR_NOMEM.
 */
enum lh_code lh_readable_add_body(struct lh_buf *out, enum lh_lang lang, const lhpb_Body *body,
                                  struct lh_err *err) LH_MUST_CHECK;
/** "6b1f2a90…90c2" is enough to compare by eye; the whole is elsewhere. `out` has room for 24. */
enum { LH_READABLE_SHORT_SIZE = 24 };
void lh_readable_short_hash(char out[LH_READABLE_SHORT_SIZE], const struct lh_hash *hash);

#endif
