#include "tools/bench/reply_scanner.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "larder/base/text.h"

namespace larder::bench {

namespace {

// No line of a reply is longer, but for errors, which are cut.
constexpr std::size_t kLineBytesMax = 64 * 1024;

// Only the first digits of a line can be wrong here, and then the replies are no replies.
std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const std::from_chars_result end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

void ReplyScanner::expect(const Request& request, std::span<const std::uint32_t> keys) {
  requests_.push(request);
  for (const std::uint32_t key : keys) keys_.push(key);
}

bool ReplyScanner::feed(std::string_view input, std::int64_t now_ns, LoadFigures& figures) {
  while (!input.empty()) {
    if (body_left_ > 0) {
      if (!take_body(input)) return false;
      // memcached says by a line of its own that there are no more values.
      if (body_left_ == 0 && context_.protocol == Protocol::kResp) one_done(now_ns, figures);
      continue;
    }
    const void* const found = std::memchr(input.data(), '\n', input.size());
    if (found == nullptr) {
      part_of_line_.append(input);
      return part_of_line_.size() <= kLineBytesMax || unexpected(part_of_line_);
    }
    const auto bytes = static_cast<std::size_t>(static_cast<const char*>(found) - input.data());
    std::string_view line = input.substr(0, bytes);
    input.remove_prefix(bytes + 1);
    if (!part_of_line_.empty()) line = part_of_line_.append(line);
    if (line.empty() || line.back() != '\r') return unexpected(line);
    line.remove_suffix(1);
    if (!take_line(line, now_ns, figures)) return false;
    part_of_line_.clear();
  }
  return true;
}

bool ReplyScanner::take_line(std::string_view line, std::int64_t now_ns, LoadFigures& figures) {
  if (requests_.size() == 0) return fail("the server sent '" + printable(line) + "' though nothing was asked");
  if (line.empty()) return unexpected(line);
  return context_.protocol == Protocol::kResp ? take_resp(line, now_ns, figures)
                                              : take_memcached(line, now_ns, figures);
}

bool ReplyScanner::take_resp(std::string_view line, std::int64_t now_ns, LoadFigures& figures) {
  const Request& request = requests_[0];
  if (line[0] == '-' && !array_begun_) return take_error(line, now_ns, figures);
  switch (request.kind) {
    case RequestKind::kGet: {
      if (request.keys > 1 && !array_begun_) {
        array_begun_ = true;
        return (line[0] == '*' && number_in(line.substr(1)) == request.keys) || unexpected(line);
      }
      if (line[0] != '$') return unexpected(line);
      if (line != "$-1") return begin_body(line.substr(1), figures);
      ++figures.misses;
      one_done(now_ns, figures);
      return true;
    }
    case RequestKind::kSet:
      if (line != "+OK") return unexpected(line);
      break;
    case RequestKind::kTouch:
    case RequestKind::kDelete: {
      const std::optional<std::uint64_t> found = line[0] == ':' ? number_in(line.substr(1)) : std::nullopt;
      if (!found || *found > request.keys) return unexpected(line);
      break;
    }
  }
  request_done(now_ns, figures);
  return true;
}

bool ReplyScanner::take_memcached(std::string_view line, std::int64_t now_ns, LoadFigures& figures) {
  const Request& request = requests_[0];
  switch (request.kind) {
    case RequestKind::kGet:
      if (line.starts_with("VALUE ")) return take_memcached_value(line.substr(6), figures);
      if (line != "END") break;
      figures.misses += request.keys - hits_;
      request_done(now_ns, figures);
      return true;
    case RequestKind::kSet:
      if (line != "STORED") break;
      one_done(now_ns, figures);
      return true;
    case RequestKind::kTouch:
    case RequestKind::kDelete:
      if (line != (request.kind == RequestKind::kTouch ? "TOUCHED" : "DELETED") && line != "NOT_FOUND") break;
      one_done(now_ns, figures);
      return true;
  }
  const bool error = line.find("ERROR") != std::string_view::npos || line == "NOT_STORED";
  return error ? take_error(line, now_ns, figures) : unexpected(line);
}

// "key flags length". Keys that were not found are left out.
bool ReplyScanner::take_memcached_value(std::string_view line, LoadFigures& figures) {
  const Request& request = requests_[0];
  const std::string_view key = line.substr(0, line.find(' '));
  if (request.keys > 1 || context_.verify) {
    while (keys_done_ < request.keys && context_.keys.name(keys_[keys_done_]) != key) ++keys_done_;
    if (keys_done_ == request.keys) return fail("the server sent a value of '" + printable(key) + "', not asked for");
  }
  ++hits_;
  return begin_body(line.substr(line.rfind(' ') + 1), figures);
}

bool ReplyScanner::begin_body(std::string_view length, LoadFigures& figures) {
  const std::optional<std::uint64_t> bytes = number_in(length);
  if (!bytes) return unexpected(length);
  const SizeRange& range = context_.value_bytes;
  if (*bytes < range.min || *bytes > range.max) {
    return fail(context_.keys.name(keys_[keys_done_]) + " holds " + std::to_string(*bytes) +
                " bytes, which is not what --value-bytes says; empty the server or write the keys anew with --fill");
  }
  ++figures.hits;
  body_bytes_ = *bytes;
  body_left_ = *bytes + kEndBytes;
  return true;
}

bool ReplyScanner::take_body(std::string_view& input) {
  const std::uint64_t offset = body_bytes_ + kEndBytes - body_left_;
  const std::size_t part = static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, input.size()));
  const std::size_t value_part =
      offset >= body_bytes_ ? 0 : static_cast<std::size_t>(std::min<std::uint64_t>(part, body_bytes_ - offset));
  if (context_.verify && value_part > 0) {
    const std::uint32_t key = keys_[keys_done_];
    const std::string_view wanted =
        context_.values.of(context_.keys.number(key), body_bytes_).substr(static_cast<std::size_t>(offset), value_part);
    if (input.substr(0, value_part) != wanted) {
      const auto differs = std::mismatch(wanted.begin(), wanted.end(), input.begin());
      return fail("wrong value: byte " +
                  std::to_string(offset + static_cast<std::uint64_t>(differs.first - wanted.begin())) + " of the " +
                  std::to_string(body_bytes_) + " of " + context_.keys.name(key) + " is '" +
                  printable(std::string_view(differs.second, 1)) + "' and not '" +
                  printable(std::string_view(differs.first, 1)) + "'");
    }
  }
  for (std::size_t i = value_part; i < part; ++i) {
    if (input[i] != "\r\n"[offset + i - body_bytes_]) return unexpected(input.substr(i, 1));
  }
  input.remove_prefix(part);
  body_left_ -= part;
  return true;
}

