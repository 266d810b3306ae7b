#include "ledger/personal.h"

#include "crypto/base/time.h"
#include "ledger/canon_internal.h"
#include "ledger/subject.h"

#include <string.h>

enum { NUMBER_LEN = 18, OLD_NUMBER_LEN = 15, GAP_MAX = 3 };

/* ---- one number ------------------------------------------------------------------------------ */

/* First two digits of GB/T 2260: 11-15 21-23 31-37 41-46 50-54 61-65 71 81 82. */
static bool is_region(const char *digits)
{
    static const char last_of_row[10] = { 0, '5', '3', '7', '6', '4', '5', '1', '2', 0 };
    size_t row = (size_t)(digits[0] - '0');
    char first = row == 5 ? '0' : '1';

    return digits[1] >= first && digits[1] <= last_of_row[row];
}

static uint32_t date_of(const char *digits, size_t len)
{
    uint32_t date = 0;

    for (size_t i = 0; i < len; i++) {
        date = date * 10 + (uint32_t)(digits[i] - '0');
    }
    return date;
}

static bool is_number(const char *text)
{
    uint32_t born = date_of(text + 6, 8);

    return is_region(text) && born >= 18800101 && born < 21000101 && lh_time_is_date(born) &&
           lh_subject_resident_check(text) == text[NUMBER_LEN - 1];
}

/* Before 1999: two digits of the year, no check character. */
static bool is_old_number(const char *text)
{
    return is_region(text) && lh_time_is_date(19000000 + date_of(text + 6, 6));
}

/* ---- runs of digits within a text ------------------------------------------------------------ */

/* The digit, or 'X', at the head of the text, folded from full width; 0 for anything else. */
static char fold_head(struct lh_bytes text, size_t *len)
{
    unsigned char c = text.data[0];

    *len = 1;
    /* U+FF10-FF19 are EF BC 90-99; U+FF38 and U+FF58, the two letters X, EF BC B8 and EF BD 98. */
    if (c == 0xef && text.len >= 3) {
        unsigned char b = text.data[1];
        unsigned char a = text.data[2];

        *len = 3;
        if (b == 0xbc && a >= 0x90 && a <= 0x99) {
            return (char)('0' + (a - 0x90));
        }
        return (b == 0xbc && a == 0xb8) || (b == 0xbd && a == 0x98) ? 'X' : '\0';
    }
    if (c >= '0' && c <= '9') {
        return (char)c;
    }
    return c == 'x' || c == 'X' ? 'X' : '\0';
}

/* Bytes of a space or a hyphen at the head of the text, in the forms that people type; 0: none. */
static size_t separator_len(struct lh_bytes text)
{
    static const char *const forms[] = {
        " ",
        "-",
        "\xc2\xa0" /* no-break */,
        "\xe3\x80\x80" /* wide */,
        "\xef\xbc\x8d" /* wide */,
        "\xe2\x80\x90",
        "\xe2\x80\x91",
        "\xe2\x80\x92",
        "\xe2\x80\x93",
        "\xe2\x80\x94",
    };

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        size_t len = strlen(forms[i]);

        if (text.len >= len && memcmp(text.data, forms[i], len) == 0) {
            return len;
        }
    }
    return 0;
}

/* The end of a run of digits, which a few separators at a time do not end: its last characters, how
 * long it is, how many of them stand since the last separator, and how many separators since. */
struct run {
    size_t len;
    size_t unbroken;
    size_t gap;
    char last[NUMBER_LEN];
};

/* True when the run now ends with a number. */
static bool push(struct run *run, char c)
{
    memmove(run->last, run->last + 1, NUMBER_LEN - 1);
    run->last[NUMBER_LEN - 1] = c;
    run->len++;
    run->unbroken = run->gap == 0 ? run->unbroken + 1 : 1;
    run->gap = 0;
    return run->len >= NUMBER_LEN && is_number(run->last);
}

/* Old numbers have no check character: only digits side by side, just so many, are one. */
static bool was_old_number(const struct run *run)
{
    return run->gap == 0 && run->unbroken == OLD_NUMBER_LEN &&
           is_old_number(run->last + NUMBER_LEN - OLD_NUMBER_LEN);
}

bool lh_text_has_personal_number(struct lh_bytes text)
{
    struct run run = { .len = 0 };
    size_t step;

    for (; text.len > 0; text.data += step, text.len -= step) {
        char c = fold_head(text, &step);

        if (c != '\0' && c != 'X') {
            if (push(&run, c)) {
                return true;
            }
            continue;
        }
        if (was_old_number(&run) || (c == 'X' && push(&run, c))) {
            return true;
        }
        if (run.len == 0) { /* nothing that a separator could hold together */
            continue;
        }
        size_t len = run.gap < GAP_MAX ? separator_len(text) : 0;
        if (len > 0) {
            run.gap++;
            step = len;
            continue;
        }
        run = (struct run){ .len = 0 };
    }
    return was_old_number(&run);
}

/* ---- all strings of a body ------------------------------------------------------------------- */

static bool message_has(const struct lh_canon_message *plan, const uint8_t *message);

static bool item_has(const struct lh_canon_field *field, const uint8_t *item)
{
    if (field->value == LH_CANON_TEXT) {
        return lh_text_has_personal_number(
            lh_bytes_of(item, strnlen((const char *)item, field->data_size)));
    }
    return field->value == LH_CANON_MESSAGE && message_has(lh_canon_message_in(field), item);
}

static bool field_has(const struct lh_canon_field *field, const uint8_t *message)
{
    const uint8_t *item = message + field->offset;
    size_t count = lh_canon_count(field, message);

    for (size_t i = 0; i < count; i++, item += field->data_size) {
        if (item_has(field, item)) {
            return true;
        }
    }
    return false;
}

/* The field that has one, or NULL. */
static const struct lh_canon_field *find_field(const struct lh_canon_message *plan,
                                               const uint8_t *message)
{
    for (size_t i = 0; i < plan->field_count; i++) {
        if (field_has(&plan->fields[i], message)) {
            return &plan->fields[i];
        }
    }
    return NULL;
}

static bool message_has(const struct lh_canon_message *plan, const uint8_t *message)
{
    return find_field(plan, message) != NULL;
}

#define LH_TAG_NAME(a, atype, htype, ltype, name, tag) LH_TAG_NAME_##htype(name, tag)
#define LH_TAG_NAME_SINGULAR(name, tag) { (tag), #name },
#define LH_TAG_NAME_OPTIONAL(name, tag) { (tag), #name },
#define LH_TAG_NAME_REPEATED(name, tag) { (tag), #name },
#define LH_TAG_NAME_ONEOF(name, tag)

static const struct {
    uint32_t tag;
    const char *name;
} header_names[] = { lhpb_Body_FIELDLIST(LH_TAG_NAME, 0) };

const char *lh_body_find_personal_number(const lhpb_Body *body)
{
    const struct lh_canon_field *field =
        find_field(lh_canon_message_of(lhpb_Body_fields), (const uint8_t *)body);

    if (field == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof header_names / sizeof header_names[0]; i++) {
        if (header_names[i].tag == field->tag) {
            return header_names[i].name;
        }
    }
    return "detail";
}
