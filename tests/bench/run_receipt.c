/*
 * A receipt of an everyday entry among ten million leaves, under a checkpoint with six
 * cosignatures. The other leaves are numbers: only the nodes beside the path matter.
 */
#include "tests/bench/people.h"
#include "tests/bench/runs.h"

#include "ledger/receipt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAVES ((uint64_t)10000000)
#define INDEX ((uint64_t)4711042)

enum { COSIGNERS = 6, ROUNDS = 300, NODES_MAX = 128, LIMIT = 4096 };

/* The nodes that the proof reads: asked for once, then taken while the tree grows. */
struct node {
    unsigned level;
    uint64_t index;
    struct lh_hash hash;
};

struct wanted {
    size_t count;
    struct node nodes[NODES_MAX];
};

static enum lh_code find_node(void *arg, struct lh_hash *out, unsigned level, uint64_t index,
                              struct lh_err *err)
{
    struct wanted *wanted = arg;

    (void)err;
    for (size_t i = 0; i < wanted->count; i++) {
        if (wanted->nodes[i].level == level && wanted->nodes[i].index == index) {
            *out = wanted->nodes[i].hash;
            return LH_OK;
        }
    }
    if (wanted->count == NODES_MAX) {
        bench_die("a proof reads more than %d nodes", NODES_MAX);
    }
    wanted->nodes[wanted->count++] = (struct node){ .level = level, .index = index };
    *out = (struct lh_hash){ .bytes = { 0 } };
    return LH_OK;
}

static void on_node(void *arg, unsigned level, uint64_t index, const struct lh_hash *hash)
{
    struct wanted *wanted = arg;

    for (size_t i = 0; i < wanted->count; i++) {
        if (wanted->nodes[i].level == level && wanted->nodes[i].index == index) {
            wanted->nodes[i].hash = *hash;
        }
    }
}

static void find_nodes(struct lh_suite *suite, struct lh_receipt *receipt,
                       const struct lh_tree_source *source)
{
    struct lh_err err = LH_ERR_NONE;

    bench_must(lh_tree_prove_inclusion(suite, &receipt->proof, source, INDEX, LEAVES, &err), &err,
               "proof");
    bench_must(
        lh_tree_prove_inclusion(suite, &receipt->header_proof, source, LEAVES - 1, LEAVES, &err),
        &err, "proof of the header");
}

/* Root and inclusion proofs of the leaf at INDEX and the header at the end of a tree of LEAVES. */
static struct lh_hash prove(struct lh_suite *suite, struct lh_receipt *receipt)
{
    struct wanted wanted = { .count = 0 };
    struct lh_tree_source source = { .node = find_node, .arg = &wanted };
    struct lh_tree_sink sink = { .node = on_node, .arg = &wanted };
    struct lh_tree tree;

    find_nodes(suite, receipt, &source);
    lh_tree_init(&tree);
    for (uint64_t i = 0; i < LEAVES; i++) {
        struct lh_hash hash = { .bytes = { 1 } };
        if (i == INDEX) {
            hash = lh_hash_leaf(suite, lh_buf_bytes(&receipt->leaf));
        } else if (i == LEAVES - 1) {
            hash = lh_hash_leaf(suite, lh_buf_bytes(&receipt->header));
        } else {
            lh_put_u64(hash.bytes + 8, i);
        }
        lh_tree_append(&tree, suite, &hash, &sink);
    }
    find_nodes(suite, receipt, &source);
    return lh_tree_root(&tree, suite);
}

