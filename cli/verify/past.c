#include "cli/verify/past.h"

#include "cli/verify/input.h"
#include "crypto/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC "liuhen/verified@v1"

enum {
    LINE_MAX_LEN = LH_ORIGIN_MAX + 128,
    FILE_MAX_LEN = (LH_REPLAY_LEDGERS_MAX + 3) * LINE_MAX_LEN,
};

void lh_past_clear(struct lh_past *past)
{
    free(past->marks);
    *past = (struct lh_past){ .is_there = false };
}

/* The sum of a state's lines is of SHA-256 in either suite: it is no part of a ledger. */
static enum lh_code sum_of(struct lh_hash *out, struct lh_bytes lines, struct lh_err *err)
{
    struct lh_suite *suite;

    enum lh_code rc = lh_suite_new(&suite, LH_SUITE_W, err);
    if (rc == LH_OK) {
        *out = lh_hash(suite, lines);
        lh_suite_free(suite);
    }
    return rc;
}

/* ---- reading ----------------------------------------------------------------------------------
 */

/* The words of a line behind its first one; false when it is another line. */
static bool cut_label(struct lh_bytes *line, const char *label)
{
    size_t len = strlen(label);

    if (line->len <= len || memcmp(line->data, label, len) != 0 || line->data[len] != ' ') {
        return false;
    }
    *line = lh_bytes_of(line->data + len + 1, line->len - len - 1);
    return true;
}

/* The last word of a line, cut off its end; empty when there is only one. */
static struct lh_bytes cut_last(struct lh_bytes *line)
{
    size_t at = line->len;

    while (at > 0 && line->data[at - 1] != ' ') {
        at--;
    }
    if (at == 0) {
        return LH_BYTES_EMPTY;
    }
    struct lh_bytes word = lh_bytes_of(line->data + at, line->len - at);
    line->len = at - 1;
    return word;
}

static enum lh_code parse_mark(struct lh_replay_mark *out, struct lh_bytes line, struct lh_err *err)
{
    struct lh_bytes root = cut_last(&line);
    struct lh_bytes size = cut_last(&line);
    struct lh_origin origin;

    enum lh_code rc = lh_hex_parse(out->root.bytes, sizeof out->root.bytes, root, err);
    if (rc == LH_OK) {
        rc = lh_decimal_parse(&out->size, size, err);
    }
    if (rc == LH_OK) {
        rc = lh_origin_parse(&origin, line, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    if (out->size == 0) {
        return lh_err_set(err, LH_ERR_INVALID, "a ledger without leaves");
    }
    memcpy(out->origin, line.data, line.len);
    return LH_OK;
}

static enum lh_code add_mark(struct lh_past *past, struct lh_bytes line, struct lh_err *err)
{
    struct lh_replay_mark mark = { .size = 0 };

    enum lh_code rc = parse_mark(&mark, line, err);
    if (rc != LH_OK) {
        return rc;
    }
    if (past->replay.count == LH_REPLAY_LEDGERS_MAX) {
        return lh_err_set(err, LH_ERR_INVALID, "more ledgers than an archive holds");
    }
    if (past->marks == NULL) {
        past->marks = calloc(LH_REPLAY_LEDGERS_MAX, sizeof past->marks[0]);
        past->replay.marks = past->marks;
    }
    if (past->marks == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory for the state");
    }
    past->marks[past->replay.count++] = mark;
    return LH_OK;
}

/* The last line: it sums the bytes before it. */
static enum lh_code check_sum(struct lh_bytes before, struct lh_bytes hex, struct lh_err *err)
{
    struct lh_hash said;
    struct lh_hash sum;

    enum lh_code rc = lh_hex_parse(said.bytes, sizeof said.bytes, hex, err);
    if (rc == LH_OK) {
        rc = sum_of(&sum, before, err);
    }
    if (rc == LH_OK && !lh_hash_is_equal(&said, &sum)) {
        rc = lh_err_set(err, LH_ERR_INVALID, "its sum does not fit: it was changed or damaged");
    }
    return rc;
}

static enum lh_code parse_state(struct lh_past *past, struct lh_bytes text, struct lh_err *err)
{
    struct lh_hash *id = &past->replay.network_id;
    struct lh_bytes rest = text;
    struct lh_bytes line;

    if (!lh_text_next_line(&rest, &line) || !lh_bytes_is_equal(line, lh_bytes_of_text(MAGIC)) ||
        !lh_text_next_line(&rest, &line) || !cut_label(&line, "network")) {
        return lh_err_set(err, LH_ERR_INVALID, "is no state of --resume");
    }
    enum lh_code rc = lh_hex_parse(id->bytes, sizeof id->bytes, line, err);
    while (rc == LH_OK) {
        size_t done = text.len - rest.len;
        if (!lh_text_next_line(&rest, &line)) {
            return lh_err_set(err, LH_ERR_INVALID, "its end is missing");
        }
        if (cut_label(&line, "sum")) {
            rc = check_sum(lh_bytes_of(text.data, done), line, err);
            break;
        }
        rc = cut_label(&line, "ledger") ? add_mark(past, line, err)
                                        : lh_err_set(err, LH_ERR_INVALID, "neither ledger nor sum");
    }
    if (rc == LH_OK && rest.len > 0) {
        rc = lh_err_set(err, LH_ERR_INVALID, "it goes on behind its sum");
    }
    return rc;
}

enum lh_code lh_past_read(struct lh_past *past, const char *path, struct lh_err *err)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_input *input;

    enum lh_code rc = lh_input_open(&input, path, err);
    if (rc == LH_ERR_NOT_FOUND) {
        return LH_OK;
    }
    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_input_read_all(input, &text, FILE_MAX_LEN, err);
    lh_input_close(input);
    if (rc == LH_OK) {
        rc = parse_state(past, lh_buf_bytes(&text), err);
    }
    past->is_there = rc == LH_OK;
    lh_buf_clear(&text);
    return rc;
}

/* ---- writing ----------------------------------------------------------------------------------
 */

static enum lh_code format_state(struct lh_buf *out, const struct lh_replay *replay,
                                 struct lh_err *err)
{
    struct lh_hash sum;

