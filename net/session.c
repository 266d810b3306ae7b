#include "net/session.h"

#include "crypto/base/assert.h"
#include "ledger/canon.h"

#include "network.pb.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    VERSION = 1,
    HELLO_MS = 5 * 1000,
    PING_MS = 15 * 1000,
    DEAD_MS = 45 * 1000,
    INPUT_MAX = 2 * (LH_FRAME_HEADER_SIZE + LH_FRAME_PAYLOAD_MAX),
    OUTPUT_MAX = 6 * 1024 * 1024, /* all credit, and what is free */
};

/* spec network.md 5: "Both sides start with 524,288 bytes of control, 1,048,576 of live and
 * 4,194,304 of bulk" */
static const uint32_t WINDOWS[LH_CLASS_COUNT] = {
    [LH_CLASS_CONTROL] = 512 * 1024,
    [LH_CLASS_LIVE] = 1024 * 1024,
    [LH_CLASS_BULK] = 4096 * 1024,
};

struct lh_session {
    struct lh_session_options options;
    enum lh_session_state state;
    enum lh_session_bye bye;
    uint32_t retry_after_s;
    struct lh_session_peer peer;

    struct lh_buf input;
    size_t taken; /* of the input, given out or dealt with */
    struct lh_buf output;
    size_t written; /* of the output */

    uint32_t ours[LH_CLASS_COUNT];   /* what we may still send */
    uint32_t theirs[LH_CLASS_COUNT]; /* what the other side may still send */
    uint32_t owed[LH_CLASS_COUNT];   /* dealt with, not yet given back */

    int64_t heard_ms;
    int64_t begun_ms;
    bool is_pinged; /* since we heard last */
    uint64_t ping_serial;
};

/* ---- our frames ---- */

/* A message that fits its frame by its bounds; what fails is memory, and lh_buf remembers that. */
static void add_message(struct lh_session *session, enum lh_frame_type type,
                        const pb_msgdesc_t *desc, const void *message)
{
    struct lh_buf payload = LH_BUF_EMPTY;

    if (lh_canon_encode(&payload, desc, message, NULL) == LH_OK) {
        struct lh_frame frame = { .type = (uint16_t)type, .payload = lh_buf_bytes(&payload) };

        lh_frame_add(&session->output, &frame);
    } else {
        session->output.failed = true;
    }
    lh_buf_clear(&payload);
}

void lh_session_close(struct lh_session *session, enum lh_session_bye code, uint32_t retry_after_s)
{
    lhpb_Bye bye = { .code = (uint32_t)code, .retry_after_s = retry_after_s };

    if (session->state == LH_SESSION_CLOSED) {
        return;
    }
    add_message(session, LH_FRAME_BYE, lhpb_Bye_fields, &bye);
    session->state = LH_SESSION_CLOSED;
    session->bye = code;
}

static enum lh_code refuse(struct lh_session *session, enum lh_session_bye code, struct lh_err *err,
                           enum lh_code rc, const char *what)
{
    lh_session_close(session, code, 0);
    return lh_err_set(err, rc, "%s", what);
}

/* ---- HELLO ---- */

/* spec network.md 5: "over "liuhen/hello/v1" || 0x00 || channel || side || the canonical bytes of
 * the HELLO without its signature" */
static enum lh_code add_signed(struct lh_buf *out, const struct lh_session *session,
                               bool is_from_dialled, const lhpb_Hello *hello, struct lh_err *err)
{
    static const char tag[] = "liuhen/hello/v1";
    lhpb_Hello unsigned_hello = *hello;

    memset(&unsigned_hello.signature, 0, sizeof unsigned_hello.signature);
    lh_buf_add(out, lh_bytes_of(tag, sizeof tag));
    lh_buf_add(out, lh_hash_bytes(&session->options.channel));
    lh_buf_add_u8(out, is_from_dialled ? 2 : 1);
    return lh_canon_encode(out, lhpb_Hello_fields, &unsigned_hello, err);
}

