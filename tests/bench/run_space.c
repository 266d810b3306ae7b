/*
 * What an entry takes on disk, all but its private part: the whole store after it was closed and
 * opened again, so that logs have become tables. Beside it the leaves alone, compressed in blocks
 * of the store's size.
 */
#include "tests/bench/book.h"
#include "tests/bench/runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum { BLOCK = 16, STAFF = 64, ENTRIES_MAX = 1000000, CHUNK = 16 * 1024, LIMIT = 700 };

struct leaves {
    double plain;      /* bytes an entry */
    double compressed; /* the same, compressed */
};

static struct leaves measure_leaves(struct book *book, uint64_t entries)
{
    struct lh_buf leaf = LH_BUF_EMPTY;
    struct lh_buf chunk = LH_BUF_EMPTY;
    size_t room = ZSTD_compressBound(2 * CHUNK);
    void *out = bench_alloc(room, 1);
    struct leaves sum = { .plain = 0 };
    struct lh_ledger_head head;

    lh_ledger_head(book->ledger, &head);
    for (uint64_t i = 0; i < head.size; i++) {
        book_leaf(book, i, &leaf);
        sum.plain += (double)leaf.len;
        lh_buf_add(&chunk, lh_buf_bytes(&leaf));
        if (chunk.len >= CHUNK || i + 1 == head.size) {
            size_t len = ZSTD_compress(out, room, chunk.data, chunk.len, 1);
            if (ZSTD_isError(len)) {
                bench_die("zstd: %s", ZSTD_getErrorName(len));
            }
            sum.compressed += (double)len;
            lh_buf_reset(&chunk);
        }
    }
    free(out);
    lh_buf_clear(&leaf);
    lh_buf_clear(&chunk);
    return (struct leaves){ .plain = sum.plain / (double)entries,
                            .compressed = sum.compressed / (double)entries };
}

void space_run(struct bench *bench)
{
    uint64_t entries = bench->entries < ENTRIES_MAX ? bench->entries : ENTRIES_MAX;
    char dir[BENCH_PATH_MAX];
    char store[BENCH_PATH_MAX];
    struct people people;
    struct book book;

    bench_dir_make(dir, bench->dir, "space");
    people_init(&people, LH_SUITE_W, LH_ALG_P256, STAFF);
    book_begin(&book, &people, NULL, dir);
    for (uint64_t done = 0; done < entries; done += BLOCK) {
        (void)book_append(&book, BLOCK);
    }
    book_close(&book);
    book_open(&book, &people, dir);
    struct leaves leaves = measure_leaves(&book, entries);
    book_close(&book);
    people_clear(&people);
    bench_path(store, dir, "store");
    double bytes = (double)bench_dir_size(store) / (double)entries;
    bench_dir_remove(dir);
    struct bench_row row = { .group = "disk",
                             .value = bytes,
                             .unit = "B/entry",
                             .floor_name = "the leaves alone, zstd in 16 KiB",
                             .floor = leaves.compressed,
                             .aim = BENCH_AIM_VALUE_MOST,
                             .aim_at = LIMIT };
    (void)snprintf(row.name, sizeof row.name, "all but private parts, %d entries a block", BLOCK);
    (void)snprintf(row.note, sizeof row.note, "%.0f B of leaves an entry, headers included",
                   leaves.plain);
    bench_report_row(&bench->report, &row);
}
