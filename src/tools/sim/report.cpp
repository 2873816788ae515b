#include "tools/sim/report.h"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "tools/format.h"

namespace larder::sim {

namespace {

std::string percent(double ratio) {
  return fixed(ratio * 100, 2);
}

std::string unit_name(const SimOptions& options) {
  return options.unit == CapacityUnit::kItems ? "items" : "bytes";
}

std::string trace_name(const SimOptions& options) {
  return options.trace_path.empty() ? options.synthetic.name : options.trace_path;
}

// One table of a figure of each run.
std::string matrix(const SimOptions& options, const std::vector<SimRun>& runs,
                   const std::function<std::string(const SimRun&)>& figure) {
  const std::size_t sizes = options.sizes.size();
  const bool shares =
      std::any_of(options.sizes.begin(), options.sizes.end(), [](const SizeWish& wish) { return wish.percent > 0; });
  TextRows rows;
  if (shares) {
    rows.push_back({""});
    for (const SizeWish& wish : options.sizes) rows.back().push_back(wish.percent > 0 ? wish.text : "");
  }
  rows.push_back({unit_name(options)});
  for (std::size_t i = 0; i < sizes; ++i) rows.back().push_back(with_separators(runs[i].capacity.limit));
  for (const SimRun& run : runs) {
    if (run.size_index == 0) rows.push_back({policy_label(run.policy)});
    rows.back().push_back(figure(run));
  }
  return aligned(rows);
}

}  // namespace

std::string report(const SimOptions& options, const Trace& trace, const std::vector<SimRun>& runs) {
  switch (options.output) {
    case OutputFormat::kTable:
      return report_table(options, trace, runs);
    case OutputFormat::kCsv:
      return report_csv(options, runs);
    case OutputFormat::kJson:
      break;
  }
  return report_json(options, trace, runs);
}

std::string report_table(const SimOptions& options, const Trace& trace, const std::vector<SimRun>& runs) {
  std::string text = trace_name(options) + ": " + with_separators(trace.requests().size()) + " accesses, " +
                     with_separators(trace.objects()) + " objects, " + with_separators(trace.total_bytes()) +
                     " bytes\n\nHit ratio, %\n";
  text += matrix(options, runs, [](const SimRun& run) { return percent(run.result.hit_ratio()); });
  if (options.unit == CapacityUnit::kBytes) {
    text += "\nByte hit ratio, %\n";
    text += matrix(options, runs, [](const SimRun& run) { return percent(run.result.byte_hit_ratio()); });
  }
  text += "\nMisses\n";
  text += matrix(options, runs, [](const SimRun& run) { return with_separators(run.result.misses()); });
  return text;
}

std::string report_csv(const SimOptions& options, const std::vector<SimRun>& runs) {
  std::string text = "policy,size,unit,capacity,requests,hits,misses,hit_ratio,miss_ratio,byte_hit_ratio,seconds\n";
  for (const SimRun& run : runs) {
    const RunResult& result = run.result;
    text += policy_label(run.policy) + "," + options.sizes[run.size_index].text + "," + unit_name(options) + "," +
            std::to_string(run.capacity.limit) + "," + std::to_string(result.requests) + "," +
            std::to_string(result.hits) + "," + std::to_string(result.misses()) + "," + fixed(result.hit_ratio(), 6) +
            "," + fixed(1 - result.hit_ratio(), 6) + "," + fixed(result.byte_hit_ratio(), 6) + "," +
            fixed(result.seconds, 3) + "\n";
  }
  return text;
}

std::string report_json(const SimOptions& options, const Trace& trace, const std::vector<SimRun>& runs) {
  nlohmann::ordered_json results = nlohmann::ordered_json::array();
  for (const SimRun& run : runs) {
    const RunResult& result = run.result;
    results.push_back({{"policy", policy_label(run.policy)},
                       {"size", options.sizes[run.size_index].text},
                       {"capacity", run.capacity.limit},
                       {"hits", result.hits},
                       {"misses", result.misses()},
                       {"hit_ratio", result.hit_ratio()},
                       {"miss_ratio", 1 - result.hit_ratio()},
                       {"byte_hit_ratio", result.byte_hit_ratio()},
                       {"seconds", result.seconds}});
  }
  const nlohmann::ordered_json document = {{"trace", trace_name(options)},
                                           {"requests", trace.requests().size()},
                                           {"objects", trace.objects()},
                                           {"bytes", trace.total_bytes()},
                                           {"unit", unit_name(options)},
                                           {"real", options.real},
                                           {"runs", results}};
  // A path may be no UTF-8.
  return document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace larder::sim
