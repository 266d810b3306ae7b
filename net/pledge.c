#include "net/pledge.h"

#include "net/pledge_internal.h"

#include "crypto/base/assert.h"

#include <stdlib.h>
#include <string.h>

/* ---- life ---- */

/* Our lines, by the keys that we have. */
static enum lh_code name_keys(struct lh_pledge *pledge, struct lh_err *err)
{
    const struct lh_genesis *genesis = lh_replica_genesis(pledge->options.replica);
    const char *department = lh_replica_department(pledge->options.replica);
    struct lh_enrolment us = { .witness = *lh_signer_pubkey(pledge->options.witness),
                               .mirror = *lh_signer_pubkey(pledge->options.mirror) };
    enum lh_code rc;

    memcpy(us.department, department, strlen(department));
    rc = lh_genesis_witness_key(&pledge->us.witness_key, genesis, &us, err);
    return rc == LH_OK ? lh_genesis_mirror_key(&pledge->us.mirror_key, genesis, &us, err) : rc;
}

static bool has_keys_of(const struct lh_pledge *pledge, const struct lh_members *members)
{
    const struct lh_member *us =
        members != NULL ? lh_members_find(members, lh_replica_department(pledge->options.replica))
                        : NULL;

    return us != NULL &&
           lh_pubkey_is_equal(lh_signer_pubkey(pledge->options.witness), &us->enrolment.witness) &&
           lh_pubkey_is_equal(lh_signer_pubkey(pledge->options.mirror), &us->enrolment.mirror);
}

bool lh_pledge_has_first_keys(const struct lh_pledge *pledge)
{
    const struct lh_replica *replica = pledge->options.replica;

    return has_keys_of(
        pledge, lh_epochs_first_with(lh_replica_epochs(replica), lh_replica_department(replica)));
}

enum lh_code lh_pledge_grow(struct lh_pledge *pledge, struct lh_err *err)
{
    const struct lh_epochs *epochs = lh_replica_epochs(pledge->options.replica);
    size_t count = lh_epochs_place_count(epochs);
    struct lh_pledge_member *members;
    enum lh_code rc = LH_OK;

    if (pledge->member_count >= count) {
        return LH_OK;
    }
    members = realloc(pledge->members, count * sizeof members[0]);
    if (members == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "pledges");
    }
    pledge->members = members;
    for (size_t i = pledge->member_count; rc == LH_OK && i < count; i++) {
        members[i] = (struct lh_pledge_member){ .floor = { .generation = 0 } };
        rc = lh_pledge_load_floor(pledge, lh_epochs_department(epochs, i), &members[i].floor, err);
        pledge->member_count += rc == LH_OK;
    }
    return rc;
}

/* This head stands promised: it is what is shown, unless a later one is. */
static void show_promise(struct lh_pledge *pledge, const struct lh_checkpoint *head)
{
    struct lh_pledge_member *member = NULL;
    struct lh_origin origin;
    struct lh_origin shown;
    struct lh_pledge_word *word;

    if (lh_origin_parse(&origin, lh_bytes_of_text(head->origin), NULL) == LH_OK) {
        member = lh_pledge_member(pledge, origin.department);
    }
    if (member == NULL) {
        return;
    }
    word = &member->word;
    if (word->head.size == 0 ||
        lh_origin_parse(&shown, lh_bytes_of_text(word->head.origin), NULL) != LH_OK ||
        origin.generation > shown.generation ||
        (origin.generation == shown.generation && head->size > word->head.size)) {
        word->head = *head;
    }
}

/* What cannot be read is not shown; it is declined when its department asks. */
static void recall_words(struct lh_pledge *pledge)
{
    struct lh_checkpoint head;

    for (size_t i = 0; i < lh_replica_count(pledge->options.replica); i++) {
        const struct lh_replica_ledger *ledger = lh_replica_at(pledge->options.replica, i);

        if (lh_pledge_last(pledge, ledger->origin, &head, NULL) == LH_OK) {
            show_promise(pledge, &head);
        }
    }
}

enum lh_code lh_pledge_new(struct lh_pledge **out, const struct lh_pledge_options *options,
                           struct lh_err *err)
{
    struct lh_pledge *pledge = calloc(1, sizeof *pledge);
    enum lh_code rc;

