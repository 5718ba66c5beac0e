#include "http/server_fixture.h"

#include "base/check.h"

#include <unistd.h>

#include <arpa/inet.h>
#include <boost/asio/use_future.hpp>
#include <sys/socket.h>

namespace http {

namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

RawClient::RawClient(Descriptor descriptor) : descriptor_(descriptor.value) {
  CHECK(descriptor_ >= 0);
  const timeval limit{.tv_sec = 10, .tv_usec = 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

RawClient::RawClient(std::uint16_t port) : RawClient(Descriptor{socket(AF_INET, SOCK_STREAM, 0)}) {
  const sockaddr_in address = loopback(port);
  const int connected =
      connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  EXPECT_EQ(connected, 0);
}

RawClient::~RawClient() { close(); }

void RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the server has closed: its answer tells why
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool RawClient::more() {
  std::array<char, 16 * 1024> bytes;
  const ssize_t count = recv(descriptor_, bytes.data(), bytes.size(), 0);
  if (count < 0) EXPECT_NE(errno, EAGAIN) << "no answer within ten seconds";
  if (count <= 0) return false;
  buffer_.append(bytes.data(), static_cast<std::size_t>(count));
  return true;
}

std::string RawClient::take(std::size_t size) {
  while (buffer_.size() < size && more()) {
  }
  std::string taken = buffer_.substr(0, size);
  buffer_.erase(0, taken.size());
  return taken;
}

std::string RawClient::read_until(std::string_view end) {
  std::size_t found = std::string::npos;
  while ((found = buffer_.find(end)) == std::string::npos && more()) {
  }
  return take(found == std::string::npos ? buffer_.size() : found + end.size());
}

std::string RawClient::read_to_end() {
  while (more()) {
  }
  return std::exchange(buffer_, {});
}

bool RawClient::at_end() { return read_to_end().empty(); }

RawClient::Answer RawClient::read_answer(std::string_view method) {
  Answer answer;
  std::string head = read_until("\r\n\r\n");
  if (!head.starts_with("HTTP/1.1 ") || head.size() < 12) return answer;
  answer.status = std::stoi(head.substr(9, 3));
  for (std::size_t at = head.find("\r\n") + 2; at + 2 < head.size();) {
    const std::size_t end = head.find("\r\n", at);
    const std::size_t colon = head.find(": ", at);
    answer.headers.add(head.substr(at, colon - at), head.substr(colon + 2, end - colon - 2));
    at = end + 2;
  }
  if (method == "HEAD" || answer.status == 204 || answer.status == 304) return answer;
  if (answer.headers.get("Transfer-Encoding") == "chunked") {
    while (const std::size_t size = std::stoul("0" + read_until("\r\n"), nullptr, 16)) {
      answer.body += take(size);
      take(2);
    }
    take(2);
  } else {
    answer.body = take(std::stoul(std::string(answer.headers.get("Content-Length"))));
  }
  return answer;
}

void RawClient::shut_sending() { shutdown(descriptor_, SHUT_WR); }

void RawClient::reset() {
  const linger hard{.l_onoff = 1, .l_linger = 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close();
}

void RawClient::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

ScriptedPeer::ScriptedPeer(std::function<void(RawClient&)> script)
    : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  CHECK(bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  CHECK(listen(listener_, 16) == 0);
  CHECK(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this, script = std::move(script)] {
    for (int accepted = 0; (accepted = accept(listener_, nullptr, nullptr)) >= 0;) {
      ++accepted_;
      RawClient connection = RawClient::adopt(accepted);
      script(connection);
    }
  });
}

ScriptedPeer::~ScriptedPeer() {
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

std::string ScriptedPeer::url(std::string_view path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

ServerFixture::ServerFixture(Router router, ServerOptions options)
    : server_(std::make_unique<Server>(loop_.get_executor(), std::move(options),
                                       std::make_shared<const Router>(std::move(router)))),
      port_(server_->port()),
      thread_([this] {
        const auto work = asio::make_work_guard(loop_);
        loop_.run();
      }) {
  asio::post(loop_, [this] { server_->start(); });
}

ServerFixture::~ServerFixture() {
  stop(std::chrono::milliseconds{0}).wait();
  loop_.stop();
  thread_.join();
}

RawClient::Answer ServerFixture::get(std::string_view target, std::string_view headers) {
  return send(fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n{}\r\n", target, headers));
}

RawClient::Answer ServerFixture::send(std::string_view bytes) {
  RawClient client(port_);
  client.send(bytes);
  return client.read_answer(bytes.substr(0, bytes.find(' ')));
}

std::future<void> ServerFixture::stop(std::chrono::milliseconds deadline) {
  return asio::co_spawn(loop_, server_->stop(deadline), asio::use_future);
}

void ServerFixture::drain() {
  asio::post(loop_, std::packaged_task<void()>([this] { server_->drain(); })).get();
}

void ServerFixture::post(std::function<void()> work) { asio::post(loop_, std::move(work)); }

std::size_t ServerFixture::connections() {
  return asio::post(loop_,
                    std::packaged_task<std::size_t()>([this] { return server_->connections(); }))
      .get();
}

std::string ServerFixture::url(std::string_view path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

}  // namespace http
