#include "cli/verify/report.h"

#include "crypto/base/json.h"
#include "crypto/base/time.h"
#include "crypto/text.h"

static const char *const RESULT_NAMES[] = {
    [LH_RESULT_VERIFIED] = "verified",
    [LH_RESULT_ERROR] = "error",
    [LH_RESULT_IO] = "unreadable",
    [LH_RESULT_UNDECIDABLE] = "undecidable",
    [LH_RESULT_FAILED] = "failed",
    [LH_RESULT_BREACH] = "broken_rule",
    [LH_RESULT_EQUIVOCATION] = "equivocation",
};

static const char *const KIND_NAMES[] = {
    [LH_FILE_UNKNOWN] = "unknown",         [LH_FILE_ARCHIVE] = "archive",
    [LH_FILE_RECEIPT] = "receipt",         [LH_FILE_CHECKPOINT] = "checkpoint",
    [LH_FILE_JOURNAL] = "journal_receipt", [LH_FILE_EVIDENCE] = "evidence",
    [LH_FILE_PROMISES] = "promises",
};

static void add_text(struct lh_json *json, const char *name, const char *text)
{
    lh_json_add_text(json, name, lh_bytes_of_text(text));
}

static void add_hash(struct lh_json *json, const char *name, const struct lh_hash *hash)
{
    char hex[2 * LH_HASH_SIZE + 1];

    lh_hex_format(hex, lh_hash_bytes(hash));
    add_text(json, name, hex);
}

static void add_time(struct lh_json *json, const char *name, int64_t unix_ms)
{
    char when[LH_TIME_TEXT_SIZE];

    lh_time_format_utc(when, unix_ms);
    add_text(json, name, when);
}

static void add_answer(struct lh_json *json, const char *name, enum lh_code code)
{
    const char *word = code == LH_ERR_UNKNOWN ? "cannot_tell" : "failed";

    add_text(json, name, code == LH_OK ? "ok" : word);
}

/* Up to which size others vouch for it; null where nobody says whose word counts. */
static void add_reach(struct lh_json *json, const struct lh_file_report *file, size_t index)
{
    struct lh_witnessed_ledger reached = lh_witnessed_at(&file->witnessed, index);

    lh_json_add_bool(json, "continued", lh_witnessed_is_continued(file->replay, index));
    if (file->witnessed.is_counted) {
        lh_json_add_u64(json, "witnessed_size", reached.sizes[LH_LEVEL_WITNESSED]);
        lh_json_add_u64(json, "final_size", reached.sizes[LH_LEVEL_FINAL]);
    } else {
        lh_json_add_null(json, "witnessed_size");
        lh_json_add_null(json, "final_size");
    }
    if (file->witnessed.has_quorum) {
        lh_json_add_u64(json, "quorum_size", reached.quorum_size);
    }
}

static void add_ledger(struct lh_json *json, const struct lh_file_report *file, size_t index)
{
    const struct lh_replay_ledger *ledger = lh_replay_ledger_at(file->replay, index);

    lh_json_begin_object(json, NULL);
    add_text(json, "origin", ledger->origin);
    lh_json_add_bool(json, "whole", !ledger->is_stopped);
    lh_json_add_bool(json, "private_kept", ledger->keeps_private);
    if (ledger->reason == LH_REPLAY_UNSAFE_RESTORE) {
        add_text(json, "label", "UNSAFE_RESTORE");
    } else {
        lh_json_add_null(json, "label");
    }
    lh_json_add_u64(json, "leaves", ledger->leaf_count);
    lh_json_add_u64(json, "entries", ledger->entry_count);
    lh_json_add_u64(json, "height", ledger->height);
    lh_json_add_u64(json, "size", ledger->size);
    lh_json_add_u64(json, "taken_size", ledger->taken_size);
    add_reach(json, file, index);
    if (ledger->height > 0) {
        add_hash(json, "root", &ledger->root);
        add_time(json, "time", ledger->time_unix_ms);
    } else {
        lh_json_add_null(json, "root");
        lh_json_add_null(json, "time");
    }
    lh_json_end_object(json);
}

static void add_finding(struct lh_json *json, const struct lh_replay *replay,
                        const struct lh_replay_finding *finding)
{
    const struct lh_replay_place *place = &finding->place;
    bool has_ledger = place->ledger < lh_replay_ledger_count(replay);
    char name[LH_ORIGIN_MAX + 1];

    lh_json_begin_object(json, NULL);
    add_text(json, "answer", finding->code == LH_ERR_UNKNOWN ? "cannot_tell" : "failed");
    add_text(json, "rule", finding->rule->id);
    add_text(json, "title", finding->rule->title);
    add_text(json, "title_zh", finding->rule->title_zh);
    if (has_ledger) {
        add_text(json, "origin", lh_replay_ledger_at(replay, place->ledger)->origin);
    } else {
        lh_json_add_null(json, "origin");
    }
    if (has_ledger && place->index != LH_REPLAY_NO_INDEX) {
        lh_report_entry_name(name, lh_replay_ledger_at(replay, place->ledger)->origin,
                             place->index);
        add_text(json, "entry", name);
        lh_json_add_u64(json, "index", place->index);
    } else {
        lh_json_add_null(json, "entry");
        lh_json_add_null(json, "index");
    }
    lh_json_add_u64(json, "good_height", place->good_height);
    lh_json_add_u64(json, "good_size", place->good_size);
    add_text(json, "text", finding->text);
    lh_json_end_object(json);
}

