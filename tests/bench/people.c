#include "tests/bench/people.h"

#include "ledger/act.h"
#include "tests/bench/measure.h"
#include "tests/support/bodies.h"
#include "tests/support/seeded.h"

#include <stdio.h>
#include <string.h>

static struct lh_signer *make_signer(enum lh_alg alg)
{
    struct lh_err err = LH_ERR_NONE;
    struct lh_signer *signer = NULL;

    bench_must(lh_signer_generate(&signer, alg, &err), &err, "making a key");
    return signer;
}

static void make_genesis(struct people *people)
{
    struct lh_enrolment enrolment = { .department = PEOPLE_DEPARTMENT,
                                      .name = "市公安局",
                                      .group = "government",
                                      .officer_count = PEOPLE_OFFICERS };
    struct lh_err err = LH_ERR_NONE;
    struct lh_buf bytes = LH_BUF_EMPTY;
    int64_t now = lh_clock_system().wall_unix_ms(NULL);

    for (size_t i = 0; i < PEOPLE_OFFICERS; i++) {
        (void)snprintf(enrolment.officers[i].label, sizeof enrolment.officers[i].label,
                       "officer %zu", i + 1);
        enrolment.officers[i].key = *lh_signer_pubkey(people->officers[i]);
    }
    enrolment.recorder = *lh_signer_pubkey(people->recorder);
    enrolment.witness = *lh_signer_pubkey(people->witness);
    enrolment.mirror = *lh_signer_pubkey(people->mirror);
    enrolment.governance = *lh_signer_pubkey(people->governance);
    bench_must(lh_enrolment_encode(&people->enrolment, &enrolment, people->suite_id, &err), &err,
               "enrolment");
    struct lh_bytes member = lh_buf_bytes(&people->enrolment);
    bench_must(lh_genesis_encode(&bytes, PEOPLE_NETWORK, people->suite_id, now, &member, 1, &err),
               &err, "genesis");
    bench_must(lh_genesis_new(&people->genesis, lh_buf_bytes(&bytes), &err), &err, "genesis");
    lh_buf_clear(&bytes);
}

void people_init(struct people *out, enum lh_suite_id suite, enum lh_alg staff_alg,
                 size_t staff_count)
{
    enum lh_alg node_alg = suite == LH_SUITE_W ? LH_ALG_ED25519 : LH_ALG_SM2;
    struct lh_err err = LH_ERR_NONE;

    if (staff_count > PEOPLE_STAFF_MAX) {
        bench_die("at most %d staff", PEOPLE_STAFF_MAX);
    }
    *out = (struct people){ .suite_id = suite, .staff_alg = staff_alg, .staff_count = staff_count };
    bench_must(lh_suite_new(&out->suite, suite, &err), &err, "suite");
    for (size_t i = 0; i < PEOPLE_OFFICERS; i++) {
        out->officers[i] = make_signer(staff_alg);
    }
    out->recorder = make_signer(suite == LH_SUITE_W ? LH_ALG_P256 : LH_ALG_SM2);
    out->seal = make_signer(node_alg);
    out->witness = make_signer(node_alg);
    out->mirror = make_signer(node_alg);
    out->governance = make_signer(node_alg);
    for (size_t i = 0; i < staff_count; i++) {
        out->staff[i] = make_signer(staff_alg);
        out->staff_ids[i] = lh_key_id_of(out->suite, lh_signer_pubkey(out->staff[i]));
    }
    make_genesis(out);
}

void people_clear(struct people *people)
{
    for (size_t i = 0; i < PEOPLE_OFFICERS; i++) {
        lh_signer_free(people->officers[i]);
    }
    for (size_t i = 0; i < people->staff_count; i++) {
        lh_signer_free(people->staff[i]);
    }
    lh_signer_free(people->recorder);
    lh_signer_free(people->seal);
    lh_signer_free(people->witness);
    lh_signer_free(people->mirror);
    lh_signer_free(people->governance);
    lh_genesis_free(people->genesis);
    lh_buf_clear(&people->enrolment);
    lh_suite_free(people->suite);
}

