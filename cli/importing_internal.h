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

#endif
