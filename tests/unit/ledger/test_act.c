#include "ledger/act.h"

#include "../../support/founders.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

static void make_act(struct lh_act *act, enum lh_suite_id suite)
{
    static lhpb_Body body;

    *act = (struct lh_act)LH_ACT_EMPTY;
    act->suite = suite;
    memset(act->network_id.bytes, 0x4e, LH_HASH_SIZE);
    lh_fixture_body(&body, lhpb_EntryType_LEAVE);
    assert_int_equal(lh_body_encode(&act->body, &body, NULL), LH_OK);
}

static void sign(struct lh_act *act, struct lh_suite *suite, enum lh_alg alg, uint8_t number,
                 enum lh_code wanted)
{
    struct lh_signer *signer = lh_founder_signer(alg, number);

    assert_int_equal(lh_act_sign(act, suite, signer, NULL), wanted);
    lh_signer_free(signer);
}

static void an_act_travels_and_gathers_signatures_in_order(void **state)
{
    static const enum lh_suite_id suites[] = { LH_SUITE_W, LH_SUITE_G };

    (void)state;
    for (size_t s = 0; s < 2; s++) {
        enum lh_alg alg = lh_founder_alg(suites[s]);
        struct lh_suite *suite = NULL;
        struct lh_act act;

        assert_int_equal(lh_suite_new(&suite, suites[s], NULL), LH_OK);
        make_act(&act, suites[s]);
        for (uint8_t number = 1; number <= 4; number++) {
            struct lh_buf file = LH_BUF_EMPTY;

            sign(&act, suite, alg, number, LH_OK);
            assert_int_equal(lh_act_encode(&file, &act, NULL), LH_OK);
            lh_act_clear(&act);
            assert_int_equal(lh_act_decode(&act, lh_buf_bytes(&file), NULL), LH_OK);
            assert_int_equal(act.signature_count, number);
            lh_buf_clear(&file);
        }
        for (size_t i = 1; i < act.signature_count; i++) {
            assert_true(
                lh_key_id_compare(&act.signatures[i - 1].key_id, &act.signatures[i].key_id) < 0);
        }
        sign(&act, suite, alg, 5, LH_ERR_LIMIT);
        lh_act_clear(&act);
        lh_suite_free(suite);
    }
}

static void its_signatures_are_those_of_the_entry(void **state)
{
    struct lh_signer *signer = lh_founder_signer(LH_ALG_P256, 1);
    struct lh_verifier *verifier = NULL;
    struct lh_suite *suite = NULL;
    uint8_t message[LH_ENTRY_MESSAGE_SIZE];
    struct lh_act act;

    (void)state;
    assert_int_equal(lh_suite_new(&suite, LH_SUITE_W, NULL), LH_OK);
    make_act(&act, LH_SUITE_W);
    assert_int_equal(lh_act_sign(&act, suite, signer, NULL), LH_OK);
    struct lh_hash hash = lh_body_hash(suite, lh_buf_bytes(&act.body));
    lh_entry_message(message, &act.network_id, &hash);
    assert_int_equal(lh_verifier_new(&verifier, lh_signer_pubkey(signer), NULL), LH_OK);
    assert_int_equal(
        lh_verify(verifier, &act.signatures[0].sig, lh_bytes_of(message, sizeof message), NULL),
        LH_OK);
    lh_verifier_free(verifier);
    lh_signer_free(signer);
    lh_act_clear(&act);
    lh_suite_free(suite);
}

static void a_key_signs_once_and_only_in_its_suite(void **state)
{
    struct lh_suite *w = NULL;
    struct lh_suite *g = NULL;
    struct lh_act act;

    (void)state;
    assert_int_equal(lh_suite_new(&w, LH_SUITE_W, NULL), LH_OK);
    assert_int_equal(lh_suite_new(&g, LH_SUITE_G, NULL), LH_OK);
    make_act(&act, LH_SUITE_W);
    sign(&act, w, LH_ALG_P256, 1, LH_OK);
    sign(&act, w, LH_ALG_P256, 1, LH_ERR_CONFLICT);
    sign(&act, w, LH_ALG_SM2, 1, LH_ERR_INVALID);
    sign(&act, w, LH_ALG_X25519, 1, LH_ERR_INVALID);
    sign(&act, g, LH_ALG_SM2, 1, LH_ERR_INVALID);
    assert_int_equal(act.signature_count, 1);
    lh_act_clear(&act);
    lh_suite_free(w);
    lh_suite_free(g);
}

static enum lh_code encode(const struct lh_act *act)
{
    struct lh_buf file = LH_BUF_EMPTY;
    enum lh_code rc = lh_act_encode(&file, act, NULL);

    lh_buf_clear(&file);
    return rc;
}

static void an_act_is_refused_for_each_of_its_rules(void **state)
{
    struct lh_act act;

    (void)state;
    make_act(&act, LH_SUITE_W);
    assert_int_equal(encode(&act), LH_OK);
    act.suite = (enum lh_suite_id)3;
    assert_int_equal(encode(&act), LH_ERR_INVALID);
    act.suite = LH_SUITE_W;
    memset(act.network_id.bytes, 0, LH_HASH_SIZE);
    assert_int_equal(encode(&act), LH_ERR_INVALID);
    memset(act.network_id.bytes, 1, LH_HASH_SIZE);
    act.signature_count = 2; /* of one key id */
    memset(act.signatures, 1, sizeof act.signatures);
    assert_int_equal(encode(&act), LH_ERR_INVALID);
    act.signature_count = LH_SIGNATURES_MAX + 1;
    assert_int_equal(encode(&act), LH_ERR_INVALID);
    act.signature_count = 0;
    act.body.data[act.body.len - 1] ^= 0x80;
    assert_int_equal(encode(&act), LH_ERR_INVALID);
    act.body.data[1] = 2;
    assert_int_equal(encode(&act), LH_ERR_UNKNOWN);
    lh_act_clear(&act);
    assert_int_equal(encode(&act), LH_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_act_travels_and_gathers_signatures_in_order),
        cmocka_unit_test(its_signatures_are_those_of_the_entry),
        cmocka_unit_test(a_key_signs_once_and_only_in_its_suite),
        cmocka_unit_test(an_act_is_refused_for_each_of_its_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
