/*
 * Notes of others: the example of C2SP signed-note.md, and the one of golang.org/x/mod
 * sumdb/note. Our own: log and witness keys with Ed25519 seeds 01 x 32 and 02 x 32, checkpoints
 * over "record 0" to "record 4", made by an independent script and verified with
 * golang.org/x/mod/sumdb v0.7.0.
 */
#include "crypto/note.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define DASH "\xe2\x80\x94 "

static const char LOG[] =
    "dept-a.example/ledger+d5bc77de+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c";
static const char WITNESS[] =
    "dept-b.example/witness+d810d586+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU";

static const char SIZE_5_TEXT[] =
    "dept-a.example/ledger\n5\nq1uiQNXF9m1XxD/D6UjYe+ylGdTaiwKLbFgv2nu/mbQ=\n";
static const char SIZE_5_LOG_LINE[] =
    DASH "dept-a.example/ledger 1bx33kd1uFoJB1yOx+r9HkzXrVIPFcBeqYekI5fVtfFOPOQLny9Dz+HdOv+8XFk"
         "O6pNrgHPzKafkPN3PfQiBj+ntwAc=\n";
static const char SIZE_5_WITNESS_LINE[] =
    DASH "dept-b.example/witness 2BDVhgAAAABlU/EAMotGzyxKCgWgzM7SVurAzogGP92EdCXvOMb7veNK/8Jqoe"
         "/1VNXP0Q4ou9BHZiNHDmCnBfOXOcbVRkVFRti3AA==\n";
static const char SIZE_3_TEXT[] =
    "dept-a.example/ledger\n3\nEROfCuN4nLInq4w+V9ZuiSXjrblsJNVzEYMhUNaskFs=\n";
static const char SIZE_3_LOG_LINE[] =
    DASH "dept-a.example/ledger 1bx33tpVksu2r8u5ha6g6X4Yal/HLxtfuZtkRnW0bdPJr1qmCPVqj5DFq+CJtgg"
         "jGzeX0bhYY9+/yoL1SARGgjCYJwo=\n";
static const char SIZE_0_TEXT[] =
    "dept-a.example/ledger\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
static const char SIZE_0_LOG_LINE[] =
    DASH "dept-a.example/ledger 1bx33kOkjCQEeQLq2867mIs+4CV60Q0V4B4261X/z1ftPQ229HZTAKX/xPbNulj"
         "LZv9zG3pQ8FoiNqo0Ib25omNGfAY=\n";
static const char FORK_TEXT[] =
    "dept-a.example/ledger\n5\n9+M1cUZb9uq23mU8nTBfzcMVzOswuTI1B+Gph/O9N4Y=\n";
static const char FORK_LOG_LINE[] =
    DASH "dept-a.example/ledger 1bx33qfRApaVq0p29rpJtIsgSdDRxI0rEURUDBf+W502L3Xr4Z9CmWk1YSTM2Yl"
         "AZmQT1I8AiY33j2EwcjyBfFKT7gw=\n";

static struct lh_note_key parse_key(const char *vkey)
{
    struct lh_note_key key;

    assert_int_equal(lh_note_key_parse(&key, lh_bytes_of_text(vkey), NULL), LH_OK);
    return key;
}

/* Text, blank line and two lines; the second may be "". */
static struct lh_buf join(const char *text, const char *line_a, const char *line_b)
{
    struct lh_buf out = LH_BUF_EMPTY;

    lh_buf_add_text(&out, text);
    lh_buf_add_u8(&out, '\n');
    lh_buf_add_text(&out, line_a);
    lh_buf_add_text(&out, line_b);
    return out;
}

static enum lh_code verify(const struct lh_buf *bytes, const char *vkey, uint64_t *out_time_s)
{
    struct lh_note_key key = parse_key(vkey);
    struct lh_note note;

    assert_int_equal(lh_note_parse(&note, lh_buf_bytes(bytes), NULL), LH_OK);
    return lh_note_verify(&note, &key, out_time_s, NULL);
}

static void the_notes_of_others_verify(void **state)
{
    static const struct {
        const char *vkey;
        const char *text;
        const char *line;
    } rows[] = {
        { "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
          "This is an example message.\n",
          DASH "example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsY"
               "jOBH3mFXmRKuwHjG1Yu72IneyaQM=\n" },
        { "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
          "If you think cryptography is the answer to your problem,\n"
          "then you don't know what your problem is.\n",
          DASH "PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKv"
               "qfqdngotpRZb6KE6RyyBwJnAM=\n" },
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct lh_buf note = join(rows[i].text, rows[i].line, "");
        struct lh_note_key key = parse_key(rows[i].vkey);
        struct lh_buf again = LH_BUF_EMPTY;

        assert_int_equal(verify(&note, rows[i].vkey, NULL), LH_OK);
        lh_note_key_format(&again, &key);
        assert_string_equal(lh_buf_text(&again), rows[i].vkey);
        note.data[0] ^= 1;
        assert_int_equal(verify(&note, rows[i].vkey, NULL), LH_ERR_FORGED);
        lh_buf_clear(&again);
        lh_buf_clear(&note);
    }
}

