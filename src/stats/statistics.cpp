#include "larder/stats/statistics.h"

#include <utility>

#include "larder/base/check.h"

namespace larder {

Statistics::Statistics(unsigned threads, std::size_t commands) : commands_(commands) {
  threads_.reserve(threads);
  for (unsigned i = 0; i < threads; ++i) threads_.push_back(std::make_unique<ThreadStatistics>(commands, i));
}

RequestTotals Statistics::totals() const {
  RequestTotals sum;
  for (const auto& thread : threads_) {
    sum.requests += thread->requests.get();
    sum.hits += thread->hits.get();
    sum.misses += thread->misses.get();
    sum.hit_ns += thread->hit_ns.get();
    sum.hit_requests += thread->hit_requests.get();
    sum.load_us += thread->load_us.get();
    sum.loads += thread->loads.get();
  }
  return sum;
}

HistogramSnapshot Statistics::load_times() const {
  HistogramSnapshot sum;
  for (const auto& thread : threads_) thread->load_times.add_to(sum);
  return sum;
}

Statistics::CommandTotals Statistics::command_totals_since_start(std::size_t command) const {
  LARDER_CHECK(command < commands_);
  CommandTotals sum;
  for (const auto& thread : threads_) {
    const CommandCounters& counters = thread->by_command[command];
    sum.calls += counters.calls.get();
    sum.total_ns += counters.total_ns.get();
    sum.rejected += counters.rejected.get();
    sum.failed += counters.failed.get();
    counters.latency.add_to(sum.latency);
  }
  return sum;
}

Statistics::CommandTotals Statistics::command_totals(std::size_t command) const {
  // Under the lock, so that a reset cannot put its mark behind what was read here.
  LockGuard lock(reset_mutex_);
  CommandTotals totals = command_totals_since_start(command);
  if (commands_at_reset_.empty()) return totals;
  const CommandTotals& mark = commands_at_reset_[command];
  totals.calls -= mark.calls;
  totals.total_ns -= mark.total_ns;
  totals.rejected -= mark.rejected;
  totals.failed -= mark.failed;
  totals.latency = totals.latency.since(mark.latency);
  return totals;
}

void Statistics::count_error(std::string_view code) {
  error_replies_.add();
  LockGuard lock(errors_mutex_);
  auto found = errors_.find(code);
  if (found == errors_.end()) {
    if (errors_.size() >= kErrorCodesMax) code = kOtherErrors;
    found = errors_.try_emplace(std::string(code), 0).first;
  }
  ++found->second;
}

std::map<std::string, std::uint64_t, std::less<>> Statistics::errors() const {
  LockGuard lock(errors_mutex_);
  return errors_;
}

// --- What the requests of late were about ---

TrafficReport Statistics::hot_keys(std::int64_t now_ns, HitterOrder order, std::size_t count) const {
  RecentHitters::Sum sum;
  for (const auto& thread : threads_) thread->traffic.add_keys_to(sum, now_ns);
  return RecentHitters::report(std::move(sum), now_ns, order, count);
}

TrafficReport Statistics::hot_prefixes(std::int64_t now_ns, HitterOrder order, std::size_t count) const {
  RecentHitters::Sum sum;
  for (const auto& thread : threads_) thread->traffic.add_prefixes_to(sum, now_ns);
  return RecentHitters::report(std::move(sum), now_ns, order, count);
}

void Statistics::set_sample_every(std::uint32_t batches) {
  for (const auto& thread : threads_) thread->traffic.set_every(batches);
}

void Statistics::set_prefix_delimiter(std::string_view delimiter) {
  const LockGuard guard(delimiter_mutex_);
  delimiter_ = delimiter;
  for (const auto& thread : threads_) thread->traffic.set_delimiter(delimiter);
}

std::string Statistics::prefix_delimiter() const {
  const LockGuard guard(delimiter_mutex_);
  return delimiter_;
}

std::size_t Statistics::sample_bytes() const {
  std::size_t bytes = 0;
  for (const auto& thread : threads_) bytes += thread->traffic.bytes();
  return bytes;
}

void Statistics::reset(const Sample& now) {
  {
    LockGuard lock(reset_mutex_);
    reset_mark_ = now;
    commands_at_reset_.resize(commands_);
    for (std::size_t i = 0; i < commands_; ++i) commands_at_reset_[i] = command_totals_since_start(i);
  }
  {
    LockGuard lock(errors_mutex_);
    errors_.clear();
    error_replies_.reset();
  }
  series_.restart(now);
}

Sample Statistics::reset_mark() const {
  LockGuard lock(reset_mutex_);
  return reset_mark_;
}

}  // namespace larder
