#include "cli/csv.h"

#include "cli/unpack.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 64 * 1024, END = -1, FAILED = -2 };

struct lh_csv {
    struct lh_unpack *unpack;
    uint64_t line; /* of the byte that comes next */
    size_t at, len;
    uint8_t chunk[CHUNK];

    struct lh_buf text; /* of the record, without its quotes and commas */
    size_t count;
    size_t ends[LH_CSV_COLUMNS_MAX]; /* of its fields, in text */
    struct lh_bytes fields[LH_CSV_COLUMNS_MAX];

    struct lh_buf names;
    struct lh_bytes columns[LH_CSV_COLUMNS_MAX];
    struct lh_csv_record header;
    struct lh_err *err; /* of the call that runs */
};

/* ---- bytes ---- */

static enum lh_code bad(struct lh_csv *csv, uint64_t line, const char *what)
{
    return lh_err_set(csv->err, LH_ERR_INVALID, "%s:%llu: %s", lh_unpack_path(csv->unpack),
                      (unsigned long long)line, what);
}

/* The next byte stays where it is. */
static int peek(struct lh_csv *csv)
{
    size_t len = 0;

    if (csv->at < csv->len) {
        return csv->chunk[csv->at];
    }
    if (lh_unpack_read(csv->unpack, csv->chunk, CHUNK, &len, csv->err) != LH_OK) {
        return FAILED;
    }
    csv->at = 0;
    csv->len = len;
    return len > 0 ? csv->chunk[0] : END;
}

static void skip(struct lh_csv *csv)
{
    csv->line += csv->chunk[csv->at] == '\n' ? 1 : 0;
    csv->at++;
}

static enum lh_code take(struct lh_csv *csv, int byte)
{
    if (byte == '\0') {
        return bad(csv, csv->line, "a NUL byte: this is no text");
    }
    if (csv->text.len == LH_CSV_RECORD_MAX) {
        return bad(csv, csv->line, "a record of more than 1 MiB: is a quote missing?");
    }
    lh_buf_add_u8(&csv->text, (uint8_t)byte);
    skip(csv);
    return LH_OK;
}

/* ---- fields ---- */

/* Behind the opening quote, to behind the closing one. */
static enum lh_code read_quoted(struct lh_csv *csv)
{
    uint64_t begin = csv->line;
    enum lh_code rc = LH_OK;
    int byte;

    while (rc == LH_OK && (byte = peek(csv)) != FAILED) {
        if (byte == END) {
            return bad(csv, begin, "a quoted field that begins here does not end");
        }
        if (byte == '"') {
            skip(csv);
            byte = peek(csv);
            if (byte != '"') {
                return byte == FAILED ? LH_ERR_IO : LH_OK;
            }
        }
        rc = take(csv, byte);
    }
    return rc != LH_OK ? rc : LH_ERR_IO;
}

static enum lh_code read_plain(struct lh_csv *csv)
{
    enum lh_code rc = LH_OK;
    int byte;

    while (rc == LH_OK) {
        byte = peek(csv);
        if (byte == ',' || byte == '\r' || byte == '\n' || byte == END) {
            return LH_OK;
        }
        if (byte == '"') {
            return bad(csv, csv->line, "a quote inside a field that does not begin with one");
        }
        rc = byte == FAILED ? LH_ERR_IO : take(csv, byte);
    }
    return rc;
}

/* What stands behind a field: a comma, or the end of the record. */
static enum lh_code read_separator(struct lh_csv *csv, bool *out_is_last)
{
    int byte = peek(csv);

    *out_is_last = byte != ',';
    if (byte == ',' || byte == '\n') {
        skip(csv);
        return LH_OK;
    }
    if (byte == '\r') {
        skip(csv);
        byte = peek(csv);
        if (byte != '\n') {
            return byte == FAILED ? LH_ERR_IO
                                  : bad(csv, csv->line, "a carriage return without a line feed");
        }
        skip(csv);
        return LH_OK;
    }
    if (byte == END) {
        return LH_OK;
    }
    return byte == FAILED ? LH_ERR_IO : bad(csv, csv->line, "text behind a closing quote");
}

static enum lh_code read_fields(struct lh_csv *csv)
{
    bool is_last = false;
    enum lh_code rc = LH_OK;

