#ifndef LH_NET_GOSSIP_INTERNAL_H
#define LH_NET_GOSSIP_INTERNAL_H

/*
 * What the files of gossip share: gossip.c keeps the peers and shares out the frames, gossip_have.c
 * says and hears who has what, gossip_evidence.c accuses, gossip_pull.c asks and takes blocks,
 * gossip_serve.c answers and pushes.
 */

#include "net/gossip.h"
#include "net/message.h"
#include "net/tally.h"

enum {
    LH_GOSSIP_HAVE_MS = 10 * 1000,
    LH_GOSSIP_WHOLE_MS = 60 * 1000,
    LH_GOSSIP_ANSWER_MS = 10 * 1000,
    LH_GOSSIP_AGAIN_MS = 30 * 1000,
    LH_GOSSIP_ASK_MAX = 8192,              /* leaves asked for at a time, to the end of a block */
    LH_GOSSIP_PUSH_MAX = 1024,             /* leaves that a peer may be behind and be pushed to */
    LH_GOSSIP_STRANGERS_MAX = 256,         /* ledgers that we do not hold, of one peer */
    LH_GOSSIP_BLOCK_MAX = 20 * 1024 * 1024 /* bytes of the largest block, in parts */
};

/* What a peer has of a ledger that we know; by its place among the replicas. */
struct lh_gossip_row {
    uint64_t heard;          /* leaves that it has, or was sent */
    uint64_t told;           /* our head, as it was told or sent last */
    uint64_t told_witnessed; /* the same of our newest witnessed checkpoint */
    int64_t again_ms;        /* not asked for it before */
    bool is_elsewhere;       /* it has another branch */
    bool is_pulling;         /* it is not pushed to before it is at our head */
    bool has_evidence;       /* it sent us evidence, or was sent ours */
};

/* A ledger that we do not know, which it says it has. */
struct lh_gossip_stranger {
    char origin[LH_ORIGIN_MAX + 1];
    uint64_t heard;
    int64_t again_ms;
};

/* Leaves that came and the seal that is to come: one block at most. */
struct lh_gossip_assembly {
    char origin[LH_ORIGIN_MAX + 1];
    uint64_t first;
    uint64_t count;
    struct lh_buf parts;
};

enum lh_gossip_pull_kind { LH_PULL_NONE, LH_PULL_BLOCKS, LH_PULL_PROOF };

/* What we asked of a peer. */
struct lh_gossip_pull {
    enum lh_gossip_pull_kind kind;
    bool is_sent;
    uint32_t request;
    int64_t heard_ms; /* when the answer was heard of last */
    char origin[LH_ORIGIN_MAX + 1];
    uint64_t from; /* BLOCKS: where the next block begins; PROOF: the size of our head */
    uint64_t until;
    struct lh_buf ours; /* PROOF: the two heads */
    struct lh_buf theirs;
};

/* What a peer asked of us. */
struct lh_gossip_answer {
    enum lh_gossip_pull_kind kind;
    uint32_t request;
    char origin[LH_ORIGIN_MAX + 1];
    uint64_t next; /* BLOCKS: leaf; PROOF: the older size */
    uint64_t until;
    uint64_t block_end; /* of the block that `next` is in; 0: not looked up yet */
};

struct lh_gossip_peer {
    const char *department;
    bool is_here;
    bool has_spoken;   /* a HAVE came */
    bool has_told_all; /* and the end of a vector */
    struct lh_gossip_row *rows;
    size_t row_count;
    struct lh_gossip_stranger *strangers;
    size_t stranger_count;
    size_t stranger_capacity;

    int64_t have_ms;   /* when to say what changed */
    int64_t whole_ms;  /* when to say everything */
    size_t have_place; /* where the vector that is being said goes on */
    bool is_saying;
    bool is_saying_all;

    int64_t again_ms; /* not asked before */
    uint32_t request; /* our last one */
    struct lh_gossip_pull pull;
    struct lh_gossip_assembly pulled;
    struct lh_gossip_answer answer;
    struct lh_gossip_assembly pushed; /* by the peer */
    bool is_sealing;                  /* the leaves of a pushed block went out, its seal did not */
    size_t push_place;
    uint64_t push_first; /* of that block */
};

