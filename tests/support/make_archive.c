/*
 * Write a small city for tests of programs:
 *   make_archive [--suite W|G] [--seed N] [--entries N] [--staff N] [--block N] [--sessions N] DIR
 * makes DIR/city.lhar, half.lhar (its first blocks), genesis.lh, policy (a tlog-policy),
 * checkpoint, receipt.tlog-proof, and offsets: a line `offset length kind index` for each frame's
 * content.
 */
#include "crypto/base/assert.h"
#include "crypto/text.h"
#include "ledger/receipt.h"
#include "tests/support/city.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_file(const char *dir, const char *name, struct lh_bytes content)
{
    char path[4096];

    int len = snprintf(path, sizeof path, "%s/%s", dir, name);
    lh_assert(len > 0);
    lh_assert((size_t)len < sizeof path);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(content.data, 1, content.len, file) != content.len ||
        fclose(file) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
}

static enum lh_code read_buffer(void *arg, void *out, size_t room, size_t *out_len,
                                struct lh_err *err)
{
    struct lh_bytes *rest = arg;

    (void)err;
    *out_len = rest->len < room ? rest->len : room;
    memcpy(out, rest->data, *out_len);
    *rest = lh_bytes_of(rest->data + *out_len, rest->len - *out_len);
    return LH_OK;
}

/* Where every frame of the archive lies; leaves with their index. */
static void write_offsets(const char *dir, struct lh_bytes archive)
{
    const struct lh_archive_input input = { .read = read_buffer, .arg = &archive };
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_archive_reader *reader;
    struct lh_archive_frame frame;
    size_t leaf = 0;

    enum lh_code rc = lh_archive_reader_new(&reader, &input, NULL);
    lh_assert(rc == LH_OK);
    while ((rc = lh_archive_next(reader, &frame, NULL)) == LH_OK) {
        lh_buf_add_format(&text, "%" PRIu64 " %zu %d %zu\n", frame.offset + LH_ARCHIVE_FRAME_HEAD,
                          frame.content.len, (int)frame.kind,
                          frame.kind == LH_ARCHIVE_LEAF ? leaf++ : 0);
    }
    lh_assert(rc == LH_ERR_NOT_FOUND);
    lh_archive_reader_free(reader);
    write_file(dir, "offsets", lh_buf_bytes(&text));
    lh_buf_clear(&text);
}

static void write_policy(const char *dir, const struct lh_city *city)
{
    struct lh_buf text = LH_BUF_EMPTY;

    lh_buf_add_text(&text, "# made for tests\nlog ");
    lh_note_key_format(&text, lh_city_seal(city));
    lh_buf_add_text(&text, "\nquorum none\n");
    write_file(dir, "policy", lh_buf_bytes(&text));
    lh_buf_clear(&text);
}

/* Nodes of the city's tree, computed from the leaves each time: the cities are small. */
static enum lh_code tree_node(void *arg, struct lh_hash *out, unsigned level, uint64_t index,
                              struct lh_err *err)
{
    struct lh_city *city = arg;
    struct lh_hash left;
    struct lh_hash right;

    if (level == 0) {
        *out = lh_hash_leaf(lh_city_suite(city), lh_city_leaf(city, (size_t)index));
        return LH_OK;
    }
    (void)tree_node(arg, &left, level - 1, 2 * index, err);
    (void)tree_node(arg, &right, level - 1, 2 * index + 1, err);
    *out = lh_hash_node(lh_city_suite(city), &left, &right);
    return LH_OK;
}

/* The first STAFF entry (leaf 2), signed by both officers, under the last checkpoint. */
static void write_receipt(const char *dir, struct lh_city *city)
{
    const struct lh_tree_source source = { .node = tree_node, .arg = city };
    const struct lh_enrolment *member = lh_genesis_member(lh_city_genesis(city), 0);
    struct lh_block last = lh_city_block(city, lh_city_block_count(city) - 1);
    struct lh_receipt receipt = LH_RECEIPT_EMPTY;
    struct lh_buf text = LH_BUF_EMPTY;
    lhpb_Leaf leaf;

    receipt.network_id = *lh_genesis_network_id(lh_city_genesis(city));
    receipt.suite = lh_genesis_suite(lh_city_genesis(city));
    receipt.index = 2;
    lh_buf_add(&receipt.leaf, lh_city_leaf(city, 2));
    lh_buf_add(&receipt.checkpoint, last.checkpoint);
    enum lh_code rc = lh_leaf_decode(&leaf, lh_city_leaf(city, 2), NULL);
    lh_assert(rc == LH_OK);
    for (size_t i = 0; i < leaf.kind.entry.signatures_count; i++) {
        for (size_t j = 0; j < member->officer_count; j++) {
            struct lh_key_id id = lh_key_id_of(lh_city_suite(city), &member->officers[j].key);
            if (memcmp(id.bytes, leaf.kind.entry.signatures[i].key_id, sizeof id.bytes) == 0) {
                receipt.signers[receipt.signer_count++] = member->officers[j].key;
            }
        }
    }
    rc = lh_tree_prove_inclusion(lh_city_suite(city), &receipt.proof, &source, receipt.index,
                                 lh_city_leaf_count(city), NULL);
    lh_assert(rc == LH_OK);
    lh_buf_add(&receipt.header, lh_city_leaf(city, lh_city_leaf_count(city) - 1));
    rc = lh_tree_prove_inclusion(lh_city_suite(city), &receipt.header_proof, &source,
                                 lh_city_leaf_count(city) - 1, lh_city_leaf_count(city), NULL);
    lh_assert(rc == LH_OK);
    rc = lh_receipt_format(&text, &receipt, NULL);
    lh_assert(rc == LH_OK);
    write_file(dir, "receipt.tlog-proof", lh_buf_bytes(&text));
    write_file(dir, "checkpoint", last.checkpoint);
    lh_buf_clear(&text);
    lh_receipt_clear(&receipt);
}

