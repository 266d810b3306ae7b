/* Vectors: tests/support/records.h says where they come from. */
#include "ledger/checkpoint.h"

#include "crypto/text.h"
#include "tests/support/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_OF(rows) (sizeof(rows) / sizeof(rows)[0])

struct signers {
    struct lh_signer *log;
    struct lh_signer *witness;
    struct lh_note_key seal;
    struct lh_note_key cosigner;
};

static void make_signer(struct lh_signer **out, uint8_t seed_byte)
{
    uint8_t seed[32];

    memset(seed, seed_byte, sizeof seed);
    assert_int_equal(lh_signer_from_seed(out, LH_ALG_ED25519, lh_bytes_of(seed, sizeof seed), NULL),
                     LH_OK);
}

static int make_signers(void **state)
{
    static struct signers signers;

    make_signer(&signers.log, 1);
    make_signer(&signers.witness, 2);
    assert_int_equal(lh_note_key_init(&signers.seal, RECORDS_ORIGIN, LH_NOTE_LOG,
                                      lh_signer_pubkey(signers.log), NULL),
                     LH_OK);
    assert_int_equal(lh_note_key_init(&signers.cosigner, RECORDS_WITNESS, LH_NOTE_COSIGNATURE,
                                      lh_signer_pubkey(signers.witness), NULL),
                     LH_OK);
    *state = &signers;
    return 0;
}

static int free_signers(void **state)
{
    struct signers *signers = *state;

    lh_signer_free(signers->log);
    lh_signer_free(signers->witness);
    return 0;
}

static struct lh_checkpoint checkpoint_of(const char *origin, uint64_t size, const char *root)
{
    struct lh_checkpoint checkpoint = { .size = size };

    assert_true(strlen(origin) <= LH_ORIGIN_MAX);
    memcpy(checkpoint.origin, origin, strlen(origin) + 1);
    assert_int_equal(
        lh_base64_parse(checkpoint.root.bytes, LH_HASH_SIZE, lh_bytes_of_text(root), NULL), LH_OK);
    return checkpoint;
}

static void assert_checkpoint_equal(const struct lh_checkpoint *a, const struct lh_checkpoint *b)
{
    assert_string_equal(a->origin, b->origin);
    assert_int_equal(a->size, b->size);
    assert_memory_equal(a->root.bytes, b->root.bytes, LH_HASH_SIZE);
}

static void seal_and_witness_have_the_published_vkeys(void **state)
{
    struct signers *signers = *state;
    struct lh_buf vkey = LH_BUF_EMPTY;

    lh_note_key_format(&vkey, &signers->seal);
    assert_string_equal(lh_buf_text(&vkey), RECORDS_VKEY);
    lh_buf_reset(&vkey);
    lh_note_key_format(&vkey, &signers->cosigner);
    assert_string_equal(lh_buf_text(&vkey), RECORDS_WITNESS_VKEY);
    lh_buf_clear(&vkey);
}

static const struct {
    const char *name;
    uint64_t size;
    const char *root;
    const char *note;
} vectors[] = {
    { "size 0", 0, RECORDS_ROOT_0, RECORDS_NOTE_0 },
    { "size 3", 3, RECORDS_ROOT_3, RECORDS_NOTE_3 },
    { "size 5", 5, RECORDS_ROOT_5, RECORDS_NOTE_5 },
    { "a fork of size 5", 5, RECORDS_ROOT_5_FORK, RECORDS_NOTE_5_FORK },
};

static void the_published_checkpoints_verify(void **state)
{
    struct signers *signers = *state;

    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        struct lh_checkpoint want = checkpoint_of(RECORDS_ORIGIN, vectors[i].size, vectors[i].root);
        struct lh_checkpoint found;

        if (lh_checkpoint_verify(&found, lh_bytes_of_text(vectors[i].note), &signers->seal, NULL) !=
            LH_OK) {
            fail_msg("%s does not verify", vectors[i].name);
        }
        assert_checkpoint_equal(&found, &want);
    }
}

static void the_published_checkpoints_are_made_again_byte_for_byte(void **state)
{
    struct signers *signers = *state;
    struct lh_buf note = LH_BUF_EMPTY;

    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        struct lh_checkpoint checkpoint =
            checkpoint_of(RECORDS_ORIGIN, vectors[i].size, vectors[i].root);

        lh_buf_reset(&note);
        assert_int_equal(lh_checkpoint_sign(&note, &checkpoint, &signers->seal, signers->log, NULL),
                         LH_OK);
        assert_string_equal(lh_buf_text(&note), vectors[i].note);
    }
    lh_buf_clear(&note);
}

