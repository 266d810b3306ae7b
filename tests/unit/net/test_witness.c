/* The cases that C2SP witnesses are tried with (litewitness, sunlight), and our own. */
#include "net/witness.h"

#include "tests/support/forest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { LEAVES = 40 };

static const char ORIGIN[] = "jinhua/gaj/1";

struct scene {
    struct lh_suite *suite;
    struct forest forest;
    struct forest other; /* the same first 10 leaves, then others */
    struct lh_signer *seal;
    struct lh_signer *stranger;
    struct lh_note_key key;
    struct lh_note_key stranger_key;
    struct lh_witness_log log;
    struct lh_buf note;
    struct lh_buf body;
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

static int set_up(void **state)
{
    static struct scene scene;
    struct lh_hash leaf;

    scene = (struct scene){ .note = LH_BUF_EMPTY, .body = LH_BUF_EMPTY };
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
    scene.stranger = signer_of(2);
    assert_int_equal(
        lh_note_key_init(&scene.key, ORIGIN, LH_NOTE_LOG, lh_signer_pubkey(scene.seal), NULL),
        LH_OK);
    assert_int_equal(lh_note_key_init(&scene.stranger_key, ORIGIN, LH_NOTE_LOG,
                                      lh_signer_pubkey(scene.stranger), NULL),
                     LH_OK);
    lh_witness_log_init(&scene.log, scene.suite, &scene.key, false);
    *state = &scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    lh_buf_clear(&scene->note);
    lh_buf_clear(&scene->body);
    lh_signer_free(scene->seal);
    lh_signer_free(scene->stranger);
    forest_clear(&scene->forest);
    forest_clear(&scene->other);
    lh_suite_free(scene->suite);
    return 0;
}

static struct lh_hash root_of(struct scene *scene, struct forest *forest, uint64_t size)
{
    struct lh_tree_source source = forest_source(forest, size);
    struct lh_tree tree;

    assert_int_equal(lh_tree_load(&tree, &source, size, NULL), LH_OK);
    return lh_tree_root(&tree, scene->suite);
}

static struct lh_bytes seal_head(struct scene *scene, struct forest *forest, uint64_t size)
{
    struct lh_checkpoint head = { .size = size, .root = root_of(scene, forest, size) };

