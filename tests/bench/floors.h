#ifndef LH_BENCH_FLOORS_H
#define LH_BENCH_FLOORS_H

/*
 * What the machine can do at this moment: the figures that others are compared with. Rates are per
 * second of one core's CPU time.
 */

#include "crypto/key.h"
#include "tests/bench/report.h"

/* Batches of the store: how many entries each holds. */
enum { FLOORS_BATCHES = 4 };
extern const size_t floors_batch_sizes[FLOORS_BATCHES]; /* 1, 16, 64, 100 */

struct floors_alg {
    double sign;      /* lh_sign of an entry's message, 80 bytes */
    double verify;    /* lh_verify */
    double bare_sign; /* the library's own call, key and context ready */
    double bare_verify;
};

struct floors_batch {
    double wall_ns; /* p50 of one synced batch */
    double cpu_ns;  /* of the process, for one batch */
};

struct floors {
    struct floors_alg algs[LH_ALG_SM2 + 1]; /* by enum lh_alg */
    double hash[LH_SUITE_G + 1];            /* 400 bytes, by enum lh_suite_id */
    double node[LH_SUITE_G + 1];            /* a node of the tree, 65 bytes */
    double box[LH_SUITE_G + 1];             /* sealing 256 bytes */
    double sync_ns;                         /* p50 of a 4 KiB append and fdatasync */
    struct floors_batch batches[FLOORS_BATCHES];
    double http_cpu_ns; /* one request and reply, client and server together */
};

/** Signatures, hashes, boxes: about 4 seconds. */
void floors_measure_crypto(struct floors *out);
/** fdatasync and raw synced batches with the bytes of real blocks, in `dir`: about 5 seconds. */
void floors_measure_disk(struct floors *out, const char *dir);
/** A loop of 64 clients against a server that only answers, over a socket in `dir`. */
void floors_measure_http(struct floors *out, const char *dir);
/** All three. */
void floors_measure(struct floors *out, const char *dir);
/** The faster of our call and the library's own: what cannot be had for less. */
double floors_sign(const struct floors *floors, enum lh_alg alg);
double floors_verify(const struct floors *floors, enum lh_alg alg);
/** CPU time of hashing a leaf of `bytes` and one node, in ns. */
double floors_leaf_ns(const struct floors *floors, enum lh_suite_id suite, double bytes);
/** The better of each figure: other work on the machine only ever makes a floor worse, and a worse
 * floor would flatter us. */
struct floors floors_best(const struct floors *a, const struct floors *b);
void floors_report(struct bench_report *report, const struct floors *before,
                   const struct floors *after);
/** A raw synced batch of so many entries, between the sizes that were measured. */
struct floors_batch floors_batch_of(const struct floors *floors, double entries);

#endif
