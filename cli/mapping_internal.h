#ifndef LH_CLI_MAPPING_INTERNAL_H
#define LH_CLI_MAPPING_INTERNAL_H

/* A map as it was read. */

#include "cli/mapping.h"

enum {
    LH_MAPPING_MEMBERS_MAX = 48,
    LH_MAPPING_PIECES_MAX = 16,
    LH_MAPPING_TABLES_MAX = 16,
    LH_MAPPING_NAME_MAX = 48,
};

enum lh_mapping_shape {
    LH_SHAPE_TEXT,
    LH_SHAPE_NUMBER,
    LH_SHAPE_LIST, /* words with commas between them */
    LH_SHAPE_TIME,
    LH_SHAPE_STAFF,
    LH_SHAPE_CASE,
    LH_SHAPE_EXCHANGE,
};

/* "{column|fallback}", "{@case}", or text that stands for itself. */
struct lh_mapping_piece {
    enum { LH_PIECE_TEXT, LH_PIECE_COLUMN, LH_PIECE_CASE, LH_PIECE_STEP } kind;
    char *text;     /* or the column's name */
    char *fallback; /* of a column, NULL: none */
    size_t column;  /* once bound */
};

struct lh_mapping_member {
    char *name; /* "item", "detail.state" */
    enum lh_mapping_shape shape;
    unsigned line;
    size_t piece_count;
    struct lh_mapping_piece pieces[LH_MAPPING_PIECES_MAX];
    const json_t *codes; /* text -> code, borrowed from its table; NULL: none */
};

/* [row] or [case]. */
struct lh_mapping_part {
    unsigned line; /* 0: not there */
    size_t count;
    struct lh_mapping_member members[LH_MAPPING_MEMBERS_MAX];
};

/* [codes item] */
struct lh_mapping_table {
    char *name;
    unsigned line;
    bool is_used;
    json_t *codes;
};

struct lh_mapping {
    char *path;
    char name[LH_MAPPING_NAME_MAX + 1];
    bool is_plain;
    char *time_form;
    char zone[8];
    struct lh_mapping_part row;
    struct lh_mapping_part cases;
    size_t own_count; /* columns that its members name */
    struct lh_bytes own[LH_CSV_COLUMNS_MAX];
    size_t table_count;
    struct lh_mapping_table tables[LH_MAPPING_TABLES_MAX];
};

/** The member of that name, or NULL. */
const struct lh_mapping_member *lh_mapping_member_find(const struct lh_mapping_part *part,
                                                       const char *name);

#endif
