// The REST API of a running server, as a program on a terminal uses it.
//
// Every change carries an Idempotency-Key of its own, so a request whose answer got lost is sent
// again without doing anything twice. Errors are sentences for a person. One request at a time.
#pragma once

#include "base/error.h"
#include "http/client.h"

#include <memory>
#include <string>

#include <boost/json.hpp>

namespace client {

namespace json = boost::json;

struct Server {
  std::string url;    // http://127.0.0.1:8080
  std::string token;  // a personal token; never printed
};

class Api {
 public:
  Api(io::Executor executor, Server server);

  io::Task<base::Result<json::value>> get(std::string path);
  io::Task<base::Result<json::value>> post(std::string path, json::value body = json::object{});
  // A body that is not JSON: a picture, a CSV table.
  io::Task<base::Result<json::value>> send(std::string path, std::string content_type,
                                           std::string body);

 private:
  io::Task<base::Result<json::value>> exchange(http::ClientRequest request);

  Server server_;
  std::unique_ptr<http::Client> http_;
};

}  // namespace client
