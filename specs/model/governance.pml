/*
 * N members vote on what follows an epoch: proposal 1 or 2, in a round; where a round is stuck, a
 * next one. F members lie. A vote is an entry of the voter's ledger: the first of a round counts,
 * once it is witnessed, so all who count see one vote of each member in a round.
 *
 * Claim: at most one proposal is ever certified, in whatever round.
 *
 *   run ok    -DN=4 -DF=1 -DQ=3
 *   run ok    -DN=5 -DF=1 -DQ=4
 *   run ok    -DN=7 -DF=2 -DQ=5
 *   run fails -DN=4 -DF=1 -DQ=2
 *   run fails -DN=4 -DF=1 -DQ=3 -DUNWITNESSED     liars show each counter another vote
 *   run fails -DN=4 -DF=1 -DQ=3 -DOPEN_AT_WILL    a next round without proof that this one is stuck
 *   run fails -DN=5 -DF=1 -DQ=4 -DOPEN_AT_WILL
 *   long ok    -DN=7 -DF=2 -DQ=5 -DROUNDS=4
 *   long ok    -DN=10 -DF=3 -DQ=7
 *   long fails -DN=10 -DF=3 -DQ=5
 *   long fails -DN=7 -DF=2 -DQ=5 -DROUNDS=3 -DOPEN_AT_WILL
 */
#ifndef ROUNDS
#define ROUNDS 2
#endif

byte vote[N];           /* of this round: 0 none, 1, 2; UNWITNESSED: 3 is both */
byte votes1 = 0, votes2 = 0, voted = 0;
byte round_no = 0;
bool certified1 = false, certified2 = false;

inline count() {
    certified1 = certified1 || votes1 >= Q;
    certified2 = certified2 || votes2 >= Q;
    assert(!(certified1 && certified2))
}

#ifdef UNWITNESSED
/* What one counter, to whom the liars show nothing but what keeps the round stuck, can prove. */
#define CAN_REACH(votes, liars) ((votes) - (liars) + (N - voted) >= Q)
#else
#define CAN_REACH(votes, liars) ((votes) + (N - voted) >= Q)
#endif

active proctype members() {
    byte m, i, liars1, liars2;
    do
    :: atomic {
        select(m : 0 .. (N - 1));
        if
        :: vote[m] == 0 && !certified1 && !certified2 -> vote[m] = 1; votes1++; voted++
        :: vote[m] == 0 && !certified1 && !certified2 -> vote[m] = 2; votes2++; voted++
        /* Who has not heard of a certificate votes on. */
        :: vote[m] == 0 -> vote[m] = 1; votes1++; voted++
        :: vote[m] == 0 -> vote[m] = 2; votes2++; voted++
#ifdef UNWITNESSED
        :: m < F && vote[m] == 1 -> vote[m] = 3; votes2++
        :: m < F && vote[m] == 2 -> vote[m] = 3; votes1++
#endif
        :: else -> skip
        fi;
        count()
       }
    :: atomic {
        round_no + 1 < ROUNDS ->
        liars1 = 0; liars2 = 0; i = 0;
        do
        :: i < F ->
            liars1 = liars1 + (vote[i] == 1 || vote[i] == 3);
            liars2 = liars2 + (vote[i] == 2 || vote[i] == 3);
            i++
        :: else -> break
        od;
        if
#ifdef OPEN_AT_WILL
        :: true ->
#else
        :: !CAN_REACH(votes1, liars1) && !CAN_REACH(votes2, liars2) ->
#endif
            round_no++;
            votes1 = 0; votes2 = 0; voted = 0; i = 0;
            do :: i < N -> vote[i] = 0; i++ :: else -> break od
        :: else -> skip
        fi
       }
    :: break
    od
}
