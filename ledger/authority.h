#ifndef LH_LEDGER_AUTHORITY_H
#define LH_LEDGER_AUTHORITY_H

/*
 * Who may sign what: one table, type -> kinds of signer, how many signatures, lowest level.
 * Levels: 3 the staff member's own key, 2 a session key, 1 the recorder key. Officer acts need two
 * different officers and nobody else.  Spec: specs/entries.md "Authority".
 */

#include "ledger/entry.h"

enum lh_signer_kind {
    LH_SIGNER_OFFICER = 1,
    LH_SIGNER_STAFF = 2,    /* level 3 */
    LH_SIGNER_SESSION = 4,  /* level 2 */
    LH_SIGNER_RECORDER = 8, /* level 1 */
};

struct lh_authority {
    lhpb_EntryType type;
    unsigned kinds;     /* LH_SIGNER_* that may sign */
    unsigned count_min; /* different signers needed; all of one allowed kind */
};

/** Never NULL for a type of this schema. */
const struct lh_authority *lh_authority_find(lhpb_EntryType type);
/** Level an entry reaches when this kind signs it; officers 3. */
unsigned lh_signer_kind_level(enum lh_signer_kind kind);
/** "officer", "staff", "session", "recorder". */
const char *lh_signer_kind_name(enum lh_signer_kind kind);

#endif
