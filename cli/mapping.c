#include "cli/mapping_internal.h"

#include "cli/files.h"
#include "cli/timeform.h"
#include "crypto/base/time.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of an event's header; "detail." members say their shape themselves. */
static const struct {
    const char *name;
    enum lh_mapping_shape shape;
} header_members[] = {
    { "source", LH_SHAPE_TEXT },         { "id", LH_SHAPE_TEXT },
    { "time", LH_SHAPE_TIME },           { "type", LH_SHAPE_TEXT },
    { "unit", LH_SHAPE_TEXT },           { "staff", LH_SHAPE_STAFF },
    { "system", LH_SHAPE_TEXT },         { "channel", LH_SHAPE_TEXT },
    { "auth_methods", LH_SHAPE_LIST },   { "assurance", LH_SHAPE_NUMBER },
    { "item", LH_SHAPE_TEXT },           { "catalogue_version", LH_SHAPE_NUMBER },
    { "case", LH_SHAPE_CASE },           { "step", LH_SHAPE_NUMBER },
    { "exchange", LH_SHAPE_EXCHANGE },   { "counterparty", LH_SHAPE_TEXT },
    { "purpose", LH_SHAPE_TEXT },        { "legal_basis", LH_SHAPE_TEXT },
    { "outcome", LH_SHAPE_TEXT },        { "result_mask", LH_SHAPE_NUMBER },
    { "result_count", LH_SHAPE_NUMBER }, { "flags", LH_SHAPE_LIST },
};

static const char *const required_members[] = { "source", "id", "time", "type" };

/* Where the reading of a map is. */
struct reading {
    struct lh_mapping *mapping;
    unsigned line;
    struct lh_mapping_part *part;   /* in [row] or [case] */
    struct lh_mapping_table *table; /* in [codes ...] */
    struct lh_err *err;
};

static enum lh_code no_memory(struct lh_err *err)
{
    return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
}

static enum lh_code bad(const struct reading *reading, const char *format, ...) LH_PRINTF(2, 3);
static enum lh_code bad(const struct reading *reading, const char *format, ...)
{
    char words[256];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(words, sizeof words, format, args);
    va_end(args);
    return lh_err_set(reading->err, LH_ERR_INVALID, "%s:%u: %s", reading->mapping->path,
                      reading->line, words);
}

static char *trim(char *text)
{
    size_t len;

    text += strspn(text, " \t\r");
    len = strlen(text);
    while (len > 0 && strchr(" \t\r", text[len - 1]) != NULL) {
        len--;
    }
    text[len] = '\0';
    return text;
}

const struct lh_mapping_member *lh_mapping_member_find(const struct lh_mapping_part *part,
                                                       const char *name)
{
    for (size_t i = 0; i < part->count; i++) {
        if (strcmp(part->members[i].name, name) == 0) {
            return &part->members[i];
        }
    }
    return NULL;
}

/* ---- values ---- */

static enum lh_code add_piece(struct lh_mapping_member *member, struct reading *reading, int kind,
                              const char *text, size_t len)
{
    struct lh_mapping_piece *piece = &member->pieces[member->piece_count];

    if (member->piece_count == LH_MAPPING_PIECES_MAX) {
        return bad(reading, "more than %d parts in one value", LH_MAPPING_PIECES_MAX);
    }
    piece->kind = (unsigned)kind;
    piece->text = strndup(text, len);
    if (piece->text == NULL) {
        return no_memory(reading->err);
    }
    member->piece_count++;
    return LH_OK;
}

/* What stands between the braces. */
static enum lh_code add_braced(struct lh_mapping_member *member, struct reading *reading,
                               const char *text, size_t len)
{
    const char *bar = memchr(text, '|', len);
    size_t name_len = bar != NULL ? (size_t)(bar - text) : len;
    struct lh_mapping_piece *piece;
    enum lh_code rc;

    if (len == 5 && memcmp(text, "@case", 5) == 0) {
        return add_piece(member, reading, LH_PIECE_CASE, text, len);
    }
    if (len == 5 && memcmp(text, "@step", 5) == 0) {
        return add_piece(member, reading, LH_PIECE_STEP, text, len);
    }
    if (name_len == 0 || text[0] == '@') {
        return bad(reading, "{%.*s}: want a column's name, @case or @step",
                   (int)(len < 64 ? len : 64), text);
    }
    rc = add_piece(member, reading, LH_PIECE_COLUMN, text, name_len);
    if (rc == LH_OK && bar != NULL) {
        piece = &member->pieces[member->piece_count - 1];
        piece->fallback = strndup(bar + 1, len - name_len - 1);
        rc = piece->fallback != NULL ? LH_OK : no_memory(reading->err);
    }
    return rc;
}

