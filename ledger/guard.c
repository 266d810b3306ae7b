/*
 * The guard file.
 *
 *  1. A slot lies in a block of its own (SLOT_SPACING), so that no device sector holds both.
 *  2. Slot n holds sequence numbers s with s % 2 == n; the newest stays untouched while the next
 *     one is written.
 *  3. Sequence 0 says "made, never written": a file of zeros is damage, not a new guard.
 *  4. After a failed write nothing is written any more: what is on disk is not known.
 */
#include "ledger/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SLOT_COUNT = 2,
    SLOT_SIZE = 512,
    SLOT_SPACING = 4096,
    FILE_SIZE = SLOT_COUNT * SLOT_SPACING,
    MAGIC_SIZE = 8,
    CHECKSUM_SIZE = 16,
    CONTENT_SIZE = SLOT_SIZE - CHECKSUM_SIZE,
};

static const char magic[MAGIC_SIZE + 1] = "LHGUARD1";

_Static_assert(MAGIC_SIZE + 8 + 2 + LH_ORIGIN_MAX + 8 + LH_HASH_SIZE + 8 <= CONTENT_SIZE,
               "the longest origin fits a slot");

struct lh_guard {
    int fd;
    struct lh_suite *suite; /* the checksum is SHA-256 in every network */
    uint64_t sequence;      /* of the newest valid slot; 0: none */
    bool is_broken;
};

/* What a slot says. */
struct slot {
    uint64_t sequence;
    struct lh_guard_head head;
};

static void seal_slot(struct lh_suite *suite, uint8_t out[SLOT_SIZE])
{
    struct lh_hash checksum = lh_hash(suite, lh_bytes_of(out, CONTENT_SIZE));

    memcpy(out + CONTENT_SIZE, checksum.bytes, CHECKSUM_SIZE);
}

static void encode_slot(struct lh_suite *suite, uint8_t out[SLOT_SIZE], const struct slot *slot)
{
    size_t origin_len = strnlen(slot->head.origin, LH_ORIGIN_MAX);
    uint8_t *at = out;

    memset(out, 0, SLOT_SIZE);
    memcpy(at, magic, MAGIC_SIZE);
    at += MAGIC_SIZE;
    lh_put_u64(at, slot->sequence);
    at += 8;
    lh_put_u16(at, (uint16_t)origin_len);
    at += 2;
    memcpy(at, slot->head.origin, origin_len);
    at += origin_len;
    lh_put_u64(at, slot->head.size);
    at += 8;
    memcpy(at, slot->head.root.bytes, LH_HASH_SIZE);
    at += LH_HASH_SIZE;
    lh_put_u64(at, slot->head.witness_tick);
    seal_slot(suite, out);
}

/* False when the bytes are not a slot that was written whole. */
static bool decode_slot(struct lh_suite *suite, struct slot *out, const uint8_t in[SLOT_SIZE],
                        unsigned parity)
{
    struct lh_reader reader = lh_reader_of(lh_bytes_of(in, CONTENT_SIZE));
    struct lh_hash checksum = lh_hash(suite, reader.rest);
    uint8_t found[MAGIC_SIZE];
    uint16_t origin_len;

    *out = (struct slot){ .sequence = 0 };
    if (memcmp(checksum.bytes, in + CONTENT_SIZE, CHECKSUM_SIZE) != 0) {
        return false;
    }
    lh_read_into(&reader, found, sizeof found);
    out->sequence = lh_read_u64(&reader);
    origin_len = lh_read_u16(&reader);
    if (memcmp(found, magic, MAGIC_SIZE) != 0 || origin_len > LH_ORIGIN_MAX ||
        out->sequence % SLOT_COUNT != parity) {
        return false;
    }
    lh_read_into(&reader, out->head.origin, origin_len);
    out->head.size = lh_read_u64(&reader);
    lh_read_into(&reader, out->head.root.bytes, LH_HASH_SIZE);
    out->head.witness_tick = lh_read_u64(&reader);
    return !reader.failed && lh_bytes_is_zero(reader.rest);
}

