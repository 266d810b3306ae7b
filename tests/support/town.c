#include "tests/support/town.h"

#include "crypto/base/assert.h"
#include "ledger/act.h"
#include "ledger/genesis.h"
#include "tests/support/bodies.h"
#include "tests/support/founders.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASON_RESTORE = 2 };

enum {
    OFFICERS = 2,
    BRANCHES = 2,
    SEAL_KEY = 6,
    WITNESS_KEY = 3,
    MIRROR_KEY = 4,
    KEYS = 8,
    ENTRY_LEN = 64
};

static const char *const DEPARTMENTS[LH_TOWN_MAX] = { "gaj", "mzj", "rsj", "ybj", "zrj", "sjj" };

/* A block with what it borrows. */
struct made {
    struct lh_town_block seen;
    struct lh_bytes *leaves;
    struct lh_buf bytes;
    struct lh_buf checkpoint;
};

struct department {
    char origin[LH_ORIGIN_MAX + 1];
    struct lh_signer *seal;
    struct lh_signer *witness;
    struct lh_signer *mirror;
    struct lh_chain branches[BRANCHES];
    unsigned generation;
    bool has_epoch;
    struct lh_hash epoch; /* that headers name */
    unsigned reason;      /* of it, if it is not the first */
    struct lh_hash promises;
    struct lh_chain before; /* the head of the generation before this one */
};

struct lh_town {
    struct lh_suite *suite;
    struct lh_genesis *genesis;
    struct department departments[LH_TOWN_MAX];
    size_t founder_count;
    size_t count;
    struct made **made;
    size_t made_count;
};

static void must(enum lh_code rc)
{
    lh_assert(rc == LH_OK);
}

static uint8_t first_key(size_t who)
{
    return (uint8_t)(10 + KEYS * who);
}

static void make_genesis(struct lh_town *town, enum lh_suite_id suite)
{
    struct lh_buf files[LH_TOWN_MAX];
    struct lh_bytes views[LH_TOWN_MAX];
    struct lh_buf bytes = LH_BUF_EMPTY;

    for (size_t i = 0; i < town->founder_count; i++) {
        struct lh_enrolment enrolment;

        files[i] = (struct lh_buf)LH_BUF_EMPTY;
        lh_founder_enrolment(&enrolment, suite, DEPARTMENTS[i], first_key(i));
        must(lh_enrolment_encode(&files[i], &enrolment, suite, NULL));
        views[i] = lh_buf_bytes(&files[i]);
    }
    must(lh_genesis_encode(&bytes, "jinhua", suite, (int64_t)LH_FIXTURE_TIME_MS, views,
                           town->founder_count, NULL));
    must(lh_genesis_new(&town->genesis, lh_buf_bytes(&bytes), NULL));
    for (size_t i = 0; i < town->founder_count; i++) {
        lh_buf_clear(&files[i]);
    }
    lh_buf_clear(&bytes);
}

struct lh_town *lh_town_new(enum lh_suite_id suite, size_t count)
{
    return lh_town_new_of(suite, count, count);
}

void lh_town_enrolment(const struct lh_town *town, size_t who, struct lh_enrolment *out)
{
    lh_founder_enrolment(out, lh_suite_id(town->suite), DEPARTMENTS[who], first_key(who));
}

struct lh_town *lh_town_new_of(enum lh_suite_id suite, size_t founder_count, size_t count)
{
    struct lh_town *town = calloc(1, sizeof *town);

    lh_assert(town != NULL);
    lh_assert(count <= LH_TOWN_MAX);
    lh_assert(founder_count <= count);
    town->founder_count = founder_count;
    town->count = count;
    must(lh_suite_new(&town->suite, suite, NULL));
    make_genesis(town, suite);
    for (size_t i = 0; i < count; i++) {
        struct department *department = &town->departments[i];
        const struct lh_hash *id = lh_genesis_network_id(town->genesis);

        department->generation = 1;
        (void)snprintf(department->origin, sizeof department->origin, "jinhua/%s/1",
                       DEPARTMENTS[i]);
        department->seal =
            lh_founder_signer(lh_founder_alg(suite), (uint8_t)(first_key(i) + SEAL_KEY));
        department->witness =
            lh_founder_signer(lh_founder_alg(suite), (uint8_t)(first_key(i) + WITNESS_KEY));
        department->mirror =
            lh_founder_signer(lh_founder_alg(suite), (uint8_t)(first_key(i) + MIRROR_KEY));
        must(lh_chain_init(&department->branches[0], id, department->origin,
                           lh_signer_pubkey(department->seal), id, NULL));
    }
    return town;
}