struct lh_gossip {
    struct lh_replica *replica;
    struct lh_gossip_listener listener;
    struct lh_gossip_peer *peers; /* by the place of the department (ledger/epochs) */
    size_t peer_count;
    size_t next_place; /* where looking for something to ask goes on */
    struct lh_buf payload;
    struct lh_buf note;
};

/* ---- gossip.c ---- */

/** Room for a row of each ledger that is known by now; LH_ERR_NOMEM. */
enum lh_code lh_gossip_grow_rows(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                 struct lh_err *err) LH_MUST_CHECK;
/** NULL: the ledger is not known. */
struct lh_gossip_row *lh_gossip_row_of(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                       const char *origin);
void lh_gossip_trouble(struct lh_gossip *gossip, const char *origin, const struct lh_err *why);
/** This is whose fault? LH_ERR_FORGED, _INVALID and _LIMIT are the peer's. */
bool lh_gossip_is_blame(enum lh_code rc);
/** A frame with what stands in `payload`; LH_AGAIN: no credit for it. */
enum lh_code lh_gossip_frame(struct lh_gossip *gossip, struct lh_frame *out, uint16_t type,
                             uint32_t request, const size_t credit[LH_CLASS_COUNT],
                             struct lh_err *err) LH_MUST_CHECK;

/* ---- gossip_have.c ---- */

enum lh_code lh_gossip_take_have(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                 struct lh_bytes payload, struct lh_err *err) LH_MUST_CHECK;
/** A peer showed this signed checkpoint: what does it have, and does it fit what we hold? */
enum lh_code lh_gossip_hear_note(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                 struct lh_bytes bytes, struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_gossip_next_have(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                 const size_t credit[LH_CLASS_COUNT], int64_t now_ms,
                                 struct lh_frame *out, struct lh_err *err) LH_MUST_CHECK;
/** The next block of this ledger goes to the peer by itself. */
bool lh_gossip_may_push(const struct lh_gossip_peer *peer, const struct lh_gossip_row *row,
                        const struct lh_replica_ledger *ledger);
/* ---- gossip_evidence.c ---- */

/** Two heads of one ledger, the smaller ours or theirs; `root` and `proof` as in struct
 * lh_evidence. LH_ERR_FORGED: they do not exclude each other; LH_ERR_NOT_FOUND: the genesis file
 * alone does not show the ledger's seal, so there is no evidence. */
enum lh_code lh_gossip_accuse(struct lh_gossip *gossip, const char *origin,
                              struct lh_evidence *evidence, struct lh_err *err) LH_MUST_CHECK;
/** A block that its department sealed and that breaks a rule. LH_OK: the ledger is tainted; else as
 * lh_replica_accuse, and lh_replica_convict. */
enum lh_code lh_gossip_accuse_block(struct lh_gossip *gossip, const char *origin,
                                    const struct lh_block *block, struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_gossip_take_evidence(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                     struct lh_bytes text, struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_gossip_next_evidence(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                     const size_t credit[LH_CLASS_COUNT], struct lh_frame *out,
                                     struct lh_err *err) LH_MUST_CHECK;

/* ---- gossip_pull.c ---- */

/** LEAVES, SEAL, MISSING, PROOF. */
enum lh_code lh_gossip_take_answer(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                   const struct lh_frame *frame, int64_t now_ms,
                                   struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_gossip_next_question(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                     const size_t credit[LH_CLASS_COUNT], int64_t now_ms,
                                     struct lh_frame *out, struct lh_err *err) LH_MUST_CHECK;
void lh_gossip_end_pull(struct lh_gossip_peer *peer);

/* ---- gossip_serve.c ---- */

/** GET, PROVE. */
enum lh_code lh_gossip_take_question(struct lh_gossip_peer *peer, const struct lh_frame *frame,
                                     struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_gossip_next_push(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                 const size_t credit[LH_CLASS_COUNT], struct lh_frame *out,
                                 struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_gossip_next_answer(struct lh_gossip *gossip, struct lh_gossip_peer *peer,
                                   const size_t credit[LH_CLASS_COUNT], struct lh_frame *out,
                                   struct lh_err *err) LH_MUST_CHECK;

#endif
