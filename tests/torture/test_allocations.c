/* test_allocations.c - every allocation of every step, writer and reader fails in turn: E_MEMORY and its status, no crash, every byte given back.
 * Sampled: the first 8 allocations of each, then about 10 more; ORDAPT_TORTURE=all tries every one. The memory that HDF5, jansson and libyaml
 * take for themselves is not counted here. */
#include <unistd.h>

#include "core/data/atomnet_made.h"
#include "core/io/temporary.h"
#include "core/step/step_run.h"
#include "io/nexus.h"
#include "run/call.h"
#include "starved.h"
#include "vendor_made.h"

/* ---- one thing that is done with a failing allocation ---- */

typedef struct work {
    const char *name;
    oa_status (*run)(oa_context *context, const void *arg);
    const void *arg;
} work;

/* True: the work was done before allocation n. */
static bool fail_at(const work *w, uint64_t n, uint64_t *allocations)
{
    size_t empty;
    oa_context *context = starved_context(&empty);
    const uint64_t before = context->allocations;
    context->fail_allocation = before + n;
    const oa_status status = w->run(context, w->arg);
    const bool is_through = context->allocations < context->fail_allocation;
    *allocations = context->allocations - before;
    starved_check_bytes(context, w->name, n, empty);
    starved_check(context, w->name, n, is_through, status);
    assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    oa_context_free(context);
    return is_through;
}

static void torture(const work *w)
{
    enum { FIRST = 8, MORE = 10 };
    const char *wanted = getenv("ORDAPT_TORTURE");
    uint64_t total, unused, failed = 0;
    assert_true(fail_at(w, UINT64_MAX / 2, &total));
    const uint64_t stride = wanted && strcmp(wanted, "all") == 0 ? 1 : 1 + total / MORE;
    for (uint64_t n = 1; !fail_at(w, n, &unused); n += n < FIRST ? 1 : stride) failed++;
    assert_true(failed > 0 && total > 0);
    print_message("%s: %llu of %llu allocations failed in turn\n", w->name, (unsigned long long)failed, (unsigned long long)total);
}

/* ---- steps ---- */

/* Each is done once in a context of its own and kept, since later ones take its result; then it is done with failing allocations. */
typedef struct job {
    const char *name, *step;
    struct { const char *slot; int from; } input[2]; /* from: the number of an earlier job */
    const char *lines;                               /* "name=value;name=value" */
} job;

