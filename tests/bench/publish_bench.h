// The verbs of publish_bench.
#pragma once

#include "io/task.h"

#include <map>
#include <string>

#include <boost/json.hpp>

namespace bench {

namespace json = boost::json;

struct Options {
  std::string database;
  std::int64_t targets = 20'000;
  std::int64_t accounts = 1'000;
  std::int64_t stored = 0;
  std::int64_t ahead_ms = 0;
  std::int64_t due = 0;
  std::string retry_class = "key";
  std::string receiver;
};

using Verb = io::Task<json::object> (*)(Options);

io::Task<json::object> run_seed(Options options);    // rows; says when they are due
io::Task<json::object> run_work(Options options);    // publishes all of them
io::Task<json::object> run_now(Options options);     // one after another, each due at once
io::Task<json::object> run_claim(Options options);   // 100 due among many stored
io::Task<json::object> run_double(Options options);  // a strict receiver, until it is ended

inline std::map<std::string, Verb> verbs() {
  return {{"seed", run_seed},
          {"work", run_work},
          {"now", run_now},
          {"claim", run_claim},
          {"double", run_double}};
}

}  // namespace bench
