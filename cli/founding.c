#include "cli/founding.h"

#include "cli/acts.h"
#include "cli/enrolling.h"
#include "cli/files.h"
#include "crypto/note.h"
#include "ledger/guard.h"
#include "ledger/keys.h"
#include "ledger/store.h"

#include <stdlib.h>
#include <string.h>

struct founding {
    const struct lh_founding *words;
    struct lh_home *home;
    struct lh_buf guard; /* absolute, the file */
    struct lh_pubkey seal;
    struct lh_err *err;
};

static enum lh_code make_own_keys(struct founding *founding)
{
    enum lh_alg alg = lh_enrolling_alg(lh_genesis_suite(founding->words->genesis), LH_ALG_ED25519);
    enum lh_code rc;

    rc = lh_home_key(founding->home, &founding->seal, "keys/seal-1.pem", alg, founding->err);
    if (rc == LH_OK) {
        rc = lh_home_secret(founding->home, "keys/idempotency.key", founding->err);
    }
    if (rc == LH_OK) {
        rc = lh_home_secret(founding->home, "keys/index.key", founding->err);
    }
    return rc;
}

/* The guard lives in a directory of its own. */
static enum lh_code make_guard_place(struct founding *founding)
{
    const char *guard = founding->words->guard_dir;
    enum lh_code rc = lh_home_dir(founding->home, &founding->guard, guard, founding->err);

    if (rc == LH_OK) {
        lh_buf_add_format(&founding->guard, "/%s-%s.guard",
                          lh_genesis_network(founding->words->genesis),
                          founding->words->department);
        rc = lh_buf_check(&founding->guard, founding->err);
    }
    return rc;
}

/* A store is there once it has its CURRENT; what lies there without was being made. */
static enum lh_code make_store(struct founding *founding)
{
    const char *guard = lh_buf_text(&founding->guard);
    struct lh_store *store = NULL;
    struct lh_buf path = LH_BUF_EMPTY;
    bool has_store;
    enum lh_code rc;

    rc = lh_home_path(founding->home, &path, "store/CURRENT", founding->err);
    if (rc != LH_OK) {
        goto out;
    }
    has_store = lh_file_exists(lh_buf_text(&path));
    rc = lh_home_path(founding->home, &path, "store", founding->err);
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
            lh_home_tell(founding->home, guard);
        }
    }
    if (rc == LH_OK && !has_store) {
        rc =
            lh_store_open_rocksdb(&store, lh_buf_text(&path), LH_STORE_CREATE, NULL, founding->err);
        lh_store_close(store);
        if (rc == LH_OK) {
            lh_home_tell(founding->home, lh_buf_text(&path));
        }
    }
out:
    lh_buf_clear(&path);
    return rc;
}

/* The first epoch that the store lacks, as far as what is there is what was given. */
static enum lh_code find_lacking(struct founding *founding, struct lh_store *store, size_t *out)
{
    const struct lh_epochs *epochs = founding->words->epochs;
    struct lh_buf row = LH_BUF_EMPTY;
    enum lh_code rc = LH_OK;

    for (*out = 1; rc == LH_OK && *out < lh_epochs_count(epochs); *out += rc == LH_OK) {
        struct lh_store_key key = lh_keys_meta_epoch((uint32_t)*out);

        rc = lh_store_get(store, LH_TABLE_META, lh_store_key_bytes(&key), &row, founding->err);
        if (rc == LH_OK &&
            !lh_bytes_is_equal(lh_buf_bytes(&row), lh_epochs_proposal(epochs, *out))) {
            rc = lh_err_set(founding->err, LH_ERR_CONFLICT,
                            "the store goes by another epoch %zu: nothing was changed", *out);
        }
    }
    lh_buf_clear(&row);
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}

static enum lh_code put_epochs(struct founding *founding, const char *path, size_t from)
{
    const struct lh_epochs *epochs = founding->words->epochs;
    struct lh_store_batch batch = LH_STORE_BATCH_EMPTY;
    struct lh_store *store = NULL;
    enum lh_code rc = lh_store_open_rocksdb(&store, path, LH_STORE_WRITE, NULL, founding->err);

    for (size_t i = from; rc == LH_OK && i < lh_epochs_count(epochs); i++) {
        struct lh_store_key key = lh_keys_meta_epoch((uint32_t)i);

        lh_store_batch_put(&batch, LH_TABLE_META, lh_store_key_bytes(&key),
                           lh_epochs_proposal(epochs, i));
    }
    if (rc == LH_OK) {
        rc = lh_buf_check(&batch.ops, founding->err);
    }
    if (rc == LH_OK) {
        rc = lh_store_commit(store, &batch, founding->err);
    }
    lh_store_batch_clear(&batch);
    lh_store_close(store);
    return rc;
}

