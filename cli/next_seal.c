#include "cli/next_seal.h"

#include "cli/files.h"
#include "crypto/note.h"
#include "crypto/signer.h"

#include <inttypes.h>
#include <string.h>

enum lh_code lh_next_seal_make(struct lh_cli *cli, const struct lh_genesis *genesis,
                               uint32_t generation, struct lh_pubkey *out, struct lh_err *err)
{
    bool is_g = lh_genesis_suite(genesis) == LH_SUITE_G;
    struct lh_signer *signer = NULL;
    struct lh_buf path = LH_BUF_EMPTY;
    enum lh_code rc;

    lh_buf_add_format(&path, "%s/keys/seal-%" PRIu32 ".pem", lh_cli_data(cli), generation);
    rc = lh_buf_check(&path, err);
    if (rc == LH_OK && lh_file_exists(lh_buf_text(&path))) {
        rc = lh_signer_open(&signer, lh_buf_text(&path), err);
    } else if (rc == LH_OK) {
        rc = lh_signer_generate(&signer, is_g ? LH_ALG_SM2 : LH_ALG_ED25519, err);
        if (rc == LH_OK) {
            rc = lh_signer_save(signer, lh_buf_text(&path), err);
        }
        if (rc == LH_OK) {
            lh_cli_note(cli, LH_MSG_FINISH_KEY, lh_buf_text(&path), NULL);
        }
    }
    if (rc == LH_OK) {
        *out = *lh_signer_pubkey(signer);
    }
    lh_signer_free(signer);
    lh_buf_clear(&path);
    return rc;
}

/* The line of the new seal goes before the quorum, which ends a policy. */
static void add_log(struct lh_buf *out, struct lh_bytes policy, const char *line)
{
    static const char quorum[] = "quorum ";
    size_t at = 0;

    while (at < policy.len && (policy.len - at < sizeof quorum - 1 ||
                               memcmp(policy.data + at, quorum, sizeof quorum - 1) != 0)) {
        const uint8_t *end = memchr(policy.data + at, '\n', policy.len - at);

        at = end != NULL ? (size_t)(end - policy.data) + 1 : policy.len;
    }
    lh_buf_add(out, lh_bytes_of(policy.data, at));
    lh_buf_add_text(out, line);
    lh_buf_add(out, lh_bytes_of(policy.data + at, policy.len - at));
}

/* Whoever reads trust.policy in the data directory trusts its node's next seal too. */
enum lh_code lh_next_seal_trust(struct lh_cli *cli, const char *origin,
                                const struct lh_pubkey *seal, struct lh_err *err)
{
    struct lh_buf path = LH_BUF_EMPTY;
    struct lh_buf old = LH_BUF_EMPTY;
    struct lh_buf line = LH_BUF_EMPTY;
    struct lh_buf new = LH_BUF_EMPTY;
    struct lh_note_key key;
    enum lh_code rc;

    lh_buf_add_format(&path, "%s/trust.policy", lh_cli_data(cli));
    rc = lh_file_read(&old, lh_buf_text(&path), LH_FILE_SMALL_MAX, err);
    if (rc == LH_ERR_NOT_FOUND) {
        rc = LH_OK; /* whoever keeps it elsewhere adds the key there */
        goto out;
    }
    if (rc == LH_OK) {
        rc = lh_note_key_init(&key, origin, LH_NOTE_LOG, seal, err);
    }
    if (rc != LH_OK) {
        goto out;
    }
    lh_buf_add_text(&line, "log ");
    lh_note_key_format(&line, &key);
    lh_buf_add_text(&line, "\n");
    if (strstr(lh_buf_text(&old), lh_buf_text(&line)) != NULL) {
        goto out;
    }
    add_log(&new, lh_buf_bytes(&old), lh_buf_text(&line));
    rc = lh_buf_check(&new, err);
    if (rc == LH_OK) {
        rc = lh_file_replace(lh_buf_text(&path), lh_buf_bytes(&new), 0644, err);
    }
out:
    lh_buf_clear(&new);
    lh_buf_clear(&line);
    lh_buf_clear(&old);
    lh_buf_clear(&path);
    return rc;
}
