#include "cli/cmds.h"

#include "cli/disclosed.h"
#include "cli/exhibit.h"
#include "cli/readable.h"
#include "cli/render.h"
#include "crypto/text.h"
#include "ledger/event.h"

const struct lh_option lh_show_options[] = {
    { "proof", 'p', NULL, { "show the proof step by step", "逐步显示证明" } },
    { "no-verify", 0, NULL, { "believe the node", "不验证" } },
    { "private",
      0,
      NULL,
      { "its private part too, as an auditor", "同时显示当事人信息 (审计人员)" } },
    { "warrant",
      0,
      "ENTRY",
      { "with --private: under this WARRANT", "与 --private 一起: 所依据的审计授权条目" } },
    { "tokens",
      0,
      "FILE",
      { "with --private: the tokens that the warrant names",
        "与 --private 一起: 授权所列的令牌文件" } },
    { "box-key",
      0,
      "FILE.pem",
      { "with --private and --key: open the box with this key",
        "与 --private 和 --key 一起: 用此密钥开启密封盒" } },
    { "for",
      0,
      "CODE",
      { "with --private: why you read: stands in the ACCESS",
        "与 --private 一起: 查阅目的, 记入查阅条目" } },
    { "key",
      'k',
      "FILE.pem",
      { "with --box-key: sign the OPEN with this key of a staff member",
        "与 --box-key 一起: 用此工作人员私钥签署开封记录" } },
    { .name = NULL },
};

static void add_hash_line(struct lh_buf *out, enum lh_lang lang, const char *label,
                          const struct lh_hash *hash)
{
    char hex[2 * LH_HASH_SIZE + 1];

    lh_hex_format(hex, lh_hash_bytes(hash));
    lh_readable_add_line(out, lang, label, hex);
}

static void add_signers(struct lh_buf *out, enum lh_lang lang, const struct lh_exhibit *exhibit,
                        struct lh_suite *suite)
{
    for (size_t i = 0; i < exhibit->receipt.signer_count; i++) {
        struct lh_key_id id = lh_key_id_of(suite, &exhibit->receipt.signers[i]);
        struct lh_buf text = LH_BUF_EMPTY;

        lh_hex_add(&text, lh_bytes_of(id.bytes, sizeof id.bytes));
        lh_buf_add_text(&text, "  ");
        lh_pubkey_format(&text, &exhibit->receipt.signers[i]);
        lh_readable_add_line(out, lang, "signed_by", lh_buf_text(&text));
        lh_buf_clear(&text);
    }
}

static void add_proof(struct lh_buf *out, enum lh_lang lang, const struct lh_exhibit *exhibit,
                      const struct lh_proven *proven, bool with_steps)
{
    const struct lh_proof *proof = &exhibit->receipt.proof;
    struct lh_buf text = LH_BUF_EMPTY;
    char root[LH_READABLE_SHORT_SIZE];

    add_hash_line(out, lang, "leaf", &exhibit->item->leaf_hash);
    lh_readable_short_hash(root, &proven->checkpoint.root);
    lh_buf_add_format(&text, "%s  %zu steps to root %s of size %llu", proven->checkpoint.origin,
                      proof->count, root, (unsigned long long)proven->checkpoint.size);
    lh_readable_add_line(out, lang, "proof", lh_buf_text(&text));
    for (size_t i = 0; with_steps && i < proof->count; i++) {
        lh_buf_reset(&text);
        lh_buf_add_format(&text, "  %zu", i + 1);
        add_hash_line(out, lang, lh_buf_text(&text), &proof->path[i]);
    }
    lh_buf_clear(&text);
}

static enum lh_code print_words(const struct lh_cli *cli, const struct lh_exhibit *exhibit,
                                const struct lh_proven *proven,
                                const struct lh_disclosed *disclosed, struct lh_err *err)
{
    const struct lh_item *item = exhibit->item;
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_buf time = LH_BUF_EMPTY;
    enum lh_code rc = LH_OK;

    lh_readable_add_line(&text, cli->lang, "entry", item->name);
    lh_readable_add_time(&time, item->row.recorded_unix_ms);
    lh_buf_add_text(&time, " UTC+8");
    lh_readable_add_line(&text, cli->lang, "recorded_at", lh_buf_text(&time));
    if (item->is_opaque) {
        lh_msg_add(&text, cli->lang, LH_MSG_OPAQUE, NULL);
        lh_buf_add_u8(&text, '\n');
    } else {
        rc = lh_readable_add_body(&text, cli->lang, &item->body, err);
    }
    if (disclosed != NULL) {
        lh_disclosed_add_lines(&text, cli, disclosed);
    }
    add_signers(&text, cli->lang, exhibit, proven->suite);
    add_proof(&text, cli->lang, exhibit, proven, lh_cli_has(cli, "proof"));
    if (rc == LH_OK) {
        rc = lh_buf_check(&text, err);
    }
    if (rc == LH_OK) {
        rc = lh_render_page(cli, lh_buf_bytes(&text), err);
    }
    if (disclosed != NULL && text.data != NULL) {
        lh_wipe(text.data, text.len);
    }
    lh_buf_clear(&time);
    lh_buf_clear(&text);
    return rc;
}

static json_t *json_of_signers(const struct lh_exhibit *exhibit, struct lh_suite *suite)
{
    json_t *list = json_array();

    for (size_t i = 0; i < exhibit->receipt.signer_count; i++) {
        struct lh_key_id id = lh_key_id_of(suite, &exhibit->receipt.signers[i]);
        struct lh_buf key = LH_BUF_EMPTY;
        char hex[2 * LH_KEY_ID_SIZE + 1];

        lh_hex_format(hex, lh_bytes_of(id.bytes, sizeof id.bytes));
        lh_pubkey_format(&key, &exhibit->receipt.signers[i]);
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s}", "key_id", hex, "key", lh_buf_text(&key)));
        lh_buf_clear(&key);
    }
    return list;
}

