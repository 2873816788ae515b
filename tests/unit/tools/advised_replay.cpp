#include "unit/tools/advised_replay.h"

#include <algorithm>
#include <string>

#include "larder/advisor/advisor.h"
#include "larder/base/limits.h"
#include "larder/store/sharded_store.h"

namespace larder::sim {

namespace {

constexpr TimeMs kStartMs = 1'700'000'000'000;
constexpr std::int64_t kMsNs = 1'000'000;
constexpr std::size_t kMaintainWork = 1'000'000;

class AdvisedReplay {
 public:
  AdvisedReplay(const Trace& trace, const AdvisedReplayOptions& options)
      : trace_(trace),
        by_items_(options.capacity.unit == CapacityUnit::kItems),
        window_(options.window),
        ns_per_request_(1'000'000'000 / static_cast<std::int64_t>(options.requests_per_s)),
        values_(by_items_ ? 0 : std::min<std::uint64_t>(trace.largest_bytes(), limits::kValueBytesMax), 'v'),
        store_({.maxmemory_bytes = by_items_ ? options.maxmemory_bytes : options.capacity.limit,
                .maxitems = by_items_ ? options.capacity.limit : 0,
                .policy = options.policy.value_or(Advisor::first_policy()),
                .databases = 1,
                .tap = &tap_,
                .hash_seed = 42}),
        statistics_(1, 1),
        advisor_(store_, statistics_, tap_) {
    advisor_.set_policy(options.policy);
    step(0);
  }

  AdvisedRun run() {
    AdvisedRun run;
    for (const ObjectNumber object : trace_.requests()) {
      step(ns_per_request_);
      const bool hit = request(object);
      if (window_ != 0 && run.result.requests % window_ == 0) run.window_hits.push_back(0);
      if (window_ != 0 && hit) ++run.window_hits.back();
      run.result.count(hit, trace_.size_bytes(object));
    }
    step(2'000 * kMsNs);
    run.report = advisor_.report();
    return run;
  }

 private:
  TimeMs now_ms() const { return kStartMs + now_ns_ / kMsNs; }

  // Time goes on.
  void step(std::int64_t ns) {
    now_ns_ += ns;
    if (now_ns_ < next_step_ns_) return;
    next_step_ns_ = now_ns_ + Advisor::kStepMs * kMsNs;
    advisor_.step(now_ms(), now_ns_);
    while (store_.maintain(now_ms(), kMaintainWork)) {
    }
  }

  bool request(ObjectNumber object) {
    Trace::KeyBuffer buffer;
    const Key key = store_.key(0, trace_.key(object, buffer));
    const auto read = [&](Shard& shard, Op& op) {
      return shard.get(key, Touch::kYes, op) ? StatusCode::kOk : StatusCode::kNotFound;
    };
    const bool hit = store_.run(key, now_ms(), read) == StatusCode::kOk;
    store_.note_lookup(key.hash, hit);
    (hit ? statistics_.thread(0).hits : statistics_.thread(0).misses).add();
    if (hit) return true;
    const std::string_view value =
        by_items_ ? std::string_view() : std::string_view(values_).substr(0, trace_.size_bytes(object));
    const auto write = [&](Shard& shard, Op& op) { return shard.set(key, {value, nullptr}, {}, op); };
    store_.run(key, now_ms(), write);
    return false;
  }

  const Trace& trace_;
  const bool by_items_;
  const std::size_t window_;
  const std::int64_t ns_per_request_;
  const std::string values_;
  AccessTap tap_;
  ShardedStore store_;
  Statistics statistics_;
  Advisor advisor_;
  std::int64_t now_ns_ = 1;
  std::int64_t next_step_ns_ = 0;
};

}  // namespace

AdvisedRun replay_advised(const Trace& trace, const AdvisedReplayOptions& options) {
  return AdvisedReplay(trace, options).run();
}

}  // namespace larder::sim
