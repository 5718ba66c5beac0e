#include "base/text.h"
#include "http/curl_client.h"
#include "media/disk_store.h"
#include "media/home.h"
#include "media/s3_store.h"

#include <cstdlib>
#include <functional>
#include <set>

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace media {
namespace {

using namespace media::testing;
using namespace boost::asio::experimental::awaitable_operators;
using ::testing::HasSubstr;

// An S3-compatible server that checks signatures: tests/servers/s3, by TEST_S3_URL.
const char* s3_url() { return std::getenv("TEST_S3_URL"); }

SharedBytes bytes_of(std::string text) { return std::make_shared<std::string>(std::move(text)); }

io::Task<std::set<std::string>> all_keys(Store& store) {
  std::set<std::string> keys;
  std::string after;
  do {
    Store::Page page = co_await store.list(after);
    for (const Store::Object& object : page.objects) keys.insert(object.key);
    after = page.next;
  } while (!after.empty());
  co_return keys;
}

// What holds for every store.
io::Task<> keeps_its_promises(Store& store) {
  const std::string whole = picture("photo.jpg") + std::string(2'000'000, '\0') + "end";
  co_await store.put("ab/one.x-_Z", bytes_of(whole));
  co_await store.put("ab/two", bytes_of("second"));
  co_await store.put("uploads/a/0", bytes_of(""));
  EXPECT_TRUE(*co_await store.get("ab/one.x-_Z") == whole);
  EXPECT_EQ(*co_await store.get("uploads/a/0"), "");
  EXPECT_TRUE(co_await store.has("ab/two"));
  EXPECT_FALSE(co_await store.has("ab/three"));
  EXPECT_FALSE((co_await store.get("ab/three")).has_value());
  co_await store.put("ab/two", bytes_of("again"));
  EXPECT_EQ(*co_await store.get("ab/two"), "again");
  const auto keys = co_await all_keys(store);
  EXPECT_EQ(keys, (std::set<std::string>{"ab/one.x-_Z", "ab/two", "uploads/a/0"}));
  const Store::Page page = co_await store.list("");
  for (const Store::Object& object : page.objects) {
    if (object.key == "ab/two") EXPECT_EQ(object.bytes, 5);
    EXPECT_LT(base::SystemClock().now() - object.changed_at, 10min);
  }
  co_await store.remove("ab/two");
  co_await store.remove("ab/two");
  EXPECT_FALSE(co_await store.has("ab/two"));
}

TEST(DiskStoreTest, KeepsItsPromises) {
  const std::string folder =
      (std::filesystem::temp_directory_path() / ("store-" + base::make_uuid7())).string();
  DiskStore store(folder + "/media");
  io::run([&store] { return keeps_its_promises(store); });
  std::filesystem::remove_all(folder);
}

TEST(DiskStoreTest, SaysWhatIsWrongWithTheFolder) {
  EXPECT_THROW(DiskStore("/proc/nowhere"), base::Unavailable);
}

TEST(StoreKey, IsNoWayOut) {
  EXPECT_TRUE(is_store_key("ab/cd-_.x"));
  for (const char* bad :
       {"", "/ab", "../ab", "ab/../cd", "ab/.hidden", "a b", "a\nb", "ä", "a?b"}) {
    EXPECT_FALSE(is_store_key(bad)) << bad;
  }
  EXPECT_TRUE(is_our_key(Files::fresh_key(std::string(64, '0'))));
  EXPECT_TRUE(is_our_key("ab/" + std::string(62, 'c')));  // of older versions
  EXPECT_FALSE(is_our_key("holiday/beach.jpg"));
}

TEST(S3Url, IsReadOrRefusedWithAReason) {
  const auto place = parse_s3_url(
      "s3://media/some/where?endpoint=http://127.0.0.1:9000&region=eu-west-1&path_style=true");
  ASSERT_TRUE(place.has_value()) << place.error().message;
  EXPECT_EQ(place->bucket, "media");
  EXPECT_EQ(place->prefix, "some/where/");
  EXPECT_EQ(place->endpoint, "http://127.0.0.1:9000");
  EXPECT_EQ(place->region, "eu-west-1");
  EXPECT_TRUE(place->path_style);
  EXPECT_EQ(parse_s3_url("s3://media?region=eu-west-1")->endpoint,
            "https://s3.eu-west-1.amazonaws.com");
  for (const char* bad :
       {"https://media", "s3://", "s3://UPPER", "s3://media/a b", "s3://media/../x",
        "s3://media?colour=red", "s3://media?endpoint=ftp://x", "s3://media?path_style=maybe"}) {
    EXPECT_FALSE(parse_s3_url(bad).has_value()) << bad;
  }
}

class S3StoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (s3_url() == nullptr) GTEST_SKIP() << "TEST_S3_URL names no server (tests/servers/s3)";
  }
  static S3Access access() {
    S3Place place =
        *parse_s3_url("s3://media/tests?path_style=true&endpoint=" + base::url_encode(s3_url()));
    place.prefix = "tests/" + base::make_uuid7() + "/";
    return {.place = std::move(place),
            .access_key_id = "S3RVER",
            .secret_access_key = "S3RVER",
            .retry_pause = 1ms};
  }
  static io::Task<> with_store(S3Access access, std::function<io::Task<>(S3Store&)> body) {
    const auto client = http::make_curl_client(co_await asio::this_coro::executor,
                                               {.addresses = http::AddressPolicy::allow_all()});
    S3Store store(*client, std::move(access));
    co_await body(store);
  }
  static void run(S3Access access, std::function<io::Task<>(S3Store&)> body) {
    io::run([&] { return with_store(access, body); });
  }
};

