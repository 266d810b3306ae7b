#include "ledger/canon.h"

#include "../../support/bodies.h"
#include "../../support/canon_oracle.h"
#include "../../support/seeded.h"
#include "crypto/text.h"

#include "network.pb.h"
#include "trust.pb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <pb_common.h>
#include <pb_encode.h>
#include <string.h>

static lhpb_Body body;
static lhpb_Body other;

static void encode(struct lh_buf *out, const pb_msgdesc_t *desc, const void *message)
{
    lh_buf_reset(out);
    assert_int_equal(lh_canon_encode(out, desc, message, NULL), LH_OK);
}

/* ---- one meaning, one encoding --------------------------------------------------------------- */

struct variant {
    const char *name;
    const pb_msgdesc_t *desc;
    const char *hex;
    bool is_good;
};

/* Intake { recorded_at_ms 5, flags 1 }, Promise, Calendar and Step by hand. */
static const struct variant variants[] = {
    { "as it should be", lhpb_Intake_fields, "08051001", true },
    { "nothing at all", lhpb_Intake_fields, "", true },
    { "fields out of order", lhpb_Intake_fields, "10010805", false },
    { "a field twice", lhpb_Intake_fields, "080508051001", false },
    { "a default value written out", lhpb_Intake_fields, "08051000", false },
    { "an over-long varint", lhpb_Intake_fields, "0885001001", false },
    { "an over-long key", lhpb_Intake_fields, "8800051001", false },
    { "an over-long length", lhpb_Step_fields, "0a8100611001", false },
    { "a number past 32 bits", lhpb_Intake_fields, "108080808010", false },
    { "the highest number of 32 bits", lhpb_Intake_fields, "10ffffffff0f", true },
    { "a number past 64 bits", lhpb_Intake_fields, "08ffffffffffffffffff02", false },
    { "the highest number of 64 bits", lhpb_Intake_fields, "08ffffffffffffffffff01", true },
    { "an unknown field", lhpb_Intake_fields, "080510012005", false },
    { "an unknown field of a high number", lhpb_Intake_fields, "08051001fa0701ff", false },
    { "trailing bytes", lhpb_Intake_fields, "0805100100", false },
    { "trailing zeros", lhpb_Intake_fields, "080510010000", false },
    { "a key without value", lhpb_Intake_fields, "080510", false },
    { "cut off within a varint", lhpb_Intake_fields, "0885", false },
    { "another wire type", lhpb_Intake_fields, "0a0105", false },
    { "a fixed-width number", lhpb_Intake_fields, "090500000000000000", false },
    { "a group", lhpb_Intake_fields, "0b0c", false },
    { "an optional of zeros", lhpb_Intake_fields,
      "1a200000000000000000000000000000000000000000000000000000000000000000", false },
    { "an optional of something", lhpb_Intake_fields,
      "1a200000000000000000000000000000000000000000000000000000000000000001", true },
    { "an optional of another length", lhpb_Intake_fields, "1a0101", false },
    { "an empty optional", lhpb_Intake_fields, "1a00", false },
    { "a list, packed", lhpb_Calendar_fields, "32020102", true },
    { "a list of zeros, packed", lhpb_Calendar_fields, "32020000", true },
    { "a list, not packed", lhpb_Calendar_fields, "30013002", false },
    { "a list in two parts", lhpb_Calendar_fields, "320101320102", false },
    { "an empty list written out", lhpb_Calendar_fields, "3200", false },
    { "a packed over-long varint", lhpb_Calendar_fields, "32028100", false },
    { "two lists", lhpb_Calendar_fields,
      "32020102"
      "3a0103",
      true },
    { "text", lhpb_Step_fields, "0a03e890bd", true },
    { "empty text written out", lhpb_Step_fields, "0a00", false },
    { "text that is not UTF-8", lhpb_Step_fields, "0a02e890", false },
    { "text in an over-long form", lhpb_Step_fields, "0a02c0af", false },
    { "text with a control character", lhpb_Step_fields, "0a026109", false },
    { "text with a NUL", lhpb_Step_fields, "0a03610062", false },
    { "text of a surrogate", lhpb_Step_fields, "0a03eda080", false },
    { "a list of texts, one empty", lhpb_Case_fields,
      "1a00"
      "1a0161",
      true },
    { "a fixed field missing", lhpb_KeyComp_fields, "1005", false },
    { "a fixed field of zeros", lhpb_KeyComp_fields, "0a10000000000000000000000000000000001005",
      true },
    { "a sub-message", lhpb_Officer_fields, "12020801", true },
    { "an empty sub-message", lhpb_Officer_fields, "1200", false },
    { "a sub-message cut off", lhpb_Officer_fields, "12030801", false },
    { "a sub-message with an unknown field", lhpb_Officer_fields, "12021801", false },
    { "a oneof", lhpb_Leaf_fields, "0a030a0101", true },
    { "a oneof, empty", lhpb_Leaf_fields, "0a00", false },
    { "both of a oneof", lhpb_Leaf_fields, "0a030a010112020a00", false },
    { "a oneof twice", lhpb_Leaf_fields, "0a030a01010a030a0101", false },
    { "none of a oneof", lhpb_Leaf_fields, "", true },
    { "a oneof member that does not exist", lhpb_Leaf_fields, "1a030a0101", false },
};

