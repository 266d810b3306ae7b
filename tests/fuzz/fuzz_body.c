/*
 * Bodies. The strict reader accepts what decoding and re-encoding accepts; a good body goes to
 * JSON and back unchanged.
 */
#include "ledger/event.h"

#include "crypto/base/assert.h"
#include "ledger/canon.h"
#include "ledger/personal.h"
#include "tests/support/canon_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_json(const lhpb_Body *body, struct lh_bytes bytes)
{
    static lhpb_Body again;
    struct lh_buf encoded = LH_BUF_EMPTY;
    json_t *event = lh_event_from_body(body);

    lh_assert(event != NULL);
    lh_assert(lh_event_to_body(&again, event, NULL, NULL) == LH_OK);
    lh_assert(lh_body_encode(&encoded, &again, NULL) == LH_OK);
    lh_assert(lh_bytes_is_equal(lh_buf_bytes(&encoded), bytes));
    lh_buf_clear(&encoded);
    json_decref(event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lhpb_Body body;
    static uint8_t room[LH_BODY_MAX];
    struct lh_bytes bytes = lh_bytes_of(data, size);
    struct lh_err err = LH_ERR_NONE;

    if (size > LH_BODY_MAX) {
        return 0;
    }
    bool is_canonical = lh_canon_decode(lhpb_Body_fields, &body, bytes, NULL) == LH_OK;
    lh_assert(is_canonical == lh_oracle_accepts(lhpb_Body_fields, &body, bytes, room));
    enum lh_code rc = lh_body_decode(&body, bytes, &err);
    lh_assert(rc == LH_OK || rc == LH_ERR_INVALID || rc == LH_ERR_UNKNOWN);
    lh_assert((rc == LH_OK) == (err.text[0] == '\0'));
    if (rc == LH_OK) {
        lh_assert(is_canonical);
        (void)lh_body_find_personal_number(&body);
        check_json(&body, bytes);
    }
    return 0;
}
