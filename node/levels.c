#include "node/levels.h"

#include "net/tally.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KINDS = 2 };

static const enum lh_level KIND_LEVELS[KINDS] = { LH_LEVEL_FINAL, LH_LEVEL_WITNESSED };

/* One head on its way to the store. */
struct keeping {
    struct lh_errand errand; /* first: an errand is one of these */
    struct lh_levels *levels;
    enum lh_level level;
    uint64_t size;
    struct lh_buf note; /* our checkpoint, with the lines of who cosigned it */
};

struct lh_levels {
    struct lh_store *store;
    struct lh_ledger *ledger;
    struct lh_log *log;
    struct lh_peers *peers;
    struct lh_suite *suite;
    char department[LH_CODE_MAX + 1];
    size_t epoch_count;             /* of which the next two are */
    struct lh_policy witnesses;     /* whose lines may stand on heads of ours */
    _Atomic int highest;            /* level that the newest of them lets heads reach */
    uint64_t handed[KINDS];         /* sizes of the heads that were handed to the committer */
    _Atomic bool is_keeping;        /* `keeping` is the committer's */
    _Atomic unsigned reached_count; /* changes whenever something was kept */
    struct keeping keeping;
    struct lh_waiting *waiting;
    size_t weight; /* of all who wait */
    bool is_stopping;
};

/* ---- life ---- */

static bool has_key(const struct lh_note_key *keys, size_t count, const struct lh_note_key *key)
{
    for (size_t i = 0; i < count; i++) {
        if (lh_pubkey_is_equal(&keys[i].key, &key->key)) {
            return true;
        }
    }
    return false;
}

/* A witness of the policy, which nobody asks by its name; one that has no room is left out. */
static void add_witness(struct lh_buf *out, struct lh_note_key *keys, size_t *count,
                        const struct lh_note_key *key)
{
    if (*count < LH_POLICY_PARTIES_MAX && !has_key(keys, *count, key)) {
        keys[(*count)++] = *key;
        lh_buf_add_format(out, "witness %zu ", *count);
        lh_note_key_format(out, key);
        lh_buf_add_u8(out, '\n');
    }
}

/* The designated witnesses of all epochs, those of the newest first. */
static enum lh_code list_witnesses(struct lh_levels *levels, struct lh_buf *out,
                                   struct lh_note_key *keys, int *out_highest, struct lh_err *err)
{
    const struct lh_epochs *epochs = lh_ledger_epochs(levels->ledger);
    size_t count = 0;
    enum lh_code rc = LH_OK;

    *out_highest = -1;
    for (size_t i = levels->epoch_count; rc == LH_OK && i > 0; i--) {
        const struct lh_members *members = lh_epochs_at(epochs, i - 1);
        struct lh_tally tally;

        if (lh_members_find(members, levels->department) == NULL) {
            continue;
        }
        rc = lh_tally_init(&tally, levels->suite, members, levels->department, err);
        for (unsigned n = 0; rc == LH_OK && n < tally.count; n++) {
            add_witness(out, keys, &count, &tally.witnesses[n].witness_key);
            add_witness(out, keys, &count, &tally.witnesses[n].mirror_key);
        }
        for (int level = LH_LEVEL_FINAL; rc == LH_OK && *out_highest < 0; level--) {
            *out_highest = lh_tally_can_reach(&tally, (enum lh_level)level) ? level : -1;
        }
    }
    lh_buf_add_text(out, "quorum none\n");
    return rc == LH_OK ? lh_buf_check(out, err) : rc;
}

/* While the committer keeps nothing. */
static enum lh_code read_witnesses(struct lh_levels *levels, struct lh_err *err)
{
    struct lh_note_key *keys = calloc(LH_POLICY_PARTIES_MAX, sizeof *keys);
    struct lh_policy witnesses = LH_POLICY_EMPTY;
    struct lh_buf text = LH_BUF_EMPTY;
    int highest = LH_LEVEL_SEALED;
    enum lh_code rc = keys != NULL ? LH_OK : lh_err_set(err, LH_ERR_NOMEM, "witnesses");

