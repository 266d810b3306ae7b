#include "node/config_value.h"

#include "crypto/text.h"
#include "ledger/personal.h"

#include <string.h>

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit size_units[] = {
    { "GiB", (uint64_t)1 << 30 },
    { "MiB", (uint64_t)1 << 20 },
    { "KiB", (uint64_t)1 << 10 },
    { "B", 1 },
    { "", 1 },
};

/* A bare number has no unit to be guessed, so only 0 may stand alone. */
static const struct unit time_units[] = {
    { "h", 3600000 },
    { "min", 60000 },
    { "s", 1000 },
    { "ms", 1 },
};

struct lh_bytes lh_text_trim(struct lh_bytes text)
{
    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text = lh_bytes_of(text.data + 1, text.len - 1);
    }
    while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t' ||
                            text.data[text.len - 1] == '\r')) {
        text.len--;
    }
    return text;
}

bool lh_text_next_word(struct lh_bytes *rest, char separator, struct lh_bytes *out_word)
{
    const uint8_t *at;

    while (rest->len > 0 && rest->data[0] == (uint8_t)separator) {
        *rest = lh_bytes_of(rest->data + 1, rest->len - 1);
    }
    if (rest->len == 0) {
        return false;
    }
    at = memchr(rest->data, separator, rest->len);
    out_word->data = rest->data;
    out_word->len = at != NULL ? (size_t)(at - rest->data) : rest->len;
    *rest = lh_bytes_of(rest->data + out_word->len, rest->len - out_word->len);
    return true;
}

static size_t count_digits(struct lh_bytes text)
{
    size_t len = 0;

    while (len < text.len && text.data[len] >= '0' && text.data[len] <= '9') {
        len++;
    }
    return len;
}

static enum lh_code parse_with_unit(uint64_t *out, struct lh_bytes text, const struct unit *units,
                                    size_t unit_count, const char *example, struct lh_err *err)
{
    size_t digits = count_digits(text);
    struct lh_bytes name = { .data = text.data + digits, .len = text.len - digits };
    uint64_t number;

    if (digits == 0 || lh_decimal_parse(&number, lh_bytes_of(text.data, digits), NULL) != LH_OK) {
        return lh_err_set(err, LH_ERR_INVALID, "wants a number with a unit such as %s", example);
    }
    if (number == 0 && name.len == 0) {
        *out = 0;
        return LH_OK;
    }
    for (size_t i = 0; i < unit_count; i++) {
        if (!lh_bytes_is_equal(name, lh_bytes_of_text(units[i].name))) {
            continue;
        }
        if (number > INT64_MAX / units[i].factor) {
            return lh_err_set(err, LH_ERR_INVALID, "is too large");
        }
        *out = number * units[i].factor;
        return LH_OK;
    }
    return lh_err_set(err, LH_ERR_INVALID, "wants a number with a unit such as %s", example);
}

enum lh_code lh_size_parse(uint64_t *out, struct lh_bytes text, struct lh_err *err)
{
    return parse_with_unit(out, text, size_units, sizeof size_units / sizeof size_units[0], "64MiB",
                           err);
}

enum lh_code lh_duration_parse(uint64_t *out_ms, struct lh_bytes text, struct lh_err *err)
{
    return parse_with_unit(out_ms, text, time_units, sizeof time_units / sizeof time_units[0],
                           "30s", err);
}

static void format_with_unit(struct lh_buf *out, uint64_t value, const struct unit *units,
                             size_t unit_count)
{
    for (size_t i = 0; i < unit_count; i++) {
        if (value != 0 && value % units[i].factor == 0) {
            lh_buf_add_format(out, "%llu%s", (unsigned long long)(value / units[i].factor),
                              units[i].name);
            return;
        }
    }
    lh_buf_add_u8(out, '0');
}

void lh_size_format(struct lh_buf *out, uint64_t size)
{
    format_with_unit(out, size, size_units, sizeof size_units / sizeof size_units[0]);
}

void lh_duration_format(struct lh_buf *out, uint64_t ms)
{
    format_with_unit(out, ms, time_units, sizeof time_units / sizeof time_units[0]);
}

enum lh_code lh_mode_parse(uint64_t *out, struct lh_bytes text, struct lh_err *err)
{
    uint64_t mode = 0;

