#include "crypto/box.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char AAD[] = "H(body)";
static const char PLAIN[] = "who it was about";

/* One suite's recipient and a sender to it. */
struct post {
    enum lh_suite_id suite;
    struct lh_signer *recipient;
    struct lh_box_sender *sender;
};

static enum lh_alg box_alg(enum lh_suite_id suite)
{
    return suite == LH_SUITE_W ? LH_ALG_X25519 : LH_ALG_SM2;
}

static struct post open_post(enum lh_suite_id suite)
{
    struct post post = { .suite = suite };
    struct lh_random random = lh_random_system();

    assert_int_equal(lh_signer_generate(&post.recipient, box_alg(suite), NULL), LH_OK);
    assert_int_equal(
        lh_box_sender_new(&post.sender, suite, lh_signer_pubkey(post.recipient), &random, NULL),
        LH_OK);
    return post;
}

static void close_post(struct post *post)
{
    lh_box_sender_free(post->sender);
    lh_signer_free(post->recipient);
}

static struct lh_buf seal(struct post *post, const char *aad, struct lh_bytes plain)
{
    struct lh_buf box = LH_BUF_EMPTY;

    assert_int_equal(lh_box_seal(post->sender, &box, lh_bytes_of_text(aad), plain, NULL), LH_OK);
    return box;
}

/* Open and compare; on failure nothing may have come out. */
static enum lh_code open_box(struct post *post, struct lh_signer *recipient, const char *aad,
                             struct lh_bytes box, struct lh_bytes wanted)
{
    struct lh_buf out = LH_BUF_EMPTY;
    enum lh_code rc = lh_box_open(&out, post->suite, recipient, lh_bytes_of_text(aad), box, NULL);

    if (rc == LH_OK) {
        assert_true(lh_bytes_is_equal(lh_buf_bytes(&out), wanted));
    } else {
        assert_int_equal(out.len, 0);
    }
    lh_buf_clear(&out);
    return rc;
}

static void for_each_suite(void (*check)(struct post *post))
{
    static const enum lh_suite_id suites[] = { LH_SUITE_W, LH_SUITE_G };

    for (size_t i = 0; i < 2; i++) {
        struct post post = open_post(suites[i]);

        check(&post);
        close_post(&post);
    }
}

static void check_opens(struct post *post)
{
    for (size_t len = 0; len < sizeof PLAIN; len++) {
        struct lh_bytes plain = lh_bytes_of(PLAIN, len);
        struct lh_buf box = seal(post, AAD, plain);

        assert_int_equal(open_box(post, post->recipient, AAD, lh_buf_bytes(&box), plain), LH_OK);
        lh_buf_clear(&box);
    }
}

static void the_recipient_opens_what_was_sealed(void **state)
{
    (void)state;
    for_each_suite(check_opens);
}

static void check_overhead(struct post *post)
{
    struct lh_buf first = seal(post, AAD, LH_BYTES_EMPTY);

    assert_true(first.len <= LH_BOX_OVERHEAD_MAX);
    assert_int_equal(post->suite == LH_SUITE_W ? first.len : 52, 52);
    for (size_t len = 1; len < sizeof PLAIN; len++) {
        struct lh_buf box = seal(post, AAD, lh_bytes_of(PLAIN, len));

        assert_int_equal(box.len, first.len + len);
        lh_buf_clear(&box);
    }
    lh_buf_clear(&first);
}

static void every_box_of_a_sender_has_the_same_overhead(void **state)
{
    (void)state;
    for_each_suite(check_overhead);
}

static void check_numbers(struct post *post)
{
    struct lh_buf first = seal(post, AAD, lh_bytes_of_text(PLAIN));
    struct lh_buf second = seal(post, AAD, lh_bytes_of_text(PLAIN));
    size_t overhead = first.len - strlen(PLAIN);
    size_t tag = post->suite == LH_SUITE_W ? 16 : 32;
    size_t head = overhead - tag - 4;

    /* Same encapsulation, next number, and nothing in common behind it. */
    assert_memory_equal(first.data, second.data, head);
    assert_memory_equal(first.data + head, "\0\0\0\0", 4);
    assert_memory_equal(second.data + head, "\0\0\0\1", 4);
    assert_memory_not_equal(first.data + head + 4, second.data + head + 4, strlen(PLAIN));
    lh_buf_clear(&first);
    lh_buf_clear(&second);
}

static void boxes_are_numbered_and_each_has_its_own_key(void **state)
{
    (void)state;
    for_each_suite(check_numbers);
}

