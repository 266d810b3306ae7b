#ifndef LH_LEDGER_CANON_INTERNAL_H
#define LH_LEDGER_CANON_INTERNAL_H

/*
 * What reader and writer of canonical bytes know about each field, laid out once by the compiler
 * from nanopb's own lists of fields: its iterator unpacks the same facts anew at every step, which
 * was a sixth of a replay.
 */

#include "crypto/base/assert.h"

#include <pb.h>
#include <stdint.h>

enum lh_canon_kind {
    LH_CANON_SINGULAR,
    LH_CANON_OPTIONAL, /* a bool at size_offset says whether it is there */
    LH_CANON_REPEATED, /* a pb_size_t at size_offset counts its items */
    LH_CANON_ONEOF,    /* a pb_size_t at size_offset holds the tag of the member that is there */
};

enum lh_canon_value {
    LH_CANON_NUMBER, /* enums too: uint32_t or uint64_t, by data_size */
    LH_CANON_TEXT,   /* ends with a NUL within data_size */
    LH_CANON_BYTES,  /* pb_bytes_array_t */
    LH_CANON_FIXED,  /* data_size bytes */
    LH_CANON_MESSAGE,
};

/* Offsets count from the start of the message's struct. */
struct lh_canon_field {
    uint16_t tag;
    uint8_t kind;        /* enum lh_canon_kind */
    uint8_t value;       /* enum lh_canon_value */
    uint16_t offset;     /* of its first item */
    uint16_t data_size;  /* of one item */
    uint16_t array_size; /* items that there is room for */
    uint16_t size_offset;
    uint16_t message; /* of a message: its index in the table */
};

struct lh_canon_message {
    const pb_msgdesc_t *desc;
    const struct lh_canon_field *fields; /* by rising tag; a oneof stands last */
    size_t field_count;
};

/** The fields of the message that `desc` describes. Every message of specs/proto has them. */
const struct lh_canon_message *lh_canon_message_of(const pb_msgdesc_t *desc);
/** The fields of the messages in a field of kind LH_CANON_MESSAGE. */
const struct lh_canon_message *lh_canon_message_in(const struct lh_canon_field *field);
/** How many items of the field are written, as far as the counters in its message say. */
size_t lh_canon_count(const struct lh_canon_field *field, const uint8_t *message);

#endif
