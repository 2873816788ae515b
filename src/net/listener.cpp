#include "net/listener.h"

#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace larder::net {

namespace {

// Enough to keep up with a flood, few enough that the thread's connections are not kept waiting.
constexpr int kAcceptsPerWakeup = 64;
constexpr std::chrono::milliseconds kRetryDelay{100};
constexpr std::chrono::seconds kLogEvery{10};

unsigned long inode_of(const std::string& path) {
  struct stat file {};
  return ::lstat(path.c_str(), &file) == 0 ? file.st_ino : 0;
}

}  // namespace

Listener::Listener(Context context, UniqueFd socket, std::string unix_path, RequestHandler& handler)
    : context_(std::move(context)),
      handler_(handler),
      unix_path_(std::move(unix_path)),
      socket_(context_.io.get_executor(), socket.release()),
      retry_(context_.io.get_executor()),
      file_inode_(unix_path_.empty() ? 0 : inode_of(unix_path_)) {}

Listener::~Listener() {
  close();
}

void Listener::start() {
  wait();
}

void Listener::close() {
  if (!socket_.is_open()) return;
  // Not the file of a successor that has replaced it in the meantime.
  if (!unix_path_.empty() && inode_of(unix_path_) == file_inode_) ::unlink(unix_path_.c_str());
  asio::error_code ignored;
  socket_.close(ignored);
  retry_.cancel();
}

void Listener::wait() {
  socket_.async_wait(Descriptor::wait_read, [this](const asio::error_code& error) {
    if (!error) accept_some();
  });
}

void Listener::accept_some() {
  bool more = true;
  for (int i = 0; i < kAcceptsPerWakeup && more; ++i) {
    if (!accept_one(more)) return back_off();
  }
  wait();
}

bool Listener::accept_one(bool& more) {
  SocketAddress peer;
  UniqueFd fd(::accept4(socket_.native_handle(), peer.get(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd) {
    welcome(std::move(fd), peer);
    return true;
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK) {
    more = false;
    return true;
  }
  return accept_failed(errno);
}

bool Listener::accept_failed(int error) {
  // The client gave up while it was queued, or a signal came.
  if (error == ECONNABORTED || error == EINTR || error == EPROTO) return true;
  context_.counters.accept_errors.add();
  const auto now = std::chrono::steady_clock::now();
  if (now >= next_log_) {
    next_log_ = now + kLogEvery;
    spdlog::error("cannot accept connections: {}{}; trying again, clients wait", std::generic_category().message(error),
                  error == EMFILE ? " (raise the limit of open files, or lower maxclients)" : "");
  }
  return false;
}

void Listener::back_off() {
  retry_.expires_after(kRetryDelay);
  retry_.async_wait([this](const asio::error_code& error) {
    if (!error) wait();
  });
}

void Listener::welcome(UniqueFd fd, const SocketAddress& peer) {
  NetCounters& counters = context_.counters;
  if (counters.connections_now.get() >= context_.settings.maxclients.load(std::memory_order_relaxed)) return refuse(fd);
  counters.connections_accepted.add();
  counters.connections_now.add();
  ConnectionInfo info;
  info.fd = fd.get();
  info.unix_socket = !unix_path_.empty();
  if (info.unix_socket) {
    info.loopback = true;
    info.peer_address = info.local_address = unix_path_ + ":0";
  } else {
    set_tcp_options(fd.get(), static_cast<long>(context_.settings.tcp_keepalive_s.load(std::memory_order_relaxed)));
    SocketAddress local;
    if (::getsockname(fd.get(), local.get(), &local.size) == 0) info.local_address = local.text();
    info.peer_address = peer.text();
    info.loopback = peer.is_loopback();
  }
  context_.deal({std::move(fd), std::move(info), &handler_});
}

void Listener::refuse(const UniqueFd& fd) {
  context_.counters.connections_rejected.add();
  std::vector<iovec> scratch;
  const std::string_view text = "-ERR max number of clients reached\r\n";
  static_cast<void>(send_some(fd.get(), {&text, 1}, scratch));
  ::shutdown(fd.get(), SHUT_WR);
  discard_input(fd.get());
}

}  // namespace larder::net