    levels->epoch_count = lh_epochs_count(lh_ledger_epochs(levels->ledger));
    if (rc == LH_OK) {
        rc = list_witnesses(levels, &text, keys, &highest, err);
    }
    if (rc == LH_OK) {
        rc = lh_policy_parse(&witnesses, lh_buf_bytes(&text), err);
    }
    if (rc == LH_OK) {
        lh_policy_clear(&levels->witnesses);
        levels->witnesses = witnesses;
        atomic_store(&levels->highest, highest);
    }
    lh_buf_clear(&text);
    free(keys);
    return rc;
}

enum lh_code lh_levels_new(struct lh_levels **out, const struct lh_levels_options *options,
                           struct lh_err *err)
{
    struct lh_levels *levels = calloc(1, sizeof *levels);
    enum lh_code rc;

    if (levels == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "levels");
    }
    levels->store = options->store;
    levels->ledger = options->ledger;
    levels->log = options->log;
    levels->peers = options->peers;
    levels->witnesses = (struct lh_policy)LH_POLICY_EMPTY;
    levels->suite = options->suite;
    (void)snprintf(levels->department, sizeof levels->department, "%s", options->department);
    rc = read_witnesses(levels, err);
    if (rc != LH_OK) {
        lh_levels_free(levels);
        return lh_err_wrap(err, rc, "levels");
    }
    *out = levels;
    return LH_OK;
}

void lh_levels_free(struct lh_levels *levels)
{
    if (levels != NULL) {
        lh_buf_clear(&levels->keeping.note);
        lh_policy_clear(&levels->witnesses);
        free(levels);
    }
}

/* ---- keeping ---- */

/* The checkpoint of that size with all lines that it has so far. */
static enum lh_code read_held(struct lh_levels *levels, uint64_t size, struct lh_buf *out,
                              struct lh_err *err)
{
    enum lh_code rc =
        lh_cosigned_get(levels->store, lh_ledger_origin(levels->ledger), size, out, err);

    return rc == LH_ERR_NOT_FOUND ? lh_ledger_sealed(levels->ledger, size, out, err) : rc;
}

/* On the committer's thread. What cannot be kept is left out: the head below stays what it was. */
static enum lh_code keep(struct lh_errand *errand, struct lh_err *err)
{
    struct keeping *keeping = (struct keeping *)errand;
    struct lh_levels *levels = keeping->levels;
    const char *origin = lh_ledger_origin(levels->ledger);
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_buf held = LH_BUF_EMPTY;
    struct lh_buf merged = LH_BUF_EMPTY;
    enum lh_code rc = read_held(levels, keeping->size, &held, err);

    if (rc == LH_OK) {
        rc = lh_cosigned_merge(&merged, &levels->witnesses, lh_buf_bytes(&held),
                               lh_buf_bytes(&keeping->note), NULL, err);
    }
    if (rc == LH_OK) {
        lh_cosigned_put(&batch, origin, keeping->size, lh_buf_bytes(&merged));
        lh_cosigned_mark(&batch, origin, keeping->size, keeping->level);
        rc = lh_store_commit(levels->store, &batch, err);
    }
    lh_store_batch_clear(&batch);
    lh_buf_clear(&merged);
    lh_buf_clear(&held);
    if (rc == LH_ERR_IO || rc == LH_ERR_CORRUPT) {
        return rc; /* the process ends */
    }
    if (rc != LH_OK) {
        lh_log_write(levels->log, LH_LOG_WARN, "level.unkept",
                     "origin=%s size=%" PRIu64 " level=%s reason=\"%s\"", origin, keeping->size,
                     lh_level_name(keeping->level), err->text);
    }
    (void)atomic_fetch_add(&levels->reached_count, 1);
    atomic_store(&levels->is_keeping, false);
    return LH_OK;
}

