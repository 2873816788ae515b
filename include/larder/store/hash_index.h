// WHAT: the index of a shard: from a key's hash to where its item is. Knows locations only; keys are compared by the
// caller. Not thread-safe, but that prefetch() reads only what may be read while another thread changes the index.
//
// STRUCTURE: buckets of one cache line, ten entries of a 16-bit tag and a 32-bit location each, in hash order. A table
// has 2^level groups of 6 to 11 buckets, so it can have almost any size:
//
//     position    | group: `level` bits | tag: 16 bits | not looked at
//     home bucket   group * fan + (tag * fan >> 16)                         fan: buckets of a group
//
// An entry whose home is full goes to another bucket of its group, and where the group is full to a line that hangs on
// it; the home remembers where its own are (`spills`). A tag tells an entry's home, so nothing needs to be hashed again
// when a table grows from fan to fan + 1. From 11 it grows to two groups of 6, which takes a bit of every tag; when few
// are left the hashes are asked for anew.
//
// A pass over the table, some entries a step, rebuilds it in place: growing from the highest group down, shrinking from
// the lowest up. Meanwhile the groups below `split_` are laid out by lower_, the others by upper_:
//
//     growing    [ old | old | old |  free  | new | new | new | new ]
//                                  ^ split_
//
// INVARIANTS (check_invariants): every entry is found from its position; a bit of `spills` is set exactly where the
// home has an entry; lines hang only where they are needed.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "larder/base/item.h"
#include "larder/base/memory_range.h"
#include "larder/base/page_work.h"
#include "larder/base/prefetch.h"
#include "larder/base/relaxed.h"

namespace larder {

class HashIndex {
 public:
  struct Options {
    // How many bits of a position mean something, from the highest; at least 17. Limits the size.
    int position_bits = 48;
    std::size_t entries_max = std::size_t{1} << 20;  // what address space is reserved for
  };
  // The positions a bucket holds: [begin, end); `end` 0 is the end of all positions.
  struct Range {
    std::uint64_t begin;
    std::uint64_t end;
  };

  // What it reserves, memory or not.
  static std::size_t address_space_bytes(std::size_t entries_max);

  // `position_of` tells the position of an entry's item again.
  HashIndex(const Options& options, std::function<std::uint64_t(Location)> position_of);

  std::size_t size() const { return size_; }
  std::size_t buckets() const { return upper_.buckets(); }
  // What is committed.
  std::size_t bytes() const {
    return round_up_to_pages(table_buckets() * sizeof(Bucket)) + table_left_bytes_ +
           round_up_to_pages(lines_committed_ * sizeof(Bucket));
  }

  // Any thread, whoever changes the index meanwhile: then it may be the wrong line, and there may be no memory at all.
  void prefetch(std::uint64_t position) const {
    const Layout& layout = lower_.group(position) < split_ ? lower_ : upper_;
    const std::uint64_t bucket = layout.group(position) * layout.fan + layout.home(layout.tag(position));
    larder::prefetch(table_base_.get() + bucket * sizeof(Bucket));
  }
  // The location for which `matches(location)` holds; kNowhere if there is none. Asked only about those whose tag fits.
  template <class Matches>
  Location find(std::uint64_t position, Matches&& matches) const {
    const Place place = locate(position);
    const Bucket& home = place.group[place.home];
    for (unsigned fits = home.matching(place.tag, place.layout->known); fits != 0; fits &= fits - 1) {
      const Location location = home.locations[__builtin_ctz(fits)];
      if (matches(location)) return location;
    }
    if (home.spills() == 0) [[likely]]
      return kNowhere;
    return find_spilled(place, matches);
  }
  // The step after prefetch(): calls `visit(Location)` for the entries of the home bucket whose tag fits, nearly always
  // the one that find() is going to ask about, if there is one. Where there is none, the bucket is asked for that
  // find() will look at next; true: there is such a one, and prefetch_spilled() is the step after this.
  template <class Visit>
  bool prefetch_further(std::uint64_t position, Visit&& visit) const {
    const Place place = locate(position);
    const Bucket& home = place.group[place.home];
    const unsigned fits = home.matching(place.tag, place.layout->known);
    visit_all(home, fits, visit);
    if (fits != 0 || home.spills() == 0) [[likely]]
      return false;
    const unsigned where = first_spill(home);
    if (where == kInLines) return false;
    larder::prefetch(&place.group[where]);
    return true;
  }
  // Calls `visit(Location)` for the entries of that bucket whose tag fits. The table may have changed since.
  template <class Visit>
  void prefetch_spilled(std::uint64_t position, Visit&& visit) const {
    const Place place = locate(position);
    const unsigned where = first_spill(place.group[place.home]);
    if (where >= kInLines) return;
    const Bucket& here = place.group[where];
    visit_all(here, here.matching(place.tag, place.layout->known), visit);
  }
  void insert(std::uint64_t position, Location location);
  // REQUIRES, for both: the index has `location` (`from`) at `position`.
  void erase(std::uint64_t position, Location location);
  void relocate(std::uint64_t position, Location from, Location to);

