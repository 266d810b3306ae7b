/*
 * Recording while nothing can be sealed, and the way out of it.
 *
 *  1. What may not be sealed is kept in the journal: the ledger is suspect, the clocks parted, or
 *     others are to be heard first.
 *  2. What the journal holds is sealed before anything that comes after it, in its order, by the
 *     first ledger that may seal: this one once the clock is confirmed and the others are heard,
 *     else the next generation.
 *  3. A generation begins with one block, the officers' GENERATION alone. From then on this ledger
 *     takes nothing more: the node opens itself anew, and finds the journal.
 */
#include "node/sealer_internal.h"

#include "ledger/keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASON_RESTORE = 2, REASON_UNSAFE_RESTORE = 6, PATH_SIZE = LH_CONFIG_PATH_MAX + 64 };

/* ---- keeping --------------------------------------------------------------------------------- */

/* spec ledger.md 12: "An event that is in the journal gets the same receipt again." */
bool lh_sealer_check_journal(struct lh_sealer *sealer, struct lh_intake *intake)
{
    struct lh_err err = LH_ERR_NONE;
    struct lh_hash digest;
    enum lh_code rc = lh_journal_find(
        sealer->options.journal, lh_bytes_of_text(intake->body.source),
        lh_bytes_of_text(intake->body.id), &intake->journal_sequence, &digest, &err);

    if (rc == LH_ERR_NOT_FOUND) {
        return true;
    }
    if (rc != LH_OK) {
        lh_log_write(sealer->options.log, LH_LOG_ERROR, "store.failed", "reason=\"%s\"", err.text);
        lh_intake_reject(intake, LH_PROBLEM_INTERNAL, "the journal could not be read");
    } else if (lh_hash_is_equal(&digest, &intake->content_digest)) {
        intake->status = LH_INTAKE_DUPLICATE;
    } else {
        lh_sealer_reject_conflict(sealer, intake);
    }
    return false;
}

static struct lh_journal_item item_of(struct lh_intake *intake)
{
    return (struct lh_journal_item){
        .leaf = lh_buf_bytes(&intake->leaf),
        .body = &intake->body,
        .body_hash = intake->body_hash,
        .recorded_unix_ms = (int64_t)intake->entry.intake.recorded_at_ms,
        .level = intake->level,
        .content_digest = intake->content_digest,
        .private_part = lh_buf_bytes(&intake->private_part),
        .vault_row = lh_buf_bytes(&intake->vault_row),
        .receipt = &intake->receipt,
    };
}

/* The ledger behind whose head the journal stands. */
static struct lh_journal_place place_of(const struct lh_sealer *sealer)
{
    struct lh_ledger_facts facts;

    lh_ledger_facts(sealer->options.ledger, sealer->suite, &facts);
    return (struct lh_journal_place){
        .network_id = sealer->options.rules->network_id,
        .origin = lh_ledger_origin(sealer->options.ledger),
        .size = facts.prev_size,
        .recorder = sealer->recorder,
    };
}

/* What follows an entry that changes keys is judged by it, in the journal as in a block. */
static enum lh_code change_roster(struct lh_sealer *sealer, const lhpb_Body *body,
                                  struct lh_err *err)
{
    struct lh_keyring *keyring = sealer->options.rules->keyring;
    enum lh_code rc;

    if (!lh_roster_is_concerned(body->type)) {
        return LH_OK;
    }
    lh_keyring_write(keyring);
    rc = lh_ledger_apply_journaled(sealer->options.ledger, sealer->suite, body, err);
    lh_keyring_end_write(keyring);
    return rc;
}

void lh_sealer_keep_block(struct lh_sealer *sealer, size_t count)
{
    struct lh_journal_place place = place_of(sealer);
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    for (size_t i = 0; i < count; i++) {
        sealer->kept[i] = item_of(sealer->block[i]);
    }
    rc = lh_journal_add(sealer->options.journal, sealer->suite, &place, sealer->kept, count, &err);
    if (rc == LH_OK) {
        rc = change_roster(sealer, &sealer->block[count - 1]->body, &err);
        rc = rc == LH_OK ? rc : LH_ERR_CORRUPT; /* it is on disk: there is no way back */
    }
    if (rc == LH_ERR_IO || rc == LH_ERR_CORRUPT) {
        lh_sealer_end_process(sealer, rc, &err);
    }
    for (size_t i = 0; i < count; i++) {
        struct lh_intake *intake = sealer->block[i];

        if (rc == LH_OK) {
            intake->status = LH_INTAKE_JOURNALED;
            intake->journal_sequence = sealer->kept[i].sequence;
        } else {
            lh_intake_reject(intake, LH_PROBLEM_INTERNAL, "%s", err.text);
        }
    }
}

