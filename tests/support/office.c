#include "tests/support/office.h"

#include "crypto/base/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lh_office {
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

struct lh_office *lh_office_new(const struct lh_city_options *options)
{
    struct lh_office *office = must_have(calloc(1, sizeof *office));
    size_t leaf_count;

    office->city = lh_city_new(options);
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

void lh_office_private(char out[LH_OFFICE_PRIVATE_SIZE], size_t entry)
{
    out[0] = 0;
    if (entry % 3 != 0) {
        (void)snprintf(out, LH_OFFICE_PRIVATE_SIZE, "private part of %zu", entry);
    }
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
    char private_part[LH_OFFICE_PRIVATE_SIZE];
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
        lh_office_private(lent[i].private_part, first + i);
        items[i] = (struct lh_ledger_item){
            .leaf = leaf,
            .entry = entry,
            .body = &lent[i].body,
            .level = office->levels[first + i],
            .content_digest = lh_body_hash(suite, lh_bytes_of(entry->body.bytes, entry->body.size)),
            .private_part = lh_bytes_of_text(lent[i].private_part),
        };
        time_unix_ms = (int64_t)entry->intake.recorded_at_ms;
    }
    rc = lh_ledger_append(ledger, suite, items, count, time_unix_ms, out_proofs, out_checkpoint,
                          err);
    free(lent);
    free(items);
    return rc;
}