static void a_witness_line_follows_the_seal_and_changes_nothing(void **state)
{
    struct signers *signers = *state;
    struct lh_checkpoint checkpoint = checkpoint_of(RECORDS_ORIGIN, 5, RECORDS_ROOT_5);
    struct lh_checkpoint found;
    struct lh_buf note = LH_BUF_EMPTY;
    struct lh_buf text = LH_BUF_EMPTY;

    lh_checkpoint_format(&text, &checkpoint);
    assert_int_equal(lh_checkpoint_sign(&note, &checkpoint, &signers->seal, signers->log, NULL),
                     LH_OK);
    assert_int_equal(lh_note_add_line(&note, lh_buf_bytes(&text), &signers->cosigner,
                                      signers->witness, RECORDS_WITNESS_TIME_S, NULL),
                     LH_OK);
    assert_string_equal(lh_buf_text(&note), RECORDS_NOTE_5_WITNESSED);
    assert_int_equal(lh_checkpoint_verify(&found, lh_buf_bytes(&note), &signers->seal, NULL),
                     LH_OK);
    assert_checkpoint_equal(&found, &checkpoint);
    lh_buf_clear(&text);
    lh_buf_clear(&note);
}

static void only_the_line_of_the_seal_is_kept(void **state)
{
    struct signers *signers = *state;
    struct lh_buf kept = LH_BUF_EMPTY;

    assert_int_equal(lh_checkpoint_keep_seal(&kept, lh_bytes_of_text(RECORDS_NOTE_5_WITNESSED),
                                             &signers->seal, NULL),
                     LH_OK);
    assert_string_equal(lh_buf_text(&kept), RECORDS_NOTE_5);
    lh_buf_reset(&kept);
    assert_int_equal(
        lh_checkpoint_keep_seal(&kept, lh_bytes_of_text(RECORDS_NOTE_5), &signers->seal, NULL),
        LH_OK);
    assert_string_equal(lh_buf_text(&kept), RECORDS_NOTE_5);
    lh_buf_reset(&kept);
    assert_int_equal(
        lh_checkpoint_keep_seal(&kept, lh_bytes_of_text(RECORDS_NOTE_5), &signers->cosigner, NULL),
        LH_ERR_NOT_FOUND);
    assert_int_equal(
        lh_checkpoint_keep_seal(&kept, lh_bytes_of_text("no note"), &signers->seal, NULL),
        LH_ERR_INVALID);
    assert_int_equal(kept.len, 0);
    lh_buf_clear(&kept);
}

#define ROOT RECORDS_ROOT_5
#define LONGEST                                                                                    \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"                             \
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void three_good_lines_are_parsed_and_formatted_back(void **state)
{
    const char *const texts[] = {
        "jinhua/gaj/1\n5\n" ROOT "\n",
        "a\n0\n" RECORDS_ROOT_0 "\n",
        LONGEST "\n4611686018427387904\n" ROOT "\n",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct lh_buf again = LH_BUF_EMPTY;
        struct lh_checkpoint checkpoint;

        assert_int_equal(lh_checkpoint_parse(&checkpoint, lh_bytes_of_text(texts[i]), NULL), LH_OK);
        lh_checkpoint_format(&again, &checkpoint);
        assert_string_equal(lh_buf_text(&again), texts[i]);
        assert_true(again.len <= LH_CHECKPOINT_TEXT_MAX);
        lh_buf_clear(&again);
    }
}

static const struct {
    const char *name;
    const char *text;
} bad_texts[] = {
    { "nothing", "" },
    { "only a newline", "\n" },
    { "two lines", "a\n5\n" },
    { "no newline at the end", "a\n5\n" ROOT },
    { "an extension line", "a\n5\n" ROOT "\nmore\n" },
    { "an empty extension line", "a\n5\n" ROOT "\n\n" },
    { "something without a newline behind", "a\n5\n" ROOT "\nmore" },
    { "an empty origin", "\n5\n" ROOT "\n" },
    { "an origin of 129", LONGEST "8\n5\n" ROOT "\n" },
    { "a space in the origin", "a b\n5\n" ROOT "\n" },
    { "a space behind the origin", "a \n5\n" ROOT "\n" },
    { "a plus in the origin", "a+b\n5\n" ROOT "\n" },
    { "a tab in the origin", "a\tb\n5\n" ROOT "\n" },
    { "a carriage return", "a\r\n5\n" ROOT "\n" },
    { "a DEL in the origin", "a\x7f\n5\n" ROOT "\n" },
    { "an origin outside ASCII", "\xe6\xb5\x99\n5\n" ROOT "\n" },
    { "no size", "a\n\n" ROOT "\n" },
    { "+5", "a\n+5\n" ROOT "\n" },
    { "05", "a\n05\n" ROOT "\n" },
    { "00", "a\n00\n" ROOT "\n" },
    { "-5", "a\n-5\n" ROOT "\n" },
    { "5.0", "a\n5.0\n" ROOT "\n" },
    { "a space behind the size", "a\n5 \n" ROOT "\n" },
    { "a space before the size", "a\n 5\n" ROOT "\n" },
    { "a size above 2^62", "a\n4611686018427387905\n" ROOT "\n" },
    { "a size of 2^63", "a\n9223372036854775808\n" ROOT "\n" },
    { "a size of 2^64 + 5", "a\n18446744073709551621\n" ROOT "\n" },
    { "no root", "a\n5\n\n" },
    { "a root of 31 bytes", "a\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n" },
    { "a root of 33 bytes", "a\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n" },
    { "a root without its padding", "a\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n" },
    { "a root with other pad bits", "a\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n" },
    { "a root in base64url", "a\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-_A=\n" },
    { "a space behind the root", "a\n5\n" ROOT " \n" },
    { "a carriage return behind the root", "a\n5\n" ROOT "\r\n" },
};

