#include "cli/city.h"

#include "cli/api.h"
#include "cli/readable.h"
#include "cli/render.h"
#include "crypto/aloud.h"
#include "crypto/text.h"
#include "net/quorum.h"

#include <stdio.h>
#include <stdlib.h>

static const struct lh_column columns[] = {
    { { "DEPARTMENT", "部门" }, false, false },     { { "NAME", "名称" }, false, true },
    { { "GROUP", "条线" }, false, false },          { { "WITNESSES", "见证部门" }, false, true },
    { { "READ ALOUD", "口头核对" }, false, false },
};

/* What is shown of a member besides its enrolment. */
struct shown {
    struct lh_designation witnesses; /* places in the list of those who witness */
    struct lh_hash fingerprint;
};

/* The members, and those of them who witness as the rules about witnesses see them. */
struct city {
    const struct lh_cli *cli;
    const struct lh_genesis *genesis;
    const struct lh_members *members;
    struct lh_suite *suite;
    size_t count;
    struct shown *shown;
    size_t witness_count;
    struct lh_quorum_member *witnesses;
};

static const struct lh_enrolment *member_at(const struct city *city, size_t index)
{
    return &lh_members_at(city->members, index)->enrolment;
}

static enum lh_code look_at_member(struct city *city, size_t index, struct lh_err *err)
{
    const struct lh_enrolment *member = member_at(city, index);
    struct shown *shown = &city->shown[index];
    struct lh_buf bytes = LH_BUF_EMPTY;
    enum lh_code rc = lh_enrolment_encode(&bytes, member, lh_suite_id(city->suite), err);

    if (rc == LH_OK) {
        shown->fingerprint = lh_enrolment_fingerprint(city->suite, lh_buf_bytes(&bytes));
        rc = lh_quorum_designate(
            &shown->witnesses, city->suite, lh_members_network_id(city->members),
            lh_bytes_of_text(member->department), city->witnesses, city->witness_count, err);
    }
    lh_buf_clear(&bytes);
    return rc;
}

/* spec trust.md 5.1: "A member without that role is left out of the list of network.md section 1"
 */
static void list_witnesses(struct city *city)
{
    for (size_t i = 0; i < city->count; i++) {
        const struct lh_member *member = lh_members_at(city->members, i);

        if ((member->roles & LH_MEMBER_WITNESS) != 0) {
            city->witnesses[city->witness_count++] = (struct lh_quorum_member){
                .department = lh_bytes_of_text(member->enrolment.department),
                .group = lh_bytes_of_text(member->enrolment.group),
            };
        }
    }
}

static enum lh_code look(struct city *city, struct lh_err *err)
{
    enum lh_code rc = lh_suite_new(&city->suite, lh_members_suite(city->members), err);

    city->count = lh_members_count(city->members);
    city->shown = calloc(city->count, sizeof *city->shown);
    city->witnesses = calloc(city->count, sizeof *city->witnesses);
    if (rc == LH_OK && (city->shown == NULL || city->witnesses == NULL)) {
        rc = lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    if (rc == LH_OK) {
        list_witnesses(city);
    }
    for (size_t i = 0; rc == LH_OK && i < city->count; i++) {
        rc = look_at_member(city, i, err);
    }
    return rc;
}

/* Of a code that is no NUL-terminated text in general, but is here: it is a member's own field. */
static const char *witness_of(const struct city *city, size_t member, unsigned place)
{
    size_t at = city->shown[member].witnesses.members[place];

    return (const char *)city->witnesses[at].department.data;
}

/* ---- JSON ---- */

static json_t *pack_member(const struct city *city, size_t index)
{
    const struct lh_enrolment *member = member_at(city, index);
    const struct lh_member *duties = lh_members_at(city->members, index);
    json_t *officers = json_array();
    json_t *witnesses = json_array();
    char hex[2 * LH_HASH_SIZE + 1];
    char aloud[LH_ALOUD_SIZE];

    for (size_t i = 0; i < member->officer_count; i++) {
        (void)json_array_append_new(officers, json_string(member->officers[i].label));
    }
    for (unsigned i = 0; i < city->shown[index].witnesses.count; i++) {
        (void)json_array_append_new(witnesses, json_string(witness_of(city, index, i)));
    }
    lh_hex_format(hex, lh_hash_bytes(&city->shown[index].fingerprint));
    lh_aloud_format(aloud, &city->shown[index].fingerprint);
    return json_pack("{s:s,s:s,s:s,s:o,s:s,s:s,s:o,s:b,s:b,s:b,s:I}", "department",
                     member->department, "name", member->name, "group", member->group, "officers",
                     officers, "fingerprint", hex, "read_aloud", aloud, "witnesses", witnesses,
                     "diverse", city->shown[index].witnesses.is_diverse, "witness",
                     (int)((duties->roles & LH_MEMBER_WITNESS) != 0), "catalogue",
                     (int)((duties->roles & LH_MEMBER_CATALOGUE) != 0), "quota",
                     (json_int_t)duties->bytes_per_s);
}

static enum lh_code print_json(const struct city *city, struct lh_err *err)
{
    struct lh_quorum quorum = lh_quorum_of(city->witness_count);
    const struct lh_hash *id = lh_genesis_network_id(city->genesis);
    json_t *members = json_array();
    char hex[2 * LH_HASH_SIZE + 1];
    char aloud[LH_ALOUD_SIZE];
    char epoch[2 * LH_HASH_SIZE + 1];
    char created[LH_TIME_TEXT_SIZE];
    json_t *answer;
    enum lh_code rc;

