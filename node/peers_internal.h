#ifndef LH_NODE_PEERS_INTERNAL_H
#define LH_NODE_PEERS_INTERNAL_H

/* What the files of lh_peers share: peers_open.c makes it and takes it apart, peers.c runs it, the
 * others are parts of that. */

#include "node/evidence_file.h"
#include "node/peers.h"

#include "net/gossip.h"
#include "net/governance.h"
#include "net/mesh.h"
#include "net/nomination.h"
#include "net/pledge.h"
#include "net/recovery.h"
#include "node/replica_store.h"

#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>

enum { LH_PEERS_PATH_SIZE = LH_CONFIG_PATH_MAX + 256 };

/* How a connection with a peer came to its end, or to none. */
enum lh_peers_part {
    LH_PEERS_CLOSED,      /* by us, in peace */
    LH_PEERS_LEFT,        /* by the other side, which said so */
    LH_PEERS_LOST,        /* it broke, or fell silent */
    LH_PEERS_UNREACHABLE, /* there was none */
    LH_PEERS_PROTOCOL,    /* what it said breaks the rules */
    LH_PEERS_LIMIT,       /* or a limit */
    LH_PEERS_FORGED,      /* or a hash or a signature of it fails */
    LH_PEERS_REFUSED,     /* it is not who it should be */
    LH_PEERS_TROUBLE,     /* of our own */
};
enum { LH_PEERS_PART_COUNT = LH_PEERS_TROUBLE + 1 };

struct lh_peers_parting {
    int64_t at_unix_ms; /* 0: none yet */
    enum lh_peers_part how;
    struct lh_err why;
};

/* What stands between us and one department. */
struct lh_peers_member {
    bool is_up;
    bool is_cut;                     /* its end is on its way, and why is known */
    bool is_ward;                    /* we are a designated witness of its ledgers */
    struct lh_pubkey witness;        /* the key that its live session began with */
    struct lh_peers_parting parting; /* the last one */
    int64_t seen_unix_ms;            /* when a connection ended; 0: none did */
};

struct lh_peers {
    struct lh_peers_options options;
    char department[LH_CODE_MAX + 1];
    pthread_t thread;
    bool is_running;
    atomic_bool is_stopping;
    int wake_fd;

    /* the thread's own from here on, but for `shown` */
    struct event_base *base;
    struct event *wake_event;
    struct event *pump_event; /* frames may be due */
    struct event *tick_event;
    struct lh_suite *suite;
    struct lh_signer *witness;
    struct lh_signer *mirror;
    struct lh_tls *tls;
    struct lh_replica_store_parts parts;
    struct lh_replica *replica;
    struct lh_gossip *gossip;
    struct lh_pledge *pledge;         /* heads of others that we cosign */
    struct lh_nomination *nomination; /* our own heads, that others cosign */
    struct lh_recovery *recovery;     /* NULL: nothing is asked */
    struct lh_governance *governance;
    struct lh_mesh *mesh;
    struct lh_peers_member *members; /* by the place of the department (ledger/epochs) */
    size_t member_count;
    size_t epoch_count; /* of those that were entered */
    int64_t judge_ms;   /* when live sessions are judged by the newest; INT64_MAX: they were */
    bool is_dialled[LH_CONFIG_PEERS_MAX]; /* by its place in the configuration */
    uint64_t part_counts[LH_PEERS_PART_COUNT];

    int64_t shown_ms; /* when it was last written down what is shown */
    bool is_stale;    /* and something came since */

    pthread_mutex_t shown_lock;
    struct lh_peers_errand *errands; /* the oldest first */
    struct lh_buf shown_peers;       /* JSON arrays */
    struct lh_buf shown_details;
    struct lh_buf shown_replicas;
    struct lh_peers_sight shown_sights[LH_MEMBERS_MAX];
    size_t shown_sight_count;
    uint64_t shown_size;            /* leaves of our newest generation */
    struct lh_buf shown_witnessing; /* JSON objects */
    struct lh_buf shown_restore;    /* empty: nothing is asked */
    struct lh_recovery_state restore;
    bool is_restored;  /* what was promised is held, and our store lacks of it */
    int64_t enough_ms; /* since when enough of it is held; 0: not yet */
    struct lh_buf shown_metrics;
    _Atomic(const char *) doubt; /* lh_peers_doubt */
    atomic_bool has_heard;       /* lh_peers_has_heard */
    struct lh_peers_reached {
        uint64_t size; /* 0: none */
        struct lh_buf note;
    } reached[LH_LEVEL_FINAL + 1]; /* of our newest generation */
    struct lh_peers_conviction *convictions;
    size_t conviction_count;
};

