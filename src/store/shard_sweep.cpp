// A Shard's walks over its log for what is dead. Three passes go over the segments: an urgent one through those that
// have flushed items or are likely to have an eighth expired, a slow round through those that have anything expired,
// and one through those that have items with tags from before the latest deletion of a tag.
#include <algorithm>
#include <utility>

#include "larder/store/shard.h"

namespace larder {

namespace {

// Looking at so many segments' sums costs as much as looking at a record.
constexpr std::size_t kSegmentsPerLook = 4;

}  // namespace

WorkDone Shard::sweep(WorkBudget budget, Op& op) {
  set_now(op.now_ms);
  note_record_length();
  const std::uint64_t bytes_before = stats_.used_bytes();
  WorkDone done;
  if (urgent_.active || sweep_is_due(op.now_ms)) walk(urgent_, Urgency::kDue, budget, op, nullptr, done);
  if (tag_pass_.active || tags_are_due(op.now_ms)) {
    if (!tag_pass_.active) begin_tag_pass(op.now_ms);
    walk(tag_pass_, Urgency::kTagged, budget, op, nullptr, done);
  }
  done.buckets += drop_ended_leases(op.now_ms);
  hand_over(budget, op, done);
  shrink_index(budget, done);
  compact_some(budget, done);
  stats_.log_bytes = log_.committed_bytes();
  done.bytes = bytes_before - std::min(bytes_before, stats_.used_bytes());
  done.more |= urgent_.active || sweep_is_due(op.now_ms) || tag_pass_.active;
  return done;
}

WorkDone Shard::sweep_round(WorkBudget budget, Op& op) {
  set_now(op.now_ms);
  WorkDone done;
  if (!round_.active && !round_is_due(op.now_ms)) return done;
  const std::uint64_t bytes_before = stats_.used_bytes();
  walk(round_, Urgency::kAny, budget, op, nullptr, done);
  stats_.log_bytes = log_.committed_bytes();
  done.bytes = bytes_before - std::min(bytes_before, stats_.used_bytes());
  done.more = round_.active || round_is_due(op.now_ms);
  return done;
}

void Shard::reclaim_before_eviction(WorkBudget budget, Op& op, WorkDone& done) {
  if (!round_is_due(op.now_ms) || looks_owed_ >= kLooksOwedMax) return;
  const std::size_t looked_before = done.buckets;
  walk(round_, Urgency::kAny, budget, op, op.reservation, done);
  looks_owed_ += done.buckets - looked_before;
}

bool Shard::wants_walk(SegmentNumber number, Urgency urgency, TimeMs now_ms) const {
  const SegmentLog::Segment& segment = log_.segment(number);
  if (segment.state == SegmentLog::State::kFree) return false;
  if (flushed_items_ > 0 && segment.sequence < flush_sequence_) return true;
  if (urgency == Urgency::kTagged) return active_expiry_ && segment.oldest_tag_clock < tag_pass_clock_;
  const TimeMs from_ms = urgency == Urgency::kDue ? segment.due_ms : segment.earliest_expiry_ms;
  return active_expiry_ && from_ms <= now_ms;
}

void Shard::walk(Pass& pass, Urgency urgency, WorkBudget budget, Op& op, Reservation* to, WorkDone& done) {
  pass.active = true;
  while (done.buckets < budget.buckets_max && done.items < budget.items_max) {
    if (!is_current(pass.at) && !advance(pass, urgency, budget, op.now_ms, done)) return;
    walk_segment(pass, budget, op, to, done);
  }
}

bool Shard::advance(Pass& pass, Urgency urgency, WorkBudget budget, TimeMs now_ms, WorkDone& done) {
  SegmentNumber next = pass.at.segment + 1;
  for (std::size_t passed = 1; next < log_.segments_end() && !wants_walk(next, urgency, now_ms); ++passed, ++next) {
    pass.earliest_ms = std::min(pass.earliest_ms, log_.segment(next).earliest_expiry_ms);
    pass.due_ms = std::min(pass.due_ms, log_.segment(next).due_ms);
    if (passed % kSegmentsPerLook == 0 && ++done.buckets >= budget.buckets_max) {
      pass.at = {.segment = next, .sequence = 0, .offset = 0};
      return false;
    }
  }
  if (next >= log_.segments_end()) {
    finish(pass);
    return false;
  }
  pass.at = cursor_at(next);
  pass.segment_earliest_ms = kNever;
  pass.segment_due_ms = kNever;
  pass.segment_tag_clock = kNoTagClock;
  return true;
}

// Walks on in the current segment; at its end it is no longer current. What is dead is reclaimed in batches, so that
// what is far away in memory is asked for ahead.
void Shard::walk_segment(Pass& pass, WorkBudget budget, Op& op, Reservation* to, WorkDone& done) {
  std::array<Move, kMovesPerBatch> dead;
  bool spent = false;
  while (is_current(pass.at) && !spent) {
    std::size_t count = 0;
    while (count < dead.size()) {
      const Location location = log_.next_live(pass.at.segment, pass.at.offset);
      if (location == kNowhere) {
        finish_segment(pass);
        break;
      }
      spent = done.buckets >= budget.buckets_max || done.items + count >= budget.items_max;
      if (spent) break;
      ++done.buckets;
      const ItemRef record = item(location);
      const TimeMs expire_at_ms = record.expiry();
      const Fate its_fate = fate(location, op.now_ms);
      pass.at.offset += static_cast<std::uint32_t>(record.record_bytes());
      if (its_fate == Fate::kFlushed || (its_fate != Fate::kLive && active_expiry_)) {
        dead[count] = {location, hash_of(location)};
        prefetch_for(dead[count++]);
        continue;
      }
      if (expire_at_ms != kNoExpiry) note_in(pass, location, expire_at_ms, log_.is_sample(location));
      if (record.has_tags()) pass.segment_tag_clock = std::min(pass.segment_tag_clock, record.tag_clock());
    }
    // With the last of them the segment may be free.
    for (std::size_t i = 0; i < count; ++i) reclaim_if_dead(dead[i].from, dead[i].hash, op, to);
    done.items += count;
  }
}

void Shard::finish_segment(Pass& pass) {
  log_.set_expiries(pass.at.segment, pass.segment_earliest_ms, pass.segment_due_ms);
  log_.set_tag_clock(pass.at.segment, pass.segment_tag_clock);
  pass.earliest_ms = std::min(pass.earliest_ms, pass.segment_earliest_ms);
  pass.due_ms = std::min(pass.due_ms, pass.segment_due_ms);
  pass.at.sequence = 0;
}

void Shard::note_in(Pass& pass, Location location, TimeMs expire_at_ms, bool is_sample) {
  const bool here = log_.segment_of(location) == pass.at.segment;
  pass.earliest_ms = std::min(pass.earliest_ms, expire_at_ms);
  if (here) pass.segment_earliest_ms = std::min(pass.segment_earliest_ms, expire_at_ms);
  if (!is_sample) return;
  pass.due_ms = std::min(pass.due_ms, expire_at_ms);
  if (here) pass.segment_due_ms = std::min(pass.segment_due_ms, expire_at_ms);
}

void Shard::finish(Pass& pass) {
  earliest_expiry_ms_ = pass.earliest_ms;
  earliest_due_ms_ = pass.due_ms;
  if (&pass == &tag_pass_ && active_expiry_ && !std::exchange(tag_pass_again_, false)) {
    tags_swept_clock_ = tag_pass_clock_;
  }
  pass = {};
}

}  // namespace larder
