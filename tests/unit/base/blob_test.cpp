#include "larder/base/blob.h"

#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "larder/base/allocation.h"
#include "larder/base/page_arena.h"

namespace larder {
namespace {

TEST(Blob, KeepsItsBytesUntilTheLastReferenceGoes) {
  BlobRef first = Blob::allocate(5);
  std::memcpy(first->data(), "hello", 5);
  const BlobRef second = first;
  first = BlobRef();
  EXPECT_FALSE(first);
  EXPECT_EQ(second->view(), "hello");
}

TEST(Blob, RawPointersGoBackThroughAdopt) {
  BlobRef ref = Blob::allocate(3);
  Blob* const raw = ref.release();
  EXPECT_FALSE(ref);
  const BlobRef shared = BlobRef::share(raw);
  const BlobRef adopted = BlobRef::adopt(raw);
  EXPECT_EQ(shared.get(), adopted.get());
}

class CountingCharge final : public BlobCharge {
 public:
  void give_back(std::size_t bytes) override { given_back += bytes; }
  std::size_t given_back = 0;
};

TEST(Blob, CommitsWhatIsAboutToBeFilledAndNoMore) {
  constexpr std::size_t kPages = 64;
  PageArena::of_process().release_warm();  // of other tests
  const BlobRef blob = Blob::allocate(kPages * kPageBytes);
  const auto resident = [&] {
    std::vector<unsigned char> pages(kPages);
    EXPECT_EQ(mincore(blob->data(), kPages * kPageBytes, pages.data()), 0);
    return std::count_if(pages.begin(), pages.end(), [](unsigned char page) { return (page & 1) != 0; });
  };
  EXPECT_EQ(resident(), 0);
  blob->commit(3 * kPageBytes - 1);
  EXPECT_EQ(resident(), 3);
  blob->commit(kPageBytes);
  blob->commit(10 * kPageBytes);
  EXPECT_EQ(resident(), 10);
}

TEST(Blob, WhatWasWrittenStaysWarmAndNoMore) {
  PageArena& arena = PageArena::of_process();
  arena.release_warm();
  const BlobRef source = Blob::allocate(3 << 20);
  std::memset(source->data(), 'c', source->size());
  BlobRef blob = Blob::allocate(64 << 20);
  blob->write(0, "ab");
  blob->write(2, source->view());
  EXPECT_EQ(blob->view().substr(0, 4), "abcc");
  EXPECT_EQ(blob->view()[(3 << 20) + 1], 'c');
  blob = {};
  EXPECT_EQ(arena.warm_bytes(), (3 << 20) + kPageBytes);
  arena.release_warm();
}

TEST(Blob, KnowsWhetherOthersReferToIt) {
  const BlobRef first = Blob::allocate(3);
  EXPECT_FALSE(first->is_shared());
  BlobRef second = first;
  EXPECT_TRUE(first->is_shared());
  second = {};
  EXPECT_FALSE(first->is_shared());
}

TEST(Blob, TellsTheChargeThatWasLeftOnItWhenTheLastReferenceGoes) {
  const auto charge = std::make_shared<CountingCharge>();
  BlobRef first = Blob::allocate(100'000);
  BlobRef second = first;
  first->leave_charge(charge);
  first = {};
  EXPECT_EQ(charge->given_back, 0u);
  std::thread([&] { second = {}; }).join();
  EXPECT_EQ(charge->given_back, Blob::footprint_bytes(100'000));
  EXPECT_EQ(charge.use_count(), 1);
}

TEST(Blob, AssigningToItselfIsHarmless) {
  BlobRef ref = Blob::allocate(1);
  const BlobRef& same = ref;
  ref = same;
  EXPECT_TRUE(ref);
}

TEST(Blob, ReferencesMayBeDroppedByAnyThread) {
  BlobRef blob = Blob::allocate(100);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([mine = blob] {
      for (int round = 0; round < 10'000; ++round) {
        const BlobRef copy = mine;
        ASSERT_EQ(copy->size(), 100u);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(blob->size(), 100u);
}

TEST(AllocationBytes, CountsHeaderRoundingAndPages) {
  EXPECT_EQ(allocation_bytes(1), 32u);
  EXPECT_EQ(allocation_bytes(24), 32u);
  EXPECT_EQ(allocation_bytes(25), 48u);
  EXPECT_EQ(allocation_bytes(kMapThresholdBytes), kMapThresholdBytes + 4096);
}

TEST(AllocationBytes, TheWholeOfABlockMayBeAskedForAtTheSamePrice) {
  for (std::size_t size = 1; size < 2 * kMapThresholdBytes; ++size) {
    const std::size_t taken = allocation_bytes(size);
    const std::size_t whole = allocation_request_bytes(taken);
    ASSERT_GE(whole, size);
    ASSERT_EQ(allocation_bytes(whole), taken) << size;
  }
}

#ifndef LARDER_SANITIZED  // whose allocators have rules of their own
TEST(AllocationBytes, IsWhatTheAllocatorTakes) {
  for (std::size_t size = 1; size < 2 * kMapThresholdBytes; size += 1 + size / 7) {
    void* const block = std::malloc(size);
    const std::size_t header = allocation_bytes(size) >= kMapThresholdBytes ? 16 : 8;
    const std::size_t taken = malloc_usable_size(block) + header;
    EXPECT_GE(taken, allocation_bytes(size)) << size;
    // A remainder too small to be a block of its own stays with the block before it.
    EXPECT_LE(taken, allocation_bytes(size) + 16) << size;
    EXPECT_LE(allocation_bytes(size), size + kPageBytes + kMappedHeaderBytes);
    std::free(block);
  }
}
#endif

TEST(Blob, AnAliasHasTheSameBytesAndACountOfItsOwn) {
  BlobRef memory = Blob::allocate(8);
  std::memcpy(memory->data(), "larder!!", 8);
  const BlobRef alias = Blob::alias(memory);
  memory = {};
  EXPECT_FALSE(alias->is_shared());
  EXPECT_EQ(alias->view(), "larder!!");
}

}  // namespace
}  // namespace larder
