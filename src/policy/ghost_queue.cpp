#include "larder/policy/ghost_queue.h"

#include <algorithm>

#include "larder/base/allocation.h"
#include "larder/base/check.h"

namespace larder {

void GhostQueue::resize(std::uint64_t ghosts) {
  const std::uint64_t rows = (ghosts + kGhostsPerRowMax - 1) / kGhostsPerRowMax;
  const std::uint32_t slots = rows == 0 ? 0 : static_cast<std::uint32_t>((ghosts + rows - 1) / rows);
  if (rows == row_count_ && slots == slots_) return;
  memory_.reset();
  rows_ = nullptr;
  row_count_ = 0;
  slots_ = 0;
  if (rows == 0) return;
  // Without memory there are no ghosts, and everything else goes on.
  memory_.reset(std::calloc(rows + 1, sizeof(Row)));
  if (memory_ == nullptr) return;
  const auto address = reinterpret_cast<std::uintptr_t>(memory_.get());
  rows_ = reinterpret_cast<Row*>((address + alignof(Row) - 1) / alignof(Row) * alignof(Row));
  row_count_ = rows;
  slots_ = slots;
}

GhostQueue::Place GhostQueue::place_of(KeyHash hash) const {
  // Mixed anew: within a shard, neither the high bits (the shard) nor the tag (the index) are to be relied upon.
  __extension__ using Uint128 = unsigned __int128;
  const std::uint64_t mixed = mix_bits(hash);
  const auto row = static_cast<std::size_t>((static_cast<Uint128>(mixed) * row_count_) >> 64);
  return {row, static_cast<Fingerprint>(mixed)};
}

std::uint16_t GhostQueue::find(const Row& row, Fingerprint fingerprint) {
  const auto begin = row.ghosts.begin();
  return static_cast<std::uint16_t>(std::find(begin, begin + row.used, fingerprint) - begin);
}

void GhostQueue::insert(KeyHash hash) {
  if (row_count_ == 0) return;
  const Place place = place_of(hash);
  Row& row = rows_[place.row];
  if (find(row, place.fingerprint) < row.used) return;
  if (row.used == slots_) remove(row, 0);
  row.ghosts[row.used++] = place.fingerprint;
}

bool GhostQueue::contains(KeyHash hash) const {
  if (row_count_ == 0) return false;
  const Place place = place_of(hash);
  return find(rows_[place.row], place.fingerprint) < rows_[place.row].used;
}

bool GhostQueue::erase(KeyHash hash) {
  if (row_count_ == 0) return false;
  const Place place = place_of(hash);
  Row& row = rows_[place.row];
  const std::uint16_t at = find(row, place.fingerprint);
  if (at == row.used) return false;
  remove(row, at);
  return true;
}

void GhostQueue::remove(Row& row, std::uint16_t at) {
  std::copy(row.ghosts.begin() + at + 1, row.ghosts.begin() + row.used, row.ghosts.begin() + at);
  --row.used;
}

std::size_t GhostQueue::bytes() const {
  return row_count_ == 0 ? 0 : allocation_bytes((row_count_ + 1) * sizeof(Row));
}

void GhostQueue::check_invariants() const {
  LARDER_CHECK(slots_ <= kGhostsPerRowMax && (row_count_ == 0) == (slots_ == 0));
  for (std::size_t number = 0; number < row_count_; ++number) {
    const Row& row = rows_[number];
    LARDER_CHECK(row.used <= slots_);
    for (std::uint16_t at = 0; at < row.used; ++at) LARDER_CHECK(find(row, row.ghosts[at]) == at);
  }
}

}  // namespace larder