static void bad_texts_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad_texts); i++) {
        struct lh_checkpoint checkpoint = { .size = 77 };
        struct lh_err err = LH_ERR_NONE;

        if (lh_checkpoint_parse(&checkpoint, lh_bytes_of_text(bad_texts[i].text), &err) !=
            LH_ERR_INVALID) {
            fail_msg("%s: taken", bad_texts[i].name);
        }
        assert_int_equal(checkpoint.size, 77);
        assert_true(err.text[0] != '\0');
    }
}

/* The seal stays a valid signature over the text, so only the format can refuse it. */
static void an_extension_line_is_refused_even_when_it_is_signed(void **state)
{
    struct signers *signers = *state;
    struct lh_bytes text = lh_bytes_of_text(RECORDS_ORIGIN "\n5\n" ROOT "\nextension\n");
    struct lh_buf note = LH_BUF_EMPTY;
    struct lh_checkpoint checkpoint;

    lh_buf_add(&note, text);
    lh_buf_add_u8(&note, '\n');
    assert_int_equal(lh_note_add_line(&note, text, &signers->seal, signers->log, 0, NULL), LH_OK);
    assert_int_equal(lh_checkpoint_verify(&checkpoint, lh_buf_bytes(&note), &signers->seal, NULL),
                     LH_ERR_INVALID);
    lh_buf_clear(&note);
}

static void check_forged(const struct lh_note_key *seal, struct lh_bytes note)
{
    struct lh_checkpoint checkpoint = { .size = 77 };
    struct lh_err err = LH_ERR_NONE;

    assert_int_equal(lh_checkpoint_verify(&checkpoint, note, seal, &err), LH_ERR_FORGED);
    assert_int_equal(checkpoint.size, 77);
    assert_true(err.text[0] != '\0');
}

static void a_checkpoint_counts_only_under_the_seal_of_its_origin(void **state)
{
    struct signers *signers = *state;
    struct lh_bytes note = lh_bytes_of_text(RECORDS_NOTE_5_WITNESSED);
    struct lh_note_key other_name;
    struct lh_note_key other_key;
    struct lh_note_key other_kind;

    assert_int_equal(lh_note_key_init(&other_name, "dept-a.example/ledger2", LH_NOTE_LOG,
                                      lh_signer_pubkey(signers->log), NULL),
                     LH_OK);
    assert_int_equal(lh_note_key_init(&other_key, RECORDS_ORIGIN, LH_NOTE_LOG,
                                      lh_signer_pubkey(signers->witness), NULL),
                     LH_OK);
    assert_int_equal(lh_note_key_init(&other_kind, RECORDS_ORIGIN, LH_NOTE_COSIGNATURE,
                                      lh_signer_pubkey(signers->log), NULL),
                     LH_OK);
    check_forged(&other_name, note);
    check_forged(&other_key, note);
    check_forged(&other_kind, note);
    check_forged(&signers->cosigner, note); /* its line is good, but it is no seal */
}

static void a_good_seal_of_another_name_than_the_origin_is_refused(void **state)
{
    struct signers *signers = *state;
    struct lh_bytes text = lh_bytes_of_text("dept-c.example/ledger\n5\n" ROOT "\n");
    struct lh_checkpoint checkpoint = checkpoint_of("dept-c.example/ledger", 5, ROOT);
    struct lh_buf note = LH_BUF_EMPTY;

    /* We do not make one, ... */
    assert_int_equal(lh_checkpoint_sign(&note, &checkpoint, &signers->seal, signers->log, NULL),
                     LH_ERR_INVALID);
    assert_int_equal(note.len, 0);
    /* ... and take none that others make. */
    lh_buf_add(&note, text);
    lh_buf_add_u8(&note, '\n');
    assert_int_equal(lh_note_add_line(&note, text, &signers->seal, signers->log, 0, NULL), LH_OK);
    check_forged(&signers->seal, lh_buf_bytes(&note));
    lh_buf_clear(&note);
}

