#include "trends/sources/mastodon_events.h"

#include "base/json.h"
#include "trends/sources/mastodon_items.h"

namespace trends {
namespace {

constexpr std::size_t id_max = 40;
constexpr std::size_t uri_max = 300;  // longer ones are no ids of mentions either

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= id_max &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Ids are decimal numbers as text: the longer is the larger.
bool is_newer(const std::string& id, const std::string& than) {
  return id.size() != than.size() ? id.size() > than.size() : id > than;
}

}  // namespace

MastodonEvents::MastodonEvents(std::string_view newest, std::size_t generation_max)
    : newest_(is_id(newest) ? newest : ""), generation_max_(generation_max) {}

void MastodonEvents::read_frame(std::string_view frame, base::Instant now, Batch& batch) {
  const auto message = base::parse_json(frame);
  if (!message || !message->is_object()) {
    ++batch.rejected;
    return;
  }
  const std::string event = base::text_at(*message, "/event");
  const std::string payload = base::text_at(*message, "/payload");
  if (event == "delete") {
    const std::string uri = uri_of(payload);
    if (!uri.empty()) batch.gone.push_back(uri);
    return;
  }
  if (event != "update" && event != "status.update") return;  // of interest to people only
  const auto status = base::parse_json(payload);
  if (!status || !status->is_object()) {
    ++batch.rejected;
  } else if (event == "update") {
    read_new(*status, now, batch);
  } else if (std::string uri = base::text_at(*status, "/uri"); !uri.empty()) {
    remember(*status);
    batch.gone.push_back(std::move(uri));
  } else {
    ++batch.rejected;
  }
}

void MastodonEvents::read_timeline(const json::value& list, base::Instant now, Batch& batch) {
  if (!list.is_array()) throw base::Unavailable("The list of statuses is not a list");
  for (const json::value& status : list.get_array()) read_new(status, now, batch);
}

void MastodonEvents::read_new(const json::value& status, base::Instant now, Batch& batch) {
  read_status(status, now, batch);
  remember(status);
  const std::string id = base::text_at(status, "/id");
  if (is_id(id) && is_newer(id, newest_)) newest_ = id;
}

void MastodonEvents::remember(const json::value& status) {
  std::string id = base::text_at(status, "/id");
  std::string uri = base::text_at(status, "/uri");
  if (!is_id(id) || uri.empty() || uri.size() > uri_max) return;
  if (current_.size() >= generation_max_) previous_ = std::exchange(current_, {});
  current_.insert_or_assign(std::move(id), std::move(uri));
}

std::string MastodonEvents::uri_of(const std::string& id) const {
  for (const auto* ids : {&current_, &previous_}) {
    if (const auto known = ids->find(id); known != ids->end()) return known->second;
  }
  return "";
}

}  // namespace trends
