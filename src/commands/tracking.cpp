#include "commands/tracking.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace larder {

namespace {

constexpr EventMask kChanges =
    event_bit(EventKind::kSet) | event_bit(EventKind::kChanged) | event_bit(EventKind::kExpiryChanged) |
    event_bit(EventKind::kDeleted) | event_bit(EventKind::kExpired) | event_bit(EventKind::kEvicted) |
    event_bit(EventKind::kFlushed) | event_bit(EventKind::kInvalidated) | event_bit(EventKind::kTagDeleted);
// The channel on which RESP2 clients are told.
constexpr std::string_view kChannel = "__redis__:invalidate";

// What the acting client has done itself; that something has expired or was evicted it does not know.
bool is_own_doing(EventKind kind) {
  return kind != EventKind::kExpired && kind != EventKind::kEvicted && kind != EventKind::kFlushed &&
         kind != EventKind::kInvalidated;
}

PushRef broken_redirect(std::uint64_t id) {
  ReplyBuffer text;
  ReplyWriter writer(text, RespVersion::k3);
  writer.push(2);
  writer.bulk("tracking-redir-broken");
  writer.integer(static_cast<std::int64_t>(id));
  auto push = std::make_shared<Push>();
  push->resp3 = text.flatten();
  return push;
}

}  // namespace

thread_local std::uint64_t ActingClient::current_ = 0;

// The pushes about one key, or about all (no key), made when somebody is to get one.
class Tracking::Invalidation {
 public:
  explicit Invalidation(std::optional<std::string_view> key) : key_(key) {}

  const PushRef& own() { return own_ ? own_ : own_ = make(false); }
  const PushRef& redirected() { return redirected_ ? redirected_ : redirected_ = make(true); }

 private:
  void write_keys(ReplyWriter& writer) const {
    if (!key_) return writer.null_array();
    writer.array(1);
    writer.bulk(*key_);
  }

  PushRef make(bool redirected) const {
    auto push = std::make_shared<Push>();
    ReplyBuffer text;
    ReplyWriter resp3(text, RespVersion::k3);
    resp3.push(2);
    resp3.bulk("invalidate");
    write_keys(resp3);
    push->resp3 = text.flatten();
    if (!redirected) return push;
    text.clear();
    ReplyWriter resp2(text, RespVersion::k2);
    resp2.push(3);
    resp2.bulk("message");
    resp2.bulk(kChannel);
    write_keys(resp2);
    push->resp2 = text.flatten();
    push->resp2_subscribers_only = true;
    return push;
  }

  const std::optional<std::string_view> key_;
  PushRef own_;
  PushRef redirected_;
};

// --- Clients ---

void Tracking::start(const std::shared_ptr<Tracker>& tracker, std::shared_ptr<ClientRecord> record,
                     std::shared_ptr<Mailbox> mailbox, Mode mode) {
  {
    const LockGuard guard(tracker->mutex);
    tracker->flags.store(mode.flags | kTrackingOn, std::memory_order_relaxed);
    record->tracking.store(mode.flags | kTrackingOn, std::memory_order_relaxed);
    record->tracking_redirect.store(mode.redirect_id, std::memory_order_relaxed);
    tracker->record = std::move(record);
    tracker->mailbox = std::move(mailbox);
    tracker->redirect = std::move(mode.redirect);
  }
  {
    const LockGuard guard(trackers_mutex_);
    trackers_.insert_or_assign(tracker->id, tracker);
    clients_.store(trackers_.size(), std::memory_order_relaxed);
  }
  store_.update_wanted_events();
}

void Tracking::stop(const std::shared_ptr<Tracker>& tracker) {
  {
    const LockGuard guard(tracker->mutex);
    tracker->flags.store(0, std::memory_order_relaxed);
    tracker->record->tracking.store(0, std::memory_order_relaxed);
    tracker->record.reset();
    tracker->mailbox.reset();
    tracker->redirect.reset();
  }
  drop_prefixes(tracker);
  bool last = false;
  {
    const LockGuard guard(trackers_mutex_);
    trackers_.erase(tracker->id);
    clients_.store(trackers_.size(), std::memory_order_relaxed);
    last = trackers_.empty();
  }
  if (!last) return;
  store_.update_wanted_events();
  // Whoever has begun to track since is told that all that was known is gone.
  Wakeups wakeups;
  invalidate_all(wakeups);
  wakeups.send(port_);
}

void Tracking::add_prefix(const std::shared_ptr<Tracker>& tracker, std::string_view prefix) {
  if (std::find(tracker->prefixes.begin(), tracker->prefixes.end(), prefix) != tracker->prefixes.end()) return;
  tracker->prefixes.emplace_back(prefix);
  const LockGuard guard(prefixes_mutex_);
  by_prefix_[std::string(prefix)].push_back(tracker);
  note_prefixes();
}

void Tracking::drop_prefixes(const std::shared_ptr<Tracker>& tracker) {
  if (tracker->prefixes.empty()) return;
  const LockGuard guard(prefixes_mutex_);
  for (const std::string& prefix : tracker->prefixes) {
    const auto found = by_prefix_.find(prefix);
    std::erase(found->second, tracker);
    if (found->second.empty()) by_prefix_.erase(found);
  }
  note_prefixes();
  tracker->prefixes.clear();
}

