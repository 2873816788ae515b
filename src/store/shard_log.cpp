// A Shard's eviction, and what it does to its log besides compaction and sweeping: giving items to a new policy. Each
// visit is bounded.
#include <algorithm>
#include <utility>

#include "larder/base/check.h"
#include "larder/store/shard.h"

namespace larder {

namespace {

// The rank while there are items that the policy does not know: they go before any that it knows.
constexpr std::int64_t kUnknownToPolicyRank = Shard::kFlushedRank + 1;
// Steps of eviction that only move items, for each that evicts one.
constexpr std::size_t kMovesPerEviction = 8;
// Bytes that are copied are as dear as looking at a record for each so many of them.
constexpr std::size_t kCopiedBytesPerRecord = 128;
// Giving an item to a new policy: its record's new place, its entry in the index and its neighbours in the policy.
constexpr std::size_t kWorkPerHandover = 2;
// A step of the index moves the entries of a group or gives pages back: as dear as looking at so many records.
constexpr std::size_t kWorkPerIndexStep = 16;

}  // namespace

// --- Eviction ---

std::optional<std::int64_t> Shard::coldest_rank() const {
  if (flushed_items_ > 0) return kFlushedRank;
  if (policy_kind_ == PolicyKind::kNoEviction) return {};
  if (log_.aside_items() > 0) return kUnknownToPolicyRank;
  return policy_->coldest_rank(now_ms_);
}

WorkDone Shard::evict(RoomNeeded wanted, WorkBudget budget, Op& op) {
  set_now(op.now_ms);
  counts_items_ = budget_.items_max() != 0;
  const std::uint64_t bytes_before = stats_.used_bytes();
  const std::uint64_t items_before = stats_.items;
  const std::uint64_t item_bytes_before = stats_.item_bytes;
  const std::uint64_t pinned_before = pinned_bytes_;
  const std::uint64_t copied_before = promoted_bytes_ + stats_.moved_bytes;
  const auto copies = [&] {
    return static_cast<std::size_t>(promoted_bytes_ + stats_.moved_bytes - copied_before) / kCopiedBytesPerRecord;
  };
  const auto freed_bytes = [&] {
    return bytes_before - std::min(bytes_before, stats_.used_bytes() + pinned_bytes_ - pinned_before);
  };
  const auto satisfied = [&] { return freed_bytes() >= wanted.bytes && items_before - stats_.items >= wanted.items; };
  WorkDone done;
  if (flushed_items_ > 0) walk(urgent_, Urgency::kDue, budget, op, op.reservation, done);
  if (flushed_items_ == 0 && policy_kind_ != PolicyKind::kNoEviction) {
    reclaim_before_eviction(budget, op, done);
    // Unless the search has to go on first.
    for (std::size_t steps = 0; !satisfied() && done.items < budget.items_max && may_evict_live(op.now_ms); ++steps) {
      const std::size_t items = index_.size();
      if (steps >= budget.items_max * kMovesPerEviction || copies() >= budget.buckets_max) break;
      if (!evict_step(op)) break;
      done.items += items - index_.size();
      looks_owed_ -= std::min(looks_owed_, kLooksPerEviction * (items - index_.size()));
    }
  }
  done.bytes = static_cast<std::size_t>(freed_bytes());
  done.more = coldest_rank().has_value();
  prefetch_next_victim();
  // What was evicted lies dead in the log; if it is a blob that takes its room, no append will pay for it.
  if (item_bytes_before > stats_.item_bytes) {
    pay_for(static_cast<std::size_t>(item_bytes_before - stats_.item_bytes));
  }
  done.buckets += copies();
  return done;
}

// Most of what an eviction costs is the wait for the victim's bucket, which is anywhere in the index. Until the next
// one there is time for it, the more so as other shards may come first.
void Shard::prefetch_next_victim() const {
  const Location next = policy_->next_in_line();
  if (next != kNowhere) prefetch_bucket(hash_of(next));
}

bool Shard::evict_step(Op& op) {
  const Location unknown = log_.oldest_aside();
  if (unknown != kNowhere) {
    // What the new policy may not evict goes over to it now.
    if (!may_evict(unknown)) return hand_over_item(unknown, op);
    evict_item(unknown, op);
    return true;
  }
  const VictimStep step = policy_->victim(op.now_ms);
  switch (step.kind) {
    case VictimStep::Kind::kNone:
      return false;
    case VictimStep::Kind::kEvict:
      evict_item(step.item, op);
      break;
    case VictimStep::Kind::kMove:
      if (fate(step.item, op.now_ms) == Fate::kLive) {
        promote(step.item, step.stream, op);
      } else {
        evict_item(step.item, op);
      }
      break;
  }
  settle_metadata();
  return true;
}

void Shard::evict_item(Location location, Op& op) {
  const KeyHash hash = hash_of(location);
  if (reclaim_if_dead(location, hash, op, op.reservation)) return;
  ++stats_.evicted;
  if (const std::optional<std::int64_t> age_ms = idle_ms(location, op.now_ms)) {
    stats_.evicted_age_ms_sum += static_cast<std::uint64_t>(*age_ms);
    evicted_ages_ms_.record_ns(*age_ms);
  }
  emit_end(EventName::kEvicted, location, op);
  remove(location, hash, Removal::kEvicted, op.reservation);
}

void Shard::promote(Location from, StreamId stream, Op& op) {
  const ItemRef record = item(from);
  const std::size_t record_bytes = record.record_bytes();
  const Location to = log_.append(stream, record_bytes, record.total_bytes());
  if (to == kNowhere) {
    // Without address space there is no place for a copy. The item goes instead, so that there will be.
    evict_item(from, op);
    return;
  }
  relocate(from, to, position_of(hash_of(from)));
  promoted_bytes_ += record_bytes;
  pay_for(record_bytes);
}

// --- Other work in the background ---

void Shard::compact_some(WorkBudget budget, WorkDone& done) {
  if (!wants_compaction() || done.buckets >= budget.buckets_max) return;
  const std::size_t looked_at = compact((budget.buckets_max - done.buckets) * kCopiedBytesPerRecord);
  done.buckets += looked_at;
  done.more |= looked_at != 0 && wants_compaction();
}

void Shard::shrink_index(WorkBudget budget, WorkDone& done) {
  while (index_.is_shrinking()) {
    if (done.buckets >= budget.buckets_max) {
      done.more = true;
      return;
    }
    index_.step();
    settle_index(0, nullptr);
    done.buckets += kWorkPerIndexStep;
  }
}

// --- A new policy ---

std::unique_ptr<EvictionPolicy> Shard::set_policy(PolicyKind policy) {
  if (policy == policy_kind_) return nullptr;
  end_compaction();
  // Of what the one before it had not given to it yet, it knows nothing.
  former_knew_all_ = log_.aside_items() == 0;
  log_.set_all_aside();
  policy_kind_ = policy;
  std::unique_ptr<EvictionPolicy> former = std::exchange(policy_, policy_factory_(policy, *this));
  if (former_knew_all_) std::swap(former, former_policy_);
  form_ = policy_->traits().form;
  queues_ = policy_->traits().queues;
  settle_metadata();
  return former;
}

std::unique_ptr<EvictionPolicy> Shard::take_former_policy() {
  if (!former_policy_ || log_.aside_items() > 0) return nullptr;
  std::unique_ptr<EvictionPolicy> former = std::move(former_policy_);
  settle_metadata();
  return former;
}

Standing Shard::former_standing(Location aside, KeyHash hash) const {
  return former_policy_ && former_knew_all_ ? former_policy_->standing(aside, hash) : Standing{};
}

void Shard::hand_over(WorkBudget budget, Op& op, WorkDone& done) {
  while (log_.aside_items() > 0) {
    if (done.buckets >= budget.buckets_max) {
      done.more = true;
      return;
    }
    const Location next = log_.oldest_aside();
    done.buckets += kWorkPerHandover + item(next).record_bytes() / kCopiedBytesPerRecord;
    if (!hand_over_item(next, op)) return;
  }
}

bool Shard::may_evict(Location location) const {
  if (policy_kind_ == PolicyKind::kNoEviction) return false;
  return !evicts_volatile_only(policy_kind_) || item(location).expiry() != kNoExpiry;
}

bool Shard::hand_over_item(Location from, Op& op) {
  const ItemRef old = item(from);
  const KeyHash hash = hash_of(from);
  if (fate(from, op.now_ms) == Fate::kFlushed) {
    remove(from, hash, Removal::kFlushed, nullptr);
    return true;
  }
  ItemShape shape = old.shape();
  shape.form = form_;
  const std::size_t old_cost = cost(old.shape());
  const std::size_t new_cost = cost(shape);
  const RoomNeeded more = RoomNeeded{new_cost, 0}.beyond({old_cost, 0});
  if (!budget_.excess().none() || !budget_.try_take(more)) {
    // It is the next victim, and there is no room for its links or what the policy has to keep for it.
    if (may_evict(from)) {
      evict_item(from, op);
      return true;
    }
    budget_.take(more);
  }
  const Key key{old.key(), hash, old.database()};
  const Standing standing = former_standing(from, hash);
  const StreamId stream = policy_->stream_for_adopted(standing);
  const Location to = append_copy(from, key, shape, old.expiry(), stream, op.now_ms);
  if (to == kNowhere) {
    release(more, nullptr);
    return false;
  }
  release(RoomNeeded{old_cost, 0}.beyond({new_cost, 0}), nullptr);
  index_.relocate(position_of(hash), from, to);
  policy_->on_adopt(to, hash, standing, op.now_ms);
  log_.retire(from, old.total_bytes());
  settle_metadata();
  return true;
}

}  // namespace larder
