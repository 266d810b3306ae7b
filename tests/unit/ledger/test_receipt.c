/*
 * What becomes of a receipt on its way, and what is found in it. The claim that matters most: no
 * bit of it can change unseen. What is no receipt at all is in test_receipt_text.c.
 */
#include "ledger/receipt.h"

#include "tests/support/receipt_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_OF(rows) (sizeof(rows) / sizeof(rows)[0])

static int set_up(void **state)
{
    static struct world world;

    world_init(&world, LH_SUITE_W);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    world_clear(*state);
    return 0;
}

/* --- The whole way: format, parse, verify. --- */

static void format_receipt(struct lh_buf *out, const struct lh_receipt *receipt)
{
    lh_buf_reset(out);
    assert_int_equal(lh_receipt_format(out, receipt, NULL), LH_OK);
}

static void assert_receipt_equal(const struct lh_receipt *a, const struct lh_receipt *b)
{
    assert_true(lh_hash_is_equal(&a->network_id, &b->network_id));
    assert_int_equal(a->suite, b->suite);
    assert_true(lh_bytes_is_equal(lh_buf_bytes(&a->leaf), lh_buf_bytes(&b->leaf)));
    assert_int_equal(a->signer_count, b->signer_count);
    for (size_t i = 0; i < a->signer_count; i++) {
        assert_true(lh_pubkey_is_equal(&a->signers[i], &b->signers[i]));
    }
    assert_int_equal(a->index, b->index);
    assert_int_equal(a->proof.count, b->proof.count);
    assert_memory_equal(a->proof.path, b->proof.path, a->proof.count * sizeof a->proof.path[0]);
    assert_true(lh_bytes_is_equal(lh_buf_bytes(&a->checkpoint), lh_buf_bytes(&b->checkpoint)));
    assert_true(lh_bytes_is_equal(lh_buf_bytes(&a->header), lh_buf_bytes(&b->header)));
    assert_true(lh_bytes_is_equal(lh_buf_bytes(&a->before), lh_buf_bytes(&b->before)));
    assert_int_equal(a->header_proof.count, b->header_proof.count);
    assert_memory_equal(a->header_proof.path, b->header_proof.path,
                        a->header_proof.count * sizeof a->header_proof.path[0]);
}

/* Through its text and back, then verified. */
static enum lh_code verify_text(struct world *world, struct lh_receipt_report *out_report)
{
    struct lh_receipt again = LH_RECEIPT_EMPTY;
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    format_receipt(&text, &world->receipt);
    assert_int_equal(lh_receipt_parse(&again, lh_buf_bytes(&text), NULL), LH_OK);
    assert_receipt_equal(&again, &world->receipt);
    rc = lh_receipt_verify(&again, world->suite, &world->seal, 1, &world->network_id, out_report,
                           &err);
    assert_int_equal(rc == LH_OK, err.text[0] == '\0');
    lh_receipt_clear(&again);
    lh_buf_clear(&text);
    return rc;
}

static void a_receipt_verifies_in_both_suites(void **state)
{
    const enum lh_suite_id suites[] = { LH_SUITE_W, LH_SUITE_G };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(suites); i++) {
        struct lh_receipt_report report;
        struct world world;

        world_init(&world, suites[i]);
        assert_int_equal(verify_text(&world, &report), LH_OK);
        assert_string_equal(report.checkpoint.origin, WORLD_ORIGIN);
        assert_int_equal(report.checkpoint.size, 5);
        assert_int_equal(report.network, LH_OK);
        assert_int_equal(report.seal, LH_OK);
        assert_int_equal(report.inclusion, LH_OK);
        assert_int_equal(report.header, LH_OK);
        assert_int_equal(report.signature, LH_OK);
        assert_true(lh_hash_is_equal(&report.epoch, &world.network_id));
        assert_true(lh_hash_is_equal(&report.epoch_before, &world.network_id));
        world_clear(&world);
    }
}

static void a_receipt_verifies_wherever_in_the_tree_its_leaf_is(void **state)
{
    struct world *world = *state;
    struct lh_receipt_report report;

    for (uint64_t size = 2; size <= 9; size++) {
        for (uint64_t index = 0; index < size - 1; index++) {
            world_seal_leaf(world, index, size);
            assert_int_equal(verify_text(world, &report), LH_OK);
        }
    }
}

