/* The witness of a node on a store that fails and crashes. */
#include "node/cosigner.h"

#include "tests/support/forest.h"
#include "tests/support/store_mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { LEAVES = 20, TIME_S = 1700000000, KEPT_BEFORE = 5 };

static const char ORIGIN[] = "yiwu/gaj/1";
static const char NAME[] = "jinhua/gaj/witness";

struct scene {
    struct lh_suite *suite;
    struct forest forest;
    struct forest other; /* the same first 10 leaves, then others */
    struct lh_signer *seal;
    struct lh_policy policy;
    struct lh_store *store;
    struct lh_cosigner *cosigner;
    struct lh_note_key key; /* of the log */
    struct lh_hash origin_hash;
    uint64_t time_s; /* of the next request */
};

static struct lh_signer *signer_of(uint8_t seed_byte)
{
    uint8_t seed[32];
    struct lh_signer *signer;

    memset(seed, seed_byte, sizeof seed);
    assert_int_equal(
        lh_signer_from_seed(&signer, LH_ALG_ED25519, lh_bytes_of(seed, sizeof seed), NULL), LH_OK);
    return signer;
}

static enum lh_code open_with(struct scene *scene, const struct lh_policy *policy)
{
    struct lh_cosigner_options options = {
        .store = scene->store, .signer = signer_of(2), .name = NAME, .policy = policy
    };

    return lh_cosigner_new(&scene->cosigner, &options, NULL);
}

static void make_policy(struct lh_policy *out, const struct lh_note_key *const *keys, size_t count)
{
    struct lh_buf text = LH_BUF_EMPTY;

    for (size_t i = 0; i < count; i++) {
        lh_buf_add_text(&text, "log ");
        lh_note_key_format(&text, keys[i]);
        lh_buf_add_text(&text, "\n");
    }
    assert_int_equal(lh_policy_parse(out, lh_buf_bytes(&text), NULL), LH_OK);
    lh_buf_clear(&text);
}

static int set_up(void **state)
{
    static struct scene scene;
    const struct lh_note_key *key = &scene.key;
    struct lh_hash leaf;

    scene = (struct scene){ .policy = LH_POLICY_EMPTY, .time_s = TIME_S };
    assert_int_equal(lh_suite_new(&scene.suite, LH_SUITE_W, NULL), LH_OK);
    forest_init(&scene.forest, LH_SUITE_W, LEAVES);
    forest_grow_records(&scene.forest, LEAVES);
    forest_init(&scene.other, LH_SUITE_W, LEAVES);
    forest_grow_records(&scene.other, 10);
    memset(&leaf, 0xee, sizeof leaf);
    while (scene.other.tree.size < LEAVES) {
        forest_add(&scene.other, &leaf);
    }
    scene.seal = signer_of(1);
    assert_int_equal(
        lh_note_key_init(&scene.key, ORIGIN, LH_NOTE_LOG, lh_signer_pubkey(scene.seal), NULL),
        LH_OK);
    make_policy(&scene.policy, &key, 1);
    scene.origin_hash = lh_hash(scene.suite, lh_bytes_of_text(ORIGIN));
    assert_int_equal(lh_store_mem_new(&scene.store, NULL), LH_OK);
    assert_int_equal(open_with(&scene, &scene.policy), LH_OK);
    *state = &scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    lh_cosigner_free(scene->cosigner);
    lh_store_close(scene->store);
    lh_policy_clear(&scene->policy);
    lh_signer_free(scene->seal);
    forest_clear(&scene->forest);
    forest_clear(&scene->other);
    lh_suite_free(scene->suite);
    return 0;
}

