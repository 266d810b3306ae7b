#ifndef LH_LEDGER_ARCHIVE_H
#define LH_LEDGER_ARCHIVE_H

/*
 * The archive `.lhar`: a stream of frames that carries one or more ledgers whole, so that anybody
 * can replay them with no other file.  `.lhar.zst` is an ordinary zstd file of it.
 *
 *   file  = "LHAR1\n" frame* end
 *   frame = u8 kind || u32 len || len bytes
 *   kinds: 1 genesis (once, first)
 *          2 ledger (origin text: the blocks that follow are its)
 *          3 leaf (canonical bytes)
 *          4 checkpoint (signed note; closes a block)
 *          5 private part (u64 index || bytes; of a leaf of the block just closed)
 *          6 end (u64 count of frames before it)
 *          7 private parts kept (empty, behind a ledger frame: every private part of the ledger is
 *            here, but for those that an ERASE covers)
 *          8 epoch (a proposal, behind the genesis or the epoch before it)
 *
 * A block is its leaf frames in order (header last) and one checkpoint frame. Unknown kinds are
 * LH_ERR_UNKNOWN, never skipped. Bytes after `end` are refused; so is a missing end.
 * Pure: reads through a callback, constant memory.  Spec: specs/ledger.md 10.
 */

#include "crypto/base/buf.h"

enum lh_archive_kind {
    LH_ARCHIVE_GENESIS = 1,
    LH_ARCHIVE_LEDGER = 2,
    LH_ARCHIVE_LEAF = 3,
    LH_ARCHIVE_CHECKPOINT = 4,
    LH_ARCHIVE_PRIVATE = 5,
    LH_ARCHIVE_END = 6,
    LH_ARCHIVE_KEPT = 7,
    LH_ARCHIVE_EPOCH = 8,
};

enum { LH_ARCHIVE_FRAME_MAX = 128 * 1024, LH_ARCHIVE_FRAME_HEAD = 5, LH_ARCHIVE_MAGIC_LEN = 6 };

/* The first bytes of every archive (LH_ARCHIVE_MAGIC_LEN without the NUL). */
#define LH_ARCHIVE_MAGIC "LHAR1\n"

struct lh_archive_frame {
    enum lh_archive_kind kind;
    struct lh_bytes content; /* borrowed until the next call */
    uint64_t offset;         /* of the frame in the uncompressed stream */
};

/* Fill up to `room` bytes; *out_len 0 at the end of the stream. */
struct lh_archive_input {
    enum lh_code (*read)(void *arg, void *out, size_t room, size_t *out_len, struct lh_err *err);
    void *arg;
};

struct lh_archive_reader;

enum lh_code lh_archive_reader_new(struct lh_archive_reader **out,
                                   const struct lh_archive_input *input,
                                   struct lh_err *err) LH_MUST_CHECK;
void lh_archive_reader_free(struct lh_archive_reader *reader);
/**
 * Next frame, in an order that the format allows; the end frame is checked here and not handed out.
 *
 * LH_ERR_NOT_FOUND after a proper end. LH_ERR_INVALID (with offset) for broken framing.
 * LH_ERR_UNKNOWN when the stream stops before its end frame or has a frame of a kind that this
 * version does not know: what is needed to judge is not here. Codes of the input pass through.
 * After any failure every further call gives that failure again.
 */
enum lh_code lh_archive_next(struct lh_archive_reader *reader, struct lh_archive_frame *out,
                             struct lh_err *err) LH_MUST_CHECK;
/** Bytes of the stream behind the last frame handed out. */
uint64_t lh_archive_offset(const struct lh_archive_reader *reader);

/** Append the magic / a frame / the end to a buffer that the caller writes out. */
void lh_archive_begin(struct lh_buf *out);
void lh_archive_add(struct lh_buf *out, enum lh_archive_kind kind, struct lh_bytes content);
void lh_archive_end(struct lh_buf *out, uint64_t frame_count);

#endif
