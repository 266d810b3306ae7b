/*
 * Golden private parts: specs/vectors/private.jsonl. The file is the contract;
 * `test_private_vectors --write` prints what this code would put there. SM2 encrypts with a random
 * number of its own: the box of suite G is another one in each writing, and is only read here.
 */
#include "ledger/private.h"

#include "crypto/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define VECTORS LH_SOURCE_DIR "/specs/vectors/private.jsonl"
#define MONTH 202611

enum { LINE_SIZE = 16 * 1024, RECIPIENT = 9 };

struct vector {
    const char *what;
    enum lh_suite_id suite;
    void (*fill)(lhpb_SubjectPost *post);
    bool has_box;
};

static void one_resident(lhpb_SubjectPost *post)
{
    lhpb_SubjectId *subject = &post->subjects[post->subjects_count++];

    subject->role = 1;
    subject->id_type = LH_SUBJECT_RESIDENT;
    strcpy(subject->id, "330799199001010014");
    memset(subject->opening, 0x41, sizeof subject->opening);
}

static void two_with_a_reason(lhpb_SubjectPost *post)
{
    one_resident(post);
    lhpb_SubjectId *subject = &post->subjects[post->subjects_count++];

    subject->role = 2;
    subject->id_type = LH_SUBJECT_USCC;
    strcpy(subject->id, "11330700MB0000001Q");
    memset(subject->opening, 0x42, sizeof subject->opening);
    strcpy(post->case_number, "救助-2026-004512");
    strcpy(post->reason, "低保资格核查");
}

static const struct vector vectors[] = {
    { "one resident, no box", LH_SUITE_W, one_resident, false },
    { "two subjects, case number and reason, box", LH_SUITE_W, two_with_a_reason, true },
    { "one resident, no box", LH_SUITE_G, one_resident, false },
    { "two subjects, case number and reason, no box", LH_SUITE_G, two_with_a_reason, false },
    { "two subjects, case number and reason, box", LH_SUITE_G, two_with_a_reason, true },
};

enum { VECTOR_COUNT = sizeof vectors / sizeof vectors[0] };

static const char ABOUT[] =
    "{\"about\":\"Private parts (privacy.md 3-5). K_index is 07 32 times, the department gaj; the "
    "salt is 5a 32 times, the openings are 41.. and 42.., H(body) is 33 32 times. The node's "
    "random "
    "bytes count from 01: a nonce for each subject, then the salt. The seed of the sender of a box "
    "counts from 01 too; the box is number 0. The auditors' private key is 00..09. The box of "
    "suite "
    "G is random: it must open. Made by tests/unit/ledger/test_private_vectors.c --write.\"}";

static bool is_random(const struct vector *vector)
{
    return vector->has_box && vector->suite == LH_SUITE_G;
}

/* ---- making ---- */

struct made {
    struct lh_suite *suite;
    struct lh_signer *auditor;
    lhpb_SubjectPost post;
    struct lh_secret month_key;
    struct lh_hash body_hash;
    struct lh_buf client;
    struct lh_hash subject_digest;
    struct lh_buf part;
    struct lh_hash index_digest;
};

static enum lh_code fill_counting(void *arg, void *out, size_t len, struct lh_err *err)
{
    uint8_t *last = arg;
    uint8_t *bytes = out;

    (void)err;
    for (size_t i = 0; i < len; i++) {
        bytes[i] = ++*last;
    }
    return LH_OK;
}

static void make_keys(struct made *made, const struct vector *vector)
{
    struct lh_secret root = { .len = 32 };
    uint8_t seed[32] = { 0 };
    enum lh_alg alg = vector->suite == LH_SUITE_W ? LH_ALG_X25519 : LH_ALG_SM2;

    memset(root.bytes, 7, 32);
    seed[31] = RECIPIENT;
    assert_int_equal(lh_suite_new(&made->suite, vector->suite, NULL), LH_OK);
    assert_int_equal(lh_signer_from_seed(&made->auditor, alg, lh_bytes_of(seed, 32), NULL), LH_OK);
    lh_tag_month_key(made->suite, &made->month_key, &root, lh_bytes_of_text("gaj"), MONTH);
    memset(made->body_hash.bytes, 0x33, LH_HASH_SIZE);
    memset(made->post.salt, 0x5a, sizeof made->post.salt);
    vector->fill(&made->post);
}

