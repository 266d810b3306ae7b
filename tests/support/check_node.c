/*
 * check_node DIR RECEIPTS
 *
 * After a node has stopped: does its ledger hold everything that it acknowledged? RECEIPTS is what
 * a client wrote down, u32 length || receipt text, repeated; a torn last one is ignored. Checks
 *
 *   1. the ledger verifies from its stored bytes (lh_ledger_verify);
 *   2. every receipt verifies offline, and its leaf stands in the ledger at its index;
 *   3. the head is consistent with every checkpoint that was handed out;
 *   4. no (source, id) stands twice.
 *
 * Prints one line of counts; exit 1 and words on the first thing that fails.
 */

#include "ledger/ledger.h"
#include "tests/support/node_dir.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check {
    struct lh_node_dir dir;
    struct lh_note_key seal;
    struct lh_store *store;
    struct lh_ledger *ledger;
    struct lh_ledger_head head;
};

static void fail(const char *what, uint64_t at)
{
    (void)fprintf(stderr, "check_node: %s (at %" PRIu64 ")\n", what, at);
    exit(1);
}

static void open_ledger(struct check *check, const char *path)
{
    struct lh_store_rocksdb_options store = { .cache_bytes = 0 };
    struct lh_ledger_options options = { .department = "gaj", .generation = 1 };
    struct lh_err err = LH_ERR_NONE;
    char file[640];

    lh_node_dir_open(&check->dir, path);
    lh_node_dir_seal(&check->dir, &check->seal);
    (void)snprintf(file, sizeof file, "%s/store", path);
    lh_must(lh_store_open_rocksdb(&check->store, file, LH_STORE_READ, &store, &err), &err, file);
    options.store = check->store;
    options.genesis = check->dir.genesis;
    lh_must(lh_ledger_open(&check->ledger, &options, NULL, &err), &err, "ledger");
    lh_ledger_head(check->ledger, &check->head);
}

static void check_consistency(struct check *check, const struct lh_checkpoint *checkpoint)
{
    struct lh_tree_source nodes = lh_ledger_nodes(check->ledger);
    struct lh_proof proof;
    struct lh_err err = LH_ERR_NONE;

    if (checkpoint->size > check->head.size) {
        fail("a checkpoint was handed out beyond the head", checkpoint->size);
    }
    lh_must(lh_tree_prove_consistency(check->dir.suite, &proof, &nodes, checkpoint->size,
                                      check->head.size, &err),
            &err, "consistency");
    lh_must(lh_tree_verify_consistency(check->dir.suite, checkpoint->size, &checkpoint->root,
                                       check->head.size, &check->head.root, &proof, &err),
            &err, "consistency");
}

static void check_receipt(struct check *check, struct lh_bytes text)
{
    struct lh_receipt receipt = LH_RECEIPT_EMPTY;
    struct lh_receipt_report report;
    struct lh_buf leaf = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    lh_must(lh_receipt_parse(&receipt, text, &err), &err, "receipt");
    lh_must(lh_receipt_verify(&receipt, check->dir.suite, &check->seal, 1,
                              lh_genesis_network_id(check->dir.genesis), &report, &err),
            &err, "receipt");
    if (receipt.index >= check->head.size) {
        fail("an acknowledged entry is gone", receipt.index);
    }
    lh_must(lh_ledger_leaf(check->ledger, receipt.index, &leaf, &err), &err, "leaf");
    if (!lh_bytes_is_equal(lh_buf_bytes(&leaf), lh_buf_bytes(&receipt.leaf))) {
        fail("another leaf stands where an acknowledged one stood", receipt.index);
    }
    check_consistency(check, &report.checkpoint);
    lh_buf_clear(&leaf);
    lh_receipt_clear(&receipt);
}

static size_t check_receipts(struct check *check, const char *path)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    FILE *file = fopen(path, "rb");
    size_t count = 0;
    size_t got = 1;

    if (file == NULL) {
        fail("the receipts cannot be read", 0);
    }
    while (got > 0) {
        uint8_t *room = lh_buf_reserve(&bytes, 65536);

        got = room != NULL ? fread(room, 1, 65536, file) : 0;
        bytes.len += got;
    }
    (void)fclose(file);
    struct lh_reader reader = lh_reader_of(lh_buf_bytes(&bytes));
    while (reader.rest.len > 0) {
        struct lh_bytes text = lh_read_view(&reader, lh_read_u32(&reader));

        if (reader.failed) {
            break;
        }
        check_receipt(check, text);
        count++;
    }
    lh_buf_clear(&bytes);
    return count;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static uint64_t check_names(struct check *check)
{
    char **names = calloc((size_t)check->head.size + 1, sizeof *names);
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    uint64_t count = 0;
    lhpb_Leaf leaf;
    lhpb_Body body;

    for (uint64_t i = 0; i < check->head.size; i++) {
        lh_must(lh_ledger_leaf(check->ledger, i, &bytes, &err), &err, "leaf");
        lh_must(lh_leaf_decode(&leaf, lh_buf_bytes(&bytes), &err), &err, "leaf");
        if (leaf.which_kind != lhpb_Leaf_entry_tag) {
            continue;
        }
        lh_must(lh_body_decode(&body,
                               lh_bytes_of(leaf.kind.entry.body.bytes, leaf.kind.entry.body.size),
                               &err),
                &err, "body");
        if (asprintf(&names[count], "%s/%s", body.source, body.id) < 0) {
            fail("out of memory", i);
        }
        count++;
    }
    qsort(names, (size_t)count, sizeof *names, compare_names);
    for (uint64_t i = 1; i < count; i++) {
        if (strcmp(names[i - 1], names[i]) == 0) {
            (void)fprintf(stderr, "%s\n", names[i]);
            fail("an event stands twice", i);
        }
    }
    for (uint64_t i = 0; i < count; i++) {
        free(names[i]);
    }
    free(names);
    lh_buf_clear(&bytes);
    return count;
}

int main(int argc, char **argv)
{
    struct check check = { .store = NULL };
    struct lh_err err = LH_ERR_NONE;
    uint64_t bad = 0;
    enum lh_code rc;

    if (argc != 3) {
        (void)fprintf(stderr, "usage: check_node DIR RECEIPTS\n");
        return 2;
    }
    open_ledger(&check, argv[1]);
    rc = lh_ledger_verify(check.ledger, check.dir.suite, &bad, NULL, NULL, &err);
    if (rc != LH_OK) {
        (void)fprintf(stderr, "leaf %" PRIu64 ": ", bad);
    }
    lh_must(rc, &err, "verify");
    size_t receipts = check_receipts(&check, argv[2]);
    uint64_t entries = check_names(&check);
    (void)printf("entries=%" PRIu64 " height=%" PRIu64 " receipts=%zu\n", entries,
                 check.head.height, receipts);
    lh_ledger_close(check.ledger);
    lh_store_close(check.store);
    lh_node_dir_close(&check.dir);
    return 0;
}
