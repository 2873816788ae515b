// WHAT: what a FLUSHALL has taken out of a shard: a log, an index and a policy that nobody looks into any more. They
// are freed in slices, by whoever calls free_some(), with no shard's lock; until then they stay charged to the budget.
//
// STRUCTURE: first the log, segment by segment: if there are blobs its records are walked to drop them, then its pages
// go back. Then the index, from its end. Last what is small, or cheap to free because its pages are gone.
//
// Not thread-safe: one caller at a time.
#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "larder/policy/eviction_policy.h"
#include "larder/store/budget.h"
#include "larder/store/hash_index.h"
#include "larder/store/segment_log.h"
#include "larder/store/shard_stats.h"

namespace larder {

class FlushedContents {
 public:
  // The one in force and, where it had not been given everything yet, the one before.
  using Policies = std::array<std::unique_ptr<EvictionPolicy>, 2>;

  // `charged` is what the budget still counts for them (its bytes; there are no items any more); `budget` must outlive
  // this.
  FlushedContents(SegmentLog&& log, HashIndex&& index, Policies&& policies, const ShardStats& charged, Budget& budget);
  // Frees what is left.
  ~FlushedContents();
  FlushedContents(const FlushedContents&) = delete;
  FlushedContents& operator=(const FlushedContents&) = delete;

  // Frees a slice: a record walked or two pages given back are a step of work, about 100 ns. False: nothing is left but
  // the object, whose destruction frees the address space.
  bool free_some(std::size_t work_max);
  // What is still charged; dead_bytes says it in one sum.
  const ShardStats& charged() const { return charged_; }

 private:
  // Walks the current segment, from where it stopped. False: `work` has reached `work_max`.
  bool drop_blobs(std::size_t& work, std::size_t work_max);
  void discard_segment();
  // Takes it off the charge and gives it back to the budget.
  void give_back(std::uint64_t& charged_bytes, std::uint64_t bytes);

  SegmentLog log_;
  HashIndex index_;
  Policies policies_;
  ShardStats charged_;
  Budget& budget_;
  SegmentLog::SegmentNumber segment_ = 1;
  std::uint32_t offset_ = 0;  // in it
};

}  // namespace larder
