#include "trends/sources/together.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace trends {

io::Task<> together(io::Task<> first, io::Task<> second) {
  using namespace boost::asio::experimental::awaitable_operators;
  std::exception_ptr failure;
  try {
    co_await (std::move(first) && std::move(second));
  } catch (const boost::asio::multiple_exceptions& both) {
    failure = both.first_exception();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace trends
