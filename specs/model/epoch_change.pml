/*
 * A ledger that changes its epoch, and so who witnesses it: the N1 witnesses of the old epoch, of
 * which K1 are needed, and the N2 of the new one, of which K2 are; BOTH of them are the same. Of
 * each set as many lie as it bears, F1 and F2: they cosign all. The ledger has two branches:
 *
 *   1:  T, whose header is the first that names the new epoch; and A above it
 *   2:  B, which goes on in the old epoch; U, where this branch changes; and C above it
 *
 * B is judged by the old set, T and U by both, A and C by the new one. An honest witness cosigns on
 * one branch only, and A or C not before it was shown that T or U, or a head above it, is witnessed.
 *
 * Claim: never is a head of each branch witnessed.  specs/network.md 8.
 *
 *   run ok    -DN1=3 -DK1=2 -DF1=0 -DN2=4 -DK2=3 -DF2=1 -DBOTH=3     one joins
 *   run ok    -DN1=4 -DK1=3 -DF1=1 -DN2=3 -DK2=2 -DF2=0 -DBOTH=3     one leaves
 *   run ok    -DN1=4 -DK1=3 -DF1=1 -DN2=4 -DK2=3 -DF2=1 -DBOTH=3
 *   run ok    -DN1=4 -DK1=3 -DF1=1 -DN2=4 -DK2=3 -DF2=1 -DBOTH=2
 *   run ok    -DN1=3 -DK1=2 -DF1=0 -DN2=4 -DK2=3 -DF2=1 -DBOTH=0     others altogether
 *   run fails -DN1=4 -DK1=3 -DF1=1 -DN2=4 -DK2=3 -DF2=1 -DBOTH=2 -DNEW_SET_ALONE
 *   run fails -DN1=4 -DK1=3 -DF1=1 -DN2=4 -DK2=3 -DF2=1 -DBOTH=3 -DNEW_SET_ALONE
 *   run fails -DN1=4 -DK1=3 -DF1=1 -DN2=4 -DK2=3 -DF2=1 -DBOTH=2 -DANYTHING_ABOVE
 *   run fails -DN1=4 -DK1=3 -DF1=1 -DN2=4 -DK2=3 -DF2=1 -DBOTH=3 -DANYTHING_ABOVE
 *   run fails -DN1=4 -DK1=2 -DF1=1 -DN2=4 -DK2=3 -DF2=1 -DBOTH=3     too few of the old set
 *   long ok    -DN1=4 -DK1=3 -DF1=1 -DN2=4 -DK2=3 -DF2=1 -DBOTH=0
 *   long ok    -DN1=5 -DK1=4 -DF1=1 -DN2=5 -DK2=4 -DF2=1 -DBOTH=4
 *   long ok    -DN1=6 -DK1=4 -DF1=1 -DN2=7 -DK2=5 -DF2=2 -DBOTH=6
 *   long fails -DN1=5 -DK1=4 -DF1=1 -DN2=5 -DK2=4 -DF2=1 -DBOTH=3 -DNEW_SET_ALONE
 *   long fails -DN1=5 -DK1=4 -DF1=1 -DN2=5 -DK2=4 -DF2=1 -DBOTH=3 -DANYTHING_ABOVE
 *
 * NEW_SET_ALONE: T and U need the new set only. ANYTHING_ABOVE: A and C are cosigned as any head
 * that extends the last one.
 */
#define M (N1 + N2 - BOTH)
#define IS_OLD(w) ((w) < N1)
#define IS_NEW(w) ((w) >= N1 - BOTH)

bool lies[M];
byte branch[M];         /* that an honest one is on; 0: none yet */
bool has_t[M], has_a[M], has_b[M], has_u[M], has_c[M];
byte t_old, t_new, a_new, b_old, u_old, u_new, c_new; /* cosignatures that count */

#ifdef NEW_SET_ALONE
#define T_WITNESSED (t_new >= K2)
#define U_WITNESSED (u_new >= K2)
#else
#define T_WITNESSED (t_old >= K1 && t_new >= K2)
#define U_WITNESSED (u_old >= K1 && u_new >= K2)
#endif
#define A_WITNESSED (a_new >= K2)
#define B_WITNESSED (b_old >= K1)
#define C_WITNESSED (c_new >= K2)

#ifdef ANYTHING_ABOVE
#define MAY_A true
#define MAY_C true
#else
#define MAY_A (T_WITNESSED || A_WITNESSED)
#define MAY_C (U_WITNESSED || C_WITNESSED)
#endif

inline check() {
    assert(!((T_WITNESSED || A_WITNESSED) && (B_WITNESSED || U_WITNESSED || C_WITNESSED)))
}

/* How many lie that are in both sets is a choice; the rest of each bound lies in one. */
inline draw_liars() {
    byte liars1 = 0, liars2 = 0;
    w = 0;
    do
    :: w < M ->
        if
        :: IS_OLD(w) && IS_NEW(w) && liars1 < F1 && liars2 < F2 ->
            lies[w] = true; liars1++; liars2++
        :: IS_OLD(w) && !IS_NEW(w) && liars1 < F1 -> lies[w] = true; liars1++
        :: !IS_OLD(w) && IS_NEW(w) && liars2 < F2 -> lies[w] = true; liars2++
        :: true -> skip
        fi;
        w++
    :: else -> break
    od;
    t_old = liars1; b_old = liars1; u_old = liars1;
    t_new = liars2; a_new = liars2; u_new = liars2; c_new = liars2;
    liars1 = 0; liars2 = 0
}

active proctype ledger() {
    byte w;
    atomic { draw_liars() }
    do
    :: atomic { /* in whatever order: who may cosign a head may cosign it late */
        select(w : 0 .. (M - 1));
        if
        :: !lies[w] && branch[w] != 2 && !has_t[w] ->
            branch[w] = 1; has_t[w] = true;
            t_old = t_old + IS_OLD(w); t_new = t_new + IS_NEW(w)
        :: !lies[w] && branch[w] != 2 && IS_NEW(w) && !has_a[w] && MAY_A ->
            branch[w] = 1; has_a[w] = true; a_new++
        :: !lies[w] && branch[w] != 1 && IS_OLD(w) && !has_b[w] ->
            branch[w] = 2; has_b[w] = true; b_old++
        :: !lies[w] && branch[w] != 1 && !has_u[w] ->
            branch[w] = 2; has_u[w] = true;
            u_old = u_old + IS_OLD(w); u_new = u_new + IS_NEW(w)
        :: !lies[w] && branch[w] != 1 && IS_NEW(w) && !has_c[w] && MAY_C ->
            branch[w] = 2; has_c[w] = true; c_new++
        :: else -> skip
        fi;
        w = 0;
        check()
       }
    :: break
    od
}
