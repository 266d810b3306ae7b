/* What the command line asks to be changed. */
#include "cli/changes.h"

#include "cli/changes_internal.h"
#include "cli/enrolling.h"
#include "cli/files.h"
#include "crypto/text.h"

#include <string.h>

enum { PATH_ROOM = 1024, WORD_ROOM = 160 };

/* A change while it is read. */
struct reading {
    const struct lh_members *from;
    const lhpb_Proposal *proposal;
    struct lh_suite *suite;
    const char *option;
    const char *value; /* as given */
    lhpb_Change *change;
    struct lh_err *err;
};

static enum lh_code refuse(const struct reading *reading, enum lh_code rc, const char *why)
{
    return lh_err_set(reading->err, rc, "--%s %s: %s", reading->option, reading->value, why);
}

/* ---- pieces of a value ---- */

/* Cut "a<mark>b": `out` gets the first part, the second is returned; NULL: no mark, or no room. */
static const char *cut(char *out, size_t room, const char *text, char mark)
{
    const char *at = strchr(text, mark);
    size_t len = at != NULL ? (size_t)(at - text) : room;

    if (len >= room) {
        return NULL;
    }
    memcpy(out, text, len);
    out[len] = '\0';
    return at + 1;
}

static enum lh_code copy(const struct reading *reading, char *field, size_t room, const char *text)
{
    size_t len = strlen(text);

    if (len >= room) {
        return refuse(reading, LH_ERR_INVALID, "too long");
    }
    memcpy(field, text, len + 1);
    return LH_OK;
}

/* DEPT=REST */
static enum lh_code cut_department(const struct reading *reading, char *field, size_t room,
                                   const char **out_rest)
{
    *out_rest = cut(field, room, reading->value, '=');
    return *out_rest != NULL ? LH_OK : refuse(reading, LH_ERR_INVALID, "want DEPT=VALUE");
}

/* ---- keys ---- */

static const struct lh_pubkey *find_by_label(const struct lh_enrolment *enrolment, const char *name,
                                             unsigned *out_count)
{
    const struct lh_pubkey *found = NULL;

    *out_count = 0;
    for (size_t i = 0; i < enrolment->officer_count; i++) {
        if (strcmp(enrolment->officers[i].label, name) == 0) {
            found = &enrolment->officers[i].key;
            *out_count += 1;
        }
    }
    return found;
}

static const struct lh_pubkey *find_role(const struct lh_enrolment *enrolment, const char *name)
{
    for (size_t i = 0; i < LH_CHANGES_ROLES; i++) {
        if (strcmp(lh_changes_roles[i].en, name) == 0) {
            return lh_enrolment_key(enrolment, enrolment->officer_count + i);
        }
    }
    return NULL;
}

/* The id of the key that `name` calls; a key id is taken as it is, for an earlier change of the
 * same proposal may have brought it in. */
static enum lh_code find_key(const struct reading *reading, uint8_t out[LH_KEY_ID_SIZE],
                             const char *department, const char *name)
{
    const struct lh_member *member = lh_members_find(reading->from, department);
    const struct lh_pubkey *key;
    struct lh_key_id id;
    unsigned count = 1;

    if (lh_hex_parse(out, LH_KEY_ID_SIZE, lh_bytes_of_text(name), NULL) == LH_OK) {
        return LH_OK;
    }
    if (member == NULL) {
        return refuse(reading, LH_ERR_NOT_FOUND, "no such member");
    }
    key = find_role(&member->enrolment, name);
    if (key == NULL) {
        key = find_by_label(&member->enrolment, name, &count);
    }
    if (key == NULL) {
        return refuse(
            reading, LH_ERR_NOT_FOUND,
            "no such key: recorder, witness, mirror, governance, the label of an officer, "
            "or a key id");
    }
    if (count > 1) {
        return refuse(reading, LH_ERR_INVALID, "several officers bear this label: give the key id");
    }
    id = lh_key_id_of(reading->suite, key);
    memcpy(out, id.bytes, LH_KEY_ID_SIZE);
    return LH_OK;
}

