/*
 * Founds a department's node, in a network of its own or in the city of a genesis file that holds
 * its enrolment, or of which an epoch does.
 *
 *  1. Nothing is ever overwritten. What is there is kept; a second run with the same words changes
 *     nothing; one for another department, network or set of officers is refused.
 *  2. What the words are wrong in is found before anything is made.
 *  3. Whoever is ended in between says the same words again: every file is there whole or not at
 *     all, and what is there is kept.
 */
#include "cli/cmds.h"

#include "cli/api.h"
#include "cli/enrolling.h"
#include "cli/expected.h"
#include "cli/files.h"
#include "cli/founding.h"
#include "cli/lineage.h"
#include "crypto/aloud.h"
#include "crypto/text.h"

#include <string.h>

const struct lh_option lh_init_options[] = {
    { "network", 0, "CODE", { "the network, for example jinhua", "网络代码, 例如 jinhua" } },
    LH_ENROLLING_DEPT,
    LH_ENROLLING_NAME,
    LH_ENROLLING_GROUP,
    { "genesis",
      0,
      "FILE.lhg",
      { "be the department enrolled in DIR, of the city that it founds",
        "全市网络的创世文件: 以 DIR 中登记的部门加入" } },
    { "epochs",
      0,
      "FILE",
      { "a proposal that was certified; repeatable, in their order",
        "已获通过的纪元提案; 可重复, 按次序" } },
    LH_EXPECTED_OPTION,
    { "guard",
      0,
      "DIR",
      { "where the guard lives; best on another disk", "防回滚标记目录, 最好在另一块盘上" } },
    LH_ENROLLING_OFFICER,
    LH_ENROLLING_SUITE,
    { "socket",
      0,
      "PATH",
      { "Unix socket of the node (DIR/liuhend.sock)", "节点套接字 (默认 DIR/liuhend.sock)" } },
    { .name = NULL },
};

struct founding {
    struct lh_cli *cli;
    struct lh_home home;
    struct lh_enrolling enrolling;
    struct lh_genesis *genesis;
    struct lh_lineage lineage; /* of a city; it has the genesis then */
    const char *paths[LH_EPOCHS_MAX];
    struct lh_err *err;
};

/* Rule 2: the files as they would be. */
static enum lh_code rehearse(struct founding *founding)
{
    struct lh_buf presented = LH_BUF_EMPTY;
    struct lh_buf genesis = LH_BUF_EMPTY;
    struct lh_clock clock = founding->cli->clock;
    enum lh_code rc = lh_enrolling_rehearse(&presented, &founding->enrolling, founding->err);

    if (rc == LH_OK) {
        struct lh_bytes bytes = lh_buf_bytes(&presented);

        rc = lh_genesis_encode(&genesis, lh_cli_value(founding->cli, "network"),
                               founding->enrolling.suite, clock.wall_unix_ms(clock.arg), &bytes, 1,
                               founding->err);
    }
    lh_buf_clear(&genesis);
    lh_buf_clear(&presented);
    return rc;
}

/* ---- a member of a city ---- */

/* The genesis file, and the epochs behind it. What was read aloud is the last of them. */
static enum lh_code read_city(struct founding *founding)
{
    const struct lh_cli *cli = founding->cli;
    size_t expected = 0;
    size_t count = 0;
    size_t at = 0;
    const char *path;
    enum lh_code rc = lh_expected_count(&expected, cli, founding->err);

    founding->paths[count++] = lh_cli_value(cli, "genesis");
    while ((path = lh_args_next(&cli->args, "epochs", &at)) != NULL) {
        if (count == LH_EPOCHS_MAX) {
            return lh_err_set(founding->err, LH_ERR_LIMIT, "more than %d epochs", LH_EPOCHS_MAX);
        }
        founding->paths[count++] = path;
    }
    if (rc == LH_OK) {
        rc = lh_lineage_open(&founding->lineage, founding->paths, count, founding->err);
    }
    if (rc == LH_OK) {
        founding->genesis = founding->lineage.genesis;
        rc =
            lh_expected_check(cli, lh_lineage_last_path(&founding->lineage),
                              lh_members_epoch(lh_lineage_last(&founding->lineage)), founding->err);
    }
    return rc;
}

