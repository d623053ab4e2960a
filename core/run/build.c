/* build.c - what this library is: version, commit, compiler, BLAS; and the making of a whole context. */
#include <stdio.h>
#include <stdlib.h>

#include "base/context.h"
#include "commit.h"
#include "math/blas.h"
#include "math/kernel/kernel.h"

const char *oa_version(void) { return OA_VERSION; }
const char *oa_commit(void) { return OA_COMMIT; }

const char *oa_compiler(void)
{
#if defined(__clang__)
    return "clang " __clang_version__;
#elif defined(__GNUC__)
    return "gcc " __VERSION__;
#else
    return "unknown";
#endif
}

const char *oa_blas(void) { return oa_blas_name(); }
const char *oa_kernel(const oa_context *context) { return context->kernels ? context->kernels->name : "none"; }

oa_status oa_context_new(oa_context **out, const oa_context_options *options)
{
    const char *kernel = options && options->kernel ? options->kernel : "auto";
    OA_TRY(oa_context__create(out, options));
    oa_blas_setup();
    (*out)->kernels = oa_kernels_find(kernel);
    if (!(*out)->kernels)
        return oa_fail(*out, "E_KERNEL", "no kernel set '%s' in this build or on this processor; `auto` takes the fastest there is, `scalar` is always there", kernel);
    return OA_OK;
}

void oa_string_free(char *text) { free(text); }
