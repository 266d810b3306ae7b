#include "net/submission.h"

#include "crypto/base/assert.h"
#include "crypto/text.h"
#include "net/witness.h"

#include <inttypes.h>
#include <string.h>

enum { WAIT_S = 2, WAIT_MAX_S = 3600 };

enum lh_code lh_submission_init(struct lh_submission *out, const struct lh_note_key *witness,
                                struct lh_bytes note, struct lh_err *err)
{
    struct lh_checkpoint head;
    struct lh_note parsed;
    enum lh_code rc = lh_note_parse(&parsed, note, err);

    *out = (struct lh_submission){ .witness = witness, .note = note, .line = LH_BUF_EMPTY };
    if (rc == LH_OK) {
        rc = lh_checkpoint_parse(&head, parsed.text, err);
    }
    if (rc == LH_OK) {
        out->size = head.size;
    }
    return rc;
}

void lh_submission_clear(struct lh_submission *submission)
{
    lh_buf_clear(&submission->line);
}

void lh_submission_request(struct lh_submission *submission, struct lh_buf *out,
                           const struct lh_proof *proof)
{
    struct lh_witness_request request = { .old = submission->old,
                                          .proof = *proof,
                                          .note = submission->note };

    lh_assert(submission->state == LH_SUBMISSION_ASK);
    submission->proof_count++;
    lh_witness_request_format(out, &request);
}

/* spec network.md 2.2: "Of 200 the line of that witness is taken if it verifies over the text that
 * was sent, and no other line." */
static enum lh_submission_state take_lines(struct lh_submission *submission, struct lh_bytes body,
                                           struct lh_err *err)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_note sent;
    struct lh_note note;
    enum lh_code rc = lh_note_parse(&sent, submission->note, err);

    if (rc == LH_OK) {
        lh_buf_add(&text, sent.text);
        lh_buf_add_u8(&text, '\n');
        lh_buf_add(&text, body);
        rc = lh_note_parse(&note, lh_buf_bytes(&text), err);
    }
    if (rc == LH_OK) {
        rc = lh_note_verify(&note, submission->witness, &submission->time_s, err);
    }
    if (rc == LH_OK) {
        lh_note_line_format(&submission->line, lh_note_find(&note, submission->witness));
        rc = lh_buf_check(&submission->line, err);
    }
    lh_buf_clear(&text);
    return rc == LH_OK ? LH_SUBMISSION_COSIGNED : LH_SUBMISSION_REFUSED;
}

static enum lh_submission_state say(struct lh_err *err, enum lh_submission_state state,
                                    const char *words)
{
    (void)lh_err_set(err, LH_ERR_DENIED, "%s", words);
    return state;
}

/* Older witnesses say 409, and no size, of two roots of one size: asking again would never end. */
static enum lh_submission_state take_conflict(struct lh_submission *submission,
                                              const struct lh_submission_reply *reply,
                                              struct lh_err *err)
{
    struct lh_bytes rest = reply->body;
    struct lh_bytes line;
    uint64_t size;

    if (strcmp(reply->type, "text/x.tlog.size") != 0 || !lh_text_next_line(&rest, &line) ||
        rest.len > 0 || lh_decimal_parse(&size, line, NULL) != LH_OK) {
        return say(err, LH_SUBMISSION_UNPROVEN,
                   "it has another head and does not say of which size");
    }
    if (size > submission->size) {
        submission->old = size;
        (void)lh_err_set(err, LH_ERR_CONFLICT,
                         "it has cosigned %" PRIu64 " leaves, and the ledger has %" PRIu64, size,
                         submission->size);
        return LH_SUBMISSION_AHEAD;
    }
    if (size == submission->old || submission->proof_count >= LH_SUBMISSION_PROOFS_MAX) {
        return say(err, LH_SUBMISSION_REFUSED, "it does not stand by the size that it names");
    }
    submission->old = size;
    return LH_SUBMISSION_ASK;
}

static enum lh_submission_state judge(struct lh_submission *submission,
                                      const struct lh_submission_reply *reply, struct lh_err *err)
{
    if (reply->status == 200) {
        return take_lines(submission, reply->body, err);
    }
    if (reply->status == 409) {
        return take_conflict(submission, reply, err);
    }
    if (reply->status == 422) {
        return say(err, LH_SUBMISSION_UNPROVEN,
                   "it does not see this head extend what it cosigned");
    }
    if (reply->status == 404 || reply->status == 403) { /* older ones say 403 of an unknown log */
        return say(err, LH_SUBMISSION_REFUSED,
                   "it does not witness this log, or under another key");
    }
    if (reply->status == 429 || reply->status >= 500) {
        uint32_t wait_s = reply->retry_after_s > 0 ? reply->retry_after_s : WAIT_S;

        submission->wait_s = wait_s < WAIT_MAX_S ? wait_s : WAIT_MAX_S;
        return say(err, LH_SUBMISSION_LATER, "it has no time now");
    }
    (void)lh_err_set(err, LH_ERR_DENIED, "it answered with status %ld", reply->status);
    return LH_SUBMISSION_REFUSED;
}

void lh_submission_take(struct lh_submission *submission, const struct lh_submission_reply *reply,
                        struct lh_err *err)
{
    lh_assert(submission->state == LH_SUBMISSION_ASK);
    submission->state = judge(submission, reply, err);
}
