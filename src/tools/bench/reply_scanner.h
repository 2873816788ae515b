// The replies of one connection: knows which requests wait for one, in order, and checks what comes. Lines are read; of
// a value only the length is looked at, and its bytes are passed over, unless they are to be verified. Input may be cut
// anywhere. An error reply is counted; a reply that is no answer to its request, or has other bytes or another length
// than the load writes, ends it: nothing after it could be trusted.
//
// One thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/bench/key_format.h"
#include "tools/bench/load_figures.h"
#include "tools/bench/options.h"
#include "tools/bench/request.h"
#include "tools/bench/values.h"

namespace larder::bench {

class ReplyScanner {
 public:
  struct Context {
    Protocol protocol;
    SizeRange value_bytes;
    const KeyFormat& keys;
    const Values& values;
    bool verify = false;
  };

  // `context` and what it refers to must outlive it.
  explicit ReplyScanner(const Context& context) : context_(context) {}

  // One more request is on its way.
  void expect(const Request& request, std::span<const std::uint32_t> keys);
  std::size_t in_flight() const { return requests_.size(); }

  // Takes all of `input`, counting in `figures`. False: failure() says what is wrong, and the connection is of no more
  // use.
  bool feed(std::string_view input, std::int64_t now_ns, LoadFigures& figures);
  const std::string& failure() const { return failure_; }

  // So many of the next bytes are of a value and nobody looks at them; the caller may drop them itself.
  std::uint64_t unread_bytes() const { return context_.verify || body_left_ <= kEndBytes ? 0 : body_left_ - kEndBytes; }
  void dropped(std::uint64_t bytes) { body_left_ -= bytes; }

 private:
  // A queue that grows to what is in flight at most and stays so.
  template <class T>
  class Ring {
   public:
    std::size_t size() const { return static_cast<std::size_t>(end_ - begin_); }
    void push(const T& item) {
      if (size() == items_.size()) grow();
      items_[end_++ & (items_.size() - 1)] = item;
    }
    // REQUIRES: index < size().
    const T& operator[](std::size_t index) const { return items_[(begin_ + index) & (items_.size() - 1)]; }
    void pop(std::size_t count) { begin_ += count; }

   private:
    void grow() {
      std::vector<T> larger(items_.empty() ? 16 : items_.size() * 2);
      const std::size_t count = size();
      for (std::size_t i = 0; i < count; ++i) larger[i] = (*this)[i];
      items_ = std::move(larger);
      begin_ = 0;
      end_ = count;
    }
    std::vector<T> items_;
    std::uint64_t begin_ = 0;
    std::uint64_t end_ = 0;
  };

  static constexpr std::uint64_t kEndBytes = 2;  // of the CRLF behind a value

  bool take_line(std::string_view line, std::int64_t now_ns, LoadFigures& figures);
  bool take_resp(std::string_view line, std::int64_t now_ns, LoadFigures& figures);
  bool take_memcached(std::string_view line, std::int64_t now_ns, LoadFigures& figures);
  bool take_memcached_value(std::string_view line, LoadFigures& figures);
  bool take_body(std::string_view& input);
  bool begin_body(std::string_view length, LoadFigures& figures);
  // One of the key's replies, or the only one, is there.
  void one_done(std::int64_t now_ns, LoadFigures& figures);
  void request_done(std::int64_t now_ns, LoadFigures& figures);
  bool take_error(std::string_view line, std::int64_t now_ns, LoadFigures& figures);
  bool fail(std::string what);
  bool unexpected(std::string_view line);

  const Context& context_;
  Ring<Request> requests_;
  Ring<std::uint32_t> keys_;  // of those requests
  std::string part_of_line_;
  std::string failure_;
  // Of the first request.
  std::uint32_t keys_done_ = 0;
  std::uint32_t hits_ = 0;  // memcached: values so far
  bool array_begun_ = false;
  bool failed_ = false;  // one of its replies was an error
  // The value that is coming, with its end.
  std::uint64_t body_left_ = 0;
  std::uint64_t body_bytes_ = 0;  // without its end
};

}  // namespace larder::bench
