#include "cli/recording.h"

#include "cli/events.h"
#include "cli/render.h"
#include "cli/subjects.h"
#include "crypto/text.h"
#include "ledger/canon.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trust.pb.h"

enum {
    BATCH_EVENTS = 500,
    BATCH_LEN = 4 * 1024 * 1024,
    TRIES_MAX = 5,
    WAIT_MAX_S = 10,
};

/* One request. */
struct batch {
    struct lh_buf lines;
    size_t count;
    struct lh_handed handed[BATCH_EVENTS]; /* count of them */
};

void lh_recording_init(struct lh_recording *recording, struct lh_cli *cli)
{
    *recording = (struct lh_recording){ .cli = cli, .random = lh_random_system() };
    lh_results_init(&recording->results, cli);
}

void lh_recording_clear(struct lh_recording *recording)
{
    lh_results_clear(&recording->results);
    lh_place_close(&recording->place);
    lh_signer_free(recording->signer);
    recording->signer = NULL;
}

/* ---- signing ---- */

/* The node knows whose key this is. */
static enum lh_code ask_staff(struct lh_recording *recording, struct lh_err *err)
{
    char hex[2 * LH_KEY_ID_SIZE + 1];
    json_t *answer = NULL;
    const json_t *items;
    enum lh_code rc;

    lh_hex_format(hex, lh_bytes_of(recording->key_id.bytes, LH_KEY_ID_SIZE));
    rc = lh_api_get_json(recording->cli, &answer, "/v1/staff", err);
    if (rc != LH_OK) {
        return rc;
    }
    items = json_object_get(answer, "items");
    rc = lh_err_set(err, LH_ERR_DENIED, "key %s is enrolled for nobody here", hex);
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        const char *staff = lh_api_text(item, "staff");

        if (strcmp(lh_api_text(item, "key_id"), hex) == 0 && strlen(staff) == 16) {
            (void)snprintf(recording->staff, sizeof recording->staff, "%s", staff);
            (void)snprintf(recording->session, sizeof recording->session, "%s",
                           lh_api_text(item, "session"));
            rc = LH_OK;
        }
    }
    json_decref(answer);
    return rc;
}

enum lh_code lh_recording_fill(struct lh_recording *recording, json_t *event, struct lh_err *err)
{
    struct lh_clock clock = recording->cli->clock;
    enum lh_code rc = LH_OK;

    if (json_object_get(event, "staff") == NULL && recording->staff[0] == '\0') {
        rc = ask_staff(recording, err);
    }
    if (rc == LH_OK && recording->staff[0] != '\0') {
        rc = lh_events_default(event, "staff", recording->staff, err);
    }
    if (rc == LH_OK && recording->session[0] != '\0') {
        rc = lh_events_default(event, "session", recording->session, err);
    }
    if (rc == LH_OK) {
        rc = lh_events_fill(event, recording->place.department, clock.wall_unix_ms(clock.arg), err);
    }
    return rc;
}

/* Body bytes and signature into a submission. */
static enum lh_code sign(struct lh_recording *recording, lhpb_Submission *out,
                         const lhpb_Body *body, struct lh_err *err)
{
    struct lh_suite *suite = recording->place.suite;
    struct lh_buf bytes = LH_BUF_EMPTY;
    uint8_t message[LH_ENTRY_MESSAGE_SIZE];
    struct lh_hash hash;
    struct lh_sig sig;
    enum lh_code rc;

    rc = lh_body_encode(&bytes, body, err);
    if (rc == LH_OK) {
        hash = lh_body_hash(suite, lh_buf_bytes(&bytes));
        lh_entry_message(message, lh_genesis_network_id(recording->place.genesis), &hash);
        rc = lh_sign(recording->signer, &sig, lh_bytes_of(message, sizeof message), err);
    }
    if (rc == LH_OK) {
        memcpy(out->body.bytes, bytes.data, bytes.len);
        out->body.size = (pb_size_t)bytes.len;
        out->signatures_count = 1;
        memcpy(out->signatures[0].key_id, recording->key_id.bytes, LH_KEY_ID_SIZE);
        memcpy(out->signatures[0].value, sig.bytes, LH_SIG_SIZE);
    }
    lh_buf_clear(&bytes);
    return rc;
}

