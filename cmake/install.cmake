# cmake --install BUILD [--prefix PREFIX]: programs, man pages, completions, the service, what to start with.
include(GNUInstallDirs)

install(TARGETS liuhend liuhen liuhen-verify liuhen-bench)

# ---- man pages, of the markdown that the tests read: "# name(section)" goes, headings move up one, and
# "name: words" becomes the form that whatis(1) looks for ----
set(LH_MAN_PAGES cli/man/liuhen.1 cli/man/liuhen-verify.1 cli/man/liuhen-map.5 node/man/liuhend.8
  node/man/liuhend.conf.5)
find_program(LOWDOWN lowdown)
if(LOWDOWN)
  set(outputs)
  foreach(page ${LH_MAN_PAGES})
    cmake_path(GET page FILENAME file)
    string(REGEX REPLACE "^(.*)\\.([0-9])$" "\\1;\\2" parts ${file})
    list(GET parts 0 title)
    list(GET parts 1 section)
    set(source ${PROJECT_SOURCE_DIR}/${page}.md)
    set(output ${PROJECT_BINARY_DIR}/man/${file})
    add_custom_command(
      OUTPUT ${output}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/man
      COMMAND sed -e 1d -e "s/^##/#/" -e "s/^\\(${title}\\): /\\1 - /" ${source} > ${output}.md
      COMMAND ${LOWDOWN} -s -Tman --out-no-smart -M title=${title} -M section=${section}
        -o ${output} ${output}.md
      DEPENDS ${source}
      VERBATIM)
    list(APPEND outputs ${output})
    install(FILES ${output} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
  endforeach()
  add_custom_target(lh_man ALL DEPENDS ${outputs})
elseif("$ENV{CI}" STREQUAL "true")
  message(FATAL_ERROR "lowdown is missing: the man pages are made with it")
else()
  message(WARNING "lowdown is missing: no man pages are made or installed")
endif()

# ---- completions: the installed program prints its own ----
install(CODE "
  set(data \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}\")
  set(zsh zsh/site-functions)
  if(CMAKE_INSTALL_PREFIX STREQUAL /usr)
    set(zsh zsh/vendor-completions) # Debian's
  endif()
  foreach(pair bash=bash-completion/completions/liuhen zsh=\${zsh}/_liuhen
      fish=fish/vendor_completions.d/liuhen.fish)
    string(REPLACE = \";\" pair \${pair})
    list(GET pair 0 shell)
    list(GET pair 1 place)
    message(STATUS \"Installing: \${data}/\${place}\")
    cmake_path(GET place PARENT_PATH folder)
    file(MAKE_DIRECTORY \"\${data}/\${folder}\")
    execute_process(COMMAND \"$<TARGET_FILE:liuhen>\" --lang en completion \${shell}
      OUTPUT_FILE \"\${data}/\${place}\" COMMAND_ERROR_IS_FATAL ANY)
  endforeach()")

# ---- the service: where the programs are is known when they are installed ----
install(CODE "
  set(LIUHEN_BINDIR \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
  configure_file(\"${PROJECT_SOURCE_DIR}/node/systemd/liuhend.service.in\"
    \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib/systemd/system/liuhend.service\" @ONLY)
  message(STATUS
    \"Installing: \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib/systemd/system/liuhend.service\")")
install(FILES node/systemd/liuhend.sysusers DESTINATION lib/sysusers.d RENAME liuhend.conf)
install(FILES node/systemd/liuhend.tmpfiles DESTINATION lib/tmpfiles.d RENAME liuhend.conf)

# ---- to start with, and to read ----
install(FILES specs/catalogue/seed.json DESTINATION ${CMAKE_INSTALL_DATADIR}/liuhen/catalogue)
foreach(part citylib demo demo_acts demo_city demo_story demo_words nodelib)
  install(FILES tests/system/${part}.py DESTINATION ${CMAKE_INSTALL_DATADIR}/liuhen/demo)
endforeach()
install(FILES cli/examples/coselog.map DESTINATION ${CMAKE_INSTALL_DATADIR}/liuhen/examples)
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY specs DESTINATION ${CMAKE_INSTALL_DOCDIR}
  FILES_MATCHING PATTERN "*.md" PATTERN "api.yaml" PATTERN "*.proto" PATTERN "catalogue" EXCLUDE
  PATTERN "vectors" EXCLUDE)
