#include "cli/pin.h"

#include "cli/api.h"
#include "cli/files.h"
#include "cli/place.h"
#include "cli/state.h"
#include "crypto/text.h"
#include "ledger/generation.h"
#include "ledger/tree.h"

#include <stdlib.h>
#include <string.h>

enum { HEX_HASH_SIZE = 2 * LH_HASH_SIZE + 1, PIN_NAME_SIZE = HEX_HASH_SIZE + 8 };

void lh_pin_clear(struct lh_pin *pin)
{
    lh_buf_clear(&pin->path);
    lh_trust_clear(&pin->trust);
}

const struct lh_note_key *lh_pin_find(const struct lh_pin *pin, const char *origin)
{
    for (size_t i = 0; i < pin->trust.log_count; i++) {
        if (strcmp(pin->trust.logs[i].name, origin) == 0) {
            return &pin->trust.logs[i];
        }
    }
    return NULL;
}

/* ---- which file decides ---- */

/* Rule 1, without the pin. LH_ERR_NOT_FOUND: nobody named a file. */
static enum lh_code find_named(struct lh_buf *out, const struct lh_cli *cli, struct lh_err *err)
{
    const char *named = lh_cli_value(cli, "trust");
    const char *data = lh_cli_data(cli);

    if (named == NULL) {
        named = getenv("LIUHEN_TRUST");
    }
    if (named != NULL && named[0] != '\0') {
        lh_buf_add_text(out, named);
        return lh_buf_check(out, err);
    }
    if (data != NULL) {
        lh_buf_add_format(out, "%s/trust.policy", data);
        if (lh_file_exists(lh_buf_text(out))) {
            return lh_buf_check(out, err);
        }
        lh_buf_reset(out);
    }
    return lh_err_set(err, LH_ERR_NOT_FOUND, "no trust policy is named");
}

static void pin_name(char out[PIN_NAME_SIZE], const struct lh_hash *network_id)
{
    lh_hex_format(out, lh_hash_bytes(network_id));
    memcpy(out + 2 * LH_HASH_SIZE, ".policy", sizeof ".policy");
}

static void genesis_name(char out[PIN_NAME_SIZE], const struct lh_hash *network_id)
{
    lh_hex_format(out, lh_hash_bytes(network_id));
    memcpy(out + 2 * LH_HASH_SIZE, ".lhg", sizeof ".lhg");
}

enum lh_code lh_pin_find_file(struct lh_buf *out, const struct lh_cli *cli,
                              const struct lh_hash *network_id, struct lh_err *err)
{
    char name[PIN_NAME_SIZE];
    enum lh_code rc;

    rc = find_named(out, cli, err);
    if (rc != LH_ERR_NOT_FOUND || network_id == NULL) {
        return rc;
    }
    pin_name(name, network_id);
    rc = lh_state_path(out, name, err);
    if (rc == LH_OK && !lh_file_exists(lh_buf_text(out))) {
        lh_buf_reset(out);
        rc = lh_err_set(err, LH_ERR_NOT_FOUND, "nothing is pinned for that network");
    }
    return rc;
}

static bool is_genesis_of(const char *path, const struct lh_hash *network_id)
{
    struct lh_genesis *genesis = NULL;
    struct lh_buf bytes = LH_BUF_EMPTY;
    bool result = lh_file_read(&bytes, path, LH_GENESIS_MAX, NULL) == LH_OK &&
                  lh_genesis_new(&genesis, lh_buf_bytes(&bytes), NULL) == LH_OK &&
                  lh_hash_is_equal(lh_genesis_network_id(genesis), network_id);

    lh_genesis_free(genesis);
    lh_buf_clear(&bytes);
    return result;
}

