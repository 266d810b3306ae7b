/*
 * lh_sim [COUNT] [--from NUMBER] [--kept FILE] [--jobs N] [--seed SEED] [--break RULE]
 *        [--fault KIND]... [--members N] [-v]
 *
 * Runs COUNT (10) cities, each twice: both runs must have the same trace. Their seeds are drawn
 * from NUMBER (1); those of FILE, one a line, come before them. --seed runs one city of that very
 * seed, -v prints its trace. With --members all cities have so many. --break has a rule broken:
 * then a run that fails is what is wanted.
 */
#include "tests/sim/faults.h"
#include "tests/sim/memo.h"
#include "tests/sim/world.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct campaign {
    struct sim_members *members;
    uint64_t drawn; /* seeds so far, of all processes */
    struct sim_counters counters;
    uint64_t seeds;
    uint64_t events;
    int64_t simulated_ms;
    bool is_bad;
};

enum { JOBS_MAX = 64 };

struct request {
    uint64_t count;
    uint64_t from;
    uint64_t jobs;
    uint64_t job;
    const char *kept;
    uint64_t seed;
    bool is_single;
    bool is_verbose;
    enum sim_break broken;
    unsigned fault_kinds;
    uint64_t member_count;
};

static const struct {
    const char *name;
    enum sim_break broken;
} BREAKS[] = {
    { "nothing", SIM_BREAK_NOTHING }, { "guard", SIM_BREAK_GUARD },
    { "quorum", SIM_BREAK_QUORUM },   { "fork", SIM_BREAK_FORK },
    { "persist", SIM_BREAK_PERSIST }, { "floor", SIM_BREAK_FLOOR },
    { "level", SIM_BREAK_LEVEL },     { "promises", SIM_BREAK_PROMISES },
    { "prepare", SIM_BREAK_PREPARE }, { "evidence", SIM_BREAK_EVIDENCE },
    { "keys", SIM_BREAK_KEYS },
};

static bool parse_break(enum sim_break *out, const char *name)
{
    for (size_t i = 0; i < sizeof BREAKS / sizeof BREAKS[0]; i++) {
        if (strcmp(BREAKS[i].name, name) == 0) {
            *out = BREAKS[i].broken;
            return true;
        }
    }
    return false;
}

static bool parse_number(uint64_t *out, const char *text)
{
    char *end = NULL;

    *out = strtoull(text, &end, 0);
    return *text >= '0' && *text <= '9' && *end == '\0';
}

static bool parse_option(struct request *out, const char *name, const char *value)
{
    if (strcmp(name, "--from") == 0) {
        return parse_number(&out->from, value);
    }
    if (strcmp(name, "--fault") == 0) {
        return sim_faults_find(&out->fault_kinds, value);
    }
    if (strcmp(name, "--jobs") == 0) {
        return parse_number(&out->jobs, value) && out->jobs >= 1 && out->jobs <= JOBS_MAX;
    }
    if (strcmp(name, "--members") == 0) {
        return parse_number(&out->member_count, value) && out->member_count >= 2 &&
               out->member_count <= SIM_MEMBERS_MAX;
    }
    if (strcmp(name, "--kept") == 0) {
        out->kept = value;
        return true;
    }
    if (strcmp(name, "--seed") == 0) {
        out->is_single = true;
        return parse_number(&out->seed, value);
    }
    return strcmp(name, "--break") == 0 && parse_break(&out->broken, value);
}

static bool parse(struct request *out, int argc, char **argv)
{
    *out = (struct request){ .count = 10, .from = 1, .jobs = 1 };
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-v") == 0) {
            out->is_verbose = true;
        } else if (argv[i][0] != '-') {
            if (!parse_number(&out->count, argv[i])) {
                return false;
            }
        } else if (i + 1 == argc || !parse_option(out, argv[i], argv[i + 1])) {
            return false;
        } else {
            i++;
        }
    }
    return true;
}

static void note(struct campaign *campaign, const struct sim_world *world)
{
    campaign->seeds++;
    campaign->events += world->events;
    campaign->simulated_ms += world->now_ms;
    sim_counters_add(&campaign->counters, &world->counters);
}

