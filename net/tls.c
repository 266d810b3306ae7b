#include "net/tls.h"

#include "crypto/base/assert.h"
#include "crypto/text.h"
#include "net/tls_internal.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char PIN_START[] = "sha256//";

/* A peer's certificate list is a leaf, perhaps with the authority that made it. */
enum { CERT_LIST_MAX = 16 * 1024, PROTOCOL_MAX = 32 };

struct lh_tls {
    SSL_CTX *ctx;
    bool (*is_known)(void *arg, const struct lh_tls_pin *pin);
    void *arg;
    bool is_protocol_required;
    size_t alpn_len;
    unsigned char alpn[1 + PROTOCOL_MAX]; /* as on the wire: its length, its name */
    struct lh_tls_pin pin;
    int64_t ends_unix_ms;
};

struct lh_tls_session {
    SSL *ssl;
    BIO *in; /* both belong to ssl */
    BIO *out;
    bool (*is_known)(void *arg, const struct lh_tls_pin *pin);
    void *arg;
    struct lh_tls_pin peer;
    size_t guest_len;
    bool is_protocol_required;
    bool is_greeted;
    bool is_stranger;
};

/* ---- pins ---- */

void lh_tls_pin_format(char out[LH_TLS_PIN_TEXT_SIZE], const struct lh_tls_pin *pin)
{
    unsigned char base64[4 * ((LH_TLS_PIN_SIZE + 2) / 3) + 1];

    (void)EVP_EncodeBlock(base64, pin->bytes, LH_TLS_PIN_SIZE);
    (void)snprintf(out, LH_TLS_PIN_TEXT_SIZE, "%s%s", PIN_START, (const char *)base64);
}

enum lh_code lh_tls_pin_parse(struct lh_tls_pin *out, struct lh_bytes text, struct lh_err *err)
{
    size_t len = strlen(PIN_START);
    struct lh_tls_pin pin;

    if (text.len < len || memcmp(text.data, PIN_START, len) != 0 ||
        lh_base64_parse(pin.bytes, LH_TLS_PIN_SIZE, lh_bytes_of(text.data + len, text.len - len),
                        NULL) != LH_OK) {
        return lh_err_set(err, LH_ERR_INVALID, "a pin is sha256// and 44 characters of base64");
    }
    *out = pin;
    return LH_OK;
}

/* ---- the identity ---- */

/* In the place of OpenSSL's judgement of chains, names and dates: the key is known, or not. */
static int on_peer_cert(X509_STORE_CTX *store, void *arg)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct lh_tls_session *session = SSL_get_app_data(ssl);
    X509 *cert = X509_STORE_CTX_get0_cert(store);

    (void)arg;
    if (cert != NULL && lh_tls_pin_of_cert(&session->peer, cert) &&
        session->is_known(session->arg, &session->peer)) {
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
    }
    session->is_stranger = true;
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_UNTRUSTED);
    return 0;
}

