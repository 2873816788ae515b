#include "commands/slow_watch.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "commands/redaction.h"

namespace larder {

namespace {

// As Redis keeps them.
constexpr std::size_t kArgumentsMax = 32;
constexpr std::size_t kArgumentBytesMax = 128;
constexpr std::int64_t kNsPerUs = 1'000;
constexpr std::int64_t kUsPerSecond = 1'000'000;

std::string shortened(std::string_view argument) {
  if (argument.size() <= kArgumentBytesMax) return std::string(argument);
  return std::string(argument.substr(0, kArgumentBytesMax)) + "... (" +
         std::to_string(argument.size() - kArgumentBytesMax) + " more bytes)";
}

// At most `arguments_max`, the last of which then tells how many are left out.
std::vector<std::string> shown_arguments(const FoundCommand& command, const Request& request,
                                         const RuntimeConfig& config, std::size_t arguments_max) {
  const bool all_fit = request.size() <= arguments_max;
  const std::size_t shown = all_fit ? request.size() : arguments_max - 1;
  std::vector<std::string> arguments;
  for (std::size_t i = 0; i < shown; ++i) {
    arguments.push_back(is_secret(command, request, i, config) ? std::string(kRedacted) : shortened(request[i]));
  }
  if (!all_fit) arguments.push_back("... (" + std::to_string(request.size() - shown) + " more arguments)");
  return arguments;
}

}  // namespace

void SlowWatch::tell(std::span<const CountedRequest> requests, std::uint64_t ns) {
  if (ns >= services_.slow_log.threshold_ns()) log(requests, ns);
  if (ns < services_.statistics.latency().threshold_ns()) return;
  const auto is_fast = [](const CountedRequest& request) {
    return (CommandTable::instance().all()[request.command].spec->flags & kFast) != 0;
  };
  std::uint64_t& longest_ns = std::all_of(requests.begin(), requests.end(), is_fast) ? fast_spike_ns_ : spike_ns_;
  longest_ns = std::max(longest_ns, ns);
}

void SlowWatch::tell_spikes() const {
  LatencyMonitor& monitor = services_.statistics.latency();
  const std::int64_t unix_s = services_.clock.unix_us() / kUsPerSecond;
  // What there was none of is below every threshold.
  monitor.add(LatencyEvent::kCommand, unix_s, spike_ns_);
  monitor.add(LatencyEvent::kFastCommand, unix_s, fast_spike_ns_);
}

void SlowWatch::log(std::span<const CountedRequest> requests, std::uint64_t ns) const {
  const auto is_logged = [](const CountedRequest& request) {
    return (CommandTable::instance().all()[request.command].spec->flags & kSkipSlowlog) == 0;
  };
  const auto first = std::find_if(requests.begin(), requests.end(), is_logged);
  if (first == requests.end()) return;
  const std::size_t more = requests.size() - 1;
  SlowLogEntry entry{.unix_s = services_.clock.unix_us() / kUsPerSecond,
                     .duration_us = static_cast<std::int64_t>(ns) / kNsPerUs,
                     .arguments = shown_arguments(CommandTable::instance().all()[first->command], *first->request,
                                                  services_.config, more == 0 ? kArgumentsMax : kArgumentsMax - 1),
                     .client_address = shown_address(client_.info),
                     .client_name = {}};
  if (more > 0) entry.arguments.push_back("... (together with " + std::to_string(more) + " more commands)");
  {
    const LockGuard guard(client_.mutex);
    entry.client_name = client_.name;
  }
  services_.slow_log.add(std::move(entry));
}

}  // namespace larder
