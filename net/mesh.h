#ifndef LH_NET_MESH_H
#define LH_NET_MESH_H

/*
 * Links to other members: one live link to each, as far as it can be had.
 *
 *   peer without a link --its time has come--> dialled --live--> up --gone--> without, later again
 *
 *  1. Who is up was told by on_up; on_down comes before the next on_up of the same department. A
 *     peer that is up has been told, and every other frame comes in between.
 *  2. Where two links to one process of a peer are live, the one that the department of the lower
 *     code dialled stays: both sides see the same two and keep the same one. A link to another
 *     process of it takes the place of the first.
 *  3. A peer that could not be had is dialled again after a wait that doubles from
 *     `again_min_ms` to `again_max_ms`, of which a random part is waited, at least the half; what
 *     a BYE asks for is kept. A link that was live begins anew.
 *  4. Of those that came and have not said who they are, `guest_count_max` are here at most: one
 *     more, and the oldest from where most of them come has to go.
 *
 * Spec: specs/network.md 5.
 */

#include "net/link.h"

struct lh_mesh;

struct lh_mesh_options {
    LH_KEEPS struct event_base *base;
    struct lh_clock clock;
    /* Who we are, and on which channel: as in struct lh_link_options. */
    LH_KEEPS const struct lh_tls *tls;
    struct lh_session_options session;
    int64_t handshake_timeout_ms;
    int64_t write_timeout_ms;
    int64_t again_min_ms;
    int64_t again_max_ms;
    size_t guest_count_max;
    /* 32 random bits. */
    uint32_t (*random)(void *arg);
    void (*on_up)(void *arg, const struct lh_session_peer *peer);
    void (*on_frame)(void *arg, const char *department, const struct lh_frame *frame);
    void (*on_room)(void *arg, const char *department);
    void (*on_down)(void *arg, const char *department, const struct lh_err *why);
    /* A link that never was up; `who` is a department that we dialled or an address. */
    void (*on_failed)(void *arg, const char *who, const struct lh_err *why);
    void *arg;
};

/** LH_ERR_NOMEM. */
enum lh_code lh_mesh_new(struct lh_mesh **out, const struct lh_mesh_options *options,
                         struct lh_err *err) LH_MUST_CHECK;
/** Every link is cut; nothing is told any more. */
void lh_mesh_free(struct lh_mesh *mesh);
/** Take connections at `address` ("10.0.0.5:7443"). LH_ERR_INVALID, LH_ERR_IO, LH_ERR_NOMEM. */
enum lh_code lh_mesh_listen(struct lh_mesh *mesh, const char *address,
                            struct lh_err *err) LH_MUST_CHECK;
/** Where it listens, with the port that it got; "" when it does not. */
const char *lh_mesh_address(const struct lh_mesh *mesh);
/** A member that is to be had, at `address`, from the loop's next turn on. LH_ERR_INVALID: no
 * address; LH_ERR_CONFLICT: it is a peer already, or ourselves; LH_ERR_NOMEM. */
enum lh_code lh_mesh_add_peer(struct lh_mesh *mesh, const char *department, const char *address,
                              struct lh_err *err) LH_MUST_CHECK;

/** As lh_session_credit; 0 for one that is not up. */
size_t lh_mesh_credit(const struct lh_mesh *mesh, const char *department, enum lh_session_class of);
/** As lh_session_send; LH_ERR_NOT_FOUND: it is not up. */
enum lh_code lh_mesh_send(struct lh_mesh *mesh, const char *department,
                          const struct lh_frame *frame, struct lh_err *err) LH_MUST_CHECK;
/** Part from a department that is up; on_down follows. */
void lh_mesh_part(struct lh_mesh *mesh, const char *department, enum lh_session_bye code,
                  uint32_t retry_after_s);
size_t lh_mesh_up_count(const struct lh_mesh *mesh);
size_t lh_mesh_guest_count(const struct lh_mesh *mesh);

#endif
