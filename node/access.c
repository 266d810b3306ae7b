#include "node/access.h"

#include "crypto/text.h"
#include "ledger/personal.h"

#include <stdio.h>
#include <string.h>

enum { ID_BYTES = 16 };

/* The entry of this name and its body, of whatever generation. False with a problem. */
static bool load_entry(struct lh_api_call *call, const char *text, lhpb_Body *out,
                       int64_t *out_recorded_unix_ms)
{
    struct lh_ledger *asked = call->ledger;
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    uint64_t index;
    lhpb_Leaf leaf;
    bool is_found = lh_api_entry_name(call, text, &index);
    enum lh_code rc = LH_ERR_NOT_FOUND;

    if (is_found) {
        rc = lh_ledger_leaf(call->ledger, index, &bytes, &err);
        call->ledger = asked;
    }
    if (is_found && rc == LH_OK) {
        rc = lh_leaf_decode(&leaf, lh_buf_bytes(&bytes), &err);
    }
    if (is_found && rc == LH_OK) {
        const lhpb_Entry *entry = &leaf.kind.entry;

        *out_recorded_unix_ms = (int64_t)entry->intake.recorded_at_ms;
        rc = leaf.which_kind == lhpb_Leaf_entry_tag
                 ? lh_body_decode(out, lh_bytes_of(entry->body.bytes, entry->body.size), &err)
                 : LH_ERR_NOT_FOUND;
    }
    if (is_found && rc != LH_OK) {
        lh_api_call_fail(call, rc, "an entry of this name", &err);
    }
    lh_buf_clear(&bytes);
    return is_found && rc == LH_OK;
}

bool lh_access_find_warrant(struct lh_access *access, lhpb_Body *out, bool *out_is_named)
{
    struct lh_api_call *call = access->call;
    const char *name = lh_http_query(call->http, "warrant");
    int64_t recorded_unix_ms;

    *out_is_named = name != NULL;
    if (name == NULL) {
        return true;
    }
    if (!load_entry(call, name, out, &recorded_unix_ms)) {
        return false;
    }
    if (out->type != lhpb_EntryType_WARRANT) {
        lh_problem_set(&call->problem, LH_PROBLEM_AUTH_WARRANT, "that entry is no WARRANT");
        return false;
    }
    memcpy(access->purpose, out->purpose, sizeof access->purpose);
    memcpy(access->legal_basis, out->legal_basis, sizeof access->legal_basis);
    return true;
}

/* spec privacy.md 8: "Its `purpose` is the one that the client gave, else that of the WARRANT, and
 * its `legal_basis` that of the WARRANT." */
static bool take_purpose(struct lh_access *access)
{
    struct lh_reading *reading = &access->reading;
    const char *given = lh_http_query(access->call->http, "for");
    struct lh_problem *problem = &access->call->problem;

    memcpy(reading->legal_basis, access->legal_basis, sizeof reading->legal_basis);
    memcpy(reading->purpose, access->purpose, sizeof reading->purpose);
    if (given == NULL) {
        return true;
    }
    if (lh_text_has_personal_number(lh_bytes_of_text(given))) {
        lh_problem_set(problem, LH_PROBLEM_RAW_IDENTIFIER, "a resident ID number was found");
        return false;
    }
    if (given[0] == '\0' || strlen(given) >= sizeof reading->purpose) {
        lh_problem_set(problem, LH_PROBLEM_MALFORMED, "for: a code of 1 to %zu characters",
                       sizeof reading->purpose - 1);
        return false;
    }
    (void)snprintf(reading->purpose, sizeof reading->purpose, "%s", given);
    return true;
}

static void name_client(struct lh_access *access)
{
    const struct lh_http_peer *peer = lh_http_peer(access->call->http);
    char hex[2 * ID_BYTES + 1];

    if (peer->is_pinned) {
        lh_hex_format(hex, lh_bytes_of(peer->pin.bytes, ID_BYTES));
        (void)snprintf(access->client, sizeof access->client, "pin:%s", hex);
    } else {
        (void)snprintf(access->client, sizeof access->client, "uid:%u", (unsigned)peer->uid);
    }
}

