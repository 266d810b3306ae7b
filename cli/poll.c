#include "cli/poll.h"

#include "cli/verify/input.h"
#include "ledger/replay.h"
#include "net/election.h"

#include <stdlib.h>
#include <string.h>

struct lh_poll {
    struct lh_hash network_id;
    size_t count;
    struct lh_buf votes[LH_POLL_VOTES_MAX]; /* leaves, in the order in which they came */
};

enum lh_code lh_poll_new(struct lh_poll **out, const struct lh_hash *network_id, struct lh_err *err)
{
    struct lh_poll *poll = calloc(1, sizeof *poll);

    if (poll == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    poll->network_id = *network_id;
    *out = poll;
    return LH_OK;
}

/* The first `count` votes stay. */
static void forget_from(struct lh_poll *poll, size_t count)
{
    while (poll->count > count) {
        lh_buf_clear(&poll->votes[--poll->count]);
    }
}

void lh_poll_free(struct lh_poll *poll)
{
    if (poll != NULL) {
        forget_from(poll, 0);
        free(poll);
    }
}

/* ---- an archive ---- */

/* An archive while it is read. */
struct reading {
    struct lh_poll *poll;
    struct lh_replay *replay;
    struct lh_origin origin; /* of the ledger that is read */
    bool has_origin;
    struct lh_err *err;
};

static enum lh_code read_input(void *arg, void *out, size_t room, size_t *out_len,
                               struct lh_err *err)
{
    return lh_input_read(arg, out, room, out_len, err);
}

static enum lh_code keep_vote(struct reading *reading, struct lh_bytes leaf)
{
    struct lh_poll *poll = reading->poll;
    struct lh_buf *vote = &poll->votes[poll->count];

    if (poll->count == LH_POLL_VOTES_MAX) {
        return lh_err_set(reading->err, LH_ERR_LIMIT, "more than %d votes", LH_POLL_VOTES_MAX);
    }
    *vote = (struct lh_buf)LH_BUF_EMPTY;
    lh_buf_add(vote, leaf);
    poll->count++;
    return lh_buf_check(vote, reading->err);
}

/* What breaks a rule is found by the replay; here only the votes are picked out. */
static enum lh_code take_frame(struct reading *reading, const struct lh_archive_frame *frame)
{
    struct lh_approval_claim claim;
    enum lh_code rc = lh_replay_feed(reading->replay, frame, reading->err);

    if (rc == LH_OK && frame->kind == LH_ARCHIVE_LEDGER) {
        reading->has_origin = lh_origin_parse(&reading->origin, frame->content, NULL) == LH_OK;
    }
    if (rc == LH_OK && frame->kind == LH_ARCHIVE_LEAF && reading->has_origin &&
        lh_approval_claim(&claim, frame->content, reading->origin.department, NULL) == LH_OK) {
        rc = keep_vote(reading, frame->content);
    }
    return rc;
}

/* Whether an epoch was certified is what is asked here. */
static enum lh_code refuse_finding(const struct reading *reading)
{
    const struct lh_replay_finding *first =
        lh_replay_findings_beyond_epochs(lh_replay_findings(reading->replay));

    return first == NULL
               ? LH_OK
               : lh_err_set(reading->err, first->code, "it breaks %s: %s; liuhen-verify says where",
                            first->rule->id, first->text);
}

static enum lh_code read_archive(struct reading *reading, struct lh_input *input)
{
    struct lh_archive_input stream = { .read = read_input, .arg = input };
    struct lh_archive_reader *reader = NULL;
    struct lh_archive_frame frame;
    struct lh_err why = LH_ERR_NONE;
    enum lh_code ended = LH_OK;
    enum lh_code rc = lh_archive_reader_new(&reader, &stream, reading->err);

    while (rc == LH_OK && (ended = lh_archive_next(reader, &frame, &why)) == LH_OK) {
        rc = take_frame(reading, &frame);
    }
    if (rc == LH_OK) {
        rc = lh_replay_end(reading->replay, ended, why.text, reading->err);
    }
    lh_archive_reader_free(reader);
    return rc == LH_OK ? refuse_finding(reading) : rc;
}

enum lh_code lh_poll_add(struct lh_poll *poll, const char *path, struct lh_err *err)
{
    const struct lh_replay_options options = { .with_signatures = true,
                                               .network_id = &poll->network_id };
    struct reading *reading = calloc(1, sizeof *reading);
    struct lh_input *input = NULL;
    size_t before = poll->count;
    enum lh_code rc;

    if (reading == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    reading->poll = poll;
    reading->err = err;
    rc = lh_input_open(&input, path, err);
    if (rc == LH_OK) {
        rc = lh_replay_new(&reading->replay, &options, err);
    }
    if (rc == LH_OK) {
        rc = read_archive(reading, input);
    }
    if (rc != LH_OK) {
        forget_from(poll, before);
        (void)lh_err_wrap(err, rc, "%s", path);
    }
    lh_replay_free(reading->replay);
    lh_input_close(input);
    free(reading);
    return rc;
}

/* ---- counting ---- */

/* One pass over the votes; true: some of them have to wait. What is no vote of this election, or
 * not the first of its member and round, counts for nothing. */
static enum lh_code cast_all(const struct lh_poll *poll, struct lh_election *election,
                             bool *out_waits, struct lh_err *err)
{
    *out_waits = false;
    for (size_t i = 0; i < poll->count; i++) {
        enum lh_code rc = lh_election_vote(election, lh_buf_bytes(&poll->votes[i]), err);

        if (rc == LH_ERR_NOMEM) {
            return rc;
        }
        *out_waits = *out_waits || rc == LH_AGAIN;
    }
    return LH_OK;
}

enum lh_code lh_poll_count(struct lh_poll_result *out, const struct lh_poll *poll,
                           const struct lh_members *from, struct lh_bytes proposal,
                           struct lh_err *err)
{
    struct lh_election *election = NULL;
    struct lh_members *outcome = NULL;
    const struct lh_members *next;
    uint32_t round;
    bool waits = false;
    enum lh_code rc = lh_election_new(&election, from, err);

    if (rc == LH_OK) {
        rc = lh_members_apply(&outcome, from, proposal, err);
    }
    if (rc == LH_OK) {
        rc = lh_election_propose(election, proposal, err);
    }
    if (rc != LH_OK) {
        goto out;
    }
    do { /* a vote that waits counts once the rounds before are over */
        round = lh_election_round(election);
        rc = cast_all(poll, election, &waits, err);
    } while (rc == LH_OK && waits && lh_election_round(election) > round);
    if (rc != LH_OK) {
        goto out;
    }
    next = lh_election_next(election);
    *out = (struct lh_poll_result){
        .votes = lh_election_round(election) == lh_members_round(outcome)
                     ? lh_election_votes(election, lh_members_epoch(outcome))
                     : 0,
        .is_certified =
            next != NULL && lh_hash_is_equal(lh_members_epoch(next), lh_members_epoch(outcome)),
    };
out:
    lh_members_free(outcome);
    lh_election_free(election);
    return rc;
}
