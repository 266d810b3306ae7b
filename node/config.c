#include "node/config.h"

#include "crypto/base/assert.h"
#include "crypto/text.h"
#include "ledger/origin.h"
#include "net/address.h"
#include "node/config_option.h"
#include "node/config_value.h"
#include "node/file.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *field_of(struct lh_config *config, const struct lh_option *option)
{
    return (char *)config + option->offset;
}

static size_t room_of(const struct lh_option *option)
{
    return option->kind == LH_OPTION_CODE ? sizeof((struct lh_config *)0)->department
                                          : LH_CONFIG_PATH_MAX;
}

static enum lh_code add_client(struct lh_config *config, struct lh_bytes value, struct lh_err *err)
{
    struct lh_grant *grown;
    struct lh_grant client;
    enum lh_code rc = lh_grant_parse(&client, value, err);

    if (rc != LH_OK) {
        return rc;
    }
    for (size_t i = 0; i < config->client_count; i++) {
        if (lh_grant_is_same(&config->clients[i], &client)) {
            return client.is_pinned ? lh_err_set(err, LH_ERR_INVALID, "this pin has a line already")
                                    : lh_err_set(err, LH_ERR_INVALID, "uid:%u has a line already",
                                                 (unsigned)client.uid);
        }
    }
    if (config->client_count == LH_CONFIG_CLIENTS_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "more than %d clients", LH_CONFIG_CLIENTS_MAX);
    }
    grown = realloc(config->clients, (config->client_count + 1) * sizeof *grown);
    if (grown == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "clients");
    }
    config->clients = grown;
    config->clients[config->client_count++] = client;
    return LH_OK;
}

static enum lh_code add_peer(struct lh_config *config, struct lh_bytes value, struct lh_err *err)
{
    struct lh_config_peer peer = { .department = "" };
    struct lh_bytes department = LH_BYTES_EMPTY;
    union lh_address address;
    enum lh_code rc;

    (void)lh_text_next_word(&value, ' ', &department);
    value = lh_text_trim(value);
    if (!lh_code_is_valid(department) || value.len == 0 || value.len >= sizeof peer.address ||
        memchr(value.data, '\0', value.len) != NULL) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "wants a department and where it listens: mzj 192.0.2.8:7443");
    }
    memcpy(peer.department, department.data, department.len);
    memcpy(peer.address, value.data, value.len);
    rc = lh_address_parse(&address, peer.address, err);
    if (rc != LH_OK) {
        return rc;
    }
    for (size_t i = 0; i < config->peer_count; i++) {
        if (strcmp(config->peers[i].department, peer.department) == 0) {
            return lh_err_set(err, LH_ERR_INVALID, "%s has a line already", peer.department);
        }
    }
    if (config->peer_count == LH_CONFIG_PEERS_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "more than %d peers", LH_CONFIG_PEERS_MAX);
    }
    config->peers[config->peer_count++] = peer;
    return LH_OK;
}

static enum lh_code set_text(struct lh_config *config, const struct lh_option *option,
                             struct lh_bytes value, struct lh_err *err)
{
    char *field = field_of(config, option);
    union lh_address address;

    if (option->kind == LH_OPTION_CODE && value.len > 0 && !lh_code_is_valid(value)) {
        return lh_err_set(err, LH_ERR_INVALID, "wants 1 to 32 of a-z, 0-9 and -");
    }
    if (value.len >= room_of(option)) {
        return lh_err_set(err, LH_ERR_INVALID, "is longer than %zu bytes", room_of(option) - 1);
    }
    field[value.len] = '\0';
    if (value.data == NULL || value.len == 0) {
        return LH_OK;
    }
    if (memchr(value.data, '\0', value.len) != NULL) {
        return lh_err_set(err, LH_ERR_INVALID, "holds a zero byte");
    }
    memcpy(field, value.data, value.len);
    return option->kind == LH_OPTION_ADDRESS ? lh_address_parse(&address, field, err) : LH_OK;
}

static enum lh_code parse_choice(uint64_t *out, const char *choices, struct lh_bytes value,
                                 struct lh_err *err)
{
    struct lh_bytes rest = lh_bytes_of_text(choices);
    struct lh_bytes word;
    uint64_t position = 0;

    while (lh_text_next_word(&rest, '|', &word)) {
        if (lh_bytes_is_equal(word, value)) {
            *out = position;
            return LH_OK;
        }
        position++;
    }
    return lh_err_set(err, LH_ERR_INVALID, "wants one of %s", choices);
}

static enum lh_code check_range(const struct lh_option *option, uint64_t value, struct lh_err *err)
{
    struct lh_buf range = LH_BUF_EMPTY;

