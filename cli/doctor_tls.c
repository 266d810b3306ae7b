/* The node's TLS port: what the settings say, what stands in the files, what the running node
 * shows. */
#include "cli/doctor_internal.h"

#include "cli/api.h"
#include "cli/listener.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { CERTIFICATE_WARN_DAYS = 30 };

#define DAY_MS ((int64_t)24 * 3600 * 1000)

static void add_fault(struct lh_doctor_finding *out, enum lh_doctor_status status,
                      const char *words)
{
    out->status = status > out->status ? status : out->status;
    lh_buf_add_format(&out->detail, "; %s", words);
}

static void check_tls_key(struct lh_doctor *doctor, struct lh_doctor_finding *out, const char *path)
{
    struct stat of_data;
    struct stat info;

    if (stat(path, &info) != 0) {
        add_fault(out, LH_DOCTOR_FAIL, path);
        lh_buf_add_format(&out->detail, ": %s", strerror(errno));
        return;
    }
    if ((info.st_mode & 077) != 0) {
        add_fault(out, LH_DOCTOR_FAIL, path);
        lh_buf_add_format(&out->detail, " mode %04o", (unsigned)(info.st_mode & 07777));
    }
    if (stat(lh_doctor_path(doctor, ""), &of_data) == 0 && info.st_uid != of_data.st_uid) {
        add_fault(out, LH_DOCTOR_FAIL, path);
        lh_buf_add_format(&out->detail, " owner %lu, of the data directory %lu",
                          (unsigned long)info.st_uid, (unsigned long)of_data.st_uid);
    }
}

/* The key that clients pin is the one in the file: in the node that runs, and in --tls-pin. */
static void check_tls_pin(struct lh_doctor *doctor, struct lh_doctor_finding *out, const char *pin)
{
    const char *wanted = lh_cli_value(doctor->cli, "tls-pin");
    json_t *status = NULL;
    const json_t *tls;

    if (wanted != NULL && strcmp(wanted, pin) != 0) {
        add_fault(out, LH_DOCTOR_FAIL, "--tls-pin is another key");
    }
    if (lh_api_get_status(doctor->cli, &status, NULL) != LH_OK) {
        return; /* said by the check of the node */
    }
    tls = json_object_get(status, "tls");
    if (!json_is_object(tls)) {
        add_fault(out, LH_DOCTOR_FAIL, "the node that runs has no TLS port");
    } else if (strcmp(lh_api_text(tls, "pin"), pin) != 0) {
        add_fault(out, LH_DOCTOR_FAIL, "the node that runs shows another key");
    }
    json_decref(status);
}

static void check_tls_identity(struct lh_doctor *doctor, struct lh_doctor_finding *out,
                               const struct lh_listener *listener)
{
    struct lh_clock clock = doctor->cli->clock;
    char text[LH_TLS_PIN_TEXT_SIZE];
    char until[LH_TIME_TEXT_SIZE];
    struct lh_err err = LH_ERR_NONE;
    struct lh_tls_pin pin;
    int64_t ends_unix_ms = 0;

    if (lh_listener_identity(listener, &pin, &ends_unix_ms, &err) != LH_OK) {
        add_fault(out, LH_DOCTOR_FAIL, err.text);
        return;
    }
    lh_tls_pin_format(text, &pin);
    lh_time_format_utc(until, ends_unix_ms);
    lh_buf_add_format(&out->detail, ", %s, certificate until %s", text, until);
    int64_t left_ms = ends_unix_ms - clock.wall_unix_ms(clock.arg);
    if (left_ms <= 0) {
        add_fault(out, LH_DOCTOR_WARN, "it has ended");
    } else if (left_ms <= CERTIFICATE_WARN_DAYS * DAY_MS) {
        add_fault(out, LH_DOCTOR_WARN, "it ends soon");
    }
    check_tls_pin(doctor, out, text);
}

void lh_doctor_check_tls(struct lh_doctor *doctor, struct lh_doctor_finding *out)
{
    struct lh_listener listener = LH_LISTENER_EMPTY;
    struct lh_err err = LH_ERR_NONE;

    if (lh_listener_read(&listener, doctor->cli, &err) != LH_OK) {
        out->status = LH_DOCTOR_FAIL;
        lh_buf_add_text(&out->detail, err.text);
    } else if (!listener.is_configured) {
        lh_buf_add_text(&out->detail, "no listen.tls: none is offered");
    } else {
        lh_buf_add_text(&out->detail, lh_buf_text(&listener.address));
        check_tls_identity(doctor, out, &listener);
        check_tls_key(doctor, out, lh_buf_text(&listener.key_path));
        if (!listener.has_client) {
            add_fault(out, LH_DOCTOR_WARN, "no client line lets anybody in");
        }
    }
    lh_listener_clear(&listener);
}
