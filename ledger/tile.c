#include "ledger/tile.h"

#include "crypto/base/assert.h"
#include "crypto/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { GROUPS_MAX = 7 }; /* three digits each: 2^63 has 19 */

static void assert_within_limits(const struct lh_tile *tile)
{
    lh_assert(tile->level <= LH_TILE_LEVEL_MAX);
    lh_assert(tile->kind == LH_TILE_HASHES || tile->level == 0);
    lh_assert(tile->index <= INT64_MAX);
    lh_assert(tile->width >= 1);
    lh_assert(tile->width <= LH_TILE_WIDTH);
}

/* 1234067 -> "x001/x234/067". Returns the number of characters. */
static size_t format_index(char *out, size_t room, uint64_t index)
{
    unsigned groups[GROUPS_MAX];
    size_t count = 0;
    size_t len = 0;

    do {
        groups[count++] = (unsigned)(index % 1000);
        index /= 1000;
    } while (index > 0);
    while (count-- > 0) {
        int more = snprintf(out + len, room - len, count > 0 ? "x%03u/" : "%03u", groups[count]);

        lh_assert(more > 0);
        len += (size_t)more;
        lh_assert(len < room);
    }
    return len;
}

void lh_tile_path_format(char out[LH_TILE_PATH_MAX + 1], const struct lh_tile *tile)
{
    const size_t room = LH_TILE_PATH_MAX + 1;
    size_t len;

    assert_within_limits(tile);
    if (tile->kind == LH_TILE_ENTRIES) {
        len = (size_t)snprintf(out, room, "tile/entries/");
    } else {
        len = (size_t)snprintf(out, room, "tile/%u/", tile->level);
    }
    len += format_index(out + len, room - len, tile->index);
    if (tile->width < LH_TILE_WIDTH) {
        int more = snprintf(out + len, room - len, ".p/%u", tile->width);

        lh_assert(more > 0);
        lh_assert((size_t)more < room - len);
    }
}

/* Cut `prefix` off the front of `rest`. */
static bool take_prefix(struct lh_bytes *rest, const char *prefix)
{
    struct lh_bytes want = lh_bytes_of_text(prefix);

    if (rest->len < want.len || !lh_bytes_is_equal(lh_bytes_of(rest->data, want.len), want)) {
        return false;
    }
    rest->data += want.len;
    rest->len -= want.len;
    return true;
}

/* Cut a decimal of at most `max` off the front of `rest`: all of it up to a '/' or the end. */
static bool take_decimal(struct lh_bytes *rest, uint64_t max, uint64_t *out)
{
    const uint8_t *slash = rest->len == 0 ? NULL : memchr(rest->data, '/', rest->len);
    size_t len = slash == NULL ? rest->len : (size_t)(slash - rest->data);

    if (lh_decimal_parse(out, lh_bytes_of(rest->data, len), NULL) != LH_OK || *out > max) {
        return false;
    }
    rest->data += len;
    rest->len -= len;
    return true;
}

/* Cut three digits off the front of `rest` and put them behind `index`. */
static bool take_group(struct lh_bytes *rest, uint64_t *index)
{
    unsigned group = 0;

    if (rest->len < 3) {
        return false;
    }
    for (size_t i = 0; i < 3; i++) {
        if (rest->data[i] < '0' || rest->data[i] > '9') {
            return false;
        }
        group = group * 10 + (rest->data[i] - (unsigned)'0');
    }
    if (*index > (INT64_MAX - (uint64_t)group) / 1000) {
        return false;
    }
    *index = *index * 1000 + group;
    rest->data += 3;
    rest->len -= 3;
    return true;
}

/* The inverse of format_index. */
static bool take_index(struct lh_bytes *rest, uint64_t *out)
{
    uint64_t index = 0;

    while (take_prefix(rest, "x")) {
        /* A group of zeros in front would be a second name for the same tile. */
        if (!take_group(rest, &index) || index == 0 || !take_prefix(rest, "/")) {
            return false;
        }
    }
    if (!take_group(rest, &index)) {
        return false;
    }
    *out = index;
    return true;
}

enum lh_code lh_tile_path_parse(struct lh_tile *out, struct lh_bytes path, struct lh_err *err)
{
    struct lh_tile tile = { .kind = LH_TILE_HASHES, .width = LH_TILE_WIDTH };
    uint64_t level = 0;
    uint64_t width = LH_TILE_WIDTH;
    struct lh_bytes rest = path;