/* DEPT/KEY=REST */
static enum lh_code cut_key(const struct reading *reading, char *department, size_t room,
                            uint8_t out_id[LH_KEY_ID_SIZE], const char **out_rest)
{
    char name[WORD_ROOM];
    const char *behind = cut(department, room, reading->value, '/');

    *out_rest = behind != NULL ? cut(name, sizeof name, behind, '=') : NULL;
    return *out_rest != NULL ? find_key(reading, out_id, department, name)
                             : refuse(reading, LH_ERR_INVALID, "want DEPT/KEY=FILE");
}

static enum lh_code read_key_id(const struct reading *reading, uint8_t out[LH_KEY_ID_SIZE],
                                const char *path)
{
    struct lh_pubkey key;
    struct lh_key_id id;
    enum lh_code rc = lh_enrolling_public(&key, path, reading->err);

    if (rc == LH_OK) {
        id = lh_key_id_of(reading->suite, &key);
        memcpy(out, id.bytes, LH_KEY_ID_SIZE);
    }
    return rc;
}

/* ---- each change ---- */

static enum lh_code read_admit(const struct reading *reading)
{
    lhpb_Admit *admit = &reading->change->kind.admit;
    struct lh_buf file = LH_BUF_EMPTY;
    enum lh_code rc;

    reading->change->which_kind = lhpb_Change_admit_tag;
    rc = lh_file_read(&file, reading->value, sizeof admit->enrolment.bytes, reading->err);
    if (rc == LH_OK) {
        memcpy(admit->enrolment.bytes, lh_buf_bytes(&file).data, file.len);
        admit->enrolment.size = (pb_size_t)file.len;
    }
    lh_buf_clear(&file);
    return rc;
}

static enum lh_code read_remove(const struct reading *reading)
{
    lhpb_Remove *change = &reading->change->kind.remove;

    reading->change->which_kind = lhpb_Change_remove_tag;
    return copy(reading, change->department, sizeof change->department, reading->value);
}

/* NEW.pem[,NEXT.pub]: who proposes holds the key that is to come, and proves it. */
static enum lh_code read_rotation(const struct reading *reading, lhpb_Rotate *rotate)
{
    struct lh_signer *signer = NULL;
    char path[PATH_ROOM];
    const char *rest = NULL;
    const char *next;
    enum lh_code rc =
        cut_key(reading, rotate->department, sizeof rotate->department, rotate->ends, &rest);

    if (rc != LH_OK) {
        return rc;
    }
    next = cut(path, sizeof path, rest, ',');
    rc = lh_signer_open(&signer, next != NULL ? path : rest, reading->err);
    if (rc == LH_OK && next != NULL) {
        rotate->has_next = true;
        rc = read_key_id(reading, rotate->next, next);
    }
    if (rc == LH_OK) {
        rc = lh_rotate_sign(rotate, reading->proposal, signer, reading->err);
    }
    lh_signer_free(signer);
    return rc;
}

static enum lh_code read_rotate(const struct reading *reading)
{
    reading->change->which_kind = lhpb_Change_rotate_tag;
    return read_rotation(reading, &reading->change->kind.rotate);
}

static enum lh_code read_replace(const struct reading *reading)
{
    reading->change->which_kind = lhpb_Change_replace_tag;
    return read_rotation(reading, &reading->change->kind.replace);
}

static enum lh_code read_commit(const struct reading *reading)
{
    lhpb_Commit *commit = &reading->change->kind.commit;
    const char *path = NULL;
    enum lh_code rc;

    reading->change->which_kind = lhpb_Change_commit_tag;
    rc = cut_key(reading, commit->department, sizeof commit->department, commit->key_id, &path);
    return rc == LH_OK ? read_key_id(reading, commit->next, path) : rc;
}

static enum lh_code read_regroup(const struct reading *reading)
{
    lhpb_Regroup *regroup = &reading->change->kind.regroup;
    const char *group = NULL;
    enum lh_code rc;

    reading->change->which_kind = lhpb_Change_regroup_tag;
    rc = cut_department(reading, regroup->department, sizeof regroup->department, &group);
    return rc == LH_OK ? copy(reading, regroup->group, sizeof regroup->group, group) : rc;
}

