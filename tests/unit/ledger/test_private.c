#include "ledger/private.h"

#include "ledger/canon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Everything runs for both suites; randomness is a counter, so that a failure repeats. */

struct fixture {
    struct lh_suite *suite;
    struct lh_signer *auditor;
    struct lh_box_sender *sender;
    struct lh_random random;
    uint8_t next;
    struct lh_secret month_key;
    lhpb_SubjectPost post;
    struct lh_hash body_hash;
    lhpb_Entry entry;
    lhpb_Body body;
    struct lh_buf part;
};

static enum lh_code fill_counting(void *arg, void *out, size_t len, struct lh_err *err)
{
    struct fixture *f = arg;
    uint8_t *bytes = out;

    (void)err;
    for (size_t i = 0; i < len; i++) {
        bytes[i] = ++f->next;
    }
    return LH_OK;
}

static void add_subject(lhpb_SubjectPost *post, uint32_t type, const char *id)
{
    lhpb_SubjectId *subject = &post->subjects[post->subjects_count++];

    subject->role = 1;
    subject->id_type = type;
    strcpy(subject->id, id);
    memset(subject->opening, 0x40 + post->subjects_count, sizeof subject->opening);
}

static void setup(struct fixture *f, enum lh_suite_id id)
{
    struct lh_secret root = LH_SECRET_EMPTY;
    struct lh_buf client = LH_BUF_EMPTY;
    struct lh_hash digest;

    memset(f, 0, sizeof *f);
    f->random = (struct lh_random){ .fill = fill_counting, .arg = f };
    assert_int_equal(lh_suite_new(&f->suite, id, NULL), LH_OK);
    assert_int_equal(
        lh_signer_generate(&f->auditor, id == LH_SUITE_W ? LH_ALG_X25519 : LH_ALG_SM2, NULL),
        LH_OK);
    struct lh_random system = lh_random_system();
    assert_int_equal(lh_box_sender_new(&f->sender, id, lh_signer_pubkey(f->auditor), &system, NULL),
                     LH_OK);
    root.len = 32;
    memset(root.bytes, 7, 32);
    lh_tag_month_key(f->suite, &f->month_key, &root, lh_bytes_of_text("gaj"), 202611);
    memset(f->post.salt, 0x5a, sizeof f->post.salt);
    add_subject(&f->post, LH_SUBJECT_RESIDENT, "330799199001010014");
    add_subject(&f->post, LH_SUBJECT_USCC, "11330700MB0000001Q");
    strcpy(f->post.case_number, "救助-2026-004512");
    strcpy(f->post.reason, "低保资格核查");
    memset(f->body_hash.bytes, 0x33, LH_HASH_SIZE);

    assert_int_equal(lh_private_client_part(f->suite, &client, &digest, &f->post, NULL), LH_OK);
    f->body.has_subject_digest = true;
    memcpy(f->body.subject_digest, digest.bytes, LH_HASH_SIZE);
    assert_int_equal(lh_private_build(f->suite, &f->part, &digest, &f->post, &f->body_hash,
                                      &f->month_key, 202611, f->sender, &f->random, NULL),
                     LH_OK);
    f->entry.intake.has_index_digest = true;
    memcpy(f->entry.intake.index_digest, digest.bytes, LH_HASH_SIZE);
    lh_buf_clear(&client);
}

static void teardown(struct fixture *f)
{
    lh_buf_clear(&f->part);
    lh_box_sender_free(f->sender);
    lh_signer_free(f->auditor);
    lh_suite_free(f->suite);
}

static void token_of(struct fixture *f, struct lh_secret *out, uint32_t type, const char *id)
{
    lh_tag_token(f->suite, out, &f->month_key, (uint8_t)type, lh_bytes_of_text(id));
}

static void check_round_trip(enum lh_suite_id id)
{
    struct fixture f;
    lhpb_ClientPart client;
    lhpb_NodePart node;
    lhpb_BoxContent content;

    setup(&f, id);
    assert_true(f.part.len <= LH_PRIVATE_MAX);
    assert_int_equal(
        lh_private_verify(f.suite, lh_buf_bytes(&f.part), &f.entry, &f.body, &client, &node, NULL),
        LH_OK);
    assert_string_equal(client.case_number, "救助-2026-004512");
    assert_int_equal(
        lh_private_open(f.suite, &content, &client, &node, &f.body_hash, f.auditor, NULL), LH_OK);
    assert_int_equal(content.subjects_count, 2);
    assert_string_equal(content.subjects[0].id, "330799199001010014");
    teardown(&f);
}

