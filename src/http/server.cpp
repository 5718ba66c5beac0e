#include "http/server.h"

#include "base/log.h"
#include "base/metrics.h"
#include "http/connection.h"

#include <unordered_set>

namespace http {
namespace {

using asio::ip::tcp;

metrics::Gauge open_connections{"http_connections", "Connections that are open now."};
metrics::Counter refused_connections{"http_connections_refused_total",
                                     "Connections refused because of the limit."};

constexpr std::chrono::milliseconds accept_pause{100};
// How long stop() waits for what it has cut; work on a helper thread cannot be cut.
constexpr std::chrono::milliseconds cut_grace{1'000};
constexpr std::string_view overloaded =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: "
    "5\r\n"
    "Content-Length: 120\r\nConnection: close\r\n\r\n"
    R"({"type":"about:blank","title":"Service Unavailable","status":503,"detail":"Too many connections.","code":"overloaded"})"
    "\r\n";

// Often enough that no deadline is late by more than a quarter of it.
std::chrono::milliseconds sweep_interval(const ServerOptions& options) {
  const auto shortest = std::min(
      {options.header_timeout, options.body_timeout, options.idle_timeout, options.write_timeout});
  return std::clamp(shortest / 4, std::chrono::milliseconds{10}, std::chrono::milliseconds{250});
}

tcp::acceptor listen_on(const io::Executor& executor, const ServerOptions& options) {
  try {
    const tcp::endpoint endpoint(asio::ip::make_address(options.bind), options.port);
    tcp::acceptor acceptor(executor, endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen(tcp::acceptor::max_listen_connections);
    return acceptor;
  } catch (const boost::system::system_error& error) {
    throw base::Unavailable(fmt::format("Cannot listen on {} port {}: {}.", options.bind,
                                        options.port, error.code().message()));
  }
}

std::vector<Network> parse_networks(const std::vector<std::string>& blocks) {
  std::vector<Network> networks;
  for (const std::string& block : blocks) {
    const auto network = Network::parse(block);
    if (!network) {
      throw base::Unavailable("\"" + block +
                              "\" is not a network of trusted proxies; write it like 10.0.0.0/8.");
    }
    networks.push_back(*network);
  }
  return networks;
}

}  // namespace

struct Server::State {
  State(const io::Executor& executor, const ServerOptions& options,
        std::shared_ptr<const Router> router)
      : context(std::make_shared<ServerContext>(executor, options, std::move(router),
                                                parse_networks(options.trusted_proxies))),
        acceptor(listen_on(executor, options)),
        port(acceptor.local_endpoint().port()),
        changed(executor) {}

  std::shared_ptr<ServerContext> context;
  tcp::acceptor acceptor;
  std::uint16_t port;
  io::Event changed;  // a connection has ended
  std::unordered_set<std::shared_ptr<Connection>> connections = {};
  bool sweeping = false;

  static io::Task<> accept(std::shared_ptr<State> state);
  static io::Task<> sweep(std::shared_ptr<State> state);
  static void serve(std::shared_ptr<State> state, tcp::socket socket);
  static io::Task<> close_acceptor(std::shared_ptr<State> state);
  static io::Task<bool> wait_until_done(std::shared_ptr<State> state, SteadyTime deadline);

  bool done() const { return connections.empty() && context->calls == 0; }
  void close();
  void cut();
};

io::Task<> Server::State::accept(std::shared_ptr<State> state) {
  bool warned = false;
  while (!state->context->stopping) {
    boost::system::error_code error;
    tcp::socket socket =
        co_await state->acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
      warned = false;
      serve(state, std::move(socket));
      continue;
    }
    if (state->context->stopping) co_return;
    if (error == asio::error::connection_aborted) continue;
    // Out of descriptors, most likely: they come back when connections end.
    if (!std::exchange(warned, true)) {
      base::log_error("http_accept_failed",
                      {{"error.message", boost::json::value(error.message())}});
    }
    co_await io::sleep_for(accept_pause);
  }
}

void Server::State::serve(std::shared_ptr<State> state, tcp::socket socket) {
  boost::system::error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) return;  // gone already
  socket.set_option(tcp::no_delay(true), error);
  if (state->connections.size() >= state->context->options.connections_max) {
    refused_connections.add();
    socket.non_blocking(true, error);
    socket.write_some(asio::buffer(overloaded),
                      error);  // best effort: the client is told or merely cut
    return;
  }

