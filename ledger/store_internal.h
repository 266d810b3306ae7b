#ifndef LH_LEDGER_STORE_INTERNAL_H
#define LH_LEDGER_STORE_INTERNAL_H

/*
 * How an implementation presents itself: a class of functions, with `struct lh_store` as the first
 * member of its own struct. The rules that every store keeps (insert-only tables, a failed commit
 * is final) stand once, in store.c; a class only reads and writes.
 */

#include "ledger/store.h"

#include <stdatomic.h>

struct lh_store_class {
    enum lh_code (*get)(struct lh_store *store, enum lh_table table, struct lh_bytes key,
                        struct lh_buf *out, struct lh_err *err);
    enum lh_code (*commit)(struct lh_store *store, const struct lh_store_batch *batch,
                           struct lh_err *err);
    enum lh_code (*iter_new)(struct lh_store *store, struct lh_store_iter **out,
                             enum lh_table table, struct lh_err *err);
    void (*close)(struct lh_store *store);

    void (*iter_free)(struct lh_store_iter *iter);
    void (*iter_seek)(struct lh_store_iter *iter, struct lh_bytes key);
    void (*iter_seek_back)(struct lh_store_iter *iter, struct lh_bytes key);
    void (*iter_next)(struct lh_store_iter *iter);
    void (*iter_prev)(struct lh_store_iter *iter);
    bool (*iter_is_valid)(const struct lh_store_iter *iter);
    struct lh_bytes (*iter_key)(const struct lh_store_iter *iter);
    struct lh_bytes (*iter_value)(const struct lh_store_iter *iter);
    enum lh_code (*iter_check)(const struct lh_store_iter *iter, struct lh_err *err);
};

struct lh_store {
    const struct lh_store_class *class;
    atomic_bool is_broken;              /* a commit failed */
    struct lh_buf last[LH_TABLE_COUNT]; /* greatest key of each checked table; the writer's */
};

struct lh_store_iter {
    const struct lh_store_class *class;
    const struct lh_store *store;
};

/** Set up the base of an opened store; reads the greatest keys through the class. */
enum lh_code lh_store_init(struct lh_store *store, const struct lh_store_class *class,
                           struct lh_err *err) LH_MUST_CHECK;
/** Give back what the base holds; the class's close calls it. */
void lh_store_deinit(struct lh_store *store);

#endif
