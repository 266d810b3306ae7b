/* What is not a receipt is neither made nor taken nor judged. */
#include "ledger/receipt.h"

#include "crypto/text.h"
#include "ledger/canon.h"
#include "ledger/proof_text.h"
#include "tests/support/bodies.h"
#include "tests/support/receipt_world.h"

#include "trust.pb.h"

#include <stdio.h>
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

static void zero_network(struct world *world)
{
    world->receipt.network_id = world_hash(0);
}

static void suite_3(struct world *world)
{
    world->receipt.suite = (enum lh_suite_id)3;
}

static void no_leaf(struct world *world)
{
    lh_buf_reset(&world->receipt.leaf);
}

static void byte_behind_leaf(struct world *world)
{
    lh_buf_add_u8(&world->receipt.leaf, 0);
}

static void header_leaf(struct world *world)
{
    lhpb_Leaf leaf = lhpb_Leaf_init_default;
    lhpb_BlockHeader *header = &leaf.kind.header;

    leaf.which_kind = lhpb_Leaf_header_tag;
    *header = (lhpb_BlockHeader)lhpb_BlockHeader_init_default;
    memset(header->network_id, 0x77, sizeof header->network_id);
    snprintf(header->origin, sizeof header->origin, "%s", WORLD_ORIGIN);
    memset(header->epoch_hash, 1, sizeof header->epoch_hash);
    header->height = 1;
    memset(header->prev, 1, sizeof header->prev);
    header->count = 1;
    memset(header->pre_root, 1, sizeof header->pre_root);
    header->time_ms = LH_FIXTURE_TIME_MS;
    lh_buf_reset(&world->receipt.leaf);
    assert_int_equal(lh_leaf_encode(&world->receipt.leaf, &leaf, NULL), LH_OK);
    world->receipt.signer_count = 0; /* a header has no signatures that could fail */
}

static void one_signer_too_few(struct world *world)
{
    world->receipt.signer_count = 1;
}

static void one_signer_too_many(struct world *world)
{
    world->receipt.signers[world->receipt.signer_count++] = world->receipt.signers[0];
}

static void signer_of_the_other_suite(struct world *world)
{
    struct lh_signer *signer = world_signer(LH_ALG_SM2, 4);

    world->receipt.signers[1] = *lh_signer_pubkey(signer);
    lh_signer_free(signer);
}

static void signer_that_only_seals_boxes(struct world *world)
{
    struct lh_signer *signer = world_signer(LH_ALG_X25519, 4);

    world->receipt.signers[1] = *lh_signer_pubkey(signer);
    lh_signer_free(signer);
}

static void index_beyond_the_tree(struct world *world)
{
    world->receipt.index = 5;
}

static void sealed_as(struct world *world, const char *origin)
{
    struct lh_checkpoint checkpoint = { .size = 5, .root = world_hash(1) };
    struct lh_note_key seal;

    memcpy(checkpoint.origin, origin, strlen(origin) + 1);
    assert_int_equal(lh_note_key_init(&seal, origin, LH_NOTE_LOG, &world->seal.key, NULL), LH_OK);
    lh_buf_reset(&world->receipt.checkpoint);
    assert_int_equal(lh_checkpoint_sign(&world->receipt.checkpoint, &checkpoint, &seal,
                                        world->seal_signer, NULL),
                     LH_OK);
}

static void origin_of_another_kind(struct world *world)
{
    sealed_as(world, "dept-a.example/ledger");
}

static void no_line_of_the_origin(struct world *world)
{
    sealed_as(world, "jinhua/gaj/2");
    world->receipt.checkpoint.data[strlen("jinhua/gaj/")] = '1';
}

static void no_checkpoint(struct world *world)
{
    lh_buf_reset(&world->receipt.checkpoint);
}

static void checkpoint_without_lines(struct world *world)
{
    lh_buf_reset(&world->receipt.checkpoint);
    lh_buf_add_text(&world->receipt.checkpoint,
                    WORLD_ORIGIN "\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n");
}

static void no_header(struct world *world)
{
    lh_buf_reset(&world->receipt.header);
    world->receipt.header_proof.count = 0;
}

static void byte_behind_header(struct world *world)
{
    lh_buf_add_u8(&world->receipt.header, 0);
}

static void entry_for_header(struct world *world)
{
    lh_buf_reset(&world->receipt.header);
    lh_buf_add(&world->receipt.header, lh_buf_bytes(&world->receipt.leaf));
}

static void header_of_another_network(struct world *world)
{
    struct lh_hash network_id = world->receipt.network_id;

    world->receipt.network_id = world_hash(0x78);
    world_header(world, &world->receipt.header, 0, 5, &network_id, NULL);
    world->receipt.network_id = network_id;
}

static void header_of_another_ledger(struct world *world)
{
    lhpb_Leaf leaf;

    assert_int_equal(lh_leaf_decode(&leaf, lh_buf_bytes(&world->receipt.header), NULL), LH_OK);
    snprintf(leaf.kind.header.origin, sizeof leaf.kind.header.origin, "jinhua/gaj/2");
    lh_buf_reset(&world->receipt.header);
    assert_int_equal(lh_leaf_encode(&world->receipt.header, &leaf, NULL), LH_OK);
}

