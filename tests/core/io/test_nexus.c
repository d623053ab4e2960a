/* test_nexus.c - what is written comes back: ions, ranging, metadata, results and records; and files of others are read for
 * what they are, or refused by name. */
#include "core/io/bundle.h"

#include "io/h5w.h"
#include "run/record_json.h"

static oa_h5 opened(oa_context *context, const char *path)
{
    oa_h5 h5;
    oa_context__clear(context);
    check_ok(context, oa_h5_open(context, path, &h5));
    return h5;
}

static const char *written(oa_context *context, const oa_bundle *bundle)
{
    const char *path = temporary_path("a.nxs");
    check_ok(context, oa_nexus_write(context, path, true, bundle, NULL));
    return path;
}

/* ---- our own files ---- */

static void check_same_ranges(const oa_ranges *a, const oa_ranges *b)
{
    assert_int_equal(a->n_types, b->n_types);
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n_types; i++) {
        const oa_ion_type *p = &a->types[i], *q = &b->types[i];
        assert_string_equal(p->name, q->name);
        assert_memory_equal(p->nuclides, q->nuclides, sizeof p->nuclides);
        assert_true(p->n_atoms == q->n_atoms && p->charge == q->charge && p->color == q->color && p->volume == q->volume);
    }
    for (size_t i = 0; i < a->n; i++)
        assert_true(a->ranges[i].lower == b->ranges[i].lower && a->ranges[i].upper == b->ranges[i].upper && a->ranges[i].type == b->ranges[i].type);
}

static void check_same_ions(const oa_ions *a, const oa_ions *b)
{
    char x[65], y[65];
    assert_int_equal(a->n, b->n);
    for (int c = 0; c < OA_ION_COLUMNS; c++) {
        assert_int_equal(a->column[c].block != NULL, b->column[c].block != NULL);
        if (!a->column[c].block) continue;
        if (a->column[c].type != b->column[c].type) fail_msg("%s is now %s", oa_ion_columns[c].name, oa_type_name(b->column[c].type));
        if (memcmp(a->column[c].block->data, b->column[c].block->data, a->n * oa_type_size(a->column[c].type)) != 0)
            fail_msg("%s has other values", oa_ion_columns[c].name);
    }
    check_same_ranges(a->ranges, b->ranges);
    check_ok(a->context, oa_ions__digest(a, x));
    check_ok(b->context, oa_ions__digest(b, y));
    assert_string_equal(x, y);
}

static void ions_there_and_back(oa_context *context, size_t n, unsigned n_types, bool all, int level, oa_bulk_library library)
{
    bundle_made m;
    oa_ions *back;
    char *entry;
    bundle_make(context, &m, bundle_ions(context, n, n_types, all));
    m.bundle.level = level, m.bundle.library = library;
    oa_h5 h5 = opened(context, written(context, &m.bundle));
    check_ok(context, oa_nexus_entry(&h5, &entry));
    assert_string_equal(entry, "entry1");
    assert_true(oa_nexus_has_ions(&h5, entry));
    check_ok(context, oa_nexus_ions(&h5, entry, &back));
    check_same_ions(m.ions, back);
    oa_ions_free(back);
    oa_free(context, entry);
    oa_h5_close(&h5);
    bundle_drop(&m);
}

static void test_nexus__ions_come_back(void **state)
{
    static const size_t lengths[] = { 0, 1, 1000, 70000 };
    for (int i = 0; i < 4; i++) {
        ions_there_and_back(*state, lengths[i], 3, true, 1, OA_BULK_AUTO);
        ions_there_and_back(*state, lengths[i], 300, false, 0, OA_BULK_HDF5);
    }
    ions_there_and_back(*state, 1000, 300, true, 9, OA_BULK_NAPI);
    ions_there_and_back(*state, 300000, 1, false, 0, OA_BULK_NAPI);
    ions_there_and_back(*state, 300000, 1, true, 1, OA_BULK_AUTO); /* longer than one slab of the reader */
}

static void check_same_arrays(const oa_values *a, const oa_values *b)
{
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->tasks, b->tasks);
    for (size_t i = 0; i < a->n; i++) {
        const oa_array *p = &a->arrays[i], *q = oa_values_find(b, p->task, p->name);
        if (!q) fail_msg("%s is missing", p->name);
        assert_true(p->type == q->type && p->rank == q->rank && oa_array_bytes(p) == oa_array_bytes(q));
        for (int d = 0; d < p->rank; d++) assert_int_equal(p->dims[d], q->dims[d]);
        assert_memory_equal(p->block->data, q->block->data, oa_array_bytes(p));
        assert_string_equal(p->unit, q->unit);
        if (p->rank) assert_string_equal(p->long_name, q->long_name);
    }
}

