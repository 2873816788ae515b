# larder_flags: what all of our code is compiled with. larder_layer(name deps): the library of one layer from src/<name>/*.cpp
# and the folders in there.
# A layer sees include/ and its own private headers under src/; which layers' headers it may include is checked by the test
# `layers`, which reads the same table from CMakeLists.txt.

add_library(larder_flags INTERFACE)
target_compile_options(larder_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wimplicit-fallthrough -Werror
  -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(larder_flags INTERFACE -Wthread-safety)
else()
  # False alarms in std::string of gcc 12 (its bug 105329).
  target_compile_options(larder_flags INTERFACE -Wno-restrict)
endif()
if(LARDER_SANITIZE)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # Instrumented code leads gcc 12 to false alarms inside <regex>, <functional> and <string>.
    target_compile_options(larder_flags INTERFACE -Wno-maybe-uninitialized -Wno-array-bounds)
  endif()
  target_compile_options(larder_flags INTERFACE -fsanitize=${LARDER_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(larder_flags INTERFACE -fsanitize=${LARDER_SANITIZE})
  target_compile_definitions(larder_flags INTERFACE LARDER_SANITIZED)
endif()

function(larder_layer name dependencies)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${name}/*.cpp" "${PROJECT_SOURCE_DIR}/src/${name}/*/*.cpp")
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  add_library(larder_${name} STATIC ${sources})
  target_include_directories(larder_${name}
    PUBLIC "${PROJECT_SOURCE_DIR}/include" "${PROJECT_BINARY_DIR}/generated" "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(larder_${name} PUBLIC larder_flags)
  foreach(dependency IN LISTS dependencies)
    target_link_libraries(larder_${name} PUBLIC larder_${dependency})
  endforeach()
endfunction()
