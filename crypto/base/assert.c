#include "crypto/base/assert.h"

#include <stdio.h>
#include <stdlib.h>

noreturn void lh_assert_failed(const char *what, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, what);
    abort();
}
