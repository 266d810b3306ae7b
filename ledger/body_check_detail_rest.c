/* The details of everything else: catalogue and calendar, people, audit, life of data, keys. */
#include "ledger/body_check_internal.h"

#include "ledger/origin.h"

#include <string.h>

/* ---- catalogue and calendar ------------------------------------------------------------------ */

void lh_check_catalog(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Catalog *item = &body->detail.catalog;

    lh_want_code(want, "detail.code", item->code);
    lh_want_true(want, item->version != 0, "detail.version", "missing");
    lh_want_text(want, "detail.title", item->title);
    lh_want_department(want, "detail.owner", item->owner);
    lh_want_range(want, "detail.mode", item->mode, lhpb_Mode_ABOLISHED, _lhpb_Mode_MAX);
    lh_want_range(want, "detail.mirror", item->mirror, lhpb_Mirror_MIRROR_NONE, _lhpb_Mirror_MAX);
    lh_want_texts(want, "detail.consumers", item->consumers[0], sizeof item->consumers[0],
                  item->consumers_count, true);
    lh_want_texts(want, "detail.purposes", item->purposes[0], sizeof item->purposes[0],
                  item->purposes_count, false);
    lh_want_code(want, "detail.basis", item->basis);
    lh_want_number(want, "detail.fields_allowed", item->fields_allowed);
    lh_want_range(want, "detail.min_level", item->min_level, 1, 3);
    lh_want_range(want, "detail.min_assurance", item->min_assurance, 0, 3);
    lh_want_range(want, "detail.sensitivity", item->sensitivity, 1, 3);
    lh_want_time(want, "detail.effective_from", item->effective_from_ms);
    lh_want_time_after_or_none(want, "detail.effective_until", item->effective_until_ms,
                               item->effective_from_ms);
}

void lh_check_abolish(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Abolish *item = &body->detail.abolish;

    lh_want_code(want, "detail.code", item->code);
    lh_want_true(want, item->list_version != 0, "detail.list_version", "missing");
    lh_want_range(want, "detail.ground", item->ground, 1, 6);
    lh_want_range(want, "detail.replacement", item->replacement, lhpb_Mode_ABOLISHED,
                  _lhpb_Mode_MAX);
    lh_want_text(want, "detail.title", item->title);
    lh_want_time(want, "detail.effective_from", item->effective_from_ms);
}

static bool have_common_date(const lhpb_Calendar *calendar)
{
    for (size_t i = 0; i < calendar->holidays_count; i++) {
        for (size_t j = 0; j < calendar->workdays_count; j++) {
            if (calendar->holidays[i] == calendar->workdays[j]) {
                return true;
            }
        }
    }
    return false;
}

void lh_check_calendar(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Calendar *calendar = &body->detail.calendar;
    enum { DAY_MINUTES = 24 * 60 };

    lh_want_true(want, calendar->version != 0, "detail.version", "missing");
    lh_want_date(want, "detail.from_date", calendar->from_date);
    lh_want_date(want, "detail.until_date", calendar->until_date);
    lh_want_true(want, calendar->from_date <= calendar->until_date, "detail.until_date",
                 "before the first date");
    lh_want_range(want, "detail.close_minute", calendar->close_minute, 1, DAY_MINUTES);
    lh_want_true(want, calendar->open_minute < calendar->close_minute, "detail.open_minute",
                 "not before the close");
    lh_want_dates(want, "detail.holidays", calendar->holidays, calendar->holidays_count,
                  calendar->from_date, calendar->until_date);
    lh_want_dates(want, "detail.workdays", calendar->workdays, calendar->workdays_count,
                  calendar->from_date, calendar->until_date);
    lh_want_true(want, !have_common_date(calendar), "detail.workdays", "one of them is a holiday");
}

/* ---- people ---------------------------------------------------------------------------------- */

static void want_pseudonym(struct lh_want *want, const uint8_t pseudonym[8])
{
    lh_want_bytes(want, "detail.pseudonym", pseudonym, 8);
}

void lh_check_staff(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Staff *staff = &body->detail.staff_enrol;

    want_pseudonym(want, staff->pseudonym);
    lh_want_signing_key(want, "detail.key", staff->has_key, &staff->key);
    lh_want_true(want, staff->roles != 0, "detail.roles", "none");
    lh_want_bits(want, "detail.roles", staff->roles, LH_ROLE_KNOWN);
    lh_want_range(want, "detail.employment", staff->employment, 1, 3);
    lh_want_code_or_none(want, "detail.post", staff->post);
    lh_want_time(want, "detail.valid_from", staff->valid_from_ms);
    lh_want_time_after_or_none(want, "detail.valid_until", staff->valid_until_ms,
                               staff->valid_from_ms);
}

