// An item as it lies in memory: one allocation, this header first. Private to the store.
//
//     header | key | value                  small values
//     header | Blob* | key                  values in a block of their own
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "larder/base/blob.h"
#include "larder/policy/lru_list.h"
#include "larder/store/types.h"

namespace larder {

struct Item : LruNode {
  Item* next = nullptr;  // in its chain of the index
  KeyHash hash = 0;
  TimeMs expire_at_ms = kNoExpiry;
  TimeMs last_use_ms = 0;
  std::uint32_t allocated_bytes = 0;
  std::uint32_t value_bytes : 31 = 0;
  std::uint32_t has_blob : 1 = 0;
  std::uint32_t epoch = 0;  // its database's when it was made
  std::uint16_t key_bytes = 0;
  Database database = 0;

  // What to ask the allocator for.
  static std::size_t request_bytes(std::size_t key_size, std::size_t value_size, bool in_blob) {
    return sizeof(Item) + key_size + (in_blob ? sizeof(Blob*) : value_size);
  }

  char* key_data() { return payload() + (has_blob ? sizeof(Blob*) : 0); }
  std::string_view key() const { return {payload() + (has_blob ? sizeof(Blob*) : 0), key_bytes}; }
  // REQUIRES: !has_blob.
  char* inline_value_data() { return payload() + key_bytes; }
  std::string_view value() const {
    return has_blob ? blob()->view() : std::string_view{payload() + key_bytes, value_bytes};
  }
  Blob* blob() const {
    if (!has_blob) return nullptr;
    Blob* blob = nullptr;
    std::memcpy(&blob, payload(), sizeof blob);
    return blob;
  }
  // REQUIRES: has_blob. Takes over the reference; the one held before is the caller's to drop.
  void set_blob(Blob* blob) { std::memcpy(payload(), &blob, sizeof blob); }

  std::size_t blob_bytes() const { return has_blob ? Blob::footprint_bytes(value_bytes) : 0; }
  std::size_t total_bytes() const { return allocated_bytes + blob_bytes(); }
  std::size_t data_bytes() const { return std::size_t{key_bytes} + value_bytes; }
  bool is(const Key& wanted) const {
    return hash == wanted.hash && database == wanted.database && key() == wanted.bytes;
  }

 private:
  char* payload() { return reinterpret_cast<char*>(this + 1); }
  const char* payload() const { return reinterpret_cast<const char*>(this + 1); }
};
static_assert(sizeof(Item) == 64, "every item pays for its header");

}  // namespace larder
