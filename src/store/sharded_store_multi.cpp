// What ShardedStore does under the locks of several shards: writes to several keys, and transactions. All locks are
// taken in ascending order, and the room is there before anything is changed.
#include <algorithm>
#include <numeric>

#include "larder/base/check.h"
#include "larder/base/limits.h"
#include "larder/store/sharded_store.h"

namespace larder {

namespace {

// How many items one multi-key write evicts to settle what it overdrew; maintain() does the rest.
constexpr std::size_t kSettleItemsMax = 2 * limits::kOverdrawBytesMax / 64;

}  // namespace

ShardedStore::ShardNumbers ShardedStore::shards_of(std::span<const Key> keys) const {
  ShardNumbers numbers;
  numbers.reserve(keys.size());
  for (const Key& key : keys) numbers.push_back(hash_shard(key.hash, shard_bits_));
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

std::size_t ShardedStore::existing(std::span<const Key> keys, TimeMs now_ms) NO_LOCK_ANALYSIS {
  return static_cast<std::size_t>(std::count_if(keys.begin(), keys.end(), [&](const Key& key) NO_LOCK_ANALYSIS {
    return slot_of(key.hash).shard.contains(key, now_ms);
  }));
}

// What the indexes of the shards may grow by if every key is new there.
std::size_t ShardedStore::index_growth_bytes_max(std::span<const Key> keys,
                                                 const ShardNumbers& numbers) NO_LOCK_ANALYSIS {
  std::vector<std::size_t> inserts(numbers.size());
  for (const Key& key : keys) {
    const auto place = std::lower_bound(numbers.begin(), numbers.end(), hash_shard(key.hash, shard_bits_));
    ++inserts[static_cast<std::size_t>(place - numbers.begin())];
  }
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) bytes += slots_[numbers[i]]->shard.growth_bytes_max(inserts[i]);
  return bytes;
}

std::int64_t ShardedStore::lock_all(const ShardNumbers& ascending, HoldKind kind) NO_LOCK_ANALYSIS {
  for (const std::uint32_t number : ascending) slots_[number]->mutex.lock();
  // Without its wait for the others' locks, during which it holds the first.
  return ascending.empty() ? kNotTimed : begin_hold(*slots_[ascending.front()], kind);
}

void ShardedStore::unlock_all(const ShardNumbers& ascending, HoldKind kind, std::int64_t begin_ns) NO_LOCK_ANALYSIS {
  if (!ascending.empty()) end_hold(*slots_[ascending.front()], kind, begin_ns);
  bool page_work = false;
  for (const std::uint32_t number : ascending) {
    publish(*slots_[number]);
    page_work = page_work || slots_[number]->shard.wants_page_work();
    slots_[number]->mutex.unlock();
  }
  if (!page_work) return;
  for (const std::uint32_t number : ascending) {
    std::optional<PageWork> pages;
    {
      LockGuard lock(slots_[number]->mutex);
      if (slots_[number]->shard.wants_page_work()) pages = slots_[number]->shard.begin_page_work();
    }
    do_page_work(*slots_[number], std::move(pages));
  }
}

RoomNeeded ShardedStore::room_for(std::span<const Key> stored, const ShardNumbers& numbers, RoomNeeded room,
                                  TimeMs now_ms) {
  RoomNeeded wanted = room.beyond({0, room.items == 0 ? 0 : existing(stored, now_ms)});
  wanted.bytes += index_growth_bytes_max(stored, numbers);
  return wanted;
}

StatusCode ShardedStore::run_locked_all(const ShardNumbers& ascending, HoldKind kind, TimeMs now_ms, Reservation* held,
                                        const std::function<RoomNeeded()>& wanted,
                                        const std::function<StatusCode(Op&)>& body, PreparedFlush* flush) {
  Events events(wanted_events_);
  StatusCode status = StatusCode::kOutOfMemory;
  {
    Reservation reservation(budget_, {}, Reservation::Purpose::kMultiWrite);
    if (held != nullptr) reservation.take_over(*held);
    Op op{now_ms, events, &reservation, {}};
    for (int attempt = 1;; ++attempt) {
      const std::int64_t begin_ns = lock_all(ascending, kind);
      // Room may have been made of the very keys that were there; then they need an item after all, and it is made
      // again.
      const RoomNeeded missing = wanted().beyond(reservation.held());
      bool ready = missing.none();
      if (!ready && budget_.try_take(missing)) {
        reservation.add(missing);
        ready = true;
      }
      if (ready) status = body(op);
      unlock_all(ascending, kind, begin_ns);
      if (flush != nullptr) keep_flushed(*flush);
      if (ready || attempt == kRoomAttemptsMax || !make_room(missing, reservation, now_ms, events)) break;
    }
  }
  if (status == StatusCode::kNeedsRoom) status = StatusCode::kOutOfMemory;
  settle_excess(kSettleItemsMax, now_ms, events);
  deliver(events);
  return status;
}

StatusCode ShardedStore::run_multi(std::span<const Key> keys, RoomNeeded room, TimeMs now_ms,
                                   const std::function<StatusCode(MultiAccess&)>& body, Reservation* held) {
  const ShardNumbers numbers = shards_of(keys);
  const auto wanted = [&] { return room_for(keys, numbers, room, now_ms); };
  const auto run_body = [&](Op& op) {
    MultiAccess access(*this, op);
    return body(access);
  };
  HeldShards* const mine = HeldShards::of(*this);
  if (mine == nullptr) return run_locked_all(numbers, HoldKind::kSeveralKeys, now_ms, held, wanted, run_body);
  LARDER_CHECK(std::all_of(numbers.begin(), numbers.end(), [&](std::uint32_t number) { return mine->has(number); }));
  Op op = mine->operation(now_ms);
  if (held != nullptr) op.reservation->take_over(*held);
  if (!mine->secure(budget_, wanted())) return StatusCode::kOutOfMemory;
  const StatusCode status = run_body(op);
  return status == StatusCode::kNeedsRoom ? StatusCode::kOutOfMemory : status;
}

// --- Transactions ---

ShardedStore::ShardNumbers ShardedStore::all_shards() const {
  ShardNumbers numbers(slots_.size());
  std::iota(numbers.begin(), numbers.end(), 0u);
  return numbers;
}

ShardedStore::ValueBytes ShardedStore::value_bytes_of(std::span<const Key> keys, TimeMs now_ms) NO_LOCK_ANALYSIS {
  ValueBytes bytes;
  for (const Key& key : keys) {
    const auto item = slot_of(key.hash).shard.inspect(key, now_ms);
    if (!item) continue;
    const std::size_t its_bytes = Shard::item_bytes_max(0, item->value.size(), item->tags);
    bytes.sum += its_bytes;
    bytes.max = std::max(bytes.max, its_bytes);
  }
  return bytes;
}

StatusCode ShardedStore::run_exclusive(const Exclusive& needs, TimeMs now_ms, const std::function<void()>& body) {
  const ShardNumbers numbers = needs.all_shards ? all_shards() : shards_of(needs.keys);
  const auto wanted = [&] {
    std::size_t bytes = needs.room_bytes + value_bytes_of(needs.copied, now_ms).sum;
    // A value that is made anew may by then have grown by all that the transaction stores.
    if (!needs.rewritten.empty()) bytes += value_bytes_of(needs.rewritten, now_ms).max + needs.room_bytes;
    return room_for(needs.stored, numbers, {bytes, needs.stored.size()}, now_ms);
  };
  PreparedFlush flush;
  const bool flushes = needs.flushes_all && begin_flush_all();
  if (flushes) flush.empty = empty_for_all();
  const auto run_body = [&](Op& op) {
    const HeldShards held(*this, numbers, op, flush);
    body();
    return StatusCode::kOk;
  };
  const StatusCode status = run_locked_all(numbers, HoldKind::kTransaction, now_ms, nullptr, wanted, run_body, &flush);
  if (flushes) end_flush_all();
  return status;
}

}  // namespace larder