    if (pledge == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "pledges");
    }
    pledge->options = *options;
    pledge->is_recalling = options->is_restored;
    rc = lh_pledge_grow(pledge, err);
    if (rc == LH_OK) {
        rc = name_keys(pledge, err);
    }
    if (rc != LH_OK) {
        lh_pledge_free(pledge);
        return rc;
    }
    recall_words(pledge);
    *out = pledge;
    return LH_OK;
}

void lh_pledge_free(struct lh_pledge *pledge)
{
    if (pledge != NULL) {
        lh_buf_clear(&pledge->payload);
        free(pledge->members);
        free(pledge);
    }
}

void lh_pledge_hold(struct lh_pledge *pledge, bool is_held)
{
    pledge->is_held = is_held;
}

struct lh_pledge_member *lh_pledge_member(const struct lh_pledge *pledge, const char *department)
{
    size_t place = lh_epochs_place(lh_replica_epochs(pledge->options.replica), department);

    return place < pledge->member_count ? &pledge->members[place] : NULL;
}

void lh_pledge_leave(struct lh_pledge *pledge, const char *department)
{
    struct lh_pledge_member *member = lh_pledge_member(pledge, department);

    if (member != NULL) {
        member->owed.is_owed = false;
        member->vow.is_owed = false;
    }
}

uint32_t lh_pledge_floor(const struct lh_pledge *pledge, const char *department)
{
    const struct lh_pledge_member *member = lh_pledge_member(pledge, department);

    return member != NULL ? member->floor.generation : 0;
}

const struct lh_pledge_word *lh_pledge_word(const struct lh_pledge *pledge, const char *department)
{
    static const struct lh_pledge_word nothing = { .time_s = 0 };
    const struct lh_pledge_member *member = lh_pledge_member(pledge, department);

    return member != NULL ? &member->word : &nothing;
}

/* ---- promises ---- */

/* The note that was kept with the promise, and its head. */
static enum lh_code read_promise(const struct lh_pledge *pledge, const char *origin,
                                 struct lh_buf *out_note, struct lh_checkpoint *out,
                                 struct lh_err *err)
{
    struct lh_note note;
    enum lh_code rc =
        lh_replica_get_note(pledge->options.replica, origin, LH_REPLICA_COSIGNED, out_note, err);

    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_note_parse(&note, lh_buf_bytes(out_note), err);
    if (rc == LH_OK) {
        rc = lh_checkpoint_parse(out, note.text, err);
    }
    return rc == LH_ERR_INVALID
               ? lh_err_wrap(err, LH_ERR_CORRUPT, "what was promised of %s", origin)
               : rc;
}

enum lh_code lh_pledge_last(const struct lh_pledge *pledge, const char *origin,
                            struct lh_checkpoint *out, struct lh_err *err)
{
    struct lh_buf note = LH_BUF_EMPTY;
    enum lh_code rc = read_promise(pledge, origin, &note, out, err);

    lh_buf_clear(&note);
    return rc;
}

/* spec network.md 2: "What was cosigned is durable before the cosignature leaves, and comparing and
 * storing are one step." */
static enum lh_code keep_promise(struct lh_pledge *pledge, struct lh_witness_log *log,
                                 struct lh_bytes offered, struct lh_err *err)
{
    struct lh_buf note = LH_BUF_EMPTY;
    enum lh_code rc = lh_checkpoint_keep_seal(&note, offered, &log->seal, err);

    if (rc == LH_OK) {
        rc = lh_replica_put_note(pledge->options.replica, log->seal.name, LH_REPLICA_COSIGNED,
                                 lh_buf_bytes(&note), err);
    }
    if (rc == LH_OK) {
        lh_witness_stored(log);
        show_promise(pledge, &log->head);
    } else {
        lh_witness_dropped(log);
    }
    lh_buf_clear(&note);
    return rc;
}

/* The text, with the seal if that is known to be good, and our own lines. */
static enum lh_code write_recalled(const struct lh_pledge *pledge, struct lh_buf *out,
                                   const char *origin, const struct lh_note *note,
                                   struct lh_bytes bytes, struct lh_err *err)
{
    const struct lh_replica_ledger *ledger = lh_replica_find(pledge->options.replica, origin);
    struct lh_checkpoint head;
    bool is_mirror;
    enum lh_code rc;

