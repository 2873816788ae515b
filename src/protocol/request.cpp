#include "larder/protocol/request.h"

#include <algorithm>
#include <functional>

namespace larder {

namespace {

bool points_into(const std::string& bytes, std::string_view view) {
  const std::less_equal<const char*> not_after;
  return not_after(bytes.data(), view.data()) && not_after(view.data(), bytes.data() + bytes.size());
}

}  // namespace

std::size_t Request::blob_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [index, blob] : blobs_) bytes += blob->size();
  return bytes;
}

Blob* Request::blob(std::size_t index) const {
  const auto found = std::lower_bound(blobs_.begin(), blobs_.end(), index,
                                      [](const auto& entry, std::size_t wanted) { return entry.first < wanted; });
  return found != blobs_.end() && found->first == index ? found->second.get() : nullptr;
}

Request Request::owned() const {
  // Longer than what a string keeps inside itself.
  constexpr std::size_t kOnHeapMin = 32;
  Request copy;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < size(); ++i) bytes += blob(i) == nullptr ? arguments_[i].size() : 0;
  copy.own_bytes_.reserve(std::max(bytes, kOnHeapMin));
  copy.arguments_.reserve(size());
  copy.blobs_.reserve(blobs_.size());
  for (std::size_t i = 0; i < size(); ++i) {
    if (Blob* const block = blob(i)) {
      copy.add_blob(BlobRef::share(block));
      continue;
    }
    const std::size_t at = copy.own_bytes_.size();
    copy.own_bytes_.append(arguments_[i]);
    copy.arguments_.emplace_back(copy.own_bytes_.data() + at, arguments_[i].size());
  }
  copy.wire_bytes_ = wire_bytes_;
  return copy;
}

std::size_t Request::memory_bytes() const {
  std::size_t bytes = buffer_bytes();
  for (const auto& [index, block] : blobs_) bytes += Blob::footprint_bytes(block->size());
  return bytes;
}

void Request::clear_grown() {
  own_bytes_.clear();
  if (arguments_.capacity() > kArgumentsKept) std::vector<std::string_view>().swap(arguments_);
  if (own_bytes_.capacity() > kOwnBytesKept) std::string().swap(own_bytes_);
}

void Request::add_own(std::string_view argument) {
  reserve_own(argument.size());
  const std::size_t at = own_bytes_.size();
  own_bytes_.append(argument);
  arguments_.emplace_back(own_bytes_.data() + at, argument.size());
}

void Request::reserve_own(std::size_t bytes) {
  const std::size_t needed = own_bytes_.size() + bytes;
  if (needed <= own_bytes_.capacity() && own_bytes_.capacity() >= kOwnBytesMin) return;
  std::string grown;
  grown.reserve(std::max({needed, 2 * own_bytes_.capacity(), kOwnBytesMin}));
  grown.append(own_bytes_);
  for (std::string_view& argument : arguments_) {
    if (!points_into(own_bytes_, argument)) continue;
    argument = {grown.data() + (argument.data() - own_bytes_.data()), argument.size()};
  }
  own_bytes_ = std::move(grown);
}

void Request::add_blob(BlobRef blob) {
  arguments_.push_back(blob->view());
  blobs_.emplace_back(arguments_.size() - 1, std::move(blob));
}

void Request::add_skipped() {
  arguments_.emplace_back();
  body_skipped_ = true;
}

}  // namespace larder
