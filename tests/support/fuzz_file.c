#include "tests/support/fuzz_file.h"

#include "crypto/base/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
    int fd;
    char path[64];
} files[FUZZ_FILE_SLOTS];

static void remove_all(void)
{
    for (unsigned i = 0; i < FUZZ_FILE_SLOTS; i++) {
        if (files[i].path[0] != '\0') {
            unlink(files[i].path);
        }
    }
}

const char *fuzz_file(unsigned slot, struct lh_bytes content)
{
    static bool is_registered;
    size_t done = 0;

    lh_assert(slot < FUZZ_FILE_SLOTS);
    if (!is_registered) {
        lh_assert(atexit(remove_all) == 0);
        is_registered = true;
    }
    if (files[slot].path[0] == '\0') {
        (void)snprintf(files[slot].path, sizeof files[slot].path, "/tmp/lh-fuzz-%u-XXXXXX", slot);
        files[slot].fd = mkstemp(files[slot].path);
        lh_assert(files[slot].fd >= 0);
    }
    lh_assert(ftruncate(files[slot].fd, 0) == 0);
    while (done < content.len) {
        ssize_t put = pwrite(files[slot].fd, content.data + done, content.len - done, (off_t)done);
        lh_assert(put > 0);
        done += (size_t)put;
    }
    return files[slot].path;
}
