/*
 * Golden bytes: specs/vectors/bodies.jsonl, a line for the least and one for the most that each
 * type may hold. The file is the contract; `test_body_vectors --write` prints what this code would
 * put there, for the day on which a schema 2 begins.
 */
#include "ledger/event.h"

#include "../../support/bodies.h"
#include "crypto/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VECTORS LH_SOURCE_DIR "/specs/vectors/bodies.jsonl"

static lhpb_Body body;
static lhpb_Body fixture;
static lhpb_Leaf leaf;

/* The leaf around a body: one signature and an intake of fixed bytes. */
static void wrap(const lhpb_Body *inner, struct lh_bytes bytes)
{
    lhpb_Entry *entry = &leaf.kind.entry;

    memset(&leaf, 0, sizeof leaf);
    leaf.which_kind = lhpb_Leaf_entry_tag;
    entry->body.size = (pb_size_t)bytes.len;
    memcpy(entry->body.bytes, bytes.data, bytes.len);
    entry->signatures_count = 1;
    memset(entry->signatures[0].key_id, 0x1d, sizeof entry->signatures[0].key_id);
    memset(entry->signatures[0].value, 0x51, sizeof entry->signatures[0].value);
    entry->has_intake = true;
    entry->intake.recorded_at_ms = LH_FIXTURE_TIME_MS + 500;
    entry->intake.flags = inner->has_subject_digest ? LH_INTAKE_JOURNAL : 0;
    entry->intake.has_index_digest = inner->has_subject_digest;
    memset(entry->intake.index_digest, inner->has_subject_digest ? 0x1e : 0, 32);
}

static json_t *hex(struct lh_bytes bytes)
{
    struct lh_buf text = LH_BUF_EMPTY;

    lh_hex_add(&text, bytes);
    json_t *value = json_string(lh_buf_text(&text));
    lh_buf_clear(&text);
    return value;
}

static json_t *hash_in(enum lh_suite_id id, struct lh_bytes bytes, bool is_leaf)
{
    struct lh_suite *suite = NULL;

    assert_int_equal(lh_suite_new(&suite, id, NULL), LH_OK);
    struct lh_hash hash = is_leaf ? lh_hash_leaf(suite, bytes) : lh_body_hash(suite, bytes);
    lh_suite_free(suite);
    return hex(lh_hash_bytes(&hash));
}

/* What belongs on the line of this body. */
static json_t *line_of(const char *variant, const lhpb_Body *from)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_buf around = LH_BUF_EMPTY;

    assert_int_equal(lh_body_encode(&bytes, from, NULL), LH_OK);
    wrap(from, lh_buf_bytes(&bytes));
    assert_int_equal(lh_leaf_encode(&around, &leaf, NULL), LH_OK);
    json_t *line = json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "type", lh_entry_type_name(from->type),
        "variant", variant, "event", lh_event_from_body(from), "body", hex(lh_buf_bytes(&bytes)),
        "hash_w", hash_in(LH_SUITE_W, lh_buf_bytes(&bytes), false), "hash_g",
        hash_in(LH_SUITE_G, lh_buf_bytes(&bytes), false), "leaf", hex(lh_buf_bytes(&around)),
        "leaf_hash_w", hash_in(LH_SUITE_W, lh_buf_bytes(&around), true), "leaf_hash_g",
        hash_in(LH_SUITE_G, lh_buf_bytes(&around), true));
    assert_non_null(line);
    lh_buf_clear(&bytes);
    lh_buf_clear(&around);
    return line;
}

static void make_fixture(size_t number)
{
    lhpb_EntryType type = lh_fixture_type_at(number / 2);

    if (number % 2 == 0) {
        lh_fixture_body(&fixture, type);
    } else {
        lh_fixture_body_full(&fixture, type);
    }
}

static const char *variant_of(size_t number)
{
    return number % 2 == 0 ? "least" : "most";
}

