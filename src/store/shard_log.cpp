// A Shard's walks over its log: eviction, reclaiming what is dead, giving items to a new policy. Each visit is bounded.
#include <algorithm>

#include "larder/base/check.h"
#include "larder/store/shard.h"

namespace larder {

namespace {

// The rank while there are items that the policy does not know: they go before any that it knows.
constexpr std::int64_t kUnknownToPolicyRank = Shard::kFlushedRank + 1;
// Steps of eviction that only move items, for each that evicts one.
constexpr std::size_t kMovesPerEviction = 8;
// How much a visit of background work compacts, in bytes for each record it may look at.
constexpr std::size_t kCompactedBytesPerRecord = 256;

}  // namespace

// --- Eviction ---

std::optional<std::int64_t> Shard::coldest_rank() const {
  if (flushed_items_ > 0) return kFlushedRank;
  if (policy_kind_ == PolicyKind::kNoEviction) return {};
  if (log_.stream_items(SegmentLog::kAside) > 0) return kUnknownToPolicyRank;
  return policy_->coldest_rank(now_ms_);
}

WorkDone Shard::evict(RoomNeeded wanted, WorkBudget budget, Op& op) {
  now_ms_ = op.now_ms;
  counts_items_ = budget_.items_max() != 0;
  const std::uint64_t bytes_before = stats_.used_bytes();
  const std::uint64_t items_before = stats_.items;
  const std::uint64_t item_bytes_before = stats_.item_bytes;
  const auto freed_bytes = [&] { return bytes_before - std::min(bytes_before, stats_.used_bytes()); };
  const auto satisfied = [&] { return freed_bytes() >= wanted.bytes && items_before - stats_.items >= wanted.items; };
  WorkDone done;
  if (flushed_items_ > 0) sweep_log(budget, op, op.reservation, done);
  if (flushed_items_ == 0 && policy_kind_ != PolicyKind::kNoEviction) {
    for (std::size_t steps = 0; !satisfied() && done.items < budget.items_max; ++steps) {
      const std::size_t items = index_.size();
      if (steps >= budget.items_max * kMovesPerEviction || !evict_step(op)) break;
      done.items += items - index_.size();
    }
  }
  done.bytes = static_cast<std::size_t>(freed_bytes());
  done.more = coldest_rank().has_value();
  // What was evicted lies dead in the log; if it is a blob that takes its room, no append will pay for it.
  if (item_bytes_before > stats_.item_bytes) {
    pay_for(static_cast<std::size_t>(item_bytes_before - stats_.item_bytes));
  }
  return done;
}

bool Shard::evict_step(Op& op) {
  const Location unknown = log_.oldest(SegmentLog::kAside);
  if (unknown != kNowhere) {
    // What the new policy may not evict goes over to it now.
    if (evicts_volatile_only(policy_kind_) && item(unknown).expiry() == kNoExpiry) {
      return hand_over_item(unknown, op.now_ms);
    }
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
  const ItemView victim = view(location, hash, op.now_ms);
  stats_.evicted_age_ms_sum += static_cast<std::uint64_t>(std::max<std::int64_t>(0, victim.idle_ms));
  emit(EventKind::kEvicted, victim.database, victim.key, op);
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
  pay_for(record_bytes);
}

// --- Reclaiming what is dead ---

bool Shard::sweep_is_due(TimeMs now_ms) const {
  return flushed_items_ > 0 || (active_expiry_ && earliest_expiry_ms_ <= now_ms);
}

WorkDone Shard::sweep(WorkBudget budget, Op& op) {
  now_ms_ = op.now_ms;
  const std::uint64_t bytes_before = stats_.used_bytes();
  WorkDone done;
  if (in_pass_ || sweep_is_due(op.now_ms)) sweep_log(budget, op, nullptr, done);
  hand_over(budget, op.now_ms, done);
  shrink_index(budget, done);
  if (wants_compaction() && done.buckets < budget.buckets_max) {
    const std::size_t looked_at = compact((budget.buckets_max - done.buckets) * kCompactedBytesPerRecord);
    done.buckets += looked_at;
    done.more |= looked_at != 0 && wants_compaction();
  }
  stats_.log_bytes = log_.committed_bytes();
  done.bytes = bytes_before - std::min(bytes_before, stats_.used_bytes());
  done.more |= in_pass_ || sweep_is_due(op.now_ms);
  return done;
}

bool Shard::has_dead(SegmentNumber number, TimeMs now_ms) const {
  const SegmentLog::Segment& segment = log_.segment(number);
  if (segment.state == SegmentLog::State::kFree) return false;
  return (active_expiry_ && segment.earliest_expiry_ms <= now_ms) ||
         (flushed_items_ > 0 && segment.sequence < flush_sequence_);
}

void Shard::sweep_log(WorkBudget budget, Op& op, Reservation* to, WorkDone& done) {
  if (!in_pass_) {
    in_pass_ = true;
    sweep_ = {};
  }
  while (done.buckets < budget.buckets_max && done.items < budget.items_max) {
    if (is_current(sweep_)) {
      sweep_segment(budget, op, to, done);
      if (is_current(sweep_)) return;
    }
    SegmentNumber next = sweep_.segment + 1;
    while (next < log_.segments_end() && !has_dead(next, op.now_ms)) ++next;
    if (next >= log_.segments_end()) {
      finish_pass();
      return;
    }
    sweep_ = cursor_at(next);
    sweep_earliest_ms_ = kNever;
  }
}

// Walks on in the segment of `sweep_`; at its end, `sweep_` is no longer current.
void Shard::sweep_segment(WorkBudget budget, Op& op, Reservation* to, WorkDone& done) {
  while (is_current(sweep_)) {
    const Location location = log_.next_live(sweep_.segment, sweep_.offset);
    if (location == kNowhere) {
      log_.set_earliest_expiry(sweep_.segment, sweep_earliest_ms_);
      sweep_.sequence = 0;
      return;
    }
    if (done.buckets >= budget.buckets_max || done.items >= budget.items_max) return;
    ++done.buckets;
    const ItemRef record = item(location);
    const std::size_t record_bytes = record.record_bytes();
    const TimeMs expire_at_ms = record.expiry();
    const Fate its_fate = fate(location, op.now_ms);
    const bool reclaim = its_fate == Fate::kFlushed || (its_fate == Fate::kExpired && active_expiry_);
    // The segment may be free after this: the cursor goes on first.
    sweep_.offset += static_cast<std::uint32_t>(record_bytes);
    if (reclaim) {
      reclaim_if_dead(location, hash_of(location), op, to);
      ++done.items;
    } else if (expire_at_ms != kNoExpiry) {
      sweep_earliest_ms_ = std::min(sweep_earliest_ms_, expire_at_ms);
    }
  }
}

void Shard::finish_pass() {
  in_pass_ = false;
  sweep_ = {};
  earliest_expiry_ms_ = kNever;
  for (SegmentNumber number = 1; number < log_.segments_end(); ++number) {
    earliest_expiry_ms_ = std::min(earliest_expiry_ms_, log_.segment(number).earliest_expiry_ms);
  }
}

void Shard::shrink_index(WorkBudget budget, WorkDone& done) {
  while (index_.is_shrinking()) {
    if (done.buckets >= budget.buckets_max) {
      done.more = true;
      return;
    }
    index_.step();
    settle_index(0, nullptr);
    ++done.buckets;
  }
}

// --- A new policy ---

void Shard::set_policy(PolicyKind policy) {
  if (policy == policy_kind_) return;
  end_compaction();
  log_.set_all_aside();
  policy_kind_ = policy;
  policy_ = policy_factory_(policy, *this);
  form_ = policy_->traits().form;
  queues_ = policy_->traits().queues;
  settle_metadata();
}

void Shard::hand_over(WorkBudget budget, TimeMs now_ms, WorkDone& done) {
  while (log_.stream_items(SegmentLog::kAside) > 0) {
    if (done.buckets >= budget.buckets_max) {
      done.more = true;
      return;
    }
    ++done.buckets;
    if (!hand_over_item(log_.oldest(SegmentLog::kAside), now_ms)) return;
  }
}

bool Shard::hand_over_item(Location from, TimeMs now_ms) {
  const ItemRef old = item(from);
  const KeyHash hash = hash_of(from);
  if (fate(from, now_ms) == Fate::kFlushed) {
    remove(from, hash, Removal::kFlushed, nullptr);
    return true;
  }
  ItemShape shape = old.shape();
  shape.form = form_;
  const Key key{old.key(), hash, old.database()};
  const Location to = append_record(key, shape, old.expiry(), policy_->stream_for(Arrival::kNew, hash, kNowhere));
  if (to == kNowhere) return false;
  const std::size_t old_cost = cost(old.shape());
  const std::size_t new_cost = cost(shape);
  if (new_cost > old_cost) budget_.take({new_cost - old_cost, 0});
  if (new_cost < old_cost) release({old_cost - new_cost, 0}, nullptr);
  ItemRef record = item(to);
  if (shape.has_blob) {
    record.set_blob(old.blob());
  } else if (shape.value_bytes != 0) {
    std::copy_n(old.value_data(), shape.value_bytes, record.value_data());
  }
  unaccount(old);
  note_expiry(to, record.expiry(), now_ms);
  account(record);
  index_.relocate(position_of(hash), from, to);
  policy_->on_insert(to, hash, now_ms);
  log_.retire(from, old.total_bytes());
  settle_metadata();
  return true;
}

}  // namespace larder
