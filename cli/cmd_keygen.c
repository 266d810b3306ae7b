#include "cli/cmds.h"

#include "cli/files.h"
#include "cli/readable.h"
#include "crypto/signer.h"
#include "crypto/text.h"
#include "net/tls_cert.h"

#include <string.h>
#include <unistd.h>

enum { TLS_DAYS = 365, TLS_DAYS_MAX = 3650 };

#define DAY_MS ((int64_t)24 * 3600 * 1000)

const struct lh_option lh_keygen_options[] = {
    { "alg",
      'a',
      "ALG",
      { "p256 (default), ed25519 or sm2", "算法: p256 (默认), ed25519 或 sm2" } },
    { "output", 'o', "FILE.pem", { "where the private key goes", "私钥文件" } },
    { "tls",
      0,
      NULL,
      { "a key for TLS, with a certificate in FILE.crt", "用于 TLS, 证书写入 FILE.crt" } },
    { "name", 0, "TEXT", { "name in the certificate (liuhen)", "证书中的名称 (liuhen)" } },
    { "days", 0, "N", { "how long the certificate lasts (365)", "证书有效天数 (365)" } },
    { "renew", 0, NULL, { "a new certificate for the key that is there", "为已有密钥签发新证书" } },
    { .name = NULL },
};

/* "x.pem" -> "x.pub", anything else gets ".pub" behind it. */
static void add_beside(struct lh_buf *out, const char *path, const char *ending)
{
    size_t len = strlen(path);

    if (len > 4 && strcmp(path + len - 4, ".pem") == 0) {
        len -= 4;
    }
    lh_buf_add(out, lh_bytes_of(path, len));
    lh_buf_add_text(out, ending);
}

static enum lh_code write_public(const struct lh_signer *signer, const char *path,
                                 struct lh_err *err)
{
    struct lh_buf text = LH_BUF_EMPTY;
    enum lh_code rc;

    lh_pubkey_format(&text, lh_signer_pubkey(signer));
    lh_buf_add_text(&text, "\n");
    rc = lh_buf_check(&text, err);
    if (rc == LH_OK) {
        rc = lh_file_write_new(path, lh_buf_bytes(&text), 0644, err);
    }
    lh_buf_clear(&text);
    return rc;
}

/* "6b1f 2a90 ...": the whole hash that the key id is the beginning of. */
static void add_fingerprint(struct lh_buf *out, struct lh_suite *suite, const struct lh_pubkey *key)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_hash hash;

    lh_buf_add_u8(&bytes, (uint8_t)key->alg);
    lh_buf_add(&bytes, lh_pubkey_bytes(key));
    hash = lh_hash_tagged(suite, "liuhen/key/v1", lh_buf_bytes(&bytes));
    for (size_t i = 0; i < LH_HASH_SIZE; i += 2) {
        lh_buf_add_text(out, i > 0 ? " " : "");
        lh_hex_add(out, lh_bytes_of(hash.bytes + i, 2));
    }
    lh_buf_clear(&bytes);
}

static enum lh_code print_key(const struct lh_cli *cli, const struct lh_pubkey *key,
                              const char *private_path, const char *public_path, struct lh_err *err)
{
    struct lh_suite *suite = NULL;
    struct lh_buf fingerprint = LH_BUF_EMPTY;
    struct lh_key_id id;
    char id_hex[2 * LH_KEY_ID_SIZE + 1];
    enum lh_code rc;

    rc = lh_suite_new(&suite, key->alg == LH_ALG_SM2 ? LH_SUITE_G : LH_SUITE_W, err);
    if (rc != LH_OK) {
        return rc;
    }
    id = lh_key_id_of(suite, key);
    lh_hex_format(id_hex, lh_bytes_of(id.bytes, sizeof id.bytes));
    add_fingerprint(&fingerprint, suite, key);
    if (cli->json) {
        (void)fprintf(cli->out,
                      "{\"schema\":\"liuhen.key/1\",\"alg\":\"%s\",\"key_id\":\"%s\","
                      "\"fingerprint\":\"%s\"}\n",
                      lh_alg_name(key->alg), id_hex, lh_buf_text(&fingerprint));
    } else {
        lh_cli_print(cli, LH_MSG_KEY_MADE, private_path, public_path, id_hex,
                     lh_buf_text(&fingerprint), NULL);
    }
    lh_buf_clear(&fingerprint);
    lh_suite_free(suite);
    return LH_OK;
}

/* Neither of the two files is there. */
static enum lh_code check_new(const char *path, const char *beside, struct lh_err *err)
{
    if (!lh_file_exists(path) && !lh_file_exists(beside)) {
        return LH_OK;
    }
    return lh_err_set(err, LH_ERR_CONFLICT, "%s exists: a key is never overwritten",
                      lh_file_exists(path) ? path : beside);
}

