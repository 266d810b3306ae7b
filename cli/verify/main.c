/*
 * liuhen-verify: judge archives, receipts and checkpoints from their bytes alone.
 * No store, no network, no clock in the verdict. Exit codes are a function of the report.
 */
#include "cli/verify/check.h"

#include "crypto/base/assert.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_IO = 3 };

struct options {
    struct lh_trust trust;
    size_t jobs; /* 0: every core */
    bool without_signatures;
    bool is_json;
    bool is_quiet;
    const char *report_path;
    const char *resume_path;
    struct lh_past past; /* what resume_path held */
    enum lh_progress_mode progress;
    bool wants_help;
    bool wants_version;
};

enum option_id {
    OPT_NO_SIGNATURES = 256,
    OPT_JSON,
    OPT_REPORT,
    OPT_PROGRESS,
    OPT_NETWORK,
    OPT_LEVEL,
    OPT_RESUME,
    OPT_EPOCHS
};

struct option_row {
    const char *name;
    const char *argument; /* NULL: takes none */
    int id;
    const char *help;
};

/* The one list behind the parser and --help. */
static const struct option_row ROWS[] = {
    { "trust", "FILE", 't', "a genesis file, or a tlog-policy file; repeatable" },
    { "epochs", "FILE", OPT_EPOCHS, "a proposal that was certified; repeatable, in their order" },
    { "network", "HEX", OPT_NETWORK, "the network id that must be the archive's" },
    { "level", "LEVEL", OPT_LEVEL, "what must have been reached: sealed, witnessed, final" },
    { "jobs", "N", 'j', "threads that check signatures; default: every core" },
    { "no-signatures", NULL, OPT_NO_SIGNATURES,
      "hashes, chain and seals only; the report says so" },
    { "resume", "STATE", OPT_RESUME, "spare the signatures that STATE says were verified before" },
    { "json", NULL, OPT_JSON, "write the report as JSON instead of lines for people" },
    { "report", "FILE", OPT_REPORT, "write the JSON report into FILE as well" },
    { "progress", "MODE", OPT_PROGRESS, "auto, never or json; on standard error" },
    { "quiet", NULL, 'q', "write the RESULT line only" },
    { "help", NULL, 'h', "show this and end" },
    { "version", NULL, 'V', "show the version and end" },
};

enum { ROW_COUNT = sizeof ROWS / sizeof ROWS[0] };

static void print_help(void)
{
    printf("usage: liuhen-verify [OPTIONS] FILE...\n"
           "Judge archives (.lhar, .lhar.zst), receipts, checkpoints, evidence and promises from "
           "their bytes alone.\n"
           "FILE is `-` for standard input.\n\n");
    for (size_t i = 0; i < ROW_COUNT; i++) {
        char left[32];
        (void)snprintf(left, sizeof left, "--%s %s", ROWS[i].name,
                       ROWS[i].argument == NULL ? "" : ROWS[i].argument);
        printf("  %c%c %-18s %s\n", ROWS[i].id < 256 ? '-' : ' ',
               ROWS[i].id < 256 ? ROWS[i].id : ' ', left, ROWS[i].help);
    }
    printf("\nExit codes: 0 verified; 1 operation failed; 2 usage; 3 cannot read or write;\n"
           "10 verification failed; 11 undecidable; 12 equivocation or a broken\n"
           "rule proven. See liuhen-verify(1).\n");
}

static int usage_error(const char *what)
{
    fprintf(stderr, "liuhen-verify: %s\nTry `liuhen-verify --help`.\n", what);
    return EXIT_USAGE;
}

static bool parse_jobs(size_t *out, const char *text)
{
    char *end = NULL;

    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != 0 || text[0] == '-' || value < 1 ||
        value > LH_POOL_THREADS_MAX) {
        return false;
    }
    *out = value;
    return true;
}

static bool parse_progress(enum lh_progress_mode *out, const char *text)
{
    static const char *const names[] = {
        [LH_PROGRESS_AUTO] = "auto", [LH_PROGRESS_NEVER] = "never", [LH_PROGRESS_JSON] = "json"
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], text) == 0) {
            *out = (enum lh_progress_mode)i;
            return true;
        }
    }
    return false;
}

