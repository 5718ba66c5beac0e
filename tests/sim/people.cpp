#include "people.h"

#include "base/check.h"
#include "publishing/guarded.h"

#include <filesystem>

namespace sim {

namespace {

using namespace std::chrono_literals;
using posts::TooLatePolicy;
using publishing::Decision;
using S = TargetState;

}  // namespace

People::People(World& world, std::function<void()> due_soon)
    : world_(world),
      process_(world.make_process("backend")),
      clock_(world.scheduler, process_),
      database_(world.database, world.scheduler, process_),
      accounts_(database_, clock_, world.vault),
      store_(std::filesystem::temp_directory_path().string()),
      converter_(world.scheduler.executor(), "none"),
      media_({.database = database_,
              .clock = clock_,
              .vault = world.vault,
              .store = store_,
              .converter = converter_},
             {}),
      slots_(database_, clock_),
      checks_(database_, accounts_, media_, simulated_network),
      posts_(database_, clock_, checks_, slots_, {.changed = {}, .due_soon = due_soon}),
      decisions_(database_, clock_, {.changed = {}, .due_soon = due_soon}),
      supervisor_(world.scheduler.executor()) {
  accounts_.on_disconnect([this](db::Session& session, base::AccountId account) {
    return posts_.cancel_for_account(session, account);
  });
}

io::Task<> People::set_up() {
  const base::Instant now = clock_.now();
  co_await database_.execute(
      "INSERT INTO users (id, name, email, email_key, password_hash, created_at)"
      " VALUES ($1, 'Ada', 'ada@example.com', 'ada@example.com', '', $2)",
      {world_.user, now});
  for (bool approval : {false, true}) {
    const auto workspace = base::WorkspaceId::make();
    co_await database_.execute(
        "INSERT INTO workspaces (id, name, time_zone, approval_required, created_at, updated_at)"
        " VALUES ($1, 'W', 'UTC', $2, $3, $3)",
        {workspace, approval, now});
    world_.workspaces.push_back(workspace);
    if (approval) world_.witness.needs_approval(workspace);
    for (const std::string& network : simulated_networks()) {
      co_await make_account(workspace, network, fmt::format("{}-{}", network, int{approval}));
    }
  }
}

io::Task<> People::make_account(base::WorkspaceId workspace, std::string network,
                                std::string remote_id) {
  networks::Identity identity{.remote_id = remote_id, .handle = "@" + remote_id};
  identity.display_name = remote_id;
  identity.credentials = world_.internet.grant(remote_id);
  auto made = co_await accounts_.connect(workspace, network, std::move(identity));
  CHECK(made.has_value());
  world_.accounts.push_back(
      {.workspace = workspace, .id = made->id, .network = network, .remote_id = remote_id});
}

void People::write_post() { start("write", &People::write); }

void People::act() {
  static constexpr Deed deeds[] = {
      &People::edit,          &People::edit,          &People::move,
      &People::move,          &People::publish_now,   &People::cancel,
      &People::approve,       &People::approve,       &People::approve,
      &People::send_back,     &People::remove,        &People::change_too_late,
      &People::decide_one,    &People::decide_one,    &People::decide_one,
      &People::pause_account, &People::connect_again, &People::resume_accounts};
  start("act", deeds[world_.random.below(std::size(deeds))]);
}

void People::clear_desk() {
  start("connect", &People::connect_again);
  start("resume", &People::resume_accounts);
  start("decide", &People::decide_all);
}

io::Task<> People::leave() {
  process_->alive = false;
  supervisor_.stop();
  co_await supervisor_.join();
}

void People::start(std::string name, Deed deed) {
  supervisor_.start_once(name, [this, name, deed] { return carry_out(name, deed); });
}

// A failing database is a page that says "try again later".
io::Task<> People::carry_out(std::string, Deed deed) {
  try {
    co_await (this->*deed)();
  } catch (const std::exception& error) {
    if (io::is_cancelled(error)) throw;
    world_.story.tell("people", "are told: {}", error.what());
  }
}

void People::tell(std::string_view what, const auto& result) {
  if (result) {
    world_.story.tell("people", "{}: done", what);
  } else {
    world_.story.tell("people", "{}: refused ({}): {}", what, result.error().status,
                      result.error().message);
  }
}

accounts::Principal People::somebody(const base::WorkspaceId& workspace) const {
  return {.user = world_.user,
          .workspace = workspace,
          .role = accounts::Role::editor,
          .time_zone = "UTC"};
}

posts::When People::some_time() {
  Random& random = world_.random;
  if (random.chance(0.15)) return {.type = posts::WhenType::now};
  // Whole seconds: posts that are due at once are what schedules are full of.
  const int seconds = random.between(0, random.chance(0.7) ? 60 : 400);
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_.now());
  return {.type = posts::WhenType::at, .at = now + std::chrono::seconds{seconds}};
}

posts::PostInput People::input(const base::WorkspaceId& workspace) {
  Random& random = world_.random;
  posts::PostInput input;
  const int number = ++written_;
  const int parts = random.chance(0.4) ? random.between(2, 3) : 1;
  for (int part = 1; part <= parts; ++part) {
    input.parts.push_back({.text = fmt::format("text {}.{}", number, part), .media = {}});
  }
  input.when = some_time();
  if (random.chance(0.1)) input.when = {.type = posts::WhenType::draft};
  if (random.chance(0.4)) {
    input.too_late = {.policy = random.chance(0.5) ? TooLatePolicy::ask : TooLatePolicy::drop,
                      .after = std::chrono::seconds{random.between(30, 300)}};
  }
  for (const AccountPlace& account : world_.accounts) {
    if (account.workspace == workspace && random.chance(0.4)) {
      input.variants.push_back({.account = account.id, .parts = {}});
    }
  }
  return input;
}

