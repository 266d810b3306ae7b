#ifndef LH_BENCH_DRAFTS_H
#define LH_BENCH_DRAFTS_H

/*
 * Bodies written down before a load begins, as a business system has them at hand, so that the load
 * costs its clients what it must: a signature and a request.
 */

#include "tests/bench/people.h"

struct drafts {
    struct lh_buf bytes; /* u32 len || body || u32 len || canonical SubjectPost (0: none) || ... */
    struct lh_reader next;
    uint64_t serial; /* of the next one to be used, for the staff member that signs */
};

/** Write `count` drafts with serials from `first` on. */
void drafts_write(struct drafts *out, const struct people *people, bool has_private, uint64_t first,
                  size_t count, int64_t now_unix_ms);
void drafts_clear(struct drafts *drafts);
/** Sign the next draft and append its canonical Submission; false when none is left. */
bool drafts_sign_next(struct drafts *drafts, const struct people *people, struct lh_buf *out);

#endif
