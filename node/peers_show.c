/* What lh_peers shows of itself: written down by its own thread, read by any. */

#include "node/peers_internal.h"

#include "net/json_more.h"
#include "net/tally.h"
#include "node/metrics.h"

#include <string.h>

/* Writing it down costs more the more members there are, and frames come by the thousand. */
enum { SHOW_MS = 50 };

/* Who was removed is no peer; its ledgers stay among the replicas. */
static bool is_peer(const struct lh_peers *peers, size_t place)
{
    const struct lh_enrolment *member = lh_peers_member(peers, place);

    return member != NULL && strcmp(member->department, peers->department) != 0;
}

static void format_peers(const struct lh_peers *peers, struct lh_buf *out)
{
    struct lh_json json = lh_json_of(out);
    const struct lh_replica_ledger *own = lh_replica_own(peers->replica);
    struct lh_nomination_witness said;

    lh_json_begin_array(&json, NULL);
    for (size_t i = 0; i < lh_peers_member_count(peers); i++) {
        const char *department = lh_peers_department_at(peers, i);

        if (is_peer(peers, i)) {
            lh_json_begin_object(&json, NULL);
            lh_json_add_text(&json, "department", lh_bytes_of_text(department));
            lh_json_add_bool(&json, "up", peers->members[i].is_up);
            lh_json_add_u64(&json, "has",
                            own != NULL ? lh_gossip_heard(peers->gossip, department, own->origin)
                                        : 0);
            if (lh_nomination_witness(peers->nomination, department, &said) && said.is_declined) {
                lh_json_add_string(&json, "declined", lh_decline_name(said.decline.reason));
            }
            lh_json_end_object(&json);
        }
    }
    lh_json_end_array(&json);
}

static void format_replicas(const struct lh_peers *peers, struct lh_buf *out)
{
    struct lh_json json = lh_json_of(out);

    lh_json_begin_array(&json, NULL);
    for (size_t i = 0; i < lh_replica_count(peers->replica); i++) {
        const struct lh_replica_ledger *ledger = lh_replica_at(peers->replica, i);

        if (strcmp(ledger->department, peers->department) != 0) {
            lh_json_begin_object(&json, NULL);
            lh_json_add_text(&json, "origin", lh_bytes_of_text(ledger->origin));
            lh_json_add_u64(&json, "size", ledger->chain.tree.size);
            lh_json_add_u64(&json, "height", ledger->chain.height);
            lh_json_add_bool(&json, "tainted", ledger->is_tainted);
            lh_json_end_object(&json);
        }
    }
    lh_json_end_array(&json);
}

static void format_witnessing(const struct lh_peers *peers, struct lh_buf *out)
{
    struct lh_json json = lh_json_of(out);
    struct lh_nomination_state state;

    lh_nomination_state(peers->nomination, &state);
    lh_json_begin_object(&json, NULL);
    lh_json_add_u64(&json, "witnesses", state.quorum.witness_count);
    lh_json_add_u64(&json, "faults", state.quorum.fault_count);
    lh_json_add_u64(&json, "needed", state.quorum.cosigner_count);
    lh_json_add_u64(&json, "promises", state.quorum.promise_count);
    lh_json_add_bool(&json, "diverse", state.is_diverse);
    lh_json_add_u64(&json, "nominated", state.head.size);
    lh_json_add_u64(&json, "cosignatures", state.sum.witness_count);
    lh_json_add_u64(&json, "mirrors", state.sum.mirror_count);
    lh_json_add_u64(&json, "witnessed", state.witnessed_size);
    lh_json_add_u64(&json, "final", state.final_size);
    lh_json_end_object(&json);
}

/* ---- each of them, in detail ---- */

enum lh_code lh_peers_find_wards(struct lh_peers *peers, struct lh_err *err)
{
    const struct lh_members *newest = lh_epochs_newest(lh_governance_epochs(peers->governance));
    struct lh_tally tally;
    enum lh_code rc = LH_OK;