static void add_network(struct lh_json *json, const struct lh_file_report *file,
                        const struct lh_hash *id)
{
    lh_json_begin_object(json, "network");
    add_hash(json, "id", id);
    lh_json_add_bool(json, "pinned", file->is_pinned);
    lh_json_end_object(json);
}

static void add_archive(struct lh_json *json, const struct lh_file_report *file)
{
    const struct lh_replay *replay = file->replay;
    const struct lh_replay_findings *findings = lh_replay_findings(replay);

    if (lh_replay_genesis(replay) != NULL) {
        add_network(json, file, lh_genesis_network_id(lh_replay_genesis(replay)));
    }
    lh_json_begin_array(json, "ledgers");
    for (size_t i = 0; i < lh_replay_ledger_count(replay); i++) {
        add_ledger(json, file, i);
    }
    lh_json_end_array(json);
    lh_json_add_u64(json, "signatures_checked", lh_replay_signature_count(replay));
    lh_json_add_u64(json, "signatures_taken", lh_replay_taken_count(replay));
    lh_json_add_u64(json, "private_parts", lh_replay_private_count(replay));
    lh_json_add_u64(json, "failed", findings->failed_count);
    lh_json_add_u64(json, "cannot_tell", findings->unknown_count);
    lh_json_begin_array(json, "findings");
    for (size_t i = 0; i < findings->kept_count; i++) {
        add_finding(json, replay, &findings->kept[i]);
    }
    lh_json_end_array(json);
}

static void add_head(struct lh_json *json, const char *name, const struct lh_checkpoint *checkpoint)
{
    lh_json_begin_object(json, name);
    add_text(json, "origin", checkpoint->origin);
    lh_json_add_u64(json, "size", checkpoint->size);
    add_hash(json, "root", &checkpoint->root);
    lh_json_end_object(json);
}

static void add_quorum(struct lh_json *json, const struct lh_file_report *file)
{
    if (file->has_quorum) {
        add_answer(json, "quorum", file->quorum);
        lh_json_add_u64(json, "cosigners", file->cosigner_count);
    }
}

static void add_level(struct lh_json *json, const struct lh_file_report *file)
{
    const struct lh_tally_report *tally = &file->standing.tally;

    if (!file->has_level) {
        lh_json_add_null(json, "level");
        return;
    }
    if (file->untold[0] != 0) {
        add_text(json, "level", "cannot_tell");
        add_text(json, "level_reason", file->untold);
        lh_json_add_null(json, "witnesses");
        return;
    }
    add_text(json, "level", lh_level_name(file->level));
    if (!file->is_counted) {
        lh_json_add_null(json, "witnesses");
        return;
    }
    lh_json_begin_object(json, "witnesses");
    lh_json_add_u64(json, "cosigned", tally->sum.witness_count);
    lh_json_add_u64(json, "needed", tally->quorum.cosigner_count);
    lh_json_add_u64(json, "of", tally->quorum.witness_count);
    lh_json_add_u64(json, "mirrors", tally->sum.mirror_count);
    lh_json_add_u64(json, "others", tally->other_count);
    lh_json_add_bool(json, "own", tally->is_own);
    lh_json_end_object(json);
    if (file->standing.is_transition) {
        tally = &file->standing.before;
        lh_json_begin_object(json, "witnesses_before");
        lh_json_add_u64(json, "cosigned", tally->sum.witness_count);
        lh_json_add_u64(json, "needed", tally->quorum.cosigner_count);
        lh_json_add_u64(json, "of", tally->quorum.witness_count);
        lh_json_end_object(json);
    }
}

static void add_receipt(struct lh_json *json, const struct lh_file_report *file)
{
    const struct lh_receipt_report *found = &file->receipt_report;
    char name[LH_ORIGIN_MAX + 1];

    add_network(json, file, &file->receipt.network_id);
    lh_report_entry_name(name, found->checkpoint.origin, file->receipt.index);
    add_text(json, "entry", name);
    lh_json_add_u64(json, "index", file->receipt.index);
    if (file->has_entry) {
        add_time(json, "recorded", file->recorded_unix_ms);
    }
    if (file->has_body) {
        add_text(json, "type", lh_entry_type_name(file->type));
    }
    add_head(json, "checkpoint", &found->checkpoint);
    add_answer(json, "inclusion", found->inclusion);
    add_answer(json, "header", found->header);
    add_hash(json, "epoch", &found->epoch);
    add_hash(json, "epoch_before", &found->epoch_before);
    add_answer(json, "signature", found->signature);
    add_answer(json, "seal", found->seal);
    add_level(json, file);
    add_quorum(json, file);
}

