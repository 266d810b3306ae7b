/*
 * The rules of entries, in ledger order.
 *
 *  1. An entry that breaks a rule changes nothing: its keys are not taken in, it erases nothing.
 *  2. So the signatures of an entry that changes the roster, or erases, are checked before it does;
 *     all others are handed out.
 *  3. After an entry of a newer schema the roster may lack keys: what would fail for want of one is
 *     `cannot tell` from then on.
 */
#include "ledger/replay_internal.h"

#include "crypto/base/assert.h"

#include <string.h>

enum { REASON_JOINED = 5 }; /* Generation.reason: joined a network */

/* Remember the first trouble of our own inside a listener, which cannot return one. */
static void in_trouble(struct lh_replay *replay, enum lh_code rc, const struct lh_err *err)
{
    if (replay->trouble.code == LH_OK) {
        replay->trouble = *err;
        replay->trouble.code = rc;
    }
}

/* spec ledger.md 11: "After an entry of a newer schema, or behind a generation that is not there,
 * an unknown signer, an unknown session that is named or a refused change of keys is X02, cannot
 * tell." */
static void find_key_fault(struct lh_replay *replay, const char *rule_id, uint64_t index,
                           const char *text)
{
    if (replay->stage.may_lack_keys) {
        lh_replay_find(replay, LH_ERR_UNKNOWN, "X02", index, text);
    } else {
        lh_replay_find(replay, LH_ERR_FORGED, rule_id, index, text);
    }
}

/* The check of one signature, or nothing when its key is not known (E02 has said so). */
static void add_check(struct lh_replay *replay, uint64_t index, const lhpb_Signature *signature,
                      const uint8_t message[LH_ENTRY_MESSAGE_SIZE])
{
    struct lh_key_id id;

    memcpy(id.bytes, signature->key_id, sizeof id.bytes);
    const struct lh_roster_key *key = lh_roster_find(replay->stage.roster, &id);
    if (key == NULL) {
        return;
    }
    lh_assert(key->verifier != NULL); /* a replay's roster keeps them all */
    struct lh_replay_check *check = &replay->batch[replay->batch_count++];
    check->verifier = key->verifier;
    memcpy(check->sig.bytes, signature->value, sizeof check->sig.bytes);
    check->rule = lh_replay_rule_find("E03");
    check->message_len = LH_ENTRY_MESSAGE_SIZE;
    memcpy(check->message, message, LH_ENTRY_MESSAGE_SIZE);
    check->place = lh_replay_place_of(replay, index);
    replay->signature_count++;
}

/* Gather the checks of an entry; at_once makes them now. Returns whether all made here held. */
static bool check_signatures(struct lh_replay *replay, uint64_t index, const lhpb_Entry *entry,
                             bool at_once)
{
    uint8_t message[LH_ENTRY_MESSAGE_SIZE];
    struct lh_err err = LH_ERR_NONE;
    size_t mark;

    if (!replay->options.with_signatures) {
        return true;
    }
    if (lh_replay_is_past(replay, index)) {
        replay->taken_count += entry->signatures_count;
        return true;
    }
    enum lh_code rc = lh_replay_make_room(replay, LH_SIGNATURES_MAX, &err);
    if (rc != LH_OK) {
        in_trouble(replay, rc, &err);
        return false;
    }
    struct lh_hash hash =
        lh_body_hash(replay->suite, lh_bytes_of(entry->body.bytes, entry->body.size));
    lh_entry_message(message, lh_genesis_network_id(replay->genesis), &hash);
    mark = replay->batch_count;
    for (size_t i = 0; i < entry->signatures_count; i++) {
        add_check(replay, index, &entry->signatures[i], message);
    }
    if (!at_once) {
        return true;
    }
    uint64_t before = replay->findings.failed_count + replay->findings.unknown_count;
    for (size_t i = mark; i < replay->batch_count; i++) {
        lh_replay_check_run(&replay->batch[i], &replay->findings);
    }
    replay->batch_count = mark;
    return replay->findings.failed_count + replay->findings.unknown_count == before;
}

/* spec ledger.md 11: "A body of a schema newer than the judge's cannot be judged; its
 * signatures by known keys are." */
static void take_newer(struct lh_replay *replay, uint64_t index, const lhpb_Entry *entry,
                       const char *text)
{
    lh_replay_find(replay, LH_ERR_UNKNOWN, "X01", index, text);
    replay->stage.may_lack_keys = true;
    (void)check_signatures(replay, index, entry, false);
}

