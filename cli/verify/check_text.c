/* Receipts, checkpoints and evidence: texts that are read whole. */

#include "cli/verify/check_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- the quorum of witnesses ------------------------------------------------------------------
 */

static void judge_quorum(struct lh_file_report *out, const struct lh_note *note,
                         const struct lh_trust *trust)
{
    out->has_quorum = lh_trust_has_quorum(trust);
    for (size_t i = 0; i < trust->policy.party_count; i++) {
        out->witness_count += trust->policy.parties[i].is_witness ? 1 : 0;
    }
    if (out->has_quorum) {
        out->quorum = lh_policy_judge(&trust->policy, note, &out->cosigner_count, NULL);
    }
}

/* What else was found stands, unless the witnesses say less. Lines that are not there prove nothing
 * wrong: they may come later. */
static void conclude_quorum(struct lh_file_report *out)
{
    if (!out->has_quorum || out->result == LH_RESULT_FAILED || out->quorum == LH_OK) {
        return;
    }
    if (out->quorum != LH_ERR_UNKNOWN) {
        lh_check_conclude(out, LH_RESULT_FAILED, "a witness's cosignature does not verify");
    } else if (out->result == LH_RESULT_VERIFIED) {
        lh_check_conclude(out, LH_RESULT_UNDECIDABLE, "too few witnesses have cosigned it");
    }
}

/* ---- the level --------------------------------------------------------------------------------
 */

/* What a head is judged by: the epochs that its headers name. */
struct naming {
    const struct lh_hash *epoch;
    const struct lh_hash *before;
};

static enum lh_code count_cosigners(struct lh_standing *out, const struct lh_note *note,
                                    const struct lh_origin *origin, const struct naming *naming,
                                    const struct lh_trust *trust, struct lh_err *err)
{
    struct lh_epochs *epochs = NULL;
    struct lh_suite *suite = NULL;
    enum lh_code rc = lh_trust_open_epochs(trust, &epochs, err);

    if (rc == LH_OK) {
        rc = lh_suite_new(&suite, lh_genesis_suite(trust->genesis), err);
    }
    if (rc == LH_OK) {
        rc = lh_standing_judge(out, suite, epochs, naming->epoch, naming->before,
                               origin->department, note, err);
    }
    lh_suite_free(suite);
    lh_epochs_free(epochs);
    return rc;
}

static void take_standing(struct lh_file_report *out, enum lh_code rc, const struct lh_err *err)
{
    if (rc == LH_OK) {
        out->is_counted = true;
        out->level = out->standing.level;
    } else if (rc == LH_ERR_FORGED) {
        lh_check_conclude(out, LH_RESULT_FAILED, "a witness's cosignature does not verify");
    } else if (rc == LH_ERR_UNKNOWN || rc == LH_ERR_CONFLICT || rc == LH_ERR_NOT_FOUND) {
        (void)snprintf(out->untold, sizeof out->untold, "%s%s", err->text,
                       rc == LH_ERR_UNKNOWN ? ": give what was certified with --epochs" : "");
    } else {
        lh_check_trouble(out, rc, "its cosignatures could not be counted");
    }
}

/* Of what its seal covers. Whose cosignatures count is said by the epochs of that network; `naming`
 * NULL: the head does not show its own. */
static void judge_level(struct lh_file_report *out, const struct lh_note *note,
                        const char *origin_text, const struct naming *naming,
                        const struct lh_trust *trust)
{
    struct naming of_genesis;
    struct lh_err err = LH_ERR_NONE;
    struct lh_origin origin;
    enum lh_code rc = lh_origin_parse(&origin, lh_bytes_of_text(origin_text), NULL);

    out->has_level = true;
    out->level = LH_LEVEL_SEALED;
    if (rc != LH_OK || trust->genesis == NULL ||
        strcmp(origin.network, lh_genesis_network(trust->genesis)) != 0) {
        return;
    }
    /* spec network.md 8: "A checkpoint alone does not show its epoch: a judge who was given no
     * later epoch takes it for one of the genesis file, every other cannot tell its level." */
    if (naming == NULL && trust->epoch_count > 0) {
        (void)snprintf(out->untold, sizeof out->untold,
                       "a checkpoint alone does not show its epoch: give a receipt or an archive");
        return;
    }
    of_genesis.epoch = of_genesis.before = lh_genesis_network_id(trust->genesis);
    rc = count_cosigners(&out->standing, note, &origin, naming != NULL ? naming : &of_genesis,
                         trust, &err);
    take_standing(out, rc, &err);
}

