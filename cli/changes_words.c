/* What a proposal changes, for people and as JSON. */
#include "cli/changes.h"

#include "cli/changes_internal.h"
#include "cli/render.h"
#include "crypto/aloud.h"
#include "crypto/base/assert.h"
#include "crypto/text.h"

#include <inttypes.h>
#include <string.h>

const struct lh_words lh_changes_roles[LH_CHANGES_ROLES] = {
    { "recorder", "登记" },
    { "witness", "见证" },
    { "mirror", "镜像" },
    { "governance", "治理" },
};

enum { NAME_ROOM = 80, ID_ROOM = 2 * LH_KEY_ID_SIZE + 1 };

/* A proposal while it is told. */
struct telling {
    const struct lh_members *from;
    struct lh_suite *suite;
    enum lh_lang lang;
};

static void format_id(char out[ID_ROOM], const uint8_t id[LH_KEY_ID_SIZE])
{
    lh_hex_format(out, lh_bytes_of(id, LH_KEY_ID_SIZE));
}

/* "witness", or "officer head"; "?" of a key that an earlier change brought in. */
static void format_key(char out[NAME_ROOM], const struct telling *telling, const char *department,
                       const uint8_t id[LH_KEY_ID_SIZE])
{
    const struct lh_member *member = lh_members_find(telling->from, department);
    const struct lh_pubkey *key;

    (void)snprintf(out, NAME_ROOM, "?");
    for (size_t i = 0; member != NULL && (key = lh_enrolment_key(&member->enrolment, i)) != NULL;
         i++) {
        struct lh_key_id its = lh_key_id_of(telling->suite, key);
        size_t officers = member->enrolment.officer_count;

        if (memcmp(its.bytes, id, LH_KEY_ID_SIZE) != 0) {
            continue;
        }
        if (i < officers) {
            (void)snprintf(out, NAME_ROOM, "%s %s",
                           telling->lang == LH_LANG_ZH ? "负责人" : "officer",
                           member->enrolment.officers[i].label);
        } else {
            (void)snprintf(out, NAME_ROOM, "%s",
                           lh_words_in(&lh_changes_roles[i - officers], telling->lang));
        }
    }
}

static struct lh_key_id id_of_wire(const struct telling *telling, const lhpb_PublicKey *wire)
{
    struct lh_key_id id = { { 0 } };
    struct lh_pubkey key;

    if (lh_pubkey_from_wire(&key, wire, NULL) == LH_OK) {
        id = lh_key_id_of(telling->suite, &key);
    }
    return id;
}

static const char *roles_text(uint64_t roles, enum lh_lang lang)
{
    static const struct lh_words words[] = {
        { "none", "无" },
        { "witness", "见证" },
        { "catalogue", "目录" },
        { "witness and catalogue", "见证和目录" },
    };

    return lh_words_in(&words[roles & LH_MEMBER_ROLES_KNOWN], lang);
}

/* ---- in words ---- */

static enum lh_code add_admit(struct lh_buf *out, const struct telling *telling,
                              const lhpb_Admit *admit, struct lh_err *err)
{
    struct lh_bytes bytes = lh_bytes_of(admit->enrolment.bytes, admit->enrolment.size);
    struct lh_hash fingerprint = lh_enrolment_fingerprint(telling->suite, bytes);
    struct lh_enrolment enrolment;
    char aloud[LH_ALOUD_SIZE];
    enum lh_code rc = lh_enrolment_decode(&enrolment, bytes, lh_members_suite(telling->from), err);

    if (rc == LH_OK) {
        lh_aloud_format(aloud, &fingerprint);
        lh_msg_add(out, telling->lang, LH_MSG_CHANGE_ADMIT, enrolment.department, enrolment.name,
                   aloud, NULL);
    }
    return rc;
}

static void add_rotation(struct lh_buf *out, const struct telling *telling, enum lh_msg id,
                         const lhpb_Rotate *rotate)
{
    struct lh_key_id its = id_of_wire(telling, &rotate->key);
    char name[NAME_ROOM];
    char ends[ID_ROOM];
    char comes[ID_ROOM];
    char next[ID_ROOM];

    format_key(name, telling, rotate->department, rotate->ends);
    format_id(ends, rotate->ends);
    format_id(comes, its.bytes);
    format_id(next, rotate->next);
    lh_msg_add(out, telling->lang, id, rotate->department, name, ends, comes, NULL);
    lh_msg_add(out, telling->lang,
               rotate->has_next ? LH_MSG_CHANGE_COMMITTED : LH_MSG_CHANGE_UNCOMMITTED, next, NULL);
}

static void add_commit(struct lh_buf *out, const struct telling *telling, const lhpb_Commit *commit)
{
    char name[NAME_ROOM];
    char held[ID_ROOM];
    char next[ID_ROOM];

    format_key(name, telling, commit->department, commit->key_id);
    format_id(held, commit->key_id);
    format_id(next, commit->next);
    lh_msg_add(out, telling->lang, LH_MSG_CHANGE_COMMIT, commit->department, name, held, next,
               NULL);
}

static void add_regroup(struct lh_buf *out, const struct telling *telling,
                        const lhpb_Regroup *regroup)
{
    if (regroup->group[0] == '\0') {
        lh_msg_add(out, telling->lang, LH_MSG_CHANGE_OWN_GROUP, regroup->department, NULL);
    } else {
        lh_msg_add(out, telling->lang, LH_MSG_CHANGE_REGROUP, regroup->department, regroup->group,
                   NULL);
    }
}

