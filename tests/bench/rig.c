#include "tests/bench/rig.h"

#include "ledger/guard.h"
#include "ledger/store.h"
#include "net/client.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_MS_MAX = 10 * 1000, STEP_MS = 10, SECRET_SIZE = 32 };

#define SUBMISSION_ACT "application/vnd.liuhen.act"

/* ---- the data directory ---------------------------------------------------------------------- */

static void write_file(const char *dir, const char *name, struct lh_bytes content)
{
    char path[BENCH_PATH_MAX];

    bench_path(path, dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, content.data, content.len) != (ssize_t)content.len || close(fd) != 0) {
        bench_die("%s: %s", path, strerror(errno));
    }
}

static void write_keys(const struct rig *rig)
{
    const struct people *people = rig->people;
    const struct {
        const char *name;
        const struct lh_signer *signer;
    } signers[] = {
        { "seal-1.pem", people->seal },           { "recorder.pem", people->recorder },
        { "witness.pem", people->witness },       { "mirror.pem", people->mirror },
        { "governance.pem", people->governance },
    };
    static const char *const secrets[] = { "idempotency.key", "index.key" };
    char keys[BENCH_PATH_MAX];
    char path[BENCH_PATH_MAX];
    struct lh_random random = lh_random_system();
    struct lh_err err = LH_ERR_NONE;

    bench_dir_make(keys, rig->data, "keys");
    for (size_t i = 0; i < sizeof signers / sizeof signers[0]; i++) {
        bench_path(path, keys, signers[i].name);
        bench_must(lh_signer_save(signers[i].signer, path, &err), &err, "key file");
    }
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        struct lh_secret secret = { .len = SECRET_SIZE };
        bench_must(lh_random_fill(&random, secret.bytes, SECRET_SIZE, &err), &err, "secret");
        bench_path(path, keys, secrets[i]);
        bench_must(lh_secret_write(&secret, path, &err), &err, "secret");
    }
}

static void write_store(const struct rig *rig, const char *dir, const char *name)
{
    char guard_name[64];
    char guard[BENCH_PATH_MAX];
    char path[BENCH_PATH_MAX];
    struct lh_store *store = NULL;
    struct lh_err err = LH_ERR_NONE;

    (void)snprintf(guard_name, sizeof guard_name, "%s-guard", name);
    bench_dir_make(guard, dir, guard_name);
    bench_path(path, guard, "guard");
    bench_must(lh_guard_create(path, &err), &err, "guard");
    bench_must(lh_store_open_rocksdb(&store, rig->store, LH_STORE_CREATE, NULL, &err), &err,
               "store");
    lh_store_close(store);
}

static void write_data(const struct rig *rig, const char *dir, const char *name)
{
    struct lh_buf config = LH_BUF_EMPTY;

    write_file(rig->data, "genesis.lhg", lh_genesis_bytes(rig->people->genesis));
    write_file(rig->data, "enrolment.lhe", lh_buf_bytes(&rig->people->enrolment));
    write_keys(rig);
    write_store(rig, dir, name);
    lh_buf_add_format(&config, "data = %s\ndepartment = %s\nlog.level = warn\n", rig->data,
                      PEOPLE_DEPARTMENT);
    write_file(rig->data, "liuhend.conf", lh_buf_bytes(&config));
    lh_buf_clear(&config);
}

/* ---- the process ----------------------------------------------------------------------------- */

static void become_node(const struct rig *rig, const char *programs)
{
    char program[BENCH_PATH_MAX];
    char config[BENCH_PATH_MAX];
    char log[BENCH_PATH_MAX];

    bench_path(program, programs, "liuhend");
    bench_path(config, rig->data, "liuhend.conf");
    bench_path(log, rig->data, "log");
    int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    (void)dup2(fd, STDOUT_FILENO);
    (void)dup2(fd, STDERR_FILENO);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)execl(program, program, "--config", config, (char *)NULL);
    (void)fprintf(stderr, "%s: %s\n", program, strerror(errno));
    _exit(127);
}

static void die_with_log(const struct rig *rig, const char *what)
{
    char path[BENCH_PATH_MAX];
    char text[2048] = "";

    bench_path(path, rig->data, "log");
    FILE *file = fopen(path, "re");
    if (file != NULL) {
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
    }
    bench_die("liuhend %s; its log:\n%s", what, text);
}

