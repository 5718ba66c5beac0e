// An awaited thing whose exception becomes a value, because what must follow it must be awaited too
// and a catch block cannot. A cancellation stays an exception.
#pragma once

#include "io/task.h"

#include <exception>
#include <expected>
#include <string>
#include <utility>

namespace publishing {

template <class T>
io::Task<std::expected<T, std::string>> guarded(io::Task<T> task) {
  std::string what;
  try {
    co_return co_await std::move(task);
  } catch (const std::exception& error) {
    if (io::is_cancelled(error)) throw;
    what = error.what();
  }
  co_return std::unexpected(std::move(what));
}

inline io::Task<std::expected<void, std::string>> guarded(io::Task<> task) {
  std::string what;
  try {
    co_await std::move(task);
    co_return std::expected<void, std::string>();
  } catch (const std::exception& error) {
    if (io::is_cancelled(error)) throw;
    what = error.what();
  }
  co_return std::unexpected(std::move(what));
}

}  // namespace publishing
