#include "commands/batch_statistics.h"

#include <span>
#include <utility>

namespace larder {

void BatchStatistics::close() {
  if (counted_ == 0) return;
  const std::int64_t now_ns = clock_.monotonic_ns();
  const auto took_ns = static_cast<std::uint64_t>(now_ns - std::exchange(begin_ns_, now_ns));
  const std::uint64_t each_ns = took_ns / counted_;
  std::uint64_t rest_ns = took_ns % counted_;  // goes to the first ones, so that nothing of the sum is lost
  for (std::size_t i = 0; i < counted_;) {
    const std::uint32_t command = requests_[i].command;
    std::uint64_t calls = 0;
    for (; i < counted_ && requests_[i].command == command; ++i) ++calls;
    CommandCounters& counters = statistics_.by_command[command];
    counters.calls.add(calls);
    counters.total_ns.add(calls * each_ns + std::exchange(rest_ns, 0));
    counters.latency.record_ns(static_cast<std::int64_t>(each_ns), calls);
  }
  statistics_.requests.add(counted_);
  statistics_.hit_requests.add(hits_);
  statistics_.hit_ns.add(hits_ * each_ns);
  if (slow_ != nullptr) slow_->took(std::span(requests_).first(counted_), took_ns);
  counted_ = 0;
  hits_ = 0;
}

}  // namespace larder
