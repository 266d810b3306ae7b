#ifndef LH_NET_PLEDGE_INTERNAL_H
#define LH_NET_PLEDGE_INTERNAL_H

/* What the files of pledge share: pledge.c answers nominations, pledge_restore.c who asks for
 * promises before it goes on from a restore. */

#include "net/pledge.h"

#include "ledger/prepare.h"
#include "net/tally.h"

/* Below which generation nothing of a member is cosigned, and which body asked for that. */
struct lh_pledge_floor {
    uint32_t generation; /* 0: none */
    struct lh_hash prepare;
};

/* What a peer that asked for a promise is owed. */
struct lh_pledge_vow {
    bool is_owed;
    uint32_t request;
    bool is_promised; /* about `prepare`; else `decline` says why not */
    struct lh_prepare prepare;
    struct lh_decline decline;
};

/* What a peer that nominated a head is owed. */
struct lh_pledge_owed {
    bool is_owed;
    uint32_t request;
    bool is_cosigned; /* `head` was promised; else `decline` says why not */
    struct lh_checkpoint head;
    struct lh_decline decline;
};

/* What stands between us and one department. */
struct lh_pledge_member {
    struct lh_pledge_owed owed;
    struct lh_pledge_vow vow;
    struct lh_pledge_floor floor;
    struct lh_pledge_word word;
};

struct lh_pledge {
    struct lh_pledge_options options;
    struct lh_tally_witness us;
    bool is_held;
    bool is_recalling;                /* restored, and too few others were heard */
    bool has_forgotten;               /* what was recalled could not be kept */
    struct lh_pledge_member *members; /* by the place of the department (ledger/epochs) */
    size_t member_count;
    struct lh_buf payload;
};

/* ---- pledge.c ---- */

/** Room for everybody who is known by now. LH_ERR_NOMEM; what the store says of their floors. */
enum lh_code lh_pledge_grow(struct lh_pledge *pledge, struct lh_err *err) LH_MUST_CHECK;
/** NULL: there is no room for it yet. */
struct lh_pledge_member *lh_pledge_member(const struct lh_pledge *pledge, const char *department);
/** May promises be lost, or the time? Then none is made. */
bool lh_pledge_is_barred(struct lh_pledge *pledge);
/** Are our keys those with which we became a member? Promises are judged by these. */
bool lh_pledge_has_first_keys(const struct lh_pledge *pledge);

/* ---- pledge_restore.c ---- */

/** What was promised about a department before this process; nothing: generation 0. */
enum lh_code lh_pledge_load_floor(const struct lh_pledge *pledge, const char *department,
                                  struct lh_pledge_floor *out, struct lh_err *err) LH_MUST_CHECK;
/** The answer to its PREPARE that a peer is owed; as lh_pledge_next. */
enum lh_code lh_pledge_next_vow(struct lh_pledge *pledge, struct lh_pledge_vow *vow,
                                const size_t credit[LH_CLASS_COUNT], struct lh_frame *out,
                                struct lh_err *err) LH_MUST_CHECK;

/* ---- pledge_line.c ---- */

/* Who vouches for a ledger and those that it goes on from. */
enum lh_pledge_line {
    LH_PLEDGE_LINE_VOUCHED,
    LH_PLEDGE_LINE_UNSAFE,  /* from a restore on, its own officers alone */
    LH_PLEDGE_LINE_UNKNOWN, /* a ledger before it is not held yet */
};
enum lh_code lh_pledge_judge_line(const struct lh_pledge *pledge, const char *origin,
                                  enum lh_pledge_line *out, struct lh_err *err) LH_MUST_CHECK;
/** Has an unsafe restore before `origin`, or its own, left behind what we cosigned? */
enum lh_code lh_pledge_find_left(const struct lh_pledge *pledge, const char *origin, bool *out,
                                 struct lh_err *err) LH_MUST_CHECK;

#endif
