#include "trends/sources/jetstream_frames.h"

#include "base/json.h"

#include <simdjson.h>

namespace trends {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view post_collection = "app.bsky.feed.post";
// Client clocks are wrong and posts are imported from archives; what a post says of its own time
// counts only if it is about the time at which the network saw it.
constexpr base::Duration believed_age = std::chrono::minutes{10};
constexpr std::int64_t first_time_us = 1'000'000'000'000'000;  // below are sequence numbers
constexpr std::size_t tags_max = 30;
constexpr std::size_t facets_max = 100;

std::string_view text_of(simdjson::simdjson_result<dom::element> element) {
  std::string_view text;
  if (element.get_string().get(text) != simdjson::SUCCESS) return {};
  return text;
}

std::int64_t integer_of(simdjson::simdjson_result<dom::element> element) {
  std::int64_t number = 0;
  if (element.get_int64().get(number) != simdjson::SUCCESS) return -1;
  return number;
}

struct Span {
  std::size_t begin;
  std::size_t end;
};

bool on_boundary(std::string_view text, std::size_t at) {
  return at == text.size() || (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
}

// Offsets of facets count bytes of UTF-8, and come from clients.
std::optional<Span> facet_span(const dom::element& facet, std::string_view text) {
  const std::int64_t begin = integer_of(facet["index"]["byteStart"]);
  const std::int64_t end = integer_of(facet["index"]["byteEnd"]);
  if (begin < 0 || end <= begin || end > static_cast<std::int64_t>(text.size())) return {};
  const Span span{static_cast<std::size_t>(begin), static_cast<std::size_t>(end)};
  if (!on_boundary(text, span.begin) || !on_boundary(text, span.end)) return {};
  return span;
}

// A link is shown as a shortened address ("example.org/some…"), which says nothing that the link
// does not; words that a person wrote over a link stay.
bool is_shown_address(std::string_view shown) {
  return shown.find(' ') == std::string_view::npos && shown.find('.') != std::string_view::npos;
}

struct PostReader {
  Mention& mention;
  std::vector<Span> blanks = {};

  void feature(const dom::element& feature, const std::optional<Span>& span) {
    if (const auto tag = text_of(feature["tag"]); !tag.empty()) add_tag(tag);
    const auto uri = text_of(feature["uri"]);
    if (uri.empty()) return;
    mention.links.emplace_back(uri);
    if (span && is_shown_address(
                    std::string_view(mention.text).substr(span->begin, span->end - span->begin))) {
      blanks.push_back(*span);
    }
  }

  void add_tag(std::string_view tag) {
    if (mention.tags.size() < tags_max) mention.tags.emplace_back(tag);
  }

  void facets(const dom::element& record) {
    dom::array list;
    if (record["facets"].get_array().get(list) != simdjson::SUCCESS) return;
    std::size_t left = facets_max;
    for (const dom::element facet : list) {
      if (left-- == 0) break;
      dom::array features;
      if (facet["features"].get_array().get(features) != simdjson::SUCCESS) continue;
      const auto span = facet_span(facet, mention.text);
      for (const dom::element item : features) {
        if (left == 0) break;
        --left;
        feature(item, span);
      }
    }
  }

  void outer_tags(const dom::element& record) {
    dom::array list;
    if (record["tags"].get_array().get(list) != simdjson::SUCCESS) return;
    for (const dom::element tag : list) {
      std::string_view text;
      if (tag.get_string().get(text) == simdjson::SUCCESS) add_tag(text);
    }
  }

  void embedded_link(const dom::element& record) {
    const auto uri = text_of(record["embed"]["external"]["uri"]);
    if (!uri.empty()) mention.links.emplace_back(uri);
  }

  void blank_addresses() {
    for (const Span& span : blanks) {
      std::fill(mention.text.begin() + static_cast<std::ptrdiff_t>(span.begin),
                mention.text.begin() + static_cast<std::ptrdiff_t>(span.end), ' ');
    }
  }
};

struct Commit {
  std::string_view did;
  std::string_view rkey;
  dom::element record;
  std::int64_t time_us = 0;
};

base::Instant believed_time(std::string_view created, std::int64_t server_us, base::Instant now) {
  const auto server = std::min(base::from_micros(server_us), now);
  const auto said = base::parse_rfc3339(created);
  if (!said || *said > server || *said < server - believed_age) return server;
  return *said;
}

std::string id_of(const Commit& commit) { return fmt::format("{}/{}", commit.did, commit.rkey); }

std::optional<Mention> read_post(const Commit& commit, base::Instant now) {
  std::string_view text;
  if (commit.record["text"].get_string().get(text) != simdjson::SUCCESS) return {};
  if (commit.did.empty() || commit.rkey.empty()) return {};
  Mention mention{.id = id_of(commit),
                  .at = believed_time(text_of(commit.record["createdAt"]), commit.time_us, now),
                  .author = std::string(commit.did),
                  .text = std::string(text),
                  .language = std::string(text_of(commit.record["langs"].at(0)))};
  mention.url = fmt::format("https://bsky.app/profile/{}/post/{}", commit.did, commit.rkey);
  PostReader reader{mention};
  reader.facets(commit.record);
  reader.outer_tags(commit.record);
  reader.embedded_link(commit.record);
  reader.blank_addresses();
  return mention;
}

// Adds what a frame says to the batch.
class FrameReader {
 public:
  FrameReader(JetstreamBatch& batch, base::Instant now) : batch_(batch), now_(now) {}

  void read(const dom::element& frame) {
    const auto type = text_of(frame["$type"]);
    if (type == "error") {
      batch_.error = std::string(text_of(frame["error"]));
      if (batch_.error.empty()) batch_.error = "an error without a name";
    } else if (type == "message") {
      version_2(frame);
    } else {
      version_1(frame);
    }
  }

 private:
  void version_1(const dom::element& frame) {
    const std::int64_t time_us = integer_of(frame["time_us"]);
    const auto kind = text_of(frame["kind"]);
    if (!advance(time_us) || kind.empty()) {
      ++batch_.rejected;
      return;
    }
    if (kind != "commit") return;  // #account and #identity come whatever one asks for
    const auto commit = frame["commit"];
    post(text_of(commit["operation"]), text_of(commit["collection"]), commit["record"],
         {.did = text_of(frame["did"]), .rkey = text_of(commit["rkey"]), .time_us = time_us});
  }

  void version_2(const dom::element& frame) {
    const auto payload = frame["payload"];
    const auto time = base::parse_rfc3339(text_of(payload["time"]));
    const std::int64_t seq = integer_of(payload["seq"]);
    const bool placed = time && seq > 0 && seq < first_time_us && advance(base::to_micros(*time));
    if (!placed) {
      ++batch_.rejected;
      return;
    }
    batch_.seq = std::max(batch_.seq, seq);
    if (!text_of(payload["$type"]).ends_with("#commit")) return;
    post(text_of(payload["operation"]), text_of(payload["collection"]), payload["record"],
         {.did = text_of(payload["did"]),
          .rkey = text_of(payload["rkey"]),
          .time_us = base::to_micros(*time)});
  }

  bool advance(std::int64_t time_us) {
    if (time_us < first_time_us) return false;
    if (base::from_micros(time_us) > now_ + std::chrono::hours{1}) return false;
    batch_.time_us = std::max(batch_.time_us, time_us);
    return true;
  }

  void post(std::string_view operation, std::string_view collection,
            simdjson::simdjson_result<dom::element> record, Commit commit) {
    if (collection != post_collection) return;
    if (operation == "delete" || operation == "update") {
      if (!commit.did.empty() && !commit.rkey.empty()) batch_.gone.push_back(id_of(commit));
      return;
    }
    if (operation != "create") return;
    if (record.get(commit.record) != simdjson::SUCCESS) {
      ++batch_.rejected;
    } else if (auto mention = read_post(commit, now_)) {
      batch_.mentions.push_back(std::move(*mention));
    } else {
      ++batch_.rejected;
    }
  }

  JetstreamBatch& batch_;
  base::Instant now_;
};

dom::parser& shared_parser() {
  thread_local dom::parser parser;
#ifdef SIMDJSON_THREADS_ENABLED
  parser.threaded = false;  // a batch is far too small for a thread
#endif
  return parser;
}

// All frames in one document stream; false when one of them is broken (then nothing of the batch
// can be trusted).
bool parse_together(const std::vector<std::string>& frames, base::Instant now,
                    JetstreamBatch& batch) {
  std::size_t size = 0;
  for (const std::string& frame : frames) size += frame.size() + 1;
  simdjson::padded_string all(size);
  char* out = all.data();
  for (const std::string& frame : frames) {
    out = std::copy(frame.begin(), frame.end(), out);
    *out++ = '\n';
  }
  dom::document_stream documents;
  if (shared_parser().parse_many(all, size + 64).get(documents) != simdjson::SUCCESS) return false;
  FrameReader reader(batch, now);
  std::size_t count = 0;
  for (auto document : documents) {
    dom::element element;
    if (document.get(element) != simdjson::SUCCESS) return false;
    reader.read(element);
    ++count;
  }
  return count == frames.size();
}

void parse_apart(const std::vector<std::string>& frames, base::Instant now, JetstreamBatch& batch) {
  FrameReader reader(batch, now);
  for (const std::string& frame : frames) {
    dom::element element;
    if (shared_parser().parse(frame).get(element) == simdjson::SUCCESS) {
      reader.read(element);
    } else {
      ++batch.rejected;
    }
  }
}

}  // namespace

JetstreamBatch parse_jetstream(const std::vector<std::string>& frames, base::Instant now) {
  JetstreamBatch together;
  if (parse_together(frames, now, together)) return together;
  JetstreamBatch apart;
  parse_apart(frames, now, apart);
  return apart;
}

std::string JetstreamPosition::to_text() const {
  return json::serialize(json::object{{"time_us", time_us}, {"seq", seq}, {"host", host}});
}

JetstreamPosition JetstreamPosition::parse(std::string_view text) {
  auto value = base::parse_json(text);
  if (!value || !value->is_object()) return {};
  JetstreamPosition position{.time_us = base::integer_at(*value, "/time_us"),
                             .seq = base::integer_at(*value, "/seq"),
                             .host = base::text_at(*value, "/host")};
  if (position.time_us < first_time_us) position.time_us = 0;
  if (position.seq <= 0 || position.seq >= first_time_us) position.seq = 0;
  return position;
}

}  // namespace trends
