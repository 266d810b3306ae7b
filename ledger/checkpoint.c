#include "ledger/checkpoint.h"

#include "crypto/base/assert.h"
#include "crypto/text.h"
#include "ledger/tree.h"

#include <inttypes.h>
#include <string.h>

void lh_checkpoint_format(struct lh_buf *out, const struct lh_checkpoint *checkpoint)
{
    lh_assert(checkpoint->origin[0] != '\0');
    lh_buf_add_format(out, "%s\n%" PRIu64 "\n", checkpoint->origin, checkpoint->size);
    lh_base64_add(out, lh_hash_bytes(&checkpoint->root));
    lh_buf_add_u8(out, '\n');
}

static enum lh_code take_origin(char out[LH_ORIGIN_MAX + 1], struct lh_bytes line,
                                struct lh_err *err)
{
    if (line.len == 0 || line.len > LH_ORIGIN_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "an origin of %zu bytes: 1 to %d", line.len,
                          LH_ORIGIN_MAX);
    }
    for (size_t i = 0; i < line.len; i++) {
        /* spec ledger.md 5: "The origin is 1 to 128 visible ASCII characters other than `+`." */
        if (line.data[i] <= ' ' || line.data[i] > '~' || line.data[i] == '+') {
            return lh_err_set(err, LH_ERR_INVALID, "byte 0x%02x in an origin",
                              (unsigned)line.data[i]);
        }
    }
    memcpy(out, line.data, line.len);
    out[line.len] = '\0';
    return LH_OK;
}

static enum lh_code take_size(uint64_t *out, struct lh_bytes line, struct lh_err *err)
{
    uint64_t size;
    enum lh_code rc = lh_decimal_parse(&size, line, err);

    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "the size");
    }
    if (size > LH_TREE_SIZE_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "a tree of %" PRIu64 " leaves: at most 2^62", size);
    }
    *out = size;
    return LH_OK;
}

enum lh_code lh_checkpoint_parse(struct lh_checkpoint *out, struct lh_bytes text,
                                 struct lh_err *err)
{
    struct lh_checkpoint checkpoint = { .size = 0 };
    struct lh_bytes rest = text;
    struct lh_bytes origin;
    struct lh_bytes size;
    struct lh_bytes root;
    enum lh_code rc;

    if (!lh_text_next_line(&rest, &origin) || !lh_text_next_line(&rest, &size) ||
        !lh_text_next_line(&rest, &root)) {
        return lh_err_set(err, LH_ERR_INVALID, "a checkpoint has three lines");
    }
    /* spec ledger.md 5: "A checkpoint has exactly three lines: one with an extension line is
     * refused." */
    if (rest.len > 0) {
        return lh_err_set(err, LH_ERR_INVALID, "a checkpoint has no extension lines");
    }
    rc = take_origin(checkpoint.origin, origin, err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "checkpoint");
    }
    rc = take_size(&checkpoint.size, size, err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "checkpoint");
    }
    rc = lh_base64_parse(checkpoint.root.bytes, LH_HASH_SIZE, root, err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "checkpoint: the root");
    }
    *out = checkpoint;
    return LH_OK;
}

/* spec ledger.md 5: "The name of the seal key is the origin." */
static bool is_seal_of(const struct lh_note_key *seal, const struct lh_checkpoint *checkpoint)
{
    return seal->kind == LH_NOTE_LOG && strcmp(seal->name, checkpoint->origin) == 0;
}

enum lh_code lh_checkpoint_sign(struct lh_buf *out, const struct lh_checkpoint *checkpoint,
                                const struct lh_note_key *seal, struct lh_signer *signer,
                                struct lh_err *err)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_buf note = LH_BUF_EMPTY;
    struct lh_checkpoint reread;
    enum lh_code rc;

    if (!is_seal_of(seal, checkpoint)) {
        return lh_err_set(err, LH_ERR_INVALID, "the key %s does not seal %s", seal->name,
                          checkpoint->origin);
    }
    lh_checkpoint_format(&text, checkpoint);
    rc = lh_buf_check(&text, err);
    if (rc != LH_OK) {
        goto out;
    }
    /* What we sign is what others will read. */
    rc = lh_checkpoint_parse(&reread, lh_buf_bytes(&text), err);
    if (rc != LH_OK) {
        goto out;
    }
    lh_buf_add(&note, lh_buf_bytes(&text));
    lh_buf_add_u8(&note, '\n');
    rc = lh_note_add_line(&note, lh_buf_bytes(&text), seal, signer, 0, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = lh_buf_check(&note, err);
    if (rc != LH_OK) {
        goto out;
    }
    lh_assert(note.len <= LH_CHECKPOINT_SIGNED_MAX);
    lh_buf_add(out, lh_buf_bytes(&note));
    rc = lh_buf_check(out, err);
out:
    lh_buf_clear(&note);
    lh_buf_clear(&text);
    return rc;
}

enum lh_code lh_checkpoint_verify(struct lh_checkpoint *out, struct lh_bytes note,
                                  const struct lh_note_key *seal, struct lh_err *err)
{
    struct lh_checkpoint checkpoint;
    struct lh_note parsed;
    enum lh_code rc;

    rc = lh_note_parse(&parsed, note, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_checkpoint_parse(&checkpoint, parsed.text, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (!is_seal_of(seal, &checkpoint)) {
        return lh_err_set(err, LH_ERR_FORGED, "the key %s does not seal %s", seal->name,
                          checkpoint.origin);
    }
    rc = lh_note_verify(&parsed, seal, NULL, err);
    if (rc == LH_ERR_NOT_FOUND) {
        return lh_err_set(err, LH_ERR_FORGED, "a checkpoint of %s without its seal",
                          checkpoint.origin);
    }
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "the seal of %s", checkpoint.origin);
    }
    *out = checkpoint;
    return LH_OK;
}

enum lh_code lh_checkpoint_keep_seal(struct lh_buf *out, struct lh_bytes note,
                                     const struct lh_note_key *seal, struct lh_err *err)
{
    const struct lh_note_line *line = NULL;
    struct lh_note parsed;
    enum lh_code rc = lh_note_parse(&parsed, note, err);

    if (rc != LH_OK) {
        return rc;
    }
    for (size_t i = 0; i < parsed.line_count && line == NULL; i++) {
        if (lh_bytes_is_equal(parsed.lines[i].name, lh_bytes_of_text(seal->name)) &&
            memcmp(parsed.lines[i].key_hash, seal->key_hash, sizeof seal->key_hash) == 0) {
            line = &parsed.lines[i];
        }
    }
    if (line == NULL) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "a note without the line of %s", seal->name);
    }
    lh_buf_add(out, parsed.text);
    lh_buf_add_text(out, "\n\xe2\x80\x94 ");
    lh_buf_add(out, line->name);
    lh_buf_add_text(out, " ");
    lh_buf_add(out, line->base64);
    lh_buf_add_text(out, "\n");
    return lh_buf_check(out, err);
}
