#include "redis/transport.h"

#include "http/dial.h"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

namespace redis {
namespace {

namespace ssl = asio::ssl;
using namespace asio::experimental::awaitable_operators;
using asio::ip::tcp;
using asio::local::stream_protocol;

std::string reason_of(const boost::system::error_code& error) {
  if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
  return error == asio::error::eof ? "the server closed the connection" : error.message();
}

template <class Socket>
class SocketTransport final : public Transport {
 public:
  // `keep` outlives the socket: the TLS context that it was made with.
  explicit SocketTransport(Socket socket, std::shared_ptr<void> keep = nullptr)
      : keep_(std::move(keep)), socket_(std::move(socket)) {}

  Socket& socket() { return socket_; }

  io::Task<std::expected<std::string, std::string>> read() override {
    boost::system::error_code error;
    const std::size_t size = co_await socket_.async_read_some(
        asio::buffer(buffer_), asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return std::unexpected(reason_of(error));
    co_return std::string(buffer_.data(), size);
  }

  io::Task<std::expected<void, std::string>> write(std::string bytes) override {
    boost::system::error_code error;
    co_await asio::async_write(socket_, asio::buffer(bytes),
                               asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return std::unexpected(reason_of(error));
    co_return std::expected<void, std::string>{};
  }

 private:
  std::shared_ptr<void> keep_;
  Socket socket_;
  std::array<char, 16'384> buffer_;
};

io::Task<Opened> open_unix(Endpoint endpoint) {
  if (endpoint.socket.size() > 100) co_return std::unexpected("the path of the socket is too long");
  stream_protocol::socket socket(co_await asio::this_coro::executor);
  boost::system::error_code error;
  co_await socket.async_connect(stream_protocol::endpoint(endpoint.socket),
                                asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return std::unexpected(reason_of(error));
  co_return std::make_unique<SocketTransport<stream_protocol::socket>>(std::move(socket));
}

std::expected<std::shared_ptr<ssl::context>, std::string> make_context(const std::string& ca_file) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  boost::system::error_code error;
  context->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 |
                       ssl::context::no_tlsv1_1);
  context->set_verify_mode(ssl::verify_peer);
  if (ca_file.empty()) {
    context->set_default_verify_paths(error);
  } else {
    context->load_verify_file(ca_file, error);
  }
  if (error) return std::unexpected(fmt::format("{}: {}", ca_file, error.message()));
  return context;
}

io::Task<Opened> open_tls(tcp::socket socket, Endpoint endpoint) {
  const auto context = make_context(endpoint.ca_file);
  if (!context) co_return std::unexpected(context.error());
  auto transport = std::make_unique<SocketTransport<ssl::stream<tcp::socket>>>(
      ssl::stream<tcp::socket>(std::move(socket), **context), *context);
  ssl::stream<tcp::socket>& stream = transport->socket();
  if (!http::names_an_address(endpoint.host)) {
    SSL_set_tlsext_host_name(stream.native_handle(), endpoint.host.c_str());
  }
  stream.set_verify_callback(ssl::host_name_verification(endpoint.host));
  boost::system::error_code error;
  co_await stream.async_handshake(ssl::stream_base::client,
                                  asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return std::unexpected("TLS: " + reason_of(error));
  co_return std::move(transport);
}

io::Task<Opened> open_tcp(Endpoint endpoint, SteadyTime deadline) {
  // The operator's own address: neither the guard for users' URLs nor the web's proxy applies.
  auto socket = co_await http::dial(
      {.text = "", .scheme = "redis", .host = endpoint.host, .port = endpoint.port, .target = ""},
      http::AddressPolicy::allow_all(), http::ProxySettings{}, deadline);
  if (!socket) co_return std::unexpected(socket.error().message);
  if (endpoint.tls) co_return co_await open_tls(std::move(*socket), std::move(endpoint));
  co_return std::make_unique<SocketTransport<tcp::socket>>(std::move(*socket));
}

}  // namespace

io::Task<Opened> open_transport(Endpoint endpoint, SteadyTime deadline) {
  if (!endpoint.socket.empty()) return open_unix(std::move(endpoint));
  return open_tcp(std::move(endpoint), deadline);
}

}  // namespace redis