    if (lh_replica_verify(pledge->options.replica, &head, origin, bytes, NULL) == LH_OK) {
        rc = lh_checkpoint_keep_seal(out, bytes, &ledger->chain.seal, err);
    } else {
        lh_buf_add(out, note->text);
        lh_buf_add_u8(out, '\n');
        rc = lh_buf_check(out, err);
    }
    return rc == LH_OK ? lh_tally_take(&pledge->us, note, out, &is_mirror, NULL, err) : rc;
}

static bool has_line(const struct lh_note *note, const struct lh_note_key *key)
{
    for (size_t i = 0; i < note->line_count; i++) {
        if (lh_bytes_is_equal(note->lines[i].name, lh_bytes_of_text(key->name)) &&
            memcmp(note->lines[i].key_hash, key->key_hash, sizeof key->key_hash) == 0) {
            return true;
        }
    }
    return false;
}

/* spec network.md 8: "A checkpoint that anyone shows with a line of the witness on it which
 * verifies stands promised, remembered or not; a promise never goes back." */
static enum lh_code recall(struct lh_pledge *pledge, struct lh_bytes bytes, struct lh_err *err)
{
    struct lh_buf kept = LH_BUF_EMPTY;
    struct lh_checkpoint promised = { .size = 0 };
    struct lh_checkpoint head;
    struct lh_note note;
    enum lh_code rc;

    if (lh_note_parse(&note, bytes, NULL) != LH_OK || !has_line(&note, &pledge->us.witness_key) ||
        lh_checkpoint_parse(&head, note.text, NULL) != LH_OK) {
        return LH_OK; /* not ours */
    }
    rc = lh_pledge_last(pledge, head.origin, &promised, err);
    if (rc != LH_OK && rc != LH_ERR_NOT_FOUND) {
        return rc;
    }
    if (promised.size >= head.size) {
        return LH_OK;
    }
    rc = lh_note_verify(&note, &pledge->us.witness_key, NULL, err);
    if (rc != LH_OK) {
        return rc == LH_ERR_FORGED ? LH_OK : rc; /* somebody else's doing */
    }
    rc = write_recalled(pledge, &kept, head.origin, &note, bytes, err);
    if (rc == LH_OK) {
        rc = lh_replica_put_note(pledge->options.replica, head.origin, LH_REPLICA_COSIGNED,
                                 lh_buf_bytes(&kept), err);
    }
    if (rc == LH_OK) {
        show_promise(pledge, &head);
    }
    lh_buf_clear(&kept);
    return rc;
}

/* A promise that was heard of and is not kept would be forgotten: then no more are made. */
enum lh_code lh_pledge_recall(struct lh_pledge *pledge, struct lh_bytes note, struct lh_err *err)
{
    enum lh_code rc = recall(pledge, note, err);

    pledge->has_forgotten |= rc != LH_OK;
    return rc;
}

/* May promises be made? */
bool lh_pledge_is_barred(struct lh_pledge *pledge)
{
    const struct lh_members *newest = lh_epochs_newest(lh_replica_epochs(pledge->options.replica));

    if (pledge->is_recalling && lh_members_count(newest) > 1 &&
        lh_gossip_is_enough_told(pledge->options.gossip)) {
        pledge->is_recalling = false;
    }
    return pledge->is_held || pledge->is_recalling || pledge->has_forgotten ||
           !has_keys_of(pledge, lh_epochs_newest(lh_replica_epochs(pledge->options.replica)));
}

/* ---- judging ---- */

/* A nomination on its way through. */
struct judging {
    struct lh_pledge *pledge;
    const char *department;
    const struct lh_witness_request *request;
    uint32_t generation;
    const struct lh_replica_ledger *ledger;
    struct lh_pledge_owed *owed;
};

static enum lh_code decline(const struct judging *judging, enum lh_decline_reason reason,
                            uint64_t size)
{
    judging->owed->decline.reason = reason;
    judging->owed->decline.size = size;
    return LH_OK;
}

/* Our store, or memory, failed: not now. */
static enum lh_code excuse(const struct judging *judging, enum lh_code rc)
{
    return rc == LH_ERR_NOMEM ? rc : decline(judging, LH_DECLINE_LATER, 0);
}

/*
 * What stands promised, as a log of net/witness. The replica may have been filled anew, along
 * another branch: then our own promise is half of the evidence.
 */
