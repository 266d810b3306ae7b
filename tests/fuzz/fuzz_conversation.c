/*
 * Two members talk to a node, in sessions, about ledgers that fork, break rules or are good. The
 * input is a program: a byte says who does what, the bytes behind it with what. So what comes is
 * mostly well-formed and sealed, in any order, and a frame can be spoiled or made up besides. The
 * node's store may fail, and its process may end and start again on what was kept.
 *
 * After each step: what is held is good blocks under their seal, what was held before or more;
 * evidence that is kept stands and is against who forked or broke a rule; what was cosigned is
 * held, of an untainted ledger, and extends what was cosigned before; and memory is bounded.
 */
#include "net/gossip.h"

#include "ledger/proof_text.h"
#include "net/message.h"
#include "net/nomination.h"
#include "net/pledge.h"
#include "tests/support/replica_mem.h"
#include "tests/support/script.h"

#include "crypto/base/assert.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* Of the sanitizer where there is one, and then mallinfo knows nothing. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

/* gaj forks and breaks rules, mzj is the node, and ybj is no peer. */
enum {
    GAJ,
    MZJ,
    RSJ,
    YBJ,
    DEPARTMENTS = LH_SCRIPT_DEPARTMENTS,
    BLOCKS = LH_SCRIPT_BLOCKS,
    BRANCHES = LH_SCRIPT_BRANCHES,
    STEPS_MAX = 96,
    FRAMES_MAX = 4096,
    PAYLOAD_MAX = 4096, /* of what the input makes up */
    GROWTH_MAX = 4 << 20
};

static struct lh_script *script; /* made once */

struct input {
    const uint8_t *at;
    size_t left;
};

/* A head that a peer nominated, which is the answer's subject. */
struct nominated {
    const char *origin;
    const struct lh_town_block *block;
    unsigned branch;
};

struct peer {
    size_t who;
    struct lh_session *theirs;
    struct lh_session *ours; /* the node's end; NULL: not connected */
    uint32_t asked;          /* by the node, last: its request, */
    uint16_t asked_type;
    struct lh_get get; /* and what */
    struct lh_prove prove;
    uint32_t nominated_request; /* of the node's head */
    struct lh_checkpoint head;
    struct nominated last; /* of its own */
    uint32_t request;
};

struct node {
    struct lh_replica_mem *mem;
    struct lh_replica *replica;
    struct lh_gossip *gossip;
    struct lh_pledge *pledge;
    struct lh_nomination *nomination;
    struct peer peers[2];
    size_t sealed; /* own blocks */
    int64_t now_ms;
    uint8_t spoil; /* the next frame, at this byte */
    bool is_store_bad;
    struct nominated cosigned; /* of gaj, newest */
    uint64_t held[DEPARTMENTS];
    struct lh_hash roots[DEPARTMENTS];
};

static void must(enum lh_code rc)
{
    lh_assert(rc == LH_OK);
}

static uint8_t take_byte(struct input *input)
{
    if (input->left == 0) {
        return 0;
    }
    input->left--;
    return *input->at++;
}

static size_t allocated(void)
{
    return __sanitizer_get_current_allocated_bytes != NULL
               ? __sanitizer_get_current_allocated_bytes()
               : mallinfo2().uordblks;
}

static const char *name_of(size_t who)
{
    return lh_town_department(who);
}

static const char *origin_of(size_t who)
{
    return lh_town_origin(script->town, who);
}

/* ---- what there is to say ---- */

/* Some block: of gaj on either branch or broken, or of another. */
static const struct lh_town_block *choose_block(struct input *input, unsigned *out_branch)
{
    uint8_t which = take_byte(input);

    *out_branch = which / BLOCKS / DEPARTMENTS % BRANCHES;
    if (which >= BLOCKS * DEPARTMENTS * BRANCHES) {
        return &script->broken[which % script->broken_count].made;
    }
    return script->blocks[*out_branch][which / BLOCKS % DEPARTMENTS][which % BLOCKS];
}

/* ---- the node ---- */

static void on_cosigned(void *arg, struct lh_bytes note)
{
    struct node *node = arg;
    enum lh_code rc = lh_pledge_recall(node->pledge, note, NULL);

    lh_assert(rc == LH_OK || node->is_store_bad);
}

