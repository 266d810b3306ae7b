#include "ledger/genesis.h"

#include "../../support/founders.h"
#include "crypto/signer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static struct lh_enrolment enrolment;

static struct lh_bytes text(const char *value)
{
    return lh_bytes_of_text(value);
}

static enum lh_code encode(enum lh_suite_id suite)
{
    struct lh_buf out = LH_BUF_EMPTY;
    enum lh_code rc = lh_enrolment_encode(&out, &enrolment, suite, NULL);

    lh_buf_clear(&out);
    return rc;
}

/* ---- enrolments ------------------------------------------------------------------------------ */

static void an_enrolment_decodes_to_what_was_encoded(void **state)
{
    static const enum lh_suite_id suites[] = { LH_SUITE_W, LH_SUITE_G };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct lh_buf first = LH_BUF_EMPTY;
        struct lh_buf second = LH_BUF_EMPTY;
        struct lh_enrolment again;

        lh_founder_enrolment(&enrolment, suites[i], "gaj", 10);
        strcpy(enrolment.group, "zhengfa");
        assert_int_equal(lh_enrolment_encode(&first, &enrolment, suites[i], NULL), LH_OK);
        assert_int_equal(lh_enrolment_decode(&again, lh_buf_bytes(&first), suites[i], NULL), LH_OK);
        assert_string_equal(again.department, "gaj");
        assert_string_equal(again.group, "zhengfa");
        assert_string_equal(again.officers[1].label, enrolment.officers[1].label);
        assert_true(lh_pubkey_is_equal(&again.governance, &enrolment.governance));
        assert_int_equal(lh_enrolment_encode(&second, &again, suites[i], NULL), LH_OK);
        assert_true(lh_bytes_is_equal(lh_buf_bytes(&first), lh_buf_bytes(&second)));
        assert_int_equal(lh_enrolment_decode(&again, lh_buf_bytes(&first), suites[1 - i], NULL),
                         LH_ERR_INVALID);
        lh_buf_clear(&first);
        lh_buf_clear(&second);
    }
}

static void break_department(void)
{
    strcpy(enrolment.department, "GAJ");
}
static void break_name(void)
{
    enrolment.name[0] = '\0';
}
static void break_group(void)
{
    strcpy(enrolment.group, "a b");
}
static void break_officer_count(void)
{
    enrolment.officer_count = 1;
}
static void break_label(void)
{
    enrolment.officers[0].label[0] = '\0';
}
static void break_officers_same(void)
{
    enrolment.officers[1].key = enrolment.officers[0].key;
}
static void break_recorder_same(void)
{
    enrolment.recorder = enrolment.witness;
}
static void break_witness_alg(void)
{
    struct lh_signer *signer = lh_founder_signer(LH_ALG_P256, 13);

    enrolment.witness = *lh_signer_pubkey(signer);
    lh_signer_free(signer);
}
static void break_suite(void)
{
    struct lh_signer *signer = lh_founder_signer(LH_ALG_SM2, 13);

    enrolment.recorder = *lh_signer_pubkey(signer);
    lh_signer_free(signer);
}
static void break_box_key(void)
{
    struct lh_signer *signer = lh_founder_signer(LH_ALG_X25519, 13);

    enrolment.governance = *lh_signer_pubkey(signer);
    lh_signer_free(signer);
}

static void an_enrolment_is_refused_for_each_of_its_rules(void **state)
{
    void (*const breakers[])(void) = {
        break_department, break_name,          break_group,         break_officer_count,
        break_label,      break_officers_same, break_recorder_same, break_witness_alg,
        break_suite,      break_box_key,
    };

    (void)state;
    for (size_t i = 0; i < sizeof breakers / sizeof breakers[0]; i++) {
        lh_founder_enrolment(&enrolment, LH_SUITE_W, "gaj", 10);
        assert_int_equal(encode(LH_SUITE_W), LH_OK);
        breakers[i]();
        if (encode(LH_SUITE_W) != LH_ERR_INVALID) {
            fail_msg("breaker %zu was accepted", i);
        }
    }
}

