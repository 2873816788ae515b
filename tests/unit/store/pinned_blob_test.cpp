// Blobs that leave the store while somebody still reads them: charged until the last reader is done.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "larder/store/sharded_store.h"

namespace larder {
namespace {

constexpr std::uint64_t kMaxmemory = 8 << 20;
constexpr std::size_t kValueBytes = 1 << 20;
const std::size_t kFootprint = Blob::footprint_bytes(kValueBytes);

class PinnedBlobTest : public ::testing::Test {
 protected:
  void make(StoreOptions options = {.maxmemory_bytes = kMaxmemory, .shards = 4}) {
    options.hash_seed = 42;
    store_ = std::make_unique<ShardedStore>(options);
  }
  ~PinnedBlobTest() override {
    if (!store_) return;
    expect_exact();
    EXPECT_EQ(pinned(), 0u);
  }
  void expect_exact() {
    store_->check_invariants();
    EXPECT_EQ(store_->used_bytes(), store_->stats().total.used_bytes() + pinned());
  }
  StatusCode set(const std::string& name, std::string_view value) {
    const Key key = store_->key(0, name);
    ++now_ms_;
    return store_->run(key, now_ms_, [&](Shard& shard, Op& op) { return shard.set(key, {value}, {}, op); });
  }
  StatusCode set_large(const std::string& name) { return set(name, std::string(kValueBytes, 'v')); }
  // As a reply that is being sent holds it. Counts as no use.
  BlobRef read(const std::string& name) {
    const Key key = store_->key(0, name);
    BlobRef blob;
    store_->run(key, now_ms_, [&](Shard& shard, Op& op) {
      if (const auto item = shard.get(key, Touch::kNo, op)) blob = BlobRef::share(item->blob);
      return StatusCode::kOk;
    });
    return blob;
  }
  void erase(const std::string& name) {
    const Key key = store_->key(0, name);
    store_->run(key, now_ms_, [&](Shard& shard, Op& op) {
      shard.erase(key, op);
      return StatusCode::kOk;
    });
  }
  std::uint64_t pinned() { return store_->stats().pinned_bytes; }

  TimeMs now_ms_ = 1'000;
  std::unique_ptr<ShardedStore> store_;
};

TEST_F(PinnedBlobTest, ADeletedOneStaysChargedUntilItsReaderIsDone) {
  make();
  const std::uint64_t used = store_->used_bytes();
  ASSERT_EQ(set_large("k"), StatusCode::kOk);
  BlobRef reader = read("k");
  BlobRef second = reader;
  erase("k");
  EXPECT_EQ(pinned(), kFootprint);
  EXPECT_GE(store_->used_bytes(), used + kFootprint);
  expect_exact();
  reader = {};
  EXPECT_EQ(pinned(), kFootprint);
  std::thread([&] { second = {}; }).join();
  EXPECT_EQ(pinned(), 0u);
  EXPECT_LT(store_->used_bytes(), used + kFootprint);
}

TEST_F(PinnedBlobTest, OneThatNobodyReadsIsFreeAtOnce) {
  make();
  ASSERT_EQ(set_large("k"), StatusCode::kOk);
  erase("k");
  EXPECT_EQ(pinned(), 0u);
}

TEST_F(PinnedBlobTest, AReplacedOneIsChargedBesideTheOneInItsPlace) {
  make();
  ASSERT_EQ(set_large("k"), StatusCode::kOk);
  const std::uint64_t used = store_->used_bytes();
  BlobRef reader = read("k");
  ASSERT_EQ(set_large("k"), StatusCode::kOk);
  EXPECT_EQ(pinned(), kFootprint);
  EXPECT_EQ(store_->used_bytes(), used + kFootprint);
  BlobRef of_second = read("k");
  ASSERT_EQ(set("k", "small"), StatusCode::kOk);
  EXPECT_EQ(pinned(), 2 * kFootprint);
  expect_exact();
}

TEST_F(PinnedBlobTest, OthersAreEvictedForIt) {
  make();
  BlobRef reader;
  for (int i = 0; i < 7; ++i) {
    ASSERT_EQ(set_large(std::to_string(i)), StatusCode::kOk);
    if (i == 0) reader = read("0");
  }
  // "0" is the coldest, but gives no room: "1" goes as well.
  ASSERT_EQ(set_large("new"), StatusCode::kOk);
  EXPECT_FALSE(read("0"));
  EXPECT_FALSE(read("1"));
  EXPECT_TRUE(read("2"));
  EXPECT_EQ(pinned(), kFootprint);
  EXPECT_LE(store_->used_bytes(), store_->budget().bytes_max());
  expect_exact();
}

TEST_F(PinnedBlobTest, WhereAllIsReadAWriteIsRefused) {
  make();
  std::vector<BlobRef> readers;
  for (int i = 0; i < 7; ++i) {
    ASSERT_EQ(set_large(std::to_string(i)), StatusCode::kOk);
    readers.push_back(read(std::to_string(i)));
  }
  EXPECT_FALSE(store_->pins_too_much());
  EXPECT_EQ(set_large("new"), StatusCode::kOutOfMemory);
  EXPECT_TRUE(store_->pins_too_much());
  readers.pop_back();
  readers.pop_back();
  EXPECT_EQ(set_large("new"), StatusCode::kOk);
}

TEST_F(PinnedBlobTest, AFlushedOneIsChargedToo) {
  make();
  ASSERT_EQ(set_large("k"), StatusCode::kOk);
  BlobRef reader = read("k");
  store_->flush({}, now_ms_);
  while (store_->maintain(now_ms_, 1'000)) {
  }
  EXPECT_EQ(pinned(), kFootprint);
  expect_exact();
}

TEST_F(PinnedBlobTest, AReaderMayOutliveTheStore) {
  make();
  ASSERT_EQ(set_large("gone"), StatusCode::kOk);
  ASSERT_EQ(set_large("kept"), StatusCode::kOk);
  BlobRef of_gone = read("gone");
  BlobRef of_kept = read("kept");
  erase("gone");
  store_.reset();
  EXPECT_EQ(of_gone->view(), std::string(kValueBytes, 'v'));
  EXPECT_EQ(of_kept->view(), std::string(kValueBytes, 'v'));
}

TEST_F(PinnedBlobTest, ReadersOnManyThreadsLeaveNothingBehind) {
  make();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int round = 0; round < 200; ++round) {
        const std::string name = std::to_string((thread + round) % 5);
        const Key key = store_->key(0, name);
        BlobRef reader;
        store_->run(key, 1'000 + round, [&](Shard& shard, Op& op) {
          if (const auto item = shard.get(key, Touch::kYes, op)) reader = BlobRef::share(item->blob);
          return shard.set(key, {std::string(100'000, 'v')}, {}, op);
        });
        ASSERT_TRUE(!reader || reader->view().front() == 'v');
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace larder