enum lh_code lh_pin_find_genesis(struct lh_buf *out, const struct lh_cli *cli,
                                 const struct lh_hash *network_id, struct lh_err *err)
{
    const char *data = lh_cli_data(cli);
    const char *variable = getenv("LIUHEN_TRUST");
    char name[PIN_NAME_SIZE];
    enum lh_code rc;

    if (lh_cli_value(cli, "trust") != NULL || (variable != NULL && variable[0] != '\0')) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "somebody named what is trusted");
    }
    if (data != NULL) {
        lh_buf_add_format(out, "%s/genesis.lhg", data);
        if (is_genesis_of(lh_buf_text(out), network_id)) {
            return lh_buf_check(out, err);
        }
        lh_buf_reset(out);
    }
    genesis_name(name, network_id);
    rc = lh_state_path(out, name, err);
    if (rc == LH_OK && !is_genesis_of(lh_buf_text(out), network_id)) {
        lh_buf_reset(out);
        rc = lh_err_set(err, LH_ERR_NOT_FOUND, "no genesis file of that network is here");
    }
    return rc;
}

/* ---- finding the seal key ---- */

/* Rule 2: find the seal key of `origin` and add it to the trust. */
static enum lh_code learn_seal(struct lh_pin *pin, struct lh_cli *cli, const struct lh_place *place,
                               const char *origin_text, struct lh_err *err)
{
    struct lh_buf target = LH_BUF_EMPTY;
    struct lh_buf leaf = LH_BUF_EMPTY;
    struct lh_note_key key;
    struct lh_origin origin;
    json_t *entry = NULL;
    enum lh_code rc;

    rc = lh_origin_parse(&origin, lh_bytes_of_text(origin_text), err);
    if (rc == LH_OK) {
        lh_buf_add_format(&target, "/v1/entries/%s/%u/0", origin.department, origin.generation);
        rc = lh_api_get_json(cli, &entry, lh_buf_text(&target), err);
    }
    if (rc == LH_OK) {
        rc = lh_api_bytes(entry, "leaf", &leaf, err);
    }
    if (rc == LH_OK) {
        rc = lh_generation_seal(&key, place->suite, place->genesis, origin_text,
                                lh_buf_bytes(&leaf), err);
        if (rc != LH_OK) {
            (void)lh_err_wrap(err, rc, "the first entry of %s", origin_text);
        }
    }
    if (rc == LH_OK) {
        rc = lh_trust_add_log(&pin->trust, &key, err);
    }
    json_decref(entry);
    lh_buf_clear(&leaf);
    lh_buf_clear(&target);
    return rc;
}

static enum lh_code write_genesis(const struct lh_genesis *genesis, struct lh_err *err)
{
    char name[PIN_NAME_SIZE];

    genesis_name(name, lh_genesis_network_id(genesis));
    return lh_state_write(name, lh_genesis_bytes(genesis), err);
}

/* All seals known of the network, as a policy. */
static enum lh_code write_pin(const struct lh_pin *pin, const char *name, struct lh_err *err)
{
    struct lh_buf text = LH_BUF_EMPTY;
    enum lh_code rc;

    lh_buf_add_text(&text, "# pinned by liuhen at first use\n");
    for (size_t i = 0; i < pin->trust.log_count; i++) {
        lh_buf_add_text(&text, "log ");
        lh_note_key_format(&text, &pin->trust.logs[i]);
        lh_buf_add_text(&text, "\n");
    }
    lh_buf_add_text(&text, "quorum none\n");
    rc = lh_buf_check(&text, err);
    if (rc == LH_OK) {
        rc = lh_state_write(name, lh_buf_bytes(&text), err);
    }
    lh_buf_clear(&text);
    return rc;
}

/* What we remember is damaged: that says nothing about the node, and only the user can decide. */
static enum lh_code damaged(const char *name, struct lh_err *err)
{
    struct lh_buf path = LH_BUF_EMPTY;

    if (lh_state_path(&path, name, NULL) != LH_OK) {
        lh_buf_add_text(&path, name);
    }
    (void)lh_err_wrap(err, LH_ERR_INVALID,
                      "%s, where what was seen of the ledger is remembered, is damaged; find out "
                      "how, then move it away, and the next use starts anew",
                      lh_buf_text(&path));
    lh_buf_clear(&path);
    return LH_ERR_INVALID;
}

