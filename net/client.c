#include "net/client.h"

#include "crypto/base/time.h"

#include <curl/curl.h>

#include <stdlib.h>
#include <string.h>

struct lh_client {
    CURL *curl;
    char *node;
    char *tls_cert; /* these three only for https */
    char *tls_key;
    char *tls_pin;
    int64_t timeout_ms;
    bool is_base_url;
};

/* One request under way. */
struct transfer {
    struct lh_client *client;
    struct lh_client_reply *reply;
    const struct lh_client_sink *sink; /* NULL: keep the body */
    enum lh_code rc;                   /* why a callback ended it */
    struct lh_err *err;
    uint64_t len;      /* into the sink so far */
    uint64_t mark_len; /* at the last progress, */
    int64_t mark_ms;   /* and when that was */
};

static int64_t now_ms(void)
{
    struct lh_clock clock = lh_clock_system();

    return clock.mono_ms(clock.arg);
}

void lh_client_reply_clear(struct lh_client_reply *reply)
{
    lh_buf_clear(&reply->body);
    reply->status = 0;
    reply->type[0] = '\0';
    reply->retry_after_s = 0;
}

static const char *socket_path(const char *node)
{
    return node + strlen("unix:");
}

static const char https[] = "https://";

bool lh_client_is_https(const char *node)
{
    return strncmp(node, https, strlen(https)) == 0;
}

/* A host and a port, and nothing behind them: what is asked for is the caller's. */
static bool is_https_address(const char *node)
{
    const char *host = node + strlen(https);
    const char *colon = strrchr(host, ':');

    return lh_client_is_https(node) && strpbrk(host, "/?#@ ") == NULL && colon != NULL &&
           colon > host && colon[1] != '\0' && strspn(colon + 1, "0123456789") == strlen(colon + 1);
}

static enum lh_code check_base_url(const char *node, struct lh_err *err)
{
    const char *host = strstr(node, "://");

    if ((strncmp(node, "http://", 7) != 0 && !lh_client_is_https(node)) || host[3] == '\0' ||
        host[3] == '/' || strpbrk(node, "?#@ ") != NULL) {
        return lh_err_set(err, LH_ERR_INVALID, "\"%s\" is no URL: write https://HOST/PATH", node);
    }
    return LH_OK;
}

static enum lh_code check_address(const char *node, struct lh_err *err)
{
    if (is_https_address(node)) {
        return LH_OK;
    }
    if (strncmp(node, "unix:", 5) != 0 || node[5] == '\0') {
        return lh_err_set(err, LH_ERR_INVALID,
                          "\"%s\" is no node address: write unix:PATH or https://HOST:PORT", node);
    }
    if (strlen(socket_path(node)) > LH_CLIENT_SOCKET_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "%s: a socket's path has at most %d bytes",
                          socket_path(node), LH_CLIENT_SOCKET_MAX);
    }
    return LH_OK;
}

static bool keep(char **out, const char *text)
{
    *out = strdup(text);
    return *out != NULL;
}

static bool keep_options(struct lh_client *client, const struct lh_client_options *options)
{
    return keep(&client->node, options->node) &&
           (options->is_base_url || !lh_client_is_https(options->node) ||
            (keep(&client->tls_cert, options->tls_cert) &&
             keep(&client->tls_key, options->tls_key) && keep(&client->tls_pin, options->tls_pin)));
}

enum lh_code lh_client_new(struct lh_client **out, const struct lh_client_options *options,
                           struct lh_err *err)
{
    struct lh_client *client;
    enum lh_code rc = options->is_base_url ? check_base_url(options->node, err)
                                           : check_address(options->node, err);

