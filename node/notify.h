#ifndef LH_NODE_NOTIFY_H
#define LH_NODE_NOTIFY_H

/* Words to the service manager (sd_notify(3)), by hand: no library, nothing without a manager. */

#include "crypto/base/err.h"

#include <stdint.h>

/** Send "READY=1", "STOPPING=1\nSTATUS=..." and the like; nothing happens without NOTIFY_SOCKET. */
void lh_notify(const char *format, ...) LH_PRINTF(1, 2);
/** How often the watchdog wants a sign of life, halved; 0: no watchdog for this process. */
int64_t lh_notify_watchdog_ms(void);

#endif