    if (!take_prefix(&rest, "tile/")) {
        return lh_err_set(err, LH_ERR_INVALID, "the path of a tile begins with tile/");
    }
    if (take_prefix(&rest, "entries/")) {
        tile.kind = LH_TILE_ENTRIES;
    } else if (!take_decimal(&rest, LH_TILE_LEVEL_MAX, &level) || !take_prefix(&rest, "/")) {
        return lh_err_set(err, LH_ERR_INVALID, "the level of a tile is 0 to 63, or entries");
    }
    if (!take_index(&rest, &tile.index)) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "the index of a tile is groups of three digits, as in x001/234");
    }
    if (rest.len > 0 &&
        (!take_prefix(&rest, ".p/") || !take_decimal(&rest, LH_TILE_WIDTH - 1, &width) ||
         width == 0 || rest.len > 0)) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "a tile's path ends with its index or with .p/ and a width of 1 to 255");
    }
    tile.level = (unsigned)level;
    tile.width = (unsigned)width;
    *out = tile;
    return LH_OK;
}

/* Complete nodes of level 8 * level. */
static uint64_t count_nodes(unsigned level, uint64_t size)
{
    return level < 8 ? size >> (8 * level) : 0;
}

uint64_t lh_tile_count(unsigned level, uint64_t size)
{
    uint64_t nodes = count_nodes(level, size);

    return nodes / LH_TILE_WIDTH + (nodes % LH_TILE_WIDTH != 0 ? 1 : 0);
}

unsigned lh_tile_width(unsigned level, uint64_t index, uint64_t size)
{
    uint64_t nodes = count_nodes(level, size);

    /* spec ledger.md 6: "Tile n of level l holds the nodes 256n to 256n + 255 of level 8l that are
     * complete." */
    if (index < nodes / LH_TILE_WIDTH) {
        return LH_TILE_WIDTH;
    }
    return index == nodes / LH_TILE_WIDTH ? (unsigned)(nodes % LH_TILE_WIDTH) : 0;
}

bool lh_tile_exists(const struct lh_tile *tile, uint64_t size)
{
    /* spec ledger.md 6: "A tile without hashes or leaves does not exist." */
    return tile->width > 0 && tile->width <= lh_tile_width(tile->level, tile->index, size);
}

enum lh_code lh_tile_read(struct lh_buf *out, const struct lh_tile *tile,
                          const struct lh_tree_source *source, uint64_t size, struct lh_err *err)
{
    const size_t len = (size_t)tile->width * LH_HASH_SIZE;
    uint8_t *room;

    lh_assert(tile->kind == LH_TILE_HASHES);
    if (!lh_tile_exists(tile, size)) {
        return lh_err_set(err, LH_ERR_NOT_FOUND,
                          "a tree of %" PRIu64 " has no tile %" PRIu64 " of level %u and width %u",
                          size, tile->index, tile->level, tile->width);
    }
    room = lh_buf_reserve(out, len);
    if (room == NULL) {
        return lh_buf_check(out, err);
    }
    for (unsigned i = 0; i < tile->width; i++) {
        uint64_t index = tile->index * LH_TILE_WIDTH + i;
        struct lh_hash hash;
        enum lh_code rc = source->node(source->arg, &hash, 8 * tile->level, index, err);

        if (rc != LH_OK) {
            return lh_err_wrap(err, rc, "tree node %" PRIu64 " of level %u", index,
                               8 * tile->level);
        }
        memcpy(room + (size_t)i * LH_HASH_SIZE, hash.bytes, LH_HASH_SIZE);
    }
    out->len += len;
    out->data[out->len] = 0;
    return LH_OK;
}

enum lh_code lh_tile_add_entry(struct lh_buf *out, struct lh_bytes leaf, struct lh_err *err)
{
    if (leaf.len > LH_TILE_ENTRY_MAX) {
        return lh_err_set(err, LH_ERR_LIMIT, "a leaf of %zu bytes: a tile takes at most %d",
                          leaf.len, LH_TILE_ENTRY_MAX);
    }
    lh_buf_add_u16(out, (uint16_t)leaf.len);
    lh_buf_add(out, leaf);
    return lh_buf_check(out, err);
}
