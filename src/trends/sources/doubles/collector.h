// For tests: a sink that keeps everything, and a reader run against it on the loop of the test.
#pragma once

#include "http/curl_client.h"
#include "http/server.h"
#include "http/websocket.h"
#include "trends/source.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace trends::doubles {

class Collector final : public Sink {
 public:
  explicit Collector(io::Executor executor) : arrived_(executor) {}

  io::Task<> take(Batch batch) override;
  void connected() override { ++connections; }
  void note(std::string message) override;

  // Waits until the condition holds; fails the test after ten seconds.
  io::Task<> until(std::function<bool()> condition);
  std::vector<std::string> ids() const;

  std::vector<Mention> mentions;
  std::vector<std::string> gone;
  std::vector<std::size_t> batches;  // sizes
  std::string cursor;
  std::int64_t rejected = 0;
  int connections = 0;
  std::vector<std::string> notes;
  bool ended = false;
  std::string failure;  // what the reader threw, other than a cancellation
  std::chrono::seconds asked_to_wait{0};

 private:
  friend class Reader;
  io::Event arrived_;
};

// A reader at work until stop(). Answers `ended` and `failure` in the collector.
class Reader {
 public:
  Reader(io::Executor executor, std::string source, json::object settings, std::string cursor,
         Collector& collector, std::filesystem::path recordings = {});
  Reader(io::Executor executor, const Source& source, json::object settings, std::string cursor,
         Collector& collector, std::filesystem::path recordings = {});
  io::Task<> stop();
  void wake() { wake_.notify(); }

 private:
  io::Task<> read();

  const Source& source_;
  json::object settings_;
  std::string cursor_;
  Collector& collector_;
  base::SystemClock clock_;
  std::unique_ptr<http::Client> http_;
  std::unique_ptr<http::WebSocketConnector> websockets_;
  io::Event wake_;
  std::filesystem::path recordings_;
  io::Supervisor supervisor_;
};

// A server on the loop of the test.
class LocalServer {
 public:
  LocalServer(io::Executor executor, http::Router router);
  std::string url(std::string_view path = "") const;
  io::Task<> stop() { return server_.stop(std::chrono::milliseconds{100}); }

 private:
  http::Server server_;
};

// Runs a coroutine to its end on a loop of its own.
void run(std::function<io::Task<>()> body);

}  // namespace trends::doubles
