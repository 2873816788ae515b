# Turns files into a C++ source: cmake -DOUTPUT=x.cpp -DHEADER=admin/page_files.h -DFILES="name=path;..." -P embed.cmake. The source
# defines larder::page_files(), which HEADER declares, in the order of the list.
set(arrays "")
set(entries "")
set(number 0)
foreach(entry IN LISTS FILES)
  string(FIND "${entry}" "=" equals)
  string(SUBSTRING "${entry}" 0 ${equals} name)
  math(EXPR after "${equals} + 1")
  string(SUBSTRING "${entry}" ${after} -1 path)
  file(READ "${path}" hex HEX)
  # A file's bytes in lines of 32.
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(REPEAT "0x..," 32 line)
  string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
  string(APPEND arrays "constexpr unsigned char kFile${number}[] = {\n${bytes}};\n")
  string(APPEND entries "    {\"${name}\", text(kFile${number})},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE "${OUTPUT}" "// Made by cmake/embed.cmake.
#include \"${HEADER}\"

namespace larder {

namespace {

${arrays}
template <std::size_t kBytes>
std::string_view text(const unsigned char (&bytes)[kBytes]) {
  return {reinterpret_cast<const char*>(bytes), kBytes};
}

}  // namespace

std::vector<PageFile> page_files() {
  return {
${entries}  };
}

}  // namespace larder
")
