#include "cli/verify/witnessed.h"

#include "cli/verify/trust.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void lh_witnessed_clear(struct lh_witnessed *witnessed)
{
    free(witnessed->ledgers);
    memset(witnessed, 0, sizeof *witnessed);
}

struct lh_witnessed_ledger lh_witnessed_at(const struct lh_witnessed *witnessed, size_t ledger)
{
    return ledger < witnessed->count ? witnessed->ledgers[ledger]
                                     : (struct lh_witnessed_ledger){ .quorum_size = 0 };
}

bool lh_witnessed_is_continued(const struct lh_replay *replay, size_t ledger)
{
    const struct lh_replay_ledger *before = lh_replay_ledger_at(replay, ledger);

    for (size_t i = 0; i < lh_replay_ledger_count(replay); i++) {
        const struct lh_replay_ledger *later = lh_replay_ledger_at(replay, i);

        if (later->prev_size > 0 && later->prev_size == before->size &&
            strcmp(later->prev_origin, before->origin) == 0) {
            return true;
        }
    }
    return false;
}

static struct lh_witnessed_ledger *find_ledger(struct lh_witnessed *witnessed, size_t ledger)
{
    if (ledger >= witnessed->count) {
        struct lh_witnessed_ledger *grown =
            realloc(witnessed->ledgers, (ledger + 1) * sizeof *grown);

        if (grown == NULL) {
            return NULL;
        }
        memset(grown + witnessed->count, 0, (ledger + 1 - witnessed->count) * sizeof *grown);
        witnessed->ledgers = grown;
        witnessed->count = ledger + 1;
    }
    return &witnessed->ledgers[ledger];
}

/* The judge knows the members by the genesis file that was given or, where only its id was, by the
 * one in the archive: rule T01 holds it against that id. */
static const struct lh_genesis *known_genesis(const struct lh_replay *replay,
                                              const struct lh_trust *trust)
{
    return trust->has_network ? lh_replay_genesis(replay) : NULL;
}

static void blame(struct lh_witnessed *witnessed, size_t ledger, uint64_t size)
{
    if (!witnessed->is_forged) {
        witnessed->is_forged = true;
        witnessed->forged_ledger = ledger;
        witnessed->forged_size = size;
    }
}

/* The judge was given it: carried in the archive alone it may be made up. */
static bool is_given(const struct lh_replay *replay, const struct lh_trust *trust,
                     const struct lh_hash *epoch)
{
    const struct lh_members *members = lh_epochs_find(lh_replay_epochs(replay), epoch);

    return members != NULL && lh_members_number(members) <= trust->epoch_count;
}

/* spec ledger.md 11.1: "A ledger is witnessed, or final, up to the size of the largest of its heads
 * that reaches that level" */
