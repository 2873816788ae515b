// What a Shard does to one item.
#include <algorithm>
#include <cstring>

#include "larder/base/check.h"
#include "larder/base/limits.h"
#include "larder/base/prefetch.h"
#include "larder/store/shard.h"

namespace larder {

namespace {

// A reference for the store to keep: to the caller's block, or to a copy. Empty if the system has no memory.
BlobRef blob_of(const Value& value) {
  if (value.blob != nullptr) return BlobRef::share(value.blob);
  BlobRef copy = Blob::allocate(value.bytes.size());
  if (copy) copy->write(0, value.bytes);
  return copy;
}

// memcpy may not be given the null pointer of an empty view.
void copy_bytes(char* to, std::string_view bytes) {
  if (!bytes.empty()) std::memmove(to, bytes.data(), bytes.size());
}

}  // namespace

// --- Finding ---

Location Shard::find(const Key& key) const {
  return index_.find(position_of(key.hash), [&](Location location) {
    const ItemRef found = item(location);
    // Header and key often lie across two cache lines: both are asked for at once.
    larder::prefetch(found.record() + kCacheLineBytes);
    return found.key() == key.bytes && found.database() == key.database;
  });
}

Location Shard::find_live(const Key& key, Op& op) {
  set_now(op.now_ms);
  const Location location = find(key);
  if (location == kNowhere || reclaim_if_dead(location, key.hash, op, nullptr)) return kNowhere;
  return location;
}

Shard::Fate Shard::fate(Location location, TimeMs now_ms) const {
  const ItemRef found = item(location);
  if (flushed_items_ > 0 &&
      log_.segment(log_.segment_of(location)).sequence < databases_[found.database()].flush_sequence) {
    return Fate::kFlushed;
  }
  const TimeMs expire_at_ms = found.expiry();
  if (expire_at_ms != kNoExpiry && expire_at_ms <= now_ms) return Fate::kExpired;
  if (found.has_tags()) [[unlikely]] {
    if (tags_->any_removed_since(found.tag_clock(), found.tags())) return Fate::kInvalidated;
  }
  return Fate::kLive;
}

ItemView Shard::view(Location location, KeyHash hash) const {
  const ItemRef found = item(location);
  return {.key = found.key(),
          .value = found.value(),
          .blob = found.blob(),
          .expire_at_ms = found.expiry(),
          .hash = hash,
          .database = found.database()};
}

std::optional<std::int64_t> Shard::idle_ms(Location location, TimeMs now_ms) const {
  if (!is_managed(location)) return {};
  const std::optional<TimeMs> last_use_ms = policy_->last_use_ms(location, now_ms);
  if (!last_use_ms) return {};
  return std::max<std::int64_t>(0, now_ms - *last_use_ms);
}

std::optional<ItemView> Shard::get(const Key& key, Touch how, Op& op) {
  const Location location = find_live(key, op);
  if (!is_visible(location)) return {};
  const ItemView found = view(location, key.hash);
  if (how == Touch::kYes) touch(location, key.hash, op.now_ms);
  return found;
}

bool Shard::contains(const Key& key, TimeMs now_ms) const {
  const Location location = find(key);
  return is_visible(location) && fate(location, now_ms) == Fate::kLive;
}

// --- Writing ---

ItemShape Shard::shape_for(const Key& key, const Value& value, bool has_expiry, const ItemExtras* extras) const {
  const std::size_t in_blob_from = value.blob != nullptr ? limits::kBodyBytesMin : std::size_t(-1);
  ItemShape shape{.form = form_,
                  .has_expiry = has_expiry,
                  .has_blob = value.bytes.size() >= std::min(in_blob_from, log_.segment_bytes() / kInlineShare),
                  .database = key.database,
                  .key_bytes = key.bytes.size(),
                  .value_bytes = value.bytes.size()};
  if (extras != nullptr) {
    shape.fields =
        static_cast<std::uint16_t>((extras->stale_at_ms != kNoExpiry ? kSoftExpiryField : 0) |
                                   (extras->negative ? kNegativeMark : 0) | (extras->tags.empty() ? 0 : kTagsField));
    shape.tags = extras->tags.size();
  }
  return shape;
}

StatusCode Shard::set(const Key& key, Value value, const SetOptions& options, Op& op, EventName name) {
  LARDER_CHECK(key.bytes.size() <= limits::kKeyBytesMax && value.bytes.size() <= limits::kValueBytesMax);
  const std::uint64_t invalidated = stats_.invalidated;
  const Location old = find_live(key, op);
  if (options.keep_tags && stats_.invalidated != invalidated) return StatusCode::kOk;  // see SetOptions
  if (options.condition == Condition::kIfAbsent && is_visible(old)) return StatusCode::kNotStored;
  if (options.condition == Condition::kIfPresent && !is_visible(old)) return StatusCode::kNotStored;

  const bool is_new = !is_visible(old);
  const bool is_negative = options.extras != nullptr && options.extras->negative;
  const bool is_plain = options.lease == kNoLease && !needs_extras(old, options);
  const StatusCode status =
      is_plain ? store(old, key, value, options, nullptr, op) : set_with_extras(old, key, value, options, op);
  if (status != StatusCode::kOk) return status;
  end_lease(key, op);
  if (is_tapped(key.hash)) [[unlikely]]
    tell_write(key);
  if (is_negative) [[unlikely]] {
    // To everybody it is the end of the value that was there.
    emit(is_new ? name : EventName::kDel, key.database, key.bytes, op, {.is_hidden = is_new});
    return status;
  }
  const bool sets_expiry = name == EventName::kSet && !options.keep_expiry && options.expire_at_ms != kNoExpiry;
  emit(name, key.database, key.bytes, op, {.is_new = is_new, .sets_expiry = sets_expiry});
  return status;
}

StatusCode Shard::store(Location old, const Key& key, const Value& value, const SetOptions& options,
                        const ItemExtras* extras, Op& op) {
  const std::uint64_t bytes_max = budget_.bytes_max();
  if (bytes_max != 0 && cost(shape_for(key, value, true, extras)) > bytes_max) return StatusCode::kTooLarge;
  return old == kNowhere ? insert(key, value, options, extras, op) : overwrite(old, key, value, options, extras, op);
}

Location Shard::append_record(const Key& key, const ItemShape& shape, TimeMs expire_at_ms, StreamId stream) {
  const std::size_t record_bytes = shape.record_bytes();
  const std::size_t blob_bytes = shape.has_blob ? Blob::footprint_bytes(shape.value_bytes) : 0;
  const Location location = log_.append(stream, record_bytes, record_bytes + blob_bytes);
  if (location == kNowhere) return kNowhere;
  stats_.appended_bytes += record_bytes;
  ItemRef record = item(location);
  record.write(shape, key.bytes);
  if (shape.has_expiry) record.set_expiry(expire_at_ms);
  return location;
}

bool Shard::write_part(const Key& key, std::size_t at, std::string_view bytes, Op& op, EventName name) {
  const std::uint64_t invalidated = stats_.invalidated;
  const Location location = find_live(key, op);
  if (stats_.invalidated != invalidated) return true;  // see SetOptions::keep_tags
  if (!is_visible(location)) return false;
  const ItemRef record = item(location);
  if (at > record.value_bytes() || bytes.size() > record.value_bytes() - at) return false;
  if (!bytes.empty() && record.has_blob() && record.blob()->is_shared()) return false;
  copy_bytes((record.has_blob() ? record.blob()->data() : record.value_data()) + at, bytes);
  end_lease(key, op);
  emit(name, key.database, key.bytes, op);
  return true;
}

StatusCode Shard::insert(const Key& key, const Value& value, const SetOptions& options, const ItemExtras* extras,
                         Op& op) {
  const ItemShape shape = shape_for(key, value, options.expire_at_ms != kNoExpiry, extras);
  const std::uint64_t position = position_of(key.hash);
  const std::size_t item_cost = cost(shape);
  const std::size_t index_bytes = index_.insert_bytes_max(position);
  if (!acquire({item_cost + index_bytes, 1}, op)) return StatusCode::kNeedsRoom;

  BlobRef blob;
  if (shape.has_blob) blob = blob_of(value);
  Location location = kNowhere;
  if (!shape.has_blob || blob) {
    const StreamId stream = policy_->stream_for(Arrival::kNew, key.hash, kNowhere);
    location = append_record(key, shape, options.expire_at_ms, stream);
  }
  if (location == kNowhere) {
    release({item_cost + index_bytes, 1}, op.reservation);
    return StatusCode::kOutOfMemory;
  }
  ItemRef record = item(location);
  if (extras != nullptr) write_extras(location, *extras);
  if (shape.has_blob) {
    record.set_blob(blob.release());
  } else {
    copy_bytes(record.value_data(), value.bytes);
  }
  index_.insert(position, location);
  if (index_.wants_step()) index_.step();
  settle_index(index_bytes, op.reservation);
  note_expiry(location, options.expire_at_ms, op.now_ms);
  account(record);
  policy_->on_insert(location, key.hash, op.now_ms);
  settle_metadata();
  pay_for(shape.record_bytes());
  return StatusCode::kOk;
}

StatusCode Shard::overwrite(Location old, const Key& key, const Value& value, const SetOptions& options,
                            const ItemExtras* extras, Op& op) {
  ItemRef was = item(old);
  const TimeMs expire_at_ms = options.keep_expiry && is_visible(old) ? was.expiry() : options.expire_at_ms;
  // An item that has the field for an expiry keeps it if that saves the writing of a new record.
  ItemShape shape = shape_for(key, value, expire_at_ms != kNoExpiry || was.has_expiry_field(), extras);
  const ItemShape before = was.shape();
  const bool in_place = shape.record_bytes() == before.record_bytes() && shape.has_blob == before.has_blob &&
                        shape.form == before.form && shape.has_expiry == before.has_expiry &&
                        shape.fields == before.fields && shape.tags == before.tags;
  if (!in_place) shape.has_expiry = expire_at_ms != kNoExpiry;
  // What others still read stays charged beside what takes its place.
  Blob* const old_blob = was.blob();
  const bool pinned = old_blob != nullptr && old_blob->is_shared();
  const std::size_t old_cost = cost(before) - (pinned ? Blob::footprint_bytes(old_blob->size()) : 0);
  const std::size_t old_record_bytes = before.record_bytes();
  const std::size_t new_cost = cost(shape);
  if (!acquire(RoomNeeded{new_cost, 0}.beyond({old_cost, 0}), op)) return StatusCode::kNeedsRoom;

  const StatusCode status = in_place ? overwrite_in_place(old, key, value, expire_at_ms, extras, op)
                                     : overwrite_elsewhere(old, key, value, shape, expire_at_ms, extras, op);
  if (status == StatusCode::kOk) {
    drop_blob(old_blob, pinned);
    release(RoomNeeded{old_cost, 0}.beyond({new_cost, 0}), nullptr);
    if (!in_place) pay_for(std::max(old_record_bytes, shape.record_bytes()));
  } else {
    release(RoomNeeded{new_cost, 0}.beyond({old_cost, 0}), op.reservation);
  }
  return status;
}

StatusCode Shard::overwrite_in_place(Location location, const Key& key, const Value& value, TimeMs expire_at_ms,
                                     const ItemExtras* extras, Op& op) {
  ItemRef record = item(location);
  BlobRef fresh;
  if (record.has_blob()) {
    fresh = blob_of(value);
    if (!fresh) return StatusCode::kOutOfMemory;
  }
  unaccount(record);
  if (record.has_blob()) {
    const std::size_t before_bytes = record.total_bytes();
    record.set_blob(fresh.release());
    record.set_value_bytes(value.bytes.size());
    log_.change_total(location, before_bytes, record.total_bytes());
  } else {
    copy_bytes(record.value_data(), value.bytes);
    record.set_value_bytes(value.bytes.size());
  }
  if (extras != nullptr) write_extras(location, *extras);
  change_expiry(location, expire_at_ms, op.now_ms);
  account(record);
  touch(location, key.hash, op.now_ms);
  return StatusCode::kOk;
}

StatusCode Shard::overwrite_elsewhere(Location old, const Key& key, const Value& value, const ItemShape& shape,
                                      TimeMs expire_at_ms, const ItemExtras* extras, Op& op) {
  BlobRef fresh;
  if (shape.has_blob) {
    fresh = blob_of(value);
    if (!fresh) return StatusCode::kOutOfMemory;
  }
  const Location location = append_record(key, shape, expire_at_ms, stream_for_rewrite(old, key.hash));
  if (location == kNowhere) return StatusCode::kOutOfMemory;
  ItemRef record = item(location);
  // The value and the tags may lie in the old record or its blob, which the caller keeps until the end.
  if (extras != nullptr) write_extras(location, *extras);
  if (shape.has_blob) {
    record.set_blob(fresh.release());
  } else {
    copy_bytes(record.value_data(), value.bytes);
  }
  unaccount(item(old));
  note_expiry(location, expire_at_ms, op.now_ms);
  account(record);
  replace(old, location, key.hash, op.now_ms);
  return StatusCode::kOk;
}

StreamId Shard::stream_for_rewrite(Location old, KeyHash hash) const {
  return is_managed(old) ? policy_->stream_for(Arrival::kRewritten, hash, old)
                         : policy_->stream_for_adopted(former_standing(old, hash));
}

void Shard::drop_blob(Blob* blob, bool pinned) {
  const BlobRef given_up = BlobRef::adopt(blob);
  if (!pinned) return;
  pinned_bytes_ += Blob::footprint_bytes(blob->size());
  budget_.pin(*blob);
}

void Shard::replace(Location from, Location to, KeyHash hash, TimeMs now_ms) {
  index_.relocate(position_of(hash), from, to);
  if (is_managed(from)) {
    item(to).set_policy_bits(item(from).policy_bits());
    if (form_ == ItemForm::kListItem) item(to).set_node(item(from).node());
    policy_->on_move(from, to);
    policy_->on_hit(to, hash, now_ms);
  } else {
    policy_->on_adopt(to, hash, former_standing(from, hash), now_ms);
    policy_->on_hit(to, hash, now_ms);
  }
  log_.retire(from, item(from).total_bytes());
  settle_metadata();
}

// REQUIRES: the item is not accounted for; if it has no field for an expiry, there is none to be set.
void Shard::change_expiry(Location location, TimeMs expire_at_ms, TimeMs now_ms) {
  ItemRef record = item(location);
  const TimeMs before_ms = record.expiry();
  if (before_ms == expire_at_ms) return;
  record.set_expiry(expire_at_ms);
  note_expiry(location, expire_at_ms, now_ms);
  if (!is_managed(location)) return;
  policy_->on_expiry_changed(location, before_ms);
  settle_metadata();
}

void Shard::note_expiry(Location location, TimeMs expire_at_ms, TimeMs now_ms) {
  if (expire_at_ms == kNoExpiry) return;
  if (stats_.items_with_expiry == 0) expiry_base_ms_ = now_ms;
  earliest_expiry_ms_ = std::min(earliest_expiry_ms_, expire_at_ms);
  log_.note_expiry(location, expire_at_ms);
  const bool is_sample = log_.is_sample(location);
  if (is_sample) earliest_due_ms_ = std::min(earliest_due_ms_, expire_at_ms);
  if (urgent_.active) note_in(urgent_, location, expire_at_ms, is_sample);
  if (round_.active) note_in(round_, location, expire_at_ms, is_sample);
  if (tag_pass_.active) note_in(tag_pass_, location, expire_at_ms, is_sample);
}

StatusCode Shard::set_expiry(const Key& key, TimeMs expire_at_ms, Op& op) {
  const Location location = find_live(key, op);
  if (!is_visible(location)) return StatusCode::kNotFound;
  ItemRef record = item(location);
  if (record.has_expiry_field() || expire_at_ms == kNoExpiry) {
    unaccount(record);
    change_expiry(location, expire_at_ms, op.now_ms);
    account(record);
    touch(location, key.hash, op.now_ms);
  } else if (!add_expiry(location, key, expire_at_ms, op)) {
    return StatusCode::kOutOfMemory;
  }
  if (is_tapped(key.hash)) [[unlikely]]
    tell_write(key);
  emit(expire_at_ms == kNoExpiry ? EventName::kPersist : EventName::kExpire, key.database, key.bytes, op);
  return StatusCode::kOk;
}

bool Shard::add_expiry(Location old, const Key& key, TimeMs expire_at_ms, Op& op) {
  const ItemRef was = item(old);
  ItemShape shape = was.shape();
  shape.form = form_;
  shape.has_expiry = true;
  const RoomNeeded old_cost{cost(was.shape()), 0};
  const Location location = append_copy(old, key, shape, expire_at_ms, stream_for_rewrite(old, key.hash), op.now_ms);
  if (location == kNowhere) return false;
  // A few bytes, never refused: whoever limits the life of an item makes room.
  const RoomNeeded new_cost{cost(shape), 0};
  budget_.take(new_cost.beyond(old_cost));
  release(old_cost.beyond(new_cost), nullptr);
  replace(old, location, key.hash, op.now_ms);
  pay_for(shape.record_bytes());
  return true;
}

Location Shard::append_copy(Location from, const Key& key, const ItemShape& shape, TimeMs expire_at_ms, StreamId stream,
                            TimeMs now_ms) {
  const Location to = append_record(key, shape, expire_at_ms, stream);
  if (to == kNowhere) return kNowhere;
  const ItemRef old = item(from);
  ItemRef record = item(to);
  if (shape.mask() != 0) {
    record.copy_extension(old);
    note_tags(to);
  }
  if (shape.has_blob) {
    record.set_blob(old.blob());
  } else {
    copy_bytes(record.value_data(), old.value());
  }
  unaccount(old);
  note_expiry(to, expire_at_ms, now_ms);
  account(record);
  return to;
}

void Shard::tell_write(const Key& key) {
  const Location location = find(key);
  if (location == kNowhere) return;
  const ItemRef record = item(location);
  tap_->put({.hash = key.hash,
             .expire_at_ms = record.expiry(),
             .size = ItemSize::of(record.shape()),
             .kind = AccessEvent::Kind::kWrite});
}

// --- Taking out ---

bool Shard::erase(const Key& key, Op& op) {
  const Location location = find_live(key, op);
  end_lease(key, op);
  if (location == kNowhere) {
    // A larger cache might have had it still.
    if (is_tapped(key.hash)) [[unlikely]]
      tap_->put({.hash = key.hash, .kind = AccessEvent::Kind::kGone});
    // That it was evicted or has expired may be known only to a thread that has not told anybody yet.
    emit(EventName::kDel, key.database, key.bytes, op, {.is_hidden = true});
    return false;
  }
  const bool visible = is_visible(location);
  emit(EventName::kDel, key.database, key.bytes, op, {.is_hidden = !visible});
  const std::size_t record_bytes = item(location).record_bytes();
  remove(location, key.hash, Removal::kErased, nullptr);
  // A value in a block of its own may take the room, and pays for next to nothing.
  pay_for(record_bytes);
  return visible;
}

bool Shard::take_out(const Key& key, BlobRef& taken, Op& op) {
  const Location location = find_live(key, op);
  if (!is_visible(location)) return false;
  end_lease(key, op);
  emit(EventName::kRenameFrom, key.database, key.bytes, op);
  const std::size_t record_bytes = item(location).record_bytes();
  remove(location, key.hash, Removal::kErased, op.reservation, &taken);
  pay_for(record_bytes);
  return true;
}

void Shard::remove(Location location, KeyHash hash, Removal why, Reservation* to, BlobRef* taken) {
  const ItemRef record = item(location);
  if (why != Removal::kEvicted && is_tapped(hash)) [[unlikely]]
    tap_->put({.hash = hash, .kind = AccessEvent::Kind::kGone});
  if (is_managed(location)) policy_->on_erase(location, hash, why);
  index_.erase(position_of(hash), location);
  if (index_.wants_step()) index_.step();
  settle_index(0, to);
  Blob* const blob = record.blob();
  const bool pinned = blob != nullptr && taken == nullptr && blob->is_shared();
  const std::size_t freed = cost(record.shape()) - (pinned ? Blob::footprint_bytes(blob->size()) : 0);
  if (why == Removal::kFlushed) {
    unaccount_flushed(record);
  } else {
    unaccount(record);
  }
  log_.retire(location, record.total_bytes());
  if (taken != nullptr) {
    *taken = BlobRef::adopt(blob);
  } else {
    drop_blob(blob, pinned);
  }
  release({freed, why == Removal::kFlushed ? 0u : 1u}, to);
  settle_metadata();
}

bool Shard::reclaim_if_dead(Location location, KeyHash hash, Op& op, Reservation* to) {
  switch (fate(location, op.now_ms)) {
    case Fate::kLive:
      return false;
    case Fate::kExpired:
      ++stats_.expired;
      emit_end(EventName::kExpired, location, op);
      remove(location, hash, Removal::kExpired, to);
      return true;
    case Fate::kInvalidated:
      ++stats_.invalidated;
      emit_end(EventName::kInvalidate, location, op);
      // It was granted before the tag was deleted: what is being loaded is as old as what goes.
      if (!leases_.empty()) end_lease(hash, op);
      remove(location, hash, Removal::kExpired, to);
      return true;
    case Fate::kFlushed:
      remove(location, hash, Removal::kFlushed, to);
      return true;
  }
  LARDER_CHECK(false);
}

}  // namespace larder
