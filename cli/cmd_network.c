/* Founding a city of the departments' enrolment files, and reading what founds one. */
#include "cli/cmds.h"

#include "cli/city.h"
#include "cli/enrolling.h"
#include "cli/expected.h"
#include "cli/files.h"
#include "cli/lineage.h"
#include "crypto/aloud.h"

#include <stdlib.h>
#include <string.h>

const struct lh_option lh_network_init_options[] = {
    { "network", 0, "CODE", { "the network, for example jinhua", "网络代码, 例如 jinhua" } },
    { "output", 'o', "FILE.lhg", { "where the genesis file goes", "创世文件" } },
    LH_EXPECTED_OPTION,
    LH_ENROLLING_SUITE,
    { .name = NULL },
};

const struct lh_option lh_network_show_options[] = {
    LH_EXPECTED_OPTION,
    { .name = NULL },
};

/* ---- init ---- */

/* The enrolment files as they came in. */
struct founders {
    const struct lh_cli *cli;
    enum lh_suite_id suite;
    struct lh_suite *hashing;
    size_t count;
    const char *paths[LH_FOUNDERS_MAX];
    struct lh_buf files[LH_FOUNDERS_MAX];
    struct lh_enrolment enrolments[LH_FOUNDERS_MAX];
};

/* Two files of one department are told apart from one that was named twice by their bytes alone,
 * and neither is taken. */
static enum lh_code check_department(const struct founders *founders, size_t index,
                                     struct lh_err *err)
{
    const char *department = founders->enrolments[index].department;

    for (size_t i = 0; i < index; i++) {
        if (strcmp(founders->enrolments[i].department, department) == 0) {
            return lh_err_set(err, LH_ERR_CONFLICT,
                              "%s and %s both enrol %s: two ledgers would be %s/%s/1",
                              founders->paths[i], founders->paths[index], department,
                              lh_cli_value(founders->cli, "network"), department);
        }
    }
    return LH_OK;
}

static enum lh_code read_founder(struct founders *founders, size_t index, struct lh_err *err)
{
    const char *path = founders->paths[index];
    struct lh_buf *file = &founders->files[index];
    struct lh_hash fingerprint;
    enum lh_code rc = lh_file_read(file, path, LH_ENROLMENT_MAX, err);

    if (rc != LH_OK) {
        return rc;
    }
    rc =
        lh_enrolment_decode(&founders->enrolments[index], lh_buf_bytes(file), founders->suite, err);
    if (rc != LH_OK) {
        return lh_err_wrap(err, rc, "%s", path);
    }
    fingerprint = lh_enrolment_fingerprint(founders->hashing, lh_buf_bytes(file));
    rc = lh_expected_check(founders->cli, path, &fingerprint, err);
    return rc == LH_OK ? check_department(founders, index, err) : rc;
}

/* Who compares one compares all: a list with a gap would pass for a whole one. */
static enum lh_code check_expected(const struct founders *founders, size_t *out_compared,
                                   struct lh_err *err)
{
    enum lh_code rc = lh_expected_count(out_compared, founders->cli, err);

    if (rc == LH_OK && *out_compared != 0 && *out_compared != founders->count) {
        return lh_err_set(err, LH_ERR_INVALID, "--expect is given %zu times for %zu enrolments",
                          *out_compared, founders->count);
    }
    return rc;
}

static enum lh_code write_genesis(const struct founders *founders, struct lh_genesis **out,
                                  struct lh_err *err)
{
    const struct lh_cli *cli = founders->cli;
    struct lh_bytes views[LH_FOUNDERS_MAX];
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc;

    for (size_t i = 0; i < founders->count; i++) {
        views[i] = lh_buf_bytes(&founders->files[i]);
    }
    rc = lh_genesis_encode(&bytes, lh_cli_value(cli, "network"), founders->suite,
                           cli->clock.wall_unix_ms(cli->clock.arg), views, founders->count, err);
    if (rc == LH_OK) {
        rc = lh_genesis_new(out, lh_buf_bytes(&bytes), err);
    }
    if (rc == LH_OK) {
        rc = lh_file_write_new(lh_cli_value(cli, "output"), lh_buf_bytes(&bytes), 0644, err);
    }
    lh_buf_clear(&bytes);
    return rc;
}

