#include "ledger/keys.h"

#include "crypto/base/assert.h"

#include <stdio.h>
#include <string.h>

enum { POSITION_SIZE = 8 };

static void add(struct lh_store_key *key, struct lh_bytes bytes)
{
    lh_assert(bytes.len <= sizeof key->bytes - key->len);
    if (bytes.len > 0) {
        memcpy(key->bytes + key->len, bytes.data, bytes.len);
    }
    key->len += bytes.len;
}

static void add_u8(struct lh_store_key *key, uint8_t value)
{
    add(key, lh_bytes_of(&value, 1));
}

static void add_u32(struct lh_store_key *key, uint32_t value)
{
    uint8_t wire[4];

    lh_put_u32(wire, value);
    add(key, lh_bytes_of(wire, sizeof wire));
}

static void add_u64(struct lh_store_key *key, uint64_t value)
{
    uint8_t wire[POSITION_SIZE];

    lh_put_u64(wire, value);
    add(key, lh_bytes_of(wire, sizeof wire));
}

struct lh_bytes lh_store_key_bytes(const struct lh_store_key *key)
{
    return lh_bytes_of(key->bytes, key->len);
}

struct lh_store_key lh_keys_meta(const char *name)
{
    struct lh_store_key key = { .len = 0 };

    add(&key, lh_bytes_of_text(name));
    return key;
}

struct lh_store_key lh_keys_meta_ledger(const char *origin)
{
    struct lh_store_key key = lh_keys_meta("ledger/");

    add(&key, lh_bytes_of_text(origin));
    return key;
}

struct lh_store_key lh_keys_meta_answer(const char *origin)
{
    struct lh_store_key key = lh_keys_meta("answered/");

    add(&key, lh_bytes_of_text(origin));
    return key;
}

struct lh_store_key lh_keys_meta_epoch(uint32_t number)
{
    struct lh_store_key key = lh_keys_meta("epoch/");
    uint8_t wire[4];

    lh_put_u32(wire, number);
    add(&key, lh_bytes_of(wire, sizeof wire));
    return key;
}

struct lh_store_key lh_keys_meta_note(unsigned kind, const char *origin)
{
    char start[24];
    struct lh_store_key key;

    (void)snprintf(start, sizeof start, "note/%u/", kind);
    key = lh_keys_meta(start);
    add(&key, lh_bytes_of_text(origin));
    return key;
}

struct lh_store_key lh_keys_meta_lacks(const char *origin)
{
    struct lh_store_key key = lh_keys_meta("lacks/");

    add(&key, lh_bytes_of_text(origin));
    return key;
}

struct lh_store_key lh_keys_meta_witness(const char *origin)
{
    struct lh_store_key key = lh_keys_meta("witness/");

    add(&key, lh_bytes_of_text(origin));
    return key;
}

struct lh_store_key lh_keys_meta_fork(const char *origin)
{
    struct lh_store_key key = lh_keys_meta("fork/");

    add(&key, lh_bytes_of_text(origin));
    return key;
}

struct lh_store_key lh_keys_meta_level(const char *kind, const char *origin)
{
    struct lh_store_key key = lh_keys_meta(kind);

    add_u8(&key, '/');
    add(&key, lh_bytes_of_text(origin));
    add_u8(&key, '/');
    return key;
}

struct lh_store_key lh_keys_meta_level_at(const char *kind, const char *origin, uint64_t size)
{
    struct lh_store_key key = lh_keys_meta_level(kind, origin);

    add_u64(&key, size);
    return key;
}

struct lh_store_key lh_keys_meta_cosigned(const char *origin)
{
    return lh_keys_meta_level("cosigned", origin);
}

struct lh_store_key lh_keys_meta_cosigned_at(const char *origin, uint64_t size)
{
    return lh_keys_meta_level_at("cosigned", origin, size);
}

struct lh_store_key lh_keys_meta_check(const char *name)
{
    struct lh_store_key key = lh_keys_meta("check/");

    add(&key, lh_bytes_of_text(name));
    return key;
}

struct lh_store_key lh_keys_leaf(uint32_t ledger, uint64_t index)
{
    struct lh_store_key key = { .len = 0 };

    add_u32(&key, ledger);
    add_u64(&key, index);
    return key;
}

static struct lh_store_key numbered(uint32_t ledger, uint8_t space, uint64_t position)
{
    struct lh_store_key key = { .len = 0 };

    add_u32(&key, ledger);
    add_u8(&key, space);
    add_u64(&key, position);
    return key;
}

struct lh_store_key lh_keys_block(uint32_t ledger, uint64_t height)
{
    return numbered(ledger, 'h', height);
}

struct lh_store_key lh_keys_block_first(uint32_t ledger, uint64_t first)
{
    return numbered(ledger, 'i', first);
}

struct lh_store_key lh_keys_node(uint32_t ledger, unsigned tile_level, uint64_t first)
{
    lh_assert(tile_level < 8);
    return numbered(ledger, (uint8_t)tile_level, first);
}

struct lh_store_key lh_keys_event(struct lh_bytes source, struct lh_bytes id)
{
    struct lh_store_key key = { .len = 0 };

    add(&key, source);
    add_u8(&key, 0);
    add(&key, id);
    return key;
}

struct lh_store_key lh_keys_journal(uint64_t sequence)
{
    struct lh_store_key key = { .len = 0 };

    add_u8(&key, 'n');
    add_u64(&key, sequence);
    return key;
}

struct lh_store_key lh_keys_journal_event(struct lh_bytes source, struct lh_bytes id)
{
    struct lh_store_key key = { .len = 0 };

    add_u8(&key, 'e');
    add(&key, source);
    add_u8(&key, 0);
    add(&key, id);
    return key;
}

struct lh_store_key lh_keys_index_prefix(uint32_t ledger, enum lh_dimension dimension,
                                         struct lh_bytes value)
{
    struct lh_store_key key = { .len = 0 };

    add_u32(&key, ledger);
    add_u8(&key, (uint8_t)dimension);
    add(&key, value);
    if (dimension == LH_DIMENSION_ITEM) {
        add_u8(&key, 0);
    }
    lh_assert(key.len <= LH_KEYS_INDEX_PREFIX_MAX);
    return key;
}

struct lh_store_key lh_keys_subject_prefix(uint32_t ledger, struct lh_bytes token)
{
    struct lh_store_key key = { .len = 0 };

    lh_assert(token.len == 32);
    add_u8(&key, 's');
    add_u32(&key, ledger);
    add(&key, token);
    return key;
}

struct lh_store_key lh_keys_index(const struct lh_store_key *prefix, uint64_t index)
{
    struct lh_store_key key = *prefix;

    add_u64(&key, index);
    return key;
}

bool lh_keys_position(uint64_t *out, struct lh_bytes key, const struct lh_store_key *prefix)
{
    struct lh_reader rest;

    if (key.len != prefix->len + POSITION_SIZE ||
        memcmp(key.data, prefix->bytes, prefix->len) != 0) {
        return false;
    }
    rest = lh_reader_of(lh_bytes_of(key.data + prefix->len, POSITION_SIZE));
    *out = lh_read_u64(&rest);
    return true;
}

struct lh_store_key lh_keys_without_position(const struct lh_store_key *key)
{
    struct lh_store_key prefix = *key;

    lh_assert(prefix.len >= POSITION_SIZE);
    prefix.len -= POSITION_SIZE;
    return prefix;
}
