#include "db/postgres_connector.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

#include <fcntl.h>
#include <map>
#include <mutex>
#include <unistd.h>

#include <boost/asio/ip/address.hpp>

namespace db::postgres {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

std::vector<std::string> split_list(const char* list) {
  std::vector<std::string> parts;
  if (list == nullptr) return parts;
  for (const std::string_view part : base::split(list, ',')) parts.emplace_back(part);
  return parts;
}

bool needs_resolving(const std::string& host) {
  if (host.empty() || host.front() == '/' || host.front() == '@') return false;
  boost::system::error_code error;
  asio::ip::make_address(host, error);
  return error.failed();
}

// With PQERRORS_VERBOSE: "FATAL:  28P01: password authentication failed ...\nLOCATION:  ...".
std::string sqlstate_in(std::string_view message) {
  for (std::size_t at = message.find(":  "); at != std::string_view::npos;
       at = message.find(":  ", at + 1)) {
    const std::string_view state = message.substr(at + 3, 5);
    const bool plausible = std::all_of(state.begin(), state.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
    });
    if (plausible && message.substr(at + 8).starts_with(":")) return std::string(state);
  }
  return "";
}

std::string readable(std::string_view message) {
  return std::string(base::trim(message.substr(0, message.find("\nLOCATION:"))));
}

void note(void*, const char* message) {
  base::log_debug("postgres_notice", {{"message", boost::json::string(base::trim(message))}});
}

constexpr std::chrono::milliseconds look_up_patience{500};

std::vector<std::string> texts_of(const asio::ip::tcp::resolver::results_type& found) {
  std::vector<std::string> addresses;
  for (const auto& entry : found) addresses.push_back(entry.endpoint().address().to_string());
  return addresses;
}

// Where each database was found last; for all loops of the process.
class KnownAddresses {
 public:
  std::vector<std::string> of(const std::string& name) const {
    const std::scoped_lock lock(mutex_);
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? std::vector<std::string>{} : found->second;
  }
  void keep(const std::string& name, std::vector<std::string> addresses) {
    const std::scoped_lock lock(mutex_);
    by_name_[name] = std::move(addresses);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> by_name_;  // as many as settings name
};

KnownAddresses& known_addresses() {
  static KnownAddresses known;
  return known;
}

}  // namespace

std::optional<asio::posix::stream_descriptor> watch(const io::Executor& executor,
                                                    PGconn* connection) {
  const int descriptor = ::fcntl(PQsocket(connection), F_DUPFD_CLOEXEC, 0);
  if (descriptor < 0) return std::nullopt;
  asio::posix::stream_descriptor watched(executor);
  boost::system::error_code error;
  watched.assign(descriptor, error);
  if (!error) return watched;
  ::close(descriptor);
  return std::nullopt;
}

Connector::Connector(io::Executor executor, std::string url, std::chrono::milliseconds timeout,
                     Callback callback)
    : executor_(std::move(executor)),
      url_(std::move(url)),
      timeout_(timeout),
      callback_(std::move(callback)),
      deadline_(executor_),
      patience_(executor_),
      resolver_(executor_) {}

void Connector::start() {
  deadline_.expires_after(timeout_);
  deadline_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error) self->fail("no answer in time", false);
  });
  if (read_hosts()) resolve_next();
}

void Connector::cancel() {
  callback_ = nullptr;
  deadline_.cancel();
  patience_.cancel();
  resolver_.cancel();
  socket_.reset();
  handle_.reset();
}

bool Connector::read_hosts() {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(
      PQconninfoParse(url_.c_str(), &message));
  PQfreemem(message);  // may quote a part of the URL, and so the password
  if (!options) {
    fail("the URL is malformed", true);
    return false;
  }
  std::vector<std::string> names;
  std::vector<std::string> ports;
  bool has_addresses = false;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    const std::string_view keyword = option->keyword;
    if (keyword == "host") names = split_list(option->val);
    if (keyword == "port") ports = split_list(option->val);
    if (keyword == "hostaddr") has_addresses = option->val != nullptr;
  }
  if (has_addresses || std::none_of(names.begin(), names.end(), needs_resolving)) return true;
  for (std::size_t index = 0; index < names.size(); ++index) {
    const std::string port = ports.empty() ? "" : ports[std::min(index, ports.size() - 1)];
    unresolved_.push_back({.name = names[index], .address = "", .port = port});
  }
  std::reverse(unresolved_.begin(), unresolved_.end());
  return true;
}

void Connector::resolve_next() {
  if (!callback_) return;
  if (unresolved_.empty()) return begin();
  Host host = std::move(unresolved_.back());
  unresolved_.pop_back();
  if (!needs_resolving(host.name)) {
    hosts_.push_back(std::move(host));
    return resolve_next();
  }
  look_up(host);
}

