/*
 * Founds a department's node: directories, keys, enrolment, genesis, store, guard, settings, trust
 * policy and the first officer act.
 *
 *  1. Nothing is ever overwritten. What is there is kept; a second run with the same words changes
 *     nothing; one for another department, network or set of officers is refused.
 *  2. What the words are wrong in is found before anything is made.
 *  3. Whoever is ended in between says the same words again: every file is there whole or not at
 *     all, and what is there is kept.
 *  4. The guard is made before the store, so a store without a guard is never the trace of an
 *     interrupted run, and is refused.
 */
#include "cli/cmds.h"

#include "cli/acts.h"
#include "cli/files.h"
#include "crypto/note.h"
#include "crypto/text.h"
#include "ledger/guard.h"
#include "ledger/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct lh_option lh_init_options[] = {
    { "network", 0, "CODE", { "the network, for example jinhua", "网络代码, 例如 jinhua" } },
    { "dept", 0, "CODE", { "the department, for example gaj", "部门代码, 例如 gaj" } },
    { "name", 0, "TEXT", { "its name for people", "部门名称" } },
    { "group",
      0,
      "CODE",
      { "ministry or chain of command (the department)", "条线 (默认同部门代码)" } },
    { "guard",
      0,
      "DIR",
      { "where the guard lives; best on another disk", "防回滚标记目录, 最好在另一块盘上" } },
    { "officer",
      0,
      "[LABEL=]FILE.pub",
      { "public key of an officer; two at least", "负责人公钥, 至少两个" } },
    { "suite",
      0,
      "W|G",
      { "W (default) or G, the Chinese algorithms", "密码套件: W (默认) 或 G (国密)" } },
    { "socket",
      0,
      "PATH",
      { "Unix socket of the node (DIR/liuhend.sock)", "节点套接字 (默认 DIR/liuhend.sock)" } },
    { .name = NULL },
};

struct founding {
    struct lh_cli *cli;
    enum lh_suite_id suite;
    struct lh_buf data;  /* absolute */
    struct lh_buf guard; /* absolute, the file */
    struct lh_buf socket;
    struct lh_enrolment enrolment;
    struct lh_pubkey seal;
    struct lh_genesis *genesis;
    struct lh_err *err;
    size_t created;
};

static enum lh_code say_made(struct founding *founding, const char *path)
{
    founding->created++;
    lh_cli_print(founding->cli, LH_MSG_INIT_CREATED, path, NULL);
    return LH_OK;
}

static enum lh_alg alg_of(const struct founding *founding, enum lh_alg alg)
{
    return founding->suite == LH_SUITE_G ? LH_ALG_SM2 : alg;
}

/* ---- the words ---- */

static enum lh_code absolute(struct lh_buf *out, const char *path, struct lh_err *err)
{
    char *real = realpath(path, NULL);

    if (real == NULL) {
        return lh_err_set(err, LH_ERR_IO, "%s: %s", path, strerror(errno));
    }
    lh_buf_reset(out);
    lh_buf_add_text(out, real);
    free(real);
    return lh_buf_check(out, err);
}

/* "x/zhang.pub" is labelled "zhang", "head=x/zhang.pub" is labelled "head". */
static enum lh_code take_officer(struct founding *founding, const char *text)
{
    struct lh_enrolment *enrolment = &founding->enrolment;
    const char *equals = strchr(text, '=');
    const char *path = equals != NULL ? equals + 1 : text;
    const char *slash = strrchr(path, '/');
    const char *label = equals != NULL ? text : slash != NULL ? slash + 1 : path;
    size_t label_len = equals != NULL ? (size_t)(equals - text) : strcspn(label, ".");
    struct lh_officer *officer;
    struct lh_buf content = LH_BUF_EMPTY;
    struct lh_bytes line;
    enum lh_code rc;

