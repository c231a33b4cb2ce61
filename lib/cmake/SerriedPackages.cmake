# Which package provides a link target. The build and the installed serriedConfig.cmake both read this table,
# so that a user's machine needs the packages of the modules used, and no others.
set(SERRIED_PACKAGE_TABLE
    "Boost::headers = Boost"
    "CLI11::CLI11 = CLI11"
    "Eigen3::Eigen = Eigen3"
    "HDF5::HDF5 = HDF5 COMPONENTS C"
    "MPI::MPI_CXX = MPI COMPONENTS CXX"
    "OpenMP::OpenMP_CXX = OpenMP COMPONENTS CXX"
    "Threads::Threads = Threads"
    "ZLIB::ZLIB = ZLIB"
    "cereal::cereal = cereal"
    "fmt::fmt = fmt"
    "nlohmann_json::nlohmann_json = nlohmann_json"
    "xxHash::xxHash = xxHash"
    "zstd::zstd = zstd")

# serried_package_of(MPI::MPI_CXX out): out = "MPI COMPONENTS CXX", or empty for a target that no package provides
# (a flag, a system library).
function(serried_package_of link_target out)
  set(${out} "" PARENT_SCOPE)
  foreach(row IN LISTS SERRIED_PACKAGE_TABLE)
    if(row MATCHES "^(.*) = (.*)$" AND CMAKE_MATCH_1 STREQUAL link_target)
      set(${out} "${CMAKE_MATCH_2}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  if(link_target MATCHES "::" AND NOT link_target MATCHES "^serried::")
    message(FATAL_ERROR "${link_target}: add its package to lib/cmake/SerriedPackages.cmake")
  endif()
endfunction()

# Finds the packages of all the targets given.
macro(serried_find_packages_of)
  foreach(serried_link_target IN ITEMS ${ARGN})
    serried_package_of("${serried_link_target}" serried_package)
    if(serried_package AND NOT TARGET ${serried_link_target})
      separate_arguments(serried_package)
      # Parallel HDF5 is another library than the serial one, under the same package name.
      set(HDF5_PREFER_PARALLEL TRUE)
      find_package(${serried_package} REQUIRED)
    endif()
  endforeach()
endmacro()
