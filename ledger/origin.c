#include "ledger/origin.h"

#include "crypto/base/assert.h"
#include "crypto/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_code_character(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

bool lh_code_is_valid(struct lh_bytes code)
{
    if (code.len == 0 || code.len > LH_CODE_MAX) {
        return false;
    }
    for (size_t i = 0; i < code.len; i++) {
        if (!is_code_character(code.data[i])) {
            return false;
        }
    }
    return code.data[0] != '-' && code.data[code.len - 1] != '-';
}

/* What stands before the next slash, which goes too. Without a slash: false. */
static bool cut_part(struct lh_bytes *rest, struct lh_bytes *out_part)
{
    const uint8_t *slash = rest->len == 0 ? NULL : memchr(rest->data, '/', rest->len);
    size_t len;

    if (slash == NULL) {
        return false;
    }
    len = (size_t)(slash - rest->data);
    *out_part = lh_bytes_of(rest->data, len);
    rest->data += len + 1;
    rest->len -= len + 1;
    return true;
}

static enum lh_code take_code(char out[LH_CODE_MAX + 1], struct lh_bytes code, const char *what,
                              struct lh_err *err)
{
    if (!lh_code_is_valid(code)) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "the %s is 1 to %d of a-z, 0-9 and - (not at its ends)", what,
                          LH_CODE_MAX);
    }
    memcpy(out, code.data, code.len);
    out[code.len] = '\0';
    return LH_OK;
}

static enum lh_code take_generation(uint32_t *out, struct lh_bytes text, struct lh_err *err)
{
    uint64_t generation;
    enum lh_code rc = lh_decimal_parse(&generation, text, err);

    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "the generation");
    }
    if (generation < 1 || generation > UINT32_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "the generation is 1 to %" PRIu32, UINT32_MAX);
    }
    *out = (uint32_t)generation;
    return LH_OK;
}

enum lh_code lh_origin_parse(struct lh_origin *out, struct lh_bytes text, struct lh_err *err)
{
    struct lh_origin origin = { .generation = 0 };
    struct lh_bytes network;
    struct lh_bytes department;
    struct lh_bytes rest = text;
    enum lh_code rc;

    if (!cut_part(&rest, &network) || !cut_part(&rest, &department)) {
        return lh_err_set(err, LH_ERR_INVALID, "an origin is <network>/<department>/<generation>");
    }
    rc = take_code(origin.network, network, "network", err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = take_code(origin.department, department, "department", err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = take_generation(&origin.generation, rest, err);
    if (rc != LH_OK) {
        return rc;
    }
    *out = origin;
    return LH_OK;
}

void lh_origin_format(char out[LH_ORIGIN_MAX + 1], const struct lh_origin *origin)
{
    int len = snprintf(out, LH_ORIGIN_MAX + 1, "%s/%s/%" PRIu32, origin->network,
                       origin->department, origin->generation);

    lh_assert(len > 0);
    lh_assert(len <= LH_ORIGIN_MAX);
}

enum lh_code lh_entry_name_parse(struct lh_entry_name *out, struct lh_bytes text,
                                 struct lh_err *err)
{
    struct lh_entry_name name = { .generation = 0 };
    struct lh_bytes department;
    struct lh_bytes generation;
    struct lh_bytes rest = text;
    enum lh_code rc;

    if (!cut_part(&rest, &department) || !cut_part(&rest, &generation)) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "an entry's name is <department>/<generation>/<index>");
    }
    rc = take_code(name.department, department, "department", err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = take_generation(&name.generation, generation, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_decimal_parse(&name.index, rest, err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "the index");
    }
    *out = name;
    return LH_OK;
}

void lh_entry_name_format(char out[LH_ORIGIN_MAX + 1], const struct lh_entry_name *name)
{
    int len = snprintf(out, LH_ORIGIN_MAX + 1, "%s/%" PRIu32 "/%" PRIu64, name->department,
                       name->generation, name->index);

    lh_assert(len > 0);
    lh_assert(len <= LH_ORIGIN_MAX);
}
