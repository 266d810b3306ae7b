#include "cli/rebuild.h"

#include "cli/backup_internal.h"
#include "cli/files.h"
#include "cli/sealed.h"
#include "cli/verify/input.h"
#include "cli/verify/trust.h"
#include "cli/verify/witnessed.h"
#include "crypto/secret.h"
#include "ledger/ledger.h"
#include "ledger/replay.h"

#include <string.h>

struct rebuilding {
    struct lh_restoring restoring;
    const char *archive;
    struct lh_rebuilt *out;
    struct lh_trust trust;
    struct lh_replay *replay; /* what the archive was judged to be */
    struct lh_witnessed witnessed;
    struct lh_store *store;
    struct lh_ledger *ledger; /* being taken in */
    size_t ledger_count;      /* of the archive, so far */
    struct lh_sealed *sealed; /* block being gathered */
};

/* ---- the archive, frame by frame ---- */

typedef enum lh_code (*frame_handler)(struct rebuilding *work,
                                      const struct lh_archive_frame *frame);

static enum lh_code read_input(void *arg, void *out, size_t room, size_t *out_len,
                               struct lh_err *err)
{
    return lh_input_read(arg, out, room, out_len, err);
}

/* LH_ERR_NOT_FOUND after a proper end; then `err` is not set. */
static enum lh_code walk(struct rebuilding *work, frame_handler handle, struct lh_err *why)
{
    struct lh_err *err = work->restoring.err;
    struct lh_archive_input stream = { .read = read_input };
    struct lh_archive_reader *reader = NULL;
    struct lh_archive_frame frame;
    struct lh_input *input;

    enum lh_code rc = lh_input_open(&input, work->archive, err);
    if (rc != LH_OK) {
        return rc == LH_ERR_NOT_FOUND
                   ? lh_err_set(err, LH_ERR_IO, "%s: no such file", work->archive)
                   : lh_err_wrap(err, rc, "%s", work->archive);
    }
    stream.arg = input;
    rc = lh_archive_reader_new(&reader, &stream, err);
    while (rc == LH_OK && (rc = lh_archive_next(reader, &frame, why)) == LH_OK) {
        rc = handle(work, &frame);
        if (rc == LH_ERR_NOT_FOUND) {
            rc = lh_err_wrap(err, LH_ERR_CORRUPT, "%s", work->archive);
        }
    }
    lh_archive_reader_free(reader);
    lh_input_close(input);
    return rc;
}

/* ---- judging it before anything is made ---- */

static enum lh_code judge_frame(struct rebuilding *work, const struct lh_archive_frame *frame)
{
    struct lh_err *err = work->restoring.err;
    enum lh_code rc = lh_replay_feed(work->replay, frame, err);

    if (rc == LH_OK && frame->kind == LH_ARCHIVE_CHECKPOINT) {
        rc = lh_witnessed_take(&work->witnessed, work->replay, &work->trust, frame->content, err);
    }
    return rc;
}

/*
 * The first finding, in the words of liuhen-verify. Of the epochs that our own ledger named the
 * seal says that it did.
 */
static enum lh_code refuse_finding(struct rebuilding *work)
{
    const struct lh_replay_finding *first =
        lh_replay_findings_beyond_epochs(lh_replay_findings(work->replay));
    struct lh_err *err = work->restoring.err;

    if (first == NULL) {
        return LH_OK;
    }
    if (first->place.index == LH_REPLAY_NO_INDEX) {
        return lh_err_set(err, first->code, "%s breaks %s: %s", work->archive, first->rule->id,
                          first->text);
    }
    return lh_err_set(err, first->code, "%s breaks %s at %s leaf %llu: %s", work->archive,
                      first->rule->id,
                      lh_replay_ledger_at(work->replay, first->place.ledger)->origin,
                      (unsigned long long)first->place.index, first->text);
}