    for (size_t i = 0; rc == LH_OK && i < lh_peers_member_count(peers); i++) {
        const char *department = lh_peers_department_at(peers, i);
        bool is_ward = false;

        peers->members[i].is_ward = false;
        if (lh_members_find(newest, department) == NULL) {
            continue;
        }
        rc = lh_tally_init(&tally, peers->suite, newest, department, err);
        for (unsigned n = 0; rc == LH_OK && n < tally.count; n++) {
            is_ward |= strcmp(tally.witnesses[n].department, peers->department) == 0;
        }
        peers->members[i].is_ward = is_ward && lh_peers_member(peers, i) != NULL;
    }
    return rc;
}

/* What it says of the error of a session, a link, or the machines behind them. */
static enum lh_peers_part part_of(enum lh_code code, bool is_up)
{
    switch (code) {
    case LH_OK:
    case LH_AGAIN:
        return LH_PEERS_CLOSED;
    case LH_ERR_NOT_FOUND:
        return LH_PEERS_LEFT;
    case LH_ERR_IO:
        return is_up ? LH_PEERS_LOST : LH_PEERS_UNREACHABLE;
    case LH_ERR_INVALID:
        return LH_PEERS_PROTOCOL;
    case LH_ERR_LIMIT:
        return LH_PEERS_LIMIT;
    case LH_ERR_FORGED:
        return LH_PEERS_FORGED;
    case LH_ERR_CONFLICT:
    case LH_ERR_DENIED:
    case LH_ERR_UNKNOWN:
        return LH_PEERS_REFUSED;
    case LH_ERR_CORRUPT:
    case LH_ERR_NOMEM:
        break;
    }
    return LH_PEERS_TROUBLE;
}

static const char *part_name(enum lh_peers_part part)
{
    static const char *const names[LH_PEERS_PART_COUNT] = {
        [LH_PEERS_CLOSED] = "closed",     [LH_PEERS_LEFT] = "left",
        [LH_PEERS_LOST] = "lost",         [LH_PEERS_UNREACHABLE] = "unreachable",
        [LH_PEERS_PROTOCOL] = "protocol", [LH_PEERS_LIMIT] = "limit",
        [LH_PEERS_FORGED] = "forged",     [LH_PEERS_REFUSED] = "refused",
        [LH_PEERS_TROUBLE] = "trouble",
    };

    return names[part];
}

void lh_peers_note_parting(struct lh_peers *peers, size_t place, const struct lh_err *why)
{
    struct lh_peers_parting *parting = &peers->members[place].parting;

    parting->at_unix_ms = peers->options.clock.wall_unix_ms(peers->options.clock.arg);
    parting->how = part_of(why->code, peers->members[place].is_up);
    parting->why = *why;
    peers->part_counts[parting->how]++;
    if (peers->members[place].is_up) {
        peers->members[place].seen_unix_ms = parting->at_unix_ms;
    }
}

static void add_decline(struct lh_json *json, const struct lh_decline *decline)
{
    lh_json_begin_object(json, "declined");
    lh_json_add_string(json, "code", lh_decline_name(decline->reason));
    lh_json_add_u64(json, "size", decline->size);
    lh_json_end_object(json);
}

/* The newest generation of a department that is held; NULL: none. */
static const struct lh_replica_ledger *newest_of(const struct lh_peers *peers,
                                                 const char *department, bool *out_is_tainted)
{
    const struct lh_replica_ledger *newest = NULL;

    *out_is_tainted = false;
    for (size_t i = 0; i < lh_replica_count(peers->replica); i++) {
        const struct lh_replica_ledger *ledger = lh_replica_at(peers->replica, i);

        if (strcmp(ledger->department, department) == 0) {
            *out_is_tainted |= ledger->is_tainted;
            newest = newest == NULL || ledger->generation > newest->generation ? ledger : newest;
        }
    }
    return newest;
}

/* Of our newest generation. */
static uint64_t has_of(const struct lh_peers *peers, const char *department)
{
    const struct lh_replica_ledger *own = lh_replica_own(peers->replica);

    return own != NULL ? lh_gossip_heard(peers->gossip, department, own->origin) : 0;
}

