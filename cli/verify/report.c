#include "cli/verify/report.h"

#include "crypto/base/json.h"
#include "crypto/base/time.h"
#include "crypto/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int EXIT_CODES[] = {
    [LH_RESULT_VERIFIED] = 0,      [LH_RESULT_ERROR] = 1,   [LH_RESULT_IO] = 3,
    [LH_RESULT_UNDECIDABLE] = 11,  [LH_RESULT_FAILED] = 10, [LH_RESULT_BREACH] = 12,
    [LH_RESULT_EQUIVOCATION] = 12,
};

void lh_report_clear(struct lh_report *report)
{
    for (size_t i = 0; i < report->file_count; i++) {
        lh_replay_free(report->files[i].replay);
        lh_witnessed_clear(&report->files[i].witnessed);
        lh_receipt_clear(&report->files[i].receipt);
    }
    free(report->files);
    report->files = NULL;
    report->file_count = 0;
}

const struct lh_file_report *lh_report_worst(const struct lh_report *report)
{
    const struct lh_file_report *worst = NULL;

    for (size_t i = 0; i < report->file_count; i++) {
        const struct lh_file_report *file = &report->files[i];
        if (file->result > (worst == NULL ? LH_RESULT_VERIFIED : worst->result)) {
            worst = file;
        }
    }
    return worst;
}

enum lh_result lh_report_result(const struct lh_report *report)
{
    const struct lh_file_report *worst = lh_report_worst(report);

    return worst == NULL ? LH_RESULT_VERIFIED : worst->result;
}

int lh_report_exit_code(const struct lh_report *report)
{
    return EXIT_CODES[lh_report_result(report)];
}

void lh_report_entry_name(char out[LH_ORIGIN_MAX + 1], const char *origin, uint64_t index)
{
    struct lh_entry_name name = { .index = index };
    struct lh_origin parsed;

    if (lh_origin_parse(&parsed, lh_bytes_of_text(origin), NULL) != LH_OK) {
        (void)snprintf(out, LH_ORIGIN_MAX + 1, "%s", origin);
        return;
    }
    memcpy(name.department, parsed.department, sizeof name.department);
    name.generation = parsed.generation;
    lh_entry_name_format(out, &name);
}

/* ---- for people -------------------------------------------------------------------------------
 */

static void add_hash(struct lh_buf *out, const struct lh_hash *hash)
{
    lh_hex_add(out, lh_hash_bytes(hash));
}

static const char *word_of(enum lh_code code)
{
    if (code == LH_OK) {
        return "OK";
    }
    return code == LH_ERR_UNKNOWN ? "UNK " : "FAIL";
}

static void add_safe_line(struct lh_buf *out, const char *label, const char *text)
{
    lh_buf_add_format(out, "%-9s ", label);
    lh_text_add_safe(out, lh_bytes_of_text(text));
    lh_buf_add_u8(out, '\n');
}

/* A policy trusts seals and names no network: then the seal stands for it. */
static bool is_under_trusted_seal(const struct lh_report *report, const struct lh_file_report *file)
{
    if (file->kind == LH_FILE_RECEIPT) {
        return file->receipt_report.seal == LH_OK;
    }
    if (file->kind == LH_FILE_EVIDENCE) {
        return file->seal == LH_OK;
    }
    if (file->kind == LH_FILE_JOURNAL) {
        return false;
    }
    return report->log_count > 0 && file->result == LH_RESULT_VERIFIED;
}

static void add_network(struct lh_buf *out, const struct lh_report *report,
                        const struct lh_file_report *file, const struct lh_hash *network_id)
{
    lh_buf_add_text(out, "network   ");
    add_hash(out, network_id);
    if (!file->is_pinned && is_under_trusted_seal(report, file)) {
        lh_buf_add_text(out, "  by its seal: the policy trusts the seal and names no network");
    } else if (!file->is_pinned) {
        lh_buf_add_text(out, "  not pinned: all below holds for the network of this id");
    } else {
        bool fits = lh_hash_is_equal(network_id, &report->network_id);
        lh_buf_add_text(out, fits ? "  OK pinned" : "  FAIL another one is pinned");
    }
    lh_buf_add_u8(out, '\n');
}