  const auto address = IpAddress::parse(peer.address().to_string());
  if (!address) return;  // a link-local address with a zone: nobody here listens on one
  const auto connection = std::make_shared<Connection>(state->context, std::move(socket), *address);
  state->connections.insert(connection);
  open_connections.add({}, 1);
  asio::co_spawn(state->context->executor, Connection::run(connection),
                 [state, connection](const std::exception_ptr& failure) {
                   if (failure) connection->cut();
                   state->connections.erase(connection);
                   open_connections.add({}, -1);
                   state->changed.notify();
                 });
  if (!std::exchange(state->sweeping, true)) {
    asio::co_spawn(state->context->executor, sweep(state), asio::detached);
  }
}

io::Task<> Server::State::sweep(std::shared_ptr<State> state) {
  const std::chrono::milliseconds interval = sweep_interval(state->context->options);
  while (!state->connections.empty()) {
    co_await io::sleep_for(interval);
    const SteadyTime now = std::chrono::steady_clock::now();
    for (const auto& connection : state->connections) connection->check_deadline(now);
  }
  state->sweeping = false;
}

io::Task<bool> Server::State::wait_until_done(std::shared_ptr<State> state, SteadyTime deadline) {
  constexpr std::chrono::milliseconds look_again{
      20};  // calls that were given up end without a word
  while (!state->done()) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= left.zero()) co_return false;
    const std::chrono::nanoseconds step =
        state->connections.empty() ? std::min<std::chrono::nanoseconds>(left, look_again) : left;
    co_await state->changed.wait_for(step);
  }
  co_return true;
}

// A client whose connection waits in the kernel has been let in already, and may have sent its
// request.
io::Task<> Server::State::close_acceptor(std::shared_ptr<State> state) {
  boost::system::error_code error;
  state->acceptor.cancel(error);
  state->acceptor.non_blocking(true, error);
  while (!error || error == asio::error::connection_aborted) {
    tcp::socket socket(state->context->executor);
    state->acceptor.accept(socket, error);
    if (!error) serve(state, std::move(socket));
  }
  state->close();
  // One that was accepted in this very moment is served first.
  co_await asio::post(state->context->executor, asio::use_awaitable);
}

void Server::State::close() {
  context->draining = context->stopping = true;
  boost::system::error_code ignored;  // the descriptor is given back in any case
  acceptor.close(ignored);
}

void Server::State::cut() {
  for (const auto& connection : connections) connection->cut();
}

Server::Server(io::Executor executor, ServerOptions options, std::shared_ptr<const Router> router)
    : state_(std::make_shared<State>(executor, options, std::move(router))) {}

Server::~Server() {
  state_->close();
  state_->cut();
}

std::uint16_t Server::port() const { return state_->port; }

void Server::start() {
  asio::co_spawn(state_->context->executor, State::accept(state_), asio::detached);
}

void Server::drain() { state_->context->draining = true; }

io::Task<> Server::stop(std::chrono::milliseconds deadline) {
  const std::shared_ptr<State> state = state_;
  const SteadyTime begin = std::chrono::steady_clock::now();
  const SteadyTime end = begin + deadline;
  const SteadyTime grace = begin + std::min(state->context->options.idle_grace, deadline / 2);
  drain();
  state->context->stopping = true;
  co_await State::close_acceptor(state);
  for (const auto& connection : state->connections) connection->end_event_stream();
  if (co_await State::wait_until_done(state, grace)) co_return;
  state->context->closing = true;
  for (const auto& connection : state->connections) connection->end_waiting();
  if (co_await State::wait_until_done(state, end)) co_return;

  base::log_warn("http_requests_cut", {{"http.connections", state->connections.size()}});
  state->cut();
  if (!co_await State::wait_until_done(state, std::chrono::steady_clock::now() + cut_grace)) {
    base::log_warn("http_handlers_left", {{"http.handlers", state->context->calls}});
  }
}

std::size_t Server::connections() const { return state_->connections.size(); }

}  // namespace http
