#include "cli/verify/check_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lh_check_conclude(struct lh_file_report *out, enum lh_result result, const char *reason)
{
    out->result = result;
    (void)snprintf(out->reason, sizeof out->reason, "%s", reason);
}

void lh_check_trouble(struct lh_file_report *out, enum lh_code rc, const char *reason)
{
    bool is_io = rc == LH_ERR_IO || rc == LH_ERR_NOT_FOUND || rc == LH_ERR_DENIED;

    lh_check_conclude(out, is_io ? LH_RESULT_IO : LH_RESULT_ERROR, reason);
}

/* ---- archives ---------------------------------------------------------------------------------
 */

static enum lh_code read_input(void *arg, void *out, size_t room, size_t *out_len,
                               struct lh_err *err)
{
    return lh_input_read(arg, out, room, out_len, err);
}

/* With promises there is a genesis to hash as, or the leaf says nothing. */
static void take_leaf(struct lh_promises *promises, const struct lh_replay *replay,
                      struct lh_bytes leaf)
{
    struct lh_suite *suite = lh_replay_suite(replay);

    if (promises->count > 0 && suite != NULL) {
        lh_promises_take_leaf(promises, replay, suite, leaf);
    }
}

/* What an archive is replayed with. */
struct walk {
    struct lh_archive_reader *reader;
    struct lh_input *input;
    const struct lh_trust *trust;
    const struct lh_check_options *options;
    struct lh_progress progress;
};

/* What a frame says besides, once it was judged. */
static enum lh_code take_frame(struct walk *walk, struct lh_file_report *out,
                               const struct lh_archive_frame *frame, struct lh_err *err)
{
    if (frame->kind == LH_ARCHIVE_LEAF) {
        take_leaf(walk->options->promises, out->replay, frame->content);
        lh_progress_tick(&walk->progress, lh_input_position(walk->input),
                         lh_input_size(walk->input));
    }
    if (frame->kind == LH_ARCHIVE_CHECKPOINT && walk->options->with_signatures) {
        return lh_witnessed_take(&out->witnessed, out->replay, walk->trust, frame->content, err);
    }
    return LH_OK;
}

/* Replay every frame. What stands in the findings is no failure here. */
static enum lh_code replay_frames(struct walk *walk, struct lh_file_report *out, struct lh_err *err)
{
    struct lh_err end = LH_ERR_NONE;
    struct lh_archive_frame frame;
    enum lh_code rc;

    for (;;) {
        rc = lh_archive_next(walk->reader, &frame, &end);
        if (rc != LH_OK) {
            return lh_replay_end(out->replay, rc, end.text, err);
        }
        rc = lh_replay_feed(out->replay, &frame, err);
        if (rc == LH_OK) {
            rc = take_frame(walk, out, &frame, err);
        }
        if (rc != LH_OK) {
            return rc;
        }
    }
}

static void describe_finding(struct lh_file_report *out, enum lh_result result)
{
    const struct lh_replay_finding *first = &lh_replay_findings(out->replay)->kept[0];
    char name[LH_ORIGIN_MAX + 1] = "archive";

    if (first->place.ledger < lh_replay_ledger_count(out->replay)) {
        const char *origin = lh_replay_ledger_at(out->replay, first->place.ledger)->origin;
        if (first->place.index == LH_REPLAY_NO_INDEX) {
            (void)snprintf(name, sizeof name, "%s", origin);
        } else {
            lh_report_entry_name(name, origin, first->place.index);
        }
    }
    out->result = result;
    (void)snprintf(out->reason, sizeof out->reason, "%s breaks %s: %s", name, first->rule->id,
                   first->text);
    if (result == LH_RESULT_UNDECIDABLE) {
        (void)snprintf(out->reason, sizeof out->reason, "%s, %s: %s", name, first->rule->id,
                       first->text);
    }
}

/* A ledger for which no key or network is trusted, though something else is; NULL when none. */
static const char *untrusted_ledger(const struct lh_replay *replay, const struct lh_trust *trust)
{
    if (lh_trust_is_empty(trust) || trust->has_network) {
        return NULL;
    }
    for (size_t i = 0; i < lh_replay_ledger_count(replay); i++) {
        const char *origin = lh_replay_ledger_at(replay, i)->origin;
        if (!lh_trust_has_origin(trust, origin)) {
            return origin;
        }
    }
    return NULL;
}

static void conclude_witnessed(struct lh_file_report *out, const struct lh_trust *trust)
{
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = lh_witnessed_judge(&out->witnessed, out->replay, trust, &err);

    if (rc != LH_OK) {
        lh_check_conclude(out, rc == LH_ERR_FORGED ? LH_RESULT_FAILED : LH_RESULT_UNDECIDABLE,
                          err.text);
    }
}

static void conclude_archive(struct lh_file_report *out, const struct lh_trust *trust)
{
    const struct lh_replay_findings *findings = lh_replay_findings(out->replay);
    const char *untrusted = untrusted_ledger(out->replay, trust);

    if (findings->failed_count > 0) {
        describe_finding(out, LH_RESULT_FAILED);
    } else if (findings->unknown_count > 0) {
        describe_finding(out, LH_RESULT_UNDECIDABLE);
    } else if (lh_replay_ledger_count(out->replay) == 0) {
        lh_check_conclude(out, LH_RESULT_UNDECIDABLE, "the archive holds no ledger");
    } else if (untrusted != NULL) {
        lh_check_conclude(out, LH_RESULT_UNDECIDABLE, "no key is trusted for ");
        strncat(out->reason, untrusted, sizeof out->reason - strlen(out->reason) - 1);
    } else {
        lh_check_conclude(out, LH_RESULT_VERIFIED, "");
    }
}

