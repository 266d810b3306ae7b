/*
 * dropfs BACKING MOUNTPOINT: a file system that forgets at a power cut what was not synced.
 *
 * What is under BACKING is loaded, served at MOUNTPOINT from memory (dropfs_disk.h says what a sync
 * keeps), and written back to BACKING at the cut: then BACKING holds exactly what a crash may have
 * left, and every further operation on MOUNTPOINT fails with EIO. Commands on standard input, one a
 * line, each answered by a line:
 *
 *   (start)        "mounted"
 *   cut SEED       cut now:                              "cut changes=KEPT/ALL writes=KEPT/ALL"
 *   arm N SEED     cut in place of the N-th change from now (write, sync, name): "armed", and "cut
 *                  ..." when it happens
 *   end of input   without a cut before: sync everything, write it back; unmount
 *
 * Operations are served one at a time, so that a cut lies between two of them. Needs root.
 */

#define FUSE_USE_VERSION 314

#include "tests/support/dropfs_disk.h"

#include <errno.h>
#include <fuse.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

static struct {
    pthread_mutex_t lock;
    struct lh_drop_disk disk;
    const char *backing;
    const char *mountpoint;
    struct fuse *fuse;
    bool is_cut;
    atomic_bool is_ending; /* we unmount: the loop ends, in whatever words */
    uint64_t armed;        /* the cut comes in place of the armed-th change; 0: not armed */
    uint64_t seed;
} fs = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void cut(uint64_t seed)
{
    struct lh_drop_report report;

    lh_drop_cut(&fs.disk, seed, &report);
    fs.is_cut = true;
    if (!lh_drop_store(&fs.disk, fs.backing)) {
        perror("dropfs: writing back");
        abort();
    }
    (void)printf("cut changes=%zu/%zu writes=%zu/%zu\n", report.changes_kept, report.changes,
                 report.writes_kept, report.writes);
    (void)fflush(stdout);
}

/* An operation begins: 0, or EIO after the cut. A change may be the one that is cut. */
static int enter(bool is_change)
{
    (void)pthread_mutex_lock(&fs.lock);
    if (is_change && !fs.is_cut && fs.armed > 0 && --fs.armed == 0) {
        cut(fs.seed);
    }
    return fs.is_cut ? -EIO : 0;
}

static int leave(int rc)
{
    (void)pthread_mutex_unlock(&fs.lock);
    return rc;
}

static struct lh_drop_node *node_of(const char *path, const struct fuse_file_info *file)
{
    if (file != NULL && file->fh != 0) {
        return (struct lh_drop_node *)(uintptr_t)file->fh;
    }
    return path != NULL ? lh_drop_find(&fs.disk, path) : NULL;
}

/* ---- looking ----------------------------------------------------------------------------------
 */

static int get_attributes(const char *path, struct stat *out, struct fuse_file_info *file)
{
    int rc = enter(false);
    const struct lh_drop_node *node = rc == 0 ? node_of(path, file) : NULL;

    if (rc == 0 && node == NULL) {
        rc = -ENOENT;
    }
    if (rc == 0) {
        memset(out, 0, sizeof *out);
        out->st_mode = node->mode | (node->is_folder ? S_IFDIR : S_IFREG);
        out->st_nlink = node->is_folder ? 2 : 1;
        out->st_uid = node->owner;
        out->st_gid = node->group;
        out->st_size = (off_t)node->live.len;
        out->st_blocks = (blkcnt_t)(node->live.len + 511) / 512;
        out->st_mtim = node->changed;
        out->st_ctim = node->changed;
        out->st_atim = node->changed;
    }
    return leave(rc);
}

static int read_folder(const char *path, void *buf, fuse_fill_dir_t fill, off_t at,
                       struct fuse_file_info *file, enum fuse_readdir_flags flags)
{
    int rc = enter(false);
    const struct lh_drop_node *folder = rc == 0 ? node_of(path, file) : NULL;

    (void)at;
    (void)flags;
    if (rc == 0 && folder == NULL) {
        rc = -ENOENT;
    }
    if (rc == 0) {
        (void)fill(buf, ".", NULL, 0, 0);
        (void)fill(buf, "..", NULL, 0, 0);
        for (const struct lh_drop_entry *one = folder->live_entries; one != NULL; one = one->next) {
            (void)fill(buf, one->name, NULL, 0, 0);
        }
    }
    return leave(rc);
}

static int get_space(const char *path, struct statvfs *out)
{
    (void)path;
    memset(out, 0, sizeof *out);
    out->f_bsize = 4096;
    out->f_frsize = 4096;
    out->f_blocks = 1 << 20;
    out->f_bfree = 1 << 19;
    out->f_bavail = 1 << 19;
    out->f_namemax = 255;
    return 0;
}

