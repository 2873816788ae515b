// WHAT: an item as it lies in a shard's log: a record of bytes in place, read and written through ItemRef. Knows
// nothing of segments, the index or any policy.
//
// STRUCTURE: a record begins at a multiple of 8 bytes and says its own length, so a run of records can be walked:
//
//     value length u30, form u2 | key length u16 | policy bits u8 | flags u8                8 bytes, always
//     [prev u32 | next u32 | last access u32]                                              12, form kListItem
//     [expiry i64, ms]                                                                      8, flag kHasExpiry
//     [mask u16 | database u16 | soft expiry i64 |                                          flag kHasExtension; the
//      tag clock u64, count u8, hashes u64 ...]                                             mask says which are there
//     key | value, or the Blob* of a value in a block of its own (flag kHasBlob)            rounded up to 8
//
// INVARIANTS: a dead record is a filler of the same length. What an item does not use it does not pay for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "larder/base/blob.h"
#include "larder/base/clock.h"
#include "larder/base/hash.h"

namespace larder {

// A place in a shard's log, in granules of 8 bytes from its base. The values from 2^31 on are kept for other tiers.
using Location = std::uint32_t;
inline constexpr Location kNowhere = 0;
inline constexpr std::size_t kItemGranuleBytes = 8;

// No expiry. Every real expiry is a time in milliseconds since the epoch, and an item is expired once now >= expiry.
inline constexpr TimeMs kNoExpiry = -1;

// A point in time in 32 bits: milliseconds, wrapping. Good for times up to 49 days before now, and for a minute after
// it (threads do not read the clock in the order in which they get a shard's lock).
using Ticks = std::uint32_t;
constexpr Ticks ticks_of(TimeMs time_ms) {
  return static_cast<Ticks>(time_ms);
}
constexpr TimeMs time_of(Ticks ticks, TimeMs now_ms) {
  constexpr Ticks kAheadMsMax = 60'000;
  const Ticks ahead_ms = ticks - ticks_of(now_ms);
  if (ahead_ms <= kAheadMsMax) return now_ms + ahead_ms;
  return now_ms - static_cast<Ticks>(ticks_of(now_ms) - ticks);
}

enum class ItemForm : std::uint8_t {
  kFiller = 0,    // dead, or never an item; only its length means anything
  kItem = 1,      // without a list node
  kListItem = 2,  // with one
};

// A policy's links in an item.
struct ListNode {
  Location prev = kNowhere;
  Location next = kNowhere;
  Ticks last_access = 0;
};
static_assert(sizeof(ListNode) == 12, "every item of a list policy pays for it");

// What an item's extension may have, as its mask says it; the fields follow the mask in this order.
enum ItemField : std::uint16_t {
  kDatabaseField = 1,
  kSoftExpiryField = 2,  // from when on the value is stale: served, and to be refreshed
  kNegativeMark = 4,     // takes no bytes: that there is nothing is what the item says
  kTagsField = 8,
};

// A tag is known by the hash of its name and its database.
using TagHash = std::uint64_t;
// Counts the tags that were deleted; see TagTable.
using TagClock = std::uint64_t;
// Later than every other.
inline constexpr TagClock kNoTagClock = ~TagClock{0};

// The tags of an item, in its record or in the caller's array: as long-lived as those.
class TagView {
 public:
  TagView() = default;
  explicit TagView(std::span<const TagHash> tags)
      : TagView(reinterpret_cast<const char*>(tags.data()), static_cast<std::uint8_t>(tags.size())) {}
  // Hashes that need not be aligned.
  TagView(const char* bytes, std::uint8_t count) : bytes_(bytes), count_(count) {}

  std::uint8_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  TagHash operator[](std::size_t index) const {
    TagHash tag;
    std::memcpy(&tag, bytes_ + index * sizeof tag, sizeof tag);
    return tag;
  }
  const char* bytes() const { return bytes_; }

 private:
  const char* bytes_ = nullptr;
  std::uint8_t count_ = 0;
};

// What a record is made of: enough to know its length and to write it.
struct ItemShape {
  ItemForm form = ItemForm::kItem;
  bool has_expiry = false;
  bool has_blob = false;
  Database database = 0;
  std::uint16_t fields = 0;  // of ItemField, the database aside
  std::uint8_t tags = 0;     // how many; with kTagsField
  std::size_t key_bytes = 0;
  std::size_t value_bytes = 0;