static json_t *json_of_path(const struct lh_proof *proof)
{
    json_t *list = json_array();

    for (size_t i = 0; i < proof->count; i++) {
        char hex[2 * LH_HASH_SIZE + 1];

        lh_hex_format(hex, lh_hash_bytes(&proof->path[i]));
        (void)json_array_append_new(list, json_string(hex));
    }
    return list;
}

static enum lh_code print_json(const struct lh_cli *cli, const struct lh_exhibit *exhibit,
                               const struct lh_proven *proven, const struct lh_disclosed *disclosed,
                               struct lh_err *err)
{
    const struct lh_item *item = exhibit->item;
    char leaf[2 * LH_HASH_SIZE + 1];
    char root[2 * LH_HASH_SIZE + 1];
    char recorded[LH_TIME_TEXT_SIZE];
    json_t *answer;
    enum lh_code rc;

    lh_hex_format(leaf, lh_hash_bytes(&item->leaf_hash));
    lh_hex_format(root, lh_hash_bytes(&proven->checkpoint.root));
    lh_time_format_utc(recorded, item->row.recorded_unix_ms);
    answer = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:{s:s, s:I, s:s, s:o}}", "schema",
                       "liuhen.entry/1", "entry", item->name, "verified",
                       proven->is_off ? "none" : "full", "leaf_hash", leaf, "recorded_at", recorded,
                       "event", item->is_opaque ? json_null() : lh_event_from_body(&item->body),
                       "signers", json_of_signers(exhibit, proven->suite), "proof", "origin",
                       proven->checkpoint.origin, "size", (json_int_t)proven->checkpoint.size,
                       "root", root, "path", json_of_path(&exhibit->receipt.proof));
    if (answer != NULL && disclosed != NULL) {
        (void)json_object_set_new(answer, "private", lh_disclosed_json(disclosed));
    }
    rc = answer != NULL ? lh_api_print(cli, answer, err)
                        : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    json_decref(answer);
    return rc;
}

static enum lh_code print(struct lh_cli *cli, const struct lh_exhibit *exhibit,
                          const struct lh_proven *proven, struct lh_err *err)
{
    struct lh_disclosed disclosed = { .is_open = false };
    const struct lh_disclosed *shown = lh_cli_has(cli, "private") ? &disclosed : NULL;
    enum lh_code rc = LH_OK;

    if (shown != NULL) {
        rc = lh_disclosed_fetch(&disclosed, proven, exhibit->item, err);
    }
    if (rc == LH_OK && shown != NULL && disclosed.access[0] != '\0') {
        lh_cli_note(cli, LH_MSG_ACCESS, disclosed.access, NULL);
    }
    if (rc == LH_OK && disclosed.opening.entry[0] != '\0') {
        lh_cli_note(cli, LH_MSG_OPENED, disclosed.opening.entry, NULL);
    }
    if (rc == LH_OK) {
        rc = cli->json ? print_json(cli, exhibit, proven, shown, err)
                       : print_words(cli, exhibit, proven, shown, err);
    }
    lh_disclosed_clear(&disclosed);
    return rc;
}

/* An option that means something with --private only, and stands alone; NULL: none. */
static const char *lonely_option(const struct lh_cli *cli)
{
    static const char *const names[] = { "warrant", "tokens", "box-key", "key", "for" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!lh_cli_has(cli, "private") && lh_cli_value(cli, names[i]) != NULL) {
            return names[i];
        }
    }
    return NULL;
}

int lh_cmd_show(struct lh_cli *cli)
{
    struct lh_exhibit exhibit = LH_EXHIBIT_EMPTY;
    struct lh_proven proven;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;
    int code = LH_EXIT_OK;

    if (lonely_option(cli) != NULL) {
        return lh_cli_usage(cli, LH_MSG_OPTION_WANTS_OTHER, lonely_option(cli), "private");
    }
    if ((lh_cli_value(cli, "box-key") != NULL) != (lh_cli_value(cli, "key") != NULL)) {
        const bool has_key = lh_cli_value(cli, "key") != NULL;

        return lh_cli_usage(cli, LH_MSG_OPTION_WANTS_OTHER, has_key ? "key" : "box-key",
                            has_key ? "box-key" : "key");
    }
    if (lh_cli_value(cli, "key") != NULL && lh_cli_value(cli, "warrant") == NULL) {
        return lh_cli_usage(cli, LH_MSG_OPTION_WANTS_OTHER, "box-key", "warrant");
    }
    lh_proven_init(&proven, cli, lh_cli_has(cli, "no-verify"));
    rc = lh_exhibit_fetch(&exhibit, &proven, cli->args.operands[0], NULL, &err);
    if (rc == LH_OK) {
        rc = print(cli, &exhibit, &proven, &err);
    }
    if (rc != LH_OK) {
        code = lh_proven_fail(&proven, rc, &err);
    } else if (proven.is_off) {
        lh_cli_warn(cli, LH_MSG_BANNER_OFF, "1", NULL);
    } else {
        (void)fflush(cli->out);
        lh_cli_note(cli, LH_MSG_SHOW_BANNER, lh_cli_sign(cli, LH_OK), NULL);
    }
    lh_exhibit_clear(&exhibit);
    lh_proven_clear(&proven);
    return code;
}
