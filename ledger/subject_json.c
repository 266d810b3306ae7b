#include "ledger/subject_json.h"

#include <string.h>

static const char *const ROLE_NAMES[] = { NULL, "principal", "relative", "incidental" };

enum { ROLE_COUNT = sizeof ROLE_NAMES / sizeof ROLE_NAMES[0] };

static enum lh_code read_text(char *out, size_t room, const json_t *event, const char *member,
                              struct lh_err *err)
{
    const json_t *value = json_object_get(event, member);
    size_t len;

    if (value == NULL) {
        return LH_OK;
    }
    if (!json_is_string(value)) {
        return lh_err_set(err, LH_ERR_INVALID, "/%s: want a string", member);
    }
    len = json_string_length(value);
    if (len >= room || memchr(json_string_value(value), 0, len) != NULL) {
        return lh_err_set(err, LH_ERR_INVALID, "/%s: want at most %zu bytes of text", member,
                          room - 1);
    }
    memcpy(out, json_string_value(value), len);
    return LH_OK;
}

static enum lh_code read_role(uint32_t *out, const json_t *value, size_t at, struct lh_err *err)
{
    const char *name = json_string_value(value);

    if (value == NULL) {
        *out = 1;
        return LH_OK;
    }
    for (uint32_t role = 1; role < ROLE_COUNT && name != NULL; role++) {
        if (strcmp(name, ROLE_NAMES[role]) == 0) {
            *out = role;
            return LH_OK;
        }
    }
    return lh_err_set(err, LH_ERR_INVALID,
                      "/subjects/%zu/role: want \"principal\", \"relative\" or \"incidental\"", at);
}

static enum lh_code check_members(const json_t *subject, size_t at, struct lh_err *err)
{
    const char *key;
    json_t *value;

    if (!json_is_object(subject)) {
        return lh_err_set(err, LH_ERR_INVALID, "/subjects/%zu: want an object", at);
    }
    json_object_foreach((json_t *)(uintptr_t)subject, key, value)
    {
        if (strcmp(key, "role") != 0 && strcmp(key, "type") != 0 && strcmp(key, "id") != 0) {
            return lh_err_set(err, LH_ERR_INVALID,
                              "/subjects/%zu: unknown member: want role, type, id", at);
        }
    }
    return LH_OK;
}

static enum lh_code read_subject(lhpb_SubjectId *out, const json_t *subject, size_t at,
                                 const struct lh_random *random, struct lh_err *err)
{
    const json_t *type = json_object_get(subject, "type");
    const json_t *id = json_object_get(subject, "id");
    enum lh_code rc = check_members(subject, at, err);

    if (rc != LH_OK) {
        return rc;
    }
    rc = read_role(&out->role, json_object_get(subject, "role"), at, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_subject_type_parse(&out->id_type, lh_bytes_of_text(json_string_value(type)), err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "/subjects/%zu/type", at);
    }
    rc = lh_subject_canonical(out->id, out->id_type,
                              lh_bytes_of(json_string_value(id), json_string_length(id)), err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "/subjects/%zu/id", at);
    }
    return lh_random_fill(random, out->opening, sizeof out->opening, err);
}

enum lh_code lh_subjects_from_json(lhpb_SubjectPost *out, bool *out_has, const json_t *event,
                                   const struct lh_random *random, struct lh_err *err)
{
    const json_t *subjects = json_object_get(event, "subjects");
    lhpb_SubjectPost post = lhpb_SubjectPost_init_zero;
    size_t count = json_array_size(subjects);
    enum lh_code rc = LH_OK;

    *out_has = subjects != NULL;
    if (subjects == NULL) {
        if (json_object_get(event, "case_number") != NULL ||
            json_object_get(event, "reason") != NULL) {
            return lh_err_set(err, LH_ERR_INVALID,
                              "/subjects: case_number and reason are kept in the private part, "
                              "which needs at least one subject");
        }
        return LH_OK;
    }
    if (!json_is_array(subjects) || count < 1 || count > LH_SUBJECTS_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "/subjects: want an array of 1 to %d",
                          LH_SUBJECTS_MAX);
    }
    for (size_t i = 0; i < count && rc == LH_OK; i++) {
        rc = read_subject(&post.subjects[i], json_array_get(subjects, i), i, random, err);
    }
    post.subjects_count = (pb_size_t)count;
    if (rc == LH_OK) {
        rc = read_text(post.case_number, sizeof post.case_number, event, "case_number", err);
    }
    if (rc == LH_OK) {
        rc = read_text(post.reason, sizeof post.reason, event, "reason", err);
    }
    if (rc == LH_OK) {
        rc = lh_random_fill(random, post.salt, sizeof post.salt, err);
    }
    if (rc == LH_OK) {
        *out = post;
    }
    lh_wipe(&post, sizeof post);
    return rc;
}
