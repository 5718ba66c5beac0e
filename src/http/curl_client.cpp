#include "http/curl_client.h"

#include "base/metrics.h"
#include "base/text.h"
#include "base/trace_scope.h"
#include "http/curl_multi.h"
#include "http/syntax.h"

namespace http {
namespace {

using Result = std::expected<ClientResponse, TransportError>;
using SteadyTime = std::chrono::steady_clock::time_point;

metrics::Counter requests{
    "http_client_requests_total", "Outgoing requests by outcome.", {"outcome"}};

std::unexpected<TransportError> not_sent(std::string code, std::string message) {
  return std::unexpected(TransportError{.sent = TransportError::Sent::not_sent,
                                        .code = std::move(code),
                                        .message = std::move(message)});
}

std::string outcome_of(const Result& result) {
  if (!result) return result.error().code;
  return std::to_string(result->status / 100) + "xx";
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// What may be told to another host: nothing that could be a credential.
Headers public_headers(const Headers& headers) {
  Headers kept;
  for (const auto& [name, value] : headers.all()) {
    for (const std::string_view harmless :
         {"Accept", "Accept-Language", "If-None-Match", "If-Modified-Since", "Range"}) {
      if (base::equals_ignore_case(name, harmless)) kept.add(name, value);
    }
  }
  return kept;
}

// Takes the transfer out of libcurl however its task ends: done, cancelled or destroyed.
class Running {
 public:
  Running(std::shared_ptr<CurlMulti> multi, CurlTransfer& transfer)
      : multi_(std::move(multi)), transfer_(transfer) {
    multi_->start(transfer_);
  }
  ~Running() { multi_->remove(transfer_); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  std::shared_ptr<CurlMulti> multi_;
  CurlTransfer& transfer_;
};

struct Shared {
  io::Executor executor;
  CurlOptions options;
  ProxySettings proxies;
  std::shared_ptr<CurlMulti> multi;
};

class CurlClient final : public Client {
 public:
  CurlClient(const io::Executor& executor, CurlOptions options)
      : shared_(std::make_shared<const Shared>(
            executor, std::move(options), ProxySettings::from_environment(),
            std::make_shared<CurlMulti>(executor, options.connections_per_host))) {}

  io::Task<Result> send(ClientRequest request) override {
    return follow(shared_, std::move(request));
  }

 private:
  static io::Task<Result> follow(std::shared_ptr<const Shared> shared, ClientRequest request);
  static io::Task<Result> send_once(std::shared_ptr<const Shared> shared,
                                    std::shared_ptr<const ClientRequest> request, Url url,
                                    AddressPolicy addresses, SteadyTime deadline);

  std::shared_ptr<const Shared> shared_;  // with the tasks, which may outlive the client
};

io::Task<Result> CurlClient::send_once(std::shared_ptr<const Shared> shared,
                                       std::shared_ptr<const ClientRequest> request, Url url,
                                       AddressPolicy addresses, SteadyTime deadline) {
  const std::string proxy = shared->proxies.proxy_for(url);
  // A proxy resolves names itself; what can be judged here is a host that is an address already.
  if (!proxy.empty() && IpAddress::parse(url.host) && !addresses.allows(url.host)) {
    co_return not_sent("blocked_address",
                       url.host + ": The address is not public, and so is not connected to.");
  }
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  base::PartSpan span(request->method);
  span.note("http.request.method", request->method);
  CurlTransfer transfer(shared->executor, request, std::move(url), addresses);
  transfer.prepare(shared->options.user_agent, proxy, left);
  const Running running(shared->multi, transfer);
  while (!transfer.has_ended()) co_await transfer.ended().wait();
  Result result = transfer.take_result();
  requests.add({outcome_of(result)});
  if (result) {
    span.note("http.response.status_code", std::to_string(result->status));
  } else {
    span.note("error.type", result.error().code);
  }
  if (!result || result->status >= 400) span.fail();
  co_return result;
}

io::Task<Result> CurlClient::follow(std::shared_ptr<const Shared> shared, ClientRequest given) {
  const auto request = std::make_shared<ClientRequest>(std::move(given));
  const SteadyTime deadline = std::chrono::steady_clock::now() + request->timeout;
  if (!is_token(request->method)) co_return not_sent("bad_url", "The method is malformed.");
  auto url = parse_url(request->url);
  const bool follows = request->method == "GET" || request->method == "HEAD";
  bool by_a_stranger = false;  // sent here by a host that a name server chose
  for (int redirects = 0;; ++redirects) {
    if (!url || (url->scheme != "http" && url->scheme != "https")) {
      auto error = not_sent("bad_url", "The address is not an http or https URL.");
      if (redirects > 0) error.error().sent = TransportError::Sent::maybe_sent;
      co_return error;
    }
    AddressPolicy addresses = shared->options.addresses.for_host(by_a_stranger ? "" : url->host);
    Result result = co_await send_once(shared, request, *url, std::move(addresses), deadline);
    if (!result && redirects > 0) result.error().sent = TransportError::Sent::maybe_sent;
    if (!result || !follows || redirects >= request->redirects_max || !is_redirect(result->status))
      co_return result;
    const std::string_view location = result->headers.get("Location");
    if (location.empty()) co_return result;
    auto next = resolve_url(*url, location);
    if (next && next->origin() != url->origin()) {
      request->headers = public_headers(request->headers);
      by_a_stranger = by_a_stranger || !names_an_address(url->host);
    }
    url = std::move(next);
  }
}

}  // namespace

std::unique_ptr<Client> make_curl_client(const io::Executor& executor, CurlOptions options) {
  return std::make_unique<CurlClient>(executor, std::move(options));
}

}  // namespace http
