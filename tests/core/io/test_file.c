/* test_file.c - recognising inputs, outputs that appear completely or not at all. */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "temporary.h"

#include "io/file.h"

static void check_source(oa_context *context, const char *path, const char *code, const char *word)
{
    oa_source source;
    oa_context__clear(context);
    check_fails(context, oa_source_open(context, path, &source), code);
    if (word && !strstr(oa_error_text(context), word)) fail_msg("'%s' does not mention '%s'", oa_error_text(context), word);
}

static void test_file__only_regular_files_are_inputs(void **state)
{
    check_source(*state, temporary_path("none.pos"), "E_NOT_FOUND", "none.pos");
    check_source(*state, temporary_path("no/folder/a.pos"), "E_NOT_FOUND", NULL);
    check_source(*state, temporary_text("a", "b"), "E_FORMAT_UNKNOWN", ".pos");
    check_source(*state, temporary_path("a/b.pos"), "E_NOT_FOUND", NULL); /* below a file */
    assert_int_equal(mkdir(temporary_path("folder.pos"), 0700), 0);
    check_source(*state, temporary_path("folder.pos"), "E_NOT_A_FILE", "a folder");
    assert_int_equal(mkfifo(temporary_path("pipe.pos"), 0600), 0);
    check_source(*state, temporary_path("pipe.pos"), "E_NOT_A_FILE", "a pipe"); /* and does not wait for a writer */
    check_source(*state, "/dev/null", "E_NOT_A_FILE", "a device");
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof address.sun_path, "%s", temporary_path("socket.pos"));
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0) check_source(*state, temporary_path("socket.pos"), "E_NOT_A_FILE", "a socket");
    close(fd);
    assert_int_equal(oa_exit_code(oa_source_open(*state, temporary_path("none.pos"), &(oa_source){ 0 })), 66);
    if (geteuid() != 0) { /* the superuser may read everything */
        const char *path = temporary_text("secret.pos", "0123456789abcdef");
        chmod(path, 0);
        check_source(*state, path, "E_PERMISSION", NULL);
    }
    temporary_empty();
}

static void test_file__recognises_by_suffix_and_bytes(void **state)
{
    static const struct { const char *name, *text, *format; } good[] = {
        { "a.pos", "0123456789abcdef", "pos" }, { "A.POS", "0123456789abcdef", "pos" }, { "a.Epos", "x", "epos" },
        { "a.csv", "1,2", "csv" }, { "a.TXT", "1", "csv" }, { "a.rrng", "[", "rrng" }, { "a.b.RRNG", "[", "rrng" }, { "a.rng", "1", "rng" },
        { "a.nxs", "\x89HDF\r\n\x1a\n", "nexus" }, { "a.h5", "\x89HDF\r\n\x1a\n layer_names", "keras" },
        { "b.h5", "\x89HDF\r\n\x1a\n NX_class NXentry", "nexus" }, { "a.hdf5", "\x89HDF\r\n\x1a\n keras_version", "keras" },
        { "noname", "\x89HDF\r\n\x1a\n NX_class", "nexus" },
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        oa_source source;
        oa_context__clear(*state);
        check_ok(*state, oa_source_open(*state, temporary_text(good[i].name, good[i].text), &source));
        assert_string_equal(source.format, good[i].format);
        assert_string_equal(source.name, good[i].name);
        assert_non_null(source.read);
    }
    check_source(*state, temporary_text("a.rhit", "x"), "E_PROPRIETARY", "export");
    check_source(*state, temporary_text("a.STR", "x"), "E_PROPRIETARY", NULL);
    check_source(*state, temporary_text("a.xyz", "x"), "E_FORMAT_UNKNOWN", ".epos");
    check_source(*state, temporary_text("a.gz", "\x1f\x8b\x08"), "E_FORMAT_UNKNOWN", "gzip");
    check_source(*state, temporary_text("a.csv", "%PDF-1.7"), "E_FORMAT_MISMATCH", "PDF");
    check_source(*state, temporary_text("a.rng", "\x89PNG\r\n"), "E_FORMAT_MISMATCH", "PNG");
    check_source(*state, temporary_text("a.rrng", "\xfe\xff[I"), "E_ENCODING", "UTF-16");
    check_source(*state, temporary_text("a.h5", "text"), "E_H5_OPEN", "HDF5");
    check_source(*state, temporary_text("a.nxs", "PK\3\4"), "E_H5_OPEN", "zip");
    check_source(*state, temporary_text("a.pos", ""), "E_EMPTY_FILE", "0 bytes");
    temporary_empty();
}

static void test_file__digest_and_text(void **state)
{
    char hex[65], *text;
    uint64_t bytes;
    size_t length;
    check_ok(*state, oa_file_digest(*state, temporary_text("abc", "abc"), hex, &bytes));
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(bytes, 3);
    check_ok(*state, oa_file_text(*state, temporary_text("t", "\xef\xbb\xbfhello"), 100, &text, &length));
    assert_string_equal(text, "hello");
    assert_int_equal(length, 5);
    oa_free(*state, text);
    check_fails(*state, oa_file_text(*state, temporary_text("t", "0123456789"), 9, &text, &length), "E_SIZE");
    assert_null(text);
    temporary_empty();
}