static enum lh_code judge_level(struct lh_witnessed_ledger *into, const struct lh_replay *replay,
                                const struct lh_trust *trust, const struct lh_replay_ledger *ledger,
                                const struct lh_note *note, struct lh_err *err)
{
    struct lh_standing standing;
    struct lh_origin origin;
    enum lh_code rc = lh_origin_parse(&origin, lh_bytes_of_text(ledger->origin), err);

    /* spec ledger.md 11.1: "A head of an epoch that the judge was not given reaches no level." */
    if (rc == LH_OK && (!is_given(replay, trust, &ledger->epoch) ||
                        !is_given(replay, trust, &ledger->epoch_before))) {
        return LH_OK;
    }
    if (rc == LH_OK) {
        rc = lh_standing_judge(&standing, lh_replay_suite(replay), lh_replay_epochs(replay),
                               &ledger->epoch, &ledger->epoch_before, origin.department, note, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    for (int level = LH_LEVEL_SEALED; level <= (int)standing.level; level++) {
        into->sizes[level] = ledger->size;
    }
    return LH_OK;
}

static enum lh_code judge_head(struct lh_witnessed *witnessed, const struct lh_replay *replay,
                               const struct lh_trust *trust, size_t index,
                               const struct lh_note *note, struct lh_err *err)
{
    const struct lh_replay_ledger *ledger = lh_replay_ledger_at(replay, index);
    struct lh_witnessed_ledger *into = find_ledger(witnessed, index);
    enum lh_code rc = LH_OK;

    if (into == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory for cosignatures");
    }
    if (witnessed->is_counted) {
        rc = judge_level(into, replay, trust, ledger, note, err);
    }
    if (rc == LH_OK && witnessed->has_quorum) {
        rc = lh_policy_judge(&trust->policy, note, NULL, err);
        into->quorum_size = rc == LH_OK ? ledger->size : into->quorum_size;
    }
    if (rc == LH_ERR_FORGED) {
        blame(witnessed, index, ledger->size);
        rc = LH_OK;
    }
    return rc == LH_ERR_UNKNOWN ? LH_OK : rc;
}

enum lh_code lh_witnessed_take(struct lh_witnessed *witnessed, const struct lh_replay *replay,
                               const struct lh_trust *trust, struct lh_bytes checkpoint,
                               struct lh_err *err)
{
    size_t count = lh_replay_ledger_count(replay);
    struct lh_checkpoint head;
    struct lh_note note;

    witnessed->is_counted = known_genesis(replay, trust) != NULL;
    witnessed->has_quorum = lh_trust_has_quorum(trust);
    if (count == 0 || (!witnessed->is_counted && !witnessed->has_quorum) ||
        lh_note_parse(&note, checkpoint, NULL) != LH_OK || note.line_count < 2 ||
        lh_checkpoint_parse(&head, note.text, NULL) != LH_OK) {
        return LH_OK;
    }
    const struct lh_replay_ledger *ledger = lh_replay_ledger_at(replay, count - 1);
    if (ledger->is_stopped || head.size != ledger->size || head.size == 0) {
        return LH_OK;
    }
    return judge_head(witnessed, replay, trust, count - 1, &note, err);
}

/* ---- what is asked for ---- */

/* Of a ledger that no other continues: does it reach its last head? */
static enum lh_code judge_reach(const struct lh_witnessed *witnessed,
                                const struct lh_replay *replay, size_t index,
                                const struct lh_trust *trust, struct lh_err *err)
{
    const struct lh_replay_ledger *ledger = lh_replay_ledger_at(replay, index);
    struct lh_witnessed_ledger reached = lh_witnessed_at(witnessed, index);

    if (trust->level > LH_LEVEL_SEALED && !witnessed->is_counted) {
        return lh_err_set(err, LH_ERR_UNKNOWN,
                          "its level cannot be told: whose cosignatures count is said by the "
                          "genesis file, and signatures have to be checked");
    }
    if (trust->level > LH_LEVEL_SEALED && reached.sizes[trust->level] < ledger->size) {
        return lh_err_set(err, LH_ERR_UNKNOWN,
                          "%s is %s up to size %" PRIu64 " of %" PRIu64 " only", ledger->origin,
                          lh_level_name(trust->level), reached.sizes[trust->level], ledger->size);
    }
    if (lh_trust_has_quorum(trust) && reached.quorum_size < ledger->size) {
        return lh_err_set(err, LH_ERR_UNKNOWN,
                          "too few witnesses have cosigned %s: a quorum up to size %" PRIu64
                          " of %" PRIu64,
                          ledger->origin, reached.quorum_size, ledger->size);
    }
    return LH_OK;
}

/* spec ledger.md 11.1: "Where a judge asks for a level, or for a quorum, and a ledger does not have
 * it, the result is undecidable, for lines may still be added." */
enum lh_code lh_witnessed_judge(const struct lh_witnessed *witnessed,
                                const struct lh_replay *replay, const struct lh_trust *trust,
                                struct lh_err *err)
{
    enum lh_code rc = LH_OK;

    if (witnessed->is_forged) {
        return lh_err_set(
            err, LH_ERR_FORGED, "%s, size %" PRIu64 ": a witness's cosignature does not verify",
            lh_replay_ledger_at(replay, witnessed->forged_ledger)->origin, witnessed->forged_size);
    }
    for (size_t i = 0; rc == LH_OK && i < lh_replay_ledger_count(replay); i++) {
        if (!lh_witnessed_is_continued(replay, i)) {
            rc = judge_reach(witnessed, replay, i, trust, err);
        }
    }
    return rc;
}
