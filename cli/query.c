#include "cli/query.h"

#include "cli/timespec.h"
#include "crypto/text.h"

#include <string.h>

/* A filter of the row: name of the option, and what of a row it is compared with, as text. */
struct filter {
    const char *option;
    size_t hex_len; /* bytes written as hex; 0: text */
    void (*text_of)(char out[129], const struct lh_row *row);
};

enum { TEXT_SIZE = 129 };

static void copy_text(char out[TEXT_SIZE], const char *text)
{
    (void)snprintf(out, TEXT_SIZE, "%s", text);
}

static void hex_text(char out[TEXT_SIZE], bool has, const uint8_t *bytes, size_t len)
{
    out[0] = '\0';
    if (has) {
        lh_hex_format(out, lh_bytes_of(bytes, len));
    }
}

static void staff_of(char out[TEXT_SIZE], const struct lh_row *row)
{
    hex_text(out, row->has_staff, row->staff, sizeof row->staff);
}

static void case_of(char out[TEXT_SIZE], const struct lh_row *row)
{
    hex_text(out, row->has_case, row->case_id, sizeof row->case_id);
}

static void exchange_of(char out[TEXT_SIZE], const struct lh_row *row)
{
    hex_text(out, row->has_exchange, row->exchange_id, sizeof row->exchange_id);
}

static void item_of(char out[TEXT_SIZE], const struct lh_row *row)
{
    copy_text(out, row->item);
}

static void counterparty_of(char out[TEXT_SIZE], const struct lh_row *row)
{
    copy_text(out, row->counterparty);
}

static void purpose_of(char out[TEXT_SIZE], const struct lh_row *row)
{
    copy_text(out, row->purpose);
}

static void type_of(char out[TEXT_SIZE], const struct lh_row *row)
{
    const char *name = lh_entry_type_name(row->type);

    copy_text(out, name != NULL ? name : "");
}

static const struct filter filters[] = {
    { "staff", 8, staff_of },
    { "case", 16, case_of },
    { "exchange", 16, exchange_of },
    { "item", 0, item_of },
    { "counterparty", 0, counterparty_of },
    { "purpose", 0, purpose_of },
    { "type", 0, type_of },
};

enum { FILTER_COUNT = sizeof filters / sizeof filters[0] };

static bool is_excluded(const char *value)
{
    return value[0] == '!';
}

static const char *without_mark(const char *value)
{
    return is_excluded(value) ? value + 1 : value;
}

static enum lh_code check_value(const struct filter *filter, const char *value, struct lh_err *err)
{
    uint8_t bytes[16];
    lhpb_EntryType type;
    enum lh_code rc = LH_OK;

    if (value[0] == '\0') {
        rc = lh_err_set(err, LH_ERR_INVALID, "empty");
    } else if (filter->hex_len > 0) {
        rc = lh_hex_parse(bytes, filter->hex_len, lh_bytes_of_text(value), err);
    } else if (strcmp(filter->option, "type") == 0) {
        rc = lh_entry_type_parse(&type, lh_bytes_of_text(value), err);
    }
    return rc == LH_OK ? rc : lh_err_wrap(err, rc, "--%s", filter->option);
}

static enum lh_code check_interval(const struct lh_query *query, const struct lh_cli *cli,
                                   struct lh_err *err)
{
    struct lh_buf text = LH_BUF_EMPTY;
    char since[LH_TIME_TEXT_SIZE];
    char until[LH_TIME_TEXT_SIZE];

    if (query->since_unix_ms < query->until_unix_ms) {
        return LH_OK;
    }
    lh_time_format_local(since, query->since_unix_ms);
    lh_time_format_local(until, query->until_unix_ms);
    lh_msg_add(&text, cli->lang, LH_MSG_INTERVAL_EMPTY, since, until, NULL);
    (void)lh_err_set(err, LH_ERR_INVALID, "%s", lh_buf_text(&text));
    lh_buf_clear(&text);
    return LH_ERR_INVALID;
}

static enum lh_code read_times(struct lh_query *query, const struct lh_cli *cli, struct lh_err *err)
{
    int64_t now = cli->clock.wall_unix_ms(cli->clock.arg);
    const char *since = lh_args_value(query->args, "since");
    const char *until = lh_args_value(query->args, "until");
    enum lh_code rc = LH_OK;

    if (since != NULL) {
        rc = lh_timespec_parse(&query->since_unix_ms, since, now, LH_TIMESPEC_SINCE, err);
    }
    if (rc == LH_OK && until != NULL) {
        rc = lh_timespec_parse(&query->until_unix_ms, until, now, LH_TIMESPEC_UNTIL, err);
    }
    if (rc == LH_OK && query->since_unix_ms < 0 && since != NULL) {
        rc = lh_err_set(err, LH_ERR_INVALID, "--since: before 1970");
    }
    return rc == LH_OK ? check_interval(query, cli, err) : rc;
}

enum lh_code lh_query_init(struct lh_query *query, const struct lh_cli *cli, struct lh_err *err)
{
    const char *clock = lh_args_value(&cli->args, "clock");
    enum lh_code rc;

