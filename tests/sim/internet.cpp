#include "internet.h"

#include "base/json.h"
#include "connectors.h"

namespace sim {

namespace {

using namespace std::chrono_literals;

http::ClientResponse response(int status, json::object body, http::Headers headers = {}) {
  return {.status = status, .headers = std::move(headers), .body = json::serialize(body)};
}

}  // namespace

class Internet::Client final : public http::Client {
 public:
  Client(Internet& internet, ProcessPtr process)
      : internet_(internet), process_(std::move(process)) {}

  io::Task<std::expected<http::ClientResponse, http::TransportError>> send(
      http::ClientRequest wanted) override {
    if (!process_->alive) throw_dead();
    Internet& net = internet_;
    if (net.on_door) net.on_door(process_);
    co_await net.scheduler_.sleep(process_, net.random_.between(base::Duration{1ms}, 400ms));
    if (net.luck(&Weather::refused)) co_return not_sent("connect", "nobody answers there");
    if (wanted.may_begin && !wanted.may_begin()) {
      net.story_.tell(process_->name, "holds the request back");
      co_return not_sent("held_back", "it was held back");
    }
    auto exchange = std::make_shared<Exchange>(net.scheduler_.executor(), read(wanted));
    net.send(exchange);
    co_await exchange->done->wait();
    if (!process_->alive) throw_dead();
    co_return std::move(exchange->result);
  }

 private:
  static std::unexpected<http::TransportError> not_sent(std::string code, std::string message) {
    return std::unexpected(http::TransportError{.sent = http::TransportError::Sent::not_sent,
                                                .code = std::move(code),
                                                .message = std::move(message)});
  }
  // https://NETWORK.example/PATH?ACCOUNT
  Request read(const http::ClientRequest& wanted) const {
    const std::string_view url = std::string_view(wanted.url).substr(8);
    const std::size_t slash = url.find('/');
    const std::size_t mark = url.find('?');
    return {.sender = process_,
            .network = std::string(url.substr(0, url.find('.'))),
            .account = std::string(url.substr(mark + 1)),
            .token = std::string(wanted.headers.get("Authorization")),
            .path = std::string(url.substr(slash + 1, mark - slash - 1)),
            .key = std::string(wanted.headers.get("Idempotency-Key")),
            .payload = wanted.body};
  }

