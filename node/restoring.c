#include "node/restoring.h"

#include "ledger/copies.h"
#include "ledger/prepare.h"
#include "node/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CACHE_SIZE = 16 << 20, PATH_SIZE = 4096 + 64 };

static const char ACT[] = "prepare.lh";

/* ---- the act ---- */

static void join(char out[PATH_SIZE], const char *data, const char *name)
{
    (void)snprintf(out, PATH_SIZE, "%s/%s", data, name);
}

enum lh_code lh_restoring_read(struct lh_buf *out, const char *data, struct lh_err *err)
{
    char path[PATH_SIZE];
    enum lh_code rc;

    join(path, data, ACT);
    rc = lh_small_file_read(out, path, LH_PREPARE_MAX, err);
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}

enum lh_code lh_restoring_end(const char *data, struct lh_err *err)
{
    return lh_small_file_remove(data, ACT, err);
}

enum lh_code lh_restoring_copies(struct lh_store **out, const char *data, struct lh_err *err)
{
    struct lh_store_rocksdb_options options = { .cache_bytes = CACHE_SIZE };
    char path[PATH_SIZE];

    join(path, data, "replicas");
    return lh_store_open_rocksdb(out, path, LH_STORE_WRITE_SALVAGE, &options, err);
}

/* ---- taking in ---- */

struct adopting {
    struct lh_store *store;
    struct lh_copies *copies;
    const struct lh_genesis *genesis;
    const char *department;
    struct lh_suite *suite;
    struct lh_ledger *ledger;
    uint64_t block_count;
    /* a block */
    struct lh_buf leaf;
    struct lh_buf bytes;
    struct lh_buf checkpoint;
    struct lh_bytes *leaves;
    struct lh_bytes *private_parts; /* none: no copy has them */
};

static enum lh_code read_block(struct adopting *work, const char *origin, uint64_t first,
                               uint64_t *out_end, struct lh_err *err)
{
    size_t lengths[LH_BLOCK_ENTRIES_MAX + 1];
    const uint8_t *at;
    enum lh_code rc;

    lh_buf_reset(&work->bytes);
    lh_buf_reset(&work->checkpoint);
    rc = lh_copies_seal(work->copies, origin, first, &work->checkpoint, out_end, err);
    if (rc == LH_OK && *out_end - first > LH_BLOCK_ENTRIES_MAX + 1) {
        rc = lh_err_set(err, LH_ERR_CORRUPT, "a block of the copies is too large");
    }
    for (uint64_t i = first; rc == LH_OK && i < *out_end; i++) {
        rc = lh_copies_leaf(work->copies, origin, i, &work->leaf, err);
        lh_buf_add(&work->bytes, lh_buf_bytes(&work->leaf));
        lengths[i - first] = work->leaf.len;
    }
    if (rc == LH_OK) {
        rc = lh_buf_check(&work->bytes, err);
    }
    at = work->bytes.data;
    for (uint64_t i = first; rc == LH_OK && i < *out_end; i++) {
        work->leaves[i - first] = lh_bytes_of(at, lengths[i - first]);
        at += lengths[i - first];
    }
    return rc;
}

/* spec ledger.md 8.4: "a private part of it may be absent without an ERASE" */
static enum lh_code take_block(struct adopting *work, uint64_t count, struct lh_err *err)
{
    struct lh_ledger_sealed sealed = {
        .block = { .leaves = work->leaves,
                   .entry_count = (size_t)count - 1,
                   .checkpoint = lh_buf_bytes(&work->checkpoint) },
        .private_parts = work->private_parts,
        .lacks_private = true,
    };
    enum lh_code rc = lh_ledger_adopt(work->ledger, work->suite, &sealed, err);

    work->block_count += rc == LH_OK;
    return rc;
}

/* The last leaf of a block is its header, which names all that came before: where the shorter one
 * ends, both are the same ledger. */
