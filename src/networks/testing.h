// What tests of connectors and of their callers need: an HTTP client whose answers are written down
// beforehand.
//
//   FakeHttp http;
//   http.answer({.status = 429});
//   ...
//   EXPECT_EQ(http.requests().at(0).method, "POST");
#pragma once

#include "http/client.h"
#include "networks/network.h"

#include <deque>
#include <vector>

namespace networks::testing {

// Answers in the order given, and keeps what was asked. A request without an answer is refused like
// a closed port.
class FakeHttp final : public http::Client {
 public:
  using Answer = std::expected<http::ClientResponse, http::TransportError>;

  void answer(http::ClientResponse response) { answers_.emplace_back(std::move(response)); }
  void answer_json(int status, std::string body) {
    answer({.status = status, .body = std::move(body)});
  }
  void fail(http::TransportError::Sent sent, std::string code) {
    answers_.emplace_back(
        std::unexpected(http::TransportError{sent, std::move(code), "example.org: no answer"}));
  }

  io::Task<Answer> send(http::ClientRequest request) override {
    requests_.push_back(std::move(request));
    if (answers_.empty()) {
      co_return std::unexpected(http::TransportError{http::TransportError::Sent::not_sent,
                                                     "connect", "nothing is scripted"});
    }
    auto answer = std::move(answers_.front());
    answers_.pop_front();
    co_return answer;
  }

  const std::vector<http::ClientRequest>& requests() const { return requests_; }
  bool used_up() const { return answers_.empty(); }

 private:
  std::deque<Answer> answers_;
  std::vector<http::ClientRequest> requests_;
};

// Keeps what was saved last, and how often.
class MemoryCredentials final : public CredentialStore {
 public:
  io::Task<> save(base::AccountId account, json::object credentials) override {
    ++saves;
    last_account = std::move(account);
    last = std::move(credentials);
    co_return;
  }
  int saves = 0;
  base::AccountId last_account;
  json::object last;
};

// Keeps every step, and can be handed to the next prepare() as after a crash.
class MemoryProgress final : public Progress {
 public:
  const json::object& value() const override { return value_; }
  io::Task<> save(json::object value) override {
    ++saves;
    value_ = std::move(value);
    co_return;
  }
  int saves = 0;

 private:
  json::object value_;
};

}  // namespace networks::testing
