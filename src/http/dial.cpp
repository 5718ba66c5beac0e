#include "http/dial.h"

#include "base/text.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

namespace http {
namespace {

using asio::ip::tcp;
using Endpoints = std::expected<std::vector<tcp::endpoint>, TransportError>;

constexpr std::size_t proxy_answer_max = std::size_t{8} * 1024;

TransportError failure(const Url& url, std::string code, const std::string& reason) {
  return {.sent = TransportError::Sent::not_sent,
          .code = std::move(code),
          .message = url.host + ": " + reason};
}

TransportError timeout(const Url& url) { return failure(url, "timeout", "No connection in time."); }

// A look-up cannot be interrupted, so it is left to end by itself when the time is up.
struct LookUp {
  explicit LookUp(const io::Executor& executor) : resolver(executor), ended(executor) {}

  tcp::resolver resolver;
  io::Event ended;
  std::vector<tcp::endpoint> endpoints = {};
  boost::system::error_code error = {};
  bool has_ended = false;
};

io::Task<Endpoints> look_up(Url url, SteadyTime deadline) {
  const auto state = std::make_shared<LookUp>(co_await asio::this_coro::executor);
  state->resolver.async_resolve(
      url.host, url.port, tcp::resolver::numeric_service,
      [state](const boost::system::error_code& error, const tcp::resolver::results_type& found) {
        state->error = error;
        for (const auto& entry : found) state->endpoints.push_back(entry.endpoint());
        state->has_ended = true;
        state->ended.notify();
      });
  while (!state->has_ended) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= left.zero() || !co_await state->ended.wait_for(left))
      co_return std::unexpected(timeout(url));
  }
  if (state->error || state->endpoints.empty()) {
    co_return std::unexpected(failure(url, "dns", "The name has no address."));
  }
  co_return std::move(state->endpoints);
}

// Closes the socket when the deadline comes before the guard goes: whatever waits on it then ends.
class Deadline {
 public:
  Deadline(tcp::socket& socket, SteadyTime deadline) : timer_(socket.get_executor(), deadline) {
    timer_.async_wait([&socket, passed = passed_](const boost::system::error_code& error) {
      if (error || !passed) return;
      if (std::exchange(*passed, State::passed) == State::over) return;
      boost::system::error_code ignored;  // the descriptor is given back in any case
      socket.close(ignored);
    });
  }
  ~Deadline() {
    if (*passed_ == State::waiting) *passed_ = State::over;
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  bool passed() const { return *passed_ == State::passed; }

 private:
  enum class State { waiting, passed, over };
  std::shared_ptr<State> passed_ = std::make_shared<State>(State::waiting);
  asio::steady_timer timer_;
};

io::Task<Dialled> connect_any(Url url, std::vector<tcp::endpoint> endpoints, SteadyTime deadline) {
  tcp::socket socket(co_await asio::this_coro::executor);
  boost::system::error_code error;
  {
    const Deadline guard(socket, deadline);
    for (const tcp::endpoint& endpoint : endpoints) {
      if (guard.passed()) break;
      socket.close(error);
      co_await socket.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
      if (!error) break;
    }
    if (guard.passed()) co_return std::unexpected(timeout(url));
  }
  if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
  if (error) co_return std::unexpected(failure(url, "connect", error.message() + "."));
  socket.set_option(tcp::no_delay(true),
                    error);  // an optimisation; a socket without it works as well
  co_return std::move(socket);
}

// Asks the proxy for a tunnel (RFC 9110, CONNECT).
io::Task<Dialled> open_tunnel(tcp::socket socket, Url url, std::string credentials,
                              SteadyTime deadline) {
  const bool v6 = url.host.find(':') != std::string::npos;
  const std::string authority = (v6 ? "[" + url.host + "]" : url.host) + ":" + url.port;
  std::string request = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n";
  if (!credentials.empty())
    request += "Proxy-Authorization: Basic " + base::base64(credentials) + "\r\n";
  request += "\r\n";

  std::string answer;
  boost::system::error_code error;
  {
    const Deadline guard(socket, deadline);
    co_await asio::async_write(socket, asio::buffer(request),
                               asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
      // Whoever waits behind the tunnel speaks only after us, so nothing of theirs can be in this
      // buffer.
      co_await asio::async_read_until(socket, asio::dynamic_buffer(answer, proxy_answer_max),
                                      "\r\n\r\n", asio::redirect_error(asio::use_awaitable, error));
    }
    if (guard.passed()) co_return std::unexpected(timeout(url));
  }
  if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
  if (error) co_return std::unexpected(failure(url, "connect", "The proxy broke off."));
  if (!answer.starts_with("HTTP/1.") || answer.substr(8, 2) != " 2") {
    co_return std::unexpected(
        failure(url, "connect", "The proxy refused a tunnel: " + answer.substr(9, 3) + "."));
  }
  co_return std::move(socket);
}

}  // namespace

io::Task<Dialled> dial(Url url, AddressPolicy addresses, ProxySettings proxies,
                       SteadyTime deadline) {
  addresses = addresses.for_host(url.host);
  const std::string proxy = proxies.proxy_for(url);
  if (!proxy.empty()) {
    if (IpAddress::parse(url.host) && !addresses.allows(url.host)) {
      co_return std::unexpected(failure(url, "blocked_address", "The address is not public."));
    }
    const auto proxy_url =
        parse_url(proxy.find("://") == std::string::npos ? "http://" + proxy : proxy);
    if (!proxy_url || proxy_url->scheme != "http") {
      co_return std::unexpected(
          failure(url, "connect", "The proxy of the environment is not an http:// URL."));
    }
    auto endpoints = co_await look_up(*proxy_url, deadline);
    if (!endpoints) co_return std::unexpected(endpoints.error());
    auto socket = co_await connect_any(*proxy_url, std::move(*endpoints), deadline);
    if (!socket) co_return std::move(socket);
    co_return co_await open_tunnel(std::move(*socket), url, proxy_url->credentials, deadline);
  }

  auto endpoints = co_await look_up(url, deadline);
  if (!endpoints) co_return std::unexpected(endpoints.error());
  std::erase_if(*endpoints, [&](const tcp::endpoint& endpoint) {
    const std::string text = endpoint.address().to_string();
    return !addresses.allows(text.substr(0, text.find('%')));
  });
  if (endpoints->empty()) {
    co_return std::unexpected(
        failure(url, "blocked_address",
                "The address is not public, and so is not connected to (ALLOW_PRIVATE_NETWORKS "
                "allows it)."));
  }
  co_return co_await connect_any(url, std::move(*endpoints), deadline);
}

}  // namespace http