static void start(struct node *node)
{
    struct lh_replica_options options = { .suite = lh_town_suite(script->town),
                                          .genesis = lh_town_genesis(script->town),
                                          .department = name_of(MZJ),
                                          .store = lh_replica_mem_store(node->mem) };
    struct lh_gossip_listener listener = { .arg = node, .on_cosigned = on_cosigned };
    struct lh_pledge_options pledge = { .witness = lh_town_witness(script->town, MZJ),
                                        .mirror = lh_town_mirror(script->town, MZJ) };

    must(lh_replica_new(&node->replica, &options, NULL));
    must(lh_gossip_new(&node->gossip, node->replica, &listener, NULL));
    pledge.gossip = node->gossip;
    pledge.replica = node->replica;
    must(lh_pledge_new(&node->pledge, &pledge, NULL));
    must(lh_nomination_new(&node->nomination, node->replica, NULL));
}

static void stop(struct node *node)
{
    lh_nomination_free(node->nomination);
    lh_pledge_free(node->pledge);
    lh_gossip_free(node->gossip);
    lh_replica_free(node->replica);
}

static const struct lh_pubkey *find_key(void *arg, const char *department)
{
    (void)arg;
    for (size_t who = 0; who < DEPARTMENTS; who++) {
        if (strcmp(name_of(who), department) == 0) {
            return lh_signer_pubkey(lh_town_witness(script->town, who));
        }
    }
    return NULL;
}

static struct lh_session *session_of(size_t who, size_t expected, int64_t now_ms)
{
    struct lh_session_options options = { .suite = lh_town_suite(script->town),
                                          .witness = lh_town_witness(script->town, who),
                                          .network_id =
                                              *lh_genesis_network_id(lh_town_genesis(script->town)),
                                          .generation = 1,
                                          .start = { (uint8_t)(1 + who) },
                                          .is_dialled = who == MZJ,
                                          .find = find_key };
    struct lh_session *session = NULL;

    memcpy(options.department, name_of(who), strlen(name_of(who)) + 1);
    memcpy(options.expected, name_of(expected), strlen(name_of(expected)) + 1);
    must(lh_session_new(&session, &options, now_ms, NULL));
    return session;
}

static void disconnect(struct node *node, struct peer *peer)
{
    if (peer->ours == NULL) {
        return;
    }
    lh_gossip_leave(node->gossip, name_of(peer->who));
    lh_pledge_leave(node->pledge, name_of(peer->who));
    lh_nomination_leave(node->nomination, name_of(peer->who));
    lh_session_free(peer->ours);
    lh_session_free(peer->theirs);
    *peer = (struct peer){ .who = peer->who };
}

static enum lh_code take(struct node *node, struct peer *peer, const struct lh_frame *frame)
{
    const char *from = name_of(peer->who);

    if (lh_gossip_is_concerned(frame->type)) {
        return lh_gossip_take(node->gossip, from, frame, node->now_ms, NULL);
    }
    switch (frame->type) {
    case LH_FRAME_NOMINATE:
        return lh_pledge_take(node->pledge, from, frame, NULL);
    case LH_FRAME_PREPARE:
        return lh_pledge_prepare(node->pledge, from, frame, NULL);
    case LH_FRAME_COSIGNATURE:
    case LH_FRAME_DECLINE: {
        enum lh_code rc = lh_nomination_take(node->nomination, from, frame, node->now_ms, NULL);

        return rc == LH_ERR_IO && node->is_store_bad ? LH_OK : rc;
    }
    default:
        return LH_OK;
    }
}

/* What the node has for a peer goes into its session as far as credit allows. */
static void speak(struct node *node, struct peer *peer)
{
    const char *to = name_of(peer->who);
    struct lh_frame frame;
    size_t count = 0;

    for (;;) {
        size_t credit[LH_CLASS_COUNT];
        enum lh_code rc;

        for (size_t i = 0; i < LH_CLASS_COUNT; i++) {
            credit[i] = lh_session_credit(peer->ours, (enum lh_session_class)i);
        }
        rc = lh_gossip_next(node->gossip, to, credit, node->now_ms, &frame, NULL);
        if (rc == LH_AGAIN) {
            rc = lh_pledge_next(node->pledge, to, credit, 1, &frame, NULL);
        }
        if (rc == LH_AGAIN) {
            rc = lh_nomination_next(node->nomination, to, credit, node->now_ms, &frame, NULL);
        }
        if (rc != LH_OK) {
            lh_assert(rc == LH_AGAIN || node->is_store_bad);
            return;
        }
        must(lh_session_send(peer->ours, &frame, NULL));
        lh_assert(++count < FRAMES_MAX);
    }
}