    lh_buf_add_text(out, MAGIC "\nnetwork ");
    lh_hex_add(out, lh_hash_bytes(lh_genesis_network_id(lh_replay_genesis(replay))));
    lh_buf_add_u8(out, '\n');
    for (size_t i = 0; i < lh_replay_ledger_count(replay); i++) {
        const struct lh_replay_ledger *ledger = lh_replay_ledger_at(replay, i);
        if (ledger->size > 0) {
            lh_buf_add_format(out, "ledger %s %" PRIu64 " ", ledger->origin, ledger->size);
            lh_hex_add(out, lh_hash_bytes(&ledger->root));
            lh_buf_add_u8(out, '\n');
        }
    }
    enum lh_code rc = lh_buf_check(out, err);
    if (rc == LH_OK) {
        rc = sum_of(&sum, lh_buf_bytes(out), err);
    }
    if (rc == LH_OK) {
        lh_buf_add_text(out, "sum ");
        lh_hex_add(out, lh_hash_bytes(&sum));
        lh_buf_add_u8(out, '\n');
        rc = lh_buf_check(out, err);
    }
    return rc;
}

static bool write_synced(int fd, struct lh_bytes bytes)
{
    size_t done = 0;

    while (done < bytes.len) {
        ssize_t got = write(fd, bytes.data + done, bytes.len - done);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return false;
        }
        done += (size_t)got;
    }
    return fsync(fd) == 0;
}

/* A state that a crash left half written would be refused by its sum; renaming spares us even that.
 */
static enum lh_code replace_file(const char *path, struct lh_bytes content, struct lh_err *err)
{
    struct lh_buf fresh = LH_BUF_EMPTY;

    lh_buf_add_format(&fresh, "%s.new", path);
    enum lh_code rc = lh_buf_check(&fresh, err);
    if (rc != LH_OK) {
        goto out;
    }
    int fd = open(lh_buf_text(&fresh), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool is_written = fd >= 0 && write_synced(fd, content);
    if (fd >= 0 && close(fd) != 0) {
        is_written = false;
    }
    if (!is_written || rename(lh_buf_text(&fresh), path) != 0) {
        rc = lh_err_set(err, LH_ERR_IO, "cannot write it: %s", strerror(errno));
    }
out:
    lh_buf_clear(&fresh);
    return rc;
}

enum lh_code lh_past_write(const struct lh_replay *replay, const char *path, struct lh_err *err)
{
    struct lh_buf text = LH_BUF_EMPTY;

    enum lh_code rc = format_state(&text, replay, err);
    if (rc == LH_OK) {
        rc = replace_file(path, lh_buf_bytes(&text), err);
    }
    lh_buf_clear(&text);
    return rc;
}
