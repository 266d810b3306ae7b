/*
 * Each rule has blocks that break it and nothing else: their content is otherwise consistent, down
 * to a seal made over the broken thing. Refused with exactly that rule; let through when exactly
 * that rule is left out. That is what shows that every rule is needed and stands alone.
 */
#include "ledger/chain.h"

#include "tests/support/draft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- what breaks one rule ---------------------------------------------------------------------
 */

static void other_network(const struct world *world, lhpb_BlockHeader *header)
{
    (void)world;
    header->network_id[0] ^= 1;
}

static void other_origin(const struct world *world, lhpb_BlockHeader *header)
{
    (void)world;
    strcpy(header->origin, "jinhua/gaj/2");
}

static void name_epoch(const struct world *world, lhpb_BlockHeader *header, size_t number)
{
    memcpy(header->epoch_hash, lh_members_epoch(lh_epochs_at(world->epochs, number))->bytes, 32);
}

static void earlier_epoch(const struct world *world, lhpb_BlockHeader *header)
{
    name_epoch(world, header, 0);
}

static void later_epoch(const struct world *world, lhpb_BlockHeader *header)
{
    name_epoch(world, header, 2);
}

static void epoch_without_us(const struct world *world, lhpb_BlockHeader *header)
{
    name_epoch(world, header, 3);
}

static void unknown_epoch(const struct world *world, lhpb_BlockHeader *header)
{
    (void)world;
    header->epoch_hash[31] ^= 1;
}

static void first_too_high(const struct world *world, lhpb_BlockHeader *header)
{
    (void)world;
    header->first++;
}

static void first_too_low(const struct world *world, lhpb_BlockHeader *header)
{
    (void)world;
    header->first--;
}

static void count_too_high(const struct world *world, lhpb_BlockHeader *header)
{
    (void)world;
    header->count++;
}

static void count_too_low(const struct world *world, lhpb_BlockHeader *header)
{
    (void)world;
    header->count--;
}

static void height_skips(const struct world *world, lhpb_BlockHeader *header)
{
    (void)world;
    header->height++;
}

static void height_repeats(const struct world *world, lhpb_BlockHeader *header)
{
    (void)world;
    header->height--;
}

static void other_prev(const struct world *world, lhpb_BlockHeader *header)
{
    (void)world;
    header->prev[7] ^= 0x80;
}

static void prev_is_network_id(const struct world *world, lhpb_BlockHeader *header)
{
    memcpy(header->prev, world->chain.network_id.bytes, 32);
}

static void other_pre_root(const struct world *world, lhpb_BlockHeader *header)
{
    (void)world;
    header->pre_root[0] ^= 1;
}

static void pre_root_of_before(const struct world *world, lhpb_BlockHeader *header)
{
    struct lh_hash root = lh_tree_root(&world->chain.tree, world->suite);

    memcpy(header->pre_root, root.bytes, 32);
}

static void time_stands(const struct world *world, lhpb_BlockHeader *header)
{
    header->time_ms = world->chain.time_unix_ms;
}

static void time_falls(const struct world *world, lhpb_BlockHeader *header)
{
    header->time_ms = world->chain.time_unix_ms - 1;
}

static void time_beyond_all(const struct world *world, lhpb_BlockHeader *header)
{
    (void)world;
    header->time_ms = (uint64_t)INT64_MAX + 1;
}

static void heads_descend(const struct world *world, lhpb_BlockHeader *header)
{
    (void)world;
    strcpy(header->heads[0].origin, "jinhua/zjj/1");
}

static void heads_repeat(const struct world *world, lhpb_BlockHeader *header)
{
    (void)world;
    strcpy(header->heads[1].origin, header->heads[0].origin);
}

static void heads_hold_own(const struct world *world, lhpb_BlockHeader *header)
{
    (void)world;
    strcpy(header->heads[0].origin, DRAFT_ORIGIN);
}

static void heads_hold_empty(const struct world *world, lhpb_BlockHeader *header)
{
    (void)world;
    header->heads[1].size = 0;
}

static void no_heads(const struct world *world, lhpb_BlockHeader *header)
{
    (void)world;
    header->heads_count = 0;
}

static void checkpoint_of_other(const struct world *world, struct lh_checkpoint *checkpoint)
{
    (void)world;
    strcpy(checkpoint->origin, "jinhua/mzj/1");
}

