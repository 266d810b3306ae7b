#ifndef LH_LEDGER_TILE_H
#define LH_LEDGER_TILE_H

/*
 * A tree cut into files (C2SP tlog-tiles): 256 nodes of one level, or 256 leaves, to a tile. Pure:
 * which tiles a tree of some size has, what they are called, and what is in them.
 *
 *   tile/<level>/<index>[.p/<width>]     hashes of level 8 * level, 32 bytes each
 *   tile/entries/<index>[.p/<width>]     leaves, each behind its length as u16
 *
 * A full tile never changes. A partial one is the beginning of a full one, so every width up to
 * the widest of a tree can be served.  Spec: specs/ledger.md 6.
 */

#include "crypto/base/buf.h"
#include "ledger/tree.h"

enum {
    LH_TILE_WIDTH = 256,
    LH_TILE_LEVEL_MAX = 63,
    LH_TILE_PATH_MAX = 63,     /* characters, without the NUL */
    LH_TILE_ENTRY_MAX = 65535, /* bytes of a leaf */
};

enum lh_tile_kind {
    LH_TILE_HASHES,
    LH_TILE_ENTRIES,
};

struct lh_tile {
    enum lh_tile_kind kind;
    unsigned level; /* 0-63; of entries 0 */
    uint64_t index; /* below 2^63 */
    unsigned width; /* 1-256; 256 is a full tile */
};

/** The path, without a slash in front. Asserts that the tile is within the limits above. */
void lh_tile_path_format(char out[LH_TILE_PATH_MAX + 1], const struct lh_tile *tile);
/** Parse strictly: only what lh_tile_path_format writes. LH_ERR_INVALID. */
enum lh_code lh_tile_path_parse(struct lh_tile *out, struct lh_bytes path,
                                struct lh_err *err) LH_MUST_CHECK;

/** How many tiles of `level` a tree of `size` leaves has, a partial one at the end included. */
uint64_t lh_tile_count(unsigned level, uint64_t size);
/** How wide tile `index` of `level` is in a tree of `size` leaves: 0 (no such tile) to 256. */
unsigned lh_tile_width(unsigned level, uint64_t index, uint64_t size);
/** Can a tree of `size` leaves serve this tile, at this width? */
bool lh_tile_exists(const struct lh_tile *tile, uint64_t size);

/**
 * Append the content of a tile of hashes: 32 * width bytes. LH_ERR_NOT_FOUND if a tree of `size`
 * leaves has no such tile; LH_ERR_NOMEM; or what the source answers. Reads `width` nodes. Asserts
 * that the tile is one of hashes. On failure the length of `out` is as before.
 */
enum lh_code lh_tile_read(struct lh_buf *out, const struct lh_tile *tile,
                          const struct lh_tree_source *source, uint64_t size,
                          struct lh_err *err) LH_MUST_CHECK;
/** Append one leaf as a tile of entries holds it. LH_ERR_LIMIT above LH_TILE_ENTRY_MAX bytes. */
enum lh_code lh_tile_add_entry(struct lh_buf *out, struct lh_bytes leaf,
                               struct lh_err *err) LH_MUST_CHECK;

#endif
