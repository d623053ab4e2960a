/* vendor_made.h - one small sound file of each format that is read, in the temporary folder. */
#ifndef OA_TESTS_VENDOR_MADE_H
#define OA_TESTS_VENDOR_MADE_H

#include "core/io/temporary.h"
#include "io/h5.h"

enum { VENDOR_IONS = 40 };

static const char *const vendor_names[] = { "made.pos", "made.epos", "made.apt", "made.ato", "made.csv", "made.rrng", "made.rng", "made.env",
                                           "made.npy", "made.h5", "cameca.h5", NULL };

typedef struct vendor_bytes {
    unsigned char bytes[65536];
    size_t n;
} vendor_bytes;

static inline void vendor_put(vendor_bytes *f, uint64_t value, int size, bool is_big)
{
    for (int i = 0; i < size; i++) f->bytes[f->n++] = (unsigned char)(value >> (8 * (is_big ? size - 1 - i : i)));
}

static inline void vendor_float(vendor_bytes *f, float value, bool is_big)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    vendor_put(f, bits, 4, is_big);
}

static inline void vendor_utf16(vendor_bytes *f, const char *text, size_t units)
{
    for (size_t i = 0; i < units; i++) vendor_put(f, i < strlen(text) ? (unsigned char)text[i] : 0, 2, false);
}

static inline float vendor_value(int ion, int column)
{
    if (column == 3) return 58.0f + (float)(ion % 2);
    return (float)(column == 2 ? -1 : 1) * (0.31f * (float)(ion % 7) + 0.05f * (float)ion);
}

/* .pos, and with more fields .epos */
static inline void vendor_records(const char *name, int floats, int integers)
{
    static vendor_bytes f;
    f.n = 0;
    for (int i = 0; i < VENDOR_IONS; i++) {
        for (int c = 0; c < floats; c++) vendor_float(&f, c < 4 ? vendor_value(i, c) : 400.0f + (float)(i + c), true);
        for (int c = 0; c < integers; c++) vendor_put(&f, (uint64_t)(c + 1), 4, true);
    }
    temporary_write(name, f.bytes, f.n);
}

static inline void vendor_ato(void)
{
    static vendor_bytes f;
    f.n = 0;
    vendor_put(&f, 0, 4, false), vendor_put(&f, 3, 4, false);
    for (int i = 0; i < VENDOR_IONS; i++)
        for (int c = 0; c < 14; c++) vendor_float(&f, c < 3 ? 10 * vendor_value(i, c) : c == 3 ? vendor_value(i, 3) : 1, false);
    temporary_write("made.ato", f.bytes, f.n);
}

static inline void vendor_apt_section(vendor_bytes *f, const char *name, int columns)
{
    static const uint32_t head[] = { 0x434553, 148, 2 }, kind[] = { 1, 1, 1, 3, 32 };
    for (int i = 0; i < 3; i++) vendor_put(f, head[i], 4, false);
    vendor_utf16(f, name, 32);
    for (int i = 0; i < 5; i++) vendor_put(f, kind[i], 4, false);
    vendor_put(f, (uint64_t)columns * 4, 4, false);
    vendor_utf16(f, columns == 3 ? "nm" : "Da", 16);
    vendor_put(f, VENDOR_IONS, 8, false), vendor_put(f, (uint64_t)columns * 4 * VENDOR_IONS, 8, false);
    for (int i = 0; i < VENDOR_IONS; i++)
        for (int c = 0; c < columns; c++) vendor_float(f, vendor_value(i, columns == 3 ? c : 3), false);
}

static inline void vendor_apt(void)
{
    static vendor_bytes f;
    f.n = 0;
    vendor_put(&f, 0x545041, 4, false), vendor_put(&f, 540, 4, false), vendor_put(&f, 2, 4, false);
    vendor_utf16(&f, "made.apt", 256);
    vendor_put(&f, 132000000000000000u, 8, false), vendor_put(&f, VENDOR_IONS, 8, false);
    vendor_apt_section(&f, "Position", 3);
    vendor_apt_section(&f, "Mass", 1);
    temporary_write("made.apt", f.bytes, f.n);
}

static inline void vendor_texts(void)
{
    char csv[8192] = "x,y,z,m\n";
    for (int i = 0; i < VENDOR_IONS; i++)
        snprintf(csv + strlen(csv), sizeof csv - strlen(csv), "%g,%g,%g,%g\n", vendor_value(i, 0), vendor_value(i, 1), vendor_value(i, 2), vendor_value(i, 3));
    temporary_text("made.csv", csv);
    temporary_text("made.rrng", "[Ions]\nNumber=2\nIon1=Ni\nIon2=Co\n[Ranges]\nNumber=2\nRange1=57.5 58.5 Vol:0.01 Ni:1 Color:FF0000\nRange2=58.6 59.4 Vol:0.01 Co:1 Color:00FF00\n");
    temporary_text("made.rng", "2 2\nNi\nNi 0.00 0.50 1.00\nCo\nCo 1.00 0.00 0.00\n------------------- Ni Co\n. 57.5000 58.4000 1 0\n. 58.6000 59.4000 0 1\n");
    temporary_text("made.env", "#\n# Number of elements / Number of mass ranges\n2\t2\n# List\nNi 0 1 0\nCo 0 .5 1\n"
                               "# Definition of  Mass ranges / Atomic volumes / Increment for concentration\nNi\t57.5\t58.4\t11.66\t1.0\nCo 58,6 59,4\n# Atom probe definition\n0.1\n");
}

