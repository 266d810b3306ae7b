#include "cli/acts.h"

#include "cli/files.h"
#include "cli/readable.h"
#include "crypto/text.h"

#include <stdlib.h>
#include <string.h>

void lh_act_draft(lhpb_Body *out, const struct lh_place *place, lhpb_EntryType type,
                  int64_t now_unix_ms)
{
    *out = (lhpb_Body)lhpb_Body_init_zero;
    out->schema = LH_SCHEMA;
    out->type = type;
    memcpy(out->source, "officer", sizeof "officer");
    memcpy(out->department, place->department, sizeof place->department);
    out->event_time_ms = (uint64_t)now_unix_ms;
}

enum lh_code lh_act_set_text(char *field, size_t room, const char *what, const char *text,
                             struct lh_err *err)
{
    size_t len = strlen(text);

    if (len >= room) {
        return lh_err_set(err, LH_ERR_LIMIT, "%s: longer than %zu bytes", what, room - 1);
    }
    memcpy(field, text, len + 1);
    return LH_OK;
}

enum lh_code lh_act_save(const struct lh_place *place, const lhpb_Body *body, const char *path,
                         struct lh_err *err)
{
    struct lh_act act = LH_ACT_EMPTY;
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc;

    act.suite = lh_genesis_suite(place->genesis);
    act.network_id = *lh_genesis_network_id(place->genesis);
    rc = lh_body_encode(&act.body, body, err);
    if (rc == LH_OK) {
        rc = lh_act_encode(&bytes, &act, err);
    }
    if (rc == LH_OK) {
        rc = lh_file_write_new(path, lh_buf_bytes(&bytes), 0644, err);
    }
    lh_buf_clear(&bytes);
    lh_act_clear(&act);
    return rc;
}

enum lh_code lh_act_load(struct lh_act *out, const char *path, struct lh_err *err)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc;

    rc = lh_file_read(&bytes, path, LH_ACT_FILE_MAX, err);
    if (rc == LH_OK) {
        rc = lh_act_decode(out, lh_buf_bytes(&bytes), err);
        if (rc != LH_OK) {
            (void)lh_err_wrap(err, rc, "%s is no officer act", path);
        }
    }
    lh_buf_clear(&bytes);
    return rc;
}

/* ---- who may sign ---- */

static enum lh_code add_epoch(struct lh_act_office *office, const char *path, struct lh_err *err)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc = lh_file_read(&bytes, path, LH_PROPOSAL_MAX, err);

    if (rc == LH_OK) {
        rc = lh_epochs_add(office->epochs, lh_buf_bytes(&bytes), err);
        rc = rc == LH_OK ? rc : lh_err_wrap(err, rc, "%s", path);
    }
    lh_buf_clear(&bytes);
    return rc;
}

static enum lh_code find_epoch(struct lh_act_office *office, const struct lh_cli *cli,
                               struct lh_err *err)
{
    enum lh_code rc = lh_epochs_new(&office->epochs, office->place.genesis, err);
    const char *path;
    size_t at = 0;

    while (rc == LH_OK && (path = lh_args_next(&cli->args, "epochs", &at)) != NULL) {
        rc = add_epoch(office, path, err);
    }
    return rc;
}

static enum lh_code find_department(struct lh_act_office *office, const struct lh_act *act,
                                    struct lh_err *err)
{
    lhpb_Body *body = malloc(sizeof *body);
    const struct lh_member *member;
    enum lh_code rc;

    if (body == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    rc = lh_body_decode(body, lh_buf_bytes(&act->body), err);
    if (rc == LH_OK) {
        member = lh_members_find(lh_epochs_newest(office->epochs), body->department);
        office->department = member != NULL ? &member->enrolment : NULL;
        if (office->department == NULL) {
            rc = lh_err_set(err, LH_ERR_FORGED, "\"%s\" is no member of the act's network",
                            body->department);
        }
    }
    free(body);
    return rc;
}

enum lh_code lh_act_office_open(struct lh_act_office *out, struct lh_cli *cli,
                                const struct lh_act *act, struct lh_err *why, struct lh_err *err)
{
    enum lh_code rc;

    *out = (struct lh_act_office){ .department = NULL };
    if (!lh_cli_has_node(cli)) {
        (void)lh_err_set(why, LH_ERR_NOT_FOUND, "no --data and no --node");
        return LH_OK;
    }
    if (lh_place_open(&out->place, cli, why) != LH_OK) {
        return LH_OK;
    }
    if (!lh_hash_is_equal(lh_genesis_network_id(out->place.genesis), &act->network_id)) {
        (void)lh_err_set(why, LH_ERR_NOT_FOUND, "what is named there is another network");
        return LH_OK;
    }
    rc = find_epoch(out, cli, err);
    return rc == LH_OK ? find_department(out, act, err) : rc;
}

void lh_act_office_close(struct lh_act_office *office)
{
    lh_epochs_free(office->epochs);
    office->epochs = NULL;
    lh_place_close(&office->place);
    office->department = NULL;
}

const struct lh_officer *lh_act_office_find(const struct lh_act_office *office,
                                            const struct lh_key_id *id)
{
    for (size_t i = 0; office->department != NULL && i < office->department->officer_count; i++) {
        const struct lh_officer *officer = &office->department->officers[i];
        struct lh_key_id own = lh_key_id_of(office->place.suite, &officer->key);

        if (lh_key_id_is_equal(&own, id)) {
            return officer;
        }
    }
    return NULL;
}

static enum lh_code verify_signature(const struct lh_officer *officer, const struct lh_sig *sig,
                                     struct lh_bytes message, struct lh_err *err)
{
    struct lh_verifier *verifier = NULL;
    enum lh_code rc;

