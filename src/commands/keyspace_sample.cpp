#include "commands/keyspace_sample.h"

#include <algorithm>
#include <vector>

#include "commands/keyspace_walk.h"
#include "larder/base/limits.h"
#include "larder/policy/policy_kind.h"
#include "larder/stats/traffic_sample.h"

namespace larder {

namespace {

// What is carried out from under a shard's lock.
struct SeenItem {
  Database database = 0;
  std::size_t key_bytes = 0;
  std::size_t value_bytes = 0;
  TimeMs expire_at_ms = kNoExpiry;
  std::int64_t idle_ms = 0;
};

class Look {
 public:
  Look(KeyspaceSample& sample, ShardedStore& store, TimeMs now_ms, std::string_view delimiter)
      : sample_(sample), now_ms_(now_ms), delimiter_(delimiter), knows_idle_(tracks_idle_time(store.policy())) {}

  // Under a shard's lock.
  void see(const ItemView& item) {
    seen_.push_back({item.database, item.key.size(), item.value.size(), item.expire_at_ms, item.idle_ms.value_or(0)});
    names_.add(item.key.substr(0, HeavyHitters::kNameBytesMax));
  }

  // Without it.
  void add_seen() {
    for (std::size_t i = 0; i < seen_.size(); ++i) add(seen_[i], names_[i]);
    sample_.looked_at += seen_.size();
    seen_.clear();
    names_.clear();
  }

 private:
  void add(const SeenItem& item, std::string_view name) {
    sample_.key_bytes.add(static_cast<std::int64_t>(item.key_bytes));
    sample_.value_bytes.add(static_cast<std::int64_t>(item.value_bytes));
    if (item.expire_at_ms != kNoExpiry) sample_.ttl_ms.add(item.expire_at_ms - now_ms_);
    if (knows_idle_) sample_.idle_ms.add(item.idle_ms);
    if (delimiter_.empty()) return;
    const std::string_view prefix = prefix_of(name, delimiter_);
    PrefixContents& contents = sample_.prefixes[hash_of_prefix(item.database, prefix)];
    if (contents.items == 0) {
      contents.prefix = prefix;
      contents.database = item.database;
    }
    contents.items += 1;
    contents.bytes += static_cast<double>(item.key_bytes + item.value_bytes);
  }

  KeyspaceSample& sample_;
  const TimeMs now_ms_;
  const std::string_view delimiter_;
  const bool knows_idle_;
  std::vector<SeenItem> seen_;
  KeyList names_;
};

}  // namespace

KeyspaceSample sample_keyspace(ShardedStore& store, TimeMs now_ms, const KeyspaceSampleOptions& options) {
  constexpr std::uint64_t kEnd = 1ULL << kScanCursorBits;
  KeyspaceSample sample;
  Look look(sample, store, now_ms, options.delimiter);
  const std::uint64_t begin = hash_to_cursor(mix_bits(options.seed));
  std::uint64_t cursor = begin;
  std::uint64_t walked = 0;     // of kEnd
  bool is_second_part = false;  // from the first hash to where it began
  WorkBudget left{.items_max = limits::kSampledItemsMax, .buckets_max = limits::kSampledBucketsMax};
  while (walked < kEnd && left.items_max > 0 && left.buckets_max > 0) {
    cursor = store.scan_slice(cursor, left, now_ms, [&](const ItemView& item) {
      if (!is_second_part || hash_to_cursor(item.hash) < begin) look.see(item);
    });
    look.add_seen();
    const std::uint64_t to = cursor == 0 ? kEnd : cursor;
    walked = is_second_part ? kEnd - begin + std::min(to, begin) : to - begin;
    if (cursor == 0) is_second_part = true;
  }
  sample.scale = static_cast<double>(kEnd) / static_cast<double>(walked);
  for (auto& [hash, contents] : sample.prefixes) {
    contents.items *= sample.scale;
    contents.bytes *= sample.scale;
  }
  return sample;
}

}  // namespace larder