/* The node reads what came; what breaks the protocol ends the session. */
static void listen(struct node *node, struct peer *peer, struct lh_bytes bytes)
{
    struct lh_frame frame;
    enum lh_code rc = lh_session_put(peer->ours, bytes, NULL);

    while (rc == LH_OK) {
        rc = lh_session_next(peer->ours, &frame, node->now_ms, NULL);
        if (rc == LH_OK) {
            rc = take(node, peer, &frame);
            lh_session_done(peer->ours, &frame);
        }
    }
    if (rc != LH_AGAIN) {
        disconnect(node, peer);
    }
}

static void check_cosigned(struct node *node, const struct peer *peer)
{
    const struct nominated *last = &peer->last;
    const struct lh_replica_ledger *ledger;
    uint64_t before;
    struct lh_hash root;
    struct lh_hash want;

    lh_assert(last->block != NULL);
    ledger = lh_replica_find(node->replica, last->origin);
    lh_assert(ledger != NULL);
    lh_assert(!ledger->is_tainted);
    want = lh_tree_root(&last->block->next.tree, lh_town_suite(script->town));
    if (!node->is_store_bad) {
        must(
            lh_replica_root(node->replica, last->origin, last->block->next.tree.size, &root, NULL));
        lh_assert(lh_hash_is_equal(&root, &want)); /* it is held */
    }
    if (peer->who != GAJ) {
        return;
    }
    if (node->cosigned.block != NULL) {
        before = node->cosigned.block->next.tree.size;
        want = lh_tree_root(&node->cosigned.block->next.tree, lh_town_suite(script->town));
        lh_assert(before <= last->block->next.tree.size);
        must(lh_replica_root(script->holders[last->branch], last->origin, before, &root, NULL));
        lh_assert(lh_hash_is_equal(&root, &want)); /* it extends what was cosigned before */
    }
    node->cosigned = *last;
}

/* The peer reads what the node said, and remembers what it was asked. */
static void hear(struct node *node, struct peer *peer)
{
    struct lh_bytes output = lh_session_output(peer->ours);
    struct lh_frame frame;

    lh_assert(output.len <= GROWTH_MAX);
    must(lh_session_put(peer->theirs, output, NULL));
    lh_session_written(peer->ours, output.len);
    while (lh_session_next(peer->theirs, &frame, node->now_ms, NULL) == LH_OK) {
        if (frame.type == LH_FRAME_GET) {
            must(lh_get_decode(&peer->get, frame.payload, NULL));
        } else if (frame.type == LH_FRAME_PROVE) {
            must(lh_prove_decode(&peer->prove, frame.payload, NULL));
        }
        if (frame.type == LH_FRAME_GET || frame.type == LH_FRAME_PROVE) {
            peer->asked = frame.request;
            peer->asked_type = frame.type;
        } else if (frame.type == LH_FRAME_NOMINATE) {
            struct lh_nomination_state state;

            lh_nomination_state(node->nomination, &state);
            peer->head = state.head;
            peer->nominated_request = frame.request;
        } else if (frame.type == LH_FRAME_COSIGNATURE && frame.request == peer->request) {
            check_cosigned(node, peer);
        }
        lh_session_done(peer->theirs, &frame);
    }
}

/* Bytes go to and fro until nobody has any. */
static void settle(struct node *node, struct peer *peer)
{
    size_t rounds = 0;

    while (peer->ours != NULL) {
        struct lh_bytes output = lh_session_output(peer->theirs);
        struct lh_buf bytes = LH_BUF_EMPTY;

        lh_assert(++rounds < FRAMES_MAX);
        lh_buf_add(&bytes, output);
        lh_session_written(peer->theirs, output.len);
        listen(node, peer, lh_buf_bytes(&bytes));
        lh_buf_clear(&bytes);
        if (peer->ours == NULL) {
            return;
        }
        speak(node, peer);
        if (lh_session_output(peer->ours).len == 0 && lh_session_output(peer->theirs).len == 0) {
            return;
        }
        hear(node, peer);
    }
}