static void only_the_one_encoding_is_accepted(void **state)
{
    static lhpb_Leaf message; /* the largest of the structs above */
    uint8_t bytes[64];
    uint8_t room[64];

    (void)state;
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        const struct variant *row = &variants[i];
        struct lh_bytes text = lh_bytes_of_text(row->hex);
        struct lh_bytes in = lh_bytes_of(bytes, text.len / 2);

        assert_int_equal(lh_hex_parse(bytes, in.len, text, NULL), LH_OK);
        bool is_good = lh_canon_decode(row->desc, &message, in, NULL) == LH_OK;
        if (is_good != row->is_good) {
            fail_msg("%s: %s", row->name, is_good ? "accepted" : "refused");
        }
        if (lh_oracle_accepts(row->desc, &message, in, room) != row->is_good) {
            fail_msg("%s: the oracle thinks otherwise", row->name);
        }
    }
}

static void every_message_has_its_oneof_last(void **state)
{
    static const pb_msgdesc_t *const all[] = { lhpb_Body_fields, lhpb_Leaf_fields };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        pb_field_iter_t field;
        bool has_oneof = false;
        bool more = pb_field_iter_begin_const(&field, all[i], &body);

        for (; more; more = pb_field_iter_next(&field)) {
            bool is_oneof = PB_HTYPE(field.type) == PB_HTYPE_ONEOF;
            assert_true(is_oneof || !has_oneof);
            has_oneof = has_oneof || is_oneof;
        }
        assert_true(has_oneof);
    }
}

/* ---- encode checks what it was given --------------------------------------------------------- */

static void encode_refuses_text_without_an_end(void **state)
{
    lhpb_Step step = lhpb_Step_init_zero;
    struct lh_buf out = LH_BUF_EMPTY;

    (void)state;
    memset(step.name, 'a', sizeof step.name);
    assert_int_equal(lh_canon_encode(&out, lhpb_Step_fields, &step, NULL), LH_ERR_INVALID);
    assert_int_equal(out.len, 0);
    lh_buf_clear(&out);
}

static void encode_refuses_counts_and_lengths_past_their_bounds(void **state)
{
    lhpb_Case opened = lhpb_Case_init_zero;
    lhpb_PublicKey key = lhpb_PublicKey_init_zero;
    struct lh_buf out = LH_BUF_EMPTY;

    (void)state;
    opened.participants_count = 17;
    assert_int_equal(lh_canon_encode(&out, lhpb_Case_fields, &opened, NULL), LH_ERR_INVALID);
    key.value.size = 35; /* 33 is odd: the struct has a byte more, and nanopb counts it */
    assert_int_equal(lh_canon_encode(&out, lhpb_PublicKey_fields, &key, NULL), LH_ERR_INVALID);
    lh_buf_clear(&out);
}

static void encode_refuses_an_empty_sub_message_and_a_zero_optional(void **state)
{
    lhpb_Officer officer = lhpb_Officer_init_zero;
    lhpb_Intake intake = lhpb_Intake_init_zero;
    struct lh_buf out = LH_BUF_EMPTY;

    (void)state;
    officer.has_key = true;
    assert_int_equal(lh_canon_encode(&out, lhpb_Officer_fields, &officer, NULL), LH_ERR_INVALID);
    intake.has_index_digest = true;
    assert_int_equal(lh_canon_encode(&out, lhpb_Intake_fields, &intake, NULL), LH_ERR_INVALID);
    lh_buf_clear(&out);
}

/* ---- properties ------------------------------------------------------------------------------ */

