#include "tests/bench/floors.h"

#include "crypto/box.h"
#include "crypto/signer.h"
#include "ledger/entry.h"
#include "tests/bench/measure.h"

#include <openssl/ec.h>
#include <openssl/evp.h>

#include <stdio.h>
#include <string.h>

enum { RATE_MS = 200, HASHED = 400, BOXED = 256 };

const size_t floors_batch_sizes[FLOORS_BATCHES] = { 1, 16, 64, 100 };

static const enum lh_alg algs[] = { LH_ALG_P256, LH_ALG_ED25519, LH_ALG_SM2 };
enum { ALGS = sizeof algs / sizeof algs[0] };

/* ---- signatures through our own functions ------------------------------------------------------
 */

struct signing {
    struct lh_signer *signer;
    struct lh_verifier *verifier;
    struct lh_sig sig;
    uint8_t message[LH_ENTRY_MESSAGE_SIZE];
};

static void sign_once(void *arg)
{
    struct signing *signing = arg;
    struct lh_err err = LH_ERR_NONE;

    signing->message[0]++;
    bench_must(lh_sign(signing->signer, &signing->sig,
                       lh_bytes_of(signing->message, sizeof signing->message), &err),
               &err, "signing");
}

static void verify_once(void *arg)
{
    struct signing *signing = arg;
    struct lh_err err = LH_ERR_NONE;

    bench_must(lh_verify(signing->verifier, &signing->sig,
                         lh_bytes_of(signing->message, sizeof signing->message), &err),
               &err, "verifying");
}

static void measure_ours(struct floors_alg *out, enum lh_alg alg)
{
    struct signing signing = { .message = { 1 } };
    struct lh_err err = LH_ERR_NONE;

    bench_must(lh_signer_generate(&signing.signer, alg, &err), &err, "key");
    bench_must(lh_verifier_new(&signing.verifier, lh_signer_pubkey(signing.signer), &err), &err,
               "key");
    out->sign = bench_rate(sign_once, &signing, RATE_MS);
    out->verify = bench_rate(verify_once, &signing, RATE_MS);
    lh_verifier_free(signing.verifier);
    lh_signer_free(signing.signer);
}

/* ---- and through the library's ----------------------------------------------------------------
 */

struct raw {
    EVP_PKEY *key;
    EVP_PKEY_CTX *id; /* SM2: holds the id; outlives `ctx` */
    EVP_MD_CTX *ctx;
    const char *digest;
    uint8_t message[LH_ENTRY_MESSAGE_SIZE];
    uint8_t sig[128];
    size_t sig_len;
};

static void raw_reset(struct raw *raw)
{
    (void)EVP_MD_CTX_reset(raw->ctx);
    if (raw->id != NULL) {
        EVP_MD_CTX_set_pkey_ctx(raw->ctx, raw->id);
    }
}

static void raw_sign_once(void *arg)
{
    struct raw *raw = arg;

    raw->message[0]++;
    raw->sig_len = sizeof raw->sig;
    raw_reset(raw);
    if (EVP_DigestSignInit_ex(raw->ctx, NULL, raw->digest, NULL, NULL, raw->key, NULL) != 1 ||
        EVP_DigestSign(raw->ctx, raw->sig, &raw->sig_len, raw->message, sizeof raw->message) != 1) {
        bench_die("the library does not sign");
    }
}

static void raw_verify_once(void *arg)
{
    struct raw *raw = arg;

    raw_reset(raw);
    if (EVP_DigestVerifyInit_ex(raw->ctx, NULL, raw->digest, NULL, NULL, raw->key, NULL) != 1 ||
        EVP_DigestVerify(raw->ctx, raw->sig, raw->sig_len, raw->message, sizeof raw->message) !=
            1) {
        bench_die("the library does not verify");
    }
}

static void measure_raw(struct floors_alg *out, enum lh_alg alg)
{
    struct raw raw = { .ctx = EVP_MD_CTX_new() };

    if (alg == LH_ALG_P256) {
        raw.key = EVP_EC_gen("P-256");
        raw.digest = "SHA256";
    } else if (alg == LH_ALG_ED25519) {
        raw.key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    } else {
        static const char id[] = "1234567812345678";
        raw.key = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
        raw.digest = "SM3";
        raw.id = EVP_PKEY_CTX_new(raw.key, NULL);
        if (raw.id == NULL || EVP_PKEY_CTX_set1_id(raw.id, id, (int)strlen(id)) != 1) {
            bench_die("the library has no SM2");
        }
    }
    out->bare_sign = bench_rate(raw_sign_once, &raw, RATE_MS);
    out->bare_verify = bench_rate(raw_verify_once, &raw, RATE_MS);
    EVP_MD_CTX_free(raw.ctx);
    EVP_PKEY_CTX_free(raw.id);
    EVP_PKEY_free(raw.key);
}

