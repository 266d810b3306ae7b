#ifndef LH_LEDGER_ROW_H
#define LH_LEDGER_ROW_H

/*
 * A row of the trail: the columns that people see, cut from an entry so that an index can carry
 * them and a page of a trail needs no leaf.  The encoding is internal to the store (not hashed,
 * rebuildable from the leaves): varints and short strings, a version byte first. The index is not
 * in the bytes: it stands in the key.
 */

#include "ledger/entry.h"

struct lh_row {
    uint64_t index;
    lhpb_EntryType type; /* TYPE_UNSPECIFIED: a newer schema */
    int64_t event_time_unix_ms;
    int64_t recorded_unix_ms;
    bool has_staff, has_case, has_exchange;
    uint8_t staff[8];
    uint8_t case_id[16];
    uint8_t exchange_id[16];
    char unit[65];
    char system[49];
    char item[49];
    char counterparty[33];
    char purpose[49];
    char legal_basis[49];
    lhpb_Outcome outcome;
    uint64_t result_count;
    uint64_t flags;
    unsigned level; /* 1-3; 0: not known */
};

/** Cut from an entry; `body` NULL: a newer schema, only the intake part is known. */
void lh_row_of(struct lh_row *out, uint64_t index, const lhpb_Entry *entry, const lhpb_Body *body,
               unsigned level);
/** The same of the bytes of a leaf, where nobody knows the level: it is 0. LH_ERR_CORRUPT: no
 * entry. */
enum lh_code lh_row_cut(struct lh_row *out, uint64_t index, struct lh_bytes bytes,
                        struct lh_err *err) LH_MUST_CHECK;
void lh_row_encode(struct lh_buf *out, const struct lh_row *row);
/** LH_ERR_CORRUPT when the bytes are not a row. The caller sets the index. */
enum lh_code lh_row_decode(struct lh_row *out, struct lh_bytes bytes,
                           struct lh_err *err) LH_MUST_CHECK;

#endif