/* One ledger of the archive behind the one before it. */
static enum lh_code check_line(struct rebuilding *work, const struct lh_replay_ledger *before,
                               const struct lh_replay_ledger *ledger)
{
    struct lh_err *err = work->restoring.err;
    struct lh_origin first;
    struct lh_origin own;

    enum lh_code rc = lh_origin_parse(
        &first, lh_bytes_of_text(lh_replay_ledger_at(work->replay, 0)->origin), err);
    if (rc == LH_OK) {
        rc = lh_origin_parse(&own, lh_bytes_of_text(ledger->origin), err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    if (strcmp(first.department, own.department) != 0) {
        return lh_err_set(err, LH_ERR_INVALID,
                          "%s holds ledgers of %s and of %s: a data directory is of one department",
                          work->archive, first.department, own.department);
    }
    if (ledger->size == 0) {
        return lh_err_set(err, LH_ERR_INVALID, "%s holds no block of %s", work->archive,
                          ledger->origin);
    }
    if (before == NULL && ledger->prev_origin[0] != 0) {
        return lh_err_set(err, LH_ERR_INVALID, "%s continues %s, which %s does not hold",
                          ledger->origin, ledger->prev_origin, work->archive);
    }
    if (before != NULL &&
        (strcmp(before->origin, ledger->prev_origin) != 0 || before->size != ledger->prev_size)) {
        return lh_err_set(err, LH_ERR_INVALID, "%s does not continue %s, which stands before it",
                          ledger->origin, before->origin);
    }
    return LH_OK;
}

static enum lh_code check_ledgers(struct rebuilding *work)
{
    size_t count = lh_replay_ledger_count(work->replay);
    const struct lh_replay_ledger *before = NULL;
    enum lh_code rc = LH_OK;

    if (count == 0) {
        return lh_err_set(work->restoring.err, LH_ERR_INVALID, "%s holds no ledger", work->archive);
    }
    for (size_t i = 0; rc == LH_OK && i < count; i++) {
        const struct lh_replay_ledger *ledger = lh_replay_ledger_at(work->replay, i);

        rc = check_line(work, before, ledger);
        work->out->lacks_private = work->out->lacks_private || !ledger->keeps_private;
        before = ledger;
    }
    if (rc == LH_OK) {
        memcpy(work->out->head.origin, before->origin, sizeof before->origin);
        work->out->head.size = before->size;
        work->out->head.root = before->root;
        work->out->network_id = *lh_genesis_network_id(lh_replay_genesis(work->replay));
        work->out->private_count = lh_replay_private_count(work->replay);
    }
    return rc;
}

/* A policy that names no network has to name the seal of every ledger, and no more than that. */
static enum lh_code check_trust(struct rebuilding *work)
{
    if (lh_trust_is_empty(&work->trust) || work->trust.has_network) {
        return LH_OK;
    }
    for (size_t i = 0; i < lh_replay_ledger_count(work->replay); i++) {
        const char *origin = lh_replay_ledger_at(work->replay, i)->origin;
        if (!lh_trust_has_origin(&work->trust, origin)) {
            return lh_err_set(work->restoring.err, LH_ERR_UNKNOWN, "--trust names no key of %s",
                              origin);
        }
    }
    return LH_OK;
}

/* In the words of liuhen-verify too. */
static enum lh_code check_witnessed(struct rebuilding *work)
{
    struct lh_err *err = work->restoring.err;
    enum lh_code rc = lh_witnessed_judge(&work->witnessed, work->replay, &work->trust, err);

    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "%s", work->archive);
}

/* Hashes, rules, authority, the last seals and cosignatures; signatures of entries are asked when a
 * block is taken in. */
static enum lh_code judge_archive(struct rebuilding *work)
{
    const char *trust = lh_cli_value(work->restoring.cli, "trust");
    struct lh_replay_options options = { .with_signatures = false };
    struct lh_err *err = work->restoring.err;
    struct lh_err why = LH_ERR_NONE;
    enum lh_code rc = LH_OK;

    if (trust != NULL) {
        rc = lh_trust_add_file(&work->trust, trust, err);
        rc = rc == LH_OK ? rc : lh_err_wrap(err, rc, "%s", trust);
    }
    options.network_id = work->trust.has_network ? &work->trust.network_id : NULL;
    options.seals = work->trust.logs;
    options.seal_count = work->trust.log_count;
    work->out->is_pinned = trust != NULL;
    if (rc == LH_OK) {
        rc = lh_replay_new(&work->replay, &options, err);
    }
    if (rc != LH_OK) {
        return rc;
    }
    rc = walk(work, judge_frame, &why);
    if (rc == LH_ERR_NOT_FOUND || why.code != LH_OK) {
        rc = lh_replay_end(work->replay, rc, why.text, err);
    }
    if (rc == LH_OK) {
        rc = refuse_finding(work);
    }
    if (rc == LH_OK) {
        rc = check_ledgers(work);
    }
    if (rc == LH_OK) {
        rc = check_trust(work);
    }
    return rc == LH_OK ? check_witnessed(work) : rc;
}

/* ---- the files beside the store ---- */

static void list_files(struct lh_backup *backup)
{
    static const char *const names[] = { "genesis.lhg", "liuhend.conf", "trust.policy" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        memcpy(backup->files[i].name, names[i], strlen(names[i]) + 1);
    }
    backup->file_count = sizeof names / sizeof names[0];
}

static enum lh_code put_settings(struct rebuilding *work)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_origin origin;

    enum lh_code rc =
        lh_origin_parse(&origin, lh_bytes_of_text(work->out->head.origin), work->restoring.err);
    if (rc == LH_OK) {
        lh_restoring_add_places(&work->restoring, &text);
        lh_buf_add_format(&text, "department = %s\n", origin.department);
        rc = lh_buf_check(&text, work->restoring.err);
    }
    if (rc == LH_OK) {
        rc = lh_restoring_put(&work->restoring, "liuhend.conf", lh_buf_bytes(&text), 0644);
    }
    lh_buf_clear(&text);
    return rc;
}