/* The archive as it was before the second half of its blocks was there. */
static void write_half(const char *dir, const struct lh_city *city)
{
    struct lh_buf archive = LH_BUF_EMPTY;
    uint64_t frames = 2;

    lh_archive_begin(&archive);
    lh_archive_add(&archive, LH_ARCHIVE_GENESIS, lh_genesis_bytes(lh_city_genesis(city)));
    lh_archive_add(&archive, LH_ARCHIVE_LEDGER, lh_bytes_of_text(lh_city_origin(city)));
    for (size_t i = 0; i < lh_city_block_count(city) / 2; i++) {
        struct lh_block block = lh_city_block(city, i);
        for (size_t j = 0; j <= block.entry_count; j++) {
            lh_archive_add(&archive, LH_ARCHIVE_LEAF, block.leaves[j]);
        }
        lh_archive_add(&archive, LH_ARCHIVE_CHECKPOINT, block.checkpoint);
        frames += block.entry_count + 2;
    }
    lh_archive_end(&archive, frames);
    write_file(dir, "half.lhar", lh_buf_bytes(&archive));
    lh_buf_clear(&archive);
}

static void write_city(const char *dir, const struct lh_city_options *options)
{
    struct lh_city *city = lh_city_new(options);
    struct lh_buf archive = LH_BUF_EMPTY;

    lh_city_archive(city, &archive, NULL);
    write_file(dir, "city.lhar", lh_buf_bytes(&archive));
    write_half(dir, city);
    write_file(dir, "genesis.lh", lh_genesis_bytes(lh_city_genesis(city)));
    write_offsets(dir, lh_buf_bytes(&archive));
    write_policy(dir, city);
    write_receipt(dir, city);
    lh_buf_clear(&archive);
    lh_city_free(city);
}

static size_t number_of(const char *text)
{
    uint64_t value = 0;

    if (lh_decimal_parse(&value, lh_bytes_of_text(text), NULL) != LH_OK) {
        fprintf(stderr, "not a number: %s\n", text);
        exit(2);
    }
    return (size_t)value;
}

int main(int argc, char **argv)
{
    static const struct option rows[] = {
        { "suite", required_argument, NULL, 's' },
        { "seed", required_argument, NULL, 'r' },
        { "entries", required_argument, NULL, 'e' },
        { "staff", required_argument, NULL, 'p' },
        { "block", required_argument, NULL, 'b' },
        { "sessions", required_argument, NULL, 'c' },
        { NULL, 0, NULL, 0 },
    };
    struct lh_city_options options = { .suite = LH_SUITE_W,
                                       .seed = 1,
                                       .staff_count = 3,
                                       .entry_count = 20,
                                       .block_max = 6,
                                       .session_every = 7 };
    int id;

    while ((id = getopt_long(argc, argv, "", rows, NULL)) != -1) {
        switch (id) {
        case 's':
            options.suite = strcmp(optarg, "G") == 0 ? LH_SUITE_G : LH_SUITE_W;
            break;
        case 'r':
            options.seed = number_of(optarg);
            break;
        case 'e':
            options.entry_count = number_of(optarg);
            break;
        case 'p':
            options.staff_count = number_of(optarg);
            break;
        case 'b':
            options.block_max = number_of(optarg);
            break;
        case 'c':
            options.session_every = number_of(optarg);
            break;
        default:
            return 2;
        }
    }
    if (optind + 1 != argc) {
        fprintf(stderr, "usage: make_archive [OPTIONS] DIR\n");
        return 2;
    }
    write_city(argv[optind], &options);
    return 0;
}