static void say_failed(const struct sim_world *world, const char *why)
{
    printf("sim: seed %" PRIu64 " fails at %" PRId64 " ms, event %" PRIu64 ": %s\n",
           world->options.seed, world->now_ms, world->events, why);
}

/* False: a rule does not hold, or two runs of the seed differ. The first run of all reckons every
 * signature, so the memo is part of what must not make a difference. */
static bool run_seed(struct campaign *campaign, const struct request *request, uint64_t seed)
{
    struct sim_options options = { .seed = seed,
                                   .fault_kinds = request->fault_kinds,
                                   .member_count = (size_t)request->member_count,
                                   .out = request->is_verbose ? stdout : NULL };
    struct sim_world first;
    struct sim_world second;

    if (campaign->seeds > 0) {
        sim_memo_use(campaign->members->suite);
    }
    sim_world_run(&first, campaign->members, &options);
    sim_memo_use(campaign->members->suite);
    options.out = NULL;
    sim_world_run(&second, campaign->members, &options);
    bool is_same = first.trace.hash == second.trace.hash;
    bool is_good = is_same && first.failure[0] == '\0';
    if (!is_good) {
        say_failed(&first, is_same ? first.failure : "two runs of it have different traces");
    }
    note(campaign, &first);
    sim_world_clear(&first);
    sim_world_clear(&second);
    return is_good;
}

/* False: the broken rule is noticed, in a city that is well when it is not broken. */
static bool run_broken(struct campaign *campaign, const struct request *request, uint64_t seed)
{
    struct sim_options options = { .seed = seed,
                                   .broken = request->broken,
                                   .fault_kinds = request->fault_kinds,
                                   .member_count = (size_t)request->member_count,
                                   .out = request->is_verbose ? stdout : NULL };
    struct sim_world world;
    struct sim_world control;

    sim_memo_use(campaign->members->suite);
    sim_world_run(&world, campaign->members, &options);
    bool is_good = world.failure[0] == '\0';
    if (!is_good) {
        options.broken = SIM_BREAK_NOTHING;
        sim_world_run(&control, campaign->members, &options);
        say_failed(&world, control.failure[0] == '\0' ? world.failure : "with nothing broken too");
        sim_world_clear(&control);
    }
    note(campaign, &world);
    sim_world_clear(&world);
    return is_good;
}

static bool has_all_happened(const struct campaign *campaign)
{
    bool has_all = true;

    for (unsigned i = 0; i < SIM_COUNTER_COUNT; i++) {
        if (campaign->counters.of[i] == 0) {
            printf("sim: never seen: %s\n", sim_counter_text((enum sim_counter)i));
            has_all = false;
        }
    }
    return has_all;
}

/* Seeds are short enough to be typed. */
static uint64_t draw_seed(struct lh_seeded *stream)
{
    return lh_seeded_next(stream) >> 24;
}

/* Does this process run the next seed? */
static bool is_ours(struct campaign *campaign, const struct request *request)
{
    return campaign->drawn++ % request->jobs == request->job;
}

/* A line of the list: a seed, and the kinds of faults if they were chosen. False: it is none. */
static bool parse_kept(char *line, uint64_t *out_seed, unsigned *out_kinds)
{
    char *rest = NULL;

    *out_kinds = 0;
    *out_seed = strtoull(line, &rest, 10);
    for (char *word = strtok_r(rest, " \n", &rest); word != NULL;
         word = strtok_r(NULL, " \n", &rest)) {
        if (!sim_faults_find(out_kinds, word)) {
            return false;
        }
    }
    return *out_seed != 0;
}

/* The seeds that failed once. */
static bool run_kept(struct campaign *campaign, const struct request *request)
{
    struct request one = *request;
    char line[256];
    bool is_good = true;
    FILE *file = fopen(request->kept, "r");

    if (file == NULL) {
        perror(request->kept);
        return false;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#' || !is_ours(campaign, request)) {
            continue;
        }
        if (!parse_kept(line, &one.seed, &one.fault_kinds)) {
            printf("sim: %s: no seed: %s", request->kept, line);
            is_good = false;
        } else {
            is_good = run_seed(campaign, &one, one.seed) && is_good;
        }
    }
    return fclose(file) == 0 && is_good;
}

