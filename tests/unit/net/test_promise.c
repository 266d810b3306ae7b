#include "net/promise.h"

#include "net/frame.h"
#include "net/message.h"
#include "tests/support/founders.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* mzj promises about generation 3 of gaj, and holds seven leaves of generation 2. */
struct scene {
    struct lh_suite *suite;
    struct lh_genesis *genesis;
    struct lh_signer *witness; /* of mzj */
    struct lh_promise promise;
    struct lh_buf note;
    struct lh_buf payload;
};

static void add_note(struct lh_buf *out, const struct lh_checkpoint *head)
{
    lh_checkpoint_format(out, head);
    lh_buf_add_text(out, "\n\u2014 ");
    lh_buf_add_text(out, head->origin);
    lh_buf_add_text(out, " AAAAAAA=\n"); /* nobody reads it here */
}

static void set_up(struct scene *scene, enum lh_suite_id id)
{
    memset(scene, 0, sizeof *scene);
    assert_int_equal(lh_suite_new(&scene->suite, id, NULL), LH_OK);
    scene->genesis = lh_founders_genesis(id);
    scene->witness =
        lh_founder_signer(id == LH_SUITE_W ? LH_ALG_ED25519 : LH_ALG_SM2, 23); /* its key 20 + 3 */
    strcpy(scene->promise.department, "mzj");
    strcpy(scene->promise.origin, "jinhua/gaj/3");
    memset(scene->promise.prepare.bytes, 0x70, sizeof scene->promise.prepare.bytes);
    strcpy(scene->promise.head.origin, "jinhua/gaj/2");
    scene->promise.head.size = 7;
    memset(scene->promise.head.root.bytes, 0x72, sizeof scene->promise.head.root.bytes);
    add_note(&scene->note, &scene->promise.head);
}

static void clear(struct scene *scene)
{
    lh_buf_clear(&scene->payload);
    lh_buf_clear(&scene->note);
    lh_signer_free(scene->witness);
    lh_genesis_free(scene->genesis);
    lh_suite_free(scene->suite);
}

static void encode(struct scene *scene)
{
    lh_buf_reset(&scene->payload);
    assert_int_equal(lh_promise_encode(&scene->payload, &scene->promise, lh_buf_bytes(&scene->note),
                                       lh_genesis_network_id(scene->genesis), scene->witness, NULL),
                     LH_OK);
}

static enum lh_code decode(const struct scene *scene)
{
    struct lh_promise_bytes bytes;
    struct lh_promise promise;

    return lh_promise_decode(&promise, &bytes, lh_buf_bytes(&scene->payload), NULL);
}

static void a_promise_is_read_by_everybody_who_has_the_genesis(void **state)
{
    static const enum lh_suite_id suites[] = { LH_SUITE_W, LH_SUITE_G };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct lh_promise_bytes bytes;
        struct lh_promise promise;
        struct scene scene;

        set_up(&scene, suites[i]);
        encode(&scene);
        assert_true(scene.payload.len <= lh_frame_limit(LH_FRAME_PROMISE));
        assert_int_equal(lh_promise_decode(&promise, &bytes, lh_buf_bytes(&scene.payload), NULL),
                         LH_OK);
        assert_string_equal(promise.department, "mzj");
        assert_string_equal(promise.origin, "jinhua/gaj/3");
        assert_true(lh_hash_is_equal(&promise.prepare, &scene.promise.prepare));
        assert_string_equal(promise.head.origin, "jinhua/gaj/2");
        assert_int_equal(promise.head.size, 7);
        assert_true(lh_hash_is_equal(&promise.head.root, &scene.promise.head.root));
        assert_true(lh_bytes_is_equal(bytes.note, lh_buf_bytes(&scene.note)));
        assert_int_equal(lh_promise_verify(&promise, &bytes, scene.genesis, NULL), LH_OK);
        clear(&scene);
    }
}

