#ifndef LH_TESTS_CITY_H
#define LH_TESTS_CITY_H

/*
 * A small city in memory, made from a seed: a genesis with one department (gaj of jinhua: two
 * officers, a recorder), and its ledger: GENERATION, staff enrolments, then everyday entries signed
 * by staff keys, session keys and the recorder, in blocks of random sizes. Everything is consistent
 * unless a hook spoils it. Failures are assertions.
 */

#include "crypto/signer.h"
#include "ledger/archive.h"
#include "ledger/chain.h"

enum { LH_CITY_STAFF_MAX = 64 };

/* Whose key signs. */
enum lh_city_role {
    LH_CITY_OFFICERS, /* both */
    LH_CITY_RECORDER,
    LH_CITY_STAFF,   /* number: which */
    LH_CITY_SESSION, /* number: of which staff member, the newest */
    LH_CITY_STRANGER,
};

struct lh_city_signer {
    enum lh_city_role role;
    size_t number;
};

struct lh_city;

struct lh_city_options {
    enum lh_suite_id suite;
    uint64_t seed;
    enum lh_alg staff_alg; /* 0: P-256 in suite W, SM2 in suite G */
    size_t staff_count;    /* 1..LH_CITY_STAFF_MAX */
    size_t entry_count;    /* everyday entries */
    size_t block_max;      /* entries a block at most, sizes random; 0: 16 */
    size_t session_every;  /* a SESSION among so many entries; 0: none */
    /* NULL, or a city of the same seed and suite whose ledger this one continues. */
    const struct lh_city *before;
    /* Change a body, and who signs it, before it is signed / a signed entry before it is sealed. */
    void (*on_body)(void *arg, uint64_t index, lhpb_Body *body, struct lh_city_signer *signer);
    void (*on_entry)(void *arg, struct lh_city *city, uint64_t index, lhpb_Entry *entry);
    /* The epoch that the header at `index` names; NULL, or none here: that of the header before. */
    const struct lh_hash *(*epoch_of)(void *arg, uint64_t index);
    void *arg;
};

struct lh_city *lh_city_new(const struct lh_city_options *options);
void lh_city_free(struct lh_city *city);

struct lh_suite *lh_city_suite(struct lh_city *city);
const struct lh_genesis *lh_city_genesis(const struct lh_city *city);
const char *lh_city_origin(const struct lh_city *city);
/** The seal as a log key: name = origin. */
const struct lh_note_key *lh_city_seal(const struct lh_city *city);
struct lh_signer *lh_city_seal_signer(struct lh_city *city);
/** The head after the last block. */
const struct lh_chain *lh_city_chain(const struct lh_city *city);

size_t lh_city_block_count(const struct lh_city *city);
/** Borrowed from the city. */
struct lh_block lh_city_block(const struct lh_city *city, size_t index);
size_t lh_city_leaf_count(const struct lh_city *city);
struct lh_bytes lh_city_leaf(const struct lh_city *city, size_t index);
/** Sign an entry's body as `signer` would, replacing its signatures. */
void lh_city_sign(struct lh_city *city, lhpb_Entry *entry, const struct lh_city_signer *signer);

/** The same, as whoever holds these keys. */
void lh_city_sign_with(struct lh_city *city, lhpb_Entry *entry, struct lh_signer *const *signers,
                       size_t count);

/** Append the city's ledger as frames, and count them. */
void lh_city_add_ledger(const struct lh_city *city, struct lh_buf *out, uint64_t *frames);
/** Append the whole city as an archive; `out_frames` (may be NULL) is the number of frames. */
void lh_city_archive(const struct lh_city *city, struct lh_buf *out, uint64_t *out_frames);

#endif
