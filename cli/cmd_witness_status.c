#include "cli/cmds.h"

#include "cli/peering.h"
#include "cli/render.h"

#include <inttypes.h>
#include <stdio.h>

/*
 * witness status: who is to cosign our ledger and who did, and whose ledgers we are to cosign and
 * did. All of it is the node's word; receipts prove it (receipt get, receipt verify --level).
 */

enum { NUMBER_SIZE = 24, COLUMN_COUNT = 6 };

static const struct lh_column witness_columns[COLUMN_COUNT] = {
    { { "WITNESS", "见证部门" }, false, false }, { { "GROUP", "条线" }, false, false },
    { { "NEWEST", "最新" }, false, false },      { { "UP TO", "联署至" }, true, false },
    { { "AGE", "距今" }, true, false },          { { "WHY", "说明" }, false, true },
};

static const struct lh_column ward_columns[COLUMN_COUNT] = {
    { { "LEDGER OF", "受见证部门" }, false, false },
    { { "PROMISED", "已承诺" }, false, false },
    { { "UP TO", "联署至" }, true, false },
    { { "AGE", "距今" }, true, false },
    { { "FLOOR", "下限" }, true, false },
    { { "WHY", "说明" }, false, true },
};

/* What a head of ours has reached. */
static const char *level_of(const json_t *witnessing)
{
    uint64_t size = lh_api_number(witnessing, "nominated");

    return size == 0                                        ? "none"
           : lh_api_number(witnessing, "final") >= size     ? "final"
           : lh_api_number(witnessing, "witnessed") >= size ? "witnessed"
                                                            : "sealed";
}

/* ---- JSON ---- */

static json_t *pick(const json_t *peer, const char *part)
{
    json_t *row =
        json_pack("{s:s, s:O, s:O}", "department", lh_api_text(peer, "department"), "group",
                  json_object_get(peer, "group"), "up", json_object_get(peer, "up"));

    if (row != NULL) {
        (void)json_object_update(row, json_object_get(peer, part));
    }
    return row;
}

static bool is_ward(const json_t *peer)
{
    return json_is_true(json_object_get(json_object_get(peer, "ward"), "designated"));
}

static bool is_witness(const json_t *peer)
{
    return json_is_object(json_object_get(peer, "witness"));
}

static enum lh_code print_json(const struct lh_cli *cli, const json_t *peers, struct lh_err *err)
{
    const json_t *witnessing = json_object_get(peers, "witnessing");
    json_t *witnesses = json_array();
    json_t *wards = json_array();
    const json_t *peer;
    json_t *answer;
    enum lh_code rc;
    size_t i;

    json_array_foreach(json_object_get(peers, "peers"), i, peer)
    {
        if (is_witness(peer)) {
            (void)json_array_append_new(witnesses, pick(peer, "witness"));
        }
        if (is_ward(peer)) {
            (void)json_array_append_new(wards, pick(peer, "ward"));
        }
    }
    answer = json_pack("{s:s, s:O, s:O, s:s, s:O, s:o, s:o}", "schema", "liuhen.witness/1",
                       "origin", json_object_get(peers, "origin"), "size",
                       json_object_get(peers, "size"), "level", level_of(witnessing), "witnessing",
                       witnessing, "witnesses", witnesses, "wards", wards);
    rc = answer != NULL ? lh_api_print(cli, answer, err)
                        : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    json_decref(answer);
    return rc;
}

/* ---- for people ---- */

static void print_numbers(const struct lh_cli *cli, const json_t *peers)
{
    static const char *const names[] = { "nominated", "cosignatures", "needed",
                                         "mirrors",   "witnesses",    "faults",
                                         "promises",  "witnessed",    "final" };
    enum { COUNT = sizeof names / sizeof names[0] };
    const json_t *witnessing = json_object_get(peers, "witnessing");
    char numbers[COUNT][NUMBER_SIZE];

    for (size_t i = 0; i < COUNT; i++) {
        (void)snprintf(numbers[i], NUMBER_SIZE, "%" PRIu64, lh_api_number(witnessing, names[i]));
    }
    lh_cli_print(cli, LH_MSG_WITNESS_LEDGER, lh_api_text(peers, "origin"), numbers[7], numbers[8],
                 NULL);
    lh_cli_print(cli, LH_MSG_WITNESS_NUMBERS, numbers[4], numbers[5], numbers[2], numbers[6], NULL);
    lh_cli_print(cli, LH_MSG_WITNESS_NEWEST, numbers[0], numbers[1], numbers[2], numbers[3],
                 level_of(witnessing), NULL);
    if (lh_api_number(witnessing, "faults") == 0) {
        lh_cli_print(cli, LH_MSG_NETWORK_SMALL, NULL);
    }
    if (!json_is_true(json_object_get(witnessing, "diverse"))) {
        lh_cli_print(cli, LH_MSG_NETWORK_NOT_DIVERSE, lh_api_text(peers, "origin"), NULL);
    }
}

