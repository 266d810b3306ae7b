/*
 * A main for a fuzz target in a build without libFuzzer: feed it every file named on the command
 * line, and every file of every directory named there, once each.
 *
 * The input is a heap block of exactly the file's size, so that a sanitizer sees a read past it.
 * A directory without files is a failure: a corpus that went missing must not pass for a clean one.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int fail(const char *path, const char *what)
{
    fprintf(stderr, "%s: %s\n", path, what);
    return -1;
}

/* Returns 0, or -1 after saying why. */
static int feed_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    int rc = -1;

    if (file == NULL) {
        return fail(path, strerror(errno));
    }
    data = malloc(size > 0 ? size : 1);
    if (data == NULL) {
        fail(path, "out of memory");
        goto out;
    }
    if (fread(data, 1, size, file) != size) {
        fail(path, "cannot read all of it");
        goto out;
    }
    if (size == 0) { /* the smallest block there is still has a byte: give none of it away */
        free(data);
        data = NULL;
    }
    (void)LLVMFuzzerTestOneInput(data, size);
    rc = 0;
out:
    free(data);
    (void)fclose(file);
    return rc;
}

/* Feeds a file or the files of a directory (not deeper). Returns how many were fed, or -1. */
static long feed_path(const char *path)
{
    struct dirent **names = NULL;
    struct stat st;
    char inner[4096];
    long fed = 0;

    if (stat(path, &st) != 0) {
        return fail(path, strerror(errno));
    }
    if (S_ISREG(st.st_mode)) {
        return feed_file(path, (size_t)st.st_size) == 0 ? 1 : -1;
    }
    int count = scandir(path, &names, NULL, alphasort);
    if (count < 0) {
        return fail(path, strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        int len = snprintf(inner, sizeof inner, "%s/%s", path, names[i]->d_name);
        if (fed >= 0 && (len < 0 || (size_t)len >= sizeof inner)) {
            fed = fail(path, "a name in it is too long");
        } else if (fed >= 0 && stat(inner, &st) != 0) {
            fed = fail(inner, strerror(errno));
        } else if (fed >= 0 && S_ISREG(st.st_mode)) {
            fed = feed_file(inner, (size_t)st.st_size) == 0 ? fed + 1 : -1;
        }
        free(names[i]);
    }
    free(names);
    return fed == 0 ? fail(path, "no files in the corpus") : fed;
}

int main(int argc, char **argv)
{
    long total = 0;

    if (argc < 2) {
        fprintf(stderr, "usage: %s FILE-OR-DIRECTORY...\n", argv[0]);
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        long fed = feed_path(argv[i]);
        if (fed < 0) {
            return 1;
        }
        total += fed;
    }
    printf("%ld inputs\n", total);
    return 0;
}
