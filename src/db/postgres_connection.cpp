#include "db/postgres_connection.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

namespace db::postgres {
namespace {

// How long the server may take to answer a cancellation before the connection counts as dead.
constexpr std::chrono::seconds cancel_grace{5};
constexpr std::chrono::milliseconds cancel_pause_min{20};
constexpr int attempts_max = 10;
constexpr const char* query_cancelled = "57014";

struct FreeCancel {
  void operator()(PGcancel* cancel) const { PQfreeCancel(cancel); }
};

std::exception_ptr unavailable(const std::string& reason) {
  return std::make_exception_ptr(base::Unavailable("PostgreSQL: " + reason));
}

}  // namespace

Connection::Connection(io::Executor executor, Handle handle,
                       std::chrono::milliseconds statement_timeout, std::weak_ptr<Owner> owner)
    : executor_(std::move(executor)),
      handle_(std::move(handle)),
      statement_timeout_(statement_timeout),
      owner_(std::move(owner)),
      watchdog_(executor_),
      cancel_again_(executor_) {}

Connection::~Connection() { abort("the database is closed"); }

void Connection::start() {
  socket_ = watch(executor_, handle_.get());
  if (!socket_) return abort("no file descriptor is left");
  wait_readable();
}

bool Connection::stopping_first() const {
  return alive() && !requests_.empty() && requests_.front()->stop_wanted;
}

bool Connection::outside_transaction() const {
  return alive() && requests_.empty() && PQtransactionStatus(handle_.get()) == PQTRANS_IDLE;
}

void Connection::send(RequestPtr request) {
  request->answered = 0;
  request->rows.reset();
  request->error = nullptr;
  request->cancelled_by_neighbour = false;
  ++request->attempts;
  if (!alive()) {
    if (request->completion) request->completion->fail(unavailable("the connection was lost"));
    return;
  }
  const bool sent = write(*request);
  requests_.push_back(std::move(request));
  if (!sent) return lost();
  if (requests_.size() == 1) watch_first();
  flush();
}

bool Connection::write(const Request& request) {
  for (const Statement& statement : request.statements) {
    const Encoded params(statement.params);
    const int sent =
        PQsendQueryParams(handle_.get(), statement.sql.c_str(), params.count(), params.types(),
                          params.values(), params.lengths(), params.formats(), 0);
    if (sent != 1) return false;
  }
  return PQpipelineSync(handle_.get()) == 1;
}

void Connection::flush() {
  if (writing_ || !alive()) return;
  const int left = PQflush(handle_.get());
  if (left < 0) return lost();
  if (left == 0 || !socket_) return;
  writing_ = true;
  socket_->async_wait(asio::posix::stream_descriptor::wait_write,
                      [self = shared_from_this()](boost::system::error_code error) {
                        self->writing_ = false;
                        if (!error) self->flush();
                      });
}

void Connection::wait_readable() {
  if (!socket_) return;
  socket_->async_wait(asio::posix::stream_descriptor::wait_read,
                      [self = shared_from_this()](boost::system::error_code error) {
                        if (!error && self->alive()) self->on_readable();
                      });
}

void Connection::on_readable() {
  if (PQconsumeInput(handle_.get()) != 1) return lost();
  drain();
  flush();
  wait_readable();
  if (const std::shared_ptr<Owner> owner = owner_.lock()) owner->on_progress();
}

void Connection::drain() {
  // Results of a statement end with a null; two in a row mean that nothing is there.
  int nulls = 0;
  while (alive() && PQisBusy(handle_.get()) == 0 && !requests_.empty() && nulls < 2) {
    Result result(PQgetResult(handle_.get()));
    nulls = result ? 0 : nulls + 1;
    if (result) take(std::move(result));
  }
  if (alive() && PQstatus(handle_.get()) == CONNECTION_BAD) lost();
}

void Connection::take(Result result) {
  Request& request = *requests_.front();
  switch (PQresultStatus(result.get())) {
    case PGRES_PIPELINE_SYNC:
      return finish_first();
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
      return take_success(request, result.get());
    case PGRES_PIPELINE_ABORTED:
      return;  // skipped because of an earlier failure in the same request
    case PGRES_FATAL_ERROR:
      return take_failure(request, result.get());
    default:
      return abort("an answer that was not asked for (COPY is not supported)");
  }
}

void Connection::take_success(Request& request, const PGresult* result) {
  ++request.answered;
  if (request.answered < request.statements.size()) return;
  // The server answers COMMIT of a failed transaction with a roll-back, and no error.
  const std::string_view command = PQcmdStatus(const_cast<PGresult*>(result));
  if (request.kind == Request::Kind::commit && command != "COMMIT") {
    request.error = std::make_exception_ptr(DatabaseError(
        DatabaseError::Kind::other, "the transaction had failed and was rolled back"));
    return;
  }
  request.rows = decode(result);
}

void Connection::take_failure(Request& request, const PGresult* result) {
  if (request.error) return;
  request.error = error_of(result);
  const bool recently = Clock::now() - cancelled_at_ < cancel_grace;
  request.cancelled_by_neighbour =
      recently && !request.stop_wanted && sqlstate_of(result) == query_cancelled;
}

void Connection::finish_first() {
  RequestPtr request = std::move(requests_.front());
  requests_.pop_front();
  watch_first();
  // A cancellation is aimed at a connection, not at a statement. Who was hit instead is undone as a
  // whole when it was a transaction by itself, and so can simply be sent again.
  if (request->cancelled_by_neighbour && request->kind == Request::Kind::single &&
      request->attempts < attempts_max) {
    return send(std::move(request));
  }
  const std::shared_ptr<Completion<Rows>> completion = request->completion;
  std::optional<Rows> rows = std::move(request->rows);
  if (!completion) return;
  if (request->error) {
    completion->fail(request->error);
  } else if (rows) {
    completion->set(std::move(*rows));
  } else {
    completion->fail(unavailable("an answer was missing"));
  }
}

// The time of a statement starts when those before it are done.
void Connection::watch_first() {
  if (requests_.empty()) {
    deadline_ = Clock::time_point::max();
    return;
  }
  deadline_ = Clock::now() + statement_timeout_;
  arm();
  look_for_abandoned();
}

void Connection::arm() {
  // One timer for many statements: it looks again when it fires, so most cost nothing. It is armed
  // anew only for an earlier deadline.
  if (armed_ && watchdog_.expiry() <= deadline_) return;
  armed_ = true;
  watchdog_.expires_at(deadline_);
  watchdog_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    const std::shared_ptr<Connection> self = weak.lock();
    if (!error && self && self->alive()) self->on_watchdog();
  });
}

