#include "cli/local.h"

enum lh_code lh_local_open(struct lh_local *out, struct lh_cli *cli, struct lh_err *err)
{
    struct lh_store_rocksdb_options cache = { .cache_bytes = 0 };
    struct lh_ledger_options options = { .store = NULL };
    uint32_t newest = 0;
    struct lh_buf path = LH_BUF_EMPTY;
    enum lh_code rc;

    *out = (struct lh_local){ .store = NULL };
    rc = lh_place_open(&out->place, cli, err);
    if (rc == LH_OK) {
        lh_buf_add_format(&path, "%s/store", lh_cli_data(cli));
        rc = lh_buf_check(&path, err);
    }
    if (rc == LH_OK) {
        rc = lh_store_open_rocksdb(&out->store, lh_buf_text(&path), LH_STORE_READ, &cache, err);
    }
    lh_buf_clear(&path);
    if (rc != LH_OK) {
        return rc;
    }
    options.store = out->store;
    options.genesis = out->place.genesis;
    options.department = out->place.department;
    rc = lh_ledger_newest(&newest, out->store, options.genesis, options.department, err);
    if (rc == LH_OK) {
        options.generation = newest > 0 ? newest : 1;
        rc = lh_ledger_open(&out->ledger, &options, NULL, err);
    }
    if (rc == LH_OK) {
        lh_ledger_head(out->ledger, &out->head);
    }
    return rc;
}

void lh_local_close(struct lh_local *local)
{
    lh_ledger_close(local->ledger);
    lh_store_close(local->store);
    lh_place_close(&local->place);
    *local = (struct lh_local){ .store = NULL };
}
