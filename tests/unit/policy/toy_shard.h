// A shard for tests of policies: a flat array instead of a log, a map instead of an index, no limits. It calls a policy
// as Shard does and lets a test say when.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "larder/base/check.h"
#include "larder/policy/eviction_policy.h"

namespace larder {

class ToyShard final : public PolicyHost {
 public:
  explicit ToyShard(std::uint64_t capacity, bool counts_items = true, std::size_t log_bytes = 8 << 20)
      : log_(log_bytes / sizeof(std::uint64_t)), capacity_(capacity) {
    base_ = reinterpret_cast<char*>(log_.data());
    counts_items_ = counts_items;
  }
  // REQUIRES: before anything else. `policy` was made for this host.
  void use(std::unique_ptr<EvictionPolicy> policy) {
    policy_ = std::move(policy);
    streams_.resize(static_cast<std::size_t>(policy_->traits().streams));
  }
  EvictionPolicy& policy() { return *policy_; }

  // --- What a test does ---
  bool contains(const std::string& key) const { return items_.contains(key); }
  std::uint64_t total_weight() const { return weight_; }
  std::vector<std::string> keys() const {
    std::vector<std::string> names;
    for (const auto& [name, location] : items_) names.push_back(name);
    return names;
  }
  std::size_t size() const { return items_.size(); }
  Location at(const std::string& key) const { return items_.at(key); }
  static KeyHash hash(const std::string& key) { return mix_bits(std::hash<std::string>{}(key)); }

  // A get, and on a miss the set that follows: one request of a cache-aside client. True on a hit.
  bool request(const std::string& key, TimeMs now_ms, std::size_t value_bytes = 0, TimeMs expiry_ms = kNoExpiry) {
    if (contains(key)) {
      policy_->on_hit(at(key), hash(key), now_ms);
      return true;
    }
    insert(key, now_ms, value_bytes, expiry_ms);
    return false;
  }
  // Makes room first, as the store does, then writes. REQUIRES: !contains(key).
  void insert(const std::string& key, TimeMs now_ms, std::size_t value_bytes = 0, TimeMs expiry_ms = kNoExpiry) {
    const ItemShape shape = shape_of(key, value_bytes, expiry_ms != kNoExpiry);
    const std::uint64_t more = counts_items_ ? 1 : shape.record_bytes();
    while (weight_ + more > capacity_) {
      if (evict_step(now_ms) == VictimStep::Kind::kNone) break;
    }
    const Location item = append(shape, key, policy_->stream_for(Arrival::kNew, hash(key), kNowhere));
    if (shape.has_expiry) this->item(item).set_expiry(expiry_ms);
    items_[key] = item;
    policy_->on_insert(item, hash(key), now_ms);
  }
  // What a change of policy does to one item. REQUIRES: !contains(key).
  void adopt(const std::string& key, Standing standing, TimeMs now_ms, TimeMs expiry_ms = kNoExpiry) {
    const ItemShape shape = shape_of(key, 0, expiry_ms != kNoExpiry);
    const Location item = append(shape, key, policy_->stream_for_adopted(standing));
    if (shape.has_expiry) this->item(item).set_expiry(expiry_ms);
    items_[key] = item;
    policy_->on_adopt(item, hash(key), standing, now_ms);
  }
  // A value of another size: the item is written anew.
  void rewrite(const std::string& key, TimeMs now_ms, std::size_t value_bytes) {
    const Location from = at(key);
    const ItemShape shape = shape_of(key, value_bytes, item(from).has_expiry_field());
    move(from, shape, policy_->stream_for(Arrival::kRewritten, hash(key), from));
    policy_->on_hit(at(key), hash(key), now_ms);
  }
  // EXPIRE and PERSIST: in place if the item has a field for it, else the item is written anew.
  void set_expiry(const std::string& key, TimeMs expiry_ms) {
    const Location from = at(key);
    const TimeMs before = item(from).expiry();
    if (before == expiry_ms) return;
    if (item(from).has_expiry_field()) {
      item(from).set_expiry(expiry_ms);
      policy_->on_expiry_changed(from, before);
      return;
    }
    ItemShape shape = item(from).shape();
    shape.has_expiry = true;
    move(from, shape, policy_->stream_for(Arrival::kRewritten, hash(key), from), expiry_ms);
  }
  void erase(const std::string& key, Removal why = Removal::kErased) {
    policy_->on_erase(at(key), hash(key), why);
    kill(at(key));
    items_.erase(key);
  }
  // What a compaction does to one item.
  void compact(const std::string& key) {
    LARDER_CHECK(!policy_->traits().queues);
    const Location from = at(key);
    move(from, item(from).shape(), policy_->stream_for(Arrival::kSurvivor, hash(key), from));
  }
  VictimStep::Kind evict_step(TimeMs now_ms) {
    const VictimStep step = policy_->victim(now_ms);
    if (step.kind == VictimStep::Kind::kNone) return step.kind;
    const std::string key(item(step.item).key());
    LARDER_CHECK(at(key) == step.item);
    if (step.kind == VictimStep::Kind::kEvict) {
      evicted_.push_back(key);
      erase(key, Removal::kEvicted);
    } else {
      move(step.item, item(step.item).shape(), step.stream);
    }
    return step.kind;
  }
  // Evicts one item and says which; empty if there is no victim.
  std::string evict(TimeMs now_ms) {
    const std::size_t before = evicted_.size();
    while (evicted_.size() == before) {
      if (evict_step(now_ms) == VictimStep::Kind::kNone) return {};
    }
    return evicted_.back();
  }
  const std::vector<std::string>& evicted() const { return evicted_; }
  void check() const { policy_->check_invariants(items_.size()); }

