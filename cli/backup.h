#ifndef LH_CLI_BACKUP_H
#define LH_CLI_BACKUP_H

/*
 * A backup is a directory:
 *
 *   MANIFEST       "# liuhen-backup 1", "# origin", "# size", "# root", then a line of sha256sum
 * for each file; written last, so what was cut off is no backup ledger.lhar    the ledger as
 * anybody may replay it, without private parts store.lhs      all tables of the store, private
 * parts and the journal with them genesis.lhg, enrolment.lhe, liuhend.conf, trust.policy keys/...
 * only when asked for
 *
 *  1. Both files of the ledger are read from one frozen view of the store.
 *  2. A restored store is marked RESTORED before its first row is written, and stays so: the node
 *     comes up suspect and seals nothing until people have looked at it.
 *
 * store.lhs = "LHSTORE1\n" row* end; row = u8 table || u32 len || key || u32 len || value;
 * end = u8 255 || u64 count of rows. Numbers are big-endian.  Spec: specs/ledger.md 8.4.
 */

#include "cli/cli.h"
#include "ledger/origin.h"
#include "ledger/store.h"

enum { LH_BACKUP_FILES_MAX = 64, LH_BACKUP_NAME_MAX = 96 };

/* In a data directory whose restore has not ended: the node does not start there. */
#define LH_RESTORING_FILE "RESTORING"

struct lh_backup_file {
    char name[LH_BACKUP_NAME_MAX + 1]; /* within the directory */
    struct lh_hash hash;               /* SHA-256 */
};

struct lh_backup {
    char origin[LH_ORIGIN_MAX + 1];
    uint64_t size;
    struct lh_hash root;
    size_t file_count;
    struct lh_backup_file files[LH_BACKUP_FILES_MAX];
};

/** Back the ledger of --data up into a new directory. LH_ERR_CONFLICT: something is there. */
enum lh_code lh_backup_create(struct lh_backup *out, struct lh_cli *cli, const char *dir,
                              bool with_keys, struct lh_err *err) LH_MUST_CHECK;
/** Read the manifest, and nothing else. LH_ERR_NOT_FOUND: there is none; LH_ERR_INVALID. */
enum lh_code lh_backup_read(struct lh_backup *out, const char *dir,
                            struct lh_err *err) LH_MUST_CHECK;
/**
 * Read the manifest and hash every file it names; the archive must end at the head it names.
 * LH_ERR_FORGED names the file that differs; LH_ERR_NOT_FOUND, LH_ERR_INVALID.
 */
enum lh_code lh_backup_check(struct lh_backup *out, const char *dir,
                             struct lh_err *err) LH_MUST_CHECK;
/**
 * Make --data of a backup that was checked: files, settings with the new places, the marker, the
 * store, the guard (one that is there is kept). Then every stored byte is judged again.
 * LH_ERR_CONFLICT: a store is there already. LH_ERR_FORGED: the bytes are no ledger; no store is
 * left. Until the end RESTORING stands in the directory, and restoring again begins anew.
 */
enum lh_code lh_backup_restore(struct lh_cli *cli, const struct lh_backup *backup, const char *dir,
                               const char *guard_dir, struct lh_err *err) LH_MUST_CHECK;

/** SHA-256 of a file of any length. */
enum lh_code lh_backup_hash(struct lh_hash *out, const char *path,
                            struct lh_err *err) LH_MUST_CHECK;
/** All tables into a new file, or back into a new store. */
enum lh_code lh_backup_save_store(struct lh_store *store, const char *path,
                                  struct lh_err *err) LH_MUST_CHECK;
enum lh_code lh_backup_load_store(struct lh_store *store, const char *path,
                                  struct lh_err *err) LH_MUST_CHECK;

#endif
