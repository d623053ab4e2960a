/* Metadata files: the keys of the ELN file of pynxtools-apm, and files that mean harm. */
#include "check.h"
#include "io/format.h"

#include <time.h>
#include <unistd.h>

static char path[256];

/* A file of that suffix in a folder of our own; one at a time. */
static const char *file_of(const char *suffix, const char *text, size_t length)
{
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/ordapt_metadata_%ld%s", folder ? folder : ".", (long)getpid(), suffix);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    fclose(file);
    return path;
}

static oa_metadata *read_text(oa_context *context, const char *suffix, const char *text)
{
    oa_metadata *out;
    const oa_status status = oa_metadata_read(context, file_of(suffix, text, strlen(text)), &out);
    unlink(path);
    if (status != OA_OK) fail_msg("%s: %s", oa_error_code(context), oa_error_text(context));
    return out;
}

static void refuse(oa_context *context, const char *suffix, const char *text, size_t length, const char *code)
{
    oa_metadata *out;
    const clock_t begin = clock();
    oa_context__clear(context);
    check_fails(context, oa_metadata_read(context, file_of(suffix, text, length), &out), code);
    unlink(path);
    assert_null(out);
    assert_true((double)(clock() - begin) / CLOCKS_PER_SEC < 5);
}

static const char *text_of(const oa_metadata *m, const char *at)
{
    const oa_meta_field *field = oa_metadata_find(m, at);
    if (!field) fail_msg("%s is missing", at);
    return field->text;
}

static double number_of(const oa_metadata *m, const char *at, const char *unit)
{
    const oa_meta_field *field = oa_metadata_find(m, at);
    if (!field) fail_msg("%s is missing", at);
    assert_string_equal(field->unit, unit);
    return field->number;
}

static const char eln[] =
    "entry:\n"
    "  operation_mode: apt\n"
    "  start_time: '2024-03-01T10:00:00+01:00'\n"
    "  run_number: 22\n"
    "  end_time:\n"
    "sample:\n"
    "  alias: CoCrNi\n"
    "  is_simulation: no\n"
    "  grain_diameter: {value: 1.5, unit: micrometer}\n"
    "  grain_diameter_error:\n"
    "    value: 0.1\n"
    "    unit: um\n"
    "  heat_treatment_temperature: {value: 100, unit: degC}\n"
    "  heat_treatment_temperature_error: {value: 2, unit: degC}\n"
    "  composition:\n"
    "    - Co rem\n"
    "    - Cr 33.5\n"
    "    - Ni 33 +- 0.5\n"
    "    - B 200 ppm\n"
    "specimen:\n"
    "  atom_types: Co,Cr, Ni\n"
    "  is_polycrystalline: true\n"
    "  initial_radius: {value: 50, unit: nanometer}\n"
    "status: success\n"
    "instrument:\n"
    "  fabrication_vendor: CAMECA\n"
    "  fabrication_model: LEAP 5000 XR\n"
    "  reflectron_applied: true\n"
    "  pulse_mode: laser\n"
    "  pulse_frequency: {value: 0.2, unit: MHz}\n"
    "  pulse_fraction: 0.2\n"
    "  chamber_pressure: {value: 2.e-11, unit: mbar}\n"
    "  base_temperature: {value: 50, unit: kelvin}\n"
    "  evaporation_control: constant detection rate\n"
    "  target_detection_rate: 0.01\n"
    "  laser_source:\n"
    "    - name: laser\n"
    "      power: {value: 24, unit: milliwatt}\n"
    "      pulse_energy: {value: 24, unit: picojoule}\n"
    "      wavelength: {value: 355, unit: nm}\n"
    "user:\n"
    "  - name: Ada\n"
    "  - name: Bob\n"
    "    orcid: 0000-0002-1825-0097\n";