static void make(struct made *made, const struct vector *vector)
{
    uint8_t last = 0;
    uint8_t last_of_sender = 0;
    const struct lh_random random = { .fill = fill_counting, .arg = &last };
    const struct lh_random for_sender = { .fill = fill_counting, .arg = &last_of_sender };
    struct lh_box_sender *sender = NULL;

    memset(made, 0, sizeof *made);
    make_keys(made, vector);
    if (vector->has_box) {
        assert_int_equal(lh_box_sender_new(&sender, vector->suite, lh_signer_pubkey(made->auditor),
                                           &for_sender, NULL),
                         LH_OK);
    }
    assert_int_equal(lh_private_client_part(made->suite, &made->client, &made->subject_digest,
                                            &made->post, NULL),
                     LH_OK);
    assert_int_equal(lh_private_build(made->suite, &made->part, &made->index_digest, &made->post,
                                      &made->body_hash, &made->month_key, MONTH, sender, &random,
                                      NULL),
                     LH_OK);
    lh_box_sender_free(sender);
}

static void clear(struct made *made)
{
    lh_buf_clear(&made->client);
    lh_buf_clear(&made->part);
    lh_signer_free(made->auditor);
    lh_suite_free(made->suite);
}

/* ---- the file ---- */

static void add_hex(struct lh_buf *line, const char *name, struct lh_bytes bytes)
{
    lh_buf_add_format(line, ",\"%s\":\"", name);
    lh_hex_add(line, bytes);
    lh_buf_add_text(line, "\"");
}

static void write_line(struct lh_buf *line, const struct vector *vector, struct made *made)
{
    lh_buf_add_format(line, "{\"what\":\"%s\",\"suite\":\"%s\",\"month\":%d", vector->what,
                      lh_suite_name(vector->suite), MONTH);
    add_hex(line, "month_key", lh_secret_bytes(&made->month_key));
    lh_buf_add_text(line, ",\"subjects\":[");
    for (pb_size_t i = 0; i < made->post.subjects_count; i++) {
        const lhpb_SubjectId *subject = &made->post.subjects[i];
        struct lh_secret token = LH_SECRET_EMPTY;

        lh_tag_token(made->suite, &token, &made->month_key, (uint8_t)subject->id_type,
                     lh_bytes_of_text(subject->id));
        lh_buf_add_format(line, "%s{\"role\":%u,\"id_type\":%u,\"id\":\"%s\"", i == 0 ? "" : ",",
                          (unsigned)subject->role, (unsigned)subject->id_type, subject->id);
        add_hex(line, "token", lh_secret_bytes(&token));
        lh_buf_add_text(line, "}");
    }
    lh_buf_add_format(line, "],\"case_number\":\"%s\",\"reason\":\"%s\"", made->post.case_number,
                      made->post.reason);
    add_hex(line, "client", lh_buf_bytes(&made->client));
    add_hex(line, "subject_digest", lh_hash_bytes(&made->subject_digest));
    add_hex(line, "index_digest", lh_hash_bytes(&made->index_digest));
    add_hex(line, "part", lh_buf_bytes(&made->part));
    lh_buf_add_text(line, "}");
}

/* The next line of the file, without its newline. */
static const char *next_line(FILE *file)
{
    static char text[LINE_SIZE];

    assert_non_null(fgets(text, sizeof text, file));
    text[strcspn(text, "\n")] = '\0';
    return text;
}

static FILE *open_vectors(void)
{
    FILE *file = fopen(VECTORS, "r");

    assert_non_null(file);
    assert_string_equal(next_line(file), ABOUT);
    return file;
}

/* The bytes of a field; they stand in `room`. */
static struct lh_bytes field(const char *line, const char *name, uint8_t room[LINE_SIZE])
{
    char start[64];

    (void)snprintf(start, sizeof start, "\"%s\":\"", name);
    const char *hex = strstr(line, start);
    assert_non_null(hex);
    hex += strlen(start);
    struct lh_bytes bytes = lh_bytes_of(room, strcspn(hex, "\"") / 2);
    assert_int_equal(lh_hex_parse(room, bytes.len, lh_bytes_of(hex, 2 * bytes.len), NULL), LH_OK);
    return bytes;
}