/* As they are before any epoch. */
static enum lh_code print_founded(const struct lh_cli *cli, const struct lh_genesis *genesis,
                                  struct lh_err *err)
{
    struct lh_members *members = NULL;
    enum lh_code rc = lh_members_new(&members, genesis, err);

    if (rc == LH_OK) {
        rc = lh_city_print(cli, genesis, members, err);
    }
    lh_members_free(members);
    return rc;
}

static enum lh_code found(struct founders *founders, struct lh_err *err)
{
    const struct lh_cli *cli = founders->cli;
    struct lh_genesis *genesis = NULL;
    char aloud[LH_ALOUD_SIZE];
    size_t compared = 0;
    enum lh_code rc = lh_enrolling_suite(&founders->suite, cli, err);

    if (rc == LH_OK) {
        rc = lh_suite_new(&founders->hashing, founders->suite, err);
    }
    if (rc == LH_OK) {
        rc = check_expected(founders, &compared, err);
    }
    for (size_t i = 0; rc == LH_OK && i < founders->count; i++) {
        rc = read_founder(founders, i, err);
    }
    if (rc == LH_OK) {
        rc = write_genesis(founders, &genesis, err);
    }
    if (rc == LH_OK) {
        rc = print_founded(cli, genesis, err);
    }
    if (rc == LH_OK) {
        lh_cli_note(cli, compared > 0 ? LH_MSG_NETWORK_COMPARED : LH_MSG_NETWORK_UNCOMPARED, NULL);
        lh_aloud_format(aloud, lh_genesis_network_id(genesis));
        lh_cli_note(cli, LH_MSG_NETWORK_NEXT, lh_cli_value(cli, "output"), aloud, NULL);
    }
    lh_genesis_free(genesis);
    return rc;
}

int lh_cmd_network_init(struct lh_cli *cli)
{
    static const char *const needed[] = { "network", "output" };
    struct founders *founders;
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (lh_cli_value(cli, needed[i]) == NULL) {
            return lh_cli_usage(cli, LH_MSG_OPTION_MISSING_NAMED, needed[i], "");
        }
    }
    founders = calloc(1, sizeof *founders);
    if (founders == NULL) {
        return lh_cli_fail(cli, lh_err_set(&err, LH_ERR_NOMEM, "out of memory"), &err);
    }
    founders->cli = cli;
    founders->count = cli->args.operand_count; /* the table of verbs bounds it */
    for (size_t i = 0; i < founders->count; i++) {
        founders->paths[i] = cli->args.operands[i];
        founders->files[i] = (struct lh_buf)LH_BUF_EMPTY;
    }
    rc = found(founders, &err);
    for (size_t i = 0; i < founders->count; i++) {
        lh_buf_clear(&founders->files[i]);
    }
    lh_suite_free(founders->hashing);
    free(founders);
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}

/* ---- show ---- */

int lh_cmd_network_show(struct lh_cli *cli)
{
    struct lh_lineage lineage = { .genesis = NULL };
    struct lh_err err = LH_ERR_NONE;
    size_t expected = 0;
    enum lh_code rc = lh_expected_count(&expected, cli, &err);

    if (rc == LH_OK) {
        rc = lh_lineage_open(&lineage, cli->args.operands, cli->args.operand_count, &err);
    }
    if (rc == LH_OK) {
        rc = lh_expected_check(cli, lh_lineage_last_path(&lineage),
                               lh_members_epoch(lh_lineage_last(&lineage)), &err);
    }
    if (rc == LH_OK) {
        rc = lh_city_print(cli, lineage.genesis, lh_lineage_last(&lineage), &err);
    }
    lh_lineage_close(&lineage);
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}