static enum lh_code put_policy(struct rebuilding *work)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_note_key key;
    enum lh_code rc = LH_OK;

    lh_buf_add_text(&text, "# Seals as the archive names them.\n");
    for (size_t i = 0; rc == LH_OK && i < lh_replay_ledger_count(work->replay); i++) {
        const struct lh_replay_ledger *ledger = lh_replay_ledger_at(work->replay, i);

        rc =
            lh_note_key_init(&key, ledger->origin, LH_NOTE_LOG, &ledger->seal, work->restoring.err);
        if (rc == LH_OK) {
            lh_buf_add_text(&text, "log ");
            lh_note_key_format(&text, &key);
            lh_buf_add_text(&text, "\n");
        }
    }
    lh_buf_add_text(&text, "quorum none\n");
    if (rc == LH_OK) {
        rc = lh_buf_check(&text, work->restoring.err);
    }
    if (rc == LH_OK) {
        rc = lh_restoring_put(&work->restoring, "trust.policy", lh_buf_bytes(&text), 0644);
    }
    lh_buf_clear(&text);
    return rc;
}

/* A key that is there already is the department's own and stays. */
static enum lh_code make_secret(struct rebuilding *work, const char *name)
{
    const char *path = lh_restoring_path(&work->restoring, name);
    struct lh_random random = lh_random_system();
    struct lh_secret secret = { .len = 32 };
    enum lh_code rc = LH_OK;

    if (!lh_file_exists(path)) {
        rc = lh_random_fill(&random, secret.bytes, secret.len, work->restoring.err);
        if (rc == LH_OK) {
            rc = lh_secret_write(&secret, path, work->restoring.err);
        }
    }
    lh_secret_clear(&secret);
    return rc;
}

static enum lh_code put_files(struct rebuilding *work)
{
    enum lh_code rc = lh_restoring_put(&work->restoring, "genesis.lhg",
                                       lh_genesis_bytes(lh_replay_genesis(work->replay)), 0644);

    if (rc == LH_OK) {
        rc = put_settings(work);
    }
    if (rc == LH_OK) {
        rc = put_policy(work);
    }
    if (rc == LH_OK) {
        rc = make_secret(work, "keys/idempotency.key");
    }
    return rc == LH_OK ? make_secret(work, "keys/index.key") : rc;
}

/* ---- the store ---- */

static enum lh_code take_block(struct rebuilding *work)
{
    struct lh_suite *suite = lh_replay_suite(work->replay);
    struct lh_ledger_sealed block;

    if (!lh_sealed_is_whole(work->sealed)) {
        return LH_OK;
    }
    lh_sealed_get(work->sealed, &block);
    block.lacks_private = !lh_replay_ledger_at(work->replay, work->ledger_count - 1)->keeps_private;
    enum lh_code rc = lh_ledger_adopt(work->ledger, suite, &block, work->restoring.err);
    lh_sealed_next(work->sealed);
    return rc;
}

/* Those that the archive carries, before a header names them. */
static enum lh_code add_epochs(struct rebuilding *work)
{
    const struct lh_epochs *epochs = lh_replay_epochs(work->replay);
    enum lh_code rc = LH_OK;

    for (size_t i = 1; rc == LH_OK && i < lh_epochs_count(epochs); i++) {
        rc = lh_ledger_add_epoch(work->ledger, lh_epochs_proposal(epochs, i), work->restoring.err);
    }
    return rc;
}

