#include "ledger/manifest.h"

/*
 * RocksDB's log format: blocks of 32 KiB, in each of them records of
 *   u32 masked CRC-32C of type and content || u16 length || u8 type || content
 * little-endian; where fewer bytes than a head are left, a block is filled up with zeros. A record
 * of type 0 and length 0 is room that was set aside and not written.
 */
enum { BLOCK = 32768, HEAD = 7, TYPE_AT = 6 };

static uint32_t crc32c(struct lh_bytes bytes)
{
    uint32_t crc = 0xffffffff;

    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= bytes.data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 1) != 0 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
        }
    }
    return ~crc;
}

/* As RocksDB stores it, so that a checksum over checksums does not go wrong. */
static uint32_t masked(uint32_t crc)
{
    return (crc >> 15 | crc << 17) + 0xa282ead8;
}

static uint32_t read_le(const uint8_t *at, size_t len)
{
    uint32_t value = 0;

    for (size_t i = 0; i < len; i++) {
        value |= (uint32_t)at[i] << 8 * i;
    }
    return value;
}

bool lh_manifest_find_damage(size_t *out, struct lh_bytes content)
{
    size_t at = 0;

    while (content.len - at >= HEAD) {
        const uint8_t *head = content.data + at;
        size_t len = read_le(head + 4, 2);
        size_t left = BLOCK - at % BLOCK; /* of this block */

        if (left < HEAD || (head[TYPE_AT] == 0 && len == 0)) {
            if (left > content.len - at) {
                break;
            }
            at += left;
            continue;
        }
        if (len + HEAD > left || len + HEAD > content.len - at ||
            read_le(head, 4) != masked(crc32c(lh_bytes_of(head + TYPE_AT, 1 + len)))) {
            *out = at;
            return at > 0;
        }
        at += HEAD + len;
    }
    return false;
}
