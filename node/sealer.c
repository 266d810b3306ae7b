#include "node/sealer.h"

#include "node/sealer_internal.h"

#include "crypto/base/assert.h"
#include "ledger/chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- clocks ---------------------------------------------------------------------------------- */

bool lh_clock_watch_look(struct lh_clock_watch *watch, int64_t wall_unix_ms, int64_t mono_ms)
{
    int64_t parted_ms = (wall_unix_ms - watch->wall_unix_ms) - (mono_ms - watch->mono_ms);

    if (parted_ms > LH_CLOCK_STEP_MS || parted_ms < -LH_CLOCK_STEP_MS) {
        watch->is_stepped = true;
    }
    return watch->is_stepped;
}

void lh_clock_watch_confirm(struct lh_clock_watch *watch, int64_t wall_unix_ms, int64_t mono_ms)
{
    *watch = (struct lh_clock_watch){ .wall_unix_ms = wall_unix_ms, .mono_ms = mono_ms };
}

int64_t lh_sealer_wall_now(const struct lh_sealer *sealer)
{
    return sealer->options.clock.wall_unix_ms(sealer->options.clock.arg);
}

int64_t lh_sealer_mono_now(const struct lh_sealer *sealer)
{
    return sealer->options.clock.mono_ms(sealer->options.clock.arg);
}

static bool look_at_clocks(struct lh_sealer *sealer)
{
    bool was_stepped;
    bool is_stepped;

    (void)pthread_mutex_lock(&sealer->lock);
    was_stepped = sealer->watch.is_stepped;
    is_stepped =
        lh_clock_watch_look(&sealer->watch, lh_sealer_wall_now(sealer), lh_sealer_mono_now(sealer));
    (void)pthread_mutex_unlock(&sealer->lock);
    atomic_store(&sealer->is_clock_stepped, is_stepped);
    if (is_stepped && !was_stepped) {
        lh_log_write(sealer->options.log, LH_LOG_ERROR, "clock.stepped",
                     "action=\"nothing is sealed: entries go to the journal; check the time, "
                     "then send SIGUSR1\"");
    }
    return is_stepped;
}

/* ---- the batch: each (source, id) once --------------------------------------------------------
 */

