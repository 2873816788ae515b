// Writes what the fuzzers start from into a directory, a file each: the request bytes of every golden vector, for the
// parsers', and a run that begins with it for every command, for the dispatcher's.
// Usage: write_seeds VECTOR_DIRECTORY CORPUS_DIRECTORY
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "commands/command_table.h"
#include "support/dispatcher_run.h"
#include "support/vectors.h"

namespace {

bool write_seed(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream seed(path, std::ios::binary);
  seed << bytes;
  if (seed.flush()) return true;
  std::fprintf(stderr, "write_seeds: cannot write %s\n", path.c_str());
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: write_seeds VECTOR_DIRECTORY CORPUS_DIRECTORY\n");
    return 2;
  }
  const auto vectors = larder::test::load_all_vectors(argv[1]);
  if (!vectors.is_ok()) {
    std::fprintf(stderr, "write_seeds: %s\n", vectors.status().message().c_str());
    return 1;
  }
  const std::filesystem::path corpus = argv[2];
  std::filesystem::create_directories(corpus);
  std::size_t number = 0;
  for (const larder::test::Vector& vector : vectors.value()) {
    if (!write_seed(corpus / (vector.file + "." + std::to_string(number++)), vector.request)) return 1;
  }
  for (const larder::FoundCommand& command : larder::CommandTable::instance().all()) {
    const std::string seed = larder::test::DispatcherRun::seed_for(command.index);
    if (!write_seed(corpus / ("command." + larder::CommandTable::full_name(command)), seed)) return 1;
  }
  return 0;
}
