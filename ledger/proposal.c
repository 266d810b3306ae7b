#include "ledger/proposal.h"

#include "ledger/body_check_internal.h"
#include "ledger/canon.h"

#include <string.h>

_Static_assert(lhpb_Proposal_size <= LH_PROPOSAL_MAX, "a proposal of every kind fits");

/* ---- form ---- */

static void want_rotate(struct lh_want *want, const lhpb_Rotate *rotate)
{
    lh_want_department(want, "rotate.department", rotate->department);
    lh_want_bytes(want, "rotate.ends", rotate->ends, sizeof rotate->ends);
    lh_want_signing_key(want, "rotate.key", rotate->has_key, &rotate->key);
    lh_want_bytes(want, "rotate.proof", rotate->proof, sizeof rotate->proof);
}

static void want_commit(struct lh_want *want, const lhpb_Commit *commit)
{
    lh_want_department(want, "commit.department", commit->department);
    lh_want_bytes(want, "commit.key_id", commit->key_id, sizeof commit->key_id);
    lh_want_bytes(want, "commit.next", commit->next, sizeof commit->next);
}

static void want_branch(struct lh_want *want, const lhpb_Branch *branch)
{
    lh_want_origin(want, "branch.origin", branch->origin);
    lh_want_true(want, branch->size >= 1, "branch.size", "want at least 1");
    lh_want_number(want, "branch.size", branch->size);
    lh_want_bytes(want, "branch.root", branch->root, sizeof branch->root);
}

/* An enrolment is judged with the members: its suite is theirs. */
static void want_change(struct lh_want *want, const lhpb_Change *change)
{
    switch (change->which_kind) {
    case lhpb_Change_admit_tag:
        lh_want_true(want, change->kind.admit.enrolment.size > 0, "admit.enrolment", "missing");
        return;
    case lhpb_Change_remove_tag:
        lh_want_department(want, "remove.department", change->kind.remove.department);
        return;
    case lhpb_Change_rotate_tag:
        want_rotate(want, &change->kind.rotate);
        return;
    case lhpb_Change_replace_tag:
        want_rotate(want, &change->kind.replace);
        return;
    case lhpb_Change_commit_tag:
        want_commit(want, &change->kind.commit);
        return;
    case lhpb_Change_regroup_tag:
        lh_want_department(want, "regroup.department", change->kind.regroup.department);
        lh_want_department_or_none(want, "regroup.group", change->kind.regroup.group);
        return;
    case lhpb_Change_assign_tag:
        lh_want_department(want, "assign.department", change->kind.assign.department);
        lh_want_bits(want, "assign.roles", change->kind.assign.roles, LH_MEMBER_ROLES_KNOWN);
        return;
    case lhpb_Change_limit_tag:
        lh_want_department(want, "limit.department", change->kind.limit.department);
        lh_want_number(want, "limit.bytes_per_s", change->kind.limit.bytes_per_s);
        return;
    case lhpb_Change_branch_tag:
        want_branch(want, &change->kind.branch);
        return;
    }
    lh_want_true(want, false, "changes", "of no kind");
}

static enum lh_code check_form(const lhpb_Proposal *proposal, struct lh_err *err)
{
    struct lh_want want = { .err = err };

    lh_want_range(&want, "schema", proposal->schema, LH_SCHEMA, LH_SCHEMA);
    lh_want_bytes(&want, "network_id", proposal->network_id, sizeof proposal->network_id);
    lh_want_bytes(&want, "parent", proposal->parent, sizeof proposal->parent);
    lh_want_range(&want, "number", proposal->number, 1, UINT32_MAX);
    lh_want_range(&want, "changes", proposal->changes_count, 1,
                  sizeof proposal->changes / sizeof proposal->changes[0]);
    for (size_t i = 0; want.rc == LH_OK && i < proposal->changes_count; i++) {
        want_change(&want, &proposal->changes[i]);
    }
    return want.rc;
}

