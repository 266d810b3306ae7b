/* Claims about TLS without sockets. The client is OpenSSL's own, joined to us by memory. */

#include "net/tls.h"
#include "net/tls_cert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define NOW_MS ((int64_t)1795507200000) /* 2026-11-24T08:00:00Z */

enum { PATH_SIZE = 128 };

static struct {
    char folder[64];
    struct lh_tls_pin known; /* who is let in */
} world;

static void path_of(char out[PATH_SIZE], const char *name, const char *ending)
{
    (void)snprintf(out, PATH_SIZE, "%s/%s%s", world.folder, name, ending);
}

/* A key NAME.pem, its certificate NAME.crt, and its pin. */
static struct lh_tls_pin make_identity(const char *name, enum lh_alg alg)
{
    char key_path[PATH_SIZE];
    char cert_path[PATH_SIZE];
    struct lh_tls_cert_request request = { .key_path = key_path,
                                           .name = name,
                                           .from_unix_ms = NOW_MS,
                                           .until_unix_ms = NOW_MS + 90 * DAY_MS };
    struct lh_signer *signer = NULL;
    struct lh_buf pem = LH_BUF_EMPTY;
    struct lh_tls_pin pin;
    FILE *file;

    path_of(key_path, name, ".pem");
    path_of(cert_path, name, ".crt");
    assert_int_equal(lh_signer_generate(&signer, alg, NULL), LH_OK);
    assert_int_equal(lh_signer_save(signer, key_path, NULL), LH_OK);
    lh_signer_free(signer);
    assert_int_equal(lh_tls_cert_make(&pem, &pin, &request, NULL), LH_OK);
    file = fopen(cert_path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(pem.data, 1, pem.len, file), pem.len);
    assert_int_equal(fclose(file), 0);
    lh_buf_clear(&pem);
    return pin;
}

static bool is_known(void *arg, const struct lh_tls_pin *pin)
{
    assert_ptr_equal(arg, &world);
    return memcmp(pin->bytes, world.known.bytes, LH_TLS_PIN_SIZE) == 0;
}

static enum lh_code open_identity(struct lh_tls **out, const char *cert, const char *key,
                                  struct lh_err *err)
{
    char key_path[PATH_SIZE];
    char cert_path[PATH_SIZE];
    struct lh_tls_options options = {
        .cert_path = cert_path, .key_path = key_path, .is_known = is_known, .arg = &world
    };

    path_of(cert_path, cert, ".crt");
    path_of(key_path, key, ".pem");
    return lh_tls_new(out, &options, err);
}

/* ---- the other side ---- */

struct client {
    SSL_CTX *ctx;
    SSL *ssl;
    BIO *in;
    BIO *out;
};

static struct client client_of(const char *name)
{
    struct client client = { .ctx = SSL_CTX_new(TLS_client_method()) };
    char path[PATH_SIZE];

    assert_non_null(client.ctx);
    if (name != NULL) {
        path_of(path, name, ".crt");
        assert_int_equal(SSL_CTX_use_certificate_file(client.ctx, path, SSL_FILETYPE_PEM), 1);
        path_of(path, name, ".pem");
        assert_int_equal(SSL_CTX_use_PrivateKey_file(client.ctx, path, SSL_FILETYPE_PEM), 1);
    }
    client.ssl = SSL_new(client.ctx);
    client.in = BIO_new(BIO_s_mem());
    client.out = BIO_new(BIO_s_mem());
    SSL_set_bio(client.ssl, client.in, client.out);
    SSL_set_connect_state(client.ssl);
    return client;
}

static void client_free(struct client *client)
{
    SSL_free(client->ssl);
    SSL_CTX_free(client->ctx);
}

static void to_client(struct client *client, struct lh_tls_session *session)
{
    struct lh_bytes output = lh_tls_session_output(session);

    if (output.len > 0) {
        assert_int_equal(BIO_write(client->in, output.data, (int)output.len), output.len);
        lh_tls_session_sent(session, output.len);
    }
    assert_int_equal(lh_tls_session_output(session).len, 0);
}

/* What the client wants to say, `step` bytes at a time; the session's answer to the last. */
static enum lh_code greet(struct lh_tls_session *session, struct client *client, size_t step,
                          struct lh_err *err)
{
    uint8_t bytes[4096];
    enum lh_code rc = LH_AGAIN;

