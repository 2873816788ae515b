// HTTP in bytes: what is found, who is let in, what is refused.
#include "admin/http_router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace larder {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class HttpRouterTest : public testing::Test {
 protected:
  // `headers`: lines with their ends.
  static std::string request(const std::string& line, const std::string& headers = "Host: localhost\r\n") {
    return line + " HTTP/1.1\r\n" + headers + "\r\n";
  }
  static std::string ask(const std::unique_ptr<HttpRouter>& router, const std::string& line,
                         const std::string& headers = "Host: localhost\r\n") {
    return router->answer(request(line, headers), true);
  }
  static std::unique_ptr<HttpRouter> with_pages(const std::string& token) {
    auto router = std::make_unique<HttpRouter>(token);
    router->add("/page", [](const HttpParameters& parameters) {
      const auto found = parameters.find("n");
      return HttpReply{.body = "page " + (found == parameters.end() ? "?" : found->second)};
    });
    router->add(
        "/open", [](const HttpParameters&) { return HttpReply{.status = 503, .body = "no\n"}; }, true);
    return router;
  }
};

TEST_F(HttpRouterTest, APageIsAnsweredWithItsTypeAndNobodyKeepsIt) {
  const auto router = with_pages("");
  const std::string reply = ask(router, "GET /page?n=a%20b&n=c");
  EXPECT_THAT(reply,
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("\r\nContent-Type: text/plain; charset=utf-8\r\n"),
                    HasSubstr("\r\nConnection: close\r\n"), HasSubstr("\r\nContent-Length: 8\r\n"),
                    testing::EndsWith("\r\n\r\npage a b")));
  EXPECT_THAT(reply, AllOf(HasSubstr("Cache-Control: no-store"), HasSubstr("X-Content-Type-Options: nosniff"),
                           HasSubstr("Content-Security-Policy: default-src 'none'; script-src 'self'")));
  EXPECT_THAT(ask(router, "GET /open"), AllOf(StartsWith("HTTP/1.1 503"), testing::EndsWith("no\n")));
}

TEST_F(HttpRouterTest, HeadHasTheLengthAndNoBody) {
  const auto router = with_pages("");
  EXPECT_THAT(ask(router, "HEAD /page"),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Content-Length: 6\r\n"), testing::EndsWith("\r\n\r\n")));
}

TEST_F(HttpRouterTest, WhatThereIsNotIsNotFoundAndNothingIsWritten) {
  const auto router = with_pages("");
  for (const char* path : {"/", "/pages", "/page/", "/../page", "//page", "/.*"}) {
    EXPECT_THAT(ask(router, std::string("GET ") + path), StartsWith("HTTP/1.1 404")) << path;
  }
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    EXPECT_THAT(ask(router, std::string(method) + " /page", "Host: localhost\r\nContent-Length: 5\r\n"),
                AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("\r\nAllow: GET, HEAD\r\n")))
        << method;
  }
}

TEST_F(HttpRouterTest, WhatIsNoRequestIsRefused) {
  const auto router = with_pages("");
  EXPECT_THAT(router->answer("*1\r\n$4\r\nPING\r\n\r\n", true), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(router->answer("GET /page\r\n\r\n", true), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(router->answer("GET /page HTTP/1.1\r\nHost: loc", false), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(ask(router, "GET /" + std::string(9'000, 'a')), StartsWith("HTTP/1.1 414"));
  EXPECT_THAT(ask(router, "GET /page", "Host: localhost\r\nX: " + std::string(9'000, 'a') + "\r\n"),
              StartsWith("HTTP/1.1 400"));
}

TEST_F(HttpRouterTest, NoPartsAndNoCompression) {
  const auto router = with_pages("");
  std::string ranges = "bytes=0-0";
  while (ranges.size() < 8'000) ranges += ",0-0";
  std::string ends = "bytes=-";
  while (ends.size() < 15'000) ends += ",-";
  const auto ask_for = [&](const std::string& range) {
    return ask(router, "GET /page", "Host: localhost\r\nRange: " + range + "\r\n");
  };
  EXPECT_THAT(ask_for("bytes=0-1"), AllOf(StartsWith("HTTP/1.1 200"), testing::EndsWith("\r\n\r\npage ?")));
  EXPECT_THAT(ask_for(ranges), AllOf(StartsWith("HTTP/1.1 200"), testing::EndsWith("\r\n\r\npage ?")));
  EXPECT_THAT(ask_for(ends), StartsWith("HTTP/1.1 200")) << "on whatever stack there is";
  EXPECT_THAT(ask_for("bytes=x"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask_for(std::string(8'000, '0')), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask(router, "GET /page", "Host: localhost\r\nAccept-Encoding: br, gzip\r\n"),
              testing::EndsWith("page ?"));
}

TEST_F(HttpRouterTest, WithATokenOnlyWhatIsOpenIsShownWithoutIt) {
  const auto router = with_pages("secret");
  EXPECT_THAT(ask(router, "GET /open"), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(ask(router, "GET /page"),
              AllOf(StartsWith("HTTP/1.1 401"), HasSubstr("WWW-Authenticate: Basic realm=\"larder\""),
                    Not(HasSubstr("page ?"))));
  EXPECT_THAT(ask(router, "GET /nothing"), StartsWith("HTTP/1.1 401")) << "what there is is not told either";
  EXPECT_THAT(ask(router, "GET /page", "Authorization: Bearer wrong\r\n"), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(ask(router, "GET /page", "X-Larder-Page: 1\r\n"),
              AllOf(StartsWith("HTTP/1.1 401"), Not(HasSubstr("WWW-Authenticate"))));
  EXPECT_THAT(ask(router, "GET /page", "Host: cache.example\r\nAuthorization: Bearer secret\r\n"),
              StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask(router, "GET /page", "authorization: basic YWRtaW46c2VjcmV0\r\n"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpRouterTest, WithoutATokenTheHostIsAskedForByAddress) {
  const auto router = with_pages("");
  for (const char* host : {"localhost", "LOCALHOST:9379", "127.0.0.1:9379", "[::1]:9379", "10.0.0.5"}) {
    EXPECT_THAT(ask(router, "GET /page", std::string("Host: ") + host + "\r\n"), StartsWith("HTTP/1.1 200")) << host;
  }
  for (const char* host :
       {"evil.example", "evil.example:9379", "localhost.evil.example", "127.0.0.1.evil.example", "[::1", "[evil]"}) {
    EXPECT_THAT(ask(router, "GET /page", std::string("Host: ") + host + "\r\n"), StartsWith("HTTP/1.1 403")) << host;
  }
  EXPECT_THAT(ask(router, "GET /page", ""), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ask(router, "GET /open", "Host: evil.example\r\n"), StartsWith("HTTP/1.1 503"));
}

TEST(HttpAccess, ATokenIsProvedAsBearerOrAsPassword) {
  EXPECT_TRUE(is_authorized("Bearer secret", "secret"));
  EXPECT_FALSE(is_authorized("Bearer secre", "secret"));
  EXPECT_FALSE(is_authorized("Bearer secretsecret", "secret"));
  EXPECT_FALSE(is_authorized("Bearer ", "secret"));
  EXPECT_TRUE(is_authorized("Basic OnNlY3JldA==", "secret"));  // ":secret"
  EXPECT_FALSE(is_authorized("Basic c2VjcmV0", "secret"));     // "secret", no colon
  EXPECT_FALSE(is_authorized("Basic", "secret"));
  EXPECT_FALSE(is_authorized("", "secret"));
}

}  // namespace
}  // namespace larder