void Connection::on_watchdog() {
  armed_ = false;
  if (requests_.empty()) return;
  if (Clock::now() < deadline_) return arm();
  if (requests_.front()->stop_wanted) return abort("the server does not answer");
  stop_first("the statement timed out");
}

void Connection::look_for_abandoned() {
  if (!alive() || requests_.empty() || requests_.front()->stop_wanted) return;
  const Request& first = *requests_.front();
  if (first.completion && first.completion->abandoned()) stop_first("nobody waits for it");
}

void Connection::stop_first(const char* reason) {
  Request& first = *requests_.front();
  first.stop_wanted = true;
  if (first.completion && !first.completion->done()) first.completion->fail(unavailable(reason));
  first.completion.reset();
  deadline_ = Clock::now() + cancel_grace;
  arm();

  cancel_pause_ = cancel_pause_min;
  send_cancel();
}

// libpq's cancellation blocks, as it opens a connection of its own: a helper thread's work.
void Connection::send_cancel() {
  if (cancelling_) return;  // on_cancel_sent() will see that another one is needed
  cancelling_ = true;
  cancelled_at_ = Clock::now();
  std::shared_ptr<PGcancel> cancel(PQgetCancel(handle_.get()), FreeCancel());
  io::run_offloaded([cancel, executor = executor_, hold = io::hold_loop(executor_),
                     weak = weak_from_this()]() mutable {
    char message[256];
    if (cancel) PQcancel(cancel.get(), message, sizeof message);
    asio::post(executor, [weak] {
      if (const std::shared_ptr<Connection> self = weak.lock()) self->on_cancel_sent();
    });
    hold.reset();
  });
}

void Connection::on_cancel_sent() {
  cancelling_ = false;
  if (stopping_first()) {
    // It may have come before the server began with the statement, and then it was for nothing.
    cancel_again_.expires_after(cancel_pause_);
    cancel_pause_ *= 2;
    cancel_again_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
      const std::shared_ptr<Connection> self = weak.lock();
      if (!error && self && self->stopping_first()) self->send_cancel();
    });
  }
  if (const std::shared_ptr<Owner> owner = owner_.lock()) owner->on_progress();
}

void Connection::lost() {
  std::string reason = "the connection was lost";
  if (handle_) {
    const std::string_view message = base::trim(PQerrorMessage(handle_.get()));
    if (!message.empty()) reason += fmt::format(" ({})", message.substr(0, message.find('\n')));
  }
  abort(reason);
}

void Connection::abort(const std::string& reason) {
  if (!handle_) return;
  lost_because_ = reason;
  handle_.reset();
  socket_.reset();
  watchdog_.cancel();
  cancel_again_.cancel();
  for (const RequestPtr& request : std::exchange(requests_, {})) {
    if (request->completion && !request->completion->done()) {
      request->completion->fail(unavailable(reason));
    }
  }
  // Later: the owner may be in the middle of a walk through its connections.
  asio::post(executor_, [weak = weak_from_this()] {
    const std::shared_ptr<Connection> self = weak.lock();
    if (!self) return;
    if (const std::shared_ptr<Owner> owner = self->owner_.lock()) owner->on_lost(*self);
  });
}

}  // namespace db::postgres
