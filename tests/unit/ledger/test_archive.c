#include "ledger/archive.h"

#include "tests/support/seeded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* A stream over bytes that gives at most `step` at a time and fails at a position. */
struct source {
    struct lh_bytes rest;
    size_t step;
    size_t until_failure; /* SIZE_MAX: never */
};

static enum lh_code read_source(void *arg, void *out, size_t room, size_t *out_len,
                                struct lh_err *err)
{
    struct source *source = arg;
    size_t len = source->rest.len < room ? source->rest.len : room;

    len = len < source->step ? len : source->step;
    if (source->until_failure < len) {
        return lh_err_set(err, LH_ERR_IO, "the disk is gone");
    }
    if (len > 0) {
        memcpy(out, source->rest.data, len);
        source->rest = lh_bytes_of(source->rest.data + len, source->rest.len - len);
        source->until_failure -= source->until_failure == SIZE_MAX ? 0 : len;
    }
    *out_len = len;
    return LH_OK;
}

struct walk {
    enum lh_code end;
    size_t frame_count;
    struct lh_err err;
    struct lh_buf copy; /* the frames written again */
};

/* Read to the end. The caller clears walk->copy. */
static void walk_source(struct walk *walk, struct source *source)
{
    const struct lh_archive_input input = { .read = read_source, .arg = source };
    struct lh_archive_reader *reader;
    struct lh_archive_frame frame;

    *walk = (struct walk){ .copy = LH_BUF_EMPTY, .err = LH_ERR_NONE };
    assert_int_equal(lh_archive_reader_new(&reader, &input, NULL), LH_OK);
    lh_archive_begin(&walk->copy);
    for (;;) {
        walk->end = lh_archive_next(reader, &frame, &walk->err);
        if (walk->end != LH_OK) {
            break;
        }
        assert_int_equal(frame.offset, walk->copy.len);
        lh_archive_add(&walk->copy, frame.kind, frame.content);
        walk->frame_count++;
    }
    lh_archive_end(&walk->copy, walk->frame_count);
    /* a failure stays */
    assert_int_equal(lh_archive_next(reader, &frame, NULL), walk->end);
    lh_archive_reader_free(reader);
}

static void walk_bytes(struct walk *walk, struct lh_bytes bytes, size_t step)
{
    struct source source = { .rest = bytes, .step = step, .until_failure = SIZE_MAX };

    walk_source(walk, &source);
}

/* What reading `bytes` ends with. */
static enum lh_code end_of(const struct lh_buf *bytes)
{
    struct walk walk;

    walk_bytes(&walk, lh_buf_bytes(bytes), SIZE_MAX);
    lh_buf_clear(&walk.copy);
    return walk.end;
}

/* Frames by the letters of `kinds`: G genesis, L ledger, k private parts kept, l leaf, c
 * checkpoint, p private, e epoch. */
static void write_kinds(struct lh_buf *out, const char *kinds)
{
    static const struct {
        char letter;
        enum lh_archive_kind kind;
    } letters[] = { { 'G', LH_ARCHIVE_GENESIS }, { 'L', LH_ARCHIVE_LEDGER },
                    { 'l', LH_ARCHIVE_LEAF },    { 'c', LH_ARCHIVE_CHECKPOINT },
                    { 'p', LH_ARCHIVE_PRIVATE }, { 'k', LH_ARCHIVE_KEPT },
                    { 'e', LH_ARCHIVE_EPOCH } };

    lh_archive_begin(out);
    for (const char *at = kinds; *at != 0; at++) {
        for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
            if (letters[i].letter == *at) {
                lh_archive_add(out, letters[i].kind, lh_bytes_of_text(*at == 'k' ? "" : "content"));
            }
        }
    }
    lh_archive_end(out, strlen(kinds));
}

static void frames_come_back_whatever_the_reads_give(void **state)
{
    static const size_t steps[] = { 1, 2, 7, 4096, SIZE_MAX };
    struct lh_buf bytes = LH_BUF_EMPTY;
    static uint8_t big[LH_ARCHIVE_FRAME_MAX];
    struct walk walk;

    (void)state;
    memset(big, 0x5a, sizeof big);
    lh_archive_begin(&bytes);
    lh_archive_add(&bytes, LH_ARCHIVE_GENESIS, lh_bytes_of(big, sizeof big));
    lh_archive_add(&bytes, LH_ARCHIVE_LEDGER, LH_BYTES_EMPTY);
    for (size_t i = 0; i < 5; i++) {
        lh_archive_add(&bytes, LH_ARCHIVE_LEAF, lh_bytes_of(big, sizeof big - i));
    }
    lh_archive_add(&bytes, LH_ARCHIVE_CHECKPOINT, lh_bytes_of_text("note"));
    lh_archive_add(&bytes, LH_ARCHIVE_PRIVATE, lh_bytes_of_text("secret"));
    lh_archive_end(&bytes, 9);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        walk_bytes(&walk, lh_buf_bytes(&bytes), steps[i]);
        assert_int_equal(walk.end, LH_ERR_NOT_FOUND);
        assert_int_equal(walk.frame_count, 9);
        assert_true(lh_bytes_is_equal(lh_buf_bytes(&walk.copy), lh_buf_bytes(&bytes)));
        lh_buf_clear(&walk.copy);
    }
    lh_buf_clear(&bytes);
}

