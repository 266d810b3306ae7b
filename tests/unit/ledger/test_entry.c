#include "ledger/entry.h"

#include "../../support/bodies.h"
#include "../../support/seeded.h"
#include "crypto/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>
#include <strings.h>

static lhpb_Leaf leaf;
static lhpb_Leaf decoded;
static lhpb_Body body;

static void make_entry(void)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    lhpb_Entry *entry = &leaf.kind.entry;

    memset(&leaf, 0, sizeof leaf);
    leaf.which_kind = lhpb_Leaf_entry_tag;
    lh_fixture_body(&body, lhpb_EntryType_QUERY);
    assert_int_equal(lh_body_encode(&bytes, &body, NULL), LH_OK);
    entry->body.size = (pb_size_t)bytes.len;
    memcpy(entry->body.bytes, bytes.data, bytes.len);
    lh_buf_clear(&bytes);
    entry->signatures_count = 2;
    memset(&entry->signatures[0], 1, sizeof entry->signatures[0]);
    memset(&entry->signatures[1], 2, sizeof entry->signatures[1]);
    entry->has_intake = true;
    entry->intake.recorded_at_ms = LH_FIXTURE_TIME_MS;
}

static void make_header(void)
{
    lhpb_BlockHeader *header = &leaf.kind.header;

    memset(&leaf, 0, sizeof leaf);
    leaf.which_kind = lhpb_Leaf_header_tag;
    strcpy(header->origin, "jinhua/gaj/1");
    header->height = 1;
    header->count = 1;
    header->time_ms = LH_FIXTURE_TIME_MS;
    header->heads_count = 1;
    strcpy(header->heads[0].origin, "jinhua/mzj/1");
    header->heads[0].size = 2;
}

/* "" when the leaf is good, else the words. */
static const char *words_for_leaf(void)
{
    static struct lh_err err;
    struct lh_buf out = LH_BUF_EMPTY;
    enum lh_code rc;

    err = (struct lh_err)LH_ERR_NONE;
    rc = lh_leaf_encode(&out, &leaf, &err);
    assert_true(rc == LH_OK || rc == LH_ERR_INVALID);
    lh_buf_clear(&out);
    return err.text;
}

/* ---- leaves ---------------------------------------------------------------------------------- */

static void a_leaf_decodes_to_what_was_encoded(void **state)
{
    struct lh_buf first = LH_BUF_EMPTY;
    struct lh_buf second = LH_BUF_EMPTY;
    void (*const makers[])(void) = { make_entry, make_header };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        makers[i]();
        lh_buf_reset(&first);
        lh_buf_reset(&second);
        assert_int_equal(lh_leaf_encode(&first, &leaf, NULL), LH_OK);
        assert_int_equal(lh_leaf_decode(&decoded, lh_buf_bytes(&first), NULL), LH_OK);
        assert_int_equal(lh_leaf_encode(&second, &decoded, NULL), LH_OK);
        assert_true(lh_bytes_is_equal(lh_buf_bytes(&first), lh_buf_bytes(&second)));
    }
    lh_buf_clear(&first);
    lh_buf_clear(&second);
}

static void break_kind(void)
{
    make_entry();
    leaf.which_kind = 0;
}
static void break_body(void)
{
    make_entry();
    leaf.kind.entry.body.size = 0;
}
static void break_signatures(void)
{
    make_entry();
    leaf.kind.entry.signatures_count = 0;
}
static void break_signature_order(void)
{
    make_entry();
    leaf.kind.entry.signatures[0] = leaf.kind.entry.signatures[1];
}
static void break_intake(void)
{
    make_entry();
    leaf.kind.entry.has_intake = false;
}
static void break_recorded_at(void)
{
    make_entry();
    leaf.kind.entry.intake.recorded_at_ms = UINT64_C(253402300800000);
}
static void break_intake_flags(void)
{
    make_entry();
    leaf.kind.entry.intake.flags = 4;
}
static void break_index_digest(void)
{
    make_entry();
    leaf.kind.entry.intake.has_index_digest = true;
}
static void break_origin(void)
{
    make_header();
    strcpy(leaf.kind.header.origin, "jinhua/gaj/01");
}
static void break_head_origin(void)
{
    make_header();
    strcpy(leaf.kind.header.heads[0].origin, "mzj");
}