void lh_town_free(struct lh_town *town)
{
    for (size_t i = 0; i < town->made_count; i++) {
        lh_buf_clear(&town->made[i]->bytes);
        lh_buf_clear(&town->made[i]->checkpoint);
        free(town->made[i]->leaves);
        free(town->made[i]);
    }
    free(town->made);
    for (size_t i = 0; i < town->count; i++) {
        lh_signer_free(town->departments[i].seal);
        lh_signer_free(town->departments[i].witness);
        lh_signer_free(town->departments[i].mirror);
    }
    lh_genesis_free(town->genesis);
    lh_suite_free(town->suite);
    free(town);
}

struct lh_suite *lh_town_suite(const struct lh_town *town)
{
    return town->suite;
}

const struct lh_genesis *lh_town_genesis(const struct lh_town *town)
{
    return town->genesis;
}

const char *lh_town_department(size_t who)
{
    return DEPARTMENTS[who];
}

const char *lh_town_origin(const struct lh_town *town, size_t who)
{
    return town->departments[who].origin;
}

struct lh_signer *lh_town_witness(const struct lh_town *town, size_t who)
{
    return town->departments[who].witness;
}

struct lh_signer *lh_town_mirror(const struct lh_town *town, size_t who)
{
    return town->departments[who].mirror;
}

void lh_town_begin(struct lh_town *town, size_t who, unsigned branch, unsigned reason)
{
    struct department *department = &town->departments[who];

    department->before = department->branches[branch];
    department->reason = reason;
    memset(department->promises.bytes, 7, sizeof department->promises.bytes);
    department->generation++;
    (void)snprintf(department->origin, sizeof department->origin, "jinhua/%s/%u", DEPARTMENTS[who],
                   department->generation);
    must(lh_chain_init(&department->branches[0], lh_genesis_network_id(town->genesis),
                       department->origin, lh_signer_pubkey(department->seal),
                       &department->before.prev, NULL));
}

void lh_town_name_promises(struct lh_town *town, size_t who, const struct lh_hash *digest)
{
    town->departments[who].promises = *digest;
}

void lh_town_begin_next(struct lh_town *town, size_t who)
{
    lh_town_begin(town, who, 0, REASON_RESTORE);
}

void lh_town_enter(struct lh_town *town, size_t who, const struct lh_hash *epoch)
{
    town->departments[who].has_epoch = true;
    town->departments[who].epoch = *epoch;
}

void lh_town_split(struct lh_town *town, size_t who)
{
    town->departments[who].branches[1] = town->departments[who].branches[0];
}

/* ---- leaves ---- */

static int compare_signatures(const void *a, const void *b)
{
    return memcmp(((const lhpb_Signature *)a)->key_id, ((const lhpb_Signature *)b)->key_id,
                  LH_KEY_ID_SIZE);
}

static void sign_by_officers(const struct lh_town *town, size_t who, uint8_t count,
                             lhpb_Entry *entry)
{
    struct lh_hash hash =
        lh_body_hash(town->suite, lh_bytes_of(entry->body.bytes, entry->body.size));
    uint8_t message[LH_ENTRY_MESSAGE_SIZE];

    lh_entry_message(message, lh_genesis_network_id(town->genesis), &hash);
    entry->signatures_count = count;
    for (uint8_t i = 0; i < count; i++) {
        struct lh_signer *officer = lh_founder_signer(lh_founder_alg(lh_suite_id(town->suite)),
                                                      (uint8_t)(first_key(who) + i));
        struct lh_key_id id = lh_key_id_of(town->suite, lh_signer_pubkey(officer));
        struct lh_sig sig;

        must(lh_sign(officer, &sig, lh_bytes_of(message, sizeof message), NULL));
        memcpy(entry->signatures[i].key_id, id.bytes, sizeof id.bytes);
        memcpy(entry->signatures[i].value, sig.bytes, sizeof sig.bytes);
        lh_signer_free(officer);
    }
    qsort(entry->signatures, count, sizeof entry->signatures[0], compare_signatures);
}

void lh_town_prepare(const struct lh_town *town, size_t who, uint32_t generation, uint8_t seal,
                     struct lh_buf *out)
{
    enum lh_alg alg = lh_founder_alg(lh_suite_id(town->suite));
    struct lh_signer *sealing = lh_founder_signer(alg, (uint8_t)(200 + seal));
    struct lh_act act = LH_ACT_EMPTY;
    lhpb_Body body;