static bool read_at(int fd, uint8_t *out, size_t len, off_t at)
{
    size_t done = 0;

    while (done < len) {
        ssize_t got = pread(fd, out + done, len - done, at + (off_t)done);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        done += (size_t)got;
    }
    return true;
}

static bool write_at(int fd, const uint8_t *in, size_t len, off_t at)
{
    size_t done = 0;

    while (done < len) {
        ssize_t put = pwrite(fd, in + done, len - done, at + (off_t)done);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return false;
        }
        done += (size_t)put;
    }
    return true;
}

/* spec ledger.md 8.3: "The valid slot with the higher sequence counts." */
static enum lh_code read_newest(int fd, struct lh_suite *suite, struct slot *out,
                                struct lh_err *err)
{
    bool is_found = false;

    for (unsigned i = 0; i < SLOT_COUNT; i++) {
        uint8_t bytes[SLOT_SIZE];
        struct slot slot;
        struct stat info;

        if (fstat(fd, &info) != 0) {
            return lh_err_set(err, LH_ERR_IO, "reading the guard: %s", strerror(errno));
        }
        if (info.st_size != FILE_SIZE) {
            return lh_err_set(err, LH_ERR_CORRUPT, "the guard is %s",
                              info.st_size < FILE_SIZE ? "cut short" : "longer than a guard");
        }
        if (!read_at(fd, bytes, sizeof bytes, (off_t)i * SLOT_SPACING)) {
            return lh_err_set(err, LH_ERR_IO, "reading the guard: %s", strerror(errno));
        }
        if (decode_slot(suite, &slot, bytes, i) && (!is_found || slot.sequence > out->sequence)) {
            *out = slot;
            is_found = true;
        }
    }
    if (!is_found) {
        return lh_err_set(err, LH_ERR_CORRUPT, "no slot of the guard is whole");
    }
    return LH_OK;
}

static enum lh_code read_head(int fd, struct lh_suite *suite, struct lh_guard_head *out,
                              struct lh_err *err)
{
    struct slot slot = { .sequence = 0 };
    enum lh_code rc = read_newest(fd, suite, &slot, err);

    if (rc != LH_OK) {
        return rc;
    }
    if (slot.sequence == 0) {
        return lh_err_set(err, LH_ERR_NOT_FOUND, "the guard was never written");
    }
    *out = slot.head;
    return LH_OK;
}

static bool sync_folder_of(const char *path)
{
    char copy[PATH_MAX];
    size_t len = strlen(path);
    bool is_synced;

    if (len >= sizeof copy) {
        return false;
    }
    memcpy(copy, path, len + 1);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    is_synced = fsync(fd) == 0;
    close(fd);
    return is_synced;
}

static bool write_new(int fd, struct lh_suite *suite)
{
    uint8_t bytes[FILE_SIZE] = { 0 };
    struct slot born = { .sequence = 0 };

    encode_slot(suite, bytes, &born);
    return write_at(fd, bytes, sizeof bytes, 0) && fsync(fd) == 0;
}

/* Under another name until it is whole: a guard that is cut short would be a suspect ledger. */
enum lh_code lh_guard_create(const char *path, struct lh_err *err)
{
    char temporary[PATH_MAX];
    struct lh_suite *suite = NULL;
    int fd;
    enum lh_code rc = lh_suite_new(&suite, LH_SUITE_W, err);

    if (rc != LH_OK) {
        return rc;
    }
    if (snprintf(temporary, sizeof temporary, "%s.XXXXXX", path) >= (int)sizeof temporary) {
        rc = lh_err_set(err, LH_ERR_IO, "making %s: the path is too long", path);
        goto out;
    }
    fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
    if (fd < 0) {
        rc = lh_err_set(err, LH_ERR_IO, "making %s: %s", path, strerror(errno));
        goto out;
    }
    if (!write_new(fd, suite) || link(temporary, path) != 0) {
        rc = lh_err_set(err, errno == EEXIST ? LH_ERR_CONFLICT : LH_ERR_IO, "making %s: %s", path,
                        strerror(errno));
    } else if (!sync_folder_of(path)) {
        rc = lh_err_set(err, LH_ERR_IO, "making %s: %s", path, strerror(errno));
        (void)unlink(path);
    }
    (void)unlink(temporary);
    close(fd);
out:
    lh_suite_free(suite);
    return rc;
}

