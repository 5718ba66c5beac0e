#include "trends/links.h"

#include <gtest/gtest.h>

namespace trends {
namespace {

std::string canonical(std::string_view url) {
  std::string out;
  return canonical_link(url, out) ? out : "(none)";
}

TEST(Links, ManyAddressesOfOnePageBecomeOne) {
  for (const auto* url :
       {"https://example.org/story", "http://www.example.org/story/",
        "HTTPS://Example.ORG:443/story#part", "https://example.org/story?utm_source=a&utm_medium=b",
        "https://user@example.org/story?fbclid=1"}) {
    EXPECT_EQ(canonical(url), "example.org/story") << url;
  }
}

TEST(Links, KeepsWhatTellsPagesApart) {
  EXPECT_EQ(canonical("https://example.org/watch?v=1&utm_source=x&t=2"),
            "example.org/watch?v=1&t=2");
  EXPECT_EQ(canonical("https://example.org:8080/Case"), "example.org:8080/Case");
  EXPECT_EQ(canonical("https://xn--bcher-kva.example/"), "xn--bcher-kva.example");
}

TEST(Links, RefusesWhatIsNoWebLink) {
  for (const auto* url :
       {"", "http://", "https:///path", "ftp://example.org/a", "javascript://example.org/%0a",
        "http://localhost/x", "https://exa mple.org", "https://.org", "http://a..b\n.org"}) {
    EXPECT_EQ(canonical(url), "(none)") << url;
  }
  EXPECT_EQ(canonical("https://example.org/" + std::string(500, 'a')), "(none)");
}

}  // namespace
}  // namespace trends