/* E04 and E02 by the roster's answer. Returns whether the signers are in order. */
static bool judge_signers(struct lh_replay *replay, uint64_t index, const lhpb_Entry *entry,
                          const lhpb_Body *body)
{
    struct lh_err err = LH_ERR_NONE;

    enum lh_code rc =
        lh_roster_judge(replay->stage.roster, replay->suite, entry, body, false, NULL, &err);
    if (rc == LH_OK) {
        return true;
    }
    if (rc == LH_ERR_FORGED) {
        /* spec ledger.md 11: "Every signer's key was enrolled by an earlier leaf, or by the
         * genesis file for officers and recorder." */
        find_key_fault(replay, "E02", index, err.text);
    } else if (rc == LH_ERR_NOT_FOUND) {
        find_key_fault(replay, "E04", index, err.text); /* the session may be of a newer schema */
    } else if (rc == LH_ERR_DENIED || rc == LH_ERR_INVALID) {
        /* spec ledger.md 11: "The signers are of a kind, and as many, as the type of the entry
         * demands." */
        lh_replay_find(replay, LH_ERR_FORGED, "E04", index, err.text);
    } else if (rc == LH_ERR_UNKNOWN) {
        lh_replay_find(replay, LH_ERR_UNKNOWN, "X01", index, err.text);
    } else {
        in_trouble(replay, rc, &err);
    }
    return false;
}

/* spec ledger.md 11: "A change of keys fits the keys that are there: no key id or pseudonym is
 * taken twice, and whom it names is enrolled." */
static void apply(struct lh_replay *replay, uint64_t index, const lhpb_Body *body)
{
    struct lh_err err = LH_ERR_NONE;

    enum lh_code rc = lh_roster_apply(replay->stage.roster, replay->suite, body, index, &err);
    if (rc == LH_ERR_NOMEM || rc == LH_ERR_IO || rc == LH_ERR_LIMIT) {
        in_trouble(replay, rc, &err);
    } else if (rc != LH_OK) {
        find_key_fault(replay, "E05", index, err.text);
    }
}

/* E06 (the place of GENERATION) and E07. Returns whether both hold. */
static bool judge_place(struct lh_replay *replay, uint64_t index, const lhpb_Body *body)
{
    bool holds = true;

    if ((body->type == lhpb_EntryType_GENERATION) != (index == 0)) {
        lh_replay_find(replay, LH_ERR_FORGED, "E06", index, "GENERATION is not the first leaf");
        holds = false;
    }
    /* spec ledger.md 11: "The department of every entry is the department of the origin." */
    if (strcmp(body->department, replay->stage.origin.department) != 0) {
        lh_replay_find(replay, LH_ERR_FORGED, "E07", index, "the entry is of another department");
        holds = false;
    }
    return holds;
}

static void await(struct lh_replay *replay, uint64_t index, const lhpb_Entry *entry)
{
    struct lh_err err = LH_ERR_NONE;

    enum lh_code rc = lh_replay_await(replay, index, entry, &err);
    if (rc != LH_OK) {
        in_trouble(replay, rc, &err);
    }
}

static void erase(struct lh_replay *replay, const lhpb_Erase *covered)
{
    struct lh_err err = LH_ERR_NONE;

    enum lh_code rc = lh_replay_erase(replay, covered, &err);
    if (rc != LH_OK) {
        in_trouble(replay, rc, &err);
    }
}

void lh_replay_on_entry(void *arg, uint64_t index, const lhpb_Entry *entry)
{
    struct lh_replay *replay = arg;
    struct lh_err err = LH_ERR_NONE;
    lhpb_Body body;

    await(replay, index, entry);
    /* spec ledger.md 11: "The body is the canonical bytes of a Body, passes its check and fits
     * its intake part." */
    enum lh_code rc = lh_body_decode(&body, lh_bytes_of(entry->body.bytes, entry->body.size), &err);
    if (rc == LH_OK) {
        rc = lh_entry_check_body(entry, &body, &err);
    }
    if (rc == LH_ERR_UNKNOWN) {
        take_newer(replay, index, entry, err.text);
        return;
    }
    if (rc == LH_ERR_INVALID) {
        lh_replay_find(replay, LH_ERR_FORGED, "E01", index, err.text);
        return;
    }
    if (rc != LH_OK) {
        in_trouble(replay, rc, &err);
        return;
    }
    bool holds = judge_place(replay, index, &body) && judge_signers(replay, index, entry, &body);
    bool is_change = lh_roster_is_concerned(body.type);
    bool is_erase = body.type == lhpb_EntryType_ERASE;
    holds = check_signatures(replay, index, entry, is_change || is_erase) && holds;
    if (holds && is_change) {
        apply(replay, index, &body);
    } else if (holds && is_erase) {
        erase(replay, &body.detail.erase);
    }
}

