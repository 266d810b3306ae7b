/*
 * States of `liuhen-verify --resume`: as they are, and under a sum that fits, which chance would
 * not find. What is read has nothing that a replay may not rely on.
 */
#include "cli/verify/past.h"

#include "crypto/base/assert.h"
#include "crypto/text.h"
#include "tests/support/fuzz_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_state(struct lh_bytes text)
{
    struct lh_past past = { .is_there = false };

    enum lh_code rc = lh_past_read(&past, fuzz_file(0, text), NULL);
    lh_assert(rc == LH_OK || rc == LH_ERR_INVALID || rc == LH_ERR_UNKNOWN || rc == LH_ERR_LIMIT);
    lh_assert(past.is_there == (rc == LH_OK));
    lh_assert(past.replay.count <= LH_REPLAY_LEDGERS_MAX);
    for (size_t i = 0; i < past.replay.count; i++) {
        const struct lh_replay_mark *mark = &past.replay.marks[i];
        struct lh_origin origin;

        lh_assert(mark->size > 0);
        lh_assert(lh_origin_parse(&origin, lh_bytes_of_text(mark->origin), NULL) == LH_OK);
    }
    lh_past_clear(&past);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lh_buf sealed = LH_BUF_EMPTY;
    struct lh_suite *suite;

    read_state(lh_bytes_of(data, size));
    lh_assert(lh_suite_new(&suite, LH_SUITE_W, NULL) == LH_OK);
    struct lh_hash sum = lh_hash(suite, lh_bytes_of(data, size));
    lh_suite_free(suite);
    lh_buf_add(&sealed, lh_bytes_of(data, size));
    lh_buf_add_text(&sealed, "sum ");
    lh_hex_add(&sealed, lh_hash_bytes(&sum));
    lh_buf_add_text(&sealed, "\n");
    lh_assert(lh_buf_check(&sealed, NULL) == LH_OK);
    read_state(lh_buf_bytes(&sealed));
    lh_buf_clear(&sealed);
    return 0;
}
