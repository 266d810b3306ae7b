#include "net/consent.h"

#include "net/promise.h"
#include "tests/support/town.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Of six members five are designated: q is 3, f is 1. */
enum { GAJ, MEMBERS = 6, RESTORE = 2, CHOICE = 4 };

/* gaj's first generation ends at leaf 6; the others promise about the second. */
struct scene {
    struct lh_town *town;
    struct lh_checkpoint heads[3]; /* of 0, 3 and 6 leaves */
    struct lh_buf promises;
    struct lh_buf text;
    struct lh_buf store;
    struct lh_consent consent;
};

static void set_up(struct scene *scene)
{
    memset(scene, 0, sizeof *scene);
    scene->town = lh_town_new(LH_SUITE_W, MEMBERS);
    for (size_t i = 1; i <= 2; i++) {
        const struct lh_town_block *made = lh_town_seal(scene->town, GAJ, 0, 2);

        lh_chain_checkpoint(&made->next, lh_town_suite(scene->town), &scene->heads[i]);
    }
}

static void clear(struct scene *scene)
{
    lh_buf_clear(&scene->promises);
    lh_buf_clear(&scene->text);
    lh_buf_clear(&scene->store);
    lh_town_free(scene->town);
}

/* What one promises, as it is kept. */
static void add_promise(struct scene *scene, size_t who, const struct lh_promise *promise)
{
    struct lh_buf payload = LH_BUF_EMPTY;
    struct lh_buf note = LH_BUF_EMPTY;
    struct lh_promise_bytes bytes;
    struct lh_promise decoded;

    if (promise->head.size > 0) {
        lh_checkpoint_format(&note, &promise->head);
        lh_buf_add_text(&note, "\n\u2014 jinhua/gaj/1 AAAAAAA=\n"); /* it is not kept */
    }
    assert_int_equal(lh_promise_encode(&payload, promise, lh_buf_bytes(&note),
                                       lh_genesis_network_id(lh_town_genesis(scene->town)),
                                       lh_town_witness(scene->town, who), NULL),
                     LH_OK);
    assert_int_equal(lh_promise_decode(&decoded, &bytes, lh_buf_bytes(&payload), NULL), LH_OK);
    lh_promises_add(&scene->promises, &bytes);
    lh_buf_clear(&payload);
    lh_buf_clear(&note);
}

static struct lh_promise promise_of(const struct scene *scene, size_t who, size_t head)
{
    struct lh_promise promise = { .origin = "jinhua/gaj/2", .head = scene->heads[head] };

    strcpy(promise.department, lh_town_department(who));
    memset(promise.prepare.bytes, 0x70, sizeof promise.prepare.bytes);
    return promise;
}

/* mzj, rsj and ybj, in the order of their codes, each of this head. */
static void add_three(struct scene *scene, size_t first, size_t second, size_t third)
{
    const size_t heads[] = { first, second, third };

    for (size_t i = 0; i < 3; i++) {
        struct lh_promise promise = promise_of(scene, i + 1, heads[i]);

        add_promise(scene, i + 1, &promise);
    }
}

/* gaj begins its second generation by these promises, and shows them. */
static void begin(struct scene *scene, unsigned reason)
{
    struct lh_hash digest =
        lh_promises_digest(lh_town_suite(scene->town), lh_buf_bytes(&scene->promises));
    const struct lh_town_block *first;

    lh_town_begin(scene->town, GAJ, 0, reason);
    lh_town_name_promises(scene->town, GAJ, &digest);
    first = lh_town_seal(scene->town, GAJ, 0, 2);
    scene->consent = (struct lh_consent){ .genesis = lh_genesis_bytes(lh_town_genesis(scene->town)),
                                          .generation = first->block.leaves[0],
                                          .promises = lh_buf_bytes(&scene->promises) };
}

static enum lh_code verify(struct scene *scene)
{
    struct lh_consent_report report;
    struct lh_consent parsed;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    lh_buf_reset(&scene->text);
    assert_int_equal(lh_consent_format(&scene->text, &scene->consent, NULL), LH_OK);
    assert_int_equal(lh_consent_parse(&parsed, &scene->store, lh_buf_bytes(&scene->text), NULL),
                     LH_OK);
    rc = lh_consent_verify(&report, &parsed, &err);
    if (rc == LH_OK) {
        assert_string_equal(report.origin, "jinhua/gaj/2");
        assert_string_equal(report.generation.prev_origin, "jinhua/gaj/1");
        assert_int_equal(report.generation.prev_size, 6);
        assert_int_equal(report.needed, 3);
        assert_true(report.promise_count >= 3);
    } else {
        assert_string_not_equal(err.text, "");
    }
    return rc;
}

static void promises_that_a_generation_names_are_shown(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene);
    add_three(&scene, 2, 1, 0);
    begin(&scene, RESTORE);
    assert_int_equal(verify(&scene), LH_OK);
    clear(&scene);
}

static void fewer_than_q_are_too_few(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene);
    for (size_t i = 1; i <= 2; i++) {
        struct lh_promise promise = promise_of(&scene, i, 2);

        add_promise(&scene, i, &promise);
    }
    begin(&scene, RESTORE);
    assert_int_equal(verify(&scene), LH_ERR_FORGED);
    clear(&scene);
}

