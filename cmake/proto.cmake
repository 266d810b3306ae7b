# specs/proto/*.proto -> bounded static nanopb code in the build tree (target lh_proto).
# The generator is named by its full path: its interpreter line is the system's Python, which has
# the protobuf module; another python3 may come first in PATH.
set(LH_PROTO_DIR ${PROJECT_SOURCE_DIR}/specs/proto)
set(LH_PROTO_OUT ${PROJECT_BINARY_DIR}/gen)
set(LH_PROTO_NAMES body ledger network private trust)
find_program(NANOPB_GENERATOR nanopb_generator.py PATHS /usr/bin REQUIRED)

set(proto_sources)
foreach(name ${LH_PROTO_NAMES})
  add_custom_command(
    OUTPUT ${LH_PROTO_OUT}/${name}.pb.c ${LH_PROTO_OUT}/${name}.pb.h
    COMMAND ${CMAKE_COMMAND} -E make_directory ${LH_PROTO_OUT}
    COMMAND ${NANOPB_GENERATOR} -q -I ${LH_PROTO_DIR} -D ${LH_PROTO_OUT} ${name}.proto
    WORKING_DIRECTORY ${LH_PROTO_DIR}
    DEPENDS ${LH_PROTO_DIR}/${name}.proto ${LH_PROTO_DIR}/${name}.options
    VERBATIM)
  list(APPEND proto_sources ${LH_PROTO_OUT}/${name}.pb.c ${LH_PROTO_OUT}/${name}.pb.h)
endforeach()

# The canonical reader and writer know the messages by a list: one that is missing there would stop
# the process when it is first met.
set(listed ${PROJECT_SOURCE_DIR}/ledger/canon_fields.c)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${listed})
file(READ ${listed} listed)
foreach(name ${LH_PROTO_NAMES})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${LH_PROTO_DIR}/${name}.proto)
  file(STRINGS ${LH_PROTO_DIR}/${name}.proto lines REGEX "^message ")
  foreach(line ${lines})
    string(REGEX REPLACE "^message ([A-Za-z]+).*" "\\1" message "${line}")
    if(NOT listed MATCHES "X\\(${message}\\)")
      message(FATAL_ERROR "ledger/canon_fields.c does not list message ${message} of ${name}.proto")
    endif()
  endforeach()
endforeach()

add_library(lh_proto STATIC ${proto_sources})
target_include_directories(lh_proto SYSTEM PUBLIC ${LH_PROTO_OUT})
target_link_libraries(lh_proto PUBLIC nanopb::protobuf-nanopb-static)
