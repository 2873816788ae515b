#include "commands/command.h"

#include "commands/session.h"

namespace larder {

Key CommandContext::key(std::size_t index) const {
  return services.store.key(session.database(), request[index]);
}

}  // namespace larder
