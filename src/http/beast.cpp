// The compiled parts of Boost.Beast and of Boost.Asio's TLS (..._SEPARATE_COMPILATION): once per
// program.
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