enum { TIP, MIXED, BANK, NET, FOUND, NULL_FOUND, DOMAINS };
static const job jobs[] = {
    [TIP] = { "synthesise", "synthesise", { { NULL, 0 } }, "box=-2,2,-2,2,-4,0;domains=2;radii=0.8,1" },
    [MIXED] = { "shuffle", "shuffle", { { "ions", TIP } }, "" },
    [BANK] = { "bank", "bank", { { NULL, 0 } }, "crystals=false;voxels=60;specimens=2" },
    [NET] = { "train", "train", { { "patterns", BANK } }, "filters=2;dense=4;epochs=1;folds=2" },
    [FOUND] = { "classify", "classify", { { "ions", TIP }, { "model", NET } }, "species=Ni;threshold=0.3" },
    [NULL_FOUND] = { "classify of the control", "classify", { { "ions", MIXED }, { "model", NET } }, "species=Ni;threshold=0.3" },
    [DOMAINS] = { "domains", "domains", { { "ions", FOUND }, { "control", NULL_FOUND } }, "draws=1" },
    { "domains of solutes", "domains", { { "ions", TIP } }, "species=Ni;method=max_separation" },
    { "bank of crystals", "bank", { { NULL, 0 } }, "copies=1;voxels=0" },
    { "crop", "crop", { { "ions", TIP } }, "roi=-1,1,-1,1,-3,-1" },
    { "range", "range", { { "ions", TIP } }, "" },
    { "composition", "composition", { { "ions", TIP } }, "" },
    { "spectrum", "spectrum", { { "ions", TIP } }, "bin_width=0.5" },
    { "density_map", "density_map", { { "ions", DOMAINS } }, "" },
    { "frequency", "frequency", { { "ions", TIP } }, "species=Ni,Cr;block=20;draws=3" },
    { "neighbours", "neighbours", { { "ions", TIP } }, "pairs=Cr-Cr;k=3;draws=2" },
    { "warren_cowley", "warren_cowley", { { "ions", TIP } }, "pairs=Ni-Ni,Ni+Co-Cr;k=7;draws=2" },
    { "diffuse", "diffuse", { { "ions", TIP } }, "species=Ni;grid_points=5,5,1" },
    { "monte_carlo", "monte_carlo", { { NULL, 0 } }, "energies=Ni-Al:-0.03;cells=4;sweeps=20" },
    { "monte_carlo to targets", "monte_carlo", { { NULL, 0 } }, "targets=Ni-Al:-0.33/-0.33;weights=Ni-Al:2;cells=4;sweeps=20" },
    { "score", "score", { { "selection", FOUND }, { "truth", TIP } }, "" },
    { "evaluate", "evaluate", { { "model", NET }, { "patterns", BANK } }, "fit_temperature=true" },
    { "attribute", "attribute", { { "model", NET }, { "patterns", BANK } }, "method=grad_cam" },
    { "sdm", "sdm", { { "ions", TIP } }, "pairs=Ni-Ni,Co-Cr;roi=-1,1,-1,1,-3,-1" },
    { "superlattice", "superlattice", { { "ions", TIP } }, "species=Ni" },
};
enum { JOBS = sizeof jobs / sizeof *jobs };
static oa_call *done[JOBS];

static oa_status set_lines(oa_call *call, const char *lines)
{
    char text[400], *rest = text;
    snprintf(text, sizeof text, "%s", lines);
    for (char *line; (line = strtok_r(rest, ";", &rest));) {
        char *value = strchr(line, '=');
        assert_non_null(value);
        *value++ = 0;
        OA_TRY(oa_call_set(call, line, value));
    }
    return OA_OK;
}

/* *out is the caller's also after a failure. */
static oa_status do_job(oa_context *context, const job *j, oa_call **out)
{
    *out = NULL;
    OA_TRY(oa_call_new(context, out, oa_step_find(j->step)));
    for (int k = 0; k < 2 && j->input[k].slot; k++) OA_TRY(oa_call_input_call(*out, j->input[k].slot, done[j->input[k].from]));
    OA_TRY(set_lines(*out, j->lines));
    return oa_call_run(*out);
}

static oa_status run_job(oa_context *context, const void *arg)
{
    oa_call *call;
    const oa_status status = do_job(context, arg, &call);
    assert_true(!call || (status == OA_OK) == (call->record != NULL && call->values != NULL));
    oa_call_free(call);
    return status;
}

static int make_all(void **state)
{
    if (temporary_make(state) != 0 || check_setup(state) != 0) return -1;
    for (int i = 0; i < JOBS; i++) check_ok((oa_context *)*state, do_job(*state, &jobs[i], &done[i]));
    return 0;
}

static int drop_all(void **state)
{
    for (int i = JOBS; i-- > 0;) oa_call_free(done[i]);
    check_teardown(state);
    return temporary_remove(state);
}

static void test_allocations__of_steps(void **state)
{
    (void)state;
    for (int i = 0; i < JOBS; i++) torture(&(work){ jobs[i].name, run_job, &jobs[i] });
}

/* The network comes from memory, as no small file of one trains quickly. */
static oa_status segment(oa_context *context, const void *arg)
{
    oa_call *call = NULL;
    const oa_input model = { .role = "model", .model = (oa_model *)arg, .file_name = "", .sha256 = "", .content_sha256 = "", .entry = "", .subentry = "" };
    oa_status status = oa_call_new(context, &call, oa_step_find("segment"));
    if (status == OA_OK) status = oa_call_input_call(call, "ions", done[TIP]);
    if (status == OA_OK) status = oa_call__input(call, &model);
    if (status == OA_OK) status = set_lines(call, "species_codes=Ni:0,Co:1,Cr:2;lattice_parameter=0.36");
    if (status == OA_OK) status = oa_call_run(call);
    oa_call_free(call);
    return status;
}

