#include "cli/cmds.h"

#include "cli/files.h"
#include "cli/readable.h"
#include "crypto/signer.h"
#include "crypto/text.h"

#include <string.h>
#include <unistd.h>

const struct lh_option lh_keygen_options[] = {
    { "alg",
      'a',
      "ALG",
      { "p256 (default), ed25519 or sm2", "算法: p256 (默认), ed25519 或 sm2" } },
    { "output", 'o', "FILE.pem", { "where the private key goes", "私钥文件" } },
    { .name = NULL },
};

/* "x.pem" -> "x.pub", anything else gets ".pub" behind it. */
static void add_public_path(struct lh_buf *out, const char *path)
{
    size_t len = strlen(path);

    if (len > 4 && strcmp(path + len - 4, ".pem") == 0) {
        len -= 4;
    }
    lh_buf_add(out, lh_bytes_of(path, len));
    lh_buf_add_text(out, ".pub");
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

int lh_cmd_keygen(struct lh_cli *cli)
{
    const char *path = lh_cli_value(cli, "output");
    const char *alg_name = lh_cli_value(cli, "alg");
    struct lh_signer *signer = NULL;
    struct lh_buf public_path = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    enum lh_alg alg = LH_ALG_P256;
    enum lh_code rc = LH_OK;

    if (path == NULL) {
        return lh_cli_usage(cli, LH_MSG_OPTION_MISSING, "--output FILE.pem", "");
    }
    if (alg_name != NULL) {
        rc = lh_alg_parse(&alg, lh_bytes_of_text(alg_name), &err);
    }
    add_public_path(&public_path, path);
    if (rc == LH_OK && (lh_file_exists(path) || lh_file_exists(lh_buf_text(&public_path)))) {
        rc = lh_err_set(&err, LH_ERR_CONFLICT, "%s exists: a key is never overwritten",
                        lh_file_exists(path) ? path : lh_buf_text(&public_path));
    }
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
