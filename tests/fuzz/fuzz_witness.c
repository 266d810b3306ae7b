/* What asks a witness to cosign. What is parsed is the only body for its values; no body moves a
 * head without a seal. */
#include "net/witness.h"

#include "crypto/base/assert.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* RFC 8032, 7.1, test 1: some of the corpus is sealed with it. */
static const uint8_t PUBKEY[] = { 0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe,
                                  0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6,
                                  0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a };

/* What is to be stored was sealed, grows from nothing, and is no head yet. */
static void check_stored(struct lh_witness_log *log, const struct lh_witness_request *request)
{
    struct lh_checkpoint sealed;

    lh_assert(log->is_storing && log->head.size == 0);
    lh_assert(lh_checkpoint_verify(&sealed, request->note, &log->seal, NULL) == LH_OK);
    lh_assert(sealed.size == log->next.size && lh_hash_is_equal(&sealed.root, &log->next.root));
    lh_assert(request->old == 0 && request->proof.count == 0);
    lh_witness_stored(log);
    lh_assert(log->head.size == sealed.size && !log->is_storing);
}

static void ask(const struct lh_witness_request *request)
{
    struct lh_pubkey key = { .alg = LH_ALG_ED25519 };
    struct lh_suite *suite = NULL;
    struct lh_witness_log log;
    struct lh_note_key seal;
    uint64_t head_size;

    memcpy(key.bytes, PUBKEY, sizeof PUBKEY);
    lh_assert(lh_suite_new(&suite, LH_SUITE_W, NULL) == LH_OK);
    lh_assert(lh_note_key_init(&seal, "example.org/log", LH_NOTE_LOG, &key, NULL) == LH_OK);
    lh_witness_log_init(&log, suite, &seal, false);
    if (lh_witness_ask(&log, suite, request, NULL, NULL) == LH_WITNESS_STORE) {
        check_stored(&log, request);
    } else {
        lh_assert(log.head.size == 0 && !log.is_storing);
    }
    if (lh_witness_request_size(&head_size, request, NULL) == LH_OK) {
        lh_assert(lh_witness_request_origin(request).len > 0);
    }
    lh_assert(lh_witness_request_origin(request).len <= request->note.len);
    lh_suite_free(suite);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lh_bytes body = lh_bytes_of(data, size);
    struct lh_buf again = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct lh_witness_request request;

    if (lh_witness_request_parse(&request, body, &err) == LH_OK) {
        lh_witness_request_format(&again, &request);
        lh_assert(lh_bytes_is_equal(lh_buf_bytes(&again), body));
        ask(&request);
    } else {
        lh_assert(err.text[0] != '\0');
    }
    lh_buf_clear(&again);
    return 0;
}
