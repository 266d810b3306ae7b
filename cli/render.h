#ifndef LH_CLI_RENDER_H
#define LH_CLI_RENDER_H

/*
 * Tables. On a terminal: columns as wide as they must be, Chinese characters counting two. Into a
 * pipe: no header, one record a line, TAB between the cells. What the ledger holds was written by
 * others, so control characters, text direction marks and invisible characters are shown by number.
 */

#include "cli/cli.h"

enum { LH_TABLE_COLUMNS_MAX = 16 };

struct lh_column {
    struct lh_words title;
    bool is_right; /* numbers */
    bool may_wrap; /* long text; other columns never break */
};

struct lh_view;

/** `columns` is borrowed until free. */
enum lh_code lh_view_new(struct lh_view **out, LH_KEEPS const struct lh_column *columns,
                         size_t column_count, struct lh_err *err) LH_MUST_CHECK;
void lh_view_free(struct lh_view *view);
/** Begin a row; its cells are empty. */
enum lh_code lh_view_add_row(struct lh_view *view, struct lh_err *err) LH_MUST_CHECK;
/** Set a cell of the last row (the text is copied and made safe). */
enum lh_code lh_view_set(struct lh_view *view, size_t column, const char *text,
                         struct lh_err *err) LH_MUST_CHECK;
/** Print it, through a pager if it is longer than the terminal. */
enum lh_code lh_view_print(const struct lh_view *view, const struct lh_cli *cli,
                           struct lh_err *err) LH_MUST_CHECK;

/** Append it as a table that is `columns` wide at most, its header included; nothing without rows.
 */
enum lh_code lh_view_add_table(struct lh_buf *out, const struct lh_view *view,
                               const struct lh_cli *cli, size_t columns,
                               struct lh_err *err) LH_MUST_CHECK;

/** Append text with everything that could play tricks on a terminal shown as \u{202e}. */
void lh_render_add_safe(struct lh_buf *out, struct lh_bytes text);
/** Write text to stdout, through a pager if it is longer than the terminal. */
enum lh_code lh_render_page(const struct lh_cli *cli, struct lh_bytes text,
                            struct lh_err *err) LH_MUST_CHECK;
/** A CSV cell (RFC 4180); one that a spreadsheet would compute gets an apostrophe in front. */
void lh_render_add_csv(struct lh_buf *out, const char *text);

#endif