    rc = lh_verifier_new(&verifier, &officer->key, err);
    if (rc == LH_OK) {
        rc = lh_verify(verifier, sig, message, err);
    }
    lh_verifier_free(verifier);
    return rc;
}

enum lh_code lh_act_office_verify(const struct lh_act_office *office, const struct lh_act *act,
                                  struct lh_err *err)
{
    struct lh_hash hash = lh_body_hash(office->place.suite, lh_buf_bytes(&act->body));
    uint8_t message[LH_ENTRY_MESSAGE_SIZE];
    char hex[2 * LH_KEY_ID_SIZE + 1];
    enum lh_code rc = LH_OK;

    lh_entry_message(message, &act->network_id, &hash);
    for (size_t i = 0; rc == LH_OK && i < act->signature_count; i++) {
        const struct lh_act_signature *signature = &act->signatures[i];
        const struct lh_officer *officer = lh_act_office_find(office, &signature->key_id);

        lh_hex_format(hex, lh_bytes_of(signature->key_id.bytes, LH_KEY_ID_SIZE));
        if (officer == NULL) {
            return lh_err_set(err, LH_ERR_FORGED, "it is signed with key %s of no officer of %s",
                              hex, office->department->department);
        }
        rc = verify_signature(officer, &signature->sig, lh_bytes_of(message, sizeof message), err);
        if (rc != LH_OK) {
            (void)lh_err_wrap(err, rc, "the signature of key %s", hex);
        }
    }
    return rc;
}

/* ---- an act in words ---- */

static void add_signers(struct lh_buf *out, const struct lh_cli *cli,
                        const struct lh_act_office *office, const struct lh_act *act)
{
    char hex[2 * LH_KEY_ID_SIZE + 1];
    struct lh_buf text = LH_BUF_EMPTY;

    for (size_t i = 0; i < act->signature_count; i++) {
        const struct lh_key_id *id = &act->signatures[i].key_id;
        const struct lh_officer *officer = lh_act_office_find(office, id);

        lh_buf_reset(&text);
        lh_hex_format(hex, lh_bytes_of(id->bytes, LH_KEY_ID_SIZE));
        if (officer != NULL) {
            lh_msg_add(&text, cli->lang, LH_MSG_ACT_SIGNED_BY, hex, officer->label, NULL);
        } else {
            lh_msg_add(&text, cli->lang, LH_MSG_ACT_SIGNED_UNCHECKED, hex, NULL);
        }
        lh_readable_add_line(out, cli->lang, "signed_by", lh_buf_text(&text));
    }
    lh_buf_clear(&text);
}

enum lh_code lh_act_describe(struct lh_buf *out, const struct lh_cli *cli,
                             const struct lh_act_office *office, const struct lh_act *act,
                             struct lh_err *err)
{
    lhpb_Body *body = malloc(sizeof *body);
    char hex[2 * LH_HASH_SIZE + 1];
    enum lh_code rc;

    if (body == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    rc = lh_body_decode(body, lh_buf_bytes(&act->body), err);
    if (rc == LH_OK) {
        lh_hex_format(hex, lh_hash_bytes(&act->network_id));
        lh_readable_add_line(out, cli->lang, "network_id", hex);
        rc = lh_readable_add_body(out, cli->lang, body, err);
        add_signers(out, cli, office, act);
    }
    free(body);
    return rc;
}

void lh_act_tell(const struct lh_cli *cli, const char *path)
{
    lh_cli_note(cli, LH_MSG_ACT_WRITTEN, path, NULL);
}
