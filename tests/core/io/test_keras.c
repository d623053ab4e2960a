/* Keras networks: what is read, what is assumed, what is refused and why. */
#include "check.h"

#include <unistd.h>

#include "data/model.h"
#include "io/format.h"
#include "io/h5.h"
#include "nn/network.h"

static const char *const path = "test_keras_file.h5";

#define CONV "{\"class_name\":\"Conv1D\",\"config\":{\"name\":\"conv1d_7\",\"batch_input_shape\":[null,93,%d],\"filters\":4,\"kernel_size\":[10]," \
             "\"strides\":[1],\"padding\":\"%s\",\"data_format\":\"%s\",\"dilation_rate\":[1],\"activation\":\"%s\",\"use_bias\":%s}}"
#define REST ",{\"class_name\":\"Dropout\",\"config\":{\"name\":\"dropout_7\",\"rate\":0.5}}" \
             ",{\"class_name\":\"MaxPooling1D\",\"config\":{\"name\":\"pool\",\"strides\":[2],\"pool_size\":[2],\"padding\":\"valid\"}}" \
             ",{\"class_name\":\"%s\",\"config\":{\"name\":\"flatten_7\"}}" \
             ",{\"class_name\":\"Dense\",\"config\":{\"name\":\"dense_9\",\"units\":%d,\"activation\":\"softmax\",\"use_bias\":true}}"

/* What can be changed about the small network; the rest is as published. */
typedef struct recipe {
    const char *model, *padding, *format, *activation, *bias, *flatten;
    int channels, units, kernel_inputs;
    bool has_no_kernel, has_nan, has_no_config, is_atomnet, is_late;
} recipe;
static const recipe published = { "Sequential", "valid", "channels_last", "relu", "true", "Flatten", 1, 2, 168, false, false, false, false, false };

static void add_weights(hid_t file, const char *name, int rank, const hsize_t *dims, bool has_nan)
{
    static float values[4096];
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) values[i] = (float)i / 4096;
    if (has_nan) values[3] = NAN;
    const hid_t links = H5Pcreate(H5P_LINK_CREATE), space = H5Screate_simple(rank, dims, NULL);
    H5Pset_create_intermediate_group(links, 1);
    const hid_t set = H5Dcreate2(file, name, H5T_IEEE_F32LE, space, links, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(set), H5Sclose(space), H5Pclose(links);
}

static void add_text(hid_t file, const char *name, const char *text)
{
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, H5T_VARIABLE);
    const hid_t attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(attribute, type, &text) >= 0);
    H5Aclose(attribute), H5Sclose(space), H5Tclose(type);
}

/* Later versions keep the weights below the name of the model and say so. */
static void move_weights(hid_t file)
{
    const char *names[2] = { "sequential/dense_9/kernel", "sequential/dense_9/bias" };
    const hsize_t n = 2;
    const hid_t group = H5Gopen2(file, "model_weights/dense_9", H5P_DEFAULT), links = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(links, 1);
    assert_true(H5Lmove(group, "dense_9/kernel:0", group, names[0], links, H5P_DEFAULT) >= 0);
    assert_true(H5Lmove(group, "dense_9/bias:0", group, names[1], links, H5P_DEFAULT) >= 0);
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, &n, NULL);
    H5Tset_size(type, H5T_VARIABLE);
    const hid_t attribute = H5Acreate2(group, "weight_names", type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(attribute, type, names) >= 0);
    H5Aclose(attribute), H5Sclose(space), H5Tclose(type), H5Pclose(links), H5Gclose(group);
}

static void write_network(const recipe *r)
{
    oa_h5_setup();
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    char layers[4096], config[8192];
    snprintf(layers, sizeof layers, CONV REST, r->channels, r->padding, r->format, r->activation, r->bias, r->flatten, r->units);
    snprintf(config, sizeof config, "{\"class_name\":\"%s\",\"config\":{\"name\":\"s\",\"layers\":[%s]}}", r->model, layers);
    if (!r->has_no_config) add_text(file, "model_config", config);
    if (r->is_atomnet) {
        add_text(file, "layer_order", "tnet1/conv1");
        add_weights(file, "tnet1/conv1/kernel", 2, (hsize_t[]){ 5, 32 }, false);
    }
    if (!r->has_no_kernel) add_weights(file, "model_weights/conv1d_7/conv1d_7/kernel:0", 3, (hsize_t[]){ 10, (hsize_t)r->channels, 4 }, r->has_nan);
    add_weights(file, "model_weights/conv1d_7/conv1d_7/bias:0", 1, (hsize_t[]){ 4 }, false);
    add_weights(file, "model_weights/dense_9/dense_9/kernel:0", 2, (hsize_t[]){ (hsize_t)r->kernel_inputs, (hsize_t)r->units }, false);
    add_weights(file, "model_weights/dense_9/dense_9/bias:0", 1, (hsize_t[]){ (hsize_t)r->units }, false);
    if (r->is_late) move_weights(file);
    add_weights(file, "optimizer_weights/Adam/huge:0", 1, (hsize_t[]){ 3 }, false);
    H5Fclose(file);
}

