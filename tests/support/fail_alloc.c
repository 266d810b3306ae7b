#include "tests/support/fail_alloc.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the linker puts in the place of malloc and so on, and what it calls the real ones. */
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *block);
char *__wrap_strdup(const char *text);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *block);
char *__real_strdup(const char *text);

static struct {
    enum fail_alloc_whose whose;
    size_t left; /* allocations until the failure; 0: none asked for */
    bool is_lasting;
    bool has_failed;
    size_t live[2];
} fail;

static bool is_failing(enum fail_alloc_whose whose)
{
    if (fail.left == 0 || fail.whose != whose) {
        return false;
    }
    if (fail.left > 1) {
        fail.left--;
        return false;
    }
    fail.left = fail.is_lasting ? 1 : 0;
    fail.has_failed = true;
    return true;
}

static void *counted(enum fail_alloc_whose whose, void *block)
{
    fail.live[whose] += block != NULL ? 1 : 0;
    return block;
}

static void *resized(enum fail_alloc_whose whose, void *old, size_t size)
{
    if (is_failing(whose)) {
        return NULL;
    }
    void *block = __real_realloc(old, size);
    return old == NULL ? counted(whose, block) : block;
}

static void released(enum fail_alloc_whose whose, void *block)
{
    fail.live[whose] -= block != NULL ? 1 : 0;
    __real_free(block);
}

/* ---- ours ---- */

void *__wrap_malloc(size_t size)
{
    return is_failing(FAIL_ALLOC_OURS) ? NULL : counted(FAIL_ALLOC_OURS, __real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_failing(FAIL_ALLOC_OURS) ? NULL
                                       : counted(FAIL_ALLOC_OURS, __real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size)
{
    return resized(FAIL_ALLOC_OURS, old, size);
}

void __wrap_free(void *block)
{
    released(FAIL_ALLOC_OURS, block);
}

char *__wrap_strdup(const char *text)
{
    return is_failing(FAIL_ALLOC_OURS) ? NULL : counted(FAIL_ALLOC_OURS, __real_strdup(text));
}

/* ---- OpenSSL's ---- */

static void *openssl_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return is_failing(FAIL_ALLOC_OPENSSL) ? NULL : counted(FAIL_ALLOC_OPENSSL, __real_malloc(size));
}

static void *openssl_realloc(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    if (size == 0) {
        released(FAIL_ALLOC_OPENSSL, old);
        return NULL;
    }
    return resized(FAIL_ALLOC_OPENSSL, old, size);
}

static void openssl_free(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    released(FAIL_ALLOC_OPENSSL, block);
}

/* ---- what tests ask for ---- */

void fail_alloc_install(void)
{
    if (CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) != 1) {
        fprintf(stderr, "fail_alloc: OpenSSL has allocated before\n");
        abort();
    }
}

void fail_alloc_arm(enum fail_alloc_whose whose, size_t n, bool lasting)
{
    fail.whose = whose;
    fail.left = n;
    fail.is_lasting = lasting;
    fail.has_failed = false;
}

bool fail_alloc_disarm(void)
{
    fail.left = 0;
    return fail.has_failed;
}

size_t fail_alloc_live(enum fail_alloc_whose whose)
{
    return fail.live[whose];
}
