#ifndef LH_LEDGER_ORIGIN_H
#define LH_LEDGER_ORIGIN_H

/*
 * Names. A ledger generation is `<network>/<department>/<generation>` ("jinhua/gaj/1"), an entry
 * `<department>/<generation>/<index>` ("gaj/1/18234"). Codes are 1-32 of [a-z0-9-], not starting or
 * ending with '-'; numbers are canonical decimals; generations count from 1.
 */

#include "crypto/base/buf.h"

enum { LH_CODE_MAX = 32, LH_ORIGIN_MAX = 128 };

struct lh_origin {
    char network[LH_CODE_MAX + 1];
    char department[LH_CODE_MAX + 1];
    uint32_t generation;
};

struct lh_entry_name {
    char department[LH_CODE_MAX + 1];
    uint32_t generation;
    uint64_t index;
};

bool lh_code_is_valid(struct lh_bytes code);
enum lh_code lh_origin_parse(struct lh_origin *out, struct lh_bytes text,
                             struct lh_err *err) LH_MUST_CHECK;
void lh_origin_format(char out[LH_ORIGIN_MAX + 1], const struct lh_origin *origin);
enum lh_code lh_entry_name_parse(struct lh_entry_name *out, struct lh_bytes text,
                                 struct lh_err *err) LH_MUST_CHECK;
void lh_entry_name_format(char out[LH_ORIGIN_MAX + 1], const struct lh_entry_name *name);

#endif
