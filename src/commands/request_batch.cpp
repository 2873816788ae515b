#include "commands/request_batch.h"

#include <span>
#include <string_view>

namespace larder {

static_assert(limits::kBatchRequestsMax <= ShardedStore::kPrefetchMax);

void RequestBatch::look_ahead(ShardedStore& store, Database database, ShardedStore::KeptLock* kept) {
  const CommandTable& table = CommandTable::instance();
  std::array<KeyHash, limits::kBatchRequestsMax> hashes;
  std::size_t hashed = 0;
  std::size_t keyed = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const Request& request = requests[i];
    // Most batches have one or two kinds of request, written in the same way.
    const std::string_view name = request[0];
    commands[i] = i > 0 && name == requests[i - 1][0] ? commands[i - 1] : table.find(name);
    const CommandSpec* const spec = commands[i].spec;
    has_key[i] = spec != nullptr && spec->keys.first == 1 && request.size() > 1;
    if (!has_key[i]) continue;
    keys[i] = store.key(database, request[1]);
    hashes[hashed++] = keys[i].hash;
    keyed += spec->keyed ? 1 : 0;
  }
  if (hashed <= 1) return;
  const std::span all(hashes.data(), hashed);
  if (keyed == size && kept != nullptr && kept->take_all(all)) return;
  store.prefetch(all);
}

}  // namespace larder
