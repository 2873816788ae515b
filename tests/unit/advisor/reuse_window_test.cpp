#include "advisor/reuse_window.h"

#include <gtest/gtest.h>

#include "unit/advisor/exact_lru.h"

namespace larder {
namespace {

using test::hash_of_key;

// What an item weighs in an LRU cache.
ReuseWindow::Weight weight(std::uint32_t bytes, bool has_blob = false) {
  return ItemWeigher{.form = ItemForm::kListItem}(ItemSize::of(bytes, has_blob));
}

TEST(ReuseWindow, TellsWhatWasUsedSince) {
  ReuseWindow window;
  window.put(1, ItemSize::of(100), kNoExpiry);
  window.put(2, ItemSize::of(200), kNoExpiry);
  window.put(3, ItemSize::of(9'000, true), kNoExpiry);
  EXPECT_EQ(window.use(1)->others, weight(9'000, true) + weight(200));  // 3, 2
  EXPECT_EQ(window.use(1)->others, 0u);
  EXPECT_EQ(window.use(2)->others, weight(100) + weight(9'000, true));  // 1, 3
  EXPECT_EQ(window.use(2)->own, weight(200));
  EXPECT_EQ(window.use(2)->size.bytes, 200u);
  EXPECT_FALSE(window.use(4).has_value());
  window.put(3, ItemSize::of(50), 77);  // another size; a use as well
  EXPECT_EQ(window.use(2)->others, weight(50));
  EXPECT_EQ(window.use(3)->expire_at_ms, 77);
  EXPECT_TRUE(window.erase(2));
  EXPECT_FALSE(window.erase(2));
  EXPECT_EQ(window.use(1)->others, weight(50));
  window.check_invariants();
}

TEST(ReuseWindow, ForgetsWhatWasUsedLongestAgo) {
  ReuseWindow window;
  for (KeyHash key = 1; key <= 10; ++key) window.put(key, ItemSize::of(100), kNoExpiry);
  window.use(1);
  EXPECT_FALSE(window.trim(std::uint64_t{10} * weight(100)));
  EXPECT_TRUE(window.trim(std::uint64_t{7} * weight(100) / 2));
  EXPECT_EQ(window.size(), 3u);
  EXPECT_TRUE(window.use(1).has_value());
  EXPECT_TRUE(window.use(10).has_value());
  EXPECT_FALSE(window.use(8).has_value());
  window.check_invariants();
}

TEST(ReuseWindow, DistanceIsWhatAnLruCacheNeedsToHit) {
  constexpr std::size_t kKeys = 300;
  const auto requests = test::zipf_requests(20'000, kKeys, 0.7, 5);
  const auto bytes_of = [](std::uint64_t key) { return static_cast<std::uint32_t>(10 + 10 * (key % 17)); };
  for (const std::uint64_t capacity : {700u, 6'000u, 23'000u}) {
    test::ExactLru lru(capacity);
    ReuseWindow window;
    for (const std::uint64_t key : requests) {
      const auto reuse = window.use(hash_of_key(key));
      const bool hits = reuse && reuse->others + reuse->own <= capacity;
      ASSERT_EQ(hits, lru.request(key, weight(bytes_of(key))));
      if (!reuse) window.put(hash_of_key(key), ItemSize::of(bytes_of(key)), kNoExpiry);
    }
    window.check_invariants();
  }
}

TEST(ReuseWindow, KnowsWhatIsUsual) {
  ReuseWindow window;
  EXPECT_EQ(window.usual_size().bytes, 1u);
  window.count_items(true);
  window.put(1, ItemSize::of(100), kNoExpiry);
  window.put(2, ItemSize::of(10'000, true), kNoExpiry);
  EXPECT_EQ(window.use(1)->others, 1u);
  EXPECT_EQ(window.usual_size().bytes, 5'050u);
  EXPECT_FALSE(window.usual_size().has_blob);
  window.put(1, ItemSize::of(20'000, true), kNoExpiry);
  EXPECT_EQ(window.usual_size().bytes, 15'000u);
  EXPECT_TRUE(window.usual_size().has_blob);
  window.check_invariants();
}

TEST(ReuseWindow, ASmallerSampleKeepsAPartOfTheKeys) {
  ReuseWindow window;
  for (std::uint64_t key = 0; key < 1'000; ++key) window.put(hash_of_key(key), ItemSize::of(1), kNoExpiry);
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
  for (std::uint64_t key = 0; key < 10'000; ++key) window.put(hash_of_key(key), ItemSize::of(1), kNoExpiry);
  for (std::uint64_t key = 0; key < 100'000; ++key) window.use(hash_of_key(key % 10'000));
  EXPECT_LE(window.bytes(), 72u * 10'000);
}

}  // namespace
}  // namespace larder
