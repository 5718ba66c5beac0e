// The compiled part of Boost.Asio (BOOST_ASIO_SEPARATE_COMPILATION): once per program, not once per
// file.
#include <boost/asio/impl/src.hpp>
