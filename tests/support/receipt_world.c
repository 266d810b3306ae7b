#include "tests/support/receipt_world.h"

#include "tests/support/bodies.h"
#include "tests/support/forest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct lh_hash world_hash(uint8_t byte)
{
    struct lh_hash hash;

    memset(hash.bytes, byte, sizeof hash.bytes);
    return hash;
}

struct lh_signer *world_signer(enum lh_alg alg, uint8_t number)
{
    struct lh_signer *signer = NULL;
    uint8_t seed[32] = { 0 };

    seed[31] = number;
    assert_int_equal(lh_signer_from_seed(&signer, alg, lh_bytes_of(seed, sizeof seed), NULL),
                     LH_OK);
    return signer;
}

static struct lh_key_id key_id_of(struct world *world, const struct lh_signer *signer)
{
    return lh_key_id_of(world->suite, lh_signer_pubkey(signer));
}

static void make_keys(struct world *world, enum lh_suite_id suite)
{
    bool is_w = suite == LH_SUITE_W;

    assert_int_equal(lh_suite_new(&world->suite, suite, NULL), LH_OK);
    world->network_id = world_hash(0x77);
    world->seal_signer = world_signer(is_w ? LH_ALG_ED25519 : LH_ALG_SM2, 1);
    assert_int_equal(lh_note_key_init(&world->seal, WORLD_ORIGIN, LH_NOTE_LOG,
                                      lh_signer_pubkey(world->seal_signer), NULL),
                     LH_OK);
    world->signers[0] = world_signer(is_w ? LH_ALG_P256 : LH_ALG_SM2, 2);
    world->signers[1] = world_signer(is_w ? LH_ALG_ED25519 : LH_ALG_SM2, 3);

    struct lh_key_id first = key_id_of(world, world->signers[0]);
    struct lh_key_id second = key_id_of(world, world->signers[1]);

    if (lh_key_id_compare(&first, &second) > 0) {
        struct lh_signer *signer = world->signers[0];

        world->signers[0] = world->signers[1];
        world->signers[1] = signer;
    }
}

static void sign_entry(struct world *world, lhpb_Entry *entry)
{
    struct lh_hash body_hash =
        lh_body_hash(world->suite, lh_bytes_of(entry->body.bytes, entry->body.size));
    uint8_t message[LH_ENTRY_MESSAGE_SIZE];

    lh_entry_message(message, &world->network_id, &body_hash);
    entry->signatures_count = WORLD_SIGNERS;
    for (size_t i = 0; i < WORLD_SIGNERS; i++) {
        struct lh_key_id key_id = key_id_of(world, world->signers[i]);
        struct lh_sig sig;

        assert_int_equal(
            lh_sign(world->signers[i], &sig, lh_bytes_of(message, sizeof message), NULL), LH_OK);
        memcpy(entry->signatures[i].key_id, key_id.bytes, LH_KEY_ID_SIZE);
        memcpy(entry->signatures[i].value, sig.bytes, LH_SIG_SIZE);
    }
}

/* Put `body` into an entry's leaf, signed by both. */
void world_sign_body(struct world *world, struct lh_bytes body)
{
    lhpb_Leaf leaf = lhpb_Leaf_init_default;
    lhpb_Entry *entry = &leaf.kind.entry;

    leaf.which_kind = lhpb_Leaf_entry_tag;
    *entry = (lhpb_Entry)lhpb_Entry_init_default;
    entry->body.size = (pb_size_t)body.len;
    memcpy(entry->body.bytes, body.data, body.len);
    sign_entry(world, entry);
    entry->has_intake = true;
    entry->intake.recorded_at_ms = LH_FIXTURE_TIME_MS;
    lh_buf_reset(&world->receipt.leaf);
    assert_int_equal(lh_leaf_encode(&world->receipt.leaf, &leaf, NULL), LH_OK);
}

