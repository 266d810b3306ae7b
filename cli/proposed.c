#include "cli/proposed.h"

#include "cli/api.h"
#include "cli/changes.h"
#include "crypto/aloud.h"
#include "crypto/text.h"

#include <stdlib.h>

static enum lh_code decode(lhpb_Proposal **out, struct lh_bytes bytes, struct lh_err *err)
{
    lhpb_Proposal *proposal = calloc(1, sizeof *proposal);
    enum lh_code rc;

    if (proposal == NULL) {
        return lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    }
    rc = lh_proposal_decode(proposal, bytes, err);
    if (rc != LH_OK) {
        free(proposal);
        return rc;
    }
    *out = proposal;
    return LH_OK;
}

enum lh_code lh_proposed_pack_changes(json_t **out, const struct lh_members *from,
                                      struct lh_bytes bytes, struct lh_err *err)
{
    lhpb_Proposal *proposal = NULL;
    enum lh_code rc = decode(&proposal, bytes, err);

    if (rc == LH_OK) {
        rc = lh_changes_pack(out, from, proposal, err);
    }
    free(proposal);
    return rc;
}

enum lh_code lh_proposed_list(struct lh_buf *out, const struct lh_cli *cli,
                              const struct lh_members *from, struct lh_bytes bytes,
                              struct lh_err *err)
{
    lhpb_Proposal *proposal = NULL;
    enum lh_code rc = decode(&proposal, bytes, err);

    if (rc == LH_OK) {
        rc = lh_changes_list(out, cli, from, proposal, err);
    }
    free(proposal);
    return rc;
}

static enum lh_code print_json(const struct lh_cli *cli, const struct lh_members *from,
                               const lhpb_Proposal *proposal, const struct lh_hash *hash,
                               const char *path, struct lh_err *err)
{
    char network[2 * LH_HASH_SIZE + 1];
    char parent[2 * LH_HASH_SIZE + 1];
    char hex[2 * LH_HASH_SIZE + 1];
    char aloud[LH_ALOUD_SIZE];
    json_t *changes = NULL;
    json_t *answer = NULL;
    enum lh_code rc = lh_changes_pack(&changes, from, proposal, err);

    if (rc != LH_OK) {
        return rc;
    }
    lh_hex_format(network, lh_hash_bytes(lh_members_network_id(from)));
    lh_hex_format(parent, lh_hash_bytes(lh_members_epoch(from)));
    lh_hex_format(hex, lh_hash_bytes(hash));
    lh_aloud_format(aloud, hash);
    answer = json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:s,s:s,s:o}", "schema", "liuhen.proposal/1",
                       "file", path, "network_id", network, "parent", parent, "number",
                       (json_int_t)proposal->number, "round", (json_int_t)proposal->round, "hash",
                       hex, "read_aloud", aloud, "changes", changes);
    rc = answer != NULL ? lh_api_print(cli, answer, err)
                        : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
    json_decref(answer);
    return rc;
}

static enum lh_code print_words(const struct lh_cli *cli, const struct lh_members *from,
                                const lhpb_Proposal *proposal, const struct lh_hash *hash,
                                struct lh_err *err)
{
    struct lh_buf text = LH_BUF_EMPTY;
    char number[16];
    char round[16];
    char parent[2 * LH_HASH_SIZE + 1];
    char hex[2 * LH_HASH_SIZE + 1];
    char aloud[LH_ALOUD_SIZE];
    enum lh_code rc = lh_changes_describe(&text, cli, from, proposal, err);

    if (rc == LH_OK) {
        (void)snprintf(number, sizeof number, "%u", (unsigned)proposal->number);
        (void)snprintf(round, sizeof round, "%u", (unsigned)proposal->round);
        lh_hex_format(parent, lh_hash_bytes(lh_members_epoch(from)));
        lh_hex_format(hex, lh_hash_bytes(hash));
        lh_aloud_format(aloud, hash);
        lh_cli_print(cli, LH_MSG_PROPOSAL, number, round, parent, hex, aloud, NULL);
        (void)fputs(lh_buf_text(&text), cli->out);
    }
    lh_buf_clear(&text);
    return rc;
}

enum lh_code lh_proposed_print(const struct lh_cli *cli, const struct lh_members *from,
                               struct lh_bytes bytes, const char *path, struct lh_err *err)
{
    lhpb_Proposal *proposal = NULL;
    struct lh_suite *suite = NULL;
    struct lh_hash hash;
    enum lh_code rc = decode(&proposal, bytes, err);

    if (rc == LH_OK) {
        rc = lh_suite_new(&suite, lh_members_suite(from), err);
    }
    if (rc == LH_OK) {
        hash = lh_proposal_hash(suite, bytes);
        rc = cli->json ? print_json(cli, from, proposal, &hash, path, err)
                       : print_words(cli, from, proposal, &hash, err);
    }
    lh_suite_free(suite);
    free(proposal);
    return rc;
}