static enum lh_code open_ledger(struct rebuilding *work, struct lh_bytes name)
{
    struct lh_ledger_options options = { .store = work->store,
                                         .genesis = lh_replay_genesis(work->replay),
                                         .is_next = work->ledger_count > 0 };
    struct lh_origin origin;

    enum lh_code rc = lh_origin_parse(&origin, name, work->restoring.err);
    if (rc != LH_OK) {
        return rc;
    }
    if (work->ledger_count == lh_replay_ledger_count(work->replay) ||
        !lh_bytes_is_equal(
            name,
            lh_bytes_of_text(lh_replay_ledger_at(work->replay, work->ledger_count)->origin))) {
        return lh_err_set(work->restoring.err, LH_ERR_FORGED, "%s changed while it was read",
                          work->archive);
    }
    lh_ledger_close(work->ledger);
    work->ledger = NULL;
    work->ledger_count++;
    lh_sealed_begin(work->sealed);
    options.department = origin.department;
    options.generation = origin.generation;
    rc = lh_ledger_open(&work->ledger, &options, NULL, work->restoring.err);
    return rc == LH_OK ? add_epochs(work) : rc;
}

/* The frames are those that were judged, or the file changed in between: a block is whole when the
 * next begins. */
static enum lh_code take_frame(struct rebuilding *work, const struct lh_archive_frame *frame)
{
    struct lh_err *err = work->restoring.err;
    enum lh_code rc = LH_OK;

    switch (frame->kind) {
    case LH_ARCHIVE_LEDGER:
        rc = take_block(work);
        return rc == LH_OK ? open_ledger(work, frame->content) : rc;
    case LH_ARCHIVE_LEAF:
        rc = take_block(work);
        return rc == LH_OK ? lh_sealed_add_leaf(work->sealed, frame->content, err) : rc;
    case LH_ARCHIVE_CHECKPOINT:
        return lh_sealed_close(work->sealed, frame->content, err);
    case LH_ARCHIVE_PRIVATE:
        return lh_sealed_add_private(work->sealed, frame->content, err);
    case LH_ARCHIVE_GENESIS:
    case LH_ARCHIVE_EPOCH:
    case LH_ARCHIVE_KEPT:
    case LH_ARCHIVE_END:
        break;
    }
    return LH_OK;
}

static enum lh_code fill_store(struct rebuilding *work)
{
    struct lh_err *err = work->restoring.err;
    struct lh_err why = LH_ERR_NONE;

    enum lh_code rc = lh_sealed_new(&work->sealed, err);
    if (rc == LH_OK) {
        rc = lh_restoring_open_store(&work->restoring, &work->store);
    }
    if (rc != LH_OK) {
        return rc;
    }
    rc = walk(work, take_frame, &why);
    if (rc == LH_ERR_NOT_FOUND) {
        rc = take_block(work);
    } else if (why.code != LH_OK) {
        rc = lh_err_set(err, rc, "%s: %s", work->archive, why.text);
    }
    lh_ledger_close(work->ledger);
    lh_store_close(work->store);
    work->ledger = NULL;
    work->store = NULL;
    return rc == LH_OK ? rc : lh_restoring_blame(&work->restoring, rc);
}

enum lh_code lh_rebuild(struct lh_rebuilt *out, struct lh_cli *cli, const char *path,
                        const char *guard_dir, struct lh_err *err)
{
    struct lh_rebuilt rebuilt = { .is_pinned = false };
    struct rebuilding work = {
        .restoring = { .cli = cli, .backup = &rebuilt.head, .err = err },
        .archive = path,
        .out = &rebuilt,
    };

    lh_trust_init(&work.trust);
    list_files(&rebuilt.head);
    enum lh_code rc = judge_archive(&work);
    if (rc == LH_OK) {
        rc = lh_restoring_begin(&work.restoring, guard_dir);
    }
    if (rc == LH_OK) {
        rc = put_files(&work);
    }
    if (rc == LH_OK) {
        rc = fill_store(&work);
    }
    if (rc == LH_OK) {
        rc = lh_restoring_end(&work.restoring);
    }
    if (rc == LH_OK) {
        *out = rebuilt;
    }
    lh_sealed_free(work.sealed);
    lh_witnessed_clear(&work.witnessed);
    lh_replay_free(work.replay);
    lh_trust_clear(&work.trust);
    lh_restoring_clear(&work.restoring);
    return rc;
}