/* The pin of the node's network: read, or made. */
static enum lh_code open_pin(struct lh_pin *out, struct lh_cli *cli, const struct lh_place *place,
                             const char *origin, struct lh_err *err)
{
    const struct lh_hash *network_id = lh_genesis_network_id(place->genesis);
    struct lh_client *client;
    char name[PIN_NAME_SIZE];
    char hex[HEX_HASH_SIZE];
    enum lh_code rc;

    lh_hex_format(hex, lh_hash_bytes(network_id));
    pin_name(name, network_id);
    rc = lh_cli_client(cli, &client, err);
    if (rc == LH_OK) {
        rc = lh_state_check_node(lh_client_node(client), hex, err);
    }
    if (rc == LH_OK) {
        rc = lh_state_path(&out->path, name, err);
    }
    if (rc == LH_OK && lh_file_exists(lh_buf_text(&out->path))) {
        rc = lh_trust_add_file(&out->trust, lh_buf_text(&out->path), err);
        rc = rc == LH_ERR_INVALID || rc == LH_ERR_CONFLICT ? damaged(name, err) : rc;
    }
    if (rc == LH_OK) {
        rc = lh_trust_add_network(&out->trust, hex, err);
    }
    out->source = LH_PIN_PINNED;
    if (rc == LH_OK && lh_pin_find(out, origin) == NULL) {
        out->source = LH_PIN_FIRST_USE;
        rc = learn_seal(out, cli, place, origin, err);
        if (rc == LH_OK) {
            rc = write_pin(out, name, err);
        }
        if (rc == LH_OK) {
            rc = write_genesis(place->genesis, err);
        }
    }
    return rc;
}

/* A policy of --data, which names the seals of its own department: those of others are found under
 * the genesis file beside it. LH_ERR_UNKNOWN: it is no such policy, or no such ledger. */
static enum lh_code learn_other(struct lh_pin *out, struct lh_cli *cli, const char *origin,
                                struct lh_err *err)
{
    struct lh_buf path = LH_BUF_EMPTY;
    struct lh_origin parsed;
    struct lh_place place;
    enum lh_code rc = lh_place_open(&place, cli, err);

    if (rc == LH_OK) {
        rc = lh_origin_parse(&parsed, lh_bytes_of_text(origin), err);
    }
    if (rc == LH_OK &&
        (strcmp(parsed.department, place.department) == 0 ||
         lh_pin_find_genesis(&path, cli, lh_genesis_network_id(place.genesis), NULL) != LH_OK)) {
        rc = lh_err_set(err, LH_ERR_UNKNOWN, "%s names no seal of %s", lh_buf_text(&out->path),
                        origin);
    }
    if (rc == LH_OK) {
        rc = learn_seal(out, cli, &place, origin, err);
    }
    lh_place_close(&place);
    lh_buf_clear(&path);
    return rc;
}

/* A named file: it lists the seal, or it names the network whose genesis file leads to it. */
static enum lh_code open_named(struct lh_pin *out, struct lh_cli *cli, const char *origin,
                               struct lh_err *err)
{
    struct lh_place place;
    enum lh_code rc;

    rc = lh_trust_add_file(&out->trust, lh_buf_text(&out->path), err);
    if (rc != LH_OK) {
        (void)lh_err_wrap(err, rc, "%s", lh_buf_text(&out->path));
        return rc == LH_ERR_NOT_FOUND ? LH_ERR_IO : rc;
    }
    if (lh_trust_has_quorum(&out->trust)) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "%s asks for a quorum of witnesses, which liuhen-verify judges alone",
                          lh_buf_text(&out->path));
    }
    if (lh_pin_find(out, origin) != NULL) {
        return LH_OK;
    }
    if (!out->trust.has_network) {
        return learn_other(out, cli, origin, err);
    }
    rc = lh_place_open(&place, cli, err);
    if (rc == LH_OK &&
        !lh_hash_is_equal(lh_genesis_network_id(place.genesis), &out->trust.network_id)) {
        rc = lh_err_set(err, LH_ERR_FORGED, "the node is of another network than %s",
                        lh_buf_text(&out->path));
    }
    if (rc == LH_OK) {
        rc = learn_seal(out, cli, &place, origin, err);
    }
    lh_place_close(&place);
    return rc;
}

