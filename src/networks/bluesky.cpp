// Bluesky (AT Protocol). We choose the record keys, so a post can be asked for, and sent again, by
// its own name.
#include "base/check.h"
#include "base/json.h"
#include "base/text.h"
#include "networks/answer.h"
#include "networks/bluesky/facets.h"
#include "networks/bluesky/records.h"
#include "networks/bluesky/session.h"
#include "networks/fields.h"

namespace networks {
namespace {

using bluesky::Failure;
using bluesky::PostText;
using bluesky::Reply;
using bluesky::Xrpc;

constexpr std::string_view collection = "app.bsky.feed.post";
constexpr std::size_t mentions_max = 20;  // that are looked up for one post

About make_about() {
  return {.id = "bluesky",
          .label = "Bluesky",
          .color = "#1185fe",
          .retry = RetryClass::safe_by_key,
          .retry_note =
              "If an answer is lost, the post is looked up by its own key, and it can never appear "
              "twice.",
          .limits = {.unit = CountUnit::graphemes,
                     .text_max = 300,
                     .bytes_max = 3000,
                     .media_max = 4,
                     .image_bytes_max = 2'000'000,
                     .alt_text_max = 2000,
                     .media_types = {"image/jpeg", "image/png", "image/webp", "image/gif"}},
          .threads = Threads::one_request,
          .alt_text = true,
          .settings = {
              {.key = "identifier",
               .label = "Handle",
               .help = "Your handle, for example name.bsky.social."},
              {.key = "app_password",
               .label = "App password",
               .help = "Make one in Bluesky under Settings, Privacy and security, App passwords.",
               .type = Setting::Type::secret},
              {.key = "service",
               .label = "Server",
               .help = "Leave it as it is, unless your account is on a server of its own.",
               .type = Setting::Type::url,
               .required = false,
               .fallback = "https://bsky.social"}}};
}

http::Query record_query(const std::string& did, const std::string& rkey) {
  return {.pairs = {{"repo", did}, {"collection", std::string(collection)}, {"rkey", rkey}}};
}

// "at://did/collection/rkey" as people open it.
Published published(const std::string& did, const json::array& writes) {
  const auto& first = writes.front().get_object();
  return {.remote_id = text_field(first, "uri"),
          .url = fmt::format("https://bsky.app/profile/{}/post/{}", did, text_field(first, "rkey")),
          .reference = bluesky::make_reference(writes)};
}

// Is the record that stands at our key ours? Its owner may have edited it with another program, so
// the same text and time are proof enough.
bool is_ours(const json::object& found, const json::object& write) {
  if (text_field(found, "cid") == text_field(write, "cid")) return true;
  const auto* there = object_field(found, "value");
  const auto* ours = object_field(write, "record");
  return there != nullptr && ours != nullptr &&
         text_field(*there, "createdAt") == text_field(*ours, "createdAt") &&
         text_field(*there, "text") == text_field(*ours, "text");
}

// What publish() sends. Values with nothing but our own fields.
json::object put_body(const std::string& did, const json::object& write) {
  // swapRecord null: only if there is nothing at this key yet.
  return {{"repo", did},
          {"collection", collection},
          {"rkey", write.at("rkey")},
          {"record", write.at("record")},
          {"swapRecord", nullptr}};
}

json::object apply_body(const std::string& did, const json::array& writes) {
  json::array creates;
  for (const auto& write : writes) {
    creates.push_back(json::object{{"$type", "com.atproto.repo.applyWrites#create"},
                                   {"collection", collection},
                                   {"rkey", write.at("rkey")},
                                   {"value", write.at("record")}});
  }
  return {{"repo", did}, {"writes", std::move(creates)}};
}

class Bluesky final : public Network {
 public:
  const About& about() const override { return about_; }

  // A repository takes 5,000 points of writes in an hour and 35,000 in a day; a new post is 3.
  std::vector<Budget> budgets(const Account&) const override {
    constexpr std::int64_t points_of_a_post = 3;
    return {{.name = "points in an hour",
             .units = 5'000,
             .window = std::chrono::hours{1},
             .cost = points_of_a_post},
            {.name = "points in a day",
             .units = 35'000,
             .window = std::chrono::hours{24},
             .cost = points_of_a_post}};
  }

  io::Task<base::Result<Identity>> connect(Context context, json::object settings) const override {
    auto checked = check_settings(about_.settings, settings);
    if (!checked) co_return std::unexpected(checked.error());
    std::string identifier = text_field(*checked, "identifier");
    if (identifier.starts_with('@')) identifier.erase(0, 1);
    const std::string password = text_field(*checked, "app_password");
    std::string service = text_field(*checked, "service");
    while (service.ends_with('/')) service.pop_back();
    const auto session = co_await bluesky::create_session(context, service, identifier, password);
    if (!session)
      co_return std::unexpected(while_connecting(session.error().outcome, "app_password"));
    Identity identity{
        .remote_id = session->did,
        .handle = session->handle,
        .display_name = session->handle,
        .url = "https://bsky.app/profile/" + session->did,
        .details = {{"service", service}, {"did", session->did}},
        .credentials = {
            {"service", service}, {"identifier", identifier}, {"app_password", password}}};
    bluesky::put_session(identity.credentials, *session);
    co_return identity;
  }

  io::Task<Health> test(Context context, Account account) const override {
    Xrpc xrpc(context, account);
    const auto session = co_await xrpc.get("com.atproto.server.getSession", {});
    if (!session) co_return while_testing(session.error().outcome);
    if (text_field(*session, "did") != account.remote_id)
      co_return while_testing(Unknown{"Bluesky: the answer cannot be read"});
    co_return Health{};
  }

