#ifndef LH_CLI_UNPACK_H
#define LH_CLI_UNPACK_H

/*
 * A file's bytes in their order, whether it is plain, gzip or zstd: told apart by its first bytes.
 * Several compressed streams in a row are one. A compressed file that was cut or damaged is an
 * error, never a shorter file.
 */

#include "crypto/base/bytes.h"
#include "crypto/base/err.h"

struct lh_unpack;

/** Open `path` ("-": standard input). LH_ERR_NOT_FOUND, LH_ERR_IO; errors begin with "PATH: ". */
enum lh_code lh_unpack_open(struct lh_unpack **out, const char *path,
                            struct lh_err *err) LH_MUST_CHECK;
void lh_unpack_close(struct lh_unpack *unpack);
/** As lh_unpack_open was told. */
const char *lh_unpack_path(const struct lh_unpack *unpack);
/** The next bytes, at most `room`; `*out_len` is 0 at the end only. LH_ERR_IO as for open. */
enum lh_code lh_unpack_read(struct lh_unpack *unpack, void *out, size_t room, size_t *out_len,
                            struct lh_err *err) LH_MUST_CHECK;

#endif
