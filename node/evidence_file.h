#ifndef LH_NODE_EVIDENCE_FILE_H
#define LH_NODE_EVIDENCE_FILE_H

/*
 * The evidence against a ledger as a file for people to take away: DATA/evidence, then the origin
 * with '-' for '/', then ".evidence". It is a copy: the replica store keeps what the node goes by.
 */

#include "crypto/base/bytes.h"
#include "crypto/base/err.h"
#include "node/config.h"

enum { LH_EVIDENCE_PATH_SIZE = LH_CONFIG_PATH_MAX + 256 };

void lh_evidence_file_path(char out[LH_EVIDENCE_PATH_SIZE], const char *data, const char *origin);

/**
 * Put the evidence where lh_evidence_file_path says, synced, in one step: a reader sees all of it
 * or none. The directory is made. LH_ERR_IO.
 */
enum lh_code lh_evidence_file_write(const char *data, const char *origin, struct lh_bytes evidence,
                                    struct lh_err *err) LH_MUST_CHECK;

#endif
