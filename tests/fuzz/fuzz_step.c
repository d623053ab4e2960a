/* fuzz_step.c - whole steps: bytes choose the step, its parameters, a small specimen and what stands in the other slots. It finishes, or refuses
 * with a status of the contract, or ends soon after it was cancelled; nothing stays allocated. */
#include "fuzz_round.h"

#include "run/call.h"

enum { EARLIER = 8, PATIENCE_MS = 100, ENOUGH_S = 5 };
#define BYTES_MAX ((uint64_t)256 << 20)

/* Results for the slots, made once, in a context of their own. */
static struct earlier {
    const char *step, *slot[2], *parameters;
    int from[2]; /* which earlier one stands in the slot */
    oa_call *call;
} earlier[EARLIER] = {
    { "synthesise", { NULL }, "box=-2,2,-2,2,-4,0\ndomains=2\nradii=0.8,1", { 0 }, NULL },
    { "shuffle", { "ions" }, "seed=3", { 0 }, NULL },
    { "bank", { NULL }, "crystals=false\nvoxels=60\nspecimens=2", { 0 }, NULL },
    { "train", { "patterns" }, "filters=2\ndense=4\nepochs=1\nfolds=2\nouter_folds=0", { 2 }, NULL },
    { "classify", { "ions", "model" }, "species=Ni\nthreshold=0.3", { 0, 3 }, NULL },
    { "classify", { "ions", "model" }, "species=Ni\nthreshold=0.3", { 1, 3 }, NULL },
    { "domains", { "ions" }, "species=Ni\nmethod=max_separation", { 0 }, NULL },
    { "warren_cowley", { "ions" }, "pairs=Ni-Ni\nk=7\ndraws=0", { 0 }, NULL },
};

static void set_lines(oa_call *call, const char *lines)
{
    char line[200];
    fuzz_bytes in = { (const uint8_t *)lines, strlen(lines) };
    while (fuzz_line(&in, line, sizeof line)) fuzz_set_line(call->settings, line);
}

static void make_earlier(void)
{
    oa_context *context;
    fuzz_must(oa_context_new(&context, NULL) == OA_OK, "a context");
    for (int i = 0; i < EARLIER; i++) {
        struct earlier *e = &earlier[i];
        fuzz_must(oa_call_new(context, &e->call, oa_step_find(e->step)) == OA_OK, "a call");
        for (int k = 0; k < 2 && e->slot[k]; k++) fuzz_must(oa_call_input_call(e->call, e->slot[k], earlier[e->from[k]].call) == OA_OK, "an input");
        set_lines(e->call, e->parameters);
        if (oa_call_run(e->call) == OA_OK) continue;
        fprintf(stderr, "%s: %s\n", oa_error_code(context), oa_error_text(context));
        fuzz_must(false, "the earlier results can be made");
    }
}

/* ---- patience ---- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    oa_context *context; /* NULL: nothing runs */
    unsigned long number;
} watched = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, 0 };

static void *watch(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&watched.lock);
    for (;;) {
        while (!watched.context) pthread_cond_wait(&watched.changed, &watched.lock);
        const unsigned long number = watched.number;
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += PATIENCE_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L, until.tv_nsec %= 1000000000L;
        while (watched.context && watched.number == number && pthread_cond_timedwait(&watched.changed, &watched.lock, &until) == 0) {}
        if (watched.context && watched.number == number) oa_cancel(watched.context), watched.context = NULL;
    }
    return NULL;
}

static void set_watched(oa_context *context)
{
    pthread_mutex_lock(&watched.lock);
    watched.context = context;
    watched.number++;
    pthread_cond_signal(&watched.changed);
    pthread_mutex_unlock(&watched.lock);
}

/* ---- one input ---- */

static bool takes_files(const oa_step *step)
{
    for (const oa_slot *slot = step->slots; slot->name; slot++)
        if (slot->kind == OA_TAKES_SOURCES) return true;
    return step->gives_file;
}

/* 0: left empty where it may be; 1, 2: the specimen; else an earlier result, whether it suits or not. */
static void fill(oa_call *call, const oa_slot *slot, unsigned which, oa_ions *ions)
{
    if (which == 0 && slot->is_optional) return;
    const oa_status status = which < 3 ? oa_call_input_ions(call, slot->name, ions) : oa_call_input_call(call, slot->name, earlier[which % EARLIER].call);
    fuzz_must(status == OA_OK || status == OA_E_DATA || fuzz_is_refused_call(call->context, status), "a slot is filled or the input refused");
}

static void run(oa_call *call)
{
    uint64_t bytes = 0;
    oa_context *context = call->context;
    const oa_request request = { .step = call->step, .settings = call->settings, .inputs = call->inputs, .n_inputs = call->n_inputs };
    oa_context__clear(context);
    const oa_status foreseen = oa_run_check(context, &request, &bytes);
    if (foreseen == OA_OK && bytes > BYTES_MAX) return;
    const size_t before = context->bytes;
    context->peak_bytes = before;
    const clock_t started = clock(); /* of the processor: the machine may be busy */
    set_watched(context);
    const oa_status status = oa_call_run(call);
    set_watched(NULL);
    const double took = (double)(clock() - started) / CLOCKS_PER_SEC;
    oa_resume(context);
    if (took > ENOUGH_S) fprintf(stderr, "%s took %.1f s\n", call->step->name, took);
    fuzz_must(took <= ENOUGH_S, "a cancelled step ends soon");
    fuzz_must(foreseen == OA_OK || status != OA_OK, "what is refused before is refused when run");
    const bool is_known = status == OA_OK || status == OA_E_DATA || status == OA_E_LACKING || status == OA_E_CANCELLED || fuzz_is_refused_call(context, status);
    if (!is_known) fprintf(stderr, "%s: %s: %s\n", call->step->name, oa_error_code(context), oa_error_text(context));
    fuzz_must(is_known, "a step finishes or refuses with a status of the contract");
    fuzz_must((status == OA_OK) == (call->record != NULL), "success gives a record and failure none");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static pthread_t watcher;
    size_t base;
    char line[400];
    oa_call *call;
    if (!earlier[0].call) {
        make_earlier();
        fuzz_must(pthread_create(&watcher, NULL, watch, NULL) == 0, "a thread");
    }
    oa_context *context = fuzz_context(&base);
    fuzz_bytes in = { data, size };
    const oa_step *step = oa_step_at(fuzz_take(&in) % oa_step_count());
    if (takes_files(step)) return -1;
    unsigned which[4];
    for (int i = 0; i < 4; i++) which[i] = fuzz_take(&in) % (EARLIER + 3);
    fuzz_must(oa_call_new(context, &call, step) == OA_OK, "a call");
    for (unsigned lines = fuzz_take(&in) % 8; lines > 0 && fuzz_line(&in, line, sizeof line); lines--) fuzz_set_line(call->settings, line);
    oa_ions *ions = fuzz_ions(context, &in);
    for (int i = 0; i < 4 && step->slots[i].name; i++) fill(call, &step->slots[i], which[i], ions);
    run(call);
    oa_call_free(call);
    oa_ions_free(ions);
    fuzz_must(context->bytes - base < 65536, "nothing but idle scratch stays allocated");
    return 0;
}
