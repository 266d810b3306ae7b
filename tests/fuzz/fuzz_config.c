/*
 * The operator's file. What is read prints as a file that is read again as the same; and each kind
 * of value comes back from its own text.
 */
#include "node/config.h"

#include "crypto/base/assert.h"
#include "node/config_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_values(struct lh_bytes text)
{
    struct lh_buf first = LH_BUF_EMPTY;
    struct lh_buf second = LH_BUF_EMPTY;
    static struct lh_grant grant;
    static struct lh_grant again;
    uint64_t value;
    uint64_t same;

    if (lh_size_parse(&value, text, NULL) == LH_OK) {
        lh_size_format(&first, value);
        lh_assert(lh_size_parse(&same, lh_buf_bytes(&first), NULL) == LH_OK && same == value);
    }
    lh_buf_reset(&first);
    if (lh_duration_parse(&value, text, NULL) == LH_OK) {
        lh_duration_format(&first, value);
        lh_assert(lh_duration_parse(&same, lh_buf_bytes(&first), NULL) == LH_OK && same == value);
    }
    if (lh_mode_parse(&value, text, NULL) == LH_OK) {
        lh_assert(value <= 07777);
    }
    lh_buf_reset(&first);
    if (lh_grant_parse(&grant, text, NULL) == LH_OK) {
        lh_grant_format(&first, &grant);
        lh_assert(lh_grant_parse(&again, lh_buf_bytes(&first), NULL) == LH_OK);
        lh_grant_format(&second, &again);
        lh_assert(lh_bytes_is_equal(lh_buf_bytes(&first), lh_buf_bytes(&second)));
    }
    lh_buf_clear(&first);
    lh_buf_clear(&second);
}

static void check_file(struct lh_bytes text)
{
    struct lh_err err = LH_ERR_NONE;
    struct lh_buf printed = LH_BUF_EMPTY;
    struct lh_buf restart = LH_BUF_EMPTY;
    struct lh_config *config = NULL;
    struct lh_config *again = NULL;
    enum lh_code rc = lh_config_parse(&config, "f", text, "/var/lib/n", &err);

    lh_assert(rc == LH_OK || rc == LH_ERR_INVALID || rc == LH_ERR_LIMIT);
    lh_assert((rc == LH_OK) == (err.text[0] == '\0'));
    if (rc == LH_OK) {
        lh_config_print(&printed, config);
        lh_assert(lh_config_parse(&again, "f", lh_buf_bytes(&printed), NULL, &err) == LH_OK);
        lh_config_restart_keys(&restart, config, again);
        lh_assert(restart.len == 0);
        (void)lh_config_client(config, 1000, 1001);
        lh_config_unref(again);
        lh_config_unref(config);
    }
    lh_buf_clear(&restart);
    lh_buf_clear(&printed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_values(lh_bytes_of(data, size));
    check_file(lh_bytes_of(data, size));
    return 0;
}
