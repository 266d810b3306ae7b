#include "ledger/prepare.h"

#include "../../support/founders.h"
#include "ledger/act.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* gaj (officers 10, 11, recorder 12) asks for generation 3 in the network of gaj and mzj. */
struct world {
    struct lh_suite *suite;
    struct lh_genesis *genesis;
    struct lh_act act;
    lhpb_Body body;
    struct lh_buf bytes;
};

static struct world *new_world(enum lh_suite_id id)
{
    struct world *world = calloc(1, sizeof *world);
    lhpb_Generation *generation;

    assert_non_null(world);
    assert_int_equal(lh_suite_new(&world->suite, id, NULL), LH_OK);
    world->genesis = lh_founders_genesis(id);
    world->act = (struct lh_act)LH_ACT_EMPTY;
    world->act.suite = id;
    world->act.network_id = *lh_genesis_network_id(world->genesis);
    lh_fixture_body(&world->body, lhpb_EntryType_GENERATION);
    strcpy(world->body.department, "gaj");
    generation = &world->body.detail.generation;
    generation->number = 3;
    generation->reason = 2;
    strcpy(generation->prev_origin, "jinhua/gaj/2");
    return world;
}

static void free_world(struct world *world)
{
    lh_buf_clear(&world->bytes);
    lh_act_clear(&world->act);
    lh_genesis_free(world->genesis);
    lh_suite_free(world->suite);
    free(world);
}

static int set_up(void **state)
{
    *state = new_world(LH_SUITE_W);
    return 0;
}

static int tear_down(void **state)
{
    free_world(*state);
    return 0;
}

/* The act of the body, signed by keys `a` and `b`; 0: by none. */
static void sign(struct world *world, uint8_t a, uint8_t b)
{
    const uint8_t numbers[] = { a, b };

    lh_act_clear(&world->act);
    assert_int_equal(lh_body_encode(&world->act.body, &world->body, NULL), LH_OK);
    for (size_t i = 0; i < 2 && numbers[i] != 0; i++) {
        struct lh_signer *signer = lh_founder_signer(lh_founder_alg(world->act.suite), numbers[i]);

        assert_int_equal(lh_act_sign(&world->act, world->suite, signer, NULL), LH_OK);
        lh_signer_free(signer);
    }
}

static enum lh_code read(struct world *world, struct lh_prepare *out)
{
    struct lh_prepare ignored;

    lh_buf_reset(&world->bytes);
    assert_int_equal(lh_act_encode(&world->bytes, &world->act, NULL), LH_OK);
    return lh_prepare_read(out != NULL ? out : &ignored, world->suite, world->genesis,
                           lh_buf_bytes(&world->bytes), NULL);
}

static enum lh_code read_signed(struct world *world, uint8_t a, uint8_t b)
{
    sign(world, a, b);
    return read(world, NULL);
}

static void two_officers_ask_for_a_generation(void **state)
{
    static const enum lh_suite_id suites[] = { LH_SUITE_W, LH_SUITE_G };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct world *world = new_world(suites[i]);
        struct lh_prepare prepare;
        struct lh_pubkey seal;
        struct lh_hash hash;

        sign(world, 10, 11);
        assert_int_equal(read(world, &prepare), LH_OK);
        hash = lh_body_hash(world->suite, lh_buf_bytes(&world->act.body));
        assert_string_equal(prepare.origin, "jinhua/gaj/3");
        assert_string_equal(prepare.department, "gaj");
        assert_int_equal(prepare.generation, 3);
        assert_true(lh_hash_is_equal(&prepare.hash, &hash));
        assert_int_equal(lh_pubkey_from_wire(&seal, &world->body.detail.generation.seal_key, NULL),
                         LH_OK);
        assert_true(lh_pubkey_is_equal(&prepare.seal, &seal));
        assert_true(world->bytes.len <= LH_PREPARE_MAX);
        free_world(world);
    }
}

