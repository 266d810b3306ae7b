#ifndef LH_LEDGER_KEYS_H
#define LH_LEDGER_KEYS_H

/*
 * Every key of the store, built here and nowhere else. Numbers are big-endian, so byte order is
 * number order; every key of a ledger starts with that ledger's number in this store.
 *
 *   META     name                                  "ledgers", "machine_id", "journal",
 *                                                  "ledger/<origin>", "answered/<origin>",
 *                                                  "check/<name of a secret key>",
 *                                                  "lacks/<origin>", "note/<kind>/<origin>",
 *                                                  "witness/<origin>", "fork/<origin>", "trail"
 *           "cosigned/" || origin || '/' || size u64; "witnessed/", "final/" likewise
 *   LEAF     ledger u32 || index u64
 *   BLOCK    ledger u32 || 'h' || height u64       -> first u64, entry count u32, checkpoint
 *            ledger u32 || 'i' || first index u64  -> height u64
 *   NODE     ledger u32 || tile level u8 || first u64  -> consecutive hashes of 32 bytes
 *   INDEX    ledger u32 || dimension u8 || value || index u64
 *   EVENT    source || NUL || id                   -> ledger u32, index u64, digest[32]
 *   PRIVATE  as LEAF
 *   VAULT    as LEAF; 's' || ledger u32 || token[32] || index u64
 *   JOURNAL  'n' || sequence u64; 'e' || source || NUL || id
 *
 * No value of a dimension is a prefix of another one: they have a fixed width or end in NUL, which
 * no text of an entry holds.  Spec: specs/ledger.md 8.1.
 */

#include "crypto/base/bytes.h"

enum { LH_STORE_KEY_MAX = 160, LH_KEYS_INDEX_PREFIX_MAX = 80 };

struct lh_store_key {
    size_t len;
    uint8_t bytes[LH_STORE_KEY_MAX];
};

/* What an index row is found by. The numbers are on disk. */
enum lh_dimension {
    LH_DIMENSION_SUBJECT = 0,      /* in no index: keys of the vault */
    LH_DIMENSION_RECORD = 1,       /* no value: packed rows in record order */
    LH_DIMENSION_STAFF = 2,        /* 8 bytes */
    LH_DIMENSION_CASE = 3,         /* 16 bytes */
    LH_DIMENSION_EXCHANGE = 4,     /* 16 bytes */
    LH_DIMENSION_ITEM = 5,         /* text NUL */
    LH_DIMENSION_EVENT_DAY = 6,    /* day u32 of the event time, UTC+8: runs */
    LH_DIMENSION_RECORDED_DAY = 7, /* day u32 of the intake time, UTC+8: runs */
    LH_DIMENSION_KEYS = 8,         /* no value: what changes the roster, headers too */
    LH_DIMENSION_TARGET = 9,       /* H(body): what has a private part, restricts or erases it */
};

struct lh_bytes lh_store_key_bytes(const struct lh_store_key *key);

struct lh_store_key lh_keys_meta(const char *name);
struct lh_store_key lh_keys_meta_ledger(const char *origin);
/** Of the marker and guard that the first leaf of a ledger answered. */
struct lh_store_key lh_keys_meta_answer(const char *origin);
/** Of the proposal that epoch `number` (from 1) is. */
struct lh_store_key lh_keys_meta_epoch(uint32_t number);
/** Of a note about a ledger (ledger/copies.h). */
struct lh_store_key lh_keys_meta_note(unsigned kind, const char *origin);
/** That private parts of a ledger may be missing. */
struct lh_store_key lh_keys_meta_lacks(const char *origin);
/** Of what we cosigned last of another's log, and of two heads of it that exclude each other. */
struct lh_store_key lh_keys_meta_witness(const char *origin);
struct lh_store_key lh_keys_meta_fork(const char *origin);
/** Of the cosigned heads of our ledger, and of that of one size. */
struct lh_store_key lh_keys_meta_cosigned(const char *origin);
struct lh_store_key lh_keys_meta_cosigned_at(const char *origin, uint64_t size);
/** The same of the heads that reached a level: `kind` is "witnessed" or "final". */
struct lh_store_key lh_keys_meta_level(const char *kind, const char *origin);
struct lh_store_key lh_keys_meta_level_at(const char *kind, const char *origin, uint64_t size);
/** `name` of a secret key: "idempotency", "index". */
struct lh_store_key lh_keys_meta_check(const char *name);
/** Also of PRIVATE and VAULT. */
struct lh_store_key lh_keys_leaf(uint32_t ledger, uint64_t index);
struct lh_store_key lh_keys_block(uint32_t ledger, uint64_t height);
struct lh_store_key lh_keys_block_first(uint32_t ledger, uint64_t first);
struct lh_store_key lh_keys_node(uint32_t ledger, unsigned tile_level, uint64_t first);
/** Asserts that both fit their bounds in body.options. */
struct lh_store_key lh_keys_event(struct lh_bytes source, struct lh_bytes id);
struct lh_store_key lh_keys_journal(uint64_t sequence);
struct lh_store_key lh_keys_journal_event(struct lh_bytes source, struct lh_bytes id);

/** Everything of an index key before its index. `value` as the dimension says (text: no NUL). */
struct lh_store_key lh_keys_index_prefix(uint32_t ledger, enum lh_dimension dimension,
                                         struct lh_bytes value);
/** Everything of a key by subject before its index; a token has 32 bytes. */
struct lh_store_key lh_keys_subject_prefix(uint32_t ledger, struct lh_bytes token);
/** A prefix with an index behind it. */
struct lh_store_key lh_keys_index(const struct lh_store_key *prefix, uint64_t index);

/** The number at the end of a key that starts with `prefix` and has nothing else; false otherwise.
 */
bool lh_keys_position(uint64_t *out, struct lh_bytes key, const struct lh_store_key *prefix);
/** The key without its last 8 bytes. */
struct lh_store_key lh_keys_without_position(const struct lh_store_key *key);

#endif
