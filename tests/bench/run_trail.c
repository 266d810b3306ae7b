/*
 * What one staff member did: a thousand rows spread over the whole ledger, read through
 * lh_trail_run from a store that was closed and opened again.
 */
#include "ledger/keys.h"
#include "ledger/trail.h"
#include "tests/bench/book.h"
#include "tests/bench/runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS = 1000,
    PAGE = 50,
    ROUNDS = 320,
    SMALL = 200000, /* entries up to which everyday blocks are affordable */
    SMALL_BLOCK = 64,
};

/*
 * Append `entries`; time of append an entry, of the fourth and of the last tenth: in the first ones
 * the store fills its empty buffers.
 */
static void fill(struct book *book, uint64_t entries, double *out_early, double *out_last)
{
    size_t block = entries <= SMALL ? SMALL_BLOCK : BOOK_BLOCK_MAX;
    struct bench_samples early = { .ns = NULL };
    struct bench_samples last = { .ns = NULL };

    for (uint64_t done = 0; done < entries; done += block) {
        int64_t took = book_append(book, block);
        uint64_t tenth = done * 10 / entries;
        if (tenth == 3) {
            bench_samples_add(&early, took);
        } else if (tenth == 9) {
            bench_samples_add(&last, took);
        }
    }
    *out_early = (double)bench_samples_at(&early, 0.5) / (double)block;
    *out_last = (double)bench_samples_at(&last, 0.5) / (double)block;
    bench_samples_clear(&early);
    bench_samples_clear(&last);
}

/* The same rows by the store's own iterator, nothing decoded. */
static int64_t scan_once(struct lh_store *store, size_t staff, size_t rows)
{
    struct lh_store_iter *iter = NULL;
    struct lh_err err = LH_ERR_NONE;
    uint8_t name[8];
    size_t count = 0;
    size_t bytes = 0;

    people_pseudonym(name, staff);
    struct lh_store_key prefix =
        lh_keys_index_prefix(1, LH_DIMENSION_STAFF, lh_bytes_of(name, sizeof name));
    int64_t start = bench_now_ns();
    bench_must(lh_store_iter_new(&iter, store, LH_TABLE_INDEX, &err), &err, "iterator");
    for (lh_store_iter_seek(iter, lh_store_key_bytes(&prefix));
         count < rows && lh_store_iter_is_valid(iter); lh_store_iter_next(iter)) {
        struct lh_bytes key = lh_store_iter_key(iter);
        if (key.len < prefix.len || memcmp(key.data, prefix.bytes, prefix.len) != 0) {
            break;
        }
        bytes += lh_store_iter_value(iter).len;
        count++;
    }
    bench_must(lh_store_iter_check(iter, &err), &err, "iterator");
    lh_store_iter_free(iter);
    int64_t took = bench_now_ns() - start;
    if (count != rows || bytes == 0) {
        bench_die("%zu index rows instead of %zu, %zu bytes", count, rows, bytes);
    }
    return took;
}

static int64_t query_once(struct book *book, size_t staff, size_t rows, struct lh_row *out)
{
    struct lh_trail_query query;
    struct lh_err err = LH_ERR_NONE;
    size_t count = 0;
    uint64_t next = 0;
    bool has_more = false;

    lh_trail_query_init(&query);
    query.staff_count = 1;
    people_pseudonym(query.staff[0], staff);
    query.limit = rows;
    int64_t start = bench_now_ns();
    bench_must(lh_trail_run(book->ledger, &query, 0, out, &count, &next, &has_more, &err), &err,
               "trail");
    int64_t took = bench_now_ns() - start;
    if (count != rows) {
        bench_die("a trail of %zu rows instead of %zu", count, rows);
    }
    return took;
}

/* Figure and floor in turn, so that both meet the same caches. */
static void measure(struct bench *bench, struct book *book, size_t rows, const char *what,
                    double aim_ms)
{
    struct bench_samples queries = { .ns = NULL };
    struct bench_samples scans = { .ns = NULL };
    struct lh_row *out = bench_alloc(rows, sizeof *out);
    static const double shares[] = { 0.5, 0.99 };
    static const char *const names[] = { "p50", "p99" };

    for (size_t i = 0; i < ROUNDS; i++) {
        size_t staff = i % BOOK_RARE_STAFF;
        bench_samples_add(&queries, query_once(book, staff, rows, out));
        bench_samples_add(&scans, scan_once(book->store, staff, rows));
    }
    for (size_t i = 0; i < 2; i++) {
        struct bench_row row = { .group = "trail",
                                 .value = (double)bench_samples_at(&queries, shares[i]) / 1e6,
                                 .unit = "ms",
                                 .floor = (double)bench_samples_at(&scans, shares[i]) / 1e6,
                                 .aim = i == 1 ? BENCH_AIM_VALUE_MOST : BENCH_AIM_NONE,
                                 .aim_at = aim_ms };
        (void)snprintf(row.name, sizeof row.name, "%s among %llu entries, %s", what,
                       (unsigned long long)bench->entries, names[i]);
        (void)snprintf(row.floor_name, sizeof row.floor_name, "iterator over %zu index rows, %s",
                       rows, names[i]);
        bench_report_row(&bench->report, &row);
    }
    free(out);
    bench_samples_clear(&queries);
    bench_samples_clear(&scans);
}

void trail_run(struct bench *bench)
{
    char dir[BENCH_PATH_MAX];
    struct people people;
    struct book book;
    double early, last;

    bench_dir_make(dir, bench->dir, "trail");
    people_init(&people, LH_SUITE_W, LH_ALG_P256, PEOPLE_STAFF_MAX);
    book_begin(&book, &people, NULL, dir);
    book.rare_every = bench->entries / ROWS;
    fill(&book, bench->entries, &early, &last);
    book_close(&book);
    book_open(&book, &people, dir);
    measure(bench, &book, ROWS, "1000 rows", 20);
    measure(bench, &book, PAGE, "first page of 50", 5);
    book_close(&book);
    people_clear(&people);
    bench_dir_remove(dir);
    bench_report_row(&bench->report,
                     &(struct bench_row){ .group = "growth",
                                          .name = "append, the last tenth of the ledger",
                                          .value = last / 1e3,
                                          .unit = "us/entry",
                                          .floor_name = "append, the fourth tenth",
                                          .floor = early / 1e3,
                                          .aim = BENCH_AIM_RATIO_MOST,
                                          .aim_at = 1.5 });
}