/* A published bank: counts (8, 93). */
static inline void vendor_npy(void)
{
    static vendor_bytes f;
    char head[119];
    f.n = 0;
    snprintf(head, sizeof head, "%-117s\n", "{'descr': '<u2', 'fortran_order': False, 'shape': (8, 93), }");
    memcpy(f.bytes, "\x93NUMPY\x01\x00\x76\x00", 10);
    memcpy(f.bytes + 10, head, 118);
    f.n = 128;
    for (int p = 0; p < 8; p++)
        for (int b = 0; b < 93; b++) vendor_put(&f, (uint64_t)(b % 12 == 4 ? 5 + 7 * p : p * b % 5), 2, false);
    temporary_write("made.npy", f.bytes, f.n);
}

static inline void vendor_set(hid_t file, const char *name, int rank, const hsize_t *dims, const float *values)
{
    const hid_t links = H5Pcreate(H5P_LINK_CREATE), space = H5Screate_simple(rank, dims, NULL);
    H5Pset_create_intermediate_group(links, 1);
    const hid_t set = H5Dcreate2(file, name, H5T_IEEE_F32LE, space, links, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(set), H5Sclose(space), H5Pclose(links);
}

/* A network as Keras keeps it. */
static inline void vendor_keras(void)
{
    static float values[1024];
    const char *config = "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"s\",\"layers\":["
        "{\"class_name\":\"Conv1D\",\"config\":{\"name\":\"conv\",\"batch_input_shape\":[null,93,1],\"filters\":4,\"kernel_size\":[10],\"strides\":[1],\"padding\":\"valid\","
        "\"data_format\":\"channels_last\",\"dilation_rate\":[1],\"activation\":\"relu\",\"use_bias\":true}},"
        "{\"class_name\":\"MaxPooling1D\",\"config\":{\"name\":\"pool\",\"strides\":[2],\"pool_size\":[2],\"padding\":\"valid\"}},"
        "{\"class_name\":\"Flatten\",\"config\":{\"name\":\"flat\"}},"
        "{\"class_name\":\"Dense\",\"config\":{\"name\":\"dense\",\"units\":2,\"activation\":\"softmax\",\"use_bias\":true}}]}}";
    for (int i = 0; i < 1024; i++) values[i] = (float)(i % 17) / 17;
    oa_h5_setup();
    const hid_t file = H5Fcreate(temporary_path("made.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), type = H5Tcopy(H5T_C_S1), one = H5Screate(H5S_SCALAR);
    H5Tset_size(type, H5T_VARIABLE);
    const char *const attributes[][2] = { { "keras_version", "2.2.4-tf" }, { "model_config", config } };
    for (int i = 0; i < 2; i++) {
        const hid_t attribute = H5Acreate2(file, attributes[i][0], type, one, H5P_DEFAULT, H5P_DEFAULT);
        assert_true(H5Awrite(attribute, type, &attributes[i][1]) >= 0);
        H5Aclose(attribute);
    }
    H5Sclose(one), H5Tclose(type);
    vendor_set(file, "model_weights/conv/conv/kernel:0", 3, (hsize_t[]){ 10, 1, 4 }, values);
    vendor_set(file, "model_weights/conv/conv/bias:0", 1, (hsize_t[]){ 4 }, values);
    vendor_set(file, "model_weights/dense/dense/kernel:0", 2, (hsize_t[]){ 168, 2 }, values);
    vendor_set(file, "model_weights/dense/dense/bias:0", 1, (hsize_t[]){ 2 }, values);
    H5Fclose(file);
}

/* HDF5 with mass and xyz. */
static inline void vendor_cameca(void)
{
    static float mass[VENDOR_IONS], xyz[VENDOR_IONS][3];
    for (int i = 0; i < VENDOR_IONS; i++)
        for (int c = 0; c < 4; c++) *(c < 3 ? &xyz[i][c] : &mass[i]) = vendor_value(i, c);
    const hid_t file = H5Fcreate(temporary_path("cameca.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    vendor_set(file, "mass", 1, (hsize_t[]){ VENDOR_IONS }, mass);
    vendor_set(file, "xyz", 2, (hsize_t[]){ VENDOR_IONS, 3 }, &xyz[0][0]);
    H5Fclose(file);
}

static inline void vendor_make_all(void)
{
    vendor_records("made.pos", 4, 0);
    vendor_records("made.epos", 9, 2);
    vendor_ato();
    vendor_apt();
    vendor_texts();
    vendor_npy();
    vendor_keras();
    vendor_cameca();
}

#endif
