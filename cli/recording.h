#ifndef LH_CLI_RECORDING_H
#define LH_CLI_RECORDING_H

/*
 * Handing events in. Without a key the node's recorder signs them; with one, a staff member's or a
 * session's, bodies are built and signed here and the node gets them ready.
 */

#include "cli/place.h"
#include "cli/results.h"
#include "crypto/signer.h"

struct lh_recording {
    struct lh_cli *cli;
    struct lh_signer *signer; /* NULL: the node's recorder signs */
    struct lh_place place;    /* with a signer only */
    struct lh_key_id key_id;
    char staff[17];   /* whose key it is, hex; "" until asked */
    char session[33]; /* of a session key, hex */
    struct lh_results results;
    bool is_handed; /* something left for the node: it may be on record whatever came back */
    struct lh_random random;
};

void lh_recording_init(struct lh_recording *recording, struct lh_cli *cli);
void lh_recording_clear(struct lh_recording *recording);
/** Sign with this key from now on. */
enum lh_code lh_recording_open_key(struct lh_recording *recording, const char *path,
                                   struct lh_err *err) LH_MUST_CHECK;
/** Fill what the key and the place say: staff, session, department, event_time. */
enum lh_code lh_recording_fill(struct lh_recording *recording, json_t *event,
                               struct lh_err *err) LH_MUST_CHECK;
/** Hand in an array of events, in batches, prove what the node answers and print a line for each.
 */
enum lh_code lh_recording_run(struct lh_recording *recording, json_t *events,
                              struct lh_err *err) LH_MUST_CHECK;
/** Print that event `number` makes no body, and count it as rejected. */
enum lh_code lh_recording_reject(struct lh_recording *recording, size_t number,
                                 const struct lh_err *why, struct lh_err *err) LH_MUST_CHECK;

#endif