/** Every department that is, or was, a member; those with a place in the tables. */
size_t lh_peers_member_count(const struct lh_peers *peers);
/** Its enrolment in the newest epoch; NULL: it is no member any more. */
const struct lh_enrolment *lh_peers_member(const struct lh_peers *peers, size_t place);
const char *lh_peers_department_at(const struct lh_peers *peers, size_t place);
/** Its witness key, for its HELLO. NULL: it is no member. */
const struct lh_pubkey *lh_peers_find_witness(void *arg, const char *department);
/** Room for every department that is known. LH_ERR_NOMEM. */
enum lh_code lh_peers_grow(struct lh_peers *peers, struct lh_err *err) LH_MUST_CHECK;
/** Dial those of the configuration that are members, and were not dialled yet. */
enum lh_code lh_peers_dial(struct lh_peers *peers, struct lh_err *err) LH_MUST_CHECK;

/** The file for people; one that cannot be written is logged, and nothing else depends on it. */
void lh_peers_write_evidence(struct lh_peers *peers, const char *origin, struct lh_bytes evidence);

/* ---- peers.c: the thread's turns ---- */

/** Blocks of our own that were sealed since the last look. */
void lh_peers_follow_own(struct lh_peers *peers);
void lh_peers_on_wake(evutil_socket_t fd, short what, void *arg);
void lh_peers_on_pump(evutil_socket_t fd, short what, void *arg);
void lh_peers_on_tick(evutil_socket_t fd, short what, void *arg);
/** What the mesh and the machine tell; the clock, options and objects are the caller's. */
void lh_peers_listen_to_mesh(struct lh_mesh_options *options);
void lh_peers_listen_to_gossip(struct lh_gossip_listener *listener);

/* ---- peers_show.c ---- */

/** Which ledgers we are designated for in the newest epoch. LH_ERR_NOMEM. */
enum lh_code lh_peers_find_wards(struct lh_peers *peers, struct lh_err *err) LH_MUST_CHECK;
/** A connection with the member at `place` ended, or could not be had. */
void lh_peers_note_parting(struct lh_peers *peers, size_t place, const struct lh_err *why);
/** Something came: it is shown from now on, and a level that was reached at once. */
void lh_peers_show(struct lh_peers *peers);
/** When lh_peers_show is due again; INT64_MAX: when something comes. */
int64_t lh_peers_show_due_ms(const struct lh_peers *peers);

/* ---- peers_restore.c: asking for promises; nothing where nothing is asked ---- */

/** Where the newest generation was promised about: DATA/generation-N.promises shows it. One that
 * cannot be written is logged. */
void lh_peers_write_promises(struct lh_peers *peers);
enum lh_code lh_peers_open_recovery(struct lh_peers *peers, struct lh_err *err) LH_MUST_CHECK;
/** Time has passed, or something came. */
void lh_peers_restore_tick(struct lh_peers *peers);
/** When that is due again. */
int64_t lh_peers_restore_due_ms(const struct lh_peers *peers);
/** Under the lock: what is shown of it. */
void lh_peers_restore_show(struct lh_peers *peers);

/* ---- peers_governance.c ---- */

enum lh_code lh_peers_open_governance(struct lh_peers *peers, struct lh_err *err) LH_MUST_CHECK;
/** Logged, if the newest epoch names witness keys of ours that we do not have. */
void lh_peers_warn_of_keys(const struct lh_peers *peers);
/** Metrics of it, appended. */
void lh_peers_format_epochs(const struct lh_peers *peers, struct lh_buf *out);
/** What was asked for since; `governance` NULL: it is over. */
void lh_peers_run_errands(struct lh_peers *peers, struct lh_governance *governance);

/** The ledger is convicted by this evidence; what of it cannot be told is logged. */
void lh_peers_add_conviction(struct lh_peers *peers, const struct lh_replica_ledger *ledger,
                             struct lh_bytes evidence);

#endif
