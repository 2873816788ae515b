#include "larder/commands/services.h"

namespace larder {

std::string AccessSettings::password() const {
  const LockGuard guard(mutex_);
  return password_;
}

void AccessSettings::set_password(std::string password) {
  const LockGuard guard(mutex_);
  has_password_.store(!password.empty(), std::memory_order_relaxed);
  password_ = std::move(password);
}

bool AccessSettings::password_is(std::string_view attempt) const {
  const LockGuard guard(mutex_);
  // Every byte of the attempt is looked at whatever came before it, so the time tells nothing about how much was right.
  unsigned difference = attempt.size() == password_.size() ? 0 : 1;
  for (std::size_t i = 0; i < attempt.size() && !password_.empty(); ++i) {
    difference |= static_cast<unsigned char>(attempt[i]) ^ static_cast<unsigned char>(password_[i % password_.size()]);
  }
  return difference == 0;
}

}  // namespace larder
