#include "cli/cli.h"

#include "cli/files.h"
#include "cli/refusals.h"
#include "cli/render.h"
#include "crypto/signer.h"
#include "net/tls.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct lh_option lh_cli_common_options[] = {
    { "node",
      0,
      "ADDRESS",
      { "the node: unix:PATH or https://HOST:PORT",
        "要连接的节点: unix:PATH 或 https://HOST:PORT" } },
    { "tls-cert", 0, "FILE.crt", { "our certificate, for https", "本端证书 (https)" } },
    { "tls-key", 0, "FILE.pem", { "our private key, for https", "本端私钥 (https)" } },
    { "tls-pin", 0, "sha256//...", { "the node's key, for https", "节点公钥指纹 (https)" } },
    { "data", 0, "DIR", { "data directory of the node", "节点的数据目录" } },
    { "trust", 0, "FILE", { "trust policy: whose seals count", "信任策略文件: 认谁的封印" } },
    { "json", 0, NULL, { "print JSON", "输出 JSON" } },
    { "table", 0, NULL, { "a table into a pipe too", "输出到管道时也用表格" } },
    { "lang", 0, "zh|en", { "language of the words", "界面语言" } },
    { "color", 0, "WHEN", { "auto, always or never", "颜色: auto, always 或 never" } },
    { "timeout", 0, "SECONDS", { "longest wait for one answer", "单次请求的最长等待秒数" } },
    { "no-pager", 0, NULL, { "never start a pager", "不使用分页程序" } },
    { "quiet", 'q', NULL, { "no notes on stderr", "不输出提示" } },
    { "help", 'h', NULL, { "this help", "显示帮助" } },
    { "version", 'V', NULL, { "the version", "显示版本" } },
    { .name = NULL },
};

/* "auto" looks at the terminal; NO_COLOR and a dumb terminal mean no. */
static enum lh_code choose_color(struct lh_cli *cli, struct lh_err *err)
{
    const char *when = lh_cli_value(cli, "color");
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (when != NULL && strcmp(when, "always") == 0) {
        cli->has_color = true;
        return LH_OK;
    }
    if (when != NULL && strcmp(when, "never") != 0 && strcmp(when, "auto") != 0) {
        return lh_err_set(err, LH_ERR_INVALID, "--color: auto, always or never");
    }
    cli->has_color = (when == NULL || strcmp(when, "auto") == 0) && cli->is_tty &&
                     (no_color == NULL || no_color[0] == '\0') &&
                     (term == NULL || strcmp(term, "dumb") != 0);
    return LH_OK;
}

static enum lh_code choose_lang(struct lh_cli *cli, struct lh_err *err)
{
    const char *lang = lh_cli_value(cli, "lang");

    if (lang == NULL) {
        return LH_OK; /* the environment's, chosen before parsing */
    }
    if (strcmp(lang, "zh") != 0 && strcmp(lang, "en") != 0) {
        return lh_err_set(err, LH_ERR_INVALID, "--lang: zh or en");
    }
    cli->lang = lh_lang_of_locale(lang);
    return LH_OK;
}

static enum lh_code choose_timeout(struct lh_cli *cli, struct lh_err *err)
{
    const char *text = lh_cli_value(cli, "timeout");
    char *end = NULL;
    double seconds;

    if (text == NULL) {
        return LH_OK;
    }
    seconds = strtod(text, &end);
    if (end == text || *end != '\0' || !(seconds > 0 && seconds <= 86400)) {
        return lh_err_set(err, LH_ERR_INVALID, "--timeout: seconds, up to 86400");
    }
    cli->timeout_ms = (int64_t)(seconds * 1000) + 1;
    return LH_OK;
}

/* Widths of Chinese text need a UTF-8 locale, whatever the user's is. */
static void choose_locale(struct lh_cli *cli)
{
    cli->has_utf8 = setlocale(LC_CTYPE, "") != NULL && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    if (!cli->has_utf8) {
        (void)setlocale(LC_CTYPE, "C.UTF-8");
    }
}