enum lh_code lh_pin_open(struct lh_pin *out, struct lh_cli *cli, const char *origin,
                         struct lh_err *err)
{
    struct lh_place place;
    enum lh_code rc;

    *out = (struct lh_pin){ .source = LH_PIN_POLICY, .path = LH_BUF_EMPTY };
    lh_trust_init(&out->trust);
    rc = find_named(&out->path, cli, err);
    if (rc == LH_OK) {
        return open_named(out, cli, origin, err);
    }
    if (rc != LH_ERR_NOT_FOUND) {
        return rc;
    }
    rc = lh_place_open(&place, cli, err);
    if (rc == LH_OK) {
        rc = open_pin(out, cli, &place, origin, err);
    }
    lh_place_close(&place);
    return rc;
}

void lh_pin_tell(const struct lh_pin *pin, const struct lh_cli *cli)
{
    char hex[HEX_HASH_SIZE] = "";

    if (pin->trust.has_network) {
        lh_hex_format(hex, lh_hash_bytes(&pin->trust.network_id));
    }
    switch (pin->source) {
    case LH_PIN_POLICY:
        break; /* somebody named it: they know */
    case LH_PIN_PINNED:
        lh_cli_note(cli, LH_MSG_TRUST_PINNED, hex, NULL);
        break;
    case LH_PIN_FIRST_USE:
        lh_cli_note(cli, LH_MSG_TRUST_FIRST_USE, hex, lh_buf_text(&pin->path), NULL);
        break;
    }
}

/* ---- the newest checkpoint seen ---- */

/* "jinhua-gaj-1-1a2b3c4d.checkpoint": the ledger and its key. */
static void head_name(struct lh_buf *out, const struct lh_note_key *seal)
{
    for (const char *at = seal->name; *at != '\0'; at++) {
        lh_buf_add_u8(out, *at == '/' ? (uint8_t)'-' : (uint8_t)*at);
    }
    lh_buf_add_u8(out, '-');
    lh_hex_add(out, lh_bytes_of(seal->key_hash, sizeof seal->key_hash));
    lh_buf_add_text(out, ".checkpoint");
}

/* "jinhua/gaj/2" -> "2". */
static const char *last_part(const char *origin)
{
    const char *slash = strrchr(origin, '/');

    return slash != NULL ? slash + 1 : origin;
}

static enum lh_code two_histories(const struct lh_checkpoint *head, struct lh_err *err)
{
    return lh_err_set(err, LH_ERR_CONFLICT,
                      "two different histories of %s, both of size %llu, are sealed with the same "
                      "key",
                      head->origin, (unsigned long long)head->size);
}

enum lh_code lh_pin_check_growth(struct lh_cli *cli, struct lh_suite *suite,
                                 const struct lh_checkpoint *from, const struct lh_checkpoint *to,
                                 struct lh_err *err)
{
    struct lh_buf target = LH_BUF_EMPTY;
    struct lh_proof proof = { .count = 0 };
    json_t *answer = NULL;
    enum lh_code rc;

    if (from->size == to->size) {
        return lh_hash_is_equal(&from->root, &to->root) ? LH_OK : two_histories(to, err);
    }
    lh_buf_add_format(&target, "/v1/consistency?from=%llu&to=%llu&generation=%s",
                      (unsigned long long)from->size, (unsigned long long)to->size,
                      last_part(to->origin));
    rc = lh_api_get_json(cli, &answer, lh_buf_text(&target), err);
    if (rc == LH_OK) {
        rc = lh_api_proof(answer, "proof", &proof, err);
    }
    if (rc == LH_OK) {
        rc = lh_tree_verify_consistency(suite, from->size, &from->root, to->size, &to->root, &proof,
                                        err);
    }
    if (rc == LH_ERR_FORGED) {
        (void)lh_err_wrap(err, rc, "the checkpoint of size %llu does not extend the one of %llu",
                          (unsigned long long)to->size, (unsigned long long)from->size);
    }
    json_decref(answer);
    lh_buf_clear(&target);
    return rc;
}