static void what_was_closed_verifies_and_opens(void **state)
{
    (void)state;
    check_round_trip(LH_SUITE_W);
    check_round_trip(LH_SUITE_G);
}

static void every_flipped_bit_of_a_private_part_is_noticed(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f, LH_SUITE_W);
    for (size_t bit = 0; bit < f.part.len * 8; bit++) {
        f.part.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_int_equal(
            lh_private_verify(f.suite, lh_buf_bytes(&f.part), &f.entry, &f.body, NULL, NULL, NULL),
            LH_ERR_FORGED);
        f.part.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    assert_int_equal(
        lh_private_verify(f.suite, lh_buf_bytes(&f.part), &f.entry, &f.body, NULL, NULL, NULL),
        LH_OK);
    teardown(&f);
}

static void the_person_s_token_finds_the_entry_and_no_other_token_does(void **state)
{
    struct fixture f;
    lhpb_NodePart node;
    struct lh_secret token = LH_SECRET_EMPTY;
    struct lh_secret other_root = LH_SECRET_EMPTY;
    struct lh_secret other_month = LH_SECRET_EMPTY;

    (void)state;
    setup(&f, LH_SUITE_W);
    assert_int_equal(
        lh_private_verify(f.suite, lh_buf_bytes(&f.part), &f.entry, &f.body, NULL, &node, NULL),
        LH_OK);
    token_of(&f, &token, LH_SUBJECT_RESIDENT, "330799199001010014");
    assert_true(lh_private_matches(f.suite, &node, &token));
    token_of(&f, &token, LH_SUBJECT_USCC, "11330700MB0000001Q");
    assert_true(lh_private_matches(f.suite, &node, &token));

    token_of(&f, &token, LH_SUBJECT_RESIDENT, "330799199001010030");
    assert_false(lh_private_matches(f.suite, &node, &token));
    token_of(&f, &token, LH_SUBJECT_NEWBORN, "330799199001010014");
    assert_false(lh_private_matches(f.suite, &node, &token));
    other_root.len = 32;
    memset(other_root.bytes, 7, 32);
    lh_tag_month_key(f.suite, &other_month, &other_root, lh_bytes_of_text("gaj"), 202612);
    lh_tag_token(f.suite, &token, &other_month, LH_SUBJECT_RESIDENT,
                 lh_bytes_of_text("330799199001010014"));
    assert_false(lh_private_matches(f.suite, &node, &token));
    lh_tag_month_key(f.suite, &other_month, &other_root, lh_bytes_of_text("mzj"), 202611);
    lh_tag_token(f.suite, &token, &other_month, LH_SUBJECT_RESIDENT,
                 lh_bytes_of_text("330799199001010014"));
    assert_false(lh_private_matches(f.suite, &node, &token));
    teardown(&f);
}

static void two_entries_about_one_person_share_no_derived_value(void **state)
{
    struct fixture f;
    struct lh_buf again = LH_BUF_EMPTY;
    struct lh_hash digest;
    lhpb_NodePart a;
    lhpb_NodePart b;

    (void)state;
    setup(&f, LH_SUITE_W);
    assert_int_equal(
        lh_private_verify(f.suite, lh_buf_bytes(&f.part), &f.entry, &f.body, NULL, &a, NULL),
        LH_OK);
    assert_int_equal(lh_private_build(f.suite, &again, &digest, &f.post, &f.body_hash, &f.month_key,
                                      202611, f.sender, &f.random, NULL),
                     LH_OK);
    memcpy(f.entry.intake.index_digest, digest.bytes, LH_HASH_SIZE);
    assert_int_equal(
        lh_private_verify(f.suite, lh_buf_bytes(&again), &f.entry, &f.body, NULL, &b, NULL), LH_OK);
    assert_memory_not_equal(a.tags[0].tag, b.tags[0].tag, LH_TAG_SIZE);
    assert_memory_not_equal(a.box.bytes + 32, b.box.bytes + 32, a.box.size - 32);
    lh_buf_clear(&again);
    teardown(&f);
}

