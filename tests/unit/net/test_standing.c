/* A head of gaj in a city of six: five witnesses, four make it witnessed. Epoch 1 rotates the
 * witness and mirror keys of all of them but one. */
#include "net/standing.h"

#include "ledger/checkpoint.h"
#include "tests/support/founders.h"
#include "tests/support/proposing.h"
#include "tests/support/town.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { COUNT = 6, OLD = 1, NEW = 2, FRESH = 200 };

struct place {
    struct lh_town *town;
    struct lh_epochs *epochs; /* 0 and 1 */
    struct lh_epochs *genesis_alone;
    struct lh_hash epoch[2];
    struct lh_hash unknown;
    struct lh_signer *witnesses[COUNT]; /* of epoch 1 */
    struct lh_signer *mirrors[COUNT];
    const char *department;
    struct lh_buf note;
};

static struct lh_signer *fresh(enum lh_suite_id suite, size_t number)
{
    return lh_founder_signer(lh_founder_alg(suite), (uint8_t)(FRESH + number));
}

static struct lh_buf rotation(struct place *place, enum lh_suite_id suite)
{
    const struct lh_genesis *genesis = lh_town_genesis(place->town);
    lhpb_Proposal *proposal = calloc(1, sizeof *proposal);
    struct lh_buf bytes;

    assert_non_null(proposal);
    lh_proposing_begin(proposal, lh_epochs_newest(place->epochs));
    for (size_t who = 1; who < COUNT; who++) {
        const struct lh_enrolment *member =
            lh_genesis_find(genesis, lh_bytes_of_text(lh_town_department(who)));

        place->witnesses[who] = fresh(suite, 2 * who);
        place->mirrors[who] = fresh(suite, 2 * who + 1);
        (void)lh_proposing_rotate(proposal, suite, member->department, &member->witness,
                                  place->witnesses[who]);
        (void)lh_proposing_rotate(proposal, suite, member->department, &member->mirror,
                                  place->mirrors[who]);
    }
    bytes = lh_proposing_bytes(proposal);
    free(proposal);
    return bytes;
}

static void open_place(struct place *place, enum lh_suite_id suite)
{
    struct lh_buf bytes;

    memset(place, 0, sizeof *place);
    place->note = (struct lh_buf)LH_BUF_EMPTY;
    place->town = lh_town_new(suite, COUNT);
    assert_int_equal(lh_epochs_new(&place->epochs, lh_town_genesis(place->town), NULL), LH_OK);
    assert_int_equal(lh_epochs_new(&place->genesis_alone, lh_town_genesis(place->town), NULL),
                     LH_OK);
    bytes = rotation(place, suite);
    assert_int_equal(lh_epochs_add(place->epochs, lh_buf_bytes(&bytes), NULL), LH_OK);
    lh_buf_clear(&bytes);
    for (size_t i = 0; i < 2; i++) {
        place->epoch[i] = *lh_members_epoch(lh_epochs_at(place->epochs, i));
    }
    memset(place->unknown.bytes, 0xee, sizeof place->unknown.bytes);
    place->department = "gaj";
}

static void close_place(struct place *place)
{
    for (size_t i = 0; i < COUNT; i++) {
        lh_signer_free(place->witnesses[i]);
        lh_signer_free(place->mirrors[i]);
    }
    lh_buf_clear(&place->note);
    lh_epochs_free(place->genesis_alone);
    lh_epochs_free(place->epochs);
    lh_town_free(place->town);
}

static void add_line(struct place *place, size_t who, const char *duty, struct lh_signer *signer)
{
    struct lh_note_key key;
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_buf name = LH_BUF_EMPTY;
    struct lh_note note;

    lh_buf_add_format(&name, "jinhua/%s/%s", lh_town_department(who), duty);
    assert_int_equal(lh_note_key_init(&key, lh_buf_text(&name), LH_NOTE_COSIGNATURE,
                                      lh_signer_pubkey(signer), NULL),
                     LH_OK);
    assert_int_equal(lh_note_parse(&note, lh_buf_bytes(&place->note), NULL), LH_OK);
    lh_buf_add(&text, note.text);
    assert_int_equal(lh_note_add_line(&place->note, lh_buf_bytes(&text), &key, signer, 5, NULL),
                     LH_OK);
    lh_buf_clear(&name);
    lh_buf_clear(&text);
}

/* A head with so many witnesses of the old and of the new keys, and mirrors of these. */
static void write_note(struct place *place, size_t old, size_t old_mirrors, size_t new_ones,
                       size_t new_mirrors)
{
    struct lh_checkpoint head = { .size = 7 };

    memcpy(head.origin, lh_town_origin(place->town, 0), strlen(lh_town_origin(place->town, 0)) + 1);
    lh_buf_reset(&place->note);
    lh_town_sign(place->town, 0, &head, &place->note);
    for (size_t who = 1; who < COUNT; who++) {
        if (who <= old) {
            add_line(place, who, "witness", lh_town_witness(place->town, who));
        }
        if (who <= old_mirrors) {
            add_line(place, who, "mirror", lh_town_mirror(place->town, who));
        }
        if (who <= new_ones) {
            add_line(place, who, "witness", place->witnesses[who]);
        }
        if (who <= new_mirrors) {
            add_line(place, who, "mirror", place->mirrors[who]);
        }
    }
}

static enum lh_code judge(struct place *place, const struct lh_epochs *epochs,
                          const struct lh_hash *epoch, const struct lh_hash *before,
                          struct lh_standing *out)
{
    struct lh_note note;

    assert_int_equal(lh_note_parse(&note, lh_buf_bytes(&place->note), NULL), LH_OK);
    return lh_standing_judge(out, lh_town_suite(place->town), epochs, epoch, before,
                             place->department, &note, NULL);
}