/* A code's exit for a file that an option names: the file cannot be read, or is wrong. */
static int refuse_file(enum lh_code rc, const char *what, const struct lh_err *err)
{
    bool is_io = rc == LH_ERR_IO || rc == LH_ERR_NOT_FOUND || rc == LH_ERR_DENIED;

    fprintf(stderr, "liuhen-verify: %s: %s\n", what, err->text);
    return is_io ? EXIT_IO : EXIT_USAGE;
}

/* Take one option in. Returns 0, or the exit code after saying why. */
static int take_option(struct options *options, int id, const char *argument)
{
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    switch (id) {
    case 't':
        rc = lh_trust_add_file(&options->trust, argument, &err);
        return rc == LH_OK ? 0 : refuse_file(rc, argument, &err);
    case OPT_EPOCHS:
        rc = lh_trust_add_epoch(&options->trust, argument, &err);
        return rc == LH_OK ? 0 : refuse_file(rc, argument, &err);
    case OPT_NETWORK:
        rc = lh_trust_add_network(&options->trust, argument, &err);
        return rc == LH_OK ? 0 : refuse_file(rc, "--network", &err);
    case OPT_LEVEL:
        rc = lh_level_parse(&options->trust.level, lh_bytes_of_text(argument), &err);
        return rc == LH_OK ? 0 : usage_error("--level wants recorded, sealed, witnessed or final");
    case 'j':
        return parse_jobs(&options->jobs, argument)
                   ? 0
                   : usage_error("--jobs wants a number, 1 to 256");
    case OPT_NO_SIGNATURES:
        options->without_signatures = true;
        return 0;
    case OPT_RESUME:
        if (options->resume_path != NULL) {
            return usage_error("--resume is given twice");
        }
        options->resume_path = argument;
        rc = lh_past_read(&options->past, argument, &err);
        return rc == LH_OK ? 0 : refuse_file(rc, argument, &err);
    case OPT_JSON:
        options->is_json = true;
        return 0;
    case OPT_REPORT:
        options->report_path = argument;
        return 0;
    case OPT_PROGRESS:
        return parse_progress(&options->progress, argument)
                   ? 0
                   : usage_error("--progress wants auto, never or json");
    case 'q':
        options->is_quiet = true;
        return 0;
    case 'h':
        options->wants_help = true;
        return 0;
    case 'V':
        options->wants_version = true;
        return 0;
    default:
        return usage_error("this option is not known or lacks its argument");
    }
}

static int parse_options(struct options *options, int argc, char **argv)
{
    struct option rows[ROW_COUNT + 1] = { { .name = NULL } };
    int id;

    for (size_t i = 0; i < ROW_COUNT; i++) {
        rows[i] =
            (struct option){ .name = ROWS[i].name,
                             .has_arg = ROWS[i].argument == NULL ? no_argument : required_argument,
                             .val = ROWS[i].id };
    }
    while ((id = getopt_long(argc, argv, "t:j:qhV", rows, NULL)) != -1) {
        int rc = take_option(options, id, optarg);
        if (rc != 0) {
            return rc;
        }
    }
    if (!options->wants_help && !options->wants_version && optind == argc) {
        return usage_error("no file is named");
    }
    if (options->resume_path != NULL && options->without_signatures) {
        return usage_error("--resume is about signatures: it does not go with --no-signatures");
    }
    return 0;
}

/* ---- the run ----------------------------------------------------------------------------------
 */

static size_t core_count(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (cores < 1) {
        return 1;
    }
    return cores > LH_POOL_THREADS_MAX ? LH_POOL_THREADS_MAX : (size_t)cores;
}

static bool write_all(FILE *file, const struct lh_buf *text)
{
    return fwrite(text->data, 1, text->len, file) == text->len && fflush(file) == 0;
}

static bool write_report_file(const char *path, const struct lh_report *report)
{
    struct lh_buf text = LH_BUF_EMPTY;
    FILE *file = fopen(path, "w");

    lh_report_format_json(&text, report);
    bool is_written = file != NULL && lh_buf_check(&text, NULL) == LH_OK && write_all(file, &text);
    if (file != NULL && fclose(file) != 0) {
        is_written = false;
    }
    if (!is_written) {
        fprintf(stderr, "liuhen-verify: cannot write %s: %s\n", path, strerror(errno));
    }
    lh_buf_clear(&text);
    return is_written;
}

