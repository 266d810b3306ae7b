#include "cli/acts.h"

#include "cli/files.h"
#include "cli/readable.h"
#include "crypto/text.h"

#include <stdlib.h>
#include <string.h>

void lh_act_draft(lhpb_Body *out, const struct lh_place *place, lhpb_EntryType type,
                  int64_t now_unix_ms)
{
    *out = (lhpb_Body)lhpb_Body_init_zero;
    out->schema = LH_SCHEMA;
    out->type = type;
    memcpy(out->source, "officer", sizeof "officer");
    memcpy(out->department, place->department, sizeof place->department);
    out->event_time_ms = (uint64_t)now_unix_ms;
}

enum lh_code lh_act_set_text(char *field, size_t room, const char *what, const char *text,
                             struct lh_err *err)
{
    size_t len = strlen(text);

    if (len >= room) {
        return lh_err_set(err, LH_ERR_LIMIT, "%s: longer than %zu bytes", what, room - 1);
    }
    memcpy(field, text, len + 1);
    return LH_OK;
}

enum lh_code lh_act_save(const struct lh_place *place, const lhpb_Body *body, const char *path,
                         struct lh_err *err)
{
    struct lh_act act = LH_ACT_EMPTY;
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc;

    act.suite = lh_genesis_suite(place->genesis);
    act.network_id = *lh_genesis_network_id(place->genesis);
    rc = lh_body_encode(&act.body, body, err);
    if (rc == LH_OK) {
        rc = lh_act_encode(&bytes, &act, err);
    }
    if (rc == LH_OK) {
        rc = lh_file_write_new(path, lh_buf_bytes(&bytes), 0644, err);
    }
    lh_buf_clear(&bytes);
    lh_act_clear(&act);
    return rc;
}

enum lh_code lh_act_load(struct lh_act *out, const char *path, struct lh_err *err)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc;

    rc = lh_file_read(&bytes, path, LH_ACT_FILE_MAX, err);
    if (rc == LH_OK) {
        rc = lh_act_decode(out, lh_buf_bytes(&bytes), err);
        if (rc != LH_OK) {
            (void)lh_err_wrap(err, rc, "%s is no officer act", path);
        }
    }
    lh_buf_clear(&bytes);
    return rc;
}

static void add_signers(struct lh_buf *out, const struct lh_cli *cli, const struct lh_act *act)
{
    char hex[2 * LH_KEY_ID_SIZE + 1];

    for (size_t i = 0; i < act->signature_count; i++) {
        lh_hex_format(hex, lh_bytes_of(act->signatures[i].key_id.bytes, LH_KEY_ID_SIZE));
        lh_readable_add_line(out, cli->lang, "signed_by", hex);
    }
}

enum lh_code lh_act_describe(struct lh_buf *out, const struct lh_cli *cli, const struct lh_act *act,
                             struct lh_err *err)
{
    lhpb_Body *body = malloc(sizeof *body);
    char hex[2 * LH_HASH_SIZE + 1];
    enum lh_code rc;

    if (body == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    rc = lh_body_decode(body, lh_buf_bytes(&act->body), err);
    if (rc == LH_OK) {
        lh_hex_format(hex, lh_hash_bytes(&act->network_id));
        lh_readable_add_line(out, cli->lang, "network_id", hex);
        rc = lh_readable_add_body(out, cli->lang, body, err);
        add_signers(out, cli, act);
    }
    free(body);
    return rc;
}

void lh_act_tell(const struct lh_cli *cli, const char *path)
{
    lh_cli_note(cli, LH_MSG_ACT_WRITTEN, path, NULL);
}
