#include "ledger/members.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lh_members {
    struct lh_hash network_id;
    enum lh_suite_id suite;
    char network[LH_CODE_MAX + 1];
    struct lh_hash epoch;
    uint32_t number;
    uint32_t round; /* of its proposal */
    size_t branch_count;
    struct lh_branch branches[LH_BRANCHES_MAX];
    size_t count;
    struct lh_member *list;
};

enum {
    CHANGES_MAX = sizeof((lhpb_Proposal){ 0 }.changes) / sizeof((lhpb_Proposal){ 0 }.changes[0])
};

/* ---- the list ---- */

static struct lh_members *new_members(size_t capacity)
{
    struct lh_members *members = calloc(1, sizeof *members);

    if (members != NULL) {
        members->list = calloc(capacity, sizeof *members->list);
    }
    if (members != NULL && members->list == NULL) {
        free(members);
        return NULL;
    }
    return members;
}

void lh_members_free(struct lh_members *members)
{
    if (members != NULL) {
        free(members->list);
        free(members);
    }
}

/* Where the department stands, or would. */
static size_t place_of(const struct lh_members *members, const char *department, bool *is_there)
{
    size_t at = 0;
    int order = 1;

    while (at < members->count &&
           (order = strcmp(members->list[at].enrolment.department, department)) < 0) {
        at++;
    }
    *is_there = at < members->count && order == 0;
    return at;
}

/* spec trust.md 5.1: "Founders and who is admitted witness." */
static void insert(struct lh_members *members, size_t at, const struct lh_enrolment *enrolment)
{
    struct lh_member *place = &members->list[at];

    memmove(place + 1, place, (members->count - at) * sizeof *place);
    *place = (struct lh_member){ .enrolment = *enrolment, .roles = LH_MEMBER_WITNESS };
    members->count++;
}

enum lh_code lh_members_new(struct lh_members **out, const struct lh_genesis *genesis,
                            struct lh_err *err)
{
    size_t count = lh_genesis_count(genesis);
    struct lh_members *members = new_members(count);

    if (members == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    members->network_id = *lh_genesis_network_id(genesis);
    members->suite = lh_genesis_suite(genesis);
    memcpy(members->network, lh_genesis_network(genesis), strlen(lh_genesis_network(genesis)));
    members->epoch = members->network_id;
    for (size_t i = 0; i < count; i++) {
        insert(members, i, lh_genesis_member(genesis, i));
    }
    *out = members;
    return LH_OK;
}

/* ---- one change ---- */

/* What the changes of a proposal work on. */
struct applying {
    struct lh_members *members;
    struct lh_suite *suite;
    const lhpb_Proposal *proposal;
    struct lh_err *err;
};

static enum lh_code refuse(const struct applying *applying, const char *department, const char *why)
{
    return lh_err_set(applying->err, LH_ERR_INVALID, "%s %s", department, why);
}

/* NULL, and said so: the department is no member. */
static struct lh_member *want_member(const struct applying *applying, const char *department)
{
    bool is_there = false;
    size_t at = place_of(applying->members, department, &is_there);

    if (!is_there) {
        (void)refuse(applying, department, "is no member");
    }
    return is_there ? &applying->members->list[at] : NULL;
}

/* spec trust.md 5.1: "After every change each member's keys and texts are as section 2 wants them,
 * and no key stands in two members." */
static enum lh_code check_member(const struct applying *applying, const struct lh_member *member)
{
    const struct lh_members *members = applying->members;
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc =
        lh_enrolment_encode(&bytes, &member->enrolment, members->suite, applying->err);

    for (size_t i = 0; rc == LH_OK && i < members->count; i++) {
        const struct lh_member *other = &members->list[i];

        if (other != member && lh_enrolment_shares_key(&other->enrolment, &member->enrolment)) {
            rc = lh_err_set(applying->err, LH_ERR_INVALID, "%s and %s share a key",
                            member->enrolment.department, other->enrolment.department);
        }
    }
    lh_buf_clear(&bytes);
    return rc;
}

static enum lh_code admit(const struct applying *applying, const lhpb_Admit *change)
{
    struct lh_members *members = applying->members;
    struct lh_enrolment enrolment;
    bool is_there = false;
    size_t at;
    enum lh_code rc;