/* Who dials may offer protocols; here is one only. */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                   const unsigned char *in, unsigned in_len, void *arg)
{
    const struct lh_tls *tls = arg;
    unsigned char *chosen = NULL;

    (void)ssl;
    if (SSL_select_next_proto(&chosen, out_len, tls->alpn, (unsigned)tls->alpn_len, in, in_len) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static bool configure(struct lh_tls *tls)
{
    SSL_CTX *ctx = tls->ctx;

    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    (void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_max_cert_list(ctx, CERT_LIST_MAX);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(ctx, on_peer_cert, NULL);
    SSL_CTX_set_alpn_select_cb(ctx, on_alpn, tls);
    return SSL_CTX_set_alpn_protos(ctx, tls->alpn, (unsigned)tls->alpn_len) == 0 &&
           SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_num_tickets(ctx, 0) == 1 &&
           SSL_CTX_set_ciphersuites(ctx, "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:"
                                         "TLS_CHACHA20_POLY1305_SHA256") == 1 &&
           SSL_CTX_set1_groups_list(ctx, "X25519:P-256") == 1;
}

static int64_t unix_ms_of(const ASN1_TIME *time)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0;
    int seconds = 0;
    bool is_good = epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;

    ASN1_TIME_free(epoch);
    return is_good ? ((int64_t)days * 86400 + seconds) * 1000 : 0;
}

static enum lh_code take_cert(struct lh_tls *tls, const char *path, struct lh_err *err)
{
    BIO *bio = BIO_new_file(path, "r");
    X509 *cert = NULL;
    enum lh_code rc = LH_OK;

    if (bio == NULL) {
        bool is_missing = ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_SYS &&
                          ERR_GET_REASON(ERR_peek_error()) == ENOENT;

        rc = lh_tls_err(err, is_missing ? LH_ERR_NOT_FOUND : LH_ERR_IO, "cannot be opened");
        goto out;
    }
    cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    if (cert == NULL || SSL_CTX_use_certificate(tls->ctx, cert) != 1 ||
        !lh_tls_pin_of_cert(&tls->pin, cert)) {
        rc = lh_tls_err(err, LH_ERR_INVALID, "not a certificate in PEM that TLS takes");
        goto out;
    }
    tls->ends_unix_ms = unix_ms_of(X509_get0_notAfter(cert));
out:
    X509_free(cert);
    BIO_free(bio);
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "%s", path);
}

static enum lh_code take_key(struct lh_tls *tls, const struct lh_tls_options *options,
                             struct lh_err *err)
{
    EVP_PKEY *key = NULL;
    enum lh_code rc = lh_tls_key_open(&key, options->key_path, err);

    /* Asked for by itself: a key of another kind would get a slot of its own. */
    if (rc == LH_OK && (X509_check_private_key(SSL_CTX_get0_certificate(tls->ctx), key) != 1 ||
                        SSL_CTX_use_PrivateKey(tls->ctx, key) != 1)) {
        ERR_clear_error();
        rc = lh_err_set(err, LH_ERR_INVALID, "%s is not the key that %s was made for",
                        options->key_path, options->cert_path);
    }
    EVP_PKEY_free(key);
    return rc;
}

static void set_protocol(struct lh_tls *tls, const char *protocol)
{
    const char *name = protocol != NULL ? protocol : "http/1.1";
    size_t len = strlen(name);

    lh_assert(len <= PROTOCOL_MAX);
    tls->is_protocol_required = protocol != NULL;
    tls->alpn[0] = (unsigned char)len;
    memcpy(tls->alpn + 1, name, len);
    tls->alpn_len = 1 + len;
}

enum lh_code lh_tls_new(struct lh_tls **out, const struct lh_tls_options *options,
                        struct lh_err *err)
{
    struct lh_tls *tls = calloc(1, sizeof *tls);
    enum lh_code rc;

    ERR_clear_error();
    if (tls == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "TLS");
    }
    tls->is_known = options->is_known;
    tls->arg = options->arg;
    set_protocol(tls, options->protocol);
    tls->ctx = SSL_CTX_new(TLS_method());
    if (tls->ctx == NULL || !configure(tls)) {
        rc = lh_tls_err(err, LH_ERR_NOMEM, "TLS cannot be set up");
        goto out;
    }
    rc = take_cert(tls, options->cert_path, err);
    if (rc == LH_OK) {
        rc = take_key(tls, options, err);
    }
    if (rc == LH_OK) {
        *out = tls;
        tls = NULL;
    }
out:
    lh_tls_free(tls);
    return rc;
}

void lh_tls_free(struct lh_tls *tls)
{
    if (tls != NULL) {
        SSL_CTX_free(tls->ctx);
        free(tls);
    }
}

const struct lh_tls_pin *lh_tls_pin(const struct lh_tls *tls)
{
    return &tls->pin;
}

int64_t lh_tls_ends_unix_ms(const struct lh_tls *tls)
{
    return tls->ends_unix_ms;
}

/* ---- sessions ---- */

static enum lh_code session_new(struct lh_tls_session **out, const struct lh_tls *tls,
                                struct lh_err *err)
{
    struct lh_tls_session *session = calloc(1, sizeof *session);

    if (session == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "TLS session");
    }
    session->is_known = tls->is_known;
    session->arg = tls->arg;
    session->is_protocol_required = tls->is_protocol_required;
    session->ssl = SSL_new(tls->ctx);
    session->in = BIO_new(BIO_s_mem());
    session->out = BIO_new(BIO_s_mem());
    if (session->ssl == NULL || session->in == NULL || session->out == NULL) {
        BIO_free(session->in);
        BIO_free(session->out);
        SSL_free(session->ssl);
        free(session);
        return lh_tls_err(err, LH_ERR_NOMEM, "TLS session");
    }
    /* An empty input is "not yet", never an end: ends are told by the socket's owner. */
    BIO_set_mem_eof_return(session->in, -1);
    BIO_set_mem_eof_return(session->out, -1);
    SSL_set_bio(session->ssl, session->in, session->out);
    SSL_set_app_data(session->ssl, session);
    *out = session;
    return LH_OK;
}

enum lh_code lh_tls_session_new(struct lh_tls_session **out, const struct lh_tls *tls,
                                struct lh_err *err)
{
    enum lh_code rc = session_new(out, tls, err);

    if (rc == LH_OK) {
        SSL_set_accept_state((*out)->ssl);
    }
    return rc;
}

enum lh_code lh_tls_session_dial(struct lh_tls_session **out, const struct lh_tls *tls,
                                 struct lh_err *err)
{
    enum lh_code rc = session_new(out, tls, err);

    if (rc == LH_OK) {
        SSL_set_connect_state((*out)->ssl);
    }
    return rc;
}

