#ifndef LH_NODE_API_INTERNAL_H
#define LH_NODE_API_INTERNAL_H

/*
 * A call is one request being answered. Routes that read the store are answered by a pool thread:
 * it reads the request, writes body or problem into the call, and the loop sends it.
 */

#include "node/node_internal.h"

/* ?wait=, on its way from thread to thread with the call. */
struct lh_api_wait {
    struct lh_waiting waiting; /* whoever parks fills resume, arg and weight */
    bool is_read;
    bool is_asked;
    bool is_over;
    enum lh_level wanted;
    enum lh_level reached; /* by what was looked at last */
};

struct lh_api_call {
    struct lh_job job; /* first: a job is a call */
    struct lh_node *node;
    struct lh_ledger *ledger;     /* the generation that is asked about; the newest unless named */
    struct lh_http_request *http; /* only its readers may be used in the pool */
    struct lh_config *config;
    const struct lh_grant *client; /* NULL on routes that ask for none */
    const char *rest;              /* of the path, behind the route's prefix */
    void (*answer)(struct lh_api_call *call, struct lh_worker *worker);
    unsigned status; /* 200 unless set */
    const char *content_type;
    const char *level; /* Liuhen-Level; NULL: none */
    struct lh_api_wait wait;
    const char *cache; /* Cache-Control; "no-store" unless set: it is about people */
    struct lh_buf body;
    struct lh_problem problem; /* sent instead, when it has a code */
};

#define LH_JSON_TYPE "application/json"

/** Send what the call holds and free it. On the loop's thread. */
void lh_api_call_finish(LH_TAKES struct lh_api_call *call);
/** Set the problem that fits an error of ledger or store; `what` says what was asked for. */
void lh_api_call_fail(struct lh_api_call *call, enum lh_code rc, const char *what,
                      const struct lh_err *err);

/* ---- routes, by file ---- */

/* api_events.c: the loop's part; they take the call over */
void lh_api_post_events(LH_TAKES struct lh_api_call *call);
void lh_api_post_acts(LH_TAKES struct lh_api_call *call);

/* api_archive.c */
void lh_api_get_archive(LH_TAKES struct lh_api_call *call);

/* api_ledger.c: in the pool */
void lh_api_entry(struct lh_api_call *call, struct lh_worker *worker);
void lh_api_receipt(struct lh_api_call *call, struct lh_worker *worker);
void lh_api_checkpoint(struct lh_api_call *call, struct lh_worker *worker);
void lh_api_consistency(struct lh_api_call *call, struct lh_worker *worker);
void lh_api_staff(struct lh_api_call *call, struct lh_worker *worker);

/* api_trail.c */
void lh_api_get_trail(LH_TAKES struct lh_api_call *call);
void lh_api_post_search(LH_TAKES struct lh_api_call *call);

/* api_peers.c */
void lh_api_get_peers(LH_TAKES struct lh_api_call *call);

/* api_private.c: `rest` names the entry */
void lh_api_post_private(LH_TAKES struct lh_api_call *call);

/* api_tiles.c: in the pool; the path is the whole one */
void lh_api_tile(struct lh_api_call *call, struct lh_worker *worker);

/* api_cosigned.c */
void lh_api_post_cosignatures(LH_TAKES struct lh_api_call *call);
/** Put the lines that others gave our head of this size behind its checkpoint. */
enum lh_code lh_api_add_cosignatures(struct lh_api_call *call, uint64_t size,
                                     struct lh_buf *checkpoint, struct lh_err *err) LH_MUST_CHECK;

/* api_wait.c */
/** Read `wait` and `wait_ms`, the first time, which lh_api_check_query must let pass; or a problem.
 * Any thread. */
bool lh_api_query_wait(struct lh_api_call *call);
/** Before looking at levels. In the pool. */
void lh_api_wait_look(struct lh_api_call *call);
/** After it, on the loop: true when the call was put aside, and `resume` will be called. */
bool lh_api_wait_more(struct lh_api_call *call);

/* api_governance.c: the loop's part, which takes the call over */
void lh_api_get_network(LH_TAKES struct lh_api_call *call);
void lh_api_post_proposals(LH_TAKES struct lh_api_call *call);
void lh_api_get_proposal(LH_TAKES struct lh_api_call *call);

/* api_witness.c: the loop's part, which takes the call over; in the pool */
void lh_api_add_checkpoint(LH_TAKES struct lh_api_call *call);
void lh_api_cosigned(struct lh_api_call *call, struct lh_worker *worker);
/** "/<64 hex digits>/checkpoint" or ".../fork". */
bool lh_api_is_witness_path(const char *path);

/* ---- helpers ---- */

/** Parameters other than `names` (NULL-terminated) are a problem. */
bool lh_api_check_query(struct lh_api_call *call, const char *const *names);
/** A decimal parameter; `*out` keeps its value when it is absent. */
bool lh_api_query_u64(struct lh_api_call *call, const char *name, uint64_t *out);
/** Ask about generation `text` (NULL: the newest) from here on; or a problem. */
bool lh_api_generation(struct lh_api_call *call, const char *text);
/** "gaj/1/18234" of this department, below the head of its generation, which the call asks about
 * from here on; or a problem. */
bool lh_api_entry_name(struct lh_api_call *call, const char *text, uint64_t *out_index);
void lh_api_entry_text(const struct lh_ledger *ledger, uint64_t index, char out[LH_ORIGIN_MAX + 1]);
/** Head and its signed checkpoint, of one moment. A problem when the ledger is empty. */
bool lh_api_head(struct lh_api_call *call, uint64_t *out_size, struct lh_buf *out_checkpoint);

#endif