static enum lh_code parse_value(struct lh_mapping_member *member, struct reading *reading,
                                const char *value)
{
    enum lh_code rc = LH_OK;

    if (value[0] == '\0') {
        return bad(reading, "\"%s\" has no value", member->name);
    }
    while (rc == LH_OK && *value != '\0') {
        size_t len = strcspn(value, "{");
        const char *end;

        if (len > 0) {
            rc = add_piece(member, reading, LH_PIECE_TEXT, value, len);
            value += len;
            continue;
        }
        end = strchr(value, '}');
        if (end == NULL) {
            return bad(reading, "a brace is not closed");
        }
        rc = add_braced(member, reading, value + 1, (size_t)(end - value - 1));
        value = end + 1;
    }
    return rc;
}

/* ---- members ---- */

/* "number detail.state" -> "detail.state" and its shape. */
static enum lh_code parse_member_name(struct reading *reading, const char **name,
                                      enum lh_mapping_shape *out_shape)
{
    enum lh_mapping_shape shape = LH_SHAPE_TEXT;
    bool is_prefixed = true;

    if (strncmp(*name, "number ", 7) == 0) {
        *name += 7;
        shape = LH_SHAPE_NUMBER;
    } else if (strncmp(*name, "list ", 5) == 0) {
        *name += 5;
        shape = LH_SHAPE_LIST;
    } else {
        is_prefixed = false;
    }
    if (strncmp(*name, "detail.", 7) == 0 && (*name)[7] != '\0' && strpbrk(*name, " \t") == NULL) {
        *out_shape = shape;
        return LH_OK;
    }
    for (size_t i = 0; i < sizeof header_members / sizeof header_members[0]; i++) {
        if (strcmp(*name, header_members[i].name) == 0) {
            *out_shape = header_members[i].shape;
            return is_prefixed ? bad(reading, "\"%s\" is used without a word in front", *name)
                               : LH_OK;
        }
    }
    return bad(reading, "\"%s\" is no member of an event", *name);
}

static enum lh_code add_member(struct reading *reading, const char *name, const char *value)
{
    struct lh_mapping_part *part = reading->part;
    struct lh_mapping_member *member;
    enum lh_mapping_shape shape = LH_SHAPE_TEXT;
    enum lh_code rc;

    rc = parse_member_name(reading, &name, &shape);
    if (rc != LH_OK) {
        return rc;
    }
    if (lh_mapping_member_find(part, name) != NULL) {
        return bad(reading, "\"%s\" is there already", name);
    }
    if (part == &reading->mapping->cases && (shape == LH_SHAPE_CASE || strcmp(name, "step") == 0)) {
        return bad(reading, "\"%s\" belongs to [row]", name);
    }
    if (part->count == LH_MAPPING_MEMBERS_MAX) {
        return bad(reading, "more than %d members", LH_MAPPING_MEMBERS_MAX);
    }
    member = &part->members[part->count];
    *member = (struct lh_mapping_member){ .shape = shape, .line = reading->line };
    member->name = strdup(name);
    if (member->name == NULL) {
        return no_memory(reading->err);
    }
    part->count++;
    rc = parse_value(member, reading, value);
    for (size_t i = 0; rc == LH_OK && i < member->piece_count; i++) {
        if (member->pieces[i].kind == LH_PIECE_STEP &&
            (strcmp(name, "step") != 0 || member->piece_count != 1)) {
            rc = bad(reading, "{@step} stands only in \"step\", and alone");
        } else if (member->pieces[i].kind == LH_PIECE_CASE && shape != LH_SHAPE_TEXT) {
            rc = bad(reading, "{@case} stands only in texts");
        }
    }
    return rc;
}

/* ---- settings, tables, sections ---- */

static bool is_code(const char *text)
{
    return text[0] != '\0' && strlen(text) <= LH_MAPPING_NAME_MAX &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-") ==
               strlen(text);
}

static bool is_zone(const char *text)
{
    char probe[64];
    int64_t time;
    int len = snprintf(probe, sizeof probe, "2000-01-01T00:00:00%.32s", text);

    return strlen(text) < sizeof((struct lh_mapping *)0)->zone &&
           lh_time_parse(&time, lh_bytes_of(probe, (size_t)len), NULL) == LH_OK;
}