static enum lh_code add_hello(struct lh_session *session, struct lh_err *err)
{
    const struct lh_session_options *options = &session->options;
    lhpb_Hello hello = lhpb_Hello_init_zero;
    struct lh_buf message = LH_BUF_EMPTY;
    struct lh_sig sig;
    enum lh_code rc;

    hello.versions_count = 1;
    hello.versions[0] = VERSION;
    memcpy(hello.network_id, options->network_id.bytes, sizeof hello.network_id);
    memcpy(hello.department, options->department, strlen(options->department) + 1);
    hello.generation = options->generation;
    memcpy(hello.start, options->start, sizeof hello.start);
    rc = add_signed(&message, session, options->is_dialled, &hello, err);
    if (rc == LH_OK) {
        rc = lh_sign(options->witness, &sig, lh_buf_bytes(&message), err);
    }
    if (rc == LH_OK) {
        memcpy(hello.signature, sig.bytes, sizeof hello.signature);
        add_message(session, LH_FRAME_HELLO, lhpb_Hello_fields, &hello);
        rc = lh_buf_check(&session->output, err);
    }
    lh_buf_clear(&message);
    return rc;
}

static bool has_version(const lhpb_Hello *hello)
{
    for (pb_size_t i = 0; i < hello->versions_count; i++) {
        if (hello->versions[i] == VERSION) {
            return true;
        }
    }
    return false;
}

static enum lh_code verify_hello(const struct lh_session *session, const lhpb_Hello *hello,
                                 const struct lh_pubkey *key, struct lh_err *err)
{
    struct lh_verifier *verifier = NULL;
    struct lh_buf message = LH_BUF_EMPTY;
    struct lh_sig sig;
    enum lh_code rc = add_signed(&message, session, !session->options.is_dialled, hello, err);

    memcpy(sig.bytes, hello->signature, sizeof sig.bytes);
    if (rc == LH_OK) {
        rc = lh_verifier_new(&verifier, key, err);
    }
    if (rc == LH_OK) {
        rc = lh_verify(verifier, &sig, lh_buf_bytes(&message), err);
    }
    lh_verifier_free(verifier);
    lh_buf_clear(&message);
    return rc;
}

static enum lh_code take_hello(struct lh_session *session, const struct lh_frame *frame,
                               struct lh_err *err)
{
    const struct lh_session_options *options = &session->options;
    const struct lh_pubkey *key;
    lhpb_Hello hello;

    if (lh_canon_decode(lhpb_Hello_fields, &hello, frame->payload, err) != LH_OK) {
        lh_session_close(session, LH_BYE_PROTOCOL, 0);
        return LH_ERR_INVALID;
    }
    if (!has_version(&hello)) {
        return refuse(session, LH_BYE_VERSION, err, LH_ERR_UNKNOWN, "no common version");
    }
    if (memcmp(hello.network_id, options->network_id.bytes, sizeof hello.network_id) != 0) {
        return refuse(session, LH_BYE_NETWORK, err, LH_ERR_DENIED, "it is in another network");
    }
    key = options->find(options->arg, hello.department);
    if (key == NULL ||
        (options->expected[0] != '\0' && strcmp(options->expected, hello.department) != 0)) {
        return refuse(session, LH_BYE_MEMBER, err, LH_ERR_DENIED,
                      key == NULL ? "it is no member"
                                  : "it is not the department that was dialled");
    }
    if (verify_hello(session, &hello, key, err) != LH_OK) {
        return refuse(session, LH_BYE_FORGED, err, LH_ERR_FORGED, "its HELLO is forged");
    }
    if (strcmp(hello.department, options->department) == 0) {
        return refuse(session, LH_BYE_OURSELVES, err, LH_ERR_CONFLICT,
                      "it has our department's key: two nodes of one department run");
    }
    memcpy(session->peer.department, hello.department, sizeof session->peer.department);
    session->peer.generation = hello.generation;
    memcpy(session->peer.start, hello.start, sizeof session->peer.start);
    session->state = LH_SESSION_LIVE;
    return LH_OK;
}