static void add_witness_line(struct world *world)
{
    struct lh_signer *witness = world_signer(LH_ALG_ED25519, 9);
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_note_key cosigner;
    struct lh_note note;

    assert_int_equal(lh_note_key_init(&cosigner, "jinhua/mzj/witness", LH_NOTE_COSIGNATURE,
                                      lh_signer_pubkey(witness), NULL),
                     LH_OK);
    assert_int_equal(lh_note_parse(&note, lh_buf_bytes(&world->receipt.checkpoint), NULL), LH_OK);
    lh_buf_add(&text, note.text);
    assert_int_equal(lh_note_add_line(&world->receipt.checkpoint, lh_buf_bytes(&text), &cosigner,
                                      witness, 1700000000, NULL),
                     LH_OK);
    lh_buf_clear(&text);
    lh_signer_free(witness);
}

static void lines_of_witnesses_ride_along(void **state)
{
    struct world *world = *state;
    struct lh_receipt_report report;

    add_witness_line(world);
    assert_int_equal(verify_text(world, &report), LH_OK);
}

/* --- No bit changes unseen. --- */

/* Where the extra line of a receipt's text ends. */
static size_t end_of_extra(const struct lh_buf *text)
{
    return (size_t)(strstr(lh_buf_text(text), "\nindex ") - lh_buf_text(text));
}

struct flips {
    size_t unparsed;
    size_t forged;
};

/*
 * Flip each bit of the first `len` bytes of the text. Fails the test unless each ends in a parse
 * error or in LH_ERR_FORGED.
 */
static struct flips flip_every_bit(struct world *world, struct lh_buf *text, size_t len,
                                   const struct lh_hash *network_id)
{
    struct flips flips = { .unparsed = 0 };

    for (size_t bit = 0; bit < 8 * len; bit++) {
        struct lh_receipt receipt = LH_RECEIPT_EMPTY;
        struct lh_receipt_report report;
        enum lh_code rc;

        text->data[bit / 8] = (uint8_t)(text->data[bit / 8] ^ 1U << bit % 8);
        rc = lh_receipt_parse(&receipt, lh_buf_bytes(text), NULL);
        if (rc == LH_OK) {
            rc = lh_receipt_verify(&receipt, world->suite, &world->seal, 1, network_id, &report,
                                   NULL);
        }
        if (rc != LH_ERR_INVALID && rc != LH_ERR_FORGED) {
            fail_msg("bit %zu of byte %zu flipped: %s", bit % 8, bit / 8, lh_code_name(rc));
        }
        flips.unparsed += rc == LH_ERR_INVALID ? 1 : 0;
        flips.forged += rc == LH_ERR_FORGED ? 1 : 0;
        lh_receipt_clear(&receipt);
        text->data[bit / 8] = (uint8_t)(text->data[bit / 8] ^ 1U << bit % 8);
    }
    assert_int_equal(flips.unparsed + flips.forged, 8 * len);
    return flips;
}

static void no_flipped_bit_of_a_receipt_goes_unseen(void **state)
{
    const struct {
        uint64_t index;
        uint64_t size;
    } rows[] = { { 2, 5 }, { 0, 2 } };
    struct world *world = *state;
    struct lh_buf text = LH_BUF_EMPTY;

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct lh_receipt_report report;

        world_seal_leaf(world, rows[i].index, rows[i].size);
        assert_int_equal(verify_text(world, &report), LH_OK); /* unflipped */
        format_receipt(&text, &world->receipt);
        struct flips flips = flip_every_bit(world, &text, text.len, &world->network_id);
        print_message("leaf %d of %d: %zu flips do not parse, %zu do not verify\n",
                      (int)rows[i].index, (int)rows[i].size, flips.unparsed, flips.forged);
        assert_true(flips.unparsed > 1000);
        assert_true(flips.forged > 1000);
    }
    lh_buf_clear(&text);
}

/* The signatures of the entry bind the network id, so it holds even when none is given. */
static void no_flipped_bit_goes_unseen_without_a_network_id(void **state)
{
    struct world *world = *state;
    struct lh_buf text = LH_BUF_EMPTY;

    format_receipt(&text, &world->receipt);
    struct flips flips = flip_every_bit(world, &text, end_of_extra(&text), NULL);
    assert_true(flips.unparsed > 1000);
    assert_true(flips.forged > 1000);
    lh_buf_clear(&text);
}

/*
 * The one exception, and why it does no harm: a witness line whose key the judge does not have says
 * nothing, before its bits change and after.
 */