/* ---- bodies ---------------------------------------------------------------------------------- */

void people_pseudonym(uint8_t out[8], size_t number)
{
    lh_put_u64(out, 0x7365656400000000U + number + 1);
}

static void set_event(lhpb_Body *body, const char *prefix, uint64_t serial, int64_t now_unix_ms)
{
    (void)snprintf(body->department, sizeof body->department, "%s", PEOPLE_DEPARTMENT);
    (void)snprintf(body->id, sizeof body->id, "%s-%llu", prefix, (unsigned long long)serial);
    body->event_time_ms = (uint64_t)now_unix_ms;
}

void people_generation(const struct people *people, lhpb_Body *out, int64_t now_unix_ms)
{
    lh_fixture_body(out, lhpb_EntryType_GENERATION);
    set_event(out, "generation", 1, now_unix_ms);
    lh_pubkey_to_wire(&out->detail.generation.seal_key, lh_signer_pubkey(people->seal));
}

void people_enrol(const struct people *people, lhpb_Body *out, size_t staff, int64_t now_unix_ms)
{
    lh_fixture_body(out, lhpb_EntryType_STAFF);
    set_event(out, "staff", staff, now_unix_ms);
    people_pseudonym(out->detail.staff_enrol.pseudonym, staff);
    lh_pubkey_to_wire(&out->detail.staff_enrol.key, lh_signer_pubkey(people->staff[staff]));
    out->detail.staff_enrol.valid_from_ms = (uint64_t)now_unix_ms;
}

#define TEXT(field, value) (void)snprintf(field, sizeof(field), "%s", value)

void people_query(const struct people *people, lhpb_Body *out, size_t staff, uint64_t serial,
                  int64_t now_unix_ms)
{
    struct lh_seeded seeded = { .state = serial };

    (void)people;
    lh_fixture_body(out, lhpb_EntryType_QUERY);
    set_event(out, "q", serial, now_unix_ms);
    people_pseudonym(out->staff, staff);
    TEXT(out->unit, "window-07");
    TEXT(out->system, "share-platform");
    TEXT(out->counterparty, "mzj");
    out->has_case_id = true;
    lh_seeded_fill(&seeded, out->case_id, sizeof out->case_id);
    lh_seeded_fill(&seeded, out->exchange_id, sizeof out->exchange_id);
    out->has_request_digest = true;
    lh_seeded_fill(&seeded, out->request_digest, sizeof out->request_digest);
}

void people_query_json(struct lh_buf *out, size_t staff, uint64_t serial, int64_t now_unix_ms)
{
    struct lh_seeded seeded = { .state = serial };
    char time[LH_TIME_TEXT_SIZE];
    uint8_t name[8];

    lh_time_format_utc(time, now_unix_ms);
    people_pseudonym(name, staff);
    unsigned long long random[4];
    for (size_t i = 0; i < 4; i++) {
        random[i] = (unsigned long long)(lh_seeded_next(&seeded) | 1U << 31);
    }
    lh_buf_add_format(
        out,
        "{\"source\":\"desk\",\"id\":\"q-%llu\",\"type\":\"QUERY\",\"event_time\":\"%s\","
        "\"unit\":\"window-07\",\"staff\":\"%016llx\",\"system\":\"share-platform\","
        "\"channel\":\"COUNTER\",\"item\":\"low-income\",\"catalogue_version\":3,"
        "\"case\":\"%016llx%016llx\",\"exchange\":\"%016llx%016llx\",\"counterparty\":\"mzj\","
        "\"purpose\":\"medical-aid\",\"legal_basis\":\"law:social-aid:18\","
        "\"request_digest\":\"%016llx%016llx%016llx%016llx\",\"detail\":{\"requested_mask\":7}}\n",
        (unsigned long long)serial, time, 0x7365656400000000ULL + staff + 1, random[0], random[1],
        random[2], random[3], random[1], random[0], random[3], random[2]);
}

