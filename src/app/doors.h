// The doors of a process to the outside: keys, database, networks. Every role but the page's has
// them.
#pragma once

#include "app/process.h"
#include "app/redis_door.h"
#include "app/telemetry.h"
#include "base/crypto.h"
#include "db/replica_reads.h"
#include "http/client.h"
#include "http/websocket.h"
#include "media/converter.h"
#include "media/store.h"

#include <memory>

namespace app {

class Doors {
 public:
  // Opens the database and holds its schema against this binary: all-in-one applies what is
  // missing, other roles refuse. Throws base::Unavailable with one line that says what to change.
  explicit Doors(Process& process);
  Doors(const Doors&) = delete;
  Doors& operator=(const Doors&) = delete;

  const base::Vault vault;
  const std::unique_ptr<db::Database> database;
  // Reads that may lag; null: no replica is named, or the role answers no such reads.
  const std::unique_ptr<db::ReplicaReads> reads;
  const std::unique_ptr<http::Client> client;
  // For the language model alone: its address is the operator's choice and may be private.
  const std::unique_ptr<http::Client> model_client;
  const std::unique_ptr<http::WebSocketConnector> websockets;
  // For the store of media alone, whose address is the operator's choice too.
  const std::unique_ptr<http::Client> store_client;
  const std::unique_ptr<media::Store> media_store;
  const std::unique_ptr<media::Converter> converter;
  const std::unique_ptr<RedisDoor> redis;  // null: none is configured
  // How processes wake each other.
  jobs::Wake& wake() { return redis ? redis->wake() : *own_wake_; }

 private:
  const std::unique_ptr<jobs::Wake> own_wake_;
  std::unique_ptr<Telemetry> telemetry_;
};

}  // namespace app
