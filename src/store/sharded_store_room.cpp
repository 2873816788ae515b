// How ShardedStore makes room, and the writes to several keys that need it beforehand. Room is always made with no
// shard locked by this thread, and what is freed goes straight into the reservation that waits for it.
#include <algorithm>
#include <thread>
#include <utility>

#include "larder/base/limits.h"
#include "larder/store/sharded_store.h"

namespace larder {

namespace {

// How often a victim is looked for again because the one that was published had been used meanwhile.
constexpr int kVictimTriesMax = 8;
// How often the last resort finds nothing to evict, with nobody else holding room, before it gives up.
constexpr int kFruitlessTriesMax = 3;
// How many visits one multi-key write spends on settling what it overdrew; maintain() does the rest.
constexpr std::size_t kSettleVisitsMax = 2 * limits::kOverdrawBytesMax / (limits::kEvictItemsPerVisit * 64);

}  // namespace

bool ShardedStore::could_ever_fit(RoomNeeded room) const {
  const std::uint64_t bytes_max = budget_.bytes_max();
  const std::uint64_t items_max = budget_.items_max();
  return (bytes_max == 0 || room.bytes + fixed_bytes_ <= bytes_max) && (items_max == 0 || room.items <= items_max);
}

bool ShardedStore::make_room(RoomNeeded missing, Reservation& reservation, TimeMs now_ms, Events& events) {
  RoomNeeded wanted = reservation.held();
  wanted += missing;
  if (!could_ever_fit(wanted)) return false;
  // Behind those who are at their last resort, so that newcomers do not take from them what comes free.
  const bool may_try = last_resort_writers_.load(std::memory_order_acquire) == 0;
  if (may_try && evict_into(reservation, wanted, now_ms, events)) return true;
  if (may_try && policy() == PolicyKind::kNoEviction) return false;

  return make_room_alone(reservation, wanted, now_ms, events);
}

// No victim was left: other writers hold room for items that they have not stored yet. One at a time then, so that
// nobody waits for room with room in hand, and those who have theirs come to an end.
bool ShardedStore::make_room_alone(Reservation& reservation, RoomNeeded wanted, TimeMs now_ms, Events& events) {
  reservation.give_back_all();
  last_resort_writers_.fetch_add(1, std::memory_order_acq_rel);
  LockGuard alone(last_resort_);
  bool made = false;
  for (int fruitless = 0; !made && fruitless < kFruitlessTriesMax;) {
    const std::uint64_t begun = budget_.reservations_begun();
    bool others_hold_room = budget_.reservations() > last_resort_writers_.load(std::memory_order_acquire);
    // Whoever is storing an item at this moment has stored it, and its rank is known, once we have been through the
    // locks.
    for_each_locked(HoldKind::kKeyspace, [](Shard&) {});
    made = evict_into(reservation, wanted, now_ms, events);
    others_hold_room |= budget_.reservations_begun() != begun;
    fruitless = others_hold_room ? 0 : fruitless + 1;
    if (!made && others_hold_room) std::this_thread::yield();
  }
  // Before the next one looks: this writer may hold room now.
  last_resort_writers_.fetch_sub(1, std::memory_order_acq_rel);
  return made;
}

bool ShardedStore::evict_into(Reservation& reservation, RoomNeeded wanted, TimeMs now_ms, Events& events) {
  // Where a limit was lowered, writers help; each a little, so that none of them pays for it all.
  settle_excess(1, now_ms, events);
  while (true) {
    reservation.add(budget_.take_available(wanted.beyond(reservation.held())));
    const RoomNeeded missing = wanted.beyond(reservation.held());
    if (missing.none()) return true;
    if (free_flushed(limits::kSweepBucketsPerVisit)) continue;
    if (evict_coldest(missing, &reservation, now_ms, events) == 0) return false;
  }
}

std::unique_ptr<Reservation> ShardedStore::open_reservation() {
  return std::make_unique<Reservation>(budget_, RoomNeeded{}, Reservation::Purpose::kReceive);
}

ShardedStore::RoomStep ShardedStore::extend(Reservation& reservation, RoomNeeded wanted, TimeMs now_ms) {
  if (wanted.beyond(reservation.held()).none()) return RoomStep::kReady;
  if (!could_ever_fit(wanted)) return RoomStep::kNever;
  Events events(wanted_events_);
  const RoomStep step = extend_a_little(reservation, wanted, now_ms, events);
  // The last victim may have been a large one.
  if (step == RoomStep::kReady) reservation.give_back_beyond(wanted);
  deliver(events);
  return step;
}

ShardedStore::RoomStep ShardedStore::extend_a_little(Reservation& reservation, RoomNeeded wanted, TimeMs now_ms,
                                                     Events& events) {
  settle_excess(1, now_ms, events);
  bool looked_again = false;
  for (std::size_t work = 0; work < limits::kRoomItemsPerTurn;) {
    // Behind those who are at their last resort, as newcomers are.
    if (last_resort_writers_.load(std::memory_order_acquire) != 0) return RoomStep::kMore;
    reservation.add(budget_.take_available(wanted.beyond(reservation.held())));
    const RoomNeeded missing = wanted.beyond(reservation.held());
    if (missing.none()) return RoomStep::kReady;
    if (free_flushed(limits::kSweepBucketsPerVisit)) {
      work += limits::kEvictItemsPerVisit;
      continue;
    }
    const std::size_t done = evict_coldest(missing, &reservation, now_ms, events);
    work += done;
    if (done != 0) continue;
    // There, others use what they hold, or are refused as this one is: waiting for them makes each wait for the other.
    if (policy() == PolicyKind::kNoEviction) return RoomStep::kNever;
    const bool others_hold_room = budget_.reservations() != 0 || budget_.receiving_bytes() > reservation.held().bytes ||
                                  budget_.pinned_bytes() != 0;
    if (others_hold_room) return RoomStep::kBlocked;
    if (looked_again) return RoomStep::kNever;
    // Whoever was storing an item at this moment has stored it, and its rank is known, after this.
    for_each_locked(HoldKind::kKeyspace, [](Shard&) {});
    looked_again = true;
  }
  return RoomStep::kMore;
}

std::size_t ShardedStore::evict_coldest(RoomNeeded wanted, Reservation* into, TimeMs now_ms, Events& events) {
  for (int tried = 1;; ++tried) {
    std::int64_t coldest = kNoVictim;
    std::int64_t next_coldest = kNoVictim;
    std::uint32_t victim = 0;
    for (std::uint32_t number = 0; number < shards(); ++number) {
      const std::int64_t rank = coldest_ranks_[number].load(std::memory_order_relaxed);
      if (rank < coldest) {
        next_coldest = std::exchange(coldest, rank);
        victim = number;
      } else {
        next_coldest = std::min(next_coldest, rank);
      }
    }
    if (coldest == kNoVictim) return 0;

    Slot& slot = *slots_[victim];
    Hold hold(*this, slot, HoldKind::kEviction);
    const bool take_any = tried >= kVictimTriesMax;
    const std::size_t work = evict_from(slot, wanted, take_any ? kNoVictim : next_coldest, {now_ms, events, into, {}});
    if (work != 0 || take_any) return std::max<std::size_t>(work, 1);
  }
}

std::size_t ShardedStore::evict_from(Slot& slot, RoomNeeded wanted, std::int64_t rank_max, Op op) {
  std::size_t work = 0;
  std::size_t looked_at = 0;
  while (work < limits::kEvictItemsPerVisit && looked_at < limits::kSweepBucketsPerVisit && !wanted.none()) {
    const std::optional<std::int64_t> rank = slot.shard.coldest_rank();
    if (!rank || *rank > rank_max) break;
    // One at a time, because the next may be warmer than another shard's coldest; flushed ones go by the slice.
    const bool flushed = *rank == Shard::kFlushedRank;
    const WorkDone done = slot.shard.evict(
        wanted, {.items_max = flushed ? limits::kEvictItemsPerVisit : 1, .buckets_max = limits::kSweepBucketsPerVisit},
        op);
    work += std::max<std::size_t>(done.items, 1);
    if (flushed) break;
    looked_at += done.buckets;
    wanted = wanted.beyond({done.bytes, done.items});
  }
  return work;
}

bool ShardedStore::settle_excess(std::size_t visits_max, TimeMs now_ms, Events& events) {
  for (std::size_t visit = 0; visit < visits_max; ++visit) {
    const RoomNeeded excess = budget_.excess();
    if (excess.none()) return false;
    if (free_flushed(limits::kSweepBucketsPerVisit)) continue;
    if (evict_coldest(excess, nullptr, now_ms, events) == 0) return false;
  }
  return !budget_.excess().none();
}

// --- Several keys at once ---

std::vector<std::uint32_t> ShardedStore::shards_of(std::span<const Key> keys) const {
  std::vector<std::uint32_t> numbers;
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
                                                 const std::vector<std::uint32_t>& numbers) NO_LOCK_ANALYSIS {
  std::vector<std::size_t> inserts(numbers.size());
  for (const Key& key : keys) {
    const auto place = std::lower_bound(numbers.begin(), numbers.end(), hash_shard(key.hash, shard_bits_));
    ++inserts[static_cast<std::size_t>(place - numbers.begin())];
  }
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) bytes += slots_[numbers[i]]->shard.growth_bytes_max(inserts[i]);
  return bytes;
}

