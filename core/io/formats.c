/* formats.c - which formats there are, and which one a file is: by its first bytes and its suffix. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "io/file.h"

static const oa_format *const formats[] = {
    &oa_format_pos, &oa_format_epos, &oa_format_apt,   &oa_format_ato, &oa_format_csv, &oa_format_rrng,
    &oa_format_rng, &oa_format_env,  &oa_format_keras, &oa_format_nexus, &oa_format_cameca,
    &oa_format_npy,
};
enum { FORMATS = sizeof formats / sizeof *formats };
#define READ_HERE ".pos, .epos, .apt, .ato, .csv, .txt, .rrng, .rng, .env, NeXus (.nxs), Keras networks (.h5) and NumPy banks (.npy)"

static const char *const closed_suffixes[] = { "rhit", "hits", "root", "str", "rraw", NULL };

static const struct signature {
    const char *bytes;
    size_t length;
    const char *name;
} signatures[] = {
    { "\x89HDF\r\n\x1a\n", 8, "HDF5" }, { "APT\0", 4, "APT" },          { "\x1f\x8b", 2, "gzip" },
    { "PK\x03\x04", 4, "zip" },         { "\x89PNG", 4, "PNG" },        { "%PDF", 4, "PDF" },
    { "\xff\xfe", 2, "UTF-16 text" },   { "\xfe\xff", 2, "UTF-16 text" }, { "\x28\xb5\x2f\xfd", 4, "zstd" },
    { "\x93NUMPY", 6, "NumPy" },
};

static const char *signature_of(const char *head, size_t n)
{
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++)
        if (n >= signatures[i].length && memcmp(head, signatures[i].bytes, signatures[i].length) == 0)
            return signatures[i].name;
    return NULL;
}

static const char *suffix_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : "";
}

static bool is_listed(const char *suffix, const char *const *list)
{
    while (*list && !oa_text_equal_nocase(suffix, *list)) list++;
    return *list != NULL;
}

static bool is_hdf5_format(const oa_format *format)
{
    return format == &oa_format_keras || format == &oa_format_nexus || format == &oa_format_cameca;
}
static bool is_text_format(const oa_format *f)
{
    return f == &oa_format_csv || f == &oa_format_rrng || f == &oa_format_rng || f == &oa_format_env;
}

static const oa_format *format_of_suffix(const char *suffix)
{
    for (int i = 0; i < FORMATS; i++)
        if (is_listed(suffix, formats[i]->extensions)) return formats[i];
    return NULL;
}

static bool contains(const char *text, size_t n, const char *word)
{
    const size_t m = strlen(word);
    for (const char *p = text; n >= m && (p = memchr(p, word[0], n - (size_t)(p - text) - m + 1)); p++) {
        if (memcmp(p, word, m) == 0) return true;
        if ((size_t)(p + 1 - text) > n - m) break;
    }
    return false;
}

/* HDF5 keeps the names of groups and attributes as plain text near its objects, so a look at the bytes of both ends
 * tells a network from a NeXus file without opening either. The reader then checks what it really is. */
static oa_status format_of_hdf5(oa_context *context, int fd, const char *name, uint64_t bytes, const oa_format **out)
{
    enum { LOOK = 1 << 20 };
    char *text;
    const size_t n = bytes < LOOK ? (size_t)bytes : LOOK;
    OA_TRY(oa_new(context, &text, n, 1));
    oa_status status = OA_OK;
    *out = &oa_format_nexus;
    for (int end = 0; end < 2 && status == OA_OK; end++) {
        status = oa_file_read(context, fd, name, text, n, end ? bytes - n : 0);
        if (status == OA_OK && contains(text, n, "NX_class")) {
            *out = &oa_format_nexus;
            break;
        }
        if (status == OA_OK &&
            (contains(text, n, "keras_version") || contains(text, n, "layer_names") || contains(text, n, "layer_order")))
            *out = &oa_format_keras;
        else if (status == OA_OK && *out == &oa_format_nexus && contains(text, n, "xyz")) *out = &oa_format_cameca;
    }
    oa_free(context, text);
    return status;
}