enum lh_code lh_cli_init(struct lh_cli *cli, struct lh_err *err)
{
    enum lh_code rc;

    choose_locale(cli);
    cli->json = lh_cli_has(cli, "json");
    cli->quiet = lh_cli_has(cli, "quiet");
    cli->no_pager = lh_cli_has(cli, "no-pager");
    cli->is_tty = isatty(fileno(cli->out)) == 1;
    cli->is_table = cli->is_tty || lh_cli_has(cli, "table");
    rc = choose_lang(cli, err);
    if (rc == LH_OK) {
        rc = choose_color(cli, err);
    }
    if (rc == LH_OK) {
        rc = choose_timeout(cli, err);
    }
    return rc;
}

void lh_cli_clear(struct lh_cli *cli)
{
    lh_client_free(cli->client);
    cli->client = NULL;
}

const char *lh_cli_value(const struct lh_cli *cli, const char *name)
{
    return lh_args_value(&cli->args, name);
}

bool lh_cli_has(const struct lh_cli *cli, const char *name)
{
    return lh_args_has(&cli->args, name);
}

/* An empty variable is an absent one. */
static const char *environment(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

const char *lh_cli_data(const struct lh_cli *cli)
{
    const char *data = lh_cli_value(cli, "data");

    return data != NULL ? data : environment("LIUHEN_DATA");
}

/* ---- speaking ---- */

/* Arguments may hold what a node or a file said: nothing of it may play tricks on the terminal. */
static void say(const struct lh_cli *cli, FILE *to, const char *before, enum lh_msg id,
                const char *const *args)
{
    const char *safe_args[LH_MSG_ARGS_MAX + 1] = { NULL };
    struct lh_buf safe[LH_MSG_ARGS_MAX] = { LH_BUF_EMPTY };
    struct lh_buf text = LH_BUF_EMPTY;

    for (size_t i = 0; i < LH_MSG_ARGS_MAX && args[i] != NULL; i++) {
        lh_render_add_safe(&safe[i], lh_bytes_of_text(args[i]));
        safe_args[i] = lh_buf_text(&safe[i]);
    }
    lh_msg_add_args(&text, cli->lang, id, safe_args);
    (void)fprintf(to, "%s%s\n", before, lh_buf_text(&text));
    lh_buf_clear(&text);
    for (size_t i = 0; i < LH_MSG_ARGS_MAX; i++) {
        lh_buf_clear(&safe[i]);
    }
}

void lh_cli_print_args(const struct lh_cli *cli, enum lh_msg id, const char *const *args)
{
    say(cli, cli->out, "", id, args);
}

void lh_cli_note_args(const struct lh_cli *cli, enum lh_msg id, const char *const *args)
{
    if (!cli->quiet) {
        say(cli, cli->err, "", id, args);
    }
}

void lh_cli_warn_args(const struct lh_cli *cli, enum lh_msg id, const char *const *args)
{
    say(cli, cli->err, "liuhen: ", id, args);
}

int lh_cli_exit_of(enum lh_code rc)
{
    switch (rc) {
    case LH_OK:
        return LH_EXIT_OK;
    case LH_ERR_INVALID:
        return LH_EXIT_USAGE;
    case LH_AGAIN:
    case LH_ERR_IO:
        return LH_EXIT_IO;
    case LH_ERR_DENIED:
        return LH_EXIT_DENIED;
    case LH_ERR_NOT_FOUND:
        return LH_EXIT_NOT_FOUND;
    case LH_ERR_LIMIT:
        return LH_EXIT_REFUSED;
    case LH_ERR_FORGED:
        return LH_EXIT_FORGED;
    case LH_ERR_UNKNOWN:
        return LH_EXIT_UNKNOWN;
    case LH_ERR_CORRUPT:
    case LH_ERR_CONFLICT:
    case LH_ERR_NOMEM:
        break;
    }
    return LH_EXIT_FAILED;
}

int lh_cli_fail(const struct lh_cli *cli, enum lh_code rc, const struct lh_err *err)
{
    int code = lh_cli_exit_of(rc);
    struct lh_buf words = LH_BUF_EMPTY;
    struct lh_buf safe = LH_BUF_EMPTY;

    lh_refusal_add(&words, err->text[0] != '\0' ? err->text : lh_code_name(rc), cli->lang);
    lh_render_add_safe(&safe, lh_buf_bytes(&words));
    (void)fprintf(cli->err, "liuhen: %s\n", lh_buf_text(&safe));
    lh_buf_clear(&safe);
    lh_buf_clear(&words);
    return code != LH_EXIT_OK ? code : LH_EXIT_FAILED;
}

int lh_cli_usage(const struct lh_cli *cli, enum lh_msg id, const char *a, const char *b)
{
    lh_cli_warn(cli, id, a, b, NULL);
    if (cli->args.verb != NULL) {
        lh_cli_note(cli, LH_MSG_SEE_HELP, cli->args.verb->name, NULL);
    }
    return LH_EXIT_USAGE;
}

const char *lh_cli_sign(const struct lh_cli *cli, enum lh_code rc)
{
    if (rc == LH_OK) {
        return cli->has_utf8 ? "✔" : "OK";
    }
    if (rc == LH_ERR_UNKNOWN) {
        return cli->has_utf8 ? "?" : "UNK";
    }
    return cli->has_utf8 ? "✖" : "FAIL";
}

/* ---- the node ---- */

static struct lh_bytes trimmed(struct lh_bytes text)
{
    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && strchr(" \t\r", text.data[text.len - 1]) != NULL) {
        text.len--;
    }
    return text;
}

