#include "tests/support/office.h"

#include "crypto/base/assert.h"
#include "ledger/private.h"
#include "tests/support/seeded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the private part of an entry stands. */
struct part {
    size_t start;
    size_t end;
};

struct lh_office {
    struct lh_city_options asked; /* whose hooks come before ours */
    struct lh_suite *suite;
    struct lh_seeded seeded;
    lhpb_SubjectPost post; /* of the entry that is being made; no subjects: it has none */
    struct part *parts;    /* by leaf of the city */
    size_t part_count;
    struct lh_buf part_bytes;
    struct lh_city *city;
    size_t count;
    size_t *leaves;  /* which leaf of the city each entry is */
    uint8_t *levels; /* as the roster judges them in order */
};

static void must(enum lh_code rc, const struct lh_err *err)
{
    if (rc != LH_OK) {
        fprintf(stderr, "office: %s\n", err->text);
    }
    lh_assert(rc == LH_OK);
}

static void *must_have(void *storage)
{
    lh_assert(storage != NULL);
    return storage;
}

static void decode(struct lh_bytes bytes, lhpb_Leaf *leaf, lhpb_Body *body)
{
    struct lh_err err = LH_ERR_NONE;

    must(lh_leaf_decode(leaf, bytes, &err), &err);
    if (leaf->which_kind == lhpb_Leaf_entry_tag) {
        const lhpb_Entry *entry = &leaf->kind.entry;
        must(lh_body_decode(body, lh_bytes_of(entry->body.bytes, entry->body.size), &err), &err);
    }
}

static void judge_levels(struct lh_office *office)
{
    struct lh_suite *suite = lh_city_suite(office->city);
    struct lh_roster *roster = NULL;
    struct lh_err err = LH_ERR_NONE;

    must(lh_roster_new(&roster, lh_city_genesis(office->city), lh_bytes_of_text("gaj"), &err),
         &err);
    for (size_t i = 0; i < office->count; i++) {
        lhpb_Leaf leaf;
        lhpb_Body body;
        unsigned level = 0;

        decode(lh_office_leaf(office, i), &leaf, &body);
        must(lh_roster_judge(roster, suite, &leaf.kind.entry, &body, false, &level, &err), &err);
        office->levels[i] = (uint8_t)level;
        if (lh_roster_is_concerned(body.type)) {
            must(lh_roster_apply(roster, suite, &body, i, &err), &err);
        }
    }
    lh_roster_free(roster);
}

/* ---- whom entries are about ---- */

static bool may_have_subjects(const lhpb_Body *body)
{
    return body->type == lhpb_EntryType_QUERY || body->type == lhpb_EntryType_SERVE ||
           body->type == lhpb_EntryType_USE;
}

static void post_subjects(struct lh_office *office)
{
    static const lhpb_SubjectPost none;
    lhpb_SubjectPost *post = &office->post;

    *post = none;
    post->subjects_count = (pb_size_t)(1 + lh_seeded_below(&office->seeded, 2));
    lh_seeded_fill(&office->seeded, post->salt, sizeof post->salt);
    for (pb_size_t i = 0; i < post->subjects_count; i++) {
        lhpb_SubjectId *subject = &post->subjects[i];
        subject->role = 1;
        subject->id_type = LH_SUBJECT_CASE;
        (void)snprintf(subject->id, sizeof subject->id, "P-%06zu",
                       lh_seeded_below(&office->seeded, 1000000));
        lh_seeded_fill(&office->seeded, subject->opening, sizeof subject->opening);
    }
}

static void name_subjects(void *arg, uint64_t index, lhpb_Body *body, struct lh_city_signer *signer)
{
    struct lh_office *office = arg;
    struct lh_buf client = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct lh_hash digest;

    if (office->asked.on_body != NULL) {
        office->asked.on_body(office->asked.arg, index, body, signer);
    }
    office->post.subjects_count = 0;
    if (index % 3 == 0 || !may_have_subjects(body)) {
        return;
    }
    post_subjects(office);
    must(lh_private_client_part(office->suite, &client, &digest, &office->post, &err), &err);
    body->has_subject_digest = true;
    memcpy(body->subject_digest, digest.bytes, sizeof digest.bytes);
    lh_buf_clear(&client);
}

static enum lh_code fill_seeded(void *arg, void *out, size_t len, struct lh_err *err)
{
    (void)err;
    lh_seeded_fill(arg, out, len);
    return LH_OK;
}

static void add_part(void *arg, struct lh_city *city, uint64_t index, lhpb_Entry *entry)
{
    struct lh_office *office = arg;
    const struct lh_random random = { .fill = fill_seeded, .arg = &office->seeded };
    struct lh_secret month_key = { .len = 32, .bytes = { 1 } };
    struct lh_err err = LH_ERR_NONE;
    struct lh_hash digest;

    if (office->asked.on_entry != NULL) {
        office->asked.on_entry(office->asked.arg, city, index, entry);
    }
    size_t start = office->part_bytes.len;
    if (office->post.subjects_count > 0) {
        struct lh_hash hash =
            lh_body_hash(office->suite, lh_bytes_of(entry->body.bytes, entry->body.size));
        must(lh_private_build(office->suite, &office->part_bytes, &digest, &office->post, &hash,
                              &month_key, 202611, NULL, &random, &err),
             &err);
        entry->intake.has_index_digest = true;
        memcpy(entry->intake.index_digest, digest.bytes, sizeof digest.bytes);
    }
    office->parts =
        must_have(realloc(office->parts, (size_t)(index + 1) * sizeof office->parts[0]));
    for (; office->part_count < index; office->part_count++) {
        office->parts[office->part_count] = (struct part){ .start = 0 }; /* a header */
    }
    office->parts[office->part_count++] =
        (struct part){ .start = start, .end = office->part_bytes.len };
}

