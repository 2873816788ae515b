#include "tools/bench/null_server.h"

#include <sys/socket.h>

#include <csignal>
#include <cstdio>
#include <thread>
#include <vector>

#include "net/listen_socket.h"
#include "tools/bench/null_connection.h"

namespace larder::bench {

namespace {

constexpr int kBacklog = 511;
constexpr int kAcceptsPerWakeup = 64;

}  // namespace

class NullServer::Impl {
 public:
  explicit Impl(const NullServerOptions& options) : port_(options.port) {
    for (unsigned i = 0; i < options.threads; ++i) threads_.push_back(std::make_unique<NullThread>(options));
    listener_.emplace(threads_[0]->context.get_executor());
  }
  ~Impl() { stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<std::uint16_t> listen() {
    Result<net::UniqueFd> socket = net::open_tcp_listener("127.0.0.1", port_, kBacklog);
    if (!socket.is_ok()) return socket.status();
    const std::uint16_t port = net::bound_port(socket.value());
    asio::error_code error;
    listener_->assign(socket.value().release(), error);
    if (error) return Status(StatusCode::kIo, "cannot listen: " + error.message());
    return port;
  }

  void start() {
    await_connection();
    for (const auto& thread : threads_) running_.emplace_back([&thread] { thread->context.run(); });
  }

  void stop() {
    if (running_.empty()) return;
    for (std::size_t i = 0; i < threads_.size(); ++i) {
      asio::post(threads_[i]->context, [this, i] {
        NullThread& thread = *threads_[i];
        thread.stopping = true;
        asio::error_code ignored;
        if (i == 0) listener_->close(ignored);
        while (!thread.connections.empty()) (*thread.connections.begin())->close();
        thread.work.reset();
      });
    }
    for (std::thread& thread : running_) thread.join();
    running_.clear();
  }

 private:
  void await_connection() {
    listener_->async_wait(net::Descriptor::wait_read, [this](const asio::error_code& error) {
      if (error) return;
      for (int i = 0; i < kAcceptsPerWakeup; ++i) {
        net::UniqueFd fd(::accept4(listener_->native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!fd) break;
        deal(std::move(fd));
      }
      await_connection();
    });
  }

  void deal(net::UniqueFd fd) {
    NullThread& thread = *threads_[next_++ % threads_.size()];
    // Shared because Asio copies what it posts on some paths, and a descriptor has one owner.
    auto box = std::make_shared<net::UniqueFd>(std::move(fd));
    asio::post(thread.context, [&thread, box] {
      if (thread.stopping) return;
      auto connection = std::make_shared<NullConnection>(thread, std::move(*box));
      thread.connections.insert(connection);
      connection->await_readable();
    });
  }

  const std::uint16_t port_;
  std::vector<std::unique_ptr<NullThread>> threads_;
  std::optional<net::Descriptor> listener_;  // on the first thread
  std::vector<std::thread> running_;
  std::size_t next_ = 0;
};

NullServer::NullServer(const NullServerOptions& options) : impl_(std::make_unique<Impl>(options)) {}
NullServer::~NullServer() = default;

Result<std::uint16_t> NullServer::listen() {
  return impl_->listen();
}

void NullServer::start() {
  impl_->start();
}

void NullServer::stop() {
  impl_->stop();
}

Status serve_until_signal(const NullServerOptions& options) {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  // Before there are threads, so that they inherit it.
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  NullServer server(options);
  const Result<std::uint16_t> port = server.listen();
  if (!port.is_ok()) return port.status();
  server.start();
  std::puts("ready");
  std::fflush(stdout);
  int signal = 0;
  ::sigwait(&signals, &signal);
  server.stop();
  return {};
}

}  // namespace larder::bench
