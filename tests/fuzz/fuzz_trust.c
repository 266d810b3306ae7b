/*
 * Files that say what is trusted: a genesis or a tlog-policy, plain or compressed. What is taken
 * once is taken twice without a contradiction.
 */
#include "cli/verify/trust.h"

#include "cli/verify/input.h"
#include "crypto/base/assert.h"
#include "tests/support/fuzz_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CONTENT_MAX = 256 * 1024 };

static void check_network(const uint8_t *data, size_t size)
{
    struct lh_trust trust;
    char hex[66];

    if (size >= sizeof hex) {
        return;
    }
    if (size > 0) {
        memcpy(hex, data, size);
    }
    hex[size] = '\0';
    lh_trust_init(&trust);
    enum lh_code rc = lh_trust_add_network(&trust, hex, NULL);
    lh_assert(lh_trust_is_empty(&trust) == (rc != LH_OK));
    lh_trust_clear(&trust);
}

/* What any file given to liuhen-verify goes through: told apart, and read whole. */
static void check_input(const char *path)
{
    struct lh_buf content = LH_BUF_EMPTY;
    struct lh_input *input = NULL;

    lh_assert(lh_input_open(&input, path, NULL) == LH_OK);
    enum lh_input_kind kind = lh_input_detect(input);
    enum lh_code rc = lh_input_read_all(input, &content, CONTENT_MAX, NULL);
    lh_assert(rc == LH_OK || rc == LH_ERR_INVALID || rc == LH_ERR_UNKNOWN || rc == LH_ERR_LIMIT);
    lh_assert(rc != LH_OK || content.len <= CONTENT_MAX);
    lh_assert(rc != LH_OK || (kind == LH_INPUT_EMPTY) == (content.len == 0));
    lh_assert(lh_input_position(input) <= lh_input_size(input));
    lh_input_close(input);
    lh_buf_clear(&content);
}

/* A genesis file alone is epoch 0; no file is both, so no proposal came before it. */
static void check_epochs(const struct lh_trust *trust)
{
    struct lh_epochs *epochs = NULL;
    enum lh_code rc = lh_trust_open_epochs(trust, &epochs, NULL);

    lh_assert((rc == LH_OK) == (trust->genesis != NULL));
    lh_assert(rc != LH_OK || lh_epochs_count(epochs) == 1);
    lh_epochs_free(epochs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file(0, lh_bytes_of(data, size));
    struct lh_trust trust;

    check_network(data, size);
    check_input(path);
    lh_trust_init(&trust);
    if (lh_trust_add_epoch(&trust, path, NULL) == LH_OK) {
        lh_assert(trust.epoch_count == 1);
        lh_assert(lh_trust_is_empty(&trust)); /* whose they are is said by a genesis file */
    }
    if (lh_trust_add_file(&trust, path, NULL) == LH_OK) {
        size_t count = trust.log_count;

        bool is_twice = lh_trust_add_file(&trust, path, NULL) == LH_OK;

        lh_assert(is_twice != lh_trust_has_quorum(&trust));
        lh_assert(trust.log_count == (is_twice ? 2 * count : count));
        for (size_t i = 0; i < trust.log_count; i++) {
            lh_assert(trust.logs[i].kind == LH_NOTE_LOG);
            lh_assert(lh_trust_has_origin(&trust, trust.logs[i].name));
        }
        check_epochs(&trust);
        if (trust.has_network) {
            static const char zeros[] =
                "0000000000000000000000000000000000000000000000000000000000000000";
            lh_assert(lh_trust_add_network(&trust, zeros, NULL) == LH_ERR_CONFLICT);
        }
    }
    lh_trust_clear(&trust);
    return 0;
}
