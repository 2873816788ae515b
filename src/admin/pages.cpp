#include "admin/pages.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

#include "larder/advisor/advice.h"
#include "larder/base/text.h"
#include "larder/stats/cache_figures.h"

namespace larder {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kClientsMax = 1'000;
constexpr std::size_t kHottest = 50;
constexpr std::size_t kSlowCommandsMax = 128;
constexpr std::string_view kJsonType = "application/json";
// The version of the text format.
constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::array<std::string_view, 1> kSections = {"default"};

// Keys and names may hold any bytes: what is not UTF-8 is replaced.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// A number where the text is one, in the text's own digits.
Json typed(const std::string& text) {
  // Hexadecimal digits that happen to be decimal ones.
  if (text.size() > 1 && text[0] == '0' && text[1] != '.') return text;
  if (const auto number = parse_int64(text)) return *number;
  if (const auto number = parse_uint64(text)) return *number;
  const bool plain = text.find_first_not_of("0123456789.-") == std::string::npos;
  if (const auto number = parse_double(text); number && plain) return *number;
  return text;
}

// "seconds": how many of the latest; all if there is no such parameter or it is no number above 0.
std::span<const Sample> last_seconds(std::span<const Sample> samples, const HttpParameters& parameters) {
  const auto found = parameters.find("seconds");
  const auto seconds = found == parameters.end() ? std::nullopt : parse_int64(found->second);
  if (!seconds || *seconds <= 0) return samples;
  // A second is the difference of two samples.
  return samples.last(std::min(samples.size(), static_cast<std::size_t>(*seconds) + 1));
}

}  // namespace

std::string stats_json(const InfoFields& info) {
  Json json = Json::object();
  for (const auto& [name, value] : info) json[name] = typed(value);
  return dump(json);
}

std::string series_json(std::span<const Sample> samples, std::int64_t now_monotonic_ns, TimeMs now_ms) {
  Json json = {{"period_s", TimeSeries::kPeriodS}};
  for (const char* name : {"unix_ms", "hits", "misses", "hit_ratio", "requests_per_s", "evicted_per_s", "expired_per_s",
                           "received_bytes_per_s", "sent_bytes_per_s", "hit_us", "load_us", "access_us", "used_bytes",
                           "maxmemory_bytes", "data_bytes", "items", "clients"}) {
    json[name] = Json::array();
  }
  for (std::size_t i = 1; i < samples.size(); ++i) {
    const Sample& sample = samples[i];
    const Sample grown = counters_between(samples[i - 1], sample);
    const WindowFigures figures = figures_between(samples[i - 1], sample);
    const bool queried = grown.requests.hits + grown.requests.misses > 0;
    json["unix_ms"].push_back(now_ms - (now_monotonic_ns - sample.monotonic_ns) / 1'000'000);
    json["hits"].push_back(grown.requests.hits);
    json["misses"].push_back(grown.requests.misses);
    json["hit_ratio"].push_back(queried ? Json(figures.hit_ratio) : Json());
    json["requests_per_s"].push_back(figures.requests_per_s);
    json["evicted_per_s"].push_back(figures.evicted_per_s);
    json["expired_per_s"].push_back(figures.expired_per_s);
    json["received_bytes_per_s"].push_back(figures.received_bytes_per_s);
    json["sent_bytes_per_s"].push_back(figures.sent_bytes_per_s);
    json["hit_us"].push_back(figures.hit_us);
    json["load_us"].push_back(figures.load_us);
    json["access_us"].push_back(figures.access_us);
    json["used_bytes"].push_back(sample.used_bytes);
    json["maxmemory_bytes"].push_back(sample.maxmemory_bytes);
    json["data_bytes"].push_back(sample.data_bytes);
    json["items"].push_back(sample.items);
    json["clients"].push_back(sample.clients);
  }
  return dump(json);
}

std::string slow_log_json(std::span<const SlowLogEntry> entries) {
  Json json = Json::array();
  for (const SlowLogEntry& entry : entries) {
    json.push_back({{"id", entry.id},
                    {"unix_s", entry.unix_s},
                    {"duration_us", entry.duration_us},
                    {"arguments", entry.arguments},
                    {"client_address", entry.client_address},
                    {"client_name", entry.client_name}});
  }
  return dump(json);
}

std::string clients_json(std::span<const ClientFields> clients) {
  Json json = Json::array();
  for (const ClientFields& fields : clients) {
    Json client = Json::object();
    for (const auto& [name, value] : fields) {
      // Chosen by the client: text, whatever it looks like.
      const bool chosen = name == "name" || name == "lib-name" || name == "lib-ver";
      client[name] = chosen ? Json(value) : typed(value);
    }
    json.push_back(std::move(client));
  }
  return dump(json);
}