/* One event as {"ready":"..."}. */
static enum lh_code add_ready(struct lh_recording *recording, struct lh_buf *out,
                              struct lh_handed *handed, json_t *event, struct lh_err *err)
{
    lhpb_Submission *submission = calloc(1, sizeof *submission);
    lhpb_Body *body = malloc(sizeof *body);
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc;

    if (submission == NULL || body == NULL) {
        rc = lh_err_set(err, LH_ERR_NOMEM, "out of memory");
        goto out;
    }
    rc = lh_recording_fill(recording, event, err);
    if (rc == LH_OK) {
        rc = lh_events_to_body(body, event, err);
    }
    if (rc == LH_OK) {
        rc = lh_cli_subjects(&submission->subjects, &submission->has_subjects, body,
                             recording->place.suite, event, &recording->random, err);
    }
    if (rc == LH_OK) {
        rc = sign(recording, submission, body, err);
    }
    if (rc == LH_OK) {
        rc = lh_canon_encode(&bytes, lhpb_Submission_fields, submission, err);
    }
    if (rc == LH_OK) {
        lh_buf_add_text(out, "{\"ready\":\"");
        lh_base64_add(out, lh_buf_bytes(&bytes));
        lh_buf_add_text(out, "\"}\n");
        lh_buf_add(&handed->body, lh_bytes_of(submission->body.bytes, submission->body.size));
        rc = lh_buf_check(out, err);
    }
    if (rc == LH_OK) {
        rc = lh_buf_check(&handed->body, err);
    }
out:
    lh_buf_clear(&bytes);
    free(body);
    free(submission);
    return rc;
}

static enum lh_code add_plain(struct lh_buf *out, struct lh_handed *handed, json_t *event,
                              struct lh_err *err)
{
    char *text = json_dumps(event, JSON_COMPACT);

    if (text == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    lh_buf_add_text(out, text);
    lh_buf_add_u8(out, '\n');
    handed->event = event;
    free(text);
    return lh_buf_check(out, err);
}

enum lh_code lh_recording_open_key(struct lh_recording *recording, const char *path,
                                   struct lh_err *err)
{
    enum lh_code rc;

    rc = lh_signer_open(&recording->signer, path, err);
    if (rc == LH_OK) {
        rc = lh_place_open(&recording->place, recording->cli, err);
    }
    if (rc == LH_OK) {
        recording->key_id =
            lh_key_id_of(recording->place.suite, lh_signer_pubkey(recording->signer));
    }
    return rc;
}

/* ---- handing in ---- */

/* A busy node says when to come back; the same bytes again are the same events. */
static enum lh_code post(struct lh_recording *recording, struct lh_client_reply *reply,
                         struct lh_bytes lines, struct lh_err *err)
{
    struct lh_buf target = LH_BUF_EMPTY;
    struct lh_client *client;
    enum lh_code rc;

    lh_buf_add_text(&target, "/v1/events");
    if (recording->results.leveled != NULL) {
        lh_leveled_add_query(recording->results.leveled, &target);
    }
    rc = lh_cli_client(recording->cli, &client, err);
    for (int tries = 1; rc == LH_OK; tries++) {
        rc =
            lh_client_post(client, reply, lh_buf_text(&target), "application/x-ndjson", lines, err);
        if (rc != LH_OK || (reply->status != 429 && reply->status != 503) || tries == TRIES_MAX) {
            break;
        }
        (void)sleep(reply->retry_after_s == 0           ? 1
                    : reply->retry_after_s < WAIT_MAX_S ? reply->retry_after_s
                                                        : WAIT_MAX_S);
    }
    lh_buf_clear(&target);
    return rc;
}

static void empty_batch(struct batch *batch)
{
    for (size_t i = 0; i < BATCH_EVENTS; i++) {
        lh_handed_clear(&batch->handed[i]);
    }
    lh_buf_reset(&batch->lines);
    batch->count = 0;
}

static enum lh_code record_batch(struct lh_recording *recording, struct batch *batch, size_t first,
                                 struct lh_err *err)
{
    struct lh_client_reply reply = LH_CLIENT_REPLY_EMPTY;
    enum lh_code rc;

