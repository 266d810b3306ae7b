#include "tests/support/node_dir.h"

#include "crypto/base/time.h"
#include "ledger/act.h"
#include "ledger/canon.h"
#include "ledger/guard.h"
#include "ledger/store.h"
#include "tests/support/bodies.h"

#include "trust.pb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 640, DAY_MS = 24 * 3600 * 1000 };

static const char department[] = "gaj";
static const char default_network[] = "jinhua";

void lh_must(enum lh_code rc, const struct lh_err *err, const char *what)
{
    if (rc != LH_OK) {
        (void)fprintf(stderr, "%s: %s: %s\n", what, lh_code_name(rc), err != NULL ? err->text : "");
        exit(1);
    }
}

static void make_directory(const char *path)
{
    if (mkdir(path, 0700) != 0) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
}

static void join(char out[PATH_SIZE], const struct lh_node_dir *dir, const char *name)
{
    (void)snprintf(out, PATH_SIZE, "%s/%s", dir->path, name);
}

void lh_node_dir_write(const char *path, struct lh_bytes bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0 || write(fd, bytes.data, bytes.len) != (ssize_t)bytes.len || close(fd) != 0) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
}

static void read_file(const char *path, struct lh_buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = -1;

    if (fd >= 0) {
        do {
            uint8_t *room = lh_buf_reserve(out, 65536);

            got = room != NULL ? read(fd, room, 65536) : -1;
            out->len += got > 0 ? (size_t)got : 0;
        } while (got > 0);
        (void)close(fd);
    }
    if (got < 0) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(1);
    }
}

static struct lh_signer *make_key(const struct lh_node_dir *dir, const char *name, enum lh_alg alg)
{
    struct lh_signer *signer = NULL;
    struct lh_err err = LH_ERR_NONE;
    char path[PATH_SIZE];

    join(path, dir, name);
    lh_must(lh_signer_generate(&signer, alg, &err), &err, name);
    lh_must(lh_signer_save(signer, path, &err), &err, path);
    return signer;
}

static struct lh_pubkey make_public(const struct lh_node_dir *dir, const char *name,
                                    enum lh_alg alg)
{
    struct lh_signer *signer = make_key(dir, name, alg);
    struct lh_pubkey key = *lh_signer_pubkey(signer);

    lh_signer_free(signer);
    return key;
}

static void make_secret(const struct lh_node_dir *dir, const char *name)
{
    struct lh_random random = lh_random_system();
    struct lh_secret secret = LH_SECRET_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    char path[PATH_SIZE];

    join(path, dir, name);
    secret.len = 32;
    lh_must(lh_random_fill(&random, secret.bytes, secret.len, &err), &err, name);
    lh_must(lh_secret_write(&secret, path, &err), &err, path);
    lh_secret_clear(&secret);
}

static void make_genesis(struct lh_node_dir *dir, const struct lh_enrolment *enrolment,
                         const char *network)
{
    struct lh_clock clock = lh_clock_system();
    struct lh_buf enrolment_bytes = LH_BUF_EMPTY;
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    char path[PATH_SIZE];

    lh_must(lh_enrolment_encode(&enrolment_bytes, enrolment, LH_SUITE_W, &err), &err, "enrolment");
    join(path, dir, "enrolment.lhe");
    lh_node_dir_write(path, lh_buf_bytes(&enrolment_bytes));
    struct lh_bytes member = lh_buf_bytes(&enrolment_bytes);
    lh_must(lh_genesis_encode(&bytes, network, LH_SUITE_W, clock.wall_unix_ms(clock.arg), &member,
                              1, &err),
            &err, "genesis");
    join(path, dir, "genesis.lhg");
    lh_node_dir_write(path, lh_buf_bytes(&bytes));
    lh_must(lh_genesis_new(&dir->genesis, lh_buf_bytes(&bytes), &err), &err, "genesis");
    lh_buf_clear(&enrolment_bytes);
    lh_buf_clear(&bytes);
}

static void write_act(const struct lh_node_dir *dir, const char *name, const lhpb_Body *body,
                      struct lh_signer *officers[2])
{
    struct lh_act act = LH_ACT_EMPTY;
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    char path[PATH_SIZE];

    act.suite = LH_SUITE_W;
    act.network_id = *lh_genesis_network_id(dir->genesis);
    lh_must(lh_body_encode(&act.body, body, &err), &err, name);
    lh_must(lh_act_sign(&act, dir->suite, officers[0], &err), &err, name);
    lh_must(lh_act_sign(&act, dir->suite, officers[1], &err), &err, name);
    lh_must(lh_act_encode(&bytes, &act, &err), &err, name);
    join(path, dir, name);
    lh_node_dir_write(path, lh_buf_bytes(&bytes));
    lh_buf_clear(&bytes);
    lh_act_clear(&act);
}

