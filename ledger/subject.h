#ifndef LH_LEDGER_SUBJECT_H
#define LH_LEDGER_SUBJECT_H

/*
 * Ids of the people and bodies that entries are about. Before any hashing an id is made canonical,
 * so that one person has one commitment and one token whatever was typed: spaces trimmed,
 * full-width forms to ASCII, lower to upper case, 15-digit resident numbers to 18.  Spec:
 * specs/privacy.md 2.
 */

#include "crypto/base/bytes.h"
#include "crypto/base/err.h"

enum lh_subject_type {
    LH_SUBJECT_RESIDENT = 1, /* 公民身份号码, GB 11643: 18 characters with check character */
    LH_SUBJECT_USCC = 2, /* 统一社会信用代码, GB 32100: 18 characters with check character */
    LH_SUBJECT_PASSPORT = 3, /* passports and permits: [A-Z0-9]{5,20} */
    LH_SUBJECT_NEWBORN = 4,  /* no number yet: [A-Z0-9-]{4,40}, scoped to a case */
    LH_SUBJECT_NETWORK = 5,  /* 网号: [A-Za-z0-9]{8,40}, case kept */
    LH_SUBJECT_CASE = 6,     /* pseudonym within a case: [A-Z0-9-]{4,40} */
};

enum { LH_SUBJECT_ID_MAX = 40, LH_SUBJECTS_MAX = 8 };

/** "resident", "uscc", "passport", "newborn", "network", "case"; NULL for an unknown number. */
const char *lh_subject_type_name(uint32_t type);
enum lh_code lh_subject_type_parse(uint32_t *out, struct lh_bytes name,
                                   struct lh_err *err) LH_MUST_CHECK;
/**
 * Canonical form of `text` into `out` (NUL-terminated). LH_ERR_INVALID says what is wrong with it
 * and never repeats the number.
 */
enum lh_code lh_subject_canonical(char out[LH_SUBJECT_ID_MAX + 1], uint32_t type,
                                  struct lh_bytes text, struct lh_err *err) LH_MUST_CHECK;
/** Check character of 17 digits (GB 11643, ISO 7064 MOD 11-2). */
char lh_subject_resident_check(const char digits[17]);
/** Check character of 17 characters of the USCC alphabet (GB 32100); 0 if one is not of it. */
char lh_subject_uscc_check(const char body[17]);

#endif
