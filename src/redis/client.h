// Commands to Redis over one connection, pipelined: what is asked while an answer is under way
// travels behind it.
//
// Redis is a help, never the truth, so its absence is a value and not an exception: a command
// answers 503 at once while the server is away, and when its time is up. Then nobody knows whether
// it was carried out. run() keeps the connection up, with growing and jittered pauses; the number
// of commands under way and the size of replies are bounded. Not thread-safe: one per loop.
// Outlives its run() and its callers.
#pragma once

#include "base/error.h"
#include "io/task.h"
#include "redis/connection.h"

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace redis {

struct ClientOptions {
  ConnectionOptions connection;
  std::chrono::milliseconds command_timeout{2'000};
  std::size_t commands_max = 10'000;  // asked and not answered
};

class Client {
 public:
  Client(io::Executor executor, ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The reply; an error reply of the server is an Error too (code "redis_refused").
  io::Task<base::Result<Reply>> command(std::vector<std::string> words);
  io::Task<base::Result<Reply>> command(std::vector<std::string> words,
                                        std::chrono::milliseconds timeout);

  // The same for a hint that may be lost: waits for nothing, and says nothing.
  void tell(std::vector<std::string> words);

  // Connects and stays connected until it is cancelled: one supervised task.
  io::Task<> run();

  bool connected() const { return state_ == State::connected; }
  // Why it is not connected; empty before the first try.
  const std::string& failure() const { return failure_; }

 private:
  enum class State { first_try, connected, away };
  struct Pending;
  using PendingPtr = std::shared_ptr<Pending>;

  bool accepts() const;
  PendingPtr put(const std::vector<std::string>& words, std::chrono::milliseconds timeout);
  io::Task<std::string> serve(Connection& connection);
  io::Task<std::string> write_commands(Connection& connection);
  io::Task<std::string> read_replies(Connection& connection);
  io::Task<std::string> watch();
  std::string take_waiting();
  void fail_all(const std::string& reason);

  const io::Executor executor_;
  const ClientOptions options_;
  State state_ = State::first_try;  // what is asked meanwhile waits
  std::string failure_;
  std::deque<PendingPtr> waiting_;  // to be written
  std::deque<PendingPtr> asked_;    // written; answers come in this order
  io::Event has_waiting_;
  io::Event has_asked_;
};

}  // namespace redis