static void checkpoint_too_big(const struct world *world, struct lh_checkpoint *checkpoint)
{
    (void)world;
    checkpoint->size++;
}

static void checkpoint_too_small(const struct world *world, struct lh_checkpoint *checkpoint)
{
    (void)world;
    checkpoint->size--;
}

static void checkpoint_other_root(const struct world *world, struct lh_checkpoint *checkpoint)
{
    (void)world;
    checkpoint->root.bytes[31] ^= 1;
}

static const struct plan GOOD[] = {
    { .name = "plain", .entry_count = 3 },
    { .name = "one entry", .entry_count = 1 },
    { .name = "as many as allowed", .entry_count = LH_BLOCK_ENTRIES_MAX },
    { .name = "no heads", .entry_count = 2, .header = no_heads },
    { .name = "a later epoch", .entry_count = 2, .header = later_epoch },
};

static const struct plan BAD[] = {
    { .name = "odd entry", .rule = "B01", .entry_count = 3, .has_odd_entry = true },
    { .name = "header inside", .rule = "B02", .entry_count = 3, .has_header_inside = true },
    { .name = "4097 entries", .rule = "B03", .entry_count = LH_BLOCK_ENTRIES_MAX + 1 },
    { .name = "no entry", .rule = "B03", .entry_count = 0 },
    { .name = "network", .rule = "B04", .entry_count = 2, .header = other_network },
    { .name = "origin", .rule = "B05", .entry_count = 2, .header = other_origin },
    { .name = "epoch before", .rule = "B06", .entry_count = 2, .header = earlier_epoch },
    { .name = "epoch without us", .rule = "B06", .entry_count = 2, .header = epoch_without_us },
    { .name = "first high", .rule = "B07", .entry_count = 2, .header = first_too_high },
    { .name = "first low", .rule = "B07", .entry_count = 2, .header = first_too_low },
    { .name = "count high", .rule = "B08", .entry_count = 2, .header = count_too_high },
    { .name = "count low", .rule = "B08", .entry_count = 2, .header = count_too_low },
    { .name = "height skips", .rule = "B09", .entry_count = 2, .header = height_skips },
    { .name = "height repeats", .rule = "B09", .entry_count = 2, .header = height_repeats },
    { .name = "prev", .rule = "B10", .entry_count = 2, .header = other_prev },
    { .name = "prev of height 1", .rule = "B10", .entry_count = 2, .header = prev_is_network_id },
    { .name = "pre-root", .rule = "B11", .entry_count = 2, .header = other_pre_root },
    { .name = "older pre-root", .rule = "B11", .entry_count = 2, .header = pre_root_of_before },
    { .name = "time stands", .rule = "B12", .entry_count = 2, .header = time_stands },
    { .name = "time falls", .rule = "B12", .entry_count = 2, .header = time_falls },
    { .name = "time beyond", .rule = "B12", .entry_count = 2, .header = time_beyond_all },
    { .name = "heads descend", .rule = "B13", .entry_count = 2, .header = heads_descend },
    { .name = "heads repeat", .rule = "B13", .entry_count = 2, .header = heads_repeat },
    { .name = "own head", .rule = "B13", .entry_count = 2, .header = heads_hold_own },
    { .name = "empty head", .rule = "B13", .entry_count = 2, .header = heads_hold_empty },
    { .name = "checkpoint of other",
      .rule = "B14",
      .entry_count = 2,
      .checkpoint = checkpoint_of_other },
    { .name = "size high", .rule = "B15", .entry_count = 2, .checkpoint = checkpoint_too_big },
    { .name = "size low", .rule = "B15", .entry_count = 2, .checkpoint = checkpoint_too_small },
    { .name = "root", .rule = "B16", .entry_count = 2, .checkpoint = checkpoint_other_root },
    { .name = "stranger", .rule = "B17", .entry_count = 2, .is_signed_by_stranger = true },
};

enum { GOOD_COUNT = sizeof GOOD / sizeof GOOD[0], BAD_COUNT = sizeof BAD / sizeof BAD[0] };

/* ---- judging ----------------------------------------------------------------------------------
 */