void Connector::look_up(const Host& host) {
  const auto answered = std::make_shared<bool>(false);
  if (auto known = known_addresses().of(host.name); !known.empty()) {
    patience_.expires_after(look_up_patience);
    patience_.async_wait(
        [self = shared_from_this(), host, answered, known](boost::system::error_code error) {
          if (error || std::exchange(*answered, true)) return;
          self->add_addresses(host, known);
          self->resolve_next();
        });
  }
  resolver_.async_resolve(host.name, "",
                          [self = shared_from_this(), host, answered](
                              boost::system::error_code error, const auto& found) {
                            const std::vector<std::string> addresses = texts_of(found);
                            if (!error) known_addresses().keep(host.name, addresses);
                            if (std::exchange(*answered, true)) return;  // the known ones had to do
                            self->patience_.cancel();
                            if (error)
                              self->resolve_failure_ =
                                  fmt::format("{}: {}", host.name, error.message());
                            self->add_addresses(host, addresses);
                            self->resolve_next();
                          });
}

void Connector::add_addresses(const Host& host, const std::vector<std::string>& addresses) {
  for (const std::string& address : addresses) {
    Host resolved = host;
    resolved.address = address;
    hosts_.push_back(std::move(resolved));
  }
}

void Connector::begin() {
  if (hosts_.empty() && !resolve_failure_.empty()) return fail(resolve_failure_, false);
  std::string names;
  std::string addresses;
  std::string ports;
  for (const Host& host : hosts_) {
    const char* comma = names.empty() ? "" : ",";
    names += comma + host.name;
    addresses += comma + host.address;
    ports += comma + host.port;
  }
  // What stands before dbname are defaults of ours; what follows overrides the URL.
  std::vector<const char*> keys = {"fallback_application_name", "gssencmode", "dbname",
                                   "client_encoding"};
  std::vector<const char*> values = {"socialtrend", "disable", url_.c_str(), "UTF8"};
  if (!hosts_.empty()) {
    keys.insert(keys.end(), {"host", "hostaddr", "port"});
    values.insert(values.end(), {names.c_str(), addresses.c_str(), ports.c_str()});
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  handle_.reset(PQconnectStartParams(keys.data(), values.data(), 1));
  if (!handle_ || PQstatus(handle_.get()) == CONNECTION_BAD) {
    return fail(handle_ ? readable(PQerrorMessage(handle_.get())) : "no memory", false);
  }
  PQsetNoticeProcessor(handle_.get(), note, nullptr);
  PQsetErrorVerbosity(handle_.get(), PQERRORS_VERBOSE);  // for the SQLSTATE of a refusal
  follow(PGRES_POLLING_WRITING);
}

void Connector::follow(PostgresPollingStatusType status) {
  using Wait = asio::posix::stream_descriptor;
  if (status == PGRES_POLLING_READING) return wait(Wait::wait_read);
  if (status == PGRES_POLLING_WRITING) return wait(Wait::wait_write);
  if (status == PGRES_POLLING_OK) return finish();
  const std::string message = PQerrorMessage(handle_.get());
  const std::string sqlstate = sqlstate_in(message);
  fail(readable(message), sqlstate.starts_with("28") || sqlstate.starts_with("3D"));
}

void Connector::wait(asio::posix::stream_descriptor::wait_type type) {
  // A fresh descriptor for each step: libpq may have changed its socket.
  socket_.reset();
  socket_ = watch(executor_, handle_.get());
  if (!socket_) return fail("no file descriptor is left", false);
  socket_->async_wait(type, [self = shared_from_this()](boost::system::error_code error) {
    if (error || !self->callback_) return;
    self->follow(PQconnectPoll(self->handle_.get()));
  });
}

void Connector::finish() {
  socket_.reset();
  PQsetErrorVerbosity(handle_.get(), PQERRORS_DEFAULT);
  if (PQsetnonblocking(handle_.get(), 1) != 0 || PQenterPipelineMode(handle_.get()) != 1) {
    return fail(readable(PQerrorMessage(handle_.get())), false);
  }
  deliver({.handle = std::move(handle_), .reason = "", .will_not_pass = false});
}

void Connector::fail(std::string reason, bool will_not_pass) {
  deliver({.handle = nullptr, .reason = std::move(reason), .will_not_pass = will_not_pass});
}

void Connector::deliver(ConnectOutcome outcome) {
  const Callback callback = std::exchange(callback_, nullptr);
  cancel();
  // Not from within start(): whoever starts is not ready for the answer.
  if (!callback) return;
  auto shared = std::make_shared<ConnectOutcome>(std::move(outcome));
  asio::post(executor_, [callback, shared] { callback(std::move(*shared)); });
}

}  // namespace db::postgres
