// Writes the request bytes of every golden vector into a directory, a file each: the corpus that the parser fuzzers
// start from. Usage: write_seeds VECTOR_DIRECTORY CORPUS_DIRECTORY
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/vectors.h"

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
    std::ofstream seed(corpus / (vector.file + "." + std::to_string(number++)), std::ios::binary);
    seed << vector.request;
    if (!seed.flush()) {
      std::fprintf(stderr, "write_seeds: cannot write to %s\n", corpus.c_str());
      return 1;
    }
  }
  return 0;
}
