#include "cli/screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#define ENTER "\x1b[?1049h\x1b[?25l" /* another screen, no cursor */
#define LEAVE "\x1b[?25h\x1b[?1049l"
#define HOME "\x1b[H"
#define LINE_END "\x1b[K"
#define BELOW "\x1b[J"

struct lh_screen {
    const struct lh_cli *cli;
    sigset_t mask_before;
    int signal_fd;
    bool has_keys; /* standard input is the terminal's keyboard */
    struct termios keys_before;
};

/* ---- how wide text is ---- */

/* Unicode's wide and fullwidth ranges (UAX 11), of scripts that people write names in. */
static bool is_wide(uint32_t character)
{
    static const uint32_t ranges[][2] = {
        { 0x1100, 0x115f },   { 0x2e80, 0x303e },   { 0x3041, 0xa4cf }, { 0xac00, 0xd7a3 },
        { 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },   { 0xff00, 0xff60 }, { 0xffe0, 0xffe6 },
        { 0x1f300, 0x1faff }, { 0x20000, 0x3fffd },
    };

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (character >= ranges[i][0] && character <= ranges[i][1]) {
            return true;
        }
    }
    return false;
}

/* Cut the first character off `rest`: its bytes, and the columns that it takes. */
static struct lh_bytes take_character(struct lh_bytes *rest, size_t *out_columns)
{
    uint8_t first = rest->data[0];
    size_t len = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint32_t value = len == 1 ? first : (uint32_t)(first & (0xff >> (len + 1)));
    struct lh_bytes character;

    len = len < rest->len ? len : rest->len;
    for (size_t i = 1; i < len; i++) {
        value = (value << 6) | (rest->data[i] & 0x3f);
    }
    character = lh_bytes_of(rest->data, len);
    *rest = lh_bytes_of(rest->data + len, rest->len - len);
    *out_columns = is_wide(value) ? 2 : value >= 0x300 && value < 0x370 ? 0 : 1;
    return character;
}

size_t lh_screen_width(struct lh_bytes text)
{
    size_t width = 0;
    size_t columns;

    while (text.len > 0) {
        (void)take_character(&text, &columns);
        width += columns;
    }
    return width;
}

void lh_screen_add_cut(struct lh_buf *out, struct lh_bytes text, size_t columns)
{
    size_t room = columns;
    size_t wide;

    if (lh_screen_width(text) <= columns) {
        lh_buf_add(out, text);
        return;
    }
    while (text.len > 0 && room > 0) {
        struct lh_bytes character = take_character(&text, &wide);

        if (wide + 1 > room) {
            break; /* the ellipsis needs a column */
        }
        lh_buf_add(out, character);
        room -= wide;
    }
    lh_buf_add_text(out, columns > 0 ? "…" : "");
}

/* ---- the terminal ---- */

static void say(const struct lh_screen *screen, const char *sequence)
{
    (void)fputs(sequence, screen->cli->out);
    (void)fflush(screen->cli->out);
}

/* Keys are neither shown nor waited for by the line. */
static void enter(struct lh_screen *screen)
{
    struct termios keys;

    screen->has_keys = tcgetattr(STDIN_FILENO, &screen->keys_before) == 0;
    if (screen->has_keys) {
        keys = screen->keys_before;
        keys.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
        (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &keys);
    }
    say(screen, ENTER);
}

static void leave(struct lh_screen *screen)
{
    say(screen, LEAVE);
    if (screen->has_keys) {
        (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &screen->keys_before);
    }
}

enum lh_code lh_screen_open(struct lh_screen **out, const struct lh_cli *cli, struct lh_err *err)
{
    static const int heard[] = { SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGWINCH };
    struct lh_screen *screen = calloc(1, sizeof *screen);
    sigset_t mask;

    *out = NULL;
    if (screen == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    screen->cli = cli;
    (void)sigemptyset(&mask);
    for (size_t i = 0; i < sizeof heard / sizeof heard[0]; i++) {
        (void)sigaddset(&mask, heard[i]);
    }
    (void)sigprocmask(SIG_BLOCK, &mask, &screen->mask_before);
    screen->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC);
    if (screen->signal_fd < 0) {
        (void)lh_err_set(err, LH_ERR_IO, "hearing signals: %s", strerror(errno));
        (void)sigprocmask(SIG_SETMASK, &screen->mask_before, NULL);
        free(screen);
        return LH_ERR_IO;
    }
    enter(screen);
    *out = screen;
    return LH_OK;
}

void lh_screen_close(struct lh_screen *screen)
{
    if (screen != NULL) {
        leave(screen);
        (void)close(screen->signal_fd);
        (void)sigprocmask(SIG_SETMASK, &screen->mask_before, NULL);
        free(screen);
    }
}

void lh_screen_size(const struct lh_screen *screen, size_t *out_columns, size_t *out_rows)
{
    struct winsize size = { .ws_col = 0 };

    (void)ioctl(fileno(screen->cli->out), TIOCGWINSZ, &size);
    *out_columns = size.ws_col > 0 ? size.ws_col : 80;
    *out_rows = size.ws_row > 0 ? size.ws_row : 24;
}

void lh_screen_draw(const struct lh_screen *screen, struct lh_bytes lines)
{
    FILE *out = screen->cli->out;
    size_t columns;
    size_t rows;

    lh_screen_size(screen, &columns, &rows);
    (void)fputs(HOME, out);
    for (size_t row = 0; row < rows && lines.len > 0; row++) {
        const uint8_t *newline = memchr(lines.data, '\n', lines.len);
        size_t len = newline != NULL ? (size_t)(newline - lines.data) : lines.len;

        (void)fputs(row > 0 ? "\r\n" : "", out); /* behind the last row it would scroll */
        (void)fwrite(lines.data, 1, len, out);
        (void)fputs(LINE_END, out);
        len += newline != NULL ? 1 : 0;
        lines = lh_bytes_of(lines.data + len, lines.len - len);
    }
    (void)fputs(BELOW, out);
    (void)fflush(out);
}

/* Stopped, as ^Z asks for: the terminal is the shell's until we go on. */
static void stop(struct lh_screen *screen)
{
    leave(screen);
    (void)kill(getpid(), SIGSTOP);
    enter(screen);
}

static enum lh_screen_event take_signal(struct lh_screen *screen, int *out_signal)
{
    struct signalfd_siginfo info;

    if (read(screen->signal_fd, &info, sizeof info) != (ssize_t)sizeof info) {
        return LH_SCREEN_TIME;
    }
    if (info.ssi_signo == SIGTSTP) {
        stop(screen);
    }
    if (info.ssi_signo == SIGTSTP || info.ssi_signo == SIGWINCH) {
        return LH_SCREEN_TIME;
    }
    *out_signal = (int)info.ssi_signo;
    return LH_SCREEN_SIGNAL;
}

enum lh_screen_event lh_screen_wait(struct lh_screen *screen, int64_t ms, int *out_signal)
{
    struct pollfd ends[2] = { { .fd = screen->signal_fd, .events = POLLIN },
                              { .fd = STDIN_FILENO, .events = POLLIN } };
    char key = '\0';

    if (poll(ends, screen->has_keys ? 2 : 1, (int)ms) <= 0) {
        return LH_SCREEN_TIME;
    }
    if (ends[0].revents != 0) {
        return take_signal(screen, out_signal);
    }
    if (read(STDIN_FILENO, &key, 1) != 1) {
        screen->has_keys = false; /* nobody is there any more; a HUP follows */
    }
    return key == 'q' || key == 'Q' ? LH_SCREEN_QUIT : LH_SCREEN_TIME;
}
