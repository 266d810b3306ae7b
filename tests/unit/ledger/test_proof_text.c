/* Vectors: tests/support/records.h says where they come from. */
#include "ledger/proof_text.h"

#include "crypto/text.h"
#include "tests/support/forest.h"
#include "tests/support/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_OF(rows) (sizeof(rows) / sizeof(rows)[0])

static void the_published_proof_of_a_record_is_made_and_read(void **state)
{
    struct lh_proof_text proof = { .index = 2 };
    struct lh_proof_text again;
    struct lh_buf text = LH_BUF_EMPTY;
    struct forest forest;
    char hex[2 * LH_HASH_SIZE + 1];

    (void)state;
    forest_init(&forest, LH_SUITE_W, 5);
    forest_grow_records(&forest, 5);
    struct lh_tree_source source = forest_source(&forest, 5);

    assert_int_equal(lh_tree_prove_inclusion(forest.suite, &proof.proof, &source, 2, 5, NULL),
                     LH_OK);
    proof.checkpoint = lh_bytes_of_text(RECORDS_NOTE_5_WITNESSED);
    assert_int_equal(lh_proof_text_format(&text, &proof, NULL), LH_OK);
    assert_int_equal(text.len, 488);
    struct lh_hash hash = lh_hash(forest.suite, lh_buf_bytes(&text));
    lh_hex_format(hex, lh_hash_bytes(&hash));
    assert_string_equal(hex, "2bf8e510789a8bff18d4a02e231e1efb2cdef1f2f11627b933289c624045e29b");

    assert_int_equal(lh_proof_text_parse(&again, lh_buf_bytes(&text), NULL), LH_OK);
    assert_int_equal(again.extra.len, 0);
    assert_int_equal(again.index, 2);
    assert_int_equal(again.proof.count, 3);
    assert_memory_equal(again.proof.path, proof.proof.path, 3 * sizeof proof.proof.path[0]);
    assert_true(lh_bytes_is_equal(again.checkpoint, proof.checkpoint));
    lh_buf_clear(&text);
    forest_clear(&forest);
}

#define HEADER "c2sp.org/tlog-proof@v1\n"
#define HASH RECORDS_ROOT_5 "\n"
#define HASHES_9 HASH HASH HASH HASH HASH HASH HASH HASH HASH
#define HASHES_63 HASHES_9 HASHES_9 HASHES_9 HASHES_9 HASHES_9 HASHES_9 HASHES_9

static void good_texts_are_parsed_and_formatted_back(void **state)
{
    const struct {
        const char *text;
        const char *extra;
        uint64_t index;
        size_t count;
    } rows[] = {
        { HEADER "index 0\n\nnote\n", "", 0, 0 },
        { HEADER "index 9223372036854775807\n" HASH "\nnote\n", "", INT64_MAX, 1 },
        { HEADER "extra AA==\nindex 5\n" HASH HASH "\nnote\n\n", "AA==", 5, 2 },
        { HEADER "extra AAAA\nindex 5\n" HASHES_63 "\n\n", "AAAA", 5, 63 },
        { HEADER "index 5\n\nno newline at the end", "", 5, 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct lh_buf again = LH_BUF_EMPTY;
        struct lh_proof_text proof;

        assert_int_equal(lh_proof_text_parse(&proof, lh_bytes_of_text(rows[i].text), NULL), LH_OK);
        assert_true(lh_bytes_is_equal(proof.extra, lh_bytes_of_text(rows[i].extra)));
        assert_int_equal(proof.index, rows[i].index);
        assert_int_equal(proof.proof.count, rows[i].count);
        assert_int_equal(lh_proof_text_format(&again, &proof, NULL), LH_OK);
        assert_string_equal(lh_buf_text(&again), rows[i].text);
        lh_buf_clear(&again);
    }
}

static const struct {
    const char *name;
    const char *text;
} bad_texts[] = {
    { "nothing", "" },
    { "only the header", HEADER },
    { "the header without newline", "c2sp.org/tlog-proof@v1" },
    { "another version", "c2sp.org/tlog-proof@v2\nindex 0\n\nnote\n" },
    { "a longer version", "c2sp.org/tlog-proof@v10\nindex 0\n\nnote\n" },
    { "a space behind the header", "c2sp.org/tlog-proof@v1 \nindex 0\n\nnote\n" },
    { "a carriage return behind the header", "c2sp.org/tlog-proof@v1\r\nindex 0\n\nnote\n" },
    { "a header in upper case", "C2SP.org/tlog-proof@v1\nindex 0\n\nnote\n" },
    { "no header", "index 0\n\nnote\n" },
    { "no index", HEADER "\nnote\n" },
    { "an index without number", HEADER "index \n\nnote\n" },
    { "an index without space", HEADER "index0\n\nnote\n" },
    { "two spaces before the index", HEADER "index  0\n\nnote\n" },
    { "Index", HEADER "Index 0\n\nnote\n" },
    { "+5", HEADER "index +5\n\nnote\n" },
    { "05", HEADER "index 05\n\nnote\n" },
    { "a space behind the index", HEADER "index 5 \n\nnote\n" },
    { "an index of 2^63", HEADER "index 9223372036854775808\n\nnote\n" },
    { "two indexes", HEADER "index 0\nindex 0\n\nnote\n" },
    { "an empty extra", HEADER "extra \nindex 0\n\nnote\n" },
    { "an extra without space", HEADER "extra\nindex 0\n\nnote\n" },
    { "an extra that is no base64", HEADER "extra A\nindex 0\n\nnote\n" },
    { "an extra with other pad bits", HEADER "extra AB==\nindex 0\n\nnote\n" },
    { "a space behind the extra", HEADER "extra AAAA \nindex 0\n\nnote\n" },
    { "two extras", HEADER "extra AAAA\nextra AAAA\nindex 0\n\nnote\n" },
    { "the extra behind the index", HEADER "index 0\nextra AAAA\n\nnote\n" },
    { "nothing behind the extra", HEADER "extra AAAA\n" },
    { "a hash of 31 bytes", HEADER "index 0\nAAAA\n\nnote\n" },
    { "a space behind a hash", HEADER "index 0\n" RECORDS_ROOT_5 " \n\nnote\n" },
    { "64 hashes", HEADER "index 0\n" HASHES_63 HASH "\nnote\n" },
    { "no empty line", HEADER "index 0\n" HASH },
    { "no checkpoint", HEADER "index 0\n" HASH "\n" },
};

static void bad_texts_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad_texts); i++) {
        struct lh_proof_text proof = { .index = 77 };
        struct lh_err err = LH_ERR_NONE;

        if (lh_proof_text_parse(&proof, lh_bytes_of_text(bad_texts[i].text), &err) !=
            LH_ERR_INVALID) {
            fail_msg("%s: taken", bad_texts[i].name);
        }
        assert_int_equal(proof.index, 77);
        assert_true(err.text[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_proof_of_a_record_is_made_and_read),
        cmocka_unit_test(good_texts_are_parsed_and_formatted_back),
        cmocka_unit_test(bad_texts_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
