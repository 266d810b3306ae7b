/*
 * Signed notes and vkeys. The parts of a note put together are the note; a fuzzer signs nothing, so
 * only the texts that were really signed verify; what we sign over a text verifies, and over no
 * other.
 */
#include "crypto/note.h"

#include "crypto/base/assert.h"
#include "tests/support/records.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_vkey(struct lh_bytes vkey)
{
    struct lh_buf again = LH_BUF_EMPTY;
    struct lh_note_key key;
    struct lh_note_key same;

    if (lh_note_key_parse(&key, vkey, NULL) == LH_OK) {
        lh_note_key_format(&again, &key);
        lh_assert(lh_note_key_parse(&same, lh_buf_bytes(&again), NULL) == LH_OK);
        lh_assert(lh_pubkey_is_equal(&key.key, &same.key) && key.kind == same.kind);
        lh_assert(again.len == vkey.len);
    }
    lh_buf_clear(&again);
}

static void check_parts(const struct lh_note *note, struct lh_bytes bytes)
{
    struct lh_buf again = LH_BUF_EMPTY;

    lh_assert(note->line_count >= 1 && note->line_count <= LH_NOTE_LINES_MAX);
    lh_buf_add(&again, note->text);
    lh_buf_add_u8(&again, '\n');
    for (size_t i = 0; i < note->line_count; i++) {
        lh_buf_add_text(&again, "\xe2\x80\x94 ");
        lh_buf_add(&again, note->lines[i].name);
        lh_buf_add_u8(&again, ' ');
        lh_buf_add(&again, note->lines[i].base64);
        lh_buf_add_u8(&again, '\n');
    }
    lh_assert(lh_bytes_is_equal(lh_buf_bytes(&again), bytes));
    lh_buf_clear(&again);
}

static bool is_known_text(struct lh_bytes text)
{
    static const char *const notes[] = { RECORDS_NOTE_0, RECORDS_NOTE_3, RECORDS_NOTE_5,
                                         RECORDS_NOTE_5_FORK };

    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        if (strlen(notes[i]) > text.len && memcmp(notes[i], text.data, text.len) == 0) {
            return true;
        }
    }
    return false;
}

static void check_known_keys(const struct lh_note *note)
{
    struct lh_note_key key;
    uint64_t time_s = 0;

    lh_assert(lh_note_key_parse(&key, lh_bytes_of_text(RECORDS_VKEY), NULL) == LH_OK);
    if (lh_note_verify(note, &key, NULL, NULL) == LH_OK) {
        lh_assert(is_known_text(note->text));
    }
    lh_assert(lh_note_key_parse(&key, lh_bytes_of_text(RECORDS_WITNESS_VKEY), NULL) == LH_OK);
    if (lh_note_verify(note, &key, &time_s, NULL) == LH_OK) {
        lh_assert(is_known_text(note->text) && time_s == RECORDS_WITNESS_TIME_S);
    }
}

static void sign(struct lh_bytes text, enum lh_alg alg, enum lh_note_kind kind)
{
    static const uint8_t seed[32] = { 7 };
    struct lh_buf made = LH_BUF_EMPTY;
    struct lh_signer *signer = NULL;
    struct lh_note_key key;
    struct lh_note note;
    uint64_t time_s = 0;

    lh_assert(lh_signer_from_seed(&signer, alg, lh_bytes_of(seed, sizeof seed), NULL) == LH_OK);
    lh_assert(lh_note_key_init(&key, "liuhen/7", kind, lh_signer_pubkey(signer), NULL) == LH_OK);
    lh_buf_add(&made, text);
    lh_buf_add_u8(&made, '\n');
    lh_assert(lh_note_add_line(&made, text, &key, signer, 7, NULL) == LH_OK);
    lh_assert(lh_note_parse(&note, lh_buf_bytes(&made), NULL) == LH_OK);
    lh_assert(lh_bytes_is_equal(note.text, text));
    lh_assert(lh_note_verify(&note, &key, &time_s, NULL) == LH_OK);
    lh_assert(kind == LH_NOTE_LOG || time_s == 7);
    made.data[0] ^= 1; /* still the text's length, no longer what was signed */
    lh_assert(lh_note_verify(&note, &key, NULL, NULL) == LH_ERR_FORGED);
    lh_signer_free(signer);
    lh_buf_clear(&made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lh_bytes bytes = lh_bytes_of(data, size);
    struct lh_note note;

    check_vkey(bytes);
    if (lh_note_parse(&note, bytes, NULL) == LH_OK) {
        check_parts(&note, bytes);
        check_known_keys(&note);
        if (size < LH_NOTE_MAX - 1024) {
            sign(note.text, size % 2 == 0 ? LH_ALG_ED25519 : LH_ALG_SM2,
                 size % 4 < 2 ? LH_NOTE_LOG : LH_NOTE_COSIGNATURE);
        }
    }
    return 0;
}
