#include "cli/verify/check.h"

#include "cli/verify/input.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void set_result(struct lh_file_report *out, enum lh_result result, const char *reason)
{
    out->result = result;
    (void)snprintf(out->reason, sizeof out->reason, "%s", reason);
}

/* Trouble of our own: it says nothing about the file. */
static void set_trouble(struct lh_file_report *out, enum lh_code rc, const char *reason)
{
    bool is_io = rc == LH_ERR_IO || rc == LH_ERR_NOT_FOUND || rc == LH_ERR_DENIED;

    set_result(out, is_io ? LH_RESULT_IO : LH_RESULT_ERROR, reason);
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

/* Replay every frame. What stands in the findings is no failure here. */
static enum lh_code replay_frames(struct lh_replay *replay, struct lh_archive_reader *reader,
                                  struct lh_input *input, struct lh_progress *progress,
                                  struct lh_promises *promises, struct lh_err *err)
{
    struct lh_err end = LH_ERR_NONE;
    struct lh_archive_frame frame;
    enum lh_code rc;

    for (;;) {
        rc = lh_archive_next(reader, &frame, &end);
        if (rc != LH_OK) {
            return lh_replay_end(replay, rc, end.text, err);
        }
        rc = lh_replay_feed(replay, &frame, err);
        if (rc != LH_OK) {
            return rc;
        }
        if (frame.kind == LH_ARCHIVE_LEAF) {
            take_leaf(promises, replay, frame.content);
            lh_progress_tick(progress, lh_input_position(input), lh_input_size(input));
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

static void conclude_archive(struct lh_file_report *out, const struct lh_trust *trust)
{
    const struct lh_replay_findings *findings = lh_replay_findings(out->replay);
    const char *untrusted = untrusted_ledger(out->replay, trust);

    if (findings->failed_count > 0) {
        describe_finding(out, LH_RESULT_FAILED);
    } else if (findings->unknown_count > 0) {
        describe_finding(out, LH_RESULT_UNDECIDABLE);
    } else if (lh_replay_ledger_count(out->replay) == 0) {
        set_result(out, LH_RESULT_UNDECIDABLE, "the archive holds no ledger");
    } else if (untrusted != NULL) {
        set_result(out, LH_RESULT_UNDECIDABLE, "no key is trusted for ");
        strncat(out->reason, untrusted, sizeof out->reason - strlen(out->reason) - 1);
    } else {
        set_result(out, LH_RESULT_VERIFIED, "");
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

static void check_archive(struct lh_file_report *out, struct lh_input *input,
                          struct lh_trust *trust, const struct lh_check_options *options)
{
    const struct lh_archive_input stream = { .read = read_input, .arg = input };
    struct lh_replay_pool pool;
    struct lh_replay_options replay_options = { .with_signatures = options->with_signatures,
                                                .network_id =
                                                    trust->has_network ? &trust->network_id : NULL,
                                                .seals = trust->logs,
                                                .seal_count = trust->log_count };
    struct lh_archive_reader *reader = NULL;
    struct lh_progress progress;
    struct lh_err err = LH_ERR_NONE;

    if (options->pool != NULL) {
        pool = lh_pool_of_replay(options->pool);
        replay_options.pool = &pool;
    }
    lh_progress_init(&progress, options->progress);
    out->is_pinned = trust->has_network;
    enum lh_code rc = lh_replay_new(&out->replay, &replay_options, &err);
    if (rc == LH_OK) {
        rc = lh_archive_reader_new(&reader, &stream, &err);
    }
    if (rc == LH_OK) {
        lh_promises_begin(options->promises);
        rc = replay_frames(out->replay, reader, input, &progress, options->promises, &err);
    }
    lh_progress_end(&progress);
    if (rc == LH_OK) {
        conclude_archive(out, trust);
        if (out->result == LH_RESULT_VERIFIED && trust->has_network) {
            rc = learn_seals(out, trust, &err);
        }
        if (rc == LH_OK && out->result == LH_RESULT_VERIFIED && !lh_trust_is_empty(trust)) {
            rc = lh_trust_add_recorders(trust, lh_replay_genesis(out->replay), &err);
        }
    }
    if (rc != LH_OK) {
        set_trouble(out, rc, err.text);
    }
    lh_promises_end(options->promises, out->result == LH_RESULT_VERIFIED);
    lh_archive_reader_free(reader);
}

/* ---- receipts ---------------------------------------------------------------------------------
 */

static void read_entry(struct lh_file_report *out)
{
    lhpb_Leaf leaf;
    lhpb_Body body;

    if (lh_leaf_decode(&leaf, lh_buf_bytes(&out->receipt.leaf), NULL) != LH_OK ||
        leaf.which_kind != lhpb_Leaf_entry_tag) {
        return;
    }
    const lhpb_Entry *entry = &leaf.kind.entry;
    out->has_entry = true;
    out->recorded_unix_ms = (int64_t)entry->intake.recorded_at_ms;
    if (lh_body_decode(&body, lh_bytes_of(entry->body.bytes, entry->body.size), NULL) == LH_OK) {
        out->has_body = true;
        out->type = body.type;
    }
}

/* The worst of its parts; a network that nobody pinned is no fault, it is said in the report. */
static void conclude_receipt(struct lh_file_report *out)
{
    const struct lh_receipt_report *found = &out->receipt_report;
    const struct {
        enum lh_code code;
        const char *failed;
        const char *unknown;
    } parts[] = {
        { found->inclusion, "the entry is not in the ledger's tree",
          "inclusion could not be judged" },
        { found->seal, "the seal does not verify", "no key is trusted for this ledger" },
        { found->signature, "a signature of the entry does not verify",
          "the entry's signatures cannot be judged" },
        { out->is_pinned ? found->network : LH_OK, "the receipt is of another network", "" },
    };
    enum { PARTS = sizeof parts / sizeof parts[0] };

    for (size_t i = 0; i < PARTS; i++) {
        if (parts[i].code != LH_OK && parts[i].code != LH_ERR_UNKNOWN) {
            set_result(out, LH_RESULT_FAILED, parts[i].failed);
            return;
        }
    }
    for (size_t i = 0; i < PARTS; i++) {
        if (parts[i].code == LH_ERR_UNKNOWN) {
            set_result(out, LH_RESULT_UNDECIDABLE, parts[i].unknown);
            return;
        }
    }
    set_result(out, LH_RESULT_VERIFIED, "");
}

static enum lh_code verify_receipt(struct lh_file_report *out, const struct lh_trust *trust,
                                   struct lh_err *err)
{
    struct lh_suite *suite;

    enum lh_code rc = lh_suite_new(&suite, out->receipt.suite, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_receipt_verify(&out->receipt, suite, trust->logs, trust->log_count,
                           trust->has_network ? &trust->network_id : NULL, &out->receipt_report,
                           err);
    lh_suite_free(suite);
    return rc == LH_ERR_FORGED || rc == LH_ERR_UNKNOWN ? LH_OK : rc;
}

/* Text that is no receipt or checkpoint after all contradicts what it begins like. */
static void conclude_text(struct lh_file_report *out, enum lh_code rc, const struct lh_err *err)
{
    if (rc == LH_ERR_INVALID || rc == LH_ERR_LIMIT) {
        set_result(out, LH_RESULT_FAILED, err->text);
    } else if (rc == LH_ERR_UNKNOWN) {
        set_result(out, LH_RESULT_UNDECIDABLE, err->text);
    } else if (rc != LH_OK) {
        set_trouble(out, rc, err->text);
    }
}

static void check_receipt(struct lh_file_report *out, struct lh_input *input,
                          const struct lh_trust *trust)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    out->is_pinned = trust->has_network;
    enum lh_code rc = lh_input_read_all(input, &text, LH_RECEIPT_MAX, &err);
    if (rc == LH_OK) {
        rc = lh_receipt_parse(&out->receipt, lh_buf_bytes(&text), &err);
    }
    if (rc == LH_OK) {
        rc = verify_receipt(out, trust, &err);
    }
    if (rc == LH_OK) {
        read_entry(out);
        conclude_receipt(out);
    } else {
        lh_receipt_clear(&out->receipt);
    }
    conclude_text(out, rc, &err);
    lh_buf_clear(&text);
}

/* ---- journal receipts -------------------------------------------------------------------------
 */

static enum lh_code judge_recorder(const struct lh_journal_receipt *receipt,
                                   const struct lh_origin *origin, const struct lh_trust *trust)
{
    const struct lh_pubkey *known =
        lh_trust_find_recorder(trust, &receipt->statement.network_id, origin->department);
    struct lh_suite *suite = NULL;
    enum lh_code rc = lh_suite_new(&suite, receipt->suite, NULL);

    if (rc == LH_OK) {
        rc = lh_journal_receipt_verify(receipt, suite, NULL);
    }
    lh_suite_free(suite);
    if (rc != LH_OK) {
        return LH_ERR_FORGED;
    }
    if (known == NULL) {
        return LH_ERR_UNKNOWN;
    }
    return lh_pubkey_is_equal(known, &receipt->key) ? LH_OK : LH_ERR_FORGED;
}

/* spec ledger.md 12: "Given an archive of the ledger, the promise can be judged too:" */
static void judge_promise(struct lh_file_report *out, const struct lh_promises *promises,
                          const struct lh_origin *origin)
{
    const struct lh_promise *promise = lh_promises_find(promises, &out->journal.statement);
    struct lh_entry_name name = { .generation = 0 };

    if (promise == NULL || !promises->has_archive) {
        out->promise = LH_PROMISE_UNASKED;
    } else if (promise->is_kept) {
        out->promise = LH_PROMISE_KEPT;
        memcpy(name.department, origin->department, sizeof name.department);
        name.generation = promise->kept_at.generation;
        name.index = promise->kept_at.index;
        lh_entry_name_format(out->kept_as, &name);
    } else {
        out->promise = promise->is_overdue ? LH_PROMISE_BROKEN : LH_PROMISE_OPEN;
    }
}

static void conclude_journal(struct lh_file_report *out, const struct lh_trust *trust)
{
    if (trust->has_network &&
        !lh_hash_is_equal(&trust->network_id, &out->journal.statement.network_id)) {
        set_result(out, LH_RESULT_FAILED, "the receipt is of another network");
    } else if (out->recorder == LH_ERR_FORGED) {
        set_result(out, LH_RESULT_FAILED, "the recorder's signature does not verify");
    } else if (out->recorder == LH_ERR_UNKNOWN) {
        set_result(out, LH_RESULT_UNDECIDABLE,
                   "no recorder is trusted for this ledger: give the genesis file");
    } else if (out->promise == LH_PROMISE_BROKEN) {
        set_result(out, LH_RESULT_FAILED,
                   "the promise was not kept: the ledger went on without the entry");
    } else if (out->promise == LH_PROMISE_OPEN) {
        set_result(out, LH_RESULT_UNDECIDABLE,
                   "the archive does not reach far enough to tell whether it was sealed");
    } else {
        set_result(out, LH_RESULT_VERIFIED, "");
    }
}

static void check_journal(struct lh_file_report *out, struct lh_input *input,
                          const struct lh_trust *trust, const struct lh_promises *promises)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct lh_journal_receipt receipt;
    struct lh_origin origin;
    enum lh_code rc = lh_input_read_all(input, &text, LH_JOURNAL_RECEIPT_MAX, &err);

    out->is_pinned = trust->has_network;
    if (rc == LH_OK) {
        rc = lh_journal_receipt_parse(&receipt, lh_buf_bytes(&text), &err);
    }
    if (rc == LH_OK) {
        rc = lh_origin_parse(&origin, lh_bytes_of_text(receipt.statement.origin), &err);
    }
    if (rc == LH_OK) {
        out->journal = receipt;
        out->recorder = judge_recorder(&receipt, &origin, trust);
        judge_promise(out, promises, &origin);
        conclude_journal(out, trust);
    }
    conclude_text(out, rc, &err);
    lh_buf_clear(&text);
}

/* ---- checkpoints ------------------------------------------------------------------------------
 */

static enum lh_code judge_seal(const struct lh_note *note, const char *origin,
                               const struct lh_trust *trust)
{
    enum lh_code code = LH_ERR_UNKNOWN;

    for (size_t i = 0; i < trust->log_count; i++) {
        if (strcmp(trust->logs[i].name, origin) != 0) {
            continue;
        }
        if (lh_note_verify(note, &trust->logs[i], NULL, NULL) == LH_OK) {
            return LH_OK;
        }
        code = LH_ERR_FORGED;
    }
    return code;
}

static void conclude_seal(struct lh_file_report *out)
{
    if (out->seal == LH_OK) {
        set_result(out, LH_RESULT_VERIFIED, "");
    } else if (out->seal == LH_ERR_UNKNOWN) {
        set_result(out, LH_RESULT_UNDECIDABLE, "no key is trusted for this ledger");
    } else {
        set_result(out, LH_RESULT_FAILED, "the seal does not verify");
    }
}

static void check_checkpoint(struct lh_file_report *out, struct lh_input *input,
                             const struct lh_trust *trust)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct lh_note note;

    enum lh_code rc = lh_input_read_all(input, &text, LH_NOTE_MAX, &err);
    if (rc == LH_OK) {
        rc = lh_note_parse(&note, lh_buf_bytes(&text), &err);
    }
    if (rc == LH_OK) {
        rc = lh_checkpoint_parse(&out->checkpoint, note.text, &err);
    }
    if (rc == LH_OK) {
        out->seal = judge_seal(&note, out->checkpoint.origin, trust);
        conclude_seal(out);
    }
    conclude_text(out, rc, &err);
    lh_buf_clear(&text);
}

void lh_check_file(struct lh_file_report *out, struct lh_trust *trust,
                   const struct lh_check_options *options)
{
    struct lh_input *input = NULL;
    struct lh_err err = LH_ERR_NONE;

    set_result(out, LH_RESULT_ERROR, "was not judged");
    enum lh_code rc = lh_input_open(&input, out->path, &err);
    if (rc != LH_OK) {
        set_trouble(out, rc, err.text);
        return;
    }
    switch (lh_input_detect(input)) {
    case LH_INPUT_ARCHIVE:
        out->kind = LH_FILE_ARCHIVE;
        check_archive(out, input, trust, options);
        break;
    case LH_INPUT_RECEIPT:
        out->kind = LH_FILE_RECEIPT;
        check_receipt(out, input, trust);
        break;
    case LH_INPUT_CHECKPOINT:
        out->kind = LH_FILE_CHECKPOINT;
        check_checkpoint(out, input, trust);
        break;
    case LH_INPUT_JOURNAL:
        out->kind = LH_FILE_JOURNAL;
        check_journal(out, input, trust, options->promises);
        break;
    case LH_INPUT_EMPTY:
        set_result(out, LH_RESULT_IO, "is empty");
        break;
    case LH_INPUT_UNKNOWN:
        set_result(out, LH_RESULT_ERROR, "is no archive, receipt or checkpoint");
        break;
    }
    lh_input_close(input);
}