    for (int round = 0; rc == LH_AGAIN && round < 20; round++) {
        int got;

        (void)SSL_do_handshake(client->ssl);
        while (rc == LH_AGAIN && (got = BIO_read(client->out, bytes, (int)step)) > 0) {
            rc = lh_tls_session_feed(session, lh_bytes_of(bytes, (size_t)got), err);
            if (rc == LH_OK) {
                rc = lh_tls_session_greet(session, err);
            }
        }
        to_client(client, session);
    }
    return rc;
}

struct pair {
    struct lh_tls *tls;
    struct lh_tls_session *session;
    struct client client;
};

static struct pair pair_of(const char *client)
{
    struct pair pair = { .client = client_of(client) };

    assert_int_equal(open_identity(&pair.tls, "node", "node", NULL), LH_OK);
    assert_int_equal(lh_tls_session_new(&pair.session, pair.tls, NULL), LH_OK);
    return pair;
}

static void pair_free(struct pair *pair)
{
    lh_tls_session_free(pair->session);
    lh_tls_free(pair->tls);
    client_free(&pair->client);
}

/* ---- claims ---- */

static void a_pin_is_written_and_read_as_curl_does(void **state)
{
    static const uint8_t bytes[LH_TLS_PIN_SIZE] = { 0xfe, 0xdc, 0xba, 0x98 };
    struct lh_tls_pin pin;
    struct lh_tls_pin again;
    char text[LH_TLS_PIN_TEXT_SIZE];

    (void)state;
    memcpy(pin.bytes, bytes, sizeof bytes);
    lh_tls_pin_format(text, &pin);
    assert_string_equal(text, "sha256///ty6mAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    assert_int_equal(lh_tls_pin_parse(&again, lh_bytes_of_text(text), NULL), LH_OK);
    assert_memory_equal(again.bytes, bytes, sizeof bytes);
}

static void what_is_no_pin_is_refused_and_not_repeated(void **state)
{
    static const char *const bad[] = {
        "",
        "sha256//",
        "sha256//AAAA",
        "SHA256///ty6mAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "sha256///ty6mAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "sha256///ty6mAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=",
        "sha256///ty6mAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=;",
        "sha256///ty6mAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "/etc/keys/pin.pem",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct lh_err err = LH_ERR_NONE;
        struct lh_tls_pin pin;

        assert_int_equal(lh_tls_pin_parse(&pin, lh_bytes_of_text(bad[i]), &err), LH_ERR_INVALID);
        assert_string_equal(err.text, "a pin is sha256// and 44 characters of base64");
    }
}

static void a_certificate_says_whose_it_is_and_until_when(void **state)
{
    static const enum lh_alg algs[] = { LH_ALG_P256, LH_ALG_ED25519 };

    (void)state;
    for (size_t i = 0; i < sizeof algs / sizeof algs[0]; i++) {
        char name[] = { 'k', (char)('0' + i), '\0' };
        char path[PATH_SIZE];
        struct lh_tls_pin pin = make_identity(name, algs[i]);
        struct lh_tls *tls = NULL;
        X509 *cert;
        FILE *file;

        assert_int_equal(open_identity(&tls, name, name, NULL), LH_OK);
        assert_memory_equal(lh_tls_pin(tls)->bytes, pin.bytes, LH_TLS_PIN_SIZE);
        assert_int_equal(lh_tls_ends_unix_ms(tls), NOW_MS + 90 * DAY_MS);
        lh_tls_free(tls);
        path_of(path, name, ".crt");
        file = fopen(path, "r");
        assert_non_null(file);
        cert = PEM_read_X509(file, NULL, NULL, NULL);
        (void)fclose(file);
        assert_non_null(cert);
        assert_int_equal(X509_verify(cert, X509_get0_pubkey(cert)), 1);
        assert_int_equal(X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert)), 0);
        X509_free(cert);
    }
}

