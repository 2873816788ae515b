#include "tools/bench/request_encoder.h"

#include <charconv>
#include <cstring>

namespace larder::bench {

namespace {

// From here on a value is not copied on its way to the socket.
constexpr std::uint64_t kOutsideBytesMin = 16 * 1024;
constexpr std::array<char, 2> kLineEnd = {'\r', '\n'};

std::string bulk(const std::string& bytes) {
  return "$" + std::to_string(bytes.size()) + "\r\n" + bytes + "\r\n";
}

}  // namespace

RequestEncoder::RequestEncoder(const LoadOptions& options, const KeyFormat& keys, const Values& values,
                               std::uint32_t batch_keys)
    : keys_(keys), values_(values), sizes_(options.value_bytes) {
  shapes_ = options.protocol == Protocol::kResp ? resp_shapes(options.expire_s, batch_keys)
                                                : memcached_shapes(options.expire_s);
  if (batch_keys > 1) return;
  // One piece less to copy.
  for (Shape& shape : shapes_) {
    shape.item.insert(0, shape.open);
    shape.key_end += shape.open.size();
    shape.open.clear();
  }
}

RequestEncoder::Shape RequestEncoder::shape(const std::string& open, const std::string& before_key,
                                            const std::string& after_key) const {
  return {.open = open,
          .item = before_key + keys_.zeros() + after_key,
          .key_end = before_key.size() + keys_.bytes(),
          .has_value = false,
          .close = ""};
}

// REQUIRES: its item ends where the value's length begins.
RequestEncoder::Shape RequestEncoder::storing(Shape shape, const std::string& close) const {
  shape.has_value = true;
  shape.close = close;
  if (sizes_.is_fixed()) shape.item += std::to_string(sizes_.max) + "\r\n";
  return shape;
}

std::array<RequestEncoder::Shape, kRequestKinds> RequestEncoder::resp_shapes(std::uint32_t expire_s,
                                                                             std::uint32_t batch_keys) const {
  const std::string key = "$" + std::to_string(keys_.bytes()) + "\r\n";
  const auto head = [](std::uint32_t words, const char* name) {
    return "*" + std::to_string(words) + "\r\n" + bulk(name);
  };
  const bool single = batch_keys == 1;
  const std::string set = !single ? head(1 + 2 * batch_keys, "MSET") : head(expire_s == 0 ? 3 : 5, "SET");
  const std::string expiry = expire_s == 0 ? "" : bulk("EX") + bulk(std::to_string(expire_s));
  return {shape(head(1 + batch_keys, single ? "GET" : "MGET"), key, "\r\n"), storing(shape(set, key, "\r\n$"), expiry),
          shape(head(1 + batch_keys, "TOUCH"), key, "\r\n"), shape(head(1 + batch_keys, "DEL"), key, "\r\n")};
}

// Only a get names several keys; the others are as many commands.
std::array<RequestEncoder::Shape, kRequestKinds> RequestEncoder::memcached_shapes(std::uint32_t expire_s) const {
  const std::string expiry = " " + std::to_string(expire_s);
  Shape get = shape("get", " ", "");
  get.close = "\r\n";
  return {get, storing(shape("", "set ", " 0" + expiry + " "), ""), shape("", "touch ", expiry + "\r\n"),
          shape("", "delete ", "\r\n")};
}

std::uint64_t RequestEncoder::encode(RequestKind kind, std::span<const std::uint32_t> keys, SplitMix64& sizes,
                                     OutBatch& batch) const {
  const Shape& shape = shapes_[index_of(kind)];
  std::uint64_t written = 0;
  if (!shape.open.empty()) batch.append(shape.open);
  for (const std::uint32_t key : keys) {
    char* const item = batch.extend(shape.item.size());
    shape.item.copy(item, shape.item.size());
    keys_.write(item + shape.key_end, key);
    if (shape.has_value) written += keys_.bytes() + add_value(key, sizes, batch);
  }
  if (!shape.close.empty()) batch.append(shape.close);
  return written;
}

std::uint64_t RequestEncoder::add_value(std::uint32_t key, SplitMix64& sizes, OutBatch& batch) const {
  std::uint64_t bytes = sizes_.max;
  if (!sizes_.is_fixed()) {
    bytes = sizes_.min + sizes.below(sizes_.max - sizes_.min + 1);
    std::array<char, 24> length;
    char* const end = std::to_chars(length.data(), length.data() + length.size() - kLineEnd.size(), bytes).ptr;
    std::memcpy(end, kLineEnd.data(), kLineEnd.size());
    batch.append({length.data(), static_cast<std::size_t>(end - length.data()) + kLineEnd.size()});
  }
  const std::string_view value = values_.of(keys_.number(key), bytes);
  if (bytes < kOutsideBytesMin) {
    char* const place = batch.extend(value.size() + kLineEnd.size());
    std::memcpy(place, value.data(), value.size());
    std::memcpy(place + value.size(), kLineEnd.data(), kLineEnd.size());
  } else {
    batch.append_outside(value);
    batch.append("\r\n");
  }
  return bytes;
}

}  // namespace larder::bench