/* Looked at without a lock first: where nothing is to be added a node may run. */
static enum lh_code make_epochs(struct founding *founding)
{
    struct lh_store *store = NULL;
    struct lh_buf path = LH_BUF_EMPTY;
    size_t from = 1;
    enum lh_code rc = LH_OK;

    if (founding->words->epochs == NULL || lh_epochs_count(founding->words->epochs) == 1) {
        return LH_OK;
    }
    rc = lh_home_path(founding->home, &path, "store", founding->err);
    if (rc == LH_OK) {
        rc = lh_store_open_rocksdb(&store, lh_buf_text(&path), LH_STORE_READ, NULL, founding->err);
    }
    if (rc == LH_OK) {
        rc = find_lacking(founding, store, &from);
        lh_store_close(store);
    }
    if (rc == LH_OK && from < lh_epochs_count(founding->words->epochs)) {
        rc = put_epochs(founding, lh_buf_text(&path), from);
    }
    lh_buf_clear(&path);
    return rc;
}

static enum lh_code make_settings(struct founding *founding)
{
    const char *socket = founding->words->socket;
    struct lh_buf text = LH_BUF_EMPTY;
    enum lh_code rc;

    lh_buf_add_text(&text, "# Written by liuhen init. See liuhend.conf(5).\n");
    lh_buf_add_format(&text, "data = %s\n", lh_buf_text(&founding->home->path));
    lh_buf_add_format(&text, "department = %s\n", founding->words->department);
    lh_buf_add_format(&text, "guard.path = %s\n", lh_buf_text(&founding->guard));
    if (socket != NULL) {
        lh_buf_add_format(&text, "api.socket = %s\n", socket);
    } else {
        lh_buf_add_format(&text, "api.socket = %s/liuhend.sock\n",
                          lh_buf_text(&founding->home->path));
    }
    rc = lh_buf_check(&text, founding->err);
    if (rc == LH_OK) {
        rc = lh_home_file(founding->home, "liuhend.conf", lh_buf_bytes(&text), founding->err);
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

    rc = lh_act_set_text(origin.department, sizeof origin.department, "--dept",
                         founding->words->department, founding->err);
    if (rc == LH_OK) {
        rc = lh_act_set_text(origin.network, sizeof origin.network, "--network",
                             lh_genesis_network(founding->words->genesis), founding->err);
    }
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
        rc = lh_home_file(founding->home, "trust.policy", lh_buf_bytes(&text), founding->err);
    }
    lh_buf_clear(&text);
    return rc;
}

/* The first entry of the ledger, to be signed by two officers. */
static enum lh_code make_generation(struct founding *founding)
{
    struct lh_clock clock = founding->home->cli->clock;
    struct lh_place place = { .genesis = founding->words->genesis };
    struct lh_buf path = LH_BUF_EMPTY;
    lhpb_Body *body = malloc(sizeof *body);
    lhpb_Generation *generation;
    enum lh_code rc;

    if (body == NULL) {
        return lh_err_set(founding->err, LH_ERR_NOMEM, "out of memory");
    }
    (void)snprintf(place.department, sizeof place.department, "%s", founding->words->department);
    lh_act_draft(body, &place, lhpb_EntryType_GENERATION, clock.wall_unix_ms(clock.arg));
    (void)snprintf(body->id, sizeof body->id, "generation/%s/%s/1",
                   lh_genesis_network(founding->words->genesis), place.department);
    body->which_detail = lhpb_Body_generation_tag;
    generation = &body->detail.generation;
    generation->number = 1;
    generation->reason = 1;
    generation->has_seal_key = true;
    lh_pubkey_to_wire(&generation->seal_key, &founding->seal);
    rc = lh_home_path(founding->home, &path, "generation-1.lh", founding->err);
    if (rc == LH_OK && !lh_file_exists(lh_buf_text(&path))) {
        rc = lh_act_save(&place, body, lh_buf_text(&path), founding->err);
        if (rc == LH_OK) {
            lh_home_tell(founding->home, lh_buf_text(&path));
        }
    }
    lh_buf_clear(&path);
    free(body);
    return rc;
}

enum lh_code lh_founding_make(const struct lh_founding *words, struct lh_home *home,
                              struct lh_err *err)
{
    static enum lh_code (*const steps[])(struct founding *) = {
        make_own_keys, make_guard_place, make_store,      make_epochs,
        make_settings, make_policy,      make_generation,
    };
    struct founding founding = { .words = words, .home = home, .guard = LH_BUF_EMPTY, .err = err };
    enum lh_code rc = LH_OK;

    for (size_t i = 0; rc == LH_OK && i < sizeof steps / sizeof steps[0]; i++) {
        rc = steps[i](&founding);
    }
    lh_buf_clear(&founding.guard);
    return rc;
}
