// Every connector of all.def at its limits: what it says about a text or a picture is what the
// network does with it, at the limit and one over it.
#include "base/text.h"
#include "networks/conformance.h"

namespace networks::testing {
namespace {

class EveryLimit : public EveryKind {
 protected:
  // The frozen text, past our own check: what the network itself says to it.
  Outcome send(std::string text) {
    auto prepared = stage_.prepare(stage_.content(std::move(text)));
    if (auto* rejected = std::get_if<Rejected>(&prepared)) return std::move(*rejected);
    if (!std::holds_alternative<Frozen>(prepared))
      throw std::runtime_error(KindStage::why_not(prepared));
    return stage_.publish(std::get<Frozen>(prepared));
  }
  std::vector<PartDraft> draft(std::string text) const {
    std::vector<PartDraft> parts{{.text = std::move(text)}};
    if (kind().wants_picture) parts[0].media.push_back(picture_info());
    return parts;
  }
  MediaInfo picture_info() const {
    const auto picture = stage_.picture();
    return {.id = picture.id,
            .content_type = picture.content_type,
            .bytes = static_cast<std::int64_t>(picture.bytes.size()),
            .alt_text = picture.alt_text};
  }
  std::vector<base::FieldError> check(std::string text) const {
    return stage_.connector().check(draft(std::move(text)), stage_.limits());
  }
  std::string text_of(std::int64_t letters) const {
    return std::string(static_cast<std::size_t>(letters), 'a');
  }
};

INSTANTIATE_TEST_SUITE_P(Stages, EveryLimit, ::testing::ValuesIn(doubles::kinds()), name_of_kind);

TEST_P(EveryLimit, TakesATextAtItsLimit) {
  const auto text = text_of(stage_.limits().text_max);
  EXPECT_TRUE(check(text).empty());
  const auto outcome = send(text);
  EXPECT_EQ(kind_of(outcome), "published") << reason_of(outcome);
}

TEST_P(EveryLimit, RefusesOneOver) {
  const auto limit = stage_.limits().text_max;
  ASSERT_GT(limit, 0);
  const auto text = text_of(limit + 1);
  const auto errors = check(text);
  ASSERT_FALSE(errors.empty());
  EXPECT_EQ(errors[0].field, "parts[0].text");
  EXPECT_NE(errors[0].message.find(std::to_string(limit)), std::string::npos) << errors[0].message;
}

// Where the network itself has a limit, its double holds to it too, so that a wrong figure of ours
// would show.
TEST_P(EveryLimit, IsTheNetworksOwn) {
  if (!kind().strict_text) return;
  const auto outcome = send(text_of(stage_.limits().text_max + 1));
  ASSERT_EQ(kind_of(outcome), "rejected") << reason_of(outcome);
  EXPECT_FALSE(std::get<Rejected>(outcome).reason.empty());
  EXPECT_EQ(stage_.taken(), 0U);
}

TEST_P(EveryLimit, NamesAnEmptyText) {
  const auto errors = stage_.connector().check({{.text = "  "}}, stage_.limits());
  ASSERT_FALSE(errors.empty());
  EXPECT_EQ(errors[0].field, stage_.limits().media_min > 0 ? "parts[0].media" : "parts[0].text");
}

// Texts that make careless programs count or cut wrongly arrive as they were written.
TEST_P(EveryLimit, CarriesAnyLanguage) {
  for (const std::string text :
       {"Ünïcode naïve café", "日本語のテキスト", "مرحبا بالعالم",
        "👩‍👩‍👧‍👦 and 🏳️‍🌈 and 👍🏽", "e\u0301 \u200d \u2028 done",
        "quotes \" and \\ and & and < and > and 'these'", "{\"json\": [1, 2]}",
        "line one\nline two\n\nline four", "100% sure; --boundary\r\nX: y"}) {
    SCOPED_TRACE(text);
    KindStage stage(kind());
    EXPECT_TRUE(stage.connector().check(draft(text), stage.limits()).empty());
    const auto outcome = stage.publish(stage.freeze(stage.content(text)));
    ASSERT_EQ(kind_of(outcome), "published") << reason_of(outcome);
    if (!has_server()) continue;
    const auto squeezed = [](std::string_view from) {
      std::string out;
      for (const char c : from) {
        if (static_cast<unsigned char>(c) > 0x20) out.push_back(c);
      }
      return out;
    };
    EXPECT_EQ(squeezed(stage.far().taken().at(0).text), squeezed(text));
  }
}

// The page counts by the same function: an emoji is at least one, and never more than its bytes.
TEST_P(EveryLimit, CountsWithinReason) {
  const auto limits = stage_.limits();
  EXPECT_EQ(stage_.connector().count("abc", limits).used, 3);
  EXPECT_EQ(stage_.connector().count("", limits).used, 0);
  const std::string family = "👩‍👩‍👧‍👦";
  const auto used = stage_.connector().count(family, limits).used;
  EXPECT_GE(used, 1);
  EXPECT_LE(used, static_cast<std::int64_t>(family.size()));
}

TEST_P(EveryLimit, NamesWhatIsWrongWithPictures) {
  const auto limits = stage_.limits();
  const auto errors_of = [&](std::vector<MediaInfo> media) {
    return stage_.connector().check({{.text = "Look", .media = std::move(media)}}, limits);
  };
  const auto first_field = [](const std::vector<base::FieldError>& errors) {
    return errors.empty() ? std::string() : errors[0].field;
  };
  if (limits.media_max == 0) {
    EXPECT_NE(first_field(errors_of({picture_info()})).find("parts[0].media"), std::string::npos);
    return;
  }
  const auto count = static_cast<std::size_t>(limits.media_max);
  EXPECT_TRUE(errors_of(std::vector(count, picture_info())).empty());
  EXPECT_EQ(first_field(errors_of(std::vector(count + 1, picture_info()))), "parts[0].media");
  auto large = picture_info();
  large.bytes = limits.image_bytes_max;
  EXPECT_TRUE(errors_of({large}).empty());
  ++large.bytes;
  EXPECT_EQ(first_field(errors_of({large})), "parts[0].media[0]");
  if (!limits.media_types.empty()) {
    auto strange = picture_info();
    strange.content_type = "application/x-strange";
    EXPECT_EQ(first_field(errors_of({strange})), "parts[0].media[0]");
  }
}

TEST_P(EveryLimit, TakesDescriptionsUpToTheirLimit) {
  const auto limits = stage_.limits();
  if (limits.alt_text_max == 0) return;
  auto media = picture_info();
  media.alt_text = text_of(limits.alt_text_max);
  EXPECT_TRUE(stage_.connector().check({{.text = "x", .media = {media}}}, limits).empty());
  media.alt_text += "a";
  const auto errors = stage_.connector().check({{.text = "x", .media = {media}}}, limits);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].field, "parts[0].media[0].alt_text");
}