static enum lh_code read_roles(const struct reading *reading, uint64_t *out, const char *list)
{
    char word[WORD_ROOM];

    *out = 0;
    while (list != NULL && *list != '\0') {
        const char *rest = cut(word, sizeof word, list, ',');
        const char *name = rest != NULL ? word : list;

        if (strcmp(name, "witness") == 0) {
            *out |= LH_MEMBER_WITNESS;
        } else if (strcmp(name, "catalogue") == 0) {
            *out |= LH_MEMBER_CATALOGUE;
        } else {
            return refuse(reading, LH_ERR_INVALID, "the duties are witness and catalogue");
        }
        list = rest;
    }
    return LH_OK;
}

static enum lh_code read_assign(const struct reading *reading)
{
    lhpb_Assign *assign = &reading->change->kind.assign;
    const char *list = NULL;
    enum lh_code rc;

    reading->change->which_kind = lhpb_Change_assign_tag;
    rc = cut_department(reading, assign->department, sizeof assign->department, &list);
    return rc == LH_OK ? read_roles(reading, &assign->roles, list) : rc;
}

static enum lh_code read_quota(const struct reading *reading)
{
    lhpb_Limit *limit = &reading->change->kind.limit;
    const char *number = NULL;
    enum lh_code rc;

    reading->change->which_kind = lhpb_Change_limit_tag;
    rc = cut_department(reading, limit->department, sizeof limit->department, &number);
    if (rc == LH_OK &&
        lh_decimal_parse(&limit->bytes_per_s, lh_bytes_of_text(number), NULL) != LH_OK) {
        rc = refuse(reading, LH_ERR_INVALID, "want a number of bytes a second");
    }
    return rc;
}

static enum lh_code read_branch(const struct reading *reading)
{
    lhpb_Branch *branch = &reading->change->kind.branch;
    char size[24];
    const char *behind;
    const char *root;

    reading->change->which_kind = lhpb_Change_branch_tag;
    behind = cut(branch->origin, sizeof branch->origin, reading->value, '@');
    root = behind != NULL ? cut(size, sizeof size, behind, '=') : NULL;
    if (root == NULL || lh_decimal_parse(&branch->size, lh_bytes_of_text(size), NULL) != LH_OK ||
        lh_hex_parse(branch->root, sizeof branch->root, lh_bytes_of_text(root), NULL) != LH_OK) {
        return refuse(reading, LH_ERR_INVALID, "want ORIGIN@SIZE=ROOT, the root in hex");
    }
    return LH_OK;
}

/* ---- all of them ---- */

struct reader {
    const char *option;
    enum lh_code (*read)(const struct reading *reading);
};

static const struct reader readers[] = {
    { "admit", read_admit },     { "remove", read_remove }, { "rotate", read_rotate },
    { "replace", read_replace }, { "commit", read_commit }, { "regroup", read_regroup },
    { "assign", read_assign },   { "quota", read_quota },   { "branch", read_branch },
};

static const struct reader *find_reader(const char *option)
{
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        if (strcmp(readers[i].option, option) == 0) {
            return &readers[i];
        }
    }
    return NULL;
}

enum lh_code lh_changes_read(lhpb_Proposal *out, const struct lh_cli *cli,
                             const struct lh_members *from, struct lh_err *err)
{
    struct reading reading = { .from = from, .proposal = out, .err = err };
    enum lh_code rc = lh_suite_new(&reading.suite, lh_members_suite(from), err);

    for (size_t i = 0; rc == LH_OK && i < cli->args.count; i++) {
        const struct reader *reader = find_reader(cli->args.given[i].option->name);

        if (reader == NULL) {
            continue;
        }
        if (out->changes_count == sizeof out->changes / sizeof out->changes[0]) {
            rc = lh_err_set(err, LH_ERR_LIMIT, "at most %zu changes at a time",
                            sizeof out->changes / sizeof out->changes[0]);
            break;
        }
        reading.option = reader->option;
        reading.value = cli->args.given[i].value;
        reading.change = &out->changes[out->changes_count];
        rc = reader->read(&reading);
        out->changes_count++;
    }
    lh_suite_free(reading.suite);
    return rc;
}
