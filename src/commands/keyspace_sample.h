// What is in the cache, from a look at some of it: the index is in the order of the keys' hashes, so a stretch of it
// from anywhere on is a fair sample of all items. Of a small keyspace it is everything.
//
// It takes a few milliseconds of the thread that asks, and holds a shard for some items at a time. Nothing is kept
// between two looks, and nothing is paid for where nobody looks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "larder/base/clock.h"
#include "larder/stats/histogram.h"
#include "larder/store/sharded_store.h"

namespace larder {

struct PrefixContents {
  std::string prefix;
  Database database = 0;
  // Of all items, estimated.
  double items = 0;
  double bytes = 0;  // keys and values
};

struct KeyspaceSample {
  std::uint64_t looked_at = 0;
  double scale = 1;  // how many items each of them stands for: 1 where all were looked at
  // Of those that were looked at.
  HistogramSnapshot key_bytes;
  HistogramSnapshot value_bytes;
  HistogramSnapshot ttl_ms;                              // of those that expire
  HistogramSnapshot idle_ms;                             // since the last use; empty where the policy does not know
  std::unordered_map<KeyHash, PrefixContents> prefixes;  // by hash_of_prefix()
};

struct KeyspaceSampleOptions {
  std::uint64_t seed = 0;      // where to begin
  std::string_view delimiter;  // empty: no prefixes
};
// Thread-safe; no shard is locked.
KeyspaceSample sample_keyspace(ShardedStore& store, TimeMs now_ms, const KeyspaceSampleOptions& options);

}  // namespace larder