static void results_back(oa_context *context, const char *path, const char *name, oa_record **record, oa_values **values)
{
    oa_h5 h5 = opened(context, path);
    check_ok(context, oa_nexus_record(&h5, "entry1", name, record));
    check_ok(context, oa_nexus_values(&h5, "entry1", *record, values));
    oa_h5_close(&h5);
}

static void test_nexus__records_come_back_word_for_word(void **state)
{
    bundle_made m;
    oa_record *record;
    oa_values *values;
    bundle_make(*state, &m, bundle_ions(*state, 10, 3, false));
    results_back(*state, written(*state, &m.bundle), "toy", &record, &values);
    json_t *before = oa_record_json(m.record, m.values), *after = oa_record_json(record, values);
    char *a = json_dumps(before, JSON_INDENT(1) | JSON_SORT_KEYS), *b = json_dumps(after, JSON_INDENT(1) | JSON_SORT_KEYS);
    assert_string_equal(a, b);
    assert_string_equal(m.record->manifest, record->manifest);
    assert_string_equal(m.record->title, record->title);
    assert_int_equal(record->n_inputs, 1);
    assert_string_equal(record->inputs[0].subentry, "import");
    check_same_arrays(m.values, values);
    check_ok(*state, oa_record_check(record, values));
    free(a), free(b);
    json_decref(before);
    json_decref(after);
    oa_record_free(record);
    oa_values_free(values);
    bundle_drop(&m);
}

/* Every number type and rank, text, two tasks. */
static void fill_values(oa_values *values)
{
    static const size_t dims[] = { 3, 4, 2, 3, 2 };
    char name[32];
    for (int task = 1; task <= 2; task++)
        for (int t = OA_U8; t <= OA_F64; t++)
            for (int rank = 0; rank <= 5; rank++) {
                oa_array *array;
                snprintf(name, sizeof name, "r%d/%s", rank, oa_type_name((oa_type)t));
                check_ok(values->context, oa_values_add(values, task, name, (oa_type)t, rank, dims, &array));
                for (size_t i = 0; i < oa_array_bytes(array); i++) ((unsigned char *)array->block->data)[i] = (unsigned char)((i * 7 + (size_t)task) % 60);
            }
}

static void add_species(oa_values *values, int task, const char *title)
{
    oa_array *array;
    const size_t length = strlen(title) + 1;
    check_ok(values->context, oa_values_add(values, task, "summary/species", OA_TEXT, 0, NULL, &array));
    oa_block_free(array->block);
    check_ok(values->context, oa_block_new(values->context, &array->block, length, 1));
    memcpy(array->block->data, title, length);
}

static void test_nexus__results_of_every_type_and_several_tasks(void **state)
{
    oa_context *context = *state;
    bundle_made m;
    oa_record *record;
    oa_values *values, *many;
    char *head, *manifest;
    bundle_make(context, &m, bundle_ions(context, 10, 3, false));
    check_ok(context, oa_values_new(context, &many));
    check_ok(context, oa_resize(context, &many->task_titles, 2, sizeof *many->task_titles));
    many->tasks = 2;
    many->task_titles[0] = oa_strdup(context, "Ni"), many->task_titles[1] = oa_strdup(context, "Co\xc3\xa9");
    fill_values(many);
    add_species(many, 1, "Ni");
    add_species(many, 2, "Co\xc3\xa9");
    check_ok(context, oa_record_head(m.record, &head));
    check_ok(context, oa_values_digest(many, head, m.record->results_sha256, &manifest));
    check_ok(context, oa_record_set(m.record, &m.record->manifest, manifest));
    m.part.values = many;
    m.bundle.ions = NULL; /* results alone */
    for (int library = OA_BULK_AUTO; library <= OA_BULK_NAPI; library++) {
        m.bundle.library = (oa_bulk_library)library;
        results_back(context, written(context, &m.bundle), "toy", &record, &values);
        check_same_arrays(many, values);
        assert_string_equal(values->task_titles[1], "Co\xc3\xa9");
        check_ok(context, oa_record_check(record, values));
        oa_record_free(record);
        oa_values_free(values);
    }
    oa_free(context, head);
    oa_free(context, manifest);
    oa_values_free(many);
    bundle_drop(&m);
}