    recording->is_handed = true;
    rc = post(recording, &reply, lh_buf_bytes(&batch->lines), err);
    if (rc == LH_OK) {
        rc = lh_results_print(&recording->results, &reply, batch->handed, batch->count, first, err);
    }
    lh_client_reply_clear(&reply);
    empty_batch(batch);
    return rc;
}

static void print_reason(FILE *to, size_t number, const char *reason)
{
    struct lh_buf safe = LH_BUF_EMPTY;

    lh_render_add_safe(&safe, lh_bytes_of_text(reason));
    (void)fprintf(to, "%zu\trejected\t%s\n", number, lh_buf_text(&safe));
    lh_buf_clear(&safe);
}

/* One that does not even make a body: the rest is still handed in. */
enum lh_code lh_recording_reject(struct lh_recording *recording, size_t number,
                                 const struct lh_err *why, struct lh_err *err)
{
    struct lh_cli *cli = recording->cli;
    json_t *line;
    enum lh_code rc;

    recording->results.rejected++;
    recording->results.worst = LH_ERR_LIMIT;
    (void)snprintf(recording->results.why, sizeof recording->results.why, "%s", why->text);
    if (recording->results.is_silent) {
        return LH_OK;
    }
    if (!cli->json) {
        print_reason(cli->out, number, why->text);
        return LH_OK;
    }
    line = json_pack("{s:I, s:s, s:{s:s, s:s}}", "n", (json_int_t)number, "status", "rejected",
                     "problem", "code", "schema.invalid", "detail", why->text);
    rc = line != NULL ? lh_api_print_line(cli, line, err)
                      : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    json_decref(line);
    return rc;
}

/* One more into the batch. LH_ERR_INVALID: it makes no body, and the batch is as it was. */
static enum lh_code add_event(struct lh_recording *recording, struct batch *batch, json_t *event,
                              struct lh_err *err)
{
    struct lh_handed *handed = &batch->handed[batch->count];
    enum lh_code rc;

    rc = recording->signer != NULL ? add_ready(recording, &batch->lines, handed, event, err)
                                   : add_plain(&batch->lines, handed, event, err);
    batch->count += rc == LH_OK ? 1 : 0;
    return rc;
}

static enum lh_code run(struct lh_recording *recording, struct batch *batch, json_t *events,
                        struct lh_err *err)
{
    size_t count = json_array_size(events);
    enum lh_code rc = LH_OK;

    for (size_t i = 0; rc == LH_OK && i < count; i++) {
        struct lh_err why = LH_ERR_NONE;
        bool is_bad;
        bool is_full;

        rc = add_event(recording, batch, json_array_get(events, i), &why);
        is_bad = rc == LH_ERR_INVALID;
        if (rc != LH_OK && !is_bad) {
            return lh_err_set(err, rc, "event %zu: %s", i + 1, why.text);
        }
        rc = LH_OK;
        is_full = batch->count == BATCH_EVENTS || batch->lines.len > BATCH_LEN;
        if (batch->count > 0 && (is_bad || is_full || i + 1 == count)) {
            rc = record_batch(recording, batch, i + (is_bad ? 1 : 2) - batch->count, err);
        }
        if (rc == LH_OK && is_bad) {
            rc = lh_recording_reject(recording, i + 1, &why, err);
        }
    }
    return rc;
}

enum lh_code lh_recording_run(struct lh_recording *recording, json_t *events, struct lh_err *err)
{
    struct batch *batch = calloc(1, sizeof *batch);
    enum lh_code rc;

    if (batch == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    rc = lh_results_open(&recording->results, err);
    if (rc == LH_OK) {
        rc = run(recording, batch, events, err);
    }
    empty_batch(batch);
    lh_buf_clear(&batch->lines);
    free(batch);
    return rc;
}
