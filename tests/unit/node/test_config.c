/* Claims about the configuration: what is taken, and what is said about each bad line. */

#include "node/config.h"
#include "node/config_value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define PIN "sha256//A8OUwp8/gmXR53qrBxlYMuzx1YFNkEnPTdjQRbMQsaA="

static enum lh_code parse(struct lh_config **out, const char *text, struct lh_err *err)
{
    return lh_config_parse(out, "x.conf", lh_bytes_of_text(text), "/var/lib/n/", err);
}

static struct lh_config *must_parse(const char *text)
{
    struct lh_config *config = NULL;
    struct lh_err err = LH_ERR_NONE;

    if (parse(&config, text, &err) != LH_OK) {
        fail_msg("%s", err.text);
    }
    return config;
}

static void an_empty_file_gives_the_defaults(void **state)
{
    struct lh_config *config = must_parse("");

    (void)state;
    assert_string_equal(config->data, "/var/lib/n");
    assert_string_equal(config->guard_path, "/var/lib/n-guard/guard");
    assert_string_equal(config->api_socket, "/var/lib/n/liuhend.sock");
    assert_int_equal(config->api_socket_mode, 0660);
    assert_int_equal(config->body_len_max, 8 << 20);
    assert_int_equal(config->request_timeout_ms, 30000);
    assert_int_equal(config->heartbeat_idle_ms, 60000);
    assert_int_equal(config->log_level, LH_LOG_INFO);
    assert_int_equal(config->client_count, 0);
    assert_string_equal(config->listen_tls, "");
    assert_string_equal(config->tls_cert, "/var/lib/n/keys/tls.crt");
    assert_string_equal(config->tls_key, "/var/lib/n/keys/tls.pem");
    lh_config_unref(config);
}

static void a_later_line_overrides_and_comments_and_blanks_do_not_matter(void **state)
{
    struct lh_config *config = must_parse("# a comment\n\n"
                                          "  limits.body =  1MiB \n"
                                          "limits.body=64KiB\r\n"
                                          "log.level = error\n"
                                          "api.socket = /run/l h.sock");

    (void)state;
    assert_int_equal(config->body_len_max, 65536);
    assert_int_equal(config->log_level, LH_LOG_ERROR);
    assert_string_equal(config->api_socket, "/run/l h.sock");
    lh_config_unref(config);
}

