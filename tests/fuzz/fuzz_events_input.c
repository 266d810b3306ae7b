/*
 * Bodies of POST /v1/events. The first byte chooses how the rest is read. Slices lie in the body,
 * in order and apart; a refusal says why.
 */
#include "node/events_input.h"

#include "crypto/base/assert.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COUNT_MAX = 20 };

static void check_slices(const struct lh_events_input *input, struct lh_bytes body)
{
    const uint8_t *at = body.data;

    for (size_t i = 0; i < input->count; i++) {
        struct lh_bytes slice = input->slices[i];

        lh_assert(slice.data >= at && slice.len <= body.len);
        at = slice.data + slice.len;
        lh_assert(at <= body.data + body.len);
    }
}

static void split(enum lh_events_media media, struct lh_bytes body)
{
    struct lh_problem problem = LH_PROBLEM_EMPTY;
    struct lh_events_input input;

    if (lh_events_split(&input, media, body, COUNT_MAX, &problem)) {
        lh_assert(problem.code == LH_PROBLEM_NONE);
        lh_assert(input.count >= 1 && input.count <= COUNT_MAX);
        lh_assert((input.array != NULL) == (media == LH_EVENTS_CLOUDEVENTS_BATCH));
        if (input.slices != NULL) {
            check_slices(&input, body);
        }
    } else {
        lh_assert(problem.code == LH_PROBLEM_MALFORMED || problem.code == LH_PROBLEM_TOO_LARGE);
    }
    lh_events_input_clear(&input);
}

/* The bytes as a Content-Type: what is taken for one of ours begins like one. */
static void check_type(struct lh_bytes bytes)
{
    enum lh_events_media media;
    char *text = malloc(bytes.len + 1);

    lh_assert(text != NULL);
    if (bytes.len > 0) {
        memcpy(text, bytes.data, bytes.len);
    }
    text[bytes.len] = '\0';
    if (lh_events_media_parse(&media, text)) {
        lh_assert(strlen(text) >= sizeof "application/json" - 1);
        lh_assert(media <= LH_EVENTS_ACT);
    }
    free(text);
    lh_assert(!lh_events_media_parse(&media, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_type(lh_bytes_of(data, size));
    if (size > 0) {
        split((enum lh_events_media)(data[0] % (LH_EVENTS_ACT + 1)),
              lh_bytes_of(data + 1, size - 1));
    }
    return 0;
}
