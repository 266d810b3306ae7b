#include "node/log.h"

#include "crypto/base/time.h"
#include "net/json_more.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const level_names[] = {
    [LH_LOG_ERROR] = "error",
    [LH_LOG_WARN] = "warn",
    [LH_LOG_INFO] = "info",
    [LH_LOG_DEBUG] = "debug",
};

/* syslog's numbers, as systemd reads them */
static const char *const level_prefixes[] = {
    [LH_LOG_ERROR] = "<3>",
    [LH_LOG_WARN] = "<4>",
    [LH_LOG_INFO] = "<6>",
    [LH_LOG_DEBUG] = "<7>",
};

void lh_log_init(struct lh_log *log, int fd)
{
    atomic_init(&log->level, LH_LOG_INFO);
    atomic_init(&log->format, LH_LOG_AUTO);
    log->fd = fd;
}

bool lh_log_is_on(struct lh_log *log, enum lh_log_level level)
{
    return (int)level <= atomic_load_explicit(&log->level, memory_order_relaxed);
}

/* Whatever came from outside must not make a second line or reach a terminal as a command. */
static void disarm(char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte < 0x20 || byte == 0x7f) {
            *text = '?';
        }
    }
}

static void put_line(const struct lh_log *log, const char *line, size_t len)
{
    (void)!write(log->fd, line, len);
}

static void put_json(const struct lh_log *log, enum lh_log_level level, const char *name,
                     const char *fields)
{
    struct lh_clock clock = lh_clock_system();
    struct lh_buf line = LH_BUF_EMPTY;
    struct lh_json json = lh_json_of(&line);

    lh_json_begin_object(&json, NULL);
    lh_json_add_time(&json, "time", clock.wall_unix_ms(clock.arg));
    lh_json_add_string(&json, "level", level_names[level]);
    lh_json_add_string(&json, "event", name);
    lh_json_add_string(&json, "fields", fields);
    lh_json_end_object(&json);
    lh_buf_add_u8(&line, '\n');
    if (lh_buf_check(&line, NULL) == LH_OK) {
        put_line(log, lh_buf_text(&line), line.len);
    }
    lh_buf_clear(&line);
}

void lh_log_write(struct lh_log *log, enum lh_log_level level, const char *name, const char *format,
                  ...)
{
    char fields[LH_LOG_LINE_MAX];
    char line[LH_LOG_LINE_MAX + 128];
    va_list args;
    int len;

    if (!lh_log_is_on(log, level)) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(fields, sizeof fields, format, args);
    va_end(args);
    disarm(fields);
    if (atomic_load_explicit(&log->format, memory_order_relaxed) == LH_LOG_JSON) {
        put_json(log, level, name, fields);
        return;
    }
    bool is_terminal = atomic_load_explicit(&log->format, memory_order_relaxed) == LH_LOG_TEXT ||
                       isatty(log->fd) == 1;
    len = snprintf(line, sizeof line, "%s%s%s%s\n", is_terminal ? "" : level_prefixes[level], name,
                   fields[0] != '\0' ? " " : "", fields);
    if (len > 0) {
        put_line(log, line, (size_t)len < sizeof line ? (size_t)len : sizeof line - 1);
    }
}