static void test_allocations__of_segment(void **state)
{
    oa_model *model = atomnet_make(*state, 1, 1, true, 3);
    torture(&(work){ "segment", segment, model });
    oa_model_free(model);
}

/* import and export go with the readers and writers; all others are above. */
static void test_allocations__no_step_is_left_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < oa_step_count(); i++) {
        const char *name = oa_step_name(oa_step_at(i));
        bool is_there = strcmp(name, "import") == 0 || strcmp(name, "export") == 0 || strcmp(name, "segment") == 0;
        for (int k = 0; k < JOBS; k++) is_there = is_there || strcmp(jobs[k].step, name) == 0;
        if (!is_there) fail_msg("%s is not tortured", name);
    }
}

/* ---- files ---- */

static oa_status write_nexus(oa_context *context, const void *arg)
{
    const oa_call *call = arg;
    const oa_part part = { call->record, call->values };
    const oa_bundle bundle = { .ions = call->values->ions, .parts = &part, .n_parts = 1, .level = 1 };
    const char *path = temporary_path("torn.nxs");
    unlink(path);
    const oa_status status = oa_nexus_write(context, path, false, &bundle, NULL);
    assert_int_equal(access(path, F_OK) == 0, status == OA_OK);
    assert_int_not_equal(access(temporary_path("torn.nxs.part"), F_OK), 0);
    return status;
}

static void test_allocations__of_the_nexus_writer(void **state)
{
    (void)state;
    for (int i = 0; i < JOBS; i++)
        if (i == TIP || i == NET || i == FOUND || i == DOMAINS) torture(&(work){ jobs[i].name, write_nexus, done[i] });
}

static oa_status export_to(oa_context *context, const void *arg)
{
    oa_call *call = NULL;
    const char *path = temporary_path(arg);
    unlink(path);
    oa_status status = oa_call_new(context, &call, oa_step_find("export"));
    if (status == OA_OK) status = oa_call_input_call(call, "ions", done[TIP]);
    if (status == OA_OK) status = oa_call_output(call, path, true);
    if (status == OA_OK) status = oa_call_run(call);
    oa_call_free(call);
    return status;
}

static void test_allocations__of_export(void **state)
{
    static const char *const names[] = { "torn.pos", "torn.csv", "torn.xyz", "torn.vtkhdf" };
    (void)state;
    for (int i = 0; i < 4; i++) torture(&(work){ names[i], export_to, names[i] });
}

static oa_status read_vendor(oa_context *context, const void *arg)
{
    const char *const path = temporary_path(arg), *const ions = temporary_path("made.pos");
    const char *ext = strrchr(arg, '.');
    const bool is_ranges = strcmp(ext, ".rrng") == 0 || strcmp(ext, ".rng") == 0 || strcmp(ext, ".env") == 0;
    const char *paths[2] = { is_ranges ? ions : path, path };
    oa_call *call = NULL;
    oa_status status = oa_call_new(context, &call, oa_step_find("import"));
    if (status == OA_OK && strcmp(ext, ".npy") == 0) status = oa_call_set(call, "labels", "FCC");
    if (status == OA_OK) status = oa_call_input_files(call, "files", paths, is_ranges ? 2 : 1);
    if (status == OA_OK) status = oa_call_run(call);
    oa_call_free(call);
    return status;
}

static void test_allocations__of_vendor_readers(void **state)
{
    (void)state;
    vendor_make_all();
    for (const char *const *name = vendor_names; *name; name++) torture(&(work){ *name, read_vendor, *name });
}

