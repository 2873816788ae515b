#include "tools/bench/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <string_view>

#include "larder/base/limits.h"
#include "larder/base/text.h"

namespace larder::bench {

namespace {

constexpr char kDescription[] =
    "Loads a server that speaks the Redis or the memcached protocol and prints what it did: operations a second, "
    "latencies, hits.";

constexpr char kFooter[] =
    "\nThe load ends with whichever of --requests, --seconds and --write-bytes is reached first; by default after 10 "
    "s.\n"
    "A closed loop (no --rate) sends --pipeline requests on each connection, waits for their replies and sends the\n"
    "next. An open loop (--rate) sends requests when they are due and counts latencies from then, so that a server\n"
    "that stalls does not hide it. Values and their check are a function of the key: --verify holds across runs.\n"
    "Popular keys of Zipf's law lie anywhere between the others.\n"
    "\nExamples\n"
    "  larder-bench --fill --pipeline 64\n"
    "  larder-bench --fill --requests 0 --keys 5000000 --value-bytes 8:8kb --expire 3600\n"
    "  larder-bench --rate 100000 --seconds 30 --server-pid $(pidof larder) --json\n"
    "  larder-bench --protocol memcached --port 11211 --fill --ratio 1:1 --verify\n"
    "  larder-bench --batch-keys 10 --ratio 1:0 --fill\n"
    "  larder-bench --null-server --port 6390 & larder-bench --port 6390\n"
    "The last is the floor: what constant replies cost, with no store behind them.\n";

constexpr double kDefaultSeconds = 10;
constexpr std::uint64_t kKeysMax = 4'000'000'000;  // their numbers are kept in 32 bits
constexpr std::uint64_t kFirstKeyMax = 1'000'000'000'000'000;
constexpr std::uint64_t kMemcachedKeyBytesMax = 250;
constexpr double kZipfThetaMax = 5;
constexpr double kSecondsMax = 1e6;
constexpr std::uint64_t kRateMax = 100'000'000;
// In flight together; beyond it the memory of what is awaited counts.
constexpr std::uint64_t kKeysInFlightMax = 100'000'000;

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

// The options as they are written.
struct Words {
  std::string protocol = "resp";
  std::string distribution = "zipf";
  std::string value_bytes = "100";
  std::string ratio = "10:1";
  std::string store_bytes = "1gb";
  std::string progress = "auto";
  std::uint64_t requests = 0;
  double seconds = kDefaultSeconds;
  std::string write_bytes = "0";
  unsigned threads = 1;
  std::uint16_t port = 6379;
  bool help = false;
};

void declare_server(CLI::App& app, Words& words, BenchOptions& options) {
  LoadOptions& load = options.load;
  app.add_option("--host", load.endpoint.host, "Server's name or address");
  app.add_option("--port", words.port, "Server's port");
  app.add_option("--unixsocket", load.endpoint.unix_path, "Path of the server's Unix socket, instead of a port");
  app.add_option("--password", load.password, "Sent with AUTH at first");
  app.add_option("--protocol", words.protocol, "resp or memcached")->check(CLI::IsMember({"resp", "memcached"}));
  app.add_option("--threads", words.threads, "Threads of this program")->check(CLI::Range(1, 256));
  app.add_option("--connections", load.connections, "In all, dealt to threads")->check(CLI::Range(1, 100'000));
  app.add_option("--pipeline", load.pipeline, "Requests in flight a connection")->check(CLI::Range(1, 100'000));
  app.add_option("--server-pid", load.server_pid, "Report the CPU time of this process")
      ->check(CLI::PositiveNumber)
      ->default_str("");
}

void declare_load(CLI::App& app, Words& words, BenchOptions& options) {
  LoadOptions& load = options.load;
  app.add_option("--keys", load.keys.count, "How many keys");
  app.add_option("--first-key", load.keys.first, "Number of the first");
  app.add_option("--key-bytes", load.keys.bytes, "Length of a key")->check(CLI::Range(1, 65'535));
  app.add_option("--distribution", words.distribution, "Of keys: zipf, uniform or sequential")
      ->check(CLI::IsMember({"zipf", "uniform", "sequential"}));
  app.add_option("--zipf-theta", load.keys.zipf_theta, "Skew of Zipf's law")->check(CLI::Range(0.0, kZipfThetaMax));
  app.add_option("--seed", load.seed, "The same requests each time");
  app.add_option("--value-bytes", words.value_bytes, "SIZE, or MIN:MAX for sizes in between");
  app.add_option("--ratio", words.ratio, "GET:SET; 1:0 only reads, 0:1 only writes");
  app.add_option("--batch-keys", load.mix.batch_keys, "More than 1: MGET and MSET of so many keys")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--touch-percent", load.mix.touch_percent, "Of operations, TOUCHes")->check(CLI::Range(0, 100));
  app.add_option("--delete-percent", load.mix.delete_percent, "Of operations, DELs")->check(CLI::Range(0, 100));
  app.add_option("--expire", load.expire_s, "Time to live of what is written, in seconds; 0: none");
  app.add_option("--requests", words.requests, "End after so many operations")->default_str("");
  app.add_option("--seconds", words.seconds, "End after so long");
  app.add_option("--write-bytes", words.write_bytes, "End when keys and values of this SIZE have been sent")
      ->default_str("");
  app.add_option("--rate", load.rate, "Open loop: operations a second, over all connections");
  app.add_flag("--fill", load.fill, "Write every key once in order first; with --requests 0 that is all");
  app.add_flag("--verify", load.verify, "Compare each byte of each value that is read");
  app.add_option("--progress", words.progress, "A line on stderr each second: auto, yes or no")
      ->check(CLI::IsMember({"auto", "yes", "no"}));
  app.add_flag("--json", options.json, "The report as one JSON object");
}

void declare(CLI::App& app, Words& words, BenchOptions& options) {
  app.set_help_flag();
  app.option_defaults()->always_capture_default();
  declare_server(app, words, options);
  declare_load(app, words, options);
  app.add_flag("--null-server", options.null_server, "Serve constant replies at --port instead");
  app.add_option("--store-bytes", words.store_bytes, "Null server: SIZE of memory that large values pass through");
  app.add_flag("--help,-h", words.help, "Print this and exit");
  app.footer(kFooter);
}

bool given(const CLI::App& app, const char* name) {
  return app.get_option(name)->count() != 0;
}

Result<std::uint64_t> take_size(const std::string& text, const char* name) {
  Result<std::uint64_t> size = parse_size(text);
  if (size.is_ok()) return size;
  return Status::invalid(std::string(name) + ": '" + printable(text) +
                         "' is not a size; write for example 100 or 64kb");
}

Result<SizeRange> take_range(const std::string& text) {
  const std::size_t colon = text.find(':');
  const Result<std::uint64_t> low = take_size(text.substr(0, colon), "--value-bytes");
  if (!low.is_ok()) return low.status();
  const Result<std::uint64_t> high =
      colon == std::string::npos ? low : take_size(text.substr(colon + 1), "--value-bytes");
  if (!high.is_ok()) return high.status();
  const SizeRange range{.min = low.value(), .max = high.value()};
  if (range.min > range.max) return Status::invalid("--value-bytes: MIN:MAX needs the smaller size first");
  if (range.max > limits::kValueBytesMax) return Status::invalid("--value-bytes: at most 512mb");
  return range;
}

Status take_ratio(const std::string& text, MixOptions& mix) {
  const std::size_t colon = text.find(':');
  if (colon != std::string::npos) {
    const auto gets = parse_uint64(std::string_view(text).substr(0, colon));
    const auto sets = parse_uint64(std::string_view(text).substr(colon + 1));
    if (gets && sets && *gets <= 1'000'000 && *sets <= 1'000'000 && *gets + *sets > 0) {
      mix.get_parts = static_cast<std::uint32_t>(*gets);
      mix.set_parts = static_cast<std::uint32_t>(*sets);
      return {};
    }
  }
  return Status::invalid("--ratio: '" + printable(text) + "' is not GET:SET; write for example 10:1, 1:0 or 0:1");
}

Status check_keys(const CLI::App& app, const LoadOptions& load) {
  const KeyOptions& keys = load.keys;
  if (keys.count == 0 || keys.count > kKeysMax) return Status::invalid("--keys must be from 1 to 4000000000");
  if (keys.first > kFirstKeyMax) return Status::invalid("--first-key must be at most 1000000000000000");
  const std::size_t digits = std::to_string(keys.first + keys.count - 1).size();
  if (keys.bytes < digits) {
    return Status::invalid("--key-bytes must be at least " + std::to_string(digits) + ", for numbers up to " +
                           std::to_string(keys.first + keys.count - 1));
  }
  if (load.protocol == Protocol::kMemcached && keys.bytes > kMemcachedKeyBytesMax) {
    return Status::invalid("--key-bytes: memcached takes at most 250");
  }
  if (keys.distribution != Distribution::kZipf && given(app, "--zipf-theta")) {
    return Status::invalid("--zipf-theta is for --distribution zipf");
  }
  return {};
}

Status check_load(const CLI::App& app, const LoadOptions& load) {
  if (!load.endpoint.unix_path.empty() && (given(app, "--host") || given(app, "--port"))) {
    return Status::invalid("give --unixsocket, or --host and --port, not both");
  }
  if (load.endpoint.unix_path.empty() && load.endpoint.port == 0) return Status::invalid("--port must not be 0");
  if (load.connections < load.threads) return Status::invalid("--connections must be at least --threads");
  if (load.mix.touch_percent + load.mix.delete_percent > 100) {
    return Status::invalid("--touch-percent and --delete-percent are more than 100 together");
  }
  if (load.seconds && !(*load.seconds > 0 && *load.seconds <= kSecondsMax)) {
    return Status::invalid("--seconds must be above 0 and at most 1000000");
  }
  if (load.requests == 0u && !load.fill) return Status::invalid("--requests 0 without --fill leaves nothing to do");
  if (load.rate > kRateMax) return Status::invalid("--rate must be at most 100000000");
  const bool sets = load.mix.set_parts > 0 && load.mix.touch_percent + load.mix.delete_percent < 100;
  if (load.write_bytes && !sets) return Status::invalid("--write-bytes needs a load that writes; see --ratio");
  if (load.mix.batch_keys > 1 && load.expire_s > 0 && load.protocol == Protocol::kResp && sets) {
    return Status::invalid("--expire needs --batch-keys 1: MSET takes no time to live");
  }
  if (std::uint64_t{load.connections} * load.pipeline * load.mix.batch_keys > kKeysInFlightMax) {
    return Status::invalid("--connections x --pipeline x --batch-keys must be at most 100000000");
  }
  if (load.protocol == Protocol::kMemcached && !load.password.empty()) {
    return Status::invalid("--password is for --protocol resp");
  }
  return {};
}

Status take_load(const CLI::App& app, const Words& words, LoadOptions& load) {
  load.endpoint.port = words.port;
  load.threads = words.threads;
  load.protocol = words.protocol == "resp" ? Protocol::kResp : Protocol::kMemcached;
  load.keys.distribution = words.distribution == "zipf"      ? Distribution::kZipf
                           : words.distribution == "uniform" ? Distribution::kUniform
                                                             : Distribution::kSequential;
  if (given(app, "--store-bytes")) return Status::invalid("--store-bytes is for --null-server");
  const Result<SizeRange> values = take_range(words.value_bytes);
  if (!values.is_ok()) return values.status();
  load.value_bytes = values.value();
  if (Status status = take_ratio(words.ratio, load.mix); !status.is_ok()) return status;
  if (given(app, "--requests")) load.requests = words.requests;
  if (given(app, "--write-bytes")) {
    const Result<std::uint64_t> bytes = take_size(words.write_bytes, "--write-bytes");
    if (!bytes.is_ok()) return bytes.status();
    if (bytes.value() == 0) return Status::invalid("--write-bytes must be above 0");
    load.write_bytes = bytes.value();
  }
  if (given(app, "--seconds") || (!load.requests && !load.write_bytes)) load.seconds = words.seconds;
  if (Status status = check_keys(app, load); !status.is_ok()) return status;
  return check_load(app, load);
}

Status take_floor(const CLI::App& app, const Words& words, NullServerOptions& floor) {
  constexpr std::array kTaken = {"--null-server", "--port", "--value-bytes", "--store-bytes", "--threads"};
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_name();
    if (option->count() != 0 && std::find(kTaken.begin(), kTaken.end(), name) == kTaken.end()) {
      return Status::invalid(name + " is for a load, not for --null-server");
    }
  }
  const Result<SizeRange> values = take_range(words.value_bytes);
  if (!values.is_ok()) return values.status();
  if (!values.value().is_fixed()) return Status::invalid("--value-bytes: the null server takes one size");
  const Result<std::uint64_t> store = take_size(words.store_bytes, "--store-bytes");
  if (!store.is_ok()) return store.status();
  floor = {
      .port = words.port, .value_bytes = values.value().max, .store_bytes = store.value(), .threads = words.threads};
  if (floor.store_bytes / floor.threads < std::max<std::uint64_t>(floor.value_bytes, limits::kBodyBytesMin)) {
    return Status::invalid("--store-bytes must hold a value, and 64kb, for each thread");
  }
  return {};
}

}  // namespace

Result<BenchOptions> parse_bench_options(int argc, const char* const* argv) {
  BenchOptions options;
  Words words;
  CLI::App app(kDescription, "larder-bench");
  declare(app, words, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return Status::invalid(one_line(error.what()) + "; see larder-bench --help");
  }
  if (words.help) {
    options.help = app.help();
    return options;
  }
  options.progress = words.progress == "auto"  ? ProgressMode::kAuto
                     : words.progress == "yes" ? ProgressMode::kYes
                                               : ProgressMode::kNo;
  const Status status =
      options.null_server ? take_floor(app, words, options.floor) : take_load(app, words, options.load);
  if (!status.is_ok()) return Status::invalid(status.message() + "; see larder-bench --help");
  return options;
}

}  // namespace larder::bench