enum lh_code lh_proposal_decode(lhpb_Proposal *out, struct lh_bytes bytes, struct lh_err *err)
{
    enum lh_code rc;

    if (lh_schema_is_newer(bytes)) {
        rc = lh_err_set(err, LH_ERR_UNKNOWN, "schema: newer than %d", LH_SCHEMA);
    } else {
        rc = lh_canon_decode(lhpb_Proposal_fields, out, bytes, err);
    }
    if (rc == LH_OK) {
        rc = check_form(out, err);
    }
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "proposal");
}

enum lh_code lh_proposal_encode(struct lh_buf *out, const lhpb_Proposal *proposal,
                                struct lh_err *err)
{
    enum lh_code rc = check_form(proposal, err);

    if (rc == LH_OK) {
        rc = lh_canon_encode(out, lhpb_Proposal_fields, proposal, err);
    }
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "proposal");
}

struct lh_hash lh_proposal_hash(struct lh_suite *suite, struct lh_bytes bytes)
{
    /* spec trust.md 5: "Its hash is the tagged hash of the proposal, under liuhen/epoch/v1." */
    return lh_hash_tagged(suite, "liuhen/epoch/v1", bytes);
}

/* ---- whose a key is ---- */

/* spec trust.md 5.1: "`proof` is a signature by `key` over `"liuhen/rotate/v1" || 0x00 || network
 * id || parent || department || 0x00 || ends`" */
static enum lh_code add_statement(struct lh_buf *out, const lhpb_Rotate *rotate,
                                  const lhpb_Proposal *proposal, struct lh_err *err)
{
    static const char tag[] = "liuhen/rotate/v1";

    lh_buf_add(out, lh_bytes_of(tag, sizeof tag));
    lh_buf_add(out, lh_bytes_of(proposal->network_id, sizeof proposal->network_id));
    lh_buf_add(out, lh_bytes_of(proposal->parent, sizeof proposal->parent));
    lh_buf_add_text(out, rotate->department);
    lh_buf_add_u8(out, 0);
    lh_buf_add(out, lh_bytes_of(rotate->ends, sizeof rotate->ends));
    return lh_buf_check(out, err);
}

enum lh_code lh_rotate_sign(lhpb_Rotate *rotate, const lhpb_Proposal *proposal,
                            struct lh_signer *signer, struct lh_err *err)
{
    struct lh_buf statement = LH_BUF_EMPTY;
    struct lh_sig sig;
    enum lh_code rc = add_statement(&statement, rotate, proposal, err);

    if (rc == LH_OK) {
        rc = lh_sign(signer, &sig, lh_buf_bytes(&statement), err);
    }
    if (rc == LH_OK) {
        rotate->has_key = true;
        lh_pubkey_to_wire(&rotate->key, lh_signer_pubkey(signer));
        memcpy(rotate->proof, sig.bytes, sizeof rotate->proof);
    }
    lh_buf_clear(&statement);
    return rc;
}

enum lh_code lh_rotate_verify(const lhpb_Rotate *rotate, const lhpb_Proposal *proposal,
                              struct lh_err *err)
{
    struct lh_buf statement = LH_BUF_EMPTY;
    struct lh_verifier *verifier = NULL;
    struct lh_pubkey key;
    struct lh_sig sig;
    enum lh_code rc = lh_pubkey_from_wire(&key, &rotate->key, err);

    if (rc == LH_OK) {
        rc = lh_verifier_new(&verifier, &key, err);
    }
    if (rc == LH_OK) {
        rc = add_statement(&statement, rotate, proposal, err);
    }
    if (rc == LH_OK) {
        memcpy(sig.bytes, rotate->proof, sizeof sig.bytes);
        rc = lh_verify(verifier, &sig, lh_buf_bytes(&statement), err);
    }
    lh_verifier_free(verifier);
    lh_buf_clear(&statement);
    return rc;
}
