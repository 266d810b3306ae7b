#include "cli/opening.h"

#include "cli/exhibit.h"
#include "cli/recording.h"
#include "crypto/text.h"
#include "ledger/private.h"

#include <stdio.h>
#include <string.h>

enum { ID_BYTES = 16 };

/* Under a checkpoint of its own: what the caller shows stays proven by the one it has. */
static enum lh_code find_warrant(char out_hex[2 * ID_BYTES + 1], struct lh_cli *cli,
                                 const char *name, struct lh_err *err)
{
    struct lh_exhibit exhibit = LH_EXHIBIT_EMPTY;
    struct lh_proven proven;
    enum lh_code rc;

    lh_proven_init(&proven, cli, false);
    rc = lh_exhibit_fetch(&exhibit, &proven, name, NULL, err);
    if (rc == LH_OK && exhibit.item->is_opaque) {
        rc = lh_err_set(err, LH_ERR_UNKNOWN, "%s is of a newer schema", name);
    } else if (rc == LH_OK && exhibit.item->body.type != lhpb_EntryType_WARRANT) {
        rc = lh_err_set(err, LH_ERR_INVALID, "%s is no WARRANT", name);
    }
    if (rc == LH_OK) {
        lh_hex_format(out_hex, lh_bytes_of(exhibit.item->body.detail.warrant.warrant_id, ID_BYTES));
    }
    lh_exhibit_clear(&exhibit);
    lh_proven_clear(&proven);
    return rc;
}

static enum lh_code make_event(json_t **out, struct lh_recording *recording, const char *warrant_id,
                               const struct lh_hash *body_hash, struct lh_err *err)
{
    struct lh_hash digest = lh_private_opened_digest(recording->place.suite, body_hash, 1);
    char opened[2 * LH_HASH_SIZE + 1];
    char target[2 * LH_HASH_SIZE + 1];
    char id[2 * ID_BYTES + 1];
    uint8_t random[ID_BYTES];
    enum lh_code rc = lh_random_fill(&recording->random, random, sizeof random, err);

    if (rc != LH_OK) {
        return rc;
    }
    lh_hex_format(id, lh_bytes_of(random, sizeof random));
    lh_hex_format(opened, lh_hash_bytes(&digest));
    lh_hex_format(target, lh_hash_bytes(body_hash));
    *out = json_pack("[{s:s, s:s, s:s+, s:[s], s:{s:s, s:s, s:i}}]", "type", "OPEN", "source",
                     "liuhen", "id", "open/", id, "refs", target, "detail", "warrant_id",
                     warrant_id, "opened_digest", opened, "opened_count", 1);
    return *out != NULL ? LH_OK : lh_err_set(err, LH_ERR_NOMEM, "out of memory");
}

enum lh_code lh_opening_record(struct lh_opening *out, struct lh_cli *cli, const char *key_path,
                               const char *warrant, const struct lh_hash *body_hash,
                               struct lh_err *err)
{
    struct lh_recording recording;
    char warrant_id[2 * ID_BYTES + 1];
    json_t *events = NULL;
    enum lh_code rc;

    lh_recording_init(&recording, cli);
    recording.results.is_silent = true;
    rc = find_warrant(warrant_id, cli, warrant, err);
    if (rc == LH_OK) {
        rc = lh_recording_open_key(&recording, key_path, err);
    }
    if (rc == LH_OK) {
        rc = make_event(&events, &recording, warrant_id, body_hash, err);
    }
    if (rc == LH_OK) {
        rc = lh_recording_run(&recording, events, err);
    }
    if (rc == LH_OK && recording.results.rejected > 0) {
        rc = lh_err_set(err, recording.results.worst, "the OPEN is refused, nothing is shown: %s",
                        recording.results.why);
    }
    if (rc == LH_OK) {
        memcpy(out->entry, recording.results.last, sizeof out->entry);
    }
    json_decref(events);
    lh_recording_clear(&recording);
    return rc;
}
