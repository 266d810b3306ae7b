#include "cli/cells.h"

#include "cli/readable.h"
#include "crypto/base/time.h"
#include "crypto/text.h"

#include <string.h>

static const struct {
    const char *name;
    struct lh_column column;
} cell_rows[LH_CELL_COUNT] = {
    [LH_CELL_ENTRY] = { "entry", { { "ENTRY", "条目" }, false, false } },
    [LH_CELL_TYPE] = { "type", { { "TYPE", "类型" }, false, false } },
    [LH_CELL_EVENT_TIME] = { "event_time", { { "TIME (+08:00)", "时间 (+08:00)" }, false, false } },
    [LH_CELL_RECORDED_AT] = { "recorded_at",
                              { { "RECORDED (+08:00)", "登记时间 (+08:00)" }, false, false } },
    [LH_CELL_STAFF] = { "staff", { { "STAFF", "人员" }, false, false } },
    [LH_CELL_UNIT] = { "unit", { { "UNIT", "单位" }, false, true } },
    [LH_CELL_SYSTEM] = { "system", { { "SYSTEM", "系统" }, false, true } },
    [LH_CELL_ITEM] = { "item", { { "ITEM", "数据项" }, false, true } },
    [LH_CELL_CASE] = { "case", { { "CASE", "办件" }, false, false } },
    [LH_CELL_EXCHANGE] = { "exchange", { { "EXCHANGE", "交换" }, false, false } },
    [LH_CELL_COUNTERPARTY] = { "counterparty", { { "WITH", "对方" }, false, false } },
    [LH_CELL_PURPOSE] = { "purpose", { { "PURPOSE", "目的" }, false, true } },
    [LH_CELL_LEGAL_BASIS] = { "legal_basis", { { "BASIS", "依据" }, false, true } },
    [LH_CELL_OUTCOME] = { "outcome", { { "OUTCOME", "结果" }, false, false } },
    [LH_CELL_RESULT_COUNT] = { "result_count", { { "RESULTS", "结果数" }, true, false } },
};

const char *lh_cell_name(enum lh_cell cell)
{
    return cell_rows[cell].name;
}

struct lh_column lh_cell_column(enum lh_cell cell)
{
    return cell_rows[cell].column;
}

/* ---- which ---- */

static enum lh_code refuse(struct lh_bytes word, struct lh_err *err)
{
    struct lh_buf names = LH_BUF_EMPTY;

    for (int i = 0; i < (int)LH_CELL_COUNT; i++) {
        lh_buf_add_format(&names, "%s%s", i > 0 ? ", " : "", cell_rows[i].name);
    }
    (void)lh_err_set(err, LH_ERR_INVALID, "--columns: no column \"%.*s\"; there are %s",
                     (int)word.len, (const char *)word.data, lh_buf_text(&names));
    lh_buf_clear(&names);
    return LH_ERR_INVALID;
}

static void drop(struct lh_cells *cells, enum lh_cell cell)
{
    size_t kept = 0;

    for (size_t i = 0; i < cells->count; i++) {
        if (cells->list[i] != cell) {
            cells->list[kept++] = cells->list[i];
        }
    }
    cells->count = kept;
}

/* One word: "item", "+item" or "-item". A column that is named again moves to the end. */
static enum lh_code take_word(struct lh_cells *cells, struct lh_bytes word, struct lh_err *err)
{
    bool has_sign = word.len > 0 && (word.data[0] == '+' || word.data[0] == '-');
    struct lh_bytes name = has_sign ? lh_bytes_of(word.data + 1, word.len - 1) : word;

    for (int i = 0; i < (int)LH_CELL_COUNT; i++) {
        if (lh_bytes_is_equal(lh_bytes_of_text(cell_rows[i].name), name)) {
            drop(cells, (enum lh_cell)i);
            if (!has_sign || word.data[0] == '+') {
                cells->list[cells->count++] = (enum lh_cell)i;
            }
            return LH_OK;
        }
    }
    return refuse(word, err);
}

