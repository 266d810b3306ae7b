#ifndef LH_BASE_ASSERT_H
#define LH_BASE_ASSERT_H

/*
 * lh_assert stays on in release builds and means: our own code is wrong; stop before something
 * false is written. It is never used on what came from a peer, a file or a person.
 */

#include <stdnoreturn.h>

noreturn void lh_assert_failed(const char *what, const char *file, int line);

#define lh_assert(condition)                                                                       \
    ((condition) ? (void)0 : lh_assert_failed(#condition, __FILE__, __LINE__))

#endif
