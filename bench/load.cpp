// larder-load: fills a server with items of its own making, for bench/memory and bench/churn. SETs (and, if asked for,
// TOUCHes and DELs) over a few connections, many at a time: it writes a batch to each of them, then reads the replies,
// of which each is one line. Speaks RESP, or memcached's text protocol to compare with. Ends with one line of sums.
// Exit status: 0 done, 1 the connection failed, 2 an option is wrong.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "larder/base/hash.h"
#include "larder/base/text.h"

namespace larder {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kFailed = 1;
constexpr int kWrongOption = 2;
// A batch ends here, so that values of any size are sent in pieces of about this size.
constexpr std::size_t kBatchBytesMax = 1 << 20;
constexpr std::size_t kReplyBufferBytes = 1 << 16;
constexpr int kKeyDigits = 12;

struct Options {
  std::uint16_t port = 6379;
  std::string protocol = "resp";
  std::uint32_t connections = 2;
  std::size_t depth = 256;
  std::uint64_t first_key = 0;
  std::uint64_t keys = 1'000'000;
  std::string order = "sequential";
  std::string value_bytes = "100";
  std::uint64_t seed = 1;
  std::uint64_t operations = 0;
  std::string bytes = "0";
  std::uint32_t expire_s = 0;
  std::uint64_t rate = 0;
  unsigned touch_percent = 0;
  unsigned delete_percent = 0;
};

struct Sums {
  std::uint64_t operations = 0;
  std::uint64_t errors = 0;
  std::uint64_t bytes = 0;  // of keys and values
};

// What is sent next.
class Requests {
 public:
  Requests(const Options& options, std::size_t value_bytes_min, std::size_t value_bytes_max)
      : options_(options),
        memcached_(options.protocol == "memcached"),
        random_(options.order == "random"),
        value_bytes_min_(value_bytes_min),
        value_bytes_max_(value_bytes_max),
        numbers_(options.seed) {
    // Every value is a piece of these bytes.
    noise_.resize(value_bytes_max + 1024);
    for (char& byte : noise_) byte = static_cast<char>('!' + numbers_.below('~' - '!'));
  }

  // Adds one request to `batch`; returns how many bytes of key and value it writes.
  std::size_t add(std::string& batch) {
    const std::uint64_t offset = random_ ? numbers_.below(options_.keys) : next_++ % options_.keys;
    char key[32];
    std::snprintf(key, sizeof key, "key:%0*" PRIu64, kKeyDigits, options_.first_key + offset);
    const unsigned percent = static_cast<unsigned>(numbers_.below(100));
    if (percent < options_.touch_percent) return add_command(batch, "TOUCH", key);
    if (percent < options_.touch_percent + options_.delete_percent) return add_command(batch, "DEL", key);
    const std::size_t bytes = value_bytes_min_ + numbers_.below(value_bytes_max_ - value_bytes_min_ + 1);
    add_set(batch, key, std::string_view(noise_).substr(numbers_.below(noise_.size() - bytes), bytes));
    return std::strlen(key) + bytes;
  }

 private:
  static std::size_t add_command(std::string& batch, std::string_view name, std::string_view key) {
    batch.append("*2\r\n");
    add_bulk(batch, name);
    add_bulk(batch, key);
    return 0;
  }
  static void add_bulk(std::string& batch, std::string_view bytes) {
    batch.append("$").append(std::to_string(bytes.size())).append("\r\n").append(bytes).append("\r\n");
  }
  void add_set(std::string& batch, std::string_view key, std::string_view value) const {
    if (memcached_) {
      batch.append("set ").append(key).append(" 0 ").append(std::to_string(options_.expire_s)).append(" ");
      batch.append(std::to_string(value.size())).append("\r\n").append(value).append("\r\n");
      return;
    }
    batch.append(options_.expire_s == 0 ? "*3\r\n" : "*5\r\n");
    for (const std::string_view part : {std::string_view("SET"), key, value}) add_bulk(batch, part);
    if (options_.expire_s == 0) return;
    add_bulk(batch, "EX");
    add_bulk(batch, std::to_string(options_.expire_s));
  }

