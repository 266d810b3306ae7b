/* Lines of files, plain and compressed. The compressed ones are made here by zlib and zstd. */
#include "cli/lines.h"

#include <zlib.h>
#include <zstd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PACKED_MAX = 4 * 1024 * 1024 };

/* "1=first;3=third;", or the words of the failure behind its path. Returns the code. */
static enum lh_code read_all(struct lh_buf *out, struct lh_bytes content)
{
    char path[] = "/tmp/lh-lines-XXXXXX";
    int fd = mkstemp(path);
    struct lh_lines *lines = NULL;
    struct lh_err err = LH_ERR_NONE;
    struct lh_bytes text;
    uint64_t number;
    bool has = true;
    enum lh_code rc;

    lh_buf_reset(out);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content.data, content.len), content.len);
    assert_int_equal(close(fd), 0);
    rc = lh_lines_open(&lines, path, &err);
    while (rc == LH_OK && has) {
        rc = lh_lines_next(lines, &text, &number, &has, &err);
        if (rc == LH_OK && has) {
            lh_buf_add_format(out, "%llu=", (unsigned long long)number);
            lh_buf_add(out, text);
            lh_buf_add_u8(out, ';');
        }
    }
    if (rc != LH_OK) {
        assert_memory_equal(err.text, path, strlen(path));
        lh_buf_reset(out);
        lh_buf_add_text(out, err.text + strlen(path));
    }
    lh_lines_close(lines);
    assert_int_equal(unlink(path), 0);
    return rc;
}

static size_t pack_gzip(uint8_t *out, struct lh_bytes content)
{
    z_stream stream = { .zalloc = Z_NULL };

    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)content.data;
    stream.avail_in = (uInt)content.len;
    stream.next_out = out;
    stream.avail_out = PACKED_MAX / 2;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(deflateEnd(&stream), Z_OK);
    return (size_t)(stream.next_out - out);
}

static size_t pack_zstd(uint8_t *out, struct lh_bytes content)
{
    size_t len = ZSTD_compress(out, PACKED_MAX / 2, content.data, content.len, 3);

    assert_false(ZSTD_isError(len));
    return len;
}

static size_t (*const packers[])(uint8_t *out, struct lh_bytes content) = { pack_gzip, pack_zstd };

enum { PACKER_COUNT = sizeof packers / sizeof packers[0] };

static const char content_text[] = "\xef\xbb\xbf"
                                   "{\"a\":1}\n\n  \t\r\nsecond \r\nlast";
static const char wanted_text[] = "1={\"a\":1};4=second;5=last;";

static void blank_lines_count_and_are_not_handed_out(void **state)
{
    struct lh_buf got = LH_BUF_EMPTY;

    (void)state;
    assert_int_equal(read_all(&got, lh_bytes_of_text(content_text)), LH_OK);
    assert_string_equal(lh_buf_text(&got), wanted_text);
    assert_int_equal(read_all(&got, LH_BYTES_EMPTY), LH_OK);
    assert_string_equal(lh_buf_text(&got), "");
    lh_buf_clear(&got);
}

static void a_compressed_file_has_the_same_lines_also_in_pieces(void **state)
{
    uint8_t *packed = malloc(PACKED_MAX);
    struct lh_bytes content = lh_bytes_of_text(content_text);
    struct lh_buf got = LH_BUF_EMPTY;

    (void)state;
    assert_non_null(packed);
    for (size_t i = 0; i < PACKER_COUNT; i++) {
        size_t len = packers[i](packed, lh_bytes_of(content.data, 9));

        len += packers[i](packed + len, lh_bytes_of(content.data + 9, content.len - 9));
        assert_int_equal(read_all(&got, lh_bytes_of(packed, len)), LH_OK);
        assert_string_equal(lh_buf_text(&got), wanted_text);
    }
    lh_buf_clear(&got);
    free(packed);
}

/* Behind its magic a cut file is never a shorter one. */
static void a_compressed_file_that_was_cut_anywhere_is_an_error(void **state)
{
    uint8_t packed[512];
    struct lh_buf got = LH_BUF_EMPTY;

    (void)state;
    for (size_t i = 0; i < PACKER_COUNT; i++) {
        uint8_t *room = malloc(PACKED_MAX);
        size_t len;

        assert_non_null(room);
        len = packers[i](room, lh_bytes_of_text(content_text));
        assert_in_range(len, 16, sizeof packed);
        memcpy(packed, room, len);
        free(room);
        assert_int_equal(read_all(&got, lh_bytes_of(packed, len)), LH_OK);
        for (size_t cut = 4; cut < len; cut++) {
            assert_int_equal(read_all(&got, lh_bytes_of(packed, cut)), LH_ERR_IO);
            assert_non_null(strstr(lh_buf_text(&got), ": damaged "));
        }
        /* zstd's frames of here carry no checksum, gzip's do. */
        packed[len - 6] ^= packers[i] == pack_gzip ? 0x10 : 0;
        assert_int_equal(read_all(&got, lh_bytes_of(packed, len)),
                         packers[i] == pack_gzip ? LH_ERR_IO : LH_OK);
    }
    lh_buf_clear(&got);
}

static void lines_longer_than_a_read_are_whole_and_have_a_limit(void **state)
{
    struct lh_buf content = LH_BUF_EMPTY;
    struct lh_buf got = LH_BUF_EMPTY;
    uint8_t *packed = malloc(PACKED_MAX);

    (void)state;
    assert_non_null(packed);
    for (size_t i = 0; i < LH_LINE_MAX; i++) {
        lh_buf_add_u8(&content, (uint8_t)('a' + i * 7 % 26));
    }
    lh_buf_add_text(&content, "\nend");
    for (size_t i = 0; i < PACKER_COUNT; i++) {
        size_t len = packers[i](packed, lh_buf_bytes(&content));

        assert_int_equal(read_all(&got, lh_bytes_of(packed, len)), LH_OK);
        assert_int_equal(got.len, 2 + LH_LINE_MAX + 1 + 6);
        assert_memory_equal(got.data + 2, content.data, LH_LINE_MAX);
    }
    content.data[LH_LINE_MAX] = 'x';
    assert_int_equal(read_all(&got, lh_buf_bytes(&content)), LH_ERR_INVALID);
    assert_string_equal(lh_buf_text(&got), ":1: a line of more than 1 MiB");
    free(packed);
    lh_buf_clear(&got);
    lh_buf_clear(&content);
}

int main(void)
{
    const struct CMUnitTest claims[] = {
        cmocka_unit_test(blank_lines_count_and_are_not_handed_out),
        cmocka_unit_test(a_compressed_file_has_the_same_lines_also_in_pieces),
        cmocka_unit_test(a_compressed_file_that_was_cut_anywhere_is_an_error),
        cmocka_unit_test(lines_longer_than_a_read_are_whole_and_have_a_limit),
    };

    return cmocka_run_group_tests(claims, NULL, NULL);
}
