/*
 * Which header fields each type requires and allows; what a row does not name is forbidden.
 * specs/entries.md section 2 shows the same table with the reasons.
 */
#include "ledger/body_check_internal.h"

enum {
    /* who acted, and how sure we are */
    WHO = LH_HEADER_STAFF | LH_HEADER_SESSION | LH_HEADER_AUTH_METHODS | LH_HEADER_ASSURANCE,
    WHERE = LH_HEADER_UNIT | LH_HEADER_SYSTEM,
    ITEM = LH_HEADER_ITEM | LH_HEADER_CATALOGUE_VERSION,
    WHY = LH_HEADER_PURPOSE | LH_HEADER_LEGAL_BASIS,
    CASE = LH_HEADER_CASE | LH_HEADER_STEP,
    LINKS = LH_HEADER_REFS | LH_HEADER_FLAGS,
    RESULT = LH_HEADER_OUTCOME | LH_HEADER_RESULT_MASK | LH_HEADER_RESULT_COUNT,
    DIGESTS = LH_HEADER_REQUEST_DIGEST | LH_HEADER_RESPONSE_DIGEST,

    /* everyday work: people at counters and systems between each other */
    EVERYDAY = WHO | WHERE | LINKS | CASE | LH_HEADER_COUNTERPARTY | LH_HEADER_SUBJECT_DIGEST,
    /* two officers sign; they have keys, no pseudonyms, and nobody is the subject */
    OFFICERS = WHERE | LH_HEADER_LEGAL_BASIS | LH_HEADER_REFS,
};

#define CHANNEL LH_HEADER_CHANNEL
#define BASIS LH_HEADER_LEGAL_BASIS

