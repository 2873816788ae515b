#include "larder/store/hash_index.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "larder/base/check.h"

namespace larder {

namespace {

// Entries a bucket, in tenths: above it grows, below it shrinks. Six groups' worth of buckets become seven at most, so
// a table that has just grown is far from shrinking.
constexpr std::size_t kTenthsMax = 81;
constexpr std::size_t kTenthsMin = 68;
// Of the table's address space, what lines may need: some thousandths of it, unless a table may not grow.
constexpr std::size_t kLineRangeShare = 8;
// A step may need a few lines for the entries of one group.
constexpr std::size_t kLinesPerStepMax = 16;

// What one step gives back to the system: 10 us.
constexpr std::size_t kReleasedBytesPerStep = 256 * 1024;

// How far ahead of growth pages are committed, at least, and how much at a time: 10 us.
constexpr std::size_t kAheadBytesMin = 32 * 1024;
constexpr std::size_t kCommitBytes = 64 * 1024;

constexpr std::size_t table_bytes_for(std::size_t entries) {
  return entries / 5 * 64 + (std::size_t{1} << 16);
}
constexpr std::size_t line_bytes_for(std::size_t entries) {
  return table_bytes_for(entries) / kLineRangeShare;
}

}  // namespace

HashIndex::HashIndex(const Options& options, std::function<std::uint64_t(Location)> position_of)
    : position_of_(std::move(position_of)),
      level_max_(options.position_bits - kTagBits),
      table_range_(std::make_shared<const MemoryRange>(table_bytes_for(options.entries_max))),
      table_base_(table_range_->data()),
      line_range_(line_bytes_for(options.entries_max)) {
  LARDER_CHECK(level_max_ >= 1);
}

std::size_t HashIndex::address_space_bytes(std::size_t entries_max) {
  return table_bytes_for(entries_max) + line_bytes_for(entries_max);
}

// --- Places ---

std::uint64_t HashIndex::Layout::begin(std::uint64_t group, std::uint32_t home) const {
  const std::uint32_t cell = static_cast<std::uint16_t>(~known) + 1u;
  const std::uint32_t exact = ((home << kTagBits) + fan - 1) / fan;
  const std::uint64_t tag = (exact + cell - 1) / cell * cell;
  return ((group << kTagBits) + tag) << (64 - kTagBits - level);
}

HashIndex::Range HashIndex::range_of(const Place& place, std::uint64_t position) {
  const std::uint64_t group = place.layout->group(position);
  return {place.layout->begin(group, place.home), place.layout->begin(group, place.home + 1)};
}

HashIndex::Found HashIndex::find_entry(const Place& place, Location location) const {
  Found found{nullptr, 0, 0};
  each_line(place, [&](Bucket& here, unsigned where) {
    for (unsigned slot = 0; slot < here.count(); ++slot) {
      if (here.locations[slot] != location) continue;
      found = {&here, slot, where};
      return true;
    }
    return false;
  });
  LARDER_CHECK(found.line != nullptr);
  return found;
}

// --- Entries ---

void HashIndex::insert(std::uint64_t position, Location location) {
  const Place place = locate(position);
  put(*place.layout, place.group, {place.tag, location});
  ++size_;
}

void HashIndex::relocate(std::uint64_t position, Location from, Location to) {
  const Found found = find_entry(locate(position), from);
  found.line->locations[found.slot] = to;
}

void HashIndex::erase(std::uint64_t position, Location location) {
  const Place place = locate(position);
  const Found found = find_entry(place, location);
  found.line->remove(found.slot);
  --size_;
  if (found.where != place.home) {
    forget_if_empty(place, found.where);
  } else if (place.group[place.home].spills() != 0) {
    pull_back(place);
  }
}

void HashIndex::put(const Layout& layout, Bucket* group, Entry entry) {
  const std::uint32_t home = layout.home(entry.tag);
  if (!group[home].full()) [[likely]] {
    group[home].add(entry.tag, entry.location);
    return;
  }
  for (std::uint32_t step = 1; step < layout.fan; ++step) {
    const std::uint32_t other = (home + step) % layout.fan;
    if (group[other].full()) continue;
    group[other].add(entry.tag, entry.location);
    group[home].set_spills(group[home].spills() | 1u << other);
    return;
  }
  put_in_lines(group, entry);
  group[home].set_spills(group[home].spills() | 1u << kInLines);
}

void HashIndex::put_in_lines(Bucket* group, Entry entry) {
  std::uint32_t number = first_line(group);
  while (number != 0 && line(number).full()) number = line(number).next();
  if (number == 0) {
    number = allocate_line();
    line(number).set_next(first_line(group));
    set_first_line(group, number);
  }
  line(number).add(entry.tag, entry.location);
}

void HashIndex::pull_back(const Place& place) {
  Bucket& home = place.group[place.home];
  bool pulled = false;
  unsigned from = 0;
  each_line(place, [&](Bucket& here, unsigned where) {
    if (where == place.home) return false;
    for (unsigned slot = 0; slot < here.count(); ++slot) {
      if (place.layout->home(here.tags[slot]) != place.home) continue;
      home.add(here.tags[slot], here.locations[slot]);
      here.remove(slot);
      from = where;
      pulled = true;
      return true;
    }
    return false;
  });
  LARDER_DCHECK(pulled);
  if (pulled) forget_if_empty(place, from);
}

void HashIndex::forget_if_empty(const Place& place, unsigned where) {
  const auto has_one = [&](const Bucket& here) {
    for (unsigned slot = 0; slot < here.count(); ++slot) {
      if (place.layout->home(here.tags[slot]) == place.home) return true;
    }
    return false;
  };
  bool any = false;
  if (where == kInLines) {
    for (std::uint32_t number = first_line(place.group); number != 0; number = line(number).next()) {
      any = any || has_one(line(number));
    }
    free_empty_lines(place.group);
  } else {
    any = has_one(place.group[where]);
  }
  Bucket& home = place.group[place.home];
  if (!any) home.set_spills(home.spills() & ~(1u << where));
}

// --- Lines ---

std::uint32_t HashIndex::allocate_line() {
  std::uint32_t number = lines_free_;
  if (number != 0) {
    lines_free_ = line(number).next();
    --lines_free_count_;
  } else {
    number = static_cast<std::uint32_t>(++lines_used_);
    lines_committed_ = std::max(lines_committed_, lines_used_);
    LARDER_CHECK(lines_used_ * sizeof(Bucket) <= line_range_.size());
  }
  line(number) = {};
  return number;
}

void HashIndex::free_line(std::uint32_t number) {
  line(number) = {};
  line(number).set_next(lines_free_);
  lines_free_ = number;
  if (++lines_free_count_ < lines_used_) return;
  lines_used_ = lines_free_count_ = lines_free_ = 0;
}

void HashIndex::free_empty_lines(Bucket* group) {
  std::uint32_t before = 0;
  for (std::uint32_t number = first_line(group); number != 0;) {
    const std::uint32_t next = line(number).next();
    if (line(number).count() != 0) {
      before = number;
    } else {
      if (before == 0) {
        set_first_line(group, next);
      } else {
        line(before).set_next(next);
      }
      free_line(number);
    }
    number = next;
  }
}

// --- Rebuilding ---

bool HashIndex::wants_growth(std::size_t entries) const {
  const bool largest = upper_.level == level_max_ && upper_.fan == kFanMax;
  return entries * 10 > upper_.buckets() * kTenthsMax && !largest;
}

bool HashIndex::wants_shrinking() const {
  const bool smallest = upper_.level == 0 && upper_.fan == kFanMin;
  return size_ * 10 < upper_.buckets() * kTenthsMin && !smallest;
}

std::uint64_t HashIndex::table_buckets() const {
  if (!growing_) return upper_.buckets();
  const std::uint64_t lowest_new = split_ * upper_buckets_per_split();
  return lower_.buckets() + (upper_.buckets() - std::max(lower_.buckets(), lowest_new));
}

std::size_t HashIndex::insert_bytes_max(std::uint64_t position) const {
  const Place place = locate(position);
  bool full = place.group[place.home].full();
  for (std::uint32_t other = 0; full && other < place.layout->fan; ++other) full = place.group[other].full();
  const bool steps = growing_ || split_ != 0 || wants_growth(size_ + 1);
  const std::size_t lines = (full ? 1 : 0) + (steps ? kLinesPerStepMax : 0);
  const std::size_t fresh = lines - std::min(lines, lines_free_count_);
  const auto committed = [&](std::uint64_t more_buckets, std::size_t more_lines) {
    return round_up_to_pages((table_buckets() + more_buckets) * sizeof(Bucket)) +
           round_up_to_pages(std::max(lines_committed_, lines_used_ + more_lines) * sizeof(Bucket));
  };
  return committed(steps ? 2 * kFanMin : 0, fresh) - committed(0, 0);
}

std::size_t HashIndex::growth_bytes_max(std::size_t inserts) const {
  if (inserts == 0) return 0;
  // A table that has just grown has the most buckets for its entries; a step adds a group at most.
  const std::size_t entries = size_ + inserts;
  const std::size_t buckets_after = entries * 10 / kTenthsMin + 2 * kFanMin;
  const bool steps = growing_ || split_ != 0 || wants_growth(entries);
  const std::size_t buckets =
      steps ? std::min<std::size_t>(inserts * 2 * kFanMin,
                                    buckets_after - std::min<std::size_t>(buckets_after, table_buckets()))
            : 0;
  // Lines hold a twentieth of the entries when a table is at its fullest.
  const std::size_t lines = std::min(inserts * (kLinesPerStepMax + 1), kLinesPerStepMax + entries / kEntries / 8);
  const std::size_t fresh = lines - std::min(lines, lines_free_count_);
  return round_up_to_pages(buckets * sizeof(Bucket)) + round_up_to_pages(fresh * sizeof(Bucket)) + 2 * kPageBytes;
}

// Pages that a smaller table, or lines that are all free, have left behind them.
void HashIndex::release_left_pages() {
  const std::size_t table_slice = std::min(table_left_bytes_, kReleasedBytesPerStep);
  table_left_bytes_ -= table_slice;
  table_range_->release(round_up_to_pages(upper_.buckets() * sizeof(Bucket)) + table_left_bytes_, table_slice);
  const std::size_t end = round_up_to_pages(lines_committed_ * sizeof(Bucket));
  const std::size_t begin = round_up_to_pages(lines_used_ * sizeof(Bucket));
  const std::size_t line_slice = std::min(end - begin, kReleasedBytesPerStep);
  line_range_.release(end - line_slice, line_slice);
  lines_committed_ = line_slice == end - begin ? lines_used_ : (end - line_slice) / sizeof(Bucket);
}

void HashIndex::step() {
  if (has_left_pages()) {
    release_left_pages();
    return;
  }
  if (!rebuilding()) {
    if (wants_growth(size_)) {
      start_growing();
    } else if (wants_shrinking()) {
      start_shrinking();
    } else {
      return;
    }
  }
  if (growing_) {
    grow_one_group();
  } else {
    shrink_one_group();
  }
}

void HashIndex::start_growing() {
  lower_ = upper_;
  refreshing_ = false;
  if (lower_.fan < kFanMax) {
    upper_.fan = upper_.fan + 1;
  } else {
    upper_.level = lower_.level + 1;
    upper_.fan = kFanMin;
    upper_.known = static_cast<std::uint16_t>(lower_.known << 1);
    refreshing_ = std::popcount(upper_.known.get()) < kKnownTagBitsMin;
    if (refreshing_) upper_.known = 0xffff;
  }
  LARDER_CHECK(upper_.buckets() * sizeof(Bucket) <= table_range_->size());
  split_ = lower_.groups();
  growing_ = true;
  fresh_from_ = round_up_to_pages(upper_.buckets() * sizeof(Bucket));
}

void HashIndex::grow_one_group() {
  const std::uint64_t group = split_ - 1;
  split_ = group;
  gather(lower_, group);
  const bool doubling = upper_.level != lower_.level;
  for (std::uint64_t to = group << (doubling ? 1 : 0); to <= (doubling ? 2 * group + 1 : group); ++to) {
    clear_group(upper_, to);
  }
  for (const Entry& entry : gathered_) {
    if (!doubling) {
      put(upper_, table() + group * upper_.fan, entry);
      continue;
    }
    const std::uint64_t to = 2 * group + (entry.tag >> (kTagBits - 1));
    const std::uint16_t tag =
        refreshing_ ? upper_.tag(position_of_(entry.location)) : static_cast<std::uint16_t>(entry.tag << 1);
    put(upper_, table() + to * upper_.fan, {tag, entry.location});
  }
  if (split_ == 0) {
    lower_ = upper_;
    growing_ = false;
  }
}

// Growth goes down through the table, so what it writes to next lies below what it has written.
bool HashIndex::wants_page_work() const {
  return growing_ && !in_work_ && fresh_from_ > fresh_begin() && fresh_from_ + kAheadBytesMin > growth_front();
}

std::optional<PageWork> HashIndex::begin_page_work() {
  if (!wants_page_work()) return {};
  in_work_ = true;
  const std::size_t from = std::max(fresh_begin(), fresh_from_ - std::min(fresh_from_, kCommitBytes));
  return PageWork{.kind = PageWork::Kind::kCommit, .range = table_range_, .offset = from, .bytes = fresh_from_ - from};
}

void HashIndex::end_page_work(const PageWork& work) {
  in_work_ = false;
  if (work.offset + work.bytes == fresh_from_) fresh_from_ = work.offset;
}

void HashIndex::start_shrinking() {
  lower_ = upper_;
  if (upper_.fan > kFanMin) {
    lower_.fan = lower_.fan - 1;
  } else {
    lower_.level = upper_.level - 1;
    lower_.fan = kFanMax;
    lower_.known = static_cast<std::uint16_t>(upper_.known >> 1 | 1u << (kTagBits - 1));
  }
  split_ = 0;
}

void HashIndex::shrink_one_group() {
  const std::uint64_t group = split_;
  split_ = group + 1;
  if (upper_.level == lower_.level) {
    gather(upper_, group);
    clear_group(lower_, group);
    for (const Entry& entry : gathered_) put(lower_, table() + group * lower_.fan, entry);
  } else {
    gather(upper_, 2 * group);
    const std::size_t from_first = gathered_.size();
    std::vector<Entry> both = std::exchange(gathered_, {});
    gather(upper_, 2 * group + 1);
    both.insert(both.end(), gathered_.begin(), gathered_.end());
    clear_group(lower_, group);
    for (std::size_t i = 0; i < both.size(); ++i) {
      const unsigned tag = unsigned{both[i].tag} >> 1 | (i < from_first ? 0u : 1u << (kTagBits - 1));
      put(lower_, table() + group * lower_.fan, {static_cast<std::uint16_t>(tag), both[i].location});
    }
  }
  if (split_ == lower_.groups()) {
    table_left_bytes_ =
        round_up_to_pages(upper_.buckets() * sizeof(Bucket)) - round_up_to_pages(lower_.buckets() * sizeof(Bucket));
    upper_ = lower_;
    split_ = 0;
  }
}

void HashIndex::gather(const Layout& layout, std::uint64_t group) {
  gathered_.clear();
  Bucket* const first = table() + group * layout.fan;
  const auto take = [&](const Bucket& from) {
    for (unsigned slot = 0; slot < from.count(); ++slot) gathered_.push_back({from.tags[slot], from.locations[slot]});
  };
  for (std::uint32_t i = 0; i < layout.fan; ++i) take(first[i]);
  for (std::uint32_t number = first_line(first); number != 0;) {
    const std::uint32_t next = line(number).next();
    take(line(number));
    free_line(number);
    number = next;
  }
}

void HashIndex::clear_group(const Layout& layout, std::uint64_t group) {
  Bucket* const first = table() + group * layout.fan;
  std::fill(first, first + layout.fan, Bucket{});
}

std::size_t HashIndex::discard(std::size_t bytes_max) {
  // The table, which while it grows lies in two pieces, and the lines behind it as if it were one.
  const std::size_t table_bytes =
      round_up_to_pages(std::max(upper_.buckets(), lower_.buckets()) * sizeof(Bucket)) + table_left_bytes_;
  const std::size_t left = table_bytes + round_up_to_pages(lines_committed_ * sizeof(Bucket)) - discarded_bytes_;
  const std::size_t in_lines = left > table_bytes ? left - table_bytes : 0;
  const MemoryRange& range = in_lines != 0 ? line_range_ : *table_range_;
  const std::size_t end = in_lines != 0 ? in_lines : left;
  const std::size_t bytes = std::min(round_up_to_pages(bytes_max), end);
  if (bytes != 0) range.release(end - bytes, bytes);
  discarded_bytes_ += bytes;
  return bytes;
}

// --- For tests ---

HashIndex::Occupancy HashIndex::occupancy() const {
  Occupancy result;
  for (std::uint64_t position = 0;;) {
    const Place place = locate(position);
    const Bucket& home = place.group[place.home];
    ++result.buckets;
    result.buckets_unspilled += home.spills() == 0;
    for (unsigned slot = 0; slot < home.count(); ++slot) {
      result.entries_at_home += place.layout->home(home.tags[slot]) == place.home;
    }
    each_line(place, [&](const Bucket& here, unsigned where) {
      for (unsigned slot = 0; where == kInLines && slot < here.count(); ++slot) {
        result.entries_in_lines += place.layout->home(here.tags[slot]) == place.home;
      }
      return false;
    });
    position = range_of(place, position).end;
    if (position == 0) return result;
  }
}

void HashIndex::check_invariants(const std::function<void(Location)>& visit) const {
  std::size_t entries = 0;
  for (std::uint64_t position = 0;;) {
    const Place place = locate(position);
    const Range range = range_of(place, position);
    LARDER_CHECK(range.begin == position);
    unsigned spills = 0;
    unsigned previous = ~0u;
    each_line(place, [&](const Bucket& here, unsigned where) {
      LARDER_CHECK(where == place.home || previous != where || where == kInLines);
      LARDER_CHECK(where != kInLines || here.count() > 0);
      previous = where;
      for (unsigned slot = 0; slot < here.count(); ++slot) {
        if (place.layout->home(here.tags[slot]) != place.home) continue;
        const std::uint64_t truth = position_of_(here.locations[slot]);
        LARDER_CHECK(truth >= range.begin && (range.end == 0 || truth < range.end));
        LARDER_CHECK(((place.layout->tag(truth) ^ here.tags[slot]) & place.layout->known) == 0);
        if (where != place.home) spills |= 1u << where;
        ++entries;
        visit(here.locations[slot]);
      }
      return false;
    });
    LARDER_CHECK(spills == place.group[place.home].spills());
    position = range.end;
    if (position == 0) break;
  }
  LARDER_CHECK(entries == size_);
}

}  // namespace larder
