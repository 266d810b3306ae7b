#ifndef LH_LEDGER_JOURNAL_H
#define LH_LEDGER_JOURNAL_H

/*
 * The journal: entries that were taken in while nothing could be sealed, durable and with a receipt
 * each, until a block takes them in their order.
 *
 *  1. A row is on disk before its receipt leaves; rows are added and dropped by whole batches, a
 *     dropped one together with the block that holds its entry.
 *  2. The sequence never starts again, and each statement names the one before, also across
 *     journals of one store.
 *  3. (source, id) stands in it once.
 *
 * Threads: add and the batches of blocks from the writer; find, read and count from any.
 * Spec: specs/ledger.md 12.
 */

#include "ledger/journal_receipt.h"
#include "ledger/store.h"

struct lh_journal;

enum lh_code lh_journal_open(struct lh_journal **out, LH_KEEPS struct lh_store *store,
                             struct lh_err *err) LH_MUST_CHECK;
void lh_journal_close(struct lh_journal *journal);
/** Entries that wait for a block. */
uint64_t lh_journal_count(const struct lh_journal *journal);

/* Which ledger is to seal the entries, and who says so. */
struct lh_journal_place {
    struct lh_hash network_id;
    const char *origin;
    uint64_t size; /* of its head */
    struct lh_signer *recorder;
};

/* One entry to keep; all but the outputs is borrowed. */
struct lh_journal_item {
    struct lh_bytes leaf;  /* canonical Leaf bytes, with LH_INTAKE_JOURNAL */
    const lhpb_Body *body; /* decoded from it */
    struct lh_hash body_hash;
    int64_t recorded_unix_ms; /* as in the intake part */
    unsigned level;
    struct lh_hash content_digest;
    struct lh_bytes private_part; /* empty: none */
    struct lh_bytes vault_row;    /* empty: none */
    uint64_t sequence;            /* out */
    struct lh_buf *receipt;       /* out: the text is appended */
};

/**
 * Keep entries, with one synced commit. Their (source, id) are new to journal and ledger, and
 * differ. LH_ERR_IO: end the process.
 */
enum lh_code lh_journal_add(struct lh_journal *journal, struct lh_suite *suite,
                            const struct lh_journal_place *place, struct lh_journal_item *items,
                            size_t item_count, struct lh_err *err) LH_MUST_CHECK;
/** LH_ERR_NOT_FOUND: the event is not in it (any more). */
enum lh_code lh_journal_find(struct lh_journal *journal, struct lh_bytes source, struct lh_bytes id,
                             uint64_t *out_sequence, struct lh_hash *out_digest,
                             struct lh_err *err) LH_MUST_CHECK;

struct lh_journal_row {
    uint64_t sequence;
    unsigned level;
    struct lh_hash content_digest;
    struct lh_buf leaf;
    struct lh_buf private_part;
    struct lh_buf vault_row;
    struct lh_buf receipt;
};

#define LH_JOURNAL_ROW_EMPTY                                                                       \
    {                                                                                              \
        .leaf = LH_BUF_EMPTY, .private_part = LH_BUF_EMPTY, .vault_row = LH_BUF_EMPTY,             \
        .receipt = LH_BUF_EMPTY                                                                    \
    }

/** Wipes what is secret. */
void lh_journal_row_clear(struct lh_journal_row *row);
/** The row of a sequence; LH_ERR_NOT_FOUND, LH_ERR_CORRUPT. `out` is replaced. */
enum lh_code lh_journal_read(struct lh_journal *journal, uint64_t sequence,
                             struct lh_journal_row *out, struct lh_err *err) LH_MUST_CHECK;
/** The first sequence from `from` on that is there; LH_ERR_NOT_FOUND: none. */
enum lh_code lh_journal_next(struct lh_journal *journal, uint64_t from, uint64_t *out,
                             struct lh_err *err) LH_MUST_CHECK;

/** Let a batch that seals the entry drop its rows. */
void lh_journal_drop(struct lh_store_batch *batch, uint64_t sequence, const lhpb_Body *body);
/** Such batches were committed: so many fewer wait. */
void lh_journal_note_dropped(struct lh_journal *journal, size_t count);

#endif