/* Index: the number of the type. */
static const struct lh_body_rule rules[] = {
    /* catalogue and calendar */
    [lhpb_EntryType_CATALOG] = { 0, OFFICERS, false, lh_check_catalog },
    [lhpb_EntryType_ABOLISH] = { 0, OFFICERS, false, lh_check_abolish },
    [lhpb_EntryType_CALENDAR] = { 0, OFFICERS, false, lh_check_calendar },
    /* people */
    [lhpb_EntryType_STAFF] = { 0, OFFICERS, false, lh_check_staff },
    [lhpb_EntryType_ROLE] = { 0, OFFICERS, false, lh_check_role },
    [lhpb_EntryType_LEAVE] = { 0, OFFICERS, false, lh_check_leave },
    [lhpb_EntryType_SESSION] = { LH_HEADER_STAFF | LH_HEADER_AUTH_METHODS | LH_HEADER_ASSURANCE |
                                     CHANNEL,
                                 WHERE | LH_HEADER_FLAGS, false, lh_check_session },
    [lhpb_EntryType_SESSION_END] = { LH_HEADER_STAFF,
                                     WHERE | CHANNEL | LH_HEADER_SESSION | LH_HEADER_FLAGS, false,
                                     lh_check_session_end },
    /* sharing */
    [lhpb_EntryType_QUERY] = { CHANNEL | ITEM | WHY | LH_HEADER_EXCHANGE,
                               EVERYDAY | RESULT | DIGESTS, true, lh_check_query },
    [lhpb_EntryType_SERVE] = { CHANNEL | ITEM | LH_HEADER_EXCHANGE | LH_HEADER_COUNTERPARTY |
                                   LH_HEADER_OUTCOME,
                               EVERYDAY | WHY | RESULT | DIGESTS, false, lh_check_serve },
    [lhpb_EntryType_USE] = { CHANNEL | ITEM | LH_HEADER_EXCHANGE | LH_HEADER_OUTCOME,
                             EVERYDAY | WHY | RESULT | DIGESTS, true, lh_check_use },
    [lhpb_EntryType_BATCH] = { CHANNEL | ITEM | WHY | LH_HEADER_SYSTEM | LH_HEADER_REFS,
                               LH_HEADER_UNIT | LH_HEADER_FLAGS | LH_HEADER_COUNTERPARTY | RESULT,
                               false, lh_check_batch },
    /* verification */
    [lhpb_EntryType_VREQ] = { CHANNEL | ITEM | WHY | LH_HEADER_EXCHANGE | LH_HEADER_COUNTERPARTY,
                              EVERYDAY | RESULT | DIGESTS, true, lh_check_vreq },
    [lhpb_EntryType_VACK] = { CHANNEL | ITEM | LH_HEADER_EXCHANGE | LH_HEADER_COUNTERPARTY,
                              EVERYDAY | WHY | LH_HEADER_OUTCOME | LH_HEADER_REQUEST_DIGEST, true,
                              lh_check_vack },
    [lhpb_EntryType_VRSP] = { CHANNEL | ITEM | LH_HEADER_EXCHANGE | LH_HEADER_COUNTERPARTY |
                                  LH_HEADER_OUTCOME,
                              EVERYDAY | WHY | RESULT | DIGESTS, true, lh_check_vrsp },
    [lhpb_EntryType_OOB] = { CHANNEL | ITEM | LH_HEADER_EXCHANGE | LH_HEADER_COUNTERPARTY |
                                 LH_HEADER_STAFF,
                             EVERYDAY | WHY | RESULT | DIGESTS, true, lh_check_oob },
    /* promises */
    [lhpb_EntryType_NOTICE] = { CHANNEL | ITEM, EVERYDAY | WHY, true, lh_check_notice },
    [lhpb_EntryType_PROMISE] = { CHANNEL | ITEM, EVERYDAY | WHY, false, lh_check_promise },
    [lhpb_EntryType_CHECK] = { CHANNEL | ITEM, EVERYDAY | WHY, true, lh_check_check },
    [lhpb_EntryType_CREDIT] = { CHANNEL | BASIS, EVERYDAY | WHY | ITEM, true, lh_check_credit },
    [lhpb_EntryType_CREDIT_END] = { CHANNEL, EVERYDAY | WHY | ITEM, true, lh_check_credit_end },
    /* demands: citizens complain without any staff member */
    [lhpb_EntryType_DEMAND] = { CHANNEL, EVERYDAY | ITEM, false, lh_check_demand },
    [lhpb_EntryType_REMEDY] = { CHANNEL, EVERYDAY | ITEM | LH_HEADER_OUTCOME, true,
                                lh_check_remedy },
    /* one-thing cases: applicants, hospitals and cohort rules open them too */
    [lhpb_EntryType_CASE] = { CHANNEL | LH_HEADER_CASE, EVERYDAY | WHY | ITEM | LH_HEADER_OUTCOME,
                              false, lh_check_case },
    [lhpb_EntryType_STEP] = { CHANNEL | CASE, EVERYDAY | WHY | ITEM | LH_HEADER_OUTCOME, true,
                              lh_check_step },
    [lhpb_EntryType_CLOSE] = { CHANNEL | LH_HEADER_CASE, EVERYDAY | WHY | ITEM | LH_HEADER_OUTCOME,
                               true, lh_check_close },
    /* audit */
    [lhpb_EntryType_WARRANT] = { BASIS, OFFICERS | LH_HEADER_PURPOSE, false, lh_check_warrant },
    [lhpb_EntryType_OPEN] = { LH_HEADER_STAFF, EVERYDAY | WHY | CHANNEL | LH_HEADER_OUTCOME, true,
                              lh_check_open },
    [lhpb_EntryType_ACCESS] = { 0, EVERYDAY | WHY | CHANNEL | ITEM | LH_HEADER_OUTCOME, false,
                                lh_check_access },
    [lhpb_EntryType_ANSWER] = { CHANNEL, EVERYDAY | WHY | LH_HEADER_OUTCOME, true,
                                lh_check_answer },
    [lhpb_EntryType_FINDING] = { 0,
                                 WHO | WHERE | LINKS | CASE | CHANNEL | ITEM |
                                     LH_HEADER_COUNTERPARTY,
                                 false, lh_check_finding },
    [lhpb_EntryType_DISPOSE] = { LH_HEADER_STAFF,
                                 WHO | WHERE | LINKS | CASE | CHANNEL | ITEM |
                                     LH_HEADER_COUNTERPARTY | BASIS,
                                 true, lh_check_dispose },
    /* life of data */
    [lhpb_EntryType_RESTRICT] = { LH_HEADER_STAFF | BASIS, EVERYDAY | CHANNEL | LH_HEADER_OUTCOME,
                                  true, lh_check_restrict },
    [lhpb_EntryType_ERASE] = { BASIS, OFFICERS, false, lh_check_erase },
    [lhpb_EntryType_CORRECT] = { CHANNEL, EVERYDAY | WHY | ITEM, true, lh_check_correct },
    [lhpb_EntryType_OBJECT] = { CHANNEL, EVERYDAY | WHY | ITEM, false, lh_check_object },
    /* keys and network */
    [lhpb_EntryType_GENERATION] = { 0, OFFICERS, false, lh_check_generation },
    [lhpb_EntryType_KEYEPOCH] = { 0, OFFICERS, false, lh_check_key_epoch },
    [lhpb_EntryType_KEYDESTROY] = { 0, OFFICERS, false, lh_check_key_destroy },
    [lhpb_EntryType_KEYCOMP] = { 0, OFFICERS, false, lh_check_key_comp },
    [lhpb_EntryType_APPROVAL] = { 0, OFFICERS, false, lh_check_approval },
    [lhpb_EntryType_HEARTBEAT] = { 0, LH_HEADER_SYSTEM, false, lh_check_heartbeat },
    [lhpb_EntryType_EQUIV] = { 0, LH_HEADER_SYSTEM | LH_HEADER_COUNTERPARTY | LH_HEADER_REFS, false,
                               lh_check_equiv },
};

enum { RULE_COUNT = sizeof rules / sizeof rules[0] };
_Static_assert((int)RULE_COUNT == (int)_lhpb_EntryType_ARRAYSIZE,
               "every type of body.proto has a row");

const struct lh_body_rule *lh_body_rule_find(lhpb_EntryType type)
{
    if ((size_t)type >= RULE_COUNT || rules[type].check == NULL) {
        return NULL;
    }
    return &rules[type];
}