/* The body of an add-checkpoint; `extra`: signature lines behind the seal's. */
static void write_body(struct scene *scene, struct lh_buf *out, struct forest *forest, uint64_t old,
                       uint64_t size, const char *extra)
{
    struct lh_tree_source source = forest_source(forest, size);
    struct lh_checkpoint head = { .size = size };
    struct lh_witness_request request = { .old = old };
    struct lh_buf note = LH_BUF_EMPTY;
    struct lh_tree tree;

    assert_int_equal(lh_tree_load(&tree, &source, size, NULL), LH_OK);
    head.root = lh_tree_root(&tree, scene->suite);
    memcpy(head.origin, ORIGIN, sizeof ORIGIN);
    assert_int_equal(
        lh_tree_prove_consistency(scene->suite, &request.proof, &source, old, size, NULL), LH_OK);
    assert_int_equal(lh_checkpoint_sign(&note, &head, &scene->key, scene->seal, NULL), LH_OK);
    lh_buf_add_text(&note, extra);
    request.note = lh_buf_bytes(&note);
    lh_witness_request_format(out, &request);
    lh_buf_clear(&note);
}

static void ask_with(struct scene *scene, struct lh_cosigning *out, struct forest *forest,
                     uint64_t old, uint64_t size, const char *extra)
{
    struct lh_buf body = LH_BUF_EMPTY;

    write_body(scene, &body, forest, old, size, extra);
    lh_cosigner_ask(scene->cosigner, out, lh_buf_bytes(&body), scene->time_s);
    lh_buf_clear(&body);
}

static void ask(struct scene *scene, struct lh_cosigning *out, uint64_t old, uint64_t size)
{
    ask_with(scene, out, &scene->forest, old, size, "");
}

static void grow(struct scene *scene, uint64_t old, uint64_t size)
{
    struct lh_cosigning asked;

    scene->time_s++;
    ask(scene, &asked, old, size);
    assert_int_equal(asked.verdict, LH_WITNESS_STORE);
    assert_true(asked.wants_keep);
    assert_int_equal(lh_cosigning_answer(&asked).len, 0); /* not before it is stored */
    assert_int_equal(lh_cosigner_keep(scene->cosigner, &asked, NULL), LH_OK);
    assert_true(lh_cosigning_answer(&asked).len > 0);
    lh_cosigning_clear(&asked);
}

static enum lh_witness_verdict ask_only(struct scene *scene, struct forest *forest, uint64_t old,
                                        uint64_t size)
{
    struct lh_cosigning asked;
    enum lh_witness_verdict verdict;

    ask_with(scene, &asked, forest, old, size, "");
    verdict = asked.verdict;
    if (asked.wants_keep) {
        assert_int_equal(lh_cosigner_keep(scene->cosigner, &asked, NULL), LH_OK);
    }
    lh_cosigning_clear(&asked);
    return verdict;
}

/* Its size and whether it bears the log's line and ours; 0: none is shown. */
static uint64_t shown_size(struct scene *scene)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_checkpoint head = { .size = 0 };
    uint64_t time_s = 0;
    struct lh_note note;
    enum lh_code rc = lh_cosigner_show(scene->cosigner, &scene->origin_hash, false, &text, NULL);

    if (rc != LH_ERR_NOT_FOUND) {
        assert_int_equal(rc, LH_OK);
        assert_int_equal(lh_checkpoint_verify(&head, lh_buf_bytes(&text), &scene->key, NULL),
                         LH_OK);
        assert_int_equal(lh_note_parse(&note, lh_buf_bytes(&text), NULL), LH_OK);
        assert_int_equal(note.line_count, 2);
        assert_int_equal(lh_note_verify(&note, lh_cosigner_key(scene->cosigner), &time_s, NULL),
                         LH_OK);
        assert_in_range(time_s, TIME_S, scene->time_s);
    }
    lh_buf_clear(&text);
    return head.size;
}

static void crash(struct scene *scene, size_t commit_count)
{
    struct lh_store *after = NULL;

    assert_int_equal(lh_store_mem_after_crash(&after, scene->store, commit_count, NULL), LH_OK);
    lh_cosigner_free(scene->cosigner);
    lh_store_close(scene->store);
    scene->store = after;
    scene->cosigner = NULL;
    assert_int_equal(open_with(scene, &scene->policy), LH_OK);
}

