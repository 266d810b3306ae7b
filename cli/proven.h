#ifndef LH_CLI_PROVEN_H
#define LH_CLI_PROVEN_H

/*
 * Answers of a node, believed only as far as they are proven.
 *
 *  1. A checkpoint counts when its seal verifies under a trusted key and it extends the newest one
 *     that was seen of that ledger.
 *  2. A row counts when its leaf is in the tree of such a checkpoint. What is shown is cut from the
 *     leaf; the node's own columns are not looked at.
 *  3. That no row was left out is not proven by this.
 */

#include "cli/api.h"
#include "cli/pin.h"
#include "ledger/row.h"
#include "ledger/tree.h"

struct lh_proven {
    struct lh_cli *cli;
    bool is_off; /* --no-verify: everything is taken as it comes */
    struct lh_pin pin;
    struct lh_suite *suite;
    const struct lh_note_key *seal; /* of pin */
    struct lh_checkpoint checkpoint;
    uint64_t seen_size; /* of the checkpoint remembered before; 0: none */
};

void lh_proven_init(struct lh_proven *proven, struct lh_cli *cli, bool is_off);
void lh_proven_clear(struct lh_proven *proven);
/**
 * Take a signed note in (rule 1); it becomes proven->checkpoint. LH_ERR_FORGED, LH_ERR_UNKNOWN (no
 * key for the ledger), LH_ERR_CONFLICT (two histories), and what asking the node may give.
 */
enum lh_code lh_proven_checkpoint(struct lh_proven *proven, struct lh_bytes note,
                                  struct lh_err *err) LH_MUST_CHECK;

/** The same of a ledger that the node holds a copy of, or of an earlier generation: its seal is
 * verified, but nobody can be asked whether it extends what was seen on another day. */
enum lh_code lh_proven_checkpoint_held(struct lh_proven *proven, struct lh_bytes note,
                                       struct lh_err *err) LH_MUST_CHECK;

/** Take the node's newest checkpoint in. LH_ERR_NOT_FOUND: its ledger has no entry yet. */
enum lh_code lh_proven_head(struct lh_proven *proven, struct lh_err *err) LH_MUST_CHECK;
/** The same of one generation. */
enum lh_code lh_proven_head_of(struct lh_proven *proven, uint32_t generation,
                               struct lh_err *err) LH_MUST_CHECK;
/** What comes next is of this generation: if another one was settled, let go of it. */
void lh_proven_turn_to(struct lh_proven *proven, uint32_t generation);
/** LH_ERR_FORGED: entry "gaj/1/5" is not of the ledger whose checkpoint was taken in. */
enum lh_code lh_proven_check_name(const struct lh_proven *proven, const char *name,
                                  struct lh_err *err) LH_MUST_CHECK;

/**
 * Say what went wrong and return the exit code: LH_EXIT_FORGED with the words VERIFICATION FAILED
 * when something is not as it was sealed, LH_EXIT_FORK for two histories, else as lh_cli_fail.
 */
int lh_proven_fail(const struct lh_proven *proven, enum lh_code rc, const struct lh_err *err);

/* One entry, decoded. */
struct lh_item {
    uint64_t index;
    char name[LH_ORIGIN_MAX + 1]; /* "gaj/1/5" */
    struct lh_buf leaf;
    struct lh_hash leaf_hash;
    size_t path_len;
    lhpb_Leaf decoded;
    lhpb_Body body;
    bool is_opaque; /* a body of a newer schema: the columns are empty */
    struct lh_row row;
};

enum lh_code lh_item_new(struct lh_item **out, struct lh_err *err) LH_MUST_CHECK;
void lh_item_free(struct lh_item *item);
/** Decode a leaf under its name and cut the columns. LH_ERR_INVALID; opaque is fine. */
enum lh_code lh_item_decode(struct lh_item *item, struct lh_suite *suite, struct lh_bytes leaf,
                            const char *name, struct lh_err *err) LH_MUST_CHECK;
/** Take one element of a trail's `items` (with proof) in (rule 2). LH_ERR_FORGED. */
enum lh_code lh_proven_item(struct lh_proven *proven, struct lh_item *out, const json_t *element,
                            struct lh_err *err) LH_MUST_CHECK;

#endif
