/*
 * Checkpoints from outside: as the text of a note, and as a signed note. What is parsed is the only
 * text for its values.
 */
#include "ledger/checkpoint.h"

#include "crypto/base/assert.h"
#include "tests/support/records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(struct lh_bytes text)
{
    struct lh_buf again = LH_BUF_EMPTY;
    struct lh_checkpoint checkpoint;

    if (lh_checkpoint_parse(&checkpoint, text, NULL) == LH_OK) {
        lh_checkpoint_format(&again, &checkpoint);
        lh_assert(lh_bytes_is_equal(lh_buf_bytes(&again), text));
        lh_assert(again.len <= LH_CHECKPOINT_TEXT_MAX);
    }
    lh_buf_clear(&again);
}

/* A fuzzer signs nothing, so what verifies is one of the checkpoints that were really made. */
static void check_note(struct lh_bytes bytes)
{
    struct lh_checkpoint checkpoint;
    struct lh_note_key seal;
    struct lh_note note;

    lh_assert(lh_note_key_parse(&seal, lh_bytes_of_text(RECORDS_VKEY), NULL) == LH_OK);
    if (lh_note_parse(&note, bytes, NULL) == LH_OK) {
        check_text(note.text);
    }
    if (lh_checkpoint_verify(&checkpoint, bytes, &seal, NULL) == LH_OK) {
        lh_assert(checkpoint.size == 0 || checkpoint.size == 3 || checkpoint.size == 5);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_text(lh_bytes_of(data, size));
    check_note(lh_bytes_of(data, size));
    return 0;
}