    if (enrolment->officer_count == LH_OFFICERS_MAX) {
        return lh_err_set(founding->err, LH_ERR_LIMIT, "at most %d officers", LH_OFFICERS_MAX);
    }
    officer = &enrolment->officers[enrolment->officer_count];
    if (label_len == 0 || label_len >= sizeof officer->label) {
        return lh_err_set(founding->err, LH_ERR_INVALID, "%s: a label has 1 to 48 bytes", text);
    }
    rc = lh_file_read(&content, path, LH_FILE_SMALL_MAX, founding->err);
    if (rc == LH_OK) {
        line = lh_buf_bytes(&content);
        while (line.len > 0 && strchr("\r\n", line.data[line.len - 1]) != NULL) {
            line.len--;
        }
        rc = lh_pubkey_parse(&officer->key, line, founding->err);
        if (rc != LH_OK) {
            (void)lh_err_wrap(founding->err, rc, "%s", path);
        }
    }
    if (rc == LH_OK) {
        memcpy(officer->label, label, label_len);
        officer->label[label_len] = '\0';
        enrolment->officer_count++;
    }
    lh_buf_clear(&content);
    return rc;
}

static enum lh_code take_words(struct founding *founding)
{
    struct lh_cli *cli = founding->cli;
    struct lh_enrolment *enrolment = &founding->enrolment;
    const char *group = lh_cli_value(cli, "group");
    const char *suite = lh_cli_value(cli, "suite");
    const char *officer;
    size_t at = 0;
    enum lh_code rc;

    group = group != NULL ? group : lh_cli_value(cli, "dept");
    founding->suite = LH_SUITE_W;
    if (suite != NULL && strcmp(suite, "G") == 0) {
        founding->suite = LH_SUITE_G;
    } else if (suite != NULL && strcmp(suite, "W") != 0) {
        return lh_err_set(founding->err, LH_ERR_INVALID, "--suite: W or G");
    }
    rc = lh_act_set_text(enrolment->department, sizeof enrolment->department, "--dept",
                         lh_cli_value(cli, "dept"), founding->err);
    if (rc == LH_OK) {
        rc = lh_act_set_text(enrolment->name, sizeof enrolment->name, "--name",
                             lh_cli_value(cli, "name"), founding->err);
    }
    if (rc == LH_OK) {
        rc = lh_act_set_text(enrolment->group, sizeof enrolment->group, "--group", group,
                             founding->err);
    }
    while (rc == LH_OK && (officer = lh_args_next(&cli->args, "officer", &at)) != NULL) {
        rc = take_officer(founding, officer);
    }
    if (rc == LH_OK && enrolment->officer_count < LH_OFFICERS_MIN) {
        rc = lh_err_set(founding->err, LH_ERR_INVALID, "--officer is needed twice at least");
    }
    return rc;
}

/* Rule 2: the files as they would be, with keys that are forgotten again. */
static enum lh_code rehearse(const struct founding *founding)
{
    struct lh_enrolment enrolment = founding->enrolment;
    const struct {
        enum lh_alg alg;
        struct lh_pubkey *out;
    } keys[] = {
        { LH_ALG_P256, &enrolment.recorder },
        { LH_ALG_ED25519, &enrolment.witness },
        { LH_ALG_ED25519, &enrolment.mirror },
        { LH_ALG_ED25519, &enrolment.governance },
    };
    struct lh_buf presented = LH_BUF_EMPTY;
    struct lh_buf genesis = LH_BUF_EMPTY;
    struct lh_clock clock = founding->cli->clock;
    enum lh_code rc = LH_OK;

    for (size_t i = 0; rc == LH_OK && i < sizeof keys / sizeof keys[0]; i++) {
        struct lh_signer *signer = NULL;

        rc = lh_signer_generate(&signer, alg_of(founding, keys[i].alg), founding->err);
        if (rc == LH_OK) {
            *keys[i].out = *lh_signer_pubkey(signer);
        }
        lh_signer_free(signer);
    }
    if (rc == LH_OK) {
        rc = lh_enrolment_encode(&presented, &enrolment, founding->suite, founding->err);
    }
    if (rc == LH_OK) {
        struct lh_bytes bytes = lh_buf_bytes(&presented);

        rc = lh_genesis_encode(&genesis, lh_cli_value(founding->cli, "network"), founding->suite,
                               clock.wall_unix_ms(clock.arg), &bytes, 1, founding->err);
    }
    lh_buf_clear(&genesis);
    lh_buf_clear(&presented);
    return rc;
}

/* ---- directories and keys ---- */

