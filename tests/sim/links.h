#ifndef LH_SIM_LINKS_H
#define LH_SIM_LINKS_H

/*
 * The sessions of one machine, over the wire: one live link to each other department as far as it
 * can be had, dialled by the lower of the two.
 */

#include "net/session.h"
#include "tests/sim/members.h"

struct sim_node;

enum { SIM_LINKS_MAX = 64 };

struct sim_link {
    bool is_used;
    size_t conn;
    unsigned end;
    bool is_up;  /* it was live, and still is */
    size_t peer; /* member, once up */
    struct lh_session *session;
};

struct sim_links {
    struct sim_link list[SIM_LINKS_MAX];
    int64_t dial_ms[SIM_MEMBERS_MAX]; /* when to dial a member next */
    uint8_t start[LH_SESSION_START_SIZE];
};

/** A process has started: no link yet. */
void sim_links_init(struct sim_node *node);
/** The process ends: the other sides see their connections closed, or with `is_silent` nothing. */
void sim_links_clear(struct sim_node *node, bool is_silent);
/** Dial who is missing, let sessions see the time. */
void sim_links_tick(struct sim_node *node);
/** What the wire says of end `end` of `conn`. */
void sim_links_came(struct sim_node *node, size_t conn);
void sim_links_bytes(struct sim_node *node, size_t conn);
void sim_links_gone(struct sim_node *node, size_t conn);
/** Send what there is to send on all links. May end the process. */
void sim_links_settle(struct sim_node *node);
/** The live link to a member; NULL: there is none. */
struct sim_link *sim_links_find(struct sim_node *node, size_t who);

#endif