    *query = (struct lh_query){ .args = &cli->args,
                                .since_unix_ms = INT64_MIN,
                                .until_unix_ms = INT64_MAX };
    if (clock != NULL && strcmp(clock, "recorded") == 0) {
        query->by_recorded = true;
    } else if (clock != NULL && strcmp(clock, "event") != 0) {
        return lh_err_set(err, LH_ERR_INVALID, "--clock: event or recorded");
    }
    for (size_t i = 0; i < FILTER_COUNT; i++) {
        const char *value;
        size_t count = 0;
        size_t at = 0;

        while ((value = lh_args_next(query->args, filters[i].option, &at)) != NULL) {
            rc = check_value(&filters[i], without_mark(value), err);
            if (rc != LH_OK) {
                return rc;
            }
            if (++count > LH_QUERY_VALUES_MAX) {
                return lh_err_set(err, LH_ERR_INVALID, "--%s: at most %d times", filters[i].option,
                                  LH_QUERY_VALUES_MAX);
            }
        }
    }
    return read_times(query, cli, err);
}

static void add_time(struct lh_buf *out, const char *name, int64_t unix_ms)
{
    char text[LH_TIME_TEXT_SIZE];

    lh_time_format_utc(text, unix_ms);
    lh_buf_add_format(out, "%s=%s&", name, text);
}

static void add_option(struct lh_buf *out, const struct lh_args *args, const char *name)
{
    if (lh_args_value(args, name) != NULL) {
        lh_buf_add_format(out, "%s=", name);
        lh_client_add_escaped(out, lh_args_value(args, name));
        lh_buf_add_u8(out, '&');
    }
}

void lh_query_add(struct lh_buf *out, const struct lh_query *query)
{
    for (size_t i = 0; i < FILTER_COUNT; i++) {
        const char *value;
        size_t at = 0;

        while ((value = lh_args_next(query->args, filters[i].option, &at)) != NULL) {
            if (!is_excluded(value)) {
                lh_buf_add_format(out, "%s=", filters[i].option);
                lh_client_add_escaped(out, value);
                lh_buf_add_u8(out, '&');
            }
        }
    }
    if (query->since_unix_ms != INT64_MIN) {
        add_time(out, "since", query->since_unix_ms);
    }
    if (query->until_unix_ms != INT64_MAX) {
        add_time(out, "until", query->until_unix_ms);
    }
    lh_buf_add_text(out, query->by_recorded ? "by=recorded&" : "");
    add_option(out, query->args, "warrant");
    add_option(out, query->args, "for");
}

/* Hex digits and type names in either case; everything else as it is written. */
static bool is_same(const struct filter *filter, const char *a, const char *b)
{
    return filter->hex_len > 0 || strcmp(filter->option, "type") == 0 ? strcasecmp(a, b) == 0
                                                                      : strcmp(a, b) == 0;
}

static bool matches(const struct filter *filter, const struct lh_args *args,
                    const struct lh_row *row)
{
    char text[TEXT_SIZE];
    const char *value;
    bool is_asked = false;
    size_t at = 0;

    filter->text_of(text, row);
    while ((value = lh_args_next(args, filter->option, &at)) != NULL) {
        if (is_excluded(value)) {
            continue;
        }
        is_asked = true;
        if (is_same(filter, text, value)) {
            return true;
        }
    }
    return !is_asked;
}

static bool excludes(const struct filter *filter, const struct lh_args *args,
                     const struct lh_row *row)
{
    char text[TEXT_SIZE];
    const char *value;
    size_t at = 0;

    filter->text_of(text, row);
    while ((value = lh_args_next(args, filter->option, &at)) != NULL) {
        if (is_excluded(value) && is_same(filter, text, value + 1)) {
            return true;
        }
    }
    return false;
}

bool lh_query_has_exclusions(const struct lh_query *query)
{
    for (size_t i = 0; i < FILTER_COUNT; i++) {
        const char *value;
        size_t at = 0;

        while ((value = lh_args_next(query->args, filters[i].option, &at)) != NULL) {
            if (is_excluded(value)) {
                return true;
            }
        }
    }
    return false;
}

bool lh_query_excludes(const struct lh_query *query, const struct lh_row *row)
{
    for (size_t i = 0; i < FILTER_COUNT; i++) {
        if (excludes(&filters[i], query->args, row)) {
            return true;
        }
    }
    return false;
}

bool lh_query_matches(const struct lh_query *query, const struct lh_row *row)
{
    int64_t time = query->by_recorded ? row->recorded_unix_ms : row->event_time_unix_ms;

    for (size_t i = 0; i < FILTER_COUNT; i++) {
        if (!matches(&filters[i], query->args, row)) {
            return false;
        }
    }
    return (query->since_unix_ms == INT64_MIN || time >= query->since_unix_ms) &&
           (query->until_unix_ms == INT64_MAX || time < query->until_unix_ms);
}

void lh_query_tell(const struct lh_query *query, const struct lh_cli *cli)
{
    char since[LH_TIME_TEXT_SIZE] = "…";
    char until[LH_TIME_TEXT_SIZE] = "…";

    if (query->since_unix_ms == INT64_MIN && query->until_unix_ms == INT64_MAX) {
        return;
    }
    if (query->since_unix_ms != INT64_MIN) {
        lh_time_format_local(since, query->since_unix_ms);
    }
    if (query->until_unix_ms != INT64_MAX) {
        lh_time_format_local(until, query->until_unix_ms);
    }
    lh_cli_note(cli, LH_MSG_INTERVAL, since, until, NULL);
}