static void the_keys_of_the_eln_file_are_read(void **state)
{
    oa_metadata *m = read_text(*state, ".yaml", eln);
    assert_int_equal(oa_warning_count(*state), 0);
    assert_string_equal(text_of(m, "start_time"), "2024-03-01T10:00:00+01:00");
    check_real(number_of(m, "run_number", ""), 22, 0);
    check_real(number_of(m, "sample/is_simulation", ""), 0, 0);
    check_real(number_of(m, "sample/grain_diameter", "nm"), 1500, 0);
    check_real(number_of(m, "sample/grain_diameter_errors", "nm"), 100, 0);
    check_real(number_of(m, "sample/heat_treatment_temperature", "K"), 373.15, 1e-12);
    check_real(number_of(m, "sample/heat_treatment_temperature_errors", "K"), 2, 0);
    assert_string_equal(text_of(m, "sample/chemical_composition/normalization"), "atom_percent");
    check_real(number_of(m, "sample/chemical_composition/Co/composition", ""), 33.48, 1e-12);
    check_real(number_of(m, "sample/chemical_composition/Ni/composition_errors", ""), 0.5, 0);
    check_real(number_of(m, "sample/chemical_composition/B/composition", ""), 0.02, 1e-15);
    assert_string_equal(text_of(m, "specimen/atom_types"), "Co, Cr, Ni");
    check_real(number_of(m, "specimen/initial_radius", "nm"), 50, 0);
    check_real(number_of(m, "measurement/instrument/reflectron/applied", ""), 1, 0);
    check_real(number_of(m, "measurement/event1/instrument/pulser/pulse_frequency", "kHz"), 200, 1e-12);
    check_real(number_of(m, "measurement/event1/instrument/analysis_chamber/pressure_sensor/value", "Pa"), 2e-9, 1e-20);
    assert_string_equal(text_of(m, "measurement/event1/instrument/analysis_chamber/pressure_sensor/measurement"), "pressure");
    check_real(number_of(m, "measurement/event1/instrument/pulser/source1/pulse_energy", "J"), 24e-12, 1e-24);
    assert_string_equal(text_of(m, "user2/identifier1"), "0000-0002-1825-0097");
    assert_string_equal(oa_metadata_find(m, "user2/identifier1")->attribute_value, "ORCID");
    const size_t n = m->n;
    check_ok(*state, oa_metadata_complete(m));
    assert_int_equal(m->n, n);
    assert_int_equal(oa_warning_count(*state), 0); /* a good file draws no warning */
    oa_metadata_free(m);
}

static void json_says_the_same(void **state)
{
    oa_metadata *m = read_text(*state, ".json",
                               "{\"entry\": {\"run_number\": 3}, \"specimen\": {\"initial_radius\": {\"value\": 50, \"unit\": \"nm\"},"
                               " \"is_amorphous\": true, \"alias\": null}, \"user\": {\"name\": \"Ada\"},"
                               " \"measurement\": {\"instrument\": {\"type\": \"3DAP\"}}, \"sample\": {\"composition\": [\"Fe rem\", \"Cr 12.5\"]}}");
    check_real(number_of(m, "run_number", ""), 3, 0);
    check_real(number_of(m, "specimen/initial_radius", "nm"), 50, 0);
    check_real(number_of(m, "specimen/is_amorphous", ""), 1, 0);
    assert_string_equal(text_of(m, "user1/name"), "Ada");
    assert_string_equal(text_of(m, "measurement/instrument/type"), "3DAP"); /* paths of NXapm are keys too */
    check_real(number_of(m, "sample/chemical_composition/Fe/composition", ""), 87.5, 0);
    assert_null(oa_metadata_find(m, "specimen/alias"));
    assert_int_equal(oa_warning_count(*state), 0);
    oa_metadata_free(m);
}

static void unknown_keys_are_named(void **state)
{
    oa_metadata *m = read_text(*state, ".yaml", "specimen:\n  aliass: x\nreconstruction: {protocol_name: bas}\nspecimen2: 3\n");
    assert_int_equal(m->n, 0);
    assert_int_equal(oa_warning_count(*state), 3);
    assert_non_null(strstr(oa_warning_text(*state, 0), "specimen/aliass"));
    assert_string_equal(oa_warning_code(*state, 0), "W_METADATA");
    oa_metadata_free(m);
}