static uint64_t hash_event(uint64_t seed, const lhpb_Body *body)
{
    uint64_t hash = seed;

    for (const char *at = body->source; *at != '\0'; at++) {
        hash = (hash ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
    }
    hash = (hash ^ 0xff) * UINT64_C(0x100000001b3);
    for (const char *at = body->id; *at != '\0'; at++) {
        hash = (hash ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
    }
    return hash ^ hash >> 32;
}

/* The event of this batch with the same identity, or the place where `intake` goes. */
static struct lh_intake **find_place(struct lh_sealer *sealer, const struct lh_intake *intake)
{
    size_t at = (size_t)hash_event(sealer->seed, &intake->body) % LH_SEALER_TABLE;

    while (sealer->table[at] != NULL &&
           (strcmp(sealer->table[at]->body.source, intake->body.source) != 0 ||
            strcmp(sealer->table[at]->body.id, intake->body.id) != 0)) {
        at = (at + 1) % LH_SEALER_TABLE;
    }
    return &sealer->table[at];
}

void lh_sealer_reject_conflict(struct lh_sealer *sealer, struct lh_intake *intake)
{
    lh_intake_reject(intake, LH_PROBLEM_EVENT_CONFLICT,
                     "(source, id) is taken by an entry with other content");
    lh_counter_add(&sealer->options.metrics->conflicts, 1);
    lh_log_write(sealer->options.log, LH_LOG_WARN, "event.conflict", "source=%s id=%s",
                 intake->body.source, intake->body.id);
    intake->is_conflict = true;
}

static void settle(struct lh_sealer *sealer, struct lh_intake *intake)
{
    struct lh_metrics *metrics = sealer->options.metrics;

    lh_assert(intake->status != LH_INTAKE_PREPARED);
    if (intake->is_conflict) { /* what it contradicts is on record by now */
        sealer->options.on_conflict(sealer->options.arg, intake);
    }
    lh_counter_add(intake->status == LH_INTAKE_RECORDED    ? &metrics->recorded
                   : intake->status == LH_INTAKE_JOURNALED ? &metrics->journaled
                   : intake->status == LH_INTAKE_DUPLICATE ? &metrics->duplicates
                                                           : &metrics->rejected,
                   1);
    intake->on_settled(intake);
}

/* ---- judging one event ------------------------------------------------------------------------
 */

/* May an event of this type be recorded now? A GENERATION that may is not looked at here. */
static bool check_state(struct lh_sealer *sealer, struct lh_intake *intake)
{
    lhpb_EntryType type = intake->body.type;

    if (lh_ledger_state(sealer->options.ledger) == LH_LEDGER_NEW) {
        if (sealer->is_in_doubt) {
            lh_intake_reject(intake, LH_PROBLEM_CLOCK_STEPPED, "the ledger has not begun");
            return false;
        }
        if (type == lhpb_EntryType_GENERATION) {
            return true;
        }
        lh_intake_reject(intake, LH_PROBLEM_STATE_NEW, "the first entry is GENERATION");
        return false;
    }
    if (type == lhpb_EntryType_GENERATION) {
        lh_intake_reject(intake, LH_PROBLEM_AUTHORITY_DENIED, "this generation has begun already");
        return false;
    }
    if (sealer->is_in_doubt && lh_roster_is_concerned(type)) {
        lh_intake_reject(intake, LH_PROBLEM_CLOCK_STEPPED, "keys change by a clock that is known");
        return false;
    }
    /* spec ledger.md 12: "While the clock is in doubt, or peers are awaited, none is taken." */
    if (sealer->is_waiting && lh_roster_is_concerned(type)) {
        lh_intake_reject(intake, LH_PROBLEM_STATE_WAITING, "%s", "");
        return false;
    }
    return true;
}

bool lh_sealer_check_ledger(struct lh_sealer *sealer, struct lh_intake *intake)
{
    struct lh_err err = LH_ERR_NONE;
    struct lh_ledger_event found;
    enum lh_code rc =
        lh_ledger_find_event(sealer->options.ledger, lh_bytes_of_text(intake->body.source),
                             lh_bytes_of_text(intake->body.id), &found, &err);

    if (rc == LH_ERR_NOT_FOUND) {
        return true;
    }
    if (rc == LH_AGAIN) {
        lh_intake_reject(intake, LH_PROBLEM_STATE_SUSPECT,
                         "the event stands in a block that may not be shown in this state");
        return false;
    }
    if (rc != LH_OK) {
        lh_log_write(sealer->options.log, LH_LOG_ERROR, "store.failed", "reason=\"%s\"", err.text);
        lh_intake_reject(intake, LH_PROBLEM_INTERNAL, "the store could not be read");
        return false;
    }
    /* spec ledger.md 8.1: "An event of a content that is not known is taken for the one on
     * record." */
    if (!found.has_digest || lh_hash_is_equal(&found.digest, &intake->content_digest)) {
        intake->status = LH_INTAKE_DUPLICATE;
        intake->ledger = found.ledger;
        intake->index = found.index;
    } else {
        lh_sealer_reject_conflict(sealer, intake);
    }
    return false;
}

/* Where the wall clock would be, had it gone on from where the two were last seen together. */
static int64_t estimate_now(struct lh_sealer *sealer)
{
    int64_t now_unix_ms;

    (void)pthread_mutex_lock(&sealer->lock);
    now_unix_ms = sealer->watch.wall_unix_ms + (lh_sealer_mono_now(sealer) - sealer->watch.mono_ms);
    (void)pthread_mutex_unlock(&sealer->lock);
    return now_unix_ms;
}

static bool check_now(struct lh_sealer *sealer, struct lh_intake *intake, int64_t *out_now_unix_ms)
{
    const struct lh_roster *roster = lh_keyring_own(sealer->options.rules->keyring);

    *out_now_unix_ms = lh_sealer_wall_now(sealer);
    if (lh_intake_check_now(intake, roster, *out_now_unix_ms)) {
        return true;
    }
    if (!sealer->is_in_doubt) {
        return false;
    }
    *out_now_unix_ms = estimate_now(sealer);
    intake->status = LH_INTAKE_PREPARED;
    return lh_intake_check_now(intake, roster, *out_now_unix_ms);
}

bool lh_sealer_check_roster(struct lh_sealer *sealer, struct lh_intake *intake,
                            int64_t *out_now_unix_ms)
{
    const struct lh_intake_rules *rules = sealer->options.rules;
    const struct lh_roster *roster = lh_keyring_own(rules->keyring);
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    if (intake->roster_version != lh_keyring_version(rules->keyring) &&
        !lh_intake_judge(intake, rules, sealer->suite, false)) {
        return false;
    }
    if (!check_now(sealer, intake, out_now_unix_ms)) {
        return false;
    }
    if (!lh_roster_is_concerned(intake->body.type)) {
        return true;
    }
    rc = lh_roster_check_apply(roster, sealer->suite, &intake->body, &err);
    if (rc != LH_OK) {
        lh_intake_reject(
            intake, rc == LH_ERR_CONFLICT ? LH_PROBLEM_EVENT_CONFLICT : LH_PROBLEM_AUTHORITY_DENIED,
            "%s", err.text);
        return false;
    }
    return true;
}

bool lh_sealer_encode_leaf(struct lh_sealer *sealer, struct lh_intake *intake, int64_t now_unix_ms)
{
    struct lh_err err = LH_ERR_NONE;

    intake->entry.has_intake = true;
    intake->entry.intake.recorded_at_ms = (uint64_t)now_unix_ms;
    intake->entry.intake.flags = (sealer->is_journaling ? LH_INTAKE_JOURNAL : 0) |
                                 (sealer->is_in_doubt ? LH_INTAKE_CLOCK_SUSPECT : 0);
    sealer->leaf.which_kind = lhpb_Leaf_entry_tag;
    sealer->leaf.kind.entry = intake->entry;
    if (lh_leaf_encode(&intake->leaf, &sealer->leaf, &err) != LH_OK) {
        lh_intake_reject(intake, LH_PROBLEM_INTERNAL, "%s", err.text);
        return false;
    }
    return true;
}

/* True: `intake` goes into the block. Otherwise it is settled, or its twin in the block decides. */
static bool admit(struct lh_sealer *sealer, struct lh_intake *intake)
{
    struct lh_intake **place = find_place(sealer, intake);
    int64_t now_unix_ms;

    if (*place != NULL) {
        if (lh_hash_is_equal(&(*place)->content_digest, &intake->content_digest)) {
            intake->status = LH_INTAKE_DUPLICATE;
            return false; /* its index is known once the block is released */
        }
        lh_sealer_reject_conflict(sealer, intake);
        return false;
    }
    if (!lh_sealer_check_ledger(sealer, intake) || !lh_sealer_check_journal(sealer, intake) ||
        !check_state(sealer, intake) || !lh_sealer_check_roster(sealer, intake, &now_unix_ms) ||
        !lh_sealer_encode_leaf(sealer, intake, now_unix_ms)) {
        return false;
    }
    *place = intake;
    return true;
}

/* ---- sealing ----------------------------------------------------------------------------------
 */

struct lh_sealed *lh_sealer_sealed_new(size_t count)
{
    struct lh_sealed *sealed = malloc(sizeof *sealed + count * sizeof sealed->proofs[0]);

    if (sealed != NULL) {
        atomic_init(&sealed->refs, 1);
        sealed->checkpoint = (struct lh_buf)LH_BUF_EMPTY;
        sealed->shown = (struct lh_receipt)LH_RECEIPT_EMPTY;
        sealed->count = count;
    }
    return sealed;
}

noreturn void lh_sealer_end_process(struct lh_sealer *sealer, enum lh_code rc,
                                    const struct lh_err *err)
{
    lh_log_write(sealer->options.log, LH_LOG_ERROR, "ledger.failed",
                 "reason=\"%s\" action=\"the process ends; nothing was acknowledged\"", err->text);
    _exit(rc == LH_ERR_CORRUPT ? LH_EXIT_CORRUPT : LH_EXIT_IO);
}

void lh_sealer_show_headers(struct lh_sealer *sealer, struct lh_ledger *ledger,
                            struct lh_sealed *sealed)
{
    struct lh_err err = LH_ERR_NONE;
    struct lh_ledger_head head;

    lh_ledger_head(ledger, &head);
    if (lh_ledger_show_headers(ledger, sealer->suite, head.size, &sealed->shown, &err) != LH_OK) {
        lh_log_write(sealer->options.log, LH_LOG_WARN, "receipt.unmade",
                     "origin=%s size=%llu reason=\"%s\"", lh_ledger_origin(ledger),
                     (unsigned long long)head.size, err.text);
    }
}

static enum lh_code append(struct lh_sealer *sealer, size_t count, struct lh_sealed *sealed,
                           int64_t now_unix_ms, struct lh_err *err)
{
    struct lh_keyring *keyring = sealer->options.rules->keyring;
    bool changes_roster = lh_roster_is_concerned(sealer->block[count - 1]->body.type);
    enum lh_code rc;

    for (size_t i = 0; i < count; i++) {
        struct lh_intake *intake = sealer->block[i];

        sealer->items[i] = (struct lh_ledger_item){
            .leaf = lh_buf_bytes(&intake->leaf),
            .entry = &intake->entry,
            .body = &intake->body,
            .level = intake->level,
            .content_digest = intake->content_digest,
            .private_part = lh_buf_bytes(&intake->private_part),
            .vault_row = lh_buf_bytes(&intake->vault_row),
        };
    }
    if (changes_roster) {
        lh_keyring_write(keyring);
    }
    rc = lh_ledger_append(sealer->options.ledger, sealer->suite, sealer->items, count, now_unix_ms,
                          sealed->proofs, &sealed->checkpoint, err);
    if (changes_roster) {
        lh_keyring_end_write(keyring);
    }
    if (rc == LH_OK) {
        lh_sealer_show_headers(sealer, sealer->options.ledger, sealed);
    }
    return rc;
}

static void release(struct lh_sealer *sealer, size_t count, struct lh_sealed *sealed)
{
    struct lh_ledger_head head;

    lh_ledger_head(sealer->options.ledger, &head);
    sealed->height = head.height;
    for (size_t i = 0; i < count; i++) {
        struct lh_intake *intake = sealer->block[i];

        intake->status = LH_INTAKE_RECORDED;
        intake->ledger = sealer->options.ledger;
        intake->index = sealer->items[i].index;
        intake->proof_at = i;
        intake->sealed = lh_sealed_ref(sealed);
    }
}

static void seal_block(struct lh_sealer *sealer, size_t count)
{
    int64_t now_unix_ms = lh_sealer_wall_now(sealer);
    struct lh_err err = LH_ERR_NONE;
    struct lh_sealed *sealed = lh_sealer_sealed_new(count);
    int64_t start_ms = lh_sealer_mono_now(sealer);
    enum lh_code rc = LH_ERR_NOMEM;

    if (sealed != NULL) {
        rc = append(sealer, count, sealed, now_unix_ms, &err);
    }
    if (rc == LH_ERR_IO || rc == LH_ERR_CORRUPT) {
        lh_sealer_end_process(sealer, rc, &err);
    }
    if (rc != LH_OK) {
        lh_log_write(sealer->options.log, LH_LOG_ERROR, "block.refused",
                     "entries=%zu reason=\"%s\"", count, err.text);
        for (size_t i = 0; i < count; i++) {
            lh_intake_reject(sealer->block[i], LH_PROBLEM_INTERNAL, "the block was not sealed");
        }
        lh_sealed_unref(sealed);
        return;
    }
    release(sealer, count, sealed);
    lh_sealed_unref(sealed);
    if (sealer->options.on_sealed != NULL) {
        sealer->options.on_sealed(sealer->options.arg);
    }
    atomic_store(&sealer->state, (int)lh_ledger_state(sealer->options.ledger));
    (void)pthread_mutex_lock(&sealer->lock);
    sealer->last_block_mono_ms = lh_sealer_mono_now(sealer);
    lh_clock_watch_confirm(&sealer->watch, lh_sealer_wall_now(sealer), sealer->last_block_mono_ms);
    (void)pthread_mutex_unlock(&sealer->lock);
    lh_counter_add(&sealer->options.metrics->blocks, 1);
    lh_histogram_add(&sealer->options.metrics->block_entries, (double)count);
    lh_histogram_add(&sealer->options.metrics->append_seconds,
                     (double)(lh_sealer_mono_now(sealer) - start_ms) / 1000);
}

/* A duplicate inside the block shares the fate of the first one. */
static void follow_twin(struct lh_sealer *sealer, struct lh_intake *intake)
{
    const struct lh_intake *twin = *find_place(sealer, intake);

    if (intake->status != LH_INTAKE_DUPLICATE || twin == NULL || twin == intake) {
        return;
    }
    if (twin->status == LH_INTAKE_RECORDED || twin->status == LH_INTAKE_JOURNALED) {
        intake->ledger = twin->ledger;
        intake->index = twin->index;
        intake->journal_sequence = twin->journal_sequence;
    } else {
        intake->status = LH_INTAKE_REJECTED;
        intake->problem = twin->problem;
    }
}

static void settle_until(struct lh_sealer *sealer, struct lh_intake *list,
                         const struct lh_intake *rest)
{
    for (struct lh_intake *intake = list; intake != rest; intake = intake->next) {
        follow_twin(sealer, intake);
    }
    while (list != rest) {
        struct lh_intake *intake = list;

        list = list->next; /* once settled it is not ours any more */
        settle(sealer, intake);
    }
}

/* Seal or keep one block from the front of `list`; returns what is left of it. */
static struct lh_intake *take_some(struct lh_sealer *sealer, struct lh_intake *list)
{
    struct lh_intake *rest = list;
    size_t count = 0;
    bool is_closed = false;

    memset(sealer->table, 0, sizeof sealer->table);
    while (rest != NULL && !is_closed && !lh_sealer_is_founding(sealer, rest)) {
        struct lh_intake *intake = rest;

        rest = rest->next;
        if (admit(sealer, intake)) {
            sealer->block[count++] = intake;
            is_closed = lh_roster_is_concerned(intake->body.type) ||
                        count == LH_BLOCK_ENTRIES_MAX ||
                        lh_ledger_state(sealer->options.ledger) == LH_LEDGER_NEW;
        }
    }
    if (count > 0 && sealer->is_journaling) {
        lh_sealer_keep_block(sealer, count);
    } else if (count > 0) {
        seal_block(sealer, count);
    }
    if (rest == list) { /* it begins a generation, alone */
        rest = list->next;
        lh_sealer_found(sealer, list);
    }
    settle_until(sealer, list, rest);
    return rest;
}

/* A new generation has begun: whoever asks again a moment later finds it. */
static void refuse_all(struct lh_sealer *sealer, struct lh_intake *list)
{
    while (list != NULL) {
        struct lh_intake *intake = list;

        list = list->next;
        lh_intake_reject(intake, LH_PROBLEM_STOPPING, "a new generation begins");
        settle(sealer, intake);
    }
}

/* Everything that waits, up to one block; NULL: nothing does, but there is something to look at.
 * False: stop. */
static bool take_batch(struct lh_sealer *sealer, struct lh_intake **out)
{
    struct lh_intake *last;
    size_t taken = 1;
    bool is_over;

    (void)pthread_mutex_lock(&sealer->lock);
    while (sealer->first == NULL && sealer->errands == NULL && !sealer->is_stopping &&
           !sealer->is_to_look) {
        (void)pthread_cond_wait(&sealer->is_wanted, &sealer->lock);
    }
    sealer->is_to_look = false;
    *out = sealer->first;
    last = sealer->first;
    while (last != NULL && last->next != NULL && taken < LH_BLOCK_ENTRIES_MAX) {
        last = last->next;
        taken++;
    }
    if (last != NULL) {
        sealer->first = last->next;
        sealer->last = sealer->first != NULL ? sealer->last : NULL;
        sealer->count -= taken;
        last->next = NULL;
    }
    is_over = *out == NULL && sealer->errands == NULL && sealer->is_stopping;
    (void)pthread_mutex_unlock(&sealer->lock);
    return !is_over;
}

static void run_errands(struct lh_sealer *sealer)
{
    struct lh_errand *errand;

    (void)pthread_mutex_lock(&sealer->lock);
    errand = sealer->errands;
    sealer->errands = NULL;
    sealer->errands_end = &sealer->errands;
    (void)pthread_mutex_unlock(&sealer->lock);
    while (errand != NULL) {
        struct lh_errand *next = errand->next;
        struct lh_err err = LH_ERR_NONE;
        enum lh_code rc = errand->run(errand, &err);

        if (rc != LH_OK) {
            lh_sealer_end_process(sealer, rc, &err);
        }
        errand = next;
    }
}

/* A ledger that has not begun, or is suspect, waits for its officers and for nobody else. */
static bool is_kept_waiting(const struct lh_sealer *sealer)
{
    const struct lh_sealer_options *options = &sealer->options;

    return options->is_waiting != NULL &&
           lh_ledger_state(options->ledger) == LH_LEDGER_CONTINUOUS &&
           options->is_waiting(options->arg);
}

static void *run_sealer(void *arg)
{
    struct lh_sealer *sealer = arg;
    struct lh_intake *list = NULL;

    do {
        sealer->is_in_doubt = look_at_clocks(sealer);
        sealer->is_waiting = is_kept_waiting(sealer);
        sealer->is_journaling = sealer->is_in_doubt || sealer->is_waiting ||
                                lh_ledger_state(sealer->options.ledger) == LH_LEDGER_SUSPECT;
        if (!sealer->is_journaling && lh_journal_count(sealer->options.journal) > 0) {
            lh_sealer_adopt(sealer);
        }
        while (list != NULL && !atomic_load(&sealer->is_superseded)) {
            list = take_some(sealer, list);
        }
        refuse_all(sealer, list);
        run_errands(sealer);
    } while (take_batch(sealer, &list));
    return NULL;
}

/* The last block's time is where the wall clock was, as far as we know. */
static void start_watch(struct lh_sealer *sealer)
{
    struct lh_ledger_head head;
    int64_t now_unix_ms = lh_sealer_wall_now(sealer);

    lh_ledger_head(sealer->options.ledger, &head);
    sealer->last_block_mono_ms = lh_sealer_mono_now(sealer);
    lh_clock_watch_confirm(&sealer->watch, now_unix_ms, sealer->last_block_mono_ms);
    if (head.size > 0 && head.time_unix_ms > now_unix_ms + LH_CLOCK_STEP_MS) {
        sealer->watch.is_stepped = true;
        atomic_store(&sealer->is_clock_stepped, true);
        lh_log_write(sealer->options.log, LH_LOG_ERROR, "clock.stepped",
                     "action=\"the last block is from the future; check the time, then send "
                     "SIGUSR1\"");
    }
}

enum lh_code lh_sealer_new(struct lh_sealer **out, const struct lh_sealer_options *options,
                           struct lh_err *err)
{
    struct lh_random random = lh_random_system();
    struct lh_sealer *sealer = calloc(1, sizeof *sealer);
    enum lh_code rc;
    int error;

    if (sealer == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "sealer");
    }
    sealer->options = *options;
    sealer->errands_end = &sealer->errands;
    (void)pthread_mutex_init(&sealer->lock, NULL);
    (void)pthread_cond_init(&sealer->is_wanted, NULL);
    atomic_init(&sealer->state, (int)lh_ledger_state(options->ledger));
    start_watch(sealer);
    rc = lh_suite_new(&sealer->suite, options->rules->suite, err);
    if (rc == LH_OK) {
        rc = lh_signer_open(&sealer->recorder, options->recorder_path, err);
    }
    if (rc == LH_OK) {
        rc = lh_sealer_open_journal(sealer, err);
        atomic_store(&sealer->is_clock_stepped, sealer->watch.is_stepped);
    }
    if (rc == LH_OK) {
        rc = lh_random_fill(&random, &sealer->seed, sizeof sealer->seed, err);
    }
    if (rc != LH_OK) {
        goto out;
    }
    error = pthread_create(&sealer->thread, NULL, run_sealer, sealer);
    if (error != 0) {
        rc = lh_err_set(err, LH_ERR_LIMIT, "thread: %s", strerror(error));
        goto out;
    }
    sealer->is_started = true;
    *out = sealer;
    sealer = NULL;
out:
    lh_sealer_free(sealer);
    return rc;
}

void lh_sealer_free(struct lh_sealer *sealer)
{
    if (sealer == NULL) {
        return;
    }
    if (sealer->is_started) {
        (void)pthread_mutex_lock(&sealer->lock);
        sealer->is_stopping = true;
        (void)pthread_cond_signal(&sealer->is_wanted);
        (void)pthread_mutex_unlock(&sealer->lock);
        (void)pthread_join(sealer->thread, NULL);
    }
    lh_ledger_close(sealer->next);
    lh_signer_free(sealer->recorder);
    lh_suite_free(sealer->suite);
    (void)pthread_cond_destroy(&sealer->is_wanted);
    (void)pthread_mutex_destroy(&sealer->lock);
    free(sealer);
}

bool lh_sealer_submit(struct lh_sealer *sealer, struct lh_intake *first, struct lh_intake *last,
                      size_t count)
{
    bool has_room;
    bool was_empty = false;

    last->next = NULL;
    (void)pthread_mutex_lock(&sealer->lock);
    has_room = !sealer->is_stopping && sealer->count + count <= sealer->options.queue_count_max;
    if (has_room) {
        was_empty = sealer->first == NULL;
        if (was_empty) {
            sealer->first = first;
        } else {
            sealer->last->next = first;
        }
        sealer->last = last;
        sealer->count += count;
    }
    (void)pthread_mutex_unlock(&sealer->lock);
    if (was_empty) { /* woken under the lock, it would wait for that at once */
        (void)pthread_cond_signal(&sealer->is_wanted);
    }
    return has_room;
}

void lh_sealer_send(struct lh_sealer *sealer, struct lh_errand *errand)
{
    errand->next = NULL;
    (void)pthread_mutex_lock(&sealer->lock);
    *sealer->errands_end = errand;
    sealer->errands_end = &errand->next;
    (void)pthread_cond_signal(&sealer->is_wanted);
    (void)pthread_mutex_unlock(&sealer->lock);
}

size_t lh_sealer_depth(struct lh_sealer *sealer)
{
    size_t count;

    (void)pthread_mutex_lock(&sealer->lock);
    count = sealer->count;
    (void)pthread_mutex_unlock(&sealer->lock);
    return count;
}

enum lh_ledger_state lh_sealer_state(struct lh_sealer *sealer)
{
    return (enum lh_ledger_state)atomic_load(&sealer->state);
}

bool lh_sealer_is_clock_stepped(struct lh_sealer *sealer)
{
    return atomic_load(&sealer->is_clock_stepped);
}

void lh_sealer_confirm_clock(struct lh_sealer *sealer)
{
    (void)pthread_mutex_lock(&sealer->lock);
    lh_clock_watch_confirm(&sealer->watch, lh_sealer_wall_now(sealer), lh_sealer_mono_now(sealer));
    sealer->is_to_look = true;
    atomic_store(&sealer->is_clock_stepped, false);
    (void)pthread_cond_signal(&sealer->is_wanted);
    (void)pthread_mutex_unlock(&sealer->lock);
}

void lh_sealer_look(struct lh_sealer *sealer)
{
    (void)pthread_mutex_lock(&sealer->lock);
    sealer->is_to_look = true;
    (void)pthread_cond_signal(&sealer->is_wanted);
    (void)pthread_mutex_unlock(&sealer->lock);
}

int64_t lh_sealer_last_block_mono_ms(struct lh_sealer *sealer)
{
    int64_t mono_ms;

    (void)pthread_mutex_lock(&sealer->lock);
    mono_ms = sealer->last_block_mono_ms;
    (void)pthread_mutex_unlock(&sealer->lock);
    return mono_ms;
}

bool lh_sealer_is_superseded(struct lh_sealer *sealer)
{
    return atomic_load(&sealer->is_superseded);
}