static void make_leaf(const struct people *people, struct lh_buf *out)
{
    static lhpb_Leaf leaf;
    lhpb_Entry *entry = &leaf.kind.entry;
    lhpb_SubjectPost post;
    lhpb_Body body;
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    int64_t now = lh_clock_system().wall_unix_ms(NULL);

    people_query(people, &body, 0, INDEX, now);
    people_name_subject(people, &post, &body, INDEX);
    bench_must(lh_body_encode(&bytes, &body, &err), &err, "body");
    leaf.which_kind = lhpb_Leaf_entry_tag;
    memcpy(entry->body.bytes, bytes.data, bytes.len);
    entry->body.size = (pb_size_t)bytes.len;
    entry->signatures_count =
        (pb_size_t)people_sign_as_staff(people, entry->signatures, 0, lh_buf_bytes(&bytes));
    entry->has_intake = true;
    entry->intake.recorded_at_ms = (uint64_t)now;
    entry->intake.has_index_digest = true;
    memset(entry->intake.index_digest, 0x5a, sizeof entry->intake.index_digest);
    bench_must(lh_leaf_encode(out, &leaf, &err), &err, "leaf");
    lh_buf_clear(&bytes);
}

/* Of a block of the everyday, in a quiet second: no heads of others. */
static void make_header(const struct people *people, struct lh_buf *out)
{
    static lhpb_Leaf leaf;
    lhpb_BlockHeader *header = &leaf.kind.header;
    const struct lh_hash *network_id = lh_genesis_network_id(people->genesis);
    struct lh_err err = LH_ERR_NONE;

    leaf.which_kind = lhpb_Leaf_header_tag;
    memcpy(header->network_id, network_id->bytes, LH_HASH_SIZE);
    memcpy(header->epoch_hash, network_id->bytes, LH_HASH_SIZE);
    (void)snprintf(header->origin, sizeof header->origin, "%s/%s/1", PEOPLE_NETWORK,
                   PEOPLE_DEPARTMENT);
    header->height = 100000;
    memset(header->prev, 0x5a, sizeof header->prev);
    header->count = 100;
    header->first = LEAVES - 1 - header->count;
    memset(header->pre_root, 0x5a, sizeof header->pre_root);
    header->time_ms = (uint64_t)lh_clock_system().wall_unix_ms(NULL);
    bench_must(lh_leaf_encode(out, &leaf, &err), &err, "header");
}

struct trust {
    struct lh_note_key seal;
    struct lh_note_key cosigners[COSIGNERS];
};

static void add_cosignatures(struct lh_buf *checkpoint, struct trust *trust, size_t text_len)
{
    struct lh_err err = LH_ERR_NONE;

    for (size_t i = 0; i < COSIGNERS; i++) {
        struct lh_signer *signer = NULL;
        char name[64];
        (void)snprintf(name, sizeof name, "jinhua/dept%zu/witness", i + 1);
        bench_must(lh_signer_generate(&signer, LH_ALG_ED25519, &err), &err, "key");
        bench_must(lh_note_key_init(&trust->cosigners[i], name, LH_NOTE_COSIGNATURE,
                                    lh_signer_pubkey(signer), &err),
                   &err, "cosigner");
        struct lh_buf text = LH_BUF_EMPTY;
        lh_buf_add(&text, lh_bytes_of(checkpoint->data, text_len));
        bench_must(lh_note_add_line(checkpoint, lh_buf_bytes(&text), &trust->cosigners[i], signer,
                                    1795489108, &err),
                   &err, "cosignature");
        lh_buf_clear(&text);
        lh_signer_free(signer);
    }
}

static void seal(const struct people *people, struct lh_receipt *receipt, struct trust *trust,
                 const struct lh_hash *root)
{
    struct lh_checkpoint checkpoint = { .size = LEAVES, .root = *root };
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    (void)snprintf(checkpoint.origin, sizeof checkpoint.origin, "%s/%s/1", PEOPLE_NETWORK,
                   PEOPLE_DEPARTMENT);
    bench_must(lh_note_key_init(&trust->seal, checkpoint.origin, LH_NOTE_LOG,
                                lh_signer_pubkey(people->seal), &err),
               &err, "seal");
    bench_must(
        lh_checkpoint_sign(&receipt->checkpoint, &checkpoint, &trust->seal, people->seal, &err),
        &err, "checkpoint");
    lh_checkpoint_format(&text, &checkpoint);
    add_cosignatures(&receipt->checkpoint, trust, text.len);
    lh_buf_clear(&text);
}

