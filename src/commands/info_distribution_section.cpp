// The section of INFO that tells how large, how old and how long-lived items are, and how long it takes to load them.
#include <bit>
#include <string>

#include "commands/info.h"
#include "commands/keyspace_sample.h"

namespace larder {

namespace {

constexpr double kNsPerUs = 1e3;

// Two lines: percentiles, and how many there are from each power of two on (0: of nothing at all) up to the next.
// Values are shown divided by `unit`, counts multiplied by `scale`.
void write_distribution(InfoText& text, const std::string& name, const HistogramSnapshot& values, double scale = 1,
                        double unit = 1) {
  if (values.count() == 0) return;
  const auto shown = [&](double quantile) {
    return std::to_string(static_cast<std::int64_t>(static_cast<double>(values.quantile_ns(quantile)) / unit));
  };
  text.field(name + "_percentiles",
             "p50=" + shown(0.5) + ",p90=" + shown(0.9) + ",p99=" + shown(0.99) + ",max=" + shown(1));
  std::string parts;
  double count = 0;
  std::uint64_t from = 0;
  const auto end_part = [&] {
    if (count == 0) return;
    parts += (parts.empty() ? "" : ",") + std::to_string(from) + "=" + decimal_text(count * scale, 0);
    count = 0;
  };
  for (std::size_t i = 0; i < kHistogramBuckets; ++i) {
    if (values.bucket(i) == 0) continue;
    const auto value = static_cast<std::uint64_t>(static_cast<double>(Histogram::bucket_upper_ns(i)) / unit);
    if (std::bit_floor(value) != from) end_part();
    from = std::bit_floor(value);
    count += static_cast<double>(values.bucket(i));
  }
  end_part();
  text.field(name + "_distribution", parts);
}

}  // namespace

void info_distributions(const InfoContext& context, InfoText& text) {
  const KeyspaceSample sample =
      sample_keyspace(context.services.store, context.now_ms,
                      {.seed = static_cast<std::uint64_t>(context.now.monotonic_ns), .delimiter = {}});
  text.field("items_looked_at", sample.looked_at);
  write_distribution(text, "key_bytes", sample.key_bytes, sample.scale);
  write_distribution(text, "value_bytes", sample.value_bytes, sample.scale);
  write_distribution(text, "ttl_ms", sample.ttl_ms, sample.scale);
  write_distribution(text, "idle_ms", sample.idle_ms, sample.scale);
  write_distribution(text, "evicted_age_ms", context.services.store.evicted_ages_ms());
  write_distribution(text, "load_us", context.services.statistics.load_times(), 1, kNsPerUs);
}

}  // namespace larder
