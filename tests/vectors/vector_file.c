#include "tests/vectors/vector_file.h"

#include "crypto/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

void vector_file_open(struct vector_file *file, const char *name)
{
    char path[512];
    char chunk[4096];
    size_t got;
    FILE *in;

    *file = (struct vector_file){ .text = LH_BUF_EMPTY };
    (void)snprintf(path, sizeof path, "%s/tests/vectors/%s", LH_SOURCE_DIR, name);
    in = fopen(path, "rb");
    if (in == NULL) {
        fail_msg("cannot open %s", path);
        return;
    }
    while ((got = fread(chunk, 1, sizeof chunk, in)) > 0) {
        lh_buf_add(&file->text, lh_bytes_of(chunk, got));
    }
    (void)fclose(in);
    assert_int_equal(lh_buf_check(&file->text, NULL), LH_OK);
    file->rest = lh_buf_bytes(&file->text);
}

void vector_file_close(struct vector_file *file)
{
    assert_int_equal(file->rest.len, 0); /* every line was read */
    lh_buf_clear(&file->text);
}

/* Cut the text before the next space off `line`; all of it if there is none. */
static struct lh_bytes cut_field(struct lh_bytes *line)
{
    const uint8_t *space = line->len == 0 ? NULL : memchr(line->data, ' ', line->len);
    size_t len = space == NULL ? line->len : (size_t)(space - line->data);
    struct lh_bytes field = lh_bytes_of(line->data, len);
    size_t used = space == NULL ? len : len + 1;

    *line = lh_bytes_of(line->data + used, line->len - used);
    return field;
}

bool vector_file_next(struct vector_file *file, struct lh_bytes *fields, size_t count)
{
    struct lh_bytes line;

    do {
        if (!lh_text_next_line(&file->rest, &line)) {
            return false;
        }
    } while (line.len == 0 || line.data[0] == '#');
    for (size_t i = 0; i + 1 < count; i++) {
        fields[i] = cut_field(&line);
    }
    fields[count - 1] = line;
    return true;
}

bool vector_field_is(struct lh_bytes field, const char *text)
{
    return lh_bytes_is_equal(field, lh_bytes_of_text(text));
}

struct lh_bytes vector_unhex(struct lh_buf *out, struct lh_bytes field)
{
    size_t len = vector_field_is(field, "-") ? 0 : field.len / 2;
    uint8_t *room;

    lh_buf_reset(out);
    room = lh_buf_reserve(out, len);
    assert_non_null(room);
    if (len > 0) {
        assert_int_equal(lh_hex_parse(room, len, field, NULL), LH_OK);
    }
    out->len = len;
    return lh_buf_bytes(out);
}
