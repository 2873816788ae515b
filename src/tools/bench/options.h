// What larder-bench is asked to do, read from its command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "larder/base/status.h"

namespace larder::bench {

enum class Protocol : std::uint8_t { kResp, kMemcached };
enum class Distribution : std::uint8_t { kZipf, kUniform, kSequential };
enum class ProgressMode : std::uint8_t { kAuto, kYes, kNo };

struct SizeRange {
  std::uint64_t min = 100;
  std::uint64_t max = 100;
  bool is_fixed() const { return min == max; }
};

struct Endpoint {
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::string unix_path = {};  // not empty: instead of host and port
};

// Which keys there are and how they are drawn.
struct KeyOptions {
  std::uint64_t first = 0;
  std::uint64_t count = 1'000'000;
  std::uint64_t bytes = 16;
  Distribution distribution = Distribution::kZipf;
  double zipf_theta = 0.99;
};

// What a request is. Percentages are of all operations; what remains is dealt between GETs and SETs.
struct MixOptions {
  unsigned touch_percent = 0;
  unsigned delete_percent = 0;
  std::uint32_t get_parts = 10;
  std::uint32_t set_parts = 1;
  std::uint32_t batch_keys = 1;  // keys of one operation
};

struct LoadOptions {
  Endpoint endpoint = {};
  std::string password = {};
  Protocol protocol = Protocol::kResp;
  unsigned threads = 1;
  std::uint32_t connections = 50;  // in all
  std::uint32_t pipeline = 1;      // requests in flight a connection
  KeyOptions keys = {};
  MixOptions mix = {};
  SizeRange value_bytes = {};
  std::uint64_t seed = 1;
  std::uint32_t expire_s = 0;  // 0: none
  // The load ends with what is reached first; what is not set does not end it.
  std::optional<std::uint64_t> requests = {};
  std::optional<double> seconds = {};
  std::optional<std::uint64_t> write_bytes = {};
  std::uint64_t rate = 0;  // operations a second; 0: closed loop
  bool fill = false;
  bool verify = false;
  int server_pid = 0;  // 0: not told
};

struct NullServerOptions {
  std::uint16_t port = 6379;  // 0: any free one
  std::uint64_t value_bytes = 100;
  std::uint64_t store_bytes = 1ULL << 30;
  unsigned threads = 1;
};

struct BenchOptions {
  std::string help = {};  // set: print this and do nothing else
  bool null_server = false;
  LoadOptions load = {};         // unless null_server
  NullServerOptions floor = {};  // if null_server
  ProgressMode progress = ProgressMode::kAuto;
  bool json = false;
};

// Errors: kInvalidArgument, one line.
Result<BenchOptions> parse_bench_options(int argc, const char* const* argv);

}  // namespace larder::bench
