/*
 * Golden bytes of what is neither body nor entry: specs/vectors/messages.jsonl. The file is the
 * contract; `test_message_vectors --write` prints what this code would put there.
 */
#include "ledger/act.h"
#include "ledger/proposal.h"

#include "../../support/founders.h"
#include "crypto/signer.h"
#include "crypto/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VECTORS LH_SOURCE_DIR "/specs/vectors/messages.jsonl"

enum { LINES_MAX = 16, LINE_SIZE = 8 * 1024 };

/* The lines that belong in the file, in memory: text of each. */
struct lines {
    size_t count;
    char *at[LINES_MAX];
};

static void add_line(struct lines *lines, const char *what, const char *suite,
                     struct lh_bytes bytes, const struct lh_hash *id)
{
    struct lh_buf text = LH_BUF_EMPTY;

    lh_buf_add_format(&text, "{\"what\":\"%s\",\"suite\":\"%s\",\"bytes\":\"", what, suite);
    lh_hex_add(&text, bytes);
    lh_buf_add_text(&text, "\"");
    if (id != NULL) {
        lh_buf_add_text(&text, ",\"network_id\":\"");
        lh_hex_add(&text, lh_hash_bytes(id));
        lh_buf_add_text(&text, "\"");
    }
    lh_buf_add_text(&text, "}");
    assert_true(lines->count < LINES_MAX);
    lines->at[lines->count++] = strdup(lh_buf_text(&text));
    lh_buf_clear(&text);
}

static void add_act(struct lines *lines, enum lh_suite_id id, const struct lh_genesis *genesis)
{
    static lhpb_Body body;
    struct lh_act act = LH_ACT_EMPTY;
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_suite *suite = NULL;

    act.suite = id;
    act.network_id = *lh_genesis_network_id(genesis);
    lh_fixture_body(&body, lhpb_EntryType_LEAVE);
    assert_int_equal(lh_body_encode(&act.body, &body, NULL), LH_OK);
    assert_int_equal(lh_act_encode(&bytes, &act, NULL), LH_OK);
    add_line(lines, "act without signatures", lh_suite_name(id), lh_buf_bytes(&bytes), NULL);
    if (id == LH_SUITE_W) { /* Ed25519 signatures are the same every time; those of SM2 are not */
        assert_int_equal(lh_suite_new(&suite, id, NULL), LH_OK);
        for (uint8_t officer = 10; officer <= 11; officer++) {
            struct lh_signer *signer = lh_founder_signer(lh_founder_alg(id), officer);
            assert_int_equal(lh_act_sign(&act, suite, signer, NULL), LH_OK);
            lh_signer_free(signer);
        }
        lh_suite_free(suite);
        lh_buf_reset(&bytes);
        assert_int_equal(lh_act_encode(&bytes, &act, NULL), LH_OK);
        add_line(lines, "act with two signatures", "W", lh_buf_bytes(&bytes), NULL);
    }
    lh_act_clear(&act);
    lh_buf_clear(&bytes);
}

static void set_rotation(lhpb_Rotate *rotate, enum lh_suite_id suite, const uint8_t *next)
{
    struct lh_signer *signer = lh_founder_signer(lh_founder_alg(suite), 30);

    strcpy(rotate->department, "gaj");
    memset(rotate->ends, 0x33, sizeof rotate->ends);
    rotate->has_key = true;
    lh_pubkey_to_wire(&rotate->key, lh_signer_pubkey(signer));
    rotate->has_next = next != NULL;
    if (next != NULL) {
        memcpy(rotate->next, next, sizeof rotate->next);
    }
    memset(rotate->proof, 0x44, sizeof rotate->proof); /* no signature: the form alone */
    lh_signer_free(signer);
}

