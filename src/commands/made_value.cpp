#include "commands/made_value.h"

namespace larder {

MadeValue::MadeValue(const CommandContext& context)
    : context_(context), given_(context.room), given_bytes_(given_ != nullptr ? given_->held().bytes : 0) {}

bool MadeValue::allocate(const Size& size) {
  block_ = {};
  ShardedStore& store = context_.store();
  if (room() == nullptr) own_ = store.open_reservation();
  const RoomNeeded wanted{given_bytes_ + room_bytes(size), 0};
  if (!store.reserve(*room(), wanted, {size.beside_bytes, 0}, context_.now_ms)) return false;
  block_ = Blob::allocate(size.bytes);
  return static_cast<bool>(block_);
}

StatusCode MadeValue::allocate(const Size& size, Op& op) {
  block_ = {};
  const RoomNeeded held = op.reservation != nullptr ? op.reservation->held() : RoomNeeded{};
  op.needed = RoomNeeded{room_bytes(size), 0}.beyond(held);
  if (!op.needed.none()) return StatusCode::kNeedsRoom;
  block_ = Blob::allocate(size.bytes);
  return block_ ? StatusCode::kOk : StatusCode::kOutOfMemory;
}

}  // namespace larder
