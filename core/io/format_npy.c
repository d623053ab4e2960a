/* format_npy.c - .npy of NumPy: one array of numbers, read as doubles in C order. Python objects are never read.
 * The layout is that of numpy.lib.format: magic, version, length of the header, a Python dictionary, the values. */
#include <string.h>

#include "base/text.h"
#include "data/values.h"
#include "io/records.h"

enum { HEADER_MAX = 65536, PIECE = 4096, RANK_MAX = 5 };

/* The numbers that are read, by their name in descr without the byte order. */
typedef enum npy_type { NPY_U1, NPY_U2, NPY_U4, NPY_U8, NPY_I1, NPY_I2, NPY_I4, NPY_I8, NPY_F4, NPY_F8 } npy_type;
static const struct npy_row {
    const char *name;
    npy_type type;
    unsigned size;
} npy_rows[] = {
    { "b1", NPY_U1, 1 }, { "u1", NPY_U1, 1 }, { "u2", NPY_U2, 2 }, { "u4", NPY_U4, 4 }, { "u8", NPY_U8, 8 }, { "i1", NPY_I1, 1 },
    { "i2", NPY_I2, 2 }, { "i4", NPY_I4, 4 }, { "i8", NPY_I8, 8 }, { "f4", NPY_F4, 4 }, { "f8", NPY_F8, 8 },
};

typedef struct npy {
    oa_context *context;
    int fd;
    const char *name;
    uint64_t bytes, body; /* of the file; where the values begin */
    const char *at, *begin, *end; /* of the header text */
    uint64_t text_at;             /* where it lies in the file */
    const struct npy_row *row;
    bool is_fortran;
    int rank;
    size_t dims[RANK_MAX], n;
} npy;

/* ---------------------------------------------------------------------------------------------- the header */

static uint64_t offset_of(const npy *p) { return p->text_at + (uint64_t)(p->at - p->begin); }

static oa_status broken(const npy *p, const char *what)
{
    return oa_fail_at(p->context, OA_AT_BYTE(p->name, offset_of(p)), "E_NPY",
                      "the header says no {'descr': ..., 'fortran_order': ..., 'shape': ...}: %s; save the array again with numpy.save", what);
}

static void skip_blanks(npy *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r')) p->at++;
}

/* Takes a character after blanks; false: another one stands there. */
static bool take(npy *p, char c)
{
    skip_blanks(p);
    if (p->at == p->end || *p->at != c) return false;
    p->at++;
    return true;
}

static bool take_word(npy *p, const char *word)
{
    const size_t n = strlen(word);
    skip_blanks(p);
    if ((size_t)(p->end - p->at) < n || memcmp(p->at, word, n) != 0) return false;
    p->at += n;
    return true;
}

static oa_status take_string(npy *p, char *out, size_t size)
{
    skip_blanks(p);
    const char quote = p->at < p->end ? *p->at : 0;
    if (quote != '\'' && quote != '"') return broken(p, "a word in quotes is missing");
    const char *first = p->at + 1, *last = memchr(first, quote, (size_t)(p->end - first));
    if (!last) return broken(p, "a quote is not closed");
    oa_text_clean(out, size, first, (size_t)(last - first));
    p->at = last + 1;
    return OA_OK;
}

static oa_status take_descr(npy *p)
{
    char text[32];
    skip_blanks(p);
    if (p->at < p->end && *p->at == '[')
        return oa_fail_at(p->context, OA_AT_BYTE(p->name, offset_of(p)), "E_NPY", "a structured array; save one plain array of numbers");
    const uint64_t where = offset_of(p);
    OA_TRY(take_string(p, text, sizeof text));
    if (text[0] && (text[0] == 'O' || text[1] == 'O'))
        return oa_fail_at(p->context, OA_AT_BYTE(p->name, where), "E_H5_PICKLE", "an array of Python objects, which are never read; save numbers");
    for (size_t i = 0; i < sizeof npy_rows / sizeof *npy_rows; i++)
        if (text[0] && strcmp(text + 1, npy_rows[i].name) == 0) p->row = &npy_rows[i];
    if (!p->row || !strchr("<>|=", text[0]))
        return oa_fail_at(p->context, OA_AT_BYTE(p->name, where), "E_NPY", "values of type '%s'; read are integers and floats of 1 to 8 bytes (f4, f8), "
                          "so convert with astype", text);
    if (text[0] == '>' && p->row->size > 1)
        return oa_fail_at(p->context, OA_AT_BYTE(p->name, where), "E_BYTE_ORDER", "big-endian values (%s); save with astype('<%s')", text, text + 1);
    return OA_OK;
}