static void a_flipped_bit_of_a_witness_line_changes_nothing_else(void **state)
{
    struct world *world = *state;
    struct lh_buf text = LH_BUF_EMPTY;
    size_t harmless = 0;

    format_receipt(&text, &world->receipt);
    const size_t bound = text.len;
    add_witness_line(world);
    format_receipt(&text, &world->receipt);
    for (size_t bit = 8 * bound; bit < 8 * text.len; bit++) {
        struct lh_receipt receipt = LH_RECEIPT_EMPTY;
        struct lh_receipt_report report;

        text.data[bit / 8] = (uint8_t)(text.data[bit / 8] ^ 1U << bit % 8);
        if (lh_receipt_parse(&receipt, lh_buf_bytes(&text), NULL) == LH_OK &&
            lh_receipt_verify(&receipt, world->suite, &world->seal, 1, &world->network_id, &report,
                              NULL) == LH_OK) {
            memcpy(receipt.checkpoint.data, world->receipt.checkpoint.data, receipt.checkpoint.len);
            assert_receipt_equal(&receipt, &world->receipt);
            harmless++;
        }
        lh_receipt_clear(&receipt);
        text.data[bit / 8] = (uint8_t)(text.data[bit / 8] ^ 1U << bit % 8);
    }
    assert_true(harmless > 0);
    lh_buf_clear(&text);
}

static void no_shortened_or_lengthened_receipt_goes_unseen(void **state)
{
    struct world *world = *state;
    struct lh_buf text = LH_BUF_EMPTY;

    format_receipt(&text, &world->receipt);
    const size_t whole = text.len;
    lh_buf_add_text(&text, "\n");
    for (size_t len = 0; len <= text.len; len++) {
        struct lh_receipt receipt = LH_RECEIPT_EMPTY;
        enum lh_code rc = lh_receipt_parse(&receipt, lh_bytes_of(text.data, len), NULL);

        assert_int_equal(rc, len == whole ? LH_OK : LH_ERR_INVALID);
        lh_receipt_clear(&receipt);
    }
    lh_buf_clear(&text);
}

/* --- What is found, part by part. --- */

static void the_seal_is_unknown_without_a_key_and_forged_under_another(void **state)
{
    struct world *world = *state;
    struct lh_receipt_report report;
    struct lh_note_key keys[3];
    const struct lh_receipt *receipt = &world->receipt;
    const struct lh_hash *network_id = &world->network_id;

    assert_int_equal(lh_receipt_verify(receipt, world->suite, NULL, 0, network_id, &report, NULL),
                     LH_ERR_UNKNOWN);
    assert_int_equal(report.seal, LH_ERR_UNKNOWN);
    assert_int_equal(report.inclusion, LH_OK);
    assert_int_equal(report.signature, LH_OK);

    /* The right key under another name or of another kind is no key for this origin. */
    assert_int_equal(
        lh_note_key_init(&keys[0], "jinhua/gaj/2", LH_NOTE_LOG, &world->seal.key, NULL), LH_OK);
    assert_int_equal(
        lh_note_key_init(&keys[1], WORLD_ORIGIN, LH_NOTE_COSIGNATURE, &world->seal.key, NULL),
        LH_OK);
    assert_int_equal(lh_receipt_verify(receipt, world->suite, keys, 2, network_id, &report, NULL),
                     LH_ERR_UNKNOWN);
    assert_int_equal(report.seal, LH_ERR_UNKNOWN);

    /* Another key under the right name: forged, unless the right one is there too. */
    struct lh_signer *other = world_signer(LH_ALG_ED25519, 9);
    assert_int_equal(
        lh_note_key_init(&keys[0], WORLD_ORIGIN, LH_NOTE_LOG, lh_signer_pubkey(other), NULL),
        LH_OK);
    keys[1] = world->seal;
    keys[2] = keys[0];
    assert_int_equal(lh_receipt_verify(receipt, world->suite, keys, 1, network_id, &report, NULL),
                     LH_ERR_FORGED);
    assert_int_equal(report.seal, LH_ERR_FORGED);
    for (size_t first = 0; first < 2; first++) {
        assert_int_equal(
            lh_receipt_verify(receipt, world->suite, keys + first, 2, network_id, &report, NULL),
            LH_OK);
    }
    lh_signer_free(other);
}

