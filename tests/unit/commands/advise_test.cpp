#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "larder/advisor/advice.h"
#include "larder/base/hash.h"
#include "support/command_runner.h"

namespace larder::test {
namespace {

using testing::HasSubstr;
using testing::Not;

// A client that reads keys in turn, again and again, and stores what it misses.
class Advise : public testing::Test {
 protected:
  void read_in_turn(int keys, int rounds) {
    for (int round = 0; round < rounds; ++round) {
      for (int key = 0; key < keys; ++key) {
        const std::string name = "key:" + std::to_string(key);
        if (runner_.run({"GET", name}) == kNull) runner_.run({"SET", name, "value"});
        if (key % 50 == 0) step(50);
      }
    }
    step(1'000);
  }
  void step(std::int64_t ms) {
    runner_.advance_ms(ms);
    runner_.advisor().step(runner_.now_ms(), runner_.clock().monotonic_ns());
  }
  AdvisorReport report() { return runner_.advisor().report(); }

  CommandRunner runner_{{.maxitems = 100, .policy = PolicyKind::kAllKeysLru}};
};

TEST_F(Advise, FindsTheSizeFromWhichALoopFits) {
  step(50);
  read_in_turn(150, 20);
  const AdvisorReport found = report();
  EXPECT_EQ(found.limit, 100u);
  EXPECT_TRUE(found.counts_items);
  EXPECT_FALSE(found.learning);
  for (const AdvisorReport::CurvePoint& point : found.curve) {
    if (point.factor == 1.5) continue;  // 150, as if it were a little more
    EXPECT_NEAR(point.hit_ratio, point.factor > 1.5 ? 19.0 / 20 : 0, 1e-9) << point.factor;
  }
  EXPECT_NEAR(static_cast<double>(found.working_set), 150, 15);
  EXPECT_EQ(found.hit_ratio_of(PolicyKind::kAllKeysLru), 0.0);
  EXPECT_GT(found.hit_ratio_of(PolicyKind::kAllKeysTinyLfu), 0.3);
  EXPECT_EQ(found.hit_ratio_of(PolicyKind::kVolatileLru), std::nullopt);
  EXPECT_EQ(found.never_read_share, 1.0);
  EXPECT_EQ(found.sampled_share, 1.0);

  const std::string text = runner_.run({"ADVISE"});
  EXPECT_THAT(text, HasSubstr("allkeys-lru and 100 items"));
  EXPECT_THAT(text, HasSubstr("With twice as many items it would be about 95.0%"));
  EXPECT_THAT(text, HasSubstr("points more than with allkeys-lru"));
  const std::string json = runner_.run({"ADVISE", "JSON"});
  EXPECT_THAT(json, HasSubstr(R"("unit":"items","limit":100,"policy":"allkeys-lru")"));
  EXPECT_THAT(json, HasSubstr(R"({"factor":2.0,"size":200,"hit_ratio":0.95})"));
  EXPECT_THAT(json, HasSubstr(R"("policies":{"allkeys-lru":0.0,)"));
  const std::string info = runner_.run({"INFO", "advisor"});
  EXPECT_THAT(info, HasSubstr("advisor_hit_ratio_at_2x:0.9500\r\n"));
  EXPECT_THAT(info, HasSubstr("advisor_hit_ratio_at_0.125x:0.0000\r\n"));
  EXPECT_THAT(info, HasSubstr("advisor_hit_ratio_with_allkeys-lru:0.0000\r\n"));
  EXPECT_THAT(info, HasSubstr("advisor_enabled:1\r\n"));
}

TEST_F(Advise, WhatWasDeletedMissesAtEverySizeThoughItHadBeenEvicted) {
  step(50);
  for (int i = 0; i < 3'000; ++i) {
    const std::string name = "key:" + std::to_string(i % 150);
    runner_.run({"DEL", name});
    EXPECT_EQ(runner_.run({"GET", name}), kNull);
    runner_.run({"SET", name, "value"});
    if (i % 50 == 0) step(50);
  }
  step(1'000);
  EXPECT_EQ(report().hit_ratio_at(8), 0.0);
}

TEST_F(Advise, ALimitNearTheEndOfNumbersIsALimit) {
  runner_.store().set_maxitems(std::numeric_limits<std::int64_t>::max());
  step(50);
  read_in_turn(150, 20);
  ASSERT_FALSE(report().curve.empty());
  EXPECT_NEAR(*report().hit_ratio_at(1), 19.0 / 20, 1e-9);
  EXPECT_GE(report().curve.back().size, report().limit);
}

TEST_F(Advise, SaysSoWhileThereIsTooLittleToLearnFrom) {
  EXPECT_THAT(runner_.run({"ADVISE"}), HasSubstr("advisor is off"));  // its thread has not begun
  step(50);
  EXPECT_THAT(runner_.run({"ADVISE"}), HasSubstr("Too little was looked up"));
  EXPECT_TRUE(report().learning);
  EXPECT_THAT(runner_.run({"ADVISE", "JSON"}), HasSubstr(R"("unused_share":null)"));
}

TEST_F(Advise, ResetBeginsAnewWithWhatItKnows) {
  step(50);
  read_in_turn(150, 10);
  EXPECT_EQ(runner_.run({"ADVISE", "RESET"}), kOk);
  read_in_turn(150, 10);
  EXPECT_EQ(report().queries, 1500.0);
  EXPECT_NEAR(*report().hit_ratio_at(8), 1, 1e-9);  // no first use any more
}

TEST_F(Advise, ChoosesThePolicyIfItIsToldTo) {
  std::vector<AdvisorReport::Change> changes;
  runner_.advisor().on_change([&](const AdvisorReport::Change& change) { changes.push_back(change); });
  runner_.advisor().set_enabled(false);
  runner_.advisor().set_policy({});
  step(50);
  EXPECT_THAT(runner_.run({"ADVISE", "JSON"}),
              HasSubstr(R"("auto":true,"policy_changes":0,"last_policy_change":null)"));
  read_in_turn(150, 100);
  // LRU and S3-FIFO have nothing of a loop that does not fit.
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].from, PolicyKind::kAllKeysLru);
  EXPECT_EQ(changes[0].to, PolicyKind::kAllKeysTinyLfu);
  EXPECT_GT(changes[0].lead, 0.3);
  EXPECT_EQ(runner_.store().policy(), PolicyKind::kAllKeysTinyLfu);
  EXPECT_THAT(runner_.run({"INFO", "advisor"}), HasSubstr("advisor_auto:1\r\nadvisor_policy_changes:1\r\n"));
  EXPECT_THAT(runner_.run({"ADVISE"}), HasSubstr("auto has changed to allkeys-tinylfu"));
  EXPECT_THAT(
      runner_.run({"ADVISE", "JSON"}),
      HasSubstr(R"("policy_changes":1,"last_policy_change":{"from":"allkeys-lru","to":"allkeys-tinylfu","lead":)"));

