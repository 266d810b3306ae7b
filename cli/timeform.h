#ifndef LH_CLI_TIMEFORM_H
#define LH_CLI_TIMEFORM_H

/*
 * Points in time as other systems write them.
 *
 *   iso       2011-10-11, 2011-10-11 13:45[:40[.276000]][+02:00|Z], T instead of the space
 *   unix      seconds since 1970, unix_ms milliseconds
 *   pattern   %Y %m %d %H %M %S; %f digits of a fraction; %z +02:00, +0200 or Z; %% a percent sign;
 *             anything else stands for itself
 *
 * A text that names no zone is in `zone`. What is finer than a millisecond is cut.
 */

#include "crypto/base/bytes.h"
#include "crypto/base/err.h"

/** Is it one of the words, or a pattern that names at least a day? LH_ERR_INVALID says why not. */
enum lh_code lh_timeform_check(const char *form, struct lh_err *err) LH_MUST_CHECK;
/** Read a checked form; `zone` as "+08:00". LH_ERR_INVALID, never with the text. */
enum lh_code lh_timeform_parse(int64_t *out_unix_ms, const char *form, const char *zone,
                               struct lh_bytes text, struct lh_err *err) LH_MUST_CHECK;

#endif