    lh_buf_reset(&csv->text);
    csv->count = 0;
    while (rc == LH_OK && !is_last) {
        if (csv->count == LH_CSV_COLUMNS_MAX) {
            return bad(csv, csv->line, "more than 256 fields");
        }
        if (peek(csv) == '"') {
            skip(csv);
            rc = read_quoted(csv);
        } else {
            rc = read_plain(csv);
        }
        if (rc == LH_OK) {
            csv->ends[csv->count++] = csv->text.len;
            rc = read_separator(csv, &is_last);
        }
    }
    return rc == LH_OK ? lh_buf_check(&csv->text, csv->err) : rc;
}

/* ---- records ---- */

static bool is_blank(const struct lh_csv *csv)
{
    return csv->count == 1 && csv->text.len == 0;
}

enum lh_code lh_csv_next(struct lh_csv *csv, struct lh_csv_record *out, bool *out_has,
                         struct lh_err *err)
{
    uint64_t line;
    size_t begin = 0;
    int byte;

    csv->err = err;
    do {
        enum lh_code rc;

        line = csv->line;
        byte = peek(csv);
        if (byte == END) {
            *out_has = false;
            return LH_OK;
        }
        rc = byte == FAILED ? LH_ERR_IO : read_fields(csv);
        if (rc != LH_OK) {
            return rc;
        }
    } while (is_blank(csv));
    if (!lh_bytes_is_utf8(lh_buf_bytes(&csv->text))) {
        return bad(csv, line, "not UTF-8");
    }
    for (size_t i = 0; i < csv->count; i++) {
        csv->fields[i] = csv->ends[i] == begin
                             ? LH_BYTES_EMPTY
                             : lh_bytes_of(csv->text.data + begin, csv->ends[i] - begin);
        begin = csv->ends[i];
    }
    *out = (struct lh_csv_record){ .line = line, .count = csv->count, .fields = csv->fields };
    *out_has = true;
    return LH_OK;
}

static void skip_mark(struct lh_csv *csv)
{
    if (peek(csv) == 0xef && csv->len >= 3 && memcmp(csv->chunk, "\xef\xbb\xbf", 3) == 0) {
        csv->at = 3;
    }
}

static enum lh_code read_header(struct lh_csv *csv, struct lh_err *err)
{
    struct lh_csv_record record;
    bool has = false;
    enum lh_code rc;

    csv->err = err;
    skip_mark(csv);
    rc = lh_csv_next(csv, &record, &has, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (!has) {
        return bad(csv, 1, "empty: the first line must name the columns");
    }
    lh_buf_add(&csv->names, lh_buf_bytes(&csv->text));
    rc = lh_buf_check(&csv->names, err);
    for (size_t i = 0; rc == LH_OK && i < record.count; i++) {
        if (record.fields[i].len == 0) { /* it has no place in the text either */
            return bad(csv, record.line, "a column without a name");
        }
        size_t offset = (size_t)(record.fields[i].data - csv->text.data);

        csv->columns[i] = lh_bytes_of(csv->names.data + offset, record.fields[i].len);
        for (size_t j = 0; j < i; j++) {
            if (lh_bytes_is_equal(csv->columns[i], csv->columns[j])) {
                return bad(csv, record.line, "two columns of one name");
            }
        }
    }
    csv->header = (struct lh_csv_record){ .line = record.line,
                                          .count = record.count,
                                          .fields = csv->columns };
    return rc;
}

enum lh_code lh_csv_open(struct lh_csv **out, const char *path, struct lh_err *err)
{
    struct lh_csv *csv = calloc(1, sizeof *csv);
    enum lh_code rc;

    if (csv == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    csv->line = 1;
    rc = lh_unpack_open(&csv->unpack, path, err);
    if (rc == LH_OK) {
        rc = read_header(csv, err);
    }
    if (rc != LH_OK) {
        lh_csv_close(csv);
        return rc;
    }
    *out = csv;
    return LH_OK;
}

void lh_csv_close(struct lh_csv *csv)
{
    if (csv == NULL) {
        return;
    }
    lh_unpack_close(csv->unpack);
    lh_buf_clear(&csv->names);
    lh_buf_clear(&csv->text);
    free(csv);
}

const struct lh_csv_record *lh_csv_header(const struct lh_csv *csv)
{
    return &csv->header;
}
