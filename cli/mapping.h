#ifndef LH_CLI_MAPPING_H
#define LH_CLI_MAPPING_H

/*
 * A map says how the records of a table become events: one event of each record ([row]) and, if the
 * map has that section, one for each case ([case]). What it may say is in man/liuhen-map.5.md.
 *
 *  1. The same record under the same map, network and salt is the same event, to the byte: that is
 *     how a second import finds everything recorded.
 *  2. Staff, cases and exchanges get their numbers by a hash over the network, the map's name and
 *     the texts, each with its length in front: two different texts never run together into one.
 *  3. Every event carries the flag imported.
 *  4. No value of the table stands in an error.
 */

#include "cli/csv.h"
#include "crypto/secret.h"
#include "crypto/suite.h"

#include <jansson.h>

struct lh_mapping;

enum { LH_MAPPING_SALT_SIZE = 32 };

/** Read a map. LH_ERR_INVALID begins with "PATH:LINE: "; LH_ERR_NOT_FOUND, LH_ERR_IO. */
enum lh_code lh_mapping_open(struct lh_mapping **out, const char *path,
                             struct lh_err *err) LH_MUST_CHECK;
void lh_mapping_close(struct lh_mapping *mapping);
/** Does it want a salt? */
bool lh_mapping_is_salted(const struct lh_mapping *mapping);
/** Does it make an event of each case? */
bool lh_mapping_has_cases(const struct lh_mapping *mapping);
/** Does it number the steps of a case ("step = {@step}")? */
bool lh_mapping_has_steps(const struct lh_mapping *mapping);
/** Find the columns it names in a table. LH_ERR_INVALID begins with "PATH:LINE: ". */
enum lh_code lh_mapping_bind(struct lh_mapping *mapping, const struct lh_csv_record *header,
                             struct lh_err *err) LH_MUST_CHECK;

/**
 * For records without a header of their own: bind to the columns that the map names, each once. The
 * header that is made is valid until close. LH_ERR_LIMIT: more than LH_CSV_COLUMNS_MAX of them.
 */
enum lh_code lh_mapping_bind_own(struct lh_mapping *mapping, struct lh_csv_record *out_header,
                                 struct lh_err *err) LH_MUST_CHECK;

/* What the numbers are hashed under. */
struct lh_mapping_scope {
    struct lh_suite *suite;
    struct lh_hash network_id;
    const struct lh_secret *salt; /* NULL: plain */
    const char *department;
};

enum { LH_MAPPED_NO_TIME = -1 };

/* Of a record that makes no event, time and case are there as far as they could be read. */
struct lh_mapped {
    json_t *event;        /* without step when the map numbers them; the caller lets go of it */
    int64_t time_unix_ms; /* or LH_MAPPED_NO_TIME */
    char case_id[33];     /* hex, "" when there is none */
    char staff[17];
};

/**
 * The event of a record that has as many fields as the header that was bound. LH_ERR_INVALID begins
 * with a JSON pointer: "/item: no code for this text in [codes item]".
 */
enum lh_code lh_mapping_row(const struct lh_mapping *mapping, struct lh_mapped *out,
                            const struct lh_mapping_scope *scope,
                            const struct lh_csv_record *record, struct lh_err *err) LH_MUST_CHECK;
/** The event of the case whose first record this is. */
enum lh_code lh_mapping_case(const struct lh_mapping *mapping, struct lh_mapped *out,
                             const struct lh_mapping_scope *scope,
                             const struct lh_csv_record *record, struct lh_err *err) LH_MUST_CHECK;

#endif