    memcpy(head.origin, ORIGIN, sizeof ORIGIN);
    lh_buf_reset(&scene->note);
    assert_int_equal(lh_checkpoint_sign(&scene->note, &head, &scene->key, scene->seal, NULL),
                     LH_OK);
    return lh_buf_bytes(&scene->note);
}

static struct lh_witness_request request_of(struct scene *scene, struct forest *forest,
                                            uint64_t old, uint64_t size)
{
    struct lh_witness_request request = { .old = old };
    struct lh_tree_source source = forest_source(forest, size);

    assert_int_equal(lh_tree_prove_consistency(scene->suite, &request.proof, &source,
                                               old < size ? old : size, size, NULL),
                     LH_OK);
    request.note = seal_head(scene, forest, size);
    return request;
}

static enum lh_witness_verdict ask_with(struct scene *scene,
                                        const struct lh_witness_request *request)
{
    struct lh_err err = LH_ERR_NONE;
    enum lh_witness_verdict verdict =
        lh_witness_ask(&scene->log, scene->suite, request, NULL, &err);

    assert_true((verdict == LH_WITNESS_STORE) == (err.text[0] == '\0'));
    return verdict;
}

static enum lh_witness_verdict ask(struct scene *scene, struct forest *forest, uint64_t old,
                                   uint64_t size)
{
    struct lh_witness_request request = request_of(scene, forest, old, size);

    return ask_with(scene, &request);
}

/* Ask, store, and see that the head moved. */
static void grow(struct scene *scene, uint64_t old, uint64_t size)
{
    assert_int_equal(ask(scene, &scene->forest, old, size), LH_WITNESS_STORE);
    lh_witness_stored(&scene->log);
    assert_int_equal(scene->log.head.size, size);
}

static void a_ledger_that_grows_is_cosigned_head_by_head(void **state)
{
    struct scene *scene = *state;

    grow(scene, 0, 1);
    grow(scene, 1, 5);
    grow(scene, 5, 5);
    grow(scene, 5, 8);
    grow(scene, 8, 40);
}

static void every_pair_of_sizes_is_taken_with_its_proof_and_not_with_another(void **state)
{
    struct scene *scene = *state;

    for (uint64_t old = 1; old <= 16; old++) {
        for (uint64_t size = old; size <= 16; size++) {
            struct lh_witness_request request;

            lh_witness_log_init(&scene->log, scene->suite, &scene->key, false);
            grow(scene, 0, old);
            request = request_of(scene, &scene->forest, old, size);
            for (size_t i = 0; i < request.proof.count; i++) {
                request.proof.path[i].bytes[31] ^= 1;
                assert_int_equal(ask_with(scene, &request), LH_WITNESS_UNPROVEN);
                request.proof.path[i].bytes[31] ^= 1;
            }
            request.proof.path[request.proof.count++] = request.proof.path[0];
            assert_int_equal(ask_with(scene, &request), LH_WITNESS_UNPROVEN);
            request.proof.count--;
            if (request.proof.count > 0) {
                request.proof.count--;
                assert_int_equal(ask_with(scene, &request), LH_WITNESS_UNPROVEN);
                request.proof.count++;
            }
            assert_int_equal(ask_with(scene, &request), LH_WITNESS_STORE);
        }
    }
}

static void an_old_size_that_is_not_the_last_is_told_so(void **state)
{
    struct scene *scene = *state;

    assert_int_equal(ask(scene, &scene->forest, 1, 5), LH_WITNESS_NOT_LAST);
    grow(scene, 0, 5);
    assert_int_equal(ask(scene, &scene->forest, 0, 8), LH_WITNESS_NOT_LAST);
    assert_int_equal(ask(scene, &scene->forest, 3, 8), LH_WITNESS_NOT_LAST);
    assert_int_equal(ask(scene, &scene->forest, 3, 4), LH_WITNESS_NOT_LAST); /* back */
    grow(scene, 5, 8);
    assert_int_equal(ask(scene, &scene->forest, 5, 8), LH_WITNESS_NOT_LAST);
    assert_int_equal(scene->log.head.size, 8);
}

static void an_old_size_above_the_new_one_is_malformed(void **state)
{
    struct scene *scene = *state;

    grow(scene, 0, 8);
    assert_int_equal(ask(scene, &scene->forest, 8, 5), LH_WITNESS_MALFORMED);
}

static void a_fork_is_never_cosigned(void **state)
{
    struct scene *scene = *state;

    grow(scene, 0, 20);
    assert_int_equal(ask(scene, &scene->other, 20, 30), LH_WITNESS_UNPROVEN);
    assert_int_equal(ask(scene, &scene->other, 10, 30), LH_WITNESS_NOT_LAST);
    assert_int_equal(ask(scene, &scene->other, 20, 20), LH_WITNESS_FORK);
    assert_int_equal(ask(scene, &scene->other, 0, 20), LH_WITNESS_FORK);
    grow(scene, 20, 30);
}

static void the_same_other_branch_is_cosigned_by_who_saw_it_first(void **state)
{
    struct scene *scene = *state;

    grow(scene, 0, 10); /* common to both */
    assert_int_equal(ask(scene, &scene->other, 10, 30), LH_WITNESS_STORE);
    lh_witness_stored(&scene->log);
    assert_int_equal(ask(scene, &scene->forest, 30, 40), LH_WITNESS_UNPROVEN);
}

static void an_empty_tree_has_one_root_only(void **state)
{
    struct scene *scene = *state;
    struct lh_checkpoint head = { .size = 0 };
    struct lh_witness_request request = { .old = 0 };

    assert_int_equal(ask(scene, &scene->forest, 0, 0), LH_WITNESS_STORE);
    lh_witness_stored(&scene->log);
    memcpy(head.origin, ORIGIN, sizeof ORIGIN);
    lh_buf_reset(&scene->note);
    assert_int_equal(lh_checkpoint_sign(&scene->note, &head, &scene->key, scene->seal, NULL),
                     LH_OK);
    request.note = lh_buf_bytes(&scene->note);
    assert_int_equal(ask_with(scene, &request), LH_WITNESS_UNPROVEN);
    grow(scene, 0, 3);
}

static void growing_from_nothing_wants_no_proof(void **state)
{
    struct scene *scene = *state;
    struct lh_witness_request request = request_of(scene, &scene->forest, 0, 7);

    request.proof.count = 1;
    assert_int_equal(ask_with(scene, &request), LH_WITNESS_UNPROVEN);
    request.proof.count = 0;
    assert_int_equal(ask_with(scene, &request), LH_WITNESS_STORE);
}

static void only_the_seal_of_that_ledger_opens_the_door(void **state)
{
    struct scene *scene = *state;
    struct lh_witness_request request = request_of(scene, &scene->forest, 0, 7);
    struct lh_checkpoint head = { .size = 7, .root = root_of(scene, &scene->forest, 7) };

    scene->note.data[scene->note.len - 5] ^= 1; /* in the signature */
    assert_true(ask_with(scene, &request) == LH_WITNESS_FORGED ||
                ask_with(scene, &request) == LH_WITNESS_MALFORMED); /* or no base64 any more */
    memcpy(head.origin, ORIGIN, sizeof ORIGIN);
    lh_buf_reset(&scene->note);
    assert_int_equal(
        lh_checkpoint_sign(&scene->note, &head, &scene->stranger_key, scene->stranger, NULL),
        LH_OK);
    request.note = lh_buf_bytes(&scene->note);
    assert_int_equal(ask_with(scene, &request), LH_WITNESS_FORGED);
    /* With the right line beside the stranger's it is taken. */
    struct lh_note note;
    assert_int_equal(lh_note_parse(&note, request.note, NULL), LH_OK);
    struct lh_buf both = LH_BUF_EMPTY;
    lh_buf_add(&both, request.note);
    assert_int_equal(lh_note_add_line(&both, note.text, &scene->key, scene->seal, 0, NULL), LH_OK);
    request.note = lh_buf_bytes(&both);
    assert_int_equal(ask_with(scene, &request), LH_WITNESS_STORE);
    lh_buf_clear(&both);
}

/* A text sealed by the right key that is not ours to cosign. */
static enum lh_witness_verdict ask_text(struct scene *scene, const char *text)
{
    struct lh_witness_request request = { .old = 0 };

