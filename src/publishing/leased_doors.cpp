#include "publishing/leased_doors.h"

#include "base/error.h"

namespace publishing {

namespace {

constexpr const char* held_up = "the program was held up too long, and nothing was sent";

class LeasedSocket final : public http::WebSocket {
 public:
  LeasedSocket(std::unique_ptr<http::WebSocket> real, Permit permit)
      : real_(std::move(real)), permit_(std::move(permit)) {}
  io::Task<std::optional<std::string>> receive() override { return real_->receive(); }
  io::Task<> send(std::string text) override {
    if (!permit_()) throw base::Unavailable(held_up);
    return real_->send(std::move(text));
  }
  io::Task<> close() override { return real_->close(); }

 private:
  std::unique_ptr<http::WebSocket> real_;
  Permit permit_;
};

}  // namespace

LeasedClient::LeasedClient(http::Client& real, Permit permit)
    : real_(real), permit_(std::move(permit)) {}

io::Task<std::expected<http::ClientResponse, http::TransportError>> LeasedClient::send(
    http::ClientRequest request) {
  request.may_begin = [permit = permit_, held_back = held_back_,
                       own = std::move(request.may_begin)] {
    if (permit()) return !own || own();
    *held_back = true;
    return false;
  };
  return real_.send(std::move(request));
}

LeasedWebSockets::LeasedWebSockets(http::WebSocketConnector& real, Permit permit)
    : real_(real), permit_(std::move(permit)) {}

io::Task<std::expected<std::unique_ptr<http::WebSocket>, http::TransportError>>
LeasedWebSockets::connect(http::WebSocketOptions options) {
  if (!permit_()) {
    co_return std::unexpected(
        http::TransportError{http::TransportError::Sent::not_sent, "held_back", held_up});
  }
  auto socket = co_await real_.connect(std::move(options));
  if (!socket) co_return std::unexpected(std::move(socket.error()));
  co_return std::make_unique<LeasedSocket>(std::move(*socket), permit_);
}

LeasedDoors::LeasedDoors(networks::Context real, Permit permit) : context(std::move(real)) {
  if (context.http != nullptr) context.http = &http_.emplace(*context.http, permit);
  if (context.websockets != nullptr) {
    context.websockets = &websockets_.emplace(*context.websockets, permit);
  }
}

}  // namespace publishing
