#ifndef LH_NET_PANEL_H
#define LH_NET_PANEL_H

/*
 * Whose cosignatures count on one head: the designated witnesses of the epoch that its header
 * names, and of a transition head those of the epoch before as well.
 *
 *  1. Who is designated in both epochs has one seat, and one line counts in both. A line under keys
 *     that the epoch ended counts by the epoch before alone.
 *  2. A head is witnessed with k of its epoch, and of a transition head k of the epoch before too;
 *     final, if besides two mirrors of its own epoch say that they hold every leaf.
 *
 * Pure.  Spec: specs/network.md 8, specs/trust.md 5.3.
 */

#include "net/replica.h"
#include "net/tally.h"

enum { LH_PANEL_SEATS_MAX = 2 * LH_WITNESSES_MAX };

struct lh_panel_seat {
    struct lh_tally_witness witness;
    bool is_now;                 /* counts by the epoch of the head */
    bool is_before;              /* counts by the epoch before */
    bool has_old;                /* in both, and its keys changed: */
    struct lh_tally_witness old; /* its keys by the epoch before */
};

struct lh_panel {
    struct lh_tally now;
    bool is_transition;
    struct lh_tally before; /* of a transition head */
    unsigned count;
    struct lh_panel_seat seats[LH_PANEL_SEATS_MAX];
};

struct lh_panel_sum {
    struct lh_tally_sum now;
    struct lh_tally_sum before;
};

/** By the members of its epoch, and of the one before; `before` NULL: it is no transition head.
 * LH_ERR_NOT_FOUND: the department is no member in one of them; LH_ERR_NOMEM. */
enum lh_code lh_panel_init(struct lh_panel *out, struct lh_suite *suite,
                           const struct lh_members *members, const struct lh_members *before,
                           const char *department, struct lh_err *err) LH_MUST_CHECK;
/** Of a head that is held. As lh_replica_epoch_of and lh_panel_init. */
enum lh_code lh_panel_of_head(struct lh_panel *out, const struct lh_replica *replica,
                              const struct lh_replica_ledger *ledger, uint64_t size,
                              struct lh_err *err) LH_MUST_CHECK;
/** Who would be asked about heads of the newest epoch in which the department is known as a member.
 * As lh_panel_init. */
enum lh_code lh_panel_of_newest(struct lh_panel *out, const struct lh_replica *replica,
                                const char *department, struct lh_err *err) LH_MUST_CHECK;

/** How one seat cosigned. */
struct lh_panel_line {
    bool is_mirror;
    bool is_old;     /* under the keys of the epoch before */
    uint64_t time_s; /* by its own clock */
};
/** Append the lines of one seat that stand on a note; errors as lh_tally_take. */
enum lh_code lh_panel_take(const struct lh_panel_seat *seat, const struct lh_note *note,
                           struct lh_buf *out, struct lh_panel_line *out_line,
                           struct lh_err *err) LH_MUST_CHECK;
/** One seat cosigned so. */
void lh_panel_add(const struct lh_panel_seat *seat, const struct lh_panel_line *line,
                  struct lh_panel_sum *sum);
/** Add up a note and append the lines that count. LH_ERR_FORGED: a line of a witness does not
 * verify; LH_ERR_NOMEM. Cost: two signatures for each seat. */
enum lh_code lh_panel_read(const struct lh_panel *panel, const struct lh_note *note,
                           struct lh_panel_sum *out, struct lh_buf *out_lines,
                           struct lh_err *err) LH_MUST_CHECK;
bool lh_panel_is_witnessed(const struct lh_panel *panel, const struct lh_panel_sum *sum);
bool lh_panel_is_final(const struct lh_panel *panel, const struct lh_panel_sum *sum);

#endif
