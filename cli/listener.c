#include "cli/listener.h"

/* A setting, or `initial` where the settings do not name it. */
static enum lh_code read_setting(struct lh_buf *out, const struct lh_cli *cli, const char *key,
                                 const char *initial, struct lh_err *err)
{
    enum lh_code rc = lh_cli_setting(cli, out, key, err);

    if (rc == LH_ERR_NOT_FOUND) {
        lh_buf_reset(out);
        lh_buf_add_format(out, "%s%s", lh_cli_data(cli), initial);
        rc = lh_buf_check(out, err);
    }
    return rc;
}

enum lh_code lh_listener_read(struct lh_listener *out, const struct lh_cli *cli, struct lh_err *err)
{
    struct lh_buf client = LH_BUF_EMPTY;
    enum lh_code rc = lh_cli_setting(cli, &out->address, "listen.tls", err);

    out->is_configured = rc == LH_OK;
    if (rc != LH_OK) {
        return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
    }
    out->has_client = lh_cli_setting(cli, &client, "client", NULL) == LH_OK;
    rc = read_setting(&out->cert_path, cli, "tls.cert", "/keys/tls.crt", err);
    if (rc == LH_OK) {
        rc = read_setting(&out->key_path, cli, "tls.key", "/keys/tls.pem", err);
    }
    lh_buf_clear(&client);
    return rc;
}

void lh_listener_clear(struct lh_listener *listener)
{
    lh_buf_clear(&listener->address);
    lh_buf_clear(&listener->cert_path);
    lh_buf_clear(&listener->key_path);
}

enum lh_code lh_listener_identity(const struct lh_listener *listener, struct lh_tls_pin *out_pin,
                                  int64_t *out_ends_unix_ms, struct lh_err *err)
{
    const struct lh_tls_options options = { .cert_path = lh_buf_text(&listener->cert_path),
                                            .key_path = lh_buf_text(&listener->key_path) };
    struct lh_tls *tls = NULL;
    enum lh_code rc = lh_tls_new(&tls, &options, err);

    if (rc == LH_OK) {
        *out_pin = *lh_tls_pin(tls);
        *out_ends_unix_ms = lh_tls_ends_unix_ms(tls);
    }
    lh_tls_free(tls);
    return rc;
}
