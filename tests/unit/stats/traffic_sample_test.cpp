#include "larder/stats/traffic_sample.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "larder/stats/statistics.h"

namespace larder {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

// Ranks by Zipf's law, and what part of the requests each has.
class ZipfRanks {
 public:
  ZipfRanks(std::size_t ranks, double theta) {
    double sum = 0;
    for (std::size_t rank = 1; rank <= ranks; ++rank) ends_.push_back(sum += std::pow(rank, -theta));
  }
  std::size_t draw(SplitMix64& random) const {
    const double at = static_cast<double>(random.below(1U << 31)) / static_cast<double>(1U << 31) * ends_.back();
    return static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), at) - ends_.begin());
  }
  double share(std::size_t rank) const { return (ends_[rank] - (rank == 0 ? 0 : ends_[rank - 1])) / ends_.back(); }

 private:
  std::vector<double> ends_;
};

TrafficReport keys_of(const TrafficSample& sample, std::int64_t now_ns, std::size_t count = 100) {
  RecentHitters::Sum sum;
  sample.add_keys_to(sum, now_ns);
  return RecentHitters::report(std::move(sum), now_ns, HitterOrder::kOperations, count);
}

TrafficReport prefixes_of(const TrafficSample& sample, std::int64_t now_ns) {
  RecentHitters::Sum sum;
  sample.add_prefixes_to(sum, now_ns);
  return RecentHitters::report(std::move(sum), now_ns, HitterOrder::kOperations, 100);
}

void add(TrafficSample& sample, std::int64_t now_ns, const std::string& key, double operations = 1) {
  sample.add(now_ns, {public_hash(key), 0, key}, {.operations = operations});
}

// `batches` of `size` requests in 10 s, drawn from as a session does; the others need not be made.
void run_zipf(std::size_t batches, std::size_t size) {
  const ZipfRanks zipf(1'000'000, 0.99);
  SplitMix64 random(42);
  TrafficSample sample(1);
  for (std::size_t i = 0; i < batches; ++i) {
    const auto now_ns = static_cast<std::int64_t>(3 * kSecondNs + 10 * kSecondNs * i / batches);
    const TrafficSample::Draw draw = sample.draw(size);
    if (draw.index == TrafficSample::kNone) continue;
    const std::string key = "key:" + std::to_string(zipf.draw(random));
    sample.add(now_ns, {public_hash(key), 0, key}, {.operations = draw.weight});
  }
  const TrafficReport report = keys_of(sample, 13 * kSecondNs, 16);
  EXPECT_NEAR(report.seconds, 10, 0.01);
  const auto requests = static_cast<double>(batches * size);
  EXPECT_NEAR(report.all.operations / requests, 1, 0.03);
  for (std::size_t rank = 0; rank < 10; ++rank) {
    const std::string key = "key:" + std::to_string(rank);
    const auto found = std::find_if(report.hitters.begin(), report.hitters.end(),
                                    [&](const Hitter& hitter) { return hitter.name == key; });
    ASSERT_NE(found, report.hitters.end()) << key;
    EXPECT_NEAR(found->counts.operations / (requests * zipf.share(rank)), 1, 0.1) << key;
  }
}

