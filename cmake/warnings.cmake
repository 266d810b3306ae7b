# Warnings of our own code; generated code and others' headers are SYSTEM.
add_library(lh_warnings INTERFACE)
target_compile_options(lh_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes
  -Wmissing-prototypes -Wcast-qual -Wformat=2 -Wswitch-enum -Wundef -Wvla
  $<$<BOOL:${LIUHEN_WERROR}>:-Werror>)
target_compile_definitions(lh_warnings INTERFACE _GNU_SOURCE)
target_include_directories(lh_warnings INTERFACE ${PROJECT_SOURCE_DIR})