/* What is wrong with the claims of a GENERATION about the ledger it opens; NULL when nothing is.
 * (That they fit one another is a matter of E01.) */
static const char *generation_fault(const lhpb_Generation *generation,
                                    const struct lh_origin *origin, enum lh_suite_id suite)
{
    enum lh_alg sealing = suite == LH_SUITE_W ? LH_ALG_ED25519 : LH_ALG_SM2;
    struct lh_origin prev;

    /* spec ledger.md 11: "The seal key that it names is Ed25519 in suite W and SM2 in suite G." */
    if (generation->seal_key.alg != (uint32_t)sealing) {
        return "GENERATION's seal key is of an algorithm that seals nothing in this suite";
    }
    if (generation->number != origin->generation) {
        return "GENERATION has another number than the origin";
    }
    if (generation->prev_origin[0] == 0) {
        return NULL;
    }
    if (lh_origin_parse(&prev, lh_bytes_of_text(generation->prev_origin), NULL) != LH_OK) {
        return "GENERATION names the one before by no origin";
    }
    bool is_same_network = strcmp(prev.network, origin->network) == 0;
    if (is_same_network == (generation->reason == REASON_JOINED)) {
        return "GENERATION's reason does not fit the network of the one before";
    }
    if (is_same_network && (strcmp(prev.department, origin->department) != 0 ||
                            prev.generation >= origin->generation)) {
        return "GENERATION continues a ledger that is not an earlier one of its own";
    }
    return NULL;
}

/* What a GENERATION says of the one before is judged when every ledger is known. */
static void take_claims(struct lh_replay_ledger *ledger, const lhpb_Generation *generation)
{
    memcpy(ledger->prev_origin, generation->prev_origin, sizeof ledger->prev_origin);
    ledger->prev_size = generation->prev_size;
    memcpy(ledger->prev_root.bytes, generation->prev_root, LH_HASH_SIZE);
    memcpy(ledger->prev_header.bytes, generation->prev_header, LH_HASH_SIZE);
}

/* spec ledger.md 11: "A ledger goes on with the keys of the generation that it continues, where
 * that one stands just before it in the archive and ends at the size that GENERATION names." */
static void inherit_keys(struct lh_replay *replay, const lhpb_Generation *generation)
{
    struct lh_replay_stage *stage = &replay->stage;
    struct lh_replay_before *before = &replay->before;
    const struct lh_replay_ledger *ledger;

    if (generation->prev_size == 0 || generation->reason == REASON_JOINED) {
        return; /* it begins with the keys of the genesis file */
    }
    ledger = before->roster != NULL ? &replay->ledgers[before->ledger] : NULL;
    if (ledger == NULL || strcmp(ledger->origin, generation->prev_origin) != 0 ||
        ledger->size != generation->prev_size || ledger->is_stopped) {
        stage->may_lack_keys = true;
        return;
    }
    lh_roster_free(stage->roster);
    stage->roster = before->roster;
    stage->may_lack_keys = before->may_lack_keys;
    stage->chain.epoch_hash = before->epoch;
    before->roster = NULL;
}

/* spec ledger.md 11: "The seal key is the one that the judge pinned for this origin." */
static void judge_pinned_seal(struct lh_replay *replay, const struct lh_pubkey *seal)
{
    const char *origin = lh_replay_current(replay)->origin;
    bool is_pinned = false;

    for (size_t i = 0; i < replay->options.seal_count; i++) {
        const struct lh_note_key *pinned = &replay->options.seals[i];
        if (strcmp(pinned->name, origin) != 0) {
            continue;
        }
        if (lh_pubkey_is_equal(&pinned->key, seal)) {
            return;
        }
        is_pinned = true;
    }
    if (is_pinned) {
        lh_replay_find(replay, LH_ERR_FORGED, "T02", 0, "the seal key is not the pinned one");
    }
}

/* The chain's start from a GENERATION that was readable. */
static enum lh_code begin_chain(struct lh_replay *replay, const lhpb_Generation *generation,
                                struct lh_err *err)
{
    struct lh_replay_ledger *ledger = lh_replay_current(replay);
    struct lh_err local = LH_ERR_NONE;
    struct lh_hash prev = *lh_genesis_network_id(replay->genesis);
    struct lh_pubkey seal;