static void two_certificates_of_one_key_have_one_pin(void **state)
{
    char path[PATH_SIZE];
    struct lh_tls_cert_request request = {
        .key_path = path, .name = "n", .from_unix_ms = NOW_MS, .until_unix_ms = NOW_MS + DAY_MS
    };
    struct lh_buf first = LH_BUF_EMPTY;
    struct lh_buf second = LH_BUF_EMPTY;
    struct lh_tls_pin a;
    struct lh_tls_pin b;

    (void)state;
    path_of(path, "node", ".pem");
    assert_int_equal(lh_tls_cert_make(&first, &a, &request, NULL), LH_OK);
    assert_int_equal(lh_tls_cert_make(&second, &b, &request, NULL), LH_OK);
    assert_memory_equal(a.bytes, b.bytes, LH_TLS_PIN_SIZE);
    assert_string_not_equal(lh_buf_text(&first), lh_buf_text(&second));
    lh_buf_clear(&first);
    lh_buf_clear(&second);
}

static void what_makes_no_certificate_is_named(void **state)
{
    char path[PATH_SIZE];
    struct lh_tls_cert_request request = {
        .key_path = path, .name = "n", .from_unix_ms = NOW_MS, .until_unix_ms = NOW_MS + DAY_MS
    };
    struct lh_signer *sm2 = NULL;
    struct lh_buf pem = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct lh_tls_pin pin;
    char name[66] = "";

    (void)state;
    path_of(path, "sm2", ".pem");
    assert_int_equal(lh_tls_cert_make(&pem, &pin, &request, &err), LH_ERR_NOT_FOUND);
    assert_int_equal(lh_signer_generate(&sm2, LH_ALG_SM2, NULL), LH_OK);
    assert_int_equal(lh_signer_save(sm2, path, NULL), LH_OK);
    lh_signer_free(sm2);
    assert_int_equal(lh_tls_cert_make(&pem, &pin, &request, &err), LH_ERR_INVALID);
    assert_non_null(strstr(err.text, "TLS takes a p256 or ed25519 key, and this one is sm2"));
    path_of(path, "node", ".pem");
    memset(name, 'n', 65);
    request.name = name;
    assert_int_equal(lh_tls_cert_make(&pem, &pin, &request, &err), LH_ERR_INVALID);
    request.name = "";
    assert_int_equal(lh_tls_cert_make(&pem, &pin, &request, &err), LH_ERR_INVALID);
    request.name = "a\nb";
    assert_int_equal(lh_tls_cert_make(&pem, &pin, &request, &err), LH_ERR_INVALID);
    assert_int_equal(pem.len, 0);
    name[64] = '\0';
    request.name = name;
    assert_int_equal(lh_tls_cert_make(&pem, &pin, &request, &err), LH_OK);
    lh_buf_clear(&pem);
}

static void a_key_of_another_certificate_or_open_to_others_is_refused(void **state)
{
    char path[PATH_SIZE];
    struct lh_tls *tls = NULL;
    struct lh_err err = LH_ERR_NONE;

    (void)state;
    assert_int_equal(open_identity(&tls, "node", "known", &err), LH_ERR_INVALID);
    assert_non_null(strstr(err.text, "is not the key that"));
    assert_int_equal(open_identity(&tls, "nobody", "node", &err), LH_ERR_NOT_FOUND);
    assert_int_equal(open_identity(&tls, "node", "nobody", &err), LH_ERR_NOT_FOUND);
    path_of(path, "node", ".pem");
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(open_identity(&tls, "node", "node", &err), LH_ERR_DENIED);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(open_identity(&tls, "node", "node", &err), LH_OK);
    lh_tls_free(tls);
}

static void a_known_key_gets_in_however_its_bytes_come(void **state)
{
    static const size_t steps[] = { 1, 7, 4096 };

    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct pair pair = pair_of("known");
        struct lh_err err = LH_ERR_NONE;

        assert_int_equal(greet(pair.session, &pair.client, steps[i], &err), LH_OK);
        assert_memory_equal(lh_tls_session_peer(pair.session)->bytes, world.known.bytes,
                            LH_TLS_PIN_SIZE);
        assert_string_equal(SSL_get_version(pair.client.ssl), "TLSv1.3");
        assert_int_equal(SSL_session_reused(pair.client.ssl), 0);
        pair_free(&pair);
    }
}

