# The dashboard becomes part of larder_admin: src/admin/page and, from Debian's libjs-dygraphs, the chart library.
find_path(LARDER_DYGRAPHS dygraph.min.js PATHS /usr/share/javascript/dygraphs NO_DEFAULT_PATH)
find_file(LARDER_DYGRAPHS_LICENSE copyright PATHS /usr/share/doc/libjs-dygraphs NO_DEFAULT_PATH)
if(NOT LARDER_DYGRAPHS OR NOT LARDER_DYGRAPHS_LICENSE)
  message(FATAL_ERROR "The dashboard needs Debian's package libjs-dygraphs: scripts/install-deps")
endif()

set(page_entries
  "dygraph.js=${LARDER_DYGRAPHS}/dygraph.min.js"
  "dygraph.css=${LARDER_DYGRAPHS}/dygraph.min.css"
  "licenses.txt=${LARDER_DYGRAPHS_LICENSE}")
file(GLOB page_own CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/admin/page/*")
foreach(file IN LISTS page_own)
  get_filename_component(name "${file}" NAME)
  list(APPEND page_entries "${name}=${file}")
endforeach()
string(REGEX REPLACE "[^;=]+=" "" page_paths "${page_entries}")

set(page_source "${PROJECT_BINARY_DIR}/generated/page_files.cpp")
add_custom_command(OUTPUT "${page_source}"
  COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${page_source}" -DHEADER=admin/page_files.h "-DFILES=${page_entries}" -P "${PROJECT_SOURCE_DIR}/cmake/embed.cmake"
  DEPENDS ${page_paths} "${PROJECT_SOURCE_DIR}/cmake/embed.cmake"
  VERBATIM)
target_sources(larder_admin PRIVATE "${page_source}")
