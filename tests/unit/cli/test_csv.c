#include "cli/csv.h"
#include "cli/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Names of the columns and records as "a|b;c|d;", or the words of the failure behind its path. */
static void read_all(struct lh_buf *out, const char *content, size_t len)
{
    char path[] = "/tmp/lh-csv-XXXXXX";
    int fd = mkstemp(path);
    struct lh_csv *csv = NULL;
    struct lh_csv_record record;
    struct lh_err err = LH_ERR_NONE;
    bool has = true;
    enum lh_code rc;

    lh_buf_reset(out);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, len), len);
    assert_int_equal(close(fd), 0);
    rc = lh_csv_open(&csv, path, &err);
    if (rc == LH_OK) {
        record = *lh_csv_header(csv);
    }
    while (rc == LH_OK && has) {
        for (size_t i = 0; i < record.count; i++) {
            lh_buf_add_text(out, i > 0 ? "|" : "");
            lh_buf_add(out, record.fields[i]);
        }
        lh_buf_add_text(out, ";");
        rc = lh_csv_next(csv, &record, &has, &err);
    }
    if (rc != LH_OK) {
        assert_int_equal(rc, LH_ERR_INVALID);
        assert_memory_equal(err.text, path, strlen(path));
        lh_buf_reset(out);
        lh_buf_add_text(out, err.text + strlen(path));
    }
    lh_csv_close(csv);
    assert_int_equal(unlink(path), 0);
}

struct row {
    const char *name;
    const char *content;
    const char *wanted;
};

static const struct row rows[] = {
    { "plain", "a,b\n1,2\n3,4\n", "a|b;1|2;3|4;" },
    { "no last line end", "a,b\n1,2", "a|b;1|2;" },
    { "CRLF", "a,b\r\n1,2\r\n", "a|b;1|2;" },
    { "byte order mark",
      "\xef\xbb\xbf"
      "a,b\n1,2\n",
      "a|b;1|2;" },
    { "quotes", "a,b\n\"x,y\",\"say \"\"hi\"\"\"\n", "a|b;x,y|say \"hi\";" },
    { "line end in quotes", "a,b\n\"x\r\ny\",z\n", "a|b;x\r\ny|z;" },
    { "empty fields", "a,b\n,\n\"\",\n", "a|b;|;|;" },
    { "empty lines", "\na,b\n\n1,2\n\r\n", "a|b;1|2;" },
    { "ragged records are the caller's", "a,b\n1\n1,2,3\n", "a|b;1;1|2|3;" },
    { "Chinese", "姓名,单位\n甲,窗口\n", "姓名|单位;甲|窗口;" },
    { "nothing", "", ":1: empty: the first line must name the columns" },
    { "only a mark", "\xef\xbb\xbf", ":1: empty: the first line must name the columns" },
    { "unnamed column", "a,,b\n", ":1: a column without a name" },
    { "one name twice", "a,b,a\n", ":1: two columns of one name" },
    { "quote not closed", "a\n1\n\"2\n3\n", ":3: a quoted field that begins here does not end" },
    { "quote inside", "a\n1\"2\n", ":2: a quote inside a field that does not begin with one" },
    { "text behind a quote", "a\n\"x\ny\"z\n", ":3: text behind a closing quote" },
    { "CR alone", "a\nx\ry\n", ":2: a carriage return without a line feed" },
    { "bad UTF-8", "a\nx\n\xc3(\n", ":3: not UTF-8" },
    { "cut UTF-8", "a\n\xe5\xa4", ":2: not UTF-8" },
};

static void tables_are_read_as_rfc_4180_says(void **state)
{
    struct lh_buf out = LH_BUF_EMPTY;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print_message("%s\n", rows[i].name);
        read_all(&out, rows[i].content, strlen(rows[i].content));
        assert_string_equal(lh_buf_text(&out), rows[i].wanted);
    }
    lh_buf_clear(&out);
}

static void a_nul_byte_is_no_text(void **state)
{
    struct lh_buf out = LH_BUF_EMPTY;

    (void)state;
    read_all(&out, "a\nx\0y\n", 6);
    assert_string_equal(lh_buf_text(&out), ":2: a NUL byte: this is no text");
    lh_buf_clear(&out);
}

static void a_record_ends_somewhere(void **state)
{
    struct lh_buf content = LH_BUF_EMPTY;
    struct lh_buf out = LH_BUF_EMPTY;

    (void)state;
    lh_buf_add_text(&content, "a\n");
    for (size_t i = 0; i <= LH_CSV_RECORD_MAX; i++) {
        lh_buf_add_u8(&content, 'x');
    }
    read_all(&out, lh_buf_text(&content), content.len);
    assert_string_equal(lh_buf_text(&out), ":2: a record of more than 1 MiB: is a quote missing?");
    read_all(&out, lh_buf_text(&content), content.len - 1);
    assert_int_equal(out.len, LH_CSV_RECORD_MAX + 3);

    lh_buf_reset(&content);
    for (size_t i = 0; i <= LH_CSV_COLUMNS_MAX; i++) {
        lh_buf_add_format(&content, "c%zu,", i);
    }
    read_all(&out, lh_buf_text(&content), content.len);
    assert_string_equal(lh_buf_text(&out), ":1: more than 256 fields");
    lh_buf_clear(&out);
    lh_buf_clear(&content);
}

int main(void)
{
    const struct CMUnitTest claims[] = {
        cmocka_unit_test(tables_are_read_as_rfc_4180_says),
        cmocka_unit_test(a_nul_byte_is_no_text),
        cmocka_unit_test(a_record_ends_somewhere),
    };

    return cmocka_run_group_tests(claims, NULL, NULL);
}
