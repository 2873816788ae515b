// What an item takes of maxmemory, in parts: what it takes whatever the policy is, and what is charged beside its
// record.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "larder/base/blob.h"
#include "larder/base/item.h"

namespace larder {

// Of a record, what may lie dead beside it in the log: charged with it.
constexpr std::size_t slack_bytes(std::size_t record_bytes) {
  constexpr std::size_t kSlackShare = 12;
  return (record_bytes + kSlackShare - 1) / kSlackShare;
}

// The record without a list node and before it is rounded, and the block of its value if it has one.
struct ItemSize {
  static constexpr std::uint32_t kBytesMax = (std::uint32_t{1} << 30) - 1;

  // Larger ones count as kBytesMax.
  static ItemSize of(std::uint64_t bytes, bool has_blob = false) {
    return {static_cast<std::uint32_t>(std::min<std::uint64_t>(kBytesMax, bytes)), has_blob};
  }
  static ItemSize of(const ItemShape& shape) {
    return of(shape.plain_bytes() + (shape.has_blob ? Blob::footprint_bytes(shape.value_bytes) : 0), shape.has_blob);
  }

  std::uint32_t bytes : 31 = 0;
  bool has_blob : 1 = false;
};
static_assert(sizeof(ItemSize) == 4, "an event and a key of the advisor's window each have one");

}  // namespace larder