/* The client picks salt and openings (specs/privacy.md 4). */
void people_name_subject(const struct people *people, lhpb_SubjectPost *out, lhpb_Body *body,
                         uint64_t serial)
{
    static const lhpb_SubjectPost empty;
    struct lh_seeded seeded = { .state = ~serial };
    struct lh_buf part = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct lh_hash digest;
    char digits[18];

    *out = empty;
    lh_seeded_fill(&seeded, out->salt, sizeof out->salt);
    out->subjects_count = 1;
    out->subjects[0].role = 1;
    out->subjects[0].id_type = LH_SUBJECT_RESIDENT;
    (void)snprintf(digits, sizeof digits, "33070219%02llu0101%03llu",
                   (unsigned long long)(60 + serial % 40),
                   (unsigned long long)(serial / 40 % 1000));
    (void)snprintf(out->subjects[0].id, sizeof out->subjects[0].id, "%s%c", digits,
                   lh_subject_resident_check(digits));
    lh_seeded_fill(&seeded, out->subjects[0].opening, sizeof out->subjects[0].opening);
    TEXT(out->case_number, "2026-low-income-004711");
    bench_must(lh_private_client_part(people->suite, &part, &digest, out, &err), &err,
               "client part");
    body->has_subject_digest = true;
    memcpy(body->subject_digest, digest.bytes, sizeof body->subject_digest);
    lh_buf_clear(&part);
}

/* ---- signing --------------------------------------------------------------------------------- */

static void sign(const struct people *people, lhpb_Signature *out, struct lh_signer *signer,
                 const struct lh_key_id *id, struct lh_bytes body)
{
    uint8_t message[LH_ENTRY_MESSAGE_SIZE];
    struct lh_err err = LH_ERR_NONE;
    struct lh_sig sig;

    struct lh_hash hash = lh_body_hash(people->suite, body);
    lh_entry_message(message, lh_genesis_network_id(people->genesis), &hash);
    bench_must(lh_sign(signer, &sig, lh_bytes_of(message, sizeof message), &err), &err, "signing");
    memcpy(out->key_id, id->bytes, sizeof out->key_id);
    memcpy(out->value, sig.bytes, sizeof out->value);
}

size_t people_sign_as_officers(const struct people *people, lhpb_Signature *out,
                               struct lh_bytes body)
{
    for (size_t i = 0; i < PEOPLE_OFFICERS; i++) {
        struct lh_key_id id = lh_key_id_of(people->suite, lh_signer_pubkey(people->officers[i]));
        sign(people, &out[i], people->officers[i], &id, body);
    }
    if (memcmp(out[0].key_id, out[1].key_id, LH_KEY_ID_SIZE) > 0) {
        lhpb_Signature first = out[0];
        out[0] = out[1];
        out[1] = first;
    }
    return PEOPLE_OFFICERS;
}

size_t people_sign_as_staff(const struct people *people, lhpb_Signature *out, size_t staff,
                            struct lh_bytes body)
{
    sign(people, out, people->staff[staff], &people->staff_ids[staff], body);
    return 1;
}

void people_act(const struct people *people, struct lh_buf *out, const lhpb_Body *body)
{
    struct lh_act act = LH_ACT_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    act.suite = people->suite_id;
    act.network_id = *lh_genesis_network_id(people->genesis);
    bench_must(lh_body_encode(&act.body, body, &err), &err, "body");
    for (size_t i = 0; i < PEOPLE_OFFICERS; i++) {
        bench_must(lh_act_sign(&act, people->suite, people->officers[i], &err), &err, "act");
    }
    bench_must(lh_act_encode(out, &act, &err), &err, "act");
    lh_act_clear(&act);
}
