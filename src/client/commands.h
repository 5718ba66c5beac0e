// What `socialtrend post`, `trends` and `accounts` do: the REST API for a terminal and for scripts.
//
// Each prints a few lines for a person, or the API's own JSON, and returns the exit code: 0 done,
// 1 the server refused or is away (on standard error: why).
#pragma once

#include "client/api.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace client {

struct Options {
  Server server;
  bool json = false;  // the API's answer instead of lines for people
};

struct NewPost {
  std::vector<std::string> parts;     // more than one: a thread; "-" is standard input
  std::vector<std::string> accounts;  // ids, handles or networks
  std::vector<std::string> media;     // of the first part: FILE or FILE=DESCRIPTION
  std::string language;
  bool now = false;
  bool next_slot = false;
  std::string at;         // RFC 3339
  std::string local;      // 2026-12-24T18:00, in `time_zone`
  std::string time_zone;  // empty: the workspace's
  bool dry_run = false;
};

int create_post(const Options& options, const NewPost& wish);
int list_posts(const Options& options, std::string state, std::string search, int limit);
int show_post(const Options& options, std::string id);
int show_timeline(const Options& options, std::string id);
// publish, cancel or approve.
int change_post(const Options& options, std::string id, std::string verb);
int reject_post(const Options& options, std::string id, std::string reason);
int decide(const Options& options, std::string id, std::string target, std::string decision);
int schedule_many(const Options& options, const std::filesystem::path& csv, bool dry_run);
int list_trends(const Options& options, std::string search, int limit);
int list_accounts(const Options& options);

}  // namespace client
