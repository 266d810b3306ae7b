#ifndef LH_CLI_SCREEN_H
#define LH_CLI_SCREEN_H

/*
 * A terminal's screen that is drawn again and again, with plain ANSI sequences, and how wide text
 * is on it.
 *
 *  1. What was on the screen before, its cursor and the settings of the keyboard come back when it
 *     is closed, and every signal that ends a program by its kindness (INT, TERM, HUP) leads there;
 *     so does TSTP, for as long as the program is stopped.
 *  2. Signals are heard in lh_screen_wait; until then they wait.
 */

#include "cli/cli.h"

struct lh_screen;

/** Take the terminal of cli->out, until lh_screen_close. LH_ERR_IO, LH_ERR_NOMEM: `out` is NULL. */
enum lh_code lh_screen_open(struct lh_screen **out, LH_KEEPS const struct lh_cli *cli,
                            struct lh_err *err) LH_MUST_CHECK;
/** NULL: nothing. */
void lh_screen_close(struct lh_screen *screen);
/** How much there is room for; 80 times 24 where nobody says it. */
void lh_screen_size(const struct lh_screen *screen, size_t *out_columns, size_t *out_rows);
/** Draw lines, each ended by a newline and no wider than the screen: as many as it has rows. */
void lh_screen_draw(const struct lh_screen *screen, struct lh_bytes lines);

enum lh_screen_event {
    LH_SCREEN_TIME,  /* it is up, or there is another reason to draw again */
    LH_SCREEN_QUIT,  /* somebody pressed q */
    LH_SCREEN_SIGNAL /* that ends programs */
};
/** Wait for so long at most. `out_signal`: which. */
enum lh_screen_event lh_screen_wait(struct lh_screen *screen, int64_t ms, int *out_signal);

/** Columns that text (UTF-8 without control characters) takes on a terminal: Chinese, Japanese and
 * Korean characters take two. */
size_t lh_screen_width(struct lh_bytes text);
/** Append text, cut to `columns` with an ellipsis where it is wider; a character is never halved.
 */
void lh_screen_add_cut(struct lh_buf *out, struct lh_bytes text, size_t columns);

#endif