static oa_status read_metadata(oa_context *context, const void *arg)
{
    oa_metadata *metadata = NULL;
    oa_status status = oa_metadata_read(context, temporary_path(arg), &metadata);
    if (status == OA_OK) status = oa_metadata_complete(metadata);
    oa_metadata_free(metadata);
    return status;
}

static void test_allocations__of_metadata(void **state)
{
    (void)state;
    temporary_text("made.yaml", "atom_probe:\n  specimen:\n    name: tip\n");
    temporary_text("made.json", "{\"atom_probe\": {\"specimen\": {\"name\": \"tip\"}}}");
    torture(&(work){ "metadata as YAML", read_metadata, "made.yaml" });
    torture(&(work){ "metadata as JSON", read_metadata, "made.json" });
}

/* A file of ours in a slot: ions, a model, a result with the ions behind it. */
typedef struct slot_file {
    const char *step, *slot, *file;
} slot_file;

static oa_status read_slot(oa_context *context, const void *arg)
{
    const slot_file *f = arg;
    const char *path = temporary_path(f->file);
    oa_call *call = NULL;
    oa_status status = oa_call_new(context, &call, oa_step_find(f->step));
    if (status == OA_OK) status = oa_call_input_files(call, f->slot, &path, 1);
    oa_call_free(call);
    return status;
}

static void test_allocations__of_the_nexus_reader(void **state)
{
    static const slot_file files[] = { { "crop", "ions", "tip.nxs" }, { "range", "ranges", "tip.nxs" }, { "classify", "model", "net.nxs" },
                                       { "evaluate", "patterns", "bank.nxs" },
                                       { "score", "truth", "tip.nxs" }, { "domains", "ions", "found.nxs" } };
    oa_context *context = *state;
    check_ok(context, oa_write_call(done[TIP], temporary_path("tip.nxs"), true));
    check_ok(context, oa_write_call(done[BANK], temporary_path("bank.nxs"), true));
    check_ok(context, oa_write_call(done[NET], temporary_path("net.nxs"), true));
    oa_call_free(done[FOUND]); /* again, so that its record names the files */
    check_ok(context, do_job(context, &jobs[FOUND], &done[FOUND]));
    check_ok(context, oa_write_call(done[FOUND], temporary_path("found.nxs"), true));
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) torture(&(work){ files[i].file, read_slot, &files[i] });
}

/* Every one, whatever is sampled elsewhere: "no ions" for want of memory was once taken for an answer, and what asked for them fell over it. */
static void test_allocations__ions_are_given_or_refused_never_nothing(void **state)
{
    (void)state;
    const char *path = temporary_path("tip.nxs");
    bool is_through = false;
    for (uint64_t n = 1; !is_through; n++) {
        size_t empty;
        oa_context *context = starved_context(&empty);
        oa_h5 h5 = { .file = H5I_INVALID_HID };
        oa_ions *ions;
        check_ok(context, oa_h5_open(context, path, &h5));
        context->fail_allocation = context->allocations + n;
        const oa_status status = oa_nexus_ions(&h5, "entry1", &ions);
        is_through = context->allocations < context->fail_allocation;
        starved_check(context, "tip.nxs", n, is_through, status);
        assert_true((status == OA_OK) == (ions != NULL));
        oa_ions_free(ions);
        oa_h5_close(&h5);
        oa_context_free(context);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allocations__no_step_is_left_out), cmocka_unit_test(test_allocations__of_steps),
        cmocka_unit_test(test_allocations__of_segment),          cmocka_unit_test(test_allocations__of_export),
        cmocka_unit_test(test_allocations__of_the_nexus_writer), cmocka_unit_test(test_allocations__of_vendor_readers),
        cmocka_unit_test(test_allocations__of_metadata),         cmocka_unit_test(test_allocations__of_the_nexus_reader),
        cmocka_unit_test(test_allocations__ions_are_given_or_refused_never_nothing),
    };
    return cmocka_run_group_tests(tests, make_all, drop_all);
}
