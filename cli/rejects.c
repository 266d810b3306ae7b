#include "cli/rejects.h"

#include "cli/files.h"
#include "crypto/base/json.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void lh_rejects_init(struct lh_rejects *rejects, const char *path)
{
    *rejects = (struct lh_rejects){ .path = path, .lines = LH_BUF_EMPTY };
}

void lh_rejects_clear(struct lh_rejects *rejects)
{
    lh_buf_clear(&rejects->first);
    lh_buf_clear(&rejects->lines);
    rejects->count = 0;
}

static void add_first(struct lh_rejects *rejects, uint64_t line, struct lh_bytes pointer,
                      struct lh_bytes reason)
{
    lh_buf_add_format(&rejects->first, "%s:%llu: ", rejects->path, (unsigned long long)line);
    lh_buf_add(&rejects->first, pointer);
    lh_buf_add_text(&rejects->first, pointer.len > 0 ? ": " : "");
    lh_buf_add(&rejects->first, reason);
    lh_buf_add_u8(&rejects->first, '\n');
}

static void add(struct lh_rejects *rejects, uint64_t line, struct lh_bytes pointer,
                const char *code, struct lh_bytes reason)
{
    struct lh_json json = lh_json_of(&rejects->lines);

    lh_json_begin_object(&json, NULL);
    lh_json_add_u64(&json, "line", line);
    lh_json_add_text(&json, "pointer", pointer);
    if (code[0] != '\0') {
        lh_json_add_text(&json, "code", lh_bytes_of_text(code));
    }
    lh_json_add_text(&json, "reason", reason);
    lh_json_end_object(&json);
    lh_buf_add_u8(&rejects->lines, '\n');
    if (rejects->count < LH_REJECTS_SHOWN) {
        add_first(rejects, line, pointer, reason);
    }
    rejects->count++;
}

void lh_rejects_add(struct lh_rejects *rejects, uint64_t line, const char *pointer,
                    const char *code, const char *reason)
{
    add(rejects, line, lh_bytes_of_text(pointer), code, lh_bytes_of_text(reason));
}

void lh_rejects_add_err(struct lh_rejects *rejects, uint64_t line, const struct lh_err *why)
{
    size_t len = strcspn(why->text, ": ");
    struct lh_buf pointer = LH_BUF_EMPTY;
    const char *reason = why->text;

    /* One word and a colon: the member that is meant. */
    if (len > 0 && why->text[len] == ':' && why->text[len + 1] == ' ') {
        lh_buf_add_text(&pointer, why->text[0] == '/' ? "" : "/");
        for (size_t i = 0; i < len; i++) {
            lh_buf_add_u8(&pointer, why->text[i] == '.' ? (uint8_t)'/' : (uint8_t)why->text[i]);
        }
        reason += len + 2;
    }
    add(rejects, line, lh_buf_bytes(&pointer), "", lh_bytes_of_text(reason));
    lh_buf_clear(&pointer);
}

enum lh_code lh_rejects_save(const struct lh_rejects *rejects, struct lh_buf *out_path,
                             struct lh_err *err)
{
    struct lh_buf path = LH_BUF_EMPTY;
    enum lh_code rc;

    lh_buf_add_format(&path, "%s.rejects.ndjson",
                      strcmp(rejects->path, "-") == 0 ? "stdin" : rejects->path);
    rc = lh_buf_check(&path, err);
    if (rc == LH_OK) {
        rc = lh_buf_check(&rejects->lines, err);
    }
    if (rc != LH_OK) {
        goto out;
    }
    if (rejects->count > 0) {
        rc = lh_file_replace(lh_buf_text(&path), lh_buf_bytes(&rejects->lines), 0600, err);
    } else if (unlink(lh_buf_text(&path)) != 0 && errno != ENOENT) {
        rc = lh_err_set(err, LH_ERR_IO, "%s: %s", lh_buf_text(&path), strerror(errno));
    }
    if (rc == LH_OK && out_path != NULL) {
        lh_buf_add(out_path, lh_buf_bytes(&path));
        rc = lh_buf_check(out_path, err);
    }
out:
    lh_buf_clear(&path);
    return rc;
}