    lh_fixture_body(&body, lhpb_EntryType_GENERATION);
    (void)snprintf(body.department, sizeof body.department, "%s", DEPARTMENTS[who]);
    body.detail.generation.number = generation;
    body.detail.generation.reason = REASON_RESTORE;
    (void)snprintf(body.detail.generation.prev_origin, sizeof body.detail.generation.prev_origin,
                   "jinhua/%s/%u", DEPARTMENTS[who], (unsigned)generation - 1);
    lh_pubkey_to_wire(&body.detail.generation.seal_key, lh_signer_pubkey(sealing));
    act.suite = lh_suite_id(town->suite);
    act.network_id = *lh_genesis_network_id(town->genesis);
    must(lh_body_encode(&act.body, &body, NULL));
    for (uint8_t i = 0; i < OFFICERS; i++) {
        struct lh_signer *officer = lh_founder_signer(alg, (uint8_t)(first_key(who) + i));

        must(lh_act_sign(&act, town->suite, officer, NULL));
        lh_signer_free(officer);
    }
    must(lh_act_encode(out, &act, NULL));
    lh_act_clear(&act);
    lh_signer_free(sealing);
}

static void name_before(lhpb_Generation *generation, const struct lh_town *town,
                        const struct department *department)
{
    struct lh_hash root = lh_tree_root(&department->before.tree, town->suite);

    generation->number = department->generation;
    generation->reason = department->reason;
    generation->has_promises_digest = department->reason == REASON_RESTORE;
    memcpy(generation->promises_digest, department->promises.bytes,
           sizeof generation->promises_digest);
    (void)snprintf(generation->prev_origin, sizeof generation->prev_origin, "%s",
                   department->before.origin);
    generation->prev_size = department->before.tree.size;
    generation->has_prev_root = true;
    memcpy(generation->prev_root, root.bytes, sizeof generation->prev_root);
    generation->has_prev_header = true;
    memcpy(generation->prev_header, department->before.prev.bytes, sizeof generation->prev_header);
}

static void fill_generation(const struct lh_town *town, size_t who, lhpb_Entry *entry)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    lhpb_Body body;

    lh_fixture_body(&body, lhpb_EntryType_GENERATION);
    (void)snprintf(body.department, sizeof body.department, "%s", DEPARTMENTS[who]);
    lh_pubkey_to_wire(&body.detail.generation.seal_key,
                      lh_signer_pubkey(town->departments[who].seal));
    if (town->departments[who].generation > 1) {
        name_before(&body.detail.generation, town, &town->departments[who]);
    }
    must(lh_body_encode(&bytes, &body, NULL));
    entry->body.size = (pb_size_t)bytes.len;
    memcpy(entry->body.bytes, bytes.data, bytes.len);
    sign_by_officers(town, who, OFFICERS, entry);
    lh_buf_clear(&bytes);
}

static void fill_vote(const struct lh_town *town, size_t who, const struct lh_town_vote *vote,
                      unsigned officer_count, lhpb_Entry *entry)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    lhpb_Body body;

    lh_fixture_body(&body, lhpb_EntryType_APPROVAL);
    (void)snprintf(body.department, sizeof body.department, "%s", DEPARTMENTS[who]);
    memcpy(body.detail.approval.proposal, vote->claim.proposal.bytes, LH_HASH_SIZE);
    memcpy(body.detail.approval.parent, vote->claim.parent.bytes, LH_HASH_SIZE);
    body.detail.approval.round = vote->claim.round;
    must(lh_body_encode(&bytes, &body, NULL));
    entry->body.size = (pb_size_t)bytes.len;
    memcpy(entry->body.bytes, bytes.data, bytes.len);
    sign_by_officers(town, who, (uint8_t)officer_count, entry);
    lh_buf_clear(&bytes);
}

/* A replica does not read bodies: this one is unlike every other, and nobody signed it. */
static void fill_entry(const struct lh_town *town, lhpb_Entry *entry, size_t number, size_t len)
{
    entry->body.size = (pb_size_t)len;
    memset(entry->body.bytes, 0x7f, len);
    lh_put_u64(entry->body.bytes, (uint64_t)town->made_count << 32 | number);
    entry->signatures_count = 1;
    memset(entry->signatures[0].key_id, 1, sizeof entry->signatures[0].key_id);
    memset(entry->signatures[0].value, 2, sizeof entry->signatures[0].value);
}

/* What the entries of a block are; behind a GENERATION they may be votes. */
struct entries {
    size_t count;
    size_t len;
    const struct lh_town_vote *vote; /* NULL: none */
};