static enum lh_code is_own(const struct founding *founding, const struct lh_enrolment *enrolment,
                           bool *out)
{
    const struct lh_enrolling *enrolling = &founding->enrolling;
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc = lh_enrolment_encode(&bytes, enrolment, enrolling->suite, founding->err);

    *out = rc == LH_OK && lh_bytes_is_equal(lh_buf_bytes(&bytes), lh_buf_bytes(&enrolling->bytes));
    lh_buf_clear(&bytes);
    return rc;
}

/* spec trust.md 1: "A founder starts its node only where the genesis file holds, to the byte, the
 * enrolment that it made itself." */
/* spec trust.md 1: "Whom an epoch admits starts likewise only with the epochs up to that one, where
 * it holds the enrolment to the byte." */
static enum lh_code check_member(const struct founding *founding)
{
    const char *department = founding->enrolling.enrolment.department;
    const struct lh_epochs *epochs = founding->lineage.epochs;
    const struct lh_members *first = lh_epochs_first_with(epochs, department);
    size_t count = first == lh_epochs_at(epochs, 0) ? 1 : lh_epochs_count(epochs);
    bool is_it = false;
    enum lh_code rc = LH_OK;

    if (first == NULL) {
        return lh_err_set(founding->err, LH_ERR_CONFLICT, "%s is no %s of network %s", department,
                          lh_cli_has(founding->cli, "epochs") ? "member" : "founder",
                          lh_genesis_network(founding->genesis));
    }
    for (size_t i = 0; rc == LH_OK && !is_it && i < count; i++) {
        const struct lh_member *member = lh_members_find(lh_epochs_at(epochs, i), department);

        if (member != NULL) {
            rc = is_own(founding, &member->enrolment, &is_it);
        }
    }
    if (rc == LH_OK && !is_it) {
        rc = lh_err_set(founding->err, LH_ERR_FORGED,
                        "%s holds an enrolment of %s that was not made here: ask whoever founded "
                        "the network where it came from",
                        founding->paths[lh_members_number(first)], department);
    }
    return rc;
}

static enum lh_code open_enrolment(struct founding *founding)
{
    const struct lh_cli *cli = founding->cli;
    const char *department = lh_cli_value(cli, "dept");
    enum lh_code rc = lh_enrolling_open(&founding->enrolling, cli,
                                        lh_genesis_suite(founding->genesis), founding->err);

    if (rc == LH_OK && strcmp(founding->enrolling.enrolment.department, department) != 0) {
        rc = lh_err_set(founding->err, LH_ERR_CONFLICT, "%s is the folder of %s, not of %s",
                        lh_cli_data(cli), founding->enrolling.enrolment.department, department);
    }
    return rc == LH_OK ? check_member(founding) : rc;
}

static enum lh_code keep_genesis(struct founding *founding)
{
    struct lh_bytes bytes = lh_genesis_bytes(founding->genesis);
    enum lh_code rc = lh_home_check(&founding->home, "genesis.lhg", bytes, founding->err);

    return rc == LH_OK ? lh_home_file(&founding->home, "genesis.lhg", bytes, founding->err) : rc;
}

/* ---- a network of one ---- */

/* The genesis there, or a new one; it must be of this network and hold this enrolment alone. */
static enum lh_code make_genesis(struct founding *founding)
{
    const char *network = lh_cli_value(founding->cli, "network");
    struct lh_bytes enrolment = lh_buf_bytes(&founding->enrolling.bytes);
    struct lh_clock clock = founding->cli->clock;
    struct lh_buf path = LH_BUF_EMPTY;
    struct lh_buf bytes = LH_BUF_EMPTY;
    bool is_there;
    enum lh_code rc;