static void wrong_values_are_refused(void **state)
{
    static const char *const texts[] = {
        "specimen: {initial_radius: {value: 50, unit: K}}\n", "specimen: {initial_radius: {value: x, unit: nm}}\n",
        "specimen: {initial_radius: {value: 50}}\n",          "specimen: {initial_radius: 50}\n",
        "specimen: {is_amorphous: maybe}\n",                  "entry: {run_number: -1}\n",
        "entry: {run_number: 1.5}\n",                         "specimen: {initial_radius: {value: .nan, unit: nm}}\n",
        "sample: {composition: [Fe rem, Qq 3]}\n",            "sample: {composition: [Fe rem, Cr rem]}\n",
        "sample: {composition: [Cr 60, Ni 50]}\n",            "sample: {composition: [Cr 60, Cr 5]}\n",
        "sample: {composition: [Cr 10 wt%, Ni 10 at%]}\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) refuse(*state, ".yaml", texts[i], strlen(texts[i]), "E_METADATA");
}

static void hostile_files_are_refused(void **state)
{
    static const char *const yaml[] = {
        "a: &x [1, 2]\nb: *x\n", "a: *x\n", "a: !!python/object:os.system x\n", "- 1\n", "word\n", "a: 1\na: 2\n",
        "a: {b: 1}\na: {c: 2}\n", "a: 1\n---\nb: 2\n", "? [1, 2]\n: 3\n", "? {a: 1}\n: 3\n", "a: [1\n", "a: \"\\0\"\n", "'': 1\n",
        "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]\n", "{a: {a: {a: {a: {a: {a: {a: {a: {a: {a: 1}}}}}}}}}}\n", "a:\tb\n\t- c\n",
        "\xff\xfe", "a: \xc3(\n",
    };
    static const char *const json[] = { "{\"a\": 1, \"a\": 2}", "[1]", "{", "{\"a\": 1} x", "{\"a\": NaN}", "{\"a\": \"\\u0000\"}" };
    for (size_t i = 0; i < sizeof yaml / sizeof *yaml; i++) {
        const bool is_encoding = (unsigned char)yaml[i][0] == 0xff;
        refuse(*state, ".yaml", yaml[i], strlen(yaml[i]), is_encoding ? "E_ENCODING" : "E_METADATA");
    }
    for (size_t i = 0; i < sizeof json / sizeof *json; i++) refuse(*state, ".json", json[i], strlen(json[i]), "E_METADATA");
}

/* Long files of one pattern: quick refusals, no exhaustion. */
static void large_files_are_refused(void **state)
{
    enum { BIG = (1 << 20) - 8 };
    static const char *const unit[] = { "[", "{", "{a: ", "- ", "a: 1\n", "? ", "\"", "a", "[a,", "&a ", "{\"a\":", "{\"a\":1," };
    char *text = malloc(BIG + 64);
    for (size_t k = 0; k < sizeof unit / sizeof *unit; k++) {
        size_t n = 0;
        while (n + strlen(unit[k]) < BIG) {
            memcpy(text + n, unit[k], strlen(unit[k]));
            n += strlen(unit[k]);
        }
        refuse(*state, ".yaml", text, n, "E_METADATA");
        refuse(*state, ".json", text, n, "E_METADATA");
    }
    size_t n = 0;
    for (int i = 0; n < BIG - 16; i++) n += (size_t)sprintf(text + n, "k%d: 1\n", i);
    refuse(*state, ".yaml", text, n, "E_METADATA");
    free(text);
    text = calloc(1, (1 << 20) + 1);
    memset(text, ' ', (1 << 20) + 1);
    refuse(*state, ".yaml", text, (1 << 20) + 1, "E_SIZE");
    free(text);
}

static void no_memory_is_reported(void **state)
{
    (void)state;
    file_of(".yaml", eln, strlen(eln));
    for (uint64_t k = 1; k < 900; k += 7) {
        oa_context *context;
        const oa_context_options options = { .threads = 1, .fail_allocation = k };
        oa_metadata *m = NULL;
        if (oa_context_new(&context, &options) == OA_OK && oa_metadata_read(context, path, &m) != OA_OK)
            assert_string_equal(oa_error_code(context), "E_MEMORY");
        oa_metadata_free(m);
        oa_context_free(context);
    }
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_keys_of_the_eln_file_are_read, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(json_says_the_same, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(unknown_keys_are_named, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(wrong_values_are_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(hostile_files_are_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(large_files_are_refused, check_setup, check_teardown),
        cmocka_unit_test(no_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
