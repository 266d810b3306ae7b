#ifndef LH_NODE_PEERS_H
#define LH_NODE_PEERS_H

/*
 * The other departments' nodes: a thread of its own with the links to them, the replica of their
 * ledgers and the machine that keeps it equal. Whatever happens here, recording does not wait for
 * it: our own ledger is read, and otherwise nothing of the node is touched.
 *
 * The store of copies is DATA/replicas. One that does not open is put away as DATA/replicas.bad and
 * filled anew from the peers. What we promised as a witness, what levels our heads reached and
 * evidence stand in DATA/promises, which is never put away. Evidence is written to
 * DATA/evidence/<origin>.evidence, '-' for '/'.
 */

#include "crypto/base/json.h"
#include "crypto/base/time.h"
#include "ledger/copies.h"
#include "ledger/ledger.h"
#include "ledger/level.h"
#include "node/config.h"
#include "node/log.h"

struct lh_governance;
struct lh_peers;

struct lh_peers_options {
    LH_KEEPS const struct lh_config *config;
    LH_KEEPS struct lh_log *log;
    LH_KEEPS struct lh_ledger *ledger; /* our own, the newest generation */
    LH_KEEPS const struct lh_genesis *genesis;
    enum lh_suite_id suite;
    const char *department; /* copied */
    struct lh_clock clock;
    /* The act in which our officers ask for promises (specs/network.md 9); empty: nothing is asked.
     * Borrowed until lh_peers_start returns. Our own ledgers are filled from the peers then. */
    struct lh_bytes prepare;
};

/** A ledger of another department that is convicted by evidence. */
struct lh_peers_conviction {
    char origin[LH_ORIGIN_MAX + 1];
    struct lh_hash evidence; /* of its text */
    uint32_t kind;           /* 1 two roots, 2 two histories, 3 a broken rule */
};

/* What is known of another department's node, and of what it has that is not here. */
struct lh_peers_sight {
    char department[LH_CODE_MAX + 1];
    bool is_up;
    uint64_t behind;      /* leaves of its newest generation that it said it has, and we lack */
    int64_t seen_unix_ms; /* when it was connected last; 0: it is, or was not since the start */
};

/** Starts the thread; NULL in `out` when neither peers.listen nor peer is set, and when a store of
 * theirs does not open, which is logged: recording goes on. LH_ERR_INVALID, LH_ERR_IO and
 * LH_ERR_NOT_FOUND say what of the settings cannot be used. */
enum lh_code lh_peers_start(struct lh_peers **out, const struct lh_peers_options *options,
                            struct lh_err *err) LH_MUST_CHECK;
/** Parts from all, ends the thread. NULL is fine. */
void lh_peers_stop(struct lh_peers *peers);
/** Our own ledger has grown. From any thread; NULL is fine. */
void lh_peers_on_sealed(struct lh_peers *peers);
/** The peers hold, and have given, what is to be taken into our store: open it anew. NULL: no. */
bool lh_peers_is_restored(struct lh_peers *peers);
/**
 * What came from the peers shows that this node was set back, or that its like runs somewhere, in
 * words; NULL: nothing. From any thread; NULL: nothing.  Spec: specs/network.md 9.
 */
const char *lh_peers_doubt(const struct lh_peers *peers);
/** Enough peers have said what they hold since the start, to notice that this node was set back.
 * From any thread; NULL: true.  Spec: specs/network.md 9. */
bool lh_peers_has_heard(const struct lh_peers *peers);
/** Nobody was asked for promises, or they are not settled yet. NULL: true. */
bool lh_peers_is_unpromised(struct lh_peers *peers);
/**
 * Does this GENERATION say what was asked for and promised, behind a head that is high enough? From
 * any thread. LH_ERR_INVALID says in words why not.
 */
enum lh_code lh_peers_check_generation(struct lh_peers *peers, const lhpb_Generation *generation,
                                       struct lh_err *err) LH_MUST_CHECK;
/** Every epoch that was certified, the genesis first; read from any thread until lh_peers_stop.
 * NULL: nobody counts votes. */
const struct lh_epochs *lh_peers_epochs(const struct lh_peers *peers);
/** Something to be done with the machine of proposals and epochs; part of a larger struct. */
struct lh_peers_errand {
    struct lh_peers_errand *next;
    /* On the peers' thread, which it must not hold up; `governance` is NULL when that has ended and
     * nothing can be done. */
    void (*run)(struct lh_peers_errand *errand, struct lh_governance *governance);
};
/** From any thread. `run` is called once, soon, at the latest by lh_peers_stop. */
void lh_peers_ask(struct lh_peers *peers, LH_KEEPS struct lh_peers_errand *errand);
/** The convictions, numbered from 0 in the order in which they became known, those of earlier
 * starts first. From any thread; NULL: none. */
bool lh_peers_conviction_at(struct lh_peers *peers, size_t index, struct lh_peers_conviction *out);
/** Add "peers" and "replicas" (specs/api.yaml) to an object; from any thread; NULL: nothing. */
void lh_peers_add_json(struct lh_peers *peers, struct lh_json *json);
/** Add "origin", "size", "witnessing" and "peers" as GET /v1/peers shows them; from any thread.
 * False: there are no peers. */
bool lh_peers_add_view(struct lh_peers *peers, struct lh_json *json);
/** The members but ourselves, counted from 0. From any thread; false: no more, or no peers. */
bool lh_peers_sight_at(struct lh_peers *peers, size_t index, struct lh_peers_sight *out);
/** The ledgers of others, which any thread may read through views until lh_peers_stop; NULL: there
 * are no peers. */
struct lh_copies *lh_peers_copies(struct lh_peers *peers);
/** Our own department. */
const char *lh_peers_department(const struct lh_peers *peers);
/** Append the metrics of the peers, as Prometheus reads them; from any thread; NULL: nothing. */
void lh_peers_add_metrics(struct lh_peers *peers, struct lh_buf *out);
/**
 * The newest head of our newest generation that reached a level, LH_LEVEL_WITNESSED or
 * LH_LEVEL_FINAL, if it is larger than `after`: its size, and in `out` (replaced) the signed
 * checkpoint with the lines of who cosigned it. From any thread; NULL: none.
 */
bool lh_peers_reached(struct lh_peers *peers, enum lh_level level, uint64_t after,
                      uint64_t *out_size, struct lh_buf *out);

#endif
