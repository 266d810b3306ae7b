/*
 * Guard files. After a first byte 's' come the contents of two slots, whose checksums are made
 * here, so that mutated slots get past them; anything else is a whole file. A head is never read
 * from slots of which each has one bit that flipped.
 */
#include "ledger/guard.h"

#include "crypto/base/assert.h"
#include "tests/support/fuzz_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SLOT_CONTENT = 496, SLOT_SPACING = 4096, FILE_SIZE = 2 * SLOT_SPACING, CHECKSUM_SIZE = 16 };

static void build(uint8_t file[FILE_SIZE], struct lh_bytes contents)
{
    struct lh_suite *suite = NULL;

    memset(file, 0, FILE_SIZE);
    lh_assert(lh_suite_new(&suite, LH_SUITE_W, NULL) == LH_OK);
    for (size_t i = 0; i < 2; i++) {
        uint8_t *slot = file + i * SLOT_SPACING;
        size_t len = contents.len < SLOT_CONTENT ? contents.len : SLOT_CONTENT;

        if (len > 0) {
            memcpy(slot, contents.data, len);
            contents = lh_bytes_of(contents.data + len, contents.len - len);
        }
        struct lh_hash checksum = lh_hash(suite, lh_bytes_of(slot, SLOT_CONTENT));
        memcpy(slot + SLOT_CONTENT, checksum.bytes, CHECKSUM_SIZE);
    }
    lh_suite_free(suite);
}

static enum lh_code peek(struct lh_bytes file)
{
    struct lh_guard_head head;
    enum lh_code rc = lh_guard_peek(fuzz_file(0, file), &head, NULL);

    lh_assert(rc == LH_OK || rc == LH_ERR_NOT_FOUND || rc == LH_ERR_CORRUPT);
    lh_assert(rc != LH_OK || memchr(head.origin, 0, sizeof head.origin) != NULL);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t file[FILE_SIZE];
    struct lh_guard_head head;

    lh_assert(lh_guard_peek("/dev/null/guard", &head, NULL) == LH_ERR_IO);
    if (size == 0 || data[0] != 's') {
        (void)peek(lh_bytes_of(data, size));
        return 0;
    }
    build(file, lh_bytes_of(data + 1, size - 1));
    if (peek(lh_bytes_of(file, sizeof file)) != LH_ERR_CORRUPT) {
        file[size % SLOT_CONTENT] ^= 1;
        file[SLOT_SPACING + size % SLOT_CONTENT] ^= 1;
        lh_assert(peek(lh_bytes_of(file, sizeof file)) == LH_ERR_CORRUPT);
    }
    return 0;
}
