#include "node/evidence_file.h"

#include "node/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char FOLDER[] = "evidence";

void lh_evidence_file_path(char out[LH_EVIDENCE_PATH_SIZE], const char *data, const char *origin)
{
    int len = snprintf(out, LH_EVIDENCE_PATH_SIZE, "%s/%s/", data, FOLDER);
    char *at = out + len;

    (void)snprintf(at, LH_EVIDENCE_PATH_SIZE - (size_t)len, "%s.evidence", origin);
    for (; *at != '\0'; at++) {
        *at = *at == '/' ? '-' : *at;
    }
}

enum lh_code lh_evidence_file_write(const char *data, const char *origin, struct lh_bytes evidence,
                                    struct lh_err *err)
{
    char folder[LH_EVIDENCE_PATH_SIZE];
    char path[LH_EVIDENCE_PATH_SIZE];

    (void)snprintf(folder, sizeof folder, "%s/%s", data, FOLDER);
    lh_evidence_file_path(path, data, origin);
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        return lh_err_set(err, LH_ERR_IO, "making %s: %s", folder, strerror(errno));
    }
    return lh_small_file_put(folder, path + strlen(folder) + 1, evidence, err);
}