static oa_status read_with(oa_context *context, const char *preset, oa_content *out)
{
    oa_source source = { .path = path, .name = path };
    const oa_read_options options = { .preset = preset };
    *out = (oa_content){ .ions = NULL };
    oa_context__clear(context);
    return oa_format_keras.read(context, &source, &options, out);
}

static void test_keras__published_layout_is_read(void **state)
{
    oa_context *context = *state;
    oa_content content;
    oa_network network;
    write_network(&published);
    check_ok(context, read_with(context, "", &content));
    const oa_model *model = content.model;
    assert_int_equal(model->n_layers, 4); /* Dropout does nothing here */
    assert_string_equal(model->layers[0].kind, "conv1d");
    assert_true(model->layers[0].kernel[5] == 5.0f / 4096 && model->layers[3].inputs == 168);
    assert_string_equal(model->map.preset, "cocrni-002");
    assert_string_equal(model->classes[1], "CSRO");
    assert_non_null(strstr(model->assumed, "cocrni-002"));
    assert_int_equal(strlen(model->sha256), 64);
    assert_int_equal(oa_warning_count(context), 0);
    check_ok(context, oa_network_plan(context, model, &network));
    oa_model_free(content.model);
    unlink(path);
}

static void test_keras__later_layout_is_read(void **state)
{
    oa_content content;
    recipe late = published;
    late.is_late = true;
    write_network(&late);
    check_ok(*state, read_with(*state, "", &content));
    assert_true(content.model->layers[3].kernel[7] == 7.0f / 4096);
    oa_model_free(content.model);
    unlink(path);
}

/* A network of pictures with one sigmoid unit, which says how likely the second class is. */
#define PICTURES "{\"class_name\":\"Sequential\",\"config\":{\"layers\":[" \
    "{\"class_name\":\"Conv2D\",\"config\":{\"name\":\"conv2d\",\"batch_input_shape\":[null,150,150,1],\"filters\":2,\"kernel_size\":[3,5]," \
    "\"strides\":[%d,1],\"padding\":\"valid\",\"data_format\":\"channels_last\",\"dilation_rate\":[1,1],\"activation\":\"relu\",\"use_bias\":true}}," \
    "{\"class_name\":\"MaxPooling2D\",\"config\":{\"name\":\"pool\",\"pool_size\":[40,30],\"strides\":[30,30],\"padding\":\"valid\"}}," \
    "{\"class_name\":\"Flatten\",\"config\":{\"name\":\"flatten\"}}," \
    "{\"class_name\":\"Dense\",\"config\":{\"name\":\"dense\",\"units\":1,\"activation\":\"sigmoid\",\"use_bias\":true}}]}}"

static void write_pictures(int stride, hsize_t kernel_height)
{
    char config[4096];
    oa_h5_setup();
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    snprintf(config, sizeof config, PICTURES, stride);
    add_text(file, "model_config", config);
    add_weights(file, "model_weights/conv2d/conv2d/kernel:0", 4, (hsize_t[]){ kernel_height, 5, 1, 2 }, false);
    add_weights(file, "model_weights/conv2d/conv2d/bias:0", 1, (hsize_t[]){ 2 }, false);
    add_weights(file, "model_weights/dense/dense/kernel:0", 2, (hsize_t[]){ 32, 1 }, false);
    add_weights(file, "model_weights/dense/dense/bias:0", 1, (hsize_t[]){ 1 }, false);
    H5Fclose(file);
}

static void test_keras__networks_of_pictures_are_read(void **state)
{
    oa_context *context = *state;
    oa_content content;
    oa_network network;
    write_pictures(1, 3);
    check_ok(context, read_with(context, "", &content));
    const oa_model *model = content.model;
    assert_string_equal(model->architecture, "cnn2d");
    assert_string_equal(model->map.preset, "allimg-011");
    assert_string_equal(model->classes[1], "L12");
    assert_string_equal(model->layers[0].kind, "conv2d");
    assert_true(model->layers[0].height == 3 && model->layers[0].width == 5 && model->layers[0].stride == 1 && model->layers[0].kernel[7] == 7.0f / 4096);
    assert_true(model->layers[1].height == 40 && model->layers[1].width == 30 && model->layers[1].stride == 30);
    check_ok(context, oa_network_plan(context, model, &network)); /* 148 x 146, then 4 x 4: 32 values */
    assert_true(network.is_share && network.n_input == 22500);
    oa_model_free(content.model);
    write_pictures(2, 3);
    check_fails(context, read_with(context, "", &content), "E_KERAS");
    assert_non_null(strstr(oa_error_text(context), "strides"));
    write_pictures(1, 4);
    check_fails(context, read_with(context, "", &content), "E_KERAS");
    assert_non_null(strstr(oa_error_text(context), "conv2d"));
    write_pictures(1, 3);
    check_fails(context, read_with(context, "cocrni-002", &content), "E_MAP_MISMATCH");
    unlink(path);
}

