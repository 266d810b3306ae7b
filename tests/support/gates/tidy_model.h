/*
 * What clang-tidy is told of the functions that it cannot see into, because they live in another
 * file: lh_err_set and lh_err_wrap return the code they were given. Without it every `return
 * lh_err_set(...)` might, for all it knows, have returned LH_OK with the outputs unwritten.
 * tidy.sh puts this file before each that it judges; no compiler ever sees it.
 */
#ifndef LH_TIDY_MODEL_H
#define LH_TIDY_MODEL_H

#include "crypto/base/err.h"

static inline enum lh_code lh_model_code(enum lh_code code)
{
    return code;
}

#define lh_err_set(err, code, ...) ((void)lh_err_set(err, code, __VA_ARGS__), lh_model_code(code))
#define lh_err_wrap(err, code, ...) ((void)lh_err_wrap(err, code, __VA_ARGS__), lh_model_code(code))

#endif