/* The id of the rule that refuses; NULL when the block is accepted. */
static const char *verdict_of(const struct world *world, struct draft *draft, size_t skip_rule)
{
    struct lh_chain_verdict verdict = { .rule = NULL };
    struct lh_err err = LH_ERR_NONE;
    struct lh_chain next;

    enum lh_code rc = lh_chain_judge(&world->chain, world->suite, draft_block(draft),
                                     LH_SEAL_VERIFY, skip_rule, NULL, &next, &verdict, &err);
    if (rc == LH_OK) {
        assert_null(verdict.rule);
        return NULL;
    }
    assert_int_equal(rc, LH_ERR_FORGED);
    assert_non_null(verdict.rule);
    assert_non_null(strstr(err.text, verdict.rule->id));
    return verdict.rule->id;
}

static enum lh_suite_id suite_of(void **state)
{
    return *(const enum lh_suite_id *)*state;
}

/* ---- claims -----------------------------------------------------------------------------------
 */

static void unbroken_blocks_are_accepted(void **state)
{
    struct world world;
    struct draft draft;

    world_init(&world, suite_of(state));
    for (size_t i = 0; i < GOOD_COUNT; i++) {
        draft_write(&world, &GOOD[i], &draft);
        const char *rule = verdict_of(&world, &draft, SIZE_MAX);
        if (rule != NULL) {
            fail_msg("%s: refused by %s", GOOD[i].name, rule);
        }
        draft_clear(&draft);
    }
    world_clear(&world);
}

static void every_rule_has_a_block_that_breaks_it(void **state)
{
    (void)state;
    for (size_t rule = 0; rule < lh_chain_rule_count(); rule++) {
        bool is_broken = false;
        for (size_t i = 0; i < BAD_COUNT; i++) {
            is_broken |= strcmp(BAD[i].rule, lh_chain_rule_at(rule)->id) == 0;
        }
        if (!is_broken) {
            fail_msg("nothing breaks %s", lh_chain_rule_at(rule)->id);
        }
    }
}

/* With rule i left out, its own bad block passes and every other is refused by its own rule. */
static void each_rule_alone_refuses_its_block(void **state)
{
    struct world world;
    struct draft draft;

    world_init(&world, suite_of(state));
    for (size_t i = 0; i < BAD_COUNT; i++) {
        draft_write(&world, &BAD[i], &draft);
        const char *rule = verdict_of(&world, &draft, SIZE_MAX);
        if (rule == NULL || strcmp(rule, BAD[i].rule) != 0) {
            fail_msg("%s: %s, not %s", BAD[i].name, rule == NULL ? "accepted" : rule, BAD[i].rule);
        }
        /* 4,097 entries take long; skipping one other rule is enough to show the point there. */
        size_t step = BAD[i].entry_count > 100 ? 2 : 1;
        for (size_t skip = 0; skip < lh_chain_rule_count(); skip += step) {
            bool is_own = strcmp(lh_chain_rule_at(skip)->id, BAD[i].rule) == 0;
            rule = verdict_of(&world, &draft, skip);
            if (is_own ? rule != NULL : rule == NULL || strcmp(rule, BAD[i].rule) != 0) {
                fail_msg("%s without %s: %s", BAD[i].name, lh_chain_rule_at(skip)->id,
                         rule == NULL ? "accepted" : rule);
            }
        }
        draft_clear(&draft);
    }
    world_clear(&world);
}

static enum lh_code judge_as(const struct world *world, const struct lh_epochs *epochs,
                             const struct plan *plan)
{
    struct lh_chain chain = world->chain;
    struct lh_chain_verdict verdict;
    struct world writing = *world;
    struct lh_chain next;
    struct draft draft;
    enum lh_code rc;

    chain.epochs = epochs;
    draft_write(&writing, plan, &draft);
    rc = lh_chain_judge(&chain, world->suite, draft_block(&draft), LH_SEAL_VERIFY, SIZE_MAX, NULL,
                        &next, &verdict, NULL);
    draft_clear(&draft);
    assert_true(rc != LH_OK ||
                lh_hash_is_equal(&next.epoch_hash, &chain.epoch_hash) != (plan->header != NULL));
    return rc;
}

