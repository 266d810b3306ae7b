/* Is everything here as a node needs it? One line for each check, with what to do. */
#include "cli/cmds.h"

#include "cli/api.h"
#include "cli/doctor_internal.h"
#include "cli/files.h"
#include "cli/program.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

enum {
    SYNCS = 21,
    SYNC_SLOW_US = 50 * 1000,
    SYNC_FAST_US = 20, /* no medium is that quick: something only says that it syncs */
    FREE_LOW_MIB = 1024,
    FREE_NONE_MIB = 128,
};

struct check {
    const char *name;
    struct lh_words title;
    struct lh_words fix;
    void (*run)(struct lh_doctor *doctor, struct lh_doctor_finding *out);
};

const char *lh_doctor_path(struct lh_doctor *doctor, const char *name)
{
    lh_buf_reset(&doctor->path);
    lh_buf_add_format(&doctor->path, "%s%s%s", doctor->data, name[0] != '\0' ? "/" : "", name);
    return lh_buf_text(&doctor->path);
}

static void found_error(struct lh_doctor_finding *out, const char *path)
{
    out->status = LH_DOCTOR_FAIL;
    lh_buf_add_format(&out->detail, "%s: %s", path, strerror(errno));
}

/* ---- files ---- */

static void check_data(struct lh_doctor *doctor, struct lh_doctor_finding *out)
{
    static const char *const names[] = { "genesis.lhg", "liuhend.conf", "store" };
    const char *path = lh_doctor_path(doctor, "");
    struct stat info;

    if (stat(path, &info) != 0) {
        found_error(out, path);
        return;
    }
    lh_buf_add_format(&out->detail, "%s mode %04o", path, (unsigned)(info.st_mode & 07777));
    out->status = (info.st_mode & 077) != 0 ? LH_DOCTOR_FAIL : LH_DOCTOR_OK;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!lh_file_exists(lh_doctor_path(doctor, names[i]))) {
            out->status = LH_DOCTOR_FAIL;
            lh_buf_add_format(&out->detail, ", no %s", names[i]);
        }
    }
}

static bool is_certificate(const char *name)
{
    size_t len = strlen(name);

    return len > 4 && strcmp(name + len - 4, ".crt") == 0;
}

/* Whose the data directory is, that one runs the node: a key is theirs alone. A certificate is for
 * everybody's eyes. */
static void check_key(struct lh_doctor_finding *out, const char *name, const struct stat *info,
                      uid_t owner)
{
    if (is_certificate(name)) {
        return;
    }
    if (!S_ISREG(info->st_mode) || (info->st_mode & 077) != 0) {
        out->status = LH_DOCTOR_FAIL;
        lh_buf_add_format(&out->detail, "keys/%s mode %04o; ", name,
                          (unsigned)(info->st_mode & 07777));
    }
    if (info->st_uid != owner) {
        out->status = LH_DOCTOR_FAIL;
        lh_buf_add_format(&out->detail, "keys/%s owner %lu, of the data directory %lu; ", name,
                          (unsigned long)info->st_uid, (unsigned long)owner);
    }
}

static void check_keys(struct lh_doctor *doctor, struct lh_doctor_finding *out)
{
    struct stat of_data;
    struct dirent *entry;
    struct stat info;
    size_t count = 0;
    DIR *keys;

    if (stat(lh_doctor_path(doctor, ""), &of_data) != 0) {
        found_error(out, lh_buf_text(&doctor->path));
        return;
    }
    keys = opendir(lh_doctor_path(doctor, "keys"));
    if (keys == NULL) {
        found_error(out, lh_buf_text(&doctor->path));
        return;
    }
    while ((entry = readdir(keys)) != NULL) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        count++;
        if (fstatat(dirfd(keys), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
            found_error(out, entry->d_name);
            lh_buf_add_text(&out->detail, "; ");
        } else {
            check_key(out, entry->d_name, &info, of_data.st_uid);
        }
    }
    (void)closedir(keys);
    lh_buf_add_format(&out->detail, "%zu files", count);
    out->status = count == 0 ? LH_DOCTOR_FAIL : out->status;
}

