#include "media/uploads.h"

#include "base/text.h"
#include "media/home.h"
#include "media/upload_routes.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <fmt/format.h>

namespace media {
namespace {

using namespace media::testing;
using namespace boost::asio::experimental::awaitable_operators;
using ::testing::HasSubstr;

using UploadsTest = HomeTest;
INSTANTIATE_TEST_SUITE_P(Databases, UploadsTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

constexpr std::size_t piece = 50'000;
const Home::Head tus{{"Tus-Resumable", "1.0.0"}};

Home::Head with(Home::Head head, std::string name, std::string value) {
  head.insert_or_assign(std::move(name), std::move(value));
  return head;
}

Home::Head at_offset(std::size_t offset) {
  return with(with(tus, "Upload-Offset", std::to_string(offset)), "Content-Type",
              "application/offset+octet-stream");
}

io::Task<std::string> begin(Home& home, std::size_t length) {
  const auto made =
      co_await home.send("POST", "/api/media/uploads",
                         with(with(tus, "Upload-Length", std::to_string(length)), "Upload-Metadata",
                              "filename cGhvdG8uanBn,alt_text " + base::base64("Noise, a lot")));
  EXPECT_EQ(made.status, 201) << made.body;
  co_return std::string(made.headers.get("Location"));
}

TEST_P(UploadsTest, AFileInPiecesBecomesMediaOnce) {
  run([](Home& home) -> io::Task<> {
    const std::string photo = picture("photo.jpg");
    const std::string path = co_await begin(home, photo.size());
    for (std::size_t at = 0; at < photo.size(); at += piece) {
      const auto head = co_await home.send("HEAD", path, tus);
      EXPECT_EQ(head.headers.get("Upload-Offset"), std::to_string(at));
      EXPECT_EQ(head.headers.get("Upload-Length"), std::to_string(photo.size()));
      EXPECT_EQ(head.headers.get("Cache-Control"), "no-store");
      const auto taken = co_await home.send("PATCH", path, at_offset(at), photo.substr(at, piece));
      EXPECT_EQ(taken.status, 204) << taken.body;
      EXPECT_FALSE(taken.headers.get("Upload-Expires").empty());
    }
    const json::value told = json::parse((co_await home.send("GET", path)).body);
    EXPECT_EQ(told.at("media").at("alt_text").as_string(), "Noise, a lot");
    EXPECT_EQ(told.at("media").at("width").as_int64(), 640);
    // Nothing of the pieces is left.
    EXPECT_EQ(co_await home.objects(), 1u);
    const base::MediaId id{std::string(told.at("media").at("id").as_string())};
    const auto images = co_await home.media.load(home.editor.workspace, {id}, {});
    EXPECT_EQ(images->at(0).width, 640);
    const json::value again = json::parse((co_await home.send("GET", path)).body);
    EXPECT_EQ(again.at("media").at("id"), told.at("media").at("id"));
  });
}

TEST_P(UploadsTest, OfTwoClientsThatSendTheSamePieceOneIsTold) {
  run([](Home& home) -> io::Task<> {
    const std::string photo = picture("photo.jpg");
    const std::string path = co_await begin(home, photo.size());
    const std::string first = photo.substr(0, piece);
    auto [one, two] = co_await (home.send("PATCH", path, at_offset(0), first) &&
                                home.send("PATCH", path, at_offset(0), first));
    EXPECT_EQ(one.status + two.status, 204 + 409);
    const auto head = co_await home.send("HEAD", path, tus);
    EXPECT_EQ(head.headers.get("Upload-Offset"), std::to_string(piece));
    EXPECT_EQ(co_await home.objects(), 1u);
    // The last piece by two at once: one picture.
    const std::string rest = photo.substr(piece);
    co_await (home.send("PATCH", path, at_offset(piece), rest) &&
              home.send("PATCH", path, at_offset(piece), rest));
    const auto rows = co_await home.database.execute("SELECT count(*) AS n FROM media");
    EXPECT_EQ(rows[0]["n"].integer(), 1);
    const json::value told = json::parse((co_await home.send("GET", path)).body);
    EXPECT_FALSE(told.at("media").is_null());
  });
}

TEST_P(UploadsTest, ADeathBeforeTheLastStepIsMendedByWhoAsks) {
  run([](Home& home) -> io::Task<> {
    const std::string photo = picture("photo.jpg");
    const std::string path = co_await begin(home, photo.size());
    co_await home.send("PATCH", path, at_offset(0), photo);
    // As if the process had died after the piece and before what becomes of it.
    co_await home.database.execute("DELETE FROM media");
    const std::string key = "uploads/" + path.substr(path.rfind('/') + 1) + "/0.abcdefghijkl";
    co_await home.store.put(key, std::make_shared<std::string>(photo));
    co_await home.database.execute("UPDATE media_uploads SET media_id = NULL");
    co_await home.database.execute(
        "INSERT INTO media_upload_chunks (upload_id, position, bytes, store_key)"
        " VALUES ($1, 0, $2, $3)",
        {path.substr(path.rfind('/') + 1), photo.size(), key});
    EXPECT_EQ((co_await home.send("HEAD", path, tus)).status, 200);
    const json::value told = json::parse((co_await home.send("GET", path)).body);
    EXPECT_EQ(told.at("media").at("bytes").as_int64(), static_cast<std::int64_t>(photo.size()));
    EXPECT_FALSE(co_await home.store.has(key));
  });
}

TEST_P(UploadsTest, RefusesAsTheProtocolSays) {
  run([](Home& home) -> io::Task<> {
    const std::string all = "/api/media/uploads";
    const std::string photo = picture("photo.jpg");
    const auto options = co_await home.send("OPTIONS", all);
    EXPECT_EQ(options.status, 204);
    EXPECT_EQ(options.headers.get("Tus-Version"), "1.0.0");
    EXPECT_EQ(options.headers.get("Tus-Max-Size"), std::to_string(media_bytes_max));
    EXPECT_EQ((co_await home.send("POST", all, {{"Upload-Length", "9"}})).status, 412);
    EXPECT_EQ((co_await home.send("POST", all, tus)).status, 400);
    EXPECT_EQ((co_await home.send("POST", all, with(tus, "Upload-Length", "99999999"))).status,
              413);
    EXPECT_EQ((co_await home.send("POST", all, with(tus, "Upload-Length", "-1"))).status, 400);

    const std::string path = co_await begin(home, photo.size());
    EXPECT_EQ(
        (co_await home.send("PATCH", path, with(at_offset(0), "Content-Type", "image/jpeg"), photo))
            .status,
        415);
    EXPECT_EQ((co_await home.send("PATCH", path, at_offset(5), photo)).status, 409);
    EXPECT_EQ((co_await home.send("PATCH", path, at_offset(0), photo + "!")).status, 413);
    EXPECT_EQ((co_await home.send("PATCH", path, at_offset(0), photo.substr(0, 100))).status, 400);
    Home::Head bad = at_offset(0);
    bad.erase("Upload-Offset");
    EXPECT_EQ((co_await home.send("PATCH", path, bad, photo)).status, 400);
    EXPECT_EQ((co_await home.send("HEAD", all + "/" + base::make_uuid7(), tus)).status, 404);
    const base::WorkspaceId ours = home.editor.workspace;
    home.editor.workspace = base::WorkspaceId::make();
    EXPECT_EQ((co_await home.send("HEAD", path, tus)).status, 404);
    home.editor.workspace = ours;
    home.editor.role = accounts::Role::viewer;
    EXPECT_EQ((co_await home.send("PATCH", path, at_offset(0), photo)).status, 403);
  });
}

TEST_P(UploadsTest, HoldsChecksumsAgainstTheBytes) {
  run([](Home& home) -> io::Task<> {
    const std::string photo = picture("photo.jpg");
    const std::string path = co_await begin(home, photo.size());
    const auto send = [&](std::string checksum, std::string body) {
      return home.send("PATCH", path, with(at_offset(0), "Upload-Checksum", std::move(checksum)),
                       std::move(body));
    };
    const std::string right = "sha256 " + base::base64(base::sha256(photo));
    EXPECT_EQ((co_await send(right, photo.substr(1) + "x")).status, 460);
    EXPECT_EQ((co_await send("md5 abcd", photo)).status, 400);
    EXPECT_EQ((co_await home.send("HEAD", path, tus)).headers.get("Upload-Offset"), "0");
    EXPECT_EQ((co_await send(right, photo)).status, 204);
    // "abc", FIPS 180-2.
    const std::string second = co_await begin(home, 3);
    const auto known = co_await home.send(
        "PATCH", second, with(at_offset(0), "Upload-Checksum", "sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0="),
        "abc");
    EXPECT_EQ(known.status, 415);  // the sum is right, and it is no image
  });
}

TEST_P(UploadsTest, WhatIsNoImageEndsWithItsFirstBytes) {
  run([](Home& home) -> io::Task<> {
    const std::string path = co_await begin(home, 1'000'000);
    const auto refused = co_await home.send("PATCH", path, at_offset(0), std::string(piece, 'x'));
    EXPECT_EQ(refused.status, 415);
    EXPECT_THAT(refused.body, HasSubstr("not a PNG, JPEG, GIF or WebP image"));
    EXPECT_EQ((co_await home.send("HEAD", path, tus)).status, 404);
    // A good beginning with a bad end is found at the end.
    const std::string sly = picture("photo.jpg").substr(0, 60'000);
    const std::string second = co_await begin(home, sly.size());
    EXPECT_EQ((co_await home.send("PATCH", second, at_offset(0), sly)).status, 415);
    EXPECT_EQ(co_await home.objects(), 0u);
  });
}

TEST_P(UploadsTest, BeginsWithTheFirstBytesInOneRequest) {
  run([](Home& home) -> io::Task<> {
    const std::string photo = picture("photo.jpg");
    const auto made =
        co_await home.send("POST", "/api/media/uploads",
                           with(with(tus, "Upload-Length", std::to_string(photo.size())),
                                "Content-Type", "application/offset+octet-stream"),
                           photo.substr(0, piece));
    EXPECT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(made.headers.get("Upload-Offset"), std::to_string(piece));
  });
}

TEST_P(UploadsTest, EndsByWordAndByTime) {
  run([](Home& home) -> io::Task<> {
    const std::string photo = picture("photo.jpg");
    const std::string path = co_await begin(home, photo.size());
    co_await home.send("PATCH", path, at_offset(0), photo.substr(0, piece));
    EXPECT_EQ((co_await home.send("DELETE", path, tus)).status, 204);
    EXPECT_EQ((co_await home.send("HEAD", path, tus)).status, 404);
    EXPECT_EQ(co_await home.objects(), 0u);

    const std::string slow = co_await begin(home, photo.size());
    co_await home.send("PATCH", slow, at_offset(0), photo.substr(0, piece));
    home.clock.advance(24h);
    EXPECT_EQ((co_await home.send("HEAD", slow, tus)).status, 410);
    EXPECT_EQ((co_await home.send("PATCH", slow, at_offset(piece), photo.substr(piece))).status,
              410);
    home.clock.advance(1h);
    EXPECT_EQ((co_await home.garbage.collect()).uploads, 1);
    EXPECT_EQ((co_await home.send("HEAD", slow, tus)).status, 404);
    EXPECT_EQ(co_await home.objects(), 0u);
  });
}

TEST_P(UploadsTest, BoundsHowManyAreUnderWay) {
  run([](Home& home) -> io::Task<> {
    for (int i = 0; i < open_uploads_max; ++i) co_await begin(home, 100);
    const auto refused =
        co_await home.send("POST", "/api/media/uploads", with(tus, "Upload-Length", "100"));
    EXPECT_EQ(refused.status, 429);
  });
}

TEST(UploadMetadata, IsReadAsFarAsItIsWellFormed) {
  const auto metadata = read_upload_metadata("alt_text QSBkb3Q=, empty ,  , broken !!!, name YQ==");
  EXPECT_EQ(metadata.at("alt_text"), "A dot");
  EXPECT_EQ(metadata.at("empty"), "");
  EXPECT_EQ(metadata.at("broken"), "");
  EXPECT_EQ(metadata.at("name"), "a");
}

}  // namespace
}  // namespace media
