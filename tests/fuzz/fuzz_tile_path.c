/* Paths that a reader of our tiles asks for: what is parsed is the only path of its tile. */
#include "ledger/tile.h"

#include "crypto/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lh_bytes path = lh_bytes_of(data, size);
    char again[LH_TILE_PATH_MAX + 1];
    struct lh_tile tile;

    if (lh_tile_path_parse(&tile, path, NULL) == LH_OK) {
        lh_tile_path_format(again, &tile);
        lh_assert(lh_bytes_is_equal(lh_bytes_of_text(again), path));
        lh_assert(!lh_tile_exists(&tile, 0));
    }
    return 0;
}
