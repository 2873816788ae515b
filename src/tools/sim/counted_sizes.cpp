#include "tools/sim/counted_sizes.h"

#include <algorithm>
#include <numeric>

#include "larder/base/limits.h"
#include "larder/base/memory_range.h"

namespace larder::sim {

namespace {

// From here on a value that comes as a block is kept as one, whatever the size of a segment.
constexpr std::uint64_t kBlockBytesMin = limits::kBodyBytesMin;
static_assert(CountedSizes::kOverheadBytesMax < kBlockBytesMin);
// A part of it is lost to rounding, and others may want some.
constexpr std::uint64_t kAddressSpaceBytesMax = kAddressSpaceBytes / 4;
// All values of a trace together, scaled: sums of it stay far from the end of 64 bits.
constexpr std::uint64_t kScaledBytesMax = std::uint64_t{1} << 56;

std::uint64_t scale_to_reach(std::uint64_t wanted_bytes, std::uint64_t size_bytes) {
  const std::uint64_t size = std::max<std::uint64_t>(1, size_bytes);
  return (wanted_bytes + size - 1) / size;
}

}  // namespace

Result<CountedSizes> CountedSizes::make(const Trace& trace) {
  if (trace.largest_bytes() > limits::kValueBytesMax) {
    return Status::invalid("an object of " + std::to_string(trace.largest_bytes()) +
                           " bytes is larger than a value may be (512 MiB); give the capacity in --items");
  }
  CountedSizes sizes;
  for (std::size_t object = 0; object < trace.objects(); ++object) {
    sizes.blocks_.try_emplace(trace.size_bytes(static_cast<ObjectNumber>(object)));
  }
  sizes.choose_scale(trace);
  bool allocated = sizes.address_space_bytes(sizes.scale_) <= kAddressSpaceBytesMax;
  for (auto block = sizes.blocks_.begin(); allocated && block != sizes.blocks_.end(); ++block) {
    block->second = Blob::allocate(block->first * sizes.scale_);
    allocated = static_cast<bool>(block->second);
  }
  if (!allocated) return Status::invalid("the trace has too many different sizes to count them; use --real or --items");
  return sizes;
}

std::uint64_t CountedSizes::address_space_bytes(std::uint64_t scale) const {
  return std::accumulate(blocks_.begin(), blocks_.end(), std::uint64_t{0},
                         [scale](std::uint64_t sum, const auto& block) {
                           return sum + round_up_to_pages(std::max<std::uint64_t>(1, block.first * scale));
                         });
}

void CountedSizes::choose_scale(const Trace& trace) {
  const auto is_possible = [&](std::uint64_t scale) {
    return trace.largest_bytes() * scale <= limits::kValueBytesMax &&
           std::max<std::uint64_t>(1, trace.total_bytes()) <= kScaledBytesMax / scale &&
           address_space_bytes(scale) <= kAddressSpaceBytesMax;
  };
  // Whole pages: they are what a block takes.
  const std::uint64_t step = kPageBytes / std::gcd<std::uint64_t>(kPageBytes, trace.unit_bytes());
  const std::uint64_t exact = (scale_to_reach(kBlockBytesMin, trace.unit_bytes()) + step - 1) / step * step;
  const std::uint64_t blocks_alone = scale_to_reach(kBlockBytesMin, trace.smallest_bytes());
  is_exact_ = is_possible(exact);
  scale_ = is_exact_ ? exact : is_possible(blocks_alone) ? blocks_alone : 1;
}

BlobRef CountedSizes::value(std::uint64_t size_bytes) const {
  return Blob::alias(blocks_.at(size_bytes));
}

}  // namespace larder::sim
