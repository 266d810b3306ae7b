#include "node/node_internal.h"

/*
 * The TCP port. A certificate that ends, or that cannot be read any more, stops nothing: clients
 * pin the key, recording goes on, and the log, the status and a metric say what is to be done.
 */

#define DAY_MS ((int64_t)24 * 3600 * 1000)

enum { WARN_DAYS = 30, REFUSED_LOG_MS = 1000 };

static bool is_known(void *arg, const struct lh_tls_pin *pin)
{
    const struct lh_node *node = arg;

    return lh_config_pinned(node->config, pin) != NULL;
}

/* Whoever knocks can make us write a line: one a second, and the number of the others. */
static void on_refused(void *arg, const char *address, const struct lh_err *why)
{
    struct lh_node *node = arg;
    int64_t now_ms = lh_node_mono_ms(node);

    lh_counter_add(&node->metrics.tls_refused, 1);
    if (node->refused_mono_ms != 0 && now_ms - node->refused_mono_ms < REFUSED_LOG_MS) {
        node->refused_unsaid++;
        return;
    }
    lh_log_write(node->log, LH_LOG_WARN, "tls.refused", "addr=%s reason=\"%s\" unsaid=%llu",
                 address, why->text, (unsigned long long)node->refused_unsaid);
    node->refused_mono_ms = now_ms;
    node->refused_unsaid = 0;
}

static enum lh_code read_identity(struct lh_tls **out, const struct lh_config *config, void *arg,
                                  struct lh_err *err)
{
    struct lh_tls_options options = {
        .cert_path = config->tls_cert, .key_path = config->tls_key, .is_known = is_known, .arg = arg
    };
    enum lh_code rc = lh_tls_new(out, &options, err);

    if (rc == LH_ERR_NOT_FOUND) {
        lh_err_wrap(err, rc,
                    "listen.tls wants tls.cert and tls.key, made by `liuhen keygen --tls`");
    }
    return rc;
}

enum lh_code lh_node_tls_check(const struct lh_config *config, struct lh_err *err)
{
    struct lh_tls *tls = NULL;
    enum lh_code rc = LH_OK;

    if (config->listen_tls[0] != '\0') {
        rc = read_identity(&tls, config, NULL, err);
        lh_tls_free(tls);
    }
    return rc;
}

int64_t lh_node_tls_ends_unix_ms(const struct lh_node *node)
{
    return node->door != NULL ? lh_tls_ends_unix_ms(lh_tls_door_tls(node->door)) : 0;
}

static void log_identity(struct lh_node *node, const char *event)
{
    char pin[LH_TLS_PIN_TEXT_SIZE];
    char until[LH_TIME_TEXT_SIZE];

    lh_tls_pin_format(pin, lh_tls_pin(lh_tls_door_tls(node->door)));
    lh_time_format_utc(until, lh_node_tls_ends_unix_ms(node));
    lh_log_write(node->log, LH_LOG_INFO, event, "addr=%s pin=%s until=%s",
                 lh_tls_door_address(node->door), pin, until);
}

void lh_node_tls_warn(struct lh_node *node)
{
    int64_t now_ms = lh_node_mono_ms(node);
    int64_t left_ms = lh_node_tls_ends_unix_ms(node) - lh_node_wall_ms(node);
    char until[LH_TIME_TEXT_SIZE];

    if (node->door == NULL || left_ms > WARN_DAYS * DAY_MS ||
        (node->cert_warned_mono_ms != 0 && now_ms - node->cert_warned_mono_ms < DAY_MS)) {
        return;
    }
    node->cert_warned_mono_ms = now_ms;
    lh_time_format_utc(until, lh_node_tls_ends_unix_ms(node));
    lh_log_write(node->log, left_ms > 0 ? LH_LOG_WARN : LH_LOG_ERROR,
                 left_ms > 0 ? "tls.expiring" : "tls.expired",
                 "until=%s file=%s action=\"make a new certificate for the same key with liuhen "
                 "keygen --tls --renew, then send HUP\"",
                 until, node->config->tls_cert);
}

enum lh_code lh_node_tls_open(struct lh_node *node, struct lh_err *err)
{
    const struct lh_config *config = node->config;
    struct lh_tls_door_options options = {
        .base = node->base,
        .http = node->http,
        .clock = node->clock,
        .guest_count_max = (size_t)config->handshake_count_max,
        .handshake_timeout_ms = (int64_t)config->handshake_timeout_ms,
        .write_timeout_ms = (int64_t)config->write_timeout_ms,
        .on_refused = on_refused,
        .arg = node,
    };
    struct lh_tls *tls = NULL;
    enum lh_code rc;

    if (config->listen_tls[0] == '\0') {
        return LH_OK;
    }
    rc = read_identity(&tls, config, node, err);
    if (rc == LH_OK) {
        rc = lh_tls_door_open(&node->door, &options, tls, config->listen_tls, err);
    }
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "listen.tls");
    }
    log_identity(node, "tls.listening");
    lh_node_tls_warn(node);
    return LH_OK;
}

void lh_node_tls_renew(struct lh_node *node)
{
    struct lh_err err = LH_ERR_NONE;
    struct lh_tls *tls = NULL;

    if (node->door == NULL) {
        return;
    }
    if (read_identity(&tls, node->config, node, &err) != LH_OK) {
        lh_log_write(node->log, LH_LOG_ERROR, "tls.refused_certificate",
                     "reason=\"%s\" action=\"the old one stays in force\"", err.text);
        return;
    }
    lh_tls_door_renew(node->door, tls);
    log_identity(node, "tls.renewed");
    node->cert_warned_mono_ms = 0;
    lh_node_tls_warn(node);
}
