#include "larder/net/exchange_server.h"

#include <sys/socket.h>

#include <list>
#include <thread>

#include "larder/base/check.h"
#include "net/asio.h"
#include "net/exchange.h"
#include "net/listen_socket.h"

namespace larder {

namespace {

constexpr int kBacklog = 64;
// Where the system hands over no connection, for want of descriptors or memory.
constexpr std::chrono::milliseconds kRetryDelay{100};

}  // namespace

class ExchangeServer::Impl {
 public:
  Impl(ExchangeOptions options, Answer answer) : options_(std::move(options)), answer_(std::move(answer)) {}

  Result<std::uint16_t> listen(const std::string& address, std::uint16_t port) {
    Result<net::UniqueFd> socket = net::open_tcp_listener(address, port, kBacklog);
    if (!socket.is_ok()) return socket.status();
    const std::uint16_t bound = net::bound_port(socket.value());
    listener_.assign(socket.value().release());
    return bound;
  }

  void start() {
    LARDER_CHECK(listener_.is_open() && !thread_.joinable());
    wait();
    thread_ = std::thread([this] {
      if (options_.on_thread_start) options_.on_thread_start();
      io_.run();
    });
  }

  void stop() {
    if (!thread_.joinable()) return;
    asio::post(io_, [this] { close_all(); });
    thread_.join();
  }

 private:
  void wait() {
    listener_.async_wait(net::Descriptor::wait_read, [this](const asio::error_code& error) {
      if (!error) accept_one();
    });
  }

  void accept_one() {
    net::UniqueFd socket(::accept4(listener_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
      begin(std::move(socket));
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return back_off();
    }
    wait();
  }

  void back_off() {
    retry_.expires_after(kRetryDelay);
    retry_.async_wait([this](const asio::error_code& error) {
      if (!error) wait();
    });
  }

  void begin(net::UniqueFd socket) {
    while (exchanges_.size() >= options_.connections_max) {
      const std::shared_ptr<net::Exchange> first = exchanges_.front();
      first->close();
    }
    exchanges_.push_back(std::make_shared<net::Exchange>(
        io_, std::move(socket),
        net::Exchange::Context{.options = options_, .answer = answer_, .on_end = [this](const net::Exchange& ended) {
                                 exchanges_.remove_if([&ended](const auto& each) { return each.get() == &ended; });
                               }}));
    const std::shared_ptr<net::Exchange> begun = exchanges_.back();
    begun->start();
  }

  // Nothing waits any more then, and the thread ends.
  void close_all() {
    asio::error_code ignored;
    listener_.close(ignored);
    retry_.cancel();
    while (!exchanges_.empty()) {
      const std::shared_ptr<net::Exchange> first = exchanges_.front();
      first->close();
    }
  }

  const ExchangeOptions options_;
  const Answer answer_;
  asio::io_context io_{1};
  // The thread's own, once it runs.
  net::Descriptor listener_{io_.get_executor()};
  net::Timer retry_{io_.get_executor()};
  std::list<std::shared_ptr<net::Exchange>> exchanges_;  // in the order in which they came
  std::thread thread_;
};

ExchangeServer::ExchangeServer(ExchangeOptions options, Answer answer)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(answer))) {}

ExchangeServer::~ExchangeServer() {
  stop();
}

Result<std::uint16_t> ExchangeServer::listen(const std::string& address, std::uint16_t port) {
  return impl_->listen(address, port);
}

void ExchangeServer::start() {
  impl_->start();
}

void ExchangeServer::stop() {
  impl_->stop();
}

}  // namespace larder