static enum lh_code open_file(int *out_fd, const char *path, int flags, struct lh_err *err)
{
    int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0) {
        return lh_err_set(err, errno == ENOENT ? LH_ERR_NOT_FOUND : LH_ERR_IO, "opening %s: %s",
                          path, strerror(errno));
    }
    *out_fd = fd;
    return LH_OK;
}

static enum lh_code lock_file(int fd, const char *path, struct lh_err *err)
{
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        return LH_OK;
    }
    if (errno == EWOULDBLOCK) {
        return lh_err_set(err, LH_ERR_CONFLICT, "another process holds the guard %s", path);
    }
    return lh_err_set(err, LH_ERR_IO, "locking %s: %s", path, strerror(errno));
}

enum lh_code lh_guard_open(struct lh_guard **out, const char *path, struct lh_err *err)
{
    struct slot newest = { .sequence = 0 };
    struct lh_guard *guard = calloc(1, sizeof *guard);
    enum lh_code rc;

    if (guard == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "no memory for a guard");
    }
    guard->fd = -1;
    rc = lh_suite_new(&guard->suite, LH_SUITE_W, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = open_file(&guard->fd, path, O_RDWR, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = lock_file(guard->fd, path, err);
    if (rc != LH_OK) {
        goto out;
    }
    rc = read_newest(guard->fd, guard->suite, &newest, NULL);
    if (rc == LH_ERR_CORRUPT) {
        rc = LH_OK; /* lh_guard_read says so, and recovery judges it */
    }
    guard->sequence = newest.sequence;
out:
    if (rc != LH_OK) {
        lh_guard_close(guard);
        return rc;
    }
    *out = guard;
    return LH_OK;
}

void lh_guard_close(struct lh_guard *guard)
{
    if (guard == NULL) {
        return;
    }
    if (guard->fd >= 0) {
        close(guard->fd); /* the lock goes with it */
    }
    lh_suite_free(guard->suite);
    free(guard);
}

enum lh_code lh_guard_read(struct lh_guard *guard, struct lh_guard_head *out, struct lh_err *err)
{
    return read_head(guard->fd, guard->suite, out, err);
}

enum lh_code lh_guard_write(struct lh_guard *guard, const struct lh_guard_head *head,
                            struct lh_err *err)
{
    struct slot next = { .sequence = guard->sequence + 1, .head = *head };
    uint8_t bytes[SLOT_SIZE];
    off_t at = (off_t)(next.sequence % SLOT_COUNT) * SLOT_SPACING;

    if (guard->is_broken) {
        return lh_err_set(err, LH_ERR_IO, "the guard is out of use: a write failed before");
    }
    encode_slot(guard->suite, bytes, &next);
    if (!write_at(guard->fd, bytes, sizeof bytes, at) || fdatasync(guard->fd) != 0) {
        guard->is_broken = true;
        return lh_err_set(err, LH_ERR_IO, "writing the guard: %s", strerror(errno));
    }
    guard->sequence = next.sequence;
    return LH_OK;
}

enum lh_code lh_guard_peek(const char *path, struct lh_guard_head *out, struct lh_err *err)
{
    struct lh_suite *suite = NULL;
    int fd = -1;
    enum lh_code rc = open_file(&fd, path, O_RDONLY, err);

    if (rc != LH_OK) {
        return rc;
    }
    rc = lh_suite_new(&suite, LH_SUITE_W, err);
    if (rc == LH_OK) {
        rc = read_head(fd, suite, out, err);
        lh_suite_free(suite);
    }
    close(fd);
    return rc;
}
