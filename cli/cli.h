#ifndef LH_CLI_CLI_H
#define LH_CLI_CLI_H

/*
 * What every verb is handed: the parsed command line, how to speak, where the node is. Results go
 * to `out`, everything else to `err`. A verb returns the process's exit code; these numbers are
 * frozen (man/liuhen.1.md).
 */

#include "cli/opts.h"
#include "crypto/base/time.h"
#include "ledger/genesis.h"
#include "net/client.h"

#include <stdio.h>

enum lh_exit {
    LH_EXIT_OK = 0,
    LH_EXIT_FAILED = 1,
    LH_EXIT_USAGE = 2,
    LH_EXIT_IO = 3,        /* node unreachable, file or disk */
    LH_EXIT_DENIED = 4,    /* not allowed */
    LH_EXIT_NOT_FOUND = 5, /* the named thing is not there */
    LH_EXIT_REFUSED = 6,   /* by the node's rules: form, size, rate */
    LH_EXIT_PARTIAL = 8,   /* some were rejected */
    LH_EXIT_FORGED = 10,   /* VERIFICATION FAILED */
    LH_EXIT_UNKNOWN = 11,  /* cannot tell */
    LH_EXIT_FORK = 12,     /* two signed histories */
};

struct lh_cli {
    enum lh_lang lang;
    bool json;
    bool quiet;
    bool is_tty;    /* out is a terminal */
    bool is_table;  /* rows as a table: a terminal, or --table */
    bool has_color; /* on out */
    bool has_utf8;  /* the user's terminal shows more than ASCII */
    bool no_pager;
    int64_t timeout_ms; /* 0: the client's own */
    FILE *out;
    FILE *err;
    struct lh_clock clock;
    struct lh_args args;
    struct lh_client *client; /* made at first use */
    const struct lh_verb *verbs;
    const struct lh_option *common;
};

/** Options of all verbs, ended by one without a name. */
extern const struct lh_option lh_cli_common_options[];

/** Take the parsed command line and the environment in. LH_ERR_INVALID: a common option is wrong.
 */
enum lh_code lh_cli_init(struct lh_cli *cli, struct lh_err *err) LH_MUST_CHECK;
void lh_cli_clear(struct lh_cli *cli);

/** Value of an option of this verb or of all; NULL if not given. */
const char *lh_cli_value(const struct lh_cli *cli, const char *name);
bool lh_cli_has(const struct lh_cli *cli, const char *name);
/** --data, else LIUHEN_DATA, else NULL. */
const char *lh_cli_data(const struct lh_cli *cli);

/** Print a message and a newline on stdout; `args` as lh_msg_add_args. */
void lh_cli_print_args(const struct lh_cli *cli, enum lh_msg id, const char *const *args);
/** On stderr, unless --quiet: what was done, what comes next. */
void lh_cli_note_args(const struct lh_cli *cli, enum lh_msg id, const char *const *args);
/** On stderr, always. */
void lh_cli_warn_args(const struct lh_cli *cli, enum lh_msg id, const char *const *args);
/* lh_cli_note(cli, id, "first", "second", NULL) */
#define lh_cli_print(cli, id, ...) lh_cli_print_args(cli, id, LH_MSG_ARGS(__VA_ARGS__))
#define lh_cli_note(cli, id, ...) lh_cli_note_args(cli, id, LH_MSG_ARGS(__VA_ARGS__))
#define lh_cli_warn(cli, id, ...) lh_cli_warn_args(cli, id, LH_MSG_ARGS(__VA_ARGS__))
/** Say on stderr what went wrong and return the exit code that fits `rc` (never 0). */
int lh_cli_fail(const struct lh_cli *cli, enum lh_code rc, const struct lh_err *err);
/** The exit code that fits `rc`. */
int lh_cli_exit_of(enum lh_code rc);
/** A problem of the command line itself: words and a hint at --help. Returns LH_EXIT_USAGE. */
int lh_cli_usage(const struct lh_cli *cli, enum lh_msg id, const char *a, const char *b);
/** Signs: a check mark, a cross, or OK and FAIL where the terminal has only ASCII. */
const char *lh_cli_sign(const struct lh_cli *cli, enum lh_code rc);

/** One setting from DIR/liuhend.conf of --data. LH_ERR_NOT_FOUND: no such file or line. */
enum lh_code lh_cli_setting(const struct lh_cli *cli, struct lh_buf *out, const char *key,
                            struct lh_err *err) LH_MUST_CHECK;
/**
 * The client of the node: --node, else LIUHEN_NODE, else the socket of --data or LIUHEN_DATA. An
 * https address wants --tls-cert, --tls-key and --tls-pin, or LIUHEN_TLS_CERT and so on. It belongs
 * to `cli`.
 */
enum lh_code lh_cli_client(struct lh_cli *cli, struct lh_client **out,
                           struct lh_err *err) LH_MUST_CHECK;
/** Can the node be named at all? */
bool lh_cli_has_node(const struct lh_cli *cli);

#endif
