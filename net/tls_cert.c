#include "net/tls_cert.h"

#include "net/tls_internal.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_LEN = 64, SERIAL_SIZE = 16 };

enum lh_code lh_tls_err(struct lh_err *err, enum lh_code code, const char *phrase)
{
    unsigned long number = ERR_get_error();
    const char *reason = number != 0 ? ERR_reason_error_string(number) : NULL;

    if (ERR_GET_REASON(number) == ERR_R_MALLOC_FAILURE) {
        code = LH_ERR_NOMEM; /* so nobody is blamed for our want of memory */
    }
    ERR_clear_error();
    return lh_err_set(err, code, "%s%s%s%s", phrase, reason != NULL ? " (" : "",
                      reason != NULL ? reason : "", reason != NULL ? ")" : "");
}

bool lh_tls_pin_of_cert(struct lh_tls_pin *out, const X509 *cert)
{
    uint8_t *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    bool is_good = len > 0 && EVP_Digest(der, (size_t)len, out->bytes, NULL, EVP_sha256(), NULL);

    OPENSSL_free(der);
    return is_good;
}

/* Opened twice: the signer looks at owner, mode and form, and OpenSSL needs its own object. */
enum lh_code lh_tls_key_open(EVP_PKEY **out, const char *path, struct lh_err *err)
{
    struct lh_signer *signer = NULL;
    BIO *bio = NULL;
    enum lh_alg alg;
    enum lh_code rc = lh_signer_open(&signer, path, err);

    if (rc != LH_OK) {
        return rc;
    }
    alg = lh_signer_pubkey(signer)->alg;
    lh_signer_free(signer);
    if (alg != LH_ALG_P256 && alg != LH_ALG_ED25519) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "%s: TLS takes a p256 or ed25519 key, and this one is %s", path,
                          lh_alg_name(alg));
    }
    bio = BIO_new_file(path, "r");
    *out = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    if (*out == NULL) {
        (void)lh_tls_err(err, LH_ERR_INVALID, "cannot be read as a private key");
        return lh_err_wrap(err, LH_ERR_INVALID, "%s", path);
    }
    return LH_OK;
}

static bool set_serial(X509 *cert)
{
    uint8_t bytes[SERIAL_SIZE];
    BIGNUM *number = NULL;
    bool is_good;

    if (RAND_bytes(bytes, sizeof bytes) != 1) {
        return false;
    }
    bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40); /* positive, and always of one length */
    number = BN_bin2bn(bytes, sizeof bytes, NULL);
    is_good = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL;
    BN_free(number);
    return is_good;
}

static bool set_name(X509 *cert, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(cert);

    return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
                                      -1, 0) == 1 &&
           X509_set_issuer_name(cert, subject) == 1;
}

static bool add_extension(X509 *cert, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    bool is_good;

    X509V3_set_ctx(&context, cert, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    is_good = extension != NULL && X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return is_good;
}

static bool fill(X509 *cert, const struct lh_tls_cert_request *request, EVP_PKEY *key)
{
    time_t from = (time_t)(request->from_unix_ms / 1000);
    time_t until = (time_t)(request->until_unix_ms / 1000);
    const EVP_MD *digest = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();

    return X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
           ASN1_TIME_set(X509_getm_notBefore(cert), from) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(cert), until) != NULL &&
           set_name(cert, request->name) && X509_set_pubkey(cert, key) == 1 &&
           add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(cert, NID_key_usage, "critical,digitalSignature") &&
           add_extension(cert, NID_ext_key_usage, "serverAuth,clientAuth") &&
           X509_sign(cert, key, digest) > 0;
}

static bool add_pem(struct lh_buf *out, X509 *cert)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    long len = bio != NULL && PEM_write_bio_X509(bio, cert) == 1 ? BIO_get_mem_data(bio, &data) : 0;

    if (len > 0) {
        lh_buf_add(out, lh_bytes_of(data, (size_t)len));
    }
    BIO_free(bio);
    return len > 0;
}

enum lh_code lh_tls_cert_make(struct lh_buf *out_pem, struct lh_tls_pin *out_pin,
                              const struct lh_tls_cert_request *request, struct lh_err *err)
{
    EVP_PKEY *key = NULL;
    X509 *cert = NULL;
    enum lh_code rc;

    if (request->name[0] == '\0' || strlen(request->name) > NAME_MAX_LEN ||
        !lh_bytes_is_clean_text(lh_bytes_of_text(request->name))) {
        return lh_err_set(err, LH_ERR_INVALID, "a certificate's name is text of 1 to %d bytes",
                          NAME_MAX_LEN);
    }
    rc = lh_tls_key_open(&key, request->key_path, err);
    if (rc != LH_OK) {
        return rc;
    }
    cert = X509_new();
    if (cert == NULL || !fill(cert, request, key) || !lh_tls_pin_of_cert(out_pin, cert) ||
        !add_pem(out_pem, cert)) {
        rc = lh_tls_err(err, LH_ERR_INVALID, "the certificate cannot be made");
    }
    X509_free(cert);
    EVP_PKEY_free(key);
    return rc == LH_OK ? lh_buf_check(out_pem, err) : rc;
}
