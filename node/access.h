#ifndef LH_NODE_ACCESS_H
#define LH_NODE_ACCESS_H

/*
 * The ACCESS entry of a reading, on disk before anything of it is shown.
 *
 *   ASKED --begin--> ALLOWED                     one's own, or it goes on under an ACCESS of before
 *   ASKED --begin--> WAITING --settle--> ALLOWED      the entry is in a block or in the journal
 *   any   --problem of the call--> REFUSED
 *
 * It lives inside the job that reads; while it is WAITING the committer has that job.
 * Spec: specs/privacy.md 8.
 */

#include "node/api_internal.h"
#include "node/reading.h"

enum lh_access_stage {
    LH_ACCESS_ASKED,
    LH_ACCESS_WAITING, /* for the entry to be on disk */
    LH_ACCESS_ALLOWED,
    LH_ACCESS_REFUSED, /* the call has a problem */
};

struct lh_access {
    struct lh_job *job; /* its `done` is called when the entry is settled */
    struct lh_api_call *call;
    enum lh_access_stage stage;
    struct lh_reading reading; /* as decided, before begin */
    /* Of the WARRANT that the call names. */
    char purpose[sizeof((lhpb_Body){ 0 }.purpose)];
    char legal_basis[sizeof((lhpb_Body){ 0 }.legal_basis)];
    struct lh_hash query_digest;
    char client[sizeof((lhpb_Body){ 0 }.system)];
    char name[LH_ORIGIN_MAX + 1]; /* of the entry; "": it leaves none, or waits for its seal */
    lhpb_Body body;
    struct lh_intake intake;
};

/**
 * The WARRANT entry that the call names by `warrant=`, whole. `*out_is_named` false: it names none.
 * False with a problem: there is no such entry, or it is no WARRANT.
 */
bool lh_access_find_warrant(struct lh_access *access, lhpb_Body *out, bool *out_is_named);
/**
 * In the pool: what the text of a query asks for is to be read. Go on under the entry that the call
 * names by `access=` where that fits, else write one, which says why: what the call says by `for=`,
 * else what the WARRANT says. True: the committer has it, and the job with
 * it, which is not to be looked at any more. False: it is ALLOWED or REFUSED.
 */
bool lh_access_begin(struct lh_access *access, struct lh_worker *worker,
                     struct lh_bytes text) LH_MUST_CHECK;
/** On the loop, from the job's `done`: a WAITING one becomes ALLOWED or REFUSED. */
void lh_access_settle(struct lh_access *access);
void lh_access_clear(struct lh_access *access);

#endif