static enum lh_code check_same(struct adopting *work, const struct lh_chain *copy,
                               const struct lh_ledger_head *head, struct lh_err *err)
{
    uint64_t common = head->size < copy->tree.size ? head->size : copy->tree.size;
    struct lh_buf own = LH_BUF_EMPTY;
    enum lh_code rc;

    if (common == 0) {
        return LH_OK;
    }
    rc = lh_ledger_leaf(work->ledger, common - 1, &own, err);
    if (rc == LH_OK) {
        rc = lh_copies_leaf(work->copies, copy->origin, common - 1, &work->leaf, err);
    }
    if (rc == LH_OK && !lh_bytes_is_equal(lh_buf_bytes(&own), lh_buf_bytes(&work->leaf))) {
        rc = lh_err_set(err, LH_ERR_FORGED, "%s is another one here than at the peers",
                        copy->origin);
    }
    lh_buf_clear(&own);
    return rc;
}

static enum lh_code take_ledger(struct adopting *work, const struct lh_chain *copy,
                                uint32_t generation, struct lh_err *err)
{
    struct lh_ledger_options options = { .store = work->store,
                                         .genesis = work->genesis,
                                         .department = work->department,
                                         .generation = generation };
    struct lh_ledger_head head;
    uint32_t newest = 0;
    uint64_t end = 0;
    enum lh_code rc = lh_ledger_newest(&newest, work->store, work->genesis, work->department, err);

    if (rc != LH_OK || generation < newest) {
        return rc;
    }
    options.is_next = newest > 0 && generation > newest;
    rc = lh_ledger_open(&work->ledger, &options, NULL, err);
    if (rc == LH_OK) {
        lh_ledger_head(work->ledger, &head);
        rc = check_same(work, copy, &head, err);
        for (uint64_t at = head.size; rc == LH_OK && at < copy->tree.size; at = end) {
            rc = read_block(work, copy->origin, at, &end, err);
            if (rc == LH_OK) {
                rc = take_block(work, end - at, err);
            }
        }
    }
    lh_ledger_close(work->ledger);
    work->ledger = NULL;
    return rc;
}

/* The copy of the department's oldest generation above one; NULL: no more. */
static const struct lh_chain *next_copy(const struct adopting *work, uint32_t above,
                                        uint32_t *out_generation)
{
    const struct lh_chain *found = NULL;

    for (size_t i = 0; i < lh_copies_count(work->copies); i++) {
        const struct lh_chain *copy = lh_copies_at(work->copies, i);
        struct lh_origin origin;

        if (lh_origin_parse(&origin, lh_bytes_of_text(copy->origin), NULL) == LH_OK &&
            strcmp(origin.department, work->department) == 0 && origin.generation > above &&
            (found == NULL || origin.generation < *out_generation)) {
            found = copy;
            *out_generation = origin.generation;
        }
    }
    return found;
}

static enum lh_code take_ledgers(struct adopting *work, struct lh_err *err)
{
    const struct lh_chain *copy;
    uint32_t generation = 0;
    enum lh_code rc = LH_OK;

    while (rc == LH_OK && (copy = next_copy(work, generation, &generation)) != NULL) {
        rc = take_ledger(work, copy, generation, err);
    }
    return rc;
}

enum lh_code lh_restoring_adopt(struct lh_store *store, struct lh_store *copies,
                                const struct lh_genesis *genesis, const char *department,
                                uint64_t *out_blocks, struct lh_err *err)
{
    struct adopting work = { .store = store, .genesis = genesis, .department = department };
    enum lh_code rc;

    work.leaves = calloc(LH_BLOCK_ENTRIES_MAX + 1, sizeof work.leaves[0]);
    work.private_parts = calloc(LH_BLOCK_ENTRIES_MAX, sizeof work.private_parts[0]);
    rc = lh_suite_new(&work.suite, lh_genesis_suite(genesis), err);
    if (rc == LH_OK && (work.leaves == NULL || work.private_parts == NULL)) {
        rc = lh_err_set(err, LH_ERR_NOMEM, "a block");
    }
    if (rc == LH_OK) {
        rc = lh_copies_open(&work.copies, copies, work.suite, lh_genesis_network_id(genesis), err);
    } else {
        lh_store_close(copies);
    }
    if (rc == LH_OK) {
        rc = take_ledgers(&work, err);
    }
    *out_blocks = work.block_count;
    lh_copies_close(work.copies);
    lh_buf_clear(&work.checkpoint);
    lh_buf_clear(&work.bytes);
    lh_buf_clear(&work.leaf);
    free(work.private_parts);
    free(work.leaves);
    lh_suite_free(work.suite);
    return rc;
}
