#ifndef LH_TESTS_FUZZ_FILE_H
#define LH_TESTS_FUZZ_FILE_H

/* A file that holds what a fuzz target was given, for decoders that open their input by path. */

#include "crypto/base/bytes.h"

/** Its path, until the next call. One file for each process and `slot`; removed at its end. */
const char *fuzz_file(unsigned slot, struct lh_bytes content);

enum { FUZZ_FILE_SLOTS = 2 };

#endif
