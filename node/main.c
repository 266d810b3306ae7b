/* liuhend: one department's node. */

#include "node/config.h"
#include "node/node_internal.h"

#include <getopt.h>
#include <jansson.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum action { ACTION_RUN, ACTION_CHECK, ACTION_PRINT, ACTION_HELP, ACTION_VERSION, ACTION_MAN };

struct arguments {
    enum action action;
    const char *config;
    const char *data;
};

static void print_usage(FILE *out)
{
    struct lh_buf table = LH_BUF_EMPTY;

    lh_config_help(&table);
    (void)fprintf(out,
                  "usage: liuhend --config FILE [--data DIR]\n"
                  "       liuhend --data DIR              (reads DIR/liuhend.conf)\n"
                  "\n"
                  "  -c, --config FILE    configuration\n"
                  "  -d, --data DIR       data directory; overrides the key `data`\n"
                  "      --check-config   read the configuration, say what is wrong, and end\n"
                  "      --print-config   print every key with its value and where it was set\n"
                  "      --help, --version\n"
                  "\n"
                  "Signals: TERM, INT drain and stop (twice: at once); HUP reload; USR1 the clock\n"
                  "was checked, record again.\n"
                  "Exit codes: 0 stopped; 2 usage or configuration; 3 could not start or stop;\n"
                  "4 the store is damaged; 5 a write failed, nothing false was acknowledged.\n"
                  "\n"
                  "Configuration keys:\n%s",
                  lh_buf_text(&table));
    lh_buf_clear(&table);
}

static bool parse_arguments(struct arguments *out, int argc, char **argv)
{
    static const struct option longs[] = {
        { "config", required_argument, NULL, 'c' }, { "data", required_argument, NULL, 'd' },
        { "check-config", no_argument, NULL, 1 },   { "print-config", no_argument, NULL, 2 },
        { "config-man", no_argument, NULL, 3 },     { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'V' },      { NULL, 0, NULL, 0 },
    };
    int letter;

    while ((letter = getopt_long(argc, argv, "c:d:hV", longs, NULL)) != -1) {
        switch (letter) {
        case 'c':
            out->config = optarg;
            break;
        case 'd':
            out->data = optarg;
            break;
        case 1:
            out->action = ACTION_CHECK;
            break;
        case 2:
            out->action = ACTION_PRINT;
            break;
        case 3:
            out->action = ACTION_MAN;
            break;
        case 'h':
            out->action = ACTION_HELP;
            break;
        case 'V':
            out->action = ACTION_VERSION;
            break;
        default:
            return false;
        }
    }
    if (optind < argc) {
        (void)fprintf(stderr, "liuhend: unexpected argument \"%s\"\n", argv[optind]);
        return false;
    }
    return true;
}

/*
 * libevent's larger buffers would be mapped and unmapped for every message: keep them.
 * Descriptors: as many as the system lets us have; the configuration caps connections.
 */
static void prepare_process(void)
{
    struct rlimit files;

    (void)mallopt(M_MMAP_THRESHOLD, 64 * 1024 * 1024);
    (void)mallopt(M_TRIM_THRESHOLD, 512 * 1024 * 1024);
    (void)mallopt(M_TOP_PAD, 16 * 1024 * 1024);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)umask(027);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    json_object_seed(0); /* before there are threads */
}

static int exit_code_of(enum lh_code rc)
{
    return rc == LH_ERR_CORRUPT || rc == LH_ERR_FORGED ? LH_EXIT_CORRUPT : LH_EXIT_START;
}

static int run(struct lh_config *config, const struct arguments *arguments, const char *path)
{
    struct lh_node *node = NULL;
    struct lh_err err = LH_ERR_NONE;
    struct lh_log log;
    enum lh_code rc;

    lh_log_init(&log, STDERR_FILENO);
    atomic_store(&log.level, (int)config->log_level);
    atomic_store(&log.format, (int)config->log_format);
    prepare_process();
    rc = lh_node_open(&node, config, &log, path, arguments->data, &err);
    if (rc != LH_OK) {
        lh_log_write(&log, LH_LOG_ERROR, rc == LH_ERR_CORRUPT ? "node.corrupt" : "node.failed",
                     "code=%s reason=\"%s\"", lh_code_name(rc), err.text);
        return exit_code_of(rc);
    }
    rc = lh_node_run(node, &err);
    while (rc == LH_OK && lh_node_is_reopening(node)) {
        rc = lh_node_reopen(&node, &err);
        if (rc == LH_OK) {
            rc = lh_node_run(node, &err);
        }
    }
    if (rc != LH_OK) {
        lh_log_write(&log, LH_LOG_ERROR, "node.failed", "reason=\"%s\"", err.text);
    }
    lh_node_close(node);
    return rc == LH_OK ? 0 : exit_code_of(rc);
}

static int with_config(const struct arguments *arguments)
{
    char path[LH_CONFIG_PATH_MAX + 32];
    struct lh_config *config = NULL;
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    if (arguments->config == NULL && arguments->data == NULL) {
        (void)fprintf(stderr, "liuhend: --config FILE or --data DIR is needed; see --help\n");
        return LH_EXIT_USAGE;
    }
    (void)snprintf(path, sizeof path, "%s%s",
                   arguments->config != NULL ? arguments->config : arguments->data,
                   arguments->config != NULL ? "" : "/liuhend.conf");
    if (lh_config_load(&config, path, arguments->data, &err) != LH_OK) {
        (void)fprintf(stderr, "liuhend: %s\n", err.text);
        return LH_EXIT_USAGE;
    }
    if (arguments->action == ACTION_CHECK && lh_node_check_config(config, &err) != LH_OK) {
        (void)fprintf(stderr, "liuhend: %s: %s\n", path, err.text);
        lh_config_unref(config);
        return LH_EXIT_USAGE;
    }
    switch (arguments->action) {
    case ACTION_RUN:
        return run(config, arguments, path);
    case ACTION_PRINT:
        lh_config_print(&text, config);
        (void)fputs(lh_buf_text(&text), stdout);
        break;
    case ACTION_CHECK:
    case ACTION_HELP:
    case ACTION_VERSION:
    case ACTION_MAN:
        (void)printf("%s: ok\n", path);
        break;
    }
    lh_buf_clear(&text);
    lh_config_unref(config);
    return 0;
}

int main(int argc, char **argv)
{
    struct arguments arguments = { .action = ACTION_RUN };
    struct lh_buf text = LH_BUF_EMPTY;

    if (!parse_arguments(&arguments, argc, argv)) {
        return LH_EXIT_USAGE;
    }
    switch (arguments.action) {
    case ACTION_HELP:
        print_usage(stdout);
        return 0;
    case ACTION_VERSION:
        (void)printf("liuhend %s\n", LH_VERSION);
        return 0;
    case ACTION_MAN:
        lh_config_man(&text);
        (void)fputs(lh_buf_text(&text), stdout);
        lh_buf_clear(&text);
        return 0;
    case ACTION_RUN:
    case ACTION_CHECK:
    case ACTION_PRINT:
        break;
    }
    return with_config(&arguments);
}
