#include "networks/doubles/loopback.h"

#include "base/error.h"
#include "base/text.h"
#include "networks/address.h"

namespace networks::doubles {
namespace {

using http::TransportError;

class Collector final : public http::BodyWriter {
 public:
  io::Task<> write(std::string chunk) override {
    body += chunk;
    co_return;
  }
  std::string body;
};

http::Request to_request(const http::ClientRequest& from, const Address& address) {
  http::Request request{.method = from.method,
                        .target = address.path.empty() ? "/" : address.path,
                        .headers = from.headers,
                        .body = from.body,
                        .remote_address = "127.0.0.1",
                        .request_id = "loopback"};
  const std::string_view target = request.target;
  const auto mark = std::min(target.find('?'), target.size());
  request.path = base::url_decode(target.substr(0, mark), false);
  if (mark < target.size()) request.query = http::Query::parse(target.substr(mark + 1));
  return request;
}

std::unexpected<TransportError> error(TransportError::Sent sent, std::string code,
                                      std::string message) {
  return std::unexpected(TransportError{sent, std::move(code), std::move(message)});
}

// Runs a streamed body to its end; false when it breaks off.
io::Task<bool> collect(std::function<io::Task<>(std::shared_ptr<http::BodyWriter>)> stream,
                       std::string* into) {
  auto collector = std::make_shared<Collector>();
  try {
    co_await stream(collector);
  } catch (const base::Unavailable&) {
    co_return false;
  }
  *into = std::move(collector->body);
  co_return true;
}

}  // namespace

void LoopbackHttp::mount(std::string origin, const http::Router* routes, Faults* faults,
                         std::function<bool(const http::Request&)> publishes) {
  mounts_[std::move(origin)] = {routes, faults, std::move(publishes)};
}

io::Task<std::expected<http::ClientResponse, TransportError>> LoopbackHttp::send(
    http::ClientRequest request) {
  const auto address = parse_address(request.url);
  if (!address)
    co_return error(TransportError::Sent::not_sent, "bad_url", "The address is malformed.");
  const auto mount = mounts_.find(address->origin());
  if (mount == mounts_.end()) {
    co_return error(TransportError::Sent::not_sent, "dns", address->host + " is unknown.");
  }
  auto to_send = to_request(request, *address);
  const auto& [routes, faults, publishes] = mount->second;
  if (faults != nullptr && faults->peek() == Fault::refuse_connection && publishes(to_send)) {
    faults->take();
    co_return error(TransportError::Sent::not_sent, "connect",
                    address->host + " refuses the connection.");
  }
  sent_.push_back(to_send.method + " " + to_send.path);
  const auto response = co_await routes->handle(std::move(to_send));
  http::ClientResponse answer{
      .status = response.status, .headers = response.headers, .url = request.url};
  if (response.stream) {
    if (!co_await collect(response.stream, &answer.body)) {
      co_return error(TransportError::Sent::maybe_sent, "broken",
                      address->host + " broke the connection.");
    }
  } else {
    answer.body = response.static_body.empty() ? response.body : std::string(response.static_body);
  }
  if (answer.body.size() > request.body_max) {
    co_return error(TransportError::Sent::maybe_sent, "too_large", "The answer is too large.");
  }
  co_return answer;
}

std::size_t LoopbackHttp::count(std::string_view prefix) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(sent_, [&](const auto& line) { return line.starts_with(prefix); }));
}

}  // namespace networks::doubles