/* ---- letting blocks take it ------------------------------------------------------------------ */

/* Rows of the journal on their way into a block. */
struct adopting {
    size_t count;
    bool is_closed; /* an entry that changes keys ends its block */
    struct lh_journal_row *rows;
    lhpb_Leaf *leaves;
    lhpb_Body *bodies;
};

/* So many at once: a decoded entry takes some ten kilobytes. */
enum { ADOPT_MAX = 512 };

static enum lh_code init_adopting(struct adopting *work, struct lh_err *err)
{
    *work = (struct adopting){
        .rows = calloc(ADOPT_MAX, sizeof *work->rows),
        .leaves = calloc(ADOPT_MAX, sizeof *work->leaves),
        .bodies = calloc(ADOPT_MAX, sizeof *work->bodies),
    };
    return work->rows != NULL && work->leaves != NULL && work->bodies != NULL
               ? LH_OK
               : lh_err_set(err, LH_ERR_NOMEM, "no memory to seal the journal");
}

static void clear_adopting(struct adopting *work)
{
    for (size_t i = 0; work->rows != NULL && i < ADOPT_MAX; i++) {
        lh_journal_row_clear(&work->rows[i]);
    }
    free(work->rows);
    free(work->leaves);
    free(work->bodies);
}

static enum lh_code read_row(struct lh_sealer *sealer, struct adopting *work, uint64_t sequence,
                             struct lh_err *err)
{
    struct lh_journal_row *row = &work->rows[work->count];
    lhpb_Leaf *leaf = &work->leaves[work->count];
    lhpb_Body *body = &work->bodies[work->count];
    enum lh_code rc = lh_journal_read(sealer->options.journal, sequence, row, err);

    if (rc == LH_OK) {
        rc = lh_leaf_decode(leaf, lh_buf_bytes(&row->leaf), err);
    }
    if (rc == LH_OK) {
        rc = lh_body_decode(
            body, lh_bytes_of(leaf->kind.entry.body.bytes, leaf->kind.entry.body.size), err);
    }
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc == LH_ERR_NOMEM || rc == LH_ERR_IO ? rc : LH_ERR_CORRUPT,
                           "row %" PRIu64 " of the journal", sequence);
    }
    sealer->items[work->count] = (struct lh_ledger_item){
        .leaf = lh_buf_bytes(&row->leaf),
        .entry = &leaf->kind.entry,
        .body = body,
        .level = row->level,
        .content_digest = row->content_digest,
        .private_part = lh_buf_bytes(&row->private_part),
        .vault_row = lh_buf_bytes(&row->vault_row),
        .journal_sequence = sequence,
    };
    work->count++;
    work->is_closed = lh_roster_is_concerned(body->type);
    return LH_OK;
}

/* The first rows, as many as go into one block. */
static enum lh_code gather(struct lh_sealer *sealer, struct adopting *work, struct lh_err *err)
{
    uint64_t sequence = 0;
    enum lh_code rc = LH_OK;

    work->count = 0;
    work->is_closed = false;
    while (rc == LH_OK && work->count < ADOPT_MAX && !work->is_closed) {
        rc = lh_journal_next(sealer->options.journal, sequence, &sequence, err);
        if (rc == LH_OK) {
            rc = read_row(sealer, work, sequence++, err);
        }
    }
    return rc == LH_ERR_NOT_FOUND && work->count > 0 ? LH_OK : rc;
}

static enum lh_code adopt_block(struct lh_sealer *sealer, const struct adopting *work,
                                struct lh_err *err)
{
    struct lh_keyring *keyring = sealer->options.rules->keyring;
    enum lh_code rc;

    lh_keyring_write(keyring);
    rc = lh_ledger_append(sealer->options.ledger, sealer->suite, sealer->items, work->count,
                          lh_sealer_wall_now(sealer), NULL, NULL, err);
    lh_keyring_end_write(keyring);
    if (rc == LH_OK) {
        lh_journal_note_dropped(sealer->options.journal, work->count);
        lh_counter_add(&sealer->options.metrics->blocks, 1);
    }
    return rc;
}