static void a_cosignature_by_the_seal_key_is_no_seal(void **state)
{
    struct signers *signers = *state;
    struct lh_checkpoint checkpoint = checkpoint_of(RECORDS_ORIGIN, 5, ROOT);
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_buf note = LH_BUF_EMPTY;
    struct lh_note_key cosigner;

    assert_int_equal(lh_note_key_init(&cosigner, RECORDS_ORIGIN, LH_NOTE_COSIGNATURE,
                                      lh_signer_pubkey(signers->log), NULL),
                     LH_OK);
    assert_int_equal(lh_checkpoint_sign(&note, &checkpoint, &cosigner, signers->log, NULL),
                     LH_ERR_INVALID);
    lh_checkpoint_format(&text, &checkpoint);
    lh_buf_add(&note, lh_buf_bytes(&text));
    lh_buf_add_u8(&note, '\n');
    assert_int_equal(lh_note_add_line(&note, lh_buf_bytes(&text), &cosigner, signers->log,
                                      RECORDS_WITNESS_TIME_S, NULL),
                     LH_OK);
    check_forged(&cosigner, lh_buf_bytes(&note));
    check_forged(&signers->seal, lh_buf_bytes(&note));
    lh_buf_clear(&note);
    lh_buf_clear(&text);
}

static void what_cannot_be_read_back_is_not_signed(void **state)
{
    struct signers *signers = *state;
    struct lh_checkpoint checkpoint = checkpoint_of(RECORDS_ORIGIN, ((uint64_t)1 << 62) + 1, ROOT);
    struct lh_buf note = LH_BUF_EMPTY;

    assert_int_equal(lh_checkpoint_sign(&note, &checkpoint, &signers->seal, signers->log, NULL),
                     LH_ERR_INVALID);
    assert_int_equal(note.len, 0);
    lh_buf_clear(&note);
}

static void no_flipped_bit_of_a_sealed_checkpoint_verifies(void **state)
{
    struct signers *signers = *state;
    uint8_t note[] = RECORDS_NOTE_5;
    const size_t len = sizeof note - 1;
    struct lh_checkpoint checkpoint;

    for (size_t bit = 0; bit < 8 * len; bit++) {
        enum lh_code rc;

        note[bit / 8] = (uint8_t)(note[bit / 8] ^ 1U << bit % 8);
        rc = lh_checkpoint_verify(&checkpoint, lh_bytes_of(note, len), &signers->seal, NULL);
        assert_true(rc == LH_ERR_FORGED || rc == LH_ERR_INVALID);
        note[bit / 8] = (uint8_t)(note[bit / 8] ^ 1U << bit % 8);
    }
    assert_int_equal(
        lh_checkpoint_verify(&checkpoint, lh_bytes_of(note, len), &signers->seal, NULL), LH_OK);
}

static void no_shortened_checkpoint_verifies(void **state)
{
    struct signers *signers = *state;
    struct lh_checkpoint checkpoint;

    for (size_t len = 0; len < sizeof RECORDS_NOTE_5 - 1; len++) {
        enum lh_code rc = lh_checkpoint_verify(&checkpoint, lh_bytes_of(RECORDS_NOTE_5, len),
                                               &signers->seal, NULL);

        assert_true(rc == LH_ERR_FORGED || rc == LH_ERR_INVALID);
    }
}

#define KEY_TEST(claim) cmocka_unit_test_setup_teardown(claim, make_signers, free_signers)

int main(void)
{
    const struct CMUnitTest tests[] = {
        KEY_TEST(seal_and_witness_have_the_published_vkeys),
        KEY_TEST(the_published_checkpoints_verify),
        KEY_TEST(the_published_checkpoints_are_made_again_byte_for_byte),
        KEY_TEST(a_witness_line_follows_the_seal_and_changes_nothing),
        KEY_TEST(only_the_line_of_the_seal_is_kept),
        cmocka_unit_test(three_good_lines_are_parsed_and_formatted_back),
        cmocka_unit_test(bad_texts_are_refused),
        KEY_TEST(an_extension_line_is_refused_even_when_it_is_signed),
        KEY_TEST(a_checkpoint_counts_only_under_the_seal_of_its_origin),
        KEY_TEST(a_good_seal_of_another_name_than_the_origin_is_refused),
        KEY_TEST(a_cosignature_by_the_seal_key_is_no_seal),
        KEY_TEST(what_cannot_be_read_back_is_not_signed),
        KEY_TEST(no_flipped_bit_of_a_sealed_checkpoint_verifies),
        KEY_TEST(no_shortened_checkpoint_verifies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