static uint64_t own_size(const struct lh_peers *peers)
{
    const struct lh_replica_ledger *own = lh_replica_own(peers->replica);

    return own != NULL ? own->chain.tree.size : 0;
}

static uint64_t above(uint64_t size, uint64_t has)
{
    return has < size ? size - has : 0;
}

/* Leaves of its newest ledger that it said it has, and that are not held here. */
static uint64_t behind_of(const struct lh_peers *peers, const char *department)
{
    bool is_tainted;
    const struct lh_replica_ledger *ledger = newest_of(peers, department, &is_tainted);

    return ledger == NULL ? 0
                          : above(lh_gossip_heard(peers->gossip, department, ledger->origin),
                                  ledger->chain.tree.size);
}

static void add_held(struct lh_json *json, const struct lh_peers *peers, const char *department)
{
    bool is_tainted;
    const struct lh_replica_ledger *ledger = newest_of(peers, department, &is_tainted);

    lh_json_add_u64(json, "held", ledger != NULL ? ledger->chain.tree.size : 0);
    lh_json_add_u64(json, "behind", behind_of(peers, department));
    if (ledger != NULL && ledger->chain.height > 0) {
        lh_json_begin_object(json, "head");
        lh_json_add_string(json, "origin", ledger->origin);
        lh_json_add_u64(json, "size", ledger->chain.tree.size);
        lh_json_add_u64(json, "height", ledger->chain.height);
        lh_json_add_hex(json, "root", lh_hash_bytes(&ledger->root));
        lh_json_add_time(json, "time", (int64_t)ledger->chain.time_unix_ms);
        lh_json_end_object(json);
    }
    lh_json_add_bool(json, "tainted", is_tainted);
}

/* It as a witness of ours. */
static void add_witness(struct lh_json *json, const struct lh_peers *peers, const char *department)
{
    struct lh_nomination_witness said;

    if (!lh_nomination_witness(peers->nomination, department, &said)) {
        return;
    }
    lh_json_begin_object(json, "witness");
    lh_json_add_bool(json, "cosigner", said.is_cosigner);
    lh_json_add_bool(json, "mirror", said.is_mirror);
    lh_json_add_u64(json, "size", said.size);
    if (said.time_s > 0) {
        lh_json_add_time(json, "time", (int64_t)said.time_s * 1000);
    }
    if (said.is_declined) {
        add_decline(json, &said.decline);
    }
    lh_json_end_object(json);
}

/* Us as a witness of it. */
static void add_ward(struct lh_json *json, const struct lh_peers *peers, size_t place)
{
    const char *department = lh_peers_department_at(peers, place);
    const struct lh_pledge_word *word = lh_pledge_word(peers->pledge, department);

    lh_json_begin_object(json, "ward");
    lh_json_add_bool(json, "designated", peers->members[place].is_ward);
    if (word->head.size > 0) {
        lh_json_add_string(json, "origin", word->head.origin);
    }
    lh_json_add_u64(json, "size", word->head.size);
    if (word->time_s > 0) {
        lh_json_add_time(json, "time", (int64_t)word->time_s * 1000);
    }
    if (word->is_declined) {
        add_decline(json, &word->decline);
    }
    lh_json_add_u64(json, "floor", lh_pledge_floor(peers->pledge, department));
    lh_json_end_object(json);
}

static void add_parting(struct lh_json *json, const struct lh_peers_parting *parting)
{
    if (parting->at_unix_ms != 0) {
        lh_json_begin_object(json, "parted");
        lh_json_add_string(json, "code", part_name(parting->how));
        lh_json_add_text(json, "reason", lh_bytes_of_text(parting->why.text));
        lh_json_add_time(json, "time", parting->at_unix_ms);
        lh_json_end_object(json);
    }
}

