#ifndef LH_BENCH_BOOK_H
#define LH_BENCH_BOOK_H

/*
 * A ledger without a node: entries of the people, really signed, appended block by block through
 * lh_ledger_append, as fast as one thread can.
 */

#include "ledger/ledger.h"
#include "tests/bench/measure.h"
#include "tests/bench/people.h"

enum { BOOK_BLOCK_MAX = 1024, BOOK_RARE_STAFF = 16 };

struct book {
    struct people *people;
    struct lh_store *store;
    struct lh_guard *guard;
    struct lh_ledger *ledger;
    bool has_private; /* entries get a private part and a box */
    /* Each of the first BOOK_RARE_STAFF makes one entry in so many, the rest make the others in
     * turn; 0: all in turn. */
    uint64_t rare_every;
    uint64_t serial;
    int64_t time_unix_ms; /* of the next entry; grows by one second an entry */
    struct lh_box_sender *box;
    struct lh_secret month_key;
    struct book_item *items; /* room for a block */
};

/** Begin a ledger on an empty store (LH_TAKES; NULL: a RocksDB store made in `dir`). */
void book_begin(struct book *out, struct people *people, struct lh_store *store, const char *dir);
/** Open the one that book_begin made in `dir` again. */
void book_open(struct book *out, struct people *people, const char *dir);
/** Close ledger, guard and store. */
void book_close(struct book *book);
/** Append one block of `count` <= BOOK_BLOCK_MAX entries. Returns how long append took, in ns. */
int64_t book_append(struct book *book, size_t count);
/** Bytes of leaf `index`. */
void book_leaf(struct book *book, uint64_t index, struct lh_buf *out);

#endif