static void header_of_another_size(struct world *world)
{
    world_header(world, &world->receipt.header, 0, 4, &world->network_id, NULL);
}

static void header_that_begins_behind_its_tree(struct world *world)
{
    world_header(world, &world->receipt.header, 5, 6, &world->network_id, NULL);
}

static void in_a_later_epoch(struct world *world)
{
    struct lh_hash epoch = world_hash(0xe1);

    world_seal_epoch(world, 3, 2, 5, &world->network_id, &epoch);
}

static void later_without_before(struct world *world)
{
    in_a_later_epoch(world);
    lh_buf_reset(&world->receipt.before);
}

static void before_without_need(struct world *world)
{
    world_header(world, &world->receipt.before, 0, 2, &world->network_id, NULL);
}

static void before_of_another_size(struct world *world)
{
    in_a_later_epoch(world);
    world_header(world, &world->receipt.before, 0, 3, &world->network_id, NULL);
}

static void before_of_another_height(struct world *world)
{
    struct lh_hash prev = world_hash(1);

    in_a_later_epoch(world);
    world_header(world, &world->receipt.before, 0, 2, &world->network_id, &prev);
}

static void entry_for_before(struct world *world)
{
    in_a_later_epoch(world);
    lh_buf_reset(&world->receipt.before);
    lh_buf_add(&world->receipt.before, lh_buf_bytes(&world->receipt.leaf));
}

static const struct {
    const char *name;
    void (*spoil)(struct world *);
} bad_receipts[] = {
    { "no network id", zero_network },
    { "an unknown suite", suite_3 },
    { "no leaf", no_leaf },
    { "a byte behind the leaf", byte_behind_leaf },
    { "the leaf of a header", header_leaf },
    { "one key too few", one_signer_too_few },
    { "one key too many", one_signer_too_many },
    { "a key of the other suite", signer_of_the_other_suite },
    { "a key that cannot sign", signer_that_only_seals_boxes },
    { "an index beyond the tree", index_beyond_the_tree },
    { "an origin that is none of ours", origin_of_another_kind },
    { "a checkpoint without the origin's line", no_line_of_the_origin },
    { "no checkpoint", no_checkpoint },
    { "a checkpoint without lines", checkpoint_without_lines },
    { "no header", no_header },
    { "a byte behind the header", byte_behind_header },
    { "an entry for the header", entry_for_header },
    { "a header of another network", header_of_another_network },
    { "a header of another ledger", header_of_another_ledger },
    { "a header of another size", header_of_another_size },
    { "a header that begins behind its tree", header_that_begins_behind_its_tree },
    { "a later epoch without the header before", later_without_before },
    { "a header before that nothing asks for", before_without_need },
    { "a header before of another size", before_of_another_size },
    { "a header before of another height", before_of_another_height },
    { "an entry for the header before", entry_for_before },
};

/* The text without any check. */
static void format_unchecked(struct lh_buf *out, const struct lh_receipt *receipt)
{
    lhpb_ReceiptExtra extra = lhpb_ReceiptExtra_init_default;
    struct lh_proof_text proof = { .index = receipt->index, .proof = receipt->proof };
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_buf base64 = LH_BUF_EMPTY;

    memcpy(extra.network_id, receipt->network_id.bytes, LH_HASH_SIZE);
    extra.suite = (uint32_t)receipt->suite;
    extra.leaf.size = (pb_size_t)receipt->leaf.len;
    memcpy(extra.leaf.bytes, receipt->leaf.data, receipt->leaf.len);
    extra.signers_count = (pb_size_t)receipt->signer_count;
    for (size_t i = 0; i < receipt->signer_count; i++) {
        lh_pubkey_to_wire(&extra.signers[i], &receipt->signers[i]);
    }
    extra.header.size = (pb_size_t)receipt->header.len;
    if (receipt->header.len > 0) {
        memcpy(extra.header.bytes, receipt->header.data, receipt->header.len);
    }
    extra.header_path_count = (pb_size_t)receipt->header_proof.count;
    memcpy(extra.header_path, receipt->header_proof.path,
           receipt->header_proof.count * sizeof receipt->header_proof.path[0]);
    extra.before.size = (pb_size_t)receipt->before.len;
    if (receipt->before.len > 0) {
        memcpy(extra.before.bytes, receipt->before.data, receipt->before.len);
    }
    assert_int_equal(lh_canon_encode(&bytes, lhpb_ReceiptExtra_fields, &extra, NULL), LH_OK);
    lh_base64_add(&base64, lh_buf_bytes(&bytes));
    proof.extra = lh_buf_bytes(&base64);
    proof.checkpoint = lh_buf_bytes(&receipt->checkpoint);
    assert_int_equal(lh_proof_text_format(out, &proof, NULL), LH_OK);
    lh_buf_clear(&base64);
    lh_buf_clear(&bytes);
}