static void settle_all(struct node *node)
{
    settle(node, &node->peers[0]);
    settle(node, &node->peers[1]);
}

static void join(struct node *node, struct peer *peer)
{
    disconnect(node, peer);
    peer->ours = session_of(MZJ, peer->who, node->now_ms);
    peer->theirs = session_of(peer->who, MZJ, node->now_ms);
    listen(node, peer, lh_session_output(peer->theirs));
    lh_assert(peer->ours != NULL);
    lh_session_written(peer->theirs, lh_session_output(peer->theirs).len);
    lh_assert(lh_session_state(peer->ours) == LH_SESSION_LIVE);
    must(lh_gossip_join(node->gossip, name_of(peer->who), node->now_ms, NULL));
    lh_nomination_join(node->nomination, name_of(peer->who));
}

static void call(struct node *node, struct peer *peer, struct input *input)
{
    (void)input;
    join(node, peer);
    settle_all(node);
}

/* ---- what a peer says ---- */

/* Spoiled if that was asked for; what has no credit is not said. */
static void say(struct node *node, struct peer *peer, uint16_t type, uint32_t request,
                struct lh_buf *payload)
{
    struct lh_frame frame = { .type = type, .request = request };

    if (peer->ours != NULL && payload->len <= lh_frame_limit(type)) {
        if (node->spoil != 0 && payload->len > 0) {
            payload->data[node->spoil % payload->len] ^= (uint8_t)(1U << node->spoil % 8);
            node->spoil = 0;
        }
        frame.payload = lh_buf_bytes(payload);
        if (lh_session_send(peer->theirs, &frame, NULL) == LH_OK) {
            settle_all(node);
        }
    }
    lh_buf_clear(payload);
}

static void say_have(struct node *node, struct peer *peer, struct input *input)
{
    struct lh_buf payload = LH_BUF_EMPTY;
    unsigned count = take_byte(input) % 5;
    unsigned branch;

    for (unsigned i = 0; i < count; i++) {
        lh_part_add(&payload, choose_block(input, &branch)->block.checkpoint);
    }
    say(node, peer, LH_FRAME_HAVE, 0, &payload);
}

static void say_leaves(struct node *node, struct peer *peer, const struct lh_town_block *made,
                       uint32_t request)
{
    struct lh_buf payload = LH_BUF_EMPTY;

    must(lh_leaves_begin(&payload, made->next.origin,
                         made->next.tree.size - made->block.entry_count - 1, NULL));
    for (size_t i = 0; i <= made->block.entry_count; i++) {
        lh_part_add(&payload, made->block.leaves[i]);
    }
    say(node, peer, LH_FRAME_LEAVES, request, &payload);
}

static void say_seal(struct node *node, struct peer *peer, const struct lh_town_block *made,
                     uint32_t request)
{
    struct lh_buf payload = LH_BUF_EMPTY;

    lh_buf_add(&payload, made->block.checkpoint);
    say(node, peer, LH_FRAME_SEAL, request, &payload);
}

/* A block, as leaves, seal or both, under the node's question or none. */
static void say_block(struct node *node, struct peer *peer, struct input *input)
{
    uint8_t how = take_byte(input);
    uint32_t request = how & 4 ? peer->asked : 0;
    unsigned branch;
    const struct lh_town_block *made = choose_block(input, &branch);

    if ((how & 3) != 1) {
        say_leaves(node, peer, made, request);
    }
    if ((how & 3) != 2) {
        say_seal(node, peer, made, request);
    }
}

static size_t find_department(const char *origin)
{
    size_t who = 0;

    while (who + 1 < DEPARTMENTS && strcmp(origin_of(who), origin) != 0) {
        who++;
    }
    return who;
}

