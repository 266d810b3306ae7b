#include "canon_oracle.h"

#include "ledger/canon.h"

#include <pb_decode.h>
#include <pb_encode.h>

#include <string.h>

bool lh_oracle_accepts(const pb_msgdesc_t *desc, void *out, struct lh_bytes bytes, uint8_t *room)
{
    pb_istream_t in = pb_istream_from_buffer(bytes.data, bytes.len);
    pb_ostream_t again = pb_ostream_from_buffer(room, bytes.len);

    return pb_decode(&in, desc, out) && pb_encode(&again, desc, out) &&
           again.bytes_written == bytes.len &&
           (bytes.len == 0 || memcmp(room, bytes.data, bytes.len) == 0) &&
           lh_canon_check(desc, out, NULL) == LH_OK;
}