/* The remembered checkpoint; a damaged file is no evidence of anything but itself. */
static enum lh_code read_head(struct lh_checkpoint *out, const char *name,
                              const struct lh_note_key *seal, struct lh_err *err)
{
    struct lh_buf note = LH_BUF_EMPTY;
    enum lh_code rc;

    rc = lh_state_read(&note, name, err);
    if (rc == LH_OK) {
        rc = lh_checkpoint_verify(out, lh_buf_bytes(&note), seal, err);
        rc = rc != LH_OK ? damaged(name, err) : rc;
    }
    lh_buf_clear(&note);
    return rc;
}

/* An older head than one seen: fine while the node can show the one seen as its later history (this
 * answer was under way when another program saw a newer one). A node that was rolled back cannot.
 */
static enum lh_code check_older(struct lh_cli *cli, struct lh_suite *suite,
                                const struct lh_checkpoint *checkpoint,
                                const struct lh_checkpoint *seen, struct lh_err *err)
{
    enum lh_code rc = lh_pin_check_growth(cli, suite, checkpoint, seen, err);

    if (rc == LH_ERR_NOT_FOUND || rc == LH_ERR_LIMIT) {
        rc = lh_err_set(err, LH_ERR_FORGED,
                        "the node shows size %llu and cannot reach size %llu, which it has sealed "
                        "before: its history was cut off",
                        (unsigned long long)checkpoint->size, (unsigned long long)seen->size);
    }
    return rc;
}

/* A newer head that does not extend the one seen: a bad answer, or another history. What the node
 * sealed at the size that was seen tells, where it sealed one there. */
static enum lh_code check_newer(struct lh_cli *cli, struct lh_suite *suite,
                                const struct lh_note_key *seal,
                                const struct lh_checkpoint *checkpoint,
                                const struct lh_checkpoint *seen, struct lh_err *err)
{
    enum lh_code rc = lh_pin_check_growth(cli, suite, seen, checkpoint, err);
    struct lh_checkpoint other = { .size = 0 };
    struct lh_buf target = LH_BUF_EMPTY;
    struct lh_client_reply reply = LH_CLIENT_REPLY_EMPTY;

    if (rc != LH_ERR_FORGED) {
        return rc;
    }
    lh_buf_add_format(&target, "/v1/checkpoint?size=%llu&generation=%s",
                      (unsigned long long)seen->size, last_part(seen->origin));
    if (lh_buf_check(&target, NULL) == LH_OK &&
        lh_api_get(cli, &reply, lh_buf_text(&target), NULL) == LH_OK &&
        lh_checkpoint_verify(&other, lh_buf_bytes(&reply.body), seal, NULL) == LH_OK &&
        other.size == seen->size && !lh_hash_is_equal(&other.root, &seen->root)) {
        rc = two_histories(&other, err);
    }
    lh_client_reply_clear(&reply);
    lh_buf_clear(&target);
    return rc;
}

enum lh_code lh_pin_remember(struct lh_cli *cli, struct lh_suite *suite,
                             const struct lh_note_key *seal, struct lh_bytes note,
                             const struct lh_checkpoint *checkpoint, uint64_t *out_seen,
                             struct lh_err *err)
{
    struct lh_checkpoint seen = { .size = 0 };
    struct lh_buf name = LH_BUF_EMPTY;
    struct lh_err unwritten = LH_ERR_NONE;
    enum lh_code rc;

    head_name(&name, seal);
    rc = lh_buf_check(&name, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = read_head(&seen, lh_buf_text(&name), seal, err);
    if (rc == LH_OK && checkpoint->size < seen.size) {
        rc = check_older(cli, suite, checkpoint, &seen, err);
    } else if (rc == LH_OK) {
        rc = check_newer(cli, suite, seal, checkpoint, &seen, err);
    } else if (rc == LH_ERR_NOT_FOUND) {
        rc = LH_OK;
    }
    if (rc == LH_OK) {
        *out_seen = seen.size;
        if (checkpoint->size > seen.size &&
            lh_state_write(lh_buf_text(&name), note, &unwritten) != LH_OK) {
            lh_cli_note(cli, LH_MSG_STATE_UNWRITTEN, unwritten.text, NULL);
        }
    }
out:
    lh_buf_clear(&name);
    return rc;
}
