#include "larder/policy/ghost_queue.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "larder/base/allocation.h"
#include "larder/base/check.h"

namespace larder {

void GhostQueue::resize(std::uint64_t ghosts) {
  const std::uint64_t rows = newest_.row_count();
  const bool fits = ghosts <= rows * kGhostsPerRowHigh && (ghosts >= rows * kGhostsPerRowLow || rows == 1);
  if (ghosts == 0 || !fits) {
    before_ = std::exchange(newest_, {});
    newest_.allocate((ghosts + kGhostsPerRowAtFirst - 1) / kGhostsPerRowAtFirst);
    told_to_newest_ = 0;
    if (newest_.row_count() == 0) before_ = {};
  }
  const std::uint64_t per_row = std::max<std::uint64_t>(1, newest_.row_count());
  slots_ = static_cast<std::uint32_t>(std::clamp<std::uint64_t>((ghosts + per_row / 2) / per_row, 1, kGhostsPerRowMax));
}

void GhostQueue::insert(KeyHash hash) {
  newest_.insert(hash, slots_);
  if (before_.row_count() != 0 && ++told_to_newest_ >= capacity()) before_ = {};
}

bool GhostQueue::erase(KeyHash hash) {
  const bool in_newest = newest_.erase(hash);
  const bool in_before = before_.erase(hash);
  return in_newest || in_before;
}

void GhostQueue::check_invariants() const {
  LARDER_CHECK(newest_.row_count() != 0 || before_.row_count() == 0);
  LARDER_CHECK(newest_.row_count() == 0 || (slots_ >= 1 && slots_ <= kGhostsPerRowMax));
  newest_.check_invariants();
  before_.check_invariants();
}

void GhostQueue::Table::allocate(std::uint64_t rows) {
  memory_.reset();
  rows_ = nullptr;
  row_count_ = 0;
  if (rows == 0) return;
  memory_.reset(std::calloc(rows + 1, sizeof(Row)));
  if (memory_ == nullptr) return;
  void* first = memory_.get();
  std::size_t space = (rows + 1) * sizeof(Row);
  rows_ = static_cast<Row*>(std::align(alignof(Row), rows * sizeof(Row), first, space));
  row_count_ = rows;
}

std::size_t GhostQueue::Table::bytes() const {
  return row_count_ == 0 ? 0 : allocation_bytes((row_count_ + 1) * sizeof(Row));
}

GhostQueue::Table::Place GhostQueue::Table::place_of(KeyHash hash) const {
  // Mixed anew: within a shard, neither the high bits (the shard) nor the tag (the index) are to be relied upon.
  __extension__ using Uint128 = unsigned __int128;
  const std::uint64_t mixed = mix_bits(hash);
  const auto row = static_cast<std::size_t>((static_cast<Uint128>(mixed) * row_count_) >> 64);
  return {row, static_cast<Fingerprint>(mixed)};
}

std::uint16_t GhostQueue::Table::find(const Row& row, Fingerprint fingerprint) {
  const auto begin = row.ghosts.begin();
  return static_cast<std::uint16_t>(std::find(begin, begin + row.used, fingerprint) - begin);
}

void GhostQueue::Table::insert(KeyHash hash, std::uint32_t slots) {
  if (row_count_ == 0) return;
  const Place place = place_of(hash);
  Row& row = rows_[place.row];
  if (find(row, place.fingerprint) < row.used) return;
  if (row.used >= slots) remove(row, 0, static_cast<std::uint16_t>(row.used - slots + 1));
  row.ghosts[row.used++] = place.fingerprint;
}

bool GhostQueue::Table::contains(KeyHash hash) const {
  if (row_count_ == 0) return false;
  const Place place = place_of(hash);
  return find(rows_[place.row], place.fingerprint) < rows_[place.row].used;
}

bool GhostQueue::Table::erase(KeyHash hash) {
  if (row_count_ == 0) return false;
  const Place place = place_of(hash);
  Row& row = rows_[place.row];
  const std::uint16_t at = find(row, place.fingerprint);
  if (at == row.used) return false;
  remove(row, at, 1);
  return true;
}

void GhostQueue::Table::remove(Row& row, std::uint16_t at, std::uint16_t count) {
  std::copy(row.ghosts.begin() + at + count, row.ghosts.begin() + row.used, row.ghosts.begin() + at);
  row.used = static_cast<std::uint16_t>(row.used - count);
}

void GhostQueue::Table::check_invariants() const {
  for (std::size_t number = 0; number < row_count_; ++number) {
    const Row& row = rows_[number];
    LARDER_CHECK(row.used <= kGhostsPerRowMax);
    for (std::uint16_t at = 0; at < row.used; ++at) LARDER_CHECK(find(row, row.ghosts[at]) == at);
  }
}

}  // namespace larder