static void check_refused(const char *name, const struct lh_buf *text)
{
    struct lh_receipt receipt = LH_RECEIPT_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    if (lh_receipt_parse(&receipt, lh_buf_bytes(text), &err) != LH_ERR_INVALID) {
        fail_msg("%s: taken", name);
    }
    assert_null(receipt.leaf.data);
    assert_non_null(strstr(err.text, "receipt: "));
}

/* What the cases below break: taken and judged good when they do not. */
static void good_receipts_are_made_taken_and_judged(void **state)
{
    (void)state;
    for (int is_later = 0; is_later < 2; is_later++) {
        struct lh_receipt receipt = LH_RECEIPT_EMPTY;
        struct lh_receipt_report report;
        struct lh_buf text = LH_BUF_EMPTY;
        struct lh_buf made = LH_BUF_EMPTY;
        struct world world;

        world_init(&world, LH_SUITE_W);
        if (is_later) {
            in_a_later_epoch(&world);
        }
        format_unchecked(&text, &world.receipt);
        assert_int_equal(lh_receipt_format(&made, &world.receipt, NULL), LH_OK);
        assert_true(lh_bytes_is_equal(lh_buf_bytes(&text), lh_buf_bytes(&made)));
        assert_int_equal(lh_receipt_parse(&receipt, lh_buf_bytes(&text), NULL), LH_OK);
        assert_int_equal(lh_receipt_verify(&receipt, world.suite, &world.seal, 1, &world.network_id,
                                           &report, NULL),
                         LH_OK);
        lh_receipt_clear(&receipt);
        lh_buf_clear(&made);
        lh_buf_clear(&text);
        world_clear(&world);
    }
}

static void bad_receipts_are_neither_made_nor_taken_nor_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad_receipts); i++) {
        struct lh_receipt_report report = { .seal = LH_AGAIN };
        struct lh_buf text = LH_BUF_EMPTY;
        struct world world;

        world_init(&world, LH_SUITE_W);
        bad_receipts[i].spoil(&world);
        if (lh_receipt_format(&text, &world.receipt, NULL) != LH_ERR_INVALID) {
            fail_msg("%s: made", bad_receipts[i].name);
        }
        assert_int_equal(text.len, 0);
        assert_int_equal(lh_receipt_verify(&world.receipt, world.suite, &world.seal, 1,
                                           &world.network_id, &report, NULL),
                         LH_ERR_INVALID);
        assert_int_equal(report.seal, LH_AGAIN);
        format_unchecked(&text, &world.receipt);
        check_refused(bad_receipts[i].name, &text);
        lh_buf_clear(&text);
        world_clear(&world);
    }
}

static void a_proof_without_our_extra_is_no_receipt(void **state)
{
    struct world *world = *state;
    struct lh_proof_text proof = { .index = 2,
                                   .proof = world->receipt.proof,
                                   .checkpoint = lh_buf_bytes(&world->receipt.checkpoint) };
    struct lh_buf text = LH_BUF_EMPTY;

    assert_int_equal(lh_proof_text_format(&text, &proof, NULL), LH_OK);
    check_refused("no extra", &text);
    lh_buf_reset(&text);
    proof.extra = lh_bytes_of_text("AAAA");
    assert_int_equal(lh_proof_text_format(&text, &proof, NULL), LH_OK);
    check_refused("another extra", &text);
    lh_buf_clear(&text);
}

static void a_receipt_beyond_its_limit_is_neither_made_nor_taken(void **state)
{
    struct world *world = *state;
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_buf line = LH_BUF_EMPTY;

    /* Lines of witnesses that nobody knows, until it is too long. */
    lh_buf_add_text(&line, "\xe2\x80\x94 ");
    for (size_t i = 0; i < 200; i++) {
        lh_buf_add_text(&line, "w");
    }
    lh_buf_add_text(&line, " ");
    for (size_t i = 0; i < 400; i++) {
        lh_buf_add_text(&line, "AAAA");
    }
    lh_buf_add_text(&line, "\n");
    while (world->receipt.checkpoint.len + line.len < LH_RECEIPT_MAX) {
        lh_buf_add(&world->receipt.checkpoint, lh_buf_bytes(&line));
    }
    assert_int_equal(lh_receipt_format(&text, &world->receipt, NULL), LH_ERR_LIMIT);
    assert_int_equal(text.len, 0);
    format_unchecked(&text, &world->receipt);
    assert_true(text.len > LH_RECEIPT_MAX);
    check_refused("too long", &text);
    lh_buf_clear(&line);
    lh_buf_clear(&text);
}

#define WORLD_TEST(claim) cmocka_unit_test_setup_teardown(claim, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_receipts_are_made_taken_and_judged),
        cmocka_unit_test(bad_receipts_are_neither_made_nor_taken_nor_judged),
        WORLD_TEST(a_proof_without_our_extra_is_no_receipt),
        WORLD_TEST(a_receipt_beyond_its_limit_is_neither_made_nor_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
