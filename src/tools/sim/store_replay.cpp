#include "tools/sim/store_replay.h"

#include <algorithm>
#include <cstdio>
#include <memory>

#include "larder/base/check.h"
#include "larder/base/limits.h"
#include "larder/store/sharded_store.h"

namespace larder::sim {

namespace {

constexpr TimeMs kStartMs = 1'700'000'000'000;
// Far behind the end of any trace: under a volatile-* policy only what has an expiry may be evicted.
constexpr TimeMs kVolatileTtlMs = TimeMs{3'650} * 24 * 3'600 * 1'000;

// Scaled. Whole units: what is beyond them no value could use. And no more than would hold everything.
std::uint64_t counted_capacity_bytes(const Trace& trace, const StoreReplayOptions& options) {
  const std::uint64_t bytes = std::min(options.capacity.limit, trace.total_bytes());
  return bytes / trace.unit_bytes() * trace.unit_bytes() * options.counted_sizes->scale();
}

// What a replay stores as an object's value.
class Values {
 public:
  virtual ~Values() = default;
  // Before something is stored.
  virtual void prepare() {}
  // Valid until the next call.
  virtual Value value(ObjectNumber object) = 0;
  virtual std::string_view key(ObjectNumber object, Trace::KeyBuffer& buffer) const = 0;
};

class EmptyValues final : public Values {
 public:
  explicit EmptyValues(const Trace& trace) : trace_(trace) {}
  Value value(ObjectNumber) override { return {}; }
  std::string_view key(ObjectNumber object, Trace::KeyBuffer& buffer) const override {
    return trace_.key(object, buffer);
  }

 private:
  const Trace& trace_;
};

// Large ones as a server has them when they arrive: in a block of their own.
class RealValues final : public Values {
 public:
  explicit RealValues(const Trace& trace)
      : trace_(trace), bytes_(std::min<std::uint64_t>(trace.largest_bytes(), limits::kValueBytesMax), 'v') {}
  Value value(ObjectNumber object) override {
    const std::string_view bytes = std::string_view(bytes_).substr(0, trace_.size_bytes(object));
    if (bytes.size() < limits::kBodyBytesMin) return {bytes, nullptr};
    block_ = Blob::allocate(bytes.size());
    if (!block_) return {bytes, nullptr};
    block_->write(0, bytes);
    return {block_->view(), block_.get()};
  }
  std::string_view key(ObjectNumber object, Trace::KeyBuffer& buffer) const override {
    return trace_.key(object, buffer);
  }

 private:
  const Trace& trace_;
  const std::string bytes_;
  BlobRef block_;
};

class CountedValues final : public Values {
 public:
  CountedValues(const Trace& trace, const StoreReplayOptions& options, ShardedStore& store)
      : trace_(trace),
        store_(store),
        sizes_(*options.counted_sizes),
        capacity_bytes_(counted_capacity_bytes(trace, options)) {
    set_limit();
  }
  void prepare() override { set_limit(); }
  Value value(ObjectNumber object) override {
    block_ = sizes_.value(trace_.size_bytes(object));
    return {block_->view(), block_.get()};
  }
  // All of one length, so that it is known what the values take of data_bytes.
  std::string_view key(ObjectNumber object, Trace::KeyBuffer& buffer) const override {
    std::snprintf(buffer.data(), buffer.size(), "%0*u", static_cast<int>(kKeyBytes), object);
    return {buffer.data(), kKeyBytes};
  }

 private:
  static constexpr std::size_t kKeyBytes = 10;
  static constexpr std::uint64_t kLimitStepBytes = 1024;

  // The limit of the budget: the capacity, and what is taken by other things than values.
  void set_limit() {
    const ShardStats stats = store_.stats().total;
    const std::uint64_t value_bytes = stats.data_bytes - stats.items * kKeyBytes;
    const std::uint64_t wanted =
        capacity_bytes_ + (store_.used_bytes() - value_bytes) + CountedSizes::kOverheadBytesMax;
    const std::uint64_t now = store_.budget().bytes_max();
    if (now + kLimitStepBytes > wanted && wanted + kLimitStepBytes > now) return;
    // The store keeps a part of maxmemory back: a little more of it until the rest is what is wanted.
    std::uint64_t maxmemory = wanted;
    do {
      store_.set_maxmemory(maxmemory);
      maxmemory += wanted - store_.budget().bytes_max();
    } while (store_.budget().bytes_max() < wanted);
  }

  const Trace& trace_;
  ShardedStore& store_;
  const CountedSizes& sizes_;
  const std::uint64_t capacity_bytes_;  // scaled
  BlobRef block_;
};

std::unique_ptr<Values> make_values(const Trace& trace, const StoreReplayOptions& options, ShardedStore& store) {
  if (options.real) return std::make_unique<RealValues>(trace);
  if (options.capacity.unit == CapacityUnit::kItems) return std::make_unique<EmptyValues>(trace);
  return std::make_unique<CountedValues>(trace, options, store);
}

StoreOptions store_options(const Trace& trace, const StoreReplayOptions& options) {
  StoreOptions result{
      .policy = options.policy, .shards = options.shards, .databases = 1, .hash_seed = options.hash_seed};
  if (options.capacity.unit == CapacityUnit::kItems) {
    result.maxitems = options.capacity.limit;
  } else {
    result.maxmemory_bytes = options.real ? options.capacity.limit : counted_capacity_bytes(trace, options);
  }
  return result;
}

}  // namespace

RunResult replay_store(const Trace& trace, const StoreReplayOptions& options, RequestCount& progress) {
  LARDER_CHECK(options.counted_sizes != nullptr || options.real || options.capacity.unit == CapacityUnit::kItems);
  ShardedStore store(store_options(trace, options));
  const std::unique_ptr<Values> values = make_values(trace, options, store);
  const bool with_expiry = evicts_volatile_only(options.policy);
  RunResult result;
  RequestCount::Teller tell(progress);
  TimeMs now_ms = kStartMs;
  Trace::KeyBuffer buffer;
  for (const ObjectNumber object : trace.requests()) {
    now_ms += options.ms_per_request;
    const Key key = store.key(0, values->key(object, buffer));
    const auto read = [&](Shard& shard, Op& op) {
      return shard.get(key, Touch::kYes, op) ? StatusCode::kOk : StatusCode::kNotFound;
    };
    const bool hit = store.run(key, now_ms, read) == StatusCode::kOk;
    result.count(hit, trace.size_bytes(object));
    tell();
    if (hit || trace.size_bytes(object) > limits::kValueBytesMax) continue;
    values->prepare();
    const SetOptions how{.expire_at_ms = with_expiry ? now_ms + kVolatileTtlMs : kNoExpiry};
    // What does not fit, or finds nothing to evict, is not stored: the next access to it misses again.
    const auto write = [&](Shard& shard, Op& op) { return shard.set(key, values->value(object), how, op); };
    if (store.run(key, now_ms, write) == StatusCode::kOk) ++result.stored;
  }
  return result;
}

}  // namespace larder::sim