static void a_leaf_is_refused_for_each_of_its_rules(void **state)
{
    static const struct {
        void (*make)(void);
        const char *word; /* in the error */
    } rows[] = {
        { break_kind, "neither" },          { break_body, "body" },
        { break_signatures, "signatures" }, { break_signature_order, "ascending" },
        { break_intake, "intake" },         { break_recorded_at, "recorded_at" },
        { break_intake_flags, "flags" },    { break_index_digest, "zero" },
        { break_origin, "origin" },         { break_head_origin, "heads[0]" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        rows[i].make();
        if (strstr(words_for_leaf(), rows[i].word) == NULL) {
            fail_msg("row %zu, %s: got \"%s\"", i, rows[i].word, words_for_leaf());
        }
    }
    make_entry();
    assert_string_equal(words_for_leaf(), "");
    make_header();
    assert_string_equal(words_for_leaf(), "");
}

static void a_leaf_with_a_body_of_a_newer_schema_is_a_good_leaf(void **state)
{
    struct lh_buf out = LH_BUF_EMPTY;

    (void)state;
    make_entry();
    leaf.kind.entry.body.bytes[1] = 2;
    assert_int_equal(lh_leaf_encode(&out, &leaf, NULL), LH_OK);
    assert_int_equal(lh_leaf_decode(&decoded, lh_buf_bytes(&out), NULL), LH_OK);
    struct lh_bytes bytes =
        lh_bytes_of(decoded.kind.entry.body.bytes, decoded.kind.entry.body.size);
    assert_int_equal(lh_body_decode(&body, bytes, NULL), LH_ERR_UNKNOWN);
    lh_buf_clear(&out);
}

static void any_flipped_bit_changes_the_leaf_hash_or_is_refused(void **state)
{
    struct lh_buf out = LH_BUF_EMPTY;
    struct lh_suite *suite = NULL;

    (void)state;
    make_entry();
    assert_int_equal(lh_leaf_encode(&out, &leaf, NULL), LH_OK);
    assert_int_equal(lh_suite_new(&suite, LH_SUITE_W, NULL), LH_OK);
    struct lh_hash before = lh_hash_leaf(suite, lh_buf_bytes(&out));
    for (size_t bit = 0; bit < out.len * 8; bit++) {
        out.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        struct lh_hash after = lh_hash_leaf(suite, lh_buf_bytes(&out));
        assert_false(lh_hash_is_equal(&before, &after));
        out.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    lh_suite_free(suite);
    lh_buf_clear(&out);
}

static void the_index_digest_stands_iff_the_body_has_a_subject_digest(void **state)
{
    (void)state;
    make_entry();
    assert_int_equal(lh_entry_check_body(&leaf.kind.entry, &body, NULL), LH_OK);
    leaf.kind.entry.intake.has_index_digest = true;
    assert_int_equal(lh_entry_check_body(&leaf.kind.entry, &body, NULL), LH_ERR_INVALID);
    body.has_subject_digest = true;
    assert_int_equal(lh_entry_check_body(&leaf.kind.entry, &body, NULL), LH_OK);
    leaf.kind.entry.intake.has_index_digest = false;
    assert_int_equal(lh_entry_check_body(&leaf.kind.entry, &body, NULL), LH_ERR_INVALID);
}

static void a_generation_that_asks_for_promises_stands_in_no_leaf(void **state)
{
    lhpb_Generation *generation = &body.detail.generation;

    (void)state;
    make_entry();
    lh_fixture_body(&body, lhpb_EntryType_GENERATION);
    generation->number = 2;
    for (uint32_t reason = 2; reason <= 6; reason++) {
        generation->reason = reason;
        generation->has_promises_digest = false;
        assert_int_equal(lh_entry_check_body(&leaf.kind.entry, &body, NULL),
                         reason == 2 ? LH_ERR_INVALID : LH_OK);
        generation->has_promises_digest = true;
        assert_int_equal(lh_entry_check_body(&leaf.kind.entry, &body, NULL), LH_OK);
    }
}

/* ---- bodies ---------------------------------------------------------------------------------- */

static void a_newer_schema_is_unknown_before_anything_else(void **state)
{
    static const struct {
        const char *hex;
        enum lh_code code;
    } rows[] = {
        { "0802", LH_ERR_UNKNOWN },
        { "0802ffffff", LH_ERR_UNKNOWN },   /* whatever follows */
        { "08ffffffff0f", LH_ERR_UNKNOWN }, /* 2^32 - 1 */
        { "088080808010", LH_ERR_INVALID }, /* 2^32 */
        { "088200", LH_ERR_INVALID },       /* 2, but not in its shortest form */
        { "08", LH_ERR_INVALID },
        { "0882", LH_ERR_INVALID },
        { "0801", LH_ERR_INVALID }, /* ours, and nothing else in it */
        { "0800", LH_ERR_INVALID },
        { "1002", LH_ERR_INVALID }, /* no schema */
        { "", LH_ERR_INVALID },
    };
    uint8_t bytes[16];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lh_bytes text = lh_bytes_of_text(rows[i].hex);

        assert_int_equal(lh_hex_parse(bytes, text.len / 2, text, NULL), LH_OK);
        assert_int_equal(lh_body_decode(&body, lh_bytes_of(bytes, text.len / 2), NULL),
                         rows[i].code);
    }
}

static void a_body_longer_than_its_bound_is_refused(void **state)
{
    static uint8_t bytes[LH_BODY_MAX + 1] = { 0x08, 0x02 };

    (void)state;
    assert_int_equal(lh_body_decode(&body, lh_bytes_of(bytes, LH_BODY_MAX + 1), NULL),
                     LH_ERR_INVALID);
    assert_int_equal(lh_body_decode(&body, lh_bytes_of(bytes, LH_BODY_MAX), NULL), LH_ERR_UNKNOWN);
}

static void random_bytes_never_crash_the_decoders(void **state)
{
    struct lh_seeded seeded = lh_seeded_new(7);
    uint8_t bytes[64];

    (void)state;
    for (size_t i = 0; i < 20000; i++) {
        size_t len = lh_seeded_below(&seeded, sizeof bytes);
        for (size_t j = 0; j < len; j++) {
            bytes[j] = (uint8_t)lh_seeded_next(&seeded);
        }
        assert_int_not_equal(lh_leaf_decode(&decoded, lh_bytes_of(bytes, len), NULL), LH_OK);
        assert_int_not_equal(lh_body_decode(&body, lh_bytes_of(bytes, len), NULL), LH_OK);
    }
}

static void the_message_to_sign_is_tag_network_and_body_hash(void **state)
{
    struct lh_hash network;
    struct lh_hash hash;
    uint8_t message[LH_ENTRY_MESSAGE_SIZE];

    (void)state;
    memset(network.bytes, 0xaa, sizeof network.bytes);
    memset(hash.bytes, 0xbb, sizeof hash.bytes);
    lh_entry_message(message, &network, &hash);
    assert_memory_equal(message, "liuhen/entry/v1\0", 16);
    assert_memory_equal(message + 16, network.bytes, 32);
    assert_memory_equal(message + 48, hash.bytes, 32);
}

/* ---- types and keys -------------------------------------------------------------------------- */

static void every_type_has_two_names_and_parses_back(void **state)
{
    size_t known = 0;
    lhpb_EntryType type;

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        const char *name = lh_entry_type_name((lhpb_EntryType)i);
        char lower[32] = "";

        if (name == NULL) {
            assert_null(lh_entry_type_name_zh((lhpb_EntryType)i));
            continue;
        }
        known++;
        assert_non_null(lh_entry_type_name_zh((lhpb_EntryType)i));
        for (size_t j = 0; name[j] != '\0'; j++) {
            lower[j] = (char)(name[j] == '_' ? '_' : name[j] + ('a' - 'A'));
        }
        assert_int_equal(lh_entry_type_parse(&type, lh_bytes_of_text(name), NULL), LH_OK);
        assert_int_equal(type, i);
        assert_int_equal(lh_entry_type_parse(&type, lh_bytes_of_text(lower), NULL), LH_OK);
        assert_int_equal(type, i);
    }
    assert_int_equal(known, lh_fixture_type_count());
    assert_int_equal(lh_entry_type_parse(&type, lh_bytes_of_text("QUERYS"), NULL), LH_ERR_INVALID);
    assert_int_equal(lh_entry_type_parse(&type, LH_BYTES_EMPTY, NULL), LH_ERR_INVALID);
}

