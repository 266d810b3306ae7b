#include "tests/bench/report.h"

#include "crypto/base/json.h"
#include "tests/bench/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_MAX = 32 };

void bench_report_clear(struct bench_report *report)
{
    free(report->rows);
    free(report->facts);
    *report = (struct bench_report){ .rows = NULL };
}

static void *grown(void *items, size_t count, size_t size)
{
    void *more = realloc(items, (count + 1) * size);

    if (more == NULL) {
        bench_die("out of memory for a report");
    }
    return more;
}

void bench_report_row(struct bench_report *report, const struct bench_row *row)
{
    if (!(row->floor > 0)) {
        bench_die("%s: no floor", row->name);
    }
    report->rows = grown(report->rows, report->row_count, sizeof report->rows[0]);
    report->rows[report->row_count++] = *row;
}

void bench_report_fact(struct bench_report *report, const char *name, const char *unit,
                       double before, double after)
{
    report->facts = grown(report->facts, report->fact_count, sizeof report->facts[0]);
    struct bench_fact *fact = &report->facts[report->fact_count++];
    *fact = (struct bench_fact){ .before = before, .after = after };
    (void)snprintf(fact->name, sizeof fact->name, "%s", name);
    (void)snprintf(fact->unit, sizeof fact->unit, "%s", unit);
}

/* ---- numbers for people ---------------------------------------------------------------------- */

static void format_number(char out[NUMBER_MAX], double value)
{
    if (value >= 1000) {
        (void)snprintf(out, NUMBER_MAX, "%.0f", value);
    } else if (value >= 10) {
        (void)snprintf(out, NUMBER_MAX, "%.1f", value);
    } else {
        (void)snprintf(out, NUMBER_MAX, "%.2f", value);
    }
}

static double ratio_of(const struct bench_row *row)
{
    return row->value / row->floor;
}

static bool is_met(const struct bench_row *row)
{
    switch (row->aim) {
    case BENCH_AIM_NONE:
        return true;
    case BENCH_AIM_VALUE_LEAST:
        return row->value >= row->aim_at;
    case BENCH_AIM_VALUE_MOST:
        return row->value <= row->aim_at;
    case BENCH_AIM_RATIO_LEAST:
        return ratio_of(row) >= row->aim_at;
    case BENCH_AIM_RATIO_MOST:
        return ratio_of(row) <= row->aim_at;
    }
    return false;
}

static void format_aim(char out[NUMBER_MAX], const struct bench_row *row)
{
    char number[NUMBER_MAX];

    format_number(number, row->aim_at);
    switch (row->aim) {
    case BENCH_AIM_NONE:
        (void)snprintf(out, NUMBER_MAX, "-");
        return;
    case BENCH_AIM_VALUE_LEAST:
        (void)snprintf(out, NUMBER_MAX, ">= %.20s", number);
        return;
    case BENCH_AIM_VALUE_MOST:
        (void)snprintf(out, NUMBER_MAX, "<= %.20s", number);
        return;
    case BENCH_AIM_RATIO_LEAST:
        (void)snprintf(out, NUMBER_MAX, "ratio >= %.18s", number);
        return;
    case BENCH_AIM_RATIO_MOST:
        (void)snprintf(out, NUMBER_MAX, "ratio <= %.18s", number);
        return;
    }
}

static const char *verdict_of(const struct bench_row *row)
{
    return row->aim == BENCH_AIM_NONE ? "-" : is_met(row) ? "met" : "MISSED";
}

/* ---- the three forms ------------------------------------------------------------------------- */