static void check_negatives(struct post *post)
{
    struct lh_bytes plain = lh_bytes_of_text(PLAIN);
    struct lh_buf box = seal(post, AAD, plain);
    struct lh_bytes bytes = lh_buf_bytes(&box);
    struct lh_signer *stranger = NULL;

    assert_int_equal(lh_signer_generate(&stranger, box_alg(post->suite), NULL), LH_OK);
    assert_int_equal(open_box(post, post->recipient, "H(other)", bytes, plain), LH_ERR_FORGED);
    assert_int_equal(open_box(post, post->recipient, "", bytes, plain), LH_ERR_FORGED);
    assert_int_equal(open_box(post, stranger, AAD, bytes, plain), LH_ERR_FORGED);
    assert_int_equal(open_box(post, post->recipient, AAD, bytes, plain), LH_OK);
    lh_signer_free(stranger);
    lh_buf_clear(&box);
}

static void another_key_or_associated_data_opens_nothing(void **state)
{
    (void)state;
    for_each_suite(check_negatives);
}

static void check_flips(struct post *post)
{
    struct lh_bytes plain = lh_bytes_of_text(PLAIN);
    struct lh_buf box = seal(post, AAD, plain);

    for (size_t bit = 0; bit < box.len * 8; bit++) {
        enum lh_code rc;

        box.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        rc = open_box(post, post->recipient, AAD, lh_buf_bytes(&box), plain);
        assert_true(rc == LH_ERR_FORGED || rc == LH_ERR_INVALID);
        box.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(open_box(post, post->recipient, AAD, lh_buf_bytes(&box), plain), LH_OK);
    lh_buf_clear(&box);
}

static void no_flipped_bit_of_a_box_goes_unseen(void **state)
{
    (void)state;
    for_each_suite(check_flips);
}

static void check_cuts(struct post *post)
{
    struct lh_bytes plain = lh_bytes_of_text(PLAIN);
    struct lh_buf box = seal(post, AAD, plain);

    for (size_t len = 0; len < box.len; len++) {
        uint8_t *copy = malloc(len + 1); /* a heap object of its own for the sanitizers */
        enum lh_code rc;

        assert_non_null(copy);
        memcpy(copy, box.data, len);
        rc = open_box(post, post->recipient, AAD, lh_bytes_of(copy, len), plain);
        assert_true(rc == LH_ERR_FORGED || rc == LH_ERR_INVALID);
        free(copy);
    }
    assert_int_equal(open_box(post, post->recipient, AAD, lh_buf_bytes(&box), plain), LH_OK);
    lh_buf_add_u8(&box, 0);
    assert_int_equal(open_box(post, post->recipient, AAD, lh_buf_bytes(&box), plain),
                     LH_ERR_FORGED);
    lh_buf_clear(&box);
}

static void a_box_that_is_shorter_or_longer_does_not_open(void **state)
{
    (void)state;
    for_each_suite(check_cuts);
}

static void an_sm2_ciphertext_has_one_encoding(void **state)
{
    struct post post = open_post(LH_SUITE_G);
    struct lh_bytes plain = lh_bytes_of_text(PLAIN);
    struct lh_buf box = seal(&post, AAD, plain);
    struct lh_buf longer = LH_BUF_EMPTY;
    size_t der_len = (size_t)(box.data[0] << 8 | box.data[1]);
    struct lh_bytes behind = lh_bytes_of(box.data + 2 + der_len, box.len - 2 - der_len);

    (void)state;
    /* A byte behind the SEQUENCE, which OpenSSL would ignore. */
    lh_buf_add_u16(&longer, (uint16_t)(der_len + 1));
    lh_buf_add(&longer, lh_bytes_of(box.data + 2, der_len));
    lh_buf_add_u8(&longer, 0);
    lh_buf_add(&longer, behind);
    assert_int_equal(open_box(&post, post.recipient, AAD, lh_buf_bytes(&longer), plain),
                     LH_ERR_INVALID);
    /* The same length in two bytes instead of one, as BER allows. */
    lh_buf_reset(&longer);
    lh_buf_add_u16(&longer, (uint16_t)(der_len + 1));
    lh_buf_add(&longer, lh_bytes_of("\x30\x82\x00", 3));
    assert_int_equal(box.data[3], 0x81);
    lh_buf_add(&longer, lh_bytes_of(box.data + 4, der_len - 2));
    lh_buf_add(&longer, behind);
    assert_int_equal(open_box(&post, post.recipient, AAD, lh_buf_bytes(&longer), plain),
                     LH_ERR_INVALID);
    assert_int_equal(open_box(&post, post.recipient, AAD, lh_buf_bytes(&box), plain), LH_OK);
    lh_buf_clear(&longer);
    lh_buf_clear(&box);
    close_post(&post);
}

static void boxes_are_for_the_key_type_of_their_suite(void **state)
{
    static const enum lh_alg algs[] = { LH_ALG_ED25519, LH_ALG_P256, LH_ALG_SM2, LH_ALG_X25519 };
    struct lh_random random = lh_random_system();

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct lh_signer *signer = NULL;

        assert_int_equal(lh_signer_generate(&signer, algs[i], NULL), LH_OK);
        for (int suite = LH_SUITE_W; suite <= LH_SUITE_G + 1; suite++) {
            struct lh_box_sender *sender = NULL;
            bool fits = suite <= LH_SUITE_G && algs[i] == box_alg((enum lh_suite_id)suite);

            assert_int_equal(lh_box_sender_new(&sender, (enum lh_suite_id)suite,
                                               lh_signer_pubkey(signer), &random, NULL),
                             fits ? LH_OK : LH_ERR_INVALID);
            lh_box_sender_free(sender);
        }
        lh_signer_free(signer);
    }
    lh_box_sender_free(NULL);
}