/* What the node asked for last, as who holds one branch answers it. */
static void say_answer(struct node *node, struct peer *peer, struct input *input)
{
    unsigned branch = take_byte(input) % BRANCHES;
    struct lh_proven_growth growth = { .of = peer->prove };
    struct lh_buf payload = LH_BUF_EMPTY;

    if (peer->asked_type == LH_FRAME_GET) {
        size_t who = find_department(peer->get.origin);

        for (size_t i = 0; i < BLOCKS; i++) {
            const struct lh_town_block *made = script->blocks[branch][who][i];

            if (made->next.tree.size > peer->get.from) {
                say_leaves(node, peer, made, peer->asked);
                say_seal(node, peer, made, peer->asked);
                return;
            }
        }
    }
    if (peer->asked_type == LH_FRAME_PROVE &&
        lh_replica_root(script->holders[branch], growth.of.origin, growth.of.old, &growth.root,
                        NULL) == LH_OK &&
        lh_replica_prove(script->holders[branch], growth.of.origin, growth.of.old, growth.of.size,
                         &growth.proof, NULL) == LH_OK) {
        must(lh_proven_growth_encode(&payload, &growth, NULL));
        say(node, peer, LH_FRAME_PROOF, peer->asked, &payload);
    }
    lh_buf_clear(&payload);
}

static void say_missing(struct node *node, struct peer *peer, struct input *input)
{
    uint8_t size = take_byte(input);
    struct lh_missing missing = { .size = size,
                                  .reason = size % 2 == 0 ? LH_MISSING_END : LH_MISSING_LATER };
    struct lh_buf payload = LH_BUF_EMPTY;

    memcpy(missing.origin,
           peer->asked_type == LH_FRAME_PROVE ? peer->prove.origin : peer->get.origin,
           sizeof missing.origin);
    if (missing.origin[0] == '\0') {
        return;
    }
    must(lh_missing_encode(&payload, &missing, NULL));
    say(node, peer, LH_FRAME_MISSING, peer->asked, &payload);
}

static void ask(struct node *node, struct peer *peer, struct input *input)
{
    size_t who = take_byte(input) % DEPARTMENTS;
    uint64_t from = take_byte(input);
    struct lh_get get = { .from = from, .until = from + 1 + take_byte(input) };
    struct lh_prove prove = { .old = get.from, .size = get.until };
    struct lh_buf payload = LH_BUF_EMPTY;

    memcpy(get.origin, origin_of(who), strlen(origin_of(who)) + 1);
    memcpy(prove.origin, get.origin, sizeof prove.origin);
    if (get.until % 2 == 0) {
        must(lh_get_encode(&payload, &get, NULL));
    } else {
        must(lh_prove_encode(&payload, &prove, NULL));
    }
    say(node, peer, get.until % 2 == 0 ? LH_FRAME_GET : LH_FRAME_PROVE, ++peer->request, &payload);
}

/* A head of the peer's own ledger, from what it says was cosigned last. */
static void nominate(struct node *node, struct peer *peer, struct input *input)
{
    uint8_t which = take_byte(input);
    unsigned branch = which / 64 % BRANCHES;
    const struct lh_town_block *made = script->blocks[branch][peer->who][which % BLOCKS];
    size_t before = which / 8 % (BLOCKS + 1);
    uint64_t old = before == 0 ? 0 : script->blocks[branch][peer->who][before - 1]->next.tree.size;
    struct lh_buf payload = LH_BUF_EMPTY;
    struct lh_proof proof = { .count = 0 };

    if (old > made->next.tree.size || peer->ours == NULL) {
        return;
    }
    must(lh_replica_prove(script->holders[branch], origin_of(peer->who), old, made->next.tree.size,
                          &proof, NULL));
    lh_buf_add_format(&payload, "old %u\n", (unsigned)old);
    lh_proof_path_format(&payload, &proof);
    lh_buf_add(&payload, made->block.checkpoint);
    peer->last = (struct nominated){ origin_of(peer->who), made, branch };
    say(node, peer, LH_FRAME_NOMINATE, ++peer->request, &payload);
}

