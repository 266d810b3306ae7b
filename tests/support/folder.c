#include "tests/support/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void must(int is_fine, const char *what)
{
    if (!is_fine) {
        perror(what);
        abort();
    }
}

static void join(char *out, size_t size, const char *folder, const char *name)
{
    int len = snprintf(out, size, "%s/%s", folder, name);

    must(len >= 0 && (size_t)len < size, "a path is too long");
}

void lh_folder_make(struct lh_folder *folder)
{
    const char *base = getenv("TMPDIR");

    join(folder->path, sizeof folder->path, base == NULL ? "/tmp" : base, "liuhen-test-XXXXXX");
    must(mkdtemp(folder->path) != NULL, "mkdtemp");
}

void lh_folder_join(char *out, size_t size, const struct lh_folder *folder, const char *name)
{
    join(out, size, folder->path, name);
}

void lh_folder_clear(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;

    if (dir == NULL) {
        return;
    }
    while ((entry = readdir(dir)) != NULL) {
        char inner[1024];

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        join(inner, sizeof inner, path, entry->d_name);
        if (unlink(inner) != 0) {
            lh_folder_clear(inner);
        }
    }
    closedir(dir);
    must(rmdir(path) == 0, path);
}

void lh_folder_remove(const struct lh_folder *folder)
{
    lh_folder_clear(folder->path);
}

static void copy_file(const char *from, const char *to)
{
    char bytes[65536];
    size_t len;
    FILE *in = fopen(from, "rb");
    FILE *out = fopen(to, "wb");

    must(in != NULL && out != NULL, from);
    while ((len = fread(bytes, 1, sizeof bytes, in)) > 0) {
        must(fwrite(bytes, 1, len, out) == len, to);
    }
    must(ferror(in) == 0 && fclose(in) == 0 && fclose(out) == 0, to);
}

void lh_folder_copy(const char *from, const char *to)
{
    DIR *dir = opendir(from);
    const struct dirent *entry;

    must(dir != NULL && mkdir(to, 0700) == 0, to);
    while ((entry = readdir(dir)) != NULL) {
        char source[1024];
        char target[1024];
        struct stat info;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        join(source, sizeof source, from, entry->d_name);
        join(target, sizeof target, to, entry->d_name);
        must(stat(source, &info) == 0, source);
        if (S_ISDIR(info.st_mode)) {
            lh_folder_copy(source, target);
        } else {
            copy_file(source, target);
        }
    }
    closedir(dir);
}
