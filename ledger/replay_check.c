/*
 * The signature checks of a replay on their way out: gathered in a batch, then handed to the pool
 * or made at once. Seals go the same way as signatures of entries.
 */
#include "ledger/replay_internal.h"

#include "crypto/base/assert.h"
#include "crypto/text.h"

#include <string.h>

enum { KEY_HASH_SIZE = 4 };

enum lh_code lh_replay_flush(struct lh_replay *replay, struct lh_err *err)
{
    const struct lh_replay_pool *pool = replay->options.pool;
    size_t count = replay->batch_count;

    replay->batch_count = 0;
    if (pool != NULL && count > 0) {
        return pool->submit(pool->arg, replay->batch, count, err);
    }
    for (size_t i = 0; i < count; i++) {
        lh_replay_check_run(&replay->batch[i], &replay->findings);
    }
    return LH_OK;
}

enum lh_code lh_replay_make_room(struct lh_replay *replay, size_t count, struct lh_err *err)
{
    lh_assert(count <= LH_REPLAY_BATCH);
    return replay->batch_count + count > LH_REPLAY_BATCH ? lh_replay_flush(replay, err) : LH_OK;
}

static enum lh_code queue(struct lh_replay *replay, const struct lh_replay_check *check,
                          struct lh_err *err)
{
    enum lh_code rc = lh_replay_make_room(replay, 1, err);
    if (rc == LH_OK) {
        replay->batch[replay->batch_count++] = *check;
        replay->signature_count++;
    }
    return rc;
}

/* The signature on the line that this log key made; false when there is no such line. */
static bool find_signature(struct lh_sig *out, const struct lh_note *note,
                           const struct lh_note_key *key)
{
    uint8_t blob[KEY_HASH_SIZE + LH_SIG_SIZE];

    for (size_t i = 0; i < note->line_count; i++) {
        const struct lh_note_line *line = &note->lines[i];
        if (memcmp(line->key_hash, key->key_hash, KEY_HASH_SIZE) != 0 ||
            !lh_bytes_is_equal(line->name, lh_bytes_of_text(key->name))) {
            continue;
        }
        if (lh_base64_parse(blob, sizeof blob, line->base64, NULL) != LH_OK) {
            return false;
        }
        memcpy(out->bytes, blob + KEY_HASH_SIZE, LH_SIG_SIZE);
        return true;
    }
    return false;
}

/* spec ledger.md 11: "Seals are checked apart from the other rules of section 4, and a seal that
 * fails stops nothing." */
enum lh_code lh_replay_seal(struct lh_replay *replay, const struct lh_note *note, uint64_t index,
                            struct lh_err *err)
{
    struct lh_replay_check check = { .verifier = replay->stage.seal,
                                     .rule = lh_replay_rule_find("B17"),
                                     .place = lh_replay_place_of(replay, index) };

    if (note->text.len > sizeof check.message ||
        !find_signature(&check.sig, note, &replay->stage.chain.seal)) {
        replay->stage.has_last_seal = false;
        lh_replay_find(replay, LH_ERR_FORGED, "B17", index, "the checkpoint bears no seal");
        return LH_OK;
    }
    check.message_len = note->text.len;
    memcpy(check.message, note->text.data, note->text.len);
    if (replay->options.with_signatures) {
        return queue(replay, &check, err);
    }
    replay->stage.last_seal = check;
    replay->stage.has_last_seal = true;
    return LH_OK;
}

/* spec ledger.md 11: "A replay without signatures checks the last seal of each ledger alone: it
 * covers every leaf before it." */
enum lh_code lh_replay_last_seal(struct lh_replay *replay, struct lh_err *err)
{
    if (!replay->stage.has_last_seal) {
        return LH_OK;
    }
    replay->stage.has_last_seal = false;
    return queue(replay, &replay->stage.last_seal, err);
}
