#include "commands/key_notifier.h"

#include <string>

namespace larder {

namespace {

constexpr std::uint32_t kWhere = kNotifyKeyspace | kNotifyKeyevent;

// The event's name on the wire.
std::string_view text_of(EventName name) {
  switch (name) {
    case EventName::kSet:
      return "set";
    case EventName::kSetRange:
      return "setrange";
    case EventName::kSetBit:
      return "setbit";
    case EventName::kAppend:
      return "append";
    case EventName::kIncrBy:
      return "incrby";
    case EventName::kIncrByFloat:
      return "incrbyfloat";
    case EventName::kRenameTo:
      return "rename_to";
    case EventName::kCopyTo:
      return "copy_to";
    case EventName::kExpire:
      return "expire";
    case EventName::kPersist:
      return "persist";
    case EventName::kDel:
      return "del";
    case EventName::kRenameFrom:
      return "rename_from";
    case EventName::kExpired:
      return "expired";
    case EventName::kEvicted:
      return "evicted";
    case EventName::kFlush:
    case EventName::kInvalidate:
    case EventName::kTagDel:
      break;
  }
  return {};
}

std::uint32_t flag_of(EventName name) {
  switch (name) {
    case EventName::kSet:
    case EventName::kSetRange:
    case EventName::kSetBit:
    case EventName::kAppend:
    case EventName::kIncrBy:
    case EventName::kIncrByFloat:
      return kNotifyString;
    case EventName::kRenameTo:
    case EventName::kCopyTo:
    case EventName::kExpire:
    case EventName::kPersist:
    case EventName::kDel:
    case EventName::kRenameFrom:
      return kNotifyGeneric;
    case EventName::kExpired:
      return kNotifyExpired;
    case EventName::kEvicted:
      return kNotifyEvicted;
    case EventName::kFlush:
    case EventName::kInvalidate:
    case EventName::kTagDel:
      break;
  }
  return 0;
}

EventMask mask_for(std::uint32_t flags) {
  if ((flags & kWhere) == 0) return 0;
  const EventMask values = event_bit(EventKind::kSet) | event_bit(EventKind::kChanged);
  EventMask mask = 0;
  if ((flags & (kNotifyString | kNotifyNew)) != 0) mask |= values;
  if ((flags & kNotifyGeneric) != 0) {
    mask |= event_bit(EventKind::kSet) | event_bit(EventKind::kExpiryChanged) | event_bit(EventKind::kDeleted);
  }
  if ((flags & kNotifyExpired) != 0) mask |= event_bit(EventKind::kExpired);
  if ((flags & kNotifyEvicted) != 0) mask |= event_bit(EventKind::kEvicted);
  return mask;
}

}  // namespace

void KeyNotifier::set_flags(std::uint32_t flags) {
  flags_.store(flags, std::memory_order_relaxed);
  mask_.store(mask_for(flags), std::memory_order_relaxed);
  wants_misses_.store((flags & kWhere) != 0 && (flags & kNotifyMiss) != 0, std::memory_order_relaxed);
  store_.update_wanted_events();
}

void KeyNotifier::on_events(std::span<const Event> events) {
  if (!channels_.anybody_listens()) return;
  Wakeups wakeups;
  bool announced = false;
  for (std::size_t i = 0; i < events.size(); ++i) {
    // As Redis does it, a renamed key is new under its new name before it is told where it came from.
    const bool moves =
        events[i].name == EventName::kRenameFrom && i + 1 < events.size() && events[i + 1].name == EventName::kRenameTo;
    if (moves) notify(kNotifyNew, "new", events[i + 1].database, events[i + 1].key, wakeups);
    notify_of(events[i], announced, wakeups);
    announced = moves;
  }
  wakeups.send(port_);
}

void KeyNotifier::notify_of(const Event& event, bool announced, Wakeups& wakeups) {
  if (event.is_hidden) return;
  // What is put in the place of another key's value counts as new.
  const bool is_new = event.is_new || event.name == EventName::kRenameTo || event.name == EventName::kCopyTo;
  if (is_new && !announced) notify(kNotifyNew, "new", event.database, event.key, wakeups);
  notify(flag_of(event.name), text_of(event.name), event.database, event.key, wakeups);
  if (event.sets_expiry) notify(kNotifyGeneric, text_of(EventName::kExpire), event.database, event.key, wakeups);
}

void KeyNotifier::on_misses(std::span<const Key> keys) {
  if (!channels_.anybody_listens()) return;
  Wakeups wakeups;
  for (const Key& key : keys) notify(kNotifyMiss, "keymiss", key.database, key.bytes, wakeups);
  wakeups.send(port_);
}

void KeyNotifier::notify(std::uint32_t flag, std::string_view name, Database database, std::string_view key,
                         Wakeups& wakeups) {
  const std::uint32_t flags = flags_.load(std::memory_order_relaxed);
  if ((flags & flag) == 0) return;
  const std::string where = "@" + std::to_string(database) + "__:";
  if ((flags & kNotifyKeyspace) != 0) {
    const std::string channel = "__keyspace" + where + std::string(key);
    channels_.publish({.channel = channel, .bytes = name}, wakeups);
  }
  if ((flags & kNotifyKeyevent) != 0) {
    const std::string channel = "__keyevent" + where + std::string(name);
    channels_.publish({.channel = channel, .bytes = key}, wakeups);
  }
}

}  // namespace larder
