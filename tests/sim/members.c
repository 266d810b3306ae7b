#include "tests/sim/members.h"

#include "crypto/base/assert.h"
#include "ledger/act.h"
#include "tests/support/founders.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_EACH = 12, REASON_RESTORE = 2, REASON_UNSAFE = 6 }; /* of GENERATION */

static void must(enum lh_code rc, const struct lh_err *err)
{
    if (rc != LH_OK) {
        fprintf(stderr, "members: %s\n", err->text);
    }
    lh_assert(rc == LH_OK);
}

static uint8_t first_key(size_t who)
{
    return (uint8_t)(who * KEYS_EACH + 1);
}

static struct lh_signer *signer_of(size_t who, unsigned which)
{
    return lh_founder_signer(LH_ALG_ED25519, (uint8_t)(first_key(who) + which));
}

_Static_assert(LH_FOUNDER_KEYS + SIM_GENERATIONS_MAX <= KEYS_EACH, "seals have keys of their own");
_Static_assert(SIM_MEMBERS_MAX *KEYS_EACH < UINT8_MAX, "a key's number is a byte");

void sim_members_init(struct sim_members *members)
{
    struct lh_err err = LH_ERR_NONE;

    memset(members, 0, sizeof *members);
    must(lh_suite_new(&members->suite, LH_SUITE_W, &err), &err);
    for (size_t i = 0; i < SIM_MEMBERS_MAX; i++) {
        struct sim_member *member = &members->list[i];

        (void)snprintf(member->department, sizeof member->department, "d%02zu", i);
        member->officers[0] = signer_of(i, 0);
        member->officers[1] = signer_of(i, 1);
        member->recorder = signer_of(i, 2);
        member->witness = signer_of(i, 3);
        member->mirror = signer_of(i, 4);
        for (unsigned j = 0; j < SIM_GENERATIONS_MAX; j++) {
            member->seals[j] = signer_of(i, LH_FOUNDER_KEYS + j);
        }
    }
}

void sim_members_clear(struct sim_members *members)
{
    for (size_t i = 0; i < SIM_MEMBERS_MAX; i++) {
        struct sim_member *member = &members->list[i];

        lh_signer_free(member->officers[0]);
        lh_signer_free(member->officers[1]);
        lh_signer_free(member->recorder);
        lh_signer_free(member->witness);
        lh_signer_free(member->mirror);
        for (unsigned j = 0; j < SIM_GENERATIONS_MAX; j++) {
            lh_signer_free(member->seals[j]);
        }
    }
    for (size_t i = 0; i <= SIM_MEMBERS_MAX; i++) {
        lh_genesis_free(members->genesis[i]);
    }
    lh_suite_free(members->suite);
}

const struct lh_genesis *sim_members_genesis(struct sim_members *members, size_t count)
{
    struct lh_buf files[SIM_MEMBERS_MAX];
    struct lh_bytes views[SIM_MEMBERS_MAX];
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    lh_assert(count <= SIM_MEMBERS_MAX);
    if (members->genesis[count] != NULL) {
        return members->genesis[count];
    }
    for (size_t i = 0; i < count; i++) {
        struct lh_enrolment enrolment;

        files[i] = (struct lh_buf)LH_BUF_EMPTY;
        lh_founder_enrolment(&enrolment, LH_SUITE_W, members->list[i].department, first_key(i));
        must(lh_enrolment_encode(&files[i], &enrolment, LH_SUITE_W, &err), &err);
        views[i] = lh_buf_bytes(&files[i]);
    }
    must(lh_genesis_encode(&bytes, "simcity", LH_SUITE_W, (int64_t)LH_FIXTURE_TIME_MS, views, count,
                           &err),
         &err);
    must(lh_genesis_new(&members->genesis[count], lh_buf_bytes(&bytes), &err), &err);
    for (size_t i = 0; i < count; i++) {
        lh_buf_clear(&files[i]);
    }
    lh_buf_clear(&bytes);
    return members->genesis[count];
}

/* ---- entries ---- */

static int compare_signatures(const void *a, const void *b)
{
    return memcmp(((const lhpb_Signature *)a)->key_id, ((const lhpb_Signature *)b)->key_id,
                  LH_KEY_ID_SIZE);
}

static void sign(struct lh_suite *suite, const struct lh_genesis *genesis, lhpb_Entry *entry,
                 const struct lh_hash *hash, struct lh_signer *const *signers, size_t count)
{
    struct lh_err err = LH_ERR_NONE;
    uint8_t message[LH_ENTRY_MESSAGE_SIZE];

    lh_entry_message(message, lh_genesis_network_id(genesis), hash);
    entry->signatures_count = (pb_size_t)count;
    for (size_t i = 0; i < count; i++) {
        struct lh_key_id id = lh_key_id_of(suite, lh_signer_pubkey(signers[i]));
        struct lh_sig sig;

        must(lh_sign(signers[i], &sig, lh_bytes_of(message, sizeof message), &err), &err);
        memcpy(entry->signatures[i].key_id, id.bytes, sizeof id.bytes);
        memcpy(entry->signatures[i].value, sig.bytes, sizeof sig.bytes);
    }
    qsort(entry->signatures, count, sizeof entry->signatures[0], compare_signatures);
}