static enum lh_code set_time_form(struct reading *reading, const char *value)
{
    struct lh_err why = LH_ERR_NONE;

    if (lh_timeform_check(value, &why) != LH_OK) {
        return bad(reading, "time_format: %s", why.text);
    }
    free(reading->mapping->time_form);
    reading->mapping->time_form = strdup(value);
    return reading->mapping->time_form != NULL ? LH_OK : no_memory(reading->err);
}

static enum lh_code set_setting(struct reading *reading, const char *name, const char *value)
{
    struct lh_mapping *mapping = reading->mapping;

    if (strcmp(name, "name") == 0) {
        if (!is_code(value)) {
            return bad(reading, "name: want 1 to %d of A-Z a-z 0-9 . _ : -", LH_MAPPING_NAME_MAX);
        }
        memcpy(mapping->name, value, strlen(value) + 1);
        return LH_OK;
    }
    if (strcmp(name, "pseudonyms") == 0) {
        mapping->is_plain = strcmp(value, "plain") == 0;
        return mapping->is_plain || strcmp(value, "salted") == 0
                   ? LH_OK
                   : bad(reading, "pseudonyms: want salted or plain");
    }
    if (strcmp(name, "zone") == 0) {
        if (!is_zone(value)) {
            return bad(reading, "zone: want Z, +08:00 or the like");
        }
        memcpy(mapping->zone, value, strlen(value) + 1);
        return LH_OK;
    }
    if (strcmp(name, "time_format") == 0) {
        return set_time_form(reading, value);
    }
    return bad(reading, "\"%s\" is no setting; members stand in [row] and [case]", name);
}

static enum lh_code add_code(struct reading *reading, const char *text, const char *code)
{
    if (json_object_get(reading->table->codes, text) != NULL) {
        return bad(reading, "this text has a code already");
    }
    if (json_object_set_new(reading->table->codes, text, json_string(code)) != 0) {
        return bad(reading, "not UTF-8");
    }
    return LH_OK;
}

static enum lh_code begin_table(struct reading *reading, const char *name)
{
    struct lh_mapping *mapping = reading->mapping;
    struct lh_mapping_table *table = &mapping->tables[mapping->table_count];

    for (size_t i = 0; i < mapping->table_count; i++) {
        if (strcmp(mapping->tables[i].name, name) == 0) {
            return bad(reading, "[codes %s] is there already", name);
        }
    }
    if (mapping->table_count == LH_MAPPING_TABLES_MAX) {
        return bad(reading, "more than %d tables", LH_MAPPING_TABLES_MAX);
    }
    *table = (struct lh_mapping_table){ .line = reading->line };
    table->name = strdup(name);
    table->codes = json_object();
    mapping->table_count++;
    reading->table = table;
    return table->name != NULL && table->codes != NULL ? LH_OK : no_memory(reading->err);
}

static enum lh_code begin_section(struct reading *reading, char *line)
{
    size_t len = strlen(line);
    struct lh_mapping *mapping = reading->mapping;

    reading->part = NULL;
    reading->table = NULL;
    if (line[len - 1] != ']') {
        return bad(reading, "a section ends with ]");
    }
    line[len - 1] = '\0';
    line = trim(line + 1);
    if (strncmp(line, "codes ", 6) == 0) {
        return begin_table(reading, trim(line + 6));
    }
    if (strcmp(line, "row") == 0) {
        reading->part = &mapping->row;
    } else if (strcmp(line, "case") == 0) {
        reading->part = &mapping->cases;
    } else {
        return bad(reading, "[%s]: want [row], [case] or [codes MEMBER]", line);
    }
    if (reading->part->line != 0) {
        return bad(reading, "[%s] is there already", line);
    }
    reading->part->line = reading->line;
    return LH_OK;
}

static enum lh_code read_line(struct reading *reading, char *line)
{
    char *equals;
    char *value;

    line = trim(line);
    if (line[0] == '\0' || line[0] == '#') {
        return LH_OK;
    }
    if (line[0] == '[') {
        return begin_section(reading, line);
    }
    /* A text with a code may hold an equals sign, a code cannot. */
    equals = reading->table != NULL ? strrchr(line, '=') : strchr(line, '=');
    if (equals == NULL) {
        return bad(reading, "want \"name = value\"");
    }
    *equals = '\0';
    line = trim(line);
    value = trim(equals + 1);
    if (reading->table != NULL) {
        return add_code(reading, line, value);
    }
    return reading->part != NULL ? add_member(reading, line, value)
                                 : set_setting(reading, line, value);
}