std::int64_t ShardedStore::lock_all(const std::vector<std::uint32_t>& ascending) NO_LOCK_ANALYSIS {
  for (const std::uint32_t number : ascending) slots_[number]->mutex.lock();
  // Without its wait for the others' locks, during which it holds the first.
  return ascending.empty() ? kNotTimed : begin_hold(*slots_[ascending.front()], HoldKind::kSeveralKeys);
}

void ShardedStore::unlock_all(const std::vector<std::uint32_t>& ascending, std::int64_t begin_ns) NO_LOCK_ANALYSIS {
  if (begin_ns != kNotTimed) end_hold(*slots_[ascending.front()], HoldKind::kSeveralKeys, begin_ns);
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

StatusCode ShardedStore::run_multi(std::span<const Key> keys, RoomNeeded room, TimeMs now_ms,
                                   const std::function<StatusCode(MultiAccess&)>& body, Reservation* held) {
  const std::vector<std::uint32_t> numbers = shards_of(keys);
  Events events(wanted_events_);
  StatusCode status = StatusCode::kOutOfMemory;
  {
    Reservation reservation(budget_, {}, Reservation::Purpose::kMultiWrite);
    if (held != nullptr) reservation.take_over(*held);
    Op op{now_ms, events, &reservation, {}};
    for (int attempt = 1;; ++attempt) {
      const std::int64_t begin_ns = lock_all(numbers);
      // Room may have been made of the very keys that were there; then they need an item after all, and it is made
      // again.
      RoomNeeded wanted = room.beyond({0, room.items == 0 ? 0 : existing(keys, now_ms)});
      wanted.bytes += index_growth_bytes_max(keys, numbers);
      const RoomNeeded missing = wanted.beyond(reservation.held());
      bool ready = missing.none();
      if (!ready && budget_.try_take(missing)) {
        reservation.add(missing);
        ready = true;
      }
      if (ready) {
        MultiAccess access(*this, op);
        status = body(access);
      }
      unlock_all(numbers, begin_ns);
      if (ready || attempt == kRoomAttemptsMax || !make_room(missing, reservation, now_ms, events)) break;
    }
  }
  if (status == StatusCode::kNeedsRoom) status = StatusCode::kOutOfMemory;
  settle_excess(kSettleVisitsMax, now_ms, events);
  deliver(events);
  return status;
}

}  // namespace larder
