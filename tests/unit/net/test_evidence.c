#include "net/evidence.h"

#include "ledger/generation.h"
#include "tests/support/breaker.h"
#include "tests/support/city.h"
#include "tests/support/forest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define BREACH "liuhen/evidence@v1\nkind broken-rule\ngenesis AA==\ngeneration AA==\n"

enum { COMMON = 6, LEAVES = 20 };

/* A department that sealed two ledgers which part after their first leaves. */
struct scene {
    struct lh_city *city;
    struct lh_city *stranger; /* another network with a department of the same name */
    struct forest honest;
    struct forest other;
    struct lh_buf notes[2];
    struct lh_buf text;
    struct lh_buf store;
};

static struct lh_city *city_of(enum lh_suite_id suite, uint64_t seed)
{
    struct lh_city_options options = {
        .suite = suite, .seed = seed, .staff_count = 2, .entry_count = 20
    };

    return lh_city_new(&options);
}

static void set_up_in(struct scene *scene, enum lh_suite_id suite)
{
    struct lh_hash leaf;

    *scene = (struct scene){ .text = LH_BUF_EMPTY };
    scene->city = city_of(suite, 1);
    scene->stranger = city_of(suite, 2);
    assert_true(lh_city_leaf_count(scene->city) >= LEAVES);
    forest_init(&scene->honest, suite, LEAVES);
    forest_init(&scene->other, suite, LEAVES);
    for (size_t i = 0; i < LEAVES; i++) {
        leaf = lh_hash_leaf(lh_city_suite(scene->city), lh_city_leaf(scene->city, i));
        forest_add(&scene->honest, &leaf);
        leaf.bytes[0] ^= i >= COMMON;
        forest_add(&scene->other, &leaf);
    }
}

static void clear(struct scene *scene)
{
    lh_city_free(scene->city);
    lh_city_free(scene->stranger);
    forest_clear(&scene->honest);
    forest_clear(&scene->other);
    lh_buf_clear(&scene->notes[0]);
    lh_buf_clear(&scene->notes[1]);
    lh_buf_clear(&scene->text);
    lh_buf_clear(&scene->store);
}

static struct lh_hash root_of(struct scene *scene, struct forest *forest, uint64_t size)
{
    struct lh_tree_source source = forest_source(forest, size);
    struct lh_tree tree;

    assert_int_equal(lh_tree_load(&tree, &source, size, NULL), LH_OK);
    return lh_tree_root(&tree, lh_city_suite(scene->city));
}

static struct lh_bytes seal_head(struct scene *scene, unsigned place, struct lh_city *sealer,
                                 struct forest *forest, uint64_t size)
{
    struct lh_checkpoint head = { .size = size, .root = root_of(scene, forest, size) };
    const char *origin = lh_city_origin(sealer);

    memcpy(head.origin, origin, strlen(origin) + 1);
    lh_buf_reset(&scene->notes[place]);
    assert_int_equal(lh_checkpoint_sign(&scene->notes[place], &head, lh_city_seal(sealer),
                                        lh_city_seal_signer(sealer), NULL),
                     LH_OK);
    return lh_buf_bytes(&scene->notes[place]);
}

static struct lh_evidence parts_of(struct scene *scene, enum lh_evidence_kind kind,
                                   uint64_t first_size, uint64_t second_size)
{
    struct lh_tree_source source = forest_source(&scene->other, second_size);
    struct lh_evidence evidence = { .kind = kind };

    evidence.genesis = lh_genesis_bytes(lh_city_genesis(scene->city));
    evidence.generation = lh_city_leaf(scene->city, 0);
    evidence.first = seal_head(scene, 0, scene->city, &scene->honest, first_size);
    evidence.second = seal_head(scene, 1, scene->city, &scene->other, second_size);
    if (kind == LH_EVIDENCE_TWO_HISTORIES) {
        assert_int_equal(lh_tree_prove_consistency(lh_city_suite(scene->city), &evidence.proof,
                                                   &source, first_size, second_size, NULL),
                         LH_OK);
        evidence.root = root_of(scene, &scene->other, first_size);
    }
    return evidence;
}

static enum lh_code judge(struct scene *scene, const struct lh_evidence *evidence,
                          struct lh_evidence_report *report)
{
    struct lh_evidence parsed;

    lh_buf_reset(&scene->text);
    assert_int_equal(lh_evidence_format(&scene->text, evidence, NULL), LH_OK);
    assert_int_equal(lh_evidence_parse(&parsed, &scene->store, lh_buf_bytes(&scene->text), NULL),
                     LH_OK);
    return lh_evidence_verify(report, &parsed, NULL);
}