static void one_officer_or_somebody_elses_asks_for_nothing(void **state)
{
    struct world *world = *state;

    assert_int_equal(read_signed(world, 0, 0), LH_ERR_DENIED);
    assert_int_equal(read_signed(world, 10, 0), LH_ERR_DENIED);
    assert_int_equal(read_signed(world, 10, 20), LH_ERR_FORGED); /* an officer of mzj */
    assert_int_equal(read_signed(world, 10, 12), LH_ERR_FORGED); /* the recorder of gaj */
    assert_int_equal(read_signed(world, 10, 11), LH_OK);
    strcpy(world->body.department, "mzj");
    strcpy(world->body.detail.generation.prev_origin, "jinhua/mzj/2");
    assert_int_equal(read_signed(world, 10, 11), LH_ERR_FORGED); /* the officers of gaj for mzj */
    assert_int_equal(read_signed(world, 20, 21), LH_OK);
    strcpy(world->body.department, "rsj");
    strcpy(world->body.detail.generation.prev_origin, "jinhua/rsj/2");
    assert_int_equal(read_signed(world, 10, 11), LH_ERR_NOT_FOUND);
}

static void what_was_signed_cannot_be_changed(void **state)
{
    struct world *world = *state;

    sign(world, 10, 11);
    assert_int_equal(read(world, NULL), LH_OK);
    world->act.signatures[1].sig.bytes[5] ^= 1;
    assert_int_equal(read(world, NULL), LH_ERR_FORGED);
    world->act.signatures[1].sig.bytes[5] ^= 1;
    world->act.network_id.bytes[0] ^= 1;
    assert_int_equal(read(world, NULL), LH_ERR_FORGED);
    world->act.network_id.bytes[0] ^= 1;
    world->act.suite = LH_SUITE_G;
    assert_int_equal(read(world, NULL), LH_ERR_FORGED);
    world->act.suite = LH_SUITE_W;
    assert_int_equal(read(world, NULL), LH_OK);
    assert_int_equal(lh_prepare_read(&(struct lh_prepare){ .generation = 0 }, world->suite,
                                     world->genesis,
                                     lh_bytes_of(world->bytes.data, world->bytes.len - 1), NULL),
                     LH_ERR_INVALID);
}

static void an_act_that_begins_something_asks_for_nothing(void **state)
{
    struct world *world = *state;
    lhpb_Generation *generation = &world->body.detail.generation;

    generation->has_promises_digest = true; /* the act that begins it */
    memset(generation->promises_digest, 0x70, sizeof generation->promises_digest);
    assert_int_equal(read_signed(world, 10, 11), LH_ERR_INVALID);
    generation->has_promises_digest = false;
    generation->reason = 6;
    assert_int_equal(read_signed(world, 10, 11), LH_ERR_INVALID);
    generation->reason = 2;
    generation->lost_from = 4;
    generation->lost_until = 5;
    assert_int_equal(read_signed(world, 10, 11), LH_ERR_INVALID);
    generation->lost_from = 0;
    generation->lost_until = 0;
    assert_int_equal(read_signed(world, 10, 11), LH_OK);
    generation->prev_size = 5;
    generation->has_prev_root = true;
    memset(generation->prev_root, 1, sizeof generation->prev_root);
    generation->has_prev_header = true;
    memset(generation->prev_header, 1, sizeof generation->prev_header);
    assert_int_equal(read_signed(world, 10, 11), LH_ERR_INVALID);
    lh_fixture_body(&world->body, lhpb_EntryType_APPROVAL);
    strcpy(world->body.department, "gaj");
    assert_int_equal(read_signed(world, 10, 11), LH_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_officers_ask_for_a_generation),
        cmocka_unit_test_setup_teardown(one_officer_or_somebody_elses_asks_for_nothing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_was_signed_cannot_be_changed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_act_that_begins_something_asks_for_nothing, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