static enum lh_code load_log(const struct judging *judging, struct lh_witness_log *log,
                             bool *out_is_branch, struct lh_err *err)
{
    const struct lh_replica *replica = judging->pledge->options.replica;
    const char *origin = judging->ledger->origin;
    struct lh_buf note = LH_BUF_EMPTY;
    struct lh_checkpoint promised = { .size = 0 };
    struct lh_hash root;
    enum lh_code rc;

    *out_is_branch = true;
    lh_witness_log_init(log, lh_replica_suite(replica), &judging->ledger->chain.seal, true);
    rc = read_promise(judging->pledge, origin, &note, &promised, err);
    if (rc == LH_OK) {
        log->head = promised;
        show_promise(judging->pledge, &promised);
        rc = lh_replica_root(replica, origin, promised.size, &root, err);
    }
    if (rc == LH_OK && log->head.size > 0 && !lh_hash_is_equal(&root, &log->head.root)) {
        *out_is_branch = false;
        rc = lh_gossip_hear(judging->pledge->options.gossip, judging->department,
                            lh_buf_bytes(&note), err);
        rc = rc == LH_ERR_FORGED ? LH_OK : rc; /* recalled without its seal: no evidence */
    }
    lh_buf_clear(&note);
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc; /* nothing promised, or not held that far yet */
}

static enum lh_code judge_growth(const struct judging *judging, struct lh_witness_log *log,
                                 const struct lh_hash *held, struct lh_err *err)
{
    struct lh_suite *suite = lh_replica_suite(judging->pledge->options.replica);
    enum lh_code rc;

    switch (lh_witness_ask(log, suite, judging->request, held, err)) {
    case LH_WITNESS_STORE:
        rc = keep_promise(judging->pledge, log, judging->request->note, err);
        if (rc != LH_OK) {
            return excuse(judging, rc);
        }
        judging->owed->is_cosigned = true;
        judging->owed->head = log->head;
        return LH_OK;
    case LH_WITNESS_NOT_LAST:
        return decline(judging, LH_DECLINE_LAST, log->head.size);
    case LH_WITNESS_NOT_HELD:
        return decline(judging, LH_DECLINE_NOT_HELD, judging->ledger->chain.tree.size);
    case LH_WITNESS_FORK:
        return decline(judging, LH_DECLINE_NEVER, 0);
    case LH_WITNESS_BUSY:
        return decline(judging, LH_DECLINE_LATER, 0);
    case LH_WITNESS_UNPROVEN: /* the replica has both heads: the proof alone is false */
    case LH_WITNESS_FORGED:
    case LH_WITNESS_UNKNOWN:
        return LH_ERR_FORGED;
    case LH_WITNESS_MALFORMED:
        break;
    }
    return LH_ERR_INVALID;
}

/* The newest generation of the department that is held. */
static uint32_t find_newest(const struct judging *judging)
{
    const struct lh_replica *replica = judging->pledge->options.replica;
    uint32_t newest = 0;

    for (size_t i = 0; i < lh_replica_count(replica); i++) {
        const struct lh_replica_ledger *ledger = lh_replica_at(replica, i);

        if (strcmp(ledger->department, judging->department) == 0 && ledger->chain.tree.size > 0 &&
            ledger->generation > newest) {
            newest = ledger->generation;
        }
    }
    return newest;
}

/* spec trust.md 5.3: "Of a member that was removed nothing more is witnessed from the new epoch
 * on." */
static bool is_member(const struct judging *judging)
{
    const struct lh_epochs *epochs = lh_replica_epochs(judging->pledge->options.replica);

    return lh_members_find(lh_epochs_newest(epochs), judging->department) != NULL;
}

/* LH_AGAIN: its epoch is not known. */
static enum lh_code judge_epoch(const struct judging *judging, uint64_t size, bool *out_is_ours,
                                struct lh_err *err)
{
    const struct lh_pledge *pledge = judging->pledge;
    struct lh_replica_epoch epoch;
    enum lh_code rc =
        lh_replica_epoch_of(pledge->options.replica, &epoch, judging->ledger->origin, size, err);

    if (rc == LH_OK) {
        *out_is_ours = has_keys_of(pledge, epoch.members) || has_keys_of(pledge, epoch.before);
    }
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc; /* what it nominates is judged below */
}