static void the_network_is_unknown_without_an_id_and_forged_under_another(void **state)
{
    struct world *world = *state;
    struct lh_hash other = world_hash(0x78);
    struct lh_receipt_report report;

    assert_int_equal(
        lh_receipt_verify(&world->receipt, world->suite, &world->seal, 1, NULL, &report, NULL),
        LH_ERR_UNKNOWN);
    assert_int_equal(report.network, LH_ERR_UNKNOWN);
    assert_int_equal(report.seal, LH_OK);
    assert_int_equal(
        lh_receipt_verify(&world->receipt, world->suite, &world->seal, 1, &other, &report, NULL),
        LH_ERR_FORGED);
    assert_int_equal(report.network, LH_ERR_FORGED);
    assert_int_equal(report.signature, LH_OK);
}

static void a_receipt_of_another_suite_is_of_another_network(void **state)
{
    struct world *world = *state;
    struct lh_receipt_report report;
    struct lh_suite *other = NULL;

    assert_int_equal(lh_suite_new(&other, LH_SUITE_G, NULL), LH_OK);
    assert_int_equal(lh_receipt_verify(&world->receipt, other, &world->seal, 1, &world->network_id,
                                       &report, NULL),
                     LH_ERR_FORGED);
    assert_int_equal(report.network, LH_ERR_FORGED);
    lh_suite_free(other);
}

static void another_place_in_the_tree_is_forged(void **state)
{
    struct world *world = *state;
    struct lh_receipt_report report;

    world->receipt.index = 3;
    assert_int_equal(verify_text(world, &report), LH_ERR_FORGED);
    assert_int_equal(report.inclusion, LH_ERR_FORGED);
    assert_int_equal(report.seal, LH_OK);
    assert_int_equal(report.signature, LH_OK);
}

static void without_the_signers_keys_the_signature_is_unknown(void **state)
{
    struct world *world = *state;
    struct lh_receipt_report report;

    world->receipt.signer_count = 0;
    assert_int_equal(verify_text(world, &report), LH_ERR_UNKNOWN);
    assert_int_equal(report.signature, LH_ERR_UNKNOWN);
    assert_int_equal(report.seal, LH_OK);
    assert_int_equal(report.inclusion, LH_OK);
    assert_int_equal(report.network, LH_OK);
}

static void keys_that_the_entry_does_not_name_are_forged(void **state)
{
    struct world *world = *state;
    struct lh_pubkey first = world->receipt.signers[0];
    struct lh_receipt_report report;

    world->receipt.signers[0] = world->receipt.signers[1];
    world->receipt.signers[1] = first;
    assert_int_equal(verify_text(world, &report), LH_ERR_FORGED);
    assert_int_equal(report.signature, LH_ERR_FORGED);
    assert_int_equal(report.inclusion, LH_OK);
}

/* Change the entry's leaf, and seal it as if it had been recorded so. */
static void change_leaf(struct world *world, void (*change)(lhpb_Entry *))
{
    lhpb_Leaf leaf;

    assert_int_equal(lh_leaf_decode(&leaf, lh_buf_bytes(&world->receipt.leaf), NULL), LH_OK);
    change(&leaf.kind.entry);
    lh_buf_reset(&world->receipt.leaf);
    assert_int_equal(lh_leaf_encode(&world->receipt.leaf, &leaf, NULL), LH_OK);
    world_seal_leaf(world, 2, 5);
}

static void spoil_second_signature(lhpb_Entry *entry)
{
    entry->signatures[1].value[7] ^= 1;
}

static void a_sealed_entry_with_a_false_signature_is_forged(void **state)
{
    struct world *world = *state;
    struct lh_receipt_report report;

    change_leaf(world, spoil_second_signature);
    assert_int_equal(verify_text(world, &report), LH_ERR_FORGED);
    assert_int_equal(report.signature, LH_ERR_FORGED);
    assert_int_equal(report.inclusion, LH_OK);
    assert_int_equal(report.seal, LH_OK);
}

static void rename_first_key(lhpb_Entry *entry)
{
    memset(entry->signatures[0].key_id, 0, LH_KEY_ID_SIZE);
    entry->signatures[0].key_id[LH_KEY_ID_SIZE - 1] = 1;
}

/* The signature itself is good, but its message does not hold the key id. */
static void a_sealed_entry_that_names_another_key_is_forged(void **state)
{
    struct world *world = *state;
    struct lh_receipt_report report;

    change_leaf(world, rename_first_key);
    assert_int_equal(verify_text(world, &report), LH_ERR_FORGED);
    assert_int_equal(report.signature, LH_ERR_FORGED);
    assert_int_equal(report.inclusion, LH_OK);
}

