#include "node/events_input.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *type;
    enum lh_events_media media;
    enum lh_intake_form form;
} kinds[] = {
    { "application/json", LH_EVENTS_JSON, LH_FORM_JSON },
    { "application/x-ndjson", LH_EVENTS_NDJSON, LH_FORM_JSON },
    { "application/cloudevents+json", LH_EVENTS_CLOUDEVENT, LH_FORM_CLOUDEVENT },
    { "application/cloudevents-batch+json", LH_EVENTS_CLOUDEVENTS_BATCH, LH_FORM_CLOUDEVENT },
    { "application/vnd.liuhen.submission", LH_EVENTS_SUBMISSION, LH_FORM_SUBMISSION },
    { "application/vnd.liuhen.act", LH_EVENTS_ACT, LH_FORM_ACT },
};

bool lh_events_media_parse(enum lh_events_media *out, const char *content_type)
{
    size_t len;

    if (content_type == NULL) {
        return false;
    }
    len = strcspn(content_type, "; \t");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (len == strlen(kinds[i].type) && strncasecmp(content_type, kinds[i].type, len) == 0) {
            *out = kinds[i].media;
            return true;
        }
    }
    return false;
}

static enum lh_intake_form form_of(enum lh_events_media media)
{
    size_t i = 0;

    while (kinds[i].media != media) {
        i++;
    }
    return kinds[i].form;
}

void lh_events_input_clear(struct lh_events_input *input)
{
    free(input->slices);
    json_decref(input->array);
    input->slices = NULL;
    input->array = NULL;
}

/* Cuts the next event off; false at the end. Sets a problem when the framing is broken. */
typedef bool next_fn(struct lh_bytes *rest, struct lh_bytes *out, struct lh_problem *problem);

static bool is_blank(struct lh_bytes line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '\r') {
            return false;
        }
    }
    return true;
}

static bool next_line(struct lh_bytes *rest, struct lh_bytes *out, struct lh_problem *problem)
{
    (void)problem;
    while (rest->len > 0) {
        const uint8_t *end = memchr(rest->data, '\n', rest->len);
        size_t len = end != NULL ? (size_t)(end - rest->data) : rest->len;
        size_t taken = end != NULL ? len + 1 : len;

        *out = lh_bytes_of(rest->data, len);
        *rest = lh_bytes_of(rest->data + taken, rest->len - taken);
        if (!is_blank(*out)) {
            return true;
        }
    }
    return false;
}

static bool next_submission(struct lh_bytes *rest, struct lh_bytes *out, struct lh_problem *problem)
{
    struct lh_reader reader = lh_reader_of(*rest);
    uint32_t len;

    if (rest->len == 0) {
        return false;
    }
    len = lh_read_u32(&reader);
    *out = lh_read_view(&reader, len);
    if (reader.failed) {
        lh_problem_set(problem, LH_PROBLEM_MALFORMED,
                       "wants a 4-byte big-endian length before each submission");
        return false;
    }
    *rest = reader.rest;
    return true;
}

static bool next_whole(struct lh_bytes *rest, struct lh_bytes *out, struct lh_problem *problem)
{
    (void)problem;
    if (is_blank(*rest)) {
        return false;
    }
    *out = *rest;
    *rest = LH_BYTES_EMPTY;
    return true;
}

static bool split_slices(struct lh_events_input *out, next_fn *next, struct lh_bytes body,
                         size_t count_max, struct lh_problem *problem)
{
    struct lh_bytes slice = LH_BYTES_EMPTY;
    size_t room = 0;

    while (next(&body, &slice, problem)) {
        if (out->count == count_max) {
            lh_problem_set(problem, LH_PROBLEM_TOO_LARGE, "more than %zu events", count_max);
            return false;
        }
        if (out->count == room) {
            size_t more = room == 0 ? 1 : room * 4;
            struct lh_bytes *grown = realloc(out->slices, more * sizeof *grown);

            if (grown == NULL) {
                lh_problem_set(problem, LH_PROBLEM_INTERNAL, "out of memory");
                return false;
            }
            out->slices = grown;
            room = more;
        }
        out->slices[out->count++] = slice;
    }
    return problem->code == LH_PROBLEM_NONE;
}

static bool split_array(struct lh_events_input *out, struct lh_bytes body, size_t count_max,
                        struct lh_problem *problem)
{
    json_error_t error;

    out->array = json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_array(out->array)) {
        lh_problem_set(problem, LH_PROBLEM_MALFORMED, "wants a JSON array of CloudEvents");
        return false;
    }
    out->count = json_array_size(out->array);
    if (out->count > count_max) {
        lh_problem_set(problem, LH_PROBLEM_TOO_LARGE, "more than %zu events", count_max);
        return false;
    }
    return true;
}

bool lh_events_split(struct lh_events_input *out, enum lh_events_media media, struct lh_bytes body,
                     size_t count_max, struct lh_problem *out_problem)
{
    bool is_good = false;

    *out = (struct lh_events_input){ .form = form_of(media) };
    switch (media) {
    case LH_EVENTS_NDJSON:
        is_good = split_slices(out, next_line, body, count_max, out_problem);
        break;
    case LH_EVENTS_SUBMISSION:
        is_good = split_slices(out, next_submission, body, count_max, out_problem);
        break;
    case LH_EVENTS_CLOUDEVENTS_BATCH:
        is_good = split_array(out, body, count_max, out_problem);
        break;
    case LH_EVENTS_JSON:
    case LH_EVENTS_CLOUDEVENT:
    case LH_EVENTS_ACT:
        is_good = split_slices(out, next_whole, body, count_max, out_problem);
        break;
    }
    if (is_good && out->count == 0) {
        lh_problem_set(out_problem, LH_PROBLEM_MALFORMED, "there is no event in it");
        is_good = false;
    }
    return is_good;
}
