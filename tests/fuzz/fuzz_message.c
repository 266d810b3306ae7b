/* Payloads of replication from a peer: what is decoded is the only payload for its values. */
#include "net/message.h"

#include "net/promise.h"

#include "crypto/base/assert.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum lh_code read_leaves(struct lh_buf *again, struct lh_bytes payload, struct lh_err *err)
{
    struct lh_leaves leaves;
    struct lh_bytes part;
    enum lh_code rc = lh_leaves_decode(&leaves, payload, err);

    if (rc == LH_OK) {
        lh_assert(lh_leaves_begin(again, leaves.origin, leaves.first, NULL) == LH_OK);
        while (lh_part_next(&leaves.parts, &part)) {
            lh_part_add(again, part);
            leaves.count--;
        }
        lh_assert(leaves.count == 0);
    }
    return rc;
}

static enum lh_code read_have(struct lh_buf *again, struct lh_bytes payload, struct lh_err *err)
{
    struct lh_bytes part;

    if (!lh_parts_are_whole(payload, NULL)) {
        return lh_err_set(err, LH_ERR_INVALID, "not whole");
    }
    while (lh_part_next(&payload, &part)) {
        lh_part_add(again, part);
    }
    return LH_OK;
}

/* A promise, and the same among those that are kept. */
static enum lh_code read_promise(struct lh_buf *again, struct lh_bytes payload, struct lh_err *err)
{
    struct lh_buf kept = LH_BUF_EMPTY;
    struct lh_promise_bytes bytes;
    struct lh_promise promise;
    struct lh_bytes rest;
    enum lh_code rc = lh_promise_decode(&promise, &bytes, payload, err);

    if (rc == LH_OK) {
        lh_part_add(again, bytes.pledge);
        lh_part_add(again, bytes.signature);
        lh_part_add(again, bytes.note);
        lh_promises_add(&kept, &bytes);
        rest = lh_buf_bytes(&kept);
        lh_assert(lh_promises_next(&rest, &promise, &bytes, NULL) == LH_OK);
        lh_assert(lh_promises_next(&rest, &promise, &bytes, NULL) == LH_ERR_NOT_FOUND);
    }
    lh_buf_clear(&kept);
    return rc;
}

static enum lh_code read(char kind, struct lh_buf *again, struct lh_bytes payload,
                         struct lh_err *err)
{
    struct lh_get get;
    struct lh_missing missing;
    struct lh_decline decline;
    struct lh_prove prove;
    struct lh_proven_growth growth;
    struct lh_want want;
    enum lh_code rc;

    switch (kind) {
    case 'h':
        return read_have(again, payload, err);
    case 'l':
        return read_leaves(again, payload, err);
    case 'g':
        rc = lh_get_decode(&get, payload, err);
        return rc == LH_OK ? lh_get_encode(again, &get, err) : rc;
    case 'm':
        rc = lh_missing_decode(&missing, payload, err);
        return rc == LH_OK ? lh_missing_encode(again, &missing, err) : rc;
    case 'd':
        rc = lh_decline_decode(&decline, payload, err);
        return rc == LH_OK ? lh_decline_encode(again, &decline, err) : rc;
    case 'v':
        return read_promise(again, payload, err);
    case 'w':
        rc = lh_want_decode(&want, payload, err);
        return rc == LH_OK ? lh_want_encode(again, &want, err) : rc;
    case 'q':
        rc = lh_prove_decode(&prove, payload, err);
        return rc == LH_OK ? lh_prove_encode(again, &prove, err) : rc;
    default:
        rc = lh_proven_growth_decode(&growth, payload, err);
        return rc == LH_OK ? lh_proven_growth_encode(again, &growth, err) : rc;
    }
}

/* The first byte says which: h, l, g, m, d, v, w, q, p. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lh_buf again = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct lh_bytes payload;

    if (size == 0) {
        return 0;
    }
    payload = lh_bytes_of(data + 1, size - 1);
    if (read((char)data[0], &again, payload, &err) == LH_OK) {
        lh_assert(lh_bytes_is_equal(lh_buf_bytes(&again), payload));
    } else {
        lh_assert(err.text[0] != '\0');
    }
    lh_buf_clear(&again);
    return 0;
}
