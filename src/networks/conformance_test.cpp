// Every connector of all.def through the same faults, against strict doubles: whatever happens,
// nothing appears twice, and nothing that the connector calls published is missing.
#include "networks/conformance.h"

#include "base/json.h"

namespace networks::testing {
namespace {

using doubles::Fault;

class EveryNetwork : public EveryKind {};

INSTANTIATE_TEST_SUITE_P(Stages, EveryNetwork, ::testing::ValuesIn(doubles::kinds()), name_of_kind);

TEST(Networks, EachHasADouble) {
  for (const auto& network : all()) {
    EXPECT_TRUE(std::ranges::any_of(
        doubles::kinds(), [&](const auto& kind) { return kind.network == network->about().id; }))
        << network->about().id << " has no row in doubles/catalogue.cpp";
  }
  for (const auto& kind : doubles::kinds()) {
    EXPECT_NE(by_id(kind.network), nullptr) << kind.name << " is a double of no network";
  }
}

TEST_P(EveryNetwork, PublishesOnceAndIsFoundAgain) {
  const auto frozen = stage_.freeze(stage_.content("Hello world"));
  EXPECT_NE(kind_of(stage_.find(frozen)), "published");
  const auto outcome = stage_.publish(frozen);
  ASSERT_EQ(kind_of(outcome), "published") << reason_of(outcome);
  EXPECT_FALSE(std::get<Published>(outcome).remote_id.empty());
  EXPECT_EQ(stage_.taken(), 1U);
  const auto after = stage_.find(frozen);
  // A webhook's receiver joins repeats, and still cannot be asked.
  if (kind().retry == RetryClass::blind || kind().network == "webhook") {
    EXPECT_EQ(kind_of(after), "cannot_know");
  } else {
    ASSERT_EQ(kind_of(after), "published");
    EXPECT_EQ(std::get<Published>(after).remote_id, std::get<Published>(outcome).remote_id);
    EXPECT_EQ(std::get<Published>(after).url, std::get<Published>(outcome).url);
  }
}

TEST_P(EveryNetwork, RetryClassIsKnown) {
  EXPECT_EQ(stage_.connector().retry_class(stage_.account()), kind().retry);
}

TEST_P(EveryNetwork, ClassAMaySendTheSameTwice) {
  if (kind().retry != RetryClass::safe_by_key) return;
  const auto frozen = stage_.freeze(stage_.content("Hello world"));
  const auto first = stage_.publish(frozen);
  const auto second = stage_.publish(frozen);
  ASSERT_EQ(kind_of(second), "published");
  EXPECT_EQ(std::get<Published>(first).remote_id, std::get<Published>(second).remote_id);
  EXPECT_EQ(stage_.taken(), 1U);
}

TEST_P(EveryNetwork, TwoKeysAreTwoPosts) {
  const auto one = stage_.freeze(stage_.content("Hello"), "00000000000000000000000000000001");
  const auto two = stage_.freeze(stage_.content("Hello!"), "00000000000000000000000000000002");
  EXPECT_EQ(kind_of(stage_.publish(one)), "published");
  EXPECT_EQ(kind_of(stage_.publish(two)), "published");
  EXPECT_EQ(stage_.taken(), 2U);
}

// What the first answer to each fault must be.
std::string expected(const Kind& kind, Fault fault) {
  const bool nostr = kind.network == "nostr";
  switch (fault) {
    case Fault::none:
    case Fault::delay:
      return "published";
    case Fault::refuse_connection:
    case Fault::rate_limit:
      return "retry_later";
    case Fault::fail_before:
      return nostr ? "retry_later" : "unknown";
    case Fault::drop_answer:
    case Fault::fail_after:
    case Fault::huge_answer:
      return "unknown";
    case Fault::malformed_answer:
    case Fault::wrong_types:
      return kind.any_success_counts ? "published" : "unknown";
    case Fault::redirect:
      // Relays do not redirect. A webhook's receiver may after its work ("see other").
      return nostr ? "published" : kind.network == "webhook" ? "unknown" : "account_broken";
    case Fault::expire_token:
      return nostr || kind.renews_session ? "published" : "account_broken";
    case Fault::revoke:
      return nostr ? "rejected" : "account_broken";
  }
  return "";
}

bool carried_out(Fault fault) {
  return fault == Fault::drop_answer || fault == Fault::fail_after || fault == Fault::delay ||
         fault == Fault::malformed_answer || fault == Fault::wrong_types ||
         fault == Fault::huge_answer;
}

TEST_P(EveryNetwork, TellsEachFaultForWhatItIs) {
  if (!has_server()) return;
  for (const auto fault : doubles::all_faults()) {
    SCOPED_TRACE(doubles::to_string(fault));
    KindStage stage(kind());
    const auto frozen = stage.freeze(stage.content("Hello world"));
    stage.far().faults().next(fault);
    const auto outcome = stage.publish(frozen);
    EXPECT_EQ(kind_of(outcome), expected(kind(), fault)) << reason_of(outcome);
    EXPECT_EQ(stage.far().faults().peek(), Fault::none) << "the fault was not met";
    if (carried_out(fault)) {
      EXPECT_EQ(stage.taken(), 1U);
    }
    if (fault == Fault::rate_limit && kind().network != "nostr") {
      EXPECT_EQ(std::get<RetryLater>(outcome).after,
                std::chrono::seconds(doubles::retry_after_seconds));
    }
  }
}

// After a lost answer the look-up says what is, by the class of the network.
TEST_P(EveryNetwork, LooksUpWhatBecameOfIt) {
  if (!has_server()) return;
  for (const auto fault : {Fault::drop_answer, Fault::fail_after, Fault::fail_before}) {
    SCOPED_TRACE(doubles::to_string(fault));
    KindStage stage(kind());
    const auto frozen = stage.freeze(stage.content("Hello world"));
    stage.far().faults().next(fault);
    stage.publish(frozen);
    stage.clock().advance(std::chrono::minutes(1));
    const auto found = stage.find(frozen);
    if (kind().retry == RetryClass::blind || kind().network == "webhook") {
      EXPECT_EQ(kind_of(found), "cannot_know");
    } else if (carried_out(fault)) {
      ASSERT_EQ(kind_of(found), "published");
      EXPECT_FALSE(std::get<Published>(found).remote_id.empty());
    } else {
      EXPECT_EQ(kind_of(found), "not_there");
    }
  }
}

// The networks' answers are read with suspicion: an error must not name what was secret.
TEST_P(EveryNetwork, KeepsSecretsOutOfReasons) {
  if (!has_server()) return;
  for (const auto fault : doubles::all_faults()) {
    KindStage stage(kind());
    const auto frozen = stage.freeze(stage.content("Hello world"));
    stage.far().faults().next(fault);
    const auto reason = reason_of(stage.publish(frozen));
    for (const auto& [name, value] : stage.account().credentials) {
      const auto secret = value.is_string() ? std::string_view(value.get_string()) : "";
      if (secret.size() < 8 || secret.starts_with("http")) continue;
      EXPECT_EQ(reason.find(secret), std::string::npos) << name << " is in: " << reason;
    }
  }
}

bool shuts_out(const Kind& kind, Fault fault) {
  const auto outcome = expected(kind, fault);
  return fault == Fault::revoke || outcome == "account_broken";
}

// Pairs of faults, one after the other: at most one copy ever, and exactly one where the connector
// says published.
TEST_P(EveryNetwork, NeverTwiceWhateverHappens) {
  if (!has_server()) return;
  for (const auto first : doubles::all_faults()) {
    for (const auto second : doubles::all_faults()) {
      SCOPED_TRACE(
          fmt::format("{} then {}", doubles::to_string(first), doubles::to_string(second)));
      KindStage stage(kind());
      const auto frozen = stage.freeze(stage.content("Hello world"));
      stage.far().faults().next(first);
      stage.far().faults().next(second);
      const auto outcome = stage.settle(frozen);
      EXPECT_LE(stage.taken(), 1U);
      if (std::holds_alternative<Published>(outcome)) {
        EXPECT_EQ(stage.taken(), 1U);
      }
      if (std::holds_alternative<Rejected>(outcome) ||
          std::holds_alternative<RetryLater>(outcome)) {
        EXPECT_TRUE(kind().retry == RetryClass::safe_by_key || stage.taken() == 0U);
      }
      if (!shuts_out(kind(), first) && !shuts_out(kind(), second) &&
          kind().retry != RetryClass::blind) {
        EXPECT_EQ(kind_of(outcome), "published") << reason_of(outcome);
      }
    }
  }
}

TEST_P(EveryNetwork, PreparesTheSameBytesAndNoSecrets) {
  const auto one = stage_.freeze(stage_.content("Hello #world https://example.org"));
  const auto two = stage_.freeze(stage_.content("Hello #world https://example.org"));
  // An upload has a new id each time.
  if (!kind().wants_picture && !kind().new_ids) {
    EXPECT_EQ(one.payload, two.payload);
  }
  EXPECT_TRUE(base::parse_json(one.payload).has_value());
  for (const auto& [name, value] : stage_.account().credentials) {
    const auto secret = value.is_string() ? std::string_view(value.get_string()) : "";
    if (secret.size() < 16) continue;
    EXPECT_EQ(one.payload.find(secret), std::string::npos) << name << " is in the payload";
  }
}

TEST_P(EveryNetwork, RefusesEmptySettingsByField) {
  const auto result = stage_.connect(json::object{{"nonsense", "x"}});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().status, 422);
  EXPECT_TRUE(std::ranges::any_of(result.error().fields,
                                  [](const auto& field) { return field.field == "nonsense"; }));
}

TEST_P(EveryNetwork, ExplainsItsForm) {
  const auto& about = stage_.connector().about();
  EXPECT_FALSE(about.label.empty());
  EXPECT_EQ(about.color.size(), 7U);
  EXPECT_TRUE(about.retry_note.ends_with('.')) << about.retry_note;
  for (const auto& setting : about.settings) {
    EXPECT_FALSE(setting.label.empty()) << setting.key;
    EXPECT_TRUE(!setting.help.empty() || !setting.required) << setting.key << " has no help";
  }
}

// Whatever is secret in the form is kept with the credentials, and shown nowhere else.
TEST_P(EveryNetwork, KeepsSecretsWithTheCredentials) {
  const auto identity = stage_.connect(stage_.settings());
  ASSERT_TRUE(identity.has_value());
  const auto shown = json::serialize(identity->details) + identity->remote_id + identity->handle +
                     identity->display_name + identity->url;
  const auto given = stage_.settings();
  for (const auto& setting : stage_.connector().about().settings) {
    const auto* value = given.if_contains(setting.key);
    if (setting.type != Setting::Type::secret || value == nullptr || !value->is_string()) continue;
    EXPECT_EQ(shown.find(std::string_view(value->get_string())), std::string::npos) << setting.key;
  }
}

TEST_P(EveryNetwork, IsHealthyUntilRevoked) {
  EXPECT_TRUE(stage_.test().ok);
  if (!has_server() || kind().network == "nostr") return;
  const auto frozen = stage_.freeze(stage_.content("Hello world"));
  stage_.far().faults().next(Fault::revoke);
  EXPECT_EQ(kind_of(stage_.publish(frozen)), "account_broken");
  const auto health = stage_.test();
  EXPECT_FALSE(health.ok);
  EXPECT_TRUE(health.broken);
  EXPECT_FALSE(health.message.empty());
}

}  // namespace
}  // namespace networks::testing