static void add_ledger(struct lh_buf *out, const struct lh_replay_ledger *ledger, bool has_finding)
{
    char when[LH_TIME_TEXT_SIZE];
    const char *word = has_finding || ledger->is_stopped ? "--" : "OK";

    lh_time_format_utc(when, ledger->time_unix_ms);
    lh_buf_add_format(out, "ledger    %s  %-4s %" PRIu64 " entries in %" PRIu64 " blocks",
                      ledger->origin, word, ledger->entry_count, ledger->height);
    if (ledger->height > 0) {
        lh_buf_add_format(out, ", size %" PRIu64 ", root ", ledger->size);
        add_hash(out, &ledger->root);
        lh_buf_add_format(out, ", %s", when);
    }
    if (ledger->reason == LH_REPLAY_UNSAFE_RESTORE) {
        lh_buf_add_text(out, ", UNSAFE_RESTORE");
    }
    if (ledger->is_stopped) {
        lh_buf_add_format(out, "; stopped, %" PRIu64 " leaves are not judged",
                          ledger->leaf_count - ledger->size);
    }
    lh_buf_add_u8(out, '\n');
}

/* Up to where a level reaches, of ledgers whose witnesses are known. */
static void add_reach(struct lh_buf *out, const struct lh_file_report *file, size_t index)
{
    const struct lh_replay_ledger *ledger = lh_replay_ledger_at(file->replay, index);
    struct lh_witnessed_ledger reached = lh_witnessed_at(&file->witnessed, index);

    if (lh_witnessed_is_continued(file->replay, index) || ledger->size == 0) {
        return; /* the generation that continues it answers for it */
    }
    if (file->witnessed.is_counted) {
        lh_buf_add_format(out,
                          "level     %s  witnessed up to size %" PRIu64 ", final up to %" PRIu64
                          ", of %" PRIu64 "\n",
                          ledger->origin, reached.sizes[LH_LEVEL_WITNESSED],
                          reached.sizes[LH_LEVEL_FINAL], ledger->size);
    }
    if (file->witnessed.has_quorum) {
        lh_buf_add_format(
            out, "witnesses %s  the quorum cosigned up to size %" PRIu64 " of %" PRIu64 "\n",
            ledger->origin, reached.quorum_size, ledger->size);
    }
}

static bool has_finding(const struct lh_replay_findings *findings, size_t ledger)
{
    for (size_t i = 0; i < findings->kept_count; i++) {
        if (findings->kept[i].place.ledger == ledger) {
            return true;
        }
    }
    return false;
}

static const char *origin_of(const struct lh_replay *replay, const struct lh_replay_place *place)
{
    return place->ledger < lh_replay_ledger_count(replay)
               ? lh_replay_ledger_at(replay, place->ledger)->origin
               : "";
}

static void add_finding(struct lh_buf *out, const struct lh_replay *replay,
                        const struct lh_replay_finding *finding)
{
    char name[LH_ORIGIN_MAX + 1];
    const char *origin = origin_of(replay, &finding->place);

    (void)snprintf(name, sizeof name, "%s", origin[0] == 0 ? "archive" : origin);
    if (finding->place.index != LH_REPLAY_NO_INDEX) {
        lh_report_entry_name(name, origin, finding->place.index);
    }
    lh_buf_add_format(
        out, "%s  %s  %s  %s (%s): ", finding->code == LH_ERR_UNKNOWN ? "unknown " : "failed  ",
        name, finding->rule->id, finding->rule->title, finding->rule->title_zh);
    lh_text_add_safe(out, lh_bytes_of_text(finding->text));
    lh_buf_add_u8(out, '\n');
}

static void add_last_good(struct lh_buf *out, const struct lh_replay_place *place)
{
    if (place->good_height > 0) {
        lh_buf_add_format(
            out, "          last good checkpoint before it: block %" PRIu64 ", size %" PRIu64 "\n",
            place->good_height, place->good_size);
    }
}

static void add_findings(struct lh_buf *out, const struct lh_replay *replay)
{
    const struct lh_replay_findings *findings = lh_replay_findings(replay);
    uint64_t total = findings->failed_count + findings->unknown_count;

    for (size_t i = 0; i < findings->kept_count; i++) {
        add_finding(out, replay, &findings->kept[i]);
        if (i == 0) {
            add_last_good(out, &findings->kept[i].place);
        }
    }
    if (total > findings->kept_count) {
        lh_buf_add_format(out, "          and %" PRIu64 " more\n", total - findings->kept_count);
    }
}

/* How many there are, and whether the archive says that they are all. */
static void add_private(struct lh_buf *out, const struct lh_replay *replay)
{
    uint64_t count = lh_replay_private_count(replay);
    size_t ledgers = lh_replay_ledger_count(replay);
    size_t kept = 0;

    for (size_t i = 0; i < ledgers; i++) {
        kept += lh_replay_ledger_at(replay, i)->keeps_private;
    }
    if (count > 0 || kept > 0) {
        lh_buf_add_format(out,
                          "private   %" PRIu64 " parts, said to be all of %zu of %zu ledgers\n",
                          count, kept, ledgers);
    }
}