static void a_cut_note_of_another_never_verifies(void **state)
{
    struct lh_buf note =
        join("If you think cryptography is the answer to your problem,\n"
             "then you don't know what your problem is.\n",
             DASH "PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNX"
                  "gKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
             "");

    (void)state;
    for (size_t len = 0; len < note.len; len++) {
        struct lh_note parsed;

        assert_int_equal(lh_note_parse(&parsed, lh_bytes_of(note.data, len), NULL), LH_ERR_INVALID);
    }
    lh_buf_clear(&note);
}

static struct lh_signer *seed_signer(uint8_t fill)
{
    struct lh_signer *signer = NULL;
    uint8_t seed[32];

    memset(seed, fill, sizeof seed);
    assert_int_equal(
        lh_signer_from_seed(&signer, LH_ALG_ED25519, lh_bytes_of(seed, sizeof seed), NULL), LH_OK);
    return signer;
}

static void vkeys_of_the_published_seeds_are_reproduced(void **state)
{
    static const struct {
        uint8_t fill;
        const char *name;
        enum lh_note_kind kind;
        const char *vkey;
    } rows[] = {
        { 1, "dept-a.example/ledger", LH_NOTE_LOG, LOG },
        { 2, "dept-b.example/witness", LH_NOTE_COSIGNATURE, WITNESS },
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct lh_signer *signer = seed_signer(rows[i].fill);
        struct lh_note_key key;
        struct lh_buf text = LH_BUF_EMPTY;

        assert_int_equal(
            lh_note_key_init(&key, rows[i].name, rows[i].kind, lh_signer_pubkey(signer), NULL),
            LH_OK);
        lh_note_key_format(&text, &key);
        assert_string_equal(lh_buf_text(&text), rows[i].vkey);
        lh_buf_clear(&text);
        lh_signer_free(signer);
    }
}

static void lines_of_the_published_seeds_are_reproduced(void **state)
{
    static const struct {
        uint8_t fill;
        const char *vkey;
        uint64_t time_s;
        const char *text;
        const char *line;
    } rows[] = {
        { 1, LOG, 0, SIZE_5_TEXT, SIZE_5_LOG_LINE },
        { 2, WITNESS, 1700000000, SIZE_5_TEXT, SIZE_5_WITNESS_LINE },
        { 1, LOG, 0, SIZE_3_TEXT, SIZE_3_LOG_LINE },
        { 1, LOG, 0, SIZE_0_TEXT, SIZE_0_LOG_LINE },
        { 1, LOG, 0, FORK_TEXT, FORK_LOG_LINE },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lh_signer *signer = seed_signer(rows[i].fill);
        struct lh_note_key key = parse_key(rows[i].vkey);
        struct lh_buf line = LH_BUF_EMPTY;

        assert_int_equal(lh_note_add_line(&line, lh_bytes_of_text(rows[i].text), &key, signer,
                                          rows[i].time_s, NULL),
                         LH_OK);
        assert_string_equal(lh_buf_text(&line), rows[i].line);
        lh_buf_clear(&line);
        lh_signer_free(signer);
    }
}

static void published_checkpoints_verify_with_both_lines_in_either_order(void **state)
{
    struct lh_buf notes[] = {
        join(SIZE_5_TEXT, SIZE_5_LOG_LINE, SIZE_5_WITNESS_LINE),
        join(SIZE_5_TEXT, SIZE_5_WITNESS_LINE, SIZE_5_LOG_LINE),
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint64_t time_s = 0;

        assert_int_equal(verify(&notes[i], LOG, NULL), LH_OK);
        assert_int_equal(verify(&notes[i], WITNESS, &time_s), LH_OK);
        assert_true(time_s == 1700000000);
        lh_buf_clear(&notes[i]);
    }
}

static void other_sizes_and_the_fork_verify_on_their_own(void **state)
{
    struct lh_buf notes[] = {
        join(SIZE_3_TEXT, SIZE_3_LOG_LINE, ""),
        join(SIZE_0_TEXT, SIZE_0_LOG_LINE, ""),
        join(FORK_TEXT, FORK_LOG_LINE, ""),
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(verify(&notes[i], LOG, NULL), LH_OK);
        assert_int_equal(verify(&notes[i], WITNESS, NULL), LH_ERR_NOT_FOUND);
        lh_buf_clear(&notes[i]);
    }
}

static void a_line_does_not_move_to_another_checkpoint(void **state)
{
    struct lh_buf notes[] = {
        join(SIZE_3_TEXT, SIZE_5_LOG_LINE, SIZE_5_WITNESS_LINE),
        join(FORK_TEXT, SIZE_5_LOG_LINE, SIZE_5_WITNESS_LINE),
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(verify(&notes[i], LOG, NULL), LH_ERR_FORGED);
        assert_int_equal(verify(&notes[i], WITNESS, NULL), LH_ERR_FORGED);
        lh_buf_clear(&notes[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_notes_of_others_verify),
        cmocka_unit_test(a_cut_note_of_another_never_verifies),
        cmocka_unit_test(vkeys_of_the_published_seeds_are_reproduced),
        cmocka_unit_test(lines_of_the_published_seeds_are_reproduced),
        cmocka_unit_test(published_checkpoints_verify_with_both_lines_in_either_order),
        cmocka_unit_test(other_sizes_and_the_fork_verify_on_their_own),
        cmocka_unit_test(a_line_does_not_move_to_another_checkpoint),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
