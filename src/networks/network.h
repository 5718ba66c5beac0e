// What a social network is to us: a connector. One file per network and one line in all.def;
// nothing else in the program (page, database, worker) names a network.
//
// A target is published in steps, so that a crash between any two of them can be told apart:
//   prepare()  may upload media (invisible, repeatable) and answers with the frozen payload: the
//              exact bytes to send, with the idempotency key or client-chosen record key inside.
//              The worker commits it before the next step. Work of several steps (containers,
//              upload sessions, media that the network converts) is kept in Context::progress, so
//              that whoever goes on after a crash does not begin anew.
//   publish()  sends the frozen payload. From its first byte on, no answer means Unknown, never
//              "try again".
//   find()     asks the network whether the frozen payload was published: the way out of Unknown.
//
// Connectors are stateless and live as long as the program; they never throw for what a network
// answers. They run on one loop, many calls at once. Text is counted here and nowhere else; the
// page gets the same numbers over the API.
#pragma once

#include "base/error.h"
#include "base/id.h"
#include "base/time.h"
#include "http/client.h"
#include "http/websocket.h"
#include "networks/setting.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json.hpp>

namespace networks {

namespace json = boost::json;

// What may be done after an unknown outcome (docs/publishing.md).
enum class RetryClass {
  safe_by_key,     // A: sending the same frozen payload again cannot double
  safe_by_lookup,  // B: find() tells for certain
  blind,           // C: nobody can tell; only a person may decide
};
std::string_view to_string(RetryClass value);

// emoji_bytes: code points, but an emoji is as many as it has bytes (Threads). weighted: as X
// counts.
enum class CountUnit {
  graphemes,
  code_points,
  utf16_units,
  bytes,
  mastodon,
  emoji_bytes,
  weighted
};

struct Limits {
  CountUnit unit = CountUnit::graphemes;
  std::int64_t text_max = 0;    // in `unit`; 0 = none
  std::int64_t bytes_max = 0;   // also in bytes; 0 = none
  std::int64_t url_length = 0;  // every URL counts as this many; 0 = as written
  std::int64_t media_max = 0;   // files per post
  std::int64_t media_min = 0;   // of a post; 1 where nothing goes out without a picture
  std::int64_t image_bytes_max = 0;
  std::int64_t image_side_max = 0;            // pixels, of the longer side; 0 = none
  std::int64_t image_pixels_max = 0;          // width times height; 0 = none
  std::int64_t alt_text_max = 0;              // code points
  std::vector<std::string> media_types = {};  // "image/png", ...
};

enum class Threads { none, one_request, part_by_part };

struct About {
  std::string id;     // "bluesky"
  std::string label;  // "Bluesky"
  std::string color;  // "#1185fe", for its badge
  RetryClass retry = RetryClass::blind;
  // One sentence that a marketer understands: what happens after a lost answer.
  std::string retry_note;
  Limits limits;  // before an account is known; an account's own may differ (Mastodon)
  Threads threads = Threads::none;
  bool alt_text = false;
  std::vector<Setting> settings;
};

struct Image {
  base::MediaId id;
  std::string content_type;
  std::string bytes;
  std::string alt_text;
  std::int64_t width = 0;
  std::int64_t height = 0;
  std::string public_url = {};  // signed, short-lived, for networks that fetch; may be empty
};

// Description of media without its bytes, for checking.
struct MediaInfo {
  base::MediaId id;
  std::string content_type;
  std::int64_t bytes = 0;
  std::string alt_text;
};

// A connected account as connectors see it. `credentials` is decrypted and secret; `details` is
// public knowledge (instance limits, relay list, DID).
struct Account {
  base::AccountId id;
  std::string network;
  std::string remote_id;
  std::string handle;
  json::object credentials;
  json::object details;
};

struct Part {
  std::string text;
  std::vector<Image> media;
};

// What a target says: one part, or all parts of a thread where the network takes them in one
// request.
struct Content {
  std::vector<Part> parts;
  std::string language;  // BCP 47, may be empty
  // Of the part before this one, for Threads::part_by_part: what its Published said.
  std::optional<json::object> reply_to;
};

struct PartDraft {
  std::string text;
  std::vector<MediaInfo> media;
};

struct Count {
  std::int64_t used = 0;
  std::int64_t max = 0;  // 0 = unlimited
  CountUnit unit = CountUnit::graphemes;
};

// Names one publication for ever: made once per target, used in every attempt.
struct Key {
  std::string value;         // 128 random bits, hex
  base::Instant created_at;  // fixed with the first attempt, so that payload bytes match
};

struct Frozen {
  // JSON, exactly what publish() needs beside credentials; never holds a secret.
  std::string payload;
};

// Where the post is. `reference` is what a reply needs (uri and cid, a status id).
struct Published {
  std::string remote_id;
  std::string url;
  json::object reference;
};
struct Rejected {  // the network said no and will say no again
  std::string code;
  std::string reason;
};
struct RetryLater {               // certain that it was not accepted
  std::chrono::seconds after{0};  // 0 = the caller's backoff
  std::string reason;
};
struct Unknown {  // sent, and no trustworthy answer
  std::string reason;
};
struct AccountBroken {  // credentials are revoked or wrong: pause the account, keep the target
  std::string reason;
};
using Outcome = std::variant<Published, Rejected, RetryLater, Unknown, AccountBroken>;

struct NotThere {};  // certain: it was not published
// No way to ask, or no trustworthy answer now. Where the account's retry class is safe_by_key,
// publishing the same frozen payload again is then allowed, and is the look-up.
struct CannotKnow {
  std::string reason;
  bool try_again = false;  // a later look-up may know
};
using Found = std::variant<Published, NotThere, CannotKnow>;

struct StillWorking {  // the network is busy with what it was given: ask again then
  std::chrono::seconds after{5};
  std::string reason;  // "Instagram is processing the images."
};
using Prepared = std::variant<Frozen, Rejected, RetryLater, AccountBroken, StillWorking>;

// What a network lets one account publish within any span of `window`: enforced for all workers
// together, and told to people when they schedule more than fits.
struct Budget {
  std::string name;  // "posts in 24 hours": for people, and unique within the network
  std::int64_t units = 0;
  std::chrono::seconds window{0};
  std::int64_t cost = 1;  // of publishing one target
};

struct Renewed {
  json::object credentials;  // all of them, never empty
};
using Renewal = std::variant<Renewed, RetryLater, AccountBroken>;

struct Identity {
  std::string remote_id;
  std::string handle;
  std::string display_name;
  std::string url;
  std::string avatar_url;
  json::object details;
  json::object credentials;
  // Names of `credentials` that were made here and that the person needs too (a new secret key, a
  // signing secret): the answer to connecting may show them, once; nothing shows them later.
  std::vector<std::string> show_once = {};
};

// Sessions and tokens that a connector renews are saved at once, in the account's own lock.
class CredentialStore {
 public:
  virtual ~CredentialStore() = default;
  virtual io::Task<> save(base::AccountId account, json::object credentials) = 0;
};

// What prepare() has reached, kept durably with the target: a crash, or another worker, goes on
// from there. Holds no secret beyond what the payload may hold.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual const json::object& value() const = 0;  // as saved last; empty at first
  // Durable when it returns; throws when the target is not this worker's any more.
  virtual io::Task<> save(json::object value) = 0;
};