static void format_details(const struct lh_peers *peers, struct lh_buf *out)
{
    struct lh_json json = lh_json_of(out);

    lh_json_begin_array(&json, NULL);
    for (size_t i = 0; i < lh_peers_member_count(peers); i++) {
        const struct lh_enrolment *member = lh_peers_member(peers, i);

        if (!is_peer(peers, i)) {
            continue;
        }
        lh_json_begin_object(&json, NULL);
        lh_json_add_string(&json, "department", member->department);
        lh_json_add_string(&json, "group", member->group);
        lh_json_add_bool(&json, "up", peers->members[i].is_up);
        lh_json_add_u64(&json, "has", has_of(peers, member->department));
        lh_json_add_u64(&json, "lag", above(own_size(peers), has_of(peers, member->department)));
        add_held(&json, peers, member->department);
        add_witness(&json, peers, member->department);
        add_ward(&json, peers, i);
        add_parting(&json, &peers->members[i].parting);
        lh_json_end_object(&json);
    }
    lh_json_end_array(&json);
}

/* ---- as metrics ---- */

/* The labels are the other members, as many as the newest epoch names; `is_meant`, which may be
 * NULL, leaves some out. */
struct gauge {
    const char *name;
    const char *help;
    bool (*is_meant)(const struct lh_peers *peers, size_t place);
    uint64_t (*value)(const struct lh_peers *peers, size_t place);
};

static void add_gauge(const struct lh_peers *peers, struct lh_buf *out, const struct gauge *gauge)
{
    lh_metrics_add_head(out, gauge->name, "gauge", gauge->help);
    for (size_t i = 0; i < lh_peers_member_count(peers); i++) {
        const char *department = lh_peers_department_at(peers, i);

        if (is_peer(peers, i) && (gauge->is_meant == NULL || gauge->is_meant(peers, i))) {
            lh_buf_add_format(out, "%s{department=\"%s\"} %llu\n", gauge->name, department,
                              (unsigned long long)gauge->value(peers, i));
        }
    }
}

static uint64_t is_up(const struct lh_peers *peers, size_t place)
{
    return peers->members[place].is_up ? 1 : 0;
}

static uint64_t lag_of(const struct lh_peers *peers, size_t place)
{
    return above(own_size(peers), has_of(peers, lh_peers_department_at(peers, place)));
}

static uint64_t lacking_of(const struct lh_peers *peers, size_t place)
{
    return behind_of(peers, lh_peers_department_at(peers, place));
}

static uint64_t is_tainted(const struct lh_peers *peers, size_t place)
{
    bool is_so;

    (void)newest_of(peers, lh_peers_department_at(peers, place), &is_so);
    return is_so ? 1 : 0;
}

static bool is_witness(const struct lh_peers *peers, size_t place)
{
    struct lh_nomination_witness said;

    return lh_nomination_witness(peers->nomination, lh_peers_department_at(peers, place), &said);
}

static uint64_t cosigned_s(const struct lh_peers *peers, size_t place)
{
    struct lh_nomination_witness said = { .size = 0 };

    (void)lh_nomination_witness(peers->nomination, lh_peers_department_at(peers, place), &said);
    return said.time_s;
}

static uint64_t has_declined(const struct lh_peers *peers, size_t place)
{
    struct lh_nomination_witness said = { .size = 0 };

    (void)lh_nomination_witness(peers->nomination, lh_peers_department_at(peers, place), &said);
    return said.is_declined ? 1 : 0;
}

static bool is_ward(const struct lh_peers *peers, size_t place)
{
    return peers->members[place].is_ward;
}

static uint64_t given_s(const struct lh_peers *peers, size_t place)
{
    return lh_pledge_word(peers->pledge, lh_peers_department_at(peers, place))->time_s;
}

static uint64_t is_declined(const struct lh_peers *peers, size_t place)
{
    return lh_pledge_word(peers->pledge, lh_peers_department_at(peers, place))->is_declined;
}

static void add_partings(const struct lh_peers *peers, struct lh_buf *out)
{
    lh_metrics_add_head(out, "liuhen_peer_partings_total", "counter",
                        "Connections with peers that ended or could not be had, by why.");
    for (int i = 0; i < LH_PEERS_PART_COUNT; i++) {
        lh_buf_add_format(out, "liuhen_peer_partings_total{code=\"%s\"} %llu\n",
                          part_name((enum lh_peers_part)i),
                          (unsigned long long)peers->part_counts[i]);
    }
}

