#include "cli/cmds.h"

#include "cli/acts.h"
#include "cli/api.h"
#include "cli/files.h"
#include "cli/render.h"
#include "cli/timespec.h"
#include "crypto/secret.h"
#include "crypto/text.h"

#include <stdlib.h>
#include <string.h>

#define STAFF_OPTION                                                                               \
    {                                                                                              \
        "staff", 's', "HEX",                                                                       \
        {                                                                                          \
            "pseudonym, 16 hex digits", "人员代号 (16 位十六进制)"                        \
        }                                                                                          \
    }
#define ROLES_OPTION                                                                               \
    {                                                                                              \
        "roles", 0, "LIST",                                                                        \
        {                                                                                          \
            "counter,approver,supervisor,auditor,operator",                                        \
                "角色: counter,approver,supervisor,auditor,operator"                             \
        }                                                                                          \
    }
#define OUTPUT_OPTION                                                                              \
    {                                                                                              \
        "output", 'o', "FILE",                                                                     \
        {                                                                                          \
            "where the act goes", "法令文件"                                                   \
        }                                                                                          \
    }

const struct lh_option lh_staff_enrol_options[] = {
    { "key", 'k', "FILE.pub", { "public key of the staff member", "工作人员公钥" } },
    ROLES_OPTION,
    { "post", 0, "CODE", { "post", "岗位代码" } },
    { "employment",
      0,
      "KIND",
      { "regular, auxiliary or contractor", "用工性质: regular, auxiliary, contractor" } },
    { "from", 0, "TIME", { "valid from (now)", "生效时间 (默认现在)" } },
    { "until", 'U', "TIME", { "valid until (open)", "失效时间 (默认不限)" } },
    { "staff", 's', "HEX", { "pseudonym; random if not given", "人员代号; 不给则随机" } },
    OUTPUT_OPTION,
    { .name = NULL },
};

const struct lh_option lh_staff_role_options[] = {
    STAFF_OPTION,
    ROLES_OPTION,
    { "from", 0, "TIME", { "in force from (now)", "生效时间 (默认现在)" } },
    OUTPUT_OPTION,
    { .name = NULL },
};

const struct lh_option lh_staff_leave_options[] = {
    STAFF_OPTION,
    { "kind",
      0,
      "KIND",
      { "left, transferred or suspended", "离岗类别: left, transferred, suspended" } },
    { "from", 0, "TIME", { "in force from (now)", "生效时间 (默认现在)" } },
    OUTPUT_OPTION,
    { .name = NULL },
};

/* ---- reading the options ---- */

static const char *const role_names[] = { "counter", "approver", "supervisor", "auditor",
                                          "operator" };
static const char *const employment_names[] = { "regular", "auxiliary", "contractor" };
static const char *const leave_names[] = { "left", "transferred", "suspended" };

/* Position of a name in a list, from 1; 0: not there. */
static uint32_t position_of(const char *const *names, size_t count, struct lh_bytes name)
{
    for (size_t i = 0; i < count; i++) {
        if (lh_bytes_is_equal(lh_bytes_of_text(names[i]), name)) {
            return (uint32_t)i + 1;
        }
    }
    return 0;
}

static enum lh_code parse_roles(uint64_t *out, const char *text, struct lh_err *err)
{
    uint64_t roles = 0;

    while (*text != '\0') {
        size_t len = strcspn(text, ",");
        uint32_t position = position_of(role_names, sizeof role_names / sizeof role_names[0],
                                        lh_bytes_of(text, len));

        if (position == 0) {
            return lh_err_set(err, LH_ERR_INVALID, "\"%.*s\" is no role", (int)len, text);
        }
        roles |= (uint64_t)1 << (position - 1);
        text += len + (text[len] == ',' ? 1 : 0);
    }
    *out = roles;
    return LH_OK;
}

static enum lh_code parse_time(const struct lh_cli *cli, uint64_t *out, const char *option,
                               int64_t fallback, struct lh_err *err)
{
    const char *text = lh_cli_value(cli, option);
    int64_t now = cli->clock.wall_unix_ms(cli->clock.arg);
    int64_t time = fallback;
    enum lh_code rc = LH_OK;

    if (text != NULL) {
        rc = lh_timespec_parse(&time, text, now,
                               strcmp(option, "until") == 0 ? LH_TIMESPEC_UNTIL : LH_TIMESPEC_SINCE,
                               err);
    }
    if (rc == LH_OK) {
        *out = (uint64_t)time;
    }
    return rc;
}

