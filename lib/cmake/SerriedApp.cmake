# serried_app(<name> SOURCES main.cpp ... [HEADERS <name>.hpp ...] [DEPS mapreduce ...] [LINK CLI11::CLI11 ...])
#
# Program bin/serried-<name>, installed. Its logic is in headers, so that tests reach it: they link
# serried_app_<name> and include "<name>/<name>.hpp".
function(serried_app name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;HEADERS;DEPS;LINK")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "serried_app(${name}): SOURCES missing or unknown words: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  serried_find_packages_of(${arg_LINK})
  list(TRANSFORM arg_DEPS PREPEND serried::)

  set(logic serried_app_${name})
  add_library(${logic} INTERFACE)
  cmake_path(GET CMAKE_CURRENT_SOURCE_DIR PARENT_PATH apps_dir)
  target_sources(${logic} INTERFACE FILE_SET HEADERS BASE_DIRS "${apps_dir}" FILES ${arg_HEADERS})
  target_link_libraries(${logic} INTERFACE ${arg_DEPS} ${arg_LINK})

  set(program serried-${name})
  add_executable(${program} ${arg_SOURCES})
  target_link_libraries(${program} PRIVATE ${logic} serried_warnings)
  if(BUILD_SHARED_LIBS)
    file(RELATIVE_PATH lib_from_bin "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_LIBDIR}")
    set_target_properties(${program} PROPERTIES INSTALL_RPATH "$ORIGIN/${lib_from_bin}")
  endif()
  install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()
