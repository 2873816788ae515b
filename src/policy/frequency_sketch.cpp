#include "larder/policy/frequency_sketch.h"

#include <algorithm>

#include "larder/base/check.h"

namespace larder {

namespace {

constexpr int kCounterBits = 4;
constexpr std::uint64_t kCounterMask = 15;
// The last counter of the last word is a block's age.
constexpr int kAgeShift = 60;
// Every counter without what would come over from its neighbour when all of a word is shifted right by one.
constexpr std::uint64_t kHalvedMask = 0x7777777777777777ULL;
// After so many halvings nothing is left of a counter.
constexpr int kAgesToZero = 4;
// Blocks that one change may take away, so that a sketch which has become too large does not wait for as many changes
// as it has blocks; and from when on it is too large, in quarters of what it needs.
constexpr int kMergesPerFit = 8;
constexpr std::uint64_t kTooLargeQuarters = 6;

}  // namespace

// Linear hashing: with blocks between 2^k and 2^(k+1), the blocks that have not been split yet answer for two.
std::size_t FrequencySketch::block_of(std::uint64_t mixed) const {
  std::size_t whole = 1;
  if (blocks_.size() > 1) whole = std::size_t{1} << (64 - __builtin_clzll(blocks_.size() - 1));
  const std::size_t block = mixed & (whole - 1);
  return block < blocks_.size() ? block : block - whole / 2;
}

// Rows draw five bits each from above those that choose the block.
FrequencySketch::Counter FrequencySketch::counter_of(std::uint64_t mixed, std::size_t row) {
  constexpr int kChoiceBits = 5;
  const std::uint64_t choice = mixed >> (64 - kChoiceBits * (static_cast<int>(row) + 1));
  const std::size_t word = 2 * row + (choice & 1);
  std::uint64_t counter = (choice >> 1) & kCounterMask;
  if (word == 2 * kRows - 1 && counter == kCounterMask) --counter;
  return {word, static_cast<int>(counter) * kCounterBits};
}

int FrequencySketch::missed_ages(const Block& block) const {
  return static_cast<int>((age_ - (block.words.back() >> kAgeShift)) & kAgesMask);
}

void FrequencySketch::bring_up_to_date(Block& block) {
  const int missed = missed_ages(block);
  if (missed == 0) return;
  block.words.back() &= (std::uint64_t{1} << kAgeShift) - 1;
  for (std::uint64_t& word : block.words) {
    if (missed >= kAgesToZero) word = 0;
    for (int halving = 0; halving < missed && word != 0; ++halving) word = (word >> 1) & kHalvedMask;
  }
  block.words.back() |= (age_ & kAgesMask) << kAgeShift;
}

void FrequencySketch::fit(std::uint64_t items, std::uint64_t bytes_max) {
  const std::uint64_t blocks_wanted =
      std::min((items + kItemsPerBlock - 1) / kItemsPerBlock, bytes_max / sizeof(Block));
  if (blocks_.size() < blocks_wanted) grow();
  for (int merge = 0; merge < kMergesPerFit && is_too_large(blocks_wanted); ++merge) shrink();
}

void FrequencySketch::add(KeyHash hash, std::uint64_t items) {
  const std::uint64_t mixed = mix_bits(hash);
  Block& block = blocks_[block_of(mixed)];
  bring_up_to_date(block);
  std::uint32_t least = kCountMax;
  for (std::size_t row = 0; row < kRows; ++row) {
    const Counter at = counter_of(mixed, row);
    least = std::min(least, static_cast<std::uint32_t>((block.words[at.word] >> at.shift) & kCounterMask));
  }
  if (least == kCountMax) return;
  // Only the least ones grow: the others belong to somebody else as well.
  for (std::size_t row = 0; row < kRows; ++row) {
    const Counter at = counter_of(mixed, row);
    if (((block.words[at.word] >> at.shift) & kCounterMask) == least)
      block.words[at.word] += std::uint64_t{1} << at.shift;
  }
  if (++uses_ < kUsesPerItem * std::max(items, kItemsPerBlock)) return;
  uses_ = 0;
  ++age_;
}

std::uint32_t FrequencySketch::estimate(KeyHash hash) const {
  const std::uint64_t mixed = mix_bits(hash);
  const Block& block = blocks_[block_of(mixed)];
  std::uint32_t least = kCountMax;
  for (std::size_t row = 0; row < kRows; ++row) {
    const Counter at = counter_of(mixed, row);
    least = std::min(least, static_cast<std::uint32_t>((block.words[at.word] >> at.shift) & kCounterMask));
  }
  return least >> std::min(missed_ages(block), kAgesToZero);
}

void FrequencySketch::grow() {
  const std::size_t next = blocks_.size();
  // The block that has answered for the keys of the next one: its number without the highest bit.
  const std::size_t parent = next - (std::size_t{1} << (63 - __builtin_clzll(next)));
  blocks_.push_back(blocks_[parent]);
}

bool FrequencySketch::is_too_large(std::uint64_t blocks_wanted) const {
  return blocks_.size() > 1 && blocks_.size() * 4 > (blocks_wanted + 1) * kTooLargeQuarters;
}

// The last block's keys go to the one whose copy it began as; the larger of two counts, so that none becomes too low.
void FrequencySketch::shrink() {
  const std::size_t last = blocks_.size() - 1;
  Block& from = blocks_[last];
  Block& to = blocks_[last - (std::size_t{1} << (63 - __builtin_clzll(last)))];
  bring_up_to_date(from);
  bring_up_to_date(to);
  for (std::size_t word = 0; word < to.words.size(); ++word) {
    std::uint64_t larger = 0;
    for (int shift = 0; shift < 64; shift += kCounterBits) {
      const std::uint64_t mask = kCounterMask << shift;
      larger |= std::max(from.words[word] & mask, to.words[word] & mask);
    }
    to.words[word] = larger;
  }
  blocks_.pop_back();
}

void FrequencySketch::check_invariants() const {
  LARDER_CHECK(blocks_.size() >= 1);
}

}  // namespace larder