/* The value of "key = value", or an empty view. */
static struct lh_bytes value_of_line(struct lh_bytes line, const char *key)
{
    const uint8_t *equals = line.len > 0 ? memchr(line.data, '=', line.len) : NULL;
    struct lh_bytes name;

    if (equals == NULL) {
        return LH_BYTES_EMPTY;
    }
    name = trimmed(lh_bytes_of(line.data, (size_t)(equals - line.data)));
    if (!lh_bytes_is_equal(name, lh_bytes_of_text(key))) {
        return LH_BYTES_EMPTY;
    }
    return trimmed(lh_bytes_of(equals + 1, line.len - (size_t)(equals + 1 - line.data)));
}

static enum lh_code find_setting(struct lh_buf *out, struct lh_bytes text, const char *key,
                                 struct lh_err *err)
{
    const uint8_t *end = text.data + text.len;

    for (const uint8_t *at = text.data; at != NULL && at < end;) {
        const uint8_t *newline = memchr(at, '\n', (size_t)(end - at));
        const uint8_t *stop = newline != NULL ? newline : end;
        struct lh_bytes value = value_of_line(lh_bytes_of(at, (size_t)(stop - at)), key);

        if (value.len > 0) {
            lh_buf_reset(out);
            lh_buf_add(out, value);
            return lh_buf_check(out, err);
        }
        at = stop + 1;
    }
    return lh_err_set(err, LH_ERR_NOT_FOUND, "no setting %s", key);
}

enum lh_code lh_cli_setting(const struct lh_cli *cli, struct lh_buf *out, const char *key,
                            struct lh_err *err)
{
    const char *data = lh_cli_data(cli);
    struct lh_buf path = LH_BUF_EMPTY;
    struct lh_buf text = LH_BUF_EMPTY;
    enum lh_code rc;

    if (data == NULL) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "no data directory is named");
    }
    lh_buf_add_format(&path, "%s/liuhend.conf", data);
    rc = lh_file_read(&text, lh_buf_text(&path), LH_FILE_SMALL_MAX, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = find_setting(out, lh_buf_bytes(&text), key, err);
    if (rc != LH_OK) {
        (void)lh_err_wrap(err, rc, "%s", lh_buf_text(&path));
    }
out:
    lh_buf_clear(&text);
    lh_buf_clear(&path);
    return rc;
}