static void only_allowed_orders_are_read(void **state)
{
    static const struct {
        const char *kinds;
        enum lh_code end;
    } rows[] = {
        { "G", LH_ERR_NOT_FOUND },
        { "GLlc", LH_ERR_NOT_FOUND },
        { "GLlllclcpplc", LH_ERR_NOT_FOUND },
        { "GLlcLlcpLlc", LH_ERR_NOT_FOUND },
        { "GLklc", LH_ERR_NOT_FOUND },
        { "GLklcplcLlcpLklc", LH_ERR_NOT_FOUND },
        { "", LH_ERR_INVALID },
        { "k", LH_ERR_INVALID },
        { "Gk", LH_ERR_INVALID },
        { "GLk", LH_ERR_INVALID },
        { "e", LH_ERR_INVALID },
        { "GLe", LH_ERR_INVALID },
        { "GLlce", LH_ERR_INVALID },
        { "Gel", LH_ERR_INVALID },
        { "Gek", LH_ERR_INVALID },
        { "GeG", LH_ERR_INVALID },
        { "Ge", LH_ERR_NOT_FOUND },
        { "GeeLlc", LH_ERR_NOT_FOUND },
        { "GLkk", LH_ERR_INVALID },
        { "GLkL", LH_ERR_INVALID },
        { "GLkc", LH_ERR_INVALID },
        { "GLkp", LH_ERR_INVALID },
        { "GLlk", LH_ERR_INVALID },
        { "GLlck", LH_ERR_INVALID },
        { "GLlcpk", LH_ERR_INVALID },
        { "L", LH_ERR_INVALID },
        { "lc", LH_ERR_INVALID },
        { "GG", LH_ERR_INVALID },
        { "GLlcG", LH_ERR_INVALID },
        { "Gl", LH_ERR_INVALID },
        { "GL", LH_ERR_INVALID },
        { "GLL", LH_ERR_INVALID },
        { "GLl", LH_ERR_INVALID },
        { "GLlL", LH_ERR_INVALID },
        { "GLlp", LH_ERR_INVALID },
        { "GLc", LH_ERR_INVALID },
        { "GLlcc", LH_ERR_INVALID },
        { "Gp", LH_ERR_INVALID },
        { "GLp", LH_ERR_INVALID },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct lh_buf bytes = LH_BUF_EMPTY;
        write_kinds(&bytes, rows[i].kinds);
        if (end_of(&bytes) != rows[i].end) {
            fail_msg("%s", rows[i].kinds);
        }
        lh_buf_clear(&bytes);
    }
}

static void every_cut_is_told_apart_from_a_whole_archive(void **state)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct walk walk;

    (void)state;
    write_kinds(&bytes, "GLkllcpLlc");
    for (size_t len = 0; len < bytes.len; len++) {
        walk_bytes(&walk, lh_bytes_of(bytes.data, len), 3);
        assert_int_equal(walk.end, LH_ERR_UNKNOWN);
        assert_non_null(strstr(walk.err.text, "stops at byte"));
        lh_buf_clear(&walk.copy);
    }
    lh_buf_clear(&bytes);
}

static void what_follows_the_end_is_refused(void **state)
{
    struct lh_buf bytes = LH_BUF_EMPTY;

    (void)state;
    write_kinds(&bytes, "GLlc");
    lh_buf_add_u8(&bytes, 0);
    assert_int_equal(end_of(&bytes), LH_ERR_INVALID);
    lh_buf_clear(&bytes);
}

static void an_end_that_counts_wrong_is_refused(void **state)
{
    struct lh_buf bytes = LH_BUF_EMPTY;

    (void)state;
    lh_archive_begin(&bytes);
    lh_archive_add(&bytes, LH_ARCHIVE_GENESIS, LH_BYTES_EMPTY);
    lh_archive_end(&bytes, 2);
    assert_int_equal(end_of(&bytes), LH_ERR_INVALID);
    lh_buf_clear(&bytes);
}

