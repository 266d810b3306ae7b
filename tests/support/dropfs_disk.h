#ifndef LH_TEST_DROPFS_DISK_H
#define LH_TEST_DROPFS_DISK_H

/*
 * A disk that forgets: the model behind dropfs.
 *
 * Every file and folder stands here twice: live, as the running system sees it, and kept, as it is
 * on the platter. A write changes what is live and waits; a sync of the file makes what waits for
 * it kept. Making, renaming and removing a name changes the live folder and waits; only a sync of
 * that folder makes it kept (a sync of the file does not: POSIX promises no more).
 *
 * A cut decides by seed, for what waits in each file and for the changes of names, whether nothing,
 * all, the first part of it (the last write torn at any byte) or any of it (each sector of 512
 * bytes by itself, and the file's length by itself) reached the platter in time. Then what is kept
 * is what a crash may have left.
 *
 * One exception: a file made under the name MANIFEST-* keeps what waits from the front on. RocksDB
 * refuses to open, whatever its mode, where such a file is longer than what was written of it; the
 * ledger is then whole but needs a hand (specs/threats.md 3).
 *
 * Nodes are never freed: one process lives for one cut. Out of memory ends the process.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct lh_drop_bytes {
    uint8_t *data;
    size_t len;
    size_t room;
};

struct lh_drop_node;

struct lh_drop_entry {
    struct lh_drop_entry *next;
    struct lh_drop_node *node;
    char name[];
};

/* Something written that waits for a sync; without `data`: the file was given the length `at`. */
struct lh_drop_write {
    struct lh_drop_write *next;
    uint8_t *data;
    size_t at;
    size_t len;
};

struct lh_drop_node {
    bool is_folder;
    bool is_in_order; /* no later byte is kept without the earlier ones */
    mode_t mode;
    uid_t owner;
    gid_t group;
    struct timespec changed;
    struct lh_drop_bytes live;
    struct lh_drop_bytes kept;
    struct lh_drop_write *first_waiting;
    struct lh_drop_write *last_waiting;
    struct lh_drop_node *next_waiting; /* in the disk's list of files that something waits for */
    bool is_listed;
    struct lh_drop_entry *live_entries;
    struct lh_drop_entry *kept_entries;
};

/* A change of names that waits: `from` loses its name, `to` gets one for `node`. */
struct lh_drop_change {
    struct lh_drop_change *next;
    struct lh_drop_node *from; /* NULL: nothing is removed */
    struct lh_drop_node *to;   /* NULL: nothing is made */
    struct lh_drop_node *node;
    char *from_name;
    char *to_name;
};

struct lh_drop_disk {
    struct lh_drop_node *root;
    struct lh_drop_change *changes;
    struct lh_drop_node *waiting;
};

struct lh_drop_report {
    size_t changes; /* that waited */
    size_t changes_kept;
    size_t writes;
    size_t writes_kept; /* whole; torn ones are not among them */
};

/** Everything under `path` is live and kept. False: it cannot be read; errno says why. */
bool lh_drop_load(struct lh_drop_disk *disk, const char *path);
/** Replace what is under `path` by what is kept. */
bool lh_drop_store(const struct lh_drop_disk *disk, const char *path);

/** By absolute path in the disk; NULL: there is none. */
struct lh_drop_node *lh_drop_find(const struct lh_drop_disk *disk, const char *path);
/** The folder that holds the last name of `path`; `out_name` points into `path`. */
struct lh_drop_node *lh_drop_folder_of(const struct lh_drop_disk *disk, const char *path,
                                       const char **out_name);
struct lh_drop_node *lh_drop_entry_of(const struct lh_drop_node *folder, const char *name);

struct lh_drop_node *lh_drop_make(struct lh_drop_disk *disk, struct lh_drop_node *folder,
                                  const char *name, mode_t mode, bool is_folder);
/** Either side may be NULL: link and unlink are halves of a rename. */
void lh_drop_rename(struct lh_drop_disk *disk, struct lh_drop_node *from, const char *from_name,
                    struct lh_drop_node *to, const char *to_name, struct lh_drop_node *node);
void lh_drop_write(struct lh_drop_disk *disk, struct lh_drop_node *file, const void *data,
                   size_t len, size_t at);
void lh_drop_resize(struct lh_drop_disk *disk, struct lh_drop_node *file, size_t len);

void lh_drop_sync(struct lh_drop_disk *disk, struct lh_drop_node *node);
void lh_drop_sync_all(struct lh_drop_disk *disk);
void lh_drop_cut(struct lh_drop_disk *disk, uint64_t seed, struct lh_drop_report *out);

#endif