    if (option->kind == LH_OPTION_CHOICE || (value >= option->min && value <= option->max)) {
        return LH_OK;
    }
    lh_option_format_number(&range, option, option->min);
    lh_buf_add_text(&range, " to ");
    lh_option_format_number(&range, option, option->max);
    (void)lh_err_set(err, LH_ERR_INVALID, "wants %s", lh_buf_text(&range));
    lh_buf_clear(&range);
    return LH_ERR_INVALID;
}

static enum lh_code set_number(struct lh_config *config, const struct lh_option *option,
                               struct lh_bytes value, struct lh_err *err)
{
    uint64_t number = 0;
    enum lh_code rc = LH_OK;

    switch (option->kind) {
    case LH_OPTION_SIZE:
        rc = lh_size_parse(&number, value, err);
        break;
    case LH_OPTION_DURATION:
        rc = lh_duration_parse(&number, value, err);
        break;
    case LH_OPTION_MODE:
        rc = lh_mode_parse(&number, value, err);
        break;
    case LH_OPTION_CHOICE:
        rc = parse_choice(&number, option->choices, value, err);
        break;
    case LH_OPTION_NUMBER:
        if (lh_decimal_parse(&number, value, NULL) != LH_OK) {
            rc = lh_err_set(err, LH_ERR_INVALID, "wants a whole number");
        }
        break;
    case LH_OPTION_PATH:
    case LH_OPTION_CODE:
    case LH_OPTION_ADDRESS:
    case LH_OPTION_CLIENT:
    case LH_OPTION_PEER:
        lh_assert(false);
    }
    if (rc == LH_OK) {
        rc = check_range(option, number, err);
    }
    if (rc == LH_OK) {
        memcpy(field_of(config, option), &number, sizeof number);
    }
    return rc;
}

static enum lh_code set_value(struct lh_config *config, const struct lh_option *option,
                              struct lh_bytes value, struct lh_err *err)
{
    switch (option->kind) {
    case LH_OPTION_CLIENT:
        return add_client(config, value, err);
    case LH_OPTION_PEER:
        return add_peer(config, value, err);
    case LH_OPTION_PATH:
    case LH_OPTION_CODE:
    case LH_OPTION_ADDRESS:
        return set_text(config, option, value, err);
    case LH_OPTION_SIZE:
    case LH_OPTION_DURATION:
    case LH_OPTION_NUMBER:
    case LH_OPTION_MODE:
    case LH_OPTION_CHOICE:
        break;
    }
    return set_number(config, option, value, err);
}

static struct lh_config *new_with_defaults(void)
{
    struct lh_config *config = calloc(1, sizeof *config);

    if (config == NULL) {
        return NULL;
    }
    config->refs = 1;
    config->origins = calloc(lh_option_count(), sizeof *config->origins);
    if (config->origins == NULL) {
        lh_config_unref(config);
        return NULL;
    }
    for (size_t i = 0; i < lh_option_count(); i++) {
        if (lh_option_at(i)->initial != NULL && !lh_option_is_repeatable(lh_option_at(i))) {
            enum lh_code rc = set_value(config, lh_option_at(i),
                                        lh_bytes_of_text(lh_option_at(i)->initial), NULL);

            lh_assert(rc == LH_OK); /* the table's own defaults are good */
        }
    }
    return config;
}

static enum lh_code take_line(struct lh_config *config, struct lh_bytes line, int number,
                              struct lh_err *err)
{
    const uint8_t *equals = line.len > 0 ? memchr(line.data, '=', line.len) : NULL;
    const char *nearest = NULL;
    const struct lh_option *option;
    char shown[LH_CONFIG_SHOWN_SIZE];
    enum lh_code rc;

    if (equals == NULL) {
        return lh_err_set(err, LH_ERR_INVALID, "a line is `key = value`");
    }
    struct lh_bytes key = lh_text_trim(lh_bytes_of(line.data, (size_t)(equals - line.data)));
    struct lh_bytes value =
        lh_text_trim(lh_bytes_of(equals + 1, line.len - (size_t)(equals + 1 - line.data)));
    option = lh_option_find(key, &nearest);
    if (option == NULL) {
        lh_config_show(shown, key);
        return lh_err_set(err, LH_ERR_INVALID, "unknown key \"%s\"%s%s%s", shown,
                          nearest != NULL ? ", did you mean \"" : "",
                          nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
    }
    rc = set_value(config, option, value, err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "%s", option->key);
    }
    config->origins[option - lh_option_at(0)] = number;
    return LH_OK;
}

static enum lh_code take_lines(struct lh_config *config, const char *name, struct lh_bytes text,
                               struct lh_err *err)
{
    int number = 0;