static void officers_and_recorder_may_have_p256_keys_in_suite_w(void **state)
{
    struct lh_signer *signer = lh_founder_signer(LH_ALG_P256, 13);

    (void)state;
    lh_founder_enrolment(&enrolment, LH_SUITE_W, "gaj", 10);
    enrolment.recorder = *lh_signer_pubkey(signer);
    assert_int_equal(encode(LH_SUITE_W), LH_OK);
    lh_signer_free(signer);
}

/* ---- the genesis file ------------------------------------------------------------------------ */

struct founders {
    struct lh_buf files[LH_FOUNDERS_MAX];
    struct lh_bytes views[LH_FOUNDERS_MAX];
};

static void found(struct founders *out, size_t count, const char *const *departments,
                  const uint8_t *firsts)
{
    for (size_t i = 0; i < count; i++) {
        out->files[i] = (struct lh_buf)LH_BUF_EMPTY;
        lh_founder_enrolment(&enrolment, LH_SUITE_W, departments[i], firsts[i]);
        assert_int_equal(lh_enrolment_encode(&out->files[i], &enrolment, LH_SUITE_W, NULL), LH_OK);
        out->views[i] = lh_buf_bytes(&out->files[i]);
    }
}

static void clear(struct founders *founders, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        lh_buf_clear(&founders->files[i]);
    }
}

static void a_genesis_sorts_its_members_and_is_named_by_its_bytes(void **state)
{
    static const char *const departments[] = { "wjw", "gaj", "mzj" };
    static const uint8_t firsts[] = { 30, 10, 20 };
    struct founders founders;
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_genesis *genesis = NULL;
    struct lh_suite *suite = NULL;

    (void)state;
    found(&founders, 3, departments, firsts);
    assert_int_equal(
        lh_genesis_encode(&bytes, "jinhua", LH_SUITE_W, 1700000000000, founders.views, 3, NULL),
        LH_OK);
    assert_int_equal(lh_genesis_new(&genesis, lh_buf_bytes(&bytes), NULL), LH_OK);
    assert_int_equal(lh_genesis_count(genesis), 3);
    assert_string_equal(lh_genesis_member(genesis, 0)->department, "gaj");
    assert_string_equal(lh_genesis_member(genesis, 1)->department, "mzj");
    assert_string_equal(lh_genesis_member(genesis, 2)->department, "wjw");
    assert_string_equal(lh_genesis_network(genesis), "jinhua");
    assert_int_equal(lh_genesis_suite(genesis), LH_SUITE_W);
    assert_true(lh_genesis_created_unix_ms(genesis) == 1700000000000);
    assert_true(lh_bytes_is_equal(lh_genesis_bytes(genesis), lh_buf_bytes(&bytes)));
    assert_ptr_equal(lh_genesis_find(genesis, text("mzj")), lh_genesis_member(genesis, 1));
    assert_null(lh_genesis_find(genesis, text("mz")));

    assert_int_equal(lh_suite_new(&suite, LH_SUITE_W, NULL), LH_OK);
    struct lh_hash id = lh_hash_tagged(suite, "liuhen/genesis/v1", lh_buf_bytes(&bytes));
    assert_true(lh_hash_is_equal(&id, lh_genesis_network_id(genesis)));
    lh_suite_free(suite);
    lh_genesis_free(genesis);
    lh_buf_clear(&bytes);
    clear(&founders, 3);
}

static enum lh_code encode_genesis(const char *network, int64_t created, size_t count,
                                   const char *const *departments, const uint8_t *firsts)
{
    static struct founders founders;
    struct lh_buf bytes = LH_BUF_EMPTY;

    found(&founders, count, departments, firsts);
    enum lh_code rc =
        lh_genesis_encode(&bytes, network, LH_SUITE_W, created, founders.views, count, NULL);
    assert_true(rc == LH_OK || bytes.len == 0);
    lh_buf_clear(&bytes);
    clear(&founders, count);
    return rc;
}

