#include "commands/tracking_table.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <utility>

#include "commands/tracking.h"

namespace larder {

namespace {

// Of an entry: its node, its share of the buckets, the allocator's rounding; the name's bytes aside.
constexpr std::size_t kEntryBytes = 120;
constexpr std::size_t kHolderBytes = 16;
// A walk counts a bucket that is empty as so much of an entry.
constexpr std::size_t kBucketsPerWork = 4;

}  // namespace

std::ptrdiff_t TrackingTable::bytes_of(std::string_view key, std::ptrdiff_t keys, std::ptrdiff_t items) {
  return keys * static_cast<std::ptrdiff_t>(kEntryBytes + key.size()) +
         items * static_cast<std::ptrdiff_t>(kHolderBytes);
}

// Unsigned arithmetic: what is added may be less than nothing.
void TrackingTable::count(Part& part, std::string_view key, std::ptrdiff_t keys, std::ptrdiff_t items) {
  part.items += static_cast<std::size_t>(items);
  keys_.fetch_add(static_cast<std::size_t>(keys), std::memory_order_release);
  items_.fetch_add(static_cast<std::size_t>(items), std::memory_order_relaxed);
  bytes_.fetch_add(static_cast<std::size_t>(bytes_of(key, keys, items)), std::memory_order_relaxed);
}

void TrackingTable::enter(std::string_view key, const Holder& holder) {
  Part& part = part_of(key);
  const LockGuard guard(part.mutex);
  auto found = part.keys.find(key);
  if (found == part.keys.end()) {
    part.keys.emplace(std::string(key), Entry{holder, nullptr});
    count(part, key, 1, 1);
    return;
  }
  Entry& entry = found->second;
  if (entry.first == holder) return;
  if (entry.others == nullptr) entry.others = std::make_unique<std::vector<Holder>>();
  if (std::find(entry.others->begin(), entry.others->end(), holder) != entry.others->end()) return;
  // Now and then those who track no longer are let go.
  if (std::has_single_bit(entry.others->size())) {
    const std::size_t gone = std::erase_if(*entry.others, [](const Holder& one) { return !one->has(kTrackingOn); });
    count(part, key, 0, -static_cast<std::ptrdiff_t>(gone));
  }
  entry.others->push_back(holder);
  count(part, key, 0, 1);
}

TrackingTable::Holder TrackingTable::find_holder(const Entry& entry, const Tracker* tracker) {
  if (entry.first.get() == tracker) return entry.first;
  if (entry.others == nullptr) return nullptr;
  const auto is_it = [tracker](const Holder& holder) { return holder.get() == tracker; };
  const auto found = std::find_if(entry.others->begin(), entry.others->end(), is_it);
  return found == entry.others->end() ? nullptr : *found;
}

void TrackingTable::tell_all(std::string_view key, const Entry& entry, const Tracker* spared, const Tell& tell) {
  if (entry.first && entry.first.get() != spared) tell(key, *entry.first);
  if (entry.others == nullptr) return;
  for (const Holder& holder : *entry.others) {
    if (holder.get() != spared) tell(key, *holder);
  }
}

void TrackingTable::take(std::string_view key, const Tracker* spared, const Tell& tell) {
  Part& part = part_of(key);
  const LockGuard guard(part.mutex);
  const auto found = part.keys.find(key);
  if (found == part.keys.end()) return;
  Entry& entry = found->second;
  tell_all(key, entry, spared, tell);
  const auto items = static_cast<std::ptrdiff_t>(entry.size());
  Holder stays;
  if (spared != nullptr) stays = find_holder(entry, spared);
  if (stays == nullptr) {
    count(part, key, -1, -items);
    part.keys.erase(found);
    return;
  }
  entry = Entry{std::move(stays), nullptr};
  count(part, key, 0, 1 - items);
}

bool TrackingTable::take_any(Part& part, const Tell& tell) {
  const LockGuard guard(part.mutex);
  if (part.keys.empty()) return false;
  const std::size_t buckets = part.keys.bucket_count();
  std::size_t bucket = part.next_bucket % buckets;
  while (part.keys.begin(bucket) == part.keys.end(bucket)) bucket = (bucket + 1) % buckets;
  part.next_bucket = bucket;
  const auto place = part.keys.find(part.keys.begin(bucket)->first);
  tell_all(place->first, place->second, nullptr, tell);
  count(part, place->first, -1, -static_cast<std::ptrdiff_t>(place->second.size()));
  part.keys.erase(place);
  return true;
}

void TrackingTable::take_excess(const Tell& tell) {
  while (has_excess()) {
    // One key at a time from one part after the other; a part without keys is passed.
    std::size_t tried = 0;
    while (tried < kParts && !take_any(parts_[next_part_.fetch_add(1, std::memory_order_relaxed) % kParts], tell)) {
      ++tried;
    }
    if (tried == kParts) return;
  }
}

bool TrackingTable::walk(Cursor& cursor, std::size_t work_max, const std::function<void(const std::string&)>& visit) {
  const std::size_t steps_max = work_max * kBucketsPerWork;
  std::size_t steps = 0;
  for (; cursor.part < kParts && steps < steps_max; ++cursor.part, cursor.bucket = 0, cursor.buckets = 0) {
    Part& part = parts_[cursor.part];
    const LockGuard guard(part.mutex);
    // In a table that has grown since, the keys are in other buckets.
    if (cursor.buckets != part.keys.bucket_count()) cursor = {cursor.part, 0, part.keys.bucket_count()};
    for (; cursor.bucket < cursor.buckets && steps < steps_max; ++cursor.bucket, ++steps) {
      for (auto at = part.keys.begin(cursor.bucket); at != part.keys.end(cursor.bucket); ++at) {
        steps += kBucketsPerWork;
        visit(at->first);
      }
    }
    if (cursor.bucket < cursor.buckets) return true;
  }
  return cursor.part < kParts;
}

void TrackingTable::drop_all() {
  for (Part& part : parts_) {
    Keys keys;
    {
      const LockGuard guard(part.mutex);
      std::swap(keys, part.keys);
      keys_.fetch_sub(keys.size(), std::memory_order_release);
      items_.fetch_sub(std::exchange(part.items, 0), std::memory_order_relaxed);
    }
    if (keys.empty()) continue;
    const LockGuard guard(dropped_mutex_);
    dropped_.push_back(std::move(keys));
  }
}

bool TrackingTable::free_some(std::size_t work_max) {
  const LockGuard guard(dropped_mutex_);
  for (std::size_t work = 0; work < work_max && !dropped_.empty(); ++work) {
    Keys& keys = dropped_.back();
    if (keys.empty()) {
      dropped_.pop_back();
      continue;
    }
    const auto first = keys.begin();
    bytes_.fetch_add(
        static_cast<std::size_t>(bytes_of(first->first, -1, -static_cast<std::ptrdiff_t>(first->second.size()))),
        std::memory_order_relaxed);
    keys.erase(first);
  }
  return !dropped_.empty();
}

}  // namespace larder
