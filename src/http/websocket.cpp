#include "http/websocket.h"

#include "base/text.h"
#include "http/dial.h"
#include "http/websocket_session.h"

#include <boost/asio/ssl.hpp>
#include <boost/beast/ssl.hpp>

namespace http {
namespace {

namespace beast = boost::beast;
namespace ssl = asio::ssl;
using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;
using Opened = std::expected<std::unique_ptr<WebSocket>, TransportError>;
using Sent = TransportError::Sent;

std::unexpected<TransportError> failure(Sent sent, const Url& url, std::string code,
                                        const std::string& reason) {
  return std::unexpected(
      TransportError{.sent = sent, .code = std::move(code), .message = url.host + ": " + reason});
}

std::string authority(const Url& url) {
  const std::string host =
      url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  const bool usual = url.port == (url.scheme == "wss" ? "443" : "80");
  return usual ? host : host + ":" + url.port;
}

// The handshake sets these itself.
bool is_handshakes_own(std::string_view name) {
  const std::string lower = base::to_lower_ascii(name);
  return lower == "host" || lower == "connection" || lower == "upgrade" ||
         lower.starts_with("sec-websocket-") || lower == "content-length" ||
         lower == "transfer-encoding";
}

struct Shared {
  Shared(AddressPolicy policy, std::string agent)
      : addresses(std::move(policy)),
        user_agent(std::move(agent)),
        proxies(ProxySettings::from_environment()) {}

  AddressPolicy addresses;
  std::string user_agent;
  ProxySettings proxies;

  // Made at the first need: reading the authorities' certificates takes tens of milliseconds.
  ssl::context& tls() {
    if (!tls_) {
      tls_.emplace(ssl::context::tls_client);
      tls_->set_default_verify_paths();
      tls_->set_verify_mode(ssl::verify_peer);
      tls_->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 |
                        ssl::context::no_tlsv1_1);
    }
    return *tls_;
  }

 private:
  std::optional<ssl::context> tls_;
};

class Connector final : public WebSocketConnector {
 public:
  Connector(AddressPolicy addresses, std::string user_agent)
      : shared_(std::make_shared<Shared>(std::move(addresses), std::move(user_agent))) {}

  io::Task<Opened> connect(WebSocketOptions options) override {
    return open(shared_, std::move(options));
  }

 private:
  static io::Task<Opened> open(std::shared_ptr<Shared> shared, WebSocketOptions options);
  static io::Task<Opened> open_tls(std::shared_ptr<Shared> shared, asio::ip::tcp::socket tcp,
                                   Url url, WebSocketOptions options, SteadyTime deadline);

  std::shared_ptr<Shared> shared_;  // with the tasks, which may outlive the connector
};

template <class Stream>
io::Task<Opened> shake_hands(std::unique_ptr<typename WebSocketSession<Stream>::Socket> socket,
                             std::shared_ptr<Shared> shared, Url url, WebSocketOptions options,
                             SteadyTime deadline) {
  namespace websocket = beast::websocket;
  beast::get_lowest_layer(*socket).expires_never();  // from here on the web socket's own timer
  socket->set_option(websocket::stream_base::timeout{
      .handshake_timeout = deadline - std::chrono::steady_clock::now(),
      .idle_timeout = options.idle_timeout,
      .keep_alive_pings = true});
  socket->set_option(
      websocket::stream_base::decorator([shared, options](websocket::request_type& request) {
        request.set(beast::http::field::user_agent, shared->user_agent);
        for (const auto& [name, value] : options.headers.all()) {
          if (!is_handshakes_own(name)) request.set(name, value);
        }
      }));
  socket->read_message_max(options.message_max);

  boost::system::error_code error;
  websocket::response_type answer;
  co_await socket->async_handshake(answer, authority(url), url.target,
                                   asio::redirect_error(asio::use_awaitable, error));
  if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
  if (error == websocket::error::upgrade_declined) {
    co_return failure(
        Sent::maybe_sent, url, "broken",
        fmt::format("The server answered {} instead of opening a WebSocket.", answer.result_int()));
  }
  if (error) {
    const bool late = error == beast::error::timeout;
    co_return failure(Sent::maybe_sent, url, late ? "timeout" : "broken", error.message() + ".");
  }
  co_return std::make_unique<WebSocketSession<Stream>>(std::move(socket), url.host);
}

io::Task<Opened> Connector::open_tls(std::shared_ptr<Shared> shared, asio::ip::tcp::socket tcp,
                                     Url url, WebSocketOptions options, SteadyTime deadline) {
  auto socket =
      std::make_unique<WebSocketSession<TlsStream>::Socket>(std::move(tcp), shared->tls());
  auto& tls = socket->next_layer();
  if (!IpAddress::parse(url.host) &&
      SSL_set_tlsext_host_name(tls.native_handle(), url.host.c_str()) != 1) {
    co_return failure(Sent::not_sent, url, "tls", "The name cannot be sent to the server.");
  }
  tls.set_verify_callback(ssl::host_name_verification(url.host));
  beast::get_lowest_layer(*socket).expires_at(deadline);
  boost::system::error_code error;
  co_await tls.async_handshake(ssl::stream_base::client,
                               asio::redirect_error(asio::use_awaitable, error));
  if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
  if (error) {
    const bool late = error == beast::error::timeout;
    co_return failure(Sent::not_sent, url, late ? "timeout" : "tls", error.message() + ".");
  }
  co_return co_await shake_hands<TlsStream>(std::move(socket), shared, url, std::move(options),
                                            deadline);
}

io::Task<Opened> Connector::open(std::shared_ptr<Shared> shared, WebSocketOptions options) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + options.connect_timeout;
  const auto url = parse_url(options.url);
  if (!url || (url->scheme != "ws" && url->scheme != "wss")) {
    co_return failure(Sent::not_sent, Url{.host = "WebSocket"}, "bad_url",
                      "The address is not a ws or wss URL.");
  }
  auto tcp = co_await dial(*url, shared->addresses, shared->proxies, deadline);
  if (!tcp) co_return std::unexpected(tcp.error());
  if (url->scheme == "wss")
    co_return co_await open_tls(shared, std::move(*tcp), *url, std::move(options), deadline);
  auto socket = std::make_unique<WebSocketSession<PlainStream>::Socket>(std::move(*tcp));
  co_return co_await shake_hands<PlainStream>(std::move(socket), shared, *url, std::move(options),
                                              deadline);
}

}  // namespace

std::unique_ptr<WebSocketConnector> make_websocket_connector(AddressPolicy addresses,
                                                             std::string user_agent) {
  return std::make_unique<Connector>(std::move(addresses), std::move(user_agent));
}

}  // namespace http