static oa_status take_shape(npy *p)
{
    if (!take(p, '(')) return broken(p, "the shape is no list in brackets");
    for (p->rank = 0; !take(p, ')'); p->rank++) {
        const char *first = p->at;
        int64_t length;
        while (p->at < p->end && *p->at >= '0' && *p->at <= '9') p->at++;
        if (!oa_text_integer(first, (size_t)(p->at - first), &length)) return broken(p, "the shape holds something else than lengths");
        if (p->at < p->end && *p->at == 'L') p->at++; /* Python 2 wrote long integers so */
        if (p->rank == RANK_MAX) return broken(p, "more than 5 dimensions");
        p->dims[p->rank] = (size_t)length;
        if (!take(p, ',') && (skip_blanks(p), p->at == p->end || *p->at != ')')) return broken(p, "the shape is not closed");
    }
    return OA_OK;
}

static oa_status take_value(npy *p, const char *key, unsigned *seen)
{
    static const char *const keys[] = { "descr", "fortran_order", "shape" };
    for (unsigned k = 0; k < 3; k++) {
        if (strcmp(key, keys[k]) != 0) continue;
        if (*seen >> k & 1) return broken(p, "a key occurs twice");
        *seen |= 1u << k;
        if (k == 0) return take_descr(p);
        if (k == 2) return take_shape(p);
        p->is_fortran = take_word(p, "True");
        return p->is_fortran || take_word(p, "False") ? OA_OK : broken(p, "fortran_order is neither True nor False");
    }
    return broken(p, "there is a key that does not belong there");
}

static oa_status parse_header(npy *p)
{
    char key[32];
    unsigned seen = 0;
    if (!take(p, '{')) return broken(p, "it does not begin with a bracket");
    while (!take(p, '}')) {
        OA_TRY(take_string(p, key, sizeof key));
        if (!take(p, ':')) return broken(p, "a colon is missing");
        OA_TRY(take_value(p, key, &seen));
        if (!take(p, ',') && (skip_blanks(p), p->at == p->end || *p->at != '}')) return broken(p, "it is not closed");
    }
    skip_blanks(p);
    if (p->at != p->end) return broken(p, "something follows it");
    return seen == 7 ? OA_OK : broken(p, "one of the three is missing");
}

static oa_status read_header(npy *p, char text[HEADER_MAX])
{
    unsigned char head[12];
    static const unsigned char magic[6] = { 0x93, 'N', 'U', 'M', 'P', 'Y' };
    if (p->bytes < sizeof head) return oa_fail_at(p->context, OA_IN_FILE(p->name), "E_TRUNCATED", "%llu bytes are no .npy file; copy it again", (unsigned long long)p->bytes);
    OA_TRY(oa_file_read(p->context, p->fd, p->name, head, sizeof head, 0));
    if (memcmp(head, magic, sizeof magic) != 0)
        return oa_fail_at(p->context, OA_AT_BYTE(p->name, 0), "E_MAGIC", "does not begin as a .npy file (\\x93NUMPY); give the right suffix or save it again");
    if (head[6] < 1 || head[6] > 3)
        return oa_fail_at(p->context, OA_AT_BYTE(p->name, 6), "E_VERSION", "version %u.%u of .npy is not read; 1.0, 2.0 and 3.0 are", head[6], head[7]);
    p->text_at = head[6] == 1 ? 10 : 12;
    const uint64_t length = head[6] == 1 ? (uint64_t)(head[8] | head[9] << 8) : oa_u32_little(head + 8);
    if (length > HEADER_MAX) return oa_fail_at(p->context, OA_AT_BYTE(p->name, 8), "E_NPY", "a header of %llu bytes; at most %d are read", (unsigned long long)length, HEADER_MAX);
    if (length > p->bytes - p->text_at)
        return oa_fail_at(p->context, OA_AT_BYTE(p->name, 8), "E_TRUNCATED", "a header of %llu bytes in a file of %llu; copy it again", (unsigned long long)length,
                          (unsigned long long)p->bytes);
    OA_TRY(oa_file_read(p->context, p->fd, p->name, text, (size_t)length, p->text_at));
    p->at = p->begin = text;
    p->end = text + length;
    p->body = p->text_at + length;
    return parse_header(p);
}