static int open_node(const char *path, struct fuse_file_info *file)
{
    int rc = enter(false);
    struct lh_drop_node *node = rc == 0 ? lh_drop_find(&fs.disk, path) : NULL;

    if (rc == 0 && node == NULL) {
        rc = -ENOENT;
    }
    file->fh = (uint64_t)(uintptr_t)node;
    return leave(rc);
}

static int read_file(const char *path, char *buf, size_t size, off_t at,
                     struct fuse_file_info *file)
{
    int rc = enter(false);
    const struct lh_drop_node *node = rc == 0 ? node_of(path, file) : NULL;
    size_t from = (size_t)at;

    if (node != NULL && from < node->live.len) {
        size = size < node->live.len - from ? size : node->live.len - from;
        memcpy(buf, node->live.data + from, size);
        rc = (int)size;
    }
    return leave(rc);
}

/* ---- changing ---------------------------------------------------------------------------------
 */

static int make(const char *path, mode_t mode, bool is_folder, struct lh_drop_node **out)
{
    int rc = enter(true);
    const char *name;
    struct lh_drop_node *folder = rc == 0 ? lh_drop_folder_of(&fs.disk, path, &name) : NULL;

    if (rc == 0 && folder == NULL) {
        rc = -ENOENT;
    }
    if (rc == 0 && lh_drop_entry_of(folder, name) != NULL) {
        rc = -EEXIST;
    }
    if (rc == 0) {
        *out = lh_drop_make(&fs.disk, folder, name, mode, is_folder);
    }
    return leave(rc);
}

static int make_folder(const char *path, mode_t mode)
{
    struct lh_drop_node *unused;

    return make(path, mode, true, &unused);
}

static int make_file(const char *path, mode_t mode, struct fuse_file_info *file)
{
    struct lh_drop_node *made = NULL;
    int rc = make(path, mode, false, &made);

    file->fh = (uint64_t)(uintptr_t)made;
    return rc;
}

static int move(const char *from_path, const char *to_path, bool keeps_from)
{
    int rc = enter(true);
    const char *from_name = NULL;
    const char *to_name = NULL;
    struct lh_drop_node *from = NULL;
    struct lh_drop_node *to = NULL;
    struct lh_drop_node *node = NULL;

    if (rc == 0) {
        from = lh_drop_folder_of(&fs.disk, from_path, &from_name);
        to = to_path != NULL ? lh_drop_folder_of(&fs.disk, to_path, &to_name) : NULL;
        node = from != NULL ? lh_drop_entry_of(from, from_name) : NULL;
        rc = node == NULL || (to_path != NULL && to == NULL) ? -ENOENT : 0;
    }
    if (rc == 0) {
        lh_drop_rename(&fs.disk, keeps_from ? NULL : from, from_name, to, to_name, node);
    }
    return leave(rc);
}

static int rename_node(const char *from, const char *to, unsigned flags)
{
    return flags != 0 ? -EINVAL : move(from, to, false);
}

static int link_file(const char *from, const char *to)
{
    return move(from, to, true);
}

static int remove_file(const char *path)
{
    return move(path, NULL, false);
}

static int remove_folder(const char *path)
{
    int rc = enter(false);
    const struct lh_drop_node *folder = rc == 0 ? lh_drop_find(&fs.disk, path) : NULL;

    if (folder != NULL && folder->live_entries != NULL) {
        rc = -ENOTEMPTY;
    }
    (void)leave(rc);
    return rc == 0 ? move(path, NULL, false) : rc;
}

static int write_file(const char *path, const char *buf, size_t size, off_t at,
                      struct fuse_file_info *file)
{
    int rc = enter(true);

    if (rc == 0) {
        lh_drop_write(&fs.disk, node_of(path, file), buf, size, (size_t)at);
        rc = (int)size;
    }
    return leave(rc);
}

static int resize_file(const char *path, off_t size, struct fuse_file_info *file)
{
    int rc = enter(true);
    struct lh_drop_node *node = rc == 0 ? node_of(path, file) : NULL;

    if (rc == 0 && node == NULL) {
        rc = -ENOENT;
    }
    if (rc == 0) {
        lh_drop_resize(&fs.disk, node, (size_t)size);
    }
    return leave(rc);
}

/* Room set aside is nothing that a reader sees, unless the file grows. */
static int reserve_file(const char *path, int mode, off_t at, off_t len,
                        struct fuse_file_info *file)
{
    int rc = enter(true);
    struct lh_drop_node *node = rc == 0 ? node_of(path, file) : NULL;

    if (rc == 0 && mode != 0 && mode != FALLOC_FL_KEEP_SIZE) {
        rc = -EOPNOTSUPP;
    }
    if (rc == 0 && mode == 0 && (size_t)(at + len) > node->live.len) {
        lh_drop_resize(&fs.disk, node, (size_t)(at + len));
    }
    return leave(rc);
}