/* f may say what they like; one more, and what was witnessed may be behind. */
static void what_more_than_f_promised_is_not_left_behind(void **state)
{
    struct lh_checkpoint above = { .origin = "jinhua/gaj/1", .size = 9 };
    struct scene scene;

    (void)state;
    for (size_t count = 1; count <= 2; count++) {
        set_up(&scene);
        memset(above.root.bytes, 9, sizeof above.root.bytes);
        scene.heads[0] = above;
        add_three(&scene, 0, count == 2 ? 0 : 2, 2);
        begin(&scene, RESTORE);
        assert_int_equal(verify(&scene), count == 2 ? LH_ERR_FORGED : LH_OK);
        clear(&scene);
    }
}

static void another_root_at_the_head_that_goes_on_is_refused(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene);
    scene.heads[0] = scene.heads[2];
    scene.heads[0].root.bytes[0] ^= 1;
    add_three(&scene, 2, 0, 2);
    begin(&scene, RESTORE);
    assert_int_equal(verify(&scene), LH_ERR_FORGED);
    clear(&scene);
}

/* Positive control of each: what is spoilt here is whole above. */
static void promises_that_are_not_of_one_question_and_generation_are_refused(void **state)
{
    struct lh_promise promise;
    struct scene scene;

    (void)state;
    for (int way = 0; way < 4; way++) {
        set_up(&scene);
        promise = promise_of(&scene, 3, 2);
        if (way == 0) {
            strcpy(promise.origin, "jinhua/gaj/3");
        } else if (way == 1) {
            promise.prepare.bytes[0] ^= 1;
        } else if (way == 2) {
            strcpy(promise.department, lh_town_department(4)); /* which did not sign it */
        }
        add_three(&scene, 2, 2, 2);
        scene.promises.len = scene.promises.len / 3 * 2;
        add_promise(&scene, 3, &promise);
        if (way == 3) {
            promise = promise_of(&scene, 2, 2); /* out of order, and twice */
            add_promise(&scene, 2, &promise);
        }
        begin(&scene, RESTORE);
        assert_int_equal(verify(&scene), LH_ERR_FORGED);
        clear(&scene);
    }
}

static void a_leaf_that_does_not_name_them_is_refused(void **state)
{
    struct lh_buf spoilt = LH_BUF_EMPTY;
    struct scene other;
    struct scene scene;

    (void)state;
    set_up(&scene);
    add_three(&scene, 2, 2, 2);
    begin(&scene, RESTORE);
    set_up(&other);
    add_three(&other, 2, 2, 1);
    begin(&other, RESTORE);
    scene.consent.promises = other.consent.promises;
    assert_int_equal(verify(&scene), LH_ERR_FORGED); /* other promises */
    scene.consent.promises = lh_buf_bytes(&scene.promises);
    assert_int_equal(verify(&scene), LH_OK);
    lh_buf_add(&spoilt, scene.consent.generation);
    spoilt.data[spoilt.len / 2] ^= 1;
    scene.consent.generation = lh_buf_bytes(&spoilt);
    assert_int_not_equal(verify(&scene), LH_OK); /* not what the officers signed */
    clear(&other);
    set_up(&other);
    add_three(&other, 2, 2, 2);
    begin(&other, CHOICE);
    assert_int_equal(verify(&other), LH_ERR_FORGED); /* nobody was asked about that */
    clear(&other);
    lh_buf_clear(&spoilt);
    clear(&scene);
}

static void a_text_of_another_shape_is_refused(void **state)
{
    static const struct {
        const char *text;
        enum lh_code code;
    } cases[] = {
        { "", LH_ERR_INVALID },
        { "liuhen/promises@", LH_ERR_INVALID },
        { "liuhen/promises@v2\n", LH_ERR_UNKNOWN },
        { "liuhen/promises@v1\n", LH_ERR_INVALID },
        { "liuhen/promises@v1\ngenesis AA==\ngeneration AA==\n", LH_ERR_INVALID },
        { "liuhen/promises@v1\ngenesis AA==\npromises AA==\ngeneration AA==\n", LH_ERR_INVALID },
        { "liuhen/promises@v1\ngenesis AA\ngeneration AA==\npromises AA==\n", LH_ERR_INVALID },
        { "liuhen/promises@v1\ngenesis AA==\ngeneration AA==\npromises AA==\n\n", LH_ERR_INVALID },
        { "liuhen/promises@v1\ngenesis AA==\ngeneration AA==\npromises AA==\n", LH_OK },
    };
    struct lh_consent_report report;
    struct lh_buf store = LH_BUF_EMPTY;
    struct lh_buf large = LH_BUF_EMPTY;
    struct lh_consent consent;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(lh_consent_parse(&consent, &store, lh_bytes_of_text(cases[i].text), NULL),
                         cases[i].code);
    }
    assert_int_equal(lh_consent_verify(&report, &consent, NULL), LH_ERR_INVALID); /* no genesis */
    lh_buf_add_text(&large, "liuhen/promises@v1\n");
    while (large.len <= LH_CONSENT_MAX) {
        lh_buf_add_text(&large, "genesis AA==\n");
    }
    assert_int_equal(lh_consent_parse(&consent, &store, lh_buf_bytes(&large), NULL), LH_ERR_LIMIT);
    lh_buf_clear(&large);
    lh_buf_clear(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(promises_that_a_generation_names_are_shown),
        cmocka_unit_test(fewer_than_q_are_too_few),
        cmocka_unit_test(what_more_than_f_promised_is_not_left_behind),
        cmocka_unit_test(another_root_at_the_head_that_goes_on_is_refused),
        cmocka_unit_test(promises_that_are_not_of_one_question_and_generation_are_refused),
        cmocka_unit_test(a_leaf_that_does_not_name_them_is_refused),
        cmocka_unit_test(a_text_of_another_shape_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
