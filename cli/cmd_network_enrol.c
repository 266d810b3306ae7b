/* A department presents itself to those who found a city: keys and an enrolment file, no node yet.
 */
#include "cli/cmds.h"

#include "cli/api.h"
#include "cli/enrolling.h"
#include "crypto/aloud.h"
#include "crypto/text.h"

#include <string.h>

const struct lh_option lh_network_enrol_options[] = {
    LH_ENROLLING_DEPT,    LH_ENROLLING_NAME,  LH_ENROLLING_GROUP,
    LH_ENROLLING_OFFICER, LH_ENROLLING_SUITE, { .name = NULL },
};

static enum lh_code print_json(const struct lh_cli *cli, const struct lh_enrolling *enrolling,
                               const char *path, const char *hex, const char *aloud,
                               struct lh_err *err)
{
    json_t *answer =
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "schema", "liuhen.enrolment/1", "department",
                  enrolling->enrolment.department, "suite", lh_suite_name(enrolling->suite), "file",
                  path, "fingerprint", hex, "read_aloud", aloud);
    enum lh_code rc = answer != NULL ? lh_api_print(cli, answer, err)
                                     : lh_err_set(err, LH_ERR_NOMEM, "out of memory");

    json_decref(answer);
    return rc;
}

static enum lh_code tell(const struct lh_enrolling *enrolling, const struct lh_home *home,
                         struct lh_err *err)
{
    const struct lh_cli *cli = home->cli;
    struct lh_buf path = LH_BUF_EMPTY;
    struct lh_suite *suite = NULL;
    struct lh_hash fingerprint;
    char hex[2 * LH_HASH_SIZE + 1];
    char aloud[LH_ALOUD_SIZE];
    enum lh_code rc = lh_home_path(home, &path, LH_ENROLLING_FILE, err);

    if (rc == LH_OK) {
        rc = lh_suite_new(&suite, enrolling->suite, err);
    }
    if (rc != LH_OK) {
        goto out;
    }
    fingerprint = lh_enrolment_fingerprint(suite, lh_buf_bytes(&enrolling->bytes));
    lh_hex_format(hex, lh_hash_bytes(&fingerprint));
    lh_aloud_format(aloud, &fingerprint);
    if (cli->json) {
        rc = print_json(cli, enrolling, lh_buf_text(&path), hex, aloud, err);
        goto out;
    }
    lh_cli_print(cli, LH_MSG_ENROL_MADE, enrolling->enrolment.department, enrolling->enrolment.name,
                 hex, aloud, NULL);
    lh_cli_note(cli, LH_MSG_ENROL_NEXT, lh_buf_text(&path), enrolling->enrolment.department,
                lh_buf_text(&home->path), NULL);
out:
    lh_suite_free(suite);
    lh_buf_clear(&path);
    return rc;
}

/* What the words are wrong in is found before anything is made. */
static enum lh_code enrol(struct lh_enrolling *enrolling, struct lh_home *home,
                          const struct lh_cli *cli, struct lh_err *err)
{
    struct lh_buf rehearsed = LH_BUF_EMPTY;
    enum lh_code rc = lh_enrolling_read(enrolling, cli, err);

    if (rc == LH_OK) {
        rc = lh_enrolling_rehearse(&rehearsed, enrolling, err);
    }
    if (rc == LH_OK) {
        rc = lh_home_open(home, cli, err);
    }
    if (rc == LH_OK) {
        rc = lh_enrolling_make(enrolling, home, err);
    }
    if (rc == LH_OK) {
        rc = tell(enrolling, home, err);
    }
    lh_buf_clear(&rehearsed);
    return rc;
}

int lh_cmd_network_enrol(struct lh_cli *cli)
{
    static const char *const needed[] = { "dept", "name", "data" };
    struct lh_enrolling enrolling = { .bytes = LH_BUF_EMPTY };
    struct lh_home home = { .cli = cli };
    struct lh_err err = LH_ERR_NONE;
    enum lh_code rc;

    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (lh_cli_value(cli, needed[i]) == NULL &&
            (strcmp(needed[i], "data") != 0 || lh_cli_data(cli) == NULL)) {
            return lh_cli_usage(cli, LH_MSG_OPTION_MISSING_NAMED, needed[i], "");
        }
    }
    rc = enrol(&enrolling, &home, cli, &err);
    lh_home_clear(&home);
    lh_enrolling_clear(&enrolling);
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}
