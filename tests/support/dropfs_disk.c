#include "tests/support/dropfs_disk.h"

#include "tests/support/seeded.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTOR = 512 };

/* How much of what waited a cut leaves. */
enum share { SHARE_NOTHING, SHARE_ALL, SHARE_FIRST, SHARE_ANY, SHARE_COUNT };

static void *must(void *memory)
{
    if (memory == NULL) {
        abort();
    }
    return memory;
}

/* ---- bytes ------------------------------------------------------------------------------------
 */

static void set_length(struct lh_drop_bytes *bytes, size_t len)
{
    if (len > bytes->room) {
        size_t room = bytes->room * 2 > len ? bytes->room * 2 : len;

        bytes->data = must(realloc(bytes->data, room));
        bytes->room = room;
    }
    if (len > bytes->len) {
        memset(bytes->data + bytes->len, 0, len - bytes->len);
    }
    bytes->len = len;
}

static void put(struct lh_drop_bytes *bytes, const uint8_t *data, size_t len, size_t at)
{
    if (len == 0) {
        return;
    }
    if (at + len > bytes->len) {
        set_length(bytes, at + len);
    }
    memcpy(bytes->data + at, data, len);
}

/* The first `len` bytes of a write reach `bytes`. */
static void apply_write(struct lh_drop_bytes *bytes, const struct lh_drop_write *write, size_t len)
{
    if (write->data == NULL) {
        set_length(bytes, write->at);
    } else {
        put(bytes, write->data, len, write->at);
    }
}

/* ---- names ------------------------------------------------------------------------------------
 */

static struct lh_drop_entry **place_of(struct lh_drop_entry **list, const char *name)
{
    while (*list != NULL && strcmp((*list)->name, name) != 0) {
        list = &(*list)->next;
    }
    return list;
}

static void set_entry(struct lh_drop_entry **list, const char *name, struct lh_drop_node *node)
{
    struct lh_drop_entry **place = place_of(list, name);

    if (*place == NULL) {
        size_t size = strlen(name) + 1;

        *place = must(calloc(1, sizeof **place + size));
        memcpy((*place)->name, name, size);
    }
    (*place)->node = node;
}

static void remove_entry(struct lh_drop_entry **list, const char *name)
{
    struct lh_drop_entry **place = place_of(list, name);
    struct lh_drop_entry *gone = *place;

    if (gone != NULL) {
        *place = gone->next;
        free(gone);
    }
}

struct lh_drop_node *lh_drop_entry_of(const struct lh_drop_node *folder, const char *name)
{
    for (const struct lh_drop_entry *at = folder->live_entries; at != NULL; at = at->next) {
        if (strcmp(at->name, name) == 0) {
            return at->node;
        }
    }
    return NULL;
}

struct lh_drop_node *lh_drop_folder_of(const struct lh_drop_disk *disk, const char *path,
                                       const char **out_name)
{
    struct lh_drop_node *folder = disk->root;
    const char *slash;

    path += strspn(path, "/");
    while (folder != NULL && (slash = strchr(path, '/')) != NULL) {
        char name[NAME_MAX + 1];
        size_t len = (size_t)(slash - path);

        if (len > NAME_MAX) {
            return NULL;
        }
        memcpy(name, path, len);
        name[len] = '\0';
        folder = lh_drop_entry_of(folder, name);
        path = slash + strspn(slash, "/");
    }
    *out_name = path;
    return folder != NULL && folder->is_folder ? folder : NULL;
}

struct lh_drop_node *lh_drop_find(const struct lh_drop_disk *disk, const char *path)
{
    const char *name;
    struct lh_drop_node *folder = lh_drop_folder_of(disk, path, &name);

    return folder == NULL || *name == '\0' ? folder : lh_drop_entry_of(folder, name);
}

static struct lh_drop_node *new_node(mode_t mode, bool is_folder)
{
    struct lh_drop_node *node = must(calloc(1, sizeof *node));

    node->is_folder = is_folder;
    node->mode = mode & 07777;
    node->owner = getuid();
    node->group = getgid();
    (void)clock_gettime(CLOCK_REALTIME, &node->changed);
    return node;
}

static void apply_change(const struct lh_drop_change *change, bool is_live)
{
    if (change->from != NULL) {
        remove_entry(is_live ? &change->from->live_entries : &change->from->kept_entries,
                     change->from_name);
    }
    if (change->to != NULL) {
        set_entry(is_live ? &change->to->live_entries : &change->to->kept_entries, change->to_name,
                  change->node);
    }
}

void lh_drop_rename(struct lh_drop_disk *disk, struct lh_drop_node *from, const char *from_name,
                    struct lh_drop_node *to, const char *to_name, struct lh_drop_node *node)
{
    struct lh_drop_change **end = &disk->changes;
    struct lh_drop_change *change = must(calloc(1, sizeof *change));

    change->from = from;
    change->to = to;
    change->node = node;
    change->from_name = from != NULL ? must(strdup(from_name)) : NULL;
    change->to_name = to != NULL ? must(strdup(to_name)) : NULL;
    apply_change(change, true);
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = change;
}