/* ---- hashes and boxes ------------------------------------------------------------------------ */

struct hashing {
    struct lh_suite *suite;
    struct lh_box_sender *sender;
    struct lh_buf box;
    uint8_t bytes[HASHED];
};

static void hash_once(void *arg)
{
    struct hashing *hashing = arg;
    struct lh_hash hash = lh_hash(hashing->suite, lh_bytes_of(hashing->bytes, HASHED));

    hashing->bytes[0] = hash.bytes[0];
}

static void node_once(void *arg)
{
    struct hashing *hashing = arg;
    struct lh_hash left = { .bytes = { hashing->bytes[0] } };
    struct lh_hash node = lh_hash_node(hashing->suite, &left, &left);

    hashing->bytes[0] = node.bytes[0];
}

static void box_once(void *arg)
{
    struct hashing *hashing = arg;
    struct lh_err err = LH_ERR_NONE;

    lh_buf_reset(&hashing->box);
    bench_must(lh_box_seal(hashing->sender, &hashing->box, lh_bytes_of(hashing->bytes, 32),
                           lh_bytes_of(hashing->bytes, BOXED), &err),
               &err, "box");
}

static void measure_suite(struct floors *out, enum lh_suite_id suite)
{
    struct hashing hashing = { .box = LH_BUF_EMPTY };
    struct lh_random random = lh_random_system();
    struct lh_signer *auditor = NULL;
    struct lh_err err = LH_ERR_NONE;

    bench_must(lh_suite_new(&hashing.suite, suite, &err), &err, "suite");
    bench_must(lh_signer_generate(&auditor, suite == LH_SUITE_W ? LH_ALG_X25519 : LH_ALG_SM2, &err),
               &err, "key");
    bench_must(lh_box_sender_new(&hashing.sender, suite, lh_signer_pubkey(auditor), &random, &err),
               &err, "box");
    out->hash[suite] = bench_rate(hash_once, &hashing, RATE_MS);
    out->node[suite] = bench_rate(node_once, &hashing, RATE_MS);
    out->box[suite] = bench_rate(box_once, &hashing, RATE_MS);
    lh_buf_clear(&hashing.box);
    lh_box_sender_free(hashing.sender);
    lh_signer_free(auditor);
    lh_suite_free(hashing.suite);
}

void floors_measure_crypto(struct floors *out)
{
    for (size_t i = 0; i < ALGS; i++) {
        measure_ours(&out->algs[algs[i]], algs[i]);
        measure_raw(&out->algs[algs[i]], algs[i]);
    }
    measure_suite(out, LH_SUITE_W);
    measure_suite(out, LH_SUITE_G);
}

void floors_measure(struct floors *out, const char *dir)
{
    floors_measure_crypto(out);
    floors_measure_disk(out, dir);
    floors_measure_http(out, dir);
}

/* ---- two measurements ------------------------------------------------------------------------ */

static double more(double a, double b)
{
    return a > b ? a : b;
}

static double less(double a, double b)
{
    return a < b ? a : b;
}

struct floors floors_best(const struct floors *a, const struct floors *b)
{
    struct floors best = { .sync_ns = less(a->sync_ns, b->sync_ns),
                           .http_cpu_ns = less(a->http_cpu_ns, b->http_cpu_ns) };

    for (size_t i = 0; i < ALGS; i++) {
        const struct floors_alg *left = &a->algs[algs[i]];
        const struct floors_alg *right = &b->algs[algs[i]];
        best.algs[algs[i]] = (struct floors_alg){
            .sign = more(left->sign, right->sign),
            .verify = more(left->verify, right->verify),
            .bare_sign = more(left->bare_sign, right->bare_sign),
            .bare_verify = more(left->bare_verify, right->bare_verify),
        };
    }
    for (size_t suite = LH_SUITE_W; suite <= LH_SUITE_G; suite++) {
        best.hash[suite] = more(a->hash[suite], b->hash[suite]);
        best.node[suite] = more(a->node[suite], b->node[suite]);
        best.box[suite] = more(a->box[suite], b->box[suite]);
    }
    for (size_t i = 0; i < FLOORS_BATCHES; i++) {
        best.batches[i].wall_ns = less(a->batches[i].wall_ns, b->batches[i].wall_ns);
        best.batches[i].cpu_ns = less(a->batches[i].cpu_ns, b->batches[i].cpu_ns);
    }
    return best;
}