/* More cosignatures may come: too low a level proves nothing wrong. */
static void conclude_level(struct lh_file_report *out, enum lh_level level,
                           const struct lh_trust *trust)
{
    if (out->result != LH_RESULT_VERIFIED || level >= trust->level) {
        return;
    }
    char words[sizeof out->reason + sizeof out->untold];

    if (out->untold[0] != 0) {
        (void)snprintf(words, sizeof words, "its level cannot be told: %s", out->untold);
    } else {
        (void)snprintf(words, sizeof words, "its level is below %s", lh_level_name(trust->level));
    }
    lh_check_conclude(out, LH_RESULT_UNDECIDABLE, words);
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
        { found->header, "the block header that it shows is not the one of its head", "" },
        { found->seal, "the seal does not verify", "no key is trusted for this ledger" },
        { found->signature, "a signature of the entry does not verify",
          "the entry's signatures cannot be judged" },
        { out->is_pinned ? found->network : LH_OK, "the receipt is of another network", "" },
    };
    enum { PARTS = sizeof parts / sizeof parts[0] };

    for (size_t i = 0; i < PARTS; i++) {
        if (parts[i].code != LH_OK && parts[i].code != LH_ERR_UNKNOWN) {
            lh_check_conclude(out, LH_RESULT_FAILED, parts[i].failed);
            return;
        }
    }
    for (size_t i = 0; i < PARTS; i++) {
        if (parts[i].code == LH_ERR_UNKNOWN) {
            lh_check_conclude(out, LH_RESULT_UNDECIDABLE, parts[i].unknown);
            return;
        }
    }
    lh_check_conclude(out, LH_RESULT_VERIFIED, "");
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

/* A receipt that was parsed holds a note. */
static void judge_receipt_cosigners(struct lh_file_report *out, const struct lh_trust *trust)
{
    const struct lh_receipt_report *found = &out->receipt_report;
    struct lh_note note;

    if (lh_note_parse(&note, lh_buf_bytes(&out->receipt.checkpoint), NULL) != LH_OK) {
        return;
    }
    judge_quorum(out, &note, trust);
    conclude_quorum(out);
    if (found->seal == LH_OK && found->inclusion == LH_OK && found->header == LH_OK) {
        const struct naming naming = { &found->epoch, &found->epoch_before };

        judge_level(out, &note, found->checkpoint.origin, &naming, trust);
        conclude_level(out, out->level, trust);
    }
}

/* Text that is no receipt or checkpoint after all contradicts what it begins like. */
static void conclude_text(struct lh_file_report *out, enum lh_code rc, const struct lh_err *err)
{
    if (rc == LH_ERR_INVALID || rc == LH_ERR_LIMIT) {
        lh_check_conclude(out, LH_RESULT_FAILED, err->text);
    } else if (rc == LH_ERR_UNKNOWN) {
        lh_check_conclude(out, LH_RESULT_UNDECIDABLE, err->text);
    } else if (rc != LH_OK) {
        lh_check_trouble(out, rc, err->text);
    }
}

void lh_check_receipt(struct lh_file_report *out, struct lh_input *input,
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
        judge_receipt_cosigners(out, trust);
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
        lh_check_conclude(out, LH_RESULT_FAILED, "the receipt is of another network");
    } else if (out->recorder == LH_ERR_FORGED) {
        lh_check_conclude(out, LH_RESULT_FAILED, "the recorder's signature does not verify");
    } else if (out->recorder == LH_ERR_UNKNOWN) {
        lh_check_conclude(out, LH_RESULT_UNDECIDABLE,
                          "no recorder is trusted for this ledger: give the genesis file");
    } else if (out->promise == LH_PROMISE_BROKEN) {
        lh_check_conclude(out, LH_RESULT_FAILED,
                          "the promise was not kept: the ledger went on without the entry");
    } else if (out->promise == LH_PROMISE_OPEN) {
        lh_check_conclude(out, LH_RESULT_UNDECIDABLE,
                          "the archive does not reach far enough to tell whether it was sealed");
    } else {
        lh_check_conclude(out, LH_RESULT_VERIFIED, "");
    }
}

void lh_check_journal(struct lh_file_report *out, struct lh_input *input,
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
        conclude_level(out, out->promise == LH_PROMISE_KEPT ? LH_LEVEL_SEALED : LH_LEVEL_RECORDED,
                       trust);
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
        lh_check_conclude(out, LH_RESULT_VERIFIED, "");
    } else if (out->seal == LH_ERR_UNKNOWN) {
        lh_check_conclude(out, LH_RESULT_UNDECIDABLE, "no key is trusted for this ledger");
    } else {
        lh_check_conclude(out, LH_RESULT_FAILED, "the seal does not verify");
    }
}

void lh_check_checkpoint(struct lh_file_report *out, struct lh_input *input,
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
        judge_quorum(out, &note, trust);
        conclude_quorum(out);
    }
    if (rc == LH_OK && out->seal == LH_OK) {
        judge_level(out, &note, out->checkpoint.origin, NULL, trust);
        conclude_level(out, out->level, trust);
    }
    conclude_text(out, rc, &err);
    lh_buf_clear(&text);
}