static const struct gauge gauges[] = {
    { "liuhen_peer_up", "1 while the department's node is connected.", NULL, is_up },
    { "liuhen_peer_lag_leaves", "Leaves of our newest generation that it has not said it holds.",
      NULL, lag_of },
    { "liuhen_peer_behind_leaves",
      "Leaves of its newest generation that it says it holds and that are not held here.", NULL,
      lacking_of },
    { "liuhen_peer_tainted", "1 when evidence that its ledger contradicts itself is kept.", NULL,
      is_tainted },
    { "liuhen_peer_cosigned_time_seconds",
      "When it cosigned our largest head that it cosigned, by its clock; 0 for never.", is_witness,
      cosigned_s },
    { "liuhen_peer_declined", "1 while it declines to cosign our nominated head.", is_witness,
      has_declined },
    { "liuhen_ward_cosigned_time_seconds",
      "When our last cosignature for its ledger left; 0 for not since the start.", is_ward,
      given_s },
    { "liuhen_ward_declined", "1 while our last answer to its nomination was no cosignature.",
      is_ward, is_declined },
};

static void format_metrics(const struct lh_peers *peers, struct lh_buf *out)
{
    struct lh_nomination_state state;

    lh_nomination_state(peers->nomination, &state);
    for (size_t i = 0; i < sizeof gauges / sizeof gauges[0]; i++) {
        add_gauge(peers, out, &gauges[i]);
    }
    add_partings(peers, out);
    lh_metrics_add_head(out, "liuhen_witnessed_leaves", "gauge",
                        "Leaves of our newest generation that are witnessed.");
    lh_buf_add_format(out, "liuhen_witnessed_leaves %llu\n",
                      (unsigned long long)state.witnessed_size);
    lh_metrics_add_head(out, "liuhen_final_leaves", "gauge",
                        "Leaves of our newest generation that are final.");
    lh_buf_add_format(out, "liuhen_final_leaves %llu\n", (unsigned long long)state.final_size);
    lh_peers_format_epochs(peers, out);
}

static void show_reached(struct lh_peers *peers, enum lh_level level, uint64_t size)
{
    struct lh_peers_reached *reached = &peers->reached[level];

    if (reached->size != size) {
        lh_buf_reset(&reached->note);
        lh_buf_add(&reached->note, lh_nomination_checkpoint(peers->nomination, level));
        reached->size = lh_buf_check(&reached->note, NULL) == LH_OK ? size : 0;
    }
}

static void show_levels(struct lh_peers *peers)
{
    struct lh_nomination_state state;

    lh_nomination_state(peers->nomination, &state);
    show_reached(peers, LH_LEVEL_WITNESSED, state.witnessed_size);
    show_reached(peers, LH_LEVEL_FINAL, state.final_size);
}

static void note_sights(struct lh_peers *peers)
{
    peers->shown_sight_count = 0;
    for (size_t i = 0; i < lh_peers_member_count(peers); i++) {
        const char *department = lh_peers_department_at(peers, i);
        const struct lh_peers_member *member = &peers->members[i];
        struct lh_peers_sight *sight = &peers->shown_sights[peers->shown_sight_count];

        if (is_peer(peers, i)) {
            *sight = (struct lh_peers_sight){
                .is_up = member->is_up,
                .behind = behind_of(peers, department),
                .seen_unix_ms = member->is_up ? 0 : member->seen_unix_ms,
            };
            memcpy(sight->department, department, strlen(department) + 1);
            peers->shown_sight_count++;
        }
    }
}

static void format_all(struct lh_peers *peers)
{
    note_sights(peers);
    lh_buf_reset(&peers->shown_peers);
    lh_buf_reset(&peers->shown_details);
    lh_buf_reset(&peers->shown_replicas);
    lh_buf_reset(&peers->shown_witnessing);
    lh_buf_reset(&peers->shown_metrics);
    format_peers(peers, &peers->shown_peers);
    format_details(peers, &peers->shown_details);
    format_replicas(peers, &peers->shown_replicas);
    format_witnessing(peers, &peers->shown_witnessing);
    format_metrics(peers, &peers->shown_metrics);
    peers->shown_size = own_size(peers);
}

