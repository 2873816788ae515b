// FLUSHALL: a shard goes on with an empty log, index and policy; what it had is freed in slices.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "larder/base/limits.h"
#include "larder/store/sharded_store.h"
#include "unit/store/shard_fixture.h"

namespace larder {
namespace {

class FlushAll : public ShardFixture, public ::testing::WithParamInterface<PolicyKind> {
 protected:
  FlushAll() : ShardFixture(0, 0, GetParam()) {}

  std::unique_ptr<FlushedContents> flush_all() {
    Op call = op();
    return shard_.flush_all(shard_.make_empty(), call);
  }
  void fill(int items, std::size_t value_bytes = 10) {
    for (int i = 0; i < items; ++i) {
      const TimeMs expire_at_ms = i % 3 == 0 ? now_ms_ + 1'000 + i : kNoExpiry;
      ASSERT_EQ(set(std::to_string(i), std::string(value_bytes, 'v'), {.expire_at_ms = expire_at_ms},
                    static_cast<Database>(i % 2)),
                StatusCode::kOk);
    }
  }
};

TEST_P(FlushAll, AnEmptyShardGoesOnAtOnceAndTheOldContentsStayCharged) {
  const ShardStats empty = shard_.stats();
  fill(20'000);
  shard_.set_policy(GetParam() == PolicyKind::kAllKeysLru ? PolicyKind::kAllKeysS3Fifo : PolicyKind::kAllKeysLru);
  shard_.set_policy(GetParam());  // what is flushed has not been handed over
  flush(1);                       // nor reclaimed
  const std::uint64_t charged = shard_.stats().used_bytes() - empty.overhead_bytes;
  std::unique_ptr<FlushedContents> flushed = flush_all();
  EXPECT_EQ(shard_.count(0) + shard_.count(1), 0u);
  EXPECT_EQ(shard_.stats().used_bytes(), empty.used_bytes());
  EXPECT_EQ(shard_.coldest_rank(), std::nullopt);
  EXPECT_EQ(budget_.used_items(), 0u);
  EXPECT_GE(flushed->charged().dead_bytes, charged);
  EXPECT_EQ(budget_.used_bytes(), shard_.stats().used_bytes() + flushed->charged().dead_bytes);
  EXPECT_TRUE(scan_all().empty());
  shard_.check_invariants();

  fill(100);
  EXPECT_EQ(get("4"), std::string(10, 'v'));
  shard_.check_invariants();
  while (flushed->free_some(100)) {
    EXPECT_EQ(flushed->charged().dead_bytes, flushed->charged().used_bytes());
  }
  EXPECT_EQ(flushed->charged().dead_bytes, 0u);
  EXPECT_EQ(shard_.count(0) + shard_.count(1), 100u);
}

TEST_P(FlushAll, ABlobThatIsStillReadStaysChargedUntilItsReaderIsDone) {
  ASSERT_EQ(set("read", std::string(200'000, 'r')), StatusCode::kOk);
  ASSERT_EQ(set("unread", std::string(200'000, 'u')), StatusCode::kOk);
  Op call = op();
  BlobRef reader = BlobRef::share(shard_.get(key("read"), Touch::kNo, call)->blob);
  std::unique_ptr<FlushedContents> flushed = flush_all();
  while (flushed->free_some(100)) {
  }
  EXPECT_EQ(budget_.pinned_bytes(), Blob::footprint_bytes(200'000));
  EXPECT_EQ(budget_.used_bytes(), shard_.stats().used_bytes() + budget_.pinned_bytes());
  reader = {};
  EXPECT_EQ(budget_.used_bytes(), shard_.stats().used_bytes());
}

TEST_P(FlushAll, NoItemIsCountedWhereNothingButBytesIsLeft) {
  fill(5'000);
  shard_.set_active_expiry(true);
  now_ms_ += 2'000;
  Op call = op();
  shard_.sweep({.items_max = 100, .buckets_max = 1'000}, call);
  ASSERT_GT(shard_.stats().expired, 0u);
  std::unique_ptr<FlushedContents> flushed = flush_all();
  const ShardStats& left = flushed->charged();
  EXPECT_EQ(left.items + left.items_with_expiry + left.data_bytes, 0u);
  EXPECT_EQ(left.expired + left.evicted + left.moved_bytes, 0u) << "the shard itself still counts them";
}

TEST_P(FlushAll, BlobsAreDroppedAndThoseInUseSurvive) {
  fill(200, limits::kBodyBytesMin);
  Op call = op();
  BlobRef in_use = BlobRef::share(shard_.get(key("4"), Touch::kNo, call)->blob);
  ASSERT_TRUE(in_use);
  const std::uint64_t blob_bytes = shard_.stats().blob_bytes;
  std::unique_ptr<FlushedContents> flushed = flush_all();
  EXPECT_EQ(flushed->charged().blob_bytes, blob_bytes);
  int slices = 0;
  while (flushed->free_some(10)) ++slices;
  EXPECT_GE(slices, 200 / 10);
  EXPECT_EQ(flushed->charged().blob_bytes, 0u);
  EXPECT_EQ(in_use->view(), std::string(limits::kBodyBytesMin, 'v'));
}

TEST_P(FlushAll, EachSliceIsBoundedByItsWork) {
  fill(50'000, 100);
  std::unique_ptr<FlushedContents> flushed = flush_all();
  const std::uint64_t segments = flushed->charged().log_bytes / SegmentLog::kSegmentBytesMin;
  ASSERT_GT(segments, 30u);
  std::uint64_t slices = 0;
  std::uint64_t before = flushed->charged().log_bytes;
  while (flushed->free_some(1)) {
    ++slices;
    ASSERT_LE(before - flushed->charged().log_bytes, SegmentLog::kSegmentBytesMin);
    before = flushed->charged().log_bytes;
  }
  EXPECT_GE(slices, segments);
}

TEST_P(FlushAll, SeveralInARowAndWhatIsLeftIsFreedWithTheirObjects) {
  std::vector<std::unique_ptr<FlushedContents>> flushed;
  for (int round = 0; round < 3; ++round) {
    fill(1'000 * (round + 1), 300);
    flushed.push_back(flush_all());
  }
  flushed[1]->free_some(10);
  flushed.clear();
  now_ms_ += 10'000;
  sweep_all();
  EXPECT_EQ(shard_.stats().expired, 0u);
  EXPECT_EQ(budget_.used_bytes(), shard_.stats().used_bytes());
}

INSTANTIATE_TEST_SUITE_P(Policies, FlushAll, ::testing::ValuesIn(kPolicyKinds),
                         [](const ::testing::TestParamInfo<PolicyKind>& kind) {
                           std::string name(policy_name(kind.param));
                           std::erase(name, '-');
                           return name;
                         });

class FlushAllOfTheStore : public ::testing::Test {
 protected:
  StatusCode set(int i, std::size_t value_bytes) {
    const std::string name = std::to_string(i);
    const std::string value(value_bytes, 'v');
    const Key key = store_.key(0, name);
    return store_.run(key, 1'000, [&](Shard& shard, Op& op) { return shard.set(key, {value, nullptr}, {}, op); });
  }

  static constexpr std::uint64_t kBytesMax = 64 << 20;
  ShardedStore store_{{.maxmemory_bytes = kBytesMax, .policy = PolicyKind::kNoEviction, .shards = 2, .hash_seed = 1}};
};

TEST_F(FlushAllOfTheStore, WritersGetTheRoomOfWhatWasFlushedThoughNobodyMaintains) {
  int stored = 0;
  while (set(stored, 2'000) == StatusCode::kOk) ++stored;
  for (int round = 0; round < 3; ++round) {
    store_.flush({}, 1'000);
    EXPECT_EQ(store_.size(0), 0u);
    EXPECT_GT(store_.stats().total.dead_bytes, kBytesMax / 2);
    EXPECT_EQ(store_.stats().used_bytes, store_.used_bytes());
    for (int i = 0; i < stored * 9 / 10; ++i) ASSERT_EQ(set(i, 2'000), StatusCode::kOk) << i;
    store_.check_invariants();
  }
}

TEST_F(FlushAllOfTheStore, ManyInARowTakeBoundedAddressSpaceAndAllComesBack) {
  const std::uint64_t empty_bytes = store_.used_bytes();
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 4'000; ++i) ASSERT_EQ(set(i, 100), StatusCode::kOk);
    store_.flush({}, 1'000);
    EXPECT_EQ(store_.size(0), 0u);
    store_.check_invariants();
  }
  while (store_.maintain(1'000, 100'000)) {
  }
  EXPECT_EQ(store_.stats().total.dead_bytes, 0u);
  EXPECT_EQ(store_.used_bytes(), empty_bytes);
}

TEST_F(FlushAllOfTheStore, MaintainFreesASliceAtATime) {
  for (int i = 0; i < 20'000; ++i) ASSERT_EQ(set(i, 2'000), StatusCode::kOk);
  store_.flush({}, 1'000);
  std::uint64_t before = store_.stats().total.dead_bytes;
  int calls = 0;
  while (before > 0) {
    const bool more = store_.maintain(1'000, 1'000);
    const std::uint64_t after = store_.stats().total.dead_bytes;
    ASSERT_TRUE(more || after == 0);
    ASSERT_LE(before - after, std::uint64_t{16} << 20);
    before = after;
    ++calls;
  }
  EXPECT_GT(calls, 1);
}

}  // namespace
}  // namespace larder
