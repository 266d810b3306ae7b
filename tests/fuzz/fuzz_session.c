/*
 * What a peer may send, first as a stranger and then as a member. The same bytes, cut elsewhere,
 * give the same frames, the same answers and the same end; memory and answers stay within bounds.
 */
#include "net/session.h"

#include "crypto/base/assert.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct end {
    struct lh_session *session;
    enum lh_code rc;
    size_t frame_count;
    size_t payload_len;
};

struct keys {
    struct lh_suite *suite;
    struct lh_signer *ours;
    struct lh_signer *theirs;
};

static struct keys keys;

static const struct lh_pubkey *find(void *arg, const char *department)
{
    (void)arg;
    return strcmp(department, "mzj") == 0   ? lh_signer_pubkey(keys.theirs)
           : strcmp(department, "gaj") == 0 ? lh_signer_pubkey(keys.ours)
                                            : NULL;
}

static struct lh_session *session_of(bool is_ours)
{
    struct lh_session_options options = { .suite = keys.suite,
                                          .witness = is_ours ? keys.ours : keys.theirs,
                                          .generation = 1,
                                          .start = { 1 },
                                          .is_dialled = is_ours,
                                          .find = find };
    struct lh_session *session = NULL;

    options.network_id.bytes[0] = 1;
    memcpy(options.department, is_ours ? "gaj" : "mzj", sizeof "gaj");
    lh_assert(lh_session_new(&session, &options, 0, NULL) == LH_OK);
    return session;
}

static void feed(struct end *end, struct lh_bytes bytes, size_t step)
{
    while (bytes.len > 0 && end->rc == LH_AGAIN) {
        size_t len = bytes.len < step ? bytes.len : step;
        struct lh_frame frame;

        lh_assert(lh_session_put(end->session, lh_bytes_of(bytes.data, len), NULL) == LH_OK);
        bytes = lh_bytes_of(bytes.data + len, bytes.len - len);
        while ((end->rc = lh_session_next(end->session, &frame, 0, NULL)) == LH_OK) {
            lh_assert(lh_session_state(end->session) == LH_SESSION_LIVE);
            lh_assert(frame.payload.len <= lh_frame_limit(frame.type));
            end->frame_count++;
            end->payload_len += frame.payload.len;
            if (frame.request % 2 == 0) {
                lh_session_done(end->session, &frame);
            }
        }
    }
}

static struct end run(struct lh_bytes bytes, size_t step, bool is_member)
{
    struct end end = { .session = session_of(true), .rc = LH_AGAIN };

    if (is_member) {
        struct lh_session *peer = session_of(false);

        feed(&end, lh_session_output(peer), SIZE_MAX);
        lh_assert(lh_session_state(end.session) == LH_SESSION_LIVE);
        lh_session_free(peer);
    }
    feed(&end, bytes, step);
    return end;
}

static void compare(struct lh_bytes bytes, bool is_member)
{
    struct end whole = run(bytes, SIZE_MAX, is_member);
    struct end cut = run(bytes, 7, is_member);

    lh_assert(whole.rc == cut.rc && whole.frame_count == cut.frame_count);
    lh_assert(whole.payload_len == cut.payload_len);
    lh_assert(lh_session_bye(whole.session) == lh_session_bye(cut.session));
    lh_assert(lh_bytes_is_equal(lh_session_output(whole.session), lh_session_output(cut.session)));
    lh_session_free(whole.session);
    lh_session_free(cut.session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t seeds[2][32] = { { 1 }, { 2 } };

    if (keys.suite == NULL) {
        lh_assert(lh_suite_new(&keys.suite, LH_SUITE_W, NULL) == LH_OK);
        lh_assert(lh_signer_from_seed(&keys.ours, LH_ALG_ED25519, lh_bytes_of(seeds[0], 32),
                                      NULL) == LH_OK);
        lh_assert(lh_signer_from_seed(&keys.theirs, LH_ALG_ED25519, lh_bytes_of(seeds[1], 32),
                                      NULL) == LH_OK);
    }
    if (size > 16384) {
        return 0;
    }
    compare(lh_bytes_of(data, size), true);
    compare(lh_bytes_of(data, size), false);
    return 0;
}