    lh_buf_reset(&scene->note);
    lh_buf_add_text(&scene->note, text);
    lh_buf_add_text(&scene->note, "\n");
    assert_int_equal(
        lh_note_add_line(&scene->note, lh_bytes_of_text(text), &scene->key, scene->seal, 0, NULL),
        LH_OK);
    request.note = lh_buf_bytes(&scene->note);
    return ask_with(scene, &request);
}

static void a_sealed_text_that_is_no_checkpoint_of_three_lines_is_refused(void **state)
{
    static const char root[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    struct scene *scene = *state;
    char text[200];

    (void)snprintf(text, sizeof text, "%s\n7\n%s\n", ORIGIN, root);
    assert_int_equal(ask_text(scene, text), LH_WITNESS_STORE); /* the unbroken one */
    lh_witness_dropped(&scene->log);
    (void)snprintf(text, sizeof text, "%s\n7\n%s\nextension\n", ORIGIN, root);
    assert_int_equal(ask_text(scene, text), LH_WITNESS_MALFORMED);
    (void)snprintf(text, sizeof text, "%s\n07\n%s\n", ORIGIN, root);
    assert_int_equal(ask_text(scene, text), LH_WITNESS_MALFORMED);
    (void)snprintf(text, sizeof text, "%s\n7\n", ORIGIN);
    assert_int_equal(ask_text(scene, text), LH_WITNESS_MALFORMED);
    (void)snprintf(text, sizeof text, "jinhua/mzj/1\n7\n%s\n", root);
    assert_int_equal(ask_text(scene, text), LH_WITNESS_FORGED);
}

static void of_two_heads_at_once_one_is_stored(void **state)
{
    struct scene *scene = *state;

    grow(scene, 0, 10);
    assert_int_equal(ask(scene, &scene->forest, 10, 30), LH_WITNESS_STORE);
    assert_int_equal(ask(scene, &scene->other, 10, 30), LH_WITNESS_BUSY);
    assert_int_equal(ask(scene, &scene->forest, 10, 20), LH_WITNESS_BUSY);
    assert_int_equal(scene->log.head.size, 10); /* nothing is claimed before it is stored */
    lh_witness_stored(&scene->log);
    assert_int_equal(ask(scene, &scene->other, 30, 35), LH_WITNESS_UNPROVEN);
    assert_int_equal(ask(scene, &scene->forest, 10, 20), LH_WITNESS_NOT_LAST);
}

static void what_was_not_stored_was_never_cosigned(void **state)
{
    struct scene *scene = *state;

    grow(scene, 0, 10);
    assert_int_equal(ask(scene, &scene->forest, 10, 30), LH_WITNESS_STORE);
    lh_witness_dropped(&scene->log);
    assert_int_equal(scene->log.head.size, 10);
    assert_int_equal(ask(scene, &scene->other, 10, 30), LH_WITNESS_STORE);
}

static void a_members_head_is_cosigned_only_where_its_leaves_are_held(void **state)
{
    struct scene *scene = *state;
    struct lh_witness_request request = request_of(scene, &scene->forest, 0, 20);
    struct lh_hash good = root_of(scene, &scene->forest, 20);
    struct lh_hash bad = root_of(scene, &scene->other, 20);

    lh_witness_log_init(&scene->log, scene->suite, &scene->key, true);
    assert_int_equal(lh_witness_ask(&scene->log, scene->suite, &request, NULL, NULL),
                     LH_WITNESS_NOT_HELD);
    assert_int_equal(lh_witness_ask(&scene->log, scene->suite, &request, &bad, NULL),
                     LH_WITNESS_FORK);
    assert_int_equal(lh_witness_ask(&scene->log, scene->suite, &request, &good, NULL),
                     LH_WITNESS_STORE);
}

static void a_body_is_what_it_is_written_from(void **state)
{
    struct scene *scene = *state;
    struct lh_witness_request request = request_of(scene, &scene->forest, 5, 23);
    struct lh_witness_request back;
    uint64_t size;

    lh_witness_request_format(&scene->body, &request);
    assert_int_equal(lh_witness_request_parse(&back, lh_buf_bytes(&scene->body), NULL), LH_OK);
    assert_int_equal(back.old, 5);
    assert_int_equal(back.proof.count, request.proof.count);
    assert_memory_equal(back.proof.path, request.proof.path,
                        request.proof.count * sizeof request.proof.path[0]);
    assert_true(lh_bytes_is_equal(back.note, request.note));
    assert_true(lh_bytes_is_equal(lh_witness_request_origin(&back), lh_bytes_of_text(ORIGIN)));
    assert_int_equal(lh_witness_request_size(&size, &back, NULL), LH_OK);
    assert_int_equal(size, 23);
}

static void broken_bodies_are_refused(void **state)
{
    static const char *const bodies[] = {
        "",
        "old",
        "old 5",
        "old 5\n",
        "old 5\n\n", /* no note */
        "old \n\nx\n",
        "old 05\n\nx\n",
        "old +5\n\nx\n",
        "old 5 \n\nx\n",
        "Old 5\n\nx\n",
        "old 18446744073709551616\n\nx\n",
        "old 5\r\n\nx\n",
        "old 5\nAAAA\n\nx\n",
        "old 5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n\nx\n", /* pad bits */
        "old 5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nx\n",   /* no empty line */
    };
    struct lh_witness_request request;

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        assert_int_equal(lh_witness_request_parse(&request, lh_bytes_of_text(bodies[i]), NULL),
                         LH_ERR_INVALID);
    }
    assert_int_equal(lh_witness_request_parse(&request, lh_bytes_of_text("old 5\n\nx\n"), NULL),
                     LH_OK);
}

static void a_proof_has_63_lines_at_most(void **state)
{
    struct scene *scene = *state;
    struct lh_witness_request request = { .note = lh_bytes_of_text("x\n") };

    request.proof.count = LH_PROOF_MAX;
    lh_witness_request_format(&scene->body, &request);
    assert_int_equal(lh_witness_request_parse(&request, lh_buf_bytes(&scene->body), NULL), LH_OK);
    assert_int_equal(request.proof.count, 63);
    lh_buf_reset(&scene->body);
    lh_buf_add_text(&scene->body, "old 0\n");
    for (int i = 0; i < 64; i++) {
        lh_buf_add_text(&scene->body, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    }
    lh_buf_add_text(&scene->body, "\nx\n");
    assert_int_equal(lh_witness_request_parse(&request, lh_buf_bytes(&scene->body), NULL),
                     LH_ERR_INVALID);
}

static void each_verdict_has_the_status_of_the_spec(void **state)
{
    static const struct {
        enum lh_witness_verdict verdict;
        unsigned status;
    } rows[] = {
        { LH_WITNESS_STORE, 200 },   { LH_WITNESS_MALFORMED, 400 }, { LH_WITNESS_FORGED, 403 },
        { LH_WITNESS_UNKNOWN, 404 }, { LH_WITNESS_NOT_LAST, 409 },  { LH_WITNESS_UNPROVEN, 422 },
        { LH_WITNESS_FORK, 422 },    { LH_WITNESS_BUSY, 503 },      { LH_WITNESS_NOT_HELD, 503 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(lh_witness_status(rows[i].verdict), rows[i].status);
    }
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CLAIM(a_ledger_that_grows_is_cosigned_head_by_head),
        CLAIM(every_pair_of_sizes_is_taken_with_its_proof_and_not_with_another),
        CLAIM(an_old_size_that_is_not_the_last_is_told_so),
        CLAIM(an_old_size_above_the_new_one_is_malformed),
        CLAIM(a_fork_is_never_cosigned),
        CLAIM(the_same_other_branch_is_cosigned_by_who_saw_it_first),
        CLAIM(an_empty_tree_has_one_root_only),
        CLAIM(growing_from_nothing_wants_no_proof),
        CLAIM(only_the_seal_of_that_ledger_opens_the_door),
        CLAIM(a_sealed_text_that_is_no_checkpoint_of_three_lines_is_refused),
        CLAIM(of_two_heads_at_once_one_is_stored),
        CLAIM(what_was_not_stored_was_never_cosigned),
        CLAIM(a_members_head_is_cosigned_only_where_its_leaves_are_held),
        CLAIM(a_body_is_what_it_is_written_from),
        CLAIM(broken_bodies_are_refused),
        CLAIM(a_proof_has_63_lines_at_most),
        cmocka_unit_test(each_verdict_has_the_status_of_the_spec),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