    while (text.len > 0) {
        const uint8_t *end = memchr(text.data, '\n', text.len);
        size_t len = end != NULL ? (size_t)(end - text.data) : text.len;
        struct lh_bytes line = lh_text_trim(lh_bytes_of(text.data, len));
        size_t taken = end != NULL ? len + 1 : len;
        enum lh_code rc;

        text = lh_bytes_of(text.data + taken, text.len - taken);
        number++;
        if (line.len == 0 || line.data[0] == '#') {
            continue;
        }
        rc = take_line(config, line, number, err);
        if (rc != LH_OK) {
            return lh_err_wrap(err, rc, "%s:%d", name, number);
        }
    }
    return LH_OK;
}

/* Values that must fit each other, and places that follow from the data directory. */
static enum lh_code complete(struct lh_config *config, const char *name, struct lh_err *err)
{
    size_t len = strlen(config->data);

    while (len > 1 && config->data[len - 1] == '/') {
        config->data[--len] = '\0';
    }
    if (len == 0) {
        return lh_err_set(err, LH_ERR_INVALID, "%s: no data directory: set `data` or use --data",
                          name);
    }
    if (len > LH_CONFIG_PATH_MAX - 32) {
        return lh_err_set(err, LH_ERR_INVALID, "%s: data: path is too long", name);
    }
    if ((config->witness_key[0] == '\0') != (config->witness_logs[0] == '\0')) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "%s: a witness wants both witness.key and witness.logs", name);
    }
    if (config->event_count_max > config->queue_count_max) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "%s: limits.events is above limits.queue: no such request would fit",
                          name);
    }
    for (size_t i = 0; i < lh_option_count(); i++) {
        char *path = field_of(config, lh_option_at(i));

        if (lh_option_at(i)->initial == NULL && path[0] == '\0') {
            (void)snprintf(path, LH_CONFIG_PATH_MAX, "%.*s%s", LH_CONFIG_PATH_MAX - 32,
                           config->data, lh_option_derived_end(lh_option_at(i)));
        }
    }
    return LH_OK;
}

enum lh_code lh_config_parse(struct lh_config **out, const char *name, struct lh_bytes text,
                             const char *data, struct lh_err *err)
{
    struct lh_config *config = new_with_defaults();
    enum lh_code rc;

    if (config == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "config");
    }
    (void)snprintf(config->file, sizeof config->file, "%s", name);
    rc = take_lines(config, name, text, err);
    if (rc == LH_OK && data != NULL) {
        rc = set_text(config, lh_option_at(0), lh_bytes_of_text(data), err);
        config->origins[0] = -1;
    }
    if (rc == LH_OK) {
        rc = complete(config, name, err);
    }
    if (rc != LH_OK) {
        lh_config_unref(config);
        return rc;
    }
    *out = config;
    return LH_OK;
}

enum lh_code lh_config_load(struct lh_config **out, const char *path, const char *data,
                            struct lh_err *err)
{
    struct lh_buf text = LH_BUF_EMPTY;
    enum lh_code rc = lh_small_file_read(&text, path, LH_CONFIG_FILE_MAX, err);

    if (rc == LH_OK) {
        rc = lh_config_parse(out, path, lh_buf_bytes(&text), data, err);
    }
    lh_buf_clear(&text);
    return rc;
}

struct lh_config *lh_config_ref(struct lh_config *config)
{
    config->refs++;
    return config;
}

void lh_config_unref(struct lh_config *config)
{
    if (config == NULL || --config->refs > 0) {
        return;
    }
    free(config->clients);
    free(config->origins);
    free(config);
}

const struct lh_grant *lh_config_client(const struct lh_config *config, uid_t uid, uid_t owner)
{
    static const struct lh_grant everything = {
        .level_max = 3,
        .types = { UINT64_MAX, UINT64_MAX },
        .readers = 1U << LH_READER_OPERATOR,
        .is_any_source = true,
    };

    for (size_t i = 0; i < config->client_count; i++) {
        if (!config->clients[i].is_pinned && config->clients[i].uid == uid) {
            return &config->clients[i];
        }
    }
    return uid == 0 || uid == owner ? &everything : NULL;
}

const struct lh_grant *lh_config_pinned(const struct lh_config *config,
                                        const struct lh_tls_pin *pin)
{
    struct lh_grant wanted = { .is_pinned = true, .pin = *pin };

    for (size_t i = 0; i < config->client_count; i++) {
        if (lh_grant_is_same(&config->clients[i], &wanted)) {
            return &config->clients[i];
        }
    }
    return NULL;
}
