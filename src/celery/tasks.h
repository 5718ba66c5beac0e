// The tasks themselves: tasks.auto_upload makes a post, tasks.ai_process a caption.
//
// A task that was carried out before answers what it answered then. Pictures are fetched through
// the guarded client, for their addresses come from outside.
#pragma once

#include "accounts/accounts.h"
#include "captions/captioning.h"
#include "celery/arguments.h"
#include "celery/ledger.h"
#include "celery/message.h"
#include "http/client.h"
#include "media/media.h"
#include "posts/posts.h"

namespace celery {

inline constexpr std::string_view auto_upload_name = "tasks.auto_upload";
inline constexpr std::string_view ai_process_name = "tasks.ai_process";

bool is_known(std::string_view task_name);

// Everything outlives the tasks.
struct TaskDoors {
  posts::Posts& posts;
  media::Media& media;
  accounts::Accounts& accounts;
  captions::Services captions;
  http::Client& http;  // refuses private addresses
};

class Tasks {
 public:
  Tasks(TaskDoors doors, Ledger& ledger);

  // Commits what the task does together with its line in the ledger.
  io::Task<Outcome> run(accounts::Principal who, Task task);

 private:
  io::Task<Outcome> auto_upload(accounts::Principal who, Task task);
  io::Task<Outcome> ai_process(accounts::Principal who, Task task);
  io::Task<Outcome> make_post(accounts::Principal who, Task task, json::object input);
  io::Task<std::expected<base::MediaId, Outcome>> fetch(base::WorkspaceId workspace,
                                                        MediaWanted wanted);

  TaskDoors doors_;
  captions::Captioning captioning_;
  Ledger& ledger_;
};

}  // namespace celery
