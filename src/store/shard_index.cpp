#include "larder/store/shard_index.h"

#include <algorithm>
#include <utility>

#include "larder/base/allocation.h"
#include "larder/base/check.h"
#include "larder/base/hash.h"
#include "store/item.h"

namespace larder {

ShardIndex::ShardIndex(int shard_bits) : shard_bits_(shard_bits), level_max_(kScanCursorBits - 1 - shard_bits) {
  add_directory(coarse_, level_);
  add_segment(coarse_, level_, 0);
}

std::size_t ShardIndex::segment_buckets(int level) {
  return std::min(kSegmentBuckets, std::size_t{1} << level);
}

std::size_t ShardIndex::segment_bytes(int level) {
  return allocation_bytes(segment_buckets(level) * sizeof(Item*));
}

std::size_t ShardIndex::directory_bytes(int level) {
  return allocation_bytes((std::size_t{1} << level) / segment_buckets(level) * sizeof(Table::value_type));
}

void ShardIndex::add_directory(Table& table, int level) {
  table = Table((std::size_t{1} << level) / segment_buckets(level));
  bytes_ += directory_bytes(level);
}

void ShardIndex::drop_directory(Table& table, int level) {
  table = Table();
  bytes_ -= directory_bytes(level);
}

void ShardIndex::add_segment(Table& table, int level, std::uint64_t bucket) {
  table[bucket >> kSegmentBits] = std::make_unique<Item*[]>(segment_buckets(level));
  bytes_ += segment_bytes(level);
}

void ShardIndex::drop_segment(Table& table, int level, std::uint64_t bucket) {
  table[bucket >> kSegmentBits].reset();
  bytes_ -= segment_bytes(level);
}

std::uint64_t ShardIndex::position_of(const Item& item) const {
  return hash_position(item.hash, shard_bits_);
}

Item** ShardIndex::find(const Key& key) const {
  for (Item** link = head(hash_position(key.hash, shard_bits_)); *link != nullptr; link = &(*link)->next) {
    if ((*link)->is(key)) return link;
  }
  return nullptr;
}

Item** ShardIndex::link_of(const Item& item) const {
  Item** link = head(position_of(item));
  while (*link != &item) link = &(*link)->next;
  return link;
}

void ShardIndex::insert(Item& item) {
  Item** const link = head(position_of(item));
  item.next = *link;
  *link = &item;
}

ShardIndex::Bucket ShardIndex::bucket_at(std::uint64_t position) const {
  const std::uint64_t fine = position >> (63 - level_);
  const bool is_split = (fine >> 1) < split_;
  const std::uint64_t number = is_split ? fine : fine >> 1;
  const int bits = is_split ? level_ + 1 : level_;
  const std::uint64_t width = std::uint64_t{1} << (64 - bits);
  const std::uint64_t begin = number << (64 - bits);
  return {head(position), begin, begin + width};
}

std::size_t ShardIndex::growth_bytes() const {
  std::size_t bytes = 0;
  if (split_ == 0) bytes += directory_bytes(level_ + 1);
  if (2 * split_ % segment_buckets(level_ + 1) == 0) bytes += segment_bytes(level_ + 1);
  return bytes;
}

// Every insertion splits one bucket at most, into two new slots; segments and directories come whole. What is dropped
// on the way counts for nothing.
std::size_t ShardIndex::growth_bytes_max(std::size_t inserts, std::size_t items) const {
  if (inserts == 0 || items + inserts <= buckets()) return 0;
  std::size_t bytes = 2 * inserts / kSegmentBuckets * segment_bytes(level_max_);
  for (int level = level_ + 1; level <= level_max_; ++level) {
    bytes += directory_bytes(level) + 2 * segment_bytes(level);
    if (std::size_t{1} << level > items + inserts) break;
  }
  return bytes;
}

void ShardIndex::grow() {
  const std::uint64_t low = 2 * split_;
  if (split_ == 0) add_directory(fine_, level_ + 1);
  if (low % segment_buckets(level_ + 1) == 0) add_segment(fine_, level_ + 1, low);

  Item* item = std::exchange(*slot(coarse_, split_), nullptr);
  while (item != nullptr) {
    Item** const target = slot(fine_, position_of(*item) >> (63 - level_));
    Item* const next = std::exchange(item->next, *target);
    *target = item;
    item = next;
  }

  ++split_;
  if (split_ % segment_buckets(level_) == 0) drop_segment(coarse_, level_, split_ - 1);
  if (split_ == std::uint64_t{1} << level_) {
    drop_directory(coarse_, level_);
    coarse_ = std::move(fine_);
    fine_ = Table();
    ++level_;
    split_ = 0;
  }
}

std::size_t ShardIndex::shrink_bytes() const {
  const int level = split_ == 0 ? level_ - 1 : level_;
  std::size_t bytes = 0;
  if (split_ == 0) bytes += directory_bytes(level);
  if (split_ % segment_buckets(level) == 0) bytes += segment_bytes(level);
  return bytes;
}

void ShardIndex::shrink() {
  if (split_ == 0) {
    --level_;
    split_ = std::uint64_t{1} << level_;
    fine_ = std::move(coarse_);
    add_directory(coarse_, level_);
  }
  if (split_ % segment_buckets(level_) == 0) add_segment(coarse_, level_, split_ - 1);
  --split_;

  const std::uint64_t low = 2 * split_;
  Item** tail = slot(coarse_, split_);
  for (const std::uint64_t half : {low, low + 1}) {
    *tail = std::exchange(*slot(fine_, half), nullptr);
    while (*tail != nullptr) tail = &(*tail)->next;
  }

  if (low % segment_buckets(level_ + 1) == 0) drop_segment(fine_, level_ + 1, low);
  if (split_ == 0) drop_directory(fine_, level_ + 1);
}

std::size_t ShardIndex::check_invariants() const {
  std::size_t items = 0;
  std::size_t buckets_seen = 0;
  std::uint64_t position = 0;
  do {
    const Bucket bucket = bucket_at(position);
    LARDER_CHECK(bucket.begin == position);
    for (const Item* item = *bucket.head; item != nullptr; item = item->next) {
      LARDER_CHECK(position_of(*item) - bucket.begin < bucket.end - bucket.begin);
      ++items;
    }
    ++buckets_seen;
    position = bucket.end;
  } while (position != 0);
  LARDER_CHECK(buckets_seen == buckets());

  std::size_t bytes = directory_bytes(level_) + (split_ > 0 ? directory_bytes(level_ + 1) : 0);
  for (const auto& segment : coarse_) bytes += segment ? segment_bytes(level_) : 0;
  for (const auto& segment : fine_) bytes += segment ? segment_bytes(level_ + 1) : 0;
  LARDER_CHECK(bytes == bytes_);
  return items;
}

}  // namespace larder
