# serried_test() and serried_script_test(): how tests become ctest entries.
find_package(GTest REQUIRED)
find_package(MPI REQUIRED COMPONENTS CXX)

set(SERRIED_TEST_SUPPORT "${CMAKE_CURRENT_LIST_DIR}")

# The two main programs; a test that never calls MPI does not pay for its start.
foreach(main IN ITEMS main main_without_mpi)
  add_library(serried_test_${main} STATIC "${SERRIED_TEST_SUPPORT}/${main}.cpp")
  target_include_directories(serried_test_${main} PUBLIC "${SERRIED_TEST_SUPPORT}")
  target_compile_features(serried_test_${main} PUBLIC cxx_std_20)
  target_link_libraries(serried_test_${main} PUBLIC GTest::gtest GTest::gmock PRIVATE serried_warnings)
endforeach()
target_link_libraries(serried_test_main PUBLIC MPI::MPI_CXX)
target_compile_definitions(serried_test_main PUBLIC OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)

# What tests/support/mpirun and scripts are told. Tests run side by side: a rank that waits lets others have its core.
set(SERRIED_TEST_ENVIRONMENT
    "MPIRUN=${SERRIED_TEST_SUPPORT}/mpirun" "SERRIED_SOURCE_DIR=${PROJECT_SOURCE_DIR}"
    "SERRIED_BINARY_DIR=${PROJECT_BINARY_DIR}" "SERRIED_BIN_DIR=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}"
    "SERRIED_SANITIZE=${SERRIED_SANITIZE}" "OMPI_MCA_mpi_yield_when_idle=1")
if(SERRIED_SANITIZE MATCHES "address")
  enable_language(C)
  add_library(serried_nodlclose MODULE "${SERRIED_TEST_SUPPORT}/nodlclose.c")
  set_target_properties(serried_nodlclose PROPERTIES COMPILE_OPTIONS "" LINK_OPTIONS "")
  list(APPEND SERRIED_TEST_ENVIRONMENT "SERRIED_NODLCLOSE=$<TARGET_FILE:serried_nodlclose>")
endif()

# serried_test(<name> SOURCES a_test.cpp ... [DEPS mpi ...] [LINK ZLIB::ZLIB ...] RANKS 1 2 3 ...
#              [TIMEOUT seconds] [LABELS slow ...] [TOGETHER])
#
# TOGETHER: the sources may be compiled eight at a time, as one, which is faster where they use the same templates.
# Tests with a long TIMEOUT start first.
# One GoogleTest program (no main of its own), one ctest entry <name>.n<R> for each rank count. RANKS 0 means
# without mpirun; with RANKS 0 alone, MPI is not even linked.
function(serried_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "TOGETHER" "TIMEOUT" "SOURCES;DEPS;LINK;RANKS;LABELS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES OR "${arg_RANKS}" STREQUAL "")
    message(FATAL_ERROR "serried_test(${name}): SOURCES or RANKS missing, or unknown: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  set(main main)
  if("${arg_RANKS}" STREQUAL "0")
    set(main main_without_mpi)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  if(SERRIED_SANITIZE)
    math(EXPR arg_TIMEOUT "4 * ${arg_TIMEOUT}")
  endif()

  serried_find_packages_of(${arg_LINK})
  list(TRANSFORM arg_DEPS PREPEND serried::)
  set(program test_${name})
  add_executable(${program} ${arg_SOURCES})
  target_link_libraries(${program} PRIVATE serried_test_${main} serried_warnings ${arg_DEPS} ${arg_LINK})
  # What is built most often is built fast: not as optimised as the library, GoogleTest's headers read once.
  if(NOT SERRIED_SANITIZE)
    target_compile_options(${program} PRIVATE -O1)
  endif()
  list(LENGTH arg_SOURCES n_sources)
  if(n_sources GREATER 2)
    target_precompile_headers(${program} PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
  endif()
  if(arg_TOGETHER AND SERRIED_TESTS_TOGETHER)
    set_target_properties(${program} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  endif()
  # Apart from the programs that users run.
  set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin/tests")

  foreach(ranks IN LISTS arg_RANKS)
    if(SERRIED_TEST_RANKS AND NOT ranks IN_LIST SERRIED_TEST_RANKS)
      continue()
    endif()
    # Ranks that wait cost little: so that something else can always run beside them.
    set(processors 2)
    if(ranks LESS 2)
      set(processors 1)
    endif()
    add_test(NAME ${name}.n${ranks}
             COMMAND "${SERRIED_TEST_SUPPORT}/mpirun" --verdict ${ranks} $<TARGET_FILE:${program}>)
    # The script's deadline comes first, for only it says what hung; ctest's is for the script itself.
    math(EXPR ctest_timeout "${arg_TIMEOUT} + 15")
    set_tests_properties(${name}.n${ranks} PROPERTIES
      ENVIRONMENT "${SERRIED_TEST_ENVIRONMENT};SERRIED_TIMEOUT=${arg_TIMEOUT}"
      PROCESSORS ${processors} TIMEOUT ${ctest_timeout} COST ${arg_TIMEOUT} LABELS "${arg_LABELS}")
  endforeach()
endfunction()

# serried_script_test(<name> COMMAND script [args ...] [TIMEOUT seconds] [PROCESSORS n] [LABELS slow ...])
#
# A script, relative to the caller's folder, that exits with 0 if all is well and with 77 if it cannot run here.
# PROCESSORS: how many cores it keeps busy (1, for most scripts mostly wait for programs to start and to end).
# It gets MPIRUN, SERRIED_SOURCE_DIR, SERRIED_BINARY_DIR, SERRIED_BIN_DIR and SERRIED_SANITIZE in its environment.
function(serried_script_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT;PROCESSORS" "COMMAND;LABELS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_COMMAND)
    message(FATAL_ERROR "serried_script_test(${name}): COMMAND missing, or unknown: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  if(SERRIED_SANITIZE)
    math(EXPR arg_TIMEOUT "4 * ${arg_TIMEOUT}")
  endif()
  if(NOT arg_PROCESSORS)
    set(arg_PROCESSORS 1)
  endif()
  list(POP_FRONT arg_COMMAND script)
  cmake_path(ABSOLUTE_PATH script BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND "${script}" ${arg_COMMAND})
  set_tests_properties(${name} PROPERTIES
    ENVIRONMENT "${SERRIED_TEST_ENVIRONMENT}" PROCESSORS ${arg_PROCESSORS}
    TIMEOUT ${arg_TIMEOUT} COST ${arg_TIMEOUT} SKIP_RETURN_CODE 77 LABELS "${arg_LABELS}")
endfunction()
