#include "roster_world.h"

#include "crypto/signer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

struct world world;

enum lh_alg founder_alg(void)
{
    return lh_founder_alg(world.suite_id);
}

enum lh_alg staff_alg(void)
{
    return world.suite_id == LH_SUITE_W ? LH_ALG_P256 : LH_ALG_SM2;
}

void open_world(enum lh_suite_id suite)
{
    memset(&world, 0, sizeof world);
    world.suite_id = suite;
    assert_int_equal(lh_suite_new(&world.suite, suite, NULL), LH_OK);
    world.genesis = lh_founders_genesis(suite);
    assert_int_equal(lh_roster_new(&world.roster, world.genesis, lh_bytes_of_text("gaj"), NULL),
                     LH_OK);
    world.next_index = 1;
}

int set_up(void **state)
{
    (void)state;
    open_world(LH_SUITE_W);
    return 0;
}

int tear_down(void **state)
{
    (void)state;
    lh_roster_free(world.roster);
    lh_genesis_free(world.genesis);
    lh_suite_free(world.suite);
    return 0;
}

/* ---- entries --------------------------------------------------------------------------------- */

/* Puts world.body into world.entry, not signed. */
static void wrap(void)
{
    struct lh_buf bytes = LH_BUF_EMPTY;

    memset(&world.entry, 0, sizeof world.entry);
    assert_int_equal(lh_body_encode(&bytes, &world.body, NULL), LH_OK);
    world.entry.body.size = (pb_size_t)bytes.len;
    memcpy(world.entry.body.bytes, bytes.data, bytes.len);
    lh_buf_clear(&bytes);
    world.entry.has_intake = true;
    world.entry.intake.recorded_at_ms = (uint64_t)NOW;
    world.entry.intake.has_index_digest = world.body.has_subject_digest;
    memset(world.entry.intake.index_digest, 0x1d, world.body.has_subject_digest ? 32 : 0);
}

static int compare_signatures(const void *a, const void *b)
{
    const lhpb_Signature *left = a;
    const lhpb_Signature *right = b;
    return memcmp(left->key_id, right->key_id, sizeof left->key_id);
}

void sign_also(uint8_t number)
{
    bool is_founder = number >= OFFICER_A && number <= RECORDER;
    struct lh_signer *signer = lh_founder_signer(is_founder ? founder_alg() : staff_alg(), number);
    lhpb_Signature *added = &world.entry.signatures[world.entry.signatures_count++];
    struct lh_key_id id = lh_key_id_of(world.suite, lh_signer_pubkey(signer));
    struct lh_hash hash =
        lh_body_hash(world.suite, lh_bytes_of(world.entry.body.bytes, world.entry.body.size));
    uint8_t message[LH_ENTRY_MESSAGE_SIZE];
    struct lh_sig sig;

    lh_entry_message(message, lh_genesis_network_id(world.genesis), &hash);
    assert_int_equal(lh_sign(signer, &sig, lh_bytes_of(message, sizeof message), NULL), LH_OK);
    memcpy(added->key_id, id.bytes, sizeof added->key_id);
    memcpy(added->value, sig.bytes, sizeof added->value);
    qsort(world.entry.signatures, world.entry.signatures_count, sizeof *added, compare_signatures);
    lh_signer_free(signer);
}

void sign_by(uint8_t first, uint8_t second)
{
    wrap();
    sign_also(first);
    if (second != 0) {
        sign_also(second);
    }
}

enum lh_code judge(unsigned *level)
{
    return lh_roster_judge(world.roster, world.suite, &world.entry, &world.body, true, level, NULL);
}

enum lh_code intake(int64_t now)
{
    return lh_roster_check_intake(world.roster, &world.entry, &world.body, now, NULL);
}

enum lh_code apply(void)
{
    return lh_roster_apply(world.roster, world.suite, &world.body, world.next_index++, NULL);
}

/* An officer act, judged and taken in. */
void enact(void)
{
    sign_by(OFFICER_A, OFFICER_B);
    assert_int_equal(judge(NULL), LH_OK);
    assert_int_equal(apply(), LH_OK);
}

void body_of(lhpb_EntryType type)
{
    lh_fixture_body(&world.body, type);
}

void pseudonym(uint8_t out[8], uint8_t person)
{
    memset(out, person, 8);
}

void enrol(uint8_t person, uint8_t number)
{
    body_of(lhpb_EntryType_STAFF);
    pseudonym(world.body.detail.staff_enrol.pseudonym, person);
    lh_fixture_key(&world.body.detail.staff_enrol.key, staff_alg(), number);
    world.body.detail.staff_enrol.valid_from_ms = (uint64_t)(NOW - 100 * DAY_MS);
    enact();
}

/* A session of person A with key SESSION_A, from NOW for 8 hours. */
void log_in(void)
{
    body_of(lhpb_EntryType_SESSION);
    pseudonym(world.body.staff, STAFF_A);
    lh_fixture_key(&world.body.detail.session_open.key, staff_alg(), SESSION_A);
    sign_by(STAFF_A, 0);
    assert_int_equal(judge(NULL), LH_OK);
    assert_int_equal(apply(), LH_OK);
}

/* A query of person A, not signed. */
void query_of(uint8_t person)
{
    body_of(lhpb_EntryType_QUERY);
    pseudonym(world.body.staff, person);
}

void query_in_session(void)
{
    query_of(STAFF_A);
    world.body.has_session = true;
    memset(world.body.session, 0x55, 16);
}

const struct lh_roster_key *key_of(enum lh_alg alg, uint8_t number)
{
    lhpb_PublicKey wire;
    struct lh_pubkey key;

    lh_fixture_key(&wire, alg, number);
    assert_int_equal(lh_pubkey_from_wire(&key, &wire, NULL), LH_OK);
    struct lh_key_id id = lh_key_id_of(world.suite, &key);
    return lh_roster_find(world.roster, &id);
}