TEST_F(S3StoreTest, KeepsItsPromisesWithEveryRequestSigned) {
  run(access(), [](S3Store& store) { return keeps_its_promises(store); });
}

TEST_F(S3StoreTest, SignsTheSessionTokenToo) {
  S3Access temporary = access();
  temporary.session_token = "token";
  run(temporary, [](S3Store& store) { return keeps_its_promises(store); });
}

io::Task<std::string> failure_of(S3Store& store, std::string key) {
  try {
    co_await store.put(key, bytes_of("x"));
  } catch (const base::Unavailable& error) {
    co_return error.what();
  }
  co_return "";
}

io::Task<> is_refused_without_the_secret(S3Store& store) {
  const std::string failure = co_await failure_of(store, "ab/cd");
  EXPECT_THAT(failure, HasSubstr("403 SignatureDoesNotMatch"));
  EXPECT_THAT(failure, ::testing::Not(HasSubstr("hush-hush")));
}

TEST_F(S3StoreTest, SaysWhatTheStoreRefusesButNoSecret) {
  S3Access wrong = access();
  wrong.secret_access_key = "hush-hush";
  run(wrong, is_refused_without_the_secret);
}

io::Task<> passes_what_passes(S3Store& store) {
  EXPECT_EQ(co_await failure_of(store, "ab/flaky2"), "");
  EXPECT_THAT(co_await failure_of(store, "ab/flaky9"), HasSubstr("503 SlowDown"));
}

TEST_F(S3StoreTest, TriesAgainWhatMayPassButNotForEver) { run(access(), passes_what_passes); }

io::Task<> lists_page_by_page(S3Store& store) {
  for (int i = 0; i < 8; ++i) co_await store.put("ab/" + std::to_string(i), bytes_of("x"));
  EXPECT_EQ((co_await store.list("")).objects.size(), 3u);
  EXPECT_EQ((co_await all_keys(store)).size(), 8u);
}

TEST_F(S3StoreTest, ListsMoreThanOnePage) {
  S3Access small = access();
  small.page_size = 3;
  run(small, lists_page_by_page);
}

// The whole way on S3: pieces, the picture, a copy, a link, and the broom.
io::Task<> lives_on_s3(db::Database& database, S3Access access) {
  const auto executor = co_await asio::this_coro::executor;
  const auto client =
      http::make_curl_client(executor, {.addresses = http::AddressPolicy::allow_all()});
  S3Store store(*client, std::move(access));
  Home home(executor, database, store);
  const std::string photo = picture("photo.jpg");
  auto upload = co_await home.uploads.create(home.editor.workspace,
                                             static_cast<std::int64_t>(photo.size()), "");
  co_await home.uploads.append(home.editor.workspace, upload->id, 0, photo.substr(0, 60'000));
  const auto done =
      co_await home.uploads.append(home.editor.workspace, upload->id, 60'000, photo.substr(60'000));
  if (!done) throw std::runtime_error(done.error().message);
  const auto images =
      co_await home.media.load(home.editor.workspace, {*done->media}, {.image_side_max = 100});
  EXPECT_EQ(images->at(0).width, 100);
  EXPECT_EQ((co_await home.send("GET", home.path_of(home.media.link(*done->media)))).body, photo);
  EXPECT_EQ(co_await home.objects(), 2u);
  home.clock.advance(26h);
  co_await home.garbage.collect();
  EXPECT_EQ(co_await home.objects(), 0u);
}

TEST_F(S3StoreTest, CarriesTheWholeLifeOfAPicture) {
  db::TestDatabase database(db::Dialect::sqlite);
  database.run([](db::Database& opened) { return lives_on_s3(opened, access()); });
}

}  // namespace
}  // namespace media
