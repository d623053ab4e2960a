/* test_spectrum_golden.c - mass spectrum, ranging and composition of the reference specimens, read as a user's files are. */
#include "core/step/step_run.h"
#include "io/format.h"

extern const oa_step oa_step_import, oa_step_spectrum, oa_step_composition;

/* `import` of two reference files. */
static oa_ions *imported(oa_context *context, const char *ions_file, const char *ranges_file)
{
    char ions_path[1024], ranges_path[1024];
    snprintf(ions_path, sizeof ions_path, "%s", check_reference(ions_file));
    snprintf(ranges_path, sizeof ranges_path, "%s", check_reference(ranges_file));
    oa_source sources[2];
    step_run *s = step_begin(context, &oa_step_import);
    check_ok(context, oa_source_open(context, ions_path, &sources[0]));
    check_ok(context, oa_source_open(context, ranges_path, &sources[1]));
    oa_input *files = step_input(s, "files");
    files->sources = sources, files->n_sources = 2;
    check_ok(context, step_go(s));
    oa_ions *ions = step_take_ions(s);
    step_end(s);
    return ions;
}

static FILE *open_table(const char *name)
{
    FILE *file = fopen(check_reference(name), "r");
    char line[256];
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file)); /* the header */
    return file;
}

static void spectrum_is_exact(void **state)
{
    oa_ions *ions = imported(*state, "conventional/inputs/spectrum.pos", "conventional/inputs/spectrum.rrng");
    step_run *s = step_begin(*state, &oa_step_spectrum);
    step_ions(s, "ions", ions);
    check_ok(*state, step_go(s));
    const uint64_t *counts = step_data(s, "spectrum/counts");
    const size_t bins = oa_array_count(step_array(s, "spectrum/counts"));
    FILE *file = open_table("conventional/expected/mass_hist.csv");
    unsigned long bin, n, total = 0;
    while (fscanf(file, "%lu,%lu", &bin, &n) == 2) {
        assert_true(bin < bins);
        assert_int_equal(counts[bin], n);
        total += n;
    }
    fclose(file);
    check_real(step_real(s, "summary/counted"), (double)total, 0);
    step_end(s);
    oa_ions_free(ions);
}

/* Columns: element, counts, fraction, error (and others); the error only where all ions are single atoms. */
static void check_composition(oa_context *context, oa_ions *ions, const char *table, bool has_errors)
{
    step_run *s = step_begin(context, &oa_step_composition);
    step_ions(s, "ions", ions);
    check_ok(context, step_go(s));
    const uint64_t *counts = step_data(s, "composition/counts");
    const double *fraction = step_data(s, "composition/fraction"), *error = step_data(s, "composition/fraction_errors");
    const char *names = step_text(s, "summary/species");
    FILE *file = open_table(table);
    char line[256], element[8];
    int rows = 0;
    while (fgets(line, sizeof line, file)) {
        double n, c, e;
        assert_int_equal(sscanf(line, "%7[^,],%lf,%lf,%lf", element, &n, &c, &e), 4);
        size_t k = 0; /* position in "Mg, Al, Si": commas before the name */
        const char *at = strstr(names, element);
        assert_non_null(at);
        for (const char *p = names; p < at; p++) k += *p == ',';
        check_real((double)counts[k], n, 0);
        check_real(fraction[k], c, 1e-9);
        if (has_errors) check_real(error[k], e, 1e-9);
        rows++;
    }
    fclose(file);
    assert_int_equal(rows, oa_array_count(step_array(s, "composition/counts")));
    step_end(s);
}

static void compositions_are_exact(void **state)
{
    oa_ions *ions = imported(*state, "conventional/inputs/spectrum.pos", "conventional/inputs/spectrum.rrng");
    check_composition(*state, ions, "conventional/expected/composition.csv", true);
    oa_ions_free(ions);
    ions = imported(*state, "conventional/inputs/twophase.pos", "conventional/inputs/twophase.rrng");
    check_composition(*state, ions, "conventional/expected/bulk_composition.csv", false);
    oa_ions_free(ions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(spectrum_is_exact, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(compositions_are_exact, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
