/*
 * The engine of liuhen-verify over an archive in memory: what reading a file costs is not in it,
 * what judging costs is. One thread is judged by its CPU time, as the floors are, several by the
 * clock on the wall.
 */
#include "cli/verify/pool.h"
#include "ledger/replay.h"
#include "tests/bench/runs.h"
#include "tests/support/city.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STAFF = 32, BLOCK = 31, SM2_SHARE = 10, HASH_ROUNDS = 3, PROFILE_ROUNDS = 20 };

struct archive {
    struct lh_buf bytes;
    uint64_t entries;
    uint64_t leaf_bytes;
    uint64_t recorder_entries;
    uint64_t blocks;
};

static void count_signer(void *arg, uint64_t index, lhpb_Body *body, struct lh_city_signer *signer)
{
    struct archive *archive = arg;

    (void)index;
    (void)body;
    archive->recorder_entries += signer->role == LH_CITY_RECORDER ? 1 : 0;
}

static void make_archive(struct archive *out, enum lh_suite_id suite, uint64_t entries)
{
    struct lh_city_options options = { .suite = suite,
                                       .seed = 1,
                                       .staff_count = STAFF,
                                       .entry_count = (size_t)entries,
                                       .block_max = BLOCK,
                                       .session_every = 500,
                                       .on_body = count_signer,
                                       .arg = out };

    *out = (struct archive){ .bytes = LH_BUF_EMPTY };
    struct lh_city *city = lh_city_new(&options);
    lh_city_archive(city, &out->bytes, NULL);
    out->blocks = lh_city_block_count(city);
    out->entries = lh_city_leaf_count(city) - out->blocks;
    for (size_t i = 0; i < lh_city_leaf_count(city); i++) {
        out->leaf_bytes += lh_city_leaf(city, i).len;
    }
    lh_city_free(city);
}

struct reading {
    struct lh_bytes rest;
};

static enum lh_code read_on(void *arg, void *out, size_t room, size_t *out_len, struct lh_err *err)
{
    struct reading *reading = arg;
    size_t len = reading->rest.len < room ? reading->rest.len : room;

    (void)err;
    if (len > 0) {
        memcpy(out, reading->rest.data, len);
    }
    reading->rest = lh_bytes_of(reading->rest.data + len, reading->rest.len - len);
    *out_len = len;
    return LH_OK;
}

/* Seconds that one replay takes. */
static double replay_once(const struct archive *archive, bool with_signatures, size_t threads)
{
    struct lh_pool *pool = NULL;
    struct lh_replay_pool face;
    struct lh_replay_options options = { .with_signatures = with_signatures };
    struct reading reading = { .rest = lh_buf_bytes(&archive->bytes) };
    struct lh_archive_input input = { .read = read_on, .arg = &reading };
    struct lh_archive_reader *reader = NULL;
    struct lh_archive_frame frame;
    struct lh_replay *replay = NULL;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    int64_t start = bench_now_ns();
    if (threads > 1) {
        bench_must(lh_pool_new(&pool, threads, &err), &err, "threads");
        face = lh_pool_of_replay(pool);
        options.pool = &face;
    }
    bench_must(lh_archive_reader_new(&reader, &input, &err), &err, "archive");
    bench_must(lh_replay_new(&replay, &options, &err), &err, "replay");
    while ((rc = lh_archive_next(reader, &frame, &err)) == LH_OK) {
        bench_must(lh_replay_feed(replay, &frame, &err), &err, "replay");
    }
    bench_must(lh_replay_end(replay, rc, err.text, &err), &err, "replay");
    double seconds = (double)(bench_now_ns() - start) / 1e9;
    if (lh_replay_findings(replay)->failed_count + lh_replay_findings(replay)->unknown_count > 0) {
        bench_die("the archive does not verify: %s", lh_replay_findings(replay)->kept[0].text);
    }
    lh_replay_free(replay);
    lh_archive_reader_free(reader);
    lh_pool_free(pool);
    return seconds;
}