/* ---- credit ---- */

enum lh_session_class lh_session_class_of(uint16_t type, uint32_t request)
{
    switch (type) {
    case LH_FRAME_LEAVES:
    case LH_FRAME_SEAL:
        return request != 0 ? LH_CLASS_BULK : LH_CLASS_LIVE;
    case LH_FRAME_PROPOSAL:
        return LH_CLASS_BULK; /* nothing waits for it */
    case LH_FRAME_HELLO:
    case LH_FRAME_BYE:
    case LH_FRAME_PING:
    case LH_FRAME_PONG:
    case LH_FRAME_CREDIT:
        return LH_CLASS_FREE;
    default:
        return LH_CLASS_CONTROL; /* unknown types too: skipping is work */
    }
}

static uint32_t cost_of(const struct lh_frame *frame)
{
    return LH_FRAME_HEADER_SIZE + (uint32_t)frame->payload.len;
}

size_t lh_session_credit(const struct lh_session *session, enum lh_session_class of)
{
    return session->state == LH_SESSION_LIVE ? session->ours[of] : 0;
}

void lh_session_done(struct lh_session *session, const struct lh_frame *frame)
{
    enum lh_session_class class = lh_session_class_of(frame->type, frame->request);

    if (class == LH_CLASS_FREE) {
        return;
    }
    session->owed[class] += cost_of(frame);
    lh_assert(session->owed[class] <= WINDOWS[class] - session->theirs[class]); /* done with once */
    if (session->owed[class] >= WINDOWS[class] / 2 && session->state == LH_SESSION_LIVE) {
        lhpb_Grant credit = { .class = (uint32_t) class, .bytes = session->owed[class] };

        add_message(session, LH_FRAME_CREDIT, lhpb_Grant_fields, &credit);
        session->theirs[class] += session->owed[class];
        session->owed[class] = 0;
    }
}

static enum lh_code take_credit(struct lh_session *session, const struct lh_frame *frame,
                                struct lh_err *err)
{
    lhpb_Grant credit;
    enum lh_code rc = lh_canon_decode(lhpb_Grant_fields, &credit, frame->payload, err);

    if (rc != LH_OK) {
        return rc;
    }
    if (credit.class == LH_CLASS_FREE || credit.class >= LH_CLASS_COUNT) {
        return lh_err_set(err, LH_ERR_INVALID, "credit of an unknown class");
    }
    /* spec network.md 5: "A class never has more than it started with." */
    if (credit.bytes > WINDOWS[credit.class] - session->ours[credit.class]) {
        return lh_err_set(err, LH_ERR_LIMIT, "more credit than was used");
    }
    session->ours[credit.class] += credit.bytes;
    return LH_OK;
}

/* ---- input ---- */

static enum lh_code take_bye(struct lh_session *session, const struct lh_frame *frame,
                             struct lh_err *err)
{
    lhpb_Bye bye;
    enum lh_code rc = lh_canon_decode(lhpb_Bye_fields, &bye, frame->payload, err);

    if (rc != LH_OK) {
        return rc;
    }
    session->state = LH_SESSION_CLOSED;
    session->bye = bye.code >= LH_BYE_PROTOCOL && bye.code <= LH_BYE_PEACE
                       ? (enum lh_session_bye)bye.code
                       : LH_BYE_PROTOCOL;
    session->retry_after_s = bye.retry_after_s;
    return lh_err_set(err, LH_ERR_NOT_FOUND, "the other side closed, code %" PRIu32, bye.code);
}

static enum lh_code take_ping(struct lh_session *session, const struct lh_frame *frame,
                              struct lh_err *err)
{
    lhpb_Ping ping;
    enum lh_code rc = lh_canon_decode(lhpb_Ping_fields, &ping, frame->payload, err);

