/* test_nexus_write.c - a NeXus file appears complete under its name or not at all, whatever stands in the way. */
#include "core/io/bundle.h"

#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

typedef struct fixture {
    oa_context *context;
    bundle_made made;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    if (oa_context_new(&f->context, NULL) != OA_OK) return -1;
    bundle_make(f->context, &f->made, bundle_ions(f->context, 1000, 3, false));
    oa_context__clear(f->context);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    bundle_drop(&f->made);
    oa_context_free(f->context);
    free(f);
    temporary_empty();
    return 0;
}

static oa_status put(fixture *f, const char *path, bool overwrite)
{
    uint64_t bytes = 0;
    struct stat info;
    oa_context__clear(f->context);
    OA_TRY(oa_nexus_write(f->context, path, overwrite, &f->made.bundle, &bytes));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, bytes);
    return OA_OK;
}

static void test_nexus_write__only_the_file_is_left(void **state)
{
    fixture *f = *state;
    check_ok(f->context, put(f, temporary_path("a.nxs"), false));
    assert_int_equal(temporary_count(), 1);
}

static void test_nexus_write__what_exists_is_kept_unless_asked(void **state)
{
    fixture *f = *state;
    const char *path = temporary_text("a.nxs", "precious");
    size_t n;
    check_fails(f->context, put(f, path, false), "E_EXISTS");
    assert_int_equal(oa_exit_code(put(f, path, false)), 73);
    char *text = temporary_read(path, &n);
    assert_string_equal(text, "precious");
    free(text);
    check_ok(f->context, put(f, path, true));
    assert_int_equal(temporary_count(), 1);
    text = temporary_read(path, &n);
    assert_memory_equal(text, "\x89HDF", 4);
    free(text);
}

static void test_nexus_write__places_where_no_file_can_be(void **state)
{
    fixture *f = *state;
    const char *folder = temporary_path("folder.nxs");
    assert_int_equal(mkdir(folder, 0700), 0);
    check_fails(f->context, put(f, folder, true), "E_OUTPUT");
    check_fails(f->context, put(f, temporary_path("none/a.nxs"), false), "E_OUTPUT");
    check_fails(f->context, put(f, "", false), "E_OUTPUT");
    assert_int_equal(temporary_count(), 1);
}

/* A device is never replaced by a file, not even with --overwrite. */
static void test_nexus_write__devices_stay_devices(void **state)
{
    fixture *f = *state;
    struct stat info;
    check_fails(f->context, put(f, "/dev/full", true), "E_OUTPUT");
    assert_int_equal(stat("/dev/full", &info), 0);
    assert_true(S_ISCHR(info.st_mode));
    assert_int_equal(access("/dev/full.part", F_OK), -1);
}

static void test_nexus_write__a_read_only_folder(void **state)
{
    fixture *f = *state;
    const char *folder = temporary_path("locked");
    const bool is_root = geteuid() == 0; /* who may write everywhere */
    assert_int_equal(mkdir(folder, 0500), 0);
    if (is_root && (chmod(temporary_folder, 0755) != 0 || chmod(folder, 0555) != 0 || seteuid(65534) != 0)) {
        print_message("skipped: root may write into read-only folders, and cannot become somebody else here\n");
        skip();
    }
    const oa_status status = put(f, temporary_path("locked/a.nxs"), false);
    if (is_root) assert_int_equal(seteuid(0), 0);
    assert_int_equal(status, OA_E_OUTPUT);
    assert_string_equal(oa_error_code(f->context), "E_OUTPUT");
}

static void test_nexus_write__a_stale_part_is_replaced(void **state)
{
    fixture *f = *state;
    temporary_text("a.nxs.part", "left by a run that was killed");
    check_ok(f->context, put(f, temporary_path("a.nxs"), false));
    assert_int_equal(temporary_count(), 1);
}

static void test_nexus_write__cancelled_leaves_nothing(void **state)
{
    fixture *f = *state;
    oa_cancel(f->context);
    check_fails(f->context, put(f, temporary_path("a.nxs"), false), "E_CANCELLED");
    assert_int_equal(temporary_count(), 0);
}

static void test_nexus_write__many_parts_that_show_the_same_spectrum(void **state)
{
    fixture *f = *state;
    enum { MANY = 40 };
    oa_values *empty;
    oa_part parts[MANY];
    oa_record *records[MANY];
    check_ok(f->context, oa_values_new(f->context, &empty)); /* nothing to plot: @default links to the spectrum */
    for (int i = 0; i < MANY; i++) {
        char name[16];
        check_ok(f->context, oa_record_new(f->context, &records[i]));
        snprintf(name, sizeof name, "crop%d", i);
        check_ok(f->context, oa_record_set(records[i], &records[i]->name, name));
        check_ok(f->context, oa_record_set(records[i], &records[i]->step, "crop"));
        parts[i] = (oa_part){ records[i], empty };
    }
    f->made.bundle.parts = parts, f->made.bundle.n_parts = MANY;
    check_ok(f->context, put(f, temporary_path("a.nxs"), false));
    oa_h5 h5;
    check_ok(f->context, oa_h5_open(f->context, temporary_path("a.nxs"), &h5));
    for (int i = 0; i < MANY; i++) {
        char path[64];
        snprintf(path, sizeof path, "entry1/crop%d/crop1/mass_spectrum/intensity", i);
        assert_true(oa_h5_is_dataset(&h5, path));
        oa_record_free(records[i]);
    }
    oa_h5_close(&h5);
    oa_values_free(empty);
}