static void what_was_cosigned_is_shown_and_is_there_after_a_start(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(shown_size(scene), 0);
    grow(scene, 0, KEPT_BEFORE);
    grow(scene, KEPT_BEFORE, 12);
    assert_int_equal(shown_size(scene), 12);
    crash(scene, 2);
    assert_int_equal(shown_size(scene), 12);
    assert_int_equal(ask_only(scene, &scene->forest, KEPT_BEFORE, 12), LH_WITNESS_NOT_LAST);
    assert_int_equal(ask_only(scene, &scene->forest, 0, LEAVES), LH_WITNESS_NOT_LAST);
    assert_int_equal(ask_only(scene, &scene->other, 12, 12), LH_WITNESS_FORK);
    grow(scene, 12, 12); /* the same head again */
    grow(scene, 12, LEAVES);
}

static void no_cosignature_is_given_out_that_is_not_stored(void **state)
{
    static const enum lh_mem_failure failures[] = { LH_MEM_FAIL_LOST, LH_MEM_FAIL_KEPT };

    for (size_t i = 0; i < 2; i++) {
        struct scene *scene = *state;
        struct lh_cosigning asked;
        struct lh_err err = LH_ERR_NONE;

        grow(scene, 0, KEPT_BEFORE);
        ask(scene, &asked, KEPT_BEFORE, 12);
        lh_store_mem_fail_at(scene->store, 1, failures[i]);
        assert_int_equal(lh_cosigner_keep(scene->cosigner, &asked, &err), LH_ERR_IO);
        assert_true(lh_store_mem_has_failed(scene->store));
        assert_int_equal(lh_cosigning_answer(&asked).len, 0);
        assert_int_equal(shown_size(scene), KEPT_BEFORE);
        lh_cosigning_clear(&asked);
        /* Whichever it was, the next start knows, and the head is cosigned. */
        crash(scene, failures[i] == LH_MEM_FAIL_KEPT ? 2 : 1);
        if (failures[i] == LH_MEM_FAIL_KEPT) {
            assert_int_equal(ask_only(scene, &scene->other, 12, 12), LH_WITNESS_FORK);
            grow(scene, 12, 12);
        } else {
            grow(scene, KEPT_BEFORE, 12);
        }
        assert_int_equal(shown_size(scene), 12);
        (void)tear_down(state);
        (void)set_up(state);
    }
}

static void a_head_is_cosigned_once_in_a_second(void **state)
{
    struct scene *scene = *state;
    struct lh_cosigning first;
    struct lh_cosigning again;

    ask(scene, &first, 0, 12);
    assert_int_equal(lh_cosigner_keep(scene->cosigner, &first, NULL), LH_OK);
    for (int behind_s = 0; behind_s < 3; behind_s++) {
        scene->time_s = (uint64_t)(TIME_S - behind_s);
        ask(scene, &again, 12, 12);
        assert_int_equal(again.verdict, LH_WITNESS_STORE);
        assert_false(again.wants_keep);
        assert_true(lh_bytes_is_equal(lh_cosigning_answer(&again), lh_cosigning_answer(&first)));
        lh_cosigning_clear(&again);
    }
    assert_int_equal(lh_store_mem_commit_count(scene->store), 1);
    scene->time_s = TIME_S;
    grow(scene, 12, 12); /* a second later: another line, and stored */
    assert_int_equal(lh_store_mem_commit_count(scene->store), 2);
    ask(scene, &again, 12, 15); /* a larger head waits for no second */
    assert_true(again.wants_keep);
    assert_int_equal(lh_cosigner_keep(scene->cosigner, &again, NULL), LH_OK);
    lh_cosigning_clear(&again);
    lh_cosigning_clear(&first);
}