    if (rc == LH_OK && frame->type == LH_FRAME_PING) {
        add_message(session, LH_FRAME_PONG, lhpb_Ping_fields, &ping);
    }
    return rc;
}

/* Looks at no more than the header, so a stranger makes us wait for nothing longer than a HELLO. */
/* spec network.md 5: "Nothing but HELLO and BYE is taken before the other's HELLO was good, and no
 * second HELLO after it." */
static enum lh_code check_turn(const struct lh_session *session, struct lh_bytes rest,
                               struct lh_err *err)
{
    uint16_t type;

    if (!lh_frame_has_header(rest, &type) || type == LH_FRAME_BYE ||
        (type == LH_FRAME_HELLO) == (session->state == LH_SESSION_HELLO)) {
        return LH_OK;
    }
    return lh_err_set(err, LH_ERR_INVALID,
                      type == LH_FRAME_HELLO ? "a second HELLO" : "no HELLO first");
}

/* What the session deals with itself; LH_AGAIN: it is the caller's. */
static enum lh_code deal_with(struct lh_session *session, const struct lh_frame *frame,
                              struct lh_err *err)
{
    if (frame->type == LH_FRAME_BYE) {
        return take_bye(session, frame, err);
    }
    switch (frame->type) {
    case LH_FRAME_HELLO:
        return take_hello(session, frame, err);
    case LH_FRAME_PING:
    case LH_FRAME_PONG:
        return take_ping(session, frame, err);
    case LH_FRAME_CREDIT:
        return take_credit(session, frame, err);
    default:
        return LH_AGAIN;
    }
}

static enum lh_code charge(struct lh_session *session, const struct lh_frame *frame,
                           struct lh_err *err)
{
    enum lh_session_class class = lh_session_class_of(frame->type, frame->request);

    if (class == LH_CLASS_FREE) {
        return LH_OK;
    }
    if (cost_of(frame) > session->theirs[class]) {
        return lh_err_set(err, LH_ERR_LIMIT, "%s without credit", lh_frame_name(frame->type));
    }
    session->theirs[class] -= cost_of(frame);
    return LH_OK;
}

enum lh_code lh_session_put(struct lh_session *session, struct lh_bytes bytes, struct lh_err *err)
{
    size_t left = session->input.len - session->taken;

    if (session->taken > 0) {
        memmove(session->input.data, session->input.data + session->taken, left);
        session->input.len = left;
        session->taken = 0;
    }
    if (bytes.len > INPUT_MAX - left) {
        return lh_err_set(err, LH_ERR_LIMIT, "input is put in faster than it is taken out");
    }
    lh_buf_add(&session->input, bytes);
    return lh_buf_check(&session->input, err);
}

enum lh_code lh_session_next(struct lh_session *session, struct lh_frame *out, int64_t now_ms,
                             struct lh_err *err)
{
    struct lh_frame frame;
    enum lh_code rc;

    for (;;) {
        struct lh_bytes all = lh_buf_bytes(&session->input);
        struct lh_bytes rest = lh_bytes_of(all.data + session->taken, all.len - session->taken);

        if (session->state == LH_SESSION_CLOSED) {
            return lh_err_set(err, LH_ERR_NOT_FOUND, "the session is closed");
        }
        rc = check_turn(session, rest, err);
        if (rc == LH_OK) {
            rc = lh_frame_next(&frame, &rest, err);
        }
        if (rc == LH_AGAIN) {
            return rc;
        }
        if (rc == LH_OK) {
            session->taken = all.len - rest.len;
            session->heard_ms = now_ms;
            session->is_pinged = false;
            rc = deal_with(session, &frame, err);
        }
        if (rc == LH_AGAIN) { /* the caller's */
            rc = charge(session, &frame, err);
            if (rc == LH_OK && lh_frame_limit(frame.type) > 0) {
                *out = frame;
                return LH_OK;
            }
            if (rc == LH_OK) {
                lh_session_done(session, &frame); /* unknown, and may be skipped */
            }
        }
        if (rc != LH_OK) {
            lh_session_close(session, LH_BYE_PROTOCOL, 0);
            return rc;
        }
        if (session->output.len - session->written > OUTPUT_MAX) {
            return refuse(session, LH_BYE_SLOW, err, LH_ERR_LIMIT, "it does not read our answers");
        }
        rc = lh_buf_check(&session->output, err);
        if (rc != LH_OK) {
            return rc;
        }
    }
}

