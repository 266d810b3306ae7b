#include "cli/render.h"

#include "crypto/base/assert.h"

#include <errno.h>
#include <libsmartcols/libsmartcols.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct lh_view {
    const struct lh_column *columns;
    size_t column_count;
    size_t row_count;
    size_t row_room;
    char **cells; /* row_count * column_count; NULL: empty */
};

/* ---- safe text ---- */

/* Length of the UTF-8 character at the start, its number into *out; 0 if it is none. */
static size_t take_character(struct lh_bytes text, uint32_t *out)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    uint8_t first = text.data[0];
    size_t len = first < 0x80         ? 1
                 : (first >> 5) == 6  ? 2
                 : (first >> 4) == 14 ? 3
                 : (first >> 3) == 30 ? 4
                                      : 0;
    uint32_t value = len == 1 ? first : (uint32_t)(first & (0xff >> (len + 1)));

    if (len == 0 || len > text.len) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((text.data[i] & 0xc0) != 0x80) {
            return 0;
        }
        value = (value << 6) | (text.data[i] & 0x3f);
    }
    if (value < least[len] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
        return 0;
    }
    *out = value;
    return len;
}

static bool is_tricky(uint32_t character)
{
    return character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0xad ||
           character == 0x61c || (character >= 0x200b && character <= 0x200f) ||
           (character >= 0x2028 && character <= 0x202e) ||
           (character >= 0x2060 && character <= 0x206f) || character == 0xfeff ||
           (character >= 0xfff9 && character <= 0xfffb) ||
           (character >= 0xe0000 && character <= 0xe007f);
}

void lh_render_add_safe(struct lh_buf *out, struct lh_bytes text)
{
    while (text.len > 0) {
        uint32_t character = 0;
        size_t len = take_character(text, &character);

        if (len == 0) {
            lh_buf_add_format(out, "\\x%02x", (unsigned)text.data[0]);
            len = 1;
        } else if (is_tricky(character)) {
            lh_buf_add_format(out, "\\u{%x}", (unsigned)character);
        } else {
            lh_buf_add(out, lh_bytes_of(text.data, len));
        }
        text.data += len;
        text.len -= len;
    }
}

void lh_render_add_csv(struct lh_buf *out, const char *text)
{
    bool is_formula = text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;

    if (!is_formula && strpbrk(text, ",\"\r\n") == NULL) {
        lh_buf_add_text(out, text);
        return;
    }
    lh_buf_add_u8(out, '"');
    if (is_formula) {
        lh_buf_add_u8(out, '\'');
    }
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"') {
            lh_buf_add_u8(out, '"');
        }
        lh_buf_add_u8(out, (uint8_t)*at);
    }
    lh_buf_add_u8(out, '"');
}

/* ---- pager ---- */

