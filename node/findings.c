#include "node/findings.h"

#include "crypto/text.h"
#include "node/node_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFLICT_RULE "dedup.conflict"

/* class 2: suspicion. A system that numbers badly and one that rewrites look the same here. */
enum { CLASS_SUSPICION = 2, UNDER_WAY_MAX = 64, ID_HASH_BYTES = 16 };

struct finding {
    struct lh_job job;
    struct lh_node *node;
    char source[sizeof((lhpb_Body){ 0 }.source)]; /* of the event */
    char id[sizeof((lhpb_Body){ 0 }.id)];
    struct lh_hash content_digest; /* of what was refused */
    lhpb_Body body;
    struct lh_intake intake;
};

static void finding_done(struct lh_job *job)
{
    struct finding *finding = (struct finding *)job;

    if (finding->intake.status == LH_INTAKE_REJECTED) {
        lh_log_write(finding->node->log, LH_LOG_WARN, "finding.refused", "code=%s reason=\"%s\"",
                     lh_problem_name(finding->intake.problem.code), finding->intake.problem.detail);
    }
    (void)atomic_fetch_sub(&finding->node->finding_count, 1);
    lh_intake_clear(&finding->intake);
    free(finding);
}

static void on_finding_settled(struct lh_intake *intake)
{
    struct finding *finding = intake->owner;

    lh_mailbox_post(finding->node->mailbox, &finding->job);
}

/* H(body) of the entry that a leaf holds. */
static enum lh_code hash_of_leaf(struct lh_hash *out, struct lh_suite *suite, struct lh_bytes bytes,
                                 struct lh_err *err)
{
    lhpb_Leaf leaf;
    enum lh_code rc = lh_leaf_decode(&leaf, bytes, err);

    if (rc == LH_OK && leaf.which_kind == lhpb_Leaf_entry_tag) {
        *out =
            lh_body_hash(suite, lh_bytes_of(leaf.kind.entry.body.bytes, leaf.kind.entry.body.size));
    }
    return rc == LH_OK && leaf.which_kind != lhpb_Leaf_entry_tag ? LH_ERR_CORRUPT : rc;
}

enum lh_code lh_findings_find_entry(struct lh_node *node, struct lh_suite *suite,
                                    const char *source, const char *id, struct lh_hash *out,
                                    struct lh_err *err)
{
    struct lh_journal_row row = LH_JOURNAL_ROW_EMPTY;
    struct lh_buf leaf = LH_BUF_EMPTY;
    struct lh_ledger_event found;
    struct lh_hash digest;
    uint64_t sequence;
    enum lh_code rc = lh_ledger_find_event(node->ledger, lh_bytes_of_text(source),
                                           lh_bytes_of_text(id), &found, err);

    if (rc == LH_OK) {
        rc = lh_ledger_leaf(found.ledger, found.index, &leaf, err);
    } else if (rc == LH_ERR_NOT_FOUND) {
        rc = lh_journal_find(node->journal, lh_bytes_of_text(source), lh_bytes_of_text(id),
                             &sequence, &digest, err);
        if (rc == LH_OK) {
            rc = lh_journal_read(node->journal, sequence, &row, err);
        }
        lh_buf_add(&leaf, lh_buf_bytes(&row.leaf));
    }
    if (rc == LH_OK) {
        rc = hash_of_leaf(out, suite, lh_buf_bytes(&leaf), err);
    }
    lh_journal_row_clear(&row);
    lh_buf_clear(&leaf);
    return rc;
}

/* One name for one (source, id, content): whoever comes again with it finds it taken. */
static void name_finding(lhpb_Body *body, struct lh_suite *suite, const struct finding *finding)
{
    const struct lh_bytes parts[] = {
        lh_bytes_of(finding->source, strlen(finding->source) + 1),
        lh_bytes_of(finding->id, strlen(finding->id) + 1),
        lh_hash_bytes(&finding->content_digest),
    };
    struct lh_hash hash = lh_hash_parts(suite, parts, sizeof parts / sizeof parts[0]);
    char hex[2 * ID_HASH_BYTES + 1];

    lh_hex_format(hex, lh_bytes_of(hash.bytes, ID_HASH_BYTES));
    (void)snprintf(body->source, sizeof body->source, LH_OWN_SOURCE);
    (void)snprintf(body->id, sizeof body->id, "conflict-%s", hex);
}

