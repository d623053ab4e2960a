# The commit is looked up at build time, so that a rebuild after a commit is stamped rightly.
add_custom_target(ordapt_stamp ALL
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DOUTPUT=${PROJECT_BINARY_DIR}/generated/commit.h
          -P ${PROJECT_SOURCE_DIR}/cmake/stamp.cmake
  BYPRODUCTS ${PROJECT_BINARY_DIR}/generated/commit.h
  COMMENT "commit stamp")
