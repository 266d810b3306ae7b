/* Asking the peers for promises, and for our own ledgers, after a restore. */

#include "node/peers_internal.h"

#include "ledger/origin.h"
#include "net/consent.h"
#include "net/json_more.h"
#include "node/file.h"

#include <stdio.h>
#include <string.h>

/* A head above what is enough may still come: so long it is waited for. */
enum { ABOVE_MS = 30 * 1000 };

enum lh_code lh_peers_open_recovery(struct lh_peers *peers, struct lh_err *err)
{
    if (peers->options.prepare.len == 0) {
        return LH_OK;
    }
    return lh_recovery_new(&peers->recovery, peers->replica, peers->options.prepare, err);
}

/* ---- what shows it afterwards ---- */

static enum lh_code format_promises(struct lh_peers *peers, struct lh_buf *out, struct lh_err *err)
{
    struct lh_ledger *ledger = peers->options.ledger;
    struct lh_buf promises = LH_BUF_EMPTY;
    struct lh_buf leaf = LH_BUF_EMPTY;
    enum lh_code rc = lh_replica_get_note(peers->replica, lh_ledger_origin(ledger),
                                          LH_REPLICA_PROMISES, &promises, err);

    if (rc == LH_OK) {
        rc = lh_ledger_leaf(ledger, 0, &leaf, err);
    }
    if (rc == LH_OK) {
        const struct lh_consent consent = { .genesis = lh_genesis_bytes(peers->options.genesis),
                                            .generation = lh_buf_bytes(&leaf),
                                            .promises = lh_buf_bytes(&promises) };

        rc = lh_consent_format(out, &consent, err);
    }
    lh_buf_clear(&leaf);
    lh_buf_clear(&promises);
    return rc;
}

void lh_peers_write_promises(struct lh_peers *peers)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    char name[48];
    enum lh_code rc;

    if (lh_ledger_reason(peers->options.ledger) != LH_GENERATION_RESTORE) {
        return;
    }
    (void)snprintf(name, sizeof name, "generation-%u.promises",
                   (unsigned)lh_ledger_generation(peers->options.ledger));
    rc = format_promises(peers, &text, &err);
    if (rc == LH_OK) {
        rc = lh_small_file_put(peers->options.config->data, name, lh_buf_bytes(&text), &err);
    }
    if (rc != LH_OK) {
        lh_log_write(peers->options.log, LH_LOG_WARN, "promises.unwritten", "reason=\"%s\"",
                     err.text);
    }
    lh_buf_clear(&text);
}

/* ---- what is held ---- */

static uint32_t generation_of(const char *text)
{
    struct lh_origin origin;

    return lh_origin_parse(&origin, lh_bytes_of_text(text), NULL) == LH_OK ? origin.generation : 0;
}

/* Is a head of our ledgers at or above another? An empty ledger is below every head. */
static bool reaches(const char *origin, uint64_t size, const char *other, uint64_t other_size)
{
    uint32_t a = size > 0 ? generation_of(origin) : 0;
    uint32_t b = other_size > 0 ? generation_of(other) : 0;

    return a > b || (a == b && size >= other_size);
}

/* Does our own store lack of what came from the peers? */
static bool is_behind(const struct lh_peers *peers)
{
    struct lh_ledger_facts facts;

    lh_ledger_facts(peers->options.ledger, peers->suite, &facts);
    for (size_t i = 0; i < lh_replica_count(peers->replica); i++) {
        const struct lh_replica_ledger *ledger = lh_replica_at(peers->replica, i);

        if (strcmp(ledger->department, peers->department) == 0 && ledger->chain.tree.size > 0 &&
            !reaches(facts.prev_origin, facts.prev_size, ledger->origin, ledger->chain.tree.size)) {
            return true;
        }
    }
    return false;
}

void lh_peers_restore_tick(struct lh_peers *peers)
{
    int64_t now_ms = peers->options.clock.mono_ms(peers->options.clock.arg);
    struct lh_recovery_state state;
    struct lh_err err = LH_ERR_NONE;
    bool was_settled;

    if (peers->recovery == NULL) {
        return;
    }
    lh_recovery_state(peers->recovery, &state);
    was_settled = state.is_settled;
    if (lh_recovery_tick(peers->recovery, now_ms, &err) != LH_OK) {
        lh_log_write(peers->options.log, LH_LOG_WARN, "restore.trouble", "reason=\"%s\"", err.text);
    }
    lh_recovery_state(peers->recovery, &state);
    if (state.is_settled && !was_settled) {
        lh_log_write(peers->options.log, LH_LOG_WARN, "restore.settled",
                     "promises=%u needed=%u head=%s size=%llu", state.promise_count, state.needed,
                     state.head.size > 0 ? state.head.origin : "none",
                     (unsigned long long)state.head.size);
    }
    if (state.is_enough && peers->enough_ms == 0) {
        peers->enough_ms = now_ms;
    }
}

