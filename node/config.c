#include "node/config.h"

#include "crypto/base/assert.h"
#include "crypto/text.h"
#include "ledger/origin.h"
#include "net/address.h"
#include "node/config_value.h"
#include "node/file.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind {
    KIND_PATH,
    KIND_CODE,
    KIND_ADDRESS,
    KIND_SIZE,
    KIND_DURATION,
    KIND_NUMBER,
    KIND_MODE,
    KIND_CHOICE,
    KIND_CLIENT,
};

struct option {
    const char *key;
    size_t offset;       /* of the field in struct lh_config */
    const char *initial; /* default in the file's syntax; NULL: derived from `data` */
    uint64_t min, max;   /* of numbers, sizes (bytes), durations (ms) */
    const char *choices; /* of KIND_CHOICE, separated by '|'; the value is the position */
    enum kind kind;
    bool is_reloadable; /* SIGHUP takes it; otherwise a restart does */
    const char *help;
};

#define FIELD(name) offsetof(struct lh_config, name)
#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define HOUR_MS ((uint64_t)3600 * 1000)

static const struct option options[] = {
    { "data", FIELD(data), "", 0, 0, NULL, KIND_PATH, false,
      "The data directory that `liuhen init` made: genesis, keys, store." },
    { "department", FIELD(department), "", 0, 0, NULL, KIND_CODE, false,
      "Code of the department whose ledger this is; empty: the one in the enrolment file." },
    { "guard.path", FIELD(guard_path), NULL, 0, 0, NULL, KIND_PATH, false,
      "The guard file, in another place than the store (another disk is best)." },
    { "auditor.box", FIELD(auditor_box), "", 0, 0, NULL, KIND_PATH, false,
      "Public key (`x25519:...`) of the auditors, who alone open the boxes in private parts, while "
      "no "
      "KEYEPOCH entry names one; none: no box is made." },
    { "api.socket", FIELD(api_socket), NULL, 0, 0, NULL, KIND_PATH, false,
      "Unix socket of the HTTP API." },
    { "api.socket_mode", FIELD(api_socket_mode), "0660", 0, 0777, NULL, KIND_MODE, false,
      "Mode of the socket file." },
    { "listen.tls", FIELD(listen_tls), "", 0, 0, NULL, KIND_ADDRESS, false,
      "TCP address of the HTTP API over TLS 1.3, such as `192.0.2.7:8443`; port 0: any, the log "
      "says "
      "which. Clients need a certificate whose key has a `client` line. None: no TCP port; there "
      "is "
      "none without TLS." },
    { "tls.cert", FIELD(tls_cert), NULL, 0, 0, NULL, KIND_PATH, true,
      "Certificate of `listen.tls`, PEM, as `liuhen keygen --tls` makes it." },
    { "tls.key", FIELD(tls_key), NULL, 0, 0, NULL, KIND_PATH, true,
      "Its private key, PEM, mode 0600." },
    { "client", FIELD(clients), "", 0, 0, NULL, KIND_CLIENT, true,
      "Who may hand in what: `uid:1000 sources=a,b types=QUERY,USE level=1 roles=operator`, or "
      "over "
      "TLS `sha256//...` (the pin of the client's key) in the place of `uid:`. "
      "Repeatable. `*` stands for all sources or types. Root and the owner of the data directory "
      "may everything on the socket unless a line says otherwise." },
    { "limits.body", FIELD(body_len_max), "8MiB", 64 * KIB, 64 * MIB, NULL, KIND_SIZE, false,
      "Largest request body." },
    { "limits.header", FIELD(header_len_max), "16KiB", KIB, 256 * KIB, NULL, KIND_SIZE, false,
      "Largest request header." },
    { "limits.events", FIELD(event_count_max), "1000", 1, 4096, NULL, KIND_NUMBER, true,
      "Most events in one request." },
    { "limits.connections", FIELD(connection_count_max), "1024", 1, 65536, NULL, KIND_NUMBER, false,
      "Most connections at once." },
    { "limits.handshakes", FIELD(handshake_count_max), "64", 1, 4096, NULL, KIND_NUMBER, false,
      "Most TLS connections at once whose handshake is not done; one more, and the oldest is "
      "cut." },
    { "limits.buffered", FIELD(buffered_len_max), "128MiB", MIB, 16384 * MIB, NULL, KIND_SIZE,
      false, "Bodies of all connections together." },
    { "limits.queue", FIELD(queue_count_max), "8192", 1, 1000000, NULL, KIND_NUMBER, false,
      "Events on their way at once, from request to reply; beyond, clients are told to come "
      "back." },
    { "timeout.request", FIELD(request_timeout_ms), "30s", 100, HOUR_MS, NULL, KIND_DURATION, false,
      "A request must be complete this long after its first byte." },
    { "timeout.idle", FIELD(idle_timeout_ms), "75s", 100, 24 * HOUR_MS, NULL, KIND_DURATION, false,
      "A connection without a request ends after this." },
    { "timeout.write", FIELD(write_timeout_ms), "30s", 100, HOUR_MS, NULL, KIND_DURATION, false,
      "A reply must be taken within this." },
    { "timeout.handshake", FIELD(handshake_timeout_ms), "10s", 100, HOUR_MS, NULL, KIND_DURATION,
      false, "A TLS handshake must be done this long after the connection." },
    { "timeout.stop", FIELD(stop_timeout_ms), "20s", 100, HOUR_MS, NULL, KIND_DURATION, true,
      "How long open requests may take when the node stops." },
    { "threads", FIELD(thread_count), "0", 0, 256, NULL, KIND_NUMBER, false,
      "Threads that decode and check signatures; 0: one for each core." },
    { "cache.size", FIELD(cache_size), "64MiB", MIB, 65536 * MIB, NULL, KIND_SIZE, false,
      "Block cache of the store." },
    { "heartbeat.idle", FIELD(heartbeat_idle_ms), "60s", 0, 24 * HOUR_MS, NULL, KIND_DURATION, true,
      "A HEARTBEAT entry is recorded after this long without a block; 0: never." },
    { "log.level", FIELD(log_level), "info", 0, 0, "error|warn|info|debug", KIND_CHOICE, true,
      "What is worth a line." },
    { "log.format", FIELD(log_format), "auto", 0, 0, "auto|text|json", KIND_CHOICE, true,
      "auto: text, with systemd's priority in front unless stderr is a terminal." },
};
enum { OPTION_COUNT = sizeof options / sizeof options[0] };

