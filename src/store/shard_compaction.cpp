// How a Shard wins back what is dead in its log. List policies: the emptiest segment's items go to the stream of the
// survivors. Queue policies: a run of neighbours in which a whole segment's worth is dead, the one with the least
// alive; new segments take the place of the run's and get its items in their order, so the order of the queue stays.
#include <algorithm>
#include <cstring>
#include <utility>

#include "larder/base/check.h"
#include "larder/store/shard.h"

namespace larder {

namespace {

// What may lie dead, as a share of what is alive: where memory is not short, where it is, as long as moving is dear,
// and from where on compaction stops at nothing.
constexpr std::size_t kDeadShareAtEase = 5;
constexpr std::size_t kDeadShare = 12;
constexpr std::size_t kDeadShareDear = 10;
constexpr std::size_t kDeadShareMax = 6;
// Bytes moved for each byte appended.
constexpr std::size_t kMovedPerAppended = 4;
constexpr std::size_t kMovedPerAppendedMax = 16;
// So that nobody holds a shard for long: the operations that follow pay the rest.
constexpr std::size_t kMovedBytesPerVisitMax = 48 * 1024;
constexpr std::size_t kMovedBytesOwedMax = 1024 * 1024;
// A segment with less than this part of it dead is not worth moving. What was left at its end cannot be won.
constexpr std::size_t kVictimDeadShareMin = 32;
// How many segments a search looks at.
constexpr SegmentLog::SegmentNumber kSegmentsPerSearch = 512;
constexpr std::size_t kDearMovedPerFreed = 3;
// Where nothing is worth moving, it is looked for again when this part of a segment has been appended.
constexpr std::size_t kRetryShare = 8;
// What is left at a segment's end counts for a run from this part of a segment on: records are smaller, nearly all.
constexpr std::size_t kWinnableEndShare = 4;
// A dead record costs a look, as much as moving so many bytes.
constexpr std::size_t kLookBytes = 16;

}  // namespace

std::size_t Shard::dead_bytes_allowed() const {
  // At ease: a quarter of the limit is free, or there is none.
  const bool at_ease = budget_.used_bytes() <= budget_.bytes_max() / 4 * 3 || budget_.bytes_max() == 0;
  const std::size_t share = at_ease ? kDeadShareAtEase : kDeadShare;
  return dead_bytes_for_share(share);
}

// A queue's heads are emptied by eviction, not by compaction: what is dead in them is allowed beside the share.
std::size_t Shard::dead_bytes_for_share(std::size_t share) const {
  return static_cast<std::size_t>(log_.live_bytes()) / share + log_.segment_bytes() / (queues_ ? 1 : 2);
}

void Shard::pay_for(std::size_t bytes) {
  stats_.log_bytes = log_.committed_bytes();
  const std::size_t pause_bytes = std::exchange(compaction_pause_bytes_, 0);
  const std::size_t owed_bytes = std::exchange(compaction_owed_bytes_, 0);
  if (!wants_compaction()) return;
  if (pause_bytes > bytes) {
    compaction_pause_bytes_ = pause_bytes - bytes;
    return;
  }
  const std::size_t too_much =
      std::max(dead_bytes_allowed(), static_cast<std::size_t>(log_.live_bytes()) / kDeadShareMax);
  const bool urgent = log_.dead_bytes() > too_much + 2 * log_.segment_bytes();
  const std::size_t due_bytes = owed_bytes + bytes * (urgent ? kMovedPerAppendedMax : kMovedPerAppended);
  const std::uint64_t moved_before = stats_.moved_bytes;
  compact(std::min(due_bytes, kMovedBytesPerVisitMax));
  const std::size_t paid_bytes = std::max(std::min(due_bytes, kMovedBytesPerVisitMax),
                                          static_cast<std::size_t>(stats_.moved_bytes - moved_before));
  compaction_owed_bytes_ = std::min(due_bytes - std::min(due_bytes, paid_bytes), kMovedBytesOwedMax);
}

std::size_t Shard::compact(std::size_t bytes_max) {
  std::array<Move, kMovesPerBatch> moves;
  std::size_t looked_at = 0;
  std::size_t spent = 0;
  while (spent < bytes_max && (advance_compaction() || (wants_compaction() && begin_compaction()))) {
    const std::size_t looked_before = looked_at;
    const std::size_t count = gather_moves(moves, bytes_max - spent, looked_at);
    spent += (looked_at - looked_before) * kLookBytes;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t record_bytes = item(moves[i].from).record_bytes();
      if (!move_survivor(moves[i])) {
        if (output_ == SegmentLog::kNoSegment || !continue_output(moves[i].from)) end_compaction();
        break;
      }
      spent += record_bytes;
      stats_.moved_bytes += record_bytes;
    }
  }
  stats_.log_bytes = log_.committed_bytes();
  return looked_at;
}