static enum lh_code node_address(const struct lh_cli *cli, struct lh_buf *out, struct lh_err *err)
{
    const char *node = lh_cli_value(cli, "node");
    struct lh_buf socket = LH_BUF_EMPTY;

    node = node != NULL ? node : environment("LIUHEN_NODE");
    if (node != NULL) {
        lh_buf_add_format(out, "%s%s", node[0] == '/' ? "unix:" : "", node);
        return lh_buf_check(out, err);
    }
    if (lh_cli_data(cli) == NULL) {
        return lh_err_set(err, LH_ERR_INVALID, "%s",
                          lh_words_in(lh_msg_words(LH_MSG_NODE_NOT_NAMED), cli->lang));
    }
    if (lh_cli_setting(cli, &socket, "api.socket", NULL) == LH_OK) {
        lh_buf_add_format(out, "unix:%s", lh_buf_text(&socket));
    } else {
        lh_buf_add_format(out, "unix:%s/liuhend.sock", lh_cli_data(cli));
    }
    lh_buf_clear(&socket);
    return lh_buf_check(out, err);
}

bool lh_cli_has_node(const struct lh_cli *cli)
{
    return lh_cli_value(cli, "node") != NULL || environment("LIUHEN_NODE") != NULL ||
           lh_cli_data(cli) != NULL;
}

/* An option, or the variable that stands for it. */
static enum lh_code https_setting(const struct lh_cli *cli, const char **out, const char *option,
                                  const char *variable, struct lh_err *err)
{
    const char *value = lh_cli_value(cli, option);

    *out = value != NULL ? value : environment(variable);
    if (*out == NULL) {
        return lh_err_set(err, LH_ERR_INVALID, "https wants --%s or %s", option, variable);
    }
    return LH_OK;
}

/* Our key must be ours alone, and the node's must be named in full. */
static enum lh_code check_https(const struct lh_client_options *options, struct lh_err *err)
{
    struct lh_signer *key = NULL;
    struct lh_tls_pin pin;
    enum lh_code rc = lh_tls_pin_parse(&pin, lh_bytes_of_text(options->tls_pin), err);

    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "--tls-pin");
    }
    rc = lh_signer_open(&key, options->tls_key, err);
    lh_signer_free(key);
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "--tls-key");
    }
    return lh_file_exists(options->tls_cert)
               ? LH_OK
               : lh_err_set(err, LH_ERR_NOT_FOUND, "--tls-cert: %s is not there",
                            options->tls_cert);
}

static enum lh_code take_https(const struct lh_cli *cli, struct lh_client_options *out,
                               struct lh_err *err)
{
    enum lh_code rc = https_setting(cli, &out->tls_pin, "tls-pin", "LIUHEN_TLS_PIN", err);

    if (rc == LH_OK) {
        rc = https_setting(cli, &out->tls_cert, "tls-cert", "LIUHEN_TLS_CERT", err);
    }
    if (rc == LH_OK) {
        rc = https_setting(cli, &out->tls_key, "tls-key", "LIUHEN_TLS_KEY", err);
    }
    return rc == LH_OK ? check_https(out, err) : rc;
}

enum lh_code lh_cli_client(struct lh_cli *cli, struct lh_client **out, struct lh_err *err)
{
    struct lh_client_options options = { .timeout_ms = cli->timeout_ms };
    struct lh_buf address = LH_BUF_EMPTY;
    enum lh_code rc = LH_OK;

    if (cli->client == NULL) {
        rc = node_address(cli, &address, err);
        options.node = lh_buf_text(&address);
        if (rc == LH_OK && lh_client_is_https(options.node)) {
            rc = take_https(cli, &options, err);
        }
        if (rc == LH_OK) {
            rc = lh_client_new(&cli->client, &options, err);
        }
    }
    if (rc == LH_OK) {
        *out = cli->client;
    }
    lh_buf_clear(&address);
    return rc;
}