/* The seals of a verified archive speak for the receipts and checkpoints named behind it. */
static enum lh_code learn_seals(const struct lh_file_report *out, struct lh_trust *trust,
                                struct lh_err *err)
{
    for (size_t i = 0; i < lh_replay_ledger_count(out->replay); i++) {
        const struct lh_replay_ledger *ledger = lh_replay_ledger_at(out->replay, i);
        struct lh_note_key key;
        if (lh_trust_has_origin(trust, ledger->origin)) {
            continue;
        }
        enum lh_code rc = lh_note_key_init(&key, ledger->origin, LH_NOTE_LOG, &ledger->seal, err);
        if (rc == LH_OK) {
            rc = lh_trust_add_log(trust, &key, err);
        }
        if (rc != LH_OK) {
            return rc;
        }
    }
    return LH_OK;
}

/* The epochs that were given, as replay takes them; freed by the caller. */
static struct lh_bytes *view_epochs(const struct lh_trust *trust)
{
    struct lh_bytes *views = calloc(trust->epoch_count + 1, sizeof *views);

    for (size_t i = 0; views != NULL && i < trust->epoch_count; i++) {
        views[i] = lh_buf_bytes(&trust->epochs[i]);
    }
    return views;
}

static void check_archive(struct lh_file_report *out, struct lh_input *input,
                          struct lh_trust *trust, const struct lh_check_options *options)
{
    struct lh_bytes *epochs = view_epochs(trust);
    const struct lh_archive_input stream = { .read = read_input, .arg = input };
    struct lh_replay_pool pool;
    struct lh_replay_options replay_options = { .with_signatures = options->with_signatures,
                                                .network_id =
                                                    trust->has_network ? &trust->network_id : NULL,
                                                .seals = trust->logs,
                                                .seal_count = trust->log_count,
                                                .epochs = epochs,
                                                .epoch_count = trust->epoch_count };
    struct walk walk = { .input = input, .trust = trust, .options = options };
    struct lh_err err = LH_ERR_NONE;

    if (options->past != NULL && options->past->is_there) {
        replay_options.past = &options->past->replay;
    }
    if (options->pool != NULL) {
        pool = lh_pool_of_replay(options->pool);
        replay_options.pool = &pool;
    }
    lh_progress_init(&walk.progress, options->progress);
    out->is_pinned = trust->has_network;
    out->is_resumed = options->past != NULL;
    enum lh_code rc = epochs != NULL ? lh_replay_new(&out->replay, &replay_options, &err)
                                     : lh_err_set(&err, LH_ERR_NOMEM, "out of memory for epochs");
    if (rc == LH_OK) {
        rc = lh_archive_reader_new(&walk.reader, &stream, &err);
    }
    if (rc == LH_OK) {
        lh_promises_begin(options->promises);
        rc = replay_frames(&walk, out, &err);
    }
    lh_progress_end(&walk.progress);
    if (rc == LH_OK) {
        conclude_archive(out, trust);
        if (out->result == LH_RESULT_VERIFIED && trust->has_network) {
            rc = learn_seals(out, trust, &err);
        }
        if (rc == LH_OK && out->result == LH_RESULT_VERIFIED && !lh_trust_is_empty(trust)) {
            rc = lh_trust_add_members(trust, lh_replay_genesis(out->replay), &err);
        }
    }
    if (rc != LH_OK) {
        lh_check_trouble(out, rc, err.text);
    }
    lh_promises_end(options->promises, out->result == LH_RESULT_VERIFIED);
    /* What is below the level asked for holds all the same, and has spoken for what comes behind.
     */
    if (out->result == LH_RESULT_VERIFIED) {
        conclude_witnessed(out, trust);
    }
    lh_archive_reader_free(walk.reader);
    free(epochs);
}

void lh_check_file(struct lh_file_report *out, struct lh_trust *trust,
                   const struct lh_check_options *options)
{
    struct lh_input *input = NULL;
    struct lh_err err = LH_ERR_NONE;

    lh_check_conclude(out, LH_RESULT_ERROR, "was not judged");
    enum lh_code rc = lh_input_open(&input, out->path, &err);
    if (rc != LH_OK) {
        lh_check_trouble(out, rc, err.text);
        return;
    }
    switch (lh_input_detect(input)) {
    case LH_INPUT_ARCHIVE:
        out->kind = LH_FILE_ARCHIVE;
        check_archive(out, input, trust, options);
        break;
    case LH_INPUT_RECEIPT:
        out->kind = LH_FILE_RECEIPT;
        lh_check_receipt(out, input, trust);
        break;
    case LH_INPUT_CHECKPOINT:
        out->kind = LH_FILE_CHECKPOINT;
        lh_check_checkpoint(out, input, trust);
        break;
    case LH_INPUT_JOURNAL:
        out->kind = LH_FILE_JOURNAL;
        lh_check_journal(out, input, trust, options->promises);
        break;
    case LH_INPUT_EVIDENCE:
        out->kind = LH_FILE_EVIDENCE;
        lh_check_evidence(out, input, trust);
        break;
    case LH_INPUT_PROMISES:
        out->kind = LH_FILE_PROMISES;
        lh_check_consent(out, input, trust);
        break;
    case LH_INPUT_EMPTY:
        lh_check_conclude(out, LH_RESULT_IO, "is empty");
        break;
    case LH_INPUT_UNKNOWN:
        lh_check_conclude(out, LH_RESULT_ERROR,
                          "is no archive, receipt, checkpoint, evidence or promises");
        break;
    }
    lh_input_close(input);
}
