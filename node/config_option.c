#include "node/config_option.h"

#include "crypto/base/assert.h"
#include "node/config.h"
#include "node/config_value.h"

#include <stddef.h>
#include <string.h>

#define FIELD(name) offsetof(struct lh_config, name)
#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define HOUR_MS ((uint64_t)3600 * 1000)

static const struct lh_option options[] = {
    { "data", FIELD(data), "", 0, 0, NULL, LH_OPTION_PATH, false,
      "The data directory that `liuhen init` made: genesis, keys, store." },
    { "department", FIELD(department), "", 0, 0, NULL, LH_OPTION_CODE, false,
      "Code of the department whose ledger this is; empty: the one in the enrolment file." },
    { "guard.path", FIELD(guard_path), NULL, 0, 0, NULL, LH_OPTION_PATH, false,
      "The guard file, in another place than the store (another disk is best)." },
    { "auditor.box", FIELD(auditor_box), "", 0, 0, NULL, LH_OPTION_PATH, false,
      "Public key (`x25519:...`) of the auditors, who alone open the boxes in private parts, while "
      "no "
      "KEYEPOCH entry names one; none: no box is made." },
    { "api.socket", FIELD(api_socket), NULL, 0, 0, NULL, LH_OPTION_PATH, false,
      "Unix socket of the HTTP API." },
    { "api.socket_mode", FIELD(api_socket_mode), "0660", 0, 0777, NULL, LH_OPTION_MODE, false,
      "Mode of the socket file." },
    { "listen.tls", FIELD(listen_tls), "", 0, 0, NULL, LH_OPTION_ADDRESS, false,
      "TCP address of the HTTP API over TLS 1.3, such as `192.0.2.7:8443`; port 0: any, the log "
      "says "
      "which. Clients need a certificate whose key has a `client` line. None: no TCP port; there "
      "is "
      "none without TLS." },
    { "tls.cert", FIELD(tls_cert), NULL, 0, 0, NULL, LH_OPTION_PATH, true,
      "Certificate of `listen.tls`, PEM, as `liuhen keygen --tls` makes it." },
    { "tls.key", FIELD(tls_key), NULL, 0, 0, NULL, LH_OPTION_PATH, true,
      "Its private key, PEM, mode 0600." },
    { "witness.key", FIELD(witness_key), "", 0, 0, NULL, LH_OPTION_PATH, false,
      "Private key, PEM, mode 0600, with which this node cosigns heads of other networks' logs "
      "(C2SP "
      "tlog-witness): one of its own, as `liuhen keygen --alg ed25519` makes it. None: it is no "
      "witness." },
    { "witness.logs", FIELD(witness_logs), "", 0, 0, NULL, LH_OPTION_PATH, false,
      "Whom it cosigns: a C2SP tlog-policy file, of which the `log` lines count." },
    { "witness.policy", FIELD(witness_policy), "", 0, 0, NULL, LH_OPTION_PATH, false,
      "Whose cosignatures of our own heads are kept and shown: a C2SP tlog-policy file, whose "
      "`witness` lines count. None: nobody's." },
    { "client", FIELD(clients), "", 0, 0, NULL, LH_OPTION_CLIENT, true,
      "Who may hand in and read what: `uid:1000 sources=a,b types=QUERY,USE level=1 "
      "roles=operator`, or over TLS `sha256//...` (the pin of the client's key) in the place of "
      "`uid:`. Repeatable. `*` stands for all sources or types. Root and the owner of the data "
      "directory may hand in everything on the socket and read as operators unless a line says "
      "otherwise." },
    { "peers.listen", FIELD(peers_listen), "", 0, 0, NULL, LH_OPTION_ADDRESS, false,
      "Where other departments' nodes come in, an address as `192.0.2.7:7443`; port 0 takes a free "
      "one, and the log says which. They speak TLS under `tls.cert` and `tls.key`, and who they "
      "are "
      "is said by the witness key of their enrolment. None, and no `peer`: this node keeps to "
      "itself." },
    { "peer", FIELD(peers), "", 0, 0, NULL, LH_OPTION_PEER, false,
      "A department of the network and where it listens: `mzj 192.0.2.8:7443`. Repeatable. One "
      "that "
      "has no line here may come by itself. One that is no member, or none any more, is logged as "
      "`peer.no_member`, and dialled once an epoch admits it." },
    { "start.wait_peers", FIELD(wait_peers_ms), "10s", 0, HOUR_MS, NULL, LH_OPTION_DURATION, false,
      "After a start nothing is sealed before enough peers have said what they hold, at most for "
      "this long; meanwhile entries go to the journal. 0: it does not wait." },
    { "limits.body", FIELD(body_len_max), "8MiB", 64 * KIB, 64 * MIB, NULL, LH_OPTION_SIZE, false,
      "Largest request body." },
    { "limits.header", FIELD(header_len_max), "16KiB", KIB, 256 * KIB, NULL, LH_OPTION_SIZE, false,
      "Largest request header." },
    { "limits.events", FIELD(event_count_max), "1000", 1, 4096, NULL, LH_OPTION_NUMBER, true,
      "Most events in one request." },
    { "limits.connections", FIELD(connection_count_max), "1024", 1, 65536, NULL, LH_OPTION_NUMBER,
      false, "Most connections at once." },
    { "limits.handshakes", FIELD(handshake_count_max), "64", 1, 4096, NULL, LH_OPTION_NUMBER, false,
      "Most TLS connections at once whose handshake is not done; one more, and the oldest is "
      "cut." },
    { "limits.buffered", FIELD(buffered_len_max), "128MiB", MIB, 16384 * MIB, NULL, LH_OPTION_SIZE,
      false, "Bodies of all connections together." },
    { "limits.queue", FIELD(queue_count_max), "8192", 1, 1000000, NULL, LH_OPTION_NUMBER, false,
      "Events on their way at once, from request to reply; beyond, clients are told to come "
      "back." },
    { "timeout.request", FIELD(request_timeout_ms), "30s", 100, HOUR_MS, NULL, LH_OPTION_DURATION,
      false, "A request must be complete this long after its first byte." },
    { "timeout.idle", FIELD(idle_timeout_ms), "75s", 100, 24 * HOUR_MS, NULL, LH_OPTION_DURATION,
      false, "A connection without a request ends after this." },
    { "timeout.write", FIELD(write_timeout_ms), "30s", 100, HOUR_MS, NULL, LH_OPTION_DURATION,
      false, "A reply must be taken within this." },
    { "timeout.handshake", FIELD(handshake_timeout_ms), "10s", 100, HOUR_MS, NULL,
      LH_OPTION_DURATION, false, "A TLS handshake must be done this long after the connection." },
    { "timeout.stop", FIELD(stop_timeout_ms), "20s", 100, HOUR_MS, NULL, LH_OPTION_DURATION, true,
      "How long open requests may take when the node stops." },
    { "threads", FIELD(thread_count), "0", 0, 256, NULL, LH_OPTION_NUMBER, false,
      "Threads that decode and check signatures; 0: one for each core." },
    { "cache.size", FIELD(cache_size), "64MiB", MIB, 65536 * MIB, NULL, LH_OPTION_SIZE, false,
      "Block cache of the store." },
    { "heartbeat.idle", FIELD(heartbeat_idle_ms), "60s", 0, 24 * HOUR_MS, NULL, LH_OPTION_DURATION,
      true, "A HEARTBEAT entry is recorded after this long without a block; 0: never." },
    { "log.level", FIELD(log_level), "info", 0, 0, "error|warn|info|debug", LH_OPTION_CHOICE, true,
      "What is worth a line." },
    { "log.format", FIELD(log_format), "auto", 0, 0, "auto|text|json", LH_OPTION_CHOICE, true,
      "auto: text, with systemd's priority in front unless stderr is a terminal." },
};

