#ifndef LH_LEDGER_PERSONAL_H
#define LH_LEDGER_PERSONAL_H

/*
 * Personal numbers never stand in headers, logs or errors. Intake looks into every string of a
 * body and refuses it; this is no rule of block validity.  Spec: specs/privacy.md, entries.md 7.
 */

#include "ledger/entry.h"

/**
 * A resident ID number stands somewhere in the text: 18 characters with a plausible region and
 * date and the right check character (x or X), also inside a longer run of digits and with up
 * to three spaces or hyphens between any two of them; or a run of exactly 15 digits with a
 * plausible region and date. Full-width digits count as digits.
 */
bool lh_text_has_personal_number(struct lh_bytes text);
/**
 * The JSON name of the first string of the body that holds one ("unit", "detail"), NULL when none
 * does. Never says the number.
 */
const char *lh_body_find_personal_number(const lhpb_Body *body);

#endif
