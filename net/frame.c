#include "net/frame.h"

#include "crypto/base/assert.h"

enum { KIB = 1024 };

static const struct {
    const char *name;
    size_t limit;
} TYPES[] = {
    [LH_FRAME_HELLO] = { "HELLO", 1 * KIB },
    [LH_FRAME_BYE] = { "BYE", 256 },
    [LH_FRAME_PING] = { "PING", 64 },
    [LH_FRAME_PONG] = { "PONG", 64 },
    [LH_FRAME_CREDIT] = { "CREDIT", 64 },
    [LH_FRAME_HAVE] = { "HAVE", 128 * KIB },
    [LH_FRAME_GET] = { "GET", 256 },
    [LH_FRAME_LEAVES] = { "LEAVES", 256 * KIB },
    [LH_FRAME_SEAL] = { "SEAL", 16 * KIB },
    [LH_FRAME_MISSING] = { "MISSING", 256 },
    [LH_FRAME_NOMINATE] = { "NOMINATE", 16 * KIB },
    [LH_FRAME_COSIGNATURE] = { "COSIGNATURE", 2 * KIB },
    [LH_FRAME_EVIDENCE] = { "EVIDENCE", 160 * KIB },
    [LH_FRAME_PROVE] = { "PROVE", 256 },
    [LH_FRAME_PROOF] = { "PROOF", 4 * KIB },
    [LH_FRAME_DECLINE] = { "DECLINE", 256 },
    [LH_FRAME_PREPARE] = { "PREPARE", 8 * KIB },
    [LH_FRAME_PROMISE] = { "PROMISE", 8 * KIB },
    [LH_FRAME_PROPOSAL] = { "PROPOSAL", 20 * KIB },
    [LH_FRAME_WANT] = { "WANT", 128 },
};
enum { TYPE_COUNT = sizeof TYPES / sizeof TYPES[0] };

size_t lh_frame_limit(uint16_t type)
{
    return type < TYPE_COUNT ? TYPES[type].limit : 0;
}

const char *lh_frame_name(uint16_t type)
{
    return lh_frame_limit(type) > 0 ? TYPES[type].name : "?";
}

/* spec network.md 4: "A header is judged as soon as it is whole, before its payload is waited for."
 */
static enum lh_code check_header(const struct lh_frame *frame, uint32_t len, struct lh_err *err)
{
    size_t limit = lh_frame_limit(frame->type);

    if ((frame->flags & ~(unsigned)LH_FRAME_CRITICAL) != 0) {
        return lh_err_set(err, LH_ERR_INVALID, "a frame with flags that have no meaning");
    }
    if (limit == 0 && (frame->flags & LH_FRAME_CRITICAL) != 0) {
        return lh_err_set(err, LH_ERR_UNKNOWN, "a frame of type %u that must be understood",
                          frame->type);
    }
    if (len > (limit > 0 ? limit : (size_t)LH_FRAME_PAYLOAD_MAX)) {
        return lh_err_set(err, LH_ERR_LIMIT, "%s of %u bytes, which is more than allowed",
                          lh_frame_name(frame->type), len);
    }
    return LH_OK;
}

bool lh_frame_has_header(struct lh_bytes rest, uint16_t *out_type)
{
    struct lh_reader in = lh_reader_of(rest);

    if (rest.len < LH_FRAME_HEADER_SIZE) {
        return false;
    }
    (void)lh_read_u32(&in); /* its length */
    *out_type = lh_read_u16(&in);
    return true;
}

enum lh_code lh_frame_next(struct lh_frame *out, struct lh_bytes *rest, struct lh_err *err)
{
    struct lh_reader in = lh_reader_of(*rest);
    struct lh_frame frame;
    uint32_t len;
    enum lh_code rc;

    if (rest->len < LH_FRAME_HEADER_SIZE) {
        return LH_AGAIN;
    }
    len = lh_read_u32(&in);
    frame.type = lh_read_u16(&in);
    frame.flags = lh_read_u16(&in);
    frame.request = lh_read_u32(&in);
    rc = check_header(&frame, len, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (rest->len - LH_FRAME_HEADER_SIZE < len) {
        return LH_AGAIN;
    }
    frame.payload = lh_bytes_of(rest->data + LH_FRAME_HEADER_SIZE, len);
    *rest = lh_bytes_of(frame.payload.data + len, rest->len - LH_FRAME_HEADER_SIZE - len);
    *out = frame;
    return LH_OK;
}

void lh_frame_add(struct lh_buf *out, const struct lh_frame *frame)
{
    lh_assert(frame->payload.len <= lh_frame_limit(frame->type));
    lh_assert(lh_frame_limit(frame->type) > 0);
    lh_buf_add_u32(out, (uint32_t)frame->payload.len);
    lh_buf_add_u16(out, frame->type);
    lh_buf_add_u16(out, frame->flags);
    lh_buf_add_u32(out, frame->request);
    lh_buf_add(out, frame->payload);
}