static void a_genesis_is_refused_for_each_of_its_rules(void **state)
{
    static const char *const departments[] = { "gaj", "mzj" };
    static const char *const same[] = { "gaj", "gaj" };
    static const uint8_t firsts[] = { 10, 20 };
    static const uint8_t overlapping[] = { 10, 15 }; /* governance of one, officer of the other */
    const char *long_name = "jinhua-jinhua-jinhua-jinhua-jinhua";

    (void)state;
    assert_int_equal(encode_genesis("jinhua", 1, 2, departments, firsts), LH_OK);
    assert_int_equal(encode_genesis("jinhua", 1, 1, departments, firsts), LH_OK);
    assert_int_equal(encode_genesis("jinhua", 1, 0, departments, firsts), LH_ERR_INVALID);
    assert_int_equal(encode_genesis("Jinhua", 1, 2, departments, firsts), LH_ERR_INVALID);
    assert_int_equal(encode_genesis("", 1, 2, departments, firsts), LH_ERR_INVALID);
    assert_int_equal(encode_genesis(long_name, 1, 2, departments, firsts), LH_ERR_INVALID);
    assert_int_equal(encode_genesis("jinhua", 0, 2, departments, firsts), LH_ERR_INVALID);
    assert_int_equal(encode_genesis("jinhua", -1, 2, departments, firsts), LH_ERR_INVALID);
    assert_int_equal(encode_genesis("jinhua", 1, 2, same, firsts), LH_ERR_INVALID);
    assert_int_equal(encode_genesis("jinhua", 1, 2, departments, overlapping), LH_ERR_INVALID);
}

static void a_genesis_holds_48_founders_and_no_more(void **state)
{
    char names[LH_FOUNDERS_MAX][8];
    const char *departments[LH_FOUNDERS_MAX];
    uint8_t firsts[1];
    struct founders founders;
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_genesis *genesis = NULL;
    struct lh_bytes too_many[LH_FOUNDERS_MAX + 1];

    (void)state;
    /* 48 members need 288 different keys: seeds of two bytes. */
    for (size_t i = 0; i < LH_FOUNDERS_MAX; i++) {
        struct lh_signer *signer = NULL;
        struct lh_pubkey keys[LH_FOUNDER_KEYS];
        uint8_t seed[32] = { 0 };

        (void)snprintf(names[i], sizeof names[i], "d%02zu", i);
        departments[i] = names[i];
        firsts[0] = 10;
        lh_founder_enrolment(&enrolment, LH_SUITE_W, departments[i], firsts[0]);
        for (size_t k = 0; k < LH_FOUNDER_KEYS; k++) {
            seed[0] = (uint8_t)(i + 1);
            seed[1] = (uint8_t)k;
            assert_int_equal(
                lh_signer_from_seed(&signer, LH_ALG_ED25519, lh_bytes_of(seed, sizeof seed), NULL),
                LH_OK);
            keys[k] = *lh_signer_pubkey(signer);
            lh_signer_free(signer);
        }
        enrolment.officers[0].key = keys[0];
        enrolment.officers[1].key = keys[1];
        enrolment.recorder = keys[2];
        enrolment.witness = keys[3];
        enrolment.mirror = keys[4];
        enrolment.governance = keys[5];
        founders.files[i] = (struct lh_buf)LH_BUF_EMPTY;
        assert_int_equal(lh_enrolment_encode(&founders.files[i], &enrolment, LH_SUITE_W, NULL),
                         LH_OK);
        founders.views[i] = lh_buf_bytes(&founders.files[i]);
        too_many[i] = founders.views[i];
    }
    too_many[LH_FOUNDERS_MAX] = too_many[0];
    assert_int_equal(
        lh_genesis_encode(&bytes, "jinhua", LH_SUITE_W, 1, too_many, LH_FOUNDERS_MAX + 1, NULL),
        LH_ERR_INVALID);
    assert_int_equal(
        lh_genesis_encode(&bytes, "jinhua", LH_SUITE_W, 1, founders.views, LH_FOUNDERS_MAX, NULL),
        LH_OK);
    assert_true(bytes.len <= LH_GENESIS_MAX);
    assert_int_equal(lh_genesis_new(&genesis, lh_buf_bytes(&bytes), NULL), LH_OK);
    assert_int_equal(lh_genesis_count(genesis), LH_FOUNDERS_MAX);
    lh_genesis_free(genesis);
    lh_buf_clear(&bytes);
    clear(&founders, LH_FOUNDERS_MAX);
}