/* What was not checked this time, and why it need not be. */
static void add_resumed(struct lh_buf *out, const struct lh_replay *replay)
{
    uint64_t count = lh_replay_taken_count(replay);
    const char *what = "by an unchanged root";

    if (count == 0) {
        lh_buf_add_text(out, "resumed   nothing was taken from the state: all was checked now\n");
        return;
    }
    if (lh_replay_findings(replay)->failed_count + lh_replay_findings(replay)->unknown_count > 0) {
        what = "NOT all of them covered by an unchanged root";
    }
    lh_buf_add_format(out, "resumed   %" PRIu64 " signatures taken from the state, %s\n", count,
                      what);
    for (size_t i = 0; i < lh_replay_ledger_count(replay); i++) {
        const struct lh_replay_ledger *ledger = lh_replay_ledger_at(replay, i);
        if (ledger->taken_size > 0) {
            lh_buf_add_format(out, "          %s up to size %" PRIu64 "\n", ledger->origin,
                              ledger->taken_size);
        }
    }
}

static void add_archive(struct lh_buf *out, const struct lh_report *report,
                        const struct lh_file_report *file)
{
    const struct lh_genesis *genesis = lh_replay_genesis(file->replay);

    if (genesis != NULL) {
        add_network(out, report, file, lh_genesis_network_id(genesis));
    }
    for (size_t i = 0; i < lh_replay_ledger_count(file->replay); i++) {
        add_ledger(out, lh_replay_ledger_at(file->replay, i),
                   has_finding(lh_replay_findings(file->replay), i));
        add_reach(out, file, i);
    }
    if (report->with_signatures) {
        lh_buf_add_format(out, "signature %" PRIu64 " of entries and seals checked\n",
                          lh_replay_signature_count(file->replay));
    } else {
        lh_buf_add_text(
            out, "signature NOT checked but for the last seal of each ledger (--no-signatures)\n");
    }
    if (file->is_resumed) {
        add_resumed(out, file->replay);
    }
    add_private(out, file->replay);
    add_findings(out, file->replay);
}

static void add_quorum(struct lh_buf *out, const struct lh_file_report *file)
{
    if (file->has_quorum) {
        lh_buf_add_format(out, "witnesses %s  %zu of %zu cosigned\n", word_of(file->quorum),
                          file->cosigner_count, file->witness_count);
    }
}

static void add_level(struct lh_buf *out, const struct lh_file_report *file)
{
    const struct lh_tally_report *tally = &file->standing.tally;

    if (!file->has_level) {
        return;
    }
    if (file->untold[0] != 0) {
        lh_buf_add_format(out, "level     cannot tell  %s\n", file->untold);
        return;
    }
    lh_buf_add_format(out, "level     %s", lh_level_name(file->level));
    if (!file->is_counted) {
        lh_buf_add_text(out, ", or higher: the genesis file says whose cosignatures count\n");
        return;
    }
    if (tally->quorum.witness_count == 0) {
        lh_buf_add_text(out, "  nobody else is in this network to witness it\n");
        return;
    }
    lh_buf_add_format(out, "  %u of %u witnesses cosigned, %u are needed; %u hold every leaf",
                      tally->sum.witness_count, tally->quorum.witness_count,
                      tally->quorum.cosigner_count, tally->sum.mirror_count);
    if (tally->other_count > 0) {
        lh_buf_add_format(out, "; %u more cosigned and do not count", tally->other_count);
    }
    if (tally->is_own) {
        lh_buf_add_text(out, "; the department's own cosignature does not count");
    }
    if (file->standing.is_transition) {
        tally = &file->standing.before;
        lh_buf_add_format(out, "; of the epoch before %u of %u cosigned, %u are needed",
                          tally->sum.witness_count, tally->quorum.witness_count,
                          tally->quorum.cosigner_count);
    }
    lh_buf_add_u8(out, '\n');
}

