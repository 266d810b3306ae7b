#include "cli/home.h"

#include "cli/files.h"
#include "crypto/signer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void lh_home_tell(struct lh_home *home, const char *path)
{
    home->made++;
    if (!home->cli->json) {
        lh_cli_print(home->cli, LH_MSG_INIT_CREATED, path, NULL);
    }
}

static enum lh_code make_dir(struct lh_home *home, const char *path, struct lh_err *err)
{
    bool is_there = lh_file_exists(path);
    enum lh_code rc = lh_dir_make(path, 0700, err);

    if (rc == LH_OK && !is_there) {
        lh_home_tell(home, path);
    }
    return rc;
}

enum lh_code lh_home_dir(struct lh_home *home, struct lh_buf *out, const char *path,
                         struct lh_err *err)
{
    enum lh_code rc = make_dir(home, path, err);
    char *real;

    if (rc != LH_OK) {
        return rc;
    }
    real = realpath(path, NULL);
    if (real == NULL) {
        return lh_err_set(err, LH_ERR_IO, "%s: %s", path, strerror(errno));
    }
    lh_buf_reset(out);
    lh_buf_add_text(out, real);
    free(real);
    return lh_buf_check(out, err);
}

enum lh_code lh_home_open(struct lh_home *out, const struct lh_cli *cli, struct lh_err *err)
{
    struct lh_buf keys = LH_BUF_EMPTY;
    enum lh_code rc;

    *out = (struct lh_home){ .cli = cli };
    rc = lh_home_dir(out, &out->path, lh_cli_data(cli), err);
    if (rc == LH_OK) {
        rc = lh_home_path(out, &keys, "keys", err);
    }
    if (rc == LH_OK) {
        rc = make_dir(out, lh_buf_text(&keys), err);
    }
    lh_buf_clear(&keys);
    return rc;
}

void lh_home_clear(struct lh_home *home)
{
    lh_buf_clear(&home->path);
}

enum lh_code lh_home_path(const struct lh_home *home, struct lh_buf *out, const char *name,
                          struct lh_err *err)
{
    lh_buf_reset(out);
    lh_buf_add_format(out, "%s/%s", lh_buf_text(&home->path), name);
    return lh_buf_check(out, err);
}

enum lh_code lh_home_key(struct lh_home *home, struct lh_pubkey *out, const char *name,
                         enum lh_alg alg, struct lh_err *err)
{
    struct lh_buf path = LH_BUF_EMPTY;
    struct lh_signer *signer = NULL;
    enum lh_code rc;

    rc = lh_home_path(home, &path, name, err);
    if (rc == LH_OK && lh_file_exists(lh_buf_text(&path))) {
        rc = lh_signer_open(&signer, lh_buf_text(&path), err);
    } else if (rc == LH_OK) {
        rc = lh_signer_generate(&signer, alg, err);
        if (rc == LH_OK) {
            rc = lh_signer_save(signer, lh_buf_text(&path), err);
        }
        if (rc == LH_OK) {
            lh_home_tell(home, lh_buf_text(&path));
        }
    }
    if (rc == LH_OK) {
        *out = *lh_signer_pubkey(signer);
    }
    lh_signer_free(signer);
    lh_buf_clear(&path);
    return rc;
}

enum lh_code lh_home_secret(struct lh_home *home, const char *name, struct lh_err *err)
{
    struct lh_buf path = LH_BUF_EMPTY;
    struct lh_secret secret = { .len = 32 };
    struct lh_random random = lh_random_system();
    enum lh_code rc;

    rc = lh_home_path(home, &path, name, err);
    if (rc == LH_OK && !lh_file_exists(lh_buf_text(&path))) {
        rc = lh_random_fill(&random, secret.bytes, secret.len, err);
        if (rc == LH_OK) {
            rc = lh_secret_write(&secret, lh_buf_text(&path), err);
        }
        if (rc == LH_OK) {
            lh_home_tell(home, lh_buf_text(&path));
        }
    }
    lh_secret_clear(&secret);
    lh_buf_clear(&path);
    return rc;
}

enum lh_code lh_home_file(struct lh_home *home, const char *name, struct lh_bytes content,
                          struct lh_err *err)
{
    struct lh_buf path = LH_BUF_EMPTY;
    enum lh_code rc;

    rc = lh_home_path(home, &path, name, err);
    if (rc == LH_OK && !lh_file_exists(lh_buf_text(&path))) {
        rc = lh_file_write_new(lh_buf_text(&path), content, 0644, err);
        if (rc == LH_OK) {
            lh_home_tell(home, lh_buf_text(&path));
        }
    }
    lh_buf_clear(&path);
    return rc;
}

enum lh_code lh_home_check(const struct lh_home *home, const char *name, struct lh_bytes content,
                           struct lh_err *err)
{
    struct lh_buf path = LH_BUF_EMPTY;
    struct lh_buf there = LH_BUF_EMPTY;
    enum lh_code rc;

    rc = lh_home_path(home, &path, name, err);
    if (rc == LH_OK && lh_file_exists(lh_buf_text(&path))) {
        rc = lh_file_read(&there, lh_buf_text(&path), LH_FILE_SMALL_MAX, err);
        if (rc == LH_OK && !lh_bytes_is_equal(lh_buf_bytes(&there), content)) {
            rc =
                lh_err_set(err, LH_ERR_CONFLICT,
                           "%s was made with other words: nothing was changed", lh_buf_text(&path));
        }
    }
    lh_buf_clear(&there);
    lh_buf_clear(&path);
    return rc;
}
