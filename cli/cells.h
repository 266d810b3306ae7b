#ifndef LH_CLI_CELLS_H
#define LH_CLI_CELLS_H

/* The columns that rows of a trail can have, in tables, CSV and NDJSON alike, and which are asked
 * for. */

#include "cli/proven.h"
#include "cli/render.h"

enum lh_cell {
    LH_CELL_ENTRY,
    LH_CELL_TYPE,
    LH_CELL_EVENT_TIME,
    LH_CELL_RECORDED_AT,
    LH_CELL_STAFF,
    LH_CELL_UNIT,
    LH_CELL_SYSTEM,
    LH_CELL_ITEM,
    LH_CELL_CASE,
    LH_CELL_EXCHANGE,
    LH_CELL_COUNTERPARTY,
    LH_CELL_PURPOSE,
    LH_CELL_LEGAL_BASIS,
    LH_CELL_OUTCOME,
    LH_CELL_RESULT_COUNT,
    LH_CELL_COUNT,
};

/* Columns in the order in which they are shown. */
struct lh_cells {
    size_t count;
    enum lh_cell list[LH_CELL_COUNT];
};

#define LH_CELLS_OPTION                                                                            \
    {                                                                                              \
        "columns", 0, "LIST",                                                                      \
        {                                                                                          \
            "which columns: item,purpose or +unit,-case",                                          \
                "显示哪些列: item,purpose 或 +unit,-case"                                    \
        }                                                                                          \
    }

/**
 * Change `cells` as --columns says: "item,purpose" are all of them, "+unit,-case" is the difference
 * to what is in there. LH_ERR_INVALID names the columns there are.
 */
enum lh_code lh_cells_choose(struct lh_cells *cells, const char *list,
                             struct lh_err *err) LH_MUST_CHECK;
/** The name of a column, as --columns, CSV and NDJSON have it. */
const char *lh_cell_name(enum lh_cell cell);
/** Its place in a table. */
struct lh_column lh_cell_column(enum lh_cell cell);

enum lh_cell_form {
    LH_CELL_EXACT, /* CSV, NDJSON: UTC, English, whole numbers */
    LH_CELL_PIPE,  /* for people, all of it */
    LH_CELL_TABLE, /* for people, long numbers cut visibly and times to the second */
};
/** Append the text of a cell; nothing where the row has no such thing. */
void lh_cell_add(struct lh_buf *out, enum lh_cell cell, const struct lh_item *item,
                 enum lh_cell_form form, enum lh_lang lang);

#endif
