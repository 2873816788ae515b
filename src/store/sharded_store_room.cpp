// How ShardedStore makes room. It is always made with no shard locked by this thread, and what is freed goes straight
// into the reservation that waits for it.
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

}  // namespace

bool ShardedStore::could_ever_fit(RoomNeeded room) const {
  const std::uint64_t bytes_max = budget_.bytes_max();
  const std::uint64_t items_max = budget_.items_max();
  return (bytes_max == 0 || room.bytes + fixed_bytes_ + tags_.stats().bytes <= bytes_max) &&
         (items_max == 0 || room.items <= items_max);
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
  settle_excess(limits::kEvictItemsPerVisit, now_ms, events);
  while (true) {
    reservation.add(budget_.take_available(wanted.beyond(reservation.held())));
    const RoomNeeded missing = wanted.beyond(reservation.held());
    if (missing.none()) return true;
    if (free_flushed(limits::kSweepBucketsPerVisit)) continue;
    if (evict_coldest(missing, &reservation, now_ms, events) == 0) return false;
  }
}

bool ShardedStore::reserve(Reservation& reservation, RoomNeeded wanted, RoomNeeded beside, TimeMs now_ms) {
  const RoomNeeded missing = wanted.beyond(reservation.held());
  if (missing.none()) return true;
  beside += wanted;
  if (!could_ever_fit(beside)) return false;
  if (HeldShards* const held = HeldShards::of(*this)) return held->lend(budget_, missing, reservation);
  Events events(wanted_events_);
  bool is_made = false;
  {
    Reservation made(budget_, {}, Reservation::Purpose::kWrite);
    is_made = make_room(missing, made, now_ms, events);
    made.give_back_beyond(missing);  // the last victim may have been a large one
    if (is_made) reservation.take_over(made);
  }
  deliver(events);
  return is_made;
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
  settle_excess(limits::kEvictItemsPerVisit, now_ms, events);
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
    // What is above a limit goes by the slice where a rank only says how many items a shard has.
    const bool by_slice = into == nullptr && policy() == PolicyKind::kAllKeysTinyLfu;
    const std::size_t work =
        evict_from(slot, wanted, take_any || by_slice ? kNoVictim : next_coldest, {now_ms, events, into, {}});
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

bool ShardedStore::settle_excess(std::size_t items_max, TimeMs now_ms, Events& events) {
  for (std::size_t work = 0; work < items_max;) {
    const RoomNeeded excess = budget_.excess();
    if (excess.none()) return false;
    if (free_flushed(limits::kSweepBucketsPerVisit)) {
      work += limits::kEvictItemsPerVisit;
      continue;
    }
    const std::size_t done = evict_coldest(excess, nullptr, now_ms, events);
    if (done == 0) return false;
    work += done;
  }
  return !budget_.excess().none();
}

}  // namespace larder