static void test_nexus__metadata_comes_back(void **state)
{
    bundle_made m;
    oa_metadata *metadata, *back;
    bundle_make(*state, &m, bundle_ions(*state, 10, 3, false));
    check_ok(*state, oa_metadata_new(*state, &metadata));
    check_ok(*state, oa_metadata_set_text(metadata, "specimen/alias", "tip 7 \xc3\xbc"));
    check_ok(*state, oa_metadata_set_text(metadata, "user1/name", "A. Person"));
    check_ok(*state, oa_metadata_set_number(metadata, "specimen/initial_radius", OA_F64, 42.5, "nm"));
    check_ok(*state, oa_metadata_set_number(metadata, "run_number", OA_U64, 12345, NULL));
    check_ok(*state, oa_metadata_complete(metadata));
    m.bundle.metadata = metadata;
    oa_h5 h5 = opened(*state, written(*state, &m.bundle));
    check_ok(*state, oa_nexus_metadata(&h5, "entry1", &back));
    for (size_t i = 0; i < metadata->n; i++) {
        const oa_meta_field *p = &metadata->fields[i], *q = oa_metadata_find(back, p->path);
        if (!q) fail_msg("%s is gone", p->path);
        assert_int_equal(p->type, q->type);
        if (p->type == OA_TEXT) assert_string_equal(p->text, q->text);
        else assert_true(p->number == q->number);
    }
    assert_true(metadata->n >= 4);
    oa_h5_close(&h5);
    oa_metadata_free(metadata);
    oa_metadata_free(back);
    bundle_drop(&m);
}

static void test_nexus__the_public_road(void **state)
{
    oa_context *context = *state;
    oa_ions *ions = bundle_ions(context, 100, 3, false), *back;
    oa_call *call;
    const char *path = temporary_path("public.nxs");
    check_ok(context, oa_call_new(context, &call, oa_step_find("crop")));
    check_ok(context, oa_call_input_ions(call, "ions", ions));
    check_fails(context, oa_write_call(call, path, true), "E_USAGE");
    check_ok(context, oa_call_set(call, "every", "3"));
    check_ok(context, oa_call_run(call));
    check_ok(context, oa_write_call(call, path, true));
    check_ok(context, oa_read_ions(context, path, &back));
    check_same_ions(oa_call_ions(call), back);
    assert_int_equal(oa_ions__evaporation_id(back, 2), 6);
    oa_ions_free(back);
    oa_record *record;
    oa_values *values;
    results_back(context, path, "crop", &record, &values);
    assert_string_equal(record->libraries, oa_nexus_libraries());
    assert_string_equal(record->results_sha256, oa_call_digest(call));
    oa_record_free(record);
    oa_values_free(values);
    check_fails(context, oa_read_ions(context, temporary_path("none.nxs"), &back), "E_NOT_FOUND");
    assert_null(back);
    oa_call_free(call);
    oa_ions_free(ions);
}

static void test_nexus__subentries_in_the_order_they_were_made(void **state)
{
    bundle_made m;
    oa_part parts[3];
    oa_record *record[3];
    char **names;
    size_t n;
    static const char *const order[] = { "zz", "mm", "aa" };
    bundle_make(*state, &m, bundle_ions(*state, 10, 3, false));
    for (int i = 0; i < 3; i++) {
        check_ok(*state, oa_record_new(*state, &record[i]));
        check_ok(*state, oa_record_set(record[i], &record[i]->name, order[i]));
        check_ok(*state, oa_record_set(record[i], &record[i]->step, "toy"));
        parts[i] = (oa_part){ record[i], m.values };
    }
    m.bundle.parts = parts, m.bundle.n_parts = 3;
    oa_h5 h5 = opened(*state, written(*state, &m.bundle));
    check_ok(*state, oa_nexus_subentries(&h5, "entry1", &names, &n));
    assert_int_equal(n, 3);
    for (int i = 0; i < 3; i++) assert_string_equal(names[i], order[i]);
    oa_h5_names_free(&h5, names, n);
    oa_h5_close(&h5);
    for (int i = 0; i < 3; i++) oa_record_free(record[i]);
    bundle_drop(&m);
}

static void test_nexus__names_that_would_leave_their_place(void **state)
{
    static const char *const bad[] = { "a/b", "/etc", "x123456789012345678901234567890123456789012345678901234567890123456789" };
    bundle_made m;
    bundle_make(*state, &m, bundle_ions(*state, 10, 3, false));
    for (int i = 0; i < 3; i++) {
        oa_context__clear(*state);
        check_ok(*state, oa_record_set(m.record, &m.record->name, bad[i]));
        check_fails(*state, oa_nexus_write(*state, temporary_path("bad.nxs"), true, &m.bundle, NULL), "E_RECIPE");
        assert_int_equal(access(temporary_path("bad.nxs"), F_OK), -1);
    }
    bundle_drop(&m);
}

/* ---- files of others, made piece by piece ---- */

#define ROI "/entry1/atom_probe/"
#define PEAKS ROI "ranging/peak_identification"

