#include "proposing.h"

#include "crypto/base/assert.h"

#include <stdlib.h>
#include <string.h>

/* Into a field of a department or group, which is zero. */
static void set_code(char field[LH_CODE_MAX + 1], const char *code)
{
    lh_assert(strlen(code) <= LH_CODE_MAX);
    memcpy(field, code, strlen(code));
}

void lh_proposing_begin(lhpb_Proposal *out, const struct lh_members *from)
{
    memset(out, 0, sizeof *out);
    out->schema = LH_SCHEMA;
    memcpy(out->network_id, lh_members_network_id(from)->bytes, sizeof out->network_id);
    memcpy(out->parent, lh_members_epoch(from)->bytes, sizeof out->parent);
    out->number = lh_members_number(from) + 1;
}

lhpb_Rotate *lh_proposing_rotate(lhpb_Proposal *proposal, enum lh_suite_id suite,
                                 const char *department, const struct lh_pubkey *ends,
                                 struct lh_signer *to)
{
    lhpb_Change *change = &proposal->changes[proposal->changes_count++];
    lhpb_Rotate *rotate = &change->kind.rotate;
    struct lh_suite *hashing = NULL;
    struct lh_key_id id;
    enum lh_code rc = lh_suite_new(&hashing, suite, NULL);

    lh_assert(rc == LH_OK);
    id = lh_key_id_of(hashing, ends);
    lh_suite_free(hashing);
    change->which_kind = lhpb_Change_rotate_tag;
    set_code(rotate->department, department);
    memcpy(rotate->ends, id.bytes, sizeof rotate->ends);
    rc = lh_rotate_sign(rotate, proposal, to, NULL);
    lh_assert(rc == LH_OK);
    return rotate;
}

void lh_proposing_regroup(lhpb_Proposal *proposal, const char *department, const char *group)
{
    lhpb_Change *change = &proposal->changes[proposal->changes_count++];

    change->which_kind = lhpb_Change_regroup_tag;
    set_code(change->kind.regroup.department, department);
    set_code(change->kind.regroup.group, group);
}

void lh_proposing_assign(lhpb_Proposal *proposal, const char *department, uint64_t roles)
{
    lhpb_Change *change = &proposal->changes[proposal->changes_count++];

    change->which_kind = lhpb_Change_assign_tag;
    set_code(change->kind.assign.department, department);
    change->kind.assign.roles = roles;
}

void lh_proposing_admit(lhpb_Proposal *proposal, enum lh_suite_id suite,
                        const struct lh_enrolment *enrolment)
{
    lhpb_Change *change = &proposal->changes[proposal->changes_count++];
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc = lh_enrolment_encode(&bytes, enrolment, suite, NULL);

    lh_assert(rc == LH_OK);
    change->which_kind = lhpb_Change_admit_tag;
    change->kind.admit.enrolment.size = (pb_size_t)bytes.len;
    memcpy(change->kind.admit.enrolment.bytes, bytes.data, bytes.len);
    lh_buf_clear(&bytes);
}

void lh_proposing_remove(lhpb_Proposal *proposal, const char *department)
{
    lhpb_Change *change = &proposal->changes[proposal->changes_count++];

    change->which_kind = lhpb_Change_remove_tag;
    set_code(change->kind.remove.department, department);
}

struct lh_buf lh_proposing_bytes(const lhpb_Proposal *proposal)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc = lh_proposal_encode(&bytes, proposal, NULL);

    lh_assert(rc == LH_OK);
    return bytes;
}

static void add(struct lh_epochs *epochs, const lhpb_Proposal *proposal)
{
    struct lh_buf bytes = lh_proposing_bytes(proposal);
    enum lh_code rc = lh_epochs_add(epochs, lh_buf_bytes(&bytes), NULL);

    lh_assert(rc == LH_OK);
    lh_buf_clear(&bytes);
}

void lh_proposing_add_epoch(struct lh_epochs *epochs, const char *department, const char *group)
{
    lhpb_Proposal *proposal = calloc(1, sizeof *proposal);

    lh_assert(proposal != NULL);
    lh_proposing_begin(proposal, lh_epochs_newest(epochs));
    lh_proposing_regroup(proposal, department, group);
    add(epochs, proposal);
    free(proposal);
}

void lh_proposing_add_silent(struct lh_epochs *epochs, const char *const *departments, size_t count)
{
    lhpb_Proposal *proposal = calloc(1, sizeof *proposal);

    lh_assert(proposal != NULL);
    lh_proposing_begin(proposal, lh_epochs_newest(epochs));
    for (size_t i = 0; i < count; i++) {
        lh_proposing_assign(proposal, departments[i], 0);
    }
    add(epochs, proposal);
    free(proposal);
}
