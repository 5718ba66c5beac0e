// A caption for what somebody asks in JSON (schema CaptionInput): the API and the tasks of Celery
// clients ask alike. Not thread-safe: one per loop.
#pragma once

#include "accounts/accounts.h"
#include "base/json.h"
#include "captions/composer.h"
#include "captions/evidence.h"

namespace captions {

// Everything outlives who uses it.
struct Services {
  Composer& composer;
  accounts::Accounts& accounts;
  FindEvidence find_evidence;
};

struct CaptionWanted {
  std::string trend_id;
  std::string topic;
  std::string network;
  std::string account_id;
  CaptionRequest request;
};

class Captioning {
 public:
  explicit Captioning(Services services);

  // {"text", "hashtags", "offline", "model", "note"}; an error names each bad field.
  io::Task<base::Result<json::object>> compose(base::WorkspaceId workspace, json::value body);

 private:
  io::Task<base::Result<Room>> find_room(base::WorkspaceId workspace, CaptionWanted wanted);
  io::Task<base::Result<TrendEvidence>> find_evidence(base::WorkspaceId workspace,
                                                      CaptionWanted wanted);

  Services services_;
};

}  // namespace captions