    rc = lh_enrolment_decode(&enrolment,
                             lh_bytes_of(change->enrolment.bytes, change->enrolment.size),
                             members->suite, applying->err);
    if (rc != LH_OK) {
        return rc;
    }
    at = place_of(members, enrolment.department, &is_there);
    if (is_there) {
        return refuse(applying, enrolment.department, "is a member already");
    }
    /* spec trust.md 5.1: "a network has at most 256 members" */
    if (members->count == LH_MEMBERS_MAX) {
        return refuse(applying, enrolment.department, "finds no room");
    }
    insert(members, at, &enrolment);
    return check_member(applying, &members->list[at]);
}

static enum lh_code remove_member(const struct applying *applying, const lhpb_Remove *change)
{
    struct lh_members *members = applying->members;
    struct lh_member *member = want_member(applying, change->department);
    size_t behind;

    if (member == NULL) {
        return LH_ERR_INVALID;
    }
    if (members->count <= 2) {
        return refuse(applying, change->department, "is one of the last two");
    }
    behind = members->count - (size_t)(member - members->list) - 1;
    memmove(member, member + 1, behind * sizeof *member);
    members->count--;
    return LH_OK;
}

/* The key of this id, in the order of lh_enrolment_key; false: it is not the member's. */
static bool find_key(const struct applying *applying, const struct lh_member *member,
                     const uint8_t id[LH_KEY_ID_SIZE], size_t *out)
{
    const struct lh_pubkey *key;

    for (size_t i = 0; (key = lh_enrolment_key(&member->enrolment, i)) != NULL; i++) {
        struct lh_key_id its = lh_key_id_of(applying->suite, key);

        if (memcmp(its.bytes, id, LH_KEY_ID_SIZE) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

static void set_key(struct lh_enrolment *enrolment, size_t index, const struct lh_pubkey *key)
{
    struct lh_pubkey *const own[] = { &enrolment->recorder, &enrolment->witness, &enrolment->mirror,
                                      &enrolment->governance };

    if (index < enrolment->officer_count) {
        enrolment->officers[index].key = *key;
    } else {
        *own[index - enrolment->officer_count] = *key;
    }
}

static enum lh_code rotate(const struct applying *applying, const lhpb_Rotate *change,
                           bool is_emergency)
{
    struct lh_member *member = want_member(applying, change->department);
    struct lh_pubkey key;
    struct lh_key_id id;
    size_t index = 0;
    enum lh_code rc;

    if (member == NULL) {
        return LH_ERR_INVALID;
    }
    if (!find_key(applying, member, change->ends, &index)) {
        return refuse(applying, change->department, "has no key of the id that ends");
    }
    rc = lh_pubkey_from_wire(&key, &change->key, applying->err);
    if (rc == LH_OK) {
        rc = lh_rotate_verify(change, applying->proposal, applying->err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    id = lh_key_id_of(applying->suite, &key);
    if (memcmp(id.bytes, change->ends, sizeof id.bytes) == 0) {
        return refuse(applying, change->department, "would keep its key");
    }
    /* spec trust.md 5.1: "where the key that ends was committed to a next one, `key` is that one"
     */
    if (!is_emergency && member->is_committed[index] &&
        !lh_key_id_is_equal(&member->next[index], &id)) {
        return refuse(applying, change->department, "has committed to another key");
    }
    set_key(&member->enrolment, index, &key);
    member->is_committed[index] = change->has_next;
    memcpy(member->next[index].bytes, change->next, sizeof member->next[index].bytes);
    return check_member(applying, member);
}

static enum lh_code commit(const struct applying *applying, const lhpb_Commit *change)
{
    struct lh_member *member = want_member(applying, change->department);
    size_t index = 0;

    if (member == NULL) {
        return LH_ERR_INVALID;
    }
    if (!find_key(applying, member, change->key_id, &index)) {
        return refuse(applying, change->department, "has no key of the id that is committed");
    }
    /* spec trust.md 5.1: "A commitment holds until its key ends." */
    if (member->is_committed[index]) {
        return refuse(applying, change->department, "has committed to a key already");
    }
    member->is_committed[index] = true;
    memcpy(member->next[index].bytes, change->next, sizeof member->next[index].bytes);
    return LH_OK;
}

/* ---- duties ---- */

/* spec trust.md 5.1: "A change that changes nothing is refused." */
static enum lh_code set_number(const struct applying *applying, const char *department,
                               uint64_t *number, uint64_t to)
{
    if (*number == to) {
        return refuse(applying, department, "has just that already");
    }
    *number = to;
    return LH_OK;
}

static enum lh_code regroup(const struct applying *applying, const lhpb_Regroup *change)
{
    struct lh_member *member = want_member(applying, change->department);

    if (member == NULL) {
        return LH_ERR_INVALID;
    }
    if (strcmp(member->enrolment.group, change->group) == 0) {
        return refuse(applying, change->department, "is of that group already");
    }
    memcpy(member->enrolment.group, change->group, sizeof member->enrolment.group);
    return LH_OK;
}

static enum lh_code assign(const struct applying *applying, const lhpb_Assign *change)
{
    struct lh_member *member = want_member(applying, change->department);

    return member == NULL ? LH_ERR_INVALID
                          : set_number(applying, change->department, &member->roles, change->roles);
}

static enum lh_code limit(const struct applying *applying, const lhpb_Limit *change)
{
    struct lh_member *member = want_member(applying, change->department);

    return member == NULL ? LH_ERR_INVALID
                          : set_number(applying, change->department, &member->bytes_per_s,
                                       change->bytes_per_s);
}

/* Where the ledger's branch stands; branch_count: none was named. */
static size_t branch_of(const struct lh_members *members, const char *origin)
{
    size_t at = 0;

    while (at < members->branch_count && strcmp(members->branches[at].origin, origin) != 0) {
        at++;
    }
    return at;
}

static enum lh_code name_branch(const struct applying *applying, const lhpb_Branch *change)
{
    struct lh_members *members = applying->members;
    struct lh_branch branch = { .size = change->size };
    size_t at = branch_of(members, change->origin);
    struct lh_origin origin;
    enum lh_code rc;

    rc = lh_origin_parse(&origin, lh_bytes_of_text(change->origin), applying->err);
    if (rc != LH_OK) {
        return rc;
    }
    /* spec trust.md 5.1: "the origin is of this network and its department a member" */
    if (strcmp(origin.network, members->network) != 0) {
        return refuse(applying, change->origin, "is of another network");
    }
    if (want_member(applying, origin.department) == NULL) {
        return LH_ERR_INVALID;
    }
    memcpy(branch.origin, change->origin, strlen(change->origin));
    memcpy(branch.root.bytes, change->root, sizeof branch.root.bytes);
    if (at == LH_BRANCHES_MAX) {
        return refuse(applying, change->origin, "is one branch too many");
    }
    if (members->branches[at].size == branch.size && /* 0 where none was named */
        lh_hash_is_equal(&members->branches[at].root, &branch.root)) {
        return refuse(applying, change->origin, "goes on from there already");
    }
    members->branches[at] = branch;
    members->branch_count += at == members->branch_count;
    return LH_OK;
}

/* ---- a proposal ---- */

static enum lh_code apply_change(const struct applying *applying, const lhpb_Change *change)
{
    switch (change->which_kind) {
    case lhpb_Change_admit_tag:
        return admit(applying, &change->kind.admit);
    case lhpb_Change_remove_tag:
        return remove_member(applying, &change->kind.remove);
    case lhpb_Change_rotate_tag:
        return rotate(applying, &change->kind.rotate, false);
    case lhpb_Change_replace_tag:
        return rotate(applying, &change->kind.replace, true);
    case lhpb_Change_commit_tag:
        return commit(applying, &change->kind.commit);
    case lhpb_Change_regroup_tag:
        return regroup(applying, &change->kind.regroup);
    case lhpb_Change_assign_tag:
        return assign(applying, &change->kind.assign);
    case lhpb_Change_limit_tag:
        return limit(applying, &change->kind.limit);
    case lhpb_Change_branch_tag:
        return name_branch(applying, &change->kind.branch);
    }
    return lh_err_set(applying->err, LH_ERR_INVALID, "of no kind");
}

static enum lh_code check_follows(const struct lh_members *from, const lhpb_Proposal *proposal,
                                  struct lh_err *err)
{
    if (memcmp(proposal->network_id, from->network_id.bytes, LH_HASH_SIZE) != 0) {
        return lh_err_set(err, LH_ERR_CONFLICT, "of another network");
    }
    if (memcmp(proposal->parent, from->epoch.bytes, LH_HASH_SIZE) != 0) {
        return lh_err_set(err, LH_ERR_CONFLICT, "follows another epoch");
    }
    /* spec trust.md 5.1: "of the epoch it would be: one more than the parent's" */
    if (proposal->number != (uint64_t)from->number + 1) {
        return lh_err_set(err, LH_ERR_INVALID, "number: want %llu",
                          (unsigned long long)from->number + 1);
    }
    return LH_OK;
}

/* spec trust.md 5.1: "Changes apply in the order in which they stand, each to what those before it
 * left, and all of them or none." */
static enum lh_code apply_all(const struct applying *applying)
{
    for (size_t i = 0; i < applying->proposal->changes_count; i++) {
        enum lh_code rc = apply_change(applying, &applying->proposal->changes[i]);

        if (rc != LH_OK) {
            return lh_err_wrap(applying->err, rc, "change %zu", i + 1);
        }
    }
    return LH_OK;
}

static struct lh_members *copy_members(const struct lh_members *from)
{
    struct lh_members *copy = new_members(from->count + CHANGES_MAX);
    struct lh_member *list;

    if (copy == NULL) {
        return NULL;
    }
    list = copy->list;
    *copy = *from;
    copy->list = list;
    memcpy(list, from->list, from->count * sizeof *list);
    return copy;
}

enum lh_code lh_members_apply(struct lh_members **out, const struct lh_members *from,
                              struct lh_bytes proposal, struct lh_err *err)
{
    lhpb_Proposal *wire = calloc(1, sizeof *wire);
    struct lh_members *next = copy_members(from);
    struct lh_suite *suite = NULL;
    enum lh_code rc;

    if (wire == NULL || next == NULL) {
        rc = lh_err_set(err, LH_ERR_NOMEM, "out of memory");
        goto out;
    }
    rc = lh_suite_new(&suite, from->suite, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = lh_proposal_decode(wire, proposal, err);
    if (rc == LH_OK) {
        rc = check_follows(from, wire, err);
    }
    if (rc == LH_OK) {
        rc = apply_all(
            &(struct applying){ .members = next, .suite = suite, .proposal = wire, .err = err });
    }
    if (rc != LH_OK) {
        goto out;
    }
    next->epoch = lh_proposal_hash(suite, proposal);
    next->number = wire->number;
    next->round = wire->round;
    *out = next;
    next = NULL;
out:
    lh_suite_free(suite);
    lh_members_free(next);
    free(wire);
    return rc;
}

/* ---- reading ---- */

enum lh_suite_id lh_members_suite(const struct lh_members *members)
{
    return members->suite;
}

const struct lh_hash *lh_members_network_id(const struct lh_members *members)
{
    return &members->network_id;
}

const struct lh_hash *lh_members_epoch(const struct lh_members *members)
{
    return &members->epoch;
}

uint32_t lh_members_number(const struct lh_members *members)
{
    return members->number;
}

uint32_t lh_members_round(const struct lh_members *members)
{
    return members->round;
}

size_t lh_members_count(const struct lh_members *members)
{
    return members->count;
}

const struct lh_member *lh_members_at(const struct lh_members *members, size_t index)
{
    return &members->list[index];
}

const struct lh_member *lh_members_find(const struct lh_members *members, const char *department)
{
    bool is_there = false;
    size_t at = place_of(members, department, &is_there);

    return is_there ? &members->list[at] : NULL;
}

static enum lh_code cosigner_key(struct lh_note_key *out, const struct lh_members *members,
                                 const struct lh_enrolment *member, const struct lh_pubkey *key,
                                 const char *duty, struct lh_err *err)
{
    char name[2 * LH_CODE_MAX + 16];

    (void)snprintf(name, sizeof name, "%s/%s/%s", members->network, member->department, duty);
    return lh_note_key_init(out, name, LH_NOTE_COSIGNATURE, key, err);
}

enum lh_code lh_members_witness_key(struct lh_note_key *out, const struct lh_members *members,
                                    const struct lh_enrolment *member, struct lh_err *err)
{
    return cosigner_key(out, members, member, &member->witness, "witness", err);
}

enum lh_code lh_members_mirror_key(struct lh_note_key *out, const struct lh_members *members,
                                   const struct lh_enrolment *member, struct lh_err *err)
{
    return cosigner_key(out, members, member, &member->mirror, "mirror", err);
}

const struct lh_branch *lh_members_branch(const struct lh_members *members, const char *origin)
{
    size_t at = branch_of(members, origin);

    return at < members->branch_count ? &members->branches[at] : NULL;
}