size_t lh_option_count(void)
{
    return sizeof options / sizeof options[0];
}

const struct lh_option *lh_option_at(size_t index)
{
    return &options[index];
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

const struct lh_option *lh_option_find(struct lh_bytes key, const char **out_nearest)
{
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < lh_option_count(); i++) {
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

bool lh_option_is_repeatable(const struct lh_option *option)
{
    return option->kind == LH_OPTION_CLIENT || option->kind == LH_OPTION_PEER;
}

const char *lh_option_derived_end(const struct lh_option *option)
{
    return option->offset == FIELD(guard_path)   ? "-guard/guard"
           : option->offset == FIELD(api_socket) ? "/liuhend.sock"
           : option->offset == FIELD(tls_cert)   ? "/keys/tls.crt"
                                                 : "/keys/tls.pem";
}

void lh_option_format_number(struct lh_buf *out, const struct lh_option *option, uint64_t value)
{
    struct lh_bytes rest = lh_bytes_of_text(option->choices);
    struct lh_bytes word = LH_BYTES_EMPTY;

    switch (option->kind) {
    case LH_OPTION_SIZE:
        lh_size_format(out, value);
        break;
    case LH_OPTION_DURATION:
        lh_duration_format(out, value);
        break;
    case LH_OPTION_MODE:
        lh_buf_add_format(out, "%04llo", (unsigned long long)value);
        break;
    case LH_OPTION_CHOICE:
        for (uint64_t i = 0; i <= value; i++) {
            (void)lh_text_next_word(&rest, '|', &word);
        }
        lh_buf_add(out, word);
        break;
    case LH_OPTION_NUMBER:
    case LH_OPTION_PATH:
    case LH_OPTION_CODE:
    case LH_OPTION_ADDRESS:
    case LH_OPTION_CLIENT:
    case LH_OPTION_PEER:
        lh_buf_add_format(out, "%llu", (unsigned long long)value);
        break;
    }
}