io::Task<> People::write() {
  const auto workspace = world_.random.chance(0.75) ? world_.workspaces[0] : world_.workspaces[1];
  auto text = input(workspace);
  if (text.variants.empty()) co_return;
  tell("write", co_await posts_.create(somebody(workspace), std::move(text)));
}

const Witness::Target* People::some_target() {
  const auto& targets = world_.witness.targets();
  if (targets.empty()) return nullptr;
  // What may be out already is what people worry about.
  if (world_.random.chance(0.4)) {
    for (const auto& [id, target] : targets) {
      if (target.uncertain > 0 && !posts::is_final(target.state)) return &target;
    }
  }
  return &std::next(targets.begin(),
                    static_cast<std::ptrdiff_t>(world_.random.below(targets.size())))
              ->second;
}

io::Task<> People::edit() {
  const Witness::Target* target = some_target();
  if (!target) co_return;
  const base::WorkspaceId workspace{target->workspace};
  const base::PostId post{target->post};
  auto text = input(workspace);
  if (text.variants.empty()) text.variants.push_back({.account = {target->account}, .parts = {}});
  tell("edit", co_await posts_.replace(somebody(workspace), post, std::move(text), std::nullopt));
}

io::Task<> People::move() {
  const Witness::Target* target = some_target();
  if (!target) co_return;
  const base::PostId post{target->post};
  auto who = somebody({target->workspace});
  if (world_.random.chance(0.5)) who.role = accounts::Role::admin;
  tell("move", co_await posts_.change(who, post, {.when = some_time(), .too_late = std::nullopt},
                                      std::nullopt));
}

io::Task<> People::publish_now() {
  const Witness::Target* target = some_target();
  if (!target) co_return;
  tell("publish now",
       co_await posts_.publish_now(somebody({target->workspace}), {target->post}, std::nullopt));
}

io::Task<> People::cancel() {
  const Witness::Target* target = some_target();
  if (!target) co_return;
  tell("cancel",
       co_await posts_.cancel(somebody({target->workspace}), {target->post}, std::nullopt));
}

io::Task<> People::approve() {
  const Witness::Target* target = some_target();
  if (!target) co_return;
  tell("approve",
       co_await posts_.approve(somebody({target->workspace}), {target->post}, std::nullopt));
}

io::Task<> People::send_back() {
  const Witness::Target* target = some_target();
  if (!target) co_return;
  tell("send back", co_await posts_.reject(somebody({target->workspace}), {target->post},
                                           "not like this", std::nullopt));
}

io::Task<> People::remove() {
  const Witness::Target* target = some_target();
  if (!target) co_return;
  tell("remove",
       co_await posts_.remove(somebody({target->workspace}), {target->post}, std::nullopt));
}

io::Task<> People::change_too_late() {
  const Witness::Target* target = some_target();
  if (!target) co_return;
  const posts::TooLate late{.policy = TooLatePolicy::drop, .after = 60s};
  tell("too late", co_await posts_.change(somebody({target->workspace}), {target->post},
                                          {.when = std::nullopt, .too_late = late}, std::nullopt));
}

io::Task<> People::decide_one() {
  const Witness::Target* target = some_target();
  if (target && (target->state == S::needs_decision || world_.random.chance(0.2))) {
    co_await decide(*target);
  }
}

io::Task<> People::decide_all() {
  std::vector<Witness::Target> waiting;
  for (const auto& [id, target] : world_.witness.targets()) {
    if (target.state == S::needs_decision) waiting.push_back(target);
  }
  for (Witness::Target& target : waiting) co_await decide(std::move(target));
}

// People look at the network first, as they are asked to.
publishing::Decision People::look_and_decide(const Witness::Target& target) {
  const bool there = world_.internet.find(target.remote_id, target.key) != nullptr;
  if (there) return Decision::it_was_published;
  return world_.random.chance(0.5) ? Decision::send_again : Decision::give_up;
}

io::Task<> People::decide(Witness::Target target) {
  if (world_.internet.on_its_way(target.key)) co_return;
  const Decision decision = look_and_decide(target);
  const auto result = co_await decisions_.decide(somebody({target.workspace}), {target.post},
                                                 {target.id}, decision);
  tell(fmt::format("decide about target {}: {}", target.number, publishing::to_string(decision)),
       result);
}

io::Task<> People::pause_account() {
  const AccountPlace account = world_.random.pick(world_.accounts);
  world_.story.tell("people", "pause {}", account.remote_id);
  co_await accounts_.set_paused(account.workspace, account.id, true);
}

io::Task<> People::resume_accounts() {
  for (const AccountPlace& account : world_.accounts) {
    co_await accounts_.set_paused(account.workspace, account.id, false);
  }
}

// One at a time: each time the network gives other credentials, and only the last ones count.
io::Task<> People::connect_again() {
  if (std::exchange(connecting_, true)) co_return;
  struct Done {
    bool& connecting;
    ~Done() { connecting = false; }
  } const done_in_the_end{connecting_};
  for (const AccountPlace& account : world_.accounts) {
    auto view = co_await accounts_.get(account.workspace, account.id);
    if (!view || view->state != accounts::AccountState::broken) continue;
    networks::Identity identity{.remote_id = account.remote_id, .handle = view->handle};
    identity.display_name = account.remote_id;
    identity.credentials = world_.internet.grant(account.remote_id);
    auto done = co_await publishing::guarded(
        accounts_.connect(account.workspace, account.network, std::move(identity)));
    // Nobody knows the new credentials then: they have to be asked for once more.
    if (!done) world_.internet.revoke(account.remote_id);
    if (done) tell("connect " + account.remote_id, *done);
  }
}

}  // namespace sim
