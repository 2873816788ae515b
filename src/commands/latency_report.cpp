#include "commands/latency_report.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "commands/info_text.h"

namespace larder {

namespace {

constexpr std::size_t kColumnsMax = 80;
constexpr std::size_t kRows = 4;
constexpr std::int64_t kNsPerUs = 1'000;

// What to do about each event, in the order of LatencyEvent.
constexpr std::array<std::string_view, kLatencyEvents> kAdvice = {
    "Commands that go over many keys or large values take their time, and others of their thread wait for them: "
    "SLOWLOG "
    "GET tells which. SCAN instead of KEYS, fewer keys in one MGET or DEL, and UNLINK or an expiry for large values "
    "help.",
    "Quick commands, alone or as a pipeline, took longer than they have work for: SLOWLOG GET tells which. Mostly "
    "their "
    "thread was off the core; compare --threads with the cores there are, and look for other programs on the machine. "
    "Very large values take their time too.",
    "An io thread came late to what was due: it was busy with something long (see the commands above), or was not let "
    "to "
    "run. Compare --threads with the cores there are; in a container look whether its CPU limit throttles it.",
    "A shard was held for so long that others may have waited for it. On a machine with too few cores that is a thread "
    "that was off the core meanwhile. Otherwise look at INFO latencystats, which kind of hold it is: transactions and "
    "writes to very many keys hold theirs until they are done."};

struct Figures {
  double mean_ms = 0;
  double deviation_ms = 0;
  double period_s = 0;
};

Figures figures_of(const std::vector<LatencySpike>& spikes) {
  const auto count = static_cast<double>(spikes.size());
  Figures figures;
  for (const LatencySpike& spike : spikes) figures.mean_ms += static_cast<double>(spike.ms) / count;
  for (const LatencySpike& spike : spikes) {
    figures.deviation_ms += std::abs(static_cast<double>(spike.ms) - figures.mean_ms) / count;
  }
  if (spikes.size() > 1) {
    // Not of a clock that was set back.
    const std::int64_t seconds = std::max<std::int64_t>(0, spikes.back().unix_s - spikes.front().unix_s);
    figures.period_s = static_cast<double>(seconds) / (count - 1);
  }
  return figures;
}

std::string describe(const LatencyMonitor::History& history) {
  const Figures figures = figures_of(history.spikes);
  std::string text(latency_event_name(history.event));
  text += ": " + std::to_string(history.spikes.size()) + (history.spikes.size() == 1 ? " spike" : " spikes");
  text += ", " + decimal_text(figures.mean_ms, 0) + " ms on average (mean deviation " +
          decimal_text(figures.deviation_ms, 0) + " ms), the worst of all " + std::to_string(history.ms_max) + " ms";
  if (history.spikes.size() > 1) text += ", one in " + decimal_text(figures.period_s, 1) + " s";
  return text + ".";
}

std::string age_text(std::int64_t seconds) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 60 * kMinute;
  constexpr std::int64_t kDay = 24 * kHour;
  seconds = std::max<std::int64_t>(0, seconds);
  if (seconds < kMinute) return std::to_string(seconds) + "s";
  if (seconds < kHour) return std::to_string(seconds / kMinute) + "m";
  if (seconds < kDay) return std::to_string(seconds / kHour) + "h";
  return std::to_string(seconds / kDay) + "d";
}

// Without the blanks at its end.
void append_line(std::string& text, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  text += line + "\n";
}

}  // namespace

std::string latency_advice(const LatencyCase& latency) {
  if (latency.events.empty()) {
    return latency.is_on ? "No latency spike was seen."
                         : "Nothing was looked for: latency monitoring is off. CONFIG SET latency-monitor-threshold "
                           "<milliseconds> switches it on.";
  }
  std::string text = "Latency spikes were seen:\n";
  for (const auto& history : latency.events) text += "\n- " + describe(history);
  text += "\n\nWhat may help:\n";
  for (const auto& history : latency.events) {
    text.append("\n- ").append(kAdvice[static_cast<std::size_t>(history.event)]);
  }
  const auto threshold_us = static_cast<std::int64_t>(latency.threshold_ns / kNsPerUs);
  if (latency.is_on && (latency.slowlog_us_min < 0 || latency.slowlog_us_min > threshold_us)) {
    text += "\n- SLOWLOG leaves out some of the commands that are spikes here: CONFIG SET slowlog-log-slower-than " +
            std::to_string(threshold_us) + ".";
  }
  return text;
}

std::string latency_graph(const LatencyMonitor::History& history, std::int64_t now_unix_s) {
  const std::size_t columns = std::min(kColumnsMax, history.spikes.size());
  const auto spikes = std::span(history.spikes).last(columns);
  const auto [low, high] =
      std::minmax_element(spikes.begin(), spikes.end(), [](const auto& a, const auto& b) { return a.ms < b.ms; });
  std::string text = std::string(latency_event_name(history.event)) + " - high " + std::to_string(high->ms) +
                     " ms, low " + std::to_string(low->ms) + " ms (all time high " + std::to_string(history.ms_max) +
                     " ms)\n" + std::string(kColumnsMax, '-') + "\n";
  // From 1 row for the lowest to kRows for the highest.
  const auto height = [low_ms = low->ms, high_ms = high->ms](std::int64_t ms) -> std::size_t {
    if (high_ms == low_ms) return 1;
    return 1 + static_cast<std::size_t>((ms - low_ms) * static_cast<std::int64_t>(kRows - 1) / (high_ms - low_ms));
  };
  for (std::size_t row = kRows; row > 0; --row) {
    std::string line;
    for (const LatencySpike& spike : spikes) line += height(spike.ms) >= row ? '#' : ' ';
    append_line(text, std::move(line));
  }
  std::vector<std::string> ages;
  std::size_t longest = 0;
  for (const LatencySpike& spike : spikes) {
    ages.push_back(age_text(now_unix_s - spike.unix_s));
    longest = std::max(longest, ages.back().size());
  }
  text += "\n";
  for (std::size_t row = 0; row < longest; ++row) {
    std::string line;
    for (const std::string& age : ages) line += row < age.size() ? age[row] : ' ';
    append_line(text, std::move(line));
  }
  return text;
}

}  // namespace larder
