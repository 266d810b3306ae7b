/*
 * A ledger that shows two branches, n witnesses of which f sign whatever they are asked. An honest
 * one signs the branch it sees first and keeps that. Requests arrive in any order.
 *
 * Claim: never k cosignatures on both.  specs/network.md 1: 2k > n + f.
 * -DEPOCHS: branch 1 changes the epoch on its way, so another set of witnesses takes over; the head
 * that changes it needs k of both sets. OLD_ONLY of the old set are not in the new one.
 *
 *   run ok    -DN=1 -DF=0 -DK=1
 *   run ok    -DN=3 -DF=0 -DK=2
 *   run fails -DN=3 -DF=0 -DK=1
 *   run ok    -DN=4 -DF=1 -DK=3
 *   run fails -DN=4 -DF=1 -DK=2
 *   run ok    -DN=7 -DF=2 -DK=5
 *   run fails -DN=7 -DF=2 -DK=4
 *   run ok    -DN=9 -DF=2 -DK=6
 *   run fails -DN=9 -DF=2 -DK=5
 *   run fails -DN=4 -DF=1 -DK=3 -DAMNESIA        an honest witness restored without its floors
 *   run ok    -DN=4 -DF=1 -DK=3 -DEPOCHS
 *   run fails -DN=4 -DF=1 -DK=3 -DEPOCHS -DNEW_SET_ALONE
 *   long fails -DN=9 -DF=2 -DK=6 -DAMNESIA
 *   long ok    -DN=5 -DF=1 -DK=4 -DEPOCHS
 *   long fails -DN=5 -DF=1 -DK=3 -DEPOCHS
 *   long fails -DN=5 -DF=1 -DK=4 -DEPOCHS -DNEW_SET_ALONE
 */
byte seen[N];           /* 0 nothing yet, 1, 2 */
bool signed1[N];
bool signed2[N];
byte count1 = 0, count2 = 0;
#ifdef EPOCHS
bool new1[N];           /* the new set, all others than the old one: on branch 1 */
byte count_new1 = 0;
#endif

inline check() {
#ifdef EPOCHS
#ifdef NEW_SET_ALONE
    assert(!(count_new1 >= K && count2 >= K))
#else
    assert(!(count_new1 >= K && count1 >= K && count2 >= K))
#endif
#else
    assert(!(count1 >= K && count2 >= K))
#endif
}

active proctype ledger() {
    byte w;
    bool forgot = false;
    do
    :: atomic {
        select(w : 0 .. (N - 1));
        if
        :: !signed1[w] && (w < F || seen[w] != 2) -> seen[w] = 1; signed1[w] = true; count1++
        :: !signed2[w] && (w < F || seen[w] != 1) -> seen[w] = 2; signed2[w] = true; count2++
#ifdef EPOCHS
        :: !new1[w] -> new1[w] = true; count_new1++ /* it never saw branch 2 */
#endif
#ifdef AMNESIA
        :: w >= F && !forgot && seen[w] != 0 -> forgot = true; seen[w] = 0
#endif
        :: else -> skip
        fi;
        check()
       }
    :: break
    od
}
