#include "cli/readable.h"

#include "cli/render.h"
#include "crypto/aloud.h"
#include "crypto/text.h"
#include "ledger/event.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

/* Labels of members; one that is missing here is shown under its own name. */
struct label {
    const char *member;
    struct lh_words words;
};

static const struct label labels[] = {
    { "entry", { "entry", "条目" } },
    { "type", { "type", "类型" } },
    { "source", { "source", "来源系统" } },
    { "id", { "event id", "事件编号" } },
    { "event_time", { "happened", "发生时间" } },
    { "recorded_at", { "recorded", "登记时间" } },
    { "department", { "department", "部门" } },
    { "unit", { "unit", "单位/窗口" } },
    { "staff", { "staff", "人员代号" } },
    { "session", { "session", "会话" } },
    { "system", { "system", "系统" } },
    { "channel", { "channel", "渠道" } },
    { "auth_methods", { "login by", "认证方式" } },
    { "assurance", { "assurance", "认证等级" } },
    { "item", { "item", "数据项" } },
    { "catalogue_version", { "catalogue", "目录版本" } },
    { "case", { "case", "办件" } },
    { "step", { "step", "环节" } },
    { "exchange", { "exchange", "交换号" } },
    { "counterparty", { "counterparty", "对方部门" } },
    { "purpose", { "purpose", "目的" } },
    { "legal_basis", { "legal basis", "依据" } },
    { "outcome", { "outcome", "结果" } },
    { "result_mask", { "fields returned", "返回字段组" } },
    { "result_count", { "records", "返回条数" } },
    { "flags", { "flags", "标志" } },
    { "case_number", { "case number", "业务编号" } },
    { "subject", { "about", "当事人" } },
    { "refs", { "builds on", "关联条目" } },
    { "subject_digest", { "subject digest", "当事人摘要" } },
    { "signed_by", { "signed by", "签名" } },
    { "leaf", { "leaf hash", "叶哈希" } },
    { "proof", { "proof", "证明" } },
    { "seal_key", { "seal key", "封印公钥" } },
    { "key", { "key", "公钥" } },
    { "roles", { "roles", "角色" } },
    { "pseudonym", { "pseudonym", "人员代号" } },
    { "employment", { "employment", "用工性质" } },
    { "post", { "post", "岗位" } },
    { "valid_from", { "valid from", "生效时间" } },
    { "valid_until", { "valid until", "失效时间" } },
    { "number", { "number", "序号" } },
    { "reason", { "reason", "原因" } },
    { "network_id", { "network", "网络" } },
    { "prev_origin", { "continues", "延续账本" } },
    { "prev_size", { "of leaves", "延续叶数" } },
    { "prev_root", { "with root", "延续处根哈希" } },
    { "prev_header", { "last header", "末块头哈希" } },
    { "lost_from", { "lost from", "缺失自" } },
    { "lost_until", { "lost until", "缺失至" } },
    { "promises_digest", { "promises", "他方确认摘要" } },
    { "declares", { "declares", "声明" } },
    { "title", { "title", "名称" } },
    { "code", { "code", "代码" } },
    { "version", { "version", "版本" } },
    { "owner", { "owner", "责任部门" } },
    { "mode", { "mode", "方式" } },
    { "mirror", { "mirror", "对应条目" } },
    { "consumers", { "may ask", "可用部门" } },
    { "purposes", { "purposes", "许可目的" } },
    { "basis", { "legal basis", "依据" } },
    { "verdict", { "verdict", "核验结论" } },
    { "used_for", { "used for", "用于" } },
    { "theme", { "theme", "主题" } },
    { "kind", { "kind", "种类" } },
    { "result", { "result", "结论" } },
    { "name", { "name", "名称" } },
    { "state", { "state", "状态" } },
    { "proposal", { "proposal", "提案" } },
    { "parent", { "follows", "承接" } },
    { "round", { "round", "轮次" } },
};

struct outcome {
    lhpb_Outcome outcome;
    struct lh_words words;
};

static const struct outcome outcomes[] = {
    { lhpb_Outcome_OUTCOME_UNSPECIFIED, { "", "" } },
    { lhpb_Outcome_HIT, { "hit", "有结果" } },
    { lhpb_Outcome_NONE, { "none", "无记录" } },
    { lhpb_Outcome_DENIED, { "denied", "不予提供" } },
    { lhpb_Outcome_ERROR, { "error", "故障" } },
    { lhpb_Outcome_ACCEPTED, { "accepted", "受理" } },
    { lhpb_Outcome_DONE, { "done", "办结" } },
    { lhpb_Outcome_REJECTED, { "rejected", "不予受理" } },
    { lhpb_Outcome_CANCELLED, { "cancelled", "撤回" } },
};

