#include "support/test_server.h"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "larder/base/clock.h"

namespace larder::test {

TestServer::TestServer(const NamedValues& flags) {
  spdlog::set_level(spdlog::level::err);
  Result<Options> options = load_options(flags, {});
  EXPECT_TRUE(options.is_ok()) << options.status().message();
  server_ = std::make_unique<Server>(ServerSetup{.options = options.value(), .any_free_port = true});
  const Status started = server_->start();
  EXPECT_TRUE(started.is_ok()) << started.message();
}

TestServer::~TestServer() = default;

void TestServer::flush() {
  server_->store().flush(std::nullopt, SystemClock().now_ms());
}

}  // namespace larder::test
