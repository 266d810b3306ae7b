#include "net/panel.h"

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

enum { COUNT = 6, SEATS = COUNT - 1 };

/* Six departments; in epoch 1 mzj and rsj witness no more. So of gaj's ledgers five witness in
 * epoch 0, of whom four are needed, and three in epoch 1, of whom two are. */
struct scene {
    struct lh_town *town;
    struct lh_epochs *epochs;
    struct lh_panel panel;
    struct lh_buf note;
    struct lh_buf lines;
};

static void set_up(struct scene *scene, bool is_transition)
{
    static const char *const silent[] = { "mzj", "rsj" };
    const struct lh_members *before;

    *scene = (struct scene){ .note = LH_BUF_EMPTY, .lines = LH_BUF_EMPTY };
    scene->town = lh_town_new(LH_SUITE_W, COUNT);
    assert_int_equal(lh_epochs_new(&scene->epochs, lh_town_genesis(scene->town), NULL), LH_OK);
    lh_proposing_add_silent(scene->epochs, silent, 2);
    before = is_transition ? lh_epochs_at(scene->epochs, 0) : NULL;
    assert_int_equal(lh_panel_init(&scene->panel, lh_town_suite(scene->town),
                                   lh_epochs_at(scene->epochs, 1), before, "gaj", NULL),
                     LH_OK);
}

static void clear(struct scene *scene)
{
    lh_buf_clear(&scene->lines);
    lh_buf_clear(&scene->note);
    lh_epochs_free(scene->epochs);
    lh_town_free(scene->town);
}

static size_t place_of(const char *department)
{
    size_t place = 0;

    while (strcmp(lh_town_department(place), department) != 0) {
        place++;
    }
    return place;
}

/* A head of gaj with lines of the seats in `witnesses`, as mirrors too of those in `mirrors`. */
static void write_note(struct scene *scene, unsigned witnesses, unsigned mirrors)
{
    struct lh_checkpoint head = { .origin = "jinhua/gaj/1", .size = 7 };
    struct lh_buf text = LH_BUF_EMPTY;

    lh_buf_reset(&scene->note);
    lh_checkpoint_format(&text, &head);
    lh_town_sign(scene->town, 0, &head, &scene->note);
    for (unsigned i = 0; i < scene->panel.count; i++) {
        const struct lh_tally_witness *witness = &scene->panel.seats[i].witness;
        size_t who = place_of(witness->department);

        if ((witnesses >> i & 1) != 0) {
            assert_int_equal(lh_note_add_line(&scene->note, lh_buf_bytes(&text),
                                              &witness->witness_key,
                                              lh_town_witness(scene->town, who), 5, NULL),
                             LH_OK);
        }
        if ((mirrors >> i & 1) != 0) {
            assert_int_equal(lh_note_add_line(&scene->note, lh_buf_bytes(&text),
                                              &witness->mirror_key,
                                              lh_town_mirror(scene->town, who), 5, NULL),
                             LH_OK);
        }
    }
    lh_buf_clear(&text);
}

static enum lh_code read(struct scene *scene, struct lh_panel_sum *out)
{
    struct lh_note note;

    lh_buf_reset(&scene->lines);
    assert_int_equal(lh_note_parse(&note, lh_buf_bytes(&scene->note), NULL), LH_OK);
    return lh_panel_read(&scene->panel, &note, out, &scene->lines, NULL);
}

static unsigned count_seats(const struct scene *scene, unsigned set, bool is_before)
{
    unsigned count = 0;

    for (unsigned i = 0; i < scene->panel.count; i++) {
        const struct lh_panel_seat *seat = &scene->panel.seats[i];

        count += (set >> i & 1) != 0 && (is_before ? seat->is_before : seat->is_now);
    }
    return count;
}

static void a_transition_head_needs_enough_of_both_epochs(void **state)
{
    struct lh_panel_sum sum;
    struct scene scene;
    unsigned short_count = 0;

    (void)state;
    set_up(&scene, true);
    assert_int_equal(scene.panel.count, SEATS);
    assert_int_equal(count_seats(&scene, 0x1f, false), 3);
    assert_int_equal(count_seats(&scene, 0x1f, true), 5);
    for (unsigned set = 0; set < 1u << SEATS; set++) {
        unsigned now = count_seats(&scene, set, false);
        unsigned before = count_seats(&scene, set, true);

        write_note(&scene, set, set);
        assert_int_equal(read(&scene, &sum), LH_OK);
        assert_int_equal(sum.now.witness_count, now);
        assert_int_equal(sum.before.witness_count, before);
        assert_int_equal(lh_panel_is_witnessed(&scene.panel, &sum), now >= 2 && before >= 4);
        assert_int_equal(lh_panel_is_final(&scene.panel, &sum), now >= 2 && before >= 4);
        short_count += now >= 2 && before < 4; /* the epoch alone would let it pass */
    }
    assert_true(short_count > 0);
    clear(&scene);
}

