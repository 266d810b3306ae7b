#ifndef LH_NODE_GRANT_H
#define LH_NODE_GRANT_H

/* What one client of the API may hand in and read: a `client` line of the configuration. */

#include "crypto/base/buf.h"
#include "ledger/entry.h"
#include "net/tls.h"

#include <sys/types.h>

enum { LH_GRANT_SOURCES_MAX = 32, LH_GRANT_STAFF_MAX = 8, LH_GRANT_UNITS_MAX = 16 };

/* What a client may read. The numbers of ACCESS (specs/proto/body.proto). */
enum lh_reader_role {
    LH_READER_NONE = 0,
    LH_READER_SELF = 1,       /* what one staff member did, that member */
    LH_READER_SUPERVISOR = 2, /* what the staff of some units did */
    LH_READER_AUDITOR = 3,    /* what a warrant covers */
    LH_READER_CITIZEN = 4,    /* what is about one person, for that person */
    LH_READER_OPERATOR = 5,   /* all that is public, for the working of the system */
};

/* Who a client is, what it may hand in and what it may read. */
struct lh_grant {
    bool is_pinned;        /* known over TLS by `pin`, else on the socket by `uid` */
    struct lh_tls_pin pin; /* of the key of its certificate */
    uid_t uid;
    unsigned level_max; /* 1..3 */
    uint64_t types[2];  /* bit set by type number */
    unsigned readers;   /* bit set by enum lh_reader_role */
    size_t staff_count; /* whose trail is the client's own; LH_READER_SELF only */
    uint8_t staff[LH_GRANT_STAFF_MAX][8];
    size_t unit_count; /* LH_READER_SUPERVISOR only */
    char units[LH_GRANT_UNITS_MAX][65];
    bool is_any_source;
    size_t source_count;
    char sources[LH_GRANT_SOURCES_MAX][65];
};

/** "uid:1000 sources=a,b types=QUERY,USE level=1 roles=operator", or "sha256//..." for "uid:1000".
 */
enum lh_code lh_grant_parse(struct lh_grant *out, struct lh_bytes text,
                            struct lh_err *err) LH_MUST_CHECK;
void lh_grant_format(struct lh_buf *out, const struct lh_grant *client);
/** Both are of the same uid, or of the same pin. */
bool lh_grant_is_same(const struct lh_grant *a, const struct lh_grant *b);
bool lh_grant_is_reader(const struct lh_grant *client, enum lh_reader_role reader);
bool lh_grant_may_source(const struct lh_grant *client, const char *source);
bool lh_grant_may_type(const struct lh_grant *client, lhpb_EntryType type);

#endif
