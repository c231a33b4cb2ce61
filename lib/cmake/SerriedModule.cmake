# One CMake function per module: serried_module(), called from the module's own folder.
include(SerriedPackages)
include(SerriedCompile)

# serried_module(<name>
#   [UMBRELLA <name>.hpp]           header one folder up, which includes the module's other headers
#   [HEADERS a.hpp ...]             public headers beside the CMakeLists.txt
#   [CONFIGURED_HEADERS b.hpp ...]  made from b.hpp.in, @VARIABLES@ replaced
#   [SOURCES a.cpp ...]             none: the module is header only
#   [DEPS base mpi ...]             modules of lower levels; tests/checks compares them with the #includes
#   [LINK_PUBLIC fmt::fmt ...]      packages that the headers use
#   [LINK_PRIVATE ZLIB::ZLIB ...])  packages that only the sources use
#
# Makes target serried_<name>, alias serried::<name>, and its part of the installed package.
function(serried_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "UMBRELLA"
                        "HEADERS;CONFIGURED_HEADERS;SOURCES;DEPS;LINK_PUBLIC;LINK_PRIVATE")
  if(arg_UNPARSED_ARGUMENTS OR arg_KEYWORDS_MISSING_VALUES)
    message(FATAL_ERROR "serried_module(${name}): ${arg_UNPARSED_ARGUMENTS} ${arg_KEYWORDS_MISSING_VALUES}?")
  endif()
  set(target serried_${name})
  # The sources decide: PUBLIC and PRIVATE mean nothing to a header-only library.
  if(arg_SOURCES)
    add_library(${target} ${arg_SOURCES})
    set(public PUBLIC)
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:serried_warnings>)
    # Distinct names where library files share one folder (libserried_mpi.so beside MPI's own).
    set_target_properties(${target} PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
  else()
    add_library(${target} INTERFACE)
    set(public INTERFACE)
  endif()
  add_library(serried::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})

  serried_module_headers(${name} "${public}" "${arg_UMBRELLA}" "${arg_HEADERS}" "${arg_CONFIGURED_HEADERS}")
  target_compile_features(${target} ${public} cxx_std_20)
  # Public, for templates are compiled in the user's files: a fused multiply-add changes the last bit.
  target_compile_options(${target} ${public} -ffp-contract=off)

  serried_find_packages_of(${arg_LINK_PUBLIC} ${arg_LINK_PRIVATE})
  list(TRANSFORM arg_DEPS PREPEND serried:: OUTPUT_VARIABLE dep_targets)
  target_link_libraries(${target} ${public} ${dep_targets} ${arg_LINK_PUBLIC})
  if(arg_LINK_PRIVATE)
    target_link_libraries(${target} PRIVATE ${arg_LINK_PRIVATE})
  endif()
  if("MPI::MPI_CXX" IN_LIST arg_LINK_PUBLIC)
    # Only MPI's C functions are used; the C++ bindings, gone since MPI 3, cost compile time and warnings.
    target_compile_definitions(${target} ${public} OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)
  endif()

  serried_record_module(${name} "${arg_DEPS}" "${arg_LINK_PUBLIC};${arg_LINK_PRIVATE}")
  # One export set per module: a user of `base` must not need MPI.
  install(TARGETS ${target} EXPORT serried-${name} FILE_SET HEADERS
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT serried-${name} NAMESPACE serried:: FILE serried-${name}-targets.cmake
          DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/serried)
endfunction()

# Include root: two levels up, so that a header is <serried/<name>/a.hpp> here and when installed.
function(serried_module_headers name public umbrella headers configured_headers)
  cmake_path(GET CMAKE_CURRENT_SOURCE_DIR PARENT_PATH parent)
  cmake_path(GET parent PARENT_PATH include_root)
  if(NOT CMAKE_CURRENT_SOURCE_DIR STREQUAL "${include_root}/serried/${name}")
    message(FATAL_ERROR "serried_module(${name}) belongs in a folder serried/${name}")
  endif()
  set(generated_root "${PROJECT_BINARY_DIR}/generated")
  set(files ${headers})
  if(umbrella)
    list(APPEND files "${parent}/${umbrella}")
  endif()
  foreach(header IN LISTS configured_headers)
    set(made "${generated_root}/serried/${name}/${header}")
    configure_file("${header}.in" "${made}" @ONLY)
    list(APPEND files "${made}")
  endforeach()
  target_sources(serried_${name} ${public} FILE_SET HEADERS
                 BASE_DIRS "${include_root}" "${generated_root}" FILES ${files})
endfunction()

function(serried_record_module name deps link_targets)
  set(packages)
  foreach(link_target IN LISTS link_targets)
    serried_package_of("${link_target}" package)
    if(package)
      list(APPEND packages "${package}")
    endif()
  endforeach()
  set_property(GLOBAL APPEND PROPERTY SERRIED_MODULES ${name})
  set_property(GLOBAL PROPERTY SERRIED_DEPS_${name} "${deps}")
  set_property(GLOBAL PROPERTY SERRIED_PACKAGES_${name} "${packages}")
endfunction()

# After the last module: serried::serried (all modules) and the files for find_package(serried).
function(serried_install_package)
  get_property(modules GLOBAL PROPERTY SERRIED_MODULES)
  add_library(serried INTERFACE)
  add_library(serried::serried ALIAS serried)
  list(TRANSFORM modules PREPEND serried:: OUTPUT_VARIABLE module_targets)
  target_link_libraries(serried INTERFACE ${module_targets})
  install(TARGETS serried EXPORT serried-serried)
  install(EXPORT serried-serried NAMESPACE serried:: FILE serried-serried-targets.cmake
          DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/serried)

  set(SERRIED_MODULE_FACTS "")
  foreach(module IN LISTS modules)
    get_property(deps GLOBAL PROPERTY SERRIED_DEPS_${module})
    get_property(packages GLOBAL PROPERTY SERRIED_PACKAGES_${module})
    string(APPEND SERRIED_MODULE_FACTS "set(_serried_deps_${module} \"${deps}\")\n"
                                       "set(_serried_packages_${module} \"${packages}\")\n")
  endforeach()
  set(SERRIED_MODULE_NAMES "${modules}")

  include(CMakePackageConfigHelpers)
  set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/serried)
  set(cmake_dir "${PROJECT_SOURCE_DIR}/lib/cmake")
  configure_package_config_file("${cmake_dir}/serriedConfig.cmake.in" "${PROJECT_BINARY_DIR}/serriedConfig.cmake"
                                INSTALL_DESTINATION ${package_dir})
  write_basic_package_version_file("${PROJECT_BINARY_DIR}/serriedConfigVersion.cmake"
                                   COMPATIBILITY SameMinorVersion)
  install(FILES "${PROJECT_BINARY_DIR}/serriedConfig.cmake" "${PROJECT_BINARY_DIR}/serriedConfigVersion.cmake"
                "${cmake_dir}/Findzstd.cmake" "${cmake_dir}/FindxxHash.cmake"
          DESTINATION ${package_dir})
endfunction()
