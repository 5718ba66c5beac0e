#include "posts/checks.h"

#include "posts/home.h"

namespace posts {
namespace {

using namespace posts::testing;
using ::testing::IsEmpty;

class ChecksTest : public HomeTest {};
INSTANTIATE_TEST_SUITE_P(Databases, ChecksTest, ::testing::ValuesIn(db::available_dialects()),
                         db::dialect_of_test);

TEST_P(ChecksTest, WhatIsBeingChangedDoesNotClashWithItself) {
  run([](Home& home) -> io::Task<> {
    const PostInput input = home.write("Hello", Home::at(noon + 1h));
    auto post = co_await home.posts.create(home.owner, input);
    auto as_new = co_await home.posts.validate(home.owner, input);
    EXPECT_EQ(as_new->checked.checks.at(0).warnings.size(), 2u) << "same minute, same text";
    auto edited = co_await home.posts.validate(home.owner, input, post->id);
    EXPECT_THAT(edited->checked.checks.at(0).warnings, IsEmpty());
    co_await home.posts.create(home.owner, input);
    edited = co_await home.posts.validate(home.owner, input, post->id);
    EXPECT_EQ(edited->checked.checks.at(0).warnings.size(), 2u) << "of the other one";
  });
}

}  // namespace
}  // namespace posts