void bench_report_text(struct lh_buf *out, const struct bench_report *report)
{
    char value[NUMBER_MAX], floor[NUMBER_MAX], aim[NUMBER_MAX];

    if (report->fact_count > 0) {
        lh_buf_add_format(out, "%-56s %12s %12s\n", "floors and facts", "before", "after");
    }
    for (size_t i = 0; i < report->fact_count; i++) {
        const struct bench_fact *fact = &report->facts[i];
        format_number(value, fact->before);
        format_number(floor, fact->after);
        lh_buf_add_format(out, "%-56s %12s %12s %s\n", fact->name, value,
                          fact->after > 0 ? floor : "", fact->unit);
    }
    if (report->row_count > 0) {
        lh_buf_add_format(out, "%-56s %12s %-10s %12s %7s  %-16s %s\n", "figure", "value", "",
                          "floor", "ratio", "aim", "");
    }
    for (size_t i = 0; i < report->row_count; i++) {
        const struct bench_row *row = &report->rows[i];
        char name[BENCH_NAME_MAX + 18];
        (void)snprintf(name, sizeof name, "%s: %s", row->group, row->name);
        format_number(value, row->value);
        format_number(floor, row->floor);
        format_aim(aim, row);
        lh_buf_add_format(out, "%-56s %12s %-10s %12s %7.2f  %-16s %s%s%s\n", name, value,
                          row->unit, floor, ratio_of(row), aim, verdict_of(row),
                          row->note[0] != '\0' ? "  " : "", row->note);
    }
}

void bench_report_markdown(struct lh_buf *out, const struct bench_report *report)
{
    char value[NUMBER_MAX], floor[NUMBER_MAX], aim[NUMBER_MAX];

    lh_buf_add_text(out,
                    "| what | figure | unit | floor | what the floor is | figure / floor | aim "
                    "| | note |\n| --- | ---: | --- | ---: | --- | ---: | --- | --- | --- |\n");
    for (size_t i = 0; i < report->row_count; i++) {
        const struct bench_row *row = &report->rows[i];
        format_number(value, row->value);
        format_number(floor, row->floor);
        format_aim(aim, row);
        lh_buf_add_format(out, "| %s: %s | %s | %s | %s | %s | %.2f | %s | %s | %s |\n", row->group,
                          row->name, value, row->unit, floor, row->floor_name, ratio_of(row), aim,
                          verdict_of(row), row->note);
    }
    lh_buf_add_text(out, "\n| floors and facts | before | after | unit |\n"
                         "| --- | ---: | ---: | --- |\n");
    for (size_t i = 0; i < report->fact_count; i++) {
        const struct bench_fact *fact = &report->facts[i];
        format_number(value, fact->before);
        format_number(floor, fact->after);
        lh_buf_add_format(out, "| %s | %s | %s | %s |\n", fact->name, value,
                          fact->after > 0 ? floor : "", fact->unit);
    }
}

static void add_double(struct lh_buf *out, struct lh_json *json, const char *name, double value)
{
    /* The writer knows whole numbers only: thousandths keep all that a benchmark can know. */
    (void)out;
    lh_json_add_u64(json, name, value < 0 ? 0 : (uint64_t)(value * 1000 + 0.5));
}

static void add_text(struct lh_json *json, const char *name, const char *text)
{
    lh_json_add_text(json, name, lh_bytes_of_text(text));
}

void bench_report_json(struct lh_buf *out, const struct bench_report *report)
{
    struct lh_json json = lh_json_of(out);
    char aim[NUMBER_MAX];

    lh_json_begin_object(&json, NULL);
    add_text(&json, "schema", "liuhen.bench/1");
    lh_json_begin_array(&json, "rows");
    for (size_t i = 0; i < report->row_count; i++) {
        const struct bench_row *row = &report->rows[i];
        format_aim(aim, row);
        lh_json_begin_object(&json, NULL);
        add_text(&json, "group", row->group);
        add_text(&json, "name", row->name);
        add_text(&json, "unit", row->unit);
        add_double(out, &json, "value_thousandths", row->value);
        add_text(&json, "floor_name", row->floor_name);
        add_double(out, &json, "floor_thousandths", row->floor);
        add_double(out, &json, "ratio_thousandths", ratio_of(row));
        add_text(&json, "aim", aim);
        lh_json_add_bool(&json, "met", is_met(row));
        lh_json_end_object(&json);
    }
    lh_json_end_array(&json);
    lh_json_begin_array(&json, "facts");
    for (size_t i = 0; i < report->fact_count; i++) {
        const struct bench_fact *fact = &report->facts[i];
        lh_json_begin_object(&json, NULL);
        add_text(&json, "name", fact->name);
        add_text(&json, "unit", fact->unit);
        add_double(out, &json, "before_thousandths", fact->before);
        add_double(out, &json, "after_thousandths", fact->after);
        lh_json_end_object(&json);
    }
    lh_json_end_array(&json);
    lh_json_end_object(&json);
    lh_buf_add_text(out, "\n");
}