static bool run_drawn(struct campaign *campaign, const struct request *request)
{
    struct lh_seeded seeds = sim_stream(request->from, "seeds", 0);
    bool is_good = true;

    for (uint64_t i = 0; i < request->count; i++) {
        uint64_t seed = draw_seed(&seeds);

        if (!is_ours(campaign, request)) {
            continue;
        }
        if (request->broken == SIM_BREAK_NOTHING) {
            is_good = run_seed(campaign, request, seed) && is_good;
        } else if (!run_broken(campaign, request, seed)) {
            return false; /* once is enough */
        }
    }
    return is_good;
}

static bool run_share(struct campaign *campaign, const struct request *request)
{
    bool is_good = true;

    if (request->is_single) {
        return request->broken == SIM_BREAK_NOTHING ? run_seed(campaign, request, request->seed)
                                                    : run_broken(campaign, request, request->seed);
    }
    if (request->kept != NULL) {
        is_good = run_kept(campaign, request);
    }
    return run_drawn(campaign, request) && is_good;
}

/* One process: runs its share and writes what it counted. */
static pid_t start_job(struct campaign *campaign, const struct request *request, int *out_fd)
{
    int ends[2];

    fflush(stdout);
    if (pipe(ends) != 0) {
        perror("pipe");
        exit(1);
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        campaign->is_bad = !run_share(campaign, request);
        fflush(stdout);
        _exit(write(ends[1], campaign, sizeof *campaign) == (ssize_t)sizeof *campaign ? 0 : 1);
    }
    close(ends[1]);
    *out_fd = ends[0];
    return pid;
}

static void run_jobs(struct campaign *total, const struct request *request)
{
    struct request share = *request;
    pid_t pids[JOBS_MAX];
    int fds[JOBS_MAX];

    for (share.job = 0; share.job < request->jobs; share.job++) {
        pids[share.job] = start_job(total, &share, &fds[share.job]);
    }
    for (uint64_t i = 0; i < request->jobs; i++) {
        struct campaign part = { .seeds = 0 };
        int status = 0;

        bool is_whole = pids[i] > 0 && read(fds[i], &part, sizeof part) == (ssize_t)sizeof part;
        if (!is_whole || waitpid(pids[i], &status, 0) != pids[i] || status != 0) {
            printf("sim: a process ended before its time\n");
            total->is_bad = true;
        } else {
            total->seeds += part.seeds;
            total->events += part.events;
            total->simulated_ms += part.simulated_ms;
            total->is_bad = total->is_bad || part.is_bad;
            sim_counters_add(&total->counters, &part.counters);
        }
        close(fds[i]);
    }
}

enum { COUNTERS_FROM = 100 }; /* in so many cities everything has to happen */

int main(int argc, char **argv)
{
    struct sim_members members;
    struct campaign campaign = { .members = &members };
    struct request request;

    if (!parse(&request, argc, argv)) {
        fprintf(stderr, "usage: lh_sim [COUNT] [--from NUMBER] [--kept FILE] [--jobs N]"
                        " [--seed SEED] [--break RULE] [--fault KIND]... [--members N] [-v]\n");
        return 2;
    }
    sim_members_init(&members);
    run_jobs(&campaign, &request);
    if (request.is_verbose || campaign.seeds >= COUNTERS_FROM) {
        for (unsigned i = 0; i < SIM_COUNTER_COUNT; i++) {
            printf("%10" PRIu64 "  %s\n", campaign.counters.of[i],
                   sim_counter_text((enum sim_counter)i));
        }
    }
    if (campaign.seeds >= COUNTERS_FROM && request.broken == SIM_BREAK_NOTHING) {
        campaign.is_bad = !has_all_happened(&campaign) || campaign.is_bad;
    }
    sim_members_clear(&members);
    printf("sim: %" PRIu64 " seeds, %" PRId64 " simulated seconds, %" PRIu64 " events: %s\n",
           campaign.seeds, campaign.simulated_ms / 1000, campaign.events,
           campaign.is_bad ? "FAILED" : "all rules held");
    return campaign.is_bad ? 1 : 0;
}
