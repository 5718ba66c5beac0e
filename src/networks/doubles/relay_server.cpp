#include "networks/doubles/relay_server.h"

#include "base/error.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>

namespace networks::doubles {
namespace {

using asio::ip::tcp;
namespace beast = boost::beast;
using Socket = beast::websocket::stream<tcp::socket>;

constexpr std::size_t message_max = 256 * 1024;

// One client until it leaves, misbehaves, or the script says that its connection breaks.
io::Task<> serve(std::shared_ptr<Socket> socket, RelayDouble* relay) {
  boost::system::error_code error;
  socket->read_message_max(message_max);
  socket->set_option(beast::websocket::stream_base::timeout::suggested(beast::role_type::server));
  co_await socket->async_accept(asio::redirect_error(asio::use_awaitable, error));
  RelayDouble::Peer peer;
  while (!error) {
    beast::flat_buffer buffer;
    co_await socket->async_read(buffer, asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    const auto reply = relay->hear(peer, beast::buffers_to_string(buffer.data()));
    if (reply.delay.count() > 0) co_await io::sleep_for(reply.delay);
    for (const auto& message : reply.messages) {
      co_await socket->async_write(asio::buffer(message),
                                   asio::redirect_error(asio::use_awaitable, error));
      if (error) break;
    }
    if (reply.cut) break;
  }
}

}  // namespace

struct RelayServer::State {
  State(const io::Executor& executor, RelayDouble* far)
      : acceptor(executor), relay(far), tasks(executor) {}

  static io::Task<> accept(State* state) {
    for (;;) {
      auto socket = co_await state->acceptor.async_accept(asio::use_awaitable);
      // A scripted refusal: the client sees a connection that ends before anything was said.
      if (state->relay->faults().peek() == Fault::refuse_connection) {
        state->relay->faults().take();
        continue;
      }
      auto stream = std::make_shared<Socket>(std::move(socket));
      state->tasks.start_once("relay_connection",
                              [stream, relay = state->relay] { return serve(stream, relay); });
    }
  }

  tcp::acceptor acceptor;
  RelayDouble* relay;
  io::Supervisor tasks;
};

RelayServer::RelayServer(io::Executor executor, RelayDouble& relay, std::uint16_t port)
    : state_(std::make_shared<State>(executor, &relay)) {
  try {
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
    state_->acceptor.open(endpoint.protocol());
    state_->acceptor.set_option(tcp::acceptor::reuse_address(true));
    state_->acceptor.bind(endpoint);
    state_->acceptor.listen();
  } catch (const boost::system::system_error& error) {
    throw base::Unavailable(
        fmt::format("The relay cannot listen on port {}: {}", port, error.code().message()));
  }
}

RelayServer::~RelayServer() = default;

std::uint16_t RelayServer::port() const { return state_->acceptor.local_endpoint().port(); }

std::string RelayServer::url() const { return fmt::format("ws://127.0.0.1:{}", port()); }

void RelayServer::start() {
  state_->tasks.start("relay", [state = state_.get()] { return State::accept(state); });
}

io::Task<> RelayServer::stop() {
  state_->tasks.stop();
  co_await state_->tasks.join();
}

}  // namespace networks::doubles