    rc = lh_home_path(&founding->home, &path, "genesis.lhg", founding->err);
    if (rc != LH_OK) {
        goto out;
    }
    is_there = lh_file_exists(lh_buf_text(&path));
    rc = is_there ? lh_file_read(&bytes, lh_buf_text(&path), LH_GENESIS_MAX, founding->err)
                  : lh_genesis_encode(&bytes, network, founding->enrolling.suite,
                                      clock.wall_unix_ms(clock.arg), &enrolment, 1, founding->err);
    if (rc == LH_OK) {
        rc = lh_genesis_new(&founding->genesis, lh_buf_bytes(&bytes), founding->err);
    }
    if (rc == LH_OK && lh_genesis_count(founding->genesis) != 1) {
        rc = lh_err_set(founding->err, LH_ERR_CONFLICT,
                        "%s founds a city of %zu members: nothing was changed; --genesis names it",
                        lh_buf_text(&path), lh_genesis_count(founding->genesis));
    }
    if (rc == LH_OK && (strcmp(lh_genesis_network(founding->genesis), network) != 0 ||
                        lh_genesis_suite(founding->genesis) != founding->enrolling.suite)) {
        rc = lh_err_set(founding->err, LH_ERR_CONFLICT,
                        "%s is of network %s, suite %s: nothing was changed", lh_buf_text(&path),
                        lh_genesis_network(founding->genesis),
                        lh_suite_name(lh_genesis_suite(founding->genesis)));
    }
    if (rc == LH_OK) {
        rc = lh_home_file(&founding->home, "genesis.lhg", lh_buf_bytes(&bytes), founding->err);
    }
out:
    lh_buf_clear(&bytes);
    lh_buf_clear(&path);
    return rc;
}

static enum lh_code read_words(struct founding *founding)
{
    return lh_enrolling_read(&founding->enrolling, founding->cli, founding->err);
}

static enum lh_code make_home(struct founding *founding)
{
    return lh_home_open(&founding->home, founding->cli, founding->err);
}

static enum lh_code make_enrolment(struct founding *founding)
{
    return lh_enrolling_make(&founding->enrolling, &founding->home, founding->err);
}

static enum lh_code make_node(struct founding *founding)
{
    const struct lh_founding words = {
        .genesis = founding->genesis,
        .epochs = founding->lineage.epochs,
        .department = founding->enrolling.enrolment.department,
        .guard_dir = lh_cli_value(founding->cli, "guard"),
        .socket = lh_cli_value(founding->cli, "socket"),
    };

    return lh_founding_make(&words, &founding->home, founding->err);
}

static enum lh_code found(struct founding *founding)
{
    static enum lh_code (*const steps[2][6])(struct founding *) = {
        { read_words, rehearse, make_home, make_enrolment, make_genesis, make_node },
        { read_city, open_enrolment, make_home, keep_genesis, make_node, NULL },
    };
    size_t way = lh_cli_has(founding->cli, "genesis") ? 1 : 0;
    enum lh_code rc = LH_OK;

    for (size_t i = 0; rc == LH_OK && i < 6 && steps[way][i] != NULL; i++) {
        rc = steps[way][i](founding);
    }
    return rc;
}

static enum lh_code tell_json(const struct founding *founding, const char *hex, const char *aloud)
{
    json_t *answer =
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I}", "schema", "liuhen.init/1", "network",
                  lh_genesis_network(founding->genesis), "network_id", hex, "read_aloud", aloud,
                  "department", founding->enrolling.enrolment.department, "data",
                  lh_buf_text(&founding->home.path), "made", (json_int_t)founding->home.made);
    enum lh_code rc = answer != NULL ? lh_api_print(founding->cli, answer, founding->err)
                                     : lh_err_set(founding->err, LH_ERR_NOMEM, "out of memory");

    json_decref(answer);
    return rc;
}

static enum lh_code tell(const struct founding *founding)
{
    const struct lh_cli *cli = founding->cli;
    const struct lh_hash *id = lh_genesis_network_id(founding->genesis);
    const char *data = lh_buf_text(&founding->home.path);
    char hex[2 * LH_HASH_SIZE + 1];
    char aloud[LH_ALOUD_SIZE];

