/* codes.c - every code word with what the caller should do. `ordapt help errors` prints this table. */
#include "base/context.h"

#include <string.h>

static const oa_code table[] = {
    /* calls */
    { "E_USAGE", OA_E_USAGE, "the command line lacks something or has something unknown" },
    { "E_WORD_UNKNOWN", OA_E_USAGE, "no such word, step or recipe" },
    { "E_OPTION_UNKNOWN", OA_E_USAGE, "no such option or parameter" },
    { "E_SLOT_MISSING", OA_E_USAGE, "a needed input was not given" },
    { "E_CONFIG", OA_E_USAGE, "the configuration file is no JSON object of parameters" },
    { "E_RECIPE", OA_E_USAGE, "a line of the recipe cannot be read" },
    /* parameters */
    { "E_PARAMETER_RANGE", OA_E_PARAMETER, "a parameter lies outside its bounds" },
    { "E_PARAMETER_VALUE", OA_E_PARAMETER, "a parameter is no value of its kind" },
    { "E_PARAMETER_CHOICE", OA_E_PARAMETER, "a parameter is none of the words it may be" },
    { "E_SPECIES_UNKNOWN", OA_E_PARAMETER, "no ion type of that name" },
    { "E_ROI_OUTSIDE", OA_E_PARAMETER, "the region does not meet the specimen" },
    { "E_SLAB", OA_E_PARAMETER, "the slab is not k/n with 1 <= k <= n, or the step has no slabs" },
    /* vendor files */
    { "E_EMPTY_FILE", OA_E_DATA, "the file has no bytes" },
    { "E_EMPTY_DATA", OA_E_DATA, "the file has no ions or ranges" },
    { "E_SIZE", OA_E_DATA, "the length is no multiple of the record" },
    { "E_TRUNCATED", OA_E_DATA, "the file ends too early" },
    { "E_NONFINITE", OA_E_DATA, "NaN or infinity where a number is needed" },
    { "E_BYTE_ORDER", OA_E_DATA, "the bytes are in the other order" },
    { "E_IMPLAUSIBLE", OA_E_DATA, "the values cannot be what the suffix says" },
    { "E_FORMAT_MISMATCH", OA_E_DATA, "the content is another format than the suffix says" },
    { "E_FORMAT_UNKNOWN", OA_E_DATA, "no format is known by this suffix and content" },
    { "E_PROPRIETARY", OA_E_DATA, "a closed format; export .epos or .pos from the vendor's program" },
    { "E_MAGIC", OA_E_DATA, "the signature at the beginning is wrong" },
    { "E_VERSION", OA_E_DATA, "a version of the format that is not read" },
    { "E_DUPLICATE_SECTION", OA_E_DATA, "a section occurs twice" },
    { "E_MISSING_SECTION", OA_E_DATA, "a needed section is missing" },
    { "E_COUNT_MISMATCH", OA_E_DATA, "a stated number differs from what is there" },
    { "E_NO_IONS_SECTION", OA_E_DATA, "a range file without [Ions]" },
    { "E_NO_RANGES_SECTION", OA_E_DATA, "a range file without [Ranges]" },
    { "E_DUPLICATE_KEY", OA_E_DATA, "a key occurs twice" },
    { "E_BAD_NUMBER", OA_E_DATA, "a token that should be a number is none" },
    { "E_BAD_FIELD", OA_E_DATA, "a field is not key:value" },
    { "E_RANGE_REVERSED", OA_E_DATA, "the upper bound is below the lower one" },
    { "E_RANGE_EMPTY", OA_E_DATA, "the range has no width" },
    { "E_RANGE_NEGATIVE", OA_E_DATA, "the range begins below zero" },
    { "E_RANGE_NONFINITE", OA_E_DATA, "a bound is NaN or infinite" },
    { "E_RANGE_OVERLAP", OA_E_DATA, "ranges of different ions overlap" },
    { "E_UNKNOWN_ELEMENT", OA_E_DATA, "neither an element nor listed" },
    { "E_NO_IDENTITY", OA_E_DATA, "a range without element and without name" },
    { "E_MULTIPLICITY", OA_E_DATA, "an atom count outside 1...255, or more than 32 atoms" },
    { "E_ENCODING", OA_E_DATA, "the text is not UTF-8" },
    { "E_LINE_TOO_LONG", OA_E_DATA, "a line longer than 64 KiB" },
    { "E_RNG_HEADER", OA_E_DATA, "the first line of .rng is not two numbers" },
    { "E_RNG_SEPARATOR", OA_E_DATA, "the dash line of .rng is missing" },
    { "E_RNG_COLUMNS", OA_E_DATA, "a row of .rng has a wrong number of columns" },
    { "E_CSV_COLUMNS", OA_E_DATA, "a line has another number of fields" },
    { "E_CSV_NUMBER", OA_E_DATA, "a field that should be a number is none" },
    { "E_CSV_HEADER", OA_E_DATA, "the header names no x, y, z and mass column" },
    { "E_OPS_SEQUENCE", OA_E_DATA, "lines in an impossible order" },
    { "E_TOO_MANY_RANGES", OA_E_DATA, "more ranges or ion types than any range file has" },
    { "E_TOO_MANY_IONS", OA_E_LACKING, "more than 4294967295 ions" },
    { "E_TOO_MANY_PAIRS", OA_E_LACKING, "more pairs than a count can hold" },
    { "E_TOO_MANY_TYPES", OA_E_LACKING, "more than 65534 ion types" },
    { "E_RANGES_SEVERAL", OA_E_DATA, "more than one set of ranges or ions was given" },
    { "E_METADATA", OA_E_DATA, "the metadata file is neither YAML nor JSON, or a value is of the wrong kind" },
    /* HDF5 and NeXus */
    { "E_H5_OPEN", OA_E_DATA, "not HDF5, damaged or cut" },
    { "E_H5_MISSING", OA_E_DATA, "a needed dataset is missing" },
    { "E_H5_TYPE", OA_E_DATA, "a dataset has the wrong type" },
    { "E_H5_SHAPE", OA_E_DATA, "a dataset has the wrong shape" },
    { "E_H5_LENGTH", OA_E_DATA, "two columns differ in length" },
    { "E_H5_LAYOUT", OA_E_DATA, "a storage layout that is not read" },
    { "E_H5_PICKLE", OA_E_DATA, "Python pickles are never read" },
    { "E_H5_EXTERNAL", OA_E_DATA, "the file refers to other files, which are never followed" },
    { "E_H5_FILTER", OA_E_LACKING, "compressed by a filter this build has not" },
    { "E_H5_BOMB", OA_E_DATA, "a dataset that would unpack to far more than the file holds" },
    { "E_NX_ENTRY", OA_E_DATA, "no entry with ions or results" },
    { "E_RECORD", OA_E_DATA, "the record of a result is missing or damaged" },
    { "E_CHECKPOINT", OA_E_DATA, "no AtomNet checkpoint, or a damaged one" },
    { "E_KERAS", OA_E_DATA, "the network is not one that can be imported" },
    { "E_ARCHITECTURE", OA_E_DATA, "layers that do not fit together or are not known, or a network of another kind than the step takes" },
    { "E_MODEL", OA_E_DATA, "the file holds no usable model" },
    { "E_NPY", OA_E_DATA, "the .npy file is no array of numbers that is read" },
    /* chains */
    { "E_DIGEST", OA_E_DATA, "the content is not what its digest says" },
    { "E_MAP_MISMATCH", OA_E_DATA, "the model was made for another map" },
    { "E_REPLAY", OA_E_DATA, "the replay gave another result" },
    { "E_INPUT_NOT_FOUND", OA_E_MISSING, "an input named by a record was not found" },
    { "E_INPUT_KIND", OA_E_DATA, "the file does not hold what the slot takes" },
    { "E_NOT_RANGED", OA_E_DATA, "the ions have no ion types" },
    { "E_PLANES", OA_E_DATA, "atomic planes are not resolved where they are needed" },
    { "E_FEW_IONS", OA_E_DATA, "fewer ions than are needed" },
    { "E_CONTROL", OA_E_DATA, "the control was not made from the same specimen" },
    { "E_SLABS", OA_E_DATA, "the parts are not the slabs of one step" },
    { "E_CLASS_MISSING", OA_E_DATA, "a class has no pattern" },
    { "E_DIVERGED", OA_E_DATA, "training diverged" },
    { "E_NOT_FOUND", OA_E_MISSING, "no such file" },
    { "E_NOT_A_FILE", OA_E_MISSING, "a folder, pipe, socket or device instead of a file" },
    { "E_PERMISSION", OA_E_MISSING, "the file may not be read" },
    /* this machine */
    { "E_MEMORY", OA_E_LACKING, "not enough memory" },
    { "E_KERNEL", OA_E_LACKING, "no such kernel in this build or on this processor" },
    { "E_LACKING", OA_E_LACKING, "this build lacks something" },
    { "E_INTERNAL", OA_E_BUG, "our mistake" },
    { "E_EXISTS", OA_E_OUTPUT, "the output exists; --overwrite replaces it" },
    { "E_OUTPUT", OA_E_OUTPUT, "the output cannot be created" },
    { "E_OUTPUT_FORMAT", OA_E_PARAMETER, "no format is written under that suffix" },
    { "E_DISK_FULL", OA_E_OUTPUT, "no space left for the output" },
    { "E_READ", OA_E_IO, "reading failed" },
    { "E_WRITE", OA_E_IO, "writing failed" },
    { "E_AGAIN", OA_E_AGAIN, "a resource is short for the moment" },
    { "E_CANCELLED", OA_E_CANCELLED, "interrupted" },
    /* warnings */
    { "W_MASS_NONPOSITIVE", OA_OK, "mass-to-charge values of 0 or below: never ranged" },
    { "W_MULTIPLICITY", OA_OK, "the counts of multiple events do not fit together" },
    { "W_VOLTAGE_UNIT", OA_OK, "voltages read as kV" },
    { "W_DETECTOR_UNIT", OA_OK, "detector positions look like cm" },
    { "W_UNKNOWN_SECTION", OA_OK, "a section was skipped" },
    { "W_ATO5_SCALE", OA_OK, "the customary scale was applied" },
    { "W_RANGE_DUPLICATE", OA_OK, "exact copies of ranges were dropped" },
    { "W_RANGE_MERGED", OA_OK, "overlapping ranges of one ion were joined" },
    { "W_RANGE_OVERLAP", OA_OK, "overlapping ranges of different ions; the lower key wins" },
    { "W_USER_LABEL", OA_OK, "a label that is no element: unknown ion of that name" },
    { "W_ION_NOT_LISTED", OA_OK, "an element that [Ions] does not list" },
    { "W_INDEX_GAP", OA_OK, "keys are not numbered 1...n" },
    { "W_COLOR", OA_OK, "a colour that is none; the default is used" },
    { "W_EMPTY_ROW", OA_OK, "a range without any atom was ignored" },
    { "W_COUNT_IS_CHARGE", OA_OK, "the number at an isotope was read as charge state" },
    { "W_NO_NUMBER", OA_OK, "Number= is missing" },
    { "W_RNG_NAMES", OA_OK, "the names of the dash line differ from the name block" },
    { "W_DROPPED", OA_OK, "records were left out as asked" },
    { "W_UNRANGED", OA_OK, "ions without a range" },
    { "W_NO_IONS", OA_OK, "the result has no ions" },
    { "W_NO_CURVE", OA_OK, "patterns without a usable curve" },
    { "W_CLASS_MISSING", OA_OK, "a class has no pattern" },
    { "W_TEMPERATURE", OA_OK, "the patterns do not determine a temperature" },
    { "W_FEW_IONS", OA_OK, "too few ions of a species" },
    { "W_NO_PLANES", OA_OK, "atomic planes are not resolved along the direction" },
    { "W_OCCUPANCY", OA_OK, "domains have too little order to make use of their composition" },
    { "W_PHASE_JUMP", OA_OK, "the phase of atomic planes jumps between two places" },
    { "W_OUT_OF_DISTRIBUTION", OA_OK, "patterns unlike those the model was trained with" },
    { "W_NOT_EQUILIBRATED", OA_OK, "a Monte Carlo run that is not at equilibrium, or too short to tell" },
    { "W_TARGETS_MISSED", OA_OK, "no configuration with all Warren-Cowley parameters asked for was found" },
    { "W_FEW_BINS", OA_OK, "too few bins for a test of randomness" },
    { "W_FILE_CHANGED", OA_OK, "the bytes of an input changed, its content did not" },
    { "W_VERSION", OA_OK, "made by another version of the step" },
    { "W_METADATA", OA_OK, "a metadata key was not understood" },
    { "W_MORE", OA_OK, "further warnings were counted, not listed" },
};

const oa_code *oa_code_table(size_t *n)
{
    *n = sizeof table / sizeof *table;
    return table;
}

const oa_code *oa_code_find(const char *word)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].word, word) == 0) return &table[i];
    return NULL;
}

int oa_exit_code(oa_status status)
{
    switch (status) {
    case OA_OK: return 0;
    case OA_E_USAGE: return 2;
    case OA_E_PARAMETER: return 64;
    case OA_E_DATA: return 65;
    case OA_E_MISSING: return 66;
    case OA_E_LACKING: return 69;
    case OA_E_BUG: return 70;
    case OA_E_OUTPUT: return 73;
    case OA_E_IO: return 74;
    case OA_E_AGAIN: return 75;
    case OA_E_CANCELLED: return 130;
    }
    return 70;
}
