#include "http/websocket.h"

#include "http/server_fixture.h"

#include <fstream>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace http {
namespace {

using namespace std::chrono_literals;
namespace websocket = boost::beast::websocket;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using Sent = TransportError::Sent;
using PlainPeer = websocket::stream<tcp::socket>;
using TlsPeer = websocket::stream<boost::beast::ssl_stream<tcp::socket>>;

// A blocking WebSocket server for one connection.
template <class Peer>
class Server {
 public:
  using Script = std::function<void(Peer&, const websocket::request_type&)>;

  template <class... Context>
  explicit Server(Script script, Context&... context)
      : acceptor_(loop_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        thread_([this, script = std::move(script), &context...] {
          boost::system::error_code error;
          tcp::socket socket = acceptor_.accept(error);
          if (error) return;
          Peer peer(std::move(socket), context...);
          serve(peer, script);
        }) {}

  ~Server() {
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    thread_.join();
  }

  std::string url(std::string_view host = "127.0.0.1") const {
    const bool tls = std::is_same_v<Peer, TlsPeer>;
    return fmt::format("{}://{}:{}/path?q=1", tls ? "wss" : "ws", host,
                       acceptor_.local_endpoint().port());
  }

 private:
  static void serve(Peer& peer, const Script& script) {
    boost::system::error_code error;
    if constexpr (std::is_same_v<Peer, TlsPeer>) {
      peer.next_layer().handshake(ssl::stream_base::server, error);
      if (error) return;
    }
    boost::beast::flat_buffer buffer;
    websocket::request_type request;
    boost::beast::http::read(peer.next_layer(), buffer, request, error);
    if (error) return;
    peer.accept(request, error);
    if (!error) script(peer, request);
  }

  asio::io_context loop_;
  tcp::acceptor acceptor_;
  std::thread thread_;
};

template <class Peer>
std::string read_text(Peer& peer) {
  boost::beast::flat_buffer buffer;
  boost::system::error_code error;
  peer.read(buffer, error);
  return error ? "error: " + error.message() : boost::beast::buffers_to_string(buffer.data());
}

template <class Peer>
void read_until_closed(Peer& peer, const websocket::request_type&) {
  while (!read_text(peer).starts_with("error")) {
  }
}

std::unique_ptr<WebSocketConnector> connector(std::vector<std::string> allowed = {"127.0.0.0/8"}) {
  return make_websocket_connector(*AddressPolicy::parse(allowed), "test agent");
}

using Session = std::function<io::Task<>(std::unique_ptr<WebSocket>)>;

io::Task<> open_and(WebSocketOptions options, std::vector<std::string> allowed, Session session,
                    std::optional<TransportError>* failure) {
  auto socket = co_await connector(std::move(allowed))->connect(std::move(options));
  if (!socket) {
    *failure = socket.error();
    co_return;
  }
  if (session) co_await session(std::move(*socket));
}

std::optional<TransportError> open(WebSocketOptions options, Session session = {},
                                   std::vector<std::string> allowed = {"127.0.0.0/8"}) {
  std::optional<TransportError> failure;
  io::run([&] { return open_and(options, allowed, session, &failure); });
  return failure;
}

io::Task<> echo_twice(std::unique_ptr<WebSocket> socket) {
  co_await socket->send("hello");
  EXPECT_EQ(co_await socket->receive(), "echo hello");
  EXPECT_EQ(co_await socket->receive(), "fragmented");
  EXPECT_EQ(co_await socket->receive(), std::nullopt);
  co_await socket->close();
}

TEST(WebSocket, SpeaksAndSeesAGoodEnd) {
  std::string agent;
  std::string token;
  std::string target;
  {
    Server<PlainPeer> server([&](PlainPeer& peer, const websocket::request_type& request) {
      agent = request[boost::beast::http::field::user_agent];
      token = request["X-Token"];
      target = request.target();
      peer.write(asio::buffer("echo " + read_text(peer)));
      peer.write_some(false, asio::buffer(std::string("frag")));
      peer.write_some(true, asio::buffer(std::string("mented")));
      peer.close(websocket::close_code::normal);
    });
    WebSocketOptions options{.url = server.url()};
    options.headers.set("X-Token", "secret");
    options.headers.set("Sec-WebSocket-Key", "forged");
    EXPECT_FALSE(open(options, echo_twice));
  }
  EXPECT_EQ(agent, "test agent");
  EXPECT_EQ(token, "secret");
  EXPECT_EQ(target, "/path?q=1");
}

io::Task<> close_politely(std::unique_ptr<WebSocket> socket) { co_await socket->close(); }

TEST(WebSocket, ClosesInGoodOrder) {
  std::string seen;
  {
    Server<PlainPeer> server([&](PlainPeer& peer, const auto&) { seen = read_text(peer); });
    EXPECT_FALSE(open({.url = server.url()}, close_politely));
  }
  EXPECT_NE(seen.find("gracefully closed"), std::string::npos) << seen;
}

io::Task<> expect_broken(std::unique_ptr<WebSocket> socket) {
  bool thrown = false;
  try {
    while (co_await socket->receive()) {
    }
  } catch (const base::Unavailable& error) {
    thrown = std::string(error.what()).starts_with("127.0.0.1: ");
  }
  EXPECT_TRUE(thrown);
}

TEST(WebSocket, ABrokenConnectionThrows) {
  Server<PlainPeer> server([](PlainPeer& peer, const auto&) { peer.next_layer().close(); });
  EXPECT_FALSE(open({.url = server.url()}, expect_broken));
}

TEST(WebSocket, ATooLargeMessageThrows) {
  Server<PlainPeer> server([](PlainPeer& peer, const auto&) {
    boost::system::error_code error;  // the client may be gone before all is written
    peer.write(asio::buffer(std::string(2'000, 'x')), error);
    read_text(peer);
  });
  EXPECT_FALSE(open({.url = server.url(), .message_max = 1'999}, expect_broken));
}

TEST(WebSocket, SilenceEndsIt) {
  // Reads nothing, so it answers no ping either.
  std::promise<void> over;
  Server<PlainPeer> server([&over](PlainPeer&, const auto&) { over.get_future().wait(); });
  EXPECT_FALSE(open({.url = server.url(), .idle_timeout = 100ms}, expect_broken));
  over.set_value();
}

io::Task<> outlive_the_idle_timeout(std::unique_ptr<WebSocket> socket) {
  EXPECT_EQ(co_await socket->receive(), "late");
}

TEST(WebSocket, PingsKeepItAlive) {
  Server<PlainPeer> server([](PlainPeer& peer, const auto&) {
    int pings = 0;
    peer.control_callback([&](websocket::frame_type kind, boost::beast::string_view) {
      if (kind == websocket::frame_type::ping && ++pings == 4)
        peer.write(asio::buffer(std::string("late")));
    });
    read_text(peer);
  });
  EXPECT_FALSE(open({.url = server.url(), .idle_timeout = 100ms}, outlive_the_idle_timeout));
}

io::Task<> cancel_a_receive(std::string url, bool* cancelled) {
  const auto executor = co_await asio::this_coro::executor;
  auto socket = co_await connector()->connect({.url = url});
  EXPECT_TRUE(socket);
  asio::cancellation_signal cancel;
  io::Event ended(executor);
  asio::co_spawn(executor, (*socket)->receive(),
                 asio::bind_cancellation_slot(cancel.slot(),
                                              [&](const std::exception_ptr& error, const auto&) {
                                                *cancelled = error != nullptr;
                                                ended.notify();
                                              }));
  co_await io::yield();
  cancel.emit(asio::cancellation_type::terminal);
  EXPECT_TRUE(co_await ended.wait_for(5s));
}

TEST(WebSocket, CancellingEndsTheWait) {
  bool cancelled = false;
  Server<PlainPeer> server(read_until_closed<PlainPeer>);
  io::run([&] { return cancel_a_receive(server.url(), &cancelled); });
  EXPECT_TRUE(cancelled);
}

TEST(WebSocket, RefusalsAreClassified) {
  for (const char* url : {"", "http://127.0.0.1/", "ws://", "nonsense"}) {
    const auto bad = open({.url = url});
    ASSERT_TRUE(bad) << url;
    EXPECT_EQ(bad->code, "bad_url");
    EXPECT_EQ(bad->sent, Sent::not_sent);
  }
  std::string closed_port;
  {
    ScriptedPeer peer([](RawClient&) {});
    closed_port = fmt::format("ws://127.0.0.1:{}/", peer.port());
  }
  const auto refused = open({.url = closed_port});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, "connect");
  EXPECT_EQ(refused->sent, Sent::not_sent);

  ScriptedPeer peer([](RawClient& connection) {
    connection.read_until("\r\n\r\n");
    connection.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  });
  const auto declined = open({.url = fmt::format("ws://127.0.0.1:{}/", peer.port())});
  ASSERT_TRUE(declined);
  EXPECT_EQ(declined->sent, Sent::maybe_sent);
  EXPECT_NE(declined->message.find("403"), std::string::npos);
}

TEST(WebSocket, PrivateAddressesAreBlocked) {
  ScriptedPeer peer([](RawClient&) {});
  for (const std::string host : {"127.0.0.1", "localhost", "[::1]", "2130706433"}) {
    const auto blocked = open({.url = fmt::format("ws://{}:{}/", host, peer.port())}, {}, {});
    ASSERT_TRUE(blocked) << host;
    EXPECT_EQ(blocked->code, "blocked_address") << host;
  }
  EXPECT_EQ(peer.accepted(), 0);
}

TEST(WebSocket, ASilentServerTimesOut) {
  ScriptedPeer peer([](RawClient& connection) { connection.read_to_end(); });
  const auto plain =
      open({.url = fmt::format("ws://127.0.0.1:{}/", peer.port()), .connect_timeout = 100ms});
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->code, "timeout");
  EXPECT_EQ(plain->sent, Sent::maybe_sent);
  const auto tls =
      open({.url = fmt::format("wss://127.0.0.1:{}/", peer.port()), .connect_timeout = 100ms});
  ASSERT_TRUE(tls);
  EXPECT_EQ(tls->code, "timeout");
  EXPECT_EQ(tls->sent, Sent::not_sent);
}

// A certificate for "localhost", trusted only by those who have `certificate_file`.
class TlsTest : public testing::Test {
 protected:
  TlsTest() {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_EXTENSION* names =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(certificate, key, EVP_sha256());
    SSL_CTX_use_certificate(context_.native_handle(), certificate);
    SSL_CTX_use_PrivateKey(context_.native_handle(), key);

    directory_ = testing::TempDir() + "tls_" + std::to_string(getpid());
    std::filesystem::create_directories(directory_);
    certificate_file_ = directory_ + "/certificate.pem";
    std::unique_ptr<FILE, int (*)(FILE*)> file(fopen(certificate_file_.c_str(), "w"), fclose);
    PEM_write_X509(file.get(), certificate);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  ~TlsTest() override {
    unsetenv("SSL_CERT_FILE");
    std::filesystem::remove_all(directory_);
  }

  ssl::context context_{ssl::context::tls_server};
  std::string directory_;
  std::string certificate_file_;
};

TEST_F(TlsTest, SpeaksToATrustedServer) {
  setenv("SSL_CERT_FILE", certificate_file_.c_str(), 1);
  Server<TlsPeer> server(
      [](TlsPeer& peer, const auto&) {
        peer.write(asio::buffer("echo " + read_text(peer)));
        peer.write(asio::buffer(std::string("fragmented")));
        peer.close(websocket::close_code::normal);
      },
      context_);
  const auto failure =
      open({.url = server.url("localhost")}, echo_twice, {"127.0.0.0/8", "::1/128"});
  EXPECT_FALSE(failure) << failure->message;
}

TEST_F(TlsTest, RefusesAnUnknownAuthority) {
  Server<TlsPeer> server(read_until_closed<TlsPeer>, context_);
  const auto failure = open({.url = server.url("localhost")}, {}, {"127.0.0.0/8", "::1/128"});
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code, "tls");
  EXPECT_EQ(failure->sent, Sent::not_sent);
}

TEST_F(TlsTest, RefusesTheCertificateOfAnotherHost) {
  setenv("SSL_CERT_FILE", certificate_file_.c_str(), 1);
  Server<TlsPeer> server(read_until_closed<TlsPeer>, context_);
  const auto failure = open({.url = server.url("127.0.0.1")});
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code, "tls");
}

}  // namespace
}  // namespace http