/* The library's own encoder writes the same bytes. */
static void assert_library_agrees(const struct lh_buf *bytes, const pb_msgdesc_t *desc,
                                  const void *message)
{
    static uint8_t room[1 << 20];
    pb_ostream_t out = pb_ostream_from_buffer(room, sizeof room);

    assert_true(pb_encode(&out, desc, message));
    assert_true(lh_bytes_is_equal(lh_buf_bytes(bytes), lh_bytes_of(room, out.bytes_written)));
}

static void what_was_encoded_decodes_to_itself(void **state)
{
    struct lh_buf first = LH_BUF_EMPTY;
    struct lh_buf second = LH_BUF_EMPTY;

    (void)state;
    for (size_t i = 0; i < lh_fixture_type_count(); i++) {
        lh_fixture_body_full(&body, lh_fixture_type_at(i));
        encode(&first, lhpb_Body_fields, &body);
        assert_library_agrees(&first, lhpb_Body_fields, &body);
        memset(&other, 0xa5, sizeof other); /* whatever stood there before */
        assert_int_equal(lh_canon_decode(lhpb_Body_fields, &other, lh_buf_bytes(&first), NULL),
                         LH_OK);
        encode(&second, lhpb_Body_fields, &other);
        assert_true(lh_bytes_is_equal(lh_buf_bytes(&first), lh_buf_bytes(&second)));
    }
    lh_buf_clear(&first);
    lh_buf_clear(&second);
}

static void randomise(struct lh_seeded *seeded, const pb_msgdesc_t *desc, void *message);

static void randomise_item(struct lh_seeded *seeded, const pb_field_iter_t *field, uint8_t *item)
{
    size_t len;

    switch (PB_LTYPE(field->type)) {
    case PB_LTYPE_STRING:
        len = lh_seeded_below(seeded, field->data_size);
        for (size_t i = 0; i < len; i++) {
            item[i] = (uint8_t)(' ' + lh_seeded_below(seeded, 95));
        }
        item[len] = '\0';
        return;
    case PB_LTYPE_BYTES:
        len = lh_seeded_below(seeded, 34);
        ((pb_bytes_array_t *)item)->size = (pb_size_t)len;
        memset(((pb_bytes_array_t *)item)->bytes, 7, len);
        return;
    case PB_LTYPE_SUBMESSAGE:
        randomise(seeded, field->submsg_desc, item);
        return;
    default:
        for (size_t i = lh_seeded_below(seeded, field->data_size + 1U); i > 0; i--) {
            item[i - 1] = (uint8_t)lh_seeded_next(seeded);
        }
    }
}

/* Everything is zero before; about every second field gets a value. */
static void randomise(struct lh_seeded *seeded, const pb_msgdesc_t *desc, void *message)
{
    pb_field_iter_t field;
    bool more = pb_field_iter_begin(&field, desc, message);

    for (; more; more = pb_field_iter_next(&field)) {
        size_t count = lh_seeded_below(seeded, 2);

        if (PB_HTYPE(field.type) == PB_HTYPE_ONEOF) {
            count = *(pb_size_t *)field.pSize == field.tag ? 1 : 0;
        } else if (PB_HTYPE(field.type) == PB_HTYPE_REPEATED) {
            count = lh_seeded_below(seeded, field.array_size + 1U);
            *(pb_size_t *)field.pSize = (pb_size_t)count;
        } else if (field.pSize != NULL) {
            *(bool *)field.pSize = count > 0;
        }
        for (size_t i = 0; i < count; i++) {
            randomise_item(seeded, &field, (uint8_t *)field.pData + i * field.data_size);
        }
    }
}

static void a_random_message_decodes_to_itself_or_breaks_a_rule(void **state)
{
    struct lh_seeded seeded = lh_seeded_new(20261126);
    struct lh_buf first = LH_BUF_EMPTY;
    struct lh_buf second = LH_BUF_EMPTY;
    size_t good = 0;

    (void)state;
    for (size_t i = 0; i < 20000; i++) {
        memset(&body, 0, sizeof body);
        body.which_detail = (pb_size_t)(100 + lh_fixture_type_at(i % lh_fixture_type_count()));
        randomise(&seeded, lhpb_Body_fields, &body);
        lh_buf_reset(&first);
        if (lh_canon_encode(&first, lhpb_Body_fields, &body, NULL) != LH_OK) {
            continue; /* an empty sub-message, a zero optional */
        }
        good++;
        assert_library_agrees(&first, lhpb_Body_fields, &body);
        assert_int_equal(lh_canon_decode(lhpb_Body_fields, &other, lh_buf_bytes(&first), NULL),
                         LH_OK);
        encode(&second, lhpb_Body_fields, &other);
        assert_true(lh_bytes_is_equal(lh_buf_bytes(&first), lh_buf_bytes(&second)));
    }
    assert_true(good > 5000);
    lh_buf_clear(&first);
    lh_buf_clear(&second);
}

