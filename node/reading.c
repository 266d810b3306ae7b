#include "node/reading.h"

#include "crypto/base/time.h"
#include "crypto/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define OWN_SOURCE "liuhend"

/* ---- who may ----------------------------------------------------------------------------------
 */

/* spec privacy.md 8: "A query that names nobody but the client's own staff is read as self." */
static bool is_own(const struct lh_grant *client, const struct lh_trail_query *query)
{
    if (!lh_grant_is_reader(client, LH_READER_SELF) || query->staff_count == 0) {
        return false;
    }
    for (size_t i = 0; i < query->staff_count; i++) {
        size_t j = 0;

        while (j < client->staff_count &&
               memcmp(query->staff[i], client->staff[j], sizeof client->staff[j]) != 0) {
            j++;
        }
        if (j == client->staff_count) {
            return false;
        }
    }
    return true;
}

static bool refuse_warrant(struct lh_problem *problem, const char *why)
{
    lh_problem_set(problem, LH_PROBLEM_AUTH_WARRANT, "%s", why);
    return false;
}

static bool are_its_tokens(const lhpb_Warrant *warrant, const struct lh_hash *token_digest,
                           struct lh_problem *problem)
{
    /* spec privacy.md 8: "A search by tokens is covered by a warrant that names exactly these
     * tokens, and a warrant that names tokens covers nothing else." */
    if (warrant->has_token_digest != (token_digest != NULL)) {
        return refuse_warrant(problem, warrant->has_token_digest
                                           ? "this warrant is for searching a person"
                                           : "this warrant is not for searching a person");
    }
    if (token_digest != NULL &&
        memcmp(token_digest->bytes, warrant->token_digest, sizeof warrant->token_digest) != 0) {
        return refuse_warrant(problem, "this warrant is for other tokens");
    }
    return true;
}

/* spec privacy.md 8: "It covers a query that asks for the staff member and the case that it names
 * and for nobody and nothing else of that kind, and for no event before `from` or from `until` on."
 */
static bool is_covered(const lhpb_Warrant *warrant, const struct lh_trail_query *query,
                       const struct lh_hash *token_digest, struct lh_problem *problem)
{
    if (!are_its_tokens(warrant, token_digest, problem)) {
        return false;
    }
    if (warrant->has_staff &&
        (query->staff_count != 1 || memcmp(query->staff[0], warrant->staff, 8) != 0)) {
        return refuse_warrant(problem, "this warrant is for another staff member");
    }
    if (warrant->has_case_id &&
        (query->case_count != 1 || memcmp(query->cases[0], warrant->case_id, 16) != 0)) {
        return refuse_warrant(problem, "this warrant is for another case");
    }
    if (query->by_recorded || query->since_unix_ms < (int64_t)warrant->from_ms ||
        query->until_unix_ms > (int64_t)warrant->until_ms) {
        return refuse_warrant(problem,
                              "this warrant is for events of another time: since and until "
                              "have to lie within it");
    }
    return true;
}

/* An auditor under a warrant that is in force; what it covers is asked apart. */
static bool begin_under(struct lh_reading *out, const struct lh_grant *client,
                        const lhpb_Warrant *warrant, int64_t now_unix_ms,
                        struct lh_problem *problem)
{
    *out = (struct lh_reading){ .reader = LH_READER_NONE, .is_logged = true };
    if (!lh_grant_is_reader(client, LH_READER_AUDITOR)) {
        lh_problem_set(problem, LH_PROBLEM_AUTH_ROLE, "a warrant is for auditors");
        return false;
    }
    /* spec privacy.md 8: "A warrant is in force until `expires`." */
    if (now_unix_ms >= (int64_t)warrant->expires_ms) {
        return refuse_warrant(problem, "this warrant has expired");
    }
    out->reader = LH_READER_AUDITOR;
    out->has_warrant = true;
    memcpy(out->warrant_id, warrant->warrant_id, sizeof out->warrant_id);
    return true;
}

