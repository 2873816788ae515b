#include "commands/command.h"

#include "commands/session.h"

namespace larder {

Key CommandContext::key(std::size_t index) const {
  // SELECT may have come between.
  if (first_key != nullptr && index == static_cast<std::size_t>(spec.keys.first) &&
      first_key->database == session.database()) {
    return *first_key;
  }
  return services.store.key(session.database(), request[index]);
}

}  // namespace larder
