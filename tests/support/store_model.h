// WHAT: a plain std::map that a ShardedStore must agree with, and the random operations that are done to both. Used by
// the model tests with random numbers and by the fuzzer with its bytes. One thread.
//
// STRUCTURE: the model learns what happened from the store's events, in their order, and checks that each is possible:
// an eviction names an item that is there, is not dead and may be evicted under the policy; an expiry names one whose
// time has come, an invalidation one with a deleted tag; a write is the one under way. So every item that is lost is
// explained by exactly one event, and after every operation the store must count exactly the items that the model has.
//
// A walk with SCAN is always under way: what is there from its first call to its last is listed exactly once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "larder/store/sharded_store.h"
#include "support/choices.h"

namespace larder::test {

class StoreModel final : private EventListener {
 public:
  struct Options {
    std::uint32_t shards = 1;
    // Decides the size of the segments; the limit at the beginning.
    std::uint64_t maxmemory_bytes = 4 << 20;
    std::uint64_t maxitems = 0;
    PolicyKind policy = PolicyKind::kAllKeysLru;
    // Whether the limits and the policy change on the way.
    bool changes_limits = true;
    bool changes_policy = true;
    std::uint64_t seed = 0;
  };

  StoreModel(const Options& options, Choices& choices);
  ~StoreModel() override;

  // One operation on both, drawn as often as it is of use. False: they disagree, failure() says how.
  bool step();
  // The operation of that number, below kOperations.
  static constexpr std::size_t kOperations = 21;
  bool step(std::size_t number);
  // The whole keyspace, value by value, and the invariants. O(items).
  bool compare_all();
  const std::string& failure() const { return failure_; }
  std::string description() const;

 private:
  using Name = std::pair<Database, std::string>;
  struct Entry {
    std::string value;
    TimeMs expire_at_ms = kNoExpiry;
    TimeMs stale_at_ms = kNoExpiry;
    std::vector<TagHash> tags;
    bool invalidated = false;  // one of them was deleted
    std::uint64_t walk = 0;    // it has been there since this walk began
    std::uint32_t listed = 0;
  };
  // What an operation is about to change; the event must follow.
  struct Change {
    EventKind kind;
    Name name;
    std::string value;
    TimeMs expire_at_ms = kNoExpiry;
    bool keep_expiry = false;
    bool was_present = false;  // what the shard said before it
    TimeMs stale_at_ms = kNoExpiry;
    std::vector<TagHash> tags = {};
    bool keep_tags = false;
  };
  struct HeldLease {
    Name name;
    LeaseToken token = kNoLease;
    TimeMs ends_ms = 0;
    bool good = true;  // nothing has ended it yet but, perhaps, its time
  };
  struct Operation {
    void (StoreModel::*run)();
    const char* name;
    std::uint64_t weight;
  };
  static const std::array<Operation, kOperations> kAllOperations;
  // What is drawn from for a while, so that the store fills, is rewritten and empties in turns.
  struct Season {
    std::uint64_t names = 0;
    std::uint64_t small_bytes_max = 0;
    std::uint64_t medium_bytes_max = 0;
    std::uint64_t large_in_ten_thousand = 0;
    std::uint64_t erasures = 0;
    std::uint64_t expiring_percent = 0;
    TimeMs ttl_ms_max = 0;
  };

  // --- Choices ---
  std::uint64_t below(std::uint64_t bound) { return choices_.below(bound); }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  bool percent(std::uint64_t share) { return below(100) < share; }
  Name any_name();
  std::string any_value(const Name& name);
  TimeMs any_expiry();
  TagHash any_tag(Database database);
  // For a set() now and then; views `tags`.
  ItemExtras any_extras(Database database, std::vector<TagHash>& tags);
  void begin_season();

  // --- Events ---
  EventMask mask() const override { return ~EventMask{0}; }
  void on_events(std::span<const Event> events) override;
  void on_event(const Event& event);
  void on_loss(const Event& event);
  void on_change(const Event& event);
  void on_flush(Database database);
  void on_tag_deleted(const Event& event);
  void expect(Change change) { expected_.push_back(std::move(change)); }

  // --- Operations ---
  void set();
  void get();
  void rewrite();
  void get_and_delete();
  void erase();
  void erase_now_and_then();
  void set_expiry();
  void write_several();
  void random_item();
  void flush();
  void walk_on();
  void maintain();
  void maintain_all();
  void pass_time();
  void look_at_pinned();
  void change_limits();
  void change_policy();
  void change_active_expiry();
  void delete_tag();
  void fetch();
  void redeem();
  // Whatever changed the key has ended its lease.
  void end_lease(const Name& name);

  StatusCode store_value(Shard& shard, Op& op, const Name& name, std::string_view value, const SetOptions& options,
                         EventName event);
  bool erase_value(Shard& shard, Op& op, const Name& name);
  StatusCode store_expiry(Shard& shard, Op& op, const Name& name, TimeMs expire_at_ms);
  // After a write: whether `status` is one that it may have.
  void check_write_status(StatusCode status, std::size_t value_bytes, std::size_t keys);
  void check_item(const ItemView& item);
  void check_extras(const Name& name, TimeMs stale_at_ms, const std::vector<TagHash>& tags);
  void begin_walk();
  void end_walk();
  void check_after_step();

  // --- The oracle ---
  Key key(const Name& name) const { return store_->key(name.first, name.second); }
  Entry* find(const Name& name);
  // Null as well if it is dead.
  Entry* find_live(const Name& name);
  bool expired(const Entry& entry) const { return entry.expire_at_ms != kNoExpiry && entry.expire_at_ms <= now_ms_; }
  bool dead(const Entry& entry) const { return entry.invalidated || expired(entry); }
  Entry& put(const Name& name, std::string value, TimeMs expire_at_ms);
  void take_out(std::map<Name, Entry>::iterator entry);
  void change_expiry(Entry& entry, TimeMs expire_at_ms);
  void fail(const std::string& what);

  static constexpr int kDatabases = 3;

  const Options options_;
  Choices& choices_;
  std::unique_ptr<ShardedStore> store_;
  TimeMs now_ms_;
  PolicyKind policy_;
  bool active_expiry_ = true;
  Season season_;
  std::uint64_t values_made_ = 0;

  std::map<Name, Entry> entries_;
  std::uint64_t counts_[kDatabases] = {};
  std::uint64_t with_expiry_ = 0;
  std::uint64_t data_bytes_ = 0;

  std::deque<HeldLease> leases_;
  std::deque<Change> expected_;
  std::vector<std::uint64_t> last_sequence_;  // by shard
  std::uint64_t walk_ = 0;
  std::uint64_t walk_cursor_ = 0;
  // Blobs that a slow reader still holds, and what must be in them.
  std::deque<std::pair<BlobRef, std::string>> pinned_;
  std::uint64_t excess_allowed_ = 0;
  // What items that still have to go over to a new policy may grow by.
  std::uint64_t growth_by_policy_ = 0;

  std::uint64_t steps_ = 0;
  const char* doing_ = "";
  std::uint64_t evicted_ = 0;
  std::uint64_t expired_ = 0;
  std::uint64_t invalidated_ = 0;
  std::uint64_t redeemed_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t walks_ = 0;
  std::string failure_;
};

}  // namespace larder::test
