#include "tools/sim/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <thread>

#include "larder/base/text.h"

namespace larder::sim {

namespace {

constexpr char kDescription[] =
    "Replays a trace of accesses through the cache of the Larder server and prints the hit ratio of each policy "
    "at each size.";

constexpr char kFooter[] =
    "\nAn access that misses stores its object; there is no warm-up: what a trace asks for the first time is a miss.\n"
    "Sizes: --items counts objects, --bytes their sizes; a percentage is of the trace's objects or of their bytes.\n"
    "With --bytes only the values are counted, and not what the server needs beside them; --real stores the bytes and\n"
    "makes SIZE the server's maxmemory. belady is the policy that knows the future: the bound for objects of one "
    "size.\n"
    "\nFormats (.gz is understood everywhere; - is the standard input, with --format)\n"
    "  ids       .txt             an id a line\n"
    "  csv       .csv             --columns time,id,size, or a first line that names the columns\n"
    "  oracle    .oracleGeneral   libCacheSim's records of 24 bytes\n"
    "  mooncake  .jsonl           requests with hash_ids\n"
    "\nExamples\n"
    "  larder-sim trace.csv.gz --columns time,id,size\n"
    "  larder-sim trace.csv.gz --columns time,id,size --bytes 1%,10%,512mb --policy allkeys-lru,belady\n"
    "  larder-sim conversation.jsonl.gz --items 1000,10000 --output csv > result.csv\n"
    "  zstd -dc trace.oracleGeneral.zst | larder-sim --format oracle -\n"
    "  larder-sim --synthetic zipf --objects 1000000 --requests 5000000 --alpha 0.9 --seed 7\n";

constexpr char kSizesByDefault[] = "0.1%,1%,5%,10%,20%";

std::vector<std::string_view> split_list(std::string_view list) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t comma = list.find(',');
    parts.push_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    list.remove_prefix(comma + 1);
  }
}

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

// The options as they are written.
struct Words {
  std::string trace;
  std::string format;
  std::string columns;
  std::string policies = "all";
  std::string items;
  std::string bytes;
  std::string output = "table";
  bool help = false;
};

// Returns the options that only make sense with --synthetic.
std::array<CLI::Option*, 4> declare(CLI::App& app, Words& words, SimOptions& options) {
  app.set_help_flag();
  app.option_defaults()->always_capture_default();
  app.add_option("TRACE", words.trace, "File to replay; - for the standard input");
  app.add_option("--format", words.format, "ids, csv, oracle or mooncake; by the file's name if not given");
  app.add_option("--columns", words.columns, "CSV: what the columns are, in order: time,id,size");
  app.add_option("--synthetic", options.synthetic.name, "Make a workload: zipf, scan, loop, shift or zipf099");
  const std::array<CLI::Option*, 4> synthetic_only = {
      app.add_option("--objects", options.synthetic.objects, "Synthetic: number of objects"),
      app.add_option("--requests", options.synthetic.requests, "Synthetic: number of accesses"),
      app.add_option("--alpha", options.synthetic.alpha, "Synthetic: skew of Zipf's law"),
      app.add_option("--seed", options.synthetic.seed, "Synthetic: the same workload each time")};
  app.add_option("--policy", words.policies, "Policies by the server's names, belady, or all");
  CLI::Option* const items = app.add_option("--items", words.items, "Sizes in objects: N or N%, several with commas");
  CLI::Option* const bytes = app.add_option("--bytes", words.bytes, "Sizes in bytes: SIZE or N%, several with commas");
  items->excludes(bytes);
  app.add_flag("--real", options.real, "Store values of the trace's sizes instead of counting them");
  app.add_option("--jobs", options.jobs, "Runs at a time");
  app.add_option("--shards", options.shards, "Shards of the cache, a power of two");
  app.add_option("--hash-seed", options.hash_seed, "Seed of the keys' hashes, as the server's option");
  app.add_option("--request-ms", options.ms_per_request, "What the cache's clock goes on by with each access, in ms");
  app.add_option("--output", words.output, "table, csv or json");
  app.add_flag("--help,-h", words.help, "Print this and exit");
  app.footer(kFooter);
  return synthetic_only;
}

Status take_source(const Words& words, const std::array<CLI::Option*, 4>& synthetic_only, SimOptions& options) {
  const bool synthetic = !options.synthetic.name.empty();
  if (synthetic == !words.trace.empty()) {
    return Status::invalid(synthetic ? "give a trace or --synthetic, not both" : "give a trace or --synthetic NAME");
  }
  for (const CLI::Option* flag : synthetic_only) {
    if (!synthetic && flag->count() != 0) return Status::invalid(flag->get_name() + " is for --synthetic");
  }
  if (synthetic) {
    if (!words.format.empty() || !words.columns.empty()) {
      return Status::invalid("--format and --columns are for a trace that is a file");
    }
    return {};
  }
  options.trace_path = words.trace;
  options.columns = words.columns;
  const Result<TraceFormat> format =
      words.format.empty() ? trace_format_of(words.trace) : parse_trace_format(words.format);
  if (!format.is_ok()) return format.status();
  options.format = format.value();
  if (!words.columns.empty() && options.format != TraceFormat::kCsv) return Status::invalid("--columns is for CSV");
  return {};
}

