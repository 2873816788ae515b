#include "tools/bench/load.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "tools/bench/key_format.h"
#include "tools/bench/key_stream.h"
#include "tools/bench/reply_scanner.h"
#include "tools/bench/request_encoder.h"
#include "tools/bench/values.h"

namespace larder::bench {

namespace {

constexpr std::uint32_t kFillDepth = 64;
constexpr std::chrono::seconds kTickEvery{1};

std::uint64_t share_of(std::uint64_t total, unsigned index, unsigned of) {
  return total / of + (index < total % of ? 1 : 0);
}

std::uint64_t share_of(const std::optional<std::uint64_t>& total, unsigned index, unsigned of) {
  return total ? share_of(*total, index, of) : kUnlimited;
}

class Load {
 public:
  Load(const LoadOptions& options, const Clock& clock, const std::function<void(const Tick&)>& watch)
      : options_(options), clock_(clock), watch_(watch), keys_(options.keys), values_(options.value_bytes.max) {}

  Status connect() {
    for (unsigned i = 0; i < options_.threads; ++i) {
      workers_.push_back(std::make_unique<Worker>(replies_, clock_, stop_));
    }
    for (std::uint32_t i = 0; i < options_.connections; ++i) {
      Status status = workers_[i % workers_.size()]->connect(options_.endpoint, options_.password);
      if (!status.is_ok()) return status;
    }
    return {};
  }

  Result<PhaseResult> fill() {
    KeyOptions in_order = options_.keys;
    in_order.distribution = Distribution::kSequential;
    const MixOptions sets{.get_parts = 0, .set_parts = 1};
    const RequestEncoder encoder(options_, keys_, values_, 1);
    const DrawnKeys none(in_order, 0, 0);
    std::vector<Work> work;
    for (unsigned i = 0; i < options_.threads; ++i) {
      const KeyStream keys(in_order, none, options_.seed, {.index = i, .of = options_.threads});
      work.push_back({.stream = RequestStream(encoder, keys, sets, seed_of(i)),
                      .depth = std::max(kFillDepth, options_.pipeline),
                      .requests_left = share_of(options_.keys.count, i, options_.threads)});
    }
    return run(work, true, clock_.monotonic_ns());
  }

  // Returns as well what `server_cpu` said before and after.
  Result<PhaseResult> load(const std::function<Status()>& begins) {
    const RequestEncoder encoder(options_, keys_, values_, options_.mix.batch_keys);
    const std::uint64_t wanted = options_.requests ? *options_.requests * options_.mix.batch_keys : kUnlimited;
    const DrawnKeys drawn(options_.keys, wanted, options_.seed);
    if (Status status = begins(); !status.is_ok()) return status;
    const std::int64_t begin_ns = clock_.monotonic_ns();
    std::vector<Work> work;
    for (unsigned i = 0; i < options_.threads; ++i) {
      const KeyStream keys(options_.keys, drawn, options_.seed, {.index = i, .of = options_.threads});
      work.push_back(
          {.stream = RequestStream(encoder, keys, options_.mix, seed_of(i)),
           .depth = options_.pipeline,
           .requests_left = share_of(options_.requests, i, options_.threads),
           .write_bytes_left = share_of(options_.write_bytes, i, options_.threads),
           .end_ns = options_.seconds ? begin_ns + static_cast<std::int64_t>(*options_.seconds * 1e9) : INT64_MAX,
           .pacer = pacer(begin_ns, i)});
    }
    return run(work, false, begin_ns);
  }

 private:
  // Another one than that of the keys.
  std::uint64_t seed_of(unsigned index) const { return mix_bits(options_.seed + 1) ^ mix_bits(index); }

  std::optional<Pacer> pacer(std::int64_t begin_ns, unsigned index) const {
    if (options_.rate == 0) return std::nullopt;
    const auto rate = static_cast<double>(options_.rate);
    // The threads take turns.
    return Pacer(begin_ns + static_cast<std::int64_t>(index * 1e9 / rate), rate / options_.threads);
  }

  Result<PhaseResult> run(std::vector<Work>& work, bool is_fill, std::int64_t begin_ns) {
    std::vector<Status> statuses(workers_.size());
    std::size_t left = workers_.size();
    std::mutex mutex;
    std::condition_variable one_ended;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      threads.emplace_back([&, i] {
        statuses[i] = workers_[i]->run(work[i]);
        const std::lock_guard<std::mutex> lock(mutex);
        --left;
        one_ended.notify_one();
      });
    }
    {
      std::unique_lock<std::mutex> lock(mutex);
      while (!one_ended.wait_for(lock, kTickEvery, [&left] { return left == 0; })) tick(is_fill, false, begin_ns);
    }
    for (std::thread& thread : threads) thread.join();
    PhaseResult result;
    result.seconds = seconds_since(begin_ns);
    tick(is_fill, true, begin_ns);
    for (const Status& status : statuses) {
      if (!status.is_ok()) return status;
    }
    for (const auto& worker : workers_) result.figures.add(worker->figures());
    return result;
  }

  double seconds_since(std::int64_t begin_ns) const {
    return static_cast<double>(clock_.monotonic_ns() - begin_ns) / 1e9;
  }

  void tick(bool is_fill, bool over, std::int64_t begin_ns) const {
    if (!watch_) return;
    Tick tick{.fill = is_fill, .over = over, .seconds = seconds_since(begin_ns), .counted = {}};
    for (const auto& worker : workers_) {
      const Counted counted = worker->counted();
      tick.counted.operations += counted.operations;
      tick.counted.errors += counted.errors;
      tick.counted.hits += counted.hits;
      tick.counted.misses += counted.misses;
    }
    watch_(tick);
  }

  const LoadOptions& options_;
  const Clock& clock_;
  const std::function<void(const Tick&)>& watch_;
  const KeyFormat keys_;
  const Values values_;
  const ReplyScanner::Context replies_{.protocol = options_.protocol,
                                       .value_bytes = options_.value_bytes,
                                       .keys = keys_,
                                       .values = values_,
                                       .verify = options_.verify};
  std::atomic<bool> stop_{false};
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace

Result<LoadResult> run_load(const LoadOptions& options, const Clock& clock,
                            const std::function<void(const Tick&)>& watch) {
  LoadResult result;
  Load load(options, clock, watch);
  if (Status status = load.connect(); !status.is_ok()) return status;
  CpuTimes before;
  const auto ask_server = [&options](CpuTimes& times) -> Status {
    if (options.server_pid == 0) return {};
    const Result<CpuTimes> now = process_cpu(options.server_pid);
    if (now.is_ok()) times = now.value();
    return now.status();
  };
  // Before the work, so that a wrong number is known at once.
  if (Status status = ask_server(before); !status.is_ok()) return status;
  if (options.fill) {
    Result<PhaseResult> fill = load.fill();
    if (!fill.is_ok()) return fill.status();
    result.fill = std::move(fill.value());
  }
  if (options.requests == 0u) return result;
  Result<PhaseResult> loaded = load.load([&] { return ask_server(before); });
  if (!loaded.is_ok()) return loaded.status();
  result.load = std::move(loaded.value());
  if (options.server_pid != 0) {
    CpuTimes after;
    if (Status status = ask_server(after); !status.is_ok()) return status;
    result.server = after - before;
  }
  return result;
}

}  // namespace larder::bench