const char *lh_readable_outcome(lhpb_Outcome outcome, enum lh_lang lang)
{
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
        if (outcomes[i].outcome == outcome) {
            return lh_words_in(&outcomes[i].words, lang);
        }
    }
    return "?";
}

const char *lh_readable_type(lhpb_EntryType type, enum lh_lang lang)
{
    const char *name = lang == LH_LANG_ZH ? lh_entry_type_name_zh(type) : lh_entry_type_name(type);

    return name != NULL ? name : "?";
}

void lh_readable_add_time(struct lh_buf *out, int64_t unix_ms)
{
    char text[LH_TIME_TEXT_SIZE];

    if (unix_ms > 0) {
        lh_time_format_local(text, unix_ms);
        lh_buf_add_text(out, text);
    }
}

void lh_readable_short_hash(char out[LH_READABLE_SHORT_SIZE], const struct lh_hash *hash)
{
    char hex[2 * LH_HASH_SIZE + 1];

    lh_hex_format(hex, lh_hash_bytes(hash));
    memcpy(out, hex, 12);
    memcpy(out + 12, "…", sizeof "…" - 1);
    memcpy(out + 12 + sizeof "…" - 1, hex + 60, 5);
}

/* Terminal columns of a label; the labels are our own text. */
static size_t width_of(const char *text)
{
    wchar_t wide[64];
    size_t count = mbstowcs(wide, text, 63);
    int width = count != (size_t)-1 ? wcswidth(wide, count) : -1;

    return width >= 0 ? (size_t)width : strlen(text);
}

void lh_readable_add_line(struct lh_buf *out, enum lh_lang lang, const char *member,
                          const char *text)
{
    enum { LABEL_WIDTH = 16 };
    const char *label = member;
    size_t width;

    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        if (strcmp(labels[i].member, member) == 0) {
            label = lh_words_in(&labels[i].words, lang);
        }
    }
    lh_buf_add_text(out, label);
    for (width = width_of(label); width < LABEL_WIDTH; width++) {
        lh_buf_add_u8(out, ' ');
    }
    lh_buf_add_u8(out, ' ');
    lh_render_add_safe(out, lh_bytes_of_text(text));
    lh_buf_add_u8(out, '\n');
}

static void add_value(struct lh_buf *out, const json_t *value)
{
    int64_t time;

    if (json_is_string(value)) {
        const char *text = json_string_value(value);

        if (lh_time_parse(&time, lh_bytes_of_text(text), NULL) == LH_OK) {
            lh_readable_add_time(out, time);
            lh_buf_add_text(out, " UTC+8");
        } else {
            lh_buf_add_text(out, text);
        }
    } else if (json_is_integer(value)) {
        lh_buf_add_format(out, "%lld", (long long)json_integer_value(value));
    } else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            lh_buf_add_text(out, i > 0 ? ", " : "");
            add_value(out, json_array_get(value, i));
        }
    } else if (json_is_boolean(value)) {
        lh_buf_add_text(out, json_is_true(value) ? "true" : "false");
    }
}

static void add_members(struct lh_buf *out, enum lh_lang lang, json_t *object)
{
    struct lh_buf text = LH_BUF_EMPTY;
    const char *name = NULL;
    json_t *value = NULL;

    json_object_foreach(object, name, value)
    {
        if (json_is_object(value)) {
            add_members(out, lang, value);
            continue;
        }
        if (strcmp(name, "schema") == 0) {
            continue;
        }
        lh_buf_reset(&text);
        add_value(&text, value);
        if (strcmp(name, "type") == 0) {
            lhpb_EntryType type;

            if (lh_entry_type_parse(&type, lh_buf_bytes(&text), NULL) == LH_OK) {
                lh_buf_add_format(&text, "  %s", lh_entry_type_name_zh(type));
            }
        }
        lh_readable_add_line(out, lang, name, lh_buf_text(&text));
    }
    lh_buf_clear(&text);
}

void lh_readable_add_event(struct lh_buf *out, enum lh_lang lang, json_t *event)
{
    add_members(out, lang, event);
}

/* ---- what a GENERATION declares ----------------------------------------------------------------
 */

enum { REASON_FIRST = 1, REASON_RESTORE = 2, REASON_UNSAFE_RESTORE = 6 };

/* Generation.reason. */
static const struct lh_words reasons[] = {
    { "?", "?" },
    { "the first of its ledger", "账本首次启用" },
    { "after a restore", "恢复之后" },
    { "after the loss of a key", "密钥丢失之后" },
    { "by choice", "主动更换" },
    { "on joining a network", "加入网络" },
    { "UNSAFE_RESTORE, after a restore", "UNSAFE_RESTORE, 恢复之后" },
};

static void declare(struct lh_buf *out, enum lh_lang lang, const struct lh_buf *text)
{
    lh_readable_add_line(out, lang, "declares", lh_buf_text(text));
}

