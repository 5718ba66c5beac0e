// What the answers of networks, and their silence, lead to: the longer transitions of machine.h,
// with their words. Pure, as the machine is; only it uses them.
#pragma once

#include "publishing/machine.h"

#include <string>
#include <string_view>

namespace publishing::findings {

// " (reason)", or nothing.
std::string because(std::string_view reason);
// The same in a sentence that names the network already.
std::string because(const Context& context, std::string_view reason);

Transition published(const Context& context, const std::string& url, std::string_view how);
Transition rejected(const Context& context, const networks::Rejected& answer);
// Surely not taken: again later, or a person in the end.
Transition retry(const Context& context, const networks::RetryLater& answer);
Transition broken(const Context& context, const networks::AccountBroken& answer);
Transition account_waits(std::string_view reason, std::string_view outcome);
Transition network_works(const Context& context, const networks::StillWorking& answer);
Transition worker_stopped(const Context& context);
Transition unknown(const Context& context, std::string_view why);
Transition ask_person(std::string text);
bool may_be_there(const Context& context);
Transition ask_whether_there(const Context& context, std::string_view why);
Transition look_again(const Context& context, base::Instant at, std::string text);
// Only for those of whom it is known, or safe not to know, that nothing doubles.
Transition send_same_again(const Context& context, std::string_view finding);
Transition not_there(const Context& context, base::Instant asked_at);
Transition cannot_know(const Context& context, const networks::CannotKnow& answer);

}  // namespace publishing::findings
