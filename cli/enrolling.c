#include "cli/enrolling.h"

#include "cli/acts.h"
#include "cli/files.h"
#include "crypto/signer.h"

#include <string.h>

enum lh_alg lh_enrolling_alg(enum lh_suite_id suite, enum lh_alg alg)
{
    return suite == LH_SUITE_G ? LH_ALG_SM2 : alg;
}

/* ---- the words ---- */

enum lh_code lh_enrolling_suite(enum lh_suite_id *out, const struct lh_cli *cli, struct lh_err *err)
{
    const char *suite = lh_cli_value(cli, "suite");

    if (suite != NULL && strcmp(suite, "W") != 0 && strcmp(suite, "G") != 0) {
        return lh_err_set(err, LH_ERR_INVALID, "--suite: W or G");
    }
    *out = suite != NULL && strcmp(suite, "G") == 0 ? LH_SUITE_G : LH_SUITE_W;
    return LH_OK;
}

enum lh_code lh_enrolling_public(struct lh_pubkey *out, const char *path, struct lh_err *err)
{
    struct lh_buf content = LH_BUF_EMPTY;
    struct lh_bytes line;
    enum lh_code rc;

    rc = lh_file_read(&content, path, LH_FILE_SMALL_MAX, err);
    if (rc == LH_OK) {
        line = lh_buf_bytes(&content);
        while (line.len > 0 && strchr("\r\n", line.data[line.len - 1]) != NULL) {
            line.len--;
        }
        rc = lh_pubkey_parse(out, line, err);
        if (rc != LH_OK) {
            (void)lh_err_wrap(err, rc, "%s", path);
        }
    }
    lh_buf_clear(&content);
    return rc;
}

/* "x/zhang.pub" is labelled "zhang", "head=x/zhang.pub" is labelled "head". */
static enum lh_code read_officer(struct lh_enrolment *enrolment, const char *text,
                                 struct lh_err *err)
{
    const char *equals = strchr(text, '=');
    const char *path = equals != NULL ? equals + 1 : text;
    const char *slash = strrchr(path, '/');
    const char *label = equals != NULL ? text : slash != NULL ? slash + 1 : path;
    size_t label_len = equals != NULL ? (size_t)(equals - text) : strcspn(label, ".");
    struct lh_officer *officer;
    enum lh_code rc;

    if (enrolment->officer_count == LH_OFFICERS_MAX) {
        return lh_err_set(err, LH_ERR_LIMIT, "at most %d officers", LH_OFFICERS_MAX);
    }
    officer = &enrolment->officers[enrolment->officer_count];
    if (label_len == 0 || label_len >= sizeof officer->label) {
        return lh_err_set(err, LH_ERR_INVALID, "%s: a label has 1 to 48 bytes", text);
    }
    rc = lh_enrolling_public(&officer->key, path, err);
    if (rc == LH_OK) {
        memcpy(officer->label, label, label_len);
        officer->label[label_len] = '\0';
        enrolment->officer_count++;
    }
    return rc;
}

enum lh_code lh_enrolling_read(struct lh_enrolling *out, const struct lh_cli *cli,
                               struct lh_err *err)
{
    struct lh_enrolment *enrolment = &out->enrolment;
    const char *group = lh_cli_value(cli, "group");
    const char *officer;
    size_t at = 0;
    enum lh_code rc;

    *out = (struct lh_enrolling){ .bytes = LH_BUF_EMPTY };
    group = group != NULL ? group : lh_cli_value(cli, "dept");
    rc = lh_enrolling_suite(&out->suite, cli, err);
    if (rc == LH_OK) {
        rc = lh_act_set_text(enrolment->department, sizeof enrolment->department, "--dept",
                             lh_cli_value(cli, "dept"), err);
    }
    if (rc == LH_OK) {
        rc = lh_act_set_text(enrolment->name, sizeof enrolment->name, "--name",
                             lh_cli_value(cli, "name"), err);
    }
    if (rc == LH_OK) {
        rc = lh_act_set_text(enrolment->group, sizeof enrolment->group, "--group", group, err);
    }
    while (rc == LH_OK && (officer = lh_args_next(&cli->args, "officer", &at)) != NULL) {
        rc = read_officer(enrolment, officer, err);
    }
    if (rc == LH_OK && enrolment->officer_count < LH_OFFICERS_MIN) {
        rc = lh_err_set(err, LH_ERR_INVALID, "--officer is needed twice at least");
    }
    return rc;
}

/* ---- the keys and the file ---- */

enum { OWN_KEYS = 4 };

struct own_key {
    const char *name; /* of its file */
    enum lh_alg alg;  /* in suite W */
    struct lh_pubkey *out;
};

