/* Events as JSON. What becomes a good body comes back as an event that becomes the same body. */
#include "ledger/event.h"

#include "crypto/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_body(const lhpb_Body *body)
{
    static lhpb_Body again;
    struct lh_buf first = LH_BUF_EMPTY;
    struct lh_buf second = LH_BUF_EMPTY;

    if (lh_body_encode(&first, body, NULL) == LH_OK) {
        json_t *event = lh_event_from_body(body);

        lh_assert(event != NULL);
        lh_assert(lh_event_to_body(&again, event, NULL, NULL) == LH_OK);
        lh_assert(lh_body_encode(&second, &again, NULL) == LH_OK);
        lh_assert(lh_bytes_is_equal(lh_buf_bytes(&first), lh_buf_bytes(&second)));
        json_decref(event);
    }
    lh_buf_clear(&first);
    lh_buf_clear(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const ignored[] = { "subjects", "reason", NULL };
    static lhpb_Body body;
    struct lh_err err = LH_ERR_NONE;
    json_t *event = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);

    if (event == NULL) {
        return 0;
    }
    if (lh_event_to_body(&body, event, ignored, &err) == LH_OK) {
        check_body(&body);
    } else {
        lh_assert(err.text[0] == '/' || err.text[0] == ':');
    }
    json_decref(event);
    return 0;
}