struct lh_drop_node *lh_drop_make(struct lh_drop_disk *disk, struct lh_drop_node *folder,
                                  const char *name, mode_t mode, bool is_folder)
{
    struct lh_drop_node *node = new_node(mode, is_folder);

    node->is_in_order = strncmp(name, "MANIFEST-", 9) == 0;
    lh_drop_rename(disk, NULL, NULL, folder, name, node);
    return node;
}

static struct lh_drop_change *free_change(struct lh_drop_change *change)
{
    struct lh_drop_change *next = change->next;

    free(change->from_name);
    free(change->to_name);
    free(change);
    return next;
}

/* ---- writing and syncing ----------------------------------------------------------------------
 */

static void add_waiting(struct lh_drop_disk *disk, struct lh_drop_node *file, const void *data,
                        size_t len, size_t at)
{
    struct lh_drop_write *write = must(calloc(1, sizeof *write));

    write->at = at;
    write->len = len;
    if (data != NULL) {
        write->data = must(malloc(len));
        memcpy(write->data, data, len);
    }
    apply_write(&file->live, write, len);
    (void)clock_gettime(CLOCK_REALTIME, &file->changed);
    if (file->last_waiting != NULL) {
        file->last_waiting->next = write;
    } else {
        file->first_waiting = write;
    }
    file->last_waiting = write;
    if (!file->is_listed) {
        file->is_listed = true;
        file->next_waiting = disk->waiting;
        disk->waiting = file;
    }
}

void lh_drop_write(struct lh_drop_disk *disk, struct lh_drop_node *file, const void *data,
                   size_t len, size_t at)
{
    if (len > 0) {
        add_waiting(disk, file, data, len, at);
    }
}

void lh_drop_resize(struct lh_drop_disk *disk, struct lh_drop_node *file, size_t len)
{
    add_waiting(disk, file, NULL, 0, len);
}

static void drop_first_waiting(struct lh_drop_node *file)
{
    struct lh_drop_write *write = file->first_waiting;

    file->first_waiting = write->next;
    file->last_waiting = write->next != NULL ? file->last_waiting : NULL;
    free(write->data);
    free(write);
}

static void sync_file(struct lh_drop_node *file)
{
    while (file->first_waiting != NULL) {
        apply_write(&file->kept, file->first_waiting, file->first_waiting->len);
        drop_first_waiting(file);
    }
}

/* NULL: every folder. */
static void sync_folder(struct lh_drop_disk *disk, const struct lh_drop_node *folder)
{
    struct lh_drop_change **at = &disk->changes;

    while (*at != NULL) {
        if (folder != NULL && (*at)->from != folder && (*at)->to != folder) {
            at = &(*at)->next;
            continue;
        }
        apply_change(*at, false);
        *at = free_change(*at);
    }
}

void lh_drop_sync(struct lh_drop_disk *disk, struct lh_drop_node *node)
{
    if (node->is_folder) {
        sync_folder(disk, node);
    } else {
        sync_file(node);
    }
}

void lh_drop_sync_all(struct lh_drop_disk *disk)
{
    for (struct lh_drop_node *file = disk->waiting; file != NULL; file = file->next_waiting) {
        sync_file(file);
    }
    sync_folder(disk, NULL);
}

/* ---- the cut ----------------------------------------------------------------------------------
 */

static bool toss(struct lh_seeded *dice)
{
    return lh_seeded_below(dice, 2) == 0;
}

/* True: all of it reached the platter. */
static bool keep_sectors(struct lh_drop_node *file, const struct lh_drop_write *write,
                         struct lh_seeded *dice)
{
    bool is_whole = true;

    if (write->data == NULL) {
        is_whole = toss(dice);
        if (is_whole) {
            set_length(&file->kept, write->at);
        }
        return is_whole;
    }
    if (write->at + write->len > file->kept.len && toss(dice)) {
        set_length(&file->kept, write->at + write->len);
    }
    for (size_t from = 0; from < write->len;) {
        size_t len = SECTOR - (write->at + from) % SECTOR;

        len = len < write->len - from ? len : write->len - from;
        if (toss(dice)) {
            put(&file->kept, write->data + from, len, write->at + from);
        } else {
            is_whole = false;
        }
        from += len;
    }
    return is_whole;
}

static void cut_file(struct lh_drop_node *file, struct lh_seeded *dice, struct lh_drop_report *out)
{
    enum share share = (enum share)lh_seeded_below(dice, SHARE_COUNT);
    size_t count = 0;
    size_t last;

    if (share == SHARE_ANY && file->is_in_order) {
        share = SHARE_FIRST;
    }
    for (const struct lh_drop_write *at = file->first_waiting; at != NULL; at = at->next) {
        count++;
    }
    last = lh_seeded_below(dice, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct lh_drop_write *write = file->first_waiting;
        bool is_whole = share == SHARE_ALL || (share == SHARE_FIRST && i < last);

        if (is_whole) {
            apply_write(&file->kept, write, write->len);
        } else if (share == SHARE_FIRST && i == last && write->data != NULL) {
            apply_write(&file->kept, write, lh_seeded_below(dice, write->len));
        } else if (share == SHARE_ANY) {
            is_whole = keep_sectors(file, write, dice);
        }
        out->writes_kept += is_whole ? 1 : 0;
        drop_first_waiting(file);
    }
    out->writes += count;
}