  // --- PolicyHost ---
  std::uint64_t capacity() const override { return capacity_; }
  std::uint64_t stream_weight(StreamId stream) const override { return streams_[stream].weight; }
  std::uint64_t stream_items(StreamId stream) const override { return streams_[stream].items; }
  Location oldest(StreamId stream) const override {
    std::deque<Location>& queue = streams_[stream].queue;
    while (!queue.empty() && !item(queue.front()).is_item()) queue.pop_front();
    return queue.empty() ? kNowhere : queue.front();
  }
  KeyHash hash_of(Location location) const override { return hash(std::string(item(location).key())); }
  Location random_item(std::uint64_t random) const override {
    if (items_.empty()) return kNowhere;
    auto chosen = items_.begin();
    std::advance(chosen, static_cast<std::ptrdiff_t>(random % items_.size()));
    return chosen->second;
  }

 private:
  struct Stream {
    std::deque<Location> queue;  // dead ones stay until they are met
    std::uint64_t weight = 0;
    std::uint64_t items = 0;
  };

  ItemShape shape_of(const std::string& key, std::size_t value_bytes, bool has_expiry) const {
    return {.form = policy_->traits().form,
            .has_expiry = has_expiry,
            .has_blob = false,
            .database = 0,
            .key_bytes = key.size(),
            .value_bytes = value_bytes};
  }
  Location append(const ItemShape& shape, std::string_view key, StreamId stream) {
    LARDER_CHECK(end_ + shape.record_bytes() <= log_.size() * sizeof(std::uint64_t));
    const Location location = static_cast<Location>(end_ / kItemGranuleBytes);
    end_ += shape.record_bytes();
    item(location).write(shape, key);
    weight_ += weight(item(location));
    streams_[stream].queue.push_back(location);
    streams_[stream].weight += weight(item(location));
    ++streams_[stream].items;
    stream_of_[location] = stream;
    return location;
  }
  void kill(Location location) {
    Stream& stream = streams_[stream_of_.at(location)];
    weight_ -= weight(item(location));
    stream.weight -= weight(item(location));
    --stream.items;
    stream_of_.erase(location);
    item(location).write_filler(item(location).record_bytes());
  }
  void move(Location from, const ItemShape& shape, StreamId stream) { move(from, shape, stream, item(from).expiry()); }
  void move(Location from, const ItemShape& shape, StreamId stream, TimeMs expiry_ms) {
    const std::string key(item(from).key());
    const Location to = append(shape, key, stream);
    item(to).set_policy_bits(item(from).policy_bits());
    if (shape.form == ItemForm::kListItem) item(to).set_node(item(from).node());
    if (shape.has_expiry) item(to).set_expiry(expiry_ms);
    items_[key] = to;
    policy_->on_move(from, to);
    kill(from);
  }

  std::vector<std::uint64_t> log_;
  std::size_t end_ = kItemGranuleBytes;
  const std::uint64_t capacity_;
  std::uint64_t weight_ = 0;
  std::unique_ptr<EvictionPolicy> policy_;
  std::map<std::string, Location> items_;
  mutable std::vector<Stream> streams_;
  std::unordered_map<Location, StreamId> stream_of_;
  std::vector<std::string> evicted_;
};

}  // namespace larder
