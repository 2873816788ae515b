// Values that are counted instead of stored. A value of n bytes becomes one of n x scale bytes, and a cache's limit is
// scaled alike, so that what the store needs beside its values is little against the smallest of them. Such a value is
// a block of address space that is never written and so takes no memory; all objects of one size share one block.
// Read-only once made: any number of runs may use it at a time.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "larder/base/blob.h"
#include "larder/base/status.h"
#include "larder/store/types.h"
#include "tools/sim/trace.h"

namespace larder::sim {

class CountedSizes {
 public:
  // What an insert may need beside its value (its record, that of its block, some pages of index) is below this; and
  // where is_exact(), this is less than any difference between values.
  static constexpr std::uint64_t kOverheadBytesMax = 32 * 1024ULL;

  // Errors: kInvalidArgument, where sizes are too large or too many.
  static Result<CountedSizes> make(const Trace& trace);

  std::uint64_t scale() const { return scale_; }
  // Whether a cache holds to the byte what it should. Otherwise, where sizes are too far apart, it is right to within
  // kOverheadBytesMax, and values may be stored as they are, never more than the capacity.
  bool is_exact() const { return is_exact_; }
  // A block of its own for each object, with the bytes that all of that size share. REQUIRES: the trace has an object
  // of that size.
  BlobRef value(std::uint64_t size_bytes) const;

 private:
  CountedSizes() = default;
  // Of the blocks for all sizes together.
  std::uint64_t address_space_bytes(std::uint64_t scale) const;
  void choose_scale(const Trace& trace);

  std::unordered_map<std::uint64_t, BlobRef> blocks_;  // by size in the trace
  std::uint64_t scale_ = 1;
  bool is_exact_ = false;
};

}  // namespace larder::sim
