#include "larder/store/watch_table.h"

#include "larder/base/check.h"

namespace larder {

WatchTable::Version WatchTable::add(KeyHash hash) {
  Entry& entry = watched_[hash];
  ++entry.watchers;
  return entry.version;
}

void WatchTable::remove(KeyHash hash) {
  const auto found = watched_.find(hash);
  LARDER_CHECK(found != watched_.end());
  if (--found->second.watchers == 0) watched_.erase(found);
}

WatchTable::Version WatchTable::version(KeyHash hash) const {
  const auto found = watched_.find(hash);
  LARDER_CHECK(found != watched_.end());
  return found->second.version;
}

void WatchTable::note_change(KeyHash hash) {
  const auto found = watched_.find(hash);
  if (found != watched_.end()) ++found->second.version;
}

}  // namespace larder
