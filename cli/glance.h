#ifndef LH_CLI_GLANCE_H
#define LH_CLI_GLANCE_H

/* One look at a node, its status and its peers, and what two looks say of how it moves. All of it
 * is the node's word. */

#include "cli/api.h"

struct lh_glance {
    json_t *status; /* NULL: no look yet */
    json_t *peers;  /* NULL: it has none */
    int64_t at_mono_ms;
    int64_t at_unix_ms;
};

#define LH_GLANCE_EMPTY                                                                            \
    {                                                                                              \
        .status = NULL, .peers = NULL                                                              \
    }

/** Ask the node; `out` is replaced, and stays as it was on failure. */
enum lh_code lh_glance_take(struct lh_glance *out, struct lh_cli *cli,
                            struct lh_err *err) LH_MUST_CHECK;
void lh_glance_clear(struct lh_glance *glance);

struct lh_rates {
    double recorded_per_s;
    double rejected_per_s;
    int64_t over_ms; /* the time that they are of */
};
/** What became of events since `before`; since the start of the node where `before` holds no look,
 * or one at another process. */
struct lh_rates lh_glance_rates(const struct lh_glance *now, const struct lh_glance *before);

/** Everything as one object, schema liuhen.top/1; NULL: out of memory. */
json_t *lh_glance_pack(const struct lh_glance *now, const struct lh_glance *before);
/** Append it as lines for people, each no wider than `columns`. LH_ERR_NOMEM. */
enum lh_code lh_glance_add_lines(struct lh_buf *out, const struct lh_cli *cli,
                                 const struct lh_glance *now, const struct lh_glance *before,
                                 size_t columns, struct lh_err *err) LH_MUST_CHECK;

#endif
