#include "larder/store/flushed_contents.h"

#include <algorithm>
#include <utility>

namespace larder {

namespace {

constexpr std::size_t kPagesPerStep = 2;
constexpr std::size_t kIndexBytesPerSlice = 64 * 1024;

constexpr std::size_t steps_for(std::size_t bytes) {
  return bytes / kPageBytes / kPagesPerStep + 1;
}

}  // namespace

FlushedContents::FlushedContents(SegmentLog&& log, HashIndex&& index, Policies&& policies, const ShardStats& charged,
                                 Budget& budget)
    : log_(std::move(log)),
      index_(std::move(index)),
      policies_(std::move(policies)),
      charged_{.item_bytes = charged.item_bytes,
               .slack_bytes = charged.slack_bytes,
               .blob_bytes = charged.blob_bytes,
               .index_bytes = charged.index_bytes,
               .dead_bytes = charged.used_bytes(),
               .policy_bytes = charged.policy_bytes,
               .overhead_bytes = charged.overhead_bytes,
               .log_bytes = charged.log_bytes},
      budget_(budget) {}

FlushedContents::~FlushedContents() {
  while (free_some(std::size_t(-1))) {
  }
}

void FlushedContents::give_back(std::uint64_t& charged_bytes, std::uint64_t bytes) {
  const std::uint64_t given = std::min(charged_bytes, bytes);
  charged_bytes -= given;
  charged_.dead_bytes -= given;
  budget_.give_back({static_cast<std::size_t>(given), 0});
}

bool FlushedContents::drop_blobs(std::size_t& work, std::size_t work_max) {
  while (charged_.blob_bytes > 0) {
    const Location next = log_.next_live(segment_, offset_);
    if (next == kNowhere) return true;
    if (work >= work_max) return false;
    ++work;
    const ItemRef record = log_.item(next);
    offset_ += static_cast<std::uint32_t>(record.record_bytes());
    if (!record.has_blob()) continue;
    const BlobRef last = BlobRef::adopt(record.blob());
    const std::size_t bytes = record.total_bytes() - record.record_bytes();
    if (!last->is_shared()) {
      give_back(charged_.blob_bytes, bytes);
      continue;
    }
    // Somebody still reads it: its charge goes with it.
    charged_.blob_bytes -= bytes;
    charged_.dead_bytes -= bytes;
    budget_.pin(*last.get());
  }
  return true;
}

void FlushedContents::discard_segment() {
  // Each of the segments that are left stands for as much of what the items were charged.
  const std::uint64_t left = log_.segments_end() - segment_;
  log_.discard(segment_);
  give_back(charged_.item_bytes, charged_.item_bytes / left);
  give_back(charged_.slack_bytes, charged_.slack_bytes / left);
  charged_.log_bytes -= std::min<std::uint64_t>(charged_.log_bytes, log_.segment_bytes());
  ++segment_;
  offset_ = 0;
}

bool FlushedContents::free_some(std::size_t work_max) {
  std::size_t work = 0;
  while (segment_ < log_.segments_end()) {
    if (work >= work_max || !drop_blobs(work, work_max)) return true;
    discard_segment();
    work += steps_for(log_.segment_bytes());
  }
  while (const std::size_t discarded = index_.discard(kIndexBytesPerSlice)) {
    give_back(charged_.index_bytes, discarded);
    work += steps_for(discarded);
    if (work >= work_max) return true;
  }
  policies_ = {};
  for (std::uint64_t* bytes : {&charged_.item_bytes, &charged_.slack_bytes, &charged_.blob_bytes, &charged_.index_bytes,
                               &charged_.policy_bytes, &charged_.overhead_bytes}) {
    give_back(*bytes, *bytes);
  }
  charged_.log_bytes = 0;
  return false;
}

}  // namespace larder
