#include "tests/support/ledger_place.h"

#include "tests/support/seeded.h"
#include "tests/support/store_mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Made once for the group: keys and signatures take their time. */
static struct lh_office *office;

void lh_place_must(enum lh_code rc, const struct lh_err *err)
{
    if (rc != LH_OK) {
        fail_msg("%s: %s", lh_code_name(rc), err->text);
    }
}

int lh_place_make_office(void **state)
{
    struct lh_city_options options = { .suite = LH_SUITE_W,
                                       .seed = 7,
                                       .staff_count = LH_PLACE_STAFF,
                                       .entry_count = LH_PLACE_ENTRIES,
                                       .session_every = 20 };

    (void)state;
    office = lh_office_new(&options);
    return 0;
}

int lh_place_free_office(void **state)
{
    (void)state;
    lh_office_free(office);
    return 0;
}

void lh_place_open(struct lh_place *place, enum lh_ledger_state want)
{
    struct lh_ledger_options options;
    struct lh_err err = LH_ERR_NONE;
    char why[LH_ERR_TEXT_MAX];

    lh_office_options(place->office, &options, place->store, place->guard);
    lh_place_must(lh_ledger_open(&place->ledger, &options, why, &err), &err);
    if (lh_ledger_state(place->ledger) != want) {
        fail_msg("the state is %s: %s", lh_ledger_state_name(lh_ledger_state(place->ledger)), why);
    }
}

int lh_place_make(void **state)
{
    struct lh_place *place = calloc(1, sizeof *place);
    struct lh_err err = LH_ERR_NONE;

    assert_non_null(place);
    place->office = office;
    lh_folder_make(&place->folder);
    lh_folder_join(place->path, sizeof place->path, &place->folder, "guard");
    lh_place_must(lh_guard_create(place->path, &err), &err);
    lh_place_must(lh_guard_open(&place->guard, place->path, &err), &err);
    lh_place_must(lh_store_mem_new(&place->store, &err), &err);
    lh_place_open(place, LH_LEDGER_NEW);
    *state = place;
    return 0;
}

int lh_place_remove(void **state)
{
    struct lh_place *place = *state;

    lh_ledger_close(place->ledger);
    lh_store_close(place->store);
    lh_guard_close(place->guard);
    lh_folder_remove(&place->folder);
    free(place);
    return 0;
}

void lh_place_append(struct lh_place *place, size_t count)
{
    struct lh_err err = LH_ERR_NONE;

    lh_place_must(
        lh_office_append(place->office, place->ledger, place->next, count, NULL, NULL, &err), &err);
    place->next += count;
}

void lh_place_fill(struct lh_place *place, size_t entries)
{
    struct lh_seeded seeded = { 11 };

    lh_place_append(place, 1);
    lh_place_append(place, LH_PLACE_STAFF);
    while (place->next < entries) {
        size_t left = entries - place->next;
        size_t count = 1 + lh_seeded_below(&seeded, 40);
        lh_place_append(place, count < left ? count : left);
    }
}

struct lh_ledger_head lh_place_head(struct lh_place *place)
{
    struct lh_ledger_head head;

    lh_ledger_head(place->ledger, &head);
    return head;
}
