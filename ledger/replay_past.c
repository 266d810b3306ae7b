/*
 * What was verified before spares the signatures of entries, and nothing else.
 *
 *  1. They are spared on trust until the mark is reached. There the root must be the same, or the
 *     ledger has a finding: no ledger is found good whose mark was not met.
 *  2. An altered entry below the mark may have changed keys on that trust; the finding covers it.
 *
 * Spec: specs/ledger.md 11, T03.
 */
#include "ledger/replay_internal.h"

#include <stdio.h>
#include <string.h>

/* The past, where it is of the network being judged. */
static const struct lh_replay_past *past_of(const struct lh_replay *replay)
{
    const struct lh_replay_past *past = replay->options.past;

    if (past == NULL || replay->genesis == NULL ||
        !lh_hash_is_equal(&past->network_id, lh_genesis_network_id(replay->genesis))) {
        return NULL;
    }
    return past;
}

void lh_replay_find_mark(struct lh_replay *replay)
{
    const struct lh_replay_past *past = past_of(replay);
    const char *origin = lh_replay_current(replay)->origin;

    for (size_t i = 0; past != NULL && i < past->count; i++) {
        if (strcmp(past->marks[i].origin, origin) == 0) {
            replay->stage.mark = &past->marks[i];
        }
    }
}

/* spec ledger.md 11: "Under the same network id and the same root the leaves are the same, so the
 * signatures of entries in leaves below that size need not be checked again." */
bool lh_replay_is_past(const struct lh_replay *replay, uint64_t index)
{
    return replay->stage.mark != NULL && index < replay->stage.mark->size;
}

/* spec ledger.md 11: "Where the judge verified a ledger before, its first leaves have the root that
 * was found then." */
void lh_replay_judge_mark(struct lh_replay *replay)
{
    const struct lh_replay_mark *mark = replay->stage.mark;
    struct lh_replay_ledger *ledger = lh_replay_current(replay);

    if (mark == NULL || ledger->size < mark->size) {
        return;
    }
    struct lh_hash root = lh_tree_root(&replay->stage.chain.tree, replay->suite);
    if (ledger->size == mark->size && lh_hash_is_equal(&root, &mark->root)) {
        ledger->taken_size = mark->size;
    } else {
        /* spec ledger.md 11: "T03 is failed where the root at that size is another one, or no block
         * ends there." */
        lh_replay_find(replay, LH_ERR_FORGED, "T03", LH_REPLAY_NO_INDEX,
                       "what was verified before is not what stands here; without the state of "
                       "that time every signature is checked");
    }
    replay->stage.mark = NULL;
}

/* spec ledger.md 11: "T03 is cannot tell where the ledger ends before that size or is not in the
 * archive, and where what was kept is of another network, which spares nothing." */
void lh_replay_end_mark(struct lh_replay *replay)
{
    if (replay->stage.mark != NULL) {
        lh_replay_find(replay, LH_ERR_UNKNOWN, "T03", LH_REPLAY_NO_INDEX,
                       "the ledger ends before what was verified before, so signatures in it were "
                       "not checked");
    }
    replay->stage.mark = NULL;
}

static bool has_ledger(const struct lh_replay *replay, const char *origin)
{
    for (size_t i = 0; i < replay->ledger_count; i++) {
        if (strcmp(replay->ledgers[i].origin, origin) == 0) {
            return true;
        }
    }
    return false;
}

static void find_unplaced(struct lh_replay *replay, const char *text)
{
    const struct lh_replay_place place = { .ledger = LH_REPLAY_NO_LEDGER,
                                           .index = LH_REPLAY_NO_INDEX };

    lh_replay_findings_add(&replay->findings, LH_ERR_UNKNOWN, lh_replay_rule_find("T03"), &place,
                           text);
}

void lh_replay_judge_past(struct lh_replay *replay)
{
    const struct lh_replay_past *past = past_of(replay);
    char text[LH_REPLAY_TEXT_MAX];

    if (replay->options.past != NULL && past == NULL) {
        find_unplaced(replay, "what was verified before is of another network");
    }
    for (size_t i = 0; past != NULL && i < past->count; i++) {
        if (!has_ledger(replay, past->marks[i].origin)) {
            (void)snprintf(text, sizeof text, "%s was verified before and is not here",
                           past->marks[i].origin);
            find_unplaced(replay, text);
        }
    }
}
