#include "cli/cmds.h"

#include "cli/api.h"
#include "cli/files.h"
#include "cli/importing.h"
#include "cli/place.h"
#include "cli/render.h"

#include <signal.h>
#include <string.h>

const struct lh_option lh_import_options[] = {
    { "map",
      'm',
      "MAP",
      { "how columns become events, liuhen-map(5)", "列与条目的对应, liuhen-map(5)" } },
    { "salt-file",
      0,
      "FILE",
      { "32 secret bytes under which people and cases get their numbers",
        "人员与办件代号所用的 32 字节密钥" } },
    { "dry-run", 'n', NULL, { "check only, hand nothing in", "只检查, 不提交" } },
    { "output", 'o', "DIR", { "save receipts there", "把回执存到目录" } },
    LH_PROGRESS_OPTION,
    { .name = NULL },
};

/* What one run holds. */
struct run {
    struct lh_cli *cli;
    struct lh_place place;
    struct lh_mapping *mapping; /* NULL: none was named */
    struct lh_mapping_scope scope;
    struct lh_secret salt;
    struct lh_importing importing;
    struct lh_progress progress;
    struct lh_results results; /* used with --output only */
    bool is_dry;
    bool is_holding; /* signals */
    sigset_t before;
};

/* ---- Ctrl-C ----
 * The two signals are held back while a request is under way and looked at between requests; when
 * they are let through again, after the last words, they end the process as they always do. */

static void hold_signals(sigset_t *out_before)
{
    static const int signals[] = { SIGINT, SIGTERM };
    sigset_t held;

    (void)sigemptyset(&held);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction action;

        /* What the caller ignores (nohup, a job in the background) stays ignored. */
        if (sigaction(signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN) {
            (void)sigaddset(&held, signals[i]);
        }
    }
    (void)sigprocmask(SIG_BLOCK, &held, out_before);
}

static bool is_stopped(void *arg)
{
    sigset_t pending;

    (void)arg;
    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1);
}

/* ---- words ---- */

static const char *number(char out[24], uint64_t value)
{
    (void)snprintf(out, 24, "%llu", (unsigned long long)value);
    return out;
}

static const char *seconds(char out[24], int64_t ms)
{
    (void)snprintf(out, 24, "%lld.%lld", (long long)(ms / 1000), (long long)(ms % 1000 / 100));
    return out;
}

static enum lh_code print_json(const struct run *run, struct lh_err *err)
{
    const struct lh_importing *importing = &run->importing;
    json_t *answer = json_pack(
        "{s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "schema", "liuhen.import/1",
        "dry_run", (int)run->is_dry, "rows", (json_int_t)importing->row_count, "cases",
        (json_int_t)json_object_size(importing->cases), "staff",
        (json_int_t)json_object_size(importing->staff), "events", (json_int_t)importing->good_count,
        "recorded", (json_int_t)importing->recorded, "journaled", (json_int_t)importing->journaled,
        "duplicate", (json_int_t)importing->duplicate, "rejected",
        (json_int_t)lh_importing_rejected(importing), "ms",
        (json_int_t)lh_progress_ms(&run->progress));
    enum lh_code rc = answer != NULL ? lh_api_print(run->cli, answer, err)
                                     : lh_err_set(err, LH_ERR_NOMEM, "out of memory");

    json_decref(answer);
    return rc;
}

static enum lh_code print(const struct run *run, struct lh_err *err)
{
    const struct lh_importing *importing = &run->importing;
    char a[24];
    char b[24];
    char c[24];
    char d[24];

    if (run->cli->json) {
        return print_json(run, err);
    }
    lh_cli_print(run->cli, LH_MSG_IMPORT_READ, number(a, importing->row_count),
                 number(b, json_object_size(importing->cases)),
                 number(c, json_object_size(importing->staff)), number(d, importing->good_count),
                 NULL);
    if (run->is_dry) {
        lh_cli_print(run->cli, LH_MSG_IMPORT_DRY, number(a, lh_importing_rejected(importing)),
                     NULL);
    } else {
        lh_cli_print(run->cli, LH_MSG_IMPORT_DONE, number(a, importing->recorded),
                     number(b, importing->duplicate), number(c, lh_importing_rejected(importing)),
                     seconds(d, lh_progress_ms(&run->progress)), NULL);
        if (importing->journaled > 0) {
            lh_cli_print(run->cli, LH_MSG_IMPORT_JOURNALED, number(a, importing->journaled), NULL);
        }
    }
    return LH_OK;
}

/* The first ones also for the eye. */
static void show_rejects(const struct lh_cli *cli, const struct lh_rejects *rejects)
{
    struct lh_buf safe = LH_BUF_EMPTY;

    for (const char *at = lh_buf_text(&rejects->first); !cli->quiet && *at != '\0';) {
        size_t len = strcspn(at, "\n");

        lh_buf_reset(&safe);
        lh_render_add_safe(&safe, lh_bytes_of(at, len));
        (void)fprintf(cli->err, "%s\n", lh_buf_text(&safe));
        at += len + (at[len] == '\n' ? 1 : 0);
    }
    lh_buf_clear(&safe);
}

static enum lh_code save_rejects(const struct run *run, struct lh_err *err)
{
    struct lh_buf path = LH_BUF_EMPTY;
    char count[24];
    enum lh_code rc = LH_OK;