  constexpr std::uint16_t mask() const {
    return static_cast<std::uint16_t>(fields | (database == 0 ? 0 : kDatabaseField));
  }
  static constexpr std::size_t extension_bytes(std::uint16_t mask, std::uint8_t tags) {
    return sizeof mask + ((mask & kDatabaseField) != 0 ? sizeof(Database) : 0) +
           ((mask & kSoftExpiryField) != 0 ? sizeof(TimeMs) : 0) +
           ((mask & kTagsField) != 0 ? sizeof(TagClock) + sizeof tags + tags * sizeof(TagHash) : 0);
  }
  constexpr std::size_t extension_bytes() const { return mask() == 0 ? 0 : extension_bytes(mask(), tags); }
  // The same whatever the form: without a list node, and before it is rounded.
  constexpr std::size_t plain_bytes() const {
    return 2 * sizeof(std::uint32_t) + (has_expiry ? sizeof(TimeMs) : 0) + extension_bytes() + key_bytes +
           (has_blob ? sizeof(Blob*) : value_bytes);
  }
  constexpr std::size_t record_bytes() const {
    const std::size_t exact = plain_bytes() + (form == ItemForm::kListItem ? sizeof(ListNode) : 0);
    return (exact + kItemGranuleBytes - 1) / kItemGranuleBytes * kItemGranuleBytes;
  }
};

// A record in place. A plain pointer: as short-lived as whatever says where the record is.
class ItemRef {
 public:
  explicit ItemRef(char* record) : record_(record) {}

  // Writes the header, the database and the key; policy bits and list node are zero, the expiry is none, and the
  // value's bytes (or its Blob*) and the other fields of the extension are the caller's to fill in.
  void write(const ItemShape& shape, std::string_view key) {
    const std::uint8_t flags =
        static_cast<std::uint8_t>((shape.has_expiry ? kHasExpiry : 0) | (shape.mask() != 0 ? kHasExtension : 0) |
                                  (shape.has_blob ? kHasBlob : 0));
    store_header({pack(shape.value_bytes, shape.form), static_cast<std::uint16_t>(key.size()), 0, flags});
    if (shape.form == ItemForm::kListItem) set_node({});
    if (shape.has_expiry) set_expiry(kNoExpiry);
    if (shape.mask() != 0) {
      store(extension_at(), shape.mask());
      if (shape.database != 0) store(database_at(), shape.database);
      if ((shape.fields & kTagsField) != 0) store(tags_at() + sizeof(TagClock), shape.tags);
    }
    if (!key.empty()) std::memcpy(record_ + key_at(), key.data(), key.size());
  }
  // Covers `bytes` (a multiple of 8) with a record that is no item.
  void write_filler(std::size_t bytes) { store_header({pack(bytes, ItemForm::kFiller), 0, 0, 0}); }

  ItemForm form() const { return static_cast<ItemForm>(load_header().length_form & 3u); }
  bool is_item() const { return form() != ItemForm::kFiller; }
  std::size_t record_bytes() const {
    const Header header = load_header();
    return (header.length_form & 3u) == 0 ? header.length_form >> 2 : shape().record_bytes();
  }
  // REQUIRES, from here on: is_item().
  ItemShape shape() const {
    return {form(),      has_expiry_field(),      has_blob(),   database(), fields(),
            tag_count(), load_header().key_bytes, value_bytes()};
  }

  std::string_view key() const { return {record_ + key_at(), load_header().key_bytes}; }
  std::size_t value_bytes() const { return load_header().length_form >> 2; }
  std::string_view value() const { return has_blob() ? blob()->view() : std::string_view{value_data(), value_bytes()}; }
  // REQUIRES: !has_blob().
  char* value_data() const { return record_ + key_at() + load_header().key_bytes; }
  // REQUIRES: the record keeps its length.
  void set_value_bytes(std::size_t bytes) {
    Header header = load_header();
    header.length_form = pack(bytes, form());
    store_header(header);
  }
  // Null if the value is in the record.
  Blob* blob() const { return has_blob() ? load<Blob*>(key_at() + load_header().key_bytes) : nullptr; }
  void set_blob(Blob* blob) { store(key_at() + load_header().key_bytes, blob); }
  bool has_blob() const { return (load_header().flags & kHasBlob) != 0; }

  Database database() const { return has_field(kDatabaseField) ? load<Database>(database_at()) : Database{0}; }

