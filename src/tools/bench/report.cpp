#include "tools/bench/report.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "larder/base/text.h"
#include "tools/bench/client_socket.h"
#include "tools/format.h"

namespace larder::bench {

namespace {

using Json = nlohmann::ordered_json;

struct Quantile {
  const char* label;
  const char* field;
  double quantile;
};
constexpr std::array<Quantile, 5> kQuantiles = {{{"p50", "p50", 0.5},
                                                 {"p90", "p90", 0.9},
                                                 {"p99", "p99", 0.99},
                                                 {"p99.9", "p99_9", 0.999},
                                                 {"p99.99", "p99_99", 0.9999}}};
// This program used so much of its threads' time: it, and not the server, may be what is measured.
constexpr double kBusy = 0.95;

double to_us(std::int64_t ns) {
  return static_cast<double>(ns) / 1e3;
}

double ratio(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

double per_second(std::uint64_t count, double seconds) {
  return ratio(static_cast<double>(count), seconds);
}

LatencyHistogram all_latencies(const LoadFigures& figures) {
  LatencyHistogram all;
  for (const LatencyHistogram& latency : figures.latency) all.add(latency);
  return all;
}

double us_per_operation(double seconds, const LoadFigures& figures) {
  return ratio(seconds * 1e6, static_cast<double>(figures.operations()));
}

// --- Text ---

std::string row_name(const std::string& name) {
  constexpr std::size_t kNameColumn = 14;
  std::string row = name;
  row.resize(kNameColumn, ' ');
  return row;
}

std::string counted(std::uint64_t count, const std::string& one) {
  return with_separators(count) + " " + one + (count == 1 ? "" : "s");
}

std::string mega(double bytes) {
  return fixed(bytes / 1e6, 1) + " MB";
}

std::string value_text(const SizeRange& range) {
  const std::string max = with_separators(range.max);
  return range.is_fixed() ? max + " bytes" : with_separators(range.min) + " to " + max + " bytes";
}

std::string distribution_text(const KeyOptions& keys) {
  switch (keys.distribution) {
    case Distribution::kZipf:
      return "zipf " + format_double(keys.zipf_theta);
    case Distribution::kUniform:
      return "uniform";
    case Distribution::kSequential:
      break;
  }
  return "sequential";
}

std::string heading(const LoadOptions& options) {
  const MixOptions& mix = options.mix;
  std::string text = endpoint_name(options.endpoint) + ", " +
                     (options.protocol == Protocol::kResp ? "RESP" : "memcached protocol") + ", " +
                     counted(options.connections, "connection") + ", " + counted(options.threads, "thread") +
                     ", pipeline " + std::to_string(options.pipeline) +
                     (options.rate == 0 ? ", closed loop" : ", open loop at " + with_separators(options.rate) + "/s") +
                     "\n" + counted(options.keys.count, "key") + " of " + std::to_string(options.keys.bytes) +
                     " bytes, " + distribution_text(options.keys) + ", values of " + value_text(options.value_bytes) +
                     ", " + std::to_string(mix.get_parts) + " GET : " + std::to_string(mix.set_parts) + " SET";
  if (mix.batch_keys > 1) text += " of " + std::to_string(mix.batch_keys) + " keys each";
  if (mix.touch_percent > 0) text += ", " + std::to_string(mix.touch_percent) + " % TOUCH";
  if (mix.delete_percent > 0) text += ", " + std::to_string(mix.delete_percent) + " % DEL";
  return text + "\n\n";
}

std::string error_text(const LoadFigures& figures) {
  if (figures.errors == 0) return "no errors";
  return counted(figures.errors, "error") + ", the first: " + figures.first_error;
}

std::string cpu_text(const CpuTimes& cpu, const LoadFigures& figures) {
  return fixed(us_per_operation(cpu.user_s, figures), 3) + " us user + " +
         fixed(us_per_operation(cpu.system_s, figures), 3) + " us system an operation";
}

std::string latency_table(const LoadFigures& figures) {
  TextRows rows = {{"latency, us"}};
  for (const Quantile& quantile : kQuantiles) rows[0].emplace_back(quantile.label);
  rows[0].insert(rows[0].end(), {"max", "mean"});
  const auto add = [&rows](const std::string& name, const LatencyHistogram& latency) {
    rows.push_back({row_name("  " + name)});
    for (const Quantile& quantile : kQuantiles) {
      rows.back().push_back(fixed(to_us(latency.quantile_ns(quantile.quantile)), 1));
    }
    rows.back().push_back(fixed(to_us(latency.max_ns()), 1));
    rows.back().push_back(fixed(latency.mean_ns() / 1e3, 1));
  };
  std::size_t kinds = 0;
  for (std::size_t kind = 0; kind < kRequestKinds; ++kind) {
    if (figures.requests[kind] == 0) continue;
    add(kRequestNames[kind], figures.latency[kind]);
    ++kinds;
  }
  if (kinds > 1) add("all", all_latencies(figures));
  return aligned(rows);
}

std::string generator_text(const LoadOptions& options, const PhaseResult& load) {
  const LoadFigures& figures = load.figures;
  const double busy = ratio(figures.user_s + figures.system_s, load.seconds * options.threads);
  std::string text = row_name("this program") + cpu_text({figures.user_s, figures.system_s}, figures) + ", busy " +
                     fixed(busy * 100, 0) + " % of its time\n";
  if (busy > kBusy) text += row_name("") + "which is nearly all: more --threads or CPUs may bring more operations\n";
  if (options.rate > 0) {
    text += row_name("open loop") + "sent at most " + fixed(to_us(figures.late_max_ns), 1) + " us behind time\n";
  }
  if (figures.unsent > 0) {
    text += row_name("") + counted(figures.unsent, "operation") +
            " more were due and found no free connection: the server is behind the rate\n";
  }
  return text;
}

std::string operations_text(const PhaseResult& load) {
  const LoadFigures& figures = load.figures;
  std::string text =
      row_name("operations") + with_separators(figures.operations()) + " in " + fixed(load.seconds, 2) +
      " s: " + with_separators(static_cast<std::uint64_t>(per_second(figures.operations(), load.seconds))) +
      " a second, " + error_text(figures) + "\n";
  if (const std::uint64_t queries = figures.hits + figures.misses; queries > 0) {
    text += row_name("hit ratio") + fixed(ratio(static_cast<double>(figures.hits), static_cast<double>(queries)), 4) +
            ": " + with_separators(figures.hits) + " of " + counted(queries, "key") + "\n";
  }
  if (figures.bytes_written > 0) {
    text += row_name("stored") + mega(static_cast<double>(figures.bytes_written)) + " of keys and values by " +
            counted(figures.requests[index_of(RequestKind::kSet)], "SET") + "\n";
  }
  return text + row_name("network") + mega(per_second(figures.bytes_in, load.seconds)) + "/s received, " +
         mega(per_second(figures.bytes_out, load.seconds)) + "/s sent\n";
}

// --- JSON ---

Json latency_json(const LatencyHistogram& latency) {
  Json json;
  for (const Quantile& quantile : kQuantiles) json[quantile.field] = to_us(latency.quantile_ns(quantile.quantile));
  json["max"] = to_us(latency.max_ns());
  json["mean"] = latency.mean_ns() / 1e3;
  return json;
}

Json cpu_json(const CpuTimes& cpu, const LoadFigures& figures) {
  return {{"user_us_per_op", us_per_operation(cpu.user_s, figures)},
          {"system_us_per_op", us_per_operation(cpu.system_s, figures)}};
}

Json fill_json(const PhaseResult& fill) {
  return {{"operations", fill.figures.operations()},
          {"errors", fill.figures.errors},
          {"seconds", fill.seconds},
          {"operations_per_s", per_second(fill.figures.operations(), fill.seconds)}};
}

}  // namespace

std::string report_text(const LoadOptions& options, const LoadResult& result) {
  std::string text = heading(options);
  if (result.fill) {
    const std::uint64_t operations = result.fill->figures.operations();
    text += row_name("fill") + counted(operations, "key") + " in " + fixed(result.fill->seconds, 2) +
            " s: " + with_separators(static_cast<std::uint64_t>(per_second(operations, result.fill->seconds))) +
            " a second, " + error_text(result.fill->figures) + "\n";
  }
  const LoadFigures& figures = result.load.figures;
  if (figures.operations() == 0) return text;
  text += operations_text(result.load) + "\n" + latency_table(figures) + "\n";
  if (result.server) text += row_name("server's CPU") + cpu_text(*result.server, figures) + "\n";
  return text + generator_text(options, result.load);
}

std::string report_json(const LoadOptions& options, const LoadResult& result) {
  const LoadFigures& figures = result.load.figures;
  const double rate = per_second(figures.operations(), result.load.seconds);
  const auto of_kind = [&figures](RequestKind kind) { return figures.requests[index_of(kind)]; };
  Json json = {{"operations", figures.operations()},
               {"gets", of_kind(RequestKind::kGet)},
               {"sets", of_kind(RequestKind::kSet)},
               {"touches", of_kind(RequestKind::kTouch)},
               {"deletes", of_kind(RequestKind::kDelete)}};
  if (options.mix.batch_keys > 1) json["keys"] = figures.operations() * options.mix.batch_keys;
  json.update({{"hits", figures.hits},
               {"misses", figures.misses},
               {"errors", figures.errors},
               {"seconds", result.load.seconds},
               {"operations_per_s", rate},
               {"achieved_rate", rate},
               {"bytes_in", figures.bytes_in},
               {"bytes_out", figures.bytes_out},
               {"bytes_written", figures.bytes_written},
               {"latency_us", latency_json(all_latencies(figures))},
               {"gets_latency_us", latency_json(figures.latency[index_of(RequestKind::kGet)])},
               {"sets_latency_us", latency_json(figures.latency[index_of(RequestKind::kSet)])},
               {"server_cpu", result.server ? cpu_json(*result.server, figures) : Json(nullptr)},
               {"client_cpu", cpu_json({figures.user_s, figures.system_s}, figures)}});
  if (options.rate > 0) json.update({{"late_max_us", to_us(figures.late_max_ns)}, {"unsent", figures.unsent}});
  if (result.fill) json["fill"] = fill_json(*result.fill);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace larder::bench
