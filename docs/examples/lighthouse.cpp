// Lighthouse: an imagined service that lists the latest notes of its members, for docs/sources.md.
#include "base/json.h"
#include "trends/sources/polite.h"

namespace trends {
namespace {

class Lighthouse final : public Source {
 public:
  const SourceAbout& about() const override { return about_; }

  // Reads the list now and then, for ever. What get_json() throws (the server is away, or asks us
  // to wait) ends this reading; the runner begins it again, later each time, from the last cursor.
  io::Task<> read(SourceContext context, json::object settings, std::string cursor,
                  Sink& sink) const override {
    const std::string url = without_slash(text_setting(settings, "server")) + "/notes?after=";
    for (;;) {
      const auto notes = co_await get_json(context, {.url = url + cursor});
      sink.connected();
      Batch batch = read_notes(notes, context.clock->now());
      if (!batch.cursor.empty()) cursor = batch.cursor;
      // Returns when the mentions are counted: only then is the cursor theirs.
      co_await sink.take(std::move(batch));
      co_await pause(context, with_jitter(std::chrono::minutes{1}));
    }
  }

 private:
  // Anything may come: a field that is missing or of another type makes the note a broken one.
  static Batch read_notes(const json::value& notes, base::Instant now) {
    if (!notes.is_array()) throw base::Unavailable("Lighthouse sent no list of notes");
    Batch batch;
    for (const json::value& note : notes.get_array()) {
      const auto at = base::parse_rfc3339(base::text_at(note, "/written_at"));
      Mention mention{.id = base::text_at(note, "/id"),
                      .at = at.value_or(now),
                      .author = base::text_at(note, "/member"),
                      .text = base::text_at(note, "/text"),
                      .language = base::text_at(note, "/language")};
      mention.url = base::text_at(note, "/link");
      if (!at || mention.id.empty()) {
        ++batch.rejected;
        continue;
      }
      batch.cursor = mention.id;
      batch.mentions.push_back(std::move(mention));
    }
    return batch;
  }

  const SourceAbout about_{
      .id = "lighthouse",
      .label = "Lighthouse",
      .help = "The latest notes of a Lighthouse server. Needs no account.",
      .settings = {{.key = "server", .label = "Server", .type = networks::Setting::Type::url}},
      .polled = true};
};

}  // namespace

std::unique_ptr<Source> make_lighthouse() { return std::make_unique<Lighthouse>(); }

}  // namespace trends
