#include "http/curl_transfer.h"

#include "base/check.h"
#include "base/text.h"
#include "http/stall_guard.h"

#include <netdb.h>

#include <netinet/in.h>
#include <sys/socket.h>

namespace http {
namespace {

constexpr std::size_t header_bytes_max = std::size_t{64} * 1024;

template <class T>
void set(CURL* easy, CURLoption option, T value) {
  CHECK(curl_easy_setopt(easy, option, value) == CURLE_OK);
}

// Framing is the client's own affair.
bool is_clients_own(std::string_view name) {
  for (const std::string_view own :
       {"Content-Length", "Transfer-Encoding", "Expect", "Connection", "Accept-Encoding"}) {
    if (base::equals_ignore_case(name, own)) return true;
  }
  return false;
}

bool is_safe_to_repeat(std::string_view method) { return method == "GET" || method == "HEAD"; }

std::string_view code_name(CURLcode code) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return "bad_url";
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return "dns";
    case CURLE_COULDNT_CONNECT:
    case CURLE_PROXY:
      return "connect";
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return "tls";
    case CURLE_OPERATION_TIMEDOUT:
      return "timeout";
    case CURLE_FILESIZE_EXCEEDED:
      return "too_large";
    default:
      return "broken";
  }
}

// For people who know nothing of HTTP; what else there may be keeps the library's own words.
std::string words_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return "No such name is known";
    case CURLE_COULDNT_CONNECT:
      return "Nobody answers there";
    case CURLE_OPERATION_TIMEDOUT:
      return "No answer came in time";
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
      return "The connection broke off before the whole answer came";
    default:
      return curl_easy_strerror(code);
  }
}

std::string numeric_address(const curl_sockaddr& address) {
  std::array<char, NI_MAXHOST> host = {};
  const int failed = getnameinfo(&address.addr, address.addrlen, host.data(), host.size(), nullptr,
                                 0, NI_NUMERICHOST);
  if (failed != 0) return {};
  const std::string text(host.data());
  return text.substr(0, text.find('%'));  // a zone does not change what kind of address it is
}

}  // namespace

CurlTransfer::CurlTransfer(const io::Executor& executor,
                           std::shared_ptr<const ClientRequest> request, Url url,
                           const AddressPolicy& addresses)
    : request_(std::move(request)),
      url_(std::move(url)),
      addresses_(addresses),
      ended_(executor),
      easy_(curl_easy_init()) {
  CHECK(easy_ != nullptr);
}

CurlTransfer::~CurlTransfer() {
  curl_easy_cleanup(easy_);
  curl_slist_free_all(headers_);
}

void CurlTransfer::prepare(const std::string& user_agent, const std::string& proxy,
                           std::chrono::milliseconds time_left) {
  through_proxy_ = !proxy.empty();
  set(easy_, CURLOPT_URL, url_.text.c_str());
  set(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy_, CURLOPT_FOLLOWLOCATION, 0L);  // followed by the client, each hop checked
  set(easy_, CURLOPT_PROXY, proxy.c_str());
  set(easy_, CURLOPT_NOPROXY, "");
  set(easy_, CURLOPT_NOSIGNAL, 1L);
  set(easy_, CURLOPT_QUICK_EXIT, 1L);  // giving up a slow look-up must not wait for its thread
  set(easy_, CURLOPT_ERRORBUFFER, detail_.data());
  set(easy_, CURLOPT_USERAGENT, user_agent.c_str());
  set(easy_, CURLOPT_ACCEPT_ENCODING, "");  // all that libcurl can read
  set(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(time_left.count(), 1)));
  set(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_->connect_timeout.count()));
  set(easy_, CURLOPT_WRITEFUNCTION, take_body);
  set(easy_, CURLOPT_WRITEDATA, this);
  set(easy_, CURLOPT_HEADERFUNCTION, take_header);
  set(easy_, CURLOPT_HEADERDATA, this);
  set(easy_, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  set(easy_, CURLOPT_OPENSOCKETDATA, this);
  set(easy_, CURLOPT_PREREQFUNCTION, request_begins);
  set(easy_, CURLOPT_PREREQDATA, this);
  prepare_method();
  prepare_headers();
  prepare_signature();
}

