#include "advisor/mini_cache.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "larder/base/check.h"

namespace larder {

namespace {

constexpr std::size_t kSlotsMin = 64;

}  // namespace

MiniCache::MiniCache(const Options& options)
    : kind_(options.policy), with_expiry_(evicts_volatile_only(options.policy)) {
  counts_items_ = options.counts_items;
  weigher_.counts_items = options.counts_items;
  make_policy_anew();
  granules_ = shape_for({}).record_bytes() / kItemGranuleBytes;
}

MiniCache::~MiniCache() = default;

void MiniCache::make_policy_anew() {
  policy_ = make_policy(kind_, *this);
  weigher_.form = policy_->traits().form;
}

void MiniCache::set_capacity(std::uint64_t weight) {
  capacity_ = std::max<std::uint64_t>(1, weight);
}

// --- Finding ---

KeyHash MiniCache::hash_at(Slot slot) const {
  KeyHash hash;
  const std::string_view key = item(location_of(slot)).key();
  std::memcpy(&hash, key.data(), sizeof hash);
  return hash;
}

Location MiniCache::oldest(StreamId stream) const {
  const Slot first = streams_[stream].first;
  return first == kNone ? kNowhere : location_of(first);
}

Location MiniCache::random_item(std::uint64_t random) const {
  if (size() == 0) return kNowhere;
  auto slot = static_cast<Slot>(SplitMix64(random).below(slots_.size()));
  while (slots_[slot].stream == kFree) slot = slot + 1 == slots_.size() ? 0 : slot + 1;
  return location_of(slot);
}

std::uint64_t MiniCache::weight() const {
  return item_weight_ + (counts_items_ ? 0 : policy_->metadata_bytes_in_use());
}

ItemShape MiniCache::shape_for(ItemSize size) const {
  ItemShape shape{.form = weigher_.form,
                  .has_expiry = with_expiry_,
                  .has_blob = false,
                  .key_bytes = sizeof(KeyHash),
                  .value_bytes = 0};
  shape.value_bytes = size.bytes - std::min<std::size_t>(size.bytes, shape.plain_bytes());
  return shape;
}

// --- Slots and streams ---

MiniCache::Slot MiniCache::take_slot() {
  if (!free_.empty()) {
    const Slot slot = free_.back();
    free_.pop_back();
    return slot;
  }
  const auto slot = static_cast<Slot>(slots_.size());
  if (slots_.size() == slots_.capacity()) {
    slots_.reserve(slots_.size() + slots_.size() / 4 + kSlotsMin);
    records_.reserve((slots_.capacity() + 1) * granules_);
  }
  slots_.emplace_back();
  records_.resize((slots_.size() + 1) * granules_);
  base_ = reinterpret_cast<char*>(records_.data());
  return slot;
}

void MiniCache::append(Slot slot, StreamId number) {
  Stream& stream = streams_[number];
  SlotState& state = slots_[slot];
  state.stream = number;
  state.prev = stream.last;
  state.next = kNone;
  (stream.last == kNone ? stream.first : slots_[stream.last].next) = slot;
  stream.last = slot;
  stream.weight += PolicyHost::weight(item(location_of(slot)));
  item_weight_ += weight_of(slot);
  ++stream.items;
}

void MiniCache::unlink(Slot slot) {
  SlotState& state = slots_[slot];
  Stream& stream = streams_[state.stream];
  (state.prev == kNone ? stream.first : slots_[state.prev].next) = state.next;
  (state.next == kNone ? stream.last : slots_[state.next].prev) = state.prev;
  stream.weight -= PolicyHost::weight(item(location_of(slot)));
  item_weight_ -= weight_of(slot);
  --stream.items;
  state.stream = kFree;
}

// --- Reading and writing ---

bool MiniCache::use(KeyHash hash, TimeMs now_ms) {
  const Slot slot = find(hash);
  if (slot == kNone) return false;
  slots_[slot].used_at = ticks_of(now_ms);
  slots_[slot].was_read = true;
  policy_->on_hit(location_of(slot), hash, now_ms);
  return true;
}

void MiniCache::change(KeyHash hash, ItemSize size, TimeMs expire_at_ms) {
  const Slot slot = find(hash);
  if (slot == kNone) return;
  const Location location = location_of(slot);
  ItemRef record = item(location);
  Stream& stream = streams_[slots_[slot].stream];
  stream.weight -= PolicyHost::weight(record);
  item_weight_ -= weight_of(slot);
  record.set_value_bytes(shape_for(size).value_bytes);
  slots_[slot].has_blob = size.has_blob;
  stream.weight += PolicyHost::weight(record);
  item_weight_ += weight_of(slot);
  const TimeMs before_ms = record.expiry();
  if (!with_expiry_ || before_ms == expire_at_ms) return;
  record.set_expiry(expire_at_ms);
  policy_->on_expiry_changed(location, before_ms);
}

void MiniCache::put(KeyHash hash, ItemSize size, TimeMs expire_at_ms, TimeMs now_ms) {
  const Slot slot = find(hash);
  if (slot == kNone) return insert(hash, size, expire_at_ms, now_ms);
  change(hash, size, expire_at_ms);
  slots_[slot].used_at = ticks_of(now_ms);
  policy_->on_hit(location_of(slot), hash, now_ms);
  while (weight() > capacity_ && evict_one(now_ms)) {
  }
}

void MiniCache::insert(KeyHash hash, ItemSize size, TimeMs expire_at_ms, TimeMs now_ms) {
  const ItemShape shape = shape_for(size);
  const std::uint64_t more = weigher_.with_shares(shape.record_bytes(), size.has_blob);
  if (more > capacity_) return;
  while (weight() + more > capacity_ || this->size() >= items_max_) {
    if (!evict_one(now_ms)) return;
  }
  const StreamId stream = policy_->stream_for(Arrival::kNew, hash, kNowhere);
  const Slot slot = take_slot();
  const Location location = location_of(slot);
  ItemRef record = item(location);
  record.write(shape, {reinterpret_cast<const char*>(&hash), sizeof hash});
  if (with_expiry_) record.set_expiry(expire_at_ms);
  slots_[slot].stored_at = slots_[slot].used_at = ticks_of(now_ms);
  slots_[slot].was_read = false;
  slots_[slot].has_blob = size.has_blob;
  append(slot, stream);
  table_.insert(slot, hash_of_slot());
  policy_->on_insert(location, hash, now_ms);
}

// --- Taking out ---

bool MiniCache::evict_one(TimeMs now_ms) {
  for (;;) {
    const VictimStep step = policy_->victim(now_ms);
    if (step.kind == VictimStep::Kind::kNone) return false;
    const Slot slot = slot_of(step.item);
    if (step.kind == VictimStep::Kind::kEvict) {
      note_eviction(slot, now_ms);
      remove(slot, Removal::kEvicted);
      return true;
    }
    // Only queues move items this way; where the record lies is nothing to them.
    LARDER_CHECK(policy_->traits().queues);
    unlink(slot);
    append(slot, step.stream);
    policy_->on_move(step.item, step.item);
  }
}

void MiniCache::note_eviction(Slot slot, TimeMs now_ms) {
  const SlotState& state = slots_[slot];
  const auto weight = static_cast<double>(weight_of(slot));
  const double there = weight * static_cast<double>(static_cast<Ticks>(ticks_of(now_ms) - state.stored_at));
  evicted_.weight_ms += there;
  evicted_.unused_weight_ms += weight * static_cast<double>(static_cast<Ticks>(ticks_of(now_ms) - state.used_at));
  if (!state.was_read) evicted_.never_read_weight_ms += there;
}

void MiniCache::remove(Slot slot, Removal why) {
  policy_->on_erase(location_of(slot), hash_at(slot), why);
  table_.erase(slot, hash_of_slot());
  unlink(slot);
  free_.push_back(slot);
}

void MiniCache::erase(KeyHash hash, Removal why) {
  const Slot slot = find(hash);
  if (slot != kNone) remove(slot, why);
}

void MiniCache::keep_sampled(SampleThreshold threshold) {
  for (Slot slot = 0; slot < slots_.size(); ++slot) {
    if (slots_[slot].stream != kFree && !is_sampled(hash_at(slot), threshold)) remove(slot, Removal::kErased);
  }
}

void MiniCache::clear() {
  records_.clear();
  records_.shrink_to_fit();
  slots_.clear();
  slots_.shrink_to_fit();
  free_.clear();
  table_.clear();
  streams_ = {};
  item_weight_ = 0;
  make_policy_anew();
}

void MiniCache::fade(double factor) {
  evicted_.weight_ms *= factor;
  evicted_.unused_weight_ms *= factor;
  evicted_.never_read_weight_ms *= factor;
}

std::size_t MiniCache::bytes() const {
  return records_.capacity() * sizeof records_[0] + slots_.capacity() * sizeof slots_[0] +
         free_.capacity() * sizeof free_[0] + table_.bytes() + policy_->metadata_bytes();
}

void MiniCache::check_invariants() const {
  std::array<Stream, kStreamsMax> sums{};
  std::size_t used = 0;
  std::uint64_t weight = 0;
  for (Slot slot = 0; slot < slots_.size(); ++slot) {
    if (slots_[slot].stream == kFree) continue;
    ++used;
    LARDER_CHECK(find(hash_at(slot)) == slot);
    sums[slots_[slot].stream].weight += PolicyHost::weight(item(location_of(slot)));
    weight += weight_of(slot);
    ++sums[slots_[slot].stream].items;
  }
  LARDER_CHECK(weight == item_weight_);
  LARDER_CHECK(used == size() && used + free_.size() == slots_.size());
  for (StreamId stream = 0; stream < kStreamsMax; ++stream) {
    LARDER_CHECK(sums[stream].weight == streams_[stream].weight && sums[stream].items == streams_[stream].items);
  }
  policy_->check_invariants(used);
}

}  // namespace larder
