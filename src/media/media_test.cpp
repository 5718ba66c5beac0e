#include "media/media.h"

#include "media/home.h"
#include "media/image_header.h"

#include <fmt/format.h>

namespace media {
namespace {

using namespace media::testing;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using MediaTest = HomeTest;
INSTANTIATE_TEST_SUITE_P(Databases, MediaTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

const networks::Limits tight{.image_bytes_max = 20'000, .media_types = {"image/jpeg", "image/png"}};

TEST_P(MediaTest, IsWhatItsBytesAreAndNothingElse) {
  run([](Home& home) -> io::Task<> {
    const auto& workspace = home.editor.workspace;
    for (const std::string& hostile :
         {std::string("<html>"), std::string("<svg xmlns='http://www.w3.org/2000/svg'/>"),
          std::string("%PDF-1.7"), std::string("GIF89a"), picture("photo.jpg").substr(0, 9'000),
          flat_png().substr(0, 30)}) {
      const auto refused = co_await home.media.upload(workspace, hostile, "");
      if (refused) throw std::runtime_error("taken: " + hostile.substr(0, 10));
      EXPECT_EQ(refused.error().status, 422) << hostile.substr(0, 10);
    }
    const auto item = co_await home.media.upload(workspace, picture("sideways.jpg"), "A street");
    EXPECT_EQ(item->content_type, "image/jpeg");
    EXPECT_EQ(item->width, 40);  // as it is shown
    EXPECT_EQ(item->height, 80);
    EXPECT_TRUE(item->metadata);
    EXPECT_EQ((co_await home.media.get(base::WorkspaceId::make(), item->id)).error().status, 404);
    const auto moving = co_await home.media.upload(workspace, picture("moving.webp"), "");
    EXPECT_TRUE(moving->animated);
  });
}

TEST_P(MediaTest, BoundsPixelBombsAndSizes) {
  run([](Home& home) -> io::Task<> {
    std::string bomb = flat_png();
    bomb.replace(16, 8, std::string("\0\0\x7F\xFF\0\0\x7F\xFF", 8));
    const auto refused = co_await home.media.upload(home.editor.workspace, bomb, "");
    EXPECT_THAT(refused.error().message, HasSubstr("32767 x 32767 pixels"));
    const auto large = co_await home.media.upload(home.editor.workspace,
                                                  flat_png(std::string(media_bytes_max, 'x')), "");
    EXPECT_EQ(large.error().status, 413);
  });
}

TEST_P(MediaTest, KeepsWithinTheRoomOfWorkspaceAndServer) {
  const auto body = [](Home& home) -> io::Task<> {
    const auto& workspace = home.editor.workspace;
    const auto first = co_await home.media.upload(workspace, flat_png(std::string(300, 'a')), "");
    EXPECT_TRUE(first.has_value());
    const auto second = co_await home.media.upload(workspace, flat_png(std::string(300, 'b')), "");
    EXPECT_EQ(second.error().code, "media_full");
    EXPECT_EQ((co_await home.uploads.create(workspace, 300, "")).error().code, "media_full");
  };
  run(body, {.workspace_bytes = 500});
}

TEST_P(MediaTest, KeepsTheSameBytesOnceAndMendsWhatWasLost) {
  run([](Home& home) -> io::Task<> {
    const std::string photo = picture("photo.jpg");
    const auto one = co_await home.media.upload(home.editor.workspace, photo, "");
    const auto two = co_await home.media.upload(base::WorkspaceId::make(), photo, "");
    EXPECT_EQ(one->sha256, two->sha256);
    EXPECT_EQ(co_await home.objects(), 1u);
    const Store::Page page = co_await home.store.list("");
    co_await home.store.remove(page.objects[0].key);
    const auto gone = co_await home.media.load(home.editor.workspace, {one->id}, {});
    EXPECT_EQ(gone.error().status, 404);
    co_await home.media.upload(home.editor.workspace, photo, "");
    const auto back = co_await home.media.load(home.editor.workspace, {one->id}, {});
    EXPECT_EQ(back->at(0).width, 640);
  });
}

TEST_P(MediaTest, GivesEachNetworkACopyThatFits) {
  run([](Home& home) -> io::Task<> {
    const auto& workspace = home.editor.workspace;
    const auto item = co_await home.media.upload(workspace, picture("photo.jpg"), "Noise");
    EXPECT_EQ(home.media.fit_for(*item, tight).kind, Fit::Kind::convert);
    const auto images = co_await home.media.load(workspace, {item->id}, tight);
    if (!images) throw std::runtime_error(images.error().message);
    const networks::Image& image = images->at(0);
    EXPECT_LE(image.bytes.size(), 20'000u);
    EXPECT_EQ(image.content_type, "image/jpeg");
    EXPECT_EQ(read_image_header(image.bytes)->width, image.width);
    EXPECT_LT(image.width, 640);
    EXPECT_EQ(image.alt_text, "Noise");
    EXPECT_THAT(image.public_url, StartsWith("https://our.example/media/" + item->id.value));
    // Made once.
    EXPECT_EQ(co_await home.objects(), 2u);
    const auto again = co_await home.media.load(workspace, {item->id}, tight);
    EXPECT_EQ(again->at(0).bytes, image.bytes);
    EXPECT_EQ(co_await home.objects(), 2u);
    // The link leads to the copy, not to the original.
    home.known = false;
    const auto fetched = co_await home.send("GET", home.path_of(image.public_url));
    EXPECT_EQ(fetched.body, image.bytes);
    EXPECT_EQ(fetched.headers.get("Content-Type"), "image/jpeg");
  });
}

TEST_P(MediaTest, TellsNoNetworkWhereTheCameraWas) {
  run([](Home& home) -> io::Task<> {
    const auto item =
        co_await home.media.upload(home.editor.workspace, picture("sideways.jpg"), "");
    const auto images = co_await home.media.load(home.editor.workspace, {item->id}, {});
    if (!images) throw std::runtime_error(images.error().message);
    EXPECT_THAT(images->at(0).bytes, Not(HasSubstr("Exif")));
    EXPECT_EQ(images->at(0).width, 40);
    EXPECT_EQ(images->at(0).height, 80);
  });
}

TEST_P(MediaTest, RefusesToBreakWhatMovesAndWhatIsDamaged) {
  run([](Home& home) -> io::Task<> {
    const auto& workspace = home.editor.workspace;
    const auto moving = co_await home.media.upload(workspace, picture("moving.gif"), "");
    const networks::Limits tiny{.image_bytes_max = 1'000};
    const auto refused = co_await home.media.load(workspace, {moving->id}, tiny);
    EXPECT_THAT(refused.error().message, HasSubstr("moving pictures are not converted"));
    const auto whole = co_await home.media.load(workspace, {moving->id}, {});
    EXPECT_EQ(whole->at(0).bytes, picture("moving.gif"));
    const auto hollow =
        co_await home.media.upload(workspace, flat_png(std::string(2'000, 'x')), "");
    const auto damaged = co_await home.media.load(workspace, {hollow->id}, tiny);
    EXPECT_THAT(damaged.error().message, HasSubstr("damaged"));
  });
}

TEST_P(MediaTest, LinksAreSignedAndEnd) {
  run([](Home& home) -> io::Task<> {
    const auto item = co_await home.media.upload(home.editor.workspace, flat_png(), "A dot");
    const std::string path = home.path_of(home.media.link(item->id));
    home.known = false;
    EXPECT_EQ((co_await home.send("GET", path)).body, flat_png());
    EXPECT_EQ((co_await home.send("GET", path + "x")).status, 403);
    EXPECT_EQ((co_await home.send("GET", path + "&copy=" + item->sha256)).status, 403);
    EXPECT_EQ((co_await home.send("GET", "/media/" + base::make_uuid7())).status, 403);
    // Another process with the same key takes it.
    const Links elsewhere(home.clock, home.vault, "https://our.example");
    EXPECT_EQ(home.path_of(elsewhere.link(item->id)), path);
    home.clock.advance(3h);
    EXPECT_EQ((co_await home.send("GET", path)).status, 403);
  });
}

TEST(MediaLinks, OutliveTheRotationOfTheirKey) {
  const base::VirtualClock clock(*base::parse_rfc3339("2026-11-23T09:00:00Z"));
  const std::string old_key = base::Vault::make_key();
  const std::string new_key = base::Vault::make_key();
  const auto links_of = [&](const std::string& app_key) {
    return Links(clock, base::Vault::parse(app_key).value(), "");
  };
  const auto takes = [](const Links& links, const std::string& link) {
    const http::Query query = http::Query::parse(link.substr(link.find('?') + 1));
    return links.is_valid({"one"}, "", query.get("expires").value_or(""),
                          query.get("signature").value_or(""));
  };
  const std::string link = links_of(old_key).link({"one"});
  EXPECT_TRUE(takes(links_of(new_key + "," + old_key), link));
  EXPECT_TRUE(takes(links_of(old_key + "," + new_key), links_of(new_key).link({"one"})));
  EXPECT_FALSE(takes(links_of(new_key), link));
}

TEST_P(MediaTest, LinksAnswerRangesAndKnowWhatIsKnown) {
  run([](Home& home) -> io::Task<> {
    const auto item = co_await home.media.upload(home.editor.workspace, flat_png(), "");
    const std::string path = home.path_of(home.media.link(item->id));
    const auto whole = co_await home.send("GET", path);
    EXPECT_EQ(whole.headers.get("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(whole.headers.get("Accept-Ranges"), "bytes");
    const auto part = co_await home.send("GET", path, {{"Range", "bytes=1-3"}});
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.body, "PNG");
    EXPECT_EQ(part.headers.get("Content-Range"), fmt::format("bytes 1-3/{}", flat_png().size()));
    EXPECT_EQ((co_await home.send("GET", path, {{"Range", "bytes=-4"}})).body, "IEND");
    EXPECT_EQ((co_await home.send("GET", path, {{"Range", "bytes=9999-"}})).status, 416);
    EXPECT_EQ((co_await home.send("GET", path, {{"Range", "bytes=3-1"}})).status, 200);
    const std::string tag(whole.headers.get("ETag"));
    EXPECT_EQ((co_await home.send("GET", path, {{"If-None-Match", tag}})).status, 304);
    EXPECT_EQ((co_await home.send("HEAD", path)).status, 200);
  });
}

TEST_P(MediaTest, ApiUploadsDescribesAndShows) {
  run([](Home& home) -> io::Task<> {
    const auto made = co_await home.send("POST", "/api/media?alt_text=A%20dot", {}, flat_png());
    EXPECT_EQ(made.status, 201) << made.body;
    const json::value medium = json::parse(made.body);
    EXPECT_EQ(medium.at("alt_text").as_string(), "A dot");
    const std::string path = "/api/media/" + std::string(medium.at("id").as_string());
    const auto changed = co_await home.send("PATCH", path, {{"Content-Type", "application/json"}},
                                            R"({"alt_text":"A point"})");
    EXPECT_THAT(changed.body, HasSubstr("A point"));
    EXPECT_THAT((co_await home.send("GET", path)).body, HasSubstr("A point"));
    home.known = false;
    EXPECT_EQ((co_await home.send("GET", path)).status, 401);
    EXPECT_EQ((co_await home.send("POST", "/api/media", {}, flat_png())).status, 401);
  });
}

}  // namespace
}  // namespace media