static void add_index_digest(lhpb_Entry *entry)
{
    entry->intake.has_index_digest = true;
    memset(entry->intake.index_digest, 1, sizeof entry->intake.index_digest);
}

static void a_sealed_entry_whose_intake_does_not_fit_its_body_is_forged(void **state)
{
    struct world *world = *state;
    struct lh_receipt_report report;

    change_leaf(world, add_index_digest);
    assert_int_equal(verify_text(world, &report), LH_ERR_FORGED);
    assert_int_equal(report.signature, LH_ERR_FORGED);
    assert_int_equal(report.inclusion, LH_OK);
}

static void a_body_of_a_newer_schema_is_unknown_unless_its_signature_is_false(void **state)
{
    struct world *world = *state;
    struct lh_receipt_report report;

    world_sign_body(world, lh_bytes_of_text("\x08\x02 what this version cannot read"));
    world_seal_leaf(world, 2, 5);
    assert_int_equal(verify_text(world, &report), LH_ERR_UNKNOWN);
    assert_int_equal(report.signature, LH_ERR_UNKNOWN);
    assert_int_equal(report.inclusion, LH_OK);

    change_leaf(world, spoil_second_signature);
    assert_int_equal(verify_text(world, &report), LH_ERR_FORGED);
    assert_int_equal(report.signature, LH_ERR_FORGED);
}

static void a_signed_body_that_breaks_its_format_is_forged(void **state)
{
    struct world *world = *state;
    struct lh_receipt_report report;

    world_sign_body(world, lh_bytes_of_text("\x08\x01 no body"));
    world_seal_leaf(world, 2, 5);
    assert_int_equal(verify_text(world, &report), LH_ERR_FORGED);
    assert_int_equal(report.signature, LH_ERR_FORGED);
}

static void signatures_for_another_network_are_forged(void **state)
{
    struct world *world = *state;
    struct lh_receipt_report report;

    world->network_id = world_hash(0x78);
    world->receipt.network_id = world->network_id;
    world_seal_leaf(world, 2, 5);
    assert_int_equal(verify_text(world, &report), LH_ERR_FORGED);
    assert_int_equal(report.network, LH_OK);
    assert_int_equal(report.signature, LH_ERR_FORGED);
}

static void what_is_forged_outweighs_what_is_unknown(void **state)
{
    struct world *world = *state;
    struct lh_receipt_report report;
    struct lh_err err = LH_ERR_NONE;

    world->receipt.index = 3;
    assert_int_equal(lh_receipt_verify(&world->receipt, world->suite, NULL, 0, NULL, &report, &err),
                     LH_ERR_FORGED);
    assert_int_equal(report.seal, LH_ERR_UNKNOWN);
    assert_non_null(strstr(err.text, "leaf 3"));
}

/* --- By which epoch the head is judged. --- */

static void a_receipt_shows_the_epoch_of_its_head_and_the_one_before(void **state)
{
    const uint8_t rows[][2] = { { 0x77, 0xe1 }, { 0xe1, 0xe1 }, { 0xe1, 0xe2 } };

    (void)state;
    for (enum lh_suite_id suite = LH_SUITE_W; suite <= LH_SUITE_G; suite++) {
        struct world world;

        world_init(&world, suite);
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
            struct lh_hash before = world_hash(rows[i][0]);
            struct lh_hash epoch = world_hash(rows[i][1]);
            struct lh_receipt_report report;

            world_seal_epoch(&world, 4, 3, 7, &before, &epoch);
            assert_int_equal(verify_text(&world, &report), LH_OK);
            assert_int_equal(report.header, LH_OK);
            assert_true(lh_hash_is_equal(&report.epoch, &epoch));
            assert_true(lh_hash_is_equal(&report.epoch_before, &before));
        }
        world_clear(&world);
    }
}

static void no_flipped_bit_of_a_receipt_of_a_later_epoch_goes_unseen(void **state)
{
    struct world *world = *state;
    struct lh_hash before = world_hash(0xe1);
    struct lh_hash epoch = world_hash(0xe2);
    struct lh_buf text = LH_BUF_EMPTY;

    world_seal_epoch(world, 4, 3, 7, &before, &epoch);
    format_receipt(&text, &world->receipt);
    struct flips flips = flip_every_bit(world, &text, text.len, &world->network_id);
    assert_true(flips.unparsed > 1000);
    assert_true(flips.forged > 1000);
    lh_buf_clear(&text);
}