/* A change of each kind; `next` of a rotation once there and once absent. */
static void add_proposal(struct lines *lines, enum lh_suite_id suite,
                         const struct lh_genesis *genesis, struct lh_bytes enrolment)
{
    static const uint8_t next[LH_KEY_ID_SIZE] = { 0x77, 0x66 };
    static lhpb_Proposal proposal;
    lhpb_Change *changes = proposal.changes;
    struct lh_buf bytes = LH_BUF_EMPTY;

    memset(&proposal, 0, sizeof proposal);
    proposal.schema = LH_SCHEMA;
    memcpy(proposal.network_id, lh_genesis_network_id(genesis)->bytes, LH_HASH_SIZE);
    memcpy(proposal.parent, lh_genesis_network_id(genesis)->bytes, LH_HASH_SIZE);
    proposal.number = 1;
    proposal.round = 2;
    proposal.changes_count = 9;
    for (size_t i = 0; i < proposal.changes_count; i++) {
        changes[i].which_kind = (pb_size_t)(lhpb_Change_admit_tag + i);
    }
    changes[0].kind.admit.enrolment.size = (pb_size_t)enrolment.len;
    memcpy(changes[0].kind.admit.enrolment.bytes, enrolment.data, enrolment.len);
    strcpy(changes[1].kind.remove.department, "mzj");
    set_rotation(&changes[2].kind.rotate, suite, next);
    set_rotation(&changes[3].kind.replace, suite, NULL);
    strcpy(changes[4].kind.commit.department, "gaj");
    memset(changes[4].kind.commit.key_id, 0x33, LH_KEY_ID_SIZE);
    memcpy(changes[4].kind.commit.next, next, sizeof next);
    strcpy(changes[5].kind.regroup.department, "gaj");
    strcpy(changes[5].kind.regroup.group, "zhengfa");
    strcpy(changes[6].kind.assign.department, "gaj");
    changes[6].kind.assign.roles = LH_MEMBER_WITNESS | LH_MEMBER_CATALOGUE;
    strcpy(changes[7].kind.limit.department, "gaj");
    changes[7].kind.limit.bytes_per_s = 4194304;
    strcpy(changes[8].kind.branch.origin, "jinhua/gaj/1");
    changes[8].kind.branch.size = 300;
    memset(changes[8].kind.branch.root, 0x06, LH_HASH_SIZE);
    assert_int_equal(lh_proposal_encode(&bytes, &proposal, NULL), LH_OK);
    add_line(lines, "proposal of each change", lh_suite_name(suite), lh_buf_bytes(&bytes), NULL);
    lh_buf_clear(&bytes);
}

static void add_trust(struct lines *lines, enum lh_suite_id suite)
{
    struct lh_genesis *genesis = lh_founders_genesis(suite);
    struct lh_enrolment enrolment;
    struct lh_buf bytes = LH_BUF_EMPTY;

    lh_founder_enrolment(&enrolment, suite, "gaj", 10);
    strcpy(enrolment.group, "zhengfa");
    assert_int_equal(lh_enrolment_encode(&bytes, &enrolment, suite, NULL), LH_OK);
    add_line(lines, "enrolment with group", lh_suite_name(suite), lh_buf_bytes(&bytes), NULL);
    add_line(lines, "genesis of two", lh_suite_name(suite), lh_genesis_bytes(genesis),
             lh_genesis_network_id(genesis));
    add_act(lines, suite, genesis);
    add_proposal(lines, suite, genesis, lh_buf_bytes(&bytes));
    lh_genesis_free(genesis);
    lh_buf_clear(&bytes);
}

static void add_headers(struct lines *lines)
{
    static const char *const origins[] = { "jinhua/mzj/1", "jinhua/wjw/2" };
    static lhpb_Leaf leaf;
    lhpb_BlockHeader *header = &leaf.kind.header;
    struct lh_buf bytes = LH_BUF_EMPTY;

    leaf.which_kind = lhpb_Leaf_header_tag;
    memset(header->network_id, 0x4e, 32);
    strcpy(header->origin, "jinhua/gaj/1");
    memset(header->epoch_hash, 0xe0, 32);
    header->height = 7;
    memset(header->prev, 0x05, 32);
    header->first = 300;
    header->count = 16;
    memset(header->pre_root, 0x06, 32);
    header->time_ms = LH_FIXTURE_TIME_MS;
    assert_int_equal(lh_leaf_encode(&bytes, &leaf, NULL), LH_OK);
    add_line(lines, "header leaf", "any", lh_buf_bytes(&bytes), NULL);
    header->heads_count = 2;
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(header->heads[i].origin, sizeof header->heads[i].origin, "%s", origins[i]);
        header->heads[i].size = 1 + i;
        memset(header->heads[i].root, 0x60 + (int)i, 32);
    }
    lh_buf_reset(&bytes);
    assert_int_equal(lh_leaf_encode(&bytes, &leaf, NULL), LH_OK);
    add_line(lines, "header leaf with two heads", "any", lh_buf_bytes(&bytes), NULL);
    lh_buf_clear(&bytes);
}