    for (size_t i = 0; rc == LH_OK && i < run->importing.file_count; i++) {
        const struct lh_rejects *rejects = &run->importing.files[i];

        lh_buf_reset(&path);
        rc = lh_rejects_save(rejects, &path, err);
        if (rc == LH_OK && rejects->count > 0) {
            show_rejects(run->cli, rejects);
            lh_cli_warn(run->cli, LH_MSG_IMPORT_REJECTS, number(count, rejects->count),
                        lh_buf_text(&path), NULL);
        }
    }
    lh_buf_clear(&path);
    return rc;
}

/* ---- the run ---- */

static enum lh_code read_salt(struct run *run, struct lh_err *err)
{
    const char *path = lh_cli_value(run->cli, "salt-file");
    enum lh_code rc;

    if (run->mapping == NULL) {
        return path == NULL ? LH_OK
                            : lh_err_set(err, LH_ERR_INVALID, "--salt-file: only with --map");
    }
    if (!lh_mapping_is_salted(run->mapping)) {
        return path == NULL ? LH_OK
                            : lh_err_set(err, LH_ERR_INVALID,
                                         "--salt-file: the map says \"pseudonyms = plain\"");
    }
    if (path == NULL) {
        return lh_err_set(err, LH_ERR_INVALID, "--salt-file is needed: %s",
                          lh_words_in(lh_msg_words(LH_MSG_IMPORT_SALT), run->cli->lang));
    }
    rc = lh_secret_read(&run->salt, path, LH_MAPPING_SALT_SIZE, err);
    if (rc == LH_OK) {
        run->scope.salt = &run->salt;
    }
    return rc;
}

static enum lh_code prepare(struct run *run, struct lh_err *err)
{
    struct lh_cli *cli = run->cli;
    enum lh_code rc;

    rc = lh_progress_begin(&run->progress, cli, err);
    if (rc == LH_OK && lh_cli_has(cli, "map")) {
        rc = lh_mapping_open(&run->mapping, lh_cli_value(cli, "map"), err);
    }
    if (rc == LH_OK) {
        rc = read_salt(run, err);
    }
    if (rc == LH_OK) {
        rc = lh_place_open(&run->place, cli, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    run->scope.suite = run->place.suite;
    run->scope.network_id = *lh_genesis_network_id(run->place.genesis);
    run->scope.department = run->place.department;
    return lh_importing_init(&run->importing, cli, run->mapping, &run->scope, err);
}

/* Receipts are wanted: whose seals count is settled before the first event is handed in. */
static enum lh_code open_receipts(struct run *run, struct lh_err *err)
{
    const char *dir = lh_cli_value(run->cli, "output");
    enum lh_code rc;

    if (dir == NULL) {
        return LH_OK;
    }
    rc = lh_dir_make(dir, 0755, err);
    if (rc == LH_OK) {
        rc = lh_results_open(&run->results, err);
    }
    run->results.receipt_dir = dir;
    run->results.is_silent = true;
    run->importing.results = &run->results;
    return rc;
}

typedef enum lh_code read_fn(struct lh_importing *importing, const char *path, struct lh_err *err);

static enum lh_code import(struct run *run, read_fn *read, struct lh_err *err)
{
    const struct lh_args *args = &run->cli->args;
    enum lh_code rc = prepare(run, err);

    for (size_t i = 0; rc == LH_OK && i < args->operand_count; i++) {
        rc = read(&run->importing, args->operands[i], err);
    }
    if (rc == LH_OK && !run->is_dry) {
        rc = open_receipts(run, err);
    }
    if (rc == LH_OK && !run->is_dry) {
        run->importing.is_stopped = is_stopped;
        hold_signals(&run->before);
        run->is_holding = true;
        rc = lh_importing_post(&run->importing, &run->progress, err);
        lh_progress_end(&run->progress);
        /* Something may be recorded, whatever happened: say how much. */
        if (rc != LH_OK) {
            (void)print(run, NULL);
            lh_cli_note(run->cli, LH_MSG_IMPORT_AGAIN, NULL);
            return rc;
        }
    }
    if (rc == LH_OK) {
        rc = save_rejects(run, err);
    }
    return rc == LH_OK ? print(run, err) : rc;
}

static int run_verb(struct lh_cli *cli, read_fn *read)
{
    struct run run = { .cli = cli, .is_dry = lh_cli_has(cli, "dry-run") };
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;
    int code;

    lh_results_init(&run.results, cli);
    rc = import(&run, read, &err);
    code = rc != LH_OK                                 ? lh_results_fail(&run.results, rc, &err)
           : lh_importing_rejected(&run.importing) > 0 ? LH_EXIT_PARTIAL
                                                       : LH_EXIT_OK;
    lh_importing_clear(&run.importing);
    lh_results_clear(&run.results);
    lh_place_close(&run.place);
    lh_mapping_close(run.mapping);
    lh_secret_clear(&run.salt);
    (void)fflush(cli->out);
    if (run.is_holding) {
        (void)sigprocmask(SIG_SETMASK, &run.before, NULL);
    }
    return code;
}

int lh_cmd_import_csv(struct lh_cli *cli)
{
    if (!lh_cli_has(cli, "map")) {
        return lh_cli_usage(cli, LH_MSG_OPTION_MISSING_NAMED, "map", "");
    }
    return run_verb(cli, lh_importing_read_csv);
}

int lh_cmd_import_ndjson(struct lh_cli *cli)
{
    return run_verb(cli, lh_importing_read_ndjson);
}
