// What the arguments of the tasks mean. Pure.
//
//   tasks.auto_upload(text, accounts=None, media=None, when="now", networks=None, language=None,
//                     time_zone=None, too_late=None)
//   tasks.ai_process(topic=None, network=None, trend_id=None, account_id=None, tone="neutral",
//                    language=None, instructions=None)
#pragma once

#include "accounts/accounts.h"
#include "base/error.h"
#include "base/json.h"
#include "celery/message.h"

#include <string>
#include <vector>

namespace celery {

// Positional and keyword arguments by name, as Python would bind them; None is as good as nothing.
base::Result<json::object> bind_arguments(const Task& task, std::vector<std::string_view> names);

struct MediaWanted {
  std::string url;  // or the id of a medium that is there already
  std::string id;
  std::string alt_text;
};

struct UploadWanted {
  std::string text;
  std::vector<std::string> accounts;  // ids, handles, network:handle
  std::vector<std::string> networks;
  std::vector<MediaWanted> media;
  json::object when;   // as the API takes it
  json::object other;  // likewise: language, too_late
};

base::Result<UploadWanted> read_upload(const Task& task);

// The accounts that are meant, each once; an error names what fits none or several.
base::Result<std::vector<base::AccountId>> find_accounts(
    const UploadWanted& wanted, const std::vector<accounts::AccountView>& connected);

}  // namespace celery