static void add_receipt(struct lh_buf *out, const struct lh_report *report,
                        const struct lh_file_report *file)
{
    const struct lh_receipt_report *found = &file->receipt_report;
    char name[LH_ORIGIN_MAX + 1];
    char when[LH_TIME_TEXT_SIZE];

    add_network(out, report, file, &file->receipt.network_id);
    lh_report_entry_name(name, found->checkpoint.origin, file->receipt.index);
    lh_buf_add_format(out, "entry     %s", name);
    if (file->has_entry) {
        lh_time_format_utc(when, file->recorded_unix_ms);
        lh_buf_add_format(out, "  %s  recorded %s",
                          file->has_body ? lh_entry_type_name(file->type) : "of a newer schema",
                          when);
    }
    lh_buf_add_format(out, "\ninclusion %s  leaf %" PRIu64 " of %" PRIu64 " in ledger %s, root ",
                      word_of(found->inclusion), file->receipt.index, found->checkpoint.size,
                      found->checkpoint.origin);
    add_hash(out, &found->checkpoint.root);
    lh_buf_add_format(out, "\nheader    %s  of epoch ", word_of(found->header));
    add_hash(out, &found->epoch);
    if (!lh_hash_is_equal(&found->epoch, &found->epoch_before)) {
        lh_buf_add_text(out, ", the first one behind epoch ");
        add_hash(out, &found->epoch_before);
    }
    lh_buf_add_format(out, "\nsignature %s  %zu of the entry\n", word_of(found->signature),
                      file->receipt.signer_count);
    lh_buf_add_format(out, "seal      %s  %s\n", word_of(found->seal),
                      found->seal == LH_ERR_UNKNOWN ? "no key is trusted for this ledger"
                                                    : "by the trusted key of this ledger");
    add_level(out, file);
    add_quorum(out, file);
}

static void add_checkpoint(struct lh_buf *out, const struct lh_file_report *file)
{
    lh_buf_add_format(out, "ledger    %s  size %" PRIu64 ", root ", file->checkpoint.origin,
                      file->checkpoint.size);
    add_hash(out, &file->checkpoint.root);
    lh_buf_add_format(out, "\nseal      %s  %s\n", word_of(file->seal),
                      file->seal == LH_ERR_UNKNOWN ? "no key is trusted for this ledger"
                                                   : "by the trusted key of this ledger");
    add_level(out, file);
    add_quorum(out, file);
}

static void add_head(struct lh_buf *out, const struct lh_checkpoint *head)
{
    lh_buf_add_format(out, "head      %s  size %" PRIu64 ", root ", head->origin, head->size);
    add_hash(out, &head->root);
    lh_buf_add_u8(out, '\n');
}

static void add_evidence(struct lh_buf *out, const struct lh_report *report,
                         const struct lh_file_report *file)
{
    const struct lh_evidence_report *evidence = &file->evidence;

    add_network(out, report, file, &evidence->network_id);
    add_head(out, &evidence->first);
    if (evidence->rule != NULL) {
        char name[LH_ORIGIN_MAX + 1];

        lh_report_entry_name(name, evidence->first.origin, evidence->index);
        lh_buf_add_format(out, "broken    %s  %s: %s\n", name, evidence->rule->id,
                          evidence->rule->title);
        lh_buf_add_text(out, "sealed    by the key that its officers named for this ledger\n");
        return;
    }
    add_head(out, &evidence->second);
    lh_buf_add_text(out, "sealed    both by the key that its officers named for this ledger; they "
                         "exclude each other\n");
}

static void add_consent(struct lh_buf *out, const struct lh_report *report,
                        const struct lh_file_report *file)
{
    const struct lh_consent_report *found = &file->consent;

    add_network(out, report, file, &found->network_id);
    lh_buf_add_format(out, "promised  %s  %u of %u promises of its witnesses\n", found->origin,
                      found->promise_count, found->needed);
    lh_buf_add_format(out, "goes on   from leaf %" PRIu64 " of %s: nothing witnessed is behind\n",
                      found->generation.prev_size, found->generation.prev_origin);
}

static const char *promise_words(enum lh_promise_word promise)
{
    static const char *const words[] = {
        [LH_PROMISE_UNASKED] =
            "recorded, not sealed: an archive of later shows whether it was kept",
        [LH_PROMISE_OPEN] = "not sealed in the archive, which does not reach far enough",
        [LH_PROMISE_KEPT] = "kept: sealed as ",
        [LH_PROMISE_BROKEN] = "NOT KEPT: the ledger went on without the entry",
    };

    return words[promise];
}

static void add_journal(struct lh_buf *out, const struct lh_report *report,
                        const struct lh_file_report *file)
{
    const struct lh_journal_statement *statement = &file->journal.statement;
    char when[LH_TIME_TEXT_SIZE];

    add_network(out, report, file, &statement->network_id);
    lh_time_format_utc(when, statement->recorded_unix_ms);
    lh_buf_add_format(
        out, "journal   %s  number %" PRIu64 " behind leaf %" PRIu64 "  recorded %s\nbody      ",
        statement->origin, statement->sequence, statement->size, when);
    add_hash(out, &statement->body_hash);
    lh_buf_add_format(out, "\nsignature %s  %s\npromise   %s%s\n", word_of(file->recorder),
                      file->recorder == LH_ERR_UNKNOWN ? "no recorder is trusted for this ledger"
                                                       : "by the recorder of this ledger",
                      promise_words(file->promise), file->kept_as);
}