static void an_unknown_kind_is_never_skipped(void **state)
{
    static const uint8_t kinds[] = { 0, 9, 255 };

    (void)state;
    for (size_t i = 0; i < sizeof kinds; i++) {
        struct lh_buf bytes = LH_BUF_EMPTY;
        lh_archive_begin(&bytes);
        lh_archive_add(&bytes, LH_ARCHIVE_GENESIS, LH_BYTES_EMPTY);
        lh_buf_add_u8(&bytes, kinds[i]);
        lh_buf_add_u32(&bytes, 0);
        lh_archive_end(&bytes, 2);
        assert_int_equal(end_of(&bytes), LH_ERR_UNKNOWN);
        lh_buf_clear(&bytes);
    }
}

static void a_frame_longer_than_the_bound_is_refused(void **state)
{
    struct lh_buf bytes = LH_BUF_EMPTY;

    (void)state;
    lh_archive_begin(&bytes);
    lh_buf_add_u8(&bytes, LH_ARCHIVE_GENESIS);
    lh_buf_add_u32(&bytes, LH_ARCHIVE_FRAME_MAX + 1);
    assert_int_equal(end_of(&bytes), LH_ERR_INVALID);
    lh_buf_clear(&bytes);
}

static void a_word_on_private_parts_with_content_is_refused(void **state)
{
    (void)state;
    for (size_t len = 0; len < 3; len++) {
        struct lh_buf bytes = LH_BUF_EMPTY;
        lh_archive_begin(&bytes);
        lh_archive_add(&bytes, LH_ARCHIVE_GENESIS, LH_BYTES_EMPTY);
        lh_archive_add(&bytes, LH_ARCHIVE_LEDGER, LH_BYTES_EMPTY);
        lh_archive_add(&bytes, LH_ARCHIVE_KEPT, lh_bytes_of("\0\0", len));
        lh_archive_add(&bytes, LH_ARCHIVE_LEAF, LH_BYTES_EMPTY);
        lh_archive_add(&bytes, LH_ARCHIVE_CHECKPOINT, LH_BYTES_EMPTY);
        lh_archive_end(&bytes, 5);
        assert_int_equal(end_of(&bytes), len == 0 ? LH_ERR_NOT_FOUND : LH_ERR_INVALID);
        lh_buf_clear(&bytes);
    }
}

static void another_file_is_no_archive(void **state)
{
    struct lh_buf bytes = LH_BUF_EMPTY;

    (void)state;
    lh_buf_add_text(&bytes, "LHAR2\n");
    assert_int_equal(end_of(&bytes), LH_ERR_INVALID);
    lh_buf_clear(&bytes);
}

static void a_failed_read_passes_through(void **state)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct walk walk;

    (void)state;
    write_kinds(&bytes, "GLllcpLlc");
    for (size_t at = 0; at < bytes.len; at++) {
        struct source source = { .rest = lh_buf_bytes(&bytes), .step = 1, .until_failure = at };
        walk_source(&walk, &source);
        assert_int_equal(walk.end, LH_ERR_IO);
        assert_string_equal(walk.err.text, "the disk is gone");
        lh_buf_clear(&walk.copy);
    }
    lh_buf_clear(&bytes);
}

/* Whatever the bytes are, what was read is what is written again. */
static void any_damage_is_refused_or_read_as_it_stands(void **state)
{
    struct lh_seeded seeded = { .state = 7 };
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct walk walk;

    (void)state;
    write_kinds(&bytes, "GLllcpLlc");
    for (size_t round = 0; round < 20000; round++) {
        size_t at = lh_seeded_below(&seeded, bytes.len);
        uint8_t was = bytes.data[at];
        bytes.data[at] = (uint8_t)lh_seeded_next(&seeded);
        walk_bytes(&walk, lh_buf_bytes(&bytes), 5);
        if (walk.end == LH_ERR_NOT_FOUND) {
            assert_true(lh_bytes_is_equal(lh_buf_bytes(&walk.copy), lh_buf_bytes(&bytes)));
        }
        lh_buf_clear(&walk.copy);
        bytes.data[at] = was;
    }
    lh_buf_clear(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_back_whatever_the_reads_give),
        cmocka_unit_test(only_allowed_orders_are_read),
        cmocka_unit_test(every_cut_is_told_apart_from_a_whole_archive),
        cmocka_unit_test(what_follows_the_end_is_refused),
        cmocka_unit_test(an_end_that_counts_wrong_is_refused),
        cmocka_unit_test(an_unknown_kind_is_never_skipped),
        cmocka_unit_test(a_frame_longer_than_the_bound_is_refused),
        cmocka_unit_test(a_word_on_private_parts_with_content_is_refused),
        cmocka_unit_test(another_file_is_no_archive),
        cmocka_unit_test(a_failed_read_passes_through),
        cmocka_unit_test(any_damage_is_refused_or_read_as_it_stands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
