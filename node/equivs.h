#ifndef LH_NODE_EQUIVS_H
#define LH_NODE_EQUIVS_H

/*
 * Ledgers of other departments that evidence convicts are named in our own: one EQUIV for each, by
 * the recorder. What was not written down before an end is after the next start.
 * Spec: specs/entries.md 3, specs/network.md 7.
 */

struct lh_node;

/** Write down the next one that is not yet, if there is any. Once a second, by the loop's thread.
 */
void lh_equivs_tick(struct lh_node *node);

#endif
