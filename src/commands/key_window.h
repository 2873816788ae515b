// The keys of a request that takes several, one after the other: hashed a window ahead, and their items asked for from
// memory together. Used inside one request; the context must outlive it.
#pragma once

#include <array>
#include <cstddef>

#include "commands/command.h"

namespace larder {

class KeyWindow {
 public:
  // Enough for the memory to work on at once, few enough to stay in the innermost cache until they are used.
  static constexpr std::size_t kKeys = 32;
  static_assert(kKeys <= ShardedStore::kPrefetchMax);

  // The keys are all the arguments behind the command's name.
  explicit KeyWindow(const CommandContext& context) : context_(context) {}

  // REQUIRES: there is one more.
  Key next() {
    if (used_ == filled_) fill();
    return keys_[used_++];
  }

 private:
  void fill();

  const CommandContext& context_;
  std::size_t argument_ = 1;  // the first that is not in the window
  std::array<Key, kKeys> keys_;
  std::size_t filled_ = 0;
  std::size_t used_ = 0;
};

}  // namespace larder