static enum lh_code make_dir(struct founding *founding, const char *path)
{
    bool is_there = lh_file_exists(path);
    enum lh_code rc = lh_dir_make(path, 0700, founding->err);

    return rc == LH_OK && !is_there ? say_made(founding, path) : rc;
}

static enum lh_code make_places(struct founding *founding)
{
    const char *data = lh_cli_data(founding->cli);
    const char *socket = lh_cli_value(founding->cli, "socket");
    struct lh_buf keys = LH_BUF_EMPTY;
    enum lh_code rc;

    rc = make_dir(founding, data);
    if (rc == LH_OK) {
        rc = absolute(&founding->data, data, founding->err);
    }
    if (rc == LH_OK) {
        lh_buf_add_format(&keys, "%s/keys", lh_buf_text(&founding->data));
        rc = make_dir(founding, lh_buf_text(&keys));
    }
    if (rc == LH_OK && socket == NULL) {
        lh_buf_add_format(&founding->socket, "%s/liuhend.sock", lh_buf_text(&founding->data));
    } else if (rc == LH_OK) {
        lh_buf_add_text(&founding->socket, socket);
    }
    if (rc == LH_OK) {
        rc = lh_buf_check(&founding->socket, founding->err);
    }
    lh_buf_clear(&keys);
    return rc;
}

/* The guard lives in a directory of its own. */
static enum lh_code make_guard_place(struct founding *founding)
{
    const char *guard = lh_cli_value(founding->cli, "guard");
    enum lh_code rc;

    rc = make_dir(founding, guard);
    if (rc == LH_OK) {
        rc = absolute(&founding->guard, guard, founding->err);
    }
    if (rc == LH_OK) {
        lh_buf_add_format(&founding->guard, "/%s-%s.guard", lh_cli_value(founding->cli, "network"),
                          founding->enrolment.department);
        rc = lh_buf_check(&founding->guard, founding->err);
    }
    return rc;
}

static enum lh_code add_path(const struct founding *founding, struct lh_buf *out, const char *name)
{
    lh_buf_reset(out);
    lh_buf_add_format(out, "%s/%s", lh_buf_text(&founding->data), name);
    return lh_buf_check(out, founding->err);
}

static enum lh_code make_key(struct founding *founding, struct lh_pubkey *out, const char *name,
                             enum lh_alg alg)
{
    struct lh_buf path = LH_BUF_EMPTY;
    struct lh_signer *signer = NULL;
    enum lh_code rc;

    rc = add_path(founding, &path, name);
    if (rc == LH_OK && lh_file_exists(lh_buf_text(&path))) {
        rc = lh_signer_open(&signer, lh_buf_text(&path), founding->err);
    } else if (rc == LH_OK) {
        rc = lh_signer_generate(&signer, alg_of(founding, alg), founding->err);
        if (rc == LH_OK) {
            rc = lh_signer_save(signer, lh_buf_text(&path), founding->err);
        }
        if (rc == LH_OK) {
            rc = say_made(founding, lh_buf_text(&path));
        }
    }
    if (rc == LH_OK) {
        *out = *lh_signer_pubkey(signer);
    }
    lh_signer_free(signer);
    lh_buf_clear(&path);
    return rc;
}

static enum lh_code make_secret(struct founding *founding, const char *name)
{
    struct lh_buf path = LH_BUF_EMPTY;
    struct lh_secret secret = { .len = 32 };
    struct lh_random random = lh_random_system();
    enum lh_code rc;

    rc = add_path(founding, &path, name);
    if (rc == LH_OK && !lh_file_exists(lh_buf_text(&path))) {
        rc = lh_random_fill(&random, secret.bytes, secret.len, founding->err);
        if (rc == LH_OK) {
            rc = lh_secret_write(&secret, lh_buf_text(&path), founding->err);
        }
        if (rc == LH_OK) {
            rc = say_made(founding, lh_buf_text(&path));
        }
    }
    lh_secret_clear(&secret);
    lh_buf_clear(&path);
    return rc;
}

