#ifndef LH_CLI_OPENING_H
#define LH_CLI_OPENING_H

/*
 * The OPEN entry that opening the box of an entry leaves: by whom, under which warrant, of what.
 *
 *  - It is on record before anything of the box is shown, and where it cannot be, nothing is.
 *  - It is signed by the staff member who opens, never by a system.
 *
 * Spec: specs/entries.md 3, specs/privacy.md 8.
 */

#include "cli/proven.h"

struct lh_opening {
    char entry[LH_ORIGIN_MAX + 1]; /* the OPEN; "": it waits in the journal */
};

/**
 * Record that the box of the entry with this body was opened under the WARRANT `warrant`
 * ("gaj/1/57"), signed with the staff or session key at `key_path`. LH_ERR_INVALID: that entry is
 * no WARRANT; LH_ERR_DENIED, LH_ERR_LIMIT: the node refuses the OPEN. As lh_recording_run.
 */
enum lh_code lh_opening_record(struct lh_opening *out, struct lh_cli *cli, const char *key_path,
                               const char *warrant, const struct lh_hash *body_hash,
                               struct lh_err *err) LH_MUST_CHECK;

#endif
