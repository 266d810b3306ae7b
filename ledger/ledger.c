/* Opening and closing a ledger; ledger_append.c writes, ledger_read.c answers. */
#include "ledger/ledger.h"

#include "crypto/base/assert.h"
#include "ledger/keys.h"
#include "ledger/ledger_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *lh_ledger_state_name(enum lh_ledger_state state)
{
    switch (state) {
    case LH_LEDGER_NEW:
        return "new";
    case LH_LEDGER_CONTINUOUS:
        return "continuous";
    case LH_LEDGER_SUSPECT:
        return "suspect";
    }
    lh_assert(false);
    return "";
}

/* ---- opening ---- */

static enum lh_code read_meta_u32(struct lh_store *store, const struct lh_store_key *key,
                                  uint32_t *out, struct lh_err *err)
{
    struct lh_buf row = LH_BUF_EMPTY;
    enum lh_code rc = lh_store_get(store, LH_TABLE_META, lh_store_key_bytes(key), &row, err);

    if (rc == LH_OK) {
        struct lh_reader in = lh_reader_of(lh_buf_bytes(&row));
        *out = lh_read_u32(&in);
        if (!lh_reader_is_done(&in) || *out == 0) {
            rc = lh_err_set(err, LH_ERR_CORRUPT, "a number in the meta table is damaged");
        }
    }
    lh_buf_clear(&row);
    return rc;
}

/* The row is there or not; it says nothing more. */
static enum lh_code read_lacks(struct lh_ledger *ledger, struct lh_err *err)
{
    struct lh_store_key key = lh_keys_meta_lacks(ledger->origin);
    struct lh_buf row = LH_BUF_EMPTY;
    enum lh_code rc =
        lh_store_get(ledger->shelf.store, LH_TABLE_META, lh_store_key_bytes(&key), &row, err);

    ledger->lacks_private = rc == LH_OK;
    lh_buf_clear(&row);
    return rc == LH_ERR_NOT_FOUND ? LH_OK : rc;
}

/* The ledger's number in this store; the next free one when the store does not know it. */
static enum lh_code find_shelf(struct lh_ledger *ledger, struct lh_err *err)
{
    struct lh_store_key own = lh_keys_meta_ledger(ledger->origin);
    struct lh_store_key count = lh_keys_meta("ledgers");
    uint32_t used = 0;
    enum lh_code rc = read_meta_u32(ledger->shelf.store, &own, &ledger->shelf.number, err);

    if (rc != LH_ERR_NOT_FOUND) {
        ledger->is_shelved = rc == LH_OK;
        return rc == LH_OK ? read_lacks(ledger, err) : rc;
    }
    rc = read_meta_u32(ledger->shelf.store, &count, &used, err);
    if (rc != LH_OK && rc != LH_ERR_NOT_FOUND) {
        return rc;
    }
    if (used == UINT32_MAX - 1) {
        return lh_err_set(err, LH_ERR_LIMIT, "the store holds too many ledgers");
    }
    ledger->shelf.number = used + 1;
    return LH_OK;
}

static enum lh_code name_ledger(struct lh_ledger *ledger, const struct lh_ledger_options *options,
                                struct lh_err *err)
{
    struct lh_origin origin = { .generation = options->generation };
    struct lh_bytes department = lh_bytes_of_text(options->department);

    lh_assert(department.len < sizeof ledger->department);
    memcpy(ledger->department, department.data, department.len);
    if (!lh_ledger_is_member(ledger)) {
        return lh_err_set(err, LH_ERR_INVALID, "%s is no member of the network",
                          options->department);
    }
    memcpy(origin.department, ledger->department, sizeof origin.department);
    lh_assert(strlen(lh_genesis_network(options->genesis)) < sizeof origin.network);
    memcpy(origin.network, lh_genesis_network(options->genesis),
           strlen(lh_genesis_network(options->genesis)));
    lh_origin_format(ledger->origin, &origin);
    if (options->machine_id != NULL) {
        ledger->machine_id = strdup(options->machine_id);
        if (ledger->machine_id == NULL) {
            return lh_err_set(err, LH_ERR_NOMEM, "no memory to open a ledger");
        }
    }
    return LH_OK;
}

static enum lh_code init_ledger(struct lh_ledger *ledger, const struct lh_ledger_options *options,
                                struct lh_err *err)
{
    ledger->options = *options;
    ledger->shelf.store = options->store;
    ledger->batch = (struct lh_store_batch)LH_STORE_BATCH_EMPTY;
    atomic_init(&ledger->has_seal, false);
    if (pthread_mutex_init(&ledger->head_lock, NULL) != 0 ||
        pthread_mutex_init(&ledger->node_lock, NULL) != 0 ||
        pthread_rwlock_init(&ledger->roster_lock, NULL) != 0) {
        return lh_err_set(err, LH_ERR_NOMEM, "no locks to open a ledger");
    }
    enum lh_code rc = lh_ledger_load_epochs(ledger, err);
    if (rc == LH_OK) {
        rc = name_ledger(ledger, options, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_suite_new(&ledger->suite, lh_genesis_suite(options->genesis), err);
    if (rc != LH_OK) {
        return rc;
    }
    return lh_tile_cache_new(&ledger->tiles, err);
}

enum lh_code lh_ledger_open(struct lh_ledger **out, const struct lh_ledger_options *options,
                            char *out_why, struct lh_err *err)
{
    struct lh_ledger *ledger = calloc(1, sizeof *ledger);
    enum lh_code rc;

    if (ledger == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "no memory to open a ledger");
    }
    rc = init_ledger(ledger, options, err);
    if (rc == LH_OK) {
        rc = find_shelf(ledger, err);
    }
    if (rc == LH_OK) {
        rc = lh_ledger_start_roster(ledger, &ledger->roster, err);
    }
    if (rc == LH_OK) {
        rc = lh_ledger_open_line(ledger, err);
    }
    if (rc == LH_OK) {
        rc = lh_ledger_recover(ledger, out_why, err);
    }
    if (rc != LH_OK) {
        lh_err_wrap(err, rc, "opening ledger %s", ledger->origin);
        lh_ledger_close(ledger);
        return rc;
    }
    *out = ledger;
    return LH_OK;
}

void lh_ledger_close(struct lh_ledger *ledger)
{
    if (ledger == NULL) {
        return;
    }
    lh_ledger_close(ledger->prev);
    lh_verifier_free(ledger->seal_verifier);
    lh_roster_free(ledger->roster);
    lh_epochs_free(ledger->epochs);
    lh_tile_cache_free(ledger->tiles);
    lh_suite_free(ledger->suite);
    lh_store_batch_clear(&ledger->batch);
    pthread_rwlock_destroy(&ledger->roster_lock);
    pthread_mutex_destroy(&ledger->node_lock);
    pthread_mutex_destroy(&ledger->head_lock);
    free(ledger->machine_id);
    free(ledger);
}

enum lh_ledger_state lh_ledger_state(const struct lh_ledger *ledger)
{
    return ledger->state;
}

bool lh_ledger_lacks_private(const struct lh_ledger *ledger)
{
    return ledger->lacks_private;
}

const char *lh_ledger_origin(const struct lh_ledger *ledger)
{
    return ledger->origin;
}

const struct lh_note_key *lh_ledger_seal(const struct lh_ledger *ledger)
{
    return atomic_load(&ledger->has_seal) ? &ledger->seal : NULL;
}

struct lh_roster *lh_ledger_roster(struct lh_ledger *ledger)
{
    return ledger->roster;
}
