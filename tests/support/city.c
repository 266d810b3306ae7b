#include "tests/support/city.h"

#include "crypto/base/assert.h"
#include "ledger/genesis.h"
#include "tests/support/bodies.h"
#include "tests/support/seeded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OFFICERS = 2, BLOCK_DEFAULT = 16 };

#define NETWORK "jinhua"
#define DEPARTMENT "gaj"

struct block {
    size_t first; /* leaf */
    size_t entry_count;
    size_t checkpoint_start;
    size_t checkpoint_end;
};

struct lh_city {
    struct lh_city_options options;
    struct lh_seeded seeded;
    struct lh_suite *suite;
    struct lh_signer *officers[OFFICERS];
    struct lh_signer *recorder;
    struct lh_signer *seal;
    struct lh_signer *stranger;
    struct lh_signer *staff[LH_CITY_STAFF_MAX];
    struct lh_signer *sessions[LH_CITY_STAFF_MAX]; /* NULL: none yet */
    uint8_t session_ids[LH_CITY_STAFF_MAX][16];
    struct lh_genesis *genesis;
    uint32_t generation;
    struct lh_chain chain;
    uint64_t time_ms;
    struct lh_buf bytes; /* of the leaves */
    size_t *ends;
    size_t leaf_count;
    size_t leaf_capacity;
    struct lh_bytes *leaves; /* views into bytes, set when the city is done */
    struct lh_buf checkpoints;
    struct block *blocks;
    size_t block_count;
    size_t block_capacity;
};

static void must(enum lh_code rc, const struct lh_err *err)
{
    if (rc != LH_OK) {
        fprintf(stderr, "city: %s\n", err->text);
    }
    lh_assert(rc == LH_OK);
}

static void *grown(void *items, size_t *capacity, size_t size)
{
    *capacity = *capacity == 0 ? 64 : 2 * *capacity;
    void *more = realloc(items, *capacity * size);
    lh_assert(more != NULL);
    return more;
}

/* ---- keys -------------------------------------------------------------------------------------
 */

static enum lh_alg staff_alg(const struct lh_city *city)
{
    if (city->options.staff_alg != 0) {
        return city->options.staff_alg;
    }
    return city->options.suite == LH_SUITE_W ? LH_ALG_P256 : LH_ALG_SM2;
}

static enum lh_alg seal_alg(const struct lh_city *city)
{
    return city->options.suite == LH_SUITE_W ? LH_ALG_ED25519 : LH_ALG_SM2;
}

static struct lh_signer *make_signer(struct lh_city *city, enum lh_alg alg)
{
    struct lh_err err = LH_ERR_NONE;
    struct lh_signer *signer = NULL;
    uint8_t seed[32];

    lh_seeded_fill(&city->seeded, seed, sizeof seed);
    seed[0] &= 0x7f; /* a scalar below n */
    must(lh_signer_from_seed(&signer, alg, lh_bytes_of(seed, sizeof seed), &err), &err);
    return signer;
}

static void make_keys(struct lh_city *city)
{
    for (size_t i = 0; i < OFFICERS; i++) {
        city->officers[i] = make_signer(city, staff_alg(city));
    }
    city->recorder = make_signer(city, seal_alg(city));
    city->seal = make_signer(city, seal_alg(city));
    city->stranger = make_signer(city, staff_alg(city));
    for (size_t i = 0; i < city->options.staff_count; i++) {
        city->staff[i] = make_signer(city, staff_alg(city));
    }
}