void world_header(struct world *world, struct lh_buf *out, uint64_t first, uint64_t size,
                  const struct lh_hash *epoch, const struct lh_hash *prev)
{
    lhpb_Leaf leaf = lhpb_Leaf_init_default;
    lhpb_BlockHeader *header = &leaf.kind.header;

    leaf.which_kind = lhpb_Leaf_header_tag;
    *header = (lhpb_BlockHeader)lhpb_BlockHeader_init_default;
    memcpy(header->network_id, world->receipt.network_id.bytes, LH_HASH_SIZE);
    memcpy(header->origin, WORLD_ORIGIN, sizeof WORLD_ORIGIN);
    memcpy(header->epoch_hash, epoch->bytes, LH_HASH_SIZE);
    header->height = prev == NULL ? 1 : 2;
    memcpy(header->prev, (prev == NULL ? &world->receipt.network_id : prev)->bytes, LH_HASH_SIZE);
    header->first = first;
    header->count = (uint32_t)(size - first - 1);
    memset(header->pre_root, 1, sizeof header->pre_root);
    header->time_ms = LH_FIXTURE_TIME_MS;
    lh_buf_reset(out);
    assert_int_equal(lh_leaf_encode(out, &leaf, NULL), LH_OK);
}

/* The tree whose leaf `index` is ours; `first` 0: its header is the first one. */
static void seal(struct world *world, uint64_t index, uint64_t first, uint64_t size)
{
    struct lh_checkpoint checkpoint = { .origin = WORLD_ORIGIN, .size = size };
    struct forest forest;

    forest_init(&forest, lh_suite_id(world->suite), size);
    for (uint64_t i = 0; i < size; i++) {
        struct lh_hash leaf = world_hash((uint8_t)i);

        if (i == index) {
            leaf = lh_hash_leaf(world->suite, lh_buf_bytes(&world->receipt.leaf));
        } else if (i == size - 1) {
            leaf = lh_hash_leaf(world->suite, lh_buf_bytes(&world->receipt.header));
        } else if (i + 1 == first) {
            leaf = lh_hash_leaf(world->suite, lh_buf_bytes(&world->receipt.before));
        }
        forest_add(&forest, &leaf);
    }
    struct lh_tree_source source = forest_source(&forest, size);

    checkpoint.root = lh_tree_root(&forest.tree, world->suite);
    world->receipt.index = index;
    assert_int_equal(
        lh_tree_prove_inclusion(world->suite, &world->receipt.proof, &source, index, size, NULL),
        LH_OK);
    assert_int_equal(lh_tree_prove_inclusion(world->suite, &world->receipt.header_proof, &source,
                                             size - 1, size, NULL),
                     LH_OK);
    lh_buf_reset(&world->receipt.checkpoint);
    assert_int_equal(lh_checkpoint_sign(&world->receipt.checkpoint, &checkpoint, &world->seal,
                                        world->seal_signer, NULL),
                     LH_OK);
    forest_clear(&forest);
}

void world_seal_epoch(struct world *world, uint64_t index, uint64_t first, uint64_t size,
                      const struct lh_hash *epoch_before, const struct lh_hash *epoch)
{
    struct lh_hash prev;

    world_header(world, &world->receipt.before, 0, first, epoch_before, NULL);
    prev = lh_hash_leaf(world->suite, lh_buf_bytes(&world->receipt.before));
    world_header(world, &world->receipt.header, first, size, epoch, &prev);
    seal(world, index, first, size);
}

void world_seal_leaf(struct world *world, uint64_t index, uint64_t size)
{
    lh_buf_reset(&world->receipt.before);
    world_header(world, &world->receipt.header, 0, size, &world->receipt.network_id, NULL);
    seal(world, index, 0, size);
}

void world_init(struct world *world, enum lh_suite_id suite)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    lhpb_Body body;

    *world = (struct world){ .receipt = LH_RECEIPT_EMPTY };
    make_keys(world, suite);
    world->receipt.network_id = world->network_id;
    world->receipt.suite = suite;
    world->receipt.signer_count = WORLD_SIGNERS;
    for (size_t i = 0; i < WORLD_SIGNERS; i++) {
        world->receipt.signers[i] = *lh_signer_pubkey(world->signers[i]);
    }
    lh_fixture_body(&body, lhpb_EntryType_HEARTBEAT);
    assert_int_equal(lh_body_encode(&bytes, &body, NULL), LH_OK);
    world_sign_body(world, lh_buf_bytes(&bytes));
    world_seal_leaf(world, 2, 5);
    lh_buf_clear(&bytes);
}

void world_clear(struct world *world)
{
    lh_receipt_clear(&world->receipt);
    lh_signer_free(world->seal_signer);
    for (size_t i = 0; i < WORLD_SIGNERS; i++) {
        lh_signer_free(world->signers[i]);
    }
    lh_suite_free(world->suite);
}
