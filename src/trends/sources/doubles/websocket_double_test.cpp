#include "trends/sources/doubles/websocket_double.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

namespace trends::doubles {

namespace beast = boost::beast;
using tcp = boost::asio::ip::tcp;

struct WebSocketDouble::State {
  State(const io::Executor& executor, std::function<WebSocketScript(std::string)> of)
      : acceptor(executor, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
        supervisor(executor),
        script(std::move(of)) {}

  tcp::acceptor acceptor;
  io::Supervisor supervisor;
  std::function<WebSocketScript(std::string)> script;
  std::vector<std::string> targets = {};
  std::vector<std::string> authorizations = {};

  io::Task<> accept() {
    for (;;) {
      auto socket =
          std::make_shared<tcp::socket>(co_await acceptor.async_accept(boost::asio::use_awaitable));
      supervisor.start_once("connection", [this, socket] { return serve(socket); });
    }
  }

  io::Task<> serve(std::shared_ptr<tcp::socket> socket) {
    beast::flat_buffer buffer;
    beast::http::request<beast::http::string_body> request;
    co_await beast::http::async_read(*socket, buffer, request, boost::asio::use_awaitable);
    targets.emplace_back(request.target());
    authorizations.emplace_back(request[beast::http::field::authorization]);
    const WebSocketScript turn = script(targets.back());
    if (turn.refuse_with != 0) {
      beast::http::response<beast::http::string_body> refusal(
          static_cast<beast::http::status>(turn.refuse_with), 11, turn.refusal);
      refusal.prepare_payload();
      co_await beast::http::async_write(*socket, refusal, boost::asio::use_awaitable);
      co_return;
    }
    beast::websocket::stream<tcp::socket&> stream(*socket);
    co_await stream.async_accept(request, boost::asio::use_awaitable);
    for (const std::string& frame : turn.frames) {
      co_await stream.async_write(boost::asio::buffer(frame), boost::asio::use_awaitable);
    }
    if (turn.then == WebSocketScript::Then::cut) {
      // All frames arrive, and then the connection ends without a word.
      socket->shutdown(tcp::socket::shutdown_both);
    } else if (turn.then == WebSocketScript::Then::close) {
      co_await stream.async_close(beast::websocket::close_code::normal, boost::asio::use_awaitable);
    } else {
      beast::flat_buffer ignored;
      boost::system::error_code closed;
      co_await stream.async_read(ignored,
                                 boost::asio::redirect_error(boost::asio::use_awaitable, closed));
    }
  }
};

WebSocketDouble::WebSocketDouble(io::Executor executor,
                                 std::function<WebSocketScript(std::string)> script)
    : state_(std::make_shared<State>(executor, std::move(script))) {
  state_->supervisor.start_once("accept", [state = state_.get()] { return state->accept(); });
}

WebSocketDouble::~WebSocketDouble() = default;

std::string WebSocketDouble::url(std::string_view path) const {
  return fmt::format("ws://127.0.0.1:{}{}", state_->acceptor.local_endpoint().port(), path);
}

const std::vector<std::string>& WebSocketDouble::targets() const { return state_->targets; }

const std::vector<std::string>& WebSocketDouble::authorizations() const {
  return state_->authorizations;
}

io::Task<> WebSocketDouble::stop() {
  state_->supervisor.stop();
  co_await state_->supervisor.join();
}

}  // namespace trends::doubles
