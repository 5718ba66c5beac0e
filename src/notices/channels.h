// Channels: where the notices of a workspace go. A signed webhook or an e-mail address.
//
// The secret of a webhook is sealed, shown once, and leaves this module only as a signature.
// Not thread-safe: one per loop.
#pragma once

#include "base/crypto.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "base/time.h"
#include "db/database.h"

#include <optional>
#include <string>
#include <vector>

namespace notices {

// What a notice is about: a rule acted, an account broke, a post waits for a person.
inline constexpr std::string_view about_rule = "rule";
inline constexpr std::string_view about_account = "account";
inline constexpr std::string_view about_decision = "decision";

enum class ChannelKind { webhook, email };
std::string_view to_string(ChannelKind kind);

struct ChannelInput {
  std::string name;
  ChannelKind kind = ChannelKind::webhook;
  std::string destination;
  std::string secret;  // of a webhook; empty: as it is, or a new one
  std::vector<std::string> about;
  bool enabled = true;
};
base::Result<ChannelInput> read_channel(const json::value& body);

struct Channel {
  std::string id;
  base::WorkspaceId workspace;
  ChannelInput input;  // the secret in clear
  std::string unsubscribe_token;
  base::Instant created_at;
  base::Instant updated_at;
};

class Channels {
 public:
  static constexpr std::int64_t per_workspace_max = 20;

  Channels(db::Database& database, const base::Clock& clock, const base::Vault& vault);

  io::Task<std::vector<Channel>> list(base::WorkspaceId workspace);
  io::Task<base::Result<Channel>> get(base::WorkspaceId workspace, std::string id);
  io::Task<base::Result<Channel>> add(base::WorkspaceId workspace, ChannelInput input);
  // The kind stays what it is.
  io::Task<base::Result<Channel>> replace(base::WorkspaceId workspace, std::string id,
                                          ChannelInput input);
  io::Task<base::Result<void>> remove(base::WorkspaceId workspace, std::string id);

  io::Task<std::optional<Channel>> find(std::string id);
  io::Task<> disable(std::string id);
  // False when nobody has that token.
  io::Task<bool> unsubscribe(std::string token);

 private:
  io::Task<std::vector<Channel>> read(std::string where, db::Params params);

  db::Database& database_;
  const base::Clock& clock_;
  const base::Vault& vault_;
};

}  // namespace notices
