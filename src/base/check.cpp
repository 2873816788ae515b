#include "larder/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace larder {

void check_failed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "larder: internal check failed at %s:%d: %s\n", file, line, condition);
  std::fflush(stderr);
  std::abort();
}

}  // namespace larder
