#ifndef LH_NET_TLS_H
#define LH_NET_TLS_H

/*
 * TLS 1.3 with pinned keys, without sockets: ciphertext and plaintext in, ciphertext and plaintext
 * out. Whoever has the socket moves the bytes.
 *
 *  1. Only TLS 1.3, both sides with a certificate; no tickets, no resumption, no early data.
 *  2. Who the peer is follows from its key alone: the SHA-256 of its SubjectPublicKeyInfo, the
 *     pin. Names, issuers and dates of a peer's certificate are not looked at.
 *  3. Until the handshake is done a peer makes us keep at most LH_TLS_GUEST_LEN_MAX bytes.
 *
 * An identity may be let go of while its sessions live. A session belongs to one thread at a time.
 */

#include "crypto/base/buf.h"

enum {
    LH_TLS_PIN_SIZE = 32,
    LH_TLS_PIN_TEXT_SIZE = 53,        /* "sha256//", 44 of base64, NUL */
    LH_TLS_GUEST_LEN_MAX = 32 * 1024, /* what a handshake may take in */
    LH_TLS_PIECE_MAX = 16 * 1024,     /* most plaintext of one record */
};

struct lh_tls_pin {
    uint8_t bytes[LH_TLS_PIN_SIZE];
};

/** "sha256//" and base64: the form that curl's --pinnedpubkey takes. */
void lh_tls_pin_format(char out[LH_TLS_PIN_TEXT_SIZE], const struct lh_tls_pin *pin);
/** LH_ERR_INVALID says what is wanted and repeats nothing of `text`. */
enum lh_code lh_tls_pin_parse(struct lh_tls_pin *out, struct lh_bytes text,
                              struct lh_err *err) LH_MUST_CHECK;

/* A certificate and its private key, ready to serve and to dial. */
struct lh_tls;

struct lh_tls_options {
    const char *cert_path; /* PEM; the first certificate counts */
    const char *key_path;  /* PKCS#8 PEM of mode 0600, P-256 or Ed25519 */
    /* LH_KEEPS. The one protocol (ALPN) that is spoken; NULL: http/1.1, offered or not. One that is
     * named must be agreed on. */
    const char *protocol;
    bool (*is_known)(void *arg, const struct lh_tls_pin *pin); /* asked once in each handshake */
    void *arg;                                                 /* LH_KEEPS, for the sessions too */
};

/**
 * Read both files. LH_ERR_NOT_FOUND; LH_ERR_DENIED for a key that others may touch; LH_ERR_INVALID
 * if one is not what it should be or they do not belong together; LH_ERR_NOMEM.
 */
enum lh_code lh_tls_new(struct lh_tls **out, const struct lh_tls_options *options,
                        struct lh_err *err) LH_MUST_CHECK;
void lh_tls_free(struct lh_tls *tls);
const struct lh_tls_pin *lh_tls_pin(const struct lh_tls *tls);
/** When its certificate ends. It is served afterwards too: who pins the key does not mind. */
int64_t lh_tls_ends_unix_ms(const struct lh_tls *tls);

/* One side of one connection. */
struct lh_tls_session;

/** The side that was dialled. LH_ERR_NOMEM. */
enum lh_code lh_tls_session_new(struct lh_tls_session **out, const struct lh_tls *tls,
                                struct lh_err *err) LH_MUST_CHECK;
/** The side that dials; lh_tls_session_greet makes its first bytes. LH_ERR_NOMEM. */
enum lh_code lh_tls_session_dial(struct lh_tls_session **out, const struct lh_tls *tls,
                                 struct lh_err *err) LH_MUST_CHECK;
void lh_tls_session_free(struct lh_tls_session *session);

/** Take all of `cipher`, which came from the peer. LH_ERR_LIMIT: too much for a handshake. */
enum lh_code lh_tls_session_feed(struct lh_tls_session *session, struct lh_bytes cipher,
                                 struct lh_err *err) LH_MUST_CHECK;
/**
 * Go on with the handshake. LH_OK: it is done, the peer is known; LH_AGAIN: more bytes are needed;
 * LH_ERR_DENIED: its key is not known; LH_ERR_INVALID: anything else that is wrong with it. After
 * an error there may be an alert in the output.
 */
enum lh_code lh_tls_session_greet(struct lh_tls_session *session, struct lh_err *err) LH_MUST_CHECK;
/**
 * Plaintext of the peer: at least one byte with LH_OK, none with LH_ERR_NOT_FOUND, when the peer
 * said that it has no more. LH_AGAIN: more bytes are needed; LH_ERR_INVALID: the stream is broken.
 */
enum lh_code lh_tls_session_read(struct lh_tls_session *session, uint8_t *out, size_t room,
                                 size_t *out_len, struct lh_err *err) LH_MUST_CHECK;
/** Encrypt all of `plain`, at most LH_TLS_PIECE_MAX bytes. */
enum lh_code lh_tls_session_write(struct lh_tls_session *session, struct lh_bytes plain,
                                  struct lh_err *err) LH_MUST_CHECK;
/** Say to the peer that there is no more. What it still sends can be read. */
void lh_tls_session_end(struct lh_tls_session *session);
/** Ciphertext for the peer, borrowed until the next call. */
struct lh_bytes lh_tls_session_output(const struct lh_tls_session *session);
/** The first `len` bytes of the output are on their way. */
void lh_tls_session_sent(struct lh_tls_session *session, size_t len);
/** Fill `out` with what both sides of this channel know and nobody else does (RFC 8446, 7.5), under
 * `label` and without a context; once the handshake is done. LH_ERR_NOMEM. */
enum lh_code lh_tls_session_export(struct lh_tls_session *session, const char *label, uint8_t *out,
                                   size_t len, struct lh_err *err) LH_MUST_CHECK;
/** The peer's pin, once the handshake is done. */
const struct lh_tls_pin *lh_tls_session_peer(const struct lh_tls_session *session);

#endif
