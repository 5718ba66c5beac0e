// The subcommands that talk to a running server: post, trends, accounts.
#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace app {

// Adds them to `program`; the chosen one puts what is to be done into `action`.
void add_client_verbs(CLI::App& program, std::function<int()>& action);

}  // namespace app