/* A writer who seals another person into the box than the one committed to is caught on opening. */
static void a_box_about_somebody_else_is_refused_on_opening(void **state)
{
    struct fixture f;
    lhpb_ClientPart client;
    lhpb_NodePart node;
    lhpb_BoxContent content;
    struct lh_buf forged = LH_BUF_EMPTY;
    struct lh_hash digest;
    lhpb_SubjectPost other;

    (void)state;
    setup(&f, LH_SUITE_W);
    assert_int_equal(
        lh_private_verify(f.suite, lh_buf_bytes(&f.part), &f.entry, &f.body, &client, NULL, NULL),
        LH_OK);
    other = f.post;
    strcpy(other.subjects[0].id, "11010519491231002X");
    assert_int_equal(lh_private_build(f.suite, &forged, &digest, &other, &f.body_hash, &f.month_key,
                                      202611, f.sender, &f.random, NULL),
                     LH_OK);
    lhpb_PrivatePart part;
    assert_int_equal(lh_canon_decode(lhpb_PrivatePart_fields, &part, lh_buf_bytes(&forged), NULL),
                     LH_OK);
    assert_int_equal(lh_canon_decode(lhpb_NodePart_fields, &node,
                                     lh_bytes_of(part.node.bytes, part.node.size), NULL),
                     LH_OK);
    assert_int_equal(
        lh_private_open(f.suite, &content, &client, &node, &f.body_hash, f.auditor, NULL),
        LH_ERR_FORGED);
    lh_buf_clear(&forged);
    teardown(&f);
}

static void a_box_moved_to_another_entry_does_not_open(void **state)
{
    struct fixture f;
    lhpb_ClientPart client;
    lhpb_NodePart node;
    lhpb_BoxContent content;
    struct lh_hash other;

    (void)state;
    setup(&f, LH_SUITE_W);
    assert_int_equal(
        lh_private_verify(f.suite, lh_buf_bytes(&f.part), &f.entry, &f.body, &client, &node, NULL),
        LH_OK);
    memset(other.bytes, 0x34, LH_HASH_SIZE);
    assert_int_equal(lh_private_open(f.suite, &content, &client, &node, &other, f.auditor, NULL),
                     LH_ERR_FORGED);
    assert_int_equal(
        lh_private_open(f.suite, &content, &client, &node, &f.body_hash, f.auditor, NULL), LH_OK);
    teardown(&f);
}

/* The bytes of a box stand behind a digest that the writer sealed: whatever is wrong with them. */
static void a_malformed_box_is_the_writers_doing_and_a_wrong_key_is_not(void **state)
{
    enum lh_suite_id id = *(const enum lh_suite_id *)*state;
    struct fixture other;
    struct fixture f;
    lhpb_ClientPart client;
    lhpb_NodePart node;
    lhpb_BoxContent content;

    setup(&f, id);
    setup(&other, id == LH_SUITE_W ? LH_SUITE_G : LH_SUITE_W);
    assert_int_equal(
        lh_private_verify(f.suite, lh_buf_bytes(&f.part), &f.entry, &f.body, &client, &node, NULL),
        LH_OK);
    assert_int_equal(
        lh_private_open(f.suite, &content, &client, &node, &f.body_hash, other.auditor, NULL),
        LH_ERR_INVALID);
    assert_int_equal(
        lh_private_open(f.suite, &content, &client, &node, &f.body_hash, f.auditor, NULL), LH_OK);
    for (pb_size_t size = node.box.size - 1; size > 0; size--) {
        node.box.size = size;
        assert_int_equal(
            lh_private_open(f.suite, &content, &client, &node, &f.body_hash, f.auditor, NULL),
            LH_ERR_FORGED);
    }
    teardown(&other);
    teardown(&f);
}

static void lengths_step_by_128_whatever_the_reason_s_length(void **state)
{
    struct fixture f;

    (void)state;
    setup(&f, LH_SUITE_W);
    for (size_t len = 0; len <= 256; len++) {
        struct lh_buf part = LH_BUF_EMPTY;
        struct lh_hash digest;

        memset(f.post.reason, 0, sizeof f.post.reason);
        memset(f.post.reason, 'r', len);
        assert_int_equal(lh_private_client_part(f.suite, &part, &digest, &f.post, NULL), LH_OK);
        assert_int_equal(part.len % LH_CLIENT_PART_STEP, 0);
        lh_buf_clear(&part);
    }
    teardown(&f);
}

