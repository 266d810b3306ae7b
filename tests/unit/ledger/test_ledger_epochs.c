/* A ledger on a store goes on in epochs that were certified: epoch 1 rotates the first officer, 2
 * the recorder, 3 lets another department in. */
#include "ledger/ledger.h"

#include "tests/support/founders.h"
#include "tests/support/ledger_place.h"
#include "tests/support/proposing.h"
#include "tests/support/store_mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { EPOCHS = 3 };

static struct lh_suite *suite_of(const struct lh_place *place)
{
    return lh_city_suite(lh_office_city(place->office));
}

static struct lh_key_id id_of(const struct lh_place *place, const struct lh_pubkey *key)
{
    return lh_key_id_of(suite_of(place), key);
}

static const struct lh_enrolment *founder(const struct lh_place *place)
{
    return lh_genesis_member(lh_city_genesis(lh_office_city(place->office)), 0);
}

static struct lh_signer *fresh(uint8_t number)
{
    return lh_founder_signer(LH_ALG_ED25519, number);
}

/* What follows the newest epoch that the ledger knows. */
static struct lh_buf proposal_of(const struct lh_place *place)
{
    const struct lh_members *newest = lh_epochs_newest(lh_ledger_epochs(place->ledger));
    lhpb_Proposal *proposal = calloc(1, sizeof *proposal);
    struct lh_signer *signer = fresh((uint8_t)(70 + lh_members_number(newest)));
    struct lh_enrolment enrolment;
    struct lh_buf bytes;

    assert_non_null(proposal);
    lh_proposing_begin(proposal, newest);
    if (lh_members_number(newest) == 0) {
        (void)lh_proposing_rotate(proposal, LH_SUITE_W, "gaj", &founder(place)->officers[0].key,
                                  signer);
    } else if (lh_members_number(newest) == 1) {
        (void)lh_proposing_rotate(proposal, LH_SUITE_W, "gaj", &founder(place)->recorder, signer);
    } else {
        lh_founder_enrolment(&enrolment, LH_SUITE_W, "rsj", 30);
        lh_proposing_admit(proposal, LH_SUITE_W, &enrolment);
    }
    bytes = lh_proposing_bytes(proposal);
    lh_signer_free(signer);
    free(proposal);
    return bytes;
}

static void add_epoch(struct lh_place *place)
{
    struct lh_buf bytes = proposal_of(place);
    struct lh_err err = LH_ERR_NONE;

    lh_place_must(lh_ledger_add_epoch(place->ledger, lh_buf_bytes(&bytes), &err), &err);
    lh_buf_clear(&bytes);
}

static void open_again(struct lh_place *place)
{
    lh_ledger_close(place->ledger);
    place->ledger = NULL;
    lh_place_open(place, LH_LEDGER_CONTINUOUS);
}

static bool may_sign(const struct lh_place *place, const struct lh_pubkey *key)
{
    struct lh_key_id id = id_of(place, key);
    const struct lh_roster_key *found = lh_roster_find(lh_ledger_roster(place->ledger), &id);

    return found != NULL && !found->is_ended;
}

static bool may_fresh_sign(const struct lh_place *place, uint8_t number)
{
    struct lh_signer *signer = fresh(number);
    bool may = may_sign(place, lh_signer_pubkey(signer));

    lh_signer_free(signer);
    return may;
}

static enum lh_code verify(struct lh_place *place, uint64_t *index, struct lh_err *err)
{
    return lh_ledger_verify(place->ledger, suite_of(place), index, NULL, NULL, err);
}

/* Only what is on disk is left. */
static void crash(struct lh_place *place)
{
    struct lh_store *left = NULL;
    struct lh_err err = LH_ERR_NONE;

    lh_place_must(lh_store_mem_after_crash(&left, place->store,
                                           lh_store_mem_commit_count(place->store), &err),
                  &err);
    lh_ledger_close(place->ledger);
    lh_store_close(place->store);
    place->store = left;
    lh_place_open(place, LH_LEDGER_CONTINUOUS);
}

/* ---- claims ---- */

static void the_next_block_names_an_epoch_that_was_added(void **state)
{
    struct lh_place *place = *state;
    struct lh_ledger_head head;

    lh_place_append(place, 1);
    assert_int_equal(lh_place_head(place).epoch, 0);
    add_epoch(place);
    head = lh_place_head(place);
    assert_int_equal(head.epoch, 0); /* not before it is closed */
    assert_true(may_sign(place, &founder(place)->officers[0].key));
    assert_false(may_fresh_sign(place, 70));
    lh_place_append(place, 1);
    head = lh_place_head(place);
    assert_int_equal(head.epoch, 1);
    assert_true(lh_hash_is_equal(
        &head.epoch_hash, lh_members_epoch(lh_epochs_newest(lh_ledger_epochs(place->ledger)))));
    assert_false(may_sign(place, &founder(place)->officers[0].key));
    assert_true(may_sign(place, &founder(place)->officers[1].key));
    assert_true(may_fresh_sign(place, 70));
    lh_place_append(place, 1);
    assert_int_equal(lh_place_head(place).epoch, 1);
}