struct lh_office *lh_office_new(const struct lh_city_options *options)
{
    struct lh_office *office = must_have(calloc(1, sizeof *office));
    struct lh_city_options ours = *options;
    struct lh_err err = LH_ERR_NONE;
    size_t leaf_count;

    office->asked = *options;
    office->seeded.state = options->seed;
    must(lh_suite_new(&office->suite, options->suite, &err), &err);
    ours.on_body = name_subjects;
    ours.on_entry = add_part;
    ours.arg = office;
    office->city = lh_city_new(&ours);
    leaf_count = lh_city_leaf_count(office->city);
    office->leaves = must_have(calloc(leaf_count, sizeof *office->leaves));
    office->levels = must_have(calloc(leaf_count, sizeof *office->levels));
    for (size_t i = 0; i < leaf_count; i++) {
        lhpb_Leaf leaf;
        lhpb_Body body;

        decode(lh_city_leaf(office->city, i), &leaf, &body);
        if (leaf.which_kind == lhpb_Leaf_entry_tag) {
            office->leaves[office->count++] = i;
        }
    }
    judge_levels(office);
    return office;
}

void lh_office_free(struct lh_office *office)
{
    if (office != NULL) {
        lh_city_free(office->city);
        lh_suite_free(office->suite);
        lh_buf_clear(&office->part_bytes);
        free(office->parts);
        free(office->leaves);
        free(office->levels);
        free(office);
    }
}

struct lh_city *lh_office_city(struct lh_office *office)
{
    return office->city;
}

size_t lh_office_count(const struct lh_office *office)
{
    return office->count;
}

struct lh_bytes lh_office_leaf(const struct lh_office *office, size_t entry)
{
    lh_assert(entry < office->count);
    return lh_city_leaf(office->city, office->leaves[entry]);
}

void lh_office_body(const struct lh_office *office, size_t entry, lhpb_Body *out)
{
    lhpb_Leaf leaf;

    decode(lh_office_leaf(office, entry), &leaf, out);
}

unsigned lh_office_level(const struct lh_office *office, size_t entry)
{
    lh_assert(entry < office->count);
    return office->levels[entry];
}

struct lh_bytes lh_office_private(const struct lh_office *office, size_t entry)
{
    lh_assert(entry < office->count);
    lh_assert(office->leaves[entry] < office->part_count);
    const struct part *part = &office->parts[office->leaves[entry]];
    return part->end == part->start
               ? LH_BYTES_EMPTY
               : lh_bytes_of(office->part_bytes.data + part->start, part->end - part->start);
}

void lh_office_options(struct lh_office *office, struct lh_ledger_options *out,
                       struct lh_store *store, struct lh_guard *guard)
{
    *out = (struct lh_ledger_options){
        .store = store,
        .guard = guard,
        .genesis = lh_city_genesis(office->city),
        .department = "gaj",
        .generation = 1,
        .seal = guard == NULL ? NULL : lh_city_seal_signer(office->city),
    };
}

/* What a block's items borrow. */
struct lent {
    lhpb_Leaf leaf;
    lhpb_Body body;
};

enum lh_code lh_office_append(struct lh_office *office, struct lh_ledger *ledger, size_t first,
                              size_t count, struct lh_proof *out_proofs,
                              struct lh_buf *out_checkpoint, struct lh_err *err)
{
    struct lh_suite *suite = lh_city_suite(office->city);
    struct lh_ledger_item *items = must_have(calloc(count + 1, sizeof *items));
    struct lent *lent = must_have(calloc(count + 1, sizeof *lent));
    int64_t time_unix_ms = 0;
    enum lh_code rc;

    for (size_t i = 0; i < count; i++) {
        struct lh_bytes leaf = lh_office_leaf(office, first + i);
        const lhpb_Entry *entry = &lent[i].leaf.kind.entry;

        decode(leaf, &lent[i].leaf, &lent[i].body);
        items[i] = (struct lh_ledger_item){
            .leaf = leaf,
            .entry = entry,
            .body = &lent[i].body,
            .level = office->levels[first + i],
            .content_digest = lh_body_hash(suite, lh_bytes_of(entry->body.bytes, entry->body.size)),
            .private_part = lh_office_private(office, first + i),
        };
        time_unix_ms = (int64_t)entry->intake.recorded_at_ms;
    }
    rc = lh_ledger_append(ledger, suite, items, count, time_unix_ms, out_proofs, out_checkpoint,
                          err);
    free(lent);
    free(items);
    return rc;
}
