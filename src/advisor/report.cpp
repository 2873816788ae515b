#include "larder/advisor/report.h"

#include <algorithm>

namespace larder {

std::optional<double> AdvisorReport::hit_ratio_at(double factor) const {
  const auto found =
      std::find_if(curve.begin(), curve.end(), [&](const CurvePoint& point) { return point.factor == factor; });
  if (found == curve.end()) return {};
  return found->hit_ratio;
}

std::optional<double> AdvisorReport::hit_ratio_of(PolicyKind kind) const {
  const auto found =
      std::find_if(policies.begin(), policies.end(), [&](const PolicyPoint& point) { return point.policy == kind; });
  if (found == policies.end()) return {};
  return found->hit_ratio;
}

}  // namespace larder
