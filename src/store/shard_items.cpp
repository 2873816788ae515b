// What a Shard does to one item.
#include <cstdlib>
#include <cstring>
#include <new>

#include "larder/base/allocation.h"
#include "larder/base/check.h"
#include "larder/base/limits.h"
#include "larder/store/shard.h"
#include "store/item.h"

namespace larder {

namespace {

// An item keeps its allocation for a smaller value as long as that uses at least half of it.
bool fits_well(std::size_t needed_bytes, std::size_t allocated_bytes) {
  return needed_bytes <= allocated_bytes && needed_bytes * 2 >= allocated_bytes;
}

// A reference for the store to keep: to the caller's block, or to a copy. Empty if the system has no memory.
BlobRef blob_of(const Value& value) {
  if (value.blob != nullptr) return BlobRef::share(value.blob);
  BlobRef copy = Blob::allocate(value.bytes.size());
  if (copy) std::memcpy(copy->data(), value.bytes.data(), value.bytes.size());
  return copy;
}

// memcpy may not be given the null pointer of an empty view.
void copy_bytes(char* to, std::string_view bytes) {
  if (!bytes.empty()) std::memmove(to, bytes.data(), bytes.size());
}

}  // namespace

Shard::Fate Shard::fate(const Item& item, TimeMs now_ms) const {
  if (item.epoch != databases_[item.database].epoch) return Fate::kFlushed;
  return item.expire_at_ms != kNoExpiry && item.expire_at_ms <= now_ms ? Fate::kExpired : Fate::kLive;
}

ItemView Shard::view(const Item& item, TimeMs now_ms) const {
  return {item.key(), item.value(), item.blob(), item.expire_at_ms, now_ms - item.last_use_ms,
          item.hash,  item.database};
}

void Shard::touch(Item& item, TimeMs now_ms) {
  lru_.move_to_warmest(item);
  item.last_use_ms = now_ms;
}

std::optional<ItemView> Shard::get(const Key& key, Touch how, Op& op) {
  Item** const link = find_live(key, op);
  if (link == nullptr) return {};
  const ItemView found = view(**link, op.now_ms);
  if (how == Touch::kYes) touch(**link, op.now_ms);
  return found;
}

bool Shard::contains(const Key& key, TimeMs now_ms) const {
  Item** const link = index_.find(key);
  return link != nullptr && fate(**link, now_ms) == Fate::kLive;
}

StatusCode Shard::set(const Key& key, Value value, const SetOptions& options, Op& op, EventKind kind) {
  LARDER_CHECK(key.bytes.size() <= limits::kKeyBytesMax && value.bytes.size() <= limits::kValueBytesMax);
  Item** const link = find_live(key, op);
  if (options.condition == Condition::kIfAbsent && link != nullptr) return StatusCode::kNotStored;
  if (options.condition == Condition::kIfPresent && link == nullptr) return StatusCode::kNotStored;

  const std::uint64_t bytes_max = budget_.bytes_max();
  if (bytes_max != 0 && item_bytes_max(key.bytes.size(), value.bytes.size()) > bytes_max) return StatusCode::kTooLarge;

  const StatusCode status = link == nullptr ? insert(key, value, options, op) : overwrite(link, value, options, op);
  if (status == StatusCode::kOk) emit(kind, key.database, key.bytes, op);
  return status;
}

StatusCode Shard::insert(const Key& key, Value value, const SetOptions& options, Op& op) {
  const Footprint cost = footprint(key.bytes.size(), value.bytes.size());
  const bool grows = index_.wants_growth(lru_.size());
  const std::size_t growth_bytes = grows ? index_.growth_bytes() : 0;
  if (!acquire({cost.total() + growth_bytes, 1}, op)) return StatusCode::kNeedsRoom;

  Item* const item = make_item(key.bytes, key.hash, key.database, value, cost);
  if (item == nullptr) {
    release({cost.total() + growth_bytes, 1}, nullptr);
    return StatusCode::kOutOfMemory;
  }
  if (grows) {
    index_.grow();
    release({stats_.index_bytes + growth_bytes - index_.bytes(), 0}, nullptr);
    stats_.index_bytes = index_.bytes();
  }
  index_.insert(*item);
  lru_.push_warmest(*item);
  item->last_use_ms = op.now_ms;
  item->expire_at_ms = options.expire_at_ms;
  note_expiry(item->expire_at_ms, op.now_ms);
  account(*item);
  return StatusCode::kOk;
}

StatusCode Shard::overwrite(Item** link, Value value, const SetOptions& options, Op& op) {
  Item& old = **link;
  Footprint cost = footprint(old.key_bytes, value.bytes.size());
  const bool in_place = (cost.blob_bytes != 0) == old.has_blob && fits_well(cost.item_bytes, old.allocated_bytes);
  if (in_place) cost.item_bytes = old.allocated_bytes;
  const std::size_t old_bytes = old.total_bytes();
  const RoomNeeded more = RoomNeeded{cost.total(), 0}.beyond({old_bytes, 0});
  if (!acquire(more, op)) return StatusCode::kNeedsRoom;

  const TimeMs expire_at_ms = options.keep_expiry ? old.expire_at_ms : options.expire_at_ms;
  unaccount(old);
  Item* const item = in_place ? rewrite(old, value) : replace(link, value, cost);
  if (item == nullptr) {
    account(old);
    release(more, nullptr);
    return StatusCode::kOutOfMemory;
  }
  item->expire_at_ms = expire_at_ms;
  note_expiry(expire_at_ms, op.now_ms);
  account(*item);
  touch(*item, op.now_ms);
  release(RoomNeeded{old_bytes, 0}.beyond({cost.total(), 0}), nullptr);
  return StatusCode::kOk;
}

Item* Shard::rewrite(Item& item, Value value) {
  if (item.has_blob) {
    BlobRef fresh = blob_of(value);
    if (!fresh) return nullptr;
    const BlobRef replaced = BlobRef::adopt(item.blob());
    item.set_blob(fresh.release());
  } else {
    copy_bytes(item.inline_value_data(), value.bytes);
  }
  item.value_bytes = static_cast<std::uint32_t>(value.bytes.size());
  return &item;
}

Item* Shard::replace(Item** link, Value value, const Footprint& cost) {
  Item& old = **link;
  Item* const item = make_item(old.key(), old.hash, old.database, value, cost);
  if (item == nullptr) return nullptr;
  item->next = old.next;
  *link = item;
  lru_.replace(old, *item);
  free_item(old);
  return item;
}

StatusCode Shard::set_expiry(const Key& key, TimeMs expire_at_ms, Op& op) {
  Item** const link = find_live(key, op);
  if (link == nullptr) return StatusCode::kNotFound;
  Item& item = **link;
  unaccount(item);
  item.expire_at_ms = expire_at_ms;
  note_expiry(expire_at_ms, op.now_ms);
  account(item);
  touch(item, op.now_ms);
  emit(EventKind::kExpiryChanged, key.database, key.bytes, op);
  return StatusCode::kOk;
}

bool Shard::erase(const Key& key, Op& op) {
  Item** const link = find_live(key, op);
  if (link == nullptr) return false;
  emit(EventKind::kDeleted, key.database, key.bytes, op);
  remove(link, nullptr);
  return true;
}

Item** Shard::find_live(const Key& key, Op& op) {
  Item** const link = index_.find(key);
  if (link == nullptr || reclaim_if_dead(link, op, nullptr)) return nullptr;
  return link;
}

Item* Shard::make_item(std::string_view key, KeyHash hash, Database database, Value value, const Footprint& footprint) {
  const bool in_blob = footprint.blob_bytes != 0;
  BlobRef blob;
  if (in_blob) {
    blob = blob_of(value);
    if (!blob) return nullptr;
  }
  // All of what it will take anyway, so that a later value may use the rounding.
  void* const memory = std::malloc(allocation_request_bytes(footprint.item_bytes));
  if (memory == nullptr) return nullptr;
  Item* const item = new (memory) Item;
  item->hash = hash;
  item->database = database;
  item->epoch = databases_[database].epoch;
  item->allocated_bytes = static_cast<std::uint32_t>(footprint.item_bytes);
  item->key_bytes = static_cast<std::uint16_t>(key.size());
  item->value_bytes = static_cast<std::uint32_t>(value.bytes.size());
  item->has_blob = in_blob;
  copy_bytes(item->key_data(), key);
  if (in_blob) {
    item->set_blob(blob.release());
  } else {
    copy_bytes(item->inline_value_data(), value.bytes);
  }
  return item;
}

void Shard::free_item(Item& item) {
  const BlobRef last = BlobRef::adopt(item.blob());
  std::free(&item);
}

void Shard::remove(Item** link, Reservation* to) {
  Item& item = **link;
  *link = item.next;
  lru_.erase(item);
  const std::size_t bytes = item.total_bytes();
  const bool flushed = item.epoch != databases_[item.database].epoch;
  if (flushed) {
    // flush() has already taken it out of the counts.
    --flushed_items_;
    stats_.item_bytes -= item.allocated_bytes;
    stats_.blob_bytes -= item.blob_bytes();
    stats_.dead_bytes -= bytes;
  } else {
    unaccount(item);
  }
  free_item(item);
  release({bytes, flushed ? 0u : 1u}, to);
}

bool Shard::reclaim_if_dead(Item** link, Op& op, Reservation* to) {
  const Fate its_fate = fate(**link, op.now_ms);
  if (its_fate == Fate::kLive) return false;
  if (its_fate == Fate::kExpired) {
    ++stats_.expired;
    emit(EventKind::kExpired, (*link)->database, (*link)->key(), op);
  }
  remove(link, to);
  return true;
}

}  // namespace larder