static void make_genesis(struct lh_city *city)
{
    struct lh_enrolment enrolment = { .department = DEPARTMENT,
                                      .name = "市公安局",
                                      .group = "government",
                                      .officer_count = OFFICERS };
    struct lh_pubkey *const fresh[] = { &enrolment.witness, &enrolment.mirror,
                                        &enrolment.governance };
    struct lh_err err = LH_ERR_NONE;
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_buf genesis = LH_BUF_EMPTY;

    for (size_t i = 0; i < OFFICERS; i++) {
        (void)snprintf(enrolment.officers[i].label, sizeof enrolment.officers[i].label,
                       "officer %zu", i + 1);
        enrolment.officers[i].key = *lh_signer_pubkey(city->officers[i]);
    }
    enrolment.recorder = *lh_signer_pubkey(city->recorder);
    for (size_t i = 0; i < sizeof fresh / sizeof fresh[0]; i++) {
        struct lh_signer *signer = make_signer(city, seal_alg(city));
        *fresh[i] = *lh_signer_pubkey(signer);
        lh_signer_free(signer);
    }
    must(lh_enrolment_encode(&bytes, &enrolment, city->options.suite, &err), &err);
    struct lh_bytes member = lh_buf_bytes(&bytes);
    must(lh_genesis_encode(&genesis, NETWORK, city->options.suite, (int64_t)LH_FIXTURE_TIME_MS,
                           &member, 1, &err),
         &err);
    must(lh_genesis_new(&city->genesis, lh_buf_bytes(&genesis), &err), &err);
    lh_buf_clear(&genesis);
    lh_buf_clear(&bytes);
}

/* ---- entries ----------------------------------------------------------------------------------
 */

static size_t signers_of(struct lh_city *city, const struct lh_city_signer *who,
                         struct lh_signer *out[LH_SIGNATURES_MAX])
{
    switch (who->role) {
    case LH_CITY_OFFICERS:
        out[0] = city->officers[0];
        out[1] = city->officers[1];
        return OFFICERS;
    case LH_CITY_RECORDER:
        out[0] = city->recorder;
        return 1;
    case LH_CITY_STAFF:
        out[0] = city->staff[who->number];
        return 1;
    case LH_CITY_SESSION:
        lh_assert(city->sessions[who->number] != NULL);
        out[0] = city->sessions[who->number];
        return 1;
    case LH_CITY_STRANGER:
        break;
    }
    out[0] = city->stranger;
    return 1;
}

static int compare_signatures(const void *a, const void *b)
{
    return memcmp(((const lhpb_Signature *)a)->key_id, ((const lhpb_Signature *)b)->key_id,
                  LH_KEY_ID_SIZE);
}

void lh_city_sign_with(struct lh_city *city, lhpb_Entry *entry, struct lh_signer *const *signers,
                       size_t count)
{
    struct lh_err err = LH_ERR_NONE;
    uint8_t message[LH_ENTRY_MESSAGE_SIZE];

    struct lh_hash hash =
        lh_body_hash(city->suite, lh_bytes_of(entry->body.bytes, entry->body.size));
    lh_entry_message(message, lh_genesis_network_id(city->genesis), &hash);
    entry->signatures_count = (pb_size_t)count;
    for (size_t i = 0; i < count; i++) {
        struct lh_key_id id = lh_key_id_of(city->suite, lh_signer_pubkey(signers[i]));
        struct lh_sig sig;
        must(lh_sign(signers[i], &sig, lh_bytes_of(message, sizeof message), &err), &err);
        memcpy(entry->signatures[i].key_id, id.bytes, sizeof id.bytes);
        memcpy(entry->signatures[i].value, sig.bytes, sizeof sig.bytes);
    }
    qsort(entry->signatures, count, sizeof entry->signatures[0], compare_signatures);
}

void lh_city_sign(struct lh_city *city, lhpb_Entry *entry, const struct lh_city_signer *signer)
{
    struct lh_signer *signers[LH_SIGNATURES_MAX];
    size_t count = signers_of(city, signer, signers);

    lh_city_sign_with(city, entry, signers, count);
}

static void close_leaf(struct lh_city *city)
{
    if (city->leaf_count == city->leaf_capacity) {
        city->ends = grown(city->ends, &city->leaf_capacity, sizeof city->ends[0]);
    }
    city->ends[city->leaf_count++] = city->bytes.len;
}

