// What an item weighs against a limit. Under one of items it is 1. Under one of bytes it is what the item takes under a
// policy: its record with the policy's list node if that has one, rounded; the slack that is charged with it; the block
// of its value; its share of the index.
#pragma once

#include <cstddef>
#include <cstdint>

#include "larder/base/item.h"
#include "larder/store/item_size.h"

namespace larder {

struct ItemWeigher {
  // An entry of the index and what is free beside it, in the mean.
  static constexpr std::uint32_t kIndexBytes = 9;

  bool counts_items = false;
  ItemForm form = ItemForm::kItem;

  std::uint32_t operator()(ItemSize size) const {
    constexpr std::size_t kGranule = kItemGranuleBytes;
    const std::size_t bytes = size.bytes + (form == ItemForm::kListItem ? sizeof(ListNode) : 0);
    return with_shares((bytes + kGranule - 1) / kGranule * kGranule, size.has_blob);
  }
  // Of what an item's record and its block take, which is known already. The slack of the few bytes of a record whose
  // value is elsewhere is not counted.
  std::uint32_t with_shares(std::size_t total_bytes, bool has_blob) const {
    if (counts_items) return 1;
    return static_cast<std::uint32_t>(total_bytes + (has_blob ? 0 : slack_bytes(total_bytes))) + kIndexBytes;
  }
  bool operator==(const ItemWeigher&) const = default;
};

}  // namespace larder