  runner_.advisor().set_policy(PolicyKind::kAllKeysLru);
  step(50);
  EXPECT_FALSE(report().enabled);
  read_in_turn(150, 100);
  EXPECT_EQ(runner_.store().policy(), PolicyKind::kAllKeysLru);
}

TEST_F(Advise, ChoosesNothingBeforeTheChangeBeforeIsDone) {
  runner_.advisor().set_policy({});
  step(50);
  for (int i = 0; i < 15'000; ++i) {
    const std::string name = "key:" + std::to_string(i % 150);
    if (runner_.run({"GET", name}) == kNull) runner_.run({"SET", name, "value"});
    if (i % 50 != 0) continue;
    runner_.store().set_policy(i % 100 == 0 ? PolicyKind::kAllKeysLfu : PolicyKind::kAllKeysLru);
    EXPECT_TRUE(runner_.store().hands_over());
    step(50);
  }
  step(1'000);
  EXPECT_EQ(report().changes, 0u);
  while (runner_.store().maintain(runner_.now_ms(), 1'000)) {
  }
  EXPECT_FALSE(runner_.store().hands_over());
  read_in_turn(150, 10);
  EXPECT_EQ(report().changes, 1u);
}

TEST_F(Advise, CountersThatSeemToShrinkAreZero) {
  constexpr std::int64_t kSecondNs = 1'000'000'000;
  const std::int64_t now_ns = runner_.clock().monotonic_ns();
  runner_.statistics().series().restart({.monotonic_ns = now_ns, .requests = {.hits = 7, .misses = 3}, .evicted = 9});
  runner_.statistics().series().add(
      {.monotonic_ns = now_ns + kSecondNs, .requests = {.hits = 6, .misses = 3}, .evicted = 8});
  step(50);
  EXPECT_EQ(report().lookups, 0u);
  EXPECT_EQ(report().evictions, 0u);
}

TEST_F(Advise, ChoosesNothingWhereNothingIsEvicted) {
  runner_.store().set_maxitems(0);
  runner_.advisor().set_policy({});
  step(50);
  read_in_turn(3'000, 30);
  EXPECT_EQ(report().changes, 0u);
}

TEST_F(Advise, ChoosesAmongThoseOverAllKeys) {
  runner_.advisor().set_policy(PolicyKind::kVolatileTtl);
  runner_.advisor().set_policy({});
  EXPECT_EQ(runner_.store().policy(), PolicyKind::kAllKeysS3Fifo);
}

TEST_F(Advise, TakesASmallerSampleOfALoadThatIsTooMuchAndNotMuchSmaller) {
  SplitMix64 numbers(5);
  step(50);
  for (int i = 0; i < 200; ++i) {
    // Now and then much comes while the advisor's thread waits for its turn.
    for (int lookup = 0; lookup < (i % 10 == 0 ? 100'000 : 20'000); ++lookup) {
      runner_.store().note_lookup(numbers.next(), lookup % 2 == 0);
    }
    step(i % 10 == 0 ? 250 : 50);
  }
  EXPECT_LE(report().events_per_s, Advisor::kEventsPerSecondMax * 11 / 10);
  EXPECT_GE(report().events_per_s, Advisor::kEventsPerSecondMax / 2);
}

TEST_F(Advise, BeginsWithTheShareThatTheLoadAllows) {
  runner_.advisor().set_enabled(false);
  step(1'000);
  const std::uint64_t per_s = 10 * Advisor::kEventsPerSecondMax;
  for (int second = 0; second < 3; ++second) {
    runner_.statistics().thread(0).hits.add(per_s / 2);
    runner_.statistics().thread(0).misses.add(per_s / 2);
    for (int i = 0; i < 20; ++i) step(50);
  }
  runner_.advisor().set_enabled(true);
  step(50);
  EXPECT_NEAR(report().sampled_share, 0.08, 0.01);
}

TEST_F(Advise, ForgetsWhatItCountedOfAnotherLimit) {
  step(50);
  read_in_turn(150, 20);
  EXPECT_EQ(report().hit_ratio_of(PolicyKind::kAllKeysLru), 0.0);
  runner_.store().set_maxitems(200);
  step(1'000);
  EXPECT_TRUE(report().learning);
  read_in_turn(150, 10);
  EXPECT_GT(*report().hit_ratio_of(PolicyKind::kAllKeysLru), 0.8);
}

TEST_F(Advise, OffForgetsEverythingAndCostsNothing) {
  step(50);
  read_in_turn(150, 10);
  runner_.advisor().set_enabled(false);
  step(50);
  EXPECT_FALSE(report().enabled);
  EXPECT_EQ(report().bytes, 0u);
  EXPECT_THAT(runner_.run({"ADVISE"}), HasSubstr("CONFIG SET advisor yes"));
  EXPECT_THAT(runner_.run({"INFO", "advisor"}), Not(HasSubstr("hit_ratio")));
  // The store is full when it is on again: first uses do not count until the window has filled.
  runner_.advisor().set_enabled(true);
  step(50);
  read_in_turn(150, 10);
  EXPECT_TRUE(report().learning);
  EXPECT_EQ(report().queries, 0.0);
}

TEST_F(Advise, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(runner_.run({"ADVISE", "XML"}), error("ERR syntax error"));
  EXPECT_EQ(runner_.run({"ADVISE", "JSON", "RESET"}), error("ERR syntax error"));
}

TEST_F(Advise, TheSampleFollowsTheLoad) {
  step(50);
  runner_.run({"SET", "key", "value"});
  for (int i = 0; i < 30'000; ++i) {
    runner_.run({"GET", "other:" + std::to_string(i % 2'000)});
    if (i % 1'000 == 0) step(1);
  }
  step(1'000);
  EXPECT_LT(report().sampled_share, 0.8);
  EXPECT_GT(report().sampled_share, 0.3);
  EXPECT_EQ(report().dropped_events, 0u);
  EXPECT_LE(report().bytes, Advisor::kBytesMin);
}

TEST(AdviceText, SpeaksOfMemoryInBytes) {
  AdvisorReport report;
  report.enabled = true;
  report.learning = false;
  report.limit = 1 << 20;
  report.policy = PolicyKind::kNoEviction;
  report.lookups = 1'000;
  report.hit_ratio = 0.8;
  report.curve = {{.factor = 0.5, .hit_ratio = 0.795},
                  {.factor = 1, .hit_ratio = 0.8},
                  {.factor = 2, .hit_ratio = 0.8},
                  {.factor = 8, .hit_ratio = 0.8}};
  report.policies = {{PolicyKind::kAllKeysLru, 0.8}, {PolicyKind::kAllKeysS3Fifo, 0.82}};
  const std::string text = advice_text(report);
  EXPECT_THAT(text, HasSubstr("80.0%, with noeviction and 1.00M."));
  EXPECT_THAT(text, HasSubstr("More would bring nothing"));
  EXPECT_THAT(text, HasSubstr("Half of it would do."));
  EXPECT_THAT(text, HasSubstr("allkeys-s3fifo would do best: 82.0%"));
}

TEST(AdviceText, DoesNotTakeSilenceForMisses) {
  AdvisorReport report;
  report.enabled = true;
  report.learning = false;
  report.limit = 1 << 20;
  report.curve = {{.factor = 0.5, .hit_ratio = 0.5},
                  {.factor = 1, .hit_ratio = 0.7},
                  {.factor = 2, .hit_ratio = 0.8},
                  {.factor = 8, .hit_ratio = 0.8}};
  const std::string text = advice_text(report);
  EXPECT_THAT(text, HasSubstr("Nothing was looked up in the last five minutes, with allkeys-lru"));
  EXPECT_THAT(text, HasSubstr("it would be about 80.0%, with eight times 80.0%, with half 50.0%"));
  EXPECT_THAT(text, HasSubstr("Doubling it is worth 10.0 points."));
  EXPECT_THAT(text, Not(HasSubstr("Half of it would do.")));
}

}  // namespace
}  // namespace larder::test
