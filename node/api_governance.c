/* Proposals and epochs over HTTP: a proposal is taken in and given out, and the state is shown. */

#include "node/api_internal.h"

#include "crypto/aloud.h"
#include "crypto/text.h"
#include "net/governance.h"
#include "net/json_more.h"
#include "net/quorum.h"

#include <stdlib.h>
#include <string.h>

/*
 *   loop: what is asked? -> peers' thread: do it, write the answer -> loop: send it
 */
struct asking {
    struct lh_peers_errand errand; /* first: an errand is one of these */
    struct lh_api_call *call;
    void (*answer)(struct lh_api_call *call, struct lh_governance *governance);
};

static void run(struct lh_peers_errand *errand, struct lh_governance *governance)
{
    struct asking *asking = (struct asking *)errand;
    struct lh_api_call *call = asking->call;

    if (governance == NULL) {
        lh_problem_set(&call->problem, LH_PROBLEM_STOPPING, "%s", "");
    } else {
        asking->answer(call, governance);
    }
    free(asking);
    lh_mailbox_post(call->node->mailbox, &call->job);
}

/* Takes the call over; a problem that it has already is sent. */
static void ask(struct lh_api_call *call,
                void (*answer)(struct lh_api_call *call, struct lh_governance *governance))
{
    struct asking *asking = NULL;

    if (call->problem.code == LH_PROBLEM_NONE && call->node->peers == NULL) {
        lh_problem_set(&call->problem, LH_PROBLEM_NOT_FOUND,
                       "this node has no peers (peers.listen, peer)");
    }
    if (call->problem.code == LH_PROBLEM_NONE) {
        asking = calloc(1, sizeof *asking);
    }
    if (asking == NULL) {
        if (call->problem.code == LH_PROBLEM_NONE) {
            lh_problem_set(&call->problem, LH_PROBLEM_INTERNAL, "out of memory");
        }
        lh_api_call_finish(call);
        return;
    }
    asking->errand.run = run;
    asking->call = call;
    asking->answer = answer;
    lh_peers_ask(call->node->peers, &asking->errand);
}

/* ---- GET /v1/network --------------------------------------------------------------------------
 */

static void add_hash(struct lh_json *json, const struct lh_hash *hash)
{
    char aloud[LH_ALOUD_SIZE];

    lh_aloud_format(aloud, hash);
    lh_json_add_hex(json, "hash", lh_hash_bytes(hash));
    lh_json_add_string(json, "read_aloud", aloud);
}

static void add_epochs(struct lh_json *json, const struct lh_epochs *epochs)
{
    lh_json_begin_array(json, "epochs");
    for (size_t i = 0; i < lh_epochs_count(epochs); i++) {
        const struct lh_members *members = lh_epochs_at(epochs, i);

        lh_json_begin_object(json, NULL);
        lh_json_add_u64(json, "number", i);
        add_hash(json, lh_members_epoch(members));
        lh_json_add_u64(json, "round", lh_members_round(members));
        lh_json_add_u64(json, "members", lh_members_count(members));
        lh_json_end_object(json);
    }
    lh_json_end_array(json);
}

static void add_proposals(struct lh_json *json, const struct lh_governance *governance)
{
    const struct lh_election *election = lh_governance_election(governance);

    lh_json_begin_array(json, "proposals");
    for (size_t i = 0; i < lh_governance_count(governance); i++) {
        struct lh_hash hash;

        (void)lh_governance_proposal(governance, i, &hash);
        lh_json_begin_object(json, NULL);
        add_hash(json, &hash);
        lh_json_add_u64(json, "round", lh_election_round_of(election, &hash));
        lh_json_add_u64(json, "votes", lh_election_votes(election, &hash));
        lh_json_end_object(json);
    }
    lh_json_end_array(json);
}

static void add_votes(struct lh_json *json, const struct lh_election *election)
{
    const struct lh_members *members = lh_election_members(election);

    lh_json_begin_array(json, "votes");
    for (size_t i = 0; i < lh_members_count(members); i++) {
        const struct lh_hash *voted = lh_election_voted(election, i);

        lh_json_begin_object(json, NULL);
        lh_json_add_string(json, "department", lh_members_at(members, i)->enrolment.department);
        if (voted != NULL) {
            lh_json_add_hex(json, "proposal", lh_hash_bytes(voted));
        }
        lh_json_end_object(json);
    }
    lh_json_end_array(json);
}