/* Those that are sent, kept or signed whole; the others stand in them. */
static const pb_msgdesc_t *const whole_messages[] = {
    lhpb_Leaf_fields,
    lhpb_ClientPart_fields,
    lhpb_NodePart_fields,
    lhpb_PrivatePart_fields,
    lhpb_BoxContent_fields,
    lhpb_Submission_fields,
    lhpb_Act_fields,
    lhpb_ReceiptExtra_fields,
    lhpb_Enrolment_fields,
    lhpb_Genesis_fields,
    lhpb_Proposal_fields,
    lhpb_Hello_fields,
    lhpb_Bye_fields,
    lhpb_Ping_fields,
    lhpb_Grant_fields,
    lhpb_Get_fields,
    lhpb_Leaves_fields,
    lhpb_Missing_fields,
    lhpb_Prove_fields,
    lhpb_Proof_fields,
    lhpb_Decline_fields,
    lhpb_Pledge_fields,
    lhpb_Want_fields,
    lhpb_JournalStatement_fields,
    lhpb_JournalReceipt_fields,
};

static union {
    lhpb_Leaf leaf;
    lhpb_Submission submission;
    lhpb_Act act;
    lhpb_Genesis genesis;
    lhpb_Enrolment enrolment;
    lhpb_Proposal proposal;
    lhpb_PrivatePart part;
    lhpb_BoxContent content;
    lhpb_ReceiptExtra extra;
    lhpb_Hello hello;
    lhpb_Proof proof;
    lhpb_JournalReceipt journal_receipt;
    lhpb_JournalStatement journal_statement;
} any;

static void every_message_is_written_as_the_library_writes_it(void **state)
{
    enum { ROUNDS = 500, GOOD = 20 };
    struct lh_seeded seeded = lh_seeded_new(20261127);
    struct lh_buf bytes = LH_BUF_EMPTY;

    (void)state;
    for (size_t n = 0; n < sizeof whole_messages / sizeof whole_messages[0]; n++) {
        size_t good = 0;

        for (size_t i = 0; i < ROUNDS; i++) {
            memset(&any, 0, sizeof any);
            if (whole_messages[n] == lhpb_Leaf_fields) {
                any.leaf.which_kind = (pb_size_t)(1 + i % 2);
            }
            randomise(&seeded, whole_messages[n], &any);
            lh_buf_reset(&bytes);
            if (lh_canon_encode(&bytes, whole_messages[n], &any, NULL) == LH_OK) {
                good++;
                assert_library_agrees(&bytes, whole_messages[n], &any);
            }
        }
        assert_true(good > GOOD);
    }
    lh_buf_clear(&bytes);
}

/* One change of a kind that a careless or hostile writer could make. */
static size_t mutate(struct lh_seeded *seeded, uint8_t *bytes, size_t len, size_t capacity)
{
    size_t at = lh_seeded_below(seeded, len);

    switch (lh_seeded_below(seeded, 6)) {
    case 0:
        bytes[at] ^= (uint8_t)(1U << lh_seeded_below(seeded, 8));
        return len;
    case 1:
        bytes[at] = (uint8_t)lh_seeded_next(seeded);
        return len;
    case 2: /* cut off */
        return at > 0 ? at : len;
    case 3: /* drop a byte */
        memmove(bytes + at, bytes + at + 1, len - at - 1);
        return len > 1 ? len - 1 : len;
    case 4: /* one more byte */
        if (len < capacity) {
            memmove(bytes + at + 1, bytes + at, len - at);
            bytes[at] = (uint8_t)lh_seeded_below(seeded, 4);
            return len + 1;
        }
        return len;
    default: /* a run of zeros */
        for (size_t i = at; i < len && i < at + 8; i++) {
            bytes[i] = 0;
        }
        return len;
    }
}

