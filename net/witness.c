#include "net/witness.h"

#include "crypto/base/assert.h"
#include "crypto/text.h"
#include "ledger/proof_text.h"

#include <inttypes.h>
#include <string.h>

unsigned lh_witness_status(enum lh_witness_verdict verdict)
{
    switch (verdict) {
    case LH_WITNESS_STORE:
        return 200;
    case LH_WITNESS_MALFORMED:
        return 400;
    case LH_WITNESS_FORGED:
        return 403;
    case LH_WITNESS_UNKNOWN:
        return 404;
    case LH_WITNESS_NOT_LAST:
        return 409;
    case LH_WITNESS_UNPROVEN:
    case LH_WITNESS_FORK:
        return 422;
    case LH_WITNESS_BUSY:
    case LH_WITNESS_NOT_HELD:
        return 503;
    }
    return 500;
}

static struct lh_checkpoint empty_head(const struct lh_note_key *seal, struct lh_suite *suite)
{
    struct lh_checkpoint head = { .size = 0 };
    struct lh_tree tree;

    lh_assert(strlen(seal->name) <= LH_ORIGIN_MAX);
    memcpy(head.origin, seal->name, strlen(seal->name) + 1);
    lh_tree_init(&tree);
    head.root = lh_tree_root(&tree, suite);
    return head;
}

void lh_witness_log_init(struct lh_witness_log *log, struct lh_suite *suite,
                         const struct lh_note_key *seal, bool is_member)
{
    *log = (struct lh_witness_log){ .seal = *seal,
                                    .head = empty_head(seal, suite),
                                    .is_member = is_member };
}

/* ---- the body ---- */

static const char OLD[] = "old ";

void lh_witness_request_format(struct lh_buf *out, const struct lh_witness_request *request)
{
    lh_buf_add_format(out, "%s%" PRIu64 "\n", OLD, request->old);
    lh_proof_path_format(out, &request->proof);
    lh_buf_add(out, request->note);
}

enum lh_code lh_witness_request_parse(struct lh_witness_request *out, struct lh_bytes body,
                                      struct lh_err *err)
{
    struct lh_witness_request request = { .old = 0 };
    const size_t word = strlen(OLD);
    struct lh_bytes rest = body;
    struct lh_bytes line;
    enum lh_code rc;

    if (!lh_text_next_line(&rest, &line) || line.len <= word || memcmp(line.data, OLD, word) != 0) {
        return lh_err_set(err, LH_ERR_INVALID, "the first line is not \"old \" and a size");
    }
    rc = lh_decimal_parse(&request.old, lh_bytes_of(line.data + word, line.len - word), err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "the old size");
    }
    rc = lh_proof_path_parse(&request.proof, &rest, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (rest.len == 0) {
        return lh_err_set(err, LH_ERR_INVALID, "no checkpoint behind the proof");
    }
    request.note = rest;
    *out = request;
    return LH_OK;
}

struct lh_bytes lh_witness_request_origin(const struct lh_witness_request *request)
{
    struct lh_bytes rest = request->note;
    struct lh_bytes line;

    return lh_text_next_line(&rest, &line) ? line : LH_BYTES_EMPTY;
}

/* ---- judging ---- */

static enum lh_code read_head(struct lh_note *note, struct lh_checkpoint *out,
                              const struct lh_witness_request *request, struct lh_err *err)
{
    enum lh_code rc = lh_note_parse(note, request->note, err);

    return rc != LH_OK ? rc : lh_checkpoint_parse(out, note->text, err);
}

enum lh_code lh_witness_request_size(uint64_t *out, const struct lh_witness_request *request,
                                     struct lh_err *err)
{
    struct lh_checkpoint head;
    struct lh_note note;
    enum lh_code rc = read_head(&note, &head, request, err);

    if (rc == LH_OK) {
        *out = head.size;
    }
    return rc;
}