static void add_entry(struct lh_city *city, lhpb_Body *body, struct lh_city_signer signer)
{
    const struct lh_city_options *options = &city->options;
    struct lh_err err = LH_ERR_NONE;
    struct lh_buf bytes = LH_BUF_EMPTY;
    static const lhpb_Leaf empty;
    lhpb_Leaf leaf = empty;
    lhpb_Entry *entry = &leaf.kind.entry;
    uint64_t index = city->leaf_count;

    city->time_ms += 1 + lh_seeded_below(&city->seeded, 2000);
    (void)snprintf(body->id, sizeof body->id, "e-%llu", (unsigned long long)index);
    body->event_time_ms = city->time_ms - lh_seeded_below(&city->seeded, 1000);
    if (options->on_body != NULL) {
        options->on_body(options->arg, index, body, &signer);
    }
    must(lh_body_encode(&bytes, body, &err), &err);
    leaf.which_kind = lhpb_Leaf_entry_tag;
    entry->body.size = (pb_size_t)bytes.len;
    memcpy(entry->body.bytes, bytes.data, bytes.len);
    entry->has_intake = true;
    entry->intake.recorded_at_ms = city->time_ms;
    lh_city_sign(city, entry, &signer);
    if (options->on_entry != NULL) {
        options->on_entry(options->arg, city, index, entry);
    }
    must(lh_leaf_encode(&city->bytes, &leaf, &err), &err);
    close_leaf(city);
    lh_buf_clear(&bytes);
}

/* Name the head of the generation before. */
static void continue_ledger(lhpb_Generation *generation, const struct lh_city *before)
{
    struct lh_hash root = lh_tree_root(&before->chain.tree, before->suite);

    generation->number = before->generation + 1;
    generation->reason = 4;
    (void)snprintf(generation->prev_origin, sizeof generation->prev_origin, "%s",
                   before->chain.origin);
    generation->prev_size = before->chain.tree.size;
    generation->has_prev_root = true;
    memcpy(generation->prev_root, root.bytes, LH_HASH_SIZE);
    generation->has_prev_header = true;
    memcpy(generation->prev_header, before->chain.prev.bytes, LH_HASH_SIZE);
}

static void add_generation(struct lh_city *city)
{
    lhpb_Body body;

    lh_fixture_body(&body, lhpb_EntryType_GENERATION);
    lhpb_Generation *generation = &body.detail.generation;
    lh_pubkey_to_wire(&generation->seal_key, lh_signer_pubkey(city->seal));
    if (city->options.before != NULL) {
        continue_ledger(generation, city->options.before);
    }
    add_entry(city, &body, (struct lh_city_signer){ .role = LH_CITY_OFFICERS });
}

static void put_pseudonym(uint8_t out[8], size_t number)
{
    lh_put_u64(out, 0x7365656400000000U + number + 1);
}

static void add_staff(struct lh_city *city, size_t number)
{
    lhpb_Body body;
    lhpb_Staff *staff = &body.detail.staff_enrol;

    lh_fixture_body(&body, lhpb_EntryType_STAFF);
    put_pseudonym(staff->pseudonym, number);
    lh_pubkey_to_wire(&staff->key, lh_signer_pubkey(city->staff[number]));
    add_entry(city, &body, (struct lh_city_signer){ .role = LH_CITY_OFFICERS });
}

static void add_session(struct lh_city *city, size_t number)
{
    struct lh_signer *fresh = make_signer(city, staff_alg(city));
    lhpb_Body body;
    lhpb_Session *session = &body.detail.session_open;

    lh_fixture_body(&body, lhpb_EntryType_SESSION);
    put_pseudonym(body.staff, number);
    lh_seeded_fill(&city->seeded, session->session_id, sizeof session->session_id);
    lh_pubkey_to_wire(&session->key, lh_signer_pubkey(fresh));
    session->expires_ms = city->time_ms + 3600 * 1000;
    add_entry(city, &body, (struct lh_city_signer){ .role = LH_CITY_STAFF, .number = number });
    lh_signer_free(city->sessions[number]);
    city->sessions[number] = fresh;
    memcpy(city->session_ids[number], session->session_id, sizeof city->session_ids[number]);
}

/* One everyday entry: mostly QUERY and USE of staff, some by session, some SERVE of the recorder.
 */
static void add_everyday(struct lh_city *city)
{
    size_t number = lh_seeded_below(&city->seeded, city->options.staff_count);
    uint64_t dice = lh_seeded_below(&city->seeded, 10);
    struct lh_city_signer signer = { .role = LH_CITY_STAFF, .number = number };
    lhpb_Body body;

    if (dice == 0) {
        lh_fixture_body(&body, lhpb_EntryType_SERVE);
        signer.role = LH_CITY_RECORDER;
    } else {
        lh_fixture_body(&body, dice < 6 ? lhpb_EntryType_QUERY : lhpb_EntryType_USE);
        put_pseudonym(body.staff, number);
        if (city->sessions[number] != NULL && dice % 2 == 0) {
            signer.role = LH_CITY_SESSION;
            body.has_session = true;
            memcpy(body.session, city->session_ids[number], sizeof body.session);
        }
    }
    lh_seeded_fill(&city->seeded, body.exchange_id, sizeof body.exchange_id);
    if (body.type == lhpb_EntryType_SERVE) {
        memcpy(body.detail.serve.token.exchange_id, body.exchange_id, sizeof body.exchange_id);
    }
    add_entry(city, &body, signer);
}