    const char *fault =
        generation_fault(generation, &replay->stage.origin, lh_genesis_suite(replay->genesis));
    if (fault != NULL) {
        lh_replay_find(replay, LH_ERR_FORGED, "E06", 0, fault);
        return LH_OK;
    }
    if (generation->has_prev_header) {
        memcpy(prev.bytes, generation->prev_header, LH_HASH_SIZE);
    }
    enum lh_code rc = generation->has_seal_key
                          ? lh_pubkey_from_wire(&seal, &generation->seal_key, &local)
                          : lh_err_set(&local, LH_ERR_INVALID, "GENERATION has no seal key");
    if (rc == LH_OK) {
        rc = lh_chain_init(&replay->stage.chain, lh_genesis_network_id(replay->genesis),
                           ledger->origin, &seal, &prev, &local);
    }
    if (rc == LH_ERR_INVALID) {
        lh_replay_find(replay, LH_ERR_FORGED, "E06", 0, local.text);
        return LH_OK;
    }
    if (rc != LH_OK) {
        return lh_err_set(err, rc, "%s", local.text);
    }
    replay->stage.chain.epochs = replay->epochs;
    rc = lh_verifier_new(&replay->stage.seal, &seal, err);
    if (rc != LH_OK) {
        return rc;
    }
    judge_pinned_seal(replay, &seal);
    take_claims(ledger, generation);
    inherit_keys(replay, generation);
    replay->stage.has_chain = true;
    ledger->has_seal = true;
    ledger->reason = generation->reason;
    ledger->seal = seal;
    return LH_OK;
}

/*
 * The first block of a ledger whose first leaf is no entry: there is no seal key to go on with.
 * spec ledger.md 11: "Where the first leaf of a ledger is no entry, its block is judged by B01 to
 * B03 and no other rule."
 */
static enum lh_code judge_kinds(struct lh_replay *replay, struct lh_err *err)
{
    struct lh_err local = LH_ERR_NONE;
    lhpb_Leaf leaf;

    for (size_t i = 0; i < replay->leaf_count; i++) {
        enum lh_code rc = lh_leaf_decode(&leaf, replay->leaves[i], &local);
        if (rc == LH_ERR_INVALID) {
            lh_replay_find(replay, LH_ERR_FORGED, "B01", i, local.text);
            return LH_OK;
        }
        if (rc != LH_OK) {
            return lh_err_set(err, rc, "%s", local.text);
        }
    }
    if (replay->leaf_count == 1) {
        lh_replay_find(replay, LH_ERR_FORGED, "B03", 0, "a block without entries");
    } else {
        lh_replay_find(replay, LH_ERR_FORGED, "B02", 0, "the first leaf is no entry");
    }
    return LH_OK;
}

/* spec ledger.md 11: "The first leaf of a ledger is a GENERATION of its own number, and no
 * later leaf is one." */
enum lh_code lh_replay_open_chain(struct lh_replay *replay, struct lh_bytes leaf_bytes,
                                  struct lh_err *err)
{
    struct lh_err local = LH_ERR_NONE;
    lhpb_Leaf leaf;
    lhpb_Body body;

    enum lh_code rc = lh_leaf_decode(&leaf, leaf_bytes, &local);
    if (rc == LH_ERR_INVALID || (rc == LH_OK && leaf.which_kind != lhpb_Leaf_entry_tag)) {
        return judge_kinds(replay, err);
    }
    const lhpb_Entry *entry = &leaf.kind.entry;
    if (rc == LH_OK) {
        rc = lh_body_decode(&body, lh_bytes_of(entry->body.bytes, entry->body.size), &local);
    }
    if (rc == LH_OK && body.type == lhpb_EntryType_GENERATION) {
        return begin_chain(replay, &body.detail.generation, err);
    }
    if (rc == LH_OK) {
        lh_replay_find(replay, LH_ERR_FORGED, "E06", 0, "the first leaf is no GENERATION");
        return LH_OK;
    }
    if (rc == LH_ERR_UNKNOWN) {
        take_newer(replay, 0, entry, local.text);
        return replay->trouble.code == LH_OK
                   ? LH_OK
                   : lh_err_set(err, replay->trouble.code, "%s", replay->trouble.text);
    }
    if (rc == LH_ERR_INVALID) {
        lh_replay_find(replay, LH_ERR_FORGED, "E01", 0, local.text);
        return LH_OK;
    }
    return lh_err_set(err, rc, "%s", local.text);
}