/* Whoever may write into the guard's place may put an older guard there. */
static void check_guard_modes(struct lh_doctor *doctor, struct lh_doctor_finding *out,
                              const char *path, const struct stat *guard)
{
    const char *slash = strrchr(path, '/');
    struct stat place;

    lh_buf_add_format(&out->detail, "%s mode %04o", path, (unsigned)(guard->st_mode & 07777));
    if ((guard->st_mode & 077) != 0) {
        out->status = LH_DOCTOR_FAIL;
    }
    lh_buf_reset(&doctor->path);
    lh_buf_add_format(&doctor->path, "%.*s", slash != NULL ? (int)(slash - path) + 1 : 1,
                      slash != NULL ? path : ".");
    if (stat(lh_buf_text(&doctor->path), &place) == 0 && (place.st_mode & 022) != 0) {
        out->status = LH_DOCTOR_FAIL;
        lh_buf_add_format(&out->detail, ", its directory mode %04o",
                          (unsigned)(place.st_mode & 07777));
    }
}

static void check_guard(struct lh_doctor *doctor, struct lh_doctor_finding *out)
{
    struct lh_buf guard = LH_BUF_EMPTY;
    struct lh_err err = LH_ERR_NONE;
    struct stat of_guard;
    struct stat of_data;

    if (lh_cli_setting(doctor->cli, &guard, "guard.path", &err) != LH_OK) {
        out->status = LH_DOCTOR_FAIL;
        lh_buf_add_text(&out->detail, err.text);
    } else if (stat(lh_buf_text(&guard), &of_guard) != 0) {
        found_error(out, lh_buf_text(&guard));
    } else if (stat(lh_doctor_path(doctor, ""), &of_data) != 0) {
        found_error(out, lh_buf_text(&doctor->path));
    } else {
        out->status = of_guard.st_dev == of_data.st_dev ? LH_DOCTOR_WARN : LH_DOCTOR_OK;
        check_guard_modes(doctor, out, lh_buf_text(&guard), &of_guard);
    }
    lh_buf_clear(&guard);
}

static void check_config(struct lh_doctor *doctor, struct lh_doctor_finding *out)
{
    const char *path = lh_doctor_path(doctor, "liuhend.conf");
    const char *args[] = { "liuhend", "--check-config", "--config", path, NULL };
    struct lh_err err = LH_ERR_NONE;
    int code = 0;

    if (lh_program_run(args, true, &code, &err) != LH_OK) {
        out->status = LH_DOCTOR_FAIL;
        lh_buf_add_text(&out->detail, err.text);
        return;
    }
    lh_buf_add_text(&out->detail, path);
    out->status = code == 0                    ? LH_DOCTOR_OK
                  : code == LH_PROGRAM_MISSING ? LH_DOCTOR_WARN
                                               : LH_DOCTOR_FAIL;
}

/* ---- node and machine ---- */

static void check_node(struct lh_doctor *doctor, struct lh_doctor_finding *out)
{
    struct lh_err err = LH_ERR_NONE;
    json_t *status = NULL;
    const char *state;

    if (lh_api_get_status(doctor->cli, &status, &err) != LH_OK) {
        out->status = LH_DOCTOR_FAIL;
        lh_buf_add_text(&out->detail, err.text);
        return;
    }
    state = lh_api_text(status, "state");
    lh_buf_add_format(&out->detail, "liuhend %s, %s", lh_api_text(status, "version"), state);
    out->status = strcmp(state, "suspect") == 0 ? LH_DOCTOR_FAIL : LH_DOCTOR_OK;
    json_decref(status);
}

static void check_clock(struct lh_doctor *doctor, struct lh_doctor_finding *out)
{
    struct lh_clock clock = doctor->cli->clock;
    struct timex timex = { .modes = 0 };
    int state = adjtimex(&timex);

    lh_buf_add_format(&out->detail, "%lld ms since 1970, ",
                      (long long)clock.wall_unix_ms(clock.arg));
    if (state < 0) {
        out->status = LH_DOCTOR_WARN;
        lh_buf_add_text(&out->detail, strerror(errno));
    } else {
        out->status = state == TIME_ERROR ? LH_DOCTOR_WARN : LH_DOCTOR_OK;
        lh_buf_add_format(&out->detail, "%s, error at most %ld ms",
                          state == TIME_ERROR ? "not kept in step" : "kept in step",
                          timex.maxerror / 1000);
    }
}