TEST_P(EveryLimit, PublishesPictures) {
  const auto limits = stage_.limits();
  if (limits.media_max == 0) return;
  auto content = stage_.content("Look");
  content.parts[0].media.assign(
      static_cast<std::size_t>(std::min<std::int64_t>(4, limits.media_max)), stage_.picture());
  const auto outcome = stage_.publish(stage_.freeze(content));
  ASSERT_EQ(kind_of(outcome), "published") << reason_of(outcome);
  EXPECT_EQ(stage_.taken(), 1U);
}

// Keeps what goes to a network.
class Recorder final : public http::Client {
 public:
  explicit Recorder(http::Client* next) : next_(next) {}

  io::Task<std::expected<http::ClientResponse, http::TransportError>> send(
      http::ClientRequest request) override {
    sent += request.url + request.body;
    return next_->send(std::move(request));
  }

  std::string sent;

 private:
  http::Client* next_;
};

TEST_P(EveryLimit, SendsDescriptionsOfPictures) {
  if (stage_.limits().media_max == 0) return;
  auto content = stage_.content("Look");
  content.parts[0].media = {stage_.picture()};
  content.parts[0].media[0].alt_text = "Lighthouse";
  Recorder recorder(&stage_.http());
  auto context = stage_.context();
  context.http = &recorder;
  const auto prepared = run<Prepared>([&] {
    return stage_.connector().prepare(context, stage_.account(), content,
                                      {some_key, stage_.clock().now()});
  });
  if (const auto* frozen = std::get_if<Frozen>(&prepared)) {
    const auto outcome = run<Outcome>(
        [&] { return stage_.connector().publish(context, stage_.account(), *frozen); });
    EXPECT_EQ(kind_of(outcome), "published") << reason_of(outcome);
  } else {
    ADD_FAILURE() << KindStage::why_not(prepared);
  }
  const bool told = recorder.sent.find("Lighthouse") != std::string::npos;
  EXPECT_EQ(told, stage_.connector().about().alt_text);
}

TEST_P(EveryLimit, PublishesThreadsInItsOwnWay) {
  const std::vector<PartDraft> drafts{draft("one").at(0), draft("two").at(0)};
  const auto errors = stage_.connector().check(drafts, stage_.limits());
  const auto threads = stage_.connector().about().threads;
  if (threads == Threads::none) {
    ASSERT_FALSE(errors.empty());
    EXPECT_EQ(errors[0].field, "parts");
    return;
  }
  EXPECT_TRUE(errors.empty());
  auto first = stage_.content("one");
  auto second = stage_.content("two");
  if (threads == Threads::one_request) {
    first.parts.push_back(second.parts.front());
    EXPECT_EQ(kind_of(stage_.publish(stage_.freeze(first))), "published");
    return;
  }
  const auto outcome = stage_.publish(stage_.freeze(first));
  ASSERT_EQ(kind_of(outcome), "published");
  second.reply_to = std::get<Published>(outcome).reference;
  const auto answer = stage_.publish(stage_.freeze(second, "fedcba9876543210fedcba9876543210"));
  ASSERT_EQ(kind_of(answer), "published") << reason_of(answer);
  ASSERT_EQ(stage_.taken(), 2U);
  if (has_server() && kind().links_parts) {
    EXPECT_EQ(stage_.far().taken()[1].parent, stage_.far().taken()[0].id);
  }
}

}  // namespace
}  // namespace networks::testing
