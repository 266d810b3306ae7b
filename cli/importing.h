#ifndef LH_CLI_IMPORTING_H
#define LH_CLI_IMPORTING_H

/*
 * Taking tables, or events that are ready as JSON, in as events of before the ledger.
 *
 *  1. Every file is read whole and judged before anything is handed in: a damaged file records
 *     nothing.
 *  2. Events are handed in by their time, a case before its steps, equal times in the order of the
 *     files. Steps are numbered from 1 within their case in that order; a rejected record counts
 *     when its time and case can be read.
 *  3. Receipts are proven before they are saved; one that fails ends the run.
 *  4. What is in the ledger already is a duplicate, so a run that was cut off is simply repeated.
 */

#include "cli/mapping.h"
#include "cli/progress.h"
#include "cli/rejects.h"
#include "cli/results.h"
#include "ledger/entry.h"

enum {
    LH_IMPORT_EVENTS_MAX = 4 * 1000 * 1000,
    LH_IMPORT_BATCH_MAX = 1000,         /* events in one request */
    LH_IMPORT_RECEIPTS_BATCH_MAX = 100, /* the same where receipts come back */
};

struct lh_importing {
    struct lh_cli *cli;
    struct lh_mapping *mapping;           /* borrowed; NULL: events as they are, JSON only */
    const struct lh_mapping_scope *scope; /* borrowed */
    bool (*is_stopped)(void *arg);        /* asked between requests; NULL: never */
    void *stop_arg;
    struct lh_results *results; /* borrowed: proves and saves receipts; NULL: none are asked for */

    size_t file_count;
    struct lh_rejects files[LH_ARGS_MAX];

    size_t good_count;  /* events to hand in */
    size_t event_count; /* and rejected ones */
    size_t event_room;
    struct lh_import_event *events;
    struct lh_buf texts; /* their JSON */
    json_t *cases;       /* hex -> number, from 0 */
    json_t *staff;       /* hex -> true */
    lhpb_Body *body;     /* for judging one */

    uint64_t row_count;
    uint64_t recorded;
    uint64_t journaled; /* of the recorded ones: on disk, sealed later */
    uint64_t duplicate;
};

enum lh_code lh_importing_init(struct lh_importing *importing, struct lh_cli *cli,
                               LH_KEEPS struct lh_mapping *mapping, /* may be NULL */
                               LH_KEEPS const struct lh_mapping_scope *scope,
                               struct lh_err *err) LH_MUST_CHECK;
void lh_importing_clear(struct lh_importing *importing);
/** Read a CSV table. LH_ERR_INVALID, LH_ERR_IO, LH_ERR_LIMIT; a bad record is only rejected. */
enum lh_code lh_importing_read_csv(struct lh_importing *importing, LH_KEEPS const char *path,
                                   struct lh_err *err) LH_MUST_CHECK;
/**
 * Read one JSON object a line: events in the form of POST /v1/events or, under a map, records whose
 * columns are the members' names, "a.b" within an object "a". Errors as for a table.
 */
enum lh_code lh_importing_read_ndjson(struct lh_importing *importing, LH_KEEPS const char *path,
                                      struct lh_err *err) LH_MUST_CHECK;
/** Hand all of it in. LH_AGAIN: is_stopped said so. What was recorded until then stays. */
enum lh_code lh_importing_post(struct lh_importing *importing, struct lh_progress *progress,
                               struct lh_err *err) LH_MUST_CHECK;
uint64_t lh_importing_rejected(const struct lh_importing *importing);

#endif
