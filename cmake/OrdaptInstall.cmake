# cmake --install: headers, libraries, program, a CMake package and pkg-config files.
include(CMakePackageConfigHelpers)