static void pause_ms(long ms)
{
    struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

    (void)nanosleep(&pause, NULL);
}

struct lh_client *rig_connect(const struct rig *rig)
{
    char address[BENCH_PATH_MAX + 8];
    struct lh_client_options options = { .node = address };
    struct lh_client *client = NULL;
    struct lh_err err = LH_ERR_NONE;

    (void)snprintf(address, sizeof address, "unix:%s", rig->socket);
    bench_must(lh_client_new(&client, &options, &err), &err, "client");
    return client;
}

static void wait_until_up(const struct rig *rig)
{
    struct lh_client *client = rig_connect(rig);
    struct lh_client_reply reply = LH_CLIENT_REPLY_EMPTY;
    bool is_up = false;

    for (int ms = 0; !is_up && ms < START_MS_MAX; ms += STEP_MS) {
        if (waitpid(rig->pid, NULL, WNOHANG) == rig->pid) {
            die_with_log(rig, "ended");
        }
        is_up = lh_client_get(client, &reply, "/healthz", NULL) == LH_OK && reply.status == 200;
        if (!is_up) {
            pause_ms(STEP_MS);
        }
    }
    lh_client_reply_clear(&reply);
    lh_client_free(client);
    if (!is_up) {
        die_with_log(rig, "does not answer");
    }
}

long rig_post(const struct rig *rig, const char *target, const char *type, struct lh_bytes body,
              char answer[512])
{
    struct lh_client *client = rig_connect(rig);
    struct lh_client_reply reply = LH_CLIENT_REPLY_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    bench_must(lh_client_post(client, &reply, target, type, body, &err), &err, target);
    (void)snprintf(answer, 512, "%.500s", lh_buf_text(&reply.body));
    long status = reply.status;
    lh_client_reply_clear(&reply);
    lh_client_free(client);
    return status;
}

uint64_t rig_status(const struct rig *rig, const char *name)
{
    struct lh_client *client = rig_connect(rig);
    struct lh_client_reply reply = LH_CLIENT_REPLY_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    char quoted[64];

    bench_must(lh_client_get(client, &reply, "/v1/status", &err), &err, "status");
    (void)snprintf(quoted, sizeof quoted, "\"%s\":", name);
    const char *at = strstr(lh_buf_text(&reply.body), quoted);
    if (at == NULL) {
        bench_die("no %s in the status: %s", name, lh_buf_text(&reply.body));
    }
    uint64_t value = strtoull(at + strlen(quoted), NULL, 10);
    lh_client_reply_clear(&reply);
    lh_client_free(client);
    return value;
}

static void record_act(const struct rig *rig, const lhpb_Body *body)
{
    struct lh_buf act = LH_BUF_EMPTY;
    char answer[512];

    people_act(rig->people, &act, body);
    long status = rig_post(rig, "/v1/acts", SUBMISSION_ACT, lh_buf_bytes(&act), answer);
    if (status != 201) {
        bench_die("an officer act was answered %ld: %s", status, answer);
    }
    lh_buf_clear(&act);
}

void rig_start(struct rig *out, struct people *people, const char *programs, const char *dir,
               const char *name)
{
    int64_t now = lh_clock_system().wall_unix_ms(NULL);
    lhpb_Body body;

    *out = (struct rig){ .people = people };
    bench_dir_make(out->data, dir, name);
    bench_path(out->store, out->data, "store");
    bench_path(out->socket, out->data, "liuhend.sock");
    write_data(out, dir, name);
    out->pid = fork();
    if (out->pid == 0) {
        become_node(out, programs);
    }
    if (out->pid < 0) {
        bench_die("fork: %s", strerror(errno));
    }
    wait_until_up(out);
    people_generation(people, &body, now);
    record_act(out, &body);
    for (size_t i = 0; i < people->staff_count; i++) {
        people_enrol(people, &body, i, now);
        record_act(out, &body);
    }
}

void rig_stop(struct rig *rig)
{
    int status = 0;

    (void)kill(rig->pid, SIGTERM);
    (void)waitpid(rig->pid, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        die_with_log(rig, "did not stop well");
    }
    bench_dir_remove(rig->data);
}