static bool write_output(const struct options *options, const struct lh_report *report)
{
    struct lh_buf text = LH_BUF_EMPTY;

    if (options->is_json) {
        lh_report_format_json(&text, report);
    } else {
        lh_report_format(&text, report, options->is_quiet);
    }
    bool is_written = lh_buf_check(&text, NULL) == LH_OK && write_all(stdout, &text);
    if (!is_written) {
        fprintf(stderr, "liuhen-verify: cannot write the report: %s\n", strerror(errno));
    }
    lh_buf_clear(&text);
    return is_written;
}

/* Judge every file, and keep where the archive of --resume ended. */
static bool check_files(struct options *options, struct lh_report *report,
                        struct lh_check_options check, char **paths, size_t count)
{
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc = LH_OK;

    check.past = options->resume_path == NULL ? NULL : &options->past;
    for (size_t i = 0; i < count; i++) {
        struct lh_file_report *file = &report->files[report->file_count++];
        file->path = paths[i];
        lh_check_file(file, &options->trust, &check);
        if (file->kind != LH_FILE_ARCHIVE || check.past == NULL) {
            continue;
        }
        check.past = NULL;
        if (file->result == LH_RESULT_VERIFIED) {
            rc = lh_past_write(file->replay, options->resume_path, &err);
        }
        if (rc != LH_OK) {
            fprintf(stderr, "liuhen-verify: %s: %s\n", options->resume_path, err.text);
        }
    }
    return rc == LH_OK;
}

/* Every file in turn, then the report. A report that nobody got is no success. */
static int verify_files(struct options *options, char **paths, size_t count)
{
    struct lh_err err = LH_ERR_NONE;
    struct lh_promises promises = { .items = NULL };
    struct lh_check_options check = { .with_signatures = !options->without_signatures,
                                      .progress = options->progress,
                                      .promises = &promises };
    struct lh_report report = { .with_signatures = check.with_signatures,
                                .has_trust = !lh_trust_is_empty(&options->trust),
                                .has_network = options->trust.has_network,
                                .network_id = options->trust.network_id,
                                .log_count = options->trust.log_count };
    size_t jobs = options->jobs == 0 ? core_count() : options->jobs;
    int rc = EXIT_FAILURE;

    report.files = calloc(count, sizeof report.files[0]);
    if (report.files == NULL) {
        fprintf(stderr, "liuhen-verify: out of memory\n");
        goto out;
    }
    if (jobs > 1 && check.with_signatures && lh_pool_new(&check.pool, jobs, &err) != LH_OK) {
        fprintf(stderr, "liuhen-verify: %s\n", err.text);
        goto out;
    }
    for (size_t i = 0; i < count; i++) {
        if (lh_promises_add_file(&promises, paths[i], &err) != LH_OK) {
            fprintf(stderr, "liuhen-verify: %s\n", err.text);
            goto out;
        }
    }
    bool is_written = check_files(options, &report, check, paths, count);
    rc = lh_report_exit_code(&report);
    is_written = write_output(options, &report) && is_written;
    if (options->report_path != NULL) {
        is_written = write_report_file(options->report_path, &report) && is_written;
    }
    if (!is_written && rc == 0) {
        rc = EXIT_IO;
    }
out:
    lh_report_clear(&report);
    lh_promises_clear(&promises);
    lh_pool_free(check.pool);
    return rc;
}

int main(int argc, char **argv)
{
    struct options options = { .progress = LH_PROGRESS_AUTO };

    lh_trust_init(&options.trust);
    int rc = parse_options(&options, argc, argv);
    if (rc == 0 && options.wants_help) {
        print_help();
    } else if (rc == 0 && options.wants_version) {
        printf("liuhen-verify %s\n", LH_VERSION);
    } else if (rc == 0) {
        rc = verify_files(&options, argv + optind, (size_t)(argc - optind));
    }
    lh_past_clear(&options.past);
    lh_trust_clear(&options.trust);
    return rc;
}