/* ---- evidence ---------------------------------------------------------------------------------
 */

static enum lh_code judge_sealed(struct lh_bytes sealed, const struct lh_trust *trust)
{
    struct lh_checkpoint head;
    struct lh_note note;

    if (lh_note_parse(&note, sealed, NULL) != LH_OK ||
        lh_checkpoint_parse(&head, note.text, NULL) != LH_OK) {
        return LH_ERR_FORGED;
    }
    return judge_seal(&note, head.origin, trust);
}

static void conclude_proven(struct lh_file_report *out)
{
    const struct lh_evidence_report *evidence = &out->evidence;

    if (evidence->rule == NULL) {
        lh_check_conclude(out, LH_RESULT_EQUIVOCATION, "");
        (void)snprintf(out->reason, sizeof out->reason,
                       "the ledger %s has two heads that exclude each other",
                       evidence->first.origin);
        return;
    }
    lh_check_conclude(out, LH_RESULT_BREACH, "");
    (void)snprintf(out->reason, sizeof out->reason, "the ledger %s breaks %s (%s) at leaf %" PRIu64,
                   evidence->first.origin, evidence->rule->id, evidence->rule->title,
                   evidence->index);
}

/* Anyone can make up a genesis in another's name: whom the evidence convicts is known only where
 * the network or the seal is trusted. */
static void conclude_evidence(struct lh_file_report *out, const struct lh_trust *trust)
{
    if (trust->has_network && !lh_hash_is_equal(&trust->network_id, &out->evidence.network_id)) {
        lh_check_conclude(out, LH_RESULT_FAILED, "the evidence is of another network");
    } else if (out->seal == LH_ERR_FORGED) {
        lh_check_conclude(out, LH_RESULT_FAILED, "another key is trusted for this ledger's seal");
    } else if (trust->has_network || out->seal == LH_OK) {
        conclude_proven(out);
    } else {
        lh_check_conclude(out, LH_RESULT_UNDECIDABLE,
                          "proven for a network that nobody vouches for: give the genesis file");
    }
}

void lh_check_evidence(struct lh_file_report *out, struct lh_input *input,
                       const struct lh_trust *trust)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_buf store = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct lh_evidence evidence;
    enum lh_code rc = lh_input_read_all(input, &text, LH_EVIDENCE_MAX, &err);

    out->is_pinned = trust->has_network;
    if (rc == LH_OK) {
        rc = lh_evidence_parse(&evidence, &store, lh_buf_bytes(&text), &err);
    }
    if (rc == LH_OK) {
        rc = lh_evidence_verify(&out->evidence, &evidence, &err);
    }
    if (rc == LH_OK) {
        out->is_proven = true;
        out->seal = judge_sealed(evidence.first, trust);
        if (out->seal == LH_OK && evidence.kind != LH_EVIDENCE_BROKEN_RULE) {
            out->seal = judge_sealed(evidence.second, trust);
        }
        conclude_evidence(out, trust);
    }
    conclude_text(out, rc == LH_ERR_FORGED ? LH_ERR_INVALID : rc, &err);
    lh_buf_clear(&store);
    lh_buf_clear(&text);
}

/* ---- promises ---------------------------------------------------------------------------------
 */

/* Anyone can make up a genesis in another's name, and promise in it. */
static void conclude_consent(struct lh_file_report *out, const struct lh_trust *trust)
{
    if (!trust->has_network) {
        lh_check_conclude(out, LH_RESULT_UNDECIDABLE,
                          "promised in a network that nobody vouches for: give the genesis file");
    } else if (!lh_hash_is_equal(&trust->network_id, &out->consent.network_id)) {
        lh_check_conclude(out, LH_RESULT_FAILED, "the promises are of another network");
    } else {
        lh_check_conclude(out, LH_RESULT_VERIFIED, "");
    }
}

void lh_check_consent(struct lh_file_report *out, struct lh_input *input,
                      const struct lh_trust *trust)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_buf store = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct lh_consent consent;
    enum lh_code rc = lh_input_read_all(input, &text, LH_CONSENT_MAX, &err);

    out->is_pinned = trust->has_network;
    if (rc == LH_OK) {
        rc = lh_consent_parse(&consent, &store, lh_buf_bytes(&text), &err);
    }
    if (rc == LH_OK) {
        rc = lh_consent_verify(&out->consent, &consent, &err);
    }
    if (rc == LH_OK) {
        out->is_proven = true;
        conclude_consent(out, trust);
    }
    conclude_text(out, rc == LH_ERR_FORGED ? LH_ERR_INVALID : rc, &err);
    lh_buf_clear(&store);
    lh_buf_clear(&text);
}