static int compare_times(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;

    return left < right ? -1 : left > right ? 1 : 0;
}

static int64_t now_us(void)
{
    struct timespec now = { .tv_sec = 0 };

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* What a block costs at least: one write of 4 KiB that is really on the medium. */
static bool measure_syncs(int fd, int64_t out_us[SYNCS])
{
    static const uint8_t page[4096] = { 1 };

    for (size_t i = 0; i < SYNCS; i++) {
        int64_t start = now_us();

        if (write(fd, page, sizeof page) != (ssize_t)sizeof page || fdatasync(fd) != 0) {
            return false;
        }
        out_us[i] = now_us() - start;
    }
    qsort(out_us, SYNCS, sizeof out_us[0], compare_times);
    return true;
}

static void check_sync(struct lh_doctor *doctor, struct lh_doctor_finding *out)
{
    int64_t times[SYNCS];
    int fd;

    (void)lh_doctor_path(doctor, "doctor-XXXXXX");
    fd = mkostemp((char *)doctor->path.data, O_CLOEXEC);
    if (fd < 0 || !measure_syncs(fd, times)) {
        found_error(out, lh_buf_text(&doctor->path));
    } else {
        int64_t median = times[SYNCS / 2];

        lh_buf_add_format(&out->detail, "median %lld.%02lld ms, worst %lld.%02lld ms of %d",
                          (long long)(median / 1000), (long long)(median % 1000 / 10),
                          (long long)(times[SYNCS - 1] / 1000),
                          (long long)(times[SYNCS - 1] % 1000 / 10), SYNCS);
        out->status =
            median > SYNC_SLOW_US || median < SYNC_FAST_US ? LH_DOCTOR_WARN : LH_DOCTOR_OK;
    }
    if (fd >= 0) {
        (void)unlink(lh_buf_text(&doctor->path));
        (void)close(fd);
    }
}

static void check_space(struct lh_doctor *doctor, struct lh_doctor_finding *out)
{
    const char *path = lh_doctor_path(doctor, "");
    struct statvfs info;
    uint64_t mib;

    if (statvfs(path, &info) != 0) {
        found_error(out, path);
        return;
    }
    mib = (uint64_t)info.f_bavail * info.f_frsize / (1024 * 1024);
    lh_buf_add_format(&out->detail, "%llu MiB", (unsigned long long)mib);
    out->status = mib < FREE_NONE_MIB  ? LH_DOCTOR_FAIL
                  : mib < FREE_LOW_MIB ? LH_DOCTOR_WARN
                                       : LH_DOCTOR_OK;
}

static const struct check checks[] = {
    { "data",
      { "data directory", "数据目录" },
      { "liuhen init makes one; chmod 700 on it", "用 liuhen init 建立; 对目录执行 chmod 700" },
      check_data },
    { "keys",
      { "private keys", "私钥文件" },
      { "chmod 600 and chown to the owner of the data directory on every file in keys/; put back "
        "what "
        "is missing",
        "对 keys/ 下各文件执行 chmod 600, 并 chown 为数据目录的属主; 补回缺失的密钥" },
      check_keys },
    { "guard",
      { "guard", "防回滚标记" },
      { "chmod 600 on it and 700 on its directory; put the guard on another disk, so that no copy "
        "of one disk holds both",
        "对其执行 chmod 600, 对所在目录执行 chmod 700; 把防回滚标记放到另一块盘, "
        "使单盘副本不能同时带走两者" },
      check_guard },
    { "config",
      { "settings", "配置" },
      { "mend the line that liuhend names; see liuhend.conf(5)",
        "按 liuhend 指出的行修改; 见 liuhend.conf(5)" },
      check_config },
    { "node",
      { "node", "节点" },
      { "start it: liuhend --config DIR/liuhend.conf; if suspect, read liuhen status",
        "启动: liuhend --config DIR/liuhend.conf; 状态为 suspect 时先看 liuhen status" },
      check_node },
    { "tls",
      { "TLS port", "TLS 端口" },
      { "liuhen keygen --tls makes a certificate, --renew a new one of the same key; chmod 600 on "
        "the "
        "key; "
        "a line client = sha256//... for each client; then send HUP to liuhend, or start it again",
        "用 liuhen keygen --tls 建立证书, --renew 续期; 对私钥执行 chmod 600; 每个客户端一行 "
        "client = "
        "sha256//...; 再向 liuhend 发送 HUP 或重启" },
      lh_doctor_check_tls },
    { "clock",
      { "clock", "时钟" },
      { "let chrony or systemd-timesyncd keep the clock", "用 chrony 或 systemd-timesyncd 校时" },
      check_clock },
    { "sync",
      { "disk sync", "落盘延迟" },
      { "use a disk that syncs within 50 ms; under 0.02 ms it only says that it does (memory, "
        "eatmydata)",
        "换用 50 毫秒内落盘的磁盘; 低于 0.02 毫秒多半并未真正落盘" },
      check_sync },
    { "space",
      { "free space", "剩余空间" },
      { "make room: less than 1 GiB is left", "请腾出空间: 剩余不足 1 GiB" },
      check_space },
};

/* ---- words ---- */

static const char *const status_names[] = { "ok", "warn", "fail" };

static enum lh_code add_json(json_t *list, const struct check *check,
                             const struct lh_doctor_finding *found, struct lh_err *err)
{
    json_t *item = json_pack("{s:s, s:s, s:s}", "name", check->name, "status",
                             status_names[found->status], "detail", lh_buf_text(&found->detail));

    if (item != NULL && found->status != LH_DOCTOR_OK) {
        (void)json_object_set_new(item, "fix", json_string(check->fix.en));
    }
    return json_array_append_new(list, item) == 0 ? LH_OK
                                                  : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
}

static void print_line(const struct lh_cli *cli, const struct check *check,
                       const struct lh_doctor_finding *found)
{
    const char *sign = found->status == LH_DOCTOR_WARN
                           ? "!"
                           : lh_cli_sign(cli, found->status == LH_DOCTOR_OK ? LH_OK : LH_ERR_IO);

    lh_cli_print(cli, LH_MSG_DOCTOR_LINE, sign, lh_words_in(&check->title, cli->lang),
                 lh_buf_text(&found->detail), NULL);
    if (found->status != LH_DOCTOR_OK) {
        lh_cli_print(cli, LH_MSG_DOCTOR_FIX, lh_words_in(&check->fix, cli->lang), NULL);
    }
}

int lh_cmd_doctor(struct lh_cli *cli)
{
    struct lh_doctor doctor = { .cli = cli, .data = lh_cli_data(cli) };
    struct lh_err err = LH_ERR_NONE;
    json_t *list = json_array();
    json_t *answer;
    size_t failed = 0;
    enum lh_code rc = list != NULL ? LH_OK : lh_err_set(&err, LH_ERR_NOMEM, "out of memory");

    if (doctor.data == NULL) {
        json_decref(list);
        return lh_cli_usage(cli, LH_MSG_OPTION_MISSING_NAMED, "data", "");
    }
    for (size_t i = 0; rc == LH_OK && i < sizeof checks / sizeof checks[0]; i++) {
        struct lh_doctor_finding found = { .status = LH_DOCTOR_OK, .detail = LH_BUF_EMPTY };

        checks[i].run(&doctor, &found);
        failed += found.status == LH_DOCTOR_FAIL ? 1 : 0;
        if (cli->json) {
            rc = add_json(list, &checks[i], &found, &err);
        } else {
            print_line(cli, &checks[i], &found);
        }
        lh_buf_clear(&found.detail);
    }
    if (rc == LH_OK && cli->json) {
        answer = json_pack("{s:s, s:O}", "schema", "liuhen.doctor/1", "checks", list);
        rc = lh_api_print(cli, answer, &err);
        json_decref(answer);
    }
    lh_buf_clear(&doctor.path);
    json_decref(list);
    if (rc != LH_OK) {
        return lh_cli_fail(cli, rc, &err);
    }
    return failed > 0 ? LH_EXIT_FAILED : LH_EXIT_OK;
}
