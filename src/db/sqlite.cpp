#include "base/error.h"
#include "db/instruments.h"
#include "db/open.h"
#include "db/sqlite_engine.h"
#include "db/transaction_state.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

#include <sys/stat.h>

namespace db {
namespace {

using sqlite::Connection;
using sqlite::Engine;
using sqlite::Operation;

// PRAGMA application_id of our files ("STrA"), so that no other program's file is ever written to.
constexpr std::int64_t application_id = 0x53547241;

io::Task<Rows> perform(std::shared_ptr<Engine> engine, io::Executor executor,
                       std::unique_ptr<Operation> operation) {
  auto completion = std::make_shared<Completion<Rows>>(executor);
  operation->completion = completion;
  engine->submit(std::move(operation));
  co_return co_await Completion<Rows>::wait(std::move(completion));
}

std::unique_ptr<Operation> make_operation(Operation::Kind kind, std::uint64_t transaction,
                                          std::string sql = {}, Params params = {}) {
  return std::make_unique<Operation>(Operation{.kind = kind,
                                               .transaction = transaction,
                                               .sql = std::move(sql),
                                               .params = std::move(params)});
}

class SqliteTransaction final : public Transaction {
 public:
  SqliteTransaction(std::shared_ptr<Engine> engine, io::Executor executor, std::uint64_t id)
      : engine_(std::move(engine)), executor_(std::move(executor)), id_(id) {}

  ~SqliteTransaction() override {
    // Also after a commit that was abandoned half-way: then it is a no-op or the answer.
    if (!settled_) engine_->submit(make_operation(Operation::Kind::rollback, id_));
  }

  io::Task<> start() {
    co_await perform(engine_, executor_, make_operation(Operation::Kind::begin, id_));
  }

  io::Task<Rows> execute(std::string sql, Params params) override {
    state_.check_statement(sql);
    const QueryTimer timer(sql);
    TransactionState::Step step(state_);
    Rows rows = co_await perform(
        engine_, executor_,
        make_operation(Operation::Kind::inside, id_, std::move(sql), std::move(params)));
    step.succeeded();
    co_return rows;
  }

  io::Task<> commit() override {
    state_.check_commit();
    const QueryTimer timer("COMMIT");
    co_await perform(engine_, executor_, make_operation(Operation::Kind::commit, id_));
    settled_ = true;
  }

 private:
  const std::shared_ptr<Engine> engine_;
  const io::Executor executor_;
  const std::uint64_t id_;
  TransactionState state_;
  bool settled_ = false;
};

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(io::Executor executor, std::shared_ptr<Engine> engine)
      : executor_(std::move(executor)), engine_(std::move(engine)) {}

  io::Task<Rows> execute(std::string sql, Params params) override {
    check_single(sql);
    const QueryTimer timer(sql);
    co_return co_await perform(
        engine_, executor_,
        make_operation(Operation::Kind::single, 0, std::move(sql), std::move(params)));
  }

  io::Task<std::unique_ptr<Transaction>> begin() override {
    // Made first: dropped while it waits for the writer, it takes its place in the queue back.
    auto transaction = std::make_unique<SqliteTransaction>(engine_, executor_, ++transactions_);
    co_await transaction->start();
    co_return transaction;
  }

  Dialect dialect() const override { return Dialect::sqlite; }
  PoolState pool() const override { return engine_->state(); }

  io::Task<> close() override {
    co_await perform(engine_, executor_, make_operation(Operation::Kind::close, 0));
  }

 private:
  const io::Executor executor_;
  const std::shared_ptr<Engine> engine_;
  std::uint64_t transactions_ = 0;
};

std::int64_t read_integer(Connection& connection, const std::string& sql) {
  return connection.execute(sql, {}, {})[0][0].integer();
}

// For its owner only: it holds people's posts and credentials (sealed ones, but still).
void create_file(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) {
    throw base::Unavailable(fmt::format("cannot make {}: {}", path, std::strerror(errno)));
  }
  ::close(file);
}

// Ours, or empty; then it becomes ours.
void claim_file(Connection& connection) {
  const auto owner = [&connection] { return read_integer(connection, "PRAGMA application_id"); };
  if (owner() == application_id) return;
  const bool empty = read_integer(connection, "SELECT count(*) FROM sqlite_schema") == 0;
  // Another process may have made it ours between the two looks.
  const std::int64_t id = owner();
  if (id == application_id) return;
  if (!empty || id != 0) throw base::Unavailable("it is the database of another program");
  connection.run(fmt::format("PRAGMA application_id = {}", application_id).c_str());
}

std::unique_ptr<Connection> open_writer(const std::string& path, const Options& options) {
  auto writer =
      std::make_unique<Connection>(path, Connection::Role::writer, options.acquire_timeout);
  claim_file(*writer);
  writer->run("PRAGMA journal_mode = WAL");
  writer->run("PRAGMA journal_size_limit = 67108864");
  return writer;
}

}  // namespace

std::unique_ptr<Database> open_sqlite(io::Executor executor, const Options& options,
                                      std::string path) {
  std::unique_ptr<Connection> writer;
  std::unique_ptr<Connection> reader;
  if (path.empty()) {
    writer =
        std::make_unique<Connection>(":memory:", Connection::Role::writer, options.acquire_timeout);
  } else {
    if (options.create) create_file(path);
    try {
      writer = open_writer(path, options);
      reader =
          std::make_unique<Connection>(path, Connection::Role::reader, options.acquire_timeout);
    } catch (const std::exception& error) {
      throw base::Unavailable(fmt::format("cannot open the database {}: {}", path, error.what()));
    }
  }
  const Engine::Limits limits{.acquire_timeout = options.acquire_timeout,
                              .statement_timeout = options.statement_timeout};
  auto engine = std::make_shared<Engine>(executor, std::move(writer), std::move(reader), limits);
  return std::make_unique<SqliteDatabase>(std::move(executor), std::move(engine));
}

}  // namespace db
