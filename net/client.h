#ifndef LH_NET_CLIENT_H
#define LH_NET_CLIENT_H

/*
 * The control client: HTTP/1.1 to a node over its Unix socket, or over TLS 1.3 to its TCP port,
 * where both sides know each other by their keys (net/tls.h). One request at a time. An answer of
 * any status is LH_OK here; what a status means is the caller's business. Nothing is retried.
 * This is the one place that knows libcurl.  Spec: specs/api.yaml.
 */

#include "crypto/base/buf.h"

struct lh_client;

enum {
    LH_CLIENT_BODY_MAX = 64 * 1024 * 1024, /* of an answer that is kept in memory */
    LH_CLIENT_SOCKET_MAX = 107,            /* bytes of a Unix socket's path */
    LH_CLIENT_TIMEOUT_MS = 30 * 1000,
    LH_CLIENT_PROGRESS_MIN =
        4096, /* bytes; a download with less of them in its time stands still */
};

struct lh_client_reply {
    long status;            /* of HTTP: 200, 404, ... */
    char type[96];          /* media type without parameters, "" when none */
    uint32_t retry_after_s; /* 0: not said */
    struct lh_buf body;
};

#define LH_CLIENT_REPLY_EMPTY                                                                      \
    {                                                                                              \
        .body = LH_BUF_EMPTY                                                                       \
    }

void lh_client_reply_clear(struct lh_client_reply *reply);

struct lh_client_options {
    const char *node;   /* "unix:PATH" or "https://HOST:PORT" */
    bool is_base_url;   /* `node` is "http://..." or "https://..." of somebody outside, with a path
                           in front of every target; known by the system's authorities */
    int64_t timeout_ms; /* of one request, from connecting to its last byte; 0: _TIMEOUT_MS */
    const char *tls_cert; /* https: our certificate, PEM, */
    const char *tls_key;  /* and its private key; */
    const char *tls_pin;  /* the node's key, as lh_tls_pin_format writes it */
};

bool lh_client_is_https(const char *node);
/**
 * Make a client. Does not connect.
 * LH_ERR_INVALID: not such an address, or the path is too long for a socket.
 */
enum lh_code lh_client_new(struct lh_client **out, const struct lh_client_options *options,
                           struct lh_err *err) LH_MUST_CHECK;
void lh_client_free(struct lh_client *client);
/** The address it was made of. */
const char *lh_client_node(const struct lh_client *client);

/**
 * Ask for `target` ("/v1/status", with its query). `out` is replaced.
 * LH_ERR_IO: no node there, or the answer broke off; LH_AGAIN: the time was up; LH_ERR_LIMIT: the
 * answer is longer than LH_CLIENT_BODY_MAX; LH_ERR_DENIED: the node's key is not the pinned one
 * (and nothing was sent), or it did not take ours.
 */
enum lh_code lh_client_get(struct lh_client *client, struct lh_client_reply *out,
                           const char *target, struct lh_err *err) LH_MUST_CHECK;
/** Post `body` of media type `type`. As above. */
enum lh_code lh_client_post(struct lh_client *client, struct lh_client_reply *out,
                            const char *target, const char *type, struct lh_bytes body,
                            struct lh_err *err) LH_MUST_CHECK;

/* Takes the next bytes of an answer; another code than LH_OK ends the transfer. */
struct lh_client_sink {
    enum lh_code (*take)(void *arg, struct lh_bytes bytes, struct lh_err *err);
    void *arg;
    uint64_t len_max; /* a longer answer is LH_ERR_LIMIT */
};

/**
 * Ask for `target` and hand the body of a 200 to `sink` as it comes. The whole may take its time,
 * but in each `timeout_ms`, not counting what the sink needs, LH_CLIENT_PROGRESS_MIN bytes must
 * arrive or LH_AGAIN ends it. Another status's body is in `out`. As lh_client_get, and what the
 * sink returned.
 */
enum lh_code lh_client_download(struct lh_client *client, struct lh_client_reply *out,
                                const char *target, const struct lh_client_sink *sink,
                                struct lh_err *err) LH_MUST_CHECK;

/** Append `text` percent-encoded, for one value of a query. */
void lh_client_add_escaped(struct lh_buf *out, const char *text);

#endif
