#include "cli/download.h"

#include "cli/api.h"
#include "cli/files.h"

#include <string.h>

/* Room for a leaf with its share of checkpoints, and for leaves that come in the meantime. */
enum { LEAF_ROOM = 16 * 1024, FRESH_LEAVES_MAX = 4096 };

struct download {
    struct lh_file_writer writer;
    uint64_t len;
    uint8_t tail[13]; /* the last bytes so far: an archive has an end, a broken stream has none */
};

static uint64_t room_for(uint64_t leaf_count)
{
    const uint64_t most = UINT64_MAX / LEAF_ROOM - FRESH_LEAVES_MAX;

    return ((leaf_count < most ? leaf_count : most) + FRESH_LEAVES_MAX) * LEAF_ROOM;
}

/* kind 6, length 8, a count (ledger/archive.h) */
static bool has_end(const struct download *download)
{
    static const uint8_t end[] = { 6, 0, 0, 0, 8 };

    return download->len > sizeof download->tail && memcmp(download->tail, end, sizeof end) == 0;
}

static enum lh_code take(void *arg, struct lh_bytes bytes, struct lh_err *err)
{
    struct download *download = arg;
    size_t room = sizeof download->tail;
    size_t fresh = bytes.len < room ? bytes.len : room;

    memmove(download->tail, download->tail + fresh, room - fresh);
    if (fresh > 0) {
        memcpy(download->tail + room - fresh, bytes.data + bytes.len - fresh, fresh);
    }
    download->len += bytes.len;
    return lh_file_writer_add(&download->writer, bytes, err);
}

/* What the node holds of others, by its word. */
static enum lh_code count_others(struct lh_cli *cli, uint64_t *out, struct lh_err *err)
{
    json_t *status = NULL;
    const json_t *row;
    enum lh_code rc = lh_api_get_status(cli, &status, err);
    size_t i;

    *out = 0;
    json_array_foreach(json_object_get(status, "replicas"), i, row)
    {
        uint64_t size = lh_api_number(row, "size");

        *out += size < UINT64_MAX - *out ? size : 0;
    }
    json_decref(status);
    return rc;
}

static enum lh_code set_target(struct lh_buf *out, struct lh_cli *cli, const char *ledger,
                               uint64_t *leaf_count, struct lh_err *err)
{
    uint64_t others = 0;
    enum lh_code rc = LH_OK;

    lh_buf_add_text(out, "/v1/archive");
    if (ledger != NULL) {
        lh_buf_add_text(out, "?ledger=");
        lh_client_add_escaped(out, ledger);
        rc = count_others(cli, &others, err);
        *leaf_count += others < UINT64_MAX - *leaf_count ? others : 0;
    }
    return rc == LH_OK ? lh_buf_check(out, err) : rc;
}

enum lh_code lh_download_archive(struct lh_cli *cli, const char *path, const char *ledger,
                                 uint64_t leaf_count, uint64_t *out_len, struct lh_err *err)
{
    struct download download = { .len = 0 };
    struct lh_client_sink sink = { .take = take, .arg = &download };
    struct lh_buf target = LH_BUF_EMPTY;
    struct lh_client_reply reply = LH_CLIENT_REPLY_EMPTY;
    struct lh_client *client;
    enum lh_code rc;

    rc = lh_file_writer_open(&download.writer, path, 0644, err);
    if (rc != LH_OK) {
        return rc;
    }
    rc = set_target(&target, cli, ledger, &leaf_count, err);
    if (rc == LH_OK) {
        rc = lh_cli_client(cli, &client, err);
    }
    if (rc == LH_OK) {
        sink.len_max = room_for(leaf_count);
        rc = lh_client_download(client, &reply, lh_buf_text(&target), &sink, err);
    }
    if (rc == LH_OK && reply.status != 200) {
        rc = lh_api_problem(&reply, err);
    }
    if (rc == LH_OK && !has_end(&download)) {
        rc = lh_err_set(err, LH_ERR_IO, "the archive broke off after %llu bytes",
                        (unsigned long long)download.len);
    }
    if (rc == LH_OK) {
        rc = lh_file_writer_finish(&download.writer, err);
    }
    if (rc == LH_OK) {
        *out_len = download.len;
    }
    lh_file_writer_drop(&download.writer);
    lh_buf_clear(&target);
    lh_client_reply_clear(&reply);
    return rc;
}
