// A Bot API server: one bot, one channel in which it may write. Refuses in the Bot API's own words,
// and says how long to wait in the body only.
#pragma once

#include "networks/doubles/double.h"
#include "networks/multipart.h"

namespace networks::doubles {

class TelegramDouble final : public Double {
 public:
  explicit TelegramDouble(const base::Clock& clock);

  const http::Router& routes() const override { return router_; }
  json::object settings(std::string origin) const override;
  bool publishes(const http::Request& request) const override;
  const std::vector<Taken>& taken() const override { return taken_; }

  // The bot is no administrator of the channel any more.
  void demote() { may_post_ = false; }

 private:
  // What came with a call, as JSON or as a form.
  struct Call {
    json::object arguments;
    std::vector<FormPart> files;
  };
  static std::optional<Call> read(const http::Request& request);

  io::Task<http::Response> answer(http::Request request);
  http::Response member() const;
  http::Response send_message(const Call& call);
  http::Response send_photo(const Call& call);
  http::Response send_media_group(const Call& call);
  // What every message must fulfil; nothing when it does.
  std::optional<http::Response> refuse(const Call& call) const;
  json::object take(const Call& call, std::string text);

  const base::Clock& clock_;
  http::Router router_;
  std::string token_ = "123456789:AAE-token_of_the_rehearsal_0123456";
  bool revoked_ = false;
  bool may_post_ = true;
  std::int64_t messages_ = 0;
  std::vector<Taken> taken_;
  RateLimit messages_limit_{20, std::chrono::seconds(60)};
};

}  // namespace networks::doubles