    if (text.len == 0 || text.len > 4) {
        return lh_err_set(err, LH_ERR_INVALID, "wants an octal mode such as 0660");
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '7') {
            return lh_err_set(err, LH_ERR_INVALID, "wants an octal mode such as 0660");
        }
        mode = mode << 3 | (uint64_t)(text.data[i] - '0');
    }
    *out = mode;
    return LH_OK;
}

static const struct {
    const char *name;
    uint64_t bit;
} role_names[] = {
    { "counter", LH_ROLE_COUNTER },       { "approver", LH_ROLE_APPROVER },
    { "supervisor", LH_ROLE_SUPERVISOR }, { "auditor", LH_ROLE_AUDITOR },
    { "operator", LH_ROLE_OPERATOR },
};
enum { ROLE_COUNT = sizeof role_names / sizeof role_names[0] };

static enum lh_code parse_sources(struct lh_grant *out, struct lh_bytes text, struct lh_err *err)
{
    struct lh_bytes word;

    if (lh_bytes_is_equal(text, lh_bytes_of_text("*"))) {
        out->is_any_source = true;
        return LH_OK;
    }
    while (lh_text_next_word(&text, ',', &word)) {
        if (out->source_count == LH_CONFIG_SOURCES_MAX) {
            return lh_err_set(err, LH_ERR_INVALID, "names more than %d sources",
                              LH_CONFIG_SOURCES_MAX);
        }
        if (word.len >= sizeof out->sources[0]) {
            return lh_err_set(err, LH_ERR_INVALID, "a source has at most 64 bytes");
        }
        memcpy(out->sources[out->source_count], word.data, word.len);
        out->sources[out->source_count][word.len] = '\0';
        out->source_count++;
    }
    return LH_OK;
}

static void allow_type(struct lh_grant *client, unsigned type)
{
    client->types[type / 64] |= (uint64_t)1 << type % 64;
}

static enum lh_code parse_types(struct lh_grant *out, struct lh_bytes text, struct lh_err *err)
{
    struct lh_bytes word;

    if (lh_bytes_is_equal(text, lh_bytes_of_text("*"))) {
        out->types[0] = UINT64_MAX;
        out->types[1] = UINT64_MAX;
        return LH_OK;
    }
    while (lh_text_next_word(&text, ',', &word)) {
        char shown[LH_CONFIG_SHOWN_SIZE];
        lhpb_EntryType type;
        enum lh_code rc = lh_entry_type_parse(&type, word, err);

        if (rc != LH_OK) {
            lh_config_show(shown, word);
            return lh_err_wrap(err, rc, "\"%s\"", shown);
        }
        allow_type(out, (unsigned)type);
    }
    return LH_OK;
}

static enum lh_code parse_roles(struct lh_grant *out, struct lh_bytes text, struct lh_err *err)
{
    struct lh_bytes word;

    while (lh_text_next_word(&text, ',', &word)) {
        size_t i = 0;

        while (i < ROLE_COUNT && !lh_bytes_is_equal(word, lh_bytes_of_text(role_names[i].name))) {
            i++;
        }
        if (i == ROLE_COUNT) {
            return lh_err_set(err, LH_ERR_INVALID,
                              "roles are counter, approver, supervisor, auditor, operator");
        }
        out->roles |= role_names[i].bit;
    }
    return LH_OK;
}

static enum lh_code parse_level(struct lh_grant *out, struct lh_bytes text, struct lh_err *err)
{
    if (text.len != 1 || text.data[0] < '1' || text.data[0] > '3') {
        return lh_err_set(err, LH_ERR_INVALID, "level is 1, 2 or 3");
    }
    out->level_max = (unsigned)(text.data[0] - '0');
    return LH_OK;
}

/* "uid:1000", or the pin of a key. */
static enum lh_code parse_who(struct lh_grant *out, struct lh_bytes word, struct lh_err *err)
{
    uint64_t uid;

    if (word.len >= 4 && memcmp(word.data, "sha2", 4) == 0) {
        out->is_pinned = true;
        return lh_tls_pin_parse(&out->pin, word, err);
    }
    if (word.len < 5 || memcmp(word.data, "uid:", 4) != 0 ||
        lh_decimal_parse(&uid, lh_bytes_of(word.data + 4, word.len - 4), NULL) != LH_OK ||
        uid >= UINT32_MAX) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "begins with uid: and a number, or with a key's pin (sha256//...)");
    }
    out->uid = (uid_t)uid;
    return LH_OK;
}

