#ifndef LH_TESTS_FAIL_ALLOC_H
#define LH_TESTS_FAIL_ALLOC_H

/*
 * Memory that runs out when a test wants it to. Our own calls are caught by the linker
 * (-Wl,--wrap=malloc and so on, see tests/property/CMakeLists.txt), those of OpenSSL by
 * CRYPTO_set_mem_functions; other libraries always get their memory. For one thread.
 */

#include <stdbool.h>
#include <stddef.h>

enum fail_alloc_whose { FAIL_ALLOC_OURS, FAIL_ALLOC_OPENSSL };

/** Once, before OpenSSL has allocated anything. */
void fail_alloc_install(void);
/** The n-th allocation from now (1: the next) fails; with `lasting` all after it do too. */
void fail_alloc_arm(enum fail_alloc_whose whose, size_t n, bool lasting);
/** No more failures. Has one happened? */
bool fail_alloc_disarm(void);
/** Blocks that were allocated and not yet freed. */
size_t fail_alloc_live(enum fail_alloc_whose whose);

#endif