static void a_box_of_the_other_suite_does_not_open(void **state)
{
    struct post w = open_post(LH_SUITE_W);
    struct post g = open_post(LH_SUITE_G);
    struct lh_bytes plain = lh_bytes_of_text(PLAIN);
    struct lh_buf box_w = seal(&w, AAD, plain);
    struct lh_buf box_g = seal(&g, AAD, plain);

    (void)state;
    assert_int_not_equal(open_box(&g, g.recipient, AAD, lh_buf_bytes(&box_w), plain), LH_OK);
    assert_int_not_equal(open_box(&w, w.recipient, AAD, lh_buf_bytes(&box_g), plain), LH_OK);
    assert_int_equal(open_box(&w, g.recipient, AAD, lh_buf_bytes(&box_w), plain), LH_ERR_INVALID);
    lh_buf_clear(&box_w);
    lh_buf_clear(&box_g);
    close_post(&w);
    close_post(&g);
}

static void a_box_goes_behind_what_is_in_the_buffer(void **state)
{
    struct post post = open_post(LH_SUITE_W);
    struct lh_buf box = LH_BUF_EMPTY;
    struct lh_buf out = LH_BUF_EMPTY;

    (void)state;
    lh_buf_add_text(&box, "before");
    lh_buf_add_text(&out, "before");
    assert_int_equal(lh_box_seal(post.sender, &box, LH_BYTES_EMPTY, lh_bytes_of_text(PLAIN), NULL),
                     LH_OK);
    assert_memory_equal(box.data, "before", 6);
    assert_int_equal(lh_box_open(&out, LH_SUITE_W, post.recipient, LH_BYTES_EMPTY,
                                 lh_bytes_of(box.data + 6, box.len - 6), NULL),
                     LH_OK);
    assert_string_equal(lh_buf_text(&out), "beforewho it was about");
    box.data[20] ^= 1;
    assert_int_equal(lh_box_open(&out, LH_SUITE_W, post.recipient, LH_BYTES_EMPTY,
                                 lh_bytes_of(box.data + 6, box.len - 6), NULL),
                     LH_ERR_FORGED);
    assert_int_equal(out.len, strlen("beforewho it was about"));
    lh_buf_clear(&out);
    lh_buf_clear(&box);
    close_post(&post);
}

static enum lh_code no_random(void *arg, void *out, size_t len, struct lh_err *err)
{
    (void)arg;
    (void)out;
    (void)len;
    return lh_err_set(err, LH_ERR_IO, "no random bytes");
}

static void without_randomness_there_is_no_sender(void **state)
{
    static const enum lh_suite_id suites[] = { LH_SUITE_W, LH_SUITE_G };
    struct lh_random random = { .fill = no_random };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct post post = open_post(suites[i]);
        struct lh_box_sender *sender = NULL;

        assert_int_equal(
            lh_box_sender_new(&sender, suites[i], lh_signer_pubkey(post.recipient), &random, NULL),
            LH_ERR_IO);
        assert_null(sender);
        close_post(&post);
    }
}