    for (size_t i = 0; i < city->count; i++) {
        (void)json_array_append_new(members, pack_member(city, i));
    }
    lh_hex_format(hex, lh_hash_bytes(id));
    lh_aloud_format(aloud, id);
    lh_hex_format(epoch, lh_hash_bytes(lh_members_epoch(city->members)));
    lh_time_format_utc(created, lh_genesis_created_unix_ms(city->genesis));
    answer = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:s,s:{s:i,s:i,s:i,s:i,s:i},s:o}", "schema",
                       "liuhen.network/1", "network", lh_genesis_network(city->genesis),
                       "network_id", hex, "read_aloud", aloud, "suite",
                       lh_suite_name(lh_suite_id(city->suite)), "created", created, "number",
                       (json_int_t)lh_members_number(city->members), "epoch", epoch, "quorum", "n",
                       (int)quorum.witness_count, "f", (int)quorum.fault_count, "k",
                       (int)quorum.cosigner_count, "q", (int)quorum.promise_count, "Q",
                       (int)lh_quorum_approvals(city->count), "members", members);
    rc = answer != NULL ? lh_api_print(city->cli, answer, err)
                        : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    json_decref(answer);
    return rc;
}

/* ---- for people ---- */

static void print_numbers(const struct city *city)
{
    struct lh_quorum quorum = lh_quorum_of(city->witness_count);
    const unsigned numbers[] = { quorum.witness_count, quorum.fault_count, quorum.cosigner_count,
                                 quorum.promise_count, (unsigned)lh_quorum_approvals(city->count) };
    char texts[5][12];

    for (size_t i = 0; i < 5; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "%u", numbers[i]);
    }
    lh_cli_print(city->cli, LH_MSG_NETWORK_NUMBERS, texts[0], texts[1], texts[2], texts[3],
                 texts[4], NULL);
}

static void print_network(const struct city *city)
{
    const struct lh_hash *id = lh_genesis_network_id(city->genesis);
    struct lh_buf created = LH_BUF_EMPTY;
    char count[24];
    char hex[2 * LH_HASH_SIZE + 1];
    char aloud[LH_ALOUD_SIZE];

    (void)snprintf(count, sizeof count, "%zu", city->count);
    lh_readable_add_time(&created, lh_genesis_created_unix_ms(city->genesis));
    lh_hex_format(hex, lh_hash_bytes(id));
    lh_aloud_format(aloud, id);
    lh_cli_print(city->cli, LH_MSG_NETWORK_FOUNDED, lh_genesis_network(city->genesis),
                 lh_suite_name(lh_suite_id(city->suite)), lh_buf_text(&created), count, NULL);
    lh_cli_print(city->cli, LH_MSG_NETWORK_ID, hex, aloud, NULL);
    if (lh_members_number(city->members) > 0) {
        (void)snprintf(count, sizeof count, "%u", lh_members_number(city->members));
        lh_hex_format(hex, lh_hash_bytes(lh_members_epoch(city->members)));
        lh_aloud_format(aloud, lh_members_epoch(city->members));
        lh_cli_print(city->cli, LH_MSG_EPOCH, count, hex, aloud, NULL);
    }
    lh_buf_clear(&created);
}

static enum lh_code add_row(struct lh_view *view, const struct city *city, size_t index,
                            struct lh_err *err)
{
    const struct lh_enrolment *member = member_at(city, index);
    struct lh_buf witnesses = LH_BUF_EMPTY;
    char aloud[LH_ALOUD_SIZE];
    enum lh_code rc;

    for (unsigned i = 0; i < city->shown[index].witnesses.count; i++) {
        lh_buf_add_format(&witnesses, "%s%s", i > 0 ? " " : "", witness_of(city, index, i));
    }
    lh_aloud_format(aloud, &city->shown[index].fingerprint);
    const char *const cells[] = { member->department, member->name, member->group,
                                  lh_buf_text(&witnesses), aloud };
    rc = lh_buf_check(&witnesses, err);
    if (rc == LH_OK) {
        rc = lh_view_add_row(view, err);
    }
    for (size_t i = 0; rc == LH_OK && i < sizeof cells / sizeof cells[0]; i++) {
        rc = lh_view_set(view, i, cells[i], err);
    }
    lh_buf_clear(&witnesses);
    return rc;
}

static void note_dangers(const struct city *city)
{
    struct lh_quorum quorum = lh_quorum_of(city->witness_count);

    if (quorum.witness_count > 0 && quorum.fault_count == 0) {
        lh_cli_note(city->cli, LH_MSG_NETWORK_SMALL, NULL);
    }
    for (size_t i = 0; i < city->count; i++) {
        if (!city->shown[i].witnesses.is_diverse) {
            lh_cli_note(city->cli, LH_MSG_NETWORK_NOT_DIVERSE, member_at(city, i)->department,
                        NULL);
        }
    }
}

static enum lh_code print(const struct city *city, struct lh_err *err)
{
    struct lh_view *view = NULL;
    enum lh_code rc;

    print_network(city);
    print_numbers(city);
    rc = lh_view_new(&view, columns, sizeof columns / sizeof columns[0], err);
    for (size_t i = 0; rc == LH_OK && i < city->count; i++) {
        rc = add_row(view, city, i, err);
    }
    if (rc == LH_OK) {
        rc = lh_view_print(view, city->cli, err);
    }
    if (rc == LH_OK) {
        (void)fflush(city->cli->out);
        note_dangers(city);
    }
    lh_view_free(view);
    return rc;
}

enum lh_code lh_city_print(const struct lh_cli *cli, const struct lh_genesis *genesis,
                           const struct lh_members *members, struct lh_err *err)
{
    struct city city = { .cli = cli, .genesis = genesis, .members = members };
    enum lh_code rc = look(&city, err);

    if (rc == LH_OK) {
        rc = cli->json ? print_json(&city, err) : print(&city, err);
    }
    lh_suite_free(city.suite);
    free(city.shown);
    free(city.witnesses);
    return rc;
}
