/* The one table of verbs: parsing, help, completion and the test of the man page read it. */
#include "cli/verbs.h"

#include "cli/cmds.h"

#define NO_WORDS                                                                                   \
    {                                                                                              \
        "", ""                                                                                     \
    }

const struct lh_verb lh_verbs[] = {
    /* set up */
    { "init",
      NO_WORDS,
      0,
      0,
      lh_init_options,
      { "found a department's node", "建立一个部门的节点" },
      { "Makes directories, keys, genesis, store, guard and settings; never overwrites anything.\n"
        "The department is a network of its own, or, with --genesis, a founder of a city that it "
        "has "
        "enrolled\n"
        "for (network enrol); with --epochs, in their order, whom one of them admitted.\n"
        "  liuhen init --network jinhua --dept gaj --name 市公安局 --data /var/lib/liuhend \\\n"
        "      --guard /srv/guard --officer zhang.pub --officer li.pub",
        "建立目录, 密钥, 创世文件, 存储, 防回滚标记和配置; 不覆盖任何已有文件.\n"
        "本部门自成一个网络; 加 --genesis 时为已登记 (network enrol) 的全市网络成员;\n"
        "加 --epochs (按次序) 时为其后纪元接纳的成员.\n"
        "  liuhen init --network jinhua --dept gaj --name 市公安局 --data /var/lib/liuhend \\\n"
        "      --guard /srv/guard --officer zhang.pub --officer li.pub" },
      "1 5 10 11",
      lh_cmd_init },
    { "network enrol",
      NO_WORDS,
      0,
      0,
      lh_network_enrol_options,
      { "present a department to those who found a city", "为加入全市网络登记本部门" },
      { "Makes the department's keys and DIR/enrolment.lhe, and prints a fingerprint to read aloud "
        "by\n"
        "telephone to whoever founds the network. No private key leaves this machine.\n"
        "  liuhen network enrol --dept mzj --name 市民政局 --data /var/lib/liuhend-mzj \\\n"
        "      --officer zhang.pub --officer li.pub",
        "生成本部门密钥和 DIR/enrolment.lhe, 并输出供电话核对的指纹, 读给网络发起方. "
        "私钥不离开本机.\n"
        "  liuhen network enrol --dept mzj --name 市民政局 --data /var/lib/liuhend-mzj \\\n"
        "      --officer zhang.pub --officer li.pub" },
      "1",
      lh_cmd_network_enrol },
    { "network init",
      { "ENROLMENT.lhe...", "登记文件.lhe..." },
      2,
      LH_FOUNDERS_MAX,
      lh_network_init_options,
      { "found a city of departments", "由各部门的登记文件建立全市网络" },
      { "Writes the genesis file of 2 to 48 departments and says who witnesses whom. Give each "
        "fingerprint\n"
        "that was read aloud to you with --expect: an enrolment that reads otherwise is refused.",
        "由 2 至 48 个部门的登记文件生成创世文件, 并说明各账本由谁见证.\n"
        "电话中听到的每个指纹用 --expect 给出, 不符的登记文件会被拒绝." },
      "1 5 6 10 11",
      lh_cmd_network_init },
    { "network show",
      { "GENESIS.lhg [EPOCH.lhp...]", "创世文件.lhg [纪元.lhp...]" },
      1,
      LH_ARGS_MAX,
      lh_network_show_options,
      { "what a genesis file founds, and what epochs made of it", "查看创世文件及其后的纪元" },
      { "The network id, how many must agree, the members, and who witnesses whom.\n"
        "  liuhen network show genesis.lhg",
        "网络编号, 法定数, 成员和见证关系.\n"
        "  liuhen network show genesis.lhg" },
      "1 5 6 10 11",
      lh_cmd_network_show },
    { "network propose",
      { "GENESIS.lhg [EPOCH.lhp...]", "创世文件.lhg [纪元.lhp...]" },
      1,
      LH_ARGS_MAX,
      lh_network_propose_options,
      { "draft the next epoch: members, keys, duties", "起草下一纪元: 成员, 密钥, 职责" },
      { "The files are the genesis file and the epochs since, in order. Says in words what "
        "changes; "
        "nothing\n"
        "changes before the members have voted.\n"
        "  liuhen network propose genesis.lhg --regroup gaj=zhengfa -o regroup.lhp",
        "依次给出创世文件和此后的各纪元. 用文字列出变更; 成员表决通过之前不生效.\n"
        "  liuhen network propose genesis.lhg --regroup gaj=zhengfa -o regroup.lhp" },
      "1 4 5 10 11",
      lh_cmd_network_propose },
    { "network approve",
      { "GENESIS.lhg [EPOCH.lhp...] PROPOSAL.lhp", "创世文件.lhg [纪元.lhp...] 提案.lhp" },
      2,
      LH_ARGS_MAX,
      lh_network_approve_options,
      { "draft a department's vote for an epoch", "起草本部门对提案的表决" },
      { "Says in words what changes, and writes the act that two officers sign and the node "
        "records.\n"
        "Give the numbers that were read aloud to you with --expect.\n"
        "  liuhen network approve genesis.lhg epoch-1.lhp --dept gaj -o vote.lh",
        "用文字列出变更, 并写出由两位负责人签署, 节点登记的表决. 电话中听到的八组数字用 --expect "
        "给出.\n"
        "  liuhen network approve genesis.lhg epoch-1.lhp --dept gaj -o vote.lh" },
      "1 4 5 10 11",
      lh_cmd_network_approve },
    { "network epochs",
      { "GENESIS.lhg [EPOCH.lhp...]", "创世文件.lhg [纪元.lhp...]" },
      1,
      LH_ARGS_MAX,
      lh_network_epochs_options,
      { "the epochs of a network and what each changed", "各纪元及其变更" },
      { "Judges that each follows the one before and fits it, and, of archives, that the members "
        "voted "
        "for it.\n"
        "  liuhen network epochs genesis.lhg epoch-1.lhp",
        "逐一核对各纪元是否承接前一纪元且变更成立; 给出归档时核对成员是否表决通过.\n"
        "  liuhen network epochs genesis.lhg epoch-1.lhp" },
      "1 5 10 11",
      lh_cmd_network_epochs },
    { "network submit",
      { "PROPOSAL.lhp", "提案.lhp" },
      1,
      1,
      NULL,
      { "hand a proposal to every department", "将提案送达各部门" },
      { "The node keeps it if it fits the newest epoch, and sends it to its peers. It is no vote.\n"
        "  liuhen network submit epoch-1.lhp",
        "提案承接最新纪元且变更成立时, 节点保存并送达对端. 送达不是表决.\n"
        "  liuhen network submit epoch-1.lhp" },
      "1 4 5 6 10",
      lh_cmd_network_submit },
    { "network status",
      NO_WORDS,
      0,
      0,
      NULL,
      { "certified epochs, proposals, and who voted", "已通过的纪元, 提案及表决情况" },
      { "As the node has counted it in the ledgers that it holds, under witnessed heads.\n"
        "  liuhen network status",
        "节点按其所持各账本中已见证的部分统计.\n"
        "  liuhen network status" },
      "4 5",
      lh_cmd_network_status },
    { "network fetch",
      { "HASH", "哈希" },
      1,
      1,
      lh_network_fetch_options,
      { "a proposal that the node keeps, as a file", "取出节点保存的提案" },
      { "Whoever votes compares the eight numbers with who proposed it.\n"
        "  liuhen network fetch HASH -o epoch-1.lhp",
        "表决前应与提案方核对八组数字.\n"
        "  liuhen network fetch HASH -o epoch-1.lhp" },
      "1 4 5 10",
      lh_cmd_network_fetch },
    { "keygen",
      NO_WORDS,
      0,
      0,
      lh_keygen_options,
      { "make a key pair", "生成密钥对" },
      { "The private key goes into FILE.pem (mode 0600), the public one into FILE.pub.\n"
        "With --tls the key is one end of a TLS connection (a node's, or a client's): a "
        "self-signed\n"
        "certificate goes into FILE.crt, and the pin by which the other end knows the key is "
        "printed.",
        "私钥写入 FILE.pem (权限 0600), 公钥写入 FILE.pub.\n"
        "加 --tls 时密钥用于 TLS 连接的一端 (节点或客户端): 自签名证书写入 FILE.crt, 并输出对方\n"
        "用来识别该密钥的公钥指纹." },
      "1",
      lh_cmd_keygen },
    /* officer acts */
    { "act",
      { "FILE.json", "文件.json" },
      1,
      1,
      lh_act_options,
      { "draft officer acts from JSON (CATALOG, CALENDAR, ...)",
        "由 JSON 起草负责人文件 (目录, 日历等)" },
      NO_WORDS,
      "1",
      lh_cmd_act },
    { "cosign",
      { "FILE.lh...", "文件.lh..." },
      1,
      LH_ARGS_MAX,
      lh_cosign_options,
      { "read an act and sign it as an officer", "阅读并以负责人身份签署" },
      { "Shows what is signed first. Two officers sign each act.",
        "先显示内容再签名. 每份文件需两位负责人签署." },
      "1 4 10",
      lh_cmd_cosign },
    { "submit",
      { "FILE.lh...", "文件.lh..." },
      1,
      LH_ARGS_MAX,
      NULL,
      { "hand acts to the node", "提交负责人文件" },
      NO_WORDS,
      "1 4 6 8 10 11 12",
      lh_cmd_submit },
    { "staff enrol",
      NO_WORDS,
      0,
      0,
      lh_staff_enrol_options,
      { "draft the enrolment of a staff member", "起草人员登记" },
      { "Prints the pseudonym. Names stay in the department's own files.",
        "输出人员代号. 姓名不进入账本." },
      "1",
      lh_cmd_staff_enrol },
    { "staff role",
      NO_WORDS,
      0,
      0,
      lh_staff_role_options,
      { "draft a change of roles", "起草角色变更" },
      NO_WORDS,
      "1",
      lh_cmd_staff_role },
    { "staff leave",
      NO_WORDS,
      0,
      0,
      lh_staff_leave_options,
      { "draft a leave", "起草离岗" },
      NO_WORDS,
      "1",
      lh_cmd_staff_leave },
    { "staff list",
      NO_WORDS,
      0,
      0,
      NULL,
      { "whose keys are enrolled", "已登记的人员与密钥" },
      NO_WORDS,
      "4",
      lh_cmd_staff_list },
    /* write */
    { "session open",
      NO_WORDS,
      0,
      0,
      lh_session_open_options,
      { "certify a session key after a login", "登录后签发会话密钥" },
      { "The staff key signs once; then \"record --key SESSION.pem\" signs the work of up to 8 "
        "hours.",
        "工作人员密钥签一次; 之后 8 小时内用 \"record --key 会话.pem\" 签名." },
      "1 4 6 10 11 12",
      lh_cmd_session_open },
    { "session end",
      NO_WORDS,
      0,
      0,
      lh_session_end_options,
      { "end a session", "结束会话" },
      NO_WORDS,
      "1 4 6 10 11 12",
      lh_cmd_session_end },
    { "record",
      { "[FILE.json|-]", "[文件.json|-]" },
      0,
      1,
      lh_record_options,
      { "record events", "登记事件" },
      { "One JSON object, an array, or one object a line. Without --key the node's recorder signs\n"
        "(level 1); with --key the staff member does (level 3), or a session (level 2). The same "
        "event again is no second\n"
        "entry. One line of answer for each event.",
        "一个 JSON 对象, 数组, 或每行一个对象. 不带 --key 由节点登记密钥签名 (一级);\n"
        "带 --key 由工作人员签名 (三级), 或会话密钥签名 (二级). 重复提交不产生第二条. "
        "每个事件回一行." },
      "1 4 6 8 10 11 12",
      lh_cmd_record },
    { "import csv",
      { "FILE...", "文件..." },
      1,
      LH_ARGS_MAX,
      lh_import_options,
      { "take tables of before the ledger in", "导入启用账本前的历史表格" },
      { "CSV with the names of the columns in its first line, plain, gzip or zstd. A map says how "
        "columns\n"
        "become events; they carry the flag imported. What is recorded already is a duplicate, so "
        "an\n"
        "interrupted run is simply repeated. What is refused goes to FILE.rejects.ndjson.\n"
        "  liuhen import csv log.csv.gz --map log.map --dry-run",
        "CSV 首行为列名, 可为 gzip 或 zstd 压缩. 映射文件说明各列如何成为条目, 条目带 imported "
        "标志.\n"
        "已登记的视为重复, 因此中断后重新运行即可. 被拒绝的行写入 FILE.rejects.ndjson.\n"
        "  liuhen import csv log.csv.gz --map log.map --dry-run" },
      "1 4 5 6 8 130",
      lh_cmd_import_csv },
    { "import ndjson",
      { "FILE...", "文件..." },
      1,
      LH_ARGS_MAX,
      lh_import_options,
      { "take events of before the ledger in, one JSON object a line",
        "导入启用账本前的事件, 每行一个 JSON 对象" },
      { "Events as POST /v1/events takes them, each with its id and event_time; plain, gzip or "
        "zstd.\n"
        "With --map the lines are records, and the names of their members are the columns. The "
        "flag\n"
        "imported is set. Repeating a run, and what is refused, are as with import csv.\n"
        "  liuhen import ndjson events.ndjson.zst --dry-run",
        "事件格式与 POST /v1/events 相同, 须有 id 和 event_time; 可为 gzip 或 zstd 压缩.\n"
        "带 --map 时每行是一条记录, 成员名即列名. 自动加 imported 标志.\n"
        "重复运行和被拒绝的行同 import csv.\n"
        "  liuhen import ndjson events.ndjson.zst --dry-run" },
      "1 4 5 6 8 130",
      lh_cmd_import_ndjson },
    /* read */
    { "trail",
      NO_WORDS,
      0,
      0,
      lh_trail_options,
      { "who looked at what: a proven trail", "留痕查询 (逐条验证)" },
      { "Different filters combine with AND, one filter given twice with OR; '!' before a value "
        "leaves "
        "out:\n"
        "  liuhen trail --type '!ACCESS' --columns +unit,-case\n"
        "Over the ledgers of others that this node holds, both sides of an exchange:\n"
        "  liuhen trail --all-ledgers --exchange 50ac1a7b2513f4973d9ec8db1de1d157\n"
        "Times: 2026-11-24,\n"
        "\"2026-11-24 09:00\", yesterday, -2h, 今天, 上月.",
        "不同条件取交集, 同一条件多次给出取并集; 值前加 '!' 表示排除:\n"
        "  liuhen trail --type '!ACCESS' --columns +unit,-case\n"
        "查看本节点所存其他部门的账本, 一次交换的双方:\n"
        "  liuhen trail --all-ledgers --exchange 50ac1a7b2513f4973d9ec8db1de1d157\n"
        "时间: 2026-11-24, \"2026-11-24 09:00\",\n"
        "今天, 昨天, 本周, 上月, 2小时前, -2h." },
      "4 5 10 11 12",
      lh_cmd_trail },
    { "tokens",
      NO_WORDS,
      0,
      0,
      lh_tokens_options,
      { "what finds one person's entries, for a warrant", "生成检索某一当事人条目的令牌" },
      { "Made from the department's index key, so on the node's machine. The digest that is "
        "printed "
        "goes\n"
        "into the WARRANT (token_digest), the file to whoever searches under it.\n"
        "  liuhen tokens --subject-file person.txt -S 2026-11-01 -U 2026-11-30 -o p.tokens",
        "由本部门的索引密钥生成, 须在节点所在机器上运行. 输出的摘要写入审计授权 "
        "(token_digest), 文件交给检索人.\n"
        "  liuhen tokens --subject-file person.txt -S 2026-11-01 -U 2026-11-30 -o p.tokens" },
      "1 5",
      lh_cmd_tokens },
    { "show",
      { "ENTRY", "条目" },
      1,
      1,
      lh_show_options,
      { "one entry, its signatures and its proof", "单个条目, 签名与证明" },
      { "ENTRY is a name such as gaj/1/18234.", "ENTRY 形如 gaj/1/18234." },
      "4 5 10 11 12",
      lh_cmd_show },
    { "stats",
      NO_WORDS,
      0,
      0,
      lh_stats_options,
      { "counts by staff, item, type, unit or day", "按人员, 数据项, 类型, 单位或日期统计" },
      { "Counts proven rows only. That none was left out is not proven.\n"
        "  liuhen stats --by staff --type QUERY --since last-month",
        "只统计已证明的行; 是否有遗漏未证明.\n"
        "  liuhen stats --by staff --type QUERY --since 上月" },
      "4 10 11 12",
      lh_cmd_stats },
    /* prove */
    { "receipt get",
      { "ENTRY", "条目" },
      1,
      1,
      lh_receipt_get_options,
      { "fetch an entry's receipt", "取回执" },
      { "With --wait it is fetched when others have cosigned enough: exit code 8 when they have "
        "not "
        "in time.\n"
        "  liuhen receipt get gaj/1/4 --wait sealed -o entry.tlog-proof",
        "加 --wait 时等到其他部门联署足够再取; 超时未达到则退出码为 8.\n"
        "  liuhen receipt get gaj/1/4 --wait sealed -o entry.tlog-proof" },
      "4 5 6 8 10 11 12",
      lh_cmd_receipt_get },
    { "receipt verify",
      { "FILE...", "文件..." },
      1,
      LH_ARGS_MAX,
      lh_receipt_verify_options,
      { "verify receipts without a node", "离线验证回执" },
      { "Runs liuhen-verify. The last line begins with RESULT:.",
        "调用 liuhen-verify. 最后一行以 RESULT: 开头." },
      "10 11",
      lh_cmd_receipt_verify },
    { "verify",
      { "[FILE...]", "[文件...]" },
      0,
      LH_ARGS_MAX,
      lh_verify_options,
      { "verify receipts, checkpoints, archives, or the whole node",
        "验证回执, 检查点, 归档或整个节点" },
      NO_WORDS,
      "10 11 12",
      lh_cmd_verify },
    { "checkpoint show",
      NO_WORDS,
      0,
      0,
      lh_checkpoint_show_options,
      { "the newest sealed head", "最新的封印检查点" },
      NO_WORDS,
      "5 10 11 12",
      lh_cmd_checkpoint_show },
    { "checkpoint diff",
      { "FILE FILE", "文件 文件" },
      2,
      2,
      NULL,
      { "does one checkpoint extend the other?", "两个检查点是否一致" },
      NO_WORDS,
      "10 11 12",
      lh_cmd_checkpoint_diff },
    { "witness submit",
      NO_WORDS,
      0,
      0,
      lh_witness_submit_options,
      { "have outside witnesses cosign the newest head", "请外部见证者为最新检查点联署" },
      { "Asks each witness of a C2SP policy that has a URL, and hands their cosignatures to the "
        "node.\n"
        "  liuhen witness submit --policy witnesses.policy",
        "逐一询问 C2SP 策略中带 URL 的见证者, 并将其联署交给节点.\n"
        "  liuhen witness submit --policy witnesses.policy" },
      "4 5 6 8 10 11 12",
      lh_cmd_witness_submit },
    { "witness policy",
      NO_WORDS,
      0,
      0,
      lh_witness_policy_options,
      { "who makes a ledger's heads witnessed, as a C2SP policy",
        "哪些联署使检查点成为已见证, 写成 C2SP 策略" },
      { "With it liuhen-verify and others' tools judge checkpoints and receipts of that ledger: "
        "its "
        "seal,\n"
        "its designated witnesses, and how many of them it takes.\n"
        "  liuhen witness policy --ledger mzj -o mzj.policy",
        "liuhen-verify 及其他工具可据此判定该账本的检查点和回执: 封印密钥, 指定见证部门, "
        "以及须有几个联署.\n"
        "  liuhen witness policy --ledger mzj -o mzj.policy" },
      "4 5 10 11",
      lh_cmd_witness_policy },
    { "witness status",
      NO_WORDS,
      0,
      0,
      NULL,
      { "who cosigns our ledger, and whose ledgers we cosign", "谁为本方联署, 本方为谁联署" },
      { "The numbers of the network, each designated witness of our ledger and how far it "
        "cosigned, and\n"
        "each ledger that we are a designated witness of: the last head promised, the oldest "
        "generation\n"
        "that is still cosigned (FLOOR), and why not.\n"
        "  liuhen witness status --json",
        "网络的各项数目, 本方账本的各指定见证部门及其联署至何处, "
        "以及由本方担任指定见证的各账本:\n"
        "最近承诺的检查点, 仍予联署的最旧一代 (下限), 以及未联署的原因.\n"
        "  liuhen witness status --json" },
      "4 5",
      lh_cmd_witness_status },
    { "export",
      NO_WORDS,
      0,
      0,
      lh_export_options,
      { "the ledger as an archive, NDJSON or CSV", "导出归档, NDJSON 或 CSV" },
      { "An archive is the whole ledger and takes no filters. A file that is there is kept unless\n"
        "--force is given.",
        "归档为整个账本, 不接受筛选. 已有文件须加 --force 才会被覆盖." },
      "1 4 6 10 11 12",
      lh_cmd_export },
    /* operate */
    { "doctor",
      NO_WORDS,
      0,
      0,
      NULL,
      { "is everything here as the node needs it?", "检查节点运行环境" },
      { "Modes of files, settings, guard, node, clock, disk sync, free space: a line each, with "
        "what\n"
        "to do. Changes nothing.",
        "文件权限, 配置, 防回滚标记, 节点, 时钟, 落盘延迟, 剩余空间: 各一行并附处理办法. "
        "不作任何改动." },
      "1",
      lh_cmd_doctor },
    { "backup create",
      NO_WORDS,
      0,
      0,
      lh_backup_create_options,
      { "back the ledger up, also while the node runs", "备份账本 (节点可在运行)" },
      { "Into a new directory, with private parts, so keep it as you keep the store.\n"
        "  liuhen backup create --data /var/lib/liuhend -o /srv/backup/2026-11-24",
        "写入新目录, 含私密部分, 应与存储同等保管.\n"
        "  liuhen backup create --data /var/lib/liuhend -o /srv/backup/2026-11-24" },
      "1 5",
      lh_cmd_backup_create },
    { "backup list",
      { "DIR", "目录" },
      1,
      1,
      NULL,
      { "which backups a directory holds", "目录中有哪些备份" },
      { "By their manifests alone; \"backup verify\" reads them.\n"
        "  liuhen backup list /srv/backup",
        "仅按清单列出; \"backup verify\" 才读取内容.\n"
        "  liuhen backup list /srv/backup" },
      "5 8",
      lh_cmd_backup_list },
    { "backup verify",
      { "DIR", "目录" },
      1,
      1,
      NULL,
      { "hash a backup's files and replay its ledger", "校验备份文件并重放其账本" },
      NO_WORDS,
      "5 10 11 12",
      lh_cmd_backup_verify },
    { "restore ask",
      { "[ACT]", "[文件]" },
      0,
      1,
      lh_restore_ask_options,
      { "ask the other departments for your ledger", "向其他部门请求恢复本部门账本" },
      { "On the node's machine, also where its store is gone and its keys are there: makes the "
        "next\ngeneration's seal key and the act in which two officers ask the other departments "
        "what they hold,\nand to cosign nothing older any more. With the signed ACT the node asks "
        "from its next start on;\n\"liuhen status\" says what came, \"liuhen restore finish\" goes "
        "on from there.\n"
        "  liuhen restore ask --data DIR",
        "在节点所在机器上执行, 存储丢失而密钥仍在时亦可: 生成新一代封印密钥, "
        "并起草由两位负责人签署的文件, "
        "请求其他部门告知所持账本, 且不再为旧代见证.\n给出已签署的文件后, 节点自下次启动起请求; "
        "\"liuhen status\" 显示进展, 之后用 \"liuhen restore finish\" 接续.\n"
        "  liuhen restore ask --data DIR" },
      "1 4 5 10",
      lh_cmd_restore_ask },
    { "restore finish",
      NO_WORDS,
      0,
      0,
      lh_restore_finish_options,
      { "draft the act that ends state suspect", "起草结束 suspect 状态的文件" },
      { "On the node's machine: makes the next generation's seal key and the act in which two "
        "officers\nsay what the ledger goes on from and what is lost. Once it is submitted, what "
        "the "
        "node kept in\nits journal is sealed, and the generation is labelled UNSAFE_RESTORE for "
        "good,\nunless the other departments have promised (\"liuhen restore ask\").\n"
        "  liuhen restore finish --data DIR",
        "在节点所在机器上执行: 生成新一代封印密钥, 并起草由两位负责人签署的文件, "
        "说明从何处接续, 缺失了什么.\n提交后, 节点日志中的条目即予封印, 该代账本永久标注 "
        "UNSAFE_RESTORE, 除非其他部门已承诺 (\"liuhen restore ask\").\n"
        "  liuhen restore finish --data DIR" },
      "1 4",
      lh_cmd_restore_finish },
    { "restore",
      { "[DIR]", "[目录]" },
      0,
      1,
      lh_restore_options,
      { "make a data directory of a backup or an archive", "由备份或归档重建数据目录" },
      { "Overwrites nothing. The store is marked RESTORED: its node comes up suspect and seals "
        "nothing,\n"
        "because what was recorded after the backup may be missing; entries go to a journal until "
        "two\nofficers have signed what \"liuhen restore finish\" drafts. With --archive FILE it "
        "is made of "
        "an archive\nalone, and says what no archive holds.\n"
        "  liuhen restore /srv/backup/2026-11-24 --data /var/lib/liuhend-2 --guard /srv/guard-2",
        "不覆盖任何文件. 存储带 RESTORED 标记: 节点以 suspect 状态启动, 不再封印, "
        "因为备份之后登记的可能已缺失; 条目先入日志, "
        "直到两位负责人签署 \"liuhen restore finish\" 起草的文件. 用 --archive 文件 "
        "时仅由归档重建, 并说明归档不含什么.\n"
        "  liuhen restore /srv/backup/2026-11-24 --data /var/lib/liuhend-2 --guard /srv/guard-2" },
      "1 5 10 11",
      lh_cmd_restore },
    { "peers",
      NO_WORDS,
      0,
      0,
      NULL,
      { "the other departments as this node sees them", "其他部门节点的情况" },
      { "Who is connected, how many leaves of our ledger each lacks (LAG), how many of its ledger "
        "are\n"
        "held here (HELD) and are missing (BEHIND), how old its newest head here, its last "
        "cosignature\n"
        "for us and our last for it are, and why one is away or does not cosign.",
        "谁已连接, 各自缺少本方账本多少叶 (落后), 此处持有 (持有) 和尚缺 (欠缺) 其账本多少叶, "
        "其最近检查点,\n"
        "其最近一次为本方联署和本方为其联署距今多久, 以及为何未连接或未联署." },
      "4 5",
      lh_cmd_peers },
    { "status",
      NO_WORDS,
      0,
      0,
      NULL,
      { "how the node is", "节点状态" },
      NO_WORDS,
      "4",
      lh_cmd_status },
    { "top",
      NO_WORDS,
      0,
      0,
      lh_top_options,
      { "one node on a screen that refreshes", "刷新显示节点运行情况" },
      { "State, intake, how far behind the levels are, disk, and the peers. q or ^C leaves. Rates "
        "are of the\n"
        "time between two looks; of one look, since the start of the node.\n"
        "  liuhen top --once --json",
        "状态, 登记速率, 见证与终局的滞后, 磁盘和各对端. 按 q 或 ^C 退出. 速率为两次查看之间; "
        "只看一次时为节点启动以来.\n"
        "  liuhen top --once --json" },
      "4 130",
      lh_cmd_top },
    { "demo",
      { "[ACT]", "[步骤]" },
      0,
      1,
      lh_demo_options,
      { "a city of five departments on this machine", "在本机演示五部门城市" },
      { "Without an ACT: all of them, in a folder that is gone afterwards. With one, the city "
        "stays: "
        "up,\n"
        "story, tamper, partition, fork, down. Loopback only, no rights needed; wants python3.",
        "不带步骤: 依次全部演示, 结束后目录即删除. 带步骤时城市保留: up, story, tamper, partition, "
        "fork, down.\n"
        "仅用本机回环地址, 无需特权; 需要 python3." },
      "1 5",
      lh_cmd_demo },
    { "help",
      { "[VERB]", "[命令]" },
      0,
      2,
      NULL,
      { "this list, or a verb's help", "帮助" },
      NO_WORDS,
      "-",
      lh_cmd_help },
    { "version", NO_WORDS, 0, 0, NULL, { "the version", "版本" }, NO_WORDS, "-", lh_cmd_version },
    { "completion",
      { "bash|zsh|fish", "bash|zsh|fish" },
      1,
      1,
      NULL,
      { "completion for a shell", "命令行补全" },
      { "Descriptions are in the language of --lang.\n"
        "  liuhen completion bash > /usr/share/bash-completion/completions/liuhen\n"
        "  liuhen completion zsh > /usr/share/zsh/vendor-completions/_liuhen\n"
        "  liuhen completion fish > /usr/share/fish/vendor_completions.d/liuhen.fish",
        "说明文字的语言由 --lang 决定.\n"
        "  liuhen completion bash > /usr/share/bash-completion/completions/liuhen\n"
        "  liuhen completion zsh > /usr/share/zsh/vendor-completions/_liuhen\n"
        "  liuhen completion fish > /usr/share/fish/vendor_completions.d/liuhen.fish" },
      "-",
      lh_cmd_completion },
    { .name = NULL },
};