/* spec privacy.md 8: "A citizen asks by no staff member, case or exchange" */
static bool is_for_citizens(const struct lh_trail_query *query, struct lh_problem *problem)
{
    if (query->staff_count > 0 || query->case_count > 0 || query->exchange_count > 0) {
        lh_problem_set(problem, LH_PROBLEM_AUTH_ROLE,
                       "a citizen asks by no staff member, case or exchange");
        return false;
    }
    return true;
}

bool lh_reading_decide(struct lh_reading *out, const struct lh_grant *client,
                       const struct lh_trail_query *query, const struct lh_hash *token_digest,
                       const lhpb_Warrant *warrant, int64_t now_unix_ms, struct lh_problem *problem)
{
    if (warrant != NULL) {
        return begin_under(out, client, warrant, now_unix_ms, problem) &&
               is_covered(warrant, query, token_digest, problem);
    }
    *out = (struct lh_reading){ .reader = LH_READER_NONE, .is_logged = true };
    if (token_digest != NULL && lh_grant_is_reader(client, LH_READER_CITIZEN)) {
        out->reader = LH_READER_CITIZEN;
        return is_for_citizens(query, problem);
    }
    if (token_digest != NULL && !lh_grant_is_reader(client, LH_READER_AUDITOR)) {
        lh_problem_set(problem, LH_PROBLEM_AUTH_ROLE, "searching a person is for auditors");
        return false;
    }
    if (token_digest != NULL) {
        return refuse_warrant(problem, "name the WARRANT entry under which a person is searched");
    }
    if (is_own(client, query)) {
        out->reader = LH_READER_SELF;
        out->is_logged = false;
        return true;
    }
    if (lh_grant_is_reader(client, LH_READER_OPERATOR)) {
        out->reader = LH_READER_OPERATOR;
        return true;
    }
    if (lh_grant_is_reader(client, LH_READER_SUPERVISOR)) {
        out->reader = LH_READER_SUPERVISOR;
        return true;
    }
    if (lh_grant_is_reader(client, LH_READER_AUDITOR)) {
        return refuse_warrant(problem, "name the WARRANT entry under which an auditor reads");
    }
    lh_problem_set(problem, LH_PROBLEM_AUTH_ROLE,
                   lh_grant_is_reader(client, LH_READER_SELF)
                       ? "this client reads the trail of its own staff only"
                       : "this client's line gives it no role that reads trails");
    return false;
}

/* spec privacy.md 8: "Trails of ledgers of others that are held here are read by an operator, and
 * by an auditor under a WARRANT of the own ledger that covers the query." */
bool lh_reading_decide_others(struct lh_reading *out, const struct lh_grant *client,
                              const struct lh_trail_query *query, const lhpb_Warrant *warrant,
                              int64_t now_unix_ms, struct lh_problem *problem)
{
    if (warrant != NULL) {
        return begin_under(out, client, warrant, now_unix_ms, problem) &&
               is_covered(warrant, query, NULL, problem);
    }
    *out = (struct lh_reading){ .reader = LH_READER_NONE, .is_logged = true };
    if (lh_grant_is_reader(client, LH_READER_OPERATOR)) {
        out->reader = LH_READER_OPERATOR;
        return true;
    }
    if (lh_grant_is_reader(client, LH_READER_AUDITOR)) {
        return refuse_warrant(problem, "name the WARRANT entry under which an auditor reads");
    }
    lh_problem_set(problem, LH_PROBLEM_AUTH_ROLE,
                   "trails of other departments' ledgers are for operators and auditors");
    return false;
}

/* Private parts are for auditors; a false has its problem. */
static bool begin_private(struct lh_reading *out, const struct lh_grant *client,
                          const lhpb_Warrant *warrant, int64_t now_unix_ms,
                          struct lh_problem *problem)
{
    bool is_auditor = lh_grant_is_reader(client, LH_READER_AUDITOR);

    if (warrant == NULL) {
        lh_problem_set(problem, is_auditor ? LH_PROBLEM_AUTH_WARRANT : LH_PROBLEM_AUTH_ROLE, "%s",
                       is_auditor ? "name the WARRANT entry under which an auditor reads"
                                  : "private parts are for auditors");
        return false;
    }
    return begin_under(out, client, warrant, now_unix_ms, problem);
}

