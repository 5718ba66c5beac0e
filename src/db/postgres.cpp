#include "base/error.h"
#include "db/instruments.h"
#include "db/open.h"
#include "db/postgres_pool.h"
#include "db/transaction_state.h"

namespace db {
namespace {

using postgres::Pool;
using postgres::Request;
using postgres::RequestPtr;

RequestPtr make_request(const io::Executor& executor, Request::Kind kind) {
  return std::make_unique<Request>(Request{
      .kind = kind, .statements = {}, .completion = std::make_shared<Completion<Rows>>(executor)});
}

class PostgresTransaction final : public Transaction {
 public:
  PostgresTransaction(io::Executor executor, Pool::LeasePtr lease)
      : executor_(std::move(executor)), lease_(std::move(lease)) {}

  io::Task<Rows> execute(std::string sql, Params params) override {
    state_.check_statement(sql);
    postgres::check(params);
    const QueryTimer timer(sql);
    TransactionState::Step step(state_);
    RequestPtr request = make_request(executor_, Request::Kind::inside);
    // BEGIN travels with the first statement: no round trip of its own.
    if (!lease_->begun) request->statements.push_back({.sql = "BEGIN", .params = {}});
    request->statements.push_back({.sql = std::move(sql), .params = std::move(params)});
    Rows rows = co_await perform(std::move(request));
    step.succeeded();
    co_return rows;
  }

  io::Task<> commit() override {
    state_.check_commit();
    if (!lease_->begun) {
      lease_->ended = true;
      co_return;
    }
    const QueryTimer timer("COMMIT");
    RequestPtr request = make_request(executor_, Request::Kind::commit);
    request->statements.push_back({.sql = "COMMIT", .params = {}});
    co_await perform(std::move(request));
    lease_->ended = true;
    lease_.reset();
  }

 private:
  io::Task<Rows> perform(RequestPtr request) {
    lease_->begun = true;
    auto completion = request->completion;
    lease_->connection().send(std::move(request));
    return Completion<Rows>::wait(std::move(completion));
  }

  const io::Executor executor_;
  Pool::LeasePtr lease_;
  TransactionState state_;
};

class PostgresDatabase final : public Database {
 public:
  PostgresDatabase(io::Executor executor, Options options)
      : executor_(executor), pool_(std::make_shared<Pool>(executor, std::move(options))) {}
  ~PostgresDatabase() override { pool_->shut_down(); }

  io::Task<Rows> execute(std::string sql, Params params) override {
    check_single(sql);
    postgres::check(params);
    const QueryTimer timer(sql);
    RequestPtr request = make_request(executor_, Request::Kind::single);
    request->statements.push_back({.sql = std::move(sql), .params = std::move(params)});
    co_return co_await Pool::run_single(pool_, std::move(request));
  }

  io::Task<std::unique_ptr<Transaction>> begin() override {
    Pool::LeasePtr lease = co_await Pool::lease(pool_);
    co_return std::make_unique<PostgresTransaction>(executor_, std::move(lease));
  }

  Dialect dialect() const override { return Dialect::postgres; }
  PoolState pool() const override { return pool_->state(); }
  io::Task<> close() override { return Pool::close(pool_); }

 private:
  const io::Executor executor_;
  const std::shared_ptr<Pool> pool_;
};

}  // namespace

std::unique_ptr<Database> open_postgres(io::Executor executor, Options options) {
  return std::make_unique<PostgresDatabase>(std::move(executor), std::move(options));
}

}  // namespace db
