/*
 * own.txt: our formats computed a second time by own_vectors.py, which shares no code with us,
 * and the signature of GB/T 32918.5-2017 appendix A with the id that it names.
 */
#include "crypto/box.h"
#include "crypto/note.h"
#include "crypto/tag.h"
#include "crypto/text.h"
#include "tests/vectors/vector_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- Looking things up in own.txt ---- */

enum { VALUES_MAX = 64 };

struct values {
    struct vector_file file;
    struct lh_bytes rows[VALUES_MAX][2];
    size_t count;
};

static int load(void **state)
{
    struct values *values = calloc(1, sizeof *values);

    assert_non_null(values);
    vector_file_open(&values->file, "own.txt");
    while (vector_file_next(&values->file, values->rows[values->count], 2)) {
        values->count++;
        assert_true(values->count < VALUES_MAX);
    }
    *state = values;
    return 0;
}

static int unload(void **state)
{
    struct values *values = *state;

    vector_file_close(&values->file);
    free(values);
    return 0;
}

static struct lh_bytes text_of(const struct values *values, const char *name)
{
    for (size_t i = 0; i < values->count; i++) {
        if (vector_field_is(values->rows[i][0], name)) {
            return values->rows[i][1];
        }
    }
    fail_msg("own.txt has no %s", name);
    return LH_BYTES_EMPTY;
}

static void read_hex(const struct values *values, const char *name, void *out, size_t len)
{
    assert_int_equal(lh_hex_parse(out, len, text_of(values, name), NULL), LH_OK);
}

static void assert_is(const struct values *values, const char *name, struct lh_bytes bytes)
{
    struct lh_buf hex = LH_BUF_EMPTY;

    lh_hex_add(&hex, bytes);
    if (!lh_bytes_is_equal(lh_buf_bytes(&hex), text_of(values, name))) {
        fail_msg("%s is another here: %s", name, lh_buf_text(&hex));
    }
    lh_buf_clear(&hex);
}

static struct lh_signer *signer_of(const struct values *values, const char *name, enum lh_alg alg)
{
    struct lh_signer *signer = NULL;
    uint8_t seed[32];

    read_hex(values, name, seed, sizeof seed);
    assert_int_equal(lh_signer_from_seed(&signer, alg, lh_bytes_of(seed, sizeof seed), NULL),
                     LH_OK);
    return signer;
}

/* ---- SM2 ---- */

static void the_standards_sm2_signature_verifies_and_with_the_empty_id_it_does_not(void **state)
{
    const struct values *values = *state;
    struct lh_signer *signer = signer_of(values, "gbt_private", LH_ALG_SM2);
    struct lh_bytes message = lh_bytes_of_text("message digest");
    struct lh_verifier *verifier = NULL;
    struct lh_sig sig;

    assert_is(values, "gbt_public", lh_pubkey_bytes(lh_signer_pubkey(signer)));
    assert_int_equal(lh_verifier_new(&verifier, lh_signer_pubkey(signer), NULL), LH_OK);
    read_hex(values, "gbt_signature", sig.bytes, LH_SIG_SIZE);
    assert_int_equal(lh_verify(verifier, &sig, message, NULL), LH_OK);
    /* A good signature by the same key, made under the id that OpenSSL 3.0 would take. */
    read_hex(values, "gbt_signature_empty_id", sig.bytes, LH_SIG_SIZE);
    assert_int_equal(lh_verify(verifier, &sig, message, NULL), LH_ERR_FORGED);
    lh_verifier_free(verifier);
    lh_signer_free(signer);
}

/* ---- Hashes, key ids, note keys ---- */

static struct lh_suite *open_suite(enum lh_suite_id id)
{
    struct lh_suite *suite = NULL;

    assert_int_equal(lh_suite_new(&suite, id, NULL), LH_OK);
    return suite;
}