/* spec privacy.md 8: "The private part of an entry is covered by a warrant that names its staff
 * member and its case, or none, and in whose bounds its event lies; one that names tokens covers
 * those of the entries about that person." */
bool lh_reading_decide_entry(struct lh_reading *out, const struct lh_grant *client,
                             const lhpb_Body *body, const struct lh_hash *token_digest,
                             const lhpb_Warrant *warrant, int64_t now_unix_ms,
                             struct lh_problem *problem)
{
    if (!begin_private(out, client, warrant, now_unix_ms, problem) ||
        !are_its_tokens(warrant, token_digest, problem)) {
        return false;
    }
    if (warrant->has_staff && !(body->has_staff && memcmp(body->staff, warrant->staff, 8) == 0)) {
        return refuse_warrant(problem, "this warrant is for another staff member");
    }
    if (warrant->has_case_id &&
        !(body->has_case_id && memcmp(body->case_id, warrant->case_id, 16) == 0)) {
        return refuse_warrant(problem, "this warrant is for another case");
    }
    if (body->event_time_ms < warrant->from_ms || body->event_time_ms >= warrant->until_ms) {
        return refuse_warrant(problem, "this warrant is for events of another time");
    }
    return true;
}

/* spec privacy.md 8: "A warrant covers the archive with private parts when it names no staff
 * member, no case and no tokens, and every entry was recorded from `from` on and before `until`."
 */
bool lh_reading_decide_archive(struct lh_reading *out, const struct lh_grant *client,
                               const lhpb_Warrant *warrant, int64_t first_unix_ms,
                               int64_t now_unix_ms, struct lh_problem *problem)
{
    if (!begin_private(out, client, warrant, now_unix_ms, problem)) {
        return false;
    }
    if (warrant->has_staff || warrant->has_case_id || warrant->has_token_digest) {
        return refuse_warrant(problem, "this warrant is for less than all of the ledger");
    }
    if (first_unix_ms < (int64_t)warrant->from_ms || now_unix_ms >= (int64_t)warrant->until_ms) {
        return refuse_warrant(problem, "this warrant is for a shorter time than the archive's");
    }
    return true;
}

bool lh_reading_shows_staff(const struct lh_reading *reading)
{
    return reading->reader != LH_READER_CITIZEN;
}

