#include "tests/bench/drafts.h"

#include "ledger/canon.h"
#include "tests/bench/measure.h"

#include <string.h>

/* lhpb_Submission on the wire */
enum {
    TAG_BODY = 0x0a,
    TAG_SIGNATURE = 0x12,
    TAG_SUBJECTS = 0x1a,
    TAG_KEY_ID = 0x0a,
    TAG_VALUE = 0x12,
    SIGNATURE_LEN = 2 + LH_KEY_ID_SIZE + 2 + LH_SIG_SIZE,
};

static void add_counted(struct lh_buf *out, struct lh_bytes bytes)
{
    lh_buf_add_u32(out, (uint32_t)bytes.len);
    lh_buf_add(out, bytes);
}

static void write_draft(struct lh_buf *out, const struct people *people, bool has_private,
                        uint64_t serial, int64_t now_unix_ms)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    lhpb_SubjectPost post;
    lhpb_Body body;

    people_query(people, &body, (size_t)(serial % people->staff_count), serial, now_unix_ms);
    if (has_private) {
        people_name_subject(people, &post, &body, serial);
    }
    bench_must(lh_body_encode(&bytes, &body, &err), &err, "body");
    add_counted(out, lh_buf_bytes(&bytes));
    lh_buf_reset(&bytes);
    if (has_private) {
        bench_must(lh_canon_encode(&bytes, &lhpb_SubjectPost_msg, &post, &err), &err, "subjects");
    }
    add_counted(out, lh_buf_bytes(&bytes));
    lh_buf_clear(&bytes);
}

void drafts_write(struct drafts *out, const struct people *people, bool has_private, uint64_t first,
                  size_t count, int64_t now_unix_ms)
{
    *out = (struct drafts){ .bytes = LH_BUF_EMPTY, .serial = first };
    for (size_t i = 0; i < count; i++) {
        write_draft(&out->bytes, people, has_private, first + i, now_unix_ms);
    }
    out->next = lh_reader_of(lh_buf_bytes(&out->bytes));
}

void drafts_clear(struct drafts *drafts)
{
    lh_buf_clear(&drafts->bytes);
}

/* ---- signing --------------------------------------------------------------------------------- */

static void add_field(struct lh_buf *out, uint8_t tag, struct lh_bytes bytes)
{
    size_t len = bytes.len;

    lh_buf_add_u8(out, tag);
    while (len > 0x7f) {
        lh_buf_add_u8(out, (uint8_t)(len | 0x80));
        len >>= 7;
    }
    lh_buf_add_u8(out, (uint8_t)len);
    lh_buf_add(out, bytes);
}

bool drafts_sign_next(struct drafts *drafts, const struct people *people, struct lh_buf *out)
{
    size_t staff = (size_t)(drafts->serial % people->staff_count);
    lhpb_Signature signature;

    if (lh_reader_is_done(&drafts->next)) {
        return false;
    }
    struct lh_bytes body = lh_read_view(&drafts->next, lh_read_u32(&drafts->next));
    struct lh_bytes post = lh_read_view(&drafts->next, lh_read_u32(&drafts->next));
    drafts->serial++;
    (void)people_sign_as_staff(people, &signature, staff, body);
    add_field(out, TAG_BODY, body);
    lh_buf_add_u8(out, TAG_SIGNATURE);
    lh_buf_add_u8(out, SIGNATURE_LEN);
    add_field(out, TAG_KEY_ID, lh_bytes_of(signature.key_id, sizeof signature.key_id));
    add_field(out, TAG_VALUE, lh_bytes_of(signature.value, sizeof signature.value));
    if (post.len > 0) {
        add_field(out, TAG_SUBJECTS, post);
    }
    return true;
}