static oa_status mismatch(oa_context *context, const char *name, const char *found, const oa_format *format)
{
    if (format && is_text_format(format) && strncmp(found, "UTF-16", 6) == 0)
        return oa_fail_at(context, OA_AT_BYTE(name, 0), "E_ENCODING", "the text is UTF-16; save it as UTF-8");
    if (format)
        return oa_fail_at(context, OA_AT_BYTE(name, 0), "E_FORMAT_MISMATCH",
                          "the suffix says %s but the first bytes are those of %s; give the right suffix or unpack the file",
                          format->name, found);
    return oa_fail_at(context, OA_AT_BYTE(name, 0), "E_FORMAT_UNKNOWN",
                      "the file is %s, which is not read; read are " READ_HERE, found);
}

static oa_status unknown(oa_context *context, const char *name, const char *suffix)
{
    if (is_listed(suffix, closed_suffixes))
        return oa_fail_at(context, OA_IN_FILE(name), "E_PROPRIETARY",
                          ".%s is a closed format; export .epos or .pos from the vendor's program", suffix);
    return oa_fail_at(context, OA_IN_FILE(name), "E_FORMAT_UNKNOWN",
                      "no format is known by the suffix '.%s'; read are " READ_HERE ", so export to one of them", suffix);
}

static oa_status recognise(oa_context *context, int fd, const char *name, uint64_t bytes, const oa_format **out)
{
    char head[16];
    if (bytes == 0)
        return oa_fail_at(context, OA_IN_FILE(name), "E_EMPTY_FILE", "the file has 0 bytes; was it copied completely?");
    const size_t n = bytes < sizeof head ? (size_t)bytes : sizeof head;
    OA_TRY(oa_file_read(context, fd, name, head, n, 0));
    const char *suffix = suffix_of(name), *found = signature_of(head, n);
    const bool is_hdf5 = found && strcmp(found, "HDF5") == 0;
    *out = format_of_suffix(suffix);
    if (!*out && !is_hdf5)
        return is_listed(suffix, closed_suffixes) || !found ? unknown(context, name, suffix)
                                                            : mismatch(context, name, found, NULL);
    if (*out == &oa_format_apt && found && strcmp(found, "APT") == 0) return OA_OK;
    if (*out == &oa_format_npy && found && strcmp(found, "NumPy") == 0) return OA_OK;
    if (*out && !is_hdf5_format(*out)) return found ? mismatch(context, name, found, *out) : OA_OK;
    if (is_hdf5 && *out && oa_text_equal_nocase(suffix, "nxs")) return OA_OK;
    if (is_hdf5) return format_of_hdf5(context, fd, name, bytes, out);
    return oa_fail_at(
        context, OA_AT_BYTE(name, 0), "E_H5_OPEN",
        "the suffix '.%s' says HDF5 but the file does not begin with the HDF5 signature%s%s; it is damaged or another format",
        suffix, found ? ", rather like " : "", found ? found : "");
}

oa_status oa_source_open(oa_context *context, const char *path, oa_source *out)
{
    int fd;
    uint64_t bytes;
    const oa_format *format = NULL;
    const char *name = oa_base_name(path);
    *out = (oa_source){ .path = path, .name = name };
    OA_TRY(oa_file_open(context, path, &fd, &bytes));
    const oa_status status = recognise(context, fd, name, bytes, &format);
    oa_file_close(fd);
    if (status != OA_OK) return status;
    out->format = format->name;
    out->read = format->read;
    return OA_OK;
}

oa_status oa_sink_open(oa_context *context, const char *path, bool overwrite, oa_sink *out)
{
    static const struct writer {
        const char *suffix;
        oa_status (*write)(oa_context *, oa_sink *, const oa_ions *, const oa_write_options *);
    } writers[] = { { "pos", oa_write_pos }, { "csv", oa_write_csv }, { "xyz", oa_write_xyz }, { "vtkhdf", oa_write_vtkhdf } };
    const char *name = oa_base_name(path), *suffix = suffix_of(name);
    *out = (oa_sink){ .path = path, .overwrite = overwrite };
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++)
        if (oa_text_equal_nocase(suffix, writers[i].suffix)) out->write = writers[i].write;
    if (!out->write)
        return oa_fail_at(context, OA_IN_FILE(name), "E_OUTPUT_FORMAT",
                          "no format is written under the suffix '.%s'; written are .pos, .csv, .xyz and .vtkhdf", suffix);
    return oa_output_check(context, path, overwrite);
}