void CurlTransfer::prepare_method() {
  const std::string& method = request_->method;
  if (method == "HEAD") {
    set(easy_, CURLOPT_NOBODY, 1L);
  } else if (method != "GET" || !request_->body.empty()) {
    if (!request_->body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
      set(easy_, CURLOPT_POST, 1L);
      set(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_->body.size()));
      set(easy_, CURLOPT_POSTFIELDS, request_->body.data());
    }
    set(easy_, CURLOPT_CUSTOMREQUEST, method.c_str());
  }
  if (is_safe_to_repeat(method)) {
    set(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    return;
  }
  // libcurl sends a request again when a reused connection or an HTTP/2 stream turns out to be
  // dead. What must happen once gets a connection of its own.
  set(easy_, CURLOPT_FRESH_CONNECT, 1L);
  set(easy_, CURLOPT_FORBID_REUSE, 1L);
  set(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
}

void CurlTransfer::prepare_headers() {
  const auto append = [this](const std::string& line) {
    headers_ = curl_slist_append(headers_, line.c_str());
  };
  // libcurl signs the headers below, also those that are only there to say "do not send this one":
  // a signed request has none of them, and so gives a Content-Type whenever it has a body.
  if (!request_->aws_signature) {
    append("Expect:");  // no waiting for "100 Continue"
    if (!request_->headers.has("Content-Type")) append("Content-Type:");  // rather than a form's
  }
  for (const auto& [name, value] : request_->headers.all()) {
    if (is_clients_own(name)) continue;
    append(value.empty() ? name + ";" : name + ": " + value);
  }
  if (headers_ != nullptr) set(easy_, CURLOPT_HTTPHEADER, headers_);
}

void CurlTransfer::prepare_signature() {
  if (!request_->aws_signature) return;
  const auto& signature = *request_->aws_signature;
  set(easy_, CURLOPT_AWS_SIGV4, ("aws:amz:" + signature.region + ":" + signature.service).c_str());
  set(easy_, CURLOPT_USERNAME, signature.access_key_id.c_str());
  set(easy_, CURLOPT_PASSWORD, signature.secret_access_key.c_str());
}

std::size_t CurlTransfer::take_body(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  const std::size_t total = size * count;
  if (total > transfer.request_->body_max - transfer.response_.body.size()) {
    transfer.too_large_ = true;
    return 0;
  }
  transfer.response_.body.append(bytes, total);
  return total;
}

std::size_t CurlTransfer::take_header(char* bytes, std::size_t size, std::size_t count,
                                      void* self) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  const std::string_view line = base::trim({bytes, size * count});
  transfer.header_bytes_ += size * count;
  if (transfer.header_bytes_ > header_bytes_max) {
    transfer.too_large_ = true;
    return 0;
  }
  if (line.starts_with("HTTP/"))
    transfer.response_.headers = {};  // after "100 Continue" or a proxy's answer
  if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
    transfer.response_.headers.add(std::string(line.substr(0, colon)),
                                   std::string(base::trim(line.substr(colon + 1))));
  }
  return size * count;
}

curl_socket_t CurlTransfer::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  if (!transfer.through_proxy_ && !transfer.addresses_.allows(numeric_address(*address))) {
    transfer.blocked_ = true;
    return CURL_SOCKET_BAD;
  }
  transfer.sockets_.push_back(
      socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol));
  return transfer.sockets_.back();
}

// libcurl writes the first bytes before it does anything else.
int CurlTransfer::request_begins(void* self, char*, char*, int, int local_port) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  if (!transfer.may_still_begin(local_port)) {
    transfer.held_back_ = true;
    return CURL_PREREQFUNC_ABORT;
  }
  transfer.began_ = true;
  return CURL_PREREQFUNC_OK;
}

bool CurlTransfer::may_still_begin(int local_port) {
  if (!request_->may_begin) return true;
  stall_guard::arm(socket_at(local_port));
  if (request_->may_begin() && !stall_guard::has_cut()) return true;
  stall_guard::disarm();
  return false;
}

// Several were tried, perhaps, and the port tells which one stands.
curl_socket_t CurlTransfer::socket_at(int local_port) const {
  for (const curl_socket_t socket : sockets_) {
    sockaddr_storage own = {};
    socklen_t length = sizeof(own);
    if (getsockname(socket, reinterpret_cast<sockaddr*>(&own), &length) != 0) continue;
    const in_port_t port = own.ss_family == AF_INET6
                               ? reinterpret_cast<const sockaddr_in6&>(own).sin6_port
                               : reinterpret_cast<const sockaddr_in&>(own).sin_port;
    if (ntohs(port) == local_port) return socket;
  }
  return CURL_SOCKET_BAD;
}

void CurlTransfer::end(CURLcode code) {
  code_ = code;
  has_ended_ = true;
  ended_.notify();
}

TransportError CurlTransfer::error() const {
  std::string code(code_name(code_));
  std::string reason = words_of(code_);
  if (too_large_) {
    code = "too_large";
    reason = "The answer is too large";
  } else if (blocked_ && !began_) {
    code = "blocked_address";
    reason =
        "The address is not public, and so is not connected to (ALLOW_PRIVATE_NETWORKS allows it)";
  } else if (held_back_) {
    code = "held_back";
    reason = "It was too late to send the request";
  } else if (code == "tls" && detail_[0] != '\0') {
    reason = detail_.data();  // which check of the certificate failed
  }
  return {.sent = began_ ? TransportError::Sent::maybe_sent : TransportError::Sent::not_sent,
          .code = std::move(code),
          .message = url_.host + ": " + reason + "."};
}

std::expected<ClientResponse, TransportError> CurlTransfer::take_result() {
  if (code_ != CURLE_OK) return std::unexpected(error());
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  response_.url = url_.text;
  return std::move(response_);
}

}  // namespace http
