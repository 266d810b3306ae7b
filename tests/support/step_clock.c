/*
 * A node whose wall clock shows something else: the milliseconds in the file that LH_TEST_CLOCK
 * names are added to it, and read again each time. Linked in front of clock_gettime with --wrap, so
 * that no product source knows about it. See tests/system/CMakeLists.txt.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int __real_clock_gettime(clockid_t id, struct timespec *out);
int __wrap_clock_gettime(clockid_t id, struct timespec *out);

static long long read_offset_ms(void)
{
    const char *path = getenv("LH_TEST_CLOCK");
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    char text[32] = "";
    ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;

    if (fd >= 0) {
        (void)close(fd);
    }
    return got > 0 ? strtoll(text, NULL, 10) : 0;
}

int __wrap_clock_gettime(clockid_t id, struct timespec *out)
{
    int rc = __real_clock_gettime(id, out);

    if (rc == 0 && id == CLOCK_REALTIME) {
        out->tv_sec += (time_t)(read_offset_ms() / 1000);
    }
    return rc;
}
