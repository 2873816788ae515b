#include <nlohmann/json.hpp>

#include "larder/advisor/advice.h"

namespace larder {

namespace {

nlohmann::ordered_json or_null(const std::optional<double>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json change_json(const std::optional<AdvisorReport::Change>& change) {
  if (!change) return nullptr;
  return {{"from", policy_name(change->from)},
          {"to", policy_name(change->to)},
          {"lead", change->lead},
          {"unix_ms", change->at_ms}};
}

}  // namespace

std::string advice_json(const AdvisorReport& report) {
  nlohmann::ordered_json curve = nlohmann::ordered_json::array();
  for (const AdvisorReport::CurvePoint& point : report.curve) {
    curve.push_back({{"factor", point.factor}, {"size", point.size}, {"hit_ratio", point.hit_ratio}});
  }
  nlohmann::ordered_json policies = nlohmann::ordered_json::object();
  for (const AdvisorReport::PolicyPoint& point : report.policies) {
    policies[std::string(policy_name(point.policy))] = point.hit_ratio;
  }
  const nlohmann::ordered_json document = {
      {"enabled", report.enabled},
      {"learning", report.learning},
      {"queries", report.queries},
      {"unit", report.counts_items ? "items" : "bytes"},
      {"limit", report.limit},
      {"policy", policy_name(report.policy)},
      {"lookups_5m", report.lookups},
      {"hit_ratio_5m", report.hit_ratio},
      {"evictions_5m", report.evictions},
      {"evicted_age_s", report.evicted_age_s},
      {"curve", std::move(curve)},
      {"policies", std::move(policies)},
      {"working_set", report.working_set},
      {"unused_share", or_null(report.unused_share)},
      {"never_read_share", or_null(report.never_read_share)},
      {"auto", report.chooses},
      {"policy_changes", report.changes},
      {"last_policy_change", change_json(report.last_change)},
      {"sampled_share", report.sampled_share},
      {"sampled_keys", report.sampled_keys},
      {"events_per_s", report.events_per_s},
      {"dropped_events", report.dropped_events},
      {"bytes", report.bytes},
  };
  return document.dump();
}

}  // namespace larder
