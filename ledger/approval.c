#include "ledger/approval.h"

#include "ledger/officers.h"

#include <stdlib.h>
#include <string.h>

/* A leaf and its body are large. */
struct vote {
    lhpb_Leaf leaf;
    lhpb_Body body;
};

static enum lh_code read_vote(struct vote *out, struct lh_bytes leaf, struct lh_err *err)
{
    enum lh_code rc = lh_leaf_decode(&out->leaf, leaf, err);

    if (rc == LH_OK && out->leaf.which_kind != lhpb_Leaf_entry_tag) {
        rc = lh_err_set(err, LH_ERR_INVALID, "not an entry");
    }
    if (rc == LH_OK) {
        const lhpb_Entry *entry = &out->leaf.kind.entry;

        rc = lh_body_decode(&out->body, lh_bytes_of(entry->body.bytes, entry->body.size), err);
    }
    if (rc == LH_OK && out->body.type != lhpb_EntryType_APPROVAL) {
        rc = lh_err_set(err, LH_ERR_INVALID, "no APPROVAL");
    }
    return rc;
}

/*
 * The signers of a leaf are different: their ids ascend.
 * spec trust.md 5.2: "It is signed by two officers whom the parent epoch names for the member"
 */
static enum lh_code check_officers(struct lh_suite *suite, const struct lh_members *members,
                                   const struct lh_member *member, const lhpb_Entry *entry,
                                   struct lh_err *err)
{
    uint8_t message[LH_ENTRY_MESSAGE_SIZE];
    struct lh_hash hash = lh_body_hash(suite, lh_bytes_of(entry->body.bytes, entry->body.size));
    size_t count = 0;

    lh_entry_message(message, lh_members_network_id(members), &hash);
    for (size_t i = 0; i < entry->signatures_count; i++) {
        const lhpb_Signature *signature = &entry->signatures[i];
        struct lh_sig sig;
        enum lh_code rc;

        memcpy(sig.bytes, signature->value, sizeof sig.bytes);
        rc = lh_officers_verify(&member->enrolment, suite, signature->key_id, &sig,
                                lh_bytes_of(message, sizeof message), err);
        if (rc == LH_OK) {
            count++;
        } else if (rc != LH_ERR_NOT_FOUND) {
            return rc;
        }
    }
    return count >= LH_OFFICERS_NEEDED
               ? LH_OK
               : lh_err_set(err, LH_ERR_DENIED, "%zu of the officers of %s have signed", count,
                            member->enrolment.department);
}

static enum lh_code judge(struct lh_approval *out, const struct vote *vote, struct lh_suite *suite,
                          const struct lh_members *members, struct lh_err *err)
{
    const lhpb_Approval *approval = &vote->body.detail.approval;
    const struct lh_member *member = lh_members_find(members, vote->body.department);
    enum lh_code rc;

    if (member == NULL) {
        return lh_err_set(err, LH_ERR_INVALID, "%s is no member", vote->body.department);
    }
    if (memcmp(approval->parent, lh_members_epoch(members)->bytes, LH_HASH_SIZE) != 0) {
        return lh_err_set(err, LH_ERR_CONFLICT, "about what follows another epoch");
    }
    rc = check_officers(suite, members, member, &vote->leaf.kind.entry, err);
    if (rc == LH_OK) {
        out->member = (size_t)(member - lh_members_at(members, 0));
        memcpy(out->proposal.bytes, approval->proposal, LH_HASH_SIZE);
        out->round = approval->round;
    }
    return rc;
}

enum lh_code lh_approval_read(struct lh_approval *out, struct lh_suite *suite,
                              const struct lh_members *members, struct lh_bytes leaf,
                              struct lh_err *err)
{
    struct vote *vote = malloc(sizeof *vote);
    enum lh_code rc;

    if (vote == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "a vote");
    }
    rc = read_vote(vote, leaf, err);
    if (rc == LH_OK) {
        rc = judge(out, vote, suite, members, err);
    }
    free(vote);
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "approval");
}

/* ---- what it says ---- */

/* A length in front of what it is the length of. */
static void skip_varint(struct lh_reader *in)
{
    while (!in->failed && (lh_read_u8(in) & 0x80U) != 0) {
    }
}

/* How an entry whose body is an APPROVAL of our schema begins: canonical bytes have one order. Most
 * leaves are none, and all are looked at. */
static bool may_be_approval(struct lh_bytes leaf)
{
    static const uint8_t body_start[] = { 0x08, LH_SCHEMA, 0x10, lhpb_EntryType_APPROVAL };
    struct lh_reader in = lh_reader_of(leaf);
    struct lh_bytes start;
    bool is_entry = lh_read_u8(&in) == (lhpb_Leaf_entry_tag << 3 | 2);

    skip_varint(&in);
    is_entry &= lh_read_u8(&in) == (lhpb_Entry_body_tag << 3 | 2);
    skip_varint(&in);
    start = lh_read_view(&in, sizeof body_start);
    return is_entry && !in.failed &&
           lh_bytes_is_equal(start, lh_bytes_of(body_start, sizeof body_start));
}

enum lh_code lh_approval_claim(struct lh_approval_claim *out, struct lh_bytes leaf,
                               const char *department, struct lh_err *err)
{
    const lhpb_Approval *approval;
    struct vote *vote;
    enum lh_code rc;

    if (!may_be_approval(leaf)) {
        return lh_err_set(err, LH_ERR_INVALID, "no APPROVAL");
    }
    vote = malloc(sizeof *vote);
    if (vote == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "a vote");
    }
    rc = read_vote(vote, leaf, err);
    /* spec trust.md 5.2: "A member votes by an APPROVAL entry (entries.md section 2) in its own
     * ledger" */
    if (rc == LH_OK && strcmp(vote->body.department, department) != 0) {
        rc = lh_err_set(err, LH_ERR_INVALID, "an APPROVAL of another department");
    }
    if (rc == LH_OK) {
        approval = &vote->body.detail.approval;
        memcpy(out->proposal.bytes, approval->proposal, LH_HASH_SIZE);
        memcpy(out->parent.bytes, approval->parent, LH_HASH_SIZE);
        out->round = approval->round;
    }
    free(vote);
    return rc == LH_OK || rc == LH_ERR_NOMEM ? rc : LH_ERR_INVALID;
}