static void each_bad_line_is_named(void **state)
{
    static const struct {
        const char *line;
        const char *words;
    } cases[] = {
        { "limits.body", "x.conf:3: a line is `key = value`" },
        { "limits.boddy = 1MiB", "unknown key \"limits.boddy\", did you mean \"limits.body\"?" },
        { "completely.else = 1", "unknown key \"completely.else\"" },
        { "= 1", "unknown key \"\"" },
        { "limits.body = ", "limits.body: wants a number with a unit such as 64MiB" },
        { "limits.body = 8 MiB", "wants a number with a unit" },
        { "limits.body = 8MB", "wants a number with a unit" },
        { "limits.body = -1MiB", "wants a number with a unit" },
        { "limits.body = 99999999999999999999", "wants a number" },
        { "limits.body = 9999999999GiB", "is too large" },
        { "limits.body = 1KiB", "limits.body: wants 64KiB to 64MiB" },
        { "timeout.request = 30", "such as 30s" },
        { "timeout.request = 1ms", "wants 100ms to 1h" },
        { "limits.events = many", "limits.events: wants a whole number" },
        { "limits.events = 0", "wants 1 to 4096" },
        { "limits.events = 010", "wants a whole number" },
        { "api.socket_mode = 0998", "wants an octal mode" },
        { "api.socket_mode = 7777", "wants 0000 to 0777" },
        { "log.level = loud", "wants one of error|warn|info|debug" },
        { "department = GAJ", "wants 1 to 32 of a-z, 0-9 and -" },
        { "client = 1000", "client: begins with uid: and a number" },
        { "client = uid:x", "begins with uid: and a number" },
        { "client = uid:1 level=4", "level is 1, 2 or 3" },
        { "client = uid:1 types=NOPE", "NOPE" },
        { "client = uid:1 roles=boss", "roles are self" },
        { "client = uid:1 roles=counter", "roles are self" },
        { "client = uid:1 roles=self", "roles=self and staff= go together" },
        { "client = uid:1 staff=00000000000000a1", "roles=self and staff= go together" },
        { "client = uid:1 roles=self staff=a1", "16 hex digits" },
        { "client = uid:1 roles=supervisor", "roles=supervisor and units= go together" },
        { "client = uid:1 roles=operator units=hall", "roles=supervisor and units= go together" },
        { "client = uid:1 colour=red", "\"colour=red\" is none of" },
        { "client = uid:7", "uid:7 has a line already" },
        { "client = " PIN " level=2", "this pin has a line already" },
        { "client = sha256//AAAA", "client: a pin is sha256// and 44 characters of base64" },
        { "client = sha1//AAAA", "or with a key's pin (sha256//...)" },
        { "listen.tls = example.org:8443", "listen.tls: wants an address and a port" },
        { "listen.tls = 192.0.2.7", "wants an address and a port" },
        { "listen.tls = 192.0.2.7:65536", "wants an address and a port" },
        { "listen.tls = ::1:8443", "such as 192.0.2.7:8443 or [::1]:8443" },
        { "limits.handshakes = 0", "limits.handshakes: wants 1 to 4096" },
        { "k-11010519491231002X = 1", "unknown key \"...\"" },
        { "client = uid:1 types=11010519491231002X", "\"...\": no such type" },
        { "client = uid:1 id=11010519491231002X", "\"...\" is none of" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lh_config *config = NULL;
        struct lh_err err = LH_ERR_NONE;
        char text[512];

        (void)snprintf(text, sizeof text, "client = " PIN "\nclient = uid:7\n%s\n", cases[i].line);
        assert_int_equal(parse(&config, text, &err), LH_ERR_INVALID);
        if (strstr(err.text, cases[i].words) == NULL || strncmp(err.text, "x.conf:3: ", 10) != 0) {
            fail_msg("\"%s\" gave: %s", cases[i].line, err.text);
        }
        assert_null(strstr(err.text, "11010519491231002X"));
    }
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    struct lh_config *config = NULL;
    struct lh_err err = LH_ERR_NONE;
    char text[LH_CONFIG_PATH_MAX + 64];

    (void)state;
    memset(text, 'a', sizeof text);
    memcpy(text, "guard.path = ", 13);
    text[sizeof text - 1] = '\0';
    assert_int_equal(parse(&config, text, &err), LH_ERR_INVALID);
    assert_non_null(strstr(err.text, "is longer than"));
}

static void no_data_directory_is_an_error(void **state)
{
    struct lh_config *config = NULL;
    struct lh_err err = LH_ERR_NONE;

    (void)state;
    assert_int_equal(lh_config_parse(&config, "x.conf", LH_BYTES_EMPTY, NULL, &err),
                     LH_ERR_INVALID);
    assert_non_null(strstr(err.text, "no data directory"));
}

static void a_request_that_could_never_fit_is_an_error(void **state)
{
    struct lh_config *config = NULL;
    struct lh_err err = LH_ERR_NONE;

    (void)state;
    assert_int_equal(parse(&config, "limits.queue = 999\n", &err), LH_ERR_INVALID);
    assert_non_null(strstr(err.text, "limits.events is above limits.queue"));
    lh_config_unref(must_parse("limits.queue = 999\nlimits.events = 999\n"));
}

static void a_client_may_what_its_line_says(void **state)
{
    struct lh_config *config =
        must_parse("client = uid:1000 sources=a,b types=QUERY,USE level=2 roles=operator,auditor\n"
                   "client = uid:5 sources=* types=*\n");
    const struct lh_grant *client = lh_config_client(config, 1000, 77);

    (void)state;
    assert_non_null(client);
    assert_int_equal(client->level_max, 2);
    assert_true(lh_grant_is_reader(client, LH_READER_OPERATOR));
    assert_true(lh_grant_is_reader(client, LH_READER_AUDITOR));
    assert_false(lh_grant_is_reader(client, LH_READER_SUPERVISOR));
    assert_true(lh_grant_may_source(client, "b"));
    assert_false(lh_grant_may_source(client, "c"));
    assert_true(lh_grant_may_type(client, lhpb_EntryType_USE));
    assert_false(lh_grant_may_type(client, lhpb_EntryType_SERVE));
    client = lh_config_client(config, 5, 77);
    assert_int_equal(client->level_max, 1);
    assert_false(lh_grant_is_reader(client, LH_READER_OPERATOR));
    assert_true(lh_grant_may_source(client, "whatever"));
    assert_true(lh_grant_may_type(client, lhpb_EntryType_SERVE));
    assert_null(lh_config_client(config, 6, 77));
    assert_int_equal(lh_config_client(config, 77, 77)->level_max, 3);
    assert_int_equal(lh_config_client(config, 0, 77)->level_max, 3);
    assert_true(lh_grant_is_reader(lh_config_client(config, 0, 77), LH_READER_OPERATOR));
    assert_false(lh_grant_is_reader(lh_config_client(config, 0, 77), LH_READER_AUDITOR));
    lh_config_unref(config);
}

static void a_pin_and_a_uid_are_different_people(void **state)
{
    struct lh_config *config = must_parse("client = uid:0 sources=a types=QUERY level=2\n"
                                          "client = " PIN " sources=b types=USE level=3\n");
    struct lh_tls_pin pin;
    const struct lh_grant *client;

    (void)state;
    assert_int_equal(lh_tls_pin_parse(&pin, lh_bytes_of_text(PIN), NULL), LH_OK);
    client = lh_config_pinned(config, &pin);
    assert_non_null(client);
    assert_int_equal(client->level_max, 3);
    assert_true(lh_grant_may_source(client, "b"));
    assert_false(lh_grant_may_source(client, "a"));
    assert_int_equal(lh_config_client(config, 0, 77)->level_max, 2);
    pin.bytes[31] ^= 1;
    assert_null(lh_config_pinned(config, &pin));
    lh_config_unref(config);
}

static void what_is_printed_reads_back_the_same(void **state)
{
    struct lh_config *config =
        must_parse("client = uid:1 sources=a types=QUERY level=3 roles=self,supervisor "
                   "staff=00000000000000a1,00000000000000a2 units=hall,desk\n"
                   "client = " PIN " sources=* types=*\n"
                   "listen.tls = [::1]:8443\n"
                   "limits.buffered = 3MiB\ntimeout.idle = 90s\n"
                   "log.format = json\n");
    struct lh_buf first = LH_BUF_EMPTY;
    struct lh_buf second = LH_BUF_EMPTY;
    struct lh_config *again;

    (void)state;
    lh_config_print(&first, config);
    again = must_parse(lh_buf_text(&first));
    lh_config_restart_keys(&second, config, again);
    assert_string_equal(lh_buf_text(&second), "");
    assert_int_equal(again->buffered_len_max, 3 << 20);
    assert_int_equal(again->idle_timeout_ms, 90000);
    assert_int_equal(again->client_count, 2);
    assert_int_equal(again->clients[0].staff_count, 2);
    assert_int_equal(again->clients[0].staff[1][7], 0xa2);
    assert_string_equal(again->clients[0].units[1], "desk");
    assert_true(again->clients[1].is_pinned);
    assert_memory_equal(&again->clients[1].pin, &config->clients[1].pin, LH_TLS_PIN_SIZE);
    assert_string_equal(again->listen_tls, "[::1]:8443");
    lh_config_unref(again);
    again = must_parse("listen.tls = [::1]:8443\ntls.cert = /elsewhere\n"
                       "limits.buffered = 3MiB\ntimeout.idle = 91s\nthreads = 3\n");
    lh_config_restart_keys(&second, config, again);
    assert_string_equal(lh_buf_text(&second), "timeout.idle, threads");
    lh_config_unref(again);
    lh_config_unref(config);
    lh_buf_clear(&first);
    lh_buf_clear(&second);
}

static void every_key_is_in_the_help_and_in_the_man_page(void **state)
{
    struct lh_config *config = must_parse("client = uid:1\n");
    struct lh_buf printed = LH_BUF_EMPTY;
    struct lh_buf help = LH_BUF_EMPTY;
    struct lh_buf man = LH_BUF_EMPTY;
    struct lh_buf page = LH_BUF_EMPTY;
    FILE *file = fopen(LH_SOURCE_DIR "/node/man/liuhend.conf.5.md", "rb");

    (void)state;
    assert_non_null(file);
    uint8_t *room = lh_buf_reserve(&page, 1 << 18);
    assert_non_null(room);
    page.len = fread(room, 1, 1 << 18, file);
    page.data[page.len] = '\0';
    (void)fclose(file);
    lh_config_print(&printed, config);
    lh_config_help(&help);
    lh_config_man(&man);
    if (strstr(lh_buf_text(&page), lh_buf_text(&man)) == NULL) {
        fail_msg("liuhend.conf.5.md is not what liuhend --config-man prints");
    }
    for (const char *at = lh_buf_text(&printed); (at = strstr(at, "\n")) != NULL; at++) {
        char key[64];

        if (sscanf(at, "\n%63[a-z._] =", key) == 1 && strstr(lh_buf_text(&help), key) == NULL) {
            fail_msg("%s is not in the help", key);
        }
    }
    lh_config_unref(config);
    lh_buf_clear(&printed);
    lh_buf_clear(&help);
    lh_buf_clear(&man);
    lh_buf_clear(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_file_gives_the_defaults),
        cmocka_unit_test(a_later_line_overrides_and_comments_and_blanks_do_not_matter),
        cmocka_unit_test(each_bad_line_is_named),
        cmocka_unit_test(a_path_that_is_too_long_is_refused),
        cmocka_unit_test(no_data_directory_is_an_error),
        cmocka_unit_test(a_request_that_could_never_fit_is_an_error),
        cmocka_unit_test(a_client_may_what_its_line_says),
        cmocka_unit_test(a_pin_and_a_uid_are_different_people),
        cmocka_unit_test(what_is_printed_reads_back_the_same),
        cmocka_unit_test(every_key_is_in_the_help_and_in_the_man_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