// Those who are broadcast to are in no table that could be walked after a tag was deleted: the store's own walk is what
// tells them.
void Tracking::note_prefixes() {
  prefix_count_.store(by_prefix_.size(), std::memory_order_relaxed);
  store_.set_tags_watched(!by_prefix_.empty());
}

void Tracking::note_read(const std::shared_ptr<Tracker>& tracker, std::string_view key) {
  table_.enter(key, tracker);
  if (table_.has_excess()) drop_excess();
}

void Tracking::set_keys_max(std::size_t keys) {
  table_.set_keys_max(keys);
  drop_excess();
}

void Tracking::drop_excess() {
  Wakeups wakeups;
  table_.take_excess([&wakeups](std::string_view key, Tracker& holder) {
    Invalidation invalidation(key);
    tell(holder, invalidation, wakeups);
  });
  wakeups.send(port_);
}

// --- Invalidations ---

EventMask Tracking::mask() const {
  return clients() == 0 ? 0 : kChanges;
}

void Tracking::on_events(std::span<const Event> events) {
  Wakeups wakeups;
  bool flushed = false;
  for (const Event& event : events) {
    if (event.kind == EventKind::kTagDeleted) {
      const LockGuard guard(stale_mutex_);
      if (std::find(stale_in_.begin(), stale_in_.end(), event.database) == stale_in_.end())
        stale_in_.push_back(event.database);
      has_stale_.store(true, std::memory_order_release);
    } else if (event.kind != EventKind::kFlushed) {
      invalidate(event, wakeups);
    } else if (!std::exchange(flushed, true)) {  // each shard says so
      invalidate_all(wakeups);
    }
  }
  wakeups.send(port_);
}

void Tracking::invalidate(const Event& event, Wakeups& wakeups) {
  const std::uint64_t own_id = is_own_doing(event.kind) ? ActingClient::id() : 0;
  std::shared_ptr<Tracker> spared;
  if (own_id != 0) {
    const LockGuard guard(trackers_mutex_);
    const auto found = trackers_.find(own_id);
    if (found != trackers_.end() && found->second->has(kTrackingNoLoop)) spared = found->second;
  }
  Invalidation invalidation(event.key);
  if (table_.keys() != 0) {
    table_.take(event.key, spared.get(), [&](std::string_view, Tracker& holder) {
      if (!holder.has(kTrackingBroadcast)) tell(holder, invalidation, wakeups);
    });
  }
  if (flushing_.load(std::memory_order_acquire) != 0) [[unlikely]] {
    const LockGuard guard(flush_mutex_);
  }
  if (prefixes() == 0) return;
  const LockGuard guard(prefixes_mutex_);
  for (const auto& [prefix, trackers] : by_prefix_) {
    if (!event.key.starts_with(prefix)) continue;
    for (const std::shared_ptr<Tracker>& tracker : trackers) {
      if (tracker != spared) tell(*tracker, invalidation, wakeups);
    }
  }
}

// The keys go first: whoever is entered for one after that reads what is there after that.
void Tracking::invalidate_all(Wakeups& wakeups) {
  flushing_.fetch_add(1, std::memory_order_relaxed);
  const LockGuard flush_guard(flush_mutex_);
  table_.drop_all();
  Invalidation invalidation({});
  {
    const LockGuard guard(trackers_mutex_);
    for (const auto& [id, tracker] : trackers_) tell(*tracker, invalidation, wakeups);
  }
  flushing_.fetch_sub(1, std::memory_order_release);
}

void Tracking::tell(Tracker& tracker, Invalidation& invalidation, Wakeups& wakeups) {
  const LockGuard guard(tracker.mutex);
  if (!tracker.has(kTrackingOn)) return;
  if (tracker.redirect == nullptr) return tracker.mailbox->put(invalidation.own(), wakeups);
  if (!tracker.redirect->is_closed()) return tracker.redirect->put(invalidation.redirected(), wakeups);
  tracker.flags.fetch_or(kTrackingBrokenRedirect, std::memory_order_relaxed);
  tracker.record->tracking.fetch_or(kTrackingBrokenRedirect, std::memory_order_relaxed);
  tracker.mailbox->put(broken_redirect(tracker.redirect->owner().id), wakeups);
}

// --- Background ---

bool Tracking::work_some(std::size_t work_max, TimeMs now_ms) {
  const bool more_stale = look_for_stale(work_max, now_ms);
  const bool more_dropped = table_.free_some(work_max);
  return more_stale || more_dropped;
}

bool Tracking::look_for_stale(std::size_t work_max, TimeMs now_ms) {
  if (walk_in_.empty()) {
    if (!has_stale_.load(std::memory_order_acquire)) return false;
    const LockGuard guard(stale_mutex_);
    walk_in_ = std::exchange(stale_in_, {});
    has_stale_.store(false, std::memory_order_relaxed);
    walk_at_ = {};
  }
  // The table's locks are not held while a shard's are waited for.
  std::vector<std::string> names;
  const bool more = table_.walk(walk_at_, work_max, [&names](const std::string& name) { names.push_back(name); });
  for (const std::string& name : names) {
    for (const Database database : walk_in_) {
      const Key key = store_.key(database, name);
      store_.run(key, now_ms, [&](Shard& shard, Op& op) {
        return shard.get(key, Touch::kNo, op) ? StatusCode::kOk : StatusCode::kNotFound;
      });
    }
  }
  if (!more) walk_in_.clear();
  return more || has_stale_.load(std::memory_order_relaxed);
}

}  // namespace larder
