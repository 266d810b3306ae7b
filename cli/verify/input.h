#ifndef LH_CLI_VERIFY_INPUT_H
#define LH_CLI_VERIFY_INPUT_H

/*
 * A file to verify, as a stream: plain or zstd, told apart by its first bytes. The first bytes can
 * be looked at before anything is consumed.
 */

#include "ledger/archive.h"

enum lh_input_kind {
    LH_INPUT_ARCHIVE,
    LH_INPUT_RECEIPT,
    LH_INPUT_CHECKPOINT,
    LH_INPUT_JOURNAL, /* a journal receipt */
    LH_INPUT_EVIDENCE,
    LH_INPUT_PROMISES,
    LH_INPUT_EMPTY,
    LH_INPUT_UNKNOWN,
};

struct lh_input;

/** Open a file, "-" for standard input. LH_ERR_NOT_FOUND, LH_ERR_DENIED, LH_ERR_IO (a directory
 * too). */
enum lh_code lh_input_open(struct lh_input **out, const char *path,
                           struct lh_err *err) LH_MUST_CHECK;
void lh_input_close(struct lh_input *input);
/** What the content is, by its first bytes. */
enum lh_input_kind lh_input_detect(const struct lh_input *input);
/** Read on, decompressed. LH_ERR_INVALID: broken compression; LH_ERR_UNKNOWN: it ends early. */
enum lh_code lh_input_read(struct lh_input *input, void *out, size_t room, size_t *out_len,
                           struct lh_err *err) LH_MUST_CHECK;
/** All of it, at most `max` bytes: LH_ERR_LIMIT beyond. */
enum lh_code lh_input_read_all(struct lh_input *input, struct lh_buf *out, size_t max,
                               struct lh_err *err) LH_MUST_CHECK;
/** Bytes of the file consumed so far, and its size; 0 when it has none (a pipe). */
uint64_t lh_input_position(const struct lh_input *input);
uint64_t lh_input_size(const struct lh_input *input);

#endif