    lh_hex_format(hex, lh_hash_bytes(id));
    lh_aloud_format(aloud, id);
    if (cli->json) {
        return tell_json(founding, hex, aloud);
    }
    lh_cli_print(cli, LH_MSG_INIT_NETWORK, lh_genesis_network(founding->genesis), hex, NULL);
    if (founding->home.made == 0) {
        lh_cli_print(cli, LH_MSG_INIT_NOTHING, data, NULL);
        return LH_OK;
    }
    lh_cli_note(cli, LH_MSG_INIT_NEXT, data, NULL);
    if (!lh_cli_has(cli, "genesis")) {
        lh_cli_note(cli, LH_MSG_INIT_ALONE, NULL);
    } else if (!lh_cli_has(cli, "expect")) {
        lh_cli_note(cli, LH_MSG_INIT_UNCOMPARED, aloud, NULL);
    }
    return LH_OK;
}

/* The first of the options that is there (or that is not), NULL: none of them. */
static const char *first_that(const struct lh_cli *cli, bool is_there, const char *const *options)
{
    for (; *options != NULL; options++) {
        if (lh_cli_has(cli, *options) == is_there) {
            return *options;
        }
    }
    return NULL;
}

/* What a city's genesis and the enrolment say already is not said again. */
static int check_words(const struct lh_cli *cli)
{
    static const char *const alone[] = { "network", "dept", "name", "guard", NULL };
    static const char *const in_a_city[] = { "dept", "guard", NULL };
    static const char *const of_a_city[] = { "expect", "epochs" };
    static const char *const said[] = { "network", "name", "group", "officer", "suite", NULL };
    bool is_city = lh_cli_has(cli, "genesis");
    const char *missing = first_that(cli, false, is_city ? in_a_city : alone);
    const char *needless = is_city ? first_that(cli, true, said) : NULL;

    if (missing != NULL) {
        return lh_cli_usage(cli, LH_MSG_OPTION_MISSING_NAMED, missing, "");
    }
    if (needless != NULL) {
        return lh_cli_usage(cli, LH_MSG_OPTION_EXCLUDES, needless, "genesis");
    }
    for (size_t i = 0; !is_city && i < sizeof of_a_city / sizeof of_a_city[0]; i++) {
        if (lh_cli_has(cli, of_a_city[i])) {
            return lh_cli_usage(cli, LH_MSG_OPTION_WANTS_OTHER, of_a_city[i], "genesis");
        }
    }
    return lh_cli_data(cli) != NULL ? LH_EXIT_OK
                                    : lh_cli_usage(cli, LH_MSG_OPTION_MISSING_NAMED, "data", "");
}

/* Before anything is made. */
static int check_guard(const struct lh_cli *cli)
{
    const char *guard = lh_cli_value(cli, "guard");
    struct lh_err err = LH_ERR_NONE;
    bool is_inside = false;
    enum lh_code rc = lh_path_is_within(&is_inside, guard, lh_cli_data(cli), &err);

    if (rc != LH_OK) {
        return lh_cli_fail(cli, rc, &err);
    }
    return is_inside ? lh_cli_usage(cli, LH_MSG_INIT_GUARD_INSIDE, guard, lh_cli_data(cli))
                     : LH_EXIT_OK;
}

int lh_cmd_init(struct lh_cli *cli)
{
    struct lh_err err = LH_ERR_NONE;
    struct founding founding = { .cli = cli, .err = &err };
    enum lh_code rc;
    int code = check_words(cli);

    if (code == LH_EXIT_OK) {
        code = check_guard(cli);
    }
    if (code != LH_EXIT_OK) {
        return code;
    }
    rc = found(&founding);
    if (rc == LH_OK) {
        rc = tell(&founding);
    }
    if (founding.lineage.genesis == NULL) {
        lh_genesis_free(founding.genesis);
    }
    lh_lineage_close(&founding.lineage);
    lh_enrolling_clear(&founding.enrolling);
    lh_home_clear(&founding.home);
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}
