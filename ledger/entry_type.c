#include "ledger/entry.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

struct type_name {
    const char *name;
    const char *name_zh;
};

/* Index: the number of the type. A gap is a number that this schema does not use. */
static const struct type_name names[] = {
    [lhpb_EntryType_CATALOG] = { "CATALOG", "事项目录" },
    [lhpb_EntryType_ABOLISH] = { "ABOLISH", "取消证明事项" },
    [lhpb_EntryType_CALENDAR] = { "CALENDAR", "工作日历" },
    [lhpb_EntryType_STAFF] = { "STAFF", "人员登记" },
    [lhpb_EntryType_ROLE] = { "ROLE", "人员授权" },
    [lhpb_EntryType_LEAVE] = { "LEAVE", "人员离岗" },
    [lhpb_EntryType_SESSION] = { "SESSION", "登录会话" },
    [lhpb_EntryType_SESSION_END] = { "SESSION_END", "会话结束" },
    [lhpb_EntryType_QUERY] = { "QUERY", "数据共享查询" },
    [lhpb_EntryType_SERVE] = { "SERVE", "数据提供" },
    [lhpb_EntryType_USE] = { "USE", "结果采用" },
    [lhpb_EntryType_BATCH] = { "BATCH", "批量调用" },
    [lhpb_EntryType_VREQ] = { "VREQ", "核验申请" },
    [lhpb_EntryType_VACK] = { "VACK", "核验签收" },
    [lhpb_EntryType_VRSP] = { "VRSP", "核验反馈" },
    [lhpb_EntryType_OOB] = { "OOB", "线下核验补录" },
    [lhpb_EntryType_NOTICE] = { "NOTICE", "告知" },
    [lhpb_EntryType_PROMISE] = { "PROMISE", "承诺" },
    [lhpb_EntryType_CHECK] = { "CHECK", "事中事后核查" },
    [lhpb_EntryType_CREDIT] = { "CREDIT", "信用惩戒记录" },
    [lhpb_EntryType_CREDIT_END] = { "CREDIT_END", "信用到期或修复" },
    [lhpb_EntryType_DEMAND] = { "DEMAND", "索要证明投诉" },
    [lhpb_EntryType_REMEDY] = { "REMEDY", "索要证明整改" },
    [lhpb_EntryType_CASE] = { "CASE", "一件事立案" },
    [lhpb_EntryType_STEP] = { "STEP", "一件事环节" },
    [lhpb_EntryType_CLOSE] = { "CLOSE", "一件事办结" },
    [lhpb_EntryType_WARRANT] = { "WARRANT", "审计授权" },
    [lhpb_EntryType_OPEN] = { "OPEN", "审计开封" },
    [lhpb_EntryType_ACCESS] = { "ACCESS", "查阅" },
    [lhpb_EntryType_ANSWER] = { "ANSWER", "查阅答复" },
    [lhpb_EntryType_FINDING] = { "FINDING", "疑点" },
    [lhpb_EntryType_DISPOSE] = { "DISPOSE", "疑点处置" },
    [lhpb_EntryType_RESTRICT] = { "RESTRICT", "限制处理" },
    [lhpb_EntryType_ERASE] = { "ERASE", "删除" },
    [lhpb_EntryType_CORRECT] = { "CORRECT", "更正" },
    [lhpb_EntryType_OBJECT] = { "OBJECT", "异议" },
    [lhpb_EntryType_GENERATION] = { "GENERATION", "账本启用" },
    [lhpb_EntryType_KEYEPOCH] = { "KEYEPOCH", "密钥启用" },
    [lhpb_EntryType_KEYDESTROY] = { "KEYDESTROY", "密钥销毁" },
    [lhpb_EntryType_KEYCOMP] = { "KEYCOMP", "密钥泄露" },
    [lhpb_EntryType_APPROVAL] = { "APPROVAL", "治理表决" },
    [lhpb_EntryType_HEARTBEAT] = { "HEARTBEAT", "心跳" },
    [lhpb_EntryType_EQUIV] = { "EQUIV", "双签证据" },
};

enum { NAME_COUNT = sizeof names / sizeof names[0] };
_Static_assert((int)NAME_COUNT == (int)_lhpb_EntryType_ARRAYSIZE,
               "every type of body.proto has a name");

const char *lh_entry_type_name(lhpb_EntryType type)
{
    return (size_t)type < NAME_COUNT ? names[type].name : NULL;
}

const char *lh_entry_type_name_zh(lhpb_EntryType type)
{
    return (size_t)type < NAME_COUNT ? names[type].name_zh : NULL;
}

enum lh_code lh_entry_type_parse(lhpb_EntryType *out, struct lh_bytes name, struct lh_err *err)
{
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (names[i].name != NULL && strlen(names[i].name) == name.len &&
            strncasecmp(names[i].name, (const char *)name.data, name.len) == 0) {
            *out = (lhpb_EntryType)i;
            return LH_OK;
        }
    }
    return lh_err_set(err, LH_ERR_INVALID, "no such type of entry");
}
