#include "commands/client_registry.h"

#include <algorithm>
#include <vector>

namespace larder {

std::string shown_address(const ConnectionInfo& info) {
  if (!info.unix_socket) return info.peer_address;
  return "unix:" + info.peer_address.substr(0, info.peer_address.rfind(':'));
}

void ClientRegistry::add(std::shared_ptr<ClientRecord> record) {
  const LockGuard guard(mutex_);
  const std::uint64_t id = record->info.ref.id;
  clients_.emplace(id, std::move(record));
}

void ClientRegistry::remove(std::uint64_t id) {
  const LockGuard guard(mutex_);
  clients_.erase(id);
}

std::shared_ptr<ClientRecord> ClientRegistry::find(std::uint64_t id) const {
  const LockGuard guard(mutex_);
  const auto found = clients_.find(id);
  return found == clients_.end() ? nullptr : found->second;
}

void ClientRegistry::for_each(const std::function<void(const ClientRecord&)>& visit) const {
  std::vector<std::shared_ptr<ClientRecord>> clients;
  {
    const LockGuard guard(mutex_);
    clients.reserve(clients_.size());
    for (const auto& [id, record] : clients_) clients.push_back(record);
  }
  std::sort(clients.begin(), clients.end(),
            [](const auto& a, const auto& b) { return a->info.ref.id < b->info.ref.id; });
  for (const auto& client : clients) visit(*client);
}

std::size_t ClientRegistry::size() const {
  const LockGuard guard(mutex_);
  return clients_.size();
}

}  // namespace larder