static size_t terminal_lines(const struct lh_cli *cli)
{
    struct winsize size;

    return ioctl(fileno(cli->out), TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
}

static size_t terminal_columns(const struct lh_cli *cli)
{
    struct winsize size;

    if (!cli->is_tty) {
        return 132;
    }
    return ioctl(fileno(cli->out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* The pager's command line; NULL: none. */
static const char *pager_command(const struct lh_cli *cli, struct lh_bytes text)
{
    const char *pager = getenv("LIUHEN_PAGER");
    size_t lines = 0;

    if (cli->no_pager || cli->json || !cli->is_tty) {
        return NULL;
    }
    for (size_t i = 0; i < text.len; i++) {
        lines += text.data[i] == '\n';
    }
    if (lines < terminal_lines(cli)) {
        return NULL;
    }
    pager = pager != NULL ? pager : getenv("PAGER");
    pager = pager != NULL ? pager : "less -FRSX";
    return pager[0] == '\0' || strcmp(pager, "cat") == 0 ? NULL : pager;
}

static void run_pager(const char *command, int input)
{
    (void)setenv("LESSCHARSET", "utf-8", 0);
    if (dup2(input, STDIN_FILENO) >= 0) {
        (void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    }
    _exit(127);
}

static void feed(int fd, struct lh_bytes text)
{
    while (text.len > 0) {
        ssize_t done = write(fd, text.data, text.len);

        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            return; /* the reader has seen enough */
        }
        text.data += done;
        text.len -= (size_t)done;
    }
}

static bool page(const char *command, struct lh_bytes text)
{
    int ends[2];
    int status = 0;
    pid_t child;

    if (pipe(ends) != 0) {
        return false;
    }
    child = fork();
    if (child == 0) {
        (void)close(ends[1]);
        run_pager(command, ends[0]);
    }
    (void)close(ends[0]);
    if (child > 0) {
        (void)signal(SIGPIPE, SIG_IGN);
        feed(ends[1], text);
    }
    (void)close(ends[1]);
    if (child > 0) {
        (void)waitpid(child, &status, 0);
        (void)signal(SIGPIPE, SIG_DFL);
    }
    return child > 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == 127);
}

enum lh_code lh_render_page(const struct lh_cli *cli, struct lh_bytes text, struct lh_err *err)
{
    const char *command = pager_command(cli, text);

    if (fflush(cli->out) == 0 && command != NULL && page(command, text)) {
        return LH_OK;
    }
    if (text.len > 0 && fwrite(text.data, 1, text.len, cli->out) != text.len) {
        return lh_err_set(err, LH_ERR_IO, "writing the answer: %s", strerror(errno));
    }
    return LH_OK;
}

/* ---- tables ---- */

enum lh_code lh_view_new(struct lh_view **out, const struct lh_column *columns, size_t column_count,
                         struct lh_err *err)
{
    struct lh_view *view = calloc(1, sizeof *view);

    lh_assert(column_count > 0);
    lh_assert(column_count <= LH_TABLE_COLUMNS_MAX);
    if (view == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    view->columns = columns;
    view->column_count = column_count;
    *out = view;
    return LH_OK;
}

void lh_view_free(struct lh_view *view)
{
    if (view == NULL) {
        return;
    }
    for (size_t i = 0; i < view->row_count * view->column_count; i++) {
        free(view->cells[i]);
    }
    free(view->cells);
    free(view);
}

enum lh_code lh_view_add_row(struct lh_view *view, struct lh_err *err)
{
    if (view->row_count == view->row_room) {
        size_t room = view->row_room == 0 ? 32 : view->row_room * 2;
        char **cells = realloc(view->cells, room * view->column_count * sizeof *cells);

        if (cells == NULL) {
            return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
        }
        view->cells = cells;
        view->row_room = room;
    }
    for (size_t i = 0; i < view->column_count; i++) {
        view->cells[view->row_count * view->column_count + i] = NULL;
    }
    view->row_count++;
    return LH_OK;
}

enum lh_code lh_view_set(struct lh_view *view, size_t column, const char *text, struct lh_err *err)
{
    struct lh_buf safe = LH_BUF_EMPTY;
    char **cell;
    char *copy;

    lh_assert(view->row_count > 0);
    lh_assert(column < view->column_count);
    lh_render_add_safe(&safe, lh_bytes_of_text(text));
    copy = strdup(lh_buf_text(&safe));
    if (copy == NULL || safe.failed) {
        free(copy);
        lh_buf_clear(&safe);
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    lh_buf_clear(&safe);
    cell = &view->cells[(view->row_count - 1) * view->column_count + column];
    free(*cell);
    *cell = copy;
    return LH_OK;
}

static const char *cell_at(const struct lh_view *view, size_t row, size_t column)
{
    const char *text = view->cells[row * view->column_count + column];

    return text != NULL ? text : "";
}

static void add_plain(struct lh_buf *out, const struct lh_view *view)
{
    for (size_t row = 0; row < view->row_count; row++) {
        for (size_t column = 0; column < view->column_count; column++) {
            lh_buf_add_format(out, "%s%s", column > 0 ? "\t" : "", cell_at(view, row, column));
        }
        lh_buf_add_u8(out, '\n');
    }
}

static bool fill_table(struct libscols_table *table, const struct lh_view *view,
                       const struct lh_cli *cli)
{
    for (size_t i = 0; i < view->column_count; i++) {
        const struct lh_column *column = &view->columns[i];
        int flags =
            (column->is_right ? SCOLS_FL_RIGHT : 0) | (column->may_wrap ? SCOLS_FL_WRAP : 0);

        if (scols_table_new_column(table, lh_words_in(&column->title, cli->lang), 0, flags) ==
            NULL) {
            return false;
        }
    }
    for (size_t row = 0; row < view->row_count; row++) {
        struct libscols_line *line = scols_table_new_line(table, NULL);

        if (line == NULL) {
            return false;
        }
        for (size_t i = 0; i < view->column_count; i++) {
            if (scols_line_set_data(line, i, cell_at(view, row, i)) != 0) {
                return false;
            }
        }
    }
    return true;
}

enum lh_code lh_view_add_table(struct lh_buf *out, const struct lh_view *view,
                               const struct lh_cli *cli, size_t columns, struct lh_err *err)
{
    struct libscols_table *table;
    char *text = NULL;
    enum lh_code rc = LH_ERR_NOMEM;

    if (view->row_count == 0) {
        return LH_OK;
    }
    table = scols_new_table();

    if (table != NULL && fill_table(table, view, cli)) {
        (void)scols_table_enable_colors(table, 0);
        (void)scols_table_set_termforce(table, SCOLS_TERMFORCE_ALWAYS);
        (void)scols_table_set_termwidth(table, columns);
        if (scols_print_table_to_string(table, &text) == 0 && text != NULL) {
            lh_buf_add_text(out, text);
            lh_buf_add_text(out, text[0] != '\0' ? "\n" : "");
            rc = LH_OK;
        }
    }
    free(text);
    scols_unref_table(table);
    return rc == LH_OK ? lh_buf_check(out, err) : lh_err_set(err, rc, "out of memory");
}

enum lh_code lh_view_print(const struct lh_view *view, const struct lh_cli *cli, struct lh_err *err)
{
    struct lh_buf text = LH_BUF_EMPTY;
    enum lh_code rc;

    if (view->row_count == 0) {
        return LH_OK;
    }
    if (cli->is_table) {
        rc = lh_view_add_table(&text, view, cli, terminal_columns(cli), err);
    } else {
        add_plain(&text, view);
        rc = lh_buf_check(&text, err);
    }
    if (rc == LH_OK) {
        rc = lh_render_page(cli, lh_buf_bytes(&text), err);
    }
    lh_buf_clear(&text);
    return rc;
}
