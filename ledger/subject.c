#include "ledger/subject.h"

#include "crypto/base/time.h"

#include <string.h>

static const char *const TYPE_NAMES[] = {
    [LH_SUBJECT_RESIDENT] = "resident", [LH_SUBJECT_USCC] = "uscc",
    [LH_SUBJECT_PASSPORT] = "passport", [LH_SUBJECT_NEWBORN] = "newborn",
    [LH_SUBJECT_NETWORK] = "network",   [LH_SUBJECT_CASE] = "case",
};

enum { TYPE_COUNT = sizeof TYPE_NAMES / sizeof TYPE_NAMES[0] };

static const char USCC_ALPHABET[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

const char *lh_subject_type_name(uint32_t type)
{
    return type < TYPE_COUNT ? TYPE_NAMES[type] : NULL;
}

enum lh_code lh_subject_type_parse(uint32_t *out, struct lh_bytes name, struct lh_err *err)
{
    for (uint32_t type = 1; type < TYPE_COUNT; type++) {
        if (lh_bytes_is_equal(name, lh_bytes_of_text(TYPE_NAMES[type]))) {
            *out = type;
            return LH_OK;
        }
    }
    return lh_err_set(err, LH_ERR_INVALID,
                      "unknown kind of subject id: want resident, uscc, passport, newborn, network "
                      "or case");
}

char lh_subject_resident_check(const char digits[17])
{
    static const int weights[17] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
    int sum = 0;

    for (size_t i = 0; i < 17; i++) {
        sum += (digits[i] - '0') * weights[i];
    }
    return "10X98765432"[sum % 11];
}

char lh_subject_uscc_check(const char body[17])
{
    static const int weights[17] = {
        1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28
    };
    int sum = 0;

    for (size_t i = 0; i < 17; i++) {
        const char *at = body[i] == '\0' ? NULL : strchr(USCC_ALPHABET, body[i]);
        if (at == NULL) {
            return 0;
        }
        sum += (int)(at - USCC_ALPHABET) * weights[i];
    }
    return USCC_ALPHABET[(31 - sum % 31) % 31];
}

/* One character of `text` at `*at` as ASCII; full-width forms (U+FF01-FF5E) and the ideographic
 * space are folded. 0: not ASCII and not foldable. */
static char fold_char(struct lh_bytes text, size_t *at)
{
    uint8_t lead = text.data[*at];

    if (lead < 0x80) {
        *at += 1;
        return (char)lead;
    }
    if (*at + 3 > text.len) {
        *at = text.len;
        return 0;
    }
    uint32_t code =
        ((lead & 0x0fU) << 12) | ((text.data[*at + 1] & 0x3fU) << 6) | (text.data[*at + 2] & 0x3fU);
    *at += 3;
    if ((lead & 0xf0U) != 0xe0) {
        return 0;
    }
    if (code == 0x3000) {
        return ' ';
    }
    return code >= 0xff01 && code <= 0xff5e ? (char)(code - 0xff01 + 0x21) : 0;
}

/* Folded text without surrounding spaces; false if it is empty, too long or not foldable. */
static bool fold(char out[LH_SUBJECT_ID_MAX + 1], size_t *out_len, struct lh_bytes text)
{
    char folded[LH_SUBJECT_ID_MAX * 2];
    size_t len = 0;
    size_t start = 0;

    for (size_t at = 0; at < text.len;) {
        char c = fold_char(text, &at);
        if (c == 0 || len == sizeof folded) {
            return false;
        }
        folded[len++] = c;
    }
    while (start < len && folded[start] == ' ') {
        start++;
    }
    while (len > start && folded[len - 1] == ' ') {
        len--;
    }
    if (len == start || len - start > LH_SUBJECT_ID_MAX) {
        return false;
    }
    memcpy(out, folded + start, len - start);
    out[len - start] = '\0';
    *out_len = len - start;
    return true;
}

static void to_upper(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text >= 'a' && *text <= 'z') {
            *text = (char)(*text - 'a' + 'A');
        }
    }
}

static bool has_only(const char *text, size_t len, const char *allowed)
{
    return strspn(text, allowed) >= len;
}

/* yyyymmdd at `text` is a date that exists, from 1850 on. */
static bool has_birth_date(const char *text)
{
    uint32_t date = 0;

    for (size_t i = 0; i < 8; i++) {
        date = date * 10 + (uint32_t)(text[i] - '0');
    }
    return date >= 18500101 && lh_time_is_date(date);
}

static enum lh_code canonical_resident(char text[LH_SUBJECT_ID_MAX + 1], size_t len,
                                       struct lh_err *err)
{
    if (len == 15 && has_only(text, 15, "0123456789")) { /* before 1999: no century, no check */
        memmove(text + 8, text + 6, 9);
        memcpy(text + 6, "19", 2);
        text[17] = lh_subject_resident_check(text);
        text[18] = '\0';
        len = 18;
    }
    if (len != 18 || !has_only(text, 17, "0123456789") || !has_birth_date(text + 6)) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "not a resident number: want 18 characters with a date of birth");
    }
    if (text[17] != lh_subject_resident_check(text)) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "not a resident number: the check character does not fit");
    }
    return LH_OK;
}

static enum lh_code canonical_uscc(const char *text, size_t len, struct lh_err *err)
{
    if (len != 18 || !has_only(text, 18, USCC_ALPHABET)) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "not a unified social credit code: want 18 of 0-9 A-Y without I O S V Z");
    }
    if (text[17] != lh_subject_uscc_check(text)) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "not a unified social credit code: the check character does not fit");
    }
    return LH_OK;
}

static enum lh_code check_shape(const char *text, size_t len, size_t min, size_t max,
                                const char *allowed, const char *want, struct lh_err *err)
{
    if (len < min || len > max || !has_only(text, len, allowed)) {
        return lh_err_set(err, LH_ERR_INVALID, "not a subject id of this kind: want %s", want);
    }
    return LH_OK;
}

#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGIT "0123456789"

enum lh_code lh_subject_canonical(char out[LH_SUBJECT_ID_MAX + 1], uint32_t type,
                                  struct lh_bytes text, struct lh_err *err)
{
    char id[LH_SUBJECT_ID_MAX + 1];
    size_t len;
    enum lh_code rc = LH_ERR_INVALID;

    if (lh_subject_type_name(type) == NULL) {
        return lh_err_set(err, LH_ERR_INVALID, "unknown kind of subject id: %u", (unsigned)type);
    }
    if (!fold(id, &len, text)) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "subject id is empty, too long or not letters and digits");
    }
    if (type != LH_SUBJECT_NETWORK) {
        to_upper(id);
    }
    switch ((enum lh_subject_type)type) {
    case LH_SUBJECT_RESIDENT:
        rc = canonical_resident(id, len, err);
        break;
    case LH_SUBJECT_USCC:
        rc = canonical_uscc(id, len, err);
        break;
    case LH_SUBJECT_PASSPORT:
        rc = check_shape(id, len, 5, 20, UPPER DIGIT, "5-20 letters and digits", err);
        break;
    case LH_SUBJECT_NEWBORN:
    case LH_SUBJECT_CASE:
        rc = check_shape(id, len, 4, 40, UPPER DIGIT "-", "4-40 letters, digits and '-'", err);
        break;
    case LH_SUBJECT_NETWORK:
        rc = check_shape(id, len, 8, 40, UPPER LOWER DIGIT, "8-40 letters and digits", err);
        break;
    }
    if (rc == LH_OK) {
        memcpy(out, id, sizeof id);
    }
    return rc;
}