/* The shape must be what the file holds: nothing is allocated by a shape alone. */
static oa_status check_size(npy *p)
{
    const uint64_t body = p->bytes - p->body, most = body / p->row->size;
    uint64_t n = 1;
    for (int i = 0; i < p->rank; i++) {
        if (p->dims[i] == 0) return oa_fail_at(p->context, OA_IN_FILE(p->name), "E_EMPTY_DATA", "the array has a length of 0 along dimension %d", i);
        if (p->dims[i] > most / n)
            return oa_fail_at(p->context, OA_AT_BYTE(p->name, p->body), "E_TRUNCATED", "the shape needs more than the %llu values that follow; copy the file again",
                              (unsigned long long)most);
        n *= p->dims[i];
    }
    p->n = (size_t)n;
    if (n * p->row->size == body) return OA_OK;
    return oa_fail_at(p->context, OA_AT_BYTE(p->name, p->body + n * p->row->size), "E_SIZE", "%llu bytes follow the array, which has %llu values of %u bytes",
                      (unsigned long long)(body - n * p->row->size), (unsigned long long)n, p->row->size);
}

/* ---------------------------------------------------------------------------------------------- the values */

static double value_at(npy_type type, const unsigned char *b)
{
    const uint64_t low = b[0];
    float single;
    double wide;
    switch (type) {
    case NPY_U1: return (double)low;
    case NPY_I1: return (double)(int8_t)b[0];
    case NPY_U2: return (double)(low | (uint64_t)b[1] << 8);
    case NPY_I2: return (double)(int16_t)(uint16_t)(low | (uint64_t)b[1] << 8);
    case NPY_U4: return (double)oa_u32_little(b);
    case NPY_I4: return (double)(int32_t)oa_u32_little(b);
    default: break;
    }
    const uint32_t bits = oa_u32_little(b);
    memcpy(&single, &bits, sizeof single);
    if (type == NPY_F4) return (double)single;
    const uint64_t all = bits | (uint64_t)oa_u32_little(b + 4) << 32;
    memcpy(&wide, &all, sizeof wide);
    return type == NPY_F8 ? wide : type == NPY_U8 ? (double)all : (double)(int64_t)all;
}

/* Where the value lies that follows in the file: the first index runs fastest in Fortran order. */
static size_t next_fortran(const npy *p, size_t index[RANK_MAX])
{
    size_t at = 0;
    for (int i = 0; i < p->rank; i++) {
        if (++index[i] < p->dims[i]) break;
        index[i] = 0;
    }
    for (int i = 0; i < p->rank; i++) at = at * p->dims[i] + index[i];
    return at;
}

static oa_status read_values(const npy *p, double *to)
{
    unsigned char raw[PIECE * 8];
    size_t index[RANK_MAX] = { 0 }, at = 0;
    for (size_t done = 0; done < p->n;) {
        const size_t part = p->n - done < PIECE ? p->n - done : PIECE;
        OA_TRY(oa_file_read(p->context, p->fd, p->name, raw, part * p->row->size, p->body + (uint64_t)done * p->row->size));
        for (size_t i = 0; i < part; i++) {
            to[p->is_fortran ? at : done + i] = value_at(p->row->type, raw + i * p->row->size);
            if (p->is_fortran) at = next_fortran(p, index);
        }
        done += part;
    }
    return OA_OK;
}

static oa_status read_array(npy *p, oa_array *array)
{
    char *text;
    OA_TRY(oa_new(p->context, &text, HEADER_MAX, 1));
    const oa_status status = read_header(p, text);
    oa_free(p->context, text);
    OA_TRY(status);
    OA_TRY(check_size(p));
    array->type = OA_F64;
    array->rank = p->rank;
    memcpy(array->dims, p->dims, sizeof p->dims);
    OA_TRY(oa_block_new(p->context, &array->block, p->n, sizeof(double)));
    return read_values(p, array->block->data);
}

static oa_status npy_read(oa_context *context, oa_source *source, const oa_read_options *options, oa_content *out)
{
    npy p = { .context = context, .name = source->name };
    oa_array *array;
    (void)options;
    OA_TRY(oa_new(context, &array, 1, sizeof *array));
    oa_status status = oa_file_open(context, source->path, &p.fd, &p.bytes);
    if (status == OA_OK) {
        status = read_array(&p, array);
        oa_file_close(p.fd);
    }
    if (status == OA_OK) {
        out->array = array;
        return OA_OK;
    }
    oa_block_free(array->block);
    oa_free(context, array);
    return status;
}

static const char *const extensions[] = { "npy", NULL };

const oa_format oa_format_npy = {
    .name = "npy",
    .extensions = extensions,
    .help = "one array of NumPy: a published bank of curves",
    .read = npy_read,
};