/* Neither good nor bad; beside it every other rule is asked. */
static void an_epoch_that_is_not_known_cannot_be_told(void **state)
{
    static const struct plan unknown = { .entry_count = 2, .header = unknown_epoch };
    static const struct plan later = { .entry_count = 2, .header = later_epoch };
    static const struct plan earlier = { .entry_count = 2, .header = earlier_epoch };
    static const struct plan same = { .entry_count = 2 };
    static const struct plan stranger = { .entry_count = 2,
                                          .header = unknown_epoch,
                                          .is_signed_by_stranger = true };
    struct world world;

    world_init(&world, suite_of(state));
    assert_int_equal(judge_as(&world, world.epochs, &unknown), LH_ERR_UNKNOWN);
    assert_int_equal(judge_as(&world, NULL, &later), LH_ERR_UNKNOWN);
    assert_int_equal(judge_as(&world, NULL, &earlier), LH_ERR_UNKNOWN);
    assert_int_equal(judge_as(&world, world.epochs, &stranger), LH_ERR_FORGED);
    assert_int_equal(judge_as(&world, NULL, &same), LH_OK); /* judged where it was named first */
    assert_int_equal(judge_as(&world, world.epochs, &later), LH_OK);
    world_clear(&world);
}

/* What breaks several rules at once is refused too, whichever rule is left out. */
static void a_block_without_header_is_refused(void **state)
{
    static const struct plan plan = { .name = "no header",
                                      .entry_count = 3,
                                      .has_no_header = true };
    struct world world;
    struct draft draft;

    world_init(&world, suite_of(state));
    draft_write(&world, &plan, &draft);
    assert_string_equal(verdict_of(&world, &draft, SIZE_MAX), "B02");
    for (size_t skip = 0; skip < lh_chain_rule_count(); skip++) {
        assert_non_null(verdict_of(&world, &draft, skip));
    }
    draft_clear(&draft);
    world_clear(&world);
}

static void a_checkpoint_with_an_extension_line_is_refused(void **state)
{
    static const struct plan plan = { .name = "extension",
                                      .entry_count = 1,
                                      .extra_line = "time 1790000000\n" };
    struct world world;
    struct draft draft;

    world_init(&world, suite_of(state));
    draft_write(&world, &plan, &draft);
    assert_string_equal(verdict_of(&world, &draft, SIZE_MAX), "B14");
    for (size_t skip = 0; skip < lh_chain_rule_count(); skip++) {
        assert_non_null(verdict_of(&world, &draft, skip));
    }
    draft_clear(&draft);
    world_clear(&world);
}

static void a_queued_run_skips_only_the_seal(void **state)
{
    static const struct plan stranger = { .entry_count = 1, .is_signed_by_stranger = true };
    static const struct plan root = { .entry_count = 1,
                                      .is_signed_by_stranger = true,
                                      .checkpoint = checkpoint_other_root };
    struct lh_chain_verdict verdict;
    struct world world;
    struct draft draft;

    world_init(&world, suite_of(state));
    draft_write(&world, &stranger, &draft);
    assert_int_equal(lh_chain_judge(&world.chain, world.suite, draft_block(&draft), LH_SEAL_SKIP,
                                    SIZE_MAX, NULL, NULL, &verdict, NULL),
                     LH_OK);
    draft_clear(&draft);
    draft_write(&world, &root, &draft);
    assert_int_equal(lh_chain_judge(&world.chain, world.suite, draft_block(&draft), LH_SEAL_SKIP,
                                    SIZE_MAX, NULL, NULL, &verdict, NULL),
                     LH_ERR_FORGED);
    assert_string_equal(verdict.rule->id, "B16");
    draft_clear(&draft);
    world_clear(&world);
}

static void the_verdict_names_the_leaf(void **state)
{
    static const struct plan odd = { .entry_count = 3, .has_odd_entry = true };
    static const struct plan header = { .entry_count = 3, .header = earlier_epoch };
    struct lh_chain_verdict verdict;
    struct world world;
    struct draft draft;

    world_init(&world, suite_of(state));
    draft_write(&world, &odd, &draft);
    assert_int_equal(lh_chain_judge(&world.chain, world.suite, draft_block(&draft), LH_SEAL_VERIFY,
                                    SIZE_MAX, NULL, NULL, &verdict, NULL),
                     LH_ERR_FORGED);
    assert_int_equal(verdict.index, world.chain.tree.size + 1);
    draft_clear(&draft);
    draft_write(&world, &header, &draft);
    assert_int_equal(lh_chain_judge(&world.chain, world.suite, draft_block(&draft), LH_SEAL_VERIFY,
                                    SIZE_MAX, NULL, NULL, &verdict, NULL),
                     LH_ERR_FORGED);
    assert_int_equal(verdict.index, world.chain.tree.size + 3);
    draft_clear(&draft);
    world_clear(&world);
}

