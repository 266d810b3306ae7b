#include "cli/cmds.h"

#include "cli/acts.h"
#include "cli/events.h"
#include "cli/files.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const struct lh_option lh_act_options[] = {
    { "output", 'o', "FILE|DIR", { "one act, or a directory for many", "单个文件, 多条时为目录" } },
    { .name = NULL },
};

static bool is_directory(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static enum lh_code write_act(const struct lh_place *place, json_t *event, const char *path,
                              int64_t now, struct lh_err *err)
{
    lhpb_Body *body = malloc(sizeof *body);
    enum lh_code rc;

    if (body == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    rc = lh_events_default(event, "source", "officer", err);
    if (rc == LH_OK) {
        rc = lh_events_fill(event, place->department, now, err);
    }
    if (rc == LH_OK) {
        rc = lh_events_to_body(body, event, err);
    }
    if (rc == LH_OK) {
        rc = lh_act_save(place, body, path, err);
    }
    free(body);
    return rc;
}

static enum lh_code write_acts(struct lh_cli *cli, json_t *events, const char *output,
                               struct lh_err *err)
{
    bool is_dir = json_array_size(events) > 1 || is_directory(output);
    struct lh_place place;
    struct lh_buf path = LH_BUF_EMPTY;
    enum lh_code rc;

    rc = lh_place_open(&place, cli, err);
    if (rc == LH_OK && is_dir) {
        rc = lh_dir_make(output, 0755, err);
    }
    for (size_t i = 0; rc == LH_OK && i < json_array_size(events); i++) {
        lh_buf_reset(&path);
        lh_buf_add_text(&path, output);
        if (is_dir) {
            lh_buf_add_format(&path, "/act-%03zu.lh", i + 1);
        }
        rc = lh_buf_check(&path, err);
        if (rc == LH_OK) {
            rc = write_act(&place, json_array_get(events, i), lh_buf_text(&path),
                           cli->clock.wall_unix_ms(cli->clock.arg), err);
        }
        if (rc != LH_OK) {
            (void)lh_err_wrap(err, rc, "event %zu", i + 1);
        }
    }
    lh_buf_clear(&path);
    lh_place_close(&place);
    return rc;
}

int lh_cmd_act(struct lh_cli *cli)
{
    const char *output = lh_cli_value(cli, "output");
    struct lh_err err = LH_ERR_NONE;
    json_t *events = NULL;
    enum lh_code rc;

    if (output == NULL) {
        return lh_cli_usage(cli, LH_MSG_OPTION_MISSING, "--output FILE|DIR", "");
    }
    rc = lh_events_read(&events, cli->args.operands[0], &err);
    if (rc == LH_OK) {
        rc = write_acts(cli, events, output, &err);
    }
    json_decref(events);
    if (rc != LH_OK) {
        return lh_cli_fail(cli, rc, &err);
    }
    lh_act_tell(cli, output);
    return LH_EXIT_OK;
}