static void an_opening_comes_to_the_same_roster_and_epoch(void **state)
{
    struct lh_place *place = *state;
    uint64_t index = 0;
    struct lh_err err = LH_ERR_NONE;

    lh_place_append(place, 1);
    lh_place_append(place, LH_PLACE_STAFF);
    add_epoch(place);
    lh_place_append(place, 1);
    add_epoch(place);
    open_again(place); /* known, and not named yet */
    assert_int_equal(lh_epochs_count(lh_ledger_epochs(place->ledger)), 3);
    assert_int_equal(lh_place_head(place).epoch, 1);
    assert_true(may_sign(place, &founder(place)->recorder));
    lh_place_append(place, 1);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(lh_place_head(place).epoch, 2);
        assert_false(may_sign(place, &founder(place)->officers[0].key));
        assert_false(may_sign(place, &founder(place)->recorder));
        assert_true(may_sign(place, &founder(place)->officers[1].key));
        assert_true(may_fresh_sign(place, 70));
        assert_true(may_fresh_sign(place, 71));
        lh_place_must(verify(place, &index, &err), &err);
        open_again(place);
    }
}

static void verification_judges_each_leaf_by_the_epoch_it_stands_in(void **state)
{
    struct lh_place *place = *state;
    struct lh_err err = LH_ERR_NONE;
    uint64_t index = 0;

    lh_place_fill(place, 40); /* the recorder signs some */
    lh_place_must(verify(place, &index, &err), &err);
    add_epoch(place);
    add_epoch(place);
    lh_place_append(place, 1); /* past epoch 1 */
    assert_int_equal(lh_place_head(place).epoch, 2);
    lh_place_must(verify(place, &index, &err), &err);
    uint64_t behind = lh_place_head(place).size;
    lh_place_append(place, 60); /* append leaves judging to its caller */
    assert_int_equal(verify(place, &index, &err), LH_ERR_CORRUPT);
    assert_true(index >= behind);
    assert_non_null(strstr(err.text, "an epoch ended the key"));
}

static void a_ledger_begins_in_the_newest_epoch(void **state)
{
    struct lh_place *place = *state;
    struct lh_err err = LH_ERR_NONE;

    add_epoch(place); /* before GENERATION */
    assert_true(may_fresh_sign(place, 70));
    assert_false(may_sign(place, &founder(place)->officers[0].key));
    lh_place_append(place, 1);
    assert_int_equal(lh_place_head(place).epoch, 1);
    open_again(place);
    assert_true(may_fresh_sign(place, 70));
    assert_false(may_sign(place, &founder(place)->officers[0].key));
    assert_int_equal(verify(place, NULL, &err), LH_ERR_CORRUPT); /* officers of epoch 0 signed it */
}

/* The receipt of GENERATION under the newest head. */
static void assert_receipt_shows(struct lh_place *place, size_t epoch, size_t before)
{
    const struct lh_epochs *epochs = lh_ledger_epochs(place->ledger);
    const struct lh_genesis *genesis = lh_city_genesis(lh_office_city(place->office));
    struct lh_receipt receipt = LH_RECEIPT_EMPTY;
    struct lh_receipt_report report;
    struct lh_err err = LH_ERR_NONE;

    lh_place_must(lh_ledger_receipt(place->ledger, suite_of(place), 0, lh_place_head(place).size,
                                    &receipt, &err),
                  &err);
    lh_place_must(lh_receipt_verify(&receipt, suite_of(place), lh_ledger_seal(place->ledger), 1,
                                    lh_genesis_network_id(genesis), &report, &err),
                  &err);
    assert_true(lh_hash_is_equal(&report.epoch, lh_members_epoch(lh_epochs_at(epochs, epoch))));
    assert_true(
        lh_hash_is_equal(&report.epoch_before, lh_members_epoch(lh_epochs_at(epochs, before))));
    assert_int_equal(receipt.before.len > 0, epoch > 0 && lh_place_head(place).height > 1);
    lh_receipt_clear(&receipt);
}

static void a_receipt_shows_the_epoch_of_its_head_and_of_the_block_before(void **state)
{
    struct lh_place *place = *state;

    lh_place_append(place, 1);
    assert_receipt_shows(place, 0, 0);
    lh_place_append(place, LH_PLACE_STAFF);
    assert_receipt_shows(place, 0, 0);
    add_epoch(place);
    lh_place_append(place, 1);
    assert_receipt_shows(place, 1, 0);
    lh_place_append(place, 1);
    assert_receipt_shows(place, 1, 1);
    add_epoch(place);
    add_epoch(place);
    lh_place_append(place, 1);
    assert_receipt_shows(place, 3, 1);
}