static int make_key(struct lh_cli *cli, const char *path, enum lh_alg alg)
{
    struct lh_signer *signer = NULL;
    struct lh_buf public_path = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    add_beside(&public_path, path, ".pub");
    rc = check_new(path, lh_buf_text(&public_path), &err);
    if (rc == LH_OK) {
        rc = lh_signer_generate(&signer, alg, &err);
    }
    if (rc == LH_OK) {
        rc = lh_signer_save(signer, path, &err);
    }
    if (rc == LH_OK) {
        rc = write_public(signer, lh_buf_text(&public_path), &err);
    }
    if (rc == LH_OK) {
        rc = print_key(cli, lh_signer_pubkey(signer), path, lh_buf_text(&public_path), &err);
    }
    lh_signer_free(signer);
    lh_buf_clear(&public_path);
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}

/* ---- TLS ---- */

static enum lh_code read_days(const struct lh_cli *cli, int64_t *out, struct lh_err *err)
{
    const char *text = lh_cli_value(cli, "days");
    uint64_t days = TLS_DAYS;

    if (text != NULL && (lh_decimal_parse(&days, lh_bytes_of_text(text), NULL) != LH_OK ||
                         days < 1 || days > TLS_DAYS_MAX)) {
        return lh_err_set(err, LH_ERR_INVALID, "--days: 1 to %d", TLS_DAYS_MAX);
    }
    *out = (int64_t)days;
    return LH_OK;
}

static enum lh_code make_tls_key(enum lh_alg alg, const char *path, const char *cert_path,
                                 struct lh_err *err)
{
    struct lh_signer *signer = NULL;
    enum lh_code rc = check_new(path, cert_path, err);

    if (rc == LH_OK && alg != LH_ALG_P256 && alg != LH_ALG_ED25519) {
        rc = lh_err_set(err, LH_ERR_INVALID, "--tls: the key is p256 or ed25519");
    }
    if (rc == LH_OK) {
        rc = lh_signer_generate(&signer, alg, err);
    }
    if (rc == LH_OK) {
        rc = lh_signer_save(signer, path, err);
    }
    lh_signer_free(signer);
    return rc;
}

static void print_tls(const struct lh_cli *cli, const char *path, const char *cert_path,
                      const struct lh_tls_pin *pin, int64_t until_unix_ms)
{
    char pin_text[LH_TLS_PIN_TEXT_SIZE];
    char until[LH_TIME_TEXT_SIZE];

    lh_tls_pin_format(pin_text, pin);
    lh_time_format_utc(until, until_unix_ms);
    if (cli->json) {
        (void)fprintf(cli->out,
                      "{\"schema\":\"liuhen.tls-key/1\",\"pin\":\"%s\",\"until\":\"%s\"}\n",
                      pin_text, until);
        return;
    }
    until[strlen("2026-11-24")] = '\0';
    lh_cli_print(cli, LH_MSG_TLS_KEY_MADE, path, cert_path, pin_text, until, NULL);
}

static int make_tls(struct lh_cli *cli, const char *path, enum lh_alg alg)
{
    const char *name = lh_cli_value(cli, "name");
    int64_t now_ms = cli->clock.wall_unix_ms(cli->clock.arg);
    struct lh_tls_cert_request request = { .key_path = path,
                                           .name = name != NULL ? name : "liuhen",
                                           .from_unix_ms = now_ms - DAY_MS };
    struct lh_buf cert_path = LH_BUF_EMPTY;
    struct lh_buf pem = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct lh_tls_pin pin;
    int64_t days = 0;
    enum lh_code rc;

    add_beside(&cert_path, path, ".crt");
    rc = read_days(cli, &days, &err);
    request.until_unix_ms = now_ms + days * DAY_MS;
    if (rc == LH_OK && !lh_cli_has(cli, "renew")) {
        rc = make_tls_key(alg, path, lh_buf_text(&cert_path), &err);
    }
    if (rc == LH_OK) {
        rc = lh_tls_cert_make(&pem, &pin, &request, &err);
    }
    if (rc == LH_OK) {
        rc = lh_file_replace(lh_buf_text(&cert_path), lh_buf_bytes(&pem), 0644, &err);
    }
    if (rc == LH_OK) {
        print_tls(cli, path, lh_buf_text(&cert_path), &pin, request.until_unix_ms);
    }
    lh_buf_clear(&pem);
    lh_buf_clear(&cert_path);
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}

int lh_cmd_keygen(struct lh_cli *cli)
{
    static const char *const of_tls[] = { "name", "days", "renew" };
    const char *path = lh_cli_value(cli, "output");
    const char *alg_name = lh_cli_value(cli, "alg");
    struct lh_err err = LH_ERR_NONE;
    enum lh_alg alg = LH_ALG_P256;

    if (path == NULL) {
        return lh_cli_usage(cli, LH_MSG_OPTION_MISSING, "--output FILE.pem", "");
    }
    for (size_t i = 0; i < sizeof of_tls / sizeof of_tls[0]; i++) {
        if (lh_cli_has(cli, of_tls[i]) && !lh_cli_has(cli, "tls")) {
            return lh_cli_usage(cli, LH_MSG_OPTION_WANTS_OTHER, of_tls[i], "tls");
        }
    }
    if (alg_name != NULL && lh_alg_parse(&alg, lh_bytes_of_text(alg_name), &err) != LH_OK) {
        return lh_cli_fail(cli, LH_ERR_INVALID, &err);
    }
    return lh_cli_has(cli, "tls") ? make_tls(cli, path, alg) : make_key(cli, path, alg);
}