/* ---- blocks -----------------------------------------------------------------------------------
 */

static struct lh_bytes leaf_view(const struct lh_city *city, size_t index)
{
    size_t start = index == 0 ? 0 : city->ends[index - 1];

    return lh_bytes_of(city->bytes.data + start, city->ends[index] - start);
}

static void seal_block(struct lh_city *city)
{
    struct lh_err err = LH_ERR_NONE;
    size_t first = (size_t)city->chain.tree.size;
    size_t count = city->leaf_count - first;
    struct lh_bytes *entries = calloc(count, sizeof *entries);
    struct lh_checkpoint checkpoint;
    struct lh_chain next;
    struct lh_buf header = LH_BUF_EMPTY;
    const struct lh_hash *epoch = NULL;

    lh_assert(entries != NULL);
    if (city->options.epoch_of != NULL) {
        epoch = city->options.epoch_of(city->options.arg, city->leaf_count);
    }
    for (size_t i = 0; i < count; i++) {
        entries[i] = leaf_view(city, first + i);
    }
    must(lh_chain_build(&city->chain, city->suite, &header, &next, epoch, entries, count,
                        (int64_t)city->time_ms + 1, NULL, 0, &err),
         &err);
    lh_buf_add(&city->bytes, lh_buf_bytes(&header));
    close_leaf(city);
    city->chain = next;
    city->time_ms += 2;
    if (city->block_count == city->block_capacity) {
        city->blocks = grown(city->blocks, &city->block_capacity, sizeof city->blocks[0]);
    }
    struct block *block = &city->blocks[city->block_count++];
    *block = (struct block){ .first = first,
                             .entry_count = count,
                             .checkpoint_start = city->checkpoints.len };
    lh_chain_checkpoint(&city->chain, city->suite, &checkpoint);
    must(lh_checkpoint_sign(&city->checkpoints, &checkpoint, &city->chain.seal, city->seal, &err),
         &err);
    block->checkpoint_end = city->checkpoints.len;
    lh_buf_clear(&header);
    free(entries);
}

static void write_ledger(struct lh_city *city)
{
    const struct lh_city_options *options = &city->options;
    size_t block_max = options->block_max == 0 ? BLOCK_DEFAULT : options->block_max;

    add_generation(city);
    seal_block(city);
    for (size_t i = 0; options->before == NULL && i < options->staff_count; i++) {
        add_staff(city, i); /* a later generation goes on with those of the one before */
    }
    if (options->before == NULL) {
        seal_block(city);
    }
    size_t until_seal = 1 + lh_seeded_below(&city->seeded, block_max);
    for (size_t i = 0; i < options->entry_count; i++) {
        if (options->session_every != 0 && i % options->session_every == 0) {
            add_session(city, (i / options->session_every) % options->staff_count);
        } else {
            add_everyday(city);
        }
        if (--until_seal == 0 || i + 1 == options->entry_count) {
            seal_block(city);
            until_seal = 1 + lh_seeded_below(&city->seeded, block_max);
        }
    }
}

static void set_leaves(struct lh_city *city)
{
    city->leaves = calloc(city->leaf_count, sizeof city->leaves[0]);
    lh_assert(city->leaves != NULL);
    for (size_t i = 0; i < city->leaf_count; i++) {
        city->leaves[i] = leaf_view(city, i);
    }
}

struct lh_city *lh_city_new(const struct lh_city_options *options)
{
    struct lh_err err = LH_ERR_NONE;
    struct lh_city *city = calloc(1, sizeof *city);
    struct lh_origin origin = { .network = NETWORK, .department = DEPARTMENT };
    char origin_text[LH_ORIGIN_MAX + 1];