static void another_key_does_not_get_in_and_is_named(void **state)
{
    struct lh_tls_pin pin = make_identity("stranger", LH_ALG_P256);
    struct pair pair = pair_of("stranger");
    struct lh_err err = LH_ERR_NONE;
    char text[LH_TLS_PIN_TEXT_SIZE];
    char byte;
    int got;

    (void)state;
    lh_tls_pin_format(text, &pin);
    assert_int_equal(greet(pair.session, &pair.client, 4096, &err), LH_ERR_DENIED);
    assert_non_null(strstr(err.text, text));
    /* The client is told: it reads an alert, not an end. */
    ERR_clear_error();
    got = SSL_read(pair.client.ssl, &byte, 1);
    assert_int_equal(SSL_get_error(pair.client.ssl, got), SSL_ERROR_SSL);
    assert_int_equal(ERR_GET_REASON(ERR_peek_error()), SSL_R_SSLV3_ALERT_BAD_CERTIFICATE);
    ERR_clear_error();
    pair_free(&pair);
}

static void who_has_no_certificate_does_not_get_in(void **state)
{
    struct pair pair = pair_of(NULL);
    struct lh_err err = LH_ERR_NONE;

    (void)state;
    assert_int_equal(greet(pair.session, &pair.client, 4096, &err), LH_ERR_INVALID);
    pair_free(&pair);
}

static void older_versions_do_not_get_in(void **state)
{
    struct pair pair = pair_of("known");
    struct lh_err err = LH_ERR_NONE;

    (void)state;
    assert_int_equal(SSL_set_max_proto_version(pair.client.ssl, TLS1_2_VERSION), 1);
    assert_int_equal(greet(pair.session, &pair.client, 4096, &err), LH_ERR_INVALID);
    pair_free(&pair);
}

static void only_http_1_1_is_spoken_inside(void **state)
{
    static const struct {
        const char *offer;
        enum lh_code rc;
    } cases[] = {
        { "\x02h2\x08http/1.1", LH_OK },
        { "\x08http/1.1", LH_OK },
        { "\x02h2", LH_ERR_INVALID },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pair pair = pair_of("known");

        assert_int_equal(SSL_set_alpn_protos(pair.client.ssl, (const unsigned char *)cases[i].offer,
                                             (unsigned)strlen(cases[i].offer)),
                         0);
        assert_int_equal(greet(pair.session, &pair.client, 4096, NULL), cases[i].rc);
        pair_free(&pair);
    }
}

static void a_handshake_that_is_too_long_is_a_limit(void **state)
{
    struct pair pair = pair_of("known");
    uint8_t piece[1024] = { 0 };
    size_t fed = 0;
    enum lh_code rc = LH_OK;

    (void)state;
    while (rc == LH_OK && fed < (size_t)4 * LH_TLS_GUEST_LEN_MAX) {
        rc = lh_tls_session_feed(pair.session, lh_bytes_of(piece, sizeof piece), NULL);
        fed += rc == LH_OK ? sizeof piece : 0;
    }
    assert_int_equal(rc, LH_ERR_LIMIT);
    assert_int_equal(fed, LH_TLS_GUEST_LEN_MAX);
    pair_free(&pair);
}

