#ifndef LH_BENCH_REPORT_H
#define LH_BENCH_REPORT_H

/*
 * What a run found: each figure beside its floor from the same run, the ratio of the two and the
 * aim. A row without a floor is no result and is refused.
 */

#include "crypto/base/buf.h"

enum { BENCH_NAME_MAX = 80 };

enum bench_aim {
    BENCH_AIM_NONE,
    BENCH_AIM_VALUE_LEAST, /* the figure itself, at least */
    BENCH_AIM_VALUE_MOST,
    BENCH_AIM_RATIO_LEAST, /* figure / floor */
    BENCH_AIM_RATIO_MOST,
};

struct bench_row {
    char group[16];
    char name[BENCH_NAME_MAX];
    double value;
    char unit[16];
    char floor_name[BENCH_NAME_MAX];
    double floor; /* same unit as the value, above 0 */
    enum bench_aim aim;
    double aim_at;
    char note[BENCH_NAME_MAX]; /* may be empty */
};

/* A floor, or something else worth knowing, before and after the runs. */
struct bench_fact {
    char name[BENCH_NAME_MAX];
    char unit[16];
    double before;
    double after; /* 0: measured once */
};

struct bench_report {
    struct bench_row *rows;
    size_t row_count;
    struct bench_fact *facts;
    size_t fact_count;
};

void bench_report_clear(struct bench_report *report);
/** Copied. Dies on a row without floor. */
void bench_report_row(struct bench_report *report, const struct bench_row *row);
void bench_report_fact(struct bench_report *report, const char *name, const char *unit,
                       double before, double after);
/** For people; markdown; one JSON object. */
void bench_report_text(struct lh_buf *out, const struct bench_report *report);
void bench_report_markdown(struct lh_buf *out, const struct bench_report *report);
void bench_report_json(struct lh_buf *out, const struct bench_report *report);

#endif