/* The peer's word about the head that the node nominated. */
static void cosign(struct node *node, struct peer *peer, struct input *input)
{
    const struct lh_genesis *genesis = lh_town_genesis(script->town);
    uint8_t how = take_byte(input);
    struct lh_decline decline = { .size = how / 8,
                                  .reason = (enum lh_decline_reason)(1 + how % 5) };
    struct lh_buf payload = LH_BUF_EMPTY;
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_note_key key;

    if (peer->head.size == 0) {
        return;
    }
    memcpy(decline.origin, origin_of(MZJ), strlen(origin_of(MZJ)) + 1);
    lh_checkpoint_format(&text, &peer->head);
    if (how % 2 == 0) {
        const struct lh_enrolment *member =
            lh_genesis_find(genesis, lh_bytes_of_text(name_of(peer->who)));

        must(lh_genesis_witness_key(&key, genesis, member, NULL));
        must(lh_note_add_line(&payload, lh_buf_bytes(&text), &key,
                              lh_town_witness(script->town, peer->who), 1, NULL));
        must(lh_genesis_mirror_key(&key, genesis, member, NULL));
        must(lh_note_add_line(&payload, lh_buf_bytes(&text), &key,
                              lh_town_mirror(script->town, peer->who), 1, NULL));
    } else {
        must(lh_decline_encode(&payload, &decline, NULL));
    }
    lh_buf_clear(&text);
    say(node, peer, how % 2 == 0 ? LH_FRAME_COSIGNATURE : LH_FRAME_DECLINE, peer->nominated_request,
        &payload);
}

static void say_evidence(struct node *node, struct peer *peer, struct input *input)
{
    struct lh_buf payload = LH_BUF_EMPTY;

    lh_buf_add(&payload, lh_buf_bytes(&script->evidence[take_byte(input) % LH_SCRIPT_TEXTS]));
    say(node, peer, LH_FRAME_EVIDENCE, 0, &payload);
}

static void prepare(struct node *node, struct peer *peer, struct input *input)
{
    struct lh_buf payload = LH_BUF_EMPTY;

    (void)input;
    lh_buf_add(&payload, lh_buf_bytes(&script->act));
    say(node, peer, LH_FRAME_PREPARE, ++peer->request, &payload);
}

/* A frame of the input's own, or bytes past the peer's session. */
static void make_up(struct node *node, struct peer *peer, struct input *input)
{
    uint8_t type = take_byte(input) % 24;
    uint8_t request = take_byte(input);
    size_t len = ((size_t)take_byte(input) << 8 | take_byte(input)) % PAYLOAD_MAX;
    struct lh_buf payload = LH_BUF_EMPTY;

    len = len < input->left ? len : input->left;
    lh_buf_add(&payload, lh_bytes_of(input->at, len));
    input->at += len;
    input->left -= len;
    if (lh_frame_limit(type) > 0 && type >= LH_FRAME_HAVE) {
        say(node, peer, type, request == 255 ? peer->asked : request, &payload);
        return;
    }
    if (peer->ours != NULL) { /* not through the peer's session, which would not say it */
        listen(node, peer, lh_buf_bytes(&payload));
        settle_all(node);
    }
    lh_buf_clear(&payload);
}

/* ---- what happens to the node ---- */

static void pass_time(struct node *node, struct peer *unused, struct input *input)
{
    (void)unused;
    node->now_ms += 1000 * (1 + (int64_t)take_byte(input) % 32);
    lh_gossip_tick(node->gossip, node->now_ms);
    must(lh_nomination_tick(node->nomination, node->now_ms, NULL));
    for (size_t i = 0; i < 2; i++) {
        struct peer *peer = &node->peers[i];

        if (peer->ours != NULL && lh_session_tick(peer->ours, node->now_ms, NULL) != LH_OK) {
            disconnect(node, peer);
        }
    }
    settle_all(node);
}

static void seal_own(struct node *node, struct peer *peer, struct input *input)
{
    const struct lh_town_block *made;

    (void)peer;
    (void)input;
    if (node->sealed < BLOCKS && !node->is_store_bad) {
        made = script->blocks[0][MZJ][node->sealed++];
        lh_replica_mem_put(node->mem, &made->block, &made->next);
        must(lh_gossip_seal(node->gossip, made->next.origin, &made->block, NULL));
        must(lh_nomination_tick(node->nomination, node->now_ms, NULL));
        settle_all(node);
    }
}

static void restart(struct node *node, struct peer *peer, struct input *input)
{
    (void)peer;
    (void)input;
    disconnect(node, &node->peers[0]);
    disconnect(node, &node->peers[1]);
    lh_replica_mem_fail_at(node->mem, 0);
    node->is_store_bad = false;
    stop(node);
    start(node);
}

static void spoil(struct node *node, struct peer *peer, struct input *input)
{
    (void)peer;
    node->spoil = take_byte(input);
}

static void fail_store(struct node *node, struct peer *peer, struct input *input)
{
    size_t at = take_byte(input) % 16;

    (void)peer;
    lh_replica_mem_fail_at(node->mem, at);
    node->is_store_bad = at != 0;
}

