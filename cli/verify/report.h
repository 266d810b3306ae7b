#ifndef LH_CLI_VERIFY_REPORT_H
#define LH_CLI_VERIFY_REPORT_H

/*
 * What was found out, as a value: the text for people, the JSON for programs and the exit code are
 * functions of it and of nothing else. The JSON is normative. No clock is in it, so the same files
 * give the same report.
 */

#include "cli/verify/witnessed.h"
#include "crypto/note.h"
#include "ledger/journal_receipt.h"
#include "ledger/receipt.h"
#include "ledger/replay.h"
#include "net/consent.h"
#include "net/evidence.h"
#include "net/standing.h"

/* Worst last. */
enum lh_result {
    LH_RESULT_VERIFIED,
    LH_RESULT_ERROR,        /* operation failed: exit 1 */
    LH_RESULT_IO,           /* cannot read: exit 3 */
    LH_RESULT_UNDECIDABLE,  /* exit 11 */
    LH_RESULT_FAILED,       /* exit 10 */
    LH_RESULT_BREACH,       /* a ledger breaks a rule, proven: exit 12 */
    LH_RESULT_EQUIVOCATION, /* a ledger contradicts itself, proven: exit 12 */
};

enum lh_file_kind {
    LH_FILE_UNKNOWN,
    LH_FILE_ARCHIVE,
    LH_FILE_RECEIPT,
    LH_FILE_CHECKPOINT,
    LH_FILE_JOURNAL, /* a journal receipt */
    LH_FILE_EVIDENCE,
    LH_FILE_PROMISES,
};

/* What became of what a journal receipt promises, as far as the archives before it tell. */
enum lh_promise_word {
    LH_PROMISE_UNASKED, /* no verified archive was named before it */
    LH_PROMISE_OPEN,
    LH_PROMISE_KEPT,
    LH_PROMISE_BROKEN,
};

/* One file. Which part is filled depends on its kind. */
struct lh_file_report {
    const char *path; /* borrowed */
    enum lh_file_kind kind;
    enum lh_result result;
    char reason[LH_ERR_TEXT_MAX];  /* why not verified; empty when it is */
    struct lh_replay *replay;      /* archive; owned */
    struct lh_witnessed witnessed; /* archive: what others cosigned in it; owned */
    bool is_resumed;               /* archive: it was judged with a past, which may be empty */
    bool is_pinned; /* archive, receipt: the network id was compared with a trusted one */
    struct lh_receipt receipt; /* receipt; owned */
    struct lh_receipt_report receipt_report;
    bool has_entry; /* receipt: its entry was readable, */
    bool has_body;  /* and its body, of a schema we know */
    lhpb_EntryType type;
    int64_t recorded_unix_ms;
    struct lh_journal_receipt journal; /* journal receipt; read when its sequence is not 0 */
    enum lh_code recorder;             /* its signature, by the trusted recorder */
    enum lh_promise_word promise;
    char kept_as[LH_ORIGIN_MAX + 1]; /* the entry that kept it */
    struct lh_checkpoint checkpoint; /* checkpoint */
    enum lh_code seal;               /* checkpoint; evidence: of its heads */
    enum lh_code quorum;             /* receipt, checkpoint: of the policy, with has_quorum */
    size_t cosigner_count;           /* witnesses of the policy that have cosigned, */
    size_t witness_count;            /* of so many */
    enum lh_level level;             /* receipt, checkpoint: with has_level */
    struct lh_standing standing;     /* with is_counted */
    char untold[LH_ERR_TEXT_MAX];    /* why the level cannot be told; empty when it can */
    bool has_quorum;                 /* a policy asks for one */
    bool has_level;                  /* the seal holds, so it stands on a level, */
    bool is_counted; /* by the members of its epoch; else it may be higher than that */
    bool is_proven; /* evidence: its heads are sealed, and show what it says; promises: all of it */
    struct lh_evidence_report evidence;
    struct lh_consent_report consent; /* promises */
};

struct lh_report {
    bool with_signatures;
    bool has_trust;
    bool has_network;
    struct lh_hash network_id; /* trusted */
    size_t log_count;          /* trusted */
    struct lh_file_report *files;
    size_t file_count;
};

void lh_report_clear(struct lh_report *report);
/** The worst of the files. */
enum lh_result lh_report_result(const struct lh_report *report);
/** The file that made the result; NULL when all are verified. */
const struct lh_file_report *lh_report_worst(const struct lh_report *report);
int lh_report_exit_code(const struct lh_report *report);
/** Lines for people, the RESULT line last. `only_result`: that line alone. */
void lh_report_format(struct lh_buf *out, const struct lh_report *report, bool only_result);
void lh_report_format_json(struct lh_buf *out, const struct lh_report *report);

/** "gaj/1/18234" for a leaf of an origin; the origin itself when that cannot be read. */
void lh_report_entry_name(char out[LH_ORIGIN_MAX + 1], const char *origin, uint64_t index);

#endif