/* Nothing but the recorder's word stands behind a file. */
static bool is_only_recorded(const struct lh_report *report)
{
    for (size_t i = 0; i < report->file_count; i++) {
        if (report->files[i].kind == LH_FILE_JOURNAL &&
            report->files[i].promise != LH_PROMISE_KEPT) {
            return true;
        }
    }
    return false;
}

/* Signatures were taken from a state. */
static bool is_resumed(const struct lh_report *report)
{
    for (size_t i = 0; i < report->file_count; i++) {
        if (report->files[i].replay != NULL && lh_replay_taken_count(report->files[i].replay) > 0) {
            return true;
        }
    }
    return false;
}

static void add_file(struct lh_buf *out, const struct lh_report *report,
                     const struct lh_file_report *file)
{
    static const char *const labels[] = {
        [LH_FILE_UNKNOWN] = "file",     [LH_FILE_ARCHIVE] = "archive",
        [LH_FILE_RECEIPT] = "receipt",  [LH_FILE_CHECKPOINT] = "checkpoint",
        [LH_FILE_JOURNAL] = "receipt",  [LH_FILE_EVIDENCE] = "evidence",
        [LH_FILE_PROMISES] = "promises"
    };

    add_safe_line(out, labels[file->kind], file->path);
    bool is_read = file->result != LH_RESULT_ERROR && file->result != LH_RESULT_IO;
    if (is_read && file->kind == LH_FILE_ARCHIVE && file->replay != NULL) {
        add_archive(out, report, file);
    } else if (is_read && file->kind == LH_FILE_RECEIPT && file->receipt.leaf.len > 0) {
        add_receipt(out, report, file);
    } else if (is_read && file->kind == LH_FILE_CHECKPOINT && file->checkpoint.origin[0] != 0) {
        add_checkpoint(out, file);
    } else if (is_read && file->kind == LH_FILE_JOURNAL && file->journal.statement.sequence > 0) {
        add_journal(out, report, file);
    } else if (is_read && file->kind == LH_FILE_EVIDENCE && file->is_proven) {
        add_evidence(out, report, file);
    } else if (is_read && file->kind == LH_FILE_PROMISES && file->is_proven) {
        add_consent(out, report, file);
    }
    if (!is_read || (file->reason[0] != 0 && file->kind != LH_FILE_ARCHIVE)) {
        add_safe_line(out, is_read ? "reason" : "error", file->reason);
    }
}

static void add_result(struct lh_buf *out, const struct lh_report *report)
{
    const struct lh_file_report *worst = lh_report_worst(report);

    switch (lh_report_result(report)) {
    case LH_RESULT_VERIFIED:
        lh_buf_add_format(out, "RESULT: VERIFIED%s%s%s\n",
                          report->with_signatures ? "" : " (signatures not checked)",
                          is_resumed(report) ? " (resumed)" : "",
                          is_only_recorded(report) ? " (recorded, not sealed)" : "");
        return;
    case LH_RESULT_BREACH:
        lh_buf_add_text(out, "RESULT: BROKEN RULE PROVEN - ");
        break;
    case LH_RESULT_EQUIVOCATION:
        lh_buf_add_text(out, "RESULT: EQUIVOCATION PROVEN - ");
        break;
    case LH_RESULT_FAILED:
        lh_buf_add_text(out, "RESULT: VERIFICATION FAILED - ");
        break;
    case LH_RESULT_UNDECIDABLE:
        lh_buf_add_text(out, "RESULT: UNDECIDABLE - ");
        break;
    case LH_RESULT_ERROR:
    case LH_RESULT_IO:
        lh_buf_add_text(out, "RESULT: NOT VERIFIED - ");
        break;
    }
    lh_text_add_safe(out, lh_bytes_of_text(worst->path));
    lh_buf_add_text(out, ": ");
    lh_text_add_safe(out, lh_bytes_of_text(worst->reason));
    lh_buf_add_u8(out, '\n');
}

void lh_report_format(struct lh_buf *out, const struct lh_report *report, bool only_result)
{
    for (size_t i = 0; i < report->file_count && !only_result; i++) {
        add_file(out, report, &report->files[i]);
    }
    add_result(out, report);
}
