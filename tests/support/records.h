#ifndef LH_TESTS_RECORDS_H
#define LH_TESTS_RECORDS_H

/*
 * The checkpoints of a small log of other people's shape, made by an independent script and checked
 * with golang.org/x/mod/sumdb: leaves "record 0" to "record 4", log key from the seed 01 x 32,
 * witness key from 02 x 32, cosignature of time 1700000000.
 */

#define RECORDS_ORIGIN "dept-a.example/ledger"
#define RECORDS_WITNESS "dept-b.example/witness"
#define RECORDS_VKEY "dept-a.example/ledger+d5bc77de+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
#define RECORDS_WITNESS_VKEY                                                                       \
    "dept-b.example/witness+d810d586+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU"
#define RECORDS_WITNESS_TIME_S 1700000000

#define RECORDS_ROOT_0 "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define RECORDS_ROOT_3 "EROfCuN4nLInq4w+V9ZuiSXjrblsJNVzEYMhUNaskFs="
#define RECORDS_ROOT_5 "q1uiQNXF9m1XxD/D6UjYe+ylGdTaiwKLbFgv2nu/mbQ="
#define RECORDS_ROOT_5_FORK "9+M1cUZb9uq23mU8nTBfzcMVzOswuTI1B+Gph/O9N4Y="

#define RECORDS_NOTE(size, root, sig)                                                              \
    RECORDS_ORIGIN "\n" size "\n" root "\n\n"                                                      \
                   "\xe2\x80\x94 " RECORDS_ORIGIN " " sig "\n"

#define RECORDS_NOTE_0                                                                             \
    RECORDS_NOTE("0", RECORDS_ROOT_0,                                                              \
                 "1bx33kOkjCQEeQLq2867mIs+4CV60Q0V4B4261X/z1ftPQ229HZTAKX/xPbNuljLZv9zG3pQ8FoiNq"  \
                 "o0Ib25omNGfAY=")
#define RECORDS_NOTE_3                                                                             \
    RECORDS_NOTE("3", RECORDS_ROOT_3,                                                              \
                 "1bx33tpVksu2r8u5ha6g6X4Yal/HLxtfuZtkRnW0bdPJr1qmCPVqj5DFq+CJtggjGzeX0bhYY9+/yo"  \
                 "L1SARGgjCYJwo=")
#define RECORDS_NOTE_5                                                                             \
    RECORDS_NOTE("5", RECORDS_ROOT_5,                                                              \
                 "1bx33kd1uFoJB1yOx+r9HkzXrVIPFcBeqYekI5fVtfFOPOQLny9Dz+HdOv+8XFkO6pNrgHPzKafkPN"  \
                 "3PfQiBj+ntwAc=")
#define RECORDS_NOTE_5_FORK                                                                        \
    RECORDS_NOTE("5", RECORDS_ROOT_5_FORK,                                                         \
                 "1bx33qfRApaVq0p29rpJtIsgSdDRxI0rEURUDBf+W502L3Xr4Z9CmWk1YSTM2YlAZmQT1I8AiY33j2"  \
                 "EwcjyBfFKT7gw=")
#define RECORDS_WITNESS_LINE                                                                       \
    "\xe2\x80\x94 " RECORDS_WITNESS " "                                                            \
    "2BDVhgAAAABlU/EAMotGzyxKCgWgzM7SVurAzogGP92EdCXvOMb7veNK/8Jq"                                 \
    "oe/1VNXP0Q4ou9BHZiNHDmCnBfOXOcbVRkVFRti3AA==\n"
#define RECORDS_NOTE_5_WITNESSED RECORDS_NOTE_5 RECORDS_WITNESS_LINE

#endif