  // Calls `visit(Location)` for every entry of the bucket that holds `position`.
  template <class Visit>
  Range visit_bucket(std::uint64_t position, Visit&& visit) const {
    const Place place = locate(position);
    each_line(place, [&](const Bucket& line, unsigned) {
      for (unsigned slot = 0; slot < line.count(); ++slot) {
        if (place.layout->home(line.tags[slot]) == place.home) visit(line.locations[slot]);
      }
      return false;
    });
    return range_of(place, position);
  }

  // Whether it has become too full or too empty, or is being rebuilt: then step() once for each insert and erase.
  bool wants_step() const { return rebuilding() || wants_growth(size_) || wants_shrinking() || has_left_pages(); }
  // Whether entries are too few for the table, or it is being made smaller, or has left pages to be given back.
  bool is_shrinking() const { return has_left_pages() || (!growing_ && (split_ != 0 || wants_shrinking())); }
  // Goes one group on, or gives some pages back.
  void step();
  // As SegmentLog's: pages that growth is about to write to. Where nobody commits them ahead they are committed as they
  // are written.
  bool wants_page_work() const;
  std::optional<PageWork> begin_page_work();
  void end_page_work(const PageWork& work);
  bool owns(const PageWork& work) const { return work.range == table_range_; }
  // How many more bytes an insert at the position and a step after it commit at most.
  std::size_t insert_bytes_max(std::uint64_t position) const;
  // The same for so many inserts anywhere, with a step after each: a bound for hashes that are spread as they should
  // be.
  std::size_t growth_bytes_max(std::size_t inserts) const;

  // Gives up to `bytes_max` of its pages back, from the end, whatever is in them, and returns how many bytes those
  // were; 0 once all are gone. Nothing else may follow.
  std::size_t discard(std::size_t bytes_max);

  struct Occupancy {
    std::size_t entries_at_home = 0;    // hits that touch one line
    std::size_t buckets_unspilled = 0;  // their share is that of misses that touch one line
    std::size_t buckets = 0;
    std::size_t entries_in_lines = 0;
  };
  Occupancy occupancy() const;
  // Stops the process if an invariant does not hold; calls `visit(Location)` for every entry. O(size).
  void check_invariants(const std::function<void(Location)>& visit) const;

 private:
  static constexpr unsigned kEntries = 10;
  static constexpr std::uint32_t kFanMin = 6;
  static constexpr std::uint32_t kFanMax = 11;
  // Home bucket numbers are below kFanMax; the next bit stands for the lines that hang on the group.
  static constexpr unsigned kInLines = kFanMax;
  static constexpr int kTagBits = 16;
  static constexpr int kKnownTagBitsMin = 11;

  struct alignas(64) Bucket {
    std::array<std::uint16_t, kEntries> tags;
    // Lowest 12 bits: where entries of this home are besides here. Highest 4: how many entries are here.
    std::uint16_t meta;
    // Of a group's first two buckets: the number of its first line. Of a line, with the low bits of `meta`: its next.
    std::uint16_t link;
    std::array<Location, kEntries> locations;

