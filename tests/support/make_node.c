/*
 * make_node create DIR [STAFF_COUNT [NETWORK]]              a data directory
 * (tests/support/node_dir.h) make_node submissions DIR NUMBER COUNT PREFIX OUT   framed submissions
 * of one staff member: u32 length || submission, ids PREFIX-0 ...
 */

#include "crypto/base/time.h"
#include "tests/support/node_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void make_submissions(char **argv)
{
    struct lh_clock clock = lh_clock_system();
    struct lh_node_dir dir;
    struct lh_buf out = LH_BUF_EMPTY;
    struct lh_buf one = LH_BUF_EMPTY;
    size_t number = (size_t)strtoul(argv[3], NULL, 10);
    unsigned long count = strtoul(argv[4], NULL, 10);
    struct lh_signer *staff;

    lh_node_dir_open(&dir, argv[2]);
    staff = lh_node_dir_staff(&dir, number);
    for (unsigned long i = 0; i < count; i++) {
        char id[64];

        (void)snprintf(id, sizeof id, "%s-%lu", argv[5], i);
        lh_buf_reset(&one);
        lh_node_dir_submission(&dir, &one, staff, number, "desk", id,
                               clock.wall_unix_ms(clock.arg));
        lh_buf_add_u32(&out, (uint32_t)one.len);
        lh_buf_add(&out, lh_buf_bytes(&one));
    }
    lh_node_dir_write(argv[6], lh_buf_bytes(&out));
    lh_buf_clear(&out);
    lh_buf_clear(&one);
    lh_signer_free(staff);
    lh_node_dir_close(&dir);
}

int main(int argc, char **argv)
{
    struct lh_node_dir dir;

    if (argc >= 3 && argc <= 5 && strcmp(argv[1], "create") == 0) {
        lh_node_dir_create(&dir, argv[2], argc >= 4 ? (size_t)strtoul(argv[3], NULL, 10) : 1,
                           argc == 5 ? argv[4] : NULL);
        lh_node_dir_close(&dir);
        return 0;
    }
    if (argc == 7 && strcmp(argv[1], "submissions") == 0) {
        make_submissions(argv);
        return 0;
    }
    (void)fprintf(stderr, "usage: make_node create DIR [STAFF_COUNT [NETWORK]]\n"
                          "       make_node submissions DIR NUMBER COUNT PREFIX OUT\n");
    return 2;
}
