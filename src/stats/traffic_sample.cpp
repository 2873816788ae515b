#include "larder/stats/traffic_sample.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace larder {

namespace {

constexpr double kNsPerSecond = 1e9;
constexpr double kPacedEveryMax = 1e9;

}  // namespace

KeyHash hash_of_prefix(Database database, std::string_view prefix) {
  // Nobody outside may know which names share a set.
  static const Hasher hasher;
  return hasher(database, prefix);
}

std::string_view prefix_of(std::string_view key, std::string_view delimiter) {
  const std::size_t end = key.substr(0, HeavyHitters::kNameBytesMax).find(delimiter);
  return end == std::string_view::npos ? std::string_view() : key.substr(0, end + delimiter.size());
}

// --- Windows ---

void RecentHitters::Window::clear() {
  number = kNone;
  all = {};
  names.clear();
}

void RecentHitters::clear() {
  began_ns_ = kNever;
  for (Window& window : windows_) window.clear();
}

void RecentHitters::begin_window(std::int64_t number) {
  // What is older than the window before is forgotten, be there nothing in between.
  if (windows_[current_].number != number - 1) windows_[current_].clear();
  current_ = 1 - current_;
  windows_[current_].clear();
  windows_[current_].number = number;
}

void RecentHitters::add(std::int64_t now_ns, const HeavyHitters::Name& name, const TrafficCounts& counts) {
  const std::int64_t number = now_ns / window_ns_;
  if (windows_[current_].number != number) begin_window(number);
  if (began_ns_ == kNever) began_ns_ = now_ns;
  windows_[current_].all += counts;
  windows_[current_].names.add(name, counts);
}

void RecentHitters::copy_to(Copy& copy, std::int64_t now_ns) const {
  const std::int64_t number = now_ns / window_ns_;
  for (const Window& window : windows_) {
    if (window.number != number && window.number != number - 1) continue;
    copy.from_ns = std::min(copy.from_ns, std::max(began_ns_, (number - 1) * window_ns_));
    copy.all += window.all;
    for (const HeavyHitters::Entry& entry : window.names.entries()) {
      if (entry.rank > 0) copy.entries.push_back(entry);
    }
  }
}

RecentHitters::Sum& RecentHitters::Sum::operator+=(const Copy& copy) {
  from_ns = std::min(from_ns, copy.from_ns);
  all += copy.all;
  for (const HeavyHitters::Entry& entry : copy.entries) {
    Hitter& hitter = by_name[entry.hash];
    if (hitter.name_bytes == 0) {
      hitter.name = entry.name();
      hitter.name_bytes = entry.name_bytes;
      hitter.database = entry.database;
    }
    hitter.counts += entry.counts;
  }
  return *this;
}

TrafficReport RecentHitters::report(Sum sum, std::int64_t now_ns, HitterOrder order, std::size_t count) {
  TrafficReport report;
  report.all = sum.all;
  const std::int64_t ns = sum.by_name.empty() ? 0 : now_ns - sum.from_ns;
  report.seconds = std::max(1.0, static_cast<double>(ns) / kNsPerSecond);
  report.hitters.reserve(sum.by_name.size());
  auto by_name = std::move(sum.by_name);
  for (auto& [hash, hitter] : by_name) report.hitters.push_back(std::move(hitter));
  const auto before = [order](const Hitter& a, const Hitter& b) {
    const double of_a = order == HitterOrder::kBytes ? a.counts.bytes : a.counts.operations;
    const double of_b = order == HitterOrder::kBytes ? b.counts.bytes : b.counts.operations;
    if (of_a != of_b) return of_a > of_b;
    return a.name < b.name;
  };
  const std::size_t wanted = std::min(count, report.hitters.size());
  std::partial_sort(report.hitters.begin(), report.hitters.begin() + static_cast<std::ptrdiff_t>(wanted),
                    report.hitters.end(), before);
  report.hitters.resize(wanted);
  return report;
}

// --- The sample ---

void TrafficSample::keep_pace(std::int64_t now_ns) {
  ++added_;
  const std::int64_t took_ns = now_ns - pace_began_ns_;
  if (took_ns < kPaceNs) return;
  const std::uint32_t every = std::max(every_.load(std::memory_order_relaxed), 1U);
  const double added_per_second = added_ * kNsPerSecond / static_cast<double>(took_ns);
  const double wanted_per_second = static_cast<double>(kAddedPerSecond) * kEveryDefault / every;
  const double paced = std::max(every, paced_every_) * added_per_second / wanted_per_second;
  paced_every_ = static_cast<std::uint32_t>(std::min(std::ceil(paced), kPacedEveryMax));
  added_ = 0;
  pace_began_ns_ = now_ns;
}

void TrafficSample::add(std::int64_t now_ns, const HeavyHitters::Name& key, const TrafficCounts& counts) {
  keep_pace(now_ns);
  const LockGuard guard(mutex_);
  if (begins_anew_) {
    keys_.clear();
    prefixes_.clear();
    begins_anew_ = false;
  }
  keys_.add(now_ns, key, counts);
  if (delimiter_.empty()) return;
  const std::string_view prefix = prefix_of(key.text, delimiter_);
  prefixes_.add(now_ns, {hash_of_prefix(key.database, prefix), key.database, prefix}, counts);
}

void TrafficSample::set_every(std::uint32_t every) {
  const LockGuard guard(mutex_);
  if (every_.exchange(every, std::memory_order_relaxed) == 0 && every > 0) begins_anew_ = true;
}

void TrafficSample::set_delimiter(std::string_view delimiter) {
  const LockGuard guard(mutex_);
  if (delimiter_ == delimiter) return;
  delimiter_ = delimiter;
  prefixes_.clear();
}

void TrafficSample::add_keys_to(RecentHitters::Sum& sum, std::int64_t now_ns) const {
  RecentHitters::Copy copy;
  copy.entries.reserve(RecentHitters::kWindows * kKeySets * HeavyHitters::kWays);
  {
    const LockGuard guard(mutex_);
    if (!begins_anew_) keys_.copy_to(copy, now_ns);
  }
  sum += copy;
}

void TrafficSample::add_prefixes_to(RecentHitters::Sum& sum, std::int64_t now_ns) const {
  RecentHitters::Copy copy;
  copy.entries.reserve(RecentHitters::kWindows * kPrefixSets * HeavyHitters::kWays);
  {
    const LockGuard guard(mutex_);
    if (!begins_anew_) prefixes_.copy_to(copy, now_ns);
  }
  sum += copy;
}

std::size_t TrafficSample::bytes() const {
  const LockGuard guard(mutex_);
  return keys_.bytes() + prefixes_.bytes();
}

}  // namespace larder
