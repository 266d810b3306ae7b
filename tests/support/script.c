#include "tests/support/script.h"

#include "crypto/base/assert.h"
#include "ledger/generation.h"

#include <stdlib.h>

static void must(enum lh_code rc)
{
    lh_assert(rc == LH_OK);
}

static void seal_all(struct lh_script *script)
{
    for (size_t who = 0; who < LH_SCRIPT_DEPARTMENTS; who++) {
        for (size_t i = 0; i < LH_SCRIPT_BLOCKS; i++) {
            script->blocks[0][who][i] = lh_town_seal(script->town, who, 0, 2 + i % 2);
            script->blocks[1][who][i] = script->blocks[0][who][i];
            if (who == script->liar && i + 1 == LH_SCRIPT_COMMON) {
                lh_town_split(script->town, script->liar);
            }
        }
    }
    for (size_t i = LH_SCRIPT_COMMON; i < LH_SCRIPT_BLOCKS; i++) {
        script->blocks[1][script->liar][i] =
            lh_town_seal(script->town, script->liar, 1, 2 + (i + 1) % 2);
    }
}

/* The ways to break what follows the common blocks, and then those to break the first one. */
static void break_all(struct lh_script *script)
{
    const struct lh_town_block *const *blocks = script->blocks[0][script->liar];
    const struct lh_chain *after = &blocks[LH_SCRIPT_COMMON - 1]->next;
    size_t later = lh_breaker_count(false);
    struct lh_chain empty;

    must(lh_generation_chain(&empty, lh_town_suite(script->town), lh_town_genesis(script->town),
                             after->origin, blocks[0]->block.leaves[0], NULL));
    script->broken_count = later + lh_breaker_count(true);
    script->broken = calloc(script->broken_count, sizeof script->broken[0]);
    lh_assert(script->broken != NULL);
    for (size_t i = 0; i < later; i++) {
        lh_breaker_make(&script->broken[i], script->town, script->liar, after,
                        &blocks[LH_SCRIPT_COMMON]->block, i);
    }
    for (size_t i = later; i < script->broken_count; i++) {
        lh_breaker_make(&script->broken[i], script->town, script->liar, &empty, &blocks[0]->block,
                        i - later);
    }
}

/* Who holds branch `branch` of everything. */
static void hold_all(struct lh_script *script, unsigned branch)
{
    struct lh_replica_options options = { .suite = lh_town_suite(script->town),
                                          .genesis = lh_town_genesis(script->town),
                                          .department = lh_town_department(script->reader) };

    script->mems[branch] = lh_replica_mem_new(LH_SUITE_W);
    for (size_t who = 0; who < LH_SCRIPT_DEPARTMENTS; who++) {
        for (size_t i = 0; i < LH_SCRIPT_BLOCKS; i++) {
            const struct lh_town_block *made = script->blocks[branch][who][i];

            lh_replica_mem_put(script->mems[branch], &made->block, &made->next);
        }
    }
    options.store = lh_replica_mem_store(script->mems[branch]);
    must(lh_replica_new(&script->holders[branch], &options, NULL));
}

/* Two heads of different branches, and one block that breaks a rule. */
static void accuse_all(struct lh_script *script)
{
    struct lh_evidence evidence = { .genesis = lh_genesis_bytes(lh_town_genesis(script->town)),
                                    .generation =
                                        script->blocks[0][script->liar][0]->block.leaves[0] };
    const struct lh_town_block *first = script->blocks[0][script->liar][LH_SCRIPT_COMMON];
    const struct lh_town_block *second = script->blocks[1][script->liar][LH_SCRIPT_BLOCKS - 1];
    struct lh_replica_mem *mem = lh_replica_mem_new(LH_SUITE_W);
    struct lh_replica_options options = { .suite = lh_town_suite(script->town),
                                          .genesis = lh_town_genesis(script->town),
                                          .department = lh_town_department(script->reader) };
    struct lh_replica *behind;

    evidence.kind = LH_EVIDENCE_TWO_HISTORIES;
    evidence.first = first->block.checkpoint;
    evidence.second = second->block.checkpoint;
    must(lh_replica_root(script->holders[1], lh_town_origin(script->town, script->liar),
                         first->next.tree.size, &evidence.root, NULL));
    must(lh_replica_prove(script->holders[1], lh_town_origin(script->town, script->liar),
                          first->next.tree.size, second->next.tree.size, &evidence.proof, NULL));
    must(lh_evidence_format(&script->evidence[0], &evidence, NULL));
    evidence.kind = LH_EVIDENCE_TWO_ROOTS; /* which it is not: the sizes differ */
    evidence.proof.count = 0;
    must(lh_evidence_format(&script->evidence[1], &evidence, NULL));
    for (size_t i = 0; i < LH_SCRIPT_COMMON; i++) {
        lh_replica_mem_put(mem, &script->blocks[0][script->liar][i]->block,
                           &script->blocks[0][script->liar][i]->next);
    }
    options.store = lh_replica_mem_store(mem);
    must(lh_replica_new(&behind, &options, NULL));
    must(lh_replica_accuse(behind, lh_town_origin(script->town, script->liar),
                           &script->broken[0].made.block, &script->evidence[2], NULL));
    lh_replica_free(behind);
    lh_replica_mem_free(mem);
    lh_buf_add_text(&script->evidence[3], "liuhen/evidence@v2\n");
}

struct lh_script *lh_script_new(size_t liar, size_t reader)
{
    struct lh_script *script = calloc(1, sizeof *script);

    lh_assert(script != NULL);
    script->liar = liar;
    script->reader = reader;
    script->town = lh_town_new(LH_SUITE_W, LH_SCRIPT_DEPARTMENTS);
    seal_all(script);
    break_all(script);
    hold_all(script, 0);
    hold_all(script, 1);
    accuse_all(script);
    lh_town_prepare(script->town, liar, 2, 1, &script->act);
    return script;
}
