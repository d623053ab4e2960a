/* header.c - ordapt.h alone is a whole translation unit in strict C11, and may be included twice. */
#include "ordapt.h"
#include "ordapt.h"

int header_in_c(void);
int header_in_c(void) { return oa_exit_code(OA_OK) + OA_VERSION_MAJOR; }