  bool has_extension() const { return (load_header().flags & kHasExtension) != 0; }
  bool has_field(ItemField field) const { return has_extension() && (mask() & field) != 0; }
  // As ItemShape's.
  std::uint16_t fields() const {
    return static_cast<std::uint16_t>(has_extension() ? mask() & ~unsigned{kDatabaseField} : 0);
  }
  bool is_negative() const { return has_field(kNegativeMark); }
  TimeMs soft_expiry() const { return has_field(kSoftExpiryField) ? load<TimeMs>(soft_expiry_at()) : kNoExpiry; }
  // REQUIRES: has_field(kSoftExpiryField).
  void set_soft_expiry(TimeMs stale_at_ms) { store(soft_expiry_at(), stale_at_ms); }
  bool has_tags() const { return has_field(kTagsField); }
  // REQUIRES, for these: has_tags().
  TagClock tag_clock() const { return load<TagClock>(tags_at()); }
  TagView tags() const { return {record_ + tags_at() + sizeof(TagClock) + sizeof(std::uint8_t), tag_count()}; }
  // As many as the shape had when the record was written. They may be the record's own.
  void set_tags(TagClock clock, const TagView& tags) {
    store(tags_at(), clock);
    std::memmove(record_ + tags_at() + sizeof clock + sizeof(std::uint8_t), tags.bytes(),
                 tags.size() * sizeof(TagHash));
  }
  // REQUIRES: both have an extension, of the same shape.
  void copy_extension(const ItemRef& from) {
    std::memcpy(record_ + extension_at(), from.record_ + from.extension_at(), extension_bytes());
  }
  // The field stays when the expiry is taken away.
  bool has_expiry_field() const { return (load_header().flags & kHasExpiry) != 0; }
  TimeMs expiry() const { return has_expiry_field() ? load<TimeMs>(expiry_at()) : kNoExpiry; }
  // REQUIRES: has_expiry_field().
  void set_expiry(TimeMs expire_at_ms) { store(expiry_at(), expire_at_ms); }

  // The policy's own byte. It goes with the item wherever that is copied.
  std::uint8_t policy_bits() const { return load_header().policy_bits; }
  void set_policy_bits(std::uint8_t bits) { record_[kPolicyBitsAt] = static_cast<char>(bits); }
  bool has_node() const { return form() == ItemForm::kListItem; }
  // REQUIRES: has_node().
  ListNode node() const { return load<ListNode>(kNodeAt); }
  void set_node(const ListNode& node) { store(kNodeAt, node); }
  void set_prev(Location prev) { store(kNodeAt, prev); }
  void set_next(Location next) { store(kNodeAt + sizeof(Location), next); }
  void set_last_access(Ticks ticks) { store(kNodeAt + 2 * sizeof(Location), ticks); }

  // What it costs: the record and the block of its value.
  std::size_t total_bytes() const { return record_bytes() + (has_blob() ? Blob::footprint_bytes(value_bytes()) : 0); }
  char* record() const { return record_; }

 private:
  struct Header {
    std::uint32_t length_form;
    std::uint16_t key_bytes;
    std::uint8_t policy_bits;
    std::uint8_t flags;
  };
  static_assert(sizeof(Header) == 8, "every item pays for it");

  static constexpr std::uint8_t kHasExpiry = 1;
  static constexpr std::uint8_t kHasExtension = 2;
  static constexpr std::uint8_t kHasBlob = 4;
  static constexpr std::size_t kPolicyBitsAt = 6;
  static constexpr std::size_t kNodeAt = sizeof(Header);

  static std::uint32_t pack(std::size_t bytes, ItemForm form) {
    return static_cast<std::uint32_t>(bytes << 2) | static_cast<std::uint32_t>(form);
  }
  template <class T>
  T load(std::size_t at) const {
    T value;
    std::memcpy(&value, record_ + at, sizeof value);
    return value;
  }
  template <class T>
  void store(std::size_t at, const T& value) {
    std::memcpy(record_ + at, &value, sizeof value);
  }
  Header load_header() const { return load<Header>(0); }
  void store_header(const Header& header) { store(0, header); }

  std::size_t expiry_at() const { return kNodeAt + (has_node() ? sizeof(ListNode) : 0); }
  std::size_t extension_at() const { return expiry_at() + (has_expiry_field() ? sizeof(TimeMs) : 0); }
  std::uint16_t mask() const { return load<std::uint16_t>(extension_at()); }
  std::size_t database_at() const { return extension_at() + sizeof(std::uint16_t); }
  std::size_t soft_expiry_at() const { return database_at() + ((mask() & kDatabaseField) != 0 ? sizeof(Database) : 0); }
  std::size_t tags_at() const { return soft_expiry_at() + ((mask() & kSoftExpiryField) != 0 ? sizeof(TimeMs) : 0); }
  std::uint8_t tag_count() const { return has_tags() ? load<std::uint8_t>(tags_at() + sizeof(TagClock)) : 0; }
  // Most items have none, and every look-up asks for the key behind it: not inlined, so that key_at() is. REQUIRES:
  // has_extension().
  [[gnu::cold, gnu::noinline]] std::size_t extension_bytes() const {
    return ItemShape::extension_bytes(mask(), tag_count());
  }
  std::size_t key_at() const { return extension_at() + (has_extension() ? extension_bytes() : 0); }

  char* record_;
};

}  // namespace larder
