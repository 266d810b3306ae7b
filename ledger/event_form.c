#include "ledger/event_internal.h"

#include "crypto/base/assert.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* ---- words ----------------------------------------------------------------------------------- */

static const struct lh_event_word channels[] = {
    { lhpb_Channel_COUNTER, "COUNTER" },
    { lhpb_Channel_ONLINE, "ONLINE" },
    { lhpb_Channel_PLATFORM, "PLATFORM" },
    { lhpb_Channel_OFFICE_OA, "OFFICE_OA" },
    { lhpb_Channel_DINGTALK, "DINGTALK" },
    { lhpb_Channel_PHONE, "PHONE" },
    { lhpb_Channel_ON_SITE, "ON_SITE" },
    { lhpb_Channel_MACHINE, "MACHINE" },
    { 0, NULL },
};

static const struct lh_event_word outcomes[] = {
    { lhpb_Outcome_HIT, "HIT" },
    { lhpb_Outcome_NONE, "NONE" },
    { lhpb_Outcome_DENIED, "DENIED" },
    { lhpb_Outcome_ERROR, "ERROR" },
    { lhpb_Outcome_ACCEPTED, "ACCEPTED" },
    { lhpb_Outcome_DONE, "DONE" },
    { lhpb_Outcome_REJECTED, "REJECTED" },
    { lhpb_Outcome_CANCELLED, "CANCELLED" },
    { 0, NULL },
};

static const struct lh_event_word verdicts[] = {
    { lhpb_Verdict_MATCH, "MATCH" },
    { lhpb_Verdict_MISMATCH, "MISMATCH" },
    { lhpb_Verdict_PARTIAL, "PARTIAL" },
    { lhpb_Verdict_NO_RECORD, "NO_RECORD" },
    { lhpb_Verdict_NOT_DIGITISED, "NOT_DIGITISED" },
    { lhpb_Verdict_REFUSED, "REFUSED" },
    { lhpb_Verdict_CANNOT, "CANNOT" },
    { 0, NULL },
};

static const struct lh_event_word modes[] = {
    { lhpb_Mode_ABOLISHED, "ABOLISHED" },
    { lhpb_Mode_PROMISED, "PROMISED" },
    { lhpb_Mode_SHARED, "SHARED" },
    { lhpb_Mode_VERIFIED, "VERIFIED" },
    { 0, NULL },
};

/* The prefix in proto only keeps NONE apart from the outcome's; reading knows both forms. */
static const struct lh_event_word mirrors[] = {
    { lhpb_Mirror_MIRROR_NONE, "NONE" },
    { lhpb_Mirror_MIRROR_PLATFORM, "PLATFORM" },
    { lhpb_Mirror_MIRROR_PROVIDER, "PROVIDER" },
    { lhpb_Mirror_MIRROR_BOTH, "BOTH" },
    { lhpb_Mirror_MIRROR_NONE, "MIRROR_NONE" },
    { lhpb_Mirror_MIRROR_PLATFORM, "MIRROR_PLATFORM" },
    { lhpb_Mirror_MIRROR_PROVIDER, "MIRROR_PROVIDER" },
    { lhpb_Mirror_MIRROR_BOTH, "MIRROR_BOTH" },
    { 0, NULL },
};

static const struct lh_event_word flags[] = {
    { LH_BODY_LATE, "late" },         { LH_BODY_AFTER_THE_FACT, "after_the_fact" },
    { LH_BODY_IMPORTED, "imported" }, { LH_BODY_PROACTIVE, "proactive" },
    { LH_BODY_OVERRIDE, "override" }, { LH_BODY_SELF, "self" },
    { LH_BODY_OFFLINE, "offline" },   { 0, NULL },
};

static const struct lh_event_word roles[] = {
    { LH_ROLE_COUNTER, "counter" },       { LH_ROLE_APPROVER, "approver" },
    { LH_ROLE_SUPERVISOR, "supervisor" }, { LH_ROLE_AUDITOR, "auditor" },
    { LH_ROLE_OPERATOR, "operator" },     { 0, NULL },
};

static const struct lh_event_word auth_methods[] = {
    { LH_AUTH_PASSWORD, "password" },
    { LH_AUTH_SMS, "sms" },
    { LH_AUTH_SSO, "sso" },
    { LH_AUTH_FACE, "face" },
    { LH_AUTH_TOKEN, "token" },
    { LH_AUTH_FINGERPRINT, "fingerprint" },
    { 0, NULL },
};

const char *lh_event_word_name(const struct lh_event_word *words, uint64_t value)
{
    for (; words->name != NULL; words++) {
        if (words->value == value) {
            return words->name;
        }
    }
    return NULL;
}

const struct lh_event_word *lh_event_word_find(const struct lh_event_word *words, const char *name)
{
    for (; words->name != NULL; words++) {
        if (strcasecmp(words->name, name) == 0) {
            return words;
        }
    }
    return NULL;
}

/* Fields whose numbers have names. The type of an entry is not here: entry_type.c has its names. */
static const struct {
    const char *field;
    enum lh_event_kind kind;
    const struct lh_event_word *words;
} worded[] = {
    { "channel", LH_EVENT_WORD, channels },
    { "outcome", LH_EVENT_WORD, outcomes },
    { "verdict", LH_EVENT_WORD, verdicts },
    { "mode", LH_EVENT_WORD, modes },
    { "replacement", LH_EVENT_WORD, modes },
    { "mirror", LH_EVENT_WORD, mirrors },
    { "flags", LH_EVENT_WORDS, flags },
    { "roles", LH_EVENT_WORDS, roles },
    { "auth_methods", LH_EVENT_WORDS, auth_methods },
};