static enum lh_level level_of(struct place *place, size_t before, size_t epoch)
{
    struct lh_standing standing;

    assert_int_equal(
        judge(place, place->epochs, &place->epoch[epoch], &place->epoch[before], &standing), LH_OK);
    assert_int_equal(standing.is_transition, before != epoch);
    return standing.level;
}

/* ---- claims ---- */

static void a_head_counts_by_the_witnesses_of_its_own_epoch(void **state)
{
    (void)state;
    for (enum lh_suite_id suite = LH_SUITE_W; suite <= LH_SUITE_G; suite++) {
        struct place place;

        open_place(&place, suite);
        write_note(&place, 4, 2, 0, 0);
        assert_int_equal(level_of(&place, 0, 0), LH_LEVEL_FINAL);
        assert_int_equal(level_of(&place, 1, 1), LH_LEVEL_SEALED);
        write_note(&place, 0, 0, 4, 2);
        assert_int_equal(level_of(&place, 0, 0), LH_LEVEL_SEALED);
        assert_int_equal(level_of(&place, 1, 1), LH_LEVEL_FINAL);
        write_note(&place, 5, 5, 3, 3); /* one too few, and the old ones do not fill the gap */
        assert_int_equal(level_of(&place, 1, 1), LH_LEVEL_SEALED);
        close_place(&place);
    }
}

static void a_transition_head_needs_both(void **state)
{
    static const struct {
        size_t old, old_mirrors, new_ones, new_mirrors;
        enum lh_level level;
    } rows[] = {
        { 4, 0, 4, 0, LH_LEVEL_WITNESSED }, { 3, 0, 5, 5, LH_LEVEL_FINAL },
        { 0, 0, 5, 5, LH_LEVEL_FINAL }, /* all are in both: one line counts in both */
        { 0, 0, 3, 3, LH_LEVEL_SEALED },    { 5, 5, 3, 3, LH_LEVEL_SEALED },
        { 5, 5, 0, 0, LH_LEVEL_SEALED },    { 4, 0, 4, 2, LH_LEVEL_FINAL },
        { 4, 4, 4, 1, LH_LEVEL_WITNESSED }, /* two mirrors of the new epoch */
    };
    struct lh_standing standing;
    struct place place;

    (void)state;
    open_place(&place, LH_SUITE_W);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_note(&place, rows[i].old, rows[i].old_mirrors, rows[i].new_ones, rows[i].new_mirrors);
        assert_int_equal(level_of(&place, 0, 1), rows[i].level);
        assert_int_equal(judge(&place, place.epochs, &place.epoch[1], &place.epoch[0], &standing),
                         LH_OK);
        assert_int_equal(standing.tally.sum.witness_count, rows[i].new_ones);
        assert_int_equal(standing.before.sum.witness_count,
                         rows[i].old > rows[i].new_ones ? rows[i].old : rows[i].new_ones);
    }
    close_place(&place);
}

static void an_epoch_that_is_not_known_leaves_the_level_open(void **state)
{
    struct lh_standing standing = { .level = LH_LEVEL_FINAL };
    struct place place;

    (void)state;
    open_place(&place, LH_SUITE_W);
    write_note(&place, 5, 5, 5, 5);
    assert_int_equal(level_of(&place, 0, 1), LH_LEVEL_FINAL); /* the control */
    assert_int_equal(
        judge(&place, place.genesis_alone, &place.epoch[1], &place.epoch[1], &standing),
        LH_ERR_UNKNOWN);
    assert_true(lh_hash_is_equal(&standing.missing, &place.epoch[1]));
    assert_int_equal(judge(&place, place.epochs, &place.epoch[1], &place.unknown, &standing),
                     LH_ERR_UNKNOWN);
    assert_true(lh_hash_is_equal(&standing.missing, &place.unknown));
    close_place(&place);
}

static void a_false_line_of_either_epoch_refuses_a_transition_head(void **state)
{
    struct lh_standing standing;
    struct place place;

    (void)state;
    open_place(&place, LH_SUITE_W);
    for (int which = OLD; which <= NEW; which++) {
        write_note(&place, which == OLD ? 5 : 4, 0, which == OLD ? 0 : 5, 0);
        assert_int_equal(level_of(&place, 0, 1),
                         which == OLD ? LH_LEVEL_SEALED : LH_LEVEL_WITNESSED);
        place.note.data[place.note.len - 10] ^= 1; /* of the last line */
        assert_int_equal(judge(&place, place.epochs, &place.epoch[1], &place.epoch[0], &standing),
                         LH_ERR_FORGED);
        /* To a head of the other epoch alone the line is of nobody. */
        assert_int_equal(judge(&place, place.epochs, &place.epoch[which == OLD],
                               &place.epoch[which == OLD], &standing),
                         LH_OK);
    }
    close_place(&place);
}

static void a_department_that_is_no_member_has_no_witnesses(void **state)
{
    struct lh_standing standing;
    struct place place;

    (void)state;
    open_place(&place, LH_SUITE_W);
    write_note(&place, 5, 0, 0, 0);
    place.department = "nobody";
    assert_int_equal(judge(&place, place.epochs, &place.epoch[0], &place.epoch[0], &standing),
                     LH_ERR_NOT_FOUND);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_counts_by_the_witnesses_of_its_own_epoch),
        cmocka_unit_test(a_transition_head_needs_both),
        cmocka_unit_test(an_epoch_that_is_not_known_leaves_the_level_open),
        cmocka_unit_test(a_false_line_of_either_epoch_refuses_a_transition_head),
        cmocka_unit_test(a_department_that_is_no_member_has_no_witnesses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