/* What a holder does offline: parse, verify everything, count the cosignatures. */
static void check(struct lh_suite *suite, struct lh_bytes text, const struct trust *trust,
                  const struct lh_hash *network_id)
{
    struct lh_receipt receipt = LH_RECEIPT_EMPTY;
    struct lh_receipt_report report;
    struct lh_note note;
    struct lh_err err = LH_ERR_NONE;

    bench_must(lh_receipt_parse(&receipt, text, &err), &err, "receipt");
    bench_must(lh_receipt_verify(&receipt, suite, &trust->seal, 1, network_id, &report, &err), &err,
               "receipt");
    bench_must(lh_note_parse(&note, lh_buf_bytes(&receipt.checkpoint), &err), &err, "checkpoint");
    for (size_t i = 0; i < COSIGNERS; i++) {
        bench_must(lh_note_verify(&note, &trust->cosigners[i], NULL, &err), &err, "cosignature");
    }
    lh_receipt_clear(&receipt);
}

void receipt_run(struct bench *bench)
{
    struct people people;
    struct lh_receipt receipt = LH_RECEIPT_EMPTY;
    struct lh_buf text = LH_BUF_EMPTY;
    struct bench_samples samples = { .ns = NULL };
    struct floors floors = { .sync_ns = 0 };
    struct trust trust;
    struct lh_err err = LH_ERR_NONE;

    people_init(&people, LH_SUITE_W, LH_ALG_P256, 1);
    floors_measure_crypto(&floors);
    make_leaf(&people, &receipt.leaf);
    make_header(&people, &receipt.header);
    struct lh_hash root = prove(people.suite, &receipt);
    receipt.network_id = *lh_genesis_network_id(people.genesis);
    receipt.suite = LH_SUITE_W;
    receipt.signer_count = 1;
    receipt.signers[0] = *lh_signer_pubkey(people.staff[0]);
    receipt.index = INDEX;
    seal(&people, &receipt, &trust, &root);
    bench_must(lh_receipt_format(&text, &receipt, &err), &err, "receipt");
    for (size_t i = 0; i < ROUNDS; i++) {
        int64_t start = bench_now_ns();
        check(people.suite, lh_buf_bytes(&text), &trust, &receipt.network_id);
        bench_samples_add(&samples, bench_now_ns() - start);
    }
    /* Floor of the size: what cannot be left out, in base64. */
    double parts = (double)receipt.leaf.len + (double)receipt.header.len +
                   (double)((receipt.proof.count + receipt.header_proof.count) * LH_HASH_SIZE) +
                   33 + 32 + (1 + COSIGNERS) * (4 + LH_SIG_SIZE) + COSIGNERS * 8 + LH_HASH_SIZE;
    bench_report_row(&bench->report,
                     &(struct bench_row){ .group = "receipt",
                                          .name = "size, 10^7 leaves, 6 cosignatures",
                                          .value = (double)text.len,
                                          .unit = "B",
                                          .floor_name = "leaf, hashes, keys, signatures in base64",
                                          .floor = parts * 4 / 3,
                                          .aim = BENCH_AIM_VALUE_MOST,
                                          .aim_at = LIMIT });
    bench_report_row(&bench->report,
                     &(struct bench_row){
                         .group = "receipt",
                         .name = "checked offline, everything, p50",
                         .value = (double)bench_samples_at(&samples, 0.5) / 1e3,
                         .unit = "us",
                         .floor_name = "7 Ed25519 and 1 P-256 raw verify, path hashes",
                         .floor = 1e6 * ((1 + COSIGNERS) / floors_verify(&floors, LH_ALG_ED25519) +
                                         1 / floors_verify(&floors, LH_ALG_P256) +
                                         (double)receipt.proof.count / floors.hash[LH_SUITE_W]),
                         .aim = BENCH_AIM_VALUE_MOST,
                         .aim_at = 1000 });
    bench_samples_clear(&samples);
    lh_buf_clear(&text);
    lh_receipt_clear(&receipt);
    people_clear(&people);
}
