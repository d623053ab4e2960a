# Flags every target of ours is compiled with (ordapt_flags is linked privately).
add_library(ordapt_flags INTERFACE)
target_compile_definitions(ordapt_flags INTERFACE _POSIX_C_SOURCE=200809L _FILE_OFFSET_BITS=64)
target_compile_options(ordapt_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wformat=2 -Wvla
  -Wno-format-nonliteral $<$<C_COMPILER_ID:GNU>:-Wno-format-truncation>  # cutting a long text is what snprintf is used for
  -ffp-contract=off        # kernels that bin or compare must agree with the scalar ones exactly
  -fno-math-errno -fno-trapping-math
  -fstack-protector-strong)
if(ORDAPT_WERROR)
  target_compile_options(ordapt_flags INTERFACE -Werror)
endif()
if(CMAKE_BUILD_TYPE MATCHES "Rel" AND NOT ORDAPT_SANITIZE)
  target_compile_options(ordapt_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
if(ORDAPT_SANITIZE)
  target_compile_options(ordapt_flags INTERFACE -fsanitize=${ORDAPT_SANITIZE} -fno-omit-frame-pointer
    $<$<C_COMPILER_ID:Clang>:-Wno-pass-failed>) # loops with checks inside are not vectorised, which clang would warn of
  target_link_options(ordapt_flags INTERFACE -fsanitize=${ORDAPT_SANITIZE})
endif()
if(ORDAPT_SANITIZE MATCHES "memory") # what libraries write that know nothing of the sanitizer: their calls are led through a file that says it
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/instrument/foreign.c)
  file(STRINGS ${PROJECT_SOURCE_DIR}/tests/instrument/foreign.c ordapt_foreign_calls REGEX "^[^ ].*OURS\\([A-Za-z0-9_]+\\)\\(")
  list(TRANSFORM ordapt_foreign_calls REPLACE "^.*OURS\\(([A-Za-z0-9_]+)\\)\\(.*$" "-Wl,--wrap=\\1")
  target_link_options(ordapt_flags INTERFACE ${ordapt_foreign_calls})
endif()
if(ORDAPT_FUZZ) # the library reports which branches an input takes
  target_compile_options(ordapt_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(ORDAPT_COVERAGE)
  target_compile_options(ordapt_flags INTERFACE --coverage -fprofile-update=atomic) # counts of threads
  target_link_options(ordapt_flags INTERFACE --coverage -Wl,--wrap=_exit) # tests/instrument/leave.c
endif()
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  target_link_options(ordapt_flags INTERFACE -Wl,-z,relro,-z,now)
endif()
