#ifndef LH_CLI_REFUSALS_H
#define LH_CLI_REFUSALS_H

/*
 * The node's stable problem codes (specs/api.yaml, Problem) in Chinese. The node speaks English;
 * who reads Chinese gets the meaning of the code beside it, and the detail as the node gave it.
 */

#include "cli/msg.h"

/** What a code means in Chinese, NULL for one that is not known here. */
const char *lh_refusal_find(struct lh_bytes code);
/** Append `text`; in Chinese, what a code in it means stands behind the code, in brackets. */
void lh_refusal_add(struct lh_buf *out, const char *text, enum lh_lang lang);

#endif