void lh_check_role(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Role *role = &body->detail.role;

    want_pseudonym(want, role->pseudonym);
    lh_want_bits(want, "detail.roles", role->roles, LH_ROLE_KNOWN);
    lh_want_time(want, "detail.effective", role->effective_ms);
}

void lh_check_leave(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Leave *leave = &body->detail.leave;

    want_pseudonym(want, leave->pseudonym);
    lh_want_range(want, "detail.kind", leave->kind, 1, 3);
    lh_want_time(want, "detail.effective", leave->effective_ms);
}

void lh_check_session(struct lh_want *want, const lhpb_Body *body)
{
    const uint64_t session_max_ms = (uint64_t)8 * 3600 * 1000;
    const lhpb_Session *session = &body->detail.session_open;
    enum { FACE_NONE = 0, FACE_PASSED = 1, FACE_FAILED = 2 };

    lh_want_bytes(want, "detail.session_id", session->session_id, sizeof session->session_id);
    lh_want_signing_key(want, "detail.key", session->has_key, &session->key);
    lh_want_time(want, "detail.expires", session->expires_ms);
    /* spec entries.md 3: "A session ends after it begins and at most 8 hours later." */
    lh_want_true(want,
                 session->expires_ms > body->event_time_ms &&
                     session->expires_ms - body->event_time_ms <= session_max_ms,
                 "detail.expires", "not within 8 hours after the login");
    lh_want_code_or_none(want, "detail.terminal", session->terminal);
    lh_want_range(want, "detail.face_verdict", session->face_verdict, FACE_NONE, FACE_FAILED);
    lh_want_code_or_none(want, "detail.face_provider", session->face_provider);
    lh_want_true(want, (session->face_verdict != FACE_NONE) == (session->face_provider[0] != '\0'),
                 "detail.face_provider", "stands with a face_verdict and only then");
    lh_want_true(want,
                 (body->auth_methods & LH_AUTH_FACE) == 0 || session->face_verdict == FACE_PASSED,
                 "auth_methods", "face needs a face_verdict that passed");
}

void lh_check_session_end(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_SessionEnd *end = &body->detail.session_end;

    lh_want_bytes(want, "detail.session_id", end->session_id, sizeof end->session_id);
    lh_want_range(want, "detail.reason", end->reason, 1, 3);
    lh_want_number(want, "detail.queries", end->queries);
    lh_want_number(want, "detail.distinct_subjects", end->distinct_subjects);
    lh_want_true(want,
                 !body->has_session ||
                     memcmp(body->session, end->session_id, sizeof end->session_id) == 0,
                 "session", "another session than the one that ends");
}

/* ---- audit ----------------------------------------------------------------------------------- */

void lh_check_warrant(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Warrant *warrant = &body->detail.warrant;

    lh_want_bytes(want, "detail.warrant_id", warrant->warrant_id, sizeof warrant->warrant_id);
    lh_want_text(want, "detail.authority", warrant->authority);
    lh_want_text(want, "detail.document", warrant->document);
    lh_want_time(want, "detail.from", warrant->from_ms);
    lh_want_time(want, "detail.until", warrant->until_ms);
    lh_want_true(want, warrant->from_ms <= warrant->until_ms, "detail.until", "before the start");
    lh_want_time(want, "detail.expires", warrant->expires_ms);
    lh_want_true(want, warrant->expires_ms > body->event_time_ms, "detail.expires",
                 "not after it was given");
}

void lh_check_open(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Open *open = &body->detail.open;

    lh_want_bytes(want, "detail.warrant_id", open->warrant_id, sizeof open->warrant_id);
    lh_want_bytes(want, "detail.opened_digest", open->opened_digest, sizeof open->opened_digest);
    lh_want_true(want, open->opened_count != 0, "detail.opened_count", "missing");
}

void lh_check_access(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Access *access = &body->detail.access;
    enum { AUDITOR = 3, SYSTEM = 5 };

    lh_want_range(want, "detail.reader", access->reader, 1, SYSTEM);
    lh_want_bytes(want, "detail.query_digest", access->query_digest, sizeof access->query_digest);
    lh_want_number(want, "detail.upto_size", access->upto_size);
    /* spec entries.md 3: "An auditor reads under a warrant." */
    lh_want_true(want, access->reader != AUDITOR || access->has_warrant_id, "detail.warrant_id",
                 "required for an auditor");
}

