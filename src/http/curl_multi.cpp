#include "http/curl_multi.h"

#include "base/check.h"
#include "http/stall_guard.h"

#include <unistd.h>

namespace http {
namespace {

constexpr long idle_connections_max = 64;

void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  CHECK(started == CURLE_OK);
}

}  // namespace

// libcurl owns the descriptor; here it is only watched.
struct CurlMulti::Watch {
  asio::posix::stream_descriptor descriptor;
  int wanted = CURL_POLL_NONE;
  bool reading = false;
  bool writing = false;
  bool dead = false;
};

CurlMulti::CurlMulti(const io::Executor& executor, std::size_t connections_per_host)
    : executor_(executor), timer_(executor) {
  start_curl();
  multi_ = curl_multi_init();
  CHECK(multi_ != nullptr);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(connections_per_host));
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, idle_connections_max);
}

CurlMulti::~CurlMulti() {
  curl_multi_cleanup(multi_);
  while (!watches_.empty()) forget(watches_.begin()->first);
}

void CurlMulti::start(CurlTransfer& transfer) {
  curl_easy_setopt(transfer.handle(), CURLOPT_PRIVATE, &transfer);
  curl_easy_setopt(transfer.handle(), CURLOPT_CLOSESOCKETFUNCTION, close_socket);
  curl_easy_setopt(transfer.handle(), CURLOPT_CLOSESOCKETDATA, this);
  CHECK(curl_multi_add_handle(multi_, transfer.handle()) == CURLM_OK);
}

void CurlMulti::remove(CurlTransfer& transfer) {
  curl_multi_remove_handle(multi_, transfer.handle());
}

int CurlMulti::on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) {
  auto& multi = *static_cast<CurlMulti*>(self);
  if (what == CURL_POLL_REMOVE) {
    multi.forget(socket);
  } else {
    multi.watch(socket, what);
  }
  return 0;
}

int CurlMulti::on_timer(CURLM*, long milliseconds, void* self) {
  static_cast<CurlMulti*>(self)->set_timer(milliseconds);
  return 0;
}

int CurlMulti::close_socket(void* self, curl_socket_t socket) {
  static_cast<CurlMulti*>(self)->forget(socket);
  return close(socket);
}

void CurlMulti::watch(curl_socket_t socket, int what) {
  auto& watch = watches_[socket];
  if (!watch) watch = std::make_shared<Watch>(asio::posix::stream_descriptor(executor_, socket));
  watch->wanted = what;
  wait(watch);
}

void CurlMulti::forget(curl_socket_t socket) {
  const auto found = watches_.find(socket);
  if (found == watches_.end()) return;
  found->second->dead = true;
  found->second->descriptor.release();
  watches_.erase(found);
}

void CurlMulti::wait(const std::shared_ptr<Watch>& watch) {
  if (watch->wanted & CURL_POLL_IN) {
    wait(watch, asio::posix::stream_descriptor::wait_read, &Watch::reading, CURL_CSELECT_IN);
  }
  if (watch->wanted & CURL_POLL_OUT) {
    wait(watch, asio::posix::stream_descriptor::wait_write, &Watch::writing, CURL_CSELECT_OUT);
  }
}

void CurlMulti::wait(const std::shared_ptr<Watch>& watch,
                     asio::posix::stream_descriptor::wait_type type, bool Watch::* pending,
                     int event) {
  if (std::exchange((*watch).*pending, true)) return;
  watch->descriptor.async_wait(type, [weak = weak_from_this(), watch, pending,
                                      event](const boost::system::error_code& error) {
    (*watch).*pending = false;
    const auto self = weak.lock();
    if (!self || watch->dead) return;
    const bool wanted =
        (watch->wanted & (event == CURL_CSELECT_IN ? CURL_POLL_IN : CURL_POLL_OUT)) != 0;
    if (wanted) self->act(watch->descriptor.native_handle(), error ? CURL_CSELECT_ERR : event);
    if (!watch->dead) self->wait(watch);
  });
}

void CurlMulti::set_timer(long milliseconds) {
  timer_.cancel();
  if (milliseconds < 0) return;
  timer_.expires_after(std::chrono::milliseconds(milliseconds));
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (self && !error) self->act(CURL_SOCKET_TIMEOUT, 0);
  });
}

void CurlMulti::act(curl_socket_t socket, int events) {
  int running = 0;
  CHECK(curl_multi_socket_action(multi_, socket, events, &running) == CURLM_OK);
  stall_guard::disarm();  // whoever was allowed to begin in there has begun
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CurlTransfer* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    transfer->end(message->data.result);
  }
}

}  // namespace http