/* ---- claims ---- */

static void the_golden_parts_are_what_code_writes(void **state)
{
    FILE *file = open_vectors();
    size_t compared = 0;

    (void)state;
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        const char *text = next_line(file);
        struct lh_buf line = LH_BUF_EMPTY;
        struct made made;

        make(&made, &vectors[i]);
        write_line(&line, &vectors[i], &made);
        if (is_random(&vectors[i])) {
            const char *random = strstr(text, ",\"index_digest\"");
            assert_non_null(random);
            assert_memory_equal(text, lh_buf_text(&line), (size_t)(random - text));
        } else {
            assert_string_equal(text, lh_buf_text(&line));
            compared++;
        }
        lh_buf_clear(&line);
        clear(&made);
    }
    assert_int_equal(fgetc(file), EOF);
    (void)fclose(file);
    assert_int_equal(compared, VECTOR_COUNT - 1);
}

/* The tokens of a vector find its part, and the auditors' key opens its box. */
static void check_contents(struct made *made, const struct vector *vector,
                           const lhpb_ClientPart *client, const lhpb_NodePart *node)
{
    lhpb_BoxContent content;

    assert_int_equal(client->subjects_count, made->post.subjects_count);
    assert_string_equal(client->case_number, made->post.case_number);
    assert_string_equal(client->reason, made->post.reason);
    assert_int_equal(node->month, MONTH);
    for (pb_size_t i = 0; i < made->post.subjects_count; i++) {
        struct lh_secret token = LH_SECRET_EMPTY;
        lh_tag_token(made->suite, &token, &made->month_key, (uint8_t)made->post.subjects[i].id_type,
                     lh_bytes_of_text(made->post.subjects[i].id));
        assert_true(lh_private_matches(made->suite, node, &token));
    }
    enum lh_code rc =
        lh_private_open(made->suite, &content, client, node, &made->body_hash, made->auditor, NULL);
    assert_int_equal(rc, vector->has_box ? LH_OK : LH_ERR_NOT_FOUND);
    for (pb_size_t i = 0; rc == LH_OK && i < content.subjects_count; i++) {
        assert_string_equal(content.subjects[i].id, made->post.subjects[i].id);
        assert_memory_equal(content.subjects[i].opening, made->post.subjects[i].opening,
                            LH_OPENING_SIZE);
    }
}

static void the_golden_parts_verify_are_found_and_open(void **state)
{
    static uint8_t room[LINE_SIZE];
    FILE *file = open_vectors();

    (void)state;
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        const char *line = next_line(file);
        lhpb_Entry entry = lhpb_Entry_init_zero;
        lhpb_Body body = lhpb_Body_init_zero;
        lhpb_ClientPart client;
        lhpb_NodePart node;
        struct made made = { .client = LH_BUF_EMPTY };

        make_keys(&made, &vectors[i]);
        body.has_subject_digest = true;
        memcpy(body.subject_digest, field(line, "subject_digest", room).data, LH_HASH_SIZE);
        entry.intake.has_index_digest = true;
        memcpy(entry.intake.index_digest, field(line, "index_digest", room).data, LH_HASH_SIZE);
        struct lh_bytes part = field(line, "part", room);
        assert_int_equal(lh_private_verify(made.suite, part, &entry, &body, &client, &node, NULL),
                         LH_OK);
        check_contents(&made, &vectors[i], &client, &node);
        room[part.len / 2] ^= 1;
        assert_int_equal(lh_private_verify(made.suite, part, &entry, &body, NULL, NULL, NULL),
                         LH_ERR_FORGED);
        clear(&made);
    }
    (void)fclose(file);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_golden_parts_are_what_code_writes),
        cmocka_unit_test(the_golden_parts_verify_are_found_and_open),
    };

    if (argc == 2 && strcmp(argv[1], "--write") == 0) {
        puts(ABOUT);
        for (size_t i = 0; i < VECTOR_COUNT; i++) {
            struct lh_buf line = LH_BUF_EMPTY;
            struct made made;

            make(&made, &vectors[i]);
            write_line(&line, &vectors[i], &made);
            puts(lh_buf_text(&line));
            lh_buf_clear(&line);
            clear(&made);
        }
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