static int write_vectors(void)
{
    puts("{\"about\": \"Golden bytes of every body (entries.md) and of a leaf around it (ledger.md "
         "2). Made by tests/unit/ledger/test_body_vectors.c --write; checked by it and by an "
         "independent protobuf library.\"}");
    for (size_t i = 0; i < 2 * lh_fixture_type_count(); i++) {
        make_fixture(i);
        json_t *line = line_of(variant_of(i), &fixture);
        char *text = json_dumps(line, JSON_COMPACT);
        puts(text);
        free(text);
        json_decref(line);
    }
    return 0;
}

/* ---- the file against the code --------------------------------------------------------------- */

static void take_hex(struct lh_buf *out, const json_t *line, const char *member)
{
    const char *text = json_string_value(json_object_get(line, member));

    assert_non_null(text);
    lh_buf_reset(out);
    uint8_t *room = lh_buf_reserve(out, strlen(text) / 2);
    assert_non_null(room);
    assert_int_equal(lh_hex_parse(room, strlen(text) / 2, lh_bytes_of_text(text), NULL), LH_OK);
    out->len = strlen(text) / 2;
}

static void check_line(const json_t *line, size_t number)
{
    struct lh_buf golden = LH_BUF_EMPTY;
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    take_hex(&golden, line, "body");
    /* JSON to bytes */
    assert_int_equal(lh_event_to_body(&body, json_object_get(line, "event"), NULL, &err), LH_OK);
    assert_int_equal(lh_body_encode(&bytes, &body, &err), LH_OK);
    assert_true(lh_bytes_is_equal(lh_buf_bytes(&golden), lh_buf_bytes(&bytes)));
    /* bytes to JSON */
    assert_int_equal(lh_body_decode(&body, lh_buf_bytes(&golden), &err), LH_OK);
    json_t *event = lh_event_from_body(&body);
    assert_true(json_equal(event, json_object_get(line, "event")));
    json_decref(event);
    /* the leaf around it, and all hashes */
    take_hex(&golden, line, "leaf");
    assert_int_equal(lh_leaf_decode(&leaf, lh_buf_bytes(&golden), &err), LH_OK);
    assert_int_equal(lh_entry_check_body(&leaf.kind.entry, &body, &err), LH_OK);
    json_t *wanted = line_of(variant_of(number), &body);
    assert_true(json_equal(line, wanted));
    json_decref(wanted);
    lh_buf_clear(&golden);
    lh_buf_clear(&bytes);
}

static void the_golden_bytes_are_what_code_writes_and_reads(void **state)
{
    FILE *file = fopen(VECTORS, "r");
    char text[32 * 1024];
    size_t number = 0;

    (void)state;
    assert_non_null(file);
    while (fgets(text, sizeof text, file) != NULL) {
        json_t *line = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

        assert_non_null(line);
        if (json_object_get(line, "about") == NULL) {
            check_line(line, number++);
        }
        json_decref(line);
    }
    (void)fclose(file);
    assert_int_equal(number, 2 * lh_fixture_type_count());
}

static void the_fixtures_are_the_golden_bodies(void **state)
{
    FILE *file = fopen(VECTORS, "r");
    char text[32 * 1024];

    (void)state;
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    for (size_t i = 0; i < 2 * lh_fixture_type_count(); i++) {
        assert_non_null(fgets(text, sizeof text, file));
        json_t *line = json_loads(text, 0, NULL);
        make_fixture(i);
        json_t *wanted = line_of(variant_of(i), &fixture);
        assert_true(json_equal(line, wanted));
        json_decref(wanted);
        json_decref(line);
    }
    (void)fclose(file);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_golden_bytes_are_what_code_writes_and_reads),
        cmocka_unit_test(the_fixtures_are_the_golden_bodies),
    };

    if (argc == 2 && strcmp(argv[1], "--write") == 0) {
        return write_vectors();
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