static void begin_body(lhpb_Body *body, lhpb_EntryType type, const char *id)
{
    struct lh_clock clock = lh_clock_system();

    lh_fixture_body(body, type);
    (void)snprintf(body->source, sizeof body->source, "officers");
    (void)snprintf(body->id, sizeof body->id, "%s", id);
    body->event_time_ms = (uint64_t)clock.wall_unix_ms(clock.arg);
}

static void staff_pseudonym(uint8_t out[8], size_t number)
{
    memset(out, 0x51, 8);
    out[7] = (uint8_t)number;
}

/* For what staff member 1 did between yesterday and tomorrow. */
static void make_warrant(const struct lh_node_dir *dir, struct lh_signer *officers[2])
{
    lhpb_Body body;
    lhpb_Warrant *warrant = &body.detail.warrant;

    begin_body(&body, lhpb_EntryType_WARRANT, "warrant");
    warrant->from_ms = body.event_time_ms - DAY_MS;
    warrant->until_ms = body.event_time_ms + DAY_MS;
    warrant->expires_ms = body.event_time_ms + DAY_MS;
    warrant->has_staff = true;
    staff_pseudonym(warrant->staff, 1);
    write_act(dir, "acts/warrant.act", &body, officers);
}

static void make_acts(const struct lh_node_dir *dir, const struct lh_pubkey *seal,
                      struct lh_signer *officers[2], size_t staff_count)
{
    lhpb_Body body;
    char path[PATH_SIZE];

    join(path, dir, "acts");
    make_directory(path);
    begin_body(&body, lhpb_EntryType_GENERATION, "generation-1");
    lh_pubkey_to_wire(&body.detail.generation.seal_key, seal);
    write_act(dir, "acts/generation.act", &body, officers);
    for (size_t number = 1; number <= staff_count; number++) {
        char name[64];
        struct lh_pubkey key;

        (void)snprintf(name, sizeof name, "keys/staff-%zu.pem", number);
        key = make_public(dir, name, LH_ALG_P256);
        (void)snprintf(name, sizeof name, "staff-%zu", number);
        begin_body(&body, lhpb_EntryType_STAFF, name);
        staff_pseudonym(body.detail.staff_enrol.pseudonym, number);
        lh_pubkey_to_wire(&body.detail.staff_enrol.key, &key);
        body.detail.staff_enrol.valid_from_ms = body.event_time_ms - 1000;
        body.detail.staff_enrol.valid_until_ms = 0;
        (void)snprintf(name, sizeof name, "acts/staff-%zu.act", number);
        write_act(dir, name, &body, officers);
    }
    make_warrant(dir, officers);
}

static void make_store(const struct lh_node_dir *dir)
{
    struct lh_store_rocksdb_options options = { .cache_bytes = 0 };
    struct lh_store *store = NULL;
    struct lh_err err = LH_ERR_NONE;
    char path[PATH_SIZE];

    join(path, dir, "store");
    lh_must(lh_store_open_rocksdb(&store, path, LH_STORE_CREATE, &options, &err), &err, path);
    lh_store_close(store);
    (void)snprintf(path, sizeof path, "%s-guard", dir->path);
    make_directory(path);
    (void)snprintf(path, sizeof path, "%s-guard/guard", dir->path);
    lh_must(lh_guard_create(path, &err), &err, path);
    join(path, dir, "liuhend.conf");
    lh_node_dir_write(path, lh_bytes_of_text("heartbeat.idle = 0\n"));
}

void lh_node_dir_create(struct lh_node_dir *out, const char *path, size_t staff_count,
                        const char *network)
{
    struct lh_enrolment enrolment = { .officer_count = 2 };
    struct lh_signer *officers[2];
    struct lh_pubkey seal;
    struct lh_err err = LH_ERR_NONE;
    char keys[PATH_SIZE];

    *out = (struct lh_node_dir){ .genesis = NULL };
    (void)snprintf(out->path, sizeof out->path, "%s", path);
    lh_must(lh_suite_new(&out->suite, LH_SUITE_W, &err), &err, "suite");
    make_directory(path);
    join(keys, out, "keys");
    make_directory(keys);
    (void)snprintf(enrolment.department, sizeof enrolment.department, "%s", department);
    (void)snprintf(enrolment.name, sizeof enrolment.name, "公安局");
    (void)snprintf(enrolment.group, sizeof enrolment.group, "gongan");
    for (size_t i = 0; i < 2; i++) {
        char name[64];

        (void)snprintf(name, sizeof name, "keys/officer-%zu.pem", i + 1);
        officers[i] = make_key(out, name, LH_ALG_P256);
        (void)snprintf(enrolment.officers[i].label, sizeof enrolment.officers[i].label,
                       "officer %zu", i + 1);
        enrolment.officers[i].key = *lh_signer_pubkey(officers[i]);
    }
    enrolment.recorder = make_public(out, "keys/recorder.pem", LH_ALG_P256);
    enrolment.witness = make_public(out, "keys/witness.pem", LH_ALG_ED25519);
    enrolment.mirror = make_public(out, "keys/mirror.pem", LH_ALG_ED25519);
    enrolment.governance = make_public(out, "keys/governance.pem", LH_ALG_ED25519);
    seal = make_public(out, "keys/seal-1.pem", LH_ALG_ED25519);
    make_secret(out, "keys/idempotency.key");
    make_secret(out, "keys/index.key");
    make_genesis(out, &enrolment, network != NULL ? network : default_network);
    make_acts(out, &seal, officers, staff_count);
    make_store(out);
    lh_signer_free(officers[0]);
    lh_signer_free(officers[1]);
}

