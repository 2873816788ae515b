// How long a shard is held at most, in CPU time of the thread that holds it, over a mixed load in process: reads and
// writes of small and large values on several threads, with growth, eviction, compaction and expiry, walks, writes to
// several keys, and one after the other a new policy, FLUSHDB, FLUSHALL and another maxmemory. Every hold is timed.
//
//     larder-holds --ops 100000000 --threads 2 --maxmemory 1073741824
//     larder-holds --ops 100000000 --threads 1 --repeat 3 --maxmemory 1073741824
//
// Prints the longest hold of each kind and a distribution; with --limit-us, fails if a hold was longer.
//
// A thread's CPU time also passes while the hypervisor runs another machine, finds memory for a page, and while
// interrupts are served, which is nobody's hold. Two ways to tell that from work:
//   - Each worker spends a quarter more of its time in a loop between two readings of the same clock, as a control. It
//     does to a memory of its own what holds do to theirs, and holds nothing: it writes to a random line, and from time
//     to time commits as many fresh pages as the log does at once. So many long ones, second for second, are the
//     machine's.
//   - With --repeat, one thread does exactly the same several times, maintenance, hashes and time of day included, and
//     of each hold the least time counts. What takes long each time is work.
#include <CLI/CLI.hpp>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "larder/base/check.h"
#include "larder/base/limits.h"
#include "larder/base/memory_range.h"
#include "larder/stats/histogram.h"
#include "larder/store/sharded_store.h"
#include "least_clock.h"
#include "server/maintenance_thread.h"

namespace larder {
namespace {

constexpr std::size_t kHugeValueBytes = std::size_t{32} << 20;
constexpr std::uint64_t kOpsPerHugeValue = 50'000;
constexpr std::uint64_t kOpsPerScan = 500;
constexpr std::uint64_t kOpsPerMultiWrite = 300;
constexpr std::uint64_t kDisturbances = 40;
constexpr std::uint64_t kOpsPerReport = 1'000;
constexpr std::int64_t kControlPart = 4;
constexpr std::size_t kControlBytes = std::size_t{256} << 20;
constexpr std::size_t kCommitBytes = 64 * 1024;
constexpr std::uint64_t kLinesPerCommit = 300;
constexpr std::int64_t kLongNs = 1'000'000;
// Of a repeated load, whose time of day goes by its progress.
constexpr TimeMs kFirstMs = 1'700'000'000'000;
constexpr std::uint64_t kOpsPerMs = 300;
constexpr std::uint64_t kMsPerRound = 100;
constexpr std::size_t kReadingsPerOp = 8;

struct Load {
  std::uint64_t ops = 1'000'000;
  unsigned threads = 2;
  std::uint64_t keys = 4'000'000;
  std::uint64_t maxmemory_bytes = std::uint64_t{1} << 30;
  std::uint32_t shards = 0;  // 0: as many as the server would take
  int repeat = 1;
  std::int64_t limit_us = 0;
};

// One thread's part of the load.
class Worker {
 public:
  Worker(ShardedStore& store, const Load& load, const Clock& clock, std::uint64_t seed)
      : store_(store), load_(load), clock_(clock), random_(seed), bytes_(1 << 20, 'v') {}

  void run(std::uint64_t ops, std::atomic<std::uint64_t>& done) {
    control_lines_.assign(kControlBytes, 'c');
    std::int64_t begin_ns = thread_cpu_ns();
    for (std::uint64_t i = 0; i < ops; ++i) {
      step(i);
      if (i % kOpsPerReport != 0) continue;
      done.fetch_add(kOpsPerReport, std::memory_order_relaxed);
      begin_ns = hold_nothing((thread_cpu_ns() - begin_ns) / kControlPart);
    }
  }
  // The operation with this number.
  void step(std::uint64_t i) {
    if (i % kOpsPerHugeValue == kOpsPerHugeValue - 1) {
      write_huge();
    } else if (i % kOpsPerScan == 0) {
      cursor_ = store_.scan(cursor_, 10, now_ms(), [](const ItemView&) {});
      store_.random_item(0, now_ms(), [](const ItemView&) {});
    } else if (i % kOpsPerMultiWrite == 0) {
      write_several();
    } else {
      one(random_.below(10));
    }
  }
  const Histogram& control() const { return control_; }