static void test_file__output_is_complete_or_absent(void **state)
{
    oa_output_file file;
    char hex[65], seen[65];
    uint64_t bytes;
    const char *path = temporary_path("out.txt");
    check_ok(*state, oa_output_open(*state, &file, path, false));
    for (int i = 0; i < 400000; i++) check_ok(*state, oa_output_text(&file, "line %d\n", i));
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(access(temporary_path("out.txt.part"), F_OK), 0);
    check_ok(*state, oa_output_commit(&file, hex));
    assert_int_equal(temporary_count(), 1);
    check_ok(*state, oa_file_digest(*state, path, seen, &bytes));
    assert_string_equal(hex, seen);
    assert_int_equal(bytes, 4688890);

    check_fails(*state, oa_output_open(*state, &file, path, false), "E_EXISTS");
    oa_context__clear(*state);
    check_ok(*state, oa_output_open(*state, &file, path, true));
    check_ok(*state, oa_output_write(&file, "new", 3));
    oa_output_abandon(&file);
    check_ok(*state, oa_file_digest(*state, path, seen, &bytes)); /* the old one is still there */
    assert_string_equal(hex, seen);
    assert_int_equal(temporary_count(), 1);
    temporary_empty();
}

static void test_file__stale_part_is_replaced(void **state)
{
    oa_output_file file;
    size_t n;
    temporary_text("victim", "untouched");
    assert_int_equal(symlink(temporary_path("victim"), temporary_path("a.part")), 0); /* a link is not followed */
    check_ok(*state, oa_output_open(*state, &file, temporary_path("a"), false));
    check_ok(*state, oa_output_write(&file, "new", 3));
    check_ok(*state, oa_output_commit(&file, NULL));
    char *text = temporary_read(temporary_path("a"), &n), *victim = temporary_read(temporary_path("victim"), &n);
    assert_string_equal(text, "new");
    assert_string_equal(victim, "untouched");
    free(text);
    free(victim);
    temporary_empty();
}

static void test_file__outputs_that_cannot_be(void **state)
{
    oa_output_file file;
    static const struct { const char *name, *word; } bad[] = { { "no/such/folder/a", "does not exist" }, { "folder", "no regular file" }, { "folder/", "names no file" } };
    assert_int_equal(mkdir(temporary_path("folder"), 0700), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        oa_context__clear(*state);
        const oa_status status = oa_output_open(*state, &file, temporary_path(bad[i].name), true);
        assert_int_equal(oa_exit_code(status), 73);
        assert_string_equal(oa_error_code(*state), "E_OUTPUT");
        if (!strstr(oa_error_text(*state), bad[i].word)) fail_msg("%s", oa_error_text(*state));
    }
    oa_context__clear(*state);
    check_fails(*state, oa_output_open(*state, &file, "/dev/null", true), "E_OUTPUT"); /* renaming over it would destroy it */
    if (geteuid() != 0) {
        chmod(temporary_path("folder"), 0500);
        oa_context__clear(*state);
        check_fails(*state, oa_output_open(*state, &file, temporary_path("folder/a"), true), "E_OUTPUT");
    }
    temporary_empty();
}

/* A limit on the size of files stands for a full disk. */
static void test_file__full_disk_leaves_nothing(void **state)
{
    oa_output_file file;
    struct rlimit before, small;
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 3 << 20;
    signal(SIGXFSZ, SIG_IGN);
    char *bytes = calloc(1, 1 << 20);
    check_ok(*state, oa_output_open(*state, &file, temporary_path("full"), false));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    oa_status status = OA_OK;
    for (int i = 0; i < 8 && status == OA_OK; i++) status = oa_output_write(&file, bytes, 1 << 20);
    oa_output_abandon(&file);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(oa_exit_code(status), 73);
    assert_string_equal(oa_error_code(*state), "E_DISK_FULL");
    assert_int_equal(temporary_count(), 0);
    free(bytes);
}

static void test_file__another_writer_is_noticed(void **state)
{
    oa_output_file first, second;
    check_ok(*state, oa_output_open(*state, &first, temporary_path("a"), false));
    check_ok(*state, oa_output_open(*state, &second, temporary_path("a"), false));
    check_ok(*state, oa_output_write(&first, "one", 3));
    check_ok(*state, oa_output_write(&second, "two", 3));
    check_fails(*state, oa_output_commit(&first, NULL), "E_OUTPUT");
    oa_context__clear(*state);
    check_ok(*state, oa_output_commit(&second, NULL));
    assert_int_equal(temporary_count(), 1);
    temporary_empty();
}

static void test_file__sinks_by_suffix(void **state)
{
    oa_sink sink;
    static const char *const good[] = { "a.pos", "a.CSV", "a.xyz", "a.vtkhdf" };
    for (size_t i = 0; i < 4; i++) check_ok(*state, oa_sink_open(*state, temporary_path(good[i]), false, &sink));
    check_fails(*state, oa_sink_open(*state, temporary_path("a.gsd"), false, &sink), "E_OUTPUT_FORMAT");
    assert_non_null(strstr(oa_error_text(*state), ".pos, .csv, .xyz and .vtkhdf"));
    oa_context__clear(*state);
    check_fails(*state, oa_sink_open(*state, temporary_text("b.pos", "x"), false, &sink), "E_EXISTS");
    temporary_empty();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_file__only_regular_files_are_inputs, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_file__recognises_by_suffix_and_bytes, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_file__digest_and_text, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_file__output_is_complete_or_absent, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_file__stale_part_is_replaced, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_file__outputs_that_cannot_be, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_file__full_disk_leaves_nothing, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_file__another_writer_is_noticed, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_file__sinks_by_suffix, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, temporary_make, temporary_remove);
}