static enum lh_code parse_staff(uint8_t out[8], const char *text, struct lh_err *err)
{
    enum lh_code rc = lh_hex_parse(out, 8, lh_bytes_of_text(text), err);

    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "--staff");
}

static enum lh_code read_public(lhpb_PublicKey *out, const char *path, struct lh_err *err)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_pubkey key;
    enum lh_code rc;

    rc = lh_file_read(&text, path, LH_FILE_SMALL_MAX, err);
    if (rc == LH_OK) {
        struct lh_bytes line = lh_buf_bytes(&text);

        while (line.len > 0 && strchr("\r\n", line.data[line.len - 1]) != NULL) {
            line.len--;
        }
        rc = lh_pubkey_parse(&key, line, err);
        if (rc != LH_OK) {
            (void)lh_err_wrap(err, rc, "%s", path);
        }
    }
    if (rc == LH_OK) {
        lh_pubkey_to_wire(out, &key);
    }
    lh_buf_clear(&text);
    return rc;
}

/* ---- the acts ---- */

/* What the three verbs share: a draft, filled by `fill`, saved. */
typedef enum lh_code fill_fn(lhpb_Body *body, const struct lh_cli *cli,
                             const struct lh_place *place, int64_t now, struct lh_err *err);

static int make_act(struct lh_cli *cli, lhpb_EntryType type, fill_fn *fill)
{
    const char *output = lh_cli_value(cli, "output");
    int64_t now = cli->clock.wall_unix_ms(cli->clock.arg);
    lhpb_Body *body = malloc(sizeof *body);
    struct lh_place place = { .genesis = NULL };
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    if (body == NULL) {
        return lh_cli_fail(cli, lh_err_set(&err, LH_ERR_NOMEM, "out of memory"), &err);
    }
    if (output == NULL) {
        free(body);
        return lh_cli_usage(cli, LH_MSG_OPTION_MISSING, "--output FILE", "");
    }
    rc = lh_place_open(&place, cli, &err);
    if (rc == LH_OK) {
        lh_act_draft(body, &place, type, now);
        rc = fill(body, cli, &place, now, &err);
    }
    if (rc == LH_OK) {
        rc = lh_act_save(&place, body, output, &err);
    }
    lh_place_close(&place);
    free(body);
    if (rc != LH_OK) {
        return lh_cli_fail(cli, rc, &err);
    }
    lh_act_tell(cli, output);
    return LH_EXIT_OK;
}

static enum lh_code need(const struct lh_cli *cli, const char *option, const char **out,
                         struct lh_err *err)
{
    *out = lh_cli_value(cli, option);
    return *out != NULL ? LH_OK : lh_err_set(err, LH_ERR_INVALID, "--%s is needed", option);
}

