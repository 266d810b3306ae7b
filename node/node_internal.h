#ifndef LH_NODE_NODE_INTERNAL_H
#define LH_NODE_NODE_INTERNAL_H

/*
 * What the files of the node share. Everything here belongs to the loop's thread, except what has
 * rules of its own: ledger (its header), jobs and mailbox, sealer, keyring, metrics, log; and
 * `rules`, `genesis`, `clock`, which never change once the node runs.
 */

#include "ledger/genesis.h"
#include "ledger/guard.h"
#include "ledger/ledger.h"
#include "ledger/policy.h"
#include "ledger/store.h"
#include "net/http.h"
#include "net/tls_door.h"
#include "node/intake.h"
#include "node/jobs.h"
#include "node/keyring.h"
#include "node/levels.h"
#include "node/metrics.h"
#include "node/node.h"
#include "node/peers.h"
#include "node/sealer.h"

#include <event2/event.h>
#include <sys/types.h>

#ifndef LH_VERSION
#define LH_VERSION "0.0.0"
#endif

enum { LH_SIGNAL_COUNT = 4, LH_ARCHIVES_MAX = 4 };

struct lh_cosigner;

struct lh_node {
    struct lh_config *config;
    char config_path[LH_CONFIG_PATH_MAX];
    char data_override[LH_CONFIG_PATH_MAX];
    bool has_data_override;
    struct lh_log *log;
    struct lh_clock clock;
    struct lh_metrics metrics;
    int64_t start_mono_ms;
    uid_t owner; /* of the data directory */

    struct lh_genesis *genesis;
    struct lh_intake_rules rules;
    struct lh_signer *seal;
    struct lh_secret index_key;
    struct lh_store *store;
    struct lh_guard *guard;
    struct lh_ledger *ledger;
    struct lh_journal *journal;
    struct lh_ledger_options ledger_options; /* what `ledger` was opened with */
    char machine_id[64];
    struct lh_buf marker;  /* what RESTORED holds; empty: it is not there */
    struct lh_buf prepare; /* the act that asks the peers (node/restoring.h); empty: none */
    bool is_unfit;         /* what they hold did not fit our store */
    bool is_doubted;       /* the peers know better than our store */
    bool is_waiting;       /* for them: as the loop saw it last */
    int64_t wait_until_mono_ms;
    char why[LH_ERR_TEXT_MAX]; /* the reason of the ledger's state */
    struct lh_suite *suite;    /* the loop's */

    struct event_base *base;
    struct lh_mailbox *mailbox;
    struct lh_jobs *jobs;
    struct lh_sealer *sealer;
    struct lh_peers *peers; /* NULL: none are configured */
    struct lh_levels *levels;
    size_t epoch_count; /* that our ledger knows, or was handed */
    struct lh_http *http;
    struct lh_tls_door *door;     /* NULL: no TCP port */
    struct lh_cosigner *cosigner; /* NULL: no witness */
    struct lh_policy witnesses;   /* whose cosignatures of our heads are kept */
    bool is_forgetful;            /* as a witness: it was restored */
    int64_t cert_warned_mono_ms;
    int64_t refused_mono_ms; /* when a refused TLS client was last logged, */
    uint64_t refused_unsaid; /* and how many came since */
    struct event *signals[LH_SIGNAL_COUNT];
    struct event *second_event;
    struct event *watchdog_event;

    _Atomic size_t event_count;   /* of all requests, from their splitting to their reply */
    _Atomic size_t finding_count; /* under way */
    size_t archive_count;         /* streams under way */
    size_t equiv_count;           /* convictions that are written down */
    int64_t equiv_again_ms;       /* the next one not before: one was refused */
    bool is_equiv_under_way;      /* an EQUIV is on its way */
    bool is_heart_beating;        /* a HEARTBEAT is */
    bool is_stopping;
    bool is_reopening; /* it stops to be opened anew: a new generation, or what peers gave back */
    int64_t stop_deadline_mono_ms;
};

int64_t lh_node_wall_ms(const struct lh_node *node);
int64_t lh_node_mono_ms(const struct lh_node *node);
/** Hand in a HEARTBEAT if the ledger was idle for long enough. */
void lh_node_beat(struct lh_node *node);
void lh_node_gauges(struct lh_node *node, struct lh_gauges *out);

/* ---- node_identity.c ---- */

/** Who we are: the settings, or the enrolment file, say it. LH_ERR_INVALID: they do not agree, or a
 * founder's enrolment is not the one in the genesis file. */
enum lh_code lh_node_find_department(struct lh_node *node, struct lh_err *err) LH_MUST_CHECK;
/** Once the ledger, and with it its epochs, is open: is the enrolment file, and the recorder key,
 * of one of them? LH_ERR_INVALID. */
enum lh_code lh_node_check_identity(struct lh_node *node, struct lh_err *err) LH_MUST_CHECK;

/* ---- node_place.c: the data directory ---- */

/** Open what stands there, up to the ledger and its journal; lh_node_close ends all of it. */
enum lh_code lh_node_place_open(struct lh_node *node, struct lh_err *err) LH_MUST_CHECK;

/* ---- node_restore.c: going on with what the peers hold ---- */

/** Take into the store what they gave of our ledgers, where officers asked. Before it is opened. */
enum lh_code lh_node_take_back(struct lh_node *node, struct lh_err *err) LH_MUST_CHECK;
/** Where the generation that officers asked for has begun, nothing is asked any more. */
enum lh_code lh_node_end_restoring(struct lh_node *node, struct lh_err *err) LH_MUST_CHECK;

/** Where peers know better, nothing more is sealed: it is noted beside the store, and the node is
 * opened anew, in state suspect. True: it is to stop for that. */
bool lh_node_is_doubted(struct lh_node *node);
/* What that note begins with. */
#define LH_NODE_MARKER_DOUBT "doubted: "
/** The peers are still to be heard, or know better: nothing is sealed. From any thread. */
bool lh_node_is_waiting(const struct lh_node *node);
/** Begin to wait, where the ledger goes on and there are peers. Before the sealer starts. */
void lh_node_begin_wait(struct lh_node *node);
/** Time has passed: what was kept meanwhile is sealed once that is over. */
void lh_node_end_wait(struct lh_node *node);
/** Say it as the reason of the state. */
void lh_node_say_doubt(struct lh_node *node);

/* ---- node_tls.c: the TCP port ---- */

/** Open the port that the configuration names, if any. */
enum lh_code lh_node_tls_open(struct lh_node *node, struct lh_err *err) LH_MUST_CHECK;
/** Read what `config` names, without listening. */
enum lh_code lh_node_tls_check(const struct lh_config *config, struct lh_err *err) LH_MUST_CHECK;
/** Serve the certificate that the configuration names now; on failure the old one. */
void lh_node_tls_renew(struct lh_node *node);
/** Say once a day that the certificate comes to its end. */
void lh_node_tls_warn(struct lh_node *node);
/** When the certificate ends; 0: there is none. */
int64_t lh_node_tls_ends_unix_ms(const struct lh_node *node);

/* ---- node_witness.c: the C2SP witness ---- */

/** Open the witness that the configuration names, if any. The ledger is open. */
enum lh_code lh_node_witness_open(struct lh_node *node, struct lh_err *err) LH_MUST_CHECK;
/** Read what `config` names. */
enum lh_code lh_node_witness_check(const struct lh_config *config,
                                   struct lh_err *err) LH_MUST_CHECK;

#endif