static void each_kind_convicts(struct scene *scene)
{
    struct lh_evidence_report report;
    struct lh_evidence evidence = parts_of(scene, LH_EVIDENCE_TWO_ROOTS, 15, 15);

    assert_int_equal(judge(scene, &evidence, &report), LH_OK);
    assert_string_equal(report.first.origin, lh_city_origin(scene->city));
    assert_int_equal(report.first.size, 15);
    assert_int_equal(report.second.size, 15);
    assert_false(lh_hash_is_equal(&report.first.root, &report.second.root));
    assert_true(
        lh_hash_is_equal(&report.network_id, lh_genesis_network_id(lh_city_genesis(scene->city))));
    for (uint64_t first = COMMON + 1; first < LEAVES; first++) {
        for (uint64_t second = first + 1; second <= LEAVES; second++) {
            evidence = parts_of(scene, LH_EVIDENCE_TWO_HISTORIES, first, second);
            assert_int_equal(judge(scene, &evidence, &report), LH_OK);
            assert_int_equal(report.first.size, first);
            assert_int_equal(report.second.size, second);
        }
    }
}

static void each_kind_convicts_in_both_suites(void **state)
{
    struct scene scene;

    (void)state;
    set_up_in(&scene, LH_SUITE_W);
    each_kind_convicts(&scene);
    clear(&scene);
    set_up_in(&scene, LH_SUITE_G);
    each_kind_convicts(&scene);
    clear(&scene);
}

/* Whatever is claimed of an honest ledger: nothing of it is proven. */
static void an_honest_ledger_cannot_be_convicted(void **state)
{
    struct lh_evidence_report report;
    struct lh_evidence evidence;
    struct scene scene;

    (void)state;
    set_up_in(&scene, LH_SUITE_W);
    for (uint64_t first = 1; first <= COMMON; first++) { /* here both trees are one */
        evidence = parts_of(&scene, LH_EVIDENCE_TWO_HISTORIES, first, LEAVES);
        assert_int_equal(judge(&scene, &evidence, &report), LH_ERR_FORGED); /* R' is R */
        evidence.root.bytes[5] ^= 1;
        assert_int_equal(judge(&scene, &evidence, &report), LH_ERR_FORGED); /* no such proof */
        evidence.kind = LH_EVIDENCE_TWO_ROOTS;
        assert_int_equal(judge(&scene, &evidence, &report), LH_ERR_FORGED); /* two sizes */
    }
    evidence = parts_of(&scene, LH_EVIDENCE_TWO_ROOTS, COMMON, COMMON);
    assert_int_equal(judge(&scene, &evidence, &report), LH_ERR_INVALID); /* one head twice */
    evidence = parts_of(&scene, LH_EVIDENCE_TWO_HISTORIES, 0, LEAVES);
    memset(&evidence.root, 1, sizeof evidence.root);
    assert_int_equal(judge(&scene, &evidence, &report), LH_ERR_FORGED); /* empty tree */
    clear(&scene);
}

static void only_the_seal_named_by_the_officers_counts(void **state)
{
    struct lh_evidence_report report;
    struct lh_evidence evidence;
    struct scene scene;

    (void)state;
    set_up_in(&scene, LH_SUITE_W);
    evidence = parts_of(&scene, LH_EVIDENCE_TWO_ROOTS, 15, 15);
    assert_int_equal(judge(&scene, &evidence, &report), LH_OK);
    evidence.second = seal_head(&scene, 1, scene.stranger, &scene.other, 15);
    assert_int_equal(judge(&scene, &evidence, &report), LH_ERR_FORGED);
    evidence.first = seal_head(&scene, 0, scene.stranger, &scene.honest, 15);
    assert_int_equal(judge(&scene, &evidence, &report), LH_ERR_FORGED);
    evidence.generation = lh_city_leaf(scene.stranger, 0); /* signed for another network */
    assert_int_equal(judge(&scene, &evidence, &report), LH_ERR_FORGED);
    evidence.genesis = lh_genesis_bytes(lh_city_genesis(scene.stranger));
    assert_int_equal(judge(&scene, &evidence, &report), LH_OK); /* and of that network it is true */
    evidence = parts_of(&scene, LH_EVIDENCE_TWO_ROOTS, 15, 15);
    evidence.generation = lh_city_leaf(scene.city, 1); /* a header */
    assert_int_equal(judge(&scene, &evidence, &report), LH_ERR_INVALID);
    clear(&scene);
}

