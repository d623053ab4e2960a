/* test_range_files.c - range files from public collections: every one is read, or refused for a stated reason. */
#include <dirent.h>

#include "check.h"

#include "base/context.h"
#include "base/text.h"
#include "io/format.h"

/* What is known of each: ranges and types, or the code of the refusal. */
static const struct known {
    const char *name;
    size_t ranges, types;
    const char *code;
} known[] = {
    { "CoCrNi.RRNG", 7, 3, NULL },
    { "rangefile.rrng", 32, 27, NULL },
    { "Si.RRNG", 25, 13, NULL },
    { "R18_58152-v02.RRNG", 14, 14, NULL },
    { "Ranges_R45_2434-v01.rrng", 13, 11, NULL },
    { "R31_06365-v02.rrng", 72, 40, NULL },
    { "R20_28295.RRNG", 12, 12, NULL },
    { "87D_1.rng", 92, 35, NULL },
    { "R18_53705-v03.rng", 2, 2, NULL },
    { "R18_59377.rng", 39, 17, NULL },
    { "range_file_RNG.RNG", 18, 13, NULL },
    { "R04.rng", 8, 4, NULL },
    { "test7.rng", 0, 0, "E_RANGE_NEGATIVE" },
};

static const struct known *find_known(const char *name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0) return &known[i];
    return NULL;
}

static void read_one(oa_context *context, const char *path)
{
    const oa_read_options options = { .byte_order = "big", .preset = "" };
    const struct known *k = find_known(oa_base_name(path));
    oa_source source;
    oa_content content = { 0 };
    oa_context__clear(context);
    check_ok(context, oa_source_open(context, path, &source));
    const oa_status status = source.read(context, &source, &options, &content);
    if (status == OA_OK) print_message("%s: %zu ranges, %zu types\n", source.name, content.ranges->n, content.ranges->n_types);
    else print_message("%s: %s: %s\n", source.name, oa_error_code(context), oa_error_text(context));
    for (size_t i = 0; i < oa_warning_count(context); i++) print_message("  %s: %s\n", oa_warning_code(context, i), oa_warning_text(context, i));
    if (status == OA_OK)
        for (size_t i = 1; i < content.ranges->n; i++) assert_true(content.ranges->ranges[i].lower >= content.ranges->ranges[i - 1].upper);
    if (k && k->code) assert_string_equal(oa_error_code(context), k->code);
    else assert_int_equal(status, OA_OK);
    if (k && !k->code) {
        assert_int_equal(content.ranges->n, k->ranges);
        assert_int_equal(content.ranges->n_types, k->types);
    }
    oa_ranges__free(content.ranges);
}

static int read_folder(oa_context *context, const char *path)
{
    int n = 0;
    char inside[1024];
    DIR *folder = opendir(path);
    for (struct dirent *e; folder && (e = readdir(folder));) {
        if (e->d_name[0] == '.') continue;
        snprintf(inside, sizeof inside, "%s/%s", path, e->d_name);
        if (oa_text_ends_nocase(inside, ".rng") || oa_text_ends_nocase(inside, ".rrng")) read_one(context, inside), n++;
        else n += read_folder(context, inside);
    }
    if (folder) closedir(folder);
    return n;
}

static void test_range_files__of_public_collections(void **state)
{
    char folder[1024];
    snprintf(folder, sizeof folder, "%s", check_reference("apt-data/README.md"));
    *strrchr(folder, '/') = 0;
    assert_true(read_folder(*state, folder) >= 20);
}

/* The charge states of the ranges that ship with the CoCrNi ions: all doubly charged. */
static void test_range_files__charges_of_cocrni(void **state)
{
    const oa_read_options options = { .byte_order = "big", .preset = "" };
    oa_source source;
    oa_content content = { 0 };
    check_ok(*state, oa_source_open(*state, check_reference("apt-data/a356617605__Machine-learning-enabled-tomographic-imaging-of-chemical-short-"
                                                            "range-atomic-ordering/CoCrNi.RRNG"), &source));
    check_ok(*state, source.read(*state, &source, &options, &content));
    static const char *const names[] = { "Cr", "Ni", "Co" };
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(content.ranges->types[i].name, names[i]);
        assert_int_equal(content.ranges->types[i].charge, 2);
    }
    oa_ranges__free(content.ranges);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_range_files__of_public_collections, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_range_files__charges_of_cocrni, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