bool lh_grant_is_same(const struct lh_grant *a, const struct lh_grant *b)
{
    if (a->is_pinned != b->is_pinned) {
        return false;
    }
    return a->is_pinned ? memcmp(a->pin.bytes, b->pin.bytes, LH_TLS_PIN_SIZE) == 0
                        : a->uid == b->uid;
}

enum lh_code lh_grant_parse(struct lh_grant *out, struct lh_bytes text, struct lh_err *err)
{
    static const struct {
        const char *name;
        enum lh_code (*parse)(struct lh_grant *out, struct lh_bytes text, struct lh_err *err);
    } members[] = {
        { "sources=", parse_sources },
        { "types=", parse_types },
        { "level=", parse_level },
        { "roles=", parse_roles },
    };
    struct lh_grant client = { .level_max = 1 };
    struct lh_bytes word = LH_BYTES_EMPTY;
    char shown[LH_CONFIG_SHOWN_SIZE];
    enum lh_code rc;

    if (!lh_bytes_is_clean_text(text)) { /* a NUL would end a source before its end */
        return lh_err_set(err, LH_ERR_INVALID, "characters that cannot be shown");
    }
    (void)lh_text_next_word(&text, ' ', &word);
    rc = parse_who(&client, word, err);
    while (rc == LH_OK && lh_text_next_word(&text, ' ', &word)) {
        size_t i = 0;
        size_t len = 0;

        for (; i < sizeof members / sizeof members[0]; i++) {
            len = strlen(members[i].name);
            if (word.len >= len && memcmp(word.data, members[i].name, len) == 0) {
                break;
            }
        }
        if (i == sizeof members / sizeof members[0]) {
            lh_config_show(shown, word);
            return lh_err_set(err, LH_ERR_INVALID,
                              "\"%s\" is none of sources=, types=, level=, roles=", shown);
        }
        rc = members[i].parse(&client, lh_bytes_of(word.data + len, word.len - len), err);
    }
    if (rc == LH_OK) {
        *out = client;
    }
    return rc;
}

static void format_types(struct lh_buf *out, const struct lh_grant *client)
{
    const char *comma = "";

    if (client->types[0] == UINT64_MAX && client->types[1] == UINT64_MAX) {
        lh_buf_add_u8(out, '*');
        return;
    }
    for (unsigned type = 0; type < 128; type++) {
        const char *name = lh_entry_type_name((lhpb_EntryType)type);

        if ((client->types[type / 64] >> type % 64 & 1) != 0 && name != NULL) {
            lh_buf_add_format(out, "%s%s", comma, name);
            comma = ",";
        }
    }
}

void lh_grant_format(struct lh_buf *out, const struct lh_grant *client)
{
    const char *comma = "";

    if (client->is_pinned) {
        char pin[LH_TLS_PIN_TEXT_SIZE];

        lh_tls_pin_format(pin, &client->pin);
        lh_buf_add_text(out, pin);
    } else {
        lh_buf_add_format(out, "uid:%u", (unsigned)client->uid);
    }
    lh_buf_add_format(out, " sources=%s", client->is_any_source ? "*" : "");
    for (size_t i = 0; i < client->source_count; i++) {
        lh_buf_add_format(out, "%s%s", i > 0 ? "," : "", client->sources[i]);
    }
    lh_buf_add_text(out, " types=");
    format_types(out, client);
    lh_buf_add_format(out, " level=%u", client->level_max);
    if (client->roles != 0) {
        lh_buf_add_text(out, " roles=");
    }
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if ((client->roles & role_names[i].bit) != 0) {
            lh_buf_add_format(out, "%s%s", comma, role_names[i].name);
            comma = ",";
        }
    }
}

void lh_config_show(char out[LH_CONFIG_SHOWN_SIZE], struct lh_bytes word)
{
    size_t len = word.len < 64 ? word.len : 64;

    if (lh_text_has_personal_number(word)) {
        word = lh_bytes_of_text("...");
        len = word.len;
    }
    if (len > 0) {
        memcpy(out, word.data, len);
    }
    out[len] = '\0';
}