void lh_node_dir_open(struct lh_node_dir *out, const char *path)
{
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    char file[PATH_SIZE];

    *out = (struct lh_node_dir){ .genesis = NULL };
    (void)snprintf(out->path, sizeof out->path, "%s", path);
    lh_must(lh_suite_new(&out->suite, LH_SUITE_W, &err), &err, "suite");
    join(file, out, "genesis.lhg");
    read_file(file, &bytes);
    lh_must(lh_genesis_new(&out->genesis, lh_buf_bytes(&bytes), &err), &err, file);
    lh_buf_clear(&bytes);
}

void lh_node_dir_close(struct lh_node_dir *dir)
{
    lh_genesis_free(dir->genesis);
    lh_suite_free(dir->suite);
}

struct lh_signer *lh_node_dir_staff(const struct lh_node_dir *dir, size_t number)
{
    struct lh_signer *signer = NULL;
    struct lh_err err = LH_ERR_NONE;
    char path[PATH_SIZE];
    char name[64];

    (void)snprintf(name, sizeof name, "keys/staff-%zu.pem", number);
    join(path, dir, name);
    lh_must(lh_signer_open(&signer, path, &err), &err, path);
    return signer;
}

void lh_node_dir_submission(const struct lh_node_dir *dir, struct lh_buf *out,
                            struct lh_signer *staff, size_t number, const char *source,
                            const char *id, int64_t now_unix_ms)
{
    lhpb_Submission submission = lhpb_Submission_init_zero;
    lhpb_Body body;
    struct lh_buf bytes = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    uint8_t message[LH_ENTRY_MESSAGE_SIZE];
    struct lh_sig signature;
    struct lh_key_id key_id = lh_key_id_of(dir->suite, lh_signer_pubkey(staff));

    lh_fixture_body(&body, lhpb_EntryType_QUERY);
    (void)snprintf(body.source, sizeof body.source, "%s", source);
    (void)snprintf(body.id, sizeof body.id, "%s", id);
    body.event_time_ms = (uint64_t)now_unix_ms;
    body.has_staff = true;
    staff_pseudonym(body.staff, number);
    if (body.detail.query.due_ms != 0) {
        body.detail.query.due_ms = body.event_time_ms + 60000;
    }
    lh_must(lh_body_encode(&bytes, &body, &err), &err, "body");
    struct lh_hash hash = lh_body_hash(dir->suite, lh_buf_bytes(&bytes));
    lh_entry_message(message, lh_genesis_network_id(dir->genesis), &hash);
    lh_must(lh_sign(staff, &signature, lh_bytes_of(message, sizeof message), &err), &err, "sign");
    memcpy(submission.body.bytes, bytes.data, bytes.len);
    submission.body.size = (pb_size_t)bytes.len;
    submission.signatures_count = 1;
    memcpy(submission.signatures[0].key_id, key_id.bytes, sizeof key_id.bytes);
    memcpy(submission.signatures[0].value, signature.bytes, sizeof signature.bytes);
    lh_must(lh_canon_encode(out, &lhpb_Submission_msg, &submission, &err), &err, "submission");
    lh_buf_clear(&bytes);
}

void lh_node_dir_seal(const struct lh_node_dir *dir, struct lh_note_key *out)
{
    struct lh_signer *seal = NULL;
    struct lh_err err = LH_ERR_NONE;
    char path[PATH_SIZE];

    join(path, dir, "keys/seal-1.pem");
    lh_must(lh_signer_open(&seal, path, &err), &err, path);
    lh_must(lh_note_key_init(out, "jinhua/gaj/1", LH_NOTE_LOG, lh_signer_pubkey(seal), &err), &err,
            "seal");
    lh_signer_free(seal);
}
