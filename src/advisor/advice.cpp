#include "larder/advisor/advice.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "larder/base/text.h"

namespace larder {

namespace {

// A point: less is nobody's worry, and within what a sample may be wrong by.
constexpr double kWorthTelling = 0.01;

std::string percent(double ratio) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.1f%%", 100 * ratio);
  return text.data();
}

std::string points(double difference) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.1f", 100 * difference);
  return text.data();
}

std::string seconds(double seconds) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.1f s", seconds);
  return text.data();
}

std::string size_text(const AdvisorReport& report, std::uint64_t size) {
  return report.counts_items ? std::to_string(size) + " items" : format_size(size);
}

// LRU's gain or loss with another memory.
double change_at(const AdvisorReport& report, double factor) {
  return report.hit_ratio_at(factor).value_or(0) - report.hit_ratio_at(1).value_or(0);
}

// What is counted today; what is estimated, if nothing was looked up of late.
double ratio_now(const AdvisorReport& report) {
  return report.lookups > 0 ? report.hit_ratio : report.hit_ratio_at(1).value_or(0);
}

// What this policy would have with another memory.
double expected_at(const AdvisorReport& report, double factor) {
  return std::clamp(ratio_now(report) + change_at(report, factor), 0.0, 1.0);
}

std::string tell_sizes(const AdvisorReport& report) {
  const double gain = change_at(report, 2);
  const std::string what = report.counts_items ? "as many items" : "as much memory";
  std::string text = "With twice " + what + " it would be about " + percent(expected_at(report, 2)) +
                     ", with eight times " + percent(expected_at(report, 8)) + ", with half " +
                     percent(expected_at(report, 0.5)) + ".";
  if (gain >= kWorthTelling) {
    text += " Doubling it is worth " + points(gain) + " points.";
  } else if (change_at(report, 8) < kWorthTelling) {
    text += " More would bring nothing: what misses now is new, deleted or expired.";
  }
  if (-change_at(report, 0.5) < kWorthTelling) text += " Half of it would do.";
  return text;
}

std::string tell_policies(const AdvisorReport& report) {
  if (report.policies.empty()) return {};
  const auto best = std::max_element(report.policies.begin(), report.policies.end(),
                                     [](const auto& a, const auto& b) { return a.hit_ratio < b.hit_ratio; });
  const auto now = report.hit_ratio_of(report.policy);
  const std::string name(policy_name(best->policy));
  if (!now) return "Of the policies that evict, " + name + " would do best: " + percent(best->hit_ratio) + ".";
  if (best->hit_ratio - *now < kWorthTelling) {
    return "No other policy would do better by a point than " + std::string(policy_name(report.policy)) + ".";
  }
  return "With " + name + " at the same size it would be about " +
         percent(std::clamp(ratio_now(report) + best->hit_ratio - *now, 0.0, 1.0)) + ", " +
         points(best->hit_ratio - *now) + " points more than with " + std::string(policy_name(report.policy)) + ".";
}

std::string tell_choice(const AdvisorReport& report) {
  if (!report.chooses) return {};
  if (!report.last_change) {
    return "maxmemory-policy auto: no policy has been ahead of " + std::string(policy_name(report.policy)) +
           " for long enough to change.";
  }
  const AdvisorReport::Change& change = *report.last_change;
  return "maxmemory-policy auto has changed to " + std::string(policy_name(change.to)) + " " +
         seconds(report.last_change_age_s) + " ago, when it was " + points(change.lead) + " points ahead of " +
         std::string(policy_name(change.from)) + "; " + std::to_string(report.changes) +
         (report.changes == 1 ? " change" : " changes") + " in all.";
}

std::string tell_use(const AdvisorReport& report) {
  std::string text = "The working set is about " + size_text(report, report.working_set) +
                     ": with more, the hit ratio grows by less than a point.";
  if (report.unused_share) {
    text += "\nItems that will not be read again before they are evicted take " + percent(*report.unused_share) +
            " of the room";
    if (report.never_read_share) text += ", items that are never read at all " + percent(*report.never_read_share);
    text += ".";
  }
  if (report.evictions > 0 && report.evicted_age_s > 0) {
    text += "\nEvicted items were last used " + seconds(report.evicted_age_s) + " before.";
  }
  return text;
}

}  // namespace

std::string advice_text(const AdvisorReport& report) {
  if (!report.enabled) return "The advisor is off: CONFIG SET advisor yes turns it on.";
  const std::string counted = report.lookups > 0
                                  ? "The hit ratio of the last five minutes is " + percent(report.hit_ratio)
                                  : "Nothing was looked up in the last five minutes";
  const std::string ratio =
      counted + ", with " + std::string(policy_name(report.policy)) + " and " + size_text(report, report.limit) + ".";
  if (report.curve.empty()) {
    return ratio + "\nToo little was looked up yet to say more: ask again in a while.";
  }
  std::string text = ratio;
  for (const std::string& part : {tell_sizes(report), tell_policies(report), tell_choice(report), tell_use(report)}) {
    if (!part.empty()) text += "\n" + part;
  }
  if (report.learning) text += "\nA new sample has just begun: these figures are from before.";
  return text;
}

}  // namespace larder