/* ---- output ---- */

enum lh_code lh_session_send(struct lh_session *session, const struct lh_frame *frame,
                             struct lh_err *err)
{
    enum lh_session_class class = lh_session_class_of(frame->type, frame->request);

    lh_assert(class != LH_CLASS_FREE);
    if (session->state != LH_SESSION_LIVE || cost_of(frame) > session->ours[class]) {
        return LH_AGAIN;
    }
    lh_frame_add(&session->output, frame);
    session->ours[class] -= cost_of(frame);
    return lh_buf_check(&session->output, err);
}

struct lh_bytes lh_session_output(const struct lh_session *session)
{
    struct lh_bytes all = lh_buf_bytes(&session->output);

    return lh_bytes_of(all.data + session->written, all.len - session->written);
}

void lh_session_written(struct lh_session *session, size_t len)
{
    lh_assert(len <= session->output.len - session->written);
    session->written += len;
    if (session->written == session->output.len) {
        lh_buf_reset(&session->output);
        session->written = 0;
    }
}

/* ---- time ---- */

int64_t lh_session_due_ms(const struct lh_session *session)
{
    switch (session->state) {
    case LH_SESSION_HELLO:
        return session->begun_ms + HELLO_MS;
    case LH_SESSION_LIVE:
        return session->heard_ms + (session->is_pinged ? DEAD_MS : PING_MS);
    case LH_SESSION_CLOSED:
        break;
    }
    return INT64_MAX;
}

enum lh_code lh_session_tick(struct lh_session *session, int64_t now_ms, struct lh_err *err)
{
    if (now_ms < lh_session_due_ms(session)) {
        return LH_OK;
    }
    if (session->state == LH_SESSION_HELLO) {
        return refuse(session, LH_BYE_SLOW, err, LH_ERR_IO, "no HELLO came");
    }
    if (now_ms - session->heard_ms >= DEAD_MS) {
        return refuse(session, LH_BYE_SLOW, err, LH_ERR_IO, "nothing was heard for 45 s");
    }
    lhpb_Ping ping = { .nonce = ++session->ping_serial };
    add_message(session, LH_FRAME_PING, lhpb_Ping_fields, &ping);
    session->is_pinged = true;
    return lh_buf_check(&session->output, err);
}

/* ---- life ---- */

enum lh_code lh_session_new(struct lh_session **out, const struct lh_session_options *options,
                            int64_t now_ms, struct lh_err *err)
{
    struct lh_session *session = calloc(1, sizeof *session);
    enum lh_code rc;

    if (session == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "a session");
    }
    session->options = *options;
    session->begun_ms = now_ms;
    session->heard_ms = now_ms;
    memcpy(session->ours, WINDOWS, sizeof session->ours);
    memcpy(session->theirs, WINDOWS, sizeof session->theirs);
    rc = add_hello(session, err);
    if (rc != LH_OK) {
        lh_session_free(session);
        return rc;
    }
    *out = session;
    return LH_OK;
}

void lh_session_free(struct lh_session *session)
{
    if (session != NULL) {
        lh_buf_clear(&session->input);
        lh_buf_clear(&session->output);
        free(session);
    }
}

enum lh_session_state lh_session_state(const struct lh_session *session)
{
    return session->state;
}

const struct lh_session_peer *lh_session_peer(const struct lh_session *session)
{
    return &session->peer;
}

enum lh_session_bye lh_session_bye(const struct lh_session *session)
{
    return session->bye;
}

uint32_t lh_session_retry_after_s(const struct lh_session *session)
{
    return session->retry_after_s;
}