static enum lh_code judge(const struct judging *judging, uint64_t size, struct lh_err *err)
{
    const struct lh_replica *replica = judging->pledge->options.replica;
    struct lh_witness_log log;
    uint32_t floor = lh_pledge_floor(judging->pledge, judging->department);
    uint32_t newest;
    enum lh_pledge_line line = LH_PLEDGE_LINE_UNKNOWN;
    uint64_t transition = 0;
    struct lh_hash held;
    bool is_branch = true;
    bool is_ours = true;
    enum lh_code rc;

    if (lh_pledge_is_barred(judging->pledge) || !is_member(judging)) {
        return decline(judging, LH_DECLINE_LATER, 0);
    }
    /* spec network.md 9: "A peer that promises never again cosigns a head of an older generation of
     * that department." */
    if (judging->generation < floor) {
        return decline(judging, LH_DECLINE_TAKEN, floor);
    }
    /* spec network.md 8: "of its generations the newest that is held: an older one is DECLINE 5" */
    newest = find_newest(judging);
    if (judging->generation < newest) {
        return decline(judging, LH_DECLINE_TAKEN, newest);
    }
    if (judging->ledger == NULL || !judging->ledger->is_begun) {
        return decline(judging, LH_DECLINE_NOT_HELD, 0);
    }
    if (judging->ledger->is_tainted) {
        return decline(judging, LH_DECLINE_NEVER, 0);
    }
    if (size > judging->ledger->chain.tree.size) {
        return decline(judging, LH_DECLINE_NOT_HELD, judging->ledger->chain.tree.size);
    }
    rc = lh_pledge_judge_line(judging->pledge, judging->ledger->origin, &line, err);
    if (rc == LH_OK && line != LH_PLEDGE_LINE_VOUCHED) {
        return decline(judging,
                       line == LH_PLEDGE_LINE_UNSAFE ? LH_DECLINE_UNSAFE : LH_DECLINE_LATER, 0);
    }
    if (rc == LH_OK) {
        rc = load_log(judging, &log, &is_branch, err);
    }
    if (rc == LH_OK && !is_branch) {
        return decline(judging, LH_DECLINE_NEVER, 0);
    }
    if (rc == LH_OK) {
        rc = judge_epoch(judging, size, &is_ours, err);
    }
    /* spec network.md 8: "So is one of an epoch that the witness does not know, or in which its
     * keys are others." */
    if (rc == LH_AGAIN || (rc == LH_OK && !is_ours)) {
        return decline(judging, LH_DECLINE_LATER, 0);
    }
    if (rc == LH_OK) {
        rc = lh_replica_pending(judging->pledge->options.replica, &transition,
                                judging->ledger->origin, 0, err);
    }
    /* spec network.md 8: "a head above a transition head is DECLINE 3 until a witnessed checkpoint
     * of that one, or of a later head, is held" */
    if (rc == LH_OK && transition > 0 && size > transition) {
        return decline(judging, LH_DECLINE_LATER, 0);
    }
    if (rc == LH_OK) {
        rc = lh_replica_root(replica, judging->ledger->origin, size, &held, err);
    }
    return rc == LH_OK ? judge_growth(judging, &log, &held, err) : excuse(judging, rc);
}

static enum lh_code read_nomination(const struct lh_frame *frame, const char *department,
                                    struct lh_witness_request *out, struct lh_checkpoint *out_head,
                                    uint32_t *out_generation, struct lh_err *err)
{
    struct lh_origin origin = { .generation = 0 };
    struct lh_note note;
    enum lh_code rc = LH_OK;

    if (frame->request == 0) {
        return lh_err_set(err, LH_ERR_INVALID, "NOMINATE without a request");
    }
    rc = lh_witness_request_parse(out, frame->payload, err);
    if (rc == LH_OK) {
        rc = lh_note_parse(&note, out->note, err);
    }
    if (rc == LH_OK) {
        rc = lh_checkpoint_parse(out_head, note.text, err);
    }
    if (rc == LH_OK) {
        rc = lh_origin_parse(&origin, lh_bytes_of_text(out_head->origin), err);
    }
    /* spec network.md 8: "Nobody nominates but the ledger's own department" */
    if (rc == LH_OK && strcmp(origin.department, department) != 0) {
        rc = lh_err_set(err, LH_ERR_INVALID, "a head of another department's ledger");
    }
    *out_generation = origin.generation;
    return rc;
}

