/* Which department this node is of, and whether its files are those of a member. */
#include "node/node_internal.h"

#include "node/file.h"

#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = LH_CONFIG_PATH_MAX + 64 };

static void join(char out[PATH_SIZE], const struct lh_node *node, const char *name)
{
    (void)snprintf(out, PATH_SIZE, "%s/%s", node->config->data, name);
}

static enum lh_code is_same(const struct lh_node *node, const struct lh_enrolment *a,
                            const struct lh_enrolment *b, bool *out, struct lh_err *err)
{
    struct lh_buf of_a = LH_BUF_EMPTY;
    struct lh_buf of_b = LH_BUF_EMPTY;
    enum lh_code rc = lh_enrolment_encode(&of_a, a, node->rules.suite, err);

    if (rc == LH_OK) {
        rc = lh_enrolment_encode(&of_b, b, node->rules.suite, err);
    }
    *out = rc == LH_OK && lh_bytes_is_equal(lh_buf_bytes(&of_a), lh_buf_bytes(&of_b));
    lh_buf_clear(&of_a);
    lh_buf_clear(&of_b);
    return rc;
}

/* LH_ERR_NOT_FOUND: there is none. */
static enum lh_code read_enrolment(const struct lh_node *node, const char *path,
                                   struct lh_enrolment *out, struct lh_err *err)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc = lh_small_file_read(&bytes, path, LH_ENROLMENT_MAX, err);

    if (rc == LH_OK) {
        rc = lh_enrolment_decode(out, lh_buf_bytes(&bytes), node->rules.suite, err);
        rc = rc == LH_OK ? rc : lh_err_wrap(err, LH_ERR_INVALID, "%s", path);
    }
    lh_buf_clear(&bytes);
    return rc;
}

/* The enrolment file is this department's own copy of what stands in the genesis. */
static enum lh_code check_founder(const struct lh_node *node, const char *path,
                                  const struct lh_enrolment *enrolment, struct lh_err *err)
{
    const struct lh_enrolment *founder =
        lh_genesis_find(node->genesis, lh_bytes_of_text(enrolment->department));
    bool is_it = true;
    enum lh_code rc = LH_OK;

    if (founder != NULL) {
        rc = is_same(node, founder, enrolment, &is_it, err);
    }
    return rc != LH_OK || is_it
               ? rc
               : lh_err_set(err, LH_ERR_INVALID, "%s is not the enrolment that the genesis holds",
                            path);
}

enum lh_code lh_node_find_department(struct lh_node *node, struct lh_err *err)
{
    struct lh_enrolment enrolment = { .department = "" };
    char path[PATH_SIZE];
    char *department = node->rules.department;
    enum lh_code rc;

    (void)snprintf(department, sizeof node->rules.department, "%s", node->config->department);
    join(path, node, "enrolment.lhe");
    rc = read_enrolment(node, path, &enrolment, err);
    if (rc == LH_OK) {
        rc = check_founder(node, path, &enrolment, err);
    } else if (rc == LH_ERR_NOT_FOUND && department[0] != '\0') {
        rc = LH_OK; /* the configuration says who we are */
    }
    if (rc == LH_OK && department[0] == '\0') {
        (void)snprintf(department, sizeof node->rules.department, "%s", enrolment.department);
    }
    if (rc == LH_OK && enrolment.department[0] != '\0' &&
        strcmp(department, enrolment.department) != 0) {
        rc = lh_err_set(err, LH_ERR_INVALID, "department = %s, and %s is of \"%s\"", department,
                        path, enrolment.department);
    }
    return rc;
}

/*
 * Of one who was admitted: does an epoch hold it as it was made here?
 *
 * spec trust.md 1: "Whom an epoch admits starts likewise only with the epochs up to that one, where
 * it holds the enrolment to the byte."
 */
static enum lh_code check_admitted(const struct lh_node *node, struct lh_err *err)
{
    const struct lh_epochs *epochs = lh_ledger_epochs(node->ledger);
    struct lh_enrolment enrolment;
    char path[PATH_SIZE];
    bool is_it = false;
    enum lh_code rc;

    join(path, node, "enrolment.lhe");
    rc = read_enrolment(node, path, &enrolment, err);
    if (rc == LH_ERR_NOT_FOUND) {
        return LH_OK;
    }
    for (size_t i = 0; rc == LH_OK && !is_it && i < lh_epochs_count(epochs); i++) {
        const struct lh_member *member =
            lh_members_find(lh_epochs_at(epochs, i), node->rules.department);

        if (member != NULL) {
            rc = is_same(node, &member->enrolment, &enrolment, &is_it, err);
        }
    }
    return rc != LH_OK || is_it
               ? rc
               : lh_err_set(err, LH_ERR_INVALID, "%s is not the enrolment that an epoch admitted",
                            path);
}

static bool is_recorder(const struct lh_node *node, const struct lh_pubkey *key)
{
    const struct lh_epochs *epochs = lh_ledger_epochs(node->ledger);

    for (size_t i = 0; i < lh_epochs_count(epochs); i++) {
        const struct lh_member *member =
            lh_members_find(lh_epochs_at(epochs, i), node->rules.department);

        if (member != NULL && lh_pubkey_is_equal(key, &member->enrolment.recorder)) {
            return true;
        }
    }
    return false;
}

/* Which of them is in force the ledger says: it may have to be the one of an epoch that the next
 * block enters. */
static enum lh_code check_recorder(const struct lh_node *node, struct lh_err *err)
{
    struct lh_signer *recorder = NULL;
    char path[PATH_SIZE];
    enum lh_code rc;

    join(path, node, "keys/recorder.pem");
    rc = lh_signer_open(&recorder, path, err);
    if (rc == LH_OK && !is_recorder(node, lh_signer_pubkey(recorder))) {
        rc = lh_err_set(err, LH_ERR_INVALID,
                        "%s is not the recorder key that the genesis, or an epoch, names", path);
    }
    lh_signer_free(recorder);
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "recorder key");
}

enum lh_code lh_node_check_identity(struct lh_node *node, struct lh_err *err)
{
    bool is_founder =
        lh_genesis_find(node->genesis, lh_bytes_of_text(node->rules.department)) != NULL;
    enum lh_code rc = is_founder ? LH_OK : check_admitted(node, err);

    return rc == LH_OK ? check_recorder(node, err) : rc;
}
