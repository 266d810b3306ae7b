#include "node/notify.h"

#include "crypto/base/bytes.h"
#include "crypto/text.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void lh_notify(const char *format, ...)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    char message[512];
    va_list args;
    int len;
    int fd;

    if (path == NULL || (path[0] != '/' && path[0] != '@') ||
        strlen(path) >= sizeof address.sun_path) {
        return;
    }
    va_start(args, format);
    len = vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof message) {
        return;
    }
    memcpy(address.sun_path, path, strlen(path));
    if (path[0] == '@') {
        address.sun_path[0] = '\0'; /* abstract */
    }
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return;
    }
    (void)sendto(fd, message, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT,
                 (const struct sockaddr *)&address,
                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
    (void)close(fd);
}

static bool read_decimal(uint64_t *out, const char *name)
{
    const char *text = getenv(name);

    return text != NULL && lh_decimal_parse(out, lh_bytes_of_text(text), NULL) == LH_OK;
}

int64_t lh_notify_watchdog_ms(void)
{
    uint64_t usec;
    uint64_t pid;

    if (!read_decimal(&usec, "WATCHDOG_USEC") || usec < 2000) {
        return 0;
    }
    if (read_decimal(&pid, "WATCHDOG_PID") && pid != (uint64_t)getpid()) {
        return 0;
    }
    return (int64_t)(usec / 2000);
}
