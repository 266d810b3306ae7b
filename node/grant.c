#include "node/grant.h"

#include "crypto/text.h"
#include "node/config_value.h"

#include <string.h>

static const struct {
    const char *name;
    enum lh_reader_role reader;
} role_names[] = {
    { "self", LH_READER_SELF },         { "supervisor", LH_READER_SUPERVISOR },
    { "auditor", LH_READER_AUDITOR },   { "citizen", LH_READER_CITIZEN },
    { "operator", LH_READER_OPERATOR },
};
enum { ROLE_COUNT = sizeof role_names / sizeof role_names[0] };

static unsigned bit_of(enum lh_reader_role reader)
{
    return 1U << (unsigned)reader;
}

static enum lh_code parse_sources(struct lh_grant *out, struct lh_bytes text, struct lh_err *err)
{
    struct lh_bytes word;

    if (lh_bytes_is_equal(text, lh_bytes_of_text("*"))) {
        out->is_any_source = true;
        return LH_OK;
    }
    while (lh_text_next_word(&text, ',', &word)) {
        if (out->source_count == LH_GRANT_SOURCES_MAX) {
            return lh_err_set(err, LH_ERR_INVALID, "names more than %d sources",
                              LH_GRANT_SOURCES_MAX);
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
                              "roles are self, supervisor, auditor, citizen, operator");
        }
        out->readers |= bit_of(role_names[i].reader);
    }
    return LH_OK;
}

static enum lh_code parse_staff(struct lh_grant *out, struct lh_bytes text, struct lh_err *err)
{
    struct lh_bytes word;

    while (lh_text_next_word(&text, ',', &word)) {
        if (out->staff_count == LH_GRANT_STAFF_MAX) {
            return lh_err_set(err, LH_ERR_INVALID, "names more than %d staff", LH_GRANT_STAFF_MAX);
        }
        if (lh_hex_parse(out->staff[out->staff_count], sizeof out->staff[0], word, NULL) != LH_OK) {
            return lh_err_set(err, LH_ERR_INVALID, "staff are named by 16 hex digits");
        }
        out->staff_count++;
    }
    return LH_OK;
}

static enum lh_code parse_units(struct lh_grant *out, struct lh_bytes text, struct lh_err *err)
{
    struct lh_bytes word;

    while (lh_text_next_word(&text, ',', &word)) {
        if (out->unit_count == LH_GRANT_UNITS_MAX) {
            return lh_err_set(err, LH_ERR_INVALID, "names more than %d units", LH_GRANT_UNITS_MAX);
        }
        if (word.len == 0 || word.len >= sizeof out->units[0]) {
            return lh_err_set(err, LH_ERR_INVALID, "a unit has 1 to 64 bytes");
        }
        memcpy(out->units[out->unit_count], word.data, word.len);
        out->units[out->unit_count][word.len] = '\0';
        out->unit_count++;
    }
    return LH_OK;
}

/* A role that could read nothing, or a member of a role that is not there, is a mistake. */
static enum lh_code check_roles(const struct lh_grant *client, struct lh_err *err)
{
    bool is_self = lh_grant_is_reader(client, LH_READER_SELF);
    bool is_supervisor = lh_grant_is_reader(client, LH_READER_SUPERVISOR);

    if (is_self != (client->staff_count > 0)) {
        return lh_err_set(err, LH_ERR_INVALID, "roles=self and staff= go together");
    }
    if (is_supervisor != (client->unit_count > 0)) {
        return lh_err_set(err, LH_ERR_INVALID, "roles=supervisor and units= go together");
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
        { "sources=", parse_sources }, { "types=", parse_types }, { "level=", parse_level },
        { "roles=", parse_roles },     { "staff=", parse_staff }, { "units=", parse_units },
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
            return lh_err_set(
                err, LH_ERR_INVALID,
                "\"%s\" is none of sources=, types=, level=, roles=, staff=, units=", shown);
        }
        rc = members[i].parse(&client, lh_bytes_of(word.data + len, word.len - len), err);
    }
    if (rc == LH_OK) {
        rc = check_roles(&client, err);
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
    if (client->readers != 0) {
        lh_buf_add_text(out, " roles=");
    }
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if (lh_grant_is_reader(client, role_names[i].reader)) {
            lh_buf_add_format(out, "%s%s", comma, role_names[i].name);
            comma = ",";
        }
    }
    for (size_t i = 0; i < client->staff_count; i++) {
        lh_buf_add_text(out, i > 0 ? "," : " staff=");
        lh_hex_add(out, lh_bytes_of(client->staff[i], sizeof client->staff[i]));
    }
    for (size_t i = 0; i < client->unit_count; i++) {
        lh_buf_add_format(out, "%s%s", i > 0 ? "," : " units=", client->units[i]);
    }
}

bool lh_grant_is_reader(const struct lh_grant *client, enum lh_reader_role reader)
{
    return (client->readers >> (unsigned)reader & 1) != 0;
}

bool lh_grant_may_source(const struct lh_grant *client, const char *source)
{
    if (client->is_any_source) {
        return true;
    }
    for (size_t i = 0; i < client->source_count; i++) {
        if (strcmp(client->sources[i], source) == 0) {
            return true;
        }
    }
    return false;
}

bool lh_grant_may_type(const struct lh_grant *client, lhpb_EntryType type)
{
    unsigned number = (unsigned)type;

    return number < 128 && (client->types[number / 64] >> number % 64 & 1) != 0;
}
