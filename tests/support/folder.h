#ifndef LH_TESTS_FOLDER_H
#define LH_TESTS_FOLDER_H

/* A folder of a test's own, made below TMPDIR and removed with all that is in it. */

#include <stddef.h>

struct lh_folder {
    char path[256];
};

/** Failures abort: a test without a disk proves nothing. */
void lh_folder_make(struct lh_folder *folder);
void lh_folder_remove(const struct lh_folder *folder);
/** "<folder>/<name>" into `out`. */
void lh_folder_join(char *out, size_t size, const struct lh_folder *folder, const char *name);
/** Copy a folder and all in it to a place that does not exist yet. */
void lh_folder_copy(const char *from, const char *to);
/** Remove a folder and all in it; fine when there is none. */
void lh_folder_clear(const char *path);

#endif
