#ifndef LH_CRYPTO_ALOUD_H
#define LH_CRYPTO_ALOUD_H

/*
 * A hash in a form that people compare by telephone or on paper: its first 16 bytes as eight
 * numbers of five digits, "04711.55210. ...", the same in every language.  Spec: specs/trust.md 4.
 */

#include "crypto/suite.h"

enum { LH_ALOUD_NUMBERS = 8, LH_ALOUD_SIZE = 6 * LH_ALOUD_NUMBERS /* with its NUL */ };

void lh_aloud_format(char out[LH_ALOUD_SIZE], const struct lh_hash *hash);
/** Is it in that form, of whatever hash? Two texts in that form name one hash if they are equal. */
bool lh_aloud_is_valid(const char *text);

#endif
