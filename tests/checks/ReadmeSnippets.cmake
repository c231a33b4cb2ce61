# The C++ in the READMEs compiles. A block counts if a comment before it names it:
#
#   <!-- compiled: word_count -->
#   ```cpp
#   #include <serried/mapreduce.hpp>
#   ...
#
# A block with a main function is also linked; any other is compiled with all it needs in itself.
function(serried_compile_readme_snippets)
  add_custom_target(serried_readme_snippets)
  foreach(readme IN LISTS ARGN)
    set(path "${PROJECT_SOURCE_DIR}/${readme}")
    if(NOT EXISTS "${path}")
      continue()
    endif()
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${path}")
    file(READ "${path}" rest)
    # By position in the text, for CMake's lists and regular expressions do not survive C++'s brackets and semicolons.
    while(TRUE)
      string(FIND "${rest}" "<!-- compiled: " start)
      if(start EQUAL -1)
        break()
      endif()
      string(SUBSTRING "${rest}" ${start} -1 rest)
      if(NOT rest MATCHES "^<!-- compiled: ([a-z0-9_]+) -->\n```cpp\n")
        message(FATAL_ERROR "${readme}: after '<!-- compiled: name -->', the next line must be ```cpp")
      endif()
      set(name "${CMAKE_MATCH_1}")
      string(LENGTH "${CMAKE_MATCH_0}" head)
      string(SUBSTRING "${rest}" ${head} -1 rest)
      string(FIND "${rest}" "\n```" end)
      if(end EQUAL -1)
        message(FATAL_ERROR "${readme}: the block ${name} does not end")
      endif()
      string(SUBSTRING "${rest}" 0 ${end} code)
      string(SUBSTRING "${rest}" ${end} -1 rest)
      serried_compile_snippet("${readme}" "${name}" "${code}")
    endwhile()
  endforeach()
endfunction()

function(serried_compile_snippet readme name code)
  string(MAKE_C_IDENTIFIER "snippet_${readme}_${name}" target)
  set(source "${CMAKE_CURRENT_BINARY_DIR}/snippets/${target}.cpp")
  file(CONFIGURE OUTPUT "${source}" CONTENT "#line 1 \"${readme}: ${name}\"\n@code@\n" @ONLY)
  if(code MATCHES "int main\\(")
    add_executable(${target} "${source}")
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/snippets")
  else()
    add_library(${target} OBJECT "${source}")
  endif()
  # A reader's warnings are the reader's: not serried_warnings.
  target_link_libraries(${target} PRIVATE serried::serried)
  add_dependencies(serried_readme_snippets ${target})
endfunction()