static void add_number(struct lh_buf *out, const json_t *object, const char *name)
{
    uint64_t number = lh_api_number(object, name);

    if (number > 0) {
        lh_buf_add_format(out, "%" PRIu64, number);
    } else {
        lh_buf_add_text(out, "-");
    }
}

/* Away, or declined: what comes first. */
static void add_why(struct lh_buf *out, enum lh_lang lang, const json_t *peer, const json_t *part)
{
    const json_t *declined = json_object_get(part, "declined");
    const json_t *parted = json_object_get(peer, "parted");

    if (json_is_object(declined)) {
        lh_peering_add_decline(out, lang, declined);
    } else if (!json_is_true(json_object_get(peer, "up"))) {
        lh_msg_add(out, lang, LH_MSG_PEERS_AWAY, NULL);
        if (json_is_object(parted)) {
            lh_buf_add_text(out, ": ");
            lh_peering_add_parting(out, lang, parted);
        }
    }
}

static void fill_witness(struct lh_buf cells[COLUMN_COUNT], const struct lh_cli *cli,
                         const json_t *peer)
{
    const json_t *witness = json_object_get(peer, "witness");
    bool is_cosigner = json_is_true(json_object_get(witness, "cosigner"));

    lh_buf_add_text(&cells[1], lh_api_text(peer, "group"));
    lh_msg_add(&cells[2], cli->lang,
               !is_cosigner                                       ? LH_MSG_WITNESS_LACKS
               : json_is_true(json_object_get(witness, "mirror")) ? LH_MSG_WITNESS_MIRRORS
                                                                  : LH_MSG_WITNESS_SIGNED,
               NULL);
    add_number(&cells[3], witness, "size");
    lh_peering_add_age(&cells[4], cli, lh_api_text(witness, "time"));
    add_why(&cells[5], cli->lang, peer, witness);
}

static void fill_ward(struct lh_buf cells[COLUMN_COUNT], const struct lh_cli *cli,
                      const json_t *peer)
{
    const json_t *ward = json_object_get(peer, "ward");
    const char *origin = lh_api_text(ward, "origin");

    lh_buf_add_text(&cells[1], origin[0] != '\0' ? origin : "-");
    add_number(&cells[2], ward, "size");
    lh_peering_add_age(&cells[3], cli, lh_api_text(ward, "time"));
    add_number(&cells[4], ward, "floor");
    add_why(&cells[5], cli->lang, peer, ward);
}

/* The rows of those peers that are meant. */
static enum lh_code print_rows(const struct lh_cli *cli, const json_t *peers,
                               const struct lh_column columns[COLUMN_COUNT],
                               bool (*is_meant)(const json_t *peer),
                               void (*fill)(struct lh_buf cells[COLUMN_COUNT],
                                            const struct lh_cli *cli, const json_t *peer),
                               struct lh_err *err)
{
    struct lh_buf cells[COLUMN_COUNT];
    struct lh_view *view = NULL;
    const json_t *peer;
    enum lh_code rc = lh_view_new(&view, columns, COLUMN_COUNT, err);
    size_t i;

    for (size_t n = 0; n < COLUMN_COUNT; n++) {
        cells[n] = (struct lh_buf)LH_BUF_EMPTY;
    }
    json_array_foreach(json_object_get(peers, "peers"), i, peer)
    {
        if (rc != LH_OK || !is_meant(peer)) {
            continue;
        }
        for (size_t n = 0; n < COLUMN_COUNT; n++) {
            lh_buf_reset(&cells[n]);
        }
        lh_buf_add_text(&cells[0], lh_api_text(peer, "department"));
        fill(cells, cli, peer);
        rc = lh_view_add_row(view, err);
        for (size_t n = 0; rc == LH_OK && n < COLUMN_COUNT; n++) {
            rc = lh_view_set(view, n, lh_buf_text(&cells[n]), err);
        }
    }
    if (rc == LH_OK) {
        rc = lh_view_print(view, cli, err);
    }
    for (size_t n = 0; n < COLUMN_COUNT; n++) {
        lh_buf_clear(&cells[n]);
    }
    lh_view_free(view);
    return rc;
}

static enum lh_code print(const struct lh_cli *cli, const json_t *peers, struct lh_err *err)
{
    enum lh_code rc;

    print_numbers(cli, peers);
    (void)fputc('\n', cli->out);
    (void)fflush(cli->out);
    rc = print_rows(cli, peers, witness_columns, is_witness, fill_witness, err);
    if (rc == LH_OK) {
        (void)fputc('\n', cli->out);
        (void)fflush(cli->out);
        rc = print_rows(cli, peers, ward_columns, is_ward, fill_ward, err);
    }
    return rc;
}

int lh_cmd_witness_status(struct lh_cli *cli)
{
    struct lh_err err = LH_ERR_NONE;
    json_t *peers = NULL;
    enum lh_code rc = lh_peering_get(cli, &peers, &err);

    if (rc == LH_OK) {
        rc = cli->json ? print_json(cli, peers, &err) : print(cli, peers, &err);
    }
    json_decref(peers);
    return rc == LH_OK ? LH_EXIT_OK : lh_cli_fail(cli, rc, &err);
}
