// A hash for tables over names that clients choose: with a secret of this process, so that nobody can aim names at one
// bucket. Looks strings up by views.
#pragma once

#include <cstddef>
#include <string_view>

#include "larder/base/hash.h"

namespace larder {

class SeededHash {
 public:
  using is_transparent = void;

  std::size_t operator()(std::string_view name) const {
    static const Hasher hasher;
    return static_cast<std::size_t>(hasher(0, name));
  }
};

}  // namespace larder
