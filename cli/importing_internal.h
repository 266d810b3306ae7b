#ifndef LH_CLI_IMPORTING_INTERNAL_H
#define LH_CLI_IMPORTING_INTERNAL_H

#include "cli/importing.h"

#define LH_IMPORT_NO_CASE UINT32_MAX

/*
 * An event that waits; its JSON stands in texts, without its step. A record that was rejected waits
 * too, with no text: it keeps its place among the steps of its case, so that mending it later
 * changes no other step.
 */
struct lh_import_event {
    int64_t time_unix_ms;
    uint64_t line;
    size_t offset;
    uint32_t len;     /* 0: rejected */
    uint32_t case_at; /* number of its case */
    uint16_t file;
    bool is_case;
    uint32_t step; /* 0: not numbered */
};

/** A file more; what is read from now on is of it. */
void lh_importing_begin_file(struct lh_importing *importing, const char *path);
/** Reject the record of that line when `rc` is LH_ERR_INVALID, which is no failure of the run. */
enum lh_code lh_importing_settle(struct lh_importing *importing, enum lh_code rc, uint64_t line,
                                 const struct lh_err *why, struct lh_err *err) LH_MUST_CHECK;
/** Judge an event and keep it, or the place of one that was rejected (mapped->event NULL). */
enum lh_code lh_importing_keep(struct lh_importing *importing, const struct lh_mapped *mapped,
                               const struct lh_import_event *place,
                               struct lh_err *err) LH_MUST_CHECK;
/** Count whom an event is by; "" is nobody. */
enum lh_code lh_importing_count_staff(struct lh_importing *importing, const char *staff,
                                      struct lh_err *err) LH_MUST_CHECK;
/** The number of a case; `*out_is_new` when it was not seen before. "" is LH_IMPORT_NO_CASE. */
enum lh_code lh_importing_count_case(struct lh_importing *importing, const char *case_id,
                                     uint32_t *out, bool *out_is_new,
                                     struct lh_err *err) LH_MUST_CHECK;
/** Map a record that has `column_count` columns under the map that is bound, and keep its events.
 */
enum lh_code lh_importing_add_record(struct lh_importing *importing,
                                     const struct lh_csv_record *record, size_t column_count,
                                     struct lh_err *err) LH_MUST_CHECK;

#endif