/* ---- the whole ---- */

static bool has_column(const struct lh_mapping_member *member)
{
    for (size_t i = 0; i < member->piece_count; i++) {
        if (member->pieces[i].kind == LH_PIECE_COLUMN) {
            return true;
        }
    }
    return false;
}

/* A member of the table's name; one that is the same for all records needs no code. */
static void use_tables(struct lh_mapping *mapping, struct lh_mapping_part *part)
{
    for (size_t i = 0; i < part->count; i++) {
        for (size_t j = 0; j < mapping->table_count; j++) {
            if (strcmp(part->members[i].name, mapping->tables[j].name) == 0 &&
                has_column(&part->members[i])) {
                part->members[i].codes = mapping->tables[j].codes;
                mapping->tables[j].is_used = true;
            }
        }
    }
}

static enum lh_code check_part(struct reading *reading, const struct lh_mapping_part *part,
                               const char *name)
{
    reading->line = part->line;
    for (size_t i = 0; i < sizeof required_members / sizeof required_members[0]; i++) {
        if (lh_mapping_member_find(part, required_members[i]) == NULL) {
            return bad(reading, "[%s] lacks \"%s\"", name, required_members[i]);
        }
    }
    return LH_OK;
}

static enum lh_code check_whole(struct reading *reading)
{
    struct lh_mapping *mapping = reading->mapping;
    const struct lh_mapping_member *step = lh_mapping_member_find(&mapping->row, "step");
    bool has_case = lh_mapping_member_find(&mapping->row, "case") != NULL;

    if (mapping->name[0] == '\0') {
        return bad(reading, "the setting \"name\" is missing");
    }
    if (mapping->row.line == 0) {
        return bad(reading, "the section [row] is missing");
    }
    if (check_part(reading, &mapping->row, "row") != LH_OK ||
        (mapping->cases.line != 0 && check_part(reading, &mapping->cases, "case") != LH_OK)) {
        return LH_ERR_INVALID;
    }
    if (!has_case && (mapping->cases.line != 0 || step != NULL)) {
        reading->line = step != NULL ? step->line : mapping->cases.line;
        return bad(reading, "[row] lacks \"case\"");
    }
    use_tables(mapping, &mapping->row);
    use_tables(mapping, &mapping->cases);
    for (size_t i = 0; i < mapping->table_count; i++) {
        if (!mapping->tables[i].is_used) {
            reading->line = mapping->tables[i].line;
            return bad(reading, "no member \"%s\" uses these codes", mapping->tables[i].name);
        }
    }
    return LH_OK;
}

static enum lh_code read_text(struct lh_mapping *mapping, struct lh_buf *text, struct lh_err *err)
{
    struct reading reading = { .mapping = mapping, .err = err };
    char *line = (char *)text->data;
    enum lh_code rc = LH_OK;

    if (memchr(text->data, '\0', text->len) != NULL) {
        reading.line = 1;
        return bad(&reading, "a NUL byte: this is no text");
    }
    while (rc == LH_OK && line != NULL) {
        char *newline = strchr(line, '\n');

        if (newline != NULL) {
            *newline = '\0';
        }
        reading.line++;
        rc = lh_bytes_is_utf8(lh_bytes_of_text(line)) ? read_line(&reading, line)
                                                      : bad(&reading, "not UTF-8");
        line = newline != NULL ? newline + 1 : NULL;
    }
    return rc == LH_OK ? check_whole(&reading) : rc;
}

enum lh_code lh_mapping_open(struct lh_mapping **out, const char *path, struct lh_err *err)
{
    struct lh_mapping *mapping = calloc(1, sizeof *mapping);
    struct lh_buf text = LH_BUF_EMPTY;
    enum lh_code rc;

    if (mapping == NULL || (mapping->path = strdup(path)) == NULL ||
        (mapping->time_form = strdup("iso")) == NULL) {
        lh_mapping_close(mapping);
        return no_memory(err);
    }
    memcpy(mapping->zone, "+08:00", sizeof "+08:00");
    rc = lh_file_read(&text, path, LH_FILE_SMALL_MAX, err);
    if (rc == LH_OK) {
        lh_buf_add_u8(&text, '\n'); /* and a NUL behind it, also of an empty file */
        rc = lh_buf_check(&text, err);
    }
    if (rc == LH_OK) {
        rc = read_text(mapping, &text, err);
    }
    lh_buf_clear(&text);
    if (rc != LH_OK) {
        lh_mapping_close(mapping);
        return rc;
    }
    *out = mapping;
    return LH_OK;
}

