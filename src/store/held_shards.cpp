#include "larder/store/held_shards.h"

#include "larder/base/check.h"

namespace larder {

HeldShards::HeldShards(const ShardedStore& store, std::span<const std::uint32_t> ascending, const Op& op,
                       PreparedFlush& flush)
    : store_(store), shards_(ascending), op_(op), flush_(flush) {
  LARDER_CHECK(of_thread_ == nullptr && op.reservation != nullptr);
  of_thread_ = this;
}

HeldShards::~HeldShards() {
  of_thread_ = nullptr;
}

// Nobody makes room while holding shards: what is missing must be free, or little enough to be overdrawn.
bool HeldShards::secure(Budget& budget, RoomNeeded wanted) {
  Reservation& reservation = *op_.reservation;
  const RoomNeeded missing = wanted.beyond(reservation.held());
  if (missing.none()) return true;
  if (!budget.try_take(missing)) return reservation.may_overdraw(missing);
  reservation.add(missing);
  return true;
}

bool HeldShards::lend(Budget& budget, RoomNeeded wanted, Reservation& to) {
  if (!secure(budget, wanted)) return false;
  Reservation& reservation = *op_.reservation;
  const RoomNeeded missing = reservation.draw(wanted);
  if (!missing.none()) LARDER_CHECK(reservation.overdraw(missing));
  to.add(wanted);
  return true;
}

}  // namespace larder
