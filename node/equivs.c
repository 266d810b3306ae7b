#include "node/equivs.h"

#include "crypto/text.h"
#include "node/findings.h"
#include "node/node_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One is on its way at a time; who was refused waits, for a ledger that has not begun takes none.
 */
enum { AGAIN_MS = 30 * 1000, ID_HASH_BYTES = 16 };

struct equiv {
    struct lh_job job;
    struct lh_node *node;
    struct lh_peers_conviction conviction;
    lhpb_Body body;
    struct lh_intake intake;
};

static void equiv_done(struct lh_job *job)
{
    struct equiv *equiv = (struct equiv *)job;
    struct lh_node *node = equiv->node;

    if (equiv->intake.status == LH_INTAKE_REJECTED) {
        lh_log_write(node->log, LH_LOG_WARN, "equiv.refused", "origin=%s code=%s reason=\"%s\"",
                     equiv->conviction.origin, lh_problem_name(equiv->intake.problem.code),
                     equiv->intake.problem.detail);
        node->equiv_again_ms = lh_node_mono_ms(node) + AGAIN_MS;
    } else {
        node->equiv_count++;
    }
    node->is_equiv_under_way = false;
    lh_intake_clear(&equiv->intake);
    free(equiv);
}

static void on_equiv_settled(struct lh_intake *intake)
{
    struct equiv *equiv = intake->owner;

    lh_mailbox_post(equiv->node->mailbox, &equiv->job);
}

/* spec entries.md 3: "`evidence` is `H` of its text" */
static void fill_equiv(struct equiv *equiv)
{
    const struct lh_peers_conviction *conviction = &equiv->conviction;
    lhpb_Body *body = &equiv->body;
    char hex[2 * ID_HASH_BYTES + 1];

    lh_hex_format(hex, lh_bytes_of(conviction->evidence.bytes, ID_HASH_BYTES));
    body->schema = LH_SCHEMA;
    body->type = lhpb_EntryType_EQUIV;
    (void)snprintf(body->source, sizeof body->source, LH_OWN_SOURCE);
    (void)snprintf(body->id, sizeof body->id, "equiv-%s", hex);
    (void)snprintf(body->department, sizeof body->department, "%s", equiv->node->rules.department);
    body->event_time_ms = (uint64_t)lh_node_wall_ms(equiv->node);
    body->which_detail = lhpb_Body_equiv_tag;
    body->detail.equiv = (lhpb_Equiv){ .kind = conviction->kind };
    (void)snprintf(body->detail.equiv.origin, sizeof body->detail.equiv.origin, "%s",
                   conviction->origin);
    memcpy(body->detail.equiv.evidence, conviction->evidence.bytes, LH_HASH_SIZE);
}

static void equiv_run(struct lh_job *job, struct lh_worker *worker)
{
    struct equiv *equiv = (struct equiv *)job;
    struct lh_node *node = equiv->node;
    struct lh_intake *intake = &equiv->intake;
    struct lh_err err = LH_ERR_NONE;
    struct lh_hash ignored;

    fill_equiv(equiv);
    if (lh_findings_find_entry(node, worker->suite, LH_OWN_SOURCE, equiv->body.id, &ignored,
                               &err) == LH_OK) {
        lh_mailbox_post(node->mailbox, job); /* written down before */
        return;
    }
    lh_intake_prepare_own(intake, &node->rules, worker, &equiv->body);
    if (intake->status == LH_INTAKE_REJECTED ||
        !lh_sealer_submit(node->sealer, intake, intake, 1)) {
        lh_mailbox_post(node->mailbox, job);
    }
}

void lh_equivs_tick(struct lh_node *node)
{
    struct lh_peers_conviction conviction;
    struct equiv *equiv;

    if (node->is_equiv_under_way || node->is_stopping ||
        lh_node_mono_ms(node) < node->equiv_again_ms ||
        !lh_peers_conviction_at(node->peers, node->equiv_count, &conviction)) {
        return;
    }
    equiv = calloc(1, sizeof *equiv);
    if (equiv == NULL) {
        return; /* in a second again */
    }
    equiv->job.run = equiv_run;
    equiv->job.done = equiv_done;
    equiv->node = node;
    equiv->conviction = conviction;
    equiv->intake.on_settled = on_equiv_settled;
    equiv->intake.owner = equiv;
    node->is_equiv_under_way = true;
    lh_jobs_add(node->jobs, &equiv->job);
}
