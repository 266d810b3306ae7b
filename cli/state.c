#include "cli/state.h"

#include "cli/files.h"
#include "crypto/text.h"

#include <stdlib.h>
#include <string.h>

static enum lh_code add_directory(struct lh_buf *out, struct lh_err *err)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");

    if (state != NULL && state[0] == '/') {
        lh_buf_add_format(out, "%s/liuhen", state);
    } else if (home != NULL && home[0] == '/') {
        lh_buf_add_format(out, "%s/.local/state/liuhen", home);
    } else {
        return lh_err_set(err, LH_ERR_NOT_FOUND,
                          "no place to remember things: set HOME or XDG_STATE_HOME");
    }
    return lh_buf_check(out, err);
}

enum lh_code lh_state_path(struct lh_buf *out, const char *name, struct lh_err *err)
{
    enum lh_code rc = add_directory(out, err);

    if (rc == LH_OK) {
        lh_buf_add_format(out, "/%s", name);
        rc = lh_buf_check(out, err);
    }
    return rc;
}

enum lh_code lh_state_read(struct lh_buf *out, const char *name, struct lh_err *err)
{
    struct lh_buf path = LH_BUF_EMPTY;
    enum lh_code rc;

    rc = lh_state_path(&path, name, err);
    if (rc == LH_OK) {
        rc = lh_file_read(out, lh_buf_text(&path), LH_FILE_SMALL_MAX, err);
    }
    lh_buf_clear(&path);
    return rc;
}

enum lh_code lh_state_write(const char *name, struct lh_bytes content, struct lh_err *err)
{
    struct lh_buf dir = LH_BUF_EMPTY;
    struct lh_buf path = LH_BUF_EMPTY;
    enum lh_code rc;

    rc = add_directory(&dir, err);
    if (rc == LH_OK) {
        rc = lh_dir_make(lh_buf_text(&dir), 0700, err);
    }
    if (rc == LH_OK) {
        rc = lh_state_path(&path, name, err);
    }
    if (rc == LH_OK) {
        rc = lh_file_replace(lh_buf_text(&path), content, 0600, err);
    }
    lh_buf_clear(&path);
    lh_buf_clear(&dir);
    return rc;
}

/* The id in front of "ID ADDRESS" when the line is about `address`. */
static bool is_about(struct lh_bytes line, const char *address, struct lh_bytes *out_id)
{
    const uint8_t *space = line.len > 0 ? memchr(line.data, ' ', line.len) : NULL;
    struct lh_bytes rest;

    if (space == NULL) {
        return false;
    }
    *out_id = lh_bytes_of(line.data, (size_t)(space - line.data));
    rest = lh_bytes_of(space + 1, line.len - out_id->len - 1);
    return lh_bytes_is_equal(rest, lh_bytes_of_text(address));
}

enum lh_code lh_state_check_node(const char *address, const char *network_id_hex,
                                 struct lh_err *err)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_bytes rest;
    struct lh_bytes line;
    struct lh_bytes id;
    enum lh_code rc;

    rc = lh_state_read(&text, "nodes", err);
    if (rc != LH_OK && rc != LH_ERR_NOT_FOUND) {
        goto out;
    }
    rest = lh_buf_bytes(&text);
    while (lh_text_next_line(&rest, &line)) {
        if (!is_about(line, address, &id)) {
            continue;
        }
        rc = LH_OK;
        if (!lh_bytes_is_equal(id, lh_bytes_of_text(network_id_hex))) {
            rc = lh_err_set(err, LH_ERR_FORGED,
                            "%s now belongs to network %.16s..., and to %.16s... when it was first "
                            "used; if that is right, remove its line from the file \"nodes\" in "
                            "the state directory",
                            address, network_id_hex, (const char *)id.data);
        }
        goto out;
    }
    lh_buf_add_format(&text, "%s %s\n", network_id_hex, address);
    rc = lh_buf_check(&text, err);
    if (rc == LH_OK) {
        rc = lh_state_write("nodes", lh_buf_bytes(&text), err);
    }
out:
    lh_buf_clear(&text);
    return rc;
}