Status take_sizes(const Words& words, SimOptions& options) {
  options.unit = words.bytes.empty() ? CapacityUnit::kItems : CapacityUnit::kBytes;
  const std::string& given = words.bytes.empty() ? words.items : words.bytes;
  Result<std::vector<SizeWish>> sizes = parse_sizes(given.empty() ? kSizesByDefault : given, options.unit);
  if (!sizes.is_ok()) return sizes.status();
  options.sizes = std::move(sizes.value());
  return {};
}

Status check_numbers(const SimOptions& options) {
  constexpr std::uint32_t kShardsMax = 65'536;
  constexpr std::int64_t kMsPerRequestMax = 86'400'000;
  if (options.jobs == 0 || options.jobs > 1024) return Status::invalid("--jobs must be from 1 to 1024");
  if (!std::has_single_bit(options.shards) || options.shards > kShardsMax) {
    return Status::invalid("--shards must be a power of two, from 1 to 65536");
  }
  if (options.ms_per_request < 0 || options.ms_per_request > kMsPerRequestMax) {
    return Status::invalid("--request-ms must be from 0 to 86400000 (a day)");
  }
  return {};
}

Status take_output(const Words& words, SimOptions& options) {
  const std::string name = to_lower(words.output);
  if (name != "table" && name != "csv" && name != "json") {
    return Status::invalid("'" + printable(words.output) + "' is not an output format; choose table, csv or json");
  }
  options.output = name == "csv" ? OutputFormat::kCsv : name == "json" ? OutputFormat::kJson : OutputFormat::kTable;
  return {};
}

}  // namespace

Result<SimOptions> parse_sim_options(int argc, const char* const* argv) {
  SimOptions options;
  options.jobs = std::max(1u, std::thread::hardware_concurrency());
  Words words;
  CLI::App app(kDescription, "larder-sim");
  const std::array<CLI::Option*, 4> synthetic_only = declare(app, words, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return Status::invalid(one_line(error.what()) + "; see larder-sim --help");
  }
  if (words.help) {
    options.help = app.help();
    return options;
  }
  for (const Status& status : {take_source(words, synthetic_only, options), take_sizes(words, options),
                               check_numbers(options), take_output(words, options)}) {
    if (!status.is_ok()) return Status::invalid(status.message() + "; see larder-sim --help");
  }
  Result<std::vector<PolicyChoice>> policies = parse_policies(words.policies);
  if (!policies.is_ok()) return policies.status();
  options.policies = std::move(policies.value());
  return options;
}

Result<std::vector<PolicyChoice>> parse_policies(std::string_view list) {
  std::vector<PolicyChoice> policies;
  const auto add = [&policies](PolicyChoice policy) {
    if (std::find(policies.begin(), policies.end(), policy) == policies.end()) policies.push_back(policy);
  };
  for (const std::string_view name : split_list(list)) {
    if (equals_ignore_case(name, "all")) {
      for (const PolicyKind known : kPolicyKinds) add(known);
      add(kBelady);
    } else if (equals_ignore_case(name, kBeladyName)) {
      add(kBelady);
    } else {
      const Result<PolicyKind> policy = parse_policy(name);
      if (!policy.is_ok()) return Status::invalid("--policy: " + policy.status().message() + ", or belady, or all");
      add(policy.value());
    }
  }
  return policies;
}

Result<std::vector<SizeWish>> parse_sizes(std::string_view list, CapacityUnit unit) {
  const bool items = unit == CapacityUnit::kItems;
  std::vector<SizeWish> sizes;
  for (const std::string_view text : split_list(list)) {
    SizeWish wish{.text = std::string(text)};
    const bool is_share = !text.empty() && text.back() == '%';
    if (is_share) {
      const std::optional<double> percent = parse_double(text.substr(0, text.size() - 1));
      if (!percent || !(*percent > 0) || *percent > 100) {
        return Status::invalid("'" + printable(text) + "' is not a share above 0% and up to 100%");
      }
      wish.percent = *percent;
    } else if (items) {
      wish.limit = parse_uint64(text).value_or(0);
    } else if (const Result<std::uint64_t> bytes = parse_size(text); bytes.is_ok()) {
      wish.limit = bytes.value();
    }
    if (!is_share && wish.limit == 0) {
      return Status::invalid("'" + printable(text) + "' is not " +
                             (items ? "a number of items; write for example --items 5000 or --items 1%,10%"
                                    : "a size; write for example --bytes 512mb or --bytes 1%,10%"));
    }
    sizes.push_back(std::move(wish));
  }
  return sizes;
}

Capacity capacity_for(const SizeWish& wish, CapacityUnit unit, const Trace& trace) {
  if (wish.percent <= 0) return {unit, wish.limit};
  const std::uint64_t all = unit == CapacityUnit::kItems ? trace.objects() : trace.total_bytes();
  const double share = static_cast<double>(all) * wish.percent / 100;
  return {unit, std::max<std::uint64_t>(1, static_cast<std::uint64_t>(share))};
}

}  // namespace larder::sim
