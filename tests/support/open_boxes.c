/*
 * open_boxes KEY.pem ARCHIVE: for each private part of an archive, "INDEX yes" when this auditors'
 * key opens its box, "INDEX no" when it does not, "INDEX none" when there is no box.
 */

#include "crypto/signer.h"
#include "ledger/archive.h"
#include "ledger/entry.h"
#include "ledger/private.h"

#include "private.pb.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { LEAVES_MAX = 4096 };

struct boxes {
    struct lh_suite *suite;
    struct lh_signer *auditor;
    struct lh_buf leaves[LEAVES_MAX]; /* of the ledger, in order */
    size_t count;
    lhpb_Leaf leaf;
    lhpb_Body body;
    lhpb_ClientPart client;
    lhpb_NodePart node;
    lhpb_BoxContent content;
};

static void must(enum lh_code rc, const char *what, const struct lh_err *err)
{
    if (rc != LH_OK) {
        (void)fprintf(stderr, "open_boxes: %s: %s\n", what, err->text);
        exit(1);
    }
}

static enum lh_code read_stream(void *arg, void *out, size_t room, size_t *out_len,
                                struct lh_err *err)
{
    FILE *file = arg;

    *out_len = fread(out, 1, room, file);
    return ferror(file) == 0 ? LH_OK : lh_err_set(err, LH_ERR_IO, "cannot be read");
}

static void take_private(struct boxes *boxes, struct lh_bytes content)
{
    struct lh_reader in = lh_reader_of(content);
    uint64_t index = lh_read_u64(&in);
    struct lh_err err = LH_ERR_NONE;

    if (in.failed || index >= boxes->count) {
        must(lh_err_set(&err, LH_ERR_INVALID, "names no leaf"), "a private part", &err);
    }
    must(lh_leaf_decode(&boxes->leaf, lh_buf_bytes(&boxes->leaves[index]), &err), "leaf", &err);
    const lhpb_Entry *entry = &boxes->leaf.kind.entry;
    struct lh_bytes body = lh_bytes_of(entry->body.bytes, entry->body.size);
    struct lh_hash hash = lh_body_hash(boxes->suite, body);
    must(lh_body_decode(&boxes->body, body, &err), "body", &err);
    must(lh_private_verify(boxes->suite, in.rest, entry, &boxes->body, &boxes->client, &boxes->node,
                           &err),
         "private part", &err);
    enum lh_code rc = lh_private_open(boxes->suite, &boxes->content, &boxes->client, &boxes->node,
                                      &hash, boxes->auditor, &err);
    (void)printf("%" PRIu64 " %s\n", index,
                 boxes->node.box.size == 0 ? "none"
                 : rc == LH_OK             ? "yes"
                                           : "no");
}

int main(int argc, char **argv)
{
    struct boxes *boxes = calloc(1, sizeof *boxes);
    struct lh_archive_reader *reader = NULL;
    struct lh_archive_frame frame;
    struct lh_err err = LH_ERR_NONE;
    FILE *file = argc == 3 ? fopen(argv[2], "rb") : NULL;
    struct lh_archive_input input = { .read = read_stream, .arg = file };

    if (boxes == NULL || file == NULL) {
        (void)fprintf(stderr, "usage: open_boxes KEY.pem ARCHIVE\n");
        return 2;
    }
    must(lh_suite_new(&boxes->suite, LH_SUITE_W, &err), "suite", &err);
    must(lh_signer_open(&boxes->auditor, argv[1], &err), argv[1], &err);
    must(lh_archive_reader_new(&reader, &input, &err), argv[2], &err);
    while (lh_archive_next(reader, &frame, &err) == LH_OK) {
        if (frame.kind == LH_ARCHIVE_LEAF && boxes->count < LEAVES_MAX) {
            lh_buf_add(&boxes->leaves[boxes->count++], frame.content);
        } else if (frame.kind == LH_ARCHIVE_PRIVATE) {
            take_private(boxes, frame.content);
        }
    }
    lh_archive_reader_free(reader);
    for (size_t i = 0; i < boxes->count; i++) {
        lh_buf_clear(&boxes->leaves[i]);
    }
    lh_signer_free(boxes->auditor);
    lh_suite_free(boxes->suite);
    (void)fclose(file);
    free(boxes);
    return 0;
}
