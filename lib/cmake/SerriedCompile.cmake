# How every target of this project is compiled; none of it reaches a user's own code.
add_library(serried_warnings INTERFACE)
# Sign conversions are part of -Wconversion for clang only, not for g++; one set of rules holds for both.
target_compile_options(serried_warnings INTERFACE -Wall -Wextra -Wconversion -Wno-sign-conversion -Wshadow)
if(SERRIED_WERROR)
  target_compile_options(serried_warnings INTERFACE -Werror)
endif()

if(SERRIED_SANITIZE)
  # For all targets at once: a mixture of checked and unchecked code gives false reports.
  add_compile_options(-fsanitize=${SERRIED_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${SERRIED_SANITIZE})
endif()