bool Shard::may_compact(SegmentNumber number) const {
  const SegmentLog::Segment& segment = log_.segment(number);
  return segment.state == SegmentLog::State::kSealed && !log_.is_aside(number) &&
         segment.used - segment.live_bytes >= log_.segment_bytes() / kVictimDeadShareMin;
}

// Of the next kSegmentsPerSearch that may be compacted. The emptiest of so many is about as empty as that of all.
Shard::Run Shard::emptiest_segment() {
  Run emptiest;
  const SegmentNumber end = log_.segments_end();
  for (SegmentNumber looked_at = 0; looked_at < std::min(end, kSegmentsPerSearch); ++looked_at) {
    if (++compaction_look_ >= end) compaction_look_ = 1;
    if (compaction_look_ >= end || !may_compact(compaction_look_)) continue;
    const std::uint64_t live_bytes = log_.segment(compaction_look_).live_bytes;
    if (emptiest.segments != 0 && live_bytes >= emptiest.live_bytes) continue;
    emptiest = {compaction_look_, 1, live_bytes, log_.segment_bytes() - live_bytes};
  }
  return emptiest;
}

std::uint64_t Shard::winnable_bytes(SegmentNumber number) const {
  const SegmentLog::Segment& segment = log_.segment(number);
  const std::size_t end_bytes = log_.segment_bytes() - segment.used;
  return segment.used - segment.live_bytes +
         (end_bytes >= log_.segment_bytes() / kWinnableEndShare ? end_bytes : std::size_t{0});
}

// Of the runs that free a segment, among the next kSegmentsPerSearch segments of all streams. A stream's oldest segment
// is left out: eviction empties it.
Shard::Run Shard::cheapest_run() {
  Run cheapest;
  Run run;
  const SegmentNumber end = log_.segments_end();
  // A small log is looked at from the beginning, so that all of its runs are seen.
  SegmentNumber number =
      end <= kSegmentsPerSearch || compaction_look_ >= end ? SegmentLog::kNoSegment : compaction_look_;
  if (number != SegmentLog::kNoSegment &&
      (log_.segment(number).state == SegmentLog::State::kFree || log_.is_aside(number))) {
    number = SegmentLog::kNoSegment;
  }
  int stream = number == SegmentLog::kNoSegment ? -1 : log_.segment(number).stream;
  for (SegmentNumber looked_at = 0; looked_at < std::min(end, kSegmentsPerSearch) + kStreamsMax; ++looked_at) {
    if (number == SegmentLog::kNoSegment) {
      stream = (stream + 1) % kStreamsMax;
      number = log_.oldest_segment(static_cast<StreamId>(stream));
      run = {};
    } else if (log_.segment(number).state == SegmentLog::State::kSealed &&
               log_.segment(number).older != SegmentLog::kNoSegment) {
      if (run.segments == 0) run.first = number;
      ++run.segments;
      run.live_bytes += log_.segment(number).live_bytes;
      run.dead_bytes += winnable_bytes(number);
      for (; run.dead_bytes >= log_.segment_bytes(); shorten(run)) {
        if (cheapest.segments == 0 || run.live_bytes < cheapest.live_bytes) cheapest = run;
      }
      number = log_.segment(number).newer;
    } else {
      run = {};
      number = log_.segment(number).newer;
    }
  }
  compaction_look_ = number;
  return cheapest;
}

// Without its first segment.
void Shard::shorten(Run& run) const {
  const SegmentLog::Segment& first = log_.segment(run.first);
  --run.segments;
  run.live_bytes -= first.live_bytes;
  run.dead_bytes -= winnable_bytes(run.first);
  run.first = first.newer;
}