/* spec entries.md 3: "rule `dedup.conflict`, class 2, `refs` the entry on record, `evidence_digest`
 * the digest of the content that was refused." */
static void fill_finding(struct finding *finding, const struct lh_hash *on_record)
{
    lhpb_Body *body = &finding->body;

    body->schema = LH_SCHEMA;
    body->type = lhpb_EntryType_FINDING;
    (void)snprintf(body->department, sizeof body->department, "%s",
                   finding->node->rules.department);
    body->event_time_ms = (uint64_t)lh_node_wall_ms(finding->node);
    body->refs_count = 1;
    memcpy(body->refs[0], on_record->bytes, sizeof body->refs[0]);
    body->which_detail = lhpb_Body_finding_tag;
    body->detail.finding = (lhpb_Finding){ .rule_version = 1, .class = CLASS_SUSPICION };
    (void)snprintf(body->detail.finding.rule, sizeof body->detail.finding.rule, CONFLICT_RULE);
    memcpy(body->detail.finding.evidence_digest, finding->content_digest.bytes, LH_HASH_SIZE);
}

static void finding_run(struct lh_job *job, struct lh_worker *worker)
{
    struct finding *finding = (struct finding *)job;
    struct lh_node *node = finding->node;
    struct lh_intake *intake = &finding->intake;
    struct lh_err err = LH_ERR_NONE;
    struct lh_hash on_record;
    struct lh_hash ignored;

    name_finding(&finding->body, worker->suite, finding);
    if (lh_findings_find_entry(node, worker->suite, LH_OWN_SOURCE, finding->body.id, &ignored,
                               &err) == LH_OK) {
        lh_mailbox_post(node->mailbox, job); /* written down before */
        return;
    }
    if (lh_findings_find_entry(node, worker->suite, finding->source, finding->id, &on_record,
                               &err) != LH_OK) {
        lh_intake_reject(intake, LH_PROBLEM_INTERNAL, "the entry on record: %s", err.text);
        lh_mailbox_post(node->mailbox, job);
        return;
    }
    fill_finding(finding, &on_record);
    lh_intake_prepare_own(intake, &node->rules, worker, &finding->body);
    if (intake->status == LH_INTAKE_REJECTED ||
        !lh_sealer_submit(node->sealer, intake, intake, 1)) {
        lh_mailbox_post(node->mailbox, job);
    }
}

/* Of two that came at once the second is no finding about the first. */
static bool is_own(const lhpb_Body *body)
{
    return body->type == lhpb_EntryType_FINDING && strcmp(body->source, LH_OWN_SOURCE) == 0;
}

void lh_findings_on_conflict(void *arg, const struct lh_intake *intake)
{
    struct lh_node *node = arg;
    struct finding *finding;

    if (is_own(&intake->body)) {
        return;
    }
    /* What is too much now is written down when the event comes again, as it does if it matters. */
    if (atomic_fetch_add(&node->finding_count, 1) >= UNDER_WAY_MAX ||
        (finding = calloc(1, sizeof *finding)) == NULL) {
        (void)atomic_fetch_sub(&node->finding_count, 1);
        lh_log_write(node->log, LH_LOG_WARN, "finding.skipped", "reason=\"%d are under way\"",
                     UNDER_WAY_MAX);
        return;
    }
    finding->job.run = finding_run;
    finding->job.done = finding_done;
    finding->node = node;
    finding->intake.on_settled = on_finding_settled;
    finding->intake.owner = finding;
    finding->content_digest = intake->content_digest;
    memcpy(finding->source, intake->body.source, sizeof finding->source);
    memcpy(finding->id, intake->body.id, sizeof finding->id);
    lh_jobs_add(node->jobs, &finding->job);
}