/*
 * One changed bit anywhere convicts nobody, but for the time of intake in the first leaf, which no
 * officer signed: there the verdict is the same.
 */
static void no_changed_bit_convicts_of_anything_else(void **state)
{
    struct lh_evidence_report want;
    struct lh_evidence_report report;
    struct lh_evidence evidence;
    struct lh_evidence parsed;
    struct scene scene;
    struct lh_bytes text;
    size_t taken = 0;

    (void)state;
    set_up_in(&scene, LH_SUITE_W);
    evidence = parts_of(&scene, LH_EVIDENCE_TWO_HISTORIES, 11, LEAVES);
    assert_int_equal(judge(&scene, &evidence, &want), LH_OK);
    text = lh_buf_bytes(&scene.text);
    for (size_t bit = 0; bit < text.len * 8; bit++) {
        scene.text.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        if (lh_evidence_parse(&parsed, &scene.store, text, NULL) == LH_OK &&
            lh_evidence_verify(&report, &parsed, NULL) == LH_OK) {
            taken++;
            assert_memory_equal(&report.network_id, &want.network_id, sizeof want.network_id);
            assert_int_equal(report.first.size, want.first.size);
            assert_int_equal(report.second.size, want.second.size);
        }
        scene.text.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_in_range(taken, 0, 48); /* eight characters of base64 */
    clear(&scene);
}

static void both_finders_write_the_same_text(void **state)
{
    struct lh_buf again = LH_BUF_EMPTY;
    struct lh_evidence evidence;
    struct lh_evidence swapped;
    struct scene scene;

    (void)state;
    set_up_in(&scene, LH_SUITE_W);
    evidence = parts_of(&scene, LH_EVIDENCE_TWO_ROOTS, 15, 15);
    swapped = evidence;
    swapped.first = evidence.second;
    swapped.second = evidence.first;
    assert_int_equal(lh_evidence_format(&scene.text, &evidence, NULL), LH_OK);
    assert_int_equal(lh_evidence_format(&again, &swapped, NULL), LH_OK);
    assert_true(lh_bytes_is_equal(lh_buf_bytes(&scene.text), lh_buf_bytes(&again)));
    lh_buf_clear(&again);
    clear(&scene);
}

/* ---- a broken rule ---- */

enum { GAJ };

/* gaj sealed two good blocks and then one that breaks a rule. */
struct breach {
    struct lh_town *town;
    struct lh_broken broken;
    struct lh_evidence evidence;
    struct lh_buf text;
    struct lh_buf store;
};

static void set_up_breach(struct breach *breach, enum lh_suite_id suite, size_t which)
{
    const struct lh_town_block *made[3];
    const struct lh_block *before[2];

    *breach = (struct breach){ .town = lh_town_new(suite, 2) };
    made[0] = lh_town_seal(breach->town, GAJ, 0, 2);
    made[1] = lh_town_seal(breach->town, GAJ, 0, 3);
    made[2] = lh_town_seal(breach->town, GAJ, 0, 3);
    before[0] = &made[0]->block;
    before[1] = &made[1]->block;
    lh_breaker_make(&breach->broken, breach->town, GAJ, &made[1]->next, &made[2]->block, which);
    if (breach->broken.rule != NULL) {
        lh_broken_show(&breach->evidence, &breach->broken, breach->town, before, 2);
    }
}

static void clear_breach(struct breach *breach)
{
    lh_broken_clear(&breach->broken);
    lh_town_free(breach->town);
    lh_buf_clear(&breach->text);
    lh_buf_clear(&breach->store);
}

static enum lh_code judge_breach(struct breach *breach, struct lh_evidence_report *report)
{
    struct lh_evidence parsed;
    enum lh_code rc;

    lh_buf_reset(&breach->text);
    assert_int_equal(lh_evidence_format(&breach->text, &breach->evidence, NULL), LH_OK);
    rc = lh_evidence_parse(&parsed, &breach->store, lh_buf_bytes(&breach->text), NULL);
    return rc == LH_OK ? lh_evidence_verify(report, &parsed, NULL) : rc;
}

static void a_broken_rule_convicts_in_both_suites(void **state)
{
    static const enum lh_suite_id suites[] = { LH_SUITE_W, LH_SUITE_G };

    (void)state;
    for (size_t i = 0; i < 2 * lh_breaker_count(false); i++) {
        struct lh_evidence_report report;
        struct breach breach;

        set_up_breach(&breach, suites[i % 2], i / 2);
        if (breach.broken.rule != NULL) {
            assert_int_equal(judge_breach(&breach, &report), LH_OK);
            assert_string_equal(report.rule->id, breach.broken.rule);
            assert_int_equal(report.index, breach.evidence.leaves[breach.broken.shown - 1].index);
            assert_string_equal(report.first.origin, lh_town_origin(breach.town, GAJ));
            assert_int_equal(report.first.size, breach.broken.head.size);
            assert_int_equal(report.second.size, 0);
        }
        clear_breach(&breach);
    }
}

static void only_the_rule_that_is_broken_may_be_named(void **state)
{
    struct lh_evidence_report report;
    size_t refused = 0;
    struct breach breach;

    (void)state;
    set_up_breach(&breach, LH_SUITE_W, 0);
    for (size_t i = 0; i < lh_chain_rule_count(); i++) {
        const struct lh_chain_rule *rule = lh_chain_rule_at(i);
        enum lh_code want = LH_ERR_FORGED;

        if (lh_breach_find_rule(lh_bytes_of_text(rule->id)) == NULL) {
            want = LH_ERR_UNKNOWN; /* a later version may know how */
        } else if (strcmp(rule->id, breach.broken.rule) == 0) {
            want = LH_OK;
        }
        breach.evidence.rule = rule;
        assert_int_equal(judge_breach(&breach, &report), want);
        refused += want != LH_OK;
    }
    assert_int_equal(refused, lh_chain_rule_count() - 1);
    clear_breach(&breach);
}

static void a_broken_rule_counts_only_under_the_seal_of_its_ledger(void **state)
{
    struct lh_evidence_report report;
    struct breach breach;
    struct breach other;
    uint8_t *signature;

    (void)state;
    set_up_breach(&breach, LH_SUITE_W, 0);
    set_up_breach(&other, LH_SUITE_W, 1);
    assert_int_equal(judge_breach(&breach, &report), LH_OK);
    breach.evidence.first = other.broken.made.block.checkpoint; /* sealed, and of another tree */
    assert_int_equal(judge_breach(&breach, &report), LH_ERR_FORGED);
    breach.evidence.first = breach.broken.made.block.checkpoint;
    signature = &breach.broken.checkpoint.data[breach.broken.checkpoint.len - 12];
    *signature = *signature == 'A' ? 'B' : 'A';
    assert_int_equal(judge_breach(&breach, &report), LH_ERR_FORGED);
    clear_breach(&other);
    clear_breach(&breach);
}

/* As above, one bit of each byte: but for the first leaf's time of intake none can change without
 * refusal. */
static void no_changed_bit_of_a_broken_rule_convicts_of_anything_else(void **state)
{
    struct lh_evidence_report want;
    struct lh_evidence_report report;
    struct lh_evidence parsed;
    struct breach breach;
    struct lh_bytes text;
    size_t taken = 0;
    size_t which = 0;

    (void)state;
    for (;; which++) { /* of two leaves there is more to change */
        set_up_breach(&breach, LH_SUITE_W, which);
        if (breach.broken.shown == 2) {
            break;
        }
        clear_breach(&breach);
    }
    assert_int_equal(judge_breach(&breach, &want), LH_OK);
    text = lh_buf_bytes(&breach.text);
    for (size_t at = 0; at < text.len; at++) {
        breach.text.data[at] ^= (uint8_t)(1U << at % 8);
        if (lh_evidence_parse(&parsed, &breach.store, text, NULL) == LH_OK &&
            lh_evidence_verify(&report, &parsed, NULL) == LH_OK) {
            taken++;
            assert_memory_equal(&report.network_id, &want.network_id, sizeof want.network_id);
            assert_ptr_equal(report.rule, want.rule);
            assert_int_equal(report.index, want.index);
            assert_int_equal(report.first.size, want.first.size);
        }
        breach.text.data[at] ^= (uint8_t)(1U << at % 8);
    }
    assert_in_range(taken, 0, 8); /* eight characters of base64 */
    clear_breach(&breach);
}

static void broken_texts_are_refused(void **state)
{
    static const struct {
        const char *text;
        enum lh_code code;
    } rows[] = {
        { "", LH_ERR_INVALID },
        { "liuhen/evidence@v1", LH_ERR_INVALID },
        { "liuhen/evidence@v2\n", LH_ERR_UNKNOWN },
        { "liuhen/evidence@v1\nkind third\n", LH_ERR_UNKNOWN },
        { "liuhen/evidence@v1\nkind two-roots\ngenesis !\n", LH_ERR_INVALID },
        { "liuhen/evidence@v1\nkind two-roots\ngenesis AA==\n\n", LH_ERR_INVALID },
        { "liuhen/evidence@v1\nkind two-roots\ngenesis AA==\ngeneration AA==\na\n",
          LH_ERR_INVALID },
        { "liuhen/evidence@v1\nkind two-roots\ngenesis AA==\ngeneration AA==\n\na\n\nb\n",
          LH_ERR_INVALID },
        { "liuhen/evidence@v1\nkind two-roots\ngenesis AA==\ngeneration AA==\n\na\n\nb\n\n",
          LH_ERR_INVALID },
        { "liuhen/evidence@v1\nkind two-histories\ngenesis AA==\ngeneration AA==\n\na\n\nb\n\nc\n",
          LH_ERR_INVALID },
        { BREACH "\n\na\n", LH_ERR_INVALID },
        { BREACH "rule B99\nleaf 0 AA==\n\na\n", LH_ERR_UNKNOWN },
        { BREACH "rule B06\nleaf 0 AA==\n\na\n", LH_ERR_UNKNOWN },
        { BREACH "rule B09\n\na\n", LH_ERR_INVALID },
        { BREACH "rule B09\nleaf 0\n\na\n", LH_ERR_INVALID },
        { BREACH "rule B09\nleaf x AA==\n\na\n", LH_ERR_INVALID },
        { BREACH "rule B09\nleaf 00 AA==\n\na\n", LH_ERR_INVALID },
        { BREACH "rule B09\nleaf 0 AA=\n\na\n", LH_ERR_INVALID },
        { BREACH "rule B09\nleaf 0 AA==\nAA==\n\na\n", LH_ERR_INVALID },
        { BREACH "rule B09\nleaf 0 AA==\n", LH_ERR_INVALID },
        { BREACH "rule B09\nleaf 0 AA==\n\n", LH_ERR_INVALID },
        { BREACH "rule B09\nleaf 0 AA==\n\nleaf 1 AA==\n\n", LH_ERR_INVALID },
    };
    static const char good[] =
        "liuhen/evidence@v1\nkind two-roots\ngenesis AA==\ngeneration AA==\n\na\n\nb\n\nc\n";
    static const char leaves[] = BREACH "rule B09\nleaf 7 AA==\n\nleaf 9 AQE=\n\nleaf 10 AA==\n";
    struct lh_buf store = LH_BUF_EMPTY;
    struct lh_evidence evidence;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(lh_evidence_parse(&evidence, &store, lh_bytes_of_text(rows[i].text), NULL),
                         rows[i].code);
    }
    assert_int_equal(lh_evidence_parse(&evidence, &store, lh_bytes_of_text(good), NULL), LH_OK);
    assert_true(lh_bytes_is_equal(evidence.first, lh_bytes_of_text("a\n\nb\n")));
    assert_true(lh_bytes_is_equal(evidence.second, lh_bytes_of_text("c\n")));
    assert_int_equal(lh_evidence_parse(&evidence, &store, lh_bytes_of_text(leaves), NULL), LH_OK);
    assert_string_equal(evidence.rule->id, "B09");
    assert_int_equal(evidence.leaf_count, 2); /* what follows is the checkpoint, if it is one */
    assert_int_equal(evidence.leaves[0].index, 7);
    assert_int_equal(evidence.leaves[1].index, 9);
    assert_true(lh_bytes_is_equal(evidence.leaves[1].bytes, lh_bytes_of_text("\1\1")));
    assert_true(lh_bytes_is_equal(evidence.first, lh_bytes_of_text("leaf 10 AA==\n")));
    assert_int_equal(evidence.second.len, 0);
    lh_buf_clear(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_convicts_in_both_suites),
        cmocka_unit_test(an_honest_ledger_cannot_be_convicted),
        cmocka_unit_test(only_the_seal_named_by_the_officers_counts),
        cmocka_unit_test(no_changed_bit_convicts_of_anything_else),
        cmocka_unit_test(both_finders_write_the_same_text),
        cmocka_unit_test(a_broken_rule_convicts_in_both_suites),
        cmocka_unit_test(only_the_rule_that_is_broken_may_be_named),
        cmocka_unit_test(a_broken_rule_counts_only_under_the_seal_of_its_ledger),
        cmocka_unit_test(no_changed_bit_of_a_broken_rule_convicts_of_anything_else),
        cmocka_unit_test(broken_texts_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