enum lh_code lh_pledge_take(struct lh_pledge *pledge, const char *department,
                            const struct lh_frame *frame, struct lh_err *err)
{
    struct lh_witness_request request = { .old = 0 };
    struct lh_checkpoint head = { .size = 0 };
    struct lh_pledge_owed owed = { .is_owed = true, .request = frame->request };
    struct judging judging = {
        .pledge = pledge, .department = department, .request = &request, .owed = &owed
    };
    enum lh_code rc = lh_pledge_grow(pledge, err);

    lh_assert(frame->type == LH_FRAME_NOMINATE);
    if (rc == LH_OK) {
        rc = read_nomination(frame, department, &request, &head, &judging.generation, err);
    }
    if (rc == LH_OK) {
        rc = lh_gossip_hear(pledge->options.gossip, department, request.note, err);
    }
    if (rc == LH_OK) {
        memcpy(owed.decline.origin, head.origin, sizeof owed.decline.origin);
        judging.ledger = lh_replica_find(pledge->options.replica, head.origin);
        rc = judge(&judging, head.size, err);
    }
    if (rc == LH_OK) {
        lh_pledge_member(pledge, department)->owed = owed;
    }
    return rc;
}

/* ---- answering ---- */

static enum lh_code cosign(struct lh_pledge *pledge, const struct lh_checkpoint *head,
                           uint64_t time_s, struct lh_err *err)
{
    struct lh_buf text = LH_BUF_EMPTY;
    enum lh_code rc;

    lh_checkpoint_format(&text, head);
    rc = lh_buf_check(&text, err);
    if (rc == LH_OK) {
        rc = lh_note_add_line(&pledge->payload, lh_buf_bytes(&text), &pledge->us.witness_key,
                              pledge->options.witness, time_s, err);
    }
    if (rc == LH_OK) {
        rc = lh_note_add_line(&pledge->payload, lh_buf_bytes(&text), &pledge->us.mirror_key,
                              pledge->options.mirror, time_s, err);
    }
    lh_buf_clear(&text);
    return rc;
}

static enum lh_code next_cosignature(struct lh_pledge *pledge, struct lh_pledge_member *member,
                                     const size_t credit[LH_CLASS_COUNT], uint64_t time_s,
                                     struct lh_frame *out, struct lh_err *err)
{
    struct lh_pledge_owed *owed = &member->owed;
    struct lh_pledge_word *word = &member->word;
    enum lh_code rc;

    if (!owed->is_owed) {
        return LH_AGAIN;
    }
    lh_buf_reset(&pledge->payload);
    rc = owed->is_cosigned ? cosign(pledge, &owed->head, time_s, err)
                           : lh_decline_encode(&pledge->payload, &owed->decline, err);
    if (rc == LH_OK) {
        rc = lh_buf_check(&pledge->payload, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    if (LH_FRAME_HEADER_SIZE + pledge->payload.len > credit[LH_CLASS_CONTROL]) {
        return LH_AGAIN;
    }
    owed->is_owed = false;
    word->is_declined = !owed->is_cosigned;
    word->decline = owed->decline;
    word->time_s = owed->is_cosigned ? time_s : word->time_s;
    *out = (struct lh_frame){ .type = owed->is_cosigned ? LH_FRAME_COSIGNATURE : LH_FRAME_DECLINE,
                              .request = owed->request,
                              .payload = lh_buf_bytes(&pledge->payload) };
    return LH_OK;
}

enum lh_code lh_pledge_next(struct lh_pledge *pledge, const char *department,
                            const size_t credit[LH_CLASS_COUNT], uint64_t time_s,
                            struct lh_frame *out, struct lh_err *err)
{
    struct lh_pledge_member *member = lh_pledge_member(pledge, department);
    enum lh_code rc;

    lh_assert(time_s != 0);
    if (member == NULL) {
        return LH_AGAIN; /* it asked for nothing yet */
    }
    rc = lh_pledge_next_vow(pledge, &member->vow, credit, out, err);
    return rc == LH_AGAIN ? next_cosignature(pledge, member, credit, time_s, out, err) : rc;
}