bool lh_reading_shows(const struct lh_reading *reading, const struct lh_grant *client,
                      const struct lh_row *row)
{
    if (reading->reader != LH_READER_SUPERVISOR) {
        return true;
    }
    for (size_t i = 0; i < client->unit_count; i++) {
        if (strcmp(row->unit, client->units[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- what was asked ---------------------------------------------------------------------------
 */

static void add_hex_line(struct lh_buf *out, const char *name, struct lh_bytes value)
{
    lh_buf_add_format(out, "%s=", name);
    lh_hex_add(out, value);
    lh_buf_add_u8(out, '\n');
}

static void add_time_line(struct lh_buf *out, const char *name, int64_t unix_ms)
{
    char text[LH_TIME_TEXT_SIZE];

    lh_time_format_utc(text, unix_ms);
    lh_buf_add_format(out, "%s=%s\n", name, text);
}

/* spec privacy.md 8: "The text of such a query begins with the line `ledger=` with a department's
 * code or `all`, which stands in place of the line of the generation." */
void lh_reading_add_scope(struct lh_buf *out, const char *ledger, uint32_t generation)
{
    if (ledger != NULL) {
        lh_buf_add_format(out, "ledger=%s\n", ledger);
    } else {
        lh_buf_add_format(out, "generation=%" PRIu32 "\n", generation);
    }
}

/* spec privacy.md 8: "a line `name=value` for each filter, in this order: generation, staff, case,
 * exchange, item, counterparty, purpose, type, since, until, by, tokens" */
void lh_reading_add_query(struct lh_buf *out, const struct lh_trail_query *query,
                          const struct lh_hash *token_digest)
{
    for (size_t i = 0; i < query->staff_count; i++) {
        add_hex_line(out, "staff", lh_bytes_of(query->staff[i], sizeof query->staff[i]));
    }
    for (size_t i = 0; i < query->case_count; i++) {
        add_hex_line(out, "case", lh_bytes_of(query->cases[i], sizeof query->cases[i]));
    }
    for (size_t i = 0; i < query->exchange_count; i++) {
        add_hex_line(out, "exchange", lh_bytes_of(query->exchanges[i], sizeof query->exchanges[i]));
    }
    for (size_t i = 0; i < query->item_count; i++) {
        lh_buf_add_format(out, "item=%s\n", query->items[i]);
    }
    for (size_t i = 0; i < query->counterparty_count; i++) {
        lh_buf_add_format(out, "counterparty=%s\n", query->counterparties[i]);
    }
    for (size_t i = 0; i < query->purpose_count; i++) {
        lh_buf_add_format(out, "purpose=%s\n", query->purposes[i]);
    }
    for (size_t i = 0; i < query->type_count; i++) {
        lh_buf_add_format(out, "type=%s\n", lh_entry_type_name(query->types[i]));
    }
    if (query->since_unix_ms > 0) {
        add_time_line(out, "since", query->since_unix_ms);
    }
    if (query->until_unix_ms != INT64_MAX) {
        add_time_line(out, "until", query->until_unix_ms);
    }
    lh_buf_add_format(out, "by=%s\n", query->by_recorded ? "recorded" : "event");
    if (token_digest != NULL) {
        add_hex_line(out, "tokens", lh_hash_bytes(token_digest));
    }
}

/* spec privacy.md 8: "The text of an archive with private parts is the line `archive=private` and
 * the line `from_height=` with the number that was asked for." */
void lh_reading_add_archive(struct lh_buf *out, uint64_t from_height)
{
    lh_buf_add_format(out, "archive=private\nfrom_height=%" PRIu64 "\n", from_height);
}

/* spec privacy.md 8: "The text of a private part is the line `private=` with the name of the
 * entry." */
void lh_reading_add_private(struct lh_buf *out, const char *entry)
{
    lh_buf_add_format(out, "private=%s\n", entry);
}

/* ---- ACCESS -----------------------------------------------------------------------------------
 */

void lh_reading_fill(lhpb_Body *out, const struct lh_reading *reading, const char *client,
                     const struct lh_hash *query_digest, uint64_t upto_size)
{
    lhpb_Access *access = &out->detail.access;

    out->schema = LH_SCHEMA;
    out->type = lhpb_EntryType_ACCESS;
    (void)snprintf(out->source, sizeof out->source, OWN_SOURCE);
    (void)snprintf(out->system, sizeof out->system, "%s", client);
    memcpy(out->purpose, reading->purpose, sizeof out->purpose);
    memcpy(out->legal_basis, reading->legal_basis, sizeof out->legal_basis);
    out->which_detail = lhpb_Body_access_tag;
    access->reader = (uint32_t)reading->reader;
    memcpy(access->query_digest, query_digest->bytes, sizeof access->query_digest);
    access->upto_size = upto_size;
    access->has_warrant_id = reading->has_warrant;
    memcpy(access->warrant_id, reading->warrant_id, sizeof access->warrant_id);
}

/* spec privacy.md 8: "Later pages go on under the ACCESS of the first, for an hour, by the same
 * client, as the same reader, for the same purpose and for the same query." */
bool lh_reading_goes_on(const lhpb_Body *body, int64_t recorded_unix_ms,
                        const struct lh_reading *reading, const char *client,
                        const struct lh_hash *query_digest, int64_t now_unix_ms)
{
    const lhpb_Access *access = &body->detail.access;

    return body->type == lhpb_EntryType_ACCESS && strcmp(body->source, OWN_SOURCE) == 0 &&
           strcmp(body->system, client) == 0 && strcmp(body->purpose, reading->purpose) == 0 &&
           strcmp(body->legal_basis, reading->legal_basis) == 0 &&
           access->reader == (uint32_t)reading->reader &&
           memcmp(access->query_digest, query_digest->bytes, sizeof access->query_digest) == 0 &&
           access->has_warrant_id == reading->has_warrant &&
           memcmp(access->warrant_id, reading->warrant_id, sizeof access->warrant_id) == 0 &&
           now_unix_ms >= recorded_unix_ms && now_unix_ms - recorded_unix_ms < LH_READING_AGAIN_MS;
}