static void make_lines(struct lines *lines)
{
    memset(lines, 0, sizeof *lines);
    lines->at[lines->count++] = strdup(
        "{\"about\":\"Golden bytes of enrolments, genesis files, acts and proposals (trust.md) and "
        "of header "
        "leaves (ledger.md 4). Made by tests/unit/ledger/test_message_vectors.c --write from the "
        "keys of tests/support/founders.h.\"}");
    add_trust(lines, LH_SUITE_W);
    add_trust(lines, LH_SUITE_G);
    add_headers(lines);
}

static void clear_lines(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        free(lines->at[i]);
    }
}

static void the_golden_bytes_are_what_code_writes(void **state)
{
    FILE *file = fopen(VECTORS, "r");
    static char text[LINE_SIZE];
    struct lines lines;
    size_t count = 0;

    (void)state;
    assert_non_null(file);
    make_lines(&lines);
    while (fgets(text, sizeof text, file) != NULL) {
        text[strcspn(text, "\n")] = '\0';
        assert_true(count < lines.count);
        assert_string_equal(text, lines.at[count]);
        count++;
    }
    assert_int_equal(count, lines.count);
    (void)fclose(file);
    clear_lines(&lines);
}

static void the_golden_bytes_are_read(void **state)
{
    FILE *file = fopen(VECTORS, "r");
    static char text[LINE_SIZE];
    static uint8_t bytes[LINE_SIZE];
    static lhpb_Leaf leaf;
    static lhpb_Proposal proposal;
    size_t read = 0;

    (void)state;
    assert_non_null(file);
    while (fgets(text, sizeof text, file) != NULL) {
        enum lh_suite_id suite = strstr(text, "\"suite\":\"G\"") != NULL ? LH_SUITE_G : LH_SUITE_W;
        const char *hex = strstr(text, "\"bytes\":\"");
        struct lh_enrolment enrolment;
        struct lh_genesis *genesis = NULL;
        struct lh_act act = LH_ACT_EMPTY;

        if (hex == NULL) {
            continue;
        }
        hex += strlen("\"bytes\":\"");
        struct lh_bytes in = lh_bytes_of(bytes, strcspn(hex, "\"") / 2);
        assert_int_equal(lh_hex_parse(bytes, in.len, lh_bytes_of(hex, 2 * in.len), NULL), LH_OK);
        if (strstr(text, "\"what\":\"enrolment") != NULL) {
            assert_int_equal(lh_enrolment_decode(&enrolment, in, suite, NULL), LH_OK);
        } else if (strstr(text, "\"what\":\"genesis") != NULL) {
            assert_int_equal(lh_genesis_new(&genesis, in, NULL), LH_OK);
        } else if (strstr(text, "\"what\":\"act") != NULL) {
            assert_int_equal(lh_act_decode(&act, in, NULL), LH_OK);
        } else if (strstr(text, "\"what\":\"proposal") != NULL) {
            assert_int_equal(lh_proposal_decode(&proposal, in, NULL), LH_OK);
        } else {
            assert_int_equal(lh_leaf_decode(&leaf, in, NULL), LH_OK);
        }
        lh_genesis_free(genesis);
        lh_act_clear(&act);
        read++;
    }
    (void)fclose(file);
    assert_int_equal(read, 11);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_golden_bytes_are_what_code_writes),
        cmocka_unit_test(the_golden_bytes_are_read),
    };

    if (argc == 2 && strcmp(argv[1], "--write") == 0) {
        struct lines lines;

        make_lines(&lines);
        for (size_t i = 0; i < lines.count; i++) {
            puts(lines.at[i]);
        }
        clear_lines(&lines);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