static void add_journal(struct lh_json *json, const struct lh_file_report *file)
{
    static const char *const promises[] = { [LH_PROMISE_UNASKED] = "unasked",
                                            [LH_PROMISE_OPEN] = "cannot_tell",
                                            [LH_PROMISE_KEPT] = "kept",
                                            [LH_PROMISE_BROKEN] = "broken" };
    const struct lh_journal_statement *statement = &file->journal.statement;

    add_network(json, file, &statement->network_id);
    add_text(json, "level", "recorded");
    add_text(json, "origin", statement->origin);
    lh_json_add_u64(json, "size", statement->size);
    lh_json_add_u64(json, "sequence", statement->sequence);
    add_hash(json, "body_hash", &statement->body_hash);
    add_time(json, "recorded", statement->recorded_unix_ms);
    add_answer(json, "signature", file->recorder);
    add_text(json, "promise", promises[file->promise]);
    if (file->kept_as[0] != 0) {
        add_text(json, "entry", file->kept_as);
    } else {
        lh_json_add_null(json, "entry");
    }
}

static void add_broken(struct lh_json *json, const struct lh_evidence_report *evidence)
{
    if (evidence->rule != NULL) {
        lh_json_begin_object(json, "broken");
        add_text(json, "rule", evidence->rule->id);
        add_text(json, "title", evidence->rule->title);
        lh_json_add_u64(json, "index", evidence->index);
        lh_json_end_object(json);
    }
}

static void add_file(struct lh_json *json, const struct lh_file_report *file)
{
    bool is_read = file->result != LH_RESULT_ERROR && file->result != LH_RESULT_IO;

    lh_json_begin_object(json, NULL);
    add_text(json, "file", file->path);
    add_text(json, "kind", KIND_NAMES[file->kind]);
    add_text(json, "result", RESULT_NAMES[file->result]);
    if (file->reason[0] != 0) {
        add_text(json, "reason", file->reason);
    } else {
        lh_json_add_null(json, "reason");
    }
    if (is_read && file->kind == LH_FILE_ARCHIVE && file->replay != NULL) {
        add_archive(json, file);
    } else if (is_read && file->kind == LH_FILE_RECEIPT && file->receipt.leaf.len > 0) {
        add_receipt(json, file);
    } else if (is_read && file->kind == LH_FILE_CHECKPOINT && file->checkpoint.origin[0] != 0) {
        add_head(json, "checkpoint", &file->checkpoint);
        add_answer(json, "seal", file->seal);
        add_level(json, file);
        add_quorum(json, file);
    } else if (is_read && file->kind == LH_FILE_JOURNAL && file->journal.statement.sequence > 0) {
        add_journal(json, file);
    } else if (is_read && file->kind == LH_FILE_EVIDENCE && file->is_proven) {
        add_network(json, file, &file->evidence.network_id);
        lh_json_begin_array(json, "heads");
        add_head(json, NULL, &file->evidence.first);
        if (file->evidence.rule == NULL) {
            add_head(json, NULL, &file->evidence.second);
        }
        lh_json_end_array(json);
        add_broken(json, &file->evidence);
        add_answer(json, "seal", file->seal);
    } else if (is_read && file->kind == LH_FILE_PROMISES && file->is_proven) {
        add_network(json, file, &file->consent.network_id);
        add_text(json, "origin", file->consent.origin);
        add_text(json, "prev_origin", file->consent.generation.prev_origin);
        lh_json_add_u64(json, "prev_size", file->consent.generation.prev_size);
        lh_json_add_u64(json, "promises", file->consent.promise_count);
        lh_json_add_u64(json, "needed", file->consent.needed);
    }
    lh_json_end_object(json);
}

void lh_report_format_json(struct lh_buf *out, const struct lh_report *report)
{
    struct lh_json json = lh_json_of(out);

    lh_json_begin_object(&json, NULL);
    add_text(&json, "schema", "liuhen.verify/1");
    add_text(&json, "result", RESULT_NAMES[lh_report_result(report)]);
    lh_json_add_u64(&json, "exit", (uint64_t)lh_report_exit_code(report));
    add_text(&json, "signatures", report->with_signatures ? "checked" : "not_checked");
    lh_json_begin_object(&json, "trust");
    if (report->has_network) {
        add_hash(&json, "network_id", &report->network_id);
    } else {
        lh_json_add_null(&json, "network_id");
    }
    lh_json_add_u64(&json, "logs", report->log_count);
    lh_json_end_object(&json);
    lh_json_begin_array(&json, "files");
    for (size_t i = 0; i < report->file_count; i++) {
        add_file(&json, &report->files[i]);
    }
    lh_json_end_array(&json);
    lh_json_end_object(&json);
    lh_buf_add_u8(out, '\n');
}