void ReplyScanner::one_done(std::int64_t now_ns, LoadFigures& figures) {
  if (++keys_done_ == requests_[0].keys) request_done(now_ns, figures);
}

void ReplyScanner::request_done(std::int64_t now_ns, LoadFigures& figures) {
  const Request& request = requests_[0];
  const std::size_t kind = index_of(request.kind);
  ++figures.requests[kind];
  figures.latency[kind].record_ns(now_ns - request.since_ns);
  if (failed_) {
    ++figures.errors;
  } else {
    figures.bytes_written += request.written_bytes;
  }
  keys_.pop(request.keys);
  requests_.pop(1);
  keys_done_ = 0;
  hits_ = 0;
  array_begun_ = failed_ = false;
}

bool ReplyScanner::take_error(std::string_view line, std::int64_t now_ns, LoadFigures& figures) {
  failed_ = true;
  if (figures.first_error.empty()) figures.first_error = printable(line);
  const bool one_for_each_key = context_.protocol == Protocol::kMemcached && requests_[0].kind != RequestKind::kGet;
  one_for_each_key ? one_done(now_ns, figures) : request_done(now_ns, figures);
  return true;
}

bool ReplyScanner::fail(std::string what) {
  failure_ = std::move(what);
  return false;
}

bool ReplyScanner::unexpected(std::string_view line) {
  const std::string to = requests_.size() == 0 ? "nothing" : kRequestNames[index_of(requests_[0].kind)];
  return fail("'" + printable(line) + "' is no reply to " + to);
}

}  // namespace larder::bench