void lh_check_answer(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Answer *answer = &body->detail.answer;

    lh_want_bytes(want, "detail.request", answer->request, sizeof answer->request);
    lh_want_range(want, "detail.deferred_class", answer->deferred_class, 0, 3);
    lh_want_range(want, "detail.reason", answer->reason, 1, 3);
}

void lh_check_finding(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Finding *finding = &body->detail.finding;

    lh_want_code(want, "detail.rule", finding->rule);
    lh_want_true(want, finding->rule_version != 0, "detail.rule_version", "missing");
    lh_want_range(want, "detail.class", finding->class, 1, 3);
    lh_want_bytes(want, "detail.evidence_digest", finding->evidence_digest,
                  sizeof finding->evidence_digest);
}

void lh_check_dispose(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Dispose *dispose = &body->detail.dispose;

    lh_want_bytes(want, "detail.finding", dispose->finding, sizeof dispose->finding);
    lh_want_range(want, "detail.decision", dispose->decision, 1, 4);
    lh_want_code(want, "detail.reason", dispose->reason);
}

/* ---- life of data ---------------------------------------------------------------------------- */

static void want_targets(struct lh_want *want, const uint8_t (*targets)[LH_HASH_SIZE], size_t count,
                         const char *ground)
{
    lh_want_true(want, count > 0, "detail.targets", "none");
    lh_want_hashes(want, "detail.targets", targets, count);
    lh_want_code(want, "detail.ground", ground);
}

void lh_check_restrict(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Restrict *restriction = &body->detail.restriction;

    want_targets(want, restriction->targets, restriction->targets_count, restriction->ground);
    /* spec entries.md 3: "A RESTRICT with the outcome CANCELLED lifts what earlier ones restrict,
     * and it has no other outcome." */
    lh_want_true(want,
                 body->outcome == lhpb_Outcome_OUTCOME_UNSPECIFIED ||
                     body->outcome == lhpb_Outcome_CANCELLED,
                 "outcome", "want CANCELLED or none");
}

void lh_check_erase(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Erase *erase = &body->detail.erase;
    want_targets(want, erase->targets, erase->targets_count, erase->ground);
}

void lh_check_correct(struct lh_want *want, const lhpb_Body *body)
{
    lh_want_bytes(want, "detail.target", body->detail.correct.target, LH_HASH_SIZE);
    lh_want_range(want, "detail.nature", body->detail.correct.nature, 1, 5);
}

void lh_check_object(struct lh_want *want, const lhpb_Body *body)
{
    lh_want_bytes(want, "detail.target", body->detail.object.target, LH_HASH_SIZE);
    lh_want_range(want, "detail.nature", body->detail.object.nature, 1, 3);
}

/* ---- keys and network ------------------------------------------------------------------------ */

enum { REASON_FIRST = 1, REASON_RESTORE = 2, REASON_JOINED = 5, REASON_UNSAFE_RESTORE = 6 };

/* spec entries.md 3: "The first generation names no generation before it; every other one names
 * the origin and, unless it follows a restore, the size, root and last header of that
 * generation." */
static void want_previous(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Generation *generation = &body->detail.generation;
    bool is_first = generation->reason == REASON_FIRST;
    bool may_be_lost =
        generation->reason == REASON_RESTORE || generation->reason == REASON_UNSAFE_RESTORE;
    struct lh_origin origin;

    lh_want_true(want, is_first == (generation->prev_origin[0] == '\0'), "detail.prev_origin",
                 "stands in every generation but the first");
    lh_want_true(want, (generation->prev_size != 0) == generation->has_prev_root,
                 "detail.prev_root", "stands with prev_size or not at all");
    lh_want_true(want, generation->has_prev_root == generation->has_prev_header,
                 "detail.prev_header", "stands with prev_root or not at all");
    if (is_first) {
        lh_want_true(want, generation->prev_size == 0, "detail.prev_size",
                     "the first generation has none before it");
        lh_want_true(want, !generation->has_promises_digest, "detail.promises_digest",
                     "the first generation asks for no promises");
        return;
    }
    lh_want_true(want, generation->prev_size != 0 || may_be_lost, "detail.prev_size", "missing");
    lh_want_origin(want, "detail.prev_origin", generation->prev_origin);
    if (want->rc != LH_OK ||
        lh_origin_parse(&origin, lh_bytes_of_text(generation->prev_origin), NULL) != LH_OK) {
        return;
    }
    /* spec entries.md 3: "A generation that joined a network (5) continues a ledger of another
     * network, which may bear another department and any number." */
    if (generation->reason != REASON_JOINED) {
        lh_want_true(want, strcmp(origin.department, body->department) == 0, "detail.prev_origin",
                     "of another department");
        lh_want_true(want, origin.generation < generation->number, "detail.prev_origin",
                     "not an earlier generation");
    }
}