static void a_later_head_needs_those_of_its_epoch_alone(void **state)
{
    struct lh_panel_sum sum;
    struct scene scene;

    (void)state;
    set_up(&scene, false);
    assert_int_equal(scene.panel.count, 3);
    for (unsigned set = 0; set < 1u << 3; set++) {
        unsigned now = count_seats(&scene, set, false);

        write_note(&scene, set, set & 1);
        assert_int_equal(read(&scene, &sum), LH_OK);
        assert_int_equal(lh_panel_is_witnessed(&scene.panel, &sum), now >= 2);
        assert_false(lh_panel_is_final(&scene.panel, &sum)); /* of one mirror */
        write_note(&scene, set, set);
        assert_int_equal(read(&scene, &sum), LH_OK);
        assert_int_equal(lh_panel_is_final(&scene.panel, &sum), now >= 2);
    }
    clear(&scene);
}

static void mirrors_of_the_epoch_before_make_nothing_final(void **state)
{
    struct lh_panel_sum sum;
    struct scene scene;
    unsigned old_only = 0;

    (void)state;
    set_up(&scene, true);
    for (unsigned i = 0; i < SEATS; i++) {
        old_only |= scene.panel.seats[i].is_now ? 0 : 1u << i;
    }
    write_note(&scene, 0x1f, old_only);
    assert_int_equal(read(&scene, &sum), LH_OK);
    assert_int_equal(sum.before.mirror_count, 2);
    assert_true(lh_panel_is_witnessed(&scene.panel, &sum));
    assert_false(lh_panel_is_final(&scene.panel, &sum));
    write_note(&scene, 0x1f, 0x1f & ~old_only);
    assert_int_equal(read(&scene, &sum), LH_OK);
    assert_true(lh_panel_is_final(&scene.panel, &sum));
    clear(&scene);
}

/* ybj's witness key becomes another in epoch 1: its old one counts by epoch 0 alone, the new one by
 * both. */
static void a_line_of_who_is_in_both_counts_in_both(void **state)
{
    struct lh_signer *next = lh_founder_signer(LH_ALG_ED25519, 222);
    lhpb_Proposal *proposal = calloc(1, sizeof *proposal);
    struct lh_checkpoint head = { .origin = "jinhua/gaj/1", .size = 7 };
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_epochs *epochs = NULL;
    const struct lh_panel_seat *ybj = NULL;
    struct lh_panel_sum sum;
    struct scene scene;
    struct lh_buf bytes;

    (void)state;
    set_up(&scene, true);
    assert_non_null(proposal);
    assert_int_equal(lh_epochs_new(&epochs, lh_town_genesis(scene.town), NULL), LH_OK);
    lh_proposing_begin(proposal, lh_epochs_newest(epochs));
    (void)lh_proposing_rotate(proposal, LH_SUITE_W, "ybj",
                              &lh_members_find(lh_epochs_newest(epochs), "ybj")->enrolment.witness,
                              next);
    bytes = lh_proposing_bytes(proposal);
    assert_int_equal(lh_epochs_add(epochs, lh_buf_bytes(&bytes), NULL), LH_OK);
    assert_int_equal(lh_panel_init(&scene.panel, lh_town_suite(scene.town), lh_epochs_at(epochs, 1),
                                   lh_epochs_at(epochs, 0), "gaj", NULL),
                     LH_OK);
    assert_int_equal(scene.panel.count, SEATS);
    for (unsigned i = 0; i < SEATS; i++) {
        ybj = scene.panel.seats[i].has_old ? &scene.panel.seats[i] : ybj;
    }
    assert_non_null(ybj);
    assert_string_equal(ybj->witness.department, "ybj");
    lh_checkpoint_format(&text, &head);
    for (size_t old = 0; old < 2; old++) {
        write_note(&scene, 0, 0);
        assert_int_equal(lh_note_add_line(&scene.note, lh_buf_bytes(&text),
                                          old ? &ybj->old.witness_key : &ybj->witness.witness_key,
                                          old ? lh_town_witness(scene.town, place_of("ybj")) : next,
                                          5, NULL),
                         LH_OK);
        assert_int_equal(read(&scene, &sum), LH_OK);
        assert_int_equal(sum.now.witness_count, old ? 0 : 1);
        assert_int_equal(sum.before.witness_count, 1);
    }
    lh_buf_clear(&text);
    lh_buf_clear(&bytes);
    lh_epochs_free(epochs);
    lh_signer_free(next);
    free(proposal);
    clear(&scene);
}

static void who_is_no_member_has_no_panel(void **state)
{
    struct lh_panel panel;
    struct scene scene;

    (void)state;
    set_up(&scene, false);
    assert_int_equal(lh_panel_init(&panel, lh_town_suite(scene.town), lh_epochs_at(scene.epochs, 1),
                                   NULL, "wjw", NULL),
                     LH_ERR_NOT_FOUND);
    clear(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transition_head_needs_enough_of_both_epochs),
        cmocka_unit_test(a_later_head_needs_those_of_its_epoch_alone),
        cmocka_unit_test(mirrors_of_the_epoch_before_make_nothing_final),
        cmocka_unit_test(a_line_of_who_is_in_both_counts_in_both),
        cmocka_unit_test(who_is_no_member_has_no_panel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