  Internet& internet_;
  ProcessPtr process_;
};

Internet::Internet(Scheduler& scheduler, Random& random, Story& story)
    : scheduler_(scheduler), random_(random), story_(story) {}

std::unique_ptr<http::Client> Internet::client(ProcessPtr process) {
  return std::make_unique<Client>(*this, std::move(process));
}

const Internet::Taken* Internet::find(const std::string& account, const std::string& key) const {
  const auto known = accounts_.find(account);
  if (known == accounts_.end()) return nullptr;
  const auto taken = known->second.find(key);
  return taken == known->second.end() ? nullptr : &taken->second;
}

bool Internet::luck(double Weather::* probability) {
  return weather && random_.chance(weather->*probability);
}

void Internet::send(ExchangePtr exchange) {
  scheduler_.count_step(3);
  Request& request = exchange->request;
  request.sent_at = scheduler_.now();
  if (on_door) on_door(request.sender);
  const bool publishes = request.path == "publish";
  if (publishes) {
    story_.tell(request.sender->name, "sends {} to {}", request.payload, request.network);
    on_sent(request);
  }
  if (luck(&Weather::request_lost)) {
    return lose(exchange, "the request is lost on its way",
                random_.between(base::Duration{1s}, 60s));
  }
  const bool late = publishes && luck(&Weather::late);
  const base::Duration way = late ? random_.between(base::Duration{1s}, settle_max / 2)
                                  : random_.between(base::Duration{1ms}, 200ms);
  if (publishes) on_their_way_.insert(request.key);
  if (late && luck(&Weather::reply_lost)) {
    exchange->cut_off = true;
    lose(exchange, "the connection breaks while it is on its way",
         random_.between(base::Duration{1ms}, 2s));
  }
  scheduler_.after(way, [this, exchange] { arrive(exchange); });
  if (publishes && request.network.starts_with("a") && luck(&Weather::doubled)) {
    on_their_way_.insert(request.key);
    scheduler_.after(way + random_.between(base::Duration{1ms}, settle_max / 2),
                     [this, exchange] { arrive_again(exchange); });
  }
}

// What a proxy delivers a second time.
void Internet::arrive_again(ExchangePtr exchange) {
  const Request& request = exchange->request;
  on_their_way_.erase(on_their_way_.find(request.key));
  if (find(request.account, request.key)) take(request);
}

void Internet::arrive(ExchangePtr exchange) {
  const Request& request = exchange->request;
  if (request.path == "publish") {
    publish(exchange);
    on_their_way_.erase(on_their_way_.find(request.key));
    return;
  }
  if (luck(&Weather::busy)) return reply(exchange, response(503, {}));
  if (luck(&Weather::error_before)) return reply(exchange, response(500, {}));
  if (request.path == "renew") return renew(exchange);
  if (!admits(request)) {
    return reply(exchange, response(401, {{"error", "the grant was taken back"}}));
  }
  if (request.path == "find") return look(exchange);
  if (request.path == "ready" && luck(&Weather::processing)) {
    return reply(exchange, response(202, {}));
  }
  reply(exchange, response(200, {{"ok", true}}));
}

void Internet::publish(ExchangePtr exchange) {
  const Request& request = exchange->request;
  if (luck(&Weather::busy)) {
    http::Headers headers;
    if (random_.chance(0.5)) headers.set("Retry-After", std::to_string(random_.between(1, 90)));
    return reply(exchange, response(429, {}, std::move(headers)));
  }
  if (luck(&Weather::error_before)) return reply(exchange, response(500, {}));
  if (!admits(request)) {
    return reply(exchange, response(401, {{"error", "the grant was taken back"}}));
  }
  // What is refused once is refused each time.
  const auto [judged, first] = refused_.try_emplace(request.key, false);
  if (first) judged->second = luck(&Weather::refusal);
  if (judged->second) return reply(exchange, response(400, {{"error", "not nice"}}));
  take(request);
  if (luck(&Weather::error_after)) return reply(exchange, response(502, {}));
  if (luck(&Weather::connector_bug)) return reply(exchange, response(status_of_a_bug, {}));
  if (luck(&Weather::malformed)) {
    return reply(exchange, {.status = 200, .headers = {}, .body = "<html>", .url = {}});
  }
  if (luck(&Weather::reply_lost)) {
    if (exchange->cut_off) return;
    return lose(exchange, "took it, and the answer is lost",
                random_.between(base::Duration{1s}, 60s));
  }
  reply(exchange, response(200, {{"id", "remote-" + request.key}}));
}

void Internet::take(const Request& request) {
  Taken& taken = accounts_[request.account][request.key];
  const bool joins = request.network.starts_with("a");
  const bool joined = taken.copies > 0 && joins;
  if (joined) {
    story_.tell("network", "joins it with the one it has");
  } else {
    ++taken.copies;
    story_.tell("network", "takes {} (copy {})", request.key.substr(0, 8), taken.copies);
  }
  if (taken.payload.empty()) {
    taken.payload = request.payload;
    taken.visible_at = scheduler_.now();
    // A search may take its time to know it; a key is known at once.
    if (!joins && luck(&Weather::slow_search)) {
      taken.visible_at += random_.between(base::Duration{1s}, settle_max / 2);
    }
  }
  scheduler_.mix(static_cast<std::uint64_t>(taken.copies));
  on_taken(request, joined);
}

void Internet::look(ExchangePtr exchange) {
  const Request& request = exchange->request;
  const Taken* taken = find(request.account, request.key);
  const bool seen = taken && taken->visible_at <= scheduler_.now();
  story_.tell(request.sender->name, "asks for {}: {}", request.key.substr(0, 8),
              seen ? "it is there" : "not there");
  if (!seen) return reply(exchange, response(404, {}));
  reply(exchange, response(200, {{"id", "remote-" + request.key}}));
}

void Internet::reply(ExchangePtr exchange, http::ClientResponse response) {
  scheduler_.count_step(4);
  if (exchange->cut_off) return;
  const Request& request = exchange->request;
  story_.tell("network", "answers {} to {} of {}", response.status, request.path,
              request.sender->name);
  exchange->result = std::move(response);
  const base::Duration way = luck(&Weather::late) ? random_.between(base::Duration{100ms}, 70s)
                                                  : random_.between(base::Duration{1ms}, 200ms);
  scheduler_.after(way, [this, exchange] {
    if (on_door) on_door(exchange->request.sender);
    scheduler_.resume(exchange->request.sender, exchange->done);
  });
}

void Internet::lose(ExchangePtr exchange, std::string_view why, base::Duration after) {
  story_.tell("network", "{}", why);
  exchange->result = std::unexpected(http::TransportError{
      .sent = http::TransportError::Sent::maybe_sent, .code = "timeout", .message = "no answer"});
  scheduler_.after(
      after, [this, exchange] { scheduler_.resume(exchange->request.sender, exchange->done); });
}

}  // namespace sim