/* An `access` that does not fit is none: the reading gets one of its own. */
static void look_for_entry(struct lh_access *access)
{
    struct lh_api_call *call = access->call;
    const char *name = lh_http_query(call->http, "access");
    int64_t recorded_unix_ms = 0;
    lhpb_Body body;

    if (name == NULL) {
        return;
    }
    if (load_entry(call, name, &body, &recorded_unix_ms) &&
        lh_reading_goes_on(&body, recorded_unix_ms, &access->reading, access->client,
                           &access->query_digest, lh_node_wall_ms(call->node))) {
        access->stage = LH_ACCESS_ALLOWED;
        (void)snprintf(access->name, sizeof access->name, "%s", name);
    }
    call->problem = (struct lh_problem)LH_PROBLEM_EMPTY;
}

/* On the committer's thread. */
static void on_settled(struct lh_intake *intake)
{
    struct lh_access *access = intake->owner;

    lh_mailbox_post(access->call->node->mailbox, access->job);
}

static bool fill_body(struct lh_access *access)
{
    struct lh_api_call *call = access->call;
    lhpb_Body *body = &access->body;
    struct lh_err err = LH_ERR_NONE;
    struct lh_ledger_head head;
    uint8_t id[ID_BYTES];
    char hex[2 * ID_BYTES + 1];

    if (lh_random_fill(&call->node->rules.random, id, sizeof id, &err) != LH_OK) {
        lh_problem_set(&call->problem, LH_PROBLEM_INTERNAL, "%s", err.text);
        return false;
    }
    lh_hex_format(hex, lh_bytes_of(id, sizeof id));
    (void)snprintf(body->id, sizeof body->id, "access-%s", hex);
    (void)snprintf(body->department, sizeof body->department, "%s", call->node->rules.department);
    body->event_time_ms = (uint64_t)lh_node_wall_ms(call->node);
    lh_ledger_head(call->ledger, &head);
    lh_reading_fill(body, &access->reading, access->client, &access->query_digest, head.size);
    return true;
}

/* Hand the entry in. True: the job is the committer's, and may be settled already. */
static bool submit(struct lh_access *access, struct lh_worker *worker)
{
    struct lh_api_call *call = access->call;
    struct lh_intake *intake = &access->intake;

    if (!fill_body(access)) {
        return false;
    }
    intake->on_settled = on_settled;
    intake->owner = access;
    lh_intake_prepare_own(intake, &call->node->rules, worker, &access->body);
    if (intake->status == LH_INTAKE_REJECTED) {
        call->problem = intake->problem;
        return false;
    }
    access->stage = LH_ACCESS_WAITING;
    if (lh_sealer_submit(call->node->sealer, intake, intake, 1)) {
        return true;
    }
    lh_problem_set(&call->problem, LH_PROBLEM_QUEUE_FULL, "%s", "");
    return false;
}

bool lh_access_begin(struct lh_access *access, struct lh_worker *worker, struct lh_bytes text)
{
    access->query_digest = lh_hash(worker->suite, text);
    name_client(access);
    if (access->reading.is_logged && !take_purpose(access)) {
        access->stage = LH_ACCESS_REFUSED;
        return false;
    }
    if (access->reading.is_logged) {
        look_for_entry(access);
    } else {
        access->stage = LH_ACCESS_ALLOWED;
    }
    if (access->stage == LH_ACCESS_ALLOWED) {
        return false;
    }
    if (submit(access, worker)) {
        return true;
    }
    access->stage = LH_ACCESS_REFUSED;
    return false;
}

void lh_access_settle(struct lh_access *access)
{
    const struct lh_intake *intake = &access->intake;

    if (access->stage != LH_ACCESS_WAITING) {
        return;
    }
    if (intake->status == LH_INTAKE_REJECTED) {
        access->stage = LH_ACCESS_REFUSED;
        access->call->problem = intake->problem;
        return;
    }
    if (intake->status == LH_INTAKE_RECORDED) {
        lh_api_entry_text(intake->ledger, intake->index, access->name);
    }
    access->stage = LH_ACCESS_ALLOWED;
}

void lh_access_clear(struct lh_access *access)
{
    lh_intake_clear(&access->intake);
}