static void key_ids_are_reproduced(void **state)
{
    const struct values *values = *state;
    struct lh_signer *sm2 = signer_of(values, "sm2_private", LH_ALG_SM2);
    struct lh_signer *ed25519 = NULL;
    struct lh_suite *w = open_suite(LH_SUITE_W);
    struct lh_suite *g = open_suite(LH_SUITE_G);
    uint8_t seed[32];
    struct lh_key_id id;

    memset(seed, 1, sizeof seed);
    assert_int_equal(lh_signer_from_seed(&ed25519, LH_ALG_ED25519, lh_bytes_of(seed, 32), NULL),
                     LH_OK);
    id = lh_key_id_of(w, lh_signer_pubkey(ed25519));
    assert_is(values, "key_id_w_ed25519", lh_bytes_of(id.bytes, LH_KEY_ID_SIZE));
    id = lh_key_id_of(g, lh_signer_pubkey(sm2));
    assert_is(values, "key_id_g_sm2", lh_bytes_of(id.bytes, LH_KEY_ID_SIZE));
    lh_suite_free(g);
    lh_suite_free(w);
    lh_signer_free(ed25519);
    lh_signer_free(sm2);
}

static void sm2_note_keys_are_reproduced(void **state)
{
    static const struct {
        enum lh_note_kind kind;
        const char *name;
    } rows[] = {
        { LH_NOTE_LOG, "vkey_sm2_log" },
        { LH_NOTE_COSIGNATURE, "vkey_sm2_cosignature" },
    };
    const struct values *values = *state;
    struct lh_signer *signer = signer_of(values, "sm2_private", LH_ALG_SM2);

    for (size_t i = 0; i < 2; i++) {
        struct lh_buf text = LH_BUF_EMPTY;
        struct lh_note_key key;

        assert_int_equal(lh_note_key_init(&key, "dept-a.example/ledger", rows[i].kind,
                                          lh_signer_pubkey(signer), NULL),
                         LH_OK);
        lh_note_key_format(&text, &key);
        assert_true(lh_bytes_is_equal(lh_buf_bytes(&text), text_of(values, rows[i].name)));
        lh_buf_clear(&text);
    }
    lh_signer_free(signer);
}

/* ---- Tags ---- */

/* "token" and "_w" give "token_w". */
static void assert_suite_value(const struct values *values, enum lh_suite_id id, const char *name,
                               struct lh_bytes bytes)
{
    struct lh_buf full = LH_BUF_EMPTY;

    lh_buf_add_format(&full, "%s_%c", name, id == LH_SUITE_W ? 'w' : 'g');
    assert_is(values, lh_buf_text(&full), bytes);
    lh_buf_clear(&full);
}

static void tags_and_commitments_are_reproduced(void **state)
{
    static const enum lh_suite_id suites[] = { LH_SUITE_W, LH_SUITE_G };
    const struct values *values = *state;
    struct lh_bytes id = lh_bytes_of_text("330702199001011234");
    struct lh_secret root = { .len = 32 };
    uint8_t nonce[LH_TAG_SIZE];
    uint8_t opening[LH_OPENING_SIZE];

    memset(root.bytes, 5, 32);
    memset(nonce, 6, sizeof nonce);
    memset(opening, 7, sizeof opening);
    for (size_t i = 0; i < 2; i++) {
        struct lh_suite *suite = open_suite(suites[i]);
        struct lh_secret month = LH_SECRET_EMPTY;
        struct lh_secret token = LH_SECRET_EMPTY;
        struct lh_tag tag;
        struct lh_hash commitment = lh_commit_subject(suite, 1, id, opening);

        lh_tag_month_key(suite, &month, &root, lh_bytes_of_text("dept-a"), 202611);
        assert_suite_value(values, suites[i], "month_key", lh_secret_bytes(&month));
        lh_tag_token(suite, &token, &month, 1, id);
        assert_suite_value(values, suites[i], "token", lh_secret_bytes(&token));
        lh_tag_make(suite, &tag, &token, nonce);
        assert_suite_value(values, suites[i], "tag", lh_bytes_of(tag.value, LH_TAG_SIZE));
        assert_suite_value(values, suites[i], "commitment", lh_hash_bytes(&commitment));
        lh_suite_free(suite);
    }
}

