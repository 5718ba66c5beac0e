#include "app/client_verbs.h"

#include "base/config.h"
#include "base/text.h"
#include "client/commands.h"

#include <fstream>
#include <iterator>
#include <memory>

#include <fmt/format.h>

namespace app {
namespace {

// What the verbs share; lives as long as the callbacks.
struct Asked {
  std::string url;
  std::string token_file;
  bool json = false;
  client::NewPost post;
  std::string id, target, decision, reason, state, search, file;
  int limit = 20;
};

// Flag, environment, default; the token never stands on the command line, where others can read it.
client::Options options_of(const Asked& asked) {
  const auto environment = base::read_environment();
  const auto from = [&environment](const char* name, std::string fallback) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::move(fallback) : found->second;
  };
  client::Options options{.server = {.url = asked.url, .token = from("SOCIALTREND_TOKEN", "")},
                          .json = asked.json};
  if (options.server.url.empty()) {
    options.server.url = from("SOCIALTREND_URL", "http://127.0.0.1:8080");
  }
  const std::string path =
      asked.token_file.empty() ? from("SOCIALTREND_TOKEN_FILE", "") : asked.token_file;
  if (options.server.token.empty() && !path.empty()) {
    std::ifstream file(path);
    if (!file) throw CLI::FileError::Missing(path);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    options.server.token = base::trim(text);
  }
  return options;
}

class Verbs {
 public:
  Verbs(CLI::App& program, std::function<int()>& action) : program_(program), action_(action) {}

  void add() {
    add_post();
    CLI::App* trends = verb(program_, "trends", "What is rising, from a running server.",
                            [asked = asked_](const client::Options& options) {
                              return client::list_trends(options, asked->search, asked->limit);
                            });
    trends->add_option("--search", asked_->search, "Only those with these words");
    trends->add_option("--limit", asked_->limit, "How many")->check(CLI::Range(1, 200));
    verb(program_, "accounts", "The connected accounts of a running server.",
         client::list_accounts);
  }

 private:
  using Run = std::function<int(const client::Options&)>;

  CLI::App* verb(CLI::App& parent, const std::string& name, const std::string& help, Run run) {
    CLI::App* command = parent.add_subcommand(name, help);
    command->add_option("--url", asked_->url,
                        "The server (SOCIALTREND_URL, default http://127.0.0.1:8080)");
    command->add_option(
        "--token-file", asked_->token_file,
        "File with a personal token (SOCIALTREND_TOKEN_FILE; or SOCIALTREND_TOKEN)");
    command->add_flag("--json", asked_->json, "The API's answer instead of lines for people");
    command->callback(
        [this, run] { action_ = [asked = asked_, run] { return run(options_of(*asked)); }; });
    return command;
  }

  // A verb about one post.
  CLI::App* of_post(CLI::App& parent, const std::string& name, const std::string& help, Run run) {
    CLI::App* command = verb(parent, name, help, std::move(run));
    command->add_option("ID", asked_->id, "The post")->required();
    return command;
  }

  void add_post() {
    CLI::App* post = program_.add_subcommand("post", "Write, schedule and follow posts.");
    post->require_subcommand(1);
    add_create(*post);
    CLI::App* list =
        verb(*post, "list", "Posts, the newest first.",
             [asked = asked_](const client::Options& options) {
               return client::list_posts(options, asked->state, asked->search, asked->limit);
             });
    list->add_option("--state", asked_->state, "scheduled, published, needs_decision, ...");
    list->add_option("--search", asked_->search, "Only those with these words");
    list->add_option("--limit", asked_->limit, "How many")->check(CLI::Range(1, 200));
    of_post(*post, "show", "A post and what became of it.",
            [asked = asked_](const client::Options& options) {
              return client::show_post(options, asked->id);
            });
    of_post(*post, "timeline", "Everything that happened to a post.",
            [asked = asked_](const client::Options& options) {
              return client::show_timeline(options, asked->id);
            });
    for (const auto& [name, help] : {std::pair{"publish", "Publish it now."},
                                     {"cancel", "Call off what is not out yet."},
                                     {"approve", "Approve it."}}) {
      of_post(*post, name, help,
              [asked = asked_, what = std::string(name)](const client::Options& options) {
                return client::change_post(options, asked->id, what);
              });
    }
    of_post(*post, "reject", "Send it back to its author.",
            [asked = asked_](const client::Options& options) {
              return client::reject_post(options, asked->id, asked->reason);
            })
        ->add_option("--reason", asked_->reason, "What should change")
        ->required();
    CLI::App* decide =
        of_post(*post, "decide", "Say what happened to a target nobody can ask about.",
                [asked = asked_](const client::Options& options) {
                  return client::decide(options, asked->id, asked->target, asked->decision);
                });
    decide->add_option("TARGET", asked_->target, "The target (post show prints it)")->required();
    decide->add_option("DECISION", asked_->decision, "What is true, or what shall be done")
        ->required()
        ->check(CLI::IsMember({"it_was_published", "send_again", "give_up"}));
    CLI::App* bulk = verb(*post, "bulk", "Schedule the rows of a CSV file, all or none.",
                          [asked = asked_](const client::Options& options) {
                            return client::schedule_many(options, asked->file, asked->post.dry_run);
                          });
    bulk->add_option("FILE", asked_->file, "docs/calendar.md has the columns")->required();
    bulk->add_flag("--dry-run", asked_->post.dry_run, "Only say what would happen");
  }

  void add_create(CLI::App& post) {
    CLI::App* create = verb(post, "create", "A post; without a time it is a draft.",
                            [asked = asked_](const client::Options& options) {
                              return client::create_post(options, asked->post);
                            });
    client::NewPost& wish = asked_->post;
    create->add_option("TEXT", wish.parts, "Its text, - for standard input; several: a thread")
        ->required();
    create->add_option("--account,-a", wish.accounts, "Id, @handle or network; may be repeated")
        ->required()
        ->allow_extra_args(false);
    create->add_option("--media,-m", wish.media, "FILE or FILE=DESCRIPTION; may be repeated")
        ->allow_extra_args(false);
    create->add_option("--language", wish.language, "Of the text, such as en");
    auto* when = create->add_option_group("when");
    when->require_option(0, 1);
    when->add_flag("--now", wish.now, "Publish at once");
    when->add_flag("--next-slot", wish.next_slot, "In the account's next free slot");
    when->add_option("--at", wish.at, "2026-12-24T17:00:00Z");
    when->add_option("--local", wish.local, "Wall time, 2026-12-24T18:00, in --zone");
    create->add_option("--zone", wish.time_zone, "Europe/Paris (default: the workspace's)");
    create->add_flag("--dry-run", wish.dry_run, "Only say what each network would say");
  }

  CLI::App& program_;
  std::function<int()>& action_;
  std::shared_ptr<Asked> asked_ = std::make_shared<Asked>();
};

}  // namespace

void add_client_verbs(CLI::App& program, std::function<int()>& action) {
  // The callbacks point into it: it lives as long as the program.
  static auto verbs = std::make_unique<Verbs>(program, action);
  verbs->add();
}

}  // namespace app