enum lh_code lh_cells_choose(struct lh_cells *cells, const char *list, struct lh_err *err)
{
    bool is_change = list[0] == '+' || list[0] == '-';
    struct lh_cells chosen = is_change ? *cells : (struct lh_cells){ .count = 0 };
    enum lh_code rc = LH_OK;

    for (const char *at = list; rc == LH_OK && at != NULL;) {
        size_t len = strcspn(at, ",");

        if ((at[0] == '+' || at[0] == '-') != is_change) {
            return lh_err_set(err, LH_ERR_INVALID,
                              "--columns: either all of them, a,b, or the difference, +a,-b");
        }
        rc = take_word(&chosen, lh_bytes_of(at, len), err);
        at = at[len] == ',' ? at + len + 1 : NULL;
    }
    if (rc == LH_OK && chosen.count == 0) {
        rc = lh_err_set(err, LH_ERR_INVALID, "--columns: none is left");
    }
    if (rc == LH_OK) {
        *cells = chosen;
    }
    return rc;
}

/* ---- what stands in them ---- */

static void add_hex(struct lh_buf *out, bool has, const uint8_t *bytes, size_t len,
                    enum lh_cell_form form)
{
    char text[33];

    if (has) {
        lh_hex_format(text, lh_bytes_of(bytes, len));
        text[form == LH_CELL_TABLE ? 8 : 2 * len] = '\0';
        lh_buf_add_format(out, "%s%s", text, form == LH_CELL_TABLE ? "…" : "");
    }
}

static void add_time(struct lh_buf *out, int64_t unix_ms, enum lh_cell_form form)
{
    char text[LH_TIME_TEXT_SIZE];

    if (unix_ms <= 0) {
        return;
    }
    if (form == LH_CELL_EXACT) {
        lh_time_format_utc(text, unix_ms);
    } else {
        lh_time_format_local(text, unix_ms);
    }
    text[form == LH_CELL_TABLE ? strcspn(text, ".") : strlen(text)] = '\0';
    lh_buf_add_text(out, text);
}

void lh_cell_add(struct lh_buf *out, enum lh_cell cell, const struct lh_item *item,
                 enum lh_cell_form form, enum lh_lang lang)
{
    const struct lh_row *row = &item->row;

    lang = form == LH_CELL_EXACT ? LH_LANG_EN : lang;
    switch (cell) {
    case LH_CELL_ENTRY:
        lh_buf_add_text(out, item->name);
        return;
    case LH_CELL_TYPE:
        lh_buf_add_text(out, lh_readable_type(row->type, lang));
        return;
    case LH_CELL_EVENT_TIME:
        add_time(out, row->event_time_unix_ms, form);
        return;
    case LH_CELL_RECORDED_AT:
        add_time(out, row->recorded_unix_ms, form);
        return;
    case LH_CELL_STAFF:
        add_hex(out, row->has_staff, row->staff, sizeof row->staff, form);
        return;
    case LH_CELL_UNIT:
        lh_buf_add_text(out, row->unit);
        return;
    case LH_CELL_SYSTEM:
        lh_buf_add_text(out, row->system);
        return;
    case LH_CELL_ITEM:
        lh_buf_add_text(out, row->item);
        return;
    case LH_CELL_CASE:
        add_hex(out, row->has_case, row->case_id, sizeof row->case_id, form);
        return;
    case LH_CELL_EXCHANGE:
        add_hex(out, row->has_exchange, row->exchange_id, sizeof row->exchange_id, form);
        return;
    case LH_CELL_COUNTERPARTY:
        lh_buf_add_text(out, row->counterparty);
        return;
    case LH_CELL_PURPOSE:
        lh_buf_add_text(out, row->purpose);
        return;
    case LH_CELL_LEGAL_BASIS:
        lh_buf_add_text(out, row->legal_basis);
        return;
    case LH_CELL_OUTCOME:
        lh_buf_add_text(out, lh_readable_outcome(row->outcome, lang));
        return;
    case LH_CELL_RESULT_COUNT:
        lh_buf_add_format(out, "%llu", (unsigned long long)row->result_count);
        return;
    case LH_CELL_COUNT:
        return;
    }
}