bool Shard::begin_compaction() {
  if (fruitless_at_dead_bytes_ == log_.dead_bytes()) return false;
  const Run run = queues_ ? cheapest_run() : emptiest_segment();
  const bool is_dear = run.live_bytes > kDearMovedPerFreed * run.dead_bytes;
  if (run.segments == 0 || (is_dear && log_.dead_bytes() <= dead_bytes_for_share(kDeadShareDear))) {
    compaction_pause_bytes_ = log_.segment_bytes() / kRetryShare;
    return false;
  }
  dead_bytes_before_ = log_.dead_bytes();
  if (queues_) {
    output_ = log_.begin_before(run.first);
    if (output_ == SegmentLog::kNoSegment) return false;
    run_left_ = run.segments - 1;
  }
  compaction_ = cursor_at(run.first);
  return true;
}

void Shard::end_compaction() {
  compaction_ = {};
  run_left_ = 0;
  if (output_ == SegmentLog::kNoSegment) return;
  log_.seal(output_);
  output_ = SegmentLog::kNoSegment;
  fruitless_at_dead_bytes_.reset();
  if (log_.dead_bytes() >= dead_bytes_before_) fruitless_at_dead_bytes_ = log_.dead_bytes();
}

bool Shard::advance_compaction() {
  if (compaction_.segment == SegmentLog::kNoSegment) return false;
  while (true) {
    if (is_current(compaction_) && log_.next_live(compaction_.segment, compaction_.offset) != kNowhere) return true;
    if (run_left_ == 0) break;
    --run_left_;
    const SegmentNumber next = log_.segment(output_).newer;
    if (next == SegmentLog::kNoSegment || log_.segment(next).state != SegmentLog::State::kSealed) break;
    compaction_ = cursor_at(next);
  }
  end_compaction();
  return false;
}

bool Shard::continue_output(Location from) {
  const SegmentNumber full = output_;
  output_ = log_.begin_before(compaction_.segment);
  log_.seal(full);
  if (output_ == SegmentLog::kNoSegment) return false;
  compaction_.offset = log_.offset_of(from);
  return true;
}

std::size_t Shard::gather_moves(std::array<Move, kMovesPerBatch>& moves, std::size_t bytes_max,
                                std::size_t& looked_at) {
  std::size_t count = 0;
  std::size_t bytes = 0;
  while (count < moves.size() && bytes < bytes_max) {
    const Location from = log_.next_live(compaction_.segment, compaction_.offset);
    if (from == kNowhere) break;
    ++looked_at;
    const ItemRef record = item(from);
    moves[count] = {from, hash_of(from)};
    prefetch_for(moves[count]);
    compaction_.offset += static_cast<std::uint32_t>(record.record_bytes());
    bytes += record.record_bytes();
    ++count;
  }
  return count;
}

void Shard::prefetch_for(const Move& move) const {
  index_.prefetch(position_of(move.hash));
  const ItemRef record = item(move.from);
  if (!record.has_node()) return;
  const ListNode node = record.node();
  prefetch(node.prev);
  prefetch(node.next);
}

bool Shard::move_survivor(const Move& move) {
  const ItemRef record = item(move.from);
  if (flushed_items_ > 0 && fate(move.from, now_ms_) == Fate::kFlushed) {
    remove(move.from, move.hash, Removal::kFlushed, nullptr);
    return true;
  }
  const std::size_t record_bytes = record.record_bytes();
  const std::size_t total_bytes = record.total_bytes();
  const Location to =
      queues_ ? log_.append_to(output_, record_bytes, total_bytes)
              : log_.append(policy_->stream_for(Arrival::kSurvivor, move.hash, move.from), record_bytes, total_bytes);
  if (to == kNowhere) return false;
  relocate(move.from, to, position_of(move.hash));
  return true;
}

void Shard::relocate(Location from, Location to, std::uint64_t position) {
  const ItemRef record = item(from);
  std::memcpy(item(to).record(), record.record(), record.record_bytes());
  const TimeMs expire_at_ms = record.expiry();
  if (expire_at_ms != kNoExpiry) note_expiry(to, expire_at_ms, now_ms_);
  if (record.has_extension()) note_tags(to);
  index_.relocate(position, from, to);
  policy_->on_move(from, to);
  log_.retire(from, record.total_bytes());
}

}  // namespace larder