double floors_sign(const struct floors *floors, enum lh_alg alg)
{
    const struct floors_alg *rates = &floors->algs[alg];

    return rates->sign > rates->bare_sign ? rates->sign : rates->bare_sign;
}

double floors_verify(const struct floors *floors, enum lh_alg alg)
{
    const struct floors_alg *rates = &floors->algs[alg];

    return rates->verify > rates->bare_verify ? rates->verify : rates->bare_verify;
}

double floors_leaf_ns(const struct floors *floors, enum lh_suite_id suite, double bytes)
{
    return bytes / HASHED * 1e9 / floors->hash[suite] + 1e9 / floors->node[suite];
}

struct floors_batch floors_batch_of(const struct floors *floors, double entries)
{
    size_t at = 1;

    while (at + 1 < FLOORS_BATCHES && entries > (double)floors_batch_sizes[at]) {
        at++;
    }
    const struct floors_batch *below = &floors->batches[at - 1];
    const struct floors_batch *above = &floors->batches[at];
    double share = (entries - (double)floors_batch_sizes[at - 1]) /
                   (double)(floors_batch_sizes[at] - floors_batch_sizes[at - 1]);
    return (struct floors_batch){
        .wall_ns = below->wall_ns + share * (above->wall_ns - below->wall_ns),
        .cpu_ns = below->cpu_ns + share * (above->cpu_ns - below->cpu_ns),
    };
}

static void report_alg(struct bench_report *report, enum lh_alg alg, const struct floors_alg *a,
                       const struct floors_alg *b)
{
    char name[BENCH_NAME_MAX];

    (void)snprintf(name, sizeof name, "sign %s, lh_sign", lh_alg_name(alg));
    bench_report_fact(report, name, "/s", a->sign, b->sign);
    (void)snprintf(name, sizeof name, "sign %s, the library alone", lh_alg_name(alg));
    bench_report_fact(report, name, "/s", a->bare_sign, b->bare_sign);
    (void)snprintf(name, sizeof name, "verify %s, lh_verify", lh_alg_name(alg));
    bench_report_fact(report, name, "/s", a->verify, b->verify);
    (void)snprintf(name, sizeof name, "verify %s, the library alone", lh_alg_name(alg));
    bench_report_fact(report, name, "/s", a->bare_verify, b->bare_verify);
}

static void report_batches(struct bench_report *report, const struct floors *a,
                           const struct floors *b)
{
    char name[BENCH_NAME_MAX];

    for (size_t i = 0; i < FLOORS_BATCHES; i++) {
        (void)snprintf(name, sizeof name, "raw synced batch of %zu entries, p50",
                       floors_batch_sizes[i]);
        bench_report_fact(report, name, "us", a->batches[i].wall_ns / 1e3,
                          b->batches[i].wall_ns / 1e3);
        (void)snprintf(name, sizeof name, "raw synced batch of %zu entries, CPU an entry",
                       floors_batch_sizes[i]);
        bench_report_fact(report, name, "us",
                          a->batches[i].cpu_ns / 1e3 / (double)floors_batch_sizes[i],
                          b->batches[i].cpu_ns / 1e3 / (double)floors_batch_sizes[i]);
    }
}

void floors_report(struct bench_report *report, const struct floors *before,
                   const struct floors *after)
{
    static const char *const suites[] = { [LH_SUITE_W] = "W", [LH_SUITE_G] = "G" };
    char name[BENCH_NAME_MAX];

    for (size_t i = 0; i < ALGS; i++) {
        report_alg(report, algs[i], &before->algs[algs[i]], &after->algs[algs[i]]);
    }
    for (size_t suite = LH_SUITE_W; suite <= LH_SUITE_G; suite++) {
        (void)snprintf(name, sizeof name, "hash of 400 bytes, suite %s", suites[suite]);
        bench_report_fact(report, name, "/s", before->hash[suite], after->hash[suite]);
        (void)snprintf(name, sizeof name, "hash of a node, suite %s", suites[suite]);
        bench_report_fact(report, name, "/s", before->node[suite], after->node[suite]);
        (void)snprintf(name, sizeof name, "sealed box of 256 bytes, suite %s", suites[suite]);
        bench_report_fact(report, name, "/s", before->box[suite], after->box[suite]);
    }
    bench_report_fact(report, "append of 4 KiB and fdatasync, p50", "us", before->sync_ns / 1e3,
                      after->sync_ns / 1e3);
    report_batches(report, before, after);
    bench_report_fact(report, "HTTP alone, CPU a request, both sides", "us",
                      before->http_cpu_ns / 1e3, after->http_cpu_ns / 1e3);
}