static enum lh_code make_keys(struct founding *founding)
{
    struct lh_enrolment *enrolment = &founding->enrolment;
    const struct {
        const char *name;
        enum lh_alg alg;
        struct lh_pubkey *out;
    } keys[] = {
        { "keys/seal-1.pem", LH_ALG_ED25519, &founding->seal },
        { "keys/recorder.pem", LH_ALG_P256, &enrolment->recorder },
        { "keys/witness.pem", LH_ALG_ED25519, &enrolment->witness },
        { "keys/mirror.pem", LH_ALG_ED25519, &enrolment->mirror },
        { "keys/governance.pem", LH_ALG_ED25519, &enrolment->governance },
    };
    enum lh_code rc = LH_OK;

    for (size_t i = 0; rc == LH_OK && i < sizeof keys / sizeof keys[0]; i++) {
        rc = make_key(founding, keys[i].out, keys[i].name, keys[i].alg);
    }
    if (rc == LH_OK) {
        rc = make_secret(founding, "keys/idempotency.key");
    }
    if (rc == LH_OK) {
        rc = make_secret(founding, "keys/index.key");
    }
    return rc;
}

/* ---- files ---- */

/* Make the file, or see that it is there. */
static enum lh_code make_file(struct founding *founding, const char *name, struct lh_bytes content)
{
    struct lh_buf path = LH_BUF_EMPTY;
    enum lh_code rc;

    rc = add_path(founding, &path, name);
    if (rc == LH_OK && !lh_file_exists(lh_buf_text(&path))) {
        rc = lh_file_write_new(lh_buf_text(&path), content, 0644, founding->err);
        if (rc == LH_OK) {
            rc = say_made(founding, lh_buf_text(&path));
        }
    }
    lh_buf_clear(&path);
    return rc;
}

/* The file there must say the same as what would be written. */
static enum lh_code check_same(const struct founding *founding, const char *name,
                               struct lh_bytes content)
{
    struct lh_buf path = LH_BUF_EMPTY;
    struct lh_buf there = LH_BUF_EMPTY;
    enum lh_code rc;

    rc = add_path(founding, &path, name);
    if (rc == LH_OK && lh_file_exists(lh_buf_text(&path))) {
        rc = lh_file_read(&there, lh_buf_text(&path), LH_FILE_SMALL_MAX, founding->err);
        if (rc == LH_OK && !lh_bytes_is_equal(lh_buf_bytes(&there), content)) {
            rc =
                lh_err_set(founding->err, LH_ERR_CONFLICT,
                           "%s was made with other words: nothing was changed", lh_buf_text(&path));
        }
    }
    lh_buf_clear(&there);
    lh_buf_clear(&path);
    return rc;
}

static enum lh_code make_enrolment(struct founding *founding, struct lh_buf *out)
{
    enum lh_code rc =
        lh_enrolment_encode(out, &founding->enrolment, founding->suite, founding->err);

    if (rc == LH_OK) {
        rc = check_same(founding, "enrolment.lhe", lh_buf_bytes(out));
    }
    return rc == LH_OK ? make_file(founding, "enrolment.lhe", lh_buf_bytes(out)) : rc;
}

/* The genesis there, or a new one; it must be of this network and hold this enrolment alone. */
static enum lh_code make_genesis(struct founding *founding, struct lh_bytes enrolment)
{
    const char *network = lh_cli_value(founding->cli, "network");
    struct lh_clock clock = founding->cli->clock;
    struct lh_buf path = LH_BUF_EMPTY;
    struct lh_buf bytes = LH_BUF_EMPTY;
    bool is_there;
    enum lh_code rc;

    rc = add_path(founding, &path, "genesis.lhg");
    if (rc != LH_OK) {
        goto out;
    }
    is_there = lh_file_exists(lh_buf_text(&path));
    rc = is_there ? lh_file_read(&bytes, lh_buf_text(&path), LH_GENESIS_MAX, founding->err)
                  : lh_genesis_encode(&bytes, network, founding->suite,
                                      clock.wall_unix_ms(clock.arg), &enrolment, 1, founding->err);
    if (rc == LH_OK) {
        rc = lh_genesis_new(&founding->genesis, lh_buf_bytes(&bytes), founding->err);
    }
    if (rc == LH_OK && (strcmp(lh_genesis_network(founding->genesis), network) != 0 ||
                        lh_genesis_suite(founding->genesis) != founding->suite)) {
        rc = lh_err_set(founding->err, LH_ERR_CONFLICT,
                        "%s is of network %s, suite %s: nothing was changed", lh_buf_text(&path),
                        lh_genesis_network(founding->genesis),
                        lh_suite_name(lh_genesis_suite(founding->genesis)));
    }
    if (rc == LH_OK) {
        rc = make_file(founding, "genesis.lhg", lh_buf_bytes(&bytes));
    }
out:
    lh_buf_clear(&bytes);
    lh_buf_clear(&path);
    return rc;
}