    lh_assert(city != NULL);
    lh_assert(options->staff_count >= 1);
    lh_assert(options->staff_count <= LH_CITY_STAFF_MAX);
    city->options = *options;
    city->seeded.state = options->seed;
    city->time_ms = LH_FIXTURE_TIME_MS;
    must(lh_suite_new(&city->suite, options->suite, &err), &err);
    make_keys(city);
    make_genesis(city);
    city->generation = options->before == NULL ? 1 : options->before->generation + 1;
    origin.generation = city->generation;
    lh_origin_format(origin_text, &origin);
    must(lh_chain_init(&city->chain, lh_genesis_network_id(city->genesis), origin_text,
                       lh_signer_pubkey(city->seal),
                       options->before == NULL ? lh_genesis_network_id(city->genesis)
                                               : &options->before->chain.prev,
                       &err),
         &err);
    write_ledger(city);
    set_leaves(city);
    return city;
}

void lh_city_free(struct lh_city *city)
{
    if (city == NULL) {
        return;
    }
    for (size_t i = 0; i < OFFICERS; i++) {
        lh_signer_free(city->officers[i]);
    }
    for (size_t i = 0; i < LH_CITY_STAFF_MAX; i++) {
        lh_signer_free(city->staff[i]);
        lh_signer_free(city->sessions[i]);
    }
    lh_signer_free(city->recorder);
    lh_signer_free(city->seal);
    lh_signer_free(city->stranger);
    lh_genesis_free(city->genesis);
    lh_suite_free(city->suite);
    lh_buf_clear(&city->bytes);
    lh_buf_clear(&city->checkpoints);
    free(city->ends);
    free(city->leaves);
    free(city->blocks);
    free(city);
}

/* ---- what it is made of -----------------------------------------------------------------------
 */

struct lh_suite *lh_city_suite(struct lh_city *city)
{
    return city->suite;
}

const struct lh_genesis *lh_city_genesis(const struct lh_city *city)
{
    return city->genesis;
}

const char *lh_city_origin(const struct lh_city *city)
{
    return city->chain.origin;
}

const struct lh_note_key *lh_city_seal(const struct lh_city *city)
{
    return &city->chain.seal;
}

struct lh_signer *lh_city_seal_signer(struct lh_city *city)
{
    return city->seal;
}

const struct lh_chain *lh_city_chain(const struct lh_city *city)
{
    return &city->chain;
}

size_t lh_city_block_count(const struct lh_city *city)
{
    return city->block_count;
}

struct lh_block lh_city_block(const struct lh_city *city, size_t index)
{
    lh_assert(index < city->block_count);
    const struct block *block = &city->blocks[index];

    return (struct lh_block){
        .leaves = city->leaves + block->first,
        .entry_count = block->entry_count,
        .checkpoint = lh_bytes_of(city->checkpoints.data + block->checkpoint_start,
                                  block->checkpoint_end - block->checkpoint_start),
    };
}

size_t lh_city_leaf_count(const struct lh_city *city)
{
    return city->leaf_count;
}

struct lh_bytes lh_city_leaf(const struct lh_city *city, size_t index)
{
    lh_assert(index < city->leaf_count);
    return city->leaves[index];
}

void lh_city_add_ledger(const struct lh_city *city, struct lh_buf *out, uint64_t *frames)
{
    lh_archive_add(out, LH_ARCHIVE_LEDGER, lh_bytes_of_text(city->chain.origin));
    *frames += 1;
    for (size_t i = 0; i < city->block_count; i++) {
        struct lh_block block = lh_city_block(city, i);
        for (size_t j = 0; j <= block.entry_count; j++) {
            lh_archive_add(out, LH_ARCHIVE_LEAF, block.leaves[j]);
        }
        lh_archive_add(out, LH_ARCHIVE_CHECKPOINT, block.checkpoint);
        *frames += block.entry_count + 2;
    }
}

void lh_city_archive(const struct lh_city *city, struct lh_buf *out, uint64_t *out_frames)
{
    uint64_t frames = 1;

    lh_archive_begin(out);
    lh_archive_add(out, LH_ARCHIVE_GENESIS, lh_genesis_bytes(city->genesis));
    lh_city_add_ledger(city, out, &frames);
    lh_archive_end(out, frames);
    if (out_frames != NULL) {
        *out_frames = frames;
    }
}
