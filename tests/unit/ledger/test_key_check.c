#include "ledger/key_check.h"

#include "ledger/keys.h"
#include "tests/support/store_mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct lh_secret secret_of(uint8_t byte)
{
    struct lh_secret secret = { .len = 32 };

    memset(secret.bytes, byte, secret.len);
    return secret;
}

struct desk {
    struct lh_store *store;
    struct lh_suite *suite;
    struct lh_err err;
};

static void set_up(struct desk *desk)
{
    *desk = (struct desk){ .err = LH_ERR_NONE };
    assert_int_equal(lh_store_mem_new(&desk->store, &desk->err), LH_OK);
    assert_int_equal(lh_suite_new(&desk->suite, LH_SUITE_W, &desk->err), LH_OK);
}

static void tear_down(struct desk *desk)
{
    lh_store_close(desk->store);
    lh_suite_free(desk->suite);
}

static enum lh_code check(struct desk *desk, const char *name, uint8_t byte)
{
    struct lh_secret secret = secret_of(byte);

    return lh_key_check(desk->store, desk->suite, name, &secret, &desk->err);
}

static void the_first_key_is_kept_and_another_one_refused(void **state)
{
    struct desk desk;

    (void)state;
    set_up(&desk);
    assert_int_equal(check(&desk, "index", 1), LH_OK);
    assert_int_equal(check(&desk, "index", 2), LH_ERR_INVALID);
    assert_int_equal(check(&desk, "index", 1), LH_OK);
    assert_int_equal(lh_store_mem_commit_count(desk.store), 1);
    tear_down(&desk);
}

static void two_keys_changed_for_each_other_are_refused(void **state)
{
    struct desk desk;

    (void)state;
    set_up(&desk);
    assert_int_equal(check(&desk, "index", 1), LH_OK);
    assert_int_equal(check(&desk, "idempotency", 2), LH_OK);
    assert_int_equal(check(&desk, "index", 2), LH_ERR_INVALID);
    assert_int_equal(check(&desk, "idempotency", 1), LH_ERR_INVALID);
    tear_down(&desk);
}

static void one_key_under_two_names_has_two_check_values(void **state)
{
    struct lh_store_key keys[] = { lh_keys_meta_check("index"), lh_keys_meta_check("idempotency") };
    struct lh_buf values[] = { LH_BUF_EMPTY, LH_BUF_EMPTY };
    struct desk desk;

    (void)state;
    set_up(&desk);
    assert_int_equal(check(&desk, "index", 1), LH_OK);
    assert_int_equal(check(&desk, "idempotency", 1), LH_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(lh_store_get(desk.store, LH_TABLE_META, lh_store_key_bytes(&keys[i]),
                                      &values[i], &desk.err),
                         LH_OK);
        assert_int_equal(values[i].len, LH_HASH_SIZE);
    }
    assert_memory_not_equal(values[0].data, values[1].data, LH_HASH_SIZE);
    lh_buf_clear(&values[0]);
    lh_buf_clear(&values[1]);
    tear_down(&desk);
}

static void a_store_that_cannot_be_read_or_written_is_no_yes(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 2; n++) {
        struct desk desk;

        set_up(&desk);
        lh_store_mem_fail_at(desk.store, n, LH_MEM_FAIL_LOST);
        assert_int_equal(check(&desk, "index", 1), LH_ERR_IO);
        tear_down(&desk);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_key_is_kept_and_another_one_refused),
        cmocka_unit_test(two_keys_changed_for_each_other_are_refused),
        cmocka_unit_test(one_key_under_two_names_has_two_check_values),
        cmocka_unit_test(a_store_that_cannot_be_read_or_written_is_no_yes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