/* ---- HPKE as others use it ---- */

static void hpke_opens_by_the_same_sequence_info_and_associated_data_only(void **state)
{
    struct post post = open_post(LH_SUITE_W);
    struct lh_bytes info = lh_bytes_of_text("info");
    struct lh_bytes aad = lh_bytes_of_text(AAD);
    struct lh_hpke sender;
    struct lh_hpke recipient;
    struct lh_hpke other_info;
    struct lh_buf sealed = LH_BUF_EMPTY;
    struct lh_buf out = LH_BUF_EMPTY;

    (void)state;
    assert_int_equal(
        lh_hpke_setup_sender(&sender, lh_signer_pubkey(post.recipient), info, LH_BYTES_EMPTY, NULL),
        LH_OK);
    assert_int_equal(lh_hpke_setup_recipient(&recipient, post.recipient, sender.enc, info, NULL),
                     LH_OK);
    assert_int_equal(
        lh_hpke_setup_recipient(&other_info, post.recipient, sender.enc, LH_BYTES_EMPTY, NULL),
        LH_OK);
    assert_memory_equal(&sender, &recipient, sizeof sender);
    assert_int_equal(lh_hpke_seal(&sender, &sealed, 300, aad, lh_bytes_of_text(PLAIN), NULL),
                     LH_OK);
    assert_int_equal(lh_hpke_open(&recipient, &out, 301, aad, lh_buf_bytes(&sealed), NULL),
                     LH_ERR_FORGED);
    assert_int_equal(lh_hpke_open(&other_info, &out, 300, aad, lh_buf_bytes(&sealed), NULL),
                     LH_ERR_FORGED);
    assert_int_equal(
        lh_hpke_open(&recipient, &out, 300, LH_BYTES_EMPTY, lh_buf_bytes(&sealed), NULL),
        LH_ERR_FORGED);
    assert_int_equal(lh_hpke_open(&recipient, &out, 300, aad, lh_bytes_of(sealed.data, 15), NULL),
                     LH_ERR_INVALID);
    assert_int_equal(out.len, 0);
    assert_int_equal(lh_hpke_open(&recipient, &out, 300, aad, lh_buf_bytes(&sealed), NULL), LH_OK);
    assert_string_equal(lh_buf_text(&out), PLAIN);
    lh_buf_clear(&out);
    lh_buf_clear(&sealed);
    close_post(&post);
}

static void hpke_takes_no_encapsulation_of_small_order(void **state)
{
    static const uint8_t zero[32] = { 0 };
    struct post post = open_post(LH_SUITE_W);
    struct lh_hpke hpke;

    (void)state;
    assert_int_equal(lh_hpke_setup_recipient(&hpke, post.recipient, zero, LH_BYTES_EMPTY, NULL),
                     LH_ERR_INVALID);
    close_post(&post);
}

static void an_export_has_a_limit(void **state)
{
    struct lh_hpke hpke = { .exporter_secret = { 1 } };
    uint8_t *out = malloc(255 * 32 + 1);

    (void)state;
    assert_non_null(out);
    assert_int_equal(lh_hpke_export(&hpke, out, 255 * 32, LH_BYTES_EMPTY, NULL), LH_OK);
    assert_int_equal(lh_hpke_export(&hpke, out, 255 * 32 + 1, LH_BYTES_EMPTY, NULL), LH_ERR_LIMIT);
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_recipient_opens_what_was_sealed),
        cmocka_unit_test(every_box_of_a_sender_has_the_same_overhead),
        cmocka_unit_test(boxes_are_numbered_and_each_has_its_own_key),
        cmocka_unit_test(another_key_or_associated_data_opens_nothing),
        cmocka_unit_test(no_flipped_bit_of_a_box_goes_unseen),
        cmocka_unit_test(a_box_that_is_shorter_or_longer_does_not_open),
        cmocka_unit_test(an_sm2_ciphertext_has_one_encoding),
        cmocka_unit_test(boxes_are_for_the_key_type_of_their_suite),
        cmocka_unit_test(a_box_of_the_other_suite_does_not_open),
        cmocka_unit_test(a_box_goes_behind_what_is_in_the_buffer),
        cmocka_unit_test(without_randomness_there_is_no_sender),
        cmocka_unit_test(hpke_opens_by_the_same_sequence_info_and_associated_data_only),
        cmocka_unit_test(hpke_takes_no_encapsulation_of_small_order),
        cmocka_unit_test(an_export_has_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