static enum lh_code fill_enrol(lhpb_Body *body, const struct lh_cli *cli,
                               const struct lh_place *place, int64_t now, struct lh_err *err)
{
    lhpb_Staff *staff = &body->detail.staff_enrol;
    const char *key = NULL;
    const char *roles = NULL;
    const char *pseudonym = lh_cli_value(cli, "staff");
    const char *post = lh_cli_value(cli, "post");
    const char *employment = lh_cli_value(cli, "employment");
    struct lh_random random = lh_random_system();
    struct lh_pubkey public;
    struct lh_key_id id;
    enum lh_code rc;

    body->which_detail = lhpb_Body_staff_enrol_tag;
    rc = need(cli, "key", &key, err);
    if (rc == LH_OK) {
        rc = need(cli, "roles", &roles, err);
    }
    if (rc == LH_OK) {
        rc = parse_roles(&staff->roles, roles, err);
    }
    if (rc == LH_OK) {
        rc = read_public(&staff->key, key, err);
    }
    if (rc == LH_OK) {
        staff->has_key = true;
        rc = lh_pubkey_from_wire(&public, &staff->key, err);
    }
    if (rc == LH_OK) {
        rc = pseudonym != NULL ? parse_staff(staff->pseudonym, pseudonym, err)
                               : lh_random_fill(&random, staff->pseudonym, 8, err);
    }
    if (rc == LH_OK) {
        rc = lh_act_set_text(staff->post, sizeof staff->post, "--post", post != NULL ? post : "",
                             err);
    }
    if (rc == LH_OK) {
        rc = parse_time(cli, &staff->valid_from_ms, "from", now, err);
    }
    if (rc == LH_OK) {
        rc = parse_time(cli, &staff->valid_until_ms, "until", 0, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    employment = employment != NULL ? employment : "regular";
    staff->employment =
        position_of(employment_names, sizeof employment_names / sizeof employment_names[0],
                    lh_bytes_of_text(employment));
    if (staff->employment == 0) {
        return lh_err_set(err, LH_ERR_INVALID, "--employment: regular, auxiliary or contractor");
    }
    id = lh_key_id_of(place->suite, &public);
    memcpy(body->id, "staff/", 6);
    lh_hex_format(body->id + 6, lh_bytes_of(id.bytes, sizeof id.bytes));
    return LH_OK;
}

static void tell_pseudonym(const struct lh_cli *cli, const uint8_t pseudonym[8])
{
    char hex[17];

    lh_hex_format(hex, lh_bytes_of(pseudonym, 8));
    (void)fprintf(cli->out,
                  cli->json ? "{\"schema\":\"liuhen.staff-act/1\",\"staff\":\"%s\"}\n" : "%s\n",
                  hex);
}

static enum lh_code fill_enrol_and_tell(lhpb_Body *body, const struct lh_cli *cli,
                                        const struct lh_place *place, int64_t now,
                                        struct lh_err *err)
{
    enum lh_code rc = fill_enrol(body, cli, place, now, err);

    if (rc == LH_OK) {
        tell_pseudonym(cli, body->detail.staff_enrol.pseudonym);
    }
    return rc;
}

int lh_cmd_staff_enrol(struct lh_cli *cli)
{
    return make_act(cli, lhpb_EntryType_STAFF, fill_enrol_and_tell);
}

/* "role/<pseudonym>/<from when>": the same change twice is one event. */
static void set_change_id(lhpb_Body *body, const char *what, const uint8_t pseudonym[8],
                          uint64_t effective_ms)
{
    char hex[17];

    lh_hex_format(hex, lh_bytes_of(pseudonym, 8));
    (void)snprintf(body->id, sizeof body->id, "%s/%s/%llu", what, hex,
                   (unsigned long long)effective_ms);
}

static enum lh_code fill_role(lhpb_Body *body, const struct lh_cli *cli,
                              const struct lh_place *place, int64_t now, struct lh_err *err)
{
    lhpb_Role *role = &body->detail.role;
    const char *pseudonym = NULL;
    const char *roles = NULL;
    enum lh_code rc;

    (void)place;
    body->which_detail = lhpb_Body_role_tag;
    rc = need(cli, "staff", &pseudonym, err);
    if (rc == LH_OK) {
        rc = parse_staff(role->pseudonym, pseudonym, err);
    }
    if (rc == LH_OK) {
        rc = need(cli, "roles", &roles, err);
    }
    if (rc == LH_OK) {
        rc = parse_roles(&role->roles, roles, err);
    }
    if (rc == LH_OK) {
        rc = parse_time(cli, &role->effective_ms, "from", now, err);
    }
    if (rc == LH_OK) {
        set_change_id(body, "role", role->pseudonym, role->effective_ms);
    }
    return rc;
}

int lh_cmd_staff_role(struct lh_cli *cli)
{
    return make_act(cli, lhpb_EntryType_ROLE, fill_role);
}

static enum lh_code fill_leave(lhpb_Body *body, const struct lh_cli *cli,
                               const struct lh_place *place, int64_t now, struct lh_err *err)
{
    lhpb_Leave *leave = &body->detail.leave;
    const char *pseudonym = NULL;
    const char *kind = lh_cli_value(cli, "kind");
    enum lh_code rc;

    (void)place;
    body->which_detail = lhpb_Body_leave_tag;
    rc = need(cli, "staff", &pseudonym, err);
    if (rc == LH_OK) {
        rc = parse_staff(leave->pseudonym, pseudonym, err);
    }
    if (rc == LH_OK) {
        rc = parse_time(cli, &leave->effective_ms, "from", now, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    leave->kind = position_of(leave_names, sizeof leave_names / sizeof leave_names[0],
                              lh_bytes_of_text(kind != NULL ? kind : "left"));
    if (leave->kind == 0) {
        return lh_err_set(err, LH_ERR_INVALID, "--kind: left, transferred or suspended");
    }
    set_change_id(body, "leave", leave->pseudonym, leave->effective_ms);
    return LH_OK;
}

int lh_cmd_staff_leave(struct lh_cli *cli)
{
    return make_act(cli, lhpb_EntryType_LEAVE, fill_leave);
}

/* ---- list ---- */

static const struct lh_column list_columns[] = {
    { { "STAFF", "人员代号" }, false, false },
    { { "KIND", "类别" }, false, false },
    { { "ROLES", "角色" }, false, true },
    { { "VALID FROM (+08:00)", "生效时间 (+08:00)" }, false, false },
    { { "REVOKED", "离岗" }, false, false },
    { { "KEY ID", "密钥编号" }, false, false },
};

static void add_roles(struct lh_buf *out, const json_t *roles)
{
    for (size_t i = 0; i < json_array_size(roles); i++) {
        const char *name = json_string_value(json_array_get(roles, i));

        lh_buf_add_format(out, "%s%s", i > 0 ? "," : "", name != NULL ? name : "?");
    }
}

/* "2026-11-24 10:00:00" of an RFC 3339 member; "" when absent. */
static void local_time(char out[LH_TIME_TEXT_SIZE], const json_t *item, const char *name)
{
    int64_t time;

    out[0] = '\0';
    if (lh_time_parse(&time, lh_bytes_of_text(lh_api_text(item, name)), NULL) == LH_OK) {
        lh_time_format_local(out, time);
        out[19] = '\0';
    }
}

static bool is_hex(const json_t *item, const char *name, size_t len)
{
    const char *text = lh_api_text(item, name);

    return strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

static bool is_list_of_texts(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!json_is_string(json_array_get(list, i))) {
            return false;
        }
    }
    return list == NULL || json_is_array(list);
}

/* Nothing here is proven, so at least nothing here is half a list. */
static enum lh_code check_list(const json_t *answer, struct lh_err *err)
{
    const json_t *items = json_object_get(answer, "items");

    if (!json_is_array(items)) {
        return lh_err_set(err, LH_ERR_CORRUPT, "the node's answer holds no list of keys");
    }
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);

        if (!is_hex(item, "key_id", (size_t)2 * LH_KEY_ID_SIZE) ||
            lh_api_text(item, "kind")[0] == '\0' ||
            (json_object_get(item, "staff") != NULL && !is_hex(item, "staff", 16)) ||
            !is_list_of_texts(json_object_get(item, "roles"))) {
            return lh_err_set(err, LH_ERR_CORRUPT, "key %zu of the node's answer is no key", i + 1);
        }
    }
    return LH_OK;
}

static enum lh_code add_staff_row(struct lh_view *view, const json_t *item, struct lh_err *err)
{
    struct lh_buf roles = LH_BUF_EMPTY;
    char from[LH_TIME_TEXT_SIZE];
    char revoked[LH_TIME_TEXT_SIZE];
    enum lh_code rc;

    add_roles(&roles, json_object_get(item, "roles"));
    local_time(from, item, "valid_from");
    local_time(revoked, item, "revoked_from");
    {
        const char *const cells[] = { lh_api_text(item, "staff"),
                                      lh_api_text(item, "kind"),
                                      lh_buf_text(&roles),
                                      from,
                                      revoked,
                                      lh_api_text(item, "key_id") };

        rc = lh_view_add_row(view, err);
        for (size_t i = 0; rc == LH_OK && i < sizeof cells / sizeof cells[0]; i++) {
            rc = lh_view_set(view, i, cells[i], err);
        }
    }
    lh_buf_clear(&roles);
    return rc;
}

int lh_cmd_staff_list(struct lh_cli *cli)
{
    struct lh_view *view = NULL;
    struct lh_err err = LH_ERR_NONE;
    json_t *answer = NULL;
    const json_t *items;
    enum lh_code rc;

    rc = lh_api_get_json(cli, &answer, "/v1/staff", &err);
    if (rc == LH_OK) {
        rc = check_list(answer, &err);
    }
    if (rc == LH_OK && cli->json) {
        (void)json_object_set_new(answer, "proven", json_false());
        rc = lh_api_print(cli, answer, &err);
        goto out;
    }
    if (rc == LH_OK) {
        rc = lh_view_new(&view, list_columns, sizeof list_columns / sizeof list_columns[0], &err);
    }
    items = json_object_get(answer, "items");
    for (size_t i = 0; rc == LH_OK && i < json_array_size(items); i++) {
        rc = add_staff_row(view, json_array_get(items, i), &err);
    }
    if (rc == LH_OK) {
        rc = lh_view_print(view, cli, &err);
    }
out:
    if (rc == LH_OK) {
        (void)fflush(cli->out);
        lh_cli_warn(cli, LH_MSG_STAFF_UNPROVEN, NULL);
    }
    lh_view_free(view);
    json_decref(answer);
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}