std::string advisor_json(const AdvisorReport& report) {
  Json sentences = Json::array();
  std::istringstream lines(advice_text(report));
  for (std::string line; std::getline(lines, line);) sentences.push_back(line);
  return dump({{"report", Json::parse(advice_json(report))}, {"sentences", std::move(sentences)}});
}

std::string hot_keys_json(const TrafficReport& report) {
  Json json = Json::array();
  for (const Hitter& key : report.hitters) {
    const TrafficCounts& counts = key.counts;
    json.push_back({{"key", key.name},
                    {"key_bytes", key.name_bytes},
                    {"database", key.database},
                    {"ops_per_s", counts.operations / report.seconds},
                    {"writes_per_s", counts.writes / report.seconds},
                    {"bytes_per_s", counts.bytes / report.seconds},
                    {"share", counts.operations / report.all.operations}});
  }
  return dump(json);
}

std::string prefixes_json(std::span<const PrefixFigures> prefixes) {
  Json json = Json::array();
  for (const PrefixFigures& prefix : prefixes) {
    json.push_back({{"prefix", prefix.prefix},
                    {"database", prefix.database},
                    {"ops_per_s", prefix.ops_per_s},
                    {"writes_per_s", prefix.writes_per_s},
                    {"hits_per_s", prefix.hits_per_s},
                    {"misses_per_s", prefix.misses_per_s},
                    {"hit_ratio", prefix.hit_ratio},
                    {"bytes_per_s", prefix.bytes_per_s},
                    {"load_us", prefix.load_us},
                    {"items", prefix.items},
                    {"data_bytes", prefix.data_bytes}});
  }
  return dump(json);
}

std::string commands_json(std::span<const CommandReport> commands) {
  const auto us = [](std::int64_t ns) { return static_cast<double>(ns) / 1e3; };
  Json json = Json::array();
  for (const auto& [name, totals] : commands) {
    const double mean_us = totals.calls == 0 ? 0 : us(static_cast<std::int64_t>(totals.total_ns / totals.calls));
    json.push_back({{"name", name},
                    {"calls", totals.calls},
                    {"rejected", totals.rejected},
                    {"failed", totals.failed},
                    {"mean_us", mean_us},
                    {"p50_us", us(totals.latency.quantile_ns(0.5))},
                    {"p99_us", us(totals.latency.quantile_ns(0.99))},
                    {"p999_us", us(totals.latency.quantile_ns(0.999))}});
  }
  return dump(json);
}

void add_pages(HttpRouter& router, const PageSources& sources) {
  const auto healthy = [](const HttpParameters&) { return HttpReply{.body = "ok\n"}; };
  const auto ready = [sources](const HttpParameters&) {
    return sources.is_ready() ? HttpReply{.body = "ready\n"} : HttpReply{.status = 503, .body = "not serving\n"};
  };
  router.add("/healthz", healthy, /*open=*/true);
  router.add("/readyz", ready, /*open=*/true);
  router.add("/metrics", [sources](const HttpParameters&) {
    const std::string info = sources.commands.info(kSections);
    return HttpReply{.type = std::string(kMetricsType),
                     .body = metrics_text(parse_info(info), sources.commands.command_reports())};
  });
  const auto add_json = [&router](const std::string& path, std::function<std::string(const HttpParameters&)> page) {
    router.add(path, [page = std::move(page)](const HttpParameters& parameters) {
      return HttpReply{.type = std::string(kJsonType), .body = page(parameters)};
    });
  };
  add_json("/api/stats",
           [sources](const HttpParameters&) { return stats_json(parse_info(sources.commands.info(kSections))); });
  add_json("/api/series", [sources](const HttpParameters& parameters) {
    const std::vector<Sample> samples = sources.statistics.series().all();
    return series_json(last_seconds(samples, parameters), sources.clock.monotonic_ns(), sources.clock.now_ms());
  });
  add_json("/api/advisor", [sources](const HttpParameters&) { return advisor_json(sources.advisor.report()); });
  add_json("/api/hotkeys", [sources](const HttpParameters&) {
    return hot_keys_json(sources.statistics.hot_keys(sources.clock.monotonic_ns(), HitterOrder::kOperations, kHottest));
  });
  add_json("/api/prefixes",
           [sources](const HttpParameters&) { return prefixes_json(sources.commands.prefix_reports(kHottest)); });
  add_json("/api/commands",
           [sources](const HttpParameters&) { return commands_json(sources.commands.command_reports()); });
  add_json("/api/slowlog",
           [sources](const HttpParameters&) { return slow_log_json(sources.slow_log.latest(kSlowCommandsMax)); });
  add_json("/api/clients",
           [sources](const HttpParameters&) { return clients_json(sources.commands.client_reports(kClientsMax)); });
}

}  // namespace larder