static void who_holds_nothing_promises_all_the_same(void **state)
{
    struct lh_promise_bytes bytes;
    struct lh_promise promise;
    struct scene scene;

    (void)state;
    set_up(&scene, LH_SUITE_W);
    memset(&scene.promise.head, 0, sizeof scene.promise.head);
    lh_buf_reset(&scene.note);
    encode(&scene);
    assert_int_equal(lh_promise_decode(&promise, &bytes, lh_buf_bytes(&scene.payload), NULL),
                     LH_OK);
    assert_int_equal(promise.head.size, 0);
    assert_int_equal(bytes.note.len, 0);
    assert_int_equal(lh_promise_verify(&promise, &bytes, scene.genesis, NULL), LH_OK);
    clear(&scene);
}

/* Whichever bit of it is changed, and in whichever other network. */
static void a_promise_that_its_member_did_not_make_is_forged(void **state)
{
    struct lh_hash other = { .bytes = { 1 } };
    struct lh_promise_bytes bytes;
    struct lh_promise promise;
    struct scene scene;
    size_t end;

    (void)state;
    set_up(&scene, LH_SUITE_W);
    encode(&scene);
    end = scene.payload.len - 2 - scene.note.len;
    for (size_t bit = 0; bit < 8 * end; bit++) {
        scene.payload.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        if (lh_promise_decode(&promise, &bytes, lh_buf_bytes(&scene.payload), NULL) == LH_OK) {
            assert_int_not_equal(lh_promise_verify(&promise, &bytes, scene.genesis, NULL), LH_OK);
        }
        scene.payload.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_int_equal(lh_promise_decode(&promise, &bytes, lh_buf_bytes(&scene.payload), NULL),
                     LH_OK);
    assert_int_equal(lh_promise_verify(&promise, &bytes, scene.genesis, NULL), LH_OK);
    strcpy(promise.department, "rsj");
    assert_int_equal(lh_promise_verify(&promise, &bytes, scene.genesis, NULL), LH_ERR_NOT_FOUND);
    lh_buf_reset(&scene.payload);
    assert_int_equal(lh_promise_encode(&scene.payload, &scene.promise, lh_buf_bytes(&scene.note),
                                       &other, scene.witness, NULL),
                     LH_OK);
    assert_int_equal(lh_promise_decode(&promise, &bytes, lh_buf_bytes(&scene.payload), NULL),
                     LH_OK);
    assert_int_equal(lh_promise_verify(&promise, &bytes, scene.genesis, NULL), LH_ERR_FORGED);
    clear(&scene);
}

static void promises_that_make_no_sense_are_refused(void **state)
{
    static const struct {
        const char *department;
        const char *origin;
        const char *head_origin;
        uint64_t size;
        enum lh_code code;
    } rows[] = {
        { "mzj", "jinhua/gaj/3", "jinhua/gaj/2", 7, LH_OK },
        { "mzj", "jinhua/gaj/3", "jinhua/gaj/1", LH_TREE_SIZE_MAX, LH_OK },
        { "gaj", "jinhua/gaj/3", "jinhua/gaj/2", 7, LH_ERR_INVALID }, /* to itself */
        { "mzj", "jinhua/gaj", "jinhua/gaj/2", 7, LH_ERR_INVALID },
        { "mzj", "jinhua/gaj/3", "jinhua/gaj/3", 7, LH_ERR_INVALID }, /* of no generation before */
        { "mzj", "jinhua/gaj/3", "jinhua/rsj/2", 7, LH_ERR_INVALID },
        { "mzj", "jinhua/gaj/3", "lishui/gaj/2", 7, LH_ERR_INVALID },
        { "mzj", "jinhua/gaj/3", "jinhua/gaj/2", LH_TREE_SIZE_MAX + 1, LH_ERR_INVALID },
        { "mzj", "jinhua/gaj/3", "", 7, LH_ERR_INVALID },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene scene;

        set_up(&scene, LH_SUITE_W);
        strcpy(scene.promise.department, rows[i].department);
        strcpy(scene.promise.origin, rows[i].origin);
        strcpy(scene.promise.head.origin, rows[i].head_origin);
        scene.promise.head.size = rows[i].size;
        lh_buf_reset(&scene.note);
        if (rows[i].head_origin[0] != '\0') {
            add_note(&scene.note, &scene.promise.head);
        }
        encode(&scene);
        assert_int_equal(decode(&scene), rows[i].code);
        clear(&scene);
    }
}

static void a_checkpoint_of_another_head_is_refused(void **state)
{
    struct lh_checkpoint other;
    struct scene scene;

    (void)state;
    set_up(&scene, LH_SUITE_W);
    encode(&scene);
    assert_int_equal(decode(&scene), LH_OK);
    for (int i = 0; i < 5; i++) {
        other = scene.promise.head;
        lh_buf_reset(&scene.note);
        other.size += i == 0;
        other.root.bytes[0] ^= (uint8_t)(i == 1);
        other.origin[strlen(other.origin) - 1] = (char)(i == 2 ? '1' : '2');
        if (i == 3) {
            lh_buf_add_text(&scene.note, "no checkpoint");
        } else if (i < 3) {
            add_note(&scene.note, &other);
        } /* 4: none at all */
        encode(&scene);
        assert_int_equal(decode(&scene), LH_ERR_INVALID);
    }
    clear(&scene);
}

static void a_promise_that_is_cut_or_goes_on_is_refused(void **state)
{
    struct lh_promise_bytes bytes;
    struct lh_promise promise;
    struct scene scene;

    (void)state;
    set_up(&scene, LH_SUITE_W);
    encode(&scene);
    for (size_t len = 0; len < scene.payload.len; len++) {
        assert_int_equal(
            lh_promise_decode(&promise, &bytes, lh_bytes_of(scene.payload.data, len), NULL),
            LH_ERR_INVALID);
    }
    assert_int_equal(decode(&scene), LH_OK);
    lh_part_add(&scene.payload, LH_BYTES_EMPTY);
    assert_int_equal(decode(&scene), LH_ERR_INVALID);
    clear(&scene);
}

static void many_are_named_by_one_digest(void **state)
{
    struct lh_buf promises = LH_BUF_EMPTY;
    struct lh_promise_bytes bytes;
    struct lh_promise promise;
    struct lh_hash digests[3];
    struct lh_bytes rest;
    struct scene scene;

    (void)state;
    set_up(&scene, LH_SUITE_W);
    digests[0] = lh_promises_digest(scene.suite, LH_BYTES_EMPTY);
    for (size_t i = 1; i <= 2; i++) {
        scene.promise.department[0] = (char)('l' + i);
        encode(&scene);
        assert_int_equal(lh_promise_decode(&promise, &bytes, lh_buf_bytes(&scene.payload), NULL),
                         LH_OK);
        lh_promises_add(&promises, &bytes);
        digests[i] = lh_promises_digest(scene.suite, lh_buf_bytes(&promises));
        assert_false(lh_hash_is_equal(&digests[i], &digests[i - 1]));
    }
    rest = lh_buf_bytes(&promises);
    assert_int_equal(lh_promises_next(&rest, &promise, &bytes, NULL), LH_OK);
    assert_string_equal(promise.department, "mzj");
    assert_int_equal(lh_promise_verify(&promise, &bytes, scene.genesis, NULL), LH_OK);
    assert_int_equal(lh_promises_next(&rest, &promise, &bytes, NULL), LH_OK);
    assert_string_equal(promise.department, "nzj");
    assert_int_equal(lh_promises_next(&rest, &promise, &bytes, NULL), LH_ERR_NOT_FOUND);
    rest = lh_bytes_of(promises.data, promises.len - 1);
    assert_int_equal(lh_promises_next(&rest, &promise, &bytes, NULL), LH_OK);
    assert_int_equal(lh_promises_next(&rest, &promise, &bytes, NULL), LH_ERR_INVALID);
    lh_buf_clear(&promises);
    clear(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_promise_is_read_by_everybody_who_has_the_genesis),
        cmocka_unit_test(who_holds_nothing_promises_all_the_same),
        cmocka_unit_test(a_promise_that_its_member_did_not_make_is_forged),
        cmocka_unit_test(promises_that_make_no_sense_are_refused),
        cmocka_unit_test(a_checkpoint_of_another_head_is_refused),
        cmocka_unit_test(a_promise_that_is_cut_or_goes_on_is_refused),
        cmocka_unit_test(many_are_named_by_one_digest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