/* ---- what lh_chain_build writes ---------------------------------------------------------------
 */

static size_t random_heads(struct lh_seeded *seeded, lhpb_Head *heads)
{
    size_t count = lh_seeded_below(seeded, 4);

    for (size_t i = 0; i < count; i++) {
        memset(&heads[i], 0, sizeof heads[i]);
        (void)snprintf(heads[i].origin, sizeof heads[i].origin, "jinhua/z%zu/%d", i,
                       1 + (int)lh_seeded_below(seeded, 3));
        heads[i].size = 1 + lh_seeded_below(seeded, 1000);
        lh_seeded_fill(seeded, heads[i].root, 32);
    }
    return count;
}

/* Build, sign and judge one random block; the world moves on. `draft` holds its bytes. */
static void grow(struct world *world, struct draft *draft)
{
    struct lh_chain_verdict verdict;
    struct lh_buf header = LH_BUF_EMPTY;
    struct lh_checkpoint checkpoint;
    struct lh_chain built;
    struct lh_chain judged;
    lhpb_Head heads[4];

    draft_init(draft);
    size_t count = 1 + lh_seeded_below(&world->seeded, 6);
    for (size_t i = 0; i < count; i++) {
        draft_add_entry(world, draft, 1 + lh_seeded_below(&world->seeded, 90));
    }
    for (size_t i = 0; i < count; i++) {
        draft->leaves[i] = draft_leaf(draft, i);
    }
    int64_t time_ms =
        (int64_t)world->chain.time_unix_ms + 1 + (int64_t)lh_seeded_below(&world->seeded, 1000);
    size_t head_count = random_heads(&world->seeded, heads);
    assert_int_equal(lh_chain_build(&world->chain, world->suite, &header, &built, NULL,
                                    draft->leaves, count, time_ms, heads, head_count, NULL),
                     LH_OK);
    lh_buf_add(&draft->bytes, lh_buf_bytes(&header));
    draft_close_leaf(draft);
    lh_chain_checkpoint(&built, world->suite, &checkpoint);
    assert_int_equal(
        lh_checkpoint_sign(&draft->checkpoint, &checkpoint, &world->chain.seal, world->seal, NULL),
        LH_OK);
    assert_int_equal(lh_chain_judge(&world->chain, world->suite, draft_block(draft), LH_SEAL_VERIFY,
                                    SIZE_MAX, NULL, &judged, &verdict, NULL),
                     LH_OK);
    assert_int_equal(judged.height, built.height);
    assert_int_equal(judged.time_unix_ms, time_ms);
    assert_true(lh_hash_is_equal(&judged.prev, &built.prev));
    assert_int_equal(judged.tree.size, built.tree.size);
    struct lh_hash root = lh_tree_root(&judged.tree, world->suite);
    assert_true(lh_hash_is_equal(&root, &checkpoint.root));
    lh_buf_clear(&header);
}

/* Flip bit `bit` of leaves || checkpoint; refused, whatever it was. */
static void flip_and_judge(const struct world *world, struct draft *draft, size_t bit)
{
    size_t at = bit / 8;
    uint8_t *byte = at < draft->bytes.len ? &draft->bytes.data[at]
                                          : &draft->checkpoint.data[at - draft->bytes.len];

    *byte ^= (uint8_t)(1U << (bit % 8));
    if (verdict_of(world, draft, SIZE_MAX) == NULL) {
        fail_msg("bit %zu of %zu + %zu bytes flipped, and accepted", bit, draft->bytes.len,
                 draft->checkpoint.len);
    }
    *byte ^= (uint8_t)(1U << (bit % 8));
}

static void random_chains_hold_and_any_flipped_bit_is_refused(void **state)
{
    static const uint64_t seeds[] = { 1, 2, 20261124 };

    for (size_t s = 0; s < sizeof seeds / sizeof seeds[0]; s++) {
        struct world world;
        world_init(&world, suite_of(state));
        world.seeded.state = seeds[s];
        for (size_t height = 2; height < 12; height++) {
            struct draft draft;
            struct lh_chain next;
            struct lh_chain_verdict verdict;
            grow(&world, &draft);
            size_t bits = 8 * (draft.bytes.len + draft.checkpoint.len);
            /* every bit of one block, a sample of the others */
            bool is_whole = suite_of(state) == LH_SUITE_W && s == 0 && height == 2;
            for (size_t bit = 0; bit < bits;
                 bit += is_whole ? 1 : 1 + lh_seeded_below(&world.seeded, 400)) {
                flip_and_judge(&world, &draft, bit);
            }
            assert_int_equal(lh_chain_judge(&world.chain, world.suite, draft_block(&draft),
                                            LH_SEAL_VERIFY, SIZE_MAX, NULL, &next, &verdict, NULL),
                             LH_OK);
            world.chain = next;
            draft_clear(&draft);
        }
        world_clear(&world);
    }
}