static void add_limit(struct lh_buf *out, const struct telling *telling, const lhpb_Limit *limit)
{
    char number[24];

    (void)snprintf(number, sizeof number, "%" PRIu64, limit->bytes_per_s);
    if (limit->bytes_per_s == 0) {
        lh_msg_add(out, telling->lang, LH_MSG_CHANGE_NO_QUOTA, limit->department, NULL);
    } else {
        lh_msg_add(out, telling->lang, LH_MSG_CHANGE_QUOTA, limit->department, number, NULL);
    }
}

static void add_branch(struct lh_buf *out, const struct telling *telling, const lhpb_Branch *branch)
{
    char size[24];
    char root[2 * LH_HASH_SIZE + 1];

    (void)snprintf(size, sizeof size, "%" PRIu64, branch->size);
    lh_hex_format(root, lh_bytes_of(branch->root, sizeof branch->root));
    lh_msg_add(out, telling->lang, LH_MSG_CHANGE_BRANCH, branch->origin, size, root, NULL);
}

static enum lh_code add_change(struct lh_buf *out, const struct telling *telling,
                               const lhpb_Change *change, struct lh_err *err)
{
    switch (change->which_kind) {
    case lhpb_Change_admit_tag:
        return add_admit(out, telling, &change->kind.admit, err);
    case lhpb_Change_remove_tag:
        lh_msg_add(out, telling->lang, LH_MSG_CHANGE_REMOVE, change->kind.remove.department, NULL);
        break;
    case lhpb_Change_rotate_tag:
        add_rotation(out, telling, LH_MSG_CHANGE_ROTATE, &change->kind.rotate);
        break;
    case lhpb_Change_replace_tag:
        add_rotation(out, telling, LH_MSG_CHANGE_REPLACE, &change->kind.replace);
        break;
    case lhpb_Change_commit_tag:
        add_commit(out, telling, &change->kind.commit);
        break;
    case lhpb_Change_regroup_tag:
        add_regroup(out, telling, &change->kind.regroup);
        break;
    case lhpb_Change_assign_tag:
        lh_msg_add(out, telling->lang, LH_MSG_CHANGE_ASSIGN, change->kind.assign.department,
                   roles_text(change->kind.assign.roles, telling->lang), NULL);
        break;
    case lhpb_Change_limit_tag:
        add_limit(out, telling, &change->kind.limit);
        break;
    case lhpb_Change_branch_tag:
        add_branch(out, telling, &change->kind.branch);
        break;
    }
    return lh_buf_check(out, err);
}

enum lh_code lh_changes_describe(struct lh_buf *out, const struct lh_cli *cli,
                                 const struct lh_members *from, const lhpb_Proposal *proposal,
                                 struct lh_err *err)
{
    struct telling telling = { .from = from, .lang = cli->lang };
    struct lh_buf line = LH_BUF_EMPTY;
    enum lh_code rc = lh_suite_new(&telling.suite, lh_members_suite(from), err);

    for (size_t i = 0; rc == LH_OK && i < proposal->changes_count; i++) {
        lh_buf_reset(&line);
        rc = add_change(&line, &telling, &proposal->changes[i], err);
        lh_buf_add_format(out, "%4zu  ", i + 1);
        lh_render_add_safe(out, lh_buf_bytes(&line));
        lh_buf_add_u8(out, '\n');
    }
    lh_suite_free(telling.suite);
    lh_buf_clear(&line);
    return rc == LH_OK ? lh_buf_check(out, err) : rc;
}

enum lh_code lh_changes_list(struct lh_buf *out, const struct lh_cli *cli,
                             const struct lh_members *from, const lhpb_Proposal *proposal,
                             struct lh_err *err)
{
    struct telling telling = { .from = from, .lang = cli->lang };
    enum lh_code rc = lh_suite_new(&telling.suite, lh_members_suite(from), err);

    for (size_t i = 0; rc == LH_OK && i < proposal->changes_count; i++) {
        lh_buf_add_text(out, i > 0 ? "; " : "");
        rc = add_change(out, &telling, &proposal->changes[i], err);
    }
    lh_suite_free(telling.suite);
    return rc;
}

/* ---- JSON ---- */

static const char *kind_of(const lhpb_Change *change)
{
    static const char *const names[] = {
        [lhpb_Change_admit_tag] = "admit",   [lhpb_Change_remove_tag] = "remove",
        [lhpb_Change_rotate_tag] = "rotate", [lhpb_Change_replace_tag] = "replace",
        [lhpb_Change_commit_tag] = "commit", [lhpb_Change_regroup_tag] = "regroup",
        [lhpb_Change_assign_tag] = "assign", [lhpb_Change_limit_tag] = "quota",
        [lhpb_Change_branch_tag] = "branch",
    };

    lh_assert(change->which_kind < sizeof names / sizeof names[0]);
    lh_assert(names[change->which_kind] != NULL);
    return names[change->which_kind];
}

enum lh_code lh_changes_pack(json_t **out, const struct lh_members *from,
                             const lhpb_Proposal *proposal, struct lh_err *err)
{
    struct telling telling = { .from = from, .lang = LH_LANG_EN };
    struct lh_buf text = LH_BUF_EMPTY;
    json_t *list = json_array();
    enum lh_code rc = lh_suite_new(&telling.suite, lh_members_suite(from), err);

    for (size_t i = 0; rc == LH_OK && i < proposal->changes_count; i++) {
        lh_buf_reset(&text);
        rc = add_change(&text, &telling, &proposal->changes[i], err);
        if (rc == LH_OK && json_array_append_new(
                               list, json_pack("{s:s,s:s}", "kind", kind_of(&proposal->changes[i]),
                                               "text", lh_buf_text(&text))) != 0) {
            rc = lh_err_set(err, LH_ERR_NOMEM, "out of memory");
        }
    }
    lh_suite_free(telling.suite);
    lh_buf_clear(&text);
    if (rc != LH_OK) {
        json_decref(list);
        return rc;
    }
    *out = list;
    return LH_OK;
}