static void *field_of(struct lh_config *config, const struct option *option)
{
    return (char *)config + option->offset;
}

static const void *const_field_of(const struct lh_config *config, const struct option *option)
{
    return (const char *)config + option->offset;
}

static size_t room_of(const struct option *option)
{
    return option->kind == KIND_CODE ? sizeof((struct lh_config *)0)->department
                                     : LH_CONFIG_PATH_MAX;
}

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/* Edit distance; keys are short. */
static size_t distance(struct lh_bytes a, const char *b)
{
    size_t row[64];
    size_t len = strlen(b);

    lh_assert(len < sizeof row / sizeof row[0]);
    for (size_t j = 0; j <= len; j++) {
        row[j] = j;
    }
    for (size_t i = 0; i < a.len; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t j = 0; j < len; j++) {
            size_t above = row[j + 1];

            row[j + 1] =
                smallest(above + 1, row[j] + 1, diagonal + (a.data[i] == (uint8_t)b[j] ? 0 : 1));
            diagonal = above;
        }
    }
    return row[len];
}

static const struct option *find_option(struct lh_bytes key, const char **out_nearest)
{
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (lh_bytes_is_equal(key, lh_bytes_of_text(options[i].key))) {
            return &options[i];
        }
        if (key.len < 40 && distance(key, options[i].key) < best) {
            best = distance(key, options[i].key);
            *out_nearest = best <= 4 ? options[i].key : NULL;
        }
    }
    return NULL;
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

static enum lh_code set_text(struct lh_config *config, const struct option *option,
                             struct lh_bytes value, struct lh_err *err)
{
    char *field = field_of(config, option);
    union lh_address address;

