#ifndef LH_NODE_LOG_H
#define LH_NODE_LOG_H

/*
 * One event a line on stderr, its name first: `peer.refused addr=... reason="..."`.
 * error: a person must act; warn: we coped; info: state changed; debug: the rest.
 * Never an entry body, never a secret. Any thread may log; a line is one write.
 */

#include "crypto/base/attr.h"
#include "crypto/base/err.h"

#include <stdatomic.h>

enum lh_log_level { LH_LOG_ERROR, LH_LOG_WARN, LH_LOG_INFO, LH_LOG_DEBUG };
enum lh_log_format { LH_LOG_AUTO, LH_LOG_TEXT, LH_LOG_JSON };

struct lh_log {
    _Atomic int level; /* enum lh_log_level; may change while others log */
    _Atomic int format;
    int fd;
};

enum { LH_LOG_LINE_MAX = 1024 };

/** Log to `fd`. LH_LOG_AUTO puts systemd's `<n>` in front unless `fd` is a terminal. */
void lh_log_init(struct lh_log *log, int fd);
void lh_log_write(struct lh_log *log, enum lh_log_level level, const char *name, const char *format,
                  ...) LH_PRINTF(4, 5);
bool lh_log_is_on(struct lh_log *log, enum lh_log_level level);

#endif