void lh_sealer_adopt(struct lh_sealer *sealer)
{
    uint64_t total = lh_journal_count(sealer->options.journal);
    struct lh_err err = LH_ERR_NONE;
    struct adopting work;
    enum lh_code rc = init_adopting(&work, &err);

    while (rc == LH_OK && lh_journal_count(sealer->options.journal) > 0) {
        rc = gather(sealer, &work, &err);
        if (rc == LH_OK) {
            rc = adopt_block(sealer, &work, &err);
        }
    }
    clear_adopting(&work);
    if (rc != LH_OK) {
        /* Every entry was judged before it was kept: what cannot be sealed now is damage. */
        (void)lh_err_wrap(&err, rc, "sealing the journal");
        lh_sealer_end_process(sealer, rc == LH_ERR_INVALID ? LH_ERR_CORRUPT : rc, &err);
    }
    if (sealer->options.on_sealed != NULL) {
        sealer->options.on_sealed(sealer->options.arg);
    }
    lh_log_write(sealer->options.log, LH_LOG_INFO, "journal.sealed", "entries=%llu",
                 (unsigned long long)total);
}

/* ---- the next generation --------------------------------------------------------------------- */

bool lh_sealer_is_founding(const struct lh_sealer *sealer, const struct lh_intake *intake)
{
    return intake->body.type == lhpb_EntryType_GENERATION &&
           lh_ledger_state(sealer->options.ledger) == LH_LEDGER_SUSPECT;
}

/* By the promises of the others, or else by the officers' word alone; not so where the others have
 * promised. */
static enum lh_code check_reason(const struct lh_sealer *sealer, const lhpb_Generation *generation,
                                 struct lh_err *err)
{
    const struct lh_sealer_options *options = &sealer->options;

    if (generation->reason == REASON_RESTORE && options->check_promises != NULL) {
        return options->check_promises(options->arg, generation, err);
    }
    if (generation->reason != REASON_UNSAFE_RESTORE) {
        return lh_err_set(
            err, LH_ERR_INVALID,
            "a suspect ledger goes on by reason %d, restore, with the promises of its "
            "peers, or by reason %d, unsafe restore",
            REASON_RESTORE, REASON_UNSAFE_RESTORE);
    }
    return options->is_unpromised == NULL || options->is_unpromised(options->arg)
               ? LH_OK
               : lh_err_set(err, LH_ERR_INVALID, "the peers have promised: it goes on by reason %d",
                            REASON_RESTORE);
}

/* What the act says is what is so here. */
static bool check_claims(struct lh_sealer *sealer, struct lh_intake *intake)
{
    const lhpb_Generation *generation = &intake->body.detail.generation;
    struct lh_ledger_facts facts;
    struct lh_err err = LH_ERR_NONE;

    if (check_reason(sealer, generation, &err) != LH_OK) {
        lh_intake_reject(intake, LH_PROBLEM_SCHEMA_INVALID, "%s", err.text);
        return false;
    }
    lh_ledger_facts(sealer->options.ledger, sealer->suite, &facts);
    if (lh_ledger_check_facts(&facts, generation, &err) != LH_OK) {
        lh_intake_reject(intake, LH_PROBLEM_SCHEMA_INVALID,
                         "%s: make the act anew with `liuhen restore finish`", err.text);
        return false;
    }
    return true;
}

static enum lh_code open_seal(struct lh_sealer *sealer, struct lh_intake *intake,
                              struct lh_signer **out, struct lh_err *err)
{
    const lhpb_Generation *generation = &intake->body.detail.generation;
    char path[PATH_SIZE];
    struct lh_pubkey named;
    enum lh_code rc;

    (void)snprintf(path, sizeof path, "%s/keys/seal-%" PRIu32 ".pem", sealer->options.data,
                   generation->number);
    rc = lh_signer_open(out, path, err);
    if (rc != LH_OK) {
        lh_intake_reject(intake, LH_PROBLEM_SCHEMA_INVALID,
                         "the new seal key is not on this machine (keys/seal-%" PRIu32
                         ".pem): make the act here, with `liuhen restore finish`",
                         generation->number);
        return rc;
    }
    rc = lh_pubkey_from_wire(&named, &generation->seal_key, err);
    if (rc == LH_OK && !lh_pubkey_is_equal(&named, lh_signer_pubkey(*out))) {
        rc = lh_err_set(err, LH_ERR_INVALID, "another seal key");
    }
    if (rc != LH_OK) {
        lh_intake_reject(intake, LH_PROBLEM_SCHEMA_INVALID,
                         "it names another seal key than keys/seal-%" PRIu32 ".pem",
                         generation->number);
    }
    return rc;
}

