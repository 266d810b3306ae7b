#include "cli/refusals.h"

#include <string.h>

static const struct {
    const char *code;
    const char *zh;
} refusals[] = {
    { "request.malformed", "请求无法读取" },
    { "request.too_large", "请求过大" },
    { "request.timeout", "请求未及时送达" },
    { "request.media_type", "不接受该媒体类型" },
    { "request.not_found", "没有该对象" },
    { "request.method", "此处不允许该方法" },
    { "schema.invalid", "字段不合规定" },
    { "schema.required", "缺少字段" },
    { "privacy.raw_identifier", "公开字段中出现个人号码" },
    { "privacy.restricted", "该条目已限制处理" },
    { "privacy.erased", "当事人信息已删除" },
    { "event.conflict", "已登记, 但内容不同" },
    { "event.late", "事件时间过早" },
    { "event.future", "事件时间在未来" },
    { "auth.unknown_client", "未知的客户端" },
    { "auth.source", "该客户端不得上报此来源" },
    { "auth.type", "该客户端不得上报此类型" },
    { "auth.level", "该客户端不得以此级别上报" },
    { "auth.role", "该客户端无权查阅" },
    { "auth.warrant", "无有效的审计授权" },
    { "key.unknown", "签名密钥未登记" },
    { "key.revoked", "签名密钥已停用" },
    { "signature.bad", "签名无效" },
    { "authority.denied", "签署人无权登记此类条目" },
    { "witness.forged", "日志自身的签名无效" },
    { "witness.unproven", "未证明其延续上次见证的头部" },
    { "witness.fork", "日志在同一大小有两个头部" },
    { "witness.busy", "该日志另一头部正在存储" },
    { "level.unreachable", "本网络成员不足, 达不到该级别" },
    { "proposal.unfit", "提案不符合现有成员" },
    { "proposal.parent", "提案不接续最新纪元" },
    { "state.new", "账本尚无首个条目" },
    { "state.suspect", "账本可能被回滚, 已停止封印" },
    { "state.waiting", "节点刚启动, 封印前先询问其他部门" },
    { "clock.stepped", "节点时钟跳变" },
    { "busy.queue_full", "一时过多, 未登记" },
    { "busy.stopping", "节点正在停止" },
    { "internal", "节点内部故障" },
};

const char *lh_refusal_find(struct lh_bytes code)
{
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        if (lh_bytes_is_equal(lh_bytes_of_text(refusals[i].code), code)) {
            return refusals[i].zh;
        }
    }
    return NULL;
}

/* The length of what may be a code: words in small letters joined by dots. */
static size_t code_len(const char *text)
{
    return strspn(text, "abcdefghijklmnopqrstuvwxyz_.");
}

void lh_refusal_add(struct lh_buf *out, const char *text, enum lh_lang lang)
{
    bool is_word = false; /* in the middle of one */

    while (*text != '\0') {
        size_t len = is_word ? 0 : code_len(text);
        /* "CODE: detail" or "CODE /pointer: detail" */
        bool is_code = len > 0 && (text[len] == ':' || strncmp(text + len, " /", 2) == 0);
        const char *zh =
            is_code && lang == LH_LANG_ZH ? lh_refusal_find(lh_bytes_of(text, len)) : NULL;

        len = len > 0 ? len : 1;
        lh_buf_add(out, lh_bytes_of(text, len));
        if (zh != NULL) {
            lh_buf_add_format(out, " (%s)", zh);
        }
        is_word = text[len - 1] != ' ';
        text += len;
    }
}