static enum lh_witness_verdict say(struct lh_err *err, enum lh_witness_verdict verdict,
                                   enum lh_code code, const char *what)
{
    lh_err_set(err, code, "%s", what);
    return verdict;
}

/* The seal comes before what it seals: who cannot seal learns nothing of what was cosigned. */
static enum lh_witness_verdict check_seal(struct lh_checkpoint *out,
                                          const struct lh_witness_log *log,
                                          const struct lh_witness_request *request,
                                          struct lh_err *err)
{
    struct lh_note note;

    if (lh_note_parse(&note, request->note, err) != LH_OK) {
        return LH_WITNESS_MALFORMED;
    }
    if (lh_note_verify(&note, &log->seal, NULL, err) != LH_OK) {
        return LH_WITNESS_FORGED;
    }
    if (lh_checkpoint_parse(out, note.text, err) != LH_OK) {
        return LH_WITNESS_MALFORMED;
    }
    if (strcmp(out->origin, log->seal.name) != 0) {
        return say(err, LH_WITNESS_FORGED, LH_ERR_FORGED, "the seal is another ledger's");
    }
    if (request->old > out->size) {
        return say(err, LH_WITNESS_MALFORMED, LH_ERR_INVALID, "the old size is above the new one");
    }
    return LH_WITNESS_STORE;
}

/* spec network.md 2: "a head that extends the last one cosigned, or is that one again" */
static enum lh_witness_verdict check_growth(const struct lh_witness_log *log,
                                            struct lh_suite *suite,
                                            const struct lh_checkpoint *head,
                                            const struct lh_witness_request *request,
                                            struct lh_err *err)
{
    struct lh_checkpoint nothing = empty_head(&log->seal, suite);

    if (head->size == 0 && !lh_hash_is_equal(&head->root, &nothing.root)) {
        return say(err, LH_WITNESS_UNPROVEN, LH_ERR_FORGED, "an empty tree with another root");
    }
    if (head->size == log->head.size && !lh_hash_is_equal(&head->root, &log->head.root)) {
        return say(err, LH_WITNESS_FORK, LH_ERR_CONFLICT, "two roots of one size are sealed");
    }
    if (request->old != log->head.size) {
        return say(err, LH_WITNESS_NOT_LAST, LH_ERR_CONFLICT,
                   "the old size is not what was cosigned last");
    }
    if (lh_tree_verify_consistency(suite, log->head.size, &log->head.root, head->size, &head->root,
                                   &request->proof, err) != LH_OK) {
        return LH_WITNESS_UNPROVEN;
    }
    return LH_WITNESS_STORE;
}

enum lh_witness_verdict lh_witness_ask(struct lh_witness_log *log, struct lh_suite *suite,
                                       const struct lh_witness_request *request,
                                       const struct lh_hash *held, struct lh_err *err)
{
    struct lh_checkpoint head;
    enum lh_witness_verdict verdict = check_seal(&head, log, request, err);

    if (verdict == LH_WITNESS_STORE) {
        verdict = check_growth(log, suite, &head, request, err);
    }
    if (verdict != LH_WITNESS_STORE) {
        return verdict;
    }
    if (log->is_member && held == NULL) {
        return say(err, LH_WITNESS_NOT_HELD, LH_AGAIN, "the replica does not reach that far");
    }
    if (log->is_member && !lh_hash_is_equal(held, &head.root)) {
        return say(err, LH_WITNESS_FORK, LH_ERR_CONFLICT, "the replica has another root");
    }
    if (log->is_storing) {
        return say(err, LH_WITNESS_BUSY, LH_AGAIN, "another head is being stored");
    }
    log->next = head;
    log->is_storing = true;
    return LH_WITNESS_STORE;
}

void lh_witness_stored(struct lh_witness_log *log)
{
    lh_assert(log->is_storing);
    lh_assert(log->next.size >= log->head.size);
    log->head = log->next;
    log->is_storing = false;
}

void lh_witness_dropped(struct lh_witness_log *log)
{
    lh_assert(log->is_storing);
    log->is_storing = false;
}