void lh_peers_show(struct lh_peers *peers)
{
    int64_t now_ms = peers->options.clock.mono_ms(peers->options.clock.arg);

    (void)pthread_mutex_lock(&peers->shown_lock);
    peers->is_stale = now_ms - peers->shown_ms < SHOW_MS;
    if (!peers->is_stale) {
        format_all(peers);
        peers->shown_ms = now_ms;
    }
    lh_peers_restore_show(peers);
    show_levels(peers);
    (void)pthread_mutex_unlock(&peers->shown_lock);
}

int64_t lh_peers_show_due_ms(const struct lh_peers *peers)
{
    return peers->is_stale ? peers->shown_ms + SHOW_MS : INT64_MAX;
}

void lh_peers_add_json(struct lh_peers *peers, struct lh_json *json)
{
    if (peers == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&peers->shown_lock);
    if (lh_buf_check(&peers->shown_peers, NULL) == LH_OK &&
        lh_buf_check(&peers->shown_replicas, NULL) == LH_OK &&
        lh_buf_check(&peers->shown_witnessing, NULL) == LH_OK) {
        lh_json_add_raw(json, "peers", lh_buf_bytes(&peers->shown_peers));
        lh_json_add_raw(json, "replicas", lh_buf_bytes(&peers->shown_replicas));
        lh_json_add_raw(json, "witnessing", lh_buf_bytes(&peers->shown_witnessing));
        if (peers->shown_restore.len > 0) {
            lh_json_add_raw(json, "restore", lh_buf_bytes(&peers->shown_restore));
        }
    }
    (void)pthread_mutex_unlock(&peers->shown_lock);
}

bool lh_peers_add_view(struct lh_peers *peers, struct lh_json *json)
{
    if (peers == NULL) {
        return false;
    }
    (void)pthread_mutex_lock(&peers->shown_lock);
    lh_json_add_string(json, "origin", lh_ledger_origin(peers->options.ledger));
    lh_json_add_u64(json, "size", peers->shown_size);
    if (lh_buf_check(&peers->shown_witnessing, NULL) == LH_OK &&
        lh_buf_check(&peers->shown_details, NULL) == LH_OK) {
        lh_json_add_raw(json, "witnessing", lh_buf_bytes(&peers->shown_witnessing));
        lh_json_add_raw(json, "peers", lh_buf_bytes(&peers->shown_details));
    }
    (void)pthread_mutex_unlock(&peers->shown_lock);
    return true;
}

bool lh_peers_sight_at(struct lh_peers *peers, size_t index, struct lh_peers_sight *out)
{
    bool is_there;

    if (peers == NULL) {
        return false;
    }
    (void)pthread_mutex_lock(&peers->shown_lock);
    is_there = index < peers->shown_sight_count;
    if (is_there) {
        *out = peers->shown_sights[index];
    }
    (void)pthread_mutex_unlock(&peers->shown_lock);
    return is_there;
}

void lh_peers_add_metrics(struct lh_peers *peers, struct lh_buf *out)
{
    if (peers != NULL) {
        (void)pthread_mutex_lock(&peers->shown_lock);
        if (lh_buf_check(&peers->shown_metrics, NULL) == LH_OK) {
            lh_buf_add(out, lh_buf_bytes(&peers->shown_metrics));
        }
        (void)pthread_mutex_unlock(&peers->shown_lock);
    }
}

bool lh_peers_reached(struct lh_peers *peers, enum lh_level level, uint64_t after,
                      uint64_t *out_size, struct lh_buf *out)
{
    struct lh_peers_reached *reached;
    bool is_newer;

    if (peers == NULL) {
        return false;
    }
    reached = &peers->reached[level];
    (void)pthread_mutex_lock(&peers->shown_lock);
    is_newer = reached->size > after;
    if (is_newer) {
        lh_buf_reset(out);
        lh_buf_add(out, lh_buf_bytes(&reached->note));
        is_newer = lh_buf_check(out, NULL) == LH_OK;
        *out_size = reached->size;
    }
    (void)pthread_mutex_unlock(&peers->shown_lock);
    return is_newer;
}