static void add_pass(struct replay *out, const struct archive *archive, enum lh_alg alg,
                     bool with_signatures, size_t threads)
{
    struct replay_pass *pass = &out->passes[out->pass_count++];
    size_t rounds = with_signatures ? 1 : HASH_ROUNDS;
    double best = 0;
    int64_t cpu = bench_process_cpu_ns();

    for (size_t i = 0; i < rounds; i++) {
        double seconds = replay_once(archive, with_signatures, threads);
        best = best == 0 || seconds < best ? seconds : best;
    }
    cpu = bench_process_cpu_ns() - cpu;
    double cpu_seconds = (double)cpu / 1e9 / (double)rounds;
    *pass = (struct replay_pass){ .alg = alg,
                                  .with_signatures = with_signatures,
                                  .threads = threads,
                                  .rate = (double)archive->entries /
                                          (threads == 1 ? cpu_seconds : best),
                                  .cpu_ns = (double)cpu / (double)(rounds * archive->entries) };
    /* The city's recorder and seal have Ed25519 keys in suite W, its staff the suite's. */
    double others = (double)(archive->recorder_entries + archive->blocks);
    double staff = (double)(archive->entries - archive->recorder_entries);
    pass->checks[alg == LH_ALG_SM2 ? alg : LH_ALG_ED25519] += others / (double)archive->entries;
    pass->checks[alg] += staff / (double)archive->entries;
    (void)snprintf(pass->name, sizeof pass->name, "%s, %s, %zu thread%s",
                   alg == LH_ALG_SM2 ? "suite G" : "suite W",
                   with_signatures ? "every signature" : "hashes and chain only", threads,
                   threads == 1 ? ", by CPU time" : "s");
}

void replay_run(struct replay *out, const struct bench *bench)
{
    struct archive archive;

    *out = (struct replay){ .pass_count = 0 };
    make_archive(&archive, LH_SUITE_W, bench->entries);
    out->leaf_bytes = (double)archive.leaf_bytes / (double)archive.entries;
    add_pass(out, &archive, LH_ALG_P256, false, 1);
    add_pass(out, &archive, LH_ALG_P256, true, 1);
    if (bench->cores > 1) {
        add_pass(out, &archive, LH_ALG_P256, true, bench->cores);
    }
    lh_buf_clear(&archive.bytes);
    make_archive(&archive, LH_SUITE_G, bench->entries / SM2_SHARE);
    add_pass(out, &archive, LH_ALG_SM2, false, 1);
    if (bench->cores > 1) {
        add_pass(out, &archive, LH_ALG_SM2, true, bench->cores);
    }
    lh_buf_clear(&archive.bytes);
}

void replay_profile(struct bench *bench)
{
    struct archive archive;

    make_archive(&archive, LH_SUITE_W, bench->entries);
    for (size_t i = 0; i < PROFILE_ROUNDS; i++) {
        (void)replay_once(&archive, false, 1);
    }
    lh_buf_clear(&archive.bytes);
}

/* CPU time of the signatures of one entry. */
static double checks_ns(const struct replay_pass *pass, const struct floors *floors)
{
    double sum = 0;

    for (int alg = LH_ALG_ED25519; alg <= LH_ALG_SM2; alg++) {
        sum += pass->checks[alg] * 1e9 / floors_verify(floors, (enum lh_alg)alg);
    }
    return sum;
}

void replay_report(struct bench *bench, const struct replay *replay, const struct floors *floors)
{
    for (size_t i = 0; i < replay->pass_count; i++) {
        const struct replay_pass *pass = &replay->passes[i];
        struct bench_row row = { .group = "replay", .value = pass->rate, .unit = "entries/s" };
        (void)snprintf(row.name, sizeof row.name, "%s", pass->name);
        if (pass->with_signatures) {
            row.floor = (double)pass->threads * 1e9 / checks_ns(pass, floors);
            (void)snprintf(row.floor_name, sizeof row.floor_name,
                           "%zu x raw verify of the same signatures, seals included",
                           pass->threads);
            row.aim = BENCH_AIM_RATIO_LEAST;
            row.aim_at = 0.9;
        } else {
            enum lh_suite_id suite = pass->alg == LH_ALG_SM2 ? LH_SUITE_G : LH_SUITE_W;
            row.floor = 1e9 / floors_leaf_ns(floors, suite, replay->leaf_bytes);
            (void)snprintf(row.floor_name, sizeof row.floor_name, "hashing a leaf and a node");
            row.aim = suite == LH_SUITE_W ? BENCH_AIM_VALUE_LEAST : BENCH_AIM_NONE;
            row.aim_at = 500000;
        }
        (void)snprintf(row.note, sizeof row.note, "CPU %.1f us/entry", pass->cpu_ns / 1e3);
        bench_report_row(&bench->report, &row);
    }
    bench_report_fact(&bench->report, "replay: bytes of a leaf, headers included", "B",
                      replay->leaf_bytes, 0);
}