static void a_public_key_goes_to_the_wire_and_back(void **state)
{
    static const enum lh_alg algs[] = { LH_ALG_ED25519, LH_ALG_P256, LH_ALG_SM2, LH_ALG_X25519 };
    lhpb_PublicKey wire;
    lhpb_PublicKey again;
    struct lh_pubkey key;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        lh_fixture_key(&wire, algs[i], 5);
        assert_int_equal(lh_pubkey_from_wire(&key, &wire, NULL), LH_OK);
        lh_pubkey_to_wire(&again, &key);
        assert_int_equal(wire.alg, again.alg);
        assert_int_equal(wire.value.size, again.value.size);
        assert_memory_equal(wire.value.bytes, again.value.bytes, wire.value.size);
        wire.value.size--;
        assert_int_equal(lh_pubkey_from_wire(&key, &wire, NULL), LH_ERR_INVALID);
    }
    wire.alg = 5;
    assert_int_equal(lh_pubkey_from_wire(&key, &wire, NULL), LH_ERR_INVALID);
    wire.alg = 0;
    assert_int_equal(lh_pubkey_from_wire(&key, &wire, NULL), LH_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leaf_decodes_to_what_was_encoded),
        cmocka_unit_test(a_leaf_is_refused_for_each_of_its_rules),
        cmocka_unit_test(a_leaf_with_a_body_of_a_newer_schema_is_a_good_leaf),
        cmocka_unit_test(any_flipped_bit_changes_the_leaf_hash_or_is_refused),
        cmocka_unit_test(the_index_digest_stands_iff_the_body_has_a_subject_digest),
        cmocka_unit_test(a_generation_that_asks_for_promises_stands_in_no_leaf),
        cmocka_unit_test(a_newer_schema_is_unknown_before_anything_else),
        cmocka_unit_test(a_body_longer_than_its_bound_is_refused),
        cmocka_unit_test(random_bytes_never_crash_the_decoders),
        cmocka_unit_test(the_message_to_sign_is_tag_network_and_body_hash),
        cmocka_unit_test(every_type_has_two_names_and_parses_back),
        cmocka_unit_test(a_public_key_goes_to_the_wire_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