void lh_check_generation(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Generation *generation = &body->detail.generation;

    lh_want_true(want, generation->number != 0, "detail.number", "missing");
    lh_want_range(want, "detail.reason", generation->reason, REASON_FIRST, REASON_UNSAFE_RESTORE);
    lh_want_true(want, generation->reason != REASON_FIRST || generation->number == 1,
                 "detail.number", "the first generation has number 1");
    lh_want_signing_key(want, "detail.seal_key", generation->has_seal_key, &generation->seal_key);
    want_previous(want, body);
    lh_want_number(want, "detail.prev_size", generation->prev_size);
    lh_want_number(want, "detail.lost_until", generation->lost_until);
    /* spec entries.md 3: "The lost range is inclusive and never holds index 0." */
    lh_want_true(want, (generation->lost_from == 0) == (generation->lost_until == 0),
                 "detail.lost_until", "stands with lost_from or not at all");
    lh_want_true(want, generation->lost_from <= generation->lost_until, "detail.lost_until",
                 "before lost_from");
    lh_want_true(want, generation->lost_until == 0 || generation->reason != REASON_FIRST,
                 "detail.lost_until", "the first generation has lost nothing");
}

static void want_purpose(struct lh_want *want, uint32_t purpose)
{
    lh_want_range(want, "detail.purpose", purpose, LH_PURPOSE_SEAL, LH_PURPOSE_AUDIT_ESCROW);
}

/* spec entries.md 3: "Idempotency and index keys are symmetric and show a check value; all others
 * show the public key." */
static bool is_symmetric(uint32_t purpose)
{
    return purpose == LH_PURPOSE_IDEMPOTENCY || purpose == LH_PURPOSE_INDEX;
}

void lh_check_key_epoch(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_KeyEpoch *epoch = &body->detail.key_epoch;

    want_purpose(want, epoch->purpose);
    lh_want_true(want, epoch->has_kcv == is_symmetric(epoch->purpose), "detail.kcv",
                 "stands for a symmetric key and only there");
    if (is_symmetric(epoch->purpose)) {
        lh_want_true(want, !epoch->has_key, "detail.key", "a symmetric key is never shown");
    } else if (epoch->purpose == LH_PURPOSE_AUDIT_BOX ||
               epoch->purpose == LH_PURPOSE_AUDIT_ESCROW) {
        lh_want_box_key(want, "detail.key", epoch->has_key, &epoch->key);
    } else {
        lh_want_signing_key(want, "detail.key", epoch->has_key, &epoch->key);
    }
    lh_want_time(want, "detail.valid_from", epoch->valid_from_ms);
    lh_want_time_after_or_none(want, "detail.valid_until", epoch->valid_until_ms,
                               epoch->valid_from_ms);
}

void lh_check_key_destroy(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_KeyDestroy *destroy = &body->detail.key_destroy;

    lh_want_bytes(want, "detail.key_id", destroy->key_id, sizeof destroy->key_id);
    want_purpose(want, destroy->purpose);
}

void lh_check_key_comp(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_KeyComp *comp = &body->detail.key_comp;

    lh_want_bytes(want, "detail.key_id", comp->key_id, sizeof comp->key_id);
    lh_want_time(want, "detail.since", comp->since_ms);
}

void lh_check_approval(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Approval *approval = &body->detail.approval;

    lh_want_bytes(want, "detail.proposal", approval->proposal, sizeof approval->proposal);
    lh_want_bytes(want, "detail.parent", approval->parent, sizeof approval->parent);
}

void lh_check_heartbeat(struct lh_want *want, const lhpb_Body *body)
{
    lh_want_range(want, "detail.clock", body->detail.heartbeat.clock, 1, 3);
    lh_want_number(want, "detail.uptime_ms", body->detail.heartbeat.uptime_ms);
}

void lh_check_equiv(struct lh_want *want, const lhpb_Body *body)
{
    const lhpb_Equiv *equiv = &body->detail.equiv;

    lh_want_origin(want, "detail.origin", equiv->origin);
    lh_want_bytes(want, "detail.evidence", equiv->evidence, sizeof equiv->evidence);
    lh_want_range(want, "detail.kind", equiv->kind, 1, 3);
}