/* Rule 4. A store is there once it has its CURRENT; what lies there without was being made. */
static enum lh_code make_store(struct founding *founding)
{
    const char *guard = lh_buf_text(&founding->guard);
    struct lh_store *store = NULL;
    struct lh_buf path = LH_BUF_EMPTY;
    bool has_store;
    enum lh_code rc;

    rc = add_path(founding, &path, "store/CURRENT");
    if (rc != LH_OK) {
        goto out;
    }
    has_store = lh_file_exists(lh_buf_text(&path));
    rc = add_path(founding, &path, "store");
    if (rc != LH_OK) {
        goto out;
    }
    if (has_store && !lh_file_exists(guard)) {
        rc = lh_err_set(founding->err, LH_ERR_CONFLICT,
                        "%s is there and its guard %s is not: init makes no guard for a store that "
                        "has lived",
                        lh_buf_text(&path), guard);
        goto out;
    }
    if (!lh_file_exists(guard)) {
        rc = lh_guard_create(guard, founding->err);
        if (rc == LH_OK) {
            rc = say_made(founding, guard);
        }
    }
    if (rc == LH_OK && !has_store) {
        rc =
            lh_store_open_rocksdb(&store, lh_buf_text(&path), LH_STORE_CREATE, NULL, founding->err);
        lh_store_close(store);
        if (rc == LH_OK) {
            rc = say_made(founding, lh_buf_text(&path));
        }
    }
out:
    lh_buf_clear(&path);
    return rc;
}

static enum lh_code make_settings(struct founding *founding)
{
    struct lh_buf text = LH_BUF_EMPTY;
    enum lh_code rc;

    lh_buf_add_text(&text, "# Written by liuhen init. See liuhend.conf(5).\n");
    lh_buf_add_format(&text, "data = %s\n", lh_buf_text(&founding->data));
    lh_buf_add_format(&text, "department = %s\n", founding->enrolment.department);
    lh_buf_add_format(&text, "guard.path = %s\n", lh_buf_text(&founding->guard));
    lh_buf_add_format(&text, "api.socket = %s\n", lh_buf_text(&founding->socket));
    rc = lh_buf_check(&text, founding->err);
    if (rc == LH_OK) {
        rc = make_file(founding, "liuhend.conf", lh_buf_bytes(&text));
    }
    lh_buf_clear(&text);
    return rc;
}

static enum lh_code make_policy(struct founding *founding)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_note_key key;
    struct lh_origin origin = { .generation = 1 };
    char name[LH_ORIGIN_MAX + 1];
    enum lh_code rc;

    memcpy(origin.department, founding->enrolment.department, sizeof origin.department);
    rc = lh_act_set_text(origin.network, sizeof origin.network, "--network",
                         lh_genesis_network(founding->genesis), founding->err);
    if (rc == LH_OK) {
        lh_origin_format(name, &origin);
        rc = lh_note_key_init(&key, name, LH_NOTE_LOG, &founding->seal, founding->err);
    }
    if (rc == LH_OK) {
        lh_buf_add_format(&text, "# Seals of %s. Give this file to whoever checks receipts.\nlog ",
                          name);
        lh_note_key_format(&text, &key);
        lh_buf_add_text(&text, "\nquorum none\n");
        rc = lh_buf_check(&text, founding->err);
    }
    if (rc == LH_OK) {
        rc = make_file(founding, "trust.policy", lh_buf_bytes(&text));
    }
    lh_buf_clear(&text);
    return rc;
}