/* out->body is written; the rest follows from it. */
static void finish(struct sim_members *members, const struct lh_genesis *genesis,
                   int64_t time_unix_ms, struct sim_entry *out, struct lh_signer *const *signers,
                   size_t count)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    lhpb_Entry *entry = &out->leaf.kind.entry;

    must(lh_body_encode(&bytes, &out->body, &err), &err);
    out->leaf.which_kind = lhpb_Leaf_entry_tag;
    entry->body.size = (pb_size_t)bytes.len;
    memcpy(entry->body.bytes, bytes.data, bytes.len);
    entry->has_intake = true;
    entry->intake.recorded_at_ms = (uint64_t)time_unix_ms;
    out->content_digest = lh_body_hash(members->suite, lh_buf_bytes(&bytes));
    sign(members->suite, genesis, entry, &out->content_digest, signers, count);
    must(lh_leaf_encode(&out->bytes, &out->leaf, &err), &err);
    lh_buf_clear(&bytes);
}

static void begin(const struct sim_members *members, size_t who, lhpb_EntryType type,
                  int64_t time_unix_ms, struct sim_entry *out)
{
    const char *department = members->list[who].department;

    memset(out, 0, sizeof *out);
    lh_fixture_body(&out->body, type);
    (void)snprintf(out->body.source, sizeof out->body.source, "urn:simcity:%s:window", department);
    (void)snprintf(out->body.department, sizeof out->body.department, "%s", department);
    out->body.event_time_ms = (uint64_t)time_unix_ms;
}

static void go_on(lhpb_Generation *generation, const struct lh_ledger_facts *facts,
                  const struct lh_hash *promises)
{
    generation->number = facts->next;
    generation->reason = promises == NULL ? REASON_UNSAFE : REASON_RESTORE;
    generation->has_promises_digest = promises != NULL;
    if (promises != NULL) {
        memcpy(generation->promises_digest, promises->bytes, LH_HASH_SIZE);
    }
    (void)snprintf(generation->prev_origin, sizeof generation->prev_origin, "%s",
                   facts->prev_origin);
    generation->prev_size = facts->prev_size;
    generation->has_prev_root = generation->has_prev_header = facts->prev_size > 0;
    memcpy(generation->prev_root, facts->prev_root.bytes, LH_HASH_SIZE);
    memcpy(generation->prev_header, facts->prev_header.bytes, LH_HASH_SIZE);
    generation->lost_from = facts->lost_from;
    generation->lost_until = facts->lost_until;
}

void sim_members_found(struct sim_members *members, const struct lh_genesis *genesis, size_t who,
                       const struct lh_ledger_facts *facts, const struct lh_hash *promises,
                       int64_t time_unix_ms, struct sim_entry *out)
{
    struct sim_member *member = &members->list[who];
    uint32_t number = facts == NULL ? 1 : facts->next;
    lhpb_Generation *generation = &out->body.detail.generation;

    lh_assert(number <= SIM_GENERATIONS_MAX);
    begin(members, who, lhpb_EntryType_GENERATION, time_unix_ms, out);
    (void)snprintf(out->body.id, sizeof out->body.id, "generation-%" PRIu32, number);
    if (facts != NULL) {
        go_on(generation, facts, promises);
    }
    lh_pubkey_to_wire(&generation->seal_key, lh_signer_pubkey(member->seals[number - 1]));
    finish(members, genesis, time_unix_ms, out, member->officers, LH_OFFICERS_MIN);
}

void sim_members_ask(struct sim_members *members, const struct lh_genesis *genesis, size_t who,
                     uint32_t number, int64_t time_unix_ms, struct lh_buf *out)
{
    struct sim_member *member = &members->list[who];
    struct lh_act act = LH_ACT_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct sim_entry entry;
    lhpb_Generation *generation = &entry.body.detail.generation;

    begin(members, who, lhpb_EntryType_GENERATION, time_unix_ms, &entry);
    (void)snprintf(entry.body.id, sizeof entry.body.id, "ask-%" PRIu32, number);
    generation->number = number;
    generation->reason = REASON_RESTORE;
    (void)snprintf(generation->prev_origin, sizeof generation->prev_origin, "%s/%s/%" PRIu32,
                   lh_genesis_network(genesis), member->department, number - 1);
    lh_pubkey_to_wire(&generation->seal_key, lh_signer_pubkey(member->seals[number - 1]));
    act.suite = lh_suite_id(members->suite);
    act.network_id = *lh_genesis_network_id(genesis);
    must(lh_body_encode(&act.body, &entry.body, &err), &err);
    for (size_t i = 0; i < LH_OFFICERS_MIN; i++) {
        must(lh_act_sign(&act, members->suite, member->officers[i], &err), &err);
    }
    must(lh_act_encode(out, &act, &err), &err);
    lh_act_clear(&act);
}

void sim_members_write(struct sim_members *members, const struct lh_genesis *genesis, size_t who,
                       uint64_t number, int64_t time_unix_ms, struct sim_entry *out)
{
    begin(members, who, lhpb_EntryType_HEARTBEAT, time_unix_ms, out);
    (void)snprintf(out->body.id, sizeof out->body.id, "e-%" PRIu64, number);
    finish(members, genesis, time_unix_ms, out, &members->list[who].recorder, 1);
}

void sim_entry_clear(struct sim_entry *entry)
{
    lh_buf_clear(&entry->bytes);
}

struct lh_ledger_item sim_entry_item(const struct sim_entry *entry)
{
    return (struct lh_ledger_item){ .leaf = lh_buf_bytes(&entry->bytes),
                                    .entry = &entry->leaf.kind.entry,
                                    .body = &entry->body,
                                    .content_digest = entry->content_digest };
}
