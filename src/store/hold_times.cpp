#include "larder/store/hold_times.h"

#include <algorithm>

namespace larder {

std::string_view hold_kind_name(HoldKind kind) {
  static constexpr std::array<std::string_view, kHoldKinds> kNames = {
      "operation", "several_keys", "transaction", "keyspace", "eviction", "maintenance", "flush", "setting"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::int64_t HoldReport::longest_of_all_ns() const {
  return *std::max_element(longest_ns.begin(), longest_ns.end());
}

void HoldTimes::record(HoldKind kind, std::int64_t ns, std::uint32_t sample_every) {
  holds_.record_ns(ns, kind == HoldKind::kOperation ? sample_every : 1);
  std::atomic<std::int64_t>& longest_ns = longest_ns_[static_cast<std::size_t>(kind)];
  if (ns > longest_ns.load(std::memory_order_relaxed)) longest_ns.store(ns, std::memory_order_relaxed);
}

void HoldTimes::add_to(HoldReport& sum) const {
  holds_.add_to(sum.holds);
  for (std::size_t kind = 0; kind < kHoldKinds; ++kind) {
    sum.longest_ns[kind] = std::max(sum.longest_ns[kind], longest_ns_[kind].load(std::memory_order_relaxed));
  }
}

}  // namespace larder