/* The first entry of the ledger, to be signed by two officers. */
static enum lh_code make_generation(struct founding *founding)
{
    struct lh_clock clock = founding->cli->clock;
    struct lh_place place = { .genesis = founding->genesis };
    struct lh_buf path = LH_BUF_EMPTY;
    lhpb_Body *body = malloc(sizeof *body);
    lhpb_Generation *generation;
    enum lh_code rc;

    if (body == NULL) {
        return lh_err_set(founding->err, LH_ERR_NOMEM, "out of memory");
    }
    memcpy(place.department, founding->enrolment.department, sizeof place.department);
    lh_act_draft(body, &place, lhpb_EntryType_GENERATION, clock.wall_unix_ms(clock.arg));
    (void)snprintf(body->id, sizeof body->id, "generation/%s/%s/1",
                   lh_genesis_network(founding->genesis), place.department);
    body->which_detail = lhpb_Body_generation_tag;
    generation = &body->detail.generation;
    generation->number = 1;
    generation->reason = 1;
    generation->has_seal_key = true;
    lh_pubkey_to_wire(&generation->seal_key, &founding->seal);
    rc = add_path(founding, &path, "generation-1.lh");
    if (rc == LH_OK && !lh_file_exists(lh_buf_text(&path))) {
        rc = lh_act_save(&place, body, lh_buf_text(&path), founding->err);
        if (rc == LH_OK) {
            rc = say_made(founding, lh_buf_text(&path));
        }
    }
    lh_buf_clear(&path);
    free(body);
    return rc;
}

/* ---- the whole ---- */

static enum lh_code found(struct founding *founding)
{
    struct lh_buf enrolment = LH_BUF_EMPTY;
    enum lh_code rc;

    rc = take_words(founding);
    if (rc == LH_OK) {
        rc = rehearse(founding);
    }
    if (rc == LH_OK) {
        rc = make_places(founding);
    }
    if (rc == LH_OK) {
        rc = make_keys(founding);
    }
    if (rc == LH_OK) {
        rc = make_enrolment(founding, &enrolment);
    }
    if (rc == LH_OK) {
        rc = make_genesis(founding, lh_buf_bytes(&enrolment));
    }
    if (rc == LH_OK) {
        rc = make_guard_place(founding);
    }
    if (rc == LH_OK) {
        rc = make_store(founding);
    }
    if (rc == LH_OK) {
        rc = make_settings(founding);
    }
    if (rc == LH_OK) {
        rc = make_policy(founding);
    }
    if (rc == LH_OK) {
        rc = make_generation(founding);
    }
    lh_buf_clear(&enrolment);
    return rc;
}

static void tell(const struct founding *founding)
{
    char hex[2 * LH_HASH_SIZE + 1];
    const char *data = lh_buf_text(&founding->data);

    lh_hex_format(hex, lh_hash_bytes(lh_genesis_network_id(founding->genesis)));
    lh_cli_print(founding->cli, LH_MSG_INIT_NETWORK, lh_genesis_network(founding->genesis), hex,
                 NULL);
    if (founding->created == 0) {
        lh_cli_print(founding->cli, LH_MSG_INIT_NOTHING, data, NULL);
        return;
    }
    lh_cli_note(founding->cli, LH_MSG_INIT_NEXT, data, NULL);
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
    static const char *const needed[] = { "network", "dept", "name", "guard" };
    struct lh_err err = LH_ERR_NONE;
    struct founding founding = { .cli = cli, .err = &err };
    enum lh_code rc;
    int code;

    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (lh_cli_value(cli, needed[i]) == NULL) {
            return lh_cli_usage(cli, LH_MSG_OPTION_MISSING_NAMED, needed[i], "");
        }
    }
    if (lh_cli_data(cli) == NULL) {
        return lh_cli_usage(cli, LH_MSG_OPTION_MISSING_NAMED, "data", "");
    }
    code = check_guard(cli);
    if (code != LH_EXIT_OK) {
        return code;
    }
    rc = found(&founding);
    if (rc == LH_OK) {
        tell(&founding);
    }
    lh_genesis_free(founding.genesis);
    lh_buf_clear(&founding.socket);
    lh_buf_clear(&founding.guard);
    lh_buf_clear(&founding.data);
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}