static oa_h5w foreign_begin(void)
{
    oa_h5_setup();
    oa_h5w w = { .file = H5Fcreate(temporary_path("foreign.nxs"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT) };
    oa_h5w_group(&w, "/entry1", "NXentry");
    oa_h5w_group(&w, "/entry1/atom_probe", "NXroi_process");
    return w;
}

static void add_positions(oa_h5w *w, const char *roi, size_t columns, const char *unit_name, const char *unit)
{
    static const float xyz[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
    char path[256];
    const size_t dims[] = { 4, columns };
    snprintf(path, sizeof path, "%sreconstruction", roi);
    oa_h5w_group(w, path, "NXprocess");
    snprintf(path, sizeof path, "%sreconstruction/reconstructed_positions", roi);
    oa_h5w_array(w, path, OA_F32, 2, dims, xyz, NULL);
    if (unit) oa_h5w_attribute(w, path, unit_name, unit);
}

static void add_mass(oa_h5w *w, const char *roi, size_t n, bool as_table)
{
    static const double mass[] = { 29, 27, 28.5, 99, 29 };
    char path[256];
    const size_t dims[] = { n, 1 };
    snprintf(path, sizeof path, "%smass_to_charge_conversion", roi);
    oa_h5w_group(w, path, "NXprocess");
    snprintf(path, sizeof path, "%smass_to_charge_conversion/mass_to_charge", roi);
    oa_h5w_array(w, path, OA_F64, as_table ? 2 : 1, dims, mass, "Da");
}

static void add_peaks(oa_h5w *w)
{
    oa_h5w_group(w, ROI "ranging", "NXprocess");
    oa_h5w_group(w, PEAKS, "NXprocess");
}

static void add_ion(oa_h5w *w, const char *name, const char *field, uint16_t hash, double lower, double upper)
{
    char path[256];
    uint16_t hashes[32] = { hash };
    const float bounds[] = { (float)lower, (float)upper };
    const size_t one[] = { 32 }, two[] = { 1, 2 };
    snprintf(path, sizeof path, PEAKS "/%s", name);
    oa_h5w_group(w, path, "NXion");
    snprintf(path, sizeof path, PEAKS "/%s/%s", name, field);
    oa_h5w_array(w, path, OA_U16, 1, one, hashes, NULL);
    snprintf(path, sizeof path, PEAKS "/%s/mass_to_charge_range", name);
    oa_h5w_array(w, path, OA_F32, 2, two, bounds, "Da");
}

static void add_types(oa_h5w *w, const uint8_t types[4])
{
    const size_t four = 4;
    oa_h5w_array(w, PEAKS "/iontypes", OA_U8, 1, &four, types, NULL);
}

static void foreign_end(oa_h5w *w)
{
    assert_int_equal(w->failures, 0);
    assert_true(H5Fclose(w->file) >= 0);
}

static oa_status foreign_read(oa_context *context, oa_ions **ions)
{
    char *entry;
    *ions = NULL;
    oa_h5 h5 = opened(context, temporary_path("foreign.nxs"));
    oa_status status = oa_nexus_entry(&h5, &entry);
    if (status == OA_OK) status = oa_nexus_ions(&h5, entry, ions);
    oa_free(context, entry);
    oa_h5_close(&h5);
    return status;
}

static oa_ions *foreign_ions(oa_context *context, oa_h5w *w)
{
    oa_ions *ions;
    foreign_end(w);
    check_ok(context, foreign_read(context, &ions));
    assert_non_null(ions);
    return ions;
}

static void foreign_refused(oa_context *context, oa_h5w *w, const char *code)
{
    oa_ions *ions;
    foreign_end(w);
    check_fails(context, foreign_read(context, &ions), code);
    assert_null(ions);
}

static oa_h5w with_ions(void)
{
    oa_h5w w = foreign_begin();
    add_positions(&w, ROI, 3, "units", "nm");
    add_mass(&w, ROI, 4, false);
    return w;
}

/* Z without neutrons: the old generation wrote elements so; H among them is then the element too. */
static void test_nexus__old_hashes_are_renewed(void **state)
{
    static const char *const fields[] = { "nuclide_hash", "isotope_vector" };
    for (int f = 0; f < 2; f++) {
        oa_h5w w = with_ions();
        add_peaks(&w);
        add_ion(&w, "ion1", fields[f], 28, 28.4, 29.1);
        add_ion(&w, "ion2", fields[f], 1, 26.9, 27.1);
        oa_ions *ions = foreign_ions(*state, &w);
        assert_int_equal(ions->ranges->types[0].nuclides[0], OA_ELEMENT_HASH(28));
        assert_int_equal(ions->ranges->types[1].nuclides[0], OA_ELEMENT_HASH(1));
        assert_string_equal(ions->ranges->types[1].name, "H");
        oa_ions_free(ions);
    }
}

static void test_nexus__new_hashes_stay(void **state)
{
    oa_h5w w = with_ions();
    add_peaks(&w);
    add_ion(&w, "ion1", "nuclide_hash", OA_ELEMENT_HASH(28), 28.4, 29.1);
    add_ion(&w, "ion2", "nuclide_hash", 1, 26.9, 27.1); /* no neutron: the nuclide */
    oa_ions *ions = foreign_ions(*state, &w);
    assert_string_equal(ions->ranges->types[0].name, "Ni");
    assert_string_equal(ions->ranges->types[1].name, "1H");
    assert_true(ions->ranges->ranges[0].upper == 27.1); /* float32 bounds are decimals again */
    oa_ions_free(ions);
}

/* No atoms and an empty name: the group tells which it is. A charge below 0 is none. */
static void test_nexus__an_ion_without_a_name(void **state)
{
    oa_h5w w = with_ions();
    add_peaks(&w);
    add_ion(&w, "ion1", "nuclide_hash", 0, 28.4, 29.1);
    oa_h5w_text(&w, PEAKS "/ion1/name", "");
    oa_h5w_real(&w, PEAKS "/ion1/charge_state", -2, NULL);
    add_ion(&w, "ion2", "nuclide_hash", 0, 14.9, 15.1);
    oa_h5w_text(&w, PEAKS "/ion2/name", "unknown");
    oa_ions *ions = foreign_ions(*state, &w);
    assert_string_equal(ions->ranges->types[0].name, "ion1");
    assert_int_equal(ions->ranges->types[0].charge, 0);
    assert_string_equal(ions->ranges->types[1].name, "unknown");
    oa_ions_free(ions);
}

static void test_nexus__units_in_both_spellings(void **state)
{
    static const struct { const char *attribute, *unit; float x; } row[] = {
        { "units", "nm", 1 }, { "unit", "nm", 1 }, { "unit", "angstrom", 0.1f }, { "units", "m", 1e9f }, { "units", "nanometer", 1 }, { "units", NULL, 1 },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        oa_h5w w = foreign_begin();
        add_positions(&w, ROI, 3, row[i].attribute, row[i].unit);
        add_mass(&w, ROI, 4, i % 2);
        oa_ions *ions = foreign_ions(*state, &w);
        assert_true(oa_ions_x(ions)[0] == row[i].x && oa_ions_mass_to_charge(ions)[3] == 99);
        assert_null(ions->ranges);
        assert_null(oa_ions__data(ions, OA_TYPE));
        oa_ions_free(ions);
    }
    oa_h5w w = foreign_begin();
    add_positions(&w, ROI, 3, "units", "furlong");
    add_mass(&w, ROI, 4, false);
    foreign_refused(*state, &w, "E_H5_TYPE");
}

static void test_nexus__without_iontypes_equal_ions_are_joined(void **state)
{
    oa_h5w w = with_ions();
    add_peaks(&w);
    add_ion(&w, "ion1", "nuclide_hash", OA_ELEMENT_HASH(28), 28.9, 29.1);
    add_ion(&w, "ion2", "nuclide_hash", OA_ELEMENT_HASH(13), 26.9, 27.1);
    add_ion(&w, "ion10", "nuclide_hash", OA_ELEMENT_HASH(28), 30.9, 31.1);
    oa_ions *ions = foreign_ions(*state, &w);
    assert_int_equal(ions->ranges->n_types, 2);
    assert_int_equal(ions->ranges->n, 3);
    assert_int_equal(oa_ranges__lookup(ions->ranges, 31), 1);
    assert_null(oa_ions__data(ions, OA_TYPE));
    oa_ions_free(ions);
}

/* One group per range, and iontypes that refer to the groups: no ion may change its identity. */
static void test_nexus__with_iontypes_numbers_are_kept(void **state)
{
    const uint8_t types[] = { 1, 3, 2, 5 };
    oa_h5w w = with_ions();
    add_peaks(&w);
    add_ion(&w, "ion0", "nuclide_hash", 0, 0, 0);
    add_ion(&w, "ion1", "nuclide_hash", OA_ELEMENT_HASH(28), 28.9, 29.1);
    add_ion(&w, "ion2", "nuclide_hash", OA_ELEMENT_HASH(28), 28.4, 28.6);
    add_ion(&w, "ion3", "nuclide_hash", OA_ELEMENT_HASH(13), 26.9, 27.1);
    add_ion(&w, "ion5", "nuclide_hash", OA_ELEMENT_HASH(28), 98, 100);
    add_types(&w, types);
    oa_ions *ions = foreign_ions(*state, &w);
    static const char *const names[] = { "Ni", "Ni", "Al", "ion4", "Ni" };
    assert_int_equal(ions->ranges->n_types, 5);
    for (int i = 0; i < 5; i++) assert_string_equal(ions->ranges->types[i].name, names[i]);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(oa_ions__type(ions, i), types[i]);
        assert_int_equal(oa_ranges__lookup(ions->ranges, oa_ions_mass_to_charge(ions)[i]), types[i]);
    }
    oa_ions_free(ions);
}

static void test_nexus__iontypes_without_their_group_are_refused(void **state)
{
    const uint8_t types[] = { 0, 1, 2, 9 };
    oa_h5w w = with_ions();
    add_peaks(&w);
    add_ion(&w, "ion1", "nuclide_hash", OA_ELEMENT_HASH(28), 28.9, 29.1);
    add_ion(&w, "ion2", "nuclide_hash", OA_ELEMENT_HASH(13), 26.9, 27.1);
    add_types(&w, types);
    foreign_refused(*state, &w, "E_H5_TYPE");
    w = with_ions();
    add_peaks(&w);
    add_ion(&w, "ion1", "nuclide_hash", OA_ELEMENT_HASH(28), 28.9, 29.1);
    add_ion(&w, "ion01", "nuclide_hash", OA_ELEMENT_HASH(13), 26.9, 27.1);
    add_types(&w, (const uint8_t[]){ 0, 1, 1, 1 });
    foreign_refused(*state, &w, "E_H5_SHAPE");
}

static void test_nexus__the_probe_with_positions_is_taken(void **state)
{
    oa_h5w w = foreign_begin(); /* "atom_probe" stays empty */
    oa_h5w_group(&w, "/entry1/atom_probe1", "NXroi_process");
    oa_h5w_group(&w, "/entry1/atom_probe2", "NXroi_process");
    add_positions(&w, "/entry1/atom_probe2/", 3, "units", "nm");
    add_mass(&w, "/entry1/atom_probe2/", 4, false);
    oa_ions *ions = foreign_ions(*state, &w);
    assert_int_equal(ions->n, 4);
    oa_ions_free(ions);
}

static void test_nexus__ranging_alone_gives_ranges_alone(void **state)
{
    oa_h5w w = foreign_begin();
    oa_ions *ions;
    oa_ranges *ranges;
    add_peaks(&w);
    add_ion(&w, "ion1", "nuclide_hash", OA_ELEMENT_HASH(28), 28.9, 29.1);
    foreign_end(&w);
    oa_h5 h5 = opened(*state, temporary_path("foreign.nxs"));
    assert_false(oa_nexus_has_ions(&h5, "entry1"));
    check_ok(*state, oa_nexus_ions(&h5, "entry1", &ions));
    assert_null(ions);
    check_ok(*state, oa_nexus_ranges(&h5, "entry1", &ranges));
    assert_int_equal(ranges->n, 1);
    oa_ranges__free(ranges);
    oa_h5_close(&h5);
}

static void test_nexus__wrong_shapes_have_their_codes(void **state)
{
    oa_h5w w = foreign_begin();
    add_positions(&w, ROI, 2, "units", "nm");
    add_mass(&w, ROI, 4, false);
    foreign_refused(*state, &w, "E_H5_SHAPE");
    w = foreign_begin();
    add_positions(&w, ROI, 3, "units", "nm");
    add_mass(&w, ROI, 5, false);
    foreign_refused(*state, &w, "E_H5_LENGTH");
    w = foreign_begin();
    add_positions(&w, ROI, 3, "units", "nm");
    foreign_refused(*state, &w, "E_H5_MISSING");
    w = foreign_begin();
    foreign_refused(*state, &w, "E_NX_ENTRY");
    w = with_ions();
    add_peaks(&w);
    add_ion(&w, "ion1", "nuclide_hash", OA_ELEMENT_HASH(28), 29.1, 28.9);
    foreign_refused(*state, &w, "E_RANGE_REVERSED");
    w = with_ions();
    add_peaks(&w);
    add_ion(&w, "ion1", "nuclide_hash", OA_ELEMENT_HASH(28), 29.1, INFINITY);
    foreign_refused(*state, &w, "E_RANGE_NONFINITE");
    w = foreign_begin();
    oa_h5w_group(&w, ROI "reconstruction", "NXprocess");
    oa_h5w_text(&w, ROI "reconstruction/reconstructed_positions", "somewhere");
    foreign_refused(*state, &w, "E_H5_SHAPE");
}

/* Where a vendor file is expected, a NeXus file is read as one: ions with their ranges, or ranges alone. */
static void test_nexus__in_the_place_of_a_vendor_file(void **state)
{
    oa_content content;
    oa_h5w w = with_ions();
    add_peaks(&w);
    add_ion(&w, "ion1", "nuclide_hash", OA_ELEMENT_HASH(28), 28.4, 29.1);
    foreign_end(&w);
    check_ok(*state, content_read(*state, temporary_path("foreign.nxs"), NULL, &content));
    assert_int_equal(content.ions->n, 4);
    assert_int_equal(content.ranges->n, 1);
    content_drop(&content);
    w = foreign_begin();
    add_peaks(&w);
    add_ion(&w, "ion1", "nuclide_hash", OA_ELEMENT_HASH(28), 28.4, 29.1);
    foreign_end(&w);
    check_ok(*state, content_read(*state, temporary_path("foreign.nxs"), NULL, &content));
    assert_true(content.ions == NULL && content.ranges->n == 1);
    content_drop(&content);
    w = foreign_begin();
    add_positions(&w, ROI, 2, "units", "nm");
    add_mass(&w, ROI, 4, false);
    foreign_end(&w);
    check_refused(*state, temporary_path("foreign.nxs"), NULL, "E_H5_SHAPE", NULL);
}

/* A class that is a number is no class; the message is about what is really wrong. */
static void test_nexus__questions_leave_no_message(void **state)
{
    oa_h5w w = foreign_begin();
    const uint8_t one = 1;
    oa_h5w_group(&w, "/entry0", "NXentry");
    oa_h5w_group(&w, "/entry0/thing", "NXdata");
    oa_h5w_attribute_u32(&w, "/entry0/thing", "NX_class", 5);
    oa_h5w_number(&w, "/entry1/definition", OA_U8, &one, NULL);
    add_positions(&w, ROI, 3, "units", "nm");
    add_mass(&w, ROI, 5, false);
    foreign_refused(*state, &w, "E_H5_LENGTH");
}

static void test_nexus__what_is_no_entry_is_refused(void **state)
{
    oa_h5w w = foreign_begin();
    oa_ions *ions;
    foreign_end(&w);
    check_fails(*state, foreign_read(*state, &ions), "E_NX_ENTRY");
    check_fails(*state, oa_read_ions(*state, temporary_path("foreign.nxs"), &ions), "E_NX_ENTRY");
    assert_null(ions);
}

/* ---- damaged records ---- */

static void replace_text(const char *path, const char *text)
{
    oa_h5w w = { .file = H5Fopen(temporary_path("a.nxs"), H5F_ACC_RDWR, H5P_DEFAULT) };
    assert_true(w.file >= 0);
    if (oa_h5w_exists(&w, path)) assert_true(H5Ldelete(w.file, path, H5P_DEFAULT) >= 0);
    if (text) oa_h5w_text(&w, path, text);
    foreign_end(&w);
}

static oa_status read_again(oa_context *context)
{
    oa_record *record = NULL;
    oa_values *values = NULL;
    oa_h5 h5 = opened(context, temporary_path("a.nxs"));
    oa_status status = oa_nexus_record(&h5, "entry1", "toy", &record);
    if (status == OA_OK) status = oa_nexus_values(&h5, "entry1", record, &values);
    if (status == OA_OK) status = oa_record_check(record, values);
    oa_values_free(values);
    oa_record_free(record);
    oa_h5_close(&h5);
    return status;
}

/* Files of the first layout say of an input in fields what is now in the JSON document of its note. */
static void test_nexus__inputs_of_the_first_layout_are_read(void **state)
{
    bundle_made m;
    oa_record *now, *then;
    bundle_make(*state, &m, bundle_ions(*state, 10, 3, false));
    oa_h5 h5 = opened(*state, written(*state, &m.bundle));
    check_ok(*state, oa_nexus_record(&h5, "entry1", "toy", &now));
    oa_h5_close(&h5);
    const oa_input_record *row = &now->inputs[0];
    replace_text("/entry1/toy/input1/data", NULL);
    replace_text("/entry1/toy/input1/identifier_role", row->role);
    replace_text("/entry1/toy/input1/identifier_content", row->content);
    if (row->entry[0]) replace_text("/entry1/toy/input1/identifier_entry", row->entry);
    if (row->subentry[0]) replace_text("/entry1/toy/input1/identifier_subentry", row->subentry);
    h5 = opened(*state, temporary_path("a.nxs"));
    check_ok(*state, oa_nexus_record(&h5, "entry1", "toy", &then));
    oa_h5_close(&h5);
    assert_int_equal(then->n_inputs, now->n_inputs);
    assert_string_equal(then->inputs[0].role, row->role);
    assert_string_equal(then->inputs[0].content, row->content);
    assert_string_equal(then->inputs[0].entry, row->entry);
    assert_string_equal(then->inputs[0].subentry, row->subentry);
    check_ok(*state, read_again(*state));
    oa_record_free(now);
    oa_record_free(then);
    bundle_drop(&m);
}

static void test_nexus__damaged_records_are_refused(void **state)
{
    static const struct { const char *path, *text, *code; } row[] = {
        { "outcome/manifest", "something else", "E_RECORD" },
        { "outcome/manifest", "ordapt results 1\nstep toy 7\narray \n1 zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "E_RECORD" },
        { "outcome/manifest", "ordapt results 1\nstep toy 7\narray 1 ../../x uint8 () aa\n", "E_RECORD" },
        { "outcome/manifest", "ordapt results 1\nstep toy 7\narray 1 maps/counts uint128 () aa\n", "E_RECORD" },
        { "outcome/manifest", "ordapt results 1\nstep toy 7\narray 9999999 a/b uint8 () aa\n", "E_RECORD" },
        { "outcome/manifest", "ordapt results 1\nstep toy 7\narray 1", "E_RECORD" },
        { "outcome/manifest", "ordapt results 1\nstep toy 7\n", "E_DIGEST" },
        { "outcome/manifest", "ordapt results 1\nstep toy\n", "E_RECORD" },
        { "outcome/manifest", NULL, "E_H5_MISSING" },
        { "input1/file_name", "../../etc/passwd", "E_RECORD" },
        { "input1/data", "{\"role\": \"ions\", \"content_sha256\": \"00\"}", "E_DIGEST" },
        { "input1/data", "{\"role\": ", "E_RECORD" },
        { "input1/data", "{\"content_sha256\": \"00\"}", "E_RECORD" },
        { "input1/data", NULL, "E_RECORD" },
        { "results_sha256/checksum", "00", "E_DIGEST" },
        { "toy1/summary/species", "Co", "E_DIGEST" },
        { "definition", "NXapm_ordapt_other_results", "E_RECORD" },
        { "definition", "NXapm", "E_RECORD" },
    };
    bundle_made m;
    bundle_make(*state, &m, bundle_ions(*state, 10, 3, false));
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char path[128];
        oa_context__clear(*state);
        written(*state, &m.bundle);
        check_ok(*state, read_again(*state));
        snprintf(path, sizeof path, "/entry1/toy/%s", row[i].path);
        replace_text(path, row[i].text);
        if (read_again(*state) == OA_OK) fail_msg("%s: '%s' was accepted", row[i].path, row[i].text);
        if (strcmp(oa_error_code(*state), row[i].code) != 0)
            fail_msg("%s: '%s' gave %s: %s", row[i].path, row[i].text ? row[i].text : "gone", oa_error_code(*state), oa_error_text(*state));
    }
    bundle_drop(&m);
}

static void test_nexus__reading_survives_every_failed_allocation(void **state)
{
    oa_context *context = *state;
    bundle_made m;
    oa_ions *ions;
    bundle_make(context, &m, bundle_ions(context, 50, 3, true));
    written(context, &m.bundle);
    const size_t before = context->bytes;
    for (uint64_t n = 1; n < 100000; n += 1 + n / 3) /* each one walks the file in a child process */ {
        oa_context__clear(context);
        context->fail_allocation = context->allocations + n;
        const oa_status status = oa_read_ions(context, temporary_path("a.nxs"), &ions);
        const bool is_through = context->allocations < context->fail_allocation;
        context->fail_allocation = 0;
        if (status == OA_OK) oa_ions_free(ions);
        else assert_string_equal(oa_error_code(context), "E_MEMORY");
        assert_int_equal(context->bytes, before);
        if (is_through) break;
    }
    bundle_drop(&m);
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(test_nexus__ions_come_back),
        with_context(test_nexus__records_come_back_word_for_word),
        with_context(test_nexus__results_of_every_type_and_several_tasks),
        with_context(test_nexus__metadata_comes_back),
        with_context(test_nexus__the_public_road),
        with_context(test_nexus__subentries_in_the_order_they_were_made),
        with_context(test_nexus__names_that_would_leave_their_place),
        with_context(test_nexus__old_hashes_are_renewed),
        with_context(test_nexus__new_hashes_stay),
        with_context(test_nexus__an_ion_without_a_name),
        with_context(test_nexus__units_in_both_spellings),
        with_context(test_nexus__without_iontypes_equal_ions_are_joined),
        with_context(test_nexus__with_iontypes_numbers_are_kept),
        with_context(test_nexus__iontypes_without_their_group_are_refused),
        with_context(test_nexus__the_probe_with_positions_is_taken),
        with_context(test_nexus__ranging_alone_gives_ranges_alone),
        with_context(test_nexus__wrong_shapes_have_their_codes),
        with_context(test_nexus__in_the_place_of_a_vendor_file),
        with_context(test_nexus__questions_leave_no_message),
        with_context(test_nexus__what_is_no_entry_is_refused),
        with_context(test_nexus__inputs_of_the_first_layout_are_read),
        with_context(test_nexus__damaged_records_are_refused),
        with_context(test_nexus__reading_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, temporary_make, temporary_remove);
}