static void any_flipped_bit_of_a_genesis_changes_the_network_or_is_refused(void **state)
{
    struct lh_genesis *genesis = lh_founders_genesis(LH_SUITE_W);
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_genesis *other = NULL;

    (void)state;
    lh_buf_add(&bytes, lh_genesis_bytes(genesis));
    for (size_t bit = 0; bit < bytes.len * 8; bit += 3) {
        bytes.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        if (lh_genesis_new(&other, lh_buf_bytes(&bytes), NULL) == LH_OK) {
            assert_false(
                lh_hash_is_equal(lh_genesis_network_id(genesis), lh_genesis_network_id(other)));
            lh_genesis_free(other);
        }
        bytes.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    lh_buf_clear(&bytes);
    lh_genesis_free(genesis);
}

static void a_newer_schema_is_unknown_whatever_else_the_file_holds(void **state)
{
    static const struct {
        const char *name;
        size_t len;
        enum lh_code want;
        uint8_t bytes[8];
    } rows[] = {
        { "schema 2 alone", 2, LH_ERR_UNKNOWN, { 0x08, 2 } },
        { "a field that nobody knows", 5, LH_ERR_UNKNOWN, { 0x08, 2, 0x7a, 1, 'x' } },
        { "what is no message", 4, LH_ERR_UNKNOWN, { 0x08, 2, 0xff, 0xff } },
        { "the largest schema", 6, LH_ERR_UNKNOWN, { 0x08, 0xff, 0xff, 0xff, 0xff, 0x0f } },
        { "a number beyond 32 bits", 6, LH_ERR_INVALID, { 0x08, 0x80, 0x80, 0x80, 0x80, 0x10 } },
        { "a long 2", 3, LH_ERR_INVALID, { 0x08, 0x82, 0 } },
        { "schema 1 and nothing else", 2, LH_ERR_INVALID, { 0x08, 1 } },
        { "no schema", 3, LH_ERR_INVALID, { 0x12, 1, 'x' } },
    };
    struct lh_genesis *genesis = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lh_bytes bytes = lh_bytes_of(rows[i].bytes, rows[i].len);
        if (lh_genesis_new(&genesis, bytes, NULL) != rows[i].want ||
            lh_enrolment_decode(&enrolment, bytes, LH_SUITE_W, NULL) != rows[i].want) {
            fail_msg("%s: want %s", rows[i].name, lh_code_name(rows[i].want));
        }
    }
}

static void members_cosign_under_the_names_of_their_duties(void **state)
{
    struct lh_genesis *genesis = lh_founders_genesis(LH_SUITE_W);
    const struct lh_enrolment *member = lh_genesis_find(genesis, lh_bytes_of_text("mzj"));
    struct lh_note_key key;

    (void)state;
    assert_non_null(member);
    assert_int_equal(lh_genesis_witness_key(&key, genesis, member, NULL), LH_OK);
    assert_string_equal(key.name, "jinhua/mzj/witness");
    assert_int_equal(key.kind, LH_NOTE_COSIGNATURE);
    assert_true(lh_pubkey_is_equal(&key.key, &member->witness));
    assert_int_equal(lh_genesis_mirror_key(&key, genesis, member, NULL), LH_OK);
    assert_string_equal(key.name, "jinhua/mzj/mirror");
    assert_int_equal(key.kind, LH_NOTE_COSIGNATURE);
    assert_true(lh_pubkey_is_equal(&key.key, &member->mirror));
    lh_genesis_free(genesis);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_enrolment_decodes_to_what_was_encoded),
        cmocka_unit_test(an_enrolment_is_refused_for_each_of_its_rules),
        cmocka_unit_test(officers_and_recorder_may_have_p256_keys_in_suite_w),
        cmocka_unit_test(a_genesis_sorts_its_members_and_is_named_by_its_bytes),
        cmocka_unit_test(a_genesis_is_refused_for_each_of_its_rules),
        cmocka_unit_test(a_genesis_holds_48_founders_and_no_more),
        cmocka_unit_test(any_flipped_bit_of_a_genesis_changes_the_network_or_is_refused),
        cmocka_unit_test(a_newer_schema_is_unknown_whatever_else_the_file_holds),
        cmocka_unit_test(members_cosign_under_the_names_of_their_duties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