/* ---- names of fields ------------------------------------------------------------------------- */

/* nanopb's own lists of fields give the names, in the order in which an iterator meets them. */
#define LH_FIELD(a, atype, htype, ltype, name, tag) LH_FIELD_##htype(name)
#define LH_FIELD_SINGULAR(name) #name,
#define LH_FIELD_OPTIONAL(name) #name,
#define LH_FIELD_REPEATED(name) #name,
#define LH_FIELD_ONEOF(names) LH_FIELD_OF_UNION names,
#define LH_FIELD_OF_UNION(oneof, member, path) #member

#define LH_MESSAGES(X)                                                                             \
    X(Body)                                                                                        \
    X(Token)                                                                                       \
    X(Catalog)                                                                                     \
    X(Abolish)                                                                                     \
    X(Calendar)                                                                                    \
    X(Staff)                                                                                       \
    X(Role)                                                                                        \
    X(Leave)                                                                                       \
    X(Session)                                                                                     \
    X(SessionEnd)                                                                                  \
    X(Query)                                                                                       \
    X(Serve)                                                                                       \
    X(Use)                                                                                         \
    X(Batch)                                                                                       \
    X(Vreq)                                                                                        \
    X(Vack)                                                                                        \
    X(Vrsp)                                                                                        \
    X(Oob)                                                                                         \
    X(Notice)                                                                                      \
    X(Promise)                                                                                     \
    X(Check)                                                                                       \
    X(Credit)                                                                                      \
    X(CreditEnd)                                                                                   \
    X(Demand)                                                                                      \
    X(Remedy)                                                                                      \
    X(Case)                                                                                        \
    X(Step)                                                                                        \
    X(Close)                                                                                       \
    X(Warrant)                                                                                     \
    X(Open)                                                                                        \
    X(Access)                                                                                      \
    X(Answer)                                                                                      \
    X(Finding)                                                                                     \
    X(Dispose)                                                                                     \
    X(Restrict)                                                                                    \
    X(Erase)                                                                                       \
    X(Correct)                                                                                     \
    X(Object)                                                                                      \
    X(Generation)                                                                                  \
    X(KeyEpoch)                                                                                    \
    X(KeyDestroy)                                                                                  \
    X(KeyComp)                                                                                     \
    X(Approval)                                                                                    \
    X(Heartbeat)                                                                                   \
    X(Equiv)

#define LH_NAMES(message)                                                                          \
    static const char *const names_of_##message[] = { lhpb_##message##_FIELDLIST(LH_FIELD, 0) };
LH_MESSAGES(LH_NAMES)

#define LH_ROW(message) { lhpb_##message##_fields, names_of_##message },
static const struct {
    const pb_msgdesc_t *desc;
    const char *const *names;
} messages[] = { LH_MESSAGES(LH_ROW) };

/* Every message that a body can hold is in the list. */
static const char *name_of(const pb_field_iter_t *field)
{
    size_t i = 0;

    while (messages[i].desc != field->descriptor) {
        i++;
        lh_assert(i < sizeof messages / sizeof messages[0]);
    }
    return messages[i].names[field->index];
}

/* ---- forms ----------------------------------------------------------------------------------- */

/* A length of time, not a point in it. */
static bool is_duration(const char *name)
{
    return strcmp(name, "uptime_ms") == 0;
}

static void rename_to(struct lh_event_form *out, const char *name, size_t len)
{
    lh_assert(len < sizeof out->name);
    memcpy(out->name, name, len);
    out->name[len] = '\0';
}

static enum lh_event_kind kind_of(const pb_field_iter_t *field)
{
    switch (PB_LTYPE(field->type)) {
    case PB_LTYPE_STRING:
        return LH_EVENT_TEXT;
    case PB_LTYPE_FIXED_LENGTH_BYTES:
        return LH_EVENT_HEX;
    case PB_LTYPE_SUBMESSAGE:
        return field->submsg_desc == lhpb_PublicKey_fields ? LH_EVENT_KEY : LH_EVENT_OBJECT;
    default:
        return LH_EVENT_NUMBER;
    }
}

/* A member has the name of its field, or its beginning. */
bool lh_event_may_be_called(const pb_field_iter_t *field, const char *member)
{
    const char *name = name_of(field);

    while (*member != '\0' && *member == *name) {
        member++;
        name++;
    }
    return *member == '\0';
}

void lh_event_form_of(struct lh_event_form *out, const pb_field_iter_t *field)
{
    const char *name = name_of(field);
    size_t len = strlen(name);

    out->kind = kind_of(field);
    out->words = NULL;
    rename_to(out, name, len);
    if (strcmp(name, "case_id") == 0 || strcmp(name, "exchange_id") == 0) {
        rename_to(out, name, len - strlen("_id"));
    }
    if (out->kind != LH_EVENT_NUMBER) {
        return;
    }
    if (len > 3 && strcmp(name + len - 3, "_ms") == 0 && !is_duration(name)) {
        out->kind = LH_EVENT_TIME;
        rename_to(out, name, len - 3);
    }
    for (size_t i = 0; i < sizeof worded / sizeof worded[0]; i++) {
        if (strcmp(worded[i].field, name) == 0) {
            out->kind = worded[i].kind;
            out->words = worded[i].words;
        }
    }
}