  const Options& options_;
  const bool memcached_;
  const bool random_;
  const std::size_t value_bytes_min_;
  const std::size_t value_bytes_max_;
  SplitMix64 numbers_;
  std::string noise_;
  std::uint64_t next_ = 0;
};

class Connection {
 public:
  explicit Connection(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connected_ = connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~Connection() { close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool is_connected() const { return connected_; }
  bool write(std::string_view bytes, std::size_t requests) {
    awaited_ += requests;
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // Counts the replies that are errors; prints the first of all.
  bool read_replies(Sums& sums) {
    while (awaited_ > 0) {
      const ssize_t got = recv(socket_, buffer_.data(), buffer_.size(), 0);
      if (got <= 0) return false;
      for (ssize_t i = 0; i < got; ++i) {
        const char byte = buffer_[static_cast<std::size_t>(i)];
        if (byte != '\n') {
          line_.push_back(byte);
          continue;
        }
        const bool error = line_[0] == '-' || line_.find("ERROR") != std::string::npos;
        if (error && sums.errors++ == 0) std::fprintf(stderr, "larder-load: %s\n", line_.c_str());
        line_.clear();
        --awaited_;
      }
    }
    return true;
  }

 private:
  const int socket_;
  bool connected_ = false;
  std::size_t awaited_ = 0;
  std::string line_;
  std::vector<char> buffer_ = std::vector<char>(kReplyBufferBytes);
};

// "100" or "8:8192".
bool parse_range(const std::string& text, std::uint64_t& from, std::uint64_t& to) {
  const std::size_t colon = text.find(':');
  const Result<std::uint64_t> low = parse_size(text.substr(0, colon));
  const Result<std::uint64_t> high = colon == std::string::npos ? low : parse_size(text.substr(colon + 1));
  if (!low.is_ok() || !high.is_ok() || low.value() > high.value()) return false;
  from = low.value();
  to = high.value();
  return true;
}

int load(const Options& options, std::uint64_t bytes_max, Requests requests) {
  std::vector<std::unique_ptr<Connection>> connections;
  for (std::uint32_t i = 0; i < options.connections; ++i) {
    connections.push_back(std::make_unique<Connection>(options.port));
    if (connections.back()->is_connected()) continue;
    std::fprintf(stderr, "larder-load: nobody answers at 127.0.0.1:%d\n", options.port);
    return kFailed;
  }
  Sums sums;
  const Clock::time_point begin = Clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
  const auto goes_on = [&] {
    return (options.operations == 0 || sums.operations < options.operations) &&
           (bytes_max == 0 || sums.bytes < bytes_max);
  };
  std::string batch;
  while (goes_on()) {
    for (const std::unique_ptr<Connection>& connection : connections) {
      batch.clear();
      std::size_t count = 0;
      for (; count < options.depth && batch.size() < kBatchBytesMax && goes_on(); ++count) {
        sums.bytes += requests.add(batch);
        ++sums.operations;
      }
      if (!connection->write(batch, count)) return kFailed;
    }
    for (const std::unique_ptr<Connection>& connection : connections) {
      if (!connection->read_replies(sums)) return kFailed;
    }
    const double ahead_s =
        options.rate == 0 ? 0 : static_cast<double>(sums.operations) / static_cast<double>(options.rate) - seconds();
    if (ahead_s > 0) std::this_thread::sleep_for(std::chrono::duration<double>(ahead_s));
  }
  std::printf("operations=%" PRIu64 " errors=%" PRIu64 " bytes=%" PRIu64 " seconds=%.3f\n", sums.operations,
              sums.errors, sums.bytes, seconds());
  return 0;
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app("Fills a server on this host with items: SETs of keys \"key:NNNNNNNNNNNN\" (16 bytes).");
  app.add_option("--port", options.port)->capture_default_str();
  app.add_option("--protocol", options.protocol)->check(CLI::IsMember({"resp", "memcached"}))->capture_default_str();
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 1000))->capture_default_str();
  app.add_option("--depth", options.depth, "Requests in a batch")->check(CLI::Range(1, 10'000))->capture_default_str();
  app.add_option("--first-key", options.first_key, "Number of the first key")->capture_default_str();
  app.add_option("--keys", options.keys, "How many keys")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--order", options.order)->check(CLI::IsMember({"sequential", "random"}))->capture_default_str();
  app.add_option("--value-bytes", options.value_bytes, "Size, or MIN:MAX")->capture_default_str();
  app.add_option("--seed", options.seed)->capture_default_str();
  app.add_option("--operations", options.operations, "0: as many as there are keys, unless --bytes is given");
  app.add_option("--bytes", options.bytes, "Until so much has been written, keys and values together");
  app.add_option("--expire", options.expire_s, "TTL in seconds; 0: none")->capture_default_str();
  app.add_option("--rate", options.rate, "Operations a second; 0: as fast as it goes")->capture_default_str();
  app.add_option("--touch", options.touch_percent, "Percent of TOUCHes (RESP)")->check(CLI::Range(0, 100));
  app.add_option("--delete", options.delete_percent, "Percent of DELs (RESP)")->check(CLI::Range(0, 100));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongOption;
  }

  std::uint64_t from = 0;
  std::uint64_t to = 0;
  const Result<std::uint64_t> bytes_max = parse_size(options.bytes);
  if (!bytes_max.is_ok() || !parse_range(options.value_bytes, from, to)) {
    std::fprintf(stderr, "larder-load: --bytes takes a size, --value-bytes a size or MIN:MAX, as in 8:8kb\n");
    return kWrongOption;
  }
  if (options.operations == 0 && bytes_max.value() == 0) options.operations = options.keys;
  return load(options, bytes_max.value(), Requests(options, from, to));
}

}  // namespace

}  // namespace larder

int main(int argc, char** argv) {
  return larder::run(argc, argv);
}
