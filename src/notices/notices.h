// Notices: what people want to be told, once for each key, handed to every channel that wants it.
//
// tell() writes the notice, its deliveries and their jobs in the transaction of what happened, so
// nothing is told that did not happen and nothing is forgotten. A key that is there already tells
// nobody again. A channel takes a bounded number an hour; what is over that is dropped and says so.
// Deliveries are retried by the queue; a receiver may see one twice and knows it by its
// Idempotency-Key (webhook) or Message-ID (e-mail). Not thread-safe: one per loop.
#pragma once

#include "http/client.h"
#include "jobs/queue.h"
#include "notices/channels.h"
#include "notices/mail.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace notices {

struct Notice {
  std::string about;  // one of about_*
  std::string key;    // within the workspace
  std::string title;  // one line
  std::string body;
  std::string link = {};  // a path of the page: "/posts/..."
  json::object details = {};
};

struct Delivery {
  std::string channel;
  std::string channel_name;
  std::string state;  // waiting, delivered, failed or dropped
  std::string problem;
};

struct Told {
  std::string id;
  Notice notice;
  base::Instant at;
  std::vector<Delivery> deliveries;
};

class Notices {
 public:
  static constexpr int tries_max = 8;
  static constexpr std::int64_t webhooks_per_hour_max = 300;
  static constexpr std::int64_t mails_per_hour_max = 20;

  struct Doors {
    db::Database& database;
    const base::Clock& clock;
    const base::Vault& vault;
    jobs::Queue& queue;
    http::Client& http;  // under the rules for addresses of strangers
    Mailer& mailer;
    std::string public_url;
  };
  explicit Notices(Doors doors);

  // False when that key was told already.
  io::Task<bool> tell(db::Session& session, base::WorkspaceId workspace, Notice notice);
  // To one channel, at once; the error is what the receiver said.
  io::Task<base::Result<void>> test(base::WorkspaceId workspace, std::string channel);
  // Newest first.
  io::Task<std::vector<Told>> list(base::WorkspaceId workspace, std::size_t limit);

  // Tells the queue who delivers; both outlive its run().
  void handle();
  io::Task<> prune();

  Channels& channels() { return channels_; }
  bool has_mail() const { return doors_.mailer.available(); }

 private:
  struct Refusal {
    bool for_good = false;  // the receiver is gone, or never wants it
    std::string problem;
  };

  io::Task<> add_delivery(db::Session& session, std::string notice, const db::Row& channel,
                          base::Instant now);
  io::Task<> deliver(jobs::Job job);
  io::Task<std::optional<Told>> find(std::string id);
  io::Task<std::optional<Refusal>> send(Channel channel, Told told);
  io::Task<std::optional<Refusal>> send_webhook(Channel channel, Told told);
  io::Task<std::optional<Refusal>> send_mail(Channel channel, Told told);
  io::Task<> settle(std::string notice, std::string channel, std::string state,
                    std::string problem);

  Doors doors_;
  Channels channels_;
};

}  // namespace notices
