#ifndef LH_CLI_HOME_H
#define LH_CLI_HOME_H

/*
 * The data directory of a node while it is being founded. Nothing is ever overwritten: what is
 * there is kept, what is made is synced, whole, and said on standard output (with --json left to
 * the verb).
 */

#include "cli/cli.h"
#include "crypto/secret.h"

struct lh_home {
    const struct lh_cli *cli;
    struct lh_buf path; /* absolute */
    size_t made;        /* files and directories */
};

/** Make --data and its keys/. The caller clears `out` in every case. */
enum lh_code lh_home_open(struct lh_home *out, const struct lh_cli *cli,
                          struct lh_err *err) LH_MUST_CHECK;
void lh_home_clear(struct lh_home *home);

/** Say that something was made. */
void lh_home_tell(struct lh_home *home, const char *path);
/** Replace `out` by the place of a file of the home. */
enum lh_code lh_home_path(const struct lh_home *home, struct lh_buf *out, const char *name,
                          struct lh_err *err) LH_MUST_CHECK;
/** Make a directory anywhere, and replace `out` by its absolute path. */
enum lh_code lh_home_dir(struct lh_home *home, struct lh_buf *out, const char *path,
                         struct lh_err *err) LH_MUST_CHECK;
/** The private key of this name, made if it is not there; `out` is its public half. */
enum lh_code lh_home_key(struct lh_home *home, struct lh_pubkey *out, const char *name,
                         enum lh_alg alg, struct lh_err *err) LH_MUST_CHECK;
/** A secret of 32 bytes, made if it is not there. */
enum lh_code lh_home_secret(struct lh_home *home, const char *name,
                            struct lh_err *err) LH_MUST_CHECK;
/** Make a file, or see that it is there, whatever it says. */
enum lh_code lh_home_file(struct lh_home *home, const char *name, struct lh_bytes content,
                          struct lh_err *err) LH_MUST_CHECK;
/** LH_ERR_CONFLICT: the file is there and says something else. */
enum lh_code lh_home_check(const struct lh_home *home, const char *name, struct lh_bytes content,
                           struct lh_err *err) LH_MUST_CHECK;

#endif