  io::Task<Prepared> prepare(Context context, Account account, Content content,
                             Key key) const override {
    CHECK(!content.parts.empty());
    Xrpc xrpc(context, account);
    std::vector<PostText> posts;
    for (auto& part : content.parts) {
      PostText post{.text = part.text};
      for (auto& image : part.media) {
        auto reply = co_await xrpc.upload(std::move(image.bytes), image.content_type);
        if (!reply) co_return while_preparing(std::move(reply.error().outcome));
        const auto* blob = reply->if_contains("blob");
        if (blob == nullptr || !blob->is_object()) {
          co_return RetryLater{.reason = "Bluesky: the answer to an upload cannot be read"};
        }
        post.pictures.push_back({.blob = blob->get_object(),
                                 .alt_text = image.alt_text,
                                 .width = image.width,
                                 .height = image.height});
      }
      posts.push_back(std::move(post));
    }
    bluesky::ThreadPlan plan{
        .did = account.remote_id, .language = content.language, .reply_to = content.reply_to};
    plan.known = co_await resolve_mentions(xrpc, posts);
    auto writes = bluesky::make_records(posts, plan, key);
    co_return Frozen{
        json::serialize(json::object{{"did", plan.did}, {"writes", std::move(writes)}})};
  }

  io::Task<Outcome> publish(Context context, Account account, Frozen frozen) const override {
    const auto payload = thaw(frozen);
    const std::string did = text_field(payload, "did");
    const auto& writes = payload.at("writes").get_array();
    Xrpc xrpc(context, account);
    if (writes.size() == 1) co_return co_await publish_one(xrpc, did, writes);
    const auto reply = co_await xrpc.post("com.atproto.repo.applyWrites", apply_body(did, writes));
    if (!reply) co_return refused_thread(reply.error());
    co_return published(did, writes);
  }

  io::Task<Found> find(Context context, Account account, Frozen frozen) const override {
    const auto payload = thaw(frozen);
    Xrpc xrpc(context, account);
    co_return co_await look_up(xrpc, text_field(payload, "did"), payload.at("writes").get_array());
  }

 private:
  // Best effort: somebody who cannot be found stays plain text.
  static io::Task<std::map<std::string, std::string>> resolve_mentions(
      Xrpc xrpc, std::vector<PostText> posts) {
    std::map<std::string, std::string> known;
    std::set<std::string> asked;
    for (const auto& post : posts) {
      for (const auto& mention : bluesky::find_mentions(post.text)) {
        if (asked.size() == mentions_max || !asked.insert(mention.handle).second) continue;
        const auto reply = co_await xrpc.get("com.atproto.identity.resolveHandle",
                                             {.pairs = {{"handle", mention.handle}}});
        const std::string did = reply ? text_field(*reply, "did") : "";
        if (bluesky::is_did(did)) known[mention.handle] = did;
      }
    }
    co_return known;
  }

  static io::Task<Outcome> publish_one(Xrpc xrpc, std::string did, json::array writes) {
    const auto& write = writes.front().get_object();
    const auto reply = co_await xrpc.post("com.atproto.repo.putRecord", put_body(did, write));
    if (reply) {
      json::array confirmed = writes;
      const std::string cid = text_field(*reply, "cid");
      if (text_field(*reply, "uri") != text_field(write, "uri") || cid.empty()) {
        co_return Unknown{"Bluesky: the answer is not about this post"};
      }
      confirmed.front().get_object()["cid"] = cid;
      co_return published(did, confirmed);
    }
    if (reply.error().code != "InvalidSwap") co_return reply.error().outcome;
    // Something stands at this key already: this post, most likely, from a try whose answer was
    // lost.
    auto found = co_await look_up(xrpc, did, writes);
    if (auto* there = std::get_if<Published>(&found)) co_return std::move(*there);
    if (const auto* unclear = std::get_if<CannotKnow>(&found);
        unclear != nullptr && !unclear->try_again) {
      co_return Rejected{.code = "key_taken", .reason = unclear->reason};
    }
    co_return Unknown{
        "Bluesky: something stands in this post's place already, and cannot be read now"};
  }

  // A create of a record that exists answers 400 or 500, in words that differ from version to
  // version: whether that is this thread from an earlier try, only find() can tell.
  static Outcome refused_thread(const Failure& failure) {
    const std::string reason = base::to_lower_ascii(reason_of(failure.outcome));
    if (reason.find("already exists") != std::string::npos || failure.code == "InvalidSwap") {
      return Unknown{"Bluesky: a part of this thread is there already"};
    }
    return failure.outcome;
  }

  // A thread is applied as a whole; the first and the last record speak for it.
  static io::Task<Found> look_up(Xrpc xrpc, std::string did, json::array writes) {
    json::array confirmed = writes;
    std::size_t missing = 0;
    std::set<std::size_t> places{0, writes.size() - 1};
    for (const auto place : places) {
      const auto& write = writes[place].get_object();
      const auto reply = co_await xrpc.get("com.atproto.repo.getRecord",
                                           record_query(did, text_field(write, "rkey")));
      if (reply && is_ours(*reply, write)) {
        confirmed[place].get_object()["cid"] = text_field(*reply, "cid");
      } else if (reply) {
        co_return CannotKnow{"Bluesky: another post stands in the place of this one"};
      } else if (reply.error().code == "RecordNotFound") {
        ++missing;
      } else {
        co_return CannotKnow{.reason = reason_of(reply.error().outcome), .try_again = true};
      }
    }
    if (missing == places.size()) co_return NotThere{};
    if (missing > 0)
      co_return CannotKnow{"Bluesky: a part of this thread was deleted on the network"};
    co_return published(did, confirmed);
  }

  const About about_ = make_about();
};

}  // namespace

std::unique_ptr<Network> make_bluesky() { return std::make_unique<Bluesky>(); }

}  // namespace networks
