#include "cli/disclosed.h"

#include "cli/readable.h"
#include "cli/subjects.h"
#include "ledger/tokens.h"

#include <stdio.h>
#include <string.h>

static const char *const role_names[] = { "", "principal", "relative", "incidental" };

static const char *role_name(uint32_t role)
{
    return role < sizeof role_names / sizeof role_names[0] ? role_names[role] : "";
}

static const char *type_name(uint32_t type)
{
    const char *name = lh_subject_type_name(type);

    return name != NULL ? name : "";
}

/* ---- asking ---- */

static enum lh_code ask(json_t **out, struct lh_cli *cli, const char *name, struct lh_err *err)
{
    static const char *const options[] = { "warrant", "for" };
    char mark = '?';
    struct lh_buf tokens = LH_BUF_EMPTY;
    struct lh_buf target = LH_BUF_EMPTY;
    enum lh_code rc = lh_cli_tokens(&tokens, cli, err);

    lh_buf_add_format(&target, "/v1/private/%s", name);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        const char *value = lh_cli_value(cli, options[i]);

        if (value != NULL) {
            lh_buf_add_format(&target, "%c%s=", mark, options[i]);
            lh_client_add_escaped(&target, value);
            mark = '&';
        }
    }
    if (rc == LH_OK) {
        rc = lh_buf_check(&target, err);
    }
    if (rc == LH_OK) {
        rc = lh_api_post_json(cli, out, lh_buf_text(&target), LH_TOKENS_MEDIA,
                              lh_buf_bytes(&tokens), err);
    }
    if (tokens.data != NULL) {
        lh_wipe(tokens.data, tokens.len);
    }
    lh_buf_clear(&target);
    lh_buf_clear(&tokens);
    return rc;
}

/* spec privacy.md 8: "What does not open leaves none; what opens is shown when the OPEN is on disk"
 */
static enum lh_code open_box(struct lh_disclosed *out, const struct lh_proven *proven,
                             const struct lh_item *item, struct lh_err *err)
{
    const lhpb_Entry *entry = &item->decoded.kind.entry;
    struct lh_hash body_hash =
        lh_body_hash(proven->suite, lh_bytes_of(entry->body.bytes, entry->body.size));
    struct lh_signer *key = NULL;
    enum lh_code rc = lh_signer_open(&key, lh_cli_value(proven->cli, "box-key"), err);

    if (rc == LH_OK) {
        rc = lh_private_open(proven->suite, &out->content, &out->client, &out->node, &body_hash,
                             key, err);
    }
    lh_signer_free(key);
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "--box-key");
    }
    rc = lh_opening_record(&out->opening, proven->cli, lh_cli_value(proven->cli, "key"),
                           lh_cli_value(proven->cli, "warrant"), &body_hash, err);
    out->is_open = rc == LH_OK;
    return rc;
}

enum lh_code lh_disclosed_fetch(struct lh_disclosed *out, const struct lh_proven *proven,
                                const struct lh_item *item, struct lh_err *err)
{
    struct lh_buf part = LH_BUF_EMPTY;
    json_t *answer = NULL;
    enum lh_code rc;

    if (item->is_opaque) {
        return lh_err_set(err, LH_ERR_UNKNOWN, "%s is of a newer schema", item->name);
    }
    rc = ask(&answer, proven->cli, item->name, err);
    if (rc == LH_OK) {
        (void)snprintf(out->access, sizeof out->access, "%s", lh_api_text(answer, "access"));
        rc = lh_api_bytes(answer, "private", &part, err);
    }
    if (rc == LH_OK) {
        rc = lh_private_verify(proven->suite, lh_buf_bytes(&part), &item->decoded.kind.entry,
                               &item->body, &out->client, &out->node, err);
        rc = rc == LH_ERR_INVALID ? LH_ERR_FORGED : rc;
    }
    if (rc == LH_OK && lh_cli_value(proven->cli, "box-key") != NULL) {
        rc = open_box(out, proven, item, err);
    }
    json_decref(answer);
    lh_buf_clear(&part);
    return rc;
}

/* ---- showing ---- */

void lh_disclosed_add_lines(struct lh_buf *out, const struct lh_cli *cli,
                            const struct lh_disclosed *disclosed)
{
    lh_readable_add_line(out, cli->lang, "case_number", disclosed->client.case_number);
    lh_readable_add_line(out, cli->lang, "reason", disclosed->client.reason);
    for (pb_size_t i = 0; i < disclosed->client.subjects_count; i++) {
        const lhpb_Subject *subject = &disclosed->client.subjects[i];
        char text[128];

        (void)snprintf(text, sizeof text, "%s  %s  %s", role_name(subject->role),
                       type_name(subject->id_type),
                       disclosed->is_open ? disclosed->content.subjects[i].id : "-");
        lh_readable_add_line(out, cli->lang, "subject", text);
        lh_wipe(text, sizeof text);
    }
}

static const char *name_or_null(const char *name)
{
    return name[0] != '\0' ? name : NULL;
}

json_t *lh_disclosed_json(const struct lh_disclosed *disclosed)
{
    json_t *subjects = json_array();

    for (pb_size_t i = 0; i < disclosed->client.subjects_count; i++) {
        const lhpb_Subject *subject = &disclosed->client.subjects[i];

        (void)json_array_append_new(
            subjects, json_pack("{s:s, s:s, s:s?}", "role", role_name(subject->role), "type",
                                type_name(subject->id_type), "id",
                                disclosed->is_open ? disclosed->content.subjects[i].id : NULL));
    }
    return json_pack("{s:s?, s:s?, s:s, s:s, s:o}", "access", name_or_null(disclosed->access),
                     "open", name_or_null(disclosed->opening.entry), "case_number",
                     disclosed->client.case_number, "reason", disclosed->client.reason, "subjects",
                     subjects);
}

void lh_disclosed_clear(struct lh_disclosed *disclosed)
{
    lh_wipe(disclosed, sizeof *disclosed);
}
