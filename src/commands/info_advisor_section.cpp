// The section of INFO about what the advisor has learned; docs/ADVISOR.md explains each field.
#include "commands/info.h"
#include "larder/advisor/advisor.h"

namespace larder {

namespace {

constexpr int kRatioDigits = 4;

std::string factor_name(double factor) {
  std::string name = decimal_text(factor, 3);
  name.erase(name.find_last_not_of('0') + 1);
  if (name.back() == '.') name.pop_back();
  return name;
}

}  // namespace

void info_advisor(const InfoContext& context, InfoText& text) {
  const AdvisorReport report = context.services.advisor.report();
  text.field("advisor_enabled", report.enabled ? 1 : 0);
  text.field("advisor_learning", report.learning ? 1 : 0);
  text.field("advisor_auto", report.chooses ? 1 : 0);
  text.field("advisor_policy_changes", report.changes);
  text.field("advisor_queries", static_cast<std::uint64_t>(report.queries));
  for (const AdvisorReport::CurvePoint& point : report.curve) {
    text.decimal("advisor_hit_ratio_at_" + factor_name(point.factor) + "x", point.hit_ratio, kRatioDigits);
  }
  for (const AdvisorReport::PolicyPoint& point : report.policies) {
    text.decimal("advisor_hit_ratio_with_" + std::string(policy_name(point.policy)), point.hit_ratio, kRatioDigits);
  }
  if (!report.curve.empty()) text.field("advisor_working_set", report.working_set);
  if (report.unused_share) text.decimal("advisor_unused_share", *report.unused_share, kRatioDigits);
  if (report.never_read_share) text.decimal("advisor_never_read_share", *report.never_read_share, kRatioDigits);
  text.decimal("advisor_sampled_share", report.sampled_share, 6);
  text.field("advisor_sampled_keys", report.sampled_keys);
  text.field("advisor_events_per_s", report.events_per_s);
  text.field("advisor_dropped_events", report.dropped_events);
  text.field("advisor_bytes", report.bytes);
}

}  // namespace larder