 private:
  // For so long. Returns the time at its end.
  std::int64_t hold_nothing(std::int64_t for_ns) {
    const std::int64_t first_ns = thread_cpu_ns();
    std::int64_t last_ns = first_ns;
    while (last_ns - first_ns < for_ns) {
      const bool fresh = random_.below(kLinesPerCommit) == 0;
      if (fresh) {
        control_pages_.commit(0, kCommitBytes);
      } else {
        ++control_lines_[random_.below(control_lines_.size())];
      }
      const std::int64_t now_ns = thread_cpu_ns();
      control_.record_ns(now_ns - last_ns);
      last_ns = now_ns;
      if (!fresh) continue;
      control_pages_.release(0, kCommitBytes);
      last_ns = thread_cpu_ns();
    }
    return last_ns;
  }
  TimeMs now_ms() const { return clock_.now_ms(); }
  Key pick(std::array<char, 32>& space) {
    // The product of two draws: some keys are much more common than others.
    const std::uint64_t number = random_.below(random_.below(load_.keys) + 1);
    const int length =
        std::snprintf(space.data(), space.size(), "key:%012llu", static_cast<unsigned long long>(number));
    return store_.key(static_cast<Database>(number % 8 == 0), {space.data(), static_cast<std::size_t>(length)});
  }
  std::size_t value_bytes() {
    switch (random_.below(100)) {
      case 0:
        return random_.below(std::size_t{200} << 10);
      case 1:
      case 2:
        return random_.below(8 << 10);
      default:
        return random_.below(200);
    }
  }
  SetOptions options() {
    return {.expire_at_ms =
                random_.below(4) == 0 ? now_ms() + 1 + static_cast<TimeMs>(random_.below(20'000)) : kNoExpiry};
  }
  void one(std::uint64_t what) {
    std::array<char, 32> space{};
    const Key key = pick(space);
    const TimeMs now = now_ms();
    const std::size_t bytes = what > 5 ? value_bytes() : 0;
    // As the server has it: received into its final place before anything is locked.
    const BlobRef large = bytes >= limits::kBodyBytesMin ? filled_block(bytes) : BlobRef();
    store_.run(key, now, [&](Shard& shard, Op& op) {
      if (what < 4) return shard.get(key, Touch::kYes, op) ? StatusCode::kOk : StatusCode::kNotFound;
      if (what == 4) return shard.erase(key, op) ? StatusCode::kOk : StatusCode::kNotFound;
      if (what == 5) return shard.set_expiry(key, now + 5'000, op);
      return shard.set(key, {{bytes_.data(), bytes}, large.get()}, options(), op);
    });
  }
  static BlobRef filled_block(std::size_t bytes) {
    BlobRef block = Blob::allocate(bytes);
    LARDER_CHECK(block);
    std::memset(block->data(), 'h', bytes);
    return block;
  }
  void write_huge() {
    std::array<char, 32> space{};
    const Key key = pick(space);
    const BlobRef value = filled_block(kHugeValueBytes);
    store_.run(key, now_ms(), [&](Shard& shard, Op& op) {
      return shard.set(key, {value.get()->view(), value.get()}, {}, op);
    });
  }
  void write_several() {
    std::array<std::array<char, 32>, 10> spaces{};
    std::vector<Key> keys;
    RoomNeeded room;
    constexpr std::size_t kBytes = 100;
    for (std::array<char, 32>& space : spaces) {
      keys.push_back(pick(space));
      room += {Shard::item_bytes_max(keys.back().bytes.size(), kBytes), 1};
    }
    store_.run_multi(keys, room, now_ms(), [&](ShardedStore::MultiAccess& access) {
      for (const Key& key : keys) {
        const auto [shard, op] = access(key);
        const StatusCode status = shard.set(key, {{bytes_.data(), kBytes}, nullptr}, {}, op);
        if (status != StatusCode::kOk) return status;
      }
      return StatusCode::kOk;
    });
  }

  ShardedStore& store_;
  const Load& load_;
  const Clock& clock_;
  SplitMix64 random_;
  const std::string bytes_;
  std::uint64_t cursor_ = 0;
  std::vector<char> control_lines_;
  const MemoryRange control_pages_{kCommitBytes};
  Histogram control_;
};

void disturb(ShardedStore& store, const Load& load, TimeMs now_ms, std::uint64_t round) {
  switch (round % 4) {
    case 0:
      store.set_policy(kPolicyKinds[round / 4 % kPolicyKinds.size()]);
      break;
    case 1:
      store.flush(1, now_ms);
      break;
    case 2:
      store.set_maxmemory(load.maxmemory_bytes / (round / 4 % 2 + 1));
      break;
    default:
      if (round / 4 % 3 == 2) store.flush({}, now_ms);
      break;
  }
}

void report_long(const char* what, const HistogramSnapshot& times) {
  double seconds = 0;
  std::uint64_t longer = 0;
  for (std::size_t i = 0; i < kHistogramBuckets; ++i) {
    const std::int64_t upper_ns = Histogram::bucket_upper_ns(i);
    seconds += static_cast<double>(times.bucket(i)) * static_cast<double>(upper_ns) / 1e9;
    if (upper_ns > kLongNs) longer += times.bucket(i);
  }
  std::printf("%-8s %8.1f s, longest %8.1f us, above 1 ms: %llu, %.3f a second\n", what, seconds,
              static_cast<double>(times.quantile_ns(1)) / 1e3, static_cast<unsigned long long>(longer),
              seconds > 0 ? static_cast<double>(longer) / seconds : 0);
}

// The operation by which the round comes: by the progress of the load, so that a slower machine does the same.
std::uint64_t disturbed_at(const Load& load, std::uint64_t round) {
  return load.ops / (kDisturbances + 1) * (round + 1);
}

StoreOptions store_options(const Load& load) {
  return {.maxmemory_bytes = load.maxmemory_bytes,
          .shards = load.shards != 0 ? load.shards : shards_for(load.maxmemory_bytes, 0, load.threads),
          .hold_sample_every = 1};
}

int report(ShardedStore& store, const HistogramSnapshot& control, std::int64_t limit_us) {
  const HoldReport holds = store.holds();  // without those of what follows
  store.check_invariants();
  const StoreStats stats = store.stats();
  std::printf("shards %u, items %llu, evicted %llu, expired %llu, moved %llu MiB\n", store.shards(),
              static_cast<unsigned long long>(stats.total.items), static_cast<unsigned long long>(stats.total.evicted),
              static_cast<unsigned long long>(stats.total.expired),
              static_cast<unsigned long long>(stats.total.moved_bytes >> 20));
  std::printf("%-14s %12s\n", "hold", "longest us");
  for (std::size_t kind = 0; kind < kHoldKinds; ++kind) {
    std::printf("%-14s %12.1f\n", std::string(hold_kind_name(static_cast<HoldKind>(kind))).c_str(),
                static_cast<double>(holds.longest_ns[kind]) / 1e3);
  }
  for (const double quantile : {0.5, 0.99, 0.999, 0.99999, 1.0}) {
    std::printf("quantile %-8g %9.1f us\n", quantile, static_cast<double>(holds.holds.quantile_ns(quantile)) / 1e3);
  }
  std::printf("holds %llu\n", static_cast<unsigned long long>(holds.holds.count()));
  report_long("holds", holds.holds);
  if (control.count() > 0) report_long("control", control);
  return limit_us != 0 && holds.longest_of_all_ns() > limit_us * 1'000 ? 1 : 0;
}

int run_beside_control(const Load& load) {
  StoreOptions options = store_options(load);
  options.hold_clock = thread_cpu_ns;
  ShardedStore store(options);
  const SystemClock clock;
  MaintenanceThread maintenance(store, clock);
  maintenance.start();
  std::atomic<std::uint64_t> done{0};
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::thread> threads;
  for (unsigned number = 0; number < load.threads; ++number) {
    workers.push_back(std::make_unique<Worker>(store, load, clock, number + 1));
    threads.emplace_back([&worker = *workers.back(), &load, &done] { worker.run(load.ops / load.threads, done); });
  }
  for (std::uint64_t round = 0; round < kDisturbances; ++round) {
    while (done.load(std::memory_order_relaxed) < disturbed_at(load, round)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    disturb(store, load, clock.now_ms(), round);
  }
  for (std::thread& thread : threads) thread.join();
  maintenance.stop();
  HistogramSnapshot control;
  for (const auto& worker : workers) worker->control().add_to(control);
  return report(store, control, load.limit_us);
}

// A hold clock is a function without arguments.
LeastClock* least_clock = nullptr;
std::int64_t least_clock_ns() {
  return least_clock->now_ns();
}

int run_repeatedly(const Load& load) {
  LeastClock least(load.ops * kReadingsPerOp);
  least_clock = &least;
  StoreOptions options = store_options(load);
  options.hold_clock = least_clock_ns;
  options.hash_seed = 1;
  std::size_t readings = 0;
  for (int run = 1;; ++run) {
    ShardedStore store(options);
    ManualClock clock(kFirstMs);
    Worker worker(store, load, clock, 1);
    least.begin_run();
    std::uint64_t round = 0;
    for (std::uint64_t i = 0; i < load.ops; ++i) {
      worker.step(i);
      if (i % kOpsPerMs != 0) continue;
      clock.advance_ms(1);
      store.maintain(clock.now_ms(), MaintenanceThread::kBusyWorkMax);
      if (i % (kOpsPerMs * kMsPerRound) == 0) store.maintain_round(clock.now_ms(), MaintenanceThread::kRoundWorkMax);
      if (round < kDisturbances && i >= disturbed_at(load, round)) disturb(store, load, clock.now_ms(), round++);
    }
    if (run > 1 && least.readings() != readings) {
      std::fprintf(stderr, "larder-holds: %zu readings of the clock, %zu the time before: not the same work\n",
                   least.readings(), readings);
      return 1;
    }
    readings = least.readings();
    std::printf("run %d\n", run);
    const int status = report(store, {}, run == load.repeat ? load.limit_us : 0);
    std::fflush(stdout);
    if (run == load.repeat) return status;
  }
}

int run(const Load& load) {
  if (load.repeat == 1) return run_beside_control(load);
  if (load.threads == 1) return run_repeatedly(load);
  std::fprintf(stderr, "larder-holds: --repeat needs --threads 1: threads do not meet in the same way twice\n");
  return 1;
}

}  // namespace
}  // namespace larder

int main(int argc, char** argv) {
  larder::Load load;
  CLI::App app{"The longest hold of a shard, over a mixed load in process"};
  app.add_option("--ops", load.ops, "operations in all")->capture_default_str();
  app.add_option("--threads", load.threads)->capture_default_str();
  app.add_option("--keys", load.keys, "how many keys there are")->capture_default_str();
  app.add_option("--maxmemory", load.maxmemory_bytes, "bytes")->capture_default_str();
  app.add_option("--shards", load.shards, "0: as many as the server would take")->capture_default_str();
  app.add_option("--repeat", load.repeat,
                 "the same so often, and the least time of each hold; one thread. 1: once, beside a control")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  app.add_option("--limit-us", load.limit_us, "fail if a hold was longer; 0: only report")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return larder::run(load);
}