static void agree(const pb_msgdesc_t *desc, struct lh_bytes bytes)
{
    static uint8_t room[LH_LEAF_MAX];
    static union {
        lhpb_Body body;
        lhpb_Leaf leaf;
        lhpb_Enrolment enrolment;
    } ours, theirs;
    struct lh_buf first = LH_BUF_EMPTY;
    struct lh_buf second = LH_BUF_EMPTY;

    memset(&ours, 0x5a, sizeof ours);
    bool is_good = lh_canon_decode(desc, &ours, bytes, NULL) == LH_OK;
    assert_int_equal(is_good, lh_oracle_accepts(desc, &theirs, bytes, room));
    if (is_good) {
        encode(&first, desc, &ours);
        encode(&second, desc, &theirs);
        assert_true(lh_bytes_is_equal(lh_buf_bytes(&first), lh_buf_bytes(&second)));
        assert_true(lh_bytes_is_equal(lh_buf_bytes(&first), bytes));
    }
    lh_buf_clear(&first);
    lh_buf_clear(&second);
}

static void agree_on_mutations(struct lh_seeded *seeded, const pb_msgdesc_t *desc,
                               struct lh_bytes good, size_t rounds)
{
    uint8_t bytes[4096];

    for (size_t i = 0; i < rounds; i++) {
        size_t len = good.len;

        memcpy(bytes, good.data, len);
        for (size_t changes = 1 + lh_seeded_below(seeded, 3); changes > 0; changes--) {
            len = mutate(seeded, bytes, len, sizeof bytes);
        }
        agree(desc, lh_bytes_of(bytes, len));
    }
}

static void the_strict_reader_agrees_with_decode_and_re_encode(void **state)
{
    struct lh_seeded seeded = lh_seeded_new(20261124);
    struct lh_buf bytes = LH_BUF_EMPTY;

    (void)state;
    for (size_t i = 0; i < lh_fixture_type_count(); i++) {
        lh_fixture_body_full(&body, lh_fixture_type_at(i));
        encode(&bytes, lhpb_Body_fields, &body);
        agree_on_mutations(&seeded, lhpb_Body_fields, lh_buf_bytes(&bytes), 1500);
    }
    lh_buf_clear(&bytes);
}

static void the_strict_reader_agrees_on_leaves(void **state)
{
    static lhpb_Leaf leaf;
    struct lh_seeded seeded = lh_seeded_new(20261125);
    struct lh_buf bytes = LH_BUF_EMPTY;
    lhpb_BlockHeader *header = &leaf.kind.header;

    (void)state;
    leaf.which_kind = lhpb_Leaf_header_tag;
    strcpy(header->origin, "jinhua/gaj/1");
    header->height = 300;
    header->heads_count = 3;
    for (size_t i = 0; i < 3; i++) {
        strcpy(header->heads[i].origin, "jinhua/mzj/1");
        header->heads[i].size = i;
    }
    encode(&bytes, lhpb_Leaf_fields, &leaf);
    agree_on_mutations(&seeded, lhpb_Leaf_fields, lh_buf_bytes(&bytes), 20000);

    memset(&leaf, 0, sizeof leaf);
    leaf.which_kind = lhpb_Leaf_entry_tag;
    leaf.kind.entry.body.size = 200;
    memset(leaf.kind.entry.body.bytes, 8, 200);
    leaf.kind.entry.signatures_count = 2;
    leaf.kind.entry.has_intake = true;
    leaf.kind.entry.intake.recorded_at_ms = LH_FIXTURE_TIME_MS;
    encode(&bytes, lhpb_Leaf_fields, &leaf);
    agree_on_mutations(&seeded, lhpb_Leaf_fields, lh_buf_bytes(&bytes), 20000);
    lh_buf_clear(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_one_encoding_is_accepted),
        cmocka_unit_test(every_message_has_its_oneof_last),
        cmocka_unit_test(encode_refuses_text_without_an_end),
        cmocka_unit_test(encode_refuses_counts_and_lengths_past_their_bounds),
        cmocka_unit_test(encode_refuses_an_empty_sub_message_and_a_zero_optional),
        cmocka_unit_test(what_was_encoded_decodes_to_itself),
        cmocka_unit_test(a_random_message_decodes_to_itself_or_breaks_a_rule),
        cmocka_unit_test(every_message_is_written_as_the_library_writes_it),
        cmocka_unit_test(the_strict_reader_agrees_with_decode_and_re_encode),
        cmocka_unit_test(the_strict_reader_agrees_on_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