static void add_entry(const struct lh_town *town, size_t who, struct lh_buf *out, size_t number,
                      const struct entries *entries, bool is_first)
{
    static lhpb_Leaf leaf;

    memset(&leaf, 0, sizeof leaf);
    leaf.which_kind = lhpb_Leaf_entry_tag;
    leaf.kind.entry.has_intake = true;
    leaf.kind.entry.intake.recorded_at_ms = LH_FIXTURE_TIME_MS;
    if (is_first) {
        fill_generation(town, who, &leaf.kind.entry);
    } else if (entries->vote != NULL) {
        fill_vote(town, who, entries->vote,
                  number + 1 == entries->count ? entries->vote->officer_count : 1,
                  &leaf.kind.entry);
    } else {
        fill_entry(town, &leaf.kind.entry, number, entries->len);
    }
    must(lh_leaf_encode(out, &leaf, NULL));
}

/* ---- blocks ---- */

void lh_town_sign(const struct lh_town *town, size_t who, const struct lh_checkpoint *head,
                  struct lh_buf *out)
{
    const struct department *department = &town->departments[who];

    must(lh_checkpoint_sign(out, head, &department->branches[0].seal, department->seal, NULL));
}

static struct made *add_made(struct lh_town *town)
{
    struct made **all = realloc(town->made, (town->made_count + 1) * sizeof(struct made *));
    struct made *made = calloc(1, sizeof *made);

    lh_assert(all != NULL);
    lh_assert(made != NULL);
    town->made = all;
    town->made[town->made_count++] = made;
    return made;
}

static const struct lh_town_block *seal(struct lh_town *town, size_t who, unsigned branch,
                                        const struct entries *entries)
{
    size_t entry_count = entries->count;
    const struct department *department = &town->departments[who];
    struct lh_chain *chain = &town->departments[who].branches[branch];
    struct made *made = add_made(town);
    size_t *ends = calloc(entry_count + 1, sizeof ends[0]);
    struct lh_buf header = LH_BUF_EMPTY;
    struct lh_checkpoint head;

    made->leaves = calloc(entry_count + 1, sizeof made->leaves[0]);
    lh_assert(made->leaves != NULL);
    lh_assert(ends != NULL);
    for (size_t i = 0; i < entry_count; i++) {
        add_entry(town, who, &made->bytes, i, entries, chain->tree.size == 0 && i == 0);
        ends[i] = made->bytes.len;
    }
    for (size_t i = 0, start = 0; i < entry_count; start = ends[i++]) {
        made->leaves[i] = lh_bytes_of(made->bytes.data + start, ends[i] - start);
    }
    must(lh_chain_build(chain, town->suite, &header, &made->seen.next,
                        department->has_epoch ? &department->epoch : NULL, made->leaves,
                        entry_count, (int64_t)(LH_FIXTURE_TIME_MS + town->made_count), NULL, 0,
                        NULL));
    lh_buf_add(&made->bytes, lh_buf_bytes(&header)); /* may move what the views look at */
    ends[entry_count] = made->bytes.len;
    for (size_t i = 0, start = 0; i <= entry_count; start = ends[i++]) {
        made->leaves[i] = lh_bytes_of(made->bytes.data + start, ends[i] - start);
    }
    lh_chain_checkpoint(&made->seen.next, town->suite, &head);
    lh_town_sign(town, who, &head, &made->checkpoint);
    made->seen.block = (struct lh_block){ .leaves = made->leaves,
                                          .entry_count = entry_count,
                                          .checkpoint = lh_buf_bytes(&made->checkpoint) };
    *chain = made->seen.next;
    lh_buf_clear(&header);
    free(ends);
    return &made->seen;
}

const struct lh_town_block *lh_town_seal_sized(struct lh_town *town, size_t who, unsigned branch,
                                               size_t entry_count, size_t entry_len)
{
    return seal(town, who, branch, &(struct entries){ .count = entry_count, .len = entry_len });
}

const struct lh_town_block *lh_town_seal_vote(struct lh_town *town, size_t who, unsigned branch,
                                              const struct lh_town_vote *vote)
{
    bool is_first = town->departments[who].branches[branch].tree.size == 0;

    return seal(town, who, branch,
                &(struct entries){ .count = vote->copy_count + (is_first ? 2 : 1),
                                   .len = ENTRY_LEN,
                                   .vote = vote });
}

const struct lh_town_block *lh_town_seal(struct lh_town *town, size_t who, unsigned branch,
                                         size_t entry_count)
{
    return lh_town_seal_sized(town, who, branch, entry_count, ENTRY_LEN);
}