static void write_network(struct lh_api_call *call, struct lh_governance *governance)
{
    const struct lh_epochs *epochs = lh_governance_epochs(governance);
    const struct lh_election *election = lh_governance_election(governance);
    size_t member_count = lh_members_count(lh_election_members(election));
    const struct lh_hash *wanted = lh_election_wanted(election);
    struct lh_json json = lh_json_of(&call->body);

    lh_json_begin_object(&json, NULL);
    lh_json_add_string(&json, "schema", "liuhen.network-state/1");
    lh_json_add_string(&json, "network", lh_genesis_network(call->node->genesis));
    lh_json_add_string(&json, "suite", lh_suite_name(call->node->rules.suite));
    lh_json_add_u64(&json, "needed", lh_quorum_approvals(member_count));
    lh_json_add_u64(&json, "round", lh_election_round(election));
    if (wanted != NULL) {
        lh_json_add_hex(&json, "wanted", lh_hash_bytes(wanted));
    }
    add_epochs(&json, epochs);
    add_proposals(&json, governance);
    add_votes(&json, election);
    lh_json_end_object(&json);
}

void lh_api_get_network(struct lh_api_call *call)
{
    static const char *const names[] = { NULL };

    (void)lh_api_check_query(call, names);
    ask(call, write_network);
}

/* ---- POST /v1/proposals -----------------------------------------------------------------------
 */

static void refuse(struct lh_api_call *call, enum lh_code rc, const struct lh_err *err)
{
    if (rc == LH_ERR_INVALID || rc == LH_ERR_FORGED) {
        lh_problem_set(&call->problem, LH_PROBLEM_PROPOSAL_UNFIT, "%s", err->text);
    } else if (rc == LH_ERR_CONFLICT) {
        lh_problem_set(&call->problem, LH_PROBLEM_PROPOSAL_PARENT, "%s", err->text);
    } else if (rc == LH_ERR_LIMIT) {
        lh_problem_set(&call->problem, LH_PROBLEM_QUEUE_FULL, "%s", err->text);
    } else {
        lh_api_call_fail(call, rc, "the proposal", err);
    }
}

static void propose(struct lh_api_call *call, struct lh_governance *governance)
{
    struct lh_json json = lh_json_of(&call->body);
    struct lh_suite *suite = NULL;
    struct lh_err err = LH_ERR_NONE;
    struct lh_hash hash;
    enum lh_code rc = lh_governance_propose(governance, lh_http_body(call->http), &err);

    if (rc == LH_OK) {
        rc = lh_suite_new(&suite, call->node->rules.suite, &err);
    }
    if (rc != LH_OK) {
        refuse(call, rc, &err);
        return;
    }
    hash = lh_proposal_hash(suite, lh_http_body(call->http));
    lh_json_begin_object(&json, NULL);
    lh_json_add_string(&json, "schema", "liuhen.proposal-kept/1");
    add_hash(&json, &hash);
    lh_json_end_object(&json);
    lh_suite_free(suite);
}

/* Whether it is a proposal at all is said by its bytes alone. */
static void check_form(struct lh_api_call *call)
{
    lhpb_Proposal *proposal = malloc(sizeof *proposal);
    struct lh_err err = LH_ERR_NONE;

    if (proposal == NULL) {
        lh_problem_set(&call->problem, LH_PROBLEM_INTERNAL, "out of memory");
    } else if (lh_proposal_decode(proposal, lh_http_body(call->http), &err) != LH_OK) {
        lh_problem_set(&call->problem, LH_PROBLEM_MALFORMED, "%s", err.text);
    }
    free(proposal);
}

void lh_api_post_proposals(struct lh_api_call *call)
{
    static const char *const names[] = { NULL };
    const char *type = lh_http_header(call->http, "Content-Type");

    if (type == NULL || strcmp(type, "application/vnd.liuhen.proposal") != 0) {
        lh_problem_set(&call->problem, LH_PROBLEM_MEDIA_TYPE,
                       "wants application/vnd.liuhen.proposal");
    } else if (lh_http_body(call->http).len > LH_PROPOSAL_MAX) {
        lh_problem_set(&call->problem, LH_PROBLEM_TOO_LARGE, "at most %d bytes", LH_PROPOSAL_MAX);
    } else if (lh_api_check_query(call, names)) {
        check_form(call);
    }
    ask(call, propose);
}

/* ---- GET /v1/proposals/HASH -------------------------------------------------------------------
 */

static void write_proposal(struct lh_api_call *call, struct lh_governance *governance)
{
    struct lh_bytes proposal = LH_BYTES_EMPTY;
    struct lh_hash hash;

    if (lh_hex_parse(hash.bytes, sizeof hash.bytes, lh_bytes_of_text(call->rest), NULL) == LH_OK) {
        proposal = lh_governance_find(governance, &hash);
    }
    if (proposal.len == 0) {
        lh_problem_set(&call->problem, LH_PROBLEM_NOT_FOUND, "no such proposal is kept");
        return;
    }
    call->content_type = "application/vnd.liuhen.proposal";
    lh_buf_add(&call->body, proposal);
}

void lh_api_get_proposal(struct lh_api_call *call)
{
    static const char *const names[] = { NULL };

    (void)lh_api_check_query(call, names);
    ask(call, write_proposal);
}
