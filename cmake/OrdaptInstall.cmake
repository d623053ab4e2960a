# cmake --install: header, libraries (static, or shared with BUILD_SHARED_LIBS), program, manual page, licence, a CMake
# package (find_package(ordapt) gives ordapt::ordapt and ordapt::nexus) and pkg-config files. Nothing that is installed names
# a folder of the machine it was built on, so that the prefix may be chosen, or moved, later.
include(CMakePackageConfigHelpers)

if(BUILD_SHARED_LIBS)
  set(ordapt_libraries ordapt_shared ordapt_nexus_shared)
else()
  set(ordapt_libraries ordapt ordapt_nexus)
endif()
install(TARGETS ${ordapt_libraries} EXPORT ordapt
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS ordapt_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${PROJECT_SOURCE_DIR}/core/include/ordapt.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(EXISTS ${PROJECT_SOURCE_DIR}/LICENSE)
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
endif()

# The program writes its own manual page from the tables.
if(NOT CMAKE_CROSSCOMPILING)
  add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/ordapt.1 COMMAND ordapt_cli help man > ${PROJECT_BINARY_DIR}/ordapt.1
    DEPENDS ordapt_cli COMMENT "manual page" VERBATIM)
  add_custom_target(ordapt_man ALL DEPENDS ${PROJECT_BINARY_DIR}/ordapt.1)
  install(FILES ${PROJECT_BINARY_DIR}/ordapt.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()

# ---- CMake package ----
set(ordapt_package ${CMAKE_INSTALL_LIBDIR}/cmake/ordapt)
install(EXPORT ordapt NAMESPACE ordapt:: FILE ordapt-targets.cmake DESTINATION ${ordapt_package})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/ordapt-config.cmake.in ${PROJECT_BINARY_DIR}/ordapt-config.cmake
  INSTALL_DESTINATION ${ordapt_package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ordapt-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ordapt-config.cmake ${PROJECT_BINARY_DIR}/ordapt-config-version.cmake DESTINATION ${ordapt_package})

# ---- pkg-config ----
# A static library needs its dependencies named in public; a shared one brings them itself.
set(ordapt_pc_hdf5 hdf5)
set(ordapt_pc_hdf5_libs "")
pkg_check_modules(ORDAPT_HDF5_PC QUIET hdf5)
if(NOT ORDAPT_HDF5_PC_FOUND)
  set(ordapt_pc_hdf5 "")
  string(REPLACE ";" " " ordapt_pc_hdf5_libs "${HDF5_C_LIBRARIES}")
endif()
set(ordapt_pc_requires "openblas, jansson, libcrypto")
set(ordapt_pc_nexus_requires "libdeflate, yaml-0.1")
if(ordapt_pc_hdf5)
  string(APPEND ordapt_pc_nexus_requires ", hdf5")
endif()
if(ORDAPT_HAVE_NAPI)
  string(APPEND ordapt_pc_nexus_requires ", nexus")
endif()
if(BUILD_SHARED_LIBS)
  set(ordapt_pc_private .private)
  set(ordapt_pc_gap "\nLibs.private: ") # a second line; in a static build all stands in the first
  set(ordapt_pc_nexus_requires "${ordapt_pc_requires}, ${ordapt_pc_nexus_requires}")
else()
  set(ordapt_pc_private "")
  set(ordapt_pc_gap " ")
  set(ordapt_pc_nexus_requires "ordapt = ${PROJECT_VERSION}, ${ordapt_pc_nexus_requires}")
endif()
set(ordapt_pc_libs "Libs: -L\${libdir} -lordapt${ordapt_pc_gap}-lpthread -lm")
set(ordapt_nexus_pc_libs "Libs: -L\${libdir} -lordapt_nexus${ordapt_pc_gap}${ordapt_pc_hdf5_libs} -lpthread -lm")
file(RELATIVE_PATH ordapt_pc_up ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" ordapt_pc_up "${ordapt_pc_up}")
foreach(which ordapt ordapt_nexus)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/${which}.pc.in ${PROJECT_BINARY_DIR}/${which}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${which}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
