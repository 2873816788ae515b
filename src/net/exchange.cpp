#include "net/exchange.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace larder::net {

namespace {

constexpr std::string_view kRequestEnd = "\r\n\r\n";

}  // namespace

Exchange::Exchange(asio::io_context& io, UniqueFd socket, Context context)
    : context_(std::move(context)), socket_(io.get_executor(), socket.release()), deadline_(io.get_executor()) {}

void Exchange::start() {
  deadline_.expires_after(context_.options.time_max);
  deadline_.async_wait([self = shared_from_this()](const asio::error_code& error) {
    if (!error) self->close();
  });
  // The request may well be there.
  on_readable();
}

void Exchange::close() {
  if (!socket_.is_open()) return;
  asio::error_code ignored;
  socket_.close(ignored);
  deadline_.cancel();
  context_.on_end(*this);
}

void Exchange::wait_readable() {
  socket_.async_wait(Descriptor::wait_read, [self = shared_from_this()](const asio::error_code& error) {
    if (!error) self->on_readable();
  });
}

void Exchange::on_readable() {
  std::array<char, 4096> bytes;
  const Transfer transfer = receive_some(socket_.native_handle(), bytes.data(), bytes.size());
  if (transfer.outcome == Transfer::Outcome::kWouldBlock) return wait_readable();
  if (transfer.outcome != Transfer::Outcome::kMoved) return close();
  if (answered_) return wait_readable();
  // The end may have begun in what came before.
  const std::size_t from = request_.size() - std::min(request_.size(), kRequestEnd.size() - 1);
  request_.append(bytes.data(), transfer.bytes);
  const std::size_t end = request_.find(kRequestEnd, from);
  const bool whole = end != std::string::npos && end + kRequestEnd.size() <= context_.options.request_bytes_max;
  if (whole) request_.resize(end + kRequestEnd.size());
  if (!whole && request_.size() < context_.options.request_bytes_max) return wait_readable();
  answer(whole);
}

void Exchange::answer(bool whole) {
  answered_ = true;
  reply_ = context_.answer(request_, whole);
  request_ = {};
  send_rest();
}

void Exchange::send_rest() {
  while (sent_bytes_ < reply_.size()) {
    const std::string_view rest = std::string_view(reply_).substr(sent_bytes_);
    std::vector<iovec> unused;
    const Transfer transfer = send_some(socket_.native_handle(), {&rest, 1}, unused);
    if (transfer.outcome == Transfer::Outcome::kWouldBlock) {
      socket_.async_wait(Descriptor::wait_write, [self = shared_from_this()](const asio::error_code& error) {
        if (!error) self->send_rest();
      });
      return;
    }
    if (transfer.outcome != Transfer::Outcome::kMoved) return close();
    sent_bytes_ += transfer.bytes;
  }
  finish();
}

void Exchange::finish() {
  reply_ = {};
  sent_bytes_ = 0;
  ::shutdown(socket_.native_handle(), SHUT_WR);
  wait_readable();
}

}  // namespace larder::net
