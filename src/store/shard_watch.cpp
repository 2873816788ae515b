// Watched keys: what a Shard knows of them beside their versions is whether they are there.
#include "larder/store/shard.h"

namespace larder {

WatchMark Shard::watch(const Key& key, Op& op) {
  // An item whose time has come is taken out now, so that its removal is no change later.
  const bool exists = is_visible(find_live(key, op));
  return {.version = watches_.add(key.hash), .exists = exists};
}

void Shard::unwatch(const Key& key) {
  watches_.remove(key.hash);
}

// A flush is no change of each key, and neither is it that an item's time has come which nobody has met: they are known
// by the item being gone.
bool Shard::has_changed(const Key& key, const WatchMark& mark, TimeMs now_ms) const {
  return watches_.version(key.hash) != mark.version || (mark.exists && !contains(key, now_ms));
}

void Shard::note_watched(EventKind kind, Database database, std::string_view key) {
  if (kind != EventKind::kFlushed) watches_.note_change(hasher_(database, key));
}

}  // namespace larder
