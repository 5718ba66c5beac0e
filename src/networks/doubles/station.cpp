#include "networks/doubles/station.h"

namespace networks::doubles {
namespace {

constexpr std::size_t uploads_max = 200'000;
constexpr std::size_t body_max = std::size_t{64} * 1024 * 1024;
constexpr std::chrono::seconds stop_deadline{1};
// Longer than any delay that a plan may have.
constexpr std::chrono::minutes handler_timeout{6};

http::Response full() {
  return http::text_response("The rehearsal is full. POST /reset at its control address.\n",
                             "text/plain; charset=utf-8", 503);
}

}  // namespace

Station::Station(io::Executor executor, Kind kind, const base::Clock& clock, StationOptions options)
    : executor_(std::move(executor)),
      kind_(std::move(kind)),
      clock_(clock),
      options_(std::move(options)),
      far_(make()) {}

Station::~Station() = default;

std::unique_ptr<Double> Station::make() const {
  auto far = kind_.make(clock_);
  far->faults().plan(own_plan());
  if (!options_.rate_limits) far->lift_rate_limits();
  return far;
}

FaultPlan Station::own_plan() const {
  auto plan = options_.faults;
  plan.seed += options_.place;
  return plan;
}

void Station::plan(FaultPlan faults) {
  options_.faults = std::move(faults);
  far_->faults().plan(own_plan());
}

std::shared_ptr<http::Router> Station::router() {
  auto router = std::make_shared<http::Router>();
  const auto handler = [this](http::Request request) { return forward(std::move(request)); };
  for (const auto* method : {"GET", "POST", "PUT", "PATCH", "DELETE"})
    router->add(method, "/{path...}", handler);
  return router;
}

void Station::open() {
  if (auto* relay = dynamic_cast<RelayDouble*>(far_.get())) {
    relay_ = std::make_unique<RelayServer>(executor_, *relay, options_.port);
    options_.port = relay_->port();
    relay_->start();
    return;
  }
  http_ = std::make_unique<http::Server>(
      executor_,
      http::ServerOptions{
          .port = options_.port, .body_max = body_max, .handler_timeout = handler_timeout},
      router());
  options_.port = http_->port();
  http_->start();
}

io::Task<> Station::close() {
  const auto http = std::move(http_);
  const auto relay = std::move(relay_);
  if (http) co_await http->stop(stop_deadline);
  if (relay) co_await relay->stop();
}

io::Task<> Station::reset() {
  co_await close();
  // A request that was cut may still be on its way out of the old one.
  retired_ = std::exchange(far_, make());
  uploads_ = 0;
  open();
}

io::Task<> Station::go_down(std::chrono::milliseconds time) {
  co_await close();
  co_await io::sleep_for(time);
  open();
}

std::string Station::address() const {
  const auto* scheme = dynamic_cast<const RelayDouble*>(far_.get()) != nullptr ? "ws" : "http";
  return fmt::format("{}://127.0.0.1:{}", scheme, options_.port);
}

json::object Station::settings() const {
  return far_->settings(fmt::format("http://127.0.0.1:{}", options_.port));
}

io::Task<http::Response> Station::forward(http::Request request) {
  const bool publishes = far_->publishes(request);
  if (publishes && far_->is_full()) co_return full();
  if (!publishes && request.method != "GET" && ++uploads_ > uploads_max) co_return full();
  co_return co_await far_->routes().handle(std::move(request));
}

}  // namespace networks::doubles
