#include "crypto/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void additions_join_and_end_in_a_nul(void **state)
{
    static const uint8_t wanted[] = { 7, 1, 2, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 'a', 'b', '3' };
    struct lh_buf buf = LH_BUF_EMPTY;

    (void)state;
    lh_buf_add_u8(&buf, 7);
    lh_buf_add_u16(&buf, 0x0102);
    lh_buf_add_u32(&buf, 0x01020304);
    lh_buf_add_u64(&buf, 0x0102030405060708);
    lh_buf_add_text(&buf, "ab");
    lh_buf_add_format(&buf, "%d", 3);
    lh_buf_add(&buf, LH_BYTES_EMPTY);
    assert_int_equal(lh_buf_check(&buf, NULL), LH_OK);
    assert_int_equal(buf.len, sizeof wanted);
    assert_memory_equal(buf.data, wanted, sizeof wanted);
    assert_int_equal(buf.data[buf.len], 0);
    lh_buf_clear(&buf);
    assert_int_equal(lh_buf_bytes(&buf).len, 0);
    assert_string_equal(lh_buf_text(&buf), "");
}

static void formatted_text_of_any_length_is_added_whole(void **state)
{
    static const size_t lens[] = { 0, 1, 47, 48, 49, 63, 64, 1000 };
    struct lh_buf buf = LH_BUF_EMPTY;
    char text[1001];

    (void)state;
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        memset(text, 'a' + (int)i, lens[i]);
        text[lens[i]] = '\0';
        lh_buf_clear(&buf);
        lh_buf_add_text(&buf, "before ");
        lh_buf_add_format(&buf, "%s", text);
        assert_int_equal(lh_buf_check(&buf, NULL), LH_OK);
        assert_int_equal(buf.len, strlen("before ") + lens[i]);
        assert_string_equal(lh_buf_text(&buf) + strlen("before "), text);
    }
    lh_buf_clear(&buf);
}

static void a_buffer_grows_to_what_is_added(void **state)
{
    struct lh_buf buf = LH_BUF_EMPTY;

    (void)state;
    for (uint32_t i = 0; i < 10000; i++) {
        lh_buf_add_u32(&buf, i);
    }
    assert_int_equal(buf.len, 40000);
    assert_int_equal(buf.data[39999], 9999 & 0xff);
    lh_buf_reset(&buf);
    assert_int_equal(buf.len, 0);
    assert_string_equal(lh_buf_text(&buf), "");
    assert_true(buf.capacity > 40000);
    lh_buf_clear(&buf);
}

static void reserved_room_counts_only_when_the_caller_says_so(void **state)
{
    struct lh_buf buf = LH_BUF_EMPTY;
    uint8_t *room = lh_buf_reserve(&buf, 100);

    (void)state;
    assert_non_null(room);
    memset(room, 'x', 100);
    assert_int_equal(buf.len, 0);
    buf.len += 100;
    lh_buf_add_u8(&buf, 'y');
    assert_int_equal(buf.len, 101);
    assert_int_equal(lh_buf_text(&buf)[100], 'y');
    lh_buf_clear(&buf);
}

static void a_failed_buffer_stays_failed_and_says_so_once_at_the_end(void **state)
{
    struct lh_buf buf = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    (void)state;
    lh_buf_add_text(&buf, "kept");
    assert_null(lh_buf_reserve(&buf, SIZE_MAX));
    lh_buf_add_text(&buf, "lost");
    assert_string_equal(lh_buf_text(&buf), "kept");
    assert_int_equal(lh_buf_check(&buf, &err), LH_ERR_NOMEM);
    assert_int_equal(err.code, LH_ERR_NOMEM);
    lh_buf_reset(&buf);
    lh_buf_add_text(&buf, "again");
    assert_int_equal(lh_buf_check(&buf, NULL), LH_OK);
    assert_string_equal(lh_buf_text(&buf), "again");
    lh_buf_clear(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(additions_join_and_end_in_a_nul),
        cmocka_unit_test(formatted_text_of_any_length_is_added_whole),
        cmocka_unit_test(a_buffer_grows_to_what_is_added),
        cmocka_unit_test(reserved_room_counts_only_when_the_caller_says_so),
        cmocka_unit_test(a_failed_buffer_stays_failed_and_says_so_once_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
