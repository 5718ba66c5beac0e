#include "app/certificate.h"

#include "http/dial.h"

#include <ctime>
#include <optional>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ssl.hpp>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

namespace app {
namespace {

namespace ssl = asio::ssl;
using namespace asio::experimental::awaitable_operators;
using Stream = ssl::stream<asio::ip::tcp::socket>;
using Read = base::Result<Certificate>;

base::Error trouble(std::string message) {
  return {.status = 502, .code = "certificate", .message = std::move(message)};
}

base::Result<Certificate> certificate_of(Stream& stream) {
  X509* shown = SSL_get0_peer_certificate(stream.native_handle());
  if (shown == nullptr) return base::fail(trouble("the server shows no certificate"));
  std::tm end{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(shown), &end) != 1) {
    return base::fail(trouble("the end of the certificate cannot be read"));
  }
  const long verdict = SSL_get_verify_result(stream.native_handle());
  return Certificate{.ends_at = std::chrono::time_point_cast<base::Duration>(
                         std::chrono::system_clock::from_time_t(timegm(&end))),
                     .doubt = verdict == X509_V_OK ? "" : X509_verify_cert_error_string(verdict)};
}

io::Task<Read> shake_hands(http::Url url, http::SteadyTime deadline) {
  auto socket = co_await http::dial(url, http::AddressPolicy::allow_all(),
                                    http::ProxySettings::from_environment(), deadline);
  if (!socket) co_return base::fail(trouble(socket.error().message));
  ssl::context context(ssl::context::tls_client);
  boost::system::error_code error;
  context.set_default_verify_paths(error);  // without them nothing is believed, and that is said
  Stream stream(std::move(*socket), context);
  SSL_set_verify(stream.native_handle(), SSL_VERIFY_NONE, nullptr);
  SSL_set1_host(stream.native_handle(), url.host.c_str());
  if (!http::names_an_address(url.host)) {
    SSL_set_tlsext_host_name(stream.native_handle(), url.host.c_str());
  }
  co_await stream.async_handshake(ssl::stream_base::client,
                                  asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return base::fail(trouble("TLS: " + error.message()));
  co_return certificate_of(stream);
}

}  // namespace

io::Task<base::Result<Certificate>> read_certificate(http::Url url,
                                                     std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  auto outcome = co_await (shake_hands(std::move(url), deadline) || io::sleep_for(timeout));
  if (outcome.index() == 1) co_return base::fail(trouble("the server does not answer in time"));
  co_return std::get<0>(std::move(outcome));
}

}  // namespace app
