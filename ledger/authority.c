#include "ledger/authority.h"

#include <stddef.h>

/* spec entries.md 4: "An officer act needs the signatures of two different officers, and nobody
 * else may sign it." */
#define OFFICERS(type) [lhpb_EntryType_##type] = { lhpb_EntryType_##type, LH_SIGNER_OFFICER, 2 }
#define ONE(type, kinds) [lhpb_EntryType_##type] = { lhpb_EntryType_##type, (kinds), 1 }
#define ANY_LEVEL(type) ONE(type, LH_SIGNER_STAFF | LH_SIGNER_SESSION | LH_SIGNER_RECORDER)
#define PERSON(type) ONE(type, LH_SIGNER_STAFF | LH_SIGNER_SESSION)

static const struct lh_authority rows[] = {
    OFFICERS(CATALOG),
    OFFICERS(ABOLISH),
    OFFICERS(CALENDAR),
    OFFICERS(STAFF),
    OFFICERS(ROLE),
    OFFICERS(LEAVE),
    /* Only the staff key can certify a session key: who could sign with the session alone could
     * renew it for ever. */
    ONE(SESSION, LH_SIGNER_STAFF),
    ANY_LEVEL(SESSION_END),
    ANY_LEVEL(QUERY),
    ANY_LEVEL(SERVE),
    ANY_LEVEL(USE),
    /* A bulk run is a system's, never a person's; its approval stands in refs. */
    ONE(BATCH, LH_SIGNER_RECORDER),
    ANY_LEVEL(VREQ),
    ANY_LEVEL(VACK),
    ANY_LEVEL(VRSP),
    ANY_LEVEL(OOB),
    ANY_LEVEL(NOTICE),
    ANY_LEVEL(PROMISE),
    ANY_LEVEL(CHECK),
    ANY_LEVEL(CREDIT),
    ANY_LEVEL(CREDIT_END),
    ANY_LEVEL(DEMAND),
    ANY_LEVEL(REMEDY),
    ANY_LEVEL(CASE),
    ANY_LEVEL(STEP),
    ANY_LEVEL(CLOSE),
    OFFICERS(WARRANT),
    ANY_LEVEL(OPEN),
    ANY_LEVEL(ACCESS),
    ANY_LEVEL(ANSWER),
    ONE(FINDING, LH_SIGNER_RECORDER | LH_SIGNER_STAFF),
    ANY_LEVEL(DISPOSE),
    /* Restricting hides from readers and can be lifted: one person, but a person. */
    PERSON(RESTRICT),
    OFFICERS(ERASE),
    ANY_LEVEL(CORRECT),
    ANY_LEVEL(OBJECT),
    OFFICERS(GENERATION),
    OFFICERS(KEYEPOCH),
    OFFICERS(KEYDESTROY),
    OFFICERS(KEYCOMP),
    OFFICERS(APPROVAL),
    ONE(HEARTBEAT, LH_SIGNER_RECORDER),
    ONE(EQUIV, LH_SIGNER_RECORDER),
};

enum { ROW_COUNT = sizeof rows / sizeof rows[0] };
_Static_assert((int)ROW_COUNT == (int)_lhpb_EntryType_ARRAYSIZE,
               "every type of body.proto has a row");

const struct lh_authority *lh_authority_find(lhpb_EntryType type)
{
    if ((size_t)type >= ROW_COUNT || rows[type].kinds == 0) {
        return NULL;
    }
    return &rows[type];
}

unsigned lh_signer_kind_level(enum lh_signer_kind kind)
{
    switch (kind) {
    case LH_SIGNER_OFFICER:
    case LH_SIGNER_STAFF:
        return 3;
    case LH_SIGNER_SESSION:
        return 2;
    case LH_SIGNER_RECORDER:
        return 1;
    }
    return 0;
}

const char *lh_signer_kind_name(enum lh_signer_kind kind)
{
    switch (kind) {
    case LH_SIGNER_OFFICER:
        return "officer";
    case LH_SIGNER_STAFF:
        return "staff";
    case LH_SIGNER_SESSION:
        return "session";
    case LH_SIGNER_RECORDER:
        return "recorder";
    }
    return "unknown";
}