static void while_one_head_is_being_stored_every_other_waits(void **state)
{
    struct scene *scene = *state;
    struct lh_cosigning first;

    grow(scene, 0, KEPT_BEFORE);
    ask(scene, &first, KEPT_BEFORE, 12);
    assert_int_equal(ask_only(scene, &scene->forest, KEPT_BEFORE, LEAVES), LH_WITNESS_BUSY);
    assert_int_equal(ask_only(scene, &scene->other, KEPT_BEFORE, 12), LH_WITNESS_BUSY);
    assert_int_equal(lh_cosigner_keep(scene->cosigner, &first, NULL), LH_OK);
    lh_cosigning_clear(&first);
    grow(scene, 12, LEAVES);
}

static void both_notes_of_a_fork_are_kept_the_first_time(void **state)
{
    struct scene *scene = *state;
    struct lh_buf kept = LH_BUF_EMPTY;
    struct lh_buf again = LH_BUF_EMPTY;

    grow(scene, 0, 12);
    assert_int_equal(lh_cosigner_show(scene->cosigner, &scene->origin_hash, true, &kept, NULL),
                     LH_ERR_NOT_FOUND);
    assert_int_equal(ask_only(scene, &scene->other, 12, 12), LH_WITNESS_FORK);
    assert_int_equal(lh_cosigner_show(scene->cosigner, &scene->origin_hash, true, &kept, NULL),
                     LH_OK);
    crash(scene, 2);
    grow(scene, 12, 15);
    assert_int_equal(ask_only(scene, &scene->other, 15, 15), LH_WITNESS_FORK);
    assert_int_equal(lh_cosigner_show(scene->cosigner, &scene->origin_hash, true, &again, NULL),
                     LH_OK);
    assert_true(lh_bytes_is_equal(lh_buf_bytes(&kept), lh_buf_bytes(&again)));

    /* Each half is sealed, of one size, with another root. */
    const char *between = strstr(lh_buf_text(&kept), "\n\n" /* text */);
    assert_non_null(between);
    between = strstr(between + 2, "\n\n");
    assert_non_null(between);
    size_t len = (size_t)(between + 1 - lh_buf_text(&kept));
    struct lh_checkpoint heads[2];
    assert_int_equal(
        lh_checkpoint_verify(&heads[0], lh_bytes_of(kept.data, len), &scene->key, NULL), LH_OK);
    assert_int_equal(lh_checkpoint_verify(&heads[1],
                                          lh_bytes_of(kept.data + len + 1, kept.len - len - 1),
                                          &scene->key, NULL),
                     LH_OK);
    assert_int_equal(heads[0].size, heads[1].size);
    assert_false(lh_hash_is_equal(&heads[0].root, &heads[1].root));
    lh_buf_clear(&kept);
    lh_buf_clear(&again);
}

static void no_line_is_stored_that_was_not_verified(void **state)
{
    struct scene *scene = *state;
    struct lh_signer *witness = signer_of(2);
    struct lh_buf lines = LH_BUF_EMPTY;
    struct lh_cosigning asked;

    /* Under our name and key hash, of another text: kept, it would refuse the note for ever. */
    assert_int_equal(lh_note_add_line(&lines, lh_bytes_of_text("another\n"),
                                      lh_cosigner_key(scene->cosigner), witness, TIME_S, NULL),
                     LH_OK);
    ask_with(scene, &asked, &scene->forest, 0, KEPT_BEFORE, lh_buf_text(&lines));
    assert_int_equal(asked.verdict, LH_WITNESS_STORE);
    assert_int_equal(lh_cosigner_keep(scene->cosigner, &asked, NULL), LH_OK);
    lh_cosigning_clear(&asked);
    assert_int_equal(shown_size(scene), KEPT_BEFORE);
    crash(scene, 1);
    assert_int_equal(shown_size(scene), KEPT_BEFORE);
    lh_buf_clear(&lines);
    lh_signer_free(witness);
}

