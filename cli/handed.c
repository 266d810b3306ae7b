#include "cli/handed.h"

#include "cli/events.h"

#include <stdlib.h>
#include <string.h>

void lh_handed_clear(struct lh_handed *handed)
{
    lh_buf_clear(&handed->body);
    handed->event = NULL;
}

static enum lh_code another(const struct lh_item *item, struct lh_err *err)
{
    return lh_err_set(err, LH_ERR_FORGED, "%s is another entry than the one handed in", item->name);
}

static bool has_private_part(const json_t *event)
{
    return json_object_get(event, "subjects") != NULL ||
           json_object_get(event, "case_number") != NULL ||
           json_object_get(event, "reason") != NULL;
}

/* The body that the node had to make of the event, with what only it can know taken from `made`. */
static enum lh_code body_of(lhpb_Body *out, json_t *event, const lhpb_Body *made,
                            struct lh_err *err)
{
    json_t *filled = json_copy(event);
    enum lh_code rc;

    if (filled == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    rc = lh_events_default(filled, "department", made->department, err);
    if (rc == LH_OK) {
        rc = lh_events_to_body(out, filled, err);
    }
    if (rc == LH_OK && has_private_part(event)) {
        out->has_subject_digest = made->has_subject_digest;
        memcpy(out->subject_digest, made->subject_digest, sizeof out->subject_digest);
    }
    json_decref(filled);
    return rc;
}

static enum lh_code check_event(json_t *event, const struct lh_item *item, struct lh_bytes body,
                                struct lh_err *err)
{
    struct lh_buf wanted = LH_BUF_EMPTY;
    lhpb_Body *own = malloc(sizeof *own);
    enum lh_code rc;

    if (own == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    rc = body_of(own, event, &item->body, err);
    if (rc == LH_OK) {
        rc = lh_body_encode(&wanted, own, err);
    }
    if (rc == LH_OK && !lh_bytes_is_equal(lh_buf_bytes(&wanted), body)) {
        rc = another(item, err);
    }
    lh_buf_clear(&wanted);
    free(own);
    return rc == LH_ERR_INVALID ? lh_err_wrap(err, LH_ERR_UNKNOWN, "%s", item->name) : rc;
}

enum lh_code lh_handed_check(const struct lh_handed *handed, const struct lh_item *item,
                             struct lh_err *err)
{
    const lhpb_Entry *entry = &item->decoded.kind.entry;
    struct lh_bytes body = lh_bytes_of(entry->body.bytes, entry->body.size);

    if (handed->event == NULL) {
        return lh_bytes_is_equal(lh_buf_bytes(&handed->body), body) ? LH_OK : another(item, err);
    }
    if (item->is_opaque) {
        return lh_err_set(err, LH_ERR_UNKNOWN, "%s is written in a newer schema", item->name);
    }
    if (strcmp(item->body.source, lh_api_text(handed->event, "source")) != 0 ||
        strcmp(item->body.id, lh_api_text(handed->event, "id")) != 0) {
        return another(item, err);
    }
    return check_event(handed->event, item, body, err);
}