int64_t lh_peers_restore_due_ms(const struct lh_peers *peers)
{
    int64_t due = INT64_MAX;

    if (peers->recovery != NULL) {
        due = lh_recovery_due_ms(peers->recovery);
        if (peers->enough_ms != 0 && !peers->is_restored && peers->enough_ms + ABOVE_MS < due) {
            due = peers->enough_ms + ABOVE_MS;
        }
    }
    return due;
}

/* ---- what is shown ---- */

static void format(struct lh_buf *out, const struct lh_prepare *prepare,
                   const struct lh_recovery_state *state, bool is_held)
{
    struct lh_json json = lh_json_of(out);

    lh_json_begin_object(&json, NULL);
    lh_json_add_string(&json, "origin", prepare->origin);
    lh_json_add_u64(&json, "generation", prepare->generation);
    lh_json_add_u64(&json, "promises", state->promise_count);
    lh_json_add_u64(&json, "needed", state->needed);
    lh_json_add_bool(&json, "settled", state->is_settled);
    lh_json_add_string(&json, "head_origin", state->head.size > 0 ? state->head.origin : "");
    lh_json_add_u64(&json, "head_size", state->head.size);
    lh_json_add_bool(&json, "held", is_held);
    lh_json_add_u64(&json, "taken", state->taken);
    lh_json_add_bool(&json, "tainted", state->is_tainted);
    lh_json_add_bool(&json, "left_behind", state->is_left_behind);
    if (state->is_settled) {
        lh_json_add_hex(&json, "promises_digest", lh_hash_bytes(&state->digest));
    }
    lh_json_end_object(&json);
}

void lh_peers_restore_show(struct lh_peers *peers)
{
    int64_t now_ms = peers->options.clock.mono_ms(peers->options.clock.arg);
    struct lh_ledger_facts facts;

    lh_buf_reset(&peers->shown_restore);
    if (peers->recovery == NULL) {
        return;
    }
    lh_recovery_state(peers->recovery, &peers->restore);
    peers->is_restored = peers->enough_ms != 0 && is_behind(peers) &&
                         (peers->restore.is_whole || now_ms >= peers->enough_ms + ABOVE_MS);
    lh_ledger_facts(peers->options.ledger, peers->suite, &facts);
    format(&peers->shown_restore, lh_recovery_prepare(peers->recovery), &peers->restore,
           peers->restore.is_enough && !peers->is_restored &&
               reaches(facts.prev_origin, facts.prev_size, peers->restore.enough.origin,
                       peers->restore.enough.size));
}

bool lh_peers_is_restored(struct lh_peers *peers)
{
    bool is_restored;

    if (peers == NULL) {
        return false;
    }
    (void)pthread_mutex_lock(&peers->shown_lock);
    is_restored = peers->is_restored;
    (void)pthread_mutex_unlock(&peers->shown_lock);
    return is_restored;
}

/* ---- what officers say ---- */

bool lh_peers_is_unpromised(struct lh_peers *peers)
{
    bool is_settled;

    if (peers == NULL || peers->recovery == NULL) {
        return true;
    }
    (void)pthread_mutex_lock(&peers->shown_lock);
    is_settled = peers->restore.is_settled;
    (void)pthread_mutex_unlock(&peers->shown_lock);
    return !is_settled;
}

/* spec network.md 9: "a GENERATION of reason 2 with the number and the seal key that were asked
 * for, `promises_digest`, and the head that is held as the one before" */
static enum lh_code check(const struct lh_prepare *prepare, const struct lh_recovery_state *state,
                          const lhpb_Generation *generation, struct lh_err *err)
{
    struct lh_pubkey seal;
    enum lh_code rc = lh_pubkey_from_wire(&seal, &generation->seal_key, err);

    if (rc != LH_OK) {
        return rc;
    }
    if (!state->is_settled || !state->is_enough) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "%u of %u promises are here, and what they name is not held yet",
                          state->promise_count, state->needed);
    }
    if (generation->number != prepare->generation || !lh_pubkey_is_equal(&seal, &prepare->seal)) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "the peers promised about generation %u and another seal key than it "
                          "names, or another number",
                          (unsigned)prepare->generation);
    }
    if (!generation->has_promises_digest ||
        memcmp(generation->promises_digest, state->digest.bytes, LH_HASH_SIZE) != 0) {
        return lh_err_set(err, LH_ERR_INVALID, "it names other promises");
    }
    return reaches(generation->prev_origin, generation->prev_size, state->enough.origin,
                   state->enough.size)
               ? LH_OK
               : lh_err_set(err, LH_ERR_INVALID,
                            "it goes on from leaf %llu of %s, and the peers hold %llu",
                            (unsigned long long)generation->prev_size, generation->prev_origin,
                            (unsigned long long)state->enough.size);
}

enum lh_code lh_peers_check_generation(struct lh_peers *peers, const lhpb_Generation *generation,
                                       struct lh_err *err)
{
    struct lh_recovery_state state;

    if (peers == NULL || peers->recovery == NULL) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "no peer was asked for promises (liuhen restore ask)");
    }
    (void)pthread_mutex_lock(&peers->shown_lock);
    state = peers->restore;
    (void)pthread_mutex_unlock(&peers->shown_lock);
    return check(lh_recovery_prepare(peers->recovery), &state, generation, err);
}
