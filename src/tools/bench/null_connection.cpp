#include "tools/bench/null_connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "larder/base/limits.h"

namespace larder::bench {

namespace {

using Outcome = net::Transfer::Outcome;

// Below it a value is copied into the batch, from here on sent from where it lies.
constexpr std::size_t kOutsideBytesMin = 16 * 1024;
constexpr std::size_t kRunBytes = 64 * 1024;

}  // namespace

void NullStore::touch_all() {
  std::memset(memory_.data(), 'x', memory_.size());
}

std::span<char> NullStore::place(std::uint64_t bytes_max) {
  if (in_ == memory_.size()) in_ = 0;
  return {memory_.data() + in_, static_cast<std::size_t>(std::min<std::uint64_t>(bytes_max, memory_.size() - in_))};
}

std::string_view NullStore::value(std::size_t bytes) {
  if (out_ + bytes > memory_.size()) out_ = 0;
  const std::string_view value(memory_.data() + out_, bytes);
  out_ += bytes;
  return value;
}

NullThread::NullThread(const NullServerOptions& options)
    : store(options.store_bytes / options.threads),
      value(options.value_bytes < limits::kBodyBytesMin ? static_cast<std::size_t>(options.value_bytes) : 0, 'x'),
      value_bytes(static_cast<std::size_t>(options.value_bytes)),
      value_header("$" + std::to_string(value_bytes) + "\r\n"),
      read_buffer(std::make_unique_for_overwrite<char[]>(limits::kReadBufferBytes)) {
  if (value_bytes >= limits::kBodyBytesMin) store.touch_all();
  if (value_bytes >= kOutsideBytesMin) return;
  const std::string one = value_header + value + "\r\n";
  reply_bytes = one.size();
  replies_in_run = kRunBytes / reply_bytes;
  for (std::size_t i = 0; i < replies_in_run; ++i) reply_run += one;
}

NullConnection::NullConnection(NullThread& thread, net::UniqueFd fd)
    : thread_(thread), socket_(thread.context.get_executor()) {
  net::set_tcp_options(fd.get(), 0);
  asio::error_code error;
  socket_.assign(fd.get(), error);
  if (!error) fd.release();
}

void NullConnection::close() {
  asio::error_code ignored;
  socket_.close(ignored);
  thread_.connections.erase(shared_from_this());
}

void NullConnection::await_readable() {
  socket_.async_wait(net::Descriptor::wait_read, [self = shared_from_this()](const asio::error_code& error) {
    if (!error) self->on_readable();
  });
}

void NullConnection::await_writable() {
  socket_.async_wait(net::Descriptor::wait_write, [self = shared_from_this()](const asio::error_code& error) {
    if (!error) self->on_writable();
  });
}

void NullConnection::on_readable() {
  if (body_left_ > 0) return receive_body();
  char* const buffer = thread_.read_buffer.get();
  // The rest goes in front of what comes; no request that is kept is longer than the buffer.
  std::memcpy(buffer, rest_.data(), rest_.size());
  const net::Transfer got =
      net::receive_some(socket_.native_handle(), buffer + rest_.size(), limits::kReadBufferBytes - rest_.size());
  if (got.outcome == Outcome::kWouldBlock) return await_readable();
  if (got.outcome != Outcome::kMoved) return close();
  turn({buffer, rest_.size() + got.bytes});
}

void NullConnection::receive_body() {
  const std::span<char> place = thread_.store.place(std::min<std::uint64_t>(body_left_, limits::kTurnBodyBytes));
  const net::Transfer got = net::receive_some(socket_.native_handle(), place.data(), place.size());
  if (got.outcome == Outcome::kWouldBlock) return await_readable();
  if (got.outcome != Outcome::kMoved) return close();
  thread_.store.filled(got.bytes);
  body_left_ -= got.bytes;
  body_left_ > 0 ? await_readable() : turn({});
}

void NullConnection::on_writable() {
  const OutBatch::Sent sent = unsent_.send(socket_.native_handle());
  if (sent == OutBatch::Sent::kFailed) return close();
  if (sent == OutBatch::Sent::kPart) return await_writable();
  const std::string input = std::exchange(rest_, {});
  turn(input);
}

void NullConnection::turn(std::string_view input) {
  const bool answered = answer(input);
  if (!socket_.is_open()) return;
  rest_.assign(input);
  if (!answered || !send()) {
    if (socket_.is_open()) await_writable();
    return;
  }
  await_readable();
}

bool NullConnection::answer(std::string_view& input) {
  while (true) {
    switch (framing_.next(input)) {
      case NullFraming::Event::kRequest:
        reply();
        if (thread_.replies.bytes() + run_ * thread_.reply_bytes < limits::kOutputSoftBytes) break;
        flush_run();
        if (!send()) return false;
        break;
      case NullFraming::Event::kBody:
        body_left_ = framing_.body_bytes();
        take_body(input);
        if (body_left_ == 0) break;
        flush_run();
        return true;
      case NullFraming::Event::kMore:
        flush_run();
        // Its arguments are small, but too many to be kept.
        if (input.size() < limits::kReadBufferBytes / 2) return true;
        close();
        return false;
      case NullFraming::Event::kBroken:
        close();
        return false;
    }
  }
}

void NullConnection::take_body(std::string_view& input) {
  while (body_left_ > 0 && !input.empty()) {
    const std::span<char> place = thread_.store.place(std::min<std::uint64_t>(body_left_, input.size()));
    std::memcpy(place.data(), input.data(), place.size());
    thread_.store.filled(place.size());
    input.remove_prefix(place.size());
    body_left_ -= place.size();
  }
}

void NullConnection::reply() {
  const std::uint32_t keys = framing_.keys();
  switch (framing_.command()) {
    case NullFraming::Command::kGet:
      if (keys == 1 && thread_.reply_bytes > 0) {
        ++run_;
        return;
      }
      flush_run();
      if (keys > 1) thread_.replies.append("*" + std::to_string(keys) + "\r\n");
      return add_values(keys);
    case NullFraming::Command::kPing:
      flush_run();
      return thread_.replies.append("+PONG\r\n");
    case NullFraming::Command::kSet:
    case NullFraming::Command::kOther:
      flush_run();
      return thread_.replies.append("+OK\r\n");
  }
}

void NullConnection::add_values(std::uint32_t count) {
  if (thread_.reply_bytes > 0) {
    run_ += count;
    return flush_run();
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    thread_.replies.append(thread_.value_header);
    thread_.replies.append_outside(thread_.value.empty() ? thread_.store.value(thread_.value_bytes)
                                                         : std::string_view(thread_.value));
    thread_.replies.append("\r\n");
  }
}

void NullConnection::flush_run() {
  while (run_ > 0) {
    const auto replies = static_cast<std::uint32_t>(std::min<std::size_t>(run_, thread_.replies_in_run));
    thread_.replies.append(std::string_view(thread_.reply_run).substr(0, replies * thread_.reply_bytes));
    run_ -= replies;
  }
}

// False: closed, or the rest waits in unsent_.
bool NullConnection::send() {
  OutBatch& replies = thread_.replies;
  if (replies.empty()) return unsent_.empty();
  const OutBatch::Sent sent = replies.send(socket_.native_handle());
  if (sent == OutBatch::Sent::kAll) return true;
  // Also of one that failed: the thread's next connection begins with none.
  unsent_ = std::exchange(replies, {});
  if (sent == OutBatch::Sent::kFailed) close();
  return false;
}

}  // namespace larder::bench
