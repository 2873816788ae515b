#include "tools/sim/belady.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "larder/base/hash.h"
#include "unit/tools/lists.h"

namespace larder::sim {
namespace {

using ::testing::ElementsAre;

std::uint64_t misses(const Trace& trace, Capacity capacity) {
  RequestCount progress;
  const RunResult result = replay_belady(trace, next_uses(trace), capacity, progress);
  EXPECT_EQ(progress.value(), trace.requests().size());
  return result.misses();
}

// The fewest misses of any way to evict: tries them all.
std::uint64_t fewest_misses(const std::vector<std::uint64_t>& ids, std::size_t from, std::set<std::uint64_t> cached,
                            std::size_t capacity) {
  for (; from < ids.size() && cached.count(ids[from]) != 0; ++from) {
  }
  if (from == ids.size()) return 0;
  const std::uint64_t id = ids[from];
  if (cached.size() < capacity) {
    cached.insert(id);
    return 1 + fewest_misses(ids, from + 1, std::move(cached), capacity);
  }
  std::uint64_t fewest = ids.size();
  for (const std::uint64_t victim : cached) {
    std::set<std::uint64_t> rest = cached;
    rest.erase(victim);
    rest.insert(id);
    fewest = std::min(fewest, 1 + fewest_misses(ids, from + 1, std::move(rest), capacity));
  }
  return fewest;
}

TEST(NextUses, AreTheNumbersOfTheRequestsToCome) {
  EXPECT_THAT(next_uses(trace_of_ids({1, 2, 1, 3, 2})), ElementsAre(2u, 4u, kNeverAgain, kNeverAgain, kNeverAgain));
}

TEST(Belady, EvictsWhatIsUsedAgainLast) {
  // 3 goes for 4, 4 for 5: neither comes again. 1 and 2 stay and hit.
  EXPECT_EQ(misses(trace_of_ids({1, 2, 3, 1, 4, 5, 1, 2}), {CapacityUnit::kItems, 3}), 5u);
}

TEST(Belady, MissesNoMoreThanTheBestOfAllWaysToEvict) {
  SplitMix64 random(11);
  for (int round = 0; round < 60; ++round) {
    std::vector<std::uint64_t> ids;
    for (int i = 0; i < 14; ++i) ids.push_back(random.below(6));
    const Trace trace = trace_of_ids(ids);
    for (std::size_t capacity = 1; capacity <= 4; ++capacity) {
      EXPECT_EQ(misses(trace, {CapacityUnit::kItems, capacity}), fewest_misses(ids, 0, {}, capacity))
          << "round " << round << ", capacity " << capacity;
    }
  }
}

// By the definition: looks for the furthest next use anew each time.
std::uint64_t misses_by_definition(const Trace& trace, std::uint64_t bytes_max) {
  const std::vector<RequestNumber> next = next_uses(trace);
  std::map<ObjectNumber, RequestNumber> cached;
  std::uint64_t bytes = 0;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < next.size(); ++i) {
    const ObjectNumber object = trace.requests()[i];
    if (cached.count(object) == 0) {
      ++count;
      if (trace.size_bytes(object) > bytes_max) continue;
      while (bytes + trace.size_bytes(object) > bytes_max) {
        const auto victim = std::max_element(cached.begin(), cached.end(),
                                             [](const auto& a, const auto& b) { return a.second < b.second; });
        bytes -= trace.size_bytes(victim->first);
        cached.erase(victim);
      }
      bytes += trace.size_bytes(object);
    }
    cached[object] = next[i];
  }
  return count;
}

TEST(Belady, FollowsItsDefinitionInBytesOverLongTraces) {
  SplitMix64 random(12);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> list;
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t id = random.below(1 + random.below(300));
    list.emplace_back(id, 1 + id * 37 % 90);
  }
  const Trace trace = trace_of(list);
  for (const std::uint64_t bytes : {50u, 500u, 5'000u}) {
    EXPECT_EQ(misses(trace, {CapacityUnit::kBytes, bytes}), misses_by_definition(trace, bytes));
  }
}

TEST(Belady, AnObjectLargerThanTheCacheIsNotStored) {
  EXPECT_EQ(misses(trace_of({{1, 10}, {2, 11}, {2, 11}, {1, 10}}), {CapacityUnit::kBytes, 10}), 3u);
}

}  // namespace
}  // namespace larder::sim