/* ---- what holds ---- */

static void check_evidence(struct node *node, const struct lh_replica_ledger *ledger)
{
    struct lh_evidence_report report;
    struct lh_evidence evidence;
    struct lh_buf store = LH_BUF_EMPTY;
    struct lh_buf text = LH_BUF_EMPTY;

    lh_assert(strcmp(ledger->origin, origin_of(GAJ)) == 0); /* the others are honest */
    if (!node->is_store_bad) {
        must(lh_replica_get_note(node->replica, ledger->origin, LH_REPLICA_EVIDENCE, &text, NULL));
        must(lh_evidence_parse(&evidence, &store, lh_buf_bytes(&text), NULL));
        must(lh_evidence_verify(&report, &evidence, NULL));
        lh_assert(strcmp(report.first.origin, ledger->origin) == 0);
    }
    lh_buf_clear(&text);
    lh_buf_clear(&store);
}

/* A good block of the department ends there, on one branch or the other. */
static bool is_good(size_t who, const struct lh_checkpoint *head)
{
    for (size_t i = 0; i < BRANCHES * BLOCKS; i++) {
        const struct lh_tree *tree = &script->blocks[i / BLOCKS][who][i % BLOCKS]->next.tree;
        struct lh_hash root = lh_tree_root(tree, lh_town_suite(script->town));

        if (head->size == tree->size && lh_hash_is_equal(&head->root, &root)) {
            return true;
        }
    }
    return false;
}

static void check(struct node *node, bool *is_tainted)
{
    for (size_t i = 0; i < lh_replica_count(node->replica); i++) {
        const struct lh_replica_ledger *ledger = lh_replica_at(node->replica, i);
        size_t who = find_department(ledger->origin);
        struct lh_checkpoint head;
        struct lh_hash root;

        if (ledger->is_tainted && !*is_tainted) { /* it stays what it was */
            check_evidence(node, ledger);
            *is_tainted = true;
        }
        if (!ledger->is_begun || strcmp(origin_of(who), ledger->origin) != 0 ||
            lh_hash_is_equal(&ledger->root, &node->roots[who])) {
            continue;
        }
        must(lh_replica_verify(node->replica, &head, ledger->origin,
                               lh_buf_bytes(&ledger->checkpoint), NULL));
        lh_assert(head.size == ledger->chain.tree.size);
        lh_assert(lh_hash_is_equal(&head.root, &ledger->root));
        lh_assert(head.size >= node->held[who]);
        lh_assert(is_good(who, &head));
        if (node->held[who] > 0 && !node->is_store_bad) {
            must(lh_replica_root(node->replica, ledger->origin, node->held[who], &root, NULL));
            lh_assert(lh_hash_is_equal(&root, &node->roots[who]));
        }
        node->held[who] = head.size;
        node->roots[who] = head.root;
    }
}

static void (*const STEPS[])(struct node *, struct peer *, struct input *) = {
    call,         say_have, say_block, say_answer, say_missing, ask,   nominate, cosign,
    say_evidence, prepare,  make_up,   pass_time,  seal_own,    spoil, restart,  fail_store,
};
enum { STEP_COUNT = sizeof STEPS / sizeof STEPS[0] };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct node node = { .peers = { { .who = GAJ }, { .who = RSJ } } };
    struct input input = { .at = data, .left = size };
    bool is_tainted = false;
    size_t before;

    if (script == NULL) {
        script = lh_script_new(GAJ, MZJ);
    }
    node.mem = lh_replica_mem_new(LH_SUITE_W);
    start(&node);
    before = allocated();
    join(&node, &node.peers[0]);
    join(&node, &node.peers[1]);
    settle_all(&node);
    for (size_t i = 0; i < STEPS_MAX && input.left > 0; i++) {
        uint8_t what = take_byte(&input);

        STEPS[what / 2 % STEP_COUNT](&node, &node.peers[what % 2], &input);
        check(&node, &is_tainted);
        lh_assert(allocated() < before + GROWTH_MAX);
    }
    disconnect(&node, &node.peers[0]);
    disconnect(&node, &node.peers[1]);
    stop(&node);
    lh_replica_mem_free(node.mem);
    return 0;
}