/* The officers of the genesis file signed it, so it has no receipt; a later entry has. */
static void the_first_head_of_a_ledger_that_begins_in_a_later_epoch_shows_no_other(void **state)
{
    struct lh_place *place = *state;
    struct lh_receipt shown = LH_RECEIPT_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    lhpb_Leaf leaf;

    add_epoch(place);
    lh_place_append(place, 1);
    lh_place_must(lh_ledger_show_headers(place->ledger, suite_of(place), lh_place_head(place).size,
                                         &shown, &err),
                  &err);
    assert_int_equal(shown.before.len, 0);
    assert_int_equal(lh_leaf_decode(&leaf, lh_buf_bytes(&shown.header), NULL), LH_OK);
    assert_int_equal(leaf.kind.header.height, 1);
    assert_memory_equal(leaf.kind.header.epoch_hash,
                        lh_members_epoch(lh_epochs_at(lh_ledger_epochs(place->ledger), 1))->bytes,
                        LH_HASH_SIZE);
    lh_receipt_clear(&shown);
}

static void only_what_follows_is_taken_and_once(void **state)
{
    struct lh_place *place = *state;
    struct lh_buf first = proposal_of(place);
    struct lh_buf late;
    size_t commits;

    lh_place_append(place, 1);
    commits = lh_store_mem_commit_count(place->store);
    assert_int_equal(lh_ledger_add_epoch(place->ledger, lh_bytes_of_text("x"), NULL),
                     LH_ERR_INVALID);
    assert_int_equal(lh_store_mem_commit_count(place->store), commits);
    assert_int_equal(lh_ledger_add_epoch(place->ledger, lh_buf_bytes(&first), NULL), LH_OK);
    assert_int_equal(lh_store_mem_commit_count(place->store), commits + 1);
    assert_int_equal(lh_ledger_add_epoch(place->ledger, lh_buf_bytes(&first), NULL), LH_OK);
    assert_int_equal(lh_store_mem_commit_count(place->store), commits + 1);
    late = proposal_of(place);
    add_epoch(place);
    add_epoch(place);
    first.data[first.len - 1] ^= 1;
    assert_int_not_equal(lh_ledger_add_epoch(place->ledger, lh_buf_bytes(&first), NULL), LH_OK);
    assert_int_equal(lh_ledger_add_epoch(place->ledger, lh_buf_bytes(&late), NULL), LH_OK);
    assert_int_equal(lh_epochs_count(lh_ledger_epochs(place->ledger)), 1 + EPOCHS);
    lh_buf_clear(&late);
    lh_buf_clear(&first);
}

static void an_epoch_that_was_not_stored_is_in_no_header(void **state)
{
    struct lh_place *place = *state;
    struct lh_buf bytes = proposal_of(place);

    lh_place_append(place, 1);
    lh_store_mem_fail_at(place->store, 1, LH_MEM_FAIL_LOST);
    assert_int_equal(lh_ledger_add_epoch(place->ledger, lh_buf_bytes(&bytes), NULL), LH_ERR_IO);
    assert_int_equal(lh_epochs_count(lh_ledger_epochs(place->ledger)), 1);
    assert_int_equal(
        lh_office_append(place->office, place->ledger, place->next, 1, NULL, NULL, NULL),
        LH_ERR_IO); /* the process is to end */
    crash(place);
    lh_place_append(place, 1);
    assert_int_equal(lh_place_head(place).epoch, 0);
    assert_int_equal(lh_ledger_add_epoch(place->ledger, lh_buf_bytes(&bytes), NULL), LH_OK);
    lh_place_append(place, 1);
    assert_int_equal(lh_place_head(place).epoch, 1);
    lh_buf_clear(&bytes);
}

int main(void)
{
    const struct CMUnitTest claims[] = {
        cmocka_unit_test_setup_teardown(the_next_block_names_an_epoch_that_was_added, lh_place_make,
                                        lh_place_remove),
        cmocka_unit_test_setup_teardown(an_opening_comes_to_the_same_roster_and_epoch,
                                        lh_place_make, lh_place_remove),
        cmocka_unit_test_setup_teardown(verification_judges_each_leaf_by_the_epoch_it_stands_in,
                                        lh_place_make, lh_place_remove),
        cmocka_unit_test_setup_teardown(a_ledger_begins_in_the_newest_epoch, lh_place_make,
                                        lh_place_remove),
        cmocka_unit_test_setup_teardown(
            a_receipt_shows_the_epoch_of_its_head_and_of_the_block_before, lh_place_make,
            lh_place_remove),
        cmocka_unit_test_setup_teardown(
            the_first_head_of_a_ledger_that_begins_in_a_later_epoch_shows_no_other, lh_place_make,
            lh_place_remove),
        cmocka_unit_test_setup_teardown(only_what_follows_is_taken_and_once, lh_place_make,
                                        lh_place_remove),
        cmocka_unit_test_setup_teardown(an_epoch_that_was_not_stored_is_in_no_header, lh_place_make,
                                        lh_place_remove),
    };

    return cmocka_run_group_tests(claims, lh_place_make_office, lh_place_free_office);
}
