#ifndef LH_NODE_EVENTS_INPUT_H
#define LH_NODE_EVENTS_INPUT_H

/*
 * What a request body holds: where each event begins and ends, by media type. Pure; the events
 * themselves are read later, each on its own, so that one bad event does not hide the others.
 */

#include "net/problem.h"
#include "node/intake.h"

enum lh_events_media {
    LH_EVENTS_JSON,
    LH_EVENTS_NDJSON,
    LH_EVENTS_CLOUDEVENT,
    LH_EVENTS_CLOUDEVENTS_BATCH,
    LH_EVENTS_SUBMISSION,
    LH_EVENTS_ACT,
};

/** By Content-Type, parameters ignored, any case. False: none of ours (or NULL). */
bool lh_events_media_parse(enum lh_events_media *out, const char *content_type);

struct lh_events_input {
    enum lh_intake_form form;
    size_t count;
    struct lh_bytes *slices; /* count of them, borrowed from the body; or */
    json_t *array;           /* a JSON array of count events */
};

void lh_events_input_clear(struct lh_events_input *input);
/**
 * Split. False with a problem: no event at all, more than `count_max`, broken framing, not a JSON
 * array where one is needed.
 */
bool lh_events_split(struct lh_events_input *out, enum lh_events_media media, struct lh_bytes body,
                     size_t count_max, struct lh_problem *out_problem) LH_MUST_CHECK;

#endif