static void test_nexus_write__every_allocation_fails_in_turn(void **state)
{
    fixture *f = *state;
    const size_t before = f->context->bytes;
    for (uint64_t n = 1; n < 1000; n++) {
        f->context->fail_allocation = f->context->allocations + n;
        const oa_status status = put(f, temporary_path("a.nxs"), false);
        const bool is_through = f->context->allocations < f->context->fail_allocation;
        f->context->fail_allocation = 0;
        assert_int_equal(f->context->bytes, before);
        if (is_through) {
            check_ok(f->context, status);
            assert_true(n > 10);
            return;
        }
        assert_int_equal(status, OA_E_LACKING);
        assert_int_equal(temporary_count(), 0);
    }
    fail_msg("never got through");
}

/* In a child: HDF5 may be beyond repair after a failed write. Gives the exit status, or 100 + signal. */
static int in_child(fixture *f, const char *path, rlim_t most)
{
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        const struct rlimit limit = { most, most };
        if (most) {
            signal(SIGXFSZ, SIG_IGN);
            setrlimit(RLIMIT_FSIZE, &limit);
        }
        const oa_status status = oa_nexus_write(f->context, path, false, &f->made.bundle, NULL);
        if (status != OA_OK) fprintf(stderr, "%s: %s\n", oa_error_code(f->context), oa_error_text(f->context));
        _exit(oa_exit_code(status));
    }
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    return WIFEXITED(how) ? WEXITSTATUS(how) : 100 + WTERMSIG(how);
}

static const oa_bulk_library libraries[] = { OA_BULK_AUTO, OA_BULK_HDF5, OA_BULK_NAPI };

static void larger(fixture *f)
{
    bundle_drop(&f->made);
    bundle_make(f->context, &f->made, bundle_ions(f->context, 100000, 3, true));
    f->made.bundle.level = 0;
    oa_context__clear(f->context);
}

static void test_nexus_write__a_file_may_grow_no_further(void **state)
{
    fixture *f = *state;
    larger(f);
    for (int k = 0; k < 3; k++)
        for (rlim_t most = 4096; most < 4000000; most = most * 5 + 1000) {
            f->made.bundle.library = libraries[k];
            const int code = in_child(f, temporary_path("a.nxs"), most);
            if (code != 73 && code != 74) fail_msg("library %d, %lu bytes: ended with %d", k, (unsigned long)most, code);
            if (temporary_count() != 0) fail_msg("library %d, %lu bytes: something is left", k, (unsigned long)most);
        }
}

static void test_nexus_write__a_full_disk(void **state)
{
    fixture *f = *state;
    const char *disk = temporary_path("disk");
    char path[1100], part[1200];
    assert_int_equal(mkdir(disk, 0700), 0);
    if (mount("none", disk, "tmpfs", 0, "size=1m") != 0) {
        print_message("skipped: a small disk cannot be mounted here\n");
        skip();
    }
    larger(f);
    snprintf(path, sizeof path, "%s/a.nxs", temporary_path("disk"));
    snprintf(part, sizeof part, "%s.part", path);
    int code[3], left = 0;
    for (int k = 0; k < 3; k++) {
        f->made.bundle.library = libraries[k];
        code[k] = in_child(f, path, 0);
        left += (access(path, F_OK) == 0) + (access(part, F_OK) == 0);
    }
    umount(temporary_path("disk"));
    for (int k = 0; k < 3; k++) assert_int_equal(code[k], 73);
    assert_int_equal(left, 0);
}

#define with_fixture(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_fixture(test_nexus_write__only_the_file_is_left),
        with_fixture(test_nexus_write__what_exists_is_kept_unless_asked),
        with_fixture(test_nexus_write__places_where_no_file_can_be),
        with_fixture(test_nexus_write__devices_stay_devices),
        with_fixture(test_nexus_write__a_read_only_folder),
        with_fixture(test_nexus_write__a_stale_part_is_replaced),
        with_fixture(test_nexus_write__cancelled_leaves_nothing),
        with_fixture(test_nexus_write__many_parts_that_show_the_same_spectrum),
        with_fixture(test_nexus_write__every_allocation_fails_in_turn),
        with_fixture(test_nexus_write__a_file_may_grow_no_further),
        with_fixture(test_nexus_write__a_full_disk),
    };
    return cmocka_run_group_tests(tests, temporary_make, temporary_remove);
}