static void build_refuses_what_judge_would_refuse(void **state)
{
    struct lh_buf header = LH_BUF_EMPTY;
    struct lh_chain next;
    struct world world;
    struct draft draft;
    lhpb_Head own = { .origin = DRAFT_ORIGIN, .size = 1 };

    world_init(&world, suite_of(state));
    draft_init(&draft);
    draft_add_entry(&world, &draft, 10);
    struct lh_bytes entry = draft_leaf(&draft, 0);
    int64_t now = (int64_t)world.chain.time_unix_ms;
    assert_int_equal(lh_chain_build(&world.chain, world.suite, &header, &next, NULL, &entry, 0,
                                    now + 1, NULL, 0, NULL),
                     LH_ERR_INVALID);
    assert_int_equal(lh_chain_build(&world.chain, world.suite, &header, &next, NULL, &entry, 1, now,
                                    NULL, 0, NULL),
                     LH_ERR_INVALID);
    assert_int_equal(lh_chain_build(&world.chain, world.suite, &header, &next, NULL, &entry, 1,
                                    now + 1, &own, 1, NULL),
                     LH_ERR_INVALID);
    assert_int_equal(header.len, 0);
    lh_buf_clear(&header);
    draft_clear(&draft);
    world_clear(&world);
}

struct heard {
    uint64_t leaves;
    uint64_t nodes;
};

static void on_node(void *arg, unsigned level, uint64_t index, const struct lh_hash *hash)
{
    struct heard *heard = arg;

    (void)index;
    (void)hash;
    heard->leaves += level == 0;
    heard->nodes++;
}

static void the_sink_hears_of_every_completed_node(void **state)
{
    static const struct plan plan = { .entry_count = 5 };
    struct heard heard = { .leaves = 0 };
    const struct lh_tree_sink sink = { .node = on_node, .arg = &heard };
    struct lh_chain_verdict verdict;
    struct world world;
    struct draft draft;

    world_init(&world, suite_of(state)); /* 2 leaves */
    draft_write(&world, &plan, &draft);
    assert_int_equal(lh_chain_judge(&world.chain, world.suite, draft_block(&draft), LH_SEAL_VERIFY,
                                    SIZE_MAX, &sink, NULL, &verdict, NULL),
                     LH_OK);
    assert_int_equal(heard.leaves, 6);
    assert_int_equal(heard.nodes, 6 + 3 + 2 + 1); /* 8 leaves in all: pairs 1..3, quads, root */
    draft_clear(&draft);
    world_clear(&world);
}

int main(void)
{
    static enum lh_suite_id w = LH_SUITE_W;
    static enum lh_suite_id g = LH_SUITE_G;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_has_a_block_that_breaks_it),
        cmocka_unit_test_prestate(unbroken_blocks_are_accepted, &w),
        cmocka_unit_test_prestate(unbroken_blocks_are_accepted, &g),
        cmocka_unit_test_prestate(each_rule_alone_refuses_its_block, &w),
        cmocka_unit_test_prestate(each_rule_alone_refuses_its_block, &g),
        cmocka_unit_test_prestate(an_epoch_that_is_not_known_cannot_be_told, &w),
        cmocka_unit_test_prestate(a_block_without_header_is_refused, &w),
        cmocka_unit_test_prestate(a_checkpoint_with_an_extension_line_is_refused, &w),
        cmocka_unit_test_prestate(a_queued_run_skips_only_the_seal, &w),
        cmocka_unit_test_prestate(the_verdict_names_the_leaf, &w),
        cmocka_unit_test_prestate(random_chains_hold_and_any_flipped_bit_is_refused, &w),
        cmocka_unit_test_prestate(random_chains_hold_and_any_flipped_bit_is_refused, &g),
        cmocka_unit_test_prestate(build_refuses_what_judge_would_refuse, &w),
        cmocka_unit_test_prestate(the_sink_hears_of_every_completed_node, &w),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