TEST(TrafficSample, FindsTheTopTenOfZipfInFullBatches) {
  run_zipf(400'000, 32);
}

TEST(TrafficSample, FindsTheTopTenOfZipfOneByOne) {
  run_zipf(400'000, 1);
}

TEST(TrafficSample, FindsTheTopTenOfZipfWhereFewerAreDrawn) {
  run_zipf(3'000'000, 1);
}

// Single requests at an even rate from `begin_ns` on; of the last second, how many were drawn, and for how many.
struct DrawnInASecond {
  int draws = 0;
  double weight = 0;
};
DrawnInASecond last_second_of(TrafficSample& sample, std::int64_t begin_ns, std::int64_t seconds, int per_second) {
  DrawnInASecond last;
  const std::int64_t requests = seconds * per_second;
  for (std::int64_t i = 0; i < requests; ++i) {
    const TrafficSample::Draw draw = sample.draw(1);
    if (draw.index == TrafficSample::kNone) continue;
    add(sample, begin_ns + i * (kSecondNs / per_second), "a", draw.weight);
    if (i < requests - per_second) continue;
    ++last.draws;
    last.weight += draw.weight;
  }
  return last;
}

TEST(TrafficSample, DrawsNoMoreInASecondThanIsNeeded) {
  TrafficSample sample(1);
  constexpr int kPerSecond = 250'000;
  DrawnInASecond drawn = last_second_of(sample, kSecondNs, 2, kPerSecond);
  EXPECT_NEAR(drawn.draws, TrafficSample::kAddedPerSecond, TrafficSample::kAddedPerSecond * 0.1);
  EXPECT_NEAR(drawn.weight / kPerSecond, 1, 0.03);
  // Few again: as many of them as ever, at once.
  drawn = last_second_of(sample, 3 * kSecondNs, 1, 10'000);
  EXPECT_NEAR(drawn.draws, 10'000 / TrafficSample::kEveryDefault, 300);
  EXPECT_NEAR(drawn.weight / 10'000, 1, 0.06);
  sample.set_every(1);
  drawn = last_second_of(sample, 4 * kSecondNs, 2, kPerSecond);
  EXPECT_NEAR(drawn.draws, 4 * TrafficSample::kAddedPerSecond, TrafficSample::kAddedPerSecond * 0.4);
  EXPECT_NEAR(drawn.weight / kPerSecond, 1, 0.02);
  sample.set_every(100);
  drawn = last_second_of(sample, 6 * kSecondNs, 2, kPerSecond);
  EXPECT_NEAR(drawn.draws, 640, 80);
  EXPECT_NEAR(drawn.weight / kPerSecond, 1, 0.12);
}

TEST(TrafficSample, EveryRequestIsAsLikelyToBeDrawn) {
  TrafficSample sample(1);
  sample.set_every(2);
  double weight = 0;
  std::vector<int> drawn(8);
  for (int i = 0; i < 80'000; ++i) {
    const TrafficSample::Draw draw = sample.draw(8);
    if (draw.index == TrafficSample::kNone) continue;
    ++drawn[draw.index];
    weight += draw.weight;
  }
  EXPECT_NEAR(weight, 640'000, 15'000);
  for (const int times : drawn) EXPECT_NEAR(times, 5'000, 300);
  sample.set_every(0);
  EXPECT_EQ(sample.draw(8).index, TrafficSample::kNone);
}

TEST(TrafficSample, TellsOfThisWindowAndTheOneBefore) {
  TrafficSample sample(1);
  add(sample, 12 * kSecondNs, "a");
  EXPECT_EQ(keys_of(sample, 12 * kSecondNs).seconds, 1) << "a rate of the first moments would be made up";
  add(sample, 21 * kSecondNs, "b", 3);
  TrafficReport report = keys_of(sample, 22 * kSecondNs);
  EXPECT_EQ(report.seconds, 10);
  ASSERT_EQ(report.hitters.size(), 2U);
  EXPECT_EQ(report.hitters[0].name, "b");
  EXPECT_EQ(report.hitters[0].counts.operations, 3);
  report = keys_of(sample, 33 * kSecondNs);
  EXPECT_EQ(report.seconds, 13) << "from the beginning of the window before";
  ASSERT_EQ(report.hitters.size(), 1U);
  EXPECT_EQ(report.hitters[0].name, "b");
  EXPECT_TRUE(keys_of(sample, 40 * kSecondNs).hitters.empty());
  add(sample, 71 * kSecondNs, "c");
  report = keys_of(sample, 72 * kSecondNs);
  ASSERT_EQ(report.hitters.size(), 1U);
  EXPECT_EQ(report.seconds, 12) << "nothing came in the window before, which is known";
}

TEST(TrafficSample, BeginsAnewWhenItIsSwitchedOnAgain) {
  TrafficSample sample(1);
  add(sample, 12 * kSecondNs, "user:a");
  sample.set_every(2);
  EXPECT_EQ(keys_of(sample, 13 * kSecondNs).hitters.size(), 1U);
  sample.set_every(0);
  sample.set_every(2);
  EXPECT_TRUE(keys_of(sample, 13 * kSecondNs).hitters.empty());
  EXPECT_TRUE(prefixes_of(sample, 13 * kSecondNs).hitters.empty());
  add(sample, 14 * kSecondNs, "user:b");
  for (const TrafficReport& report : {keys_of(sample, 19 * kSecondNs), prefixes_of(sample, 19 * kSecondNs)}) {
    ASSERT_EQ(report.hitters.size(), 1U);
    EXPECT_EQ(report.all.operations, 1);
    EXPECT_EQ(report.seconds, 5);
  }
}

// Otherwise a client could name prefixes that drive another out of its set.
TEST(TrafficSample, APrefixHasAHashThatNobodyKnows) {
  EXPECT_EQ(hash_of_prefix(3, "user:"), hash_of_prefix(3, "user:"));
  EXPECT_NE(hash_of_prefix(3, "user:"), hash_of_prefix(4, "user:"));
  EXPECT_NE(hash_of_prefix(3, "user:"), mix_bits(public_hash("user:") + 3));
}

TEST(TrafficSample, SumsOverWindowsAndThreads) {
  Statistics statistics(2, 1);
  add(statistics.thread(0).traffic, 5 * kSecondNs, "a");
  add(statistics.thread(0).traffic, 15 * kSecondNs, "a");
  add(statistics.thread(1).traffic, 15 * kSecondNs, "a");
  add(statistics.thread(1).traffic, 15 * kSecondNs, "b");
  const TrafficReport report = statistics.hot_keys(15 * kSecondNs, HitterOrder::kOperations, 1);
  ASSERT_EQ(report.hitters.size(), 1U);
  EXPECT_EQ(report.hitters[0].name, "a");
  EXPECT_EQ(report.hitters[0].counts.operations, 3);
  EXPECT_EQ(report.all.operations, 4);
  EXPECT_GT(statistics.sample_bytes(), 0U);
  EXPECT_LT(statistics.sample_bytes() / 2, 320U * 1024);
}

TEST(TrafficSample, OrdersByBytesIfAsked) {
  Statistics statistics(1, 1);
  TrafficSample& sample = statistics.thread(0).traffic;
  sample.add(0, {1, 0, "often"}, {.operations = 10, .bytes = 10});
  sample.add(0, {2, 0, "large"}, {.operations = 1, .bytes = 1'000});
  EXPECT_EQ(statistics.hot_keys(0, HitterOrder::kOperations, 9).hitters[0].name, "often");
  EXPECT_EQ(statistics.hot_keys(0, HitterOrder::kBytes, 9).hitters[0].name, "large");
}

TEST(TrafficSample, APrefixEndsBehindTheFirstDelimiter) {
  EXPECT_EQ(prefix_of("user:17:name", ":"), "user:");
  EXPECT_EQ(prefix_of("user", ":"), "");
  EXPECT_EQ(prefix_of(":x", ":"), ":");
  EXPECT_EQ(prefix_of("a::b", "::"), "a::");
  std::string late(200, 'x');
  late.push_back(':');
  EXPECT_EQ(prefix_of(late, ":"), "");
}

TEST(TrafficSample, PrefixesAreKeptByTheDelimiterAndTheDatabase) {
  TrafficSample sample(1);
  add(sample, 0, "user:1");
  add(sample, 0, "user:2");
  add(sample, 0, "plain");
  sample.add(0, {1, 7, "user:1"}, {.operations = 9});
  TrafficReport report = prefixes_of(sample, 0);
  ASSERT_EQ(report.hitters.size(), 3U);
  EXPECT_EQ(report.hitters[0].name, "user:");
  EXPECT_EQ(report.hitters[0].database, 7);
  EXPECT_EQ(report.hitters[1].name, "user:");
  EXPECT_EQ(report.hitters[1].counts.operations, 2);
  EXPECT_EQ(report.hitters[2].name, "");
  sample.set_delimiter("/");
  EXPECT_TRUE(prefixes_of(sample, 0).hitters.empty());
  sample.set_delimiter("");
  add(sample, 0, "user:1");
  EXPECT_TRUE(prefixes_of(sample, 0).hitters.empty());
}

}  // namespace
}  // namespace larder
