#include "ledger/proof_text.h"

#include "crypto/base/assert.h"
#include "crypto/text.h"

#include <inttypes.h>

/* spec ledger.md 7: "The first line is exactly `c2sp.org/tlog-proof@v1`." */
static const char HEADER[] = "c2sp.org/tlog-proof@v1";

void lh_proof_path_format(struct lh_buf *out, const struct lh_proof *proof)
{
    lh_assert(proof->count <= LH_PROOF_MAX);
    for (size_t i = 0; i < proof->count; i++) {
        lh_base64_add(out, lh_hash_bytes(&proof->path[i]));
        lh_buf_add_u8(out, '\n');
    }
    lh_buf_add_u8(out, '\n');
}

enum lh_code lh_proof_path_parse(struct lh_proof *out, struct lh_bytes *rest, struct lh_err *err)
{
    struct lh_bytes line;

    out->count = 0;
    for (;;) {
        enum lh_code rc;

        if (!lh_text_next_line(rest, &line)) {
            return lh_err_set(err, LH_ERR_INVALID, "no empty line behind the path");
        }
        if (line.len == 0) {
            return LH_OK;
        }
        if (out->count == LH_PROOF_MAX) {
            return lh_err_set(err, LH_ERR_INVALID, "a path of more than %d hashes", LH_PROOF_MAX);
        }
        rc = lh_base64_parse(out->path[out->count].bytes, LH_HASH_SIZE, line, err);
        if (rc != LH_OK) {
            return lh_err_wrap(err, rc, "hash %zu of the path", out->count);
        }
        out->count++;
    }
}

enum lh_code lh_proof_text_format(struct lh_buf *out, const struct lh_proof_text *proof,
                                  struct lh_err *err)
{
    lh_buf_add_format(out, "%s\n", HEADER);
    if (proof->extra.len > 0) {
        lh_buf_add_text(out, "extra ");
        lh_buf_add(out, proof->extra);
        lh_buf_add_u8(out, '\n');
    }
    lh_buf_add_format(out, "index %" PRIu64 "\n", proof->index);
    lh_proof_path_format(out, &proof->proof);
    lh_buf_add(out, proof->checkpoint);
    return lh_buf_check(out, err);
}

/* Cut "<word> " off the front of `line`. */
static bool take_word(struct lh_bytes *line, const char *word)
{
    struct lh_bytes want = lh_bytes_of_text(word);

    if (line->len <= want.len || line->data[want.len] != ' ' ||
        !lh_bytes_is_equal(lh_bytes_of(line->data, want.len), want)) {
        return false;
    }
    line->data += want.len + 1;
    line->len -= want.len + 1;
    return true;
}

/* `line` is the second line: the extra if there is one, and then the next line takes its place. */
static enum lh_code take_extra(struct lh_bytes *out, struct lh_bytes *rest, struct lh_bytes *line,
                               struct lh_err *err)
{
    size_t len;
    enum lh_code rc;

    if (!take_word(line, "extra")) {
        *out = LH_BYTES_EMPTY;
        return LH_OK;
    }
    rc = lh_base64_measure(&len, *line, err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "the extra");
    }
    if (len == 0) {
        return lh_err_set(err, LH_ERR_INVALID, "an extra without bytes has no line");
    }
    *out = *line;
    if (!lh_text_next_line(rest, line)) {
        return lh_err_set(err, LH_ERR_INVALID, "no line behind the extra");
    }
    return LH_OK;
}

enum lh_code lh_proof_text_parse(struct lh_proof_text *out, struct lh_bytes text,
                                 struct lh_err *err)
{
    struct lh_proof_text proof = { .index = 0 };
    struct lh_bytes rest = text;
    struct lh_bytes line;
    enum lh_code rc;

    if (!lh_text_next_line(&rest, &line) || !lh_bytes_is_equal(line, lh_bytes_of_text(HEADER))) {
        return lh_err_set(err, LH_ERR_INVALID, "the first line is not %s", HEADER);
    }
    if (!lh_text_next_line(&rest, &line)) {
        return lh_err_set(err, LH_ERR_INVALID, "nothing behind the first line");
    }
    rc = take_extra(&proof.extra, &rest, &line, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (!take_word(&line, "index")) {
        return lh_err_set(err, LH_ERR_INVALID, "no index line where one is wanted");
    }
    rc = lh_decimal_parse(&proof.index, line, err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "the index");
    }
    rc = lh_proof_path_parse(&proof.proof, &rest, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (rest.len == 0) {
        return lh_err_set(err, LH_ERR_INVALID, "no checkpoint behind the empty line");
    }
    proof.checkpoint = rest;
    *out = proof;
    return LH_OK;
}