// The network that is this program itself: a feed which it serves. Put twice with one key, it stays
// one item.
class LocalFeed {
 public:
  virtual ~LocalFeed() = default;
  virtual io::Task<> put(base::AccountId account, std::string key, json::object item) = 0;
  virtual io::Task<bool> contains(base::AccountId account, std::string key) = 0;
};

// What else was published here: an account can say the same words twice, and a look-up by words
// must not take another target's post for its own.
class OtherPosts {
 public:
  virtual ~OtherPosts() = default;
  // Is this post of the network known to be another target's?
  virtual io::Task<bool> include(base::AccountId account, std::string remote_id) = 0;
};

// The doors a connector may use.
struct Context {
  http::Client* http = nullptr;
  LocalFeed* feed = nullptr;
  http::WebSocketConnector* websockets = nullptr;
  CredentialStore* credentials = nullptr;
  const base::Clock* clock = nullptr;
  Progress* progress = nullptr;  // while preparing; else null
  OtherPosts* others = nullptr;  // while looking up; may be null
  std::string public_url;        // where this server is reached; may be empty
};

class Network {
 public:
  virtual ~Network() = default;
  virtual const About& about() const = 0;

  // What holds for this account: one network can be several kinds of server. about().retry by
  // default.
  virtual RetryClass retry_class(const Account& account) const;

  // The limits of this account; about().limits when it has none of its own.
  virtual Limits limits(const Account& account) const;
  // As the network counts.
  virtual Count count(std::string_view text, const Limits& limits) const;
  // Everything that the network would refuse, by field ("parts[0].text"), with the limit. Pure.
  virtual std::vector<base::FieldError> check(const std::vector<PartDraft>& parts,
                                              const Limits& limits) const;

  // Turns the settings form into an identity, by asking the network. Errors name the field.
  virtual io::Task<base::Result<Identity>> connect(Context context,
                                                   json::object settings) const = 0;
  // Still connected? Nothing when well, else what is wrong. `broken`: a person must reconnect.
  struct Health {
    bool ok = true;
    bool broken = false;
    std::string message;
    json::object details = {};  // refreshed limits, when known
  };
  virtual io::Task<Health> test(Context context, Account account) const = 0;

  // What the account may publish; none by default. Pure.
  virtual std::vector<Budget> budgets(const Account& account) const;

  // When the credentials should be renewed, well before they run out; nothing when they do not run
  // out or are renewed on the way. Pure.
  virtual std::optional<base::Instant> renew_at(const Account& account) const;
  // One process at a time calls it for an account. Only the grant's own refusal is AccountBroken;
  // a network that is down is RetryLater.
  virtual io::Task<Renewal> renew(Context context, Account account) const;

  virtual io::Task<Prepared> prepare(Context context, Account account, Content content,
                                     Key key) const = 0;
  virtual io::Task<Outcome> publish(Context context, Account account, Frozen frozen) const = 0;
  virtual io::Task<Found> find(Context context, Account account, Frozen frozen) const = 0;
};

// Every connector of all.def, in its order.
const std::vector<std::unique_ptr<Network>>& all();
// Null when there is none of that id.
const Network* by_id(std::string_view id);

// About as the API shows it (GET /api/networks), limits and settings included.
json::object to_json(const About& about);
json::object to_json(const Limits& limits);
std::string_view to_string(CountUnit value);
std::string_view to_string(Threads value);

}  // namespace networks
