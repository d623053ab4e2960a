// header.cpp - ordapt.h in strict C++17: names are C names, nothing is a C++ keyword.
#include "ordapt.h"
#include "ordapt.h"

int header_in_cxx();
int header_in_cxx()
{
    oa_context_options options{};
    options.threads = 1;
    oa_context *context = nullptr;
    if (oa_context_new(&context, &options) != OA_OK) return 1;
    oa_context_free(context);
    return oa_exit_code(OA_OK);
}