static void list_own_keys(struct own_key out[OWN_KEYS], struct lh_enrolment *enrolment)
{
    out[0] = (struct own_key){ "keys/recorder.pem", LH_ALG_P256, &enrolment->recorder };
    out[1] = (struct own_key){ "keys/witness.pem", LH_ALG_ED25519, &enrolment->witness };
    out[2] = (struct own_key){ "keys/mirror.pem", LH_ALG_ED25519, &enrolment->mirror };
    out[3] = (struct own_key){ "keys/governance.pem", LH_ALG_ED25519, &enrolment->governance };
}

enum lh_code lh_enrolling_rehearse(struct lh_buf *out, const struct lh_enrolling *enrolling,
                                   struct lh_err *err)
{
    struct lh_enrolment enrolment = enrolling->enrolment;
    struct own_key keys[OWN_KEYS];
    enum lh_code rc = LH_OK;

    list_own_keys(keys, &enrolment);
    for (size_t i = 0; rc == LH_OK && i < OWN_KEYS; i++) {
        struct lh_signer *signer = NULL;

        rc = lh_signer_generate(&signer, lh_enrolling_alg(enrolling->suite, keys[i].alg), err);
        if (rc == LH_OK) {
            *keys[i].out = *lh_signer_pubkey(signer);
        }
        lh_signer_free(signer);
    }
    return rc == LH_OK ? lh_enrolment_encode(out, &enrolment, enrolling->suite, err) : rc;
}

/* The private key is there and is the one that the file names. */
static enum lh_code check_own_key(const char *data, const struct own_key *key, struct lh_err *err)
{
    struct lh_buf path = LH_BUF_EMPTY;
    struct lh_signer *signer = NULL;
    enum lh_code rc;

    lh_buf_add_format(&path, "%s/%s", data, key->name);
    rc = lh_buf_check(&path, err);
    if (rc == LH_OK) {
        rc = lh_signer_open(&signer, lh_buf_text(&path), err);
    }
    if (rc == LH_OK && !lh_pubkey_is_equal(lh_signer_pubkey(signer), key->out)) {
        rc = lh_err_set(err, LH_ERR_CONFLICT,
                        "%s is not the key that %s/" LH_ENROLLING_FILE " names", lh_buf_text(&path),
                        data);
    }
    lh_signer_free(signer);
    lh_buf_clear(&path);
    return rc;
}

enum lh_code lh_enrolling_open(struct lh_enrolling *out, const struct lh_cli *cli,
                               enum lh_suite_id suite, struct lh_err *err)
{
    const char *data = lh_cli_data(cli);
    struct lh_buf path = LH_BUF_EMPTY;
    struct own_key keys[OWN_KEYS];
    enum lh_code rc;

    *out = (struct lh_enrolling){ .suite = suite, .bytes = LH_BUF_EMPTY };
    lh_buf_add_format(&path, "%s/" LH_ENROLLING_FILE, data);
    rc = lh_buf_check(&path, err);
    if (rc == LH_OK) {
        rc = lh_file_read(&out->bytes, lh_buf_text(&path), LH_ENROLMENT_MAX, err);
    }
    if (rc == LH_ERR_NOT_FOUND) {
        rc = lh_err_set(err, rc, "%s is not there: liuhen network enrol makes it",
                        lh_buf_text(&path));
    }
    if (rc == LH_OK) {
        rc = lh_enrolment_decode(&out->enrolment, lh_buf_bytes(&out->bytes), suite, err);
        if (rc != LH_OK) {
            (void)lh_err_wrap(err, rc, "%s", lh_buf_text(&path));
        }
    }
    list_own_keys(keys, &out->enrolment);
    for (size_t i = 0; rc == LH_OK && i < OWN_KEYS; i++) {
        rc = check_own_key(data, &keys[i], err);
    }
    lh_buf_clear(&path);
    return rc;
}

enum lh_code lh_enrolling_make(struct lh_enrolling *enrolling, struct lh_home *home,
                               struct lh_err *err)
{
    struct own_key keys[OWN_KEYS];
    enum lh_code rc = LH_OK;

    list_own_keys(keys, &enrolling->enrolment);
    for (size_t i = 0; rc == LH_OK && i < OWN_KEYS; i++) {
        rc = lh_home_key(home, keys[i].out, keys[i].name,
                         lh_enrolling_alg(enrolling->suite, keys[i].alg), err);
    }
    lh_buf_reset(&enrolling->bytes);
    if (rc == LH_OK) {
        rc = lh_enrolment_encode(&enrolling->bytes, &enrolling->enrolment, enrolling->suite, err);
    }
    if (rc == LH_OK) {
        rc = lh_home_check(home, LH_ENROLLING_FILE, lh_buf_bytes(&enrolling->bytes), err);
    }
    if (rc == LH_OK) {
        rc = lh_home_file(home, LH_ENROLLING_FILE, lh_buf_bytes(&enrolling->bytes), err);
    }
    return rc;
}

void lh_enrolling_clear(struct lh_enrolling *enrolling)
{
    lh_buf_clear(&enrolling->bytes);
}
