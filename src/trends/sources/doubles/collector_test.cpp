#include "trends/sources/doubles/collector.h"

#include "trends/source_store.h"

#include <gtest/gtest.h>

namespace trends::doubles {

io::Task<> Collector::take(Batch batch) {
  batches.push_back(batch.mentions.size());
  for (Mention& mention : batch.mentions) mentions.push_back(std::move(mention));
  gone.insert(gone.end(), batch.gone.begin(), batch.gone.end());
  if (!batch.cursor.empty()) cursor = batch.cursor;
  rejected += batch.rejected;
  arrived_.notify();
  co_return;
}

void Collector::note(std::string message) {
  if (!message.empty()) notes.push_back(std::move(message));
  arrived_.notify();
}

io::Task<> Collector::until(std::function<bool()> condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!condition()) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left.count() <= 0) {
      ADD_FAILURE() << "waited in vain; " << mentions.size() << " mentions, failure: " << failure;
      co_return;
    }
    co_await arrived_.wait_for(
        std::min<std::chrono::nanoseconds>(left, std::chrono::milliseconds{100}));
  }
}

std::vector<std::string> Collector::ids() const {
  std::vector<std::string> ids;
  for (const Mention& mention : mentions) ids.push_back(mention.id);
  return ids;
}

Reader::Reader(io::Executor executor, std::string source, json::object settings, std::string cursor,
               Collector& collector, std::filesystem::path recordings)
    : Reader(executor, *source_by_id(source), std::move(settings), std::move(cursor), collector,
             std::move(recordings)) {}

Reader::Reader(io::Executor executor, const Source& source, json::object settings,
               std::string cursor, Collector& collector, std::filesystem::path recordings)
    : source_(source),
      settings_(std::move(settings)),
      cursor_(std::move(cursor)),
      collector_(collector),
      http_(http::make_curl_client(executor, {.addresses = http::AddressPolicy::allow_all()})),
      websockets_(http::make_websocket_connector(http::AddressPolicy::allow_all(), "test")),
      wake_(executor),
      recordings_(std::move(recordings)),
      supervisor_(executor) {
  supervisor_.start_once("reader", [this] { return read(); });
}

io::Task<> Reader::stop() {
  supervisor_.stop();
  co_await supervisor_.join();
}

io::Task<> Reader::read() {
  const auto settings = check_source_settings(source_, settings_);
  if (!settings) {
    collector_.failure = "settings: " + settings.error().message;
    collector_.arrived_.notify();
    co_return;
  }
  try {
    co_await source_.read({.http = http_.get(),
                           .websockets = websockets_.get(),
                           .clock = &clock_,
                           .recordings = recordings_,
                           .wake = &wake_},
                          *settings, cursor_, collector_);
    collector_.ended = true;
  } catch (const AskedToWait& asked) {
    collector_.failure = asked.what();
    collector_.asked_to_wait = asked.after;
  } catch (const base::Unavailable& error) {
    collector_.failure = error.what();
  }
  collector_.arrived_.notify();
}

LocalServer::LocalServer(io::Executor executor, http::Router router)
    : server_(executor, {}, std::make_shared<const http::Router>(std::move(router))) {
  server_.start();
}

std::string LocalServer::url(std::string_view path) const {
  return fmt::format("http://127.0.0.1:{}{}", server_.port(), path);
}

void run(std::function<io::Task<>()> body) { io::run(std::move(body)); }

}  // namespace trends::doubles