static void cut_names(struct lh_drop_disk *disk, struct lh_seeded *dice, struct lh_drop_report *out)
{
    enum share share = (enum share)lh_seeded_below(dice, SHARE_COUNT);
    size_t last;

    for (const struct lh_drop_change *at = disk->changes; at != NULL; at = at->next) {
        out->changes++;
    }
    last = lh_seeded_below(dice, out->changes + 1);
    for (size_t i = 0; i < out->changes; i++) {
        if (share == SHARE_ALL || (share == SHARE_FIRST && i < last) ||
            (share == SHARE_ANY && toss(dice))) {
            apply_change(disk->changes, false);
            out->changes_kept++;
        }
        disk->changes = free_change(disk->changes);
    }
}

void lh_drop_cut(struct lh_drop_disk *disk, uint64_t seed, struct lh_drop_report *out)
{
    struct lh_seeded dice = { .state = seed };

    *out = (struct lh_drop_report){ .changes = 0 };
    cut_names(disk, &dice, out);
    for (struct lh_drop_node *file = disk->waiting; file != NULL; file = file->next_waiting) {
        if (file->first_waiting != NULL) {
            cut_file(file, &dice, out);
        }
    }
}

/* ---- from and to a real folder ----------------------------------------------------------------
 */

static bool join(char out[PATH_MAX], const char *folder, const char *name)
{
    int len = snprintf(out, PATH_MAX, "%s/%s", folder, name);

    if (len < 0 || len >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    return true;
}

static bool load_file(struct lh_drop_node *file, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint8_t room[65536];
    ssize_t got;

    if (fd < 0) {
        return false;
    }
    while ((got = read(fd, room, sizeof room)) > 0) {
        put(&file->live, room, (size_t)got, file->live.len);
        put(&file->kept, room, (size_t)got, file->kept.len);
    }
    (void)close(fd);
    return got == 0;
}

static bool load_folder(struct lh_drop_node *folder, const char *path);

static bool load_entry(struct lh_drop_node *folder, const char *path, const char *name)
{
    char inner[PATH_MAX];
    struct lh_drop_node *node;
    struct stat info;

    if (!join(inner, path, name) || lstat(inner, &info) != 0) {
        return false;
    }
    if (!S_ISDIR(info.st_mode) && !S_ISREG(info.st_mode)) {
        return true; /* sockets do not outlive a cut */
    }
    node = new_node(info.st_mode, S_ISDIR(info.st_mode));
    node->owner = info.st_uid;
    node->group = info.st_gid;
    set_entry(&folder->live_entries, name, node);
    set_entry(&folder->kept_entries, name, node);
    return node->is_folder ? load_folder(node, inner) : load_file(node, inner);
}

static bool load_folder(struct lh_drop_node *folder, const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;
    bool is_good = dir != NULL;

    while (is_good && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            is_good = load_entry(folder, path, entry->d_name);
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return is_good;
}

bool lh_drop_load(struct lh_drop_disk *disk, const char *path)
{
    *disk = (struct lh_drop_disk){ .root = new_node(0700, true) };
    return load_folder(disk->root, path);
}

static bool store_file(const struct lh_drop_node *file, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t done = 0;
    bool is_good = fd >= 0;

    while (is_good && done < file->kept.len) {
        ssize_t put_now = write(fd, file->kept.data + done, file->kept.len - done);

        is_good = put_now > 0;
        done += is_good ? (size_t)put_now : 0;
    }
    is_good = is_good && fchmod(fd, file->mode) == 0 && fchown(fd, file->owner, file->group) == 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return is_good;
}

static bool store_folder(const struct lh_drop_node *folder, const char *path)
{
    bool is_good = true;

    for (const struct lh_drop_entry *at = folder->kept_entries; is_good && at != NULL;
         at = at->next) {
        char inner[PATH_MAX];

        is_good = join(inner, path, at->name);
        if (is_good && at->node->is_folder) {
            is_good = mkdir(inner, 0700) == 0 && chmod(inner, at->node->mode) == 0 &&
                      store_folder(at->node, inner);
        } else if (is_good) {
            is_good = store_file(at->node, inner);
        }
    }
    return is_good;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    return walk->level == 0 ? 0 : remove(path);
}

bool lh_drop_store(const struct lh_drop_disk *disk, const char *path)
{
    enum { HANDLES = 16 };

    return nftw(path, remove_one, HANDLES, FTW_DEPTH | FTW_PHYS) == 0 &&
           store_folder(disk->root, path);
}