/* Where it goes on, and after what. */
static void declare_start(struct lh_buf *out, enum lh_lang lang, const lhpb_Generation *generation)
{
    const size_t count = sizeof reasons / sizeof reasons[0];
    const char *reason =
        lh_words_in(&reasons[generation->reason < count ? generation->reason : 0], lang);
    struct lh_buf text = LH_BUF_EMPTY;
    char number[16];
    char size[24];

    (void)snprintf(number, sizeof number, "%" PRIu32, generation->number);
    (void)snprintf(size, sizeof size, "%" PRIu64, generation->prev_size);
    if (generation->prev_origin[0] == 0) {
        lh_msg_add(&text, lang, LH_MSG_GENERATION_FIRST, number, reason, NULL);
    } else if (generation->prev_size == 0) {
        lh_msg_add(&text, lang, LH_MSG_GENERATION_EMPTY, number, reason, generation->prev_origin,
                   NULL);
    } else {
        lh_msg_add(&text, lang, LH_MSG_GENERATION_GOES_ON, number, reason, generation->prev_origin,
                   size, NULL);
    }
    declare(out, lang, &text);
    lh_buf_clear(&text);
}

/* What is gone, and who vouches: what an officer who signs must have read. */
static void declare_generation(struct lh_buf *out, enum lh_lang lang,
                               const lhpb_Generation *generation)
{
    struct lh_buf text = LH_BUF_EMPTY;
    char from[24];
    char until[24];

    if (generation->reason == REASON_RESTORE && !generation->has_promises_digest) {
        (void)snprintf(from, sizeof from, "%" PRIu32, generation->number);
        lh_msg_add(&text, lang, LH_MSG_GENERATION_ASKS, generation->prev_origin, from, NULL);
        declare(out, lang, &text);
        lh_buf_clear(&text);
        return;
    }
    declare_start(out, lang, generation);
    if (generation->lost_from > 0) {
        (void)snprintf(from, sizeof from, "%" PRIu64, generation->lost_from);
        (void)snprintf(until, sizeof until, "%" PRIu64, generation->lost_until);
        lh_msg_add(&text, lang, LH_MSG_GENERATION_LOST, from, until, NULL);
        declare(out, lang, &text);
    } else if (generation->reason != REASON_FIRST) {
        lh_msg_add(&text, lang, LH_MSG_GENERATION_LOST_NOTHING, NULL);
        declare(out, lang, &text);
    }
    if (generation->reason == REASON_UNSAFE_RESTORE) {
        lh_buf_reset(&text);
        lh_msg_add(&text, lang, LH_MSG_GENERATION_UNSAFE, NULL);
        declare(out, lang, &text);
    }
    lh_buf_clear(&text);
}

/* What a vote is for, by the numbers that were read aloud: its hash alone says nothing to people.
 */
static void declare_approval(struct lh_buf *out, enum lh_lang lang, const lhpb_Approval *approval)
{
    struct lh_buf text = LH_BUF_EMPTY;
    struct lh_hash hash;
    char aloud[LH_ALOUD_SIZE];
    char round[16];

    memcpy(hash.bytes, approval->proposal, sizeof hash.bytes);
    lh_aloud_format(aloud, &hash);
    (void)snprintf(round, sizeof round, "%" PRIu32, approval->round);
    lh_msg_add(&text, lang, LH_MSG_APPROVAL_SAYS, aloud, round, NULL);
    declare(out, lang, &text);
    lh_buf_clear(&text);
}

enum lh_code lh_readable_add_body(struct lh_buf *out, enum lh_lang lang, const lhpb_Body *body,
                                  struct lh_err *err)
{
    json_t *event = lh_event_from_body(body);

    if (event == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    lh_readable_add_event(out, lang, event);
    json_decref(event);
    if (body->type == lhpb_EntryType_GENERATION) {
        declare_generation(out, lang, &body->detail.generation);
    }
    if (body->type == lhpb_EntryType_APPROVAL) {
        declare_approval(out, lang, &body->detail.approval);
    }
    return lh_buf_check(out, err);
}

void lh_readable_add_duration(struct lh_buf *out, uint64_t ms)
{
    uint64_t seconds = ms / 1000;

    if (seconds >= 86400) {
        lh_buf_add_format(out, "%llud %lluh", (unsigned long long)(seconds / 86400),
                          (unsigned long long)(seconds / 3600 % 24));
    } else if (seconds >= 3600) {
        lh_buf_add_format(out, "%lluh %llum", (unsigned long long)(seconds / 3600),
                          (unsigned long long)(seconds / 60 % 60));
    } else {
        lh_buf_add_format(out, "%llum %llus", (unsigned long long)(seconds / 60),
                          (unsigned long long)(seconds % 60));
    }
}