static void tagged_and_tree_hashes_are_reproduced(void **state)
{
    static const enum lh_suite_id suites[] = { LH_SUITE_W, LH_SUITE_G };
    const struct values *values = *state;
    struct lh_hash left;
    struct lh_hash right;

    memset(left.bytes, 8, LH_HASH_SIZE);
    memset(right.bytes, 9, LH_HASH_SIZE);
    for (size_t i = 0; i < 2; i++) {
        struct lh_suite *suite = open_suite(suites[i]);
        struct lh_hash hash;

        hash = lh_hash_tagged(suite, "liuhen/test/v1", lh_bytes_of_text("bytes"));
        assert_suite_value(values, suites[i], "tagged_hash", lh_hash_bytes(&hash));
        hash = lh_hash_leaf(suite, lh_bytes_of_text("leaf"));
        assert_suite_value(values, suites[i], "leaf", lh_hash_bytes(&hash));
        hash = lh_hash_node(suite, &left, &right);
        assert_suite_value(values, suites[i], "node", lh_hash_bytes(&hash));
        lh_suite_free(suite);
    }
}

/* ---- Boxes ---- */

static enum lh_code fill_from_bytes(void *arg, void *out, size_t len, struct lh_err *err)
{
    (void)err;
    assert_int_equal(len, 32);
    memcpy(out, arg, len);
    return LH_OK;
}

static void boxes_of_suite_w_are_reproduced(void **state)
{
    const struct values *values = *state;
    struct lh_signer *recipient = signer_of(values, "box_w_private", LH_ALG_X25519);
    struct lh_box_sender *sender = NULL;
    uint8_t ephemeral[32];
    struct lh_random random = { .fill = fill_from_bytes, .arg = ephemeral };
    struct lh_buf box = LH_BUF_EMPTY;

    read_hex(values, "box_w_ephemeral", ephemeral, sizeof ephemeral);
    assert_int_equal(
        lh_box_sender_new(&sender, LH_SUITE_W, lh_signer_pubkey(recipient), &random, NULL), LH_OK);
    for (int i = 0; i < 2; i++) {
        lh_buf_reset(&box);
        assert_int_equal(lh_box_seal(sender, &box, lh_bytes_of_text("aad"),
                                     lh_bytes_of_text("plain text"), NULL),
                         LH_OK);
        assert_is(values, i == 0 ? "box_w_0" : "box_w_1", lh_buf_bytes(&box));
    }
    lh_buf_clear(&box);
    lh_box_sender_free(sender);
    lh_signer_free(recipient);
}

static void boxes_of_another_make_open(void **state)
{
    static const struct {
        const char *name;
        const char *private_key;
        enum lh_suite_id suite;
        enum lh_alg alg;
    } rows[] = {
        { "box_w_0", "box_w_private", LH_SUITE_W, LH_ALG_X25519 },
        { "box_w_1", "box_w_private", LH_SUITE_W, LH_ALG_X25519 },
        { "box_w_4294967295", "box_w_private", LH_SUITE_W, LH_ALG_X25519 },
        { "box_g_0", "sm2_private", LH_SUITE_G, LH_ALG_SM2 },
        { "box_g_1", "sm2_private", LH_SUITE_G, LH_ALG_SM2 },
        { "box_g_4294967295", "sm2_private", LH_SUITE_G, LH_ALG_SM2 },
    };
    const struct values *values = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lh_signer *recipient = signer_of(values, rows[i].private_key, rows[i].alg);
        struct lh_buf box = LH_BUF_EMPTY;
        struct lh_buf out = LH_BUF_EMPTY;

        (void)vector_unhex(&box, text_of(values, rows[i].name));
        assert_int_equal(lh_box_open(&out, rows[i].suite, recipient, lh_bytes_of_text("aad"),
                                     lh_buf_bytes(&box), NULL),
                         LH_OK);
        assert_string_equal(lh_buf_text(&out), "plain text");
        lh_buf_clear(&out);
        lh_buf_clear(&box);
        lh_signer_free(recipient);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standards_sm2_signature_verifies_and_with_the_empty_id_it_does_not),
        cmocka_unit_test(key_ids_are_reproduced),
        cmocka_unit_test(sm2_note_keys_are_reproduced),
        cmocka_unit_test(tags_and_commitments_are_reproduced),
        cmocka_unit_test(tagged_and_tree_hashes_are_reproduced),
        cmocka_unit_test(boxes_of_suite_w_are_reproduced),
        cmocka_unit_test(boxes_of_another_make_open),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
