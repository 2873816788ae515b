// The keys of one shard that clients watch (WATCH), each with a version that every change of the key raises. Guarded by
// the shard's lock, and almost always empty, so that a write looks at one word.
//
// Keys are told apart by their hashes alone: two of one hash share a version, so that a change of one is taken for a
// change of the other. That is once in 2^64 pairs, nobody can aim at it (hash.h), and costs a client one more try.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "larder/base/hash.h"

namespace larder {

class WatchTable {
 public:
  using Version = std::uint64_t;

  bool empty() const { return watched_.empty(); }
  // Keys, however many watch them.
  std::size_t size() const { return watched_.size(); }

  // One more watches the key. Returns its version now.
  Version add(KeyHash hash);
  // One less does. REQUIRES: one did.
  void remove(KeyHash hash);
  // REQUIRES: somebody watches it.
  Version version(KeyHash hash) const;
  // The key has changed. Nothing happens if nobody watches it.
  void note_change(KeyHash hash);

  // What one watched key takes of memory.
  static constexpr std::size_t kBytesPerKey = 64;

 private:
  struct Entry {
    Version version = 0;
    std::uint32_t watchers = 0;
  };

  std::unordered_map<KeyHash, Entry> watched_;
};

}  // namespace larder