    if (option->kind == KIND_CODE && value.len > 0 && !lh_code_is_valid(value)) {
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
    return option->kind == KIND_ADDRESS ? lh_address_parse(&address, field, err) : LH_OK;
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

static void format_number(struct lh_buf *out, const struct option *option, uint64_t value)
{
    struct lh_bytes rest = lh_bytes_of_text(option->choices);
    struct lh_bytes word = LH_BYTES_EMPTY;

    switch (option->kind) {
    case KIND_SIZE:
        lh_size_format(out, value);
        break;
    case KIND_DURATION:
        lh_duration_format(out, value);
        break;
    case KIND_MODE:
        lh_buf_add_format(out, "%04llo", (unsigned long long)value);
        break;
    case KIND_CHOICE:
        for (uint64_t i = 0; i <= value; i++) {
            (void)lh_text_next_word(&rest, '|', &word);
        }
        lh_buf_add(out, word);
        break;
    case KIND_NUMBER:
    case KIND_PATH:
    case KIND_CODE:
    case KIND_ADDRESS:
    case KIND_CLIENT:
        lh_buf_add_format(out, "%llu", (unsigned long long)value);
        break;
    }
}

static enum lh_code check_range(const struct option *option, uint64_t value, struct lh_err *err)
{
    struct lh_buf range = LH_BUF_EMPTY;

    if (option->kind == KIND_CHOICE || (value >= option->min && value <= option->max)) {
        return LH_OK;
    }
    format_number(&range, option, option->min);
    lh_buf_add_text(&range, " to ");
    format_number(&range, option, option->max);
    (void)lh_err_set(err, LH_ERR_INVALID, "wants %s", lh_buf_text(&range));
    lh_buf_clear(&range);
    return LH_ERR_INVALID;
}

static enum lh_code set_number(struct lh_config *config, const struct option *option,
                               struct lh_bytes value, struct lh_err *err)
{
    uint64_t number = 0;
    enum lh_code rc = LH_OK;

    switch (option->kind) {
    case KIND_SIZE:
        rc = lh_size_parse(&number, value, err);
        break;
    case KIND_DURATION:
        rc = lh_duration_parse(&number, value, err);
        break;
    case KIND_MODE:
        rc = lh_mode_parse(&number, value, err);
        break;
    case KIND_CHOICE:
        rc = parse_choice(&number, option->choices, value, err);
        break;
    case KIND_NUMBER:
        if (lh_decimal_parse(&number, value, NULL) != LH_OK) {
            rc = lh_err_set(err, LH_ERR_INVALID, "wants a whole number");
        }
        break;
    case KIND_PATH:
    case KIND_CODE:
    case KIND_ADDRESS:
    case KIND_CLIENT:
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

static enum lh_code set_value(struct lh_config *config, const struct option *option,
                              struct lh_bytes value, struct lh_err *err)
{
    switch (option->kind) {
    case KIND_CLIENT:
        return add_client(config, value, err);
    case KIND_PATH:
    case KIND_CODE:
    case KIND_ADDRESS:
        return set_text(config, option, value, err);
    case KIND_SIZE:
    case KIND_DURATION:
    case KIND_NUMBER:
    case KIND_MODE:
    case KIND_CHOICE:
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
    config->origins = calloc(OPTION_COUNT, sizeof *config->origins);
    if (config->origins == NULL) {
        lh_config_unref(config);
        return NULL;
    }
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (options[i].initial != NULL && options[i].kind != KIND_CLIENT) {
            enum lh_code rc =
                set_value(config, &options[i], lh_bytes_of_text(options[i].initial), NULL);

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
    const struct option *option;
    char shown[LH_CONFIG_SHOWN_SIZE];
    enum lh_code rc;

    if (equals == NULL) {
        return lh_err_set(err, LH_ERR_INVALID, "a line is `key = value`");
    }
    struct lh_bytes key = lh_text_trim(lh_bytes_of(line.data, (size_t)(equals - line.data)));
    struct lh_bytes value =
        lh_text_trim(lh_bytes_of(equals + 1, line.len - (size_t)(equals + 1 - line.data)));
    option = find_option(key, &nearest);
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
    config->origins[option - options] = number;
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

/* A path without a default of its own: what follows the data directory's. */
static const char *derived_end(const struct option *option)
{
    return option->offset == FIELD(guard_path)   ? "-guard/guard"
           : option->offset == FIELD(api_socket) ? "/liuhend.sock"
           : option->offset == FIELD(tls_cert)   ? "/keys/tls.crt"
                                                 : "/keys/tls.pem";
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
    if (config->event_count_max > config->queue_count_max) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "%s: limits.events is above limits.queue: no such request would fit",
                          name);
    }
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        char *path = field_of(config, &options[i]);

        if (options[i].initial == NULL && path[0] == '\0') {
            (void)snprintf(path, LH_CONFIG_PATH_MAX, "%.*s%s", LH_CONFIG_PATH_MAX - 32,
                           config->data, derived_end(&options[i]));
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
        rc = set_text(config, &options[0], lh_bytes_of_text(data), err);
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
        .roles = LH_ROLE_KNOWN,
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

static void format_value(struct lh_buf *out, const struct lh_config *config,
                         const struct option *option)
{
    uint64_t number;

    if (option->kind == KIND_PATH || option->kind == KIND_CODE || option->kind == KIND_ADDRESS) {
        lh_buf_add_text(out, const_field_of(config, option));
        return;
    }
    memcpy(&number, const_field_of(config, option), sizeof number);
    format_number(out, option, number);
}

static void print_origin(struct lh_buf *out, const struct lh_config *config, size_t index)
{
    if (config->origins[index] > 0) {
        lh_buf_add_format(out, "# %s:%d\n", config->file, config->origins[index]);
    } else {
        lh_buf_add_text(out, config->origins[index] < 0 ? "# command line\n" : "# default\n");
    }
}

void lh_config_print(struct lh_buf *out, const struct lh_config *config)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        print_origin(out, config, i);
        if (options[i].kind != KIND_CLIENT) {
            lh_buf_add_format(out, "%s = ", options[i].key);
            format_value(out, config, &options[i]);
            lh_buf_add_u8(out, '\n');
            continue;
        }
        for (size_t c = 0; c < config->client_count; c++) {
            lh_buf_add_text(out, "client = ");
            lh_grant_format(out, &config->clients[c]);
            lh_buf_add_u8(out, '\n');
        }
    }
}

static void add_range(struct lh_buf *out, const struct option *option)
{
    switch (option->kind) {
    case KIND_SIZE:
    case KIND_DURATION:
    case KIND_NUMBER:
        format_number(out, option, option->min);
        lh_buf_add_text(out, " to ");
        format_number(out, option, option->max);
        break;
    case KIND_MODE:
        lh_buf_add_text(out, "octal");
        break;
    case KIND_CHOICE:
        lh_buf_add_text(out, option->choices);
        break;
    case KIND_PATH:
        lh_buf_add_text(out, "path");
        break;
    case KIND_CODE:
        lh_buf_add_text(out, "a-z, 0-9, -");
        break;
    case KIND_ADDRESS:
        lh_buf_add_text(out, "address:port");
        break;
    case KIND_CLIENT:
        lh_buf_add_text(out, "repeatable");
        break;
    }
}

static void add_initial(struct lh_buf *out, const struct option *option)
{
    if (option->initial == NULL) {
        lh_buf_add_format(out, "<data>%s", derived_end(option));
    } else {
        lh_buf_add_text(out, option->initial[0] != '\0' ? option->initial : "none");
    }
}

void lh_config_help(struct lh_buf *out)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        lh_buf_add_format(out, "  %s = ", options[i].key);
        add_initial(out, &options[i]);
        lh_buf_add_text(out, "   (");
        add_range(out, &options[i]);
        lh_buf_add_format(out, "; %s)\n      %s\n", options[i].is_reloadable ? "reload" : "restart",
                          options[i].help);
    }
}

void lh_config_man(struct lh_buf *out)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        lh_buf_add_format(out, "**%s** = *", options[i].key);
        add_initial(out, &options[i]);
        lh_buf_add_text(out, "* (");
        add_range(out, &options[i]);
        lh_buf_add_format(out, "; %s)\n:   %s\n\n", options[i].is_reloadable ? "reload" : "restart",
                          options[i].help);
    }
}

void lh_config_restart_keys(struct lh_buf *out, const struct lh_config *old,
                            const struct lh_config *now)
{
    struct lh_buf a = LH_BUF_EMPTY;
    struct lh_buf b = LH_BUF_EMPTY;

    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (options[i].is_reloadable || options[i].kind == KIND_CLIENT) {
            continue;
        }
        lh_buf_reset(&a);
        lh_buf_reset(&b);
        format_value(&a, old, &options[i]);
        format_value(&b, now, &options[i]);
        if (!lh_bytes_is_equal(lh_buf_bytes(&a), lh_buf_bytes(&b))) {
            lh_buf_add_format(out, "%s%s", out->len > 0 ? ", " : "", options[i].key);
        }
    }
    lh_buf_clear(&a);
    lh_buf_clear(&b);
}