    if (rc != LH_OK) {
        return rc;
    }
    client = calloc(1, sizeof *client);
    if (client == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    client->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : LH_CLIENT_TIMEOUT_MS;
    client->is_base_url = options->is_base_url;
    client->curl = curl_easy_init();
    if (!keep_options(client, options) || client->curl == NULL) {
        lh_client_free(client);
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    *out = client;
    return LH_OK;
}

void lh_client_free(struct lh_client *client)
{
    if (client == NULL) {
        return;
    }
    curl_easy_cleanup(client->curl);
    free(client->node);
    free(client->tls_cert);
    free(client->tls_key);
    free(client->tls_pin);
    free(client);
}

const char *lh_client_node(const struct lh_client *client)
{
    return client->node;
}

static enum lh_code keep_body(struct transfer *transfer, struct lh_bytes bytes)
{
    if (transfer->reply->body.len + bytes.len > LH_CLIENT_BODY_MAX) {
        return lh_err_set(transfer->err, LH_ERR_LIMIT, "the node's answer is over %d MiB",
                          LH_CLIENT_BODY_MAX / (1024 * 1024));
    }
    lh_buf_add(&transfer->reply->body, bytes);
    return lh_buf_check(&transfer->reply->body, transfer->err);
}

/* The time that the sink takes is not the node's. */
static enum lh_code hand_on(struct transfer *transfer, struct lh_bytes bytes)
{
    const struct lh_client_sink *sink = transfer->sink;
    int64_t start_ms = now_ms();
    enum lh_code rc;

    if (bytes.len > sink->len_max - transfer->len) {
        return lh_err_set(transfer->err, LH_ERR_LIMIT,
                          "the node's answer does not end: over %llu bytes",
                          (unsigned long long)sink->len_max);
    }
    rc = sink->take(sink->arg, bytes, transfer->err);
    transfer->len += bytes.len;
    transfer->mark_ms += now_ms() - start_ms;
    if (transfer->len - transfer->mark_len >= LH_CLIENT_PROGRESS_MIN) {
        transfer->mark_len = transfer->len;
        transfer->mark_ms = now_ms();
    }
    return rc;
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *transfer = arg;
    struct lh_bytes bytes = lh_bytes_of(data, size * count);
    long status = 0;

    (void)curl_easy_getinfo(transfer->client->curl, CURLINFO_RESPONSE_CODE, &status);
    if (transfer->sink != NULL && status == 200) {
        transfer->rc = hand_on(transfer, bytes);
    } else {
        transfer->rc = keep_body(transfer, bytes);
    }
    return transfer->rc == LH_OK ? bytes.len : 0;
}

static enum lh_code time_is_up(const struct transfer *transfer)
{
    return lh_err_set(transfer->err, LH_AGAIN, "the node at %s did not answer in time",
                      transfer->client->node);
}

/* Called now and then, also while nothing arrives. */
static int on_progress(void *arg, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    struct transfer *transfer = arg;

    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    if (now_ms() - transfer->mark_ms <= transfer->client->timeout_ms) {
        return 0;
    }
    transfer->rc = time_is_up(transfer);
    return 1;
}

static enum lh_code take_outcome(struct transfer *transfer, CURLcode code, const char *words)
{
    struct lh_client *client = transfer->client;

    if (transfer->rc != LH_OK) {
        return transfer->rc;
    }
    if (code == CURLE_OPERATION_TIMEDOUT) {
        return time_is_up(transfer);
    }
    if (code == CURLE_SSL_PINNEDPUBKEYNOTMATCH) {
        return lh_err_set(transfer->err, LH_ERR_DENIED,
                          "the node at %s has another key than the pinned one: nothing was sent",
                          client->node);
    }
    if (code != CURLE_OK && client->tls_pin != NULL && strstr(words, "alert") != NULL) {
        return lh_err_set(
            transfer->err, LH_ERR_DENIED,
            "the node at %s did not take the certificate %s: has it a client line for "
            "its key? (%s)",
            client->node, client->tls_cert, words);
    }
    if (code == CURLE_COULDNT_CONNECT) {
        return lh_err_set(transfer->err, LH_ERR_IO, "no node answers at %s: is liuhend running?",
                          client->node);
    }
    if (code != CURLE_OK) {
        return lh_err_set(transfer->err, LH_ERR_IO, "talking to the node at %s: %s", client->node,
                          words[0] != '\0' ? words : curl_easy_strerror(code));
    }
    return LH_OK;
}

static void read_head(struct transfer *transfer)
{
    CURL *curl = transfer->client->curl;
    struct lh_client_reply *reply = transfer->reply;
    const char *type = NULL;
    curl_off_t retry = 0;

    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply->status);
    (void)curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    (void)curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry);
    reply->retry_after_s = retry > 0 && retry < 86400 ? (uint32_t)retry : 0;
    if (type != NULL) {
        size_t len = strcspn(type, "; ");

        len = len < sizeof reply->type ? len : sizeof reply->type - 1;
        memcpy(reply->type, type, len);
        reply->type[len] = '\0';
    }
}

static void set_limits(struct transfer *transfer)
{
    CURL *curl = transfer->client->curl;

    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)transfer->client->timeout_ms);
    if (transfer->sink == NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)transfer->client->timeout_ms);
        return;
    }
    /* A download may take its time, but not stand still. */
    transfer->mark_ms = now_ms();
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

