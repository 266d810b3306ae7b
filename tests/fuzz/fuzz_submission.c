/* What a witness answers: `STATUS TYPE`, a newline, the body. Nothing but the witness's own line
 * that verifies counts, and nothing makes the client ask without end. */
#include "net/submission.h"

#include "crypto/base/assert.h"
#include "crypto/text.h"
#include "tests/support/records.h"

#include <string.h>

enum { TYPE_SIZE = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_reply(struct lh_submission_reply *out, char type[TYPE_SIZE], struct lh_bytes bytes)
{
    struct lh_bytes line;
    const uint8_t *space;
    uint64_t status;

    if (!lh_text_next_line(&bytes, &line) || line.len == 0) {
        return false;
    }
    space = memchr(line.data, ' ', line.len);
    size_t digits = space != NULL ? (size_t)(space - line.data) : line.len;
    size_t rest = space != NULL ? line.len - digits - 1 : 0;
    if (lh_decimal_parse(&status, lh_bytes_of(line.data, digits), NULL) != LH_OK || status > 999 ||
        rest >= TYPE_SIZE) {
        return false;
    }
    if (rest > 0) {
        memcpy(type, space + 1, rest);
    }
    type[rest] = '\0';
    *out = (struct lh_submission_reply){ .status = (long)status, .type = type, .body = bytes };
    return true;
}

static void check_end(const struct lh_submission *submission, const struct lh_err *err)
{
    if (submission->state == LH_SUBMISSION_COSIGNED) {
        lh_assert(strcmp(lh_buf_text(&submission->line), RECORDS_WITNESS_LINE) == 0);
        lh_assert(submission->time_s == RECORDS_WITNESS_TIME_S);
    } else {
        lh_assert(submission->line.len == 0 && err->text[0] != '\0');
    }
    lh_assert(submission->state != LH_SUBMISSION_AHEAD || submission->old > submission->size);
    lh_assert(submission->state != LH_SUBMISSION_LATER || submission->wait_s > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lh_submission_reply reply;
    struct lh_submission submission;
    struct lh_note_key key;
    struct lh_err err = LH_ERR_NONE;
    char type[TYPE_SIZE];

    if (!read_reply(&reply, type, lh_bytes_of(data, size))) {
        return 0;
    }
    lh_assert(lh_note_key_parse(&key, lh_bytes_of_text(RECORDS_WITNESS_VKEY), NULL) == LH_OK);
    lh_assert(lh_submission_init(&submission, &key, lh_bytes_of_text(RECORDS_NOTE_5), NULL) ==
              LH_OK);
    while (submission.state == LH_SUBMISSION_ASK) {
        struct lh_buf request = LH_BUF_EMPTY;
        struct lh_proof proof = { .count = 0 };

        lh_submission_request(&submission, &request, &proof);
        lh_buf_clear(&request);
        lh_assert(submission.proof_count <= LH_SUBMISSION_PROOFS_MAX);
        lh_submission_take(&submission, &reply, &err);
    }
    check_end(&submission, &err);
    lh_submission_clear(&submission);
    return 0;
}