void lh_tls_session_free(struct lh_tls_session *session)
{
    if (session != NULL) {
        SSL_free(session->ssl); /* and both BIOs */
        free(session);
    }
}

enum lh_code lh_tls_session_feed(struct lh_tls_session *session, struct lh_bytes cipher,
                                 struct lh_err *err)
{
    lh_assert(cipher.len > 0);
    lh_assert(cipher.len <= INT32_MAX);
    if (!session->is_greeted) {
        session->guest_len += cipher.len;
        if (session->guest_len > LH_TLS_GUEST_LEN_MAX) {
            return lh_err_set(err, LH_ERR_LIMIT, "a handshake of more than %d bytes",
                              LH_TLS_GUEST_LEN_MAX);
        }
    }
    if (BIO_write(session->in, cipher.data, (int)cipher.len) != (int)cipher.len) {
        return lh_tls_err(err, LH_ERR_NOMEM, "TLS input");
    }
    return LH_OK;
}

static bool is_protocol_agreed(const struct lh_tls_session *session)
{
    const unsigned char *name = NULL;
    unsigned len = 0;

    SSL_get0_alpn_selected(session->ssl, &name, &len);
    return len > 0 || !session->is_protocol_required;
}

enum lh_code lh_tls_session_greet(struct lh_tls_session *session, struct lh_err *err)
{
    int got;
    int why;

    ERR_clear_error();
    got = SSL_do_handshake(session->ssl);
    if (got == 1 && !is_protocol_agreed(session)) {
        return lh_err_set(err, LH_ERR_INVALID, "no protocol was agreed on");
    }
    if (got == 1) {
        session->is_greeted = true;
        return LH_OK;
    }
    why = SSL_get_error(session->ssl, got);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
        return LH_AGAIN;
    }
    if (session->is_stranger) {
        char pin[LH_TLS_PIN_TEXT_SIZE];

        ERR_clear_error();
        lh_tls_pin_format(pin, &session->peer);
        return lh_err_set(err, LH_ERR_DENIED, "no client line has %s", pin);
    }
    return lh_tls_err(err, LH_ERR_INVALID, "handshake");
}

enum lh_code lh_tls_session_read(struct lh_tls_session *session, uint8_t *out, size_t room,
                                 size_t *out_len, struct lh_err *err)
{
    int got;
    int why;

    ERR_clear_error();
    got = SSL_read_ex(session->ssl, out, room, out_len);
    if (got == 1) {
        return LH_OK;
    }
    why = SSL_get_error(session->ssl, got);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) {
        return LH_AGAIN;
    }
    if (why == SSL_ERROR_ZERO_RETURN) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "the peer has ended");
    }
    return lh_tls_err(err, LH_ERR_INVALID, "TLS stream");
}

enum lh_code lh_tls_session_write(struct lh_tls_session *session, struct lh_bytes plain,
                                  struct lh_err *err)
{
    size_t written = 0;

    lh_assert(plain.len > 0);
    lh_assert(plain.len <= LH_TLS_PIECE_MAX);
    ERR_clear_error();
    /* The output is memory: whatever is written is taken whole. */
    if (SSL_write_ex(session->ssl, plain.data, plain.len, &written) != 1) {
        return lh_tls_err(err, LH_ERR_INVALID, "TLS output");
    }
    lh_assert(written == plain.len);
    return LH_OK;
}

void lh_tls_session_end(struct lh_tls_session *session)
{
    if (session->is_greeted) {
        (void)SSL_shutdown(session->ssl);
        ERR_clear_error();
    }
}

struct lh_bytes lh_tls_session_output(const struct lh_tls_session *session)
{
    char *data = NULL;
    long len = BIO_get_mem_data(session->out, &data);

    return len > 0 ? lh_bytes_of(data, (size_t)len) : LH_BYTES_EMPTY;
}

void lh_tls_session_sent(struct lh_tls_session *session, size_t len)
{
    uint8_t gone[4096];

    while (len > 0) {
        int got = BIO_read(session->out, gone, (int)(len < sizeof gone ? len : sizeof gone));

        lh_assert(got > 0);
        len -= (size_t)got;
    }
}

enum lh_code lh_tls_session_export(struct lh_tls_session *session, const char *label, uint8_t *out,
                                   size_t len, struct lh_err *err)
{
    lh_assert(session->is_greeted);
    ERR_clear_error();
    if (SSL_export_keying_material(session->ssl, out, len, label, strlen(label), NULL, 0, 0) != 1) {
        return lh_tls_err(err, LH_ERR_NOMEM, "TLS exporter");
    }
    return LH_OK;
}

const struct lh_tls_pin *lh_tls_session_peer(const struct lh_tls_session *session)
{
    lh_assert(session->is_greeted);
    return &session->peer;
}