static void clear_part(struct lh_mapping_part *part)
{
    for (size_t i = 0; i < part->count; i++) {
        for (size_t j = 0; j < part->members[i].piece_count; j++) {
            free(part->members[i].pieces[j].text);
            free(part->members[i].pieces[j].fallback);
        }
        free(part->members[i].name);
    }
}

void lh_mapping_close(struct lh_mapping *mapping)
{
    if (mapping == NULL) {
        return;
    }
    clear_part(&mapping->row);
    clear_part(&mapping->cases);
    for (size_t i = 0; i < mapping->table_count; i++) {
        free(mapping->tables[i].name);
        json_decref(mapping->tables[i].codes);
    }
    free(mapping->time_form);
    free(mapping->path);
    free(mapping);
}

bool lh_mapping_is_salted(const struct lh_mapping *mapping)
{
    return !mapping->is_plain;
}

bool lh_mapping_has_cases(const struct lh_mapping *mapping)
{
    return mapping->cases.line != 0;
}

bool lh_mapping_has_steps(const struct lh_mapping *mapping)
{
    const struct lh_mapping_member *step = lh_mapping_member_find(&mapping->row, "step");

    return step != NULL && step->pieces[0].kind == LH_PIECE_STEP;
}

/* ---- columns ---- */

static enum lh_code bind_part(const struct lh_mapping *mapping, struct lh_mapping_part *part,
                              const struct lh_csv_record *header, struct lh_err *err)
{
    for (size_t i = 0; i < part->count; i++) {
        for (size_t j = 0; j < part->members[i].piece_count; j++) {
            struct lh_mapping_piece *piece = &part->members[i].pieces[j];
            size_t at = 0;

            if (piece->kind != LH_PIECE_COLUMN) {
                continue;
            }
            while (at < header->count &&
                   !lh_bytes_is_equal(header->fields[at], lh_bytes_of_text(piece->text))) {
                at++;
            }
            if (at == header->count) {
                return lh_err_set(err, LH_ERR_INVALID, "%s:%u: no column \"%s\"", mapping->path,
                                  part->members[i].line, piece->text);
            }
            piece->column = at;
        }
    }
    return LH_OK;
}

enum lh_code lh_mapping_bind(struct lh_mapping *mapping, const struct lh_csv_record *header,
                             struct lh_err *err)
{
    enum lh_code rc = bind_part(mapping, &mapping->row, header, err);

    return rc == LH_OK ? bind_part(mapping, &mapping->cases, header, err) : rc;
}

static enum lh_code add_own(struct lh_mapping *mapping, const struct lh_mapping_part *part,
                            struct lh_err *err)
{
    for (size_t i = 0; i < part->count; i++) {
        for (size_t j = 0; j < part->members[i].piece_count; j++) {
            const struct lh_mapping_piece *piece = &part->members[i].pieces[j];
            size_t at = 0;

            if (piece->kind != LH_PIECE_COLUMN) {
                continue;
            }
            while (at < mapping->own_count &&
                   !lh_bytes_is_equal(mapping->own[at], lh_bytes_of_text(piece->text))) {
                at++;
            }
            if (at == LH_CSV_COLUMNS_MAX) {
                return lh_err_set(err, LH_ERR_LIMIT, "%s:%u: more than %d columns", mapping->path,
                                  part->members[i].line, LH_CSV_COLUMNS_MAX);
            }
            if (at == mapping->own_count) {
                mapping->own[mapping->own_count++] = lh_bytes_of_text(piece->text);
            }
        }
    }
    return LH_OK;
}

enum lh_code lh_mapping_bind_own(struct lh_mapping *mapping, struct lh_csv_record *out_header,
                                 struct lh_err *err)
{
    struct lh_csv_record header = { .fields = mapping->own };
    enum lh_code rc;

    mapping->own_count = 0;
    rc = add_own(mapping, &mapping->row, err);
    if (rc == LH_OK) {
        rc = add_own(mapping, &mapping->cases, err);
    }
    header.count = mapping->own_count;
    if (rc == LH_OK) {
        rc = lh_mapping_bind(mapping, &header, err);
    }
    if (rc == LH_OK) {
        *out_header = header;
    }
    return rc;
}
