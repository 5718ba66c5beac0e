// Sessions with a PDS, and calls in their name.
//
// A session is made once and kept in the account's credentials; it is renewed when it runs out, by
// one task per account at a time, and only when renewing fails does the app password make a new one
// (Bluesky allows 30 of those in 5 minutes). What was renewed is also remembered in this thread,
// since the caller's copy of the account is older by then.
//
//   Xrpc xrpc(context, account);
//   auto reply = co_await xrpc.post("com.atproto.repo.putRecord", body);
#pragma once

#include "http/client.h"
#include "networks/answer.h"
#include "networks/network.h"

#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace networks::bluesky {

struct Session {
  std::string service;  // where people log in, "https://bsky.social"
  std::string pds;      // where their records are; the service itself when nothing else is known
  std::string did;
  std::string handle;
  std::string access;
  std::string refresh;
};

// Why a call failed: the PDS's own code ("RecordNotFound"), "" when there is none, and what that
// means for a post.
struct Failure {
  int status = 0;  // 0 = no answer
  std::string code;
  Outcome outcome;
};
template <class T>
using Reply = std::expected<T, Failure>;

// Logs in with handle and app password. One of the few calls that must not be made often.
io::Task<Reply<Session>> create_session(Context context, std::string service,
                                        std::string identifier, std::string password);

class Xrpc {
 public:
  Xrpc(Context context, Account account)
      : context_(std::move(context)), account_(std::move(account)) {}

  // Calls in the session's name; a session that ran out is renewed and the call made once more (the
  // PDS had refused it).
  io::Task<Reply<json::object>> get(std::string method, http::Query query);
  io::Task<Reply<json::object>> post(std::string method, json::object body);
  io::Task<Reply<json::object>> upload(std::string bytes, std::string content_type);

 private:
  io::Task<Reply<json::object>> call(http::ClientRequest request);
  io::Task<Reply<Session>> renewed(Session stale);
  io::Task<Reply<Session>> renew(Session stale);
  io::Task<Reply<Session>> log_in_again();
  io::Task<> keep(Session session);

  Context context_;
  Account account_;
};

// "did:plc:..." and nothing that could leave a URL's path.
bool is_did(std::string_view text);

// The credentials that keep a session, and back.
void put_session(json::object& credentials, const Session& session);
Session session_of(const Account& account);

}  // namespace networks::bluesky