static int sync_node(const char *path, int is_data_only, struct fuse_file_info *file)
{
    int rc = enter(true);

    (void)is_data_only;
    if (rc == 0) {
        lh_drop_sync(&fs.disk, node_of(path, file));
    }
    return leave(rc);
}

/* Modes and owners are kept at once: nothing here depends on them. */
static int set_mode(const char *path, mode_t mode, struct fuse_file_info *file)
{
    int rc = enter(false);
    struct lh_drop_node *node = rc == 0 ? node_of(path, file) : NULL;

    if (node != NULL) {
        node->mode = mode & 07777;
    }
    return leave(rc == 0 && node == NULL ? -ENOENT : rc);
}

static int set_owner(const char *path, uid_t owner, gid_t group, struct fuse_file_info *file)
{
    int rc = enter(false);
    struct lh_drop_node *node = rc == 0 ? node_of(path, file) : NULL;

    if (node != NULL) {
        node->owner = owner != (uid_t)-1 ? owner : node->owner;
        node->group = group != (gid_t)-1 ? group : node->group;
    }
    return leave(rc == 0 && node == NULL ? -ENOENT : rc);
}

static int set_times(const char *path, const struct timespec times[2], struct fuse_file_info *file)
{
    (void)path;
    (void)times;
    (void)file;
    return leave(enter(false));
}

static void *start(struct fuse_conn_info *connection, struct fuse_config *config)
{
    (void)connection;
    config->hard_remove = 1; /* a file that is open may lose its name */
    config->nullpath_ok = 1;
    (void)puts("mounted");
    (void)fflush(stdout);
    return NULL;
}

static const struct fuse_operations operations = {
    .init = start,
    .getattr = get_attributes,
    .readdir = read_folder,
    .statfs = get_space,
    .open = open_node,
    .opendir = open_node,
    .read = read_file,
    .mkdir = make_folder,
    .create = make_file,
    .rename = rename_node,
    .link = link_file,
    .unlink = remove_file,
    .rmdir = remove_folder,
    .write = write_file,
    .truncate = resize_file,
    .fallocate = reserve_file,
    .fsync = sync_node,
    .fsyncdir = sync_node,
    .chmod = set_mode,
    .chown = set_owner,
    .utimens = set_times,
};

/* ---- commands ---------------------------------------------------------------------------------
 */

static void obey(const char *line)
{
    uint64_t count;
    uint64_t seed;

    (void)pthread_mutex_lock(&fs.lock);
    if (sscanf(line, "cut %" SCNu64, &seed) == 1) {
        if (!fs.is_cut) {
            cut(seed);
        }
    } else if (sscanf(line, "arm %" SCNu64 " %" SCNu64, &count, &seed) == 2) {
        fs.armed = count;
        fs.seed = seed;
        (void)puts("armed");
        (void)fflush(stdout);
    } else {
        (void)fprintf(stderr, "dropfs: unknown command: %s", line);
    }
    (void)pthread_mutex_unlock(&fs.lock);
}

static void *take_commands(void *arg)
{
    char line[128];

    while (fgets(line, sizeof line, stdin) != NULL) {
        obey(line);
    }
    (void)pthread_mutex_lock(&fs.lock);
    if (!fs.is_cut) {
        lh_drop_sync_all(&fs.disk);
        fs.is_cut = true;
        if (!lh_drop_store(&fs.disk, fs.backing)) {
            perror("dropfs: writing back");
            abort();
        }
    }
    fs.is_ending = true;
    (void)pthread_mutex_unlock(&fs.lock);
    (void)umount2(fs.mountpoint, MNT_DETACH); /* ends the loop */
    return arg;
}

int main(int argc, char **argv)
{
    static char name[] = "dropfs";
    static char option[] = "-o";
    static char value[] = "fsname=dropfs";
    char *words[] = { name, option, value, NULL };
    struct fuse_args args = FUSE_ARGS_INIT(3, words);
    pthread_t commands;
    int rc = 1;

    if (argc != 3) {
        (void)fprintf(stderr, "usage: dropfs BACKING MOUNTPOINT\n");
        return 2;
    }
    fs.backing = argv[1];
    fs.mountpoint = argv[2];
    if (!lh_drop_load(&fs.disk, fs.backing)) {
        perror("dropfs: loading");
        return 1;
    }
    fs.fuse = fuse_new(&args, &operations, sizeof operations, NULL);
    if (fs.fuse == NULL || fuse_mount(fs.fuse, fs.mountpoint) != 0) {
        (void)fprintf(stderr, "dropfs: cannot mount on %s\n", fs.mountpoint);
        return 1;
    }
    if (pthread_create(&commands, NULL, take_commands, NULL) == 0) {
        rc = fuse_loop(fs.fuse);
        if (rc == 0 || fs.is_ending) {
            (void)pthread_join(commands, NULL);
            rc = 0;
        }
    }
    fuse_unmount(fs.fuse);
    fuse_destroy(fs.fuse);
    fuse_opt_free_args(&args);
    return rc;
}