/* 100,000 bytes each way, and then an end each way. */
static void what_is_said_arrives_and_ends_are_told(void **state)
{
    enum { COUNT = 100000 };
    struct pair pair = pair_of("known");
    uint8_t *sent = malloc(COUNT);
    uint8_t *came = malloc(COUNT + 1);
    uint8_t cipher[4096];
    size_t len = 0;
    size_t got = 0;
    int read;

    (void)state;
    assert_non_null(sent);
    assert_non_null(came);
    for (size_t i = 0; i < COUNT; i++) {
        sent[i] = (uint8_t)(i * 7 + i / 256);
    }
    assert_int_equal(greet(pair.session, &pair.client, 4096, NULL), LH_OK);
    assert_int_equal(lh_tls_session_read(pair.session, came, COUNT, &got, NULL), LH_AGAIN);

    assert_int_equal(SSL_write(pair.client.ssl, sent, COUNT), COUNT);
    assert_int_equal(SSL_shutdown(pair.client.ssl), 0);
    while ((read = BIO_read(pair.client.out, cipher, sizeof cipher)) > 0) {
        assert_int_equal(lh_tls_session_feed(pair.session, lh_bytes_of(cipher, (size_t)read), NULL),
                         LH_OK);
        while (lh_tls_session_read(pair.session, came + len, COUNT + 1 - len, &got, NULL) ==
               LH_OK) {
            len += got;
        }
    }
    assert_int_equal(len, COUNT);
    assert_memory_equal(came, sent, COUNT);
    assert_int_equal(lh_tls_session_read(pair.session, came, COUNT, &got, NULL), LH_ERR_NOT_FOUND);

    for (size_t at = 0; at < COUNT; at += LH_TLS_PIECE_MAX) {
        size_t piece = COUNT - at < LH_TLS_PIECE_MAX ? COUNT - at : LH_TLS_PIECE_MAX;

        assert_int_equal(lh_tls_session_write(pair.session, lh_bytes_of(sent + at, piece), NULL),
                         LH_OK);
    }
    lh_tls_session_end(pair.session);
    to_client(&pair.client, pair.session);
    len = 0;
    while ((read = SSL_read(pair.client.ssl, came + len, (int)(COUNT + 1 - len))) > 0) {
        len += (size_t)read;
    }
    assert_int_equal(SSL_get_error(pair.client.ssl, read), SSL_ERROR_ZERO_RETURN);
    assert_int_equal(len, COUNT);
    assert_memory_equal(came, sent, COUNT);
    free(sent);
    free(came);
    pair_free(&pair);
}

static void a_flipped_bit_breaks_the_stream(void **state)
{
    struct pair pair = pair_of("known");
    uint8_t cipher[256];
    uint8_t plain[64];
    size_t got = 0;
    int read;

    (void)state;
    assert_int_equal(greet(pair.session, &pair.client, 4096, NULL), LH_OK);
    assert_int_equal(SSL_write(pair.client.ssl, "hello", 5), 5);
    read = BIO_read(pair.client.out, cipher, sizeof cipher);
    assert_in_range(read, 6, sizeof cipher);
    cipher[read - 1] ^= 1;
    assert_int_equal(lh_tls_session_feed(pair.session, lh_bytes_of(cipher, (size_t)read), NULL),
                     LH_OK);
    assert_int_equal(lh_tls_session_read(pair.session, plain, sizeof plain, &got, NULL),
                     LH_ERR_INVALID);
    pair_free(&pair);
}

static void an_identity_may_go_before_its_sessions(void **state)
{
    struct pair pair = pair_of("known");

    (void)state;
    lh_tls_free(pair.tls);
    pair.tls = NULL;
    assert_int_equal(greet(pair.session, &pair.client, 4096, NULL), LH_OK);
    pair_free(&pair);
}

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(world.folder, sizeof world.folder, "/tmp/lh-tls-XXXXXX");
    if (mkdtemp(world.folder) == NULL) {
        return -1;
    }
    (void)make_identity("node", LH_ALG_P256);
    world.known = make_identity("known", LH_ALG_ED25519);
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = { "node", "known", "stranger", "sm2", "k0", "k1" };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[PATH_SIZE];

        path_of(path, names[i], ".pem");
        (void)unlink(path);
        path_of(path, names[i], ".crt");
        (void)unlink(path);
    }
    return rmdir(world.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pin_is_written_and_read_as_curl_does),
        cmocka_unit_test(what_is_no_pin_is_refused_and_not_repeated),
        cmocka_unit_test(a_certificate_says_whose_it_is_and_until_when),
        cmocka_unit_test(two_certificates_of_one_key_have_one_pin),
        cmocka_unit_test(what_makes_no_certificate_is_named),
        cmocka_unit_test(a_key_of_another_certificate_or_open_to_others_is_refused),
        cmocka_unit_test(a_known_key_gets_in_however_its_bytes_come),
        cmocka_unit_test(another_key_does_not_get_in_and_is_named),
        cmocka_unit_test(who_has_no_certificate_does_not_get_in),
        cmocka_unit_test(older_versions_do_not_get_in),
        cmocka_unit_test(only_http_1_1_is_spoken_inside),
        cmocka_unit_test(a_handshake_that_is_too_long_is_a_limit),
        cmocka_unit_test(what_is_said_arrives_and_ends_are_told),
        cmocka_unit_test(a_flipped_bit_breaks_the_stream),
        cmocka_unit_test(an_identity_may_go_before_its_sessions),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
