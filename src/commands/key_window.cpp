#include "commands/key_window.h"

#include <span>

#include "larder/base/check.h"

namespace larder {

void KeyWindow::fill() {
  LARDER_DCHECK(argument_ < context_.argc());
  std::array<KeyHash, kKeys> hashes;
  used_ = filled_ = 0;
  for (; filled_ < kKeys && argument_ < context_.argc(); ++argument_) {
    keys_[filled_] = context_.key(argument_);
    hashes[filled_] = keys_[filled_].hash;
    ++filled_;
  }
  if (filled_ > 1) context_.store().prefetch(std::span(hashes).first(filled_));
}

}  // namespace larder
