/*
 * What a simulated city must not ask the machine it runs on: the linker sends these calls of our
 * code here (--wrap), and here they end the run.
 */
#include <stdlib.h>
#include <sys/types.h>
#include <time.h>

time_t __wrap_time(time_t *out);
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_nanosleep(const struct timespec *want, struct timespec *rest);
ssize_t __wrap_getrandom(void *out, size_t len, unsigned flags);
int __wrap_rand(void);
int __wrap_socket(int domain, int type, int protocol);

time_t __wrap_time(time_t *out)
{
    (void)out;
    abort();
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
    (void)clock;
    (void)out;
    abort();
}

int __wrap_nanosleep(const struct timespec *want, struct timespec *rest)
{
    (void)want;
    (void)rest;
    abort();
}

ssize_t __wrap_getrandom(void *out, size_t len, unsigned flags)
{
    (void)out;
    (void)len;
    (void)flags;
    abort();
}

int __wrap_rand(void)
{
    abort();
}

int __wrap_socket(int domain, int type, int protocol)
{
    (void)domain;
    (void)type;
    (void)protocol;
    abort();
}