/* Every allocation fails once: each time a message, no leak, and in the end success. */
static void test_keras__memory_may_run_out_anywhere(void **state)
{
    (void)state;
    write_network(&published);
    oa_status status = OA_E_LACKING;
    for (uint64_t n = 1; status != OA_OK; n++) {
        oa_context *context;
        oa_content content = { .ions = NULL };
        const oa_context_options options = { .threads = 1, .fail_allocation = n };
        status = oa_context_new(&context, &options);
        if (status == OA_OK) status = read_with(context, "", &content);
        assert_true(status == OA_OK || status == OA_E_LACKING);
        oa_model_free(content.model);
        oa_context_free(context);
        assert_true(n < 1000);
    }
    unlink(path);
}

static void test_keras__preset_says_it_explicitly(void **state)
{
    oa_context *context = *state;
    oa_content content;
    write_network(&published);
    check_ok(context, read_with(context, "cocrni-111", &content));
    assert_string_equal(content.model->map.preset, "cocrni-111");
    assert_non_null(strstr(content.model->assumed, "as told"));
    oa_model_free(content.model);
    check_fails(context, read_with(context, "feal-002", &content), "E_MAP_MISMATCH");
    check_fails(context, read_with(context, "al-li-mg", &content), "E_PARAMETER_CHOICE");
    recipe feal = published;
    feal.channels = 2, feal.units = 3;
    write_network(&feal);
    check_ok(context, read_with(context, "", &content));
    assert_string_equal(content.model->map.preset, "feal-002");
    assert_string_equal(content.model->classes[2], "D03");
    oa_model_free(content.model);
    unlink(path);
}

static void expect(oa_context *context, const recipe *r, const char *code, const char *word)
{
    oa_content content;
    write_network(r);
    check_fails(context, read_with(context, "", &content), code);
    if (!strstr(oa_error_text(context), word)) fail_msg("'%s' does not mention %s", oa_error_text(context), word);
    assert_int_equal(oa_exit_code(context->status), 65);
    assert_null(content.model);
    unlink(path);
}

static void test_keras__what_is_not_supported_is_named(void **state)
{
    oa_context *context = *state;
    recipe r;
    r = published, r.model = "Functional", expect(context, &r, "E_KERAS", "Functional");
    r = published, r.padding = "causal", expect(context, &r, "E_KERAS", "causal");
    r = published, r.format = "channels_first", expect(context, &r, "E_KERAS", "channels_first");
    r = published, r.activation = "swish", expect(context, &r, "E_KERAS", "swish");
    r = published, r.bias = "false", expect(context, &r, "E_KERAS", "use_bias");
    r = published, r.flatten = "GlobalAveragePooling1D", expect(context, &r, "E_KERAS", "GlobalAveragePooling1D");
    r = published, r.units = 7, expect(context, &r, "E_KERAS", "7");
    r = published, r.model = "Seq\\\"uential", expect(context, &r, "E_KERAS", "architecture");
    r = published, r.model = "\"", expect(context, &r, "E_KERAS", "JSON");
    r = published, r.has_no_config = true, expect(context, &r, "E_KERAS", "model_config");
    r = published, r.has_no_config = true, r.is_atomnet = true, expect(context, &r, "E_CHECKPOINT", "AtomNet"); /* the mark of one, and nothing else */
}

static void test_keras__weights_must_fit(void **state)
{
    oa_context *context = *state;
    oa_content content;
    oa_network network;
    recipe r;
    r = published, r.has_no_kernel = true, expect(context, &r, "E_H5_MISSING", "kernel:0");
    r = published, r.has_nan = true, expect(context, &r, "E_NONFINITE", "3");
    r = published, r.kernel_inputs = 100;
    write_network(&r);
    check_ok(context, read_with(context, "", &content)); /* the layers fit their own weights, but not each other */
    check_fails(context, oa_network_plan(context, content.model, &network), "E_ARCHITECTURE");
    oa_model_free(content.model);
    unlink(path);
}

static void test_keras__atomnet_files_are_recognised(void **state)
{
    oa_content content = { .ions = NULL };
    oa_source source = { .path = check_reference("atomnet/AuCu_block1.h5"), .name = "AuCu_block1.h5" };
    check_ok(*state, oa_format_keras.read(*state, &source, NULL, &content));
    assert_true(oa_model_is_atomnet(content.model));
    assert_string_equal(content.model->atomnet.species_codes, "Cu:0,Au:1,Ag:1");
    oa_model_free(content.model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_keras__published_layout_is_read, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_keras__later_layout_is_read, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_keras__networks_of_pictures_are_read, check_setup, check_teardown),
        cmocka_unit_test(test_keras__memory_may_run_out_anywhere),
        cmocka_unit_test_setup_teardown(test_keras__preset_says_it_explicitly, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_keras__what_is_not_supported_is_named, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_keras__weights_must_fit, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_keras__atomnet_files_are_recognised, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