static void a_log_that_is_not_listed_is_unknown(void **state)
{
    struct scene *scene = *state;
    struct lh_buf body = LH_BUF_EMPTY;
    struct lh_cosigning asked;

    lh_cosigner_ask(scene->cosigner, &asked,
                    lh_bytes_of_text("old 0\n\nyiwu/gaj/2\n1\nx\n\n\xe2\x80\x94 a bbbb\n"), TIME_S);
    assert_int_equal(asked.verdict, LH_WITNESS_UNKNOWN);
    lh_cosigning_clear(&asked);
    lh_cosigner_ask(scene->cosigner, &asked, lh_bytes_of_text("old 00\n\n"), TIME_S);
    assert_int_equal(asked.verdict, LH_WITNESS_MALFORMED);
    lh_cosigning_clear(&asked);
    lh_buf_clear(&body);
    grow(scene, 0, 1); /* the control */
}

static void a_stored_note_that_is_not_ours_stops_the_start(void **state)
{
    struct scene *scene = *state;
    static const char row[] = "witness/yiwu/gaj/1";
    struct lh_buf note = LH_BUF_EMPTY;
    struct lh_bytes changed;

    grow(scene, 0, KEPT_BEFORE);
    assert_int_equal(lh_store_get(scene->store, LH_TABLE_META, lh_bytes_of_text(row), &note, NULL),
                     LH_OK);
    do {
        note.len--; /* until our line, the last one, is gone */
    } while (note.data[note.len - 1] != '\n');
    changed = lh_buf_bytes(&note);
    lh_cosigner_free(scene->cosigner);
    scene->cosigner = NULL;
    assert_int_equal(open_with(scene, &scene->policy), LH_OK); /* the control */
    lh_cosigner_free(scene->cosigner);
    scene->cosigner = NULL;
    lh_store_mem_poke(scene->store, LH_TABLE_META, lh_bytes_of_text(row), &changed);
    assert_int_equal(open_with(scene, &scene->policy), LH_ERR_CORRUPT);
    lh_buf_clear(&note);
}

static void two_keys_of_one_origin_are_refused(void **state)
{
    struct scene *scene = *state;
    struct lh_signer *other = signer_of(7);
    struct lh_note_key key;
    const struct lh_note_key *keys[2] = { &scene->key, &key };
    struct lh_policy policy = LH_POLICY_EMPTY;

    lh_cosigner_free(scene->cosigner);
    scene->cosigner = NULL;
    assert_int_equal(lh_note_key_init(&key, ORIGIN, LH_NOTE_LOG, lh_signer_pubkey(other), NULL),
                     LH_OK);
    make_policy(&policy, keys, 2);
    assert_int_equal(open_with(scene, &policy), LH_ERR_INVALID);
    lh_policy_clear(&policy);
    assert_int_equal(
        lh_note_key_init(&key, "yiwu/gaj/2", LH_NOTE_LOG, lh_signer_pubkey(other), NULL), LH_OK);
    make_policy(&policy, keys, 2);
    assert_int_equal(open_with(scene, &policy), LH_OK); /* the control */
    assert_int_equal(lh_cosigner_log_count(scene->cosigner), 2);
    lh_policy_clear(&policy);
    lh_signer_free(other);
}

#define CLAIM(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLAIM(what_was_cosigned_is_shown_and_is_there_after_a_start),
        CLAIM(no_cosignature_is_given_out_that_is_not_stored),
        CLAIM(a_head_is_cosigned_once_in_a_second),
        CLAIM(while_one_head_is_being_stored_every_other_waits),
        CLAIM(both_notes_of_a_fork_are_kept_the_first_time),
        CLAIM(no_line_is_stored_that_was_not_verified),
        CLAIM(a_log_that_is_not_listed_is_unknown),
        CLAIM(a_stored_note_that_is_not_ours_stops_the_start),
        CLAIM(two_keys_of_one_origin_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
