#include "larder/store/tag_table.h"

#include <algorithm>
#include <bit>

#include "larder/base/hash.h"
#include "larder/base/limits.h"

namespace larder {

namespace {

constexpr TagHash kNoTag = 0;

// Readers look while another thread writes.
std::atomic_ref<std::uint64_t> shared(std::uint64_t& field) {
  return std::atomic_ref<std::uint64_t>(field);
}

// A field that only grows.
void raise(std::atomic<TagClock>& field, TagClock to) {
  if (field.load(std::memory_order_relaxed) < to) field.store(to, std::memory_order_release);
}

}  // namespace

std::size_t TagTable::bytes_for(std::uint64_t maxmemory_bytes) {
  if (maxmemory_bytes == 0) return limits::kTagTableBytesMax;
  return static_cast<std::size_t>(std::bit_floor(std::clamp<std::uint64_t>(
      maxmemory_bytes / limits::kTagTableShare, limits::kTagTableBytesMin, limits::kTagTableBytesMax)));
}

TagTable::TagTable(std::size_t bytes_max, Budget& budget)
    : budget_(budget), range_(bytes_max), bucket_mask_(bytes_max / sizeof(Bucket) - 1), pages_(bytes_max / kPageBytes) {
  LARDER_CHECK(std::has_single_bit(bytes_max) && bytes_max >= kPageBytes);
}

TagTable::~TagTable() {
  budget_.give_back({static_cast<std::size_t>(bytes_.load(std::memory_order_relaxed)), 0});
}

TagTable::Bucket& TagTable::first_of(TagHash tag) const {
  return reinterpret_cast<Bucket*>(range_.data())[tag & bucket_mask_];
}

TagTable::Bucket& TagTable::second_of(TagHash tag) const {
  return reinterpret_cast<Bucket*>(range_.data())[mix_bits(tag) & bucket_mask_];
}

// --- Reading ---

TagClock TagTable::find(TagHash tag) const {
  for (Bucket* const bucket : {&first_of(tag), &second_of(tag)}) {
    for (Entry& entry : bucket->entries) {
      if (shared(entry.tag).load(std::memory_order_acquire) != tag) continue;
      const TagClock clock = shared(entry.clock).load(std::memory_order_acquire);
      // Meanwhile another tag may have got the place: then this one is below the floor, which was raised before.
      if (clock != 0 && shared(entry.tag).load(std::memory_order_acquire) == tag) return clock;
    }
  }
  return 0;
}

bool TagTable::look_for_removed(TagClock since, const TagView& tags) const {
  for (std::size_t i = 0; i < tags.size(); ++i) {
    const TagClock removed = find(tags[i]);
    // The floor is read after the entries: see INVARIANTS.
    if ((removed != 0 ? removed : floor_.load(std::memory_order_acquire)) > since) return true;
  }
  return false;
}

std::optional<TimeMs> TagTable::removed_at_ms(TagHash tag) const {
  const TagClock removed = find(tag);
  return removed == 0 ? std::optional<TimeMs>() : time_of(removed);
}

TagStats TagTable::stats() const {
  return {.known = known_.load(std::memory_order_relaxed),
          .places = (bucket_mask_ + 1) * kEntriesPerBucket,
          .bytes = bytes_.load(std::memory_order_relaxed),
          .deleted = deleted_.load(std::memory_order_relaxed),
          .dropped = dropped_.load(std::memory_order_relaxed),
          .floor_ms = time_of(floor_.load(std::memory_order_relaxed))};
}

// --- Writing ---

TagClock TagTable::remove(TagHash tag, TimeMs now_ms) {
  const LockGuard lock(writing_);
  const TagClock clock = std::max(clock_.load(std::memory_order_relaxed) + 1,
                                  static_cast<TagClock>(std::max<TimeMs>(now_ms, 0)) << kTicksBits);
  Entry& entry = place_for(tag);
  take_page(entry);
  if (entry.clock == 0) {
    known_.fetch_add(1, std::memory_order_relaxed);
  } else if (entry.tag != tag) {
    raise(floor_, entry.clock);
    dropped_.fetch_add(1, std::memory_order_relaxed);
    // Whoever sees the new clock does not take it for the old tag's.
    shared(entry.tag).store(kNoTag, std::memory_order_release);
  }
  shared(entry.clock).store(clock, std::memory_order_release);
  shared(entry.tag).store(tag, std::memory_order_release);
  deleted_.fetch_add(1, std::memory_order_relaxed);
  clock_.store(clock, std::memory_order_release);
  return clock;
}

TagTable::Entry& TagTable::place_for(TagHash tag) const {
  Entry* oldest = nullptr;
  for (Bucket* const bucket : {&first_of(tag), &second_of(tag)}) {
    for (Entry& entry : bucket->entries) {
      if (entry.clock != 0 && entry.tag == tag) return entry;
      if (oldest == nullptr || entry.clock < oldest->clock) oldest = &entry;
    }
  }
  return *oldest;
}

// The system gives a page of zeroes when it is first written to; it counts from then on.
void TagTable::take_page(const Entry& entry) {
  const auto page = static_cast<std::size_t>(reinterpret_cast<const char*>(&entry) - range_.data()) / kPageBytes;
  if (pages_[page]) return;
  pages_[page] = true;
  bytes_.fetch_add(kPageBytes, std::memory_order_relaxed);
  budget_.take({kPageBytes, 0});
}

}  // namespace larder