static void assert_header_forged(struct world *world)
{
    struct lh_receipt_report report;

    assert_int_equal(verify_text(world, &report), LH_ERR_FORGED);
    assert_int_equal(report.header, LH_ERR_FORGED);
    assert_int_equal(report.inclusion, LH_OK);
    assert_int_equal(report.seal, LH_OK);
    assert_int_equal(report.signature, LH_OK);
}

/* Well made and of the right place, but not what was sealed. */
static void a_header_that_was_not_sealed_is_forged(void **state)
{
    struct world *world = *state;
    struct lh_hash before = world_hash(0xe1);
    struct lh_hash epoch = world_hash(0xe2);
    struct lh_hash other = world_hash(0xe3);
    struct lh_receipt_report report;
    struct lh_hash prev;

    world_seal_epoch(world, 4, 3, 7, &before, &epoch);
    assert_int_equal(verify_text(world, &report), LH_OK);
    prev = lh_hash_leaf(world->suite, lh_buf_bytes(&world->receipt.before));
    world_header(world, &world->receipt.header, 3, 7, &other, &prev);
    assert_header_forged(world);
    world_header(world, &world->receipt.header, 3, 7, &epoch, &prev);
    assert_int_equal(verify_text(world, &report), LH_OK);
    world_header(world, &world->receipt.before, 0, 3, &other, NULL);
    assert_header_forged(world);
    world_header(world, &world->receipt.before, 0, 3, &before, NULL);
    assert_int_equal(verify_text(world, &report), LH_OK);
    world->receipt.header_proof.path[0].bytes[0] ^= 1;
    assert_header_forged(world);
    world->receipt.header_proof.path[0].bytes[0] ^= 1;
    world->receipt.header_proof.count--;
    assert_header_forged(world);

    /* Nor does taking the later epoch away for that of the genesis file help anybody. */
    world_seal_epoch(world, 4, 3, 7, &before, &epoch);
    world_header(world, &world->receipt.header, 3, 7, &world->network_id, &prev);
    lh_buf_reset(&world->receipt.before);
    assert_header_forged(world);
}

#define WORLD_TEST(claim) cmocka_unit_test_setup_teardown(claim, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receipt_verifies_in_both_suites),
        WORLD_TEST(a_receipt_verifies_wherever_in_the_tree_its_leaf_is),
        WORLD_TEST(lines_of_witnesses_ride_along),
        WORLD_TEST(no_flipped_bit_of_a_receipt_goes_unseen),
        WORLD_TEST(no_flipped_bit_goes_unseen_without_a_network_id),
        WORLD_TEST(a_flipped_bit_of_a_witness_line_changes_nothing_else),
        WORLD_TEST(no_shortened_or_lengthened_receipt_goes_unseen),
        WORLD_TEST(the_seal_is_unknown_without_a_key_and_forged_under_another),
        WORLD_TEST(the_network_is_unknown_without_an_id_and_forged_under_another),
        WORLD_TEST(a_receipt_of_another_suite_is_of_another_network),
        WORLD_TEST(another_place_in_the_tree_is_forged),
        WORLD_TEST(without_the_signers_keys_the_signature_is_unknown),
        WORLD_TEST(keys_that_the_entry_does_not_name_are_forged),
        WORLD_TEST(a_sealed_entry_with_a_false_signature_is_forged),
        WORLD_TEST(a_sealed_entry_that_names_another_key_is_forged),
        WORLD_TEST(a_sealed_entry_whose_intake_does_not_fit_its_body_is_forged),
        WORLD_TEST(a_body_of_a_newer_schema_is_unknown_unless_its_signature_is_false),
        WORLD_TEST(a_signed_body_that_breaks_its_format_is_forged),
        WORLD_TEST(signatures_for_another_network_are_forged),
        WORLD_TEST(what_is_forged_outweighs_what_is_unknown),
        cmocka_unit_test(a_receipt_shows_the_epoch_of_its_head_and_the_one_before),
        WORLD_TEST(no_flipped_bit_of_a_receipt_of_a_later_epoch_goes_unseen),
        WORLD_TEST(a_header_that_was_not_sealed_is_forged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