    static constexpr unsigned kCountShift = 12;
    unsigned count() const { return meta >> kCountShift; }
    unsigned spills() const { return meta & ((1u << kCountShift) - 1); }
    void set_spills(unsigned spills) { meta = static_cast<std::uint16_t>(count() << kCountShift | spills); }
    std::uint32_t next() const { return std::uint32_t{spills()} << 16 | link; }
    void set_next(std::uint32_t next) {
      set_spills(next >> 16);
      link = static_cast<std::uint16_t>(next);
    }
    bool full() const { return count() == kEntries; }
    void add(std::uint16_t tag, Location location) {
      tags[count()] = tag;
      locations[count()] = location;
      meta = static_cast<std::uint16_t>(meta + (1u << kCountShift));
    }
    void remove(unsigned slot) {
      meta = static_cast<std::uint16_t>(meta - (1u << kCountShift));
      tags[slot] = tags[count()];
      locations[slot] = locations[count()];
    }
    // A bit for every entry whose tag agrees in the bits of `known`.
    unsigned matching(std::uint16_t tag, std::uint16_t known) const {
      const unsigned present = (1u << count()) - 1;
#if defined(__SSE2__)
      const __m128i mask = _mm_set1_epi16(static_cast<short>(known));
      const __m128i wanted = _mm_and_si128(_mm_set1_epi16(static_cast<short>(tag)), mask);
      const auto equal = [&](const std::uint16_t* from) {
        const __m128i here = _mm_and_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)), mask);
        return static_cast<unsigned>(
            _mm_movemask_epi8(_mm_packs_epi16(_mm_cmpeq_epi16(here, wanted), _mm_setzero_si128())));
      };
      // Two overlapping loads of eight.
      return (equal(tags.data()) | equal(tags.data() + 2) << 2) & present;
#else
      unsigned fits = 0;
      for (unsigned slot = 0; slot < kEntries; ++slot) {
        fits |= static_cast<unsigned>(((tags[slot] ^ tag) & known) == 0) << slot;
      }
      return fits & present;
#endif
    }
  };
  static_assert(sizeof(Bucket) == 64, "one cache line");

  struct Layout {
    Relaxed<int> level = 0;
    Relaxed<std::uint32_t> fan = kFanMin;
    Relaxed<std::uint16_t> known = 0xffff;  // the bits of the tags that are right

    std::uint64_t groups() const { return std::uint64_t{1} << level; }
    std::uint64_t buckets() const { return groups() * fan; }
    std::uint64_t group(std::uint64_t position) const { return (position >> 1) >> (63 - level); }
    std::uint16_t tag(std::uint64_t position) const {
      return static_cast<std::uint16_t>((position << level) >> (64 - kTagBits));
    }
    std::uint32_t home(std::uint16_t tag) const { return ((tag & known) * fan) >> kTagBits; }
    // The first position of a bucket.
    std::uint64_t begin(std::uint64_t group, std::uint32_t home) const;
  };

  // What a position leads to.
  struct Place {
    const Layout* layout;
    Bucket* group;  // its first bucket
    std::uint32_t home;
    std::uint16_t tag;
  };
  struct Entry {
    std::uint16_t tag;
    Location location;
  };
  struct Found {
    Bucket* line;
    unsigned slot;
    unsigned where;  // the bucket in the group, or kInLines
  };

  Bucket* table() const {
    return reinterpret_cast<Bucket*>(table_base_.get());
  }
  Bucket& line(std::uint32_t number) const {
    return reinterpret_cast<Bucket*>(line_range_.data())[number - 1];
  }
  static std::uint32_t first_line(const Bucket* group) {
    return std::uint32_t{group[0].link} | std::uint32_t{group[1].link} << 16;
  }
  static void set_first_line(Bucket* group, std::uint32_t number) {
    group[0].link = static_cast<std::uint16_t>(number);
    group[1].link = static_cast<std::uint16_t>(number >> 16);
  }
  Place locate(std::uint64_t position) const {
    const Layout& layout = lower_.group(position) < split_ ? lower_ : upper_;
    const std::uint16_t tag = layout.tag(position);
    return {&layout, table() + layout.group(position) * layout.fan, layout.home(tag), tag};
  }
  static Range range_of(const Place& place, std::uint64_t position);

  // Calls `look(line, where)` for every line that may hold entries of the place's home, the home first, until it
  // returns true.
  template <class Look>
  void each_line(const Place& place, Look&& look) const {
    Bucket& home = place.group[place.home];
    if (look(home, place.home)) return;
    for (unsigned spills = home.spills(); spills != 0; spills &= spills - 1) {
      const unsigned where = static_cast<unsigned>(__builtin_ctz(spills));
      if (where != kInLines) {
        if (look(place.group[where], where)) return;
        continue;
      }
      for (std::uint32_t number = first_line(place.group); number != 0; number = line(number).next()) {
        if (look(line(number), kInLines)) return;
      }
    }
  }
  // kInLines or more: there is no bucket that has any.
  static unsigned first_spill(const Bucket& home) {
    return static_cast<unsigned>(std::countr_zero(home.spills() | 1u << kInLines));
  }
  template <class Visit>
  static void visit_all(const Bucket& bucket, unsigned slots, Visit&& visit) {
    for (; slots != 0; slots &= slots - 1) visit(bucket.locations[static_cast<std::size_t>(__builtin_ctz(slots))]);
  }
  template <class Matches>
  Location find_spilled(const Place& place, Matches&& matches) const {
    Location found = kNowhere;
    each_line(place, [&](const Bucket& here, unsigned where) {
      if (where == place.home) return false;
      for (unsigned fits = here.matching(place.tag, place.layout->known); fits != 0; fits &= fits - 1) {
        const Location location = here.locations[__builtin_ctz(fits)];
        if (!matches(location)) continue;
        found = location;
        return true;
      }
      return false;
    });
    return found;
  }

  Found find_entry(const Place& place, Location location) const;
  void put(const Layout& layout, Bucket* group, Entry entry);
  void put_in_lines(Bucket* group, Entry entry);
  void pull_back(const Place& place);
  // Clears the home's bit for `where` if nothing of it is left there.
  void forget_if_empty(const Place& place, unsigned where);
  void free_empty_lines(Bucket* group);
  std::uint32_t allocate_line();
  void free_line(std::uint32_t number);

  bool rebuilding() const {
    return split_ != 0 || growing_;
  }
  bool wants_growth(std::size_t entries) const;
  bool wants_shrinking() const;
  void start_growing();
  void start_shrinking();
  void grow_one_group();
  void shrink_one_group();
  bool has_left_pages() const {
    return table_left_bytes_ != 0 || lines_committed_ > lines_used_;
  }
  void release_left_pages();
  // Takes all entries of a group out.
  void gather(const Layout& layout, std::uint64_t group);
  void clear_group(const Layout& layout, std::uint64_t group);
  // Where the pages begin that growth adds, and those that it writes to next, in bytes.
  std::size_t fresh_begin() const {
    return round_up_to_pages(lower_.buckets() * sizeof(Bucket));
  }
  std::size_t growth_front() const {
    return split_ * upper_buckets_per_split() * sizeof(Bucket);
  }
  // Buckets that are committed.
  std::uint64_t table_buckets() const;
  // Of upper_, for each group of lower_.
  std::uint64_t upper_buckets_per_split() const {
    return std::uint64_t{upper_.fan} << (upper_.level - lower_.level);
  }

  std::function<std::uint64_t(Location)> position_of_;
  int level_max_;
  std::shared_ptr<const MemoryRange> table_range_;
  Relaxed<char*> table_base_;
  MemoryRange line_range_;

  Layout lower_;
  Layout upper_;
  Relaxed<std::uint64_t> split_ = 0;
  bool growing_ = false;
  // While it grows: from where on in the table, in bytes, its pages are committed; whether somebody commits more.
  std::size_t fresh_from_ = 0;
  bool in_work_ = false;
  // Entries get their whole tags back in this pass.
  bool refreshing_ = false;
  std::size_t size_ = 0;
  std::size_t lines_used_ = 0;        // ever, from the first on
  std::size_t lines_committed_ = 0;   // as many have been used since their pages were given back
  std::size_t table_left_bytes_ = 0;  // pages behind the table, still to be given back
  std::size_t discarded_bytes_ = 0;
  std::size_t lines_free_count_ = 0;
  std::uint32_t lines_free_ = 0;
  std::vector<Entry> gathered_;
};

}  // namespace larder
