#ifndef LH_CLI_VERIFY_PAST_H
#define LH_CLI_VERIFY_PAST_H

/*
 * The state file of --resume: what was verified of one archive the last time, to its end and with
 * its signatures. Lines, each ended by a newline:
 *
 *     liuhen/verified@v1
 *     network <id, 64 hex digits>
 *     ledger <origin> <size> <root, 64 hex digits>     one for each ledger that has a block
 *     sum <SHA-256 of the bytes before this line, 64 hex digits>
 *
 * The sum finds damage, not malice: who can write the file decides whose signatures are checked.
 *
 * Spec: specs/ledger.md 11, T03.
 */

#include "ledger/replay.h"

struct lh_past {
    bool is_there; /* a state was read */
    struct lh_replay_past replay;
    struct lh_replay_mark *marks; /* what `replay` points to */
};

void lh_past_clear(struct lh_past *past);
/**
 * Into a past of zeros. A file that is not there leaves it so: nothing was verified yet.
 * LH_ERR_INVALID: it is no such file, or damaged; LH_ERR_IO and the like.
 */
enum lh_code lh_past_read(struct lh_past *past, const char *path, struct lh_err *err) LH_MUST_CHECK;
/** Put in its place, at once or not at all, where a verified archive ended. LH_ERR_IO. */
enum lh_code lh_past_write(const struct lh_replay *replay, const char *path,
                           struct lh_err *err) LH_MUST_CHECK;

#endif