struct bad_post {
    const char *name;
    void (*spoil)(lhpb_SubjectPost *post);
};

static void no_subjects(lhpb_SubjectPost *post)
{
    post->subjects_count = 0;
}
static void zero_salt(lhpb_SubjectPost *post)
{
    memset(post->salt, 0, sizeof post->salt);
}
static void zero_opening(lhpb_SubjectPost *post)
{
    memset(post->subjects[1].opening, 0, sizeof post->subjects[1].opening);
}
static void unknown_role(lhpb_SubjectPost *post)
{
    post->subjects[0].role = 4;
}
static void id_not_canonical(lhpb_SubjectPost *post)
{
    strcpy(post->subjects[0].id, " 330799199001010014");
}
static void control_in_reason(lhpb_SubjectPost *post)
{
    strcpy(post->reason, "a\nb");
}

static void bad_posts_are_refused_each_for_its_own_reason(void **state)
{
    static const struct bad_post posts[] = {
        { "no subjects", no_subjects },           { "zero salt", zero_salt },
        { "zero opening", zero_opening },         { "unknown role", unknown_role },
        { "id not canonical", id_not_canonical }, { "control in reason", control_in_reason },
    };
    struct fixture f;

    (void)state;
    setup(&f, LH_SUITE_W);
    for (size_t i = 0; i < sizeof posts / sizeof posts[0]; i++) {
        lhpb_SubjectPost post = f.post;
        struct lh_buf part = LH_BUF_EMPTY;
        struct lh_hash digest;
        struct lh_err err = LH_ERR_NONE;

        posts[i].spoil(&post);
        if (lh_private_client_part(f.suite, &part, &digest, &post, &err) != LH_ERR_INVALID) {
            fail_msg("%s was accepted", posts[i].name);
        }
        assert_null(strstr(err.text, "3307"));
        assert_int_equal(part.len, 0);
        lh_buf_clear(&part);
    }
    teardown(&f);
}

static void what_was_opened_has_the_digest_of_the_spec(void **state)
{
    static const char tag[] = "liuhen/opened/v1";
    struct lh_suite *suite = NULL;
    struct lh_hash hashes[2];
    struct lh_hash digest;
    struct lh_hash wanted;
    uint8_t text[sizeof tag + sizeof hashes];

    (void)state;
    assert_int_equal(lh_suite_new(&suite, LH_SUITE_W, NULL), LH_OK);
    memset(&hashes[0], 0x11, sizeof hashes[0]);
    memset(&hashes[1], 0x22, sizeof hashes[1]);
    memcpy(text, tag, sizeof tag); /* with its zero */
    memcpy(text + sizeof tag, hashes, sizeof hashes);
    digest = lh_private_opened_digest(suite, hashes, 2);
    wanted = lh_hash(suite, lh_bytes_of(text, sizeof text));
    assert_memory_equal(digest.bytes, wanted.bytes, LH_HASH_SIZE);
    digest = lh_private_opened_digest(suite, hashes, 1);
    assert_memory_not_equal(digest.bytes, wanted.bytes, LH_HASH_SIZE);
    lh_suite_free(suite);
}

int main(void)
{
    static enum lh_suite_id w = LH_SUITE_W;
    static enum lh_suite_id g = LH_SUITE_G;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_closed_verifies_and_opens),
        cmocka_unit_test(every_flipped_bit_of_a_private_part_is_noticed),
        cmocka_unit_test(the_person_s_token_finds_the_entry_and_no_other_token_does),
        cmocka_unit_test(two_entries_about_one_person_share_no_derived_value),
        cmocka_unit_test(a_box_about_somebody_else_is_refused_on_opening),
        cmocka_unit_test(a_box_moved_to_another_entry_does_not_open),
        cmocka_unit_test_prestate(a_malformed_box_is_the_writers_doing_and_a_wrong_key_is_not, &w),
        cmocka_unit_test_prestate(a_malformed_box_is_the_writers_doing_and_a_wrong_key_is_not, &g),
        cmocka_unit_test(lengths_step_by_128_whatever_the_reason_s_length),
        cmocka_unit_test(what_was_opened_has_the_digest_of_the_spec),
        cmocka_unit_test(bad_posts_are_refused_each_for_its_own_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
