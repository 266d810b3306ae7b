#ifndef LH_LEDGER_JOURNAL_RECEIPT_H
#define LH_LEDGER_JOURNAL_RECEIPT_H

/*
 * The receipt of an entry that is on disk and not sealed: the recorder's word that it was taken in,
 * and its promise that it will be sealed next. Level `recorded`, below every seal.
 *
 *   liuhen/journal-receipt@v1
 *   <base64 of a JournalReceipt>
 *
 * Statements form a chain: each names the hash of the one before. Pure.  Spec: specs/ledger.md 12.
 */

#include "crypto/signer.h"
#include "ledger/entry.h"
#include "ledger/origin.h"
#include "ledger/tree.h"

enum { LH_JOURNAL_RECEIPT_MAX = 1024 };

#define LH_JOURNAL_RECEIPT_MAGIC "liuhen/journal-receipt@v1\n"

struct lh_journal_statement {
    struct lh_hash network_id;
    char origin[LH_ORIGIN_MAX + 1];
    uint64_t size; /* leaves of that ledger when it was written */
    uint64_t sequence;
    struct lh_hash body_hash;
    int64_t recorded_unix_ms;
    bool has_prev;
    struct lh_hash prev; /* hash of the statement before */
};

struct lh_journal_receipt {
    enum lh_suite_id suite;
    struct lh_journal_statement statement;
    struct lh_pubkey key; /* the recorder's, as it says itself */
    struct lh_sig sig;
};

/** What the next statement names: H("liuhen/journal/v1" || 0x00 || statement). LH_ERR_INVALID. */
enum lh_code lh_journal_statement_hash(struct lh_hash *out, struct lh_suite *suite,
                                       const struct lh_journal_statement *statement,
                                       struct lh_err *err) LH_MUST_CHECK;
/** Sign a statement as the recorder. LH_ERR_INVALID: it says what cannot be. */
enum lh_code lh_journal_receipt_sign(struct lh_journal_receipt *out, struct lh_suite *suite,
                                     const struct lh_journal_statement *statement,
                                     struct lh_signer *recorder, struct lh_err *err) LH_MUST_CHECK;
/** Append the text. */
enum lh_code lh_journal_receipt_format(struct lh_buf *out, const struct lh_journal_receipt *receipt,
                                       struct lh_err *err) LH_MUST_CHECK;
/** Parse strictly: formatting gives the same bytes back. LH_ERR_INVALID. Nothing is verified. */
enum lh_code lh_journal_receipt_parse(struct lh_journal_receipt *out, struct lh_bytes text,
                                      struct lh_err *err) LH_MUST_CHECK;
/**
 * The signature by the key inside. LH_ERR_FORGED. Whether that key is the recorder's is for the
 * caller to know.
 */
enum lh_code lh_journal_receipt_verify(const struct lh_journal_receipt *receipt,
                                       struct lh_suite *suite, struct lh_err *err) LH_MUST_CHECK;

#endif
