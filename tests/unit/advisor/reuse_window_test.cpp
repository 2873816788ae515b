#include "advisor/reuse_window.h"

#include <gtest/gtest.h>

#include "unit/advisor/exact_lru.h"

namespace larder {
namespace {

using test::hash_of_key;

TEST(ReuseWindow, TellsWhatWasUsedSince) {
  ReuseWindow window;
  window.put(1, 10, kNoExpiry);
  window.put(2, 20, kNoExpiry);
  window.put(3, 30, kNoExpiry);
  EXPECT_EQ(window.use(1)->others, 50u);  // 3, 2
  EXPECT_EQ(window.use(1)->others, 0u);
  EXPECT_EQ(window.use(2)->others, 40u);  // 1, 3
  EXPECT_EQ(window.use(2)->own, 20u);
  EXPECT_FALSE(window.use(4).has_value());
  window.put(3, 5, 77);  // another weight; a use as well
  EXPECT_EQ(window.use(2)->others, 5u);
  EXPECT_EQ(window.use(3)->expire_at_ms, 77);
  EXPECT_TRUE(window.erase(2));
  EXPECT_FALSE(window.erase(2));
  EXPECT_EQ(window.use(1)->others, 5u);
  window.check_invariants();
}

TEST(ReuseWindow, ForgetsWhatWasUsedLongestAgo) {
  ReuseWindow window;
  for (KeyHash key = 1; key <= 10; ++key) window.put(key, 10, kNoExpiry);
  window.use(1);
  EXPECT_FALSE(window.trim(100));
  EXPECT_TRUE(window.trim(35));
  EXPECT_EQ(window.size(), 3u);
  EXPECT_TRUE(window.use(1).has_value());
  EXPECT_TRUE(window.use(10).has_value());
  EXPECT_FALSE(window.use(8).has_value());
  window.check_invariants();
}

TEST(ReuseWindow, DistanceIsWhatAnLruCacheNeedsToHit) {
  constexpr std::size_t kKeys = 300;
  const auto requests = test::zipf_requests(20'000, kKeys, 0.7, 5);
  const auto weight_of = [](std::uint64_t key) { return 1 + key % 17; };
  for (const std::uint64_t capacity : {50u, 400u, 1500u}) {
    test::ExactLru lru(capacity);
    ReuseWindow window;
    for (const std::uint64_t key : requests) {
      const auto reuse = window.use(hash_of_key(key));
      const bool hits = reuse && reuse->others + reuse->own <= capacity;
      ASSERT_EQ(hits, lru.request(key, weight_of(key)));
      if (!reuse) window.put(hash_of_key(key), static_cast<ReuseWindow::Weight>(weight_of(key)), kNoExpiry);
    }
    window.check_invariants();
  }
}

TEST(ReuseWindow, ASmallerSampleKeepsAPartOfTheKeys) {
  ReuseWindow window;
  for (std::uint64_t key = 0; key < 1'000; ++key) window.put(hash_of_key(key), 1, kNoExpiry);
  const SampleThreshold threshold = window.threshold_for(250);
  window.keep_sampled(threshold);
  EXPECT_EQ(window.size(), 250u);
  for (std::uint64_t key = 0; key < 1'000; ++key) {
    EXPECT_EQ(window.use(hash_of_key(key)).has_value(), is_sampled(hash_of_key(key), threshold));
  }
  window.check_invariants();
  window.clear();
  EXPECT_EQ(window.size(), 0u);
  window.check_invariants();
}

TEST(ReuseWindow, TakesAboutWhatItsKeysTake) {
  ReuseWindow window;
  for (std::uint64_t key = 0; key < 10'000; ++key) window.put(hash_of_key(key), 1, kNoExpiry);
  for (std::uint64_t key = 0; key < 100'000; ++key) window.use(hash_of_key(key % 10'000));
  EXPECT_LE(window.bytes(), 72u * 10'000);
}

}  // namespace
}  // namespace larder