/* Pinned keys, not names and authorities, say who is who; the node speaks HTTP/1.1. */
static void set_https(const struct lh_client *client)
{
    CURL *curl = client->curl;

    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    (void)curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(curl, CURLOPT_SSLVERSION,
                           (long)CURL_SSLVERSION_TLSv1_3 | (long)CURL_SSLVERSION_MAX_TLSv1_3);
    (void)curl_easy_setopt(curl, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_SSLCERT, client->tls_cert);
    (void)curl_easy_setopt(curl, CURLOPT_SSLKEY, client->tls_key);
}

/* Where the node is. False: memory is out, or this libcurl does not pin keys. */
static bool set_node(const struct lh_client *client)
{
    CURL *curl = client->curl;

    if (client->is_base_url) {
        (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
        return true;
    }
    if (client->tls_pin == NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket_path(client->node));
        (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
        return true;
    }
    set_https(client);
    return curl_easy_setopt(curl, CURLOPT_PINNEDPUBLICKEY, client->tls_pin) == CURLE_OK;
}

static void add_url(struct lh_buf *out, const struct lh_client *client, const char *target)
{
    size_t len = strlen(client->node);

    if (!client->is_base_url && client->tls_pin == NULL) {
        lh_buf_add_text(out, "http://localhost");
    } else {
        len -= client->node[len - 1] == '/' ? 1 : 0; /* a target begins with one */
        lh_buf_add(out, lh_bytes_of(client->node, len));
    }
    lh_buf_add_text(out, target);
}

static enum lh_code run(struct transfer *transfer, const char *target, const char *type,
                        struct lh_bytes body)
{
    CURL *curl = transfer->client->curl;
    struct curl_slist *headers = NULL;
    struct lh_buf url = LH_BUF_EMPTY;
    struct lh_buf media = LH_BUF_EMPTY;
    char words[CURL_ERROR_SIZE] = "";
    CURLcode code;
    enum lh_code rc;

    lh_client_reply_clear(transfer->reply);
    add_url(&url, transfer->client, target);
    rc = lh_buf_check(&url, transfer->err);
    if (rc != LH_OK) {
        goto out;
    }
    curl_easy_reset(curl); /* keeps the connection */
    if (!set_node(transfer->client)) {
        rc = lh_err_set(transfer->err, LH_ERR_NOMEM, "the node's key cannot be pinned");
        goto out;
    }
    (void)curl_easy_setopt(curl, CURLOPT_URL, lh_buf_text(&url));
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, words);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
    set_limits(transfer);
    if (type != NULL) {
        lh_buf_add_format(&media, "Content-Type: %s", type);
        headers = curl_slist_append(headers, lh_buf_text(&media));
        headers = curl_slist_append(headers, "Expect:"); /* no waiting for "100 Continue" */
        (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
                               body.data != NULL ? (const char *)body.data : "");
    }
    code = curl_easy_perform(curl);
    rc = take_outcome(transfer, code, words);
    if (rc == LH_OK) {
        read_head(transfer);
    }
out:
    curl_slist_free_all(headers);
    lh_buf_clear(&media);
    lh_buf_clear(&url);
    return rc;
}

enum lh_code lh_client_get(struct lh_client *client, struct lh_client_reply *out,
                           const char *target, struct lh_err *err)
{
    struct transfer transfer = { .client = client, .reply = out, .err = err };

    return run(&transfer, target, NULL, LH_BYTES_EMPTY);
}

enum lh_code lh_client_post(struct lh_client *client, struct lh_client_reply *out,
                            const char *target, const char *type, struct lh_bytes body,
                            struct lh_err *err)
{
    struct transfer transfer = { .client = client, .reply = out, .err = err };

    return run(&transfer, target, type, body);
}

enum lh_code lh_client_download(struct lh_client *client, struct lh_client_reply *out,
                                const char *target, const struct lh_client_sink *sink,
                                struct lh_err *err)
{
    struct transfer transfer = { .client = client, .reply = out, .sink = sink, .err = err };

    return run(&transfer, target, NULL, LH_BYTES_EMPTY);
}

void lh_client_add_escaped(struct lh_buf *out, const char *text)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    for (const char *at = text; *at != '\0'; at++) {
        if (strchr(plain, *at) != NULL) {
            lh_buf_add_u8(out, (uint8_t)*at);
        } else {
            lh_buf_add_format(out, "%%%02X", (unsigned)(unsigned char)*at);
        }
    }
}