static void hand_over(struct lh_levels *levels, struct lh_sealer *sealer)
{
    struct keeping *keeping = &levels->keeping;

    if (levels->epoch_count != lh_epochs_count(lh_ledger_epochs(levels->ledger)) &&
        read_witnesses(levels, NULL) != LH_OK) {
        levels->epoch_count = 0; /* no memory: in a while */
        return;
    }
    for (size_t i = 0; i < KINDS; i++) {
        if (lh_peers_reached(levels->peers, KIND_LEVELS[i], levels->handed[i], &keeping->size,
                             &keeping->note)) {
            levels->handed[i] = keeping->size;
            keeping->errand.run = keep;
            keeping->levels = levels;
            keeping->level = KIND_LEVELS[i];
            atomic_store(&levels->is_keeping, true);
            lh_sealer_send(sealer, &keeping->errand);
            return;
        }
    }
}

/* ---- waiting ---- */

bool lh_levels_can_reach(const struct lh_levels *levels, enum lh_level level)
{
    return (int)level <= atomic_load(&levels->highest);
}

bool lh_levels_can_rise(const struct lh_levels *levels)
{
    return levels->peers != NULL;
}

unsigned lh_levels_seen(struct lh_levels *levels)
{
    return atomic_load(&levels->reached_count);
}

static void add_waiting(struct lh_levels *levels, struct lh_waiting *waiting)
{
    waiting->next = levels->waiting;
    levels->waiting = waiting;
    levels->weight += waiting->weight;
}

bool lh_levels_wait(struct lh_levels *levels, struct lh_waiting *waiting)
{
    if (levels->is_stopping || waiting->weight > LH_LEVELS_WEIGHT_MAX - levels->weight) {
        return false;
    }
    add_waiting(levels, waiting);
    return true;
}

/* Who looks again and finds too little waits anew: the list is taken off first. */
static void let_go(struct lh_levels *levels, int64_t now_mono_ms)
{
    struct lh_waiting *waiting = levels->waiting;
    unsigned reached_count = lh_levels_seen(levels);

    levels->waiting = NULL;
    levels->weight = 0;
    while (waiting != NULL) {
        struct lh_waiting *next = waiting->next;
        bool is_over = levels->is_stopping || now_mono_ms >= waiting->deadline_mono_ms;

        if (is_over || waiting->seen_count != reached_count) {
            waiting->resume(waiting->arg, is_over);
        } else {
            add_waiting(levels, waiting);
        }
        waiting = next;
    }
}

void lh_levels_tick(struct lh_levels *levels, struct lh_sealer *sealer, int64_t now_mono_ms,
                    bool is_stopping)
{
    levels->is_stopping = is_stopping;
    if (!is_stopping && !atomic_load(&levels->is_keeping)) {
        hand_over(levels, sealer);
    }
    let_go(levels, now_mono_ms);
}

/* ---- of one leaf ---- */

/* spec ledger.md 8.5: "A receipt is made under the head that says most of its entry" */
enum lh_code lh_levels_of(struct lh_store *store, const struct lh_ledger *ledger, uint64_t index,
                          uint64_t *out_size, enum lh_level *out_level, struct lh_err *err)
{
    enum lh_code rc =
        lh_cosigned_best(store, lh_ledger_origin(ledger), index + 1, out_size, out_level, err);

    if (rc == LH_ERR_NOT_FOUND) {
        *out_size = 0;
        *out_level = LH_LEVEL_SEALED;
        rc = LH_OK;
    }
    return rc;
}

enum lh_code lh_levels_receipt(struct lh_store *store, struct lh_ledger *ledger,
                               struct lh_suite *suite, uint64_t index, struct lh_receipt *out,
                               enum lh_level *out_level, struct lh_err *err)
{
    struct lh_buf note = LH_BUF_EMPTY;
    enum lh_level level;
    uint64_t size;
    enum lh_code rc = lh_levels_of(store, ledger, index, &size, &level, err);

    if (rc == LH_OK) {
        rc = lh_ledger_receipt(ledger, suite, index, size, out, err);
    }
    if (rc == LH_OK && size > 0) {
        rc = lh_cosigned_get(store, lh_ledger_origin(ledger), size, &note, err);
    }
    if (rc == LH_OK && size > 0) {
        lh_buf_clear(&out->checkpoint);
        out->checkpoint = note;
        note = (struct lh_buf)LH_BUF_EMPTY;
    }
    if (rc == LH_OK && out_level != NULL) {
        *out_level = level;
    }
    lh_buf_clear(&note);
    return rc;
}