static enum lh_code write_first_block(struct lh_sealer *sealer, struct lh_intake *intake,
                                      struct lh_signer *seal, struct lh_sealed *sealed,
                                      struct lh_err *err)
{
    struct lh_ledger_options options = *sealer->options.next;
    struct lh_ledger_item item = {
        .leaf = lh_buf_bytes(&intake->leaf),
        .entry = &intake->entry,
        .body = &intake->body,
        .level = intake->level,
        .content_digest = intake->content_digest,
    };
    enum lh_code rc;

    options.generation = intake->body.detail.generation.number;
    options.is_next = true;
    options.seal = seal;
    rc = lh_ledger_open(&sealer->next, &options, NULL, err);
    if (rc == LH_OK) {
        rc = lh_ledger_append(sealer->next, sealer->suite, &item, 1, lh_sealer_wall_now(sealer),
                              sealed->proofs, &sealed->checkpoint, err);
    }
    if (rc == LH_OK) {
        lh_sealer_show_headers(sealer, sealer->next, sealed);
        sealed->height = 1;
        intake->status = LH_INTAKE_RECORDED;
        intake->ledger = sealer->next;
        intake->index = item.index;
        intake->proof_at = 0;
        intake->sealed = lh_sealed_ref(sealed);
    }
    return rc;
}

static void begin_generation(struct lh_sealer *sealer, struct lh_intake *intake,
                             struct lh_signer *seal)
{
    struct lh_sealed *sealed = lh_sealer_sealed_new(1);
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = sealed != NULL ? write_first_block(sealer, intake, seal, sealed, &err)
                                     : lh_err_set(&err, LH_ERR_NOMEM, "out of memory");

    if (rc == LH_ERR_IO || rc == LH_ERR_CORRUPT) {
        lh_sealer_end_process(sealer, rc, &err);
    }
    if (rc == LH_OK) {
        atomic_store(&sealer->is_superseded, true);
        lh_log_write(sealer->options.log, LH_LOG_WARN, "generation.begun",
                     "origin=%s label=%s journal=%llu", lh_ledger_origin(sealer->next),
                     intake->body.detail.generation.reason == REASON_RESTORE ? "none"
                                                                             : "UNSAFE_RESTORE",
                     (unsigned long long)lh_journal_count(sealer->options.journal));
    } else {
        lh_intake_reject(intake, LH_PROBLEM_INTERNAL, "%s", err.text);
    }
    lh_sealed_unref(sealed);
}

void lh_sealer_found(struct lh_sealer *sealer, struct lh_intake *intake)
{
    struct lh_err err = LH_ERR_NONE;
    struct lh_signer *seal = NULL;
    int64_t now_unix_ms;

    if (sealer->is_in_doubt) {
        lh_intake_reject(intake, LH_PROBLEM_CLOCK_STEPPED,
                         "a generation begins by a clock that is known");
        return;
    }
    if (!lh_sealer_check_ledger(sealer, intake) || !lh_sealer_check_journal(sealer, intake) ||
        !lh_sealer_check_roster(sealer, intake, &now_unix_ms) || !check_claims(sealer, intake)) {
        return;
    }
    sealer->is_journaling = false; /* this entry does not come through the journal */
    if (lh_sealer_encode_leaf(sealer, intake, now_unix_ms) &&
        open_seal(sealer, intake, &seal, &err) == LH_OK) {
        begin_generation(sealer, intake, seal);
    }
    sealer->is_journaling = true;
    lh_signer_free(seal);
}

/* ---- at the start ---------------------------------------------------------------------------- */

/* The entries that changed keys do so again; by their flags the rows tell why they were kept. */
enum lh_code lh_sealer_open_journal(struct lh_sealer *sealer, struct lh_err *err)
{
    bool is_suspect = lh_ledger_state(sealer->options.ledger) == LH_LEDGER_SUSPECT;
    uint64_t sequence = 0;
    struct adopting work;
    enum lh_code rc = init_adopting(&work, err);

    while (rc == LH_OK) {
        work.count = 0;
        rc = lh_journal_next(sealer->options.journal, sequence, &sequence, err);
        if (rc == LH_OK) {
            rc = read_row(sealer, &work, sequence++, err);
        }
        if (rc == LH_OK && is_suspect) {
            rc = change_roster(sealer, &work.bodies[0], err);
        } else if (rc == LH_OK &&
                   (work.leaves[0].kind.entry.intake.flags & LH_INTAKE_CLOCK_SUSPECT) != 0) {
            sealer->watch.is_stepped = true;
        }
    }
    clear_adopting(&work);
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}
